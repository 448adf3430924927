// SPDX-License-Identifier: Apache-2.0
// embed/choose.c - the search: als by coordinates, ease along its penalty, then blends of the best two.
//
// Every candidate is trained on the people left in and measured on those held out, on up to three splits. It is
// judged by the mean of NDCG@100 and recall@20.
#include "embed/choose.h"
#include "embed/baselines.h"
#include "embed/holdout.h"
#include "embed/parallel.h"

#include <math.h>
#include <stdio.h>

#define SPLITS_MAX 3
#define HELD_LEAST 120
#define HELD_MOST 1000
#define PREFERENCES_LEAST 5 // of a person held out
#define PEOPLE_LEAST 20     // that can be held out, or there is no choosing
#define SEARCH_PASSES 8
#define FINAL_PASSES 16
#define ALS_BUDGET 1.2e12 // operations of the whole search
#define ALS_FITS 8        // it plans for
#define EASE_BUDGET 1.0e12
// On a few hundred people held out a difference of 1 % is chance. So what stands first is kept unless something else is
// better by more than that; and as two models err in different places, their blend stands before either.
#define MARGIN 1.01

typedef struct part {
    att_model *models[SPLITS_MAX];
    double quality;
    size_t tried; // its place in the report
    att_recipe recipe;
} part;

typedef struct search {
    const att_host *host;
    const att_matrix *matrix;
    att_holdout splits[SPLITS_MAX];
    uint32_t split_count, threads;
    att_train_report *report;
    part als, ease;
    double als_left; // operations
} search;

static void drop(part *p)
{
    for (uint32_t s = 0; s < SPLITS_MAX; s++) {
        att_model_destroy(p->models[s]);
        p->models[s] = NULL;
    }
}

// --- Counting operations -------------------------------------------------------------------------

double att_als_cost(const att_matrix *m, double dim, double passes)
{
    const double rows = (double)m->rows + m->cols;
    return passes *
           (2 * (double)att_matrix_nonzeros(m) * dim * dim + rows * dim * dim * (dim / 3 + 1));
}

// --- One candidate -------------------------------------------------------------------------------

static void name_recipe(const att_recipe *r, char *out, size_t size)
{
    switch (r->kind) {
    case ATT_MODEL_ALS:
        snprintf(out, size, "als d=%u reg=%.3g unobserved=%.3g", r->als.dim, r->als.reg,
            r->als.unobserved);
        break;
    case ATT_MODEL_EASE:
        snprintf(out, size, "ease reg=%.4g%s", r->ease.reg, r->ease.binary ? "" : " graded");
        break;
    default:
        snprintf(out, size, "blend als=%.2g ease=%.2g", r->mix, 1 - r->mix);
    }
}

static double judge(const att_quality *q)
{
    return (q->ndcg_100 + q->recall_20) / 2;
}

// Writes a line of the report and returns its place; the last place is used again when all are taken.
static size_t note(search *s, const att_recipe *recipe, const att_quality *q, double seconds)
{
    att_train_report *r = s->report;
    const size_t most = ATT_COUNT_OF(r->tried);
    const size_t at = r->tried_count < most ? r->tried_count++ : most - 1;
    name_recipe(recipe, r->tried[at].name, sizeof r->tried[at].name);
    r->tried[at].ndcg_100 = q->ndcg_100;
    r->tried[at].recall_20 = q->recall_20;
    r->tried[at].seconds = seconds;
    return at;
}

static att_status measure_all(
    search *s, att_model *const *models, att_quality *mean, att_error *err)
{
    *mean = (att_quality){0};
    for (uint32_t i = 0; i < s->split_count; i++) {
        att_quality q;
        const att_status status =
            att_holdout_measure(&q, &s->splits[i], models[i], s->threads, s->host, err);
        if (status)
            return status;
        mean->ndcg_100 += q.ndcg_100 / s->split_count;
        mean->recall_20 += q.recall_20 / s->split_count;
    }
    return ATT_OK;
}

static att_status tell(search *s, att_error *err)
{
    if (att_progress_tell(s->host, "choose a model", s->report->tried_count,
            ATT_COUNT_OF(s->report->tried), "models"))
        return ATT_OK;
    return ATT_FAIL(
        err, ATT_CANCELLED, "cancelled after trying %zu models", s->report->tried_count);
}

// Trains and measures `recipe`; *best takes it when it is better.
static att_status try_recipe(
    search *s, const att_recipe *recipe, part *best, bool *better, att_error *err)
{
    const int64_t start_ms = s->host->now_ms(s->host->user);
    part candidate = {.recipe = *recipe};
    att_status status = tell(s, err);
    for (uint32_t i = 0; i < s->split_count && !status; i++)
        status = att_model_build(
            &candidate.models[i], &s->splits[i].train, recipe, s->threads, s->host, NULL, err);
    att_quality q = {0};
    if (!status)
        status = measure_all(s, candidate.models, &q, err);
    if (status) {
        drop(&candidate);
        return status;
    }
    candidate.quality = judge(&q);
    candidate.tried =
        note(s, recipe, &q, (double)(s->host->now_ms(s->host->user) - start_ms) / 1000);
    *better = !best->models[0] || candidate.quality > best->quality * MARGIN;
    drop(*better ? best : &candidate);
    if (*better)
        *best = candidate;
    return ATT_OK;
}

// --- ALS -----------------------------------------------------------------------------------------

static att_status try_als(
    search *s, double dim, double reg, double unobserved, bool *better, att_error *err)
{
    *better = false;
    const double cost = att_als_cost(&s->splits[0].train, dim, SEARCH_PASSES) * s->split_count;
    if (dim < 1 || dim > ATT_ALS_DIM_MAX || (s->als.models[0] && cost > s->als_left))
        return ATT_OK;
    s->als_left -= cost;
    att_recipe recipe = s->als.recipe;
    recipe.als.dim = (uint32_t)dim;
    recipe.als.reg = reg;
    recipe.als.unobserved = unobserved;
    return try_recipe(s, &recipe, &s->als, better, err);
}

// Scales one parameter down, then up if down was no better, and goes on in the direction that helps.
typedef enum knob { KNOB_UNOBSERVED, KNOB_REG, KNOB_DIM } knob;

static att_status turn(
    search *s, knob which, double factor, int steps, bool *better, att_error *err)
{
    *better = false;
    for (int i = 0; i < steps; i++) {
        const att_als_options *o = &s->als.recipe.als;
        const double by[] = {which == KNOB_UNOBSERVED ? factor : 1, which == KNOB_REG ? factor : 1,
            which == KNOB_DIM ? factor : 1};
        bool helped;
        const att_status status = try_als(s, o->dim * by[KNOB_DIM], o->reg * by[KNOB_REG],
            o->unobserved * by[KNOB_UNOBSERVED], &helped, err);
        if (status || !helped)
            return status;
        *better = true;
    }
    return ATT_OK;
}

static att_status turn_both_ways(search *s, knob which, double factor, int steps, att_error *err)
{
    bool better;
    const att_status status = turn(s, which, factor, steps, &better, err);
    return status || better ? status : turn(s, which, 1 / factor, steps, &better, err);
}

static att_status search_als(search *s, const att_recipe *start, bool free_dim, att_error *err)
{
    s->als.recipe = *start;
    s->als.recipe.kind = ATT_MODEL_ALS;
    s->als.recipe.als.passes = SEARCH_PASSES;
    const att_als_options o = s->als.recipe.als;
    bool better;
    att_status status = try_als(s, o.dim, o.reg, o.unobserved, &better, err);
    if (!status)
        status = turn_both_ways(s, KNOB_UNOBSERVED, 3, 3, err);
    if (!status)
        status = turn_both_ways(s, KNOB_REG, 2, 2, err);
    if (!status && free_dim)
        status = turn_both_ways(s, KNOB_DIM, 2, 1, err);
    return status;
}

// --- EASE ----------------------------------------------------------------------------------------

static bool is_graded(const att_matrix *m)
{
    for (uint64_t k = 1; k < att_matrix_nonzeros(m); k++)
        if (m->value[k] != m->value[0])
            return true;
    return false;
}

static double mean_square(const att_matrix *m)
{
    double sum = 0;
    const uint64_t count = att_matrix_nonzeros(m);
    for (uint64_t k = 0; k < count; k++)
        sum += (double)m->value[k] * m->value[k];
    return sum / (double)count;
}

static att_status search_ease(search *s, const att_recipe *start, size_t fits, att_error *err)
{
    att_recipe recipe = *start;
    recipe.kind = ATT_MODEL_EASE;
    recipe.als.dim = 0; // item-item sums alone
    bool better;
    att_status status = try_recipe(s, &recipe, &s->ease, &better, err);
    double factor = 1 / sqrt(10);
    for (size_t fit = 1, turned = 0; fit < fits && !status && turned < 2; fit++) {
        recipe.ease.reg = s->ease.recipe.ease.reg * factor;
        status = try_recipe(s, &recipe, &s->ease, &better, err);
        if (better)
            continue;
        turned += fit > 1 ? 2 : 1; // once down; up only if down was no better at once
        factor = 1 / factor;
    }
    if (status || fits < 4 || !is_graded(s->matrix))
        return status;
    recipe = s->ease.recipe;
    recipe.ease.binary = false;
    recipe.ease.reg *= mean_square(s->matrix);
    return try_recipe(s, &recipe, &s->ease, &better, err);
}

// --- Blends --------------------------------------------------------------------------------------

// Moves the best item-item weights into the best als models.
static att_status join(search *s, att_error *err)
{
    att_status status = ATT_OK;
    for (uint32_t i = 0; i < s->split_count && !status; i++)
        status = att_model_join(s->als.models[i], s->ease.models[i], &s->splits[i].train, err);
    return status;
}

static att_status search_blend(search *s, part *blend, att_error *err)
{
    static const double mixes[] = {0.5, 0.35, 0.65};
    att_status status = join(s, err);
    *blend = (part){.quality = 0, .recipe = s->als.recipe};
    blend->recipe.kind = ATT_MODEL_BLEND;
    blend->recipe.ease = s->ease.recipe.ease;
    for (size_t k = 0; k < ATT_COUNT_OF(mixes) && !status; k++) {
        const int64_t start_ms = s->host->now_ms(s->host->user);
        att_recipe recipe = blend->recipe;
        recipe.mix = mixes[k];
        for (uint32_t i = 0; i < s->split_count; i++)
            s->als.models[i]->mix = mixes[k];
        att_quality q;
        status = measure_all(s, s->als.models, &q, err);
        if (status)
            break;
        const double seconds = (double)(s->host->now_ms(s->host->user) - start_ms) / 1000;
        const size_t at = note(s, &recipe, &q, seconds);
        if (k == 0 || judge(&q) > blend->quality * MARGIN) {
            blend->quality = judge(&q);
            blend->tried = at;
            blend->recipe.mix = recipe.mix;
        }
    }
    return status;
}

// --- All of it -----------------------------------------------------------------------------------

static uint32_t people_to_hold(const att_matrix *m)
{
    uint32_t eligible = 0;
    for (uint32_t u = 0; u < m->rows; u++)
        eligible += m->row_start[u + 1] - m->row_start[u] >= PREFERENCES_LEAST;
    if (eligible < PEOPLE_LEAST)
        return 0;
    const uint32_t tenth = ATT_MAX(eligible / 10, HELD_LEAST);
    return ATT_MIN(ATT_MIN(tenth, HELD_MOST), eligible / 4);
}

// As many splits as the operations allow; with one that is still too dear, fewer people to train on.
static uint32_t plan_splits(const att_matrix *m, double dim, double ease_each, uint32_t *train_most)
{
    *train_most = 0;
    const double als = att_als_cost(m, dim, SEARCH_PASSES) * ALS_FITS;
    if (als > ALS_BUDGET)
        *train_most = (uint32_t)ATT_MAX(m->rows * ALS_BUDGET / als, 1000);
    uint32_t splits = SPLITS_MAX;
    while (splits > 1 && (als * splits > ALS_BUDGET || ease_each * 4 * splits > EASE_BUDGET))
        splits--;
    return splits;
}

static att_status make_splits(search *s, const att_model_input *input, uint64_t seed, uint32_t held,
    uint32_t train_most, att_error *err)
{
    att_status status = ATT_OK;
    for (uint32_t i = 0; i < s->split_count && !status; i++) {
        const att_holdout_options options = {
            .seed = seed + i, .held = held, .least = PREFERENCES_LEAST, .train_most = train_most};
        status = att_holdout_make(
            &s->splits[i], input->preferences, input->last_at_ms, &options, s->host, err);
    }
    return status;
}

// Which searches are run.
typedef struct wishes {
    bool als, ease, blend;
} wishes;

static att_status read_kind(const char *kind, wishes *w, att_recipe *recipe, att_error *err)
{
    const bool any = !kind || strcmp(kind, "auto") == 0;
    const bool blend = !any && strcmp(kind, "blend") == 0;
    const bool ease = !any && strcmp(kind, "ease") == 0;
    const bool als = !any && strcmp(kind, "als") == 0;
    if (!any && !blend && !ease && !als)
        return ATT_FAIL(
            err, ATT_INVALID, "kind is \"%s\"; it may be auto, als, ease or blend", kind);
    *w = (wishes){.als = !ease, .ease = !als, .blend = any || blend};
    recipe->kind = als ? ATT_MODEL_ALS : ease ? ATT_MODEL_EASE : ATT_MODEL_BLEND;
    return ATT_OK;
}

// The best of what was asked for becomes the recipe.
static void settle(
    search *s, const wishes *w, bool only_blend, const part *blend, att_recipe *recipe)
{
    const part *best = w->als ? &s->als : &s->ease;
    if (w->als && w->ease && s->ease.quality > best->quality)
        best = &s->ease;
    if (w->blend && w->ease && (only_blend || blend->quality * MARGIN > best->quality))
        best = blend;
    const att_als_options vectors = w->als ? s->als.recipe.als : recipe->als;
    *recipe = best->recipe;
    recipe->als = vectors; // ease was searched without; its items still get some
    recipe->als.passes = FINAL_PASSES;
    s->report->chosen = best->tried;
}

static att_status run(search *s, const wishes *w, const att_train_options *options,
    size_t ease_fits, att_recipe *recipe, att_error *err)
{
    att_status status = ATT_OK;
    part blend = {.quality = 0};
    const bool only_blend = options->kind && strcmp(options->kind, "blend") == 0;
    if (w->ease)
        status = search_ease(s, recipe, ease_fits, err);
    if (!status && w->als)
        status = search_als(s, recipe, options->dim == 0, err);
    if (!status && w->blend && w->ease)
        status = search_blend(s, &blend, err);
    if (!status)
        settle(s, w, only_blend, &blend, recipe);
    return status;
}

static att_status search_all(search *s, const att_model_input *input,
    const att_train_options *options, wishes *w, double ease_each, att_recipe *recipe,
    att_error *err)
{
    uint32_t train_most;
    const uint32_t held = people_to_hold(input->preferences);
    if (!held)
        return ATT_OK;
    s->split_count =
        plan_splits(input->preferences, recipe->als.dim, w->ease ? ease_each : 0, &train_most);
    s->als_left = ALS_BUDGET;
    const double fits = EASE_BUDGET / (ease_each * s->split_count);
    att_status status = make_splits(s, input, options->seed, held, train_most, err);
    if (!status)
        status = run(s, w, options, (size_t)ATT_MAX(ATT_MIN(fits, 5), 1), recipe, err);
    drop(&s->als);
    drop(&s->ease);
    for (uint32_t i = 0; i < SPLITS_MAX; i++)
        att_holdout_deinit(&s->splits[i], s->host);
    return status;
}

att_status att_choose(att_recipe *recipe, const att_model_input *input,
    const att_train_options *options, att_train_report *report, const att_host *host,
    att_error *err)
{
    const att_matrix *m = input->preferences;
    *recipe = att_recipe_default();
    recipe->als.seed = options->seed;
    recipe->als.dim = options->dim ? options->dim : recipe->als.dim;
    wishes w = {0};
    att_status status = read_kind(options->kind, &w, recipe, err);
    if (status || !att_matrix_nonzeros(m))
        return status;
    uint32_t *touched = ATT_NEW_ARRAY(host, uint32_t, m->cols);
    if (!touched)
        return att_no_memory(err, m->cols, "item counts");
    att_count_people(touched, m);
    const double ease_each = att_ease_cost(m, touched);
    ATT_FREE_ARRAY(host, touched, m->cols);
    const bool any = !options->kind || strcmp(options->kind, "auto") == 0;
    if (any && ease_each > EASE_BUDGET) {
        w.ease = w.blend = false;
        recipe->kind = ATT_MODEL_ALS;
    }
    search s = {.host = host,
        .matrix = m,
        .threads = att_parallel_threads(options->threads),
        .report = report};
    return search_all(&s, input, options, &w, ease_each, recipe, err);
}
