// SPDX-License-Identifier: Apache-2.0
// tests/base/test_best.c - rank keys, and the best of a stream.
#include "check.h"

#include "base/rng.h"
#include "base/best.h"

#include <math.h>

CHECK_TEST(a_key_gives_back_what_went_in_and_sorts_by_score_then_lower_tail)
{
    CHECK_BEGIN();
    static const float scores[] = {
        -INFINITY, -3e38f, -2, -1e-40f, 0, 1e-40f, 1, 2.5f, 3e38f, INFINITY};
    for (size_t i = 0; i < ATT_COUNT_OF(scores); i++) {
        const uint64_t key = att_rank_key(scores[i], (uint32_t)i * 1000);
        CHECK_NEAR(isinf(scores[i]) ? 0 : att_rank_score(key), isinf(scores[i]) ? 0 : scores[i], 0);
        CHECK_EQ(att_rank_tail(key), i * 1000);
        if (i)
            CHECK(key > att_rank_key(scores[i - 1], 0));
    }
    CHECK(att_rank_key(1, 5) > att_rank_key(1, 6));
    CHECK(att_rank_key(-0.0f, 5) == att_rank_key(0.0f, 5));
}

static int downwards(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

CHECK_TEST(the_best_of_a_stream_are_those_of_a_full_sort)
{
    CHECK_BEGIN();
    enum { MANY = 3000 };
    static uint64_t all[MANY], keys[2 * MANY], spare[MANY];
    att_rng rng = att_rng_seed(51);
    static const size_t keeps[] = {1, 2, 7, 48, 49, 500, 2999, 3000};
    for (size_t k = 0; k < ATT_COUNT_OF(keeps); k++) {
        for (int kind = 0; kind < 5; kind++) {
            att_best best = att_best_begin(keys, keeps[k]);
            for (uint32_t i = 0; i < MANY; i++) {
                const float score = kind == 0   ? (float)att_rng_normal(&rng)
                                    : kind == 1 ? (float)att_rng_below(&rng, 5) // long runs of ties
                                    : kind == 2 ? (float)i                      // rising
                                    : kind == 3 ? -(float)i                     // falling
                                    : i == 70   ? 1e30f                         // one far from the others, which differ little
                                                : 1 + 1e-7f * (float)att_rng_below(&rng, 200);
                all[i] = att_rank_key(score, i);
                att_best_push(&best, all[i]);
            }
            qsort(all, MANY, sizeof *all, downwards);
            CHECK_EQ(att_best_finish(&best, spare), keeps[k]);
            CHECK(memcmp(keys, all, keeps[k] * sizeof *keys) == 0);
        }
    }
}

CHECK_MAIN(CHECK_CASE(a_key_gives_back_what_went_in_and_sorts_by_score_then_lower_tail),
    CHECK_CASE(the_best_of_a_stream_are_those_of_a_full_sort))
