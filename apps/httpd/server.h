// SPDX-License-Identifier: Apache-2.0
// httpd/server.h - what server.c, signals.c, notify.c, worker.c, exchange.c, path.c and answer.c know of each
// other; handlers need none of it.
#ifndef ATT_HTTPD_SERVER_H
#define ATT_HTTPD_SERVER_H

#include "httpd.h"

#include <signal.h>

// An open connection: when the request that it is sending began, to end those that drip.
typedef struct httpd_peer {
    struct httpd_peer *next, *before;
    int socket;
    int64_t since_ns; // 0: a request is being handled, or it idles between two
    bool ended;
} httpd_peer;

// --- server.c ---------------------------------------------------------------------------------------------------
att_status httpd_fail(att_error *err, att_status status, const char *format, ...) ATT_PRINTF(3, 4);
void httpd_say(const httpd *server, att_log_level level, const char *format, ...) ATT_PRINTF(3, 4);

// --- signals.c: of one service in the process -------------------------------------------------------------------
enum { HTTPD_SIGNALS = 3 };
typedef struct httpd_signals {
    int out;
    bool begun;
    struct sigaction before[HTTPD_SIGNALS];
} httpd_signals;
att_status httpd_signals_begin(httpd_signals *signals, att_error *err); // from here on none ends the process
int httpd_signals_next(httpd_signals *signals);                         // waits for it
void httpd_signals_end(httpd_signals *signals);                         // never begun is fine

// --- notify.c: word to the service manager (sd_notify), when one waits for it -------------------------------------
void httpd_notify(const httpd *server, const char *state); // "READY=1"
void httpd_notify_reloading(const httpd *server);          // READY=1 must follow

// --- worker.c ---------------------------------------------------------------------------------------------------
httpd_peer *httpd_peer_of(struct MHD_Connection *connection); // NULL: memory ran out when it was opened
// Somebody else's service on the same port would share our requests: SO_REUSEPORT lets it. So we look first.
att_status httpd_port_is_free(const char *address, uint16_t port, att_error *err);
// `certificate` and `private_key`: PEM, or NULL for plain HTTP.
att_status httpd_worker_start(
    httpd *server, unsigned number, const char *certificate, const char *private_key, att_error *err);
// Stops accepting, finishes what runs, ends the threads. Workers that did not start are fine.
void httpd_workers_stop(httpd *server);

// --- exchange.c: libmicrohttpd's callbacks ----------------------------------------------------------------------
void *httpd_on_uri(void *user, const char *uri, struct MHD_Connection *connection);
enum MHD_Result httpd_on_request(void *user, struct MHD_Connection *connection, const char *url, const char *method,
    const char *version, const char *data, size_t *size, void **state);
void httpd_on_end(void *user, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code);
void httpd_exchange_free(httpd_exchange *x);

// --- path.c -----------------------------------------------------------------------------------------------------
// %XX in place; `plus`: "+" is a space. False: not well formed, or a zero byte.
bool httpd_decode(char *text, bool plus);
// "a=1&b=two" into x->query, whose values have the types that the route's shape wants. False: answered.
bool httpd_parse_query(httpd_exchange *x, char *query);

// --- stream.c ---------------------------------------------------------------------------------------------------
struct MHD_Response *httpd_stream_response(httpd_exchange *x);
void httpd_stream_end(httpd_exchange *x); // when the exchange ends, streamed or not
// Resumes those that have something to say. By the worker's thread, between two turns of its loop.
void httpd_streams_turn(httpd_worker *worker, int64_t now_ns, bool stopping);

// --- answer.c ---------------------------------------------------------------------------------------------------
enum MHD_Result httpd_answer(httpd_exchange *x);

#endif
