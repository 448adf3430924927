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

// Doubles (same row and column) are added up. Sorts `triplets` in place.
att_status att_matrix_build(att_matrix *out, uint32_t rows, uint32_t cols, att_triplet *triplets, size_t count,
    const att_host *host, att_error *err);
att_status att_matrix_transpose(att_matrix *out, const att_matrix *matrix, const att_host *host, att_error *err);
void att_matrix_deinit(att_matrix *matrix, const att_host *host);

#endif
