// SPDX-License-Identifier: Apache-2.0
// retrieve/search.c - a searching thread's memory, and what may be asked.
#include "retrieve/index.h"

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
    ATT_FREE_ARRAY(&host, search->keys, search->key_room * 3);
    ATT_FREE_ARRAY(&host, search, 1);
}

att_status att_search_reserve(att_search *search, size_t keep, att_error *err)
{
    if (keep <= search->key_room)
        return ATT_OK;
    const size_t room = ATT_MAX(keep, 64);
    uint64_t *keys = att_alloc(&search->host, room, 3 * sizeof *keys);
    if (!keys)
        return att_no_memory(err, keep, "candidates");
    ATT_FREE_ARRAY(&search->host, search->keys, search->key_room * 3);
    search->keys = keys;
    search->key_room = room;
    return ATT_OK;
}

att_status att_query_check(const att_index *index, const float *query, att_error *err)
{
    for (uint32_t d = 0; d < index->options.dim; d++)
        if (!isfinite(query[d]))
            return ATT_FAIL(err, ATT_INVALID, "component %u of the query is not finite", d);
    return ATT_OK;
}

bool att_filter_excludes(const att_filter *filter, uint32_t id)
{
    size_t low = 0, high = filter->exclude_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (filter->exclude[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < filter->exclude_count && filter->exclude[low] == id;
}

att_status att_index_top(const att_index *index, att_search *search, const float *query,
    const att_filter *filter, size_t count, uint32_t width, att_hit *hits, size_t *found,
    att_error *err)
{
    (void)width;
    return att_index_top_exact(index, search, query, filter, count, hits, found, err);
}
