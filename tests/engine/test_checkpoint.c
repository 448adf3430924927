// SPDX-License-Identifier: Apache-2.0
// Checkpoints that are written while the engine runs: after a kill only what came behind them is folded again.
#include "scene.h"

#include "engine/internal.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static att_error err;

enum { LATER = 37 };

static att_engine *open_due_at(const char *path, uint64_t records)
{
    const att_open_options options = {.create = true, .seed = 11, .threads = 1, .checkpoint_records = records};
    att_engine *engine = NULL;
    CHECK_OK_ERR(att_engine_open(&engine, path, &options, NULL, &err), &err);
    return engine;
}

static att_event later(int i)
{
    att_event event = scene_event(i % SCENE_PEOPLE, i % SCENE_ITEMS, ATT_SIGNAL_LIKE, SCENE_NOW - 3600000 + i * 1000);
    static _Thread_local char ids[4][16];
    snprintf(ids[i % 4], sizeof ids[0], "later-%d", i);
    event.id = att_text_of(ids[i % 4]);
    return event;
}

static void fill_checkpoint_and_die(const char *path)
{
    bool written = false;
    att_engine *engine = open_due_at(path, 100);
    scene_fill(engine);
    CHECK_OK_ERR(att_engine_checkpoint(engine, &written, &err), &err);
    CHECK(written);
    for (int i = 0; i < LATER; i++) {
        const att_event event = later(i);
        CHECK_OK_ERR(att_engine_event(engine, &event, NULL, &err), &err);
    }
    kill(getpid(), SIGKILL);
}

static void digest_of(const char *path, uint64_t records, uint8_t out[16], att_engine_info *info)
{
    att_engine *engine = open_due_at(path, records);
    att_engine_info_get(engine, info);
    att_people_digest(engine->people, out);
    att_engine_close(engine);
}

CHECK_TEST(after_a_kill_only_what_came_behind_the_checkpoint_is_folded)
{
    CHECK_BEGIN();
    char path[512], checkpoint[600];
    snprintf(path, sizeof path, "%s", check_path("killed.attune"));
    snprintf(checkpoint, sizeof checkpoint, "%s-fold", path);
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        fill_checkpoint_and_die(path);
        _exit(1);
    }
    int state;
    CHECK_EQ(waitpid(child, &state, 0), child);
    CHECK(WIFSIGNALED(state) && WTERMSIG(state) == SIGKILL);
    att_engine_info info;
    uint8_t continued[16], whole[16];
    digest_of(path, 100000, continued, &info);
    CHECK_EQ(info.since_checkpoint, LATER);
    CHECK_EQ(info.events, SCENE_PEOPLE * 24 + LATER);
    att_engine *engine = open_due_at(path, 100000);
    for (int i = 0; i < LATER; i++) { // each counts once
        bool added = true;
        const att_event event = later(i);
        CHECK_OK_ERR(att_engine_event(engine, &event, &added, &err), &err);
        CHECK(!added);
    }
    att_engine_close(engine);
    CHECK_EQ(unlink(checkpoint), 0);
    digest_of(path, 100000, whole, &info);
    CHECK(info.since_checkpoint > (uint64_t)SCENE_PEOPLE * 24);
    CHECK(memcmp(continued, whole, sizeof whole) == 0);
}

CHECK_TEST(one_that_is_not_due_is_not_written)
{
    CHECK_BEGIN();
    char path[512], checkpoint[600];
    bool written = true;
    snprintf(path, sizeof path, "%s", check_path("early.attune"));
    snprintf(checkpoint, sizeof checkpoint, "%s-fold", path);
    att_engine *engine = open_due_at(path, 0); // 20,000 records
    scene_fill(engine);
    CHECK_OK_ERR(att_engine_checkpoint(engine, &written, &err), &err);
    CHECK(!written && access(checkpoint, F_OK) != 0);
    att_engine_close(engine);
    engine = open_due_at(path, 10);
    CHECK_OK_ERR(att_engine_checkpoint(engine, &written, &err), &err);
    CHECK(written && access(checkpoint, F_OK) == 0);
    for (int i = 0; i < 12; i++) { // more than ten, and less than a sixteenth of the log
        const att_event event = later(i);
        CHECK_OK_ERR(att_engine_event(engine, &event, NULL, &err), &err);
    }
    CHECK_OK_ERR(att_engine_checkpoint(engine, &written, &err), &err);
    CHECK(!written);
    att_engine_close(engine);
    const att_open_options read_only = {.read_only = true};
    CHECK_OK_ERR(att_engine_open(&engine, path, &read_only, NULL, &err), &err);
    CHECK_FAILS(att_engine_checkpoint(engine, &written, &err), ATT_READ_ONLY);
    att_engine_close(engine);
}

// Where it cannot be written nothing is lost but time.
CHECK_TEST(a_checkpoint_that_cannot_be_written_is_told_and_changes_nothing)
{
    CHECK_BEGIN();
    char path[512], checkpoint[600];
    bool written = true;
    snprintf(path, sizeof path, "%s", check_path("barred.attune"));
    snprintf(checkpoint, sizeof checkpoint, "%s-fold", path);
    CHECK_EQ(mkdir(checkpoint, 0700), 0);
    att_engine *engine = open_due_at(path, 10);
    scene_fill(engine);
    CHECK(att_engine_checkpoint(engine, &written, &err) != ATT_OK);
    CHECK(!written);
    CHECK_HOLDS(err.text, "writing a checkpoint of ");
    att_engine_info info;
    att_engine_info_get(engine, &info);
    CHECK_EQ(info.events, SCENE_PEOPLE * 24);
    CHECK(info.since_checkpoint > 0);
    att_engine_close(engine);
    CHECK_EQ(rmdir(checkpoint), 0);
}

// --- While all goes on --------------------------------------------------------------------------------------------

enum { FORGOTTEN = 12 };

static void *forget_some(void *user)
{
    att_engine *engine = user;
    att_error own;
    for (int i = 0; i < FORGOTTEN; i++)
        if (att_engine_forget(engine, scene_user_id(i), NULL, &own))
            return engine;
    return NULL;
}

static void *write_on(void *user)
{
    att_engine *engine = user;
    att_error own;
    for (int i = 0; i < 240; i++) {
        const att_event event = later(i);
        if (i % SCENE_PEOPLE >= FORGOTTEN && att_engine_event(engine, &event, NULL, &own)) // of those who stay
            return engine;
    }
    return NULL;
}

static uint64_t newest_forgotten;

static bool note(void *user, const att_record *record)
{
    (void)user;
    if (record->kind == ATT_RECORD_FORGET)
        newest_forgotten = record->seq;
    return true;
}

CHECK_TEST(a_checkpoint_beside_writes_and_forgetting_holds_nobody_who_was_forgotten)
{
    CHECK_BEGIN();
    char path[512], checkpoint[600];
    snprintf(path, sizeof path, "%s", check_path("beside-forget.attune"));
    snprintf(checkpoint, sizeof checkpoint, "%s-fold", path);
    att_engine *engine = open_due_at(path, 1);
    scene_fill(engine);
    pthread_t threads[2];
    void *failed;
    CHECK_EQ(pthread_create(&threads[0], NULL, forget_some, engine), 0);
    CHECK_EQ(pthread_create(&threads[1], NULL, write_on, engine), 0);
    for (int i = 0; i < 40; i++) {
        pthread_rwlock_wrlock(&engine->state_lock);
        engine->folded_since_checkpoint += engine->last_seq; // due at once
        pthread_rwlock_unlock(&engine->state_lock);
        att_error why;
        (void)!att_engine_checkpoint(engine, NULL, &why); // one that was overtaken by a forgetting is not kept
    }
    for (int t = 0; t < 2; t++) {
        pthread_join(threads[t], &failed);
        CHECK(failed == NULL);
    }
    CHECK_OK_ERR(att_store_log_each(engine->store, 1, note, NULL, &err), &err);
    CHECK(newest_forgotten > 0);
    if (access(checkpoint, F_OK) == 0) {
        att_people *people = NULL;
        CHECK_OK_ERR(att_people_create(&people, &engine->policy, att_store_seed(engine->store), NULL, &err), &err);
        CHECK_OK_ERR(att_people_load(people, checkpoint, &err), &err);
        CHECK(att_people_last_seq(people) >= newest_forgotten);
        att_people_destroy(people);
    }
    uint8_t lived[16], replayed[16];
    att_engine_info info;
    att_people_digest(engine->people, lived);
    att_engine_close(engine);
    digest_of(path, 1, replayed, &info);
    CHECK(memcmp(lived, replayed, sizeof lived) == 0);
    unlink(checkpoint);
    digest_of(path, 1, replayed, &info);
    CHECK(memcmp(lived, replayed, sizeof lived) == 0);
}

CHECK_MAIN(CHECK_CASE(after_a_kill_only_what_came_behind_the_checkpoint_is_folded), CHECK_CASE(one_that_is_not_due_is_not_written),
    CHECK_CASE(a_checkpoint_that_cannot_be_written_is_told_and_changes_nothing),
    CHECK_CASE(a_checkpoint_beside_writes_and_forgetting_holds_nobody_who_was_forgotten))
