// SPDX-License-Identifier: Apache-2.0
// music/stems_masks.c - harmonic-percussive medians and repetition.
#include "music/stems_masks.h"

#include <math.h>

enum { PERIOD_LEAST = 30, PERIOD_MOST = 344, REPEATS = 2 }; // frames of 23 ms

// --- Medians --------------------------------------------------------------------------------------------------

// A sorted list that one value enters and one leaves.
typedef struct sorted {
    float value[ATT_MEDIAN_WIDTH_MAX + 1]; // one enters before one leaves
    size_t count;
} sorted;

static void enter(sorted *s, float value)
{
    size_t at = s->count++;
    for (; at > 0 && s->value[at - 1] > value; at--)
        s->value[at] = s->value[at - 1];
    s->value[at] = value;
}

static void leave(sorted *s, float value)
{
    size_t at = 0;
    while (at + 1 < s->count && s->value[at] < value)
        at++;
    for (s->count--; at < s->count; at++)
        s->value[at] = s->value[at + 1];
}

void att_median_filter(const float *in, size_t count, size_t step, size_t width, float *out)
{
    assert(width % 2 == 1 && width <= ATT_MEDIAN_WIDTH_MAX);
    const size_t half = width / 2;
    sorted window = {.count = 0};
    for (size_t i = 0; i < ATT_MIN(half, count); i++)
        enter(&window, in[i * step]);
    for (size_t i = 0; i < count; i++) {
        if (i + half < count)
            enter(&window, in[(i + half) * step]);
        if (i > half)
            leave(&window, in[(i - half - 1) * step]);
        out[i * step] = window.value[window.count / 2];
    }
}

bool att_stems_harmonic(const float *magnitude, size_t frames, size_t count, size_t time_width, size_t frequency_width, float *out, att_arena *scratch)
{
    const att_arena_mark mark = att_arena_save(scratch);
    float *percussive = ATT_NEW_RAW(scratch, float, count);
    if (!percussive)
        return false;
    for (size_t b = 0; b < count; b++)
        att_median_filter(magnitude + b, frames, count, time_width, out + b);
    for (size_t t = 0; t < frames; t++) {
        float *row = out + t * count;
        att_median_filter(magnitude + t * count, count, 1, frequency_width, percussive);
        for (size_t b = 0; b < count; b++) {
            const float h = row[b] * row[b], p = percussive[b] * percussive[b];
            row[b] = h + p > 0 ? h / (h + p) : 0.5f;
        }
    }
    att_arena_rewind(scratch, mark);
    return true;
}

// --- Repetition -----------------------------------------------------------------------------------------------

// How alike frames are that lie `lag` apart; each row of `level` has mean 0 and is as long as any.
static double likeness(const float *level, size_t frames, size_t count, size_t lag)
{
    double sum = 0;
    for (size_t t = 0; t + lag < frames; t++) {
        const float *a = level + t * count, *b = level + (t + lag) * count;
        float dot = 0;
        for (size_t k = 0; k < count; k++)
            dot += a[k] * b[k];
        sum += dot;
    }
    return sum / (double)(frames - lag);
}

// Powers of a few wide groups as roots of roots, so that soft and loud count alike, each without its mean.
static void levels(const float *power, size_t frames, size_t count, size_t groups, float *out)
{
    for (size_t t = 0; t < frames; t++)
        for (size_t g = 0; g < groups; g++) {
            float sum = 0;
            for (size_t b = g * count / groups; b < (g + 1) * count / groups; b++)
                sum += power[t * count + b];
            out[t * groups + g] = sqrtf(sqrtf(sum));
        }
    for (size_t g = 0; g < groups; g++) {
        double mean = 0;
        for (size_t t = 0; t < frames; t++)
            mean += out[t * groups + g];
        for (size_t t = 0; t < frames; t++)
            out[t * groups + g] -= (float)(mean / (double)frames);
    }
}

size_t att_stems_period(const float *power, size_t frames, size_t count, att_arena *scratch)
{
    const size_t groups = ATT_MIN(count, (size_t)32), longest = ATT_MIN((size_t)PERIOD_MOST, frames / 3);
    const att_arena_mark mark = att_arena_save(scratch);
    float *level = ATT_NEW_RAW(scratch, float, frames *groups);
    double *alike = ATT_NEW(scratch, double, 3 * longest + 1);
    size_t best = 0;
    double best_score = 0;
    if (level && alike && longest >= PERIOD_LEAST) {
        levels(power, frames, count, groups, level);
        for (size_t lag = PERIOD_LEAST; lag <= ATT_MIN(3 * longest, frames - 1); lag++)
            alike[lag] = likeness(level, frames, groups, lag);
        for (size_t lag = PERIOD_LEAST; lag <= longest; lag++) {
            double score = 0;
            for (size_t k = 1; k <= 3; k++)
                score += k * lag < frames ? alike[k * lag] / 3 : 0;
            if (score > best_score)
                best = lag, best_score = score;
        }
    }
    att_arena_rewind(scratch, mark);
    return best;
}

static float median_of_repeats(const float *column, size_t frames, size_t count, size_t at, size_t period)
{
    sorted window = {.count = 0};
    for (size_t k = 1; k <= REPEATS; k++) {
        if (at >= k * period)
            enter(&window, column[(at - k * period) * count]);
        if (at + k * period < frames)
            enter(&window, column[(at + k * period) * count]);
    }
    enter(&window, column[at * count]);
    return window.value[window.count / 2];
}

void att_stems_repeating(const float *magnitude, size_t frames, size_t count, size_t period, float *out)
{
    for (size_t t = 0; t < frames; t++)
        for (size_t b = 0; b < count; b++) {
            const float is = magnitude[t * count + b];
            const float again = period ? median_of_repeats(magnitude + b, frames, count, t, period) : is;
            out[t * count + b] = is > 0 ? ATT_MIN(again, is) / is : 1;
        }
}

// --- Four stems -----------------------------------------------------------------------------------------------

// 1 below `from`, 0 above `to`, a cosine between.
static float below(double hz, double from, double to)
{
    const double x = ATT_MIN(ATT_MAX((hz - from) / (to - from), 0), 1);
    return (float)(0.5 + 0.5 * cos(M_PI * x));
}

bool att_stems_classical(const float *magnitude, size_t frames, size_t bins, double bin_hz, float *masks, att_arena *scratch)
{
    const att_arena_mark mark = att_arena_save(scratch);
    float *harmonic = ATT_NEW_RAW(scratch, float, frames *bins), *repeats = ATT_NEW_RAW(scratch, float, frames *bins);
    bool whole = harmonic && repeats && att_stems_harmonic(magnitude, frames, bins, 17, 31, harmonic, scratch);
    if (whole) {
        for (size_t i = 0; i < frames * bins; i++)
            repeats[i] = magnitude[i] * magnitude[i];
        const size_t period = att_stems_period(repeats, frames, bins, scratch);
        att_stems_repeating(magnitude, frames, bins, period, repeats);
    }
    for (size_t t = 0; whole && t < frames; t++)
        for (size_t k = 0; k < bins; k++) {
            const float low = below((double)k * bin_hz, 180, 320), h = harmonic[t * bins + k];
            const float sung = (1 - below((double)k * bin_hz, 80, 160)) * (1 - repeats[t * bins + k]);
            float *m = masks + t * ATT_STEM_COUNT * bins + k;
            m[ATT_STEM_DRUMS * bins] = 1 - h;
            m[ATT_STEM_BASS * bins] = h * low;
            m[ATT_STEM_VOCALS * bins] = h * (1 - low) * sung;
            m[ATT_STEM_OTHER * bins] = h * (1 - low) * (1 - sung);
        }
    att_arena_rewind(scratch, mark);
    return whole;
}
