// SPDX-License-Identifier: Apache-2.0
// music/score_check.c - does a finished score keep the rules? Reads the score alone.
//
// It stands by itself on purpose: of the composer it includes nothing, not even its tables of modes and chords, so that an error there is
// not an error here too. Every rule is a function with a name; docs/compose.md says each in a sentence. Scores of a scale (modal) have no
// chords, and so other rules: those are in score_check_modal.c.
#include "music/score_check.h"

#include <stdio.h>
#include <stdlib.h>

enum { TICKS_OF_BAR = ATT_TICKS_PER_BEAT * ATT_BEATS_PER_BAR, VOICES = 4 };

// --- What the notation means -----------------------------------------------------------------------------------

// Bit p: p semitones above the root.
static unsigned tones_of(const att_chord *chord)
{
    static const uint16_t shapes[ATT_CHORD_KIND_COUNT] = {1 | 1 << 4 | 1 << 7, 1 | 1 << 3 | 1 << 7, 1 | 1 << 3 | 1 << 6, 1 | 1 << 4 | 1 << 7 | 1 << 11,
        1 | 1 << 3 | 1 << 7 | 1 << 10, 1 | 1 << 4 | 1 << 7 | 1 << 10, 1 | 1 << 3 | 1 << 6 | 1 << 10};
    const unsigned shape = shapes[chord->kind], turned = shape << chord->root;
    return (turned | turned >> 12) & 0xfff;
}

static bool holds(unsigned set, unsigned key)
{
    return set >> key % 12 & 1;
}

// A mode is the white keys from another key on, moved to the tonic.
static unsigned scale_of(const att_score *score)
{
    static const uint8_t white[7] = {0, 2, 4, 5, 7, 9, 11}, degrees[ATT_MODE_COUNT] = {0, 5, 1, 2, 3, 4};
    unsigned set = 0;
    for (unsigned i = 0; i < 7; i++)
        set |= 1u << (white[i] + 12 - white[degrees[score->mode]] + score->tonic) % 12;
    return set;
}

static const att_chord *chord_of(const att_score *s, uint32_t ticks)
{
    size_t low = 0, high = s->chord_count;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (s->chords[middle].start_ticks <= ticks)
            low = middle;
        else
            high = middle;
    }
    return &s->chords[low];
}

void att_check_tell(att_check *c, const char *rule, uint32_t ticks, int part, int voice, const char *format, ...)
{
    att_breaches *b = c->out;
    if (b->count++ >= b->capacity)
        return;
    att_breach *breach = &b->items[b->count - 1];
    *breach = (att_breach){.rule = rule, .bar = ticks / TICKS_OF_BAR + 1, .part = part, .voice = voice};
    va_list list;
    va_start(list, format);
    vsnprintf(breach->text, sizeof breach->text, format, list);
    va_end(list);
}
#define TELL(ticks, part, voice, ...) att_check_tell(c, rule, (ticks), (part), (voice), __VA_ARGS__)

static bool has_role(const att_check *c, const att_note *n, att_role role)
{
    return c->score->parts[n->part].role == role;
}

static bool is_pitched(const att_check *c, const att_note *n)
{
    return !has_role(c, n, ATT_ROLE_DRUMS);
}

// --- The whole: sections, chords, notes are where they say ------------------------------------------------------

static void whole(att_check *c, const char *rule)
{
    const att_score *s = c->score;
    if (!(s->tempo_bpm >= 30 && s->tempo_bpm <= 300))
        TELL(0, -1, -1, "a tempo of %g beats a minute", s->tempo_bpm);
    if (s->tonic > 11 || (unsigned)s->mode >= ATT_MODE_COUNT)
        TELL(0, -1, -1, "no such key");
    uint32_t bar = 0;
    for (size_t i = 0; i < s->section_count; i++) {
        if (s->sections[i].first_bar != bar || !s->sections[i].bars)
            TELL(bar * TICKS_OF_BAR, -1, -1, "section %zu begins at bar %u, expected %u", i + 1, s->sections[i].first_bar + 1, bar + 1);
        bar += s->sections[i].bars;
    }
    if (bar != s->bars)
        TELL(bar * TICKS_OF_BAR, -1, -1, "the sections fill %u bars of %u", bar, s->bars);
}

static void sections(att_check *c, const char *rule)
{
    const att_score *s = c->score;
    const att_section *firsts[ATT_SECTION_KIND_COUNT] = {0};
    uint32_t turns[ATT_SECTION_KIND_COUNT] = {0};
    for (size_t i = 0; i < s->section_count; i++) {
        const att_section *its = &s->sections[i];
        const att_section **first = &firsts[its->kind];
        if (*first && (*first)->bars != its->bars)
            TELL(its->first_bar * TICKS_OF_BAR, -1, -1, "a %s of %u bars, the first has %u", att_section_name(its->kind), its->bars, (*first)->bars);
        if (its->turn != turns[its->kind]++)
            TELL(its->first_bar * TICKS_OF_BAR, -1, -1, "turn %u of the %s", its->turn, att_section_name(its->kind));
        if (its->kind == ATT_SECTION_INTRO && i)
            TELL(its->first_bar * TICKS_OF_BAR, -1, -1, "an intro inside");
        if (its->kind == ATT_SECTION_OUTRO && i + 1 < s->section_count)
            TELL(its->first_bar * TICKS_OF_BAR, -1, -1, "an outro inside");
        if ((its->kind == ATT_SECTION_LOOP) != s->loop || (s->loop && s->section_count != 1))
            TELL(0, -1, -1, "a loop is one section");
        *first = *first ? *first : its;
    }
}

static void chord_line(att_check *c, const char *rule)
{
    const att_score *s = c->score;
    uint32_t at = 0;
    size_t section = 0;
    for (size_t i = 0; i < s->chord_count; i++) {
        const att_chord *chord = &s->chords[i];
        if (chord->start_ticks != at || !chord->length_ticks)
            TELL(at, -1, -1, "chord %zu begins at tick %u, expected %u", i + 1, chord->start_ticks, at);
        at = chord->start_ticks + chord->length_ticks;
        while (section + 1 < s->section_count && s->sections[section + 1].first_bar * TICKS_OF_BAR <= chord->start_ticks)
            section++;
        if (at > (s->sections[section].first_bar + s->sections[section].bars) * TICKS_OF_BAR)
            TELL(chord->start_ticks, -1, -1, "a chord reaches beyond its section");
        if (!holds(tones_of(chord), chord->bass))
            TELL(chord->start_ticks, -1, -1, "the bass is no tone of the chord");
    }
    if (at != s->bars * TICKS_OF_BAR)
        TELL(at, -1, -1, "the chords end at tick %u of %u", at, s->bars * TICKS_OF_BAR);
}

static void notes_fit(att_check *c, const char *rule)
{
    const att_score *s = c->score;
    const uint32_t end = s->bars * TICKS_OF_BAR;
    for (size_t i = 0; i < s->note_count; i++) {
        const att_note *n = &s->notes[i];
        const att_music_part *p = &s->parts[n->part];
        if (!n->length_ticks || n->start_ticks >= end || n->length_ticks > end - n->start_ticks)
            TELL(n->start_ticks, n->part, n->voice, "a note from tick %u for %u, the piece ends at %u", n->start_ticks, n->length_ticks, end);
        if (n->key < p->key_low || n->key > p->key_high)
            TELL(n->start_ticks, n->part, n->voice, "key %u outside %u to %u", n->key, p->key_low, p->key_high);
        if (!n->velocity || n->velocity > 127)
            TELL(n->start_ticks, n->part, n->voice, "velocity %u", n->velocity);
        if (i && n->start_ticks < s->notes[i - 1].start_ticks)
            TELL(n->start_ticks, n->part, n->voice, "a note before the one before it");
    }
}

// One key of a part does not sound twice at once; lead and bass are one note at a time.
static void overlaps(att_check *c, const char *rule)
{
    const att_score *s = c->score;
    uint32_t ends[ATT_PARTS_MAX][128] = {{0}}, busy[ATT_PARTS_MAX] = {0};
    for (size_t i = 0; i < s->note_count; i++) {
        const att_note *n = &s->notes[i];
        const att_role role = s->parts[n->part].role;
        const uint32_t end = n->start_ticks + n->length_ticks;
        if (ends[n->part][n->key] > n->start_ticks)
            TELL(n->start_ticks, n->part, n->voice, "key %u begins while it sounds", n->key);
        if ((role == ATT_ROLE_LEAD || role == ATT_ROLE_BASS) && busy[n->part] > n->start_ticks)
            TELL(n->start_ticks, n->part, n->voice, "a second note at once");
        ends[n->part][n->key] = ATT_MAX(ends[n->part][n->key], end);
        busy[n->part] = ATT_MAX(busy[n->part], end);
    }
}

static void voices_absent(att_check *c, const char *rule)
{
    static const uint8_t voice_programs[] = {52, 53, 54, 85, 91}; // choir, oohs, synth voice, voice lead, choir pad
    for (size_t i = 0; i < c->score->part_count && !c->score->vocals; i++)
        for (size_t k = 0; k < sizeof voice_programs; k++)
            if (c->score->parts[i].role != ATT_ROLE_DRUMS && c->score->parts[i].program == voice_programs[k])
                TELL(0, (int)i, -1, "program %u is a voice, none is wanted", c->score->parts[i].program);
}

// --- Harmony --------------------------------------------------------------------------------------------------

typedef enum function { TONIC, SUBDOMINANT, DOMINANT } function;

// By what a chord holds: a dominant has the leading tone below the tonic without the tonic itself, or stands on the fifth degree, or is a
// mode's own (the chord below the tonic; in phrygian the one above); a subdominant holds the fourth or the raised fourth or stands on the second degree.
static function function_of(const att_score *s, const att_chord *chord)
{
    const unsigned degree = (chord->root + 12u - s->tonic) % 12;
    const bool has_tonic = holds(tones_of(chord), s->tonic);
    if (degree == 7 || degree == 10 || degree == 11)
        return DOMINANT;
    if (degree == 1 && s->mode == ATT_MODE_PHRYGIAN)
        return DOMINANT;
    if (degree == 5 || degree == 2 || degree == 6)
        return SUBDOMINANT;
    return degree == 0 || has_tonic || degree == 3 || degree == 4 ? TONIC : DOMINANT;
}

static void progression(att_check *c, const char *rule)
{
    const att_score *s = c->score;
    for (size_t i = 0; i + !s->loop < s->chord_count; i++) {
        const att_chord *a = &s->chords[i], *b = &s->chords[(i + 1) % s->chord_count];
        if (function_of(s, a) == DOMINANT && function_of(s, b) == SUBDOMINANT) {
            char from[16], to[16];
            TELL(b->start_ticks, -1, -1, "%s goes back to %s", att_chord_name(*a, from), att_chord_name(*b, to));
        }
    }
}

// Of the key, or borrowed from its parallel: in minor the leading tone of a dominant, in major the minor sixth of the fourth degree.
static void chords_in_key(att_check *c, const char *rule)
{
    const att_score *s = c->score;
    for (size_t i = 0; i < s->chord_count; i++) {
        const att_chord *chord = &s->chords[i];
        const unsigned strange = tones_of(chord) & ~scale_of(s), degree = (chord->root + 12u - s->tonic) % 12;
        unsigned lent = 0;
        if (s->mode == ATT_MODE_MINOR && degree == 7)
            lent = 1u << (s->tonic + 11) % 12;
        if (s->mode == ATT_MODE_MAJOR && degree == 5)
            lent = 1u << (s->tonic + 8) % 12 | 1u << (s->tonic + 3) % 12;
        char name[16];
        if (strange & ~lent)
            TELL(chord->start_ticks, -1, -1, "%s is not of the key", att_chord_name(*chord, name));
    }
}

static const att_chord *last_chord(const att_score *s, const att_section *section)
{
    return chord_of(s, (section->first_bar + section->bars) * TICKS_OF_BAR - 1);
}

static void cadences(att_check *c, const char *rule)
{
    const att_score *s = c->score;
    for (size_t i = 0; i < s->section_count; i++) {
        const att_section *section = &s->sections[i];
        const att_chord *last = last_chord(s, section);
        const uint32_t at = last->start_ticks;
        const att_chord *before = last > s->chords ? last - 1 : last;
        const bool home = last->root == s->tonic;
        bool kept = true;
        switch (section->cadence) {
        case ATT_CADENCE_HALF: kept = function_of(s, last) == DOMINANT; break;
        case ATT_CADENCE_AUTHENTIC: kept = home && function_of(s, before) == DOMINANT; break;
        case ATT_CADENCE_PLAGAL: kept = home && function_of(s, before) == SUBDOMINANT; break;
        default: break;
        }
        if (!kept)
            TELL(at, -1, -1, "the %s does not end with its %s cadence", att_section_name(section->kind), att_cadence_name(section->cadence));
        if (i + 1 == s->section_count && !s->loop && !(home && last->bass == last->root))
            TELL(at, -1, -1, "the piece does not end on its tonic");
    }
}

// Later turns of a section have the chords of the first; the last section may close otherwise, in its last two.
static void chords_return(att_check *c, const char *rule)
{
    const att_score *s = c->score;
    const att_section *firsts[ATT_SECTION_KIND_COUNT] = {0};
    for (size_t i = 0; i < s->section_count; i++) {
        const att_section *its = &s->sections[i], *first = firsts[its->kind];
        if (!first) {
            firsts[its->kind] = its;
            continue;
        }
        const uint32_t shift = (its->first_bar - first->first_bar) * TICKS_OF_BAR;
        size_t others = 0;
        const att_chord *begin = chord_of(s, its->first_bar * TICKS_OF_BAR), *end = last_chord(s, its) + 1;
        for (const att_chord *chord = begin; chord < end; chord++) {
            const att_chord *then = chord_of(s, chord->start_ticks - shift);
            others += then->root != chord->root || then->kind != chord->kind || then->start_ticks + shift != chord->start_ticks;
        }
        const size_t allowed = its->cadence != first->cadence ? 3 : 0;
        if (others > allowed)
            TELL(begin->start_ticks, -1, -1, "%zu chords of the %s differ from its first turn", others, att_section_name(its->kind));
    }
}

// --- Voices ---------------------------------------------------------------------------------------------------

// The four voices over one chord: 0 the bass, then the chords' part from below; 0: silent.
typedef struct held {
    int keys[VOICES];
} held;

static void read_voices(att_check *c, const char *rule, held *out)
{
    const att_score *s = c->score;
    for (size_t i = 0; i < s->note_count; i++) {
        const att_note *n = &s->notes[i];
        const size_t chord = (size_t)(chord_of(s, n->start_ticks) - s->chords);
        int *key = NULL;
        if (has_role(c, n, ATT_ROLE_CHORDS) && n->voice < VOICES - 1)
            key = &out[chord].keys[n->voice + 1];
        else if (has_role(c, n, ATT_ROLE_BASS) && !out[chord].keys[0])
            out[chord].keys[0] = n->key;
        if (key && *key && *key != n->key)
            TELL(n->start_ticks, n->part, n->voice, "the voice moves from %d to %u within its chord", *key, n->key);
        if (key)
            *key = n->key;
    }
}

static bool chord_holds_all(const held *h)
{
    return h->keys[1] && h->keys[2] && h->keys[3];
}

static void voices_complete(att_check *c, const char *rule, const held *voices)
{
    const att_score *s = c->score;
    for (size_t i = 0; i < s->chord_count; i++) {
        const att_chord *chord = &s->chords[i];
        const held *h = &voices[i];
        unsigned has = h->keys[0] ? 1u << h->keys[0] % 12 : 1u << chord->bass;
        if (!chord_holds_all(h)) {
            TELL(chord->start_ticks, -1, -1, "not all three voices sound");
            continue;
        }
        for (int v = 1; v < VOICES; v++) {
            has |= 1u << h->keys[v] % 12;
            if (!holds(tones_of(chord), (unsigned)h->keys[v]))
                TELL(chord->start_ticks, -1, v - 1, "key %d is not of the chord", h->keys[v]);
        }
        const unsigned third = holds(tones_of(chord), chord->root + 4u) ? chord->root + 4u : chord->root + 3u;
        const bool seventh = chord->kind >= ATT_CHORD_MAJOR7;
        const unsigned at = chord->root + (chord->kind == ATT_CHORD_MAJOR7 ? 11u : 10u);
        if (!holds(has, chord->root) || !holds(has, third) || (seventh && !holds(has, at)))
            TELL(chord->start_ticks, -1, -1, "the chord lacks its %s", !holds(has, chord->root) ? "root" : !holds(has, third) ? "third" : "seventh");
    }
}

static void voices_spaced(att_check *c, const char *rule, const held *voices)
{
    for (size_t i = 0; i < c->score->chord_count; i++) {
        const held *h = &voices[i];
        for (int v = 1; v < VOICES && chord_holds_all(h); v++) {
            const int below = h->keys[v - 1];
            if (below && h->keys[v] <= below)
                TELL(c->score->chords[i].start_ticks, -1, v - 1, "the voice lies at %d, not above the one below it at %d", h->keys[v], below);
            if (v > 1 && h->keys[v] - below > 12)
                TELL(c->score->chords[i].start_ticks, -1, v - 1, "more than an octave between neighbours");
        }
    }
}

static size_t after(const att_score *s, size_t chord)
{
    return chord + 1 < s->chord_count ? chord + 1 : s->loop ? 0 : SIZE_MAX;
}

static void voices_move(att_check *c, const char *rule, const held *voices)
{
    for (size_t i = 0, k; i < c->score->chord_count && (k = after(c->score, i)) != SIZE_MAX; i++)
        for (int v = 1; v < VOICES; v++) {
            const int from = voices[i].keys[v], to = voices[k].keys[v];
            if (from && to && abs(to - from) > 7)
                TELL(c->score->chords[k].start_ticks, -1, v - 1, "the voice leaps from %d to %d", from, to);
        }
}

// Perfect fifths or octaves one after the other between the same two voices, both moving.
static void parallels(att_check *c, const char *rule, const held *voices)
{
    for (size_t i = 0, k; i < c->score->chord_count && (k = after(c->score, i)) != SIZE_MAX; i++)
        for (int low = 0; low < VOICES; low++)
            for (int high = low + 1; high < VOICES; high++) {
                const int a = voices[i].keys[low], b = voices[i].keys[high], x = voices[k].keys[low], y = voices[k].keys[high];
                if (!a || !b || !x || !y || a == x || b == y)
                    continue;
                const int before = abs(b - a) % 12, now = abs(y - x) % 12;
                if (before == now && (before == 0 || before == 7))
                    TELL(c->score->chords[k].start_ticks, -1, high - 1, "%s in a row between voices %d and %d (%d-%d to %d-%d)",
                        before ? "fifths" : "octaves", low, high, a, b, x, y);
            }
}

static void leading_tones(att_check *c, const char *rule, const held *voices)
{
    const att_score *s = c->score;
    const int leading = (s->tonic + 11) % 12;
    for (size_t i = 0; i < s->chord_count; i++) {
        int count = 0;
        for (int v = 0; v < VOICES; v++)
            count += voices[i].keys[v] && voices[i].keys[v] % 12 == leading;
        if (count > 1)
            TELL(s->chords[i].start_ticks, -1, -1, "the leading tone is doubled");
        const size_t k = after(s, i);
        if (k == SIZE_MAX || s->chords[k].root != s->tonic || (s->chords[k].root == s->chords[i].root && s->chords[k].kind == s->chords[i].kind))
            continue;
        const int from = voices[i].keys[VOICES - 1], to = voices[k].keys[VOICES - 1];
        if (from && to && from % 12 == leading && to != from + 1)
            TELL(s->chords[k].start_ticks, -1, VOICES - 2, "the leading tone on top goes to %d, not up to %d", to, from + 1);
    }
}

// --- Melody ---------------------------------------------------------------------------------------------------

typedef struct tune {
    const att_note **notes;
    size_t count;
} tune;

static size_t section_at(const att_score *s, uint32_t ticks)
{
    size_t at = 0;
    while (at + 1 < s->section_count && s->sections[at + 1].first_bar * TICKS_OF_BAR <= ticks)
        at++;
    return at;
}

static bool same_section(const att_score *s, const att_note *a, const att_note *b)
{
    return section_at(s, a->start_ticks) == section_at(s, b->start_ticks);
}

static bool in_its_chord(const att_score *s, const att_note *n)
{
    return holds(tones_of(chord_of(s, n->start_ticks)), n->key);
}

static void melody_strong(att_check *c, const char *rule, const tune *t)
{
    for (size_t i = 0; i < t->count; i++) {
        const att_note *n = t->notes[i];
        const bool strong = n->start_ticks % (2 * ATT_TICKS_PER_BEAT) == 0;
        if (strong && !in_its_chord(c->score, n))
            TELL(n->start_ticks, n->part, -1, "key %u on a strong beat is not of the chord", n->key);
        if (!in_its_chord(c->score, n) && !holds(scale_of(c->score), n->key))
            TELL(n->start_ticks, n->part, -1, "key %u is neither of the key nor of the chord", n->key);
        if (n->start_ticks + n->length_ticks > chord_of(c->score, n->start_ticks)->start_ticks + chord_of(c->score, n->start_ticks)->length_ticks)
            TELL(n->start_ticks, n->part, -1, "a note is held into the next chord");
    }
}

static void melody_passing(att_check *c, const char *rule, const tune *t)
{
    for (size_t i = 0; i < t->count; i++) {
        const att_note *n = t->notes[i];
        if (in_its_chord(c->score, n))
            continue;
        const att_note *before = i ? t->notes[i - 1] : NULL, *next = i + 1 < t->count ? t->notes[i + 1] : NULL;
        if (!before || !same_section(c->score, before, n) || abs(n->key - before->key) > 2)
            TELL(n->start_ticks, n->part, -1, "key %u, not of the chord, is not reached by step", n->key);
        if (!next || !same_section(c->score, next, n) || abs(n->key - next->key) > 2)
            TELL(n->start_ticks, n->part, -1, "key %u, not of the chord, is not left by step", n->key);
    }
}

static void melody_leaps(att_check *c, const char *rule, const tune *t)
{
    for (size_t i = 1; i < t->count; i++) {
        const att_note *n = t->notes[i], *from = t->notes[i - 1];
        if (!same_section(c->score, n, from))
            continue;
        const int leap = n->key - from->key, size = abs(leap);
        if (size == 6 || size == 10 || size == 11 || size > 12)
            TELL(n->start_ticks, n->part, -1, "a leap of %d semitones", leap);
        const att_note *next = i + 1 < t->count && same_section(c->score, t->notes[i + 1], n) ? t->notes[i + 1] : NULL;
        const int then = next ? next->key - n->key : 0;
        if (size >= 7 && then * leap > 0 && abs(then) > 2)
            TELL(n->start_ticks, n->part, -1, "a leap of %d goes on by %d", leap, then);
    }
}

static void melody_ends(att_check *c, const char *rule, const tune *t)
{
    const att_score *s = c->score;
    for (size_t i = 0; i < t->count; i++) {
        const att_note *n = t->notes[i];
        if (i + 1 < t->count && same_section(s, n, t->notes[i + 1]))
            continue;
        const att_section *section = &s->sections[section_at(s, n->start_ticks)];
        const bool closes = section->cadence == ATT_CADENCE_AUTHENTIC || section->cadence == ATT_CADENCE_PLAGAL;
        if (closes ? n->key % 12 != s->tonic : !in_its_chord(s, n))
            TELL(n->start_ticks, n->part, -1, "the %s ends on key %u, expected %s", att_section_name(section->kind), n->key, closes ? "the tonic" : "a tone of its chord");
    }
}

// Later turns bring the tune back: every note of a chorus, two thirds of another section's; where it ends otherwise, all but two bars.
static void melody_returns(att_check *c, const char *rule, const tune *t)
{
    const att_score *s = c->score;
    size_t firsts[ATT_SECTION_KIND_COUNT], k = 0;
    memset(firsts, 0xff, sizeof firsts);
    for (size_t i = 0; i < s->section_count; i++) {
        const att_section *its = &s->sections[i];
        if (firsts[its->kind] == SIZE_MAX) {
            firsts[its->kind] = i;
            continue;
        }
        const att_section *first = &s->sections[firsts[its->kind]];
        const uint32_t shift = (its->first_bar - first->first_bar) * TICKS_OF_BAR;
        const uint32_t begin = its->first_bar * TICKS_OF_BAR, sure = begin + (its->bars > 2 ? its->bars - 2 : 0) * TICKS_OF_BAR, end = begin + its->bars * TICKS_OF_BAR;
        const bool whole_tune = its->kind == ATT_SECTION_CHORUS && its->cadence == first->cadence;
        size_t count = 0, returns = 0;
        while (k < t->count && t->notes[k]->start_ticks < begin)
            k++;
        for (size_t x = k, y = 0; x < t->count && t->notes[x]->start_ticks < (whole_tune ? end : sure); x++) {
            count++;
            while (y < t->count && t->notes[y]->start_ticks + shift < t->notes[x]->start_ticks)
                y++;
            returns += y < t->count && t->notes[y]->start_ticks + shift == t->notes[x]->start_ticks && t->notes[y]->key == t->notes[x]->key;
        }
        if (returns < count)
            TELL(begin, t->count ? t->notes[0]->part : -1, -1, "%zu of %zu notes of the %s do not return", count - returns, count, att_section_name(its->kind));
    }
}

static double mean_key(const att_score *s, const tune *t, att_section_kind kind)
{
    double sum = 0, length = 0;
    for (size_t i = 0; i < t->count; i++)
        if (s->sections[section_at(s, t->notes[i]->start_ticks)].kind == kind) {
            sum += (double)t->notes[i]->key * t->notes[i]->length_ticks;
            length += t->notes[i]->length_ticks;
        }
    return length > 0 ? sum / length : 0;
}

static void chorus_lifts(att_check *c, const char *rule, const tune *t)
{
    const double verse = mean_key(c->score, t, ATT_SECTION_VERSE), chorus = mean_key(c->score, t, ATT_SECTION_CHORUS);
    if (verse > 0 && chorus > 0 && chorus < verse)
        TELL(0, t->count ? t->notes[0]->part : -1, -1, "the chorus lies at %.1f, below the verse at %.1f", chorus, verse);
}

// --- Bass, figures, drums ----------------------------------------------------------------------------------------

static void bass_line(att_check *c, const char *rule, const tune *t)
{
    const att_score *s = c->score;
    const att_chord *last = NULL;
    for (size_t i = 0; i < t->count; i++) {
        const att_note *n = t->notes[i];
        const att_chord *chord = chord_of(s, n->start_ticks);
        if (chord != last && n->key % 12 != chord->bass)
            TELL(n->start_ticks, n->part, -1, "the chord's first bass note is %u, not its bass", n->key);
        last = chord;
        const att_note *next = i + 1 < t->count ? t->notes[i + 1] : NULL;
        const bool leads = next && abs(next->key - n->key) <= 2 && next->key != n->key;
        const bool wraps = !next && s->loop && t->count && abs(t->notes[0]->key - n->key) <= 2;
        if (!in_its_chord(s, n) && (n->start_ticks % (2 * ATT_TICKS_PER_BEAT) == 0 || (!leads && !wraps)))
            TELL(n->start_ticks, n->part, -1, "key %u is not of the chord%s", n->key, leads || wraps ? ", on a strong beat" : " and does not lead into the next note");
    }
}

static void figures(att_check *c, const char *rule)
{
    for (size_t i = 0; i < c->score->note_count; i++) {
        const att_note *n = &c->score->notes[i];
        if (has_role(c, n, ATT_ROLE_FIGURE) && !in_its_chord(c->score, n))
            TELL(n->start_ticks, n->part, -1, "key %u is not of the chord", n->key);
    }
}

// Two hands strike two things at once; kick and pedal have feet of their own.
static void drum_hands(att_check *c, const char *rule)
{
    const att_score *s = c->score;
    uint32_t at = UINT32_MAX;
    int hands = 0;
    for (size_t i = 0; i < s->note_count; i++) {
        const att_note *n = &s->notes[i];
        if (is_pitched(c, n))
            continue;
        hands = n->start_ticks == at ? hands : 0;
        at = n->start_ticks;
        hands += n->key != 35 && n->key != 36 && n->key != 44;
        if (hands == 3)
            TELL(at, n->part, -1, "three hands at once");
    }
}

// --- All of it ------------------------------------------------------------------------------------------------

// What later rules rest on; without it they would read beyond the score.
static bool stands(att_check *c)
{
    const char *const rule = "score";
    const att_score *s = c->score;
    const size_t before = c->out->count;
    if (!s->bars || s->bars > ATT_SCORE_BARS_MAX || !s->section_count || s->section_count > ATT_SECTIONS_MAX || s->part_count > ATT_PARTS_MAX || (!s->chord_count && !s->modal))
        TELL(0, -1, -1, "it has %u bars, %zu sections, %zu chords, %zu parts", s->bars, s->section_count, s->chord_count, s->part_count);
    for (size_t i = 0; i < s->section_count; i++)
        if ((unsigned)s->sections[i].kind >= ATT_SECTION_KIND_COUNT || (unsigned)s->sections[i].cadence >= ATT_CADENCE_COUNT)
            TELL(0, -1, -1, "section %zu is of no kind", i + 1);
    for (size_t i = 0; i < s->chord_count; i++)
        if (s->chords[i].kind >= ATT_CHORD_KIND_COUNT || s->chords[i].root > 11 || s->chords[i].bass > 11)
            TELL(s->chords[i].start_ticks, -1, -1, "chord %zu is no chord", i + 1);
    for (size_t i = 0; i < s->note_count; i++)
        if (s->notes[i].part >= s->part_count || s->notes[i].key > 127)
            TELL(s->notes[i].start_ticks, -1, -1, "note %zu is of no part", i + 1);
    c->out->rules++;
    return c->out->count == before;
}

static bool collect(const att_check *c, att_role role, tune *out)
{
    out->count = 0;
    for (size_t i = 0; i < c->score->note_count; i++)
        if (has_role(c, &c->score->notes[i], role))
            out->notes[out->count++] = &c->score->notes[i];
    return out->count > 0;
}

static void check_common(att_check *c)
{
    static const struct {
        const char *name;
        void (*run)(att_check *c, const char *rule);
    } rules[] = {{"whole", whole}, {"sections", sections}, {"notes", notes_fit}, {"overlap", overlaps}, {"no voices", voices_absent}, {"drummer's hands", drum_hands}};
    for (size_t i = 0; i < ATT_COUNT_OF(rules); i++, c->out->rules++)
        rules[i].run(c, rules[i].name);
}

static void check_harmony(att_check *c, held *voices)
{
    static const struct {
        const char *name;
        void (*run)(att_check *c, const char *rule);
    } rules[] = {{"chord line", chord_line}, {"progression", progression}, {"key", chords_in_key}, {"cadence", cadences}, {"chords return", chords_return}, {"figure", figures}};
    static const struct {
        const char *name;
        void (*run)(att_check *c, const char *rule, const held *voices);
    } leading[] = {{"complete chord", voices_complete}, {"spacing", voices_spaced}, {"voice leap", voices_move}, {"parallels", parallels}, {"leading tone", leading_tones}};
    for (size_t i = 0; i < ATT_COUNT_OF(rules); i++, c->out->rules++)
        rules[i].run(c, rules[i].name);
    read_voices(c, "voice", voices);
    c->out->rules++;
    for (size_t i = 0; i < ATT_COUNT_OF(leading); i++, c->out->rules++)
        leading[i].run(c, leading[i].name, voices);
}

static void check_lines(att_check *c, tune *t)
{
    static const struct {
        const char *name;
        void (*run)(att_check *c, const char *rule, const tune *t);
    } melody[] = {{"strong beat", melody_strong}, {"passing note", melody_passing}, {"leap", melody_leaps}, {"melody's end", melody_ends},
        {"melody returns", melody_returns}, {"chorus lifts", chorus_lifts}};
    if (collect(c, ATT_ROLE_LEAD, t))
        for (size_t i = 0; i < ATT_COUNT_OF(melody); i++)
            melody[i].run(c, melody[i].name, t);
    if (collect(c, ATT_ROLE_BASS, t))
        bass_line(c, "bass line", t);
    c->out->rules += ATT_COUNT_OF(melody) + 1;
}

att_status att_score_check(const att_score *score, att_breaches *out, const att_host *host, att_error *err)
{
    const att_host complete = att_host_complete(host);
    att_check c = {score, out};
    out->count = out->rules = 0;
    if (!stands(&c))
        return ATT_OK;
    check_common(&c);
    held *voices = ATT_NEW_ARRAY(&complete, held, ATT_MAX(score->chord_count, (size_t)1));
    tune t = {ATT_NEW_ARRAY(&complete, const att_note *, ATT_MAX(score->note_count, (size_t)1)), 0};
    att_status status = voices && t.notes ? ATT_OK : att_no_memory(err, score->note_count, "notes to check");
    if (!status && !score->modal) {
        check_harmony(&c, voices);
        check_lines(&c, &t);
    }
    if (!status && score->modal)
        att_check_modal(&c);
    att_free(&complete, voices, ATT_MAX(score->chord_count, (size_t)1), sizeof *voices);
    att_free(&complete, t.notes, ATT_MAX(score->note_count, (size_t)1), sizeof *t.notes);
    return status;
}
