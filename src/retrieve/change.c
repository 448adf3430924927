// SPDX-License-Identifier: Apache-2.0
// retrieve/change.c - adding, replacing and removing vectors.
//
// All memory is taken before anything changes, so a call that fails leaves the index as it was. One
// thread hangs nodes in the order given, so the graph is the same every time; several take turns
// under a lock for each node.
#include "retrieve/graph.h"

#include <math.h>
#include <pthread.h>

enum { SWEEP_PER_ADD = 16, SWEEP_PER_REMOVE = 32, THREADS_MAX = 256 };

static att_status check_vectors(
    const att_index *index, const uint32_t *ids, const float *vectors, size_t count, att_error *err)
{
    const size_t dim = index->options.dim;
    for (size_t i = 0; i < count; i++) {
        if (ids[i] > ATT_INDEX_ID_MAX)
            return ATT_FAIL(err, ATT_INVALID, "id %u of vector %zu: at most %u wanted", ids[i], i,
                ATT_INDEX_ID_MAX);
        for (size_t d = 0; d < dim; d++)
            if (!isfinite(vectors[i * dim + d]))
                return ATT_FAIL(err, ATT_INVALID,
                    "component %zu of the vector with id %u is not finite", d, ids[i]);
    }
    return ATT_OK;
}

// Dead slots that may appear: every one has a place in limbo, and later among the free.
static att_status reserve_deaths(att_index *index, size_t count, att_error *err)
{
    const size_t limbo = index->limbo.count + count;
    if (!ATT_VEC_RESERVE(&index->host, &index->limbo, limbo) ||
        !ATT_VEC_RESERVE(&index->host, &index->free_slots, limbo + index->free_slots.count))
        return att_no_memory(err, count, "slots to be freed");
    return ATT_OK;
}

static att_status reserve_upper(att_index *index, const uint32_t *ids, size_t count, att_error *err)
{
    size_t words = index->upper_count;
    for (size_t i = 0; i < count; i++) {
        const size_t level = att_draw_level(index, ids[i]);
        words += level ? 1 + level * index->options.links : 0;
    }
    if (words >= ATT_SLOT_NONE)
        return ATT_FAIL(
            err, ATT_LIMIT, "the index is full: its upper layers have %zu words", words);
    if (!att_vec_grow(&index->host, (void **)&index->upper_words, &index->upper_capacity, words,
            sizeof *index->upper_words))
        return att_no_memory(err, words, "links");
    return ATT_OK;
}

static att_status reserve_all(att_index *index, const uint32_t *ids, size_t count, att_error *err)
{
    const size_t reused = ATT_MIN(index->free_slots.count, count);
    att_status status = att_index_own(index, err);
    if (!status)
        status = att_index_reserve(index, (size_t)index->slot_count + count - reused, err);
    if (!status)
        status = reserve_deaths(index, count, err);
    if (!status)
        status = reserve_upper(index, ids, count, err);
    for (size_t i = 0; !status && i < count; i++)
        status = att_index_reserve_page(index, ids[i], err);
    return status;
}

static void store_vector(att_index *index, uint32_t slot, const float *vector)
{
    float *row = index->vectors + slot * index->vector_stride;
    memset(row, 0, index->vector_stride * sizeof *row);
    memcpy(row, vector, index->options.dim * sizeof *row);
    double square = 0;
    for (uint32_t d = 0; d < index->options.dim; d++)
        square += (double)row[d] * row[d];
    index->inverses[slot] = square > 1e-60 ? (float)(1 / sqrt(square)) : 0;
    index->longest = ATT_MAX(index->longest, sqrt(square));
    if (index->codes)
        index->scales[slot] = att_quantize(
            index->codes + slot * index->code_stride, index->code_stride, row, index->options.dim);
    att_index_widen_reach(index, slot);
}

// Gives the vector a slot with empty lists, in place of the one it had.
static uint32_t settle(att_index *index, uint32_t id, const float *vector)
{
    const uint32_t old = att_index_slot(index, id);
    if (old != ATT_SLOT_NONE)
        att_kill(index, old);
    index->reused += index->free_slots.count > 0;
    const uint32_t slot = index->free_slots.count
                              ? index->free_slots.items[--index->free_slots.count]
                              : index->slot_count++;
    memset(index->links + (size_t)slot * index->ground_links, 0xFF,
        index->ground_links * sizeof *index->links);
    index->uppers[slot] = att_upper_take(index, att_draw_level(index, id));
    index->ids[slot] = id;
    *att_index_place(index, id) = slot;
    index->live_count++;
    store_vector(index, slot, vector);
    return slot;
}

// One thread of an add.
typedef struct worker {
    att_index *index;
    att_search *search;
    const uint32_t *slots;
    size_t count, stride;
    size_t *next; // shared
    const att_locks *locks;
    pthread_t thread;
    bool started;
} worker;

static size_t common_divisor(size_t a, size_t b)
{
    return b ? common_divisor(b, a % b) : a;
}

// Vectors that come together may be alike (arrange.c); a graph grows better when they are hung in another order.
static size_t stride_for(size_t count)
{
    size_t stride = count * 618 / 1000 + 1;
    while (common_divisor(stride, count) != 1)
        stride++;
    return stride;
}

static void *hang(void *argument)
{
    worker *w = argument;
    for (;;) {
        const size_t i = __atomic_fetch_add(w->next, 1, __ATOMIC_RELAXED);
        if (i >= w->count)
            return NULL;
        const uint32_t slot = w->slots[i * w->stride % w->count];
        if (w->index->ids[slot] != ATT_SLOT_NONE) // the same id came again in this call
            att_graph_insert(w->index, w->search, slot, w->locks);
    }
}

static void hang_all(worker *workers, uint32_t threads)
{
    for (uint32_t t = 1; t < threads; t++)
        workers[t].started = pthread_create(&workers[t].thread, NULL, hang, &workers[t]) == 0;
    hang(&workers[0]);
    for (uint32_t t = 1; t < threads; t++)
        if (workers[t].started)
            pthread_join(workers[t].thread, NULL);
}

static att_status create_search(att_index *index, att_search **search, att_error *err)
{
    att_status status = ATT_OK;
    if (!*search)
        status = att_search_create(search, &index->host, err);
    if (!status)
        status = att_search_reserve_walk(index, *search, err);
    if (!status)
        status = att_search_reserve_keys(*search, index->options.build_width + ATT_PICKS_MAX, err);
    return status;
}

// What one call needs besides the index: gone when it returns.
typedef struct adding {
    uint32_t *slots; // (count)
    size_t count, next, stride;
    att_locks locks; // (capacity) when there are several threads
    worker *workers; // (threads); the first one's search is the index's
    uint32_t threads;
} adding;

static void finish_adding(const att_index *index, adding *a)
{
    for (uint32_t t = 1; a->workers && t < a->threads; t++)
        att_search_destroy(a->workers[t].search);
    ATT_FREE_ARRAY(&index->host, a->workers, a->threads);
    ATT_FREE_ARRAY(&index->host, a->locks.held, index->capacity);
    ATT_FREE_ARRAY(&index->host, a->slots, a->count);
}

static att_status begin_adding(att_index *index, adding *a, att_error *err)
{
    a->slots = att_alloc(&index->host, a->count, sizeof *a->slots);
    a->workers = ATT_NEW_ARRAY(&index->host, worker, a->threads);
    if (a->threads > 1)
        a->locks.held = att_alloc_zero(&index->host, index->capacity, 1);
    if (!a->slots || !a->workers || (a->threads > 1 && !a->locks.held))
        return att_no_memory(err, a->count, "slots");
    att_status status = create_search(index, &index->writer, err);
    for (uint32_t t = 0; !status && t < a->threads; t++) {
        a->workers[t] = (worker){.index = index,
            .search = t ? NULL : index->writer,
            .slots = a->slots,
            .count = a->count,
            .stride = a->stride,
            .next = &a->next,
            .locks = &a->locks};
        if (t)
            status = create_search(index, &a->workers[t].search, err);
    }
    return status;
}

// The first node is a graph by itself, and so not a matter for several threads.
static void hang_first(att_index *index, adding *a)
{
    for (; index->entry == ATT_ENTRY_NONE && a->next < a->count; a->next++) {
        const uint32_t slot = a->slots[a->next * a->stride % a->count];
        if (index->ids[slot] != ATT_SLOT_NONE)
            att_graph_insert(index, index->writer, slot, &a->locks);
    }
}

att_status att_index_add(att_index *index, const uint32_t *ids, const float *vectors, size_t count,
    uint32_t threads, att_error *err)
{
    if (count == 0)
        return ATT_OK;
    adding a = {.count = count,
        .stride = stride_for(count),
        .threads = (uint32_t)ATT_MIN(ATT_MIN(ATT_MAX(threads, 1), THREADS_MAX), count)};
    att_status status = check_vectors(index, ids, vectors, count, err);
    if (!status)
        status = reserve_all(index, ids, count, err);
    if (!status)
        status = begin_adding(index, &a, err);
    if (!status) {
        for (size_t i = 0; i < count; i++)
            a.slots[i] = settle(index, ids[i], vectors + i * index->options.dim);
        hang_first(index, &a);
        hang_all(a.workers, a.threads);
        att_sweep(index, count * SWEEP_PER_ADD);
    }
    finish_adding(index, &a);
    return status;
}

att_status att_index_remove(att_index *index, uint32_t id, att_error *err)
{
    const uint32_t slot = id <= ATT_INDEX_ID_MAX ? att_index_slot(index, id) : ATT_SLOT_NONE;
    if (slot == ATT_SLOT_NONE)
        return ATT_FAIL(err, ATT_NOT_FOUND, "id %u is not in the index", id);
    att_status status = att_index_own(index, err);
    if (!status)
        status = reserve_deaths(index, 1, err);
    if (status)
        return status;
    att_kill(index, slot);
    att_sweep(index, SWEEP_PER_REMOVE);
    return ATT_OK;
}
