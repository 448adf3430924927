// SPDX-License-Identifier: Apache-2.0
// httpd/server.c - the service from start to stop: options, certificates, signals.
#include "server.h"
#include "jobs.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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

att_status httpd_fail(att_error *err, att_status status, const char *format, ...)
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

void httpd_say(const httpd *server, att_log_level level, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (server->host.log)
        server->host.log(server->host.user, level, text);
}

static bool is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

static att_status read_whole(const char *path, char **out, att_error *err)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return httpd_fail(err, ATT_NOT_FOUND, "opening %s: %s", path, strerror(errno));
    char *text = malloc((size_t)1 << 20);
    const size_t size = text ? fread(text, 1, ((size_t)1 << 20) - 1, file) : 0;
    fclose(file);
    if (!size) {
        free(text);
        return httpd_fail(err, ATT_INVALID, "%s is empty or cannot be read", path);
    }
    text[size] = 0;
    *out = text;
    return ATT_OK;
}

static att_status check_options(const httpd_options *options, const httpd_keys *keys, att_error *err)
{
    if (options->open && !is_loopback(options->address))
        return httpd_fail(err, ATT_DENIED, "--open is for this machine alone: %s is no loopback address", options->address);
    if (!is_loopback(options->address) && (!options->certificate_path || !keys))
        return httpd_fail(err, ATT_DENIED, "listening on %s needs --tls-certificate, --tls-key and --keys", options->address);
    if (!keys && !options->open)
        return httpd_fail(err, ATT_DENIED, "no keys: make one with \"attune key create NAME\", or use --open on this machine");
    if (!options->certificate_path != !options->private_key_path)
        return httpd_fail(err, ATT_INVALID, "--tls-certificate and --tls-key go together");
    return ATT_OK;
}

// Until it is told to stop.
static void heed_signals(httpd *server, httpd_signals *signals)
{
    while (httpd_signals_next(signals) == SIGHUP) {
        att_error err = {0};
        httpd_notify_reloading(server);
        if (server->keys && httpd_keys_reload(server->keys, &err))
            httpd_say(server, ATT_LOG_ERROR, "the keys stay as they were: %s", err.text);
        else
            httpd_say(server, ATT_LOG_INFO, "keys were read anew");
        httpd_notify(server, "READY=1");
    }
}

att_status httpd_run(att_engine *engine, const httpd_options *options, const att_host *host, att_error *err)
{
    httpd *server = calloc(1, sizeof *server);
    if (!server)
        return httpd_fail(err, ATT_NO_MEMORY, "out of memory");
    server->options = *options;
    server->host = host ? *host : att_host_default();
    server->engine = engine;
    server->port = options->port;
    server->worker_count = options->workers < 1 ? 1 : options->workers > HTTPD_WORKERS_MAX ? HTTPD_WORKERS_MAX : options->workers;
    server->started_ms = server->host.now_ms(server->host.user);
    char *certificate = NULL, *private_key = NULL;
    httpd_signals signals = {0};
    signal(SIGPIPE, SIG_IGN);
    att_status status = httpd_signals_begin(&signals, err);
    if (!status && options->keys_path)
        status = httpd_keys_open(&server->keys, options->keys_path, err);
    if (!status)
        status = check_options(options, server->keys, err);
    if (!status && options->certificate_path)
        status = read_whole(options->certificate_path, &certificate, err);
    if (!status && options->private_key_path)
        status = read_whole(options->private_key_path, &private_key, err);
    if (!status)
        status = httpd_port_is_free(options->address, options->port, err);
    httpd_out document = {0};
    httpd_openapi(&document);
    server->openapi = document.data;
    server->openapi_size = document.size;
    if (!status)
        status = httpd_jobs_open(&server->jobs, &server->host, err);
    for (unsigned w = 0; w < server->worker_count && !status; w++)
        status = httpd_worker_start(server, w, certificate, private_key, err);
    if (!status) {
        __atomic_store_n(&server->ready, true, __ATOMIC_RELEASE);
        if (options->listening)
            options->listening(options->listening_user, options->address, server->port);
        httpd_notify(server, "READY=1");
        heed_signals(server, &signals);
        httpd_notify(server, "STOPPING=1");
        __atomic_store_n(&server->ready, false, __ATOMIC_RELEASE);
    }
    httpd_jobs_stop(server->jobs);
    httpd_workers_stop(server);
    httpd_jobs_close(server->jobs);
    httpd_keys_close(server->keys);
    out_free(&document);
    free(certificate);
    free(private_key);
    free(server);
    httpd_signals_end(&signals);
    return status;
}
