// SPDX-License-Identifier: Apache-2.0
// embed/seq_ops.h - the sequence model's row by row arithmetic, chosen once for this processor.
//
// What is no matrix product: norms, activations, softmax, losses, dropout, the optimizer. All loops are written once
// (seq_ops_tile.h) and compiled for each register width. Sums run over sixteen lanes, element i in lane i % 16, and
// nothing is fused, so that every path gives the same bits as the scalar twin.
#ifndef ATT_EMBED_SEQ_OPS_H
#define ATT_EMBED_SEQ_OPS_H

#include "base/base.h"

// How AdamW moves weights (Kingma and Ba 2015; Loshchilov and Hutter 2019), corrected for the step it stands at.
typedef struct att_seq_pace {
    float rate;   // learning rate / (1 - beta1^t)
    float second; // 1 / (1 - beta2^t)
    float beta1, beta2, epsilon;
    float shrink; // 1 - learning rate * weight decay
} att_seq_pace;

typedef struct att_seq_ops {
    const char *name; // "avx512", "avx2", "scalar"
    // y = x * gain / rms, rms = sqrt(mean x^2 + 1e-6). Returns 1 / rms.
    float (*norm)(float *y, const float *x, const float *gain, size_t count);
    // dx += what dy means for x; dgain += what it means for the gain.
    void (*norm_back)(float *dx, float *dgain, const float *dy, const float *x, const float *gain,
        float inverse, size_t count);
    void (*silu)(float *y, const float *x, size_t count);       // y = x / (1 + e^-x)
    void (*silu_back)(float *dy, const float *x, size_t count); // dy becomes dx
    // In place: scores + bias become shares that sum to 1.
    void (*softmax)(float *scores, size_t count);
    // dp becomes ds = p (dp - p.dp).
    void (*softmax_back)(float *dp, const float *p, size_t count);
    void (*add)(float *y, const float *x, size_t count);           // y += x
    void (*add_scaled)(float *y, float a, const float *x, size_t count); // y += a x
    void (*scale_to)(float *y, float a, const float *x, size_t count);   // y = a x
    float (*dot)(const float *a, const float *b, size_t count);
    // y (to) = x (from) W (from, to); `to` a multiple of 16.
    void (*product)(float *y, const float *x, const float *w, size_t from, size_t to);
    // In 256ths: what a hash of (key, place) puts below `threshold` becomes zero, the rest times 256 / (256 - threshold).
    void (*drop)(float *x, uint64_t key, uint32_t threshold, size_t count);
    // Losses over the negatives' scores z, which become derivatives; *positive likewise. Returns the loss.
    // gbce: beta softplus(shift - s) + sum w softplus(z - shift).
    double (*gbce)(float *positive, float *z, const float *w, float beta, float shift, size_t count);
    // softmax: -log(e^s / (e^s + sum e^(z - log_q))).
    double (*sampled)(float *positive, float *z, const float *log_q, size_t count);
    void (*adam)(float *x, float *first, float *second, const float *gradient,
        const att_seq_pace *pace, size_t count);
} att_seq_ops;

const att_seq_ops *att_seq_ops_best(void);
const att_seq_ops *att_seq_ops_scalar(void);
const att_seq_ops *att_seq_ops_named(const char *name); // NULL: this processor or build lacks it

// The tables of the wide paths; NULL when the build lacks them.
const att_seq_ops *att_seq_ops_avx2(void);
const att_seq_ops *att_seq_ops_avx512(void);

#endif
