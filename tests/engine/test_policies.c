// SPDX-License-Identifier: Apache-2.0
// Versions of the policy: staged, put in force, taken back; and who did it.
#include "scene.h"

#include "engine/internal.h"
#include "store/policy_record.h"

#include <sched.h>

static att_error err;

typedef struct versions {
    att_policy_version v[16];
    char by[16][80], reason[16][80];
    size_t count;
} versions;

static bool take(void *user, const att_policy_version *v)
{
    versions *out = user;
    out->v[out->count] = *v;
    snprintf(out->by[out->count], 80, "%.*s", ATT_TEXT_ARGS(v->by));
    snprintf(out->reason[out->count++], 80, "%.*s", ATT_TEXT_ARGS(v->reason));
    return out->count < 16;
}

static versions all(att_engine *engine)
{
    versions out = {0};
    CHECK_OK_ERR(att_engine_policies_each(engine, take, &out, &err), &err);
    return out;
}

static att_policy with_share(double share)
{
    att_policy policy = att_policy_default();
    policy.exploration.share = share;
    return policy;
}

static double share(att_engine *engine)
{
    return att_engine_policy(engine).exploration.share;
}

CHECK_TEST(a_staged_policy_waits_until_it_is_activated)
{
    CHECK_BEGIN();
    att_engine *engine = scene_open(check_path("stage"), NULL);
    const att_text mara = att_text_of("mara"), why = att_text_of("to see");
    CHECK_EQ(all(engine).count, 0);
    const double before = share(engine);
    att_policy policy = with_share(0.15);
    uint64_t version;
    CHECK_OK_ERR(att_engine_policy_stage(engine, &policy, mara, why, &version, &err), &err);
    CHECK_NEAR(share(engine), before, 0);
    versions v = all(engine);
    CHECK_EQ(v.count, 1);
    CHECK(v.v[0].staged && !v.v[0].active && v.v[0].version == version && v.v[0].act == ATT_POLICY_ACT_STAGED);
    CHECK(strcmp(v.by[0], "mara") == 0 && strcmp(v.reason[0], "to see") == 0);
    CHECK_OK_ERR(att_engine_policy_activate(engine, version, mara, why, &err), &err);
    CHECK_NEAR(share(engine), 0.15, 0);
    CHECK_EQ(att_engine_policy_activate(engine, version, mara, why, &err), ATT_EXISTS);
    CHECK_EQ(att_engine_policy_discard(engine, version, mara, why, &err), ATT_EXISTS);
    v = all(engine);
    CHECK(v.count == 1 && v.v[0].active && !v.v[0].staged);
    att_engine_close(engine);
    engine = scene_open(check_path("stage"), NULL); // it is in the store
    CHECK_NEAR(share(engine), 0.15, 0);
    CHECK(all(engine).v[0].active);
    att_engine_close(engine);
}

CHECK_TEST(going_back_twice_does_not_lead_forth_again)
{
    CHECK_BEGIN();
    att_engine *engine = scene_open(check_path("back"), NULL);
    const att_text mara = att_text_of("mara");
    const double shares[] = {0.06, 0.07, 0.08};
    uint64_t version[3], got;
    for (int i = 0; i < 3; i++) {
        const att_policy policy = with_share(shares[i]);
        CHECK_OK_ERR(att_engine_policy_put(engine, &policy, mara, att_text_of("next"), &version[i], &err), &err);
    }
    CHECK_OK_ERR(att_engine_policy_rollback(engine, mara, (att_text){0}, &got, &err), &err);
    CHECK_EQ(got, version[1]);
    CHECK_NEAR(share(engine), 0.07, 0);
    CHECK_OK_ERR(att_engine_policy_rollback(engine, mara, (att_text){0}, &got, &err), &err);
    CHECK_EQ(got, version[0]);
    CHECK_NEAR(share(engine), 0.06, 0);
    CHECK_EQ(att_engine_policy_rollback(engine, mara, (att_text){0}, &got, &err), ATT_NOT_FOUND);
    CHECK_OK_ERR(att_engine_policy_activate(engine, version[2], mara, (att_text){0}, &err), &err);
    CHECK_NEAR(share(engine), 0.08, 0);
    CHECK_EQ(all(engine).count, 3); // putting one in force again makes no new one
    att_policy old;
    CHECK_OK_ERR(att_engine_policy_of(engine, version[0], &old, &err), &err);
    CHECK_NEAR(old.exploration.share, 0.06, 0);
    att_engine_close(engine);
}

CHECK_TEST(a_store_from_before_versions_were_listed_is_read)
{
    CHECK_BEGIN();
    att_engine *engine = scene_open(check_path("old"), NULL);
    for (int i = 0; i < 3; i++) {
        const att_policy policy = with_share(0.06 + 0.01 * i);
        CHECK_OK_ERR(att_engine_policy_set(engine, &policy, &err), &err);
    }
    const versions before = all(engine);
    CHECK_EQ(before.count, 3);
    CHECK(before.v[0].active && before.v[0].act == ATT_POLICY_ACT_UNKNOWN);
    // Without the list the log is read.
    uint64_t last;
    pthread_mutex_lock(&engine->store_lock);
    CHECK_OK_ERR(att_store_begin(engine->store, &last, &err), &err);
    CHECK_OK_ERR(att_store_meta_put(engine->store, "policy_log", "", 0, &err), &err);
    CHECK_OK_ERR(att_store_commit(engine->store, &err), &err);
    pthread_mutex_unlock(&engine->store_lock);
    const versions after = all(engine);
    CHECK_EQ(after.count, 3);
    for (int i = 0; i < 3; i++)
        CHECK(after.v[i].version == before.v[i].version && after.v[i].active == before.v[i].active);
    att_engine_close(engine);
}

CHECK_TEST(what_makes_no_sense_is_refused)
{
    CHECK_BEGIN();
    att_engine *engine = scene_open(check_path("sense"), NULL);
    const att_text mara = att_text_of("mara");
    att_policy policy = with_share(0.9), fine = with_share(0.1);
    uint64_t version;
    CHECK_EQ(att_engine_policy_stage(engine, &policy, mara, (att_text){0}, &version, &err), ATT_INVALID);
    CHECK_EQ(att_engine_policy_stage(engine, &fine, (att_text){0}, (att_text){0}, &version, &err), ATT_INVALID);
    CHECK_EQ(att_engine_policy_activate(engine, 12345, mara, (att_text){0}, &err), ATT_NOT_FOUND);
    CHECK_EQ(att_engine_policy_discard(engine, 1, mara, (att_text){0}, &err), ATT_NOT_FOUND);
    CHECK_EQ(att_engine_policy_of(engine, 1, &policy, &err), ATT_NOT_FOUND);
    CHECK_OK_ERR(att_engine_policy_stage(engine, &fine, mara, (att_text){0}, &version, &err), &err);
    CHECK_OK_ERR(att_engine_policy_discard(engine, version, mara, att_text_of("no"), &err), &err);
    CHECK(all(engine).v[0].discarded && !all(engine).v[0].staged);
    att_engine_close(engine);
}

CHECK_TEST(a_staged_policy_whose_filter_has_gone_is_not_put_in_force)
{
    CHECK_BEGIN();
    att_engine *engine = scene_open(check_path("filter"), NULL);
    const att_text mara = att_text_of("mara");
    att_policy policy = with_share(0.12);
    policy.moderation.filter_items = true;
    char list[600];
    snprintf(list, sizeof list, "%s-filter.txt", check_path("filter"));
    const char phrases[] = "[rude hold]\nbad words\n";
    uint64_t version;
    CHECK_EQ(att_engine_policy_stage(engine, &policy, mara, (att_text){0}, &version, &err), ATT_NOT_FOUND);
    check_write_file(list, phrases, sizeof phrases - 1);
    CHECK_OK_ERR(att_engine_policy_stage(engine, &policy, mara, (att_text){0}, &version, &err), &err);
    CHECK_EQ(remove(list), 0);
    CHECK_EQ(att_engine_policy_activate(engine, version, mara, (att_text){0}, &err), ATT_NOT_FOUND);
    CHECK(!att_engine_policy(engine).moderation.filter_items);
    check_write_file(list, phrases, sizeof phrases - 1);
    CHECK_OK_ERR(att_engine_policy_activate(engine, version, mara, (att_text){0}, &err), &err);
    CHECK(att_engine_policy(engine).moderation.filter_items);
    att_engine_close(engine);
}

CHECK_TEST(a_record_comes_back_and_whatever_is_cut_is_refused)
{
    CHECK_BEGIN();
    const att_policy_record record = {.act = ATT_POLICY_ACT_STAGED, .by = att_text_of("mara"), .reason = att_text_of("why"), .yaml = att_text_of("a: 1\n")};
    unsigned char bytes[64];
    const size_t size = att_policy_record_size(&record);
    att_policy_record again;
    CHECK_EQ(size, 8 + 4 + 3 + 5);
    att_policy_record_encode(&record, bytes);
    CHECK_OK_ERR(att_policy_record_decode(bytes, size, &again, &err), &err);
    CHECK(again.act == record.act && att_text_equal(again.by, record.by) && att_text_equal(again.reason, record.reason));
    CHECK(att_text_equal(again.yaml, record.yaml));
    for (size_t cut = 0; cut <= 8 + 4 + 3; cut++) // a staged one without its policy is none
        CHECK_EQ(att_policy_record_decode(bytes, cut, &again, &err), ATT_CORRUPT);
    bytes[0] = 2;
    CHECK(att_policy_record_decode(bytes, size, &again, &err) != ATT_OK && strstr(err.text, "newer attune") != NULL);
}

static att_status fails(att_engine *engine, att_write *write, att_error *error)
{
    (void)engine;
    (void)write;
    return ATT_FAIL(error, ATT_IO, "a disk that is full");
}

typedef struct joining {
    att_engine *engine;
    bool puts; // else fails
    uint64_t version;
    att_status status;
    att_error err;
} joining;

static void *join_group(void *argument)
{
    joining *j = argument;
    const att_policy policy = with_share(0.11);
    att_write bad = {.run = fails};
    j->status = j->puts ? att_engine_policy_put(j->engine, &policy, att_text_of("mara"), (att_text){0}, &j->version, &j->err)
                        : att_engine_commit(j->engine, &bad, &j->err);
    return NULL;
}

static void wait_for(att_engine *engine, size_t count)
{
    for (;;) {
        size_t waiting = 0;
        pthread_mutex_lock(&engine->queue_lock);
        for (const att_write *w = engine->queue_first; w; w = w->next)
            waiting++;
        pthread_mutex_unlock(&engine->queue_lock);
        if (waiting == count)
            return;
        sched_yield();
    }
}

// The policy is put, then its group fails on another write, and it is put once more by itself.
CHECK_TEST(a_policy_whose_group_failed_is_a_version_all_the_same)
{
    CHECK_BEGIN();
    att_engine *engine = scene_open(check_path("group"), NULL);
    joining good = {.engine = engine, .puts = true}, bad = {.engine = engine};
    pthread_t threads[2];
    pthread_mutex_lock(&engine->queue_lock);
    engine->queue_led = true; // both shall come into one group
    pthread_mutex_unlock(&engine->queue_lock);
    CHECK_EQ(pthread_create(&threads[0], NULL, join_group, &good), 0);
    wait_for(engine, 1);
    CHECK_EQ(pthread_create(&threads[1], NULL, join_group, &bad), 0);
    wait_for(engine, 2);
    pthread_mutex_lock(&engine->queue_lock);
    engine->queue_led = false;
    pthread_cond_broadcast(&engine->queue_moved);
    pthread_mutex_unlock(&engine->queue_lock);
    for (int t = 0; t < 2; t++)
        CHECK_EQ(pthread_join(threads[t], NULL), 0);
    CHECK_OK_ERR(good.status, &good.err);
    CHECK_EQ(bad.status, ATT_IO);
    CHECK_NEAR(share(engine), 0.11, 0);
    const versions v = all(engine);
    CHECK_EQ(v.count, 1);
    CHECK(v.v[0].active && v.v[0].version == good.version && v.v[0].act == ATT_POLICY_ACT_SET);
    att_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {CHECK_CASE(a_staged_policy_waits_until_it_is_activated),
        CHECK_CASE(going_back_twice_does_not_lead_forth_again), CHECK_CASE(a_store_from_before_versions_were_listed_is_read),
        CHECK_CASE(what_makes_no_sense_is_refused), CHECK_CASE(a_policy_whose_group_failed_is_a_version_all_the_same),
        CHECK_CASE(a_staged_policy_whose_filter_has_gone_is_not_put_in_force),
        CHECK_CASE(a_record_comes_back_and_whatever_is_cut_is_refused)};
    return cmocka_run_group_tests_name(__FILE__, tests, NULL, NULL);
}
