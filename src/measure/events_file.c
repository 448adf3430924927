// SPDX-License-Identifier: Apache-2.0
// measure/events_file.c - reading events from lines, in one pass.
#include "measure/events_file.h"
#include "ingest/text_file.h"

#include <math.h>
#include <strings.h>

#define FILE_SIZE_MAX ((size_t)4 << 30)
#define LINE_SIZE_MAX 4096
#define FIELDS_MAX 32
#define NUMBER_SIZE_MAX 24
#define SECONDS_MAX INT64_C(99999999999) // above it a time is in milliseconds
#define AT_MS_MAX INT64_C(253402300799000)

enum { USER, ITEM, RATING, TIME, ROLES };
static const char *const role_names[ROLES] = {"user", "item", "rating", "time"};

typedef struct reader {
    att_dataset *dataset;
    const char *path;
    const char *text;
    size_t size, at;
    uint64_t line;
    char separator; // ':' stands for "::"
    size_t place[ROLES]; // of the field; FIELDS_MAX: not there
    size_t field_count;  // in every line
    att_text fields[FIELDS_MAX];
    double min_rating;
    uint64_t events;
} reader;

static att_status bad_field(
    const reader *r, int role, const char *wanted, att_error *err)
{
    const att_text field = r->fields[r->place[role]];
    return ATT_FAIL(err, ATT_INVALID, "%s:%llu: field \"%s\" is \"%.*s\", expected %s", r->path,
        (unsigned long long)r->line, role_names[role], (int)ATT_MIN(field.size, 40), field.data,
        wanted);
}

// --- Lines ----------------------------------------------------------------------------------------

// The next line that is not empty, without its end. False at the end of the file.
static bool next_line(reader *r, att_text *line)
{
    while (r->at < r->size) {
        const char *start = r->text + r->at;
        const char *end = memchr(start, '\n', r->size - r->at);
        size_t size = end ? (size_t)(end - start) : r->size - r->at;
        r->at += size + (end != NULL);
        r->line++;
        while (size > 0 && (start[size - 1] == '\r' || start[size - 1] == ' '))
            size--;
        *line = (att_text){start, size};
        if (size > 0)
            return true;
    }
    return false;
}

static char separator_of(att_text line)
{
    for (size_t i = 0; i + 1 < line.size; i++)
        if (line.data[i] == ':' && line.data[i + 1] == ':')
            return ':';
    return memchr(line.data, '\t', line.size) ? '\t' : memchr(line.data, ',', line.size) ? ',' : ' ';
}

static size_t field_end(const reader *r, att_text line, size_t at)
{
    if (r->separator != ':') {
        const char *end = memchr(line.data + at, r->separator, line.size - at);
        return end ? (size_t)(end - line.data) : line.size;
    }
    for (; at + 1 < line.size; at++)
        if (line.data[at] == ':' && line.data[at + 1] == ':')
            return at;
    return line.size;
}

// A field in double quotes loses them; a separator inside quotes is not for data to measure on.
static att_text unquoted(att_text field)
{
    if (field.size >= 2 && field.data[0] == '"' && field.data[field.size - 1] == '"')
        return (att_text){field.data + 1, field.size - 2};
    return field;
}

static att_status cut(reader *r, att_text line, size_t *count, att_error *err)
{
    *count = 0;
    if (line.size > LINE_SIZE_MAX || memchr(line.data, 0, line.size))
        return ATT_FAIL(err, ATT_INVALID, "%s:%llu: the line %s", r->path,
            (unsigned long long)r->line,
            line.size > LINE_SIZE_MAX ? "is longer than 4096 bytes" : "holds a zero byte");
    for (size_t at = 0;;) {
        while (r->separator == ' ' && at < line.size && line.data[at] == ' ')
            at++;
        const size_t end = field_end(r, line, at);
        if (*count == FIELDS_MAX)
            return ATT_FAIL(err, ATT_LIMIT, "%s:%llu: more than %d fields", r->path,
                (unsigned long long)r->line, FIELDS_MAX);
        r->fields[(*count)++] = unquoted((att_text){line.data + at, end - at});
        if (end >= line.size)
            return ATT_OK;
        at = end + (r->separator == ':' ? 2 : 1);
    }
}

// --- Which field is what --------------------------------------------------------------------------

static bool is_one_of(att_text name, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (name.size == strlen(words[i]) && strncasecmp(name.data, words[i], name.size) == 0)
            return true;
    return false;
}

static int role_of(att_text name)
{
    static const char *const users[] = {"user", "userid", "user_id", "uid", "reviewerid"};
    static const char *const items[] = {
        "item", "itemid", "item_id", "movieid", "movie_id", "asin", "parent_asin", "productid"};
    static const char *const ratings[] = {"rating", "score", "stars", "overall"};
    static const char *const times[] = {"time", "timestamp", "unixreviewtime", "at"};
    if (is_one_of(name, users, ATT_COUNT_OF(users)))
        return USER;
    if (is_one_of(name, items, ATT_COUNT_OF(items)))
        return ITEM;
    if (is_one_of(name, ratings, ATT_COUNT_OF(ratings)))
        return RATING;
    return is_one_of(name, times, ATT_COUNT_OF(times)) ? TIME : ROLES;
}

static att_status take_names(reader *r, size_t count, att_error *err)
{
    for (int role = 0; role < ROLES; role++)
        r->place[role] = FIELDS_MAX;
    r->field_count = count;
    for (size_t i = 0; i < count; i++) {
        const int role = role_of(r->fields[i]);
        if (role < ROLES && r->place[role] == FIELDS_MAX)
            r->place[role] = i;
    }
    if (r->place[USER] == FIELDS_MAX || r->place[ITEM] == FIELDS_MAX)
        return ATT_FAIL(err, ATT_INVALID,
            "%s:%llu: the names of the fields lack %s; expected user, item and, where there are, "
            "rating and time",
            r->path, (unsigned long long)r->line, r->place[USER] == FIELDS_MAX ? "user" : "item");
    return ATT_OK;
}

static att_status take_usual(reader *r, size_t count, att_error *err)
{
    static const size_t usual[5][ROLES] = {[2] = {0, 1, FIELDS_MAX, FIELDS_MAX},
        [3] = {0, 1, FIELDS_MAX, 2},
        [4] = {0, 1, 2, 3}};
    if (count < 2 || count > 4)
        return ATT_FAIL(err, ATT_INVALID,
            "%s:%llu: %zu fields without a head line; expected user item, user item time, or user "
            "item rating time",
            r->path, (unsigned long long)r->line, count);
    memcpy(r->place, usual[count], sizeof r->place);
    r->field_count = count;
    return ATT_OK;
}

// `columns` is "user,item,-,time"; a field of any other name is passed over.
static att_status take_columns(reader *r, const char *columns, att_error *err)
{
    const char separator = r->separator;
    size_t count;
    r->separator = ',';
    att_status status = cut(r, att_text_of(columns), &count, err);
    if (!status)
        status = take_names(r, count, err);
    r->separator = separator;
    return status;
}

static bool is_head(const reader *r, size_t count)
{
    bool user = false, item = false;
    for (size_t i = 0; i < count; i++) {
        user |= role_of(r->fields[i]) == USER;
        item |= role_of(r->fields[i]) == ITEM;
    }
    return user && item;
}

// --- Values ---------------------------------------------------------------------------------------

// -12.5 and the like; no exponent, so that no locale and no length can matter.
static bool parse_number(att_text text, double *out)
{
    size_t at = text.size > 0 && text.data[0] == '-', digits = 0;
    double value = 0, place = 1;
    bool point = false;
    if (text.size > NUMBER_SIZE_MAX)
        return false;
    for (; at < text.size; at++) {
        const char c = text.data[at];
        if (c == '.' && !point) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9')
            return false;
        value = value * 10 + (c - '0');
        place *= point ? 10 : 1;
        digits++;
    }
    *out = (text.size > 0 && text.data[0] == '-' ? -value : value) / place;
    return digits > 0;
}

static bool parse_time(att_text text, int64_t *at_ms)
{
    int64_t value = 0;
    if (text.size < 1 || text.size > 15)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        value = value * 10 + (text.data[i] - '0');
    }
    *at_ms = value > SECONDS_MAX ? value : value * 1000;
    return *at_ms <= AT_MS_MAX;
}

static att_status take_line(reader *r, att_error *err)
{
    double rating = HUGE_VAL;
    int64_t at_ms = (int64_t)r->events; // without times: the order
    if (r->place[RATING] < FIELDS_MAX && !parse_number(r->fields[r->place[RATING]], &rating))
        return bad_field(r, RATING, "a number such as 4.5", err);
    if (r->place[TIME] < FIELDS_MAX && !parse_time(r->fields[r->place[TIME]], &at_ms))
        return bad_field(r, TIME, "whole seconds or milliseconds since 1970", err);
    r->events++;
    if (rating < r->min_rating)
        return ATT_OK;
    const att_status status = att_dataset_add(
        r->dataset, r->fields[r->place[USER]], r->fields[r->place[ITEM]], at_ms, 1.0, err);
    return status
               ? att_while(err, status, "%s:%llu", r->path, (unsigned long long)r->line)
               : ATT_OK;
}

static att_status begin(reader *r, const char *columns, bool *head, att_error *err)
{
    att_text line;
    size_t count;
    if (!next_line(r, &line))
        return ATT_FAIL(err, ATT_INVALID, "%s is empty", r->path);
    r->separator = separator_of(line);
    att_status status = cut(r, line, &count, err);
    if (status)
        return status;
    *head = is_head(r, count);
    status = columns ? take_columns(r, columns, err)
             : *head ? take_names(r, count, err)
                     : take_usual(r, count, err);
    r->dataset->untimed = !status && r->place[TIME] == FIELDS_MAX;
    return status;
}

att_status att_events_parse(att_dataset *dataset, const char *path, const char *text, size_t size,
    double min_rating, const char *columns, att_error *err)
{
    reader r = {.dataset = dataset, .path = path, .text = text, .size = size, .min_rating = min_rating};
    bool head = false;
    att_status status = begin(&r, columns, &head, err);
    if (!status && !head) { // the first line is an event: once more from the start
        r.at = 0;
        r.line = 0;
    }
    for (att_text line; !status && next_line(&r, &line);) {
        size_t count;
        status = cut(&r, line, &count, err);
        if (!status && count != r.field_count)
            status = ATT_FAIL(err, ATT_INVALID, "%s:%llu: %zu fields, expected %zu", path,
                (unsigned long long)r.line, count, r.field_count);
        if (!status)
            status = take_line(&r, err);
    }
    return status;
}

att_status att_dataset_events(att_dataset **out, const char *path, double min_rating,
    const char *columns, const att_host *host, att_error *err)
{
    const char *slash = strrchr(path, '/');
    const att_host full = att_host_complete(host);
    char *text = NULL;
    size_t size = 0;
    *out = NULL;
    att_status status = att_text_file_load(path, FILE_SIZE_MAX, &full, &text, &size, err);
    att_dataset *dataset = NULL;
    if (!status)
        status = att_dataset_create(&dataset, slash && slash[1] ? slash + 1 : path, host, err);
    if (!status)
        status = att_events_parse(dataset, path, text, size, min_rating, columns, err);
    att_free(&full, text, size, 1);
    if (status)
        att_dataset_destroy(dataset);
    else
        *out = dataset;
    return status;
}
