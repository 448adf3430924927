// SPDX-License-Identifier: Apache-2.0
// engine/learn.c - from the fold to a new model, while decisions go on.
//
// Preferences come from people's state (graded, merged, bots and opted-out people left out), decayed to the newest event
// by the policy's half-life. Contexts come from one pass over the log. The new files are written whole, then
// ATT_RECORD_MODEL is appended, then memory swaps: whoever is killed in between leaves a good store.
#include "engine/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONTEXT_SMOOTHING 20 // events; see decide/context.h
#define CONTEXT_LEAST 10
#define REACH_PEOPLE 256 // whose vectors are asked for, and how many of the nearest, when the index learns its reach
#define REACH_NEAREST 600
#define INDEX_STEP 4096 // items that are added at once

typedef struct learning {
    att_engine *engine;
    att_store *reader; // its own connection: writers are not kept waiting
    att_arena bodies;  // items' texts, for the time of training
    const att_item **items; // (item_count), NULL: no body
    uint32_t item_count;
    att_matrix matrix;
    int64_t *at_ms; // (at_count), at least (nonzeros)
    size_t at_count;
    att_status status;
    att_error *err;
} learning;

static bool keep_body(void *user, uint32_t index, att_text id, const att_item *item)
{
    learning *l = user;
    (void)id;
    if (!item || index >= l->item_count)
        return true;
    l->items[index] = att_item_copy(&l->bodies, item);
    if (!l->items[index])
        l->status = att_no_memory(l->err, index, "items' texts");
    return l->status == ATT_OK;
}

static const att_item *item_of(void *user, uint32_t item)
{
    const learning *l = user;
    return item < l->item_count ? l->items[item] : NULL;
}

typedef struct timed_triplet {
    att_triplet t;
    uint32_t at_s;
} timed_triplet;

// Copies everybody's positive preferences out of the state, so that the lock is held briefly.
static att_status copy_preferences(learning *l, att_error *err)
{
    att_engine *engine = l->engine;
    const att_host *host = &engine->host;
    ATT_VEC(att_triplet) triplets = {0};
    ATT_VEC(uint32_t) times = {0};
    att_status status = ATT_OK;
    pthread_rwlock_rdlock(&engine->state_lock);
    status = att_engine_state_check(engine, err);
    if (status) {
        pthread_rwlock_unlock(&engine->state_lock);
        return status;
    }
    const uint32_t people = att_people_count(engine->people);
    const att_people_totals total = att_people_total(engine->people);
    const double half_life_s = engine->policy.signals.half_life_days * 86400;
    l->item_count = (uint32_t)engine->catalogue.entries.count;
    for (uint32_t u = 0; u < people && !status; u++) {
        const att_person_state *person = att_people_get(engine->people, u);
        if (!person || !att_person_is_learned_from(person))
            continue;
        for (uint32_t p = 0; p < person->preference_count && !status; p++) {
            const att_preference *preference = &person->preferences[p];
            if (!(preference->grade > 0) || preference->item >= l->item_count)
                continue;
            const double age_s = (double)total.last_ms / 1000 - preference->at_s;
            const double decay = half_life_s > 0 ? exp2(-fmax(0, age_s) / half_life_s) : 1;
            const att_triplet t = {u, preference->item, (float)(preference->grade * decay)};
            if (!ATT_VEC_PUSH(host, &triplets, t) || !ATT_VEC_PUSH(host, &times, preference->at_s))
                status = att_no_memory(err, triplets.count, "preferences");
        }
    }
    pthread_rwlock_unlock(&engine->state_lock);
    // A person's items are distinct, so sorting by (row, col) keeps a one-to-one match with the times.
    l->at_count = triplets.count + 1;
    l->at_ms = status ? NULL : ATT_NEW_ARRAY(host, int64_t, l->at_count);
    if (!status && !l->at_ms)
        status = att_no_memory(err, triplets.count, "times");
    if (!status) {
        ATT_VEC(att_triplet) order = {0};
        for (size_t i = 0; i < triplets.count && !status; i++) {
            const att_triplet t = {triplets.items[i].row, triplets.items[i].col, 0};
            if (!ATT_VEC_PUSH(host, &order, t))
                status = att_no_memory(err, triplets.count, "preferences");
        }
        if (!status)
            status = att_matrix_build(&l->matrix, people, l->item_count, order.items, order.count, host, err);
        for (size_t i = 0; i < triplets.count && !status; i++) {
            const att_triplet *t = &triplets.items[i];
            uint64_t low = l->matrix.row_start[t->row], high = l->matrix.row_start[t->row + 1];
            while (low + 1 < high) {
                const uint64_t middle = (low + high) / 2;
                if (l->matrix.col[middle] <= t->col)
                    low = middle;
                else
                    high = middle;
            }
            l->matrix.value[low] = t->value;
            l->at_ms[low] = (int64_t)times.items[i] * 1000;
        }
        ATT_VEC_FREE(host, &order);
    }
    ATT_VEC_FREE(host, &triplets);
    ATT_VEC_FREE(host, &times);
    return status;
}

// --- Context ------------------------------------------------------------------------------------------------

typedef struct context_pass {
    learning *l;
    att_context_builder *builder;
    uint64_t seen, total;
} context_pass;

static bool learn_context(void *user, const att_record *record)
{
    context_pass *pass = user;
    att_engine *engine = pass->l->engine;
    if ((++pass->seen & 0xFFFF) == 0 &&
        !att_progress_tell(&engine->host, "contexts", pass->seen, pass->total, "records")) {
        pass->l->status = ATT_FAIL(pass->l->err, ATT_CANCELLED, "training was cancelled");
        return false;
    }
    if (record->kind != ATT_RECORD_EVENT || record->set_aside || record->item >= pass->l->item_count)
        return true;
    const att_item *item = pass->l->items[record->item];
    if (!item)
        return true;
    pthread_rwlock_rdlock(&engine->state_lock);
    const att_grade grade = att_grade_event(&engine->policy, record, item->duration_ms);
    size_t tag_count;
    const uint16_t *tags = att_catalogue_tags(&engine->catalogue, record->item, &tag_count);
    if (grade.grade > 0 && tag_count)
        att_context_builder_add(
            pass->builder, &record->context, record->at_ms, tags, tag_count, (double)grade.grade);
    pthread_rwlock_unlock(&engine->state_lock);
    return pass->l->status == ATT_OK;
}

static att_status write_context(learning *l, const char *path, att_error *err)
{
    att_engine *engine = l->engine;
    context_pass pass = {.l = l};
    att_context_model *model = NULL;
    att_status status = att_store_last_seq(l->reader, &pass.total, err);
    if (status)
        return status;
    pthread_rwlock_rdlock(&engine->state_lock);
    pass.total = engine->last_seq;
    const size_t tags = engine->catalogue.tags.count;
    pthread_rwlock_unlock(&engine->state_lock);
    status = att_context_builder_create(&pass.builder, tags, &engine->host, err);
    if (!status)
        status = att_store_log_each(l->reader, 1, learn_context, &pass, err);
    if (!status)
        status = l->status;
    if (!status)
        status = att_context_finish(&model, pass.builder, CONTEXT_SMOOTHING, CONTEXT_LEAST, &engine->host, err);
    pthread_rwlock_rdlock(&engine->state_lock);
    if (!status)
        status = att_context_file_save(model, &engine->catalogue.tags, path, &engine->host, err);
    pthread_rwlock_unlock(&engine->state_lock);
    att_context_model_destroy(model);
    att_context_builder_destroy(pass.builder);
    return status;
}

// --- Index ----------------------------------------------------------------------------------------------------

// The vectors of people spread over all who are learned from. Returns how many.
static att_status fold_some(const learning *l, const att_model *model, float *vectors, size_t *count, att_error *err)
{
    const att_matrix *matrix = &l->matrix;
    const size_t step = matrix->rows / REACH_PEOPLE + 1;
    att_fold_item items[256];
    att_fold *fold = NULL;
    att_status status = att_fold_create(&fold, &l->engine->host, err);
    *count = 0;
    for (size_t u = 0; u < matrix->rows && *count < REACH_PEOPLE && !status; u += step) {
        size_t met = 0;
        for (uint64_t k = matrix->row_start[u]; k < matrix->row_start[u + 1] && met < ATT_COUNT_OF(items); k++)
            items[met++] = (att_fold_item){.item = matrix->col[k], .weight = matrix->value[k]};
        if (met)
            status = att_model_fold(model, fold, items, met, vectors + (*count)++ * att_model_dim(model), err);
    }
    att_fold_destroy(fold);
    return status;
}

static att_status learn_reach(const learning *l, const att_model *model, att_index *index, att_error *err)
{
    const att_host *host = &l->engine->host;
    const size_t room = (size_t)REACH_PEOPLE * att_model_dim(model);
    float *vectors = ATT_NEW_ARRAY(host, float, room);
    size_t count = 0;
    att_status status = vectors ? fold_some(l, model, vectors, &count, err) : att_no_memory(err, room, "vectors");
    if (!status)
        status = att_index_learn_reach(index, vectors, count, REACH_NEAREST, err);
    ATT_FREE_ARRAY(host, vectors, room);
    return status;
}

static att_status write_index(
    learning *l, const att_model *model, uint64_t seed, uint32_t threads, const char *path, att_error *err)
{
    const att_host *host = &l->engine->host;
    const uint32_t dim = att_model_dim(model), items = att_model_item_count(model);
    const att_index_options options = {.dim = dim, .form = ATT_INDEX_I8, .capacity = items, .seed = seed};
    att_index *index = NULL;
    uint32_t *ids = ATT_NEW_ARRAY(host, uint32_t, items);
    float *vectors = ATT_NEW_ARRAY(host, float, (size_t)items * dim);
    uint32_t *order = ATT_NEW_ARRAY(host, uint32_t, items), *step_ids = ATT_NEW_ARRAY(host, uint32_t, INDEX_STEP);
    float *step_vectors = ATT_NEW_ARRAY(host, float, (size_t)INDEX_STEP * dim);
    att_status status = att_index_create(&index, &options, host, err);
    if (!status && (!ids || !vectors || !order || !step_ids || !step_vectors))
        status = att_no_memory(err, items, "vectors");
    size_t count = 0;
    for (uint32_t i = 0; i < items && !status; i++) {
        const float *vector = att_model_item_vector(model, i);
        if (!vector)
            continue;
        ids[count] = i;
        memcpy(vectors + count++ * dim, vector, dim * sizeof *vector);
    }
    if (!status)
        status = att_index_arrange(vectors, count, dim, seed, order, host, err);
    for (size_t at = 0; at < count && !status;) {
        const size_t step = ATT_MIN(count - at, INDEX_STEP);
        for (size_t i = 0; i < step; i++) {
            step_ids[i] = ids[order[at + i]];
            memcpy(step_vectors + i * dim, vectors + (size_t)order[at + i] * dim, dim * sizeof *vectors);
        }
        status = att_index_add(index, step_ids, step_vectors, step, threads, err);
        at += step;
        if (!status && !att_progress_tell(host, "index", at, count, "items"))
            status = ATT_FAIL(err, ATT_CANCELLED, "training was cancelled");
    }
    if (!status)
        status = learn_reach(l, model, index, err);
    if (!status)
        status = att_index_save(index, path, err);
    att_index_destroy(index);
    ATT_FREE_ARRAY(host, order, items);
    ATT_FREE_ARRAY(host, step_ids, INDEX_STEP);
    ATT_FREE_ARRAY(host, step_vectors, (size_t)INDEX_STEP * dim);
    ATT_FREE_ARRAY(host, ids, items);
    ATT_FREE_ARRAY(host, vectors, (size_t)items * dim);
    return status;
}

// --- Swap -----------------------------------------------------------------------------------------------------

typedef struct model_write {
    att_write write;
    uint64_t version;
} model_write;

static att_status run_model(att_engine *engine, att_write *write, att_error *err)
{
    const model_write *job = (const model_write *)write;
    att_serving fresh = {0};
    pthread_rwlock_rdlock(&engine->state_lock);
    att_status status = att_serving_load(engine, job->version, &fresh, err);
    pthread_rwlock_unlock(&engine->state_lock);
    if (status)
        return status;
    pthread_rwlock_wrlock(&engine->state_lock);
    att_serving_deinit(&engine->serving, &engine->host);
    engine->serving = fresh;
    pthread_rwlock_unlock(&engine->state_lock);
    att_record record = att_record_blank(engine, ATT_RECORD_MODEL);
    record.decision = job->version;
    return att_engine_append(engine, &record, 1, err);
}

static att_status make_folder(const att_engine *engine, att_arena *scratch, att_error *err)
{
    const char *folder = att_arena_printf(scratch, "%s-models", engine->path);
    if (!folder)
        return att_no_memory(err, 1, "path");
    if (mkdir(folder, 0755) != 0 && errno != EEXIST)
        return att_fail_errno(err, errno, "creating %s", folder);
    return ATT_OK;
}

// One training at a time on a store, in this process and in others: the lock goes with the descriptor.
static att_status lock_training(const att_engine *engine, att_arena *scratch, int *lock, att_error *err)
{
    att_status status = make_folder(engine, scratch, err);
    if (status)
        return status;
    const char *path = att_arena_printf(scratch, "%s-models/.training", engine->path);
    if (!path)
        return att_no_memory(err, 1, "path");
    *lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (*lock < 0)
        return att_fail_errno(err, errno, "opening %s", path);
    if (flock(*lock, LOCK_EX | LOCK_NB) != 0)
        return ATT_FAIL(err, ATT_BUSY, "another training of %s is running", engine->path);
    return ATT_OK;
}

static void remove_files(const att_engine *engine, att_arena *scratch, uint64_t version)
{
    static const char *const suffixes[] = {"model", "index", "context"};
    for (size_t s = 0; s < ATT_COUNT_OF(suffixes); s++) {
        const char *path = att_model_path(engine, scratch, version, suffixes[s]);
        if (path)
            unlink(path);
    }
}

// What was swapped in before its commit failed is not served on: its number will be another model's.
static void take_back(att_engine *engine, uint64_t version)
{
    att_error err = {0};
    pthread_mutex_lock(&engine->store_lock);
    if (engine->serving.version == version && att_engine_reload(engine, &err))
        att_logf(&engine->host, ATT_LOG_ERROR, "after a training that failed, to be tried again: %s", err.text);
    pthread_mutex_unlock(&engine->store_lock);
}

// The model file is written last: a version counts as there when its .model is there.
static att_status write_version(learning *l, const att_model *model, const att_train_options *options,
    uint64_t version, att_arena *scratch, att_error *err)
{
    const att_engine *engine = l->engine;
    const char *index = att_model_path(engine, scratch, version, "index");
    const char *context = att_model_path(engine, scratch, version, "context");
    const char *path = att_model_path(engine, scratch, version, "model");
    if (!index || !context || !path)
        return att_no_memory(err, 3, "paths");
    att_status status = write_context(l, context, err);
    if (!status && att_model_dim(model) > 0)
        status = write_index(l, model, options->seed, options->threads, index, err);
    if (!status)
        status = att_model_save(model, version, path, err);
    return status;
}

// People and items that have a preference; the matrix has room for all that have a number.
static att_status count_learned(
    const att_matrix *matrix, att_train_report *report, const att_host *host, att_error *err)
{
    bool *met = ATT_NEW_ARRAY(host, bool, matrix->cols);
    if (!met)
        return att_no_memory(err, matrix->cols, "items");
    report->users = report->items = 0;
    report->preferences = matrix->row_start[matrix->rows];
    for (uint32_t row = 0; row < matrix->rows; row++)
        report->users += matrix->row_start[row + 1] > matrix->row_start[row];
    for (uint64_t i = 0; i < report->preferences; i++) {
        report->items += !met[matrix->col[i]];
        met[matrix->col[i]] = true;
    }
    ATT_FREE_ARRAY(host, met, matrix->cols);
    return ATT_OK;
}

static void end_learning(learning *l)
{
    const att_host *host = &l->engine->host;
    ATT_FREE_ARRAY(host, l->at_ms, l->at_count);
    att_matrix_deinit(&l->matrix, host);
    ATT_FREE_ARRAY(host, l->items, l->item_count);
    att_arena_deinit(&l->bodies);
    att_store_close(l->reader);
}

att_status att_engine_train(
    att_engine *engine, const att_train_options *options, att_train_report *report, att_error *err)
{
    if (engine->options.read_only)
        return ATT_FAIL(err, ATT_READ_ONLY, "store %s was opened read-only", engine->path);
    att_status status = att_engine_refresh(engine, err);
    if (status)
        return status;
    att_arena scratch;
    att_arena_init(&scratch, &engine->host, 0);
    int lock = -1;
    status = lock_training(engine, &scratch, &lock, err);
    uint64_t newest = 0;
    if (!status)
        att_model_versions(engine->path, &newest, 1);
    const uint64_t version = newest + 1;
    att_train_options chosen = options ? *options : (att_train_options){0};
    if (!chosen.threads)
        chosen.threads = engine->options.threads;
    if (!chosen.seed)
        chosen.seed = att_mix64(att_store_seed(engine->store) + version);
    chosen.checkpoints = att_arena_printf(&scratch, "%s-models/.training-of", engine->path);
    if (!status && !chosen.checkpoints)
        status = att_no_memory(err, 1, "path");

    att_train_report own = {0};
    learning l = {.engine = engine, .err = err};
    att_arena_init(&l.bodies, &engine->host, (size_t)1 << 20);
    const att_store_options reader = {.read_only = true};
    att_model *model = NULL;
    const bool locked = !status;
    if (!status)
        status = att_store_open(&l.reader, engine->path, &reader, &engine->host, err);
    if (!status)
        status = copy_preferences(&l, err);
    if (!status) {
        l.items = (const att_item **)att_alloc_zero(&engine->host, l.item_count, sizeof *l.items);
        status = l.items ? att_store_items_each(l.reader, 0, keep_body, &l, err)
                         : att_no_memory(err, l.item_count, "items");
    }
    if (!status)
        status = l.status;
    if (!status && l.matrix.row_start[l.matrix.rows] == 0)
        status = ATT_FAIL(err, ATT_INVALID,
            "%s holds no liking to learn from: import events first (attune import)", engine->path);
    if (!status) {
        const att_model_input input = {
            .preferences = &l.matrix, .last_at_ms = l.at_ms, .item_of = item_of, .item_user = &l};
        status = att_model_train(&model, &input, &chosen, &own, &engine->host, err);
    }
    if (!status)
        status = count_learned(&l.matrix, &own, &engine->host, err);
    if (!status)
        status = write_version(&l, model, &chosen, version, &scratch, err);
    att_model_destroy(model);
    end_learning(&l);
    if (!status) {
        model_write job = {.write.run = run_model, .version = version};
        status = att_engine_commit(engine, &job.write, err);
    }
    if (status && locked) {
        remove_files(engine, &scratch, version);
        take_back(engine, version);
    }
    if (lock >= 0)
        close(lock);
    att_arena_deinit(&scratch);
    own.version = version;
    if (report)
        *report = own;
    return att_while(err, status, "training model %llu", (unsigned long long)version);
}
