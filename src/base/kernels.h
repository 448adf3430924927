// SPDX-License-Identifier: Apache-2.0
// base/kernels.h - the few inner loops that decide how fast we are, chosen once for this processor.
//
// Every kernel has a scalar twin (att_kernels_scalar) that tests hold it against. Float sums run
// over 32 lanes, element i in lane i % 32, each step a fused multiply-add, and the lanes are folded
// by halves (lane i += lane i + 16, + 8, + 4, + 2, + 1): so every path gives the same bits.
#ifndef ATT_BASE_KERNELS_H
#define ATT_BASE_KERNELS_H

#include "base/base.h"

typedef struct att_kernels {
    const char *name; // "avx512-vnni", "avx2", "scalar"
    float (*dot_f32)(const float *a, const float *b, size_t count);
    int32_t (*dot_i8)(const int8_t *a, const int8_t *b, size_t count); // exact for count <= 65536
    void (*axpy_f32)(float *y, float a, const float *x, size_t count); // y = fma(a, x, y)
    // out[r] = dot(rows + r * stride, x): the same bits as dot_f32 row by row.
    void (*rows_dot_f32)(float *out, const float *rows, size_t row_count, size_t stride,
        const float *x, size_t count);
    // The same for chosen rows: out[i] = dot(rows + picks[i] * stride, x).
    void (*pick_dot_f32)(float *out, const float *rows, size_t stride, const uint32_t *picks,
        size_t pick_count, const float *x, size_t count);
    // Bytes that stand for row * scale: out[r] = (float)dot_i8(rows + r * stride, x) * (scales[r] * factor).
    void (*rows_scaled_i8)(float *out, const int8_t *rows, size_t row_count, size_t stride,
        const int8_t *x, size_t count, const float *scales, float factor);
    // out[i] = the same for row picks[i].
    void (*pick_scaled_i8)(float *out, const int8_t *rows, size_t stride, const uint32_t *picks,
        size_t pick_count, const int8_t *x, size_t count, const float *scales, float factor);
    // The same for rows that lie in panels of sixteen: four bytes of each of them, then the next four of each, all as
    // row + 128 without a sign, so that the sums of sixteen rows grow side by side. `count` is a multiple of 4; the panel of the last
    // rows is whole. NULL: rows one by one are faster here.
    void (*panel_scaled_i8)(float *out, const uint8_t *panels, size_t row_count, const int8_t *x, size_t count,
        const float *scales, float factor);
    // Writes where values[i] >= bar, ascending. Returns how many; `places` has room for count + 16.
    size_t (*at_least_f32)(uint32_t *places, const float *values, size_t count, float bar);
    // The same, as numbers that sort by value, then by the lower row (base/best.h): keys of the rows `first`, first + 1 … Room for count + 8.
    size_t (*keys_at_least_f32)(uint64_t *keys, const float *values, size_t count, float bar, uint32_t first);
    // Those above the pivot come first, in their order, then the others. Returns how many are above it. `spare` has room for count + 8.
    size_t (*split_u64)(uint64_t *keys, size_t count, uint64_t pivot, uint64_t *spare);
} att_kernels;

// Larger for the larger value, and of the same value for the lower tail. -0 is 0.
static inline uint64_t att_rank_key(float value, uint32_t tail)
{
    uint32_t bits;
    value += 0.0f;
    memcpy(&bits, &value, sizeof bits);
    bits = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
    return (uint64_t)bits << 32 | (uint32_t)~tail;
}

// Twins for whoever has nothing better.
size_t att_keys_at_least_plain(uint64_t *keys, const float *values, size_t count, float bar, uint32_t first);
size_t att_split_u64_plain(uint64_t *keys, size_t count, uint64_t pivot, uint64_t *spare);

// The best of this processor; static. `ATTUNE_KERNELS=scalar|avx2|avx512-vnni` is read by the apps
// and passed to att_kernels_named, never by the library.
const att_kernels *att_kernels_best(void);
const att_kernels *att_kernels_scalar(void);
// NULL when this processor or build lacks it.
const att_kernels *att_kernels_named(const char *name);

// The tables of the other paths; NULL when the build lacks them. Call them only where the processor
// can.
const att_kernels *att_kernels_avx2(void);
const att_kernels *att_kernels_avx512(void);

#endif
