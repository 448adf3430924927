// SPDX-License-Identifier: Apache-2.0
// engine/versions.c - versions of the model: putting one in force, going back, telling them, deleting old ones.
//
// A version is in force when the newest ATT_RECORD_MODEL names it. Files come first, the record after them, and memory
// swaps in the same transaction: who is killed in between leaves files that nobody names, and the version before in force.
#include "engine/learn.h"

#include <stdlib.h>
#include "signals/event.h"

#include <stdio.h>
#include <unistd.h>

static const char *const suffixes[] = {"model", "index", "context"}; // a version is there while its .model is

const char *att_model_act_name(att_model_act act)
{
    static const char *const names[] = {"swapped in", "trained", "activated", "rolled back", "refused"};
    return (unsigned)act < ATT_COUNT_OF(names) ? names[act] : "?";
}

// --- Records --------------------------------------------------------------------------------------------------------

att_model_record att_model_record_of(const att_model *model, att_model_act act, const char *why)
{
    const att_model_origin *origin = att_model_origin_of(model);
    att_model_record record = {.act = (uint8_t)act,
        .dim = att_model_dim(model),
        .log_seq = origin->log_seq,
        .trained_ms = origin->trained_ms,
        .events = origin->events,
        .preferences = origin->preferences,
        .began_from = origin->began_from,
        .generation = origin->generation};
    att_model_fingerprint(model, record.fingerprint);
    snprintf(record.kind, sizeof record.kind, "%s", att_model_kind_name(att_model_kind_of(model)));
    snprintf(record.why, sizeof record.why, "%s", why);
    return record;
}

att_status att_engine_append_model(att_engine *engine, att_record_kind kind, uint64_t version,
    const att_model_record *model, att_error *err)
{
    unsigned char payload[ATT_MODEL_RECORD_SIZE_MAX];
    att_record record = att_record_blank(engine, kind);
    att_model_record now = *model;
    now.preferences_now = att_count_preferences(engine->people);
    record.decision = version;
    record.payload = payload;
    record.payload_size = att_model_record_encode(&now, payload);
    att_status status = att_engine_append(engine, &record, 1, err);
    if (status)
        return status;
    size_t size;
    uint64_t *seqs = att_model_log_seqs(&engine->models, &engine->host, &size);
    if (!seqs)
        return att_no_memory(err, size, "bytes of versions");
    status = att_store_meta_put(engine->store, ATT_MODELS_META, seqs, size, err);
    ATT_FREE_ARRAY(&engine->host, seqs, size / sizeof *seqs);
    return status;
}

// --- In force -------------------------------------------------------------------------------------------------------

typedef struct force_write {
    att_write write;
    uint64_t version;
    const att_model_record *record; // NULL: made from the model's own file
    att_model_act act;
    bool go_back; // `version` is to be found
    const char *why;
} force_write;

static att_status swap_in(att_engine *engine, uint64_t version, att_error *err)
{
    att_serving fresh = {0};
    pthread_rwlock_rdlock(&engine->state_lock);
    const att_status status = att_serving_load(engine, version, &fresh, err);
    pthread_rwlock_unlock(&engine->state_lock);
    if (status)
        return status;
    pthread_rwlock_wrlock(&engine->state_lock);
    att_serving_deinit(&engine->serving, &engine->host);
    engine->serving = fresh;
    pthread_rwlock_unlock(&engine->state_lock);
    return ATT_OK;
}

static att_status refuse(force_write *job, att_status status, const att_error *story)
{
    job->write.refused = status;
    job->write.error = *story;
    return ATT_OK;
}

// What the log knew of it, under a new act; a record from before reasons were kept is filled from the model.
static att_model_record renewed(const att_engine *engine, const force_write *job)
{
    const att_model_entry *entry = att_model_log_of(&engine->models, job->version);
    att_model_record record = entry ? entry->r : (att_model_record){0};
    if (record.act == ATT_MODEL_UNKNOWN)
        record = att_model_record_of(engine->serving.model, job->act, job->why);
    record.act = (uint8_t)job->act;
    snprintf(record.why, sizeof record.why, "%s", job->why);
    return record;
}

static att_status find_version(const att_engine *engine, force_write *job, att_error *err)
{
    if (job->go_back)
        job->version = att_model_log_before(&engine->models);
    if (!job->version)
        return ATT_FAIL(err, ATT_NOT_FOUND, "there is no version before the one in force to go back to");
    if (!job->record && !att_model_log_of(&engine->models, job->version))
        return ATT_FAIL(err, ATT_NOT_FOUND, "the log of %s knows no model %llu; `attune models` lists them",
            engine->path, (unsigned long long)job->version);
    return ATT_OK;
}

static att_status run_force(att_engine *engine, att_write *write, att_error *err)
{
    force_write *job = (force_write *)write;
    att_error story = {0};
    att_status status = find_version(engine, job, &story);
    if (!status)
        status = swap_in(engine, job->version, &story);
    if (status == ATT_NO_MEMORY || (status && job->record))
        return ATT_FAIL(err, status, "%s", story.text);
    if (status)
        return refuse(job, status, &story);
    att_model_record record = job->record ? *job->record : renewed(engine, job);
    att_model_fingerprint(engine->serving.model, record.fingerprint);
    return att_engine_append_model(engine, ATT_RECORD_MODEL, job->version, &record, err);
}

att_status att_engine_put_in_force(
    att_engine *engine, uint64_t version, const att_model_record *record, att_error *err)
{
    force_write job = {.write.run = run_force, .version = version, .record = record};
    return att_engine_commit(engine, &job.write, err);
}

static att_status act_by_hand(att_engine *engine, force_write *job, att_text reason, att_error *err)
{
    char why[ATT_MODEL_WHY_MAX + 1];
    if (reason.size > ATT_MODEL_WHY_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "the reason has %zu bytes, %d at most", reason.size, ATT_MODEL_WHY_MAX);
    if (reason.size && att_id_check(reason, true, "reason", err))
        return ATT_INVALID;
    snprintf(why, sizeof why, "%.*s", ATT_TEXT_ARGS(reason));
    job->write.run = run_force;
    job->why = reason.size ? why : "by hand";
    return att_engine_commit(engine, &job->write, err);
}

att_status att_engine_model_activate(att_engine *engine, uint64_t version, att_text reason, att_error *err)
{
    force_write job = {.version = version, .act = ATT_MODEL_ACTIVATED};
    return act_by_hand(engine, &job, reason, err);
}

att_status att_engine_model_rollback(att_engine *engine, att_text reason, uint64_t *version, att_error *err)
{
    force_write job = {.act = ATT_MODEL_ROLLED_BACK, .go_back = true};
    const att_status status = act_by_hand(engine, &job, reason, err);
    if (version)
        *version = status ? 0 : job.version;
    return status;
}

// --- Telling --------------------------------------------------------------------------------------------------------

static bool is_on_disk(const att_engine *engine, uint64_t version)
{
    char path[4200];
    return (size_t)snprintf(path, sizeof path, "%s-models/%08llu.model", engine->path,
               (unsigned long long)version) < sizeof path &&
           access(path, F_OK) == 0;
}

static att_model_state told(const att_engine *engine, const att_model_entry *entry)
{
    const att_model_entry *now = att_model_log_in_force(&engine->models);
    att_model_state v = {.version = entry->version,
        .active = now && now->version == entry->version,
        .on_disk = is_on_disk(engine, entry->version),
        .act = (att_model_act)entry->r.act,
        .acted_ms = entry->at_ms,
        .trained_ms = entry->r.trained_ms,
        .log_seq = entry->r.log_seq,
        .events = entry->r.events,
        .preferences = entry->r.preferences,
        .began_from = entry->r.began_from,
        .generation = entry->r.generation,
        .dim = entry->r.dim,
        .trial = entry->r.trial};
    memcpy(v.kind, entry->r.kind, sizeof v.kind);
    memcpy(v.why, entry->r.why, sizeof v.why);
    return v;
}

// Each version once, by its newest entry; copied, so that the seer runs without the lock.
static att_status list_versions(const att_engine *engine, att_model_state **out, size_t *count, att_error *err)
{
    const att_model_log *log = &engine->models;
    *count = 0;
    *out = ATT_NEW_ARRAY(&engine->host, att_model_state, log->count);
    if (!*out)
        return att_no_memory(err, log->count, "versions");
    for (size_t i = 0; i < log->count; i++)
        if (att_model_log_of(log, log->items[i].version) == &log->items[i])
            (*out)[(*count)++] = told(engine, &log->items[i]);
    return ATT_OK;
}

static int newest_first(const void *a, const void *b)
{
    const uint64_t x = ((const att_model_state *)a)->version, y = ((const att_model_state *)b)->version;
    return x < y ? 1 : x > y ? -1 : 0;
}

att_status att_engine_models_each(att_engine *engine, att_model_seer *see, void *user, att_error *err)
{
    att_status status = att_engine_refresh(engine, err);
    if (status)
        return status;
    att_model_state *all = NULL;
    size_t count = 0, room = 0;
    pthread_rwlock_rdlock(&engine->state_lock);
    status = att_engine_state_check(engine, err);
    room = engine->models.count;
    if (!status)
        status = list_versions(engine, &all, &count, err);
    pthread_rwlock_unlock(&engine->state_lock);
    if (count)
        qsort(all, count, sizeof *all, newest_first);
    for (size_t i = 0; i < count && see(user, &all[i]); i++)
        ;
    ATT_FREE_ARRAY(&engine->host, all, room);
    return status;
}

// --- Deleting -------------------------------------------------------------------------------------------------------

static int newest_number_first(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

// Versions that may go: known to the log, neither in force nor the one to go back to, and older than the newest `keep`.
static size_t list_old(const att_engine *engine, uint64_t *out, size_t capacity)
{
    const att_model_entry *now = att_model_log_in_force(&engine->models);
    const uint64_t before = att_model_log_before(&engine->models);
    const uint32_t keep = engine->policy.learning.keep_models;
    uint64_t all[ATT_MODEL_LOG_MAX];
    const size_t count = att_model_log_tried(&engine->models, all, ATT_COUNT_OF(all));
    size_t old = 0;
    qsort(all, count, sizeof *all, newest_number_first);
    for (size_t i = keep; i < count && old < capacity; i++)
        if (all[i] != before && (!now || all[i] != now->version))
            out[old++] = all[i];
    return old;
}

void att_engine_prune_models(att_engine *engine)
{
    uint64_t old[ATT_MODEL_LOG_MAX];
    pthread_rwlock_rdlock(&engine->state_lock);
    const size_t count = engine->stale ? 0 : list_old(engine, old, ATT_COUNT_OF(old));
    pthread_rwlock_unlock(&engine->state_lock);
    for (size_t i = 0; i < count; i++)
        for (size_t s = 0; s < ATT_COUNT_OF(suffixes); s++) {
            char path[4200];
            if ((size_t)snprintf(path, sizeof path, "%s-models/%08llu.%s", engine->path,
                    (unsigned long long)old[i], suffixes[s]) < sizeof path)
                unlink(path);
        }
}
