// SPDX-License-Identifier: Apache-2.0
// store/store.h - what happened and what exists: one ordered log, one catalogue.
//
// The log is the truth: every event, decision, control and change of the catalogue is one record, in one
// order, appended before it is acknowledged. This is the interface; store/sqlite.c is one way to keep it
// (WAL, synchronous=FULL, no secondary index on the log). Another engine fills the same att_store_driver.
//
// People and items are dense numbers 0, 1, 2 … in order of first appearance; their outside ids are in
// two tables; the caller keeps ids unique (the doctor checks it). A store object serves one thread at a time; a second one on the same path may read meanwhile.
#ifndef ATT_STORE_STORE_H
#define ATT_STORE_STORE_H

#include "attune/items.h"
#include "attune/engine.h"
#include "attune/signals.h"
#include "base/base.h"
#include "base/names.h"

typedef enum att_record_kind { // kept on disk: only append
    ATT_RECORD_NONE,
    ATT_RECORD_EVENT,
    ATT_RECORD_DECISION, // payload: store/decision.h
    ATT_RECORD_CONTROL,  // signal: att_control_kind; value; item, or payload "tag:NAME"
    ATT_RECORD_ITEM,     // item was added or replaced; signal ATT_ITEM_DELETED: deleted
    ATT_RECORD_TAKEDOWN, // item; payload: reason
    ATT_RECORD_MODEL,    // decision: version of the snapshot that was swapped in; payload: store/model_record.h
    ATT_RECORD_POLICY,   // payload: YAML; decision: the version that it is, 0: a new one, numbered by this record
    ATT_RECORD_FORGET,   // user: everything earlier of this person is void
    ATT_RECORD_CHOICE = 9,     // user or nobody; payload: store/choice.h
    ATT_RECORD_REWARD = 10,    // decision: which choice; signal: att_reward_part, + 128: more may come; value; id
    ATT_RECORD_DISPLAYED = 11, // decision: which choice was really seen
    ATT_RECORD_EXPERIMENT = 12, // signal: att_experiment_change; decision: its number; payload: decide/experiments.h
    ATT_RECORD_EXPOSURE = 13,   // user; decision: which was displayed, or payload: 4 bytes, the arm
    ATT_RECORD_MODEL_REFUSED = 14, // decision: version that was not swapped in; payload: store/model_record.h
    ATT_RECORD_CASE = 15,    // reported, held, appealed: user or nobody; item, or (of a text) decision: the record that holds it, 0: this one;
                             // payload: store/case_record.h
    ATT_RECORD_VERDICT = 16, // of who decides; item, or decision as above; payload likewise
    ATT_RECORD_POLICY_ACT = 17, // signal: att_policy_act; decision: the version, 0: it is this record; payload: store/policy_record.h
    ATT_RECORD_BRIEF = 18,     // signal: att_brief_act; user: whose taste it has, or who asks, or nobody; payload: store/made_record.h
    ATT_RECORD_CANDIDATE = 19, // item: its number, whether it has a body yet or not; payload likewise
    ATT_RECORD_JUDGED = 20,    // item; signal: att_made_verdict; payload likewise
    ATT_RECORD_KIND_COUNT
} att_record_kind;

enum { ATT_ITEM_DELETED = 1 };

typedef struct att_record {
    uint64_t seq; // 1, 2, 3 … set by append; holes only where a person was forgotten
    int64_t at_ms;
    int64_t logged_ms; // when it was appended
    uint8_t kind, signal;
    uint8_t set_aside; // 1: a bot's; kept, not learned from
    uint32_t user, item; // ATT_NO_INDEX: none
    float value;         // NaN: none
    int32_t position_ms, length_ms, dwell_ms; // -1: none
    uint64_t decision;   // 0: none
    att_context context;
    att_text id;         // event id, empty for other kinds
    const void *payload;
    size_t payload_size; // at most 1 MiB
} att_record;

typedef struct att_store att_store;

typedef struct att_store_options {
    bool create, exclusive, read_only;
    uint64_t seed;          // for a new store
    int32_t busy_timeout_ms; // how long to wait for another writer, then ATT_BUSY; 0: 5000
} att_store_options;

att_status att_store_open(att_store **out, const char *path, const att_store_options *options,
    const att_host *host, att_error *err);
void att_store_close(att_store *store);
uint64_t att_store_seed(const att_store *store);

// --- Writing: begin, then appends and puts, then commit (fsync) or rollback. -------------------------
// begin takes the writer's place among processes. After it, *last_seq is the true end of the log: if
// it is not what the caller has folded, fold the rest (att_store_log_each) before deciding what to write.
att_status att_store_begin(att_store *store, uint64_t *last_seq, att_error *err);
// Sets seq of each record. After a failure of the disk only rollback is left: commit would refuse.
att_status att_store_append(att_store *store, att_record *records, size_t count, att_error *err);
att_status att_store_user_add(att_store *store, uint32_t index, att_text id, att_error *err);
// An item that is only named by events so far has no body: item == NULL keeps just its id (and leaves a body that
// is there as it is). taken_down becomes item->taken_down. ATT_EXISTS: the index has another id.
att_status att_store_item_put(att_store *store, uint32_t index, att_text id, const att_item *item, att_error *err);
att_status att_store_taken_down(att_store *store, uint32_t index, bool down, att_error *err);
// Its body goes, its id stays: the log speaks of it.
att_status att_store_item_drop(att_store *store, uint32_t index, att_error *err);
att_status att_store_meta_put(att_store *store, const char *key, const void *value, size_t size, att_error *err);
// Deletes the person's rows, decisions too, and blanks the id; after the commit no byte of them is left in
// the store's files. *rows counts log rows deleted. The caller appends ATT_RECORD_FORGET before the commit, which
// relies on it. Earlier ATT_RECORD_FORGET rows stay.
att_status att_store_forget(att_store *store, uint32_t user, uint64_t *rows, att_error *err);
// Success or not, the transaction is over; on failure all of it was undone.
att_status att_store_commit(att_store *store, att_error *err);
void att_store_rollback(att_store *store);

// --- Reading ------------------------------------------------------------------------------------------
att_status att_store_last_seq(att_store *store, uint64_t *last_seq, att_error *err);
// Visitors return false to stop early (still ATT_OK). What they get is valid during the call.
typedef bool att_record_visitor(void *user, const att_record *record);
typedef bool att_name_visitor(void *user, uint32_t index, att_text id); // empty id: forgotten
typedef bool att_item_visitor(void *user, uint32_t index, att_text id, const att_item *item); // NULL: no body
att_status att_store_log_each(att_store *store, uint64_t from_seq, att_record_visitor *visit, void *user, att_error *err);
att_status att_store_users_each(att_store *store, uint32_t from_index, att_name_visitor *visit, void *user, att_error *err);
att_status att_store_items_each(att_store *store, uint32_t from_index, att_item_visitor *visit, void *user, att_error *err);
att_status att_store_item_see(att_store *store, uint32_t index, att_item_visitor *visit, void *user, att_error *err);
// Value is copied into `out` (grown through the host by the caller's vec); ATT_NOT_FOUND when absent.
typedef ATT_VEC(char) att_bytes;
att_status att_store_meta_get(att_store *store, const char *key, att_bytes *out, att_error *err);

// --- Assets: bytes by the BLAKE2b-256 of their content ---------------------------------------------------
typedef struct att_asset_hash {
    uint8_t bytes[32];
} att_asset_hash;
att_status att_store_asset_put(att_store *store, const void *data, size_t size, att_text media_type,
    att_asset_hash *hash, att_error *err); // inside begin … commit
// Its bytes leave the disk with the commit. ATT_NOT_FOUND. Inside begin … commit.
att_status att_store_asset_drop(att_store *store, const att_asset_hash *hash, att_error *err);
att_status att_store_asset_get(att_store *store, const att_asset_hash *hash, att_bytes *out, att_error *err);

// --- Care ---------------------------------------------------------------------------------------------------
// One consistent moment while others write, synced before it gets its name. ATT_EXISTS when `to` is there.
att_status att_store_backup(const char *path, const char *to, const att_host *host, att_error *err);
// SQLite's integrity check, schema, order of the log, ids, bodies, decodable payloads. Tells at most five damages of
// a kind; *damage counts all.
att_status att_store_doctor(const char *path, const att_host *host, att_finding_sink *sink, void *user,
    size_t *damage, att_error *err);

#endif
