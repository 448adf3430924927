// SPDX-License-Identifier: Apache-2.0
// decide/taste.h - what a person's preferences amount to now: weights by age and session, shares of
// tags.
//
// A preference of grade g counts  long = max(0, g) * att_decay (signals/grade.h). Items of the
// running session also count  short = max(0, g) * 2^(-rank / session half life), rank 0 being the
// newest. The two are mixed so that the session has the policy's share s of all weight, however
// long the history is:
//   w = (1 - s) * long + s * short * (sum of long / sum of short)
// Without a session w = long. When the session ends, its share ends with it: one binge does not own
// next week.
#ifndef ATT_DECIDE_TASTE_H
#define ATT_DECIDE_TASTE_H

#include "attune/policy.h"
#include "base/base.h"

#define ATT_NOT_IN_SESSION UINT32_MAX

typedef struct att_taste_item {
    double grade;          // -1 … 1, undecayed
    uint32_t at_s;         // Unix seconds, as in att_preference
    uint32_t session_rank; // 0: newest of the running session; ATT_NOT_IN_SESSION
} att_taste_item;

// weights is (count), >= 0; dislikes weigh 0.
void att_taste_weights(const att_policy *policy, int64_t now_ms, const att_taste_item *items,
    size_t count, float *weights);

// The mix: each item's weight is split evenly over its tags (distinct numbers below tag_total,
// others are passed over). Begin with zeros, add, finish: then it sums to 1. False: nothing was
// added, and it is all zeros.
void att_taste_mix_add(
    double *mix, size_t tag_total, const uint16_t *tags, size_t tag_count, double weight);
bool att_taste_mix_finish(double *mix, size_t tag_total);
// How much of the mix an item's tags hold, 0 … 1.
double att_taste_mass(const double *mix, size_t tag_total, const uint16_t *tags, size_t tag_count);

#endif
