// SPDX-License-Identifier: Apache-2.0
// store/decision.h - a decision as the log keeps it: all that is needed to explain it, learn from it, and
// evaluate another policy on it. Little-endian, versioned; a byte table is in decision.c.
#ifndef ATT_STORE_DECISION_H
#define ATT_STORE_DECISION_H

#include "attune/decide.h"
#include "base/base.h"
#include "store/decision_pool.h"

typedef struct att_decided_slot {
    uint32_t item;
    uint8_t kind;      // att_slot_kind
    float propensity;
    float terms[ATT_TERM_COUNT];
} att_decided_slot;

typedef struct att_decision_record {
    uint64_t seed, model, policy; // policy: seq of the ATT_RECORD_POLICY in force, 0: default
    uint32_t eligible, candidates;
    att_context context;
    att_territory territory;
    uint8_t age;      // 255: not known
    uint32_t use;
    uint32_t arms[8]; // number of the experiment << 8 | variation; 0: the universal holdout
    uint8_t arm_count;
    uint16_t count;
    att_decided_slot *slots; // (count)
    const att_decision_pool *pool; // encode: what it was chosen from; NULL: not kept
    const unsigned char *pool_data; // decode: (pool_size), for att_decision_pool_decode; size 0: not kept
    size_t pool_size;
    size_t terms; // decode: a slot, as many as were known when it was written
} att_decision_record;

// Bytes needed for `count` slots.
size_t att_decision_size(const att_decision_record *decision);
// Writes exactly att_decision_size bytes.
void att_decision_encode(const att_decision_record *decision, unsigned char *out);
// `slots` has room for slot_capacity (ATT_SLATE_MAX is always enough) and becomes out->slots. ATT_CORRUPT
// with a story on any disagreement, ATT_VERSION for a form from a newer build; out->count is then 0.
att_status att_decision_decode(const unsigned char *data, size_t size, att_decision_record *out,
    att_decided_slot *slots, size_t slot_capacity, att_error *err);

#endif
