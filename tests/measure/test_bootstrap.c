// SPDX-License-Identifier: Apache-2.0
// Intervals: they cover what they promise, repeat by seed, and leave out what is not defined.
#include "base/rng.h"
#include "check.h"
#include "measure/bootstrap.h"

#include <math.h>

CHECK_TEST(covers_a_known_mean_about_as_often_as_it_says)
{
    CHECK_BEGIN();
    enum { TRIALS = 400, COUNT = 100 };
    int covered = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
        att_rng rng = att_rng_stream(77, (uint64_t)trial);
        double values[COUNT];
        for (int i = 0; i < COUNT; i++)
            values[i] = att_rng_exponential(&rng); // mean 1, skewed as metrics are
        att_interval interval;
        CHECK_OK(att_bootstrap(values, COUNT, 400, 0.95, (uint64_t)trial, NULL, &interval, NULL));
        covered += interval.low <= 1.0 && 1.0 <= interval.high;
    }
    // Binomial(400, 0.95) has a deviation of 1.1 points; the percentile method on 100 skewed values
    // loses one or two.
    CHECK_NOTE("covered %d of %d", covered, TRIALS);
    CHECK(covered >= 0.90 * TRIALS && covered <= 0.985 * TRIALS);
}

CHECK_TEST(the_mean_lies_inside_and_the_seed_decides)
{
    CHECK_BEGIN();
    const double values[] = {0.1, 0.9, 0.4, 0.3, 0.7, 0.2, 0.8};
    att_interval a, b, other;
    CHECK_OK(att_bootstrap(values, 7, 1000, 0.95, 5, NULL, &a, NULL));
    CHECK_OK(att_bootstrap(values, 7, 1000, 0.95, 5, NULL, &b, NULL));
    CHECK_OK(att_bootstrap(values, 7, 1000, 0.95, 6, NULL, &other, NULL));
    CHECK_NEAR(a.mean, 3.4 / 7, 1e-12);
    CHECK(a.low < a.mean && a.mean < a.high && a.low >= 0.1 && a.high <= 0.9);
    CHECK(a.low == b.low && a.high == b.high && (a.low != other.low || a.high != other.high));
}

CHECK_TEST(undefined_values_are_left_out)
{
    CHECK_BEGIN();
    const double some[] = {2.0, (double)NAN, 4.0}, none[] = {(double)NAN, (double)NAN};
    att_interval interval;
    CHECK_OK(att_bootstrap(some, 3, 200, 0.9, 1, NULL, &interval, NULL));
    CHECK_NEAR(interval.mean, 3.0, 0);
    CHECK(interval.low >= 2.0 && interval.high <= 4.0);
    CHECK_OK(att_bootstrap(none, 2, 200, 0.9, 1, NULL, &interval, NULL));
    CHECK(isnan(interval.mean) && isnan(interval.low) && isnan(interval.high));
    CHECK_OK(att_bootstrap(NULL, 0, 200, 0.9, 1, NULL, &interval, NULL));
    CHECK(isnan(interval.mean));
}

CHECK_TEST(columns_share_their_resamples)
{
    CHECK_BEGIN();
    // b = a + 1 for everybody: the paired difference has no spread, though each column has.
    double values[3][50];
    att_rng rng = att_rng_seed(9);
    for (int i = 0; i < 50; i++) {
        values[0][i] = att_rng_unit(&rng);
        values[1][i] = values[0][i] + 1.0;
        values[2][i] = 1.0;
    }
    att_interval out[3], alone;
    const att_host host = att_host_default();
    CHECK_OK(att_bootstrap_columns(&values[0][0], 3, 50, 300, 0.95, 4, &host, out, NULL));
    CHECK_NEAR(out[1].low - out[0].low, 1.0, 1e-12);
    CHECK_NEAR(out[1].high - out[0].high, 1.0, 1e-12);
    CHECK(out[0].high - out[0].low > 0.05 && out[2].low == out[2].high);
    CHECK_OK(att_bootstrap(values[1], 50, 300, 0.95, 4, NULL, &alone, NULL));
    CHECK(alone.low == out[1].low && alone.high == out[1].high);
}

CHECK_TEST(senseless_settings_are_refused)
{
    CHECK_BEGIN();
    const double value = 1;
    att_interval out;
    att_error err;
    CHECK_FAILS(att_bootstrap(&value, 1, 0, 0.95, 1, NULL, &out, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "resamples");
    CHECK_FAILS(att_bootstrap(&value, 1, 10, 1.0, 1, NULL, &out, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "confidence");
    CHECK_FAILS(att_bootstrap(&value, 1, 10, (double)NAN, 1, NULL, &out, &err), ATT_INVALID);
}

CHECK_TEST(memory_may_run_out_anywhere)
{
    CHECK_BEGIN();
    const double values[] = {1, 2, 3};
    for (uint64_t fail_at = 1; fail_at <= 3; fail_at++) {
        check_heap heap = {.fail_at = fail_at};
        const att_host host = check_host(&heap);
        att_interval out;
        const att_status status = att_bootstrap(values, 3, 50, 0.95, 1, &host, &out, NULL);
        CHECK_EQ(status, fail_at <= 2 ? ATT_NO_MEMORY : ATT_OK);
        CHECK_EQ(heap.bytes_live, 0);
    }
}

CHECK_MAIN(CHECK_CASE(covers_a_known_mean_about_as_often_as_it_says),
    CHECK_CASE(the_mean_lies_inside_and_the_seed_decides),
    CHECK_CASE(undefined_values_are_left_out), CHECK_CASE(columns_share_their_resamples),
    CHECK_CASE(senseless_settings_are_refused), CHECK_CASE(memory_may_run_out_anywhere))
