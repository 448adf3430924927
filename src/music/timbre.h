// SPDX-License-Identifier: Apache-2.0
// music/timbre.h - one vector of a piece's timbre and rhythm, and the figures of its mood.
//
// 13 means of cepstra 0 … 12 (0 without the level: less their mean over the collection), 13 spreads, 13 of motion, then for the low, the high
// and all registers together how strongly onsets recur at 8 rates from 0.5 to 13 Hz (octaves by 2/3), and the share of lasting partials. Each is
// centred and scaled by what it is over a collection of songs (a table in timbre.c), then the whole is given length 1.
#ifndef ATT_MUSIC_TIMBRE_H
#define ATT_MUSIC_TIMBRE_H

#include "attune/music.h"
#include "music/listen.h"

// Needs host's memory for a moment. All 0 for silence.
att_status att_timbre_of(const att_heard *heard, float out[ATT_MUSIC_EMBEDDING], const att_host *host, att_error *err);
// The figures before they are centred and scaled, for making the table anew.
att_status att_timbre_raw(const att_heard *heard, double out[ATT_MUSIC_EMBEDDING], const att_host *host, att_error *err);

// brightness, energy, valence, arousal and moods, from the figures of `of` that are there already.
void att_mood_of(const att_heard *heard, att_music_analysis *of);

#endif
