// SPDX-License-Identifier: Apache-2.0
// signals/seen.h - the set of event ids that were folded, by a keyed 96-bit hash.
//
// 256 shards, each open addressing with linear probing at most 80 % full, growing by a quarter: a shard's growth
// moves 1/256 of the set, so no single event waits long. 16 bytes a slot: 96 bits of XXH3-128 of the id under the
// store's seed, and whose event it was, so that a forgotten person's ids can be taken out. With n ids the chance
// that any two collide is about n^2 / 2^97: 6e-12 for a billion.
//
// With att_seen_spill memory does not grow by that for ever: a shard that is full is written, sorted, as a run to a file without
// a name, which is gone when the process ends (the log and the checkpoint are what lasts). Sixteen runs of a size become one (a
// log-structured merge tree, O'Neil et al. 1996). What stays in memory is a filter of 8 bits a key (Bloom 1970, in blocks of a cache
// line: Putze et al. 2007; one look in forty that is answered "perhaps" is wrong) and where each page of 256 keys begins: 1.02 bytes an id.
#ifndef ATT_SIGNALS_SEEN_H
#define ATT_SIGNALS_SEEN_H

#include "base/base.h"

typedef struct att_seen_key {
    uint64_t low;
    uint32_t high;        // its place within the shard
    uint32_t user_plus_1; // 0: the slot is free
} att_seen_key;

#define ATT_SEEN_SHARDS 256

// Keys of one shard in the file, by `high`, then `low`.
typedef struct att_seen_run {
    uint64_t at;      // keys from the file's beginning
    uint32_t count;   // keys; 0: all were forgotten
    uint32_t tier;    // 0: as it was spilled; t + 1: made of 16 of tier t
    uint32_t pages, blocks;
    uint32_t *firsts; // (pages) `high` of each one's first key
    uint64_t *filter; // (blocks, 8)
} att_seen_run;

typedef struct att_seen_shard {
    att_seen_key *slots;
    uint32_t count, capacity; // in memory
    uint32_t spill_at;        // keys
    ATT_VEC(att_seen_run) runs; // the oldest first; tiers fall
} att_seen_shard;

typedef struct att_seen_file {
    int descriptor;    // -1: nothing had to be written yet
    char *folder;      // (folder_size), where it is made
    size_t folder_size;
    int trouble;       // an errno: it could not be read once, so that what is said to be new may not be
    uint32_t keys_max; // of a shard in memory
    bool told;         // that it could not be written
    uint64_t end;      // keys
} att_seen_file;

typedef struct att_seen {
    const att_host *host;
    uint64_t seed;
    att_seen_file *file; // NULL: all in memory
    att_seen_shard shards[ATT_SEEN_SHARDS];
} att_seen;

void att_seen_init(att_seen *seen, uint64_t seed, const att_host *host);
void att_seen_deinit(att_seen *seen);
void att_seen_clear(att_seen *seen); // nothing seen; the file stays in use
// From now on at most about keys_max (0: 2^21) keys are held in memory, the rest in a file in that folder. What the file cannot take
// (a full disk) stays in memory and is said to the log sink. The set is empty. ATT_NO_MEMORY: all stays in memory.
att_status att_seen_spill(att_seen *seen, const char *folder, size_t keys_max, att_error *err);
att_seen_key att_seen_key_of(const att_seen *seen, att_text id, uint32_t user);
// False also when the file cannot be read; then att_seen_trouble is an errno from here on.
bool att_seen_has(const att_seen *seen, const att_seen_key *key);
int att_seen_trouble(const att_seen *seen);
void att_seen_prefetch(const att_seen *seen, const att_seen_key *key);
// Makes room for one more in the key's shard. False: out of memory, nothing changed.
bool att_seen_reserve(att_seen *seen, const att_seen_key *key);
// The same for all of these. Keys that come in the order of another set, as from a checkpoint, need it: they would
// crowd in the lower part of a shard that grows, and each would look through all before it.
bool att_seen_reserve_all(att_seen *seen, const att_seen_key *keys, size_t count);
// The key is not there and room was reserved.
void att_seen_put(att_seen *seen, const att_seen_key *key);
// Takes out all ids of a person, also from the file. Walks the whole set, allocates nothing. ATT_IO: some may be left; again is fine.
att_status att_seen_forget(att_seen *seen, uint32_t user, att_error *err);
size_t att_seen_count(const att_seen *seen);
size_t att_seen_bytes(const att_seen *seen); // in memory

// Every key, shard by shard, in pieces. False when `each` says so, or on trouble with the file or memory.
typedef bool (*att_seen_visitor)(void *user, const att_seen_key *keys, size_t count);
bool att_seen_walk(const att_seen *seen, att_seen_visitor each, void *user);
// All of these, which a walk gave (then it takes the time of reading them), into an empty set. ATT_CORRUPT: a key is there twice, or
// they are many and not in order; *bad is its place.
att_status att_seen_load(att_seen *seen, const att_seen_key *keys, size_t count, size_t *bad, att_error *err);

// --- seen_runs.c, for seen.c ------------------------------------------------------------------------------------

bool att_seen_runs_have(const att_seen *seen, const att_seen_shard *shard, const att_seen_key *key);
void att_seen_runs_prefetch(const att_seen_shard *shard, const att_seen_key *key);
// Writes what a shard has in memory as a run; false: it stays there.
bool att_seen_shard_spill(att_seen *seen, att_seen_shard *shard);
// A run of keys that are in order; false: nothing changed.
bool att_seen_shard_add_run(att_seen *seen, att_seen_shard *shard, const att_seen_key *keys, size_t count);
att_status att_seen_runs_forget(att_seen *seen, att_seen_shard *shard, uint32_t user_plus_1, att_error *err);
bool att_seen_runs_walk(const att_seen *seen, const att_seen_shard *shard, att_seen_visitor each, void *user);
void att_seen_runs_clear(att_seen *seen, att_seen_shard *shard);

static inline int att_seen_order(const att_seen_key *a, const att_seen_key *b)
{
    return a->high != b->high ? (a->high < b->high ? -1 : 1) : a->low != b->low ? (a->low < b->low ? -1 : 1) : 0;
}

#endif
