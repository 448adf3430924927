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
    uint64_t fingerprint;  // of the weights
    float *mean;           // (dim) of the known items' vectors
    size_t byte_stride;    // dim up to a multiple of 64
    int8_t *bytes;         // (items, byte_stride): a vector is about bytes * scale
    float *scales;         // (items)
};

// Borrows the arrays, which must outlive the model.
att_status att_seq_view(att_seq **out, const att_seq_shape *shape, const float *weights,
    const float *items, const uint32_t *known, const att_host *host, att_error *err);
// Copies them.
att_status att_seq_create(att_seq **out, const att_seq_shape *shape, const float *weights,
    const float *items, const uint32_t *known, const att_host *host, att_error *err);
// x is about bytes * scale, |bytes| <= 127.
void att_seq_quantize(int8_t *bytes, float *scale, const float *x, size_t count);

#endif
