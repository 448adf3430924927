// SPDX-License-Identifier: Apache-2.0
// music/score_check_modal.c - the rules of a score without chords: drone and melody in the degrees of a scale (score_check.c for the rest).
#include "music/score_check.h"

#include <math.h>

static double pitch(const att_score *s, const att_note *n)
{
    return s->key_cents[n->key];
}

// Cents to the nearest pitch that is `interval` above a tonic of any period.
static double off_from(const att_score *s, double cents, double interval)
{
    const double turns = (cents - s->tonic_cents - interval) / s->period_cents;
    return fabs(turns - round(turns)) * s->period_cents;
}

static bool in_section(const att_score *s, const att_note *a, const att_note *b)
{
    for (size_t i = 0; i < s->section_count; i++) {
        const uint32_t begin = s->sections[i].first_bar * TICKS_OF_BAR, end = begin + s->sections[i].bars * TICKS_OF_BAR;
        if (a->start_ticks >= begin && a->start_ticks < end)
            return b->start_ticks >= begin && b->start_ticks < end;
    }
    return false;
}

// The note of the part before or after; NULL: none in the same section.
static const att_note *neighbour(const att_score *s, const att_note *n, int direction)
{
    for (const att_note *at = n + direction; at >= s->notes && at < s->notes + s->note_count; at += direction)
        if (at->part == n->part)
            return in_section(s, n, at) ? at : NULL;
    return NULL;
}

static void keys_of_scale(att_check *c, const char *rule)
{
    const att_score *s = c->score;
    for (size_t i = 0; i < s->note_count; i++)
        if (s->parts[s->notes[i].part].role != ATT_ROLE_DRUMS && !s->key_mapped[s->notes[i].key])
            TELL(s->notes[i].start_ticks, s->notes[i].part, -1, "key %u has no degree", s->notes[i].key);
}

static void melody_moves(att_check *c, const char *rule, const att_note *n)
{
    const att_score *s = c->score;
    const att_note *before = neighbour(s, n, -1), *next = neighbour(s, n, 1);
    const double move = before ? pitch(s, n) - pitch(s, before) : 0, then = next ? pitch(s, next) - pitch(s, n) : 0;
    if (fabs(move) > 721)
        TELL(n->start_ticks, n->part, -1, "a leap of %.0f cents", move);
    if (fabs(move) > 421 && move * then > 0 && fabs(then) > 261)
        TELL(n->start_ticks, n->part, -1, "a leap of %.0f cents goes on by %.0f", move, then);
    if (pitch(s, n) < s->tonic_cents - 521 || pitch(s, n) > s->tonic_cents + 1651)
        TELL(n->start_ticks, n->part, -1, "%.0f cents from the tonic", pitch(s, n) - s->tonic_cents);
}

static void melody_rests(att_check *c, const char *rule, const att_note *n)
{
    const att_score *s = c->score;
    if (!neighbour(s, n, 1) && off_from(s, pitch(s, n), 0) > 1)
        TELL(n->start_ticks, n->part, -1, "the section ends %.0f cents from the tonic", off_from(s, pitch(s, n), 0));
}

// A glide comes from the note before and is over before its own note is; a swing stays within a third of a tone.
static void bends(att_check *c, const char *rule, const att_note *n)
{
    const att_score *s = c->score;
    const att_note *before = neighbour(s, n, -1);
    if (n->shake_cents > 66)
        TELL(n->start_ticks, n->part, -1, "it swings by %u cents", n->shake_cents);
    if (!n->glide_ticks)
        return;
    if (n->glide_ticks >= n->length_ticks)
        TELL(n->start_ticks, n->part, -1, "a glide of %u ticks in a note of %u", n->glide_ticks, n->length_ticks);
    if (!before || fabs(pitch(s, n) + n->glide_cents - pitch(s, before)) > 1)
        TELL(n->start_ticks, n->part, -1, "a glide that does not come from the note before");
}

static void drone(att_check *c, const char *rule)
{
    const att_score *s = c->score;
    uint32_t until = 0;
    bool any = false;
    for (size_t i = 0; i < s->note_count; i++) {
        const att_note *n = &s->notes[i];
        if (s->parts[n->part].role != ATT_ROLE_DRONE)
            continue;
        any = true;
        if (n->start_ticks > until)
            TELL(until, n->part, -1, "the drone is silent");
        until = ATT_MAX(until, n->start_ticks + n->length_ticks);
        if (off_from(s, pitch(s, n), 0) > 26 && off_from(s, pitch(s, n), 702) > 26 && off_from(s, pitch(s, n), 498) > 26)
            TELL(n->start_ticks, n->part, -1, "the drone holds %.0f cents above the tonic, no fifth and no fourth", pitch(s, n) - s->tonic_cents);
    }
    if (any && until < s->bars * TICKS_OF_BAR)
        TELL(until, -1, -1, "the drone is silent");
}

// Later turns of a section have its notes.
static void tune_returns(att_check *c, const char *rule)
{
    const att_score *s = c->score;
    const att_section *firsts[ATT_SECTION_KIND_COUNT] = {0};
    for (size_t i = 0; i < s->section_count; i++) {
        const att_section *its = &s->sections[i], *first = firsts[its->kind];
        size_t k = 0, others = 0;
        if (!first) {
            firsts[its->kind] = its;
            continue;
        }
        for (size_t j = 0; j < s->note_count; j++) {
            const att_note *n = &s->notes[j];
            if (s->parts[n->part].role != ATT_ROLE_LEAD || n->start_ticks / TICKS_OF_BAR - its->first_bar >= its->bars)
                continue;
            const uint32_t then = n->start_ticks - (its->first_bar - first->first_bar) * TICKS_OF_BAR;
            while (k < s->note_count && (s->notes[k].part != n->part || s->notes[k].start_ticks < then))
                k++;
            others += k == s->note_count || s->notes[k].start_ticks != then || s->notes[k].key != n->key;
        }
        if (others)
            TELL(its->first_bar * TICKS_OF_BAR, -1, -1, "%zu notes of the %s do not return", others, att_section_name(its->kind));
    }
}

void att_check_modal(att_check *c)
{
    static const struct {
        const char *name;
        void (*run)(att_check *c, const char *rule, const att_note *n);
    } of_lead[] = {{"leap", melody_moves}, {"melody's end", melody_rests}, {"bend", bends}};
    const att_score *s = c->score;
    c->out->rules += 4 + ATT_COUNT_OF(of_lead);
    if (!(s->period_cents >= 1)) {
        att_check_tell(c, "scale", 0, -1, -1, "a period of %g cents", s->period_cents);
        return;
    }
    keys_of_scale(c, "scale");
    for (size_t i = 0; i < s->note_count; i++)
        for (size_t k = 0; s->parts[s->notes[i].part].role == ATT_ROLE_LEAD && k < ATT_COUNT_OF(of_lead); k++)
            of_lead[k].run(c, of_lead[k].name, &s->notes[i]);
    drone(c, "drone");
    tune_returns(c, "melody returns");
}
