// SPDX-License-Identifier: Apache-2.0
// ingest/opened.h - a file or pipe that was opened, looked at and found to be of some form.
#ifndef ATT_INGEST_OPENED_H
#define ATT_INGEST_OPENED_H

#include "attune/import.h"
#include "ingest/table.h"
#include "store/store.h"

typedef struct att_opened {
    const char *name; // as messages call it
    int fd;           // -1: none
    bool owned;       // closed by att_opened_close (standard input is not)
    bool pipe;        // has no place to come back to
    uint64_t size;    // 0: not known
    att_bytes head;   // what was read to find out
    bool at_end;      // the head is all there is
    size_t body; // where in the head the first piece begins, behind a byte order mark and a header
    uint64_t lines; // that come before it
    att_form form;
} att_opened;

// `table`: for a CSV file, filled and bound. `prepared`: the table's mapping is set already
// (MovieLens). The story names the file.
att_status att_opened_open(att_opened *out, const char *path, const att_import_options *options,
    att_table *table, bool prepared, att_arena *life, const att_host *host, att_error *err);
void att_opened_close(att_opened *opened, const att_host *host);

#endif
