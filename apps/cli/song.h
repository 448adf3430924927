// SPDX-License-Identifier: Apache-2.0
// apps/cli/song.h - what music compose and music loop share.
#ifndef ATT_CLI_SONG_H
#define ATT_CLI_SONG_H

#include "origin.h"

enum { CLI_BREACHES_SHOWN = 20 };

// Options that both have.
#define CLI_SONG_OPTIONS                                                                                                                   \
    {"style", 0, "NAME", "synth pop, house, lo-fi, rock, ambient, focus, folk, jazz"},                                                     \
    {"bpm", 0, "N", "beats a minute, 30 to 300; otherwise drawn from the style"},                                                          \
    {"key", 0, "KEY", "\"C minor\", \"F# dorian\", \"Bb\"; otherwise drawn from the style"},                                               \
    {"scale", 0, "NAME", "a preset (rast, bhairav, slendro, just …) or a Scala file .scl"},                                                \
    {"keymap", 0, "FILE", "its Scala keyboard mapping .kbm"},                                                                              \
    {"bars", 0, "N", "whole length in bars of four beats"},                                                                                \
    {"energy", 0, "N", "0 to 1"},                                                                                                          \
    {"mood", 0, "N", "-1 dark to 1 bright"},                                                                                               \
    {"density", 0, "N", "taste, -1 to 1: notes in a bar"},                                                                                 \
    {"syncopation", 0, "N", "taste, -1 to 1: notes off the beat"},                                                                         \
    {"colour", 0, "N", "taste, -1 to 1: sevenths and borrowed chords"},                                                                    \
    {"repetition", 0, "N", "taste, -1 to 1: how far a melody repeats its motif"},                                                          \
    {"brightness", 0, "N", "taste, -1 to 1: how high it lies"},                                                                            \
    {"vocals", 0, NULL, "the lead is a wordless voice"},                                                                                   \
    {"seed", 0, "N", "another seed, another song"},                                                                                        \
    {"attempts", 0, "N", "whole plans tried, the best is kept; otherwise 8"},                                                              \
    {"out", 'o', "FILE", "write it: .wav, .flac, .ogg, or notes alone: .mid"},                                                             \
    {"stems", 0, NULL, "also FILE.drums.wav and so on; they sum to FILE exactly"},                                                         \
    {"sound-font", 0, "FILE", ".sf2 or .sf3; otherwise one of Debian's"},                                                                  \
    {"rate", 0, "HZ", "frames a second; otherwise 44100"},                                                                                 \
    {"loudness", 0, "LUFS", "otherwise -16"},                                                                                              \
    {"plan", 0, NULL, "print form and chords"},                                                                                            \
    CLI_ORIGIN_OPTIONS

bool cli_ends_with(const char *text, const char *end);
bool cli_song_brief(const cli *c, att_music_brief *out); // false: told why
bool cli_song_render_options(const cli *c, att_render_options *out);
bool cli_song_name_is_fine(const cli *c, const char *out); // NULL is
// --provenance: the sound font goes in, where sound is made of it; what was written comes out. Each gives 0, or the exit code: told.
int cli_song_take(cli *c, cli_origin *origin, const att_render_options *options, const char *out);
int cli_song_give(cli *c, const cli_origin *origin, const att_score *score, const att_render_options *options, const char *out);
att_status cli_song_write(const cli *c, const att_rendered *sound, const char *out, att_error *err);
json_t *cli_song_json(const att_score *score, const att_breaches *breaches, const char *out);
void cli_song_print(const cli *c, const att_score *score, const att_breaches *breaches, const char *out);

#endif
