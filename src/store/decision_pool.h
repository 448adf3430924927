// SPDX-License-Identifier: Apache-2.0
// store/decision_pool.h - what a slate was chosen from: kept with some decisions, so that another policy's odds over the
// same candidates can be computed exactly. The byte table is in decision_pool.c.
#ifndef ATT_STORE_DECISION_POOL_H
#define ATT_STORE_DECISION_POOL_H

#include "attune/decide.h"
#include "base/arena.h"

#define ATT_POOL_SIZE_MAX ((size_t)512 << 10) // bytes of one pool; a larger one is not kept

enum { ATT_POOL_EXPLORABLE = 1, ATT_POOL_OUTSIDE = 2 }; // flags of a candidate

typedef struct att_pool_slot {
    float probability; // of exploring here, after the budget; 0: the best stood here for sure
    uint32_t best;     // candidate with the highest score given the slots above
    uint32_t chosen;   // candidate that stood here
    bool outside;      // only candidates outside the usual taste were allowed
} att_pool_slot;

typedef struct att_decision_pool {
    bool packed;      // how it is written: as a build of today does, or as older ones did
    uint32_t count;   // candidates
    uint8_t terms;    // that were known when it was written: so many weights
    uint32_t columns; // bits of att_term: which raw terms are kept; the others are 0
    float novelty;    // the person's slider
    float share;      // exploration share of the policy that chose
    float weights[ATT_TERM_COUNT]; // of its objective, by term: novelty without the slider's part
    const uint32_t *items;    // (count)
    const float *raw;         // (columns kept, count): terms at weight 1, those of lower bits first
    const float *uncertainty; // (count)
    const uint8_t *flags;     // (count)
    uint16_t slot_count;
    const att_pool_slot *slots; // (slot_count)
    const float *gain;          // (slot_count, count): calibration at weight 1, given the slots above, without its toll
    const float *penalty;       // (slot_count, count): redundancy at weight 1, likewise
} att_decision_pool;

size_t att_decision_pool_size(const att_decision_pool *pool);
// Writes exactly att_decision_pool_size bytes.
void att_decision_pool_encode(const att_decision_pool *pool, unsigned char *out);
// Looks at sizes alone; `terms` are the record's, a slot, for readers who need no pool.
att_status att_decision_pool_check(const unsigned char *data, size_t size, size_t slots, size_t terms, att_error *err);
// Arrays are copied into `keep`. ATT_CORRUPT with a story on any disagreement.
att_status att_decision_pool_decode(const unsigned char *data, size_t size, size_t slots, size_t terms,
    att_arena *keep, att_decision_pool *out, att_error *err);

#endif
