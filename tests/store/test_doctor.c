// SPDX-License-Identifier: Apache-2.0
// The doctor calls the sound sound, and names each damage that was put there.
#include "world.h"

#include <sqlite3.h>

CHECK_TEST(a_sound_store_has_no_findings_but_good_ones)
{
    CHECK_BEGIN();
    const char *path = check_path("sound.attune");
    att_store *store = world_open(path);
    world_fill(store, 10, 10, 5);
    uint64_t rows, last;
    att_asset_hash hash;
    CHECK_OK(att_store_begin(store, &last, NULL));
    CHECK_OK(att_store_asset_put(store, "cover", 5, ATT_LIT("image/png"), &hash, NULL));
    CHECK_OK(att_store_commit(store, NULL));
    world_forget(store, 3, &rows);
    world_findings findings;
    CHECK_EQ(world_doctor(path, &findings), 0); // also while it is open elsewhere
    CHECK_STR(findings.text, "");
    CHECK_EQ(findings.fine, 4);
    att_store_close(store);
    CHECK_EQ(world_doctor(path, &findings), 0);
}

static const struct {
    const char *damage, *story;
} damages[] = {
    {"INSERT INTO users VALUES(12, 'far')", "person 12 follows person 9"},
    {"INSERT INTO users VALUES(10, 'person-3-of-this-test')", "person 10 has the id of person 3"},
    {"UPDATE items SET id = 'item-2' WHERE idx = 4", "item 4 has the id of item 2"},
    {"UPDATE items SET id = '' WHERE idx = 4", "item 4 has no id"},
    {"UPDATE items SET body = x'0102' WHERE idx = 4", "item 4 (item-4): its body"},
    {"UPDATE items SET body = body || x'00' WHERE idx = 4", "1 bytes follow"},
    {"DELETE FROM items WHERE idx = 4", "item 5 follows item 3"},
    {"UPDATE log SET body = x'01' WHERE seq = 9", "log record 9: it has 1 bytes"},
    {"UPDATE log SET user = 50 WHERE seq = 9", "log record 9 names person 50, there are 10"},
    {"UPDATE log SET kind = 77 WHERE seq = 9", "log record 9 has unknown kind 77"},
    {"UPDATE log SET user = NULL WHERE seq = 9", "log record 9 is an event of nobody"},
    {"UPDATE log SET body = (SELECT body FROM log WHERE seq = 8) WHERE seq = 9",
        "log record 9 repeats the event id event-7-0-of-this-test"},
    {"UPDATE log SET body = substr(body, 1, 1) || x'ff' || substr(body, 3) WHERE seq = 9",
        "log record 9 has unknown signal 255"},
    {"UPDATE log SET body = substr(body, 1, 3) || x'00' || substr(body, 5) WHERE seq = 9",
        "log record 9 is an event without an id"},
    {"UPDATE log SET body = substr(body, 1, 11) || x'ff' || substr(body, 13) WHERE seq = 9",
        "log record 9 has a time outside"},
    {"UPDATE log SET body = substr(body, 1, 40) WHERE seq = 51", "log record 51 is not readable"},
    {"DELETE FROM log WHERE seq = 9", "1 log records are missing and nobody was forgotten"},
    {"INSERT INTO log SELECT 99, 8, 2, body FROM log WHERE seq = 1",
        "forgets person 2, of whom record 53 is still there"},
    {"INSERT INTO assets VALUES(x'00', 'a/b', x'01')", "asset 1 does not match its hash"},
    {"DELETE FROM meta WHERE key = 'seed'", "seed"},
};

CHECK_TEST(each_damage_is_named)
{
    CHECK_BEGIN();
    const char *sound = check_path("before.attune");
    att_store *store = world_open(sound);
    world_fill(store, 10, 10, 5);
    att_store_close(store);
    size_t size;
    char *file = check_read_file(sound, &size);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        const char *path = check_path("after.attune");
        check_write_file(path, file, size);
        sqlite3 *db;
        CHECK_EQ(sqlite3_open(path, &db), SQLITE_OK);
        CHECK_EQ(sqlite3_exec(db, damages[i].damage, NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(db);
        world_findings findings;
        CHECK(world_doctor(path, &findings) > 0);
        CHECK_HOLDS(findings.text, damages[i].story);
    }
    free(file);
}

CHECK_TEST(a_broken_page_is_found)
{
    CHECK_BEGIN();
    const char *path = check_path("page.attune");
    att_store *store = world_open(path);
    world_fill(store, 30, 10, 50);
    att_store_close(store);
    size_t size;
    char *file = check_read_file(path, &size);
    memset(file + size / 2, 0x5a, 3000);
    check_write_file(path, file, size);
    free(file);
    world_findings findings;
    CHECK(world_doctor(path, &findings) > 0);
    CHECK_HOLDS(findings.text, "backup");
}

CHECK_TEST(what_is_no_store_is_a_damage_and_what_is_not_there_is_not_found)
{
    CHECK_BEGIN();
    att_error err;
    size_t damage;
    world_findings findings;
    const char *path = check_path("text");
    check_write_file(path, "no store at all, just a few words of text", 41);
    CHECK_EQ(world_doctor(path, &findings), 1);
    CHECK_HOLDS(findings.text, "is not a store");
    CHECK_FAILS(att_store_doctor(check_path("absent"), NULL, world_sink, &findings, &damage, &err),
        ATT_NOT_FOUND);
}

CHECK_TEST(failed_allocations_are_told_and_leak_nothing)
{
    CHECK_BEGIN();
    const char *path = check_path("memory.attune");
    att_store *store = world_open(path);
    world_fill(store, 10, 10, 200);
    att_store_close(store);
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    att_status status = ATT_NO_MEMORY;
    uint64_t fail_at = 1;
    for (; status == ATT_NO_MEMORY; fail_at++) {
        CHECK(fail_at < 200);
        att_error err;
        size_t damage;
        world_findings findings = {0};
        heap.fail_at = fail_at;
        status = att_store_doctor(path, &host, world_sink, &findings, &damage, &err);
        CHECK_EQ(heap.bytes_live, 0);
    }
    CHECK_OK(status);
    CHECK(fail_at > 10);
}

CHECK_MAIN(CHECK_CASE(a_sound_store_has_no_findings_but_good_ones),
    CHECK_CASE(each_damage_is_named), CHECK_CASE(a_broken_page_is_found),
    CHECK_CASE(what_is_no_store_is_a_damage_and_what_is_not_there_is_not_found),
    CHECK_CASE(failed_allocations_are_told_and_leak_nothing))
