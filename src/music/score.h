// SPDX-License-Identifier: Apache-2.0
// music/score.h - what the steps of composing hand to each other: the plan, the style, the words of theory.
//
// Brief -> form (score_form.c) -> chords (score_chords.c) -> voices (score_voices.c) -> melody (score_melody.c) -> notes of every part
// (score_arrange.c). Time is in ticks of a 480th beat, four beats a bar. score_check.c includes none of this.
#ifndef ATT_MUSIC_SCORE_H
#define ATT_MUSIC_SCORE_H

#include "attune/compose.h"
#include "base/arena.h"
#include "base/rng.h"

enum {
    BEAT = ATT_TICKS_PER_BEAT,
    BAR = ATT_BEATS_PER_BAR * ATT_TICKS_PER_BEAT,
    STEPS_PER_BAR = 16,
    STEP = BAR / STEPS_PER_BAR,
    UPPER_VOICES = 3,
    CHORD_TONES_MAX = 4,
};

// --- Styles (score_style.c)

// How the chords' part plays what the voices hold.
typedef enum att_comping { ATT_COMPING_HELD, ATT_COMPING_PULSE, ATT_COMPING_OFFBEAT, ATT_COMPING_STRUM, ATT_COMPING_CHARLESTON } att_comping;
typedef enum att_bass_line { ATT_BASS_HELD, ATT_BASS_EIGHTHS, ATT_BASS_OCTAVES, ATT_BASS_OFFBEAT, ATT_BASS_ROOT_FIFTH, ATT_BASS_WALKING } att_bass_line;
typedef enum att_figure { ATT_FIGURE_NONE, ATT_FIGURE_EIGHTHS, ATT_FIGURE_SIXTEENTHS, ATT_FIGURE_SLOW } att_figure;

typedef struct att_drum_line {
    uint8_t key;          // General MIDI
    const char *steps;    // sixteen: . rest, x soft, X loud
} att_drum_line;

typedef struct att_style {
    att_style_info info;
    double modes[ATT_MODE_COUNT]; // odds
    double length_s, energy;
    double sevenths;       // share of chords with a seventh
    double density;        // of the melody: share of eighths that begin a note
    double syncopation;
    double swing;          // where the second half of a beat falls; 0.5: straight
    uint32_t chord_beats;  // a chord lasts
    uint32_t section_bars; // of a verse and a chorus, where the length allows
    double intro_share;    // of a long piece
    bool drums, long_form; // long_form: no verse and chorus but long, calm stretches
    att_music_part lead, chords, figure, bass, kit;
    att_comping comping;
    att_bass_line bass_line;
    att_figure figuration;
    att_drum_line calm[6], full[7]; // end with a NULL
} att_style;

extern const att_style att_styles[];
extern const size_t att_styles_count;
const att_style *att_style_find(const char *name); // NULL: there is none

// --- Theory (score_theory.c)

extern const uint8_t att_mode_steps[ATT_MODE_COUNT][7]; // semitones above the tonic
uint16_t att_mode_set(unsigned tonic, att_mode mode);   // bit p: pitch class p
uint16_t att_chord_set(const att_chord *chord);
int att_music_sharps(const att_score *score); // of its signature: sharps, or minus flats, along the circle of fifths
size_t att_chord_tones(const att_chord *chord, uint8_t out[CHORD_TONES_MAX]); // pitch classes from the root up
bool att_key_parse(const char *text, uint8_t *tonic, att_mode *mode);
static inline bool att_set_has(uint16_t set, int key) { return set >> ((unsigned)(key + 1200) % 12) & 1; }

// How far from its own pitch a note sounds so long after its beginning: a glide eases in by a raised cosine, a shake swings twice a beat,
// and sets in over the first half beat.
double att_note_bend_cents(const att_note *note, double ticks);

// --- The plan

// Chosen chord and how it is held.
typedef struct att_voicing {
    uint8_t bass;
    uint8_t upper[UPPER_VOICES]; // rising
} att_voicing;

typedef struct att_melody_note {
    uint32_t start_ticks, length_ticks; // of the piece
    uint8_t key;
    bool strong; // must be of its chord
    uint16_t chord;   // index
    uint16_t section;
} att_melody_note;

typedef ATT_VEC(att_melody_note) att_melody;

typedef struct att_plan {
    const att_style *style;
    const att_music_brief *brief;
    const att_host *host;
    double tempo_bpm, energy;
    bool tuned, modal; // a scale of twelve steps near equal ones; another one
    att_scale scale;
    att_keymap keymap;
    const att_scale_preset *preset; // NULL: the scale is of a file
    double taste[ATT_MUSIC_TASTE_COUNT];
    uint8_t tonic;
    att_mode mode;
    uint32_t bars;
    att_section *sections;
    size_t section_count;
    att_chord *chords;
    att_voicing *voicings; // (chord_count)
    size_t chord_count;
    att_melody melody;
    double cost;
} att_plan;

// Every step writes into the plan, in memory of `life`; ATT_NO_MEMORY, or ATT_INVALID where the brief cannot be met.
att_status att_plan_form(att_plan *plan, att_rng *rng, att_arena *life, att_error *err);
att_status att_plan_chords(att_plan *plan, att_rng *rng, att_arena *life, att_error *err);
att_status att_plan_voices(att_plan *plan, att_arena *life, att_error *err);
att_status att_plan_melody(att_plan *plan, att_rng *rng, att_arena *life, att_error *err);
// The drums alone, as part `part`; in the place of out's notes.
att_status att_plan_drums(const att_plan *plan, att_rng *rng, uint8_t part, att_score *out, att_error *err);
// Of a scale without chords: form and tempo from the plan, keys from out, which gets parts and notes. preset: NULL of a file.
att_status att_plan_modal(const att_plan *plan, const att_scale_preset *preset, att_rng *rng, att_arena *life, att_score *out, att_error *err);
// Takes an array of notes from `host` in the place of its own, in order. The array is gone in any case.
att_status att_score_adopt_notes(att_score *out, att_note *notes, size_t count, size_t capacity, const att_host *host, att_error *err);
att_status att_plan_arrange(const att_plan *plan, att_rng *rng, att_score *out, att_error *err);

// The section that holds a bar.
const att_section *att_plan_section(const att_plan *plan, uint32_t bar);

#endif
