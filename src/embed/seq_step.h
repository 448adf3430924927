// SPDX-License-Identifier: Apache-2.0
// embed/seq_step.h - one step of training: a batch through the net, the loss, back, and into the weights.
//
// A batch is cut into ATT_SEQ_PIECES, always so many; threads take pieces, sums over them go in their order. So the
// bits are the same for any number of threads.
#ifndef ATT_EMBED_SEQ_STEP_H
#define ATT_EMBED_SEQ_STEP_H

#include "embed/seq.h"

#define ATT_SEQ_PIECES 8

// Weights and what AdamW keeps of each. The arrays are the model's and the checkpoint's.
typedef struct att_seq_state {
    size_t weight_count;                // att_seq_weights
    float *weights, *first, *second;    // (weight_count)
    float *items, *item_first, *item_second; // (items, dim)
} att_seq_state;

// A window of one person's events: item k is read, item k + 1 sought.
typedef struct att_seq_window {
    uint32_t person;
    uint64_t first; // of data->item
    uint32_t count; // of events read, 1 … length; one more is sought
} att_seq_window;

typedef struct att_seq_step att_seq_step;

// `events` (event_count) and `item_events` (items) are what negatives are drawn by. All borrowed; memory from `life`.
att_status att_seq_step_create(att_seq_step **out, const att_seq_data *data,
    const att_seq_options *options, const att_seq_shape *shape, const uint32_t *events,
    uint64_t event_count, const uint32_t *item_events, att_arena *life, att_error *err);
// Takes windows while the batch has room; returns how many it took.
size_t att_seq_step_fill(att_seq_step *step, const att_seq_window *windows, size_t count);
// The gradient of the batch at `state`, without moving it: the mean over its events. Returns the mean loss.
double att_seq_step_gradient(att_seq_step *step, const att_seq_state *state, uint64_t number);
// Moves the state by that gradient; `number` counts from 0. Item vectors that the batch did not touch stay as they are, moments and all.
void att_seq_step_apply(att_seq_step *step, att_seq_state *state, uint64_t number);
// For tests: (weight_count) and, of one item, (dim); zeros where the batch did not touch it.
const float *att_seq_step_weights(const att_seq_step *step);
void att_seq_step_item(const att_seq_step *step, uint32_t item, float *out);
const att_seq_negatives *att_seq_step_negatives(const att_seq_step *step);
// Tokens in the batch, and operations of its products.
size_t att_seq_step_tokens(const att_seq_step *step);
double att_seq_step_flops(const att_seq_step *step);

#endif
