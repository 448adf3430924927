// SPDX-License-Identifier: Apache-2.0
// music/stems_examples.h - multitracks in memory, and mixes drawn from them to learn from.
//
// A folder of multitracks holds one folder a track with drums.wav, bass.wav, vocals.wav, other.wav (or .flac, .ogg); a file that is
// absent is silence. An example takes the four stems of one track or of several (half of the time each stem comes from another), moves
// their gains by up to 4 dB, bends their spectra by a few dB, leaves some out, swaps the channels or makes them one, and sometimes cuts the
// treble of all, as coders and old recordings do.
#ifndef ATT_MUSIC_STEMS_EXAMPLES_H
#define ATT_MUSIC_STEMS_EXAMPLES_H

#include "music/stems_net.h"
#include "music/stft.h"

#define ATT_STEMS_TRACKS_MAX 20000
enum { ATT_STEMS_RATE_HZ = 44100 };

typedef struct att_stems_track {
    int16_t *samples[ATT_STEM_COUNT]; // (frames, 2) at 44.1 kHz; NULL: silence
    size_t frames;
} att_stems_track;

typedef struct att_stems_pool {
    ATT_VEC(att_stems_track) tracks; // by name
    att_host host;
} att_stems_pool;

// Tracks shorter than frames_least samples are left out. ATT_NOT_FOUND, ATT_INSUFFICIENT: no track in it; ATT_CANCELLED.
att_status att_stems_pool_load(att_stems_pool *out, const char *folder, size_t frames_least, const att_host *host, att_error *err);
void att_stems_pool_deinit(att_stems_pool *pool);

// The paths of a track's stems, NULL where absent, and the names of the tracks of a folder, sorted; all in `life`.
att_status att_stems_folder_list(const char *folder, char ***names, size_t *count, att_arena *life, att_error *err);
char *att_stems_folder_stem(const char *folder, const char *track, att_stem stem, att_arena *life);

typedef struct att_stems_example {
    size_t frames;
    float *features; // (frames, ATT_STEMS_FEATURES)
    float *mix;      // (frames, bands)
    float *cross;    // (frames, stems, bands)
    double own[ATT_STEM_COUNT];
} att_stems_example;

bool att_stems_example_init(att_stems_example *out, size_t frames, att_arena *life);
// Of a track the samples that an example of so many frames needs.
size_t att_stems_example_samples(const att_stft *stft, size_t frames);
// The same seed and number give the same example. `plain`: track number % count as it is, from its beginning. False: out of memory.
bool att_stems_example_draw(att_stems_example *out, const att_stems_pool *pool, att_stft *stft, uint64_t seed, uint64_t number, bool plain, att_arena *scratch);

#endif
