// SPDX-License-Identifier: Apache-2.0
// attune/ope.h - what would another policy have earned? Estimates from the log of the one that ran.
//
// A log holds, for each choice, what could have been chosen, with which probability each came
// (logged) and with which the other policy would have taken it (target), what was chosen, and what
// it earned. Formulas, papers, and what each interval promises: docs/off-policy.md.
#ifndef ATT_OPE_H
#define ATT_OPE_H

#include "attune/engine.h"
#include "attune/host.h"
#include "attune/measure.h"
#include "attune/policy.h"

ATT_BEGIN

// --- The log -----------------------------------------------------------------------------------

#define ATT_OPE_CHOICES_MAX 8192 // in one menu
#define ATT_OPE_FEATURES_MAX 64  // of a choice, and of a row

// Owned by the caller; one thread at a time.
typedef struct att_ope_log att_ope_log;

typedef struct att_ope_log_options {
    const char *name;
    double reward_low, reward_high; // every reward lies between; default 0 and 1
    uint32_t actions;               // rows choose among actions 0 … actions - 1
    uint32_t choice_features;       // numbers that describe a choice, at most ATT_OPE_FEATURES_MAX
    uint32_t row_features;          // numbers that describe the moment, likewise
    bool logged_unknown; // true: only the chosen action's probability is known for sure; the other
                         // `logged` values are averages that say what could come at all
} att_ope_log_options;

att_ope_log_options att_ope_log_options_default(void);
att_status att_ope_log_create(
    att_ope_log **out, const att_ope_log_options *options, const att_host *host, att_error *err);
void att_ope_log_destroy(att_ope_log *log); // NULL is fine

typedef struct att_ope_choice {
    uint32_t action;
    double target; // probability under the policy that is asked about
    double logged; // under the one that ran; 0: it never chooses this here
} att_ope_choice;

// What a row chooses from; kept once, used by any number of rows. Probabilities are each in 0 … 1
// and sum to at most 1; what is missing of the target's sum is mass on things that the log does not
// name. `features` is (count, choice_features), or NULL when there are none. *menu is its number.
att_status att_ope_log_menu(att_ope_log *log, const att_ope_choice *choices, size_t count,
    const float *features, uint32_t *menu, att_error *err);

typedef struct att_ope_row {
    uint32_t menu, chosen;  // index into the menu
    double propensity;      // logged probability of the chosen, in (0, 1]
    double reward;
    uint32_t slot;          // of its slate, from 0; at most 255
    uint64_t slate;         // rows of one slate follow each other, slots ascending
    uint64_t person;        // rows of one person are not independent of each other
    const float *features;  // (row_features) or NULL
} att_ope_row;

// In order of time. ATT_INVALID names what is out of range.
att_status att_ope_log_add(att_ope_log *log, const att_ope_row *row, att_error *err);
size_t att_ope_log_count(const att_ope_log *log);

// --- Reward models -----------------------------------------------------------------------------

// What DM and its relatives believe an action earns. A descriptor; hosts may bring their own.
typedef struct att_ope_model {
    const char *name;    // "rate"
    const char *formula;
    const char *source;
    // All rows may be looked at. *state is passed to the others.
    att_status (*fit)(void **state, const att_ope_log *log, const att_host *host, att_error *err);
    // For each choice of the row's menu: `predicted` is (count). With `before` true it must use
    // earlier rows alone, and is called for rows in rising order.
    void (*predict)(void *state, const att_ope_log *log, size_t row, bool before, double *predicted);
    void (*forget)(void *state, const att_host *host);
} att_ope_model;

const att_ope_model *const *att_ope_models(size_t *count); // static
const att_ope_model *att_ope_model_find(att_text name);

// For models: a row as it was added, and its menu. Borrowed while the log lives.
att_ope_row att_ope_log_row(const att_ope_log *log, size_t row);
const att_ope_choice *att_ope_log_choices(
    const att_ope_log *log, uint32_t menu, size_t *count, const float **features);
const att_ope_log_options *att_ope_log_options_of(const att_ope_log *log);

// --- Estimators --------------------------------------------------------------------------------

typedef struct att_ope_estimator {
    const char *name;    // "switch-dr"
    const char *formula;
    const char *paper;
    const char *note;    // when to believe it
    bool uses_model;     // q of the reward model; otherwise q = 0
    bool normalized;     // divided by the mean weight
    bool has_level;      // its weight depends on a level
    bool biased;         // even when the model is wrong and the log endless
    double level;        // default
    double (*weight)(double w, double level); // at most w
} att_ope_estimator;

const att_ope_estimator *att_ope_estimators(size_t *count); // static, in the order of the docs

typedef struct att_ope_pick {
    const att_ope_estimator *estimator;
    double level;
} att_ope_pick;
bool att_ope_pick_parse(att_text text, att_ope_pick *out); // "snips", "switch-dr@10"

// Whole slates: what is assumed of how people read them decides how weights multiply.
typedef struct att_ope_slate_estimator {
    const char *name; // "cascade"
    const char *formula;
    const char *assumes;
    const char *paper;
} att_ope_slate_estimator;
const att_ope_slate_estimator *att_ope_slate_estimators(size_t *count); // static

// --- Support, and the answer -------------------------------------------------------------------

typedef struct att_ope_support {
    size_t rows, slates, people;
    double effective;      // (sum w)^2 / sum w^2, Kish 1965
    double weight_mean;    // 1 where the log supports the target and its propensities are right
    double weight_largest; // that occurred
    double gap;            // mean share of target mass where the log has none
    double gap_unseen;     // … where the log has mass, but never came to it
} att_ope_support;

typedef struct att_ope_value {
    att_ope_pick pick;
    double value;
    double error;             // standard error, people as the unit
    att_interval interval;    // asymptotic: value -+ z error; of a biased estimator, out to where its unbiased
                              // sibling's (IPS or DR) ends
    att_interval anytime;     // confidence sequence of the true value; holds at every length of log
    att_interval difference;  // to what the log earned, asymptotic, paired
    double effective;         // of this estimator's own weights
    double weight_largest;
} att_ope_value;

typedef struct att_ope_part {
    const char *name; // "all slots", "slot 1", …
    uint32_t slot;    // UINT32_MAX: all
    att_ope_support support;
    att_interval logged; // what the log itself earned, asymptotic
    att_status answer;   // ATT_OK, or ATT_INSUFFICIENT: then there are no values, and `why` says why
    char why[504];
    const att_ope_value *values; // (value_count), in the order of the picks
    size_t value_count;
} att_ope_part;

typedef struct att_ope_slate_value {
    const att_ope_slate_estimator *estimator;
    bool normalized;
    double value; // of the sum of a slate's rewards
    double error;
    att_interval interval; // asymptotic, people as the unit
    double effective, weight_largest; // of the last slot's weights
    att_status answer;
    char why[504];
} att_ope_slate_value;

typedef struct att_ope_report {
    const char *log, *target, *model;
    double confidence;
    double reward_low, reward_high;
    const att_ope_part *parts; // all slots first, then each slot where there are several
    size_t part_count;
    const att_ope_slate_value *slates; // none where each slate has one row
    size_t slate_count;
    att_interval slate_logged; // what the log's slates earned
} att_ope_report;

typedef struct att_ope_options {
    const char *target;         // its name, for the report
    const att_ope_model *model; // NULL: "rate"
    const att_ope_pick *picks;  // NULL: the usual ones
    size_t pick_count;
    double confidence;    // default 0.95
    double effective_min; // fewer effective rows are refused; default 30
    double gap_max;       // a larger support gap is refused; default 0.05
} att_ope_options;

att_ope_options att_ope_options_default(void);

// *out is the caller's. Where the log cannot answer for all slots together the call returns
// ATT_INSUFFICIENT with the numbers in the story, and *out still holds what is known of support
// (NULL for a log without rows).
att_status att_ope_evaluate(const att_ope_log *log, const att_ope_options *options,
    const att_host *host, att_ope_report **out, att_error *err);
void att_ope_report_destroy(att_ope_report *report); // NULL is fine
att_status att_ope_report_text(
    const att_ope_report *report, att_report_sink *sink, void *user, att_error *err);
att_status att_ope_report_json(
    const att_ope_report *report, att_report_sink *sink, void *user, att_error *err);

// --- Open Bandit Dataset -----------------------------------------------------------------------

// Reads FOLDER/LOG/CAMPAIGN.csv, and FOLDER/pi_POLICY_CAMPAIGN.csv (a line an option, a column a
// position) for policies that are not "random" (which is uniform). `target` may also be the path of
// such a file, with a '/' or ending in ".csv". Every file at most 4 GiB.
typedef struct att_open_bandit_options {
    const char *log;      // "random", "bts": the folder that was logged
    const char *target;   // likewise, or a path
    const char *campaign; // "men", "women", "all"
} att_open_bandit_options;
att_status att_ope_log_open_bandit(att_ope_log **out, const char *folder,
    const att_open_bandit_options *options, const att_host *host, att_error *err);

// --- The engine's own log ----------------------------------------------------------------------

typedef struct att_ope_store_options {
    const att_policy *target; // differs from the store's in the objective's weights and the exploration share alone
    int64_t from_ms, until_ms; // decisions of this time; 0: from the first, to the last
    int64_t window_ms; // an event later than this after its decision does not count; default 24 h
    uint32_t half;     // 1 or 2: people of one half, by a hash of their id; 0: everybody
    bool current_only; // only decisions of the policy in force
} att_ope_store_options;
att_ope_store_options att_ope_store_options_default(void);

typedef struct att_ope_store_counts {
    uint64_t decisions;    // asked about
    uint64_t with_pool;    // that kept what they were chosen from (exploration.pool_log_share)
    uint64_t other_policy; // of these, left out by current_only
    uint64_t slots;        // of the rest
    uint64_t closed_slots; // where the budget allowed no exploration: left out
    uint64_t rewarded;     // open slots with at least one event
} att_ope_store_counts;

// A log of choices from decisions that kept their pools: an open slot is a row, its reward in -1 … 1
// by the store's grading rules. ATT_INSUFFICIENT where there is none, or where the target differs in
// what the log cannot follow. `counts` may be NULL.
att_status att_engine_ope_log(att_engine *engine, const att_ope_store_options *options,
    att_ope_log **out, att_ope_store_counts *counts, att_error *err);

// --- Do the intervals hold? --------------------------------------------------------------------

// Logs of simulated people under a policy, and another policy whose value is known exactly
// (docs/off-policy.md): how often does each interval hold it?
typedef struct att_ope_coverage_options {
    uint32_t runs;   // logs; default 200
    uint32_t slates; // of each, of three slots; default 2000
    uint32_t people; // default 500
    uint64_t seed;   // default 1
    const att_ope_model *model; // NULL: "rate"
} att_ope_coverage_options;
att_ope_coverage_options att_ope_coverage_options_default(void);

typedef struct att_ope_coverage {
    char name[48];
    bool biased;      // by construction, or because the world breaks what it assumes
    bool has_anytime;
    uint32_t runs;    // with an answer
    double truth;
    double value, rmse; // mean, and root mean square of value - truth
    uint32_t covered, covered_anytime; // runs
    double width, width_anytime;       // mean
} att_ope_coverage;

typedef struct att_ope_coverage_report {
    uint32_t refused; // runs without an answer
    att_ope_coverage rows[48];
    size_t row_count;
} att_ope_coverage_report;
att_status att_ope_coverage_run(const att_ope_coverage_options *options, const att_host *host,
    att_ope_coverage_report *out, att_error *err);

// --- Tuning ------------------------------------------------------------------------------------

#define ATT_TUNE_DIALS 6

typedef struct att_tune_options {
    int64_t window_ms;    // as in att_ope_store_options
    double confidence;    // of the judgement; default 0.95
    double effective_min; // as in att_ope_options
    double gap_max;
} att_tune_options;
att_tune_options att_tune_options_default(void);

typedef enum att_tune_verdict {
    ATT_TUNE_NOTHING, // nothing that was tried promises more than the policy in force
    ATT_TUNE_UNSURE,  // the held-out half does not leave zero out
    ATT_TUNE_BETTER,
    ATT_TUNE_WORSE
} att_tune_verdict;

typedef struct att_tune_dial {
    const char *key; // of section objective
    double now, proposed;
    bool silent; // no choice of this log hangs on it
} att_tune_dial;

typedef struct att_tune_report {
    att_tune_verdict verdict;
    att_policy policy; // the one in force with the proposed weights
    att_tune_dial dials[ATT_TUNE_DIALS];
    uint32_t tried, refused;  // policies asked about on the search half; refused for want of support
    double promise;           // on the search half: DR difference less its standard error, of the proposal
    uint64_t decisions[2];    // with a pool, of the policy in force: search half, held-out half
    // On the held-out half, looked at once; zeros with ATT_TUNE_NOTHING.
    att_ope_support support;
    att_interval logged;      // what the policy in force earned a slot
    att_interval value, anytime, difference; // of the proposal; difference to `logged`
} att_tune_report;

// Searches weights of the objective off-policy and says how sure it is; sets nothing. ATT_INSUFFICIENT
// where the log cannot answer.
att_status att_engine_tune(att_engine *engine, const att_tune_options *options,
    att_tune_report *report, att_error *err);

ATT_END
#endif
