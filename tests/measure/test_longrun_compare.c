// SPDX-License-Identifier: Apache-2.0
// Comparisons of the long run: halves, groups, before and after, arms; what raises a warning, and that chance alone hardly does.
#include "longrun_log.h"

static att_longrun_options comparing(att_longrun_compare compare)
{
    att_longrun_options options = att_longrun_options_default();
    options.compare = compare;
    options.people_min = options.answers_min = 50;
    return options;
}

static size_t count_warnings(const att_longrun *report, att_longrun_warning_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < report->warning_count; i++)
        count += report->warnings[i].kind == kind;
    return count;
}

// Two halves of the same people, 80 times over: p below 0.05 in about 5 % of figures, and hardly ever a guardrail warning.
CHECK_TEST(halves_of_one_crowd_raise_no_alarm)
{
    CHECK_BEGIN();
    size_t guardrails = 0, alarms = 0, trends = 0, below = 0, looked = 0;
    enum { RUNS = 80 };
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        memory_log log;
        log_open(&log);
        log_fill(&log, 200, 10, seed);
        att_longrun_options options = comparing(ATT_COMPARE_HALVES);
        options.split_seed = seed;
        att_longrun *report = log_report(&log, &options);
        guardrails += count_warnings(report, ATT_WARNING_GUARDRAIL);
        alarms += count_warnings(report, ATT_WARNING_GUARDRAIL) +
                  count_warnings(report, ATT_WARNING_HARM);
        trends += count_warnings(report, ATT_WARNING_TREND);
        CHECK_EQ(report->groups[0].all.people + report->groups[1].all.people, report->people);
        for (int f = 0; f < ATT_FIGURE_COUNT; f++)
            if (report->differences[f].judged) {
                looked++;
                below +=
                    report->differences[f].p_rise < 0.025 || report->differences[f].p_fall < 0.025;
            }
        att_longrun_destroy(report);
        log_close(&log);
    }
    CHECK_NOTE("of %d null comparisons: %zu guardrail warnings, %zu of any harm, %zu trends; p < "
               "0.05 in %.1f %% of %zu figures",
        RUNS, guardrails, alarms, trends, 100.0 * (double)below / (double)looked, looked);
    CHECK(looked > 1000);
    CHECK((double)below < 0.075 * (double)looked && (double)below > 0.025 * (double)looked);
    CHECK(alarms <= 9); // 5 % of 80 is 4; more than 9 has a probability of 0.6 %
    CHECK(guardrails <= 2);
    CHECK_EQ(trends, 0);
}

static double lure_of_the_odd(uint32_t user, uint32_t day)
{
    (void)day;
    return user % 2;
}

CHECK_TEST(more_plays_and_more_skips_are_a_guardrail_warning)
{
    CHECK_BEGIN();
    memory_log log;
    log_open(&log);
    log.lure = lure_of_the_odd;
    log_fill(&log, 200, 14, 3);
    for (uint32_t u = 0; u < 200; u++)
        log.groups[u] = (int8_t)(u < 190 ? (int)(u % 2) : -1);
    const att_longrun_options options = comparing(ATT_COMPARE_PEOPLE);
    att_longrun *report = log_report(&log, &options);
    CHECK_EQ(report->warning_count, 1);
    const att_longrun_warning *warning = &report->warnings[0];
    CHECK_EQ(warning->kind, ATT_WARNING_GUARDRAIL);
    CHECK(warning->risen >> ATT_FIGURE_PLAYS & 1);
    CHECK(warning->hurt >> ATT_FIGURE_EARLY_SKIPS_10S & 1);
    CHECK(!(warning->hurt >> ATT_FIGURE_SURVEY & 1)); // nobody answered otherwise
    CHECK_HOLDS(warning->text,
        "Engagement rose while satisfaction got worse, from \"first group\" to \"second group\"");
    CHECK_HOLDS(warning->text, "plays a session");
    CHECK_EQ(report->in_neither, 10);
    att_longrun_destroy(report);
    // The other way round people do less; that shorter sessions are left early more often is told, and no guardrail.
    for (uint32_t u = 0; u < 190; u++)
        log.groups[u] = (int8_t)(1 - log.groups[u]);
    report = log_report(&log, &options);
    CHECK_EQ(count_warnings(report, ATT_WARNING_GUARDRAIL), 0);
    att_longrun_destroy(report);
    // Too few people to say anything.
    att_longrun_options strict = options;
    strict.people_min = 96;
    report = log_report(&log, &strict);
    CHECK(!report->differences[ATT_FIGURE_PLAYS].judged);
    CHECK_EQ(report->warning_count, 0);
    att_longrun_destroy(report);
    log_close(&log);
}

static double lure_that_grows(uint32_t user, uint32_t day)
{
    (void)user;
    return day / 56.0;
}

CHECK_TEST(a_slow_change_is_a_trend_warning)
{
    CHECK_BEGIN();
    memory_log log;
    log_open(&log);
    log.lure = lure_that_grows;
    log_fill(&log, 70, 56, 4);
    att_longrun_options options = comparing(ATT_COMPARE_NONE);
    att_longrun *report = log_report(&log, &options);
    CHECK_EQ(report->warning_count, 1);
    CHECK_EQ(report->warnings[0].kind, ATT_WARNING_TREND);
    CHECK(report->warnings[0].risen >> ATT_FIGURE_PLAYS & 1);
    CHECK(report->warnings[0].hurt >> ATT_FIGURE_EARLY_SKIPS_10S & 1);
    att_longrun_destroy(report);
    log_close(&log);
}

// Day 7 is the switch. Ann comes on days 6, 7 and 9, Bob on day 6 alone, Cy on day 8 alone.
CHECK_TEST(before_never_looks_at_after)
{
    CHECK_BEGIN();
    memory_log log;
    log_open(&log);
    static const uint32_t there[][2] = {{0, 6}, {1, 6}, {0, 7}, {2, 8}, {0, 9}};
    for (size_t i = 0; i < 5; i++)
        log_played(&log, there[i][0], ATT_SIGNAL_PLAY, 3, MONDAY + there[i][1] * DAY + 12 * HOUR,
            100, 200);
    log_push(&log, ATT_RECORD_ITEM, ATT_NO_INDEX, 0);
    log_event(&log, 3, ATT_SIGNAL_CLICK, 1, MONDAY + 11 * DAY);
    att_longrun_options options = att_longrun_options_default();
    options.compare = ATT_COMPARE_TIME;
    options.at_ms = MONDAY + 7 * DAY + HOUR; // taken at midnight
    att_longrun *report = log_report(&log, &options);
    CHECK_EQ(report->groups[0].all.people, 2);
    CHECK_EQ(report->groups[1].all.people, 3);
    CHECK(isnan(figure(report, 0, ATT_FIGURE_RETURN_1)));     // day 7 is after
    CHECK_NEAR(figure(report, 1, ATT_FIGURE_RETURN_1), 0, 0); // days 7, 8, 9: nobody the day after
    CHECK_NEAR(report->groups[1].all.figures[ATT_FIGURE_RETURN_1].cases, 3, 0);
    CHECK_EQ(report->groups[0].all.cohort[0].too_young, 2);
    att_longrun_destroy(report);
    log_close(&log);
}

CHECK_TEST(arms_count_from_the_first_decision_in_them)
{
    CHECK_BEGIN();
    memory_log log;
    log_open(&log);
    static const uint32_t items[] = {1, 2};
    const uint32_t a = 5 << 8, b = 5 << 8 | 1;
    log_event(&log, 0, ATT_SIGNAL_LIKE, 1, MONDAY + HOUR);       // the day before: in no arm
    log_event(&log, 0, ATT_SIGNAL_LIKE, 1, MONDAY + DAY + HOUR); // the hour before: on that day
    log_decision(&log, 0, MONDAY + DAY + 2 * HOUR, items, 2, 0, a);
    log_event(&log, 0, ATT_SIGNAL_DISLIKE, 1, MONDAY + DAY + 2 * HOUR + 1);
    log_decision(&log, 1, MONDAY + DAY + 3 * HOUR, items, 2, 1, b);
    log_event(&log, 1, ATT_SIGNAL_LIKE, 2, MONDAY + DAY + 3 * HOUR + 1);
    log_decision(&log, 2, MONDAY + DAY + 4 * HOUR, items, 2, 0, a); // in both
    log_decision(&log, 2, MONDAY + DAY + 5 * HOUR, items, 2, 0, b);
    log_event(&log, 2, ATT_SIGNAL_LIKE, 2, MONDAY + DAY + 5 * HOUR + 1);
    log_decision(&log, 3, MONDAY + DAY + 6 * HOUR, items, 2, 0, 9 << 8); // in another experiment
    att_longrun_options options = att_longrun_options_default();
    options.compare = ATT_COMPARE_ARMS;
    options.arms[0] = (att_arm){5, 0};
    options.arms[1] = (att_arm){5, 1};
    att_longrun *report = log_report(&log, &options);
    CHECK_EQ(report->in_both, 1);
    CHECK_EQ(report->in_neither, 1);
    CHECK_EQ(report->groups[0].all.events, 1);
    CHECK_EQ(report->groups[0].all.people, 1);
    CHECK_NEAR(figure(report, 0, ATT_FIGURE_LIKED), 0, 0);
    CHECK_NEAR(figure(report, 1, ATT_FIGURE_LIKED), 1, 0);
    CHECK_NEAR(figure(report, 1, ATT_FIGURE_EXPLORED), 0.5, 0);
    att_longrun_destroy(report);
    options.arms[1].variation = ATT_ARM_REST; // the fourth person now has a group
    report = log_report(&log, &options);
    CHECK_EQ(report->in_neither, 1); // but the second one has none
    CHECK_EQ(report->in_both, 0);
    CHECK_EQ(report->groups[1].all.people, 1);
    att_longrun_destroy(report);
    att_error err = {0};
    options.arms[1] = options.arms[0];
    CHECK_FAILS(att_longrun_options_check(&options, &err), ATT_INVALID);
    log_close(&log);
}

CHECK_MAIN(CHECK_CASE(halves_of_one_crowd_raise_no_alarm),
    CHECK_CASE(more_plays_and_more_skips_are_a_guardrail_warning),
    CHECK_CASE(a_slow_change_is_a_trend_warning), CHECK_CASE(before_never_looks_at_after),
    CHECK_CASE(arms_count_from_the_first_decision_in_them))
