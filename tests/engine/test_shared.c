// SPDX-License-Identifier: Apache-2.0
// Two engines on one store, as two processes would have it: each writes what the other must know.
#include "scene.h"

#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

static check_heap heap;
static att_host host;
static att_error err;
static att_engine *a, *b;
static att_slate_memory *memory;
static char path[512];

static void begin(void)
{
    static int number;
    char name[32];
    snprintf(name, sizeof name, "shared-%d.attune", number++);
    snprintf(path, sizeof path, "%s", check_path(name));
    heap = (check_heap){.now_ms = SCENE_NOW};
    host = check_host(&heap);
    a = scene_open(path, &host);
    scene_fill(a);
    b = scene_open(path, &host);
    CHECK_OK_ERR(att_slate_memory_create(&memory, &host, &err), &err);
}

static void end(void)
{
    att_slate_memory_destroy(memory);
    att_engine_close(a);
    att_engine_close(b);
    CHECK_EQ(heap.bytes_live, 0);
}

static att_slate decide(att_engine *engine, const att_request *request)
{
    att_slate slate;
    CHECK_OK_ERR(att_engine_decide(engine, request, memory, &slate, &err), &err);
    return slate;
}

static void like(att_engine *engine, const char *user, const char *item)
{
    att_event event = att_event_empty();
    event.user = att_text_of(user);
    event.item = att_text_of(item);
    event.signal = ATT_SIGNAL_LIKE;
    event.at_ms = SCENE_NOW - 5000;
    CHECK_OK_ERR(att_engine_event(engine, &event, NULL, &err), &err);
}

CHECK_TEST(somebody_forgotten_by_one_who_comes_again_is_a_new_person_to_the_other)
{
    CHECK_BEGIN();
    begin();
    att_person person;
    CHECK_OK_ERR(att_engine_person(a, att_text_of("person-07"), memory, &person, &err), &err);
    CHECK_EQ(person.events, 24);
    uint64_t rows = 0;
    CHECK_OK_ERR(att_engine_forget(b, att_text_of("person-07"), &rows, &err), &err);
    CHECK_EQ(rows, 24);
    like(b, "person-07", "song-05");
    CHECK_OK_ERR(att_engine_person(a, att_text_of("person-07"), memory, &person, &err), &err);
    CHECK_EQ(person.events, 1);
    like(a, "person-07", "song-08");
    CHECK_OK_ERR(att_engine_person(b, att_text_of("person-07"), memory, &person, &err), &err);
    CHECK_EQ(person.events, 2);
    CHECK_OK_ERR(att_engine_forget(b, att_text_of("person-07"), &rows, &err), &err);
    CHECK_EQ(rows, 2);
    CHECK_FAILS(att_engine_forget(a, att_text_of("person-07"), &rows, &err), ATT_NOT_FOUND);
    CHECK_EQ(rows, 0);
    CHECK_FAILS(att_engine_person(a, att_text_of("person-07"), memory, &person, &err), ATT_NOT_FOUND);
    att_engine_info mine, theirs;
    att_engine_info_get(a, &mine);
    att_engine_info_get(b, &theirs);
    CHECK_EQ(mine.events, (SCENE_PEOPLE - 1) * 24);
    CHECK_EQ(theirs.events, mine.events);
    CHECK_EQ(theirs.users, mine.users);
    end();
}

CHECK_TEST(an_item_put_by_one_can_be_blocked_and_taken_down_by_the_other_at_once)
{
    CHECK_BEGIN();
    begin();
    const att_licence always = {.start_ms = INT64_MIN, .end_ms = INT64_MAX, .uses = ATT_USE_ALL};
    att_item item = {.id = att_text_of("brand-new"),
        .title = att_text_of("One"),
        .medium = att_text_of("music"),
        .published_at_ms = SCENE_NOW,
        .rights_known = true,
        .licences = &always,
        .licence_count = 1};
    CHECK_OK_ERR(att_engine_items_put(b, &item, 1, &err), &err);
    const att_control block = {.kind = ATT_CONTROL_BLOCK, .item = item.id};
    CHECK_OK_ERR(att_engine_control(a, att_text_of("person-02"), &block, &err), &err);
    item.id = att_text_of("brand-newer");
    CHECK_OK_ERR(att_engine_items_put(b, &item, 1, &err), &err);
    CHECK_OK_ERR(att_engine_takedown(a, item.id, att_text_of("a letter came"), &err), &err);
    att_request request = scene_request(2, 5);
    att_explanation e;
    CHECK_OK_ERR(att_engine_explain(b, &request, item.id, memory, &e, &err), &err);
    CHECK(!e.eligible);
    item.title = att_text_of("Two");
    CHECK_OK_ERR(att_engine_items_put(b, &item, 1, &err), &err);
    CHECK_OK_ERR(att_engine_explain(a, &request, item.id, memory, &e, &err), &err);
    CHECK(e.eligible);
    CHECK_TEXT(e.shown.title, "Two");
    CHECK_OK_ERR(att_engine_explain(a, &request, att_text_of("brand-new"), memory, &e, &err), &err);
    CHECK(!e.eligible);
    CHECK_HOLDS(e.barred_by, "blocked");
    const att_control unknown = {.kind = ATT_CONTROL_LESS_LIKE, .item = att_text_of("no-such-thing")};
    CHECK_FAILS(att_engine_control(a, att_text_of("unheard-of"), &unknown, &err), ATT_NOT_FOUND);
    CHECK_HOLDS(err.text, "no-such-thing");
    att_person person;
    CHECK_FAILS(att_engine_person(b, att_text_of("unheard-of"), memory, &person, &err), ATT_NOT_FOUND);
    att_engine_close(a); // what was taken down and put again is there for who comes later
    a = scene_open(path, &host);
    CHECK_OK_ERR(att_engine_explain(a, &request, item.id, memory, &e, &err), &err);
    CHECK(e.eligible);
    CHECK_TEXT(e.shown.title, "Two");
    end();
}

CHECK_TEST(a_policy_and_a_model_of_one_serve_the_other)
{
    CHECK_BEGIN();
    begin();
    att_train_report report;
    CHECK_OK_ERR(att_engine_train(b, NULL, &report, &err), &err);
    CHECK_EQ(report.version, 1);
    const att_request request = scene_request(3, 8);
    CHECK_EQ(decide(a, &request).model, 1);
    CHECK_OK_ERR(att_engine_train(a, NULL, &report, &err), &err);
    CHECK_EQ(report.version, 2);
    CHECK_EQ(decide(b, &request).model, 2);
    att_policy policy = att_engine_policy(b);
    policy.objective.novelty = 3.5;
    policy.exploration.share = 0;
    CHECK_OK_ERR(att_engine_policy_set(b, &policy, &err), &err);
    const att_slate slate = decide(a, &request);
    CHECK_EQ(slate.model, 2);
    CHECK_EQ(slate.explored, 0);
    CHECK_NEAR(att_engine_policy(a).objective.novelty, 3.5, 0);
    // Everything that was known is known after the reading anew.
    att_engine_info info;
    att_engine_info_get(a, &info);
    CHECK_EQ(info.events, SCENE_PEOPLE * 24);
    CHECK_EQ(info.decisions, 3);
    CHECK_STR(info.model_kind, report.kind);
    end();
}

CHECK_TEST(a_training_that_fails_leaves_no_model_behind)
{
    CHECK_BEGIN();
    begin();
    CHECK_OK_ERR(att_engine_train(a, NULL, NULL, &err), &err);
    const att_train_options bad = {.kind = "of no kind"};
    CHECK_FAILS(att_engine_train(b, &bad, NULL, &err), ATT_INVALID);
    char file[600];
    snprintf(file, sizeof file, "%s-models/00000002.model", path);
    CHECK(access(file, F_OK) != 0);
    att_train_report report;
    CHECK_OK_ERR(att_engine_train(b, NULL, &report, &err), &err);
    CHECK_EQ(report.version, 2);
    CHECK(access(file, F_OK) == 0);
    end();
}

CHECK_TEST(both_keep_the_budget_together)
{
    CHECK_BEGIN();
    begin();
    for (int turn = 0; turn < 60; turn++) {
        const att_request request = scene_request(turn % 7, 10);
        decide(turn % 2 ? a : b, &request);
        att_engine_info info;
        att_engine_info_get(turn % 3 ? a : b, &info);
        CHECK_EQ(info.decisions, turn + 1);
        CHECK(info.explored_impressions <= att_engine_policy(a).exploration.share * info.impressions);
    }
    end();
}

CHECK_TEST(a_batch_names_people_and_items_that_the_other_named_first)
{
    CHECK_BEGIN();
    begin();
    for (int turn = 0; turn < 20; turn++) {
        char user[32], item[32];
        snprintf(user, sizeof user, "new-%d", turn / 2);
        snprintf(item, sizeof item, "thing-%d", turn / 2);
        like(turn % 2 ? a : b, user, item); // the second is the same event, made anew: a duplicate
    }
    att_engine_info mine, theirs;
    att_engine_info_get(a, &mine);
    att_engine_info_get(b, &theirs);
    CHECK_EQ(mine.events, SCENE_PEOPLE * 24 + 10);
    CHECK_EQ(mine.duplicate_events, 10);
    CHECK_EQ(theirs.duplicate_events, 0);
    CHECK_EQ(theirs.events, mine.events);
    CHECK_EQ(mine.users, SCENE_PEOPLE + 10);
    end();
}

CHECK_TEST(two_that_decide_at_once_draw_by_different_seeds_and_a_run_repeated_by_the_same)
{
    CHECK_BEGIN();
    uint64_t seeds[2][8];
    for (int run = 0; run < 2; run++) {
        begin();
        att_request request = scene_request(3, 5);
        for (int i = 0; i < 8; i++) {
            request.user = scene_user_id(i);
            seeds[run][i] = decide(i % 2 ? a : b, &request).seed;
            for (int k = 0; k < i; k++)
                CHECK(seeds[run][i] != seeds[run][k]);
            CHECK_EQ(seeds[run][i], seeds[0][i]);
        }
        request.seed = 77;
        CHECK_EQ(decide(a, &request).seed, 77);
        end();
    }
}

static void *write_meanwhile(void *unused)
{
    like(a, "somebody", "song-01");
    return unused;
}

static int exported;

static bool write_while_exporting(void *user, att_text line)
{
    pthread_t thread;
    (void)user;
    CHECK(line.size > 0);
    if (exported++ == 0) {
        CHECK_EQ(pthread_create(&thread, NULL, write_meanwhile, NULL), 0);
        pthread_join(thread, NULL); // never, were the store held meanwhile
    }
    return true;
}

CHECK_TEST(an_export_does_not_keep_writers_waiting)
{
    CHECK_BEGIN();
    begin();
    exported = 0;
    CHECK_OK_ERR(att_engine_export(a, att_text_of("person-07"), write_while_exporting, NULL, &err), &err);
    CHECK_EQ(exported, 24);
    CHECK_FAILS(att_engine_export(a, att_text_of("nobody"), write_while_exporting, NULL, &err), ATT_NOT_FOUND);
    att_person person;
    CHECK_OK_ERR(att_engine_person(b, att_text_of("somebody"), memory, &person, &err), &err);
    CHECK_EQ(person.events, 1);
    end();
}

CHECK_MAIN(CHECK_CASE(two_that_decide_at_once_draw_by_different_seeds_and_a_run_repeated_by_the_same),
    CHECK_CASE(an_export_does_not_keep_writers_waiting), CHECK_CASE(somebody_forgotten_by_one_who_comes_again_is_a_new_person_to_the_other),
    CHECK_CASE(an_item_put_by_one_can_be_blocked_and_taken_down_by_the_other_at_once),
    CHECK_CASE(a_policy_and_a_model_of_one_serve_the_other),
    CHECK_CASE(a_training_that_fails_leaves_no_model_behind), CHECK_CASE(both_keep_the_budget_together),
    CHECK_CASE(a_batch_names_people_and_items_that_the_other_named_first))
