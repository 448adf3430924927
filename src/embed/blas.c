// SPDX-License-Identifier: Apache-2.0
// embed/blas.c - OpenBLAS and LAPACK behind a few calls.
#include "embed/blas.h"
#include "base/rng.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>

#define CHECK_SIZE 70 // more than one register block of every kernel, and no multiple of them

static int begin_threads(uint32_t threads)
{
    const int before = openblas_get_num_threads();
    openblas_set_num_threads((int)ATT_MAX(threads, 1));
    return before;
}

static void end_threads(int before)
{
    openblas_set_num_threads(before);
}

const char *att_blas_core(void)
{
    return openblas_get_corename();
}

static att_status fail_factor(int info, uint32_t size, const char *name, att_error *err)
{
    return ATT_FAIL(err, ATT_INVALID,
        "%s (%u by %u) is not positive definite at row %d: raise the regularization", name, size,
        size, info);
}

// The lower triangle is made like the upper, in squares that fit the cache.
static void mirror(float *a, size_t size)
{
    const size_t square = 64;
    for (size_t r0 = 0; r0 < size; r0 += square)
        for (size_t c0 = 0; c0 <= r0; c0 += square)
            for (size_t r = r0; r < ATT_MIN(r0 + square, size); r++)
                for (size_t c = c0; c < ATT_MIN(c0 + square, r); c++)
                    a[r * size + c] = a[c * size + r];
}

// Row-major upper is column-major lower: LAPACK sees the same triangle.
att_status att_blas_invert(
    float *a, uint32_t size, uint32_t threads, const char *name, att_error *err)
{
    const int before = begin_threads(threads);
    const lapack_int n = (lapack_int)size;
    lapack_int info = LAPACKE_spotrf_work(LAPACK_COL_MAJOR, 'L', n, a, n);
    if (info == 0)
        info = LAPACKE_spotri_work(LAPACK_COL_MAJOR, 'L', n, a, n);
    end_threads(before);
    if (info)
        return fail_factor(info, size, name, err);
    mirror(a, size);
    return ATT_OK;
}

att_status att_blas_solve(float *a, uint32_t size, float *b, uint32_t columns, uint32_t threads,
    const char *name, att_error *err)
{
    const int before = begin_threads(threads);
    const lapack_int n = (lapack_int)size;
    const lapack_int info = LAPACKE_spotrf_work(LAPACK_COL_MAJOR, 'L', n, a, n);
    if (info == 0) { // A = U^T U with U the row-major upper triangle
        cblas_strsm(CblasRowMajor, CblasLeft, CblasUpper, CblasTrans, CblasNonUnit, n, (int)columns,
            1, a, n, b, (int)columns);
        cblas_strsm(CblasRowMajor, CblasLeft, CblasUpper, CblasNoTrans, CblasNonUnit, n,
            (int)columns, 1, a, n, b, (int)columns);
    }
    end_threads(before);
    return info ? fail_factor(info, size, name, err) : ATT_OK;
}

att_status att_blas_whiten(float *k, uint32_t rows, float *x, uint32_t cols, uint32_t threads,
    const char *name, att_error *err)
{
    const int before = begin_threads(threads);
    const lapack_int n = (lapack_int)rows;
    const lapack_int info = LAPACKE_spotrf_work(LAPACK_COL_MAJOR, 'L', n, k, n);
    if (info == 0)
        cblas_strsm(CblasRowMajor, CblasLeft, CblasUpper, CblasTrans, CblasNonUnit, n, (int)cols, 1,
            k, n, x, (int)cols);
    end_threads(before);
    return info ? fail_factor(info, rows, name, err) : ATT_OK;
}

void att_blas_gram(
    float *c, const float *z, uint32_t rows, uint32_t cols, float alpha, uint32_t threads)
{
    const int before = begin_threads(threads);
    cblas_ssyrk(CblasRowMajor, CblasUpper, CblasTrans, (int)cols, (int)rows, alpha, z, (int)cols, 0,
        c, (int)cols);
    end_threads(before);
    mirror(c, cols);
}

void att_blas_product(bool a_transposed, bool b_transposed, size_t rows, size_t cols, size_t inner,
    float alpha, const float *a, size_t a_step, const float *b, size_t b_step, float beta, float *c,
    size_t c_step)
{
    cblas_sgemm(CblasRowMajor, a_transposed ? CblasTrans : CblasNoTrans,
        b_transposed ? CblasTrans : CblasNoTrans, (int)rows, (int)cols, (int)inner, alpha, a,
        (int)a_step, b, (int)b_step, beta, c, (int)c_step);
}

int att_blas_hold(void)
{
    return begin_threads(1);
}

void att_blas_release(int before)
{
    end_threads(before);
}

att_status att_blas_axes(
    double *a, double *values, uint32_t size, att_arena *scratch, att_error *err)
{
    const lapack_int n = (lapack_int)size, work_size = 1 + 6 * n + 2 * n * n,
                     whole_size = 3 + 5 * n;
    const att_arena_mark mark = att_arena_save(scratch);
    double *work = ATT_NEW(scratch, double, (size_t)work_size);
    lapack_int *whole = ATT_NEW(scratch, lapack_int, (size_t)whole_size);
    if (!work || !whole)
        return att_no_memory(err, (size_t)work_size, "axes");
    const int before = begin_threads(1);
    const lapack_int info = LAPACKE_dsyevd_work(
        LAPACK_COL_MAJOR, 'V', 'L', n, a, n, values, work, work_size, whole, whole_size);
    end_threads(before);
    att_arena_rewind(scratch, mark);
    if (info)
        return ATT_FAIL(err, ATT_INVALID,
            "the principal axes of %u coordinates were not found: the vectors hold huge values",
            size);
    return ATT_OK;
}

// --- The check -----------------------------------------------------------------------------------

typedef struct trial {
    float x[CHECK_SIZE * CHECK_SIZE];       // random
    float a[CHECK_SIZE * CHECK_SIZE];       // x^T x + 1 on the diagonal, by plain loops
    float product[CHECK_SIZE * CHECK_SIZE]; // by BLAS
    float inverse[CHECK_SIZE * CHECK_SIZE]; // by LAPACK
} trial;

static void fill(trial *t)
{
    att_rng rng = att_rng_seed(1);
    for (size_t k = 0; k < ATT_COUNT_OF(t->x); k++)
        t->x[k] = (float)(att_rng_unit(&rng) - 0.5);
}

// Largest difference between a * b and `wanted` (NULL: the identity), in double.
static double product_error(const float *a, bool a_transposed, const float *b, const float *wanted)
{
    double worst = 0;
    for (size_t r = 0; r < CHECK_SIZE; r++) {
        for (size_t c = 0; c < CHECK_SIZE; c++) {
            double sum = 0;
            for (size_t k = 0; k < CHECK_SIZE; k++)
                sum += (double)a[a_transposed ? k * CHECK_SIZE + r : r * CHECK_SIZE + k] *
                       b[k * CHECK_SIZE + c];
            const double error = fabs(sum - (wanted ? wanted[r * CHECK_SIZE + c] : r == c));
            worst = error <= worst ? worst : error; // NaN passes through
        }
    }
    return worst;
}

static att_status judge(double error, const char *call, att_error *err)
{
    if (error <= 1e-3)
        return ATT_OK;
    return ATT_FAIL(err, ATT_UNSUPPORTED,
        "this OpenBLAS (core type %s) computes wrong results: %s is off by %g in a small test. Set "
        "OPENBLAS_CORETYPE=Haswell (or SkylakeX, Zen) before the program starts, or install a "
        "newer "
        "OpenBLAS",
        att_blas_core(), call, error);
}

static void fill_positive(trial *t)
{
    for (size_t r = 0; r < CHECK_SIZE; r++) {
        for (size_t c = 0; c < CHECK_SIZE; c++) {
            double sum = r == c;
            for (size_t k = 0; k < CHECK_SIZE; k++)
                sum += (double)t->x[k * CHECK_SIZE + r] * t->x[k * CHECK_SIZE + c];
            t->a[r * CHECK_SIZE + c] = (float)sum;
        }
    }
}

static void fill_identity(float *a)
{
    memset(a, 0, CHECK_SIZE * CHECK_SIZE * sizeof *a);
    for (size_t r = 0; r < CHECK_SIZE; r++)
        a[r * CHECK_SIZE + r] = 1;
}

static att_status check_products(trial *t, att_error *err)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, CHECK_SIZE, CHECK_SIZE, CHECK_SIZE, 1,
        t->x, CHECK_SIZE, t->x, CHECK_SIZE, 0, t->product, CHECK_SIZE);
    const att_status status = judge(product_error(t->x, false, t->x, t->product), "sgemm", err);
    if (status)
        return status;
    att_blas_gram(t->product, t->x, CHECK_SIZE, CHECK_SIZE, 1, 1);
    return judge(product_error(t->x, true, t->x, t->product), "ssyrk", err);
}

static att_status check_inverse(trial *t, att_error *err)
{
    memcpy(t->inverse, t->a, sizeof t->a);
    if (att_blas_invert(t->inverse, CHECK_SIZE, 1, "a small matrix", err))
        return judge(INFINITY, "spotrf", err);
    return judge(product_error(t->a, false, t->inverse, NULL), "spotrf and spotri", err);
}

static att_status check_solves(trial *t, att_error *err)
{
    memcpy(t->inverse, t->a, sizeof t->a);
    fill_identity(t->product);
    if (att_blas_solve(t->inverse, CHECK_SIZE, t->product, CHECK_SIZE, 1, "a small matrix", err))
        return judge(INFINITY, "spotrf", err);
    return judge(product_error(t->a, false, t->product, NULL), "strsm", err);
}

att_status att_blas_check(const att_host *host, att_error *err)
{
    trial *t = ATT_NEW_ARRAY(host, trial, 1);
    if (!t)
        return att_no_memory(err, 1, "BLAS check");
    fill(t);
    fill_positive(t);
    att_status status = check_products(t, err);
    if (!status)
        status = check_inverse(t, err);
    if (!status)
        status = check_solves(t, err);
    ATT_FREE_ARRAY(host, t, 1);
    return status;
}
