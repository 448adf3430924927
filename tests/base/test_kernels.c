// SPDX-License-Identifier: Apache-2.0
// tests/base/test_kernels.c - every path gives the scalar twin's bits.
#include "check.h"

#include "base/kernels.h"
#include "base/rng.h"

#include <math.h>

enum { COUNT_MAX = 300, ROWS = 37 };

static const char *const paths[] = {"scalar", "avx2", "avx512-vnni"};

static void fill_f32(float *out, size_t count, att_rng *rng)
{
    for (size_t i = 0; i < count; i++)
        out[i] = (float)att_rng_normal(rng);
}

static void fill_i8(int8_t *out, size_t count, att_rng *rng)
{
    for (size_t i = 0; i < count; i++)
        out[i] = (int8_t)(att_rng_below(rng, 256) - 128);
}

static bool same_bits(const void *a, const void *b, size_t size)
{
    return memcmp(a, b, size) == 0;
}

CHECK_TEST(sums_by_hand)
{
    CHECK_BEGIN();
    const float a[3] = {1, 2, 3}, b[3] = {4, -5, 6};
    const int8_t c[3] = {-128, 127, 1}, d[3] = {-128, -128, 7};
    for (size_t p = 0; p < ATT_COUNT_OF(paths); p++) {
        const att_kernels *k = att_kernels_named(paths[p]);
        if (!k)
            continue;
        float y[3] = {1, 1, 1};
        CHECK_NEAR(k->dot_f32(a, b, 3), 12, 0);
        CHECK_EQ(k->dot_i8(c, d, 3), 128 * 128 - 127 * 128 + 7);
        k->axpy_f32(y, 2, a, 3);
        CHECK_NEAR(y[2], 7, 0);
        CHECK_NEAR(k->dot_f32(a, b, 0), 0, 0);
    }
}

CHECK_TEST(float_paths_give_the_same_bits_for_every_count)
{
    CHECK_BEGIN();
    const att_kernels *plain = att_kernels_scalar();
    att_rng rng = att_rng_seed(11);
    float a[COUNT_MAX + 3], b[COUNT_MAX + 3], y[COUNT_MAX], z[COUNT_MAX];
    for (size_t count = 0; count <= COUNT_MAX; count++) {
        fill_f32(a, ATT_COUNT_OF(a), &rng);
        fill_f32(b, ATT_COUNT_OF(b), &rng);
        const size_t shift = count % 3; // rows need not be aligned
        const float wanted = plain->dot_f32(a + shift, b, count);
        for (size_t p = 0; p < ATT_COUNT_OF(paths); p++) {
            const att_kernels *k = att_kernels_named(paths[p]);
            if (!k)
                continue;
            const float got = k->dot_f32(a + shift, b, count);
            CHECK(same_bits(&got, &wanted, sizeof got));
            memcpy(y, b, sizeof y);
            memcpy(z, b, sizeof z);
            plain->axpy_f32(y, 0.37f, a + shift, count);
            k->axpy_f32(z, 0.37f, a + shift, count);
            CHECK(same_bits(y, z, sizeof y));
        }
    }
}

CHECK_TEST(a_zero_keeps_its_sign_on_every_path)
{
    CHECK_BEGIN();
    // Products that underflow to -0 in all 32 lanes, with and without a tail behind them.
    float a[40], b[40];
    for (size_t i = 0; i < 40; i++) {
        a[i] = 1e-40f;
        b[i] = -1e-40f;
    }
    for (size_t count = 30; count <= 40; count++) {
        const float wanted = att_kernels_scalar()->dot_f32(a, b, count);
        for (size_t p = 0; p < ATT_COUNT_OF(paths); p++) {
            const att_kernels *k = att_kernels_named(paths[p]);
            if (k)
                CHECK_EQ(signbit(k->dot_f32(a, b, count)) != 0, signbit(wanted) != 0);
        }
    }
}

CHECK_TEST(rows_and_picks_equal_one_by_one)
{
    CHECK_BEGIN();
    const att_kernels *plain = att_kernels_scalar();
    att_rng rng = att_rng_seed(12);
    static float rows[ROWS * (COUNT_MAX + 5)];
    float x[COUNT_MAX], got[ROWS];
    uint32_t picks[ROWS];
    fill_f32(rows, ATT_COUNT_OF(rows), &rng);
    fill_f32(x, COUNT_MAX, &rng);
    for (size_t count = 0; count <= COUNT_MAX; count += 1 + count / 16) {
        const size_t row_count = count % (ROWS + 1), stride = count + count % 6;
        for (size_t i = 0; i < ROWS; i++)
            picks[i] = (uint32_t)att_rng_below(&rng, ROWS);
        for (size_t p = 0; p < ATT_COUNT_OF(paths); p++) {
            const att_kernels *k = att_kernels_named(paths[p]);
            if (!k)
                continue;
            k->rows_dot_f32(got, rows, row_count, stride, x, count);
            for (size_t r = 0; r < row_count; r++) {
                const float wanted = plain->dot_f32(rows + r * stride, x, count);
                CHECK(same_bits(&got[r], &wanted, sizeof wanted));
            }
            k->pick_dot_f32(got, rows, stride, picks, row_count, x, count);
            for (size_t r = 0; r < row_count; r++) {
                const float wanted = plain->dot_f32(rows + picks[r] * stride, x, count);
                CHECK(same_bits(&got[r], &wanted, sizeof wanted));
            }
        }
    }
}

CHECK_TEST(byte_paths_are_exact_for_all_values_and_counts)
{
    CHECK_BEGIN();
    const att_kernels *plain = att_kernels_scalar();
    att_rng rng = att_rng_seed(13);
    static int8_t rows[ROWS * (COUNT_MAX + 5)];
    int8_t x[COUNT_MAX];
    float got[ROWS], scales[ROWS];
    uint32_t picks[ROWS];
    fill_i8(rows, sizeof rows, &rng);
    fill_f32(scales, ROWS, &rng);
    for (size_t count = 0; count <= COUNT_MAX; count++) {
        const size_t row_count = count % (ROWS + 1), stride = count + count % 6;
        fill_i8(x, sizeof x, &rng);
        for (size_t i = 0; i < ROWS; i++)
            picks[i] = (uint32_t)att_rng_below(&rng, ROWS);
        for (size_t p = 0; p < ATT_COUNT_OF(paths); p++) {
            const att_kernels *k = att_kernels_named(paths[p]);
            if (!k)
                continue;
            CHECK_EQ(
                k->dot_i8(rows + count % 7, x, count), plain->dot_i8(rows + count % 7, x, count));
            k->rows_scaled_i8(got, rows, row_count, stride, x, count, scales, 0.37f);
            for (size_t r = 0; r < row_count; r++) {
                const float wanted =
                    (float)plain->dot_i8(rows + r * stride, x, count) * (scales[r] * 0.37f);
                CHECK(same_bits(&got[r], &wanted, sizeof wanted));
            }
            k->pick_scaled_i8(got, rows, stride, picks, row_count, x, count, scales, 0.37f);
            for (size_t r = 0; r < row_count; r++) {
                const float wanted =
                    (float)plain->dot_i8(rows + picks[r] * stride, x, count) * (scales[picks[r]] * 0.37f);
                CHECK(same_bits(&got[r], &wanted, sizeof wanted));
            }
        }
    }
}

CHECK_TEST(rows_in_panels_have_the_products_of_rows)
{
    CHECK_BEGIN();
    const att_kernels *plain = att_kernels_scalar();
    att_rng rng = att_rng_seed(15);
    static int8_t rows[64 * COUNT_MAX];
    static uint8_t panels[64 * COUNT_MAX];
    int8_t x[COUNT_MAX];
    float got[64], scales[64];
    fill_f32(scales, 64, &rng);
    for (size_t count = 4; count <= COUNT_MAX; count += 4) {
        const size_t row_count = 1 + count * 7 % 64;
        fill_i8(rows, sizeof rows, &rng);
        fill_i8(x, sizeof x, &rng);
        for (size_t r = 0; r < 64; r++)
            for (size_t i = 0; i < count; i++)
                panels[r / 16 * 16 * count + i / 4 * 64 + r % 16 * 4 + i % 4] = (uint8_t)(rows[r * count + i] + 128);
        for (size_t p = 0; p < ATT_COUNT_OF(paths); p++) {
            const att_kernels *k = att_kernels_named(paths[p]);
            if (!k || !k->panel_scaled_i8)
                continue;
            k->panel_scaled_i8(got, panels, row_count, x, count, scales, 0.37f);
            for (size_t r = 0; r < row_count; r++) {
                const float wanted = (float)plain->dot_i8(rows + r * count, x, count) * (scales[r] * 0.37f);
                CHECK(same_bits(&got[r], &wanted, sizeof wanted));
            }
        }
    }
}

CHECK_TEST(places_at_or_above_the_bar_are_the_same)
{
    CHECK_BEGIN();
    const att_kernels *plain = att_kernels_scalar();
    att_rng rng = att_rng_seed(14);
    float values[COUNT_MAX];
    uint32_t wanted[COUNT_MAX + 16], got[COUNT_MAX + 16];
    for (size_t count = 0; count <= COUNT_MAX; count++) {
        for (size_t i = 0; i < count; i++)
            values[i] = (float)att_rng_below(&rng, 7);
        if (count > 5)
            values[5] = NAN;
        const size_t wanted_count = plain->at_least_f32(wanted, values, count, 4);
        for (size_t p = 0; p < ATT_COUNT_OF(paths); p++) {
            const att_kernels *k = att_kernels_named(paths[p]);
            if (!k)
                continue;
            CHECK_EQ(k->at_least_f32(got, values, count, 4), wanted_count);
            CHECK(same_bits(got, wanted, wanted_count * sizeof *got));
        }
    }
}

CHECK_TEST(keys_of_rows_at_or_above_the_bar_are_the_same)
{
    CHECK_BEGIN();
    att_rng rng = att_rng_seed(15);
    float values[COUNT_MAX];
    uint64_t wanted[COUNT_MAX + 8], got[COUNT_MAX + 8];
    for (size_t count = 0; count <= COUNT_MAX; count++) {
        for (size_t i = 0; i < count; i++)
            values[i] = i % 11 == 3 ? -0.0f : (float)att_rng_below(&rng, 7) - 3;
        if (count > 5)
            values[5] = NAN;
        const float bar = count % 2 ? -1 : -INFINITY;
        const size_t wanted_count = att_keys_at_least_plain(wanted, values, count, bar, 4000000000u);
        for (size_t i = 0, at = 0; i < count; i++)
            if (values[i] >= bar)
                CHECK(wanted[at++] == att_rank_key(values[i], 4000000000u + (uint32_t)i));
        for (size_t p = 0; p < ATT_COUNT_OF(paths); p++) {
            const att_kernels *k = att_kernels_named(paths[p]);
            if (!k)
                continue;
            CHECK_EQ(k->keys_at_least_f32(got, values, count, bar, 4000000000u), wanted_count);
            CHECK(same_bits(got, wanted, wanted_count * sizeof *got));
        }
    }
}

// Every path gives the plain one's order, not just its sets: which blocks a scan looks at depends on it.
CHECK_TEST(keys_above_a_pivot_come_first_and_keep_their_order)
{
    CHECK_BEGIN();
    enum { MANY = 131 };
    static uint64_t given[MANY], wanted[MANY], got[MANY], spare[MANY + 8];
    att_rng rng = att_rng_seed(77);
    for (size_t count = 0; count <= MANY; count++) {
        for (size_t i = 0; i < count; i++)
            given[i] = att_mix64(att_rng_below(&rng, UINT32_MAX)) ^ (i % 3 ? 0 : UINT64_C(1) << 63);
        const uint64_t pivot = count % 5 == 0 ? 0 : count % 5 == 1 ? UINT64_MAX : given[count / 2];
        memcpy(wanted, given, sizeof given);
        const size_t above = att_split_u64_plain(wanted, count, pivot, spare);
        for (size_t i = 0, a = 0, r = above; i < count; i++)
            CHECK(wanted[given[i] > pivot ? a++ : r++] == given[i]);
        for (size_t p = 0; p < ATT_COUNT_OF(paths); p++) {
            const att_kernels *k = att_kernels_named(paths[p]);
            if (!k)
                continue;
            memcpy(got, given, sizeof given);
            CHECK_EQ(k->split_u64(got, count, pivot, spare), above);
            CHECK(same_bits(got, wanted, count * sizeof *got));
        }
    }
}

CHECK_TEST(the_largest_byte_sums_do_not_overflow)
{
    CHECK_BEGIN();
    enum { LONG = 65536 };
    static int8_t low[LONG], high[LONG];
    memset(low, -128, LONG);
    memset(high, 127, LONG);
    for (size_t p = 0; p < ATT_COUNT_OF(paths); p++) {
        const att_kernels *k = att_kernels_named(paths[p]);
        if (!k)
            continue;
        CHECK_EQ(k->dot_i8(low, low, LONG), 128ll * 128 * LONG);
        CHECK_EQ(k->dot_i8(low, high, LONG), -128ll * 127 * LONG);
        CHECK_EQ(k->dot_i8(high, high, LONG), 127ll * 127 * LONG);
    }
}

CHECK_TEST(names_are_found_and_strangers_are_not)
{
    CHECK_BEGIN();
    CHECK(att_kernels_named("scalar") == att_kernels_scalar());
    CHECK(att_kernels_named("abacus") == NULL);
    CHECK(att_kernels_named(att_kernels_best()->name) == att_kernels_best());
}

CHECK_MAIN(CHECK_CASE(sums_by_hand), CHECK_CASE(float_paths_give_the_same_bits_for_every_count),
    CHECK_CASE(a_zero_keeps_its_sign_on_every_path), CHECK_CASE(rows_and_picks_equal_one_by_one),
    CHECK_CASE(byte_paths_are_exact_for_all_values_and_counts),
    CHECK_CASE(rows_in_panels_have_the_products_of_rows),
    CHECK_CASE(places_at_or_above_the_bar_are_the_same), CHECK_CASE(keys_of_rows_at_or_above_the_bar_are_the_same),
    CHECK_CASE(keys_above_a_pivot_come_first_and_keep_their_order), CHECK_CASE(the_largest_byte_sums_do_not_overflow),
    CHECK_CASE(names_are_found_and_strangers_are_not))
