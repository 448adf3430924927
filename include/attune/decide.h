// SPDX-License-Identifier: Apache-2.0
// attune/decide.h - a question to the engine, and its answer: a slate that explains itself.
#ifndef ATT_DECIDE_H
#define ATT_DECIDE_H

#include "attune/host.h"
#include "attune/items.h"
#include "attune/signals.h"

ATT_BEGIN

// The terms of a score. score = sum of all terms, exactly (in double); each already holds its weight.
// Columns: name, wire name, what it says.
#define ATT_TERM_LIST(X)                                                                           \
    X(RELEVANCE, "relevance", "how near it is to this person's taste")                             \
    X(CONTEXT, "context", "how well it fits device, place, hour and activity")                     \
    X(NOVELTY, "novelty", "a bonus for what few people know")                                      \
    X(FRESHNESS, "freshness", "a bonus for what is newly published")                               \
    X(BUSINESS, "business", "the catalogue owner's boost")                                         \
    X(CONTROL, "control", "this person's sliders and 'less like this'")                            \
    X(CALIBRATION, "calibration", "how much it brings the slate towards the person's mix")         \
    X(REDUNDANCY, "redundancy", "a penalty for likeness to what stands above it")                  \
    X(SITUATION, "situation", "how well its features are what the situation wants")      \
    X(SKIP, "skip", "how much less likely than most it is to be left early")

typedef enum att_term {
#define X(name, wire, text) ATT_TERM_##name,
    ATT_TERM_LIST(X)
#undef X
    ATT_TERM_COUNT
} att_term;
const char *att_term_name(att_term term);
const char *att_term_text(att_term term);

typedef enum att_slot_kind {
    ATT_SLOT_BEST,               // highest score given what stands above
    ATT_SLOT_EXPLORE,            // drawn at random from the exploration pool, within the budget
    ATT_SLOT_OUT_OF_DISTRIBUTION // best of what lies outside the usual taste
} att_slot_kind;
const char *att_slot_kind_name(att_slot_kind kind);

// What has changed in a person, as bits: exploration is then drawn from what was kept back for it (docs/taste.md).
typedef enum att_change {
    ATT_CHANGE_DEVICE = 1, // hardly ever met on this device before
    ATT_CHANGE_PLACE = 2,
    ATT_CHANGE_HOURS = 4,  // at this time of day
    ATT_CHANGE_BINGE = 8,  // the running session is of one theme, far from the person's mix
    ATT_CHANGE_MOVE = 16   // taste has lastingly moved, not long ago
} att_change;

#define ATT_SLATE_MAX 200
#define ATT_REASONS_MAX 3

typedef struct att_request {
    att_text user;           // as in att_event; need not exist: a stranger gets the popular and the various
    att_context context;
    att_territory territory; // 0: not known; then only licences without territory limits hold
    int age;                 // of the person in years; -1: not known, then policy.rights.unknown_age
    uint32_t use;            // one bit of att_use; 0 means ATT_USE_STREAM
    uint32_t count;          // slots wanted, 1 … ATT_SLATE_MAX
    att_text medium;         // only this medium; empty: all
    bool made;               // only what was made here (attune/generate.h)
    int64_t at_ms;           // 0: the host's clock; at most the end of the year 9999
    uint64_t seed;           // 0: derived from the store's seed and the decision's number
    bool explain;            // fill reasons
    bool dry;                // true: nothing is logged, no budget is used, propensities as if it were
} att_request;

att_request att_request_default(void);

// An event that moved an item's score: without it the score would be `effect` lower.
typedef struct att_reason {
    att_text item;     // the item of the event
    att_text title;
    att_signal signal; // the strongest signal that the person gave on it
    int64_t at_ms;
    double effect;     // > 0
} att_reason;

typedef struct att_shown {
    att_text item;
    att_text title;
    att_text medium;
    att_text made;                // id of the brief that the engine made it for (attune/generate.h); empty: it was not made here
    att_slot_kind kind;
    double score;                 // the sum of terms
    double terms[ATT_TERM_COUNT]; // each with its weight in it
    double propensity; // probability that this item stood in this slot, given the slots above it; (0, 1]
    att_reason reasons[ATT_REASONS_MAX]; // most effective first
    size_t reason_count;
} att_shown;

// The answer. Texts and arrays live in the slate until its next use or destruction.
typedef struct att_slate {
    uint64_t decision; // its id: pass it on with the events that follow; 0 when dry
    uint64_t seed;     // that was used
    int64_t at_ms;
    uint64_t model;    // version of the model snapshot; 0: none trained yet
    const att_shown *shown;
    size_t count;      // = request.count whenever that many eligible items exist
    size_t eligible;   // items that could have been shown
    size_t candidates; // that were scored
    size_t explored;   // slots of kind ATT_SLOT_EXPLORE
    uint32_t changes;  // bits of att_change
} att_slate;

ATT_END
#endif
