// SPDX-License-Identifier: Apache-2.0
// measure/ope_log.c - takes choices in and refuses what cannot be one.
//
// An estimate divides by logged probabilities, so a wrong one is not a matter of precision: every number is looked
// at on its way in.
#include "measure/ope_log.h"

#include <math.h>

#define SLACK 1e-4 // sums of probabilities that were printed with few digits

att_ope_log_options att_ope_log_options_default(void)
{
    return (att_ope_log_options){.name = "log", .reward_high = 1};
}

static att_status check_options(const att_ope_log_options *o, att_error *err)
{
    if (!(isfinite(o->reward_low) && isfinite(o->reward_high) && o->reward_low < o->reward_high))
        return ATT_FAIL(err, ATT_INVALID, "rewards from %g to %g, expected a finite range that is not empty",
            o->reward_low, o->reward_high);
    if (o->choice_features > ATT_OPE_FEATURES_MAX || o->row_features > ATT_OPE_FEATURES_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "%u features of a choice and %u of a row, at most %d each",
            o->choice_features, o->row_features, ATT_OPE_FEATURES_MAX);
    if (o->actions == 0)
        return ATT_FAIL(err, ATT_INVALID, "a log needs at least one action");
    return ATT_OK;
}

att_status att_ope_log_create(
    att_ope_log **out, const att_ope_log_options *options, const att_host *host, att_error *err)
{
    *out = NULL;
    const att_status status = check_options(options, err);
    if (status)
        return status;
    const att_host full = att_host_complete(host);
    att_ope_log *log = ATT_NEW_ARRAY(&full, att_ope_log, 1);
    if (!log)
        return att_no_memory(err, 1, "log of choices");
    log->host = full;
    log->options = *options;
    att_arena_init(&log->life, &log->host, 0);
    log->options.name = att_arena_text(&log->life, att_text_of(options->name ? options->name : "log")).data;
    if (!log->options.name) {
        att_ope_log_destroy(log);
        return att_no_memory(err, 1, "log of choices");
    }
    *out = log;
    return ATT_OK;
}

void att_ope_log_destroy(att_ope_log *log)
{
    if (!log)
        return;
    const att_host host = log->host;
    att_arena_deinit(&log->life);
    ATT_VEC_FREE(&host, &log->menus);
    ATT_VEC_FREE(&host, &log->rows);
    ATT_FREE_ARRAY(&host, log, 1);
}

// --- Menus -------------------------------------------------------------------------------------

static bool is_probability(double p)
{
    return p >= 0 && p <= 1 + SLACK; // NaN is none
}

static att_status check_menu(const att_ope_log *log, const att_ope_choice *choices, size_t count, att_error *err)
{
    double target = 0, logged = 0;
    for (size_t i = 0; i < count; i++) {
        if (choices[i].action >= log->options.actions)
            return ATT_FAIL(err, ATT_INVALID, "choice %zu names action %u, there are %u", i, choices[i].action,
                log->options.actions);
        if (!is_probability(choices[i].target) || !is_probability(choices[i].logged))
            return ATT_FAIL(err, ATT_INVALID, "choice %zu has probabilities %g (target) and %g (logged), expected 0 to 1",
                i, choices[i].target, choices[i].logged);
        target += choices[i].target;
        logged += choices[i].logged;
    }
    const double most = 1 + SLACK * sqrt((double)count);
    if (target > most || logged > most)
        return ATT_FAIL(err, ATT_INVALID, "the probabilities of a menu sum to %g (target) and %g (logged), expected at most 1",
            target, logged);
    return ATT_OK;
}

static double rest_of(const att_ope_choice *choices, size_t count)
{
    double rest = 1;
    for (size_t i = 0; i < count; i++)
        rest -= choices[i].target;
    return rest > SLACK ? rest : 0; // printed digits are no missing mass
}

// A copy that lives as long as the log. NULL when out of memory or when there is nothing.
static const float *keep_features(att_ope_log *log, const float *features, size_t count, bool *fine)
{
    *fine = true;
    if (!features || count == 0)
        return NULL;
    float *copy = ATT_NEW(&log->life, float, count);
    *fine = copy != NULL;
    if (copy)
        memcpy(copy, features, count * sizeof *copy);
    return copy;
}

static bool all_finite(const float *features, size_t count)
{
    for (size_t i = 0; features && i < count; i++)
        if (!isfinite(features[i]))
            return false;
    return true;
}

att_status att_ope_log_menu(att_ope_log *log, const att_ope_choice *choices, size_t count,
    const float *features, uint32_t *menu, att_error *err)
{
    if (count == 0 || count > ATT_OPE_CHOICES_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "a menu of %zu choices, expected 1 to %d", count, ATT_OPE_CHOICES_MAX);
    const att_status status = check_menu(log, choices, count, err);
    if (status)
        return status;
    const size_t numbers = count * log->options.choice_features;
    if (!all_finite(features, numbers))
        return ATT_FAIL(err, ATT_INVALID, "a feature of a choice is not finite");
    bool fine;
    att_ope_choice *copy = ATT_NEW(&log->life, att_ope_choice, count);
    const float *kept = keep_features(log, features, numbers, &fine);
    if (copy)
        memcpy(copy, choices, count * sizeof *copy);
    const ope_menu made = {copy, kept, (uint32_t)count, rest_of(choices, count)};
    if (!copy || !fine || log->menus.count >= UINT32_MAX || !ATT_VEC_PUSH(&log->host, &log->menus, made))
        return att_no_memory(err, count, "choices of a menu");
    *menu = (uint32_t)log->menus.count - 1;
    return ATT_OK;
}

// --- Rows --------------------------------------------------------------------------------------

static att_status check_row(const att_ope_log *log, const att_ope_row *row, att_error *err)
{
    const att_ope_log_options *o = &log->options;
    if (row->menu >= log->menus.count || row->chosen >= log->menus.items[row->menu].count)
        return ATT_FAIL(err, ATT_INVALID, "choice %u of menu %u does not exist", row->chosen, row->menu);
    if (!(row->propensity > 0 && row->propensity <= 1 + SLACK))
        return ATT_FAIL(err, ATT_INVALID, "the propensity is %g, expected more than 0 and at most 1", row->propensity);
    const double logged = log->menus.items[row->menu].choices[row->chosen].logged;
    if (!o->logged_unknown && !(fabs(row->propensity - logged) <= 1e-3 * logged))
        return ATT_FAIL(err, ATT_INVALID, "the propensity is %g, the menu says %g", row->propensity, logged);
    if (!(row->reward >= o->reward_low && row->reward <= o->reward_high))
        return ATT_FAIL(err, ATT_INVALID, "the reward is %g, expected %g to %g", row->reward, o->reward_low, o->reward_high);
    if (row->slot > 255)
        return ATT_FAIL(err, ATT_LIMIT, "slot %u, expected at most 255", row->slot);
    if (!all_finite(row->features, o->row_features))
        return ATT_FAIL(err, ATT_INVALID, "a feature of the row is not finite");
    return ATT_OK;
}

att_status att_ope_log_add(att_ope_log *log, const att_ope_row *row, att_error *err)
{
    const att_status status = check_row(log, row, err);
    if (status)
        return status;
    bool fine;
    att_ope_row kept = *row;
    kept.features = keep_features(log, row->features, log->options.row_features, &fine);
    if (!fine || !ATT_VEC_PUSH(&log->host, &log->rows, kept))
        return att_no_memory(err, log->rows.count + 1, "rows");
    return ATT_OK;
}

size_t att_ope_log_count(const att_ope_log *log)
{
    return log->rows.count;
}

att_ope_row att_ope_log_row(const att_ope_log *log, size_t row)
{
    return log->rows.items[row];
}

const att_ope_choice *att_ope_log_choices(
    const att_ope_log *log, uint32_t menu, size_t *count, const float **features)
{
    const ope_menu *m = &log->menus.items[menu];
    *count = m->count;
    if (features)
        *features = m->features;
    return m->choices;
}

const att_ope_log_options *att_ope_log_options_of(const att_ope_log *log)
{
    return &log->options;
}
