// SPDX-License-Identifier: Apache-2.0
// embed/seq_ops_tile.h - the loops of seq_ops.h in plain C, compiled once for each target.
//
// Included by seq_ops.c, seq_ops_avx2.c and seq_ops_avx512.c, which define FAST (the target) and TABLE (the table's name).
// The compiler finds the registers; the order of every sum is written out, so all targets agree to the bit.
#include "base/rng.h"

#include <math.h>

#define LANES 16
#define INLINE FAST static inline __attribute__((always_inline))

// e^x: x = n ln 2 + r with |r| <= ln 2 / 2, then a polynomial of degree 6 (relative error below 3e-7).
INLINE float fast_exp(float x)
{
    x = x > -87.0f ? x : -87.0f; // so is what is not a number
    x = x < 88.0f ? x : 88.0f;
    const float shifted = x * 1.44269504f + 12582912.0f; // rounds to whole
    const float n = shifted - 12582912.0f;
    const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    float p = 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    union {
        int32_t bits;
        float value;
    } power = {.bits = ((int32_t)n + 127) << 23};
    return p * power.value;
}

// log(1 + u) = 2 artanh(u / (2 + u)), 0 <= u <= 1.
INLINE float fast_log1p(float u)
{
    const float r = u / (2.0f + u), s = r * r;
    float p = 1.0f / 11;
    p = p * s + 1.0f / 9;
    p = p * s + 1.0f / 7;
    p = p * s + 1.0f / 5;
    p = p * s + 1.0f / 3;
    p = p * s + 1.0f;
    return 2.0f * r * p;
}

INLINE float fold(const float lanes[LANES])
{
    float sum[LANES];
    for (int l = 0; l < LANES; l++)
        sum[l] = lanes[l];
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int l = 0; l < half; l++)
            sum[l] += sum[l + half];
    return sum[0];
}

FAST static float op_dot(const float *a, const float *b, size_t count)
{
    float sum[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int l = 0; l < LANES; l++)
            sum[l] += a[i + l] * b[i + l];
    for (int l = 0; i < count; i++, l++)
        sum[l] += a[i] * b[i];
    return fold(sum);
}

FAST static void op_add(float *y, const float *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        y[i] += x[i];
}

FAST static void op_add_scaled(float *y, float a, const float *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        y[i] += a * x[i];
}

FAST static void op_scale_to(float *y, float a, const float *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        y[i] = a * x[i];
}

// Columns by the block, whose sums stay in registers while x runs.
INLINE void product_block(float *y, const float *x, const float *w, size_t from, size_t to, const size_t wide)
{
    float sum[64] = {0};
    for (size_t k = 0; k < from; k++)
        for (size_t l = 0; l < wide; l++)
            sum[l] += x[k] * w[k * to + l];
    for (size_t l = 0; l < wide; l++)
        y[l] = sum[l];
}

FAST static void op_product(float *y, const float *x, const float *w, size_t from, size_t to)
{
    size_t at = 0;
    for (; at + 64 <= to; at += 64)
        product_block(y + at, x, w + at, from, to, 64);
    for (; at < to; at += LANES)
        product_block(y + at, x, w + at, from, to, LANES);
}

// --- Norm (Zhang and Sennrich 2019) ---------------------------------------------------------------

FAST static float op_norm(float *y, const float *x, const float *gain, size_t count)
{
    const float inverse = 1.0f / sqrtf(op_dot(x, x, count) / (float)count + 1e-6f);
    for (size_t i = 0; i < count; i++)
        y[i] = x[i] * inverse * gain[i];
    return inverse;
}

// With h = x / rms: dx = (dy gain - h mean(dy gain h)) / rms.
FAST static void op_norm_back(float *dx, float *dgain, const float *dy, const float *x,
    const float *gain, float inverse, size_t count)
{
    float sum[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int l = 0; l < LANES; l++)
            sum[l] += dy[i + l] * gain[i + l] * x[i + l];
    for (int l = 0; i < count; i++, l++)
        sum[l] += dy[i] * gain[i] * x[i];
    const float mean = fold(sum) * inverse / (float)count;
    for (i = 0; i < count; i++) {
        const float h = x[i] * inverse;
        dgain[i] += dy[i] * h;
        dx[i] += (dy[i] * gain[i] - h * mean) * inverse;
    }
}

// --- Activation (SiLU: Elfwing et al. 2018) -------------------------------------------------------

FAST static void op_silu(float *y, const float *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        y[i] = x[i] / (1.0f + fast_exp(-x[i]));
}

FAST static void op_silu_back(float *dy, const float *x, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const float s = 1.0f / (1.0f + fast_exp(-x[i]));
        dy[i] *= s * (1.0f + x[i] * (1.0f - s));
    }
}

// --- Softmax --------------------------------------------------------------------------------------

INLINE float greatest(const float *x, size_t count, float least)
{
    float most[LANES];
    for (int l = 0; l < LANES; l++)
        most[l] = least;
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int l = 0; l < LANES; l++)
            most[l] = x[i + l] > most[l] ? x[i + l] : most[l];
    for (; i < count; i++)
        most[0] = x[i] > most[0] ? x[i] : most[0];
    for (int l = 1; l < LANES; l++)
        most[0] = most[l] > most[0] ? most[l] : most[0];
    return most[0];
}

// x becomes e^(x - most); returns the sum.
INLINE float exponentials(float *x, size_t count, float most)
{
    float sum[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int l = 0; l < LANES; l++)
            sum[l] += x[i + l] = fast_exp(x[i + l] - most);
    for (int l = 0; i < count; i++, l++)
        sum[l] += x[i] = fast_exp(x[i] - most);
    return fold(sum);
}

FAST static void op_softmax(float *scores, size_t count)
{
    const float most = greatest(scores, count, -3.0e38f);
    const float inverse = 1.0f / exponentials(scores, count, most);
    for (size_t i = 0; i < count; i++)
        scores[i] *= inverse;
}

FAST static void op_softmax_back(float *dp, const float *p, size_t count)
{
    const float mean = op_dot(dp, p, count);
    for (size_t i = 0; i < count; i++)
        dp[i] = p[i] * (dp[i] - mean);
}

// --- Dropout --------------------------------------------------------------------------------------

// att_mix64 (base/rng.h), here so that the compiler can do several at once.
INLINE uint64_t mix(uint64_t z)
{
    z += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

// Element i is dropped by byte i % 8 of the hash of key + i / 8 * 8, the low byte first.
FAST static void op_drop(float *x, uint64_t key, uint32_t threshold, size_t count)
{
    const float scale = 256.0f / (float)(256 - threshold);
    for (size_t i = 0; i < count; i += 64) {
        uint64_t hashes[8];
        int32_t bytes[64];
        for (size_t h = 0; h < 8; h++)
            hashes[h] = mix(key + i + 8 * h);
        for (size_t l = 0; l < 64; l++)
            bytes[l] = (int32_t)(hashes[l / 8] >> (8 * (l % 8)) & 255);
        const size_t some = count - i < 64 ? count - i : 64;
        for (size_t l = 0; l < some; l++)
            x[i + l] = bytes[l] >= (int32_t)threshold ? x[i + l] * scale : 0.0f;
    }
}

// --- Losses ---------------------------------------------------------------------------------------

// softplus(x) = max(x, 0) + log(1 + e^-|x|); its derivative is made of the same exponential.
INLINE float softplus(float x, float *slope)
{
    const float e = fast_exp(x < 0 ? x : -x), inverse = 1.0f / (1.0f + e);
    *slope = x < 0 ? e * inverse : inverse;
    return (x < 0 ? 0.0f : x) + fast_log1p(e);
}

INLINE float weighted(float *z, float w, float shift)
{
    float slope;
    const float loss = w * softplus(*z - shift, &slope);
    *z = w * slope;
    return loss;
}

FAST static double op_gbce(
    float *positive, float *z, const float *w, float beta, float shift, size_t count)
{
    float sum[LANES] = {0}, slope;
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int l = 0; l < LANES; l++)
            sum[l] += weighted(&z[i + l], w[i + l], shift);
    for (int l = 0; i < count; i++, l++)
        sum[l] += weighted(&z[i], w[i], shift);
    const float own = beta * softplus(shift - *positive, &slope);
    *positive = -beta * slope;
    return (double)fold(sum) + (double)own;
}

FAST static double op_sampled(float *positive, float *z, const float *log_q, size_t count)
{
    for (size_t i = 0; i < count; i++)
        z[i] -= log_q[i];
    const float most = greatest(z, count, *positive);
    const float own = fast_exp(*positive - most);
    const float total = own + exponentials(z, count, most);
    const float inverse = 1.0f / total;
    for (size_t i = 0; i < count; i++)
        z[i] *= inverse;
    const double loss = log((double)total) - ((double)*positive - (double)most);
    *positive = own * inverse - 1.0f;
    return loss;
}

// --- The optimizer --------------------------------------------------------------------------------

FAST static void op_adam(float *x, float *first, float *second, const float *gradient,
    const att_seq_pace *pace, size_t count)
{
    const float b1 = pace->beta1, b2 = pace->beta2, rate = pace->rate;
    for (size_t i = 0; i < count; i++) {
        const float g = gradient[i];
        first[i] = b1 * first[i] + (1.0f - b1) * g;
        second[i] = b2 * second[i] + (1.0f - b2) * (g * g);
        x[i] = pace->shrink * x[i] -
               rate * first[i] / (sqrtf(second[i] * pace->second) + pace->epsilon);
    }
}

static const att_seq_ops table = {TABLE, op_norm, op_norm_back, op_silu, op_silu_back, op_softmax,
    op_softmax_back, op_add, op_add_scaled, op_scale_to, op_dot, op_product, op_drop, op_gbce, op_sampled,
    op_adam};
