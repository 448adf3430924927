// SPDX-License-Identifier: Apache-2.0
// embed/normal_avx512.c - the normal equations with registers of sixteen floats.
#include "embed/normal.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>

#define FAST __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma")))
#define LANES 16
#define TILE_ROWS 8
#define BLOCK_ROWS 4

typedef __m512 vec;
#define v_load(p) _mm512_load_ps(p)
#define v_store(p, v) _mm512_store_ps((p), (v))
#define v_load_any(p) _mm512_loadu_ps(p)
#define v_store_any(p, v) _mm512_storeu_ps((p), (v))
#define v_zero() _mm512_setzero_ps()
#define v_set1(x) _mm512_set1_ps(x)
#define v_mul(a, b) _mm512_mul_ps((a), (b))
#define v_add(a, b) _mm512_add_ps((a), (b))
#define v_sub(a, b) _mm512_sub_ps((a), (b))
#define v_fma(a, b, c) _mm512_fmadd_ps((a), (b), (c))
#define v_fnma(a, b, c) _mm512_fnmadd_ps((a), (b), (c))
#define v_first(v) _mm512_cvtss_f32(v)
#define v_lane(v, k) _mm512_permutexvar_ps(_mm512_set1_epi32(k), (v))
#define v_from(v, k) _mm512_maskz_mov_ps((__mmask16)(0xFFFFu << (k)), (v))
#define v_put(v, w, k) _mm512_mask_mov_ps((v), (__mmask16)(1u << (k)), (w))
#define v_div(a, b) _mm512_div_ps((a), (b))
#define v_rsqrt(v) v_rsqrt_exact(v)

// Fourteen good bits, doubled by one step of Newton: x (1.5 - 0.5 v x x).
FAST static inline vec v_rsqrt_exact(vec v)
{
    const vec x = _mm512_rsqrt14_ps(v);
    const vec half = v_mul(v_set1(-0.5f), v_mul(v, x));
    return v_mul(x, v_fma(half, x, v_set1(1.5f)));
}

// By pairs, by fours, then whole quarters: r[i] lane j becomes r[j] lane i.
FAST static inline __attribute__((always_inline)) void v_transpose(vec r[16])
{
    vec t[16];
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
        const __m512d a = _mm512_castps_pd(t[i]), b = _mm512_castps_pd(t[i + 1]);
        const __m512d c = _mm512_castps_pd(t[i + 2]), d = _mm512_castps_pd(t[i + 3]);
        r[i] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, c));
        r[i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, c));
        r[i + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(b, d));
        r[i + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(b, d));
    }
    for (int i = 0; i < 4; i++) {
        const vec a = r[i], b = r[i + 4], c = r[i + 8], d = r[i + 12];
        const vec ab_even = _mm512_shuffle_f32x4(a, b, 0x88),
                  ab_odd = _mm512_shuffle_f32x4(a, b, 0xDD);
        const vec cd_even = _mm512_shuffle_f32x4(c, d, 0x88),
                  cd_odd = _mm512_shuffle_f32x4(c, d, 0xDD);
        t[i] = _mm512_shuffle_f32x4(ab_even, cd_even, 0x88);
        t[i + 4] = _mm512_shuffle_f32x4(ab_odd, cd_odd, 0x88);
        t[i + 8] = _mm512_shuffle_f32x4(ab_even, cd_even, 0xDD);
        t[i + 12] = _mm512_shuffle_f32x4(ab_odd, cd_odd, 0xDD);
    }
    for (int i = 0; i < 16; i++)
        r[i] = t[i];
}

#include "embed/normal_tile.h"

#include "embed/normal_abreast.h"

static const att_normal avx512 = {"avx512", LANES, fast_add_products, fast_factor, fast_forward,
    fast_solve, fast_solve_abreast, fast_pack, fast_pack_columns, fast_combine, fast_cross,
    fast_multiply};

const att_normal *att_normal_avx512(void)
{
    return &avx512;
}
#else
const att_normal *att_normal_avx512(void)
{
    return NULL;
}
#endif
