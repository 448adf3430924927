// SPDX-License-Identifier: Apache-2.0
// Where the order of events tells what comes next, the engine learns a share for it, shows it, and can say why.
#include "scene.h"

static const att_host host = {0};
static att_error err;

enum { WALKERS = 250, STEPS = 9, RING = 10 };

// Everybody goes through a ring of ten songs, one a minute: nothing but the order tells which of the ring comes next.
static void walk(att_engine *engine, int user, int ring, int begin, int steps)
{
    for (int k = 0; k < steps; k++) {
        const att_event event = scene_event(user, ring * RING + (begin + k) % RING, ATT_SIGNAL_LIKE,
            SCENE_NOW - 2 * SCENE_DAY + (user * STEPS + k) * 60000);
        CHECK_OK_ERR(att_engine_event(engine, &event, NULL, &err), &err);
    }
}

static att_engine *town(att_train_report *report)
{
    att_engine *engine = scene_open(check_path("walks.attune"), &host);
    for (int i = 0; i < SCENE_ITEMS; i++)
        scene_put_item(engine, i, INT64_MAX);
    att_rng rng = att_rng_seed(5);
    for (int u = 0; u < WALKERS; u++)
        walk(engine, u, (int)att_rng_below(&rng, SCENE_ITEMS / RING), (int)att_rng_below(&rng, RING), STEPS);
    walk(engine, 990, 3, 2, 5); // songs 32 … 36
    const att_train_options options = {.seed = 2, .threads = 2, .kind = "als", .dim = 16};
    CHECK_OK_ERR(att_engine_train(engine, &options, report, &err), &err);
    return engine;
}

static att_request ask(uint32_t count)
{
    att_request request = scene_request(990, count);
    request.dry = true;
    request.seed = 4;
    return request;
}

CHECK_TEST(what_comes_next_is_shown_and_explained_by_what_came_before)
{
    CHECK_BEGIN();
    att_train_report report;
    att_engine *engine = town(&report);
    att_slate_memory *memory;
    CHECK_OK(att_slate_memory_create(&memory, NULL, &err));
    CHECK_NOTE("%s", report.sequence);
    CHECK(report.sequence_share > 0);
    const att_request request = ask(8);
    att_explanation next, later;
    CHECK_OK_ERR(att_engine_explain(engine, &request, scene_item_id(37), memory, &next, &err), &err);
    const double next_relevance = next.shown.terms[ATT_TERM_RELEVANCE], next_score = next.shown.score;
    CHECK(next.reason_count > 0);
    CHECK(next.score_without_reasons < next_score);
    for (size_t r = 0; r < next.reason_count; r++)
        CHECK(next.reasons[r].effect > 0);
    CHECK_OK_ERR(att_engine_explain(engine, &request, scene_item_id(31), memory, &later, &err), &err);
    CHECK(next_relevance > later.shown.terms[ATT_TERM_RELEVANCE]); // of the same ring, but four steps on
    att_slate slate;
    CHECK_OK_ERR(att_engine_decide(engine, &request, memory, &slate, &err), &err);
    bool shown = false;
    for (size_t s = 0; s < slate.count; s++)
        shown |= att_text_equal(slate.shown[s].item, scene_item_id(37));
    CHECK(shown);
    att_slate_memory_destroy(memory);
    att_engine_close(engine);
}

// The same decision from a store that was closed and opened: the sequence is in the model's file, the state in the log.
CHECK_TEST(a_store_opened_again_gives_the_same_scores)
{
    CHECK_BEGIN();
    att_engine *engine = scene_open(check_path("walks.attune"), &host);
    att_slate_memory *memory;
    CHECK_OK(att_slate_memory_create(&memory, NULL, &err));
    const att_request request = ask(8);
    att_explanation first, second;
    CHECK_OK_ERR(att_engine_explain(engine, &request, scene_item_id(37), memory, &first, &err), &err);
    const double score = first.shown.score;
    att_engine_close(engine);
    engine = scene_open(check_path("walks.attune"), &host);
    CHECK_OK_ERR(att_engine_explain(engine, &request, scene_item_id(37), memory, &second, &err), &err);
    CHECK_NEAR(second.shown.score, score, 0);
    att_slate_memory_destroy(memory);
    att_engine_close(engine);
}

CHECK_MAIN(CHECK_CASE(what_comes_next_is_shown_and_explained_by_what_came_before),
    CHECK_CASE(a_store_opened_again_gives_the_same_scores))
