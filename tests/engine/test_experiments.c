// SPDX-License-Identifier: Apache-2.0
// Experiments in the loop: an arm's policy decides for its people, the record says so, and it survives a restart.
#include "scene.h"

#include "decide/experiments.h"
#include "engine/internal.h"

static void create(att_engine *engine, const char *yaml)
{
    att_experiment *experiment = NULL;
    att_error err;
    CHECK_OK_ERR(att_experiment_parse(&experiment, att_text_of(yaml), "def.yaml", NULL, &err), &err);
    CHECK_OK_ERR(att_engine_experiment_create(engine, experiment, &err), &err);
    att_experiment_destroy(experiment);
}

static att_status create_again(att_engine *engine, const char *yaml, att_error *err)
{
    att_experiment *experiment = NULL;
    CHECK_OK_ERR(att_experiment_parse(&experiment, att_text_of(yaml), "def.yaml", NULL, err), err);
    const att_status status = att_engine_experiment_create(engine, experiment, err);
    att_experiment_destroy(experiment);
    return status;
}

static const char novelty[] = "key: novelty\nvariations:\n  - key: control\n  - key: none\n"
                              "    policy: {objective: {novelty: 0, business: 0}, exploration: {share: 0}}\n";

typedef struct arms_seen {
    uint64_t decision;
    uint32_t arms[8];
    int count;
} arms_seen;

static bool see_arms(void *user, const att_record *record)
{
    arms_seen *seen = user;
    att_decided_slot slots[ATT_SLATE_MAX];
    att_decision_record decision;
    if (record->kind != ATT_RECORD_DECISION || record->seq != seen->decision)
        return true;
    CHECK_OK(att_decision_decode(record->payload, record->payload_size, &decision, slots, ATT_SLATE_MAX, NULL));
    seen->count = decision.arm_count;
    memcpy(seen->arms, decision.arms, sizeof seen->arms);
    return false;
}

static arms_seen arms_of(att_engine *engine, uint64_t decision)
{
    arms_seen seen = {.decision = decision};
    CHECK_OK(att_store_log_each(engine->store, decision, see_arms, &seen, NULL));
    return seen;
}

static double novelty_of(const att_slate *slate)
{
    double sum = 0;
    for (size_t i = 0; i < slate->count; i++)
        sum += slate->shown[i].terms[ATT_TERM_NOVELTY];
    return sum;
}

CHECK_TEST(an_arms_policy_decides_for_its_people_and_the_record_says_so)
{
    CHECK_BEGIN();
    att_engine *engine = scene_open(check_path("arms.attune"), NULL);
    att_slate_memory *memory;
    att_slate slate;
    att_error err;
    scene_fill(engine);
    scene_train(engine);
    CHECK_OK(att_slate_memory_create(&memory, NULL, &err));
    create(engine, novelty);
    att_request request = scene_request(0, 5);
    CHECK_OK_ERR(att_engine_decide(engine, &request, memory, &slate, &err), &err);
    CHECK_EQ(arms_of(engine, slate.decision).count, 0); // a draft holds nobody
    CHECK_OK_ERR(att_engine_experiment_start(engine, ATT_LIT("novelty"), &err), &err);
    int in[3] = {0};
    for (int u = 0; u < SCENE_PEOPLE; u++) {
        request = scene_request(u, 5);
        att_assignment a;
        CHECK_OK_ERR(att_engine_assign(engine, request.user, &a, &err), &err);
        CHECK_OK_ERR(att_engine_decide(engine, &request, memory, &slate, &err), &err);
        const arms_seen seen = arms_of(engine, slate.decision);
        CHECK_EQ(seen.count, 1);
        CHECK_EQ(seen.arms[0], att_arm_code(a.arms[0]));
        if (a.held_out) {
            CHECK_EQ(seen.arms[0], 0);
            in[2]++;
            continue;
        }
        CHECK_EQ(seen.arms[0], 1u << 8 | a.arms[0].variation);
        in[a.arms[0].variation]++;
        CHECK((novelty_of(&slate) == 0) == (a.arms[0].variation == 1));
        if (a.arms[0].variation == 1)
            CHECK_EQ(slate.explored, 0);
    }
    CHECK(in[0] > 15 && in[1] > 15 && in[2] < 8);
    CHECK_OK_ERR(att_engine_experiment_stop(engine, ATT_LIT("novelty"), &err), &err);
    request = scene_request(1, 5);
    CHECK_OK_ERR(att_engine_decide(engine, &request, memory, &slate, &err), &err);
    const arms_seen after = arms_of(engine, slate.decision);
    CHECK(after.count == 0 || after.arms[0] == 0);
    att_slate_memory_destroy(memory);
    att_engine_close(engine);
}

CHECK_TEST(a_running_experiment_does_not_change)
{
    CHECK_BEGIN();
    att_engine *engine = scene_open(check_path("immutable.attune"), NULL);
    att_error err;
    create(engine, "key: x\nvariations: [{key: a, weight: 0.9}, {key: b, weight: 0.1}]\n");
    create(engine, "key: x\nvariations: [{key: a, weight: 0.5}, {key: b, weight: 0.5}]\n"); // a draft may
    CHECK_OK_ERR(att_engine_experiment_start(engine, ATT_LIT("x"), &err), &err);
    CHECK_FAILS(create_again(engine, "key: x\nvariations: [{key: a, weight: 0.4}, {key: b, weight: 0.6}]\n", &err), ATT_EXISTS);
    CHECK_STR(err.text, "experiment \"x\" is running and cannot change: the weight of \"a\" is 0.5, 0.4 was given; stop it and "
                        "start a new one under another key and seed");
    CHECK_FAILS(att_engine_experiment_start(engine, ATT_LIT("x"), &err), ATT_EXISTS);
    CHECK_OK_ERR(att_engine_experiment_stop(engine, ATT_LIT("x"), &err), &err);
    CHECK_FAILS(att_engine_experiment_start(engine, ATT_LIT("x"), &err), ATT_EXISTS);
    CHECK_HOLDS(err.text, "what ran once does not run again");
    CHECK_FAILS(att_engine_experiment_stop(engine, ATT_LIT("y"), &err), ATT_NOT_FOUND);
    att_engine_close(engine);
}

static bool keep_status(void *user, const att_experiment *experiment)
{
    *(att_experiment_status *)user = experiment->status;
    return true;
}

CHECK_TEST(experiments_and_the_holdouts_policy_survive_a_restart)
{
    CHECK_BEGIN();
    char path[512];
    snprintf(path, sizeof path, "%s", check_path("again.attune"));
    att_engine *engine = scene_open(path, NULL), *second = NULL;
    att_error err;
    att_policy policy = att_policy_default(), held;
    int64_t since_ms = -1;
    CHECK_OK_ERR(att_engine_holdout_policy(engine, &held, &since_ms, &err), &err);
    CHECK_EQ(since_ms, 0); // nothing was held back yet
    create(engine, novelty);
    CHECK_OK_ERR(att_engine_experiment_start(engine, ATT_LIT("novelty"), &err), &err);
    CHECK_OK_ERR(att_engine_open(&second, path, NULL, NULL, &err), &err); // sees what the first one does from here on
    create(engine, "key: later\nvariations: [{key: a}, {key: b}]\n");
    policy.objective.relevance = 2; // tuned for all but the holdout
    CHECK_OK_ERR(att_engine_policy_set(engine, &policy, &err), &err);
    att_experiment_status status;
    CHECK_OK_ERR(att_engine_experiment_see(second, ATT_LIT("later"), keep_status, &status, &err), &err);
    CHECK_EQ(status, ATT_EXPERIMENT_DRAFT);
    att_engine_close(second);
    att_engine_close(engine);
    engine = scene_open(path, NULL);
    CHECK_OK_ERR(att_engine_experiment_see(engine, ATT_LIT("novelty"), keep_status, &status, &err), &err);
    CHECK_EQ(status, ATT_EXPERIMENT_RUNNING);
    CHECK_OK_ERR(att_engine_holdout_policy(engine, &held, &since_ms, &err), &err);
    CHECK(since_ms > 0);
    CHECK_NEAR(held.objective.relevance, 1, 0);
    CHECK_OK_ERR(att_engine_holdout_restart(engine, &err), &err);
    CHECK_OK_ERR(att_engine_holdout_policy(engine, &held, &since_ms, &err), &err);
    CHECK_NEAR(held.objective.relevance, 2, 0);
    att_engine_close(engine);
}

CHECK_TEST(who_opted_out_is_in_nothing)
{
    CHECK_BEGIN();
    att_engine *engine = scene_open(check_path("out.attune"), NULL);
    att_error err;
    scene_put_item(engine, 0, INT64_MAX);
    create(engine, novelty);
    CHECK_OK_ERR(att_engine_experiment_start(engine, ATT_LIT("novelty"), &err), &err);
    const att_control out = {.kind = ATT_CONTROL_OPT_OUT, .value = 1};
    CHECK_OK_ERR(att_engine_control(engine, scene_user_id(3), &out, &err), &err);
    att_assignment a;
    CHECK_OK_ERR(att_engine_assign(engine, scene_user_id(3), &a, &err), &err);
    CHECK_EQ(a.count, 0);
    CHECK_OK_ERR(att_engine_assign(engine, scene_user_id(4), &a, &err), &err);
    CHECK_EQ(a.count, 1);
    att_engine_close(engine);
}

CHECK_MAIN(CHECK_CASE(an_arms_policy_decides_for_its_people_and_the_record_says_so),
    CHECK_CASE(a_running_experiment_does_not_change),
    CHECK_CASE(experiments_and_the_holdouts_policy_survive_a_restart),
    CHECK_CASE(who_opted_out_is_in_nothing))
