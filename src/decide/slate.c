// SPDX-License-Identifier: Apache-2.0
// decide/slate.c - fills slot after slot: the best of what is allowed, or a draw from the
// exploration pool.
//
// At each slot the allowed are all that are left, or, where an out-of-distribution slot is due,
// those of them that are outside the usual taste. With E the explorable among the allowed, p the
// allowance's probability (0 when E is empty or the allowance is used up) and q the draw over E:
//   P(item | slots above) = (1 - p) [item is the best of the allowed] + p q(item)
// That is what is logged. Nothing is moved, dropped or swapped after the draw.
//
// The best is found lazily (Minoux 1978): every term that depends on the slate can only fall as the
// slate fills, so a score computed earlier is an upper bound. A tournament holds the bounds; only the
// leader is brought up to date, until the leader is up to date itself. The result is that of looking
// at all candidates. Ties go to the lower index.
#include "decide/slate.h"

#include "decide/calibrate.h"
#include "decide/explore.h"
#include "decide/redundancy.h"
#include "decide/tournament.h"

typedef struct builder {
    const att_slate_input *input;
    att_arena *scratch;
    att_rng *rng;
    size_t wanted; // slots that will be filled
    size_t filled;
    double *base;      // (count): sum of the terms that do not depend on the slate
    double *gain;      // (count): calibration without its toll, as last computed
    double *penalty;   // (count): redundancy, as last computed
    uint16_t *gain_level, *level; // (count): slots that were filled when gain and penalty were computed
    bool *taken;       // (count)
    uint32_t *weights; // (count): of the exploration draw; NULL: no exploration
    uint64_t weight_left, weight_left_outside; // sums over what is left
    size_t outside_due, outside_placed; // out-of-distribution slots: wanted, and in the slate
    size_t explored;
    att_tournament all, outside; // by bounds; `outside` is made when first needed
    uint32_t *strangers;         // by leaf of `outside`
    att_redundancy redundancy;
    att_calibration calibration;
    att_gains gains;
} builder;

// --- Scores ------------------------------------------------------------------

static double sum_terms(const double *terms)
{
    double sum = 0;
    for (int t = 0; t < ATT_TERM_COUNT; t++)
        sum += terms[t];
    return sum;
}

static double base_of(const att_candidate *candidate)
{
    double sum = 0;
    for (int t = 0; t < ATT_TERM_COUNT; t++)
        if (t != ATT_TERM_CALIBRATION && t != ATT_TERM_REDUNDANCY)
            sum += candidate->terms[t];
    return sum;
}

static double bound_of(const builder *b, uint32_t candidate)
{
    return b->base[candidate] + b->gain[candidate] + b->penalty[candidate];
}

static void refresh_gain(builder *b, uint32_t candidate)
{
    if (b->gain_level[candidate] == b->filled)
        return;
    b->gain[candidate] = att_gains_of(&b->gains, candidate);
    b->gain_level[candidate] = (uint16_t)b->filled;
}

// Brings the candidate's bound to the present. False: out of memory.
static bool refresh(builder *b, uint32_t candidate)
{
    refresh_gain(b, candidate);
    if (b->level[candidate] == b->filled)
        return true;
    b->level[candidate] = (uint16_t)b->filled;
    return att_redundancy_term(&b->redundancy, candidate, &b->penalty[candidate]);
}

// True: the leader is not as good as it was thought to be, and another may lead now.
static bool lower(const builder *b, att_tournament *tournament, att_match leader, uint32_t candidate)
{
    const int64_t rank = att_rank_of_score(bound_of(b, candidate));
    if (!(rank < leader.rank))
        return false;
    att_tournament_change(tournament, leader.leaf, rank);
    return true;
}

// The best that is left in the tournament, which stays its leader. ATT_NO_CANDIDATE: none is left. False:
// out of memory.
static bool find_best(builder *b, att_tournament *tournament, uint32_t *best)
{
    for (;;) {
        const att_match leader = att_tournament_leader(tournament);
        *best = ATT_NO_CANDIDATE;
        if (leader.rank == ATT_RANK_OUT)
            return true;
        const uint32_t candidate = tournament == &b->all ? leader.leaf : b->strangers[leader.leaf];
        if (b->taken[candidate]) {
            att_tournament_change(tournament, leader.leaf, ATT_RANK_OUT);
            continue;
        }
        refresh_gain(b, candidate); // costs little, and may be enough to lose the first place
        if (lower(b, tournament, leader, candidate))
            continue;
        if (!refresh(b, candidate))
            return false;
        *best = candidate;
        if (!lower(b, tournament, leader, candidate))
            return true;
    }
}

// --- Setting out -------------------------------------------------------------

static size_t count_outside(const att_slate_input *input)
{
    size_t outside = 0;
    for (size_t i = 0; i < input->count; i++)
        outside += input->candidates[i].out_of_distribution;
    return outside;
}

static att_status allocate(builder *b, att_error *err)
{
    const size_t count = b->input->count;
    b->base = ATT_NEW(b->scratch, double, count);
    b->gain = ATT_NEW(b->scratch, double, count);
    b->penalty = ATT_NEW(b->scratch, double, count);
    b->gain_level = ATT_NEW(b->scratch, uint16_t, count);
    b->level = ATT_NEW(b->scratch, uint16_t, count);
    b->taken = ATT_NEW(b->scratch, bool, count);
    if (b->input->allowance.slots_max && b->input->allowance.probability > 0) {
        b->weights = ATT_NEW(b->scratch, uint32_t, count);
        if (!b->weights)
            return att_no_memory(err, count, "exploration weights");
    }
    if (!b->base || !b->gain || !b->penalty || !b->gain_level || !b->level || !b->taken ||
        !att_tournament_init(&b->all, count, b->scratch))
        return att_no_memory(err, count, "candidates of a slate");
    return ATT_OK;
}

static void set_out_exploration(builder *b)
{
    if (!b->weights)
        return;
    const att_slate_input *input = b->input;
    att_explore_weights(input->candidates, b->base, input->count, b->weights);
    for (size_t i = 0; i < input->count; i++) {
        b->weight_left += b->weights[i];
        if (input->candidates[i].out_of_distribution)
            b->weight_left_outside += b->weights[i];
    }
}

size_t att_slate_tags(const att_slate_input *input)
{
    size_t tags = 0;
    for (size_t i = 0; i < input->count; i++)
        tags += input->candidates[i].tag_count;
    return tags;
}

static att_status set_out(builder *b, att_error *err)
{
    const att_slate_input *input = b->input;
    const att_policy *policy = input->policy;
    att_status status = allocate(b, err);
    if (!status)
        status = att_redundancy_init(&b->redundancy, input, b->wanted, b->scratch, err);
    if (!status)
        status = att_calibration_init(&b->calibration, input->taste_mix, input->tag_total,
            policy->objective.calibration, b->scratch, err);
    if (!status)
        status = att_gains_init(
            &b->gains, &b->calibration, input->count, att_slate_tags(input), b->scratch, err);
    if (status)
        return status;
    b->outside_due = att_slate_outside_wanted(policy, count_outside(input), b->wanted);
    for (size_t i = 0; i < input->count; i++) {
        const att_candidate *c = &input->candidates[i];
        b->base[i] = base_of(c);
        att_gains_add(&b->gains, c->tags, c->tag_count);
        b->gain[i] = att_gains_of(&b->gains, i);
        att_tournament_seat(&b->all, i, bound_of(b, (uint32_t)i));
    }
    att_tournament_play(&b->all);
    set_out_exploration(b);
    return ATT_OK;
}

static bool set_out_outside(builder *b)
{
    if (b->strangers)
        return true;
    const size_t outside = count_outside(b->input);
    b->strangers = ATT_NEW_RAW(b->scratch, uint32_t, outside);
    if (!b->strangers || !att_tournament_init(&b->outside, outside, b->scratch))
        return false;
    size_t seated = 0;
    for (uint32_t i = 0; i < b->input->count; i++)
        if (b->input->candidates[i].out_of_distribution && !b->taken[i]) {
            b->strangers[seated] = i;
            att_tournament_seat(&b->outside, seated++, bound_of(b, i));
        }
    att_tournament_play(&b->outside);
    return true;
}

// --- One slot ----------------------------------------------------------------

// Out-of-distribution slots are due at ⌊(j + 1) wanted / (due + 1)⌋: spread over the slate, never
// the first slot. Those that came earlier by themselves count.
size_t att_slate_outside_wanted(const att_policy *policy, size_t outside, size_t wanted)
{
    return ATT_MIN(ATT_MIN((size_t)policy->objective.out_of_distribution, outside), wanted - 1);
}

bool att_slate_outside_due(size_t outside_wanted, size_t wanted, size_t filled, size_t placed)
{
    size_t due = 0;
    while (due < outside_wanted && (due + 1) * wanted / (outside_wanted + 1) <= filled)
        due++;
    return placed < due;
}

static uint32_t draw(builder *b, uint64_t weight_sum, bool outside)
{
    uint64_t left = att_rng_below(b->rng, weight_sum);
    for (uint32_t i = 0;; i++) {
        if (b->taken[i] || (outside && !b->input->candidates[i].out_of_distribution))
            continue;
        if (left < b->weights[i])
            return i;
        left -= b->weights[i];
    }
}

static void take(builder *b, uint32_t candidate)
{
    const att_candidate *c = &b->input->candidates[candidate];
    b->taken[candidate] = true;
    b->outside_placed += c->out_of_distribution;
    if (b->weights) {
        b->weight_left -= b->weights[candidate];
        if (c->out_of_distribution)
            b->weight_left_outside -= b->weights[candidate];
    }
    att_redundancy_choose(&b->redundancy, candidate);
    att_gains_choose(&b->gains, c->tags, c->tag_count);
    b->filled++;
}

static void write_slot(const builder *b, uint32_t candidate, att_slot *slot)
{
    slot->candidate = candidate;
    memcpy(slot->terms, b->input->candidates[candidate].terms, sizeof slot->terms);
    slot->terms[ATT_TERM_CALIBRATION] = att_calibration_toll(&b->calibration) + b->gain[candidate];
    slot->terms[ATT_TERM_REDUNDANCY] = b->penalty[candidate];
    slot->score = sum_terms(slot->terms);
}

// False: out of memory.
static bool fill_slot(builder *b, att_slot *slot)
{
    const bool outside =
        att_slate_outside_due(b->outside_due, b->wanted, b->filled, b->outside_placed);
    uint32_t best;
    if (outside && !set_out_outside(b))
        return false;
    if (!find_best(b, outside ? &b->outside : &b->all, &best))
        return false;
    assert(best != ATT_NO_CANDIDATE);
    const uint64_t weight_sum = outside ? b->weight_left_outside : b->weight_left;
    const bool may_explore = weight_sum && b->explored < b->input->allowance.slots_max;
    const double p = may_explore ? ATT_MIN(b->input->allowance.probability, 1) : 0;
    uint32_t chosen = best;
    slot->kind = outside ? ATT_SLOT_OUT_OF_DISTRIBUTION : ATT_SLOT_BEST;
    if (p > 0 && att_rng_unit(b->rng) < p) {
        chosen = draw(b, weight_sum, outside);
        slot->kind = ATT_SLOT_EXPLORE;
        b->explored++;
    }
    slot->propensity = chosen == best ? 1 - p : 0;
    if (p > 0)
        slot->propensity += p * ((double)b->weights[chosen] / (double)weight_sum);
    if (!refresh(b, chosen))
        return false;
    write_slot(b, chosen, slot);
    take(b, chosen);
    return true;
}

att_status att_slate_build(const att_slate_input *input, att_rng *rng, att_arena *scratch,
    att_slot *slots, size_t *filled, att_error *err)
{
    *filled = 0;
    const size_t wanted = ATT_MIN(input->wanted, input->count);
    assert(wanted <= ATT_SLATE_MAX && input->count < ATT_NO_CANDIDATE);
    if (!wanted)
        return ATT_OK;
    const att_arena_mark mark = att_arena_save(scratch);
    builder b = {.input = input, .scratch = scratch, .rng = rng, .wanted = wanted};
    att_status status = set_out(&b, err);
    for (size_t s = 0; !status && s < wanted; s++)
        if (!fill_slot(&b, &slots[s]))
            status = att_no_memory(err, input->count, "candidates' likeness");
    att_arena_rewind(scratch, mark);
    if (!status)
        *filled = wanted;
    return status;
}
