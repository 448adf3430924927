// SPDX-License-Identifier: Apache-2.0
// ingest/cursor.c - is this still the file that we know?
#include "ingest/cursor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

enum { PRINT_SIZE = 4096 };

void att_cursor_key(
    const char *real_path, int format, const char *mapping, char out[ATT_CURSOR_KEY_SIZE])
{
    const uint64_t path_hash = XXH3_64bits(real_path, strlen(real_path));
    const uint64_t how_hash = XXH3_64bits_withSeed(
        mapping ? mapping : "", mapping ? strlen(mapping) : 0, path_hash + (uint64_t)format);
    snprintf(out, ATT_CURSOR_KEY_SIZE, "import:%016" PRIx64 "%016" PRIx64, path_hash, how_hash);
}

size_t att_cursor_write(const att_cursor *c, char out[ATT_CURSOR_TEXT_SIZE])
{
    return (size_t)snprintf(out, ATT_CURSOR_TEXT_SIZE,
        "1 %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRId64 " %" PRIu64
        " %" PRIu64 " %d",
        c->offset, c->line, c->whole_offset, c->whole_line, c->size, c->changed_ns, c->print,
        c->rejects, c->complete);
}

bool att_cursor_read(const char *data, size_t size, att_cursor *out)
{
    char text[ATT_CURSOR_TEXT_SIZE];
    int version, complete, used = 0;
    if (size >= sizeof text)
        return false;
    memcpy(text, data, size);
    text[size] = 0;
    *out = (att_cursor){0};
    const int found = sscanf(text,
        "%d %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNd64 " %" SCNu64
        " %" SCNu64 " %d%n",
        &version, &out->offset, &out->line, &out->whole_offset, &out->whole_line, &out->size,
        &out->changed_ns, &out->print, &out->rejects, &complete, &used);
    out->complete = complete == 1;
    return found == 10 && version == 1 && (size_t)used == size;
}

static bool read_at(int fd, uint64_t offset, char *data, size_t size)
{
    while (size) {
        const ssize_t got = pread(fd, data, size, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        data += got;
        offset += (uint64_t)got;
        size -= (size_t)got;
    }
    return true;
}

static bool print_of(int fd, uint64_t whole_offset, uint64_t *out)
{
    char bytes[2 * PRINT_SIZE];
    const size_t part = (size_t)ATT_MIN(whole_offset, (uint64_t)PRINT_SIZE);
    if (!read_at(fd, 0, bytes, part) || !read_at(fd, whole_offset - part, bytes + part, part))
        return false;
    *out = XXH3_64bits(bytes, 2 * part);
    return true;
}

static bool stat_of(int fd, att_cursor *out)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return false;
    out->size = (uint64_t)status.st_size;
    out->changed_ns = (int64_t)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec;
    return true;
}

att_status att_cursor_look(int fd, const char *name, att_cursor *cursor, att_error *err)
{
    errno = EIO;
    if (stat_of(fd, cursor) && print_of(fd, cursor->whole_offset, &cursor->print))
        return ATT_OK;
    return att_fail_errno(err, errno, "%s changed or could not be read again", name);
}

bool att_cursor_resume(int fd, const att_cursor *cursor, uint64_t *offset, uint64_t *line)
{
    att_cursor now = {0};
    uint64_t print;
    if (!stat_of(fd, &now) || now.size < cursor->offset || cursor->whole_offset > cursor->offset ||
        !print_of(fd, cursor->whole_offset, &print) || print != cursor->print)
        return false;
    const bool same = now.size == cursor->size && now.changed_ns == cursor->changed_ns;
    if (!same && now.size <= cursor->size)
        return false;
    *offset = same ? cursor->offset : cursor->whole_offset;
    *line = same ? cursor->line : cursor->whole_line;
    return true;
}
