// SPDX-License-Identifier: Apache-2.0
// Schemas only go forward, whole steps at a time, and never over what another program wrote.
#include "check.h"

#include "store/schema.h"

static const att_store_options writing = {.create = true, .busy_timeout_ms = 1000};
static const att_store_options reading = {.read_only = true, .busy_timeout_ms = 1000};

// Three versions of a small world: a name; the name split in two; and a step that fails after it
// began.
static const att_schema_step steps[] = {
    {"one table", "CREATE TABLE people(name TEXT); INSERT INTO people VALUES('Ada Lovelace')"},
    {"first and last names", "ALTER TABLE people ADD COLUMN last TEXT;"
                             "UPDATE people SET last = substr(name, instr(name, ' ') + 1),"
                             " name = substr(name, 1, instr(name, ' ') - 1)"},
    {"broken", "UPDATE people SET name = 'lost'; SELECT * FROM no_such_table"},
};

static att_status apply(
    const char *path, uint32_t count, const att_store_options *options, bool *made, att_error *err)
{
    const att_host host = att_host_default();
    const att_schema schema = {steps, count};
    att_sqlite sqlite;
    att_status status = att_sqlite_open(&sqlite, path, options, &host, err);
    if (status)
        return status;
    status = att_schema_apply(&sqlite, &schema, options, made, err);
    att_sqlite_close(&sqlite);
    return status;
}

static int64_t ask(const char *path, const char *sql)
{
    const att_host host = att_host_default();
    att_error err;
    att_sqlite sqlite;
    int64_t answer = -1;
    CHECK_OK_ERR(att_sqlite_open(&sqlite, path, &writing, &host, &err), &err);
    CHECK_OK_ERR(att_sqlite_number(&sqlite, sql, &answer, &err), &err);
    att_sqlite_close(&sqlite);
    return answer;
}

CHECK_TEST(an_empty_file_takes_every_step)
{
    CHECK_BEGIN();
    att_error err;
    bool made;
    const char *path = check_path("fresh.attune");
    CHECK_OK_ERR(apply(path, 2, &writing, &made, &err), &err);
    CHECK(made);
    CHECK_EQ(ask(path, "PRAGMA user_version"), 2);
    CHECK_EQ(ask(path, "PRAGMA application_id"), ATT_APPLICATION_ID);
    CHECK_EQ(ask(path, "SELECT last = 'Lovelace' FROM people"), 1);
    CHECK_OK_ERR(apply(path, 2, &writing, &made, &err), &err);
    CHECK(!made);
    CHECK_EQ(ask(path, "SELECT count(*) FROM people"), 1); // nothing ran twice
}

CHECK_TEST(an_older_store_is_brought_forward_with_its_data)
{
    CHECK_BEGIN();
    att_error err;
    bool made;
    const char *path = check_path("older.attune");
    CHECK_OK_ERR(apply(path, 1, &writing, &made, &err), &err);
    CHECK_EQ(ask(path, "SELECT name = 'Ada Lovelace' FROM people"), 1);
    CHECK_FAILS(apply(path, 2, &reading, &made, &err), ATT_VERSION);
    CHECK_HOLDS(err.text, "older schema 1: open it once for writing");
    CHECK_OK_ERR(apply(path, 2, &writing, &made, &err), &err);
    CHECK(!made);
    CHECK_EQ(ask(path, "PRAGMA user_version"), 2);
    CHECK_EQ(ask(path, "SELECT name = 'Ada' AND last = 'Lovelace' FROM people"), 1);
    CHECK_OK_ERR(apply(path, 2, &reading, &made, &err), &err);
}

CHECK_TEST(a_step_that_fails_leaves_the_schema_before_it)
{
    CHECK_BEGIN();
    att_error err;
    bool made;
    const char *path = check_path("broken.attune");
    CHECK_OK_ERR(apply(path, 1, &writing, &made, &err), &err);
    CHECK(apply(path, 3, &writing, &made, &err) != ATT_OK);
    CHECK_HOLDS(err.text, "bringing the schema from 2 to 3");
    CHECK_EQ(ask(path, "PRAGMA user_version"), 1);
    CHECK_EQ(ask(path, "SELECT name = 'Ada Lovelace' FROM people"), 1);
    CHECK_EQ(ask(path, "SELECT count(*) FROM pragma_table_info('people')"), 1);
}

CHECK_TEST(a_newer_schema_is_refused_with_what_to_do)
{
    CHECK_BEGIN();
    att_error err;
    bool made;
    const char *path = check_path("newer.attune");
    CHECK_OK_ERR(apply(path, 1, &writing, &made, &err), &err);
    ask(path, "PRAGMA user_version=9");
    CHECK_FAILS(apply(path, 1, &writing, &made, &err), ATT_VERSION);
    CHECK_HOLDS(err.text, "has schema 9, this build reads up to 1: use a newer attune");
    att_store *store;
    CHECK_FAILS(att_store_open(&store, path, NULL, NULL, &err), ATT_VERSION);
    CHECK_HOLDS(err.text, path);
    CHECK(store == NULL);
    CHECK_EQ(ask(path, "PRAGMA user_version"), 9);
}

CHECK_TEST(other_peoples_files_are_left_alone)
{
    CHECK_BEGIN();
    att_error err;
    bool made;
    const char *path = check_path("theirs.db");
    ask(path, "PRAGMA application_id=77");
    CHECK_FAILS(apply(path, 1, &writing, &made, &err), ATT_CORRUPT);
    CHECK_HOLDS(err.text, "another program (application id 0x0000004d)");
    char text[4096];
    memset(text, 'x', sizeof text);
    path = check_path("notes.txt");
    check_write_file(path, text, sizeof text);
    CHECK_FAILS(apply(path, 1, &writing, &made, &err), ATT_CORRUPT);
    CHECK_HOLDS(err.text, "is not a store");
    CHECK_FAILS(apply(path, 1, &reading, &made, &err), ATT_CORRUPT);
    size_t size;
    char *after = check_read_file(path, &size);
    CHECK(size == sizeof text && memcmp(after, text, size) == 0);
    free(after);
    CHECK_FAILS(apply(check_folder(), 1, &writing, &made, &err), ATT_CORRUPT);
}

CHECK_TEST(what_is_not_there_is_made_only_when_asked)
{
    CHECK_BEGIN();
    att_error err;
    att_store *store;
    const char *path = check_path("absent.attune");
    CHECK_FAILS(att_store_open(&store, path, NULL, NULL, &err), ATT_NOT_FOUND);
    CHECK_HOLDS(err.text, "attune init");
    check_write_file(path, "", 0);
    CHECK_FAILS(att_store_open(&store, path, NULL, NULL, &err), ATT_NOT_FOUND);
    const att_store_options exclusive = {.create = true, .exclusive = true};
    CHECK_OK_ERR(att_store_open(&store, path, &exclusive, NULL, &err),
        &err); // empty is as good as not there
    att_store_close(store);
    CHECK_FAILS(att_store_open(&store, path, &exclusive, NULL, &err), ATT_EXISTS);
    check_write_file(check_path("text"), "some text", 9);
    CHECK_FAILS(att_store_open(&store, check_path("text"), &exclusive, NULL, &err), ATT_EXISTS);
    CHECK_FAILS(att_store_open(&store, "", &exclusive, NULL, &err), ATT_INVALID);
    CHECK_FAILS(
        att_store_open(&store, check_path("no/such"), &exclusive, NULL, &err), ATT_NOT_FOUND);
}

CHECK_MAIN(CHECK_CASE(an_empty_file_takes_every_step),
    CHECK_CASE(an_older_store_is_brought_forward_with_its_data),
    CHECK_CASE(a_step_that_fails_leaves_the_schema_before_it),
    CHECK_CASE(a_newer_schema_is_refused_with_what_to_do),
    CHECK_CASE(other_peoples_files_are_left_alone),
    CHECK_CASE(what_is_not_there_is_made_only_when_asked))
