// SPDX-License-Identifier: Apache-2.0
// The process that appends to the log of provenance is killed at random points: every entry that was acknowledged is there, in its
// place, with its person; the log verifies, and the next process goes on.
#include "check.h"

#include "attune/provenance.h"
#include "base/rng.h"

#include <fcntl.h>
#include <signal.h>
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

CHECK_MAIN(CHECK_CASE(what_was_acknowledged_outlives_its_process))
