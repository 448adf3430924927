// SPDX-License-Identifier: Apache-2.0
// retrieve/kept.c - a table of lists, in sets of a few places: the least recently used of a set makes room.
#include "retrieve/kept.h"

#include "base/rng.h"
#include "retrieve/scan.h"

#include <math.h>
#include <pthread.h>

enum { PLACES = 4, LOCKS = 64, USUAL_BYTES = 6 << 10 };

// The keys, and behind them the query that they were found for.
typedef struct kept_list {
    uint64_t whose, used_at;
    uint64_t *block; // (size) NULL: the place is free
    size_t size;
    att_long_list list;
    uint32_t slot_count; // of the index when it was made
    uint64_t reused;
} kept_list;

struct att_kept {
    att_host host;
    size_t bytes_max, bytes; // of blocks; atomic
    size_t set_count;        // a power of two
    kept_list *lists;        // (set_count, PLACES), a set under the lock of its number
    pthread_mutex_t locks[LOCKS];
    uint64_t tick, used, searched; // atomic
};

att_status att_kept_create(att_kept **out, size_t bytes_max, const att_host *host, att_error *err)
{
    *out = NULL;
    const att_host full = att_host_complete(host);
    att_kept *kept = ATT_NEW_ARRAY(&full, att_kept, 1);
    if (!kept)
        return att_no_memory(err, 1, "lists of the nearest");
    size_t sets = 1;
    while (sets * 2 * PLACES * USUAL_BYTES <= bytes_max)
        sets *= 2;
    *kept = (att_kept){.host = full, .bytes_max = bytes_max, .set_count = sets, .lists = ATT_NEW_ARRAY(&full, kept_list, sets * PLACES)};
    if (!kept->lists) {
        ATT_FREE_ARRAY(&full, kept, 1);
        return att_no_memory(err, sets * PLACES, "lists of the nearest");
    }
    for (int l = 0; l < LOCKS; l++)
        pthread_mutex_init(&kept->locks[l], NULL);
    *out = kept;
    return ATT_OK;
}

static void drop(att_kept *kept, kept_list *l)
{
    if (l->block)
        (void)__atomic_sub_fetch(&kept->bytes, l->size * sizeof *l->block, __ATOMIC_RELAXED);
    ATT_FREE_ARRAY(&kept->host, l->block, l->size);
    *l = (kept_list){0};
}

void att_kept_destroy(att_kept *kept)
{
    if (!kept)
        return;
    const att_host host = kept->host;
    for (size_t i = 0; i < kept->set_count * PLACES; i++)
        drop(kept, &kept->lists[i]);
    for (int l = 0; l < LOCKS; l++)
        pthread_mutex_destroy(&kept->locks[l]);
    ATT_FREE_ARRAY(&host, kept->lists, kept->set_count * PLACES);
    ATT_FREE_ARRAY(&host, kept, 1);
}

size_t att_kept_bytes(const att_kept *kept)
{
    return kept ? sizeof *kept + kept->set_count * PLACES * sizeof *kept->lists + __atomic_load_n(&kept->bytes, __ATOMIC_RELAXED) : 0;
}

att_kept_counts att_kept_count(const att_kept *kept)
{
    return kept ? (att_kept_counts){__atomic_load_n(&kept->used, __ATOMIC_RELAXED), __atomic_load_n(&kept->searched, __ATOMIC_RELAXED)}
                : (att_kept_counts){0};
}

// --- One set ----------------------------------------------------------------------------------------------------

static kept_list *find(kept_list *set, uint64_t whose)
{
    for (int p = 0; p < PLACES; p++)
        if (set[p].block && set[p].whose == whose)
            return &set[p];
    return NULL;
}

static kept_list *oldest(kept_list *set, const kept_list *but)
{
    kept_list *found = NULL;
    for (int p = 0; p < PLACES; p++)
        if (&set[p] != but && (!found || set[p].used_at < found->used_at))
            found = &set[p];
    return found;
}

// A place with room for `size` words, at the cost of others of its set. NULL: there is none.
static kept_list *make_place(att_kept *kept, kept_list *set, uint64_t whose, size_t size)
{
    kept_list *l = find(set, whose);
    if (!l)
        l = oldest(set, NULL);
    if (l->size >= size && l->size <= 2 * size)
        return l;
    drop(kept, l);
    const size_t bytes = size * sizeof *l->block;
    for (int p = 0; p < PLACES && __atomic_load_n(&kept->bytes, __ATOMIC_RELAXED) + bytes > kept->bytes_max; p++)
        drop(kept, oldest(set, l));
    if (__atomic_add_fetch(&kept->bytes, bytes, __ATOMIC_RELAXED) <= kept->bytes_max)
        l->block = att_alloc(&kept->host, size, sizeof *l->block);
    if (!l->block) {
        (void)__atomic_sub_fetch(&kept->bytes, bytes, __ATOMIC_RELAXED);
        return NULL;
    }
    l->size = size;
    return l;
}

static size_t query_words(const att_index *index)
{
    return ((size_t)index->options.dim + 1) / 2;
}

// --- Lists ------------------------------------------------------------------------------------------------------

static double distance(const float *a, const float *b, uint32_t dim)
{
    double square = 0;
    for (uint32_t d = 0; d < dim; d++)
        square += ((double)a[d] - (double)b[d]) * ((double)a[d] - (double)b[d]);
    return sqrt(square);
}

typedef struct place {
    kept_list *set;
    pthread_mutex_t *lock;
    uint64_t whose;
} place;

static place place_of(att_kept *kept, uint64_t whose)
{
    const size_t set = (size_t)att_mix64(whose) & (kept->set_count - 1);
    return (place){kept->lists + set * PLACES, &kept->locks[set % LOCKS], whose};
}

// The keys into the search's, so that the set is free again at once. False: none of that name that holds.
static bool take(att_kept *kept, const place *at, const att_index *index, att_search *search, const float *query,
    att_long_list *list, uint32_t *since, double *moved)
{
    pthread_mutex_lock(at->lock);
    kept_list *l = find(at->set, at->whose);
    const bool holds = l && l->reused == index->reused && l->slot_count <= index->slot_count &&
                       index->slot_count - l->slot_count <= ATT_LIST_NEWER_MAX &&
                       !att_search_reserve_keys(search, att_list_room(&l->list), NULL);
    if (holds) {
        l->used_at = __atomic_add_fetch(&kept->tick, 1, __ATOMIC_RELAXED);
        *list = l->list;
        *since = l->slot_count;
        *moved = distance(query, (const float *)(const void *)(l->block + l->list.count), index->options.dim);
        memcpy(search->keys, l->block, l->list.count * sizeof *l->block);
    }
    pthread_mutex_unlock(at->lock);
    return holds;
}

static void keep(att_kept *kept, const place *at, const att_index *index, const att_search *search, const float *query)
{
    const att_long_list *list = &search->list;
    pthread_mutex_lock(at->lock);
    kept_list *l = make_place(kept, at->set, at->whose, list->count + query_words(index));
    if (l) {
        memcpy(l->block, list->keys, list->count * sizeof *l->block);
        memcpy(l->block + list->count, query, index->options.dim * sizeof *query);
        l->whose = at->whose;
        l->used_at = __atomic_add_fetch(&kept->tick, 1, __ATOMIC_RELAXED);
        l->list = (att_long_list){.count = list->count, .bar = list->bar};
        l->slot_count = index->slot_count;
        l->reused = index->reused;
    }
    pthread_mutex_unlock(at->lock);
}

att_status att_kept_top(att_kept *kept, uint64_t whose, const att_index *index, att_search *search, const float *query,
    const att_filter *filter, size_t count, uint32_t width, att_hit *hits, size_t *found, att_error *err)
{
    if (!kept)
        return att_index_top(index, search, query, filter, count, width, hits, found, err);
    *found = 0;
    att_status status = att_query_check(index, query, err);
    if (!status)
        status = att_search_reserve_walk(index, search, err);
    if (status)
        return status;
    const place at = place_of(kept, whose);
    att_long_list list;
    uint32_t since;
    double moved;
    const size_t most = ATT_MIN(count, index->live_count);
    if (most && take(kept, &at, index, search, query, &list, &since, &moved) &&
        att_index_list_top(index, search, query, filter, &list, since, moved, most, hits)) {
        *found = most;
        (void)__atomic_add_fetch(&kept->used, 1, __ATOMIC_RELAXED);
        return ATT_OK;
    }
    search->wants_list = true;
    status = att_index_top(index, search, query, filter, count, width, hits, found, err);
    search->wants_list = false;
    (void)__atomic_add_fetch(&kept->searched, 1, __ATOMIC_RELAXED);
    if (!status && search->list.count)
        keep(kept, &at, index, search, query);
    return status;
}
