// SPDX-License-Identifier: Apache-2.0
// guard/text_rows.c - the mapping, the header, and then row by row.
#include "guard/text_rows.h"

#include "ingest/csv.h"
#include "ingest/text_file.h"

#include <math.h>
#include <stdlib.h>

enum { VALUES_MAX = 64, NONE = ATT_CATEGORIES_MAX, NO_COLUMN = -1 };

typedef struct value {
    att_text text;
    int category; // NONE: none
} value;

typedef struct reader {
    att_labelled *out;
    const char *name;
    att_error *err;
    att_text text_name, id_name, label_name; // data NULL: not mapped
    att_text column_names[ATT_CATEGORIES_MAX + 1]; // of votes or categories; [NONE]: votes for none
    int text_at, id_at, label_at, columns_at[ATT_CATEGORIES_MAX + 1];
    value values[VALUES_MAX];
    size_t value_count;
    bool any_category, any_votes;
    size_t columns;
    uint64_t line;
} reader;

static att_status row_fail(const reader *r, const char *field, att_text found, const char *expected)
{
    return ATT_FAIL(r->err, ATT_INVALID, "%s:%llu: field \"%s\" is \"%s\", expected %s", r->name, (unsigned long long)r->line,
        field, att_excerpt_of(found).text, expected);
}

// --- Mapping --------------------------------------------------------------------------------------

static att_status category_of(reader *r, att_text name, int *out)
{
    att_labelled *rows = r->out;
    if (att_text_equal(name, ATT_LIT("none"))) {
        *out = NONE;
        return ATT_OK;
    }
    for (size_t i = 0; i < rows->category_count; i++)
        if (att_text_equal(name, att_text_of(rows->categories[i]))) {
            *out = (int)i;
            return ATT_OK;
        }
    if (name.size == 0 || name.size > ATT_CATEGORY_NAME_MAX)
        return ATT_FAIL(r->err, ATT_INVALID, "category \"%s\" has %zu bytes, expected 1 to %d", att_excerpt_of(name).text, name.size,
            ATT_CATEGORY_NAME_MAX);
    for (size_t i = 0; i < name.size; i++)
        if ((unsigned char)name.data[i] <= ' ' || strchr("\"=:,[]", name.data[i]))
            return ATT_FAIL(r->err, ATT_INVALID, "category \"%s\" holds a space or one of \"=:,[]", att_excerpt_of(name).text);
    if (rows->category_count == ATT_CATEGORIES_MAX)
        return ATT_FAIL(r->err, ATT_LIMIT, "more than %d categories", ATT_CATEGORIES_MAX);
    memcpy(rows->categories[rows->category_count], name.data, name.size);
    *out = (int)rows->category_count++;
    return ATT_OK;
}

static att_text unquoted(att_text word)
{
    if (word.size >= 2 && word.data[0] == '"' && word.data[word.size - 1] == '"')
        return (att_text){word.data + 1, word.size - 2};
    return word;
}

static bool has_front(att_text text, const char *front, att_text *rest)
{
    const size_t size = strlen(front);
    if (text.size < size || memcmp(text.data, front, size) != 0)
        return false;
    *rest = (att_text){text.data + size, text.size - size};
    return true;
}

static att_status bad_part(const reader *r, att_text part, const char *what)
{
    return ATT_FAIL(r->err, ATT_INVALID, "mapping part \"%s\": %s", att_excerpt_of(part).text, what);
}

static att_status take_value(reader *r, att_text part, att_text given, att_text category)
{
    int index;
    if (r->value_count == VALUES_MAX)
        return bad_part(r, part, "more than 64 values of the label are mapped");
    const att_status status = category_of(r, category, &index);
    if (!status)
        r->values[r->value_count++] = (value){unquoted(given), index};
    return status;
}

static att_status take_column(reader *r, att_text part, att_text category, att_text column, bool votes)
{
    int index;
    const att_status status = category_of(r, category, &index);
    if (status)
        return status;
    if (index == NONE && !votes)
        return bad_part(r, part, "\"none\" is no category");
    if (r->column_names[index].data)
        return bad_part(r, part, "the category is mapped twice");
    r->column_names[index] = column;
    *(votes ? &r->any_votes : &r->any_category) = true;
    return ATT_OK;
}

static att_status take_part(reader *r, att_text part)
{
    size_t at = 0;
    while (at < part.size && part.data[at] != '=' && part.data[at] != ':')
        at++;
    if (at == part.size)
        return bad_part(r, part, "expected target=column or label.VALUE:CATEGORY");
    const att_text target = {part.data, at}, column = unquoted((att_text){part.data + at + 1, part.size - at - 1});
    att_text rest;
    if (part.data[at] == ':')
        return has_front(target, "label.", &rest) ? take_value(r, part, rest, column)
                                                  : bad_part(r, part, "only label.VALUE takes ':'");
    if (has_front(target, "votes.", &rest))
        return take_column(r, part, rest, column, true);
    if (has_front(target, "category.", &rest))
        return take_column(r, part, rest, column, false);
    att_text *names[] = {&r->text_name, &r->id_name, &r->label_name};
    static const char *const targets[] = {"text", "id", "label"};
    for (size_t i = 0; i < ATT_COUNT_OF(targets); i++)
        if (att_text_equal(target, att_text_of(targets[i]))) {
            if (names[i]->data)
                return bad_part(r, part, "the target is mapped twice");
            *names[i] = column;
            return ATT_OK;
        }
    return bad_part(r, part, "unknown target, expected text, id, label, label.VALUE, votes.CATEGORY or category.CATEGORY");
}

static att_status parse_mapping(reader *r, const char *mapping)
{
    const att_text copy = att_arena_text(&r->out->life, att_text_of(mapping ? mapping : "text=text,label=label"));
    if (!copy.data)
        return att_no_memory(r->err, 1, "mapping");
    for (size_t at = 0; at <= copy.size;) {
        size_t end = at;
        bool quoted = false;
        for (; end < copy.size && (quoted || copy.data[end] != ','); end++)
            quoted ^= copy.data[end] == '"';
        const att_status status = take_part(r, (att_text){copy.data + at, end - at});
        if (status)
            return status;
        at = end + 1;
    }
    if (!r->text_name.data)
        return ATT_FAIL(r->err, ATT_INVALID, "mapping: expected a part text=COLUMN");
    if (r->any_votes && r->any_category)
        return ATT_FAIL(r->err, ATT_INVALID, "mapping: expected votes.… or category.…, found both");
    if (!r->label_name.data && !r->any_votes && !r->any_category)
        return ATT_FAIL(r->err, ATT_INVALID, "mapping: expected label=COLUMN, or votes.… or category.… columns");
    if (r->label_name.data && r->any_category)
        return ATT_FAIL(r->err, ATT_INVALID, "mapping: expected label=COLUMN or category.…, found both");
    r->out->exclusive = !r->any_category;
    return ATT_OK;
}

// --- Header ---------------------------------------------------------------------------------------

static att_status find_column(const reader *r, att_text name, const att_text *fields, size_t count, int *out)
{
    *out = NO_COLUMN;
    if (!name.data)
        return ATT_OK;
    for (size_t i = 0; i < count; i++)
        if (att_text_equal(fields[i], name)) {
            *out = (int)i;
            return ATT_OK;
        }
    return ATT_FAIL(r->err, ATT_INVALID, "%s: there is no column \"%s\"", r->name, att_excerpt_of(name).text);
}

static att_status bind(reader *r, const att_text *fields, size_t count)
{
    r->columns = count;
    att_status status = find_column(r, r->text_name, fields, count, &r->text_at);
    if (!status)
        status = find_column(r, r->id_name, fields, count, &r->id_at);
    if (!status)
        status = find_column(r, r->label_name, fields, count, &r->label_at);
    for (int i = 0; !status && i <= NONE; i++)
        status = find_column(r, r->column_names[i], fields, count, &r->columns_at[i]);
    return status;
}

// --- Rows -----------------------------------------------------------------------------------------

static bool whole_number(att_text text, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || *out > (UINT64_MAX - 9) / 10)
            return false;
        *out = *out * 10 + (uint64_t)(text.data[i] - '0');
    }
    return text.size > 0;
}

static bool number(att_text text, double *out)
{
    char copy[64], *end;
    if (text.size == 0 || text.size >= sizeof copy)
        return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = 0;
    *out = strtod(copy, &end);
    return end == copy + text.size && isfinite(*out) && *out >= 0;
}

static att_status take_label(reader *r, att_text label, att_labelled_row *row)
{
    int category = NONE;
    for (size_t i = 0; i < r->value_count; i++)
        if (att_text_equal(r->values[i].text, label)) {
            category = r->values[i].category;
            goto found;
        }
    if (label.size) { // a value that is not mapped names its category
        const att_status status = category_of(r, label, &category);
        if (status)
            return att_while(r->err, status, "%s:%llu: field \"label\"", r->name, (unsigned long long)r->line);
    }
found:
    if (category != NONE) {
        row->truth = 1u << category;
        row->targets[category] = 1;
    }
    return ATT_OK;
}

// Votes: shares of all votes; the truth is the category with most (none wins a tie), unless a label says it.
static att_status take_votes(reader *r, const att_text *fields, att_labelled_row *row)
{
    double votes[ATT_CATEGORIES_MAX + 1] = {0}, sum = 0;
    int most = NONE;
    for (int i = NONE; i >= 0; i--) {
        if (r->columns_at[i] == NO_COLUMN)
            continue;
        const att_text field = fields[r->columns_at[i]];
        if (!number(field, &votes[i]))
            return row_fail(r, "votes", field, "a number from 0");
        sum += votes[i];
        most = votes[i] > votes[most] ? i : most;
    }
    if (sum <= 0)
        return ATT_OK;
    for (size_t i = 0; i < ATT_CATEGORIES_MAX; i++)
        row->targets[i] = (float)(votes[i] / sum);
    if (!r->label_name.data)
        row->truth = most == NONE ? 0 : 1u << most;
    return ATT_OK;
}

static att_status take_categories(reader *r, const att_text *fields, att_labelled_row *row)
{
    for (int i = 0; i < ATT_CATEGORIES_MAX; i++) {
        double share;
        if (r->columns_at[i] == NO_COLUMN)
            continue;
        if (!number(fields[r->columns_at[i]], &share) || share > 1)
            return row_fail(r, r->out->categories[i], fields[r->columns_at[i]], "a number from 0 to 1");
        row->targets[i] = (float)share;
        row->truth |= share >= 0.5 ? 1u << i : 0;
    }
    return ATT_OK;
}

static att_status take_row(reader *r, const att_text *fields, size_t count)
{
    att_labelled *out = r->out;
    if (count != r->columns)
        return ATT_FAIL(r->err, ATT_INVALID, "%s:%llu: found %zu fields, expected %zu", r->name, (unsigned long long)r->line, count,
            r->columns);
    att_labelled_row row = {.text = fields[r->text_at], .id = out->rows.count};
    if (r->id_at != NO_COLUMN && !whole_number(fields[r->id_at], &row.id))
        return row_fail(r, "id", fields[r->id_at], "a whole number");
    att_status status = r->label_at != NO_COLUMN ? take_label(r, fields[r->label_at], &row) : ATT_OK;
    if (!status && r->any_votes)
        status = take_votes(r, fields, &row);
    if (!status && r->any_category)
        status = take_categories(r, fields, &row);
    if (!status && !ATT_VEC_PUSH(&out->host, &out->rows, row))
        status = att_no_memory(r->err, out->rows.count, "labelled texts");
    return status;
}

static att_status read_rows(reader *r, att_text file)
{
    att_text *fields = ATT_NEW(&r->out->life, att_text, ATT_CSV_FIELDS_MAX);
    bool header = true;
    r->line = 1;
    if (!fields)
        return att_no_memory(r->err, ATT_CSV_FIELDS_MAX, "fields");
    for (size_t at = 0; at < file.size;) {
        att_piece piece;
        size_t count;
        att_csv_record((att_text){file.data + at, file.size - at}, true, ',', &r->out->life, fields, &count, &piece);
        if (piece.kind == ATT_PIECE_NO_MEMORY)
            return att_no_memory(r->err, piece.size, "bytes of a record");
        if (piece.kind == ATT_PIECE_BAD)
            return ATT_FAIL(r->err, ATT_INVALID, "%s:%llu: %s", r->name, (unsigned long long)r->line, piece.fault.reason);
        if (piece.kind == ATT_PIECE_EVENT) {
            const att_status status = header ? bind(r, fields, count) : take_row(r, fields, count);
            if (status)
                return status;
            header = false;
        }
        r->line += piece.lines;
        at += piece.size;
    }
    if (r->out->rows.count == 0)
        return ATT_FAIL(r->err, ATT_INVALID, "%s has no rows", r->name);
    if (r->out->category_count == 0)
        return ATT_FAIL(r->err, ATT_INVALID, "%s: no row is of any category", r->name);
    return ATT_OK;
}

att_status att_labelled_parse(att_labelled *out, const char *name, att_text file, const char *mapping, const att_host *host,
    att_error *err)
{
    *out = (att_labelled){.host = att_host_complete(host)};
    att_arena_init(&out->life, &out->host, 0);
    reader r = {.out = out, .name = name, .err = err};
    att_status status = parse_mapping(&r, mapping);
    if (!status && file.size >= 3 && memcmp(file.data, "\xEF\xBB\xBF", 3) == 0)
        file = (att_text){file.data + 3, file.size - 3};
    if (!status)
        status = read_rows(&r, file);
    if (status)
        att_labelled_deinit(out);
    return status;
}

att_status att_labelled_load(att_labelled *out, const char *path, const char *mapping, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    char *text;
    size_t size;
    *out = (att_labelled){.host = full};
    att_status status = att_text_file_load(path, ATT_LABELLED_SIZE_MAX, &full, &text, &size, err);
    if (status)
        return status;
    status = att_labelled_parse(out, path, (att_text){text, size}, mapping, host, err);
    if (status) {
        att_free(&full, text, size, 1);
        return status;
    }
    out->file = text;
    out->file_size = size;
    return ATT_OK;
}

void att_labelled_deinit(att_labelled *rows)
{
    if (!rows->life.host)
        return;
    ATT_VEC_FREE(&rows->host, &rows->rows);
    att_free(&rows->host, rows->file, rows->file_size, 1);
    att_arena_deinit(&rows->life);
    *rows = (att_labelled){0};
}
