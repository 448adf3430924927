// SPDX-License-Identifier: Apache-2.0
// store/schema.c - the tables of a store and the steps between their versions.
//
// PRAGMA application_id says that it is ours, PRAGMA user_version which schema it has; both live in
// the first page and so belong to the transaction that changes the tables.
//
// No table has a secondary index: an import writes each only at its end, and a deleted person
// leaves no copy of an id in the inner pages of an index. That ids are unique is kept by the
// numbering, and checked by the doctor.
#include "store/schema.h"

#include <stdio.h>

static const char schema_1[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE log(seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, user INTEGER, body BLOB NOT "
    "NULL);"
    "CREATE TABLE users(idx INTEGER PRIMARY KEY, id TEXT);"
    "CREATE TABLE items(idx INTEGER PRIMARY KEY, id TEXT NOT NULL,"
    " taken_down INTEGER NOT NULL DEFAULT 0, body BLOB);"
    "CREATE TABLE assets(hash BLOB NOT NULL UNIQUE, media_type TEXT NOT NULL, data BLOB NOT NULL);";

static const att_schema_step steps[] = {
    {"log, people, catalogue, assets", schema_1},
};

const att_schema *att_schema_current(void)
{
    static const att_schema current = {steps, ATT_COUNT_OF(steps)};
    return &current;
}

typedef struct found {
    int64_t application, version, tables;
} found;

static att_status look(att_sqlite *sqlite, found *out, att_error *err)
{
    att_status status = att_sqlite_number(sqlite, "PRAGMA application_id", &out->application, err);
    if (!status)
        status = att_sqlite_number(sqlite, "PRAGMA user_version", &out->version, err);
    if (!status)
        status = att_sqlite_number(sqlite, "SELECT count(*) FROM sqlite_master", &out->tables, err);
    return status;
}

static bool is_empty(const found *it)
{
    return it->application == 0 && it->version == 0 && it->tables == 0;
}

// Whose file is it, and do we read it?
static att_status check(const att_sqlite *sqlite, const found *it, const att_schema *schema,
    const att_store_options *options, att_error *err)
{
    const char *path = sqlite->path;
    if (is_empty(it))
        return options->create
                   ? ATT_OK
                   : ATT_FAIL(err, ATT_NOT_FOUND,
                         "%s is an empty file; `attune init` makes a store of it", path);
    if (options->exclusive)
        return ATT_FAIL(err, ATT_EXISTS, "%s exists already", path);
    if (it->application != ATT_APPLICATION_ID)
        return ATT_FAIL(err, ATT_CORRUPT,
            "%s is not a store: it is an SQLite file of another program (application id 0x%08x)",
            path, (unsigned)it->application);
    if (it->version > schema->count || it->version < 0)
        return ATT_FAIL(err, ATT_VERSION,
            "store %s has schema %lld, this build reads up to %u: use a newer attune", path,
            (long long)it->version, schema->count);
    if (it->version < schema->count && options->read_only)
        return ATT_FAIL(err, ATT_VERSION,
            "store %s has the older schema %lld: open it once for writing to bring it to %u", path,
            (long long)it->version, schema->count);
    return ATT_OK;
}

// Changing the journal's mode does not wait for others by itself.
static att_status use_wal(att_sqlite *sqlite, att_error *err)
{
    const int step_ms = 5;
    int code = SQLITE_BUSY;
    for (int waited = 0; (code & 0xff) == SQLITE_BUSY && waited <= sqlite->busy_timeout_ms;
         waited += step_ms) {
        if (waited)
            sqlite3_sleep(step_ms);
        code = sqlite3_exec(sqlite->db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
    }
    if (code != SQLITE_OK)
        return att_sqlite_fail(sqlite, code, "switching to a write-ahead log", err);
    int64_t is_wal;
    const att_status status = att_sqlite_number(
        sqlite, "SELECT journal_mode='wal' FROM pragma_journal_mode", &is_wal, err);
    if (!status && !is_wal)
        return ATT_FAIL(err, ATT_UNSUPPORTED,
            "store %s: its file system has no shared memory for a write-ahead log (a network "
            "drive?); "
            "move it to a local disk",
            sqlite->path);
    return status;
}

static att_status run_steps(
    att_sqlite *sqlite, const att_schema *schema, uint32_t version, att_error *err)
{
    for (uint32_t v = version; v < schema->count; v++) {
        const att_status status =
            att_sqlite_exec(sqlite, schema->steps[v].sql, schema->steps[v].what, err);
        if (status)
            return att_while(err, status, "bringing the schema from %u to %u", v, v + 1);
    }
    char sql[128];
    snprintf(sql, sizeof sql, "PRAGMA application_id=%d; PRAGMA user_version=%u",
        ATT_APPLICATION_ID, schema->count);
    return att_sqlite_exec(sqlite, sql, "marking the schema", err);
}

// Somebody else may have done it between our look and our turn: look again.
static att_status migrate(att_sqlite *sqlite, const att_schema *schema,
    const att_store_options *options, bool *made, att_error *err)
{
    att_status status =
        att_sqlite_exec(sqlite, "BEGIN IMMEDIATE", "taking the writer's place", err);
    if (status)
        return status;
    found it = {0};
    status = look(sqlite, &it, err);
    if (!status)
        status = check(sqlite, &it, schema, options, err);
    if (!status && it.version < schema->count) {
        status = run_steps(sqlite, schema, (uint32_t)it.version, err);
        *made = is_empty(&it);
    }
    if (!status)
        status = att_sqlite_exec(sqlite, "COMMIT", "keeping the new schema", err);
    if (status) {
        (void)sqlite3_exec(sqlite->db, "ROLLBACK", NULL, NULL, NULL);
        *made = false;
    } else if (!*made && it.version < schema->count)
        att_logf(sqlite->host, ATT_LOG_INFO, "store %s: schema %lld became %u", sqlite->path,
            (long long)it.version, schema->count);
    return status;
}

att_status att_schema_apply(att_sqlite *sqlite, const att_schema *schema,
    const att_store_options *options, bool *made, att_error *err)
{
    *made = false;
    found it = {0};
    att_status status = look(sqlite, &it, err);
    if (!status)
        status = check(sqlite, &it, schema, options, err);
    if (!status && is_empty(&it))
        status = att_sqlite_exec(sqlite, "PRAGMA page_size=8192", "setting it up", err);
    if (!status && !options->read_only)
        status = use_wal(sqlite, err);
    if (!status && it.version < schema->count)
        status = migrate(sqlite, schema, options, made, err);
    return status;
}
