// SPDX-License-Identifier: Apache-2.0
// engine/experiment.c - experiments of a store: created, started, stopped, and who is in what.
//
// Each change appends one record that holds the experiment whole, and puts the same bytes under "experiment-N" in the
// store's table, so that opening need not read the whole log. The holdout's baseline lies under "experiment-holdout".
#include "engine/internal.h"
#include "signals/event.h"

#include <stdio.h>

// --- Reading ----------------------------------------------------------------------------------------------------

static att_status fold_holdout(att_engine *engine, att_text yaml, int64_t since_ms, uint64_t seq, att_error *err)
{
    att_policy baseline = att_policy_default();
    const att_status status = att_policy_parse(&baseline, yaml, "the holdout's policy", &engine->host, err);
    if (!status)
        att_experiments_holdout(&engine->experiments, &baseline, since_ms, seq);
    return status;
}

att_status att_engine_fold_experiment(att_engine *engine, const att_record *record, att_error *err)
{
    att_status status;
    if (record->signal == ATT_CHANGE_HOLDOUT) {
        status = fold_holdout(
            engine, (att_text){record->payload, record->payload_size}, record->at_ms, record->seq, err);
    } else {
        att_experiment *experiment = NULL;
        status = att_experiment_record_decode(record->payload, record->payload_size, &engine->host, &experiment, err);
        if (!status)
            status = att_experiments_put(&engine->experiments, experiment, err);
    }
    return att_while(err, status, "record %llu", (unsigned long long)record->seq);
}

// What the table keeps of the holdout: 8 bytes since when, 8 the record's seq, the policy.
typedef struct holdout_head {
    int64_t since_ms;
    uint64_t seq;
} holdout_head;

static att_status read_holdout(att_engine *engine, att_bytes *bytes, att_error *err)
{
    holdout_head head;
    const att_status status = att_store_meta_get(engine->store, "experiment-holdout", bytes, err);
    if (status)
        return status == ATT_NOT_FOUND ? ATT_OK : status;
    if (bytes->count < sizeof head)
        return ATT_FAIL(err, ATT_CORRUPT, "the holdout's entry has %zu bytes", bytes->count);
    memcpy(&head, bytes->items, sizeof head);
    return fold_holdout(engine, (att_text){bytes->items + sizeof head, bytes->count - sizeof head}, head.since_ms,
        head.seq, err);
}

att_status att_engine_read_experiments(att_engine *engine, att_error *err)
{
    att_experiments_init(&engine->experiments, att_store_seed(engine->store), &engine->host);
    att_bytes bytes = {0};
    att_status status = read_holdout(engine, &bytes, err);
    for (uint32_t number = 1; !status && number <= ATT_EXPERIMENTS_MAX; number++) {
        char key[32];
        snprintf(key, sizeof key, "experiment-%u", number);
        status = att_store_meta_get(engine->store, key, &bytes, err);
        att_experiment *experiment = NULL;
        if (!status)
            status = att_experiment_record_decode(
                (const unsigned char *)bytes.items, bytes.count, &engine->host, &experiment, err);
        else if (status == ATT_NOT_FOUND)
            break;
        if (!status)
            status = att_experiments_put(&engine->experiments, experiment, err);
        if (status)
            status = att_while(err, status, "experiment %u", number);
    }
    ATT_VEC_FREE(&engine->host, &bytes);
    return status == ATT_NOT_FOUND ? ATT_OK : status;
}

// --- Writing ----------------------------------------------------------------------------------------------------

static att_status append_experiment(
    att_engine *engine, const att_experiment *experiment, att_experiment_change change, att_error *err)
{
    const size_t size = att_experiment_record_size(experiment);
    unsigned char *bytes = att_alloc(&engine->host, size, 1);
    if (!bytes)
        return att_no_memory(err, size, "bytes of an experiment");
    att_experiment_record_encode(experiment, bytes);
    att_record record = att_record_blank(engine, ATT_RECORD_EXPERIMENT);
    record.signal = (uint8_t)change;
    record.decision = experiment->number;
    record.payload = bytes;
    record.payload_size = size;
    char key[32];
    snprintf(key, sizeof key, "experiment-%u", experiment->number);
    att_status status = att_store_meta_put(engine->store, key, bytes, size, err);
    if (!status)
        status = att_engine_append(engine, &record, 1, err);
    att_free(&engine->host, bytes, size, 1);
    return status;
}

// The policy in force becomes what the holdout gets.
static att_status append_holdout(att_engine *engine, att_error *err)
{
    const size_t length = att_policy_write(&engine->policy, NULL, 0), size = sizeof(holdout_head) + length;
    char *bytes = att_alloc(&engine->host, size + 1, 1);
    if (!bytes)
        return att_no_memory(err, size, "bytes of policy");
    att_policy_write(&engine->policy, bytes + sizeof(holdout_head), length + 1);
    att_record record = att_record_blank(engine, ATT_RECORD_EXPERIMENT);
    record.signal = ATT_CHANGE_HOLDOUT;
    record.payload = bytes + sizeof(holdout_head);
    record.payload_size = length;
    att_status status = att_engine_append(engine, &record, 1, err);
    const holdout_head head = {record.at_ms, record.seq};
    memcpy(bytes, &head, sizeof head);
    if (!status)
        status = att_store_meta_put(engine->store, "experiment-holdout", bytes, size, err);
    att_free(&engine->host, bytes, size + 1, 1);
    return status;
}

typedef struct experiment_write {
    att_write write;
    const att_experiment *experiment; // to create
    att_text key;
} experiment_write;

static att_status run_create(att_engine *engine, att_write *write, att_error *err)
{
    const experiment_write *job = (const experiment_write *)write;
    const att_experiment *old = att_experiments_find(&engine->experiments, job->experiment->key);
    char what[400];
    if (old && old->status != ATT_EXPERIMENT_DRAFT) {
        const bool differs = att_experiment_differs(old, job->experiment, what, sizeof what);
        write->refused = ATT_FAIL(&write->error, ATT_EXISTS,
            "experiment \"%.*s\" %s: %s%s", ATT_TEXT_ARGS(old->key),
            old->status == ATT_EXPERIMENT_RUNNING ? "is running and cannot change" : "ran before",
            differs ? what : "the same definition was given",
            differs && old->status == ATT_EXPERIMENT_RUNNING ? "; stop it and start a new one under another key and seed"
                                                             : "; take another key and seed");
        return ATT_OK;
    }
    if (!old && engine->experiments.all.count >= ATT_EXPERIMENTS_MAX) {
        write->refused = ATT_FAIL(&write->error, ATT_LIMIT, "the store has %d experiments already", ATT_EXPERIMENTS_MAX);
        return ATT_OK;
    }
    att_experiment *made = NULL;
    att_status status = att_experiment_copy(&made, job->experiment, &engine->host, err);
    if (status)
        return status;
    made->number = old ? old->number : (uint32_t)engine->experiments.all.count + 1;
    made->status = ATT_EXPERIMENT_DRAFT;
    made->created_ms = engine->host.now_ms(engine->host.user);
    made->started_ms = made->stopped_ms = 0;
    status = append_experiment(engine, made, old ? ATT_CHANGE_REPLACED : ATT_CHANGE_CREATED, err);
    att_experiment_destroy(made);
    return status;
}

att_status att_engine_experiment_create(att_engine *engine, const att_experiment *experiment, att_error *err)
{
    att_status status = att_experiment_check(experiment, err);
    for (size_t m = 0; m < experiment->metric_count && !status; m++)
        if (!att_person_metric_find(experiment->metrics[m]))
            status = ATT_FAIL(err, ATT_INVALID, "experiment: metrics: \"%.*s\" is unknown; see: attune experiment report --help",
                ATT_TEXT_ARGS(experiment->metrics[m]));
    if (status)
        return status;
    experiment_write job = {.write.run = run_create, .experiment = experiment};
    return att_engine_commit(engine, &job.write, err);
}

// The experiment of this key in this status, or a refusal.
static const att_experiment *find_as(att_engine *engine, experiment_write *job, att_experiment_status wanted)
{
    const att_experiment *found = att_experiments_find(&engine->experiments, job->key);
    if (!found)
        job->write.refused = ATT_FAIL(
            &job->write.error, ATT_NOT_FOUND, "there is no experiment \"%.*s\"", ATT_TEXT_ARGS(job->key));
    else if (found->status != wanted)
        job->write.refused = ATT_FAIL(&job->write.error, wanted == ATT_EXPERIMENT_DRAFT ? ATT_EXISTS : ATT_INVALID,
            "experiment \"%.*s\" %s%s", ATT_TEXT_ARGS(job->key),
            found->status == ATT_EXPERIMENT_DRAFT     ? "has not been started"
            : found->status == ATT_EXPERIMENT_RUNNING ? "is running already"
                                                      : "was stopped; what ran once does not run again",
            found->status == ATT_EXPERIMENT_STOPPED ? ": take another key and seed" : "");
    return job->write.refused ? NULL : found;
}

static att_status change_status(
    att_engine *engine, const att_experiment *from, att_experiment_change change, att_error *err)
{
    att_experiment *made = NULL;
    att_status status = att_experiment_copy(&made, from, &engine->host, err);
    if (status)
        return status;
    const int64_t now_ms = engine->host.now_ms(engine->host.user);
    if (change == ATT_CHANGE_STARTED) {
        made->status = ATT_EXPERIMENT_RUNNING;
        made->started_ms = now_ms;
    } else {
        made->status = ATT_EXPERIMENT_STOPPED;
        made->stopped_ms = now_ms;
    }
    status = append_experiment(engine, made, change, err);
    att_experiment_destroy(made);
    return status;
}

static att_status run_start(att_engine *engine, att_write *write, att_error *err)
{
    experiment_write *job = (experiment_write *)write;
    const att_experiment *found = find_as(engine, job, ATT_EXPERIMENT_DRAFT);
    if (!found)
        return ATT_OK;
    write->refused = att_experiments_may_start(&engine->experiments, found, &write->error);
    if (write->refused)
        return ATT_OK;
    att_status status = ATT_OK;
    if (!engine->experiments.holdout_since_ms)
        status = append_holdout(engine, err);
    return status ? status : change_status(engine, found, ATT_CHANGE_STARTED, err);
}

static att_status run_stop(att_engine *engine, att_write *write, att_error *err)
{
    experiment_write *job = (experiment_write *)write;
    const att_experiment *found = find_as(engine, job, ATT_EXPERIMENT_RUNNING);
    return found ? change_status(engine, found, ATT_CHANGE_STOPPED, err) : ATT_OK;
}

att_status att_engine_experiment_start(att_engine *engine, att_text key, att_error *err)
{
    experiment_write job = {.write.run = run_start, .key = key};
    return att_engine_commit(engine, &job.write, err);
}

att_status att_engine_experiment_stop(att_engine *engine, att_text key, att_error *err)
{
    experiment_write job = {.write.run = run_stop, .key = key};
    return att_engine_commit(engine, &job.write, err);
}

static att_status run_holdout(att_engine *engine, att_write *write, att_error *err)
{
    (void)write;
    return append_holdout(engine, err);
}

att_status att_engine_holdout_restart(att_engine *engine, att_error *err)
{
    experiment_write job = {.write.run = run_holdout};
    return att_engine_commit(engine, &job.write, err);
}

// --- Looking ----------------------------------------------------------------------------------------------------

// Copies are shown, so that the one who looks may take time.
static att_status each(
    att_engine *engine, att_text key, bool all, size_t *seen, att_experiment_seer *see, void *user, att_error *err)
{
    att_status status = att_engine_refresh(engine, err);
    bool go_on = true;
    *seen = 0;
    for (size_t i = 0; !status && go_on; i++) {
        att_experiment *copy = NULL;
        pthread_rwlock_rdlock(&engine->state_lock);
        status = att_engine_state_check(engine, err);
        const bool is_there = !status && i < engine->experiments.all.count;
        if (is_there && (all || att_text_equal(engine->experiments.all.items[i]->key, key)))
            status = att_experiment_copy(&copy, engine->experiments.all.items[i], &engine->host, err);
        pthread_rwlock_unlock(&engine->state_lock);
        if (copy) {
            go_on = see(user, copy);
            ++*seen;
        }
        att_experiment_destroy(copy);
        if (!is_there)
            break;
    }
    return status;
}

att_status att_engine_experiments_each(att_engine *engine, att_experiment_seer *see, void *user, att_error *err)
{
    size_t seen;
    return each(engine, (att_text){0}, true, &seen, see, user, err);
}

att_status att_engine_experiment_see(
    att_engine *engine, att_text key, att_experiment_seer *see, void *user, att_error *err)
{
    size_t seen;
    const att_status status = each(engine, key, false, &seen, see, user, err);
    if (!status && !seen)
        return ATT_FAIL(err, ATT_NOT_FOUND, "there is no experiment \"%.*s\"", ATT_TEXT_ARGS(key));
    return status;
}

att_status att_engine_assign(att_engine *engine, att_text person, att_assignment *out, att_error *err)
{
    *out = (att_assignment){0};
    att_status status = att_engine_refresh(engine, err);
    if (!status)
        status = att_id_check(person, false, "user", err);
    if (status)
        return status;
    pthread_rwlock_rdlock(&engine->state_lock);
    status = att_engine_state_check(engine, err);
    if (!status) {
        const uint32_t user = att_names_find(&engine->users, person);
        const att_person_state *state = user == ATT_NO_INDEX ? NULL : att_people_get(engine->people, user);
        att_policy own;
        const att_policy *policy;
        if (!state || !state->opted_out)
            att_experiments_assign(&engine->experiments, person, &engine->policy,
                engine->policy.experiments.holdout_share, out, &policy, &own);
    }
    pthread_rwlock_unlock(&engine->state_lock);
    return status;
}

att_status att_engine_holdout_policy(att_engine *engine, att_policy *out, int64_t *since_ms, att_error *err)
{
    att_status status = att_engine_refresh(engine, err);
    pthread_rwlock_rdlock(&engine->state_lock);
    *out = engine->policy;
    *since_ms = engine->experiments.holdout_since_ms;
    if (*since_ms) {
        out->objective = engine->experiments.baseline.objective;
        out->exploration = engine->experiments.baseline.exploration;
        out->taste = engine->experiments.baseline.taste;
    }
    pthread_rwlock_unlock(&engine->state_lock);
    return status;
}

// --- Exposure ---------------------------------------------------------------------------------------------------

typedef struct exposure_write {
    att_write write;
    att_text person, experiment, variation;
    uint64_t decision; // 0: the arm
} exposure_write;

static att_status refuse_exposure(exposure_write *job, const char *kind, att_text name)
{
    job->write.refused =
        ATT_FAIL(&job->write.error, ATT_NOT_FOUND, "there is no %s \"%.*s\"", kind, ATT_TEXT_ARGS(name));
    return ATT_OK;
}

static att_status run_exposure(att_engine *engine, att_write *write, att_error *err)
{
    exposure_write *job = (exposure_write *)write;
    att_record record = att_record_blank(engine, ATT_RECORD_EXPOSURE);
    uint32_t code = 0;
    record.decision = job->decision;
    if (!job->decision) {
        const att_experiment *found = att_experiments_find(&engine->experiments, job->experiment);
        if (!found)
            return refuse_exposure(job, "experiment", job->experiment);
        size_t v = 0;
        while (v < found->variation_count && !att_text_equal(found->variations[v].key, job->variation))
            v++;
        if (v == found->variation_count)
            return refuse_exposure(job, "variation", job->variation);
        code = att_arm_code((att_arm){found->number, (uint32_t)v});
        record.payload = &code;
        record.payload_size = sizeof code;
    } else if (att_names_find(&engine->users, job->person) == ATT_NO_INDEX) {
        return refuse_exposure(job, "person", job->person);
    }
    const att_status status = att_engine_user_number(engine, job->person, &record.user, err);
    return status ? status : att_engine_append(engine, &record, 1, err);
}

static att_status expose(att_engine *engine, exposure_write *job, att_error *err)
{
    if (job->person.size == 0 || job->person.size > ATT_ID_SIZE_MAX)
        return ATT_FAIL(err, ATT_INVALID, "the user id has %zu bytes, 1 to 255 expected", job->person.size);
    if (att_id_check(job->person, false, "user", err))
        return ATT_INVALID;
    job->write.run = run_exposure;
    return att_engine_commit(engine, &job->write, err);
}

att_status att_engine_expose(att_engine *engine, att_text person, uint64_t decision, att_error *err)
{
    if (!decision)
        return ATT_FAIL(err, ATT_INVALID, "decision 0 is none");
    exposure_write job = {.person = person, .decision = decision};
    return expose(engine, &job, err);
}

att_status att_engine_expose_arm(
    att_engine *engine, att_text person, att_text experiment, att_text variation, att_error *err)
{
    exposure_write job = {.person = person, .experiment = experiment, .variation = variation};
    return expose(engine, &job, err);
}
