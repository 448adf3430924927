// SPDX-License-Identifier: Apache-2.0
// Many threads on one engine: eight decide, four write events, one moves sliders, one trains. Afterwards every count is
// exact, the exploration budget was never passed, and the log replayed from empty gives the state that memory had.
#include "scene.h"

#include "engine/internal.h"

#include <pthread.h>
#include <unistd.h>

enum { DECIDERS = 8, DECISIONS = 40, WRITERS = 4, EVENTS = 120, CONTROLS = 60, TRAININGS = 2, SLOTS = 10 };

typedef struct worker {
    att_engine *engine;
    int number;
    uint64_t shown, explored, added, known; // what it saw
    char story[512];                        // of its first failure
} worker;

// A thread must not leave through cmocka's jump; it keeps the story for the main thread.
static bool failed(worker *w, att_status status, const att_error *err)
{
    if (status != ATT_OK && !w->story[0])
        snprintf(w->story, sizeof w->story, "%s: %s", att_status_name(status), err->text);
    return status != ATT_OK;
}

static att_text number_text(char out[32], const char *before, int number)
{
    snprintf(out, 32, "%s%02d", before, number);
    return att_text_of(out);
}

static void *decide(void *argument)
{
    worker *w = argument;
    att_error err = {0};
    char name[32];
    att_slate_memory *memory = NULL;
    att_slate slate;
    if (failed(w, att_slate_memory_create(&memory, NULL, &err), &err))
        return NULL;
    for (int i = 0; i < DECISIONS && !w->story[0]; i++) {
        att_request request = att_request_default();
        request.user = number_text(name, "person-", (w->number * 7 + i) % SCENE_PEOPLE);
        request.count = SLOTS;
        request.explain = i % 4 == 0;
        if (failed(w, att_engine_decide(w->engine, &request, memory, &slate, &err), &err))
            break;
        w->shown += slate.count;
        w->explored += slate.explored;
        for (size_t s = 0; s < slate.count; s++)
            if (!(slate.shown[s].propensity > 0 && slate.shown[s].propensity <= 1))
                snprintf(w->story, sizeof w->story, "odds of %g", slate.shown[s].propensity);
    }
    att_slate_memory_destroy(memory);
    return NULL;
}

// Each third event is sent twice, and must count once.
static void *write_events(void *argument)
{
    worker *w = argument;
    att_error err = {0};
    char user[32], item[32], id[32];
    for (int i = 0; i < EVENTS && !w->story[0]; i++) {
        att_event event = att_event_empty();
        snprintf(id, sizeof id, "t%d-%d", w->number, i);
        event.id = att_text_of(id);
        event.user = number_text(user, "person-", (w->number * 13 + i) % SCENE_PEOPLE);
        event.item = number_text(item, "song-", (w->number + i * 5) % SCENE_ITEMS);
        event.signal = i % 5 ? ATT_SIGNAL_COMPLETE : ATT_SIGNAL_LIKE;
        event.at_ms = SCENE_NOW + i * INT64_C(1000);
        for (int times = 0; times < (i % 3 == 0 ? 2 : 1); times++) {
            bool added = false;
            if (failed(w, att_engine_event(w->engine, &event, &added, &err), &err))
                break;
            *(added ? &w->added : &w->known) += 1;
        }
    }
    return NULL;
}

static void *control(void *argument)
{
    worker *w = argument;
    att_error err = {0};
    char user[32], item[32];
    for (int i = 0; i < CONTROLS && !w->story[0]; i++) {
        static const att_control_kind kinds[] = {ATT_CONTROL_NOVELTY, ATT_CONTROL_ENERGY, ATT_CONTROL_LESS_LIKE, ATT_CONTROL_BLOCK};
        const att_control one = {.kind = kinds[i % 4], .value = (i % 21) / 10.0 - 1, .item = number_text(item, "song-", i % SCENE_ITEMS)};
        failed(w, att_engine_control(w->engine, number_text(user, "person-", i % 10), &one, &err), &err);
    }
    return NULL;
}

static void *train(void *argument)
{
    worker *w = argument;
    att_error err = {0};
    const att_train_options options = {.kind = "als", .dim = 16, .threads = 2};
    for (int i = 0; i < TRAININGS && !w->story[0]; i++)
        failed(w, att_engine_train(w->engine, &options, NULL, &err), &err);
    return NULL;
}

static void digest_anew(const char *path, uint8_t out[16])
{
    att_engine *engine = scene_open(path, NULL);
    att_people_digest(engine->people, out);
    att_engine_close(engine);
}

CHECK_TEST(many_threads_on_one_engine_lose_nothing_and_pass_no_bound)
{
    CHECK_BEGIN();
    enum { WORKERS = DECIDERS + WRITERS + 2 };
    static worker workers[WORKERS];
    pthread_t threads[WORKERS];
    char path[512], checkpoint[600];
    snprintf(path, sizeof path, "%s", check_path("threads.attune"));
    snprintf(checkpoint, sizeof checkpoint, "%s-fold", path);
    att_engine *engine = scene_open(path, NULL);
    scene_fill(engine);
    scene_train(engine);
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = (worker){.engine = engine, .number = i};
        void *(*work)(void *) = i < DECIDERS ? decide : i < DECIDERS + WRITERS ? write_events : i == WORKERS - 2 ? control : train;
        CHECK_EQ(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    worker sum = {0};
    for (int i = 0; i < WORKERS; i++) {
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
        CHECK_STR(workers[i].story, "");
        sum.shown += workers[i].shown;
        sum.explored += workers[i].explored;
        sum.added += workers[i].added;
        sum.known += workers[i].known;
    }
    att_engine_info info;
    att_engine_info_get(engine, &info);
    CHECK_EQ(sum.added, WRITERS * EVENTS);
    CHECK_EQ(sum.known, WRITERS * EVENTS / 3);
    CHECK_EQ(info.events, SCENE_PEOPLE * 24 + WRITERS * EVENTS);
    CHECK_EQ(info.decisions, DECIDERS * DECISIONS);
    CHECK_EQ(info.impressions, sum.shown);
    CHECK_EQ(info.explored_impressions, sum.explored);
    CHECK_EQ(info.model, 1 + TRAININGS);
    CHECK((double)info.explored_impressions <= att_engine_policy(engine).exploration.share * (double)info.impressions);
    uint8_t lived[16], replayed[16];
    att_people_digest(engine->people, lived);
    att_engine_close(engine);
    unlink(checkpoint); // there may be none
    digest_anew(path, replayed);
    CHECK(memcmp(lived, replayed, sizeof lived) == 0);
    att_error err;
    CHECK_OK_ERR(att_engine_open(&engine, path, NULL, NULL, &err), &err);
    att_engine_info_get(engine, &info);
    CHECK_EQ(info.explored_impressions, sum.explored);
    att_engine_close(engine);
}

CHECK_MAIN(CHECK_CASE(many_threads_on_one_engine_lose_nothing_and_pass_no_bound))
