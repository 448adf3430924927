// SPDX-License-Identifier: Apache-2.0
// store/sqlite_statements.c - every statement is prepared once and used again.
#include "store/sqlite.h"

static const char *const sql_texts[] = {
#define X(name, sql) sql,
    ATT_SQL_LIST(X)
#undef X
};

att_sqlite_store *att_sqlite_store_of(att_store *store)
{
    return (att_sqlite_store *)store;
}

static att_status prepare(att_sqlite_store *self, att_sql id, sqlite3_stmt **out, att_error *err)
{
    const int code = sqlite3_prepare_v3(
        self->sqlite.db, sql_texts[id], -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
    return code == SQLITE_OK ? ATT_OK
                             : att_sqlite_fail(&self->sqlite, code, "preparing a statement", err);
}

// The statement, ready for binding. In use already (a visitor reads within a read): one of its own.
att_status att_sql_take(att_sqlite_store *self, att_sql id, sqlite3_stmt **out, att_error *err)
{
    if (!self->statements[id]) {
        const att_status status = prepare(self, id, &self->statements[id], err);
        if (status)
            return status;
    }
    *out = self->statements[id];
    return sqlite3_stmt_busy(*out) ? prepare(self, id, out, err) : ATT_OK;
}

void att_sql_give(att_sqlite_store *self, att_sql id, sqlite3_stmt *statement)
{
    if (statement != self->statements[id]) {
        sqlite3_finalize(statement);
        return;
    }
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
}

// Runs a statement that has no rows to show.
att_status att_sql_run(
    att_sqlite_store *self, att_sql id, sqlite3_stmt *statement, const char *doing, att_error *err)
{
    const int code = sqlite3_step(statement);
    att_status status = ATT_OK;
    if (code != SQLITE_DONE && code != SQLITE_ROW)
        status = att_sqlite_fail(&self->sqlite, code, doing, err);
    att_sql_give(self, id, statement);
    return status;
}

att_status att_sql_run_bare(att_sqlite_store *self, att_sql id, const char *doing, att_error *err)
{
    sqlite3_stmt *statement;
    const att_status status = att_sql_take(self, id, &statement, err);
    return status ? status : att_sql_run(self, id, statement, doing, err);
}

att_status att_sql_number(att_sqlite_store *self, att_sql id, uint64_t *out, att_error *err)
{
    *out = 0;
    sqlite3_stmt *statement;
    att_status status = att_sql_take(self, id, &statement, err);
    if (status)
        return status;
    const int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *out = (uint64_t)sqlite3_column_int64(statement, 0);
    else if (code != SQLITE_DONE)
        status = att_sqlite_fail(&self->sqlite, code, "reading", err);
    att_sql_give(self, id, statement);
    return status;
}

// An empty blob must not become NULL.
void att_sql_bind_blob(sqlite3_stmt *statement, int at, const void *data, size_t size)
{
    sqlite3_bind_blob64(statement, at, size ? data : "", size, SQLITE_STATIC);
}

void att_sql_bind_text(sqlite3_stmt *statement, int at, att_text text)
{
    sqlite3_bind_text64(
        statement, at, text.size ? text.data : "", text.size, SQLITE_STATIC, SQLITE_UTF8);
}
