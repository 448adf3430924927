// SPDX-License-Identifier: Apache-2.0
// tests/ingest/shelf.h - a store that only pretends: it keeps what it acknowledged and fails when it is told to.
#ifndef ATT_TESTS_INGEST_SHELF_H
#define ATT_TESTS_INGEST_SHELF_H

#include "base/names.h"
#include "check.h"
#include "ingest/import.h"

#include <math.h>
#include <unistd.h>

typedef struct shelf {
    att_host host;
    const att_host *bytes_host; // the import's: it frees what cursor_get grew
    att_names events, items, users;
    uint64_t event_count, item_count, rating_count, tags, published;
    double value_sum;
    struct {
        char key[64], value[256];
        size_t size;
    } cursors[8];
    size_t cursor_count;
    uint64_t commits;     // calls that succeeded
    uint64_t fail_at;     // the call with this number fails …
    att_status fail_with; // … with this
    uint64_t calls;
    bool refuses_poison; // a batch with an event or item "poison" is ATT_INVALID
    char last_item[64], last_tags[512];
    int64_t last_published;
} shelf;

static inline void shelf_init(shelf *s)
{
    *s = (shelf){.host = att_host_default()};
    s->bytes_host = &s->host;
    att_names_init(&s->events, &s->host);
    att_names_init(&s->items, &s->host);
    att_names_init(&s->users, &s->host);
}

static inline void shelf_deinit(shelf *s)
{
    att_names_deinit(&s->events);
    att_names_deinit(&s->items);
    att_names_deinit(&s->users);
}

static inline att_status shelf_call(shelf *s, att_error *err)
{
    if (++s->calls == s->fail_at)
        return att_fail(err, s->fail_with, "the pretended store was told to fail");
    s->commits++;
    return ATT_OK;
}

static inline void keep_cursor(shelf *s, const att_import_cursor *cursor)
{
    if (!cursor)
        return;
    size_t i = 0;
    while (i < s->cursor_count && strcmp(s->cursors[i].key, cursor->key) != 0)
        i++;
    CHECK(i < ATT_COUNT_OF(s->cursors) && cursor->size <= sizeof s->cursors[i].value);
    s->cursor_count = ATT_MAX(s->cursor_count, i + 1);
    snprintf(s->cursors[i].key, sizeof s->cursors[i].key, "%s", cursor->key);
    memcpy(s->cursors[i].value, cursor->value, cursor->size);
    s->cursors[i].size = cursor->size;
}

static inline bool is_poison(const shelf *s, att_text id)
{
    return s->refuses_poison && att_text_equal(id, ATT_LIT("poison"));
}

static inline att_status take_events(void *user, const att_event *events, size_t count,
    const att_import_cursor *cursor, att_ingest_result *result, att_error *err)
{
    shelf *s = user;
    for (size_t i = 0; i < count; i++)
        if (is_poison(s, events[i].id))
            return count == 1
                       ? att_fail(err, ATT_INVALID, "field \"id\": found poison, expected none")
                       : att_fail(err, ATT_INVALID, "event %zu of %zu: poison", i, count);
    const att_status status = shelf_call(s, err);
    if (status)
        return status;
    *result = (att_ingest_result){0};
    for (size_t i = 0; i < count; i++) {
        char made[128];
        att_text id = events[i].id;
        if (!id.size) {
            snprintf(made, sizeof made, "%.*s %.*s %lld", ATT_TEXT_ARGS(events[i].user),
                ATT_TEXT_ARGS(events[i].item), (long long)events[i].at_ms);
            id = att_text_of(made);
        }
        if (att_names_find(&s->events, id) != ATT_NO_INDEX) {
            result->duplicates++;
            continue;
        }
        att_names_add(&s->events, id);
        att_names_add(&s->users, events[i].user);
        result->added++;
        s->event_count++;
        s->rating_count += events[i].signal == ATT_SIGNAL_RATING;
        s->value_sum += isnan(events[i].value) ? 0 : events[i].value;
    }
    keep_cursor(s, cursor);
    return ATT_OK;
}

static inline att_status take_items(void *user, const att_item *items, size_t count,
    const att_import_cursor *cursor, att_error *err)
{
    shelf *s = user;
    for (size_t i = 0; i < count; i++)
        if (is_poison(s, items[i].id))
            return att_fail(err, ATT_LIMIT, "item %zu: poison", i);
    const att_status status = shelf_call(s, err);
    if (status)
        return status;
    for (size_t i = 0; i < count; i++) {
        s->item_count += att_names_find(&s->items, items[i].id) == ATT_NO_INDEX;
        att_names_add(&s->items, items[i].id);
        s->tags += items[i].tag_count;
        s->published += items[i].published_at_ms != 0;
        snprintf(s->last_item, sizeof s->last_item, "%.*s", ATT_TEXT_ARGS(items[i].title));
        s->last_published = items[i].published_at_ms;
        size_t used = 0;
        s->last_tags[0] = 0;
        for (size_t t = 0; t < items[i].tag_count; t++)
            used += (size_t)snprintf(s->last_tags + used, sizeof s->last_tags - used, "%.*s;",
                ATT_TEXT_ARGS(items[i].tags[t]));
    }
    keep_cursor(s, cursor);
    return ATT_OK;
}

static inline att_status get_cursor(void *user, const char *key, att_bytes *out, att_error *err)
{
    shelf *s = user;
    for (size_t i = 0; i < s->cursor_count; i++)
        if (strcmp(s->cursors[i].key, key) == 0) {
            if (!ATT_VEC_RESERVE(s->bytes_host, out, s->cursors[i].size))
                return att_no_memory(err, s->cursors[i].size, "bytes of a cursor");
            memcpy(out->items, s->cursors[i].value, s->cursors[i].size);
            out->count = s->cursors[i].size;
            return ATT_OK;
        }
    return att_fail(err, ATT_NOT_FOUND, "no such key");
}

static inline att_status check_event(void *user, const att_event *event, att_error *err)
{
    (void)user;
    if (event->at_ms > 4000000000000)
        return att_fail(
            err, ATT_INVALID, "field \"at\": found a time in the future, expected the past");
    return ATT_OK;
}

static inline att_import_sink sink_of(shelf *s)
{
    return (att_import_sink){.user = s,
        .events = take_events,
        .items = take_items,
        .cursor_get = get_cursor,
        .check_event = check_event};
}

static inline att_status import_with(shelf *s, const char *path, const att_import_options *options,
    att_import_report *report, att_error *err)
{
    const att_import_sink sink = sink_of(s);
    return att_ingest_import(path, options, &sink, &s->host, report, err);
}

static inline size_t count_lines(const char *path)
{
    if (access(path, R_OK) != 0)
        return 0;
    char *text = check_read_file(path, NULL);
    size_t lines = 0;
    for (char *at = text; (at = strchr(at, '\n')); at++)
        lines++;
    free(text);
    return lines;
}

#endif
