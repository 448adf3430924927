// SPDX-License-Identifier: Apache-2.0
// bench/multitrack_song.c - a random song: chords, drums, bass, instruments, melody.
#include "multitrack.h"

#include <math.h>

static const int major[] = {0, 2, 4, 5, 7, 9, 11}, minor[] = {0, 2, 3, 5, 7, 8, 10};
static const int rounds[][4] = {{0, 4, 5, 3}, {0, 5, 3, 4}, {5, 3, 0, 4}, {0, 3, 4, 3}, {1, 4, 0, 0}, {0, 6, 5, 4}, {0, 2, 3, 4}, {0, 0, 3, 4}};

typedef struct writer {
    song *song;
    att_rng *rng;
    const int *scale;
    const int *round;
    int tonic, bars;
    double swing, bar_s;
} writer;

static double unit(writer *w)
{
    return att_rng_unit(w->rng);
}

static int below(writer *w, int bound)
{
    return (int)att_rng_below(w->rng, (uint64_t)bound);
}

// A step of the scale, counted from the tonic, as a MIDI key near `around`.
static int key_of(const writer *w, int degree, int around)
{
    const int key = w->tonic + w->scale[(degree % 7 + 7) % 7];
    return key + 12 * (int)lround((around - key) / 12.0);
}

static int chord_of(const writer *w, int bar)
{
    return w->round[bar % 4];
}

// At a sixteenth of a bar, a little early or late.
static void put(writer *w, int stem, int layer, int bar, double sixteenth, double length, int key, int velocity)
{
    song *s = w->song;
    const double late = fmod(sixteenth, 2) == 1 ? w->swing * s->beat_s / 4 : 0;
    const double at = bar * w->bar_s + sixteenth * s->beat_s / 4 + late + 0.004 * att_rng_normal(w->rng);
    if (s->note_count == SONG_NOTES_MAX || at >= s->seconds)
        return;
    const int loud = velocity + (int)(8 * att_rng_normal(w->rng));
    s->notes[s->note_count++] = (song_note){ATT_MAX(at, 0), length * s->beat_s / 4, stem, layer, ATT_MIN(ATT_MAX(key, 0), 127), ATT_MIN(ATT_MAX(loud, 20), 127)};
}

// --- Drums ----------------------------------------------------------------------------------------------------

// Sixteenths of a bar: kick, snare, closed hat; x loud, o soft.
static const char *const patterns[][3] = {
    {"x.......x.......", "....x.......x...", "x.x.x.x.x.x.x.x."},
    {"x...x...x...x...", "....x.......x...", "..x...x...x...x."},
    {"x.....x..x......", "....x..o.o..x...", "x.xxx.xxx.xxx.xx"},
    {"x..x..x...x.....", "........x.......", "x.x.x.x.x.x.x.x."},
    {"x.....x...x.....", "....x.......x..o", "xxxxxxxxxxxxxxxx"},
    {"x..o..x.x..o..x.", "..o.x..o..o.x..o", "x.o.x.o.x.o.x.o."},
    {"x.........x.....", "....x.......x...", "x...x...x...x..."},
    {"x...x...x...x...", "................", "x.ox..oxx.ox..ox"},
    {"x.x...x...x.....", "....x.......x.oo", "................"},
};

static void fill(writer *w, int bar)
{
    static const int toms[] = {50, 48, 47, 45, 43, 41};
    for (int k = 8; k < 16; k += 1 + below(w, 2))
        put(w, ATT_STEM_DRUMS, 0, bar, k, 1, unit(w) < 0.4 ? 38 : toms[ATT_MIN((k - 8) * 6 / 8, 5)], 100);
}

static void drum_bar(writer *w, const char *const *pattern, int bar, int hat, int extra, bool filled)
{
    for (int k = 0; k < 16; k++) {
        if (filled && k >= 8)
            break;
        if (pattern[0][k] != '.')
            put(w, ATT_STEM_DRUMS, 0, bar, k, 2, 36, pattern[0][k] == 'x' ? 108 : 70);
        if (pattern[1][k] != '.')
            put(w, ATT_STEM_DRUMS, 0, bar, k, 2, unit(w) < 0.9 ? 38 : 40, pattern[1][k] == 'x' ? 104 : 50);
        if (pattern[2][k] != '.')
            put(w, ATT_STEM_DRUMS, 0, bar, k, 1, unit(w) < 0.92 ? hat : 46, pattern[2][k] == 'x' ? 84 : 52);
        if (extra && k % 2 == 0 && unit(w) < 0.6)
            put(w, ATT_STEM_DRUMS, 0, bar, k, 1, extra, 70);
    }
    if (filled)
        fill(w, bar);
    if (bar % 4 == 0 && unit(w) < 0.6)
        put(w, ATT_STEM_DRUMS, 0, bar, 0, 8, unit(w) < 0.5 ? 49 : 57, 100);
}

static void write_drums(writer *w)
{
    static const int kits[] = {0, 0, 0, 8, 16, 24, 25, 32, 40}, extras[] = {0, 0, 0, 54, 70, 39, 56, 62, 64, 75, 82};
    const char *const *pattern = patterns[below(w, (int)ATT_COUNT_OF(patterns))];
    const int hat = unit(w) < 0.75 ? 42 : unit(w) < 0.5 ? 51 : 44, extra = extras[below(w, (int)ATT_COUNT_OF(extras))];
    w->song->kit = kits[below(w, (int)ATT_COUNT_OF(kits))];
    for (int bar = 0; bar < w->bars; bar++)
        drum_bar(w, pattern, bar, hat, extra, bar % 4 == 3 && unit(w) < 0.6);
}

// --- Bass -----------------------------------------------------------------------------------------------------

static void write_bass(writer *w)
{
    static const int programs[] = {32, 33, 33, 33, 34, 34, 35, 36, 37, 38, 38, 39, 39, 87};
    static const char *const rhythms[] = {"x.x.x.x.x.x.x.x.", "x.......x.......", "x...............", "x..x..x.x..x..x.", "x...x...x...x...", "x.....x...x.x...", "..x...x...x...x.", "xxxxxxxxxxxxxxxx"};
    const char *rhythm = rhythms[below(w, (int)ATT_COUNT_OF(rhythms))];
    const int style = below(w, 4), around = 34 + below(w, 9);
    const double hold = 0.5 + 0.5 * unit(w);
    w->song->bass_program = programs[below(w, (int)ATT_COUNT_OF(programs))];
    for (int bar = 0; bar < w->bars; bar++)
        for (int k = 0; k < 16; k++) {
            int length = 1;
            if (rhythm[k] == '.')
                continue;
            while (k + length < 16 && rhythm[k + length] == '.')
                length++;
            const int root = chord_of(w, bar), step = style == 0 || k == 0 ? 0 : style == 1 ? (k % 8 == 4 ? 4 : 0) : style == 2 ? (int[]){0, 2, 4, 5}[k / 4] : 0;
            put(w, ATT_STEM_BASS, 0, bar, k, length * hold, key_of(w, root + step, around) + (style == 3 && k % 4 == 2 ? 12 : 0), 96);
        }
}

// --- Instruments ----------------------------------------------------------------------------------------------

static void chord(writer *w, int layer, int bar, double at, double length, int around, int tones, int velocity)
{
    for (int t = 0; t < tones; t++)
        put(w, ATT_STEM_OTHER, layer, bar, at, length, key_of(w, chord_of(w, bar) + 2 * t, around + 2 * t), velocity);
}

static void comp_bar(writer *w, int layer, int bar, int way, int around)
{
    static const char *const rhythms[] = {"x...x...x...x...", "..x...x...x...x.", "x..x..x...x..x..", "x.x.x.x.x.x.x.x."};
    if (way < 2) { // held
        chord(w, layer, bar, 0, 15.5, around, 3 + below(w, 2), 76);
    } else if (way < 5) { // struck
        for (int k = 0; k < 16; k++)
            if (rhythms[way - 2 + (w->bars & 1)][k] == 'x')
                chord(w, layer, bar, k, 1.6, around, 3, 84);
    } else if (way < 7) { // broken
        for (int k = 0; k < 16; k += way == 5 ? 1 : 2)
            put(w, ATT_STEM_OTHER, layer, bar, k, way == 5 ? 1 : 2.5, key_of(w, chord_of(w, bar) + 2 * (k / 2 % 4), around + 2 * (k / 2 % 4)), 80);
    } else { // a line of its own
        for (int k = 0, length; k < 16; k += length) {
            length = 1 + below(w, 4);
            if (unit(w) < 0.75)
                put(w, ATT_STEM_OTHER, layer, bar, k, length * 0.9, key_of(w, chord_of(w, bar) + below(w, 7) - 1, around + 9), 88);
        }
    }
}

static int program_of(writer *w)
{
    static const struct { int from, to; } families[] = {{0, 7}, {0, 7}, {16, 20}, {24, 31}, {24, 31}, {24, 31}, {48, 51}, {40, 46}, {56, 63}, {64, 71}, {72, 79},
        {8, 14}, {80, 84}, {86, 90}, {92, 95}, {104, 108}};
    const int f = below(w, (int)ATT_COUNT_OF(families));
    return families[f].from + below(w, families[f].to - families[f].from + 1);
}

static void write_others(writer *w)
{
    w->song->layers = 1 + below(w, SONG_LAYERS);
    for (int layer = 0; layer < w->song->layers; layer++) {
        const int way = below(w, 9), around = 50 + below(w, 22);
        w->song->layer_program[layer] = program_of(w);
        w->song->layer_pan[layer] = 64 + (int)(50 * (unit(w) - 0.5) * (layer ? 2 : 0.6));
        const int rest = below(w, 6); // a bar of four in which it may be silent
        for (int bar = 0; bar < w->bars; bar++)
            if (bar % 4 != rest)
                comp_bar(w, layer, bar, way, around);
    }
}

// --- A melody to sing -----------------------------------------------------------------------------------------

static void write_voice(writer *w)
{
    song *s = w->song;
    static const int lengths[] = {1, 2, 2, 2, 3, 4, 4, 6, 8, 12};
    const int around = 52 + below(w, 20), pause = 2 + below(w, 3);
    int degree = 0;
    for (int bar = 0; bar < w->bars; bar++)
        for (int k = unit(w) < 0.3 ? 2 : 0, length; k < 16; k += length) {
            length = lengths[below(w, (int)ATT_COUNT_OF(lengths))];
            if ((bar % pause == pause - 1 && k >= 8) || unit(w) < 0.08 || s->sung_count[0] == 256)
                continue;
            degree = k % 8 == 0 ? chord_of(w, bar) + 2 * below(w, 3) : degree + below(w, 5) - 2;
            const double at = bar * w->bar_s + k * s->beat_s / 4 + 0.012 * att_rng_normal(w->rng);
            const att_sung_note note = {ATT_MAX(at, 0), length * s->beat_s / 4 * (0.8 + 0.2 * unit(w)), key_of(w, degree, around), (float)(0.6 + 0.4 * unit(w))};
            s->sung[0][s->sung_count[0]++] = note;
        }
    if (unit(w) < 0.25) // a second voice, a third above
        for (size_t n = 0; n < s->sung_count[0]; n++) {
            att_sung_note note = s->sung[0][n];
            note.key += 3 + below(w, 2);
            note.level *= 0.6f;
            s->sung[1][s->sung_count[1]++] = note;
        }
}

void song_draw(song *out, double seconds, att_rng *rng)
{
    memset(out, 0, sizeof *out);
    out->seconds = seconds;
    out->beat_s = 60 / (70 + 95 * att_rng_unit(rng));
    writer w = {.song = out, .rng = rng};
    w.bar_s = 4 * out->beat_s;
    w.bars = (int)ceil(seconds / w.bar_s);
    w.scale = unit(&w) < 0.5 ? major : minor;
    w.round = rounds[below(&w, (int)ATT_COUNT_OF(rounds))];
    w.tonic = 60 + below(&w, 12);
    w.swing = unit(&w) < 0.25 ? 0.33 : 0;
    if (unit(&w) < 0.94)
        write_drums(&w);
    if (unit(&w) < 0.94)
        write_bass(&w);
    write_others(&w);
    if (unit(&w) < 0.9)
        write_voice(&w);
}
