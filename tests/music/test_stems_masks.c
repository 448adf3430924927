// SPDX-License-Identifier: Apache-2.0
// Medians are medians; what sounds on and what strikes are told apart; what repeats is found.
#include "check.h"

#include "base/rng.h"
#include "music/stems_bands.h"
#include "music/stems_masks.h"

#include <math.h>
#include <stdlib.h>

static int order(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

CHECK_TEST(the_sliding_median_is_that_of_a_sorted_copy)
{
    CHECK_BEGIN();
    float in[200], out[200], copy[ATT_MEDIAN_WIDTH_MAX];
    att_rng rng = att_rng_seed(3);
    for (int i = 0; i < 200; i++)
        in[i] = (float)att_rng_below(&rng, 12);
    static const size_t widths[] = {1, 3, 17, 31, 63};
    for (int w = 0; w < 5; w++)
        for (size_t step = 1; step <= 2; step++) {
            const size_t count = 200 / step, half = widths[w] / 2;
            att_median_filter(in, count, step, widths[w], out);
            for (size_t i = 0; i < count; i++) {
                const size_t from = i > half ? i - half : 0, to = i + half + 1 < count ? i + half + 1 : count;
                for (size_t k = from; k < to; k++)
                    copy[k - from] = in[k * step];
                qsort(copy, to - from, sizeof *copy, order);
                CHECK_NEAR(out[i * step], copy[(to - from) / 2], 0);
            }
        }
}

CHECK_TEST(bands_cover_the_bins_once)
{
    CHECK_BEGIN();
    for (size_t b = 0; b < ATT_STEMS_BANDS; b++)
        for (size_t k = att_stems_band_begin(b); k < att_stems_band_begin(b + 1); k++)
            CHECK_EQ(att_stems_band_of(k), b);
    CHECK_EQ(att_stems_band_begin(ATT_STEMS_BANDS), 2048);
    CHECK_EQ(att_stems_band_of(2048), ATT_STEMS_BANDS - 1);
    CHECK_EQ(att_stems_band_of(9000), ATT_STEMS_BANDS - 1);
}

enum { FRAMES = 300, BINS = 64 };

CHECK_TEST(a_tone_is_harmonic_and_a_click_is_not)
{
    CHECK_BEGIN();
    static float m[FRAMES * BINS], share[FRAMES * BINS];
    att_arena scratch;
    const att_host host = att_host_default();
    att_arena_init(&scratch, &host, 0);
    for (size_t i = 0; i < FRAMES * BINS; i++)
        m[i] = 0.001f;
    for (size_t t = 0; t < FRAMES; t++)
        m[t * BINS + 20] = 1;
    for (size_t k = 0; k < BINS; k++)
        m[100 * BINS + k] = 1;
    CHECK(att_stems_harmonic(m, FRAMES, BINS, 17, 17, share, &scratch));
    CHECK(share[50 * BINS + 20] > 0.99f);
    CHECK(share[100 * BINS + 40] < 0.01f);
    att_arena_deinit(&scratch);
}

CHECK_TEST(what_repeats_is_told_from_what_does_not)
{
    CHECK_BEGIN();
    static float m[FRAMES * BINS], share[FRAMES * BINS];
    att_arena scratch;
    const att_host host = att_host_default();
    att_arena_init(&scratch, &host, 0);
    att_rng rng = att_rng_seed(5);
    for (size_t t = 0; t < FRAMES; t++) // a pattern of 43 frames in the lower half
        for (size_t k = 0; k < BINS; k++)
            m[t * BINS + k] = k >= BINS / 2 ? 0 : t < 43 ? (float)att_rng_unit(&rng) : m[(t - 43) * BINS + k];
    for (size_t t = 140; t < 150; t++) // and once something in the upper
        m[t * BINS + 50] = 1;
    const size_t period = att_stems_period(m, FRAMES, BINS, &scratch);
    CHECK_EQ(period % 43, 0);
    CHECK(period > 0);
    att_stems_repeating(m, FRAMES, BINS, period, share);
    CHECK_NEAR(share[145 * BINS + 10], 1, 1e-6);
    CHECK_NEAR(share[145 * BINS + 50], 0, 1e-6);
    CHECK_EQ(att_stems_period(m, 60, BINS, &scratch), 0); // too short to tell
    att_arena_deinit(&scratch);
}

CHECK_MAIN(CHECK_CASE(the_sliding_median_is_that_of_a_sorted_copy), CHECK_CASE(bands_cover_the_bins_once),
    CHECK_CASE(a_tone_is_harmonic_and_a_click_is_not), CHECK_CASE(what_repeats_is_told_from_what_does_not))
