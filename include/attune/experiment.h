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
    att_text policy; // YAML: keys of "objective", "exploration" and "taste" that this arm changes; empty: the store's policy
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

// The policy that holds for people of the universal holdout: objective, exploration and taste as they were when the holdout
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

// --- What people did, one by one --------------------------------------------------------------------

// Counted from the first exposure on (before the experiment for the covariate), without bots' events.
typedef struct att_person_tally {
    double reward;      // sum, by the policy's rules
    double slots;       // of displayed decisions
    double clicks, starts, completes, early_skips; // starts: plays, skips, completes and replays
    double likes, surveys, survey_sum, reports, rage_quits;
    double sessions, session_ms, days; // days (UTC) with an event
} att_person_tally;

typedef enum att_metric_role {
    ATT_ROLE_GOAL,     // what the experiment is about: `metrics` of its definition
    ATT_ROLE_OTHER,
    ATT_ROLE_GUARDRAIL // must not get worse, whatever the goals do
} att_metric_role;
const char *att_metric_role_name(att_metric_role role);

// A metric is sum(top) / sum(bottom) over people; bottom is 1 for a mean over people.
typedef struct att_person_metric {
    const char *name; // "reward", "early-skips" …
    const char *text; // what it says
    int better;       // 1: more is better, -1: less
    bool guardrail;
    double scale;     // times this for print
    const char *unit;
    double (*top)(const att_person_tally *tally);
    double (*bottom)(const att_person_tally *tally);
} att_person_metric;
const att_person_metric *att_person_metrics(size_t *count);
const att_person_metric *att_person_metric_find(att_text name); // NULL: none

// --- Read out ---------------------------------------------------------------------------------------

typedef struct att_readout_options {
    double alpha;         // 0.05: intervals are of level 1 - alpha
    int64_t until_ms;     // what happened later is not looked at; 0: everything
    uint32_t before_days; // of the covariate, 0 … 365; default 28
} att_readout_options;
att_readout_options att_readout_options_default(void);

typedef struct att_readout_arm {
    char key[ATT_EXPERIMENT_KEY_MAX + 1];
    double weight;
    uint64_t assigned;  // people with a decision (or an exposure) in this arm
    uint64_t exposed;   // people who saw one
    uint64_t bots;      // of these, set aside as bots: in no figure below
    uint64_t people;    // that are measured: exposed, no bots, in one arm only
    uint64_t decisions, displayed;
} att_readout_arm;

// One metric of one arm beside the first arm's.
typedef struct att_readout_line {
    const att_person_metric *metric;
    att_metric_role role;
    uint32_t variation;
    bool known;               // there is enough to say anything
    double control, value;    // as measured
    double difference;        // value - control, after CUPED
    double low, high;         // anytime-valid interval of the difference; infinite: too early
    double p, p_holm;         // anytime-valid; p_holm over the lines of the same role (a guardrail stands alone)
    double fixed_low, fixed_high, fixed_p; // Welch's, for who reads once, at a planned end
    double variance_cut;      // by CUPED
    int verdict;              // 1: better, -1: worse, 0: not known, by p_holm
} att_readout_line;

typedef struct att_readout {
    char key[ATT_EXPERIMENT_KEY_MAX + 1];
    uint32_t number;
    att_experiment_status status;
    int64_t started_ms, until_ms;
    double days, alpha;
    uint32_t before_days;
    att_readout_arm arms[ATT_VARIATIONS_MAX];
    size_t arm_count;
    uint64_t set_aside;   // people seen in two arms: in no figure
    double ratio_p, ratio_p_anytime, assigned_ratio_p; // sample-ratio check of exposed (once, and however often) and of assigned people
    bool ratio_alarm;     // ratio_p below 0.001: nothing else here can be trusted
    const att_readout_line *lines; // metric by metric, arm by arm
    size_t line_count;
} att_readout;

// Reads the log once; writers are not kept waiting. "holdout" reads the universal holdout: the arms "held-out" and "all".
// Owned by the caller. ATT_INVALID: it has not been started.
att_status att_engine_experiment_read(att_engine *engine, att_text key, const att_readout_options *options,
    att_readout **out, att_error *err);
void att_readout_destroy(att_readout *readout); // NULL is fine

// The people behind a readout, one by one in order of first appearance: valid during the call. False stops.
typedef struct att_readout_person {
    att_text id;
    uint32_t variation;
    int64_t exposed_ms;
    att_person_tally during, before;
} att_readout_person;
typedef bool att_readout_person_seer(void *user, const att_readout_person *person);
att_status att_engine_experiment_people(att_engine *engine, att_text key, const att_readout_options *options,
    att_readout_person_seer *see, void *user, att_error *err);

// --- Does the reading itself hold? ------------------------------------------------------------------

// Simulated experiments on simulated people: some come often and most seldom (log-normal), they enter over time, return,
// and leave for good; some were known before. Looked at after every day.
typedef struct att_trials_options {
    uint32_t experiments; // 1 … 100000; default 1000
    uint32_t people;      // of each, 200 … 1000000; default 2000
    uint32_t days;        // 1 … 365; default 60
    double effect;        // treatment's plays are (1 + effect) times as many; 0: none
    double share;         // of treatment, 0.01 … 0.99; default 0.5
    double alpha;         // default 0.05
    uint64_t seed;        // default 1
} att_trials_options;
att_trials_options att_trials_options_default(void);

enum { ATT_TRIAL_METRICS = 3 };
typedef struct att_trials_metric {
    const char *name;  // "plays per person", "likes per play", "reports per person"
    double anytime;    // share of experiments called at any of the daily looks, by the anytime-valid p
    double anytime_plain; // the same without CUPED
    double at_end;     // by one t-test at the end
    double peeking;    // by a t-test at any of the daily looks: what not to do
    double first_day;  // mean day of the first call by the anytime-valid p; 0: none
    double variance_cut; // by CUPED, mean at the end
    double error_cut;  // mean of (adjusted - true difference)^2 over that of the plain one; NaN when not known
    double growth;     // median information at the end over that at the first look worth one
} att_trials_metric;
typedef struct att_trials_report {
    att_trials_metric metrics[ATT_TRIAL_METRICS];
    double any_metric;     // share of experiments where any metric was called, after Holm
    double ratio_at_end, ratio_daily, ratio_anytime; // share with a sample-ratio alarm: at the end, on any day, by the sequential test
    double seconds;
} att_trials_report;
// One call, one thread; the same seed gives the same report.
att_status att_experiment_trials(
    const att_trials_options *options, const att_host *host, att_trials_report *out, att_error *err);

ATT_END
#endif
