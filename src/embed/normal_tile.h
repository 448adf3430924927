// SPDX-License-Identifier: Apache-2.0
// embed/normal_tile.h - the fast normal equations, written once for any register width.
//
// Included by normal_avx512.c and normal_avx2.c, which define: LANES, TILE_ROWS, vec, FAST (the target), and
// v_load, v_store, v_zero, v_set1, v_mul, v_div, v_add, v_sub, v_fma(a, b, c) = a b + c, v_fnma(a, b, c) = c - a b,
// v_lane(v, k) = lane k everywhere, v_transpose(rows), v_rsqrt, v_from(v, k) = v with zeros below lane k, v_total(v) = sum.
//
// One idea carries all: a tile of TILE_ROWS x (2 * LANES) results stays in registers while k runs over the rows
// of a panel, each step loading two vectors and broadcasting TILE_ROWS numbers. Products, the left-looking
// Cholesky and the forward solve are that tile with different operands.

#define INLINE FAST static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

// What becomes of the sums in a tile.
typedef enum tile_end { TILE_ADD, TILE_TAKE, TILE_SET } tile_end;

// C (rows, vecs * LANES) gets sum over k of L(k, r) * R[k][c]; L(k, r) lies at left[k * k_step + r * r_step].
INLINE void tile(float *c, size_t ldc, const float *left, size_t k_step, size_t r_step,
    const float *right, size_t ldr, size_t count, const tile_end end, const int rows, const int vecs)
{
    vec sum[TILE_ROWS][2];
    UNROLL for (int r = 0; r < rows; r++) UNROLL for (int v = 0; v < vecs; v++) sum[r][v] =
        v_zero();
    for (size_t k = 0; k < count; k++) {
        vec x[2];
        UNROLL for (int v = 0; v < vecs; v++) x[v] = v_load(right + v * LANES);
        UNROLL for (int r = 0; r < rows; r++)
        {
            const vec y = v_set1(left[(size_t)r * r_step]);
            UNROLL for (int v = 0; v < vecs; v++) sum[r][v] = v_fma(y, x[v], sum[r][v]);
        }
        left += k_step;
        right += ldr;
    }
    UNROLL for (int r = 0; r < rows; r++)
    {
        UNROLL for (int v = 0; v < vecs; v++)
        {
            float *to = c + (size_t)r * ldc + v * LANES;
            if (end == TILE_ADD)
                sum[r][v] = v_add(v_load(to), sum[r][v]);
            if (end == TILE_TAKE)
                sum[r][v] = v_sub(v_load(to), sum[r][v]);
            v_store(to, sum[r][v]);
        }
    }
}

// One row of tiles: C (rows, cols), cols a multiple of LANES.
INLINE void tile_rows(float *c, size_t ldc, const float *left, size_t k_step, size_t r_step,
    const float *right, size_t ldr, size_t count, size_t cols, const tile_end end, const int rows)
{
    size_t at = 0;
    for (; at + 2 * LANES <= cols; at += 2 * LANES)
        tile(c + at, ldc, left, k_step, r_step, right + at, ldr, count, end, rows, 2);
    if (at < cols)
        tile(c + at, ldc, left, k_step, r_step, right + at, ldr, count, end, rows, 1);
}

INLINE void tile_row(float *c, size_t ldc, const float *left, size_t k_step, size_t r_step,
    const float *right, size_t ldr, size_t count, size_t cols, const tile_end end)
{
    tile_rows(c, ldc, left, k_step, r_step, right, ldr, count, cols, end, TILE_ROWS);
}

FAST static void fast_add_products(
    float *a, size_t lda, const float *p, size_t ldp, size_t count, size_t dim)
{
    for (size_t r = 0; r < dim; r += TILE_ROWS) {
        const size_t from = r / LANES * LANES;
        tile_row(
            a + r * lda + from, lda, p + r, ldp, 1, p + from, ldp, count, dim - from, TILE_ADD);
    }
}

// U of one (LANES, LANES) block in registers; zeros below the diagonal. The least pivot tells of failure.
INLINE float factor_corner(float *a, size_t lda)
{
    vec row[LANES];
    float least = INFINITY;
    UNROLL for (int k = 0; k < LANES; k++) row[k] = v_load(a + (size_t)k * lda);
    UNROLL for (int k = 0; k < LANES; k++)
    {
        const vec pivot = v_lane(row[k], k);
        const float p = v_first(pivot);
        least = p > least ? least : p; // NaN gets through
        row[k] = v_from(v_mul(row[k], v_rsqrt(pivot)), k);
        UNROLL for (int r = k + 1; r < LANES; r++) row[r] =
            v_fnma(v_lane(row[k], r), row[k], row[r]);
    }
    UNROLL for (int k = 0; k < LANES; k++) v_store(a + (size_t)k * lda, row[k]);
    return least;
}

// B (LANES, LANES) := corner^-T B; `inverse` holds one over the corner's diagonal.
INLINE void corner_solve(
    const float *corner, size_t ldu, const float *inverse, float *b, size_t ldb)
{
    vec row[LANES];
    UNROLL for (int k = 0; k < LANES; k++) row[k] = v_load(b + (size_t)k * ldb);
    UNROLL for (int k = 0; k < LANES; k++)
    {
        row[k] = v_mul(row[k], v_set1(inverse[k]));
        UNROLL for (int r = k + 1; r < LANES; r++) row[r] =
            v_fnma(v_set1(corner[(size_t)k * ldu + (size_t)r]), row[k], row[r]);
    }
    UNROLL for (int k = 0; k < LANES; k++) v_store(b + (size_t)k * ldb, row[k]);
}

FAST static void corner_solve_row(
    const float *corner, size_t ldu, float *b, size_t ldb, size_t cols)
{
    float inverse[LANES];
    for (size_t k = 0; k < LANES; k++)
        inverse[k] = 1 / corner[k * ldu + k];
    for (size_t at = 0; at < cols; at += LANES)
        corner_solve(corner, ldu, inverse, b + at, ldb);
}

// Rows at … at + LANES-1 of C (from column `from`) -= what the rows of U above them say.
FAST static void take_off_above(float *c, size_t ldc, const float *u, size_t ldu,
    const float *right, size_t ldr, size_t at, size_t cols)
{
    for (size_t r = 0; r < LANES; r += TILE_ROWS)
        tile_row(c + r * ldc, ldc, u + at + r, ldu, 1, right, ldr, at, cols, TILE_TAKE);
}

FAST static bool fast_factor(float *a, size_t lda, size_t dim)
{
    for (size_t at = 0; at < dim; at += LANES) {
        float *block = a + at * lda + at;
        if (at)
            take_off_above(block, lda, a, lda, a + at, lda, at, dim - at);
        const float least = factor_corner(block, lda);
        if (!(least > 0) || !isfinite(least))
            return false;
        if (at + LANES < dim)
            corner_solve_row(block, lda, block + LANES, lda, dim - at - LANES);
    }
    return true;
}

FAST static void fast_forward(
    const float *u, size_t ldu, size_t dim, float *b, size_t ldb, size_t cols)
{
    for (size_t at = 0; at < dim; at += LANES) {
        float *block = b + at * ldb;
        if (at)
            take_off_above(block, ldb, u, ldu, b, ldb, at, cols);
        corner_solve_row(u + at * ldu + at, ldu, block, ldb, cols);
    }
}

// One over the diagonal of a corner.
INLINE vec corner_inverse(const float *corner, size_t ldu)
{
    float diagonal[LANES];
    for (size_t k = 0; k < LANES; k++)
        diagonal[k] = corner[k * ldu + k];
    return v_div(v_set1(1), v_load_any(diagonal));
}

// b := U^-T b, LANES numbers at a time in one register.
INLINE void solve_down(const float *u, size_t ldu, size_t dim, float *b)
{
    for (size_t at = 0; at < dim; at += LANES) {
        vec rest[4] = {v_load(b + at), v_zero(), v_zero(), v_zero()};
        for (size_t k = 0; k < at; k += 4)
            UNROLL for (size_t j = 0; j < 4; j++) rest[j] =
                v_fnma(v_load(u + (k + j) * ldu + at), v_set1(b[k + j]), rest[j]);
        vec left = v_add(v_add(rest[0], rest[1]), v_add(rest[2], rest[3])), found = v_zero();
        const float *corner = u + at * ldu + at;
        const vec inverse = corner_inverse(corner, ldu);
        UNROLL for (int k = 0; k < LANES; k++)
        {
            const vec z = v_mul(v_lane(left, k), v_lane(inverse, k));
            found = v_put(found, z, k);
            left = v_fnma(v_load(corner + (size_t)k * ldu), z, left);
        }
        v_store(b + at, found);
    }
}

// Lane r of the result: the sum of row[r].
INLINE vec totals(vec row[LANES])
{
    v_transpose(row);
    vec sum[4] = {row[0], row[1], row[2], row[3]};
    UNROLL for (int r = 4; r < LANES; r++) sum[r % 4] = v_add(sum[r % 4], row[r]);
    return v_add(v_add(sum[0], sum[1]), v_add(sum[2], sum[3]));
}

// b := U^-1 b, from the last LANES numbers up. A corner's columns are its rows turned over.
INLINE void solve_up(const float *u, size_t ldu, size_t dim, float *b)
{
    for (size_t end = dim; end > 0; end -= LANES) {
        const size_t at = end - LANES;
        const float *rows = u + at * ldu;
        vec row[LANES], left = v_load(b + at);
        if (end < dim) {
            UNROLL for (int r = 0; r < LANES; r++) row[r] = v_zero();
            for (size_t c = end; c < dim; c += LANES) {
                const vec x = v_load(b + c);
                UNROLL for (int r = 0; r < LANES; r++) row[r] =
                    v_fma(v_load(rows + (size_t)r * ldu + c), x, row[r]);
            }
            left = v_sub(left, totals(row));
        }
        const vec inverse = corner_inverse(rows + at, ldu);
        UNROLL for (int r = 0; r < LANES; r++) row[r] = v_load(rows + (size_t)r * ldu + at);
        v_transpose(row);
        UNROLL for (int k = LANES - 1; k >= 0; k--)
        {
            const vec z = v_mul(v_lane(left, k), v_lane(inverse, k));
            left = v_put(v_fnma(row[k], z, left), z, k);
        }
        v_store(b + at, left);
    }
}

FAST static void fast_solve(const float *u, size_t ldu, size_t dim, float *b)
{
    solve_down(u, ldu, dim, b);
    solve_up(u, ldu, dim, b);
}

FAST static void fast_pack(float *to, const float *from, size_t dim, float scale)
{
    size_t j = 0;
    for (; j + LANES <= dim; j += LANES)
        v_store_any(to + j, v_mul(v_set1(scale), v_load_any(from + j)));
    for (; j < dim; j++)
        to[j] = scale * from[j];
    for (; j < att_normal_pad(dim); j++)
        to[j] = 0;
}

// LANES rows become LANES columns.
INLINE void pack_square(float *to, size_t ldt, const float *const from[LANES], size_t j,
    const vec roots, const float *scale)
{
    vec row[LANES];
    UNROLL for (int k = 0; k < LANES; k++) row[k] = v_load_any(from[k] + j);
    v_transpose(row);
    UNROLL for (int i = 0; i < LANES; i++)
        v_store(to + (size_t)i * ldt, v_mul(roots, v_mul(v_set1(scale[i]), row[i])));
}

// Columns from count on are some row times zero.
FAST static void fast_pack_columns(float *to, size_t ldt, const float *rows, size_t stride,
    const uint32_t *picks, const float *roots, size_t count, const float *scale, size_t dim)
{
    for (size_t at = 0; at < ldt; at += LANES) {
        const float *from[LANES];
        float root[LANES];
        UNROLL for (size_t k = 0; k < LANES; k++)
        {
            const bool there = at + k < count;
            from[k] = rows + picks[there ? at + k : 0] * stride;
            root[k] = there ? roots[at + k] : 0;
        }
        const vec by = v_load_any(root);
        for (size_t j = 0; j < dim; j += LANES)
            pack_square(to + j * ldt + at, ldt, from, j, by, scale + j);
    }
}

// `vecs` registers of the result stay while all rows pass.
INLINE void combine_part(float *out, const float *rows, size_t stride, const uint32_t *picks,
    const float *by, size_t count, const float *scale, const int vecs)
{
    vec sum[4];
    UNROLL for (int v = 0; v < vecs; v++) sum[v] = v_zero();
    for (size_t k = 0; k < count; k++) {
        const float *x = rows + picks[k] * stride;
        const vec y = v_set1(by[k]);
        UNROLL for (int v = 0; v < vecs; v++) sum[v] = v_fma(y, v_load_any(x + v * LANES), sum[v]);
    }
    UNROLL for (int v = 0; v < vecs; v++)
    {
        const vec s = v_load_any(scale + v * LANES);
        v_store_any(out + v * LANES, v_mul(v_mul(sum[v], s), s));
    }
}

FAST static void fast_combine(float *out, const float *rows, size_t stride, const uint32_t *picks,
    const float *by, size_t count, const float *scale, size_t dim)
{
    size_t j = 0;
    for (; j + 4 * LANES <= dim; j += 4 * LANES)
        combine_part(out + j, rows + j, stride, picks, by, count, scale + j, 4);
    for (; j < dim; j += LANES)
        combine_part(out + j, rows + j, stride, picks, by, count, scale + j, 1);
}

FAST static void fast_cross(float *out, size_t ldo, const float *l, size_t ldl, const float *r,
    size_t ldr, size_t count, size_t rows, size_t cols)
{
    size_t i = 0;
    for (; i + TILE_ROWS <= rows; i += TILE_ROWS)
        tile_row(out + i * ldo, ldo, l + i, ldl, 1, r, ldr, count, cols, TILE_SET);
    if (i < rows)
        tile_rows(out + i * ldo, ldo, l + i, ldl, 1, r, ldr, count, cols, TILE_SET, 4);
}

FAST static void fast_multiply(float *out, size_t ldo, const float *x, size_t ldx, const float *q,
    size_t ldq, size_t count, size_t dim)
{
    for (size_t r = 0; r < count; r += TILE_ROWS)
        tile_row(out + r * ldo, ldo, x + r * ldx, 1, ldx, q, ldq, dim, dim, TILE_SET);
}
