// SPDX-License-Identifier: Apache-2.0
// decide/skips.h - how likely a person leaves an item early, here and now.
//
// Left early: skipped before the policy's late mark (10 s) and before half of it. Three rates are counted over the log: of the item, of the
// person for each tag, of the activity for each tag. With k of n left early, p that of all, and s a smoothing of some events
//   x = logit((k + s p) / (n + s)) - logit(p)                    0 where nothing is known
//   P(early) = sigmoid(b0 + b1 x_item + b2 mean x_person,tag + b3 mean x_activity,tag)
// The b are a logistic regression by Newton's method (IRLS) on rows whose rates were counted before the row's own event, so that the
// prediction is as good as it looks: it is fitted on the earlier four fifths of these rows and used only if it has a lower log loss than p on
// the newest fifth. The term is w (p - P): for whom nothing is known it is 0.
#ifndef ATT_DECIDE_SKIPS_H
#define ATT_DECIDE_SKIPS_H

#include "attune/signals.h"
#include "base/arena.h"
#include "base/base.h"

#define ATT_SKIP_SMOOTHING 10.0 // events
#define ATT_SKIP_PARTS 4        // b0 … b3

typedef struct att_skips_builder att_skips_builder; // one thread
// Owned by the caller. Rates of people are counted for the first so many that memory is kept small; b needs no more.
att_status att_skips_builder_create(att_skips_builder **out, uint32_t items, uint32_t tags, uint32_t people, const att_host *host, att_error *err);
void att_skips_builder_destroy(att_skips_builder *builder);
// Something was begun, in order of time. Tags are below `tags`.
att_status att_skips_builder_add(att_skips_builder *builder, uint32_t person, uint32_t item, uint8_t activity, const uint16_t *tags,
    size_t tag_count, bool early, att_error *err);

typedef struct att_skips {
    att_host host;
    uint32_t item_count, tag_count;
    double base;               // p
    double b[ATT_SKIP_PARTS];
    double loss, loss_of_base; // log loss on the newest fifth, a row
    float *items;              // (item_count) x
    float *activities;         // (ATT_ACTIVITY_COUNT, tag_count) x
} att_skips; // immutable

// *out NULL, and no failure: too little is known, or no better than the base rate.
att_status att_skips_finish(att_skips **out, const att_skips_builder *builder, const att_host *host, att_error *err);
void att_skips_destroy(att_skips *skips);

// x of k of n.
double att_skips_rate(const att_skips *skips, double early, double begun);
// P from x_item and the mean over the item's tags of what b2 and b3 add.
float att_skips_chance(const att_skips *skips, float item, float tags);

// For a section of a snapshot, little-endian: u32 'ATSK', u32 1, u32 items, u32 tags, u32 activities, f64 base, b0 … b3, loss, loss of base; f32 items, f32 (activities, tags).
size_t att_skips_size(const att_skips *skips);
void att_skips_save(const att_skips *skips, unsigned char *out);
att_status att_skips_load(att_skips **out, const unsigned char *data, size_t size, const att_host *host, att_error *err);

#endif
