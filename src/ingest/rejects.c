// SPDX-License-Identifier: Apache-2.0
// ingest/rejects.c - append, fsync, and on the way back cut what was not committed.
#include "ingest/rejects.h"

#include "ingest/json_write.h"
#include "ingest/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

att_status att_rejects_init(att_rejects *rejects, const char *path, const char *source,
    const att_host *host, att_error *err)
{
    struct stat status;
    *rejects = (att_rejects){.host = host, .fd = -1};
    if ((size_t)snprintf(rejects->path, sizeof rejects->path, "%s", path) >= sizeof rejects->path)
        return ATT_FAIL(err, ATT_LIMIT, "the path of the reject file has more than %zu bytes",
            sizeof rejects->path - 1);
    if (stat(path, &status) == 0 && S_ISREG(status.st_mode))
        rejects->size = (uint64_t)status.st_size;
    if (!att_json_put(host, &rejects->mark, "{\"file\":", 8) ||
        !att_json_put_text(host, &rejects->mark, att_text_of(source)))
        return att_no_memory(err, strlen(source), "bytes of a path");
    rejects->mark.count--; // the closing quote
    return ATT_OK;
}

void att_rejects_deinit(att_rejects *rejects)
{
    if (rejects->fd >= 0)
        close(rejects->fd);
    rejects->fd = -1;
    ATT_VEC_FREE(rejects->host, &rejects->lines);
    ATT_VEC_FREE(rejects->host, &rejects->mark);
}

static att_status failed(const att_rejects *rejects, att_error *err, const char *doing)
{
    return att_fail_errno(err, errno, "%s the reject file %s", doing, rejects->path);
}

static att_status sync_folder(const att_rejects *rejects, att_error *err)
{
    char folder[sizeof rejects->path];
    snprintf(folder, sizeof folder, "%s", rejects->path);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = 0;
    const int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return failed(rejects, err, "syncing the folder of");
    // Some file systems do not sync folders; then there is nothing more to be done.
    const int result = fsync(fd) != 0 && errno != EINVAL && errno != EROFS;
    const int why = errno;
    close(fd);
    errno = why;
    return result ? failed(rejects, err, "syncing the folder of") : ATT_OK;
}

// A file that was torn off inside a line gets a line end before anything is appended.
static att_status heal(att_rejects *rejects, att_error *err)
{
    char last;
    if (rejects->size == 0 || pread(rejects->fd, &last, 1, (off_t)rejects->size - 1) != 1 ||
        last == '\n')
        return ATT_OK;
    if (write(rejects->fd, "\n", 1) != 1)
        return failed(rejects, err, "writing");
    rejects->size++;
    return ATT_OK;
}

static att_status open_file(att_rejects *rejects, att_error *err)
{
    struct stat status;
    if (rejects->fd >= 0)
        return ATT_OK;
    rejects->fd = open(rejects->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (rejects->fd < 0 || fstat(rejects->fd, &status) != 0)
        return failed(rejects, err, "opening");
    rejects->size = (uint64_t)status.st_size;
    const att_status healed = heal(rejects, err);
    return healed ? healed : sync_folder(rejects, err);
}

// Whether every line in [from, size) is about this source; a last one may be torn.
static bool all_ours(const att_rejects *rejects, int fd, uint64_t from, uint64_t size)
{
    const att_bytes *mark = &rejects->mark;
    char bytes[4096];
    size_t matched = 0; // bytes of the mark seen on this line
    bool inside = false;
    while (from < size) {
        const ssize_t got = pread(fd, bytes, sizeof bytes, (off_t)from);
        if (got <= 0)
            return false;
        for (ssize_t i = 0; i < got; i++) {
            if (bytes[i] == '\n') {
                if (!inside)
                    return false;
                matched = 0;
                inside = false;
            } else if (!inside) {
                if (bytes[i] != mark->items[matched++])
                    return false;
                inside = matched == mark->count;
            }
        }
        from += (uint64_t)got;
    }
    return true;
}

static att_status cut_to(att_rejects *rejects, uint64_t size, att_error *err)
{
    const int fd = open(rejects->path, O_RDWR | O_CLOEXEC);
    struct stat status;
    if (fd < 0)
        return errno == ENOENT ? ATT_OK : failed(rejects, err, "opening");
    att_status result = ATT_OK;
    if (fstat(fd, &status) != 0)
        result = failed(rejects, err, "looking at");
    else if (S_ISREG(status.st_mode) && (uint64_t)status.st_size > size &&
             all_ours(rejects, fd, size, (uint64_t)status.st_size) &&
             ftruncate(fd, (off_t)size) != 0)
        result = failed(rejects, err, "cutting");
    close(fd);
    return result;
}

att_status att_rejects_resume(att_rejects *rejects, uint64_t size, att_error *err)
{
    const att_status status = cut_to(rejects, size, err);
    rejects->size = size; // should the file be gone or longer: open_file looks
    return status;
}

att_status att_rejects_restart(att_rejects *rejects, att_error *err)
{
    struct stat status;
    const att_status result = cut_to(rejects, 0, err);
    rejects->size = stat(rejects->path, &status) == 0 ? (uint64_t)status.st_size : 0;
    if (!result && stat(rejects->path, &status) == 0 && S_ISREG(status.st_mode) &&
        status.st_size == 0 && unlink(rejects->path) != 0)
        return failed(rejects, err, "removing the old");
    return result;
}

static bool put_hex(const att_rejects *rejects, att_bytes *out, att_text bytes)
{
    static const char digits[] = "0123456789abcdef";
    bool good = true;
    for (size_t i = 0; i < bytes.size && good; i++) {
        const unsigned char b = (unsigned char)bytes.data[i];
        good = att_json_put(rejects->host, out, (const char[]){digits[b >> 4], digits[b & 15]}, 2);
    }
    return good;
}

#define PUT(literal) att_json_put(host, out, "" literal, sizeof(literal) - 1)
static bool put_line(att_rejects *rejects, const char *file, uint64_t line, const att_fault *fault,
    att_text text, bool cut)
{
    const att_host *host = rejects->host;
    att_bytes *out = &rejects->lines;
    const bool utf8 = att_utf8_check(text) == text.size;
    return PUT("{\"file\":") && att_json_put_text(host, out, att_text_of(file)) &&
           PUT(",\"line\":") && att_json_put_integer(host, out, (int64_t)line) &&
           PUT(",\"field\":") && att_json_put_text(host, out, att_text_of(fault->field)) &&
           PUT(",\"reason\":") && att_json_put_text(host, out, att_text_of(fault->reason)) &&
           PUT(",\"text\":") && att_json_put_text(host, out, text) &&
           (utf8 || (PUT(",\"bytes\":\"") && put_hex(rejects, out, text) && PUT("\""))) &&
           (!cut || PUT(",\"cut\":true")) && PUT("}\n");
}
#undef PUT

att_status att_rejects_add(att_rejects *rejects, const char *file, uint64_t line,
    const att_fault *fault, att_text text, bool cut, att_error *err)
{
    const size_t before = rejects->lines.count;
    if (put_line(rejects, file, line, fault, text, cut))
        return ATT_OK;
    rejects->lines.count = before;
    return att_no_memory(err, text.size, "bytes of a rejected line");
}

att_status att_rejects_flush(att_rejects *rejects, att_error *err)
{
    if (rejects->lines.count == 0)
        return ATT_OK;
    const att_status status = open_file(rejects, err);
    if (status)
        return status;
    for (size_t done = 0; done < rejects->lines.count;) {
        const ssize_t wrote =
            write(rejects->fd, rejects->lines.items + done, rejects->lines.count - done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return failed(rejects, err, "writing");
        done += (size_t)wrote;
        rejects->size += (uint64_t)wrote;
    }
    if (fdatasync(rejects->fd) != 0 && errno != EINVAL && errno != EROFS)
        return failed(rejects, err, "syncing");
    rejects->lines.count = 0;
    return ATT_OK;
}
