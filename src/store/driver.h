// SPDX-License-Identifier: Apache-2.0
// store/driver.h - what an engine must do to keep a store. store.c checks arguments and keeps the
// order of calls, so a driver sees only what is allowed: writes between begin and commit, sizes
// within limits.
#ifndef ATT_STORE_DRIVER_H
#define ATT_STORE_DRIVER_H

#include "store/store.h"

// Meanings as in store.h. Stories name the store; statuses are those of att_status. A driver may
// keep its own fields behind att_store by placing it first in a larger struct.
typedef struct att_store_driver {
    const char *name; // "sqlite"
    void (*close)(att_store *store);

    att_status (*begin)(att_store *store, uint64_t *last_seq, att_error *err);
    // seq of each record is set already.
    att_status (*append)(att_store *store, const att_record *records, size_t count, att_error *err);
    att_status (*user_add)(att_store *store, uint32_t index, att_text id, att_error *err);
    att_status (*item_put)(
        att_store *store, uint32_t index, att_text id, const att_item *item, att_error *err);
    att_status (*taken_down)(att_store *store, uint32_t index, bool down, att_error *err);
    att_status (*item_drop)(att_store *store, uint32_t index, att_error *err);
    att_status (*meta_put)(
        att_store *store, const char *key, const void *value, size_t size, att_error *err);
    att_status (*forget)(att_store *store, uint32_t user, uint64_t *rows, att_error *err);
    att_status (*asset_put)(att_store *store, const att_asset_hash *hash, att_text media_type,
        const void *data, size_t size, att_error *err);
    att_status (*asset_drop)(att_store *store, const att_asset_hash *hash, att_error *err);
    // On failure everything since begin is undone. `forgot`: what was deleted must leave the disk
    // too.
    att_status (*commit)(att_store *store, bool forgot, att_error *err);
    void (*rollback)(att_store *store);

    att_status (*last_seq)(att_store *store, uint64_t *last_seq, att_error *err);
    att_status (*log_each)(
        att_store *store, uint64_t from_seq, att_record_visitor *visit, void *user, att_error *err);
    att_status (*users_each)(
        att_store *store, uint32_t from_index, att_name_visitor *visit, void *user, att_error *err);
    // [from_index, to_index]
    att_status (*items_each)(att_store *store, uint32_t from_index, uint32_t to_index,
        att_item_visitor *visit, void *user, att_error *err);
    att_status (*meta_get)(att_store *store, const char *key, att_bytes *out, att_error *err);
    att_status (*asset_get)(
        att_store *store, const att_asset_hash *hash, att_bytes *out, att_error *err);

    // The engine's own check of its file: pages and assets. Tells each damage.
    att_status (*check)(
        att_store *store, void (*tell)(void *user, const char *what), void *user, att_error *err);
} att_store_driver;

struct att_store {
    const att_store_driver *driver;
    att_host host;
    uint64_t seed;
    bool read_only;
    // Between begin and commit or rollback:
    bool writing;
    bool broken;        // an append failed half way: only a rollback is left
    uint64_t last_seq;  // of what this transaction sees
    uint32_t forgotten; // whom ATT_RECORD_FORGET must still name, ATT_NO_INDEX: nobody
    bool forgot;
    // Set by the doctor: rows that do not decode are told, with their number, and passed over
    // instead of ending the walk.
    void (*pass_over)(void *user, uint64_t number, const char *story);
    void *pass_over_user;
};

// The drivers. `path` is theirs to understand.
att_status att_sqlite_store_open(att_store **out, const char *path,
    const att_store_options *options, const att_host *host, att_error *err);

#endif
