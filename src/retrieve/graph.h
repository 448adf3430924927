// SPDX-License-Identifier: Apache-2.0
// retrieve/graph.h - the layered graph: walking it, hanging nodes in, taking dead ones out. This
// room only.
//
// Layers as in Malkov and Yashunin 2018. On the ground a node has links to those of great product
// with it (where queries climb) and, in the last quarter, to those at a small angle (so that short
// vectors are reached too: with products alone most of them have no link towards them).
// docs/index.md has the figures.
#ifndef ATT_RETRIEVE_GRAPH_H
#define ATT_RETRIEVE_GRAPH_H

#include "retrieve/index.h"

#include <sched.h>

// What a walk is after: the product with this vector, or with `angle` the product over the other's
// length.
typedef struct att_probe {
    const float *vector; // (dim), read in the f32 form
    const int8_t *code;  // (code_stride), read in the I8 form
    float scale;         // of the code
    bool angle;
} att_probe;

// A lock for each slot's lists while several threads add; it is held for a microsecond or so.
typedef struct att_locks {
    uint8_t *held; // (capacity), NULL: no locking
} att_locks;

static inline void att_lock(const att_locks *locks, uint32_t slot)
{
    if (locks->held)
        while (__atomic_exchange_n(&locks->held[slot], 1, __ATOMIC_ACQUIRE))
            sched_yield();
}

static inline void att_unlock(const att_locks *locks, uint32_t slot)
{
    if (locks->held)
        __atomic_store_n(&locks->held[slot], 0, __ATOMIC_RELEASE);
}

enum { ATT_PICKS_MAX = 2 * ATT_LINKS_MAX };

// A list of links: `room` words of which unused ones are ATT_SLOT_NONE, all behind the used ones.
typedef struct att_list {
    uint32_t *links;
    uint32_t room;
    bool angle;
} att_list;

// The lists of a node: list 0 by product and 1 by angle on the ground, 1 + layer above it.
static inline uint32_t att_level(const att_index *index, uint32_t slot)
{
    const uint32_t at = index->uppers[slot];
    return at == ATT_SLOT_NONE ? 0 : index->upper_words[at];
}

static inline att_list att_list_of(const att_index *index, uint32_t slot, uint32_t list)
{
    uint32_t *const ground = index->links + (size_t)slot * index->ground_links;
    const uint32_t by_product = index->ground_links - index->angle_links;
    if (list == 0)
        return (att_list){ground, by_product, false};
    if (list == 1)
        return (att_list){ground + by_product, index->angle_links, true};
    uint32_t *const block = index->upper_words + index->uppers[slot] + 1;
    return (att_list){
        block + (size_t)(list - 2) * index->options.links, index->options.links, false};
}

static inline uint32_t att_list_count(att_list list)
{
    uint32_t count = 0;
    while (count < list.room && list.links[count] != ATT_SLOT_NONE)
        count++;
    return count;
}

static inline uint32_t att_lists_of(const att_index *index, uint32_t slot)
{
    return 2 + att_level(index, slot);
}

void att_probe_scores(const att_index *index, const att_probe *probe, const uint32_t *picks,
    size_t count, float *scores);
att_probe att_probe_slot(const att_index *index, uint32_t slot, bool angle);

// Best-first over one layer from `entry`, keeping the best `width`. Leaves rank keys of slots in
// search->keys (room for width + ATT_PICKS_MAX), best first, dead ones among them, and returns how
// many.
size_t att_walk(const att_index *index, att_search *search, const att_probe *probe, uint32_t layer,
    uint32_t entry, size_t width, const att_locks *locks);
// Uphill steps on the layers from the entry's down to `above` + 1; where they end.
uint32_t att_descend(const att_index *index, const att_probe *probe, uint64_t entry, uint32_t above,
    const att_locks *locks);

// From candidates (rank keys of slots, best first) those to link `centre` with: one is passed over
// while something chosen is nearer to it than the centre is; room that is left is filled with the
// best of those.
uint32_t att_links_choose(const att_index *index, uint32_t centre, bool angle, const uint64_t *keys,
    size_t count, uint32_t room, uint32_t *chosen);
void att_list_put(att_list list, const uint32_t *chosen, uint32_t count);

#define ATT_ENTRY_NONE UINT64_MAX
uint32_t att_draw_level(const att_index *index, uint32_t id);
// A block for this level: the index has room for it (att_index_reserve_upper).
uint32_t att_upper_take(att_index *index, uint32_t level);
void att_upper_give(att_index *index, uint32_t slot);
// Hangs a stored slot, whose lists are empty, into the graph. Cannot fail: `search` has room for
// the walk.
void att_graph_insert(att_index *index, att_search *search, uint32_t slot, const att_locks *locks);

// sweep.c. The slot's vector dies; room in limbo and free_slots was reserved.
void att_kill(att_index *index, uint32_t slot);
// Looks at `count` nodes and mends their lists; slots that nobody links to any more become free.
void att_sweep(att_index *index, size_t count);

#endif
