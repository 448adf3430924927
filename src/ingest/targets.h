// SPDX-License-Identifier: Apache-2.0
// ingest/targets.h - the fields that a mapping may fill: one list for mapping.c and cells.c.
#ifndef ATT_INGEST_TARGETS_H
#define ATT_INGEST_TARGETS_H

#include "base/base.h"

typedef enum att_value_kind {
    ATT_VALUE_TEXT,
    ATT_VALUE_WHEN,      // ms, s, iso; without an option: digits are ms, else iso
    ATT_VALUE_PUBLISHED, // the same, and dates, and years
    ATT_VALUE_SPAN,      // ms, s
    ATT_VALUE_WORD,      // signal, context classes, decision
    ATT_VALUE_NUMBER,
    ATT_VALUE_LIST,   // of texts
    ATT_VALUE_NUMBERS // of numbers
} att_value_kind;

// Columns: name, wire name, in events, in items, kind of value.
#define ATT_TARGET_LIST(X)                                                                         \
    X(ID, "id", true, true, ATT_VALUE_TEXT)                                                        \
    X(USER, "user", true, false, ATT_VALUE_TEXT)                                                   \
    X(ITEM, "item", true, false, ATT_VALUE_TEXT)                                                   \
    X(AT, "at", true, false, ATT_VALUE_WHEN)                                                       \
    X(SIGNAL, "signal", true, false, ATT_VALUE_WORD)                                               \
    X(VALUE, "value", true, false, ATT_VALUE_NUMBER)                                               \
    X(POSITION, "position_ms", true, false, ATT_VALUE_SPAN)                                        \
    X(LENGTH, "length_ms", true, false, ATT_VALUE_SPAN)                                            \
    X(DWELL, "dwell_ms", true, false, ATT_VALUE_SPAN)                                              \
    X(DECISION, "decision", true, false, ATT_VALUE_WORD)                                           \
    X(DEVICE, "device", true, false, ATT_VALUE_WORD)                                               \
    X(PLACE, "place", true, false, ATT_VALUE_WORD)                                                 \
    X(ACTIVITY, "activity", true, false, ATT_VALUE_WORD)                                           \
    X(NOISE, "noise", true, false, ATT_VALUE_WORD)                                                 \
    X(OFFSET, "utc_offset_min", true, false, ATT_VALUE_NUMBER)                                     \
    X(TITLE, "title", false, true, ATT_VALUE_TEXT)                                                 \
    X(MEDIUM, "medium", false, true, ATT_VALUE_TEXT)                                               \
    X(TEXT, "text", false, true, ATT_VALUE_TEXT)                                                   \
    X(TAGS, "tags", false, true, ATT_VALUE_LIST)                                                   \
    X(VECTOR, "vector", false, true, ATT_VALUE_NUMBERS)                                            \
    X(DURATION, "duration_ms", false, true, ATT_VALUE_SPAN)                                        \
    X(PUBLISHED, "published_at", false, true, ATT_VALUE_PUBLISHED)                                 \
    X(AGE_RATING, "age_rating", false, true, ATT_VALUE_NUMBER)                                     \
    X(BOOST, "boost", false, true, ATT_VALUE_NUMBER)                                               \
    X(FEATURE, "feature.NAME", false, true, ATT_VALUE_NUMBER)

typedef enum att_target_name {
#define X(name, wire, event, item, value) ATT_TARGET_##name,
    ATT_TARGET_LIST(X)
#undef X
        ATT_TARGET_COUNT
} att_target_name;

typedef struct att_target {
    const char *name;
    bool event, item;
    att_value_kind value;
} att_target;

extern const att_target att_targets[ATT_TARGET_COUNT];

#endif
