// SPDX-License-Identifier: Apache-2.0
// A confidence sequence holds at all lengths at once, and closes in.
#include "base/rng.h"
#include "check.h"
#include "measure/ope_sequence.h"

#include <math.h>

// Importance weighted clicks: 0, or 10 with probability 1/50, mean 0.2. How often does the bound ever pass the mean?
CHECK_TEST(the_bound_seldom_passes_the_mean_at_any_time)
{
    CHECK_BEGIN();
    enum { TRIALS = 400, ROWS = 8000 };
    int passed = 0;
    double last = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
        att_rng rng = att_rng_stream(41, (uint64_t)trial);
        att_ope_sequence s;
        att_ope_sequence_init(&s, 0, 0, 1, 0.05);
        bool ever = false;
        for (int i = 0; i < ROWS; i++) {
            att_ope_sequence_add(&s, att_rng_unit(&rng) < 0.02 ? 10 : 0);
            ever |= att_ope_sequence_bound(&s) > 0.2;
        }
        passed += ever;
        last += att_ope_sequence_bound(&s) / TRIALS;
    }
    CHECK_NOTE("passed in %d of %d, mean bound %.4f", passed, TRIALS, last);
    CHECK(passed <= 0.05 * TRIALS + 2 * sqrt(0.05 * 0.95 * TRIALS));
    CHECK(last > 0.05 && last < 0.2);
}

CHECK_TEST(it_closes_in_with_length)
{
    CHECK_BEGIN();
    att_rng rng = att_rng_seed(3);
    att_ope_sequence s;
    att_ope_sequence_init(&s, 0, 0, 1, 0.025);
    CHECK_NEAR(att_ope_sequence_bound(&s), 0, 0);
    double at_1000 = 0;
    for (int i = 0; i < 100000; i++) {
        att_ope_sequence_add(&s, att_rng_unit(&rng) < 0.5);
        if (i == 999)
            at_1000 = att_ope_sequence_bound(&s);
    }
    CHECK(at_1000 > 0.4 && att_ope_sequence_bound(&s) > 0.49 && att_ope_sequence_bound(&s) < 0.5);
}

CHECK_MAIN(CHECK_CASE(the_bound_seldom_passes_the_mean_at_any_time), CHECK_CASE(it_closes_in_with_length))
