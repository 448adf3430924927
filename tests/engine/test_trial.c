// SPDX-License-Identifier: Apache-2.0
// What several time scales of taste promise, on simulated people: a night is forgiven, a move is followed, a situation has a
// slate of its own, and nobody pays for it. Small worlds; `attune simulate --drift` asks more people.
#include "scene.h"

#include "attune/trial.h"

#include <math.h>

static att_trial_options small(void)
{
    att_trial_options o = att_trial_options_default();
    o.people = 40;
    o.items = 600;
    o.events = 12000;
    o.worlds = 1;
    o.situations = false;
    o.binge_plays = o.move_days = o.bubble_days = 0;
    return o;
}

static att_trial_report try(const att_trial_options *o)
{
    att_trial_report report;
    att_error err;
    CHECK_OK_ERR(att_trial_run(check_folder(), o, NULL, &report, &err), &err);
    return report;
}

CHECK_TEST(the_same_listener_in_two_contexts_gets_two_slates_each_better_where_it_belongs)
{
    CHECK_BEGIN();
    att_trial_options o = small();
    o.situations = true;
    o.people = 60;
    o.events = 24000;
    const att_trial_report report = try(&o);
    const att_trial_situations *s = &report.situations;
    CHECK(s->people >= 30);
    CHECK(s->overlap[ATT_TRIAL_WITH].high < 0.5);
    CHECK(s->gain[ATT_TRIAL_WITH].low > 0.03);
    CHECK(s->worth_gain.low > 0);
}

CHECK_TEST(after_one_late_night_the_next_day_is_ones_own_again)
{
    CHECK_BEGIN();
    att_trial_options o = small();
    o.binge_plays = 20;
    const att_trial_report report = try(&o);
    const att_trial_binge *b = &report.binge;
    CHECK(b->people >= 10);
    CHECK(b->share[ATT_TRIAL_WITHOUT][ATT_TRIAL_NEXT_DAY].mean > 0.06); // the night owns part of the next day
    for (int at = ATT_TRIAL_NEXT_DAY; at <= ATT_TRIAL_WEEK_LATER; at++) { // with the scales little of that, and little at all
        CHECK(b->share[ATT_TRIAL_WITH][at].mean < 0.3 * b->share[ATT_TRIAL_WITHOUT][at].mean);
        CHECK(b->share[ATT_TRIAL_WITH][at].mean < 0.06);
    }
    CHECK(b->less[ATT_TRIAL_NEXT_DAY].low > 0.02);
    for (int at = ATT_TRIAL_NEXT_DAY; at <= ATT_TRIAL_WEEK_LATER; at++)
        CHECK(b->distance[ATT_TRIAL_WITH][at].high < 0.6 * b->distance[ATT_TRIAL_WITHOUT][at].mean);
    CHECK(b->distance[ATT_TRIAL_WITH][ATT_TRIAL_RIGHT_AFTER].mean > 0.3); // the night itself was heard
}

CHECK_TEST(a_taste_that_moves_is_followed)
{
    CHECK_BEGIN();
    att_trial_options o = small();
    o.move_days = 10;
    const att_trial_report report = try(&o);
    const att_trial_move *m = &report.move;
    CHECK(m->people >= 10);
    CHECK_EQ(m->looks, 10);
    CHECK(m->half_events[ATT_TRIAL_WITH] <= 45);
    CHECK(m->half_events[ATT_TRIAL_WITH] <= m->half_events[ATT_TRIAL_WITHOUT]);
    CHECK(m->progress[ATT_TRIAL_WITH][7].mean > m->progress[ATT_TRIAL_WITHOUT][7].mean + 0.05); // after 40 events
    CHECK(m->followed[ATT_TRIAL_WITH] >= 0.6);
    CHECK(m->noticed[ATT_TRIAL_WITH] > 0.2);
    CHECK(m->noticed_before[ATT_TRIAL_WITH] <= 0.12);
    CHECK_NEAR(m->noticed[ATT_TRIAL_WITHOUT], 0, 0);
}

CHECK_TEST(in_a_closed_loop_nobody_pays_for_it)
{
    CHECK_BEGIN();
    att_trial_options o = small();
    o.people = 30;
    o.items = 400;
    o.events = 8000;
    o.bubble_days = 20;
    const att_trial_report report = try(&o);
    const att_trial_bubble *b = &report.bubble;
    CHECK(b->people >= 29 && b->windows == 2);
    CHECK(b->entropy_gain.high > -0.02);    // what is shown is as varied
    CHECK(b->calibration_gain.low < 0.05);  // and as much their own
    CHECK(b->satisfaction[ATT_TRIAL_WITH] > b->satisfaction[ATT_TRIAL_WITHOUT] - 0.04);
    CHECK(b->explored[ATT_TRIAL_WITH] <= 0.1 && b->explored[ATT_TRIAL_WITH] > 0.075);
    CHECK(b->entropy[ATT_TRIAL_WITH][1].mean > 4 && b->entropy[ATT_TRIAL_WITH][1].mean < 6.2);
    CHECK_NEAR(b->explored[ATT_TRIAL_BARE], 0, 0);
}

CHECK_TEST(options_out_of_range_are_refused)
{
    CHECK_BEGIN();
    att_trial_report report;
    att_error err;
    att_trial_options o = small();
    o.worlds = 0;
    CHECK_FAILS(att_trial_run(check_folder(), &o, NULL, &report, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "0 worlds, 1 to 100 expected");
    o = small();
    o.people = 1;
    CHECK_FAILS(att_trial_run(check_folder(), &o, NULL, &report, &err), ATT_INVALID);
    o = small();
    o.bubble_days = 201;
    CHECK_FAILS(att_trial_run(check_folder(), &o, NULL, &report, &err), ATT_INVALID);
    o = small();
    o.move_days = 61;
    CHECK_FAILS(att_trial_run(check_folder(), &o, NULL, &report, &err), ATT_INVALID);
    o = small();
    o.move_days = 1;
    CHECK(att_trial_run("/nowhere/at/all", &o, NULL, &report, &err) != ATT_OK);
}

CHECK_MAIN(CHECK_CASE(the_same_listener_in_two_contexts_gets_two_slates_each_better_where_it_belongs),
    CHECK_CASE(after_one_late_night_the_next_day_is_ones_own_again), CHECK_CASE(a_taste_that_moves_is_followed),
    CHECK_CASE(in_a_closed_loop_nobody_pays_for_it), CHECK_CASE(options_out_of_range_are_refused))
