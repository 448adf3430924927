// SPDX-License-Identifier: Apache-2.0
// store/sqlite.h - what the files of the SQLite driver share: the store's own fields and its
// statements.
#ifndef ATT_STORE_SQLITE_H
#define ATT_STORE_SQLITE_H

#include "base/arena.h"
#include "store/connect.h"
#include "store/driver.h"

#define ATT_SQL_ROWS_8                                                                             \
    "(?,?,?,?),(?,?,?,?),(?,?,?,?),(?,?,?,?),(?,?,?,?),(?,?,?,?),(?,?,?,?),(?,?,?,?)"

// Columns: name, SQL.
#define ATT_SQL_LIST(X)                                                                            \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                    \
    X(COMMIT, "COMMIT")                                                                            \
    X(ROLLBACK, "ROLLBACK")                                                                        \
    X(SCHEMA, "PRAGMA user_version")                                                               \
    X(LAST, "SELECT seq FROM log ORDER BY seq DESC LIMIT 1")                                       \
    X(APPEND, "INSERT INTO log VALUES(?1, ?2, ?3, ?4)")                                            \
    X(APPEND_32, "INSERT OR FAIL INTO log VALUES" ATT_SQL_ROWS_8 "," ATT_SQL_ROWS_8                \
                 "," ATT_SQL_ROWS_8 "," ATT_SQL_ROWS_8)                                            \
    X(USER_ADD, "INSERT INTO users VALUES(?1, ?2)")                                                \
    X(ITEM_NAME, "INSERT INTO items(idx, id) VALUES(?1, ?2) ON CONFLICT(idx) DO UPDATE SET"        \
                 " id = excluded.id WHERE id = excluded.id")                                       \
    X(ITEM_PUT, "INSERT INTO items VALUES(?1, ?2, ?3, ?4) ON CONFLICT(idx) DO UPDATE SET"          \
                " taken_down = excluded.taken_down, body = excluded.body WHERE id = excluded.id")  \
    X(TAKEN_DOWN, "UPDATE items SET taken_down = ?2 WHERE idx = ?1")                               \
    X(ITEM_DROP, "UPDATE items SET taken_down = 0, body = NULL WHERE idx = ?1")                    \
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
    X(ASSET_DROP, "DELETE FROM assets WHERE hash = ?1")                                           \
    X(ASSET_GET, "SELECT data FROM assets WHERE hash = ?1")

typedef enum att_sql {
#define X(name, sql) ATT_SQL_##name,
    ATT_SQL_LIST(X)
#undef X
        ATT_SQL_COUNT
} att_sql;

typedef struct att_sqlite_store {
    att_store base;
    att_sqlite sqlite;
    sqlite3_stmt *statements[ATT_SQL_COUNT]; // each prepared when it is first used
    uint32_t schema;
    ATT_VEC(unsigned char) buffer; // bodies being written
    att_arena scratch;             // items being read
    bool wal_holds_forgotten;      // the checkpoint after a forget was not possible yet
} att_sqlite_store;

att_sqlite_store *att_sqlite_store_of(att_store *store);

// The statement, ready for binding; in use already (a visitor reads within a read): one of its own.
att_status att_sql_take(att_sqlite_store *self, att_sql id, sqlite3_stmt **out, att_error *err);
void att_sql_give(att_sqlite_store *self, att_sql id, sqlite3_stmt *statement);
// Runs a statement that has no rows to show, and gives it back.
att_status att_sql_run(
    att_sqlite_store *self, att_sql id, sqlite3_stmt *statement, const char *doing, att_error *err);
att_status att_sql_run_bare(att_sqlite_store *self, att_sql id, const char *doing, att_error *err);
// First column of the first row, 0 without one.
att_status att_sql_number(att_sqlite_store *self, att_sql id, uint64_t *out, att_error *err);
// Both borrow until the statement is given back.
void att_sql_bind_blob(sqlite3_stmt *statement, int at, const void *data, size_t size);
void att_sql_bind_text(sqlite3_stmt *statement, int at, att_text text);

// The reading half of the driver, in sqlite_read.c.
att_status att_sqlite_last_seq(att_store *store, uint64_t *out, att_error *err);
att_status att_sqlite_log_each(
    att_store *store, uint64_t from_seq, att_record_visitor *visit, void *user, att_error *err);
att_status att_sqlite_users_each(
    att_store *store, uint32_t from_index, att_name_visitor *visit, void *user, att_error *err);
att_status att_sqlite_items_each(att_store *store, uint32_t from_index, uint32_t to_index,
    att_item_visitor *visit, void *user, att_error *err);
att_status att_sqlite_meta_get(att_store *store, const char *key, att_bytes *out, att_error *err);
att_status att_sqlite_asset_get(
    att_store *store, const att_asset_hash *hash, att_bytes *out, att_error *err);
att_status att_sqlite_check(
    att_store *store, void (*tell)(void *user, const char *what), void *user, att_error *err);

#endif
