// SPDX-License-Identifier: Apache-2.0
// ingest/cursor.h - how far an import of a file has come, as kept in the store with each batch.
//
// An import that is run again goes on at the cursor when the file is the same (size and time of
// change), or has only grown: then behind the last whole line. In all other cases it begins anew,
// and ids see to it that nothing counts twice.
#ifndef ATT_INGEST_CURSOR_H
#define ATT_INGEST_CURSOR_H

#include "base/base.h"

typedef struct att_cursor {
    uint64_t offset, line;             // behind the last durable piece
    uint64_t whole_offset, whole_line; // the same, but before a last line that had no line end
    uint64_t size;                     // of the file then
    int64_t changed_ns;                // its time of last change then
    uint64_t print;                    // hash of up to 4 KiB at the start and before whole_offset
    uint64_t rejects;                  // size of the reject file then
    bool complete;                     // the end was reached
} att_cursor;

enum { ATT_CURSOR_KEY_SIZE = 48, ATT_CURSOR_TEXT_SIZE = 256 };

// "import:" and the hash of all that tells one import from another.
void att_cursor_key(
    const char *real_path, int format, const char *mapping, char out[ATT_CURSOR_KEY_SIZE]);
// Text such as "1 5000 17 …"; returns its size.
size_t att_cursor_write(const att_cursor *cursor, char out[ATT_CURSOR_TEXT_SIZE]);
bool att_cursor_read(const char *data, size_t size, att_cursor *out);
// Size, time of change and print of the file as it is now. ATT_IO and the like.
att_status att_cursor_look(int fd, const char *name, att_cursor *cursor, att_error *err);
// Where to go on: sets *offset and *line; false: from the beginning.
bool att_cursor_resume(int fd, const att_cursor *cursor, uint64_t *offset, uint64_t *line);

#endif
