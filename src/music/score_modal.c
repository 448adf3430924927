// SPDX-License-Identifier: Apache-2.0
// music/score_modal.c - music in the degrees of a scale: a drone, a melody, drums. For scales that have no chords of ours.
//
// The keys within reach of the tonic are a ladder of rungs. The melody of each kind of section is a rhythm of motifs, its rungs the cheapest
// path by dynamic programming over the last two notes: steps rather than leaps, nothing beyond a fifth, a leap of more than a major third turned
// back or followed by a step, strong beats by preference on the tonic, the fifth or the degree that the scale leans on, the tonic at the end.
// What a raga bends is written into the notes: glides from the note before, swings of some degrees. Later turns repeat the first.
#include "music/score.h"

#include <math.h>
#include <stdlib.h>

enum { RUNGS_MAX = 40, EIGHTH = BEAT / 2, KINDS = ATT_SECTION_KIND_COUNT, DRONE_BARS = 2, BELOW_CENTS = 520, ABOVE_CENTS = 1650 };
static const double leap_max_cents = 720, leap_cents = 420, step_cents = 260, near_cents = 25;

typedef struct rung {
    uint8_t key;
    double cents; // above the tonic
    double weight;
    bool tonic, swings;
} rung;

typedef struct modal {
    const att_plan *plan;
    const att_scale_preset *preset; // NULL: a file
    att_score *out;
    att_rng *rng;
    att_arena *life;
    rung rungs[RUNGS_MAX];
    size_t rung_count;
    struct {
        uint8_t keys[4];
        size_t count;
    } drone;
    ATT_VEC(att_note) notes;
    bool no_memory;
} modal;

// --- The ladder -----------------------------------------------------------------------------------------------------

static double within_period(const att_score *s, double cents)
{
    const double rest = fmod(cents, s->period_cents);
    return rest < -1e-6 ? rest + s->period_cents : fabs(rest - s->period_cents) < 1e-6 ? 0 : rest;
}

// Which degree of the preset this pitch is; -1: of none.
static int preset_degree(const modal *m, double rest)
{
    for (int i = 0; m->preset && i < m->preset->count; i++)
        if (fabs((i ? m->preset->cents[i - 1] : 0) - rest) < 0.5)
            return i;
    return -1;
}

static int order_rungs(const void *a, const void *b)
{
    const rung *x = a, *y = b;
    return x->cents != y->cents ? (x->cents < y->cents ? -1 : 1) : x->key - y->key;
}

static void build_ladder(modal *m)
{
    const att_score *s = m->out;
    for (int key = 0; key < 128; key++) {
        const double cents = s->key_cents[key] - s->tonic_cents;
        if (!s->key_mapped[key] || cents < -BELOW_CENTS || cents > ABOVE_CENTS || m->rung_count == RUNGS_MAX)
            continue;
        const double rest = within_period(s, cents);
        const int degree = preset_degree(m, rest);
        const bool leans = fabs(rest - 702) < near_cents || (m->preset && degree == m->preset->dominant);
        m->rungs[m->rung_count++] = (rung){.key = (uint8_t)key, .cents = cents, .tonic = rest < 1, .weight = rest < 1 ? 0.6 : leans ? 0.4 : 0,
            .swings = m->preset && degree >= 0 && m->preset->swinging >> degree & 1};
    }
    qsort(m->rungs, m->rung_count, sizeof *m->rungs, order_rungs);
}

// The key nearest to this pitch; -1: none within 25 cents.
static int key_at(const att_score *s, double cents)
{
    int best = -1;
    for (int key = 0; key < 128; key++)
        if (s->key_mapped[key] && fabs(s->key_cents[key] - cents) < near_cents && (best < 0 || fabs(s->key_cents[key] - cents) < fabs(s->key_cents[best] - cents)))
            best = key;
    return best;
}

// --- Melody -----------------------------------------------------------------------------------------------------------

typedef struct tune {
    uint32_t *starts, *lengths; // of the section, ticks
    uint8_t *rungs;
    size_t count;
} tune;

static uint8_t draw_bar(modal *m, double density, bool first)
{
    static const double weights[8] = {1.2, 0.35, 0.7, 0.35, 1, 0.35, 0.7, 0.35};
    uint8_t bar = 0;
    for (int i = 0; i < 8; i++)
        bar |= (uint8_t)((att_rng_unit(m->rng) < 1.6 * density * weights[i]) << i);
    return first ? bar | 1 : bar;
}

// In 4 bars: a b a c; the last bar of all is one long note.
static bool draw_rhythm(modal *m, const att_section *s, tune *t)
{
    const double density = fmax(0.08, m->plan->style->density + 0.25 * m->plan->taste[ATT_MUSIC_DENSITY]) * (s->kind == ATT_SECTION_INTRO ? 0.5 : 1);
    const uint8_t a = draw_bar(m, density, true), bars[4] = {a, draw_bar(m, density, false), a, draw_bar(m, 0.6 * density, true)};
    t->starts = ATT_NEW(m->life, uint32_t, s->bars * 8);
    t->lengths = ATT_NEW(m->life, uint32_t, s->bars * 8);
    t->rungs = ATT_NEW(m->life, uint8_t, s->bars * 8);
    if (!t->starts || !t->lengths || !t->rungs)
        return false;
    for (uint32_t b = 0; b < s->bars; b++)
        for (uint32_t i = 0; i < 8; i++)
            if ((b + 1 == s->bars ? 1 : bars[b % 4]) >> i & 1)
                t->starts[t->count++] = b * BAR + i * EIGHTH;
    for (size_t i = 0; i < t->count; i++) {
        const uint32_t next = i + 1 < t->count ? t->starts[i + 1] : s->bars * BAR;
        t->lengths[i] = ATT_MIN(next - t->starts[i], (uint32_t)(i + 1 < t->count ? 3 : 4) * BEAT);
    }
    return true;
}

static double rung_cost(const modal *m, const att_section *s, const tune *t, size_t at, size_t r)
{
    const double share = t->count > 1 ? (double)at / (double)(t->count - 1) : 0;
    const double base = s->kind == ATT_SECTION_CHORUS ? 700 : s->kind == ATT_SECTION_INTRO ? 100 : 250;
    const double off = (m->rungs[r].cents - base - 350 * sin(M_PI * share) - 150 * m->plan->taste[ATT_MUSIC_BRIGHTNESS]) / 200;
    return 0.12 * off * off - (t->starts[at] % (2 * BEAT) == 0 ? 1.5 : 0.5) * m->rungs[r].weight + 0.7 * att_rng_unit(m->rng);
}

static double move_cost(const modal *m, size_t before, size_t from, size_t to)
{
    const double move = m->rungs[to].cents - m->rungs[from].cents, last = m->rungs[from].cents - m->rungs[before].cents, size = fabs(move);
    if (size > leap_max_cents || (fabs(last) > leap_cents && move * last > 0 && size > step_cents))
        return HUGE_VAL;
    return size < 1 ? 0.9 : size <= step_cents ? 0 : size / 300;
}

// The cheapest rungs; state (the one before, this one).
static bool find_path(modal *m, const att_section *s, tune *t)
{
    const size_t n = m->rung_count, states = n * n;
    double *cost = ATT_NEW_RAW(m->life, double, 2 * states), *own = ATT_NEW_RAW(m->life, double, n);
    uint8_t *from = ATT_NEW_RAW(m->life, uint8_t, t->count * states);
    if (!cost || !own || !from)
        return false;
    for (size_t i = 0; i < t->count; i++) {
        double *now = cost + (i % 2) * states, *then = cost + (1 - i % 2) * states;
        const bool last = i + 1 == t->count;
        for (size_t r = 0; r < n; r++)
            own[r] = rung_cost(m, s, t, i, r) + (last && !m->rungs[r].tonic ? HUGE_VAL : 0);
        for (size_t a = 0; a < n; a++)
            for (size_t b = 0; b < n; b++) {
                double best = i ? HUGE_VAL : a == b ? 0 : HUGE_VAL;
                uint8_t *way = &from[i * states + a * n + b];
                for (size_t z = 0; i && z < n; z++) {
                    const double sum = then[z * n + a] + move_cost(m, z, a, b);
                    if (sum < best)
                        best = sum, *way = (uint8_t)z;
                }
                now[a * n + b] = best + own[b];
            }
    }
    const double *end = cost + ((t->count - 1) % 2) * states;
    size_t best = 0;
    for (size_t i = 1; i < states; i++)
        if (end[i] < end[best])
            best = i;
    if (!isfinite(end[best]))
        return false;
    for (size_t i = t->count, a = best / n, b = best % n; i-- > 0;) {
        const size_t z = from[i * states + a * n + b];
        t->rungs[i] = (uint8_t)b;
        b = a, a = z;
    }
    return true;
}

// --- Notes ------------------------------------------------------------------------------------------------------------

static void add(modal *m, att_note note)
{
    if (!ATT_VEC_PUSH(m->plan->host, &m->notes, note))
        m->no_memory = true;
}

static uint8_t velocity(const modal *m, const att_section *s, int accent)
{
    const int loud = (int)lround(56 + 46 * s->energy + accent + 3 * att_rng_unit(m->rng));
    return (uint8_t)ATT_MAX(1, ATT_MIN(127, loud));
}

static void play_tune(modal *m, const att_section *s, const tune *t)
{
    for (size_t i = 0; i < t->count; i++) {
        const rung *r = &m->rungs[t->rungs[i]], *before = i ? &m->rungs[t->rungs[i - 1]] : r;
        const double move = r->cents - before->cents;
        att_note n = {.start_ticks = s->first_bar * BAR + t->starts[i], .length_ticks = t->lengths[i] * 19 / 20, .part = 0, .key = r->key,
            .velocity = velocity(m, s, t->starts[i] % BAR == 0 ? 8 : 2)};
        const bool follows = i && t->starts[i - 1] + t->lengths[i - 1] == t->starts[i];
        if (m->preset && t->lengths[i] >= BEAT && follows && fabs(move) > 1 && fabs(move) < 500 && att_rng_unit(m->rng) < (double)m->preset->glides) {
            n.glide_cents = (int16_t)lround(-move);
            n.glide_ticks = (uint16_t)ATT_MIN(n.length_ticks / 3, (uint32_t)BEAT / 2);
        }
        if (r->swings && t->lengths[i] >= BEAT)
            n.shake_cents = 30;
        add(m, n);
    }
}

static void play_drone(modal *m, const att_section *s)
{
    const uint32_t end = (s->first_bar + s->bars) * BAR;
    for (uint32_t at = s->first_bar * BAR; at < end; at += DRONE_BARS * BAR)
        for (size_t k = 0; k < m->drone.count; k++)
            add(m, (att_note){.start_ticks = at, .length_ticks = ATT_MIN(end - at, (uint32_t)DRONE_BARS * BAR), .part = 1, .key = m->drone.keys[k],
                              .velocity = velocity(m, s, -14), .voice = (uint8_t)k});
}

static void find_drone(modal *m)
{
    const att_score *s = m->out;
    const double wanted[4] = {-s->period_cents, 702 - s->period_cents, 498 - s->period_cents, 0};
    for (int i = 0; i < 4; i++) {
        const int key = key_at(s, s->tonic_cents + wanted[i]);
        if (key >= 0 && !(i == 2 && m->drone.count == 2)) // a fourth only where there is no fifth
            m->drone.keys[m->drone.count++] = (uint8_t)key;
    }
}

static void limit_part(const modal *m, size_t part)
{
    att_music_part *p = &m->out->parts[part];
    p->key_low = 127, p->key_high = 0;
    for (size_t i = 0; i < m->notes.count; i++)
        if (m->notes.items[i].part == part) {
            p->key_low = ATT_MIN(p->key_low, m->notes.items[i].key);
            p->key_high = ATT_MAX(p->key_high, m->notes.items[i].key);
        }
}

static void set_parts(modal *m)
{
    att_score *s = m->out;
    s->parts[0] = m->plan->style->lead;
    s->parts[1] = m->plan->style->chords;
    s->parts[1].role = ATT_ROLE_DRONE;
    s->parts[1].gain_db -= 2;
    s->parts[2] = m->plan->style->kit;
    s->part_count = m->plan->style->drums ? 3 : 2;
    if (m->preset)
        s->parts[0].program = m->preset->program;
    if (m->plan->brief->vocals)
        s->parts[0].program = 53;
}

static att_status write_sections(modal *m, att_error *err)
{
    const att_plan *plan = m->plan;
    tune tunes[KINDS] = {{0}};
    for (size_t i = 0; i < plan->section_count; i++) {
        const att_section *s = &plan->sections[i];
        m->out->sections[i].cadence = ATT_CADENCE_OPEN; // it ends on the tonic, without chords
        tune *t = &tunes[s->kind];
        if (!t->count) {
            if (!draw_rhythm(m, s, t))
                return att_no_memory(err, s->bars, "bars of melody");
            if (!find_path(m, s, t))
                return ATT_FAIL(err, ATT_INVALID, "scale: no melody of steps and small leaps ends on the tonic in \"%s\"", m->out->scale);
        }
        play_tune(m, s, t);
        play_drone(m, s);
    }
    return ATT_OK;
}

att_status att_plan_modal(const att_plan *plan, const att_scale_preset *preset, att_rng *rng, att_arena *life, att_score *out, att_error *err)
{
    modal m = {.plan = plan, .preset = preset, .out = out, .rng = rng, .life = life};
    build_ladder(&m);
    size_t tonics = 0;
    for (size_t r = 0; r < m.rung_count; r++)
        tonics += m.rungs[r].tonic;
    if (m.rung_count < 3 || !tonics)
        return ATT_FAIL(err, ATT_INVALID, "scale: \"%s\" has %zu keys within reach of its tonic, expected 3 or more and the tonic", out->scale, m.rung_count);
    find_drone(&m);
    set_parts(&m);
    att_status status = write_sections(&m, err);
    if (!status && out->part_count > 2)
        status = att_plan_drums(plan, rng, 2, out, err);
    const size_t drums = out->note_count;
    if (!status && m.no_memory)
        status = att_no_memory(err, m.notes.count, "notes");
    for (size_t i = 0; !status && i < drums; i++)
        add(&m, out->notes[i]);
    if (!status) {
        limit_part(&m, 0);
        limit_part(&m, 1);
        status = att_score_adopt_notes(out, m.notes.items, m.notes.count, m.notes.capacity, plan->host, err);
    } else {
        ATT_VEC_FREE(plan->host, &m.notes);
    }
    return status;
}
