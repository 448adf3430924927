// SPDX-License-Identifier: Apache-2.0
// ingest/ndjson.c - a file of lines, each one JSON object.
#include "ingest/piece.h"

#include <string.h>

static void read_line(void *user, att_text rest, bool last, att_arena *scratch, att_event *event,
    att_item *item, att_piece *out)
{
    (void)user;
    static const att_piece_kind kinds[] = {[ATT_LINE_BAD] = ATT_PIECE_BAD,
        [ATT_LINE_EVENT] = ATT_PIECE_EVENT,
        [ATT_LINE_ITEM] = ATT_PIECE_ITEM,
        [ATT_LINE_BLANK] = ATT_PIECE_BLANK,
        [ATT_LINE_NO_MEMORY] = ATT_PIECE_NO_MEMORY};
    const char *line_end = memchr(rest.data, '\n', rest.size);
    out->kind = ATT_PIECE_MORE;
    if (!line_end && !last && rest.size <= ATT_ITEM_LINE_MAX)
        return;
    const size_t size = line_end ? (size_t)(line_end - rest.data) : rest.size;
    out->size = size + (line_end != NULL);
    out->lines = 1;
    out->unended = !line_end && last;
    out->skip_rest = !line_end && !last;
    if (out->skip_rest) {
        att_fault_set(&out->fault, "", "the line has more than %zu bytes, expected at most that",
            ATT_ITEM_LINE_MAX);
        out->kind = ATT_PIECE_BAD;
        return;
    }
    out->kind =
        kinds[att_line_read((att_text){rest.data, size}, scratch, event, item, &out->fault)];
}

att_form att_form_ndjson(void)
{
    return (att_form){.read = read_line};
}
