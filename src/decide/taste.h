// SPDX-License-Identifier: Apache-2.0
// decide/taste.h - what a person's preferences amount to now: weights by time scale, session and situation, shares of
// tags.
//
// A preference of grade g > 0 has the lasting weight
//   base = g * att_decay * kept * season * life
// kept: what decide/drift.h leaves of it; season: 1 + boost * max(0, 1 - |days to an anniversary| / season days) from half
// a year of age on; life: the policy's share when it is older than a life event, otherwise 1.
//
// Consolidation. c = 2^(-age / recent half life) / days, the age in whole consolidation periods, days: the separate days
// on which something spoke for the preference. Of base, c is recent and 1 - c is long-term: what is repeated on other
// days becomes lasting sooner, and what is said once does in time.
//   long = base * (1 - c)      recent = base * c
// Items of the running session also count  session = g * 2^(-rank / session half life), rank 0 being the newest.
//
// With L, R, S the sums over all preferences, e the policy's recent evidence, r its recent share, s its session share (0
// without a session), each vector has a fixed share of all weight L + R, however much of it there is:
//   A = r R / (R + e)    B = (1 - r) L / (L + e)    recent share a = (1 - s) A / (A + B)    long share (1 - s) B / (A + B)
//   w = (L + R) (long share * long / L + a * recent / R + s * session / S)
// So a full life's taste gives at most r to what is new, and a newcomer's taste is all new. After a move or a life event what
// is new has at least the share R / (L + R) that it weighs: the old has faded already. When the session ends, its share ends
// with it.
//
// Situation. k in (0, 1] says how like the situation of a preference is to the present one: a product over device, place,
// activity, hours and part of the week of 1 (same), rho (different) or half-way (not known). n = the sum of g over
// preferences, each times its likeness scaled to 0 … 1, b = n / (n + context evidence), lift -1 … 1 what everybody's habits
// say of its tags (decide/context.h):
//   phi = (1 - b)(1 + lift) + b k / mean k          w <- w (1 - context share (1 - phi)), scaled to the sum it had
// Little evidence of one's own: everybody's habits bend the taste a little; much: one's own do.
//
// With the policy's taste.scales off all of this is  w = (1 - s) long + s session (sum of long / sum of session)  with
// long = g * att_decay: the plain rule that the other is measured against.
#ifndef ATT_DECIDE_TASTE_H
#define ATT_DECIDE_TASTE_H

#include "attune/policy.h"
#include "base/base.h"

#define ATT_NOT_IN_SESSION UINT32_MAX

typedef struct att_taste_item {
    double grade;          // -1 … 1, undecayed
    uint32_t at_s;         // Unix seconds, as in att_preference
    uint32_t session_rank; // 0: newest of the running session; ATT_NOT_IN_SESSION
    const uint16_t *tags;  // distinct, below tag_total
    uint16_t tag_count;
    uint16_t session;   // of the last touch; low bits of its number
    uint16_t situation; // signals/situation.h
    uint8_t days;       // 0 counts as 1
    float kept;         // 0 … 1
    float lift;         // -1 … 1
} att_taste_item;

// When, where, and for whom.
typedef struct att_taste_moment {
    const att_policy *policy;
    int64_t now_ms;
    uint32_t life_event_s; // 0: none
    uint16_t situation;    // of the request
    bool moved;            // taste has moved (decide/drift.h), so what is recent has at least its own share
} att_taste_moment;

typedef enum att_taste_scale {
    ATT_TASTE_LONG,
    ATT_TASTE_RECENT,
    ATT_TASTE_SESSION,
    ATT_TASTE_SCALES
} att_taste_scale;

typedef struct att_taste_sum {
    double share[ATT_TASTE_SCALES]; // of all weight; they sum to 1, or to 0 when nothing weighs
    double own_context;             // b
} att_taste_sum;

// weights is (count), >= 0; dislikes weigh 0. `scales` is (ATT_TASTE_SCALES, count): each vector alone, not scaled.
void att_taste_weights(const att_taste_moment *moment, const att_taste_item *items, size_t count, float *weights,
    float *scales, att_taste_sum *sum);

// The mix: each item's weight is split evenly over its tags (distinct numbers below tag_total,
// others are passed over). Begin with zeros, add, finish: then it sums to 1. False: nothing was
// added, and it is all zeros.
void att_taste_mix_add(
    double *mix, size_t tag_total, const uint16_t *tags, size_t tag_count, double weight);
bool att_taste_mix_finish(double *mix, size_t tag_total);
// How much of the mix an item's tags hold, 0 … 1.
double att_taste_mass(const double *mix, size_t tag_total, const uint16_t *tags, size_t tag_count);

#endif
