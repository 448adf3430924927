// SPDX-License-Identifier: Apache-2.0
// embed/seq_shape.c - sizes and places of a sequence model's weights.
#include "embed/seq_shape.h"

static size_t layer_size(const att_seq_shape *s)
{
    const size_t dim = s->dim, biases = (size_t)s->heads * (s->length + ATT_SEQ_GAPS);
    return 2 * dim + 4 * dim * dim + (biases + 15) / 16 * 16 + 2 * dim * s->hidden;
}

static size_t table_size(const att_seq_shape *s)
{
    return (size_t)ATT_SEQ_FIELDS * ATT_SEQ_CLASSES * s->dim;
}

size_t att_seq_weights_unasked(const att_seq_shape *s)
{
    return s->layers * layer_size(s) + s->dim + table_size(s);
}

size_t att_seq_weights(const att_seq_shape *s)
{
    return att_seq_weights_unasked(s) + table_size(s);
}

// One array is used for weights that are only read and for gradients that are written.
static float *part(const float *weights, size_t *at, size_t size)
{
    const float *start = weights + *at;
    *at += size;
    return (float *)(uintptr_t)start;
}

att_seq_layer att_seq_layer_of(const att_seq_shape *s, const float *weights, uint32_t layer)
{
    const size_t dim = s->dim;
    size_t at = layer * layer_size(s);
    att_seq_layer out;
    out.norm_in = part(weights, &at, dim);
    out.project = part(weights, &at, 3 * dim * dim);
    out.merge = part(weights, &at, dim * dim);
    out.norm_mid = part(weights, &at, dim);
    out.up = part(weights, &at, dim * s->hidden);
    out.down = part(weights, &at, dim * s->hidden);
    out.near = part(weights, &at, (size_t)s->heads * s->length);
    out.apart = part(weights, &at, (size_t)s->heads * ATT_SEQ_GAPS);
    return out;
}

att_seq_ends att_seq_ends_of(const att_seq_shape *s, const float *weights)
{
    size_t at = s->layers * layer_size(s);
    att_seq_ends out;
    out.norm_out = part(weights, &at, s->dim);
    out.context = part(weights, &at, table_size(s));
    out.asked = part(weights, &at, table_size(s));
    return out;
}

att_status att_seq_shape_check(const att_seq_shape *s, att_error *err)
{
    if (s->dim < 16 || s->dim > ATT_SEQ_DIM_MAX || s->dim % 16 || s->hidden < 16 ||
        s->hidden > 8 * ATT_SEQ_DIM_MAX || s->hidden % 16)
        return ATT_FAIL(err, ATT_INVALID,
            "a sequence model of dim %u and hidden %u; multiples of 16 up to %d and %d expected",
            s->dim, s->hidden, ATT_SEQ_DIM_MAX, 8 * ATT_SEQ_DIM_MAX);
    if (s->heads < 1 || s->heads > ATT_SEQ_HEADS_MAX || s->dim % (8 * s->heads))
        return ATT_FAIL(err, ATT_INVALID, "%u heads do not share dim %u in multiples of 8",
            s->heads, s->dim);
    if (s->length < 1 || s->length > ATT_SEQ_LENGTH_MAX || s->layers < 1 ||
        s->layers > ATT_SEQ_LAYERS_MAX)
        return ATT_FAIL(err, ATT_INVALID,
            "a sequence model of length %u with %u layers; 1 to %d and 1 to %d expected", s->length,
            s->layers, ATT_SEQ_LENGTH_MAX, ATT_SEQ_LAYERS_MAX);
    return ATT_OK;
}

uint32_t att_seq_gap(int64_t from_s, int64_t to_s)
{
    if (to_s <= from_s)
        return 0;
    const uint64_t gap = (uint64_t)to_s - (uint64_t)from_s;
    if (gap >= UINT64_C(1) << ATT_SEQ_GAPS)
        return ATT_SEQ_GAPS - 1;
    return ATT_MIN(63u - (uint32_t)__builtin_clzll(gap + 1), ATT_SEQ_GAPS - 1u);
}
