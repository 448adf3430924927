// SPDX-License-Identifier: Apache-2.0
// guard/text_near_view.c - what a text is compared by, and the comparisons.
#include "base/rng.h"
#include "guard/text_letters.h"
#include "guard/text_near.h"

#include <stdlib.h>
#include <xxhash.h>

// Letters by their class, so that leet and look-alikes of any reading are the same; runs once.
static void take_letters(const att_folded *folded, att_near_view *out)
{
    for (size_t i = 0; i < folded->count; i++) {
        const att_symbol *s = &folded->symbols[i];
        const bool part = s->kind == ATT_SYMBOL_LETTER || s->kind == ATT_SYMBOL_DIGIT || (s->kind == ATT_SYMBOL_MARK && att_leet_of(s->code)[0]);
        if (!part)
            continue;
        // A mark at the end of a word is hardly a letter.
        const bool word_behind = i + 1 < folded->count && folded->symbols[i + 1].kind >= ATT_SYMBOL_DIGIT;
        if (s->kind == ATT_SYMBOL_MARK && !word_behind)
            continue;
        const uint32_t code = s->code < 0x80 ? att_class_of(s->code) : s->code;
        if (out->letter_count == 0 || out->letters[out->letter_count - 1] != code)
            out->letters[out->letter_count++] = code;
    }
}

static void take_shingles(att_near_view *v)
{
    for (size_t i = 0; i + ATT_NEAR_SHINGLE <= v->letter_count; i++)
        v->shingles[v->shingle_count++] = XXH3_64bits(v->letters + i, ATT_NEAR_SHINGLE * sizeof *v->letters);
    qsort(v->shingles, v->shingle_count, sizeof *v->shingles, att_order_u64);
    size_t kept = 0;
    for (size_t i = 0; i < v->shingle_count; i++)
        if (kept == 0 || v->shingles[kept - 1] != v->shingles[i])
            v->shingles[kept++] = v->shingles[i];
    v->shingle_count = kept;
}

// Hash k of a shingle s is mix(s + k * odd): families that differ enough for minima to be independent.
static void sign(att_near_view *v)
{
    for (size_t k = 0; k < ATT_NEAR_HASHES; k++)
        v->signature[k] = UINT32_MAX;
    for (size_t i = 0; i < v->shingle_count; i++) {
        uint64_t state = v->shingles[i];
        for (size_t k = 0; k < ATT_NEAR_HASHES; k += 2) {
            state += 0x9E3779B97F4A7C15u;
            const uint64_t mixed = att_mix64(state);
            v->signature[k] = ATT_MIN(v->signature[k], (uint32_t)mixed);
            v->signature[k + 1] = ATT_MIN(v->signature[k + 1], (uint32_t)(mixed >> 32));
        }
    }
}

bool att_near_view_of(const att_folding *folding, att_text text, att_arena *scratch, att_near_view *out)
{
    att_folded folded;
    *out = (att_near_view){0};
    if (!att_folding_text(folding, text, scratch, &folded))
        return false;
    out->letters = ATT_NEW_RAW(scratch, uint32_t, folded.count + 1);
    out->shingles = ATT_NEW_RAW(scratch, uint64_t, folded.count + 1);
    if (!out->letters || !out->shingles)
        return false;
    take_letters(&folded, out);
    take_shingles(out);
    sign(out);
    return true;
}

static size_t in_common(const att_near_view *a, const att_near_view *b)
{
    size_t common = 0;
    for (size_t i = 0, k = 0; i < a->shingle_count && k < b->shingle_count;)
        if (a->shingles[i] == b->shingles[k]) {
            common++;
            i++;
            k++;
        } else {
            *(a->shingles[i] < b->shingles[k] ? &i : &k) += 1;
        }
    return common;
}

double att_near_jaccard(const att_near_view *a, const att_near_view *b)
{
    const size_t common = in_common(a, b), all = a->shingle_count + b->shingle_count - common;
    return all ? (double)common / (double)all : 0;
}

double att_near_containment(const att_near_view *a, const att_near_view *b)
{
    const size_t least = ATT_MIN(a->shingle_count, b->shingle_count);
    return least ? (double)in_common(a, b) / (double)least : 0;
}

double att_near_estimate(const uint32_t *a, const uint32_t *b)
{
    size_t same = 0;
    for (size_t k = 0; k < ATT_NEAR_HASHES; k++)
        same += a[k] == b[k];
    return (double)same / ATT_NEAR_HASHES;
}

// --- The longest run in common ----------------------------------------------------------------------

// States of the automaton; transitions are a list, as most states have one.
typedef struct edge {
    uint32_t letter, to, next; // next: of the same state, 0: none
} edge;

typedef struct state {
    uint32_t length, link, edges; // edges: first, 0: none; link of the first state: itself
} state;

struct att_near_runs {
    state *states; // (2n + 2)
    edge *edges;   // (4n + 8), from 1
    uint32_t state_count, edge_count, last;
};

static uint32_t *edge_of(const att_near_runs *a, uint32_t from, uint32_t letter)
{
    for (uint32_t e = a->states[from].edges; e; e = a->edges[e].next)
        if (a->edges[e].letter == letter)
            return &a->edges[e].to;
    return NULL;
}

static void put_edge(att_near_runs *a, uint32_t from, uint32_t letter, uint32_t to)
{
    a->edges[++a->edge_count] = (edge){letter, to, a->states[from].edges};
    a->states[from].edges = a->edge_count;
}

static uint32_t copy_state(att_near_runs *a, uint32_t of, uint32_t length)
{
    const uint32_t made = a->state_count++;
    a->states[made] = (state){.length = length, .link = a->states[of].link};
    for (uint32_t e = a->states[of].edges; e; e = a->edges[e].next)
        put_edge(a, made, a->edges[e].letter, a->edges[e].to);
    return made;
}

static void extend(att_near_runs *a, uint32_t letter)
{
    const uint32_t made = a->state_count++;
    a->states[made] = (state){.length = a->states[a->last].length + 1};
    uint32_t at = a->last;
    uint32_t *to = NULL;
    for (;; at = a->states[at].link) {
        to = edge_of(a, at, letter);
        if (to)
            break;
        put_edge(a, at, letter, made);
        if (at == 0)
            break;
    }
    a->last = made;
    if (!to)
        return;
    const uint32_t next = *to;
    if (a->states[next].length == a->states[at].length + 1) {
        a->states[made].link = next;
        return;
    }
    const uint32_t copy = copy_state(a, next, a->states[at].length + 1);
    for (;; at = a->states[at].link) {
        uint32_t *redirect = edge_of(a, at, letter);
        if (!redirect || *redirect != next)
            break;
        *redirect = copy;
        if (at == 0)
            break;
    }
    a->states[next].link = a->states[made].link = copy;
}

const att_near_runs *att_near_runs_of(const att_near_view *view, att_arena *scratch)
{
    const size_t n = view->letter_count;
    att_near_runs *a = ATT_NEW(scratch, att_near_runs, 1);
    state *states = ATT_NEW_RAW(scratch, state, 2 * n + 2);
    edge *edges = ATT_NEW_RAW(scratch, edge, 4 * n + 8);
    if (!a || !states || !edges)
        return NULL;
    *a = (att_near_runs){.states = states, .edges = edges, .state_count = 1};
    a->states[0] = (state){0};
    for (size_t i = 0; i < n; i++)
        extend(a, view->letters[i]);
    return a;
}

size_t att_near_longest(const att_near_runs *a, const att_near_view *other)
{
    uint32_t at = 0;
    size_t length = 0, longest = 0;
    for (size_t i = 0; i < other->letter_count; i++) {
        const uint32_t *to;
        while (!(to = edge_of(a, at, other->letters[i])) && at) {
            at = a->states[at].link;
            length = a->states[at].length;
        }
        if (!to)
            continue;
        at = *to;
        length++;
        longest = ATT_MAX(longest, length);
    }
    return longest;
}

size_t att_near_longest_plain(const att_near_view *a, const att_near_view *b)
{
    size_t longest = 0;
    for (size_t i = 0; i < a->letter_count; i++)
        for (size_t k = 0; k < b->letter_count; k++) {
            size_t run = 0;
            while (i + run < a->letter_count && k + run < b->letter_count && a->letters[i + run] == b->letters[k + run])
                run++;
            longest = ATT_MAX(longest, run);
        }
    return longest;
}
