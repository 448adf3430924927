// SPDX-License-Identifier: Apache-2.0
// measure/judge.h - one trained contender on one split: a list for every person, and every metric
// of it.
//
// A list is what has the highest scores among the ranked items that are not in the history. Equal
// scores are put in an order by a hash of item and seed: no order of numbering can favour anybody.
#ifndef ATT_MEASURE_JUDGE_H
#define ATT_MEASURE_JUDGE_H

#include "measure/contender.h"

typedef struct att_scored {
    float score; // NaN counts as the lowest
    uint32_t item;
    uint64_t tie;
} att_scored;

// The best `most` of scores (items), best first, among those with ranked[i] != 0 (NULL: all) that
// are not in `exclude` (ascending). heap is (most). Returns how many.
size_t att_rank_top(const float *scores, uint32_t items, const uint8_t *ranked,
    const uint32_t *exclude, size_t exclude_count, uint64_t tie_seed, att_scored *heap,
    size_t most);

typedef struct att_judgement {
    size_t depth;         // places of a list
    double *values;       // (column_count, cases); metrics over all lists leave theirs at 0
    double *spread;       // (column_count): metrics over all lists; others NaN
    uint32_t *lists;      // (cases, depth)
    uint32_t *list_count; // (cases)
} att_judgement;

// negatives: (cases, negative_count) ascending; then a person's list is of the targets and these
// alone. NULL: all that is ranked. Memory of the result from `life`; scoring runs on
// options->threads threads.
att_status att_judge(att_judgement *out, const att_contender *contender, const void *model,
    const att_split *split, const uint32_t *negatives, uint32_t negative_count,
    const att_evaluate_options *options, const att_host *host, att_arena *life, att_error *err);

#endif
