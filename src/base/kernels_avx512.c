// SPDX-License-Identifier: Apache-2.0
// base/kernels_avx512.c - the kernels with AVX-512 and VNNI: 32 lanes are two registers of sixteen.
//
// The byte product wants one unsigned side: row + 128 (an exclusive or with 0x80) times x counts
// 128 * sum(x) too much, which is the same for all rows of a call and is taken off once.
// Everything wraps at 2^32, so the result is exact whenever the true sum fits.
#include "base/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma")))

AVX512 static inline __mmask16 first_16(size_t count)
{
    return (__mmask16)(count >= 16 ? 0xFFFF : (1u << count) - 1);
}

AVX512 static inline __mmask64 first_64(size_t count)
{
    return count >= 64 ? ~0ull : (1ull << count) - 1;
}

// Sixteen lanes: lane i holds lane i + lane i + 16 of the 32.
AVX512 static inline __m512 sum_f32(const float *a, const float *b, size_t count)
{
    __m512 low = _mm512_setzero_ps(), high = _mm512_setzero_ps();
    size_t i = 0;
    for (; i + 32 <= count; i += 32) {
        low = _mm512_fmadd_ps(_mm512_loadu_ps(a + i), _mm512_loadu_ps(b + i), low);
        high = _mm512_fmadd_ps(_mm512_loadu_ps(a + i + 16), _mm512_loadu_ps(b + i + 16), high);
    }
    if (i < count) {
        const size_t left = count - i;
        const __mmask16 m0 = first_16(left), m1 = first_16(left > 16 ? left - 16 : 0);
        low = _mm512_mask3_fmadd_ps(
            _mm512_maskz_loadu_ps(m0, a + i), _mm512_maskz_loadu_ps(m0, b + i), low, m0);
        if (m1)
            high = _mm512_mask3_fmadd_ps(_mm512_maskz_loadu_ps(m1, a + i + 16),
                _mm512_maskz_loadu_ps(m1, b + i + 16), high, m1);
    }
    return _mm512_add_ps(low, high);
}

AVX512 static inline __m128 fold_to_4(__m512 lanes)
{
    const __m256 eight =
        _mm256_add_ps(_mm512_castps512_ps256(lanes), _mm512_extractf32x8_ps(lanes, 1));
    return _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
}

AVX512 static inline float fold(__m512 lanes)
{
    const __m128 four = fold_to_4(lanes);
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

// Four sums at once, each folded in the same order as fold().
AVX512 static inline __m128 fold_four(__m512 a, __m512 b, __m512 c, __m512 d)
{
    const __m128 a4 = fold_to_4(a), b4 = fold_to_4(b), c4 = fold_to_4(c), d4 = fold_to_4(d);
    const __m128 ab = _mm_add_ps(_mm_movelh_ps(a4, b4), _mm_movehl_ps(b4, a4));
    const __m128 cd = _mm_add_ps(_mm_movelh_ps(c4, d4), _mm_movehl_ps(d4, c4));
    return _mm_add_ps(_mm_shuffle_ps(ab, cd, 0x88), _mm_shuffle_ps(ab, cd, 0xDD));
}

AVX512 static float avx512_dot_f32(const float *a, const float *b, size_t count)
{
    return fold(sum_f32(a, b, count));
}

AVX512 static void avx512_axpy_f32(float *y, float a, const float *x, size_t count)
{
    const __m512 factor = _mm512_set1_ps(a);
    size_t i = 0;
    for (; i + 16 <= count; i += 16)
        _mm512_storeu_ps(
            y + i, _mm512_fmadd_ps(factor, _mm512_loadu_ps(x + i), _mm512_loadu_ps(y + i)));
    if (i < count) {
        const __mmask16 mask = first_16(count - i);
        _mm512_mask_storeu_ps(y + i, mask,
            _mm512_fmadd_ps(
                factor, _mm512_maskz_loadu_ps(mask, x + i), _mm512_maskz_loadu_ps(mask, y + i)));
    }
}

AVX512 static void avx512_rows_dot_f32(
    float *out, const float *rows, size_t row_count, size_t stride, const float *x, size_t count)
{
    size_t r = 0;
    for (; r + 4 <= row_count; r += 4) {
        const float *row = rows + r * stride;
        _mm_storeu_ps(
            out + r, fold_four(sum_f32(row, x, count), sum_f32(row + stride, x, count),
                         sum_f32(row + 2 * stride, x, count), sum_f32(row + 3 * stride, x, count)));
    }
    for (; r < row_count; r++)
        out[r] = fold(sum_f32(rows + r * stride, x, count));
}

AVX512 static void avx512_pick_dot_f32(float *out, const float *rows, size_t stride,
    const uint32_t *picks, size_t pick_count, const float *x, size_t count)
{
    size_t i = 0;
    for (; i + 4 <= pick_count; i += 4) {
        _mm_storeu_ps(out + i, fold_four(sum_f32(rows + picks[i] * stride, x, count),
                                   sum_f32(rows + picks[i + 1] * stride, x, count),
                                   sum_f32(rows + picks[i + 2] * stride, x, count),
                                   sum_f32(rows + picks[i + 3] * stride, x, count)));
    }
    for (; i < pick_count; i++)
        out[i] = fold(sum_f32(rows + picks[i] * stride, x, count));
}

// Sixteen partial sums of (row + 128) * x.
AVX512 static inline __m512i sum_i8(const int8_t *row, const int8_t *x, size_t count)
{
    const __m512i flip = _mm512_set1_epi8((char)0x80);
    __m512i sum = _mm512_setzero_si512();
    size_t i = 0;
    for (; i + 64 <= count; i += 64)
        sum = _mm512_dpbusd_epi32(
            sum, _mm512_xor_si512(_mm512_loadu_si512(row + i), flip), _mm512_loadu_si512(x + i));
    if (i < count) {
        const __mmask64 mask = first_64(count - i);
        sum =
            _mm512_dpbusd_epi32(sum, _mm512_xor_si512(_mm512_maskz_loadu_epi8(mask, row + i), flip),
                _mm512_maskz_loadu_epi8(mask, x + i));
    }
    return sum;
}

// 128 * sum(x), wrapping.
AVX512 static inline uint32_t excess(const int8_t *x, size_t count)
{
    const __m512i ones = _mm512_set1_epi8(1);
    __m512i sum = _mm512_setzero_si512();
    for (size_t i = 0; i < count; i += 64)
        sum = _mm512_dpbusd_epi32(sum, ones, _mm512_maskz_loadu_epi8(first_64(count - i), x + i));
    return (uint32_t)_mm512_reduce_add_epi32(sum) * 128u;
}

AVX512 static int32_t avx512_dot_i8(const int8_t *a, const int8_t *b, size_t count)
{
    return (int32_t)((uint32_t)_mm512_reduce_add_epi32(sum_i8(a, b, count)) - excess(b, count));
}

AVX512 static inline __m512i add_halves_32(__m512i a, __m512i b)
{
    return _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
}

AVX512 static inline __m512i add_halves_64(__m512i a, __m512i b)
{
    return _mm512_add_epi32(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
}

// In each 128-bit quarter: partial sums of a, b, c, d.
AVX512 static inline __m512i four_in_quarters(__m512i a, __m512i b, __m512i c, __m512i d)
{
    return add_halves_64(add_halves_32(a, b), add_halves_32(c, d));
}

AVX512 static inline __m128i fold_four_i8(__m512i a, __m512i b, __m512i c, __m512i d)
{
    const __m512i quarters = four_in_quarters(a, b, c, d);
    const __m256i two =
        _mm256_add_epi32(_mm512_castsi512_si256(quarters), _mm512_extracti64x4_epi64(quarters, 1));
    return _mm_add_epi32(_mm256_castsi256_si128(two), _mm256_extracti128_si256(two, 1));
}

AVX512 static inline __m512i fold_sixteen_i8(const __m512i quarters[4])
{
    const __m512i low = _mm512_add_epi32(_mm512_shuffle_i32x4(quarters[0], quarters[1], 0x88),
        _mm512_shuffle_i32x4(quarters[0], quarters[1], 0xDD));
    const __m512i high = _mm512_add_epi32(_mm512_shuffle_i32x4(quarters[2], quarters[3], 0x88),
        _mm512_shuffle_i32x4(quarters[2], quarters[3], 0xDD));
    return _mm512_add_epi32(
        _mm512_shuffle_i32x4(low, high, 0x88), _mm512_shuffle_i32x4(low, high, 0xDD));
}

AVX512 static inline int32_t exact_dot(
    const int8_t *row, const int8_t *x, size_t count, uint32_t over)
{
    return (int32_t)((uint32_t)_mm512_reduce_add_epi32(sum_i8(row, x, count)) - over);
}

// Inlined with count a constant where that pays: vectors of one cache line.
AVX512 static inline __attribute__((always_inline)) void rows_scaled_i8(float *out,
    const int8_t *rows, size_t row_count, size_t stride, const int8_t *x, size_t count,
    const float *scales, float factor)
{
    const uint32_t over = excess(x, count);
    const __m512i over16 = _mm512_set1_epi32((int32_t)over);
    const __m512 factor16 = _mm512_set1_ps(factor);
    size_t r = 0;
    for (; r + 16 <= row_count; r += 16) {
        __m512i quarters[4];
        for (size_t q = 0; q < 4; q++) {
            const int8_t *row = rows + (r + q * 4) * stride;
            quarters[q] = four_in_quarters(sum_i8(row, x, count), sum_i8(row + stride, x, count),
                sum_i8(row + 2 * stride, x, count), sum_i8(row + 3 * stride, x, count));
        }
        const __m512i sums = _mm512_sub_epi32(fold_sixteen_i8(quarters), over16);
        _mm512_storeu_ps(out + r, _mm512_mul_ps(_mm512_cvtepi32_ps(sums),
                                      _mm512_mul_ps(_mm512_loadu_ps(scales + r), factor16)));
    }
    for (; r < row_count; r++)
        out[r] = (float)exact_dot(rows + r * stride, x, count, over) * (scales[r] * factor);
}

AVX512 static void avx512_rows_scaled_i8(float *out, const int8_t *rows, size_t row_count,
    size_t stride, const int8_t *x, size_t count, const float *scales, float factor)
{
    if (count == 64)
        rows_scaled_i8(out, rows, row_count, stride, x, 64, scales, factor);
    else
        rows_scaled_i8(out, rows, row_count, stride, x, count, scales, factor);
}

AVX512 static inline __attribute__((always_inline)) void pick_scaled_i8(float *out,
    const int8_t *rows, size_t stride, const uint32_t *picks, size_t pick_count, const int8_t *x,
    size_t count, const float *scales, float factor)
{
    const uint32_t over = excess(x, count);
    const __m128i over4 = _mm_set1_epi32((int32_t)over);
    const __m128 factor4 = _mm_set1_ps(factor);
    size_t i = 0;
    for (; i + 4 <= pick_count; i += 4) {
        const uint32_t *p = picks + i;
        const __m128i sums = _mm_sub_epi32(
            fold_four_i8(sum_i8(rows + p[0] * stride, x, count),
                sum_i8(rows + p[1] * stride, x, count), sum_i8(rows + p[2] * stride, x, count),
                sum_i8(rows + p[3] * stride, x, count)),
            over4);
        const __m128 four = _mm_setr_ps(scales[p[0]], scales[p[1]], scales[p[2]], scales[p[3]]);
        _mm_storeu_ps(out + i, _mm_mul_ps(_mm_cvtepi32_ps(sums), _mm_mul_ps(four, factor4)));
    }
    for (; i < pick_count; i++)
        out[i] = (float)exact_dot(rows + picks[i] * stride, x, count, over) *
                 (scales[picks[i]] * factor);
}

AVX512 static void avx512_pick_scaled_i8(float *out, const int8_t *rows, size_t stride,
    const uint32_t *picks, size_t pick_count, const int8_t *x, size_t count, const float *scales,
    float factor)
{
    if (count == 64)
        pick_scaled_i8(out, rows, stride, picks, pick_count, x, 64, scales, factor);
    else
        pick_scaled_i8(out, rows, stride, picks, pick_count, x, count, scales, factor);
}

AVX512 static inline __m512i four_of_all(const int8_t *x)
{
    int32_t four;
    memcpy(&four, x, sizeof four);
    return _mm512_set1_epi32(four);
}

AVX512 static inline __attribute__((always_inline)) void panel_scaled_i8(float *out, const uint8_t *panels,
    size_t row_count, const int8_t *x, size_t count, const float *scales, float factor)
{
    const __m512i under = _mm512_set1_epi32((int32_t)(0 - excess(x, count)));
    const __m512 factor16 = _mm512_set1_ps(factor);
    for (size_t r = 0; r < row_count; r += 16) {
        const uint8_t *panel = panels + r * count;
        __m512i even = under, odd = _mm512_setzero_si512();
        size_t i = 0;
        for (; i + 8 <= count; i += 8) {
            even = _mm512_dpbusd_epi32(even, _mm512_loadu_si512(panel + i * 16), four_of_all(x + i));
            odd = _mm512_dpbusd_epi32(odd, _mm512_loadu_si512(panel + i * 16 + 64), four_of_all(x + i + 4));
        }
        if (i < count)
            even = _mm512_dpbusd_epi32(even, _mm512_loadu_si512(panel + i * 16), four_of_all(x + i));
        const __mmask16 there = first_16(row_count - r);
        _mm512_mask_storeu_ps(out + r, there, _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_add_epi32(even, odd)),
                                                  _mm512_mul_ps(_mm512_maskz_loadu_ps(there, scales + r), factor16)));
    }
}

AVX512 static void avx512_panel_scaled_i8(float *out, const uint8_t *panels, size_t row_count, const int8_t *x,
    size_t count, const float *scales, float factor)
{
    if (count == 64)
        panel_scaled_i8(out, panels, row_count, x, 64, scales, factor);
    else
        panel_scaled_i8(out, panels, row_count, x, count, scales, factor);
}

AVX512 static size_t avx512_at_least_f32(
    uint32_t *places, const float *values, size_t count, float bar)
{
    const __m512 bar16 = _mm512_set1_ps(bar);
    __m512i here = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    size_t found = 0;
    for (size_t i = 0; i < count; i += 16) {
        const __mmask16 there = first_16(count - i);
        const __mmask16 mask = _mm512_mask_cmp_ps_mask(
            there, _mm512_maskz_loadu_ps(there, values + i), bar16, _CMP_GE_OQ);
        if (mask) {
            _mm512_storeu_si512(places + found, _mm512_maskz_compress_epi32(mask, here));
            found += (size_t)__builtin_popcount(mask);
        }
        here = _mm512_add_epi32(here, _mm512_set1_epi32(16));
    }
    return found;
}

AVX512 static size_t avx512_keys_at_least_f32(uint64_t *keys, const float *values, size_t count, float bar, uint32_t first)
{
    const __m512 bar16 = _mm512_set1_ps(bar);
    const __m512i sign = _mm512_set1_epi32(INT32_MIN);
    __m512i tails = _mm512_sub_epi32(_mm512_set1_epi32((int32_t)~first), _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
    size_t found = 0;
    for (size_t i = 0; i < count; i += 16, tails = _mm512_sub_epi32(tails, _mm512_set1_epi32(16))) {
        const __mmask16 there = first_16(count - i);
        const __m512 sixteen = _mm512_add_ps(_mm512_maskz_loadu_ps(there, values + i), _mm512_setzero_ps());
        const __mmask16 mask = _mm512_mask_cmp_ps_mask(there, sixteen, bar16, _CMP_GE_OQ);
        if (!mask)
            continue;
        const __m512i bits = _mm512_castps_si512(sixteen);
        const __m512i turned = _mm512_xor_si512(bits, _mm512_or_si512(_mm512_srai_epi32(bits, 31), sign));
        for (int half = 0; half < 2; half++) {
            const __mmask8 good = (__mmask8)(mask >> 8 * half);
            const __m256i high = half ? _mm512_extracti64x4_epi64(turned, 1) : _mm512_castsi512_si256(turned);
            const __m256i low = half ? _mm512_extracti64x4_epi64(tails, 1) : _mm512_castsi512_si256(tails);
            const __m512i eight = _mm512_or_si512(_mm512_slli_epi64(_mm512_cvtepu32_epi64(high), 32), _mm512_cvtepu32_epi64(low));
            _mm512_storeu_si512(keys + found, _mm512_maskz_compress_epi64(good, eight));
            found += (size_t)__builtin_popcount(good);
        }
    }
    return found;
}

// What is written in front has been read: it never gets ahead.
AVX512 static size_t avx512_split_u64(uint64_t *keys, size_t count, uint64_t pivot, uint64_t *spare)
{
    const __m512i bar = _mm512_set1_epi64((int64_t)pivot);
    size_t above = 0, rest = 0;
    for (size_t i = 0; i < count; i += 8) {
        const __mmask8 there = (__mmask8)(count - i < 8 ? (1u << (count - i)) - 1 : 0xFFu);
        const __m512i eight = _mm512_maskz_loadu_epi64(there, keys + i);
        const __mmask8 high = _mm512_mask_cmpgt_epu64_mask(there, eight, bar), low = (__mmask8)(there & ~high);
        _mm512_mask_storeu_epi64(keys + above, there, _mm512_maskz_compress_epi64(high, eight));
        _mm512_storeu_si512(spare + rest, _mm512_maskz_compress_epi64(low, eight));
        above += (size_t)__builtin_popcount(high);
        rest += (size_t)__builtin_popcount(low);
    }
    memcpy(keys + above, spare, rest * sizeof *keys);
    return above;
}

static const att_kernels avx512 = {"avx512-vnni", avx512_dot_f32, avx512_dot_i8, avx512_axpy_f32,
    avx512_rows_dot_f32, avx512_pick_dot_f32, avx512_rows_scaled_i8, avx512_pick_scaled_i8,
    avx512_panel_scaled_i8, avx512_at_least_f32, avx512_keys_at_least_f32, avx512_split_u64};

const att_kernels *att_kernels_avx512(void)
{
    return &avx512;
}
#else
const att_kernels *att_kernels_avx512(void)
{
    return NULL;
}
#endif
