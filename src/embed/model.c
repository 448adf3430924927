// SPDX-License-Identifier: Apache-2.0
// embed/model.c - building a model and asking it.
#include "embed/model_parts.h"
#include "embed/baselines.h"
#include "embed/blas.h"
#include "base/rng.h"

#include <math.h>
#include <stdio.h>

#define SCALE_PEOPLE 200 // whose scores are compared to put als and ease on one scale

const char *att_model_kind_name(att_model_kind kind)
{
    static const char *const names[] = {"popularity", "als", "ease", "blend"};
    return (unsigned)kind < ATT_COUNT_OF(names) ? names[kind] : "?";
}

att_recipe att_recipe_default(void)
{
    return (att_recipe){.kind = ATT_MODEL_ALS,
        .als = att_als_options_default(),
        .ease = att_ease_options_default(),
        .mix = 0.5};
}

static bool is_positive(double value)
{
    return value > 0 && isfinite(value);
}

bool att_recipe_is_sound(const att_recipe *r)
{
    const att_als_options *a = &r->als;
    return r->kind > ATT_MODEL_POPULARITY && r->kind <= ATT_MODEL_BLEND && a->dim >= 1 &&
           a->dim <= ATT_ALS_DIM_MAX && a->passes >= 1 && a->passes <= 1000 && a->block % 16 == 0 &&
           is_positive(a->unobserved) && is_positive(a->reg) && is_positive(a->init) &&
           a->reg_power >= 0 && a->reg_power <= 1 && is_positive(r->ease.reg) && r->mix >= 0 &&
           r->mix <= 1;
}

// --- What is asked of a model --------------------------------------------------------------------

void att_model_destroy(att_model *model)
{
    if (!model)
        return;
    const att_host host = model->host;
    if (!model->snapshot)
        att_item_item_deinit(&model->ease, &host);
    att_seq_destroy(model->seq);
    att_features_deinit(&model->content.features);
    att_snapshot_close(model->snapshot);
    att_arena_deinit(&model->life);
    ATT_FREE_ARRAY(&host, model, 1);
}

att_model_kind att_model_kind_of(const att_model *model)
{
    return model->kind;
}

uint64_t att_model_version(const att_model *model)
{
    return model->version;
}

const att_model_origin *att_model_origin_of(const att_model *model)
{
    return &model->origin;
}

void att_model_set_origin(att_model *model, const att_model_origin *origin)
{
    model->origin = *origin;
}

void att_model_fingerprint(const att_model *model, unsigned char out[16])
{
    memset(out, 0, 16);
    if (model->snapshot)
        att_snapshot_checksum(model->snapshot, out);
}

uint32_t att_model_dim(const att_model *model)
{
    return model->dim;
}

uint32_t att_model_item_count(const att_model *model)
{
    return model->item_count;
}

const float *att_model_item_vector(const att_model *model, uint32_t item)
{
    if (item >= model->item_count || !model->items || !model->placed[item])
        return NULL;
    return model->items + (size_t)item * model->stride;
}

float att_model_popularity(const att_model *model, uint32_t item)
{
    return item < model->item_count ? model->popularity[item] : 0;
}

double att_model_trend_weight(const att_model *model)
{
    return model->trend.values ? model->trend.weight : 0;
}

double att_model_newness_weight(const att_model *model)
{
    return model->newness.born_days ? model->newness.weight : 0;
}

float att_model_trend(const att_model *model, uint32_t item)
{
    return model->trend.values && item < model->item_count ? model->trend.values[item] : 0;
}

double att_model_sequence_share(const att_model *model)
{
    return model->seq ? model->seq_share : 0;
}

// --- Building ------------------------------------------------------------------------------------

static att_status create(att_model **out, uint32_t items, const att_host *host, att_error *err)
{
    att_model *model = *out = ATT_NEW_ARRAY(host, att_model, 1);
    if (!model)
        return att_no_memory(err, 1, "model");
    *model = (att_model){.host = *host,
        .item_count = items,
        .normal = att_normal_best(),
        .kernels = att_kernels_best(),
        .ease_scale = 1};
    att_arena_init(&model->life, &model->host, 0);
    return ATT_OK;
}

// Shares of those who like anything: a number that was given to somebody who did not is no person here.
static att_status count_people(att_model *model, const att_matrix *m, att_error *err)
{
    uint32_t *touched = ATT_NEW(&model->life, uint32_t, m->cols);
    float *popularity = ATT_NEW(&model->life, float, m->cols);
    if (!touched || !popularity)
        return att_no_memory(err, m->cols, "item counts");
    att_count_people(touched, m);
    uint32_t people = 0;
    for (uint32_t u = 0; u < m->rows; u++)
        people += m->row_start[u + 1] > m->row_start[u];
    for (uint32_t i = 0; i < m->cols; i++)
        model->touched_count += touched[i] > 0;
    for (uint32_t i = 0; i < m->cols; i++)
        popularity[i] = (float)((double)touched[i] / ATT_MAX(people, 1));
    model->touched = touched;
    model->popularity = popularity;
    return ATT_OK;
}

// base = unobserved * X^T X + penalty, one on the padding's diagonal.
att_status att_model_make_base(att_model *model, uint32_t threads, att_error *err)
{
    const size_t stride = model->stride;
    float *base = ATT_NEW(&model->life, float, stride *stride);
    if (!base)
        return att_no_memory(err, stride * stride, "equation entries");
    const att_status status = att_gram(
        base, model->items, model->item_count, stride, threads, model->normal, &model->life, err);
    if (status)
        return status;
    for (size_t k = 0; k < stride * stride; k++)
        base[k] *= (float)model->unobserved;
    for (size_t j = 0; j < stride; j++)
        base[j * stride + j] += j < model->dim ? (float)model->penalty : 1;
    model->base = base;
    return ATT_OK;
}

static att_status add_vectors(att_model *model, const att_matrix *m, const att_recipe *recipe,
    uint32_t threads, att_train_report *report, att_error *err)
{
    att_als als;
    att_als_options options = recipe->als;
    options.threads = threads;
    att_status status = att_als_train(&als, m, &options, &model->host, err);
    if (status)
        return status;
    model->dim = als.dim;
    model->stride = als.stride;
    const size_t size = (size_t)m->cols * als.stride;
    float *items = ATT_NEW(&model->life, float, size);
    uint8_t *placed = ATT_NEW(&model->life, uint8_t, m->cols);
    if (items && placed) {
        for (uint32_t i = 0; i < m->cols; i++)
            placed[i] = model->touched[i] > 0;
        for (uint32_t i = 0; i < m->cols; i++)
            if (placed[i])
                memcpy(items + (size_t)i * als.stride, als.items + (size_t)i * als.stride,
                    als.stride * sizeof *items);
        model->items = items;
        model->placed = placed;
        model->unobserved = als.unobserved;
        model->penalty = als.person_reg;
        status = att_model_make_base(model, threads, err);
    } else {
        status = att_no_memory(err, size, "item vectors");
    }
    if (report) {
        report->flops += als.flops;
        report->flops_per_s = als.seconds > 0 ? als.flops / als.seconds : 0;
        report->dim = als.dim;
    }
    att_als_deinit(&als);
    return status;
}

// --- One scale for both parts --------------------------------------------------------------------

typedef struct spread {
    double sum, squares, count;
} spread;

static double deviation(const spread *s)
{
    const double mean = s->sum / s->count;
    return sqrt(ATT_MAX(s->squares / s->count - mean * mean, 0));
}

static void add_to(spread *s, double value)
{
    s->sum += value;
    s->squares += value * value;
    s->count++;
}

// Folds a sample of people and compares how far the two parts' scores spread over the items.
static att_status compare_spreads(
    att_model *model, const att_matrix *m, spread *vectors, spread *sums, att_error *err)
{
    att_fold *fold;
    ATT_VEC(att_fold_item) history = {0};
    att_status status = att_fold_create(&fold, &model->host, err);
    const uint32_t step = ATT_MAX(m->rows / SCALE_PEOPLE, 1);
    for (uint32_t u = 0; u < m->rows && !status; u += step) {
        const uint64_t first = m->row_start[u];
        const size_t count = (size_t)(m->row_start[u + 1] - first);
        if (!count)
            continue;
        if (!ATT_VEC_RESERVE(&model->host, &history, count)) {
            status = att_no_memory(err, count, "events");
            break;
        }
        for (size_t k = 0; k < count; k++)
            history.items[k] = (att_fold_item){m->col[first + k], m->value[first + k], NULL};
        status = att_model_fold(model, fold, history.items, count, NULL, err);
        for (uint32_t j = 0; j < model->item_count && !status; j++) {
            if (!model->touched[j])
                continue;
            add_to(sums, fold->sums[j]);
            add_to(vectors, model->kernels->dot_f32(fold->vector,
                                model->items + (size_t)j * model->stride, model->stride));
        }
    }
    ATT_VEC_FREE(&model->host, &history);
    att_fold_destroy(fold);
    return status;
}

static att_status match_scales(att_model *model, const att_matrix *m, att_error *err)
{
    spread vectors = {0}, sums = {0};
    const att_status status = compare_spreads(model, m, &vectors, &sums, err);
    if (status)
        return status;
    const double wanted = deviation(&vectors), is = deviation(&sums);
    model->ease_scale = wanted > 0 && is > 0 ? wanted / is : 1;
    return ATT_OK;
}

static att_status add_ease(att_model *model, const att_matrix *m, const att_recipe *recipe,
    uint32_t threads, att_error *err)
{
    att_ease_options options = recipe->ease;
    options.threads = threads;
    const att_status status = att_ease_train(&model->ease, m, &options, &model->host, err);
    return status || !model->items ? status : match_scales(model, m, err);
}

att_status att_model_join(att_model *vectors, att_model *sums, const att_matrix *m, att_error *err)
{
    vectors->kind = ATT_MODEL_BLEND;
    vectors->ease = sums->ease;
    sums->ease = (att_item_item){0};
    return match_scales(vectors, m, err);
}

att_status att_model_build(att_model **out, const att_matrix *preferences, const att_recipe *recipe,
    uint32_t threads, const att_host *host, att_train_report *report, att_error *err)
{
    att_model *model = NULL;
    att_status status = create(&model, preferences->cols, host, err);
    if (!status)
        status = count_people(model, preferences, err);
    const bool empty = att_matrix_nonzeros(preferences) == 0;
    if (!status) {
        model->kind = empty ? ATT_MODEL_POPULARITY : recipe->kind;
        model->mix = recipe->mix;
        model->has_recipe = model->kind != ATT_MODEL_POPULARITY && recipe->als.dim > 0;
        model->recipe = *recipe;
        model->recipe.als.start = NULL;
    }
    if (!status && model->kind != ATT_MODEL_POPULARITY && recipe->als.dim)
        status = add_vectors(model, preferences, recipe, threads, report, err);
    if (!status && (model->kind == ATT_MODEL_EASE || model->kind == ATT_MODEL_BLEND))
        status = add_ease(model, preferences, recipe, threads, err);
    if (status) {
        att_model_destroy(model);
        model = NULL;
    }
    *out = model;
    return status;
}
