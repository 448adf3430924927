// SPDX-License-Identifier: Apache-2.0
// embed/matrix.c - compressed sparse rows from triplets.
//
// Transposing scatters row after row, so its result has ascending columns: a matrix built in any order is
// sorted by transposing it twice, in linear time.
#include "embed/matrix.h"

#include <math.h>

att_status att_matrix_init(att_matrix *out, uint32_t rows, uint32_t cols, uint64_t nonzeros,
    const att_host *host, att_error *err)
{
    *out = (att_matrix){.rows = rows, .cols = cols};
    uint64_t *row_start = ATT_NEW_ARRAY(host, uint64_t, (size_t)rows + 1);
    uint32_t *col = att_alloc(host, (size_t)nonzeros + 1, sizeof *col);
    float *value = att_alloc(host, (size_t)nonzeros + 1, sizeof *value);
    if (!row_start || !col || !value) {
        ATT_FREE_ARRAY(host, row_start, (size_t)rows + 1);
        ATT_FREE_ARRAY(host, col, (size_t)nonzeros + 1);
        ATT_FREE_ARRAY(host, value, (size_t)nonzeros + 1);
        *out = (att_matrix){0};
        return att_no_memory(err, (size_t)nonzeros, "preferences");
    }
    out->row_start = row_start;
    out->col = col;
    out->value = value;
    row_start[rows] = nonzeros; // so that deinit knows the sizes at any time
    return ATT_OK;
}

void att_matrix_deinit(att_matrix *matrix, const att_host *host)
{
    const size_t nonzeros = (size_t)att_matrix_nonzeros(matrix);
    ATT_FREE_ARRAY(host, matrix->col, nonzeros + 1);
    ATT_FREE_ARRAY(host, matrix->value, nonzeros + 1);
    ATT_FREE_ARRAY(host, matrix->row_start, (size_t)matrix->rows + 1);
    *matrix = (att_matrix){0};
}

// Counts per row in row_start[r] become where row r begins.
static void starts_from_counts(uint64_t *row_start, uint32_t rows)
{
    uint64_t sum = 0;
    for (uint32_t r = 0; r < rows; r++) {
        const uint64_t count = row_start[r];
        row_start[r] = sum;
        sum += count;
    }
    row_start[rows] = sum;
}

// Scattering moved every start to its row's end, which is where the next row begins.
static void starts_after_scatter(uint64_t *row_start, uint32_t rows)
{
    for (uint32_t r = rows; r > 0; r--)
        row_start[r] = row_start[r - 1];
    row_start[0] = 0;
}

att_status att_matrix_transpose(
    att_matrix *out, const att_matrix *matrix, const att_host *host, att_error *err)
{
    const uint64_t nonzeros = att_matrix_nonzeros(matrix);
    const att_status status = att_matrix_init(out, matrix->cols, matrix->rows, nonzeros, host, err);
    if (status)
        return status;
    for (uint64_t k = 0; k < nonzeros; k++)
        out->row_start[matrix->col[k]]++;
    if (out->rows)
        starts_from_counts(out->row_start, out->rows);
    for (uint32_t r = 0; r < matrix->rows; r++) {
        for (uint64_t k = matrix->row_start[r]; k < matrix->row_start[r + 1]; k++) {
            const uint64_t at = out->row_start[matrix->col[k]]++;
            out->col[at] = r;
            out->value[at] = matrix->value[k];
        }
    }
    starts_after_scatter(out->row_start, out->rows);
    out->row_start[out->rows] = nonzeros;
    return ATT_OK;
}

static att_status check_triplets(
    uint32_t rows, uint32_t cols, const att_triplet *triplets, size_t count, att_error *err)
{
    for (size_t i = 0; i < count; i++) {
        const att_triplet *t = &triplets[i];
        if (t->row >= rows || t->col >= cols)
            return ATT_FAIL(err, ATT_INVALID,
                "triplet %zu is at row %u, column %u of a matrix of %u rows and %u columns", i,
                t->row, t->col, rows, cols);
        if (!isfinite(t->value))
            return ATT_FAIL(err, ATT_INVALID, "triplet %zu (row %u, column %u) is not finite", i,
                t->row, t->col);
    }
    return ATT_OK;
}

// The transpose of the triplets, each row in the order given.
static void scatter_by_column(att_matrix *out, const att_triplet *triplets, size_t count)
{
    for (size_t i = 0; i < count; i++)
        out->row_start[triplets[i].col]++;
    starts_from_counts(out->row_start, out->rows);
    for (size_t i = 0; i < count; i++) {
        const uint64_t at = out->row_start[triplets[i].col]++;
        out->col[at] = triplets[i].row;
        out->value[at] = triplets[i].value;
    }
    starts_after_scatter(out->row_start, out->rows);
}

// Adds up neighbours with the same column; arrays are given back down to size.
static att_status merge_doubles(att_matrix *matrix, const att_host *host, att_error *err)
{
    const uint64_t before = att_matrix_nonzeros(matrix);
    uint64_t to = 0, from = 0;
    for (uint32_t r = 0; r < matrix->rows; r++) {
        const uint64_t start = to, end = matrix->row_start[r + 1];
        matrix->row_start[r] = start;
        for (; from < end; from++) {
            if (to > start && matrix->col[to - 1] == matrix->col[from]) {
                matrix->value[to - 1] += matrix->value[from];
                continue;
            }
            matrix->col[to] = matrix->col[from];
            matrix->value[to++] = matrix->value[from];
        }
    }
    if (to == before)
        return ATT_OK;
    // Copy rather than shrink in place, so that a refused allocation leaves everything as it was.
    att_matrix small;
    matrix->row_start[matrix->rows] = before;
    const att_status status = att_matrix_init(&small, matrix->rows, matrix->cols, to, host, err);
    if (status)
        return status;
    memcpy(small.row_start, matrix->row_start, matrix->rows * sizeof *small.row_start);
    memcpy(small.col, matrix->col, (size_t)to * sizeof *small.col);
    memcpy(small.value, matrix->value, (size_t)to * sizeof *small.value);
    att_matrix_deinit(matrix, host);
    *matrix = small;
    return ATT_OK;
}

att_status att_matrix_build(att_matrix *out, uint32_t rows, uint32_t cols,
    const att_triplet *triplets, size_t count, const att_host *host, att_error *err)
{
    *out = (att_matrix){0};
    att_matrix by_column = {0};
    att_status status = check_triplets(rows, cols, triplets, count, err);
    if (!status)
        status = att_matrix_init(&by_column, cols, rows, count, host, err);
    if (!status && cols)
        scatter_by_column(&by_column, triplets, count);
    if (!status)
        status = att_matrix_transpose(out, &by_column, host, err);
    att_matrix_deinit(&by_column, host);
    if (!status)
        status = merge_doubles(out, host, err);
    if (status)
        att_matrix_deinit(out, host);
    return status;
}

att_status att_matrix_pick_rows(att_matrix *out, const att_matrix *matrix, const uint32_t *keep,
    size_t count, const att_host *host, att_error *err)
{
    uint64_t nonzeros = 0;
    for (size_t i = 0; i < count; i++)
        nonzeros += matrix->row_start[keep[i] + 1] - matrix->row_start[keep[i]];
    const att_status status =
        att_matrix_init(out, (uint32_t)count, matrix->cols, nonzeros, host, err);
    if (status)
        return status;
    uint64_t to = 0;
    for (size_t i = 0; i < count; i++) {
        const uint64_t from = matrix->row_start[keep[i]];
        const uint64_t n = matrix->row_start[keep[i] + 1] - from;
        out->row_start[i] = to;
        memcpy(out->col + to, matrix->col + from, (size_t)n * sizeof *out->col);
        memcpy(out->value + to, matrix->value + from, (size_t)n * sizeof *out->value);
        to += n;
    }
    return ATT_OK;
}
