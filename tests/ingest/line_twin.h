// SPDX-License-Identifier: Apache-2.0
// The plain twin of ingest/line.h, over jansson's tree: slow, obvious, and written apart. Shared by
// test_twin.c and tests/fuzz/fuzz_ndjson.c. Texts of its event and item live in the twin until
// twin_free.
#ifndef ATT_TESTS_LINE_TWIN_H
#define ATT_TESTS_LINE_TWIN_H

#include "ingest/line.h"

#include <float.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

typedef struct line_twin {
    json_t *root;
    att_line_kind kind;
    att_event event;
    att_item item;
    att_text tags[ATT_TAGS_MAX];
    att_feature features[ATT_FEATURES_MAX];
    float vector[ATT_VECTOR_DIM_MAX];
    att_licence licences[ATT_LICENCES_MAX];
    att_territory territories[2 * ATT_LICENCES_MAX][ATT_TERRITORIES_MAX];
} line_twin;

static bool twin_one_of(const char *key, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(key, names[i]) == 0)
            return true;
    return false;
}

static bool twin_text(const json_t *value, att_text *out)
{
    if (!value || json_is_null(value))
        return true;
    if (!json_is_string(value))
        return false;
    *out = (att_text){json_string_value(value), json_string_length(value)};
    return true;
}

static bool twin_digits(const char *text, size_t at, size_t count)
{
    for (size_t i = at; i < at + count; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return true;
}

static int twin_number(const char *text, size_t at, size_t count)
{
    int number = 0;
    for (size_t i = at; i < at + count; i++)
        number = number * 10 + (text[i] - '0');
    return number;
}

// "YYYY-MM-DD" or "YYYY-MM-DDThh:mm:ss[.f]Z" with the C library's calendar.
static bool twin_time(const char *text, size_t size, bool date_allowed, int64_t *out)
{
    if (size < 10 || !twin_digits(text, 0, 4) || text[4] != '-' || !twin_digits(text, 5, 2) ||
        text[7] != '-' || !twin_digits(text, 8, 2))
        return false;
    struct tm date = {.tm_year = twin_number(text, 0, 4) - 1900,
        .tm_mon = twin_number(text, 5, 2) - 1,
        .tm_mday = twin_number(text, 8, 2)};
    const struct tm asked = date;
    const int64_t midnight = (int64_t)timegm(&date) * 1000;
    if (date.tm_year != asked.tm_year || date.tm_mon != asked.tm_mon ||
        date.tm_mday != asked.tm_mday)
        return false;
    *out = midnight;
    if (size == 10)
        return date_allowed;
    if (size < 20 || !(text[10] == 'T' || text[10] == 't' || text[10] == ' ') ||
        !twin_digits(text, 11, 2) || text[13] != ':' || !twin_digits(text, 14, 2) ||
        text[16] != ':' || !twin_digits(text, 17, 2))
        return false;
    const int hour = twin_number(text, 11, 2), minute = twin_number(text, 14, 2),
              second = twin_number(text, 17, 2);
    size_t at = 19;
    int ms = 0;
    if (text[at] == '.') {
        size_t digits = 0;
        while (at + 1 + digits < size && twin_digits(text, at + 1 + digits, 1))
            digits++;
        if (digits < 1 || digits > 9)
            return false;
        for (size_t i = 0; i < 3; i++)
            ms = ms * 10 + (i < digits ? text[at + 1 + i] - '0' : 0);
        at += 1 + digits;
    }
    int offset = 0;
    if (size - at == 6 && (text[at] == '+' || text[at] == '-') && twin_digits(text, at + 1, 2) &&
        text[at + 3] == ':' && twin_digits(text, at + 4, 2)) {
        const int hours = twin_number(text, at + 1, 2), minutes = twin_number(text, at + 4, 2);
        if (hours > 23 || minutes > 59)
            return false;
        offset = (text[at] == '-' ? -1 : 1) * (hours * 60 + minutes);
    } else if (!(size - at == 1 && (text[at] == 'Z' || text[at] == 'z'))) {
        return false;
    }
    *out = midnight + ((int64_t)hour * 3600 + minute * 60 + second - offset * 60) * 1000 + ms;
    return hour < 24 && minute < 60 && second <= 60;
}

static bool twin_when(const json_t *value, bool date_allowed, int64_t *out, bool *given)
{
    *given = value && !json_is_null(value);
    if (!*given)
        return true;
    if (json_is_integer(value)) {
        *out = json_integer_value(value);
        return true;
    }
    return json_is_string(value) &&
           twin_time(json_string_value(value), json_string_length(value), date_allowed, out);
}

static bool twin_whole(const json_t *value, int64_t low, int64_t high, int64_t *out)
{
    if (!value || json_is_null(value))
        return true;
    *out = json_integer_value(value);
    return json_is_integer(value) && *out >= low && *out <= high;
}

static bool twin_real(const json_t *value, double most, double *out)
{
    if (!value || json_is_null(value))
        return true;
    *out = json_number_value(value);
    return json_is_number(value) && fabs(*out) <= most;
}

static bool twin_word(const json_t *value, const char *const *words, size_t count, size_t *out)
{
    if (!value || json_is_null(value))
        return true;
    for (size_t i = 0; i < count && json_is_string(value); i++)
        if (strcmp(words[i], json_string_value(value)) == 0 &&
            strlen(words[i]) == json_string_length(value)) {
            *out = i;
            return true;
        }
    return false;
}

static bool twin_decision(const json_t *value, uint64_t *out)
{
    int64_t number = 0;
    if (!json_is_string(value)) {
        if (!twin_whole(value, 0, INT64_MAX, &number))
            return false;
        *out = (uint64_t)number;
        return true;
    }
    const char *text = json_string_value(value);
    if (json_string_length(value) != 16 || strspn(text, "0123456789abcdefABCDEF") != 16)
        return false;
    *out = strtoull(text, NULL, 16);
    return true;
}

#define X(name, wire) wire,
static bool twin_context(const json_t *value, att_context *out)
{
    static const char *const keys[] = {"device", "place", "activity", "noise", "utc_offset_min"};
    static const char *const devices[] = {ATT_DEVICE_LIST(X)},
                             *const places[] = {ATT_PLACE_LIST(X)},
                             *const activities[] = {ATT_ACTIVITY_LIST(X)},
                             *const noises[] = {ATT_NOISE_LIST(X)};
    if (!value || json_is_null(value))
        return true;
    if (!json_is_object(value))
        return false;
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        if (!twin_one_of(key, keys, ATT_COUNT_OF(keys)))
            return false;
    }
    size_t device = 0, place = 0, activity = 0, noise = 0;
    int64_t offset = out->utc_offset_min;
    const bool good =
        twin_word(json_object_get(value, keys[0]), devices, ATT_COUNT_OF(devices), &device) &&
        twin_word(json_object_get(value, keys[1]), places, ATT_COUNT_OF(places), &place) &&
        twin_word(
            json_object_get(value, keys[2]), activities, ATT_COUNT_OF(activities), &activity) &&
        twin_word(json_object_get(value, keys[3]), noises, ATT_COUNT_OF(noises), &noise) &&
        twin_whole(json_object_get(value, keys[4]), -840, 840, &offset);
    *out = (att_context){
        (uint8_t)device, (uint8_t)place, (uint8_t)activity, (uint8_t)noise, (int16_t)offset};
    return good;
}
#undef X

static bool twin_event(const json_t *root, att_event *out)
{
#define X(name, wire, needs_item, value) wire,
    static const char *const signals[] = {ATT_SIGNAL_LIST(X)};
#undef X
    *out = (att_event){.value = NAN,
        .position_ms = -1,
        .length_ms = -1,
        .dwell_ms = -1,
        .context = {.utc_offset_min = ATT_OFFSET_UNKNOWN}};
    size_t signal = 0;
    int64_t position = -1, length = -1, dwell = -1;
    double value = NAN;
    bool at_given;
    const json_t *user = json_object_get(root, "user");
    const bool good =
        twin_text(json_object_get(root, "id"), &out->id) && twin_text(user, &out->user) &&
        twin_text(json_object_get(root, "item"), &out->item) &&
        twin_when(json_object_get(root, "at"), false, &out->at_ms, &at_given) && at_given &&
        twin_word(json_object_get(root, "signal"), signals, ATT_COUNT_OF(signals), &signal) &&
        twin_real(json_object_get(root, "value"), FLT_MAX, &value) &&
        twin_whole(json_object_get(root, "position_ms"), 0, INT32_MAX, &position) &&
        twin_whole(json_object_get(root, "length_ms"), 0, INT32_MAX, &length) &&
        twin_whole(json_object_get(root, "dwell_ms"), 0, INT32_MAX, &dwell) &&
        twin_decision(json_object_get(root, "decision"), &out->decision) &&
        twin_context(json_object_get(root, "context"), &out->context);
    out->signal = (att_signal)signal;
    out->value = (float)value;
    out->position_ms = (int32_t)position;
    out->length_ms = (int32_t)length;
    out->dwell_ms = (int32_t)dwell;
    return good && signal != 0 && user && !json_is_null(user);
}

static bool twin_territories(
    const json_t *value, att_territory *out, const att_territory **list, size_t *count)
{
    if (!value || json_is_null(value))
        return true;
    if (!json_is_array(value) || json_array_size(value) > ATT_TERRITORIES_MAX)
        return false;
    *list = out;
    for (*count = 0; *count < json_array_size(value); ++*count) {
        const json_t *one = json_array_get(value, *count);
        const char *text = json_string_value(one);
        if (!text || json_string_length(one) != 2 || text[0] < 'A' || text[0] > 'Z' ||
            text[1] < 'A' || text[1] > 'Z')
            return false;
        out[*count] = (att_territory)(text[0] << 8 | text[1]);
    }
    return true;
}

static bool twin_licence(line_twin *t, size_t index, const json_t *value)
{
    static const char *const keys[] = {"start", "end", "include", "exclude", "uses"};
    static const char *const uses[] = {"stream", "download", "preview", "remix", "train"};
    att_licence *out = &t->licences[index];
    *out = (att_licence){.start_ms = INT64_MIN, .end_ms = INT64_MAX, .uses = ATT_USE_STREAM};
    if (!json_is_object(value))
        return false;
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        if (!twin_one_of(key, keys, ATT_COUNT_OF(keys)))
            return false;
    }
    const json_t *list = json_object_get(value, "uses");
    if (list && !json_is_null(list)) {
        out->uses = 0;
        if (!json_is_array(list))
            return false;
        for (size_t i = 0; i < json_array_size(list); i++) {
            size_t use = 0;
            if (!json_is_string(json_array_get(list, i)) ||
                !twin_word(json_array_get(list, i), uses, ATT_COUNT_OF(uses), &use))
                return false;
            out->uses |= 1u << use;
        }
    }
    bool given;
    return twin_when(json_object_get(value, "start"), true, &out->start_ms, &given) &&
           twin_when(json_object_get(value, "end"), true, &out->end_ms, &given) &&
           twin_territories(json_object_get(value, "include"), t->territories[2 * index],
               &out->include, &out->include_count) &&
           twin_territories(json_object_get(value, "exclude"), t->territories[2 * index + 1],
               &out->exclude, &out->exclude_count);
}

static bool twin_lists(line_twin *t, const json_t *root)
{
    att_item *out = &t->item;
    const json_t *tags = json_object_get(root, "tags"),
                 *features = json_object_get(root, "features"),
                 *vector = json_object_get(root, "vector"),
                 *rights = json_object_get(root, "rights");
    if (tags && !json_is_null(tags)) {
        if (!json_is_array(tags) || json_array_size(tags) > ATT_TAGS_MAX)
            return false;
        for (size_t i = 0; i < json_array_size(tags); i++)
            if (!json_is_string(json_array_get(tags, i)) ||
                !twin_text(json_array_get(tags, i), &t->tags[i]))
                return false;
        out->tags = t->tags;
        out->tag_count = json_array_size(tags);
    }
    if (features && !json_is_null(features)) {
        if (!json_is_object(features) || json_object_size(features) > ATT_FEATURES_MAX)
            return false;
        const char *key;
        json_t *value;
        json_object_foreach((json_t *)(uintptr_t)features, key, value)
        {
            t->features[out->feature_count].name = att_text_of(key);
            if (!json_is_number(value))
                return false;
            t->features[out->feature_count++].value = json_number_value(value);
        }
        out->features = t->features;
    }
    if (vector && !json_is_null(vector)) {
        if (!json_is_array(vector) || json_array_size(vector) > ATT_VECTOR_DIM_MAX)
            return false;
        for (size_t i = 0; i < json_array_size(vector); i++) {
            const json_t *value = json_array_get(vector, i);
            if (!json_is_number(value) || fabs(json_number_value(value)) > FLT_MAX)
                return false;
            t->vector[i] = (float)json_number_value(value);
        }
        out->vector = t->vector;
        out->vector_dim = json_array_size(vector);
    }
    const json_t *opt_out = json_object_get(root, "opt_out");
    if (opt_out && !json_is_null(opt_out)) {
        if (!json_is_array(opt_out))
            return false;
        for (size_t i = 0; i < json_array_size(opt_out); i++) {
            uint32_t bit;
            const json_t *use = json_array_get(opt_out, i);
            if (!json_is_string(use) || !att_use_parse(att_text_of(json_string_value(use)), &bit))
                return false;
            out->opt_outs |= bit;
        }
    }
    out->rights_known = rights && !json_is_null(rights);
    if (!out->rights_known)
        return true;
    if (!json_is_array(rights) || json_array_size(rights) > ATT_LICENCES_MAX)
        return false;
    for (size_t i = 0; i < json_array_size(rights); i++)
        if (!twin_licence(t, i, json_array_get(rights, i)))
            return false;
    out->licences = t->licences;
    out->licence_count = json_array_size(rights);
    return true;
}

static bool twin_item(line_twin *t, const json_t *root)
{
    att_item *out = &t->item;
    *out = (att_item){0};
    int64_t age = 0;
    bool given;
    const bool good =
        twin_text(json_object_get(root, "id"), &out->id) &&
        twin_text(json_object_get(root, "title"), &out->title) &&
        twin_text(json_object_get(root, "medium"), &out->medium) &&
        twin_text(json_object_get(root, "text"), &out->text) &&
        twin_text(json_object_get(root, "licence"), &out->licence_name) && twin_lists(t, root) &&
        twin_whole(json_object_get(root, "duration_ms"), 0, INT32_MAX, &out->duration_ms) &&
        twin_when(json_object_get(root, "published_at"), true, &out->published_at_ms, &given) &&
        twin_whole(json_object_get(root, "age_rating"), 0, 21, &age) &&
        twin_real(json_object_get(root, "boost"), DBL_MAX, &out->boost);
    out->age_rating = (int)age;
    return good && out->id.size;
}

// Counts keys of each kind: all must be of one.
static att_line_kind twin_kind(const json_t *root)
{
    static const char *const events[] = {"user", "item", "at", "signal", "value", "position_ms",
        "length_ms", "dwell_ms", "decision", "context"};
    static const char *const items[] = {"title", "medium", "text", "tags", "features", "vector",
        "duration_ms", "published_at", "age_rating", "boost", "rights", "licence", "opt_out"};
    size_t event_keys = 0, item_keys = 0, ids = 0;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)root, key, value)
    {
        event_keys += twin_one_of(key, events, ATT_COUNT_OF(events));
        item_keys += twin_one_of(key, items, ATT_COUNT_OF(items));
        ids += strcmp(key, "id") == 0;
    }
    const size_t size = json_object_size(root);
    if (size == 0 || event_keys + item_keys + ids != size || (event_keys && item_keys))
        return ATT_LINE_BAD;
    return event_keys ? ATT_LINE_EVENT : ATT_LINE_ITEM;
}

static void twin_read(line_twin *t, const char *line, size_t size)
{
    size_t spaces = 0;
    while (spaces < size && line[spaces] && strchr(" \t\r\n", line[spaces]))
        spaces++;
    t->root = NULL;
    t->kind = ATT_LINE_BLANK;
    if (spaces == size)
        return;
    // jansson takes a zero byte between tokens for the end and drops what follows; to JSON it is no
    // token at all.
    if (!memchr(line, 0, size))
        t->root = json_loadb(line, size, JSON_REJECT_DUPLICATES, NULL);
    t->kind = json_is_object(t->root) ? twin_kind(t->root) : ATT_LINE_BAD;
    if (t->kind == ATT_LINE_EVENT && (!twin_event(t->root, &t->event) || size > ATT_EVENT_LINE_MAX))
        t->kind = ATT_LINE_BAD;
    if (t->kind == ATT_LINE_ITEM && (!twin_item(t, t->root) || size > ATT_ITEM_LINE_MAX))
        t->kind = ATT_LINE_BAD;
}

static void twin_free(line_twin *t)
{
    json_decref(t->root);
    t->root = NULL;
}

static bool twin_same_float(float a, float b)
{
    return (isnan(a) && isnan(b)) || a == b;
}

static bool twin_same_event(const att_event *a, const att_event *b)
{
    return att_text_equal(a->id, b->id) && att_text_equal(a->user, b->user) &&
           att_text_equal(a->item, b->item) && a->at_ms == b->at_ms && a->signal == b->signal &&
           twin_same_float(a->value, b->value) && a->position_ms == b->position_ms &&
           a->length_ms == b->length_ms && a->dwell_ms == b->dwell_ms &&
           a->decision == b->decision && a->context.device == b->context.device &&
           a->context.place == b->context.place && a->context.activity == b->context.activity &&
           a->context.noise == b->context.noise &&
           a->context.utc_offset_min == b->context.utc_offset_min;
}

static bool twin_same_territories(
    const att_territory *a, size_t a_count, const att_territory *b, size_t b_count)
{
    return a_count == b_count && (a_count == 0 || memcmp(a, b, a_count * sizeof *a) == 0);
}

static bool twin_same_licence(const att_licence *a, const att_licence *b)
{
    return a->start_ms == b->start_ms && a->end_ms == b->end_ms && a->uses == b->uses &&
           twin_same_territories(a->include, a->include_count, b->include, b->include_count) &&
           twin_same_territories(a->exclude, a->exclude_count, b->exclude, b->exclude_count);
}

static bool twin_same_item(const att_item *a, const att_item *b)
{
    bool same = att_text_equal(a->id, b->id) && att_text_equal(a->title, b->title) &&
                att_text_equal(a->medium, b->medium) && att_text_equal(a->text, b->text) &&
                a->tag_count == b->tag_count && a->feature_count == b->feature_count &&
                a->vector_dim == b->vector_dim && a->duration_ms == b->duration_ms &&
                a->published_at_ms == b->published_at_ms && a->age_rating == b->age_rating &&
                a->boost == b->boost && a->rights_known == b->rights_known &&
                a->licence_count == b->licence_count && a->opt_outs == b->opt_outs &&
                att_text_equal(a->licence_name, b->licence_name);
    for (size_t i = 0; same && i < a->tag_count; i++)
        same = att_text_equal(a->tags[i], b->tags[i]);
    for (size_t i = 0; same && i < a->feature_count; i++)
        same = att_text_equal(a->features[i].name, b->features[i].name) &&
               a->features[i].value == b->features[i].value;
    for (size_t i = 0; same && i < a->vector_dim; i++)
        same = a->vector[i] == b->vector[i];
    for (size_t i = 0; same && i < a->licence_count; i++)
        same = twin_same_licence(&a->licences[i], &b->licences[i]);
    return same;
}

#endif
