// SPDX-License-Identifier: Apache-2.0
// A copy of a store has all that lies beside it, or there is none: whatever fails, and wherever its process is killed.
#include "scene.h"

#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static att_error err;

// This program's own, which the linker takes before that of the C library: the sync with number `kill_at` is the last call.
static int kill_at; // 0: none

int fsync(int file)
{
    if (kill_at && --kill_at == 0)
        raise(SIGKILL);
    return (int)syscall(SYS_fdatasync, file);
}

static const char *const parts[] = {"", "-filter.txt", "-models/00000001.model", ATT_PROVENANCE_SUFFIX, ATT_PROVENANCE_SUFFIX "-people"};

static const char *part_of(const char *path, size_t i)
{
    static char name[700];
    snprintf(name, sizeof name, "%s%s", path, parts[i]);
    return name;
}

// Files and folders that begin like this one.
static int count_named(const char *path)
{
    const char *name = strrchr(path, '/') + 1;
    int count = 0;
    DIR *folder = opendir(check_folder());
    for (struct dirent *e; (e = readdir(folder));)
        count += strncmp(e->d_name, name, strlen(name)) == 0;
    closedir(folder);
    return count;
}

static void make_store(const char *path)
{
    att_engine *engine = scene_open(path, NULL);
    scene_fill(engine);
    scene_train(engine);
    const att_provenance_entry made = {.kind = ATT_PROVENANCE_OUTPUT, .subject = ATT_LIT("made-1"), .person = scene_user_id(3)};
    CHECK_OK_ERR(att_engine_provenance_append(engine, &made, 1, NULL, &err), &err);
    att_engine_close(engine);
    check_write_file(part_of(path, 1), "deny rude: blockhead\n", 21);
}

CHECK_TEST(what_fails_leaves_nothing_and_what_is_there_is_not_touched)
{
    CHECK_BEGIN();
    char path[512], to[512], file[600];
    size_t size;
    snprintf(path, sizeof path, "%s", check_path("source"));
    snprintf(to, sizeof to, "%s", check_path("goal"));
    make_store(path);
    snprintf(file, sizeof file, "%s%s", path, ATT_PROVENANCE_SUFFIX);
    char *bytes = check_read_file(file, &size);
    bytes[size - 40] ^= 1;
    check_write_file(file, bytes, size - 1); // the last thing that is copied
    CHECK_FAILS(att_backup(path, to, NULL, &err), ATT_CORRUPT);
    CHECK_EQ(count_named(to), 0);
    bytes[size - 40] ^= 1;
    check_write_file(file, bytes, size);
    free(bytes);
    CHECK_FAILS(att_backup(path, "/nowhere/goal", NULL, &err), ATT_NOT_FOUND);
    // A list that lies there already belongs to somebody.
    snprintf(file, sizeof file, "%s-filter.txt", to);
    check_write_file(file, "mine", 4);
    CHECK_FAILS(att_backup(path, to, NULL, &err), ATT_EXISTS);
    CHECK_HOLDS(err.text, "-filter.txt exists already");
    CHECK_EQ(count_named(to), 1);
    unlink(file);
    CHECK_OK_ERR(att_backup(path, to, NULL, &err), &err);
    for (size_t i = 0; i < ATT_COUNT_OF(parts); i++)
        CHECK_EQ(access(part_of(to, i), F_OK), 0);
    CHECK_EQ(count_named(to), 5); // and no temporary file
    CHECK_FAILS(att_backup(path, to, NULL, &err), ATT_EXISTS);
    CHECK_EQ(count_named(to), 5);
}

CHECK_TEST(a_process_that_is_killed_leaves_a_whole_copy_or_none)
{
    CHECK_BEGIN();
    char path[512], to[512];
    int points = 0, whole = 0;
    bool lived = false;
    snprintf(path, sizeof path, "%s", check_path("killed"));
    make_store(path);
    for (int at = 1; !lived; at++) {
        char name[32];
        snprintf(name, sizeof name, "copy-%d", at);
        snprintf(to, sizeof to, "%s", check_path(name));
        const pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            kill_at = at;
            _exit(att_backup(path, to, NULL, &err) ? 1 : 0);
        }
        int state;
        CHECK_EQ(waitpid(child, &state, 0), child);
        lived = !WIFSIGNALED(state);
        CHECK(!lived || WEXITSTATUS(state) == 0);
        points += !lived;
        if (access(to, F_OK) != 0)
            continue;
        whole++;
        for (size_t i = 0; i < ATT_COUNT_OF(parts); i++)
            CHECK_EQ(access(part_of(to, i), F_OK), 0);
    }
    CHECK(points >= 8);
    CHECK(whole >= 1 && whole <= 3);
}

CHECK_MAIN(CHECK_CASE(what_fails_leaves_nothing_and_what_is_there_is_not_touched), CHECK_CASE(a_process_that_is_killed_leaves_a_whole_copy_or_none))
