// SPDX-License-Identifier: Apache-2.0
// A backup shows one moment of the store, whole or not at all, and writers do not notice.
#include "world.h"

#include <dirent.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static size_t files_named(const char *part)
{
    DIR *dir = opendir(check_folder());
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(dir));)
        count += strstr(entry->d_name, part) != NULL;
    closedir(dir);
    return count;
}

CHECK_TEST(a_copy_holds_all_that_was_committed)
{
    CHECK_BEGIN();
    att_error err;
    const char *path = check_path("a.attune"), *to = check_path("a.backup");
    att_store *store = world_open(path);
    world_fill(store, 30, 10, 30);
    uint64_t last, copied;
    CHECK_OK_ERR(att_store_begin(store, &last, &err), &err);
    world_decide(store, 0, 0); // not committed
    CHECK_OK_ERR(att_store_backup(path, to, NULL, &err), &err);
    att_store_close(store);
    CHECK_EQ(world_doctor(to, NULL), 0);
    att_store *copy = world_open(to);
    CHECK_OK_ERR(att_store_last_seq(copy, &copied, &err), &err);
    CHECK_EQ(copied, last);
    CHECK_EQ(att_store_seed(copy), 42);
    att_record record = world_event("next", 0, 0); // it is a store like any other
    world_append(copy, &record, 1);
    att_store_close(copy);
    CHECK_EQ(files_named(".tmp-"), 0);
}

CHECK_TEST(nothing_that_exists_is_overwritten)
{
    CHECK_BEGIN();
    att_error err;
    const char *path = check_path("b.attune"), *to = check_path("b.backup");
    att_store_close(world_open(path));
    check_write_file(to, "mine", 4);
    CHECK_FAILS(att_store_backup(path, to, NULL, &err), ATT_EXISTS);
    size_t size;
    char *file = check_read_file(to, &size);
    CHECK_STR(file, "mine");
    free(file);
    CHECK_FAILS(att_store_backup(check_path("absent"), check_path("x"), NULL, &err), ATT_NOT_FOUND);
    CHECK_FAILS(att_store_backup(path, check_path("no/such"), NULL, &err), ATT_NOT_FOUND);
}

static bool stop(void *user, const att_progress *progress)
{
    ++*(int *)user;
    CHECK(progress->done <= progress->total);
    return false;
}

CHECK_TEST(a_cancelled_or_failed_backup_leaves_nothing_behind)
{
    CHECK_BEGIN();
    att_error err;
    const char *path = check_path("c.attune"), *to = check_path("c.backup");
    att_store *store = world_open(path);
    static unsigned char big[1 << 20];
    att_record record = world_event("big", 0, 0);
    record.payload = big;
    record.payload_size = sizeof big;
    for (int i = 0; i < 10; i++) // more pages than one step copies
        world_append(store, &record, 1);
    att_store_close(store);
    int asked = 0;
    const att_host host = {.progress = stop, .user = &asked};
    CHECK_FAILS(att_store_backup(path, to, &host, &err), ATT_CANCELLED);
    CHECK_EQ(asked, 1);
    const pid_t child = fork();
    if (child == 0) {
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){100000, 100000});
        _exit(att_store_backup(path, to, NULL, &err) == ATT_FULL ? 0 : 1);
    }
    int result;
    waitpid(child, &result, 0);
    CHECK_EQ(result, 0);
    CHECK_EQ(files_named("c.backup"), 0);
    CHECK_OK_ERR(att_store_backup(path, to, NULL, &err), &err);
}

CHECK_TEST(backups_taken_while_another_process_writes_are_whole)
{
    CHECK_BEGIN();
    att_error err;
    char path[600]; // check_path keeps eight names at a time
    snprintf(path, sizeof path, "%s", check_path("d.attune"));
    att_store *store = world_open(path);
    world_fill(store, 30, 10, 100);
    att_store_close(store);
    const pid_t child = fork();
    if (child == 0) { // in pairs, so that half a transaction would show
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        store = world_open(path);
        for (;;) {
            att_record records[2] = {world_event("x", 0, 0), world_event("y", 0, 0)};
            records[0].kind = records[1].kind = ATT_RECORD_CONTROL;
            world_append(store, records, 2);
        }
    }
    for (int i = 0; i < 5; i++) {
        char to[620];
        snprintf(to, sizeof to, "%s-%d", path, i);
        CHECK_OK_ERR(att_store_backup(path, to, NULL, &err), &err);
        CHECK_EQ(world_doctor(to, NULL), 0);
        uint64_t last;
        store = world_open(to);
        CHECK_OK_ERR(att_store_last_seq(store, &last, &err), &err);
        CHECK_EQ(last % 2, 0); // 3030 to begin with
        att_store_close(store);
    }
    kill(child, SIGKILL);
    int result;
    waitpid(child, &result, 0);
    CHECK(WIFSIGNALED(result));
}

CHECK_MAIN(CHECK_CASE(a_copy_holds_all_that_was_committed),
    CHECK_CASE(nothing_that_exists_is_overwritten),
    CHECK_CASE(a_cancelled_or_failed_backup_leaves_nothing_behind),
    CHECK_CASE(backups_taken_while_another_process_writes_are_whole))
