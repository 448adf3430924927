// SPDX-License-Identifier: Apache-2.0
// httpd/out.c - growth by half, and JSON's few rules.
#include "out.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void out_clear(httpd_out *o)
{
    o->size = 0;
    o->failed = o->comma = false;
}

void out_free(httpd_out *o)
{
    free(o->data);
    *o = (httpd_out){0};
}

static bool room(httpd_out *o, size_t more)
{
    if (o->failed)
        return false;
    if (o->capacity - o->size >= more)
        return true;
    size_t capacity = o->capacity + o->capacity / 2;
    if (capacity < o->size + more)
        capacity = o->size + more;
    if (capacity < 512)
        capacity = 512;
    char *data = realloc(o->data, capacity);
    if (!data) {
        o->failed = true;
        return false;
    }
    o->data = data;
    o->capacity = capacity;
    return true;
}

void out_raw(httpd_out *o, const char *data, size_t size)
{
    if (!size || !room(o, size))
        return;
    memcpy(o->data + o->size, data, size);
    o->size += size;
}

void out_printf(httpd_out *o, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    const size_t left = o->failed ? 0 : o->capacity - o->size; // often enough, so that it is written once
    const int size = vsnprintf(left ? o->data + o->size : NULL, left, format, args);
    va_end(args);
    if (size >= 0 && room(o, (size_t)size + 1)) {
        if ((size_t)size >= left)
            vsnprintf(o->data + o->size, (size_t)size + 1, format, again);
        o->size += (size_t)size;
    }
    va_end(again);
}

void out_item(httpd_out *o)
{
    if (o->comma)
        out_raw(o, ",", 1);
    o->comma = true;
}

void out_open(httpd_out *o, char bracket)
{
    out_raw(o, &bracket, 1);
    o->comma = false;
}

void out_close(httpd_out *o, char bracket)
{
    out_raw(o, &bracket, 1);
    o->comma = true;
}

void out_key_of(httpd_out *o, const char *key, size_t size)
{
    if (!room(o, size + 4))
        return;
    char *to = o->data + o->size;
    if (o->comma)
        *to++ = ',';
    *to++ = '"';
    memcpy(to, key, size);
    to += size;
    *to++ = '"';
    *to++ = ':';
    o->size = (size_t)(to - o->data);
    o->comma = true;
}

// Bytes of the well-formed UTF-8 character at `at`, 0 when there is none.
static size_t character(const unsigned char *at, size_t left)
{
    if (at[0] < 0x80)
        return 1;
    const size_t size = at[0] >= 0xF0 && at[0] < 0xF5 ? 4 : at[0] >= 0xE0 ? 3 : at[0] >= 0xC2 && at[0] < 0xE0 ? 2 : 0;
    if (!size || size > left || at[0] >= 0xF5)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    if ((at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xED && at[1] >= 0xA0) || (at[0] == 0xF0 && at[1] < 0x90) ||
        (at[0] == 0xF4 && at[1] >= 0x90))
        return 0;
    return size;
}

// Bytes that stand for themselves between quotes.
static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

// Text of such bytes alone, as most is. False: there is something else in it, and nothing is written.
static bool write_plain(httpd_out *o, att_text text)
{
    if (!room(o, text.size + 2))
        return o->failed;
    char *to = o->data + o->size;
    *to++ = '"';
    for (size_t i = 0; i < text.size; i++) {
        if (!is_plain((unsigned char)text.data[i]))
            return false;
        *to++ = text.data[i];
    }
    *to++ = '"';
    o->size = (size_t)(to - o->data);
    return true;
}

void out_text(httpd_out *o, att_text text)
{
    if (write_plain(o, text))
        return;
    const unsigned char *data = (const unsigned char *)text.data;
    size_t from = 0, at = 0;
    out_raw(o, "\"", 1);
    while (at < text.size) {
        const size_t size = character(data + at, text.size - at);
        if (size > 1 || (size == 1 && data[at] >= 0x20 && data[at] != '"' && data[at] != '\\')) {
            at += size;
            continue;
        }
        out_raw(o, text.data + from, at - from);
        if (!size)
            out_string(o, "\xEF\xBF\xBD");
        else if (data[at] == '"' || data[at] == '\\')
            out_printf(o, "\\%c", data[at]);
        else
            out_printf(o, "\\u%04x", data[at]);
        from = ++at;
    }
    if (at > from) // an empty text may have no data
        out_raw(o, text.data + from, at - from);
    out_raw(o, "\"", 1);
}

void out_whole(httpd_out *o, uint64_t value)
{
    char digits[24];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + value % 10);
    while (value /= 10);
    out_raw(o, digits + at, sizeof digits - at);
}

void out_signed(httpd_out *o, int64_t value)
{
    if (value < 0)
        out_raw(o, "-", 1);
    out_whole(o, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

static void put_pair(char *to, unsigned value)
{
    to[0] = (char)('0' + value / 10);
    to[1] = (char)('0' + value % 10);
}

void out_number(httpd_out *o, double value)
{
    if (!isfinite(value)) {
        out_string(o, "null");
        return;
    }
    const double size = fabs(value);
    if (size >= 1e12 || (size > 0 && size < 1e-6)) { // few: what the digits below would cut
        out_printf(o, "%.9g", value);
        return;
    }
    // Six decimals, and twelve of what is small: in whole parts of that size.
    const unsigned decimals = size > 0 && size < 1e-3 ? 12 : 6;
    const uint64_t one = decimals == 12 ? 1000000000000 : 1000000, parts = (uint64_t)(size * (double)one + 0.5);
    char digits[40];
    size_t at = sizeof digits, end = at;
    uint64_t part = parts % one;
    if (part) {
        for (unsigned left = decimals; left; left -= 2, part /= 100)
            put_pair(digits + (at -= 2), (unsigned)(part % 100));
        digits[--at] = '.';
        while (digits[end - 1] == '0')
            end--;
    }
    uint64_t whole = parts / one;
    do
        digits[--at] = (char)('0' + whole % 10);
    while (whole /= 10);
    if (value < 0 && parts)
        digits[--at] = '-';
    out_raw(o, digits + at, end - at);
}

void out_bool(httpd_out *o, bool value)
{
    out_string(o, value ? "true" : "false");
}

// A slate has dozens of times: by hand. The Gregorian calendar repeats after 146097 days; counted from the first of March, the
// days of the months before month m are (153 m + 2) / 5.
void out_time(httpd_out *o, int64_t at_ms)
{
    if (at_ms <= 0) {
        out_string(o, "null");
        return;
    }
    if (at_ms >= INT64_C(253402300800000)) // year 10000
        at_ms = INT64_C(253402300799999);
    const unsigned days = (unsigned)(at_ms / 86400000) + 719468, ms = (unsigned)(at_ms % 86400000); // since 0000-03-01
    const unsigned era = days / 146097, in_era = days % 146097;
    const unsigned year_of_era = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    const unsigned day_of_year = in_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const unsigned shifted = (5 * day_of_year + 2) / 153, day = day_of_year - (153 * shifted + 2) / 5 + 1;
    const unsigned month = shifted < 10 ? shifted + 3 : shifted - 9, year = era * 400 + year_of_era + (month <= 2);
    char text[] = "\"0000-00-00T00:00:00.000Z\"";
    put_pair(text + 1, year / 100);
    put_pair(text + 3, year % 100);
    put_pair(text + 6, month);
    put_pair(text + 9, day);
    put_pair(text + 12, ms / 3600000);
    put_pair(text + 15, ms / 60000 % 60);
    put_pair(text + 18, ms / 1000 % 60);
    put_pair(text + 21, ms % 1000 / 10);
    text[23] = (char)('0' + ms % 10);
    out_raw(o, text, sizeof text - 1);
}

void out_key_text_or_null(httpd_out *o, const char *key, att_text text)
{
    out_key(o, key);
    if (text.size)
        out_text(o, text);
    else
        out_string(o, "null");
}

void out_key_id(httpd_out *o, const char *key, uint64_t id)
{
    out_key(o, key);
    if (!id) {
        out_string(o, "null");
        return;
    }
    char text[] = "\"0000000000000000\"";
    for (size_t at = 16; at > 0; at--, id >>= 4)
        text[at] = "0123456789abcdef"[id & 15];
    out_raw(o, text, sizeof text - 1);
}

void out_key_list(httpd_out *o, const char *key, httpd_out *entries)
{
    out_key(o, key);
    out_open(o, '[');
    out_raw(o, entries->data, entries->size);
    out_close(o, ']');
    o->failed |= entries->failed;
    out_free(entries);
}
