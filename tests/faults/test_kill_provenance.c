// SPDX-License-Identifier: Apache-2.0
// The process that appends to the log of provenance is killed at random points: every entry that was acknowledged is there, in its
// place, with its person; the log verifies, and the next process goes on. One that forgets somebody is killed at every write, cut in
// half, and every sync: the erasure is done with its entry, or the next that opens the log finishes it.
#include "check.h"

#include "attune/provenance.h"
#include "base/rng.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { KILLS = 25 };
static att_error err;

// Appends ever on, several at a time, and tells each number that was acknowledged.
static void append_on(const char *path, int out)
{
    att_provenance *log = NULL;
    const att_provenance_options options = {.create = true};
    if (att_provenance_open(&log, path, &options, NULL, &err))
        _exit(1);
    for (;;) {
        att_provenance_entry batch[3];
        const att_text person = att_text_of("somebody");
        for (int i = 0; i < 3; i++)
            batch[i] = (att_provenance_entry){.kind = ATT_PROVENANCE_OUTPUT, .subject = att_text_of("made"), .person = i == 1 ? person : (att_text){0}};
        uint64_t first;
        if (att_provenance_append(log, batch, 3, &first, &err) || write(out, &first, sizeof first) != sizeof first)
            _exit(1);
    }
}

typedef struct told {
    uint64_t count, people;
} told;

static bool see(void *user, const att_provenance_entry *entry, att_text line)
{
    told *t = user;
    (void)line;
    t->people += att_text_equal(entry->person, att_text_of("somebody"));
    return entry->index == t->count++;
}

CHECK_TEST(what_was_acknowledged_outlives_its_process)
{
    CHECK_BEGIN();
    char path[512], people[560];
    snprintf(path, sizeof path, "%s", check_path("log"));
    snprintf(people, sizeof people, "%s-people", path);
    att_rng rng = att_rng_seed(5);
    uint64_t acknowledged = 0;
    for (int round = 0; round < KILLS; round++) {
        int ends[2];
        CHECK_EQ(pipe2(ends, O_CLOEXEC), 0);
        const pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0)
            append_on(path, ends[1]);
        close(ends[1]);
        uint64_t first;
        CHECK_EQ(read(ends[0], &first, sizeof first), sizeof first); // it is at work
        CHECK_EQ(first, acknowledged);
        acknowledged = first + 3;
        nanosleep(&(struct timespec){.tv_nsec = (long)att_rng_below(&rng, 12000000)}, NULL);
        kill(child, SIGKILL);
        int state;
        CHECK_EQ(waitpid(child, &state, 0), child);
        CHECK(WIFSIGNALED(state));
        while (read(ends[0], &first, sizeof first) == (ssize_t)sizeof first) {
            CHECK_EQ(first, acknowledged);
            acknowledged = first + 3;
        }
        close(ends[0]);
        att_provenance_verdict verdict;
        CHECK_OK_ERR(att_provenance_verify(path, NULL, NULL, NULL, NULL, &verdict, &err), &err);
        CHECK_EQ(verdict.faults, 0);
        // One batch may be on disk whose answer was not heard.
        CHECK(verdict.entries == acknowledged || verdict.entries == acknowledged + 3);
        told t = {0};
        CHECK_OK_ERR(att_provenance_each(path, people, 0, NULL, see, &t, &err), &err);
        CHECK_EQ(t.count, verdict.entries);
        CHECK_EQ(t.people, verdict.entries / 3);
        acknowledged = verdict.entries;
    }
    CHECK_NOTE("%llu entries over %d kills", (unsigned long long)acknowledged, KILLS);
}

// --- At every call that reaches the disk --------------------------------------------------------------------------------------

// This program's own, which the linker takes before those of the C library: the call with number `kill_at` is the last one.
static int kill_at; // 0: none
static bool unsynced; // the process dies here, not the machine: syncing would only take time

static void count_down(void)
{
    if (kill_at && --kill_at == 0)
        raise(SIGKILL);
}

ssize_t pwrite(int file, const void *data, size_t size, off_t offset)
{
    const bool one_sector = size == 64 && offset % 64 == 0; // a slot of the log's head: whole, or not at all
    if (kill_at == 1 && !one_sector) // half of it gets through
        syscall(SYS_pwrite64, file, data, size / 2, offset);
    count_down();
    return (ssize_t)syscall(SYS_pwrite64, file, data, size, offset);
}

int fdatasync(int file)
{
    count_down();
    return unsynced ? 0 : (int)syscall(SYS_fdatasync, file);
}

int fsync(int file)
{
    return fdatasync(file);
}

int ftruncate(int file, off_t size)
{
    count_down();
    return (int)syscall(SYS_ftruncate, file, size);
}

typedef bool deed(att_provenance *log); // whether it went well

// Opens the log and does it, in a process of its own. False: it was killed at call `at`.
static bool lives_through(const char *path, deed *does, int at)
{
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        att_provenance *log = NULL;
        kill_at = at;
        const bool good = !att_provenance_open(&log, path, NULL, NULL, &err) && (!does || does(log));
        _exit(good ? 0 : 1);
    }
    int state;
    CHECK_EQ(waitpid(child, &state, 0), child);
    CHECK(WIFSIGNALED(state) || WEXITSTATUS(state) == 0);
    return !WIFSIGNALED(state);
}

static att_provenance_entry about(const char *person)
{
    return (att_provenance_entry){.kind = ATT_PROVENANCE_OUTPUT, .subject = ATT_LIT("made"), .person = att_text_of(person)};
}

static void begin(const char *path)
{
    char people[560];
    att_provenance *log = NULL;
    const att_provenance_options options = {.create = true};
    const att_provenance_entry entries[4] = {about("annabel"), about("bertram"), about("annabel"), about("annabel")};
    snprintf(people, sizeof people, "%s-people", path);
    unlink(path), unlink(people);
    CHECK_OK_ERR(att_provenance_open(&log, path, &options, NULL, &err), &err);
    CHECK_OK_ERR(att_provenance_append(log, entries, 4, NULL, &err), &err);
    att_provenance_close(log);
}

typedef struct counts {
    int annabel, bertram, erased, erasures, count;
    char note[96];
} counts;

static bool count_entry(void *user, const att_provenance_entry *entry, att_text line)
{
    counts *c = user;
    (void)line;
    c->count++;
    c->annabel += att_text_equal(entry->person, ATT_LIT("annabel"));
    c->bertram += att_text_equal(entry->person, ATT_LIT("bertram"));
    c->erased += entry->who == ATT_PROVENANCE_ERASED;
    c->erasures += entry->kind == ATT_PROVENANCE_ERASURE;
    if (entry->kind == ATT_PROVENANCE_ERASURE)
        snprintf(c->note, sizeof c->note, "%.*s", ATT_TEXT_ARGS(entry->note));
    return true;
}

static counts look(const char *path)
{
    counts c = {0};
    char people[560];
    att_provenance_verdict verdict;
    snprintf(people, sizeof people, "%s-people", path);
    CHECK_OK_ERR(att_provenance_verify(path, NULL, NULL, NULL, NULL, &verdict, &err), &err);
    CHECK_EQ(verdict.faults, 0);
    CHECK_OK_ERR(att_provenance_each(path, people, 0, NULL, count_entry, &c, &err), &err);
    CHECK_EQ(c.bertram, 1); // whatever happens to others
    return c;
}

static void check_erased(const char *path)
{
    char people[560];
    size_t size;
    const counts c = look(path);
    CHECK_EQ(c.count, 5);
    CHECK_EQ(c.erasures, 1);
    CHECK_EQ(c.erased, 3);
    CHECK_STR(c.note, "the keys of 3 entries about one person were destroyed");
    snprintf(people, sizeof people, "%s-people", path);
    char *bytes = check_read_file(people, &size);
    CHECK(memmem(bytes, size, "annabel", 7) == NULL);
    CHECK_EQ(size, 8 + 2 * (64 + 7) + 4 * 64); // nothing is left that says what was going on
    free(bytes);
}

static bool forget_annabel(att_provenance *log)
{
    return att_provenance_forget(log, ATT_LIT("annabel"), NULL, &err) == ATT_OK;
}

CHECK_TEST(an_erasure_is_whole_or_is_finished_at_the_next_open)
{
    CHECK_BEGIN();
    char path[512];
    int points = 0, kills = 0;
    bool lived = false, said = false;
    unsynced = true;
    snprintf(path, sizeof path, "%s", check_path("erasing"));
    for (int at = 1; !lived; at++) {
        for (int again_at = 1, whole = 0; !whole; again_at++) { // and who finishes it is killed too
            begin(path);
            lived = lives_through(path, forget_annabel, at);
            (void)look(path); // can be read in any state
            whole = lives_through(path, NULL, again_at);
            kills += !whole;
            if (!whole)
                CHECK(lives_through(path, NULL, 0));
            const counts c = look(path);
            said |= c.erasures > 0;
            if (lived || said) // once it was said, it is done
                check_erased(path);
            else
                CHECK_EQ(c.annabel, 3); // nothing was begun
        }
        points += !lived;
    }
    CHECK(points >= 12);
    CHECK(kills >= 40);
    CHECK_NOTE("%d points, %d more while it was finished", points, kills);
}

static bool append_three(att_provenance *log)
{
    const att_provenance_entry entries[3] = {about("caroline"), about("annabel"), about("dorothea")};
    return att_provenance_append(log, entries, 3, NULL, &err) == ATT_OK;
}

CHECK_TEST(a_write_that_was_cut_off_costs_nobody_anything)
{
    CHECK_BEGIN();
    char path[512];
    unsynced = true;
    snprintf(path, sizeof path, "%s", check_path("cut"));
    bool lived = false;
    int points = 0;
    for (int at = 1; !lived; at++) {
        begin(path);
        lived = lives_through(path, append_three, at);
        const counts before = look(path);
        CHECK(before.count == 7 || (!lived && before.count == 4)); // all or none
        CHECK_EQ(before.annabel, before.count == 7 ? 4 : 3);
        CHECK(lives_through(path, append_three, 0));
        const counts after = look(path);
        CHECK_EQ(after.count, before.count + 3);
        CHECK_EQ(after.annabel, before.annabel + 1);
        points += !lived;
    }
    CHECK(points >= 12);
}

CHECK_MAIN(CHECK_CASE(what_was_acknowledged_outlives_its_process), CHECK_CASE(an_erasure_is_whole_or_is_finished_at_the_next_open),
    CHECK_CASE(a_write_that_was_cut_off_costs_nobody_anything))
