// SPDX-License-Identifier: Apache-2.0
// tests/embed/world.h - small worlds of preferences with structure: people of a few tastes, items of a few kinds.
#ifndef ATT_TESTS_EMBED_WORLD_H
#define ATT_TESTS_EMBED_WORLD_H

#include "base/rng.h"
#include "embed/matrix.h"

// People mostly prefer items of their own kind (index % kinds); weights in (0.25, 1].
static inline att_matrix world_matrix(uint32_t people, uint32_t items, uint32_t kinds,
    uint32_t each, uint64_t seed, const att_host *host)
{
    att_rng rng = att_rng_seed(seed);
    att_triplet *triplets = ATT_NEW_ARRAY(host, att_triplet, (size_t)people * each);
    size_t count = 0;
    for (uint32_t u = 0; u < people; u++) {
        for (uint32_t k = 0; k < each; k++) {
            // Squaring the draw makes low numbers popular.
            const double draw = att_rng_unit(&rng);
            uint32_t item = (uint32_t)(draw * draw * items);
            if (att_rng_unit(&rng) < 0.8)
                item = item / kinds * kinds + u % kinds;
            if (item < items)
                triplets[count++] =
                    (att_triplet){u, item, (float)(0.25 + 0.75 * att_rng_unit(&rng))};
        }
    }
    att_matrix m = {0};
    if (att_matrix_build(&m, people, items, triplets, count, host, NULL))
        m = (att_matrix){0};
    ATT_FREE_ARRAY(host, triplets, (size_t)people * each);
    return m;
}

#endif
