// SPDX-License-Identifier: Apache-2.0
// music/score_check_lines.c - the rules of melody and bass (score_check.c for the rest).
#include "music/score_check.h"

#include <stdlib.h>

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

static void melody_strong(att_check *c, const char *rule, const tune *t)
{
    for (size_t i = 0; i < t->count; i++) {
        const att_note *n = t->notes[i];
        const bool strong = n->start_ticks % (2 * ATT_TICKS_PER_BEAT) == 0;
        if (strong && !att_check_in_chord(c->score, n))
            TELL(n->start_ticks, n->part, -1, "key %u on a strong beat is not of the chord", n->key);
        if (!att_check_in_chord(c->score, n) && !att_check_holds(att_check_scale(c->score), n->key))
            TELL(n->start_ticks, n->part, -1, "key %u is neither of the key nor of the chord", n->key);
        if (n->start_ticks + n->length_ticks > att_check_chord(c->score, n->start_ticks)->start_ticks + att_check_chord(c->score, n->start_ticks)->length_ticks)
            TELL(n->start_ticks, n->part, -1, "a note is held into the next chord");
    }
}

static void melody_passing(att_check *c, const char *rule, const tune *t)
{
    for (size_t i = 0; i < t->count; i++) {
        const att_note *n = t->notes[i];
        if (att_check_in_chord(c->score, n))
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
        if (closes ? n->key % 12 != s->tonic : !att_check_in_chord(s, n))
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

// --- Bass ----------------------------------------------------------------------------------------

static void bass_line(att_check *c, const char *rule, const tune *t)
{
    const att_score *s = c->score;
    const att_chord *last = NULL;
    for (size_t i = 0; i < t->count; i++) {
        const att_note *n = t->notes[i];
        const att_chord *chord = att_check_chord(s, n->start_ticks);
        if (chord != last && n->key % 12 != chord->bass)
            TELL(n->start_ticks, n->part, -1, "the chord's first bass note is %u, not its bass", n->key);
        last = chord;
        const att_note *next = i + 1 < t->count ? t->notes[i + 1] : NULL;
        const bool leads = next && abs(next->key - n->key) <= 2 && next->key != n->key;
        const bool wraps = !next && s->loop && t->count && abs(t->notes[0]->key - n->key) <= 2;
        if (!att_check_in_chord(s, n) && (n->start_ticks % (2 * ATT_TICKS_PER_BEAT) == 0 || (!leads && !wraps)))
            TELL(n->start_ticks, n->part, -1, "key %u is not of the chord%s", n->key, leads || wraps ? ", on a strong beat" : " and does not lead into the next note");
    }
}

// --- All of it ------------------------------------------------------------------------------------------------

static bool collect(const att_check *c, att_role role, tune *out)
{
    out->count = 0;
    for (size_t i = 0; i < c->score->note_count; i++)
        if (att_check_has_role(c, &c->score->notes[i], role))
            out->notes[out->count++] = &c->score->notes[i];
    return out->count > 0;
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

att_status att_check_lines(att_check *c, const att_host *host, att_error *err)
{
    const size_t room = ATT_MAX(c->score->note_count, (size_t)1);
    tune t = {ATT_NEW_ARRAY(host, const att_note *, room), 0};
    if (!t.notes)
        return att_no_memory(err, room, "notes to check");
    check_lines(c, &t);
    ATT_FREE_ARRAY(host, t.notes, room);
    return ATT_OK;
}
