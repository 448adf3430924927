// SPDX-License-Identifier: Apache-2.0
// The plain twin of ingest/csv.h: one byte at a time, whole input at hand. Shared by test_csv.c and
// tests/fuzz/fuzz_csv.c.
#ifndef ATT_TESTS_CSV_TWIN_H
#define ATT_TESTS_CSV_TWIN_H

#include "ingest/csv.h"

typedef struct csv_twin {
    bool good;
    size_t size;                           // bytes of the record with its line end
    size_t count;                          // fields
    size_t starts[ATT_CSV_FIELDS_MAX + 1]; // into text
    char text[4096];
} csv_twin;

// The record at the front of `data`, which is at most 4096 bytes long.
static void csv_twin_read(csv_twin *t, const char *data, size_t size, char delimiter)
{
    enum { BEGIN, PLAIN, QUOTED, CLOSED } state = BEGIN;
    size_t at = 0, used = 0;
    t->count = 0;
    t->starts[0] = 0;
    t->good = true;
    for (;; at++) {
        const bool end = at == size;
        const char c = end ? 0 : data[at];
        const bool crlf = !end && c == '\r' && (at + 1 == size || data[at + 1] == '\n');
        if (state == QUOTED) {
            if (end) {
                t->good = false;
                break;
            }
            if (c == '"')
                state = CLOSED;
            else
                t->text[used++] = c;
        } else if (end || c == '\n' || c == delimiter || crlf) {
            t->starts[++t->count] = used;
            if (crlf)
                at++;
            if (end || c != delimiter || crlf) {
                at += at < size;
                break;
            }
            if (t->count == ATT_CSV_FIELDS_MAX) {
                t->good = false;
                break;
            }
            state = BEGIN;
        } else if (state == CLOSED) {
            if (c != '"') {
                t->good = false;
                break;
            }
            t->text[used++] = '"';
            state = QUOTED;
        } else if (c == '"') {
            if (state == PLAIN) {
                t->good = false;
                break;
            }
            state = QUOTED;
        } else {
            t->text[used++] = c;
            state = PLAIN;
        }
    }
    t->size = at;
    if (!t->good) { // the first line alone is given up
        const char *line_end = size ? memchr(data, '\n', size) : NULL;
        t->size = line_end ? (size_t)(line_end - data) + 1 : size;
    }
}

// Whether what ingest/csv.h made of the same bytes is the same.
static bool csv_twin_agrees(
    const csv_twin *t, const att_piece *piece, const att_text *fields, size_t count)
{
    if ((piece->kind == ATT_PIECE_BAD) == t->good || piece->size != t->size)
        return false;
    if (!t->good)
        return true;
    if (count != t->count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!att_text_equal(
                fields[i], (att_text){t->text + t->starts[i], t->starts[i + 1] - t->starts[i]}))
            return false;
    return true;
}

#endif
