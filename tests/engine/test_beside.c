// SPDX-License-Identifier: Apache-2.0
// A policy that changes how signals count: the log is folded anew beside the state in force, and nobody waits for it.
#include "scene.h"

#include "engine/internal.h"

#include <semaphore.h>
#include <time.h>
#include <unistd.h>

static att_error err;

static att_engine *open_here(const char *path, const att_host *host)
{
    const att_open_options options = {.create = true, .seed = 11, .threads = 1, .checkpoint_records = 50};
    att_engine *engine = NULL;
    CHECK_OK_ERR(att_engine_open(&engine, path, &options, host, &err), &err);
    return engine;
}

static att_policy other_signals(void)
{
    att_policy policy = att_policy_default();
    policy.signals.rule[ATT_SIGNAL_COMPLETE].grade /= 2;
    policy.signals.bot_events_per_minute += 7;
    return policy;
}

// What a fold of this log from nothing comes to.
static void check_like_replayed(const char *path, att_engine *engine)
{
    uint8_t lived[16], replayed[16];
    char checkpoint[600];
    snprintf(checkpoint, sizeof checkpoint, "%s-fold", path);
    att_people_digest(engine->people, lived);
    att_engine_close(engine);
    unlink(checkpoint);
    engine = open_here(path, NULL);
    att_people_digest(engine->people, replayed);
    CHECK(memcmp(lived, replayed, sizeof lived) == 0);
    att_engine_close(engine);
}

// Somebody who decides and writes just when the log is being folded: the log sink is told that it is, and waits for the answers.
typedef struct town {
    att_engine *engine;
    sem_t asked, answered;
    bool armed, told, in_time;
    double share_seen;
    uint64_t added;
} town;

static void hear(void *user, att_log_level level, const char *text)
{
    town *t = user;
    (void)level;
    if (!t->armed || !strstr(text, "replaying the whole log: "))
        return;
    t->armed = false;
    t->told = true;
    sem_post(&t->asked);
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 20;
    t->in_time = sem_timedwait(&t->answered, &until) == 0;
}

static void *live(void *user)
{
    town *t = user;
    att_error own = {0};
    att_slate_memory *memory = NULL;
    att_slate slate;
    sem_wait(&t->asked);
    const att_request request = scene_request(4, 5);
    const att_event event = scene_event(4, 7, ATT_SIGNAL_LIKE, SCENE_NOW - 5000);
    bool added = false;
    t->share_seen = att_engine_policy(t->engine).signals.rule[ATT_SIGNAL_COMPLETE].grade;
    const bool fine = !att_slate_memory_create(&memory, NULL, &own) && !att_engine_decide(t->engine, &request, memory, &slate, &own) &&
                      !att_engine_event(t->engine, &event, &added, &own);
    if (!fine)
        print_error("%s\n", own.text);
    t->added = fine && added;
    att_slate_memory_destroy(memory);
    sem_post(&t->answered);
    return NULL;
}

CHECK_TEST(slates_and_events_go_on_while_the_log_is_folded_under_another_policy)
{
    CHECK_BEGIN();
    char path[512];
    snprintf(path, sizeof path, "%s", check_path("beside.attune"));
    town t = {0};
    sem_init(&t.asked, 0, 0);
    sem_init(&t.answered, 0, 0);
    att_engine *engine = open_here(path, NULL);
    scene_fill(engine);
    scene_train(engine);
    att_engine_close(engine); // with a checkpoint, of which the log sink will hear that it is of other signal rules
    att_host host = att_host_default();
    host.log = hear;
    host.user = &t;
    t.engine = engine = open_here(path, &host);
    att_engine_info before, after;
    att_engine_info_get(engine, &before);
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, live, &t), 0);
    const att_policy policy = other_signals();
    t.armed = true;
    CHECK_OK_ERR(att_engine_policy_set(engine, &policy, &err), &err);
    if (!t.told)
        sem_post(&t.asked);
    pthread_join(thread, NULL);
    CHECK(t.told && t.in_time);
    CHECK_EQ(t.added, 1);
    CHECK_NEAR(t.share_seen, att_policy_default().signals.rule[ATT_SIGNAL_COMPLETE].grade, 0); // still under the one before
    CHECK_NEAR(att_engine_policy(engine).signals.rule[ATT_SIGNAL_COMPLETE].grade, policy.signals.rule[ATT_SIGNAL_COMPLETE].grade, 0);
    att_engine_info_get(engine, &after);
    CHECK_EQ(after.events, before.events + 1);
    CHECK_EQ(after.decisions, before.decisions + 1);
    CHECK_EQ(after.model, before.model);
    const att_policy back = att_policy_default(); // and once more: the state was made in another shell
    CHECK_OK_ERR(att_engine_policy_set(engine, &back, &err), &err);
    CHECK_OK_ERR(att_engine_policy_set(engine, &policy, &err), &err);
    scene_put_item(engine, 3, INT64_MAX);
    check_like_replayed(path, engine);
    sem_destroy(&t.asked);
    sem_destroy(&t.answered);
}

// The file has lost its name, so that nobody can open it a second time.
CHECK_TEST(without_a_second_connection_the_state_is_read_in_its_place)
{
    CHECK_BEGIN();
    char path[512];
    snprintf(path, sizeof path, "%s", check_path("alone.attune"));
    att_engine *engine = open_here(path, NULL);
    scene_fill(engine);
    CHECK_EQ(unlink(path), 0);
    const att_policy policy = other_signals();
    CHECK_OK_ERR(att_engine_policy_set(engine, &policy, &err), &err);
    CHECK_NEAR(att_engine_policy(engine).signals.rule[ATT_SIGNAL_COMPLETE].grade, policy.signals.rule[ATT_SIGNAL_COMPLETE].grade, 0);
    CHECK(engine->shell == NULL);
    CHECK_EQ(att_people_total(engine->people).events, SCENE_PEOPLE * 24);
    att_engine_end(engine); // without a checkpoint beside a store that is gone
}

static void *write_on(void *user)
{
    att_engine *engine = user;
    att_error own;
    for (int i = 0; i < 300; i++) {
        const att_event event = scene_event(i % SCENE_PEOPLE, i % SCENE_ITEMS, ATT_SIGNAL_LIKE, SCENE_NOW - 400000 + i * 1000);
        if (att_engine_event(engine, &event, NULL, &own))
            return engine;
    }
    return NULL;
}

static void *decide_on(void *user)
{
    att_engine *engine = user;
    att_error own;
    att_slate_memory *memory = NULL;
    att_slate slate;
    att_status status = att_slate_memory_create(&memory, NULL, &own);
    for (int i = 0; i < 150 && !status; i++) {
        const att_request request = scene_request(i % SCENE_PEOPLE, 5);
        status = att_engine_decide(engine, &request, memory, &slate, &own);
    }
    att_slate_memory_destroy(memory);
    return status ? engine : NULL;
}

CHECK_TEST(policies_change_again_and_again_under_writes_and_decisions)
{
    CHECK_BEGIN();
    char path[512];
    snprintf(path, sizeof path, "%s", check_path("again.attune"));
    att_engine *engine = open_here(path, NULL);
    scene_fill(engine);
    pthread_t threads[3];
    void *failed;
    CHECK_EQ(pthread_create(&threads[0], NULL, write_on, engine), 0);
    CHECK_EQ(pthread_create(&threads[1], NULL, decide_on, engine), 0);
    CHECK_EQ(pthread_create(&threads[2], NULL, decide_on, engine), 0);
    att_policy policy = att_policy_default();
    for (int i = 0; i < 6; i++) {
        policy.signals.bot_events_per_minute++;
        CHECK_OK_ERR(att_engine_policy_set(engine, &policy, &err), &err);
    }
    for (int t = 0; t < 3; t++) {
        pthread_join(threads[t], &failed);
        CHECK(failed == NULL);
    }
    CHECK_EQ(att_people_total(engine->people).events, SCENE_PEOPLE * 24 + 300);
    CHECK_EQ(att_people_total(engine->people).decisions, 300);
    check_like_replayed(path, engine);
}

CHECK_MAIN(CHECK_CASE(slates_and_events_go_on_while_the_log_is_folded_under_another_policy),
    CHECK_CASE(without_a_second_connection_the_state_is_read_in_its_place),
    CHECK_CASE(policies_change_again_and_again_under_writes_and_decisions))
