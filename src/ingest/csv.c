// SPDX-License-Identifier: Apache-2.0
// ingest/csv.c - one pass over the bytes; a field without doubled quotes is not copied.
#include "ingest/csv.h"

#include <stdio.h>

typedef struct reader {
    const char *begin, *at, *end;
    bool last;
    char delimiter;
    att_arena *scratch;
    att_piece *piece;
} reader;

static bool stop_with(reader *r, att_piece_kind kind)
{
    r->piece->kind = kind;
    return false;
}

static bool bad(reader *r, const char *reason)
{
    att_fault_set(&r->piece->fault, "", "column %zu: %s", (size_t)(r->at - r->begin) + 1, reason);
    return stop_with(r, ATT_PIECE_BAD);
}

static void unquote(reader *r, const char *begin, const char *end, att_text *out)
{
    char *text = ATT_NEW(r->scratch, char, (size_t)(end - begin)), *to = text;
    if (!text) {
        stop_with(r, ATT_PIECE_NO_MEMORY);
        return;
    }
    for (const char *at = begin; at < end; at++) {
        *to++ = *at;
        at += *at == '"';
    }
    *out = (att_text){text, (size_t)(to - text)};
}

// `at` stands behind the opening quote. Leaves it behind the closing one.
static bool quoted(reader *r, att_text *out)
{
    const char *begin = r->at;
    bool doubled = false;
    for (;;) {
        const char *quote = r->at < r->end ? memchr(r->at, '"', (size_t)(r->end - r->at)) : NULL;
        if (!quote) {
            if (!r->last)
                return stop_with(r, ATT_PIECE_MORE);
            r->at = begin - 1;
            return bad(r, "found a quote that is never closed, expected a closing quote");
        }
        r->at = quote + 1;
        if (r->at == r->end || *r->at != '"') {
            *out = (att_text){begin, (size_t)(quote - begin)};
            if (doubled)
                unquote(r, begin, quote, out);
            return r->piece->kind != ATT_PIECE_NO_MEMORY;
        }
        doubled = true;
        r->at++;
    }
}

static bool plain(reader *r, att_text *out)
{
    const char *begin = r->at;
    while (r->at < r->end && *r->at != r->delimiter && *r->at != '\n' && *r->at != '"')
        r->at++;
    if (r->at == r->end && !r->last)
        return stop_with(r, ATT_PIECE_MORE);
    if (r->at < r->end && *r->at == '"')
        return bad(
            r, "found a quote inside a field without quotes, expected the whole field in quotes");
    const char *end = r->at;
    if (end > begin && end[-1] == '\r' && (r->at == r->end || *r->at == '\n'))
        end--;
    *out = (att_text){begin, (size_t)(end - begin)};
    return true;
}

// Behind a field: true at a delimiter (taken) and at a line end or the file's end (*done; line end
// taken).
static bool separator(reader *r, bool *done)
{
    if (r->at < r->end && *r->at == r->delimiter) {
        r->at++;
        return true;
    }
    *done = true;
    const char *at = r->at;
    if (at < r->end && *at == '\r')
        at++;
    if (at == r->end) {
        if (!r->last)
            return stop_with(r, ATT_PIECE_MORE);
        r->piece->unended = true;
        r->at = at;
        return true;
    }
    if (*at != '\n')
        return bad(
            r, "found text behind a closing quote, expected a delimiter or the end of the line");
    r->at = at + 1;
    return true;
}

static bool record(reader *r, att_text *fields, size_t *count)
{
    for (bool done = false; !done;) {
        if (*count == ATT_CSV_FIELDS_MAX)
            return bad(r, "found too many fields, expected at most 512");
        if (r->at == r->end && !r->last)
            return stop_with(r, ATT_PIECE_MORE);
        att_text *field = &fields[(*count)++];
        const bool in_quotes = r->at < r->end && *r->at == '"';
        r->at += in_quotes;
        if (!(in_quotes ? quoted(r, field) : plain(r, field)) || !separator(r, &done))
            return false;
    }
    return true;
}

// The first line alone is given up; the next line may be good again.
static void give_up_line(reader *r)
{
    const size_t size = (size_t)(r->end - r->begin);
    const char *line_end = memchr(r->begin, '\n', size);
    r->piece->lines = 1;
    r->piece->size = line_end ? (size_t)(line_end + 1 - r->begin) : size;
    r->piece->unended = !line_end && r->last;
    r->piece->skip_rest = !line_end && !r->last;
}

static uint64_t lines_in(const char *at, const char *end, bool unended)
{
    uint64_t lines = unended;
    while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
        lines++;
        at++;
    }
    return lines;
}

void att_csv_record(att_text rest, bool last, char delimiter, att_arena *scratch, att_text *fields,
    size_t *count, att_piece *out)
{
    reader r = {rest.data, rest.data, rest.data + rest.size, last, delimiter, scratch, out};
    *count = 0;
    out->kind = ATT_PIECE_EVENT;
    out->unended = out->skip_rest = false;
    record(&r, fields, count);
    if (out->kind == ATT_PIECE_MORE && rest.size > ATT_CSV_RECORD_MAX) {
        r.at = r.begin;
        bad(&r, "found a record of more than 1 MiB, expected less: is a quote missing?");
    }
    if (out->kind == ATT_PIECE_BAD) {
        give_up_line(&r);
        return;
    }
    if (out->kind != ATT_PIECE_EVENT)
        return;
    out->size = (size_t)(r.at - r.begin);
    out->lines = lines_in(r.begin, r.at, out->unended);
    if (*count == 1 && fields[0].size == 0 && (rest.size == 0 || *rest.data != '"'))
        out->kind = ATT_PIECE_BLANK;
}
