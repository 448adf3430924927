// SPDX-License-Identifier: Apache-2.0
// embed/content.c - learning where items lie by their bodies, and placing new ones.
#include "embed/baselines.h"
#include "embed/blas.h"
#include "embed/holdout.h"
#include "embed/model_parts.h"
#include "embed/top.h"
#include "base/rng.h"

#include <math.h>

#define ITEMS_LEAST 20  // with a body and preferences, or nothing can be learned
#define HIDDEN_LEAST 3  // preferences of an item that is hidden to choose the ridge
#define PEOPLE_MOST 300 // who judge it
#define CONSTANT_RIDGE 1e-3
#define ROUNDING_RIDGE                                                                             \
    3e-5f // of the diagonal: sums of floats over many items, of features that say the same
#define DEPTH 100

typedef struct learning {
    att_model *model;
    const att_matrix *preferences;
    att_matrix rows;   // (items, features)
    uint8_t *hidden;   // (items) 1: left out for now
    float *a, *factor; // (features, features) X^T S X
    float *c, *b;      // (features, stride) X^T S H, and the solution
    float *people;     // (people_count, stride) folded without the hidden
    uint32_t *judges;  // (people_count) their rows
    uint32_t people_count, features, threads;
    att_fold *fold;
    att_arena scratch;
} learning;

// --- Features of all items -----------------------------------------------------------------------

typedef struct row_sink {
    ATT_VEC(uint32_t) cols;
    ATT_VEC(float) values;
} row_sink;

static att_status append_row(learning *l, row_sink *sink, const att_item *item, att_error *err)
{
    const att_host *host = &l->model->host;
    const att_arena_mark mark = att_arena_save(&l->scratch);
    size_t count = 0;
    const att_feature_entry *row =
        att_features_row(&l->model->content.features, item, &count, &l->scratch);
    bool fits = count != SIZE_MAX;
    for (size_t k = 0; fits && row && k < count; k++)
        fits = ATT_VEC_PUSH(host, &sink->cols, row[k].feature) &&
               ATT_VEC_PUSH(host, &sink->values, row[k].value);
    att_arena_rewind(&l->scratch, mark);
    return fits ? ATT_OK : att_no_memory(err, sink->cols.count, "features of items");
}

static att_status make_rows(learning *l, const att_model_input *input, att_error *err)
{
    const att_host *host = &l->model->host;
    const uint32_t items = l->model->item_count;
    row_sink sink = {0};
    uint64_t *starts = ATT_NEW(&l->scratch, uint64_t, (size_t)items + 1);
    att_status status = starts ? ATT_OK : att_no_memory(err, items, "features of items");
    for (uint32_t i = 0; i < items && !status; i++) {
        starts[i] = sink.cols.count;
        const att_item *item = input->item_of(input->item_user, i);
        if (item)
            status = append_row(l, &sink, item, err);
    }
    if (!status)
        status = att_matrix_init(&l->rows, items, l->features, sink.cols.count, host, err);
    if (!status) {
        memcpy(l->rows.row_start, starts, items * sizeof *starts);
        if (sink.cols.count) {
            memcpy(l->rows.col, sink.cols.items, sink.cols.count * sizeof *l->rows.col);
            memcpy(l->rows.value, sink.values.items, sink.cols.count * sizeof *l->rows.value);
        }
    }
    ATT_VEC_FREE(host, &sink.cols);
    ATT_VEC_FREE(host, &sink.values);
    return status;
}

static bool has_row(const learning *l, uint32_t item)
{
    return l->rows.row_start[item + 1] > l->rows.row_start[item];
}

static bool teaches(const learning *l, uint32_t item)
{
    return l->model->touched[item] > 0 && has_row(l, item);
}

// --- The regression ------------------------------------------------------------------------------

static void add_item(learning *l, uint32_t item)
{
    const size_t stride = l->model->stride;
    const double n = l->model->touched[item];
    const float weight = (float)(n / (n + ATT_CONTENT_TEACHES));
    const float *h = l->model->items + (size_t)item * stride;
    const uint64_t first = l->rows.row_start[item], last = l->rows.row_start[item + 1];
    for (uint64_t p = first; p < last; p++) {
        const float x = weight * l->rows.value[p];
        float *row = l->a + (size_t)l->rows.col[p] * l->features;
        for (uint64_t q = p; q < last; q++)
            row[l->rows.col[q]] += x * l->rows.value[q];
        l->model->kernels->axpy_f32(l->c + (size_t)l->rows.col[p] * stride, x, h, stride);
    }
}

// From all items that teach and are not hidden.
static void add_items(learning *l)
{
    memset(l->a, 0, (size_t)l->features * l->features * sizeof *l->a);
    memset(l->c, 0, (size_t)l->features * l->model->stride * sizeof *l->c);
    for (uint32_t i = 0; i < l->model->item_count; i++)
        if (teaches(l, i) && !l->hidden[i])
            add_item(l, i);
}

static att_status solve_once(learning *l, double ridge, float rounding, att_error *err)
{
    const size_t f = l->features, stride = l->model->stride;
    memcpy(l->factor, l->a, f * f * sizeof *l->a);
    memcpy(l->b, l->c, f * stride * sizeof *l->c);
    for (size_t j = 0; j < f; j++) {
        float *diagonal = &l->factor[j * f + j];
        *diagonal += (float)(j ? ridge : CONSTANT_RIDGE) + rounding * *diagonal;
    }
    return att_blas_solve(l->factor, l->features, l->b, (uint32_t)stride, l->threads,
        "the products of features", err);
}

// Features that say the same (every item has one of these tags, and one of those) leave the products short of full
// rank, and the rounding of sums over many items can then push them below it: the part of the diagonal that
// stands for rounding grows until they are not.
static att_status solve_ridge(learning *l, double ridge, att_error *err)
{
    att_status status = ATT_OK;
    for (float rounding = ROUNDING_RIDGE; rounding < 0.1f; rounding *= 10) {
        status = solve_once(l, ridge, rounding, err);
        if (status == ATT_OK || status == ATT_NO_MEMORY)
            break;
    }
    return status;
}

static void place_row(const att_kernels *kernels, const float *weights, size_t stride,
    const uint32_t *cols, const float *values, size_t count, float *vector)
{
    memset(vector, 0, stride * sizeof *vector);
    for (size_t k = 0; k < count; k++)
        kernels->axpy_f32(vector, values[k], weights + (size_t)cols[k] * stride, stride);
}

static void place_known(const learning *l, uint32_t item, float *vector)
{
    const uint64_t first = l->rows.row_start[item];
    place_row(l->model->kernels, l->b, l->model->stride, l->rows.col + first, l->rows.value + first,
        (size_t)(l->rows.row_start[item + 1] - first), vector);
}

// --- Hidden items and their judges ---------------------------------------------------------------

static uint32_t hide_items(learning *l, uint64_t seed, uint32_t *list)
{
    uint32_t able = 0;
    for (uint32_t i = 0; i < l->model->item_count; i++)
        if (teaches(l, i) && l->model->touched[i] >= HIDDEN_LEAST)
            list[able++] = i;
    att_rng rng = att_rng_stream(seed, 2);
    att_rng_shuffle_u32(&rng, list, able);
    const uint32_t hidden = able / 10;
    for (uint32_t k = 0; k < hidden; k++)
        l->hidden[list[k]] = 1;
    uint32_t count = 0; // ascending from here on
    for (uint32_t i = 0; i < l->model->item_count; i++)
        if (l->hidden[i])
            list[count++] = i;
    return count;
}

// A person judges who prefers hidden items and others; folded from the others.
static att_status fold_judge(
    learning *l, uint32_t person, uint32_t *items, float *weights, att_error *err)
{
    const att_matrix *m = l->preferences;
    size_t count = 0, hidden = 0;
    for (uint64_t k = m->row_start[person]; k < m->row_start[person + 1]; k++) {
        hidden += l->hidden[m->col[k]];
        if (l->hidden[m->col[k]])
            continue;
        items[count] = m->col[k];
        weights[count++] = m->value[k];
    }
    if (!hidden || count < HIDDEN_LEAST)
        return ATT_OK;
    const att_status status = att_model_fold_arrays(l->model, l->fold, items, weights, count, err);
    if (status)
        return status;
    const size_t stride = l->model->stride;
    memcpy(l->people + l->people_count * stride, l->fold->vector, stride * sizeof *l->people);
    l->judges[l->people_count++] = person;
    return ATT_OK;
}

static att_status fold_judges(learning *l, uint64_t seed, att_error *err)
{
    const att_matrix *m = l->preferences;
    uint32_t *order = ATT_NEW(&l->scratch, uint32_t, m->rows);
    uint32_t *items = ATT_NEW(&l->scratch, uint32_t, m->cols);
    float *weights = ATT_NEW(&l->scratch, float, m->cols);
    l->judges = ATT_NEW(&l->scratch, uint32_t, PEOPLE_MOST);
    l->people = ATT_NEW(&l->scratch, float, PEOPLE_MOST *(size_t)l->model->stride);
    if (!order || !items || !weights || !l->judges || !l->people)
        return att_no_memory(err, m->rows, "judges of content");
    for (uint32_t u = 0; u < m->rows; u++)
        order[u] = u;
    att_rng rng = att_rng_stream(seed, 3);
    att_rng_shuffle_u32(&rng, order, m->rows);
    att_status status = ATT_OK;
    for (uint32_t k = 0; k < m->rows && l->people_count < PEOPLE_MOST && !status; k++)
        status = fold_judge(l, order[k], items, weights, err);
    return status;
}

static att_quality judge_one(const learning *l, const float *placed, const uint32_t *list,
    uint32_t count, uint32_t judge, uint32_t *targets)
{
    const att_matrix *m = l->preferences;
    const size_t stride = l->model->stride;
    const uint32_t person = l->judges[judge];
    uint32_t ranked[DEPTH];
    float scores[DEPTH];
    att_top top = {ranked, scores, 0, DEPTH};
    for (uint32_t h = 0; h < count; h++)
        att_top_offer(&top, list[h],
            l->model->kernels->dot_f32(placed + h * stride, l->people + judge * stride, stride));
    att_top_sort(&top);
    size_t target_count = 0;
    for (uint64_t k = m->row_start[person]; k < m->row_start[person + 1]; k++)
        if (l->hidden[m->col[k]])
            targets[target_count++] = m->col[k];
    return att_quality_of(ranked, top.count, targets, target_count);
}

static att_status judge_ridge(learning *l, const uint32_t *list, uint32_t count, double ridge,
    double *quality, att_error *err)
{
    const size_t stride = l->model->stride;
    const att_arena_mark mark = att_arena_save(&l->scratch);
    float *placed = ATT_NEW(&l->scratch, float, count *stride);
    uint32_t *targets = ATT_NEW(&l->scratch, uint32_t, count);
    att_status status =
        placed && targets ? solve_ridge(l, ridge, err) : att_no_memory(err, count, "hidden items");
    *quality = 0;
    if (!status) {
        for (uint32_t h = 0; h < count; h++)
            place_known(l, list[h], placed + h * stride);
        for (uint32_t j = 0; j < l->people_count; j++) {
            const att_quality q = judge_one(l, placed, list, count, j, targets);
            *quality += (q.ndcg_100 + q.recall_20) / 2 / l->people_count;
        }
    }
    att_arena_rewind(&l->scratch, mark);
    return status;
}

static att_status choose_ridge(learning *l, uint64_t seed, double *ridge, att_error *err)
{
    static const double ridges[] = {1, 3, 10, 30, 0.3, 100};
    *ridge = ridges[1];
    uint32_t *list = ATT_NEW(&l->scratch, uint32_t, l->model->item_count);
    if (!list)
        return att_no_memory(err, l->model->item_count, "items to hide");
    const uint32_t count = hide_items(l, seed, list);
    att_status status = count ? fold_judges(l, seed, err) : ATT_OK;
    if (status || !l->people_count)
        return status;
    add_items(l);
    double best = -1;
    for (size_t k = 0; k < ATT_COUNT_OF(ridges) && !status; k++) {
        double quality;
        status = judge_ridge(l, list, count, ridges[k], &quality, err);
        if (!status && quality > best) {
            best = quality;
            *ridge = ridges[k];
        }
    }
    memset(l->hidden, 0, l->model->item_count);
    return status;
}

// --- Putting it to use ---------------------------------------------------------------------------

// v = (n h + TRUST x B) / (n + TRUST): own factor and content weigh alike at TRUST preferences.
static void place_items(learning *l, bool touched, float *vector)
{
    const size_t stride = l->model->stride;
    for (uint32_t i = 0; i < l->model->item_count; i++) {
        if (!has_row(l, i) || (l->model->touched[i] > 0) != touched)
            continue;
        place_known(l, i, vector);
        float *v = l->model->items + (size_t)i * stride;
        const double n = l->model->touched[i];
        for (size_t j = 0; j < stride; j++)
            v[j] = (float)((n * v[j] + ATT_CONTENT_TRUST * vector[j]) / (n + ATT_CONTENT_TRUST));
        l->model->placed[i] = 1;
    }
}

static att_status make_room(learning *l, att_error *err)
{
    const size_t f = l->features, stride = l->model->stride;
    l->hidden = ATT_NEW(&l->scratch, uint8_t, l->model->item_count);
    l->a = ATT_NEW(&l->scratch, float, f *f);
    l->factor = ATT_NEW(&l->scratch, float, f *f);
    l->c = ATT_NEW(&l->scratch, float, f *stride);
    l->b = ATT_NEW(&l->model->life, float, f *stride);
    if (!l->hidden || !l->a || !l->factor || !l->c || !l->b)
        return att_no_memory(err, f * f, "products of features");
    return att_fold_create(&l->fold, &l->model->host, err);
}

static att_status learn(learning *l, const att_model_input *input, uint64_t seed, att_error *err)
{
    att_content *content = &l->model->content;
    att_status status = make_rows(l, input, err);
    if (status)
        return status;
    uint32_t teachers = 0;
    for (uint32_t i = 0; i < l->model->item_count; i++)
        teachers += teaches(l, i);
    if (teachers < ITEMS_LEAST)
        return ATT_OK;
    status = make_room(l, err);
    if (!status)
        status = choose_ridge(l, seed, &content->ridge, err);
    if (status)
        return status;
    add_items(l);
    status = solve_ridge(l, content->ridge, err);
    if (status)
        return status;
    float *vector = ATT_NEW(&l->scratch, float, l->model->stride);
    if (!vector)
        return att_no_memory(err, l->model->stride, "coordinates");
    // A person did without what was touched, not without what nobody could have touched: base is of the first alone.
    place_items(l, true, vector);
    status = att_model_make_base(l->model, l->threads, err);
    place_items(l, false, vector);
    content->weights = l->b;
    return status;
}

att_status att_content_learn(
    att_model *model, const att_model_input *input, uint64_t seed, uint32_t threads, att_error *err)
{
    if (!input->item_of || !model->stride)
        return ATT_OK;
    att_status status = att_features_learn(&model->content.features, model->item_count,
        input->item_of, input->item_user, &model->host, &model->life, err);
    learning l = {.model = model,
        .preferences = input->preferences,
        .features = att_features_count(&model->content.features),
        .threads = threads};
    if (status || !l.features)
        return status;
    att_arena_init(&l.scratch, &model->host, 0);
    status = learn(&l, input, seed, err);
    att_fold_destroy(l.fold);
    att_matrix_deinit(&l.rows, &model->host);
    att_arena_deinit(&l.scratch);
    return status;
}

bool att_content_place(const att_content *content, const att_kernels *kernels, const att_item *item,
    size_t dim, size_t stride, float *vector, att_arena *scratch)
{
    if (!content->weights)
        return false;
    const att_arena_mark mark = att_arena_save(scratch);
    size_t count = 0;
    const att_feature_entry *row = att_features_row(&content->features, item, &count, scratch);
    const bool known = row && count != SIZE_MAX;
    if (known) {
        memset(vector, 0, dim * sizeof *vector);
        for (size_t k = 0; k < count; k++)
            kernels->axpy_f32(
                vector, row[k].value, content->weights + row[k].feature * stride, dim);
    }
    att_arena_rewind(scratch, mark);
    return known;
}

bool att_model_place(
    const att_model *model, const att_item *item, float *vector, att_arena *scratch)
{
    return att_content_place(
        &model->content, model->kernels, item, model->dim, model->stride, vector, scratch);
}
