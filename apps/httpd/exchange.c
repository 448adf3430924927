// SPDX-License-Identifier: Apache-2.0
// httpd/exchange.c - the way of one request through libmicrohttpd.
//
//   request line   httpd_on_uri       an exchange is taken, the path kept as it came (undecoded: "/" inside an id stays "%2F")
//   headers        httpd_on_request   route, key, scope, rate; what is refused here is answered before its body is read
//   body           httpd_on_request   gathered up to the limit
//   end            httpd_on_request   parsed, checked against the route's shape, handled; or queued and suspended
//   in a line      lines.c            all that waits is written with one commit, and comes back to the worker
//   sent           httpd_on_end       counted, and the exchange is free again
#include "server.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void httpd_exchange_free(httpd_exchange *x)
{
    out_free(&x->body);
    out_free(&x->answer);
    att_wire_memory_destroy(x->memory);
    att_slate_memory_destroy(x->slate_memory);
    free(x);
}

httpd_exchange *httpd_exchange_take(httpd_worker *worker)
{
    httpd_exchange *x = worker->free;
    if (x) {
        worker->free = x->next;
        x->next = NULL;
        return x;
    }
    x = calloc(1, sizeof *x);
    if (!x)
        return NULL;
    x->worker = worker;
    if (att_wire_memory_create(&x->memory, &worker->server->host, NULL)) {
        free(x);
        return NULL;
    }
    return x;
}

// Memory of what is usual is kept for the next request.
void httpd_exchange_give(httpd_exchange *x)
{
    enum { usual = 64 << 10 };
    httpd_worker *worker = x->worker;
    json_decref(x->json);
    json_decref(x->query);
    if (x->body.capacity > usual)
        out_free(&x->body);
    if (x->answer.capacity > usual)
        out_free(&x->answer);
    att_wire_memory_reset(x->memory);
    if (x->slate_memory) { // megabytes, and seldom needed
        att_slate_memory_destroy(x->slate_memory);
        x->slate_memory = NULL;
    }
    const httpd_out body = x->body, answer = x->answer;
    att_wire_memory *memory = x->memory;
    memset(x, 0, offsetof(httpd_exchange, path)); // the buffers at the end are written before they are read
    x->path[0] = x->location[0] = 0;
    x->worker = worker;
    x->body = body;
    x->answer = answer;
    x->memory = memory;
    x->next = worker->free;
    out_clear(&x->body);
    out_clear(&x->answer);
    worker->free = x;
}

// --- What arrives -----------------------------------------------------------------------------------------------

void *httpd_on_uri(void *user, const char *uri, struct MHD_Connection *connection)
{
    httpd_worker *worker = user;
    httpd_exchange *x = httpd_exchange_take(worker);
    if (!x)
        return NULL;
    x->connection = connection;
    x->begun_ns = httpd_now_ns();
    x->id = ++worker->last_id;
    x->status = 200;
    worker->in_flight++;
    httpd_peer *peer = httpd_peer_of(connection);
    if (peer) {
        peer->since_ns = x->begun_ns;
        peer->between = false;
    }
    if (strlen(uri) >= sizeof x->path)
        httpd_problem(x, 414, NULL, "the path has %zu bytes, expected at most %zu", strlen(uri), sizeof x->path - 1);
    else
        memcpy(x->path, uri, strlen(uri) + 1);
    return x;
}

static size_t body_limit(const httpd_exchange *x)
{
    const httpd_options *options = &x->worker->server->options;
    return x->route && x->route->bytes ? options->sound_size_max : options->body_size_max;
}

// A file has longer than other bodies, as long as it comes: each 256 KiB of it buys a second more.
static void take_bytes(httpd_exchange *x, const char *data, size_t size)
{
    out_raw(&x->body, data, size);
    httpd_peer *peer = x->route && x->route->bytes ? httpd_peer_of(x->connection) : NULL;
    if (peer && peer->since_ns)
        peer->since_ns += (int64_t)((double)size / (256 << 10) * 1e9);
}

static bool length_fits(httpd_exchange *x)
{
    const char *length = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Content-Length");
    if (length && strtoull(length, NULL, 10) > body_limit(x))
        return httpd_problem(x, 413, NULL, "the body has %s bytes, expected at most %zu", length, body_limit(x)), false;
    return true;
}

// A proxy in front gives a request its id, so that its log and ours tell of the same one. It is copied into ours, so it may hold
// no name and no line end: anything but digits and dashes is passed over.
static void take_given_id(httpd_exchange *x)
{
    const char *given = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "X-Request-Id");
    const size_t size = given ? strspn(given, "0123456789abcdefABCDEF-") : 0;
    if (size && !given[size] && size < sizeof x->given_id)
        memcpy(x->given_id, given, size + 1);
}

bool httpd_exchange_begin(httpd_exchange *x, const char *method)
{
    if (x->answered)
        return false;
    take_given_id(x);
    char *query = strchr(x->path, '?');
    if (query)
        *query++ = 0;
    x->head = strcmp(method, "HEAD") == 0;
    if (httpd_console_answer(x, method))
        return false;
    if (httpd_cors_preflight(x, method))
        return false;
    x->route = httpd_route_find(x, x->head ? "GET" : method, x->path, x->allow, sizeof x->allow);
    if (!x->route) {
        if (x->allow[0])
            httpd_problem(x, 405, NULL, "%s is not a method of this path; it has %s", method, x->allow);
        else
            httpd_problem(x, 404, NULL, "there is no such path; see /openapi.json");
        return false;
    }
    x->allow[0] = 0;
    for (size_t i = 0; i < HTTPD_PARAMS_MAX && x->params[i]; i++)
        if (!httpd_decode(x->params[i], false))
            return httpd_problem(x, 400, NULL, "the path is not well encoded"), false;
    return httpd_admit(x) && length_fits(x) && (!query || httpd_parse_query(x, query));
}

static bool read_json(httpd_exchange *x)
{
    json_error_t error;
    if (!x->body.size)
        return httpd_problem(x, 400, NULL, "the body is empty, expected a JSON object: %s", x->route->body->name), false;
    x->json = json_loadb(x->body.data ? x->body.data : "", x->body.size, JSON_REJECT_DUPLICATES, &error);
    if (!x->json)
        return httpd_problem(x, 400, NULL, "the body is not JSON: line %d, column %d: %s", error.line, error.column, error.text),
               false;
    shape_fault fault;
    if (!shape_check(x->route->body, x->json, &fault))
        return httpd_problem(x, 400, fault.field, "%s: %s", fault.field[0] ? fault.field : "the body", fault.reason), false;
    return true;
}

void httpd_exchange_handle(httpd_exchange *x)
{
    const httpd_route *route = x->route;
    if (!route->body && !route->plain && !route->bytes && x->body.size) {
        httpd_problem(x, 400, NULL, "this route takes no body");
        return;
    }
    if (route->body && !route->raw && !route->plain && !read_json(x))
        return;
    x->status = route->status;
    x->type = route->answer ? "application/json" : route->answer_type;
    const bool writes = strcmp(route->method, "GET") != 0 && !route->queued;
    if (x->engine && (writes || route->slow))
        httpd_queue(x, route->slow ? HTTPD_WAIT_SLOW : HTTPD_WAIT_CARE);
    else
        route->handle(x);
}

enum MHD_Result httpd_on_request(void *user, struct MHD_Connection *connection, const char *url, const char *method,
    const char *version, const char *data, size_t *size, void **state)
{
    (void)user, (void)url, (void)version;
    httpd_exchange *x = *state;
    if (!x)
        return MHD_NO; // memory ran out when it began
    if (x->wait != HTTPD_WAIT_NONE) { // it comes back from the queue
        x->wait = HTTPD_WAIT_NONE;
        return httpd_answer(x);
    }
    x->connection = connection;
    if (!x->counted) {
        x->counted = true;
        return httpd_exchange_begin(x, method) ? MHD_YES : httpd_answer(x);
    }
    if (*size) {
        const size_t limit = body_limit(x);
        if (!x->answered && x->body.size + *size > limit)
            httpd_problem(x, 413, NULL, "the body has more than %zu bytes", limit);
        if (!x->answered)
            take_bytes(x, data, *size);
        *size = 0;
        return MHD_YES;
    }
    httpd_peer *peer = httpd_peer_of(connection);
    if (peer)
        peer->since_ns = 0;
    if (!x->answered && x->body.failed)
        httpd_problem(x, 503, NULL, "memory ran out for the body");
    if (!x->answered)
        httpd_exchange_handle(x);
    return x->wait != HTTPD_WAIT_NONE ? MHD_YES : httpd_answer(x);
}

static void count(httpd_exchange *x)
{
    const uint64_t us = (uint64_t)(httpd_now_ns() - x->begun_ns) / 1000;
    unsigned bucket = 0;
    while (bucket < 31 && us >> bucket)
        bucket++;
    if (!x->feed) { // how long somebody listens is no latency
        HTTPD_COUNT(x, buckets[bucket], 1);
        HTTPD_COUNT(x, latency_sum_us, us);
    }
    HTTPD_COUNT(x, requests[x->status / 100 % 6], 1);
    const httpd *server = x->worker->server;
    if (!server->options.quiet && server->host.log) {
        httpd_out line = {0};
        out_open(&line, '{');
        char id[80];
        out_key_string(&line, "request", httpd_request_id(x, id));
        if (x->tenant)
            out_key_string(&line, "tenant", x->tenant->name);
        out_key_string(&line, "route", x->route ? x->route->id : "none"); // never the path: it names people
        out_key_whole(&line, "status", (uint64_t)x->status);
        out_key_whole(&line, "us", us);
        out_close(&line, '}');
        out_raw(&line, "", 1);
        if (!line.failed)
            server->host.log(server->host.user, ATT_LOG_INFO, line.data);
        out_free(&line);
    }
}

void httpd_on_end(void *user, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code)
{
    (void)user, (void)code;
    httpd_exchange *x = *state;
    if (!x)
        return;
    httpd_peer *peer = httpd_peer_of(connection);
    if (peer) {
        peer->since_ns = httpd_now_ns();
        peer->between = true;
    }
    count(x);
    httpd_stream_end(x);
    x->worker->in_flight--;
    httpd_exchange_give(x);
    *state = NULL;
}
