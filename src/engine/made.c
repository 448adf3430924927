// SPDX-License-Identifier: Apache-2.0
// engine/made.c - the ledger of what was made, in a store: read from its checkpoint and the log, and told to the rights, which both the
// search and the moment of serving obey.
//
//   no verdict yet      barred, whatever else is said
//   allow               as any other item
//   hold                barred until people allow it in the queue
//   deny                barred (it becomes no item, unless a host puts one of that name)
#include "engine/made.h"

#include <stdio.h>

att_made_bar att_engine_made_bar(const att_engine *engine, uint32_t item, const att_queue_case *c)
{
    const att_ledger_candidate *made = engine->ledger ? att_ledger_of_item(engine->ledger, item) : NULL;
    if (!made || made->verdict == ATT_MADE_ALLOW)
        return ATT_MADE_FREE;
    if (made->verdict == ATT_MADE_DENY)
        return ATT_MADE_DENIED;
    return made->verdict == ATT_MADE_HOLD && c && c->verdict == ATT_VERDICT_ALLOW ? ATT_MADE_FREE : ATT_MADE_HELD;
}

att_status att_engine_fold_made(att_engine *engine, const att_record *record, att_error *err)
{
    uint32_t item;
    if (record->seq <= engine->ledger->last_seq) // its own checkpoint was ahead of the people's
        return ATT_OK;
    const att_status status = att_ledger_apply(engine->ledger, record, &item, err);
    if (!status && item != ATT_NO_INDEX)
        att_engine_bar_item(engine, item);
    return status;
}

// --- Reading from checkpoint and log ------------------------------------------------------------------------------

typedef struct replaying {
    att_record_apply *apply;
    void *fold;
    uint64_t to_seq;
    att_status status;
    att_error *err;
} replaying;

static bool replay(void *user, const att_record *record)
{
    replaying *r = user;
    uint32_t item;
    if (record->seq > r->to_seq)
        return false;
    r->status = r->apply(r->fold, record, &item, r->err);
    return r->status == ATT_OK;
}

att_status att_engine_replay(att_engine *engine, uint64_t from, att_record_apply *apply, void *fold, att_error *err)
{
    replaying r = {.apply = apply, .fold = fold, .to_seq = engine->last_seq, .err = err};
    const att_status status = from < engine->last_seq ? att_store_log_each(engine->store, from + 1, replay, &r, err) : ATT_OK;
    return status ? status : r.status;
}

static att_status apply_to_ledger(void *fold, const att_record *record, uint32_t *item, att_error *err)
{
    return att_ledger_apply(fold, record, item, err);
}

typedef struct looking {
    uint64_t seq;
    att_record_visitor *see;
    void *user;
    bool found;
} looking;

static bool look(void *user, const att_record *record)
{
    looking *l = user;
    if (record->seq == l->seq) {
        l->found = true;
        l->see(l->user, record);
    }
    return false;
}

att_status att_engine_record_see(att_engine *engine, uint64_t seq, att_record_visitor *see, void *user, att_error *err)
{
    looking l = {.seq = seq, .see = see, .user = user};
    const att_status status = att_store_log_each(engine->store, seq, look, &l, err);
    if (!status && !l.found)
        return ATT_FAIL(err, ATT_NOT_FOUND, "log record %llu is not there", (unsigned long long)seq);
    return status;
}

static bool ledger_path(const att_engine *engine, char out[4200])
{
    return (size_t)snprintf(out, 4200, "%s-made", engine->path) < 4200;
}

// The records that the checkpoint names. One that is gone was of somebody who is forgotten.
static att_status apply_named(att_engine *engine, att_ledger *ledger, const att_ledger_checkpoint *named, att_error *err)
{
    replaying r = {.apply = apply_to_ledger, .fold = ledger, .to_seq = UINT64_MAX, .err = err};
    for (size_t i = 0; i < named->seqs.count; i++) {
        const att_status status = att_engine_record_see(engine, named->seqs.items[i], replay, &r, err);
        if (status == ATT_NOT_FOUND)
            continue;
        if (status || r.status)
            return status ? status : r.status;
    }
    ledger->last_seq = named->last_seq;
    return ATT_OK;
}

static att_status load(att_engine *engine, att_ledger *ledger)
{
    char path[4200];
    att_error why = {0};
    att_ledger_checkpoint named = {0};
    if (!engine->last_seq || !ledger_path(engine, path))
        return ATT_NOT_FOUND;
    att_status status = att_ledger_load(&named, att_store_seed(engine->store), path, &engine->host, &why);
    if (!status && named.last_seq > engine->last_seq)
        status = ATT_FAIL(&why, ATT_VERSION, "checkpoint of what was made: it is ahead");
    if (!status)
        status = apply_named(engine, ledger, &named, &why);
    ATT_VEC_FREE(&engine->host, &named.seqs);
    if (status && status != ATT_NOT_FOUND)
        att_logf(&engine->host, ATT_LOG_INFO, "replaying the log for what was made: %s", why.text);
    return status;
}

att_status att_engine_read_made(att_engine *engine, att_error *err)
{
    att_ledger *ledger = NULL;
    att_status status = att_ledger_create(&ledger, &engine->host, err);
    if (!status && load(engine, ledger)) {
        att_ledger_destroy(ledger);
        status = att_ledger_create(&ledger, &engine->host, err);
    }
    if (!status)
        status = att_engine_replay(engine, ledger->last_seq, apply_to_ledger, ledger, err);
    if (status) {
        att_ledger_destroy(ledger);
        return status;
    }
    ledger->last_seq = engine->last_seq;
    att_ledger_destroy(engine->ledger);
    engine->ledger = ledger;
    for (size_t i = 0; i < ledger->candidates.count; i++)
        att_engine_bar_item(engine, ledger->candidates.items[i].item);
    return ATT_OK;
}

void att_engine_save_made(att_engine *engine)
{
    char path[4200];
    att_error err = {0};
    if (ledger_path(engine, path) && att_ledger_save(engine->ledger, att_store_seed(engine->store), path, &err))
        att_logf(&engine->host, ATT_LOG_WARNING, "no checkpoint of what was made was written: %s", err.text);
}
