// SPDX-License-Identifier: Apache-2.0
// embed/seq_shape.h - what a sequence model is made of: sizes, and where each weight lies.
//
// All weights but the item table lie in one array, so that the optimizer, a checkpoint and the sum over pieces see one
// row of numbers. Products are y = x W: W is (from, to), row-major.
#ifndef ATT_EMBED_SEQ_SHAPE_H
#define ATT_EMBED_SEQ_SHAPE_H

#include "base/base.h"

#define ATT_SEQ_LENGTH_MAX 512
#define ATT_SEQ_DIM_MAX 512
#define ATT_SEQ_HEADS_MAX 16
#define ATT_SEQ_LAYERS_MAX 8
#define ATT_SEQ_GAPS 32   // classes of time between two events: floor(log2(seconds + 1))
#define ATT_SEQ_FIELDS 4  // of context: device, place, activity, hour band
#define ATT_SEQ_CLASSES 16 // values of a field; 0: not known, adds nothing

typedef struct att_seq_shape {
    uint32_t items;
    uint32_t length; // events that are looked at, the newest
    uint32_t dim;    // a multiple of 16
    uint32_t heads;  // divides dim / 8
    uint32_t layers;
    uint32_t hidden; // of the feed-forward part, a multiple of 16
} att_seq_shape;

// One layer's weights. Pointers into a row of (att_seq_weights) numbers: weights, gradients or moments.
typedef struct att_seq_layer {
    float *norm_in;  // (dim)
    float *project;  // (dim, 3 dim): queries, keys, values
    float *merge;    // (dim, dim)
    float *near;     // (heads, length): added to the score by distance in events
    float *apart;    // (heads, ATT_SEQ_GAPS): by time between them
    float *norm_mid; // (dim)
    float *up;       // (dim, hidden)
    float *down;     // (hidden, dim)
} att_seq_layer;

// Behind the layers.
typedef struct att_seq_ends {
    float *norm_out; // (dim)
    float *context;  // (ATT_SEQ_FIELDS, ATT_SEQ_CLASSES, dim) of the event that is read
    float *asked;    // likewise: of the one that is sought
} att_seq_ends;

size_t att_seq_weights(const att_seq_shape *shape); // how many there are, a multiple of 16
size_t att_seq_weights_unasked(const att_seq_shape *shape); // before those of `asked`, the last
att_seq_layer att_seq_layer_of(const att_seq_shape *shape, const float *weights, uint32_t layer);
att_seq_ends att_seq_ends_of(const att_seq_shape *shape, const float *weights);
// ATT_INVALID tells which size is wrong.
att_status att_seq_shape_check(const att_seq_shape *shape, att_error *err);
uint32_t att_seq_gap(int64_t from_s, int64_t to_s); // class of the time between; 0 when it runs backwards

#endif
