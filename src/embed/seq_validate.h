// SPDX-License-Identifier: Apache-2.0
// embed/seq_validate.h - how well a model finds the event that was kept out of each history: full ranking.
//
// The state after a person's other events scores all items; those of the history stand back, the one kept out stays. Its
// rank counts every other item that scores as high or higher, so a model that scores all alike gets nothing.
#ifndef ATT_EMBED_SEQ_VALIDATE_H
#define ATT_EMBED_SEQ_VALIDATE_H

#include "embed/seq.h"

typedef struct att_seq_quality {
    double ndcg_10, hit_10;
    uint32_t people;
} att_seq_quality;

typedef struct att_seq_validator att_seq_validator;

// `people` (count) are judged on their last event. Borrowed; memory from `life`.
att_status att_seq_validator_create(att_seq_validator **out, const att_seq_data *data,
    const uint32_t *people, size_t count, const att_seq_shape *shape, uint32_t threads,
    att_arena *life, att_error *err);
att_seq_quality att_seq_validate(att_seq_validator *validator, const att_seq_net *net);
// The same for a list that is one for all people: scores (items), such as how often each item was met.
att_seq_quality att_seq_validate_scores(att_seq_validator *validator, const float *scores);

#endif
