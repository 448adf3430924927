// SPDX-License-Identifier: Apache-2.0
// music/tempo.h - how many beats a minute, and which other answers there are.
//
// The onset curves of the registers and their sum are looked at in windows of 12 s. Of each, the autocorrelation a(lag), which also
// answers at multiples of the beat's period, and the spectrum f(frequency), which also answers at multiples of its
// frequency, are averaged; a tempo is worth the product of both, each gathered over several levels of the metre (Peeters, Template-based
// estimation of time-varying tempo, 2007), times a preference around 115 beats a minute (log-normal: Ellis 2007):
//
//   a' = mean of a(P), a(2P), a(4P) by 1, a(3P) by 1/2, a(8P) by 0.6;  f' = f(1/P) + f(2/P)/2 + f(4/P)/4;  P: the beat's period
//
// The best tempo is then made exact by following the peak of a(kP) to ever larger k; readings within half a percent are one. Where nothing is
// struck four times there is no beat.
#ifndef ATT_MUSIC_TEMPO_H
#define ATT_MUSIC_TEMPO_H

#include "attune/music.h"
#include "music/listen.h"

typedef struct att_tempo {
    att_tempo_guess guesses[ATT_TEMPOS_MAX];
    uint32_t count;    // 0: no beat
    double confidence; // 0 … 1
} att_tempo;

enum { ATT_ONSET_CURVES = ATT_REGISTERS + 1 };
// What rises above its surroundings of half a second: of each register, in units of its root mean square, then their sum. out is
// (ATT_ONSET_CURVES, heard->count).
void att_onset_curves(const att_heard *heard, float *out);

att_status att_tempo_find(const att_heard *heard, att_tempo *out, const att_host *host, att_error *err);

#endif
