// SPDX-License-Identifier: Apache-2.0
// music/score_arrange.c - from the plan to the notes of every part: comping, bass line, figures, drums, in the style's patterns.
//
// Patterns are laid out straight; swing bends time inside each beat as the last step, so that a note begins and ends where the same
// moment of every other part does: the first half of a beat lasts `swing` of it.
#include "music/score.h"

#include <math.h>
#include <stdlib.h>

typedef struct arranger {
    const att_plan *plan;
    att_rng *rng;
    ATT_VEC(att_note) notes;
    uint8_t lead, chords, bass, figure, drums; // index of each part; UINT8_MAX: none
    bool no_memory;
} arranger;

static uint32_t swung(const att_plan *plan, uint32_t ticks)
{
    const double swing = plan->style->swing, half = BEAT / 2.0, at = ticks % BEAT;
    const double bent = at < half ? at * 2 * swing : BEAT * swing + (at - half) * 2 * (1 - swing);
    return ticks - ticks % BEAT + (uint32_t)lround(bent);
}

static void add(arranger *a, uint8_t part, uint32_t start, uint32_t end, int key, double velocity, uint8_t voice)
{
    const uint32_t from = swung(a->plan, start), until = swung(a->plan, end);
    const int loud = (int)lround(velocity + 4 * (att_rng_unit(a->rng) - 0.5));
    const att_note note = {.start_ticks = from, .length_ticks = ATT_MAX(until, from + 1) - from, .part = part, .key = (uint8_t)key,
        .velocity = (uint8_t)ATT_MAX(1, ATT_MIN(127, loud)), .voice = voice};
    if (!ATT_VEC_PUSH(a->plan->host, &a->notes, note))
        a->no_memory = true;
}

static double loudness(const att_section *s)
{
    return 58 + 48 * s->energy;
}

static uint32_t section_end(const att_section *s)
{
    return (s->first_bar + s->bars) * BAR;
}

// --- Who plays where ------------------------------------------------------------------------------------------

static bool in_second_half(const att_section *s, uint32_t ticks)
{
    return ticks >= (s->first_bar + s->bars / 2) * BAR;
}

static bool bass_plays(const att_section *s, uint32_t ticks)
{
    return s->kind != ATT_SECTION_INTRO || in_second_half(s, ticks) || s->bars < 4;
}

// 0 silent, 1 calm, 2 full
static int drums_play(const att_section *s, uint32_t ticks)
{
    switch (s->kind) {
    case ATT_SECTION_INTRO: return in_second_half(s, ticks);
    case ATT_SECTION_VERSE: return s->energy > 0.45 || s->turn > 0 ? 2 : 1;
    case ATT_SECTION_BRIDGE: return 1;
    case ATT_SECTION_OUTRO: return !in_second_half(s, ticks);
    default: return 2;
    }
}

static bool figure_plays(const att_plan *plan, const att_section *s)
{
    if (plan->style->long_form)
        return s->kind != ATT_SECTION_OUTRO;
    return s->kind == ATT_SECTION_CHORUS || s->kind == ATT_SECTION_LOOP || (s->kind == ATT_SECTION_VERSE && s->turn > 0 && plan->taste[ATT_MUSIC_DENSITY] >= 0);
}

// --- Chords ---------------------------------------------------------------------------------------------------

static const char *comping_steps(att_comping comping)
{
    switch (comping) {
    case ATT_COMPING_PULSE: return "X.x.X.x.X.x.X.x.";
    case ATT_COMPING_OFFBEAT: return "..X...X...X...X.";
    case ATT_COMPING_STRUM: return "X.....x.X...x.x.";
    case ATT_COMPING_CHARLESTON: return "X.....X.........";
    default: return NULL;
    }
}

static void play_voices(arranger *a, size_t chord, uint32_t from, uint32_t until, double velocity, uint32_t spread)
{
    for (uint8_t v = 0; v < UPPER_VOICES; v++)
        add(a, a->chords, from + v * spread, until, a->plan->voicings[chord].upper[v], velocity, v);
}

static void comp(arranger *a, size_t chord)
{
    const att_chord *c = &a->plan->chords[chord];
    const att_section *s = att_plan_section(a->plan, c->start_ticks / BAR);
    const char *steps = s->kind == ATT_SECTION_INTRO || s->kind == ATT_SECTION_OUTRO ? NULL : comping_steps(a->plan->style->comping);
    const uint32_t end = c->start_ticks + c->length_ticks;
    const double velocity = loudness(s) - 8;
    if (!steps) {
        play_voices(a, chord, c->start_ticks, end, velocity - 4, 0);
        return;
    }
    const bool short_notes = a->plan->style->comping == ATT_COMPING_OFFBEAT;
    for (uint32_t at = c->start_ticks; at < end;) {
        uint32_t next = at + STEP;
        while (next < end && steps[next % BAR / STEP] == '.')
            next += STEP;
        const char step = steps[at % BAR / STEP];
        const uint32_t until = short_notes ? ATT_MIN(next, at + BEAT / 2) : next;
        if (step != '.')
            play_voices(a, chord, at, until, velocity + (step == 'X' ? 4 : -8), a->plan->style->comping == ATT_COMPING_STRUM ? 6 : 0);
        at = next;
    }
}

// The tones of the chord, an octave above the voices, up and down.
static void figure(arranger *a, size_t chord)
{
    static const uint8_t order[8] = {0, 1, 2, 1, 3, 2, 1, 2};
    const att_chord *c = &a->plan->chords[chord];
    const att_section *s = att_plan_section(a->plan, c->start_ticks / BAR);
    const att_music_part *part = &a->plan->style->figure;
    const uint32_t every = a->plan->style->figuration == ATT_FIGURE_SIXTEENTHS ? STEP : a->plan->style->figuration == ATT_FIGURE_EIGHTHS ? BEAT / 2 : 2 * BEAT;
    const uint8_t *upper = a->plan->voicings[chord].upper;
    for (uint32_t at = c->start_ticks, i = 0; at < c->start_ticks + c->length_ticks; at += every, i++) {
        const uint8_t which = order[i % 8];
        int key = which < UPPER_VOICES ? upper[which] + 12 : upper[0] + 24;
        while (key > part->key_high)
            key -= 12;
        add(a, a->figure, at, at + (every < BEAT ? every : 2 * BEAT + every) * 9 / 10, key, loudness(s) - 14 + (i % 4 ? 0 : 6), 0);
    }
}

// A figure's long notes end where its chord does.
static void trim_figure(arranger *a, size_t first, uint32_t end)
{
    const uint32_t stop = swung(a->plan, end);
    for (size_t i = first; i < a->notes.count; i++) {
        att_note *n = &a->notes.items[i];
        n->length_ticks = ATT_MIN(n->length_ticks, stop - n->start_ticks);
    }
    for (size_t i = first; i < a->notes.count; i++) // nor into the next note of the same key
        for (size_t k = i + 1; k < a->notes.count; k++)
            if (a->notes.items[k].key == a->notes.items[i].key) {
                a->notes.items[i].length_ticks = ATT_MIN(a->notes.items[i].length_ticks, a->notes.items[k].start_ticks - a->notes.items[i].start_ticks);
                break;
            }
}

// --- Bass -----------------------------------------------------------------------------------------------------

static int into_range(const att_music_part *part, int key)
{
    while (key > part->key_high)
        key -= 12;
    while (key < part->key_low)
        key += 12;
    return key;
}

// Another tone of the chord than its bass: the fifth where it has one above the bass, else the root.
static int second_tone(const arranger *a, size_t chord)
{
    const att_chord *c = &a->plan->chords[chord];
    uint8_t tones[CHORD_TONES_MAX];
    att_chord_tones(c, tones);
    const int base = a->plan->voicings[chord].bass, wanted = c->bass == c->root ? tones[2] : tones[0];
    const int up = base + (wanted - base % 12 + 12) % 12;
    return into_range(&a->plan->style->bass, up - base > 7 ? up - 12 : up);
}

// The tone a step below or above the next bass note, in the scale, from the side we come from.
static int approach(const arranger *a, size_t chord)
{
    const size_t next = chord + 1 < a->plan->chord_count ? chord + 1 : a->plan->brief->loop ? 0 : chord;
    const int target = a->plan->voicings[next].bass, from = a->plan->voicings[chord].bass;
    const uint16_t scale = att_mode_set(a->plan->tonic, a->plan->mode);
    const int side = from > target ? 1 : -1;
    for (int step = 1; step <= 2; step++)
        if (att_set_has(scale, target + side * step) && target + side * step >= a->plan->style->bass.key_low)
            return target + side * step;
    return target + 1 <= a->plan->style->bass.key_high ? target + 1 : target;
}

static void walk(arranger *a, size_t chord, uint32_t end, double velocity)
{
    const att_chord *c = &a->plan->chords[chord];
    const int base = a->plan->voicings[chord].bass, other = second_tone(a, chord);
    uint8_t tones[CHORD_TONES_MAX];
    att_chord_tones(c, tones);
    const int third = into_range(&a->plan->style->bass, base + (tones[1] - base % 12 + 12) % 12);
    for (uint32_t at = c->start_ticks, i = 0; at < end; at += BEAT, i++) {
        const bool last = at + BEAT >= end;
        const int keys[4] = {base, att_rng_below(a->rng, 2) ? third : other, other, third};
        add(a, a->bass, at, at + BEAT * 9 / 10, i && last ? approach(a, chord) : keys[i % 4], velocity, 0);
    }
}

static void bass_pattern(arranger *a, size_t chord, uint32_t end, double velocity)
{
    const att_chord *c = &a->plan->chords[chord];
    const int base = a->plan->voicings[chord].bass, above = into_range(&a->plan->style->bass, base + 12), other = second_tone(a, chord);
    const att_bass_line kind = a->plan->style->bass_line;
    for (uint32_t at = c->start_ticks, i = 0; at < end; at += BEAT / 2, i++) {
        const uint32_t eighth = i % 8;
        int key = base;
        if (kind == ATT_BASS_OFFBEAT && i % 2 == 0)
            continue;
        if (kind == ATT_BASS_ROOT_FIFTH) {
            if (eighth != 0 && eighth != 3 && eighth != 4)
                continue;
            key = eighth == 4 ? other : base;
        } else if (kind == ATT_BASS_OCTAVES || kind == ATT_BASS_OFFBEAT) {
            key = i % 4 == 3 ? above : base;
        } else if (eighth == 7 && att_rng_unit(a->rng) < 0.35) {
            key = above;
        }
        const uint32_t length = kind == ATT_BASS_ROOT_FIFTH && eighth != 3 ? BEAT : BEAT / 2;
        add(a, a->bass, at, ATT_MIN(at + length * 9 / 10, end), key, velocity + (eighth == 0 ? 5 : 0), 0);
    }
}

static void bass(arranger *a, size_t chord)
{
    const att_chord *c = &a->plan->chords[chord];
    const att_section *s = att_plan_section(a->plan, c->start_ticks / BAR);
    const uint32_t end = c->start_ticks + c->length_ticks;
    const double velocity = loudness(s);
    if (!bass_plays(s, c->start_ticks))
        return;
    if (a->plan->style->bass_line == ATT_BASS_HELD || s->kind == ATT_SECTION_INTRO || (end == section_end(s) && s->kind != ATT_SECTION_LOOP))
        add(a, a->bass, c->start_ticks, end, a->plan->voicings[chord].bass, velocity - 4, 0);
    else if (a->plan->style->bass_line == ATT_BASS_WALKING)
        walk(a, chord, end, velocity);
    else
        bass_pattern(a, chord, end, velocity);
}

// --- Drums ----------------------------------------------------------------------------------------------------

enum { CRASH = 49, SNARE = 38, TOM_LOW = 45, TOM_HIGH = 50, KICK = 36, PEDAL_HAT = 44 };

static bool by_foot(int key)
{
    return key == KICK || key == PEDAL_HAT || key == 35;
}

static void hit(arranger *a, uint32_t at, int key, double velocity, int *hands)
{
    if (!by_foot(key) && ++*hands > 2)
        return;
    add(a, a->drums, at, at + STEP / 2, key, velocity, 0);
}

// A fill goes down the toms in the second half of a bar.
static int fill_key(uint32_t step)
{
    return step < 10 ? SNARE : step < 13 ? TOM_HIGH : TOM_LOW;
}

static void drum_bar(arranger *a, const att_section *s, uint32_t bar)
{
    const int play = drums_play(s, bar * BAR);
    const att_style *style = a->plan->style;
    if (!play)
        return;
    const att_drum_line *lines = play == 2 ? style->full : style->calm;
    const bool loops = s->kind == ATT_SECTION_LOOP, fills = play == 2 && !loops && bar + 1 == s->first_bar + s->bars && style->energy >= 0.5 && s->bars > 2;
    for (uint32_t step = 0; step < STEPS_PER_BAR; step++) {
        const uint32_t at = bar * BAR + step * STEP;
        int hands = 0;
        if (step == 0 && bar == s->first_bar && s->kind == ATT_SECTION_CHORUS && style->energy >= 0.5)
            hit(a, at, CRASH, loudness(s), &hands);
        const bool filling = fills && step >= 8;
        if (filling && att_rng_unit(a->rng) < (step % 2 ? 0.45 : 0.95))
            hit(a, at, fill_key(step), loudness(s) - 6 + step, &hands);
        for (const att_drum_line *l = lines; l->steps; l++)
            if (l->steps[step] != '.' && !(filling && !by_foot(l->key)))
                hit(a, at, l->key, loudness(s) - (l->steps[step] == 'X' ? 0 : 22), &hands);
    }
}

// --- All of it ------------------------------------------------------------------------------------------------

static void lead(arranger *a)
{
    const att_melody *m = &a->plan->melody;
    for (size_t i = 0; i < m->count; i++) {
        const att_melody_note *n = &m->items[i];
        const att_section *s = &a->plan->sections[n->section];
        add(a, a->lead, n->start_ticks, n->start_ticks + n->length_ticks * 19 / 20, n->key, loudness(s) + (n->strong ? 8 : 2), 0);
    }
}

static uint8_t add_part(att_score *out, const att_music_part *part, bool wanted)
{
    if (!wanted)
        return UINT8_MAX;
    out->parts[out->part_count] = *part;
    return (uint8_t)out->part_count++;
}

static int order_notes(const void *x, const void *y)
{
    const att_note *a = x, *b = y;
    if (a->start_ticks != b->start_ticks)
        return a->start_ticks < b->start_ticks ? -1 : 1;
    if (a->part != b->part)
        return a->part - b->part;
    return a->key != b->key ? a->key - b->key : (a->length_ticks > b->length_ticks) - (a->length_ticks < b->length_ticks);
}

static void play_all(arranger *a)
{
    const att_plan *plan = a->plan;
    lead(a);
    for (size_t i = 0; i < plan->chord_count; i++) {
        const att_chord *c = &plan->chords[i];
        comp(a, i);
        bass(a, i);
        if (a->figure == UINT8_MAX || !figure_plays(plan, att_plan_section(plan, c->start_ticks / BAR)))
            continue;
        const size_t first = a->notes.count;
        figure(a, i);
        trim_figure(a, first, c->start_ticks + c->length_ticks);
    }
    for (size_t s = 0; a->drums != UINT8_MAX && s < plan->section_count; s++)
        for (uint32_t b = 0; b < plan->sections[s].bars; b++)
            drum_bar(a, &plan->sections[s], plan->sections[s].first_bar + b);
}

att_status att_plan_arrange(const att_plan *plan, att_rng *rng, att_score *out, att_error *err)
{
    enum { VOICE_OOHS = 53 };
    const att_style *style = plan->style;
    arranger a = {.plan = plan, .rng = rng};
    out->part_count = 0;
    a.lead = add_part(out, &style->lead, true);
    a.chords = add_part(out, &style->chords, true);
    a.bass = add_part(out, &style->bass, true);
    a.figure = add_part(out, &style->figure, style->figuration != ATT_FIGURE_NONE);
    a.drums = add_part(out, &style->kit, style->drums);
    if (plan->brief->vocals)
        out->parts[a.lead].program = VOICE_OOHS;
    play_all(&a);
    if (a.no_memory) {
        ATT_VEC_FREE(plan->host, &a.notes);
        return att_no_memory(err, a.notes.count, "notes");
    }
    return att_score_adopt_notes(out, a.notes.items, a.notes.count, a.notes.capacity, plan->host, err);
}

att_status att_plan_drums(const att_plan *plan, att_rng *rng, uint8_t part, att_score *out, att_error *err)
{
    arranger a = {.plan = plan, .rng = rng, .drums = part};
    for (size_t s = 0; s < plan->section_count; s++)
        for (uint32_t b = 0; b < plan->sections[s].bars; b++)
            drum_bar(&a, &plan->sections[s], plan->sections[s].first_bar + b);
    if (a.no_memory) {
        ATT_VEC_FREE(plan->host, &a.notes);
        return att_no_memory(err, a.notes.count, "notes");
    }
    return att_score_adopt_notes(out, a.notes.items, a.notes.count, a.notes.capacity, plan->host, err);
}

att_status att_score_adopt_notes(att_score *out, att_note *notes, size_t count, size_t capacity, const att_host *host, att_error *err)
{
    if (out->notes)
        ATT_FREE_ARRAY(host, out->notes, out->note_count);
    out->notes = NULL;
    out->note_count = 0;
    if (!count) { // such a part is silent
        att_free(host, notes, capacity, sizeof *notes);
        return ATT_OK;
    }
    qsort(notes, count, sizeof *notes, order_notes);
    att_note *fitted = att_realloc(host, notes, capacity, count, sizeof *fitted);
    if (!fitted) {
        att_free(host, notes, capacity, sizeof *notes);
        return att_no_memory(err, count, "notes");
    }
    out->notes = fitted;
    out->note_count = count;
    return ATT_OK;
}
