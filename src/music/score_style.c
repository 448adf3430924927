// SPDX-License-Identifier: Apache-2.0
// music/score_style.c - the styles: who plays, how fast, in which pattern. One style is one descriptor.
//
// Programs are General MIDI's, from 0. Drum lines are sixteenths of a bar: . rest, x soft, X loud. At most two hands strike at once.
#include "music/score.h"

#include <ctype.h>

#define LEAD(p, low, high, gain, where, wet) {ATT_ROLE_LEAD, p, low, high, gain, where, wet}
#define CHORDS(p, gain, where, wet) {ATT_ROLE_CHORDS, p, 48, 76, gain, where, wet}
#define FIGURE(p, gain, where, wet) {ATT_ROLE_FIGURE, p, 55, 91, gain, where, wet}
#define BASS(p, gain) {ATT_ROLE_BASS, p, 28, 52, gain, 0, 0}
#define KIT(p, gain, wet) {ATT_ROLE_DRUMS, p, 35, 81, gain, 0, wet}

enum { KICK = 36, STICK = 37, SNARE = 38, CLAP = 39, HAT = 42, OPEN_HAT = 46, RIDE = 51, TAMBOURINE = 54, SHAKER = 70 };

const att_style att_styles[] = {
    {.info = {"synth pop", "steady kick, pulsing bass, bright lead over warm pads", 108, 128},
        .modes = {3, 4, 1, 0, 0, 1}, .length_s = 150, .energy = 0.75, .sevenths = 0.1, .density = 0.55, .syncopation = 0.45, .swing = 0.5,
        .chord_beats = 4, .section_bars = 8, .drums = true,
        .lead = LEAD(81, 60, 81, -5, 0.1f, 0.25f), .chords = CHORDS(89, -8, -0.2f, 0.3f), .figure = FIGURE(80, -14, 0.45f, 0.3f),
        .bass = BASS(38, -4), .kit = KIT(24, -2, 0.05f),
        .comping = ATT_COMPING_HELD, .bass_line = ATT_BASS_EIGHTHS, .figuration = ATT_FIGURE_SIXTEENTHS,
        .calm = {{KICK, "X.......X......."}, {HAT, "..x...x...x...x."}, {0}},
        .full = {{KICK, "X...X...X...X..."}, {SNARE, "....X.......X..."}, {HAT, "x.X.x.X.x.X.x.X."}, {0}}},
    {.info = {"house", "four to the floor, offbeat hats and stabs", 118, 127},
        .modes = {1, 5, 2, 0, 0, 1}, .length_s = 180, .energy = 0.8, .sevenths = 0.6, .density = 0.4, .syncopation = 0.6, .swing = 0.5,
        .chord_beats = 4, .section_bars = 8, .drums = true,
        .lead = LEAD(80, 60, 81, -9, 0.15f, 0.3f), .chords = CHORDS(4, -6, -0.15f, 0.25f), .figure = FIGURE(90, -15, 0.4f, 0.35f),
        .bass = BASS(39, -4), .kit = KIT(25, -1, 0.05f),
        .comping = ATT_COMPING_OFFBEAT, .bass_line = ATT_BASS_OFFBEAT, .figuration = ATT_FIGURE_EIGHTHS,
        .calm = {{KICK, "X...X...X...X..."}, {HAT, "..x...x...x...x."}, {0}},
        .full = {{KICK, "X...X...X...X..."}, {CLAP, "....X.......X..."}, {OPEN_HAT, "..X...X...X...X."}, {SHAKER, "x..xx..xx..xx..x"}, {0}}},
    {.info = {"lo-fi", "slow swung drums, electric piano with sevenths", 70, 88},
        .modes = {2, 4, 3, 0, 0, 0}, .length_s = 140, .energy = 0.35, .sevenths = 0.85, .density = 0.35, .syncopation = 0.4, .swing = 0.6,
        .chord_beats = 4, .section_bars = 8, .drums = true,
        .lead = LEAD(11, 60, 79, -7, 0.15f, 0.35f), .chords = CHORDS(4, -4, -0.1f, 0.3f), .figure = FIGURE(26, -14, 0.4f, 0.3f),
        .bass = BASS(33, -4), .kit = KIT(0, -5, 0.1f),
        .comping = ATT_COMPING_STRUM, .bass_line = ATT_BASS_ROOT_FIFTH, .figuration = ATT_FIGURE_NONE,
        .calm = {{KICK, "X.........x....."}, {STICK, "....x.......x..."}, {0}},
        .full = {{KICK, "X..x......X....."}, {SNARE, "....X.......X..."}, {HAT, "x.x.x.x.x.x.x.x."}, {0}}},
    {.info = {"rock", "backbeat, strummed overdriven guitars", 100, 148},
        .modes = {4, 3, 1, 0, 0, 3}, .length_s = 170, .energy = 0.85, .sevenths = 0, .density = 0.55, .syncopation = 0.3, .swing = 0.5,
        .chord_beats = 4, .section_bars = 8, .drums = true,
        .lead = LEAD(30, 59, 79, -9, 0.2f, 0.2f), .chords = CHORDS(29, -9, -0.35f, 0.15f), .figure = FIGURE(27, -13, 0.4f, 0.2f),
        .bass = BASS(34, -3), .kit = KIT(16, -1, 0.1f),
        .comping = ATT_COMPING_PULSE, .bass_line = ATT_BASS_EIGHTHS, .figuration = ATT_FIGURE_NONE,
        .calm = {{KICK, "X.......X......."}, {SNARE, "....X.......X..."}, {HAT, "x...x...x...x..."}, {0}},
        .full = {{KICK, "X.....X.X.X....."}, {SNARE, "....X.......X..."}, {OPEN_HAT, "X...X...X...X..."}, {HAT, "..x...x...x...x."}, {0}}},
    {.info = {"ambient", "long held chords, slow figures, no drums", 50, 72},
        .modes = {3, 2, 2, 0, 3, 1}, .length_s = 600, .energy = 0.2, .sevenths = 0.4, .density = 0.14, .syncopation = 0.1, .swing = 0.5,
        .chord_beats = 8, .section_bars = 16, .intro_share = 0.15, .long_form = true,
        .lead = LEAD(88, 60, 81, -10, 0.2f, 0.7f), .chords = CHORDS(89, -5, -0.1f, 0.7f), .figure = FIGURE(46, -14, 0.3f, 0.7f),
        .bass = BASS(50, -9), .comping = ATT_COMPING_HELD, .bass_line = ATT_BASS_HELD, .figuration = ATT_FIGURE_SLOW},
    {.info = {"focus", "even, soft and long: piano figures over pads", 60, 84},
        .modes = {3, 2, 2, 0, 1, 1}, .length_s = 600, .energy = 0.25, .sevenths = 0.3, .density = 0.2, .syncopation = 0.1, .swing = 0.5,
        .chord_beats = 4, .section_bars = 16, .intro_share = 0.12, .long_form = true,
        .lead = LEAD(11, 60, 79, -10, 0.15f, 0.5f), .chords = CHORDS(48, -9, -0.1f, 0.5f), .figure = FIGURE(0, -7, 0.1f, 0.4f),
        .bass = BASS(32, -8), .comping = ATT_COMPING_HELD, .bass_line = ATT_BASS_HELD, .figuration = ATT_FIGURE_EIGHTHS},
    {.info = {"folk", "strummed steel guitar, fiddle, upright bass", 92, 120},
        .modes = {5, 2, 2, 0, 0, 2}, .length_s = 150, .energy = 0.5, .sevenths = 0.03, .density = 0.55, .syncopation = 0.1, .swing = 0.5,
        .chord_beats = 4, .section_bars = 8, .drums = true,
        .lead = LEAD(110, 60, 81, -7, 0.15f, 0.3f), .chords = CHORDS(25, -5, -0.25f, 0.2f), .figure = FIGURE(105, -13, 0.4f, 0.2f),
        .bass = BASS(32, -4), .kit = KIT(40, -8, 0.1f),
        .comping = ATT_COMPING_STRUM, .bass_line = ATT_BASS_ROOT_FIFTH, .figuration = ATT_FIGURE_EIGHTHS,
        .calm = {{SHAKER, "x.x.x.x.x.x.x.x."}, {0}},
        .full = {{KICK, "X.......X......."}, {TAMBOURINE, "....X.......X..."}, {SHAKER, "x.x.x.x.x.x.x.x."}, {0}}},
    {.info = {"jazz", "swung ride, walking bass, sevenths throughout", 100, 168},
        .modes = {4, 3, 2, 0, 0, 0}, .length_s = 160, .energy = 0.55, .sevenths = 1, .density = 0.55, .syncopation = 0.5, .swing = 0.64,
        .chord_beats = 4, .section_bars = 8, .drums = true,
        .lead = LEAD(66, 57, 77, -5, 0.15f, 0.25f), .chords = CHORDS(0, -7, -0.25f, 0.2f), .figure = FIGURE(26, -12, 0.35f, 0.2f),
        .bass = BASS(32, -3), .kit = KIT(32, -6, 0.1f),
        .comping = ATT_COMPING_CHARLESTON, .bass_line = ATT_BASS_WALKING, .figuration = ATT_FIGURE_NONE,
        .calm = {{RIDE, "x...x...x...x..."}, {44, "....x.......x..."}, {0}},
        .full = {{RIDE, "X...X.x.X...X.x."}, {44, "....X.......X..."}, {KICK, "x.......x......."}, {STICK, "............x..."}, {0}}},
};
const size_t att_styles_count = ATT_COUNT_OF(att_styles);

size_t att_style_count(void)
{
    return att_styles_count;
}

att_style_info att_style_at(size_t index)
{
    return att_styles[index].info;
}

// "Synth-Pop", "synthpop" and "synth pop" are one name.
static bool same_name(const char *a, const char *b)
{
    for (;;) {
        while (*a == ' ' || *a == '-' || *a == '_')
            a++;
        while (*b == ' ' || *b == '-' || *b == '_')
            b++;
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
        if (!*a)
            return true;
        a++, b++;
    }
}

const att_style *att_style_find(const char *name)
{
    for (size_t i = 0; i < att_styles_count; i++)
        if (same_name(name, att_styles[i].info.name))
            return &att_styles[i];
    return NULL;
}
