// SPDX-License-Identifier: Apache-2.0
// measure/trec_write.c - run and qrels files, for trec_eval and whatever else reads them.
#include "attune/measure.h"
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define BUFFER_SIZE 65536
#define LINE_SIZE_MAX 4096 // two ids of 255 bytes, each byte as %XX, and the rest

struct att_trec_writer {
    att_host host;
    int fd;
    size_t used;
    char path[1024];
    char buffer[BUFFER_SIZE];
};

static void destroy(att_trec_writer *writer)
{
    const att_host host = writer->host;
    att_free(&host, writer, 1, sizeof *writer);
}

att_status att_trec_writer_create(
    att_trec_writer **out, const char *path, const att_host *host, att_error *err)
{
    *out = NULL;
    const att_host full = att_host_complete(host);
    att_trec_writer *writer = ATT_NEW_ARRAY(&full, att_trec_writer, 1);
    if (!writer)
        return att_no_memory(err, 1, "file to write");
    writer->host = full;
    snprintf(writer->path, sizeof writer->path, "%s", path);
    writer->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (writer->fd < 0) {
        const int reason = errno;
        destroy(writer);
        return att_fail_errno(err, reason, "creating %s", path);
    }
    *out = writer;
    return ATT_OK;
}

static att_status flush(att_trec_writer *writer, att_error *err)
{
    for (size_t done = 0; done < writer->used;) {
        const ssize_t put = write(writer->fd, writer->buffer + done, writer->used - done);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return att_fail_errno(err, errno, "writing %s", writer->path);
        done += (size_t)put;
    }
    writer->used = 0;
    return ATT_OK;
}

static bool is_plain(unsigned char c, bool first)
{
    return c > ' ' && c != 0x7F && c != '%' && !(first && c == '#');
}

static void put_id(att_trec_writer *writer, att_text id)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < id.size; i++) {
        const unsigned char c = (unsigned char)id.data[i];
        if (is_plain(c, i == 0)) {
            writer->buffer[writer->used++] = (char)c;
            continue;
        }
        writer->buffer[writer->used++] = '%';
        writer->buffer[writer->used++] = digits[c >> 4];
        writer->buffer[writer->used++] = digits[c & 15];
    }
}

// Room for a whole line, and ids that fit in one.
static att_status begin_line(att_trec_writer *writer, att_text query, att_text item, att_error *err)
{
    if (query.size == 0 || item.size == 0 || query.size > 512 || item.size > 512)
        return ATT_FAIL(err, ATT_INVALID, "%s: query and item need 1 to 512 bytes, got %zu and %zu",
            writer->path, query.size, item.size);
    return writer->used + LINE_SIZE_MAX > BUFFER_SIZE ? flush(writer, err) : ATT_OK;
}

static void put_format(att_trec_writer *writer, const char *format, ...) ATT_PRINTF(2, 3);
static void put_format(att_trec_writer *writer, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int length =
        vsnprintf(writer->buffer + writer->used, BUFFER_SIZE - writer->used, format, args);
    va_end(args);
    assert(length >= 0 && writer->used + (size_t)length < BUFFER_SIZE);
    writer->used += (size_t)length;
}

att_status att_trec_write_run(att_trec_writer *writer, att_text query, att_text item, size_t rank,
    double score, const char *tag, att_error *err)
{
    const att_text name = att_text_of(tag);
    if (name.size == 0 || name.size > 100)
        return ATT_FAIL(err, ATT_INVALID, "%s: a run's tag needs 1 to 100 bytes", writer->path);
    const att_status status = begin_line(writer, query, item, err);
    if (status)
        return status;
    put_id(writer, query);
    put_format(writer, " Q0 ");
    put_id(writer, item);
    put_format(writer, " %zu %.9g ", rank, score);
    put_id(writer, name);
    put_format(writer, "\n");
    return ATT_OK;
}

att_status att_trec_write_qrel(
    att_trec_writer *writer, att_text query, att_text item, int grade, att_error *err)
{
    const att_status status = begin_line(writer, query, item, err);
    if (status)
        return status;
    put_id(writer, query);
    put_format(writer, " 0 ");
    put_id(writer, item);
    put_format(writer, " %d\n", grade);
    return ATT_OK;
}

att_status att_trec_writer_close(att_trec_writer *writer, att_error *err)
{
    if (!writer)
        return ATT_OK;
    att_status status = flush(writer, err);
    if (close(writer->fd) != 0 && !status)
        status = att_fail_errno(err, errno, "closing %s", writer->path);
    destroy(writer);
    return status;
}
