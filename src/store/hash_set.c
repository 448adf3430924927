// SPDX-License-Identifier: Apache-2.0
// store/hash_set.c - open addressing with linear probing.
#include "store/hash_set.h"

#include <xxhash.h>

void att_hash_set_init(att_hash_set *set, const att_host *host)
{
    *set = (att_hash_set){.host = host};
}

void att_hash_set_deinit(att_hash_set *set)
{
    ATT_FREE_ARRAY(set->host, set->entries, set->capacity);
    *set = (att_hash_set){.host = set->host};
}

// Where it is, or the free place where it belongs.
static att_hash_entry *place_of(att_hash_entry *entries, size_t capacity, att_hash_entry wanted)
{
    for (size_t at = (size_t)wanted.low & (capacity - 1);; at = (at + 1) & (capacity - 1)) {
        att_hash_entry *entry = &entries[at];
        const bool is_free = !(entry->low | entry->high);
        if (is_free || (entry->low == wanted.low && entry->high == wanted.high))
            return entry;
    }
}

static bool grow(att_hash_set *set)
{
    const size_t capacity = set->capacity ? 2 * set->capacity : 1024;
    att_hash_entry *entries = ATT_NEW_ARRAY(set->host, att_hash_entry, capacity);
    if (!entries)
        return false;
    for (size_t i = 0; i < set->capacity; i++)
        if (set->entries[i].low | set->entries[i].high)
            *place_of(entries, capacity, set->entries[i]) = set->entries[i];
    ATT_FREE_ARRAY(set->host, set->entries, set->capacity);
    set->entries = entries;
    set->capacity = capacity;
    return true;
}

bool att_hash_set_add(att_hash_set *set, att_text text, bool *added)
{
    if ((set->count + 1) * 10 > set->capacity * 7 && !grow(set))
        return false;
    const XXH128_hash_t hash = XXH3_128bits(text.data, text.size);
    const att_hash_entry wanted = {hash.low64 | !(hash.low64 | hash.high64), hash.high64};
    att_hash_entry *entry = place_of(set->entries, set->capacity, wanted);
    *added = !(entry->low | entry->high);
    if (*added) {
        *entry = wanted;
        set->count++;
    }
    return true;
}
