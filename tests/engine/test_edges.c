// SPDX-License-Identifier: Apache-2.0
// The ends of every range: nothing in the store, one item, full slates, people who do not take part.
#include "scene.h"

#include <math.h>

static check_heap heap;
static att_host host;
static att_error err;
static att_engine *engine;
static att_slate_memory *memory;

static void begin(void)
{
    static int number;
    char name[32];
    snprintf(name, sizeof name, "edge-%d.attune", number++);
    heap = (check_heap){.now_ms = SCENE_NOW};
    host = check_host(&heap);
    engine = scene_open(check_path(name), &host);
    CHECK_OK_ERR(att_slate_memory_create(&memory, &host, &err), &err);
}

static void end(void)
{
    att_slate_memory_destroy(memory);
    att_engine_close(engine);
    CHECK_EQ(heap.bytes_live, 0);
}

static att_slate decide(const att_request *request)
{
    att_slate slate;
    CHECK_OK_ERR(att_engine_decide(engine, request, memory, &slate, &err), &err);
    return slate;
}

static int place_of(const att_slate *slate, att_text item)
{
    for (size_t i = 0; i < slate->count; i++)
        if (att_text_equal(slate->shown[i].item, item))
            return (int)i;
    return -1;
}

static void send(int user, int item, att_signal signal, int64_t at_ms)
{
    const att_event event = scene_event(user, item, signal, at_ms);
    CHECK_OK_ERR(att_engine_event(engine, &event, NULL, &err), &err);
}

static bool count_items(void *user, const att_item *item)
{
    (void)item;
    ++*(int *)user;
    return true;
}

CHECK_TEST(an_empty_store_answers_everything)
{
    CHECK_BEGIN();
    begin();
    att_request request = scene_request(1, ATT_SLATE_MAX);
    request.dry = true;
    att_slate slate = decide(&request);
    CHECK_EQ(slate.count, 0);
    CHECK_EQ(slate.eligible, 0);
    request.dry = false;
    slate = decide(&request);
    CHECK_EQ(slate.count, 0);
    CHECK(slate.decision > 0);
    CHECK_FAILS(att_engine_train(engine, NULL, NULL, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "no liking to learn from");
    att_explanation e;
    CHECK_FAILS(att_engine_explain(engine, &request, scene_item_id(1), memory, &e, &err), ATT_NOT_FOUND);
    att_person person;
    CHECK_FAILS(att_engine_person(engine, att_text_of("nobody"), memory, &person, &err), ATT_NOT_FOUND);
    CHECK_FAILS(att_engine_forget(engine, att_text_of("nobody"), NULL, &err), ATT_NOT_FOUND);
    CHECK_HOLDS(err.text, "nobody");
    int items = 0;
    CHECK_OK_ERR(att_engine_items_each(engine, (att_text){0}, count_items, &items, &err), &err);
    CHECK_EQ(items, 0);
    CHECK_OK_ERR(att_engine_events(engine, NULL, 0, NULL, &err), &err);
    CHECK_OK_ERR(att_engine_items_put(engine, NULL, 0, &err), &err);
    CHECK_OK_ERR(att_engine_decide_many(engine, NULL, 0, NULL, NULL, &err), &err);
    att_engine_info info;
    att_engine_info_get(engine, &info);
    CHECK_EQ(info.decisions, 1);
    CHECK_EQ(info.impressions + info.events + info.items + info.model, 0);
    end();
}

CHECK_TEST(a_catalogue_of_one_item_is_shown_whole)
{
    CHECK_BEGIN();
    begin();
    scene_put_item(engine, 0, INT64_MAX);
    att_request request = scene_request(1, ATT_SLATE_MAX);
    for (int turn = 0; turn < 4; turn++) { // a stranger, then shown lately, then liked, then with a model if there is one
        const att_slate slate = decide(&request);
        CHECK_EQ(slate.count, 1);
        CHECK_TEXT(slate.shown[0].item, "song-00");
        att_explanation e;
        CHECK_OK_ERR(att_engine_explain(engine, &request, scene_item_id(0), memory, &e, &err), &err);
        CHECK(isfinite(e.shown.score));
        if (turn == 1)
            send(1, 0, ATT_SIGNAL_LIKE, SCENE_NOW - 1000);
        if (turn == 2) {
            const att_status status = att_engine_train(engine, NULL, NULL, &err);
            CHECK(status == ATT_OK || status == ATT_INVALID);
        }
    }
    end();
}

CHECK_TEST(an_item_without_a_body_waits_for_it)
{
    CHECK_BEGIN();
    begin();
    send(1, 5, ATT_SIGNAL_LIKE, SCENE_NOW - 1000);
    att_request request = scene_request(2, 3);
    CHECK_EQ(decide(&request).count, 0);
    att_explanation e;
    CHECK_FAILS(att_engine_explain(engine, &request, scene_item_id(5), memory, &e, &err), ATT_NOT_FOUND);
    const att_control block = {.kind = ATT_CONTROL_BLOCK, .item = scene_item_id(5)};
    CHECK_OK_ERR(att_engine_control(engine, att_text_of("careful"), &block, &err), &err);
    scene_put_item(engine, 5, INT64_MAX);
    CHECK_EQ(decide(&request).count, 1);
    request.user = att_text_of("careful");
    CHECK_EQ(decide(&request).count, 0);
    end();
}

CHECK_TEST(a_request_out_of_range_is_refused_and_leaves_nothing)
{
    CHECK_BEGIN();
    begin();
    scene_put_item(engine, 0, INT64_MAX);
    char long_id[300];
    memset(long_id, 'x', sizeof long_id);
    att_request bad[14];
    for (size_t i = 0; i < 14; i++)
        bad[i] = scene_request(1, 5);
    bad[0].count = 0;
    bad[1].count = ATT_SLATE_MAX + 1;
    bad[2].age = -2;
    bad[3].age = 151;
    bad[4].use = ATT_USE_STREAM | ATT_USE_REMIX;
    bad[5].use = 32;
    bad[6].context.device = ATT_DEVICE_COUNT;
    bad[7].user = (att_text){0};
    bad[8].user = (att_text){long_id, 256};
    bad[9].user = att_text_of("line\nend");
    bad[10].user = att_text_of("\xff");
    bad[11].at_ms = INT64_MIN;
    bad[12].at_ms = INT64_MAX;
    bad[13].context.utc_offset_min = 841;
    att_slate slate;
    for (size_t i = 0; i < 14; i++)
        CHECK_FAILS(att_engine_decide(engine, &bad[i], memory, &slate, &err), ATT_INVALID);
    att_engine_info info;
    att_engine_info_get(engine, &info);
    CHECK_EQ(info.decisions, 0);
    CHECK_EQ(info.users, 0);
    end();
}

CHECK_TEST(an_unknown_medium_gives_an_empty_slate_and_a_known_one_only_its_own)
{
    CHECK_BEGIN();
    begin();
    scene_fill(engine);
    att_request request = scene_request(1, ATT_SLATE_MAX);
    request.dry = true;
    att_slate slate = decide(&request);
    CHECK_EQ(slate.count, SCENE_ITEMS);
    for (size_t i = 0; i < slate.count; i++)
        for (size_t j = 0; j < i; j++)
            CHECK(!att_text_equal(slate.shown[i].item, slate.shown[j].item));
    request.medium = att_text_of("hologram");
    CHECK_EQ(decide(&request).count, 0);
    const att_item film = {.id = att_text_of("film"), .medium = att_text_of("film")};
    CHECK_OK_ERR(att_engine_items_put(engine, &film, 1, &err), &err);
    request.medium = film.medium;
    slate = decide(&request);
    CHECK_EQ(slate.count, att_engine_policy(engine).rights.required ? 0 : 1);
    end();
}

// A stranger gets the popular, before and after the first training.
CHECK_TEST(a_stranger_gets_the_popular_before_any_model_is_trained)
{
    CHECK_BEGIN();
    begin();
    for (int i = 0; i < 30; i++)
        scene_put_item(engine, i, INT64_MAX);
    for (int u = 0; u < 20; u++)
        send(u, 29, ATT_SIGNAL_LIKE, SCENE_NOW - 1000 - u); // the oldest of all
    att_request request = scene_request(77, 5);
    request.dry = true;
    const att_slate slate = decide(&request);
    CHECK_EQ(slate.model, 0);
    CHECK(place_of(&slate, scene_item_id(29)) >= 0);
    const int place = place_of(&slate, scene_item_id(29));
    for (size_t i = 0; i < slate.count; i++)
        CHECK(slate.shown[i].terms[ATT_TERM_RELEVANCE] <= slate.shown[place].terms[ATT_TERM_RELEVANCE]);
    end();
}

static void check_kind(const char *kind)
{
    begin();
    scene_fill(engine);
    const att_train_options options = {.kind = kind, .seed = 5};
    att_train_report report;
    CHECK_OK_ERR(att_engine_train(engine, &options, &report, &err), &err);
    CHECK_STR(report.kind, kind);
    att_policy policy = att_engine_policy(engine);
    policy.exploration.share = 0;
    policy.objective.method = ATT_DIVERSITY_NONE;
    CHECK_OK_ERR(att_engine_policy_set(engine, &policy, &err), &err);
    for (int u = 0; u < 6; u++) {
        att_request request = scene_request(u, 8);
        request.dry = true;
        const att_slate slate = decide(&request);
        CHECK_EQ(slate.count, 8);
        CHECK_EQ(slate.explored, 0);
        CHECK(slate.shown[0].reason_count > 0);
        for (size_t i = 0; i < slate.count; i++) {
            CHECK_NEAR(slate.shown[i].propensity, 1, 0);
            CHECK_NEAR(slate.shown[i].terms[ATT_TERM_REDUNDANCY], 0, 0);
        }
        const att_shown first = slate.shown[0];
        const int item = atoi(first.item.data + 5);
        att_explanation e;
        CHECK_OK_ERR(att_engine_explain(engine, &request, scene_item_id(item), memory, &e, &err), &err);
        for (int t = 0; t < ATT_TERM_COUNT; t++) // it did stand first
            CHECK_NEAR(e.shown.terms[t], first.terms[t], 1e-5);
        CHECK(e.reason_count > 0);
        CHECK(e.score_without_reasons < e.shown.score);
    }
    end();
}

CHECK_TEST(every_kind_of_model_decides_and_explains_without_exploration_and_diversity)
{
    CHECK_BEGIN();
    check_kind("als");
    check_kind("ease");
    check_kind("blend");
}

CHECK_TEST(what_is_disliked_stays_away_while_other_items_can_fill_the_slate)
{
    CHECK_BEGIN();
    begin();
    for (int i = 0; i < 8; i++)
        scene_put_item(engine, i, INT64_MAX);
    send(1, 6, ATT_SIGNAL_DISLIKE, SCENE_NOW - 2000);
    send(1, 7, ATT_SIGNAL_DISLIKE, SCENE_NOW - 1000);
    att_request request = scene_request(1, 6);
    for (int turn = 0; turn < 5; turn++) { // from the second on all six were shown lately
        const att_slate slate = decide(&request);
        CHECK_EQ(slate.count, 6);
        CHECK_EQ(place_of(&slate, scene_item_id(6)), -1);
        CHECK_EQ(place_of(&slate, scene_item_id(7)), -1);
    }
    request.count = 8;
    CHECK_EQ(decide(&request).count, 8);
    end();
}

CHECK_TEST(a_full_slate_comes_back_with_blocked_items_and_tags)
{
    CHECK_BEGIN();
    begin();
    scene_fill(engine);
    scene_train(engine);
    const att_text user = att_text_of("person-01");
    att_control block = {.kind = ATT_CONTROL_BLOCK, .item = att_text_of("tag:jazz")};
    CHECK_OK_ERR(att_engine_control(engine, user, &block, &err), &err);
    block.item = att_text_of("tag:of nothing");
    CHECK_OK_ERR(att_engine_control(engine, user, &block, &err), &err);
    for (int i = 1; i < 31; i += 3) {
        block.item = scene_item_id(i);
        CHECK_OK_ERR(att_engine_control(engine, user, &block, &err), &err);
    }
    for (uint32_t count = 1; count <= 60; count += 7) { // 90 less 30 jazz less 10 metal
        att_request request = scene_request(1, count);
        const att_slate slate = decide(&request);
        CHECK_EQ(slate.eligible, 50);
        CHECK_EQ(slate.count, count < 50 ? count : 50);
        for (size_t i = 0; i < slate.count; i++) {
            const int item = atoi(slate.shown[i].item.data + 5);
            CHECK(item % 3 != 0);
            CHECK(item % 3 != 1 || item > 30);
        }
    }
    end();
}

CHECK_TEST(who_opted_out_is_treated_as_a_stranger_and_not_learned_from)
{
    CHECK_BEGIN();
    begin();
    scene_fill(engine);
    scene_train(engine);
    const att_control out = {.kind = ATT_CONTROL_OPT_OUT, .value = 1};
    CHECK_OK_ERR(att_engine_control(engine, att_text_of("person-01"), &out, &err), &err);
    att_request request = scene_request(1, 10);
    request.dry = true;
    request.seed = 8;
    att_slate slate = decide(&request);
    char ids[10][16];
    for (size_t i = 0; i < slate.count; i++) {
        snprintf(ids[i], sizeof ids[i], "%.*s", (int)slate.shown[i].item.size, slate.shown[i].item.data);
        CHECK_EQ(slate.shown[i].reason_count, 0);
    }
    request.user = att_text_of("somebody new");
    slate = decide(&request);
    CHECK_EQ(slate.count, 10);
    for (size_t i = 0; i < slate.count; i++)
        if (slate.shown[i].kind != ATT_SLOT_EXPLORE)
            CHECK_TEXT(slate.shown[i].item, ids[i]);
    att_train_report report;
    CHECK_OK_ERR(att_engine_train(engine, NULL, &report, &err), &err);
    CHECK_EQ(report.users, SCENE_PEOPLE - 1);
    CHECK(report.items > 0 && report.items < SCENE_ITEMS); // the least known were met by nobody
    CHECK(report.preferences > report.users);
    end();
}

CHECK_TEST(a_dry_decision_leaves_no_trace)
{
    CHECK_BEGIN();
    begin();
    scene_fill(engine);
    att_engine_info before, after;
    att_engine_info_get(engine, &before);
    att_request request = scene_request(500, 20);
    request.dry = true;
    for (int turn = 0; turn < 20; turn++)
        decide(&request);
    att_engine_info_get(engine, &after);
    CHECK_EQ(before.decisions, after.decisions);
    CHECK_EQ(before.impressions, after.impressions);
    CHECK_EQ(before.explored_impressions, after.explored_impressions);
    CHECK_EQ(before.users, after.users);
    att_request both[2] = {scene_request(1, 5), scene_request(2, 5)};
    both[1].dry = true;
    att_slate_memory *second = NULL;
    CHECK_OK_ERR(att_slate_memory_create(&second, &host, &err), &err);
    att_slate_memory *memories[] = {memory, second};
    att_slate slates[2];
    CHECK_FAILS(att_engine_decide_many(engine, both, 2, memories, slates, &err), ATT_INVALID);
    att_slate_memory_destroy(second);
    end();
}

static bool see_title(void *user, const att_item *item)
{
    snprintf(user, 600, "%.*s", (int)item->title.size, item->title.data);
    return true;
}

CHECK_TEST(an_item_replaced_again_and_again_takes_no_more_memory)
{
    CHECK_BEGIN();
    begin();
    scene_put_item(engine, 0, INT64_MAX);
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    char title[401];
    att_engine_info info;
    uint64_t bytes = 0;
    att_item items[64];
    att_text tags[64][4];
    for (int turn = 0; turn < 60; turn++) {
        memset(title, 'a' + turn % 26, 400);
        title[400] = 0;
        for (int i = 0; i < 64; i++) {
            for (int t = 0; t < 4; t++)
                tags[i][t] = att_text_of(names[(turn + i + t) % 8]);
            items[i] = (att_item){.id = att_text_of("again"), .title = {title, (size_t)(400 - i)}, .tags = tags[i],
                .tag_count = 4, .published_at_ms = SCENE_NOW};
        }
        CHECK_OK_ERR(att_engine_items_put(engine, items, 64, &err), &err);
        att_engine_info_get(engine, &info);
        if (turn == 20)
            bytes = info.items_bytes;
    }
    CHECK_EQ(info.items, 2);
    CHECK(info.items_bytes <= bytes); // 40 more turns are 900 kB of titles
    CHECK(info.items_bytes < 600000);
    char seen[600];
    CHECK_OK_ERR(att_engine_item_see(engine, att_text_of("again"), see_title, seen, &err), &err);
    CHECK_EQ(strlen(seen), 400 - 63);
    att_policy policy = att_engine_policy(engine);
    policy.rights.required = false;
    CHECK_OK_ERR(att_engine_policy_set(engine, &policy, &err), &err);
    att_request request = scene_request(1, 5);
    request.dry = true;
    att_slate slate = decide(&request);
    CHECK_EQ(slate.count, 2);
    const int place = place_of(&slate, att_text_of("again"));
    CHECK(place >= 0);
    CHECK_EQ(slate.shown[place].title.size, 400 - 63);
    CHECK_EQ(slate.shown[place].title.data[0], 'a' + 59 % 26);
    // turn 59, item 63: tags 122 … 125, of eight: c, d, e, f
    for (int t = 0; t < 8; t++) {
        char tag[8];
        snprintf(tag, sizeof tag, "tag:%s", names[t]);
        att_control control = {.kind = ATT_CONTROL_BLOCK, .item = att_text_of(tag)};
        CHECK_OK_ERR(att_engine_control(engine, request.user, &control, &err), &err);
        CHECK_EQ(decide(&request).count, t >= 2 && t <= 5 ? 1 : 2);
        control.kind = ATT_CONTROL_UNBLOCK;
        CHECK_OK_ERR(att_engine_control(engine, request.user, &control, &err), &err);
    }
    end();
}

CHECK_TEST(a_person_is_told_whole_or_not_at_all_when_memory_runs_out)
{
    CHECK_BEGIN();
    begin();
    scene_fill(engine);
    const att_control block = {.kind = ATT_CONTROL_BLOCK, .item = att_text_of("tag:jazz")};
    CHECK_OK_ERR(att_engine_control(engine, att_text_of("person-01"), &block, &err), &err);
    int failures = 0;
    for (uint64_t fail_at = 1; fail_at < 12; fail_at++) {
        att_slate_memory *fresh = NULL;
        CHECK_OK_ERR(att_slate_memory_create(&fresh, &host, &err), &err);
        att_person person;
        heap.fail_at = fail_at;
        const att_status status = att_engine_person(engine, att_text_of("person-01"), fresh, &person, &err);
        heap.fail_at = 0;
        failures += status != ATT_OK;
        if (status) {
            CHECK_EQ(status, ATT_NO_MEMORY);
        } else {
            CHECK(person.item_count > 0);
            for (size_t i = 0; i < person.item_count; i++)
                CHECK(person.items[i].item.size == 7);
            CHECK_EQ(person.blocked_count, 1);
            CHECK_TEXT(person.blocked[0], "tag:jazz");
        }
        att_slate_memory_destroy(fresh);
    }
    CHECK(failures > 0);
    end();
}

CHECK_MAIN(CHECK_CASE(an_empty_store_answers_everything), CHECK_CASE(a_catalogue_of_one_item_is_shown_whole),
    CHECK_CASE(an_item_without_a_body_waits_for_it),
    CHECK_CASE(a_request_out_of_range_is_refused_and_leaves_nothing),
    CHECK_CASE(an_unknown_medium_gives_an_empty_slate_and_a_known_one_only_its_own),
    CHECK_CASE(a_stranger_gets_the_popular_before_any_model_is_trained),
    CHECK_CASE(every_kind_of_model_decides_and_explains_without_exploration_and_diversity),
    CHECK_CASE(what_is_disliked_stays_away_while_other_items_can_fill_the_slate),
    CHECK_CASE(a_full_slate_comes_back_with_blocked_items_and_tags),
    CHECK_CASE(who_opted_out_is_treated_as_a_stranger_and_not_learned_from),
    CHECK_CASE(a_dry_decision_leaves_no_trace),
    CHECK_CASE(an_item_replaced_again_and_again_takes_no_more_memory),
    CHECK_CASE(a_person_is_told_whole_or_not_at_all_when_memory_runs_out))
