// SPDX-License-Identifier: Apache-2.0
// music/pitch.h - the pitch of a single held tone, from its sound alone.
//
// YIN's cumulative mean normalised difference (de Cheveigne and Kawahara 2002) finds the period; it is refined by the phases of the
// harmonics: a tone of f turns harmonic h by 2 pi h f t between two windows t apart, which tells f to a small part of a cent. It knows
// nothing of how the sound was made.
#ifndef ATT_MUSIC_PITCH_H
#define ATT_MUSIC_PITCH_H

#include "attune/audio.h"

typedef struct att_pitch {
    double hz;
    double cents;   // above MIDI key 0 of equal temperament (A4 = 440 Hz: 6900)
    double clarity; // 1 - YIN's aperiodicity: 1 is perfectly periodic
} att_pitch;

// ATT_INSUFFICIENT: shorter than four periods of low_hz, silent, or without a period.
att_status att_pitch_measure(att_sound sound, double low_hz, double high_hz, att_pitch *out, const att_host *host, att_error *err);

#endif
