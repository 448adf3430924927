// SPDX-License-Identifier: Apache-2.0
// embed/fold.c - a history becomes a person; and what each event of it did to each score.
//
// The person is u = A^-1 b with A = base + sum |w| x x^T and b = sum |w| y x, where y is 1 for what was wanted
// (w > 0) and 0 for what was not. Without event i, by Sherman and Morrison (1950), u would be
//   u - |w| (y - x.u) / (1 - |w| x.A^-1 x) * A^-1 x
// With A = U^T U and F = U^-T sqrt|w| x for the events, T = U^-T t for the targets: |w| x.A^-1 x = F.F, and
// the effect on target t is sqrt|w| (y - x.u) / (1 - F.F) * F.T.
#include "embed/model_parts.h"
#include "embed/top.h"

#include <math.h>

bool att_float_block_fit(att_float_block *block, size_t floats, const att_host *host)
{
    const size_t size = floats * sizeof(float) + 64;
    if (floats > SIZE_MAX / sizeof(float) - 64)
        return false;
    if (size > block->size) {
        const size_t grown = ATT_MAX(size, block->size + block->size / 2);
        void *memory = att_alloc(host, grown, 1);
        if (!memory)
            return false;
        att_float_block_deinit(block, host);
        *block = (att_float_block){.memory = memory, .size = grown};
        block->at = (float *)(((uintptr_t)memory + 63) / 64 * 64);
    }
    return true;
}

void att_float_block_deinit(att_float_block *block, const att_host *host)
{
    att_free(host, block->memory, block->size, 1);
    *block = (att_float_block){0};
}

att_status att_fold_create(att_fold **out, const att_host *host, att_error *err)
{
    *out = ATT_NEW_ARRAY(host, att_fold, 1);
    if (!*out)
        return att_no_memory(err, 1, "fold");
    (*out)->host = *host;
    return ATT_OK;
}

void att_fold_destroy(att_fold *fold)
{
    if (!fold)
        return;
    const att_host host = fold->host;
    att_float_block_deinit(&fold->block, &host);
    att_float_block_deinit(&fold->extra, &host);
    att_fold_sequence_destroy(fold->sequence);
    ATT_VEC_FREE(&host, &fold->events);
    att_seq_reader_destroy(fold->reader);
    ATT_VEC_FREE(&host, &fold->places);
    ATT_VEC_FREE(&host, &fold->history);
    ATT_FREE_ARRAY(&host, fold, 1);
}

// --- Folding -------------------------------------------------------------------------------------

static att_status make_room(att_fold *fold, const att_model *model, size_t count, att_error *err)
{
    const size_t stride = model->stride;
    const size_t sums = model->ease.item_count;
    const size_t floats = stride * stride + stride + count * stride + (sums + 15) / 16 * 16;
    fold->model = NULL;
    fold->day = (att_fold_day){.trend = model->trend.scale};
    att_fold_sequence_forget(fold->sequence);
    fold->history.count = 0;
    if (!att_float_block_fit(&fold->block, floats, &fold->host) ||
        !ATT_VEC_RESERVE(&fold->host, &fold->history, count + 1))
        return att_no_memory(err, count, "events to fold");
    fold->factor = fold->block.at;
    fold->vector = fold->factor + stride * stride;
    fold->panel = fold->vector + stride;
    fold->sums = sums ? fold->panel + count * stride : NULL;
    return ATT_OK;
}

static const float *vector_of(const att_model *model, uint32_t item, const float *given)
{
    return given ? given : att_model_item_vector(model, item);
}

static void start(const att_model *model, att_fold *fold)
{
    memset(fold->vector, 0, model->stride * sizeof *fold->vector);
    if (fold->sums)
        memset(fold->sums, 0, model->ease.item_count * sizeof *fold->sums);
    fold->rows = 0;
}

// One event goes into the panel, the right side and the item-item sums.
static void take(
    const att_model *model, att_fold *fold, uint32_t item, float weight, const float *given)
{
    const float *x = model->stride ? vector_of(model, item, given) : NULL;
    if (!isfinite(weight))
        weight = 0;
    att_fold_row *row = &fold->history.items[fold->history.count++];
    *row = (att_fold_row){.item = item, .row = UINT32_MAX, .weight = weight};
    if (fold->sums && weight != 0)
        att_item_item_add(&model->ease, model->kernels, item, weight, fold->sums);
    if (!x || weight == 0)
        return;
    row->row = (uint32_t)fold->rows++;
    float *to = fold->panel + (size_t)row->row * model->stride;
    const float root = sqrtf(fabsf(weight));
    model->normal->pack(to, x, model->dim, root);
    if (weight > 0)
        model->kernels->axpy_f32(fold->vector, root, to, model->stride);
}

static att_status solve(const att_model *model, att_fold *fold, att_error *err)
{
    const size_t stride = model->stride;
    if (stride) {
        memcpy(fold->factor, model->base, stride * stride * sizeof *fold->factor);
        model->normal->add_products(fold->factor, stride, fold->panel, stride, fold->rows, stride);
        if (!model->normal->factor(fold->factor, stride, stride))
            return ATT_FAIL(err, ATT_INVALID,
                "a history of %zu events has no solution: a weight is too large",
                fold->history.count);
        model->normal->solve(fold->factor, stride, stride, fold->vector);
    }
    fold->model = model;
    return ATT_OK;
}

att_status att_model_fold(const att_model *model, att_fold *fold, const att_fold_item *items,
    size_t count, float *vector, att_error *err)
{
    att_status status = make_room(fold, model, count, err);
    if (status)
        return status;
    start(model, fold);
    for (size_t i = 0; i < count; i++)
        take(model, fold, items[i].item, items[i].weight, items[i].vector);
    status = solve(model, fold, err);
    if (!status && vector)
        memcpy(vector, fold->vector, model->dim * sizeof *vector);
    return status;
}

att_status att_model_fold_arrays(const att_model *model, att_fold *fold, const uint32_t *items,
    const float *weights, size_t count, att_error *err)
{
    const att_status status = make_room(fold, model, count, err);
    if (status)
        return status;
    start(model, fold);
    for (size_t i = 0; i < count; i++)
        take(model, fold, items[i], weights[i], NULL);
    return solve(model, fold, err);
}

// --- What comes next -------------------------------------------------------------------------------

static att_status make_reader(att_fold *fold, const att_seq *seq, att_error *err)
{
    if (fold->reader && att_seq_reader_turn(fold->reader, seq))
        return ATT_OK;
    att_seq_reader_destroy(fold->reader);
    fold->reader = NULL;
    return att_seq_reader_create(&fold->reader, seq, &fold->host, err);
}

att_status att_fold_read(att_fold *fold, const att_seq *seq, const att_seq_place *places,
    size_t count, bool timed, uint32_t asked, const float **state, att_error *err)
{
    uint8_t context[ATT_SEQ_FIELDS];
    const att_status status = make_reader(fold, seq, err);
    if (status)
        return status;
    att_seq_reader_begin(fold->reader, timed);
    for (size_t k = 0; k < count; k++) {
        att_seq_context_of(places[k].situation, context);
        att_seq_reader_add(fold->reader, places[k].item, places[k].at_s, context);
    }
    att_seq_context_of(asked, context);
    *state = att_seq_read(fold->reader, context);
    return ATT_OK;
}

// --- Scores --------------------------------------------------------------------------------------

// How much of the score comes from the vectors and from the item-item sums.
typedef struct shares {
    double vector, sums;
} shares;

static shares shares_of(const att_model *model, uint32_t item)
{
    const bool known = item < model->ease.item_count && model->touched[item] > 0;
    switch (model->kind) {
    case ATT_MODEL_EASE:
        return known ? (shares){0, model->ease_scale} : (shares){1, 0};
    case ATT_MODEL_BLEND:
        return known ? (shares){model->mix, (1 - model->mix) * model->ease_scale} : (shares){1, 0};
    default:
        return (shares){1, 0};
    }
}

static float score_one(
    const att_model *model, const att_fold *fold, uint32_t item, const float *given)
{
    if (model->kind == ATT_MODEL_POPULARITY)
        return att_model_popularity(model, item);
    const shares s = shares_of(model, item);
    const float *x = s.vector != 0 ? vector_of(model, item, given) : NULL;
    double score = 0;
    if (x)
        score += s.vector * model->kernels->dot_f32(fold->vector, x, model->dim);
    if (s.sums != 0)
        score += s.sums * fold->sums[item];
    if (model->trend.values && item < model->item_count)
        score += fold->day.trend * (double)model->trend.values[item];
    if (fold->day.newness > 0 && item < model->item_count && model->touched[item])
        score += fold->day.newness * att_newness_of(&model->newness, &fold->day.moment, item);
    if (att_fold_is_read(fold))
        score = (1 - model->seq_share) * score +
                model->seq_share * att_fold_sequence_score(model, fold, item);
    return (float)score;
}

// --- When ------------------------------------------------------------------------------------------

// u'G u = sum over the items that somebody prefers of (u.x)^2, out of base = unobserved G + penalty I: no item is looked at.
static double square_of_vectors(const att_model *model, const att_fold *fold)
{
    double square = 0;
    for (size_t k = 0; k < model->dim; k++) {
        const double u = (double)fold->vector[k];
        const double row =
            (double)model->kernels->dot_f32(model->base + k * model->stride, fold->vector, model->stride);
        square += u * (row - model->penalty * u);
    }
    return ATT_MAX(square, 0) / model->unobserved;
}

// How far this person's scores reach without the parts of the day: the root mean square over the items that somebody prefers, each
// part's by its share.
static double reach_of(const att_model *model, const att_fold *fold)
{
    const bool sums = model->kind == ATT_MODEL_EASE || model->kind == ATT_MODEL_BLEND;
    const double items = ATT_MAX(model->touched_count, 1u);
    const double vector_share = model->kind == ATT_MODEL_BLEND ? model->mix : model->kind == ATT_MODEL_ALS ? 1 : 0;
    double reach = vector_share > 0 ? vector_share * sqrt(square_of_vectors(model, fold) / items) : 0;
    if (sums && fold->sums)
        reach += (1 - vector_share) * model->ease_scale *
                 sqrt((double)model->kernels->dot_f32(fold->sums, fold->sums, model->ease.item_count) / items);
    return reach;
}

void att_model_ask(const att_model *model, att_fold *fold, int64_t asked_ms, int64_t since_ms)
{
    const att_trend *trend = &model->trend;
    const att_newness *newness = &model->newness;
    if (!trend->values && !newness->born_days)
        return;
    const double reach = reach_of(model, fold);
    const double fade = trend->values && asked_ms ? att_trend_fade(trend, asked_ms) : 1;
    fold->day.trend = fade * (reach > 0 ? trend->weight * reach : trend->scale);
    fold->day.moment = att_newness_ask(newness, asked_ms, since_ms);
    fold->day.newness = fold->day.moment.share > 0 ? newness->weight * reach : 0;
    fold->asked_day = fold->day;
}

void att_model_ask_again(const att_model *model, att_fold *fold)
{
    if (model->trend.values || model->newness.born_days)
        fold->day = fold->asked_day;
}

static att_status check_fold(const att_model *model, const att_fold *fold, att_error *err)
{
    if (fold->model == model)
        return ATT_OK;
    return ATT_FAIL(err, ATT_INVALID, "nobody was folded with this model before asking for scores");
}

att_status att_model_score(const att_model *model, att_fold *fold, const uint32_t *items,
    const float *const *vectors, size_t count, float *scores, att_error *err)
{
    const att_status status = check_fold(model, fold, err);
    if (status)
        return status;
    for (size_t j = 0; j < count; j++)
        scores[j] = score_one(model, fold, items[j], vectors ? vectors[j] : NULL);
    return ATT_OK;
}

bool att_model_is_product(const att_model *model, const att_fold *fold)
{
    return model->kind == ATT_MODEL_ALS && fold->model == model && !model->trend.values && !(fold->day.newness > 0) &&
           !att_fold_is_read(fold);
}

void att_model_score_all(const att_model *model, const att_fold *fold, float *scores)
{
    assert(fold->model == model);
    for (uint32_t j = 0; j < model->item_count; j++)
        scores[j] = score_one(model, fold, j, NULL);
}

// --- The best by item-item sums ------------------------------------------------------------------

size_t att_model_item_item_top(const att_model *model, att_fold *fold, const uint64_t *bits,
    size_t bit_count, size_t count, uint32_t *items, float *scores)
{
    if (fold->model != model || !fold->sums || !count)
        return 0;
    att_top top = {items, scores, 0, count};
    const float scale = (float)model->ease_scale;
    for (uint32_t j = 0; j < model->ease.item_count; j++) {
        if (bits && (j >= bit_count || !(bits[j / 64] >> (j % 64) & 1)))
            continue;
        if (fold->sums[j] != 0)
            att_top_offer(&top, j, scale * fold->sums[j]);
    }
    att_top_sort(&top);
    return top.count;
}

// --- What each event did -------------------------------------------------------------------------

// Events go by the block, as columns: few enough that a block and the targets stay in the first cache.
enum { EVENT_BLOCK = 64 };

typedef struct effect_work {
    float *events;   // (stride, EVENT_BLOCK) F of a block
    float *targets;  // (stride, target_columns) T
    float *products; // (target_rows, EVENT_BLOCK) T_j . F_i
    float *leverage; // (EVENT_BLOCK) F_i . F_i, then the factor of each
    float *rows;     // (targets, stride) the targets as they come
    float *ones;     // (longest)
    float *shares;   // (targets)
    uint32_t *places; // (longest) 0, 1, 2 …
    size_t target_columns, target_rows, longest;
} effect_work;

static att_status effect_room(
    effect_work *w, att_fold *fold, size_t stride, size_t targets, att_error *err)
{
    w->target_columns = att_normal_pad(targets);
    w->target_rows = (targets + 3) / 4 * 4;
    w->longest = ATT_MAX(stride, ATT_MAX(w->target_columns, (size_t)EVENT_BLOCK));
    const size_t floats = stride * (w->target_columns + EVENT_BLOCK) + (w->target_rows + 1) * EVENT_BLOCK +
                          targets * (stride + 1) + 2 * w->longest;
    if (!att_float_block_fit(&fold->extra, floats, &fold->host))
        return att_no_memory(err, targets, "targets to explain");
    w->events = fold->extra.at;
    w->targets = w->events + stride * EVENT_BLOCK;
    w->products = w->targets + stride * w->target_columns;
    w->leverage = w->products + w->target_rows * EVENT_BLOCK;
    w->rows = w->leverage + EVENT_BLOCK;
    w->ones = w->rows + targets * stride;
    w->shares = w->ones + w->longest;
    w->places = (uint32_t *)(void *)(w->shares + targets);
    for (size_t k = 0; k < w->longest; k++) {
        w->ones[k] = 1;
        w->places[k] = (uint32_t)k;
    }
    return ATT_OK;
}

// Rows (count, stride) lie down: `to` is (stride, columns), with zeros behind the last.
static void lay_down(const att_model *model, const effect_work *w, float *to, size_t columns, const float *rows, size_t count)
{
    model->normal->pack_columns(to, columns, rows, model->stride, w->places, w->ones, count, w->ones, model->stride);
}

static void solve_targets(const att_model *model, const att_fold *fold, effect_work *w,
    const uint32_t *targets, const float *const *vectors, size_t target_count)
{
    for (size_t j = 0; j < target_count; j++) {
        const float *x = vector_of(model, targets[j], vectors ? vectors[j] : NULL);
        float *row = w->rows + j * model->stride;
        w->shares[j] = (float)shares_of(model, targets[j]).vector;
        if (x)
            model->normal->pack(row, x, model->dim, 1);
        else
            memset(row, 0, model->stride * sizeof *row);
    }
    lay_down(model, w, w->targets, w->target_columns, w->rows, target_count);
    model->normal->forward(fold->factor, model->stride, model->stride, w->targets,
        w->target_columns, w->target_columns);
}

// F_i . F_i for sixteen events, whose columns begin at `events`.
static void leverage_of(float *restrict out, const float *restrict events, size_t stride)
{
    float sum[16] = {0};
    for (size_t k = 0; k < stride; k++)
        for (size_t i = 0; i < 16; i++)
            sum[i] += events[k * EVENT_BLOCK + i] * events[k * EVENT_BLOCK + i];
    memcpy(out, sum, sizeof sum);
}

// Panel rows first … first + count - 1 of the fold.
static void solve_block(
    const att_model *model, const att_fold *fold, effect_work *w, size_t first, size_t count)
{
    const size_t stride = model->stride, columns = att_normal_pad(count);
    lay_down(model, w, w->events, EVENT_BLOCK, fold->panel + first * stride, count);
    model->normal->forward(fold->factor, stride, stride, w->events, EVENT_BLOCK, columns);
    model->normal->cross(w->products, EVENT_BLOCK, w->targets, w->target_columns, w->events, EVENT_BLOCK, stride,
        w->target_rows, columns);
    for (size_t i = 0; i < columns; i += 16)
        leverage_of(w->leverage + i, w->events + i, stride);
}

// sqrt|w| (y - x.u) / (1 - F.F); `said` is sqrt|w| x.u.
static double event_factor(const att_fold_row *event, double said, double leverage)
{
    const double root = event->weight > 0 ? sqrt((double)event->weight) : 0;
    return (root - said) / ATT_MAX(1 - leverage, 1e-6);
}

// effects[j][i] = share_j * factor_i * F_i . T_j, for the `count` events that have the panel's rows from `first` on. `event` is
// that of the first of them. Returns the event behind the last.
static size_t write_vector_effects(const att_model *model, const att_fold *fold, const effect_work *w,
    size_t event, size_t first, size_t count, size_t target_count, float *effects)
{
    const size_t events = fold->history.count;
    const size_t begin = event;
    uint32_t at[EVENT_BLOCK]; // less `begin`
    float said[EVENT_BLOCK];
    model->kernels->rows_dot_f32(said, fold->panel + first * model->stride, count, model->stride, fold->vector, model->stride);
    for (size_t i = 0; i < count; event++) {
        const att_fold_row *row = &fold->history.items[event];
        if (row->row == UINT32_MAX)
            continue;
        at[i] = (uint32_t)(event - begin);
        w->leverage[i] = (float)event_factor(row, (double)said[i], (double)w->leverage[i]);
        i++;
    }
    const bool all = event - begin == count;
    for (size_t j = 0; j < target_count; j++) {
        const float *restrict products = w->products + j * EVENT_BLOCK, *restrict factors = w->leverage;
        float *restrict to = effects + j * events + begin;
        const float share = w->shares[j];
        if (all)
            for (size_t i = 0; i < count; i++)
                to[i] = share * (factors[i] * products[i]);
        else
            for (size_t i = 0; i < count; i++)
                to[at[i]] = share * (factors[i] * products[i]);
    }
    return event;
}

static void add_sums(const att_model *model, const att_fold *fold, const uint32_t *targets, size_t target_count, float *effects)
{
    const size_t events = fold->history.count;
    for (size_t j = 0; j < target_count; j++) {
        const double share = shares_of(model, targets[j]).sums;
        for (size_t i = 0; i < events; i++) {
            const att_fold_row *event = &fold->history.items[i];
            effects[j * events + i] += (float)(share * event->weight * att_item_item_at(&model->ease, event->item, targets[j]));
        }
    }
}

att_status att_model_effects(const att_model *model, att_fold *fold, const uint32_t *targets,
    const float *const *target_vectors, size_t target_count, float *effects, att_error *err)
{
    att_status status = check_fold(model, fold, err);
    const size_t all = fold->history.count * target_count;
    memset(effects, 0, all * sizeof *effects);
    if (status || model->kind == ATT_MODEL_POPULARITY || !model->stride || !target_count)
        return status;
    effect_work w = {0};
    status = effect_room(&w, fold, model->stride, target_count, err);
    if (status)
        return status;
    solve_targets(model, fold, &w, targets, target_vectors, target_count);
    size_t event = 0;
    for (size_t first = 0; first < fold->rows; first += EVENT_BLOCK) {
        const size_t count = ATT_MIN(fold->rows - first, EVENT_BLOCK);
        solve_block(model, fold, &w, first, count);
        event = write_vector_effects(model, fold, &w, event, first, count, target_count, effects);
    }
    if (fold->sums)
        add_sums(model, fold, targets, target_count, effects);
    if (!att_fold_is_read(fold))
        return ATT_OK;
    for (size_t i = 0; i < all; i++)
        effects[i] *= (float)(1 - model->seq_share);
    att_fold_sequence_effects(model, fold, targets, target_count, effects);
    return ATT_OK;
}
