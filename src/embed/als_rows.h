// SPDX-License-Identifier: Apache-2.0
// embed/als_rows.h - one side of a pass: every row its own small least squares problem.
#ifndef ATT_EMBED_ALS_ROWS_H
#define ATT_EMBED_ALS_ROWS_H

#include "base/kernels.h"
#include "embed/matrix.h"
#include "embed/normal.h"
#include "embed/parallel.h"

#define ATT_ALS_PANEL_ROWS                                                                         \
    128u // gathered at a time; at 128 coordinates the panel is 64 KiB and stays in the second cache

// One thread's memory.
typedef struct att_als_work {
    float *a;     // (stride, stride)
    float *panel; // (max(PANEL_ROWS, stride), stride); with blocks (longest row, stride)
    float *b;     // (stride)
    float *roots; // (max(stride, longest row))
    float *scale; // (stride) 1 / sqrt(axes + scale_penalty)
    float scale_penalty;
    uint64_t fetched; // preferences up to here were asked for
} att_als_work;

typedef struct att_als_side {
    const att_matrix *matrix; // its rows are solved for
    const float *other; // (matrix->cols, stride), turned so that what the rows share is diagonal
    float *own;         // (matrix->rows, stride)
    const float *axes;  // (stride) that diagonal: unobserved * G
    const att_normal *normal;
    const att_kernels *kernels;
    att_als_work work[ATT_THREADS_MAX];
    bool failed[ATT_THREADS_MAX];
    size_t stride;
    uint32_t dim;
    uint32_t block; // coordinates solved for together; 0: all
    double reg, reg_power, unobserved;
    double shared_penalty; // >= 0: of every row
} att_als_side;

double att_als_penalty(const att_als_side *side, uint64_t count);
// Solved by n unknowns rather than dim.
bool att_als_is_few(const att_als_side *side, uint64_t count);
// False: the equations of some row are not positive definite. The same bits for any number of threads.
bool att_als_solve_rows(att_als_side *side, uint32_t threads);
// Multiplications and additions of one solve of this side: as done, and as if every row had dim unknowns.
void att_als_count_flops(const att_als_side *side, double *done, double *textbook);

#endif
