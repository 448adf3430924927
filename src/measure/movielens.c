// SPDX-License-Identifier: Apache-2.0
// measure/movielens.c - a MovieLens folder as a dataset. Format: the README of the MovieLens
// releases; comma-separated, fields with commas or quotes in double quotes, a quote inside doubled
// (RFC 4180).
//
// Data to measure on must be clean: the first bad line ends it, with file, line and field.
#include "measure/dataset.h"
#include "ingest/text_file.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_SIZE_MAX ((size_t)4 << 30)
#define FIELDS 4
#define FIELD_SIZE_MAX 2048

typedef struct csv {
    char path[1024];
    char *text;
    size_t size, at;
    uint32_t line;
    uint32_t wanted; // fields in a line
    char fields[FIELDS][FIELD_SIZE_MAX];
    att_text field[FIELDS];
} csv;

typedef struct loader {
    att_dataset *dataset;
    csv *in;
    locale_t locale;
    double min_rating;
} loader;

static att_status bad_line(const csv *in, const char *why, att_error *err)
{
    return ATT_FAIL(err, ATT_INVALID, "%s:%u: %s", in->path, in->line, why);
}

static att_status bad_field(
    const csv *in, int field, const char *name, const char *wanted, att_error *err)
{
    return ATT_FAIL(err, ATT_INVALID, "%s:%u: field \"%s\" is \"%.*s\", expected %s", in->path,
        in->line, name, (int)ATT_MIN(in->field[field].size, 40), in->field[field].data, wanted);
}

// One field up to a comma or the line's end, without its quotes.
static att_status read_field(csv *in, uint32_t field, att_error *err)
{
    char *out = in->fields[field];
    size_t size = 0;
    bool quoted = in->at < in->size && in->text[in->at] == '"';
    in->at += quoted;
    while (in->at < in->size) {
        const char c = in->text[in->at];
        if (quoted && c == '"' && in->at + 1 < in->size && in->text[in->at + 1] == '"')
            in->at++;
        else if (quoted && c == '"') {
            quoted = false;
            in->at++;
            break;
        } else if (!quoted && (c == ',' || c == '\n'))
            break;
        if (c == 0 || c == '\n' || size + 1 >= FIELD_SIZE_MAX)
            return bad_line(in,
                c == '\n' ? "a quote is not closed" : "a field is too long or holds a zero byte",
                err);
        out[size++] = c;
        in->at++;
    }
    if (quoted)
        return bad_line(in, "a quote is not closed", err);
    while (size > 0 && out[size - 1] == '\r')
        size--;
    out[size] = 0;
    in->field[field] = (att_text){out, size};
    return ATT_OK;
}

// *more is false at the end of the file.
static att_status read_row(csv *in, bool *more, att_error *err)
{
    *more = in->at < in->size;
    in->line += *more;
    for (uint32_t field = 0; *more && field < in->wanted; field++) {
        const att_status status = read_field(in, field, err);
        if (status)
            return status;
        if (in->at < in->size && in->text[in->at] == '\r')
            in->at++;
        const char next = in->at < in->size ? in->text[in->at] : '\n';
        if (next != (field + 1 < in->wanted ? ',' : '\n'))
            return ATT_FAIL(
                err, ATT_INVALID, "%s:%u: expected %u fields", in->path, in->line, in->wanted);
        in->at += in->at < in->size;
    }
    return ATT_OK;
}

static att_status open_csv(csv *in, const char *folder, const char *name, const char *const *heads,
    uint32_t count, const att_host *host, att_error *err)
{
    *in = (csv){.wanted = count};
    if (snprintf(in->path, sizeof in->path, "%s/%s", folder, name) >= (int)sizeof in->path)
        return ATT_FAIL(err, ATT_LIMIT, "the path of folder %.60s… is too long", folder);
    att_status status =
        att_text_file_load(in->path, FILE_SIZE_MAX, host, &in->text, &in->size, err);
    bool more = false;
    if (!status)
        status = read_row(in, &more, err);
    if (!status && !more)
        status = ATT_FAIL(err, ATT_INVALID, "%s is empty", in->path);
    for (uint32_t i = 0; !status && i < count; i++)
        if (!att_text_equal(in->field[i], att_text_of(heads[i])))
            status = bad_field(in, (int)i, "column head", heads[i], err);
    return status;
}

static bool parse_whole(att_text text, int64_t *out)
{
    char *end;
    const long long value = strtoll(text.data, &end, 10);
    *out = value;
    return text.size > 0 && text.size < 19 && end == text.data + text.size;
}

static att_status add_rating(loader *load, att_error *err)
{
    const csv *in = load->in;
    char *end;
    const double rating = strtod_l(in->field[2].data, &end, load->locale);
    if (in->field[2].size == 0 || *end || !isfinite(rating))
        return bad_field(in, 2, "rating", "a number", err);
    int64_t at_s;
    if (!parse_whole(in->field[3], &at_s) || at_s < 0 || at_s > 253402300799)
        return bad_field(in, 3, "timestamp", "whole seconds since 1970", err);
    if (rating < load->min_rating)
        return ATT_OK;
    const att_status status =
        att_dataset_add(load->dataset, in->field[0], in->field[1], at_s * 1000, 1.0, err);
    return status ? att_while(err, status, "%s:%u", in->path, in->line) : ATT_OK;
}

// "Heat (1995)" -> 1995; 0: none.
static int64_t year_of(att_text title)
{
    while (title.size > 0 && title.data[title.size - 1] == ' ')
        title.size--;
    if (title.size < 6 || title.data[title.size - 1] != ')' || title.data[title.size - 6] != '(')
        return 0;
    int64_t year = 0;
    for (size_t i = title.size - 5; i < title.size - 1; i++) {
        if (title.data[i] < '0' || title.data[i] > '9')
            return 0;
        year = year * 10 + (title.data[i] - '0');
    }
    return year;
}

// Noon of the first of July, near enough: 365.2425 days a year.
static int64_t year_ms(int64_t year)
{
    return (int64_t)((double)(year - 1970) * 31556952.0 + 15778476.0) * 1000;
}

static att_status add_film(loader *load, att_error *err)
{
    const csv *in = load->in;
    att_text tags[ATT_TAGS_MAX], rest = in->field[2];
    size_t count = 0;
    while (rest.size > 0 && rest.data[0] != '(' && count < ATT_TAGS_MAX) {
        const char *bar = memchr(rest.data, '|', rest.size);
        const size_t size = bar ? (size_t)(bar - rest.data) : rest.size;
        tags[count++] = (att_text){rest.data, size};
        rest.data += size + (bar != NULL);
        rest.size -= size + (bar != NULL);
    }
    const int64_t year = year_of(in->field[1]);
    const att_item item = {.id = in->field[0],
        .title = in->field[1],
        .medium = ATT_LIT("film"),
        .tags = tags,
        .tag_count = count,
        .published_at_ms = year ? year_ms(year) : 0};
    const att_status status = att_dataset_item(load->dataset, &item, err);
    return status ? att_while(err, status, "%s:%u", in->path, in->line) : ATT_OK;
}

static att_status read_file(loader *load, const char *folder, const char *name,
    const char *const *heads, uint32_t count, att_status (*each)(loader *load, att_error *err),
    att_error *err)
{
    const att_host *host = &load->dataset->host;
    att_status status = open_csv(load->in, folder, name, heads, count, host, err);
    for (bool more = true; !status && more;) {
        status = read_row(load->in, &more, err);
        if (!status && more)
            status = each(load, err);
    }
    att_free(host, load->in->text, load->in->size, 1);
    return status;
}

static att_status read_folder(loader *load, const char *folder, att_error *err)
{
    static const char *const rating_heads[] = {"userId", "movieId", "rating", "timestamp"};
    static const char *const film_heads[] = {"movieId", "title", "genres"};
    const att_status status = read_file(load, folder, "movies.csv", film_heads, 3, add_film, err);
    return status ? status
                  : read_file(load, folder, "ratings.csv", rating_heads, 4, add_rating, err);
}

att_status att_dataset_movielens(
    att_dataset **out, const char *folder, double min_rating, const att_host *host, att_error *err)
{
    const char *slash = strrchr(folder, '/');
    loader load = {.min_rating = min_rating};
    att_status status =
        att_dataset_create(&load.dataset, slash && slash[1] ? slash + 1 : folder, host, err);
    *out = NULL;
    if (status)
        return status;
    load.in = ATT_NEW_ARRAY(&load.dataset->host, csv, 1);
    load.locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    status =
        load.in && load.locale ? read_folder(&load, folder, err) : att_no_memory(err, 1, "reader");
    ATT_FREE_ARRAY(&load.dataset->host, load.in, 1);
    if (load.locale)
        freelocale(load.locale);
    if (status)
        att_dataset_destroy(load.dataset);
    else
        *out = load.dataset;
    return status;
}
