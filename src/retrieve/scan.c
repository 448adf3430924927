// SPDX-License-Identifier: Apache-2.0
// retrieve/scan.c - looking at every eligible vector.
//
// Slots are scored in batches. Whether one is alive and allowed is asked only when its score would
// be kept, except where the filter's bits lead the way.
#include "retrieve/scan.h"

#include <math.h>

enum { BATCH = 256 };

typedef struct scan {
    const att_index *index;
    const att_probe *probe;
    const att_filter *filter;
    att_best top;
    float bar; // scores below cannot be kept
    bool codes;
    bool bits_known; // the batch was chosen by the filter's bits
    uint32_t slots[BATCH];
    size_t slot_count;
} scan;

static inline void offer(scan *s, uint32_t slot, float score)
{
    if (score < s->bar)
        return;
    const uint32_t id = s->index->ids[slot];
    if (id == ATT_SLOT_NONE)
        return;
    const uint64_t key = att_rank_key(score, s->codes ? slot : id);
    if (key <= s->top.bar)
        return;
    if (s->filter && (s->bits_known ? s->filter->exclude_count && att_filter_excludes(s->filter, id)
                                    : !att_filter_allows(s->filter, id)))
        return;
    att_best_push(&s->top, key);
    if (s->top.bar)
        s->bar = att_rank_score(s->top.bar);
}

static void score_slots(scan *s)
{
    const att_index *index = s->index;
    float scores[BATCH];
    int32_t products[BATCH];
    if (s->codes) {
        index->kernels->pick_dot_i8(products, index->codes, index->code_stride, s->slots,
            s->slot_count, s->probe->code, index->code_stride);
        for (size_t i = 0; i < s->slot_count; i++)
            scores[i] = (float)products[i] * (index->scales[s->slots[i]] * s->probe->scale);
    } else {
        index->kernels->pick_dot_f32(scores, index->vectors, index->vector_stride, s->slots,
            s->slot_count, s->probe->vector, index->options.dim);
    }
    for (size_t i = 0; i < s->slot_count; i++)
        offer(s, s->slots[i], scores[i]);
    s->slot_count = 0;
}

static void scan_bits(scan *s)
{
    const att_filter *filter = s->filter;
    const size_t bit_count = ATT_MIN(filter->bit_count, (size_t)ATT_INDEX_ID_MAX + 1);
    for (size_t w = 0; w < (bit_count + 63) / 64; w++) {
        uint64_t word = filter->bits[w];
        if (bit_count - w * 64 < 64)
            word &= (1ull << (bit_count - w * 64)) - 1;
        for (; word; word &= word - 1) {
            const uint32_t id = (uint32_t)(w * 64) + (uint32_t)__builtin_ctzll(word);
            const uint32_t slot = att_index_slot(s->index, id);
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
    int32_t products[BATCH];
    for (uint32_t first = 0; first < index->slot_count; first += BATCH) {
        const uint32_t count = ATT_MIN(index->slot_count - first, BATCH);
        if (s->codes) {
            index->kernels->rows_dot_i8(products, index->codes + first * index->code_stride, count,
                index->code_stride, s->probe->code, index->code_stride);
            for (uint32_t i = 0; i < count; i++)
                scores[i] = (float)products[i] * (index->scales[first + i] * s->probe->scale);
        } else {
            index->kernels->rows_dot_f32(scores, index->vectors + first * index->vector_stride,
                count, index->vector_stride, s->probe->vector, index->options.dim);
        }
        for (uint32_t i = 0; i < count; i++)
            offer(s, first + i, scores[i]);
    }
}

static size_t scan_with(scan *s, att_search *search, size_t keep)
{
    s->top = att_best_begin(search->keys, keep);
    s->bar = -INFINITY;
    if (s->bits_known)
        scan_bits(s);
    else
        scan_all(s);
    return att_best_finish(&s->top, search->keys + 2 * keep);
}

size_t att_scan_vectors(const att_index *index, att_search *search, const att_probe *probe,
    const att_filter *filter, size_t keep)
{
    scan s = {.index = index, .probe = probe, .filter = filter};
    s.bits_known = filter && filter->bits;
    return scan_with(&s, search, keep);
}

size_t att_scan_codes(const att_index *index, att_search *search, const att_probe *probe,
    const att_filter *filter, size_t keep)
{
    scan s = {.index = index, .probe = probe, .filter = filter, .codes = true};
    s.bits_known = filter && filter->bits;
    return scan_with(&s, search, keep);
}
