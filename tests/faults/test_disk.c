// SPDX-License-Identifier: Apache-2.0
// What a disk does to a whole engine: it is full, it may not be written, somebody else holds the store, files beside it are
// cut or have flipped bits. Each time: a clear story, nothing lost, and the store works again when the cause is gone.
#include "../engine/scene.h"

#include "engine/internal.h"

#include <fcntl.h>
#include <sched.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static att_error err;

enum { LINES = 40000, FLIPS = 40 };

// --- A small file system of our own -------------------------------------------------------------------------------

static bool write_text(const char *path, const char *text)
{
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    const bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        close(fd);
    return good;
}

// This process gets a mount table of its own; as root at once, otherwise through a user namespace.
static bool own_mounts(void)
{
    static int can = -1;
    if (can >= 0)
        return can;
    char map[64];
    const unsigned uid = getuid(), gid = getgid();
    can = unshare(CLONE_NEWNS) == 0;
    if (!can && unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) {
        snprintf(map, sizeof map, "0 %u 1", uid);
        can = write_text("/proc/self/setgroups", "deny") && write_text("/proc/self/uid_map", map);
        snprintf(map, sizeof map, "0 %u 1", gid);
        can = can && write_text("/proc/self/gid_map", map);
    }
    can = can && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
    return can;
}

static bool mount_small(const char *folder, const char *options)
{
    return own_mounts() && mkdir(folder, 0755) == 0 && mount("attune-test", folder, "tmpfs", 0, options) == 0;
}

// --- What is asked again and again --------------------------------------------------------------------------------

static void see_nothing(void *user, att_finding_kind kind, const char *what, const char *advice)
{
    (void)user;
    (void)kind;
    (void)what;
    (void)advice;
}

static size_t damage_in(const char *path)
{
    size_t damage = 0;
    CHECK_OK_ERR(att_doctor(path, NULL, see_nothing, NULL, &damage, &err), &err);
    return damage;
}

static att_engine_info info_of(const char *path)
{
    att_engine *engine = scene_open(path, NULL);
    att_engine_info info;
    att_engine_info_get(engine, &info);
    att_engine_close(engine);
    return info;
}

static void write_lines(const char *path)
{
    FILE *file = fopen(path, "w");
    CHECK(file != NULL);
    for (int i = 0; i < LINES; i++)
        fprintf(file, "{\"id\":\"e%d\",\"user\":\"u%d\",\"item\":\"i%d\",\"signal\":\"complete\",\"at\":%lld}\n", i, i % 97,
            i % 101, (long long)(1700000000000 + i * 60000LL));
    CHECK_EQ(fclose(file), 0);
}

CHECK_TEST(a_full_disk_stops_an_import_with_its_name_and_space_lets_it_go_on)
{
    CHECK_BEGIN();
    char folder[400], store[512], lines[512];
    snprintf(folder, sizeof folder, "%s", check_path("small"));
    if (!mount_small(folder, "size=2m"))
        CHECK_SKIP("no file system may be mounted here");
    snprintf(store, sizeof store, "%s/full.attune", folder);
    snprintf(lines, sizeof lines, "%s", check_path("lines.ndjson"));
    write_lines(lines);
    const att_import_options options = {.batch = 500, .reject_path = check_path("rejects")};
    att_import_report report;
    att_engine *engine = scene_open(store, NULL);
    CHECK_FAILS(att_import(engine, lines, &options, &report, &err), ATT_FULL);
    CHECK_HOLDS(err.text, "full");
    const uint64_t kept = report.events;
    CHECK(kept > 0 && kept < LINES);
    // What was acknowledged is there, now and in a new process.
    att_engine_info info;
    att_engine_info_get(engine, &info);
    CHECK_EQ(info.events, kept);
    // A single event is refused too, and the engine goes on living.
    att_event event = scene_event(1, 1, ATT_SIGNAL_LIKE, SCENE_NOW);
    for (int i = 0; i < 20; i++) // perhaps a little room was left
        if (att_engine_event(engine, &event, NULL, &err) == ATT_FULL)
            break;
        else
            event.at_ms++;
    att_engine_info_get(engine, &info);
    const uint64_t with_singles = info.events;
    CHECK(with_singles >= kept && with_singles <= kept + 20);
    att_engine_close(engine);
    CHECK_EQ(mount(NULL, folder, NULL, MS_REMOUNT, "size=64m"), 0);
    CHECK_EQ(damage_in(store), 0);
    CHECK_EQ(info_of(store).events, with_singles);
    engine = scene_open(store, NULL);
    CHECK_OK_ERR(att_import(engine, lines, &options, &report, &err), &err);
    CHECK_EQ(report.resumed_at_line, kept);
    att_engine_close(engine);
    CHECK_EQ(info_of(store).events, LINES + with_singles - kept);
    CHECK_EQ(damage_in(store), 0);
    CHECK_EQ(umount(folder), 0);
}

CHECK_TEST(a_full_disk_stops_training_and_the_model_before_stays)
{
    CHECK_BEGIN();
    char folder[400], store[512], filler[512];
    snprintf(folder, sizeof folder, "%s", check_path("small-training"));
    if (!mount_small(folder, "size=16m"))
        CHECK_SKIP("no file system may be mounted here");
    snprintf(store, sizeof store, "%s/train.attune", folder);
    snprintf(filler, sizeof filler, "%s/filler", folder);
    att_engine *engine = scene_open(store, NULL);
    scene_fill(engine);
    scene_train(engine);
    static char block[4096];
    memset(block, 7, sizeof block);
    const int fd = open(filler, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    CHECK(fd >= 0);
    while (write(fd, block, sizeof block) > 0)
        ;
    close(fd);
    CHECK_FAILS(att_engine_train(engine, NULL, NULL, &err), ATT_FULL);
    CHECK_HOLDS(err.text, "No space left");
    att_engine_info info;
    att_engine_info_get(engine, &info);
    CHECK_EQ(info.model, 1);
    // Asking without a record needs no disk.
    att_slate_memory *memory = NULL;
    att_slate slate;
    att_request request = scene_request(3, 5);
    request.dry = true;
    CHECK_OK_ERR(att_slate_memory_create(&memory, NULL, &err), &err);
    CHECK_OK_ERR(att_engine_decide(engine, &request, memory, &slate, &err), &err);
    CHECK_EQ(slate.count, 5);
    att_slate_memory_destroy(memory);
    CHECK_EQ(unlink(filler), 0);
    scene_train(engine);
    att_engine_close(engine);
    CHECK(info_of(store).model >= 2);
    CHECK_EQ(damage_in(store), 0);
    CHECK_EQ(umount(folder), 0);
}

CHECK_TEST(a_disk_that_may_not_be_written_can_be_read_and_says_so)
{
    CHECK_BEGIN();
    char folder[400], store[512];
    snprintf(folder, sizeof folder, "%s", check_path("read-only"));
    if (!mount_small(folder, "size=32m"))
        CHECK_SKIP("no file system may be mounted here");
    snprintf(store, sizeof store, "%s/ro.attune", folder);
    att_engine *engine = scene_open(store, NULL);
    scene_fill(engine);
    scene_train(engine);
    att_engine_close(engine);
    CHECK_EQ(mount(NULL, folder, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    const att_open_options read_only = {.read_only = true}, writing = {.threads = 1};
    CHECK_FAILS(att_engine_open(&engine, store, &writing, NULL, &err), ATT_READ_ONLY);
    CHECK_OK_ERR(att_engine_open(&engine, store, &read_only, NULL, &err), &err);
    att_engine_info info;
    att_engine_info_get(engine, &info);
    CHECK_EQ(info.events, SCENE_PEOPLE * 24);
    CHECK_EQ(info.model, 1);
    const att_event event = scene_event(1, 1, ATT_SIGNAL_LIKE, SCENE_NOW);
    CHECK_FAILS(att_engine_event(engine, &event, NULL, &err), ATT_READ_ONLY);
    att_engine_close(engine);
    CHECK_EQ(mount(NULL, folder, NULL, MS_REMOUNT, NULL), 0);
    engine = scene_open(store, NULL);
    CHECK_OK_ERR(att_engine_event(engine, &event, NULL, &err), &err);
    att_engine_close(engine);
    CHECK_EQ(info_of(store).events, SCENE_PEOPLE * 24 + 1);
    CHECK_EQ(umount(folder), 0);
}

CHECK_TEST(a_locked_store_is_busy_for_writers_and_open_to_readers)
{
    CHECK_BEGIN();
    char store[512];
    snprintf(store, sizeof store, "%s", check_path("locked.attune"));
    att_engine *engine = scene_open(store, NULL);
    scene_fill(engine);
    sqlite3 *other;
    CHECK_EQ(sqlite3_open(store, &other), SQLITE_OK);
    CHECK_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    att_event event = scene_event(1, 1, ATT_SIGNAL_LIKE, SCENE_NOW);
    CHECK_FAILS(att_engine_event(engine, &event, NULL, &err), ATT_BUSY);
    CHECK_HOLDS(err.text, store);
    const att_open_options read_only = {.read_only = true};
    att_engine *reader;
    CHECK_OK_ERR(att_engine_open(&reader, store, &read_only, NULL, &err), &err);
    att_engine_close(reader);
    const att_open_options hasty = {.wait_ms = 30};
    att_engine *impatient;
    CHECK_OK_ERR(att_engine_open(&impatient, store, &hasty, NULL, &err), &err);
    CHECK_FAILS(att_engine_event(impatient, &event, NULL, &err), ATT_BUSY);
    CHECK_HOLDS(err.text, "within 30 ms");
    att_engine_close(impatient);
    CHECK_EQ(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    bool added = false;
    CHECK_OK_ERR(att_engine_event(engine, &event, &added, &err), &err);
    CHECK(added);
    sqlite3_close(other);
    att_engine_close(engine);
    CHECK_EQ(info_of(store).events, SCENE_PEOPLE * 24 + 1);
}

// --- Damaged files beside the store -----------------------------------------------------------------------------

typedef struct damaged_store {
    char path[512];
    uint8_t digest[16];
} damaged_store;

static void make_store(damaged_store *s, const char *name)
{
    snprintf(s->path, sizeof s->path, "%s", check_path(name));
    att_engine *engine = scene_open(s->path, NULL);
    scene_fill(engine);
    scene_train(engine);
    scene_train(engine);
    char fold[600];
    snprintf(fold, sizeof fold, "%s-fold", s->path);
    CHECK_OK_ERR(att_people_save(engine->people, fold, &err), &err);
    att_people_digest(engine->people, s->digest);
    att_engine_close(engine);
}

// The store opens, people are as they were, a slate comes; the model is the damaged one (then the flip did no harm) or
// the one before it (then the log told why, and the doctor sees it too).
static void check_lives(const damaged_store *s, const char *file, bool is_fold)
{
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    att_engine *engine = NULL;
    const att_open_options options = {.threads = 1, .read_only = true};
    CHECK_OK_ERR(att_engine_open(&engine, s->path, &options, &host, &err), &err);
    uint8_t digest[16];
    att_people_digest(engine->people, digest);
    CHECK(memcmp(digest, s->digest, sizeof digest) == 0);
    att_engine_info info;
    att_engine_info_get(engine, &info);
    att_slate_memory *memory = NULL;
    att_slate slate;
    att_request request = scene_request(3, 5);
    request.dry = true;
    CHECK_OK_ERR(att_slate_memory_create(&memory, &host, &err), &err);
    CHECK_OK_ERR(att_engine_decide(engine, &request, memory, &slate, &err), &err);
    CHECK_EQ(slate.count, 5);
    att_slate_memory_destroy(memory);
    att_engine_close(engine);
    CHECK_EQ(heap.bytes_live, 0);
    CHECK(info.model == 2 || info.model == 1);
    CHECK_EQ(info.model_in_force, 2);
    if (is_fold || strstr(file, ".index")) // an index is built again from its model
        CHECK_EQ(info.model, 2);
    if (info.model == 1) {
        CHECK_HOLDS(heap.last_log, "passed over");
        CHECK_HOLDS(heap.last_log, file);
        CHECK(damage_in(s->path) > 0);
    }
}

static void flip_and_cut(const damaged_store *s, const char *suffix, int flips, uint64_t seed)
{
    char file[700];
    snprintf(file, sizeof file, "%s%s", s->path, suffix);
    size_t size;
    char *good = check_read_file(file, &size), *bad = malloc(size);
    CHECK(bad != NULL);
    att_rng rng = att_rng_seed(seed);
    for (int i = 0; i < flips; i++) {
        memcpy(bad, good, size);
        bad[att_rng_below(&rng, size)] ^= (char)(1u << att_rng_below(&rng, 8));
        check_write_file(file, bad, size);
        check_lives(s, file, suffix[1] == 'f');
    }
    for (int i = 0; i < 4; i++) {
        check_write_file(file, good, i == 0 ? 0 : (size_t)att_rng_below(&rng, size));
        check_lives(s, file, suffix[1] == 'f');
    }
    check_write_file(file, good, size);
    free(bad);
    free(good);
    check_lives(s, file, suffix[1] == 'f');
    CHECK_EQ(damage_in(s->path), 0);
}

CHECK_TEST(flipped_and_cut_snapshots_are_passed_over_or_harmless)
{
    CHECK_BEGIN();
    damaged_store s;
    make_store(&s, "flips.attune");
    flip_and_cut(&s, "-models/00000002.model", FLIPS / 4, 1);
    flip_and_cut(&s, "-models/00000002.index", FLIPS / 4, 2);
    flip_and_cut(&s, "-models/00000002.context", FLIPS / 4, 3);
    flip_and_cut(&s, "-fold", FLIPS / 4, 4);
}

CHECK_TEST(a_cut_store_is_told_from_a_whole_one_and_its_copy_works)
{
    CHECK_BEGIN();
    damaged_store s;
    make_store(&s, "cut.attune");
    size_t size;
    char *good = check_read_file(s.path, &size);
    for (int part = 0; part < 4; part++) { // a quarter, a half, three quarters, all but the last page
        const size_t cut = part < 3 ? size / 4 * (size_t)(part + 1) : size - 4096;
        check_write_file(s.path, good, cut);
        CHECK(damage_in(s.path) > 0);
        att_engine *engine = NULL;
        const att_open_options options = {.read_only = true};
        const att_status status = att_engine_open(&engine, s.path, &options, NULL, &err);
        CHECK(status == ATT_OK || status == ATT_CORRUPT);
        if (status)
            CHECK_HOLDS(err.text, s.path);
        att_engine_close(engine);
    }
    check_write_file(s.path, good, size);
    free(good);
    CHECK_EQ(damage_in(s.path), 0);
    CHECK_EQ(info_of(s.path).events, SCENE_PEOPLE * 24);
}

CHECK_MAIN(CHECK_CASE(a_full_disk_stops_an_import_with_its_name_and_space_lets_it_go_on),
    CHECK_CASE(a_full_disk_stops_training_and_the_model_before_stays),
    CHECK_CASE(a_disk_that_may_not_be_written_can_be_read_and_says_so),
    CHECK_CASE(a_locked_store_is_busy_for_writers_and_open_to_readers),
    CHECK_CASE(flipped_and_cut_snapshots_are_passed_over_or_harmless),
    CHECK_CASE(a_cut_store_is_told_from_a_whole_one_and_its_copy_works))
