// SPDX-License-Identifier: Apache-2.0
// guard/audio_peaks.h - the points by which a recording is known: local maxima of its spectrum over time and pitch.
//
// A peak is one number, frame << 12 | pitch: frames of ATT_PEAK_HOP samples at ATT_PEAK_RATE_HZ, pitch in 1/64 of a semitone above
// ATT_PEAK_LEAST_HZ. Rising numbers are rising in time.
#ifndef ATT_GUARD_AUDIO_PEAKS_H
#define ATT_GUARD_AUDIO_PEAKS_H

#include "attune/audio.h"
#include "base/base.h"

enum {
    ATT_PEAK_RATE_HZ = 8000,
    ATT_PEAK_WINDOW = 1024,
    ATT_PEAK_HOP = 128,
    ATT_PEAK_LEAST_HZ = 180,
    ATT_PEAK_MOST_HZ = 3700,
    ATT_PEAK_SEMITONE = 64,  // units of pitch
    ATT_PEAK_PITCHES = 3350, // 768 log2(3700 / 180), rounded up
    ATT_PEAK_FRAMES_MAX = 1 << 20
};

#define ATT_PEAK_FRAME_S ((double)ATT_PEAK_HOP / ATT_PEAK_RATE_HZ)

static inline uint32_t att_peak_frame(uint32_t peak)
{
    return peak >> 12;
}

static inline int32_t att_peak_pitch(uint32_t peak)
{
    return (int32_t)(peak & 0xfff);
}

typedef ATT_VEC(uint32_t) att_peaks;

// How far around itself a peak is the highest: fewer and firmer peaks with a wider reach.
typedef struct att_peak_reach {
    uint32_t frames, cells; // to each side; cells of half a semitone
} att_peak_reach;

extern const att_peak_reach att_peak_reach_kept;  // of what is stored
extern const att_peak_reach att_peak_reach_asked; // of what is looked up: about twice as many

// Peaks in rising order, appended to `out`, which is the caller's (ATT_VEC_FREE). Any rate, any channels. ATT_LIMIT: too long.
att_status att_peaks_find(att_sound sound, att_peak_reach reach, const att_host *host, att_peaks *out, uint32_t *frames, att_error *err);

#endif
