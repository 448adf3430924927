// SPDX-License-Identifier: Apache-2.0
// httpd/tenant.c - the stores that are served, opened while the service listens already and says that it is not ready.
//
// A tenant's engine appears to others in one step, when everything of it is in force: folds, model, index. Until then its routes
// answer 503. Whoever comes with a key of it reaches its engine and its lines, and nothing else.
#include "server.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

// --- What its engine is given -----------------------------------------------------------------------------------

static void *tenant_resize(void *user, void *old, size_t old_size, size_t size)
{
    const att_host *host = &((const httpd_tenant *)user)->server->host;
    return host->resize(host->user, old, old_size, size);
}

static int64_t tenant_now_ms(void *user)
{
    const att_host *host = &((const httpd_tenant *)user)->server->host;
    return host->now_ms(host->user);
}

static void tenant_log(void *user, att_log_level level, const char *message)
{
    const httpd_tenant *tenant = user;
    httpd_say(tenant->server, level, "%s: %s", tenant->name, message);
}

// Reading a store ends when the service is told to stop; afterwards it is for jobs to end.
static bool tenant_progress(void *user, const att_progress *progress)
{
    httpd_tenant *tenant = user;
    if (__atomic_load_n(&tenant->served, __ATOMIC_RELAXED))
        return httpd_progress(NULL, progress);
    if (progress->total)
        __atomic_store_n(&tenant->read_share, progress->done * 1000 / progress->total, __ATOMIC_RELAXED);
    return !__atomic_load_n(&tenant->server->stopping, __ATOMIC_ACQUIRE);
}

// --- Opening ----------------------------------------------------------------------------------------------------

httpd_tenant *httpd_tenant_find(httpd *server, const char *name)
{
    for (unsigned t = 0; t < server->tenant_count; t++)
        if (strcmp(server->tenants[t].name, name) == 0)
            return &server->tenants[t];
    return NULL;
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat of_a, of_b;
    return strcmp(a, b) == 0 || (stat(a, &of_a) == 0 && stat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino);
}

static att_status add(httpd *server, const char *name, const char *path, att_error *err)
{
    if (server->tenant_count == HTTPD_TENANTS_MAX)
        return httpd_fail(err, ATT_LIMIT, "more than %d tenants", HTTPD_TENANTS_MAX);
    if (!httpd_is_name(name))
        return httpd_fail(err, ATT_INVALID, "tenant \"%s\" is not a name: 1 to 63 letters, digits, '-', '_' and '.'", name);
    if (httpd_tenant_find(server, name))
        return httpd_fail(err, ATT_INVALID, "tenant \"%s\" is given twice", name);
    for (unsigned t = 0; t < server->tenant_count; t++)
        if (path && server->tenants[t].path && is_same_file(server->tenants[t].path, path))
            return httpd_fail(err, ATT_INVALID, "tenants \"%s\" and \"%s\" have the same store %s", server->tenants[t].name, name, path);
    httpd_tenant *tenant = &server->tenants[server->tenant_count];
    *tenant = (httpd_tenant){.server = server, .number = server->tenant_count++, .path = path};
    snprintf(tenant->name, sizeof tenant->name, "%s", name);
    return ATT_OK;
}

att_status httpd_tenants_list(httpd *server, att_engine *engine, att_error *err)
{
    att_status status = ATT_OK;
    if (engine) {
        status = add(server, "default", NULL, err);
        server->tenants[0].engine = engine;
        server->tenants[0].borrowed = true;
    }
    for (size_t i = 0; i < server->options.store_count && !status; i++)
        status = add(server, server->options.stores[i].tenant, server->options.stores[i].path, err);
    if (!status && !server->tenant_count)
        status = httpd_fail(err, ATT_INVALID, "no store to serve");
    return status;
}

att_status httpd_tenant_open(httpd_tenant *tenant, att_error *err)
{
    const int64_t begun_ns = httpd_now_ns();
    const att_host host = {.resize = tenant_resize, .now_ms = tenant_now_ms, .log = tenant_log, .progress = tenant_progress, .user = tenant,
        .helpers = tenant->server->host.helpers};
    att_status status = ATT_OK;
    if (!tenant->borrowed)
        status = att_engine_open(&tenant->engine, tenant->path, &tenant->server->options.open_stores, &host, err);
    if (!status)
        status = httpd_lines_start(tenant, err);
    if (status)
        return status;
    tenant->opened_ms = (httpd_now_ns() - begun_ns) / 1000000;
    __atomic_store_n(&tenant->served, true, __ATOMIC_RELEASE);
    return ATT_OK;
}

void httpd_tenants_close(httpd *server)
{
    for (unsigned t = 0; t < server->tenant_count; t++) {
        httpd_lines_stop(&server->tenants[t]);
        if (!server->tenants[t].borrowed)
            att_engine_close(server->tenants[t].engine);
    }
}
