// SPDX-License-Identifier: Apache-2.0
// httpd/shapes_songs.c - a song as it is asked for, option by option, and what it came to.
#include "routes.h"

#include <string.h>

static const char *style_of(unsigned style)
{
    return style < att_style_count() ? att_style_at(style).name : NULL;
}

static const char *scale_of(unsigned scale)
{
    return scale < att_scale_preset_count() ? att_scale_preset_at(scale)->name : NULL;
}

static const char *format_of(unsigned format)
{
    static const char *const names[] = {"flac", "wav", "ogg"};
    return format < 3 ? names[format] : NULL;
}

// By their names alone: a request names no path of this machine.
static const char *font_of(unsigned font)
{
    const char *path = att_sound_font_at(font), *slash = path ? strrchr(path, '/') : NULL;
    return slash ? slash + 1 : path;
}

#define TASTE(name, text) {name, SHAPE_NUMBER, "taste: " text, -1, 1}
static const shape_field song_fields[] = {{"loop", SHAPE_BOOL, "one that leads back into its own beginning, instead of a song"},
    {"style", SHAPE_TEXT, "synth pop when left out", .name_of = style_of}, {"tempo_bpm", SHAPE_NUMBER, "drawn from the style when left out", 30, 300},
    {"key", SHAPE_TEXT, "\"C minor\", \"F# dorian\", \"Bb\"; drawn from the style when left out", 1, 40},
    {"scale", SHAPE_TEXT, "a preset", .name_of = scale_of}, {"scala", SHAPE_TEXT, "the text of a Scala file (.scl) instead", 1, 65536},
    {"keymap", SHAPE_TEXT, "the text of its keyboard mapping (.kbm)", 1, 65536},
    {"form", SHAPE_TEXT, "\"intro verse chorus verse chorus bridge chorus outro\"; by style and length when left out", 1, 200},
    {"bars", SHAPE_WHOLE, "whole length in bars of four beats", ATT_SCORE_BARS_MIN, ATT_SCORE_BARS_MAX},
    {"minutes", SHAPE_NUMBER, "whole length instead, rounded to bars; left out: the style's own", 0.02, 24}, {"energy", SHAPE_NUMBER, "of it", 0, 1},
    {"mood", SHAPE_NUMBER, "-1 dark to 1 bright", -1, 1}, TASTE("density", "notes in a bar"), TASTE("syncopation", "notes off the beat"),
    TASTE("colour", "sevenths and borrowed chords"), TASTE("repetition", "how far a melody repeats its motif"), TASTE("brightness", "how high it lies"),
    {"vocals", SHAPE_BOOL, "the lead is a wordless voice"}, {"seed", SHAPE_WHOLE, "another seed, another song; 1 when left out", 0, 9e15},
    {"attempts", SHAPE_WHOLE, "whole plans tried, the best is kept; 8 when left out", 1, 1000},
    {"search_ms", SHAPE_WHOLE, "the clock may end the search after a whole plan", 1, 3600000},
    {"plan", SHAPE_BOOL, "no more than the plan: nothing is played"}, {"midi", SHAPE_BOOL, "keep its notes too, as a MIDI file"},
    {"stems", SHAPE_BOOL, "keep its stems too; they sum to it exactly"}, {"measure", SHAPE_BOOL, "play each key of the lead alone and measure its pitch"},
    {"rate_hz", SHAPE_WHOLE, "samples a second; 44100 when left out", 8000, 96000}, {"loudness_lufs", SHAPE_NUMBER, "-16 when left out", -60, -5},
    {"sound_font", SHAPE_TEXT, "the General MIDI font that plays it, where this machine has it; left out: the first that is there", .name_of = font_of},
    {"format", SHAPE_TEXT, "of the sounds; flac when left out", .name_of = format_of}, {0}};
const shape httpd_shape_song_task = {"SongTask", "A song or a loop, as attune music compose and loop take it; what is left out is drawn or the style's own", song_fields};

#define FIGURE(name, text) {name, SHAPE_NUMBER, text, .required = true}
#define WHOLE(name, text) {name, SHAPE_WHOLE, text, .required = true}
static const shape_field breach_fields[] = {{"rule", SHAPE_TEXT, "which", .required = true}, WHOLE("bar", "from 1"), WHOLE("part", "-1: of the whole"),
    WHOLE("voice", "-1: none"), {"text", SHAPE_TEXT, "what was found", .required = true}, {0}};
static const shape shape_breach = {"SongBreach", "A rule that was not kept", breach_fields};
static const shape_field section_fields[] = {{"kind", SHAPE_TEXT, "verse, chorus …", .required = true}, WHOLE("bar", "the first, from 1"), WHOLE("bars", "long"),
    {"cadence", SHAPE_TEXT, "how it ends", .required = true}, FIGURE("energy", "0 to 1"), {0}};
static const shape shape_section = {"SongSection", "A part of the form", section_fields};
static const shape_field chord_fields[] = {FIGURE("beat", "where, from 0"), FIGURE("beats", "long"), {"name", SHAPE_TEXT, "Am7/E", .required = true}, {0}};
static const shape shape_chord = {"SongChord", "A chord", chord_fields};
static const shape_field plan_fields[] = {{"sections", SHAPE_LIST, "in order", .of = SHAPE_OBJECT, .shape = &shape_section, .required = true},
    {"chords", SHAPE_LIST, "in order; none of a scale", .of = SHAPE_OBJECT, .shape = &shape_chord, .required = true}, {0}};
static const shape shape_plan = {"SongPlan", "Form and chords", plan_fields};
static const shape_field about_fields[] = {{"style", SHAPE_TEXT, "style", .required = true}, {"key", SHAPE_TEXT, "key", .required = true},
    {"scale", SHAPE_TEXT, "null: twelve equal steps", .required = true, .nullable = true}, FIGURE("tempo_bpm", "beats a minute"), WHOLE("bars", "of four beats"),
    FIGURE("seconds", "long"), WHOLE("seed", "as it was given"), WHOLE("attempts", "whole plans tried"), WHOLE("notes", "in all parts"),
    {"stopped_early", SHAPE_BOOL, "by the clock", .required = true}, WHOLE("rules", "that were looked at"), WHOLE("breaches", "of them"),
    {"breach", SHAPE_LIST, "the first of them", .of = SHAPE_OBJECT, .shape = &shape_breach, .required = true},
    {"plan", SHAPE_OBJECT, "form and chords", .shape = &shape_plan, .required = true}, {0}};
static const shape shape_about = {"Song", "A song as it was composed (docs/compose.md)", about_fields};
static const shape_field seam_fields[] = {FIGURE("step", "of the waveform, by that elsewhere"), FIGURE("spectrum", "its change, likewise"),
    FIGURE("level_db", "its change, less that elsewhere"), {0}};
static const shape shape_seam = {"LoopSeam", "Where a loop's end meets its beginning; near 1 it is a place like others", seam_fields};
static const shape_field key_fields[] = {WHOLE("key", "MIDI"), FIGURE("wanted_cents", "above MIDI key 0"), FIGURE("played_cents", "as it sounds"), {0}};
static const shape shape_key = {"MeasuredKey", "A key of the lead, played alone", key_fields};
static const shape_field tuning_fields[] = {FIGURE("instrument_cents", "how far the instrument itself is off"), FIGURE("median_cents", "errors less that"),
    FIGURE("worst_cents", "the largest"), {"keys", SHAPE_LIST, "by pitch", .of = SHAPE_OBJECT, .shape = &shape_key, .required = true}, {0}};
static const shape shape_tuning = {"MeasuredTuning", "How exactly the degrees sound", tuning_fields};
static const shape_field result_fields[] = {{"song", SHAPE_OBJECT, "what was composed", .shape = &shape_about, .required = true},
    {"seam", SHAPE_OBJECT, "of a loop that was played, otherwise null", .shape = &shape_seam, .required = true, .nullable = true},
    {"tuning", SHAPE_OBJECT, "where it was measured, otherwise null", .shape = &shape_tuning, .required = true, .nullable = true},
    {"midi", SHAPE_TEXT, "hash of its notes, whose bytes are where those of sounds are; null: not kept", .required = true, .nullable = true},
    {"sound_font", SHAPE_TEXT, "that it was played on; null: it was not", .required = true, .nullable = true}, WHOLE("played", "different notes"),
    {"made", SHAPE_LIST, "the song, then its stems", .of = SHAPE_OBJECT, .shape = &httpd_shape_made_sound, .required = true}, {0}};
const shape httpd_shape_composed = {"Composed", "What became of a song that was asked for", result_fields};
