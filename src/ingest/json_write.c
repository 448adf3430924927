// SPDX-License-Identifier: Apache-2.0
// ingest/json_write.c - numbers come out the same under any locale.
#include "ingest/json_write.h"

#include "ingest/scan.h"
#include "ingest/utf8.h"
#include "ingest/wire.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

// What a line is being written with. The first failure sticks.
typedef struct writer {
    const att_host *host;
    att_bytes *out;
    bool good;
    bool first; // no member was written yet in this object or list
} writer;

bool att_json_put(const att_host *host, att_bytes *out, const char *raw, size_t size)
{
    if (size > SIZE_MAX / 2 - out->count || !ATT_VEC_RESERVE(host, out, out->count + size))
        return false;
    memcpy(out->items + out->count, raw, size);
    out->count += size;
    return true;
}

static bool put_escaped(const att_host *host, att_bytes *out, unsigned char byte)
{
    char text[8];
    if (byte == '"' || byte == '\\')
        return att_json_put(host, out, (const char[]){'\\', (char)byte}, 2);
    if (byte == '\n')
        return att_json_put(host, out, "\\n", 2);
    if (byte == '\t')
        return att_json_put(host, out, "\\t", 2);
    if (byte >= 0x80)
        return att_json_put(host, out, "\xEF\xBF\xBD", 3);
    snprintf(text, sizeof text, "\\u%04X", byte);
    return att_json_put(host, out, text, 6);
}

bool att_json_put_text(const att_host *host, att_bytes *out, att_text text)
{
    const char *at = text.data, *end = text.size ? text.data + text.size : text.data;
    if (!att_json_put(host, out, "\"", 1))
        return false;
    while (at < end) {
        const char *stop = att_scan_plain_run(at, end);
        size_t wide = 0;
        while (stop < end && (unsigned char)*stop >= 0x80 &&
               (wide = att_utf8_length(stop, (size_t)(end - stop))) > 0)
            stop = att_scan_plain_run(stop + wide, end);
        if (!att_json_put(host, out, at, (size_t)(stop - at)))
            return false;
        if (stop < end && !put_escaped(host, out, (unsigned char)*stop++))
            return false;
        at = stop;
    }
    return att_json_put(host, out, "\"", 1);
}

bool att_json_put_integer(const att_host *host, att_bytes *out, int64_t value)
{
    char digits[24], *at = digits + sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do
        *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0)
        *--at = '-';
    return att_json_put(host, out, at, (size_t)(digits + sizeof digits - at));
}

// The locale may put another sign, of one byte or more, for the decimal point.
static size_t point_of_json(char *text)
{
    size_t to = 0;
    bool strange = false;
    for (size_t from = 0; text[from]; from++) {
        const char c = text[from];
        const bool plain = (c >= '0' && c <= '9') || c == '-' || c == '+' || c == 'e';
        if (plain || !strange)
            text[to++] = plain ? c : '.';
        strange = !plain;
    }
    text[to] = 0;
    return to;
}

// Nearly all numbers that people write have few decimals: m / 10^k is the correctly rounded double
// for m below 2^53, and it is what a reader of these digits gets.
static bool put_short(const att_host *host, att_bytes *out, double value, bool *done)
{
    static const double scales[] = {1, 10, 100, 1000, 10000};
    *done = false;
    if (fabs(value) >= 1e9)
        return true;
    for (size_t k = 0; k < ATT_COUNT_OF(scales); k++) {
        const double scaled = nearbyint(value * scales[k]);
        if (scaled / scales[k] != value)
            continue;
        char text[32];
        const long long whole = llabs((long long)scaled), scale = (long long)scales[k];
        int size = snprintf(text, sizeof text, "%s%lld", signbit(value) ? "-" : "", whole / scale);
        if (k)
            size +=
                snprintf(text + size, sizeof text - (size_t)size, ".%0*lld", (int)k, whole % scale);
        *done = true;
        return att_json_put(host, out, text, (size_t)size);
    }
    return true;
}

bool att_json_put_double(const att_host *host, att_bytes *out, double value)
{
    char text[40];
    bool done;
    if (!put_short(host, out, value, &done) || done)
        return done;
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    return att_json_put(host, out, text, point_of_json(text));
}

bool att_json_put_float(const att_host *host, att_bytes *out, float value)
{
    char text[40];
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if ((float)strtod(text, NULL) == value)
            break;
    }
    return att_json_put(host, out, text, point_of_json(text));
}

// --- Members -------------------------------------------------------------------------------------

static void raw(writer *w, const char *text)
{
    w->good = w->good && att_json_put(w->host, w->out, text, strlen(text));
}

static void open(writer *w, const char *bracket)
{
    raw(w, bracket);
    w->first = true;
}

static void close(writer *w, const char *bracket)
{
    raw(w, bracket);
    w->first = false;
}

static void comma(writer *w)
{
    if (!w->first)
        raw(w, ",");
    w->first = false;
}

static void key(writer *w, const char *name)
{
    comma(w);
    raw(w, "\"");
    raw(w, name);
    raw(w, "\":");
}

static void text(writer *w, att_text value)
{
    w->good = w->good && att_json_put_text(w->host, w->out, value);
}

static void text_member(writer *w, const char *name, att_text value)
{
    if (!value.size)
        return;
    key(w, name);
    text(w, value);
}

static void integer_member(writer *w, const char *name, int64_t value, bool given)
{
    if (!given)
        return;
    key(w, name);
    w->good = w->good && att_json_put_integer(w->host, w->out, value);
}

static void word_member(writer *w, const char *name, const char *word)
{
    if (word)
        text_member(w, name, att_text_of(word));
}

static att_status finish(writer *w, size_t before, const char *what, att_error *err)
{
    raw(w, "}\n");
    if (w->good)
        return ATT_OK;
    w->out->count = before;
    return ATT_FAIL(err, ATT_NO_MEMORY, "out of memory while writing %s as JSON", what);
}

// --- Events --------------------------------------------------------------------------------------

static void put_context(writer *w, const att_context *context)
{
    const bool offset = context->utc_offset_min != ATT_OFFSET_UNKNOWN;
    if (!context->device && !context->place && !context->activity && !context->noise && !offset)
        return;
    key(w, "context");
    open(w, "{");
    word_member(w, "device", att_wire_context_name(ATT_WIRE_DEVICE, context->device));
    word_member(w, "place", att_wire_context_name(ATT_WIRE_PLACE, context->place));
    word_member(w, "activity", att_wire_context_name(ATT_WIRE_ACTIVITY, context->activity));
    word_member(w, "noise", att_wire_context_name(ATT_WIRE_NOISE, context->noise));
    integer_member(w, "utc_offset_min", context->utc_offset_min, offset);
    close(w, "}");
}

att_status att_event_write_json(
    const att_host *host, att_bytes *out, const att_event *event, att_error *err)
{
    const size_t before = out->count;
    writer w = {host, out, true, true};
    open(&w, "{");
    text_member(&w, "id", event->id);
    text_member(&w, "user", event->user);
    text_member(&w, "item", event->item);
    integer_member(&w, "at", event->at_ms, true);
    word_member(&w, "signal", att_wire_signal_name(event->signal));
    if (isfinite(event->value)) {
        key(&w, "value");
        w.good = w.good && att_json_put_float(host, out, event->value);
    }
    integer_member(&w, "position_ms", event->position_ms, event->position_ms >= 0);
    integer_member(&w, "length_ms", event->length_ms, event->length_ms >= 0);
    integer_member(&w, "dwell_ms", event->dwell_ms, event->dwell_ms >= 0);
    if (event->decision) {
        char hex[24];
        snprintf(hex, sizeof hex, "%016llx", (unsigned long long)event->decision);
        word_member(&w, "decision", hex);
    }
    put_context(&w, &event->context);
    return finish(&w, before, "an event", err);
}

// --- Items ---------------------------------------------------------------------------------------

static void put_tags(writer *w, const att_item *item)
{
    if (!item->tag_count)
        return;
    key(w, "tags");
    open(w, "[");
    for (size_t i = 0; i < item->tag_count; i++) {
        comma(w);
        text(w, item->tags[i]);
    }
    close(w, "]");
}

static void put_features(writer *w, const att_item *item)
{
    if (!item->feature_count)
        return;
    key(w, "features");
    open(w, "{");
    for (size_t i = 0; i < item->feature_count; i++) {
        comma(w);
        text(w, item->features[i].name);
        raw(w, ":");
        w->good = w->good && att_json_put_double(w->host, w->out, item->features[i].value);
    }
    close(w, "}");
}

static void put_vector(writer *w, const att_item *item)
{
    if (!item->vector_dim)
        return;
    key(w, "vector");
    open(w, "[");
    for (size_t i = 0; i < item->vector_dim; i++) {
        comma(w);
        w->good = w->good && att_json_put_float(w->host, w->out, item->vector[i]);
    }
    close(w, "]");
}

static void put_territories(
    writer *w, const char *name, const att_territory *territories, size_t count)
{
    if (!count)
        return;
    key(w, name);
    open(w, "[");
    for (size_t i = 0; i < count; i++) {
        const char letters[] = {(char)(territories[i] >> 8), (char)(territories[i] & 0xFF)};
        comma(w);
        text(w, (att_text){letters, 2});
    }
    close(w, "]");
}

static void put_licence(writer *w, const att_licence *licence)
{
    comma(w);
    open(w, "{");
    integer_member(w, "start", licence->start_ms, licence->start_ms != INT64_MIN);
    integer_member(w, "end", licence->end_ms, licence->end_ms != INT64_MAX);
    put_territories(w, "include", licence->include, licence->include_count);
    put_territories(w, "exclude", licence->exclude, licence->exclude_count);
    key(w, "uses");
    open(w, "[");
    for (uint32_t bit = 1; bit <= ATT_USE_TRAIN; bit <<= 1)
        if (licence->uses & bit) {
            comma(w);
            text(w, att_text_of(att_wire_use_name(bit)));
        }
    close(w, "]");
    close(w, "}");
}

static void put_rights(writer *w, const att_item *item)
{
    if (!item->rights_known)
        return;
    key(w, "rights");
    open(w, "[");
    for (size_t i = 0; i < item->licence_count; i++)
        put_licence(w, &item->licences[i]);
    close(w, "]");
}

static void put_opt_outs(writer *w, const att_item *item)
{
    if (!item->opt_outs)
        return;
    key(w, "opt_out");
    open(w, "[");
    for (uint32_t bit = 1; bit <= ATT_USE_ALL; bit <<= 1)
        if (item->opt_outs & bit) {
            comma(w);
            text(w, att_text_of(att_wire_use_name(bit)));
        }
    close(w, "]");
}

att_status att_item_write_json(
    const att_host *host, att_bytes *out, const att_item *item, att_error *err)
{
    const size_t before = out->count;
    writer w = {host, out, true, true};
    open(&w, "{");
    text_member(&w, "id", item->id);
    text_member(&w, "title", item->title);
    text_member(&w, "medium", item->medium);
    text_member(&w, "text", item->text);
    put_tags(&w, item);
    put_features(&w, item);
    put_vector(&w, item);
    integer_member(&w, "duration_ms", item->duration_ms, item->duration_ms != 0);
    integer_member(&w, "published_at", item->published_at_ms, item->published_at_ms != 0);
    integer_member(&w, "age_rating", item->age_rating, item->age_rating != 0);
    if (item->boost != 0) {
        key(&w, "boost");
        w.good = w.good && att_json_put_double(host, out, item->boost);
    }
    put_rights(&w, item);
    text_member(&w, "licence", item->licence_name);
    put_opt_outs(&w, item);
    return finish(&w, before, "an item", err);
}
