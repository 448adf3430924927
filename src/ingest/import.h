// SPDX-License-Identifier: Apache-2.0
// ingest/import.h - an import of files or a pipe into whatever takes events and items.
//
// The rejects of a batch are on disk before the batch is committed, and the cursor is committed
// with the batch: so an import may be cut off anywhere, and run again, and nothing is lost, counted
// twice, or silently dropped.
#ifndef ATT_INGEST_IMPORT_H
#define ATT_INGEST_IMPORT_H

#include "attune/import.h"
#include "store/store.h"

// How far this import has come: a value that the store keeps under `key` in the same commit as the
// batch.
typedef struct att_import_cursor {
    const char *key;
    const void *value;
    size_t size;
} att_import_cursor;

// Where it all goes. events and items return once it is durable; count 0 with a cursor keeps just
// the cursor; cursor NULL keeps none. ATT_INVALID or ATT_LIMIT refuses the whole batch: then they
// come again one by one, and those that are refused alone go to the reject file with the story.
typedef struct att_import_sink {
    void *user;
    att_status (*events)(void *user, const att_event *events, size_t count,
        const att_import_cursor *cursor, att_ingest_result *result, att_error *err);
    att_status (*items)(void *user, const att_item *items, size_t count,
        const att_import_cursor *cursor, att_error *err);
    att_status (*cursor_get)(
        void *user, const char *key, att_bytes *out, att_error *err); // ATT_NOT_FOUND
    // Called from the reading thread, so they may look only at what nobody changes meanwhile. NULL:
    // all is good.
    att_status (*check_event)(void *user, const att_event *event, att_error *err);
    att_status (*check_item)(void *user, const att_item *item, att_error *err);
} att_import_sink;

// att_import (attune/import.h) is this, bound to an engine.
att_status att_ingest_import(const char *source, const att_import_options *options,
    const att_import_sink *sink, const att_host *host, att_import_report *report, att_error *err);

#endif
