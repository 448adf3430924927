// SPDX-License-Identifier: Apache-2.0
// store/durable.c - write, sync, rename, sync the folder: in this order a reader never sees half a
// file.
#include "store/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

att_status att_write_all(int file, const void *data, size_t size, const char *name, att_error *err)
{
    const char *at = data;
    while (size > 0) {
        const ssize_t wrote = write(file, at, ATT_MIN(size, (size_t)1 << 30));
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return att_fail_errno(err, wrote < 0 ? errno : EIO, "writing %s", name);
        at += wrote;
        size -= (size_t)wrote;
    }
    return ATT_OK;
}

att_status att_sync_folder_of(const char *path, const att_host *host, att_error *err)
{
    const char *slash = strrchr(path, '/');
    const size_t length = !slash ? 0 : slash == path ? 1 : (size_t)(slash - path);
    char *folder = att_alloc(host, length + 2, 1);
    if (!folder)
        return att_no_memory(err, length + 2, "bytes of a folder's name");
    snprintf(folder, length + 2, "%.*s", length ? (int)length : 1, length ? path : ".");

    att_status status = ATT_OK;
    const int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    // Some file systems cannot sync a folder and say EINVAL; they order names by themselves.
    if (file < 0)
        status = att_fail_errno(err, errno, "opening the folder %s", folder);
    else if (fsync(file) != 0 && errno != EINVAL)
        status = att_fail_errno(err, errno, "syncing the folder %s", folder);
    if (file >= 0)
        close(file);
    att_free(host, folder, length + 2, 1);
    return status;
}

// Not every file system knows RENAME_NOREPLACE; there, look first.
static int rename_unless_there(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    if (faccessat(AT_FDCWD, to, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = EEXIST;
        return -1;
    }
    return rename(from, to);
}

att_status att_rename_durable(
    const char *from, const char *to, bool keep_existing, const att_host *host, att_error *err)
{
    const int result = keep_existing ? rename_unless_there(from, to) : rename(from, to);
    if (result != 0)
        return att_fail_errno(err, errno, "renaming %s to %s", from, to);
    return att_sync_folder_of(to, host, err);
}

char *att_temporary_name(const char *path, const att_host *host, size_t *size)
{
    *size = strlen(path) + 32;
    char *name = att_alloc(host, *size, 1);
    if (name)
        snprintf(name, *size, "%s.tmp-%ld", path, (long)getpid());
    return name;
}
