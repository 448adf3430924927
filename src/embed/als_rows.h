// SPDX-License-Identifier: Apache-2.0
// embed/als_rows.h - one side of a pass: every row its own small least squares problem.
#ifndef ATT_EMBED_ALS_ROWS_H
#define ATT_EMBED_ALS_ROWS_H

#include "base/kernels.h"
#include "embed/matrix.h"
#include "embed/normal.h"
#include "embed/parallel.h"

#define ATT_ALS_PANEL_ROWS 32u // gathered at a time, while the next ones are on their way
// Rows of at most so many preferences, and of at most dim, are solved side by side.
#define ATT_ALS_ABREAST_MAX 64u

// One thread's memory.
typedef struct att_als_work {
    float *a;     // (stride, stride) or those of the systems side by side
    float *panel; // (max(PANEL_ROWS, stride), stride) or theirs; with blocks (longest row, stride)
    float *b;     // (stride)
    float *roots; // (stride); with blocks (longest row)
    float *scale; // (stride) 1 / sqrt(axes + scale_penalty)
    float scale_penalty;
    // Side by side: att_normal_abreast's arrays. Where the vectors of one batch lie and those of the next, which is number `ready`.
    size_t *from, *next; // (ABREAST_MAX, lanes)
    float *t, *lane_roots;
    size_t ready;
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
    // Rows in the order they are solved in: batch b, rows of one length side by side, is order[batch_start[b] … batch_start[b + 1]);
    // what follows the last is solved one by one.
    uint32_t *order;       // (matrix->rows)
    uint32_t *batch_start; // (batch_count + 1)
    size_t batch_count;
} att_als_side;

double att_als_penalty(const att_als_side *side, uint64_t count);
// Puts the rows in order. Borrows the memory from `life`.
att_status att_als_order_rows(att_als_side *side, att_arena *life, att_error *err);
// What a thread needs to solve this side's rows.
att_status att_als_make_work(
    att_als_work *out, const att_als_side *side, att_arena *life, att_error *err);
// Solved by n unknowns rather than dim.
bool att_als_is_few(const att_als_side *side, uint64_t count);
// False: the equations of some row are not positive definite. The same bits for any number of threads.
bool att_als_solve_rows(att_als_side *side, uint32_t threads);
// Multiplications and additions of one solve of this side: as done, and as if every row had dim unknowns.
void att_als_count_flops(const att_als_side *side, double *done, double *textbook);

#endif
