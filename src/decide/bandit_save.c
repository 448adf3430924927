// SPDX-License-Identifier: Apache-2.0
// decide/bandit_save.c - a bandit's whole state as bytes, in one fixed order: for checkpoints and for comparing two states.
//
//   head (below), models (below, one each), column keys, column moments, slot keys, slot moments, wide moments (once wide),
//   then for each model and each living learner: weights, variances.
#include "decide/bandit.h"

#include "store/bytes.h"

#include <math.h>

enum { FORM = 1 };

typedef struct head {
    uint32_t form, models;
    uint32_t columns, slots;
    uint32_t bits, wide;
    uint64_t rounds, space_rounds;
    double rho[ATT_BANDIT_LEVELS];
} head;

typedef struct expert_head {
    uint32_t learner, alive;
    uint32_t width, zero;
    uint64_t weight_count, spread_count;
    double share, loss;
} expert_head;

typedef struct model_head {
    uint32_t wide, slot_capacity, column_capacity, experts;
    uint64_t rounds;
    expert_head expert[ATT_BANDIT_EXPERTS_MAX];
} model_head;

static model_head head_of(const att_bandit_model *model)
{
    model_head out;
    memset(&out, 0, sizeof out);
    out.wide = model->wide;
    out.slot_capacity = model->slot_capacity;
    out.column_capacity = model->column_capacity;
    out.experts = model->expert_count;
    out.rounds = model->rounds;
    for (uint32_t m = 0; m < model->expert_count; m++) {
        const att_bandit_expert *expert = &model->experts[m];
        out.expert[m] = (expert_head){.learner = expert->learner,
            .alive = expert->alive,
            .width = expert->width,
            .weight_count = expert->weight_count,
            .spread_count = expert->spread_count,
            .share = expert->share,
            .loss = expert->loss};
    }
    return out;
}

static bool write_tables(const att_bandit_model *model, att_bandit_piece_seer *see, void *user)
{
    for (uint32_t m = 0; m < model->expert_count; m++) {
        const att_bandit_expert *expert = &model->experts[m];
        if ((expert->weight_count && !see(user, expert->weights, expert->weight_count * sizeof(float))) ||
            (expert->spread_count && !see(user, expert->spread, expert->spread_count * sizeof(float))))
            return false;
    }
    return true;
}

static bool write_numbers(
    const att_bandit_numbers *numbers, const att_bandit_moments *moments, att_bandit_piece_seer *see, void *user)
{
    return !numbers->count || (see(user, numbers->keys, numbers->count * sizeof *numbers->keys) &&
                                  see(user, moments, numbers->count * sizeof *moments));
}

bool att_bandit_write(const att_bandit *bandit, att_bandit_piece_seer *see, void *user)
{
    const att_bandit_space *space = &bandit->space;
    head first = {0};
    first = (head){.form = FORM,
        .models = bandit->algorithm->models,
        .columns = space->columns.count,
        .slots = space->slots.count,
        .bits = space->bits,
        .wide = space->wide,
        .rounds = bandit->rounds,
        .space_rounds = space->rounds};
    memcpy(first.rho, bandit->rho, sizeof first.rho);
    bool going = see(user, &first, sizeof first);
    for (uint32_t m = 0; m < first.models && going; m++) {
        const model_head model = head_of(&bandit->models[m]);
        going = see(user, &model, sizeof model);
    }
    going = going && write_numbers(&space->columns, space->column_moments, see, user) &&
            write_numbers(&space->slots, space->slot_moments, see, user);
    if (going && space->wide)
        going = see(user, space->wide_moments, ((size_t)1 << ATT_BANDIT_WIDE_MOMENT_BITS) * sizeof *space->wide_moments);
    for (uint32_t m = 0; m < first.models && going; m++)
        going = write_tables(&bandit->models[m], see, user);
    return going;
}

// --- Reading ----------------------------------------------------------------------------------------------------

static bool take(att_byte_reader *in, void *out, size_t count, size_t size)
{
    if (count > in->left / size)
        in->bad = true;
    const unsigned char *at = att_take(in, count * size);
    if (at && count)
        memcpy(out, at, count * size);
    return at != NULL || (count == 0 && !in->bad);
}

static bool finite_floats(const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return false;
    return true;
}

// Counts that the tables of this learner may have, so that nothing is allocated on a damaged word.
static bool counts_hold(const model_head *model, const expert_head *expert, uint32_t bits)
{
    if (!expert->weight_count)
        return !expert->spread_count && !expert->width;
    if (model->wide)
        return expert->weight_count == (uint64_t)1 << bits && expert->spread_count == expert->weight_count && !expert->width;
    const uint64_t width = expert->width, full = width * (width + 1) / 2;
    const bool is_full = expert->learner == ATT_BANDIT_ROWS || expert->learner == ATT_BANDIT_LINEAR;
    const uint64_t needed = expert->learner == ATT_BANDIT_PAIRS
                                ? (uint64_t)model->column_capacity * (model->column_capacity + 1) / 2
                            : expert->learner == ATT_BANDIT_MEANS ? 1
                                                                  : model->column_capacity;
    return width >= needed && width <= 1u << 16 && model->slot_capacity <= 1u << 25 &&
           expert->weight_count == (uint64_t)model->slot_capacity * width &&
           expert->spread_count == (is_full ? (uint64_t)model->slot_capacity * full : expert->weight_count);
}

static att_status read_table(const att_host *host, att_byte_reader *in, float **out, size_t *count, uint64_t wanted, att_error *err)
{
    if (wanted > in->left / sizeof(float))
        return ATT_FAIL(err, ATT_CORRUPT, "bandit state: a table of %llu weights does not fit into %zu bytes",
            (unsigned long long)wanted, in->left);
    *out = wanted ? ATT_NEW_ARRAY(host, float, wanted) : NULL;
    *count = wanted && *out ? (size_t)wanted : 0;
    if (wanted && !*out)
        return att_no_memory(err, wanted, "weights of a bandit");
    take(in, *out, *count, sizeof(float));
    return finite_floats(*out, *count) ? ATT_OK : ATT_FAIL(err, ATT_CORRUPT, "bandit state: a weight is not finite");
}

static att_status read_model(att_bandit_model *model, const model_head *from, att_byte_reader *in, att_error *err)
{
    model->wide = from->wide != 0;
    model->slot_capacity = from->slot_capacity;
    model->column_capacity = from->column_capacity;
    model->rounds = from->rounds;
    att_status status = ATT_OK;
    for (uint32_t m = 0; m < model->expert_count && !status; m++) {
        att_bandit_expert *expert = &model->experts[m];
        const expert_head *saved = &from->expert[m];
        if (saved->learner != expert->learner || !counts_hold(from, saved, model->bits) || !(saved->share >= 0 && saved->share <= 1))
            return ATT_FAIL(err, ATT_CORRUPT, "bandit state: learner %u does not fit its head", m);
        expert->alive = saved->alive != 0;
        expert->width = saved->width;
        expert->share = saved->share;
        expert->loss = saved->loss;
        status = read_table(model->host, in, &expert->weights, &expert->weight_count, saved->weight_count, err);
        if (!status)
            status = read_table(model->host, in, &expert->spread, &expert->spread_count, saved->spread_count, err);
    }
    return status;
}

static att_status read_space(att_bandit_space *space, const head *from, att_byte_reader *in, att_error *err)
{
    att_status status = att_bandit_numbers_read(space->host, &space->columns, &space->column_moments, from->columns, in, err);
    if (!status)
        status = att_bandit_numbers_read(space->host, &space->slots, &space->slot_moments, from->slots, in, err);
    space->rounds = from->space_rounds;
    space->wide = from->wide != 0;
    if (status || !space->wide)
        return status;
    const size_t size = (size_t)1 << ATT_BANDIT_WIDE_MOMENT_BITS;
    space->wide_moments = ATT_NEW_ARRAY(space->host, att_bandit_moments, size);
    if (!space->wide_moments)
        return att_no_memory(err, size, "moments of a bandit");
    take(in, space->wide_moments, size, sizeof *space->wide_moments);
    return ATT_OK;
}

static bool model_heads_hold(const att_bandit *bandit, const head *first, const model_head *models)
{
    for (uint32_t m = 0; m < first->models; m++)
        if (models[m].experts != bandit->models[m].expert_count || models[m].wide != first->wide ||
            (!first->wide && first->rounds &&
                (models[m].column_capacity != first->columns || models[m].slot_capacity < first->slots)))
            return false;
    return true;
}

static att_status read_all(att_bandit *bandit, att_byte_reader *in, att_error *err)
{
    head first = {0};
    model_head models[ATT_BANDIT_MODELS_MAX];
    if (!take(in, &first, 1, sizeof first) || first.form != FORM)
        return ATT_FAIL(err, first.form > FORM ? ATT_VERSION : ATT_CORRUPT, "bandit state: not of form %d", FORM);
    if (first.models != bandit->algorithm->models || first.bits != bandit->space.bits || first.wide > 1 || first.columns < 1)
        return ATT_FAIL(err, ATT_VERSION, "bandit state: of another algorithm or size");
    double total = 0;
    for (int j = 0; j < ATT_BANDIT_LEVELS; j++)
        total += first.rho[j] >= 0 ? first.rho[j] : NAN;
    if (!(fabs(total - 1) < 1e-6))
        return ATT_FAIL(err, ATT_CORRUPT, "bandit state: the levels' weights sum to %g", total);
    memcpy(bandit->rho, first.rho, sizeof first.rho);
    bandit->rounds = first.rounds;
    if (!take(in, models, first.models, sizeof *models) || !model_heads_hold(bandit, &first, models))
        return ATT_FAIL(err, ATT_CORRUPT, "bandit state: the heads of its models disagree");
    att_status status = read_space(&bandit->space, &first, in, err);
    for (uint32_t m = 0; m < first.models && !status; m++)
        status = read_model(&bandit->models[m], &models[m], in, err);
    if (!status && (in->bad || in->left))
        status = ATT_FAIL(err, ATT_CORRUPT, "bandit state: it has a wrong size");
    return status;
}

// As new, with the same options.
static att_status begin_anew(att_bandit *bandit, att_error *err)
{
    att_bandit_options options = bandit->options;
    const att_host *host = bandit->host;
    options.algorithm = bandit->algorithm;
    att_bandit_deinit(bandit);
    return att_bandit_init(bandit, &options, host, err);
}

att_status att_bandit_read(att_bandit *bandit, const void *data, size_t size, att_error *err)
{
    att_byte_reader in = {.at = data, .left = size};
    att_status status = begin_anew(bandit, err);
    if (!status)
        status = read_all(bandit, &in, err);
    return status && begin_anew(bandit, NULL) ? ATT_NO_MEMORY : status;
}
