// SPDX-License-Identifier: Apache-2.0
// embed/seq.c - a trained sequence model, and reading a whole history with it.
#include "embed/blas.h"
#include "embed/seq_parts.h"

#include <xxhash.h>

// What is computed from the vectors: their mean, and bytes that stand for them in scans.
static att_status finish(att_seq *seq, att_error *err)
{
    const size_t items = seq->shape.items, dim = seq->shape.dim;
    double known = 0;
    seq->fingerprint =
        XXH3_64bits(seq->weights, att_seq_weights(&seq->shape) * sizeof *seq->weights) ^
        XXH3_64bits(seq->items, items * dim * sizeof *seq->items);
    seq->byte_stride = (dim + 63) / 64 * 64;
    seq->mean = ATT_NEW(&seq->life, float, dim);
    seq->bytes = ATT_NEW(&seq->life, int8_t, items *seq->byte_stride);
    seq->scales = ATT_NEW(&seq->life, float, items);
    if (!seq->mean || !seq->bytes || !seq->scales)
        return att_no_memory(err, items, "items of a sequence model");
    for (size_t i = 0; i < items; i++) {
        const float *vector = seq->items + i * dim;
        att_seq_quantize(seq->bytes + i * seq->byte_stride, &seq->scales[i], vector, dim);
        if (seq->known[i] > 0)
            seq->ops->add(seq->mean, vector, dim);
        known += seq->known[i] > 0;
    }
    seq->ops->scale_to(seq->mean, (float)(1 / ATT_MAX(known, 1)), seq->mean, dim);
    return ATT_OK;
}

static att_status start(att_seq **out, const att_seq_shape *shape, const att_host *host, att_error *err)
{
    att_seq *seq = *out = ATT_NEW_ARRAY(host, att_seq, 1);
    if (!seq)
        return att_no_memory(err, 1, "sequence model");
    *seq = (att_seq){.host = *host,
        .shape = *shape,
        .ops = att_seq_ops_best(),
        .kernels = att_kernels_best()};
    att_arena_init(&seq->life, &seq->host, 0);
    return ATT_OK;
}

att_status att_seq_view(att_seq **out, const att_seq_shape *shape, const float *weights,
    const float *items, const uint32_t *known, const att_host *host, att_error *err)
{
    att_status status = start(out, shape, host, err);
    if (status)
        return status;
    (*out)->weights = weights;
    (*out)->items = items;
    (*out)->known = known;
    status = finish(*out, err);
    if (status) {
        att_seq_destroy(*out);
        *out = NULL;
    }
    return status;
}

static att_status copy(const void **out, const void *from, size_t size, att_arena *life, att_error *err)
{
    void *to = att_arena_alloc_raw(life, size, 1);
    if (!to)
        return att_no_memory(err, size, "bytes of a sequence model");
    memcpy(to, from, size);
    *out = to;
    return ATT_OK;
}

att_status att_seq_create(att_seq **out, const att_seq_shape *shape, const float *weights,
    const float *items, const uint32_t *known, const att_host *host, att_error *err)
{
    att_status status = start(out, shape, host, err);
    if (status)
        return status;
    att_seq *seq = *out;
    const size_t item_size = (size_t)shape->items * shape->dim * sizeof(float);
    const void *parts[3] = {NULL, NULL, NULL};
    status = copy(&parts[0], weights, att_seq_weights(shape) * sizeof(float), &seq->life, err);
    if (!status)
        status = copy(&parts[1], items, item_size, &seq->life, err);
    if (!status)
        status = copy(&parts[2], known, shape->items * sizeof *known, &seq->life, err);
    seq->weights = parts[0];
    seq->items = parts[1];
    seq->known = parts[2];
    if (!status)
        status = finish(seq, err);
    if (status) {
        att_seq_destroy(seq);
        *out = NULL;
    }
    return status;
}

void att_seq_destroy(att_seq *seq)
{
    if (!seq)
        return;
    const att_host host = seq->host;
    att_arena_deinit(&seq->life);
    ATT_FREE_ARRAY(&host, seq, 1);
}

const att_seq_shape *att_seq_shape_of(const att_seq *seq)
{
    return &seq->shape;
}

att_seq_net att_seq_net_of(const att_seq *seq)
{
    return (att_seq_net){seq->shape, seq->weights, seq->items, seq->ops};
}

const float *att_seq_item(const att_seq *seq, uint32_t item)
{
    return item < seq->shape.items ? seq->items + (size_t)item * seq->shape.dim : NULL;
}

void att_seq_score_all(const att_seq *seq, const float *state, float *scores)
{
    seq->kernels->rows_dot_f32(
        scores, seq->items, seq->shape.items, seq->shape.dim, state, seq->shape.dim);
}

// --- Reading --------------------------------------------------------------------------------------

// Events lie in the upper half of arrays of twice the length once they are many; the newest `length` are read.
struct att_seq_reader {
    att_host host;
    att_arena life;
    const att_seq *seq;
    att_seq_shape shape; // that the memory is made for
    att_seq_room *room;
    uint32_t start[2];
    uint32_t *item;   // (2 length)
    int64_t *at_s;    // (2 length)
    uint8_t *context; // (2 length + 1, ATT_SEQ_FIELDS): behind the newest, what is asked
    float *state;     // (dim)
    size_t count;
    bool timed, with_context;
};

att_status att_seq_reader_create(
    att_seq_reader **out, const att_seq *seq, const att_host *host, att_error *err)
{
    att_seq_reader *r = *out = ATT_NEW_ARRAY(host, att_seq_reader, 1);
    if (!r)
        return att_no_memory(err, 1, "reader of histories");
    *r = (att_seq_reader){.host = *host, .seq = seq, .shape = seq->shape};
    att_arena_init(&r->life, &r->host, 0);
    const size_t length = seq->shape.length;
    r->room = att_seq_room_new(&seq->shape, length, false, &r->life);
    r->item = ATT_NEW(&r->life, uint32_t, 2 * length);
    r->at_s = ATT_NEW(&r->life, int64_t, 2 * length);
    r->context = ATT_NEW(&r->life, uint8_t, (2 * length + 1) * ATT_SEQ_FIELDS);
    r->state = ATT_NEW(&r->life, float, seq->shape.dim);
    if (r->room && r->item && r->at_s && r->context && r->state)
        return ATT_OK;
    att_seq_reader_destroy(r);
    *out = NULL;
    return att_no_memory(err, length, "events to read");
}

void att_seq_reader_destroy(att_seq_reader *reader)
{
    if (!reader)
        return;
    const att_host host = reader->host;
    att_arena_deinit(&reader->life);
    ATT_FREE_ARRAY(&host, reader, 1);
}

bool att_seq_reader_turn(att_seq_reader *reader, const att_seq *seq)
{
    reader->seq = seq;
    return memcmp(&reader->shape, &seq->shape, sizeof seq->shape) == 0;
}

void att_seq_reader_begin(att_seq_reader *r, bool timed)
{
    r->count = 0;
    r->timed = timed;
    r->with_context = false;
}

// The newer half moves to the front when the arrays are full.
static void make_space(att_seq_reader *r)
{
    const size_t length = r->seq->shape.length;
    memmove(r->item, r->item + length, length * sizeof *r->item);
    memmove(r->at_s, r->at_s + length, length * sizeof *r->at_s);
    memmove(r->context, r->context + length * ATT_SEQ_FIELDS, length * ATT_SEQ_FIELDS);
    r->count = length;
}

// Of the event that comes next, or is asked for.
static void note_context(att_seq_reader *r, const uint8_t *context)
{
    uint8_t *classes = r->context + r->count * ATT_SEQ_FIELDS;
    for (size_t f = 0; f < ATT_SEQ_FIELDS; f++)
        classes[f] = context && context[f] < ATT_SEQ_CLASSES ? context[f] : 0;
    r->with_context |= context != NULL;
}

void att_seq_reader_add(att_seq_reader *r, uint32_t item, int64_t at_s, const uint8_t *context)
{
    const att_seq *seq = r->seq;
    if (item >= seq->shape.items || seq->known[item] == 0)
        return;
    if (r->count == 2 * (size_t)seq->shape.length)
        make_space(r);
    note_context(r, context);
    r->item[r->count] = item;
    r->at_s[r->count++] = at_s;
}

const float *att_seq_read(att_seq_reader *r, const uint8_t *asked)
{
    const size_t dim = r->seq->shape.dim, count = ATT_MIN(r->count, r->seq->shape.length);
    const size_t first = r->count - count;
    memset(r->state, 0, dim * sizeof *r->state);
    if (count == 0)
        return r->state;
    r->start[1] = (uint32_t)count;
    note_context(r, asked);
    const uint8_t *context = r->with_context ? r->context + first * ATT_SEQ_FIELDS : NULL;
    const att_seq_tokens tokens = {1, count, r->start, r->item + first,
        r->timed ? r->at_s + first : NULL, context, context ? context + ATT_SEQ_FIELDS : NULL};
    const att_seq_net net = att_seq_net_of(r->seq);
    const float *out = att_seq_forward(&net, &tokens, NULL, r->room);
    memcpy(r->state, out + (count - 1) * dim, dim * sizeof *r->state);
    return r->state;
}
