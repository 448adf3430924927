// SPDX-License-Identifier: Apache-2.0
// httpd/serve.h - the daemon as the command line sees it: run it, and look after its keys.
#ifndef ATT_HTTPD_SERVE_H
#define ATT_HTTPD_SERVE_H

#include "attune/attune.h"

#define HTTPD_WORKERS_MAX 64

typedef struct httpd_options {
    const char *address;   // "127.0.0.1"
    uint16_t port;         // 0: any that is free
    unsigned workers;      // 1 … HTTPD_WORKERS_MAX
    const char *keys_path; // NULL: no keys
    bool open;             // without keys, on a loopback address alone
    const char *certificate_path, *private_key_path; // PEM; NULL: plain HTTP
    const char *cors_origin; // NULL: none
    size_t body_size_max;  // bytes
    size_t batch_max;      // lines
    unsigned connections_max;
    unsigned idle_s;       // without a byte
    unsigned header_s;     // from the first byte to the end of a request
    unsigned drain_s;      // for what runs when it is told to stop
    bool quiet;            // no log line for each request
    const char *demo;      // what the health page says of simulated people; NULL: they are real
    // How the simulated people fare, as a JSON object (/v1/demo); the caller's, by free(), NULL: out of memory. NULL: none.
    char *(*live)(void *user, size_t *size);
    void *live_user;
    // Told once, when it listens.
    void (*listening)(void *user, const char *address, uint16_t port);
    void *listening_user;
} httpd_options;

httpd_options httpd_options_default(void);
const char *httpd_http_version(void); // of libmicrohttpd, as linked

// The engine's host is opened with it, so that jobs are told their progress and can be cancelled.
bool httpd_progress(void *user, const att_progress *progress);
// Runs until SIGTERM or SIGINT; SIGHUP reads the keys anew. The engine is the caller's.
att_status httpd_run(att_engine *engine, const httpd_options *options, const att_host *host, att_error *err);

// --- Keys: a JSON file that holds no key, only keyed hashes of them ---------------------------------------------
// One store is served, that of the tenant "default": a key of another tenant is refused.
// `scopes`: names with commas between, or "all". `out` is shown to the person once: "att_" and 64 hexadecimal digits.
#define HTTPD_KEY_SIZE 69
att_status httpd_key_create(const char *path, const char *name, const char *tenant, const char *scopes,
    double per_second, double burst, char out[HTTPD_KEY_SIZE], att_error *err);
att_status httpd_key_revoke(const char *path, const char *name, att_error *err);
typedef bool httpd_key_seer(void *user, const char *name, const char *tenant, const char *scopes, double per_second,
    int64_t created_ms);
att_status httpd_key_each(const char *path, httpd_key_seer *see, void *user, att_error *err);

#endif
