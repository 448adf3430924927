// SPDX-License-Identifier: Apache-2.0
// embed/normal.c - the plain twins, and the choice for this processor.
#include "embed/normal.h"

#include <math.h>

static void scalar_add_products(
    float *a, size_t lda, const float *p, size_t ldp, size_t count, size_t dim)
{
    for (size_t k = 0; k < count; k++) {
        const float *x = p + k * ldp;
        for (size_t r = 0; r < dim; r++)
            for (size_t c = r; c < dim; c++)
                a[r * lda + c] += x[r] * x[c];
    }
}

static bool scalar_factor(float *a, size_t lda, size_t dim)
{
    for (size_t k = 0; k < dim; k++) {
        float *row = a + k * lda;
        if (!(row[k] > 0) || !isfinite(row[k]))
            return false;
        const float inverse = 1 / sqrtf(row[k]);
        for (size_t c = k; c < dim; c++)
            row[c] *= inverse;
        for (size_t r = k + 1; r < dim; r++)
            for (size_t c = r; c < dim; c++)
                a[r * lda + c] -= row[r] * row[c];
    }
    return true;
}

static void scalar_forward(
    const float *u, size_t ldu, size_t dim, float *b, size_t ldb, size_t cols)
{
    for (size_t k = 0; k < dim; k++) {
        const float inverse = 1 / u[k * ldu + k];
        for (size_t c = 0; c < cols; c++)
            b[k * ldb + c] *= inverse;
        for (size_t r = k + 1; r < dim; r++)
            for (size_t c = 0; c < cols; c++)
                b[r * ldb + c] -= u[k * ldu + r] * b[k * ldb + c];
    }
}

static void scalar_solve(const float *u, size_t ldu, size_t dim, float *b)
{
    for (size_t k = 0; k < dim; k++) {
        b[k] /= u[k * ldu + k];
        for (size_t r = k + 1; r < dim; r++)
            b[r] -= u[k * ldu + r] * b[k];
    }
    for (size_t k = dim; k-- > 0;) {
        float sum = b[k];
        for (size_t c = k + 1; c < dim; c++)
            sum -= u[k * ldu + c] * b[c];
        b[k] = sum / u[k * ldu + k];
    }
}

// A lane of its own: one system at a time.
static bool scalar_solve_abreast(const att_normal_abreast *s)
{
    const size_t count = s->count;
    for (size_t r = 0; r < count; r++) {
        for (size_t c = r; c < count; c++) {
            float sum = 0;
            for (size_t j = 0; j < s->dim; j++)
                sum +=
                    s->rows[s->from[r] + j] * s->scale[j] * (s->rows[s->from[c] + j] * s->scale[j]);
            s->a[r * count + c] = sum * s->roots[r] * s->roots[c] + (r == c ? 1 : 0);
        }
        s->t[r] = s->roots[r];
    }
    if (!scalar_factor(s->a, count, count))
        return false;
    scalar_solve(s->a, count, count, s->t);
    return true;
}

static void scalar_combine(float *out, const float *rows, size_t stride, const uint32_t *picks,
    const float *by, size_t count, const float *scale, size_t dim)
{
    for (size_t j = 0; j < dim; j++) {
        float sum = 0;
        for (size_t k = 0; k < count; k++)
            sum += by[k] * rows[picks[k] * stride + j];
        out[j] = sum * scale[j] * scale[j];
    }
}

static void scalar_pack(float *to, const float *from, size_t dim, float scale)
{
    size_t j = 0;
    for (; j < dim; j++)
        to[j] = scale * from[j];
    for (; j < att_normal_pad(dim); j++)
        to[j] = 0;
}

static void scalar_pack_columns(float *to, size_t ldt, const float *rows, size_t stride,
    const uint32_t *picks, const float *roots, size_t count, const float *scale, size_t dim)
{
    for (size_t j = 0; j < dim; j++) {
        for (size_t k = 0; k < count; k++)
            to[j * ldt + k] = roots[k] * (scale[j] * rows[picks[k] * stride + j]);
        for (size_t k = count; k < ldt; k++)
            to[j * ldt + k] = 0;
    }
}

static void scalar_cross(float *out, size_t ldo, const float *l, size_t ldl, const float *r,
    size_t ldr, size_t count, size_t rows, size_t cols)
{
    for (size_t i = 0; i < rows; i++) {
        memset(out + i * ldo, 0, cols * sizeof *out);
        for (size_t k = 0; k < count; k++)
            for (size_t j = 0; j < cols; j++)
                out[i * ldo + j] += l[k * ldl + i] * r[k * ldr + j];
    }
}

static void scalar_multiply(float *out, size_t ldo, const float *x, size_t ldx, const float *q,
    size_t ldq, size_t count, size_t dim)
{
    for (size_t r = 0; r < count; r++) {
        memset(out + r * ldo, 0, dim * sizeof *out);
        for (size_t k = 0; k < dim; k++)
            for (size_t c = 0; c < dim; c++)
                out[r * ldo + c] += x[r * ldx + k] * q[k * ldq + c];
    }
}

static const att_normal scalar = {"scalar", 1, scalar_add_products, scalar_factor, scalar_forward,
    scalar_solve, scalar_solve_abreast, scalar_pack, scalar_pack_columns, scalar_combine,
    scalar_cross, scalar_multiply};

const att_normal *att_normal_scalar(void)
{
    return &scalar;
}

static const att_normal *usable_avx512(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
        return att_normal_avx512();
#endif
    return NULL;
}

static const att_normal *usable_avx2(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return att_normal_avx2();
#endif
    return NULL;
}

const att_normal *att_normal_named(const char *name)
{
    const att_normal *const usable[] = {usable_avx512(), usable_avx2(), &scalar};
    for (size_t i = 0; i < ATT_COUNT_OF(usable); i++)
        if (usable[i] && strcmp(name, usable[i]->name) == 0)
            return usable[i];
    return NULL;
}

const att_normal *att_normal_best(void)
{
    const att_normal *best = usable_avx512();
    if (!best)
        best = usable_avx2();
    return best ? best : &scalar;
}
