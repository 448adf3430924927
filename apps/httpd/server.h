// SPDX-License-Identifier: Apache-2.0
// httpd/server.h - what the files of the service know of each other; handlers need none of it.
#ifndef ATT_HTTPD_SERVER_H
#define ATT_HTTPD_SERVER_H

#include "httpd.h"

#include <signal.h>

// An open connection: since when it has been sending a request, or nothing, to end those that drip.
typedef struct httpd_peer {
    struct httpd_peer *next, *before;
    int socket;
    int64_t since_ns; // 0: a request is being handled
    bool between;     // two requests: it may be silent, and then has as long as any to send the next
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

// --- admit.c ----------------------------------------------------------------------------------------------------
// Sets tenant and engine. False: answered.
bool httpd_admit(httpd_exchange *x);
bool httpd_is_loopback(const char *address);

// --- tenant.c ---------------------------------------------------------------------------------------------------
// Those of the options, with `engine` as "default" when it is not NULL; none is opened yet.
att_status httpd_tenants_list(httpd *server, att_engine *engine, att_error *err);
att_status httpd_tenant_open(httpd_tenant *tenant, att_error *err);
httpd_tenant *httpd_tenant_find(httpd *server, const char *name); // NULL: not served
// Ends their lines, and the engines that are not the caller's. When no request runs.
void httpd_tenants_close(httpd *server);

// --- lines.c ----------------------------------------------------------------------------------------------------
att_status httpd_lines_start(httpd_tenant *tenant, att_error *err);
void httpd_lines_stop(httpd_tenant *tenant);

// --- batch.c ----------------------------------------------------------------------------------------------------
#define HTTPD_EVENTS_MAX 512   // in one commit
#define HTTPD_DECISIONS_MAX 32 // by one thread

// What a thread that decides works with.
typedef struct httpd_hands {
    const att_host *host;
    att_slate_memory *memories[HTTPD_DECISIONS_MAX]; // made when they are first needed
} httpd_hands;
void httpd_hands_free(httpd_hands *hands);
// Answers all of the group, which is of one tenant.
void httpd_answer_events(httpd_exchange *const *group, size_t count);
void httpd_answer_decisions(httpd_hands *hands, httpd_exchange *const *group, size_t count);

// --- keys.c -----------------------------------------------------------------------------------------------------
bool httpd_is_name(const char *text); // of a key or a tenant

// --- worker.c ---------------------------------------------------------------------------------------------------
httpd_peer *httpd_peer_of(struct MHD_Connection *connection); // NULL: memory ran out when it was opened
att_status httpd_worker_start(httpd *server, unsigned number, att_error *err);
// Stops accepting, finishes what runs, ends the threads. Workers that did not start are fine.
void httpd_workers_stop(httpd *server);

// --- socket.c ---------------------------------------------------------------------------------------------------
// Somebody else's service on the same port would share our requests: SO_REUSEPORT lets it. So we look first.
att_status httpd_port_is_free(const char *address, uint16_t port, att_error *err);
att_status httpd_listen(const char *address, uint16_t *port, int *out, att_error *err); // *port 0: any, and which

// --- keep.c -----------------------------------------------------------------------------------------------------
void httpd_keep_begin(httpd *server);
void httpd_keep_end(httpd *server);
void httpd_keep_stop(httpd *server); // sets `stopping`, and wakes it
void httpd_keep(httpd *server);      // until then

// --- reload.c ---------------------------------------------------------------------------------------------------
// From the files of the options, into server->certificate and private_key. On failure they stay as they were.
att_status httpd_read_certificate(httpd *server, att_error *err);
// Puts the policy of the file in force where it says something else than the one there; for the first tenant.
att_status httpd_read_policy(httpd *server, att_error *err);
// Keys, certificate and policy, each for itself; what cannot be read stays as it was, and the log says why.
void httpd_reload(httpd *server);

// --- exchange.c: libmicrohttpd's callbacks ----------------------------------------------------------------------
void *httpd_on_uri(void *user, const char *uri, struct MHD_Connection *connection);
enum MHD_Result httpd_on_request(void *user, struct MHD_Connection *connection, const char *url, const char *method,
    const char *version, const char *data, size_t *size, void **state);
void httpd_on_end(void *user, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code);
// The same without libmicrohttpd, whose part is the bytes of HTTP. NULL: memory ran out.
httpd_exchange *httpd_exchange_take(httpd_worker *worker);
bool httpd_exchange_begin(httpd_exchange *x, const char *method); // after the headers, x->path is set; false: it is answered
void httpd_exchange_handle(httpd_exchange *x);                    // x->body is whole; answers, or puts it into a line
void httpd_exchange_give(httpd_exchange *x);
void httpd_exchange_free(httpd_exchange *x);

// --- range.c ----------------------------------------------------------------------------------------------------

// The part of an answer that goes out: all of it, unless one of bytes was asked for. May make a problem of the answer.
struct httpd_range {
    size_t from, size;
    bool offered;
    char told[72]; // Content-Range; empty: none
};
void httpd_range_take(httpd_exchange *x, struct httpd_range *out);

// --- path.c -----------------------------------------------------------------------------------------------------
// %XX in place; `plus`: "+" is a space. False: not well formed, or a zero byte.
bool httpd_decode(char *text, bool plus);
// "a=1&b=two" into x->query, whose values have the types that the route's shape wants. False: answered.
bool httpd_parse_query(httpd_exchange *x, char *query);

// --- cors.c -----------------------------------------------------------------------------------------------------
const char *httpd_cors_origin(const httpd_exchange *x); // of the page that asks, when it may; NULL: none
bool httpd_cors_preflight(httpd_exchange *x, const char *method); // true: answered
void httpd_cors_headers(const httpd_exchange *x, struct MHD_Response *response);

// --- stream.c ---------------------------------------------------------------------------------------------------
struct MHD_Response *httpd_stream_response(httpd_exchange *x);
void httpd_stream_end(httpd_exchange *x); // when the exchange ends, streamed or not
// Resumes those that have something to say. By the worker's thread, between two turns of its loop.
void httpd_streams_turn(httpd_worker *worker, int64_t now_ns, bool stopping);

// --- answer.c ---------------------------------------------------------------------------------------------------
enum MHD_Result httpd_answer(httpd_exchange *x);

#endif
