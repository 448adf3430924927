// SPDX-License-Identifier: Apache-2.0
// ingest/text_file.c - reads a file whole, or says why not.
#include "ingest/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static att_status read_bytes(int fd, const char *path, char *text, size_t size, att_error *err)
{
    for (size_t done = 0; done < size;) {
        const ssize_t got = read(fd, text + done, size - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return att_fail_errno(err, errno, "reading %s", path);
        if (got == 0)
            return ATT_FAIL(
                err, ATT_IO, "%s ended at byte %zu of %zu while it was read", path, done, size);
        done += (size_t)got;
    }
    return ATT_OK;
}

static att_status read_open(int fd, const char *path, size_t size_max, const att_host *host,
    char **text, size_t *size, att_error *err)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return att_fail_errno(err, errno, "looking at %s", path);
    if (!S_ISREG(info.st_mode))
        return ATT_FAIL(err, ATT_INVALID, "%s is not a plain file", path);
    if ((uint64_t)info.st_size > size_max)
        return ATT_FAIL(err, ATT_LIMIT, "%s has %llu bytes, at most %zu are read", path,
            (unsigned long long)info.st_size, size_max);
    const size_t wanted = (size_t)info.st_size;
    if (wanted == 0)
        return ATT_OK;
    char *memory = att_alloc(host, wanted, 1);
    if (!memory)
        return att_no_memory(err, wanted, "bytes of text");
    const att_status status = read_bytes(fd, path, memory, wanted, err);
    if (status) {
        att_free(host, memory, wanted, 1);
        return status;
    }
    *text = memory;
    *size = wanted;
    return ATT_OK;
}

att_status att_text_file_load(const char *path, size_t size_max, const att_host *host, char **text,
    size_t *size, att_error *err)
{
    *text = NULL;
    *size = 0;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return att_fail_errno(err, errno, "opening %s", path);
    const att_status status = read_open(fd, path, size_max, host, text, size, err);
    close(fd);
    return status;
}
