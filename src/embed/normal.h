// SPDX-License-Identifier: Apache-2.0
// embed/normal.h - small normal equations: build them by rank updates, factor, solve.
//
// All matrices are row-major, 64-byte aligned, with a leading size that is a multiple of 16; dim is one too
// (att_normal_pad), what is added being zero apart from a one on the diagonal. Only the upper triangle counts;
// what lies below the diagonal may be overwritten. The factor is U with U^T U = A.
#ifndef ATT_EMBED_NORMAL_H
#define ATT_EMBED_NORMAL_H

#include "base/base.h"

#define ATT_NORMAL_LANES_MAX 16u

static inline size_t att_normal_pad(size_t dim)
{
    return (dim + 15) / 16 * 16;
}

static inline size_t att_normal_pad_abreast(size_t count)
{
    return (count + 3) / 4 * 4;
}

// As many systems of one size as the processor solves side by side. Arrays have the system (lane) as their last axis; lanes without a
// system have roots of 0 and vectors from anywhere. `size` is att_normal_pad_abreast(count).
typedef struct att_normal_abreast {
    const float *rows;  // the gathered vectors lie in there
    const size_t *from; // (count, lanes) where each begins
    const size_t *next; // (next_count, lanes) others, to be fetched meanwhile
    const float *roots; // (size, lanes), zeros from count on
    const float *scale; // (dim)
    float *panel;       // (size, lanes, lanes) scratch
    float *a;           // (size, size, lanes) scratch
    float *t;           // (size, lanes) the result
    size_t count, next_count;
    size_t dim; // padded
} att_normal_abreast;

typedef struct att_normal {
    const char *name; // "avx512", "avx2", "scalar"
    size_t lanes;     // systems that solve_abreast solves at once, at most ATT_NORMAL_LANES_MAX
    // A[r][c] += sum over k of P[k][r] * P[k][c], c >= r. P is (count, dim).
    void (*add_products)(
        float *a, size_t lda, const float *p, size_t ldp, size_t count, size_t dim);
    // In place: A becomes U. False: A is not positive definite (or not finite).
    bool (*factor)(float *a, size_t lda, size_t dim);
    // B := U^-T B, B is (dim, cols), cols a multiple of 16.
    void (*forward)(const float *u, size_t ldu, size_t dim, float *b, size_t ldb, size_t cols);
    // b := U^-1 U^-T b, b is (dim).
    void (*solve)(const float *u, size_t ldu, size_t dim, float *b);
    // (I + P P^T) t = roots for every lane, P[k][j] = roots[k] * scale[j] * (the lane's vector k)[j]. False as factor.
    bool (*solve_abreast)(const att_normal_abreast *systems);
    // One row of a panel: to[j] = scale * from[j]. Neither need be aligned nor dim be padded here: `to` is filled
    // with zeros up to the pad.
    void (*pack)(float *to, const float *from, size_t dim, float scale);
    // A panel lying down: to[j][k] = roots[k] * scale[j] * rows[picks[k]][j], (dim, ldt) with zeros from count to ldt, which is
    // padded. Rows are `stride` apart; dim is padded.
    void (*pack_columns)(float *to, size_t ldt, const float *rows, size_t stride,
        const uint32_t *picks, const float *roots, size_t count, const float *scale, size_t dim);
    // out[j] = scale[j]^2 * sum over k of by[k] * rows[picks[k]][j], (dim), padded.
    void (*combine)(float *out, const float *rows, size_t stride, const uint32_t *picks,
        const float *by, size_t count, const float *scale, size_t dim);
    // out[r][c] = sum over k of L[k][r] * R[k][c]: L is (count, rows), R (count, cols); rows a multiple of 4,
    // cols padded.
    void (*cross)(float *out, size_t ldo, const float *l, size_t ldl, const float *r, size_t ldr,
        size_t count, size_t rows, size_t cols);
    // out = X Q: X and out (count, dim), Q (dim, dim). count is a multiple of 8.
    void (*multiply)(float *out, size_t ldo, const float *x, size_t ldx, const float *q, size_t ldq,
        size_t count, size_t dim);
} att_normal;

// The best for this processor, and the plain twin that tests hold it against. Static.
const att_normal *att_normal_best(void);
const att_normal *att_normal_scalar(void);
// NULL: this processor or build lacks it.
const att_normal *att_normal_named(const char *name);
// The tables themselves; NULL when the build lacks them. Call them only where the processor can.
const att_normal *att_normal_avx2(void);
const att_normal *att_normal_avx512(void);

#endif
