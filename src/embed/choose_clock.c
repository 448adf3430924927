// SPDX-License-Identifier: Apache-2.0
// embed/choose_clock.c - moments in the log, models of what came before them, and the verdict on what is tried in them.
#include "embed/choose_clock.h"
#include "embed/baselines.h"
#include "embed/choose.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define HELD_MOST 1000
#define CASES_LEAST 20     // people at moments
#define SCORES_MOST 3e7    // people held out times items
#define ALS_BUDGET 4e11    // operations of all moments together
#define EASE_BUDGET 4e11
#define SCALE_PEOPLE 200
#define PREFERENCES_LEAST 500

// --- The scale ---------------------------------------------------------------------------------------

static double deviation_of_person(const att_model *model, const float *scores)
{
    double sum = 0, squares = 0, count = 0;
    for (uint32_t j = 0; j < model->item_count; j++) {
        if (!model->touched[j])
            continue;
        sum += (double)scores[j];
        squares += (double)scores[j] * (double)scores[j];
        count++;
    }
    const double mean = sum / ATT_MAX(count, 1);
    return sqrt(ATT_MAX(squares / ATT_MAX(count, 1) - mean * mean, 0));
}

att_status att_clock_spread(const att_model *model, const att_matrix *m, double *out, att_error *err)
{
    att_fold *fold = NULL;
    float *scores = ATT_NEW_ARRAY(&model->host, float, model->item_count);
    att_status status = scores ? att_fold_create(&fold, &model->host, err)
                               : att_no_memory(err, model->item_count, "scores");
    const uint32_t step = ATT_MAX(m->rows / SCALE_PEOPLE, 1);
    double sum = 0, people = 0;
    for (uint32_t u = 0; u < m->rows && !status; u += step) {
        const uint64_t first = m->row_start[u];
        const size_t count = (size_t)(m->row_start[u + 1] - first);
        if (!count)
            continue;
        status = att_model_fold_arrays(model, fold, m->col + first, m->value + first, count, err);
        if (status)
            break;
        att_model_score_all(model, fold, scores);
        sum += deviation_of_person(model, scores);
        people++;
    }
    *out = sum / ATT_MAX(people, 1);
    att_fold_destroy(fold);
    ATT_FREE_ARRAY(&model->host, scores, model->item_count);
    return status;
}

// --- Moments -----------------------------------------------------------------------------------------

static void deinit_moment(const att_clock *c, att_clock_moment *at)
{
    const uint32_t count = at->held.history.rows;
    att_model_destroy(at->model);
    ATT_FREE_ARRAY(c->host, at->before, count);
    ATT_FREE_ARRAY(c->host, at->people, count);
    ATT_FREE_ARRAY(c->host, at->values, c->input->preferences->cols);
    att_holdout_deinit(&at->held, c->host);
    *at = (att_clock_moment){0};
}

static att_status init_moment(att_clock *c, uint32_t moment, att_error *err)
{
    const att_matrix *m = c->input->preferences;
    att_clock_moment *at = &c->at[moment];
    const att_holdout_options o = {.seed = c->options->seed + 2000 + moment,
        .held = c->held_most,
        .train_most = c->train_most};
    att_status status = att_holdout_make_forward(&at->held, m, c->input->last_at_ms, c->cuts_ms[moment],
        c->cuts_ms[moment + 1], &o, c->host, err);
    const uint32_t count = at->held.history.rows;
    if (status || !count)
        return status;
    at->before = ATT_NEW_ARRAY(c->host, att_quality, count);
    at->people = ATT_NEW_ARRAY(c->host, att_quality, count);
    at->values = ATT_NEW_ARRAY(c->host, float, m->cols);
    if (!at->before || !at->people || !at->values)
        return att_no_memory(err, count, "people held out");
    status = att_model_build(
        &at->model, &at->held.train, c->recipe, c->options->threads, c->host, NULL, err);
    if (!status)
        status = att_clock_spread(at->model, &at->held.train, &at->spread, err);
    c->cases += count;
    return status;
}

static int by_time(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

// The moments part the second half of all preferences into pieces of about the same size.
static att_status find_cuts(att_clock *c, att_error *err)
{
    const uint64_t count = att_matrix_nonzeros(c->input->preferences);
    int64_t *sorted = ATT_NEW_ARRAY(c->host, int64_t, count);
    if (!sorted)
        return att_no_memory(err, (size_t)count, "times");
    memcpy(sorted, c->input->last_at_ms, (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, by_time);
    for (uint32_t k = 0; k < c->moments; k++)
        c->cuts_ms[k] = sorted[(size_t)((double)count * (0.5 + 0.5 * k / c->moments))];
    c->cuts_ms[c->moments] = INT64_MAX;
    ATT_FREE_ARRAY(c->host, sorted, count);
    return ATT_OK;
}

// --- Whether -----------------------------------------------------------------------------------------

// Fewer moments, then fewer people to train on, where operations would be too many. Operations of ease, once; false: still too many.
static bool plan(att_clock *c, double ease_each)
{
    const att_matrix *m = c->input->preferences;
    const bool sums = c->recipe->kind != ATT_MODEL_ALS;
    const double als_each = att_als_cost(m, c->recipe->als.dim, c->recipe->als.passes);
    while (c->moments > 1 &&
           (als_each * c->moments > ALS_BUDGET || (sums && ease_each * c->moments > EASE_BUDGET)))
        c->moments /= 2;
    if (als_each > ALS_BUDGET)
        c->train_most = (uint32_t)ATT_MAX(m->rows * ALS_BUDGET / als_each, 1000);
    c->held_most = (uint32_t)ATT_MIN(ATT_MAX(SCORES_MOST / ATT_MAX(m->cols, 1), 100), HELD_MOST);
    return !sums || ease_each <= 4 * EASE_BUDGET;
}

static att_status count_ease(const att_clock *c, double *ease_each, att_error *err)
{
    const att_matrix *m = c->input->preferences;
    uint32_t *touched = ATT_NEW_ARRAY(c->host, uint32_t, m->cols);
    if (!touched)
        return att_no_memory(err, m->cols, "item counts");
    att_count_people(touched, m);
    *ease_each = att_ease_cost(m, touched);
    ATT_FREE_ARRAY(c->host, touched, m->cols);
    return ATT_OK;
}

static att_status init(att_clock *c, char why_not[160], att_error *err)
{
    double ease_each = 0;
    att_status status = count_ease(c, &ease_each, err);
    if (!status && !plan(c, ease_each)) {
        snprintf(why_not, 160, "none: too many items to try it with ease");
        return ATT_OK;
    }
    if (!status)
        status = find_cuts(c, err);
    for (uint32_t k = 0; k < c->moments && !status; k++)
        status = init_moment(c, k, err);
    if (!status && c->cases < CASES_LEAST)
        snprintf(why_not, 160, "none: %u people came back at the moments tried, %d are needed", c->cases, CASES_LEAST);
    return status;
}

att_status att_clock_init(att_clock *out, const att_model *model, const att_recipe *recipe, const att_model_input *input,
    const att_train_options *options, char why_not[160], att_error *err)
{
    *out = (att_clock){
        .host = &model->host, .recipe = recipe, .input = input, .options = options, .moments = ATT_CLOCK_MOMENTS};
    why_not[0] = 0;
    const bool timed = input->last_at_ms && !input->untimed; // a half-life needs more than the order
    if (!timed || model->kind == ATT_MODEL_POPULARITY || att_matrix_nonzeros(input->preferences) < PREFERENCES_LEAST) {
        snprintf(why_not, 160, "none: fewer than %d preferences with their times", PREFERENCES_LEAST);
        return ATT_OK;
    }
    const att_status status = init(out, why_not, err);
    if (status || why_not[0])
        att_clock_deinit(out);
    return status;
}

void att_clock_deinit(att_clock *clock)
{
    for (uint32_t k = 0; k < ATT_CLOCK_MOMENTS; k++)
        deinit_moment(clock, &clock->at[k]);
}

// --- Judging -----------------------------------------------------------------------------------------

static double quality_of(const att_quality *q)
{
    return (q->ndcg_100 + q->recall_20) / 2;
}

att_status att_clock_measure_before(att_clock *clock, att_error *err)
{
    att_status status = ATT_OK;
    clock->before = 0;
    for (uint32_t k = 0; k < clock->moments && !status; k++) {
        const att_clock_moment *at = &clock->at[k];
        if (!at->model)
            continue;
        status = att_holdout_measure_people(
            at->before, &at->held, at->model, NULL, clock->options->threads, clock->host, err);
        for (uint32_t p = 0; p < at->held.history.rows && !status; p++)
            clock->before += quality_of(&at->before[p]);
    }
    return status;
}

att_status att_clock_try(
    att_clock *clock, uint32_t moment, size_t candidate, const char *task, att_clock_gains *gains, att_error *err)
{
    const att_clock_moment *at = &clock->at[moment];
    if (!att_progress_tell(clock->host, task, moment * ATT_CLOCK_CANDIDATES + candidate,
            (size_t)clock->moments * ATT_CLOCK_CANDIDATES, "trials"))
        return ATT_FAIL(err, ATT_CANCELLED, "the training was stopped");
    const att_status status = att_holdout_measure_people(
        at->people, &at->held, at->model, NULL, clock->options->threads, clock->host, err);
    for (uint32_t p = 0; p < at->held.history.rows && !status; p++) {
        const double gain = quality_of(&at->people[p]) - quality_of(&at->before[p]);
        gains->sum[candidate] += gain;
        gains->squares[candidate] += gain * gain;
    }
    return status;
}

static double error_of(const att_clock_gains *g, size_t candidate, double n)
{
    const double mean = g->sum[candidate] / n;
    return sqrt(ATT_MAX(g->squares[candidate] / n - mean * mean, 0) / (n - 1));
}

// The smallest weight whose gain is within a standard error of the best's, with its best half-life.
size_t att_clock_best(const att_clock *clock, const att_clock_gains *gains, double errors)
{
    const double n = clock->cases, *sum = gains->sum;
    size_t best = 0;
    for (size_t k = 1; k < ATT_CLOCK_CANDIDATES; k++)
        if (sum[k] > sum[best])
            best = k;
    const double error = error_of(gains, best, n);
    if (sum[best] / n <= errors * error)
        return SIZE_MAX;
    for (size_t w = 0; w < ATT_CLOCK_WEIGHTS; w++) {
        size_t of_weight = w;
        for (size_t k = w; k < ATT_CLOCK_CANDIDATES; k += ATT_CLOCK_WEIGHTS)
            if (sum[k] > sum[of_weight])
                of_weight = k;
        if (sum[of_weight] / n >= sum[best] / n - error && sum[of_weight] > 0)
            return of_weight;
    }
    return best;
}
