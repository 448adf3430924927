// SPDX-License-Identifier: Apache-2.0
// measure/ope_open_bandit_parse.c - CSV as in the Open Bandit Dataset (Saito, Aihara, Matsutani and Narita 2021).
//
//   CAMPAIGN.csv       [,timestamp],item_id,position,click,propensity_score[,user_feature_0 … 3][,user-item_affinity_0 …]
//   item_context.csv   [,]item_id,item_feature_0,item_feature_1 … 3
//   pi_….csv           no header: a line an item, a column a position
// Columns are found by name; others are passed over. A first bad line ends the reading, with file, line and field.
#include "ingest/csv.h"
#include "measure/ope_open_bandit.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#define ITEMS_MAX ATT_OPE_CHOICES_MAX

typedef struct table {
    const char *name;
    att_text rest;
    uint64_t line; // of the record that was read last
    uint64_t next_line;
    att_arena *scratch;
    locale_t locale;
    att_text fields[ATT_CSV_FIELDS_MAX];
    size_t count;
} table;

static att_status bad_field(const table *t, const char *field, att_text value, const char *wanted, att_error *err)
{
    return ATT_FAIL(err, ATT_INVALID, "%s:%llu: field \"%s\" is \"%.*s\", expected %s", t->name,
        (unsigned long long)t->line, field, (int)ATT_MIN(value.size, (size_t)40), value.data, wanted);
}

// *more is false at the end. Empty lines are passed over.
static att_status next_record(table *t, bool *more, att_error *err)
{
    att_piece piece;
    do {
        *more = t->rest.size > 0;
        if (!*more)
            return ATT_OK;
        att_csv_record(t->rest, true, ',', t->scratch, t->fields, &t->count, &piece);
        t->line = t->next_line + 1;
        t->next_line += piece.lines;
        t->rest = (att_text){t->rest.data + piece.size, t->rest.size - piece.size};
    } while (piece.kind == ATT_PIECE_BLANK);
    if (piece.kind == ATT_PIECE_NO_MEMORY)
        return att_no_memory(err, 1, "CSV record");
    if (piece.kind == ATT_PIECE_BAD)
        return ATT_FAIL(err, ATT_INVALID, "%s:%llu: %s", t->name, (unsigned long long)t->line, piece.fault.reason);
    return ATT_OK;
}

static att_status start(table *t, att_text text, const char *name, att_arena *scratch, att_error *err)
{
    *t = (table){.name = name, .rest = text, .scratch = scratch, .locale = newlocale(LC_ALL_MASK, "C", (locale_t)0)};
    if (!t->locale)
        return att_no_memory(err, 1, "locale");
    if (text.size >= 3 && memcmp(text.data, "\xEF\xBB\xBF", 3) == 0) // a byte order mark
        t->rest = (att_text){text.data + 3, text.size - 3};
    return t->rest.size ? ATT_OK : ATT_FAIL(err, ATT_INVALID, "%s is empty", name);
}

static size_t column_at(const table *t, const char *name)
{
    for (size_t i = 0; i < t->count; i++)
        if (att_text_equal(t->fields[i], att_text_of(name)))
            return i;
    return SIZE_MAX;
}

static att_status need_column(const table *t, const char *name, size_t *out, att_error *err)
{
    *out = column_at(t, name);
    return *out != SIZE_MAX ? ATT_OK : ATT_FAIL(err, ATT_INVALID, "%s:%llu: there is no column \"%s\"", t->name,
        (unsigned long long)t->line, name);
}

static att_status same_width(const table *t, size_t width, att_error *err)
{
    return t->count == width ? ATT_OK : ATT_FAIL(err, ATT_INVALID, "%s:%llu: %zu fields, expected %zu as in the first line",
        t->name, (unsigned long long)t->line, t->count, width);
}

// --- Numbers -----------------------------------------------------------------------------------

static bool whole(att_text text, uint32_t most, uint32_t *out)
{
    uint64_t value = 0;
    if (text.size == 0 || text.size > 10)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text.data[i] - '0');
    }
    *out = (uint32_t)ATT_MIN(value, (uint64_t)UINT32_MAX);
    return value <= most;
}

// Decimal, with a point whatever the locale.
static bool number(const table *t, att_text text, double *out)
{
    char copy[40], *end;
    if (text.size == 0 || text.size >= sizeof copy)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (!strchr("0123456789+-.eE", text.data[i]) || text.data[i] == 0)
            return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = 0;
    *out = strtod_l(copy, &end, t->locale);
    return *end == 0 && isfinite(*out);
}

static uint8_t bucket(att_text text)
{
    return (uint8_t)(XXH3_64bits(text.data ? text.data : "", text.size) % OBD_BUCKETS);
}

// --- item_context.csv --------------------------------------------------------------------------

static size_t item_width(void)
{
    return 1 + OBD_ITEM_PARTS * OBD_BUCKETS;
}

typedef struct item_columns {
    size_t id, number, parts[OBD_ITEM_PARTS];
} item_columns;

static att_status find_item_columns(const table *t, item_columns *c, att_error *err)
{
    c->number = column_at(t, "item_feature_0");
    for (int k = 0; k < OBD_ITEM_PARTS; k++) {
        char name[32];
        snprintf(name, sizeof name, "item_feature_%d", k + 1);
        c->parts[k] = column_at(t, name);
    }
    return need_column(t, "item_id", &c->id, err);
}

static att_status take_item(const table *t, const item_columns *c, uint32_t expected, float *features, att_error *err)
{
    uint32_t id;
    char wanted[64];
    snprintf(wanted, sizeof wanted, "%u: items are numbered from 0 in order", expected);
    if (!whole(t->fields[c->id], UINT32_MAX, &id) || id != expected)
        return bad_field(t, "item_id", t->fields[c->id], wanted, err);
    double value = 0;
    if (c->number != SIZE_MAX && !number(t, t->fields[c->number], &value))
        return bad_field(t, "item_feature_0", t->fields[c->number], "a number", err);
    features[0] = (float)value;
    if (!isfinite(features[0]))
        return bad_field(t, "item_feature_0", t->fields[c->number], "a number of ordinary size", err);
    for (int k = 0; k < OBD_ITEM_PARTS; k++)
        if (c->parts[k] != SIZE_MAX)
            features[1 + k * OBD_BUCKETS + bucket(t->fields[c->parts[k]])] = 1;
    return ATT_OK;
}

static att_status more_items(obd_items *out, const att_host *host, att_error *err)
{
    const size_t old = out->room * item_width(), grown = (size_t)(out->room ? out->room * 2 : 64) * item_width();
    float *features = att_realloc(host, out->features, old, grown, sizeof *features);
    if (!features)
        return att_no_memory(err, grown / item_width(), "items");
    memset(features + old, 0, (grown - old) * sizeof *features);
    out->features = features;
    out->room = (uint32_t)(grown / item_width());
    return ATT_OK;
}

static att_status read_items(obd_items *out, table *t, const att_host *host, att_error *err)
{
    item_columns columns = {0};
    bool more;
    att_status status = next_record(t, &more, err);
    const size_t width = t->count;
    if (!status)
        status = more ? find_item_columns(t, &columns, err) : ATT_FAIL(err, ATT_INVALID, "%s is empty", t->name);
    while (!status) {
        att_arena_reset(t->scratch);
        status = next_record(t, &more, err);
        if (status || !more)
            break;
        status = same_width(t, width, err);
        if (!status && out->count == ITEMS_MAX)
            status = ATT_FAIL(err, ATT_LIMIT, "%s: more than %d items", t->name, ITEMS_MAX);
        if (!status && out->count == out->room)
            status = more_items(out, host, err);
        if (!status)
            status = take_item(t, &columns, out->count, out->features + out->count * item_width(), err);
        out->count += !status;
    }
    return status;
}

void att_obd_items_free(obd_items *items, const att_host *host)
{
    ATT_FREE_ARRAY(host, items->features, items->room * item_width());
    *items = (obd_items){0};
}

// --- CAMPAIGN.csv ------------------------------------------------------------------------------

typedef struct row_columns {
    size_t item, position, click, propensity, user[OBD_USER_PARTS];
} row_columns;

static att_status find_row_columns(const table *t, row_columns *c, att_error *err)
{
    att_status status = need_column(t, "item_id", &c->item, err);
    if (!status)
        status = need_column(t, "position", &c->position, err);
    if (!status)
        status = need_column(t, "click", &c->click, err);
    if (!status)
        status = need_column(t, "propensity_score", &c->propensity, err);
    for (int k = 0; k < OBD_USER_PARTS; k++) {
        char name[32];
        snprintf(name, sizeof name, "user_feature_%d", k);
        c->user[k] = column_at(t, name);
    }
    return status;
}

static att_status take_row(const table *t, const row_columns *c, uint32_t items, obd_row *out, att_error *err)
{
    char wanted[64];
    uint32_t position, click;
    snprintf(wanted, sizeof wanted, "a whole number from 0 to %u", items - 1);
    if (!whole(t->fields[c->item], items - 1, &out->item))
        return bad_field(t, "item_id", t->fields[c->item], wanted, err);
    if (!whole(t->fields[c->position], OBD_POSITIONS_MAX, &position) || position == 0)
        return bad_field(t, "position", t->fields[c->position], "1 to 16", err);
    if (!whole(t->fields[c->click], 1, &click))
        return bad_field(t, "click", t->fields[c->click], "0 or 1", err);
    if (!number(t, t->fields[c->propensity], &out->propensity) || !(out->propensity > 0 && out->propensity <= 1))
        return bad_field(t, "propensity_score", t->fields[c->propensity], "more than 0 and at most 1", err);
    out->position = (uint8_t)(position - 1);
    out->click = (uint8_t)click;
    for (int k = 0; k < OBD_USER_PARTS; k++)
        out->user[k] = c->user[k] == SIZE_MAX ? 0 : (uint8_t)(bucket(t->fields[c->user[k]]) + 1);
    return ATT_OK;
}

static att_status read_rows(obd_rows *out, table *t, uint32_t items, const att_host *host, att_error *err)
{
    row_columns columns = {0};
    bool more;
    att_status status = next_record(t, &more, err);
    const size_t width = t->count, all = t->rest.size;
    if (!status)
        status = more ? find_row_columns(t, &columns, err) : ATT_FAIL(err, ATT_INVALID, "%s is empty", t->name);
    while (!status) {
        att_arena_reset(t->scratch);
        if (out->list.count % 8192 == 0 && !att_progress_tell(host, "reading", all - t->rest.size, all, "bytes"))
            return ATT_FAIL(err, ATT_CANCELLED, "cancelled while reading %s", t->name);
        status = next_record(t, &more, err);
        if (status || !more)
            break;
        obd_row row = {0};
        status = same_width(t, width, err);
        if (!status)
            status = take_row(t, &columns, items, &row, err);
        if (!status && (out->list.count == UINT32_MAX || !ATT_VEC_PUSH(host, &out->list, row)))
            status = att_no_memory(err, out->list.count + 1, "rows");
    }
    return status;
}

void att_obd_rows_free(obd_rows *rows, const att_host *host)
{
    ATT_VEC_FREE(host, &rows->list);
}

// --- pi_….csv ----------------------------------------------------------------------------------

static att_status take_line(const table *t, obd_matrix *out, uint32_t item, att_error *err)
{
    for (uint32_t k = 0; k < out->positions; k++) {
        char field[32];
        double *p = &out->p[item * out->positions + k];
        snprintf(field, sizeof field, "column %u", k + 1);
        if (!number(t, t->fields[k], p) || !(*p >= 0 && *p <= 1))
            return bad_field(t, field, t->fields[k], "a probability", err);
    }
    return ATT_OK;
}

static att_status check_sums(const table *t, const obd_matrix *m, att_error *err)
{
    for (uint32_t k = 0; k < m->positions; k++) {
        double sum = 0;
        for (uint32_t i = 0; i < m->items; i++)
            sum += m->p[i * m->positions + k];
        if (!(fabs(sum - 1) <= 1e-3))
            return ATT_FAIL(err, ATT_INVALID, "%s: column %u sums to %g, expected 1", t->name, k + 1, sum);
    }
    return ATT_OK;
}

static att_status read_matrix(obd_matrix *out, table *t, uint32_t items, const att_host *host, att_error *err)
{
    bool more;
    att_status status = next_record(t, &more, err);
    if (status)
        return status;
    if (!more || t->count < 1 || t->count > OBD_POSITIONS_MAX)
        return ATT_FAIL(err, ATT_INVALID, "%s:%llu: %zu columns, expected one for each position, 1 to %d", t->name,
            (unsigned long long)t->line, t->count, OBD_POSITIONS_MAX);
    out->items = items;
    out->positions = (uint32_t)t->count;
    out->p = ATT_NEW_ARRAY(host, double, (size_t)items * out->positions);
    if (!out->p)
        return att_no_memory(err, items, "probabilities");
    for (uint32_t i = 0; !status && more; i++) {
        if (i == items)
            return ATT_FAIL(err, ATT_INVALID, "%s:%llu: more lines than the %u items", t->name, (unsigned long long)t->line, items);
        status = same_width(t, out->positions, err);
        if (!status)
            status = take_line(t, out, i, err);
        att_arena_reset(t->scratch);
        if (!status)
            status = next_record(t, &more, err);
        if (!status && !more && i + 1 < items)
            status = ATT_FAIL(err, ATT_INVALID, "%s: %u lines, expected one for each of %u items", t->name, i + 1, items);
    }
    return status ? status : check_sums(t, out, err);
}

void att_obd_matrix_free(obd_matrix *matrix, const att_host *host)
{
    ATT_FREE_ARRAY(host, matrix->p, (size_t)matrix->items * matrix->positions);
    *matrix = (obd_matrix){0};
}

// --- Doors -------------------------------------------------------------------------------------

typedef struct reader {
    att_arena scratch;
    table table;
} reader;

static reader *open_reader(att_text text, const char *name, const att_host *host, att_status *status, att_error *err)
{
    reader *r = ATT_NEW_ARRAY(host, reader, 1);
    if (!r) {
        *status = att_no_memory(err, 1, "CSV reader");
        return NULL;
    }
    att_arena_init(&r->scratch, host, 0);
    *status = start(&r->table, text, name, &r->scratch, err);
    return r;
}

static void close_reader(reader *r, const att_host *host)
{
    if (!r)
        return;
    att_arena_deinit(&r->scratch);
    if (r->table.locale)
        freelocale(r->table.locale);
    ATT_FREE_ARRAY(host, r, 1);
}

att_status att_obd_items_parse(
    obd_items *out, att_text text, const char *name, const att_host *host, att_error *err)
{
    att_status status;
    *out = (obd_items){0};
    reader *r = open_reader(text, name, host, &status, err);
    if (!status)
        status = read_items(out, &r->table, host, err);
    if (!status && out->count == 0)
        status = ATT_FAIL(err, ATT_INVALID, "%s lists no items", name);
    close_reader(r, host);
    return status;
}

att_status att_obd_rows_parse(obd_rows *out, att_text text, const char *name, uint32_t items,
    const att_host *host, att_error *err)
{
    att_status status;
    *out = (obd_rows){0};
    reader *r = open_reader(text, name, host, &status, err);
    if (!status)
        status = read_rows(out, &r->table, items, host, err);
    if (!status && out->list.count == 0)
        status = ATT_FAIL(err, ATT_INVALID, "%s holds no rows", name);
    close_reader(r, host);
    return status;
}

att_status att_obd_matrix_parse(obd_matrix *out, att_text text, const char *name, uint32_t items,
    const att_host *host, att_error *err)
{
    att_status status;
    *out = (obd_matrix){0};
    reader *r = open_reader(text, name, host, &status, err);
    if (!status)
        status = read_matrix(out, &r->table, items, host, err);
    close_reader(r, host);
    return status;
}
