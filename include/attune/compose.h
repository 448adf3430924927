// SPDX-License-Identifier: Apache-2.0
// attune/compose.h - music made from a brief: a score first, solved under rules, then its sound.
//
// A brief says what is wanted. Composing plans the form, chooses chords, leads voices, writes a melody and arranges all of it in a
// style, in a search limited by steps that always holds a whole score, the best so far. The score is plain data: a checker reads it
// alone and tells every rule that it breaks. It is written as a standard MIDI file, or rendered by the helper program attune-synth.
//
// The same brief and seed give the same score, unless the clock ended the search (`out->stopped_early` says so).
#ifndef ATT_COMPOSE_H
#define ATT_COMPOSE_H

#include "attune/audio.h"
#include "attune/stems.h"

ATT_BEGIN

#define ATT_TICKS_PER_BEAT 480
#define ATT_BEATS_PER_BAR 4
#define ATT_PARTS_MAX 8
#define ATT_SCORE_BARS_MIN 2
#define ATT_SCORE_BARS_MAX 2400
#define ATT_SECTIONS_MAX 256

// --- What is wanted -------------------------------------------------------------------------------------------

typedef enum att_mode {
    ATT_MODE_MAJOR,
    ATT_MODE_MINOR,
    ATT_MODE_DORIAN,
    ATT_MODE_PHRYGIAN,
    ATT_MODE_LYDIAN,
    ATT_MODE_MIXOLYDIAN,
    ATT_MODE_COUNT
} att_mode;

// Bends of taste, each -1 … 1, 0 is the style's own.
typedef enum att_music_taste {
    ATT_MUSIC_DENSITY,     // notes in a bar
    ATT_MUSIC_SYNCOPATION, // notes off the beat
    ATT_MUSIC_COLOUR,      // sevenths, borrowed chords
    ATT_MUSIC_REPETITION,  // how far a melody repeats its motif
    ATT_MUSIC_BRIGHTNESS,  // how high it lies
    ATT_MUSIC_TASTE_COUNT
} att_music_taste;

// --- Scales and tunings ---------------------------------------------------------------------------------------

#define ATT_SCALE_DEGREES_MAX 512
#define ATT_SCALE_BYTES_MAX (1 << 20)

// Degree 0 is the tonic, at 0 cents.
typedef struct att_scale {
    char name[64];                       // of a file: its description
    size_t count;                        // degrees in a period, the tonic among them
    double cents[ATT_SCALE_DEGREES_MAX]; // of degree i + 1; the last is the period, mostly 1200
} att_scale;

// Which MIDI key is which degree (Scala's .kbm).
typedef struct att_keymap {
    int size;           // keys of the pattern that repeats; 0: every key the next degree
    int first, last;    // keys that are mapped
    int middle;         // the key of degree 0
    int reference_key;
    double reference_hz;
    int octave_degree;  // degree that the pattern moves up by when it repeats
    int16_t degrees[128]; // (size); -1: no degree
} att_keymap;

// The text of a .scl file, or of a .kbm file. ATT_INVALID tells the line, what was found and what was expected; ATT_LIMIT.
att_status att_scale_parse(att_scale *out, att_text text, const char *name, att_error *err);
att_status att_keymap_parse(att_keymap *out, att_text text, const char *name, att_error *err);
// A path that ends in .scl, or the name of a preset ("rast", "bhairav", "slendro"; see att_scale_preset_at).
att_status att_scale_read(att_scale *out, const char *path_or_name, const att_host *host, att_error *err);
att_status att_keymap_read(att_keymap *out, const char *path, const att_host *host, att_error *err);

typedef struct att_scale_preset {
    const char *name, *family, *source; // where its numbers come from
    uint8_t count;
    double cents[12];  // of degree 1 …; the last is the period
    uint8_t dominant;  // degree that a melody leans on beside the tonic
    uint16_t swinging; // bit i: degree i swings when it is long (andolan)
    float glides;      // 0 … 1: how many long notes are reached by a glide (meend)
    uint8_t program;   // General MIDI, of the lead
} att_scale_preset;
size_t att_scale_preset_count(void);
const att_scale_preset *att_scale_preset_at(size_t index);

// Pitch of every key, in cents above MIDI key 0 of equal temperament, and whether it has one. keymap NULL: every key the next degree,
// degree 0 on `middle` at its pitch in equal temperament.
void att_scale_keys(const att_scale *scale, const att_keymap *keymap, int middle, double cents[128], bool mapped[128]);

typedef struct att_music_brief {
    const char *style;  // see att_style_at; NULL: "synth pop"
    const char *key;    // "C minor", "F# dorian", "Bb"; NULL: drawn from the style
    const char *form;   // "intro verse chorus verse chorus bridge chorus outro"; NULL: by style and length
    double tempo_bpm;   // 30 … 300; 0: drawn from the style
    uint32_t bars;      // 0: as length_s says
    double length_s;    // rounded to whole bars; 0: the style's own
    double energy;      // 0 … 1; 0: the style's own
    double mood;        // -1 dark … 1 bright; 0: the style's own
    double taste[ATT_MUSIC_TASTE_COUNT];
    bool vocals;        // the lead is a wordless voice; false: no voice anywhere
    const char *scale;  // a .scl file, or a preset's name; twelve near-equal steps retune the song, others give drone and melody; NULL: equal
    const char *keymap; // a .kbm file that goes with it; NULL: from the key
    bool loop;          // one section that leads back into its own beginning, without intro and outro
    uint64_t seed;
    uint32_t attempts_max; // whole plans tried; 0: 8
    uint32_t search_ms_max; // the clock may end the search after a whole plan; 0: it may not
} att_music_brief;

// --- Styles ---------------------------------------------------------------------------------------------------

typedef struct att_style_info {
    const char *name, *summary;
    double tempo_low_bpm, tempo_high_bpm;
} att_style_info;

size_t att_style_count(void);
att_style_info att_style_at(size_t index);

// --- A score --------------------------------------------------------------------------------------------------

typedef enum att_section_kind {
    ATT_SECTION_INTRO,
    ATT_SECTION_VERSE,
    ATT_SECTION_CHORUS,
    ATT_SECTION_BRIDGE,
    ATT_SECTION_OUTRO,
    ATT_SECTION_LOOP,
    ATT_SECTION_KIND_COUNT
} att_section_kind;
const char *att_section_name(att_section_kind kind);

typedef enum att_cadence {
    ATT_CADENCE_OPEN,      // ends on any chord
    ATT_CADENCE_HALF,      // on a dominant
    ATT_CADENCE_AUTHENTIC, // dominant, tonic
    ATT_CADENCE_PLAGAL,    // subdominant, tonic
    ATT_CADENCE_COUNT
} att_cadence;
const char *att_cadence_name(att_cadence cadence);

typedef struct att_section {
    att_section_kind kind;
    uint32_t first_bar, bars;
    uint32_t turn;       // 0 for the first of its kind, 1 for the second …
    att_cadence cadence; // how it ends
    double energy;       // 0 … 1
} att_section;

typedef enum att_chord_kind {
    ATT_CHORD_MAJOR,
    ATT_CHORD_MINOR,
    ATT_CHORD_DIMINISHED,
    ATT_CHORD_MAJOR7,
    ATT_CHORD_MINOR7,
    ATT_CHORD_DOMINANT7,
    ATT_CHORD_HALF_DIMINISHED7,
    ATT_CHORD_KIND_COUNT
} att_chord_kind;

typedef struct att_chord {
    uint32_t start_ticks, length_ticks;
    uint8_t root; // 0 C … 11 B
    uint8_t bass; // the lowest note, likewise: the root, or another tone of the chord
    uint8_t kind; // att_chord_kind
} att_chord;
// "Am7/E".
const char *att_chord_name(att_chord chord, char out[16]);

typedef enum att_role { ATT_ROLE_LEAD, ATT_ROLE_CHORDS, ATT_ROLE_BASS, ATT_ROLE_DRUMS, ATT_ROLE_FIGURE, ATT_ROLE_DRONE, ATT_ROLE_COUNT } att_role;
const char *att_role_name(att_role role);

typedef struct att_music_part {
    att_role role;
    uint8_t program; // General MIDI, from 0; of drums: the kit
    uint8_t key_low, key_high; // no note beyond
    float gain_db;
    float pan;  // -1 left … 1 right
    float room; // 0 … 1: how much of it the reverb gets
} att_music_part;

typedef struct att_note {
    uint32_t start_ticks, length_ticks;
    uint8_t part;       // index into parts
    uint8_t key;        // MIDI key; sounds at att_score.key_cents[key]. Of drums: the General MIDI instrument
    uint8_t velocity;   // 1 … 127
    uint8_t voice;      // of chords: 0 is the lowest
    int16_t glide_cents;  // it begins so far from its pitch …
    uint16_t glide_ticks; // … and has reached it after so long; 0: no glide
    uint8_t shake_cents;  // it swings so far to either side, two times a beat; 0: it does not
} att_note;

// Everything is the score's own until att_score_deinit.
typedef struct att_score {
    const char *style; // static
    double tempo_bpm;
    uint8_t tonic; // 0 C … 11 B
    att_mode mode;
    bool vocals, loop;
    uint64_t seed;
    uint32_t bars;
    att_section *sections;
    size_t section_count;
    att_chord *chords; // in order, without gaps; none in a score of a scale
    size_t chord_count;
    att_music_part parts[ATT_PARTS_MAX];
    size_t part_count;
    att_note *notes; // by start, part, key
    size_t note_count;
    char scale[64];         // "" for twelve equal steps
    bool modal;             // drone and melody in the degrees of a scale, without chords
    double tonic_cents, period_cents; // likewise, of a modal score
    double key_cents[128];  // pitch of every key, cents above MIDI key 0 in equal temperament (key 69 at 440 Hz: 6900)
    bool key_mapped[128];
    uint32_t attempts;      // whole plans tried
    double cost;            // of the plan kept
    bool stopped_early;     // by the clock
    att_host host;
} att_score;

// The same, spelled with the sharps or flats of the key: "G#m" in E major, "Abm" in Gb.
const char *att_chord_name_in(const att_score *score, att_chord chord, char out[16]);
// "C minor"; of a modal score the tonic alone.
const char *att_music_key_name(const att_score *score, char out[32]);
void att_score_deinit(att_score *score); // all zero is fine
double att_score_length_s(const att_score *score);

// ATT_INVALID tells which field of the brief, what was found and what was expected.
att_status att_compose(att_score *out, const att_music_brief *brief, const att_host *host, att_error *err);

// --- The checker ----------------------------------------------------------------------------------------------

#define ATT_BREACH_TEXT 160
typedef struct att_breach {
    const char *rule; // "parallel fifths", static
    uint32_t bar;     // from 1
    int part;         // -1: of the whole
    int voice;        // -1: none
    char text[ATT_BREACH_TEXT];
} att_breach;

typedef struct att_breaches {
    att_breach *items; // the first `capacity` of them
    size_t count;      // of all
    size_t capacity;   // room given by the caller
    size_t rules;      // looked at
} att_breaches;

// Reads the finished score alone and verifies every rule of docs/compose.md; shares no code with what composed it.
att_status att_score_check(const att_score *score, att_breaches *out, const att_host *host, att_error *err);

// --- Written as notes -----------------------------------------------------------------------------------------

// A standard MIDI file of format 1: tempo, key, markers of sections and chords, one track a part, bends, and the tuning of keys by the
// MIDI tuning standard where they are not in equal temperament. Appears whole or not at all.
att_status att_score_write_midi(const att_score *score, const char *path, const att_host *host, att_error *err);

// --- Its sound ------------------------------------------------------------------------------------------------

typedef struct att_render_options {
    const char *sound_font; // .sf2 or .sf3, General MIDI; NULL: the first of att_sound_font_at that is there
    uint32_t rate_hz;       // 8000 … 96000; 0: 44100
    bool stems;             // also drums, bass, vocals and other
    double loudness_lufs;   // -60 … -5; true peak stays below -1 dBTP; 0: -16
    double tail_s;          // after the last bar, 0 … 30; loops have none; 0: 4
} att_render_options;

typedef struct att_rendered {
    att_audio mix;                  // stereo
    att_audio stem[ATT_STEM_COUNT]; // all zero when not asked for. Whole multiples of 2^-23 that sum to the mix bit for bit
    const char *sound_font;         // what was used; as the options gave it, or static
    size_t played;                  // distinct notes; equal ones sound alike and are played once
    double gain_db;                 // that brought it to its loudness
} att_rendered;

#define ATT_RENDER_SECONDS_MAX 7200.0

// Where Debian puts its sound fonts; NULL at the end.
const char *att_sound_font_at(size_t index);

// Every note begins on the frame that its tick falls on, rounded once; a loop is as long as its bars, rounded once, and what still
// sounds at its end is added to its beginning. The same score and sound font give the same bits. Notes are played by the helper
// program attune-synth. ATT_UNSUPPORTED: it, or a sound font, is missing.
att_status att_score_render(att_rendered *out, const att_score *score, const att_render_options *options, const att_host *host, att_error *err);
void att_rendered_deinit(att_rendered *rendered); // all zero is fine

// How exactly the degrees of a score sound: each key of its lead is played alone and its pitch estimated from the sound.
typedef struct att_key_measured {
    uint8_t key;
    double wanted_cents, played_cents; // above MIDI key 0
} att_key_measured;

typedef struct att_tuning_measured {
    att_key_measured keys[128];
    size_t count;
    double instrument_cents; // how far the instrument itself is off: the median error
    double median_cents;     // absolute errors less that: the median and
    double worst_cents;      // the largest
} att_tuning_measured;

att_status att_tuning_measure(
    const att_score *score, const att_render_options *options, att_tuning_measured *out, const att_host *host, att_error *err);

// What a listener would notice where a loop's end meets its beginning. All three are ratios to the same measure elsewhere in the loop: near
// 1 it is a place like others.
typedef struct att_seam {
    double step;     // largest second difference of samples across the seam, to the largest within 10 ms beside it
    double spectrum; // change of the spectrum across the seam, to the median change across the other bar lines (or beats, of one bar)
    double level;    // change of level in dB across the seam, less the median of the same at the other bar lines
} att_seam;
// ATT_INSUFFICIENT: shorter than a fifth of a second, or silent.
att_status att_seam_measure(att_sound loop, uint32_t bars, att_seam *out, const att_host *host, att_error *err);

// --- From brief to sound in one call: what a world's `make` asks for ------------------------------------------------

typedef struct att_song {
    att_score score;
    att_rendered sound;
    size_t rules, breaches; // of the checker
    att_breach first;       // when there is a breach
} att_song;

att_status att_song_make(att_song *out, const att_music_brief *brief, const att_render_options *options, const att_host *host, att_error *err);
void att_song_deinit(att_song *song); // all zero is fine

ATT_END
#endif
