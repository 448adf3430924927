// SPDX-License-Identifier: Apache-2.0
// What a decision reads of a person, and the reasons it gives, held against plain twins: everything sorted, everything asked.
#include "scene.h"

#include "engine/serve.h"

#include <stdlib.h>

enum { SONGS = 420, SLATE = 20 };

static const att_host host = {0};
static att_error err;

// Person u has heard `count` songs to the end, some at the very same time, a few of them disliked later, and the last in a session that runs.
static void hear_many(att_engine *engine, int u, int count)
{
    for (int i = 0; i < count; i++) {
        const int64_t age_ms = i + 4 < count ? (count - i) / 3 * (SCENE_DAY / 4) + SCENE_DAY : (count - i) * INT64_C(1000);
        const att_event event = scene_event(u, (i * 11 + u) % SONGS, i % 9 == 0 ? ATT_SIGNAL_LIKE : ATT_SIGNAL_COMPLETE, SCENE_NOW - age_ms);
        CHECK_OK_ERR(att_engine_event(engine, &event, NULL, &err), &err);
    }
    for (int i = 5; i < count; i += 40) {
        const att_event event = scene_event(u, (i * 11 + u) % SONGS, ATT_SIGNAL_DISLIKE, SCENE_NOW - SCENE_DAY);
        CHECK_OK_ERR(att_engine_event(engine, &event, NULL, &err), &err);
    }
}

// Some have more than shapes a decision, some few, one hardly any.
static const int heard[] = {410, 300, 60, 33, 16, 3};

static att_engine *shop(const char *name, const char *kind)
{
    att_engine *engine = scene_open(check_path(name), &host);
    for (int i = 0; i < SONGS; i++)
        scene_put_item(engine, i, INT64_MAX);
    for (size_t u = 0; u < ATT_COUNT_OF(heard); u++)
        hear_many(engine, (int)u, heard[u]);
    for (int u = 10; u < 30; u++)
        hear_many(engine, u, 25);
    const att_train_options how = {.kind = kind, .dim = 16, .plain = true};
    CHECK_OK_ERR(att_engine_train(engine, &how, NULL, &err), &err);
    return engine;
}

static void begin(att_engine *engine, const att_request *request, att_slate_memory *memory, att_view *view)
{
    CHECK_OK_ERR(att_view_begin(engine, request, memory, &memory->answer, 5, view, &err), &err);
}

static int heavier(const void *a, const void *b)
{
    const att_fold_item *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight < y->weight ? 1 : -1;
    return x->item < y->item ? -1 : 1;
}

static void history_is_that_of_a_full_sort(const att_view *view)
{
    const att_host full = att_host_complete(NULL);
    att_arena scratch;
    att_tastes tastes;
    att_arena_init(&scratch, &full, 0);
    CHECK_OK_ERR(att_view_tastes(view->engine, view->person, &view->moment, view->lifts, &view->wishes, &scratch, &tastes, &err), &err);
    att_fold_item *all = ATT_NEW(&scratch, att_fold_item, tastes.count);
    for (size_t i = 0; i < tastes.count; i++)
        all[i] = (att_fold_item){.item = tastes.chosen[i], .weight = tastes.weights[i]};
    qsort(all, tastes.count, sizeof *all, heavier);
    CHECK_EQ(view->history_count, ATT_MIN(tastes.count, (size_t)ATT_HISTORY_MAX));
    for (size_t i = 0; i < view->history_count; i++) {
        const att_preference *source = &view->person->preferences[all[i].item];
        CHECK(view->sources[i] == source);
        CHECK_EQ(view->history[i].item, source->item);
        CHECK(view->history[i].weight == all[i].weight && all[i].weight > 0);
        CHECK(view->history[i].vector == att_serving_vector(&view->engine->serving, source->item));
    }
    att_arena_deinit(&scratch);
}

CHECK_TEST(the_history_is_the_heaviest_of_a_full_sort)
{
    CHECK_BEGIN();
    att_engine *engine = shop("view.attune", "als");
    att_slate_memory *memory;
    CHECK_OK(att_slate_memory_create(&memory, NULL, &err));
    for (size_t u = 0; u < ATT_COUNT_OF(heard); u++) {
        att_request request = scene_request((int)u, SLATE);
        request.context.activity = (uint8_t)(1 + u % 4);
        att_view view;
        begin(engine, &request, memory, &view);
        CHECK(u > 1 || view.history_count == ATT_HISTORY_MAX);
        history_is_that_of_a_full_sort(&view);
        att_view_end(&view);
    }
    att_slate_memory_destroy(memory);
    att_engine_close(engine);
}

// The twin: every effect on the item is looked at, and put where it belongs.
static size_t plain_reasons(const att_view *view, uint32_t item, size_t capacity, size_t *places, double *moved)
{
    static float effects[ATT_HISTORY_MAX];
    const float *vector = att_serving_vector(&view->engine->serving, item);
    CHECK_OK_ERR(att_model_effects(view->engine->serving.model, view->memory->fold, &item, &vector, 1, effects, &err), &err);
    size_t count = 0;
    for (size_t i = 0; i < view->history_count; i++) {
        if (!(effects[i] > 0) || view->history[i].item == item)
            continue;
        size_t at = count;
        while (at > 0 && effects[i] > effects[places[at - 1]])
            at--;
        if (at == capacity)
            continue;
        count = ATT_MIN(count + 1, capacity);
        for (size_t k = count - 1; k > at; k--)
            places[k] = places[k - 1];
        places[at] = i;
    }
    for (size_t r = 0; r < count; r++)
        moved[r] = view->policy->objective.relevance * view->relevance_scale * (double)effects[places[r]];
    return count;
}

static size_t reasons_are_those_of_all_effects(att_view *view, size_t capacity)
{
    enum { MOST = 40 };
    uint32_t items[SLATE];
    size_t counts[SLATE], places[MOST], seen = 0;
    double moved[MOST];
    static att_reason reasons[SLATE * MOST];
    for (size_t j = 0; j < SLATE; j++) // some of what they have heard is asked for too
        items[j] = j % 3 == 0 ? view->history[j % view->history_count].item : view->candidates[j].item;
    CHECK_OK_ERR(att_view_reasons(view, items, SLATE, capacity, reasons, counts, &err), &err);
    for (size_t j = 0; j < SLATE; j++) {
        CHECK_EQ(counts[j], plain_reasons(view, items[j], capacity, places, moved));
        for (size_t r = 0; r < counts[j]; r++, seen++) {
            const att_reason *reason = &reasons[j * capacity + r];
            const att_preference *source = view->sources[places[r]];
            CHECK(att_text_equal(reason->item, att_names_get(&view->engine->catalogue.ids, source->item)));
            CHECK_EQ(reason->at_ms, (int64_t)source->at_s * 1000);
            CHECK(reason->effect == moved[r] && reason->effect > 0);
        }
    }
    return seen;
}

CHECK_TEST(reasons_are_the_strongest_of_all_effects)
{
    CHECK_BEGIN();
    static const char *const kinds[] = {"als", "blend"};
    static const size_t capacities[] = {1, ATT_REASONS_MAX, 15, 16, 40};
    att_slate_memory *memory;
    CHECK_OK(att_slate_memory_create(&memory, NULL, &err));
    for (size_t kind = 0; kind < ATT_COUNT_OF(kinds); kind++) {
        att_engine *engine = shop(kinds[kind], kinds[kind]);
        for (size_t u = 0; u < ATT_COUNT_OF(heard); u++) {
            const att_request request = scene_request((int)u, SLATE);
            att_view view;
            begin(engine, &request, memory, &view);
            CHECK_OK_ERR(att_view_candidates(&view, &err), &err);
            CHECK(view.candidate_count >= SLATE && view.relevance_scale > 0);
            for (size_t c = 0; c < ATT_COUNT_OF(capacities); c++)
                CHECK(reasons_are_those_of_all_effects(&view, capacities[c]) > SLATE / 2);
            att_view_end(&view);
        }
        att_engine_close(engine);
    }
    att_slate_memory_destroy(memory);
}

// --- Changes ---------------------------------------------------------------------------------------------------------

// The tastes of person 50 now, from the table of who has not changed where that knows them, and without it: the same. Returns what has changed.
static att_drift drift_of(att_engine *engine)
{
    const att_host full = att_host_complete(NULL);
    const att_person_state *person = att_people_get(engine->people, att_names_find(&engine->users, scene_user_id(50)));
    const att_taste_moment moment = {.policy = &engine->policy, .now_ms = SCENE_NOW};
    const att_wishes_now nowhere = {0};
    att_steady *const steady = engine->steady;
    att_arena scratch;
    att_tastes tastes[3];
    att_arena_init(&scratch, &full, 0);
    for (int turn = 0; turn < 3; turn++) {
        engine->steady = turn == 0 ? NULL : steady; // the second time it may be known already
        CHECK_OK_ERR(att_view_tastes(engine, person, &moment, NULL, &nowhere, &scratch, &tastes[turn], &err), &err);
        CHECK_EQ(tastes[turn].count, tastes[0].count);
        CHECK(memcmp(tastes[turn].weights, tastes[0].weights, tastes[0].count * sizeof *tastes[0].weights) == 0);
        CHECK(memcmp(tastes[turn].scales, tastes[0].scales, ATT_TASTE_SCALES * tastes[0].count * sizeof *tastes[0].scales) == 0);
        for (size_t i = 0; i < tastes[0].count; i++)
            CHECK(tastes[turn].items[i].kept == tastes[0].items[i].kept);
        CHECK_EQ(tastes[turn].drift.changes, tastes[0].drift.changes);
        CHECK_EQ(tastes[turn].drift.binge_tag, tastes[0].drift.binge_tag);
        CHECK_EQ(tastes[turn].drift.moved_s, tastes[0].drift.moved_s);
    }
    const att_drift drift = tastes[1].drift;
    att_arena_deinit(&scratch);
    return drift;
}

static void retag(att_engine *engine, int i, const char *tag)
{
    const att_text tags[] = {att_text_of(tag)};
    const att_item item = {.id = scene_item_id(i), .title = ATT_LIT("retagged"), .medium = ATT_LIT("music"), .tags = tags, .tag_count = 1};
    CHECK_OK_ERR(att_engine_items_put(engine, &item, 1, &err), &err);
}

CHECK_TEST(who_has_not_changed_is_not_asked_again_until_something_has)
{
    enum { USER = 50, BINGE = 14 };
    CHECK_BEGIN();
    att_engine *engine = scene_open(check_path("steady.attune"), &host);
    for (int i = 0; i < 180; i++)
        scene_put_item(engine, i, INT64_MAX);
    for (int i = 0; i < 50; i++) { // jazz, five things a day
        const att_event event = scene_event(USER, i * 3, ATT_SIGNAL_COMPLETE, SCENE_NOW - (12 - i / 5) * SCENE_DAY + i * 1000);
        CHECK_OK_ERR(att_engine_event(engine, &event, NULL, &err), &err);
    }
    CHECK_EQ(drift_of(engine).binge_tag, ATT_NO_INDEX);
    CHECK_EQ(drift_of(engine).binge_tag, ATT_NO_INDEX);
    for (int i = 0; i < BINGE; i++) { // and one night of metal
        const att_event event = scene_event(USER, i * 3 + 1, ATT_SIGNAL_COMPLETE, SCENE_NOW - SCENE_DAY / 4 + i * 1000);
        CHECK_OK_ERR(att_engine_event(engine, &event, NULL, &err), &err);
    }
    const uint32_t metal = att_names_find(&engine->catalogue.tags, ATT_LIT("metal"));
    CHECK_EQ(drift_of(engine).binge_tag, metal);
    const uint32_t events = engine->policy.taste.binge_events;
    engine->policy.taste.binge_events = BINGE + 1;
    CHECK_EQ(drift_of(engine).binge_tag, ATT_NO_INDEX);
    engine->policy.taste.binge_events = events;
    CHECK_EQ(drift_of(engine).binge_tag, metal);
    for (int i = 0; i < BINGE; i++) // so it was jazz after all
        retag(engine, i * 3 + 1, "jazz");
    CHECK_EQ(drift_of(engine).binge_tag, ATT_NO_INDEX);
    for (int i = 0; i < BINGE; i++)
        retag(engine, i * 3 + 1, "metal");
    CHECK_EQ(drift_of(engine).binge_tag, metal);
    att_engine_close(engine);
}

CHECK_MAIN(CHECK_CASE(the_history_is_the_heaviest_of_a_full_sort), CHECK_CASE(reasons_are_the_strongest_of_all_effects),
    CHECK_CASE(who_has_not_changed_is_not_asked_again_until_something_has))
