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

static const att_kernels scalar = {
    "scalar", scalar_dot_f32, scalar_dot_i8, scalar_axpy_f32, scalar_rows_dot_f32};

const att_kernels *att_kernels_scalar(void)
{
    return &scalar;
}

const att_kernels *att_kernels_named(const char *name)
{
    return strcmp(name, scalar.name) == 0 ? &scalar : NULL;
}

const att_kernels *att_kernels_best(void)
{
    return &scalar;
}
