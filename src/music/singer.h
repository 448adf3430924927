// SPDX-License-Identifier: Apache-2.0
// music/singer.h - a voice that sings notes: glottal pulses through formants (source and filter, Fant 1960).
//
// Pulses are Rosenberg's (1971, form C) with vibrato, jitter, shimmer and breath; vowels are five resonators in a row (Klatt 1980) whose
// first three lie where Peterson and Barney (1952) measured them, scaled to the length of the tract; consonants are noise through one
// resonator, a stop, or a closed mouth. No words: it is there to teach what a voice is among instruments, not to be listened to for long.
#ifndef ATT_MUSIC_SINGER_H
#define ATT_MUSIC_SINGER_H

#include "attune/audio.h"
#include "base/rng.h"

typedef struct att_sung_note {
    double at_s, seconds;
    double key;  // MIDI, fractions are cents
    float level; // 1: as loud as the voice goes
} att_sung_note;

typedef struct att_voice {
    double tract;          // 1: a man's; 1.17: a woman's formants; 0.9 … 1.35
    double vibrato_hz;     // 4.5 … 7
    double vibrato_cents;  // 0 … 80, comes in after a quarter of a second
    double glide_s;        // from note to note
    double breath;         // noise in the open phase, 0 … 0.3
    double open;           // share of a period that the folds are open: 0.45 pressed … 0.75 soft
    double consonants;     // how likely a note begins with one
} att_voice;

att_voice att_voice_draw(att_rng *rng);
// Adds the voice to out, which has one channel; notes in rising order. What lies beyond its end is not sung.
void att_singer_sing(att_audio *out, const att_sung_note *notes, size_t count, const att_voice *voice, att_rng *rng);

#endif
