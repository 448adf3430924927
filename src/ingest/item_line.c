// SPDX-License-Identifier: Apache-2.0
// ingest/item_line.c - the item line: id, title, medium, text, tags, features, vector, times,
// rights.
//
// Lists are gathered on the stack, whose room is the documented limit, and copied to `scratch` in
// their size.
#include "ingest/line.h"

#include "ingest/wire.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>

typedef enum item_key {
    KEY_ID,
    KEY_TITLE,
    KEY_MEDIUM,
    KEY_TEXT,
    KEY_TAGS,
    KEY_FEATURES,
    KEY_VECTOR,
    KEY_DURATION,
    KEY_PUBLISHED,
    KEY_AGE_RATING,
    KEY_BOOST,
    KEY_RIGHTS,
    KEY_LICENCE,
    KEY_OPT_OUT,
    KEY_COUNT
} item_key;

static const char *const item_keys[KEY_COUNT] = {"id", "title", "medium", "text", "tags",
    "features", "vector", "duration_ms", "published_at", "age_rating", "boost", "rights", "licence", "opt_out"};
static const char *const licence_keys[] = {"start", "end", "include", "exclude", "uses"};

typedef struct reader {
    att_scan *scan;
    att_arena *scratch;
    att_fault *fault;
} reader;

static size_t find_key(const char *const *keys, size_t count, att_text key)
{
    for (size_t i = 0; i < count; i++)
        if (att_text_equal(key, att_text_of(keys[i])))
            return i;
    return count;
}

bool att_is_item_key(att_text key)
{
    return find_key(item_keys, KEY_COUNT, key) < KEY_COUNT;
}

const char *const *att_item_keys(size_t *count)
{
    *count = KEY_COUNT;
    return item_keys;
}

// A copy that lives as long as the scratch; NULL with no_memory set.
static const void *keep(reader *r, const void *items, size_t count, size_t item_size)
{
    void *copy = att_arena_alloc(r->scratch, ATT_MAX(count, 1), item_size);
    if (!copy)
        r->scan->no_memory = true;
    else if (count)
        memcpy(copy, items, count * item_size);
    return copy;
}

// Takes the opening bracket; *more is false when the list is empty (then it is behind it).
static bool open_list(reader *r, char open, const char *expected, const char *field, bool *more)
{
    const char close = open == '[' ? ']' : '}';
    if (att_scan_peek(r->scan) != open)
        return att_line_expected(r->scan, expected, field, r->fault);
    r->scan->at++;
    *more = att_scan_peek(r->scan) != close;
    r->scan->at += !*more;
    return true;
}

static bool next(reader *r, char close, const char *field, bool *more)
{
    if (!att_scan_next(r->scan, close, more))
        return att_scan_fault(r->scan, field, r->fault);
    att_scan_space(r->scan);
    return true;
}

static bool too_many(reader *r, size_t limit, const char *what, const char *field)
{
    return att_fault_set(
        r->fault, field, "found more than %zu %s, expected at most that", limit, what);
}

static bool read_tags(reader *r, att_item *item)
{
    att_text tags[ATT_TAGS_MAX];
    size_t count = 0;
    bool more;
    if (!open_list(r, '[', "a list of texts", "tags", &more))
        return false;
    while (more) {
        if (count == ATT_COUNT_OF(tags))
            return too_many(r, ATT_COUNT_OF(tags), "tags", "tags");
        if (!att_line_text(r->scan, r->scratch, &tags[count++], "tags", r->fault) ||
            !next(r, ']', "tags", &more))
            return false;
    }
    item->tag_count = count;
    item->tags = keep(r, tags, count, sizeof *tags);
    return item->tags != NULL;
}

static bool feature_twice(const att_feature *features, size_t count)
{
    for (size_t i = 0; i + 1 < count; i++)
        if (att_text_equal(features[i].name, features[count - 1].name))
            return true;
    return false;
}

static bool read_features(reader *r, att_item *item)
{
    att_feature features[ATT_FEATURES_MAX];
    size_t count = 0;
    bool more;
    if (!open_list(r, '{', "an object of numbers", "features", &more))
        return false;
    while (more) {
        char field[64];
        if (count == ATT_COUNT_OF(features))
            return too_many(r, ATT_COUNT_OF(features), "features", "features");
        att_feature *feature = &features[count++];
        if (!att_line_key(r->scan, r->scratch, &feature->name, r->fault))
            return false;
        snprintf(field, sizeof field, "features.%s", att_excerpt_of(feature->name).text);
        if (feature_twice(features, count))
            return att_fault_set(r->fault, field, "found twice, expected once");
        if (!att_line_real(r->scan, &feature->value, field, r->fault) ||
            !next(r, '}', "features", &more))
            return false;
    }
    item->feature_count = count;
    item->features = keep(r, features, count, sizeof *features);
    return item->features != NULL;
}

static bool read_vector(reader *r, att_item *item)
{
    float vector[ATT_VECTOR_DIM_MAX];
    size_t count = 0;
    bool more;
    if (!open_list(r, '[', "a list of numbers", "vector", &more))
        return false;
    while (more) {
        double value;
        if (count == ATT_COUNT_OF(vector))
            return too_many(r, ATT_COUNT_OF(vector), "numbers", "vector");
        if (!att_line_real(r->scan, &value, "vector", r->fault))
            return false;
        if (fabs(value) > FLT_MAX)
            return att_fault_set(r->fault, "vector",
                "found %g, expected numbers within the range of a float", value);
        vector[count++] = (float)value;
        if (!next(r, ']', "vector", &more))
            return false;
    }
    item->vector_dim = count;
    item->vector = keep(r, vector, count, sizeof *vector);
    return item->vector != NULL;
}

static bool read_territories(
    reader *r, const char *field, const att_territory **out, size_t *out_count)
{
    att_territory territories[ATT_TERRITORIES_MAX];
    size_t count = 0;
    bool more;
    if (!open_list(r, '[', "a list of territories", field, &more))
        return false;
    while (more) {
        att_text text;
        if (count == ATT_COUNT_OF(territories))
            return too_many(r, ATT_COUNT_OF(territories), "territories", field);
        if (!att_line_text(r->scan, r->scratch, &text, field, r->fault) ||
            !att_wire_territory(text, &territories[count++], field, r->fault) ||
            !next(r, ']', field, &more))
            return false;
    }
    *out_count = count;
    *out = keep(r, territories, count, sizeof *territories);
    return *out != NULL;
}

static bool read_uses(reader *r, const char *field, uint32_t *uses)
{
    bool more;
    *uses = 0;
    if (!open_list(r, '[', "a list of uses", field, &more))
        return false;
    while (more) {
        att_text text;
        uint32_t bit;
        if (!att_line_text(r->scan, r->scratch, &text, field, r->fault) ||
            !att_wire_use(text, &bit, field, r->fault) ||
            !next(r, ']', field, &more))
            return false;
        *uses |= bit;
    }
    return true;
}

static bool read_licence_field(reader *r, size_t key, att_licence *licence)
{
    if (att_line_null(r->scan))
        return true;
    switch (key) {
    case 0:
        return att_line_when(
            r->scan, r->scratch, true, &licence->start_ms, "rights.start", r->fault);
    case 1:
        return att_line_when(r->scan, r->scratch, true, &licence->end_ms, "rights.end", r->fault);
    case 2:
        return read_territories(r, "rights.include", &licence->include, &licence->include_count);
    case 3:
        return read_territories(r, "rights.exclude", &licence->exclude, &licence->exclude_count);
    default:
        return read_uses(r, "rights.uses", &licence->uses);
    }
}

static bool unknown_key(
    reader *r, const char *prefix, att_text key, const char *const *keys, size_t count)
{
    char field[96], advice[192];
    snprintf(field, sizeof field, "%s%s", prefix, att_excerpt_of(key).text);
    att_suggest(advice, sizeof advice, key, keys, count);
    return att_fault_set(r->fault, field, "unknown key, %s", advice);
}

static bool read_licence(reader *r, att_licence *licence)
{
    // What a licence does not name it does not grant, save the plainest use.
    *licence = (att_licence){.start_ms = INT64_MIN, .end_ms = INT64_MAX, .uses = ATT_USE_STREAM};
    unsigned seen = 0;
    bool more;
    if (!open_list(r, '{', "an object with start, end, include, exclude, uses", "rights", &more))
        return false;
    while (more) {
        att_text key;
        if (!att_line_key(r->scan, r->scratch, &key, r->fault))
            return false;
        const size_t index = find_key(licence_keys, ATT_COUNT_OF(licence_keys), key);
        if (index == ATT_COUNT_OF(licence_keys))
            return unknown_key(r, "rights.", key, licence_keys, ATT_COUNT_OF(licence_keys));
        if (seen >> index & 1) {
            char field[32];
            snprintf(field, sizeof field, "rights.%s", licence_keys[index]);
            return att_fault_set(r->fault, field, "found twice, expected once");
        }
        seen |= 1u << index;
        if (!read_licence_field(r, index, licence) || !next(r, '}', "rights", &more))
            return false;
    }
    return true;
}

static bool read_rights(reader *r, att_item *item)
{
    att_licence licences[ATT_LICENCES_MAX];
    size_t count = 0;
    bool more;
    if (!open_list(r, '[', "a list of licences", "rights", &more))
        return false;
    while (more) {
        if (count == ATT_COUNT_OF(licences))
            return too_many(r, ATT_COUNT_OF(licences), "licences", "rights");
        if (!read_licence(r, &licences[count++]) || !next(r, ']', "rights", &more))
            return false;
    }
    item->rights_known = true;
    item->licence_count = count;
    item->licences = keep(r, licences, count, sizeof *licences);
    return item->licences != NULL;
}

static bool read_age_rating(reader *r, int *out)
{
    int64_t years;
    if (!att_line_whole(r->scan, &years, "whole years", "age_rating", r->fault) ||
        !att_wire_range(years, 0, 21, "years", "age_rating", r->fault))
        return false;
    *out = (int)years;
    return true;
}

static bool read_duration(reader *r, int64_t *out)
{
    return att_line_whole(r->scan, out, "whole milliseconds", "duration_ms", r->fault) &&
           att_wire_range(*out, 0, INT32_MAX, "milliseconds", "duration_ms", r->fault);
}

static bool read_field(reader *r, item_key key, att_item *item)
{
    switch (key) {
    case KEY_ID:
        return att_line_text(r->scan, r->scratch, &item->id, "id", r->fault);
    case KEY_TITLE:
        return att_line_text(r->scan, r->scratch, &item->title, "title", r->fault);
    case KEY_MEDIUM:
        return att_line_text(r->scan, r->scratch, &item->medium, "medium", r->fault);
    case KEY_TEXT:
        return att_line_text(r->scan, r->scratch, &item->text, "text", r->fault);
    case KEY_TAGS:
        return read_tags(r, item);
    case KEY_FEATURES:
        return read_features(r, item);
    case KEY_VECTOR:
        return read_vector(r, item);
    case KEY_DURATION:
        return read_duration(r, &item->duration_ms);
    case KEY_PUBLISHED:
        return att_line_when(
            r->scan, r->scratch, true, &item->published_at_ms, "published_at", r->fault);
    case KEY_AGE_RATING:
        return read_age_rating(r, &item->age_rating);
    case KEY_BOOST:
        return att_line_real(r->scan, &item->boost, "boost", r->fault);
    case KEY_RIGHTS:
        return read_rights(r, item);
    case KEY_LICENCE:
        return att_line_text(r->scan, r->scratch, &item->licence_name, "licence", r->fault);
    case KEY_OPT_OUT:
        return read_uses(r, "opt_out", &item->opt_outs);
    case KEY_COUNT:
        break;
    }
    return false;
}

static bool known_once(reader *r, att_text name, item_key key, unsigned seen)
{
    if (key == KEY_COUNT && att_is_event_key(name))
        return att_fault_set(
            r->fault, att_excerpt_of(name).text, "found in an item, expected only in events");
    if (key == KEY_COUNT)
        return unknown_key(r, "", name, item_keys, KEY_COUNT);
    if (seen >> key & 1)
        return att_fault_set(r->fault, item_keys[key], "found twice, expected once");
    return true;
}

static bool read_item(reader *r, att_text id, att_item *item)
{
    unsigned seen = 0;
    bool more;
    if (!open_list(r, '{', "an object", "", &more))
        return false;
    while (more) {
        att_text name;
        if (!att_line_key(r->scan, r->scratch, &name, r->fault))
            return false;
        const item_key key = (item_key)find_key(item_keys, KEY_COUNT, name);
        if (!known_once(r, name, key, seen))
            return false;
        seen |= 1u << key;
        if (!att_line_null(r->scan) && !read_field(r, key, item))
            return false;
        if (!next(r, '}', "", &more))
            return false;
    }
    if (!att_scan_end(r->scan))
        return att_scan_fault(r->scan, "", r->fault);
    if (!item->id.size)
        item->id = id;
    if (id.size && !att_text_equal(item->id, id))
        return att_fault_set(r->fault, "id", "found \"%s\", expected \"%s\" or nothing",
            att_excerpt_of(item->id).text, att_excerpt_of(id).text);
    if (!item->id.size)
        return att_fault_set(r->fault, "id", "not given, expected 1 to %d bytes", ATT_ID_SIZE_MAX);
    return true;
}

att_line_kind att_item_line(
    att_scan *scan, att_arena *scratch, att_text id, att_item *item, att_fault *fault)
{
    reader r = {scan, scratch, fault};
    *item = (att_item){0};
    if (read_item(&r, id, item))
        return ATT_LINE_ITEM;
    return scan->no_memory ? ATT_LINE_NO_MEMORY : ATT_LINE_BAD;
}
