// SPDX-License-Identifier: Apache-2.0
// The loop as a host program meets it.
#include "scene.h"

#include <math.h>
#include <unistd.h>

static check_heap heap;
static att_host host;
static att_error err;

static att_slate decide(att_engine *engine, const att_request *request, att_slate_memory *memory)
{
    att_slate slate;
    CHECK_OK_ERR(att_engine_decide(engine, request, memory, &slate, &err), &err);
    return slate;
}

static att_slate_memory *new_memory(void)
{
    att_slate_memory *memory = NULL;
    CHECK_OK_ERR(att_slate_memory_create(&memory, &host, &err), &err);
    return memory;
}

static const char *new_store(void)
{
    static int number;
    char name[32];
    snprintf(name, sizeof name, "store-%d.attune", number++);
    heap = (check_heap){.now_ms = SCENE_NOW};
    host = check_host(&heap);
    return check_path(name);
}

static bool holds(const att_slate *slate, att_text item)
{
    for (size_t i = 0; i < slate->count; i++)
        if (att_text_equal(slate->shown[i].item, item))
            return true;
    return false;
}

CHECK_TEST(a_slate_fits_the_persons_taste_and_its_terms_sum_to_the_score)
{
    CHECK_BEGIN();
    att_engine *engine = scene_open(new_store(), &host);
    att_slate_memory *memory = new_memory();
    scene_fill(engine);
    scene_train(engine);
    int of_own_kind = 0, all = 0;
    for (int u = 0; u < 12; u++) {
        const att_request request = scene_request(u, 8);
        const att_slate slate = decide(engine, &request, memory);
        CHECK_EQ(slate.count, 8);
        CHECK(slate.decision > 0);
        for (size_t i = 0; i < slate.count; i++) {
            const att_shown *shown = &slate.shown[i];
            double sum = 0;
            for (int t = 0; t < ATT_TERM_COUNT; t++)
                sum += shown->terms[t];
            CHECK_NEAR(sum, shown->score, 1e-12);
            CHECK(shown->propensity > 0 && shown->propensity <= 1);
            for (size_t j = 0; j < i; j++)
                CHECK(!att_text_equal(slate.shown[j].item, shown->item));
            if (shown->kind == ATT_SLOT_BEST) {
                all++;
                of_own_kind += atoi(shown->item.data + 5) % 3 == u % 3;
            }
        }
    }
    CHECK(all > 40);
    CHECK(of_own_kind * 3 > all * 2); // a third by chance
    att_slate_memory_destroy(memory);
    att_engine_close(engine);
    CHECK_EQ(heap.bytes_live, 0);
}

CHECK_TEST(an_event_changes_the_very_next_slate)
{
    CHECK_BEGIN();
    att_engine *engine = scene_open(new_store(), &host);
    att_slate_memory *memory = new_memory();
    scene_fill(engine);
    scene_train(engine);
    att_request request = scene_request(70, 8); // a stranger
    request.dry = true;
    request.seed = 5;
    att_explanation before, after;
    CHECK_OK_ERR(att_engine_explain(engine, &request, scene_item_id(31), memory, &before, &err), &err);
    const double was = before.shown.terms[ATT_TERM_RELEVANCE];
    CHECK_EQ(before.reason_count, 0);
    for (int e = 0; e < 3; e++) {
        const att_event event = scene_event(70, 1 + 3 * e, ATT_SIGNAL_LIKE, SCENE_NOW - 60000 + e);
        CHECK_OK_ERR(att_engine_event(engine, &event, NULL, &err), &err);
    }
    CHECK_OK_ERR(att_engine_explain(engine, &request, scene_item_id(31), memory, &after, &err), &err);
    CHECK(after.reason_count > 0);
    CHECK_OK_ERR(att_engine_explain(engine, &request, scene_item_id(32), memory, &before, &err), &err);
    CHECK_OK_ERR(att_engine_explain(engine, &request, scene_item_id(31), memory, &after, &err), &err);
    CHECK(after.shown.terms[ATT_TERM_RELEVANCE] > before.shown.terms[ATT_TERM_RELEVANCE]);
    (void)was;
    att_slate_memory_destroy(memory);
    att_engine_close(engine);
}

CHECK_TEST(an_explanation_names_the_events_that_moved_the_score)
{
    CHECK_BEGIN();
    att_engine *engine = scene_open(new_store(), &host);
    att_slate_memory *memory = new_memory();
    scene_fill(engine);
    scene_train(engine);
    for (int u = 0; u < 10; u++) {
        const att_request request = scene_request(u, 8);
        const att_slate slate = decide(engine, &request, memory);
        char best[32];
        snprintf(best, sizeof best, "%.*s", (int)slate.shown[0].item.size, slate.shown[0].item.data);
        att_explanation e;
        CHECK_OK_ERR(att_engine_explain(engine, &request, att_text_of(best), memory, &e, &err), &err);
        CHECK(e.eligible);
        CHECK(e.reason_count > 0);
        CHECK(e.score_without_reasons < e.shown.score);
        for (size_t r = 0; r < e.reason_count; r++) {
            CHECK(e.reasons[r].effect > 0);
            CHECK(r == 0 || e.reasons[r].effect <= e.reasons[r - 1].effect);
            CHECK(e.reasons[r].at_ms < SCENE_NOW);
        }
    }
    att_slate_memory_destroy(memory);
    att_engine_close(engine);
}

// What is near comes with the index's product; an explanation asks the model for one item alone.
CHECK_TEST(relevance_from_the_index_is_the_models_to_the_bit)
{
    CHECK_BEGIN();
    att_engine *engine = scene_open(new_store(), &host);
    att_slate_memory *memory = new_memory();
    scene_fill(engine);
    const att_train_options how = {.kind = "als", .dim = 16, .plain = true};
    CHECK_OK_ERR(att_engine_train(engine, &how, NULL, &err), &err);
    for (int u = 0; u < 4; u++) {
        att_request request = scene_request(u, 8);
        request.dry = true;
        request.seed = 7;
        const att_slate slate = decide(engine, &request, memory);
        char ids[8][32];
        double relevance[8];
        const size_t count = ATT_MIN(slate.count, 8);
        CHECK_EQ(count, 8);
        for (size_t s = 0; s < count; s++) { // the slate is gone once its memory is used again
            snprintf(ids[s], sizeof ids[s], "%.*s", (int)slate.shown[s].item.size, slate.shown[s].item.data);
            relevance[s] = slate.shown[s].terms[ATT_TERM_RELEVANCE];
        }
        for (size_t s = 0; s < count; s++) {
            att_explanation e;
            CHECK_OK_ERR(att_engine_explain(engine, &request, att_text_of(ids[s]), memory, &e, &err), &err);
            CHECK(e.shown.terms[ATT_TERM_RELEVANCE] == relevance[s]);
        }
    }
    att_slate_memory_destroy(memory);
    att_engine_close(engine);
}

CHECK_TEST(a_licence_ends_and_a_takedown_holds_to_the_millisecond)
{
    CHECK_BEGIN();
    att_engine *engine = scene_open(new_store(), &host);
    att_slate_memory *memory = new_memory();
    for (int i = 0; i < 10; i++)
        scene_put_item(engine, i, i == 4 ? SCENE_NOW + 1000 : INT64_MAX);
    att_request request = scene_request(0, 10);
    request.dry = true;
    request.at_ms = SCENE_NOW + 999;
    att_slate slate = decide(engine, &request, memory);
    CHECK_EQ(slate.count, 10);
    request.at_ms = SCENE_NOW + 1000;
    slate = decide(engine, &request, memory);
    CHECK_EQ(slate.count, 9);
    CHECK(!holds(&slate, scene_item_id(4)));
    att_explanation e;
    CHECK_OK_ERR(att_engine_explain(engine, &request, scene_item_id(4), memory, &e, &err), &err);
    CHECK(!e.eligible);
    CHECK_HOLDS(e.barred_by, "licence ended");
    CHECK_OK_ERR(att_engine_takedown(engine, scene_item_id(7), att_text_of("court order"), &err), &err);
    slate = decide(engine, &request, memory);
    CHECK_EQ(slate.count, 8);
    CHECK(!holds(&slate, scene_item_id(7)));
    scene_put_item(engine, 7, INT64_MAX);
    slate = decide(engine, &request, memory);
    CHECK_EQ(slate.count, 9);
    CHECK_FAILS(att_engine_takedown(engine, att_text_of("nothing"), (att_text){0}, &err), ATT_NOT_FOUND);
    CHECK_HOLDS(err.text, "nothing");
    att_slate_memory_destroy(memory);
    att_engine_close(engine);
}

CHECK_TEST(controls_act_on_the_next_slate)
{
    CHECK_BEGIN();
    att_engine *engine = scene_open(new_store(), &host);
    att_slate_memory *memory = new_memory();
    scene_fill(engine);
    scene_train(engine);
    att_request request = scene_request(0, 10);
    request.dry = true;
    request.seed = 9;
    att_slate slate = decide(engine, &request, memory);
    char first[32];
    snprintf(first, sizeof first, "%.*s", (int)slate.shown[0].item.size, slate.shown[0].item.data);

    att_explanation e;
    CHECK_OK_ERR(att_engine_explain(engine, &request, att_text_of(first), memory, &e, &err), &err);
    const double control_before = e.shown.terms[ATT_TERM_CONTROL];
    att_control control = {.kind = ATT_CONTROL_LESS_LIKE, .item = att_text_of(first)};
    CHECK_OK_ERR(att_engine_control(engine, request.user, &control, &err), &err);
    CHECK_OK_ERR(att_engine_explain(engine, &request, att_text_of(first), memory, &e, &err), &err);
    CHECK(e.shown.terms[ATT_TERM_CONTROL] < control_before);

    control = (att_control){.kind = ATT_CONTROL_BLOCK, .item = att_text_of("tag:jazz")};
    CHECK_OK_ERR(att_engine_control(engine, request.user, &control, &err), &err);
    slate = decide(engine, &request, memory);
    CHECK_EQ(slate.count, 10);
    for (size_t i = 0; i < slate.count; i++)
        CHECK(atoi(slate.shown[i].item.data + 5) % 3 != 0);
    control.kind = ATT_CONTROL_UNBLOCK;
    CHECK_OK_ERR(att_engine_control(engine, request.user, &control, &err), &err);

    // metal has energy 0.9, ambient 0.1
    double energy[2];
    for (int side = 0; side < 2; side++) {
        control = (att_control){.kind = ATT_CONTROL_ENERGY, .value = side ? 1 : -1};
        CHECK_OK_ERR(att_engine_control(engine, request.user, &control, &err), &err);
        CHECK_OK_ERR(att_engine_explain(engine, &request, scene_item_id(1), memory, &e, &err), &err);
        energy[side] = e.shown.terms[ATT_TERM_CONTROL];
    }
    CHECK(energy[1] > energy[0]);

    CHECK_FAILS(att_engine_control(engine, request.user, &(att_control){.kind = ATT_CONTROL_ENERGY, .value = 2}, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "energy is 2");
    control = (att_control){.kind = ATT_CONTROL_LESS_LIKE, .item = att_text_of("song-xx")};
    CHECK_FAILS(att_engine_control(engine, request.user, &control, &err), ATT_NOT_FOUND);

    control = (att_control){.kind = ATT_CONTROL_BLOCK, .item = att_text_of("tag:a\nb")};
    CHECK_FAILS(att_engine_control(engine, request.user, &control, &err), ATT_INVALID);
    char long_tag[4 + 66];
    memset(long_tag, 'x', sizeof long_tag);
    memcpy(long_tag, "tag:", 4);
    control.item = (att_text){long_tag, 4 + 65};
    CHECK_FAILS(att_engine_control(engine, request.user, &control, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "64 at most");

    control = (att_control){.kind = ATT_CONTROL_RESET};
    CHECK_OK_ERR(att_engine_control(engine, request.user, &control, &err), &err);
    request.at_ms = SCENE_NOW + 1;
    CHECK_OK_ERR(att_engine_explain(engine, &request, scene_item_id(3), memory, &e, &err), &err);
    CHECK_EQ(e.reason_count, 0);
    att_slate_memory_destroy(memory);
    att_engine_close(engine);
}

CHECK_TEST(exploration_never_passes_its_budget_and_uses_it)
{
    CHECK_BEGIN();
    att_engine *engine = scene_open(new_store(), &host);
    att_slate_memory *memory = new_memory();
    scene_fill(engine);
    scene_train(engine);
    const double share = att_engine_policy(engine).exploration.share;
    CHECK(share >= 0.05 && share <= 0.15);
    for (int round = 0; round < 300; round++) {
        att_request request = scene_request(round % 10, 10);
        request.explain = false;
        request.at_ms = SCENE_NOW + round * SCENE_DAY / 100;
        decide(engine, &request, memory);
        att_engine_info info;
        att_engine_info_get(engine, &info);
        CHECK((double)info.explored_impressions <= share * (double)info.impressions);
        att_person person;
        CHECK_OK_ERR(att_engine_person(engine, request.user, memory, &person, &err), &err);
        CHECK((double)person.explored <= share * (double)person.impressions);
    }
    att_engine_info info;
    att_engine_info_get(engine, &info);
    CHECK_EQ(info.impressions, 3000);
    CHECK((double)info.explored_impressions >= 0.8 * share * (double)info.impressions);
    att_slate_memory_destroy(memory);
    att_engine_close(engine);
}

CHECK_TEST(a_full_slate_comes_back_whenever_enough_is_eligible)
{
    CHECK_BEGIN();
    att_engine *engine = scene_open(new_store(), &host);
    att_slate_memory *memory = new_memory();
    scene_fill(engine);
    scene_train(engine);
    for (int round = 0; round < 12; round++) { // everything was shown lately after a few rounds
        const att_request request = scene_request(3, 40);
        const att_slate slate = decide(engine, &request, memory);
        CHECK_EQ(slate.count, 40);
    }
    const att_request request = scene_request(3, 200);
    const att_slate slate = decide(engine, &request, memory);
    CHECK_EQ(slate.count, SCENE_ITEMS);
    att_slate_memory_destroy(memory);
    att_engine_close(engine);
}

CHECK_TEST(two_engines_on_one_store_see_each_others_writes)
{
    CHECK_BEGIN();
    const char *path = new_store();
    att_engine *one = scene_open(path, &host), *two = scene_open(path, &host);
    att_slate_memory *memory = new_memory();
    scene_fill(one);
    att_engine_info a, b;
    att_engine_info_get(one, &a);
    att_engine_info_get(two, &b);
    CHECK_EQ(a.events, b.events);
    CHECK_EQ(b.items, SCENE_ITEMS);
    scene_train(one);
    att_engine_info_get(two, &b);
    CHECK_EQ(b.model, 1);
    att_event event = scene_event(99, 5, ATT_SIGNAL_LIKE, SCENE_NOW);
    event.id = att_text_of("the-same");
    bool added;
    CHECK_OK_ERR(att_engine_event(two, &event, &added, &err), &err);
    CHECK(added);
    CHECK_OK_ERR(att_engine_event(one, &event, &added, &err), &err);
    CHECK(!added);
    CHECK_OK_ERR(att_engine_takedown(two, scene_item_id(0), (att_text){0}, &err), &err);
    const att_request request = scene_request(2, 50);
    const att_slate slate = decide(one, &request, memory);
    CHECK(!holds(&slate, scene_item_id(0)));
    att_slate_memory_destroy(memory);
    att_engine_close(one);
    att_engine_close(two);
    CHECK_EQ(heap.bytes_live, 0);
}

CHECK_TEST(a_damaged_model_is_passed_over_and_the_one_before_is_used)
{
    CHECK_BEGIN();
    const char *path = new_store();
    att_engine *engine = scene_open(path, &host);
    scene_fill(engine);
    scene_train(engine);
    scene_train(engine);
    att_engine_info info;
    att_engine_info_get(engine, &info);
    CHECK_EQ(info.model, 2);
    att_engine_close(engine);
    char file[600];
    snprintf(file, sizeof file, "%s-models/00000002.model", path);
    size_t size;
    char *bytes = check_read_file(file, &size);
    bytes[size / 2] ^= 4;
    check_write_file(file, bytes, size);
    free(bytes);
    engine = scene_open(path, &host);
    att_engine_info_get(engine, &info);
    CHECK_EQ(info.model, 1);
    CHECK_HOLDS(heap.last_log, "00000002.model");
    att_engine_close(engine);
    CHECK_EQ(heap.bytes_live, 0);
}

static uint64_t lines;
static char seen_text[1 << 16];

static bool count_line(void *user, att_text line)
{
    (void)user;
    lines++;
    snprintf(seen_text + strlen(seen_text), sizeof seen_text - strlen(seen_text), "%.*s\n", (int)line.size, line.data);
    return true;
}

CHECK_TEST(a_person_is_exported_whole_and_forgotten_whole)
{
    CHECK_BEGIN();
    const char *path = new_store();
    att_engine *engine = scene_open(path, &host);
    att_slate_memory *memory = new_memory();
    scene_fill(engine);
    const att_request request = scene_request(7, 5);
    decide(engine, &request, memory);
    const att_control control = {.kind = ATT_CONTROL_NOVELTY, .value = 0.5};
    CHECK_OK_ERR(att_engine_control(engine, request.user, &control, &err), &err);
    lines = 0;
    seen_text[0] = 0;
    CHECK_OK_ERR(att_engine_export(engine, request.user, count_line, NULL, &err), &err);
    CHECK_EQ(lines, 26);
    CHECK_HOLDS(seen_text, "\"decision\"");
    CHECK_HOLDS(seen_text, "\"novelty\"");
    uint64_t rows;
    CHECK_OK_ERR(att_engine_forget(engine, request.user, &rows, &err), &err);
    CHECK_EQ(rows, 26);
    CHECK_FAILS(att_engine_export(engine, request.user, count_line, NULL, &err), ATT_NOT_FOUND);
    att_person person;
    CHECK_FAILS(att_engine_person(engine, request.user, memory, &person, &err), ATT_NOT_FOUND);
    att_engine_info info;
    att_engine_info_get(engine, &info);
    CHECK_EQ(info.events, (SCENE_PEOPLE - 1) * 24);
    att_engine_close(engine);
    engine = scene_open(path, &host);
    att_engine_info_get(engine, &info);
    CHECK_EQ(info.events, (SCENE_PEOPLE - 1) * 24);
    CHECK_FAILS(att_engine_person(engine, request.user, memory, &person, &err), ATT_NOT_FOUND);
    att_slate_memory_destroy(memory);
    att_engine_close(engine);
}

CHECK_TEST(the_same_seed_gives_the_same_slate)
{
    CHECK_BEGIN();
    char items[2][40][32];
    for (int run = 0; run < 2; run++) {
        att_engine *engine = scene_open(new_store(), &host);
        att_slate_memory *memory = new_memory();
        scene_fill(engine);
        scene_train(engine);
        for (int s = 0; s < 4; s++) {
            const att_request request = scene_request(s, 10);
            const att_slate slate = decide(engine, &request, memory);
            for (size_t i = 0; i < slate.count; i++)
                snprintf(items[run][s * 10 + (int)i], 32, "%.*s", (int)slate.shown[i].item.size, slate.shown[i].item.data);
        }
        att_slate_memory_destroy(memory);
        att_engine_close(engine);
    }
    for (int i = 0; i < 40; i++)
        CHECK_STR(items[0][i], items[1][i]);
}

CHECK_TEST(a_group_answers_what_each_would_be_answered_alone)
{
    enum { group = 5 };
    CHECK_BEGIN();
    att_engine *engine = scene_open(new_store(), &host);
    scene_fill(engine);
    scene_train(engine);
    att_slate_memory *memories[group], *alone = new_memory();
    att_request requests[group];
    att_slate slates[group];
    for (int i = 0; i < group; i++) {
        memories[i] = new_memory();
        requests[i] = scene_request(10 * i, 8);
        requests[i].seed = 77 + (uint64_t)i;
        requests[i].dry = requests[i].explain = true;
    }
    CHECK_OK_ERR(att_engine_decide_many(engine, requests, group, memories, slates, &err), &err);
    for (int i = 0; i < group; i++) {
        const att_slate one = decide(engine, &requests[i], alone);
        CHECK_EQ(one.count, slates[i].count);
        for (size_t s = 0; s < one.count; s++) {
            CHECK(att_text_equal(one.shown[s].item, slates[i].shown[s].item));
            CHECK(att_text_equal(one.shown[s].title, slates[i].shown[s].title));
            CHECK(one.shown[s].score == slates[i].shown[s].score);
            CHECK_EQ(one.shown[s].reason_count, slates[i].shown[s].reason_count);
            for (size_t r = 0; r < one.shown[s].reason_count; r++)
                CHECK(att_text_equal(one.shown[s].reasons[r].item, slates[i].shown[s].reasons[r].item));
        }
        att_slate_memory_destroy(memories[i]);
    }
    att_slate_memory_destroy(alone);
    att_engine_close(engine);
    CHECK_EQ(heap.bytes_live, 0);
}

CHECK_TEST(a_batch_with_a_bad_event_adds_nothing_and_names_it)
{
    CHECK_BEGIN();
    att_engine *engine = scene_open(new_store(), &host);
    att_event events[3] = {scene_event(1, 1, ATT_SIGNAL_LIKE, SCENE_NOW), scene_event(1, 2, ATT_SIGNAL_RATING, SCENE_NOW),
        scene_event(1, 3, ATT_SIGNAL_LIKE, SCENE_NOW)};
    events[1].value = 99;
    att_ingest_result result;
    CHECK_FAILS(att_engine_events(engine, events, 3, &result, &err), ATT_INVALID);
    CHECK_EQ(result.refused, 1);
    CHECK_EQ(result.first_refused, 1);
    CHECK_HOLDS(err.text, "event 2 of 3");
    events[1].value = 4;
    CHECK_OK_ERR(att_engine_events(engine, events, 3, &result, &err), &err);
    CHECK_EQ(result.added, 3);
    CHECK_OK_ERR(att_engine_events(engine, events, 3, &result, &err), &err);
    CHECK_EQ(result.duplicates, 3);
    att_engine_close(engine);
}

CHECK_TEST(a_read_only_engine_decides_dry_and_refuses_to_write)
{
    CHECK_BEGIN();
    const char *path = new_store();
    att_engine *engine = scene_open(path, &host);
    scene_fill(engine);
    scene_train(engine);
    att_engine_close(engine);
    const att_open_options options = {.read_only = true, .threads = 1};
    CHECK_OK_ERR(att_engine_open(&engine, path, &options, &host, &err), &err);
    att_slate_memory *memory = new_memory();
    att_request request = scene_request(1, 5);
    att_slate slate;
    CHECK_FAILS(att_engine_decide(engine, &request, memory, &slate, &err), ATT_READ_ONLY);
    request.dry = true;
    slate = decide(engine, &request, memory);
    CHECK_EQ(slate.count, 5);
    CHECK_EQ(slate.decision, 0);
    att_slate_memory_destroy(memory);
    att_engine_close(engine);
}

CHECK_TEST(memory_that_runs_out_is_an_error_and_nothing_is_lost)
{
    CHECK_BEGIN();
    const char *path = new_store();
    att_engine *engine = scene_open(path, &host);
    scene_fill(engine);
    scene_train(engine);
    uint64_t acknowledged = SCENE_PEOPLE * 24;
    int failures = 0;
    for (uint64_t fail_at = 1; fail_at < 60; fail_at++) {
        att_event event = scene_event(200 + (int)fail_at, 3, ATT_SIGNAL_LIKE, SCENE_NOW);
        heap.fail_at = fail_at;
        const att_status status = att_engine_event(engine, &event, NULL, &err);
        heap.fail_at = 0;
        acknowledged += status == ATT_OK;
        failures += status != ATT_OK;
        if (status != ATT_OK)
            CHECK_EQ(status, ATT_NO_MEMORY);
        att_slate_memory *memory = NULL;
        heap.fail_at = fail_at;
        att_request request = scene_request(1, 5);
        request.dry = true;
        att_slate slate;
        att_status s = att_slate_memory_create(&memory, &host, &err);
        if (!s)
            s = att_engine_decide(engine, &request, memory, &slate, &err);
        heap.fail_at = 0;
        if (s != ATT_OK)
            CHECK_EQ(s, ATT_NO_MEMORY);
        att_slate_memory_destroy(memory);
    }
    CHECK(failures > 0);
    att_engine_close(engine);
    engine = scene_open(path, &host);
    att_engine_info info;
    att_engine_info_get(engine, &info);
    CHECK_EQ(info.events, acknowledged);
    att_engine_close(engine);
    CHECK_EQ(heap.bytes_live, 0);
}

CHECK_MAIN(CHECK_CASE(a_slate_fits_the_persons_taste_and_its_terms_sum_to_the_score),
    CHECK_CASE(an_event_changes_the_very_next_slate),
    CHECK_CASE(an_explanation_names_the_events_that_moved_the_score),
    CHECK_CASE(relevance_from_the_index_is_the_models_to_the_bit),
    CHECK_CASE(a_licence_ends_and_a_takedown_holds_to_the_millisecond),
    CHECK_CASE(controls_act_on_the_next_slate), CHECK_CASE(exploration_never_passes_its_budget_and_uses_it),
    CHECK_CASE(a_full_slate_comes_back_whenever_enough_is_eligible),
    CHECK_CASE(two_engines_on_one_store_see_each_others_writes),
    CHECK_CASE(a_damaged_model_is_passed_over_and_the_one_before_is_used),
    CHECK_CASE(a_person_is_exported_whole_and_forgotten_whole), CHECK_CASE(the_same_seed_gives_the_same_slate),
    CHECK_CASE(a_group_answers_what_each_would_be_answered_alone),
    CHECK_CASE(a_batch_with_a_bad_event_adds_nothing_and_names_it),
    CHECK_CASE(a_read_only_engine_decides_dry_and_refuses_to_write),
    CHECK_CASE(memory_that_runs_out_is_an_error_and_nothing_is_lost))
