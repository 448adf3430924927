// SPDX-License-Identifier: Apache-2.0
// music/true_peak.h - the highest level between the samples, as ITU-R BS.1770-4 annex 2 measures it: four times as many samples, by a
// sinc of 16 samples under a Hann window. libebur128's own meter is its plain twin (tests/music/test_loudness.c).
#ifndef ATT_MUSIC_TRUE_PEAK_H
#define ATT_MUSIC_TRUE_PEAK_H

#include "base/base.h"

enum { ATT_TRUE_PEAK_TAPS = 16, ATT_TRUE_PEAK_PHASES = 4 };

typedef struct att_true_peak {
    float taps[ATT_TRUE_PEAK_PHASES][ATT_TRUE_PEAK_TAPS];
    float last[8][ATT_TRUE_PEAK_TAPS - 1]; // of each channel
    uint32_t channels, phases;             // phases: 4, 2 from 96 kHz on, 1 from 192 kHz on
    float peak;
} att_true_peak;

void att_true_peak_init(att_true_peak *out, uint32_t channels, uint32_t rate_hz); // at most 8 channels
void att_true_peak_add(att_true_peak *meter, const float *samples, size_t frames); // interleaved
float att_true_peak_tell(att_true_peak *meter); // linear; hears silence after the end, so that the last samples count

#endif
