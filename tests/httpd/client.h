// SPDX-License-Identifier: Apache-2.0
// tests/httpd/client.h - the service as a process of its own, and a client that speaks HTTP with bare sockets.
#ifndef ATT_TESTS_HTTPD_CLIENT_H
#define ATT_TESTS_HTTPD_CLIENT_H

#include "check.h"

#include <jansson.h>
#include <sys/types.h>

typedef struct service {
    pid_t pid;
    int port;
    char store[512], keys[560];
    char key[80]; // of all scopes
} service;

// Runs `attune ARGUMENTS…`, waits for it, and returns its exit code; output goes to `out` when not NULL.
int client_run(char *out, size_t size, const char *const *arguments);
// A store of the small world in tests/cli/town, trained, with a key of all scopes; and the service on a free port.
void service_make(service *s, const char *name);
void service_start(service *s, const char *const *more); // `more`: options, ends with NULL; may be NULL
// The same in two steps, on s->port (0: any): what is read from the pipe says when it is ready. It logs each request.
int service_spawn(service *s, const char *const *more);
bool service_wait(service *s, int file); // false: it ended before
int client_free_port(void);
int service_stop(service *s, int signal); // exit code, or 128 + the signal that ended it

typedef struct reply {
    int status;
    char type[64];
    char head[2048];
    char *body; // zero-terminated; client_free
    size_t size;
    json_t *json; // NULL when it is none
} reply;

// `key` NULL: none; body NULL: none.
reply client_ask(const service *s, const char *method, const char *path, const char *key, const char *body);
// A body of any bytes.
reply client_send(const service *s, const char *method, const char *path, const char *key, const void *body, size_t size);
// The same on a connection that stays open.
reply client_on(int file, const char *method, const char *path, const char *key, const char *body);
// Bytes as they are; reads until the other side closes or `wait_ms` pass without a byte.
reply client_raw(const service *s, const void *bytes, size_t size, int wait_ms);
int client_connect(const service *s);
// Asks with the service's own key: the status must be this one, the answer a problem that names `field` (NULL: any or none).
void client_refused(const service *s, const char *method, const char *path, const char *body, int status, const char *field);
const char *client_text(const json_t *object, const char *name); // "" when there is none
void client_free(reply *r);

#endif
