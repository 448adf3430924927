// SPDX-License-Identifier: Apache-2.0
// engine/beside.c - a state that is read beside the one in force: on a connection of its own, and under none of its locks.
//
// Another policy asks for another fold of the whole log, which is seconds for some million records. It is made in a second engine that
// nobody else knows, while the first decides and writes under the policy that it has. Then, under both locks, the two exchange their
// states, and the first folds what the log got meanwhile: thousands of records in place of millions.
//
// What is in a state may point to the host of the engine in which it was made (names, people). So the struct of the second one stays, as
// `shell`, until its state was exchanged for yet another or the engine is closed; what it holds itself, the old state, is freed at once.
#include "engine/internal.h"

att_status att_engine_begin_beside(att_engine **out, const att_engine *engine, att_error *err)
{
    att_open_options options = engine->options;
    options.create = options.exclusive = false;
    options.read_only = true;
    const att_store_options store = {.read_only = true, .busy_timeout_ms = options.wait_ms};
    *out = NULL;
    att_engine *beside = NULL;
    att_status status = att_engine_begin(&beside, engine->path, &options, &engine->host, err);
    if (!status)
        status = att_store_open(&beside->store, engine->path, &store, &beside->host, err);
    if (status) {
        att_engine_end(beside);
        return status;
    }
    *out = beside;
    return ATT_OK;
}

static att_status read_beside(att_engine **out, const att_engine *engine, att_error *err)
{
    att_status status = att_engine_begin_beside(out, engine, err);
    if (!status)
        status = att_engine_reload(*out, err);
    return status;
}

// Whether no other policy was put in force since it was read. store_lock held.
static att_status check_policy(att_engine *engine, const att_engine *beside, att_error *err)
{
    att_bytes seq = {0};
    uint64_t newest = 0;
    const att_status status = att_store_meta_get(engine->store, "policy_seq", &seq, err);
    if (!status && seq.count == sizeof newest)
        memcpy(&newest, seq.items, sizeof newest);
    ATT_VEC_FREE(&engine->host, &seq);
    if (status && status != ATT_NOT_FOUND)
        return status;
    return newest == beside->policy_seq ? ATT_OK : ATT_FAIL(err, ATT_BUSY, "another policy came meanwhile");
}

att_status att_engine_renew(att_engine *engine, att_error *err)
{
    att_engine *beside = NULL;
    att_error why = {0};
    pthread_mutex_lock(&engine->renew_lock);
    att_status status = read_beside(&beside, engine, &why);
    pthread_mutex_lock(&engine->store_lock);
    if (!status)
        status = check_policy(engine, beside, &why);
    const bool exchanged = !status;
    if (exchanged) {
        status = att_engine_exchange(engine, beside, err);
    } else { // no memory for two states, no second connection: everybody waits
        att_logf(&engine->host, ATT_LOG_INFO, "the state is read again in its place: %s", why.text);
        status = att_engine_reload(engine, err);
    }
    pthread_mutex_unlock(&engine->store_lock);
    if (exchanged) {
        att_engine *before = engine->shell;
        att_engine_empty(beside);
        engine->shell = beside;
        beside = before;
    }
    att_engine_end(beside);
    pthread_mutex_unlock(&engine->renew_lock);
    return status;
}
