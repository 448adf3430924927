// SPDX-License-Identifier: Apache-2.0
// engine/import.c - att_import: ingest/import.h bound to an engine.
#include "engine/internal.h"
#include "ingest/import.h"

typedef struct import_binding {
    att_engine *engine;
    att_policy policy; // as it was at the start: the reading thread looks at this copy
    int64_t now_ms;
} import_binding;

static att_status put_events(void *user, const att_event *events, size_t count,
    const att_import_cursor *cursor, att_ingest_result *result, att_error *err)
{
    const import_binding *b = user;
    return att_engine_events_with_meta(b->engine, events, count, cursor ? cursor->key : NULL,
        cursor ? cursor->value : NULL, cursor ? cursor->size : 0, result, err);
}

static att_status put_items(void *user, const att_item *items, size_t count,
    const att_import_cursor *cursor, att_error *err)
{
    const import_binding *b = user;
    return att_engine_items_put_with_meta(b->engine, items, count, cursor ? cursor->key : NULL,
        cursor ? cursor->value : NULL, cursor ? cursor->size : 0, err);
}

static att_status get_cursor(void *user, const char *key, att_bytes *out, att_error *err)
{
    const import_binding *b = user;
    return att_engine_meta_get(b->engine, key, out, err);
}

static att_status check_event(void *user, const att_event *event, att_error *err)
{
    const import_binding *b = user;
    return att_event_check(event, &b->policy, b->now_ms, err);
}

static att_status check_item(void *user, const att_item *item, att_error *err)
{
    (void)user;
    return att_item_check(item, err);
}

att_status att_import(att_engine *engine, const char *source, const att_import_options *options,
    att_import_report *report, att_error *err)
{
    import_binding b = {.engine = engine,
        .policy = att_engine_policy(engine),
        .now_ms = engine->host.now_ms(engine->host.user)};
    const att_import_sink sink = {.user = &b,
        .events = put_events,
        .items = put_items,
        .cursor_get = get_cursor,
        .check_event = check_event,
        .check_item = check_item};
    return att_ingest_import(source, options, &sink, &engine->host, report, err);
}
