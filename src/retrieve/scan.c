// SPDX-License-Identifier: Apache-2.0
// retrieve/scan.c - looking at every eligible vector.
//
// Slots are scored in blocks. Whether one is alive and allowed is asked only when its score would
// be kept, except where the filter's bits lead the way.
//
// A block is passed over when none of it can be kept: a product is at most the length of one vector times that of
// the other (Cauchy and Schwarz; Teflioudi, Gemulla, Mykytiuk 2015, LEMP, for this very search). That leaves
// little to look at where vectors were added longest first, as a model's are, and never changes the result.
#include "retrieve/scan.h"

#include <math.h>

enum { BATCH = ATT_BLOCK_SLOTS };

typedef struct scan {
    const att_index *index;
    const att_probe *probe;
    const att_filter *filter;
    att_best best;
    float bar;    // scores below cannot be kept
    float length; // of the query, in the form that is multiplied
    const att_scan_plan *plan;
} scan;

static inline void offer(scan *s, uint32_t slot, float score)
{
    const uint32_t id = s->index->ids[slot];
    if (id == ATT_SLOT_NONE)
        return;
    const uint64_t key = att_rank_key(score, s->plan->codes ? slot : id);
    if (key <= s->best.bar)
        return;
    if (s->plan->bits_lead ? att_filter_excludes(s->filter, id) : !att_filter_allows(s->filter, id))
        return;
    att_best_push(&s->best, key);
    if (s->best.bar)
        s->bar = att_rank_score(s->best.bar);
}

static void score_picks(scan *s, const uint32_t *slots, size_t count)
{
    const att_index *index = s->index;
    float scores[BATCH];
    uint32_t places[BATCH + 16];
    if (s->plan->codes)
        index->kernels->pick_scaled_i8(scores, index->codes, index->code_stride, slots, count,
            s->probe->code, index->code_stride, index->scales, s->probe->scale);
    else
        index->kernels->pick_dot_f32(scores, index->vectors, index->vector_stride, slots, count,
            s->probe->vector, index->options.dim);
    const size_t good = index->kernels->at_least_f32(places, scores, count, s->bar);
    for (size_t i = 0; i < good; i++)
        offer(s, slots[places[i]], scores[places[i]]);
}

static inline void fetch(const scan *s, uint32_t slot)
{
    const att_index *index = s->index;
    const size_t bytes = s->plan->codes ? index->code_stride : index->vector_stride * sizeof(float);
    const char *row = s->plan->codes ? (const char *)(index->codes + slot * index->code_stride)
                                     : (const char *)(index->vectors + slot * index->vector_stride);
    for (size_t at = 0; at < ATT_MIN(bytes, 256); at += 64)
        __builtin_prefetch(row + at);
}

// Two batches take turns: one is scored while the rows of the other are on their way.
static void scan_bits(scan *s)
{
    const att_filter *filter = s->filter;
    const size_t bit_count = ATT_MIN(filter->bit_count, (size_t)ATT_INDEX_ID_MAX + 1);
    uint32_t slots[2][BATCH];
    size_t counts[2] = {0}, now = 0;
    for (size_t w = 0; w < (bit_count + 63) / 64; w++) {
        uint64_t word = filter->bits[w];
        if (bit_count - w * 64 < 64)
            word &= (1ull << (bit_count - w * 64)) - 1;
        for (; word; word &= word - 1) {
            const uint32_t id = (uint32_t)(w * 64) + (uint32_t)__builtin_ctzll(word);
            const uint32_t slot = att_index_slot(s->index, id);
            if (slot == ATT_SLOT_NONE)
                continue;
            fetch(s, slot);
            slots[now][counts[now]++] = slot;
            if (counts[now] == BATCH) {
                now = !now;
                score_picks(s, slots[now], counts[now]);
                counts[now] = 0;
            }
        }
    }
    score_picks(s, slots[!now], counts[!now]);
    score_picks(s, slots[now], counts[now]);
}

static void score_rows(const scan *s, uint32_t first, uint32_t count, float *scores)
{
    const att_index *index = s->index;
    if (s->plan->codes)
        index->kernels->rows_scaled_i8(scores, index->codes + first * index->code_stride, count,
            index->code_stride, s->probe->code, index->code_stride, index->scales + first,
            s->probe->scale);
    else
        index->kernels->rows_dot_f32(scores, index->vectors + first * index->vector_stride, count,
            index->vector_stride, s->probe->vector, index->options.dim);
}

static bool is_out_of_reach(const scan *s, uint32_t first)
{
    return s->index->reaches[first / BATCH] * s->length < s->bar;
}

static void scan_all(scan *s)
{
    float scores[BATCH];
    uint32_t places[BATCH + 16];
    for (uint32_t first = 0; first < s->index->slot_count; first += BATCH) {
        if (is_out_of_reach(s, first))
            continue;
        const uint32_t count = ATT_MIN(s->index->slot_count - first, BATCH);
        score_rows(s, first, count, scores);
        const size_t good = s->index->kernels->at_least_f32(places, scores, count, s->bar);
        for (size_t i = 0; i < good; i++)
            offer(s, first + places[i], scores[places[i]]);
    }
}

// When much is kept out of much more, most of the time goes into what is kept only for a while. So the bar is set
// by a sample, low enough that (three standard deviations) enough will pass. 0: nothing was guessed.
static uint64_t guess_bar(const scan *s)
{
    enum { BATCHES = 16, SAMPLE = BATCHES * BATCH };
    const uint32_t slot_count = s->index->slot_count;
    if (s->plan->keep < 100 || slot_count < 8 * SAMPLE ||
        s->plan->eligible < 16.0 * (double)s->plan->keep)
        return 0;
    uint64_t keys[SAMPLE];
    float scores[BATCH];
    for (uint32_t b = 0; b < BATCHES; b++) {
        score_rows(s, slot_count / BATCHES * b, BATCH, scores);
        for (uint32_t i = 0; i < BATCH; i++)
            keys[b * BATCH + i] = att_rank_key(scores[i], b * BATCH + i);
    }
    const double mean = SAMPLE * (double)s->plan->keep / s->plan->eligible;
    att_best sample = {.keys = keys, .keep = (size_t)(mean + 3 * sqrt(mean)) + 2, .count = SAMPLE};
    att_best_cut(&sample);
    return sample.bar >> 32 << 32;
}

static scan begin(const att_index *index, const att_probe *probe, const att_filter *filter,
    const att_scan_plan *plan)
{
    scan s = {.index = index, .probe = probe, .filter = filter, .plan = plan, .bar = -INFINITY};
    if (plan->codes)
        s.length = probe->scale * sqrtf((float)index->kernels->dot_i8(
                                      probe->code, probe->code, index->code_stride));
    else
        s.length = sqrtf(index->kernels->dot_f32(probe->vector, probe->vector, index->options.dim));
    return s;
}

static void set_bar(scan *s, uint64_t bar)
{
    s->best.bar = bar;
    s->bar = bar ? att_rank_score(bar) : -INFINITY;
}

double att_scan_rows(const att_index *index, const att_probe *probe, att_scan_plan *plan)
{
    scan s = begin(index, probe, NULL, plan);
    plan->bar = guess_bar(&s);
    set_bar(&s, plan->bar);
    size_t blocks = 0;
    for (uint32_t first = 0; first < index->slot_count; first += BATCH)
        blocks += !is_out_of_reach(&s, first);
    return (double)ATT_MIN(blocks * BATCH, index->slot_count);
}

size_t att_scan(const att_index *index, att_search *search, const att_probe *probe,
    const att_filter *filter, const att_scan_plan *plan)
{
    scan s = begin(index, probe, filter, plan);
    s.best = att_best_begin(search->keys, plan->keep);
    if (plan->bits_lead) {
        scan_bits(&s);
    } else {
        const uint64_t bar = plan->bar ? plan->bar : guess_bar(&s);
        set_bar(&s, bar);
        scan_all(&s);
        if (bar && s.best.count < plan->keep) {
            s.best = att_best_begin(search->keys, plan->keep);
            set_bar(&s, 0);
            scan_all(&s);
        }
    }
    return att_best_finish(&s.best, search->keys + 2 * plan->keep);
}
