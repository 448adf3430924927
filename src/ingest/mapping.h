// SPDX-License-Identifier: Apache-2.0
// ingest/mapping.h - which column of a table becomes which field of an event or item.
//
//   mapping := part { "," part }
//   part    := target "=" column [ ":" option ]     the column's text, read as the option says
//            | target ":" constant                  the same for every record
//   column, constant := plain text, or "in quotes" where it holds , : = or "
//
//   user=userId,item=movieId,signal:rating,value=rating,at=timestamp:s
//
// With a "user" it maps events, else items. Options: times take ms, s, iso (published_at also
// year), lengths of time ms or s, tags and vector the character between two values. `delimiter:tab`
// (semicolon, pipe, comma) is about the file itself.
#ifndef ATT_INGEST_MAPPING_H
#define ATT_INGEST_MAPPING_H

#include "attune/items.h"
#include "attune/signals.h"
#include "base/arena.h"
#include "ingest/fault.h"

enum { ATT_MAPPING_PARTS_MAX = 96 };

typedef enum att_unit {
    ATT_UNIT_NONE,
    ATT_UNIT_MS,
    ATT_UNIT_S,
    ATT_UNIT_ISO,
    ATT_UNIT_YEAR
} att_unit;

typedef struct att_mapping_part {
    att_text written; // as it stood in the mapping
    int target;       // row of the table in mapping.c
    att_text feature; // for feature.NAME
    bool constant;
    att_text source; // the column's name, or the constant
    size_t column;   // after bind
    att_unit unit;
    char between; // of list values
} att_mapping_part;

typedef struct att_mapping {
    att_mapping_part parts[ATT_MAPPING_PARTS_MAX];
    size_t count;
    size_t column_count; // of the file; 0 before bind
    char delimiter;
    bool items; // else events
} att_mapping;

// Texts live in `life`.
att_status att_mapping_parse(att_mapping *out, const char *text, att_arena *life, att_error *err);
// Finds the columns in the header.
att_status att_mapping_bind(
    att_mapping *mapping, const att_text *columns, size_t count, att_error *err);
// One record, (count) fields. False: see the fault, or *no_memory.
bool att_mapping_event(const att_mapping *mapping, const att_text *fields, size_t count,
    att_arena *scratch, att_event *out, att_fault *fault, bool *no_memory);
bool att_mapping_item(const att_mapping *mapping, const att_text *fields, size_t count,
    att_arena *scratch, att_item *out, att_fault *fault, bool *no_memory);

#endif
