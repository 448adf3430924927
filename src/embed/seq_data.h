// SPDX-License-Identifier: Apache-2.0
// embed/seq_data.h - preferences put in the order in which they happened, for the sequence model.
#ifndef ATT_EMBED_SEQ_DATA_H
#define ATT_EMBED_SEQ_DATA_H

#include "embed/matrix.h"
#include "embed/seq.h"

// Owns its arrays.
typedef struct att_seq_histories {
    att_seq_data data;
    uint64_t *start;
    uint32_t *item;
    int64_t *at_s;
    uint64_t count;
} att_seq_histories;

// Each row of `matrix` by `order` (beside matrix->col), then by column. at_ms NULL: only the order is known. On failure *out is empty.
att_status att_seq_histories_build(att_seq_histories *out, const att_matrix *matrix,
    const uint32_t *order, const int64_t *at_ms, const att_host *host, att_error *err);
void att_seq_histories_deinit(att_seq_histories *histories, const att_host *host);

// One event and its place, for those who sort a single history.
typedef struct att_seq_place {
    uint64_t order;
    uint32_t item;
    int64_t at_s;
} att_seq_place;
void att_seq_places_sort(att_seq_place *places, size_t count); // by order, then item

#endif
