// SPDX-License-Identifier: Apache-2.0
// Seeded numbers: the same everywhere, and with the moments they should have.
#include "check.h"

#include "base/rng.h"

#include <math.h>

CHECK_TEST(a_seed_gives_the_same_numbers_everywhere)
{
    CHECK_BEGIN();
    // splitmix64 of 0, as printed by its authors' reference program for the first output.
    CHECK(att_mix64(0) == 0xE220A8397B1DCDAFu);
    att_rng a = att_rng_seed(42), b = att_rng_seed(42), c = att_rng_stream(42, 1);
    for (int i = 0; i < 100; i++)
        CHECK(att_rng_u64(&a) == att_rng_u64(&b));
    CHECK(att_rng_u64(&a) != att_rng_u64(&c));
}

CHECK_TEST(moments_are_right)
{
    CHECK_BEGIN();
    att_rng rng = att_rng_seed(7);
    enum { draws = 200000 };
    double normal = 0, normal2 = 0, gamma = 0, small = 0, large = 0, large2 = 0, exponential = 0;
    for (int i = 0; i < draws; i++) {
        const double x = att_rng_normal(&rng);
        normal += x;
        normal2 += x * x;
        gamma += att_rng_gamma(&rng, 0.5);
        small += (double)att_rng_poisson(&rng, 2.5);
        const double p = (double)att_rng_poisson(&rng, 200);
        large += p;
        large2 += p * p;
        exponential += att_rng_exponential(&rng);
    }
    CHECK_NEAR(normal / draws, 0, 0.01);
    CHECK_NEAR(normal2 / draws, 1, 0.02);
    CHECK_NEAR(gamma / draws, 0.5, 0.01);
    CHECK_NEAR(small / draws, 2.5, 0.02);
    CHECK_NEAR(large / draws, 200, 0.2);
    CHECK_NEAR(large2 / draws - (large / draws) * (large / draws), 200, 4);
    CHECK_NEAR(exponential / draws, 1, 0.01);
}

CHECK_TEST(every_value_below_the_bound_comes_equally_often)
{
    CHECK_BEGIN();
    att_rng rng = att_rng_seed(9);
    int seen[7] = {0};
    for (int i = 0; i < 70000; i++)
        seen[att_rng_below(&rng, 7)]++;
    for (int i = 0; i < 7; i++)
        CHECK_NEAR(seen[i], 10000, 400);
}

CHECK_MAIN(CHECK_CASE(a_seed_gives_the_same_numbers_everywhere), CHECK_CASE(moments_are_right),
    CHECK_CASE(every_value_below_the_bound_comes_equally_often))
