// SPDX-License-Identifier: Apache-2.0
// music/score_check_chords.c - the rules of harmony and of the voices that carry it (score_check.c for the rest).
#include "music/score_check.h"

#include <stdlib.h>

enum { VOICES = 4 };

// --- Harmony --------------------------------------------------------------------------------------------------

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
        if (!att_check_holds(att_check_tones(chord), chord->bass))
            TELL(chord->start_ticks, -1, -1, "the bass is no tone of the chord");
    }
    if (at != s->bars * TICKS_OF_BAR)
        TELL(at, -1, -1, "the chords end at tick %u of %u", at, s->bars * TICKS_OF_BAR);
}

typedef enum function { TONIC, SUBDOMINANT, DOMINANT } function;

// By what a chord holds: a dominant has the leading tone below the tonic without the tonic itself, or stands on the fifth degree, or is a
// mode's own (the chord below the tonic; in phrygian the one above); a subdominant holds the fourth or the raised fourth or stands on the second degree.
static function function_of(const att_score *s, const att_chord *chord)
{
    const unsigned degree = (chord->root + 12u - s->tonic) % 12;
    const bool has_tonic = att_check_holds(att_check_tones(chord), s->tonic);
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
        const unsigned strange = att_check_tones(chord) & ~att_check_scale(s), degree = (chord->root + 12u - s->tonic) % 12;
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
    return att_check_chord(s, (section->first_bar + section->bars) * TICKS_OF_BAR - 1);
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
        const att_chord *begin = att_check_chord(s, its->first_bar * TICKS_OF_BAR), *end = last_chord(s, its) + 1;
        for (const att_chord *chord = begin; chord < end; chord++) {
            const att_chord *then = att_check_chord(s, chord->start_ticks - shift);
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
        const size_t chord = (size_t)(att_check_chord(s, n->start_ticks) - s->chords);
        int *key = NULL;
        if (att_check_has_role(c, n, ATT_ROLE_CHORDS) && n->voice < VOICES - 1)
            key = &out[chord].keys[n->voice + 1];
        else if (att_check_has_role(c, n, ATT_ROLE_BASS) && !out[chord].keys[0])
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
            if (!att_check_holds(att_check_tones(chord), (unsigned)h->keys[v]))
                TELL(chord->start_ticks, -1, v - 1, "key %d is not of the chord", h->keys[v]);
        }
        const unsigned third = att_check_holds(att_check_tones(chord), chord->root + 4u) ? chord->root + 4u : chord->root + 3u;
        const bool seventh = chord->kind >= ATT_CHORD_MAJOR7;
        const unsigned at = chord->root + (chord->kind == ATT_CHORD_MAJOR7 ? 11u : 10u);
        if (!att_check_holds(has, chord->root) || !att_check_holds(has, third) || (seventh && !att_check_holds(has, at)))
            TELL(chord->start_ticks, -1, -1, "the chord lacks its %s", !att_check_holds(has, chord->root) ? "root" : !att_check_holds(has, third) ? "third" : "seventh");
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

// --- Figures --------------------------------------------------------------------------------------------------

static void figures(att_check *c, const char *rule)
{
    for (size_t i = 0; i < c->score->note_count; i++) {
        const att_note *n = &c->score->notes[i];
        if (att_check_has_role(c, n, ATT_ROLE_FIGURE) && !att_check_in_chord(c->score, n))
            TELL(n->start_ticks, n->part, -1, "key %u is not of the chord", n->key);
    }
}

// --- All of it ------------------------------------------------------------------------------------------------

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

att_status att_check_chords(att_check *c, const att_host *host, att_error *err)
{
    const size_t room = ATT_MAX(c->score->chord_count, (size_t)1);
    held *voices = ATT_NEW_ARRAY(host, held, room);
    if (!voices)
        return att_no_memory(err, room, "chords to check");
    check_harmony(c, voices);
    ATT_FREE_ARRAY(host, voices, room);
    return ATT_OK;
}
