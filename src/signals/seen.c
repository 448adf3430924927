// SPDX-License-Identifier: Apache-2.0
// signals/seen.c - the set behind seen.h.
//
// A key's home is (high * capacity) / 2^32, so slots are ordered by `high` and a rehash moves them in order.
#include "signals/seen.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#define FIRST_CAPACITY 16
#define KEYS_IN_MEMORY (1u << 21)

void att_seen_init(att_seen *seen, uint64_t seed, const att_host *host)
{
    *seen = (att_seen){.host = host, .seed = seed};
}

// Not all shards at once: the first time each is written at another size, and so ever after at other times.
static void set_limits(att_seen *seen)
{
    for (size_t i = 0; seen->file && i < ATT_SEEN_SHARDS; i++)
        seen->shards[i].spill_at = (uint32_t)((uint64_t)seen->file->keys_max * (ATT_SEEN_SHARDS + i) / (2 * ATT_SEEN_SHARDS)) + 1;
}

void att_seen_clear(att_seen *seen)
{
    for (size_t i = 0; i < ATT_SEEN_SHARDS; i++) {
        ATT_FREE_ARRAY(seen->host, seen->shards[i].slots, seen->shards[i].capacity);
        att_seen_runs_clear(seen, &seen->shards[i]);
        seen->shards[i] = (att_seen_shard){0};
    }
    if (seen->file) {
        if (seen->file->descriptor >= 0)
            close(seen->file->descriptor); // and with it the file is gone
        seen->file->descriptor = -1;
        seen->file->trouble = 0;
        seen->file->end = 0;
    }
    set_limits(seen);
}

void att_seen_deinit(att_seen *seen)
{
    att_seen_clear(seen);
    if (seen->file) {
        ATT_FREE_ARRAY(seen->host, seen->file->folder, seen->file->folder_size);
        ATT_FREE_ARRAY(seen->host, seen->file, 1);
    }
    att_seen_init(seen, seen->seed, seen->host);
}

att_status att_seen_spill(att_seen *seen, const char *folder, size_t keys_max, att_error *err)
{
    const size_t most = (keys_max ? keys_max : KEYS_IN_MEMORY) / ATT_SEEN_SHARDS, size = strlen(folder) + 1;
    assert(!seen->file && att_seen_count(seen) == 0);
    att_seen_file *file = ATT_NEW_ARRAY(seen->host, att_seen_file, 1);
    char *name = ATT_NEW_ARRAY(seen->host, char, size);
    if (!file || !name) {
        ATT_FREE_ARRAY(seen->host, file, 1);
        ATT_FREE_ARRAY(seen->host, name, size);
        return att_no_memory(err, 1, "file of ids");
    }
    memcpy(name, folder, size);
    *file = (att_seen_file){.descriptor = -1, .folder = name, .folder_size = size, .keys_max = (uint32_t)ATT_MIN(ATT_MAX(most, (size_t)8), (size_t)1 << 24)};
    seen->file = file;
    set_limits(seen);
    return ATT_OK;
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
    if (shard->capacity && shard->slots[slot_of(shard->slots, shard->capacity, key)].user_plus_1)
        return true;
    return shard->runs.count && att_seen_runs_have(seen, shard, key);
}

int att_seen_trouble(const att_seen *seen)
{
    return seen->file ? seen->file->trouble : 0;
}

void att_seen_prefetch(const att_seen *seen, const att_seen_key *key)
{
    const att_seen_shard *shard = &seen->shards[shard_of(key)];
    if (!shard->slots)
        return;
    const char *home = (const char *)(shard->slots + home_of(key, shard->capacity));
    __builtin_prefetch(home);
    __builtin_prefetch(home + 64);
    att_seen_runs_prefetch(shard, key);
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
    if (seen->file && shard->count >= shard->spill_at)
        att_seen_shard_spill(seen, shard);
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

att_status att_seen_forget(att_seen *seen, uint32_t user, att_error *err)
{
    att_status status = ATT_OK;
    for (size_t s = 0; s < ATT_SEEN_SHARDS && !status; s++) {
        att_seen_shard *shard = &seen->shards[s];
        // Keys only move towards the hole that is being filled, so none slips behind i unseen.
        for (size_t i = 0; i < shard->capacity; i++)
            while (shard->slots[i].user_plus_1 == user + 1)
                free_slot(shard, i);
        status = att_seen_runs_forget(seen, shard, user + 1, err);
    }
    return status;
}

size_t att_seen_count(const att_seen *seen)
{
    size_t count = 0;
    for (size_t i = 0; i < ATT_SEEN_SHARDS; i++) {
        count += seen->shards[i].count;
        for (size_t r = 0; r < seen->shards[i].runs.count; r++)
            count += seen->shards[i].runs.items[r].count;
    }
    return count;
}

size_t att_seen_bytes(const att_seen *seen)
{
    size_t bytes = seen->file ? sizeof *seen->file + seen->file->folder_size : 0;
    for (size_t i = 0; i < ATT_SEEN_SHARDS; i++) {
        const att_seen_shard *shard = &seen->shards[i];
        bytes += shard->capacity * sizeof(att_seen_key) + shard->runs.capacity * sizeof(att_seen_run);
        for (size_t r = 0; r < shard->runs.count; r++)
            bytes += shard->runs.items[r].pages * sizeof(uint32_t) + shard->runs.items[r].blocks * 8 * sizeof(uint64_t);
    }
    return bytes;
}

// --- All of them ----------------------------------------------------------------------------------------------

bool att_seen_walk(const att_seen *seen, att_seen_visitor each, void *user)
{
    for (size_t s = 0; s < ATT_SEEN_SHARDS; s++) {
        const att_seen_shard *shard = &seen->shards[s];
        if (shard->runs.count) {
            if (!att_seen_runs_walk(seen, shard, each, user))
                return false;
            continue;
        }
        for (size_t i = 0; i < shard->capacity; i++)
            if (shard->slots[i].user_plus_1 && !each(user, &shard->slots[i], 1))
                return false;
    }
    return true;
}

static int by_order(const void *a, const void *b)
{
    return att_seen_order(a, b);
}

static bool is_ascending(const att_seen_key *keys, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (att_seen_order(&keys[i - 1], &keys[i]) >= 0)
            return false;
    return true;
}

// Many keys of one shard straight to the file; false: they must go the common way.
static bool load_run(att_seen *seen, const att_seen_key *keys, size_t count)
{
    att_seen_shard *shard = &seen->shards[shard_of(keys)];
    if (!seen->file || count <= seen->file->keys_max || shard->count || shard->runs.count || count > UINT32_MAX / 2)
        return false;
    if (is_ascending(keys, count))
        return att_seen_shard_add_run(seen, shard, keys, count);
    att_seen_key *sorted = ATT_NEW_ARRAY(seen->host, att_seen_key, count);
    if (!sorted)
        return false;
    memcpy(sorted, keys, count * sizeof *keys);
    qsort(sorted, count, sizeof *sorted, by_order);
    const bool added = is_ascending(sorted, count) && att_seen_shard_add_run(seen, shard, sorted, count);
    ATT_FREE_ARRAY(seen->host, sorted, count);
    return added;
}

att_status att_seen_load(att_seen *seen, const att_seen_key *keys, size_t count, size_t *bad, att_error *err)
{
    const bool fits = !seen->file || count <= (size_t)seen->file->keys_max * ATT_SEEN_SHARDS;
    size_t pieces = 0;
    *bad = 0;
    if (fits && !att_seen_reserve_all(seen, keys, count))
        return att_no_memory(err, count, "event ids");
    for (size_t at = 0, to; at < count; at = to) {
        for (to = at + 1; to < count && shard_of(&keys[to]) == shard_of(&keys[at]);)
            to++;
        *bad = at;
        if (!fits && ++pieces > ATT_SEEN_SHARDS)
            return ATT_FAIL(err, ATT_CORRUPT, "not in order");
        if (!fits && load_run(seen, keys + at, to - at))
            continue;
        if (!fits && !att_seen_reserve_all(seen, keys + at, to - at))
            return att_no_memory(err, to - at, "event ids");
        for (; *bad < to; ++*bad) {
            if (att_seen_has(seen, &keys[*bad]))
                return ATT_FAIL(err, ATT_CORRUPT, "twice");
            if (!att_seen_reserve(seen, &keys[*bad]))
                return att_no_memory(err, count, "event ids");
            att_seen_put(seen, &keys[*bad]);
        }
    }
    return ATT_OK;
}
