// SPDX-License-Identifier: Apache-2.0
// music/score_check.c - does a finished score keep the rules? Reads the score alone.
//
// It stands by itself on purpose: of the composer it includes nothing, not even its tables of modes and chords, so that an error there is
// not an error here too. Every rule is a function with a name; docs/compose.md says each in a sentence. What holds for any score is here;
// harmony and voices are in score_check_chords.c, melody and bass in score_check_lines.c. Scores of a scale (modal) have no chords, and so
// other rules: those are in score_check_modal.c.
#include "music/score_check.h"

#include <stdio.h>
#include <stdlib.h>

// --- What the notation means -----------------------------------------------------------------------------------

// Bit p: p semitones above the root.
unsigned att_check_tones(const att_chord *chord)
{
    static const uint16_t shapes[ATT_CHORD_KIND_COUNT] = {1 | 1 << 4 | 1 << 7, 1 | 1 << 3 | 1 << 7, 1 | 1 << 3 | 1 << 6, 1 | 1 << 4 | 1 << 7 | 1 << 11,
        1 | 1 << 3 | 1 << 7 | 1 << 10, 1 | 1 << 4 | 1 << 7 | 1 << 10, 1 | 1 << 3 | 1 << 6 | 1 << 10};
    const unsigned shape = shapes[chord->kind], turned = shape << chord->root;
    return (turned | turned >> 12) & 0xfff;
}

bool att_check_holds(unsigned set, unsigned key)
{
    return set >> key % 12 & 1;
}

// A mode is the white keys from another key on, moved to the tonic.
unsigned att_check_scale(const att_score *score)
{
    static const uint8_t white[7] = {0, 2, 4, 5, 7, 9, 11}, degrees[ATT_MODE_COUNT] = {0, 5, 1, 2, 3, 4};
    unsigned set = 0;
    for (unsigned i = 0; i < 7; i++)
        set |= 1u << (white[i] + 12 - white[degrees[score->mode]] + score->tonic) % 12;
    return set;
}

const att_chord *att_check_chord(const att_score *s, uint32_t ticks)
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
bool att_check_has_role(const att_check *c, const att_note *n, att_role role)
{
    return c->score->parts[n->part].role == role;
}

bool att_check_in_chord(const att_score *s, const att_note *n)
{
    return att_check_holds(att_check_tones(att_check_chord(s, n->start_ticks)), n->key);
}

static bool is_pitched(const att_check *c, const att_note *n)
{
    return !att_check_has_role(c, n, ATT_ROLE_DRUMS);
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

// --- Drums ------------------------------------------------------------------------------------------------------

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

static void check_common(att_check *c)
{
    static const struct {
        const char *name;
        void (*run)(att_check *c, const char *rule);
    } rules[] = {{"whole", whole}, {"sections", sections}, {"notes", notes_fit}, {"overlap", overlaps}, {"no voices", voices_absent}, {"drummer's hands", drum_hands}};
    for (size_t i = 0; i < ATT_COUNT_OF(rules); i++, c->out->rules++)
        rules[i].run(c, rules[i].name);
}

att_status att_score_check(const att_score *score, att_breaches *out, const att_host *host, att_error *err)
{
    const att_host complete = att_host_complete(host);
    att_check c = {score, out};
    out->count = out->rules = 0;
    if (!stands(&c))
        return ATT_OK;
    check_common(&c);
    if (score->modal) {
        att_check_modal(&c);
        return ATT_OK;
    }
    att_status status = att_check_chords(&c, &complete, err);
    return status ? status : att_check_lines(&c, &complete, err);
}
