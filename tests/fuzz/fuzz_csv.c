// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes: records are cut as the plain twin cuts them, and a mapping, whatever its
// text, either has a story or reads records without harm. The first line of the input is a mapping,
// the rest a file.
#include "../ingest/csv_twin.h"

#include "ingest/table.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool condition)
{
    if (!condition)
        abort();
}

static void check_records(const char *text, size_t size, att_arena *scratch)
{
    static csv_twin twin;
    static att_text fields[ATT_CSV_FIELDS_MAX];
    size_t count;
    att_piece piece;
    for (size_t at = 0; at < size;) {
        csv_twin_read(&twin, text + at, size - at, ',');
        att_csv_record(
            (att_text){text + at, size - at}, true, ',', scratch, fields, &count, &piece);
        need(csv_twin_agrees(&twin, &piece, fields, count));
        need(piece.size > 0 && piece.size <= size - at);
        at += piece.size;
    }
}

static void check_table(const char *mapping, const char *text, size_t size, att_arena *scratch)
{
    static att_table table;
    att_error err = {0};
    size_t used;
    uint64_t lines;
    table = (att_table){0};
    if (att_mapping_parse(&table.mapping, mapping, scratch, &err)) {
        need(err.text[0] != 0);
        return;
    }
    if (att_table_header(
            &table, true, (att_text){text, size}, true, scratch, &used, &lines, &err)) {
        need(err.text[0] != 0);
        return;
    }
    const att_form form = att_form_table(&table);
    for (size_t at = used; at < size;) {
        att_event event;
        att_item item;
        att_piece piece;
        form.read(
            form.user, (att_text){text + at, size - at}, true, scratch, &event, &item, &piece);
        need(piece.kind != ATT_PIECE_MORE && piece.kind != ATT_PIECE_NO_MEMORY && piece.size > 0);
        need(piece.kind != ATT_PIECE_BAD || piece.fault.reason[0] != 0);
        at += piece.size;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const att_host host = att_host_default();
    att_arena scratch;
    if (size == 0 || size > 4096)
        return 0;
    att_arena_init(&scratch, &host, 0);
    const char *text = (const char *)data, *line_end = memchr(text, '\n', size);
    const size_t mapping_size = line_end ? (size_t)(line_end - text) : size;
    const size_t body = line_end ? mapping_size + 1 : size;
    char *mapping = att_arena_printf(&scratch, "%.*s", (int)mapping_size, text);
    need(mapping != NULL);
    check_records(text, size, &scratch);
    check_table(mapping, text + body, size - body, &scratch);
    att_arena_deinit(&scratch);
    return 0;
}
