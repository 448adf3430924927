// SPDX-License-Identifier: Apache-2.0
// tests/measure/world.h - a small made world: people of two tastes, items of two kinds, times that
// run on.
#ifndef ATT_TESTS_MEASURE_WORLD_H
#define ATT_TESTS_MEASURE_WORLD_H

#include "attune/measure.h"
#include "base/rng.h"
#include "check.h"

enum { WORLD_PEOPLE = 60, WORLD_ITEMS = 48 };

// Person u likes items of kind u % 2 with the low numbers most; about twelve each, one an hour.
static inline att_status world_fill(att_dataset *dataset, att_error *err)
{
    static const char *const kinds[] = {"calm", "loud"};
    att_rng rng = att_rng_seed(8);
    for (uint32_t i = 0; i < WORLD_ITEMS; i++) {
        char id[16], number[16];
        snprintf(id, sizeof id, "i%u", i);
        snprintf(number, sizeof number, "group %u", i % 5);
        const att_text tags[] = {att_text_of(kinds[i % 2]), att_text_of(number)};
        const att_item item = {
            .id = att_text_of(id), .title = att_text_of(id), .tags = tags, .tag_count = 2};
        const att_status status = att_dataset_item(dataset, &item, err);
        if (status)
            return status;
    }
    for (uint32_t u = 0; u < WORLD_PEOPLE; u++) {
        char user[16];
        snprintf(user, sizeof user, "u%u", u);
        const int64_t start_ms = 1000000 + (int64_t)att_rng_below(&rng, 40) * 3600000;
        for (uint32_t n = 0; n < 14; n++) {
            const uint32_t low = (uint32_t)att_rng_below(&rng, WORLD_ITEMS / 2);
            const uint32_t kind = att_rng_below(&rng, 10) == 0 ? 1 - u % 2 : u % 2;
            const uint32_t number =
                2 * ATT_MIN(low, (uint32_t)att_rng_below(&rng, WORLD_ITEMS / 2)) + kind;
            char item[16];
            snprintf(item, sizeof item, "i%u", number);
            const att_status status = att_dataset_add(dataset, att_text_of(user), att_text_of(item),
                start_ms + (int64_t)n * 3600000, 1.0, err);
            if (status)
                return status;
        }
    }
    return ATT_OK;
}

static inline att_dataset *world(void)
{
    att_dataset *dataset;
    att_error err;
    CHECK_OK_ERR(att_dataset_create(&dataset, "world", NULL, &err), &err);
    CHECK_OK_ERR(world_fill(dataset, &err), &err);
    return dataset;
}

#endif
