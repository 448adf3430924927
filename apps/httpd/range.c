// SPDX-License-Identifier: Apache-2.0
// httpd/range.c - a part of an answer of bytes, as `Range: bytes=…` asks (RFC 9110, section 14).
//
//   bytes=0-99    the first hundred        bytes=100-    all from there on        bytes=-100    the last hundred
//
// One part, of an answer that is whole (200) and of bytes. Several parts, another unit, or what is not well formed: the header is as if it were not there,
// which the standard allows; so is every range with If-Range, since no validator is sent. A part that begins behind the end is 416.
#include "server.h"

#include <stdio.h>
#include <string.h>

static bool digits(const char **at, uint64_t *out)
{
    const char *from = *at;
    for (*out = 0; **at >= '0' && **at <= '9' && *out < UINT64_MAX / 16; (*at)++)
        *out = 10 * *out + (uint64_t)(**at - '0');
    return *at != from;
}

// False: nothing is asked for, or nothing that is understood. first > last: nothing of it is there.
static bool asked_for(const char *header, uint64_t whole, uint64_t *first, uint64_t *last)
{
    const char *at = header;
    if (!at || strncmp(at, "bytes=", 6) != 0)
        return false;
    at += 6;
    const bool begins = digits(&at, first);
    if (*at++ != '-')
        return false;
    const bool ends = digits(&at, last);
    if (*at || (!begins && !ends) || (begins && ends && *last < *first))
        return false;
    if (!begins) {
        const uint64_t size = *last < whole ? *last : whole;
        *first = whole - size;
        *last = size ? whole - 1 : 0;
        if (!size)
            *first = 1;
    } else if (!ends || *last >= whole) {
        *last = whole ? whole - 1 : 0;
    }
    return true;
}

void httpd_range_take(httpd_exchange *x, struct httpd_range *out)
{
    const uint64_t whole = x->answer.size;
    uint64_t first, last;
    *out = (struct httpd_range){.size = x->answer.size};
    if (x->status != 200 || x->feed || !x->route || !x->route->answer_type || strcmp(x->route->answer_type, "application/octet-stream") != 0)
        return;
    out->offered = true;
    if (x->head || MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "If-Range") ||
        !asked_for(MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Range"), whole, &first, &last))
        return;
    if (first > last || first >= whole) {
        httpd_problem(x, 416, NULL, "the range begins behind the end: there are %llu bytes", (unsigned long long)whole);
        snprintf(out->told, sizeof out->told, "bytes */%llu", (unsigned long long)whole);
        out->size = x->answer.size;
        return;
    }
    x->status = 206;
    out->from = (size_t)first;
    out->size = (size_t)(last - first + 1);
    snprintf(out->told, sizeof out->told, "bytes %llu-%llu/%llu", (unsigned long long)first, (unsigned long long)last, (unsigned long long)whole);
}
