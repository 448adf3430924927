// SPDX-License-Identifier: Apache-2.0
// httpd/cors.c - which pages of other origins a browser lets call the service (the Fetch standard's CORS protocol).
//
// Off unless origins are named. The answer names the one origin that asked, never a list; keys travel in a header that a page must
// hold, so no cookies or other credentials are allowed.
#include "server.h"

#include <string.h>

const char *httpd_cors_origin(const httpd_exchange *x)
{
    const char *allowed = x->worker->server->options.cors_origins;
    if (!allowed)
        return NULL;
    const char *origin = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Origin");
    if (!origin || strcmp(allowed, "*") == 0)
        return origin;
    const size_t size = strlen(origin);
    for (const char *at = allowed; *at;) {
        const size_t each = strcspn(at, ",");
        if (each == size && strncmp(at, origin, size) == 0)
            return origin;
        at += each + (at[each] == ',');
    }
    return NULL;
}

bool httpd_cors_preflight(httpd_exchange *x, const char *method)
{
    if (strcmp(method, "OPTIONS") != 0 || !httpd_cors_origin(x) ||
        !MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Access-Control-Request-Method"))
        return false;
    char methods[sizeof x->allow];
    (void)httpd_route_find(x, "OPTIONS", x->path, methods, sizeof methods); // no route has it: what the path has is told
    if (!methods[0])
        return false;
    memcpy(x->allow, methods, sizeof methods);
    x->preflight = true;
    x->status = 204;
    x->answered = true;
    return true;
}

void httpd_cors_headers(const httpd_exchange *x, struct MHD_Response *response)
{
    if (!x->worker->server->options.cors_origins)
        return;
    MHD_add_response_header(response, "Vary", "Origin"); // a cache must not give one origin what another was told
    const char *origin = httpd_cors_origin(x);
    if (!origin)
        return;
    MHD_add_response_header(response, "Access-Control-Allow-Origin", origin);
    if (x->preflight) {
        MHD_add_response_header(response, "Access-Control-Allow-Methods", x->allow);
        MHD_add_response_header(response, "Access-Control-Allow-Headers", "Authorization, Content-Type");
        MHD_add_response_header(response, "Access-Control-Max-Age", "600");
    } else {
        MHD_add_response_header(response, "Access-Control-Expose-Headers", "X-Request-Id, Retry-After, Location");
    }
}
