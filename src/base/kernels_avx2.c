// SPDX-License-Identifier: Apache-2.0
// base/kernels_avx2.c - the kernels with AVX2 and FMA: 32 lanes are four registers of eight.
//
// Bytes are widened to 16 bits before they are multiplied: the faster byte product saturates, and
// this path must be exact for all values.
#include "base/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>

#define AVX2 __attribute__((target("avx2,fma")))

AVX2 static inline __m256i first_lanes(size_t count)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)ATT_MIN(count, 8)), lane);
}

// The last 1 … 31 elements. A lane without an element stays as it is, down to the sign of its zero.
AVX2 static inline void add_tail(__m256 lanes[4], const float *a, const float *b, size_t left)
{
    for (size_t i = 0; i * 8 < left; i++) {
        const __m256i mask = first_lanes(left - i * 8);
        const __m256 sum = _mm256_fmadd_ps(
            _mm256_maskload_ps(a + i * 8, mask), _mm256_maskload_ps(b + i * 8, mask), lanes[i]);
        lanes[i] = _mm256_blendv_ps(lanes[i], sum, _mm256_castsi256_ps(mask));
    }
}

AVX2 static inline float fold(const __m256 lanes[4])
{
    const __m256 eight =
        _mm256_add_ps(_mm256_add_ps(lanes[0], lanes[2]), _mm256_add_ps(lanes[1], lanes[3]));
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    four = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(four, _mm_movehdup_ps(four)));
}

AVX2 static inline float dot_f32(const float *a, const float *b, size_t count)
{
    __m256 lanes[4] = {
        _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
    size_t i = 0;
    for (; i + 32 <= count; i += 32)
        for (size_t j = 0; j < 4; j++)
            lanes[j] = _mm256_fmadd_ps(
                _mm256_loadu_ps(a + i + j * 8), _mm256_loadu_ps(b + i + j * 8), lanes[j]);
    if (i < count)
        add_tail(lanes, a + i, b + i, count - i);
    return fold(lanes);
}

AVX2 static float avx2_dot_f32(const float *a, const float *b, size_t count)
{
    return dot_f32(a, b, count);
}

AVX2 static inline int32_t dot_i8(const int8_t *a, const int8_t *b, size_t count)
{
    __m256i sum0 = _mm256_setzero_si256(), sum1 = _mm256_setzero_si256();
    size_t i = 0;
    for (; i + 32 <= count; i += 32) {
        const __m256i a0 = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(a + i)));
        const __m256i b0 = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(b + i)));
        const __m256i a1 = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(a + i + 16)));
        const __m256i b1 = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(b + i + 16)));
        sum0 = _mm256_add_epi32(sum0, _mm256_madd_epi16(a0, b0));
        sum1 = _mm256_add_epi32(sum1, _mm256_madd_epi16(a1, b1));
    }
    const __m256i eight = _mm256_add_epi32(sum0, sum1);
    __m128i four = _mm_add_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));
    four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4E));
    int32_t sum = _mm_cvtsi128_si32(_mm_add_epi32(four, _mm_shuffle_epi32(four, 0xB1)));
    for (; i < count; i++)
        sum += (int32_t)a[i] * b[i];
    return sum;
}

AVX2 static int32_t avx2_dot_i8(const int8_t *a, const int8_t *b, size_t count)
{
    return dot_i8(a, b, count);
}

AVX2 static void avx2_axpy_f32(float *y, float a, const float *x, size_t count)
{
    const __m256 factor = _mm256_set1_ps(a);
    size_t i = 0;
    for (; i + 8 <= count; i += 8)
        _mm256_storeu_ps(
            y + i, _mm256_fmadd_ps(factor, _mm256_loadu_ps(x + i), _mm256_loadu_ps(y + i)));
    if (i < count) {
        const __m256i mask = first_lanes(count - i);
        const __m256 sum = _mm256_fmadd_ps(
            factor, _mm256_maskload_ps(x + i, mask), _mm256_maskload_ps(y + i, mask));
        _mm256_maskstore_ps(y + i, mask, sum);
    }
}

AVX2 static void avx2_rows_dot_f32(
    float *out, const float *rows, size_t row_count, size_t stride, const float *x, size_t count)
{
    for (size_t r = 0; r < row_count; r++)
        out[r] = dot_f32(rows + r * stride, x, count);
}

AVX2 static void avx2_pick_dot_f32(float *out, const float *rows, size_t stride,
    const uint32_t *picks, size_t pick_count, const float *x, size_t count)
{
    for (size_t i = 0; i < pick_count; i++)
        out[i] = dot_f32(rows + picks[i] * stride, x, count);
}

AVX2 static void avx2_rows_scaled_i8(float *out, const int8_t *rows, size_t row_count,
    size_t stride, const int8_t *x, size_t count, const float *scales, float factor)
{
    for (size_t r = 0; r < row_count; r++)
        out[r] = (float)dot_i8(rows + r * stride, x, count) * (scales[r] * factor);
}

AVX2 static void avx2_pick_scaled_i8(float *out, const int8_t *rows, size_t stride,
    const uint32_t *picks, size_t pick_count, const int8_t *x, size_t count, const float *scales,
    float factor)
{
    for (size_t i = 0; i < pick_count; i++)
        out[i] = (float)dot_i8(rows + picks[i] * stride, x, count) * (scales[picks[i]] * factor);
}

AVX2 static size_t avx2_at_least_f32(uint32_t *places, const float *values, size_t count, float bar)
{
    const __m256 bar8 = _mm256_set1_ps(bar);
    size_t found = 0, i = 0;
    for (; i + 8 <= count; i += 8) {
        unsigned mask = (unsigned)_mm256_movemask_ps(
            _mm256_cmp_ps(_mm256_loadu_ps(values + i), bar8, _CMP_GE_OQ));
        for (; mask; mask &= mask - 1)
            places[found++] = (uint32_t)i + (uint32_t)__builtin_ctz(mask);
    }
    for (; i < count; i++) {
        places[found] = (uint32_t)i;
        found += values[i] >= bar;
    }
    return found;
}

static const att_kernels avx2 = {"avx2", avx2_dot_f32, avx2_dot_i8, avx2_axpy_f32,
    avx2_rows_dot_f32, avx2_pick_dot_f32, avx2_rows_scaled_i8, avx2_pick_scaled_i8,
    NULL, avx2_at_least_f32, att_keys_at_least_plain, att_split_u64_plain};

const att_kernels *att_kernels_avx2(void)
{
    return &avx2;
}
#else
const att_kernels *att_kernels_avx2(void)
{
    return NULL;
}
#endif
