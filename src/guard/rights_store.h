// SPDX-License-Identifier: Apache-2.0
// guard/rights_store.h - how rights lie in memory; for the files behind rights.h only.
//
// Most catalogues have few distinct contracts, so what items share is kept once:
//   row (8 bytes an item) -> profile: a list of licences -> territory set: who is in, who is out.
// Profiles and territory sets are byte strings in att_names, so equal ones get one number.
//
//   profile bytes:   count (1 … 64), then for each licence
//                    start i64, end i64, territory set u32, uses u8
//
//   territory bytes: 1, include count u16, exclude count u16, then the codes,
//                    each list ascending
//
// Host byte order: they never leave the process. A profile that no item uses any more is dropped
// when such dead ones outnumber the living.
#ifndef ATT_GUARD_RIGHTS_STORE_H
#define ATT_GUARD_RIGHTS_STORE_H

#include "guard/rights.h"

#include <pthread.h>

#define ATT_PROFILE_UNKNOWN UINT32_MAX    // rights_known is false
#define ATT_PROFILE_NONE (UINT32_MAX - 1) // rights are known: there are none
#define ATT_RIGHTS_AGE_MAX 21             // years; nothing is rated higher

enum { ATT_ROW_BODY = 1, ATT_ROW_DOWN = 2, ATT_ROW_HELD = 4, ATT_ROW_DENIED = 8 };

typedef struct att_rights_row {
    uint32_t profile;
    uint16_t medium;
    uint8_t age;
    uint8_t flags;
} att_rights_row;

#define ATT_RIGHTS_SETS_MAX 64

typedef struct att_rights_key {
    att_territory territory;
    uint8_t age; // never above ATT_RIGHTS_AGE_MAX
    uint8_t use;
    bool required;
    uint32_t medium;
} att_rights_key;

// An eligible set and its book-keeping; under the lock, but for the bits of a set that is held.
typedef struct att_rights_set_entry {
    att_eligible
        seen; // what the caller holds; first, so that a pointer to it is a pointer to the entry
    att_rights_key key;
    uint64_t *bits; // (words)
    size_t words;
    uint64_t used_at;  // tick of the last use, for LRU
    int64_t anchor_ms; // time of the last query; inside seen's span
    uint32_t held;     // callers who have not released it
    bool cached;
} att_rights_set_entry;

struct att_rights {
    att_host host;
    ATT_VEC(att_rights_row) rows;
    att_names profiles, territories, mediums;
    ATT_VEC(uint32_t) profile_refs;
    uint32_t dead_profiles;
    ATT_VEC(unsigned char) encoding; // of the profile being set
    pthread_mutex_t lock;            // all below
    att_rights_set_entry *sets[ATT_RIGHTS_SETS_MAX];
    size_t set_count;
    size_t set_bytes; // of all entries and their bits
    uint64_t tick;
};

typedef struct att_rights_licence {
    int64_t start_ms, end_ms;
    uint32_t territories, uses;
} att_rights_licence;

size_t att_rights_licence_count(const att_rights *rights, uint32_t profile);
att_rights_licence att_rights_licence_get(const att_rights *rights, uint32_t profile, size_t index);
bool att_rights_territory_holds(const att_rights *rights, uint32_t set, att_territory territory);
bool att_rights_time_holds(const att_rights_licence *licence, int64_t at_ms);

// Whether one of the profile's licences holds; *from and *until are narrowed to the span round
// at_ms in which the answer cannot change.
bool att_rights_profile_holds(const att_rights *rights, uint32_t profile, const att_rights_key *key,
    int64_t at_ms, int64_t *from_ms, int64_t *until_ms);
// The same with everything else that bars the item.
bool att_rights_row_holds(const att_rights *rights, const att_rights_row *row,
    const att_rights_key *key, int64_t at_ms, int64_t *from_ms, int64_t *until_ms);
att_rights_key att_rights_key_of(const att_rights_query *query);

// Brings the cached sets up to date with rows[item].
void att_rights_cache_touch(att_rights *rights, uint32_t item);
void att_rights_cache_deinit(att_rights *rights);

#endif
