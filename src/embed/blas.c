// SPDX-License-Identifier: Apache-2.0
// embed/blas.c - OpenBLAS and LAPACK behind four calls.
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
        "%s (%u by %u) is not positive definite at row %d: raise the regularization", name, size, size,
        info);
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
    for (size_t r = 1; r < size; r++)
        for (size_t c = 0; c < r; c++)
            a[r * size + c] = a[c * size + r];
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

void att_blas_multiply(float *c, const float *a, const float *b, uint32_t rows, uint32_t inner,
    uint32_t cols, uint32_t threads)
{
    const int before = begin_threads(threads);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)rows, (int)cols, (int)inner, 1, a,
        (int)inner, b, (int)cols, 0, c, (int)cols);
    end_threads(before);
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
        "OPENBLAS_CORETYPE=Haswell (or SkylakeX, Zen) before the program starts, or install a newer "
        "OpenBLAS",
        att_blas_core(), call, error);
}

static att_status run_trial(trial *t, att_error *err)
{
    fill(t);
    att_blas_multiply(t->product, t->x, t->x, CHECK_SIZE, CHECK_SIZE, CHECK_SIZE, 1);
    att_status status = judge(product_error(t->x, false, t->x, t->product), "sgemm", err);
    if (status)
        return status;
    for (size_t r = 0; r < CHECK_SIZE; r++) {
        for (size_t c = 0; c < CHECK_SIZE; c++) {
            double sum = r == c;
            for (size_t k = 0; k < CHECK_SIZE; k++)
                sum += (double)t->x[k * CHECK_SIZE + r] * t->x[k * CHECK_SIZE + c];
            t->a[r * CHECK_SIZE + c] = (float)sum;
        }
    }
    memcpy(t->inverse, t->a, sizeof t->a);
    status = att_blas_invert(t->inverse, CHECK_SIZE, 1, "a small matrix", err);
    if (status)
        return judge(INFINITY, "spotrf", err);
    status = judge(product_error(t->a, false, t->inverse, NULL), "spotrf and spotri", err);
    if (status)
        return status;
    memcpy(t->inverse, t->a, sizeof t->a);
    memset(t->product, 0, sizeof t->product);
    for (size_t r = 0; r < CHECK_SIZE; r++)
        t->product[r * CHECK_SIZE + r] = 1;
    if (att_blas_solve(t->inverse, CHECK_SIZE, t->product, CHECK_SIZE, 1, "a small matrix", err))
        return judge(INFINITY, "spotrf", err);
    return judge(product_error(t->a, false, t->product, NULL), "strsm", err);
}

att_status att_blas_check(const att_host *host, att_error *err)
{
    trial *t = ATT_NEW_ARRAY(host, trial, 1);
    if (!t)
        return att_no_memory(err, 1, "BLAS check");
    const att_status status = run_trial(t, err);
    ATT_FREE_ARRAY(host, t, 1);
    return status;
}
