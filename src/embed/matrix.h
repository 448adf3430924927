// SPDX-License-Identifier: Apache-2.0
// embed/matrix.h - who preferred what, by rows: compressed sparse rows.
#ifndef ATT_EMBED_MATRIX_H
#define ATT_EMBED_MATRIX_H

#include "base/arena.h"
#include "base/base.h"

// Row r's nonzeros are col[row_start[r] … row_start[r + 1]), columns ascending.
typedef struct att_matrix {
    uint32_t rows, cols;
    uint64_t *row_start; // (rows + 1)
    uint32_t *col;       // (nonzeros)
    float *value;        // (nonzeros)
} att_matrix;

typedef struct att_triplet {
    uint32_t row, col;
    float value;
} att_triplet;

// Doubles (same row and column) are added up in the order given. ATT_INVALID names the first triplet that lies
// outside or is not finite. On failure *out is empty. O(count + rows + cols).
att_status att_matrix_build(att_matrix *out, uint32_t rows, uint32_t cols,
    const att_triplet *triplets, size_t count, const att_host *host, att_error *err);
att_status att_matrix_transpose(
    att_matrix *out, const att_matrix *matrix, const att_host *host, att_error *err);
// Rows `keep[0 … count)` of `matrix`, in that order.
att_status att_matrix_pick_rows(att_matrix *out, const att_matrix *matrix, const uint32_t *keep,
    size_t count, const att_host *host, att_error *err);
// Empty arrays of the right sizes; row_start is zero. For those who fill it themselves.
att_status att_matrix_init(att_matrix *out, uint32_t rows, uint32_t cols, uint64_t nonzeros,
    const att_host *host, att_error *err);
// `nonzeros` given to init must be row_start[rows] by now. An empty matrix is fine.
void att_matrix_deinit(att_matrix *matrix, const att_host *host);

static inline uint64_t att_matrix_nonzeros(const att_matrix *matrix)
{
    return matrix->row_start ? matrix->row_start[matrix->rows] : 0;
}

#endif
