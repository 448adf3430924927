// SPDX-License-Identifier: Apache-2.0
// httpd/out.h - text that grows: the body of an answer, and JSON written into it piece by piece.
//
// A failed allocation is remembered, and everything after it is dropped: writers need not check each piece, whoever
// sends the body asks `failed` once. Commas are put by out_key and out_item, so that pieces can be written in any order.
#ifndef ATT_HTTPD_OUT_H
#define ATT_HTTPD_OUT_H

#include "attune/attune.h"

#include <string.h>

typedef struct httpd_out {
    char *data;
    size_t size, capacity;
    bool failed;
    bool comma; // the next key or item needs one before it
} httpd_out;

void out_clear(httpd_out *o); // keeps the memory
void out_free(httpd_out *o);
void out_raw(httpd_out *o, const char *data, size_t size);
static inline void out_string(httpd_out *o, const char *zero_terminated)
{
    out_raw(o, zero_terminated, strlen(zero_terminated));
}
void out_printf(httpd_out *o, const char *format, ...) ATT_PRINTF(2, 3);

void out_open(httpd_out *o, char bracket); // '{' or '[', as a value
void out_close(httpd_out *o, char bracket);
void out_key_of(httpd_out *o, const char *key, size_t size);
static inline void out_key(httpd_out *o, const char *key) // a size that is known is not counted
{
    out_key_of(o, key, strlen(key));
}
void out_item(httpd_out *o); // before each value of a list
// Values. Texts are quoted; what is not UTF-8 becomes U+FFFD.
void out_text(httpd_out *o, att_text text);
void out_whole(httpd_out *o, uint64_t value);
void out_signed(httpd_out *o, int64_t value);
// Six decimals at most, without closing zeros; null when it is not finite.
void out_number(httpd_out *o, double value);
void out_bool(httpd_out *o, bool value);
void out_time(httpd_out *o, int64_t at_ms); // "2026-11-26T12:00:00.000Z"; null for 0
// A key and its value.
static inline void out_key_text(httpd_out *o, const char *key, att_text text)
{
    out_key(o, key);
    out_text(o, text);
}

static inline void out_key_string(httpd_out *o, const char *key, const char *text)
{
    out_key_text(o, key, att_text_of(text));
}

static inline void out_key_whole(httpd_out *o, const char *key, uint64_t value)
{
    out_key(o, key);
    out_whole(o, value);
}

static inline void out_key_number(httpd_out *o, const char *key, double value)
{
    out_key(o, key);
    out_number(o, value);
}

static inline void out_key_bool(httpd_out *o, const char *key, bool value)
{
    out_key(o, key);
    out_bool(o, value);
}

static inline void out_key_time(httpd_out *o, const char *key, int64_t at_ms)
{
    out_key(o, key);
    out_time(o, at_ms);
}

void out_key_text_or_null(httpd_out *o, const char *key, att_text text); // null for an empty text
void out_key_id(httpd_out *o, const char *key, uint64_t id);             // 16 hexadecimal digits; null for 0
// A list whose entries were written before what stands in front of it; they are freed.
void out_key_list(httpd_out *o, const char *key, httpd_out *entries);

#endif
