// SPDX-License-Identifier: Apache-2.0
// decide/calibrate.h - keep the slate's mix of tags near the person's own mix (Steck 2018).
//
// p is the person's mix. After m slots the slate's mix q is smoothed by one imagined item that is
// mixed as p is:
//
//   q_m(g) = (n_m(g) + p(g)) / (m + 1)
//   n_m(g) = sum of 1 / (number of tags) over the slots that hold tag g
//
// so an empty slate is in perfect balance, and no logarithm meets a zero. Filling a slot with item
// c moves -KL(p || q) by a toll, the same for every item, and a gain:
//
//   toll    = log((m + 1) / (m + 2))
//   gain(c) = sum over tags g of c of  p(g) log(1 + (1 / |tags of c|) / (n_m(g) + p(g)))
//
// gain(c) never rises as the slate fills, which the lazy search in slate.c relies on. The changes
// of all slots add up to -KL(p || q) of the whole slate.
#ifndef ATT_DECIDE_CALIBRATE_H
#define ATT_DECIDE_CALIBRATE_H

#include "base/arena.h"

#define ATT_GAIN_MEMO 256

typedef struct att_calibration {
    const double *mix; // (tag_total); NULL: there is no calibration, every term is 0
    size_t tag_total;
    double strength;
    size_t filled;
    double *counts; // n_m(g), (tag_total)
    // Gains of single tags by (tag, number of tags); good while `count` is still the tag's.
    struct {
        uint32_t key; // 0: free
        double count, gain;
    } memo[ATT_GAIN_MEMO];
} att_calibration;

// A strength of 0 turns it off. `mix` is borrowed.
att_status att_calibration_init(att_calibration *calibration, const double *mix, size_t tag_total,
    double strength, att_arena *scratch, att_error *err);
// strength * gain(c). Tags are distinct; those that are not in the mix gain nothing.
double att_calibration_gain(att_calibration *calibration, const uint16_t *tags, size_t tag_count);
// strength * log((m + 1) / (m + 2)): what any item costs as the next one.
double att_calibration_toll(const att_calibration *calibration);
void att_calibration_choose(att_calibration *calibration, const uint16_t *tags, size_t tag_count);

#endif
