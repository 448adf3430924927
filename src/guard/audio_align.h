// SPDX-License-Identifier: Apache-2.0
// guard/audio_align.h - does a window of a query lie in a recording, and how?
#ifndef ATT_GUARD_AUDIO_ALIGN_H
#define ATT_GUARD_AUDIO_ALIGN_H

#include "guard/audio_prints.h"

// moment in the recordings = origin + slope * (frame in the query - middle); pitch there = pitch in the query - pitch.
typedef struct att_alignment {
    double slope, origin, pitch; // pitch in units
    uint32_t middle;             // of the window, frames
} att_alignment;

// A window of the query: its peaks by frame.
typedef struct att_print_window {
    const uint32_t *peaks; // all of the query
    size_t from, to;       // those in the window
    uint32_t begin, end;   // frames
    const uint32_t *first; // (frames + 1): first[f] is the first peak at frame f or later, for all frames of the query
    uint32_t frames;       // of the query
} att_print_window;

typedef struct att_agreement {
    size_t asked, shared; // peaks of the recording in that place, and those of them that the query has
    double chance;        // the share that it has at places nearby
    double score;         // (shared - asked chance) / sqrt(asked chance (1 - chance))
    double begin, end;    // moments in the recordings between which it agrees
} att_agreement;

// The line through most hits: slopes of 0.93 to 1.07, then least squares over those near it. False: no line.
bool att_align(const att_prints *prints, const att_print_window *window, const att_print_hit *hits, size_t count, att_alignment *out);
// Counts what agrees, and draws the line anew through it (once).
att_agreement att_agree(const att_prints *prints, const att_print_window *window, size_t track, att_alignment *alignment);

#endif
