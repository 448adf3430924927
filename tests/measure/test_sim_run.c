// SPDX-License-Identifier: Apache-2.0
// A policy meets simulated people: the truth beats the charts, the charts beat chance, and what is
// told is what happened.
#include "check.h"

#include "attune/simulate.h"
#include "base/base.h"

#include <math.h>

static att_world *small_world(uint64_t seed, const att_host *host)
{
    att_world_options o = att_world_options_default();
    o.people = 300;
    o.items = 800;
    o.days = 30;
    o.events = 30000;
    o.seed = seed;
    att_world *world;
    att_error err;
    CHECK_OK_ERR(att_world_create(&world, &o, host, &err), &err);
    return world;
}

static att_world_report run_builtin(
    const att_world *world, att_world_builtin kind, att_world_day *days)
{
    const att_world_policy policy = {.builtin = kind};
    att_world_report report;
    att_error err;
    CHECK_OK_ERR(att_world_run(world, &policy, NULL, &report, days, &err), &err);
    return report;
}

CHECK_TEST(the_truth_beats_the_charts_and_the_charts_beat_chance)
{
    CHECK_BEGIN();
    att_world *world = small_world(11, NULL);
    att_world_day days[14];
    const att_world_report random = run_builtin(world, ATT_WORLD_RANDOM, NULL);
    const att_world_report popular = run_builtin(world, ATT_WORLD_POPULARITY, NULL);
    const att_world_report oracle = run_builtin(world, ATT_WORLD_ORACLE, days);
    const double noise = 3 * (random.satisfaction_error + popular.satisfaction_error);
    CHECK(popular.satisfaction > random.satisfaction + noise);
    CHECK(oracle.satisfaction > popular.satisfaction + noise);
    CHECK(oracle.satisfaction_per_visit > popular.satisfaction_per_visit);
    CHECK(popular.satisfaction_per_visit > random.satisfaction_per_visit);
    CHECK(oracle.skip_10s_rate < popular.skip_10s_rate &&
          popular.skip_10s_rate < random.skip_10s_rate);
    CHECK(oracle.return_day_1 > random.return_day_1); // content people come back
    CHECK(oracle.completion_rate > random.completion_rate);
    CHECK_NEAR(oracle.regret, 0, 1e-12);
    CHECK(random.regret > popular.regret && popular.regret > 0.1);
    CHECK(random.coverage > 0.8 && popular.coverage < 0.3);
    uint64_t visits = 0;
    for (int d = 0; d < 14; d++)
        visits += days[d].visits;
    CHECK_EQ(visits, oracle.visits);
    CHECK(random.skip_5s_rate < random.skip_10s_rate);
    att_world_destroy(world);
}

CHECK_TEST(lower_slots_are_clicked_less_though_the_lists_are_random)
{
    CHECK_BEGIN();
    att_world *world = small_world(12, NULL);
    const att_world_report r = run_builtin(world, ATT_WORLD_RANDOM, NULL);
    double rate[10];
    for (int slot = 0; slot < 10; slot++)
        rate[slot] = (double)r.clicks_at[slot] / (double)r.shown_at[slot];
    CHECK(rate[0] > 1.5 * rate[1]);
    CHECK(rate[1] > 1.5 * rate[4]);
    CHECK(rate[4] > 1.2 * rate[9]);
    CHECK(rate[9] > 0);
    att_world_destroy(world);
}

// --- A policy of our own, that checks what it is told ------------------------------------------

typedef struct witness {
    const att_world *world;
    uint64_t decisions, events, played, skipped, foreign_decisions, out_of_order, days, impressions;
    int64_t last_ms;
    bool offer_nonsense;
    uint64_t hash;
} witness;

static att_status witness_choose(void *user, const att_world_visit *visit, uint32_t *items,
    size_t *count, uint64_t *decision, att_error *err)
{
    witness *w = user;
    (void)err;
    CHECK(visit->at_ms >= w->last_ms); // nothing of the future was told before
    CHECK_EQ(att_world_person_find(w->world, visit->user), visit->person);
    CHECK(!att_world_person_at(w->world, visit->person).bot);
    for (uint32_t i = 0; *count < visit->wanted && i < att_world_item_count(w->world); i++) {
        const uint32_t item = (uint32_t)((i + w->decisions * 17) % att_world_item_count(w->world));
        if (att_world_eligible(w->world, item, visit->territory, visit->age, visit->at_ms))
            items[(*count)++] = item;
    }
    if (w->offer_nonsense && *count > 2) {
        items[0] = 4000000000u; // no such thing
        items[1] = items[2];    // twice
    }
    *decision = ++w->decisions;
    return ATT_OK;
}

static att_status witness_feedback(
    void *user, const att_event *events, size_t count, att_error *err)
{
    witness *w = user;
    (void)err;
    for (size_t i = 0; i < count; i++) {
        w->events++;
        w->out_of_order += events[i].at_ms < w->last_ms;
        w->last_ms = events[i].at_ms;
        const bool item = events[i].item.size > 0;
        w->foreign_decisions +=
            item && (events[i].decision == 0 || events[i].decision > w->decisions);
        w->played += events[i].signal == ATT_SIGNAL_PLAY;
        w->skipped += events[i].signal == ATT_SIGNAL_SKIP;
        w->impressions += events[i].signal == ATT_SIGNAL_IMPRESSION;
        for (size_t b = 0; b < events[i].id.size; b++)
            w->hash = (w->hash ^ (unsigned char)events[i].id.data[b]) * 1099511628211u;
        w->hash = (w->hash ^ (uint64_t)events[i].at_ms) * 1099511628211u;
    }
    return ATT_OK;
}

static att_status witness_day(void *user, uint32_t day, int64_t at_ms, att_error *err)
{
    witness *w = user;
    (void)err;
    CHECK_EQ(day, w->days++);
    CHECK(at_ms >= w->last_ms);
    return ATT_OK;
}

static att_world_report run_witness(witness *w, const att_world_run_options *options)
{
    const att_world_policy policy = {
        .choose = witness_choose, .feedback = witness_feedback, .day_over = witness_day, .user = w};
    att_world_report report;
    att_error err;
    CHECK_OK_ERR(att_world_run(w->world, &policy, options, &report, NULL, &err), &err);
    return report;
}

CHECK_TEST(a_policy_is_told_in_order_what_became_of_its_decisions)
{
    CHECK_BEGIN();
    att_world *world = small_world(13, NULL);
    att_world_run_options o = att_world_run_options_default();
    o.cold = true;
    witness a = {.world = world}, b = {.world = world}, c = {.world = world};
    const att_world_report report = run_witness(&a, &o);
    CHECK_EQ(a.decisions, report.visits);
    CHECK_EQ(a.days, 14);
    CHECK_EQ(a.out_of_order, 0);
    CHECK_EQ(a.foreign_decisions, 0);
    CHECK_EQ(report.ineligible, 0);
    // A replay is a second play of the same choice; a few plays last beyond the end.
    CHECK_NEAR((double)(a.played + a.skipped), (double)report.plays, 0.05 * (double)report.plays);
    run_witness(&b, &o);
    CHECK(a.hash == b.hash);
    o.seed = 99;
    o.impressions = true;
    run_witness(&c, &o);
    CHECK(a.hash != c.hash);
    CHECK(c.impressions > 4 * a.impressions);
    att_world_destroy(world);
}

CHECK_TEST(what_may_not_be_shown_is_thrown_away_and_counted)
{
    CHECK_BEGIN();
    att_world *world = small_world(14, NULL);
    witness w = {.world = world, .offer_nonsense = true};
    const att_world_report report = run_witness(&w, NULL);
    CHECK_EQ(report.ineligible, 2 * report.visits);
    CHECK_EQ(report.shown, 8 * report.visits);
    att_world_destroy(world);
}

static att_status choose_too_many(void *user, const att_world_visit *visit, uint32_t *items,
    size_t *count, uint64_t *decision, att_error *err)
{
    (void)user;
    (void)items;
    (void)decision;
    (void)err;
    *count = visit->wanted + 1;
    return ATT_OK;
}

typedef struct asked_for {
    const att_world *world;
    uint64_t offered, other; // slots of other media among them
    uint64_t played_other;
    bool wrong;
} asked_for;

// Music and whatever comes, in turns.
static att_status choose_any(void *user, const att_world_visit *visit, uint32_t *items, size_t *count, uint64_t *decision, att_error *err)
{
    asked_for *a = user;
    (void)err;
    *decision = 0;
    a->wrong |= !att_text_equal(visit->medium, ATT_LIT("music"));
    const size_t items_total = att_world_item_count(a->world);
    for (size_t i = visit->person % 50; i < items_total && *count < visit->wanted; i++) {
        if (!att_world_eligible(a->world, (uint32_t)i, visit->territory, visit->age, visit->at_ms))
            continue;
        a->other += !att_text_equal(att_world_item(a->world, i)->medium, visit->medium);
        a->offered++;
        items[(*count)++] = (uint32_t)i;
    }
    return ATT_OK;
}

static att_status note_other(void *user, const att_event *events, size_t count, att_error *err)
{
    asked_for *a = user;
    (void)err;
    for (size_t i = 0; i < count; i++) {
        const size_t item = events[i].item.size ? att_world_item_find(a->world, events[i].item) : SIZE_MAX;
        a->played_other += item != SIZE_MAX && !att_text_equal(att_world_item(a->world, item)->medium, ATT_LIT("music"));
    }
    return ATT_OK;
}

CHECK_TEST(who_asks_for_one_medium_is_shown_that_alone)
{
    CHECK_BEGIN();
    att_world *world = small_world(16, NULL);
    att_world_run_options o = att_world_run_options_default();
    o.medium = "music";
    o.days = 5;
    o.cold = true;
    asked_for a = {.world = world};
    const att_world_policy policy = {.choose = choose_any, .feedback = note_other, .user = &a};
    att_world_report report, any;
    att_error err;
    CHECK_OK_ERR(att_world_run(world, &policy, &o, &report, NULL, &err), &err);
    CHECK(!a.wrong && a.other > 0 && a.other < a.offered);
    CHECK_EQ(report.ineligible, a.other);
    CHECK_EQ(report.shown, a.offered - a.other);
    CHECK_EQ(a.played_other, 0);
    size_t music = 0;
    for (size_t i = 0; i < att_world_item_count(world); i++)
        music += att_text_equal(att_world_item(world, i)->medium, ATT_LIT("music"));
    const double share = (double)music / (double)att_world_item_count(world);
    const att_world_policy random = {.builtin = ATT_WORLD_RANDOM}, oracle = {.builtin = ATT_WORLD_ORACLE};
    CHECK_OK_ERR(att_world_run(world, &random, &o, &report, NULL, &err), &err);
    CHECK(report.ineligible == 0 && report.coverage <= share + 1e-9 && report.coverage > 0.5 * share);
    CHECK_OK_ERR(att_world_run(world, &oracle, &o, &report, NULL, &err), &err);
    CHECK_NEAR(report.regret, 0, 1e-12); // the best slate that can be is one of music
    o.medium = NULL;
    CHECK_OK_ERR(att_world_run(world, &random, &o, &any, NULL, &err), &err);
    CHECK(any.coverage > share);
    o.medium = "radio";
    CHECK_FAILS(att_world_run(world, &random, &o, &report, NULL, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "expected music, film or game");
    att_world_destroy(world);
}

CHECK_TEST(a_run_that_cannot_be_is_refused_with_its_reason)
{
    CHECK_BEGIN();
    att_world *world = small_world(15, NULL);
    att_world_run_options o = att_world_run_options_default();
    att_world_policy policy = {.builtin = ATT_WORLD_NONE};
    att_world_report report;
    att_error err;
    CHECK_FAILS(att_world_run(world, &policy, &o, &report, NULL, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "neither");
    policy.choose = choose_too_many;
    CHECK_FAILS(att_world_run(world, &policy, &o, &report, NULL, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "chose 11 items, 10 were wanted");
    o.days = 31;
    CHECK_FAILS(att_world_run(world, &policy, &o, &report, NULL, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "31 days");
    att_world_destroy(world);
}

CHECK_TEST(a_run_that_runs_out_of_memory_says_so_and_keeps_none)
{
    CHECK_BEGIN();
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    att_world_options o = att_world_options_default();
    o.people = 8;
    o.items = 80;
    o.events = 400;
    o.days = 5;
    o.ahead_days = 3;
    att_world *world;
    att_error err;
    CHECK_OK_ERR(att_world_create(&world, &o, &host, &err), &err);
    const int64_t held = heap.bytes_live;
    att_world_run_options run = att_world_run_options_default();
    run.days = 3;
    for (uint64_t fail_at = 1, finished = 0; !finished; fail_at++) {
        const att_world_policy policy = {.builtin = ATT_WORLD_POPULARITY};
        att_world_report report;
        heap.fail_at = fail_at;
        const att_status status = att_world_run(world, &policy, &run, &report, NULL, &err);
        finished = heap.fail_at != 0;
        heap.fail_at = 0;
        CHECK(finished ? status == ATT_OK : status == ATT_NO_MEMORY);
        CHECK_EQ(heap.bytes_live, held);
    }
    att_world_destroy(world);
    CHECK_EQ(heap.bytes_live, 0);
}

CHECK_MAIN(CHECK_CASE(the_truth_beats_the_charts_and_the_charts_beat_chance),
    CHECK_CASE(lower_slots_are_clicked_less_though_the_lists_are_random),
    CHECK_CASE(a_policy_is_told_in_order_what_became_of_its_decisions),
    CHECK_CASE(what_may_not_be_shown_is_thrown_away_and_counted),
    CHECK_CASE(who_asks_for_one_medium_is_shown_that_alone), CHECK_CASE(a_run_that_cannot_be_is_refused_with_its_reason),
    CHECK_CASE(a_run_that_runs_out_of_memory_says_so_and_keeps_none))
