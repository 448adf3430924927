// SPDX-License-Identifier: Apache-2.0
// tests/faults/test_kill.c - the process is killed at random points, fifty times: in import, in training, in writing
// single events. Nothing acknowledged is lost, nothing is counted twice, the store opens, the doctor finds nothing.
#include "../engine/scene.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static att_error err;

enum { IMPORT_KILLS = 20, TRAIN_KILLS = 10, EVENT_KILLS = 20, WATCH_KILLS = 12, LINES = 60000 };

static void sleep_us(long us)
{
    const struct timespec time = {us / 1000000, us % 1000000 * 1000};
    nanosleep(&time, NULL);
}

static int ready_fd = -1; // in the child: says that its work has begun

static void say_ready(void)
{
    if (ready_fd >= 0 && write(ready_fd, "r", 1) != 1)
        _exit(1);
}

// Runs `work` in a child and kills it `us` microseconds after it said that its work has begun. True when it was killed
// in its work, false when it had ended, well, before.
static bool killed_run(void (*work)(void *), void *argument, long us)
{
    int ends[2];
    CHECK_EQ(pipe2(ends, O_CLOEXEC), 0);
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        close(ends[0]);
        ready_fd = ends[1];
        work(argument);
        _exit(0);
    }
    close(ends[1]);
    char ready;
    CHECK_EQ(read(ends[0], &ready, 1), 1);
    close(ends[0]);
    sleep_us(us);
    kill(child, SIGKILL);
    int state;
    CHECK_EQ(waitpid(child, &state, 0), child);
    if (WIFEXITED(state))
        CHECK_EQ(WEXITSTATUS(state), 0);
    return WIFSIGNALED(state);
}

static size_t findings_of_damage;
static char last_damage[512];

static void note_finding(void *user, att_finding_kind kind, const char *what, const char *advice)
{
    (void)user;
    (void)advice;
    if (kind == ATT_FINDING_DAMAGE) {
        findings_of_damage++;
        snprintf(last_damage, sizeof last_damage, "%s", what);
    }
}

static void check_clean(const char *path)
{
    size_t damage = 0;
    findings_of_damage = 0;
    CHECK_OK_ERR(att_doctor(path, NULL, note_finding, NULL, &damage, &err), &err);
    if (damage)
        print_error("%s\n", last_damage);
    CHECK_EQ(damage, 0);
    CHECK_EQ(findings_of_damage, 0);
}

static uint64_t events_in(const char *path)
{
    att_engine *engine = scene_open(path, NULL);
    att_engine_info info;
    att_engine_info_get(engine, &info);
    att_engine_close(engine);
    return info.events;
}

// --- Import -----------------------------------------------------------------------------------------------------

typedef struct import_work {
    const char *store, *file;
} import_work;

static void remove_store(const char *store)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-fold"};
    char path[600];
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        snprintf(path, sizeof path, "%s%s", store, suffixes[i]);
        unlink(path);
    }
}

static void do_import(void *argument)
{
    const import_work *work = argument;
    const att_open_options options = {.create = true, .seed = 4, .threads = 1};
    const att_import_options import = {.batch = 200};
    att_engine *engine = NULL;
    att_import_report report;
    att_status status = att_engine_open(&engine, work->store, &options, NULL, &err);
    if (!status) {
        say_ready();
        status = att_import(engine, work->file, &import, &report, &err);
    }
    if (status) {
        print_error("%s\n", err.text);
        _exit(1);
    }
    att_engine_close(engine);
}

CHECK_TEST(an_import_that_is_killed_goes_on_and_counts_each_event_once)
{
    CHECK_BEGIN();
    char store[512], lines[512];
    snprintf(store, sizeof store, "%s", check_path("import.attune"));
    snprintf(lines, sizeof lines, "%s", check_path("events.ndjson"));
    FILE *file = fopen(lines, "w");
    CHECK(file != NULL);
    for (int i = 0; i < LINES; i++)
        fprintf(file, "{\"id\":\"e%d\",\"user\":\"u%d\",\"item\":\"i%d\",\"signal\":\"complete\",\"at\":%lld}\n", i, i % 997,
            i % 1009, (long long)(1700000000000 + i * 60000LL));
    CHECK_EQ(fclose(file), 0);
    import_work work = {store, lines};
    att_rng rng = att_rng_seed(1);
    int inside = 0;
    uint64_t before = 0;
    for (int round = 0; round < IMPORT_KILLS; round++) {
        const bool killed = killed_run(do_import, &work, (long)att_rng_below(&rng, 25000));
        const uint64_t events = events_in(store);
        CHECK(events >= before && events <= LINES);
        inside += killed && events < LINES;
        before = events;
        if (events == LINES) { // all in: once more from the beginning
            remove_store(store);
            before = 0;
        }
    }
    CHECK_NOTE("%d of %d kills while lines were imported; %llu events were in at the last", inside, IMPORT_KILLS,
        (unsigned long long)before);
    CHECK(inside > IMPORT_KILLS / 2);
    do_import(&work);
    CHECK_EQ(events_in(store), LINES);
    check_clean(store);
}

// --- Training ---------------------------------------------------------------------------------------------------

static void do_train(void *argument)
{
    att_engine *engine = NULL;
    const att_open_options options = {.threads = 1};
    att_status status = att_engine_open(&engine, argument, &options, NULL, &err);
    if (!status) {
        say_ready();
        status = att_engine_train(engine, NULL, NULL, &err);
    }
    if (status) {
        print_error("%s\n", err.text);
        _exit(1);
    }
    att_engine_close(engine);
}

CHECK_TEST(a_training_that_is_killed_leaves_the_model_before_in_force)
{
    CHECK_BEGIN();
    char store[512];
    snprintf(store, sizeof store, "%s", check_path("train.attune"));
    att_engine *engine = scene_open(store, NULL);
    scene_fill(engine);
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    scene_train(engine);
    clock_gettime(CLOCK_MONOTONIC, &end);
    att_engine_close(engine);
    const long whole_us = (end.tv_sec - begin.tv_sec) * 1000000 + (end.tv_nsec - begin.tv_nsec) / 1000;
    att_rng rng = att_rng_seed(2);
    uint64_t model = 1;
    int inside = 0;
    for (int round = 0; round < TRAIN_KILLS; round++) {
        inside += killed_run(do_train, store, (long)att_rng_below(&rng, (uint64_t)whole_us / 2 + 1));
        att_engine_info info;
        engine = scene_open(store, NULL);
        att_engine_info_get(engine, &info);
        att_engine_close(engine);
        CHECK(info.model >= model); // never back, never none
        model = info.model;
        CHECK_EQ(info.events, SCENE_PEOPLE * 24);
    }
    CHECK_NOTE("%d of %d kills in training; %llu models", inside, TRAIN_KILLS, (unsigned long long)model);
    check_clean(store);
}

// --- A watch --------------------------------------------------------------------------------------------------------

typedef struct watch_work {
    const char *store;
    int round;
} watch_work;

// Some more is liked, then a look of a watch: a model to judge, a trial, a model, its files, its record, old files deleted.
static void do_watch(void *argument)
{
    const watch_work *work = argument;
    att_engine *engine = NULL;
    const att_open_options options = {.threads = 1};
    att_status status = att_engine_open(&engine, work->store, &options, NULL, &err);
    for (int u = 0; u < SCENE_PEOPLE && !status; u++) {
        att_event event = scene_event(u, (work->round * 7 + u) % SCENE_ITEMS, ATT_SIGNAL_COMPLETE,
            SCENE_NOW - SCENE_DAY + work->round * 1000 + u);
        status = att_engine_event(engine, &event, NULL, &err);
    }
    if (!status) {
        say_ready();
        status = att_engine_train_if_needed(engine, NULL, NULL, NULL, &err);
    }
    if (status) {
        print_error("%s\n", err.text);
        _exit(1);
    }
    att_engine_close(engine);
}

typedef struct told_models {
    uint64_t in_force;
    int in_force_count;
    bool on_disk;
} told_models;

static bool tell_model(void *user, const att_model_state *model)
{
    told_models *t = user;
    if (model->active) {
        t->in_force = model->version;
        t->in_force_count++;
        t->on_disk = model->on_disk;
    }
    return true;
}

CHECK_TEST(a_watch_that_is_killed_leaves_one_good_model_in_force_and_goes_on)
{
    CHECK_BEGIN();
    char store[512];
    snprintf(store, sizeof store, "%s", check_path("watch.attune"));
    att_engine *engine = scene_open(store, NULL);
    scene_fill(engine);
    att_policy policy = att_engine_policy(engine);
    policy.learning.new_share = 0.001;
    policy.learning.new_least = 1;
    policy.learning.people_least = 2;
    policy.learning.margin = 1; // it is the swap that is to be killed, so most are let through
    policy.learning.held_share = 0.5;
    policy.learning.keep_models = 1;
    CHECK_OK_ERR(att_engine_policy_set(engine, &policy, &err), &err);
    struct timespec begin, end;
    scene_train(engine);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    scene_train(engine);
    clock_gettime(CLOCK_MONOTONIC, &end);
    att_engine_close(engine);
    const long whole_us = (end.tv_sec - begin.tv_sec) * 1000000 + (end.tv_nsec - begin.tv_nsec) / 1000;
    att_rng rng = att_rng_seed(7);
    uint64_t model = 2;
    int inside = 0, swaps = 0;
    for (int round = 0; round < WATCH_KILLS; round++) {
        watch_work work = {store, round + 1};
        inside += killed_run(do_watch, &work, (long)att_rng_below(&rng, (uint64_t)whole_us + 1));
        att_engine_info info;
        told_models told = {.in_force = 0};
        engine = scene_open(store, NULL);
        att_engine_info_get(engine, &info);
        CHECK_OK_ERR(att_engine_models_each(engine, tell_model, &told, &err), &err);
        att_engine_close(engine);
        CHECK_EQ(told.in_force_count, 1);
        CHECK(told.on_disk);
        CHECK_EQ(info.model, told.in_force);
        CHECK_EQ(info.model_in_force, told.in_force);
        CHECK(info.model >= model);
        swaps += info.model > model;
        model = info.model;
    }
    CHECK_NOTE("%d of %d kills in a watch; %d swaps", inside, WATCH_KILLS, swaps);
    // Undisturbed, it goes on from there.
    watch_work work = {store, WATCH_KILLS + 1};
    ready_fd = -1;
    do_watch(&work);
    engine = scene_open(store, NULL);
    uint64_t version = 0;
    CHECK_OK_ERR(att_engine_model_rollback(engine, (att_text){0}, &version, &err), &err);
    CHECK(version >= 1);
    att_engine_close(engine);
    check_clean(store);
}

// --- Single events ------------------------------------------------------------------------------------------------

typedef struct event_work {
    const char *store;
    int out; // each acknowledged number is written here
    uint32_t first;
} event_work;

static void do_events(void *argument)
{
    const event_work *work = argument;
    att_engine *engine = NULL;
    const att_open_options options = {.create = true, .seed = 6, .threads = 1};
    if (att_engine_open(&engine, work->store, &options, NULL, &err))
        _exit(1);
    for (uint32_t i = work->first;; i++) {
        char id[32];
        snprintf(id, sizeof id, "w%u", i);
        att_event event = scene_event((int)(i % 50), (int)(i % 90), ATT_SIGNAL_COMPLETE, SCENE_NOW - 1000000 + i);
        event.id = att_text_of(id);
        if (att_engine_event(engine, &event, NULL, &err) || write(work->out, &i, sizeof i) != sizeof i)
            _exit(1);
        if (i == work->first)
            say_ready();
    }
}

CHECK_TEST(an_acknowledged_event_outlives_its_process)
{
    CHECK_BEGIN();
    char store[512];
    snprintf(store, sizeof store, "%s", check_path("events.attune"));
    att_rng rng = att_rng_seed(3);
    uint32_t acknowledged = 0;
    for (int round = 0; round < EVENT_KILLS; round++) {
        int ends[2];
        CHECK_EQ(pipe2(ends, O_CLOEXEC), 0);
        CHECK_EQ(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
        event_work work = {store, ends[1], acknowledged};
        CHECK(killed_run(do_events, &work, (long)att_rng_below(&rng, 15000)));
        close(ends[1]);
        for (uint32_t number; read(ends[0], &number, sizeof number) == (ssize_t)sizeof number;) {
            CHECK_EQ(number, acknowledged);
            acknowledged++;
        }
        close(ends[0]);
        // At most one event may be on disk without its answer having been heard; then it counts as known.
        att_engine *engine = scene_open(store, NULL);
        att_engine_info info;
        att_engine_info_get(engine, &info);
        CHECK(info.events >= acknowledged && info.events <= acknowledged + 1u);
        for (uint32_t i = 0; i < acknowledged; i += 1 + acknowledged / 50) {
            char id[32];
            bool added;
            snprintf(id, sizeof id, "w%u", i);
            att_event event = scene_event((int)(i % 50), (int)(i % 90), ATT_SIGNAL_COMPLETE, SCENE_NOW - 1000000 + i);
            event.id = att_text_of(id);
            CHECK_OK_ERR(att_engine_event(engine, &event, &added, &err), &err);
            CHECK(!added);
        }
        att_engine_close(engine);
        acknowledged = (uint32_t)info.events;
    }
    CHECK_NOTE("%u events were acknowledged over %d kills", acknowledged, EVENT_KILLS);
    CHECK(acknowledged >= EVENT_KILLS);
    check_clean(store);
}

CHECK_MAIN(CHECK_CASE(an_import_that_is_killed_goes_on_and_counts_each_event_once),
    CHECK_CASE(a_training_that_is_killed_leaves_the_model_before_in_force),
    CHECK_CASE(a_watch_that_is_killed_leaves_one_good_model_in_force_and_goes_on),
    CHECK_CASE(an_acknowledged_event_outlives_its_process))
