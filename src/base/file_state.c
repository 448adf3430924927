// SPDX-License-Identifier: Apache-2.0
// base/file_state.c - a file is taken for the same while its number, its size and the time of its last change are.
//
// What cannot be looked at, and a link that leads nowhere, count as there: whoever opens it then tells what is wrong.
#include "base/file_state.h"

#include <errno.h>
#include <sys/stat.h>

att_file_state att_file_state_of(const char *path)
{
    struct stat about;
    if (stat(path, &about) != 0) {
        const bool is_missing = errno == ENOENT || errno == ENOTDIR;
        return (att_file_state){.there = !is_missing || lstat(path, &about) == 0};
    }
    return (att_file_state){true, (int64_t)about.st_mtim.tv_sec * 1000000000 + about.st_mtim.tv_nsec, (int64_t)about.st_size, (uint64_t)about.st_ino};
}

bool att_file_state_same(const att_file_state *a, const att_file_state *b)
{
    return a->there == b->there && a->changed_ns == b->changed_ns && a->size == b->size && a->number == b->number;
}
