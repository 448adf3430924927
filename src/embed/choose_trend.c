// SPDX-License-Identifier: Apache-2.0
// embed/choose_trend.c - does what people like of late help, over which half-life, and how much should it count?
//
// People held out whole cannot tell: the others' tastes of their own and of later days are in the training. So the log is
// cut by the clock, at some moments of its second half: a model of the chosen kind is trained on what came before a moment,
// and what those it knows came to like until the next must be found, as serving will have to. Each of a few half-lives and
// weights is judged by the mean of NDCG@100 and recall@20 over everybody at every moment. When the best gain over none is
// above its standard error, the smallest weight within that error of the best is taken (the one-standard-error rule of Breiman et al.
// 1984): people are also asked about other days than the newest, and there a loud trend costs more than it brings.
#include "embed/baselines.h"
#include "embed/choose.h"
#include "embed/holdout.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define MOMENTS 4
#define HELD_MOST 1000
#define CASES_LEAST 20     // people at moments
#define SCORES_MOST 3e7    // people held out times items
#define ALS_BUDGET 4e11    // operations of all moments together
#define EASE_BUDGET 4e11
#define SCALE_PEOPLE 200
#define PREFERENCES_LEAST 500

static const double half_lives_days[] = {30, 90, 365};
static const double weights[] = {0.125, 0.25, 0.5, 1};
#define CANDIDATES (ATT_COUNT_OF(half_lives_days) * ATT_COUNT_OF(weights))

// Of the gains over none of one half-life and weight.
typedef struct gains {
    double sum, squares;
} gains;

typedef struct chooser {
    const att_host *host;
    const att_recipe *recipe;
    const att_model_input *input;
    const att_train_options *options;
    int64_t cuts_ms[MOMENTS + 1]; // the last: after everything
    uint32_t moments, train_most, held_most;
    double alone; // sum of q without
    gains gained[CANDIDATES];
    uint32_t cases;
} chooser;

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

// How far scores spread over the items, the mean of some people.
static att_status measure_spread(
    const att_model *model, const att_matrix *m, double *out, att_error *err)
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

att_status att_model_add_trend(att_model *model, const att_matrix *m, const int64_t *at_ms,
    double half_life_days, double weight, att_error *err)
{
    double spread;
    model->trend = (att_trend){0};
    float *values = ATT_NEW(&model->life, float, model->item_count);
    if (!values)
        return att_no_memory(err, model->item_count, "trend");
    const att_status status = measure_spread(model, m, &spread, err);
    if (status || !(spread > 0))
        return status;
    model->trend = (att_trend){.values = values,
        .weight = weight,
        .scale = weight * spread,
        .half_life_days = half_life_days,
        .at_ms = att_trend_measure(values, m, at_ms, half_life_days)};
    return ATT_OK;
}

// --- One moment --------------------------------------------------------------------------------------

static double quality_of(const att_quality *q)
{
    return (q->ndcg_100 + q->recall_20) / 2;
}

static void add_gains(gains *g, const att_quality *with, const att_quality *without, uint32_t count)
{
    for (uint32_t p = 0; p < count; p++) {
        const double gain = quality_of(&with[p]) - quality_of(&without[p]);
        g->sum += gain;
        g->squares += gain * gain;
    }
}

static att_status go_on(const chooser *c, uint32_t moment, size_t tried, att_error *err)
{
    const size_t each = CANDIDATES + 1;
    return att_progress_tell(c->host, "choose a trend", moment * each + tried, c->moments * each, "trials")
               ? ATT_OK
               : ATT_FAIL(err, ATT_CANCELLED, "the training was stopped");
}

// `values` is (items); alone and people are (held).
static att_status try_all(chooser *c, uint32_t moment, const att_holdout *held, att_model *model,
    float *values, att_quality *alone, att_quality *people, att_error *err)
{
    const uint32_t count = held->history.rows, threads = c->options->threads;
    double spread = 0;
    att_status status = measure_spread(model, &held->train, &spread, err);
    if (!status)
        status = att_holdout_measure_people(alone, held, model, NULL, threads, c->host, err);
    for (uint32_t p = 0; p < count && !status; p++)
        c->alone += quality_of(&alone[p]);
    for (size_t k = 0; k < CANDIDATES && !status; k++) {
        const double half_life = half_lives_days[k / ATT_COUNT_OF(weights)];
        if (k % ATT_COUNT_OF(weights) == 0)
            att_trend_measure(values, &held->train, held->train_at_ms, half_life);
        model->trend = (att_trend){
            .values = values, .scale = weights[k % ATT_COUNT_OF(weights)] * spread, .half_life_days = half_life};
        status = go_on(c, moment, k + 1, err);
        if (!status)
            status = att_holdout_measure_people(people, held, model, NULL, threads, c->host, err);
        if (!status)
            add_gains(&c->gained[k], people, alone, count);
    }
    c->cases += count;
    return status;
}

static att_status try_moment(chooser *c, uint32_t moment, att_error *err)
{
    const att_host *host = c->host;
    const att_matrix *m = c->input->preferences;
    att_holdout held = {0};
    att_model *model = NULL;
    const att_holdout_options o = {.seed = c->options->seed + 2000 + moment,
        .held = c->held_most,
        .train_most = c->train_most};
    att_status status = att_holdout_make_forward(&held, m, c->input->last_at_ms, c->cuts_ms[moment],
        c->cuts_ms[moment + 1], &o, host, err);
    const uint32_t count = held.history.rows;
    if (status || !count) {
        att_holdout_deinit(&held, host);
        return status;
    }
    att_quality *alone = ATT_NEW_ARRAY(host, att_quality, count);
    att_quality *people = ATT_NEW_ARRAY(host, att_quality, count);
    float *values = ATT_NEW_ARRAY(host, float, m->cols);
    status = alone && people && values
                 ? att_model_build(&model, &held.train, c->recipe, c->options->threads, host, NULL, err)
                 : att_no_memory(err, count, "people held out");
    if (!status)
        status = try_all(c, moment, &held, model, values, alone, people, err);
    att_model_destroy(model);
    ATT_FREE_ARRAY(host, values, m->cols);
    ATT_FREE_ARRAY(host, alone, count);
    ATT_FREE_ARRAY(host, people, count);
    att_holdout_deinit(&held, host);
    return status;
}

// --- The verdict -------------------------------------------------------------------------------------

static double error_of(const gains *g, double n)
{
    const double mean = g->sum / n;
    return sqrt(ATT_MAX(g->squares / n - mean * mean, 0) / (n - 1));
}

// The smallest weight whose gain is within a standard error of the best's, with its best half-life; NULL: the best of all is no
// better than nothing by more than a standard error.
static const gains *best_of(const chooser *c)
{
    const double n = c->cases;
    const gains *best = &c->gained[0];
    for (size_t k = 1; k < CANDIDATES; k++)
        if (c->gained[k].sum > best->sum)
            best = &c->gained[k];
    const double error = error_of(best, n);
    if (best->sum / n <= error)
        return NULL;
    for (size_t w = 0; w < ATT_COUNT_OF(weights); w++) {
        const gains *of_weight = NULL;
        for (size_t h = 0; h < ATT_COUNT_OF(half_lives_days); h++) {
            const gains *g = &c->gained[h * ATT_COUNT_OF(weights) + w];
            if (!of_weight || g->sum > of_weight->sum)
                of_weight = g;
        }
        if (of_weight->sum / n >= best->sum / n - error && of_weight->sum > 0)
            return of_weight;
    }
    return best;
}

static att_status decide(chooser *c, att_model *model, att_train_report *report, att_error *err)
{
    if (c->cases < CASES_LEAST) {
        snprintf(report->trend, sizeof report->trend, "none: %u people came back at the moments tried, %d are needed",
            c->cases, CASES_LEAST);
        return ATT_OK;
    }
    const gains *best = best_of(c);
    const double alone = c->alone / c->cases;
    if (!best) {
        snprintf(report->trend, sizeof report->trend, "it does not help: %.4f without, for %u people at %u moments",
            alone, c->cases, c->moments);
        return ATT_OK;
    }
    const size_t at = (size_t)(best - c->gained);
    const double half_life = half_lives_days[at / ATT_COUNT_OF(weights)];
    const double weight = weights[at % ATT_COUNT_OF(weights)];
    snprintf(report->trend, sizeof report->trend,
        "it helps: %.4f without, %.4f with a weight of %g and a half-life of %g days, for %u people at %u moments", alone,
        alone + best->sum / c->cases, weight, half_life, c->cases, c->moments);
    report->trend_weight = weight;
    return att_model_add_trend(
        model, c->input->preferences, c->input->last_at_ms, half_life, weight, err);
}

// --- Whether -----------------------------------------------------------------------------------------

static int by_time(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

// The moments part the second half of all preferences into pieces of about the same size.
static att_status find_cuts(chooser *c, att_error *err)
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

// Fewer moments, then fewer people to train on, where operations would be too many. Operations of ease, once; false: still too many.
static bool plan(chooser *c, double ease_each)
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

static att_status count_ease(const att_model *model, const att_matrix *m, double *ease_each, att_error *err)
{
    uint32_t *touched = ATT_NEW_ARRAY(&model->host, uint32_t, m->cols);
    if (!touched)
        return att_no_memory(err, m->cols, "item counts");
    att_count_people(touched, m);
    *ease_each = att_ease_cost(m, touched);
    ATT_FREE_ARRAY(&model->host, touched, m->cols);
    return ATT_OK;
}

att_status att_choose_trend(att_model *model, const att_recipe *recipe,
    const att_model_input *input, const att_train_options *options, att_train_report *report,
    att_error *err)
{
    const att_matrix *m = input->preferences;
    chooser c = {.host = &model->host, .recipe = recipe, .input = input, .options = options, .moments = MOMENTS};
    double ease_each = 0;
    const bool timed = input->last_at_ms && !input->untimed; // a half-life needs more than the order
    if (!timed || model->kind == ATT_MODEL_POPULARITY || att_matrix_nonzeros(m) < PREFERENCES_LEAST) {
        snprintf(report->trend, sizeof report->trend, "none: fewer than %d preferences with their times", PREFERENCES_LEAST);
        return ATT_OK;
    }
    att_status status = count_ease(model, m, &ease_each, err);
    if (!status && !plan(&c, ease_each)) {
        snprintf(report->trend, sizeof report->trend, "none: too many items to try it with ease");
        return ATT_OK;
    }
    if (!status)
        status = find_cuts(&c, err);
    for (uint32_t k = 0; k < c.moments && !status; k++)
        status = try_moment(&c, k, err);
    return status ? status : decide(&c, model, report, err);
}
