// SPDX-License-Identifier: Apache-2.0
// What lies elsewhere is told apart by where it lies; what lies in the same place, by masks alone; and stems still sum.
#include "check.h"

#include "base/rng.h"
#include "music/stems_place.h"

#include <math.h>

enum { FRAMES = 40, BINS = 5, J = ATT_STEM_COUNT };

typedef struct scene {
    att_stems_chunk chunk;
    float complex spectra[2 * FRAMES * BINS], out[2 * J * BINS];
    float masks[FRAMES * J * BINS];
    att_stems_place places[J * BINS];
} scene;

static scene *new_scene(void)
{
    static scene s;
    s = (scene){.chunk = {.frames = FRAMES, .bins = BINS, .channels = 2, .spectra = s.spectra, .masks = s.masks}};
    return &s;
}

static float complex noise(att_rng *rng)
{
    const float re = (float)att_rng_normal(rng);
    return re + (float)att_rng_normal(rng) * I;
}

// Drums at the left, bass at the right; masks know which in all frames but the last, where both sound.
CHECK_TEST(where_both_sound_each_goes_to_its_side)
{
    CHECK_BEGIN();
    scene *s = new_scene();
    att_rng rng = att_rng_seed(3);
    for (size_t t = 0; t < FRAMES; t++)
        for (size_t k = 0; k < BINS; k++) {
            const bool last = t + 1 == FRAMES, drums = t % 2 == 0;
            s->spectra[t * BINS + k] = last || drums ? noise(&rng) : 0;
            s->spectra[(FRAMES + t) * BINS + k] = last || !drums ? noise(&rng) : 0;
            s->masks[(t * J + ATT_STEM_DRUMS) * BINS + k] = last ? 0.5f : drums;
            s->masks[(t * J + ATT_STEM_BASS) * BINS + k] = last ? 0.5f : !drums;
        }
    att_stems_places(&s->chunk, s->places);
    att_stems_placed(&s->chunk, s->places, FRAMES - 1, s->out);
    for (size_t k = 0; k < BINS; k++) {
        const float complex left = s->spectra[(FRAMES - 1) * BINS + k];
        const float complex its = s->out[2 * ATT_STEM_DRUMS * BINS + k], not_its = s->out[(2 * ATT_STEM_BASS) * BINS + k];
        CHECK(cabsf(its - left) < 0.05f * cabsf(left)); // a mask alone leaves 0.5
        CHECK(cabsf(not_its) < 0.05f * cabsf(left));
        CHECK_NEAR(cabsf(s->out[(2 * ATT_STEM_VOCALS + 1) * BINS + k]), 0, 0);
    }
}

static void draw(scene *s, bool one)
{
    att_rng rng = att_rng_seed(5);
    for (size_t t = 0; t < FRAMES; t++)
        for (size_t k = 0; k < BINS; k++) {
            double sum = 0, m[J];
            for (size_t j = 0; j < J; j++)
                sum += m[j] = att_rng_exponential(&rng);
            for (size_t j = 0; j < J; j++)
                s->masks[(t * J + j) * BINS + k] = (float)(m[j] / sum);
            s->spectra[t * BINS + k] = noise(&rng);
            s->spectra[(FRAMES + t) * BINS + k] = one ? s->spectra[t * BINS + k] : noise(&rng);
        }
}

// The formula of the header, bin by bin, in double.
static void plain(const scene *s, size_t t, size_t k, double complex out[J][2])
{
    double complex r[J][2][2] = {0}, sum[2][2] = {0}, q[2];
    for (size_t j = 0; j < J; j++) {
        double trace = 0;
        for (size_t u = 0; u < FRAMES; u++)
            for (int a = 0; a < 2; a++)
                for (int b = 0; b < 2; b++) {
                    const double complex x = s->spectra[((size_t)a * FRAMES + u) * BINS + k], y = s->spectra[((size_t)b * FRAMES + u) * BINS + k];
                    const double by = pow(s->masks[(u * J + j) * BINS + k], 4);
                    r[j][a][b] += by * x * conj(y);
                    trace += a == b ? by * creal(x * conj(x)) : 0;
                }
        for (int a = 0; a < 2; a++)
            for (int b = 0; b < 2; b++) {
                r[j][a][b] = r[j][a][b] / trace * (1 - ATT_STEMS_ALIKE) + (a == b ? ATT_STEMS_ALIKE / 2 : 0);
                sum[a][b] += (double)s->masks[(t * J + j) * BINS + k] * r[j][a][b];
            }
    }
    const double complex x = s->spectra[t * BINS + k], y = s->spectra[(FRAMES + t) * BINS + k];
    const double complex by = 1 / (sum[0][0] * sum[1][1] - sum[0][1] * sum[1][0]);
    q[0] = by * (sum[1][1] * x - sum[0][1] * y);
    q[1] = by * (sum[0][0] * y - sum[1][0] * x);
    for (size_t j = 0; j < J; j++)
        for (int a = 0; a < 2; a++)
            out[j][a] = (double)s->masks[(t * J + j) * BINS + k] * (r[j][a][0] * q[0] + r[j][a][1] * q[1]);
}

CHECK_TEST(it_is_the_wiener_filter_and_stems_sum_to_the_mix)
{
    CHECK_BEGIN();
    scene *s = new_scene();
    double worst = 0, sum_worst = 0;
    draw(s, false);
    att_stems_places(&s->chunk, s->places);
    for (size_t t = 0; t < FRAMES; t++) {
        att_stems_placed(&s->chunk, s->places, t, s->out);
        for (size_t k = 0; k < BINS; k++) {
            double complex wanted[J][2];
            plain(s, t, k, wanted);
            for (size_t c = 0; c < 2; c++) {
                double complex sum = 0;
                for (size_t j = 0; j < J; j++) {
                    worst = fmax(worst, cabs(s->out[(2 * j + c) * BINS + k] - wanted[j][c]));
                    sum += s->out[(2 * j + c) * BINS + k];
                }
                sum_worst = fmax(sum_worst, cabs(sum - s->spectra[(c * FRAMES + t) * BINS + k]));
            }
        }
    }
    CHECK_NEAR(worst, 0, 1e-3);
    CHECK_NEAR(sum_worst, 0, 1e-3);
}

CHECK_TEST(two_channels_that_are_one_are_masked)
{
    CHECK_BEGIN();
    scene *s = new_scene();
    double worst = 0;
    draw(s, true);
    att_stems_places(&s->chunk, s->places);
    att_stems_placed(&s->chunk, s->places, 7, s->out);
    for (size_t j = 0; j < J; j++)
        for (size_t k = 0; k < BINS; k++)
            worst = fmax(worst, cabsf(s->out[2 * j * BINS + k] - s->masks[(7 * J + j) * BINS + k] * s->spectra[7 * BINS + k]));
    CHECK_NEAR(worst, 0, 1e-4);
}

CHECK_TEST(silence_stays_silence)
{
    CHECK_BEGIN();
    scene *s = new_scene();
    draw(s, false);
    memset(s->spectra, 0, sizeof s->spectra);
    att_stems_places(&s->chunk, s->places);
    att_stems_placed(&s->chunk, s->places, 0, s->out);
    for (size_t i = 0; i < 2 * J * BINS; i++)
        CHECK(crealf(s->out[i]) == 0 && cimagf(s->out[i]) == 0);
}

CHECK_MAIN(CHECK_CASE(where_both_sound_each_goes_to_its_side), CHECK_CASE(it_is_the_wiener_filter_and_stems_sum_to_the_mix),
    CHECK_CASE(two_channels_that_are_one_are_masked), CHECK_CASE(silence_stays_silence))
