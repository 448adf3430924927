// SPDX-License-Identifier: Apache-2.0
// retrieve/graph.c - hanging nodes into the graph.
//
// A node's candidates come from a walk of build_width; which of them are linked is decided as in
// Malkov and Yashunin 2018 (algorithm 4, with the pruned ones filling what is left), with the
// product, or the product over the other's length, in the place of a distance.
#include "retrieve/graph.h"

#include "base/rng.h"

#include <math.h>

uint32_t att_draw_level(const att_index *index, uint32_t id)
{
    const uint64_t bits = att_mix64(index->options.seed ^ att_mix64(id));
    const double unit = ((double)(bits >> 11) + 1) * 0x1p-53; // (0, 1]
    const double level = -log(unit) / log((double)index->options.links);
    return level >= ATT_LEVEL_MAX ? ATT_LEVEL_MAX : (uint32_t)level;
}

uint32_t att_upper_take(att_index *index, uint32_t level)
{
    if (level == 0)
        return ATT_SLOT_NONE;
    const size_t words = 1 + (size_t)level * index->options.links;
    uint32_t at = index->upper_free[level];
    if (at != ATT_SLOT_NONE) {
        index->upper_free[level] = index->upper_words[at + 1];
    } else {
        at = (uint32_t)index->upper_count;
        index->upper_count += words;
    }
    memset(index->upper_words + at, 0xFF, words * sizeof *index->upper_words);
    index->upper_words[at] = level;
    return at;
}

void att_upper_give(att_index *index, uint32_t slot)
{
    const uint32_t at = index->uppers[slot], level = att_level(index, slot);
    if (level == 0)
        return;
    index->upper_words[at + 1] = index->upper_free[level];
    index->upper_free[level] = at;
    index->uppers[slot] = ATT_SLOT_NONE;
}

// Is something chosen nearer to the candidate than `bar`?
static bool is_covered(const att_index *index, uint32_t candidate, bool angle, float bar,
    const uint32_t *chosen, uint32_t count)
{
    enum { STEP = 16 };
    const att_probe probe = att_probe_slot(index, candidate, angle);
    float scores[STEP];
    for (uint32_t from = 0; from < count; from += STEP) {
        const uint32_t step = ATT_MIN(count - from, STEP);
        att_probe_scores(index, &probe, chosen + from, step, scores);
        for (uint32_t i = 0; i < step; i++)
            if (scores[i] > bar)
                return true;
    }
    return false;
}

uint32_t att_links_choose(const att_index *index, uint32_t centre, bool angle, const uint64_t *keys,
    size_t count, uint32_t room, uint32_t *chosen)
{
    uint32_t kept = 0, covered = 0, rest[ATT_PICKS_MAX];
    for (size_t i = 0; i < count && kept < room; i++) {
        const uint32_t slot = att_rank_tail(keys[i]);
        if (slot == centre || index->ids[slot] == ATT_SLOT_NONE)
            continue;
        float bar = att_rank_score(keys[i]);
        if (angle) // seen from the candidate: over the centre's length, not its own
            bar = index->inverses[slot] > 0 ? bar / index->inverses[slot] * index->inverses[centre]
                                            : 0;
        if (!is_covered(index, slot, angle, bar, chosen, kept))
            chosen[kept++] = slot;
        else if (covered < room)
            rest[covered++] = slot;
    }
    for (uint32_t i = 0; i < covered && kept < room; i++)
        chosen[kept++] = rest[i];
    return kept;
}

void att_list_put(att_list list, const uint32_t *chosen, uint32_t count)
{
    for (uint32_t i = 0; i < list.room; i++)
        list.links[i] = i < count ? chosen[i] : ATT_SLOT_NONE;
}

// Adds `to` to a full list: the choice is made anew.
static void squeeze_in(att_index *index, uint32_t from, att_list list, uint32_t to)
{
    uint32_t picks[ATT_PICKS_MAX + 1];
    float scores[ATT_PICKS_MAX + 1];
    uint64_t keys[ATT_PICKS_MAX + 1], spare[ATT_PICKS_MAX + 1];
    const uint32_t count = list.room + 1;
    memcpy(picks, list.links, list.room * sizeof *picks);
    picks[list.room] = to;
    const att_probe probe = att_probe_slot(index, from, list.angle);
    att_probe_scores(index, &probe, picks, count, scores);
    for (uint32_t i = 0; i < count; i++)
        keys[i] = att_rank_key(scores[i], picks[i]);
    att_rank_sort(keys, count, spare);
    att_list_put(
        list, picks, att_links_choose(index, from, list.angle, keys, count, list.room, picks));
}

static void link_back(
    att_index *index, uint32_t from, uint32_t list_number, uint32_t to, const att_locks *locks)
{
    att_lock(locks, from);
    const att_list list = att_list_of(index, from, list_number);
    const uint32_t count = att_list_count(list);
    bool there = false;
    for (uint32_t i = 0; i < count; i++)
        there = there || list.links[i] == to;
    if (!there && count < list.room)
        list.links[count] = to;
    else if (!there)
        squeeze_in(index, from, list, to);
    att_unlock(locks, from);
}

// Links slot with the best of what a walk left in `keys`, both ways.
static void link_list(att_index *index, uint32_t slot, uint32_t list_number, const uint64_t *keys,
    size_t count, const att_locks *locks)
{
    const att_list list = att_list_of(index, slot, list_number);
    uint32_t chosen[ATT_PICKS_MAX];
    const uint32_t kept = att_links_choose(index, slot, list.angle, keys, count, list.room, chosen);
    att_lock(locks, slot);
    att_list_put(list, chosen, kept);
    att_unlock(locks, slot);
    for (uint32_t i = 0; i < kept; i++)
        link_back(index, chosen[i], list_number, slot, locks);
}

static void raise_entry(att_index *index, uint64_t entry)
{
    uint64_t old = __atomic_load_n(&index->entry, __ATOMIC_ACQUIRE);
    while (old == ATT_ENTRY_NONE || att_entry_level(entry) > att_entry_level(old))
        if (__atomic_compare_exchange_n(
                &index->entry, &old, entry, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            return;
}

void att_graph_insert(att_index *index, att_search *search, uint32_t slot, const att_locks *locks)
{
    const uint64_t entry = __atomic_load_n(&index->entry, __ATOMIC_ACQUIRE);
    const uint32_t level = att_level(index, slot), width = index->options.build_width;
    if (entry != ATT_ENTRY_NONE) {
        const att_probe probe = att_probe_slot(index, slot, false);
        uint32_t at = att_descend(index, &probe, entry, level, locks);
        for (uint32_t layer = ATT_MIN(level, att_entry_level(entry)) + 1; layer-- > 0;) {
            const size_t found = att_walk(index, search, &probe, layer, at, width, locks);
            at = att_rank_tail(search->keys[0]);
            link_list(index, slot, layer ? layer + 1 : 0, search->keys, found, locks);
        }
        const att_probe angle = att_probe_slot(index, slot, true);
        const size_t found = att_walk(index, search, &angle, 0, at, (width + 1) / 2, locks);
        link_list(index, slot, 1, search->keys, found, locks);
    }
    raise_entry(index, (uint64_t)level << 32 | slot);
}
