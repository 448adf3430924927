// SPDX-License-Identifier: Apache-2.0
// The log is the truth: replaying it from empty gives the same state, bit for bit, with or without the checkpoint.
#include "scene.h"

#include "engine/internal.h"

#include <unistd.h>

static att_error err;

static void digest_of(const char *path, uint8_t out[16], uint64_t *last_seq)
{
    att_engine *engine = scene_open(path, NULL);
    att_people_digest(engine->people, out);
    *last_seq = engine->last_seq;
    att_engine_close(engine);
}

// Every kind of record, in a random order.
static void live(att_engine *engine, uint64_t seed, int steps)
{
    att_rng rng = att_rng_seed(seed);
    att_slate_memory *memory = NULL;
    CHECK_OK_ERR(att_slate_memory_create(&memory, NULL, &err), &err);
    for (int step = 0; step < steps; step++) {
        const int user = (int)att_rng_below(&rng, SCENE_PEOPLE), item = (int)att_rng_below(&rng, SCENE_ITEMS);
        const int64_t at_ms = SCENE_NOW - 5 * SCENE_DAY + step * INT64_C(40000) - (int64_t)att_rng_below(&rng, 3) * SCENE_DAY;
        const uint64_t what = att_rng_below(&rng, 20);
        if (what < 15) {
            att_event event = scene_event(user, item, (att_signal)(1 + att_rng_below(&rng, ATT_SIGNAL_COUNT - 1)), at_ms);
            event.value = event.signal == ATT_SIGNAL_SURVEY ? 0.7f : event.signal == ATT_SIGNAL_RATING ? 3.5f : 1;
            event.position_ms = (int32_t)att_rng_below(&rng, 200000);
            event.dwell_ms = (int32_t)att_rng_below(&rng, 5000);
            CHECK_OK_ERR(att_engine_event(engine, &event, NULL, &err), &err);
        } else if (what < 18) {
            att_request request = scene_request(user, 10);
            request.at_ms = at_ms;
            att_slate slate;
            CHECK_OK_ERR(att_engine_decide(engine, &request, memory, &slate, &err), &err);
        } else if (what == 18) {
            att_control control = {.kind = (att_control_kind)(1 + att_rng_below(&rng, ATT_CONTROL_KIND_COUNT - 1)),
                .value = att_rng_unit(&rng),
                .item = scene_item_id(item)};
            if (control.kind == ATT_CONTROL_LIFE_EVENT) // whole days
                control.value = (double)att_rng_below(&rng, 3) * (double)(at_ms / SCENE_DAY / 2);
            CHECK_OK_ERR(att_engine_control(engine, scene_user_id(user), &control, &err), &err);
        } else if (step % 7 == 0) {
            CHECK_OK_ERR(att_engine_takedown(engine, scene_item_id(item), att_text_of("test"), &err), &err);
        } else {
            scene_put_item(engine, item, INT64_MAX);
        }
    }
    uint64_t rows;
    CHECK_OK_ERR(att_engine_forget(engine, scene_user_id(5), &rows, &err), &err);
    att_slate_memory_destroy(memory);
}

CHECK_TEST(replaying_the_log_from_empty_gives_bit_identical_state)
{
    CHECK_BEGIN();
    char path[512];
    snprintf(path, sizeof path, "%s", check_path("replay.attune"));
    att_engine *engine = scene_open(path, NULL);
    scene_fill(engine);
    live(engine, 1, 1500);
    uint8_t lived[16], replayed[16];
    att_people_digest(engine->people, lived);
    const uint64_t last_seq = engine->last_seq;
    att_engine_close(engine);
    for (int run = 0; run < 2; run++) {
        uint64_t seq;
        digest_of(path, replayed, &seq);
        CHECK_EQ(seq, last_seq);
        CHECK(memcmp(lived, replayed, sizeof lived) == 0);
    }
}

CHECK_TEST(a_checkpoint_at_any_point_leads_to_the_same_state)
{
    CHECK_BEGIN();
    char path[512], checkpoint[600];
    snprintf(path, sizeof path, "%s", check_path("checkpoint.attune"));
    snprintf(checkpoint, sizeof checkpoint, "%s-fold", path);
    att_engine *engine = scene_open(path, NULL);
    scene_fill(engine);
    live(engine, 2, 600);
    CHECK_OK_ERR(att_people_save(engine->people, checkpoint, &err), &err);
    const uint64_t at_checkpoint = engine->last_seq;
    // Behind the checkpoint, with nobody forgotten: forgetting deletes it.
    for (int i = 0; i < 200; i++) {
        const att_event event = scene_event(i % 40, i % 80, ATT_SIGNAL_LIKE, SCENE_NOW + i);
        CHECK_OK_ERR(att_engine_event(engine, &event, NULL, &err), &err);
    }
    uint8_t lived[16], replayed[16];
    att_people_digest(engine->people, lived);
    CHECK(engine->last_seq > at_checkpoint);
    att_engine_close(engine);
    uint64_t seq;
    CHECK_EQ(access(checkpoint, R_OK), 0);
    digest_of(path, replayed, &seq);
    CHECK(memcmp(lived, replayed, sizeof lived) == 0);
    CHECK_EQ(unlink(checkpoint), 0);
    digest_of(path, replayed, &seq);
    CHECK(memcmp(lived, replayed, sizeof lived) == 0);
}

// As when another process wrote a checkpoint at the moment of forgetting, or was killed while it wrote one.
CHECK_TEST(no_checkpoint_keeps_somebody_who_was_forgotten)
{
    CHECK_BEGIN();
    char path[512], checkpoint[600], beginning[620];
    snprintf(path, sizeof path, "%s", check_path("forgotten.attune"));
    snprintf(checkpoint, sizeof checkpoint, "%s-fold", path);
    snprintf(beginning, sizeof beginning, "%s.tmp-12345", checkpoint);
    att_engine *engine = scene_open(path, NULL);
    scene_fill(engine);
    CHECK_OK_ERR(att_people_save(engine->people, checkpoint, &err), &err);
    size_t size;
    char *late = check_read_file(checkpoint, &size);
    check_write_file(beginning, late, size / 2);
    CHECK_OK_ERR(att_engine_forget(engine, scene_user_id(5), NULL, &err), &err);
    CHECK(access(checkpoint, F_OK) != 0);
    CHECK(access(beginning, F_OK) != 0);
    att_engine_close(engine);
    check_write_file(checkpoint, late, size);
    free(late);
    const att_open_options read_only = {.read_only = true};
    CHECK_OK_ERR(att_engine_open(&engine, path, &read_only, NULL, &err), &err);
    att_engine_close(engine);
    CHECK_EQ(access(checkpoint, F_OK), 0); // who may not write deletes nothing
    engine = scene_open(path, NULL);
    CHECK(access(checkpoint, F_OK) != 0);
    att_engine_close(engine);
    engine = scene_open(path, NULL); // and a new one was written without the person
    CHECK_EQ(access(checkpoint, F_OK), 0);
    att_engine_info info;
    att_engine_info_get(engine, &info);
    CHECK_EQ(info.users, SCENE_PEOPLE - 1);
    att_engine_close(engine);
}

CHECK_MAIN(CHECK_CASE(no_checkpoint_keeps_somebody_who_was_forgotten), CHECK_CASE(replaying_the_log_from_empty_gives_bit_identical_state),
    CHECK_CASE(a_checkpoint_at_any_point_leads_to_the_same_state))
