// SPDX-License-Identifier: Apache-2.0
// music/stems_features.c - powers, shares and sides of bands.
#include "music/stems_features.h"
#include "music/stems_masks.h"

#include <math.h>

enum { B = ATT_STEMS_BANDS, G = ATT_STEMS_GROUPS, ROW = ATT_STEMS_FEATURES };
enum { CUE_PEAK, CUE_HARMONIC, CUE_REPEATING, CUE_RISE, CUE_SIDE };

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
    for (size_t b = 0; b < B; b++) {
        float side = 0, sum = 0;
        const size_t to = ATT_MIN(att_stems_band_begin(b + 1), bins);
        for (size_t k = att_stems_band_begin(b); right && k < to; k++) {
            side += squared(left[k] - right[k]);
            sum += squared(left[k]) + squared(right[k]);
        }
        out[b] = sum > 0 ? side / (2 * sum) : 0;
    }
}

// A share between 0 and 1 as a cue between -1 and 1, and the groups' means among the inputs.
static void put_share(const float *share, size_t frames, size_t group_at, size_t cue, float *out)
{
    for (size_t t = 0; t < frames; t++) {
        float *row = out + t * ROW, *cues = row + ATT_STEMS_INPUTS + cue * B;
        for (size_t b = 0; b < B; b++)
            cues[b] = 2 * share[t * B + b] - 1;
        for (size_t g = 0; g < G; g++) {
            float sum = 0;
            for (size_t k = 0; k < ATT_STEMS_GROUP; k++)
                sum += cues[g * ATT_STEMS_GROUP + k];
            row[B + group_at * G + g] = sum / ATT_STEMS_GROUP;
        }
    }
}

// Of the levels x: beside the mean of the nine around, and beside the frame before.
static void put_shape(size_t frames, float *out)
{
    for (size_t t = 0; t < frames; t++) {
        const float *x = out + t * ROW, *before = t ? x - ROW : x;
        float *peak = out + t * ROW + ATT_STEMS_INPUTS + CUE_PEAK * B, *rise = out + t * ROW + ATT_STEMS_INPUTS + CUE_RISE * B;
        float sum = 0;
        size_t from = 0, to = 0;
        for (size_t b = 0; b < B; b++) {
            while (to < ATT_MIN(b + 5, (size_t)B))
                sum += x[to++];
            while (from + 4 < b)
                sum -= x[from++];
            peak[b] = 2 * (x[b] - sum / (float)(to - from));
            rise[b] = x[b] - before[b];
        }
    }
}

bool att_stems_features(const float *band_power, const float *side, double level, size_t frames, float *out, att_arena *scratch)
{
    const att_arena_mark mark = att_arena_save(scratch);
    float *magnitude = ATT_NEW_RAW(scratch, float, frames *B), *share = ATT_NEW_RAW(scratch, float, frames *B);
    if (!magnitude || !share)
        return false;
    const float by = level > 0 ? (float)(32 / level) : 0;
    for (size_t i = 0; i < frames * B; i++) {
        magnitude[i] = sqrtf(band_power[i]);
        out[i / B * ROW + i % B] = (log10f(band_power[i] * by + 1e-5f) + 2.5f) / 1.25f;
    }
    put_shape(frames, out);
    const bool whole = att_stems_harmonic(magnitude, frames, B, 17, 31, share, scratch);
    put_share(share, frames, 0, CUE_HARMONIC, out);
    att_stems_repeating(magnitude, frames, B, att_stems_period(band_power, frames, B, scratch), share);
    put_share(share, frames, 1, CUE_REPEATING, out);
    put_share(side, frames, 2, CUE_SIDE, out);
    att_arena_rewind(scratch, mark);
    return whole;
}
