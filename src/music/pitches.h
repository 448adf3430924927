// SPDX-License-Identifier: Apache-2.0
// music/pitches.h - which pitches sound how much: the peaks of long spectra, as pitch classes in steps of 10 cents.
//
// Peaks between 55 Hz and 3 kHz of windows of 186 ms, their frequency by a parabola through three log magnitudes. A peak also speaks for the
// tones that it could be a partial of, f/2 … f/4, with weight 0.6, 0.36, 0.22 (Gomez 2006). Each window counts the same,
// however loud, by the square root of its magnitudes.
#ifndef ATT_MUSIC_PITCHES_H
#define ATT_MUSIC_PITCHES_H

#include "music/listen.h"

typedef struct att_pitches att_pitches;

att_status att_pitches_create(att_pitches **out, uint32_t rate_hz, const att_host *host, att_error *err);
void att_pitches_destroy(att_pitches *pitches); // NULL is fine
att_status att_pitches_hear(att_pitches *pitches, const float *mono, size_t count, att_error *err);
// Weight by pitch class, step 0 around A of 440 Hz.
void att_pitches_tell(const att_pitches *pitches, double all[ATT_PITCH_STEPS]);
// The windows one by one: (*count, 12), each the weight by semitone from A, of sum 1 or 0. Becomes the caller's, as *count x 12; NULL when
// memory ran out.
float *att_pitches_take(att_pitches *pitches, size_t *count, double *windows_hz);

#endif
