// SPDX-License-Identifier: Apache-2.0
// decide/slate.h - from scored candidates to a slate with odds.
//
// Pure: no store, no clock, no allocation outside `scratch`. Slots are filled one after the other;
// every constraint is applied before a slot's draw, never after it, so the propensity logged is the
// probability with which the item came.
#ifndef ATT_DECIDE_SLATE_H
#define ATT_DECIDE_SLATE_H

#include "attune/decide.h"
#include "attune/policy.h"
#include "base/arena.h"
#include "base/kernels.h"
#include "base/rng.h"

#define ATT_NO_CANDIDATE UINT32_MAX

// What is known of a candidate before the slate is built.
typedef struct att_candidate {
    uint32_t item;
    const float *vector;  // (dim), for likeness; NULL: like nothing
    float length;         // of the vector; 0 stands for 1
    const uint16_t *tags; // taste categories it belongs to, distinct dense numbers; for calibration
    uint16_t tag_count;
    bool out_of_distribution; // outside the person's usual taste, see decide/pool.h
    bool explorable;          // may be drawn by exploration
    float uncertainty;        // >= 0: how little is known; weights the exploration draw
    // Finite, weights already applied. CALIBRATION and REDUNDANCY are not read.
    double terms[ATT_TERM_COUNT];
} att_candidate;

// Exploration allowance for this decision, taken from the ledgers before it (see decide/budget.h).
typedef struct att_allowance {
    uint32_t slots_max; // at most this many slots may be explored in this slate
    double probability; // of exploring a slot, while some are left
} att_allowance;

typedef struct att_slate_input {
    const att_candidate *candidates; // (count)
    size_t count, dim;
    const double *taste_mix; // (tag_total): share of each tag, sums to 1; NULL: no calibration
    size_t tag_total;
    size_t wanted;
    const att_policy *policy; // objective
    att_allowance allowance;
} att_slate_input;

typedef struct att_slot {
    uint32_t candidate; // index
    att_slot_kind kind;
    double terms[ATT_TERM_COUNT]; // as they stood when the slot was filled
    double score;
    double propensity; // P(this item here | the slots above, with their kinds), see slate.c
} att_slot;

// `slots` is (wanted), at most ATT_SLATE_MAX. *filled = min(wanted, count). The same input and
// generator give the same slate. `scratch` is left as it was; one with blocks of 512 KiB or more
// asks the host for nothing once it is warm.
att_status att_slate_build(const att_slate_input *input, att_rng *rng, att_arena *scratch,
    att_slot *slots, size_t *filled, att_error *err);

// Tags of all candidates together.
size_t att_slate_tags(const att_slate_input *input);

// How many of `wanted` slots are to hold something outside the usual taste, where `outside` candidates are; and whether
// slot `filled` is due to, when `placed` of them stand above it.
size_t att_slate_outside_wanted(const att_policy *policy, size_t outside, size_t wanted);
bool att_slate_outside_due(size_t outside_wanted, size_t wanted, size_t filled, size_t placed);

#endif
