// SPDX-License-Identifier: Apache-2.0
// ingest/table.h - a CSV file with a header line, read through a mapping.
#ifndef ATT_INGEST_TABLE_H
#define ATT_INGEST_TABLE_H

#include "ingest/csv.h"
#include "ingest/mapping.h"
#include "ingest/piece.h"

typedef struct att_table att_table;
// A last touch on what the mapping made. May turn out->kind into BLANK, BAD or NO_MEMORY.
typedef void att_table_finish(void *user, att_table *table, att_arena *scratch, att_event *event,
    att_item *item, att_piece *out);

struct att_table {
    att_mapping mapping;
    att_table_finish *finish; // NULL: none
    void *user;
    att_text fields[ATT_CSV_FIELDS_MAX]; // of the record that is being read
    size_t count;
};

att_form att_form_table(att_table *table);
// Takes the header from the front of `rest` and binds the mapping to it. *used 0: more bytes are
// needed. `given`: a mapping was given; without one the story lists the columns.
att_status att_table_header(att_table *table, bool given, att_text rest, bool last,
    att_arena *scratch, size_t *used, uint64_t *lines, att_error *err);

#endif
