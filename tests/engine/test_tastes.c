// SPDX-License-Identifier: Apache-2.0
// Time scales, situations and changes as a person meets them: in the next slate, and in what the engine says it knows.
#include "scene.h"

#include <math.h>

static check_heap heap;
static att_host host;
static att_error err;

static att_engine *fresh(const char *name)
{
    heap = (check_heap){.now_ms = SCENE_NOW};
    host = check_host(&heap);
    att_engine *engine = scene_open(check_path(name), &host);
    scene_fill(engine);
    scene_train(engine);
    return engine;
}

static att_slate_memory *new_memory(void)
{
    att_slate_memory *memory = NULL;
    CHECK_OK_ERR(att_slate_memory_create(&memory, &host, &err), &err);
    return memory;
}

static void hear(att_engine *engine, int user, int item, int64_t at_ms, const att_context *context)
{
    att_event event = scene_event(user, item, ATT_SIGNAL_COMPLETE, at_ms);
    if (context)
        event.context = *context;
    CHECK_OK_ERR(att_engine_event(engine, &event, NULL, &err), &err);
}

// Share of a kind (0 jazz, 1 metal, 2 ambient) in dry slates of eight.
static double share_of(att_engine *engine, att_slate_memory *memory, int user, int kind, int64_t at_ms, const att_context *context)
{
    double of_kind = 0, all = 0;
    for (int round = 1; round <= 10; round++) {
        att_request request = scene_request(user, 8);
        request.dry = true;
        request.at_ms = at_ms;
        request.seed = (uint64_t)round;
        if (context)
            request.context = *context;
        att_slate slate;
        CHECK_OK_ERR(att_engine_decide(engine, &request, memory, &slate, &err), &err);
        for (size_t i = 0; i < slate.count; i++, all++)
            of_kind += atoi(slate.shown[i].item.data + 5) % 3 == kind;
    }
    return of_kind / all;
}

static void set_policy(att_engine *engine, bool scales, double context_share)
{
    att_policy policy = att_engine_policy(engine);
    policy.taste.scales = scales;
    policy.taste.context_share = context_share;
    policy.objective.situation = 0; // which is no matter of what was learned
    CHECK_OK_ERR(att_engine_policy_set(engine, &policy, &err), &err);
}

CHECK_TEST(one_listener_in_two_contexts_gets_two_slates)
{
    CHECK_BEGIN();
    att_engine *engine = fresh("contexts.attune");
    att_slate_memory *memory = new_memory();
    const att_context gym = {ATT_DEVICE_WATCH, ATT_PLACE_GYM, ATT_ACTIVITY_WORKOUT, 0, 0};
    const att_context bed = {ATT_DEVICE_SPEAKER, ATT_PLACE_HOME, ATT_ACTIVITY_SLEEP, 0, 0};
    for (int day = 0; day < 12; day++) { // a new listener: metal at the gym, ambient in bed
        const int64_t morning = SCENE_NOW - (14 - day) * SCENE_DAY - SCENE_NOW % SCENE_DAY + SCENE_DAY / 3;
        for (int i = 0; i < 2; i++) {
            hear(engine, 80, (day * 2 + i) * 3 + 1, morning + i * 300000, &gym);
            hear(engine, 80, (day * 2 + i) * 3 + 2, morning + SCENE_DAY * 14 / 24 + i * 300000, &bed);
        }
    }
    const int64_t at_ms = SCENE_NOW - SCENE_NOW % SCENE_DAY + SCENE_DAY / 3, night_ms = at_ms + SCENE_DAY * 14 / 24;
    const double gym_metal = share_of(engine, memory, 80, 1, at_ms, &gym), bed_metal = share_of(engine, memory, 80, 1, night_ms, &bed);
    const double gym_calm = share_of(engine, memory, 80, 2, at_ms, &gym), bed_calm = share_of(engine, memory, 80, 2, night_ms, &bed);
    CHECK(gym_metal > gym_calm + 0.1);
    CHECK(bed_calm > bed_metal + 0.1);
    // It is the vector: no context model was learned since, and without the bend the two slates are of one mix.
    set_policy(engine, true, 0);
    CHECK_NEAR(share_of(engine, memory, 80, 1, at_ms, &gym), share_of(engine, memory, 80, 1, at_ms, &bed), 1e-9);
    att_slate_memory_destroy(memory);
    att_engine_close(engine);
}

CHECK_TEST(a_night_of_another_kind_is_told_and_does_not_own_the_next_day)
{
    CHECK_BEGIN();
    att_engine *engine = fresh("night.attune");
    att_slate_memory *memory = new_memory();
    for (int i = 0; i < 14; i++) // person 0 loves jazz
        hear(engine, 0, 3 * i + 2, SCENE_NOW - SCENE_DAY + i * 200000, NULL);
    heap.now_ms = SCENE_NOW - SCENE_DAY + 15 * 200000;
    att_person person;
    CHECK_OK_ERR(att_engine_person(engine, scene_user_id(0), memory, &person, &err), &err);
    CHECK_EQ(person.changes, ATT_CHANGE_BINGE);
    CHECK_EQ(person.change_count, 1);
    CHECK_HOLDS(person.change_texts[0].data, "a binge: 14 things of ambient in one session on ");
    CHECK_NEAR(person.long_share + person.recent_share + person.session_share, 1, 1e-9);
    CHECK_NEAR(person.session_share, 0.3, 1e-9);
    double sums[3] = {0};
    for (size_t t = 0; t < person.tag_count; t++) {
        sums[0] += person.scales[t].long_term;
        sums[1] += person.scales[t].recent;
        sums[2] += person.scales[t].session;
    }
    for (int s = 0; s < 3; s++)
        CHECK_NEAR(sums[s], 1, 1e-6);
    const double next_day = share_of(engine, memory, 0, 2, SCENE_NOW, NULL);
    set_policy(engine, false, 0);
    const double without = share_of(engine, memory, 0, 2, SCENE_NOW, NULL);
    CHECK(next_day < without - 0.05);
    att_slate_memory_destroy(memory);
    att_engine_close(engine);
}

CHECK_TEST(a_life_event_acts_on_the_very_next_slate_and_can_be_taken_back)
{
    CHECK_BEGIN();
    att_engine *engine = fresh("life.attune");
    att_slate_memory *memory = new_memory();
    for (int i = 0; i < 4; i++)
        hear(engine, 0, 3 * i + 2, SCENE_NOW - 2 * SCENE_DAY + i * 200000, NULL);
    const double before = share_of(engine, memory, 0, 2, SCENE_NOW, NULL);
    att_control control = {.kind = ATT_CONTROL_LIFE_EVENT, .value = (double)((SCENE_NOW - 3 * SCENE_DAY) / SCENE_DAY)};
    CHECK_OK_ERR(att_engine_control(engine, scene_user_id(0), &control, &err), &err);
    const double after = share_of(engine, memory, 0, 2, SCENE_NOW, NULL);
    CHECK(after > before + 0.15);
    att_person person;
    CHECK_OK_ERR(att_engine_person(engine, scene_user_id(0), memory, &person, &err), &err);
    CHECK_EQ(person.life_event_ms, (int64_t)control.value * SCENE_DAY);
    CHECK_HOLDS(person.change_texts[person.change_count - 1].data, "a life event on ");
    control.value = -1;
    CHECK_OK_ERR(att_engine_control(engine, scene_user_id(0), &control, &err), &err);
    CHECK_NEAR(share_of(engine, memory, 0, 2, SCENE_NOW, NULL), before, 1e-9);
    const double bad[] = {-2, 0.5, 60000, (double)NAN};
    for (size_t i = 0; i < ATT_COUNT_OF(bad); i++) {
        control.value = bad[i];
        CHECK_FAILS(att_engine_control(engine, scene_user_id(0), &control, &err), ATT_INVALID);
        CHECK_HOLDS(err.text, "expected a whole day since 1970-01-01");
    }
    att_slate_memory_destroy(memory);
    att_engine_close(engine);
}

// Calm slates hold back, a change spends it; the promise of the budget holds throughout.
CHECK_TEST(a_sudden_change_raises_exploration_within_the_budget)
{
    CHECK_BEGIN();
    att_engine *engine = fresh("change.attune");
    att_slate_memory *memory = new_memory();
    att_policy policy = att_engine_policy(engine);
    policy.taste.reserve = 0.5;
    CHECK_OK_ERR(att_engine_policy_set(engine, &policy, &err), &err);
    const att_context home = {ATT_DEVICE_TV, ATT_PLACE_HOME, 0, 0, ATT_OFFSET_UNKNOWN};
    const att_context trip = {ATT_DEVICE_PHONE, ATT_PLACE_AWAY, 0, 0, ATT_OFFSET_UNKNOWN};
    for (int i = 0; i < 25; i++)
        hear(engine, 0, i * 3, SCENE_NOW - 5 * SCENE_DAY + i * SCENE_DAY / 6, &home);
    size_t explored[2] = {0}, slots[2] = {0};
    for (int round = 0; round < 60; round++) {
        const bool away = round >= 40;
        att_request request = scene_request(0, 10);
        request.at_ms = SCENE_NOW + round * SCENE_DAY / 4;
        request.context = away ? trip : home;
        request.explain = false;
        att_slate slate;
        CHECK_OK_ERR(att_engine_decide(engine, &request, memory, &slate, &err), &err);
        CHECK_EQ(slate.changes, away ? ATT_CHANGE_DEVICE | ATT_CHANGE_PLACE : 0);
        explored[away] += slate.explored;
        slots[away] += slate.count;
        CHECK((double)(explored[0] + explored[1]) <= policy.exploration.share * (double)(slots[0] + slots[1]));
    }
    CHECK((double)explored[0] <= 0.06 * (double)slots[0] && explored[0] > 0);
    CHECK((double)explored[1] >= 0.13 * (double)slots[1]);
    att_slate_memory_destroy(memory);
    att_engine_close(engine);
}

CHECK_MAIN(CHECK_CASE(one_listener_in_two_contexts_gets_two_slates),
    CHECK_CASE(a_night_of_another_kind_is_told_and_does_not_own_the_next_day),
    CHECK_CASE(a_life_event_acts_on_the_very_next_slate_and_can_be_taken_back),
    CHECK_CASE(a_sudden_change_raises_exploration_within_the_budget))
