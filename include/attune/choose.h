// SPDX-License-Identifier: Apache-2.0
// attune/choose.h - choosing one of a few options (a thumbnail, a scene order, a line of dialogue, a generated variant), and
// learning from what came of it.
//
// A choice has a name ("thumbnail"); under each name the engine keeps one learner, a fold over the log. A decision shows one
// option and keeps, in the log, all options with their probabilities. Its reward may come at once, later, in parts, or never:
//
//   reward = sum over the parts that came of policy.choices.parts[part] * value
//
// A decision is settled, which is when it is learned from: by a reward that says that no more will come, else
// policy.choices.reward_wait_s after it was logged, with the parts that have come by then, or with default_reward when none
// has. The time that settles is the log's own: the greatest time at which a record was appended so far. So the state is a function of the log.
//
//   the same reward id again         counts once, whatever it says
//   a part again under another id    replaces the value of before
//   a reward after the settling      is kept in the log, counted as late, and not learned from
//   a decision never displayed       (await_display, and no confirmation came) is not learned from and not counted as shown
//   apprentice mode (host_option)    the host's own option is shown and learned from; what the learner would have done is logged
//
// Exploration: an option that is shown though another had the greater expected reward is explored. Its count stays
// below policy.choices.share of the decisions, for every person and overall, counted when the decision is logged; where there is no room, the
// best option has probability 1. The logged probabilities are after this step.
#ifndef ATT_CHOOSE_H
#define ATT_CHOOSE_H

#include "attune/engine.h"

ATT_BEGIN

// An algorithm, as it describes itself.
typedef struct att_bandit_about {
    const char *name, *title, *story, *paper;
} att_bandit_about;
// In the order of att_choice_algorithm: the first is the default; NULL behind the last.
const att_bandit_about *att_bandit_about_at(size_t index);

#define ATT_CHOICE_OPTIONS_MAX 4096
#define ATT_CHOICE_FEATURES_MAX 4096 // of a context or an option
#define ATT_CHOICE_NAMES_MAX 4096    // different names of choices in a store

// "device" = "phone" is {"device", "phone", 1}; a number is {"", "age", 0.37}. Hashed; nothing needs scaling.
typedef struct att_choice_feature {
    att_text name_space, name; // at most 255 bytes each
    double value;              // finite
} att_choice_feature;

typedef struct att_choice_option {
    att_text id; // 1 to 255 bytes, each option another
    const att_choice_feature *features;
    size_t feature_count;
} att_choice_option;

typedef struct att_choice_request {
    att_text user;   // may be empty: a stranger
    att_text choice; // its name, 1 to 255 bytes
    const att_choice_option *options;
    size_t option_count;
    const att_choice_feature *features; // of the context
    size_t feature_count;
    att_context context; // device, place, activity and noise become features too, where they are known
    int host_option;     // apprentice mode: the index of the option that is shown whatever the learner says; -1: the learner's
    bool await_display;  // it counts as shown only when att_engine_displayed says so
    double weight;       // how much it counts in learning, over 0 and at most 1e6
    uint64_t seed;       // 0: derived from the store's seed and the decision's number
    bool dry;            // nothing is logged; probabilities as if it were
} att_choice_request;
att_choice_request att_choice_request_default(void);

typedef struct att_choice {
    uint64_t decision; // 0: dry
    uint64_t seed;
    uint32_t shown;    // index of the option to show
    uint32_t chosen;   // what the learner drew; differs from `shown` in apprentice mode alone
    uint32_t greedy;   // of the greatest expected reward
    bool explored;     // shown is not greedy, and not by the host's wish
} att_choice;

// `probabilities` is the caller's (option_count): what was drawn from. On disk before it returns, unless dry.
att_status att_engine_choose(att_engine *engine, const att_choice_request *request, float *probabilities,
    att_choice *out, att_error *err);

typedef struct att_reward {
    uint64_t decision;
    att_text id;   // so that sending it again counts once; empty: made from decision and part
    att_text part; // "reward", "click", "play", "satisfaction", "purchase", "complaint"; empty: "reward"
    double value;  // finite
    bool more;     // more parts may come: wait for them
    int64_t at_ms; // 0: now
} att_reward;

typedef struct att_reward_result {
    uint64_t added, duplicates;
    uint64_t late; // of those added: their decision had been settled
} att_reward_result;

// All or nothing. ATT_NOT_FOUND when a decision is not one of att_engine_choose.
att_status att_engine_reward(
    att_engine *engine, const att_reward *rewards, size_t count, att_reward_result *result, att_error *err);
// The option of this decision was really seen. *added (may be NULL) is false when that was known, or not awaited.
att_status att_engine_displayed(att_engine *engine, uint64_t decision, bool *added, att_error *err);

// The ledger of one choice, or of a place in slates.
typedef struct att_choice_count {
    att_text name;
    uint64_t decisions, displayed, apprentice;
    uint64_t impressions, explored;       // decisions in which the learner's own option was to be shown, and those explored
    uint64_t pending, rewarded, defaulted, undisplayed, late_rewards;
    double reward;                        // mean of the settled ones
} att_choice_count;
// Calls `see` for each name in order of appearance until it returns false; valid during the call.
typedef bool att_choice_count_seer(void *user, const att_choice_count *count);
att_status att_engine_choices_each(att_engine *engine, att_choice_count_seer *see, void *user, att_error *err);
// Of the slates' places 0 … ATT_SLATE_MAX - 1: decided and explored. False: the place was never filled.
bool att_engine_slate_place(att_engine *engine, uint32_t place, uint64_t *impressions, uint64_t *explored);
// What choices spent on a person (zeros: nothing known).
void att_engine_person_choices(att_engine *engine, att_text user, uint64_t *impressions, uint64_t *explored);
// XXH3-128 over the whole state of all choices: equal after any replay.
void att_engine_choices_digest(att_engine *engine, uint8_t out[16]);

// The log's choices as Vowpal Wabbit's cb_adf text, in order, settled or not (without label where no reward came).
att_status att_engine_choices_export_vw(
    att_engine *engine, att_text choice, att_line_sink *sink, void *sink_user, uint64_t *written, att_error *err);

// --- Files in Vowpal Wabbit's text format ---------------------------------------------------------------

typedef struct att_bandit_run_options {
    const char *algorithm; // NULL: the default
    double floor;          // 0 … 1
    uint64_t seed;         // 0: 1
    uint64_t rounds_max;   // 0: all
} att_bandit_run_options;

typedef struct att_bandit_run_report {
    char algorithm[32], form[16]; // form: "multiclass", "cb", "cb_adf"
    uint64_t rounds, options; // greatest number of options
    double loss;          // progressive average of the cost, as vw prints it: multiclass 0/1, logged costs by doubly robust estimate
    double loss_ips;      // logged forms: by inverse propensities
    double loss_logged;   // logged forms: of the policy that made the file
    double seconds;
} att_bandit_run_report;

// Reads the file once and learns from every line: a multiclass file ("3 | a:1 b") is turned into a bandit (vw --cbify), a logged
// file ("2:0.5:0.3 | …", or blocks of lines with "shared |…") is replayed.
att_status att_bandit_run(const char *path, const att_bandit_run_options *options, const att_host *host,
    att_bandit_run_report *out, att_error *err);

ATT_END
#endif
