// SPDX-License-Identifier: Apache-2.0
// retrieve/exact.c - the plain twin: looks at every eligible vector in f32.
#include "retrieve/index.h"

enum { BATCH = 256 };

// Slots to look at gather here, and are scored together.
typedef struct scan {
    const att_index *index;
    const att_filter *filter;
    const float *query;
    att_top top;
    uint32_t slots[BATCH];
    size_t slot_count;
} scan;

static inline void offer(scan *s, uint32_t id, float score)
{
    const uint64_t key = att_rank_key(score, id);
    if (key > s->top.bar && !(s->filter && att_filter_excludes(s->filter, id)))
        att_top_push(&s->top, key);
}

static void score_slots(scan *s)
{
    const att_index *index = s->index;
    float scores[BATCH];
    index->kernels->pick_dot_f32(scores, index->vectors, index->vector_stride, s->slots,
        s->slot_count, s->query, index->options.dim);
    for (size_t i = 0; i < s->slot_count; i++)
        offer(s, index->ids[s->slots[i]], scores[i]);
    s->slot_count = 0;
}

static void scan_bits(scan *s)
{
    const att_filter *filter = s->filter;
    for (size_t w = 0; w < (filter->bit_count + 63) / 64; w++) {
        uint64_t word = filter->bits[w];
        if (filter->bit_count - w * 64 < 64)
            word &= (1ull << (filter->bit_count - w * 64)) - 1;
        for (; word; word &= word - 1) {
            const size_t id = w * 64 + (size_t)__builtin_ctzll(word);
            if (id > ATT_INDEX_ID_MAX)
                return;
            const uint32_t slot = att_index_slot(s->index, (uint32_t)id);
            if (slot == ATT_SLOT_NONE)
                continue;
            s->slots[s->slot_count++] = slot;
            if (s->slot_count == BATCH)
                score_slots(s);
        }
    }
    score_slots(s);
}

static void scan_all(scan *s)
{
    const att_index *index = s->index;
    float scores[BATCH];
    for (uint32_t first = 0; first < index->slot_count; first += BATCH) {
        const uint32_t count = ATT_MIN(index->slot_count - first, BATCH);
        index->kernels->rows_dot_f32(scores, index->vectors + first * index->vector_stride, count,
            index->vector_stride, s->query, index->options.dim);
        for (uint32_t i = 0; i < count; i++)
            if (index->ids[first + i] != ATT_SLOT_NONE)
                offer(s, index->ids[first + i], scores[i]);
    }
}

att_status att_index_top_exact(const att_index *index, att_search *search, const float *query,
    const att_filter *filter, size_t count, att_hit *hits, size_t *found, att_error *err)
{
    *found = 0;
    const size_t keep = ATT_MIN(count, index->live_count);
    att_status status = att_query_check(index, query, err);
    if (!status)
        status = att_search_reserve(search, keep, err);
    if (status || keep == 0)
        return status;
    scan s = {.index = index, .filter = filter, .query = query};
    s.top = att_top_begin(search->keys, keep);
    if (filter && filter->bits)
        scan_bits(&s);
    else
        scan_all(&s);
    *found = att_top_finish(&s.top, search->keys + 2 * keep);
    for (size_t i = 0; i < *found; i++)
        hits[i] = (att_hit){att_rank_tail(s.top.keys[i]), att_rank_score(s.top.keys[i])};
    return ATT_OK;
}
