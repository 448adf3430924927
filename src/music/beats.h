// SPDX-License-Identifier: Apache-2.0
// music/beats.h - where the beats are, and which of them begin a bar.
//
// Beats by dynamic programming (Ellis, Beat tracking by dynamic programming, 2007): the sequence that gathers most onset while each
// step stays near the period P,
//
//   C(t) = o(t) + max over s in t-2P … t-P/2 of C(s) - 100 log^2((t - s) / P)
//
// Which of them begin a bar: music/bars.h.
#ifndef ATT_MUSIC_BEATS_H
#define ATT_MUSIC_BEATS_H

#include "attune/music.h"
#include "music/listen.h"

typedef struct att_beats {
    att_beat *items;
    size_t count;
    uint32_t per_bar; // 0: no beats
} att_beats;

// `bpm` from att_tempo_find; 0 gives none. Give `items` back as count of them.
att_status att_beats_find(const att_heard *heard, double bpm, att_beats *out, const att_host *host, att_error *err);

#endif
