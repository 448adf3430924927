// SPDX-License-Identifier: Apache-2.0
// embed/normal_abreast.h - small systems of one size, as many at once as a register has lanes: lane l belongs to system l.
//
// Included behind normal_tile.h, whose names it uses, with BLOCK_ROWS (1, 2 or 4). A number of a system is a register here, so nothing is
// summed across lanes, no lane is wasted on what is small, and the long waits of one factorization (roots, quotients) are
// those of LANES. What a lane holds does not depend on its neighbours.
//
// Gathered vectors are transposed LANES coordinates at a time: panel is (size, LANES coordinates, LANES systems), and every
// block of 4 x 4 products takes what it needs of it. The size is the count padded to 4, with zeros.

// sum[r][c] gets -+ sum over k of left(k, r) * right(k, c), steps in floats.
INLINE void abreast_block(vec sum[BLOCK_ROWS][4], const float *left, size_t left_k, size_t left_r,
    const float *right, size_t right_k, size_t right_c, size_t count, const bool take)
{
    for (size_t k = 0; k < count; k++) {
        vec x[4];
        UNROLL for (size_t c = 0; c < 4; c++) x[c] = v_load(right + c * right_c);
        UNROLL for (size_t r = 0; r < BLOCK_ROWS; r++)
        {
            const vec y = v_load(left + r * left_r);
            UNROLL for (size_t c = 0; c < 4; c++) sum[r][c] =
                take ? v_fnma(y, x[c], sum[r][c]) : v_fma(y, x[c], sum[r][c]);
        }
        left += left_k;
        right += right_k;
    }
}

// Coordinates at … at + LANES-1 of every vector; those of the next systems are asked for meanwhile.
FAST static void abreast_pack(const att_normal_abreast *s, size_t at)
{
    const float *rows = s->rows + at;
    for (size_t k = 0; k < s->count; k++) {
        const size_t *from = s->from + k * LANES;
        float *to = s->panel + k * LANES * LANES;
        vec row[LANES];
        UNROLL for (size_t l = 0; l < LANES; l++) row[l] = v_load_any(rows + from[l]);
        if (k < s->next_count)
            UNROLL for (size_t l = 0; l < LANES; l++)
                __builtin_prefetch(rows + s->next[k * LANES + l]);
        v_transpose(row);
        UNROLL for (size_t j = 0; j < LANES; j++)
            v_store(to + j * LANES, v_mul(v_set1(s->scale[at + j]), row[j]));
    }
}

// Products of the packed coordinates onto A; with the last ones come the roots and the one on the diagonal.
FAST static void abreast_products(const att_normal_abreast *s, size_t size, bool first, bool last)
{
    for (size_t r = 0; r < size; r += BLOCK_ROWS) {
        for (size_t c = r / 4 * 4; c < size; c += 4) {
            float *to = s->a + (r * size + c) * LANES;
            vec sum[BLOCK_ROWS][4];
            UNROLL for (size_t i = 0; i < BLOCK_ROWS; i++) UNROLL for (size_t j = 0; j < 4; j++)
                sum[i][j] = first ? v_zero() : v_load(to + (i * size + j) * LANES);
            abreast_block(sum, s->panel + r * LANES * LANES, LANES, LANES * LANES,
                s->panel + c * LANES * LANES, LANES, LANES * LANES, LANES, false);
            UNROLL for (size_t i = 0; i < BLOCK_ROWS; i++)
            {
                UNROLL for (size_t j = 0; j < 4; j++)
                {
                    if (last) {
                        const vec roots = v_mul(
                            v_load(s->roots + (r + i) * LANES), v_load(s->roots + (c + j) * LANES));
                        sum[i][j] = v_fma(sum[i][j], roots, v_set1(r + i == c + j ? 1 : 0));
                    }
                    v_store(to + (i * size + j) * LANES, sum[i][j]);
                }
            }
        }
    }
}

// U of a corner of four; one over its diagonal is what stays there.
INLINE void abreast_corner(float *a, size_t size)
{
    vec u[4][4];
    UNROLL for (size_t r = 0; r < 4; r++) UNROLL for (size_t c = r; c < 4; c++) u[r][c] =
        v_load(a + (r * size + c) * LANES);
    UNROLL for (size_t k = 0; k < 4; k++)
    {
        u[k][k] = v_rsqrt(u[k][k]);
        UNROLL for (size_t c = k + 1; c < 4; c++) u[k][c] = v_mul(u[k][c], u[k][k]);
        UNROLL for (size_t r = k + 1; r < 4; r++) UNROLL for (size_t c = r; c < 4; c++) u[r][c] =
            v_fnma(u[k][r], u[k][c], u[r][c]);
    }
    UNROLL for (size_t r = 0; r < 4; r++) UNROLL for (size_t c = r; c < 4; c++)
        v_store(a + (r * size + c) * LANES, u[r][c]);
}

// Four columns b of the rows of a corner := corner^-T b.
INLINE void abreast_beside(const float *corner, float *b, size_t size)
{
    UNROLL for (size_t c = 0; c < 4; c++)
    {
        vec x[4];
        UNROLL for (size_t r = 0; r < 4; r++)
        {
            x[r] = v_load(b + (r * size + c) * LANES);
            UNROLL for (size_t k = 0; k < r; k++) x[r] =
                v_fnma(v_load(corner + (k * size + r) * LANES), x[k], x[r]);
            x[r] = v_mul(x[r], v_load(corner + (r * size + r) * LANES));
            v_store(b + (r * size + c) * LANES, x[r]);
        }
    }
}

FAST static void abreast_factor(float *a, size_t size)
{
    for (size_t at = 0; at < size; at += 4) {
        for (size_t c = at; c < size; c += 4) {
            float *block = a + (at * size + c) * LANES;
            for (size_t r = 0; at && r < 4; r += BLOCK_ROWS) {
                float *to = block + r * size * LANES;
                vec sum[BLOCK_ROWS][4];
                UNROLL for (size_t i = 0; i < BLOCK_ROWS; i++) UNROLL for (size_t j = 0; j < 4; j++)
                    sum[i][j] = v_load(to + (i * size + j) * LANES);
                abreast_block(sum, a + (at + r) * LANES, size * LANES, LANES, a + c * LANES,
                    size * LANES, LANES, at, true);
                UNROLL for (size_t i = 0; i < BLOCK_ROWS; i++) UNROLL for (size_t j = 0; j < 4; j++)
                    v_store(to + (i * size + j) * LANES, sum[i][j]);
            }
            if (c == at)
                abreast_corner(block, size);
            else
                abreast_beside(a + (at * size + at) * LANES, block, size);
        }
    }
}

// t := U^-1 U^-T t.
FAST static void abreast_substitute(const float *a, size_t size, float *t)
{
    for (size_t k = 0; k < size; k++) {
        const float *row = a + k * size * LANES;
        const vec z = v_mul(v_load(t + k * LANES), v_load(row + k * LANES));
        v_store(t + k * LANES, z);
        for (size_t c = k + 1; c < size; c++)
            v_store(t + c * LANES, v_fnma(v_load(row + c * LANES), z, v_load(t + c * LANES)));
    }
    for (size_t k = size; k-- > 0;) {
        const float *row = a + k * size * LANES;
        vec left[2] = {v_load(t + k * LANES), v_zero()};
        for (size_t c = k + 1; c < size; c++)
            left[c % 2] = v_fnma(v_load(row + c * LANES), v_load(t + c * LANES), left[c % 2]);
        v_store(t + k * LANES, v_mul(v_add(left[0], left[1]), v_load(row + k * LANES)));
    }
}

FAST static bool fast_solve_abreast(const att_normal_abreast *s)
{
    const size_t size = att_normal_pad_abreast(s->count);
    memset(s->panel + s->count * LANES * LANES, 0,
        (size - s->count) * LANES * LANES * sizeof *s->panel);
    for (size_t at = 0; at < s->dim; at += LANES) {
        abreast_pack(s, at);
        abreast_products(s, size, at == 0, at + LANES == s->dim);
    }
    abreast_factor(s->a, size);
    memcpy(s->t, s->roots, size * LANES * sizeof *s->t);
    abreast_substitute(s->a, size, s->t);
    bool fine = true;
    for (size_t k = 0; k < size; k++)
        for (size_t l = 0; l < LANES; l++) {
            const float inverse = s->a[(k * size + k) * LANES + l];
            fine &= inverse > 0 && inverse < INFINITY;
        }
    return fine;
}
