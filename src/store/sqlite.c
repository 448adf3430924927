// SPDX-License-Identifier: Apache-2.0
// store/sqlite.c - a store in one SQLite file, written by many processes in turn and read by any
// meanwhile.
//
// begin is BEGIN IMMEDIATE: it waits for the one place of the writer, and what is read after it is
// the true end of the log. commit returns after the write-ahead log was synced. Statements are
// prepared once.
#include "store/codec.h"
#include "store/driver.h"
#include "store/schema.h"

#include <sodium.h>

// Columns: name, SQL.
#define STATEMENTS(X)                                                                              \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                    \
    X(COMMIT, "COMMIT")                                                                            \
    X(ROLLBACK, "ROLLBACK")                                                                        \
    X(SCHEMA, "PRAGMA user_version")                                                               \
    X(LAST, "SELECT seq FROM log ORDER BY seq DESC LIMIT 1")                                       \
    X(APPEND, "INSERT INTO log VALUES(?1, ?2, ?3, ?4)")                                            \
    X(USER_ADD, "INSERT INTO users VALUES(?1, ?2)")                                                \
    X(ITEM_NAME, "INSERT INTO items(idx, id) VALUES(?1, ?2) ON CONFLICT(idx) DO UPDATE SET"        \
                 " id = excluded.id WHERE id = excluded.id")                                       \
    X(ITEM_PUT, "INSERT INTO items VALUES(?1, ?2, ?3, ?4) ON CONFLICT(idx) DO UPDATE SET"          \
                " taken_down = excluded.taken_down, body = excluded.body WHERE id = excluded.id")  \
    X(TAKEN_DOWN, "UPDATE items SET taken_down = ?2 WHERE idx = ?1")                               \
    X(META_PUT, "INSERT OR REPLACE INTO meta VALUES(?1, ?2)")                                      \
    X(META_GET, "SELECT value FROM meta WHERE key = ?1")                                           \
    X(FORGET_BLANK, "UPDATE log SET body = zeroblob(length(body)) WHERE user = ?1 AND kind <> ?2") \
    X(FORGET_ROWS, "DELETE FROM log WHERE user = ?1 AND kind <> ?2")                               \
    X(FORGET_USER, "UPDATE users SET id = NULL WHERE idx = ?1")                                    \
    X(LOG, "SELECT seq, kind, user, body FROM log WHERE seq >= ?1 ORDER BY seq")                   \
    X(USERS, "SELECT idx, id FROM users WHERE idx >= ?1 ORDER BY idx")                             \
    X(ITEMS,                                                                                       \
        "SELECT idx, id, taken_down, body FROM items WHERE idx BETWEEN ?1 AND ?2 ORDER BY idx")    \
    X(ASSET_PUT, "INSERT OR IGNORE INTO assets VALUES(?1, ?2, ?3)")                                \
    X(ASSET_GET, "SELECT data FROM assets WHERE hash = ?1")

typedef enum statement_id {
#define X(name, sql) S_##name,
    STATEMENTS(X)
#undef X
        STATEMENT_COUNT
} statement_id;

static const char *const statement_sql[] = {
#define X(name, sql) sql,
    STATEMENTS(X)
#undef X
};

typedef struct sqlite_store {
    att_store base;
    att_sqlite sqlite;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    uint32_t schema;
    ATT_VEC(unsigned char) buffer; // bodies being written
    att_arena scratch;             // items being read
    bool wal_holds_forgotten;      // the checkpoint after a forget was not possible yet
} sqlite_store;

static sqlite_store *self_of(att_store *store)
{
    return (sqlite_store *)store;
}

// --- Statements
// -----------------------------------------------------------------------------------------

static att_status prepare(sqlite_store *self, statement_id id, sqlite3_stmt **out, att_error *err)
{
    const int code = sqlite3_prepare_v3(
        self->sqlite.db, statement_sql[id], -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
    return code == SQLITE_OK ? ATT_OK
                             : att_sqlite_fail(&self->sqlite, code, "preparing a statement", err);
}

// The statement, ready for binding. In use already (a visitor reads within a read): one of its own.
static att_status take(sqlite_store *self, statement_id id, sqlite3_stmt **out, att_error *err)
{
    if (!self->statements[id]) {
        const att_status status = prepare(self, id, &self->statements[id], err);
        if (status)
            return status;
    }
    *out = self->statements[id];
    return sqlite3_stmt_busy(*out) ? prepare(self, id, out, err) : ATT_OK;
}

static void give(sqlite_store *self, statement_id id, sqlite3_stmt *statement)
{
    if (statement != self->statements[id]) {
        sqlite3_finalize(statement);
        return;
    }
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
}

// Runs a statement that has no rows to show.
static att_status run(
    sqlite_store *self, statement_id id, sqlite3_stmt *statement, const char *doing, att_error *err)
{
    const int code = sqlite3_step(statement);
    att_status status = ATT_OK;
    if (code != SQLITE_DONE && code != SQLITE_ROW)
        status = att_sqlite_fail(&self->sqlite, code, doing, err);
    give(self, id, statement);
    return status;
}

static att_status run_bare(sqlite_store *self, statement_id id, const char *doing, att_error *err)
{
    sqlite3_stmt *statement;
    const att_status status = take(self, id, &statement, err);
    return status ? status : run(self, id, statement, doing, err);
}

static att_status number(sqlite_store *self, statement_id id, uint64_t *out, att_error *err)
{
    *out = 0;
    sqlite3_stmt *statement;
    att_status status = take(self, id, &statement, err);
    if (status)
        return status;
    const int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *out = (uint64_t)sqlite3_column_int64(statement, 0);
    else if (code != SQLITE_DONE)
        status = att_sqlite_fail(&self->sqlite, code, "reading", err);
    give(self, id, statement);
    return status;
}

// An empty blob must not become NULL.
static void bind_blob(sqlite3_stmt *statement, int at, const void *data, size_t size)
{
    sqlite3_bind_blob64(statement, at, size ? data : "", size, SQLITE_STATIC);
}

static void bind_text(sqlite3_stmt *statement, int at, att_text text)
{
    sqlite3_bind_text64(
        statement, at, text.size ? text.data : "", text.size, SQLITE_STATIC, SQLITE_UTF8);
}

static att_text column_text(sqlite3_stmt *statement, int column)
{
    const char *data = (const char *)sqlite3_column_text(statement, column);
    return (att_text){data ? data : "", (size_t)sqlite3_column_bytes(statement, column)};
}

// --- Writing
// --------------------------------------------------------------------------------------------

static void rollback(att_store *store)
{
    sqlite_store *self = self_of(store);
    if (sqlite3_get_autocommit(self->sqlite.db)) // SQLite undid it by itself
        return;
    if (run_bare(self, S_ROLLBACK, "rolling back", NULL) != ATT_OK)
        att_logf(&store->host, ATT_LOG_WARNING, "store %s: rolling back: %s", self->sqlite.path,
            sqlite3_errmsg(self->sqlite.db));
}

static att_status begin(att_store *store, uint64_t *last_seq, att_error *err)
{
    sqlite_store *self = self_of(store);
    att_status status = run_bare(self, S_BEGIN, "taking the writer's place", err);
    if (status)
        return status;
    uint64_t schema = 0;
    status = number(self, S_SCHEMA, &schema, err);
    if (!status && schema != self->schema)
        status = ATT_FAIL(err, ATT_VERSION,
            "store %s: a newer attune brought it from schema %u to %u meanwhile: use that one",
            self->sqlite.path, self->schema, (unsigned)schema);
    if (!status)
        status = number(self, S_LAST, last_seq, err);
    if (status)
        rollback(store);
    return status;
}

static att_status append_one(
    sqlite_store *self, sqlite3_stmt *statement, const att_record *record, att_error *err)
{
    const size_t size = att_record_body_size(record);
    if (!ATT_VEC_RESERVE(&self->base.host, &self->buffer, size))
        return att_no_memory(err, size, "bytes of a record");
    att_record_body_encode(record, self->buffer.items);
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)record->seq);
    sqlite3_bind_int64(statement, 2, record->kind);
    if (record->user != ATT_NO_INDEX)
        sqlite3_bind_int64(statement, 3, record->user);
    else
        sqlite3_bind_null(statement, 3);
    sqlite3_bind_blob64(statement, 4, self->buffer.items, size, SQLITE_STATIC);
    const int code = sqlite3_step(statement);
    if (code != SQLITE_DONE)
        return att_sqlite_fail(&self->sqlite, code, "appending to the log", err);
    sqlite3_reset(statement);
    return ATT_OK;
}

static att_status append(att_store *store, const att_record *records, size_t count, att_error *err)
{
    sqlite_store *self = self_of(store);
    sqlite3_stmt *statement;
    att_status status = take(self, S_APPEND, &statement, err);
    if (status)
        return status;
    for (size_t i = 0; !status && i < count; i++)
        status = append_one(self, statement, &records[i], err);
    give(self, S_APPEND, statement);
    return status;
}

static att_status user_add(att_store *store, uint32_t index, att_text id, att_error *err)
{
    sqlite_store *self = self_of(store);
    sqlite3_stmt *statement;
    const att_status status = take(self, S_USER_ADD, &statement, err);
    if (status)
        return status;
    sqlite3_bind_int64(statement, 1, index);
    bind_text(statement, 2, id);
    return run(self, S_USER_ADD, statement, "adding a person", err);
}

// Nothing changed: the number belongs to an item of another name.
static att_status check_changed(sqlite_store *self, uint32_t index, att_text id, att_error *err)
{
    if (sqlite3_changes(self->sqlite.db) == 1)
        return ATT_OK;
    return ATT_FAIL(err, ATT_EXISTS, "store %s: item %u has another id than %.*s",
        self->sqlite.path, index, ATT_TEXT_ARGS(id));
}

static att_status item_name(sqlite_store *self, uint32_t index, att_text id, att_error *err)
{
    sqlite3_stmt *statement;
    att_status status = take(self, S_ITEM_NAME, &statement, err);
    if (status)
        return status;
    sqlite3_bind_int64(statement, 1, index);
    bind_text(statement, 2, id);
    status = run(self, S_ITEM_NAME, statement, "adding an item", err);
    return status ? status : check_changed(self, index, id, err);
}

static att_status item_put(
    att_store *store, uint32_t index, att_text id, const att_item *item, att_error *err)
{
    sqlite_store *self = self_of(store);
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
    status = take(self, S_ITEM_PUT, &statement, err);
    if (status)
        return status;
    sqlite3_bind_int64(statement, 1, index);
    bind_text(statement, 2, id);
    sqlite3_bind_int64(statement, 3, item->taken_down);
    bind_blob(statement, 4, self->buffer.items, size);
    status = run(self, S_ITEM_PUT, statement, "putting an item", err);
    return status ? status : check_changed(self, index, id, err);
}

static att_status taken_down(att_store *store, uint32_t index, bool down, att_error *err)
{
    sqlite_store *self = self_of(store);
    sqlite3_stmt *statement;
    att_status status = take(self, S_TAKEN_DOWN, &statement, err);
    if (status)
        return status;
    sqlite3_bind_int64(statement, 1, index);
    sqlite3_bind_int64(statement, 2, down);
    status = run(self, S_TAKEN_DOWN, statement, "taking an item down", err);
    if (!status && sqlite3_changes(self->sqlite.db) == 0)
        return ATT_FAIL(
            err, ATT_NOT_FOUND, "store %s: there is no item %u", self->sqlite.path, index);
    return status;
}

static att_status meta_put(
    att_store *store, const char *key, const void *value, size_t size, att_error *err)
{
    sqlite_store *self = self_of(store);
    sqlite3_stmt *statement;
    const att_status status = take(self, S_META_PUT, &statement, err);
    if (status)
        return status;
    bind_text(statement, 1, att_text_of(key));
    bind_blob(statement, 2, value, size);
    return run(self, S_META_PUT, statement, key, err);
}

static att_status asset_put(att_store *store, const att_asset_hash *hash, att_text media_type,
    const void *data, size_t size, att_error *err)
{
    sqlite_store *self = self_of(store);
    sqlite3_stmt *statement;
    const att_status status = take(self, S_ASSET_PUT, &statement, err);
    if (status)
        return status;
    bind_blob(statement, 1, hash->bytes, sizeof hash->bytes);
    bind_text(statement, 2, media_type);
    bind_blob(statement, 3, data, size);
    return run(self, S_ASSET_PUT, statement, "keeping an asset", err);
}

static att_status run_for_user(
    sqlite_store *self, statement_id id, uint32_t user, const char *doing, att_error *err)
{
    sqlite3_stmt *statement;
    const att_status status = take(self, id, &statement, err);
    if (status)
        return status;
    sqlite3_bind_int64(statement, 1, user);
    if (id != S_FORGET_USER)
        sqlite3_bind_int64(statement, 2, ATT_RECORD_FORGET);
    return run(self, id, statement, doing, err);
}

// First the bodies become zeros where they lie, then the rows go: deleting may move rows between
// pages, and what it leaves behind there are zeros. (secure_delete clears the freed bytes
// themselves.)
static att_status forget(att_store *store, uint32_t user, uint64_t *rows, att_error *err)
{
    sqlite_store *self = self_of(store);
    att_status status = run_for_user(self, S_FORGET_BLANK, user, "blanking a person's rows", err);
    if (!status)
        status = run_for_user(self, S_FORGET_ROWS, user, "deleting a person's rows", err);
    if (!status)
        *rows = (uint64_t)sqlite3_changes64(self->sqlite.db);
    if (!status)
        status = run_for_user(self, S_FORGET_USER, user, "blanking a person's id", err);
    if (!status && sqlite3_changes(self->sqlite.db) == 0)
        status = ATT_FAIL(
            err, ATT_NOT_FOUND, "store %s: there is no person %u", self->sqlite.path, user);
    return status;
}

// Older forms of the deleted rows lie in the write-ahead log until it is copied back and cut to
// nothing.
static void empty_wal(sqlite_store *self)
{
    const int code =
        sqlite3_wal_checkpoint_v2(self->sqlite.db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    self->wal_holds_forgotten = code != SQLITE_OK;
    if (code != SQLITE_OK)
        att_logf(&self->base.host, ATT_LOG_WARNING,
            "store %s: deleted rows leave the write-ahead log only when no other process reads "
            "(%s)",
            self->sqlite.path, sqlite3_errstr(code));
}

static att_status commit(att_store *store, bool forgot, att_error *err)
{
    sqlite_store *self = self_of(store);
    const att_status status = run_bare(self, S_COMMIT, "committing", err);
    if (status)
        rollback(store);
    else if (forgot || self->wal_holds_forgotten)
        empty_wal(self);
    return status;
}

// --- Reading
// --------------------------------------------------------------------------------------------

static att_status last_seq(att_store *store, uint64_t *out, att_error *err)
{
    return number(self_of(store), S_LAST, out, err);
}

static bool read_record(sqlite3_stmt *row, att_record *out, att_status *status, att_error *err)
{
    *out = (att_record){.seq = (uint64_t)sqlite3_column_int64(row, 0),
        .kind = (uint8_t)sqlite3_column_int(row, 1),
        .user = ATT_NO_INDEX};
    if (sqlite3_column_type(row, 2) != SQLITE_NULL)
        out->user = (uint32_t)sqlite3_column_int64(row, 2);
    const unsigned char *body = sqlite3_column_blob(row, 3);
    *status = att_record_body_decode(body, (size_t)sqlite3_column_bytes(row, 3), out, err);
    return *status == ATT_OK;
}

static att_status log_each(
    att_store *store, uint64_t from_seq, att_record_visitor *visit, void *user, att_error *err)
{
    sqlite_store *self = self_of(store);
    sqlite3_stmt *row;
    att_status status = take(self, S_LOG, &row, err);
    if (status)
        return status;
    sqlite3_bind_int64(row, 1, (sqlite3_int64)ATT_MIN(from_seq, (uint64_t)INT64_MAX));
    att_record record = {0};
    int code;
    while ((code = sqlite3_step(row)) == SQLITE_ROW)
        if (!read_record(row, &record, &status, err) || !visit(user, &record))
            break;
    if (status)
        status = att_while(err, status, "store %s: log record %llu", self->sqlite.path,
            (unsigned long long)record.seq);
    else if (code != SQLITE_ROW && code != SQLITE_DONE)
        status = att_sqlite_fail(&self->sqlite, code, "reading the log", err);
    give(self, S_LOG, row);
    return status;
}

static att_status users_each(
    att_store *store, uint32_t from_index, att_name_visitor *visit, void *user, att_error *err)
{
    sqlite_store *self = self_of(store);
    sqlite3_stmt *row;
    att_status status = take(self, S_USERS, &row, err);
    if (status)
        return status;
    sqlite3_bind_int64(row, 1, from_index);
    int code;
    while ((code = sqlite3_step(row)) == SQLITE_ROW)
        if (!visit(user, (uint32_t)sqlite3_column_int64(row, 0), column_text(row, 1)))
            break;
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        status = att_sqlite_fail(&self->sqlite, code, "reading people", err);
    give(self, S_USERS, row);
    return status;
}

// Shows one row; *more is what the visitor answered.
static att_status show_item(sqlite_store *self, sqlite3_stmt *row, att_item_visitor *visit,
    void *user, bool *more, att_error *err)
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
        body, (size_t)sqlite3_column_bytes(row, 3), &self->scratch, &item, err);
    if (!status)
        *more = visit(user, index, item.id, &item);
    else
        status = att_while(
            err, status, "store %s: item %.*s", self->sqlite.path, ATT_TEXT_ARGS(item.id));
    att_arena_rewind(&self->scratch, mark);
    return status;
}

static att_status items_each(att_store *store, uint32_t from_index, uint32_t to_index,
    att_item_visitor *visit, void *user, att_error *err)
{
    sqlite_store *self = self_of(store);
    sqlite3_stmt *row;
    att_status status = take(self, S_ITEMS, &row, err);
    if (status)
        return status;
    sqlite3_bind_int64(row, 1, from_index);
    sqlite3_bind_int64(row, 2, to_index);
    bool more = true;
    int code = SQLITE_ROW;
    while (!status && more && (code = sqlite3_step(row)) == SQLITE_ROW)
        status = show_item(self, row, visit, user, &more, err);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        status = att_sqlite_fail(&self->sqlite, code, "reading the catalogue", err);
    give(self, S_ITEMS, row);
    return status;
}

// Copies the first column of the one row.
static att_status copy_blob(sqlite_store *self, statement_id id, sqlite3_stmt *row,
    const char *what, att_bytes *out, att_error *err)
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
    give(self, id, row);
    return status;
}

static att_status meta_get(att_store *store, const char *key, att_bytes *out, att_error *err)
{
    sqlite_store *self = self_of(store);
    sqlite3_stmt *row;
    const att_status status = take(self, S_META_GET, &row, err);
    if (status)
        return status;
    bind_text(row, 1, att_text_of(key));
    return copy_blob(self, S_META_GET, row, key, out, err);
}

static att_status asset_get(
    att_store *store, const att_asset_hash *hash, att_bytes *out, att_error *err)
{
    sqlite_store *self = self_of(store);
    sqlite3_stmt *row;
    const att_status status = take(self, S_ASSET_GET, &row, err);
    if (status)
        return status;
    bind_blob(row, 1, hash->bytes, sizeof hash->bytes);
    return copy_blob(self, S_ASSET_GET, row, "such asset", out, err);
}

// --- Opening and closing
// --------------------------------------------------------------------------------

static void close_store(att_store *store)
{
    sqlite_store *self = self_of(store);
    if (self->wal_holds_forgotten)
        empty_wal(self);
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
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
    .meta_put = meta_put,
    .forget = forget,
    .asset_put = asset_put,
    .commit = commit,
    .rollback = rollback,
    .last_seq = last_seq,
    .log_each = log_each,
    .users_each = users_each,
    .items_each = items_each,
    .meta_get = meta_get,
    .asset_get = asset_get,
};

static att_status read_seed(sqlite_store *self, att_error *err)
{
    att_bytes bytes = {0};
    att_status status = meta_get(&self->base, "seed", &bytes, err);
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
static att_status settle_seed(sqlite_store *self, const att_store_options *options, att_error *err)
{
    att_status status = read_seed(self, err);
    if (status != ATT_NOT_FOUND || options->read_only)
        return status;
    status = run_bare(self, S_BEGIN, "taking the writer's place", err);
    if (status)
        return status;
    if (read_seed(self, err) == ATT_NOT_FOUND)
        status = meta_put(&self->base, "seed", &options->seed, sizeof options->seed, err);
    if (!status)
        status = run_bare(self, S_COMMIT, "keeping the seed", err);
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
    sqlite_store *self = ATT_NEW_ARRAY(host, sqlite_store, 1);
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
        return status;
    }
    *out = &self->base;
    return ATT_OK;
}
