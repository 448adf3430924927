// SPDX-License-Identifier: Apache-2.0
// music/score_melody.c - the melody: a rhythm of motifs, then pitches by beam search, then local search.
//
// Rhythm: bars of two kinds on a grid of eighths, a1 a2 a1 b2 and again, a long note at the end. Pitches: a beam of the cheapest partial
// melodies; the cost likes steps, an arch that rises to the middle of the section, and the intervals that the motif had when it was first
// heard. Not taken, neither by the beam nor by the search after it: a strong note outside its chord; any other such note that is not reached
// and left by step; a leap of a tritone, a seventh or more than an octave; a leap of a fifth and more that goes on in its direction.
// Where the beam dies a step is taken at a high price, so that there is always a melody. Later turns of a section repeat the first; a verse
// ends differently every other time.
#include "music/score.h"

#include <math.h>
#include <stdlib.h>

enum { BEAM = 32, KEYS_MAX = 40, EIGHTH = BEAT / 2, EIGHTHS_PER_BAR = 8, SEARCH_STEPS = 400, VARIED_BARS = 2, LEAP = 7, TURNS = 8, NO_REFERENCE = -1 };
static const double price = 1000;

typedef struct line {
    const att_plan *plan;
    const att_section *section;
    att_melody_note *notes;
    int16_t *references; // (count) the note whose step this one repeats
    size_t count;
    int low, high;
    double centre;
    uint16_t scale;
    float *noise; // (count, KEYS_MAX)
} line;

static double rises(const att_plan *plan, int kind)
{
    (void)plan;
    return kind == ATT_SECTION_CHORUS ? 0.66 : kind == ATT_SECTION_VERSE ? 0.36 : 0.5;
}

// --- Rhythm ---------------------------------------------------------------------------------------------------

static uint8_t draw_bar(const att_plan *plan, double density, bool first, bool sparse, att_rng *rng)
{
    const double off = 0.2 + 0.6 * fmax(0, fmin(1, plan->style->syncopation + 0.4 * plan->taste[ATT_MUSIC_SYNCOPATION]));
    const double weights[EIGHTHS_PER_BAR] = {1.1, off, 0.6, off, 0.9, off, 0.6, off};
    uint8_t bar = 0;
    for (int i = 0; i < EIGHTHS_PER_BAR; i++) {
        const bool here = att_rng_unit(rng) < 1.6 * density * weights[i];
        if (here && !(sparse && i > 3))
            bar |= (uint8_t)(1u << i);
    }
    return first ? bar | 1 : bar;
}

static uint16_t chord_at(const att_plan *plan, uint32_t ticks)
{
    size_t low = 0, high = plan->chord_count;
    while (high - low > 1) {
        const size_t middle = (low + high) / 2;
        *(plan->chords[middle].start_ticks <= ticks ? &low : &high) = middle;
    }
    return (uint16_t)low;
}

static bool add_note(const att_plan *plan, att_melody *out, size_t section, uint32_t at)
{
    const uint16_t chord = chord_at(plan, at);
    return ATT_VEC_PUSH(plan->host, out, ((att_melody_note){.start_ticks = at, .chord = chord, .section = (uint16_t)section}));
}

// A note lasts to the next one, to the end of its chord, and no longer than two beats unless it is the last.
static void set_lengths(const att_plan *plan, att_melody_note *notes, size_t count, uint32_t end)
{
    for (size_t i = 0; i < count; i++) {
        att_melody_note *n = &notes[i];
        const att_chord *c = &plan->chords[n->chord];
        const uint32_t next = i + 1 < count ? notes[i + 1].start_ticks : end, longest = (i + 1 < count ? 2 : 4) * BEAT;
        n->length_ticks = ATT_MIN(ATT_MIN(next, c->start_ticks + c->length_ticks) - n->start_ticks, longest);
        n->strong = n->start_ticks % (2 * BEAT) == 0 || n->length_ticks > BEAT || i + 1 == count;
    }
}

static bool draw_rhythm(const att_plan *plan, size_t at, att_rng *rng, att_melody *out)
{
    const att_section *s = &plan->sections[at];
    const double quiet = s->kind == ATT_SECTION_OUTRO ? 0.6 : s->kind == ATT_SECTION_CHORUS ? 1.1 : 1;
    const double density = fmax(0.05, quiet * (plan->style->density + 0.25 * plan->taste[ATT_MUSIC_DENSITY]));
    const uint8_t bars[4] = {draw_bar(plan, density, true, false, rng), draw_bar(plan, density, false, false, rng),
        draw_bar(plan, density, true, false, rng), draw_bar(plan, density, true, true, rng)};
    const bool repeats = att_rng_unit(rng) < 0.6 + 0.4 * plan->taste[ATT_MUSIC_REPETITION];
    const size_t first = out->count;
    for (uint32_t b = 0; b < s->bars; b++) {
        const uint32_t in_phrase = b % 4;
        const uint8_t bar = b + 1 == s->bars ? 1 : bars[in_phrase < 2 ? in_phrase : in_phrase == 2 ? (repeats ? 0 : 2) : 3];
        for (uint32_t i = 0; i < EIGHTHS_PER_BAR; i++)
            if (bar >> i & 1 && !add_note(plan, out, at, (s->first_bar + b) * BAR + i * EIGHTH))
                return false;
    }
    set_lengths(plan, out->items + first, out->count - first, (s->first_bar + s->bars) * BAR);
    return true;
}

// A note of a later phrase repeats the step of the note at the same place of the first phrase, or of its first bars.
static void set_references(line *l)
{
    const uint32_t begin = l->section->first_bar * BAR;
    for (size_t i = 0; i < l->count; i++) {
        const uint32_t at = l->notes[i].start_ticks - begin;
        l->references[i] = NO_REFERENCE;
        for (uint32_t back = at >= 4 * BAR ? 4 * BAR : 2 * BAR; l->references[i] < 0 && back >= 2 * BAR; back -= 2 * BAR)
            for (size_t k = 1; k < i && at >= back; k++)
                if (l->notes[k].start_ticks - begin == at - back && l->notes[k - 1].start_ticks + back == l->notes[i - 1].start_ticks)
                    l->references[i] = (int16_t)k;
    }
}

// --- Pitches --------------------------------------------------------------------------------------------------

static bool in_chord(const line *l, size_t at, int key)
{
    return att_set_has(att_chord_set(&l->plan->chords[l->notes[at].chord]), key);
}

// Whether this step may be taken. before: the key before `from`, or -1.
static bool may_step(const line *l, size_t at, int before, int from, int key)
{
    const int step = key - from, size = abs(step);
    if (size == 6 || size == 10 || size == 11 || size > 12)
        return false;
    if ((!in_chord(l, at, key) || !in_chord(l, at - 1, from)) && size > 2)
        return false;
    const int last = before < 0 ? 0 : from - before;
    return !(abs(last) >= LEAP && step * last > 0 && size > 2);
}

static bool may_sound(const line *l, size_t at, int key)
{
    const bool chordal = in_chord(l, at, key);
    if (!chordal && (l->notes[at].strong || at == 0 || !att_set_has(l->scale, key)))
        return false;
    const att_section *s = l->section;
    if (at + 1 < l->count || s->cadence == ATT_CADENCE_OPEN || s->cadence == ATT_CADENCE_HALF)
        return chordal || at + 1 < l->count;
    return key % 12 == l->plan->tonic;
}

static double note_cost(const line *l, size_t at, int key)
{
    const double share = l->count > 1 ? (double)at / (double)(l->count - 1) : 0;
    const double target = l->centre + 3.5 * sin(M_PI * share) - 1.5;
    return 0.03 * (key - target) * (key - target) + l->noise[at * KEYS_MAX + (size_t)(key - l->low)];
}

static double step_cost(const line *l, int before, int from, int key)
{
    static const double sizes[13] = {1, 0, 0, 0.4, 0.5, 1, 9, 1.4, 2.2, 2.4, 9, 9, 2.6};
    (void)l;
    return sizes[abs(key - from)] + (before == from && from == key ? 1.5 : 0);
}

static double motif_weight(const line *l)
{
    return 0.5 + 0.4 * l->plan->taste[ATT_MUSIC_REPETITION];
}

typedef struct state {
    double cost;
    int16_t key, before, parent;
} state;

static int order_states(const void *a, const void *b)
{
    const state *x = a, *y = b;
    if (x->cost != y->cost)
        return x->cost < y->cost ? -1 : 1;
    return x->key != y->key ? x->key - y->key : x->parent - y->parent;
}

// The step that the reference of `at` took on the way to this state; false: none.
static bool reference_step(const line *l, state (*beams)[BEAM], size_t at, size_t which, int *step)
{
    const int reference = l->references[at];
    if (reference < 1)
        return false;
    size_t i = at - 1;
    for (; i > (size_t)reference; i--)
        which = (size_t)beams[i][which].parent;
    *step = beams[i][which].key - beams[i][which].before;
    return true;
}

static size_t extend(const line *l, state (*beams)[BEAM], size_t at, size_t live, size_t fixed, bool free_steps, state *next)
{
    size_t count = 0;
    for (size_t b = 0; b < live; b++) {
        const state *s = &beams[at - 1][b];
        int wanted = 0;
        const bool has = reference_step(l, beams, at, b, &wanted);
        for (int key = l->low; key <= l->high; key++) {
            if (at < fixed ? key != l->notes[at].key : !may_sound(l, at, key))
                continue;
            const bool may = may_step(l, at, s->before, s->key, key) || at < fixed;
            if (!may && !free_steps)
                continue;
            const double step = abs(key - s->key) > 12 ? 9 : step_cost(l, s->before, s->key, key);
            const double motif = has ? motif_weight(l) * fmin(4, abs(key - s->key - wanted)) : 0;
            next[count++] = (state){s->cost + note_cost(l, at, key) + step + motif + (may ? 0 : price), (int16_t)key, s->key, (int16_t)b};
        }
    }
    qsort(next, count, sizeof *next, order_states);
    return count;
}

// Keys of all notes; the first `fixed` stay as they are.
static att_status beam(const line *l, size_t fixed, att_arena *scratch, att_error *err)
{
    const att_arena_mark mark = att_arena_save(scratch);
    state(*beams)[BEAM] = att_arena_alloc_raw(scratch, l->count, sizeof *beams);
    state *next = ATT_NEW_RAW(scratch, state, BEAM * KEYS_MAX);
    if (!beams || !next)
        return att_no_memory(err, l->count, "notes of a melody");
    size_t live = 0;
    for (int key = l->low; key <= l->high; key++)
        if (fixed ? key == l->notes[0].key : may_sound(l, 0, key))
            next[live++] = (state){note_cost(l, 0, key), (int16_t)key, -1, 0};
    qsort(next, live, sizeof *next, order_states);
    live = ATT_MIN(live, (size_t)BEAM);
    memcpy(beams[0], next, live * sizeof *next);
    for (size_t at = 1; at < l->count; at++) {
        size_t count = extend(l, beams, at, live, fixed, false, next);
        if (!count)
            count = extend(l, beams, at, live, fixed, true, next);
        live = ATT_MIN(count, (size_t)BEAM);
        memcpy(beams[at], next, live * sizeof *next);
    }
    size_t which = 0;
    for (size_t i = l->count; i-- > 0; which = (size_t)beams[i][which].parent)
        l->notes[i].key = (uint8_t)beams[i][which].key;
    att_arena_rewind(scratch, mark);
    return ATT_OK;
}

// What the melody costs as it stands.
static double line_cost(const line *l)
{
    double sum = 0;
    for (size_t i = 0; i < l->count; i++) {
        const int key = l->notes[i].key;
        sum += note_cost(l, i, key) + (may_sound(l, i, key) ? 0 : price);
        if (!i)
            continue;
        const int from = l->notes[i - 1].key, before = i > 1 ? l->notes[i - 2].key : -1;
        sum += may_step(l, i, before, from, key) ? step_cost(l, before, from, key) : price;
        const int r = l->references[i];
        if (r >= 1)
            sum += motif_weight(l) * fmin(4, abs(key - from - (l->notes[r].key - l->notes[r - 1].key)));
    }
    return sum;
}

// One note at a time to another key, where that makes the whole cheaper.
static double search(const line *l, size_t fixed, att_rng *rng)
{
    double cost = line_cost(l);
    for (int i = 0; i < SEARCH_STEPS && fixed < l->count; i++) {
        att_melody_note *n = &l->notes[fixed + att_rng_below(rng, l->count - fixed)];
        const uint8_t old = n->key;
        n->key = (uint8_t)(l->low + (int)att_rng_below(rng, (uint64_t)(l->high - l->low + 1)));
        const double other = line_cost(l);
        if (other < cost)
            cost = other;
        else
            n->key = old;
    }
    return cost;
}

static att_status set_keys(att_plan *plan, size_t at, size_t first, size_t fixed, att_rng *rng, att_arena *scratch, att_error *err)
{
    const att_music_part *part = &plan->style->lead;
    const att_section *s = &plan->sections[at];
    const int shift = s->kind == ATT_SECTION_VERSE ? -4 : 0, lift = s->kind == ATT_SECTION_CHORUS ? 3 : 0;
    line l = {plan, s, plan->melody.items + first, NULL, plan->melody.count - first, part->key_low + lift, part->key_high + shift, 0,
        att_mode_set(plan->tonic, plan->mode), NULL};
    l.centre = part->key_low + rises(plan, s->kind) * (part->key_high - part->key_low) + 2 * plan->taste[ATT_MUSIC_BRIGHTNESS];
    l.references = ATT_NEW(scratch, int16_t, l.count);
    l.noise = ATT_NEW_RAW(scratch, float, l.count * KEYS_MAX);
    if (!l.references || !l.noise)
        return att_no_memory(err, l.count, "notes of a melody");
    assert(l.high - l.low < KEYS_MAX);
    set_references(&l);
    double cost = price;
    for (int turn = 0; turn < TURNS && cost >= price; turn++) { // again where a step had to be bought
        for (size_t i = 0; i < l.count * KEYS_MAX; i++)
            l.noise[i] = (float)(0.8 * att_rng_unit(rng));
        const att_status status = beam(&l, fixed, scratch, err);
        if (status)
            return status;
        cost = search(&l, fixed, rng);
    }
    plan->cost += cost / (double)l.count;
    return ATT_OK;
}

// The notes of the first section of this kind again; its last bars are solved anew where it closes otherwise, or for variety.
static att_status repeat(att_plan *plan, size_t at, size_t original, size_t first, size_t count, att_rng *rng, att_arena *scratch, att_error *err)
{
    const att_section *from = &plan->sections[original], *s = &plan->sections[at];
    const uint32_t shift = (s->first_bar - from->first_bar) * BAR;
    const size_t begin = plan->melody.count;
    size_t fixed = 0;
    const uint32_t varied = ATT_MIN((uint32_t)VARIED_BARS, s->bars);
    for (size_t i = 0; i < count; i++) {
        const att_melody_note n = plan->melody.items[first + i];
        if (!add_note(plan, &plan->melody, at, n.start_ticks + shift))
            return att_no_memory(err, count, "notes of a melody");
        plan->melody.items[begin + i].key = n.key;
        fixed += n.start_ticks + shift < (s->first_bar + s->bars - varied) * BAR;
    }
    set_lengths(plan, plan->melody.items + begin, count, (s->first_bar + s->bars) * BAR);
    const bool varies = s->kind == ATT_SECTION_VERSE && s->turn % 2 && plan->taste[ATT_MUSIC_REPETITION] < 0.6;
    if (s->cadence == from->cadence && !varies)
        return ATT_OK;
    return set_keys(plan, at, begin, fixed, rng, scratch, err);
}

att_status att_plan_melody(att_plan *plan, att_rng *rng, att_arena *life, att_error *err)
{
    size_t firsts[ATT_SECTION_KIND_COUNT] = {0}, counts[ATT_SECTION_KIND_COUNT] = {0}, originals[ATT_SECTION_KIND_COUNT] = {0};
    plan->melody.count = 0;
    for (size_t s = 0; s < plan->section_count; s++) {
        const int kind = plan->sections[s].kind;
        att_status status = ATT_OK;
        const att_arena_mark mark = att_arena_save(life);
        if (kind == ATT_SECTION_INTRO)
            continue;
        if (counts[kind]) {
            status = repeat(plan, s, originals[kind], firsts[kind], counts[kind], rng, life, err);
        } else {
            firsts[kind] = plan->melody.count;
            originals[kind] = s;
            if (!draw_rhythm(plan, s, rng, &plan->melody))
                return att_no_memory(err, plan->melody.count, "notes of a melody");
            counts[kind] = plan->melody.count - firsts[kind];
            status = set_keys(plan, s, firsts[kind], 0, rng, life, err);
        }
        att_arena_rewind(life, mark);
        if (status)
            return status;
    }
    return ATT_OK;
}
