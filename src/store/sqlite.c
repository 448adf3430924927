// SPDX-License-Identifier: Apache-2.0
// store/sqlite.c - a store in one SQLite file, written by many processes in turn and read by any
// meanwhile.
//
// begin is BEGIN IMMEDIATE: it waits for the one place of the writer, and what is read after it is
// the true end of the log. commit returns after the write-ahead log was synced. Statements are
// prepared once.
#include "store/codec.h"
#include "store/schema.h"
#include "store/sqlite.h"

#include <sodium.h>

// --- Writing ------------------------------------------------------------------------------------

static void rollback(att_store *store)
{
    att_sqlite_store *self = att_sqlite_store_of(store);
    if (sqlite3_get_autocommit(self->sqlite.db)) // SQLite undid it by itself
        return;
    if (att_sql_run_bare(self, ATT_SQL_ROLLBACK, "rolling back", NULL) != ATT_OK)
        att_logf(&store->host, ATT_LOG_WARNING, "store %s: rolling back: %s", self->sqlite.path,
            sqlite3_errmsg(self->sqlite.db));
}

static att_status begin(att_store *store, uint64_t *last_seq, att_error *err)
{
    att_sqlite_store *self = att_sqlite_store_of(store);
    att_status status = att_sql_run_bare(self, ATT_SQL_BEGIN, "taking the writer's place", err);
    if (status)
        return status;
    uint64_t schema = 0;
    status = att_sql_number(self, ATT_SQL_SCHEMA, &schema, err);
    if (!status && schema != self->schema)
        status = ATT_FAIL(err, ATT_VERSION,
            "store %s: a newer attune brought it from schema %u to %u meanwhile: use that one",
            self->sqlite.path, self->schema, (unsigned)schema);
    if (!status)
        status = att_sql_number(self, ATT_SQL_LAST, last_seq, err);
    if (status)
        rollback(store);
    return status;
}

enum { APPEND_AT_ONCE = 32, LOG_COLUMNS = 4 };

static void bind_record(sqlite3_stmt *statement, int at, const att_record *record,
    const unsigned char *body, size_t body_size)
{
    sqlite3_bind_int64(statement, at, (sqlite3_int64)record->seq);
    sqlite3_bind_int64(statement, at + 1, record->kind);
    if (record->user != ATT_NO_INDEX)
        sqlite3_bind_int64(statement, at + 2, record->user);
    else
        sqlite3_bind_null(statement, at + 2);
    sqlite3_bind_blob64(statement, at + 3, body, body_size, SQLITE_STATIC);
}

// One run of a statement that takes `count` records.
static att_status append_some(att_sqlite_store *self, sqlite3_stmt *statement,
    const att_record *records, size_t count, att_error *err)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += att_record_body_size(&records[i]);
    if (!ATT_VEC_RESERVE(&self->base.host, &self->buffer, total))
        return att_no_memory(err, total, "bytes of records");
    unsigned char *body = self->buffer.items;
    for (size_t i = 0; i < count; i++) {
        const size_t size = att_record_body_size(&records[i]);
        att_record_body_encode(&records[i], body);
        bind_record(statement, 1 + LOG_COLUMNS * (int)i, &records[i], body, size);
        body += size;
    }
    const int code = sqlite3_step(statement);
    if (code != SQLITE_DONE)
        return att_sqlite_fail(&self->sqlite, code, "appending to the log", err);
    sqlite3_reset(statement);
    return ATT_OK;
}

// Many rows in one statement save its start and end for each. OR FAIL spares the copies of pages with which
// SQLite could undo half a statement: whoever sees a failure rolls the transaction back.
static att_status append_chunks(att_sqlite_store *self, att_sql id, size_t at_once,
    const att_record *records, size_t count, size_t *done, att_error *err)
{
    sqlite3_stmt *statement;
    att_status status = att_sql_take(self, id, &statement, err);
    if (status)
        return status;
    for (; !status && count - *done >= at_once; *done += at_once)
        status = append_some(self, statement, records + *done, at_once, err);
    att_sql_give(self, id, statement);
    return status;
}

static att_status append(att_store *store, const att_record *records, size_t count, att_error *err)
{
    att_sqlite_store *self = att_sqlite_store_of(store);
    size_t done = 0;
    att_status status = ATT_OK;
    if (count >= APPEND_AT_ONCE)
        status = append_chunks(self, ATT_SQL_APPEND_32, APPEND_AT_ONCE, records, count, &done, err);
    return status ? status : append_chunks(self, ATT_SQL_APPEND, 1, records, count, &done, err);
}

static att_status user_add(att_store *store, uint32_t index, att_text id, att_error *err)
{
    att_sqlite_store *self = att_sqlite_store_of(store);
    sqlite3_stmt *statement;
    const att_status status = att_sql_take(self, ATT_SQL_USER_ADD, &statement, err);
    if (status)
        return status;
    sqlite3_bind_int64(statement, 1, index);
    att_sql_bind_text(statement, 2, id);
    return att_sql_run(self, ATT_SQL_USER_ADD, statement, "adding a person", err);
}

// Nothing changed: the number belongs to an item of another name.
static att_status check_changed(att_sqlite_store *self, uint32_t index, att_text id, att_error *err)
{
    if (sqlite3_changes(self->sqlite.db) == 1)
        return ATT_OK;
    return ATT_FAIL(err, ATT_EXISTS, "store %s: item %u has another id than %.*s",
        self->sqlite.path, index, ATT_TEXT_ARGS(id));
}

static att_status item_name(att_sqlite_store *self, uint32_t index, att_text id, att_error *err)
{
    sqlite3_stmt *statement;
    att_status status = att_sql_take(self, ATT_SQL_ITEM_NAME, &statement, err);
    if (status)
        return status;
    sqlite3_bind_int64(statement, 1, index);
    att_sql_bind_text(statement, 2, id);
    status = att_sql_run(self, ATT_SQL_ITEM_NAME, statement, "adding an item", err);
    return status ? status : check_changed(self, index, id, err);
}

static att_status item_put(
    att_store *store, uint32_t index, att_text id, const att_item *item, att_error *err)
{
    att_sqlite_store *self = att_sqlite_store_of(store);
    if (!item)
        return item_name(self, index, id, err);
    size_t size;
    att_status status = att_item_body_size(item, &size, err);
    if (status)
        return att_while(err, status, "item %.*s", ATT_TEXT_ARGS(id));
    if (!ATT_VEC_RESERVE(&store->host, &self->buffer, size))
        return att_no_memory(err, size, "bytes of an item");
    att_item_body_encode(item, self->buffer.items);
    sqlite3_stmt *statement;
    status = att_sql_take(self, ATT_SQL_ITEM_PUT, &statement, err);
    if (status)
        return status;
    sqlite3_bind_int64(statement, 1, index);
    att_sql_bind_text(statement, 2, id);
    sqlite3_bind_int64(statement, 3, item->taken_down);
    att_sql_bind_blob(statement, 4, self->buffer.items, size);
    status = att_sql_run(self, ATT_SQL_ITEM_PUT, statement, "putting an item", err);
    return status ? status : check_changed(self, index, id, err);
}

static att_status taken_down(att_store *store, uint32_t index, bool down, att_error *err)
{
    att_sqlite_store *self = att_sqlite_store_of(store);
    sqlite3_stmt *statement;
    att_status status = att_sql_take(self, ATT_SQL_TAKEN_DOWN, &statement, err);
    if (status)
        return status;
    sqlite3_bind_int64(statement, 1, index);
    sqlite3_bind_int64(statement, 2, down);
    status = att_sql_run(self, ATT_SQL_TAKEN_DOWN, statement, "taking an item down", err);
    if (!status && sqlite3_changes(self->sqlite.db) == 0)
        return ATT_FAIL(
            err, ATT_NOT_FOUND, "store %s: there is no item %u", self->sqlite.path, index);
    return status;
}

static att_status item_drop(att_store *store, uint32_t index, att_error *err)
{
    att_sqlite_store *self = att_sqlite_store_of(store);
    sqlite3_stmt *statement;
    att_status status = att_sql_take(self, ATT_SQL_ITEM_DROP, &statement, err);
    if (status)
        return status;
    sqlite3_bind_int64(statement, 1, index);
    status = att_sql_run(self, ATT_SQL_ITEM_DROP, statement, "deleting an item", err);
    if (!status && sqlite3_changes(self->sqlite.db) == 0)
        return ATT_FAIL(
            err, ATT_NOT_FOUND, "store %s: there is no item %u", self->sqlite.path, index);
    return status;
}

static att_status meta_put(
    att_store *store, const char *key, const void *value, size_t size, att_error *err)
{
    att_sqlite_store *self = att_sqlite_store_of(store);
    sqlite3_stmt *statement;
    const att_status status = att_sql_take(self, ATT_SQL_META_PUT, &statement, err);
    if (status)
        return status;
    att_sql_bind_text(statement, 1, att_text_of(key));
    att_sql_bind_blob(statement, 2, value, size);
    return att_sql_run(self, ATT_SQL_META_PUT, statement, key, err);
}

static att_status asset_put(att_store *store, const att_asset_hash *hash, att_text media_type,
    const void *data, size_t size, att_error *err)
{
    att_sqlite_store *self = att_sqlite_store_of(store);
    sqlite3_stmt *statement;
    const att_status status = att_sql_take(self, ATT_SQL_ASSET_PUT, &statement, err);
    if (status)
        return status;
    att_sql_bind_blob(statement, 1, hash->bytes, sizeof hash->bytes);
    att_sql_bind_text(statement, 2, media_type);
    att_sql_bind_blob(statement, 3, data, size);
    return att_sql_run(self, ATT_SQL_ASSET_PUT, statement, "keeping an asset", err);
}

static att_status asset_drop(att_store *store, const att_asset_hash *hash, att_error *err)
{
    att_sqlite_store *self = att_sqlite_store_of(store);
    sqlite3_stmt *statement;
    att_status status = att_sql_take(self, ATT_SQL_ASSET_DROP, &statement, err);
    if (status)
        return status;
    att_sql_bind_blob(statement, 1, hash->bytes, sizeof hash->bytes);
    status = att_sql_run(self, ATT_SQL_ASSET_DROP, statement, "deleting an asset", err);
    if (!status && sqlite3_changes(self->sqlite.db) == 0)
        return ATT_FAIL(err, ATT_NOT_FOUND, "store %s: there is no such asset", self->sqlite.path);
    return status;
}

static att_status run_for_user(
    att_sqlite_store *self, att_sql id, uint32_t user, const char *doing, att_error *err)
{
    sqlite3_stmt *statement;
    const att_status status = att_sql_take(self, id, &statement, err);
    if (status)
        return status;
    sqlite3_bind_int64(statement, 1, user);
    if (id != ATT_SQL_FORGET_USER)
        sqlite3_bind_int64(statement, 2, ATT_RECORD_FORGET);
    return att_sql_run(self, id, statement, doing, err);
}

// First the bodies become zeros where they lie, then the rows go: deleting may move rows between
// pages, and what it leaves behind there are zeros. (secure_delete clears the freed bytes
// themselves.)
static att_status forget(att_store *store, uint32_t user, uint64_t *rows, att_error *err)
{
    att_sqlite_store *self = att_sqlite_store_of(store);
    att_status status =
        run_for_user(self, ATT_SQL_FORGET_BLANK, user, "blanking a person's rows", err);
    if (!status)
        status = run_for_user(self, ATT_SQL_FORGET_ROWS, user, "deleting a person's rows", err);
    if (!status)
        *rows = (uint64_t)sqlite3_changes64(self->sqlite.db);
    if (!status)
        status = run_for_user(self, ATT_SQL_FORGET_USER, user, "blanking a person's id", err);
    if (!status && sqlite3_changes(self->sqlite.db) == 0)
        status = ATT_FAIL(
            err, ATT_NOT_FOUND, "store %s: there is no person %u", self->sqlite.path, user);
    return status;
}

// Older forms of the deleted rows lie in the write-ahead log until it is copied back and cut to nothing. That
// needs a moment without readers: the first try waits for it, later ones (with each commit) do not.
static void empty_wal(att_sqlite_store *self)
{
    const bool again = self->wal_holds_forgotten;
    if (again)
        sqlite3_busy_timeout(self->sqlite.db, 0);
    const int code =
        sqlite3_wal_checkpoint_v2(self->sqlite.db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    if (again)
        sqlite3_busy_timeout(self->sqlite.db, self->sqlite.busy_timeout_ms);
    self->wal_holds_forgotten = code != SQLITE_OK;
    if (code != SQLITE_OK && !again)
        att_logf(&self->base.host, ATT_LOG_WARNING,
            "store %s: deleted rows stay in the write-ahead log while another process reads (%s)",
            self->sqlite.path, sqlite3_errstr(code));
}

static att_status commit(att_store *store, bool forgot, att_error *err)
{
    att_sqlite_store *self = att_sqlite_store_of(store);
    const att_status status = att_sql_run_bare(self, ATT_SQL_COMMIT, "committing", err);
    if (status)
        rollback(store);
    else if (forgot || self->wal_holds_forgotten)
        empty_wal(self);
    return status;
}

// --- Opening and closing ------------------------------------------------------------------------

static void close_store(att_store *store)
{
    att_sqlite_store *self = att_sqlite_store_of(store);
    if (self->wal_holds_forgotten)
        empty_wal(self);
    for (size_t i = 0; i < ATT_SQL_COUNT; i++)
        sqlite3_finalize(self->statements[i]);
    att_sqlite_close(&self->sqlite);
    ATT_VEC_FREE(&store->host, &self->buffer);
    att_arena_deinit(&self->scratch);
    const att_host host = store->host;
    ATT_FREE_ARRAY(&host, self, 1);
}

static const att_store_driver sqlite_driver = {
    .name = "sqlite",
    .close = close_store,
    .begin = begin,
    .append = append,
    .user_add = user_add,
    .item_put = item_put,
    .taken_down = taken_down,
    .item_drop = item_drop,
    .meta_put = meta_put,
    .forget = forget,
    .asset_put = asset_put,
    .asset_drop = asset_drop,
    .commit = commit,
    .rollback = rollback,
    .last_seq = att_sqlite_last_seq,
    .log_each = att_sqlite_log_each,
    .users_each = att_sqlite_users_each,
    .items_each = att_sqlite_items_each,
    .meta_get = att_sqlite_meta_get,
    .asset_get = att_sqlite_asset_get,
    .check = att_sqlite_check,
};

static att_status read_seed(att_sqlite_store *self, att_error *err)
{
    att_bytes bytes = {0};
    att_status status = att_sqlite_meta_get(&self->base, "seed", &bytes, err);
    if (!status && bytes.count != sizeof self->base.seed)
        status = ATT_FAIL(err, ATT_CORRUPT, "store %s: its seed has %zu bytes, wanted are %zu",
            self->sqlite.path, bytes.count, sizeof self->base.seed);
    if (!status)
        memcpy(&self->base.seed, bytes.items, sizeof self->base.seed);
    ATT_VEC_FREE(&self->base.host, &bytes);
    return status;
}

// A new store gets its seed once; a crash between making the tables and this is mended by the next
// open.
static att_status settle_seed(
    att_sqlite_store *self, const att_store_options *options, att_error *err)
{
    att_status status = read_seed(self, err);
    if (status == ATT_NOT_FOUND && options->read_only)
        return ATT_FAIL(
            err, ATT_CORRUPT, "store %s has no seed; open it once for writing", self->sqlite.path);
    if (status != ATT_NOT_FOUND)
        return status;
    status = att_sql_run_bare(self, ATT_SQL_BEGIN, "taking the writer's place", err);
    if (status)
        return status;
    if (read_seed(self, err) == ATT_NOT_FOUND)
        status = meta_put(&self->base, "seed", &options->seed, sizeof options->seed, err);
    if (!status)
        status = att_sql_run_bare(self, ATT_SQL_COMMIT, "keeping the seed", err);
    if (status) {
        rollback(&self->base);
        return status;
    }
    return read_seed(self, err);
}

att_status att_sqlite_store_open(att_store **out, const char *path,
    const att_store_options *options, const att_host *host, att_error *err)
{
    *out = NULL;
    att_sqlite_store *self = ATT_NEW_ARRAY(host, att_sqlite_store, 1);
    if (!self)
        return att_no_memory(err, 1, "store");
    self->base =
        (att_store){.driver = &sqlite_driver, .host = *host, .read_only = options->read_only};
    self->schema = att_schema_current()->count;
    att_arena_init(&self->scratch, &self->base.host, 0);

    bool made = false;
    att_status status = ATT_OK;
    if (sodium_init() < 0) // chooses the fast hash for this processor; calling it twice is fine
        status = ATT_FAIL(err, ATT_UNSUPPORTED, "libsodium does not start here");
    if (!status)
        status = att_sqlite_open(&self->sqlite, path, options, &self->base.host, err);
    if (!status)
        status = att_schema_apply(&self->sqlite, att_schema_current(), options, &made, err);
    if (!status)
        status = settle_seed(self, options, err);
    if (status) {
        close_store(&self->base);
        if (status == ATT_CORRUPT && options->exclusive)
            return ATT_FAIL(err, ATT_EXISTS, "%s exists already, and is not a store", path);
        return status;
    }
    *out = &self->base;
    return ATT_OK;
}
