// SPDX-License-Identifier: Apache-2.0
// decide/context.h - which tags go with which situations, learned from what people did in them.
//
// A situation has six facets: device, place, activity, noise, hour band and weekend, each with some
// classes, 38 in all. From weighted events (context, tags), with n the sums of weights (an item's
// weight is split evenly over its tags), the lift of tag g in class c is smoothed towards none:
//   P(g) = n(g) / n(all events of known class in c's facet)
//   lift(c, g) = log((n(c, g) + s P(g)) / ((n(c) + s) P(g)))
// and 0 where the class or the tag was seen fewer than `least` times. Unknown classes lift nothing.
// The fit of an item is x / sqrt(1 + x^2), -1 … 1, x the mean over its tags of the sum of lifts
// over the facets.
#ifndef ATT_DECIDE_CONTEXT_H
#define ATT_DECIDE_CONTEXT_H

#include "attune/signals.h"
#include "base/base.h"
#include "signals/situation.h"

#define ATT_FACETS 6
#define ATT_SITUATIONS                                                                             \
    (ATT_DEVICE_COUNT + ATT_PLACE_COUNT + ATT_ACTIVITY_COUNT + ATT_NOISE_COUNT + ATT_HOUR_BANDS + 2)
#define ATT_NO_SITUATION UINT32_MAX

// The situation numbers of a context, one a facet; ATT_NO_SITUATION where it is not known (hour and
// weekend need the offset from UTC).
void att_context_situations(const att_context *context, int64_t at_ms, uint32_t out[ATT_FACETS]);

typedef struct att_context_builder att_context_builder; // one thread
// Owned by the caller. O(ATT_SITUATIONS * tag_total) memory.
att_status att_context_builder_create(
    att_context_builder **out, size_t tag_total, const att_host *host, att_error *err);
void att_context_builder_destroy(att_context_builder *builder);
// Tags are distinct; those not below tag_total, and weights that are not above 0, are passed over.
void att_context_builder_add(att_context_builder *builder, const att_context *context,
    int64_t at_ms, const uint16_t *tags, size_t tag_count, double weight);

typedef struct att_context_model att_context_model; // immutable
// smoothing > 0, in events; 20 and least 10 are sound for most logs.
att_status att_context_finish(att_context_model **out, const att_context_builder *builder,
    double smoothing, double least, const att_host *host, att_error *err);
void att_context_model_destroy(att_context_model *model);
size_t att_context_tag_total(const att_context_model *model);

// row[g] = sum over facets of lift(class, g); (tag_total). Made once per decision.
void att_context_row(
    const att_context_model *model, const att_context *context, int64_t at_ms, float *row);
// Weight of the events of that class that it was learned from; 0 where an older file does not say.
double att_context_seen(const att_context_model *model, att_facet facet, unsigned which);
// Fit of an item given that row; 0 without tags.
float att_context_fit(const float *row, size_t tag_total, const uint16_t *tags, size_t tag_count);
// Both in one, for a single item.
float att_context_lookup(const att_context_model *model, const att_context *context, int64_t at_ms,
    const uint16_t *tags, size_t tag_count);

// For a section of a model snapshot, little-endian: u32 'ATCX', u32 version 2, u32 situations, u32
// tags, f32 lifts (situations, tags), f32 seen (situations), which version 1 does not have.
size_t att_context_size(const att_context_model *model);
void att_context_save(const att_context_model *model, unsigned char *out); // att_context_size bytes
// ATT_CORRUPT or ATT_VERSION with a story when anything disagrees.
att_status att_context_load(att_context_model **out, const unsigned char *data, size_t size,
    const att_host *host, att_error *err);

#endif
