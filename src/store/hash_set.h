// SPDX-License-Identifier: Apache-2.0
// store/hash_set.h - has this text been seen before? A set of 128-bit hashes (XXH3), 16 bytes each.
//
// Two different texts are taken for one with a chance of n^2 / 2^129: 1e-20 for a billion.
#ifndef ATT_STORE_HASH_SET_H
#define ATT_STORE_HASH_SET_H

#include "base/base.h"

typedef struct att_hash_entry {
    uint64_t low, high; // both zero: free
} att_hash_entry;

typedef struct att_hash_set {
    const att_host *host;
    att_hash_entry *entries; // (capacity), a power of two, at most 70 % full
    size_t capacity, count;
} att_hash_set;

void att_hash_set_init(att_hash_set *set, const att_host *host);
void att_hash_set_deinit(att_hash_set *set);
// *added is false when it was there. False: out of memory, nothing changed.
bool att_hash_set_add(att_hash_set *set, att_text text, bool *added);

#endif
