// SPDX-License-Identifier: Apache-2.0
// ingest/cells.c - a record's cells into an event or item, as the mapping says.
//
// An empty cell is "not given". Spaces around numbers, times and words are let pass; in texts they
// are kept.
#include "ingest/mapping.h"

#include "ingest/scan.h"
#include "ingest/targets.h"
#include "ingest/utf8.h"
#include "ingest/when.h"
#include "ingest/wire.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

typedef struct cell {
    const att_mapping_part *part;
    att_text text;
    const char *field; // name for messages
    att_arena *scratch;
    att_fault *fault;
    bool no_memory;
} cell;

static att_text trim(att_text text)
{
    while (text.size && (*text.data == ' ' || *text.data == '\t')) {
        text.data++;
        text.size--;
    }
    while (text.size && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t'))
        text.size--;
    return text;
}

static bool expected(const cell *c, const char *what)
{
    const bool constant = c->part->constant;
    return att_fault_set(c->fault, c->field, "found \"%s\" in %s \"%s\", expected %s",
        att_excerpt_of(c->text).text, constant ? "the mapping's" : "column",
        att_excerpt_of(constant ? c->part->written : c->part->source).text, what);
}

static bool number(const cell *c, att_text text, att_number *out, const char *what)
{
    att_scan scan = att_scan_of(text);
    const bool starts =
        text.size && (*text.data == '-' || (*text.data >= '0' && *text.data <= '9'));
    return starts && att_scan_number(&scan, out) && scan.at == scan.end ? true : expected(c, what);
}

static bool whole(const cell *c, int64_t low, int64_t high, const char *what, int64_t *out)
{
    att_number n;
    if (!number(c, c->text, &n, what))
        return false;
    *out = n.integer;
    return n.whole && n.integer >= low && n.integer <= high ? true : expected(c, what);
}

static bool real(const cell *c, double *out)
{
    att_number n;
    if (!number(c, c->text, &n, "a number"))
        return false;
    *out = n.real;
    return true;
}

// Seconds or milliseconds, with or without a fraction, in [low, high] ms.
static bool ms_of_number(
    const cell *c, double per_unit, int64_t low, int64_t high, const char *what, int64_t *out)
{
    att_number n;
    if (!number(c, c->text, &n, what))
        return false;
    if (n.whole && !__builtin_mul_overflow(n.integer, (int64_t)per_unit, out))
        return *out >= low && *out <= high ? true : expected(c, what);
    const double ms = nearbyint(n.real * per_unit);
    if (!(ms >= (double)low && ms <= (double)high))
        return expected(c, what);
    *out = (int64_t)ms;
    return true;
}

static bool span(const cell *c, int64_t *out)
{
    return c->part->unit == ATT_UNIT_S
               ? ms_of_number(c, 1000, 0, INT32_MAX, "seconds, 0 to 2147483.647", out)
               : whole(c, 0, INT32_MAX, "whole milliseconds, 0 to 2147483647", out);
}

static bool short_span(const cell *c, int32_t *out)
{
    int64_t ms;
    if (!span(c, &ms))
        return false;
    *out = (int32_t)ms;
    return true;
}

static bool is_digits(att_text text)
{
    size_t i = text.size && *text.data == '-';
    const size_t first = i;
    while (i < text.size && text.data[i] >= '0' && text.data[i] <= '9')
        i++;
    return i > first && i == text.size;
}

// The middle of the year: the best guess when only the year is known.
static bool year(const cell *c, int64_t *out)
{
    int64_t value;
    if (!whole(c, 0, 9999, "a year, 0 to 9999", &value))
        return false;
    *out = att_when_days((int)value, 7, 1) * 86400000;
    return true;
}

static bool when(const cell *c, bool date_allowed, int64_t *out)
{
    const att_unit unit = c->part->unit;
    const int64_t low = date_allowed ? -62167219200000 : 0;
    if (unit == ATT_UNIT_YEAR)
        return year(c, out);
    if (unit == ATT_UNIT_S)
        return ms_of_number(c, 1000, low, ATT_WHEN_MAX_MS, "seconds since 1970", out);
    if (unit == ATT_UNIT_MS || (unit == ATT_UNIT_NONE && is_digits(c->text)))
        return whole(c, low, ATT_WHEN_MAX_MS, "whole milliseconds since 1970", out);
    return att_when_parse(c->text, date_allowed ? ATT_WHEN_TIME_OR_DATE : ATT_WHEN_TIME, out)
               ? true
               : expected(c,
                     "a time such as 2026-03-01T19:30:00Z, or an option: at=COLUMN:s, :ms or :iso");
}

static bool decision(const cell *c, uint64_t *out)
{
    return att_wire_decision(c->text, out, c->field, c->fault);
}

static bool value(const cell *c, float *out)
{
    double number_read;
    if (!real(c, &number_read))
        return false;
    if (fabs(number_read) > FLT_MAX)
        return expected(c, "a number within the range of a float");
    *out = (float)number_read;
    return true;
}

static bool offset(const cell *c, int16_t *out)
{
    int64_t minutes;
    if (!whole(c, -840, 840, "whole minutes, -840 to 840", &minutes))
        return false;
    *out = (int16_t)minutes;
    return true;
}

static bool event_cell(cell *c, att_event *event)
{
    switch ((att_target_name)c->part->target) {
    case ATT_TARGET_ID:
        event->id = c->text;
        return true;
    case ATT_TARGET_USER:
        event->user = c->text;
        return true;
    case ATT_TARGET_ITEM:
        event->item = c->text;
        return true;
    case ATT_TARGET_AT:
        return when(c, false, &event->at_ms);
    case ATT_TARGET_SIGNAL:
        return att_wire_signal(c->text, &event->signal, c->field, c->fault);
    case ATT_TARGET_VALUE:
        return value(c, &event->value);
    case ATT_TARGET_POSITION:
        return short_span(c, &event->position_ms);
    case ATT_TARGET_LENGTH:
        return short_span(c, &event->length_ms);
    case ATT_TARGET_DWELL:
        return short_span(c, &event->dwell_ms);
    case ATT_TARGET_DECISION:
        return decision(c, &event->decision);
    case ATT_TARGET_DEVICE:
        return att_wire_context(ATT_WIRE_DEVICE, c->text, &event->context, c->field, c->fault);
    case ATT_TARGET_PLACE:
        return att_wire_context(ATT_WIRE_PLACE, c->text, &event->context, c->field, c->fault);
    case ATT_TARGET_ACTIVITY:
        return att_wire_context(ATT_WIRE_ACTIVITY, c->text, &event->context, c->field, c->fault);
    case ATT_TARGET_NOISE:
        return att_wire_context(ATT_WIRE_NOISE, c->text, &event->context, c->field, c->fault);
    case ATT_TARGET_OFFSET:
        return offset(c, &event->context.utc_offset_min);
    default:
        return true; // bind saw to it that there is none
    }
}

// Calls `each` for the trimmed, non-empty texts between two `between`s.
static bool split(
    cell *c, char fallback, bool (*each)(cell *c, att_text piece, void *list), void *list)
{
    const char between = c->part->between ? c->part->between : fallback;
    const char *at = c->text.data, *end = at + c->text.size;
    while (at < end) {
        const char *stop = memchr(at, between, (size_t)(end - at));
        const att_text piece = trim((att_text){at, (size_t)((stop ? stop : end) - at)});
        if (piece.size && !each(c, piece, list))
            return false;
        at = stop ? stop + 1 : end;
    }
    return true;
}

typedef struct tag_list {
    att_text tags[ATT_TAGS_MAX];
    size_t count;
} tag_list;

static bool add_tag(cell *c, att_text piece, void *list)
{
    tag_list *tags = list;
    if (tags->count == ATT_TAGS_MAX)
        return expected(c, "at most 64 tags");
    tags->tags[tags->count++] = piece;
    return true;
}

static void *keep(cell *c, const void *items, size_t count, size_t item_size)
{
    void *copy = att_arena_alloc(c->scratch, ATT_MAX(count, 1), item_size);
    c->no_memory |= !copy;
    if (copy && count)
        memcpy(copy, items, count * item_size);
    return copy;
}

static bool tags(cell *c, att_item *item)
{
    tag_list list = {.count = 0};
    if (!split(c, '|', add_tag, &list))
        return false;
    item->tag_count = list.count;
    item->tags = keep(c, list.tags, list.count, sizeof *list.tags);
    return item->tags != NULL;
}

typedef struct number_list {
    float numbers[ATT_VECTOR_DIM_MAX];
    size_t count;
} number_list;

static bool add_number(cell *c, att_text piece, void *list)
{
    number_list *numbers = list;
    att_number n;
    if (numbers->count == ATT_VECTOR_DIM_MAX)
        return expected(c, "at most 2048 numbers");
    if (!number(c, piece, &n, "numbers") || fabs(n.real) > FLT_MAX)
        return expected(c, "numbers within the range of a float");
    numbers->numbers[numbers->count++] = (float)n.real;
    return true;
}

static bool vector(cell *c, att_item *item)
{
    number_list list;
    list.count = 0;
    if (!split(c, ' ', add_number, &list))
        return false;
    item->vector_dim = list.count;
    item->vector = keep(c, list.numbers, list.count, sizeof *list.numbers);
    return item->vector != NULL;
}

static bool feature(cell *c, att_item *item)
{
    att_feature *features =
        (att_feature *)(uintptr_t)item->features; // ours: made in att_mapping_item
    if (item->feature_count == ATT_FEATURES_MAX)
        return expected(c, "at most 64 features");
    att_feature *made = &features[item->feature_count++];
    made->name = c->part->feature;
    return real(c, &made->value);
}

static bool age_rating(cell *c, int *out)
{
    int64_t years;
    if (!whole(c, 0, 21, "whole years, 0 to 21", &years))
        return false;
    *out = (int)years;
    return true;
}

static bool item_cell(cell *c, att_item *item)
{
    switch ((att_target_name)c->part->target) {
    case ATT_TARGET_ID:
        item->id = c->text;
        return true;
    case ATT_TARGET_TITLE:
        item->title = c->text;
        return true;
    case ATT_TARGET_MEDIUM:
        item->medium = c->text;
        return true;
    case ATT_TARGET_TEXT:
        item->text = c->text;
        return true;
    case ATT_TARGET_TAGS:
        return tags(c, item);
    case ATT_TARGET_VECTOR:
        return vector(c, item);
    case ATT_TARGET_DURATION:
        return span(c, &item->duration_ms);
    case ATT_TARGET_PUBLISHED:
        return when(c, true, &item->published_at_ms);
    case ATT_TARGET_AGE_RATING:
        return age_rating(c, &item->age_rating);
    case ATT_TARGET_BOOST:
        return real(c, &item->boost);
    case ATT_TARGET_FEATURE:
        return feature(c, item);
    default:
        return true;
    }
}

static bool field_count(const att_mapping *mapping, size_t count, att_fault *fault)
{
    return count == mapping->column_count
               ? true
               : att_fault_set(fault, "", "found %zu fields, expected %zu as in the header", count,
                     mapping->column_count);
}

// The part's text for this record, checked. False with the fault set; *empty: nothing given.
static bool take_cell(cell *c, const att_mapping_part *part, const att_text *fields, bool *empty)
{
    const att_target *target = &att_targets[part->target];
    const att_text given = part->constant ? part->source : fields[part->column];
    c->part = part;
    c->field = target->name;
    c->text = target->value == ATT_VALUE_TEXT ? given : trim(given);
    *empty = c->text.size == 0;
    if (att_utf8_check(given) != given.size)
        return expected(c, "UTF-8");
    return true;
}

static bool needed(const att_mapping *mapping, int target, bool given, att_fault *fault)
{
    if (given)
        return true;
    const char *column = "";
    char excerpt[48];
    for (size_t i = 0; i < mapping->count; i++)
        if (mapping->parts[i].target == target) {
            snprintf(excerpt, sizeof excerpt, "%s", att_excerpt_of(mapping->parts[i].source).text);
            column = excerpt;
        }
    return att_fault_set(
        fault, att_targets[target].name, "column \"%s\" is empty, expected a value", column);
}

bool att_mapping_event(const att_mapping *mapping, const att_text *fields, size_t count,
    att_arena *scratch, att_event *out, att_fault *fault, bool *no_memory)
{
    *out = (att_event){.value = NAN,
        .position_ms = -1,
        .length_ms = -1,
        .dwell_ms = -1,
        .context = {.utc_offset_min = ATT_OFFSET_UNKNOWN}};
    bool at_given = false;
    if (!field_count(mapping, count, fault))
        return false;
    for (size_t i = 0; i < mapping->count; i++) {
        cell c = {.scratch = scratch, .fault = fault};
        bool empty;
        if (!take_cell(&c, &mapping->parts[i], fields, &empty) ||
            (!empty && !event_cell(&c, out))) {
            *no_memory |= c.no_memory;
            return false;
        }
        at_given |= !empty && mapping->parts[i].target == ATT_TARGET_AT;
    }
    return needed(mapping, ATT_TARGET_USER, out->user.size, fault) &&
           needed(mapping, ATT_TARGET_SIGNAL, out->signal != ATT_SIGNAL_NONE, fault) &&
           needed(mapping, ATT_TARGET_AT, at_given, fault);
}

static size_t feature_parts(const att_mapping *mapping)
{
    size_t count = 0;
    for (size_t i = 0; i < mapping->count; i++)
        count += mapping->parts[i].target == ATT_TARGET_FEATURE;
    return count;
}

bool att_mapping_item(const att_mapping *mapping, const att_text *fields, size_t count,
    att_arena *scratch, att_item *out, att_fault *fault, bool *no_memory)
{
    *out = (att_item){0};
    if (!field_count(mapping, count, fault))
        return false;
    const size_t features = feature_parts(mapping);
    if (features && !(out->features = ATT_NEW(scratch, att_feature, features))) {
        *no_memory = true;
        return false;
    }
    for (size_t i = 0; i < mapping->count; i++) {
        cell c = {.scratch = scratch, .fault = fault};
        bool empty;
        if (!take_cell(&c, &mapping->parts[i], fields, &empty) || (!empty && !item_cell(&c, out))) {
            *no_memory |= c.no_memory;
            return false;
        }
    }
    return needed(mapping, ATT_TARGET_ID, out->id.size, fault);
}
