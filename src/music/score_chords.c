// SPDX-License-Identifier: Apache-2.0
// music/score_chords.c - the chords: functional harmony as a shortest path.
//
// Each mode has a vocabulary of chords, each a tonic (T), subdominant (S) or dominant (D). A dominant does not go back to a subdominant;
// a section begins on a tonic function and ends as its cadence says. Over the slots of a phrase the cheapest path is found by Viterbi's
// algorithm (1967); the cost of a chord is -log of its weight plus Gumbel noise, which makes the path a draw from what is likely (Papandreou
// and Yuille 2011: perturb and maximise). A section is its phrase repeated, with its last slots solved again for the cadence.
#include "music/score.h"

#include <math.h>

enum { T = 1, S = 2, D = 4, VOCABULARY_MAX = 12, PHRASE_BARS = 4, KINDS = ATT_SECTION_KIND_COUNT };

typedef struct word {
    uint8_t offset, kind, seventh, function; // semitones above the tonic
    double weight; // 0: the list ends
    bool colour;   // only with a taste for colour
} word;

#define MAJ ATT_CHORD_MAJOR, ATT_CHORD_MAJOR7
#define DOM ATT_CHORD_MAJOR, ATT_CHORD_DOMINANT7
#define MIN ATT_CHORD_MINOR, ATT_CHORD_MINOR7

// The first word is the tonic.
static const word vocabularies[ATT_MODE_COUNT][VOCABULARY_MAX] = {
    [ATT_MODE_MAJOR] = {{0, MAJ, T, 3, 0}, {2, MIN, S, 1.6, 0}, {4, MIN, T, 0.8, 0}, {5, MAJ, S, 3, 0}, {7, DOM, D, 3, 0}, {9, MIN, T, 2.4, 0}, {5, MIN, S, 0.8, 1}},
    [ATT_MODE_MINOR] = {{0, MIN, T, 3, 0}, {3, MAJ, T, 1.5, 0}, {5, MIN, S, 2.4, 0}, {7, DOM, D, 2, 0}, {8, MAJ, T, 2.4, 0}, {10, DOM, D, 2, 0},
        {2, ATT_CHORD_HALF_DIMINISHED7, ATT_CHORD_HALF_DIMINISHED7, S, 0.8, 1}},
    [ATT_MODE_DORIAN] = {{0, MIN, T, 3, 0}, {2, MIN, S, 1, 0}, {3, MAJ, T, 1.5, 0}, {5, DOM, S, 3, 0}, {7, MIN, D, 1.5, 0}, {10, MAJ, D, 2, 0}},
    [ATT_MODE_PHRYGIAN] = {{0, MIN, T, 3, 0}, {1, MAJ, D, 2.5, 0}, {3, DOM, T, 1.2, 0}, {5, MIN, S, 2, 0}, {8, MAJ, T, 1.5, 0}, {10, MIN, D, 1.8, 0}},
    [ATT_MODE_LYDIAN] = {{0, MAJ, T, 3, 0}, {2, DOM, S, 3, 0}, {4, MIN, T, 1, 0}, {7, MAJ, D, 2, 0}, {9, MIN, T, 1.5, 0}, {11, MIN, D, 1, 0}},
    [ATT_MODE_MIXOLYDIAN] = {{0, DOM, T, 3, 0}, {2, MIN, S, 1, 0}, {5, MAJ, S, 3, 0}, {7, MIN, D, 1.2, 0}, {9, MIN, T, 1.4, 0}, {10, MAJ, D, 3, 0}},
};

typedef struct harmony {
    const att_plan *plan;
    const word *words;
    size_t word_count;
    bool seventh[VOCABULARY_MAX];
    att_rng *rng;
    att_arena *life;
} harmony;

static bool may_follow(const word *from, const word *to)
{
    return !(from->function == D && to->function == S);
}

static uint16_t words_of(const harmony *h, unsigned functions, bool tonic_alone)
{
    uint16_t set = 0;
    for (size_t i = 0; i < h->word_count; i++)
        if (h->words[i].function & functions && (!tonic_alone || i == 0))
            set |= (uint16_t)(1u << i);
    return set;
}

static double word_cost(const harmony *h, const word *w)
{
    const double dark = w->kind == ATT_CHORD_MINOR ? 1 : -1;
    const double gumbel = -log(-log(att_rng_unit(h->rng) * 0.999999 + 5e-7));
    return -log(w->weight) + 0.4 * dark * h->plan->brief->mood - 0.8 * gumbel;
}

// The cheapest path through slots that may take only the words of `allowed`; false: there is none. out is (count).
static bool shortest(const harmony *h, const uint16_t *allowed, size_t count, uint8_t *out)
{
    const att_arena_mark mark = att_arena_save(h->life);
    double *cost = ATT_NEW_RAW(h->life, double, count * VOCABULARY_MAX);
    uint8_t *from = ATT_NEW_RAW(h->life, uint8_t, count * VOCABULARY_MAX);
    for (size_t i = 0; cost && from && i < count; i++)
        for (size_t w = 0; w < h->word_count; w++) {
            double *its = &cost[i * VOCABULARY_MAX + w];
            const double own = word_cost(h, &h->words[w]); // drawn always, so that masks do not shift the draws
            *its = i || !(allowed[0] >> w & 1) ? HUGE_VAL : own;
            for (size_t v = 0; i && allowed[i] >> w & 1 && v < h->word_count; v++) {
                const double before = cost[(i - 1) * VOCABULARY_MAX + v] + own + (v == w ? 2.5 : 0);
                if (may_follow(&h->words[v], &h->words[w]) && before < *its)
                    *its = before, from[i * VOCABULARY_MAX + w] = (uint8_t)v;
            }
        }
    size_t best = 0;
    bool found = false;
    if (cost && from) {
        for (size_t w = 1; w < h->word_count; w++)
            if (cost[(count - 1) * VOCABULARY_MAX + w] < cost[(count - 1) * VOCABULARY_MAX + best])
                best = w;
        found = isfinite(cost[(count - 1) * VOCABULARY_MAX + best]);
        for (size_t i = count; found && i-- > 0; best = from[i * VOCABULARY_MAX + best])
            out[i] = (uint8_t)best;
    }
    att_arena_rewind(h->life, mark);
    return found;
}

// The last slots anew, as few as it takes, so that they end as the cadence says. allowed has room for `count`.
static bool close(const harmony *h, att_cadence cadence, size_t count, uint16_t *allowed, uint8_t *words)
{
    const uint16_t all = words_of(h, T | S | D, false);
    for (size_t free_slots = ATT_MIN(count, (size_t)2); free_slots <= count; free_slots++) {
        for (size_t i = 0; i < count; i++)
            allowed[i] = i + free_slots < count ? (uint16_t)(1u << words[i]) : i == 0 ? words_of(h, T, false) : all;
        if (cadence == ATT_CADENCE_HALF)
            allowed[count - 1] &= words_of(h, D, false);
        if (cadence == ATT_CADENCE_AUTHENTIC || cadence == ATT_CADENCE_PLAGAL) {
            allowed[count - 1] &= words_of(h, T, true);
            if (count > 2)
                allowed[count - 2] &= words_of(h, cadence == ATT_CADENCE_AUTHENTIC ? D : S, false);
            else if (count == 2)
                allowed[0] = words_of(h, cadence == ATT_CADENCE_AUTHENTIC ? D : S, false);
        }
        if (shortest(h, allowed, count, words))
            return true;
    }
    return false;
}

static uint32_t slot_ticks(const att_plan *plan, const att_section *section)
{
    const uint32_t asked = plan->style->chord_beats * BEAT;
    return section->bars * BAR / asked < 2 ? BAR : asked;
}

static size_t slot_count(const att_plan *plan, const att_section *section)
{
    const uint32_t ticks = slot_ticks(plan, section);
    return (section->bars * BAR + ticks - 1) / ticks;
}

// One phrase, repeated; sometimes a second one.
static bool solve_section(const harmony *h, const att_section *section, uint8_t *words, size_t count, uint16_t *allowed)
{
    const size_t phrase = ATT_MIN(count, (size_t)PHRASE_BARS * BAR / slot_ticks(h->plan, section));
    const bool second = count >= 2 * phrase && att_rng_unit(h->rng) > 0.75 + 0.25 * h->plan->taste[ATT_MUSIC_REPETITION];
    for (size_t at = 0; at < count; at += phrase) {
        const size_t here = ATT_MIN(phrase, count - at);
        if (at > 0 && !(second && at == phrase)) {
            memmove(words + at, words + (second && at / phrase % 2 ? phrase : 0), here);
            continue;
        }
        for (size_t i = 0; i < here; i++)
            allowed[i] = words_of(h, i == 0 ? T : T | S | D, false);
        if (section->kind == ATT_SECTION_BRIDGE)
            allowed[0] &= (uint16_t)~1u; // away from home
        else if (at == 0 && section->kind != ATT_SECTION_CHORUS)
            allowed[0] = 1;
        if (!shortest(h, allowed, here, words + at))
            return false;
    }
    return close(h, section->cadence, count, allowed, words);
}

static void write_chords(const harmony *h, const att_section *section, const uint8_t *words, size_t count, att_chord *out)
{
    const uint32_t ticks = slot_ticks(h->plan, section), begin = section->first_bar * BAR, end = begin + section->bars * BAR;
    for (size_t i = 0; i < count; i++) {
        const word *w = &h->words[words[i]];
        const uint8_t root = (uint8_t)((h->plan->tonic + w->offset) % 12);
        const uint32_t start = begin + (uint32_t)i * ticks;
        out[i] = (att_chord){start, ATT_MIN(ticks, end - start), root, root, h->seventh[words[i]] ? w->seventh : w->kind};
    }
}

// Sections of a kind have the same chords; the last one may close otherwise.
att_status att_plan_chords(att_plan *plan, att_rng *rng, att_arena *life, att_error *err)
{
    harmony h = {.plan = plan, .words = vocabularies[plan->mode], .rng = rng, .life = life};
    const double colour = plan->taste[ATT_MUSIC_COLOUR], sevenths = plan->style->sevenths + 0.4 * colour;
    for (const word *w = h.words; w < h.words + VOCABULARY_MAX && w->weight > 0; w++) {
        h.seventh[h.word_count] = att_rng_unit(rng) < sevenths;
        if (w->colour && colour <= 0 && plan->style->sevenths < 0.5)
            continue; // these stand last
        h.word_count++;
    }
    size_t most = 0, total = 0;
    for (size_t s = 0; s < plan->section_count; s++) {
        const size_t count = slot_count(plan, &plan->sections[s]);
        most = ATT_MAX(most, count);
        total += count;
    }
    plan->chords = ATT_NEW(life, att_chord, total);
    uint8_t *words[KINDS] = {0}, *closing = ATT_NEW(life, uint8_t, most);
    uint16_t *allowed = ATT_NEW(life, uint16_t, most);
    if (!plan->chords || !closing || !allowed)
        return att_no_memory(err, total, "chords");
    plan->chord_count = 0;
    for (size_t s = 0; s < plan->section_count; s++) {
        const att_section *section = &plan->sections[s];
        const size_t count = slot_count(plan, section);
        uint8_t **its = &words[section->kind];
        if (!*its) {
            *its = ATT_NEW(life, uint8_t, count);
            if (!*its)
                return att_no_memory(err, count, "chords");
            if (!solve_section(&h, section, *its, count, allowed))
                return ATT_FAIL(err, ATT_INVALID, "chords: a %s of %u bars cannot end with the cadence \"%s\"", att_section_name(section->kind),
                    section->bars, att_cadence_name(section->cadence));
            write_chords(&h, section, *its, count, plan->chords + plan->chord_count);
        } else {
            memcpy(closing, *its, count);
            if (s + 1 == plan->section_count && !close(&h, section->cadence, count, allowed, closing))
                return ATT_FAIL(err, ATT_INVALID, "chords: the last section cannot close");
            write_chords(&h, section, closing, count, plan->chords + plan->chord_count);
        }
        plan->chord_count += count;
    }
    return ATT_OK;
}
