// SPDX-License-Identifier: Apache-2.0
// ingest/table.c - header, then records.
#include "ingest/table.h"

#include "ingest/utf8.h"

#include <stdio.h>

static void read_record(void *user, att_text rest, bool last, att_arena *scratch, att_event *event,
    att_item *item, att_piece *out)
{
    att_table *table = user;
    const att_mapping *mapping = &table->mapping;
    bool no_memory = false;
    att_csv_record(rest, last, mapping->delimiter, scratch, table->fields, &table->count, out);
    if (out->kind != ATT_PIECE_EVENT)
        return;
    out->kind = mapping->items ? ATT_PIECE_ITEM : ATT_PIECE_EVENT;
    const bool good = mapping->items ? att_mapping_item(mapping, table->fields, table->count,
                                           scratch, item, &out->fault, &no_memory)
                                     : att_mapping_event(mapping, table->fields, table->count,
                                           scratch, event, &out->fault, &no_memory);
    if (!good)
        out->kind = no_memory ? ATT_PIECE_NO_MEMORY : ATT_PIECE_BAD;
    else if (table->finish)
        table->finish(table->user, table, scratch, event, item, out);
}

att_form att_form_table(att_table *table)
{
    return (att_form){.read = read_record, .user = table};
}

static att_status no_mapping(const att_table *table, att_error *err)
{
    char columns[256] = "";
    size_t used = 0;
    for (size_t i = 0; i < table->count && used < sizeof columns; i++)
        used += (size_t)snprintf(columns + used, sizeof columns - used, "%s%s", i ? ", " : "",
            att_excerpt_of(table->fields[i]).text);
    return ATT_FAIL(err, ATT_INVALID,
        "a CSV file needs a mapping, such as user=COLUMN,item=COLUMN,signal:like,at=COLUMN:s; its "
        "columns are %s",
        columns);
}

att_status att_table_header(att_table *table, bool given, att_text rest, bool last,
    att_arena *scratch, size_t *used, uint64_t *lines, att_error *err)
{
    att_piece piece;
    *used = 0;
    att_csv_record(
        rest, last, table->mapping.delimiter, scratch, table->fields, &table->count, &piece);
    if (piece.kind == ATT_PIECE_MORE)
        return ATT_OK;
    if (piece.kind == ATT_PIECE_NO_MEMORY)
        return att_no_memory(err, rest.size, "bytes of a header");
    if (piece.kind == ATT_PIECE_BAD)
        return ATT_FAIL(err, ATT_INVALID, "the header line: %s", piece.fault.reason);
    if (piece.kind == ATT_PIECE_BLANK || rest.size == 0)
        return ATT_FAIL(err, ATT_INVALID,
            "found an empty first line, expected a header with the columns' names");
    for (size_t i = 0; i < table->count; i++)
        if (att_utf8_check(table->fields[i]) != table->fields[i].size)
            return ATT_FAIL(err, ATT_INVALID, "the header line: column %zu is not UTF-8", i + 1);
    if (!given)
        return no_mapping(table, err);
    *used = piece.size;
    *lines = piece.lines;
    return att_mapping_bind(&table->mapping, table->fields, table->count, err);
}
