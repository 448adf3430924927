// SPDX-License-Identifier: Apache-2.0
// The table of rules: an event in, a grade and a reward out.
#include "check.h"

#include "base/rng.h"
#include "signals/grade.h"

#include <math.h>

typedef struct row {
    att_signal signal;
    float value;
    int32_t position_ms, length_ms, dwell_ms;
    double grade, reward;
    att_skip_class skip;
    bool complete;
} row;

// Worked by hand from the default policy; the same table stands in docs/signals.md.
static const row rows[] = {
    {ATT_SIGNAL_IMPRESSION, NAN, -1, -1, -1, 0, 0, ATT_SKIP_NONE, false},
    {ATT_SIGNAL_LIKE, NAN, -1, -1, -1, 1, 1, ATT_SKIP_NONE, false},
    {ATT_SIGNAL_DISLIKE, NAN, -1, -1, -1, -1, -1, ATT_SKIP_NONE, false},
    {ATT_SIGNAL_SAVE, NAN, -1, -1, -1, 0.9, 0.9, ATT_SKIP_NONE, false},
    {ATT_SIGNAL_PURCHASE, 9.99f, -1, -1, -1, 1, 1, ATT_SKIP_NONE, false},
    {ATT_SIGNAL_REPORT, NAN, -1, -1, -1, -1, -1, ATT_SKIP_NONE, false},
    {ATT_SIGNAL_RATING, 5, -1, -1, -1, 1, 1, ATT_SKIP_NONE, false},
    {ATT_SIGNAL_RATING, 4, -1, -1, -1, 0.5, 0.5, ATT_SKIP_NONE, false},
    {ATT_SIGNAL_RATING, 3, -1, -1, -1, 0, 0, ATT_SKIP_NONE, false},
    {ATT_SIGNAL_RATING, 2, -1, -1, -1, -0.4, -0.4, ATT_SKIP_NONE, false},
    {ATT_SIGNAL_RATING, 0.5f, -1, -1, -1, -1, -1, ATT_SKIP_NONE, false},
    {ATT_SIGNAL_RATING, 50, -1, -1, -1, 1, 1, ATT_SKIP_NONE, false}, // logged under a wider scale
    {ATT_SIGNAL_RATING, NAN, -1, -1, -1, 0, 0, ATT_SKIP_NONE, false},
    {ATT_SIGNAL_SURVEY, 0.75f, -1, -1, -1, 0.5, 0.5, ATT_SKIP_NONE, false},
    {ATT_SIGNAL_SURVEY, 0, -1, -1, -1, -1, -1, ATT_SKIP_NONE, false},
    {ATT_SIGNAL_PLAY, NAN, -1, -1, -1, 0.3, 0.3, ATT_SKIP_NONE, false},
    {ATT_SIGNAL_PLAY, NAN, 0, 100000, -1, 0, 0, ATT_SKIP_NONE, false},
    {ATT_SIGNAL_PLAY, NAN, 50000, 100000, -1, 0.3, 0.3, ATT_SKIP_NONE, false},
    {ATT_SIGNAL_PLAY, NAN, 89000, 100000, -1, 0.534, 0.534, ATT_SKIP_NONE, false},
    {ATT_SIGNAL_PLAY, NAN, 90000, 100000, -1, 0.7, 0.7, ATT_SKIP_NONE, true},
    {ATT_SIGNAL_PLAY, NAN, 250000, 100000, -1, 0.7, 0.7, ATT_SKIP_NONE, true},
    {ATT_SIGNAL_SKIP, NAN, 0, 100000, -1, -0.8, -0.8, ATT_SKIP_EARLY, false},
    {ATT_SIGNAL_SKIP, NAN, 4999, 100000, -1, -0.8, -0.8, ATT_SKIP_EARLY, false},
    {ATT_SIGNAL_SKIP, NAN, 5000, 100000, -1, -0.4, -0.4, ATT_SKIP_SOFT, false},
    {ATT_SIGNAL_SKIP, NAN, 9999, -1, -1, -0.4, -0.4, ATT_SKIP_SOFT, false},
    {ATT_SIGNAL_SKIP, NAN, 10000, 100000, -1, -0.12, -0.12, ATT_SKIP_LATE, false},
    {ATT_SIGNAL_SKIP, NAN, 25000, 100000, -1, 0, 0, ATT_SKIP_LATE, false},
    {ATT_SIGNAL_SKIP, NAN, 75000, 100000, -1, 0.4, 0.4, ATT_SKIP_LATE, false},
    {ATT_SIGNAL_SKIP, NAN, 95000, 100000, -1, 0.7, 0.7, ATT_SKIP_NONE, true},
    {ATT_SIGNAL_SKIP, NAN, 20000, -1, -1, -0.2, -0.2, ATT_SKIP_LATE, false},
    {ATT_SIGNAL_SKIP, NAN, -1, -1, -1, -0.2, -0.2, ATT_SKIP_LATE, false},
    {ATT_SIGNAL_SKIP, NAN, 3000, 6000, -1, 0.2, 0.2, ATT_SKIP_LATE, false}, // half of a short thing
    {ATT_SIGNAL_SKIP, NAN, 5900, 6000, -1, 0.7, 0.7, ATT_SKIP_NONE, true},
    {ATT_SIGNAL_REPLAY, NAN, -1, -1, -1, 0.8, 0.8, ATT_SKIP_NONE, false},
    {ATT_SIGNAL_COMPLETE, NAN, -1, -1, -1, 0.7, 0.7, ATT_SKIP_NONE, true},
    {ATT_SIGNAL_DWELL, NAN, -1, -1, 2500, 0.05, 0.025, ATT_SKIP_NONE, false},
    {ATT_SIGNAL_DWELL, NAN, -1, -1, 60000, 0.1, 0.05, ATT_SKIP_NONE, false},
    {ATT_SIGNAL_DWELL, NAN, -1, -1, -1, 0, 0, ATT_SKIP_NONE, false},
    {ATT_SIGNAL_CLICK, NAN, -1, -1, -1, 0.2, 0.1, ATT_SKIP_NONE, false},
    {ATT_SIGNAL_QUIT, NAN, -1, -1, -1, -0.05, 0, ATT_SKIP_NONE, false},
    {ATT_SIGNAL_RAGE_QUIT, NAN, -1, -1, -1, -0.6, -0.8, ATT_SKIP_NONE, false},
    {ATT_SIGNAL_NONE, NAN, -1, -1, -1, 0, 0, ATT_SKIP_NONE, false},
    {ATT_SIGNAL_COUNT, NAN, -1, -1, -1, 0, 0, ATT_SKIP_NONE, false},
};

static att_record record_of(const row *of)
{
    return (att_record){.kind = ATT_RECORD_EVENT,
        .signal = (uint8_t)of->signal,
        .value = of->value,
        .position_ms = of->position_ms,
        .length_ms = of->length_ms,
        .dwell_ms = of->dwell_ms};
}

CHECK_TEST(the_table_of_rules_holds)
{
    CHECK_BEGIN();
    const att_policy policy = att_policy_default();
    for (size_t i = 0; i < ATT_COUNT_OF(rows); i++) {
        const att_record record = record_of(&rows[i]);
        const att_grade grade = att_grade_event(&policy, &record, 0);
        if (!(fabs((double)grade.grade - rows[i].grade) <= 1e-6) || grade.skip != rows[i].skip)
            print_error("row %zu: %s\n", i, att_signal_name(rows[i].signal));
        CHECK_NEAR(grade.grade, rows[i].grade, 1e-6);
        CHECK_NEAR(grade.reward, rows[i].reward, 1e-6);
        CHECK_EQ(grade.skip, rows[i].skip);
        CHECK_EQ(grade.is_complete, rows[i].complete);
        CHECK_EQ(grade.is_explicit, att_signal_is_explicit(rows[i].signal));
    }
}

CHECK_TEST(the_catalogues_length_serves_where_the_event_has_none)
{
    CHECK_BEGIN();
    const att_policy policy = att_policy_default();
    const row half = {ATT_SIGNAL_PLAY, NAN, 50000, -1, -1, 0, 0, ATT_SKIP_NONE, false};
    att_record record = record_of(&half);
    CHECK_NEAR(att_grade_event(&policy, &record, 200000).grade, 0.15, 1e-6);
    record.length_ms = 100000;
    CHECK_NEAR(att_grade_event(&policy, &record, 200000).grade, 0.3, 1e-6);
}

CHECK_TEST(every_rule_is_the_policys)
{
    CHECK_BEGIN();
    for (unsigned s = 1; s < ATT_SIGNAL_COUNT; s++) {
        att_policy policy = att_policy_default();
        policy.signals.rule[s] = (att_rule){0.125, -0.25};
        row wanted = {(att_signal)s, 5, 20000, -1, 60000, 0, 0, ATT_SKIP_NONE, false};
        if (s == ATT_SIGNAL_SURVEY)
            wanted.value = 1;
        const att_record record = record_of(&wanted);
        const double by = s == ATT_SIGNAL_PLAY ? 0.5 : 1; // share not known
        CHECK_NEAR(att_grade_event(&policy, &record, 0).grade, 0.125 * by, 1e-7);
        CHECK_NEAR(att_grade_event(&policy, &record, 0).reward, -0.25 * by, 1e-7);
    }
}

CHECK_TEST(more_played_never_means_liked_less)
{
    CHECK_BEGIN();
    const att_policy policy = att_policy_default();
    static const att_signal signals[] = {ATT_SIGNAL_PLAY, ATT_SIGNAL_SKIP};
    for (size_t s = 0; s < 2; s++) {
        for (int32_t length_ms = 1000; length_ms < 10000000; length_ms = length_ms * 3 / 2) {
            double before = -1;
            for (int i = 0; i <= 1000; i++) {
                const row at = {signals[s], NAN, (int32_t)((int64_t)length_ms * i / 1000),
                    length_ms, -1, 0, 0, ATT_SKIP_NONE, false};
                const att_record record = record_of(&at);
                const double grade = (double)att_grade_event(&policy, &record, 0).grade;
                CHECK(grade >= before);
                before = grade;
            }
        }
    }
}

CHECK_TEST(grades_stay_in_bounds_whatever_the_record_says)
{
    CHECK_BEGIN();
    const att_policy policy = att_policy_default();
    att_rng rng = att_rng_seed(21);
    for (int i = 0; i < 200000; i++) {
        const uint32_t bits = (uint32_t)att_rng_u64(&rng);
        att_record record = {.signal = (uint8_t)att_rng_below(&rng, 24),
            .position_ms = (int32_t)att_rng_u64(&rng),
            .length_ms = (int32_t)att_rng_u64(&rng),
            .dwell_ms = (int32_t)att_rng_u64(&rng)};
        memcpy(&record.value, &bits, sizeof bits);
        const att_grade grade = att_grade_event(&policy, &record, (int64_t)att_rng_u64(&rng));
        CHECK(grade.grade >= -1 && grade.grade <= 1);
        CHECK(grade.reward >= -1 && grade.reward <= 1);
    }
}

CHECK_TEST(half_is_left_after_a_half_life)
{
    CHECK_BEGIN();
    att_policy policy = att_policy_default();
    const uint32_t at_s = 1700000000;
    const int64_t half_life_ms = 180 * INT64_C(86400000);
    CHECK_NEAR(att_decay(&policy, at_s, at_s * INT64_C(1000)), 1, 0);
    CHECK_NEAR(att_decay(&policy, at_s, at_s * INT64_C(1000) + half_life_ms), 0.5, 1e-12);
    CHECK_NEAR(att_decay(&policy, at_s, at_s * INT64_C(1000) + 2 * half_life_ms), 0.25, 1e-12);
    CHECK_NEAR(att_decay(&policy, at_s, 0), 1, 0); // dated ahead
    policy.signals.half_life_days = 0;
    CHECK_NEAR(att_decay(&policy, at_s, at_s * INT64_C(1000) + half_life_ms), 1, 0);
}

CHECK_MAIN(CHECK_CASE(the_table_of_rules_holds),
    CHECK_CASE(the_catalogues_length_serves_where_the_event_has_none),
    CHECK_CASE(every_rule_is_the_policys), CHECK_CASE(more_played_never_means_liked_less),
    CHECK_CASE(grades_stay_in_bounds_whatever_the_record_says),
    CHECK_CASE(half_is_left_after_a_half_life))
