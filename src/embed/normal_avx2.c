// SPDX-License-Identifier: Apache-2.0
// embed/normal_avx2.c - the normal equations with registers of eight floats.
#include "embed/normal.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>

#define FAST __attribute__((target("avx2,fma")))
#define LANES 8
#define TILE_ROWS 4
#define BLOCK_ROWS 2

typedef __m256 vec;
#define v_load(p) _mm256_load_ps(p)
#define v_store(p, v) _mm256_store_ps((p), (v))
#define v_load_any(p) _mm256_loadu_ps(p)
#define v_store_any(p, v) _mm256_storeu_ps((p), (v))
#define v_zero() _mm256_setzero_ps()
#define v_set1(x) _mm256_set1_ps(x)
#define v_mul(a, b) _mm256_mul_ps((a), (b))
#define v_add(a, b) _mm256_add_ps((a), (b))
#define v_sub(a, b) _mm256_sub_ps((a), (b))
#define v_fma(a, b, c) _mm256_fmadd_ps((a), (b), (c))
#define v_fnma(a, b, c) _mm256_fnmadd_ps((a), (b), (c))
#define v_first(v) _mm256_cvtss_f32(v)
#define v_lane(v, k) _mm256_permutevar8x32_ps((v), _mm256_set1_epi32(k))
#define v_from(v, k) _mm256_and_ps((v), at_least(k))
#define v_put(v, w, k) _mm256_blendv_ps((v), (w), only(k))
#define v_rsqrt(v) _mm256_div_ps(v_set1(1), _mm256_sqrt_ps(v))
#define v_div(a, b) _mm256_div_ps((a), (b))

FAST static inline vec at_least(int k)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_castsi256_ps(_mm256_cmpgt_epi32(lane, _mm256_set1_epi32(k - 1)));
}

FAST static inline vec only(int k)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_castsi256_ps(_mm256_cmpeq_epi32(lane, _mm256_set1_epi32(k)));
}

// By pairs, by fours, then halves: r[i] lane j becomes r[j] lane i.
FAST static inline __attribute__((always_inline)) void v_transpose(vec r[8])
{
    vec t[8];
    for (int i = 0; i < 8; i += 2) {
        t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
        t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        r[i] = _mm256_shuffle_ps(t[i], t[i + 2], 0x44);
        r[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], 0xEE);
        r[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44);
        r[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xEE);
    }
    for (int i = 0; i < 4; i++) {
        t[i] = _mm256_permute2f128_ps(r[i], r[i + 4], 0x20);
        t[i + 4] = _mm256_permute2f128_ps(r[i], r[i + 4], 0x31);
    }
    for (int i = 0; i < 8; i++)
        r[i] = t[i];
}

#include "embed/normal_tile.h"

#include "embed/normal_abreast.h"

static const att_normal avx2 = {"avx2", LANES, fast_add_products, fast_factor, fast_forward, fast_solve,
    fast_solve_abreast, fast_pack, fast_pack_columns, fast_combine, fast_cross, fast_multiply};

const att_normal *att_normal_avx2(void)
{
    return &avx2;
}
#else
const att_normal *att_normal_avx2(void)
{
    return NULL;
}
#endif
