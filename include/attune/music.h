// SPDX-License-Identifier: Apache-2.0
// attune/music.h - what is in a piece of music. docs/music-analysis.md has the formulas, their sources, and how right they are.
#ifndef ATT_MUSIC_H
#define ATT_MUSIC_H

#include "attune/audio.h"

ATT_BEGIN

#define ATT_TEMPOS_MAX 5
#define ATT_MUSIC_EMBEDDING 64

typedef struct att_tempo_guess {
    double bpm;
    double share; // of the evidence; all guesses together 1
} att_tempo_guess;

typedef enum att_key_mode { ATT_KEY_NONE, ATT_KEY_MAJOR, ATT_KEY_MINOR } att_key_mode;

typedef struct att_key {
    uint8_t tonic; // 0: C … 11: B
    att_key_mode mode; // ATT_KEY_NONE: nothing that has a pitch
} att_key;

// Tags of a stated rule over the figures below; no people were asked.
typedef enum att_mood {
    ATT_MOOD_CALM = 1,       // arousal below 0.35
    ATT_MOOD_ENERGETIC = 2,  // above 0.65
    ATT_MOOD_HAPPY = 4,      // valence above 0.6, and arousal at least 0.4
    ATT_MOOD_SAD = 8,        // valence below 0.4, and arousal at most 0.5
    ATT_MOOD_TENSE = 16,     // valence below 0.4, and arousal above 0.5
    ATT_MOOD_RELAXED = 32,   // valence at least 0.45, and arousal below 0.45
    ATT_MOOD_DARK = 64,      // brightness below 0.3
    ATT_MOOD_BRIGHT = 128,   // above 0.65
    ATT_MOOD_RHYTHMIC = 256, // clear beats: confidence of the tempo at least 0.6
    ATT_MOOD_AMBIENT = 512,  // nearly none: below 0.25, and arousal below 0.5
} att_mood;
#define ATT_MOOD_COUNT 10

typedef struct att_music_analysis {
    double seconds;
    double seconds_missing;     // that the file says it has and that did not come: it was cut off; 0: none
    uint32_t rate_hz, channels; // of the file
    double loudness_lufs;       // ITU-R BS.1770; -HUGE_VAL: silence
    double loudness_range_lu;   // EBU Tech 3342
    double true_peak_dbtp;
    double crest_db;      // peak over root mean square of all samples; 0: silence
    double clipped_share; // of samples at full scale
    double tempo_bpm;     // the first of the guesses; 0: no beat was found
    double tempo_confidence; // 0 … 1
    att_tempo_guess tempos[ATT_TEMPOS_MAX]; // the likeliest first
    uint32_t tempo_count;
    uint32_t beats_per_bar; // 3 or 4; 0 without beats
    att_key key;
    double key_confidence; // 0 … 1
    double tuning_cents;   // of A against 440 Hz, -50 … 50
    double centroid_hz;
    double brightness;     // 0 … 1: the centroid from 300 Hz to 5 kHz, by its logarithm
    double harmonicity;    // 0 … 1: share of lasting partials against strokes
    double energy;         // 0 … 1: how loud and dense it is
    double valence, arousal; // 0 … 1, by the rule in docs/music-analysis.md
    uint32_t moods;        // att_mood, or'ed
    float embedding[ATT_MUSIC_EMBEDDING]; // timbre, then rhythm; of length 1, so that a dot product tells likeness; all 0: silence
} att_music_analysis;

typedef struct att_beat {
    double at_s;
    uint32_t in_bar; // 1: the bar begins here
} att_beat;

// A part of the piece that is like itself: verse, chorus, whatever it may be. Parts with one label are alike.
typedef struct att_music_section {
    double begin_s, end_s;
    uint32_t label; // 0: A, the first to come; see att_section_label
} att_music_section;

// Lists; give them back with att_music_details_deinit.
typedef struct att_music_details {
    att_beat *beats;
    size_t beat_count;
    att_music_section *sections; // from the start to the end without a gap; none of silence
    size_t section_count;
    att_host host;
} att_music_details;

// `details` may be NULL. ATT_CANCELLED when the host's progress says so. Any thread; the same sound gives the same figures.
att_status att_music_analyse(att_sound sound, att_music_analysis *out, const att_host *host, att_error *err);
att_status att_music_analyse_all(att_sound sound, att_music_analysis *out, att_music_details *details, const att_host *host, att_error *err);
// A file as att_audio_read opens it, block by block: memory does not grow with its samples (some 8 MB an hour).
// `seconds_max`: no more of it; 0: all.
att_status att_music_analyse_file(
    const char *path, double seconds_max, att_music_analysis *out, att_music_details *details, const att_host *host, att_error *err);
// Its loudness alone, as an analysis tells it: ITU-R BS.1770; -HUGE_VAL: silence.
att_status att_music_loudness(att_sound sound, double *lufs, att_error *err);
void att_music_details_deinit(att_music_details *details); // all zero is fine

const char *att_mood_name(att_mood mood);                 // "calm"; NULL for none of them
void att_section_label(uint32_t label, char out[8]);      // "A" … "Z", "A2" …
void att_key_text(att_key key, char out[16]);             // "F# minor"; "none"

ATT_END
#endif
