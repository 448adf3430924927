// SPDX-License-Identifier: Apache-2.0
// retrieve/walk.c - best-first walks over one layer.
//
// The pool is an array of rank keys, best first; the part of a key that holds the slot has one bit
// to spare, which says that its links have been followed. The newcomers of one step are sorted
// among themselves and merged in from the back, so a step moves each key at most once. Lists and
// vectors that come next are fetched while the present products are computed.
#include "retrieve/graph.h"

#define NOT_FOLLOWED                                                                               \
    0x80000000ull // the tail is inverted and slots have 31 bits, so it begins as set

void att_probe_scores(const att_index *index, const att_probe *probe, const uint32_t *picks,
    size_t count, float *scores)
{
    if (index->codes) {
        index->kernels->pick_scaled_i8(scores, index->codes, index->code_stride, picks, count,
            probe->code, index->code_stride, index->scales, probe->scale);
    } else {
        index->kernels->pick_dot_f32(scores, index->vectors, index->vector_stride, picks, count,
            probe->vector, index->options.dim);
    }
    for (size_t i = 0; probe->angle && i < count; i++)
        scores[i] *= index->inverses[picks[i]];
}

att_probe att_probe_slot(const att_index *index, uint32_t slot, bool angle)
{
    att_probe probe = {.vector = index->vectors + slot * index->vector_stride, .angle = angle};
    if (index->codes) {
        probe.code = index->codes + slot * index->code_stride;
        probe.scale = index->scales[slot];
    }
    return probe;
}

static inline void fetch_vectors(const att_index *index, const uint32_t *picks, size_t count)
{
    const size_t bytes = index->codes ? index->code_stride : index->vector_stride * sizeof(float);
    const char *rows = index->codes ? (const char *)index->codes : (const char *)index->vectors;
    if (bytes == 64) {
        for (size_t i = 0; i < count; i++)
            __builtin_prefetch(rows + picks[i] * (size_t)64);
        return;
    }
    for (size_t i = 0; i < count; i++)
        for (size_t at = 0; at < ATT_MIN(bytes, 512); at += 64)
            __builtin_prefetch(rows + picks[i] * bytes + at);
}

static inline void fetch_lists(const att_index *index, uint32_t slot)
{
    const uint32_t *links = index->links + (size_t)slot * index->ground_links;
    for (uint32_t i = 0; i < index->ground_links; i += 16)
        __builtin_prefetch(links + i);
}

// All links of a slot on a layer; a copy when others may be writing.
static inline const uint32_t *links_on(const att_index *index, uint32_t slot, uint32_t layer,
    const att_locks *locks, uint32_t copy[ATT_PICKS_MAX], uint32_t *room)
{
    const att_list list = att_list_of(index, slot, layer ? layer + 1 : 0);
    *room = layer ? list.room : index->ground_links;
    if (!locks->held)
        return list.links;
    att_lock(locks, slot);
    memcpy(copy, list.links, *room * sizeof *copy);
    att_unlock(locks, slot);
    return copy;
}

// Those not met before, marked as met, their vectors fetched.
static inline size_t newly_met(const att_index *index, att_search *search, const uint32_t *links,
    uint32_t room, uint32_t *picks)
{
    uint8_t *seen = search->seen;
    const uint8_t turn = search->turn;
    size_t count = 0;
    for (uint32_t i = 0; i < room; i++) {
        const uint32_t slot = links[i];
        if (slot == ATT_SLOT_NONE)
            continue;
        picks[count] = slot;
        count += seen[slot] != turn;
        seen[slot] = turn;
    }
    fetch_vectors(index, picks, count);
    return count;
}

static void begin_turn(att_search *search)
{
    if (++search->turn)
        return;
    memset(search->seen, 0, search->seen_room);
    search->turn = 1;
}

static inline void sort_few(uint64_t *keys, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const uint64_t key = keys[i];
        size_t j = i;
        for (; j > 0 && keys[j - 1] < key; j--)
            keys[j] = keys[j - 1];
        keys[j] = key;
    }
}

// The worst beyond `width` fall off. Returns where the first newcomer is now.
static inline size_t merge(
    uint64_t *pool, size_t *count, size_t width, const uint64_t *fresh, size_t fresh_count)
{
    const size_t total = *count + fresh_count;
    size_t old = *count, to = total;
    for (size_t left = fresh_count; left;)
        if (old && pool[old - 1] < fresh[left - 1])
            pool[--to] = pool[--old];
        else
            pool[--to] = fresh[--left];
    *count = ATT_MIN(total, width);
    return to;
}

size_t att_walk(const att_index *index, att_search *search, const att_probe *probe, uint32_t layer,
    uint32_t entry, size_t width, const att_locks *locks)
{
    uint64_t *pool = search->keys, fresh[ATT_PICKS_MAX];
    uint32_t picks[ATT_PICKS_MAX], copy[ATT_PICKS_MAX], room;
    float scores[ATT_PICKS_MAX];
    begin_turn(search);
    att_probe_scores(index, probe, &entry, 1, scores);
    pool[0] = att_rank_key(scores[0], entry);
    search->seen[entry] = search->turn;
    size_t count = 1, next = 0;
    while (next < count) {
        const uint32_t slot = att_rank_tail(pool[next]);
        pool[next] &= ~NOT_FOLLOWED;
        const uint32_t *links = links_on(index, slot, layer, locks, copy, &room);
        const size_t met = newly_met(index, search, links, room, picks);
        while (next < count && !(pool[next] & NOT_FOLLOWED))
            next++;
        if (next < count && layer == 0)
            fetch_lists(index, att_rank_tail(pool[next]));
        att_probe_scores(index, probe, picks, met, scores);
        const uint64_t bar = count == width ? pool[count - 1] : 0;
        size_t fresh_count = 0;
        for (size_t i = 0; i < met; i++) {
            fresh[fresh_count] = att_rank_key(scores[i], picks[i]);
            fresh_count += fresh[fresh_count] > bar;
        }
        if (fresh_count == 0)
            continue;
        sort_few(fresh, fresh_count);
        const size_t first = merge(pool, &count, width, fresh, fresh_count);
        next = ATT_MIN(next, first);
        if (next < count && layer == 0)
            fetch_lists(index, att_rank_tail(pool[next]));
    }
    for (size_t i = 0; i < count; i++)
        pool[i] |= NOT_FOLLOWED;
    return count;
}

uint32_t att_descend(const att_index *index, const att_probe *probe, uint64_t entry, uint32_t above,
    const att_locks *locks)
{
    uint32_t best = att_entry_slot(entry), copy[ATT_PICKS_MAX], room;
    float best_score, scores[ATT_PICKS_MAX];
    att_probe_scores(index, probe, &best, 1, &best_score);
    for (uint32_t layer = att_entry_level(entry); layer > above; layer--) {
        for (bool moved = true; moved;) {
            moved = false;
            const uint32_t *links = links_on(index, best, layer, locks, copy, &room);
            uint32_t count = 0;
            while (count < room && links[count] != ATT_SLOT_NONE)
                count++;
            att_probe_scores(index, probe, links, count, scores);
            for (uint32_t i = 0; i < count; i++) {
                if (scores[i] > best_score) {
                    best_score = scores[i];
                    best = links[i];
                    moved = true;
                }
            }
        }
    }
    return best;
}
