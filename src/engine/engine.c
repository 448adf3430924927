// SPDX-License-Identifier: Apache-2.0
// engine/engine.c - opening a store, and keeping memory equal to its log.
//
// Memory is a fold: names, catalogue, rights, people. It is read from the tables and from the fold checkpoint
// PATH-fold, and then from the log behind the checkpoint. The checkpoint only saves time: without it, or when
// it does not fit this store and policy, the whole log is replayed.
#include "engine/internal.h"
#include "engine/provenance.h"

#include "generate/ledger.h"
#include "retrieve/kept.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>


att_open_options att_open_options_default(void)
{
    return (att_open_options){.threads = 1};
}

// --- Folding ------------------------------------------------------------------------------------------------

att_status att_engine_fold_item(
    att_engine *engine, uint32_t index, const att_item *item, att_error *err)
{
    att_status status = att_catalogue_put(&engine->catalogue, index, item, err);
    if (!status)
        status = att_rights_set(engine->rights, index, item, err);
    if (!status)
        att_engine_bar_item(engine, index);
    if (!status)
        status = att_wishes_put(&engine->wishes, index, item->medium, item->features, item->feature_count, err);
    if (!status)
        status = att_serving_item(engine, index, item, err);
    return status;
}

static void count_item_event(att_engine *engine, const att_record *record)
{
    if (record->kind == ATT_RECORD_EVENT && record->item < engine->catalogue.entries.count &&
        !record->set_aside && engine->catalogue.entries.items[record->item].events < UINT32_MAX)
        engine->catalogue.entries.items[record->item].events++;
}

// How often each item was met, from people's states: the same whether a checkpoint was used or not.
static void count_item_events(att_engine *engine)
{
    att_entry *entries = engine->catalogue.entries.items;
    for (size_t i = 0; i < engine->catalogue.entries.count; i++)
        entries[i].events = 0;
    for (uint32_t u = 0; u < att_people_count(engine->people); u++) {
        const att_person_state *person = att_people_get(engine->people, u);
        for (uint32_t p = 0; person && p < person->preference_count; p++)
            if (person->preferences[p].item < engine->catalogue.entries.count)
                entries[person->preferences[p].item].events += person->preferences[p].count;
    }
}

att_status att_engine_fold_checked(att_engine *engine, const att_record *record, att_error *err)
{
    att_status status = att_people_apply(engine->people, record, err);
    if (!status)
        status = att_choices_apply(engine->choices, record, err);
    if (!status)
        status = att_engine_fold_queue(engine, record, err);
    if (!status)
        status = att_engine_fold_made(engine, record, err);
    if (status)
        return status;
    engine->last_seq = record->seq;
    engine->folded_since_checkpoint++;
    return ATT_OK;
}

att_status att_engine_fold(att_engine *engine, const att_record *record, att_error *err)
{
    att_status status = att_model_log_note(&engine->models, record, &engine->host, err);
    if (!status)
        status = att_engine_fold_checked(engine, record, err);
    if (status)
        return status;
    count_item_event(engine, record);
    if (record->kind == ATT_RECORD_TAKEDOWN) {
        att_catalogue_take_down(&engine->catalogue, record->item, true);
        att_rights_take_down(engine->rights, record->item, true);
    } else if (record->kind == ATT_RECORD_ITEM && record->signal == ATT_ITEM_DELETED) {
        att_catalogue_drop(&engine->catalogue, record->item);
        att_wishes_drop(&engine->wishes, record->item);
        att_rights_drop(engine->rights, record->item);
    } else if (record->kind == ATT_RECORD_EXPERIMENT) {
        return att_engine_fold_experiment(engine, record, err);
    } else if (record->kind == ATT_RECORD_FORGET && record->user < engine->users.count) {
        att_names_erase(&engine->users, record->user);
    }
    return ATT_OK;
}

typedef struct reading {
    att_engine *engine;
    att_status status;
    att_error *err;
    uint64_t new_model, new_policy, new_forget; // seq of the newest such record seen; 0: none
    bool names_known; // names were read before: one that comes again under a new number was forgotten in between
} reading;

static bool read_user(void *user, uint32_t index, att_text id)
{
    reading *r = user;
    uint32_t got = id.size ? att_names_add(&r->engine->users, id)
                           : att_names_add_blank(&r->engine->users);
    if (got < index && id.size && r->names_known) {
        att_names_erase(&r->engine->users, got);
        got = att_names_add(&r->engine->users, id);
    }
    if (got == ATT_NO_INDEX)
        r->status = att_no_memory(r->err, index, "people");
    else if (got != index)
        r->status = ATT_FAIL(r->err, ATT_CORRUPT,
            "person number %u has the name of person %u; run: attune doctor %s", index, got, r->engine->path);
    return r->status == ATT_OK;
}

static bool read_item(void *user, uint32_t index, att_text id, const att_item *item)
{
    reading *r = user;
    const uint32_t got = att_catalogue_id(&r->engine->catalogue, id);
    if (got == ATT_NO_INDEX)
        r->status = att_no_memory(r->err, index, "items");
    else if (got != index)
        r->status = ATT_FAIL(r->err, ATT_CORRUPT,
            "item number %u has the name of item %u; run: attune doctor %s", index, got, r->engine->path);
    else if (item)
        r->status = att_engine_fold_item(r->engine, index, item, r->err);
    return r->status == ATT_OK;
}

static bool reread_item(void *user, uint32_t index, att_text id, const att_item *item)
{
    reading *r = user;
    (void)id;
    if (item)
        r->status = att_engine_fold_item(r->engine, index, item, r->err);
    return r->status == ATT_OK;
}

typedef struct log_reading {
    reading r;
    ATT_VEC(uint32_t) changed; // items whose bodies must be read again
    uint64_t bodies_seq;       // bodies were read whole when the log had come so far
} log_reading;

static bool read_record(void *user, const att_record *record)
{
    log_reading *l = user;
    l->r.status = att_engine_fold(l->r.engine, record, l->r.err);
    if (record->kind == ATT_RECORD_MODEL)
        l->r.new_model = record->seq;
    if (record->kind == ATT_RECORD_POLICY)
        l->r.new_policy = record->seq;
    if (record->kind == ATT_RECORD_FORGET)
        l->r.new_forget = record->seq;
    // Whether a takedown or a deletion still holds is said by the item's body, which may have been put again since.
    const bool changed = record->kind == ATT_RECORD_TAKEDOWN ||
                         (record->kind == ATT_RECORD_ITEM && record->signal == ATT_ITEM_DELETED) ||
                         (record->kind == ATT_RECORD_ITEM && record->seq > l->bodies_seq);
    if (changed && !l->r.status && !ATT_VEC_PUSH(&l->r.engine->host, &l->changed, record->item))
        l->r.status = att_no_memory(l->r.err, l->changed.count, "changed items");
    return l->r.status == ATT_OK;
}

static att_status read_names(att_engine *engine, reading *r, att_error *err)
{
    att_status status = att_store_users_each(engine->store, engine->users.count, read_user, r, err);
    if (!status && !r->status)
        status = att_store_items_each(engine->store, engine->catalogue.ids.count, read_item, r, err);
    r->names_known = true;
    return status ? status : r->status;
}

// Reads names, then the log from where the fold stands, then the names again: between the first two another process
// may have named somebody or something, and the log must speak of nothing that has no place. state_lock held for writing.
static att_status read_tail(att_engine *engine, log_reading *l, att_error *err)
{
    l->r.engine = engine;
    l->r.err = err;
    att_status status = read_names(engine, &l->r, err);
    if (!status)
        status = att_store_log_each(engine->store, engine->last_seq + 1, read_record, l, err);
    if (!status && !l->r.status)
        status = read_names(engine, &l->r, err);
    for (size_t i = 0; i < l->changed.count && !status && !l->r.status; i++)
        status = att_store_item_see(engine->store, l->changed.items[i], reread_item, &l->r, err);
    ATT_VEC_FREE(&engine->host, &l->changed);
    return status ? status : l->r.status;
}

att_status att_engine_read_policy(att_engine *engine, att_error *err)
{
    att_bytes yaml = {0};
    att_policy policy = att_policy_default();
    att_status status = att_store_meta_get(engine->store, "policy", &yaml, err);
    if (status == ATT_OK)
        status = att_policy_parse(&policy, (att_text){yaml.items, yaml.count}, "the store's policy",
            &engine->host, err);
    else if (status == ATT_NOT_FOUND)
        status = ATT_OK;
    if (!status) {
        engine->policy = policy;
        engine->policy_seq = 0;
        if (att_store_meta_get(engine->store, "policy_seq", &yaml, NULL) == ATT_OK &&
            yaml.count == sizeof engine->policy_seq)
            memcpy(&engine->policy_seq, yaml.items, sizeof engine->policy_seq);
    }
    ATT_VEC_FREE(&engine->host, &yaml);
    return status;
}

static att_status read_models(att_engine *engine, att_error *err)
{
    uint64_t any;
    const bool has_files = att_model_versions(engine->path, &any, 1) > 0;
    return att_model_log_read(&engine->models, engine->store, has_files, &engine->host, err);
}

static void drop_state(att_engine *engine)
{
    att_people_destroy(engine->people);
    engine->people = NULL;
    att_rights_destroy(engine->rights);
    engine->rights = NULL;
    att_catalogue_deinit(&engine->catalogue);
    att_names_deinit(&engine->users);
    att_experiments_deinit(&engine->experiments);
    att_choices_destroy(engine->choices);
    engine->choices = NULL;
    att_queue_destroy(engine->queue);
    engine->queue = NULL;
    att_ledger_destroy(engine->ledger);
    engine->ledger = NULL;
    att_serving_deinit(&engine->serving, &engine->host);
    att_wishes_deinit(&engine->wishes);
    ATT_VEC_FREE(&engine->host, &engine->models);
}

// Ids of events beyond the first two million lie beside the store, and not in memory.
att_status att_engine_make_people(att_people **out, const char *path, const att_policy *policy, uint64_t seed, const att_host *host, att_error *err)
{
    char folder[4200];
    const char *slash = strrchr(path, '/');
    att_status status = att_people_create(out, policy, seed, host, err);
    if (status || (size_t)snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 2, slash ? path : "./") >= sizeof folder)
        return status;
    status = att_people_spill(*out, folder, 0, err);
    if (status) {
        att_people_destroy(*out);
        *out = NULL;
    }
    return status;
}

// People, choices, queue and what was made, each from its checkpoint, all up to engine->last_seq: where the people's checkpoint ends.
att_status att_engine_load_folds(att_engine *engine, att_error *err)
{
    uint64_t end = 0;
    engine->last_seq = 0;
    engine->folded_since_checkpoint = 0;
    att_status status = att_store_last_seq(engine->store, &end, err);
    if (!status)
        status = att_engine_make_people(&engine->people, engine->path, &engine->policy, att_store_seed(engine->store),
            &engine->host, err);
    if (status)
        return status;
    att_engine_load_checkpoint(engine);
    if (engine->last_seq > end) { // a checkpoint ahead of the log is not of this log
        att_logf(&engine->host, ATT_LOG_WARNING,
            "the fold checkpoint ends at record %llu but the log at %llu; replaying the log",
            (unsigned long long)engine->last_seq, (unsigned long long)end);
        att_people_destroy(engine->people);
        engine->people = NULL;
        engine->last_seq = 0;
        status = att_engine_make_people(&engine->people, engine->path, &engine->policy, att_store_seed(engine->store),
            &engine->host, err);
    }
    if (!status)
        status = att_engine_read_choices(engine, true, err);
    if (!status)
        status = att_engine_read_queue(engine, err);
    if (!status)
        status = att_engine_read_made(engine, err);
    return status;
}

static att_status load_state(att_engine *engine, att_error *err)
{
    drop_state(engine);
    att_names_init(&engine->users, &engine->host);
    att_catalogue_init(&engine->catalogue, &engine->host);
    engine->whole_reads++;
    log_reading l = {0};
    att_status status = att_engine_read_policy(engine, err);
    if (!status)
        status = att_engine_read_wishes(engine, err);
    if (!status)
        status = att_engine_read_experiments(engine, err);
    if (!status)
        status = read_models(engine, err);
    if (!status)
        status = att_rights_create(&engine->rights, &engine->host, err);
    if (!status)
        status = att_store_last_seq(engine->store, &l.bodies_seq, err);
    if (!status)
        status = att_engine_load_folds(engine, err);
    const bool had_checkpoint = engine->last_seq > 0;
    if (!status)
        status = read_tail(engine, &l, err);
    if (!status && had_checkpoint && l.r.new_forget) {
        att_engine_drop_checkpoints(engine);
        engine->folded_since_checkpoint = UINT64_MAX / 2; // a new one is worth its while
    }
    if (!status) {
        engine->choices->outdated = false; // read whole
        count_item_events(engine);
        status = att_serving_load_in_force(engine, &engine->serving, err);
    }
    return status;
}

att_status att_engine_reload(att_engine *engine, att_error *err)
{
    pthread_rwlock_wrlock(&engine->state_lock);
    const att_status status = load_state(engine, err);
    engine->stale = status != ATT_OK; // half a state is no state: nobody reads it until this succeeds
    pthread_rwlock_unlock(&engine->state_lock);
    return att_while(err, status, "reading store %s", engine->path);
}

// Both locks held.
static att_status catch_up(att_engine *engine, att_error *err)
{
    log_reading l = {.r.names_known = true};
    att_status status = read_tail(engine, &l, err);
    if (!status && l.r.new_policy)
        status = load_state(engine, err);
    else if (!status && l.r.new_model) {
        att_serving fresh = {0};
        status = att_serving_load_in_force(engine, &fresh, err);
        if (!status) {
            att_serving_deinit(&engine->serving, &engine->host);
            engine->serving = fresh;
        }
    }
    if (!status && engine->choices->outdated)
        status = att_engine_read_choices(engine, false, err);
    engine->stale = status != ATT_OK; // stopped somewhere inside: read whole the next time
    return status;
}

att_status att_engine_catch_up(att_engine *engine, att_error *err)
{
    pthread_rwlock_wrlock(&engine->state_lock);
    const att_status status = catch_up(engine, err);
    pthread_rwlock_unlock(&engine->state_lock);
    return status;
}

#define EXCHANGE(a, b, field)                      \
    do {                                           \
        unsigned char kept[sizeof(a)->field];      \
        memcpy(kept, &(a)->field, sizeof kept);    \
        memcpy(&(a)->field, &(b)->field, sizeof kept); \
        memcpy(&(b)->field, kept, sizeof kept);    \
    } while (0)

att_status att_engine_exchange(att_engine *engine, att_engine *beside, att_error *err)
{
    pthread_rwlock_wrlock(&engine->state_lock);
    EXCHANGE(engine, beside, users);
    EXCHANGE(engine, beside, catalogue);
    EXCHANGE(engine, beside, rights);
    EXCHANGE(engine, beside, people);
    EXCHANGE(engine, beside, policy);
    EXCHANGE(engine, beside, policy_seq);
    EXCHANGE(engine, beside, experiments);
    EXCHANGE(engine, beside, serving);
    EXCHANGE(engine, beside, wishes);
    EXCHANGE(engine, beside, choices);
    EXCHANGE(engine, beside, queue);
    EXCHANGE(engine, beside, ledger);
    EXCHANGE(engine, beside, models);
    EXCHANGE(engine, beside, last_seq);
    EXCHANGE(engine, beside, folded_since_checkpoint);
    engine->whole_reads++; // media, territories and tags may have got other numbers: slates that are being made are made again
    const att_status status = catch_up(engine, err);
    pthread_rwlock_unlock(&engine->state_lock);
    return att_while(err, status, "reading store %s", engine->path);
}

att_status att_engine_refresh(att_engine *engine, att_error *err)
{
    if (pthread_mutex_trylock(&engine->store_lock) != 0)
        return ATT_OK; // a writer of this process is at it, and catches up itself
    uint64_t end = engine->last_seq;
    att_status status = att_store_last_seq(engine->store, &end, err);
    if (!status && engine->stale)
        status = att_engine_reload(engine, err);
    else if (!status && end != engine->last_seq)
        status = att_engine_catch_up(engine, err);
    pthread_mutex_unlock(&engine->store_lock);
    return status;
}

att_status att_engine_state_check(const att_engine *engine, att_error *err)
{
    return engine->stale ? ATT_FAIL(err, ATT_BUSY, "the state of %s is being read again", engine->path)
                         : ATT_OK;
}

// --- Open and close -------------------------------------------------------------------------------------------

void att_engine_end(att_engine *engine)
{
    if (!engine)
        return;
    const att_host host = engine->host;
    drop_state(engine);
    att_engine_free_event_chunk(engine);
    att_store_close(engine->store);
    att_bandit_memory_deinit(&engine->choose_memory);
    att_arena_deinit(&engine->choose_scratch);
    att_budget_deinit(&engine->budget);
    pthread_cond_destroy(&engine->queue_moved);
    pthread_mutex_destroy(&engine->queue_lock);
    att_item_filter_destroy(engine->item_filter, &host);
    att_engine_close_worlds(engine);
    pthread_rwlock_destroy(&engine->state_lock);
    pthread_mutex_destroy(&engine->look_lock);
    att_engine_provenance_close(engine);
    pthread_mutex_destroy(&engine->provenance_lock);
    att_steady_destroy(engine->steady);
    att_engine_end(engine->shell);
    pthread_mutex_destroy(&engine->renew_lock);
    ATT_FREE_ARRAY(&host, engine->map, 3 * (size_t)engine->map_dim);
    pthread_mutex_destroy(&engine->store_lock);
    ATT_FREE_ARRAY(&host, engine->path, engine->path_size + 1);
    att_free(&host, engine, 1, sizeof *engine);
}

void att_engine_empty(att_engine *engine)
{
    drop_state(engine);
    att_store_close(engine->store);
    engine->store = NULL;
}

const char *att_engine_path(const att_engine *engine)
{
    return engine->path;
}

att_status att_engine_begin(att_engine **out, const char *path, const att_open_options *options,
    const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    att_engine *engine = ATT_NEW_ARRAY(&full, att_engine, 1);
    if (!engine)
        return att_no_memory(err, 1, "engine");
    engine->host = full;
    engine->options = options ? *options : att_open_options_default();
    if (engine->options.threads < 1 || engine->options.threads > 64)
        engine->options.threads = engine->options.threads ? 64 : 1;
    pthread_mutex_init(&engine->store_lock, NULL);
    pthread_rwlock_init(&engine->state_lock, NULL);
    pthread_mutex_init(&engine->queue_lock, NULL);
    pthread_mutex_init(&engine->look_lock, NULL);
    pthread_mutex_init(&engine->provenance_lock, NULL);
    pthread_mutex_init(&engine->renew_lock, NULL);
    pthread_cond_init(&engine->queue_moved, NULL);
    att_names_init(&engine->users, &engine->host);
    att_catalogue_init(&engine->catalogue, &engine->host);
    att_wishes_init(&engine->wishes, &engine->host);
    att_bandit_memory_init(&engine->choose_memory, &engine->host);
    att_arena_init(&engine->choose_scratch, &engine->host, 0);
    engine->policy = att_policy_default();

    att_status status = att_budget_init(&engine->budget, err);
    if (!status)
        status = att_steady_create(&engine->steady, &engine->host, err);
    engine->path_size = strlen(path);
    engine->path = att_alloc(&engine->host, engine->path_size + 1, 1);
    if (status)
        ; // told already
    else if (!engine->path)
        status = att_no_memory(err, engine->path_size, "bytes of path");
    else
        memcpy(engine->path, path, engine->path_size + 1);
    if (status) {
        att_engine_end(engine);
        return status;
    }
    *out = engine;
    return ATT_OK;
}

att_status att_engine_open(att_engine **out, const char *path, const att_open_options *options,
    const att_host *host, att_error *err)
{
    *out = NULL;
    att_engine *engine = NULL;
    att_status status = att_engine_begin(&engine, path, options, host, err);
    if (status)
        return status;
    status = att_item_filter_create(&engine->item_filter, &engine->host, err);
    if (!status)
        status = att_engine_check_worlds(engine, err);
    if (!status)
        status = att_engine_open_worlds(engine, err);
    const att_store_options store_options = {.create = engine->options.create,
        .exclusive = engine->options.exclusive,
        .read_only = engine->options.read_only,
        .seed = engine->options.seed,
        .busy_timeout_ms = engine->options.wait_ms};
    if (!status)
        status = att_store_open(&engine->store, path, &store_options, &engine->host, err);
    if (!status)
        status = att_engine_reload(engine, err);
    if (status) {
        att_engine_end(engine);
        return status;
    }
    *out = engine;
    return ATT_OK;
}

void att_engine_close(att_engine *engine)
{
    if (!engine)
        return;
    att_engine_save_at_close(engine);
    att_engine_end(engine);
}

void att_engine_info_get(att_engine *engine, att_engine_info *out)
{
    att_error err;
    if (att_engine_refresh(engine, &err))
        att_logf(&engine->host, ATT_LOG_WARNING, "counts may be behind: %s", err.text);
    *out = (att_engine_info){0};
    pthread_rwlock_rdlock(&engine->state_lock);
    if (engine->stale) {
        pthread_rwlock_unlock(&engine->state_lock);
        return;
    }
    const att_people_totals total = att_people_total(engine->people);
    const att_model_entry *in_force = att_model_log_in_force(&engine->models);
    *out = (att_engine_info){.events = total.events,
        .duplicate_events = __atomic_load_n(&engine->duplicates, __ATOMIC_RELAXED),
        .bot_events = total.bot_events,
        .decisions = total.decisions,
        .items = engine->catalogue.body_count,
        .items_taken_down = engine->catalogue.taken_down_count,
        .users = total.users,
        .impressions = total.impressions,
        .explored_impressions = total.explored,
        .first_event_ms = total.first_ms,
        .last_event_ms = total.last_ms,
        .model = engine->serving.version,
        .model_in_force = in_force ? in_force->version : 0,
        .items_bytes = att_catalogue_bytes(&engine->catalogue) + att_rights_bytes(engine->rights) + att_wishes_bytes(&engine->wishes),
        .users_bytes = total.bytes + att_names_bytes(&engine->users),
        .event_ids_bytes = total.ids_bytes,
        .index_bytes = engine->serving.index ? att_index_bytes(engine->serving.index) + att_kept_bytes(engine->serving.kept) : 0,
        .since_checkpoint = engine->folded_since_checkpoint};
    snprintf(out->model_kind, sizeof out->model_kind, "%s",
        engine->serving.model ? att_model_kind_name(att_model_kind_of(engine->serving.model)) : "none");
    pthread_rwlock_unlock(&engine->state_lock);
}
