// SPDX-License-Identifier: Apache-2.0
// music/pitch.c - YIN, then phases (pitch.h).
#include "music/pitch.h"
#include "base/base.h"

#include <complex.h>
#include <math.h>

enum { HARMONICS = 6, REFINEMENTS = 3 };
static const double threshold = 0.15;

// Sum of squared differences of the sound and itself, `lag` later.
static double difference(const float *x, size_t window, size_t lag)
{
    double sum = 0;
    for (size_t i = 0; i < window; i++) {
        const double d = (double)x[i] - (double)x[i + lag];
        sum += d * d;
    }
    return sum;
}

// The lag of the first dip below the threshold, or of the deepest one; 0: none. d is (longest + 1), cumulative mean normalised.
static size_t find_period(const double *d, size_t shortest, size_t longest)
{
    size_t best = 0;
    for (size_t lag = shortest; lag < longest; lag++) {
        if (d[lag] < threshold) {
            while (lag + 1 < longest && d[lag + 1] < d[lag])
                lag++;
            return lag;
        }
        if (!best || d[lag] < d[best])
            best = lag;
    }
    return best && d[best] < 0.5 ? best : 0;
}

static double parabola(const double *d, size_t lag)
{
    const double a = d[lag - 1], b = d[lag], c = d[lag + 1], bend = a - 2 * b + c;
    return (double)lag + (bend > 0 ? 0.5 * (a - c) / bend : 0);
}

// One bin of a Hann-windowed transform, at any frequency.
static double complex bin(const float *x, size_t count, double turns_per_frame)
{
    double complex sum = 0;
    const double complex turn = cexp(-2 * M_PI * I * turns_per_frame);
    double complex phase = 1;
    for (size_t i = 0; i < count; i++) {
        const double s = sin(M_PI * (double)i / (double)count);
        sum += (double)x[i] * s * s * phase;
        phase *= turn;
    }
    return sum;
}

// From the turn of each harmonic between the first and the second half of the window, weighed by its energy.
static double refine(const float *x, size_t count, double hz, uint32_t rate_hz)
{
    const size_t half = count / 2, hop = count - half;
    for (int round = 0; round < REFINEMENTS; round++) {
        double sum = 0, weight = 0;
        const size_t apart = round == 0 ? ATT_MAX(hop / 8, (size_t)1) : round == 1 ? ATT_MAX(hop / 3, (size_t)1) : hop; // from coarse to fine: no turn is missed
        for (int h = 1; h <= HARMONICS && h * hz < rate_hz * 0.45; h++) {
            const double turns = h * hz / rate_hz;
            const double complex a = bin(x, half, turns), b = bin(x + apart, half, turns);
            // against the frequency that was assumed
            const double complex expected = cexp(2 * M_PI * I * turns * (double)apart);
            const double off = carg(b * conj(a) * conj(expected)) / (2 * M_PI * (double)apart) * rate_hz, energy = cabs(a) * cabs(b);
            sum += energy * off / h;
            weight += energy;
        }
        hz += weight > 0 ? sum / weight : 0;
    }
    return hz;
}

att_status att_pitch_measure(att_sound sound, double low_hz, double high_hz, att_pitch *out, const att_host *host, att_error *err)
{
    const att_host complete = att_host_complete(host);
    const size_t longest = (size_t)(sound.rate_hz / low_hz) + 2, shortest = (size_t)ATT_MAX(2.0, sound.rate_hz / high_hz - 1);
    *out = (att_pitch){0};
    if (!(low_hz > 0 && high_hz > low_hz) || sound.frames < 4 * longest)
        return ATT_FAIL(err, ATT_INSUFFICIENT, "pitch: %zu frames are too few for tones down to %g Hz", sound.frames, low_hz);
    float *x = ATT_NEW_ARRAY(&complete, float, sound.frames);
    double *d = ATT_NEW_ARRAY(&complete, double, longest + 2), sum = 0;
    size_t lag = 0;
    if (x && d) {
        const size_t window = ATT_MIN(sound.frames - longest - 1, longest * 4);
        att_audio_fold(sound, x);
        for (size_t i = 1; i <= longest; i++) {
            d[i] = difference(x, window, i);
            sum += d[i];
            d[i] = sum > 0 ? d[i] * (double)i / sum : 1;
        }
        lag = find_period(d, shortest, longest);
    }
    if (lag) {
        out->hz = refine(x, sound.frames, sound.rate_hz / parabola(d, lag), sound.rate_hz);
        out->cents = 6900 + 1200 * log2(out->hz / 440);
        out->clarity = 1 - d[lag];
    }
    const bool have = x && d;
    if (x)
        ATT_FREE_ARRAY(&complete, x, sound.frames);
    if (d)
        ATT_FREE_ARRAY(&complete, d, longest + 2);
    if (!have)
        return att_no_memory(err, sound.frames, "frames of a tone");
    return lag ? ATT_OK : ATT_FAIL(err, ATT_INSUFFICIENT, "pitch: no period between %g and %g Hz", low_hz, high_hz);
}
