// SPDX-License-Identifier: Apache-2.0
// decide/bandit_model.c - the portfolio: its tables, what it predicts, how it learns.
//
// A diagonal learner keeps variances s: an observation of information c at x makes s <- s / (1 + s c x^2), then
// w <- w + s x (r - p) / (1 + c sum s x^2): the filter's step, with the off-diagonal of the covariance left out.
#include "decide/bandit_model.h"

#include "base/kernels.h"
#include "decide/bandit_math.h"

#include <math.h>

#define SHARE 0.001         // fixed share, a round
#define CHANCE_LEAST 1e-3f  // a learner's chance is taken no surer than this when it is judged
#define CURVATURE_LEAST 1e-3f
#define VOICE_LEAST 0.02f
#define RIVAL_DOUBT 0.05f   // share of rounds on which the softmax is taken to say nothing
#define RIVAL_LEAST 1e-5f   // smaller parts of a softmax gradient are left out

static const struct {
    float variance;    // prior, of a weight
    bool is_full;      // covariance
    bool is_pairs;
    bool is_constant;  // sees column 0 alone
    bool is_identity;  // link
} traits[ATT_BANDIT_LEARNER_COUNT] = {
    [ATT_BANDIT_ROWS] = {.variance = 1, .is_full = true},
    [ATT_BANDIT_PLAIN] = {.variance = 1},
    [ATT_BANDIT_RIVALS] = {.variance = 1},
    [ATT_BANDIT_PAIRS] = {.variance = 0.1f, .is_pairs = true},
    [ATT_BANDIT_SHY] = {.variance = 0.02f},
    [ATT_BANDIT_MEANS] = {.variance = 1, .is_constant = true},
    [ATT_BANDIT_LINEAR] = {.variance = 1, .is_full = true, .is_identity = true},
    [ATT_BANDIT_COSTS] = {.variance = 1, .is_identity = true},
};

// --- Tables -----------------------------------------------------------------------------------------------------

void att_bandit_model_init(
    att_bandit_model *model, uint32_t learners, uint32_t bits, const att_host *host)
{
    *model = (att_bandit_model){.host = host, .bits = bits};
    for (uint8_t l = 0; l < ATT_BANDIT_LEARNER_COUNT; l++)
        if (learners >> l & 1) {
            assert(model->expert_count < ATT_COUNT_OF(model->experts));
            model->experts[model->expert_count++] = (att_bandit_expert){.learner = l, .alive = true};
        }
    for (uint32_t m = 0; m < model->expert_count; m++)
        model->experts[m].share = 1.0 / model->expert_count;
}

static void free_tables(const att_bandit_model *model, att_bandit_expert *expert)
{
    ATT_FREE_ARRAY(model->host, expert->weights, expert->weight_count);
    ATT_FREE_ARRAY(model->host, expert->spread, expert->spread_count);
    expert->weights = expert->spread = NULL;
    expert->weight_count = expert->spread_count = 0;
    expert->width = 0;
}

void att_bandit_model_deinit(att_bandit_model *model)
{
    for (uint32_t m = 0; m < model->expert_count; m++)
        free_tables(model, &model->experts[m]);
    model->expert_count = 0;
}

static void retire(att_bandit_model *model, att_bandit_expert *expert)
{
    double left = 0;
    free_tables(model, expert);
    expert->alive = false;
    expert->share = 0;
    for (uint32_t m = 0; m < model->expert_count; m++)
        left += model->experts[m].share;
    uint32_t alive = 0;
    for (uint32_t m = 0; m < model->expert_count; m++)
        alive += model->experts[m].alive;
    for (uint32_t m = 0; m < model->expert_count; m++)
        if (model->experts[m].alive)
            model->experts[m].share = left > 0 ? model->experts[m].share / left : 1.0 / alive;
}

static uint32_t pairs_of(uint32_t columns)
{
    return columns * (columns + 1) / 2;
}

static uint32_t width_needed(const att_bandit_expert *expert, uint32_t columns)
{
    return traits[expert->learner].is_pairs ? pairs_of(columns) : traits[expert->learner].is_constant ? 1 : columns;
}

static bool is_too_large(const att_bandit_model *model, const att_bandit_expert *expert, uint32_t columns, uint32_t slots)
{
    const uint64_t most = (uint64_t)1 << model->bits, rows = ATT_MAX(slots, 1u);
    if (traits[expert->learner].is_full)
        return columns > ATT_BANDIT_ROW_COLUMNS || rows * pairs_of(columns) > most * 4;
    if (traits[expert->learner].is_pairs)
        return columns > ATT_BANDIT_PAIR_COLUMNS || rows * pairs_of(columns) > most;
    return false;
}

static void fill(float *values, size_t count, float value)
{
    for (size_t i = 0; i < count; i++)
        values[i] = value;
}

// A blank slot's covariance or variances.
static void fill_prior(const att_bandit_expert *expert, float *spread, uint32_t width, size_t slots)
{
    const float variance = traits[expert->learner].variance;
    if (!traits[expert->learner].is_full) {
        fill(spread, slots * width, variance);
        return;
    }
    for (size_t s = 0; s < slots; s++)
        for (uint32_t c = 0; c < width; c++)
            spread[s * pairs_of(width) + pairs_of(c) + c] = variance;
}

static void copy_rows(float *to, uint32_t to_width, const float *from, uint32_t from_width, size_t rows)
{
    for (size_t r = 0; r < rows; r++)
        memcpy(to + r * to_width, from + r * from_width, from_width * sizeof *to);
}

// Larger tables with what the old ones held.
static att_status grow(att_bandit_model *model, att_bandit_expert *expert, uint32_t width, uint32_t slots,
    uint32_t old_slots, att_error *err)
{
    const bool is_full = traits[expert->learner].is_full;
    const size_t weights = (size_t)slots * width, spread = is_full ? (size_t)slots * pairs_of(width) : weights;
    float *new_weights = ATT_NEW_ARRAY(model->host, float, weights);
    float *new_spread = ATT_NEW_ARRAY(model->host, float, spread);
    if (!new_weights || !new_spread) {
        ATT_FREE_ARRAY(model->host, new_weights, weights);
        ATT_FREE_ARRAY(model->host, new_spread, spread);
        return att_no_memory(err, weights, "weights of a bandit");
    }
    fill_prior(expert, new_spread, width, slots);
    if (expert->width) {
        copy_rows(new_weights, width, expert->weights, expert->width, old_slots);
        if (is_full) // a triangle grows at its end
            copy_rows(new_spread, pairs_of(width), expert->spread, pairs_of(expert->width), old_slots);
        else
            copy_rows(new_spread, width, expert->spread, expert->width, old_slots);
    }
    free_tables(model, expert);
    expert->weights = new_weights;
    expert->spread = new_spread;
    expert->weight_count = weights;
    expert->spread_count = spread;
    expert->width = width;
    return ATT_OK;
}

static float root_mean_square(const att_bandit_moments *moments)
{
    return moments->seen > 0 && moments->square > 0 ? (float)sqrt(moments->square / moments->seen) : 1;
}

// x_narrow = (raw - mean) / deviation and x_wide = raw / rms: the weights that score alike.
static void move_row(const att_bandit_model *model, const att_bandit_space *space, const float *weights,
    const float *spread, uint32_t columns, uint64_t slot_key, float *to_weights, float *to_spread)
{
    const size_t constant = att_bandit_place(slot_key, ATT_BANDIT_CONSTANT_KEY, model->bits);
    to_weights[constant] += weights[0];
    to_spread[constant] = ATT_MIN(to_spread[constant], spread[0]);
    for (uint32_t c = 1; c < columns; c++) {
        double mean, deviation;
        att_bandit_column_scale(space, c, &mean, &deviation);
        if (!(deviation > 0))
            continue;
        const float ratio = root_mean_square(&space->column_moments[c]) / (float)deviation;
        const size_t place = att_bandit_place(slot_key, space->columns.keys[c], model->bits);
        to_weights[place] += weights[c] * ratio;
        to_spread[place] = ATT_MIN(to_spread[place], spread[c] * ratio * ratio);
        to_weights[constant] -= weights[c] * (float)(mean / deviation);
    }
}

static att_status widen(att_bandit_model *model, att_bandit_expert *expert, const att_bandit_space *space, att_error *err)
{
    const size_t size = (size_t)1 << model->bits;
    float *weights = ATT_NEW_ARRAY(model->host, float, size), *spread = ATT_NEW_ARRAY(model->host, float, size);
    if (!weights || !spread) {
        ATT_FREE_ARRAY(model->host, weights, size);
        ATT_FREE_ARRAY(model->host, spread, size);
        return att_no_memory(err, size, "weights of a bandit");
    }
    fill(spread, size, traits[expert->learner].variance);
    for (uint32_t s = 0; expert->width && s < ATT_MIN(model->slot_capacity, space->slots.count); s++)
        move_row(model, space, expert->weights + (size_t)s * expert->width,
            expert->spread + (size_t)s * expert->width,
            traits[expert->learner].is_constant ? 1 : model->column_capacity, space->slots.keys[s], weights, spread);
    free_tables(model, expert);
    expert->weights = weights;
    expert->spread = spread;
    expert->weight_count = expert->spread_count = size;
    return ATT_OK;
}

static att_status turn_wide(att_bandit_model *model, const att_bandit_space *space, att_error *err)
{
    for (uint32_t m = 0; m < model->expert_count; m++) {
        att_bandit_expert *expert = &model->experts[m];
        if (!expert->alive)
            continue;
        if (traits[expert->learner].is_full || traits[expert->learner].is_pairs) {
            retire(model, expert);
            continue;
        }
        const att_status status = widen(model, expert, space, err);
        if (status)
            return status;
    }
    model->wide = true;
    return ATT_OK;
}

att_status att_bandit_model_fit(att_bandit_model *model, const att_bandit_space *space, att_error *err)
{
    if (model->wide)
        return ATT_OK;
    if (space->wide)
        return turn_wide(model, space, err);
    const uint32_t columns = space->columns.count, slots = space->slots.count, old_slots = model->slot_capacity;
    const uint32_t room = slots > old_slots ? slots + slots / 2 : old_slots;
    if (slots <= old_slots && columns <= model->column_capacity)
        return ATT_OK;
    for (uint32_t m = 0; m < model->expert_count; m++) {
        att_bandit_expert *expert = &model->experts[m];
        if (!expert->alive)
            continue;
        if (is_too_large(model, expert, columns, slots)) {
            retire(model, expert);
            continue;
        }
        const uint32_t needed = width_needed(expert, columns);
        const uint32_t width = needed > expert->width ? (needed + needed / 4 + 7) & ~7u : expert->width;
        if (width == expert->width && room == old_slots)
            continue;
        const att_status status = grow(model, expert, width, room, old_slots, err);
        if (status)
            return status;
    }
    model->slot_capacity = room;
    model->column_capacity = columns;
    return ATT_OK;
}

// --- Forecasts --------------------------------------------------------------------------------------------------

void att_bandit_forecast_init(att_bandit_forecast *forecast, const att_host *host)
{
    *forecast = (att_bandit_forecast){.host = host};
}

void att_bandit_forecast_deinit(att_bandit_forecast *forecast)
{
    if (!forecast->host)
        return;
    ATT_VEC_FREE(forecast->host, &forecast->reward);
    ATT_VEC_FREE(forecast->host, &forecast->sigma);
    ATT_VEC_FREE(forecast->host, &forecast->variance);
    ATT_VEC_FREE(forecast->host, &forecast->score);
    ATT_VEC_FREE(forecast->host, &forecast->chance);
    ATT_VEC_FREE(forecast->host, &forecast->slots);
    ATT_VEC_FREE(forecast->host, &forecast->row);
    ATT_VEC_FREE(forecast->host, &forecast->pairs);
    ATT_VEC_FREE(forecast->host, &forecast->square);
}

static bool reserve(att_bandit_forecast *out, const att_bandit_model *model, const att_bandit_view *view)
{
    const size_t count = view->count, parts = view->first.items[count];
    const size_t pairs = view->wide || view->columns > ATT_BANDIT_PAIR_COLUMNS ? 1 : pairs_of(view->columns);
    const size_t square = view->wide || view->columns > ATT_BANDIT_ROW_COLUMNS ? 1 : pairs_of(view->columns);
    return ATT_VEC_RESERVE(out->host, &out->reward, count) && ATT_VEC_RESERVE(out->host, &out->sigma, count) &&
           ATT_VEC_RESERVE(out->host, &out->variance, count) &&
           ATT_VEC_RESERVE(out->host, &out->score, count * model->expert_count) &&
           ATT_VEC_RESERVE(out->host, &out->chance, count * model->expert_count) &&
           ATT_VEC_RESERVE(out->host, &out->slots, ATT_MAX((size_t)model->slot_capacity, parts) + 1) &&
           ATT_VEC_RESERVE(out->host, &out->row, (size_t)view->columns * 2) &&
           ATT_VEC_RESERVE(out->host, &out->pairs, pairs * 2) &&
           ATT_VEC_RESERVE(out->host, &out->square, square);
}

// The inputs of a learner and their squares; a pair of standardized columns has variance near 1, of one squared 2.
typedef struct input {
    const float *x, *square;
    uint32_t count;
} input;

static void fill_square(att_bandit_forecast *out, const att_bandit_view *view)
{
    const float *x = view->x.items;
    float *square = out->square.items;
    for (uint32_t i = 0; i < view->columns; square += ++i) {
        for (uint32_t j = 0; j < i; j++)
            square[j] = 2 * x[i] * x[j];
        square[i] = x[i] * x[i];
    }
}

static void fill_inputs(att_bandit_forecast *out, const att_bandit_view *view)
{
    const float *x = view->x.items;
    float *square = out->row.items + view->columns;
    for (uint32_t c = 0; c < view->columns; c++)
        square[c] = x[c] * x[c];
    if (view->wide || view->columns > ATT_BANDIT_PAIR_COLUMNS)
        return;
    // The pair with column 0 is the column itself: whole; a pair of two others at half weight.
    const uint32_t count = pairs_of(view->columns);
    float *pair = out->pairs.items, *pair_square = pair + count;
    for (uint32_t i = 0, at = 0; i < view->columns; i++)
        for (uint32_t j = 0; j <= i; j++, at++) {
            pair[at] = x[i] * x[j] * (j ? 0.5f : 1.0f);
            pair_square[at] = pair[at] * pair[at];
        }
}

static input input_of(const att_bandit_expert *expert, const att_bandit_view *view, const att_bandit_forecast *out)
{
    if (traits[expert->learner].is_pairs) {
        const uint32_t count = pairs_of(view->columns);
        return (input){out->pairs.items, out->pairs.items + count, count};
    }
    return (input){view->x.items, out->row.items + view->columns, traits[expert->learner].is_constant ? 1 : view->columns};
}

// Whether it is cheaper to compute every slot once than every part of every option.
static bool by_slot(const att_bandit_model *model, const att_bandit_view *view)
{
    return view->first.items[view->count] > model->slot_capacity;
}

static float wide_dot(const att_bandit_model *model, const float *table, const att_bandit_view *view, uint64_t slot_key,
    const float *x, uint32_t columns)
{
    float sum = 0;
    for (uint32_t c = 0; c < columns; c++)
        sum += table[att_bandit_place(slot_key, view->keys.items[c], model->bits)] * x[c];
    return sum;
}

// out[i] for option i: the sum over its parts of value^power * (table row of the part . x).
static void cross(const att_bandit_model *model, const att_bandit_view *view, const float *table, uint32_t width,
    const float *x, uint32_t columns, bool squared, float missing, float *slots, float *out)
{
    const att_kernels *kernels = att_kernels_best();
    const uint32_t parts = view->first.items[view->count];
    const bool all = !view->wide && by_slot(model, view);
    if (all)
        kernels->rows_dot_f32(slots, table, model->slot_capacity, width, x, columns);
    for (uint32_t p = 0; !all && p < parts; p++) {
        if (view->wide)
            slots[p] = wide_dot(model, table, view, view->part_key.items[p], x, columns);
        else if (view->part_slot.items[p] < model->slot_capacity)
            slots[p] = kernels->dot_f32(table + (size_t)view->part_slot.items[p] * width, x, columns);
        else
            slots[p] = missing;
    }
    for (uint32_t a = 0; a < view->count; a++) {
        float sum = 0;
        for (uint32_t p = view->first.items[a]; p < view->first.items[a + 1]; p++) {
            const uint32_t slot = view->part_slot.items[p];
            const float value = view->part_value.items[p];
            sum += (squared ? value * value : value) *
                   (!all ? slots[p] : slot < model->slot_capacity ? slots[slot] : missing);
        }
        out[a] = sum;
    }
}

static float norm(const float *square, uint32_t count)
{
    float sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += square[i];
    return sum;
}

// An identity learner speaks alone: the first that is alive.
static bool speaks_alone(const att_bandit_model *model, const att_bandit_expert *expert)
{
    for (uint32_t m = 0; m < model->expert_count; m++)
        if (model->experts[m].alive)
            return traits[expert->learner].is_identity && expert == &model->experts[m];
    return false;
}

static float voice(const att_bandit_model *model, const att_bandit_expert *expert)
{
    return speaks_alone(model, expert) ? 1 : traits[expert->learner].is_identity ? 0 : (float)expert->share;
}

static void add_variance(const att_bandit_model *model, const att_bandit_expert *expert, const att_bandit_view *view,
    float share, att_bandit_forecast *out)
{
    const input in = input_of(expert, view, out);
    const float missing = norm(in.square, in.count) * traits[expert->learner].variance;
    float *variance = out->variance.items, *sigma = out->sigma.items;
    if (!expert->weight_count)
        fill(variance, view->count, missing);
    else if (traits[expert->learner].is_full)
        cross(model, view, expert->spread, pairs_of(expert->width), out->square.items, pairs_of(view->columns), true,
            missing, out->slots.items, variance);
    else
        cross(model, view, expert->spread, expert->width, in.square, in.count, true, missing, out->slots.items, variance);
    for (uint32_t a = 0; a < view->count; a++)
        sigma[a] += share * ATT_MAX(variance[a], 0);
}

// Deviations of the log-odds (or of the value): the mean of the learners' variances by their shares, root taken. That
// of rivals is not known option by option; those with hardly a voice are left out.
static void fill_sigma(const att_bandit_model *model, const att_bandit_view *view, att_bandit_forecast *out)
{
    float total = 0;
    bool squared = false;
    fill(out->sigma.items, view->count, 0);
    for (uint32_t m = 0; m < model->expert_count; m++) {
        const att_bandit_expert *expert = &model->experts[m];
        const float share = expert->alive && expert->learner != ATT_BANDIT_RIVALS ? voice(model, expert) : 0;
        if (share < VOICE_LEAST && !(m == 0 && expert->alive))
            continue;
        if (traits[expert->learner].is_full && !squared) {
            fill_square(out, view);
            squared = true;
        }
        add_variance(model, expert, view, ATT_MAX(share, 1e-6f), out);
        total += ATT_MAX(share, 1e-6f);
    }
    for (uint32_t a = 0; a < view->count; a++)
        out->sigma.items[a] = total > 0 ? sqrtf(out->sigma.items[a] / total) : 1;
}

static void fill_chances(const att_bandit_expert *expert, const float *score, float *chance, uint32_t count)
{
    if (traits[expert->learner].is_identity) {
        memcpy(chance, score, count * sizeof *chance);
    } else if (expert->learner == ATT_BANDIT_RIVALS) {
        float most = score[0], total = 0;
        for (uint32_t a = 1; a < count; a++)
            most = ATT_MAX(most, score[a]);
        for (uint32_t a = 0; a < count; a++)
            chance[a] = att_exp_f32(score[a] - most);
        for (uint32_t a = 0; a < count; a++)
            total += chance[a];
        for (uint32_t a = 0; a < count; a++)
            chance[a] = RIVAL_DOUBT / (float)count + (1 - RIVAL_DOUBT) * chance[a] / total;
    } else {
        for (uint32_t a = 0; a < count; a++)
            chance[a] = att_sigmoid_f32(score[a]);
    }
}

att_status att_bandit_model_predict(const att_bandit_model *model, const att_bandit_view *view, bool sigma,
    att_bandit_forecast *out, att_error *err)
{
    const uint32_t count = view->count;
    if (!reserve(out, model, view))
        return att_no_memory(err, count, "options of a question");
    fill_inputs(out, view);
    fill(out->reward.items, count, 0);
    for (uint32_t m = 0; m < model->expert_count; m++) {
        const att_bandit_expert *expert = &model->experts[m];
        float *score = out->score.items + (size_t)m * count, *chance = out->chance.items + (size_t)m * count;
        if (!expert->alive)
            continue;
        const input in = input_of(expert, view, out);
        if (expert->weight_count)
            cross(model, view, expert->weights, expert->width, in.x, in.count, false, 0, out->slots.items, score);
        else
            fill(score, count, 0);
        fill_chances(expert, score, chance, count);
        const float share = voice(model, expert);
        for (uint32_t a = 0; a < count; a++)
            out->reward.items[a] += share * chance[a];
    }
    if (sigma)
        fill_sigma(model, view, out);
    return ATT_OK;
}

// --- Learning ---------------------------------------------------------------------------------------------------

static float clamp_chance(float chance)
{
    return chance < CHANCE_LEAST ? CHANCE_LEAST : chance > 1 - CHANCE_LEAST ? 1 - CHANCE_LEAST : chance;
}

// Lowers the variances of one part for an observation of information c at x times value; returns c sum s x^2 after it.
static float tighten(const att_bandit_model *model, att_bandit_expert *expert, const att_bandit_view *view, input in,
    uint32_t part, float c)
{
    const float value = view->part_value.items[part], information = c * value * value;
    if (view->wide) {
        float sum = 0;
        for (uint32_t i = 0; i < in.count; i++) {
            float *s = &expert->spread[att_bandit_place(view->part_key.items[part], view->keys.items[i], model->bits)];
            *s /= 1 + *s * information * in.square[i];
            sum += *s * in.square[i];
        }
        return information * sum;
    }
    float *spread = expert->spread + (size_t)view->part_slot.items[part] * expert->width;
    for (uint32_t i = 0; i < in.count; i++)
        spread[i] /= 1 + spread[i] * information * in.square[i];
    return information * att_kernels_best()->dot_f32(spread, in.square, in.count);
}

static void step(const att_bandit_model *model, att_bandit_expert *expert, const att_bandit_view *view, input in,
    uint32_t part, float gain)
{
    const float value = gain * view->part_value.items[part];
    if (view->wide) {
        for (uint32_t i = 0; i < in.count; i++) {
            const size_t place = att_bandit_place(view->part_key.items[part], view->keys.items[i], model->bits);
            expert->weights[place] += value * in.x[i] * expert->spread[place];
        }
        return;
    }
    const size_t row = (size_t)view->part_slot.items[part] * expert->width;
    float *weights = expert->weights + row;
    const float *spread = expert->spread + row;
    for (uint32_t i = 0; i < in.count; i++)
        weights[i] += value * in.x[i] * spread[i];
}

static void learn_diagonal(const att_bandit_model *model, att_bandit_expert *expert, const att_bandit_view *view,
    input in, uint32_t chosen, float residual, float c, float weight)
{
    const uint32_t from = view->first.items[chosen], to = view->first.items[chosen + 1];
    float leverage = 0;
    for (uint32_t p = from; p < to; p++)
        leverage += tighten(model, expert, view, in, p, c * weight);
    for (uint32_t p = from; p < to; p++)
        step(model, expert, view, in, p, residual * weight / (1 + leverage));
}

// p_a = doubt / K + (1 - doubt) s_a with the softmax s. Its slope by the score of option b is (1 - doubt) s_a ([a = b] - s_b);
// the information of one reward is the slope's square / (p_a (1 - p_a)).
static float rival_slope(const float *chance, uint32_t count, uint32_t chosen, uint32_t b)
{
    const float least = RIVAL_DOUBT / (float)count;
    return (chance[chosen] - least) * ((b == chosen) - (chance[b] - least) / (1 - RIVAL_DOUBT));
}

static void learn_rivals(const att_bandit_model *model, att_bandit_expert *expert, const att_bandit_view *view,
    input in, const float *chance, uint32_t chosen, float reward, float weight)
{
    const float p = clamp_chance(chance[chosen]), c = weight / (p * (1 - p));
    float leverage = 0;
    for (uint32_t b = 0; b < view->count; b++) {
        const float slope = rival_slope(chance, view->count, chosen, b);
        if (fabsf(slope) < RIVAL_LEAST)
            continue;
        for (uint32_t part = view->first.items[b]; part < view->first.items[b + 1]; part++)
            leverage += tighten(model, expert, view, in, part, c * slope * slope);
    }
    for (uint32_t b = 0; b < view->count; b++) {
        const float slope = rival_slope(chance, view->count, chosen, b);
        if (fabsf(slope) < RIVAL_LEAST)
            continue;
        for (uint32_t part = view->first.items[b]; part < view->first.items[b + 1]; part++)
            step(model, expert, view, in, part, (reward - p) * c * slope / (1 + leverage));
    }
}

// y = S x from the lower triangle of S; returns x' S x.
static float triangle_times(const att_kernels *kernels, const float *triangle, const float *x, uint32_t columns, float *y)
{
    for (uint32_t i = 0; i < columns; triangle += ++i) {
        y[i] = kernels->dot_f32(triangle, x, i + 1);
        kernels->axpy_f32(y, x[i], triangle, i);
    }
    return kernels->dot_f32(y, x, columns);
}

static void reset_triangle(const att_bandit_expert *expert, float *triangle)
{
    memset(triangle, 0, pairs_of(expert->width) * sizeof *triangle);
    for (uint32_t i = 0; i < expert->width; i++)
        triangle[pairs_of(i) + i] = traits[expert->learner].variance;
}

// The filter's step on the covariances of the option's parts, taken as independent of each other. work is (columns).
static void learn_full(att_bandit_expert *expert, const att_bandit_view *view, uint32_t chosen, float residual, float c,
    float weight, float *work)
{
    const att_kernels *kernels = att_kernels_best();
    const uint32_t columns = view->columns, from = view->first.items[chosen], to = view->first.items[chosen + 1];
    const float *x = view->x.items;
    float leverage = 0;
    for (uint32_t p = from; p < to; p++) {
        float *triangle = expert->spread + (size_t)view->part_slot.items[p] * pairs_of(expert->width);
        const float value = view->part_value.items[p];
        float own = triangle_times(kernels, triangle, x, columns, work);
        if (!(own >= 0)) { // rounding has eaten it
            reset_triangle(expert, triangle);
            own = triangle_times(kernels, triangle, x, columns, work);
        }
        leverage += value * value * own;
    }
    const float scale = 1 / (1 / (c * weight) + leverage);
    for (uint32_t p = from; p < to; p++) {
        const size_t slot = view->part_slot.items[p];
        float *triangle = expert->spread + slot * pairs_of(expert->width);
        const float value = view->part_value.items[p];
        if (to - from > 1) // else it is there from above
            triangle_times(kernels, triangle, x, columns, work);
        kernels->axpy_f32(expert->weights + slot * expert->width, value * residual / c * scale, work, columns);
        for (uint32_t i = 0; i < columns; triangle += ++i)
            kernels->axpy_f32(triangle, -value * value * scale * work[i], work, i + 1);
    }
}

static void learn_one(att_bandit_model *model, att_bandit_expert *expert, const att_bandit_view *view,
    att_bandit_forecast *said, const float *score, const float *chance, uint32_t chosen, float reward, float weight)
{
    const input in = input_of(expert, view, said);
    const float p = chance[chosen];
    float c = 1, residual = reward - score[chosen];
    if (!traits[expert->learner].is_identity) {
        c = ATT_MAX(p * (1 - p), CURVATURE_LEAST);
        residual = reward - p;
    }
    if (expert->learner == ATT_BANDIT_RIVALS)
        learn_rivals(model, expert, view, in, chance, chosen, reward, weight);
    else if (traits[expert->learner].is_full)
        learn_full(expert, view, chosen, residual, c, weight, said->row.items);
    else
        learn_diagonal(model, expert, view, in, chosen, residual, c, weight);
}

static void judge(att_bandit_model *model, const att_bandit_forecast *said, uint32_t count, uint32_t chosen,
    float reward, float weight)
{
    double total = 0;
    uint32_t alive = 0;
    for (uint32_t m = 0; m < model->expert_count; m++) {
        att_bandit_expert *expert = &model->experts[m];
        if (!expert->alive)
            continue;
        const float p = clamp_chance(said->chance.items[(size_t)m * count + chosen]);
        const float loss = -weight * (reward * att_log_f32(p) + (1 - reward) * att_log_f32(1 - p));
        expert->loss += (double)loss;
        expert->share *= (double)att_exp_f32(-ATT_MIN(loss, 30.0f));
        total += expert->share;
        alive++;
    }
    for (uint32_t m = 0; m < model->expert_count; m++)
        if (model->experts[m].alive)
            model->experts[m].share = (1 - SHARE) * model->experts[m].share / total + SHARE / alive;
}

void att_bandit_model_learn(att_bandit_model *model, const att_bandit_view *view, att_bandit_forecast *said,
    uint32_t chosen, float reward, float weight)
{
    if (!(weight > 0))
        return;
    if (!traits[model->experts[0].learner].is_identity)
        judge(model, said, view->count, chosen, reward, weight);
    for (uint32_t m = 0; m < model->expert_count; m++)
        if (model->experts[m].alive)
            learn_one(model, &model->experts[m], view, said, said->score.items + (size_t)m * view->count,
                said->chance.items + (size_t)m * view->count, chosen, reward, weight);
    model->rounds++;
}

void att_bandit_model_learn_all(
    att_bandit_model *model, const att_bandit_view *view, att_bandit_forecast *said, const float *values)
{
    att_bandit_expert *expert = &model->experts[0];
    assert(model->expert_count == 1 && expert->learner == ATT_BANDIT_COSTS);
    const input in = input_of(expert, view, said);
    for (uint32_t a = 0; a < view->count; a++)
        learn_diagonal(model, expert, view, in, a, values[a] - said->score.items[a], 1, 1);
    model->rounds++;
}
