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
#include <sys/resource.h>
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
        .sound_size_max = (size_t)64 << 20,
        .batch_max = 10000,
        .connections_max = 16384,
        .open_stores = att_open_options_default(),
        .waiting_max = 8192,
        .idle_s = 60,
        .header_s = 15,
        .checkpoint_s = 30,
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

static att_status check_options(const httpd_options *options, const httpd_keys *keys, att_error *err)
{
    if (options->open && !httpd_is_loopback(options->address))
        return httpd_fail(err, ATT_DENIED, "--open is for this machine alone: %s is no loopback address", options->address);
    if (!httpd_is_loopback(options->address) && (!options->certificate_path || !keys))
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
        const bool ready = __atomic_load_n(&server->ready, __ATOMIC_ACQUIRE); // while stores are read, READY=1 would not be true
        if (ready)
            httpd_notify_reloading(server);
        httpd_reload(server);
        if (ready)
            httpd_notify(server, "READY=1");
    }
}

// --- Opening, while workers listen ------------------------------------------------------------------------------

static void become_ready(httpd *server)
{
    uint64_t events = 0;
    for (unsigned t = 0; t < server->tenant_count; t++) {
        att_engine_info info;
        att_engine_info_get(server->tenants[t].engine, &info);
        events += info.events;
        httpd_say(server, ATT_LOG_INFO, "tenant %s: %llu events, %llu people, %llu items, model %llu, after %lld ms",
            server->tenants[t].name, (unsigned long long)info.events, (unsigned long long)info.users,
            (unsigned long long)info.items, (unsigned long long)info.model, (long long)server->tenants[t].opened_ms);
    }
    server->ready_ms = (httpd_now_ns() - server->begun_ns) / 1000000;
    __atomic_store_n(&server->ready, true, __ATOMIC_RELEASE);
    httpd_notify(server, "READY=1");
    if (server->options.ready)
        server->options.ready(server->options.ready_user, server->options.address, server->port, server->ready_ms, events);
}

static void *open_stores(void *user)
{
    httpd *server = user;
    att_status status = ATT_OK;
    for (unsigned t = 0; t < server->tenant_count && !status; t++)
        status = httpd_tenant_open(&server->tenants[t], &server->open_error);
    if (!status)
        status = httpd_read_policy(server, &server->open_error);
    if (!status) {
        become_ready(server);
        httpd_keep(server);
        return NULL;
    }
    if (status != ATT_CANCELLED) // told to stop meanwhile
        server->open_status = status;
    pthread_kill(pthread_self(), SIGTERM); // whoever waits for signals is told
    return NULL;
}

// As many connections as the system lets this process have, not as many as a shell gave it.
static void allow_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static att_status prepare(httpd *server, att_engine *engine, att_error *err)
{
    const httpd_options *options = &server->options;
    att_status status = httpd_tenants_list(server, engine, err);
    server->workers = calloc(server->worker_count, sizeof *server->workers);
    if (!status && !server->workers)
        status = httpd_fail(err, ATT_NO_MEMORY, "out of memory");
    if (!status && options->keys_path)
        status = httpd_keys_open(&server->keys, options->keys_path, err);
    if (!status)
        status = check_options(options, server->keys, err);
    if (!status)
        status = httpd_read_certificate(server, err);
    if (!status)
        status = httpd_port_is_free(options->address, options->port, err);
    if (!status)
        status = httpd_jobs_open(&server->jobs, &server->host, err);
    for (unsigned w = 0; w < server->worker_count && !status; w++)
        status = httpd_worker_start(server, w, err);
    return status;
}

static att_status run(httpd *server, httpd_signals *signals, att_error *err)
{
    httpd_say(server, ATT_LOG_INFO, "listening on %s port %u; the stores are read", server->options.address, server->port);
    const int bad = pthread_create(&server->opener, NULL, open_stores, server);
    if (bad)
        return httpd_fail(err, ATT_IO, "starting a thread: %s", strerror(bad));
    heed_signals(server, signals);
    httpd_notify(server, "STOPPING=1");
    httpd_keep_stop(server); // the opener looks at it
    pthread_join(server->opener, NULL);
    __atomic_store_n(&server->ready, false, __ATOMIC_RELEASE);
    if (server->open_status && err)
        *err = server->open_error;
    return server->open_status;
}

att_status httpd_run(att_engine *engine, const httpd_options *options, const att_host *host, att_error *err)
{
    httpd *server = calloc(1, sizeof *server);
    if (!server)
        return httpd_fail(err, ATT_NO_MEMORY, "out of memory");
    server->options = *options;
    server->host = host ? *host : att_host_default();
    server->port = options->port;
    server->worker_count = options->workers < 1 ? 1 : options->workers > HTTPD_WORKERS_MAX ? HTTPD_WORKERS_MAX : options->workers;
    server->begun_ns = httpd_now_ns();
    server->started_ms = server->host.now_ms(server->host.user);
    pthread_mutex_init(&server->tls_lock, NULL);
    httpd_keep_begin(server);
    httpd_signals signals = {0};
    signal(SIGPIPE, SIG_IGN);
    allow_descriptors();
    httpd_out document = {0};
    httpd_openapi(&document);
    server->openapi = document.data;
    server->openapi_size = document.size;
    att_status status = document.failed ? httpd_fail(err, ATT_NO_MEMORY, "out of memory") : httpd_signals_begin(&signals, err);
    if (!status)
        status = prepare(server, engine, err);
    if (!status)
        status = run(server, &signals, err);
    httpd_jobs_stop(server->jobs);
    httpd_workers_stop(server);
    httpd_jobs_close(server->jobs);
    httpd_tenants_close(server);
    httpd_keys_close(server->keys);
    out_free(&document);
    free(server->certificate);
    free(server->private_key);
    httpd_keep_end(server);
    pthread_mutex_destroy(&server->tls_lock);
    free(server->workers);
    free(server);
    httpd_signals_end(&signals);
    return status;
}
