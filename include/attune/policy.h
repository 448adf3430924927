// SPDX-License-Identifier: Apache-2.0
// attune/policy.h - everything a team may decide without touching code, in one YAML file.
//
// Grades and rewards of signals, session and bot rules, time decay, the objective's weights, diversity,
// exploration budget, holdout, rights. `attune policy --default` prints the file with every key and its comment;
// a file needs only the keys it changes. Errors name line, key, what was found and what was expected.
#ifndef ATT_POLICY_H
#define ATT_POLICY_H

#include "attune/host.h"
#include "attune/signals.h"

ATT_BEGIN

typedef enum att_diversity { ATT_DIVERSITY_NONE, ATT_DIVERSITY_MMR, ATT_DIVERSITY_DPP } att_diversity;

// The algorithm that learns which option to choose (attune/choose.h). Numbers are the order of att_bandit_about_at.
typedef enum att_choice_algorithm {
    ATT_CHOICE_REGCB,
    ATT_CHOICE_EPSILON,
    ATT_CHOICE_LINUCB,
    ATT_CHOICE_THOMPSON,
    ATT_CHOICE_SQUARECB,
    ATT_CHOICE_COVER,
    ATT_CHOICE_BAGGING
} att_choice_algorithm;

// Parts of a choice's reward. Numbers are kept on disk: only append.
typedef enum att_reward_part {
    ATT_REWARD_PART_REWARD,
    ATT_REWARD_PART_CLICK,
    ATT_REWARD_PART_PLAY,
    ATT_REWARD_PART_SATISFACTION,
    ATT_REWARD_PART_PURCHASE,
    ATT_REWARD_PART_COMPLAINT,
    ATT_REWARD_PART_COUNT
} att_reward_part;

// How one signal counts. grade: preference in -1 … 1 that training learns from. reward: what a decision
// earned, -1 … 1. Where a signal has a measure (share played, rating, dwell) the two are scaled by it; see
// docs/signals.md.
typedef struct att_rule {
    double grade;
    double reward;
} att_rule;

// What a situation wants of a feature that items carry: from `least` to `most`, and beyond them less and less of it
// (docs/prompts.md, "Situations"). The features are named here and by the worlds (attune/generate.h), never by the engine.
#define ATT_WISHES_MAX 64
#define ATT_WISH_FEATURE_SIZE 24 // with its zero
typedef struct att_wish {
    char feature[ATT_WISH_FEATURE_SIZE]; // "tempo_bpm"
    uint8_t facet;      // att_facet
    uint8_t which;      // its class, not 0: ATT_ACTIVITY_WORKOUT, ATT_NOISE_LOUD …
    double least, most; // -HUGE_VAL, HUGE_VAL: open; not both
    double tolerance;   // so far beyond, half of the difference between best and worst is lost; above 0
    double weight;      // among the wishes of its situation, 0 … 10; 0: it is off
} att_wish;

typedef struct att_policy {
    struct {
        att_rule rule[ATT_SIGNAL_COUNT];
        double rating_min, rating_max, rating_neutral; // the scale; below neutral is a negative grade
        int32_t early_skip_ms;                         // 5000: a hard no
        int32_t late_skip_ms;                          // 10000: a soft no; later skips are graded by share played
        double early_skip_grade, soft_skip_grade;
        double early_skip_reward, soft_skip_reward;
        double complete_share;   // a play of at least this share counts as complete, 0.9
        int32_t dwell_full_ms;   // a dwell this long has the full grade
        int64_t session_gap_ms;  // silence that ends a session, 30 min
        double half_life_days;   // of a preference; 0: no decay
        double session_half_life_events; // of the session vector
        int64_t future_ms;       // an event dated further ahead than this is refused, 24 h
        uint32_t bot_events_per_minute; // above: events are kept in the log, set aside, counted
    } signals;
    struct {
        double relevance, context, novelty, freshness, business, control; // weights, 0 … 10
        double diversity;    // strength of the redundancy penalty, 0 … 10
        double calibration;  // 0 … 10; Steck 2018's lambda / (1 - lambda)
        att_diversity method;
        double session_mix;  // share of the session vector in the taste, 0 … 1
        double freshness_half_life_days;
        int64_t repeat_gap_ms; // an item shown or finished is not shown again for this long
        uint32_t candidates;   // fetched before the slate is built, 50 … 5000
        uint32_t out_of_distribution; // at least this many items outside the usual taste, 0 … 5
        double early_skip;         // weight: against what is likely to be left early, 0 … 10
        double situation;          // weight: fit to what the situation wants of the item's features, 0 … 10
        double situation_evidence; // events in a situation after which its wishes count half; 0: they never fade
        double situation_share;    // of the candidates, drawn from what fits the situation, 0 … 0.5
    } objective;
    struct { // these take the place of the worlds' wishes of the same situation and feature; an arm of an experiment has none
        uint32_t count;
        att_wish wish[ATT_WISHES_MAX];
    } situations;
    struct {
        double share; // of impressions, 0.05 … 0.15; 0 turns it off
        double pool_log_share; // of decisions whose candidates are kept in the log, 0 … 1; for off-policy estimates
    } exploration;
    // Taste over several time scales (docs/taste.md). Shares and factors are 0 … 1.
    struct {
        bool scales;                 // false: only half_life_days and session_mix, as if none of this were there
        double recent_half_life_days; // of the recent vector
        double recent_share;          // at most so much of the taste is recent, the session aside
        double recent_evidence;       // grades that give the recent vector half of its share
        uint32_t consolidation_days;  // recent taste moves into the long-term vector once in so many days
        double context_share;         // how far the situation bends the taste
        double context_evidence;      // grades in like situations that weigh as much as everybody's habits
        uint32_t binge_events;        // a session with fewer liked things of one tag is no binge
        double binge_evidence;        // log-likelihood ratio that makes it one, nats
        double session_worth;         // grades that one session may bring into long-term taste, until confirmed
        uint32_t confirm_days;        // separate days on which a theme must come up to be confirmed
        double move_evidence;         // log-likelihood ratio that makes a change a lasting one, nats
        double move_half_events;      // liked things of the new taste that halve the weight of the old
        double move_keep;             // of the old at least
        double season_boost;          // weight that a preference of the same time of another year gains
        double season_days;           // around the anniversary
        double life_event_keep;       // of what was liked before a life event
        double reserve;               // of a person's exploration, kept back for sudden changes
    } taste;
    struct {
        att_choice_algorithm algorithm;
        double share;           // of a choice's decisions that may be explored, 0 … 1
        double floor;           // probability spread evenly over all options, before the share cuts it, 0 … 1
        uint32_t reward_wait_s; // what has come by then is the reward
        double default_reward;  // when no part came
        double reward_low, reward_high;      // learned as 0 and 1; beyond them it is cut
        double part[ATT_REWARD_PART_COUNT];  // weight of each part in the reward
        uint32_t bits;          // at most 2^bits weights a table of a learner, 10 … 24
    } choices;
    struct {
        double holdout_share; // of people, 0 … 0.5: in no experiment, for good (attune/experiment.h)
    } experiments;
    struct {
        bool required;   // true: an item without a licence that holds is never shown
        int unknown_age; // years; how old a person of unknown age counts, 0 … 120
    } rights;
    struct {
        bool filter_items; // titles, texts and tags of items pass the text filter beside the store (docs/filter.md)
        uint32_t hold_reports; // an item is not shown once so many different people have reported it; 0: never (attune/queue.h)
    } moderation;
    struct { // when a watch trains, and when it swaps (docs/training.md)
        double new_share;       // of preferences: so many new ones start a training, 0.001 … 100
        uint32_t new_least;     // and at least so many
        double new_items_share; // of the items that people met: so many that the model does not know start one
        double age_days;        // so long after the last one, if anything is new; 0: never by age
        double held_share;      // of what is new since the model in force: the newest, to judge by, 0.05 … 0.9
        uint32_t people_least;  // to judge by
        double margin;          // of the quality that may be lost, 0 … 1
        double confidence;      // that no more is lost, 0.5 … 0.9999
        uint32_t choose_every;  // kind and parameters are chosen anew every so many trainings
        uint32_t warm_passes;   // of the others
        uint32_t keep_models;   // newest versions that stay on disk, beside the one in force and the one before it
    } learning;
    struct { // what is made, and what that costs (docs/generate.md); prices in one currency
        uint32_t candidates;  // wanted for a brief, 1 … 64
        uint32_t attempts;    // so many times as many are tried at most
        double novelty;       // least distance from what was made before, 0 … 1
        bool review;          // people look at all that is made before it is shown
        double cpu_hour, gpu_hour;    // prices
        double labour_hour, qa_minutes; // and minutes for each look that people take
        double storage_gb_month, egress_gb;
        double success;       // a slot whose events earn so much is a successful impression, 0.01 … 1
        int32_t realtime_ms;  // how long a person waits for what is made while they wait
        double risk;          // share held or denied above which people look before anybody waits, 0 … 1
        double utilisation;   // of a machine that is kept ready for real time, 0.01 … 1
    } generation;
} att_policy;

att_policy att_policy_default(void);
// Ranges and agreement of values with each other; for a policy that was put together in code.
att_status att_policy_check(const att_policy *policy, att_error *err);
// Reads the keys over the values already in *policy; on failure *policy is as before. `name` is for messages.
// At most 256 KiB.
att_status att_policy_parse(att_policy *policy, att_text yaml, const char *name, const att_host *host, att_error *err);
att_status att_policy_load(att_policy *policy, const char *path, const att_host *host, att_error *err);
// The whole policy as commented YAML that att_policy_parse reads back to the same values. Writes at most
// `size` bytes with a closing zero, returns the length needed without it.
size_t att_policy_write(const att_policy *policy, char *out, size_t size);

ATT_END
#endif
