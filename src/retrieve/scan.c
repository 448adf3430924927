// SPDX-License-Identifier: Apache-2.0
// retrieve/scan.c - looking at every eligible vector.
//
// Slots are scored in blocks. Whether one is alive and allowed is asked only when its score would
// be kept, except where the filter's bits lead the way.
//
// Where the index has learned its reaches (reach.c), blocks are passed over whose greatest possible product is below the
// bar: cluster pruning by the bound for inner products of Ram and Gray 2012.
#include "retrieve/scan.h"

#include <math.h>

enum { BATCH = ATT_BLOCK_SLOTS };

typedef struct scan {
    const att_index *index;
    const att_search *search;
    const att_probe *probe;
    const att_filter *filter;
    att_best best;
    float bar; // scores below cannot be kept
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
    if (s->plan->bits_lead ? att_filter_excludes(s->search, s->filter, id)
                           : !att_filter_allows(s->search, s->filter, id))
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
    if (s->plan->codes && index->panels && first % 16 == 0)
        index->kernels->panel_scaled_i8(scores, index->panels + first * index->code_stride, count, s->probe->code,
            index->code_stride, index->scales + first, s->probe->scale);
    else if (s->plan->codes)
        index->kernels->rows_scaled_i8(scores, index->codes + first * index->code_stride, count,
            index->code_stride, s->probe->code, index->code_stride, index->scales + first,
            s->probe->scale);
    else
        index->kernels->rows_dot_f32(scores, index->vectors + first * index->vector_stride, count,
            index->vector_stride, s->probe->vector, index->options.dim);
}

static void scan_block(scan *s, uint32_t first)
{
    float scores[BATCH];
    uint32_t places[BATCH + 16];
    const uint32_t count = ATT_MIN(s->index->slot_count - first, BATCH);
    score_rows(s, first, count, scores);
    const size_t good = s->index->kernels->at_least_f32(places, scores, count, s->bar);
    for (size_t i = 0; i < good; i++)
        offer(s, first + places[i], scores[places[i]]);
}

static void scan_all(scan *s)
{
    for (uint32_t first = 0; first < s->index->slot_count; first += BATCH)
        scan_block(s, first);
}

// --- By reach -----------------------------------------------------------------------------------------------------

static size_t slack(size_t wanted)
{
    return ATT_MAX(wanted / 2, 2 * (size_t)BATCH);
}

size_t att_scan_room(size_t keep, size_t unasked)
{
    return ATT_MAX(3 * keep, unasked ? unasked + slack(unasked) + BATCH + 8 : 0);
}

size_t att_scan_unasked(const att_index *index, const att_filter *filter, double eligible, size_t keep)
{
    const double excluded = filter ? (double)filter->exclude_count : 0;
    const double most = ((double)keep + excluded) * index->slot_count / ATT_MAX(eligible, 1);
    const double wanted = eligible < index->slot_count ? most + 3 * sqrt(most) : most;
    return wanted < 4 * (double)keep + excluded ? (size_t)wanted + 1 : 0;
}

// Moves the blocks that may hold something above the bar to the front. Returns how many.
static size_t list_within(uint64_t *blocks, size_t count, float bar)
{
    size_t kept = 0;
    for (size_t b = 0; b < count; b++) {
        const uint64_t key = blocks[b];
        blocks[b] = blocks[kept];
        blocks[kept] = key;
        kept += !(att_rank_score(key) < bar);
    }
    return kept;
}

static void raise_bar(scan *s)
{
    att_best_cut(&s->best);
    if (s->best.bar)
        s->bar = att_rank_score(s->best.bar);
}

static void scan_block_unasked(scan *s, uint32_t first)
{
    float scores[BATCH];
    const uint32_t count = ATT_MIN(s->index->slot_count - first, BATCH);
    score_rows(s, first, count, scores);
    s->best.count += s->index->kernels->keys_at_least_f32(s->best.keys + s->best.count, scores, count, s->bar, first);
    if (s->best.count >= s->best.keep + slack(s->best.keep))
        raise_bar(s);
}

// Keys of slots that may be shown stay. As many as are wanted must be better than the last that was not cut off: of those that
// are as good as it, some may have been cut off, by their slots.
static bool ask(scan *s)
{
    enum { AHEAD = 16 };
    const att_index *index = s->index;
    const bool all = s->best.count < s->best.keep; // nothing was cut off
    const uint64_t last = s->best.bar >> 32; // its score
    uint64_t *keys = s->best.keys;
    size_t kept = 0, better = 0;
    for (size_t i = 0; i < s->best.count; i++) {
        if (i + AHEAD < s->best.count)
            __builtin_prefetch(&index->ids[att_rank_tail(keys[i + AHEAD])]);
        const uint32_t slot = att_rank_tail(keys[i]), id = index->ids[slot];
        if (id == ATT_SLOT_NONE || !att_filter_allows(s->search, s->filter, id))
            continue;
        better += keys[i] >> 32 > last;
        keys[kept++] = s->plan->codes ? keys[i] : att_rank_key(att_rank_score(keys[i]), id);
    }
    s->best.count = kept;
    s->best.keep = s->plan->keep;
    return all || better >= s->plan->keep;
}

// Where somebody wants it: what was found before it is asked.
static void leave_list(const scan *s, att_search *search)
{
    if (!search->wants_list || !s->plan->codes || s->best.count > search->list_room)
        return;
    memcpy(search->list.keys, s->best.keys, s->best.count * sizeof *s->best.keys);
    search->list.count = s->best.count;
    search->list.bar = s->best.bar;
}

// Whether something may be shown is asked once the best are known: so many of them that enough will be left, though all that
// is excluded be among them, as what was shown lately is. False: there were not.
static bool scan_unasked(scan *s, att_search *search, uint64_t *blocks, size_t first, size_t count)
{
    s->best = att_best_begin(s->best.keys, s->plan->unasked);
    for (size_t b = 0; b < first; b++)
        scan_block_unasked(s, att_rank_tail(blocks[b]) * BATCH);
    if (s->best.count > s->best.keep)
        raise_bar(s);
    const size_t listed = first + list_within(blocks + first, count - first, s->bar);
    for (size_t b = first; b < listed; b++) // as they come
        if (!(att_rank_score(blocks[b]) < s->bar))
            scan_block_unasked(s, att_rank_tail(blocks[b]) * BATCH);
    att_best_cut(&s->best);
    leave_list(s, search);
    const bool enough = ask(s);
    if (!enough)
        search->list.count = 0; // nor would it be the next time
    return enough;
}

// Bounds of all blocks into search->blocks, the most promising first. Returns how many these are.
static size_t list_blocks(scan *s, att_search *search, size_t blocks)
{
    const att_index *index = s->index;
    float *centred = search->centred;
    const float *query = s->probe->vector;
    const float believed =
        sqrtf(index->kernels->dot_f32(query, query, index->options.dim)) * (1 - index->doubt);
    if (s->plan->codes && index->doubt > 0)
        index->kernels->rows_scaled_i8(centred, index->centre_codes, blocks, index->code_stride, s->probe->code,
            index->code_stride, index->centre_scales, s->probe->scale);
    else
        index->kernels->rows_dot_f32(centred, index->centres, blocks, index->vector_stride, query, index->options.dim);
    for (size_t b = 0; b < blocks; b++)
        search->blocks[b] = att_rank_key(centred[b] + believed * index->reaches[b], (uint32_t)b);
    att_best first = {.keys = search->blocks, .keep = ATT_MIN(blocks, 4 * s->plan->keep / BATCH + 4), .count = blocks};
    att_best_cut(&first);
    return first.keep;
}

static void scan_by_reach(scan *s, att_search *search)
{
    const size_t blocks = att_blocks_of(s->index->slot_count), first = list_blocks(s, search, blocks);
    if (s->plan->unasked && scan_unasked(s, search, search->blocks, first, blocks))
        return;
    s->best = att_best_begin(s->best.keys, s->plan->keep);
    s->bar = -INFINITY;
    for (size_t b = 0; b < blocks; b++)
        if (!(att_rank_score(search->blocks[b]) < s->bar))
            scan_block(s, att_rank_tail(search->blocks[b]) * BATCH);
}

// When much is kept out of much more, most of the time goes into what is kept only for a while. So the bar is set
// by a sample, low enough that (three standard deviations) enough will pass, though all that is excluded be among the
// best, as what was shown lately is.
static bool guess_bar(scan *s)
{
    enum { STRATA = 64, EACH = 32, SAMPLE = STRATA * EACH };
    const uint32_t slot_count = s->index->slot_count, step = slot_count / STRATA;
    const double passing = (double)(s->best.keep + (s->filter ? s->filter->exclude_count : 0));
    if (s->best.keep < 100 || slot_count < 8 * SAMPLE || s->plan->eligible < 16.0 * passing)
        return false;
    uint64_t keys[SAMPLE];
    float scores[EACH];
    for (uint32_t b = 0; b < STRATA; b++) {
        score_rows(s, step * b + step / 2, EACH, scores);
        for (uint32_t i = 0; i < EACH; i++)
            keys[b * EACH + i] = att_rank_key(scores[i], b * EACH + i);
    }
    const double mean = SAMPLE * passing / s->plan->eligible;
    att_best sample = {.keys = keys, .keep = (size_t)(mean + 3 * sqrt(mean)) + 2, .count = SAMPLE};
    att_best_cut(&sample);
    s->best.bar = sample.bar >> 32 << 32;
    s->bar = att_rank_score(sample.bar);
    return true;
}

static void scan_guessing(scan *s)
{
    const bool guessed = guess_bar(s);
    scan_all(s);
    if (guessed && s->best.count < s->best.keep) {
        s->best = att_best_begin(s->best.keys, s->best.keep);
        s->bar = -INFINITY;
        scan_all(s);
    }
}

size_t att_scan(const att_index *index, att_search *search, const att_probe *probe,
    const att_filter *filter, const att_scan_plan *plan)
{
    scan s = {.index = index, .search = search, .probe = probe, .filter = filter, .plan = plan, .bar = -INFINITY};
    s.best = att_best_begin(search->keys, plan->keep);
    if (plan->bits_lead)
        scan_bits(&s);
    else if (plan->by_reach)
        scan_by_reach(&s, search);
    else
        scan_guessing(&s);
    if (!plan->codes)
        return att_best_finish(&s.best, search->keys + 2 * plan->keep);
    att_best_cut(&s.best);
    return s.best.count;
}

bool att_scan_list(const att_index *index, att_search *search, const att_probe *probe, const att_filter *filter,
    const att_long_list *list, uint32_t since, size_t keep, float *below)
{
    const att_scan_plan plan = {.codes = true, .by_reach = true, .keep = keep};
    scan s = {.index = index, .search = search, .probe = probe, .filter = filter, .plan = &plan,
        .bar = list->bar ? att_rank_score(list->bar) : -INFINITY};
    s.best = (att_best){.keys = search->keys, .keep = keep, .count = list->count, .bar = list->bar};
    for (uint32_t first = since; first < index->slot_count; first += BATCH) {
        float scores[BATCH];
        const uint32_t count = ATT_MIN(index->slot_count - first, BATCH);
        score_rows(&s, first, count, scores);
        s.best.count += index->kernels->keys_at_least_f32(s.best.keys + s.best.count, scores, count, s.bar, first);
    }
    if (!ask(&s) || s.best.count < keep)
        return false;
    att_best_cut(&s.best);
    *below = att_rank_score(s.best.bar);
    return true;
}
