// SPDX-License-Identifier: Apache-2.0
// httpd/server.c - sockets, workers, and the way of one request through libmicrohttpd.
//
//   request line   on_uri       an exchange is taken, the path kept as it came (undecoded: "/" inside an id stays "%2F")
//   headers        on_request   route, key, scope, rate; what is refused here is answered before its body is read
//   body           on_request   gathered up to the limit
//   end            on_request   parsed, checked against the route's shape, handled; or queued and suspended
//   after the turn flush        the queue is written with one commit, its connections go on
//   sent           on_end       counted, and the exchange is free again
#include "httpd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// An open connection: when the request that it is sending began, to end those that drip.
typedef struct httpd_peer {
    struct httpd_peer *next, *before;
    int socket;
    int64_t since_ns; // 0: a request is being handled, or it idles between two
    bool ended;
} httpd_peer;

int64_t httpd_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

const char *httpd_http_version(void)
{
    return MHD_get_version();
}

httpd_options httpd_options_default(void)
{
    return (httpd_options){.address = "127.0.0.1",
        .port = 8080,
        .workers = 2,
        .body_size_max = (size_t)4 << 20,
        .batch_max = 10000,
        .connections_max = 16384,
        .idle_s = 60,
        .header_s = 15,
        .drain_s = 10};
}

static att_status fail(att_error *err, att_status status, const char *format, ...) ATT_PRINTF(3, 4);
static att_status fail(att_error *err, att_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (err) {
        err->status = status;
        vsnprintf(err->text, sizeof err->text, format, args);
    }
    va_end(args);
    return status;
}

static void say(const httpd *server, att_log_level level, const char *format, ...) ATT_PRINTF(3, 4);
static void say(const httpd *server, att_log_level level, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (server->host.log)
        server->host.log(server->host.user, level, text);
}

// --- Exchanges --------------------------------------------------------------------------------------------------

static void free_exchange(httpd_exchange *x)
{
    out_free(&x->body);
    out_free(&x->answer);
    att_wire_memory_destroy(x->memory);
    att_slate_memory_destroy(x->slate_memory);
    free(x);
}

static httpd_exchange *take_exchange(httpd_worker *worker)
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
static void give_exchange(httpd_exchange *x)
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
    const httpd_exchange kept = *x;
    *x = (httpd_exchange){.worker = worker, .body = kept.body, .answer = kept.answer, .memory = kept.memory,
        .slate_memory = kept.slate_memory, .next = worker->free};
    out_clear(&x->body);
    out_clear(&x->answer);
    worker->free = x;
}

// --- Answers ----------------------------------------------------------------------------------------------------

static const char *title_of(int status)
{
    switch (status) {
    case 400: return "The request is not valid";
    case 401: return "A key is needed";
    case 403: return "This key may not do that";
    case 404: return "There is no such thing";
    case 405: return "The path does not have this method";
    case 408: return "The request took too long";
    case 409: return "It is in conflict with what is there";
    case 411: return "The length of the body is needed";
    case 413: return "The request is too large";
    case 414: return "The path is too long";
    case 415: return "The body is of another type";
    case 421: return "The request was meant for another host";
    case 422: return "The values do not agree";
    case 429: return "Too many requests";
    case 501: return "This build cannot do it";
    case 503: return "The service is busy";
    case 507: return "The disk is full";
    default: return "Something went wrong";
    }
}

void httpd_problem(httpd_exchange *x, int status, const char *field, const char *format, ...)
{
    char detail[600];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    httpd_out *o = &x->answer;
    out_clear(o);
    out_open(o, '{');
    out_key_string(o, "type", "about:blank");
    out_key_string(o, "title", title_of(status));
    out_key_whole(o, "status", (uint64_t)status);
    out_key_string(o, "detail", detail);
    if (field && field[0]) {
        out_key(o, "errors");
        out_open(o, '[');
        out_item(o);
        out_open(o, '{');
        out_key_string(o, "field", field);
        out_key_string(o, "detail", detail);
        out_close(o, '}');
        out_close(o, ']');
    }
    out_key(o, "request_id");
    out_printf(o, "\"%x-%llx\"", x->worker->number, (unsigned long long)x->id);
    out_close(o, '}');
    x->status = status;
    x->type = "application/problem+json";
    x->answered = true;
}

void httpd_failed(httpd_exchange *x, att_status status, const att_error *err)
{
    static const int statuses[ATT_STATUS_COUNT] = {[ATT_INVALID] = 400, [ATT_NOT_FOUND] = 404, [ATT_EXISTS] = 409,
        [ATT_BUSY] = 503, [ATT_LIMIT] = 413, [ATT_FULL] = 507, [ATT_READ_ONLY] = 403, [ATT_NO_MEMORY] = 503,
        [ATT_CANCELLED] = 503, [ATT_UNSUPPORTED] = 501, [ATT_DENIED] = 403};
    const int http = statuses[status] ? statuses[status] : 500;
    const char *story = err && err->text[0] ? err->text : att_status_text(status);
    if (http == 503)
        x->retry_after_s = 1;
    if (http == 500)
        say(x->worker->server, ATT_LOG_ERROR, "request %x-%llx failed: %s", x->worker->number,
            (unsigned long long)x->id, story);
    httpd_problem(x, http, NULL, "%s", story);
}

static enum MHD_Result answer(httpd_exchange *x)
{
    if (x->answer.failed) {
        out_free(&x->answer);
        httpd_problem(x, 503, NULL, "memory ran out");
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(x->answer.size, x->answer.data ? x->answer.data : "", MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    const httpd_options *options = &x->worker->server->options;
    char text[64];
    if (x->type)
        MHD_add_response_header(response, "Content-Type", x->type);
    snprintf(text, sizeof text, "%x-%llx", x->worker->number, (unsigned long long)x->id);
    MHD_add_response_header(response, "X-Request-Id", text);
    if (x->page) {
        // The page speaks to this service alone and loads nothing from elsewhere.
        MHD_add_response_header(response, "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri "
            "'none'; form-action 'none'; frame-ancestors 'none'");
        MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
        MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
        MHD_add_response_header(response, "Cache-Control", "no-cache");
        MHD_add_response_header(response, "Vary", "Accept-Encoding");
        if (x->packed)
            MHD_add_response_header(response, "Content-Encoding", "gzip");
    } else {
        MHD_add_response_header(response, "Cache-Control", "no-store");
    }
    if (x->allow[0])
        MHD_add_response_header(response, "Allow", x->allow);
    if (x->location[0])
        MHD_add_response_header(response, "Location", x->location);
    if (x->status == 401)
        MHD_add_response_header(response, "WWW-Authenticate", "Bearer realm=\"attune\"");
    if (x->retry_after_s) {
        snprintf(text, sizeof text, "%d", x->retry_after_s);
        MHD_add_response_header(response, "Retry-After", text);
    }
    if (options->cors_origin) {
        MHD_add_response_header(response, "Access-Control-Allow-Origin", options->cors_origin);
        MHD_add_response_header(response, "Vary", "Origin");
    }
    const enum MHD_Result queued = MHD_queue_response(x->connection, (unsigned)x->status, response);
    MHD_destroy_response(response);
    return queued;
}

// --- What arrives -----------------------------------------------------------------------------------------------

static httpd_peer *peer_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static void *on_uri(void *user, const char *uri, struct MHD_Connection *connection)
{
    httpd_worker *worker = user;
    httpd_exchange *x = take_exchange(worker);
    if (!x)
        return NULL;
    x->connection = connection;
    x->begun_ns = httpd_now_ns();
    x->id = ++worker->last_id;
    x->status = 200;
    worker->in_flight++;
    httpd_peer *peer = peer_of(connection);
    if (peer)
        peer->since_ns = x->begun_ns;
    if (strlen(uri) >= sizeof x->path)
        httpd_problem(x, 414, NULL, "the path has %zu bytes, expected at most %zu", strlen(uri), sizeof x->path - 1);
    else
        memcpy(x->path, uri, strlen(uri) + 1);
    return x;
}

static int hex(char digit)
{
    return digit >= '0' && digit <= '9'   ? digit - '0'
           : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
           : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10
                                          : -1;
}

// In place. False: not well formed, or a zero byte.
static bool decode(char *text, bool plus)
{
    char *to = text;
    for (const char *from = text; *from; from++, to++) {
        if (*from == '%') {
            const int high = hex(from[1]), low = high < 0 ? -1 : hex(from[2]);
            if (low < 0 || (high == 0 && low == 0))
                return false;
            *to = (char)(high * 16 + low);
            from += 2;
        } else {
            *to = plus && *from == '+' ? ' ' : *from;
        }
    }
    *to = 0;
    return true;
}

static bool matches(httpd_exchange *x, const char *pattern, char *path)
{
    size_t count = 0;
    char *begins[HTTPD_PARAMS_MAX], *ends[HTTPD_PARAMS_MAX];
    while (*pattern) {
        if (*pattern == '{') {
            pattern = strchr(pattern, '}') + 1;
            begins[count] = path;
            while (*path && *path != '/' && *path != *pattern)
                path++;
            if (path == begins[count])
                return false;
            ends[count++] = path;
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    if (*path)
        return false;
    for (size_t i = 0; i < count; i++) {
        *ends[i] = 0;
        x->params[i] = begins[i];
    }
    return true;
}

const httpd_route *httpd_route_find(httpd_exchange *x, const char *method, const char *path, char *allowed, size_t size)
{
    allowed[0] = 0;
    for (const httpd_route *route = httpd_routes; route->method; route++) {
        char copy[sizeof x->path];
        snprintf(copy, sizeof copy, "%s", path);
        if (!matches(x, route->path, copy))
            continue;
        if (strcmp(route->method, method) == 0) {
            matches(x, route->path, x->path);
            return route;
        }
        const size_t at = strlen(allowed);
        snprintf(allowed + at, size - at, "%s%s", at ? ", " : "", route->method);
    }
    memset(x->params, 0, sizeof x->params);
    return NULL;
}

// "a=1&b=two" into an object whose values have the types that the shape wants.
static bool parse_query(httpd_exchange *x, char *query)
{
    x->query = json_object();
    char *rest = query;
    for (char *pair; x->query && (pair = strsep(&rest, "&"));) {
        if (!*pair)
            continue;
        char *value = strchr(pair, '=');
        if (value)
            *value++ = 0;
        if (!decode(pair, true) || (value && !decode(value, true)))
            return httpd_problem(x, 400, "", "the query is not well encoded"), false;
        const shape_field *f = x->route->query ? x->route->query->fields : NULL;
        while (f && f->name && strcmp(f->name, pair) != 0)
            f++;
        if (!f || !f->name)
            return httpd_problem(x, 400, pair, "is not a parameter of this route"), false;
        json_t *made = NULL;
        char *end;
        if (f->type == SHAPE_WHOLE && value && *value) {
            errno = 0;
            const long long number = strtoll(value, &end, 10);
            made = *end || errno ? NULL : json_integer(number);
        } else if (f->type == SHAPE_NUMBER && value && *value) {
            const double number = strtod(value, &end);
            made = *end ? NULL : json_real(number);
        } else if (f->type == SHAPE_BOOL) {
            made = !value || strcmp(value, "true") == 0 ? json_true() : strcmp(value, "false") == 0 ? json_false() : NULL;
        }
        if (!made)
            made = json_string(value ? value : "");
        if (!made)
            return httpd_problem(x, 400, pair, "is not UTF-8"), false;
        if (json_object_get(x->query, pair)) {
            json_decref(made);
            return httpd_problem(x, 400, pair, "is given twice"), false;
        }
        json_object_set_new(x->query, pair, made);
    }
    shape_fault fault;
    if (x->query && x->route->query && !shape_check(x->route->query, x->query, &fault))
        return httpd_problem(x, 400, fault.field, "%s: %s", fault.field, fault.reason), false;
    return x->query != NULL;
}

// A page that a browser shows must not be able to make the browser ask us in another name (DNS rebinding).
static bool host_is_ours(const httpd_exchange *x)
{
    const httpd_options *options = &x->worker->server->options;
    if (!options->open)
        return true;
    const char *host = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Host");
    if (!host)
        return true;
    static const char *const ours[] = {"localhost", "127.0.0.1", "[::1]"};
    for (size_t i = 0; i < 3; i++) {
        const size_t size = strlen(ours[i]);
        if (strncasecmp(host, ours[i], size) == 0 && (host[size] == 0 || host[size] == ':'))
            return true;
    }
    return false;
}

static bool admit(httpd_exchange *x)
{
    httpd *server = x->worker->server;
    x->engine = server->engine;
    if (!host_is_ours(x))
        return httpd_problem(x, 421, NULL, "without keys only requests to localhost are answered"), false;
    if (x->route->scope == HTTPD_SCOPE_NONE)
        return true;
    const char *header = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Authorization");
    if (server->options.open && !header) {
        if (x->route->scope == HTTPD_SCOPE_BIT_ADMIN)
            return httpd_problem(x, 401, NULL, "this needs a key of scope admin, also where the rest is open"), false;
        return true;
    }
    if (!header || strncasecmp(header, "Bearer ", 7) != 0) {
        x->worker->counts.denied++;
        return httpd_problem(x, 401, NULL, "send the header Authorization: Bearer KEY (attune key create makes one)"), false;
    }
    httpd_grant grant;
    int64_t wait_ms = 0;
    if (!server->keys || !httpd_keys_check(server->keys, att_text_of(header + 7), x->begun_ns, &grant, &wait_ms)) {
        x->worker->counts.denied++;
        return httpd_problem(x, 401, NULL, "this key is not known, or was revoked"), false;
    }
    if (strcmp(grant.tenant, "default") != 0) {
        x->worker->counts.denied++;
        return httpd_problem(x, 403, NULL, "the key \"%s\" belongs to another tenant", grant.name), false;
    }
    if (!(grant.scopes & HTTPD_SCOPE_MASK(x->route->scope))) {
        x->worker->counts.denied++;
        return httpd_problem(x, 403, NULL, "the key \"%s\" has no scope %s", grant.name, httpd_scope_name(x->route->scope)),
               false;
    }
    if (wait_ms > 0) {
        x->worker->counts.limited++;
        x->retry_after_s = (int)(wait_ms + 999) / 1000;
        return httpd_problem(x, 429, NULL, "the key \"%s\" has used up its rate", grant.name), false;
    }
    return true;
}

static bool length_fits(httpd_exchange *x)
{
    const char *length = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Content-Length");
    if (length && strtoull(length, NULL, 10) > x->worker->server->options.body_size_max)
        return httpd_problem(x, 413, NULL, "the body has %s bytes, expected at most %zu", length,
                   x->worker->server->options.body_size_max),
               false;
    return true;
}

// After the headers. False: it is answered.
static bool begin(httpd_exchange *x, const char *method)
{
    if (x->answered)
        return false;
    char *query = strchr(x->path, '?');
    if (query)
        *query++ = 0;
    x->head = strcmp(method, "HEAD") == 0;
    if (httpd_console_answer(x, method))
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
        if (!decode(x->params[i], false))
            return httpd_problem(x, 400, NULL, "the path is not well encoded"), false;
    return admit(x) && length_fits(x) && (!query || parse_query(x, query));
}

static bool read_json(httpd_exchange *x)
{
    json_error_t error;
    x->json = json_loadb(x->body.data ? x->body.data : "", x->body.size, JSON_REJECT_DUPLICATES, &error);
    if (!x->json)
        return httpd_problem(x, 400, NULL, "the body is not JSON: line %d, column %d: %s", error.line, error.column, error.text),
               false;
    shape_fault fault;
    if (!shape_check(x->route->body, x->json, &fault))
        return httpd_problem(x, 400, fault.field, "%s%s%s", fault.field, fault.field[0] ? ": " : "", fault.reason), false;
    return true;
}

static void handle(httpd_exchange *x)
{
    const httpd_route *route = x->route;
    if (!route->body && !route->plain && x->body.size) {
        httpd_problem(x, 400, NULL, "this route takes no body");
        return;
    }
    if (route->body && !route->raw && !route->plain && !read_json(x))
        return;
    x->status = route->status;
    x->type = route->answer ? "application/json" : route->answer_type;
    route->handle(x);
}

void httpd_queue(httpd_exchange *x, httpd_wait wait)
{
    httpd_worker *worker = x->worker;
    httpd_exchange **first = wait == HTTPD_WAIT_EVENT ? &worker->events : &worker->decisions;
    httpd_exchange **last = wait == HTTPD_WAIT_EVENT ? &worker->events_last : &worker->decisions_last;
    x->wait = wait;
    x->next = NULL;
    if (*first)
        (*last)->next = x;
    else
        *first = x;
    *last = x;
    MHD_suspend_connection(x->connection);
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *url, const char *method,
    const char *version, const char *data, size_t *size, void **state)
{
    (void)user, (void)url, (void)version;
    httpd_exchange *x = *state;
    if (!x)
        return MHD_NO; // memory ran out when it began
    if (x->wait != HTTPD_WAIT_NONE) { // it comes back from the queue
        x->wait = HTTPD_WAIT_NONE;
        return answer(x);
    }
    x->connection = connection;
    if (!x->counted) {
        x->counted = true;
        return begin(x, method) ? MHD_YES : answer(x);
    }
    if (*size) {
        const size_t limit = x->worker->server->options.body_size_max;
        if (!x->answered && x->body.size + *size > limit)
            httpd_problem(x, 413, NULL, "the body has more than %zu bytes", limit);
        if (!x->answered)
            out_raw(&x->body, data, *size);
        *size = 0;
        return MHD_YES;
    }
    httpd_peer *peer = peer_of(connection);
    if (peer)
        peer->since_ns = 0;
    if (!x->answered && x->body.failed)
        httpd_problem(x, 503, NULL, "memory ran out for the body");
    if (!x->answered)
        handle(x);
    return x->wait != HTTPD_WAIT_NONE ? MHD_YES : answer(x);
}

static void count(httpd_exchange *x)
{
    httpd_counts *counts = &x->worker->counts;
    const uint64_t us = (uint64_t)(httpd_now_ns() - x->begun_ns) / 1000;
    unsigned bucket = 0;
    while (bucket < 31 && us >> bucket)
        bucket++;
    counts->buckets[bucket]++;
    counts->latency_sum_us += us;
    counts->requests[x->status / 100 % 6]++;
    const httpd *server = x->worker->server;
    if (!server->options.quiet && server->host.log) {
        httpd_out line = {0};
        out_open(&line, '{');
        out_key(&line, "request");
        out_printf(&line, "\"%x-%llx\"", x->worker->number, (unsigned long long)x->id);
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

static void on_end(void *user, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code)
{
    (void)user, (void)code;
    httpd_exchange *x = *state;
    if (!x)
        return;
    httpd_peer *peer = peer_of(connection);
    if (peer)
        peer->since_ns = 0;
    count(x);
    x->worker->in_flight--;
    give_exchange(x);
    *state = NULL;
}

static void on_connection(void *user, struct MHD_Connection *connection, void **context, enum MHD_ConnectionNotificationCode code)
{
    httpd_worker *worker = user;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        httpd_peer *peer = calloc(1, sizeof *peer);
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        if (!peer || !info) {
            free(peer);
            return;
        }
        peer->socket = info->connect_fd;
        peer->since_ns = httpd_now_ns();
        peer->next = worker->peers;
        if (peer->next)
            peer->next->before = peer;
        worker->peers = peer;
        worker->counts.connections++;
        *context = peer;
    } else if (*context) {
        httpd_peer *peer = *context;
        if (peer->next)
            peer->next->before = peer->before;
        if (peer->before)
            peer->before->next = peer->next;
        else
            worker->peers = peer->next;
        worker->counts.connections--;
        free(peer);
        *context = NULL;
    }
}

// Whoever drips a request is ended; libmicrohttpd's own time limit only sees silence.
static void end_drippers(httpd_worker *worker, int64_t now_ns)
{
    const int64_t limit_ns = (int64_t)worker->server->options.header_s * 1000000000;
    for (httpd_peer *peer = worker->peers; peer; peer = peer->next)
        if (peer->since_ns && !peer->ended && now_ns - peer->since_ns > limit_ns) {
            peer->ended = true;
            shutdown(peer->socket, SHUT_RDWR);
        }
}

// --- Workers ----------------------------------------------------------------------------------------------------

static void flush(httpd_worker *worker)
{
    httpd_exchange *events = worker->events, *decisions = worker->decisions;
    worker->events = worker->events_last = worker->decisions = worker->decisions_last = NULL;
    if (events)
        httpd_flush_events(worker, events);
    if (decisions)
        httpd_flush_decisions(worker, decisions);
    for (httpd_exchange *x = events, *next; x; x = next) {
        next = x->next;
        MHD_resume_connection(x->connection);
    }
    for (httpd_exchange *x = decisions, *next; x; x = next) {
        next = x->next;
        MHD_resume_connection(x->connection);
    }
}

static void *run_worker(void *user)
{
    httpd_worker *worker = user;
    httpd *server = worker->server;
    int64_t swept_ns = httpd_now_ns(), told_ns = 0;
    bool quiesced = false;
    for (;;) {
        const bool stopping = __atomic_load_n(&server->stopping, __ATOMIC_ACQUIRE);
        MHD_run_wait(worker->daemon, stopping ? 20 : 250);
        flush(worker);
        const int64_t now_ns = httpd_now_ns();
        if (now_ns - swept_ns > 1000000000) {
            end_drippers(worker, now_ns);
            swept_ns = now_ns;
        }
        if (!stopping)
            continue;
        if (!quiesced) {
            quiesced = true;
            told_ns = now_ns;
            const MHD_socket listening = MHD_quiesce_daemon(worker->daemon);
            if (listening != MHD_INVALID_SOCKET)
                close(listening);
        }
        if (worker->in_flight == 0 || now_ns - told_ns > (int64_t)server->options.drain_s * 1000000000)
            break;
    }
    MHD_stop_daemon(worker->daemon);
    worker->daemon = NULL;
    while (worker->free) {
        httpd_exchange *x = worker->free;
        worker->free = x->next;
        free_exchange(x);
    }
    return NULL;
}

void httpd_counts_sum(const httpd *server, httpd_counts *out)
{
    *out = (httpd_counts){0};
    for (unsigned w = 0; w < server->worker_count; w++) {
        const uint64_t *from = (const uint64_t *)&server->workers[w].counts;
        uint64_t *to = (uint64_t *)out;
        for (size_t i = 0; i < sizeof *out / sizeof *to; i++)
            to[i] += __atomic_load_n(&from[i], __ATOMIC_RELAXED);
    }
}

// --- Sockets ----------------------------------------------------------------------------------------------------

static att_status listen_on(const char *address, uint16_t *port, int *out, att_error *err)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(*port)};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(*port)};
    const bool is_v6 = inet_pton(AF_INET6, address, &v6.sin6_addr) == 1;
    if (!is_v6 && inet_pton(AF_INET, address, &v4.sin_addr) != 1)
        return fail(err, ATT_INVALID, "\"%s\" is not an IPv4 or IPv6 address", address);
    const int one = 1;
    const int s = *out = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s < 0)
        return fail(err, ATT_IO, "opening a socket: %s", strerror(errno));
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(s, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    const struct sockaddr *at = is_v6 ? (const struct sockaddr *)&v6 : (const struct sockaddr *)&v4;
    socklen_t size = is_v6 ? sizeof v6 : sizeof v4;
    if (bind(s, at, size) != 0 || listen(s, 1024) != 0)
        return fail(err, errno == EADDRINUSE ? ATT_BUSY : ATT_IO, "listening on %s port %u: %s", address, *port, strerror(errno));
    struct sockaddr_storage bound;
    size = sizeof bound;
    if (getsockname(s, (struct sockaddr *)&bound, &size) == 0)
        *port = ntohs(is_v6 ? ((struct sockaddr_in6 *)&bound)->sin6_port : ((struct sockaddr_in *)&bound)->sin_port);
    return ATT_OK;
}

// Somebody else's service on the same port would share our requests: SO_REUSEPORT lets it. So we look first.
static att_status port_is_free(const char *address, uint16_t port, att_error *err)
{
    if (!port)
        return ATT_OK;
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    const bool is_v6 = inet_pton(AF_INET6, address, &v6.sin6_addr) == 1;
    if (!is_v6 && inet_pton(AF_INET, address, &v4.sin_addr) != 1)
        return fail(err, ATT_INVALID, "\"%s\" is not an IPv4 or IPv6 address", address);
    const int one = 1;
    const int s = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s < 0)
        return fail(err, ATT_IO, "opening a socket: %s", strerror(errno));
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    const int bad = bind(s, is_v6 ? (const struct sockaddr *)&v6 : (const struct sockaddr *)&v4, is_v6 ? sizeof v6 : sizeof v4);
    const int why = errno;
    close(s);
    return bad ? fail(err, why == EADDRINUSE ? ATT_BUSY : ATT_IO, "listening on %s port %u: %s", address, port, strerror(why))
               : ATT_OK;
}

static bool is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

static att_status read_whole(const char *path, char **out, att_error *err)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return fail(err, ATT_NOT_FOUND, "opening %s: %s", path, strerror(errno));
    char *text = malloc((size_t)1 << 20);
    const size_t size = text ? fread(text, 1, ((size_t)1 << 20) - 1, file) : 0;
    fclose(file);
    if (!size) {
        free(text);
        return fail(err, ATT_INVALID, "%s is empty or cannot be read", path);
    }
    text[size] = 0;
    *out = text;
    return ATT_OK;
}

// libmicrohttpd wants a function to unescape with; ours leaves text as it came.
static size_t unescape(void *user, struct MHD_Connection *connection, char *text)
{
    (void)user, (void)connection;
    return strlen(text);
}

static void mhd_log(void *user, const char *format, va_list args)
{
    char text[400];
    vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\n")] = 0;
    say(user, ATT_LOG_DEBUG, "http: %s", text);
}

static att_status start_worker(httpd *server, unsigned number, const char *certificate, const char *private_key, att_error *err)
{
    httpd_worker *worker = &server->workers[number];
    const httpd_options *options = &server->options;
    *worker = (httpd_worker){.server = server, .number = number, .socket = -1};
    att_status status = listen_on(options->address, &server->port, &worker->socket, err);
    if (status)
        return status;
    const unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | (certificate ? MHD_USE_TLS : 0);
    struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)private_key}, {MHD_OPTION_END, 0, NULL}};
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    worker->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, worker, MHD_OPTION_EXTERNAL_LOGGER, mhd_log, server,
        MHD_OPTION_LISTEN_SOCKET, worker->socket, MHD_OPTION_CONNECTION_LIMIT,
        options->connections_max / server->worker_count + 1, MHD_OPTION_CONNECTION_TIMEOUT, options->idle_s,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)24 << 10, MHD_OPTION_URI_LOG_CALLBACK, on_uri, worker,
        MHD_OPTION_NOTIFY_COMPLETED, on_end, worker, MHD_OPTION_NOTIFY_CONNECTION, on_connection, worker,
        MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_ARRAY,
        certificate ? tls : none, MHD_OPTION_END);
    if (!worker->daemon)
        return fail(err, ATT_IO, "starting the HTTP service on %s port %u%s", options->address, server->port,
            certificate ? "; are certificate and key a pair of PEM files?" : "");
    worker->started = pthread_create(&worker->thread, NULL, run_worker, worker) == 0;
    if (!worker->started)
        return fail(err, ATT_IO, "starting a thread: %s", strerror(errno));
    return ATT_OK;
}

static void stop_workers(httpd *server)
{
    __atomic_store_n(&server->stopping, true, __ATOMIC_RELEASE);
    for (unsigned w = 0; w < server->worker_count; w++) {
        httpd_worker *worker = &server->workers[w];
        if (worker->started)
            pthread_join(worker->thread, NULL);
        else if (worker->daemon)
            MHD_stop_daemon(worker->daemon);
        else if (worker->server && worker->socket >= 0)
            close(worker->socket);
    }
}

static att_status check_options(const httpd_options *options, const httpd_keys *keys, att_error *err)
{
    if (options->open && !is_loopback(options->address))
        return fail(err, ATT_DENIED, "--open is for this machine alone: %s is no loopback address", options->address);
    if (!is_loopback(options->address) && (!options->certificate_path || !keys))
        return fail(err, ATT_DENIED, "listening on %s needs --tls-certificate, --tls-key and --keys", options->address);
    if (!keys && !options->open)
        return fail(err, ATT_DENIED, "no keys: make one with \"attune key create NAME\", or use --open on this machine");
    if (!options->certificate_path != !options->private_key_path)
        return fail(err, ATT_INVALID, "--tls-certificate and --tls-key go together");
    return ATT_OK;
}

static void wait_for_signals(httpd *server, const sigset_t *signals)
{
    for (;;) {
        int signal = 0;
        if (sigwait(signals, &signal) != 0 || signal == SIGTERM || signal == SIGINT)
            return;
        att_error err = {0};
        if (server->keys && httpd_keys_reload(server->keys, &err))
            say(server, ATT_LOG_ERROR, "the keys stay as they were: %s", err.text);
        else
            say(server, ATT_LOG_INFO, "keys were read anew");
    }
}

att_status httpd_run(att_engine *engine, const httpd_options *options, const att_host *host, att_error *err)
{
    httpd *server = calloc(1, sizeof *server);
    if (!server)
        return fail(err, ATT_NO_MEMORY, "out of memory");
    server->options = *options;
    server->host = host ? *host : att_host_default();
    server->engine = engine;
    server->port = options->port;
    server->worker_count = options->workers < 1 ? 1 : options->workers > HTTPD_WORKERS_MAX ? HTTPD_WORKERS_MAX : options->workers;
    server->started_ms = server->host.now_ms(server->host.user);
    char *certificate = NULL, *private_key = NULL;
    sigset_t signals, before;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, &before);
    signal(SIGPIPE, SIG_IGN);
    att_status status = ATT_OK;
    if (options->keys_path)
        status = httpd_keys_open(&server->keys, options->keys_path, err);
    if (!status)
        status = check_options(options, server->keys, err);
    if (!status && options->certificate_path)
        status = read_whole(options->certificate_path, &certificate, err);
    if (!status && options->private_key_path)
        status = read_whole(options->private_key_path, &private_key, err);
    if (!status)
        status = port_is_free(options->address, options->port, err);
    httpd_out document = {0};
    httpd_openapi(&document);
    server->openapi = document.data;
    server->openapi_size = document.size;
    for (unsigned w = 0; w < server->worker_count && !status; w++)
        status = start_worker(server, w, certificate, private_key, err);
    if (!status) {
        __atomic_store_n(&server->ready, true, __ATOMIC_RELEASE);
        if (options->listening)
            options->listening(options->listening_user, options->address, server->port);
        wait_for_signals(server, &signals);
        __atomic_store_n(&server->ready, false, __ATOMIC_RELEASE);
    }
    stop_workers(server);
    httpd_keys_close(server->keys);
    out_free(&document);
    free(certificate);
    free(private_key);
    free(server);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}
