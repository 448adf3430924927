// SPDX-License-Identifier: Apache-2.0
// tests/embed/seq_plain.h - the sequence model once more, plainly and in double: one token, one head, one number at a time.
//
// Written from docs/sequence.md, not from the fast code. Loss only: derivatives are differences of it.
#ifndef ATT_TESTS_EMBED_SEQ_PLAIN_H
#define ATT_TESTS_EMBED_SEQ_PLAIN_H

#include "base/rng.h"
#include "embed/seq_step.h"

#include <math.h>

enum { PLAIN_TOKENS = 8, PLAIN_DIM = 16, PLAIN_WIDE = 48 };

// Places of a layer's weights, told by the shape alone.
typedef struct plain_net {
    const att_seq_shape *shape;
    const float *origin;   // (att_seq_weights) the fast one's, for where each part lies
    const double *weights; // (att_seq_weights)
    const double *items;   // (items, dim)
    double dropout;        // share
    uint64_t dropout_seed;
} plain_net;

static const double *plain_part(const plain_net *net, const float *part)
{
    return net->weights + (part - net->origin);
}

static void plain_norm(double *y, const double *x, const double *gain, size_t dim)
{
    double squares = 0;
    for (size_t k = 0; k < dim; k++)
        squares += x[k] * x[k];
    const double rms = sqrt(squares / (double)dim + 1e-6);
    for (size_t k = 0; k < dim; k++)
        y[k] = gain[k] * x[k] / rms;
}

// y (to) = x (from) W (from, to)
static void plain_product(double *y, const double *x, const double *w, size_t from, size_t to)
{
    for (size_t c = 0; c < to; c++) {
        y[c] = 0;
        for (size_t r = 0; r < from; r++)
            y[c] += x[r] * w[r * to + c];
    }
}

// The mask that docs/sequence.md describes: byte k % 8 of a hash of (step, token, place, k / 8).
static void plain_drop(const plain_net *net, double *x, uint64_t token, uint64_t site)
{
    const uint64_t threshold = (uint64_t)lround(net->dropout * 256);
    if (threshold == 0)
        return;
    const uint64_t key = att_mix64(net->dropout_seed ^ att_mix64(token * 32 + site));
    for (size_t k = 0; k < net->shape->dim; k++) {
        const uint64_t byte = att_mix64(key + k / 8 * 8) >> (8 * (k % 8)) & 255;
        x[k] = byte < threshold ? 0 : x[k] * 256 / (256 - (double)threshold);
    }
}

static void plain_attend(const plain_net *net, const att_seq_layer *w, size_t n,
    const int64_t *at_s, double qkv[][PLAIN_WIDE], double mixed[][PLAIN_DIM])
{
    const att_seq_shape *s = net->shape;
    const size_t width = s->dim / s->heads;
    const double *near = plain_part(net, w->near), *apart = plain_part(net, w->apart);
    for (size_t h = 0; h < s->heads; h++)
        for (size_t i = 0; i < n; i++) {
            double share[PLAIN_TOKENS], total = 0;
            for (size_t j = 0; j <= i; j++) {
                double score = 0;
                for (size_t k = 0; k < width; k++)
                    score += qkv[i][h * width + k] * qkv[j][s->dim + h * width + k];
                score = score / sqrt((double)width) + near[h * s->length + i - j];
                if (at_s)
                    score += apart[h * ATT_SEQ_GAPS + (size_t)floor(log2((double)(at_s[i] - at_s[j] + 1)))];
                total += share[j] = exp(score);
            }
            for (size_t k = 0; k < width; k++) {
                mixed[i][h * width + k] = 0;
                for (size_t j = 0; j <= i; j++)
                    mixed[i][h * width + k] +=
                        share[j] / total * qkv[j][2 * s->dim + h * width + k];
            }
        }
}

static void plain_layer(const plain_net *net, uint32_t l, size_t n, const int64_t *at_s,
    const uint64_t *token, double x[][PLAIN_DIM])
{
    const att_seq_shape *s = net->shape;
    const att_seq_layer w = att_seq_layer_of(s, net->origin, l);
    double normed[PLAIN_DIM], qkv[PLAIN_TOKENS][PLAIN_WIDE], mixed[PLAIN_TOKENS][PLAIN_DIM];
    double add[PLAIN_DIM], hidden[PLAIN_WIDE];
    for (size_t t = 0; t < n; t++) {
        plain_norm(normed, x[t], plain_part(net, w.norm_in), s->dim);
        plain_product(qkv[t], normed, plain_part(net, w.project), s->dim, 3 * s->dim);
    }
    plain_attend(net, &w, n, at_s, qkv, mixed);
    for (size_t t = 0; t < n; t++) {
        plain_product(add, mixed[t], plain_part(net, w.merge), s->dim, s->dim);
        plain_drop(net, add, token[t], 1 + 2 * l);
        for (size_t k = 0; k < s->dim; k++)
            x[t][k] += add[k];
        plain_norm(normed, x[t], plain_part(net, w.norm_mid), s->dim);
        plain_product(hidden, normed, plain_part(net, w.up), s->dim, s->hidden);
        for (size_t k = 0; k < s->hidden; k++)
            hidden[k] /= 1 + exp(-hidden[k]);
        plain_product(add, hidden, plain_part(net, w.down), s->hidden, s->dim);
        plain_drop(net, add, token[t], 2 + 2 * l);
        for (size_t k = 0; k < s->dim; k++)
            x[t][k] += add[k];
    }
}

// x += the vectors of one event's classes.
static void plain_context(
    const plain_net *net, double *x, const double *table, const att_seq_data *data, uint64_t event)
{
    const size_t dim = net->shape->dim;
    for (size_t f = 0; data->context && f < ATT_SEQ_FIELDS; f++) {
        const size_t class = data->context[event * ATT_SEQ_FIELDS + f];
        for (size_t k = 0; class > 0 && k < dim; k++)
            x[k] += table[(f * ATT_SEQ_CLASSES + class) * dim + k];
    }
}

// out (n, dim) of events first … first + n - 1 of the data, each asked for the event that follows it.
static void plain_forward(const plain_net *net, const att_seq_data *data, uint64_t first, size_t n,
    double out[][PLAIN_DIM])
{
    const att_seq_shape *s = net->shape;
    const att_seq_ends ends = att_seq_ends_of(s, net->origin);
    double x[PLAIN_TOKENS][PLAIN_DIM];
    uint64_t token[PLAIN_TOKENS];
    for (size_t t = 0; t < n; t++) {
        token[t] = first + t;
        for (size_t k = 0; k < s->dim; k++)
            x[t][k] = sqrt((double)s->dim) * net->items[data->item[first + t] * s->dim + k];
        plain_context(net, x[t], plain_part(net, ends.context), data, first + t);
        plain_drop(net, x[t], token[t], 0);
    }
    for (uint32_t l = 0; l < s->layers; l++)
        plain_layer(net, l, n, data->at_s ? data->at_s + first : NULL, token, x);
    for (size_t t = 0; t < n; t++) {
        plain_context(net, x[t], plain_part(net, ends.asked), data, first + t + 1);
        plain_norm(out[t], x[t], plain_part(net, ends.norm_out), s->dim);
    }
}

static double plain_softplus(double x)
{
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

// Of one event: its state against the target and all negatives that are not the target.
static double plain_loss_of(const plain_net *net, const double *state, uint32_t target,
    const att_seq_negatives *n, bool gbce)
{
    const size_t dim = net->shape->dim;
    double own = 0, sum = 0, total = 0;
    for (size_t k = 0; k < dim; k++)
        own += state[k] * net->items[target * dim + k];
    for (size_t j = 0; j < n->count; j++) {
        double z = 0;
        if (n->item[j] == target)
            continue;
        for (size_t k = 0; k < dim; k++)
            z += state[k] * net->items[n->item[j] * dim + k];
        sum += (double)n->weight[j] * plain_softplus(z - log((double)n->count));
        total += exp(z - (double)n->log_q[j]);
    }
    return gbce ? (double)n->beta * plain_softplus(log((double)n->count) - own) + sum
                : log(exp(own) + total) - own;
}

// The mean over all events of the windows.
static double plain_loss(const plain_net *net, const att_seq_data *data,
    const att_seq_window *windows, size_t count, const att_seq_negatives *n, bool gbce)
{
    double sum = 0;
    size_t tokens = 0;
    for (size_t i = 0; i < count; i++) {
        double out[PLAIN_TOKENS][PLAIN_DIM];
        plain_forward(net, data, windows[i].first, windows[i].count, out);
        for (size_t t = 0; t < windows[i].count; t++, tokens++)
            sum += plain_loss_of(net, out[t], data->item[windows[i].first + t + 1], n, gbce);
    }
    return sum / (double)tokens;
}

#endif
