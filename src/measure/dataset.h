// SPDX-License-Identifier: Apache-2.0
// measure/dataset.h - preferences as they were added, and the dense table that protocols split.
#ifndef ATT_MEASURE_DATASET_H
#define ATT_MEASURE_DATASET_H

#include "attune/measure.h"
#include "base/arena.h"
#include "base/names.h"

typedef struct att_observation {
    int64_t at_ms;
    uint32_t user, item; // of the dataset's names
    float weight;
    uint16_t situation; // it was chosen in (signals/situation.h); 0: not known
    uint32_t order; // of arrival: parts what happened at the same time
} att_observation;

struct att_dataset {
    att_host host;
    att_arena life;
    const char *name;
    att_names users, items;
    ATT_VEC(att_observation) seen;
    ATT_VEC(const att_item *) bodies; // by item; NULL or missing: not described
    uint32_t described;
    int64_t first_ms, last_ms;
    bool untimed; // at_ms tells the order alone
    bool situated; // a situation is known
};

// One preference for each pair, people and items numbered densely: people in order of arrival, each
// person's preferences by time; items are those that anybody kept prefers, in order of arrival.
typedef struct att_table {
    const att_dataset *dataset;
    uint32_t users, items, count;
    uint32_t users_short; // left out for having too few
    uint32_t *user_start; // (users + 1)
    uint32_t *item;       // (count)
    int64_t *at_ms;       // (count)
    float *weight;        // (count)
    uint16_t *situation;  // (count); NULL: none is known
    uint32_t *user_id;    // (users): number among the dataset's names
    uint32_t *item_id;    // (items)
    uint32_t *tag_start;  // (items + 1)
    uint32_t *tags;       // ascending within an item
    uint32_t tag_count;
} att_table;

// att_dataset_add of something that was chosen in this situation.
att_status att_dataset_add_in(att_dataset *dataset, att_text user, att_text item, int64_t at_ms,
    double weight, uint16_t situation, att_error *err);
// All memory from `life`.
att_status att_table_build(att_table *out, const att_dataset *dataset, uint32_t min_preferences,
    att_arena *life, att_error *err);
const att_item *att_table_body(const att_table *table, uint32_t item); // NULL: not described
att_text att_table_user_name(const att_table *table, uint32_t user);
att_text att_table_item_name(const att_table *table, uint32_t item);

#endif
