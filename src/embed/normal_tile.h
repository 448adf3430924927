// SPDX-License-Identifier: Apache-2.0
// embed/normal_tile.h - the fast normal equations, written once for any register width.
//
// Included by normal_avx512.c and normal_avx2.c, which define: LANES, TILE_ROWS, vec, FAST (the target), and
// v_load, v_store, v_zero, v_set1, v_mul, v_add, v_fma(a, b, c) = a b + c, v_fnma(a, b, c) = c - a b,
// v_lane(v, k) = lane k everywhere, v_transpose(rows), v_rsqrt, v_from(v, k) = v with zeros below lane k, v_total(v) = sum.
//
// One idea carries all: a tile of TILE_ROWS x (2 * LANES) results stays in registers while k runs over the rows
// of a panel, each step loading two vectors and broadcasting TILE_ROWS numbers. Products, the left-looking
// Cholesky and the forward solve are that tile with different operands.

#define INLINE FAST static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

// What becomes of the sums in a tile.
typedef enum tile_end { TILE_ADD, TILE_TAKE, TILE_SET } tile_end;

// C (TILE_ROWS, vecs * LANES) gets sum over k of L(k, r) * R[k][c]; L(k, r) lies at left[k * k_step + r * r_step].
INLINE void tile(float *c, size_t ldc, const float *left, size_t k_step, size_t r_step,
    const float *right, size_t ldr, size_t count, const tile_end end, const int vecs)
{
    vec sum[TILE_ROWS][2];
    UNROLL for (int r = 0; r < TILE_ROWS; r++) UNROLL for (int v = 0; v < vecs; v++) sum[r][v] =
        v_zero();
    for (size_t k = 0; k < count; k++) {
        vec x[2];
        UNROLL for (int v = 0; v < vecs; v++) x[v] = v_load(right + v * LANES);
        UNROLL for (int r = 0; r < TILE_ROWS; r++)
        {
            const vec y = v_set1(left[(size_t)r * r_step]);
            UNROLL for (int v = 0; v < vecs; v++) sum[r][v] = v_fma(y, x[v], sum[r][v]);
        }
        left += k_step;
        right += ldr;
    }
    UNROLL for (int r = 0; r < TILE_ROWS; r++)
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

// One row of tiles: C (TILE_ROWS, cols), cols a multiple of LANES.
INLINE void tile_row(float *c, size_t ldc, const float *left, size_t k_step, size_t r_step,
    const float *right, size_t ldr, size_t count, size_t cols, const tile_end end)
{
    size_t at = 0;
    for (; at + 2 * LANES <= cols; at += 2 * LANES)
        tile(c + at, ldc, left, k_step, r_step, right + at, ldr, count, end, 2);
    if (at < cols)
        tile(c + at, ldc, left, k_step, r_step, right + at, ldr, count, end, 1);
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

// b := U^-T b, LANES numbers at a time in one register.
INLINE void solve_down(const float *u, size_t ldu, size_t dim, float *b)
{
    for (size_t at = 0; at < dim; at += LANES) {
        vec even = v_load(b + at), odd = v_zero();
        for (size_t k = 0; k < at; k += 2) {
            even = v_fnma(v_load(u + k * ldu + at), v_set1(b[k]), even);
            odd = v_fnma(v_load(u + (k + 1) * ldu + at), v_set1(b[k + 1]), odd);
        }
        even = v_add(even, odd);
        const float *corner = u + at * ldu + at;
        vec found = v_zero();
        UNROLL for (int k = 0; k < LANES; k++)
        {
            const vec z = v_mul(v_lane(even, k), v_set1(1 / corner[(size_t)k * ldu + (size_t)k]));
            found = v_put(found, z, k);
            even = v_fnma(v_load(corner + (size_t)k * ldu), z, even);
        }
        v_store(b + at, found);
    }
}

// b := U^-1 b: row by row from the last; the rows' zeros below the diagonal let every load be a whole register.
INLINE void solve_up(const float *u, size_t ldu, size_t dim, float *b)
{
    for (size_t block = dim; block > 0; block -= LANES) {
        const size_t at = block - LANES;
        vec done = v_zero(); // of this block
        UNROLL for (int k = LANES - 1; k >= 0; k--)
        {
            const float *row = u + (at + (size_t)k) * ldu;
            vec sum = v_mul(v_load(row + at), done);
            for (size_t c = block; c < dim; c += LANES)
                sum = v_fma(v_load(row + c), v_load(b + c), sum);
            const float z = (b[at + (size_t)k] - v_total(sum)) / row[at + (size_t)k];
            done = v_put(done, v_set1(z), k);
        }
        v_store(b + at, done);
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
INLINE void pack_square(float *to, size_t ldt, const float *rows, size_t stride,
    const uint32_t *picks, const float *roots, size_t count, const float *scale)
{
    vec row[LANES];
    float root[LANES] = {0};
    UNROLL for (int k = 0; k < LANES; k++) row[k] =
        (size_t)k < count ? v_load_any(rows + picks[k] * stride) : v_zero();
    for (size_t k = 0; k < LANES && k < count; k++)
        root[k] = roots[k];
    v_transpose(row);
    const vec by = v_load_any(root);
    UNROLL for (int j = 0; j < LANES; j++)
        v_store(to + (size_t)j * ldt, v_mul(by, v_mul(v_set1(scale[j]), row[j])));
}

FAST static void fast_pack_columns(float *to, size_t ldt, const float *rows, size_t stride,
    const uint32_t *picks, const float *roots, size_t count, const float *scale, size_t dim)
{
    for (size_t k = 0; k < ldt; k += LANES)
        for (size_t j = 0; j < dim; j += LANES)
            pack_square(to + j * ldt + k, ldt, rows + j, stride, picks + k, roots + k,
                k < count ? count - k : 0, scale + j);
}

FAST static void fast_cross(float *out, size_t ldo, const float *l, size_t ldl, const float *r,
    size_t ldr, size_t count, size_t rows, size_t cols)
{
    for (size_t i = 0; i < rows; i += TILE_ROWS)
        tile_row(out + i * ldo, ldo, l + i, ldl, 1, r, ldr, count, cols, TILE_SET);
}

FAST static void fast_multiply(float *out, size_t ldo, const float *x, size_t ldx, const float *q,
    size_t ldq, size_t count, size_t dim)
{
    for (size_t r = 0; r < count; r += TILE_ROWS)
        tile_row(out + r * ldo, ldo, x + r * ldx, 1, ldx, q, ldq, dim, dim, TILE_SET);
}
