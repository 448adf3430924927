// SPDX-License-Identifier: Apache-2.0
// embed/seq_net.c - the layers of the sequence model, each forward beside its backward.
#include "embed/seq_net.h"
#include "base/rng.h"
#include "embed/blas.h"

#include <math.h>

enum { SITE_INPUT, SITE_ATTENTION, SITE_FEED, SITES = 32 }; // where things are dropped

// What forward leaves of one layer.
typedef struct kept {
    float *x;       // (count, dim) what came in
    float *normed;  // (count, dim)
    float *inverse; // (count) 1 / rms of x
    float *qkv;     // (count, 3 dim)
    float *shares;  // for each sequence of n: (heads, n, n), in order; above the diagonal zero
    float *mixed;   // (count, dim) heads side by side
    float *middle;  // (count, dim) after attention
    float *normed_mid, *inverse_mid;
    float *before; // (count, hidden) before the activation
    float *after;  // (count, hidden)
} kept;

struct att_seq_room {
    size_t tokens;
    kept layers[ATT_SEQ_LAYERS_MAX]; // all the same memory when nothing goes backward
    float *last;                     // (count, dim) into the last norm
    float *inverse_out;              // (count)
    float *out;                      // (count, dim)
    float *some, *dmixed, *dx;       // (count, dim)
    float *dqkv;                     // (count, 3 dim)
    float *dhidden;                  // (count, hidden)
    float *dshares;                  // (length, length)
};

static bool make_kept(kept *k, const att_seq_shape *s, size_t tokens, att_arena *life)
{
    const size_t dim = s->dim;
    k->x = ATT_NEW(life, float, tokens *dim);
    k->normed = ATT_NEW(life, float, tokens *dim);
    k->inverse = ATT_NEW(life, float, tokens);
    k->qkv = ATT_NEW(life, float, tokens * 3 * dim);
    k->shares = ATT_NEW(life, float, tokens *s->length * s->heads);
    k->mixed = ATT_NEW(life, float, tokens *dim);
    k->middle = ATT_NEW(life, float, tokens *dim);
    k->normed_mid = ATT_NEW(life, float, tokens *dim);
    k->inverse_mid = ATT_NEW(life, float, tokens);
    k->before = ATT_NEW(life, float, tokens *s->hidden);
    k->after = ATT_NEW(life, float, tokens *s->hidden);
    return k->x && k->normed && k->inverse && k->qkv && k->shares && k->mixed && k->middle &&
           k->normed_mid && k->inverse_mid && k->before && k->after;
}

att_seq_room *att_seq_room_new(
    const att_seq_shape *s, size_t tokens, bool backward, att_arena *life)
{
    att_seq_room *room = ATT_NEW(life, att_seq_room, 1);
    const size_t dim = s->dim;
    if (!room)
        return NULL;
    room->tokens = tokens;
    for (uint32_t l = 0; l < s->layers; l++) {
        if (l > 0 && !backward)
            room->layers[l] = room->layers[0];
        else if (!make_kept(&room->layers[l], s, tokens, life))
            return NULL;
    }
    room->last = ATT_NEW(life, float, tokens *dim);
    room->inverse_out = ATT_NEW(life, float, tokens);
    room->out = ATT_NEW(life, float, tokens *dim);
    room->some = ATT_NEW(life, float, tokens *dim);
    if (!room->last || !room->inverse_out || !room->out || !room->some)
        return NULL;
    if (!backward)
        return room;
    room->dmixed = ATT_NEW(life, float, tokens *dim);
    room->dx = ATT_NEW(life, float, tokens *dim);
    room->dqkv = ATT_NEW(life, float, tokens * 3 * dim);
    room->dhidden = ATT_NEW(life, float, tokens *s->hidden);
    room->dshares = ATT_NEW(life, float, (size_t)s->length * s->length);
    return room->dmixed && room->dx && room->dqkv && room->dhidden && room->dshares ? room : NULL;
}

// --- Small steps ----------------------------------------------------------------------------------

static void drop(const att_seq_net *net, float *x, const att_seq_dropout *dropout, uint64_t site,
    size_t count)
{
    if (!dropout || !dropout->threshold)
        return;
    const size_t dim = net->shape.dim;
    for (size_t t = 0; t < count; t++) {
        const uint64_t key = att_mix64(dropout->seed ^ att_mix64(dropout->token[t] * SITES + site));
        net->ops->drop(x + t * dim, key, dropout->threshold, dim);
    }
}

static void norm(const att_seq_net *net, float *y, float *inverse, const float *x,
    const float *gain, size_t count)
{
    const size_t dim = net->shape.dim;
    for (size_t t = 0; t < count; t++)
        inverse[t] = net->ops->norm(y + t * dim, x + t * dim, gain, dim);
}

static void norm_back(const att_seq_net *net, float *dx, float *dgain, const float *dy,
    const float *x, const float *gain, const float *inverse, size_t count)
{
    const size_t dim = net->shape.dim;
    for (size_t t = 0; t < count; t++)
        net->ops->norm_back(dx + t * dim, dgain, dy + t * dim, x + t * dim, gain, inverse[t], dim);
}

// y (count, to) = x (count, from) W (from, to); `more` is kept of y.
static void product(float *y, const float *x, const float *w, size_t count, size_t from, size_t to,
    float more)
{
    att_blas_product(false, false, count, to, from, 1, x, from, w, to, more, y, to);
}

// dx = dy W^T, dW += x^T dy.
static void product_back(float *dx, float *dw, const float *dy, const float *x, const float *w,
    size_t count, size_t from, size_t to)
{
    att_blas_product(false, true, count, from, to, 1, dy, to, w, to, 0, dx, from);
    att_blas_product(true, false, from, to, count, 1, x, from, dy, to, 1, dw, to);
}

// --- Attention ------------------------------------------------------------------------------------

static uint32_t gap_between(const att_seq_tokens *tokens, size_t from, size_t to)
{
    return att_seq_gap(tokens->at_s[from], tokens->at_s[to]);
}

// One head of one sequence: tokens first … first + n - 1. shares is (n, n).
static void attend(const att_seq_net *net, const att_seq_layer *w, const att_seq_tokens *tokens,
    size_t first, size_t n, size_t head, const kept *k, float *shares)
{
    const att_seq_shape *s = &net->shape;
    const size_t dim = s->dim, width = dim / s->heads, wide = 3 * dim;
    const float *q = k->qkv + first * wide + head * width, *key = q + dim, *value = key + dim;
    const float *near = w->near + head * s->length, *apart = w->apart + head * ATT_SEQ_GAPS;
    att_blas_product(false, true, n, n, width, 1 / sqrtf((float)width), q, wide, key, wide, 0,
        shares, n);
    for (size_t i = 0; i < n; i++) {
        float *row = shares + i * n;
        for (size_t j = 0; j <= i; j++)
            row[j] += near[i - j];
        for (size_t j = 0; tokens->at_s && j <= i; j++)
            row[j] += apart[gap_between(tokens, first + j, first + i)];
        net->ops->softmax(row, i + 1);
        memset(row + i + 1, 0, (n - i - 1) * sizeof *row);
    }
    att_blas_product(false, false, n, width, n, 1, shares, n, value, wide, 0,
        k->mixed + first * dim + head * width, dim);
}

static void attend_back(const att_seq_net *net, const att_seq_layer *w, const att_seq_layer *dw,
    const att_seq_tokens *tokens, size_t first, size_t n, size_t head, const kept *k,
    const float *shares, att_seq_room *room)
{
    const att_seq_shape *s = &net->shape;
    (void)w;
    const size_t dim = s->dim, width = dim / s->heads, wide = 3 * dim;
    const float *q = k->qkv + first * wide + head * width, *key = q + dim, *value = key + dim;
    float *dq = room->dqkv + first * wide + head * width, *dkey = dq + dim, *dvalue = dkey + dim;
    float *near = dw->near + head * s->length, *apart = dw->apart + head * ATT_SEQ_GAPS;
    const float *dmixed = room->dmixed + first * dim + head * width;
    float *ds = room->dshares;
    const float scale = 1 / sqrtf((float)width);
    att_blas_product(false, true, n, n, width, 1, dmixed, dim, value, wide, 0, ds, n);
    att_blas_product(true, false, n, width, n, 1, shares, n, dmixed, dim, 0, dvalue, wide);
    for (size_t i = 0; i < n; i++) {
        float *row = ds + i * n;
        net->ops->softmax_back(row, shares + i * n, i + 1);
        memset(row + i + 1, 0, (n - i - 1) * sizeof *row);
        for (size_t j = 0; j <= i; j++)
            near[i - j] += row[j];
        for (size_t j = 0; tokens->at_s && j <= i; j++)
            apart[gap_between(tokens, first + j, first + i)] += row[j];
    }
    att_blas_product(false, false, n, width, n, scale, ds, n, key, wide, 0, dq, wide);
    att_blas_product(true, false, n, width, n, scale, ds, n, q, wide, 0, dkey, wide);
}

// Every head of every sequence.
static void attend_all(const att_seq_net *net, const att_seq_layer *w, const att_seq_layer *dw,
    const att_seq_tokens *tokens, const kept *k, att_seq_room *room)
{
    float *shares = k->shares;
    for (size_t i = 0; i < tokens->sequences; i++) {
        const size_t first = tokens->start[i], n = tokens->start[i + 1] - first;
        for (size_t head = 0; head < net->shape.heads; head++, shares += n * n) {
            if (dw)
                attend_back(net, w, dw, tokens, first, n, head, k, shares, room);
            else
                attend(net, w, tokens, first, n, head, k, shares);
        }
    }
}

// --- A layer --------------------------------------------------------------------------------------

// x (count, dim), in k->x, becomes `next`.
static void layer_forward(const att_seq_net *net, uint32_t l, const att_seq_tokens *tokens,
    const att_seq_dropout *dropout, att_seq_room *room, float *next)
{
    const att_seq_shape *s = &net->shape;
    const att_seq_layer w = att_seq_layer_of(s, net->weights, l);
    const kept *k = &room->layers[l];
    const size_t count = tokens->count, dim = s->dim, hidden = s->hidden;
    norm(net, k->normed, k->inverse, k->x, w.norm_in, count);
    product(k->qkv, k->normed, w.project, count, dim, 3 * dim, 0);
    attend_all(net, &w, NULL, tokens, k, room);
    product(k->middle, k->mixed, w.merge, count, dim, dim, 0);
    drop(net, k->middle, dropout, SITE_ATTENTION + 2 * (uint64_t)l, count);
    net->ops->add(k->middle, k->x, count * dim);
    norm(net, k->normed_mid, k->inverse_mid, k->middle, w.norm_mid, count);
    product(k->before, k->normed_mid, w.up, count, dim, hidden, 0);
    net->ops->silu(k->after, k->before, count * hidden);
    product(room->some, k->after, w.down, count, hidden, dim, 0);
    drop(net, room->some, dropout, SITE_FEED + 2 * (uint64_t)l, count);
    net->ops->add(room->some, k->middle, count * dim);
    memcpy(next, room->some, count * dim * sizeof *next);
}

// room->dx (count, dim) is of the layer's result, then of what came in.
static void layer_backward(const att_seq_net *net, uint32_t l, const att_seq_tokens *tokens,
    const att_seq_dropout *dropout, att_seq_room *room, float *gradient)
{
    const att_seq_shape *s = &net->shape;
    const att_seq_layer w = att_seq_layer_of(s, net->weights, l);
    const att_seq_layer dw = att_seq_layer_of(s, gradient, l);
    const kept *k = &room->layers[l];
    const size_t count = tokens->count, dim = s->dim, hidden = s->hidden;
    float *some = room->some;
    memcpy(some, room->dx, count * dim * sizeof *some);
    drop(net, some, dropout, SITE_FEED + 2 * (uint64_t)l, count);
    product_back(room->dhidden, dw.down, some, k->after, w.down, count, hidden, dim);
    net->ops->silu_back(room->dhidden, k->before, count * hidden);
    product_back(some, dw.up, room->dhidden, k->normed_mid, w.up, count, dim, hidden);
    norm_back(net, room->dx, dw.norm_mid, some, k->middle, w.norm_mid, k->inverse_mid, count);
    memcpy(some, room->dx, count * dim * sizeof *some);
    drop(net, some, dropout, SITE_ATTENTION + 2 * (uint64_t)l, count);
    product_back(room->dmixed, dw.merge, some, k->mixed, w.merge, count, dim, dim);
    attend_all(net, &w, &dw, tokens, k, room);
    product_back(some, dw.project, room->dqkv, k->normed, w.project, count, dim, 3 * dim);
    norm_back(net, room->dx, dw.norm_in, some, k->x, w.norm_in, k->inverse, count);
}

// --- The whole ------------------------------------------------------------------------------------

static const float *context_row(
    const att_seq_shape *s, const float *table, size_t field, const uint8_t *classes)
{
    const size_t class = classes[field];
    return class ? table + (field * ATT_SEQ_CLASSES + class) * s->dim : NULL;
}

// row += what the table has for these classes.
static void add_context(
    const att_seq_net *net, float *row, const float *table, const uint8_t *classes)
{
    for (size_t f = 0; f < ATT_SEQ_FIELDS; f++) {
        const float *add = context_row(&net->shape, table, f, classes);
        if (add)
            net->ops->add(row, add, net->shape.dim);
    }
}

static void add_context_back(
    const att_seq_net *net, const float *row, const float *table, const uint8_t *classes)
{
    for (size_t f = 0; f < ATT_SEQ_FIELDS; f++) {
        const float *to = context_row(&net->shape, table, f, classes);
        if (to)
            net->ops->add((float *)(uintptr_t)to, row, net->shape.dim);
    }
}

static void embed(const att_seq_net *net, const att_seq_tokens *tokens, float *x)
{
    const att_seq_shape *s = &net->shape;
    const att_seq_ends ends = att_seq_ends_of(s, net->weights);
    const float scale = sqrtf((float)s->dim);
    for (size_t t = 0; t < tokens->count; t++) {
        float *row = x + t * s->dim;
        net->ops->scale_to(row, scale, net->items + (size_t)tokens->item[t] * s->dim, s->dim);
        if (tokens->context)
            add_context(net, row, ends.context, tokens->context + t * ATT_SEQ_FIELDS);
    }
}

static void embed_back(
    const att_seq_net *net, const att_seq_tokens *tokens, float *dx, const att_seq_ends *gradient)
{
    const att_seq_shape *s = &net->shape;
    for (size_t t = 0; t < tokens->count; t++) {
        float *row = dx + t * s->dim;
        if (tokens->context)
            add_context_back(net, row, gradient->context, tokens->context + t * ATT_SEQ_FIELDS);
        net->ops->scale_to(row, sqrtf((float)s->dim), row, s->dim);
    }
}

float *att_seq_forward(const att_seq_net *net, const att_seq_tokens *tokens,
    const att_seq_dropout *dropout, att_seq_room *room)
{
    const att_seq_shape *s = &net->shape;
    assert(tokens->count <= room->tokens);
    embed(net, tokens, room->layers[0].x);
    drop(net, room->layers[0].x, dropout, SITE_INPUT, tokens->count);
    for (uint32_t l = 0; l < s->layers; l++)
        layer_forward(net, l, tokens, dropout, room,
            l + 1 < s->layers ? room->layers[l + 1].x : room->last);
    const att_seq_ends ends = att_seq_ends_of(s, net->weights);
    for (size_t t = 0; tokens->asked && t < tokens->count; t++)
        add_context(net, room->last + t * s->dim, ends.asked, tokens->asked + t * ATT_SEQ_FIELDS);
    norm(net, room->out, room->inverse_out, room->last, ends.norm_out, tokens->count);
    return room->out;
}

float *att_seq_backward(const att_seq_net *net, const att_seq_tokens *tokens,
    const att_seq_dropout *dropout, att_seq_room *room, float *dout, float *gradient)
{
    const att_seq_shape *s = &net->shape;
    const att_seq_ends w = att_seq_ends_of(s, net->weights), dw = att_seq_ends_of(s, gradient);
    memset(room->dx, 0, tokens->count * s->dim * sizeof *room->dx);
    norm_back(net, room->dx, dw.norm_out, dout, room->last, w.norm_out, room->inverse_out,
        tokens->count);
    for (size_t t = 0; tokens->asked && t < tokens->count; t++)
        add_context_back(net, room->dx + t * s->dim, dw.asked, tokens->asked + t * ATT_SEQ_FIELDS);
    for (uint32_t l = s->layers; l-- > 0;)
        layer_backward(net, l, tokens, dropout, room, gradient);
    drop(net, room->dx, dropout, SITE_INPUT, tokens->count);
    embed_back(net, tokens, room->dx, &dw);
    return room->dx;
}

double att_seq_token_flops(const att_seq_shape *s, double mean_length)
{
    const double dim = s->dim;
    return s->layers * (8 * dim * dim + 4 * dim * s->hidden + 4 * dim * mean_length);
}
