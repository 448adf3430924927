// SPDX-License-Identifier: Apache-2.0
// store/connect.h - one connection to an SQLite file, and what went wrong with it in words.
#ifndef ATT_STORE_CONNECT_H
#define ATT_STORE_CONNECT_H

#include "store/store.h"

#include <sqlite3.h>

typedef struct att_sqlite {
    sqlite3 *db;
    const att_host *host; // borrowed
    char *path;           // owned
    size_t path_size;
    int32_t busy_timeout_ms;
} att_sqlite;

// Opens the file (made empty when options->create and it is not there) and sets it up: waiting for
// others, synced commits, deleted bytes overwritten. Looks at nothing in it. On failure `out` is
// all closed.
att_status att_sqlite_open(att_sqlite *out, const char *path, const att_store_options *options,
    const att_host *host, att_error *err);
void att_sqlite_close(att_sqlite *sqlite);

// Turns a result code of SQLite into a status and a story: "store X: appending to the log: the disk
// is full …".
att_status att_sqlite_fail(const att_sqlite *sqlite, int code, const char *doing, att_error *err);

att_status att_sqlite_exec(att_sqlite *sqlite, const char *sql, const char *doing, att_error *err);
// The first column of the first row of `sql`; 0 when there is none.
att_status att_sqlite_number(att_sqlite *sqlite, const char *sql, int64_t *out, att_error *err);

// The process that holds the place of the writer, 0: not known.
long att_sqlite_writer(const char *path);

#endif
