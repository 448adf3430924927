// SPDX-License-Identifier: Apache-2.0
// retrieve/sweep.c - dead slots leave the graph a little at a time.
//
// Every change looks at a few more nodes, round and round. Where a list leads to a dead slot, its
// place is filled from the dead one's own list (as FreshDiskANN does in one go, Singh et al. 2021).
// Nothing is ever linked to a dead slot, so once every node has been looked at since its death
// nobody leads there, and the slot is free.
#include "retrieve/graph.h"

static bool is_dead(const att_index *index, uint32_t slot)
{
    return index->ids[slot] == ATT_SLOT_NONE;
}

static uint64_t highest_live(const att_index *index)
{
    uint64_t best = ATT_ENTRY_NONE;
    for (uint32_t slot = 0; slot < index->slot_count; slot++) {
        const uint64_t entry = (uint64_t)att_level(index, slot) << 32 | slot;
        if (!is_dead(index, slot) &&
            (best == ATT_ENTRY_NONE || att_entry_level(entry) > att_entry_level(best)))
            best = entry;
    }
    return best;
}

void att_kill(att_index *index, uint32_t slot)
{
    *att_index_place(index, index->ids[slot]) = ATT_SLOT_NONE;
    index->ids[slot] = ATT_SLOT_NONE;
    index->live_count--;
    index->limbo.items[index->limbo.count++] = (att_limbo){slot, index->swept};
    if (index->entry != ATT_ENTRY_NONE && att_entry_slot(index->entry) == slot)
        index->entry = highest_live(index);
}

// Candidates gathered for one list.
typedef struct mending {
    uint32_t picks[4 * ATT_PICKS_MAX];
    uint64_t keys[4 * ATT_PICKS_MAX], spare[4 * ATT_PICKS_MAX];
    uint32_t count;
} mending;

static void gather(const att_index *index, mending *m, uint32_t slot, att_list list)
{
    for (uint32_t i = 0; i < list.room && list.links[i] != ATT_SLOT_NONE; i++)
        if (!is_dead(index, list.links[i]) && list.links[i] != slot &&
            m->count < ATT_COUNT_OF(m->picks))
            m->picks[m->count++] = list.links[i];
}

static void rank(const att_index *index, mending *m, uint32_t slot, bool angle)
{
    const att_probe probe = att_probe_slot(index, slot, angle);
    float scores[ATT_PICKS_MAX];
    for (uint32_t from = 0; from < m->count; from += ATT_PICKS_MAX) {
        const uint32_t step = ATT_MIN(m->count - from, ATT_PICKS_MAX);
        att_probe_scores(index, &probe, m->picks + from, step, scores);
        for (uint32_t i = 0; i < step; i++)
            m->keys[from + i] = att_rank_key(scores[i], m->picks[from + i]);
    }
    att_rank_sort(m->keys, m->count, m->spare);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < m->count; i++)
        if (kept == 0 || m->keys[kept - 1] != m->keys[i])
            m->keys[kept++] = m->keys[i];
    m->count = kept;
}

static void mend(att_index *index, uint32_t slot, uint32_t list_number)
{
    const att_list list = att_list_of(index, slot, list_number);
    const uint32_t before = att_list_count(list);
    mending m;
    m.count = 0;
    gather(index, &m, slot, list);
    if (m.count == before)
        return;
    for (uint32_t i = 0; i < before && !is_dead(index, slot); i++)
        if (is_dead(index, list.links[i]))
            gather(index, &m, slot, att_list_of(index, list.links[i], list_number));
    rank(index, &m, slot, list.angle);
    uint32_t chosen[ATT_PICKS_MAX];
    att_list_put(list, chosen,
        att_links_choose(index, slot, list.angle, m.keys, m.count, list.room, chosen));
}

static void release(att_index *index, uint32_t slot)
{
    att_upper_give(index, slot);
    memset(index->links + (size_t)slot * index->ground_links, 0xFF,
        index->ground_links * sizeof *index->links);
    index->free_slots.items[index->free_slots.count++] = slot;
}

// Those that died before every node was looked at.
static void release_swept(att_index *index)
{
    while (index->limbo_first < index->limbo.count &&
           index->swept - index->limbo.items[index->limbo_first].swept >= index->slot_count)
        release(index, index->limbo.items[index->limbo_first++].slot);
    if (index->limbo_first * 2 < index->limbo.count)
        return;
    index->limbo.count -= index->limbo_first;
    if (index->limbo.count)
        memmove(index->limbo.items, index->limbo.items + index->limbo_first,
            index->limbo.count * sizeof *index->limbo.items);
    index->limbo_first = 0;
}

void att_sweep(att_index *index, size_t count)
{
    for (size_t i = 0; i < count && index->limbo_first < index->limbo.count; i++) {
        if (index->sweep_at >= index->slot_count)
            index->sweep_at = 0;
        const uint32_t slot = index->sweep_at++;
        const uint32_t lists = att_lists_of(index, slot);
        for (uint32_t list = 0; list < lists; list++)
            mend(index, slot, list);
        index->swept++;
        if (index->swept - index->limbo.items[index->limbo_first].swept >= index->slot_count)
            release_swept(index);
    }
}
