// SPDX-License-Identifier: Apache-2.0
// engine/asset.c - bytes in the store, by the hash of their content: kept once, however often they come, until they are deleted.
#include "engine/made.h"

typedef struct asset_write {
    att_write write; // the first member
    const void *data;
    size_t size;
    att_text media_type;
    att_asset_hash hash;
} asset_write;

static att_status run_asset(att_engine *engine, att_write *write, att_error *err)
{
    asset_write *w = (asset_write *)write;
    const att_status status = att_store_asset_put(engine->store, w->data, w->size, w->media_type, &w->hash, err);
    if (status != ATT_LIMIT)
        return status;
    write->refused = status; // nothing was written, so the others of this commit stand
    write->error = *err;
    return ATT_OK;
}

att_status att_engine_asset_add(att_engine *engine, const void *data, size_t size, att_text media_type, char hash[65], att_error *err)
{
    asset_write w = {.write = {.run = run_asset}, .data = data, .size = size, .media_type = media_type};
    const att_status status = att_engine_commit(engine, &w.write, err);
    if (!status)
        att_hash_hex(w.hash.bytes, hash);
    return status;
}

static att_status read_hash(att_text hash, att_asset_hash *out, att_error *err)
{
    return att_hash_read(hash, out->bytes) ? ATT_OK
                                           : ATT_FAIL(err, ATT_INVALID, "asset \"%.*s\": expected the 64 hex digits of its hash",
                                                 (int)ATT_MIN(hash.size, (size_t)64), hash.data);
}

att_status att_engine_asset_see(att_engine *engine, att_text hash, att_asset_seer *see, void *user, att_error *err)
{
    att_asset_hash wanted;
    att_bytes bytes = {0};
    const att_status bad = read_hash(hash, &wanted, err);
    if (bad)
        return bad;
    pthread_mutex_lock(&engine->store_lock);
    const att_status status = att_store_asset_get(engine->store, &wanted, &bytes, err);
    pthread_mutex_unlock(&engine->store_lock);
    if (!status)
        see(user, bytes.items, bytes.count);
    ATT_VEC_FREE(&engine->host, &bytes);
    return status;
}

// --- Deleting -----------------------------------------------------------------------------------------------------

static att_status run_delete(att_engine *engine, att_write *write, att_error *err)
{
    asset_write *w = (asset_write *)write;
    const att_ledger *ledger = engine->ledger;
    for (size_t i = 0; i < ledger->candidates.count; i++) {
        const att_ledger_candidate *made = &ledger->candidates.items[i];
        if (memcmp(&made->asset, &w->hash, sizeof w->hash) != 0)
            continue;
        write->refused = ATT_FAIL(&write->error, ATT_EXISTS, "item \"%.*s\" was made and consists of it",
            ATT_TEXT_ARGS(att_names_get(&engine->catalogue.ids, made->item)));
        return ATT_OK;
    }
    const att_status status = att_store_asset_drop(engine->store, &w->hash, err);
    if (status != ATT_NOT_FOUND)
        return status;
    write->refused = ATT_FAIL(&write->error, ATT_NOT_FOUND, "there is no such asset");
    return ATT_OK;
}

att_status att_engine_asset_delete(att_engine *engine, att_text hash, att_error *err)
{
    asset_write w = {.write = {.run = run_delete}};
    const att_status status = read_hash(hash, &w.hash, err);
    return status ? status : att_engine_commit(engine, &w.write, err);
}
