// SPDX-License-Identifier: Apache-2.0
// attune/experiment.h - which of several ways is better for people, decided by chance and read with care.
//
// An experiment gives each person, by a salted hash of their id, one of its variations ("arms") for good. An arm may
// change the policy that decides for its people. Nothing about who is in which arm is stored: whoever knows the definition
// can say it, and the hash is GrowthBook's, so that both tools see the same arms. Method, formulas and papers:
// docs/experiments.md.
#ifndef ATT_EXPERIMENT_H
#define ATT_EXPERIMENT_H

#include "attune/engine.h"

ATT_BEGIN

#define ATT_VARIATIONS_MAX 16
#define ATT_ARMS_MAX 8 // experiments that one person can be in at the same time
#define ATT_EXPERIMENT_KEY_MAX 64

// --- Assignment: pure functions ---------------------------------------------------------------------

typedef struct att_hash_range {
    double from, to; // from is in, to is not
} att_hash_range;

// Where a person falls in [0, 1). Version 2: fnv32a(decimal text of fnv32a(seed + person)) % 10000 / 10000; version 1:
// fnv32a(person + seed) % 1000 / 1000; any other: -1.
double att_assign_hash(att_text seed, att_text person, uint32_t version);
// One range a variation: its share begins where the one before ends, and its first `coverage` part is used. Weights that
// are NULL or do not sum to 1 (within 0.01) count as equal; coverage is brought into 0 … 1. ranges is (count).
void att_assign_ranges(const double *weights, size_t count, double coverage, att_hash_range *ranges);
// The first range that holds the point; -1: none.
int att_assign_choose(double point, const att_hash_range *ranges, size_t count);
// Is the person in this part of a namespace? GrowthBook's: version 1 under the seed "__" + space.
bool att_assign_in_space(att_text person, att_text space, att_hash_range part);

// --- A definition -----------------------------------------------------------------------------------

typedef struct att_variation {
    att_text key;
    double weight;
    att_text policy; // YAML: keys of "objective" and "exploration" that this arm changes; empty: the store's policy
} att_variation;

// People outside all ranges are not in the experiment.
typedef struct att_bucket_filter {
    att_text seed;
    uint32_t hash_version;
    const att_hash_range *ranges;
    size_t range_count;
} att_bucket_filter;

typedef enum att_experiment_status {
    ATT_EXPERIMENT_DRAFT, // may still be changed; nobody is in it
    ATT_EXPERIMENT_RUNNING,
    ATT_EXPERIMENT_STOPPED // for good: who wants to go on starts a new one
} att_experiment_status;
const char *att_experiment_status_name(att_experiment_status status);

typedef struct att_experiment {
    att_text key;  // letters, digits, '-', '_', '.'; at most 64 bytes
    att_text seed; // of the hash; the key unless said otherwise
    att_text note; // what is expected, for people
    uint32_t hash_version; // 2, or 1
    double coverage;       // share of people that takes part, above 0, at most 1
    att_text space;        // namespace; empty: none
    att_hash_range space_part;
    const att_bucket_filter *filters;
    size_t filter_count;
    const att_variation *variations; // the first one is what the others are compared with
    size_t variation_count;          // 2 … ATT_VARIATIONS_MAX
    const att_text *metrics;         // what it is about, by name (att_person_metric_find); none: reward
    size_t metric_count;
    // Set by the store.
    uint32_t number; // 1, 2, 3 … in order of creation
    att_experiment_status status;
    int64_t created_ms, started_ms, stopped_ms; // 0: not yet
} att_experiment;

// Owned by the caller, texts inside; give it back with att_experiment_destroy. A story names line and key. At most 64 KiB.
att_status att_experiment_parse(
    att_experiment **out, att_text yaml, const char *name, const att_host *host, att_error *err);
att_status att_experiment_load(att_experiment **out, const char *path, const att_host *host, att_error *err);
void att_experiment_destroy(att_experiment *experiment); // NULL is fine
// For a definition that was put together in code.
att_status att_experiment_check(const att_experiment *experiment, att_error *err);
// YAML that att_experiment_parse reads back. Writes at most `size` bytes with a closing zero, returns the length needed.
size_t att_experiment_write(const att_experiment *experiment, char *out, size_t size);
// The variation of this person, -1: not in it. Looks at the definition alone: not at status or holdout.
int att_experiment_assign(const att_experiment *experiment, att_text person);

// --- In a store -------------------------------------------------------------------------------------

// Adds a draft, or replaces a draft of the same key. ATT_EXISTS, naming what differs, when one of this key runs or ran:
// weights and variations of a running experiment do not change.
att_status att_engine_experiment_create(att_engine *engine, const att_experiment *experiment, att_error *err);
// From now on people are in it. ATT_EXISTS: it ran before; ATT_INVALID: it overlaps another one of its namespace, changes
// a policy key that another running one changes for the same people, or would put a person into more than ATT_ARMS_MAX.
att_status att_engine_experiment_start(att_engine *engine, att_text key, att_error *err);
att_status att_engine_experiment_stop(att_engine *engine, att_text key, att_error *err);
// In order of number; valid during the call. False stops.
typedef bool att_experiment_seer(void *user, const att_experiment *experiment);
att_status att_engine_experiments_each(att_engine *engine, att_experiment_seer *see, void *user, att_error *err);
// One by key. ATT_NOT_FOUND if it is not there.
att_status att_engine_experiment_see(
    att_engine *engine, att_text key, att_experiment_seer *see, void *user, att_error *err);

// The arms that a decision for this person would have now.
typedef struct att_arm {
    uint32_t experiment; // number; 0: the universal holdout
    uint32_t variation;
} att_arm;
typedef struct att_assignment {
    att_arm arms[ATT_ARMS_MAX];
    size_t count;
    bool held_out; // in the universal holdout: in no experiment, and under the baseline policy
} att_assignment;
att_status att_engine_assign(att_engine *engine, att_text person, att_assignment *out, att_error *err);

// The policy that holds for people of the universal holdout: objective and exploration as they were when the holdout
// began, which is when the first experiment was started. *since_ms is 0 before that, and the policy the one in force.
att_status att_engine_holdout_policy(att_engine *engine, att_policy *out, int64_t *since_ms, att_error *err);
// The baseline becomes the policy in force: what was learned so far is shipped to everybody, and a new comparison begins.
att_status att_engine_holdout_restart(att_engine *engine, att_error *err);

// A decision was displayed: counts as exposure to its arms. Events that carry a decision say so by themselves; this is for
// hosts that send none. ATT_NOT_FOUND: no such person.
att_status att_engine_expose(att_engine *engine, att_text person, uint64_t decision, att_error *err);
// The host showed this person a variation by itself (another tool assigned it): counts as exposure.
att_status att_engine_expose_arm(
    att_engine *engine, att_text person, att_text experiment, att_text variation, att_error *err);

ATT_END
#endif
