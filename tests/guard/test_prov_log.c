// SPDX-License-Identifier: Apache-2.0
// What is appended reads back; what is acknowledged is never lost, what is not leaves nothing; people are forgotten and the tree
// stays; a card tells what was logged.
#include "check.h"

#include "base/arena.h"
#include "guard/prov_entry.h"
#include "guard/prov_file.h"

#include <pthread.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

static att_error err;

static att_hash hash_of(const char *text)
{
    att_hash hash;
    att_hash_of(text, strlen(text), &hash);
    return hash;
}

static att_provenance *open_log(const char *name, char path[512])
{
    att_provenance *log = NULL;
    const att_provenance_options options = {.create = true, .origin = "test/log"};
    snprintf(path, 512, "%s", check_path(name));
    CHECK_OK_ERR(att_provenance_open(&log, path, &options, NULL, &err), &err);
    return log;
}

static att_provenance_entry input(const char *item)
{
    return (att_provenance_entry){.kind = ATT_PROVENANCE_INPUT, .at_ms = 1700000000000, .subject = att_text_of(item), .medium = ATT_LIT("music"),
        .content = hash_of(item), .licence = ATT_LIT("CC-BY-4.0")};
}

typedef struct seen {
    uint64_t count, erased, known;
    char last_line[4096], person[64];
} seen;

static bool see(void *user, const att_provenance_entry *entry, att_text line)
{
    seen *s = user;
    CHECK_EQ(entry->index, s->count);
    s->count++;
    s->erased += entry->who == ATT_PROVENANCE_ERASED;
    s->known += entry->person.size > 0;
    snprintf(s->last_line, sizeof s->last_line, "%.*s", (int)line.size, line.data);
    if (entry->person.size)
        snprintf(s->person, sizeof s->person, "%.*s", (int)entry->person.size, entry->person.data);
    return true;
}

static bool never_seen(void *user, const att_provenance_entry *entry, att_text line)
{
    (void)user, (void)entry, (void)line;
    CHECK(false);
    return true;
}

CHECK_TEST(every_field_reads_back_and_the_line_is_the_leaf)
{
    CHECK_BEGIN();
    char path[512];
    uint64_t first = 99;
    seen s = {0};
    const att_hash parents[2] = {hash_of("a"), hash_of("b")};
    const att_provenance_learned learned = {.records = 12, .first_ms = 1, .last_ms = 2, .events = 3, .people = 4, .items = 5, .preferences = 6,
        .inputs = 7, .opted_out = 8, .inputs_root = hash_of("root")};
    const att_provenance_count counts[2] = {{ATT_LIT("CC-BY-4.0"), 4}, {ATT_LIT("none \"given\""), 3}};
    const att_provenance_entry model = {.kind = ATT_PROVENANCE_MODEL, .at_ms = 1700000000001, .subject = ATT_LIT("store/1"), .content = hash_of("file"),
        .learned = &learned, .counts = counts, .count_count = 2, .note = ATT_LIT("als\nd=64"), .seeded = true, .seed = UINT64_MAX};
    const att_provenance_entry output = {.kind = ATT_PROVENANCE_OUTPUT, .at_ms = 1700000000002, .subject = ATT_LIT("made-1"), .medium = ATT_LIT("music"),
        .content = hash_of("asset"), .model = ATT_LIT("store/1"), .brief = hash_of("brief"), .parents = parents, .parent_count = 2, .seeded = true, .seed = 0};
    att_provenance *log = open_log("fields", path);
    const att_provenance_entry three[3] = {input("m1"), model, output};
    CHECK_OK_ERR(att_provenance_append(log, three, 3, &first, &err), &err);
    CHECK_EQ(first, 0);
    att_provenance_close(log);
    CHECK_OK_ERR(att_provenance_each(path, NULL, 0, NULL, see, &s, &err), &err);
    CHECK_EQ(s.count, 3);
    CHECK_HOLDS(s.last_line, "{\"entry\":2,\"at\":1700000000002,\"kind\":\"output\",\"subject\":\"made-1\",\"medium\":\"music\",\"content\":\"");
    CHECK_HOLDS(s.last_line, "\"model\":\"store/1\",\"brief\":\"");
    CHECK_HOLDS(s.last_line, "],\"seed\":\"0\"}");
    // The same by hand: the leaf is SHA-256 of a zero byte and the line.
    att_provenance_proof proof;
    att_hash leaf;
    att_tree_leaf(s.last_line, strlen(s.last_line), &leaf);
    CHECK_OK_ERR(att_provenance_prove(path, 2, 0, NULL, &proof, &err), &err);
    CHECK(att_hash_equal(&leaf, &proof.leaf));
    CHECK_OK(att_provenance_proof_check(&proof, NULL));
    proof.root.bytes[3] ^= 1;
    CHECK_FAILS(att_provenance_proof_check(&proof, NULL), ATT_INVALID);
    CHECK_OK(att_provenance_prove_consistency(path, 1, 3, NULL, &proof, NULL));
    CHECK_OK(att_provenance_proof_check(&proof, NULL));
    CHECK_FAILS(att_provenance_prove(path, 3, 0, NULL, &proof, &err), ATT_NOT_FOUND);
    CHECK_FAILS(att_provenance_prove_consistency(path, 0, 3, NULL, &proof, &err), ATT_INVALID);
    CHECK_FAILS(att_provenance_prove_consistency(path, 2, 4, NULL, &proof, &err), ATT_NOT_FOUND);
}

CHECK_TEST(a_line_in_another_form_is_refused)
{
    CHECK_BEGIN();
    static const char *const wrong[] = {"", "{}", "[]", "{\"entry\":0,\"at\":1,\"kind\":\"input\"}", "{\"entry\":0,\"at\":1,\"kind\":\"gift\",\"subject\":\"x\"}",
        "{\"entry\":0, \"at\":1,\"kind\":\"input\",\"subject\":\"x\"}", "{\"at\":1,\"entry\":0,\"kind\":\"input\",\"subject\":\"x\"}",
        "{\"entry\":0,\"at\":1,\"kind\":\"input\",\"subject\":\"x\",\"more\":1}", "{\"entry\":0,\"at\":-1,\"kind\":\"input\",\"subject\":\"x\"}",
        "{\"entry\":0,\"at\":1,\"kind\":\"input\",\"subject\":\"x\",\"content\":\"AB\"}", "{\"entry\":0,\"at\":1,\"kind\":\"output\",\"subject\":\"x\",\"seed\":\"01\"}",
        "{\"entry\":0,\"at\":1,\"kind\":\"output\",\"subject\":\"x\",\"parents\":[]}", "{\"entry\":0,\"at\":1,\"kind\":\"model\",\"subject\":\"x\",\"learned\":{}}"};
    const att_host host = att_host_default();
    att_arena arena;
    att_provenance_entry entry;
    att_arena_init(&arena, &host, 0);
    CHECK_OK_ERR(att_prov_entry_read(ATT_LIT("{\"entry\":0,\"at\":1,\"kind\":\"input\",\"subject\":\"x\"}"), &arena, &entry, &err), &err);
    for (size_t i = 0; i < ATT_COUNT_OF(wrong); i++) {
        err.text[0] = 0;
        CHECK_FAILS(att_prov_entry_read(att_text_of(wrong[i]), &arena, &entry, &err), ATT_CORRUPT);
        CHECK(err.text[0] != 0);
    }
    att_arena_deinit(&arena);
    char path[512], long_name[300];
    att_provenance *log = open_log("refused", path);
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = 0;
    const att_provenance_entry bad[2] = {input("m1"), input(long_name)};
    CHECK_FAILS(att_provenance_append(log, bad, 2, NULL, &err), ATT_LIMIT);
    CHECK_HOLDS(err.text, "entry 1 of 2: subject has 299 bytes");
    CHECK_OK(att_provenance_each(path, NULL, 0, NULL, never_seen, NULL, NULL)); // all or none
    att_provenance_close(log);
}

CHECK_TEST(what_was_not_acknowledged_is_cut_off_and_what_was_is_kept)
{
    CHECK_BEGIN();
    char path[512];
    att_provenance *log = open_log("torn", path);
    const att_provenance_entry a = input("a"), b = input("b");
    CHECK_OK(att_provenance_append(log, &a, 1, NULL, NULL));
    att_provenance_close(log);
    size_t size;
    char *before = check_read_file(path, &size);
    FILE *file = fopen(path, "ab"); // a process was killed here
    fwrite("half an entry", 1, 13, file);
    fclose(file);
    seen s = {0};
    CHECK_OK_ERR(att_provenance_each(path, NULL, 0, NULL, see, &s, &err), &err);
    CHECK_EQ(s.count, 1);
    log = open_log("torn", path);
    uint64_t first;
    CHECK_OK_ERR(att_provenance_append(log, &b, 1, &first, &err), &err);
    CHECK_EQ(first, 1);
    att_provenance_close(log);
    s = (seen){0};
    CHECK_OK_ERR(att_provenance_each(path, NULL, 0, NULL, see, &s, &err), &err);
    CHECK_EQ(s.count, 2);
    // Less than was acknowledged is damage, told as such, and nobody appends to it.
    check_write_file(path, before, size - 1);
    const att_provenance_options options = {0};
    CHECK_FAILS(att_provenance_open(&log, path, &options, NULL, &err), ATT_CORRUPT);
    CHECK_HOLDS(err.text, "the file ends after");
    free(before);
}

typedef struct writer {
    const char *path;
    int number;
} writer;
enum { WRITERS = 4, EACH = 25 };

static void *write_some(void *user)
{
    const writer *w = user;
    att_provenance *log = NULL;
    att_error story = {0};
    const att_provenance_options options = {.wait_ms = 60000};
    att_status status = att_provenance_open(&log, w->path, &options, NULL, &story);
    for (int i = 0; i < EACH && !status; i++) {
        char name[32];
        snprintf(name, sizeof name, "w%d-%d", w->number, i);
        const att_provenance_entry entry = input(name);
        status = att_provenance_append(log, &entry, 1, NULL, &story);
    }
    att_provenance_close(log);
    return status ? (void *)"failed" : NULL;
}

CHECK_TEST(several_writers_take_turns)
{
    CHECK_BEGIN();
    char path[512];
    att_provenance_close(open_log("turns", path));
    pthread_t threads[WRITERS];
    writer writers[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (writer){path, i};
        CHECK_EQ(pthread_create(&threads[i], NULL, write_some, &writers[i]), 0);
    }
    for (int i = 0; i < WRITERS; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        CHECK(failed == NULL);
    }
    att_provenance_verdict verdict;
    CHECK_OK_ERR(att_provenance_verify(path, NULL, NULL, NULL, NULL, &verdict, &err), &err);
    CHECK_EQ(verdict.entries, WRITERS * EACH);
    CHECK_EQ(verdict.faults, 0);
}

static att_provenance_entry made_for(const char *item, const char *person)
{
    return (att_provenance_entry){.kind = ATT_PROVENANCE_OUTPUT, .at_ms = 1700000000000, .subject = att_text_of(item), .content = hash_of(item),
        .model = ATT_LIT("store/1"), .person = att_text_of(person)};
}

CHECK_TEST(a_forgotten_person_is_nowhere_and_the_tree_stays)
{
    CHECK_BEGIN();
    char path[512], people[560], key[560];
    att_provenance *log = open_log("people", path);
    snprintf(people, sizeof people, "%s-people", path);
    snprintf(key, sizeof key, "%s-key", path);
    char public_key[ATT_PROVENANCE_KEY_TEXT_MAX], note[ATT_CHECKPOINT_SIZE_MAX];
    CHECK_OK(att_provenance_key_make(key, "test/log", public_key, NULL, NULL));
    const att_provenance_entry made[4] = {made_for("x1", "annabel"), made_for("x2", "bertram"), made_for("x3", "annabel"), input("m1")};
    CHECK_OK_ERR(att_provenance_append(log, made, 4, NULL, &err), &err);
    CHECK_OK_ERR(att_provenance_checkpoint(log, note, &err), &err);
    struct stat about;
    CHECK_EQ(stat(people, &about), 0);
    CHECK_EQ(about.st_mode & 0777, 0600);
    CHECK_EQ(stat(key, &about), 0);
    CHECK_EQ(about.st_mode & 0777, 0600);
    seen s = {0};
    CHECK_OK_ERR(att_provenance_each(path, people, 0, NULL, see, &s, &err), &err);
    CHECK_EQ(s.known, 3);
    size_t size;
    char *bytes = check_read_file(path, &size);
    CHECK(memmem(bytes, size, "annabel", 7) == NULL); // in the log stands no name
    free(bytes);
    bytes = check_read_file(people, &size);
    CHECK(memmem(bytes, size, "annabel", 7) != NULL);
    free(bytes);

    uint64_t entries;
    CHECK_FAILS(att_provenance_forget(log, ATT_LIT("nobody"), &entries, &err), ATT_NOT_FOUND);
    CHECK_OK_ERR(att_provenance_forget(log, ATT_LIT("annabel"), &entries, &err), &err);
    CHECK_EQ(entries, 2);
    bytes = check_read_file(people, &size);
    CHECK(memmem(bytes, size, "annabel", 7) == NULL);
    CHECK(memmem(bytes, size, "bertram", 7) != NULL);
    free(bytes);
    s = (seen){0};
    CHECK_OK_ERR(att_provenance_each(path, people, 0, NULL, see, &s, &err), &err);
    CHECK_EQ(s.count, 5);
    CHECK_EQ(s.erased, 2);
    CHECK_EQ(s.known, 1);
    CHECK_STR(s.person, "bertram");
    CHECK_HOLDS(s.last_line, "\"kind\":\"erasure\"");
    CHECK_HOLDS(s.last_line, "2 entries");
    CHECK_FAILS(att_provenance_each_of(path, people, ATT_LIT("annabel"), NULL, never_seen, NULL, &err), ATT_NOT_FOUND);
    // Nothing of the tree changed: the checkpoint from before still holds.
    const char *const keys[] = {public_key}, *const notes[] = {note};
    const att_provenance_check check = {keys, 1, notes, 1};
    att_provenance_verdict verdict;
    CHECK_OK_ERR(att_provenance_verify(path, &check, NULL, NULL, NULL, &verdict, &err), &err);
    CHECK_EQ(verdict.faults, 0);
    CHECK_EQ(verdict.outside_checkpoints, 1);
    CHECK_EQ(verdict.covered, 4);
    // Who comes back is somebody new.
    const att_provenance_entry again = made_for("x4", "annabel");
    CHECK_OK_ERR(att_provenance_append(log, &again, 1, NULL, &err), &err);
    CHECK_OK_ERR(att_provenance_forget(log, ATT_LIT("annabel"), &entries, &err), &err);
    CHECK_EQ(entries, 1);
    att_provenance_close(log);
}

// A disk without power leaves what it wants behind the last sync: zeros, half a row, whole rows after a hole.
CHECK_TEST(keys_that_end_torn_are_healed_unless_an_entry_needs_them)
{
    CHECK_BEGIN();
    char path[512], people[560], junk[900];
    att_provenance *log = open_log("healed", path);
    snprintf(people, sizeof people, "%s-people", path);
    const att_provenance_entry made[2] = {made_for("x1", "annabel"), made_for("x2", "bertram")};
    CHECK_OK_ERR(att_provenance_append(log, made, 2, NULL, &err), &err);
    att_provenance_close(log);
    size_t size;
    char *bytes = check_read_file(people, &size);
    for (size_t more = 1; more < sizeof junk; more += 89) {
        for (int kind = 0; kind < 3; kind++) {
            memset(junk, kind == 1 ? 0xA5 : 0, sizeof junk);
            if (kind == 2) // a hole, then what belongs elsewhere
                memcpy(junk + more / 2, bytes + 8, ATT_MIN(more - more / 2, size - 8));
            check_write_file(people, bytes, size);
            FILE *file = fopen(people, "ab");
            fwrite(junk, 1, more, file);
            fclose(file);
            seen s = {0};
            CHECK_OK_ERR(att_provenance_each(path, people, 0, NULL, see, &s, &err), &err);
            CHECK_EQ(s.known, s.count);
            CHECK_OK_ERR(att_provenance_open(&log, path, NULL, NULL, &err), &err);
            CHECK_OK_ERR(att_provenance_append(log, made, 2, NULL, &err), &err);
            att_provenance_close(log);
            free(bytes);
            bytes = check_read_file(people, &size);
        }
    }
    // Any byte of what was acknowledged, and any length of it: the story names the row and an entry.
    for (size_t at = 8; at < size; at += 61) {
        bytes[at] ^= 1;
        check_write_file(people, bytes, size);
        bytes[at] ^= 1;
        CHECK_FAILS(att_provenance_each(path, people, 0, NULL, never_seen, NULL, &err), ATT_CORRUPT);
        CHECK_HOLDS(err.text, "is damaged, so that nothing tells whom entry ");
        CHECK_FAILS(att_provenance_open(&log, path, NULL, NULL, &err), ATT_CORRUPT);
        CHECK_HOLDS(err.text, "from a backup");
    }
    check_write_file(people, bytes, size - 1);
    CHECK_FAILS(att_provenance_open(&log, path, NULL, NULL, &err), ATT_CORRUPT);
    check_write_file(people, bytes, size);
    CHECK_OK_ERR(att_provenance_open(&log, path, NULL, NULL, &err), &err);
    att_provenance_close(log);
    free(bytes);
}

// Who has the log open, and the key in memory, does not go on using it.
CHECK_TEST(a_key_that_another_process_destroyed_is_not_used_again)
{
    CHECK_BEGIN();
    char path[512], people[560];
    seen s = {0};
    att_provenance *log = open_log("shared", path), *other = NULL;
    snprintf(people, sizeof people, "%s-people", path);
    const att_provenance_entry made = made_for("x1", "annabel");
    CHECK_OK_ERR(att_provenance_append(log, &made, 1, NULL, &err), &err);
    CHECK_OK_ERR(att_provenance_open(&other, path, NULL, NULL, &err), &err);
    CHECK_OK_ERR(att_provenance_forget(other, ATT_LIT("annabel"), NULL, &err), &err);
    att_provenance_close(other);
    CHECK_OK_ERR(att_provenance_append(log, &made, 1, NULL, &err), &err); // somebody new
    att_provenance_close(log);
    CHECK_OK_ERR(att_provenance_each(path, people, 0, NULL, see, &s, &err), &err);
    CHECK_EQ(s.count, 3);
    CHECK_EQ(s.erased, 1);
    CHECK_EQ(s.known, 1);
}

typedef struct page {
    char text[8192];
} page;
static bool add_line(void *user, att_text line)
{
    page *p = user;
    const size_t at = strlen(p->text);
    snprintf(p->text + at, sizeof p->text - at, "%.*s\n", (int)line.size, line.data);
    return true;
}

CHECK_TEST(a_card_tells_what_was_logged_and_what_was_not)
{
    CHECK_BEGIN();
    char path[512];
    page p = {""};
    att_provenance *log = open_log("card", path);
    const att_provenance_learned learned = {.records = 120, .first_ms = 1700000000000, .last_ms = 1700000600000, .events = 100, .people = 9, .items = 30,
        .preferences = 80, .inputs = 28, .opted_out = 2};
    const att_provenance_count counts[] = {{ATT_LIT("CC-BY-4.0"), 20}, {ATT_LIT("not given"), 8}};
    const att_provenance_entry entries[] = {
        {.kind = ATT_PROVENANCE_MODEL, .at_ms = 1700000700000, .subject = ATT_LIT("store/1"), .content = hash_of("f"), .learned = &learned, .counts = counts,
            .count_count = 2, .note = ATT_LIT("als d=64, NDCG@100 0.31")},
        {.kind = ATT_PROVENANCE_MODEL, .at_ms = 1700000700000, .subject = ATT_LIT("bare")}, made_for("x1", "annabel")};
    CHECK_OK_ERR(att_provenance_append(log, entries, 3, NULL, &err), &err);
    att_provenance_close(log);
    CHECK_OK_ERR(att_provenance_card(path, ATT_LIT("store/1"), NULL, add_line, &p, &err), &err);
    CHECK_HOLDS(p.text, "# Model card: store/1\n");
    CHECK_HOLDS(p.text, "- 80 preferences of 9 people for 30 items");
    CHECK_HOLDS(p.text, "2 more opt out of training and were left out");
    CHECK_HOLDS(p.text, "| CC-BY-4.0 | 20 |");
    CHECK_HOLDS(p.text, "als d=64, NDCG@100 0.31");
    CHECK_HOLDS(p.text, "1 outputs from 2023-11-14 22:13 UTC");
    CHECK(strstr(p.text, "annabel") == NULL);
    p.text[0] = 0;
    CHECK_OK_ERR(att_provenance_card(path, ATT_LIT("bare"), NULL, add_line, &p, &err), &err);
    CHECK_HOLDS(p.text, "not logged");
    CHECK_HOLDS(p.text, "Nothing was logged about its quality");
    CHECK_FAILS(att_provenance_card(path, ATT_LIT("other"), NULL, add_line, &p, &err), ATT_NOT_FOUND);
}

// An entry that cannot be read back would make the whole log unreadable.
CHECK_TEST(what_could_not_be_read_back_is_not_taken)
{
    CHECK_BEGIN();
    char path[512], wide[ATT_PROVENANCE_NOTE_SIZE_MAX];
    seen s = {0};
    att_provenance *log = open_log("taken", path);
    att_provenance_entry entry = input("m1");
    entry.licence = (att_text){"a\0b", 3};
    CHECK_FAILS(att_provenance_append(log, &entry, 1, NULL, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "licence has a zero byte");
    memset(wide, 0xFF, sizeof wide); // no UTF-8: three bytes for each in the line
    entry = input("m1");
    entry.note = (att_text){wide, sizeof wide};
    CHECK_FAILS(att_provenance_append(log, &entry, 1, NULL, &err), ATT_LIMIT);
    const att_provenance_count twice[2] = {{ATT_LIT("mine"), 1}, {ATT_LIT("mine"), 2}};
    entry = (att_provenance_entry){.kind = ATT_PROVENANCE_MODEL, .subject = ATT_LIT("store/1"), .counts = twice, .count_count = 2};
    CHECK_FAILS(att_provenance_append(log, &entry, 1, NULL, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "\"mine\" is there twice");
    entry = input("m1");
    entry.note = (att_text){wide, 100}; // a letter that was cut through does no harm
    CHECK_OK_ERR(att_provenance_append(log, &entry, 1, NULL, &err), &err);
    att_provenance_close(log);
    CHECK_OK_ERR(att_provenance_each(path, NULL, 0, NULL, see, &s, &err), &err);
    CHECK_EQ(s.count, 1);
}

CHECK_TEST(half_a_pair_of_keys_is_none)
{
    CHECK_BEGIN();
    char key[512], folder[520], text[ATT_PROVENANCE_KEY_TEXT_MAX];
    snprintf(key, sizeof key, "%s", check_path("half-key"));
    snprintf(folder, sizeof folder, "%s.pub", key);
    CHECK_EQ(mkdir(folder, 0700), 0); // so that the public key cannot be written
    CHECK(att_provenance_key_make(key, "test/key", text, NULL, &err) != ATT_OK);
    CHECK(access(key, F_OK) != 0);
    CHECK_EQ(rmdir(folder), 0);
    CHECK_OK_ERR(att_provenance_key_make(key, "test/key", text, NULL, &err), &err);
}

// A reader has a moment of the log, whole, however much is appended while it reads.
CHECK_TEST(what_is_appended_meanwhile_does_not_look_like_damage)
{
    CHECK_BEGIN();
    char path[512];
    att_prov_map map;
    att_prov_view view;
    att_provenance *log = open_log("moment", path);
    const att_provenance_entry entry = input("m1");
    CHECK_OK_ERR(att_provenance_append(log, &entry, 1, NULL, &err), &err);
    CHECK_OK_ERR(att_prov_map_file(&map, path, &err), &err);
    for (int i = 0; i < 2; i++)
        CHECK_OK_ERR(att_provenance_append(log, &entry, 1, NULL, &err), &err);
    const att_host host = att_host_complete(NULL);
    CHECK_OK_ERR(att_prov_view_init(&view, map.data, map.size, &host, &err), &err);
    CHECK_EQ(view.entries.count, 1);
    att_prov_view_deinit(&view);
    att_prov_unmap(&map);
    att_provenance_close(log);
}

CHECK_TEST(without_memory_nothing_is_half_done)
{
    CHECK_BEGIN();
    char path[512];
    att_provenance_close(open_log("memory", path));
    const att_provenance_entry made[3] = {made_for("x1", "annabel"), input("m1"), made_for("x2", "annabel")};
    uint64_t done = 0;
    for (uint64_t fail_at = 1; fail_at < 200; fail_at++) {
        check_heap heap = {.fail_at = fail_at, .now_ms = 1700000000000};
        const att_host host = check_host(&heap);
        att_provenance *log = NULL;
        att_status status = att_provenance_open(&log, path, NULL, &host, &err);
        if (!status)
            status = att_provenance_append(log, made, 3, NULL, &err);
        att_provenance_close(log);
        CHECK_EQ(heap.bytes_live, 0);
        CHECK(status == ATT_OK || status == ATT_NO_MEMORY);
        done += !status;
        att_provenance_verdict verdict;
        CHECK_OK_ERR(att_provenance_verify(path, NULL, NULL, NULL, NULL, &verdict, &err), &err);
        CHECK_EQ(verdict.entries, 3 * done);
        CHECK_EQ(verdict.faults, 0);
        if (done == 3)
            break;
    }
    CHECK_EQ(done, 3);
}

CHECK_MAIN(CHECK_CASE(every_field_reads_back_and_the_line_is_the_leaf), CHECK_CASE(a_line_in_another_form_is_refused),
    CHECK_CASE(what_was_not_acknowledged_is_cut_off_and_what_was_is_kept), CHECK_CASE(several_writers_take_turns),
    CHECK_CASE(a_forgotten_person_is_nowhere_and_the_tree_stays),
    CHECK_CASE(keys_that_end_torn_are_healed_unless_an_entry_needs_them), CHECK_CASE(a_key_that_another_process_destroyed_is_not_used_again),
    CHECK_CASE(a_card_tells_what_was_logged_and_what_was_not),
    CHECK_CASE(what_could_not_be_read_back_is_not_taken), CHECK_CASE(half_a_pair_of_keys_is_none),
    CHECK_CASE(what_is_appended_meanwhile_does_not_look_like_damage), CHECK_CASE(without_memory_nothing_is_half_done))
