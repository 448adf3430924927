// SPDX-License-Identifier: Apache-2.0
// music/master_limit.h - nothing beyond a ceiling, also between samples: a limiter that looks ahead.
//
// Peaks are taken of the sound oversampled four times (ITU-R BS.1770, annex 2), of the loudest channel. With need(n) = min(1, ceiling / peak(n)) the
// gain is the mean over two boxes of together L samples of a curve r that falls at once to the least need of the next L samples and rises
// by release: a mean of values that are all at most need(n), so no peak passes; and it is smooth.
#ifndef ATT_MUSIC_MASTER_LIMIT_H
#define ATT_MUSIC_MASTER_LIMIT_H

#include "attune/audio.h"
#include "base/base.h"

typedef struct att_limiter {
    att_host host;
    size_t frames, ahead;
    float *peaks;  // (frames): of the sound, gain 1
    float *gains;  // (frames + ahead)
    size_t *queue; // (ahead + 1), of the least need
    float *last;   // (ahead + 1), that a mean is of
    double release; // kept a sample
} att_limiter;

att_status att_limiter_init(att_limiter *limiter, att_sound sound, const att_host *host, att_error *err);
void att_limiter_deinit(att_limiter *limiter);
double att_limiter_peak(const att_limiter *limiter); // of the sound, between samples too
// out is the sound without peaks above `ceiling`. Returns the greatest reduction in dB.
double att_limiter_run(att_limiter *limiter, att_sound sound, double ceiling, float *out);

#endif
