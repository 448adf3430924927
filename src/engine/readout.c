// SPDX-License-Identifier: Apache-2.0
// engine/readout.c - an experiment read out of the log, by a connection of its own.
#include "measure/readout.h"

#include "engine/internal.h"

typedef struct log_pass {
    att_engine *engine;
    att_gather *gather;
    uint64_t seen, total;
    att_status status;
    att_error *err;
} log_pass;

static bool see_record(void *user, const att_record *record)
{
    log_pass *pass = user;
    if ((++pass->seen & 0xFFFF) == 0 &&
        !att_progress_tell(&pass->engine->host, "experiment", pass->seen, pass->total, "records")) {
        pass->status = ATT_FAIL(pass->err, ATT_CANCELLED, "reading the experiment was cancelled");
        return false;
    }
    pass->status = att_gather_see(pass->gather, record, pass->err);
    return pass->status == ATT_OK;
}

// What is to be read, and under which policy. state_lock is taken.
static att_status begin(
    att_engine *engine, att_text key, const att_readout_options *options, att_gather **out, att_error *err)
{
    const att_readout_options full = options ? *options : att_readout_options_default();
    att_status status = att_engine_refresh(engine, err);
    if (status)
        return status;
    pthread_rwlock_rdlock(&engine->state_lock);
    const att_experiments *set = &engine->experiments;
    const bool is_holdout = att_text_equal(key, ATT_LIT("holdout"));
    const att_experiment *experiment = is_holdout ? NULL : att_experiments_find(set, key);
    status = att_engine_state_check(engine, err);
    if (status)
        ; // told already
    else if (!is_holdout && !experiment)
        status = ATT_FAIL(err, ATT_NOT_FOUND, "there is no experiment \"%.*s\"", ATT_TEXT_ARGS(key));
    else if (is_holdout ? !set->holdout_since_ms : !experiment->started_ms)
        status = ATT_FAIL(err, ATT_INVALID, "%s\"%.*s\" has not %s", is_holdout ? "" : "experiment ", ATT_TEXT_ARGS(key),
            is_holdout ? "begun: it begins with the first experiment" : "been started");
    else
        status = att_gather_create(out, experiment, set->holdout_since_ms, engine->policy.experiments.holdout_share,
            &engine->policy, &full, &engine->host, err);
    pthread_rwlock_unlock(&engine->state_lock);
    return status;
}

static att_status gather(
    att_engine *engine, att_text key, const att_readout_options *options, att_gather **out, att_error *err)
{
    *out = NULL;
    att_store *reader = NULL;
    const att_store_options only_read = {.read_only = true};
    log_pass pass = {.engine = engine, .err = err};
    att_status status = begin(engine, key, options, out, err);
    if (!status)
        status = att_store_open(&reader, engine->path, &only_read, &engine->host, err);
    if (!status)
        status = att_store_last_seq(reader, &pass.total, err);
    pass.gather = *out;
    if (!status)
        status = att_store_log_each(reader, 1, see_record, &pass, err);
    att_store_close(reader);
    if (!status)
        status = pass.status;
    if (status) {
        att_gather_destroy(*out);
        *out = NULL;
    }
    return status;
}

att_status att_engine_experiment_read(att_engine *engine, att_text key, const att_readout_options *options,
    att_readout **out, att_error *err)
{
    *out = NULL;
    att_gather *gathered;
    att_status status = gather(engine, key, options, &gathered, err);
    if (!status)
        status = att_gather_finish(gathered, out, err);
    att_gather_destroy(gathered);
    return status;
}

att_status att_engine_experiment_people(att_engine *engine, att_text key, const att_readout_options *options,
    att_readout_person_seer *see, void *user, att_error *err)
{
    att_gather *gathered;
    att_status status = gather(engine, key, options, &gathered, err);
    size_t at = 0;
    att_gathered each;
    while (!status && att_gather_person(gathered, &at, &each)) {
        char id[ATT_ID_SIZE_MAX];
        att_readout_person person = {.variation = each.variation,
            .exposed_ms = each.exposed_ms,
            .during = *each.during,
            .before = *each.before};
        pthread_rwlock_rdlock(&engine->state_lock);
        const att_text name = each.user < engine->users.count ? att_names_get(&engine->users, each.user) : (att_text){0};
        person.id = (att_text){id, ATT_MIN(name.size, sizeof id)};
        if (name.size)
            memcpy(id, name.data, person.id.size);
        pthread_rwlock_unlock(&engine->state_lock);
        if (person.id.size && !see(user, &person)) // nobody: forgotten meanwhile
            break;
    }
    att_gather_destroy(gathered);
    return status;
}
