// SPDX-License-Identifier: Apache-2.0
// The report over a real store: what was decided and what came of it meet again; who opted out or was forgotten is not in it;
// long work can be stopped.
#include "scene.h"

#include <math.h>

static att_longrun *report_of(att_engine *engine, const att_longrun_options *options)
{
    att_longrun *report = NULL;
    att_error err;
    CHECK_OK_ERR(att_engine_longrun(engine, options, &report, &err), &err);
    return report;
}

static double figure(const att_longrun *report, att_figure f)
{
    return report->groups[0].all.figures[f].value.mean;
}

CHECK_TEST(a_decision_meets_its_events_again)
{
    CHECK_BEGIN();
    att_error err;
    att_engine *engine = scene_open(check_path("joined.attune"), NULL);
    scene_fill(engine);
    scene_train(engine);
    att_slate_memory *memory;
    CHECK_OK(att_slate_memory_create(&memory, NULL, &err));
    for (int u = 0; u < 10;
         u++) { // each takes what stands second, and likes it; the last one takes nothing
        const att_request request = scene_request(u, 5);
        att_slate slate;
        CHECK_OK_ERR(att_engine_decide(engine, &request, memory, &slate, &err), &err);
        att_event events[2] = {scene_event(u, 0, ATT_SIGNAL_PLAY, SCENE_NOW + 200000),
            scene_event(u, 0, ATT_SIGNAL_LIKE, SCENE_NOW + 210000)};
        events[0].position_ms = events[0].length_ms = 200000;
        for (int e = 0; e < 2; e++) {
            events[e].item = slate.shown[1].item;
            events[e].decision = slate.decision;
        }
        if (u < 9)
            CHECK_OK_ERR(att_engine_events(engine, events, 2, NULL, &err), &err);
    }
    att_longrun *report = report_of(engine, NULL);
    CHECK_EQ(report->people, SCENE_PEOPLE);
    CHECK_EQ(report->decisions, 10);
    CHECK_EQ(report->joined, 18);
    CHECK_EQ(report->unjoined, 0);
    CHECK_NEAR(figure(report, ATT_FIGURE_UPTAKE), 0.9, 1e-12);
    CHECK_NEAR(figure(report, ATT_FIGURE_NDCG), 1 / log2(3), 1e-9);
    CHECK(report->groups[0].coverage > 0 && report->groups[0].coverage <= 50.0 / SCENE_ITEMS);
    CHECK(figure(report, ATT_FIGURE_EXPLORED) <= report->exploration_share);
    CHECK_NEAR(report->exploration_share, att_engine_policy(engine).exploration.share, 0);
    att_longrun_destroy(report);
    att_slate_memory_destroy(memory);
    att_engine_close(engine);
}

static int is_ann(void *user, att_text person)
{
    (*(int *)user)++;
    return att_text_equal(person, att_text_of("person-07"));
}

CHECK_TEST(who_opted_out_or_was_forgotten_is_in_no_figure)
{
    CHECK_BEGIN();
    att_error err;
    att_engine *engine = scene_open(check_path("out.attune"), NULL);
    scene_fill(engine);
    const att_control out = {.kind = ATT_CONTROL_OPT_OUT, .value = 1};
    CHECK_OK_ERR(att_engine_control(engine, scene_user_id(4), &out, &err), &err);
    CHECK_OK_ERR(att_engine_forget(engine, scene_user_id(5), NULL, &err), &err);
    att_longrun *report = report_of(engine, NULL);
    CHECK_EQ(report->people, SCENE_PEOPLE - 2);
    CHECK_EQ(report->opted_out, 1);
    CHECK_EQ(report->events, 24 * (SCENE_PEOPLE - 2));
    CHECK_NEAR(figure(report, ATT_FIGURE_PLAYS), 22, 1e-12); // completes without a play
    att_longrun_destroy(report);
    // Parted by name: everybody is asked for once, and the one without a name any more is nobody.
    int asked = 0;
    att_longrun_options options = att_longrun_options_default();
    options.compare = ATT_COMPARE_PEOPLE;
    options.group_of = is_ann;
    options.group_user = &asked;
    report = report_of(engine, &options);
    CHECK_EQ(asked, SCENE_PEOPLE);
    CHECK_EQ(report->group_count, 2);
    CHECK_EQ(report->groups[1].all.people, 1);
    CHECK_EQ(report->groups[0].all.people, SCENE_PEOPLE - 3);
    CHECK_STR(report->groups[1].name, "second group");
    CHECK(report->differences && !report->differences[ATT_FIGURE_PLAYS].judged);
    att_longrun_destroy(report);
    att_engine_close(engine);
}

static bool stop(void *user, const att_progress *progress)
{
    (void)user;
    return strcmp(progress->task, "report") != 0;
}

CHECK_TEST(a_report_can_be_stopped_and_asked_for_again)
{
    CHECK_BEGIN();
    att_error err;
    const char *path = check_path("stopped.attune");
    att_host host = att_host_default();
    host.progress = stop;
    att_engine *engine = scene_open(path, &host);
    static att_event events[20000];
    for (int i = 0; i < 20000; i++) {
        events[i] = att_event_empty();
        events[i].user = att_text_of(i % 2 ? "ann" : "bob");
        events[i].item = att_text_of("song");
        events[i].signal = ATT_SIGNAL_CLICK;
        events[i].at_ms = SCENE_NOW - SCENE_DAY * 400 + i * INT64_C(1000000);
    }
    CHECK_OK_ERR(att_engine_events(engine, events, 20000, NULL, &err), &err);
    att_longrun *report = NULL;
    CHECK_FAILS(att_engine_longrun(engine, NULL, &report, &err), ATT_CANCELLED);
    CHECK(report == NULL);
    att_engine_close(engine);
    const att_open_options look = {.read_only = true, .threads = 1};
    CHECK_OK_ERR(att_engine_open(&engine, path, &look, NULL, &err), &err);
    report = report_of(engine, NULL);
    CHECK_EQ(report->events, 20000);
    CHECK_EQ(report->people, 2);
    att_longrun_destroy(report);
    att_engine_close(engine);
}

CHECK_MAIN(CHECK_CASE(a_decision_meets_its_events_again),
    CHECK_CASE(who_opted_out_or_was_forgotten_is_in_no_figure),
    CHECK_CASE(a_report_can_be_stopped_and_asked_for_again))
