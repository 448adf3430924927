// SPDX-License-Identifier: Apache-2.0
// embed/seq_parts.h - what a trained sequence model is made of. For the files of this room that build, use and keep one.
#ifndef ATT_EMBED_SEQ_PARTS_H
#define ATT_EMBED_SEQ_PARTS_H

#include "base/kernels.h"
#include "embed/seq.h"

// Arrays belong to `life`, or to the snapshot of the model that it is a part of.
struct att_seq {
    att_host host;
    att_arena life;
    att_seq_shape shape;
    const att_seq_ops *ops;
    const att_kernels *kernels;
    const float *weights;  // (att_seq_weights)
    const float *items;    // (items, dim)
    const uint32_t *known; // (items) events it was trained on; 0: its vector is as it was drawn
};

// Copies.
att_status att_seq_create(att_seq **out, const att_seq_shape *shape, const float *weights,
    const float *items, const uint32_t *known, const att_host *host, att_error *err);

#endif
