// SPDX-License-Identifier: Apache-2.0
// ingest/opened.c - what is this file? By its name, its first bytes, and what the caller says.
#include "ingest/opened.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STEP = 16 << 10, HEADER_MAX = 1 << 20 };

// More bytes behind the head. Sets at_end.
static att_status read_more(att_opened *o, const att_host *host, att_error *err)
{
    if (!ATT_VEC_RESERVE(host, &o->head, o->head.count + STEP))
        return att_no_memory(err, STEP, "bytes");
    for (;;) {
        const ssize_t got = read(o->fd, o->head.items + o->head.count, STEP);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return att_fail_errno(err, errno, "reading %s", o->name);
        o->head.count += (size_t)got;
        o->at_end = got == 0;
        return ATT_OK;
    }
}

static att_text head_from(const att_opened *o, size_t at)
{
    return (att_text){o->head.items + at, o->head.count - at};
}

static bool begins(const att_opened *o, const char *bytes, size_t size)
{
    return o->head.count >= size && memcmp(o->head.items, bytes, size) == 0;
}

// Reads until a byte that is no white space is seen. 0: the file has none.
static att_status first_byte(att_opened *o, const att_host *host, char *out, att_error *err)
{
    *out = 0;
    for (size_t at = 0;;) {
        while (at < o->head.count && strchr(" \t\r\n", o->head.items[at]) && o->head.items[at])
            at++;
        if (o->head.count >= 3 && at == 0 && begins(o, "\xEF\xBB\xBF", 3)) {
            o->body = at = 3;
            continue;
        }
        const bool maybe_mark =
            at == 0 && o->head.count < 3 && o->head.count && o->head.items[0] == '\xEF';
        if (at < o->head.count && !maybe_mark) {
            *out = o->head.items[at];
            return ATT_OK;
        }
        if (o->at_end)
            return ATT_OK;
        const att_status status = read_more(o, host, err);
        if (status)
            return status;
    }
}

// Things that are often handed over, and what helps.
static att_status known_stranger(const att_opened *o, char first, att_error *err)
{
    if (begins(o, "\x1F\x8B", 2))
        return ATT_FAIL(err, ATT_UNSUPPORTED,
            "%s is compressed by gzip, expected plain text: unpack it first", o->name);
    if (begins(o, "\xFF\xFE", 2) || begins(o, "\xFE\xFF", 2))
        return ATT_FAIL(err, ATT_INVALID, "%s is UTF-16, expected UTF-8", o->name);
    if (first == '[')
        return ATT_FAIL(err, ATT_INVALID,
            "%s begins with '[', a list as one JSON value, expected one object a line: {…} newline "
            "{…}",
            o->name);
    return ATT_FAIL(err, ATT_INVALID,
        "%s begins with \"%s\", expected lines of JSON, or CSV with a mapping, or a MovieLens "
        "folder",
        o->name,
        att_excerpt_of(
            (att_text){o->head.items + o->body, ATT_MIN(o->head.count - o->body, (size_t)24)})
            .text);
}

static bool ends_with(const char *name, const char *end)
{
    const size_t a = strlen(name), b = strlen(end);
    return a >= b && strcasecmp(name + a - b, end) == 0;
}

static att_import_format guess(const att_opened *o, const att_import_options *options, char first)
{
    if (options->format != ATT_IMPORT_AUTO)
        return options->format;
    if (ends_with(o->name, ".csv") || ends_with(o->name, ".tsv") ||
        (options->mapping && first != '{'))
        return ATT_IMPORT_CSV;
    if (ends_with(o->name, ".ndjson") || ends_with(o->name, ".jsonl"))
        return ATT_IMPORT_NDJSON;
    return first == '{' || first == 0 ? ATT_IMPORT_NDJSON : ATT_IMPORT_AUTO;
}

static att_status read_header(att_opened *o, att_table *table, bool given, att_arena *life,
    const att_host *host, att_error *err)
{
    for (;;) {
        size_t used = 0;
        const att_status status = att_table_header(
            table, given, head_from(o, o->body), o->at_end, life, &used, &o->lines, err);
        if (status)
            return att_while(err, status, "%s", o->name);
        if (used) {
            o->body += used;
            return ATT_OK;
        }
        if (o->head.count > HEADER_MAX)
            return ATT_FAIL(err, ATT_LIMIT, "%s: the header line has more than 1 MiB", o->name);
        const att_status more = read_more(o, host, err);
        if (more)
            return more;
    }
}

static att_status open_table(att_opened *o, const att_import_options *options, att_table *table,
    bool prepared, att_arena *life, const att_host *host, att_error *err)
{
    if (!prepared && options->mapping) {
        const att_status status = att_mapping_parse(&table->mapping, options->mapping, life, err);
        if (status)
            return status;
    } else if (!prepared) {
        table->mapping.delimiter = ',';
    }
    if (!prepared && ends_with(o->name, ".tsv") && table->mapping.delimiter == ',')
        table->mapping.delimiter = '\t';
    o->form = att_form_table(table);
    return read_header(o, table, prepared || options->mapping, life, host, err);
}

static att_status open_fd(att_opened *o, const char *path, att_error *err)
{
    struct stat status;
    o->pipe = strcmp(path, "-") == 0;
    o->owned = !o->pipe;
    o->fd = o->pipe ? 0 : open(path, O_RDONLY | O_CLOEXEC);
    if (o->fd < 0 || fstat(o->fd, &status) != 0)
        return att_fail_errno(err, errno, "opening %s", o->name);
    if (S_ISDIR(status.st_mode))
        return ATT_FAIL(err, ATT_INVALID, "%s is a folder, expected a file", o->name);
    o->size = S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0;
    o->pipe |= !S_ISREG(status.st_mode);
    return ATT_OK;
}

att_status att_opened_open(att_opened *out, const char *path, const att_import_options *options,
    att_table *table, bool prepared, att_arena *life, const att_host *host, att_error *err)
{
    *out = (att_opened){.name = strcmp(path, "-") == 0 ? "stdin" : path, .fd = -1};
    char first;
    att_status status = open_fd(out, path, err);
    if (!status)
        status = first_byte(out, host, &first, err);
    if (status)
        return status;
    const att_import_format format = prepared ? ATT_IMPORT_CSV : guess(out, options, first);
    if (format == ATT_IMPORT_CSV)
        return open_table(out, options, table, prepared, life, host, err);
    if (format == ATT_IMPORT_AUTO || first == '\x1F')
        return known_stranger(out, first, err);
    if (options->mapping)
        return ATT_FAIL(err, ATT_INVALID,
            "%s holds lines of JSON: a mapping is for CSV files alone", out->name);
    out->form = att_form_ndjson();
    return ATT_OK;
}

void att_opened_close(att_opened *opened, const att_host *host)
{
    if (opened->fd >= 0 && opened->owned)
        close(opened->fd);
    opened->fd = -1;
    ATT_VEC_FREE(host, &opened->head);
}
