// SPDX-License-Identifier: Apache-2.0
// music/true_peak.c - a filter of four phases over one channel after the other, many samples at a time.
#include "music/true_peak.h"

#include <math.h>

enum { TAPS = ATT_TRUE_PEAK_TAPS, BLOCK = 512 };

void att_true_peak_init(att_true_peak *out, uint32_t channels, uint32_t rate_hz)
{
    *out = (att_true_peak){.channels = channels, .phases = rate_hz < 96000 ? 4 : rate_hz < 192000 ? 2 : 1};
    for (uint32_t p = 0; p < out->phases; p++)
        for (int k = 0; k < TAPS; k++) {
            const double x = k - (TAPS / 2 - 1) - (double)p / out->phases; // 0 where the sample itself is
            const double sinc = fabs(x) < 1e-9 ? 1 : sin(M_PI * x) / (M_PI * x), c = cos(M_PI * x / TAPS);
            out->taps[p][k] = (float)(sinc * c * c);
        }
}

// in is (count + TAPS - 1).
static float peak_of(const float *in, size_t count, const float taps[TAPS])
{
    float sums[BLOCK] = {0}, peak = 0;
    for (int k = 0; k < TAPS; k++)
        for (size_t i = 0; i < count; i++)
            sums[i] += taps[k] * in[i + (size_t)k];
    for (size_t i = 0; i < count; i++) {
        const float size = fabsf(sums[i]);
        peak = size > peak ? size : peak;
    }
    return peak;
}

void att_true_peak_add(att_true_peak *m, const float *samples, size_t frames)
{
    float line[BLOCK + TAPS - 1];
    for (size_t at = 0; at < frames; at += BLOCK) {
        const size_t count = ATT_MIN(frames - at, (size_t)BLOCK);
        for (uint32_t c = 0; c < m->channels; c++) {
            memcpy(line, m->last[c], sizeof m->last[c]);
            for (size_t i = 0; i < count; i++)
                line[TAPS - 1 + i] = samples[(at + i) * m->channels + c];
            memcpy(m->last[c], line + count, sizeof m->last[c]);
            for (uint32_t p = 0; p < m->phases; p++) {
                const float peak = peak_of(line, count, m->taps[p]);
                m->peak = ATT_MAX(m->peak, peak);
            }
        }
    }
}

float att_true_peak_tell(att_true_peak *m)
{
    static const float silence[8 * TAPS];
    att_true_peak_add(m, silence, TAPS);
    return m->peak;
}
