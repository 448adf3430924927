// SPDX-License-Identifier: Apache-2.0
// httpd/serve.h - the daemon as the command line sees it: run it, and look after its keys.
#ifndef ATT_HTTPD_SERVE_H
#define ATT_HTTPD_SERVE_H

#include "attune/attune.h"

#define HTTPD_WORKERS_MAX 64
#define HTTPD_TENANTS_MAX 64

// A store that is served: a tenant's. A key opens its own tenant's store and no other.
typedef struct httpd_store {
    const char *tenant, *path;
} httpd_store;

typedef struct httpd_options {
    const char *address;   // "127.0.0.1"
    uint16_t port;         // 0: any that is free
    unsigned workers;      // 1 … HTTPD_WORKERS_MAX
    const httpd_store *stores; // (store_count) opened by the service, which listens meanwhile and is not ready
    size_t store_count;
    att_open_options open_stores; // how
    double tenant_rate;    // requests a second of each tenant at most; 0: no limit
    unsigned waiting_max;  // requests of a tenant that wait for one line (lines.c), then 503
    const char *keys_path; // NULL: no keys
    bool open;             // without keys, on a loopback address alone
    const char *certificate_path, *private_key_path; // PEM; NULL: plain HTTP
    const char *policy_path; // YAML, put in force for the first store when it says something else; NULL: none
    const char *cors_origins; // that a browser may call from, with commas between, or "*"; NULL: none
    size_t body_size_max;  // bytes
    size_t sound_size_max; // of a sound file, bytes
    size_t batch_max;      // lines
    unsigned connections_max;
    unsigned idle_s;       // without a byte
    unsigned header_s;     // from the first byte to the end of a request
    unsigned checkpoint_s; // between two looks whether a checkpoint of a tenant's state is due; 0: none while it runs
    unsigned drain_s;      // for what runs when it is told to stop
    bool quiet;            // no log line for each request
    const char *demo;      // what the health page says of simulated people; NULL: they are real
    // How the simulated people fare, as a JSON object (/v1/demo); the caller's, by free(), NULL: out of memory. NULL: none.
    char *(*live)(void *user, size_t *size);
    void *live_user;
    // Told once, when every store is whole: folds, model and index are in force, and requests are served. It listens before
    // that, and says so in the log.
    void (*ready)(void *user, const char *address, uint16_t port, int64_t took_ms, uint64_t events);
    void *ready_user;
} httpd_options;

httpd_options httpd_options_default(void);
const char *httpd_http_version(void); // of libmicrohttpd, as linked

// The engine's host is opened with it, so that jobs are told their progress and can be cancelled.
bool httpd_progress(void *user, const att_progress *progress);
// Runs until SIGTERM or SIGINT; SIGHUP reads keys, certificate and policy anew. `engine` is the caller's, and serves the tenant "default";
// NULL: options->stores has all.
att_status httpd_run(att_engine *engine, const httpd_options *options, const att_host *host, att_error *err);

// --- Keys: a JSON file that holds no key, only keyed hashes of them ---------------------------------------------
// One file for all tenants of a service; a key of a tenant that is not served is refused.
// `scopes`: names with commas between, or "all". `out` is shown to the person once: "att_" and 64 hexadecimal digits.
#define HTTPD_KEY_SIZE 69
att_status httpd_key_create(const char *path, const char *name, const char *tenant, const char *scopes,
    double per_second, double burst, char out[HTTPD_KEY_SIZE], att_error *err);
att_status httpd_key_revoke(const char *path, const char *name, att_error *err);
typedef bool httpd_key_seer(void *user, const char *name, const char *tenant, const char *scopes, double per_second,
    int64_t created_ms);
att_status httpd_key_each(const char *path, httpd_key_seer *see, void *user, att_error *err);

#endif
