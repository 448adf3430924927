// SPDX-License-Identifier: Apache-2.0
// httpd/admit.c - who asks, and whether they may: host name, key, tenant, scope, rates.
//
// The key alone says whose store is meant. x->tenant and x->engine are set here and nowhere else.
#include "server.h"

#include <string.h>
#include <strings.h>

bool httpd_is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
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

static bool deny(httpd_exchange *x)
{
    HTTPD_COUNT(x, denied, 1);
    return false;
}

static bool limit(httpd_exchange *x, int64_t wait_ms, const char *whose, const char *name)
{
    HTTPD_COUNT(x, limited, 1);
    x->retry_after_s = (int)((wait_ms + 999) / 1000);
    httpd_problem(x, 429, NULL, "%s \"%s\" has used up its rate", whose, name);
    return false;
}

static bool read_key(httpd_exchange *x, const char *header, httpd_grant *grant, int64_t *wait_ms)
{
    httpd *server = x->worker->server;
    return server->keys && strncasecmp(header, "Bearer ", 7) == 0 &&
           httpd_keys_check(server->keys, att_text_of(header + 7), x->begun_ns, grant, wait_ms);
}

// Routes that are open to everybody: a key, if there is one, says whose figures are shown.
static void admit_all(httpd_exchange *x, const char *header)
{
    httpd *server = x->worker->server;
    httpd_grant grant;
    int64_t wait_ms;
    x->is_operator = !header && httpd_is_loopback(server->options.address);
    if (header && read_key(x, header, &grant, &wait_ms))
        x->tenant = httpd_tenant_find(server, grant.tenant);
}

static bool admit_tenant(httpd_exchange *x, const char *name)
{
    httpd *server = x->worker->server;
    x->tenant = httpd_tenant_find(server, name);
    if (!x->tenant)
        return httpd_problem(x, 403, NULL, "the tenant \"%s\" is not served here", name), deny(x);
    const double rate = server->options.tenant_rate;
    const int64_t wait_ms = httpd_rate_spend(&x->tenant->idle_ns, rate, rate, x->begun_ns);
    if (wait_ms > 0)
        return limit(x, wait_ms, "the tenant", name);
    if (!__atomic_load_n(&x->tenant->served, __ATOMIC_ACQUIRE)) {
        x->retry_after_s = 1;
        return httpd_problem(x, 503, NULL, "the service is starting, and the store is being read; see /ready"), false;
    }
    x->engine = x->tenant->engine;
    return true;
}

bool httpd_admit(httpd_exchange *x)
{
    const httpd *server = x->worker->server;
    const httpd_scope scope = x->route->scope;
    if (!host_is_ours(x))
        return httpd_problem(x, 421, NULL, "without keys only requests to localhost are answered"), false;
    const char *header = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Authorization");
    if (scope == HTTPD_SCOPE_NONE)
        return admit_all(x, header), true;
    if (server->options.open && !header) {
        if (scope == HTTPD_SCOPE_BIT_ADMIN)
            return httpd_problem(x, 401, NULL, "this needs a key of scope admin, also where the rest is open"), false;
        memcpy(x->by, "local", sizeof "local");
        return admit_tenant(x, server->tenants[0].name);
    }
    if (!header || strncasecmp(header, "Bearer ", 7) != 0)
        return httpd_problem(x, 401, NULL, "send the header Authorization: Bearer KEY (attune key create makes one)"), deny(x);
    httpd_grant grant;
    int64_t wait_ms = 0;
    if (!read_key(x, header, &grant, &wait_ms))
        return httpd_problem(x, 401, NULL, "this key is not known, or was revoked"), deny(x);
    if (!(grant.scopes & HTTPD_SCOPE_MASK(scope)))
        return httpd_problem(x, 403, NULL, "the key \"%s\" has no scope %s", grant.name, httpd_scope_name(scope)), deny(x);
    if (wait_ms > 0)
        return limit(x, wait_ms, "the key", grant.name);
    memcpy(x->by, grant.name, sizeof x->by);
    return admit_tenant(x, grant.tenant);
}
