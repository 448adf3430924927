// SPDX-License-Identifier: Apache-2.0
// signals/seen.c - the set behind seen.h.
//
// A key's home is (high * capacity) / 2^32, so slots are ordered by `high` and a rehash moves them in order.
#include "signals/seen.h"

#include <xxhash.h>

#define FIRST_CAPACITY 16

void att_seen_init(att_seen *seen, uint64_t seed, const att_host *host)
{
    *seen = (att_seen){.host = host, .seed = seed};
}

void att_seen_deinit(att_seen *seen)
{
    for (size_t i = 0; i < ATT_SEEN_SHARDS; i++)
        ATT_FREE_ARRAY(seen->host, seen->shards[i].slots, seen->shards[i].capacity);
    att_seen_init(seen, seen->seed, seen->host);
}

att_seen_key att_seen_key_of(const att_seen *seen, att_text id, uint32_t user)
{
    const XXH128_hash_t hash = XXH3_128bits_withSeed(id.data, id.size, seen->seed);
    return (att_seen_key){
        .low = hash.low64, .high = (uint32_t)hash.high64, .user_plus_1 = user + 1};
}

static size_t shard_of(const att_seen_key *key)
{
    return (size_t)(key->low >> 56);
}

static size_t home_of(const att_seen_key *key, uint32_t capacity)
{
    return (size_t)((uint64_t)key->high * capacity >> 32);
}

// The key's slot, or the free one where it would go. The shard has a free slot.
static size_t slot_of(const att_seen_key *slots, uint32_t capacity, const att_seen_key *key)
{
    size_t slot = home_of(key, capacity);
    while (
        slots[slot].user_plus_1 && (slots[slot].low != key->low || slots[slot].high != key->high))
        slot = slot + 1 == capacity ? 0 : slot + 1;
    return slot;
}

bool att_seen_has(const att_seen *seen, const att_seen_key *key)
{
    const att_seen_shard *shard = &seen->shards[shard_of(key)];
    return shard->capacity && shard->slots[slot_of(shard->slots, shard->capacity, key)].user_plus_1;
}

void att_seen_prefetch(const att_seen *seen, const att_seen_key *key)
{
    const att_seen_shard *shard = &seen->shards[shard_of(key)];
    if (!shard->slots)
        return;
    const char *home = (const char *)(shard->slots + home_of(key, shard->capacity));
    __builtin_prefetch(home);
    __builtin_prefetch(home + 64);
}

static bool resize(att_seen *seen, att_seen_shard *shard, uint32_t capacity)
{
    att_seen_key *slots = ATT_NEW_ARRAY(seen->host, att_seen_key, capacity);
    if (!slots)
        return false;
    for (size_t i = 0; i < shard->capacity; i++)
        if (shard->slots[i].user_plus_1)
            slots[slot_of(slots, capacity, &shard->slots[i])] = shard->slots[i];
    ATT_FREE_ARRAY(seen->host, shard->slots, shard->capacity);
    shard->slots = slots;
    shard->capacity = capacity;
    return true;
}

bool att_seen_reserve(att_seen *seen, const att_seen_key *key)
{
    att_seen_shard *shard = &seen->shards[shard_of(key)];
    if (((uint64_t)shard->count + 1) * 5 <= (uint64_t)shard->capacity * 4)
        return true;
    return shard->capacity <= UINT32_MAX / 2 &&
           resize(seen, shard,
               shard->capacity ? shard->capacity + shard->capacity / 4 : FIRST_CAPACITY);
}

bool att_seen_reserve_all(att_seen *seen, const att_seen_key *keys, size_t count)
{
    uint64_t more[ATT_SEEN_SHARDS] = {0};
    for (size_t i = 0; i < count; i++)
        more[shard_of(&keys[i])]++;
    for (size_t s = 0; s < ATT_SEEN_SHARDS; s++) {
        att_seen_shard *shard = &seen->shards[s];
        const uint64_t all = shard->count + more[s];
        const uint64_t capacity = ATT_MAX(all + all / 3 + 1, FIRST_CAPACITY); // enough to grow by a quarter from
        if (!more[s] || capacity <= shard->capacity)
            continue;
        if (capacity > UINT32_MAX / 2 || !resize(seen, shard, (uint32_t)capacity))
            return false;
    }
    return true;
}

void att_seen_put(att_seen *seen, const att_seen_key *key)
{
    att_seen_shard *shard = &seen->shards[shard_of(key)];
    shard->slots[slot_of(shard->slots, shard->capacity, key)] = *key;
    shard->count++;
}

// Frees a slot; later keys of the run move up when their home does not lie behind the hole.
static void free_slot(att_seen_shard *shard, size_t hole)
{
    const size_t capacity = shard->capacity;
    size_t next = hole;
    for (;;) {
        next = next + 1 == capacity ? 0 : next + 1;
        if (!shard->slots[next].user_plus_1)
            break;
        const size_t home = home_of(&shard->slots[next], shard->capacity);
        const size_t from_home = (next + capacity - home) % capacity;
        const size_t from_hole = (next + capacity - hole) % capacity;
        if (from_home < from_hole)
            continue;
        shard->slots[hole] = shard->slots[next];
        hole = next;
    }
    shard->slots[hole] = (att_seen_key){0};
    shard->count--;
}

void att_seen_forget(att_seen *seen, uint32_t user)
{
    for (size_t s = 0; s < ATT_SEEN_SHARDS; s++) {
        att_seen_shard *shard = &seen->shards[s];
        // Keys only move towards the hole that is being filled, so none slips behind i unseen.
        for (size_t i = 0; i < shard->capacity; i++)
            while (shard->slots[i].user_plus_1 == user + 1)
                free_slot(shard, i);
    }
}

size_t att_seen_count(const att_seen *seen)
{
    size_t count = 0;
    for (size_t i = 0; i < ATT_SEEN_SHARDS; i++)
        count += seen->shards[i].count;
    return count;
}

size_t att_seen_bytes(const att_seen *seen)
{
    size_t slots = 0;
    for (size_t i = 0; i < ATT_SEEN_SHARDS; i++)
        slots += seen->shards[i].capacity;
    return slots * sizeof(att_seen_key);
}
