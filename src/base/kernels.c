// SPDX-License-Identifier: Apache-2.0
// base/kernels.c - the scalar twins, and the choice for this processor.
#include "base/kernels.h"

#include <math.h>

static float scalar_dot_f32(const float *a, const float *b, size_t count)
{
    float lanes[32] = {0};
    for (size_t i = 0; i < count; i++)
        lanes[i % 32] = fmaf(a[i], b[i], lanes[i % 32]);
    for (size_t half = 16; half; half /= 2)
        for (size_t i = 0; i < half; i++)
            lanes[i] += lanes[i + half];
    return lanes[0];
}

static int32_t scalar_dot_i8(const int8_t *a, const int8_t *b, size_t count)
{
    int32_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (int32_t)a[i] * b[i];
    return sum;
}

static void scalar_axpy_f32(float *y, float a, const float *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        y[i] = fmaf(a, x[i], y[i]);
}

static void scalar_rows_dot_f32(
    float *out, const float *rows, size_t row_count, size_t stride, const float *x, size_t count)
{
    for (size_t r = 0; r < row_count; r++)
        out[r] = scalar_dot_f32(rows + r * stride, x, count);
}

static void scalar_pick_dot_f32(float *out, const float *rows, size_t stride, const uint32_t *picks,
    size_t pick_count, const float *x, size_t count)
{
    for (size_t i = 0; i < pick_count; i++)
        out[i] = scalar_dot_f32(rows + picks[i] * stride, x, count);
}

static void scalar_rows_scaled_i8(float *out, const int8_t *rows, size_t row_count, size_t stride,
    const int8_t *x, size_t count, const float *scales, float factor)
{
    for (size_t r = 0; r < row_count; r++)
        out[r] = (float)scalar_dot_i8(rows + r * stride, x, count) * (scales[r] * factor);
}

static void scalar_pick_scaled_i8(float *out, const int8_t *rows, size_t stride,
    const uint32_t *picks, size_t pick_count, const int8_t *x, size_t count, const float *scales,
    float factor)
{
    for (size_t i = 0; i < pick_count; i++)
        out[i] =
            (float)scalar_dot_i8(rows + picks[i] * stride, x, count) * (scales[picks[i]] * factor);
}

static void scalar_panel_scaled_i8(float *out, const uint8_t *panels, size_t row_count, const int8_t *x, size_t count,
    const float *scales, float factor)
{
    for (size_t r = 0; r < row_count; r++) {
        const uint8_t *row = panels + r / 16 * 16 * count + r % 16 * 4;
        int32_t sum = 0;
        for (size_t i = 0; i < count; i++)
            sum += ((int32_t)row[i / 4 * 64 + i % 4] - 128) * x[i];
        out[r] = (float)sum * (scales[r] * factor);
    }
}

static size_t scalar_at_least_f32(uint32_t *places, const float *values, size_t count, float bar)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        places[found] = (uint32_t)i;
        found += values[i] >= bar;
    }
    return found;
}

size_t att_keys_at_least_plain(uint64_t *keys, const float *values, size_t count, float bar, uint32_t first)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        keys[found] = att_rank_key(values[i], first + (uint32_t)i);
        found += values[i] >= bar;
    }
    return found;
}

size_t att_split_u64_plain(uint64_t *keys, size_t count, uint64_t pivot, uint64_t *spare)
{
    size_t above = 0;
    for (size_t i = 0; i < count; i++) { // without a branch on what a key is
        const uint64_t key = keys[i];
        keys[above] = key;
        spare[i - above] = key;
        above += key > pivot;
    }
    memcpy(keys + above, spare, (count - above) * sizeof *keys);
    return above;
}

static const att_kernels scalar = {"scalar", scalar_dot_f32, scalar_dot_i8, scalar_axpy_f32,
    scalar_rows_dot_f32, scalar_pick_dot_f32, scalar_rows_scaled_i8, scalar_pick_scaled_i8,
    scalar_panel_scaled_i8, scalar_at_least_f32, att_keys_at_least_plain, att_split_u64_plain};

const att_kernels *att_kernels_scalar(void)
{
    return &scalar;
}

static const att_kernels *usable_avx512(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vnni"))
        return att_kernels_avx512();
#endif
    return NULL;
}

static const att_kernels *usable_avx2(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return att_kernels_avx2();
#endif
    return NULL;
}

const att_kernels *att_kernels_named(const char *name)
{
    const att_kernels *const usable[] = {usable_avx512(), usable_avx2(), &scalar};
    for (size_t i = 0; i < ATT_COUNT_OF(usable); i++)
        if (usable[i] && strcmp(name, usable[i]->name) == 0)
            return usable[i];
    return NULL;
}

const att_kernels *att_kernels_best(void)
{
    const att_kernels *const avx512 = usable_avx512();
    if (avx512)
        return avx512;
    const att_kernels *const avx2 = usable_avx2();
    return avx2 ? avx2 : &scalar;
}
