// SPDX-License-Identifier: Apache-2.0
// retrieve/search.c - one question: whether to walk or to scan, and the finalists in f32.
#include "retrieve/scan.h"

#include <math.h>

att_status att_search_create(att_search **out, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    *out = ATT_NEW_ARRAY(&full, att_search, 1);
    if (!*out)
        return att_no_memory(err, 1, "search");
    (*out)->host = full;
    return ATT_OK;
}

void att_search_destroy(att_search *search)
{
    if (!search)
        return;
    const att_host host = search->host;
    ATT_FREE_ARRAY(&host, search->keys, search->key_room);
    ATT_FREE_ARRAY(&host, search->seen, search->seen_room);
    ATT_FREE_ARRAY(&host, search->code, search->code_room);
    ATT_FREE_ARRAY(&host, search->excluded, search->excluded_room);
    ATT_FREE_ARRAY(&host, search->blocks, search->block_room);
    ATT_FREE_ARRAY(&host, search->centred, search->block_room);
    ATT_FREE_ARRAY(&host, search->list.keys, search->list_room);
    ATT_FREE_ARRAY(&host, search, 1);
}

size_t att_search_bytes(const att_search *search)
{
    if (!search)
        return 0;
    return sizeof *search + search->key_room * sizeof *search->keys + search->seen_room +
           search->code_room + search->excluded_room * sizeof *search->excluded +
           search->block_room * (sizeof *search->blocks + sizeof *search->centred) + search->list_room * sizeof *search->list.keys;
}

att_status att_search_reserve_keys(att_search *search, size_t count, att_error *err)
{
    if (count <= search->key_room)
        return ATT_OK;
    const size_t room = ATT_MAX(count, 512);
    uint64_t *keys = att_alloc(&search->host, room, sizeof *keys);
    if (!keys)
        return att_no_memory(err, count, "candidates");
    ATT_FREE_ARRAY(&search->host, search->keys, search->key_room);
    search->keys = keys;
    search->key_room = room;
    return ATT_OK;
}

att_status att_search_reserve_walk(const att_index *index, att_search *search, att_error *err)
{
    if (search->seen_room < index->capacity) {
        uint8_t *seen = att_alloc_zero(&search->host, index->capacity, 1);
        if (!seen)
            return att_no_memory(err, index->capacity, "marks");
        ATT_FREE_ARRAY(&search->host, search->seen, search->seen_room);
        search->seen = seen;
        search->seen_room = index->capacity;
        search->turn = 0;
    }
    if (search->code_room < index->code_stride) {
        int8_t *code = att_alloc(&search->host, index->code_stride, 1);
        if (!code)
            return att_no_memory(err, index->code_stride, "bytes of a code");
        ATT_FREE_ARRAY(&search->host, search->code, search->code_room);
        search->code = code;
        search->code_room = index->code_stride;
    }
    return ATT_OK;
}

static att_status reserve_blocks(const att_index *index, att_search *search, att_error *err)
{
    const size_t room = att_blocks_of(index->capacity);
    if (room <= search->block_room)
        return ATT_OK;
    uint64_t *blocks = att_alloc(&search->host, room, sizeof *blocks);
    float *centred = att_alloc(&search->host, room, sizeof *centred);
    if (!blocks || !centred) {
        ATT_FREE_ARRAY(&search->host, blocks, room);
        ATT_FREE_ARRAY(&search->host, centred, room);
        return att_no_memory(err, room, "blocks");
    }
    ATT_FREE_ARRAY(&search->host, search->blocks, search->block_room);
    ATT_FREE_ARRAY(&search->host, search->centred, search->block_room);
    search->blocks = blocks;
    search->centred = centred;
    search->block_room = room;
    return ATT_OK;
}

// Without it the scan leaves no list, which nobody depends on.
static void reserve_list(att_search *search, size_t count)
{
    search->list.count = 0;
    if (!search->wants_list || count <= search->list_room)
        return;
    uint64_t *keys = att_alloc(&search->host, count, sizeof *keys);
    if (!keys)
        return;
    ATT_FREE_ARRAY(&search->host, search->list.keys, search->list_room);
    search->list.keys = keys;
    search->list_room = count;
}

att_status att_query_check(const att_index *index, const float *query, att_error *err)
{
    for (uint32_t d = 0; d < index->options.dim; d++)
        if (!isfinite(query[d]))
            return ATT_FAIL(err, ATT_INVALID, "component %u of the query is not finite", d);
    return ATT_OK;
}

att_status att_search_take_exclusions(att_search *search, const att_filter *filter, att_error *err)
{
    const size_t count = filter && filter->exclude ? filter->exclude_count : 0;
    if (!count)
        return ATT_OK;
    size_t room = 256;
    while (room < 2 * count)
        room *= 2;
    if (room > search->excluded_room) {
        uint32_t *excluded = att_alloc(&search->host, room, sizeof *excluded);
        if (!excluded)
            return att_no_memory(err, room, "exclusions");
        ATT_FREE_ARRAY(&search->host, search->excluded, search->excluded_room);
        search->excluded = excluded;
        search->excluded_room = room;
    }
    memset(search->excluded, 0, room * sizeof *search->excluded);
    search->excluded_mask = (uint32_t)room - 1;
    for (size_t i = 0; i < count; i++) {
        uint32_t at = att_excluded_place(search, filter->exclude[i]);
        while (search->excluded[at])
            at = (at + 1) & search->excluded_mask;
        search->excluded[at] = filter->exclude[i] + 1;
    }
    return ATT_OK;
}

static att_probe probe_query(const att_index *index, att_search *search, const float *query)
{
    att_probe probe = {.vector = query};
    if (index->codes) {
        probe.code = search->code;
        probe.scale = att_quantize(search->code, index->code_stride, query, index->options.dim);
    }
    return probe;
}

typedef struct picked {
    uint32_t slots[ATT_PICKS_MAX];
    size_t count;
} picked;

// The next of those that may be shown; their rows are on their way. Returns how many keys were looked at.
static size_t pick_finalists(const att_index *index, const att_search *search, const att_filter *filter, const uint64_t *keys,
    size_t count, picked *out)
{
    size_t at = 0;
    for (out->count = 0; at < count && out->count < ATT_PICKS_MAX; at++) {
        const uint32_t slot = att_rank_tail(keys[at]);
        if (index->ids[slot] == ATT_SLOT_NONE || !att_filter_allows(search, filter, index->ids[slot]))
            continue;
        out->slots[out->count++] = slot;
        const float *row = index->vectors + slot * index->vector_stride;
        for (size_t i = 0; i < index->vector_stride && i < 128; i += 16)
            __builtin_prefetch(row + i);
    }
    return at;
}

// Keys of slots become keys of ids with the score in f32; dead and ineligible ones go. The best `count` are
// left, in order. Returns how many.
static size_t rank_finalists(const att_index *index, att_search *search, const float *query,
    const att_filter *filter, size_t finalists, size_t count)
{
    uint64_t *keys = search->keys;
    picked picks[2]; // rows of one are on their way while those of the other are scored
    size_t kept = 0, from = pick_finalists(index, search, filter, keys, finalists, &picks[0]);
    for (size_t now = 0; picks[now].count; now = !now) {
        float scores[ATT_PICKS_MAX];
        const picked *here = &picks[now];
        from += pick_finalists(index, search, filter, keys + from, finalists - from, &picks[!now]);
        index->kernels->pick_dot_f32(
            scores, index->vectors, index->vector_stride, here->slots, here->count, query, index->options.dim);
        for (size_t i = 0; i < here->count; i++) // behind what is yet to be read
            keys[kept++] = att_rank_key(scores[i], index->ids[here->slots[i]]);
    }
    att_best best = {.keys = keys, .keep = count, .count = kept};
    return att_best_finish(&best, keys + kept);
}

static size_t give_hits(const uint64_t *keys, size_t count, att_hit *hits)
{
    for (size_t i = 0; i < count; i++)
        hits[i] = (att_hit){att_rank_tail(keys[i]), att_rank_score(keys[i])};
    return count;
}

// Where nobody counted, some 256 words of the bits stand for all: it only decides how to search.
static double estimate_eligible(const att_index *index, const att_filter *filter)
{
    const double live = index->live_count;
    if (!filter || !filter->bits)
        return live;
    if (filter->eligible != SIZE_MAX)
        return ATT_MIN((double)filter->eligible, live);
    const size_t words = filter->bit_count / 64, step = words / 256 + 1;
    size_t set = 0, looked_at = 0;
    for (size_t w = 0; w < words; w += step, looked_at++)
        set += (size_t)__builtin_popcountll(filter->bits[w]);
    const double share = looked_at ? (double)set / (64.0 * (double)looked_at) : 1;
    return ATT_MIN(share * (double)filter->bit_count, live);
}

// Cache lines of one vector, and of the form that a walk looks at.
static double lines_of_vector(const att_index *index)
{
    return (double)index->vector_stride * sizeof(float) / 64;
}

static double lines_of_code(const att_index *index)
{
    return index->codes ? (double)index->code_stride / 64 : lines_of_vector(index);
}

// Times in nanoseconds, as measured (docs/index.md); only their ratios matter.
static double walk_cost_ns(const att_index *index, double width)
{
    return 2000 + width * (250 + 80 * lines_of_code(index));
}

// Of rows here and there, and of all rows in their order (which is bound by memory once they outgrow a cache).
static double pick_cost_ns(double count, double lines)
{
    return count * (2 + 2 * lines);
}

static double row_cost_ns(double count, double lines)
{
    const double line_ns = count * lines * 64 < 24e6 ? 0.6 : 1.9;
    return count * (0.4 + line_ns * lines);
}

// The bits lead the scan, or all rows are scored and the bits asked afterwards.
static bool bits_lead(
    const att_index *index, const att_filter *filter, double eligible, double lines)
{
    return filter && filter->bits &&
           (double)filter->bit_count / 64 + pick_cost_ns(eligible, lines) <
               row_cost_ns(index->slot_count, lines);
}

static double scan_cost_ns(
    const att_index *index, const att_filter *filter, double eligible, double lines)
{
    return bits_lead(index, filter, eligible, lines)
               ? (double)filter->bit_count / 64 + pick_cost_ns(eligible, lines)
               : row_cost_ns(index->slot_count, lines);
}

// How many finalists a scan of the codes leaves; 0: the vectors are scanned themselves.
static size_t scan_finalists(
    const att_index *index, const att_filter *filter, double eligible, size_t count)
{
    if (!index->codes)
        return 0;
    const double keep = (double)count + ATT_MAX((double)count / 8, 16);
    const double by_codes = scan_cost_ns(index, filter, eligible, lines_of_code(index)) + 1500 +
                            keep * 10 + pick_cost_ns(keep, lines_of_vector(index));
    const double by_vectors = scan_cost_ns(index, filter, eligible, lines_of_vector(index));
    return by_codes < by_vectors ? (size_t)ATT_MIN(keep, index->live_count) : 0;
}

// Short answers are not worth a doubt, nor a small index the order of its blocks. What is excluded may be among the best, so it must be
// found too: a short answer is then the upper part of a long one.
static bool goes_by_reach(const att_index *index, const att_filter *filter, size_t count)
{
    const size_t found = count + (filter ? filter->exclude_count : 0);
    return index->share < 1 && found >= 100 && index->slot_count >= 64 * ATT_BLOCK_SLOTS;
}

// A scan that passes over most blocks orders all of them first; filters make it look at a few more.
static double scan_by_reach_cost_ns(const att_index *index, double eligible, double lines)
{
    const double wider = 2 * index->live_count / ATT_MAX(eligible, 1), share = ATT_MIN(1, index->share * wider);
    return 10.0 * (double)att_blocks_of(index->slot_count) + row_cost_ns(share * index->slot_count, lines);
}

att_status att_index_scan_top(const att_index *index, att_search *search, const float *query,
    const att_filter *filter, double eligible, size_t count, att_hit *hits, size_t *found,
    att_error *err)
{
    const size_t finalists = scan_finalists(index, filter, eligible, count), keep = finalists ? finalists : count;
    const bool by_reach = goes_by_reach(index, filter, count);
    const size_t unasked = by_reach ? att_scan_unasked(index, filter, eligible, keep) : 0;
    att_status status = att_search_reserve_keys(search, att_scan_room(keep, unasked), err);
    if (!status)
        status = att_search_take_exclusions(search, filter, err);
    if (!status && by_reach)
        status = reserve_blocks(index, search, err);
    reserve_list(search, unasked);
    if (status)
        return status;
    const double lines = finalists ? lines_of_code(index) : lines_of_vector(index);
    const att_scan_plan plan = {.codes = finalists > 0,
        .by_reach = by_reach,
        .bits_lead = bits_lead(index, filter, eligible, lines) &&
                     !(by_reach && scan_by_reach_cost_ns(index, eligible, lines) <
                                       scan_cost_ns(index, filter, eligible, lines)),
        .eligible = eligible,
        .unasked = unasked,
        .keep = keep};
    const att_probe probe =
        finalists ? probe_query(index, search, query) : (att_probe){.vector = query};
    size_t left = att_scan(index, search, &probe, filter, &plan);
    if (finalists)
        left = rank_finalists(index, search, query, NULL, left, count);
    *found = give_hits(search->keys, left, hits);
    return ATT_OK;
}

bool att_index_list_top(const att_index *index, att_search *search, const float *query, const att_filter *filter,
    const att_long_list *list, uint32_t since, double moved, size_t count, att_hit *hits)
{
    const size_t keep = scan_finalists(index, filter, estimate_eligible(index, filter), count);
    float below;
    if (keep < count || att_search_take_exclusions(search, filter, NULL))
        return false;
    const att_probe probe = probe_query(index, search, query);
    if (!att_scan_list(index, search, &probe, filter, list, since, keep, &below))
        return false;
    const size_t left = rank_finalists(index, search, query, NULL, keep, count);
    if (left < count || (moved > 0 && !((double)att_rank_score(search->keys[count - 1]) >= (double)below + moved * index->longest)))
        return false;
    give_hits(search->keys, count, hits);
    return true;
}

att_status att_index_walk_top(const att_index *index, att_search *search, const float *query,
    const att_filter *filter, size_t count, size_t width, att_hit *hits, size_t *found,
    att_error *err)
{
    att_status status = att_search_reserve_keys(search, 2 * width + ATT_PICKS_MAX, err);
    if (!status)
        status = att_search_take_exclusions(search, filter, err);
    if (status)
        return status;
    const att_locks locks = {0};
    const att_probe probe = probe_query(index, search, query);
    const uint32_t from = att_descend(index, &probe, index->entry, 0, &locks);
    size_t left = att_walk(index, search, &probe, 0, from, width, &locks);
    left = rank_finalists(index, search, query, filter, left, count);
    *found = give_hits(search->keys, left, hits);
    return ATT_OK;
}

static bool walk_is_cheaper(const att_index *index, const att_filter *filter, double eligible, size_t count, double width)
{
    const double lines = lines_of_code(index), walk_ns = walk_cost_ns(index, width);
    return walk_ns < scan_cost_ns(index, filter, eligible, lines) &&
           !(goes_by_reach(index, filter, count) && scan_by_reach_cost_ns(index, eligible, lines) < walk_ns);
}

att_status att_index_top(const att_index *index, att_search *search, const float *query,
    const att_filter *filter, size_t count, uint32_t width, att_hit *hits, size_t *found,
    att_error *err)
{
    *found = 0;
    search->list.count = 0;
    att_status status = att_query_check(index, query, err);
    if (!status)
        status = att_search_reserve_walk(index, search, err);
    count = ATT_MIN(count, index->live_count);
    if (status || count == 0)
        return status;
    const double eligible = estimate_eligible(index, filter);
    const double least = ATT_MAX((double)count, width ? (double)width : (double)count + 64) +
                         (filter ? (double)filter->exclude_count : 0);
    const double wanted = least * index->live_count / ATT_MAX(eligible, 1);
    if (walk_is_cheaper(index, filter, eligible, count, wanted)) {
        status = att_index_walk_top(
            index, search, query, filter, count, (size_t)wanted, hits, found, err);
        if (status || *found == count)
            return status;
    }
    return att_index_scan_top(index, search, query, filter, eligible, count, hits, found, err);
}

att_status att_index_top_exact(const att_index *index, att_search *search, const float *query,
    const att_filter *filter, size_t count, att_hit *hits, size_t *found, att_error *err)
{
    *found = 0;
    const double eligible = estimate_eligible(index, filter);
    const att_scan_plan plan = {
        .bits_lead = bits_lead(index, filter, eligible, lines_of_vector(index)),
        .eligible = eligible,
        .keep = ATT_MIN(count, index->live_count)};
    att_status status = att_query_check(index, query, err);
    if (!status)
        status = att_search_reserve_keys(search, 3 * plan.keep, err);
    if (!status)
        status = att_search_take_exclusions(search, filter, err);
    if (status || plan.keep == 0)
        return status;
    const att_probe probe = {.vector = query};
    *found = give_hits(search->keys, att_scan(index, search, &probe, filter, &plan), hits);
    return ATT_OK;
}
