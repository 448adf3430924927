// SPDX-License-Identifier: Apache-2.0
// music/score_voices.c - how the chords are held: a bass and three voices above it, by dynamic programming.
//
// The bass line is solved first: root or (not at the ends of a section) third of each chord, in the octave that moves least. Then the
// upper voices: the states of a slot are all complete, well-spaced voicings of its chord within the range, the cost of a step is how far the
// voices move, and steps with consecutive perfect fifths or octaves between any two of the four voices, or with a voice that leaps further
// than a fifth, are not taken. The path is the best there is (Bellman 1957). Where no step is allowed, the cheapest forbidden one is taken
// at a price, so that there is always an answer; the checker would tell. A loop is solved from several of its first voicings, with the step
// from its end to its beginning in the sum.
#include "music/score.h"

#include <math.h>
#include <stdlib.h>

enum { STATES_MAX = 96, MOVE_MAX = 7, SPACE_MAX = 12, FIRSTS_OF_LOOP = 12 };
static const double forbidden = 1000;

typedef struct slot {
    att_voicing states[STATES_MAX];
    size_t count;
} slot;

static bool section_edge(const att_plan *plan, size_t at, bool end)
{
    const att_section *s = att_plan_section(plan, plan->chords[at].start_ticks / BAR);
    const uint32_t begin = s->first_bar * BAR, stop = begin + s->bars * BAR;
    const att_chord *c = &plan->chords[at];
    return end ? c->start_ticks + 2 * c->length_ticks >= stop : c->start_ticks == begin;
}

// --- The bass -------------------------------------------------------------------------------------------------

typedef struct bass_state {
    uint8_t key;
    bool third;
} bass_state;

static size_t bass_states(const att_plan *plan, size_t at, bass_state *out)
{
    const att_music_part *part = &plan->style->bass;
    uint8_t tones[CHORD_TONES_MAX];
    size_t count = 0;
    att_chord_tones(&plan->chords[at], tones);
    const bool inverts = !section_edge(plan, at, false) && !section_edge(plan, at, true);
    for (int key = part->key_low; key <= part->key_high - 7; key++)
        if (key % 12 == tones[0] || (inverts && key % 12 == tones[1]))
            out[count++] = (bass_state){(uint8_t)key, key % 12 != tones[0]};
    return count;
}

static att_status lead_bass(att_plan *plan, att_arena *scratch, att_error *err)
{
    enum { MOST = 8 };
    const size_t n = plan->chord_count;
    bass_state(*states)[MOST] = att_arena_alloc(scratch, n, sizeof *states);
    double(*cost)[MOST] = att_arena_alloc(scratch, n, sizeof *cost);
    uint8_t(*from)[MOST] = att_arena_alloc(scratch, n, sizeof *from);
    size_t *counts = ATT_NEW(scratch, size_t, n);
    if (!states || !cost || !from || !counts)
        return att_no_memory(err, n, "bass notes");
    for (size_t i = 0; i < n; i++) {
        counts[i] = bass_states(plan, i, states[i]);
        for (size_t w = 0; w < counts[i]; w++) {
            const double own = (states[i][w].third ? 5 : 0) + 0.15 * fabs(states[i][w].key - 38.0);
            cost[i][w] = i ? HUGE_VAL : own;
            for (size_t v = 0; i && v < counts[i - 1]; v++) {
                const int move = abs(states[i][w].key - states[i - 1][v].key);
                const double sum = cost[i - 1][v] + own + move * 0.5 + (move > 7 ? 4 : 0) + (states[i][w].third && states[i - 1][v].third ? 6 : 0);
                if (sum < cost[i][w])
                    cost[i][w] = sum, from[i][w] = (uint8_t)v;
            }
        }
    }
    size_t best = 0;
    for (size_t w = 1; w < counts[n - 1]; w++)
        if (cost[n - 1][w] < cost[n - 1][best])
            best = w;
    for (size_t i = n; i-- > 0; best = from[i][best]) {
        plan->voicings[i].bass = states[i][best].key;
        plan->chords[i].bass = states[i][best].key % 12;
    }
    return ATT_OK;
}

// --- The voices above it --------------------------------------------------------------------------------------

// The root or third, the seventh where there is one, and never the leading tone twice.
static bool is_complete(const att_plan *plan, const att_chord *chord, const att_voicing *v)
{
    uint8_t tones[CHORD_TONES_MAX];
    const size_t count = att_chord_tones(chord, tones);
    uint16_t has = (uint16_t)(1u << v->bass % 12);
    int leading = v->bass % 12 == (plan->tonic + 11) % 12;
    for (int i = 0; i < UPPER_VOICES; i++) {
        has |= (uint16_t)(1u << v->upper[i] % 12);
        leading += v->upper[i] % 12 == (plan->tonic + 11) % 12;
    }
    const bool seventh = count < 4 || has >> tones[3] & 1;
    return has >> tones[0] & 1 && has >> tones[1] & 1 && seventh && leading < 2;
}

static void list_states(const att_plan *plan, size_t at, slot *out)
{
    const att_music_part *part = &plan->style->chords;
    const att_chord *chord = &plan->chords[at];
    const uint16_t set = att_chord_set(chord);
    const int low = ATT_MAX((int)part->key_low, plan->voicings[at].bass + 3), high = part->key_high;
    out->count = 0;
    for (int a = low; a <= high; a++)
        for (int b = a + 1; att_set_has(set, a) && b <= ATT_MIN(high, a + SPACE_MAX); b++)
            for (int c = b + 1; att_set_has(set, b) && c <= ATT_MIN(high, b + SPACE_MAX); c++) {
                const att_voicing v = {plan->voicings[at].bass, {(uint8_t)a, (uint8_t)b, (uint8_t)c}};
                if (att_set_has(set, c) && c - a >= 6 && c - a <= 16 && out->count < STATES_MAX && is_complete(plan, chord, &v))
                    out->states[out->count++] = v;
            }
}

static int voice(const att_voicing *v, int i)
{
    return i ? v->upper[i - 1] : v->bass;
}

// What it costs to go from one to the other.
static double step_cost(const att_plan *plan, const att_voicing *from, const att_voicing *to, bool to_tonic)
{
    double cost = 0;
    for (int i = 0; i < 1 + UPPER_VOICES; i++)
        for (int k = i + 1; k < 1 + UPPER_VOICES; k++) {
            const int before = (voice(from, k) - voice(from, i)) % 12, after = (voice(to, k) - voice(to, i)) % 12;
            if ((before == 0 || before == 7) && before == after && voice(from, i) != voice(to, i) && voice(from, k) != voice(to, k))
                cost += forbidden;
        }
    for (int i = 0; i < UPPER_VOICES; i++) {
        const int move = abs(to->upper[i] - from->upper[i]);
        cost += move + (move > 4 ? 2 : 0) + (move > MOVE_MAX ? forbidden : 0);
        cost += i + 1 < UPPER_VOICES && to->upper[i] > from->upper[i + 1] ? 4 : 0;
    }
    const int top = from->upper[UPPER_VOICES - 1];
    if (to_tonic && top % 12 == (plan->tonic + 11) % 12 && to->upper[UPPER_VOICES - 1] != top + 1)
        cost += forbidden;
    return cost;
}

static double state_cost(const att_voicing *v, double centre)
{
    return 0.25 * fabs((v->upper[0] + v->upper[2]) / 2.0 - centre) + (v->upper[2] - v->upper[0] > 12 ? 1 : 0);
}

typedef struct lattice {
    const att_plan *plan;
    slot *slots;
    double (*cost)[STATES_MAX];
    uint8_t (*from)[STATES_MAX];
    double centre;
} lattice;

static bool same_chord(const att_chord *a, const att_chord *b)
{
    return a->root == b->root && a->kind == b->kind;
}

// first: the state of slot 0 alone; SIZE_MAX: all. Returns the best cost; *last is its end.
static double solve(const lattice *l, size_t first, size_t *last)
{
    const att_plan *plan = l->plan;
    const size_t n = plan->chord_count;
    for (size_t w = 0; w < l->slots[0].count; w++)
        l->cost[0][w] = first == SIZE_MAX || first == w ? state_cost(&l->slots[0].states[w], l->centre) : HUGE_VAL;
    for (size_t i = 1; i < n; i++) {
        const bool to_tonic = plan->chords[i].root == plan->tonic && !same_chord(&plan->chords[i], &plan->chords[i - 1]);
        for (size_t w = 0; w < l->slots[i].count; w++) {
            const double own = state_cost(&l->slots[i].states[w], l->centre);
            l->cost[i][w] = HUGE_VAL;
            for (size_t v = 0; v < l->slots[i - 1].count; v++) {
                if (l->cost[i - 1][v] + own >= l->cost[i][w])
                    continue;
                const double sum = l->cost[i - 1][v] + own + step_cost(plan, &l->slots[i - 1].states[v], &l->slots[i].states[w], to_tonic);
                if (sum < l->cost[i][w])
                    l->cost[i][w] = sum, l->from[i][w] = (uint8_t)v;
            }
        }
    }
    double best = HUGE_VAL;
    for (size_t w = 0; w < l->slots[n - 1].count; w++) {
        double sum = l->cost[n - 1][w];
        if (first != SIZE_MAX && n > 1)
            sum += step_cost(plan, &l->slots[n - 1].states[w], &l->slots[0].states[first], plan->chords[0].root == plan->tonic);
        if (sum < best)
            best = sum, *last = w;
    }
    return best;
}

static void read_back(const lattice *l, att_plan *plan, size_t last)
{
    for (size_t i = plan->chord_count; i-- > 0; last = l->from[i][last])
        plan->voicings[i] = l->slots[i].states[last];
}

att_status att_plan_voices(att_plan *plan, att_arena *life, att_error *err)
{
    const size_t n = plan->chord_count;
    plan->voicings = ATT_NEW(life, att_voicing, n);
    const att_arena_mark mark = att_arena_save(life);
    lattice l = {plan, ATT_NEW_RAW(life, slot, n), att_arena_alloc_raw(life, n, sizeof *l.cost), att_arena_alloc_raw(life, n, sizeof *l.from),
        60 + 3 * plan->taste[ATT_MUSIC_BRIGHTNESS]};
    if (!plan->voicings || !l.slots || !l.cost || !l.from)
        return att_no_memory(err, n, "voicings");
    const att_status status = lead_bass(plan, life, err);
    if (status)
        return status;
    for (size_t i = 0; i < n; i++) {
        list_states(plan, i, &l.slots[i]);
        assert(l.slots[i].count > 0);
    }
    size_t last = 0;
    double cost = HUGE_VAL;
    if (plan->brief->loop) {
        const size_t stride = ATT_MAX(l.slots[0].count / FIRSTS_OF_LOOP, (size_t)1);
        size_t best_first = 0;
        for (size_t first = 0; first < l.slots[0].count; first += stride) {
            const double its = solve(&l, first, &last);
            if (its < cost)
                cost = its, best_first = first;
        }
        cost = solve(&l, best_first, &last);
    } else {
        cost = solve(&l, SIZE_MAX, &last);
    }
    read_back(&l, plan, last);
    plan->cost += cost / (double)n;
    att_arena_rewind(life, mark);
    return ATT_OK;
}
