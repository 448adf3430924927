// SPDX-License-Identifier: Apache-2.0
// store/store.c - the front of every store: arguments checked, order of calls kept, then to the
// driver.
#include "store/codec.h"
#include "store/driver.h"

#include <sodium.h>

static const size_t asset_size_max = (size_t)512 << 20;

att_status att_store_open(att_store **out, const char *path, const att_store_options *options,
    const att_host *host, att_error *err)
{
    *out = NULL;
    if (!path || !path[0])
        return ATT_FAIL(err, ATT_INVALID, "the store's path is empty");
    att_store_options complete = options ? *options : (att_store_options){0};
    if (complete.read_only && complete.create)
        return ATT_FAIL(err, ATT_INVALID, "store %s cannot be made and be read-only at once", path);
    if (complete.busy_timeout_ms <= 0)
        complete.busy_timeout_ms = 5000;
    const att_host full = att_host_complete(host);
    const att_status status = att_sqlite_store_open(out, path, &complete, &full, err);
    if (!status)
        (*out)->forgotten = ATT_NO_INDEX;
    return status;
}

void att_store_close(att_store *store)
{
    if (!store)
        return;
    if (store->writing)
        att_store_rollback(store);
    store->driver->close(store);
}

uint64_t att_store_seed(const att_store *store)
{
    return store->seed;
}

// --- Writing ------------------------------------------------------------------------------------

att_status att_store_begin(att_store *store, uint64_t *last_seq, att_error *err)
{
    assert(!store->writing);
    if (store->read_only)
        return ATT_FAIL(err, ATT_READ_ONLY, "the store was opened read-only");
    const att_status status = store->driver->begin(store, &store->last_seq, err);
    if (status)
        return status;
    store->writing = true;
    store->broken = false;
    store->forgotten = ATT_NO_INDEX;
    store->forgot = false;
    *last_seq = store->last_seq;
    return ATT_OK;
}

static att_status check_record(const att_record *record, size_t index, att_error *err)
{
    if (record->kind == ATT_RECORD_NONE || record->kind >= ATT_RECORD_KIND_COUNT)
        return ATT_FAIL(err, ATT_INVALID, "record %zu has unknown kind %u", index, record->kind);
    if (record->id.size > ATT_ID_SIZE_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "the id of record %zu has %zu bytes, at most %d are kept",
            index, record->id.size, ATT_ID_SIZE_MAX);
    if (record->payload_size > ATT_PAYLOAD_SIZE_MAX)
        return ATT_FAIL(err, ATT_LIMIT,
            "the payload of record %zu has %zu bytes, at most %zu are kept", index,
            record->payload_size, ATT_PAYLOAD_SIZE_MAX);
    return ATT_OK;
}

att_status att_store_append(att_store *store, att_record *records, size_t count, att_error *err)
{
    assert(store->writing);
    for (size_t i = 0; i < count; i++) {
        const att_status status = check_record(&records[i], i, err);
        if (status)
            return status;
    }
    for (size_t i = 0; i < count; i++) {
        records[i].seq = ++store->last_seq;
        if (records[i].kind == ATT_RECORD_FORGET && records[i].user == store->forgotten)
            store->forgotten = ATT_NO_INDEX;
    }
    const att_status status = store->driver->append(store, records, count, err);
    store->broken |= status != ATT_OK;
    return status;
}

static att_status check_id(att_text id, const char *whose, uint32_t index, att_error *err)
{
    if (id.size >= 1 && id.size <= ATT_ID_SIZE_MAX)
        return ATT_OK;
    return ATT_FAIL(err, ATT_LIMIT, "the id of %s %u has %zu bytes, wanted are 1 to %d", whose,
        index, id.size, ATT_ID_SIZE_MAX);
}

att_status att_store_user_add(att_store *store, uint32_t index, att_text id, att_error *err)
{
    assert(store->writing && index != ATT_NO_INDEX);
    const att_status status = check_id(id, "user", index, err);
    return status ? status : store->driver->user_add(store, index, id, err);
}

att_status att_store_item_put(
    att_store *store, uint32_t index, att_text id, const att_item *item, att_error *err)
{
    assert(store->writing && index != ATT_NO_INDEX);
    const att_status status = check_id(id, "item", index, err);
    return status ? status : store->driver->item_put(store, index, id, item, err);
}

att_status att_store_taken_down(att_store *store, uint32_t index, bool down, att_error *err)
{
    assert(store->writing);
    return store->driver->taken_down(store, index, down, err);
}

att_status att_store_item_drop(att_store *store, uint32_t index, att_error *err)
{
    assert(store->writing);
    return store->driver->item_drop(store, index, err);
}

att_status att_store_meta_put(
    att_store *store, const char *key, const void *value, size_t size, att_error *err)
{
    assert(store->writing);
    return store->driver->meta_put(store, key, value, size, err);
}

att_status att_store_forget(att_store *store, uint32_t user, uint64_t *rows, att_error *err)
{
    assert(store->writing && store->forgotten == ATT_NO_INDEX);
    *rows = 0;
    const att_status status = store->driver->forget(store, user, rows, err);
    if (!status) {
        store->forgotten = user;
        store->forgot = true;
    }
    return status;
}

att_status att_store_commit(att_store *store, att_error *err)
{
    assert(store->writing);
    if (store->broken) {
        att_store_rollback(store);
        return ATT_FAIL(
            err, ATT_INVALID, "an append failed before this commit: all was rolled back");
    }
    // Else the numbers of deleted rows could be given out again, and other processes would not
    // learn of it.
    assert(store->forgotten == ATT_NO_INDEX);
    store->writing = false;
    return store->driver->commit(store, store->forgot, err);
}

void att_store_rollback(att_store *store)
{
    if (!store->writing)
        return;
    store->writing = false;
    store->driver->rollback(store);
}

// --- Reading ------------------------------------------------------------------------------------

att_status att_store_last_seq(att_store *store, uint64_t *last_seq, att_error *err)
{
    if (store->writing) {
        *last_seq = store->last_seq;
        return ATT_OK;
    }
    return store->driver->last_seq(store, last_seq, err);
}

att_status att_store_log_each(
    att_store *store, uint64_t from_seq, att_record_visitor *visit, void *user, att_error *err)
{
    return store->driver->log_each(store, from_seq, visit, user, err);
}

att_status att_store_users_each(
    att_store *store, uint32_t from_index, att_name_visitor *visit, void *user, att_error *err)
{
    return store->driver->users_each(store, from_index, visit, user, err);
}

att_status att_store_items_each(
    att_store *store, uint32_t from_index, att_item_visitor *visit, void *user, att_error *err)
{
    return store->driver->items_each(store, from_index, ATT_NO_INDEX, visit, user, err);
}

typedef struct only_one {
    att_item_visitor *visit;
    void *user;
    bool seen;
} only_one;

static bool see_one(void *user, uint32_t index, att_text id, const att_item *item)
{
    only_one *one = user;
    one->seen = true;
    return one->visit(one->user, index, id, item);
}

att_status att_store_item_see(
    att_store *store, uint32_t index, att_item_visitor *visit, void *user, att_error *err)
{
    only_one one = {visit, user, false};
    const att_status status = store->driver->items_each(store, index, index, see_one, &one, err);
    if (!status && !one.seen)
        return ATT_FAIL(err, ATT_NOT_FOUND, "there is no item with index %u", index);
    return status;
}

att_status att_store_meta_get(att_store *store, const char *key, att_bytes *out, att_error *err)
{
    return store->driver->meta_get(store, key, out, err);
}

// --- Assets -------------------------------------------------------------------------------------

static att_asset_hash hash_of(const void *data, size_t size)
{
    att_asset_hash hash;
    crypto_generichash(hash.bytes, sizeof hash.bytes, data, size, NULL, 0);
    return hash;
}

att_status att_store_asset_put(att_store *store, const void *data, size_t size, att_text media_type,
    att_asset_hash *hash, att_error *err)
{
    assert(store->writing);
    if (size > asset_size_max)
        return ATT_FAIL(
            err, ATT_LIMIT, "the asset has %zu bytes, at most %zu are kept", size, asset_size_max);
    if (media_type.size > ATT_ID_SIZE_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "the asset's media type has %zu bytes, at most %d are kept",
            media_type.size, ATT_ID_SIZE_MAX);
    *hash = hash_of(data, size);
    return store->driver->asset_put(store, hash, media_type, data, size, err);
}

att_status att_store_asset_drop(att_store *store, const att_asset_hash *hash, att_error *err)
{
    assert(store->writing);
    const att_status status = store->driver->asset_drop(store, hash, err);
    store->forgot |= status == ATT_OK;
    return status;
}

att_status att_store_asset_get(
    att_store *store, const att_asset_hash *hash, att_bytes *out, att_error *err)
{
    const att_status status = store->driver->asset_get(store, hash, out, err);
    if (status)
        return status;
    const att_asset_hash found = hash_of(out->items, out->count);
    if (memcmp(found.bytes, hash->bytes, sizeof found.bytes) != 0)
        return ATT_FAIL(
            err, ATT_CORRUPT, "an asset of %zu bytes does not match its hash", out->count);
    return ATT_OK;
}
