// SPDX-License-Identifier: Apache-2.0
// measure/ope_slates.c - what whole slates are worth: the sum of their rewards, under three assumptions.
//
// A slot's reward r_k is weighted by W_k: w_k alone (independent), the product w_1 … w_k of the slots down to it
// (cascade), or the product over the whole slate (whole). Normalized: each slot's sum of W_k r_k is divided by the sum
// of W_k over the slates, Swaminathan and Joachims 2015, for slates McInerney et al. 2020.
#include "measure/ope_parts.h"

#include <math.h>
#include <stdio.h>

enum { INDEPENDENT, CASCADE, WHOLE, KINDS };

typedef struct slate {
    uint32_t row, slots; // its first row, and how many
} slate;

typedef struct slate_work {
    const ope_rows *rows;
    slate *slates; // (count)
    size_t count;
    double *influence; // (rows): a slate's stands in its first row, the rest is 0
    double weights[OPE_SLOTS_MAX], rewards[OPE_SLOTS_MAX]; // sums over slates, by slot
} slate_work;

static size_t find_slates(const ope_rows *rows, slate *out)
{
    size_t count = 0;
    for (size_t i = 0; i < rows->count; i++) {
        const bool new = i == 0 || rows->log->rows.items[i].slate != rows->log->rows.items[i - 1].slate ||
                         out[count - 1].slots == OPE_SLOTS_MAX;
        if (new)
            out[count++] = (slate){(uint32_t)i, 0};
        out[count - 1].slots++;
    }
    return count;
}

// weights is (slots). Returns the weight that speaks for the slate: its last slot's.
static double weigh(const slate_work *work, const slate *s, int kind, double *weights)
{
    double product = 1;
    for (uint32_t k = 0; k < s->slots; k++) {
        product *= work->rows->w[s->row + k];
        weights[k] = kind == INDEPENDENT ? work->rows->w[s->row + k] : product;
    }
    for (uint32_t k = 0; kind == WHOLE && k < s->slots; k++)
        weights[k] = product;
    return weights[s->slots - 1];
}

static double reward(const slate_work *work, const slate *s, uint32_t k)
{
    return work->rows->log->rows.items[s->row + k].reward;
}

static void add_up(slate_work *work, int kind, att_ope_slate_value *out)
{
    double weights[OPE_SLOTS_MAX], sum = 0, squares = 0;
    memset(work->weights, 0, sizeof work->weights);
    memset(work->rewards, 0, sizeof work->rewards);
    for (size_t i = 0; i < work->count; i++) {
        const slate *s = &work->slates[i];
        const double last = weigh(work, s, kind, weights);
        sum += last;
        squares += last * last;
        out->weight_largest = ATT_MAX(out->weight_largest, last);
        for (uint32_t k = 0; k < s->slots; k++) {
            work->weights[k] += weights[k];
            work->rewards[k] += weights[k] * reward(work, s, k);
        }
    }
    out->effective = squares > 0 ? sum * sum / squares : 0;
}

// Slates that have slot k.
static double slates_with(const slate_work *work, uint32_t k)
{
    double count = 0;
    for (size_t i = 0; i < work->count; i++)
        count += work->slates[i].slots > k;
    return count;
}

// value = sum over slots of share(k) * rewards(k) / divisor(k); an influence is its derivative in one slate's weight.
static void value_of(slate_work *work, int kind, att_ope_slate_value *out)
{
    double share[OPE_SLOTS_MAX], mean[OPE_SLOTS_MAX], weights[OPE_SLOTS_MAX];
    const double count = (double)work->count;
    out->value = 0;
    for (uint32_t k = 0; k < OPE_SLOTS_MAX; k++) {
        const double with = work->weights[k] > 0 ? slates_with(work, k) : 0;
        share[k] = with / count;
        mean[k] = !(with > 0) ? 0 : out->normalized ? work->rewards[k] / work->weights[k] : work->rewards[k] / with;
        out->value += share[k] * mean[k];
    }
    memset(work->influence, 0, work->rows->count * sizeof *work->influence);
    for (size_t i = 0; i < work->count; i++) {
        const slate *s = &work->slates[i];
        weigh(work, s, kind, weights);
        double *influence = &work->influence[s->row];
        for (uint32_t k = 0; k < s->slots; k++) {
            if (out->normalized && work->weights[k] > 0)
                *influence += share[k] * count * weights[k] * (reward(work, s, k) - mean[k]) / work->weights[k];
            else if (!out->normalized)
                *influence += weights[k] * reward(work, s, k);
        }
        if (!out->normalized)
            *influence -= out->value;
    }
}

static att_interval around(double value, double error, double z)
{
    return (att_interval){value, value - z * error, value + z * error};
}

// The spread over rows is turned into one over slates.
static double error_of(const slate_work *work)
{
    return att_ope_spread(work->rows, work->influence, UINT32_MAX, NULL) * (double)work->rows->count / (double)work->count;
}

static void judge(att_ope_slate_value *v, const att_ope_options *options, size_t slates)
{
    if (v->effective >= options->effective_min)
        return;
    v->answer = ATT_INSUFFICIENT;
    snprintf(v->why, sizeof v->why, "insufficient support: %zu slates weigh like %.1f, at least %g are needed (largest weight %.1f)",
        slates, v->effective, options->effective_min, v->weight_largest);
}

static void fill(slate_work *work, const att_ope_options *options, att_ope_slate_value *values)
{
    size_t kinds;
    const att_ope_slate_estimator *estimators = att_ope_slate_estimators(&kinds);
    for (int kind = 0; kind < KINDS; kind++)
        for (int normalized = 0; normalized < 2; normalized++) {
            att_ope_slate_value *v = &values[2 * kind + normalized];
            v->estimator = &estimators[kind];
            v->normalized = normalized;
            add_up(work, kind, v);
            judge(v, options, work->count);
            if (v->answer)
                continue;
            value_of(work, kind, v);
            v->error = error_of(work);
            v->interval = around(v->value, v->error, att_ope_z(options->confidence));
        }
}

// What the log's own slates earned: all weights one.
static void logged_value(slate_work *work, const att_ope_options *options, att_interval *out)
{
    double value = 0;
    memset(work->influence, 0, work->rows->count * sizeof *work->influence);
    for (size_t i = 0; i < work->count; i++)
        for (uint32_t k = 0; k < work->slates[i].slots; k++)
            work->influence[work->slates[i].row] += reward(work, &work->slates[i], k);
    for (size_t i = 0; i < work->count; i++)
        value += work->influence[work->slates[i].row] / (double)work->count;
    for (size_t i = 0; i < work->count; i++)
        work->influence[work->slates[i].row] -= value;
    *out = around(value, error_of(work), att_ope_z(options->confidence));
}

att_status att_ope_slates(const ope_rows *rows, const att_ope_options *options, att_arena *life,
    att_ope_report *report, const att_host *host, att_error *err)
{
    slate_work work = {.rows = rows};
    work.slates = ATT_NEW_ARRAY(host, slate, rows->count);
    work.influence = ATT_NEW_ARRAY(host, double, rows->count);
    att_ope_slate_value *values = ATT_NEW(life, att_ope_slate_value, 2 * KINDS);
    const bool fine = work.slates && work.influence && values;
    if (fine)
        work.count = find_slates(rows, work.slates);
    if (fine && work.count < rows->count) {
        fill(&work, options, values);
        logged_value(&work, options, &report->slate_logged);
        report->slates = values;
        report->slate_count = 2 * KINDS;
    }
    ATT_FREE_ARRAY(host, work.slates, rows->count);
    ATT_FREE_ARRAY(host, work.influence, rows->count);
    return fine ? ATT_OK : att_no_memory(err, rows->count, "slates");
}
