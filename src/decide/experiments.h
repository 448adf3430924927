// SPDX-License-Identifier: Apache-2.0
// decide/experiments.h - all experiments of a store: a fold over their records, and who is in what now.
//
// Each record holds an experiment whole, so that the newest one of a number is all that is needed.
#ifndef ATT_DECIDE_EXPERIMENTS_H
#define ATT_DECIDE_EXPERIMENTS_H

#include "decide/experiment.h"

// An arm as decision records keep it: number of the experiment << 8 | variation; 0: the universal holdout.
static inline uint32_t att_arm_code(att_arm arm)
{
    return arm.experiment << 8 | arm.variation;
}
static inline att_arm att_arm_of(uint32_t code)
{
    return (att_arm){code >> 8, code & 0xFF};
}
#define ATT_EXPERIMENTS_MAX 65536 // in a store, ever
#define ATT_EXPERIMENTS_RUNNING_MAX 64

typedef struct att_arm_overrides {
    att_override *list; // (count)
    size_t count;
} att_arm_overrides;

typedef struct att_running {
    const att_experiment *experiment;
    att_hash_range ranges[ATT_VARIATIONS_MAX];
    att_arm_overrides overrides[ATT_VARIATIONS_MAX];
} att_running;

typedef struct att_experiments {
    att_host host;
    char holdout_seed[40];
    ATT_VEC(att_experiment *) all; // number - 1
    att_running *running;          // (running_count) in order of number
    size_t running_count;
    int64_t holdout_since_ms;      // 0: has not begun
    uint64_t holdout_seq;          // of the record that began it; 0: none
    att_policy baseline;           // of the holdout, once begun
} att_experiments;

// `seed` is the store's: it salts the holdout.
void att_experiments_init(att_experiments *set, uint64_t seed, const att_host *host);
void att_experiments_deinit(att_experiments *set);
// Takes the experiment over, in any case: as a new one or in place of the one with its number. ATT_CORRUPT when its
// number is neither known nor the next.
att_status att_experiments_put(att_experiments *set, att_experiment *adopt, att_error *err);
void att_experiments_holdout(att_experiments *set, const att_policy *baseline, int64_t since_ms, uint64_t seq);
const att_experiment *att_experiments_find(const att_experiments *set, att_text key); // NULL: none
// May this one start beside those that run?
att_status att_experiments_may_start(const att_experiments *set, const att_experiment *experiment, att_error *err);

// Who is in what. `base` is the store's policy; *policy becomes `base`, or *own, filled for this person. Nothing is hashed
// while nothing runs. No allocation.
void att_experiments_assign(const att_experiments *set, att_text person, const att_policy *base, double holdout_share,
    att_assignment *out, const att_policy **policy, att_policy *own);

// --- Records: docs/formats.md -----------------------------------------------------------------------
// The change that a record of kind ATT_RECORD_EXPERIMENT made (its field `signal`). Kept on disk: only append.
typedef enum att_experiment_change {
    ATT_CHANGE_NONE,
    ATT_CHANGE_CREATED,
    ATT_CHANGE_REPLACED,
    ATT_CHANGE_STARTED,
    ATT_CHANGE_STOPPED,
    ATT_CHANGE_HOLDOUT // payload: the baseline policy as YAML
} att_experiment_change;
size_t att_experiment_record_size(const att_experiment *experiment);
// Writes att_experiment_record_size bytes.
void att_experiment_record_encode(const att_experiment *experiment, unsigned char *out);
att_status att_experiment_record_decode(
    const unsigned char *data, size_t size, const att_host *host, att_experiment **out, att_error *err);

#endif
