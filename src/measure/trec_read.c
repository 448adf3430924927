// SPDX-License-Identifier: Apache-2.0
// measure/trec_read.c - strict reading of run and qrels files: every refusal names file, line and
// field.
//
// Where trec_eval takes what it can get of a number ("0.5x" counts as 0.5) we refuse the line.
#include "ingest/text_file.h"
#include "measure/trec.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>

typedef struct reader {
    att_trec_file *file;
    att_trec_kind kind;
    const char *name;
    locale_t locale; // numbers read alike whatever the host's language
    const att_host *host;
    uint32_t line;
} reader;

int att_text_order(att_text a, att_text b)
{
    const size_t size = ATT_MIN(a.size, b.size);
    const int order = size > 0 ? memcmp(a.data, b.data, size) : 0;
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static att_text next_field(const char **at, const char *end)
{
    while (*at < end && is_space(**at))
        ++*at;
    const char *start = *at;
    while (*at < end && !is_space(**at))
        ++*at;
    return (att_text){start, (size_t)(*at - start)};
}

static att_status check_id(const reader *in, att_text id, const char *field, att_error *err)
{
    if (id.size > ATT_TREC_ID_SIZE_MAX)
        return ATT_FAIL(err, ATT_INVALID, "%s:%u: field \"%s\" has %zu bytes, at most %d are read",
            in->name, in->line, field, id.size, ATT_TREC_ID_SIZE_MAX);
    return ATT_OK;
}

static att_status bad_number(
    const reader *in, att_text field, const char *name, const char *wanted, att_error *err)
{
    return ATT_FAIL(err, ATT_INVALID, "%s:%u: field \"%s\" is \"%.*s\", expected %s", in->name,
        in->line, name, (int)ATT_MIN(field.size, 40), field.data, wanted);
}

static att_status read_score(const reader *in, att_text field, double *out, att_error *err)
{
    char copy[64], *end = copy;
    double value = (double)NAN;
    const bool short_enough = field.size < sizeof copy;
    if (short_enough) {
        memcpy(copy, field.data, field.size);
        copy[field.size] = 0;
        value = strtod_l(copy, &end, in->locale);
    }
    if (!short_enough || end != copy + field.size || end == copy || !isfinite(value))
        return bad_number(in, field, "score", "a finite number such as 12.5", err);
    *out = value;
    return ATT_OK;
}

static att_status read_grade(const reader *in, att_text field, int32_t *out, att_error *err)
{
    char copy[16], *end = copy;
    long value = 0;
    const bool short_enough = field.size < sizeof copy;
    if (short_enough) {
        memcpy(copy, field.data, field.size);
        copy[field.size] = 0;
        value = strtol(copy, &end, 10);
    }
    if (!short_enough || end != copy + field.size || end == copy ||
        labs(value) > ATT_TREC_GRADE_MAX)
        return bad_number(in, field, "grade", "a whole number from -1000000 to 1000000", err);
    *out = (int32_t)value;
    return ATT_OK;
}

static att_status read_run_row(
    reader *in, att_trec_row *row, const char *at, const char *end, att_error *err)
{
    row->query = next_field(&at, end);
    (void)next_field(&at, end); // "Q0"
    row->item = next_field(&at, end);
    (void)next_field(&at, end); // rank: not used, the score decides
    const att_text score = next_field(&at, end), tag = next_field(&at, end);
    if (tag.size == 0)
        return ATT_FAIL(err, ATT_INVALID,
            "%s:%u: a run line needs six fields: query, Q0, item, rank, score, tag", in->name,
            in->line);
    in->file->tag = tag;
    return read_score(in, score, &row->score, err);
}

static att_status read_qrels_row(
    reader *in, att_trec_row *row, const char *at, const char *end, att_error *err)
{
    row->query = next_field(&at, end);
    (void)next_field(&at, end); // iteration: not used
    row->item = next_field(&at, end);
    const att_text grade = next_field(&at, end);
    if (grade.size == 0 || next_field(&at, end).size > 0)
        return ATT_FAIL(err, ATT_INVALID,
            "%s:%u: a qrels line needs four fields: query, 0, item, grade", in->name, in->line);
    return read_grade(in, grade, &row->grade, err);
}

static att_status read_line(reader *in, const char *at, const char *end, att_error *err)
{
    const char *first = at;
    const att_text begin = next_field(&first, end);
    if (begin.size == 0 || begin.data[0] == '#')
        return ATT_OK;
    att_trec_row row = {.line = in->line};
    const att_status status = in->kind == ATT_TREC_RUN ? read_run_row(in, &row, at, end, err)
                                                       : read_qrels_row(in, &row, at, end, err);
    if (status || check_id(in, row.query, "query", err) || check_id(in, row.item, "item", err))
        return status ? status : ATT_INVALID;
    if (!att_vec_grow(in->host, (void **)&in->file->rows, &in->file->capacity, in->file->count + 1,
            sizeof *in->file->rows))
        return att_no_memory(err, in->file->count + 1, "lines");
    in->file->rows[in->file->count++] = row;
    return ATT_OK;
}

static int by_query_and_item(const void *a, const void *b)
{
    const att_trec_row *x = a, *y = b;
    const int order = att_text_order(x->query, y->query);
    return order ? order : att_text_order(x->item, y->item);
}

static att_status sort_rows(const reader *in, att_error *err)
{
    att_trec_file *file = in->file;
    if (file->count == 0)
        return ATT_FAIL(err, ATT_INVALID, "%s has no lines to evaluate", in->name);
    qsort(file->rows, file->count, sizeof *file->rows, by_query_and_item);
    for (size_t i = 1; i < file->count; i++)
        if (by_query_and_item(&file->rows[i - 1], &file->rows[i]) == 0)
            return ATT_FAIL(err, ATT_INVALID,
                "%s:%u: query \"%.*s\" has item \"%.*s\" already in line %u", in->name,
                ATT_MAX(file->rows[i].line, file->rows[i - 1].line),
                ATT_TEXT_ARGS(file->rows[i].query), ATT_TEXT_ARGS(file->rows[i].item),
                ATT_MIN(file->rows[i].line, file->rows[i - 1].line));
    return ATT_OK;
}

static att_status read_lines(reader *in, att_error *err)
{
    if (in->file->text_size == 0)
        return sort_rows(in, err);
    const char *at = in->file->text, *end = at + in->file->text_size;
    const char *zero = memchr(at, 0, in->file->text_size);
    if (zero)
        return ATT_FAIL(err, ATT_INVALID,
            "%s holds a zero byte at offset %zu: it is not a text file", in->name,
            (size_t)(zero - at));
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop ? stop : end;
        in->line++;
        const att_status status = read_line(in, at, stop, err);
        if (status)
            return status;
        at = stop < end ? stop + 1 : end;
    }
    return sort_rows(in, err);
}

// Takes file->text as it is.
static att_status parse_owned(
    att_trec_file *file, att_trec_kind kind, const char *name, const att_host *host, att_error *err)
{
    reader in = {file, kind, name, newlocale(LC_ALL_MASK, "C", (locale_t)0), host, 0};
    if (in.locale == (locale_t)0)
        return att_no_memory(err, 1, "locale");
    const att_status status = read_lines(&in, err);
    freelocale(in.locale);
    return status;
}

att_status att_trec_parse(att_trec_file *out, att_trec_kind kind, const char *text, size_t size,
    const char *name, const att_host *host, att_error *err)
{
    *out = (att_trec_file){0};
    if (size > ATT_TREC_FILE_SIZE_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "%s has %zu bytes, at most %zu are read", name, size,
            ATT_TREC_FILE_SIZE_MAX);
    if (size > 0 && !(out->text = att_alloc(host, size, 1)))
        return att_no_memory(err, size, "bytes of text");
    if (size > 0)
        memcpy(out->text, text, size);
    out->text_size = size;
    const att_status status = parse_owned(out, kind, name, host, err);
    if (status)
        att_trec_file_deinit(out, host);
    return status;
}

att_status att_trec_load(
    att_trec_file *out, att_trec_kind kind, const char *path, const att_host *host, att_error *err)
{
    *out = (att_trec_file){0};
    att_status status =
        att_text_file_load(path, ATT_TREC_FILE_SIZE_MAX, host, &out->text, &out->text_size, err);
    if (!status)
        status = parse_owned(out, kind, path, host, err);
    if (status)
        att_trec_file_deinit(out, host);
    return status;
}

void att_trec_file_deinit(att_trec_file *file, const att_host *host)
{
    att_free(host, file->text, file->text_size, 1);
    att_free(host, file->rows, file->capacity, sizeof *file->rows);
    *file = (att_trec_file){0};
}
