// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes of a request, a route of the service answers it: its head is taken apart, its body read and held against the route's
// shape, and its handler run on a store. The answer is JSON where it says so; a refusal has problem details; nothing ends in 500.
//
// The input is "METHOD PATH\n" and the body. libmicrohttpd, which reads HTTP itself, is not part of it.
#include "base/base.h"
#include "httpd/routes.h"
#include "httpd/server.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool condition, const char *what, const httpd_exchange *x)
{
    if (condition)
        return;
    fprintf(stderr, "fuzz_request: %s: status %d, %.*s\n", what, x ? x->status : 0, x ? (int)x->answer.size : 0,
        x && x->answer.data ? x->answer.data : "");
    abort();
}

static httpd *server;
static httpd_worker *worker;
static httpd_hands hands;
static char folder[] = "/tmp/attune-fuzz.XXXXXX";

static void remove_store(void)
{
    char command[100];
    att_engine_close(server->tenants[0].engine);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0)
        fprintf(stderr, "fuzz_request: %s stays\n", folder);
}

static void open_service(void)
{
    char path[100];
    att_error err = {0};
    const att_open_options open = {.create = true, .seed = 1};
    server = calloc(1, sizeof *server);
    worker = calloc(1, sizeof *worker);
    need(server && worker && mkdtemp(folder), "a folder", NULL);
    snprintf(path, sizeof path, "%s/s.attune", folder);
    server->options = httpd_options_default();
    server->options.open = true;
    server->host = att_host_default();
    server->worker_count = 1;
    server->workers = worker;
    server->tenant_count = 1;
    server->ready = true;
    httpd_tenant *tenant = &server->tenants[0];
    *tenant = (httpd_tenant){.server = server, .name = "default", .served = true};
    need(att_engine_open(&tenant->engine, path, &open, NULL, &err) == ATT_OK, err.text, NULL);
    const att_item items[] = {{.id = {"m1", 2}, .title = {"One", 3}}, {.id = {"m2", 2}, .title = {"Two", 3}}};
    need(att_engine_items_put(tenant->engine, items, 2, &err) == ATT_OK, err.text, NULL);
    worker->server = server;
    hands.host = &server->host;
    httpd_out document = {0};
    httpd_openapi(&document);
    server->openapi = document.data;
    server->openapi_size = document.size;
    atexit(remove_store);
}

// What a line of its tenant would do.
static void answer_waiting(httpd_exchange *x)
{
    const httpd_wait wait = x->wait;
    if (wait == HTTPD_WAIT_EVENT)
        httpd_answer_events(&x, 1);
    else if (wait == HTTPD_WAIT_DECISION)
        httpd_answer_decisions(&hands, &x, 1);
    else if (wait != HTTPD_WAIT_NONE && !x->later)
        x->route->handle(x);
    if (x->wait != HTTPD_WAIT_NONE && x->later)
        x->later(x);
}

static void look_at(const httpd_exchange *x)
{
    need(!x->answer.failed && x->status >= 200 && x->status < 600 && x->status != 500, "the status", x);
    if (x->status >= 400)
        need(x->type && strcmp(x->type, "application/problem+json") == 0, "a problem's type", x);
    if (x->feed || !x->type || !strstr(x->type, "json") || strstr(x->type, "ndjson"))
        return;
    json_t *read = json_loadb(x->answer.data ? x->answer.data : "", x->answer.size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    need(read != NULL, "the answer is not JSON", x);
    json_decref(read);
}

static int ask(const char *method, const char *uri, const uint8_t *body, size_t size)
{
    httpd_exchange *x = httpd_exchange_take(worker);
    need(x != NULL, "memory", NULL);
    x->begun_ns = 1;
    x->status = 200;
    memcpy(x->path, uri, strlen(uri) + 1);
    if (httpd_exchange_begin(x, method)) {
        out_raw(&x->body, (const char *)body, size);
        httpd_exchange_handle(x);
        answer_waiting(x);
    }
    look_at(x);
    const int status = x->status;
    httpd_stream_end(x);
    httpd_exchange_give(x);
    return status;
}

// A head that leads nowhere stands for some route, so that its body is read too.
static void ask_some_route(const uint8_t *head, size_t head_size, const uint8_t *body, size_t size)
{
    size_t count = 0, number = 0, at = 0;
    char uri[200];
    while (httpd_routes[count].method)
        count++;
    for (size_t i = 0; i < head_size; i++)
        number = number * 31 + head[i];
    const httpd_route *route = &httpd_routes[number % count];
    for (const char *from = route->path; *from && at < sizeof uri - 4; from++) {
        if (*from == '{') {
            from = strchr(from, '}');
            at += (size_t)snprintf(uri + at, sizeof uri - at, "m1");
        } else {
            uri[at++] = *from;
        }
    }
    uri[at] = 0;
    ask(route->method, uri, body, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!server)
        open_service();
    char method[16], uri[sizeof((httpd_exchange *)0)->path];
    const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
    if (!end)
        return 0;
    const size_t head = (size_t)(end - data), rest = size - head - 1;
    const uint8_t *space = head ? memchr(data, ' ', head) : NULL;
    bool asked = false;
    if (space && (size_t)(space - data) < sizeof method && (size_t)(end - space) <= sizeof uri && !memchr(data, 0, head)) {
        snprintf(method, sizeof method, "%.*s", (int)(space - data), (const char *)data);
        snprintf(uri, sizeof uri, "%.*s", (int)(end - space - 1), (const char *)space + 1);
        const int status = ask(method, uri, end + 1, rest);
        asked = status != 404 && status != 405;
    }
    if (!asked)
        ask_some_route(data, head, end + 1, rest);
    return 0;
}
