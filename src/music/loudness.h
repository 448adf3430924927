// SPDX-License-Identifier: Apache-2.0
// music/loudness.h - how loud a sound is to an ear: ITU-R BS.1770 gated loudness, EBU Tech 3342 range, true peak (libebur128, and music/true_peak.h).
#ifndef ATT_MUSIC_LOUDNESS_H
#define ATT_MUSIC_LOUDNESS_H

#include "attune/audio.h"

typedef struct att_loudness {
    double integrated_lufs; // -HUGE_VAL: silence
    double range_lu;        // 10th to 95th percentile of what is gated
    double true_peak_dbtp;  // of the loudest channel, oversampled; -HUGE_VAL: silence
} att_loudness;

att_status att_loudness_measure(att_sound sound, att_loudness *out, att_error *err);

// The same block by block; its memory does not grow.
typedef struct att_meter att_meter;
att_status att_meter_create(att_meter **out, uint32_t channels, uint32_t rate_hz, const att_host *host, att_error *err);
void att_meter_destroy(att_meter *meter); // NULL is fine
att_status att_meter_add(att_meter *meter, const float *samples, size_t frames, att_error *err); // interleaved
att_status att_meter_tell(att_meter *meter, att_loudness *out, att_error *err);

#endif
