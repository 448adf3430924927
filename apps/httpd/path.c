// SPDX-License-Identifier: Apache-2.0
// httpd/path.c - the request line taken apart: which route, what its path holds, what its query says.
//
// The path is matched as it came, undecoded, so that "%2F" inside an id stays inside the id.
#include "server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int hex(char digit)
{
    return digit >= '0' && digit <= '9'   ? digit - '0'
           : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
           : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10
                                          : -1;
}

// In place. False: not well formed, or a zero byte.
bool httpd_decode(char *text, bool plus)
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

typedef struct found_params {
    size_t count, begins[HTTPD_PARAMS_MAX], ends[HTTPD_PARAMS_MAX]; // in the path
} found_params;

static bool matches(const char *pattern, const char *path, found_params *out)
{
    const char *begin = path;
    out->count = 0;
    while (*pattern) {
        if (*pattern == '{') {
            pattern = strchr(pattern, '}') + 1;
            const size_t from = (size_t)(path - begin);
            while (*path && *path != '/' && *path != *pattern)
                path++;
            if (path == begin + from)
                return false;
            out->begins[out->count] = from;
            out->ends[out->count++] = (size_t)(path - begin);
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    return *path == 0;
}

const httpd_route *httpd_route_find(httpd_exchange *x, const char *method, const char *path, char *allowed, size_t size)
{
    found_params params;
    allowed[0] = 0;
    memset(x->params, 0, sizeof x->params);
    for (const httpd_route *route = httpd_routes; route->method; route++) {
        if (!matches(route->path, path, &params))
            continue;
        if (strcmp(route->method, method) == 0) {
            for (size_t i = 0; i < params.count; i++) {
                x->path[params.ends[i]] = 0;
                x->params[i] = x->path + params.begins[i];
            }
            return route;
        }
        const size_t at = strlen(allowed);
        snprintf(allowed + at, size - at, "%s%s", at ? ", " : "", route->method);
    }
    return NULL;
}

// "a=1&b=two" into an object whose values have the types that the shape wants.
bool httpd_parse_query(httpd_exchange *x, char *query)
{
    shape_fault fault;
    x->query = json_object();
    char *rest = query;
    for (char *pair; x->query && (pair = strsep(&rest, "&"));) {
        if (!*pair)
            continue;
        char *value = strchr(pair, '=');
        if (value)
            *value++ = 0;
        if (!httpd_decode(pair, true) || (value && !httpd_decode(value, true)))
            return httpd_problem(x, 400, "", "the query is not well encoded"), false;
        const shape_field *f = x->route->query ? x->route->query->fields : NULL;
        while (f && f->name && strcmp(f->name, pair) != 0)
            f++;
        if (!f)
            return httpd_problem(x, 400, pair, "%s: this route takes no parameters", pair), false;
        if (!shape_knows(x->route->query, pair, &fault))
            return httpd_problem(x, 400, fault.field, "%s: %s", fault.field, fault.reason), false;
        json_t *made = NULL;
        char *end;
        if ((f->type == SHAPE_WHOLE || f->type == SHAPE_TIME) && value && *value) { // a time may be milliseconds
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
            return httpd_problem(x, 400, pair, "%s: it is not UTF-8", pair), false;
        if (json_object_get(x->query, pair)) {
            json_decref(made);
            return httpd_problem(x, 400, pair, "%s: it is given twice", pair), false;
        }
        json_object_set_new(x->query, pair, made);
    }
    if (x->query && x->route->query && !shape_check(x->route->query, x->query, &fault))
        return httpd_problem(x, 400, fault.field, "%s: %s", fault.field, fault.reason), false;
    if (!x->query)
        httpd_problem(x, 503, NULL, "memory ran out");
    return x->query != NULL;
}
