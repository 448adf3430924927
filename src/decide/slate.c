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
// slate fills, so a score computed earlier is an upper bound. A heap holds the bounds; only the top
// is brought up to date, until the top is up to date itself. The result is that of looking at all
// candidates. Ties go to the lower index.
#include "decide/slate.h"

#include "decide/calibrate.h"
#include "decide/explore.h"
#include "decide/redundancy.h"

typedef struct bound {
    double score;
    uint32_t candidate;
} bound;

typedef struct bound_heap {
    bound *bounds;
    size_t count;
} bound_heap;

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
    bound_heap all, outside; // `outside` is made when first needed
    att_redundancy redundancy;
    att_calibration calibration;
} builder;

// --- The heap of bounds ------------------------------------------------------

// Without branches: which child is above cannot be foretold.
static bool above(const bound *a, const bound *b)
{
    return (a->score > b->score) | ((a->score == b->score) & (a->candidate < b->candidate));
}

static void sink(bound_heap *heap, size_t at)
{
    const bound moving = heap->bounds[at];
    for (size_t child; (child = 2 * at + 1) < heap->count; at = child) {
        const size_t right = child + (child + 1 < heap->count);
        child += above(&heap->bounds[right], &heap->bounds[child]); // never above itself
        if (!above(&heap->bounds[child], &moving))
            break;
        heap->bounds[at] = heap->bounds[child];
    }
    heap->bounds[at] = moving;
}

static void drop_top(bound_heap *heap)
{
    heap->bounds[0] = heap->bounds[--heap->count];
    if (heap->count)
        sink(heap, 0);
}

static void build_heap(bound_heap *heap)
{
    for (size_t i = heap->count / 2; i-- > 0;)
        sink(heap, i);
}

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
    const att_candidate *c = &b->input->candidates[candidate];
    b->gain[candidate] = att_calibration_gain(&b->calibration, c->tags, c->tag_count);
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

// True: what is at the top is not as good as it was thought to be, and has sunk.
static bool lower_top(const builder *b, bound_heap *heap)
{
    bound *top = &heap->bounds[0];
    const double score = bound_of(b, top->candidate);
    if (!(score < top->score))
        return false;
    top->score = score;
    sink(heap, 0);
    return true;
}

// The best that is left in the heap, which stays its top. ATT_NO_CANDIDATE: none is left. False:
// out of memory.
static bool find_best(builder *b, bound_heap *heap, uint32_t *best)
{
    *best = ATT_NO_CANDIDATE;
    while (heap->count) {
        bound *top = &heap->bounds[0];
        if (b->taken[top->candidate]) {
            drop_top(heap);
            continue;
        }
        refresh_gain(b, top->candidate); // costs little, and may be enough to lose the first place
        if (lower_top(b, heap))
            continue;
        if (!refresh(b, top->candidate))
            return false;
        if (!lower_top(b, heap)) {
            *best = top->candidate;
            return true;
        }
    }
    return true;
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
    b->all.bounds = ATT_NEW(b->scratch, bound, count);
    if (b->input->allowance.slots_max && b->input->allowance.probability > 0) {
        b->weights = ATT_NEW(b->scratch, uint32_t, count);
        if (!b->weights)
            return att_no_memory(err, count, "exploration weights");
    }
    if (!b->base || !b->gain || !b->penalty || !b->gain_level || !b->level || !b->taken || !b->all.bounds)
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
    if (status)
        return status;
    b->outside_due = att_slate_outside_wanted(policy, count_outside(input), b->wanted);
    b->all.count = input->count;
    for (size_t i = 0; i < input->count; i++) {
        const att_candidate *c = &input->candidates[i];
        b->base[i] = base_of(c);
        b->gain[i] = att_calibration_gain(&b->calibration, c->tags, c->tag_count);
        b->all.bounds[i] = (bound){bound_of(b, (uint32_t)i), (uint32_t)i};
    }
    build_heap(&b->all);
    set_out_exploration(b);
    return ATT_OK;
}

static bool set_out_outside(builder *b)
{
    if (b->outside.bounds)
        return true;
    b->outside.bounds = ATT_NEW(b->scratch, bound, count_outside(b->input));
    if (!b->outside.bounds)
        return false;
    for (size_t i = 0; i < b->input->count; i++)
        if (b->input->candidates[i].out_of_distribution && !b->taken[i])
            b->outside.bounds[b->outside.count++] = (bound){bound_of(b, (uint32_t)i), (uint32_t)i};
    build_heap(&b->outside);
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
    att_calibration_choose(&b->calibration, c->tags, c->tag_count);
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
