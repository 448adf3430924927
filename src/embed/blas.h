// SPDX-License-Identifier: Apache-2.0
// embed/blas.h - the few dense calls into OpenBLAS and LAPACK, and the proof that they compute right here.
//
// OpenBLAS picks its inner loops by processor when it loads; old versions pick wrong ones on some processors,
// with wrong results. So training asks att_blas_check first. Its thread count is one number for the whole
// process: it is set for the length of a call and put back. Results may differ in the last bits with it.
#ifndef ATT_EMBED_BLAS_H
#define ATT_EMBED_BLAS_H

#include "base/arena.h"

// A few products and inverses of small matrices against plain loops in double. ATT_UNSUPPORTED tells which
// call is wrong, by how much, and what to set (OPENBLAS_CORETYPE). About a millisecond.
att_status att_blas_check(const att_host *host, att_error *err);

// In place: the inverse of a symmetric positive definite matrix (size, size), row-major; both triangles are
// read as one and written alike. `name` says in the story what is inverted.
att_status att_blas_invert(
    float *a, uint32_t size, uint32_t threads, const char *name, att_error *err);
// In place: A x = B for symmetric positive definite A (size, size); B is (size, columns), row-major. A is lost.
att_status att_blas_solve(float *a, uint32_t size, float *b, uint32_t columns, uint32_t threads,
    const char *name, att_error *err);
// In place: K (rows, rows) becomes its factor and X (rows, cols) becomes Z with Z^T Z = X^T K^-1 X; K symmetric positive
// definite, all row-major.
att_status att_blas_whiten(float *k, uint32_t rows, float *x, uint32_t cols, uint32_t threads,
    const char *name, att_error *err);
// C (cols, cols) = alpha * Z^T Z, Z (rows, cols), row-major; both triangles are written.
void att_blas_gram(
    float *c, const float *z, uint32_t rows, uint32_t cols, float alpha, uint32_t threads);
// The principal axes of a symmetric matrix (size, size): values ascending, their vectors as rows of `a`. On one thread, so
// that the bits do not depend on how many there are.
att_status att_blas_axes(
    double *a, double *values, uint32_t size, att_arena *scratch, att_error *err);
// C (rows, cols) = alpha * A B + beta * C, row-major, A (rows, inner) and B (inner, cols) or their transposes as they lie;
// the last number of each is how far its rows are apart. On the threads that OpenBLAS is set to: hold it to one between
// att_blas_hold and att_blas_release where several of our own threads call it.
void att_blas_product(bool a_transposed, bool b_transposed, size_t rows, size_t cols, size_t inner,
    float alpha, const float *a, size_t a_step, const float *b, size_t b_step, float beta, float *c,
    size_t c_step);
int att_blas_hold(void); // returns what release wants
void att_blas_release(int before);
// "SkylakeX", "Haswell" …: what OpenBLAS took this processor for.
const char *att_blas_core(void);

#endif
