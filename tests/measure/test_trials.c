// SPDX-License-Identifier: Apache-2.0
// A small run of what `attune experiment simulate` shows at full size: false alarms, power, CUPED.
#include "check.h"

#include "attune/experiment.h"

static att_trials_report run(uint32_t experiments, double effect, uint64_t seed)
{
    att_trials_options options = att_trials_options_default();
    att_trials_report report;
    att_error err;
    options.experiments = experiments;
    options.people = 600;
    options.days = 30;
    options.effect = effect;
    options.seed = seed;
    CHECK_OK_ERR(att_experiment_trials(&options, NULL, &report, &err), &err);
    return report;
}

CHECK_TEST(where_nothing_is_daily_reading_calls_at_most_one_in_twenty)
{
    CHECK_BEGIN();
    const att_trials_report r = run(200, 0, 1);
    for (int m = 0; m < ATT_TRIAL_METRICS; m++) {
        CHECK_NOTE("%s: any day %.3f, t-test at the end %.3f, t-test every day %.3f", r.metrics[m].name, r.metrics[m].anytime,
            r.metrics[m].at_end, r.metrics[m].peeking);
        CHECK(r.metrics[m].anytime <= 0.05);
        CHECK(r.metrics[m].anytime_plain <= 0.05);
        CHECK(r.metrics[m].at_end <= 0.05 + 3 * 0.0154);
    }
    CHECK(r.metrics[0].peeking > 0.12); // what the other column is for
    CHECK(r.any_metric <= 0.05);
    CHECK(r.ratio_anytime <= 0.005);
    CHECK(r.ratio_at_end <= 0.015);
}

CHECK_TEST(a_true_effect_is_found_and_cuped_finds_it_more_often)
{
    CHECK_BEGIN();
    const att_trials_report r = run(80, 0.6, 2);
    CHECK_NOTE("called %.2f with CUPED, %.2f without, first on day %.1f; variance cut %.2f", r.metrics[0].anytime,
        r.metrics[0].anytime_plain, r.metrics[0].first_day, r.metrics[0].variance_cut);
    CHECK(r.metrics[0].anytime > 0.5);
    CHECK(r.metrics[0].anytime >= r.metrics[0].anytime_plain);
    CHECK(r.metrics[0].variance_cut > 0.15);
}

CHECK_TEST(the_same_seed_gives_the_same_report)
{
    CHECK_BEGIN();
    att_trials_report a = run(10, 0, 7), b = run(10, 0, 7);
    a.seconds = b.seconds = 0;
    for (int m = 0; m < ATT_TRIAL_METRICS; m++) {
        CHECK_NEAR(a.metrics[m].variance_cut, b.metrics[m].variance_cut, 0);
        CHECK_NEAR(a.metrics[m].growth, b.metrics[m].growth, 0);
        CHECK_NEAR(a.metrics[m].error_cut, b.metrics[m].error_cut, 0);
    }
}

static bool never(void *user, const att_progress *progress)
{
    (void)user;
    (void)progress;
    return false;
}

CHECK_TEST(bad_options_and_cancelling_are_told)
{
    CHECK_BEGIN();
    att_trials_options options = att_trials_options_default();
    att_trials_report report;
    att_error err;
    const att_host host = {.progress = never};
    CHECK_FAILS(att_experiment_trials(&options, &host, &report, &err), ATT_CANCELLED);
    options.days = 0;
    CHECK_FAILS(att_experiment_trials(&options, NULL, &report, &err), ATT_INVALID);
    CHECK_STR(err.text, "0 days, 1 to 365 expected");
}

CHECK_MAIN(CHECK_CASE(where_nothing_is_daily_reading_calls_at_most_one_in_twenty),
    CHECK_CASE(a_true_effect_is_found_and_cuped_finds_it_more_often), CHECK_CASE(the_same_seed_gives_the_same_report),
    CHECK_CASE(bad_options_and_cancelling_are_told))
