// SPDX-License-Identifier: Apache-2.0
// embed/duel.c - measuring two models on the same people, and the verdict.
#include "embed/duel.h"
#include "embed/model_parts.h"

#include <math.h>

static double quality(const att_quality *q)
{
    return (q->ndcg_100 + q->recall_20) / 2;
}

// The z with P(N(0, 1) <= z) = p, by halving: 60 steps leave no doubt in a double.
static double normal_quantile(double p)
{
    double low = -9, high = 9;
    for (int step = 0; step < 60; step++) {
        const double middle = (low + high) / 2;
        if (erfc(-middle / sqrt(2)) / 2 < p)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

att_duel att_duel_judge(
    const att_quality *before, const att_quality *after, size_t count, const att_duel_options *options)
{
    att_duel t = {.people = (uint32_t)count, .margin = options->margin, .confidence = options->confidence};
    double sum = 0, squares = 0, old = 0;
    for (size_t p = 0; p < count; p++) {
        t.before_ndcg_100 += before[p].ndcg_100 / (double)count;
        t.before_recall_20 += before[p].recall_20 / (double)count;
        t.after_ndcg_100 += after[p].ndcg_100 / (double)count;
        t.after_recall_20 += after[p].recall_20 / (double)count;
        old += quality(&before[p]) / (double)count;
        sum += quality(&after[p]) - quality(&before[p]);
    }
    const double mean = count ? sum / (double)count : 0;
    for (size_t p = 0; p < count; p++) {
        const double off = quality(&after[p]) - quality(&before[p]) - mean;
        squares += off * off;
    }
    const double error = count > 1 ? sqrt(squares / ((double)count - 1) / (double)count) : 0;
    const double half = normal_quantile(options->confidence) * error;
    t.difference = mean;
    t.low = mean - half;
    t.high = mean + half;
    t.least = -options->margin * old;
    t.not_worse = count > 1 && t.low >= t.least;
    return t;
}

typedef struct placing {
    const att_model *model;
    const float **placed; // (items)
    float *vectors;       // (unknown, dim)
} placing;

static bool is_unknown(const att_model *model, uint32_t item)
{
    return model->dim > 0 && !att_model_item_vector(model, item);
}

// Vectors for what the model does not know and content can place.
static att_status place_unknown(placing *p, uint32_t items,
    const att_item *(*item_of)(void *user, uint32_t item), void *item_user, att_arena *scratch, att_error *err)
{
    const att_model *model = p->model;
    size_t unknown = 0;
    for (uint32_t i = 0; i < items; i++)
        unknown += is_unknown(model, i);
    p->placed = ATT_NEW(scratch, const float *, (size_t)items + 1);
    p->vectors = ATT_NEW(scratch, float, unknown *model->dim + 1);
    if (!p->placed || !p->vectors)
        return att_no_memory(err, unknown * model->dim, "placed vectors");
    float *next = p->vectors;
    for (uint32_t i = 0; i < items && item_of; i++) {
        const att_item *item = is_unknown(model, i) ? item_of(item_user, i) : NULL;
        if (!item || !att_model_place(model, item, next, scratch))
            continue;
        p->placed[i] = next;
        next += model->dim;
    }
    return ATT_OK;
}

static att_status measure(att_quality *people, const att_holdout *holdout, const att_model *model,
    const att_item *(*item_of)(void *user, uint32_t item), void *item_user, uint32_t threads,
    const att_host *host, att_error *err)
{
    att_arena scratch;
    att_arena_init(&scratch, host, 0);
    placing p = {.model = model};
    att_status status = place_unknown(&p, holdout->history.cols, item_of, item_user, &scratch, err);
    if (!status)
        status = att_holdout_measure_people(people, holdout, model, p.placed, threads, host, err);
    att_arena_deinit(&scratch);
    return status;
}

att_status att_duel_run(att_duel *out, const att_holdout *holdout, const att_model *old_model,
    const att_model *new_model, const att_item *(*item_of)(void *user, uint32_t item), void *item_user,
    const att_duel_options *options, const att_host *host, att_error *err)
{
    const size_t count = holdout->history.rows;
    if (!count)
        return ATT_FAIL(err, ATT_INVALID, "nobody is there to judge two models by");
    att_quality *before = ATT_NEW_ARRAY(host, att_quality, count);
    att_quality *after = ATT_NEW_ARRAY(host, att_quality, count);
    att_status status = before && after ? ATT_OK : att_no_memory(err, count, "people to judge by");
    if (!status)
        status = measure(before, holdout, old_model, item_of, item_user, options->threads, host, err);
    if (!status)
        status = measure(after, holdout, new_model, item_of, item_user, options->threads, host, err);
    if (!status)
        *out = att_duel_judge(before, after, count, options);
    ATT_FREE_ARRAY(host, before, count);
    ATT_FREE_ARRAY(host, after, count);
    return status;
}
