// SPDX-License-Identifier: Apache-2.0
// music/master_limit.c - peaks, least needs, smooth gains.
#include "music/master_limit.h"

#include <math.h>

enum { PHASES = 4, WIDE = 24 }; // taps on either side of a point between samples: half of them
static const double AHEAD_S = 0.004, RELEASE_S = 0.08;

// Windowed sinc: the values a quarter, a half, three quarters of a sample behind sample n, from n - 11 … n + 12.
static void make_phases(float phases[PHASES][WIDE])
{
    for (int p = 1; p < PHASES; p++) {
        double sum = 0;
        for (int i = 0; i < WIDE; i++) {
            const double x = (double)(i - (WIDE / 2 - 1)) - (double)p / PHASES, c = cos(M_PI * x / (WIDE + 1));
            phases[p][i] = (float)(sin(M_PI * x) / (M_PI * x) * c * c);
            sum += (double)phases[p][i];
        }
        for (int i = 0; i < WIDE; i++)
            phases[p][i] = (float)((double)phases[p][i] / sum);
    }
}

static float sample_of(att_sound sound, int64_t n, uint32_t channel)
{
    return n < 0 || n >= (int64_t)sound.frames ? 0 : sound.samples[(size_t)n * sound.channels + channel];
}

// A peak between two samples counts for both.
static void measure_peaks(att_limiter *l, att_sound sound)
{
    float phases[PHASES][WIDE], line[WIDE];
    make_phases(phases);
    for (size_t n = 0; n < sound.frames; n++)
        for (uint32_t c = 0; c < sound.channels; c++) {
            float most = 0;
            l->peaks[n] = fmaxf(l->peaks[n], fabsf(sound.samples[n * sound.channels + c]));
            for (int i = 0; i < WIDE; i++)
                line[i] = sample_of(sound, (int64_t)n + i - (WIDE / 2 - 1), c);
            for (int p = 1; p < PHASES; p++) {
                float sum = 0;
                for (int i = 0; i < WIDE; i++)
                    sum += line[i] * phases[p][i];
                most = fmaxf(most, fabsf(sum));
            }
            l->peaks[n] = fmaxf(l->peaks[n], most);
            if (n + 1 < sound.frames)
                l->peaks[n + 1] = fmaxf(l->peaks[n + 1], most);
        }
}

att_status att_limiter_init(att_limiter *l, att_sound sound, const att_host *host, att_error *err)
{
    *l = (att_limiter){.host = att_host_complete(host), .frames = sound.frames, .ahead = (size_t)(AHEAD_S * sound.rate_hz) / 2 * 2,
        .release = exp(-1 / (RELEASE_S * sound.rate_hz))};
    l->peaks = ATT_NEW_ARRAY(&l->host, float, l->frames);
    l->gains = ATT_NEW_ARRAY(&l->host, float, l->frames + l->ahead);
    l->queue = ATT_NEW_ARRAY(&l->host, size_t, l->ahead + 1);
    l->last = ATT_NEW_ARRAY(&l->host, float, l->ahead + 1);
    if (!l->peaks || !l->gains || !l->queue || !l->last)
        return att_no_memory(err, l->frames, "frames of a limiter");
    measure_peaks(l, sound);
    return ATT_OK;
}

void att_limiter_deinit(att_limiter *l)
{
    ATT_FREE_ARRAY(&l->host, l->peaks, l->frames);
    ATT_FREE_ARRAY(&l->host, l->gains, l->frames + l->ahead);
    ATT_FREE_ARRAY(&l->host, l->queue, l->ahead + 1);
    ATT_FREE_ARRAY(&l->host, l->last, l->ahead + 1);
}

static float need(const att_limiter *l, size_t n, float ceiling)
{
    return n < l->frames && l->peaks[n] > ceiling ? ceiling / l->peaks[n] : 1;
}

// gains[j], j = 0 … frames + ahead - 1: r of sample j - ahead, the least need of samples j - ahead … j, raised slowly.
static void follow_needs(att_limiter *l, float ceiling)
{
    const size_t size = l->ahead + 1;
    size_t first = 0, count = 0; // of the queue: samples of rising need, the least first
    double r = 1;
    for (size_t j = 0; j < l->frames + l->ahead; j++) {
        const float its = need(l, j, ceiling);
        if (count && l->queue[first] + l->ahead < j) {
            first = (first + 1) % size;
            count--;
        }
        while (count && need(l, l->queue[(first + count - 1) % size], ceiling) >= its)
            count--;
        l->queue[(first + count++) % size] = j;
        const double least = (double)need(l, l->queue[first], ceiling);
        r = fmin(least, 1 - (1 - r) * l->release);
        l->gains[j] = (float)r;
    }
}

// The mean of each entry and the `wide` entries before it, in place; what lies before the begin is as the first. `last` has room for
// wide + 1: the values that the mean is of.
static void smooth(float *values, size_t count, size_t wide, float *last)
{
    const size_t size = wide + 1;
    double sum = (double)values[0] * (double)size;
    for (size_t i = 0; i < size; i++)
        last[i] = values[0];
    for (size_t i = 0, at = 0; i < count; i++, at = at + 1 == size ? 0 : at + 1) {
        sum += (double)values[i] - (double)last[at];
        last[at] = values[i];
        values[i] = (float)(sum / (double)size);
    }
}

double att_limiter_peak(const att_limiter *l)
{
    float most = 0;
    for (size_t n = 0; n < l->frames; n++)
        most = fmaxf(most, l->peaks[n]);
    return (double)most;
}

double att_limiter_run(att_limiter *l, att_sound sound, double ceiling, float *out)
{
    const size_t half = l->ahead / 2;
    follow_needs(l, (float)ceiling);
    for (int twice = 0; l->frames && twice < 2; twice++)
        smooth(l->gains, l->frames + l->ahead, half, l->last);
    double least = 1;
    for (size_t n = 0; n < l->frames; n++) {
        const float g = l->gains[n + l->ahead];
        least = fmin(least, (double)g);
        for (uint32_t c = 0; c < sound.channels; c++)
            out[n * sound.channels + c] = sound.samples[n * sound.channels + c] * g;
    }
    return least < 1 ? -20 * log10(least) : 0;
}
