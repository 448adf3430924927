// SPDX-License-Identifier: Apache-2.0
// signals/seen.h - the set of event ids that were folded, by a keyed 96-bit hash.
//
// 256 shards, each open addressing with linear probing at most 80 % full, growing by a quarter: a shard's growth
// moves 1/256 of the set, so no single event waits long. 16 bytes a slot: 96 bits of XXH3-128 of the id under the
// store's seed, and whose event it was, so that a forgotten person's ids can be taken out. With n ids the chance
// that any two collide is about n^2 / 2^97: 6e-12 for a billion.
#ifndef ATT_SIGNALS_SEEN_H
#define ATT_SIGNALS_SEEN_H

#include "base/base.h"

typedef struct att_seen_key {
    uint64_t low;
    uint32_t high;        // its place within the shard
    uint32_t user_plus_1; // 0: the slot is free
} att_seen_key;

#define ATT_SEEN_SHARDS 256

typedef struct att_seen_shard {
    att_seen_key *slots;
    uint32_t count, capacity;
} att_seen_shard;

typedef struct att_seen {
    const att_host *host;
    uint64_t seed;
    att_seen_shard shards[ATT_SEEN_SHARDS];
} att_seen;

void att_seen_init(att_seen *seen, uint64_t seed, const att_host *host);
void att_seen_deinit(att_seen *seen);
att_seen_key att_seen_key_of(const att_seen *seen, att_text id, uint32_t user);
bool att_seen_has(const att_seen *seen, const att_seen_key *key);
void att_seen_prefetch(const att_seen *seen, const att_seen_key *key);
// Makes room for one more in the key's shard. False: out of memory, nothing changed.
bool att_seen_reserve(att_seen *seen, const att_seen_key *key);
// The same for all of these. Keys that come in the order of another set, as from a checkpoint, need it: they would
// crowd in the lower part of a shard that grows, and each would look through all before it.
bool att_seen_reserve_all(att_seen *seen, const att_seen_key *keys, size_t count);
// The key is not there and room was reserved.
void att_seen_put(att_seen *seen, const att_seen_key *key);
// Takes out all ids of a person. Walks the whole set, allocates nothing.
void att_seen_forget(att_seen *seen, uint32_t user);
size_t att_seen_count(const att_seen *seen);
size_t att_seen_bytes(const att_seen *seen);

#endif
