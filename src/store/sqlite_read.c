// SPDX-License-Identifier: Apache-2.0
// store/sqlite_read.c - walks over the log, the people and the catalogue, each in one order.
#include "store/codec.h"
#include "store/sqlite.h"

#include <sodium.h>
#include <stdio.h>

static att_text column_text(sqlite3_stmt *statement, int column)
{
    const char *data = (const char *)sqlite3_column_text(statement, column);
    return (att_text){data ? data : "", (size_t)sqlite3_column_bytes(statement, column)};
}

att_status att_sqlite_last_seq(att_store *store, uint64_t *out, att_error *err)
{
    return att_sql_number(att_sqlite_store_of(store), ATT_SQL_LAST, out, err);
}

// A row did not decode: goes on for the doctor, ends the walk for everybody else.
static att_status pass_over(
    att_sqlite_store *self, att_status status, uint64_t number, att_error *err)
{
    if (!self->base.pass_over || status == ATT_NO_MEMORY)
        return status;
    self->base.pass_over(self->base.pass_over_user, number, err->text);
    return ATT_OK;
}

static att_status read_record(
    att_sqlite_store *self, sqlite3_stmt *row, att_record *out, bool *good, att_error *err)
{
    out->seq = (uint64_t)sqlite3_column_int64(row, 0);
    out->kind = (uint8_t)sqlite3_column_int(row, 1);
    out->user = (uint32_t)sqlite3_column_int64(row, 2);
    if (out->user == 0 && sqlite3_column_type(row, 2) == SQLITE_NULL) // NULL reads as 0
        out->user = ATT_NO_INDEX;
    const unsigned char *body = sqlite3_column_blob(row, 3);
    att_status status =
        att_record_body_decode(body, (size_t)sqlite3_column_bytes(row, 3), out, err);
    *good = status == ATT_OK;
    if (status) {
        status = att_while(err, status, "store %s: log record %llu", self->sqlite.path,
            (unsigned long long)out->seq);
        status = pass_over(self, status, out->seq, err);
    }
    return status;
}

att_status att_sqlite_log_each(
    att_store *store, uint64_t from_seq, att_record_visitor *visit, void *user, att_error *err)
{
    att_sqlite_store *self = att_sqlite_store_of(store);
    sqlite3_stmt *row;
    att_error story;
    att_status status = att_sql_take(self, ATT_SQL_LOG, &row, err);
    if (status)
        return status;
    sqlite3_bind_int64(row, 1, (sqlite3_int64)ATT_MIN(from_seq, (uint64_t)INT64_MAX));
    att_record record = {0};
    bool good = false;
    int code;
    while ((code = sqlite3_step(row)) == SQLITE_ROW) {
        status = read_record(self, row, &record, &good, &story);
        if (status || (good && !visit(user, &record)))
            break;
    }
    if (status && err)
        *err = story;
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        status = att_sqlite_fail(&self->sqlite, code, "reading the log", err);
    att_sql_give(self, ATT_SQL_LOG, row);
    return status;
}

att_status att_sqlite_users_each(
    att_store *store, uint32_t from_index, att_name_visitor *visit, void *user, att_error *err)
{
    att_sqlite_store *self = att_sqlite_store_of(store);
    sqlite3_stmt *row;
    att_status status = att_sql_take(self, ATT_SQL_USERS, &row, err);
    if (status)
        return status;
    sqlite3_bind_int64(row, 1, from_index);
    int code;
    while ((code = sqlite3_step(row)) == SQLITE_ROW)
        if (!visit(user, (uint32_t)sqlite3_column_int64(row, 0), column_text(row, 1)))
            break;
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        status = att_sqlite_fail(&self->sqlite, code, "reading people", err);
    att_sql_give(self, ATT_SQL_USERS, row);
    return status;
}

// Shows one row; *more is what the visitor answered. `story` is never NULL.
static att_status show_item(att_sqlite_store *self, sqlite3_stmt *row, att_item_visitor *visit,
    void *user, bool *more, att_error *story)
{
    const uint32_t index = (uint32_t)sqlite3_column_int64(row, 0);
    att_item item = {.id = column_text(row, 1), .taken_down = sqlite3_column_int(row, 2) != 0};
    if (sqlite3_column_type(row, 3) == SQLITE_NULL) {
        *more = visit(user, index, item.id, NULL);
        return ATT_OK;
    }
    const att_arena_mark mark = att_arena_save(&self->scratch);
    const unsigned char *body = sqlite3_column_blob(row, 3);
    att_status status = att_item_body_decode(
        body, (size_t)sqlite3_column_bytes(row, 3), &self->scratch, &item, story);
    if (!status)
        *more = visit(user, index, item.id, &item);
    else {
        status = att_while(story, status, "store %s: item %u (%.*s)", self->sqlite.path, index,
            ATT_TEXT_ARGS(item.id));
        status = pass_over(self, status, index, story);
    }
    att_arena_rewind(&self->scratch, mark);
    return status;
}

att_status att_sqlite_items_each(att_store *store, uint32_t from_index, uint32_t to_index,
    att_item_visitor *visit, void *user, att_error *err)
{
    att_sqlite_store *self = att_sqlite_store_of(store);
    sqlite3_stmt *row;
    att_status status = att_sql_take(self, ATT_SQL_ITEMS, &row, err);
    if (status)
        return status;
    sqlite3_bind_int64(row, 1, from_index);
    sqlite3_bind_int64(row, 2, to_index);
    bool more = true;
    int code = SQLITE_ROW;
    att_error story;
    while (!status && more && (code = sqlite3_step(row)) == SQLITE_ROW)
        status = show_item(self, row, visit, user, &more, &story);
    if (status && err)
        *err = story;
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        status = att_sqlite_fail(&self->sqlite, code, "reading the catalogue", err);
    att_sql_give(self, ATT_SQL_ITEMS, row);
    return status;
}

// Copies the first column of the one row.
static att_status copy_blob(att_sqlite_store *self, att_sql id, sqlite3_stmt *row, const char *what,
    att_bytes *out, att_error *err)
{
    att_status status = ATT_OK;
    const int code = sqlite3_step(row);
    if (code == SQLITE_DONE)
        status = ATT_FAIL(err, ATT_NOT_FOUND, "store %s has no %s", self->sqlite.path, what);
    else if (code != SQLITE_ROW)
        status = att_sqlite_fail(&self->sqlite, code, what, err);
    else {
        const void *data = sqlite3_column_blob(row, 0);
        const size_t size = (size_t)sqlite3_column_bytes(row, 0);
        if (!ATT_VEC_RESERVE(&self->base.host, out, size))
            status = att_no_memory(err, size, what);
        else if (size)
            memcpy(out->items, data, size);
        if (!status)
            out->count = size;
    }
    att_sql_give(self, id, row);
    return status;
}

att_status att_sqlite_meta_get(att_store *store, const char *key, att_bytes *out, att_error *err)
{
    att_sqlite_store *self = att_sqlite_store_of(store);
    sqlite3_stmt *row;
    const att_status status = att_sql_take(self, ATT_SQL_META_GET, &row, err);
    if (status)
        return status;
    att_sql_bind_text(row, 1, att_text_of(key));
    return copy_blob(self, ATT_SQL_META_GET, row, key, out, err);
}

att_status att_sqlite_asset_get(
    att_store *store, const att_asset_hash *hash, att_bytes *out, att_error *err)
{
    att_sqlite_store *self = att_sqlite_store_of(store);
    sqlite3_stmt *row;
    const att_status status = att_sql_take(self, ATT_SQL_ASSET_GET, &row, err);
    if (status)
        return status;
    att_sql_bind_blob(row, 1, hash->bytes, sizeof hash->bytes);
    return copy_blob(self, ATT_SQL_ASSET_GET, row, "such asset", out, err);
}

// --- The doctor's questions ---------------------------------------------------------------------

static att_status check_pages(
    att_sqlite_store *self, void (*tell)(void *user, const char *what), void *user, att_error *err)
{
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(self->sqlite.db, "PRAGMA integrity_check(20)", -1, &row, NULL);
    while (code == SQLITE_OK && (code = sqlite3_step(row)) == SQLITE_ROW) {
        const att_text line = column_text(row, 0);
        char what[400];
        snprintf(what, sizeof what, "SQLite: %.*s", ATT_TEXT_ARGS(line));
        if (!att_text_equal(line, ATT_LIT("ok")))
            tell(user, what);
        code = SQLITE_OK;
    }
    sqlite3_finalize(row);
    return code == SQLITE_DONE ? ATT_OK
                               : att_sqlite_fail(&self->sqlite, code, "checking its pages", err);
}

static bool asset_matches(sqlite3_stmt *row)
{
    att_asset_hash hash;
    const void *data = sqlite3_column_blob(row, 1);
    crypto_generichash(hash.bytes, sizeof hash.bytes, data,
        (unsigned long long)sqlite3_column_bytes(row, 1), NULL, 0);
    const void *wanted = sqlite3_column_blob(row, 0);
    return sqlite3_column_bytes(row, 0) == (int)sizeof hash.bytes &&
           memcmp(wanted, hash.bytes, sizeof hash.bytes) == 0;
}

static att_status check_assets(
    att_sqlite_store *self, void (*tell)(void *user, const char *what), void *user, att_error *err)
{
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(
        self->sqlite.db, "SELECT hash, data, rowid FROM assets ORDER BY rowid", -1, &row, NULL);
    while (code == SQLITE_OK && (code = sqlite3_step(row)) == SQLITE_ROW) {
        char what[100];
        snprintf(what, sizeof what, "asset %lld does not match its hash",
            (long long)sqlite3_column_int64(row, 2));
        if (!asset_matches(row))
            tell(user, what);
        code = SQLITE_OK;
    }
    sqlite3_finalize(row);
    return code == SQLITE_DONE ? ATT_OK
                               : att_sqlite_fail(&self->sqlite, code, "reading assets", err);
}

att_status att_sqlite_check(
    att_store *store, void (*tell)(void *user, const char *what), void *user, att_error *err)
{
    att_sqlite_store *self = att_sqlite_store_of(store);
    const att_status status = check_pages(self, tell, user, err);
    return status ? status : check_assets(self, tell, user, err);
}
