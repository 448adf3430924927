// SPDX-License-Identifier: Apache-2.0
// attune/music.h - what is in a piece of music.
#ifndef ATT_MUSIC_H
#define ATT_MUSIC_H

#include "attune/audio.h"

ATT_BEGIN

typedef struct att_music_analysis {
    double seconds;
    uint32_t rate_hz, channels; // of the file
    double loudness_lufs;       // ITU-R BS.1770; -HUGE_VAL: silence
    double loudness_range_lu;   // EBU Tech 3342
    double true_peak_dbtp;
} att_music_analysis;

att_status att_music_analyse(att_sound sound, att_music_analysis *out, const att_host *host, att_error *err);

ATT_END
#endif
