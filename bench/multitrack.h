// SPDX-License-Identifier: Apache-2.0
// bench/multitrack.h - small random songs, part by part, as material to learn and measure separation on.
//
// Chords of four to a round, a drum pattern, a bass line, one to four instruments, a melody for a voice. Everything comes from one seed.
#ifndef ATT_BENCH_MULTITRACK_H
#define ATT_BENCH_MULTITRACK_H

#include "attune/stems.h"
#include "base/rng.h"
#include "music/singer.h"

enum { SONG_NOTES_MAX = 8192, SONG_LAYERS = 4 };

typedef struct song_note {
    double at_s, seconds;
    int stem, layer; // layer: which instrument of `other`
    int key, velocity;
} song_note;

typedef struct song {
    double seconds, beat_s;
    song_note notes[SONG_NOTES_MAX];
    size_t note_count;
    int bass_program, kit, layer_program[SONG_LAYERS], layer_pan[SONG_LAYERS];
    int layers;
    att_sung_note sung[2][256]; // a voice, and a second one that joins it
    size_t sung_count[2];
} song;

void song_draw(song *out, double seconds, att_rng *rng);

#endif
