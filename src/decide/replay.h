// SPDX-License-Identifier: Apache-2.0
// decide/replay.h - a slate looked at again: what each slot was chosen from, and what another policy would have chosen.
//
// A pool (store/decision_pool.h) keeps, of every candidate, the terms at weight 1, and for each slot what calibration and
// redundancy were at weight 1 given the slots above. Scores are linear in the weights, so the best candidate and the
// exploration draw of any other weights follow exactly:
//   score(i) = sum over terms of weight * raw(i) + calibration * gain(i) + diversity * penalty(i)
//   P(i | slots above) = (1 - p) [i is the best of the allowed] + p q(i),   q from decide/explore.h
// with the p that the budget allowed, times the ratio of the two policies' exploration shares.
#ifndef ATT_DECIDE_REPLAY_H
#define ATT_DECIDE_REPLAY_H

#include "decide/slate.h"
#include "store/decision_pool.h"

// What was built from `input` into `slots`, as a pool in `keep`. `raw` is (ATT_TERM_COUNT, count): terms at weight 1;
// columns that are all zero are left out. `scratch` is left as it was, and must be another arena. `novelty`: the person's slider. Linear in count * filled; only for decisions
// whose pool is kept.
att_status att_slate_pool(const att_slate_input *input, const att_slot *slots, size_t filled, const float *raw,
    double novelty, att_arena *scratch, att_arena *keep, att_decision_pool *out, att_error *err);

// Working memory for att_pool_odds, made once for a pool.
typedef struct att_replay {
    const att_decision_pool *pool;
    att_candidate *candidates; // (count)
    double *base;              // (count)
    uint32_t *weights;         // (count)
    bool *taken;               // (count)
    double weight[ATT_TERM_COUNT]; // by term
    double share_ratio;        // exploration share over that of the policy that chose
    bool is_logged;            // the weights of the policy that chose: its best is known
} att_replay;

att_status att_replay_init(att_replay *replay, const att_decision_pool *pool, att_arena *scratch, att_error *err);
// Whose odds are wanted: those of a policy, or (NULL) of the one that chose. A policy with the weights of the one that
// chose has its odds exactly.
void att_replay_policy(att_replay *replay, const att_policy *policy);
// odds is (count), sums to 1: of slot `slot` given that the logged items stand above it.
void att_replay_odds(att_replay *replay, size_t slot, double *odds);

// Whether a policy with these weights and this exploration share chose.
bool att_pool_is_of(const att_decision_pool *pool, const att_policy *policy);

#endif
