// SPDX-License-Identifier: Apache-2.0
// embed/seq_data.h - preferences put in the order in which they happened, for the sequence model.
#ifndef ATT_EMBED_SEQ_DATA_H
#define ATT_EMBED_SEQ_DATA_H

#include "embed/matrix.h"
#include "embed/seq.h"
#include "signals/situation.h"

// Owns its arrays.
typedef struct att_seq_histories {
    att_seq_data data;
    uint64_t *start;
    uint32_t *item;
    int64_t *at_s;
    uint8_t *context; // NULL where no situation was known
    uint64_t count;
} att_seq_histories;

// Each row of `matrix` by `order` (beside matrix->col), then by column. at_ms NULL: only the order is known;
// situation (beside at_ms) NULL: not known in what situations. On failure *out is empty.
att_status att_seq_histories_build(att_seq_histories *out, const att_matrix *matrix,
    const uint32_t *order, const int64_t *at_ms, const uint16_t *situation, const att_host *host, att_error *err);
void att_seq_histories_deinit(att_seq_histories *histories, const att_host *host);

// What a sequence model is told of a situation: its device, place, activity and hour band.
static inline void att_seq_context_of(uint32_t situation, uint8_t context[ATT_SEQ_FIELDS])
{
    static const att_situation_field fields[ATT_SEQ_FIELDS] = {
        ATT_SITUATION_DEVICE, ATT_SITUATION_PLACE, ATT_SITUATION_ACTIVITY, ATT_SITUATION_HOURS};
    for (size_t f = 0; f < ATT_SEQ_FIELDS; f++)
        context[f] = (uint8_t)att_situation_get((uint16_t)situation, fields[f]);
}

// One event and its place, for those who sort a single history. Hashed as it lies: no padding.
typedef struct att_seq_place {
    uint64_t order;
    uint32_t item, situation;
    int64_t at_s;
} att_seq_place;
_Static_assert(sizeof(att_seq_place) == 24, "padding would be hashed");
void att_seq_places_sort(att_seq_place *places, size_t count); // by order, then item

#endif
