// SPDX-License-Identifier: Apache-2.0
// ingest/event_line.c - the event line: the one that comes by the million.
#include "ingest/line.h"

#include "ingest/wire.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

typedef enum event_key {
    KEY_ID,
    KEY_USER,
    KEY_ITEM,
    KEY_AT,
    KEY_SIGNAL,
    KEY_VALUE,
    KEY_POSITION,
    KEY_LENGTH,
    KEY_DWELL,
    KEY_DECISION,
    KEY_CONTEXT,
    KEY_NONE
} event_key;

static const char *const event_keys[] = {"id", "user", "item", "at", "signal", "value",
    "position_ms", "length_ms", "dwell_ms", "decision", "context"};
static const char *const context_keys[] = {
    "device", "place", "activity", "noise", "utc_offset_min"};

// By length first, so that one comparison decides.
static event_key key_of(att_text key)
{
    static const struct {
        uint8_t count, keys[3];
    } by_size[12] = {[2] = {2, {KEY_ID, KEY_AT}},
        [4] = {2, {KEY_USER, KEY_ITEM}},
        [5] = {1, {KEY_VALUE}},
        [6] = {1, {KEY_SIGNAL}},
        [7] = {1, {KEY_CONTEXT}},
        [8] = {2, {KEY_DWELL, KEY_DECISION}},
        [9] = {1, {KEY_LENGTH}},
        [11] = {1, {KEY_POSITION}}};
    if (key.size >= ATT_COUNT_OF(by_size))
        return KEY_NONE;
    for (unsigned i = 0; i < by_size[key.size].count; i++) {
        const event_key found = (event_key)by_size[key.size].keys[i];
        if (memcmp(event_keys[found], key.data, key.size) == 0)
            return found;
    }
    return KEY_NONE;
}

bool att_is_event_key(att_text key)
{
    return key_of(key) != KEY_NONE;
}

static bool unknown_key(
    att_text key, const char *prefix, const char *const *names, size_t count, att_fault *fault)
{
    char field[96], advice[192];
    snprintf(field, sizeof field, "%s%s", prefix, att_excerpt_of(key).text);
    att_suggest(advice, sizeof advice, key, names, count);
    return att_fault_set(fault, field, "unknown key, %s", advice);
}

static bool read_ms(att_scan *scan, int32_t *out, const char *field, att_fault *fault)
{
    int64_t ms;
    if (!att_line_whole(scan, &ms, "whole milliseconds", field, fault) ||
        !att_wire_range(ms, 0, INT32_MAX, "milliseconds", field, fault))
        return false;
    *out = (int32_t)ms;
    return true;
}

static bool read_value(att_scan *scan, float *out, att_fault *fault)
{
    double value;
    if (!att_line_real(scan, &value, "value", fault))
        return false;
    if (fabs(value) > FLT_MAX)
        return att_fault_set(
            fault, "value", "found %g, expected a number within the range of a float", value);
    *out = (float)value;
    return true;
}

static bool read_signal(att_scan *scan, att_arena *scratch, att_signal *out, att_fault *fault)
{
    att_text text;
    return att_line_text(scan, scratch, &text, "signal", fault) &&
           att_wire_signal(text, out, "signal", fault);
}

static bool read_decision(att_scan *scan, att_arena *scratch, uint64_t *out, att_fault *fault)
{
    att_text text;
    int64_t number;
    if (*scan->at == '"')
        return att_line_text(scan, scratch, &text, "decision", fault) &&
               att_wire_decision(text, out, "decision", fault);
    if (!att_line_whole(scan, &number, "16 hexadecimal digits in quotes or a whole number",
            "decision", fault) ||
        !att_wire_range(number, 0, INT64_MAX, "", "decision", fault))
        return false;
    *out = (uint64_t)number;
    return true;
}

static bool read_context_field(
    att_scan *scan, att_arena *scratch, size_t key, att_context *out, att_fault *fault)
{
    static const char *const fields[] = {"context.device", "context.place", "context.activity",
        "context.noise", "context.utc_offset_min"};
    if (att_line_null(scan))
        return true;
    if (key < 4) {
        att_text text;
        return att_line_text(scan, scratch, &text, fields[key], fault) &&
               att_wire_context((att_wire_class)key, text, out, fields[key], fault);
    }
    int64_t minutes;
    if (!att_line_whole(scan, &minutes, "whole minutes", fields[key], fault) ||
        !att_wire_range(minutes, -840, 840, "minutes", fields[key], fault))
        return false;
    out->utc_offset_min = (int16_t)minutes;
    return true;
}

static size_t context_key(att_text key)
{
    for (size_t i = 0; i < ATT_COUNT_OF(context_keys); i++)
        if (att_text_equal(key, att_text_of(context_keys[i])))
            return i;
    return ATT_COUNT_OF(context_keys);
}

static bool read_context(att_scan *scan, att_arena *scratch, att_context *out, att_fault *fault)
{
    if (*scan->at != '{')
        return att_line_expected(scan, "an object", "context", fault);
    scan->at++;
    unsigned seen = 0;
    bool more = att_scan_peek(scan) != '}';
    if (!more)
        scan->at++;
    while (more) {
        att_text key;
        if (!att_line_key(scan, scratch, &key, fault))
            return false;
        const size_t index = context_key(key);
        if (index == ATT_COUNT_OF(context_keys))
            return unknown_key(key, "context.", context_keys, ATT_COUNT_OF(context_keys), fault);
        if (seen >> index & 1) {
            char field[40];
            snprintf(field, sizeof field, "context.%s", context_keys[index]);
            return att_fault_set(fault, field, "found twice, expected once");
        }
        seen |= 1u << index;
        if (!read_context_field(scan, scratch, index, out, fault))
            return false;
        if (!att_scan_next(scan, '}', &more))
            return att_scan_fault(scan, "context", fault);
    }
    return true;
}

static bool read_field(
    att_scan *scan, att_arena *scratch, event_key key, att_event *event, att_fault *fault)
{
    switch (key) {
    case KEY_ID:
        return att_line_text(scan, scratch, &event->id, "id", fault);
    case KEY_USER:
        return att_line_text(scan, scratch, &event->user, "user", fault);
    case KEY_ITEM:
        return att_line_text(scan, scratch, &event->item, "item", fault);
    case KEY_AT:
        return att_line_when(scan, scratch, false, &event->at_ms, "at", fault);
    case KEY_SIGNAL:
        return read_signal(scan, scratch, &event->signal, fault);
    case KEY_VALUE:
        return read_value(scan, &event->value, fault);
    case KEY_POSITION:
        return read_ms(scan, &event->position_ms, "position_ms", fault);
    case KEY_LENGTH:
        return read_ms(scan, &event->length_ms, "length_ms", fault);
    case KEY_DWELL:
        return read_ms(scan, &event->dwell_ms, "dwell_ms", fault);
    case KEY_DECISION:
        return read_decision(scan, scratch, &event->decision, fault);
    case KEY_CONTEXT:
        return read_context(scan, scratch, &event->context, fault);
    case KEY_NONE:
        break;
    }
    return false;
}

static bool nothing_missing(unsigned given, att_fault *fault)
{
    static const struct {
        event_key key;
        const char *expected;
    } needed[] = {{KEY_USER, "the id of a person"}, {KEY_SIGNAL, "a signal such as like or play"},
        {KEY_AT, "milliseconds since 1970 or a time in quotes"}};
    for (size_t i = 0; i < ATT_COUNT_OF(needed); i++)
        if (!(given >> needed[i].key & 1))
            return att_fault_set(
                fault, event_keys[needed[i].key], "not given, expected %s", needed[i].expected);
    return true;
}

// `seen`: keys before this one.
static bool foreign_key(att_text key, unsigned seen, att_fault *fault)
{
    if (seen & ~(1u << KEY_ID) && att_is_item_key(key)) {
        char field[96];
        snprintf(field, sizeof field, "%s", att_excerpt_of(key).text);
        return att_fault_set(fault, field, "found in an event, expected only in items");
    }
    if (seen & ~(1u << KEY_ID))
        return unknown_key(key, "", event_keys, ATT_COUNT_OF(event_keys), fault);
    // Nothing tells yet whether it is an event or an item: any key might have been meant.
    size_t count;
    const char *const *item_keys = att_item_keys(&count);
    const char *keys[64];
    memcpy(keys, event_keys, sizeof event_keys);
    memcpy(keys + KEY_NONE, item_keys + 1, (count - 1) * sizeof *item_keys);
    return unknown_key(key, "", keys, KEY_NONE + count - 1, fault);
}

static att_line_kind bad(const att_scan *scan)
{
    return scan->no_memory ? ATT_LINE_NO_MEMORY : ATT_LINE_BAD;
}

att_line_kind att_event_line(
    att_scan *scan, att_arena *scratch, int64_t now_ms, att_event *event, att_fault *fault)
{
    const unsigned id_only = 1u << KEY_ID;
    unsigned seen = 0, given = 0;
    *event = (att_event){.value = NAN,
        .position_ms = -1,
        .length_ms = -1,
        .dwell_ms = -1,
        .context = {.utc_offset_min = ATT_OFFSET_UNKNOWN}};
    scan->at++;
    bool more = att_scan_peek(scan) != '}';
    if (!more)
        scan->at++;
    while (more) {
        att_text name;
        if (!att_line_key(scan, scratch, &name, fault))
            return bad(scan);
        const event_key key = key_of(name);
        if (key == KEY_NONE) {
            if (!(seen & ~id_only) && att_is_item_key(name))
                return ATT_LINE_ITEM;
            foreign_key(name, seen, fault);
            return ATT_LINE_BAD;
        }
        if (seen >> key & 1) {
            att_fault_set(fault, event_keys[key], "found twice, expected once");
            return ATT_LINE_BAD;
        }
        seen |= 1u << key;
        if (scan->at == scan->end) {
            att_line_expected(scan, "a value", event_keys[key], fault);
            return ATT_LINE_BAD;
        }
        if (!att_line_null(scan)) {
            if (!read_field(scan, scratch, key, event, fault))
                return bad(scan);
            given |= 1u << key;
        }
        if (!att_scan_next(scan, '}', &more)) {
            att_scan_fault(scan, "", fault);
            return ATT_LINE_BAD;
        }
    }
    if (!att_scan_end(scan)) {
        att_scan_fault(scan, "", fault);
        return ATT_LINE_BAD;
    }
    if (!seen) {
        att_fault_set(fault, "",
            "found an empty object, expected an event (user, signal, at) or an item (id)");
        return ATT_LINE_BAD;
    }
    if (!(seen & ~id_only))
        return ATT_LINE_ITEM;
    if (now_ms >= 0 && !(given >> KEY_AT & 1)) {
        event->at_ms = now_ms;
        given |= 1u << KEY_AT;
    }
    return nothing_missing(given, fault) ? ATT_LINE_EVENT : ATT_LINE_BAD;
}
