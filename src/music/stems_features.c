// SPDX-License-Identifier: Apache-2.0
// music/stems_features.c - powers, shares and sides of bands.
#include "music/stems_features.h"
#include "music/stems_masks.h"

#include <math.h>

enum { B = ATT_STEMS_BANDS, G = ATT_STEMS_GROUPS, F = ATT_STEMS_FEATURES };

void att_stems_to_bands(const float *power, size_t frames, size_t bins, float *out)
{
    for (size_t b = 0; b < B; b++) {
        const size_t from = ATT_MIN(att_stems_band_begin(b), bins), to = ATT_MIN(att_stems_band_begin(b + 1), bins);
        for (size_t t = 0; t < frames; t++) {
            float sum = 0;
            for (size_t k = from; k < to; k++)
                sum += power[t * bins + k];
            out[t * B + b] = to > from ? sum / (float)(to - from) : 0;
        }
    }
}

static float squared(float complex z)
{
    return crealf(z) * crealf(z) + cimagf(z) * cimagf(z);
}

void att_stems_side(const float complex *left, const float complex *right, size_t bins, float *out)
{
    for (size_t g = 0; g < G; g++) {
        float side = 0, sum = 0;
        const size_t to = ATT_MIN(att_stems_band_begin((g + 1) * ATT_STEMS_GROUP), bins);
        for (size_t k = att_stems_band_begin(g * ATT_STEMS_GROUP); right && k < to; k++) {
            side += squared(left[k] - right[k]);
            sum += squared(left[k]) + squared(right[k]);
        }
        out[g] = sum > 0 ? side / (2 * sum) : 0;
    }
}

static void put_means(const float *share, size_t frames, float *out, size_t at)
{
    for (size_t t = 0; t < frames; t++)
        for (size_t g = 0; g < G; g++) {
            float sum = 0;
            for (size_t k = 0; k < ATT_STEMS_GROUP; k++)
                sum += share[t * B + g * ATT_STEMS_GROUP + k];
            out[t * F + at + g] = 2 * sum / ATT_STEMS_GROUP - 1;
        }
}

bool att_stems_features(const float *band_power, const float *side, double level, size_t frames, float *out, att_arena *scratch)
{
    const att_arena_mark mark = att_arena_save(scratch);
    float *magnitude = ATT_NEW_RAW(scratch, float, frames *B), *share = ATT_NEW_RAW(scratch, float, frames *B);
    if (!magnitude || !share)
        return false;
    for (size_t i = 0; i < frames * B; i++)
        magnitude[i] = sqrtf(band_power[i]);
    bool whole = att_stems_harmonic(magnitude, frames, B, 17, 31, share, scratch);
    put_means(share, frames, out, B);
    att_stems_repeating(magnitude, frames, B, att_stems_period(band_power, frames, B, scratch), share);
    put_means(share, frames, out, B + G);
    const float by = level > 0 ? (float)(32 / level) : 0;
    for (size_t t = 0; t < frames; t++) {
        for (size_t b = 0; b < B; b++)
            out[t * F + b] = (log10f(band_power[t * B + b] * by + 1e-5f) + 2.5f) / 1.25f;
        for (size_t g = 0; g < G; g++)
            out[t * F + B + 2 * G + g] = 2 * side[t * G + g];
    }
    att_arena_rewind(scratch, mark);
    return whole;
}
