// SPDX-License-Identifier: Apache-2.0
// music/stems_net.c - the mask network, forward and backward.
#include "music/stems_net.h"
#include "base/rng.h"
#include "embed/blas.h"
#include "music/stems_fine.h"

#include <math.h>

enum {
    F = ATT_STEMS_INPUTS,
    ROW = ATT_STEMS_FEATURES,
    W = ATT_STEMS_WIDTH,
    M = ATT_STEMS_MASKS,
    Q = ATT_STEMS_GATES,
    P = ATT_STEMS_POOLED,
    H = ATT_STEMS_HINTS,
    PAD = ATT_STEMS_REACH_MAX
};

static const size_t reach[ATT_STEMS_BLOCKS] = {1, 2, 4, 8, 16, 32, 64};

struct att_stems_room {
    size_t frames_max;
    float *x[ATT_STEMS_BLOCKS + 1]; // (frames, W) before each block and after the last
    float *n[ATT_STEMS_BLOCKS + 1]; // (PAD + frames + PAD, W) normed, zeros around
    float *h[ATT_STEMS_BLOCKS];     // (frames, W) before silu
    float *a;                       // (frames, W) after silu
    float *inverse[ATT_STEMS_BLOCKS + 1]; // (frames)
    float *masks;                   // (frames, M)
    float *gates, *dgates;          // (frames, Q)
    float *pooled, *dpooled;        // (frames, P)
    float *hints, *dhints;          // (frames, H)
    att_stems_fine *fine;
    float *dx, *dh;                 // (frames, W)
    float *dn;                      // (PAD + frames + PAD, W)
};

att_stems_layout att_stems_layout_get(void)
{
    att_stems_layout l = {.eye = 0, .eye_bias = ATT_STEMS_EYE_SIZE};
    l.pool = l.eye_bias + ATT_STEMS_BANDS * ATT_STEMS_EYES;
    l.in = l.pool + P * W;
    l.in_bias = l.in + F * W;
    size_t at = l.in_bias + W;
    for (int b = 0; b < ATT_STEMS_BLOCKS; b++) {
        l.block[b].gain = at;
        l.block[b].wide = at + W;
        l.block[b].wide_bias = l.block[b].wide + 3 * W * W;
        l.block[b].back = l.block[b].wide_bias + W;
        l.block[b].back_bias = l.block[b].back + W * W;
        at = l.block[b].back_bias + W;
    }
    l.out_gain = at;
    l.out = at + W;
    l.out_bias = l.out + W * M;
    l.gate = l.out_bias + M;
    l.gate_bias = l.gate + W * Q;
    l.hint = l.gate_bias + Q;
    l.hint_bias = l.hint + W * H;
    l.sign = l.hint_bias + H;
    l.vote = l.sign + ATT_STEMS_SIGN_SIZE;
    l.count = l.vote + ATT_STEMS_SIGNS * ATT_STEM_COUNT;
    return l;
}

att_stems_room *att_stems_room_new(size_t frames_max, bool training, att_arena *life)
{
    att_stems_room *r = ATT_NEW(life, att_stems_room, 1);
    bool whole = r != NULL;
    for (int b = 0; whole && b <= ATT_STEMS_BLOCKS; b++) {
        r->x[b] = ATT_NEW_RAW(life, float, frames_max *W);
        // Without training every block writes where the one before did.
        r->n[b] = training || b == 0 ? ATT_NEW(life, float, (frames_max + 2 * PAD) * W) : r->n[0];
        r->inverse[b] = ATT_NEW_RAW(life, float, frames_max);
        whole = r->x[b] && r->n[b] && r->inverse[b];
        if (whole && b < ATT_STEMS_BLOCKS)
            whole = (r->h[b] = training || b == 0 ? ATT_NEW_RAW(life, float, frames_max *W) : r->h[0]) != NULL;
    }
    if (!whole)
        return NULL;
    r->frames_max = frames_max;
    r->a = ATT_NEW_RAW(life, float, frames_max *W);
    r->masks = ATT_NEW_RAW(life, float, frames_max *M);
    r->gates = ATT_NEW_RAW(life, float, frames_max *Q);
    r->pooled = ATT_NEW_RAW(life, float, frames_max *P);
    r->hints = ATT_NEW_RAW(life, float, frames_max *H);
    r->fine = att_stems_fine_new(frames_max, training, life);
    if (training) {
        r->dx = ATT_NEW_RAW(life, float, frames_max *W);
        r->dh = ATT_NEW_RAW(life, float, frames_max *W);
        r->dn = ATT_NEW_RAW(life, float, (frames_max + 2 * PAD) * W);
        r->dgates = ATT_NEW_RAW(life, float, frames_max *Q);
        r->dpooled = ATT_NEW_RAW(life, float, frames_max *P);
        r->dhints = ATT_NEW_RAW(life, float, frames_max *H);
        whole = r->dx && r->dh && r->dn && r->dgates && r->dpooled && r->dhints;
    }
    return whole && r->a && r->masks && r->gates && r->pooled && r->hints && r->fine ? r : NULL;
}

// --- Forward --------------------------------------------------------------------------------------------------

static void put_bias(float *out, const float *bias, size_t frames, size_t count)
{
    for (size_t t = 0; t < frames; t++)
        memcpy(out + t * count, bias, count * sizeof *out);
}

// Rows of a are `step` apart.
static void add_product(const float *a, size_t step, const float *b, size_t frames, size_t inner, size_t to, float *out)
{
    att_blas_product(false, false, frames, to, inner, 1, a, step, b, to, 1, out, to);
}

static void norm(const att_stems_net *net, const float *x, const float *gain, size_t frames, float *n, float *inverse)
{
    memset(n, 0, PAD * W * sizeof *n);
    for (size_t t = 0; t < frames; t++)
        inverse[t] = net->ops->norm(n + (PAD + t) * W, x + t * W, gain, W);
    memset(n + (PAD + frames) * W, 0, PAD * W * sizeof *n);
}

static void block_forward(const att_stems_net *net, const att_stems_layout *l, int b, size_t frames, att_stems_room *r)
{
    const float *w = net->weights;
    norm(net, r->x[b], w + l->block[b].gain, frames, r->n[b], r->inverse[b]);
    put_bias(r->h[b], w + l->block[b].wide_bias, frames, W);
    for (size_t tap = 0; tap < 3; tap++)
        add_product(r->n[b] + (PAD + tap * reach[b] - reach[b]) * W, W, w + l->block[b].wide + tap * W * W, frames, W, W, r->h[b]);
    net->ops->silu(r->a, r->h[b], frames * W);
    put_bias(r->x[b + 1], w + l->block[b].back_bias, frames, W);
    net->ops->add(r->x[b + 1], r->x[b], frames * W);
    add_product(r->a, W, w + l->block[b].back, frames, W, W, r->x[b + 1]);
}

static void softmax(float *z, size_t frames)
{
    enum { B = ATT_STEMS_BANDS };
    for (size_t t = 0; t < frames; t++)
        for (size_t b = 0; b < B; b++) {
            float *at = z + t * M + b;
            float most = at[0], sum = 0;
            for (int s = 1; s < ATT_STEM_COUNT; s++)
                most = ATT_MAX(most, at[s * B]);
            for (int s = 0; s < ATT_STEM_COUNT; s++)
                sum += at[s * B] = expf(at[s * B] - most);
            for (int s = 0; s < ATT_STEM_COUNT; s++)
                at[s * B] /= sum;
        }
}

// z += gate * cue, band by band.
static void add_cues(const float *features, size_t frames, const float *gates, float *z)
{
    enum { B = ATT_STEMS_BANDS, G = ATT_STEMS_GROUPS };
    for (size_t t = 0; t < frames; t++)
        for (size_t s = 0; s < ATT_STEM_COUNT; s++)
            for (size_t c = 0; c < ATT_STEMS_CUES; c++) {
                const float *cue = features + t * ROW + F + c * B, *gate = gates + t * Q + (s * ATT_STEMS_CUES + c) * G;
                float *out = z + t * M + s * B;
                for (size_t g = 0; g < G; g++)
                    for (size_t k = 0; k < ATT_STEMS_GROUP; k++)
                        out[g * ATT_STEMS_GROUP + k] += gate[g] * cue[g * ATT_STEMS_GROUP + k];
            }
}

float *att_stems_forward(const att_stems_net *net, const float *features, size_t frames, att_stems_room *r)
{
    assert(frames <= r->frames_max);
    const att_stems_layout l = att_stems_layout_get();
    const float *w = net->weights;
    att_stems_fine_look(r->fine, net->ops, features, frames, w + l.eye, w + l.eye_bias, r->pooled);
    put_bias(r->x[0], w + l.in_bias, frames, W);
    add_product(features, ROW, w + l.in, frames, F, W, r->x[0]);
    add_product(r->pooled, P, w + l.pool, frames, P, W, r->x[0]);
    for (int b = 0; b < ATT_STEMS_BLOCKS; b++)
        block_forward(net, &l, b, frames, r);
    const int last = ATT_STEMS_BLOCKS;
    norm(net, r->x[last], w + l.out_gain, frames, r->n[last], r->inverse[last]);
    put_bias(r->masks, w + l.out_bias, frames, M);
    add_product(r->n[last] + PAD * W, W, w + l.out, frames, W, M, r->masks);
    put_bias(r->gates, w + l.gate_bias, frames, Q);
    add_product(r->n[last] + PAD * W, W, w + l.gate, frames, W, Q, r->gates);
    add_cues(features, frames, r->gates, r->masks);
    put_bias(r->hints, w + l.hint_bias, frames, H);
    add_product(r->n[last] + PAD * W, W, w + l.hint, frames, W, H, r->hints);
    att_stems_fine_vote(r->fine, net->ops, frames, r->hints, w + l.sign, w + l.vote, r->masks);
    softmax(r->masks, frames);
    return r->masks;
}

// --- Backward -------------------------------------------------------------------------------------------------

static void add_sums(float *bias, const float *d, size_t frames, size_t count, const att_seq_ops *ops)
{
    for (size_t t = 0; t < frames; t++)
        ops->add(bias, d + t * count, count);
}

// dW += A^T dOut; rows of a are `step` apart.
static void add_gradient(const float *a, size_t step, const float *dout, size_t frames, size_t inner, size_t to, float *dw)
{
    att_blas_product(true, false, inner, to, frames, 1, a, step, dout, to, 1, dw, to);
}

// dA = beta dA + dOut W^T
static void give_back(const float *dout, const float *w, size_t frames, size_t inner, size_t to, float beta, float *da)
{
    att_blas_product(false, true, frames, inner, to, 1, dout, to, w, to, beta, da, inner);
}

// dm becomes dz: dz_s = m_s (dm_s - sum over j of m_j dm_j).
static void softmax_back(float *dm, const float *masks, size_t frames)
{
    enum { B = ATT_STEMS_BANDS };
    for (size_t t = 0; t < frames; t++) {
        float *d = dm + t * M;
        const float *m = masks + t * M;
        for (size_t b = 0; b < B; b++) {
            float sum = 0;
            for (int s = 0; s < ATT_STEM_COUNT; s++)
                sum += m[s * B + b] * d[s * B + b];
            for (int s = 0; s < ATT_STEM_COUNT; s++)
                d[s * B + b] = m[s * B + b] * (d[s * B + b] - sum);
        }
    }
}

static void cues_back(const float *features, size_t frames, const float *dz, float *dgates)
{
    enum { B = ATT_STEMS_BANDS, G = ATT_STEMS_GROUPS };
    for (size_t t = 0; t < frames; t++)
        for (size_t s = 0; s < ATT_STEM_COUNT; s++)
            for (size_t c = 0; c < ATT_STEMS_CUES; c++) {
                const float *cue = features + t * ROW + F + c * B, *d = dz + t * M + s * B;
                float *gate = dgates + t * Q + (s * ATT_STEMS_CUES + c) * G;
                for (size_t g = 0; g < G; g++) {
                    float sum = 0;
                    for (size_t k = 0; k < ATT_STEMS_GROUP; k++)
                        sum += d[g * ATT_STEMS_GROUP + k] * cue[g * ATT_STEMS_GROUP + k];
                    gate[g] = sum;
                }
            }
}

static void block_backward(const att_stems_net *net, const att_stems_layout *l, int b, size_t frames, att_stems_room *r, float *gradient)
{
    const float *w = net->weights;
    net->ops->silu(r->a, r->h[b], frames * W);
    add_sums(gradient + l->block[b].back_bias, r->dx, frames, W, net->ops);
    add_gradient(r->a, W, r->dx, frames, W, W, gradient + l->block[b].back);
    give_back(r->dx, w + l->block[b].back, frames, W, W, 0, r->dh);
    net->ops->silu_back(r->dh, r->h[b], frames * W);
    add_sums(gradient + l->block[b].wide_bias, r->dh, frames, W, net->ops);
    memset(r->dn, 0, (frames + 2 * PAD) * W * sizeof *r->dn);
    for (size_t tap = 0; tap < 3; tap++) {
        const size_t at = (PAD + tap * reach[b] - reach[b]) * W;
        add_gradient(r->n[b] + at, W, r->dh, frames, W, W, gradient + l->block[b].wide + tap * W * W);
        give_back(r->dh, w + l->block[b].wide + tap * W * W, frames, W, W, 1, r->dn + at);
    }
    for (size_t t = 0; t < frames; t++)
        net->ops->norm_back(r->dx + t * W, gradient + l->block[b].gain, r->dn + (PAD + t) * W, r->x[b] + t * W, w + l->block[b].gain,
            r->inverse[b][t], W);
}

void att_stems_backward(const att_stems_net *net, const float *features, size_t frames, att_stems_room *r, float *dmasks, float *gradient)
{
    assert(r->dx);
    const att_stems_layout l = att_stems_layout_get();
    const float *w = net->weights;
    const int last = ATT_STEMS_BLOCKS;
    softmax_back(dmasks, r->masks, frames);
    add_sums(gradient + l.out_bias, dmasks, frames, M, net->ops);
    add_gradient(r->n[last] + PAD * W, W, dmasks, frames, W, M, gradient + l.out);
    give_back(dmasks, w + l.out, frames, W, M, 0, r->dn);
    cues_back(features, frames, dmasks, r->dgates);
    add_sums(gradient + l.gate_bias, r->dgates, frames, Q, net->ops);
    add_gradient(r->n[last] + PAD * W, W, r->dgates, frames, W, Q, gradient + l.gate);
    give_back(r->dgates, w + l.gate, frames, W, Q, 1, r->dn);
    att_stems_fine_vote_back(r->fine, net->ops, frames, w + l.sign, w + l.vote, dmasks, r->dhints, gradient + l.sign, gradient + l.vote);
    add_sums(gradient + l.hint_bias, r->dhints, frames, H, net->ops);
    add_gradient(r->n[last] + PAD * W, W, r->dhints, frames, W, H, gradient + l.hint);
    give_back(r->dhints, w + l.hint, frames, W, H, 1, r->dn);
    memset(r->dx, 0, frames * W * sizeof *r->dx);
    for (size_t t = 0; t < frames; t++)
        net->ops->norm_back(r->dx + t * W, gradient + l.out_gain, r->dn + t * W, r->x[last] + t * W, w + l.out_gain, r->inverse[last][t], W);
    for (int b = last - 1; b >= 0; b--)
        block_backward(net, &l, b, frames, r, gradient);
    add_sums(gradient + l.in_bias, r->dx, frames, W, net->ops);
    add_gradient(features, ROW, r->dx, frames, F, W, gradient + l.in);
    add_gradient(r->pooled, P, r->dx, frames, P, W, gradient + l.pool);
    give_back(r->dx, w + l.pool, frames, P, W, 0, r->dpooled);
    att_stems_fine_look_back(r->fine, net->ops, frames, r->dpooled, gradient + l.eye, gradient + l.eye_bias);
}

// --- Loss -----------------------------------------------------------------------------------------------------

double att_stems_loss(const float *masks, size_t frames, const att_stems_target *target, float *dmasks, double *error)
{
    enum { B = ATT_STEMS_BANDS };
    double left[ATT_STEM_COUNT], mix = 0, loss = 0;
    memcpy(left, target->own, sizeof left);
    for (size_t t = 0; t < frames; t++) {
        float sums[ATT_STEM_COUNT + 1] = {0};
        for (size_t b = 0; b < B; b++) {
            const float a = target->mix[t * B + b];
            sums[ATT_STEM_COUNT] += a;
            for (size_t s = 0; s < ATT_STEM_COUNT; s++) {
                const float m = masks[t * M + s * B + b];
                sums[s] += m * (m * a - 2 * target->cross[t * M + s * B + b]);
            }
        }
        mix += sums[ATT_STEM_COUNT];
        for (size_t s = 0; s < ATT_STEM_COUNT; s++)
            left[s] += sums[s];
    }
    float by[ATT_STEM_COUNT];
    for (size_t s = 0; s < ATT_STEM_COUNT; s++) {
        const double floor = ATT_MAX(left[s], 0) + ATT_STEMS_FLOOR * mix + 1e-12;
        const double weight = (target->own[s] > 1e-4 * mix ? 1 : ATT_STEMS_SILENT_WEIGHT) / ATT_STEM_COUNT;
        loss += weight * log(floor / (mix + 1e-12));
        by[s] = (float)(2 * weight / floor);
        if (error)
            error[s] = target->own[s] > 1e-3 * mix ? left[s] / target->own[s] : HUGE_VAL;
    }
    for (size_t t = 0; t < frames; t++)
        for (size_t s = 0; s < ATT_STEM_COUNT; s++)
            for (size_t b = 0; b < B; b++) {
                const size_t at = t * M + s * B + b;
                dmasks[at] = by[s] * (masks[at] * target->mix[t * B + b] - target->cross[at]);
            }
    return loss;
}

// --- The beginning --------------------------------------------------------------------------------------------

static void draw(float *w, size_t from, size_t to, double scale, att_rng *rng)
{
    for (size_t i = 0; i < from * to; i++)
        w[i] = (float)(scale * att_rng_normal(rng) / sqrt((double)from));
}

void att_stems_weights_draw(float *w, uint64_t seed)
{
    const att_stems_layout l = att_stems_layout_get();
    att_rng rng = att_rng_seed(seed);
    memset(w, 0, l.count * sizeof *w);
    draw(w + l.eye, ATT_STEMS_EYE_SIZE / ATT_STEMS_EYES, ATT_STEMS_EYES, 1, &rng);
    draw(w + l.pool, P, W, 1, &rng);
    draw(w + l.in, F, W, 1, &rng);
    for (int b = 0; b < ATT_STEMS_BLOCKS; b++) {
        for (size_t i = 0; i < W; i++)
            w[l.block[b].gain + i] = 1;
        draw(w + l.block[b].wide, 3 * W, W, 1, &rng);
        draw(w + l.block[b].back, W, W, 0.5, &rng);
    }
    for (size_t i = 0; i < W; i++)
        w[l.out_gain + i] = 1;
    draw(w + l.out, W, M, 0.3, &rng);
    draw(w + l.gate, W, Q, 0.3, &rng);
    draw(w + l.hint, W, H, 0.3, &rng);
    draw(w + l.sign, ATT_STEMS_SIGN_SIZE / ATT_STEMS_SIGNS, ATT_STEMS_SIGNS, 1, &rng);
    draw(w + l.vote, ATT_STEMS_SIGNS, ATT_STEM_COUNT, 0.3, &rng);
}
