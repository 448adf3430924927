// SPDX-License-Identifier: Apache-2.0
// embed/seq_serve.c - one token through the layers, and a scan over the items' bytes.
#include "embed/seq_serve.h"
#include "base/best.h"
#include "embed/seq_parts.h"
#include "embed/top.h"

#include <math.h>

typedef struct ring {
    float *keys, *values; // (length, dim)
} ring;

struct att_seq_cache {
    att_host host;
    att_arena life;
    const att_seq *seq;
    att_seq_shape shape; // that the memory is made for
    ring layers[ATT_SEQ_LAYERS_MAX];
    int64_t *at_s;  // (length)
    uint64_t count; // events so far; event k lies at k % length
    float *x, *normed, *mixed, *add; // (dim)
    float *qkv;                      // (3 dim)
    float *hidden;                   // (hidden)
    float *shares;                   // (length)
};

att_status att_seq_cache_create(
    att_seq_cache **out, const att_seq *seq, const att_host *host, att_error *err)
{
    att_seq_cache *c = *out = ATT_NEW_ARRAY(host, att_seq_cache, 1);
    if (!c)
        return att_no_memory(err, 1, "cache of a history");
    *c = (att_seq_cache){.host = *host, .seq = seq, .shape = seq->shape};
    att_arena_init(&c->life, &c->host, 0);
    const att_seq_shape *s = &seq->shape;
    const size_t dim = s->dim, block = (size_t)s->length * dim;
    bool whole = true;
    for (uint32_t l = 0; l < s->layers && whole; l++) {
        c->layers[l].keys = ATT_NEW(&c->life, float, block);
        c->layers[l].values = ATT_NEW(&c->life, float, block);
        whole = c->layers[l].keys && c->layers[l].values;
    }
    c->at_s = ATT_NEW(&c->life, int64_t, s->length);
    c->shares = ATT_NEW(&c->life, float, s->length);
    float *row = ATT_NEW(&c->life, float, 7 * dim + s->hidden);
    if (!whole || !c->at_s || !c->shares || !row) {
        att_seq_cache_destroy(c);
        *out = NULL;
        return att_no_memory(err, 2 * block * s->layers, "numbers of a history's cache");
    }
    c->x = row;
    c->normed = row + dim;
    c->mixed = row + 2 * dim;
    c->add = row + 3 * dim;
    c->qkv = row + 4 * dim;
    c->hidden = row + 7 * dim;
    return ATT_OK;
}

void att_seq_cache_destroy(att_seq_cache *cache)
{
    if (!cache)
        return;
    const att_host host = cache->host;
    att_arena_deinit(&cache->life);
    ATT_FREE_ARRAY(&host, cache, 1);
}

void att_seq_cache_clear(att_seq_cache *cache)
{
    cache->count = 0;
}

// --- One token --------------------------------------------------------------------------------------

static void add_context(const att_seq *seq, float *x, const float *table, const uint8_t *context)
{
    const size_t dim = seq->shape.dim;
    for (size_t f = 0; context && f < ATT_SEQ_FIELDS; f++)
        if (context[f] > 0 && context[f] < ATT_SEQ_CLASSES)
            seq->ops->add(x, table + (f * ATT_SEQ_CLASSES + context[f]) * dim, dim);
}

static void embed(att_seq_cache *c, uint32_t item, const uint8_t *context)
{
    const att_seq *seq = c->seq;
    const size_t dim = seq->shape.dim;
    seq->ops->scale_to(c->x, sqrtf((float)dim), seq->items + (size_t)item * dim, dim);
    add_context(seq, c->x, att_seq_ends_of(&seq->shape, seq->weights).context, context);
}

const float *att_seq_sum(const att_seq_cache *cache)
{
    return cache->x;
}

void att_seq_ask(const att_seq *seq, const float *sum, const uint8_t *asked, float *state)
{
    const size_t dim = seq->shape.dim;
    const att_seq_ends ends = att_seq_ends_of(&seq->shape, seq->weights);
    float x[ATT_SEQ_DIM_MAX];
    memcpy(x, sum, dim * sizeof *x);
    add_context(seq, x, ends.asked, asked);
    seq->ops->norm(state, x, ends.norm_out, dim);
}

bool att_seq_cache_turn(att_seq_cache *cache, const att_seq *seq)
{
    cache->seq = seq;
    cache->count = 0;
    return memcmp(&cache->shape, &seq->shape, sizeof seq->shape) == 0;
}

void att_seq_cache_keep(att_seq_cache *cache, size_t count)
{
    assert(cache->count <= cache->seq->shape.length && count <= cache->count);
    cache->count = count;
}

// One head: the newest token over all that the ring holds, itself included.
static void attend(
    att_seq_cache *c, const att_seq_layer *w, const ring *r, size_t head, bool timed)
{
    const att_seq *seq = c->seq;
    const size_t dim = seq->shape.dim, width = dim / seq->shape.heads, length = seq->shape.length;
    const size_t held = (size_t)ATT_MIN(c->count + 1, length);
    const float *q = c->qkv + head * width;
    const float *near = w->near + head * length, *apart = w->apart + head * ATT_SEQ_GAPS;
    const float scale = 1 / sqrtf((float)width);
    const int64_t now_s = c->at_s[c->count % length];
    for (size_t age = 0; age < held; age++) {
        const size_t at = (size_t)((c->count - age) % length);
        float score = scale * seq->ops->dot(q, r->keys + at * dim + head * width, width) + near[age];
        if (timed)
            score += apart[att_seq_gap(c->at_s[at], now_s)];
        c->shares[age] = score;
    }
    seq->ops->softmax(c->shares, held);
    float *mixed = c->mixed + head * width;
    memset(mixed, 0, width * sizeof *mixed);
    for (size_t age = 0; age < held; age++) {
        const size_t at = (size_t)((c->count - age) % length);
        seq->ops->add_scaled(mixed, c->shares[age], r->values + at * dim + head * width, width);
    }
}

static void layer(att_seq_cache *c, uint32_t l, bool timed)
{
    const att_seq *seq = c->seq;
    const att_seq_shape *s = &seq->shape;
    const att_seq_layer w = att_seq_layer_of(s, seq->weights, l);
    const att_seq_ops *ops = seq->ops;
    const ring *r = &c->layers[l];
    const size_t dim = s->dim, at = (size_t)(c->count % s->length) * dim;
    ops->norm(c->normed, c->x, w.norm_in, dim);
    ops->product(c->qkv, c->normed, w.project, dim, 3 * dim);
    memcpy(r->keys + at, c->qkv + dim, dim * sizeof(float));
    memcpy(r->values + at, c->qkv + 2 * dim, dim * sizeof(float));
    for (size_t head = 0; head < s->heads; head++)
        attend(c, &w, r, head, timed);
    ops->product(c->add, c->mixed, w.merge, dim, dim);
    ops->add(c->x, c->add, dim);
    ops->norm(c->normed, c->x, w.norm_mid, dim);
    ops->product(c->hidden, c->normed, w.up, dim, s->hidden);
    ops->silu(c->hidden, c->hidden, s->hidden);
    ops->product(c->add, c->hidden, w.down, s->hidden, dim);
    ops->add(c->x, c->add, dim);
}

const float *att_seq_push(
    att_seq_cache *c, uint32_t item, bool timed, int64_t at_s, const uint8_t *context)
{
    const att_seq *seq = c->seq;
    const size_t dim = seq->shape.dim;
    if (item >= seq->shape.items || seq->known[item] == 0) {
        if (c->count == 0)
            memset(c->normed, 0, dim * sizeof *c->normed);
        return c->normed;
    }
    c->at_s[c->count % seq->shape.length] = at_s;
    embed(c, item, context);
    for (uint32_t l = 0; l < seq->shape.layers; l++)
        layer(c, l, timed);
    seq->ops->norm(c->normed, c->x, att_seq_ends_of(&seq->shape, seq->weights).norm_out, dim);
    c->count++;
    return c->normed;
}

// --- The best items ---------------------------------------------------------------------------------

void att_seq_quantize(int8_t *bytes, float *scale, const float *x, size_t count)
{
    float most = 0;
    for (size_t k = 0; k < count; k++)
        most = fmaxf(most, fabsf(x[k]));
    const bool usable = most / 127 > 0 && isfinite(most);
    *scale = usable ? most / 127 : 0;
    for (size_t k = 0; k < count; k++)
        bytes[k] = usable && isfinite(x[k]) ? (int8_t)lrintf(x[k] / *scale) : 0;
}

static bool may_enter(const att_seq *seq, const uint64_t *bits, size_t bit_count, uint32_t item)
{
    return seq->known[item] > 0 &&
           (!bits || (item < bit_count && (bits[item / 64] >> item % 64 & 1)));
}

// Keys of the best by bytes, a block at a time; of those at or above the bar it is asked whether they may be shown.
static void scan(const att_seq *seq, const int8_t *query, float factor, const uint64_t *bits,
    size_t bit_count, att_best *best)
{
    enum { BLOCK = 2048 };
    float scores[BLOCK];
    uint32_t places[BLOCK + 16];
    const size_t stride = seq->byte_stride;
    for (uint32_t first = 0; first < seq->shape.items; first += BLOCK) {
        const size_t count = ATT_MIN(seq->shape.items - first, BLOCK);
        seq->kernels->rows_scaled_i8(scores, seq->bytes + first * stride, count, stride, query,
            stride, seq->scales + first, factor);
        const float bar = best->bar ? att_rank_score(best->bar) : -HUGE_VALF;
        const size_t found = seq->kernels->at_least_f32(places, scores, count, bar);
        for (size_t i = 0; i < found; i++)
            if (may_enter(seq, bits, bit_count, first + places[i]))
                att_best_push(best, att_rank_key(scores[places[i]], first + places[i]));
    }
    att_best_cut(best);
}

size_t att_seq_top(const att_seq *seq, const float *state, const uint64_t *bits, size_t bit_count,
    size_t count, uint32_t *items, float *scores)
{
    enum { WIDE = 4 * ATT_SEQ_TOP_MAX, AHEAD = 8 };
    int8_t query[ATT_SEQ_DIM_MAX + 64] = {0};
    uint64_t keys[2 * WIDE];
    uint32_t near[WIDE], spare[WIDE];
    float factor;
    const size_t dim = seq->shape.dim;
    count = ATT_MIN(count, ATT_SEQ_TOP_MAX);
    if (count == 0)
        return 0;
    att_seq_quantize(query, &factor, state, dim);
    att_best wide = att_best_begin(keys, 4 * count);
    att_top top = {items, scores, 0, count};
    scan(seq, query, factor, bits, bit_count, &wide);
    for (size_t i = 0; i < wide.count; i++)
        near[i] = att_rank_tail(keys[i]);
    att_sort_u32(near, wide.count, spare); // as they lie in memory
    for (size_t i = 0; i < wide.count; i++) {
        for (size_t k = 0; i + AHEAD < wide.count && k < ATT_MIN(dim, 128); k += 16)
            __builtin_prefetch(seq->items + (size_t)near[i + AHEAD] * dim + k);
        att_top_offer(&top, near[i], seq->kernels->dot_f32(seq->items + (size_t)near[i] * dim, state, dim));
    }
    att_top_sort(&top);
    return top.count;
}
