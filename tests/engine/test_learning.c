// SPDX-License-Identifier: Apache-2.0
// When the engine learns, which model is in force, and going back.
#include "scene.h"

#include "engine/learn.h"

#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

static check_heap heap;
static att_host host;
static att_error err;
static char path[512];

static void new_store(void)
{
    static int number;
    char name[32];
    snprintf(name, sizeof name, "learning-%d.attune", number++);
    snprintf(path, sizeof path, "%s", check_path(name));
    heap = (check_heap){.now_ms = SCENE_NOW};
    host = check_host(&heap);
}

static att_engine *filled(void)
{
    new_store();
    att_engine *engine = scene_open(path, &host);
    scene_fill(engine);
    return engine;
}

static void close_all(att_engine *engine)
{
    att_engine_close(engine);
    CHECK_EQ(heap.bytes_live, 0);
}

static void learn_by(att_engine *engine, double new_share, uint32_t least, uint32_t people, double margin)
{
    att_policy policy = att_engine_policy(engine);
    policy.learning.new_share = new_share;
    policy.learning.new_least = least;
    policy.learning.people_least = people;
    policy.learning.margin = margin;
    policy.learning.held_share = 0.5;
    CHECK_OK_ERR(att_engine_policy_set(engine, &policy, &err), &err);
}

static uint64_t in_use(att_engine *engine)
{
    att_engine_info info;
    att_engine_info_get(engine, &info);
    CHECK_EQ(info.model, info.model_in_force);
    return info.model;
}

static char *file_of(uint64_t version, const char *suffix)
{
    static char files[4][600];
    static int next;
    char *file = files[next++ % 4];
    snprintf(file, sizeof files[0], "%s-models/%08llu.%s", path, (unsigned long long)version, suffix);
    return file;
}

static bool is_there(uint64_t version)
{
    return access(file_of(version, "model"), F_OK) == 0;
}

static void copy_file(const char *from, const char *to)
{
    size_t size;
    char *bytes = check_read_file(from, &size);
    CHECK(bytes != NULL);
    check_write_file(to, bytes, size);
    free(bytes);
}

// More of what they love, from the kind's upper numbers too; `seed` draws which.
static void go_on(att_engine *engine, int each, uint64_t seed)
{
    att_rng rng = att_rng_seed(seed);
    for (int u = 0; u < SCENE_PEOPLE; u++)
        for (int e = 0; e < each; e++) {
            const int item = (int)att_rng_below(&rng, 30) * 3 + u % 3;
            const att_event event = scene_event(u, item, ATT_SIGNAL_COMPLETE,
                SCENE_NOW - 2 * SCENE_DAY + (int64_t)(seed * 10000 + (uint64_t)(u * each + e)) * 1000);
            CHECK_OK_ERR(att_engine_event(engine, &event, NULL, &err), &err);
        }
}

// Everybody likes anything: what was learned before is worth nothing, and so is what is learned from half of this.
static void go_mad(att_engine *engine, int each, uint64_t seed)
{
    att_rng rng = att_rng_seed(seed);
    for (int u = 0; u < SCENE_PEOPLE; u++)
        for (int e = 0; e < each; e++) {
            const att_event event = scene_event(u, (int)att_rng_below(&rng, SCENE_ITEMS), ATT_SIGNAL_COMPLETE,
                SCENE_NOW - SCENE_DAY + (u * each + e) * 1000);
            CHECK_OK_ERR(att_engine_event(engine, &event, NULL, &err), &err);
        }
}

typedef struct listed {
    att_model_state models[32];
    size_t count;
} listed;

static bool list_one(void *user, const att_model_state *model)
{
    listed *l = user;
    l->models[l->count++] = *model;
    return l->count < 32;
}

static listed models_of(att_engine *engine)
{
    listed l = {.count = 0};
    CHECK_OK_ERR(att_engine_models_each(engine, list_one, &l, &err), &err);
    return l;
}

// --- In force -------------------------------------------------------------------------------------------------------

CHECK_TEST(the_log_says_which_model_is_in_force_whatever_files_lie_there)
{
    CHECK_BEGIN();
    att_engine *engine = filled();
    scene_train(engine);
    scene_train(engine);
    att_engine_close(engine);
    copy_file(file_of(1, "model"), file_of(7, "model"));
    copy_file(file_of(1, "index"), file_of(7, "index"));
    copy_file(file_of(1, "context"), file_of(7, "context"));
    engine = scene_open(path, &host);
    CHECK_EQ(in_use(engine), 2);
    CHECK_FAILS(att_engine_model_activate(engine, 7, (att_text){0}, &err), ATT_NOT_FOUND);
    CHECK_EQ(in_use(engine), 2);
    att_train_report report;
    CHECK_OK_ERR(att_engine_train(engine, NULL, &report, &err), &err);
    CHECK_EQ(report.version, 8); // a number that lies there is not given again
    CHECK(is_there(7));          // nor is what the log does not know deleted
    close_all(engine);
}

CHECK_TEST(a_store_restored_beside_newer_models_serves_its_own)
{
    CHECK_BEGIN();
    att_engine *engine = filled();
    scene_train(engine);
    char saved[600];
    snprintf(saved, sizeof saved, "%s.saved", path);
    CHECK_OK_ERR(att_backup(path, saved, &host, &err), &err);
    scene_train(engine);
    CHECK_EQ(in_use(engine), 2);
    att_engine_close(engine);
    copy_file(saved, path);
    engine = scene_open(path, &host);
    CHECK_EQ(in_use(engine), 1);
    att_train_report report;
    CHECK_OK_ERR(att_engine_train(engine, NULL, &report, &err), &err);
    CHECK_EQ(report.version, 3);
    close_all(engine);
    // And the copy has what it needs.
    att_engine *copy = scene_open(saved, &host);
    CHECK_EQ(in_use(copy), 1);
    close_all(copy);
}

CHECK_TEST(a_model_of_another_store_or_of_another_training_is_not_served)
{
    CHECK_BEGIN();
    att_engine *engine = filled();
    scene_train(engine);
    scene_train(engine);
    att_engine_close(engine);
    copy_file(file_of(2, "model"), check_path("good.model"));
    copy_file(file_of(1, "model"), file_of(2, "model"));
    engine = scene_open(path, &host);
    att_engine_info info;
    att_engine_info_get(engine, &info);
    CHECK_EQ(info.model, 1);
    CHECK_EQ(info.model_in_force, 2);
    CHECK_HOLDS(heap.last_log, "another name");
    att_engine_close(engine);
    // A training of the same number that another store made.
    char other[sizeof path], mine[sizeof path];
    snprintf(mine, sizeof mine, "%s", path);
    snprintf(other, sizeof other, "%s", check_path("other.attune"));
    att_engine *stranger = NULL;
    const att_open_options options = {.create = true, .seed = 12, .threads = 1};
    CHECK_OK_ERR(att_engine_open(&stranger, other, &options, &host, &err), &err);
    scene_fill(stranger);
    scene_train(stranger);
    scene_train(stranger);
    att_engine_close(stranger);
    snprintf(path, sizeof path, "%s", other);
    copy_file(file_of(2, "model"), check_path("theirs.model"));
    snprintf(path, sizeof path, "%s", mine);
    copy_file(check_path("theirs.model"), file_of(2, "model"));
    engine = scene_open(path, &host);
    att_engine_info_get(engine, &info);
    CHECK_EQ(info.model, 1);
    CHECK_HOLDS(heap.last_log, "another store");
    att_engine_close(engine);
    copy_file(check_path("good.model"), file_of(2, "model"));
    engine = scene_open(path, &host);
    CHECK_EQ(in_use(engine), 2);
    close_all(engine);
}

CHECK_TEST(going_back_is_logged_and_lasts_and_the_other_process_follows)
{
    CHECK_BEGIN();
    att_engine *engine = filled(), *other = scene_open(path, &host);
    for (int i = 0; i < 3; i++)
        scene_train(engine);
    uint64_t version = 0;
    CHECK_OK_ERR(att_engine_model_rollback(engine, att_text_of("too much metal"), &version, &err), &err);
    CHECK_EQ(version, 2);
    CHECK_EQ(in_use(engine), 2);
    CHECK_EQ(in_use(other), 2);
    att_engine_close(engine);
    engine = scene_open(path, &host);
    CHECK_EQ(in_use(engine), 2);
    const listed l = models_of(engine);
    CHECK_EQ(l.count, 3);
    CHECK_EQ(l.models[0].version, 3);
    CHECK(!l.models[0].active && l.models[0].on_disk);
    CHECK_EQ(l.models[0].act, ATT_MODEL_TRAINED);
    CHECK(l.models[1].active);
    CHECK_EQ(l.models[1].act, ATT_MODEL_ROLLED_BACK);
    CHECK_STR(l.models[1].why, "too much metal");
    CHECK_EQ(l.models[1].trained_ms, SCENE_NOW);
    CHECK(l.models[1].dim > 0 && l.models[1].kind[0] && l.models[1].log_seq > 0);
    CHECK_OK_ERR(att_engine_model_rollback(other, (att_text){0}, &version, &err), &err);
    CHECK_EQ(version, 1); // back two, not forth again
    CHECK_FAILS(att_engine_model_rollback(engine, (att_text){0}, &version, &err), ATT_NOT_FOUND);
    CHECK_EQ(version, 0);
    CHECK_EQ(in_use(engine), 1);
    CHECK_OK_ERR(att_engine_model_activate(engine, 3, (att_text){0}, &err), &err);
    CHECK_EQ(in_use(other), 3);
    CHECK_OK_ERR(att_engine_model_rollback(engine, (att_text){0}, &version, &err), &err);
    CHECK_EQ(version, 2);
    att_engine_close(other);
    close_all(engine);
}

CHECK_TEST(what_cannot_be_put_in_force_leaves_the_one_that_is)
{
    CHECK_BEGIN();
    att_engine *engine = filled();
    scene_train(engine);
    scene_train(engine);
    CHECK_FAILS(att_engine_model_activate(engine, 9, (att_text){0}, &err), ATT_NOT_FOUND);
    CHECK_HOLDS(err.text, "knows no model 9");
    check_write_file(file_of(1, "model"), "hello", 5);
    CHECK_FAILS(att_engine_model_activate(engine, 1, (att_text){0}, &err), ATT_CORRUPT);
    CHECK_FAILS(att_engine_model_rollback(engine, (att_text){0}, NULL, &err), ATT_CORRUPT);
    unlink(file_of(1, "model"));
    CHECK_FAILS(att_engine_model_activate(engine, 1, (att_text){0}, &err), ATT_NOT_FOUND);
    CHECK_EQ(in_use(engine), 2);
    char long_reason[300];
    memset(long_reason, 'r', sizeof long_reason);
    CHECK_FAILS(att_engine_model_activate(engine, 2, (att_text){long_reason, sizeof long_reason}, &err), ATT_LIMIT);
    CHECK_FAILS(att_engine_model_activate(engine, 2, att_text_of("line\nbreak"), &err), ATT_INVALID);
    CHECK_EQ(models_of(engine).count, 2);
    close_all(engine);
}

CHECK_TEST(old_versions_go_but_never_the_one_in_force_nor_the_one_to_go_back_to)
{
    CHECK_BEGIN();
    att_engine *engine = filled();
    att_policy policy = att_engine_policy(engine);
    policy.learning.keep_models = 1;
    CHECK_OK_ERR(att_engine_policy_set(engine, &policy, &err), &err);
    for (int i = 0; i < 4; i++)
        scene_train(engine);
    CHECK(!is_there(1) && !is_there(2) && is_there(3) && is_there(4));
    uint64_t version;
    CHECK_OK_ERR(att_engine_model_rollback(engine, (att_text){0}, &version, &err), &err);
    CHECK_EQ(version, 3);
    CHECK_FAILS(att_engine_model_rollback(engine, (att_text){0}, &version, &err), ATT_NOT_FOUND); // 2 has no files
    CHECK_EQ(in_use(engine), 3);
    scene_train(engine); // 5; 3 was in force before it
    CHECK(is_there(3) && !is_there(4) && is_there(5));
    const listed l = models_of(engine);
    CHECK_EQ(l.count, 5);
    CHECK(!l.models[1].on_disk && l.models[2].on_disk);
    close_all(engine);
}

CHECK_TEST(an_index_that_cannot_be_used_is_built_again_from_its_model)
{
    CHECK_BEGIN();
    att_engine *engine = filled();
    scene_train(engine);
    att_engine_close(engine);
    size_t size, size_again;
    char *whole = check_read_file(file_of(1, "index"), &size);
    check_write_file(file_of(1, "index"), whole, size / 2);
    engine = scene_open(path, &host);
    CHECK_EQ(in_use(engine), 1);
    CHECK_HOLDS(heap.last_log, "built again");
    att_engine_close(engine);
    char *again = check_read_file(file_of(1, "index"), &size_again);
    CHECK_EQ(size_again, size);
    free(whole);
    free(again);
    unlink(file_of(1, "index"));
    engine = scene_open(path, &host);
    CHECK_EQ(in_use(engine), 1);
    close_all(engine);
}

// --- Is it time? ----------------------------------------------------------------------------------------------------

CHECK_TEST(a_watch_trains_when_enough_is_new_and_not_before)
{
    CHECK_BEGIN();
    att_engine *engine = filled();
    learn_by(engine, 0.2, 10, 5, 0.5);
    att_train_need need;
    att_train_report report;
    CHECK_OK_ERR(att_engine_train_need(engine, &need, &err), &err);
    CHECK(need.needed);
    CHECK_HOLDS(need.why, "no model");
    CHECK_OK_ERR(att_engine_train_if_needed(engine, NULL, &need, &report, &err), &err);
    CHECK(report.swapped && !report.incremental);
    CHECK_STR(report.why, "the first model");
    CHECK_OK_ERR(att_engine_train_if_needed(engine, NULL, &need, &report, &err), &err);
    CHECK(!need.needed && !report.swapped && report.version == 0);
    CHECK_EQ(need.new_preferences, 0);
    const uint64_t before = need.preferences;
    go_on(engine, 1, 1);
    CHECK_OK_ERR(att_engine_train_need(engine, &need, &err), &err);
    CHECK(!need.needed); // less than a fifth
    CHECK(need.new_preferences > 10);
    CHECK_EQ(need.preferences, before);
    go_on(engine, 12, 2);
    CHECK_OK_ERR(att_engine_train_if_needed(engine, NULL, &need, &report, &err), &err);
    CHECK(need.needed);
    CHECK(report.trial.people >= 5);
    CHECK(report.swapped && report.incremental);
    CHECK_EQ(report.version, 2);
    CHECK_EQ(in_use(engine), 2);
    CHECK_HOLDS(report.why, "not worse");
    const listed l = models_of(engine);
    CHECK_EQ(l.models[0].began_from, 1);
    CHECK_EQ(l.models[0].generation, 1);
    CHECK_EQ(l.models[0].trial.people, report.trial.people);
    CHECK_NEAR(l.models[0].trial.low, report.trial.low, 0);
    // By age: a week later anything new at all is enough.
    heap.now_ms += 8 * SCENE_DAY;
    CHECK_OK_ERR(att_engine_train_need(engine, &need, &err), &err);
    CHECK(!need.needed);
    const att_event event = scene_event(1, 89, ATT_SIGNAL_LIKE, SCENE_NOW);
    CHECK_OK_ERR(att_engine_event(engine, &event, NULL, &err), &err);
    CHECK_OK_ERR(att_engine_train_need(engine, &need, &err), &err);
    CHECK(need.needed);
    CHECK_HOLDS(need.why, "days ago");
    close_all(engine);
}

CHECK_TEST(items_that_the_model_does_not_know_start_a_training_when_people_meet_them)
{
    CHECK_BEGIN();
    att_engine *engine = filled();
    learn_by(engine, 50, 10, 5, 0.5);
    scene_train(engine);
    att_train_need need;
    for (int i = 0; i < 20; i++) {
        att_event event = scene_event(i, 0, ATT_SIGNAL_COMPLETE, SCENE_NOW);
        char id[16];
        snprintf(id, sizeof id, "new-%d", i);
        event.item = att_text_of(id);
        CHECK_OK_ERR(att_engine_event(engine, &event, NULL, &err), &err);
        CHECK_OK_ERR(att_engine_train_need(engine, &need, &err), &err);
        CHECK_EQ(need.new_items, i + 1);
        CHECK_EQ(need.needed, (double)need.new_items >= 0.1 * (double)need.items);
    }
    CHECK_HOLDS(need.why, "does not know");
    close_all(engine);
}

CHECK_TEST(kind_and_parameters_are_chosen_anew_every_so_many_trainings)
{
    CHECK_BEGIN();
    att_engine *engine = filled();
    learn_by(engine, 0.001, 1, 5, 1);
    att_policy policy = att_engine_policy(engine);
    policy.learning.choose_every = 3;
    CHECK_OK_ERR(att_engine_policy_set(engine, &policy, &err), &err);
    const bool warm[] = {false, true, true, false, true};
    for (size_t i = 0; i < 5; i++) {
        att_train_need need;
        att_train_report report;
        if (i)
            go_on(engine, 4, i);
        CHECK_OK_ERR(att_engine_train_if_needed(engine, NULL, &need, &report, &err), &err);
        CHECK(report.swapped);
        CHECK_EQ(report.incremental, warm[i]);
        CHECK_EQ(report.tried_count > 0, !warm[i]);
    }
    close_all(engine);
}

// --- The trial ------------------------------------------------------------------------------------------------------

CHECK_TEST(a_model_that_may_be_worse_is_refused_logged_and_not_tried_again_on_the_same)
{
    CHECK_BEGIN();
    att_engine *engine = filled();
    learn_by(engine, 0.05, 10, 5, 0);
    att_policy policy = att_engine_policy(engine);
    policy.learning.confidence = 0.9999;
    CHECK_OK_ERR(att_engine_policy_set(engine, &policy, &err), &err);
    scene_train(engine);
    go_mad(engine, 8, 4);
    att_train_need need;
    att_train_report report;
    CHECK_OK_ERR(att_engine_train_if_needed(engine, NULL, &need, &report, &err), &err);
    CHECK(need.needed);
    CHECK(!report.swapped);
    CHECK(report.trial.people > 5 && report.trial.low < report.trial.least);
    CHECK_HOLDS(report.why, "maybe worse");
    CHECK_EQ(report.version, 2);
    CHECK_EQ(in_use(engine), 1);
    CHECK(!is_there(2));
    const listed l = models_of(engine);
    CHECK_EQ(l.count, 2);
    CHECK_EQ(l.models[0].act, ATT_MODEL_REFUSED);
    CHECK(!l.models[0].on_disk && l.models[1].active);
    CHECK_STR(l.models[0].why, report.why);
    CHECK_OK_ERR(att_engine_train_need(engine, &need, &err), &err);
    CHECK(!need.needed);
    CHECK_FAILS(att_engine_model_activate(engine, 2, (att_text){0}, &err), ATT_NOT_FOUND);
    // What is asked for plainly is done.
    CHECK_OK_ERR(att_engine_train(engine, NULL, &report, &err), &err);
    CHECK(report.swapped);
    CHECK_EQ(report.version, 3);
    close_all(engine);
}

CHECK_TEST(with_too_few_people_to_judge_by_nothing_is_swapped)
{
    CHECK_BEGIN();
    att_engine *engine = filled();
    learn_by(engine, 0.001, 1, 50, 0.5);
    scene_train(engine);
    for (int i = 0; i < 9; i++) {
        const att_event event = scene_event(i, 80 + i, ATT_SIGNAL_COMPLETE, SCENE_NOW);
        CHECK_OK_ERR(att_engine_event(engine, &event, NULL, &err), &err);
    }
    const att_train_options options = {.validated = true};
    att_train_report report;
    CHECK_OK_ERR(att_engine_train(engine, &options, &report, &err), &err);
    CHECK(!report.swapped);
    CHECK_EQ(report.trial.people, 0);
    CHECK_HOLDS(report.why, "too little to judge by");
    CHECK_EQ(in_use(engine), 1);
    close_all(engine);
}

// --- The slice ------------------------------------------------------------------------------------------------------

static bool has(const att_matrix *m, uint32_t row, uint32_t col)
{
    for (uint64_t k = m->row_start[row]; k < m->row_start[row + 1]; k++)
        if (m->col[k] == col)
            return true;
    return false;
}

CHECK_TEST(nothing_that_is_sought_was_known_at_the_cut_to_anybody)
{
    CHECK_BEGIN();
    att_engine *engine = filled();
    learn_by(engine, 0.05, 10, 5, 0.5);
    scene_train(engine);
    const uint64_t seen = models_of(engine).models[0].log_seq;
    go_on(engine, 10, 3);
    att_learning l;
    att_slice slice;
    CHECK_OK_ERR(att_learning_begin(&l, engine, &err), &err);
    CHECK_OK_ERR(att_slice_make(&slice, &l, seen, 1, &err), &err);
    CHECK(slice.cut_seq > seen && slice.cut_seq < l.log_seq);
    CHECK_EQ(slice.cut_seq - seen, 300 + 1); // half of 600 events, behind the record of the model
    CHECK(slice.held.history.rows >= 25);
    CHECK_EQ(slice.held.targets.rows, slice.held.history.rows);
    for (uint32_t p = 0; p < slice.held.history.rows; p++) {
        CHECK(slice.held.targets.row_start[p + 1] > slice.held.targets.row_start[p]);
        for (uint64_t k = slice.held.targets.row_start[p]; k < slice.held.targets.row_start[p + 1]; k++) {
            CHECK(k == slice.held.targets.row_start[p] || slice.held.targets.col[k] > slice.held.targets.col[k - 1]);
            CHECK(!has(&slice.held.history, p, slice.held.targets.col[k]));
        }
    }
    // What the model to judge learns from is what the state was at the cut: an engine that stopped there holds the same.
    CHECK(att_matrix_nonzeros(&slice.before.matrix) < att_matrix_nonzeros(&slice.after.matrix));
    att_likings now;
    CHECK_OK_ERR(att_learning_gather(&l, &now, &err), &err);
    CHECK_EQ(att_matrix_nonzeros(&now.matrix), att_matrix_nonzeros(&slice.after.matrix));
    CHECK(memcmp(now.matrix.value, slice.after.matrix.value, att_matrix_nonzeros(&now.matrix) * sizeof(float)) == 0);
    CHECK(memcmp(now.at_ms, slice.after.at_ms, att_matrix_nonzeros(&now.matrix) * sizeof(int64_t)) == 0);
    CHECK_EQ(now.preferences, slice.after.preferences);
    att_likings_deinit(&now, &host);
    att_slice_deinit(&slice, &host);
    att_learning_end(&l);
    close_all(engine);
}

// --- Others meanwhile -----------------------------------------------------------------------------------------------

static att_engine *shared_engine;
static int busy;

static void *set_policies(void *unused)
{
    att_error story;
    for (int i = 0; __atomic_load_n(&busy, __ATOMIC_ACQUIRE); i++) {
        att_policy policy = att_engine_policy(shared_engine);
        policy.objective.novelty = i % 2 ? 0.1 : 0.2;
        policy.signals.half_life_days = i % 2 ? 180 : 1; // would change every liking, were it taken in between
        CHECK_OK_ERR(att_engine_policy_set(shared_engine, &policy, &story), &story);
    }
    return unused;
}

CHECK_TEST(a_policy_set_meanwhile_changes_neither_the_contexts_nor_the_model)
{
    CHECK_BEGIN();
    size_t sizes[2];
    char *contexts[2];
    for (int round = 0; round < 2; round++) {
        att_engine *engine = filled();
        // The catalogue gets tags in another order than that of the items: reading it anew numbers them anew.
        for (int i = SCENE_ITEMS - 1; i >= 0; i--)
            scene_put_item(engine, i, INT64_MAX);
        shared_engine = engine;
        busy = round;
        pthread_t thread;
        CHECK_EQ(pthread_create(&thread, NULL, set_policies, NULL), 0);
        const att_train_options options = {.kind = "als", .dim = 16, .seed = 3};
        CHECK_OK_ERR(att_engine_train(engine, &options, NULL, &err), &err);
        __atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
        pthread_join(thread, NULL);
        contexts[round] = check_read_file(file_of(1, "context"), &sizes[round]);
        close_all(engine);
    }
    CHECK_EQ(sizes[0], sizes[1]);
    CHECK(memcmp(contexts[0], contexts[1], sizes[0]) == 0);
    free(contexts[0]);
    free(contexts[1]);
}

CHECK_MAIN(CHECK_CASE(the_log_says_which_model_is_in_force_whatever_files_lie_there),
    CHECK_CASE(a_store_restored_beside_newer_models_serves_its_own),
    CHECK_CASE(a_model_of_another_store_or_of_another_training_is_not_served),
    CHECK_CASE(going_back_is_logged_and_lasts_and_the_other_process_follows),
    CHECK_CASE(what_cannot_be_put_in_force_leaves_the_one_that_is),
    CHECK_CASE(old_versions_go_but_never_the_one_in_force_nor_the_one_to_go_back_to),
    CHECK_CASE(an_index_that_cannot_be_used_is_built_again_from_its_model),
    CHECK_CASE(a_watch_trains_when_enough_is_new_and_not_before),
    CHECK_CASE(items_that_the_model_does_not_know_start_a_training_when_people_meet_them),
    CHECK_CASE(kind_and_parameters_are_chosen_anew_every_so_many_trainings),
    CHECK_CASE(a_model_that_may_be_worse_is_refused_logged_and_not_tried_again_on_the_same),
    CHECK_CASE(with_too_few_people_to_judge_by_nothing_is_swapped),
    CHECK_CASE(nothing_that_is_sought_was_known_at_the_cut_to_anybody),
    CHECK_CASE(a_policy_set_meanwhile_changes_neither_the_contexts_nor_the_model))
