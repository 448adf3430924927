// SPDX-License-Identifier: Apache-2.0
// music/score_form.c - the form: which sections, how long each, so that they fill the bars that were asked for exactly.
//
// Sections of one kind are equally long. Among forms and lengths that sum to the bars, the one nearest to what the style likes is taken:
// the least sum of (length - liked)^2 / liked. Lengths are multiples of four bars where that is possible, else of two, else of one; what
// is left over goes to the outro, or to the last section of a form without one. All combinations are tried, so the answer is the best one.
#include "music/score.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>

enum { KINDS = ATT_SECTION_KIND_COUNT, LENGTH_MAX = 64 };

typedef struct form {
    uint8_t kinds[ATT_SECTIONS_MAX];
    size_t count;
    uint32_t of[KINDS];    // sections of each kind
    uint32_t bars[KINDS];  // of one of them
    double cost;
} form;

static void add(form *f, att_section_kind kind)
{
    if (f->count < ATT_SECTIONS_MAX) {
        f->kinds[f->count++] = (uint8_t)kind;
        f->of[kind]++;
    }
}

static double liked_bars(const att_plan *plan, int kind)
{
    const double verse = plan->style->section_bars, whole = plan->bars;
    switch (kind) {
    case ATT_SECTION_INTRO: return fmax(4, plan->style->intro_share * whole);
    case ATT_SECTION_OUTRO: return fmax(4, 0.7 * plan->style->intro_share * whole);
    default: return verse;
    }
}

static double length_cost(const att_plan *plan, const form *f, int kind, uint32_t bars)
{
    const double liked = liked_bars(plan, kind), off = bars - liked;
    return f->of[kind] * off * off / liked;
}

// What one kind takes, then the others: kinds from `kind` on share `left` bars.
static void share_out(const att_plan *plan, form *f, form *best, int kind, uint32_t left, uint32_t grid, double cost)
{
    if (cost >= best->cost)
        return;
    while (kind < KINDS && !f->of[kind])
        kind++;
    int last = KINDS - 1;
    while (!f->of[last])
        last--;
    if (kind == last) { // an outro where there is one: takes what is left
        const uint32_t bars = left / f->of[kind], least = ATT_MIN(plan->bars, 2u);
        if (left % f->of[kind] || bars < least || (kind != ATT_SECTION_OUTRO && kind != ATT_SECTION_LOOP && f->count > 1 && bars % grid))
            return;
        f->bars[kind] = bars;
        f->cost = cost + length_cost(plan, f, kind, bars);
        if (f->cost < best->cost)
            *best = *f;
        return;
    }
    const uint32_t most = ATT_MIN(left / f->of[kind], kind == ATT_SECTION_INTRO ? plan->bars / 3 : (uint32_t)LENGTH_MAX);
    for (uint32_t bars = ATT_MAX(grid, 2u); bars <= most; bars += grid) {
        f->bars[kind] = bars;
        share_out(plan, f, best, kind + 1, left - bars * f->of[kind], grid, cost + length_cost(plan, f, kind, bars));
    }
}

static void fit(const att_plan *plan, form *f, form *best, double cost)
{
    for (uint32_t grid = 4; grid && !isfinite(best->cost); grid /= 2)
        share_out(plan, f, best, 0, plan->bars, grid, cost);
}

static att_status parse(form *f, const char *text, att_error *err)
{
    static const char *const names = "intro, verse, chorus, bridge, outro";
    while (*text) {
        while (*text == ' ' || *text == ',' || *text == '-')
            text++;
        size_t size = 0;
        while (isalpha((unsigned char)text[size]))
            size++;
        if (!size && !*text)
            break;
        int kind = 0;
        while (kind < ATT_SECTION_LOOP && !(strlen(att_section_name(kind)) == size && strncasecmp(att_section_name(kind), text, size) == 0))
            kind++;
        if (kind == ATT_SECTION_LOOP || !size)
            return ATT_FAIL(err, ATT_INVALID, "form: found \"%.20s\", expected words of %s", text, names);
        if (f->count == ATT_SECTIONS_MAX)
            return ATT_FAIL(err, ATT_LIMIT, "form: more than %d sections", ATT_SECTIONS_MAX);
        add(f, kind);
        text += size;
    }
    return f->count ? ATT_OK : ATT_FAIL(err, ATT_INVALID, "form: it is empty, expected words of %s", names);
}

static void add_all(form *f, const char *letters)
{
    static const char all[] = "ivcbo";
    for (; *letters; letters++)
        add(f, (att_section_kind)(strchr(all, *letters) - all));
}

// Verse and chorus by turns, with a bridge before the last chorus; or, of a style of long calm stretches, A B A C with repeats.
static form usual(const att_plan *plan, uint32_t rounds)
{
    form f = {0};
    if (plan->style->long_form) {
        add_all(&f, "i");
        for (uint32_t r = 0; r < rounds; r++)
            add_all(&f, r % 2 ? "vc" : "vb");
        add_all(&f, "vo");
        return f;
    }
    add_all(&f, "i");
    for (uint32_t r = 0; r < rounds; r++)
        add_all(&f, "vc");
    add_all(&f, rounds > 1 && rounds * 16 + 20 <= plan->bars ? "bco" : "o");
    return f;
}

// Each form is fitted on its own; fewer rounds win at equal cost.
static void choose(const att_plan *plan, form *best)
{
    static const char *const small[] = {"c", "vc", "vo", "ivco"};
    for (size_t i = 0; i < ATT_COUNT_OF(small) && plan->bars < 32; i++) {
        form f = {0}, fitted = {.cost = HUGE_VAL};
        add_all(&f, small[i]);
        fit(plan, &f, &fitted, i == 0 ? 6 : 0);
        if (fitted.cost < best->cost)
            *best = fitted;
    }
    const uint32_t least = ATT_MAX(plan->bars / 72, 1u), most = ATT_MIN(plan->bars / 12 + 1, 100u);
    for (uint32_t rounds = least; rounds <= most && rounds < least + 24; rounds++) {
        form f = usual(plan, rounds), fitted = {.cost = HUGE_VAL};
        fit(plan, &f, &fitted, 0);
        if (fitted.cost < best->cost)
            *best = fitted;
    }
}

static att_cadence cadence_of(const att_plan *plan, int kind, bool last, att_rng *rng)
{
    const bool closes_softly = plan->mode == ATT_MODE_LYDIAN || plan->style->long_form;
    if (kind == ATT_SECTION_LOOP)
        return att_rng_below(rng, 2) ? ATT_CADENCE_HALF : ATT_CADENCE_OPEN;
    if (last || kind == ATT_SECTION_CHORUS || kind == ATT_SECTION_OUTRO)
        return plan->mode == ATT_MODE_PHRYGIAN ? ATT_CADENCE_AUTHENTIC
               : closes_softly || att_rng_below(rng, 4) == 0 ? ATT_CADENCE_PLAGAL : ATT_CADENCE_AUTHENTIC;
    if (kind == ATT_SECTION_BRIDGE)
        return ATT_CADENCE_HALF;
    return att_rng_below(rng, 2) ? ATT_CADENCE_HALF : ATT_CADENCE_OPEN;
}

static double energy_of(const att_plan *plan, int kind, uint32_t turn)
{
    static const double shares[KINDS] = {0.5, 0.7, 1, 0.6, 0.5, 0.9};
    const double flat = plan->style->long_form ? 0.8 : 0.0; // long, calm pieces stay level
    const double share = flat + (1 - flat) * shares[kind];
    return fmin(1, plan->energy * share * (1 + 0.05 * fmin(turn, 2)));
}

static void write_sections(att_plan *plan, const form *f, att_rng *rng)
{
    uint32_t bar = 0, turns[KINDS] = {0};
    att_cadence cadences[KINDS];
    for (int k = 0; k < KINDS; k++)
        cadences[k] = cadence_of(plan, k, false, rng);
    const att_cadence closing = cadence_of(plan, ATT_SECTION_OUTRO, true, rng);
    for (size_t i = 0; i < f->count; i++) {
        const int kind = f->kinds[i];
        const bool closes = i + 1 == f->count && kind != ATT_SECTION_CHORUS && kind != ATT_SECTION_LOOP;
        plan->sections[i] = (att_section){.kind = kind, .first_bar = bar, .bars = f->bars[kind], .turn = turns[kind],
            .cadence = closes ? closing : cadences[kind], .energy = energy_of(plan, kind, turns[kind])};
        if (plan->sections[i].cadence == ATT_CADENCE_PLAGAL && f->bars[kind] * ATT_BEATS_PER_BAR / plan->style->chord_beats < 3)
            plan->sections[i].cadence = ATT_CADENCE_AUTHENTIC; // it would begin on the subdominant, which may follow a dominant
        turns[kind]++;
        bar += f->bars[kind];
    }
}

att_status att_plan_form(att_plan *plan, att_rng *rng, att_arena *life, att_error *err)
{
    form best = {.cost = HUGE_VAL};
    if (plan->brief->loop) {
        add(&best, ATT_SECTION_LOOP);
        best.bars[ATT_SECTION_LOOP] = plan->bars;
        best.cost = 0;
    } else if (plan->brief->form) {
        form f = {0};
        const att_status status = parse(&f, plan->brief->form, err);
        if (status)
            return status;
        fit(plan, &f, &best, 0);
        if (!isfinite(best.cost))
            return ATT_FAIL(err, ATT_INVALID, "form: %zu sections do not fit into %u bars, each takes two or more and those of a kind are equally long",
                f.count, plan->bars);
    } else {
        choose(plan, &best);
    }
    assert(isfinite(best.cost));
    plan->section_count = best.count;
    plan->sections = ATT_NEW(life, att_section, best.count);
    if (!plan->sections)
        return att_no_memory(err, best.count, "sections");
    write_sections(plan, &best, rng);
    return ATT_OK;
}

const att_section *att_plan_section(const att_plan *plan, uint32_t bar)
{
    size_t low = 0, high = plan->section_count;
    while (high - low > 1) {
        const size_t middle = (low + high) / 2;
        *(plan->sections[middle].first_bar <= bar ? &low : &high) = middle;
    }
    return &plan->sections[low];
}
