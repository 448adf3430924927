// SPDX-License-Identifier: Apache-2.0
// embed/holdout.h - people kept out of training, to choose by.
//
// Strong generalization: of every person held out, 80 % of the preferences are folded in and the other 20 % must
// be found among all items that are not in the folded part. The fifth is drawn at random, or is the newest
// where times are given. NDCG@100 with gain 1 and discount 1 / log2(rank + 1); recall@20 over min(20, targets).
#ifndef ATT_EMBED_HOLDOUT_H
#define ATT_EMBED_HOLDOUT_H

#include "embed/matrix.h"
#include "embed/model.h"

typedef struct att_holdout {
    att_matrix train;   // the others; all items
    att_matrix history; // (held, items)
    att_matrix targets; // (held, items)
    int64_t *train_at_ms, *history_at_ms; // beside their matrices' col; NULL: no times were given
    uint16_t *train_situation, *history_situation; // likewise; NULL: none were given
    uint64_t train_count, history_count;  // of them
    bool untimed;    // the times tell the order alone
    bool by_clock;   // everybody is asked at the end of training
    uint16_t *asked; // (held) the situation that the first of the targets was chosen in; NULL: not known
} att_holdout;

typedef struct att_holdout_options {
    uint64_t seed;
    uint32_t held;  // people kept out; those with at least `least` preferences, drawn at random
    uint32_t least; // >= 2
    uint32_t train_most; // people to train on at most; 0: all the others
    bool untimed;    // last_at_ms tells the order alone
    const uint16_t *situation; // beside last_at_ms (signals/situation.h); NULL: not known
} att_holdout_options;

att_status att_holdout_make(att_holdout *out, const att_matrix *preferences,
    const int64_t *last_at_ms, const att_holdout_options *options, const att_host *host,
    att_error *err);
// For who fills history himself, from these rows of `matrix`: the times and situations beside it.
att_status att_holdout_take_moments(att_holdout *holdout, const att_matrix *matrix, const int64_t *at_ms,
    const uint16_t *situation, const uint32_t *rows, const att_host *host, att_error *err);
// The same by the clock (holdout_forward.c): what came before from_ms is learned from and is the history, what came from then
// until until_ms must be found. Whoever has both is held out, at most options->held; their history is learned from too, for
// they are known then. There may be nobody. at_ms stands beside preferences->col.
att_status att_holdout_make_forward(att_holdout *out, const att_matrix *preferences,
    const int64_t *at_ms, int64_t from_ms, int64_t until_ms, const att_holdout_options *options,
    const att_host *host, att_error *err);
void att_holdout_deinit(att_holdout *holdout, const att_host *host);

typedef struct att_quality {
    double ndcg_100, recall_20; // means over people
    uint32_t people;
} att_quality;

att_status att_holdout_measure(att_quality *out, const att_holdout *holdout, const att_model *model,
    uint32_t threads, const att_host *host, att_error *err);
// The same person by person: `people` is (held). `placed` is (items), NULL or a vector (dim) for an item to which the
// model gives none: both what is folded in and what is ranked. placed == NULL: no vectors but the model's.
att_status att_holdout_measure_people(att_quality *people, const att_holdout *holdout,
    const att_model *model, const float *const *placed, uint32_t threads, const att_host *host,
    att_error *err);
// Of one ranking: `ranked` are the best, best first; targets ascending.
att_quality att_quality_of(
    const uint32_t *ranked, size_t ranked_count, const uint32_t *targets, size_t target_count);

#endif
