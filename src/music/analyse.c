// SPDX-License-Identifier: Apache-2.0
// music/analyse.c - all that is measured of a piece of music.
#include "attune/music.h"
#include "music/loudness.h"

att_status att_music_analyse(att_sound sound, att_music_analysis *out, const att_host *host, att_error *err)
{
    (void)host;
    att_loudness loudness;
    const att_status status = att_loudness_measure(sound, &loudness, err);
    *out = (att_music_analysis){.seconds = (double)sound.frames / sound.rate_hz, .rate_hz = sound.rate_hz, .channels = sound.channels,
        .loudness_lufs = loudness.integrated_lufs, .loudness_range_lu = loudness.range_lu, .true_peak_dbtp = loudness.true_peak_dbtp};
    return status;
}
