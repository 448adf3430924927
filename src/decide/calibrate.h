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

typedef struct att_calibration {
    const double *mix; // (tag_total); NULL: there is no calibration, every term is 0
    size_t tag_total;
    double strength;
    size_t filled;
    double *counts; // n_m(g), (tag_total)
} att_calibration;

// A strength of 0 turns it off. `mix` is borrowed.
att_status att_calibration_init(att_calibration *calibration, const double *mix, size_t tag_total,
    double strength, att_arena *scratch, att_error *err);
// strength * gain(c). Tags are distinct; those that are not in the mix gain nothing.
double att_calibration_gain(const att_calibration *calibration, const uint16_t *tags, size_t tag_count);
// strength * log((m + 1) / (m + 2)): what any item costs as the next one.
double att_calibration_toll(const att_calibration *calibration);
void att_calibration_choose(att_calibration *calibration, const uint16_t *tags, size_t tag_count);

// Gains of many items, which share few tags: what a tag gives to an item with so many tags is computed once, and again when
// a chosen item holds the tag. The same sums as att_calibration_gain, to the bit.
typedef struct att_tag_gain {
    double gain;
    uint32_t next; // of the same tag; 0: the last one
    uint16_t tag_count;
} att_tag_gain;

typedef struct att_gains {
    att_calibration *calibration; // borrowed
    size_t items;
    uint32_t *starts;    // (items + 1) where an item's parts begin
    uint32_t *parts;     // places in `known`
    att_tag_gain *known; // (known_count + 1); 0 is nobody's
    uint32_t known_count;
    uint32_t *heads; // (tag_total) the first known of a tag, 0: none
} att_gains;

// Room for `items` with `tags` tags between them.
att_status att_gains_init(att_gains *gains, att_calibration *calibration, size_t items, size_t tags,
    att_arena *scratch, att_error *err);
void att_gains_add(att_gains *gains, const uint16_t *tags, size_t tag_count); // the next item
// In place of att_calibration_choose.
void att_gains_choose(att_gains *gains, const uint16_t *tags, size_t tag_count);

static inline double att_gains_of(const att_gains *gains, size_t item)
{
    double sum = 0;
    for (uint32_t p = gains->starts[item]; p < gains->starts[item + 1]; p++)
        sum += gains->known[gains->parts[p]].gain;
    return sum;
}

#endif
