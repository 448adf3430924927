// SPDX-License-Identifier: Apache-2.0
// From the engine's own log: what another policy would have earned, held against what it earns when it runs.
#include "attune/attune.h"
#include "check.h"

#include "base/rng.h"

#include <math.h>

enum { BATCH = 8, SLOTS = 2, ROUNDS = 3840 / BATCH };

typedef struct stage {
    att_world *world;
    att_engine *engine;
    att_slate_memory *memories[BATCH];
    att_rng rng;
    uint64_t events;
    int64_t at_ms;
    double rewards, slots; // of what was shown
} stage;


typedef struct kept { // a history in one piece, so that it takes one commit
    att_event events[4096];
    char ids[4096][40];
    size_t count;
} kept;

static att_status keep(void *user, const att_event *event, att_error *err)
{
    kept *k = user;
    (void)err;
    if (k->count == 4096)
        return ATT_OK;
    k->events[k->count] = *event;
    snprintf(k->ids[k->count], sizeof k->ids[0], "%.*s", (int)event->id.size, event->id.data);
    k->events[k->count].id = att_text_of(k->ids[k->count]);
    k->count++;
    return ATT_OK;
}

static att_policy base_policy(void)
{
    att_policy policy = att_policy_default();
    policy.objective.candidates = 50;
    policy.objective.out_of_distribution = 0;
    policy.objective.repeat_gap_ms = 0;
    policy.exploration.share = 0.15;
    policy.exploration.pool_log_share = 1;
    return policy;
}

static void make_world(stage *s)
{
    att_world_options options = att_world_options_default();
    options.people = 120;
    options.items = 60;
    options.days = 10;
    options.events = 3500;
    CHECK_OK(att_world_create(&s->world, &options, NULL, NULL));
    s->at_ms = options.start_ms + 11 * INT64_C(86400000);
}

static void open_stage(stage *s, const char *name, const att_policy *policy)
{
    static kept history;
    att_open_options options = att_open_options_default();
    options.create = true;
    options.seed = 7;
    s->rng = att_rng_seed(19);
    CHECK_OK(att_engine_open(&s->engine, check_path(name), &options, NULL, NULL));
    CHECK_OK(att_engine_policy_set(s->engine, policy, NULL));
    for (size_t i = 0; i < att_world_item_count(s->world); i++)
        CHECK_OK(att_engine_items_put(s->engine, att_world_item(s->world, i), 1, NULL));
    history.count = 0;
    CHECK_OK(att_world_history(s->world, keep, &history, NULL));
    att_ingest_result result;
    CHECK_OK(att_engine_events(s->engine, history.events, history.count, &result, NULL));
    const att_train_options train = {.kind = "als", .dim = 8, .seed = 3};
    CHECK_OK(att_engine_train(s->engine, &train, NULL, NULL));
    for (int i = 0; i < BATCH; i++)
        CHECK_OK(att_slate_memory_create(&s->memories[i], NULL, NULL));
}

static void close_stage(stage *s)
{
    for (int i = 0; i < BATCH; i++)
        att_slate_memory_destroy(s->memories[i]);
    att_engine_close(s->engine);
    s->engine = NULL;
}

// A like with the odds of the simulated person's own satisfaction.
static void answer(stage *s, const att_slate *slate, size_t person, att_event *events, char (*ids)[40], size_t *count)
{
    const att_context context = att_context_unknown();
    for (size_t k = 0; k < slate->count; k++) {
        const size_t item = att_world_item_find(s->world, slate->shown[k].item);
        const bool likes = att_rng_unit(&s->rng) < att_world_utility(s->world, person, item, &context, s->at_ms);
        s->rewards += likes;
        s->slots++;
        if (!likes)
            continue;
        att_event *e = &events[*count];
        snprintf(ids[*count], 40, "e%llu", (unsigned long long)s->events++);
        *e = att_event_empty();
        e->id = att_text_of(ids[*count]);
        e->user = att_world_person_at(s->world, person).id;
        e->item = slate->shown[k].item;
        e->signal = ATT_SIGNAL_LIKE;
        e->at_ms = s->at_ms + 1000;
        e->decision = slate->decision;
        (*count)++;
    }
}

static void one_batch(stage *s)
{
    att_request requests[BATCH];
    att_slate slates[BATCH];
    att_event events[BATCH * SLOTS];
    char ids[BATCH * SLOTS][40];
    size_t people[BATCH], count = 0;
    att_error err = {0};
    for (int i = 0; i < BATCH; i++) {
        people[i] = (size_t)att_rng_below(&s->rng, 100);
        requests[i] = att_request_default();
        requests[i].user = att_world_person_at(s->world, people[i]).id;
        requests[i].age = 30;
        requests[i].count = SLOTS;
        requests[i].at_ms = s->at_ms;
    }
    CHECK_OK_ERR(att_engine_decide_many(s->engine, requests, BATCH, s->memories, slates, &err), &err);
    for (int i = 0; i < BATCH; i++)
        answer(s, &slates[i], people[i], events, ids, &count);
    if (count)
        CHECK_OK_ERR(att_engine_events(s->engine, events, count, NULL, &err), &err);
    s->at_ms += 60000;
}

static const att_ope_value *value_at(const att_ope_report *report, const char *name)
{
    for (size_t i = 0; i < report->parts[0].value_count; i++)
        if (strcmp(report->parts[0].values[i].pick.estimator->name, name) == 0)
            return &report->parts[0].values[i];
    CHECK(!"the estimator is in the report");
    return NULL;
}

static att_ope_report *ask(stage *s, const att_policy *target, att_ope_store_counts *counts)
{
    att_ope_store_options options = att_ope_store_options_default();
    att_ope_options how = att_ope_options_default();
    att_ope_log *log;
    att_ope_report *report;
    att_error err = {0};
    options.target = target;
    how.model = att_ope_model_find(att_text_of("ridge"));
    CHECK_OK_ERR(att_engine_ope_log(s->engine, &options, &log, counts, &err), &err);
    CHECK_OK_ERR(att_ope_evaluate(log, &how, NULL, &report, &err), &err);
    att_ope_log_destroy(log);
    return report;
}

CHECK_TEST(an_estimate_from_the_log_agrees_with_running_the_policy)
{
    CHECK_BEGIN();
    stage s = {0}, other = {0};
    const att_policy logged = base_policy();
    att_policy target = logged;
    target.objective.relevance = 0.2; // what few people know counts more than taste
    target.objective.novelty = 1;
    make_world(&s);
    other.world = s.world;
    other.at_ms = s.at_ms;
    open_stage(&s, "logged.attune", &logged);
    for (int i = 0; i < ROUNDS; i++)
        one_batch(&s);
    att_ope_store_counts counts;
    att_ope_report *same = ask(&s, &logged, &counts), *report = ask(&s, &target, NULL);
    CHECK_EQ(counts.decisions, ROUNDS * BATCH);
    CHECK_EQ(counts.with_pool, counts.decisions);
    CHECK_EQ(counts.slots, counts.decisions * SLOTS);
    CHECK(counts.closed_slots < counts.slots && counts.rewarded > 500);
    CHECK_NOTE("closed %llu of %llu", (unsigned long long)counts.closed_slots, (unsigned long long)counts.slots);
    // The policy that logged has weights of one, so its estimate is what was earned.
    CHECK_NEAR(same->parts[0].support.weight_largest, 1, 1e-6);
    CHECK_NEAR(value_at(same, "ips")->value, same->parts[0].logged.mean, 1e-9);
    CHECK_NEAR(report->parts[0].logged.mean, same->parts[0].logged.mean, 1e-12);

    open_stage(&other, "target.attune", &target);
    for (int i = 0; i < ROUNDS; i++)
        one_batch(&other);
    const double ran = other.rewards / other.slots, logged_ran = s.rewards / s.slots;
    const double error = sqrt(ran * (1 - ran) / other.slots);
    const att_ope_value *dr = value_at(report, "dr"), *snips = value_at(report, "snips");
    CHECK_NOTE("logged %.4f, ran %.4f; dr %.4f [%.4f %.4f], snips %.4f [%.4f %.4f], ESS %.1f", logged_ran, ran, dr->value,
        dr->interval.low, dr->interval.high, snips->value, snips->interval.low, snips->interval.high,
        report->parts[0].support.effective);
    CHECK(ran + 4 * error < logged_ran); // the change is bad, and big
    CHECK(dr->interval.low <= ran + 2 * error && ran - 2 * error <= dr->interval.high);
    CHECK(snips->interval.low <= ran + 2 * error && ran - 2 * error <= snips->interval.high);
    CHECK(dr->interval.high < logged_ran); // and the log alone says so
    CHECK(dr->anytime.low <= ran && ran <= dr->anytime.high);
    att_ope_report_destroy(same);
    att_ope_report_destroy(report);

    // Tuning the bad policy on its own log: it is the novelty that hurts. How sure that is, the held-out half says.
    att_tune_report tuned;
    att_error err = {0};
    for (int i = 0; i < 2 * ROUNDS; i++)
        one_batch(&other);
    CHECK_OK_ERR(att_engine_tune(other.engine, NULL, &tuned, &err), &err);
    CHECK_NOTE("tune: verdict %d, novelty %.2f to %.2f, difference %.4f [%.4f %.4f], ESS %.1f, %u tried, %u refused", tuned.verdict,
        tuned.policy.objective.novelty, tuned.dials[1].proposed, tuned.difference.mean, tuned.difference.low, tuned.difference.high,
        tuned.support.effective, tuned.tried, tuned.refused);
    CHECK_STR(tuned.dials[1].key, "novelty");
    CHECK(tuned.dials[1].proposed < tuned.dials[1].now && tuned.promise > 0);
    CHECK(tuned.verdict == ATT_TUNE_BETTER || tuned.verdict == ATT_TUNE_UNSURE);
    CHECK_EQ(tuned.verdict == ATT_TUNE_BETTER, tuned.difference.low > 0);
    CHECK(tuned.support.effective >= 30 && tuned.difference.low < tuned.difference.high);
    CHECK(tuned.dials[0].silent && tuned.dials[0].proposed == tuned.dials[0].now); // nobody said where they were
    CHECK(!tuned.dials[4].silent);                                                 // likeness matters, if little
    CHECK(tuned.decisions[0] + tuned.decisions[1] == 3 * ROUNDS * BATCH && tuned.decisions[0] > ROUNDS * BATCH);
    CHECK(tuned.policy.objective.relevance == target.objective.relevance && tuned.policy.objective.control == target.objective.control);
    close_stage(&s);
    close_stage(&other);
    att_world_destroy(s.world);
}

CHECK_TEST(what_the_log_cannot_follow_is_refused)
{
    CHECK_BEGIN();
    stage s = {0};
    att_policy policy = base_policy();
    policy.exploration.pool_log_share = 0;
    make_world(&s);
    open_stage(&s, "silent.attune", &policy);
    one_batch(&s);
    att_ope_store_options options = att_ope_store_options_default();
    att_ope_log *log;
    att_error err = {0};
    options.target = &policy;
    CHECK_FAILS(att_engine_ope_log(s.engine, &options, &log, NULL, &err), ATT_INSUFFICIENT);
    CHECK_HOLDS(err.text, "none of 8 decisions kept what it was chosen from; set exploration.pool_log_share");
    att_policy far = policy;
    far.objective.candidates = 60;
    options.target = &far;
    CHECK_FAILS(att_engine_ope_log(s.engine, &options, &log, NULL, &err), ATT_INSUFFICIENT);
    CHECK_HOLDS(err.text, "the target has another objective.candidates");
    options.window_ms = 0;
    CHECK_FAILS(att_engine_ope_log(s.engine, &options, &log, NULL, &err), ATT_INVALID);
    policy.exploration.pool_log_share = 1;
    policy.exploration.share = 0;
    CHECK_OK(att_engine_policy_set(s.engine, &policy, NULL));
    one_batch(&s);
    options = att_ope_store_options_default();
    options.target = &policy;
    CHECK_FAILS(att_engine_ope_log(s.engine, &options, &log, NULL, &err), ATT_INSUFFICIENT);
    CHECK_HOLDS(err.text, "none of 16 slots was open to exploration");
    close_stage(&s);
    att_world_destroy(s.world);
}

CHECK_MAIN(CHECK_CASE(an_estimate_from_the_log_agrees_with_running_the_policy), CHECK_CASE(what_the_log_cannot_follow_is_refused))
