// SPDX-License-Identifier: Apache-2.0
// decide/choices.h - all choices of a store: a fold over the log's records, with a learner for each name.
//
// Pure: the state is a function of the records in order of seq, and of the policy's section "choices". A decision waits
// here until it is settled (attune/choose.h says when); then its learner is taught. What "now" is, is said by the log: the
// greatest logged_ms so far. Decisions are settled in the order in which they were made, but those whose last reward came.
//
// The ledger counts every slot that was decided: of slates by place, of choices by name, by person, and overall.
#ifndef ATT_DECIDE_CHOICES_H
#define ATT_DECIDE_CHOICES_H

#include "attune/policy.h"
#include "decide/bandit.h"
#include "decide/budget.h"
#include "base/arena.h"
#include "signals/seen.h"
#include "store/choice.h"
#include "store/decision.h"
#include "store/store.h"

// Under one name.
typedef struct att_chooser {
    att_bandit bandit;
    uint64_t decisions, displayed, apprentice, pending, rewarded, defaulted, undisplayed, late;
    double reward_sum; // of settled ones
    att_spent spent;
} att_chooser;

// A decision that is not settled. Its question, hashed, is one piece of memory: features of the context and of each option.
typedef struct att_waiting {
    uint64_t seq;
    int64_t deadline_ms;
    uint32_t user, chooser;
    uint32_t shown, option_count, feature_count; // features: all, the context's first
    uint32_t context_count;
    float probability, weight;
    bool settled, displayed, counted; // counted: its impression is in `displayed`
    uint8_t parts;                    // bits: which have come
    float part[ATT_REWARD_PART_COUNT];
    att_bandit_feature *features;     // (feature_count)
    uint32_t *option_features;        // (option_count): how many each has
} att_waiting;

typedef struct att_made_choice {
    uint64_t seq;
    uint32_t user, chooser;
} att_made_choice;

typedef struct att_choices {
    att_host host;
    att_policy policy;
    uint64_t seed;
    att_names names;
    ATT_VEC(att_chooser *) choosers;      // by name
    ATT_VEC(att_waiting) waiting;         // in order of seq; the settled ones go from the front
    size_t first_waiting;
    ATT_VEC(att_made_choice) made;        // all, in order of seq
    att_seen rewards;                     // ids of rewards, with their decision
    ATT_VEC(att_spent) people;            // choices' slots, by person
    att_spent total;
    att_spent places[ATT_SLATE_MAX];      // of slates
    int64_t log_ms;
    uint64_t last_seq;
    bool outdated; // somebody was forgotten who had chosen: replay the log
    att_bandit_memory memory;
    att_arena scratch;
    ATT_VEC(att_bandit_features) options; // work
} att_choices;

att_status att_choices_create(att_choices **out, const att_policy *policy, uint64_t seed, const att_host *host, att_error *err);
void att_choices_destroy(att_choices *choices);
// One record in order of seq; those of other kinds move the log's time. After a failure the state is of no use.
att_status att_choices_apply(att_choices *choices, const att_record *record, att_error *err);

uint32_t att_choices_find(const att_choices *choices, att_text name); // ATT_NO_INDEX: never chosen
const att_made_choice *att_choices_made(const att_choices *choices, uint64_t seq); // NULL: no such decision
bool att_choices_is_settled(const att_choices *choices, uint64_t seq);
// Whether a confirmation of this decision's display would change anything.
bool att_choices_awaits_display(const att_choices *choices, uint64_t seq);
bool att_choices_reward_seen(const att_choices *choices, uint64_t decision, att_text id, uint32_t user);
att_spent att_choices_spent(const att_choices *choices, uint32_t user);

// Finds or makes the learner of a name.
att_status att_choices_add_chooser(att_choices *choices, att_text name, uint32_t *out, att_error *err);

// The distribution for a request, after the budget: p(a) of the learner, scaled down off the greedy option as far as `allowance`
// asks. `question` is made with att_choices_question.
att_status att_choices_distribution(att_choices *choices, uint32_t chooser, const att_bandit_question *question, uint64_t seed,
    att_allowance allowance, att_bandit_memory *memory, float *probabilities, uint32_t *greedy, att_error *err);
// Hashes a request's features; arrays live in the arena.
att_status att_choices_question(const att_choice_feature *features, size_t feature_count, const att_context *context,
    const att_choice_option *options, size_t option_count, att_arena *arena, att_bandit_question *out, att_error *err);

// The whole state in one canonical form, for checkpoint and digest.
att_status att_choices_write(att_choices *choices, att_bytes *out, att_error *err);
// Into a fresh fold. ATT_VERSION: made under another policy or by another store.
att_status att_choices_read(att_choices *choices, const void *data, size_t size, att_error *err);
att_status att_choices_save(att_choices *choices, const char *path, att_error *err);
att_status att_choices_load(att_choices *choices, const char *path, att_error *err);

// Stands in the log as number: signal of a reward record.
bool att_reward_part_parse(att_text name, uint8_t *out);
const char *att_reward_part_name(uint8_t part);
#define ATT_REWARD_MORE 0x80 // bit of the record's signal: more parts may come

#endif
