// SPDX-License-Identifier: Apache-2.0
// music/score_theory.c - the words of theory that composing uses: modes, keys, the tones of a chord, names.
#include "music/score.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>

const uint8_t att_mode_steps[ATT_MODE_COUNT][7] = {{0, 2, 4, 5, 7, 9, 11}, {0, 2, 3, 5, 7, 8, 10}, {0, 2, 3, 5, 7, 9, 10}, {0, 1, 3, 5, 7, 8, 10},
    {0, 2, 4, 6, 7, 9, 11}, {0, 2, 4, 5, 7, 9, 10}};
static const char *const mode_names[ATT_MODE_COUNT] = {"major", "minor", "dorian", "phrygian", "lydian", "mixolydian"};
static const char *const pitch_names[12] = {"C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"};
static const char *const sharp_names[12] = {"C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"};
static const char *const flat_names[12] = {"C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"};

static const struct {
    const char *suffix;
    uint8_t tones[CHORD_TONES_MAX], count;
} kinds[ATT_CHORD_KIND_COUNT] = {{"", {0, 4, 7}, 3}, {"m", {0, 3, 7}, 3}, {"dim", {0, 3, 6}, 3}, {"maj7", {0, 4, 7, 11}, 4}, {"m7", {0, 3, 7, 10}, 4},
    {"7", {0, 4, 7, 10}, 4}, {"m7b5", {0, 3, 6, 10}, 4}};

uint16_t att_mode_set(unsigned tonic, att_mode mode)
{
    uint16_t set = 0;
    for (int i = 0; i < 7; i++)
        set |= (uint16_t)(1u << (tonic + att_mode_steps[mode][i]) % 12);
    return set;
}

size_t att_chord_tones(const att_chord *chord, uint8_t out[CHORD_TONES_MAX])
{
    for (size_t i = 0; i < kinds[chord->kind].count; i++)
        out[i] = (uint8_t)((chord->root + kinds[chord->kind].tones[i]) % 12);
    return kinds[chord->kind].count;
}

uint16_t att_chord_set(const att_chord *chord)
{
    uint8_t tones[CHORD_TONES_MAX];
    uint16_t set = 0;
    for (size_t i = 0, n = att_chord_tones(chord, tones); i < n; i++)
        set |= (uint16_t)(1u << tones[i]);
    return set;
}

static const char *name_chord(const char *const names[12], att_chord chord, char out[16])
{
    snprintf(out, 16, "%s%s%s%s", names[chord.root % 12], kinds[chord.kind].suffix, chord.bass != chord.root ? "/" : "",
        chord.bass != chord.root ? names[chord.bass % 12] : "");
    return out;
}

const char *att_chord_name(att_chord chord, char out[16])
{
    return name_chord(pitch_names, chord, out);
}

int att_music_sharps(const att_score *score)
{
    static const int8_t fifths[12] = {0, -5, 2, -3, 4, -1, 6, 1, -4, 3, -2, 5};
    static const uint8_t major_above[ATT_MODE_COUNT] = {0, 3, 10, 8, 7, 5}; // semitones to the major key with the same notes
    return fifths[(score->tonic + major_above[score->mode]) % 12];
}

static const char *const *names_of(const att_score *score)
{
    return score->modal ? pitch_names : att_music_sharps(score) > 0 ? sharp_names : flat_names;
}

const char *att_chord_name_in(const att_score *score, att_chord chord, char out[16])
{
    return name_chord(names_of(score), chord, out);
}

// A letter, then sharps or flats, then a mode's name, "m" or nothing (major).
bool att_key_parse(const char *text, uint8_t *tonic, att_mode *mode)
{
    static const int8_t letters[7] = {9, 11, 0, 2, 4, 5, 7}; // A … G
    while (*text == ' ')
        text++;
    const int letter = toupper((unsigned char)*text);
    if (letter < 'A' || letter > 'G')
        return false;
    int pitch = letters[letter - 'A'];
    for (text++; *text == '#' || *text == 'b'; text++)
        pitch += *text == '#' ? 1 : -1;
    *tonic = (uint8_t)((pitch + 120) % 12);
    while (*text == ' ' || *text == '-')
        text++;
    if (!*text || strcmp(text, "maj") == 0)
        return *mode = ATT_MODE_MAJOR, true;
    if (strcmp(text, "m") == 0 || strcmp(text, "min") == 0)
        return *mode = ATT_MODE_MINOR, true;
    for (int m = 0; m < ATT_MODE_COUNT; m++)
        if (strcasecmp(text, mode_names[m]) == 0)
            return *mode = (att_mode)m, true;
    return false;
}

const char *att_music_key_name(const att_score *score, char out[32])
{
    snprintf(out, 32, "%s%s%s", names_of(score)[score->tonic % 12], score->modal ? "" : " ", score->modal ? "" : mode_names[score->mode]);
    return out;
}

double att_note_bend_cents(const att_note *note, double ticks)
{
    double cents = 0;
    if (ticks < note->glide_ticks)
        cents += note->glide_cents * 0.5 * (1 + cos(M_PI * ticks / note->glide_ticks));
    if (note->shake_cents)
        cents += note->shake_cents * fmin(1, ticks / (BEAT / 2.0)) * sin(2 * M_PI * 2 * ticks / BEAT);
    return cents;
}

const char *att_section_name(att_section_kind kind)
{
    static const char *const names[ATT_SECTION_KIND_COUNT] = {"intro", "verse", "chorus", "bridge", "outro", "loop"};
    return names[kind];
}

const char *att_cadence_name(att_cadence cadence)
{
    static const char *const names[ATT_CADENCE_COUNT] = {"open", "half", "authentic", "plagal"};
    return names[cadence];
}

const char *att_role_name(att_role role)
{
    static const char *const names[ATT_ROLE_COUNT] = {"lead", "chords", "bass", "drums", "figure", "drone"};
    return names[role];
}
