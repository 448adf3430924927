// SPDX-License-Identifier: Apache-2.0
// engine/internal.h - the engine from inside: who holds what, and which lock guards it.
//
// state_lock (readers and one writer) guards everything in memory that deciding reads: people, catalogue,
//   rights, serving model, policy, experiments. Held for reading while a slate is computed, for writing while a
//   record is folded in. Never held while the disk is waited for.
// store_lock guards the store connection; whoever holds it is the one writer of this process. Order:
//   store_lock first, then state_lock.
// queue_lock guards the list of writes that wait for the next commit (write.c).
// renew_lock is held by whoever reads a state beside this one (beside.c, checkpoint.c); taken before store_lock, while none is held.
// look_lock guards the map's axes (look.c); taken while state_lock is held for reading.
// provenance_lock guards the provenance log of this engine (provenance.c); taken while none of these is held.
// The filter of items has a lock of its own (filter.c), taken while none of these is held.
#ifndef ATT_ENGINE_INTERNAL_H
#define ATT_ENGINE_INTERNAL_H

#include "attune/engine.h"
#include "attune/retrieve.h"
#include "base/arena.h"
#include "base/names.h"
#include "base/rng.h"
#include "decide/budget.h"
#include "decide/choices.h"
#include "decide/context.h"
#include "decide/experiments.h"
#include "decide/skips.h"
#include "decide/steady.h"
#include "decide/wishes.h"
#include "embed/model.h"
#include "engine/catalogue.h"
#include "engine/models.h"
#include "guard/queue.h"
#include "guard/rights.h"
#include "signals/grade.h"
#include "signals/people.h"
#include "store/decision.h"
#include "store/codec.h"
#include "store/store.h"

#include <pthread.h>

// Of an item that the model knows, asked for of every candidate of every decision.
typedef struct att_item_facts {
    float log_popularity; // natural logarithm, for novelty
    float length;         // of its vector; 0: it has none
} att_item_facts;

// What a trained model becomes in memory. Swapped as a whole under state_lock.
typedef struct att_serving {
    att_model *model;      // NULL: none trained yet
    att_index *index;      // NULL: no vectors
    struct att_kept *kept; // lists of what is near people, of this index (retrieve/kept.h); NULL: none are kept
    att_context_model *context; // NULL: none
    uint32_t *context_tag; // (context_tag_count) by tag of the catalogue: the tag of `context`, ATT_NO_INDEX for none
    size_t context_tag_count;
    att_skips *skips; // numbers its tags as `context` does; NULL: none
    uint32_t *popular;     // (popular_count) most popular first
    size_t popular_count;
    ATT_VEC(float) placed;        // (placed rows, dim): vectors of items the model has not seen
    ATT_VEC(uint32_t) placed_row; // by item: its row, ATT_NO_INDEX for none; shorter than the catalogue is fine
    uint32_t placed_count;
    att_item_facts *facts; // (fact_count)
    size_t fact_count;
    uint64_t version;
} att_serving;

typedef struct att_write att_write;
typedef struct att_item_filter att_item_filter;
typedef struct att_ledger att_ledger;
typedef struct att_event_chunk att_event_chunk;

struct att_engine {
    att_host host;
    att_open_options options;
    char *path; // zero-terminated
    size_t path_size;

    pthread_mutex_t store_lock;
    att_store *store;
    uint64_t last_seq; // folded; changes under store_lock

    pthread_rwlock_t state_lock;
    att_names users;
    att_catalogue catalogue;
    att_rights *rights;
    att_people *people;
    bool stale; // reading the state failed half-way; set and cleared under both locks
    uint64_t whole_reads; // a number that was given in a transaction that failed may mean another item after one
    att_policy policy;
    uint64_t policy_seq; // of the record that set it; 0: default
    att_experiments experiments;
    att_serving serving;
    att_wishes wishes; // of the policy and the worlds, and how items stand to them
    att_choices *choices;
    att_queue *queue;
    att_ledger *ledger; // of what was made (made.c)
    att_item_filter *item_filter; // its own lock
    void **beside; // (world_count): what each world keeps beside the store, in the order of att_engine_world; set when it is opened
    size_t world_count;
    att_bandit_memory choose_memory; // of the choice whose turn it is; under store_lock
    att_arena choose_scratch;
    att_model_log models;
    pthread_mutex_t provenance_lock;
    struct att_provenance *provenance; // NULL: not opened yet
    pthread_mutex_t look_lock;
    uint64_t map_version;      // of the model they were found for; 0: none
    uint32_t map_dim;
    double *map;               // (3, map_dim): mean, two axes
    double map_shares[2];
    att_steady *steady; // in whom nothing has changed (tastes.c); NULL: everybody is asked each time
    att_budget budget; // exploration reserved by decisions that are not folded yet
    uint64_t decision_draws; // numbers the seeds of decisions; atomic
    uint64_t draw_claim;     // this engine's own number in them, from the store; 0: not taken yet; atomic
    uint64_t duplicates;     // events that were known, since opening; atomic
    uint64_t folded_since_checkpoint; // changes under both locks
    pthread_mutex_t renew_lock;
    struct att_engine *shell; // in which the state was made, when not in this one (beside.c)
    struct att_event_chunk *event_chunk; // of the commit that runs (write.c); under store_lock

    pthread_mutex_t queue_lock;
    pthread_cond_t queue_moved;
    att_write *queue_first, *queue_last;
    bool queue_led;
};

// --- engine.c -------------------------------------------------------------------------------------------
// Folds what other processes wrote. store_lock held, state_lock not.
att_status att_engine_catch_up(att_engine *engine, att_error *err);
// Throws the state away and reads it again from checkpoint and log. store_lock held.
att_status att_engine_reload(att_engine *engine, att_error *err);
// Sees to it that a decision knows what others wrote, without waiting for a writer of this process.
att_status att_engine_refresh(att_engine *engine, att_error *err);
// In parts, for beside.c and checkpoint.c. Memory and locks, of which nothing was read yet; ending gives all of it back (NULL is fine).
att_status att_engine_begin(att_engine **out, const char *path, const att_open_options *options, const att_host *host, att_error *err);
void att_engine_end(att_engine *engine);
void att_engine_empty(att_engine *engine); // of its state and its connection
att_status att_engine_read_policy(att_engine *engine, att_error *err);
// The folds that have checkpoints, up to where that of the people ends. They need a policy and rights. state_lock held for writing.
att_status att_engine_load_folds(att_engine *engine, att_error *err);
// One record into these folds alone; att_engine_fold does so too.
att_status att_engine_fold_checked(att_engine *engine, const att_record *record, att_error *err);
// The two exchange their states, and `engine` folds what the log has more. store_lock of `engine` held; nobody else knows `beside`.
att_status att_engine_exchange(att_engine *engine, att_engine *beside, att_error *err);
// With state_lock held: ATT_BUSY when there is no whole state to look at.
att_status att_engine_state_check(const att_engine *engine, att_error *err);
// One record into memory. state_lock held for writing.
// A fold whose ids of events go to a file beside the store when they are many.
att_status att_engine_make_people(att_people **out, const char *path, const att_policy *policy, uint64_t seed, const att_host *host, att_error *err);
att_status att_engine_fold(att_engine *engine, const att_record *record, att_error *err);
att_status att_engine_fold_item(att_engine *engine, uint32_t index, const att_item *item, att_error *err);

// --- beside.c ---------------------------------------------------------------------------------------------
// Another engine on the same store, on a connection of its own that reads alone. Nothing is read yet.
att_status att_engine_begin_beside(att_engine **out, const att_engine *engine, att_error *err);
// The state anew, as the policy in the store asks for, while this one goes on; in force when it returns. No lock held.
att_status att_engine_renew(att_engine *engine, att_error *err);

// --- checkpoint.c -------------------------------------------------------------------------------------------
void att_engine_load_checkpoint(att_engine *engine); // of the people; sets last_seq. What cannot be used is said to the log sink
void att_engine_drop_checkpoints(const att_engine *engine);
void att_engine_save_at_close(att_engine *engine);

// --- choose.c ---------------------------------------------------------------------------------------------
// A new fold of choices up to engine->last_seq in place of the old one. state_lock held for writing.
att_status att_engine_read_choices(att_engine *engine, bool from_checkpoint, att_error *err);
// After somebody was forgotten: what was learned from them is learned anew without them. No lock held.
att_status att_engine_renew_choices(att_engine *engine, att_error *err);

// --- queue.c ----------------------------------------------------------------------------------------------
// A new fold of the queue up to engine->last_seq, and what it bars; as att_engine_read_choices. state_lock held for writing.
att_status att_engine_read_queue(att_engine *engine, att_error *err);
// One record; tells the rights what is barred by it. state_lock held for writing.
att_status att_engine_fold_queue(att_engine *engine, const att_record *record, att_error *err);
// After the item's rights were set anew. state_lock held for writing.
void att_engine_bar_item(att_engine *engine, uint32_t item);
void att_engine_save_queue(att_engine *engine);

struct att_case_record;
// One act on an item's case, within a transaction's run.
att_status att_engine_append_case(
    att_engine *engine, att_record_kind kind, const struct att_case_record *said, uint32_t item, att_error *err);

// --- made.c -----------------------------------------------------------------------------------------------
// As those of the queue: a new fold up to engine->last_seq; one record; the checkpoint. state_lock held for writing.
att_status att_engine_read_made(att_engine *engine, att_error *err);
att_status att_engine_fold_made(att_engine *engine, const att_record *record, att_error *err);
void att_engine_save_made(att_engine *engine);

// --- worlds.c ---------------------------------------------------------------------------------------------
att_status att_engine_check_worlds(const att_engine *engine, att_error *err);
// What situations want, of the policy and of the worlds. Before items are folded; state_lock held for writing.
att_status att_engine_read_wishes(att_engine *engine, att_error *err);
// What each world keeps beside the store. After the worlds were checked; closing is fine in any state.
att_status att_engine_open_worlds(att_engine *engine, att_error *err);
void att_engine_close_worlds(att_engine *engine);
void *att_engine_world_beside(const att_engine *engine, const struct att_medium *world);

// --- filter.c ---------------------------------------------------------------------------------------------
// What the text filter found in an item.
typedef struct att_filtered {
    size_t item; // of those that were given
    bool denied; // else held
    float score;
    uint16_t matched_size;
    char matched[ATT_CASE_MATCHED_SIZE_MAX + 1], reason[600];
} att_filtered;
typedef ATT_VEC(att_filtered) att_filtered_list;
att_status att_item_filter_create(att_item_filter **out, const att_host *host, att_error *err);
void att_item_filter_destroy(att_item_filter *filter, const att_host *host);
// Where the policy says so: what is held or denied, in the order of the items. No lock held. The caller frees the list.
att_status att_engine_filter_items(att_engine *engine, const att_item *items, size_t count, att_filtered_list *out, att_error *err);
// Can the filter that this policy asks for be read?
att_status att_engine_filter_ready(att_engine *engine, const att_policy *policy, att_error *err);
// The case of an item that was put, unless this was said of it before. Within a transaction's run.
att_status att_engine_put_filtered(att_engine *engine, const att_filtered *filtered, uint32_t item, att_error *err);

// --- write.c ----------------------------------------------------------------------------------------------
// A write waits in a queue; one of the waiting threads commits all of them at once (group commit).
struct att_write {
    // Runs inside the transaction, store_lock held: appends records and folds them.
    att_status (*run)(att_engine *engine, att_write *write, att_error *err);
    att_status refused; // set by run when this write alone cannot be done; it has appended nothing then
    att_status status;
    att_error error;
    bool done;
    att_write *next;
};
att_status att_engine_commit(att_engine *engine, att_write *write, att_error *err);
void att_engine_free_event_chunk(att_engine *engine); // when it is closed
// Appends and folds, in one transaction's run. Sets record->seq. store_lock held, state_lock not.
att_status att_engine_append(att_engine *engine, att_record *records, size_t count, att_error *err);
// The item's body into store, memory and log, within a transaction's run. *index receives its number.
att_status att_engine_put_body(att_engine *engine, const att_item *item, uint32_t *index, att_error *err);
// Finds or adds, in memory and store. store_lock held, state_lock not.
att_status att_engine_user_number(att_engine *engine, att_text id, uint32_t *out, att_error *err);
att_status att_engine_item_number(att_engine *engine, att_text id, uint32_t *out, att_error *err);
att_record att_record_blank(const att_engine *engine, att_record_kind kind);

att_status att_engine_meta_get(att_engine *engine, const char *key, att_bytes *out, att_error *err);
// Events that have passed att_event_check; `key` is put in the same commit (NULL: none).
att_status att_engine_events_with_meta(att_engine *engine, const att_event *events, size_t count,
    const char *key, const void *value, size_t size, att_ingest_result *result, att_error *err);
att_status att_engine_items_put_with_meta(att_engine *engine, const att_item *items, size_t count,
    const char *key, const void *value, size_t size, att_error *err);

// --- serving.c ----------------------------------------------------------------------------------------------
void att_serving_deinit(att_serving *serving, const att_host *host);
// Loads snapshot `version`; items of the catalogue that it does not know are placed by content from the store. Refuses a
// file that is not the one of which the log speaks, or that is of another store. store_lock held.
att_status att_serving_load(att_engine *engine, uint64_t version, att_serving *out, att_error *err);
// The one in force; when it is damaged, with a warning, the last good one that was in force before; none at all is fine.
att_status att_serving_load_in_force(att_engine *engine, att_serving *out, att_error *err);
// Places or replaces an item's vector after its body changed. state_lock held for writing.
att_status att_serving_item(att_engine *engine, uint32_t index, const att_item *item, att_error *err);
// (dim) or NULL. state_lock held.
const float *att_serving_vector(const att_serving *serving, uint32_t item);
char *att_model_path(const att_engine *engine, att_arena *arena, uint64_t version, const char *suffix);
size_t att_model_versions(const char *store_path, uint64_t *out, size_t capacity); // files there are; newest first
// Loads the model file alone, for whoever judges or begins from it. Checked as above.
att_status att_model_load_version(
    att_engine *engine, uint64_t version, att_model **out, att_error *err);

// --- versions.c ---------------------------------------------------------------------------------------------
// Appends a record about a version and keeps the list of such records; swaps nothing. Within a transaction's run.
att_status att_engine_append_model(att_engine *engine, att_record_kind kind, uint64_t version,
    const att_model_record *model, att_error *err);
// What the log will say of a model.
att_model_record att_model_record_of(const att_model *model, att_model_act act, const char *why);
// Puts a version in force: loads it, swaps it in, appends the record, in one transaction.
att_status att_engine_put_in_force(
    att_engine *engine, uint64_t version, const att_model_record *record, att_error *err);
// Deletes the files of versions that the log knows and the policy does not keep. Others are left alone.
void att_engine_prune_models(att_engine *engine);

// --- experiment.c -----------------------------------------------------------------------------------------------
// Experiments as the store's table holds them. state_lock held for writing.
att_status att_engine_read_experiments(att_engine *engine, att_error *err);
// One record of kind ATT_RECORD_EXPERIMENT into memory. state_lock held for writing.
att_status att_engine_fold_experiment(att_engine *engine, const att_record *record, att_error *err);

// --- context_file.c -------------------------------------------------------------------------------------------
// The "CTXT" snapshot: what decide/context learned, with the names of the tags it was learned on.
att_status att_context_file_save(const att_context_model *model, const att_skips *skips, const att_names *tags, const char *path,
    const att_host *host, att_error *err);
// Fills serving->context and context_tag.
att_status att_context_file_load(att_serving *serving, const char *path, const att_names *catalogue_tags,
    const att_host *host, att_error *err);

// --- decide.c ------------------------------------------------------------------------------------------------
struct att_slate_memory {
    att_host host;
    att_arena scratch; // one request
    att_arena answer;  // what the slate points to
    att_search *search;
    att_fold *fold;
    att_bandit_memory *bandit; // made when first needed
};

#endif
