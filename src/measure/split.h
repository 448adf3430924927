// SPDX-License-Identifier: Apache-2.0
// measure/split.h - what is learned from, what is shown of a person, what must be found.
//
// Every protocol gives each preference a role and is then built by one code, which also drops what
// must not be there: no target is in its person's history, no target and nothing hidden is in
// training.
#ifndef ATT_MEASURE_SPLIT_H
#define ATT_MEASURE_SPLIT_H

#include "embed/matrix.h"
#include "measure/dataset.h"

// What went where. Sums over folds where there are several.
typedef struct att_split_counts {
    uint64_t judged; // people
    uint64_t sought; // preferences of theirs
    uint64_t trained_people, trained_preferences;
    uint64_t ranked;          // items
    uint64_t strangers;       // people with something to seek and no history
    uint64_t without_target;  // people with nothing left to seek
    uint64_t unknown_dropped; // preferences left out because training does not know their item
    uint64_t unknown_sought;  // sought all the same
} att_split_counts;

typedef struct att_split {
    const att_table *table;
    const att_host *host;
    uint32_t protocol;     // one bit
    att_matrix train;      // (people trained on, table->items)
    bool timed;            // the dataset has times; else at_ms tells the order alone
    int64_t *train_at_ms;  // per nonzero of train
    uint16_t *train_situation; // per nonzero of train; NULL: the dataset tells of none
    uint32_t *train_order; // per nonzero of train: place among the person's preferences
    uint32_t *train_count; // (items): people in training who prefer it
    uint8_t *ranked;       // (items): 1 when it may stand in a list
    uint32_t ranked_count;
    // People to be judged, by number in the table; each with a history and at least one target.
    uint32_t cases;
    uint32_t *user;          // (cases)
    uint32_t *history_start; // (cases + 1)
    uint32_t *history;       // ascending within a case
    float *history_weight;
    uint32_t *history_order; // place among the person's preferences
    int64_t *history_at_ms;
    uint16_t *history_situation; // NULL: the dataset tells of none
    uint16_t *asked; // (cases) the situation that the first of the targets was chosen in; NULL: as above
    uint32_t *target_start; // (cases + 1)
    uint32_t *targets;      // ascending within a case
    att_split_counts counts;
} att_split;

// Splits for one protocol bit (both leave-one-out protocols split alike). `fold` picks the group of
// test people of strong generalization, 0 … options->folds - 1. Memory from `life`, apart from
// train: att_split_deinit.
att_status att_split_build(att_split *out, const att_table *table, uint32_t protocol, uint32_t fold,
    const att_evaluate_options *options, const att_host *host, att_arena *life, att_error *err);
void att_split_deinit(att_split *split);
// A protocol in words and counts. NULL: out of memory.
const char *att_split_describe(const att_table *table, uint32_t protocol,
    const att_split_counts *counts, const att_evaluate_options *options, bool sampled,
    att_arena *life);

// (cases, count): items that the person never preferred, drawn alike and without repetition,
// ascending. ATT_LIMIT when somebody has not that many. Memory from `life`.
att_status att_split_negatives(const att_split *split, uint32_t count, uint64_t seed,
    att_arena *life, uint32_t **out, att_error *err);

#endif
