// SPDX-License-Identifier: Apache-2.0
// measure/ope_support.c - can this log speak of that policy at all?
//
// Three things can be missing, and each has its number: mass of the target where the log has none (the estimate would
// be of another policy), rows that weigh anything (Kish 1965: (sum w)^2 / sum w^2), and weights that average to one
// (they do whenever the log's propensities are right and its support is seen).
#include "measure/ope_parts.h"

#include <math.h>

#define MEAN_OFF_MOST 0.25   // of the mean weight, from what it should be
#define MEAN_OFF_ERRORS 3.0  // and by more than so many standard errors

// `seen` is (actions) and cleared.
static void mark_seen(const ope_rows *rows, uint32_t slot, bool *seen)
{
    for (size_t i = 0; i < rows->count; i++) {
        const att_ope_row *row = &rows->log->rows.items[i];
        if (att_ope_rows_in(rows, i, slot))
            seen[rows->log->menus.items[row->menu].choices[row->chosen].action] = true;
    }
}

static void add_gaps(const ope_menu *menu, const bool *seen, att_ope_support *out)
{
    out->gap += menu->rest;
    for (size_t a = 0; a < menu->count; a++) {
        const att_ope_choice *choice = &menu->choices[a];
        if (!(choice->logged > 0))
            out->gap += choice->target;
        else if (!seen[choice->action])
            out->gap_unseen += choice->target;
    }
}

void att_ope_support_of(const ope_rows *rows, uint32_t slot, bool *seen, att_ope_support *out)
{
    *out = (att_ope_support){0};
    memset(seen, 0, rows->log->options.actions * sizeof *seen);
    mark_seen(rows, slot, seen);
    double sum = 0, squares = 0;
    uint64_t slate = 0;
    for (size_t i = 0; i < rows->count; i++) {
        if (!att_ope_rows_in(rows, i, slot))
            continue;
        const att_ope_row *row = &rows->log->rows.items[i];
        out->slates += out->rows == 0 || row->slate != slate;
        slate = row->slate;
        out->rows++;
        sum += rows->w[i];
        squares += rows->w[i] * rows->w[i];
        out->weight_largest = ATT_MAX(out->weight_largest, rows->w[i]);
        add_gaps(&rows->log->menus.items[row->menu], seen, out);
    }
    if (out->rows == 0)
        return;
    const double count = (double)out->rows;
    out->effective = squares > 0 ? sum * sum / squares : 0;
    out->weight_mean = sum / count;
    out->gap /= count;
    out->gap_unseen /= count;
}

// Without people as the unit: this is a check of arithmetic, not an estimate.
static bool mean_is_off(const att_ope_support *s, const ope_rows *rows, uint32_t slot, double *error)
{
    const double due = 1 - s->gap, off = fabs(s->weight_mean - due);
    double squares = 0;
    for (size_t i = 0; i < rows->count; i++)
        if (att_ope_rows_in(rows, i, slot))
            squares += (rows->w[i] - s->weight_mean) * (rows->w[i] - s->weight_mean);
    *error = sqrt(squares) / (double)s->rows;
    return off > MEAN_OFF_MOST * due && off > MEAN_OFF_ERRORS * *error;
}

att_status att_ope_support_judge(
    const att_ope_support *s, const ope_rows *rows, uint32_t slot, const att_ope_options *options, att_error *err)
{
    const double gap = s->gap + (rows->log->options.logged_unknown ? s->gap_unseen : 0);
    double error;
    if (s->rows == 0)
        return ATT_FAIL(err, ATT_INSUFFICIENT, "insufficient support: the log has no rows");
    if (s->people < 2)
        return ATT_FAIL(err, ATT_INSUFFICIENT, "insufficient support: all %zu rows are one person's", s->rows);
    if (gap > options->gap_max)
        return ATT_FAIL(err, ATT_INSUFFICIENT,
            "insufficient support: %.1f %% of what %s would choose was never chosen by the log's policy, at most %.1f %% is "
            "allowed", 100 * gap, options->target, 100 * options->gap_max);
    if (s->effective < options->effective_min)
        return ATT_FAIL(err, ATT_INSUFFICIENT,
            "insufficient support: %zu rows weigh like %.1f, at least %g are needed (largest weight %.1f); %s differs too "
            "much from the log's policy, or the log is too short", s->rows, s->effective, options->effective_min,
            s->weight_largest, options->target);
    if (mean_is_off(s, rows, slot, &error))
        return ATT_FAIL(err, ATT_INSUFFICIENT,
            "insufficient support: weights average %.3f (standard error %.3f) where %.3f belongs; what %s would choose is "
            "missing from the log, or its propensities are wrong", s->weight_mean, error, 1 - s->gap, options->target);
    return ATT_OK;
}
