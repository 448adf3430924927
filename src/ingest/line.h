// SPDX-License-Identifier: Apache-2.0
// ingest/line.h - one line of NDJSON into an event or an item. docs/import.md lists the keys.
//
// An event has "user" and "signal"; an item has "id" and no "signal". The first key besides "id"
// tells which it is. Keys may come in any order, each once; a key that is not known is refused.
// null is "not given". Nothing nests deeper than the fields need (items: 4), so there is no
// recursion over outside bytes.
#ifndef ATT_INGEST_LINE_H
#define ATT_INGEST_LINE_H

#include "attune/items.h"
#include "attune/signals.h"
#include "base/arena.h"
#include "ingest/fault.h"
#include "ingest/scan.h"

#define ATT_EVENT_LINE_MAX ((size_t)64 << 10) // bytes
#define ATT_ITEM_LINE_MAX ((size_t)1 << 20)

typedef enum att_line_kind {
    ATT_LINE_BAD, // see the fault
    ATT_LINE_EVENT,
    ATT_LINE_ITEM,
    ATT_LINE_BLANK,    // nothing but white space
    ATT_LINE_NO_MEMORY // the arena could not grow
} att_line_kind;

// `line` without its line end. Fills *event or *item; their texts are views into the line, or live
// in `scratch` where they had escapes. What only the policy can judge (a time in the future, an
// item that is missing for its signal) is left to att_event_check and att_item_check.
att_line_kind att_line_read(
    att_text line, att_arena *scratch, att_event *event, att_item *item, att_fault *fault);

// --- Shared by event_line.c and item_line.c ------------------------------------------------------
// now_ms: the time of an event that has none; -1: it must have one. ATT_LINE_ITEM: not ours.
att_line_kind att_event_line(
    att_scan *scan, att_arena *scratch, int64_t now_ms, att_event *event, att_fault *fault);
// id: of an item whose text has none; empty: it must have one.
att_line_kind att_item_line(
    att_scan *scan, att_arena *scratch, att_text id, att_item *item, att_fault *fault);
bool att_is_item_key(att_text key);
bool att_is_event_key(att_text key);
const char *const *att_item_keys(size_t *count); // "id" first

// Values. False with the fault set (or scan->no_memory). `at` stands on the value's first byte.
bool att_line_text(
    att_scan *scan, att_arena *scratch, att_text *out, const char *field, att_fault *fault);
bool att_line_whole(
    att_scan *scan, int64_t *out, const char *expected, const char *field, att_fault *fault);
bool att_line_real(att_scan *scan, double *out, const char *field, att_fault *fault);
bool att_line_when(att_scan *scan, att_arena *scratch, bool date_allowed, int64_t *out_ms,
    const char *field, att_fault *fault);
// "found 17, expected a text"
bool att_line_expected(
    const att_scan *scan, const char *expected, const char *field, att_fault *fault);
bool att_line_null(att_scan *scan); // takes a null if it stands here
bool att_line_key(
    att_scan *scan, att_arena *scratch, att_text *key, att_fault *fault); // and its colon

#endif
