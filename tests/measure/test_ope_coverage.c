// SPDX-License-Identifier: Apache-2.0
// The simulator's true value lies inside the intervals as often as they say. The whole count of 200 logs:
// attune simulate --ope-coverage 200.
#include "attune/ope.h"
#include "check.h"

#include <math.h>

static const att_ope_coverage *row_named(const att_ope_coverage_report *report, const char *name)
{
    for (size_t i = 0; i < report->row_count; i++)
        if (strcmp(report->rows[i].name, name) == 0)
            return &report->rows[i];
    CHECK(!"the estimator is in the report");
    return NULL;
}

CHECK_TEST(intervals_hold_the_true_value)
{
    CHECK_BEGIN();
    static att_ope_coverage_report report;
    att_ope_coverage_options options = att_ope_coverage_options_default();
    options.runs = 60;
    options.slates = 400;
    options.people = 200;
    att_error err = {0};
    CHECK_OK_ERR(att_ope_coverage_run(&options, NULL, &report, &err), &err);
    CHECK_EQ(report.refused, 0);
    CHECK_EQ(report.row_count, 16);
    // 60 runs at 0.95: 57 expected, a deviation of 1.7. Two and a half of them below.
    for (size_t i = 0; i < report.row_count; i++) {
        const att_ope_coverage *row = &report.rows[i];
        CHECK_NOTE("%s: %u and %u of %u", row->name, row->covered, row->covered_anytime, row->runs);
        if (!(row->biased && strncmp(row->name, "slate", 5) == 0))
            CHECK(row->covered >= 0.95 * row->runs - 2.5 * sqrt(0.95 * 0.05 * row->runs));
        if (row->has_anytime)
            CHECK(row->covered_anytime >= 57);
    }
    // The truth is a sum over all that can happen, the estimates are draws: two ways to the same number.
    const char *const unbiased[] = {"ips", "dr", "slate cascade", "slate whole"};
    for (int i = 0; i < 4; i++) {
        const att_ope_coverage *row = row_named(&report, unbiased[i]);
        CHECK(fabs(row->value - row->truth) < 4 * row->rmse / sqrt(row->runs));
    }
    // Whoever reads down and stops at a click breaks what "independent" assumes, and it shows.
    const att_ope_coverage *wrong = row_named(&report, "slate independent");
    CHECK(wrong->value - wrong->truth > 4 * wrong->rmse / sqrt(wrong->runs) || wrong->covered < 50);
    CHECK(row_named(&report, "dm")->width > row_named(&report, "dr")->width); // bias is in its interval
}

CHECK_TEST(the_seed_decides_and_nonsense_is_refused)
{
    CHECK_BEGIN();
    static att_ope_coverage_report a, b;
    att_ope_coverage_options options = {.runs = 2, .slates = 50, .people = 20, .seed = 3};
    CHECK_OK(att_ope_coverage_run(&options, NULL, &a, NULL));
    CHECK_OK(att_ope_coverage_run(&options, NULL, &b, NULL));
    CHECK(a.row_count == b.row_count && memcmp(a.rows, b.rows, sizeof a.rows) == 0);
    options.slates = 0;
    CHECK_FAILS(att_ope_coverage_run(&options, NULL, &a, NULL), ATT_INVALID);
}

CHECK_MAIN(CHECK_CASE(intervals_hold_the_true_value), CHECK_CASE(the_seed_decides_and_nonsense_is_refused))
