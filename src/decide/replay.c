// SPDX-License-Identifier: Apache-2.0
// decide/replay.c - keeps what a slate was chosen from, and computes another policy's odds over it.
#include "decide/replay.h"

#include "decide/calibrate.h"
#include "decide/explore.h"
#include "decide/redundancy_all.h"
#include "decide/terms.h"

static void weights_of(const att_policy *policy, float out[ATT_TERM_COUNT])
{
    const float weights[ATT_TERM_COUNT] = {[ATT_TERM_RELEVANCE] = (float)policy->objective.relevance,
        [ATT_TERM_CONTEXT] = (float)policy->objective.context,
        [ATT_TERM_NOVELTY] = (float)policy->objective.novelty,
        [ATT_TERM_FRESHNESS] = (float)policy->objective.freshness,
        [ATT_TERM_BUSINESS] = (float)policy->objective.business,
        [ATT_TERM_CONTROL] = (float)policy->objective.control,
        [ATT_TERM_CALIBRATION] = (float)policy->objective.calibration,
        [ATT_TERM_REDUNDANCY] = (float)policy->objective.diversity,
        [ATT_TERM_SITUATION] = (float)policy->objective.situation,
        [ATT_TERM_SKIP] = (float)policy->objective.early_skip};
    memcpy(out, weights, sizeof weights);
}

// --- Keeping ---------------------------------------------------------------------------------------

typedef struct recorder {
    const att_slate_input *input;
    att_policy unit; // the policy, with calibration and diversity at weight 1
    att_slate_input at_one;
    att_redundancy_all redundancy;
    att_calibration calibration;
    att_gains gains;
    double *base;      // (count)
    uint32_t *weights; // (count)
    bool *taken;       // (count)
    size_t outside_due, outside_placed, explored, wanted;
} recorder;

static double base_of(const att_candidate *candidate)
{
    double sum = 0;
    for (int t = 0; t < ATT_TERM_COUNT; t++)
        if (t != ATT_TERM_CALIBRATION && t != ATT_TERM_REDUNDANCY)
            sum += candidate->terms[t];
    return sum;
}

static att_status set_out(recorder *r, const att_slate_input *input, size_t filled, att_arena *scratch, att_error *err)
{
    const size_t count = input->count;
    *r = (recorder){.input = input, .unit = *input->policy, .at_one = *input, .wanted = filled};
    r->unit.objective.diversity = r->unit.objective.calibration = 1;
    r->at_one.policy = &r->unit;
    r->base = ATT_NEW(scratch, double, count);
    r->weights = ATT_NEW(scratch, uint32_t, count);
    r->taken = ATT_NEW(scratch, bool, count);
    if (!r->base || !r->weights || !r->taken)
        return att_no_memory(err, count, "candidates of a pool");
    size_t outside = 0;
    for (size_t i = 0; i < count; i++) {
        r->base[i] = base_of(&input->candidates[i]);
        outside += input->candidates[i].out_of_distribution;
    }
    r->outside_due = att_slate_outside_wanted(input->policy, outside, filled);
    att_explore_weights(input->candidates, r->base, count, r->weights);
    att_status status = att_redundancy_all_init(&r->redundancy, &r->at_one, filled, scratch, err);
    if (!status)
        status = att_calibration_init(&r->calibration, input->taste_mix, input->tag_total, 1, scratch, err);
    if (!status)
        status = att_gains_init(&r->gains, &r->calibration, count, att_slate_tags(input), scratch, err);
    for (size_t i = 0; i < count && !status; i++)
        att_gains_add(&r->gains, input->candidates[i].tags, input->candidates[i].tag_count);
    return status;
}

// Fills gain and penalty, and the slot's entry.
static void record_slot(recorder *r, size_t s, uint32_t chosen, float *gain, float *penalty, att_pool_slot *out)
{
    const att_slate_input *input = r->input;
    const bool outside = att_slate_outside_due(r->outside_due, r->wanted, s, r->outside_placed);
    const double calibration = input->policy->objective.calibration, diversity = input->policy->objective.diversity;
    uint64_t weight_sum = 0;
    double most = 0;
    *out = (att_pool_slot){.best = ATT_NO_CANDIDATE, .chosen = chosen, .outside = outside};
    for (uint32_t i = 0; i < input->count; i++) {
        const att_candidate *c = &input->candidates[i];
        if (r->taken[i])
            continue;
        const double term = att_redundancy_all_term(&r->redundancy, i);
        const double gained = att_gains_of(&r->gains, i);
        gain[i] = (float)gained;
        penalty[i] = (float)term;
        if (outside && !c->out_of_distribution)
            continue;
        weight_sum += r->weights[i];
        const double score = r->base[i] + calibration * gained + diversity * term;
        if (out->best == ATT_NO_CANDIDATE || score > most) {
            out->best = i;
            most = score;
        }
    }
    const bool may_explore = weight_sum && r->explored < input->allowance.slots_max;
    out->probability = may_explore ? (float)ATT_MIN(ATT_MAX(input->allowance.probability, 0), 1) : 0;
}

static void go_on(recorder *r, const att_slot *slot)
{
    const att_candidate *c = &r->input->candidates[slot->candidate];
    r->taken[slot->candidate] = true;
    r->outside_placed += c->out_of_distribution;
    r->explored += slot->kind == ATT_SLOT_EXPLORE;
    att_redundancy_all_choose(&r->redundancy, slot->candidate);
    att_gains_choose(&r->gains, c->tags, c->tag_count);
}

// Columns that hold anything but zeros, moved together.
static uint32_t keep_columns(const float *raw, size_t count, float *kept)
{
    uint32_t columns = 0;
    for (int t = 0; t < ATT_TERM_COUNT; t++) {
        bool any = false;
        for (size_t i = 0; i < count; i++)
            any |= raw[(size_t)t * count + i] != 0;
        if (!any)
            continue;
        memcpy(kept, raw + (size_t)t * count, count * sizeof *kept);
        kept += count;
        columns |= 1u << t;
    }
    return columns;
}

static att_status keep_candidates(const att_slate_input *input, const float *raw, att_arena *keep, att_decision_pool *out, att_error *err)
{
    const size_t count = input->count;
    uint32_t *items = ATT_NEW(keep, uint32_t, count);
    float *uncertainty = ATT_NEW(keep, float, count), *kept = ATT_NEW(keep, float, count *ATT_TERM_COUNT);
    uint8_t *flags = ATT_NEW(keep, uint8_t, count);
    if (!items || !uncertainty || !flags || !kept)
        return att_no_memory(err, count, "candidates of a pool");
    for (size_t i = 0; i < count; i++) {
        const att_candidate *c = &input->candidates[i];
        items[i] = c->item;
        uncertainty[i] = c->uncertainty;
        flags[i] = (uint8_t)((c->explorable ? ATT_POOL_EXPLORABLE : 0) | (c->out_of_distribution ? ATT_POOL_OUTSIDE : 0));
    }
    out->columns = keep_columns(raw, count, kept);
    out->count = (uint32_t)count;
    out->items = items;
    out->raw = kept;
    out->uncertainty = uncertainty;
    out->flags = flags;
    return ATT_OK;
}

att_status att_slate_pool(const att_slate_input *input, const att_slot *slots, size_t filled, const float *raw,
    double novelty, att_arena *scratch, att_arena *keep, att_decision_pool *out, att_error *err)
{
    const size_t count = input->count;
    *out = (att_decision_pool){.packed = true, .terms = ATT_TERM_COUNT, .novelty = (float)novelty, .slot_count = (uint16_t)filled};
    recorder r;
    const att_arena_mark mark = att_arena_save(scratch);
    att_status status = keep_candidates(input, raw, keep, out, err);
    att_pool_slot *kept = ATT_NEW(keep, att_pool_slot, filled);
    float *gain = ATT_NEW(keep, float, filled *count), *penalty = ATT_NEW(keep, float, filled *count);
    if (!status && (!kept || !gain || !penalty))
        status = att_no_memory(err, count, "candidates of a pool");
    if (!status)
        status = set_out(&r, input, filled, scratch, err);
    for (size_t s = 0; s < filled && !status; s++) {
        record_slot(&r, s, slots[s].candidate, gain + s * count, penalty + s * count, &kept[s]);
        go_on(&r, &slots[s]);
    }
    att_arena_rewind(scratch, mark);
    weights_of(input->policy, out->weights);
    out->share = (float)input->policy->exploration.share;
    out->slots = kept;
    out->gain = gain;
    out->penalty = penalty;
    return status;
}

// --- Another policy --------------------------------------------------------------------------------

att_status att_replay_init(att_replay *replay, const att_decision_pool *pool, att_arena *scratch, att_error *err)
{
    const size_t count = pool->count;
    *replay = (att_replay){.pool = pool,
        .candidates = ATT_NEW(scratch, att_candidate, count),
        .base = ATT_NEW(scratch, double, count),
        .weights = ATT_NEW(scratch, uint32_t, count),
        .taken = ATT_NEW(scratch, bool, count)};
    if (!replay->candidates || !replay->base || !replay->weights || !replay->taken)
        return att_no_memory(err, count, "candidates of a pool");
    for (size_t i = 0; i < count; i++)
        replay->candidates[i] = (att_candidate){.item = pool->items[i],
            .explorable = pool->flags[i] & ATT_POOL_EXPLORABLE,
            .out_of_distribution = (pool->flags[i] & ATT_POOL_OUTSIDE) != 0,
            .uncertainty = pool->uncertainty[i]};
    return ATT_OK;
}

bool att_pool_is_of(const att_decision_pool *pool, const att_policy *policy)
{
    float weights[ATT_TERM_COUNT];
    weights_of(policy, weights); // of terms that the pool does not know nothing is asked
    return memcmp(weights, pool->weights, pool->terms * sizeof *weights) == 0 && (float)policy->exploration.share == pool->share;
}

// Terms that were zero for all candidates may have any weight.
static bool same_where_it_matters(const att_decision_pool *pool, const float *weights)
{
    for (int t = 0; t < ATT_TERM_COUNT; t++) {
        const bool matters = t == ATT_TERM_CALIBRATION || t == ATT_TERM_REDUNDANCY || (pool->columns >> t & 1);
        if (matters && weights[t] != pool->weights[t])
            return false;
    }
    return true;
}

static void set_weights(att_replay *replay, const att_policy *policy)
{
    const att_decision_pool *pool = replay->pool;
    float weights[ATT_TERM_COUNT];
    if (policy)
        weights_of(policy, weights);
    else
        memcpy(weights, pool->weights, sizeof weights);
    replay->is_logged = same_where_it_matters(pool, weights);
    replay->share_ratio = policy && pool->share > 0 ? (double)((float)policy->exploration.share / pool->share) : 1;
    for (int t = 0; t < ATT_TERM_COUNT; t++)
        replay->weight[t] = (double)weights[t];
    replay->weight[ATT_TERM_NOVELTY] = att_novelty_weight(replay->weight[ATT_TERM_NOVELTY], (double)pool->novelty);
}

void att_replay_policy(att_replay *replay, const att_policy *policy)
{
    const att_decision_pool *pool = replay->pool;
    set_weights(replay, policy);
    memset(replay->base, 0, pool->count * sizeof *replay->base);
    const float *column = pool->raw;
    for (int t = 0; t < ATT_TERM_COUNT; t++) {
        if (!(pool->columns >> t & 1))
            continue;
        for (size_t i = 0; i < pool->count; i++)
            replay->base[i] += replay->weight[t] * (double)column[i];
        column += pool->count;
    }
    att_explore_weights(replay->candidates, replay->base, pool->count, replay->weights);
}

static void take_above(att_replay *replay, size_t slot)
{
    memset(replay->taken, 0, replay->pool->count * sizeof *replay->taken);
    for (size_t s = 0; s < slot; s++)
        replay->taken[replay->pool->slots[s].chosen] = true;
}

// The whole-number weights of those that are allowed, as odds; their sum; the best of them.
static uint64_t weigh(att_replay *replay, size_t slot, double *odds, uint32_t *best)
{
    const att_decision_pool *pool = replay->pool;
    const float *gain = pool->gain + slot * pool->count, *penalty = pool->penalty + slot * pool->count;
    const double calibration = replay->weight[ATT_TERM_CALIBRATION], diversity = replay->weight[ATT_TERM_REDUNDANCY];
    uint64_t sum = 0;
    double most = 0;
    *best = ATT_NO_CANDIDATE;
    for (uint32_t i = 0; i < pool->count; i++) {
        odds[i] = 0;
        if (replay->taken[i] || (pool->slots[slot].outside && !replay->candidates[i].out_of_distribution))
            continue;
        odds[i] = replay->weights[i];
        sum += replay->weights[i];
        const double score = replay->base[i] + calibration * (double)gain[i] + diversity * (double)penalty[i];
        if (*best == ATT_NO_CANDIDATE || score > most) {
            *best = i;
            most = score;
        }
    }
    return sum;
}

void att_replay_odds(att_replay *replay, size_t slot, double *odds)
{
    const att_decision_pool *pool = replay->pool;
    uint32_t best;
    take_above(replay, slot);
    const uint64_t sum = weigh(replay, slot, odds, &best);
    const double p = sum ? ATT_MIN((double)pool->slots[slot].probability * replay->share_ratio, 1) : 0;
    for (uint32_t i = 0; i < pool->count; i++)
        odds[i] = p > 0 ? odds[i] * (p / (double)sum) : 0;
    odds[replay->is_logged || best == ATT_NO_CANDIDATE ? pool->slots[slot].best : best] += 1 - p;
}
