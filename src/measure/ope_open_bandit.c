// SPDX-License-Identifier: Apache-2.0
// measure/ope_open_bandit.c - an Open Bandit folder (Saito, Aihara, Matsutani and Narita 2021) as a log of choices.
//
// A row is one recommended item at one position; there is no number that says which rows were shown together, so each
// row is a slate and a person of its own. The menu of a position is every item, with the target's probability and the
// logging policy's. "random" is 1 / items; other policies are read from pi_POLICY_CAMPAIGN.csv, or, for the logging
// policy, counted from the log where that file is absent. Where logged propensities are not those of the menu (a policy
// that learned while it logged), only they are taken for true, and the log says so (logged_unknown).
#include "measure/ope_open_bandit.h"
#include "ingest/text_file.h"

#include <math.h>
#include <stdio.h>

#define FILE_SIZE_MAX ((size_t)4 << 30)
#define MATRIX_SIZE_MAX ((size_t)16 << 20)

typedef struct folder {
    const char *path;
    att_open_bandit_options options;
    att_host host;
    obd_items items;
    obd_rows rows;
    obd_matrix target, logged;
    uint32_t positions;
} folder;

typedef struct text {
    char *data;
    size_t size;
} text;

static att_status path_of(char out[1024], att_error *err, const char *format, ...) ATT_PRINTF(3, 4);
static att_status path_of(char out[1024], att_error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int size = vsnprintf(out, 1024, format, args);
    va_end(args);
    return size >= 0 && size < 1024 ? ATT_OK : ATT_FAIL(err, ATT_LIMIT, "the path %.60s… is too long", out);
}

static att_status load(const folder *f, const char *path, size_t most, text *out, att_error *err)
{
    return att_text_file_load(path, most, &f->host, &out->data, &out->size, err);
}

static att_status load_items(folder *f, att_error *err)
{
    char path[1024];
    text t = {0};
    att_status status = path_of(path, err, "%s/%s/item_context.csv", f->path, f->options.log);
    if (!status)
        status = load(f, path, FILE_SIZE_MAX, &t, err);
    if (!status)
        status = att_obd_items_parse(&f->items, (att_text){t.data, t.size}, path, &f->host, err);
    att_free(&f->host, t.data, t.size, 1);
    return status;
}

static att_status load_rows(folder *f, att_error *err)
{
    char path[1024];
    text t = {0};
    att_status status = path_of(path, err, "%s/%s/%s.csv", f->path, f->options.log, f->options.campaign);
    if (!status)
        status = load(f, path, FILE_SIZE_MAX, &t, err);
    if (!status)
        status = att_obd_rows_parse(&f->rows, (att_text){t.data, t.size}, path, f->items.count, &f->host, err);
    att_free(&f->host, t.data, t.size, 1);
    for (size_t i = 0; i < f->rows.list.count; i++)
        f->positions = ATT_MAX(f->positions, f->rows.list.items[i].position + 1u);
    return status;
}

// --- Policies ----------------------------------------------------------------------------------

static att_status make_matrix(const folder *f, obd_matrix *out, att_error *err)
{
    *out = (obd_matrix){f->items.count, f->positions, NULL};
    out->p = ATT_NEW_ARRAY(&f->host, double, (size_t)out->items * out->positions);
    return out->p ? ATT_OK : att_no_memory(err, out->items, "probabilities");
}

static att_status uniform(const folder *f, obd_matrix *out, att_error *err)
{
    const att_status status = make_matrix(f, out, err);
    for (size_t i = 0; !status && i < (size_t)out->items * out->positions; i++)
        out->p[i] = 1.0 / out->items;
    return status;
}

// Shares of the log itself, by position.
static att_status counted(const folder *f, obd_matrix *out, att_error *err)
{
    double rows[OBD_POSITIONS_MAX] = {0};
    const att_status status = make_matrix(f, out, err);
    if (status)
        return status;
    for (size_t i = 0; i < f->rows.list.count; i++)
        rows[f->rows.list.items[i].position] += 1;
    for (size_t i = 0; i < f->rows.list.count; i++) {
        const obd_row *row = &f->rows.list.items[i];
        out->p[row->item * out->positions + row->position] += 1 / rows[row->position];
    }
    return ATT_OK;
}

static bool is_path(const char *policy)
{
    const size_t size = strlen(policy);
    return strchr(policy, '/') || (size > 4 && strcmp(policy + size - 4, ".csv") == 0);
}

static att_status read_policy(const folder *f, const char *policy, obd_matrix *out, att_error *err)
{
    char path[1024];
    text t = {0};
    if (strcmp(policy, "random") == 0)
        return uniform(f, out, err);
    att_status status = is_path(policy) ? path_of(path, err, "%s", policy)
                                        : path_of(path, err, "%s/pi_%s_%s.csv", f->path, policy, f->options.campaign);
    if (!status)
        status = load(f, path, MATRIX_SIZE_MAX, &t, err);
    if (!status)
        status = att_obd_matrix_parse(out, (att_text){t.data, t.size}, path, f->items.count, &f->host, err);
    att_free(&f->host, t.data, t.size, 1);
    if (!status && out->positions < f->positions)
        status = ATT_FAIL(err, ATT_INVALID, "%s has %u columns, the log has %u positions", path, out->positions, f->positions);
    return status;
}

static att_status read_policies(folder *f, att_error *err)
{
    att_status status = read_policy(f, f->options.target, &f->target, err);
    if (status)
        return att_while(err, status, "target policy \"%s\"", f->options.target);
    status = read_policy(f, f->options.log, &f->logged, NULL);
    if (status != ATT_NOT_FOUND)
        return status ? read_policy(f, f->options.log, &f->logged, err) : ATT_OK;
    att_obd_matrix_free(&f->logged, &f->host);
    return counted(f, &f->logged, err);
}

// --- The log -----------------------------------------------------------------------------------

static double at(const obd_matrix *m, uint32_t item, uint32_t position)
{
    return m->p[item * m->positions + position];
}

// True when every logged propensity is the menu's.
static bool propensities_agree(const folder *f)
{
    for (size_t i = 0; i < f->rows.list.count; i++) {
        const obd_row *row = &f->rows.list.items[i];
        const double p = at(&f->logged, row->item, row->position);
        if (!(fabs(row->propensity - p) <= 1e-3 * p))
            return false;
    }
    return true;
}

static att_status add_menus(const folder *f, att_ope_log *log, att_error *err)
{
    const uint32_t items = f->items.count;
    att_ope_choice *choices = ATT_NEW_ARRAY(&f->host, att_ope_choice, items);
    att_status status = choices ? ATT_OK : att_no_memory(err, items, "choices");
    for (uint32_t k = 0; k < f->positions && !status; k++) {
        uint32_t menu;
        for (uint32_t i = 0; i < items; i++)
            choices[i] = (att_ope_choice){i, at(&f->target, i, k), at(&f->logged, i, k)};
        status = att_ope_log_menu(log, choices, items, f->items.features, &menu, err);
    }
    ATT_FREE_ARRAY(&f->host, choices, items);
    return status;
}

static att_status add_rows(const folder *f, att_ope_log *log, att_error *err)
{
    att_status status = ATT_OK;
    for (size_t i = 0; i < f->rows.list.count && !status; i++) {
        const obd_row *row = &f->rows.list.items[i];
        float features[OBD_USER_PARTS * OBD_BUCKETS] = {0};
        for (int k = 0; k < OBD_USER_PARTS; k++)
            if (row->user[k])
                features[k * OBD_BUCKETS + row->user[k] - 1] = 1;
        const att_ope_row out = {.menu = row->position, .chosen = row->item, .propensity = row->propensity,
            .reward = row->click, .slot = row->position, .slate = i, .person = i, .features = features};
        status = att_ope_log_add(log, &out, err);
    }
    return status;
}

static att_status build(const folder *f, att_ope_log **out, att_error *err)
{
    char name[256];
    snprintf(name, sizeof name, "%s, campaign %s", f->options.log, f->options.campaign);
    const att_ope_log_options options = {.name = name, .reward_high = 1, .actions = f->items.count,
        .choice_features = 1 + OBD_ITEM_PARTS * OBD_BUCKETS, .row_features = OBD_USER_PARTS * OBD_BUCKETS,
        .logged_unknown = !propensities_agree(f)};
    att_ope_log *log = NULL;
    att_status status = att_ope_log_create(&log, &options, &f->host, err);
    if (!status)
        status = add_menus(f, log, err);
    if (!status)
        status = add_rows(f, log, err);
    if (status)
        att_ope_log_destroy(log);
    else
        *out = log;
    return status;
}

static bool is_plain(const char *word)
{
    return word && word[0] && word[0] != '.' && !strchr(word, '/') && strlen(word) < 64;
}

att_status att_ope_log_open_bandit(att_ope_log **out, const char *path,
    const att_open_bandit_options *options, const att_host *host, att_error *err)
{
    *out = NULL;
    if (!is_plain(options->log) || !is_plain(options->campaign))
        return ATT_FAIL(err, ATT_INVALID, "the log and the campaign are names of a folder and a file in %s", path);
    if (!options->target || !options->target[0])
        return ATT_FAIL(err, ATT_INVALID, "no target policy is named");
    folder f = {.path = path, .options = *options, .host = att_host_complete(host)};
    att_status status = load_items(&f, err);
    if (!status)
        status = load_rows(&f, err);
    if (!status)
        status = read_policies(&f, err);
    if (!status)
        status = build(&f, out, err);
    att_obd_items_free(&f.items, &f.host);
    att_obd_rows_free(&f.rows, &f.host);
    att_obd_matrix_free(&f.target, &f.host);
    att_obd_matrix_free(&f.logged, &f.host);
    return status;
}
