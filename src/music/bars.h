// SPDX-License-Identifier: Apache-2.0
// music/bars.h - which beats begin a bar.
//
// Of each beat the sum of four figures, each in its deviations over the piece: how much begins below 150 Hz; how much the harmony of the beat after it
// differs from that of the beat before, and of four beats after it from four before (1 minus the cosine of pitch classes; chords change at bars: Papadopoulos and
// Peeters 2011); how far the cepstra of two beats after it are from those of two before. A bar has 3 or 4 beats, whichever the sums
// show more clearly. The place in the bar then follows from beat to beat, one further each time; going elsewhere costs as much as some ten clear
// bars bring (Viterbi; places of beats in bars as hidden states: Klapuri, Eronen and Astola 2006), so that one beat too many or too few does not
// shift the bars of all that follows.
#ifndef ATT_MUSIC_BARS_H
#define ATT_MUSIC_BARS_H

#include "music/beats.h"
#include "music/listen.h"

// Sets in_bar of all beats, and per_bar. `frames` are the beats' frames, rising.
att_status att_bars_find(const att_heard *heard, const size_t *frames, att_beats *beats, const att_host *host, att_error *err);

#endif
