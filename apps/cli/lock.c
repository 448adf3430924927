// SPDX-License-Identifier: Apache-2.0
// apps/cli/lock.c - flock on a file beside the one that is changed, since that one is replaced whole.
//
// Who gives the lock back removes its file while still holding it; so who gets a lock looks whether the file it is on is the one that
// has the name, and begins anew when it is not. A process that is killed leaves the file, and no lock.
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { STEP_MS = 50 };

static bool still_has_its_name(const cli_lock *lock)
{
    struct stat held, named;
    return fstat(lock->file, &held) == 0 && stat(lock->path, &named) == 0 && held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

static int tell(const cli *c, const cli_lock *lock)
{
    const int why = errno;
    fprintf(stderr, "attune %s: locking %s: %s\n", c->command->name, lock->path, strerror(why));
    return why == ENOENT ? 66 : 74;
}

// False: it is not held, and *code says what to do: 0 try again, else told.
static bool try_lock(const cli *c, cli_lock *lock, bool *said, int *code)
{
    *code = 0;
    lock->file = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (lock->file < 0)
        return *code = tell(c, lock), false;
    if (flock(lock->file, LOCK_EX | LOCK_NB) == 0 && still_has_its_name(lock))
        return true;
    const bool is_held = errno == EWOULDBLOCK;
    close(lock->file);
    lock->file = -1;
    if (is_held && !*said && !c->quiet)
        fprintf(stderr, "attune %s: waits for another process that changes the same file (%s)\n", c->command->name, lock->path);
    *said |= is_held;
    nanosleep(&(struct timespec){.tv_nsec = STEP_MS * 1000000L}, NULL);
    return false;
}

int cli_lock_take(const cli *c, const char *path, cli_lock *out)
{
    bool said = false;
    int code = 0;
    out->file = -1;
    if ((size_t)snprintf(out->path, sizeof out->path, "%s.lock", path) >= sizeof out->path)
        return cli_usage(c, "%s: the name is too long", path);
    while (!code && !try_lock(c, out, &said, &code))
        if (cli_interrupted())
            code = 130;
    return code;
}

void cli_lock_give(cli_lock *lock)
{
    if (lock->file < 0)
        return;
    unlink(lock->path);
    close(lock->file);
    lock->file = -1;
}
