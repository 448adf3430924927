// SPDX-License-Identifier: Apache-2.0
// engine/checkpoint.c - folds as files beside the store, so that opening reads only the log behind them.
//
// Written when the engine is closed, and while it runs. Then the folds in memory are left alone, since whoever copied them would hold up
// all that writes: the last checkpoint and the log behind it are read on a connection of its own (beside.c), as opening would, and what
// comes of it is written. A file gets its name when it is whole (rename). The people's comes first: that of choices, queue and made may
// end before it, never behind.
//
// Somebody may be forgotten meanwhile. att_engine_forget removes the files when all else is done, and what is written later is looked
// through here: a record of that kind behind the checkpoint, and it is dropped.
#include "engine/internal.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define RECORDS_DEFAULT 20000
#define SHARE_OF_LOG 16 // a checkpoint costs as much as the state is large

static bool path_of(const att_engine *engine, const char *suffix, char out[4200])
{
    return (size_t)snprintf(out, 4200, "%s%s", engine->path, suffix) < 4200;
}

// The checkpoint is used when it can be; anything else is said to the log sink and replayed.
void att_engine_load_checkpoint(att_engine *engine)
{
    char path[4200];
    att_error err = {0};
    if (!path_of(engine, "-fold", path) || access(path, R_OK) != 0)
        return;
    if (att_people_load(engine->people, path, &err))
        att_logf(&engine->host, ATT_LOG_INFO, "replaying the whole log: %s", err.text);
    else
        engine->last_seq = att_people_last_seq(engine->people);
}

// Written by a process that did not know yet that somebody was to be forgotten: they hold the person still.
static void drop(const att_engine *engine)
{
    static const char *const suffixes[] = {"-fold", "-choices", "-queue", "-made"};
    char path[4200];
    for (size_t i = 0; i < ATT_COUNT_OF(suffixes); i++)
        if (path_of(engine, suffixes[i], path) && unlink(path) != 0 && errno != ENOENT)
            att_logf(&engine->host, ATT_LOG_WARNING, "%s holds somebody who was forgotten: delete it", path);
}

void att_engine_drop_checkpoints(const att_engine *engine)
{
    if (!engine->options.read_only)
        drop(engine);
}

static att_status save(att_engine *engine, att_error *err)
{
    char path[4200];
    if (!path_of(engine, "-fold", path))
        return ATT_FAIL(err, ATT_LIMIT, "the path %s is too long", engine->path);
    const att_status status = att_people_save(engine->people, path, err);
    att_error why = {0};
    if (!status && !engine->choices->outdated && path_of(engine, "-choices", path) && att_choices_save(engine->choices, path, &why))
        att_logf(&engine->host, ATT_LOG_WARNING, "no checkpoint of choices was written: %s", why.text);
    if (!status) {
        att_engine_save_queue(engine);
        att_engine_save_made(engine);
    }
    return status;
}

static uint64_t least_records(const att_engine *engine)
{
    return engine->options.checkpoint_records ? engine->options.checkpoint_records : RECORDS_DEFAULT;
}

void att_engine_save_at_close(att_engine *engine)
{
    if (engine->options.read_only || engine->folded_since_checkpoint < least_records(engine))
        return;
    att_error err = {0};
    // Caught up first, so that nobody is written down again whom another process has forgotten; and half a state, or
    // one that a failed commit has left ahead of the log, is not written down at all.
    if (att_engine_refresh(engine, &err) || engine->stale || save(engine, &err))
        att_logf(&engine->host, ATT_LOG_WARNING, "no fold checkpoint was written: %s", err.text);
}

// --- While it runs ------------------------------------------------------------------------------------------------

typedef struct tail {
    att_engine *beside;
    bool forgot;
    att_status status;
    att_error *err;
} tail;

static bool fold(void *user, const att_record *record)
{
    tail *t = user;
    t->forgot |= record->kind == ATT_RECORD_FORGET;
    t->status = att_engine_fold_checked(t->beside, record, t->err);
    return t->status == ATT_OK;
}

static bool look_for_forgotten(void *user, const att_record *record)
{
    tail *t = user;
    t->forgot = record->kind == ATT_RECORD_FORGET;
    return !t->forgot;
}

static att_status forgotten_meanwhile(const att_engine *beside, att_error *err)
{
    drop(beside);
    return ATT_FAIL(err, ATT_BUSY, "somebody was forgotten meanwhile");
}

// As opening does it, without what needs no checkpoint: names, items, models.
static att_status read_folds(att_engine *beside, att_error *err)
{
    tail t = {.beside = beside, .err = err};
    bool had_checkpoint = false;
    att_status status = att_engine_read_policy(beside, err);
    if (!status)
        status = att_rights_create(&beside->rights, &beside->host, err); // empty: told of bars, asked nothing
    if (!status)
        status = att_engine_load_folds(beside, err);
    if (!status) {
        had_checkpoint = beside->last_seq > 0;
        status = att_store_log_each(beside->store, beside->last_seq + 1, fold, &t, err);
    }
    if (status || t.status)
        return status ? status : t.status;
    if (had_checkpoint && t.forgot) // it had learned from them
        return forgotten_meanwhile(beside, err);
    beside->choices->outdated = false; // read whole
    return ATT_OK;
}

static att_status write_beside(const att_engine *engine, uint64_t *end, att_error *err)
{
    att_engine *beside = NULL;
    att_status status = att_engine_begin_beside(&beside, engine, err);
    if (!status)
        status = read_folds(beside, err);
    if (!status)
        status = save(beside, err);
    tail t = {.beside = beside};
    if (!status) {
        *end = beside->last_seq;
        status = att_store_log_each(beside->store, *end + 1, look_for_forgotten, &t, err);
        if (status)
            drop(beside); // whether is not known
        else if (t.forgot)
            status = forgotten_meanwhile(beside, err);
    }
    att_engine_end(beside);
    return status;
}

static bool is_due(att_engine *engine)
{
    pthread_rwlock_rdlock(&engine->state_lock);
    const bool due = engine->folded_since_checkpoint >= least_records(engine) &&
                     engine->folded_since_checkpoint >= engine->last_seq / SHARE_OF_LOG;
    pthread_rwlock_unlock(&engine->state_lock);
    return due;
}

// What was folded behind the checkpoint, and what is folded meanwhile, stays counted.
static void note_written(att_engine *engine, uint64_t end)
{
    pthread_mutex_lock(&engine->store_lock);
    pthread_rwlock_wrlock(&engine->state_lock);
    engine->folded_since_checkpoint = engine->last_seq > end ? engine->last_seq - end : 0;
    pthread_rwlock_unlock(&engine->state_lock);
    pthread_mutex_unlock(&engine->store_lock);
}

att_status att_engine_checkpoint(att_engine *engine, bool *written, att_error *err)
{
    att_status status = ATT_OK;
    uint64_t end = 0;
    if (engine->options.read_only)
        return ATT_FAIL(err, ATT_READ_ONLY, "store %s was opened read-only", engine->path);
    pthread_mutex_lock(&engine->renew_lock);
    const bool due = is_due(engine);
    if (due)
        status = write_beside(engine, &end, err);
    if (due && !status)
        note_written(engine, end);
    pthread_mutex_unlock(&engine->renew_lock);
    if (written)
        *written = due && !status;
    return att_while(err, status, "writing a checkpoint of %s", engine->path);
}
