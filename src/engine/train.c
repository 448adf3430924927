// SPDX-License-Identifier: Apache-2.0
// engine/train.c - a training from beginning to end: what it learns from, whether it may swap, what is logged.
//
//   plain:     all likings -> model -> files -> record, swap
//   validated: likings up to a cut -> model to judge -> trial against the model in force (slice.c, embed/duel.h)
//              not worse: all likings, begun warm from the model to judge -> files -> record, swap
//              else:      a record of the refusal; the model in force stays
//
// The training's lock goes with a descriptor: one training at a time on a store, in this process and in others.
#include "engine/learn.h"
#include "embed/duel.h"
#include "engine/provenance.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct training {
    att_engine *engine;
    att_learning l;
    att_train_options options; // complete
    att_train_report *report;
    uint64_t version;    // that it will have
    uint64_t in_force;   // 0: none
    uint64_t seen_seq;   // what the one in force has seen of the log
    uint64_t generation; // of the one in force
    att_model *before;   // the one in force; NULL: none, or not needed
    att_model *judged;   // learned up to the cut
    att_model *model;    // to be swapped in
    att_slice slice;
    att_likings likings; // of a training that judges nothing
    int64_t start_ms;
} training;

// --- The lock -------------------------------------------------------------------------------------------------------

static att_status lock_training(const att_engine *engine, att_arena *scratch, int *lock, att_error *err)
{
    const char *folder = att_arena_printf(scratch, "%s-models", engine->path);
    const char *path = att_arena_printf(scratch, "%s-models/.training", engine->path);
    if (!folder || !path)
        return att_no_memory(err, 1, "path");
    if (mkdir(folder, 0755) != 0 && errno != EEXIST)
        return att_fail_errno(err, errno, "creating %s", folder);
    *lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (*lock < 0)
        return att_fail_errno(err, errno, "opening %s", path);
    if (flock(*lock, LOCK_EX | LOCK_NB) != 0)
        return ATT_FAIL(err, ATT_BUSY, "another training of %s is running", engine->path);
    return ATT_OK;
}

// --- Beginning ------------------------------------------------------------------------------------------------------

static void look_at_versions(training *t)
{
    att_engine *engine = t->engine;
    uint64_t on_disk = 0;
    att_model_versions(engine->path, &on_disk, 1);
    pthread_rwlock_rdlock(&engine->state_lock);
    const att_model_entry *now = att_model_log_in_force(&engine->models);
    t->version = ATT_MAX(on_disk, att_model_log_newest(&engine->models)) + 1;
    if (now) {
        t->in_force = now->version;
        t->generation = now->r.generation;
        // A record from before reasons were kept was appended after its training had read the log.
        t->seen_seq = now->r.log_seq ? now->r.log_seq : now->seq;
    }
    pthread_rwlock_unlock(&engine->state_lock);
}

static att_status load_before(training *t, att_error *err)
{
    if (!t->in_force || !(t->options.incremental || t->options.validated))
        return ATT_OK;
    att_error story = {0};
    const att_status status = att_model_load_version(t->engine, t->in_force, &t->before, &story);
    if (status == ATT_NO_MEMORY)
        return ATT_FAIL(err, status, "%s", story.text);
    if (status)
        att_logf(&t->engine->host, ATT_LOG_WARNING, "nothing to begin from or to judge by: %s", story.text);
    return ATT_OK;
}

static att_status begin(training *t, const att_train_options *options, att_error *err)
{
    att_engine *engine = t->engine;
    look_at_versions(t);
    t->options = options ? *options : (att_train_options){0};
    if (!t->options.threads)
        t->options.threads = engine->options.threads;
    if (!t->options.seed)
        t->options.seed = att_mix64(att_store_seed(engine->store) + t->version);
    const att_status status = att_learning_begin(&t->l, engine, err);
    if (status)
        return status;
    // A training that was stopped goes on from these, where its log, seed and version are still the same.
    t->options.checkpoints = att_arena_printf(&t->l.bodies, "%s-models/.training-of", engine->path);
    return t->options.checkpoints ? load_before(t, err) : att_no_memory(err, 1, "path");
}

// --- One model ------------------------------------------------------------------------------------------------------

static att_status learn(training *t, const att_likings *likings, const att_model *before, att_model **out,
    att_train_report *report, att_error *err)
{
    const att_model_input input = {.preferences = &likings->matrix,
        .last_at_ms = likings->at_ms,
        .situation = likings->situation,
        .item_of = att_learning_item,
        .item_user = &t->l,
        .before = before,
        .warm_passes = t->l.policy.learning.warm_passes};
    if (att_matrix_nonzeros(&likings->matrix) == 0)
        return ATT_FAIL(err, ATT_INVALID,
            "%s holds no liking to learn from: import events first (attune import)", t->engine->path);
    return att_model_train(out, &input, &t->options, report, &t->engine->host, err);
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

// --- Judging --------------------------------------------------------------------------------------------------------

static void say_verdict(const att_duel *trial, char *out, size_t size)
{
    snprintf(out, size, "%s by %u people: %+.4f (%.4f to %.4f) on %.4f, at least %.4f was asked for",
        trial->not_worse ? "not worse" : "maybe worse", trial->people, trial->difference, trial->low, trial->high,
        (trial->before_ndcg_100 + trial->before_recall_20) / 2, trial->least);
}

// The model to judge learns up to the cut. *report is what the choice, if there was one, tried.
static att_status judge(training *t, att_train_report *report, att_error *err)
{
    const att_host *host = &t->engine->host;
    const att_duel_options options = {.margin = t->l.policy.learning.margin,
        .confidence = t->l.policy.learning.confidence,
        .threads = t->options.threads};
    const att_model *from = t->options.incremental ? t->before : NULL;
    const uint32_t least = t->l.policy.learning.people_least;
    att_status status = att_slice_make(&t->slice, &t->l, t->seen_seq, t->options.seed, err);
    if (!status && t->slice.held.history.rows < least) {
        snprintf(report->why, sizeof report->why,
            "too little to judge by: %u people came to like something new behind record %llu, %u are needed",
            t->slice.held.history.rows, (unsigned long long)t->slice.cut_seq, least);
        return ATT_OK;
    }
    if (!status)
        status = learn(t, &t->slice.before, from, &t->judged, report, err);
    if (!status)
        status = att_duel_run(&report->trial, &t->slice.held, t->before, t->judged, att_learning_item, &t->l,
            &options, host, err);
    if (!status)
        say_verdict(&report->trial, report->why, sizeof report->why);
    return status;
}

// What was tried for the model to judge is what the model was chosen by.
static void keep_choice(att_train_report *report, const att_train_report *judging)
{
    memcpy(report->tried, judging->tried, sizeof report->tried);
    report->tried_count = judging->tried_count;
    report->chosen = judging->chosen;
    report->incremental = judging->incremental;
    report->trial = judging->trial;
    report->trial_seconds = judging->trial_seconds;
    memcpy(report->why, judging->why, sizeof report->why);
}

static att_status learn_validated(training *t, att_error *err)
{
    att_train_report *report = t->report, judging = {0};
    const att_host *host = &t->engine->host;
    att_status status = judge(t, &judging, err);
    judging.trial_seconds = (double)(host->now_ms(host->user) - t->start_ms) / 1000;
    if (!status && judging.trial.not_worse)
        status = learn(t, &t->slice.after, t->judged, &t->model, report, err);
    if (!status && t->model)
        status = count_learned(&t->slice.after.matrix, report, host, err);
    keep_choice(report, &judging);
    return status;
}

static att_status learn_plainly(training *t, att_error *err)
{
    att_status status = att_learning_gather(&t->l, &t->likings, err);
    if (!status)
        status = learn(t, &t->likings, t->options.incremental ? t->before : NULL, &t->model, t->report, err);
    if (!status)
        status = count_learned(&t->likings.matrix, t->report, &t->engine->host, err);
    const char *why = !t->options.validated ? "asked for" : !t->in_force ? "the first model" : "the one in force cannot be read";
    snprintf(t->report->why, sizeof t->report->why, "%s", why);
    return status;
}

// --- Swapping -------------------------------------------------------------------------------------------------------

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

static void set_origin(const training *t, const att_likings *likings)
{
    const att_host *host = &t->engine->host;
    const bool warm = t->report->incremental;
    const att_model_origin origin = {.store_seed = att_store_seed(t->engine->store),
        .log_seq = t->l.log_seq,
        .trained_ms = host->now_ms(host->user),
        .events = t->l.events,
        .preferences = likings->preferences,
        .began_from = warm ? t->in_force : 0,
        .generation = warm ? t->generation + 1 : 0};
    att_model_set_origin(t->model, &origin);
}

// What is served has its entry: so it comes before the swap.
static att_status log_provenance(training *t, const att_likings *likings, att_error *err)
{
    const char *file = att_model_path(t->engine, &t->l.bodies, t->version, "model");
    if (!file)
        return att_no_memory(err, 1, "path");
    return att_engine_log_training(t->engine, &t->l, likings, t->version, t->options.seed, t->report, file, err);
}

static att_status put_in_force(training *t, att_error *err)
{
    const att_likings *likings = t->judged ? &t->slice.after : &t->likings;
    set_origin(t, likings);
    att_status status =
        att_learning_write(&t->l, likings, t->model, t->version, t->options.seed, t->options.threads, err);
    if (!status)
        status = log_provenance(t, likings, err);
    att_model_record record = att_model_record_of(t->model, ATT_MODEL_TRAINED, t->report->why);
    record.trial = t->report->trial;
    if (!status)
        status = att_engine_put_in_force(t->engine, t->version, &record, err);
    if (!status) {
        t->report->swapped = true;
        att_engine_prune_models(t->engine);
    } else {
        remove_files(t->engine, &t->l.bodies, t->version);
        take_back(t->engine, t->version);
    }
    return status;
}

typedef struct refusal_write {
    att_write write;
    uint64_t version;
    att_model_record record;
} refusal_write;

static att_status run_refusal(att_engine *engine, att_write *write, att_error *err)
{
    const refusal_write *job = (const refusal_write *)write;
    return att_engine_append_model(engine, ATT_RECORD_MODEL_REFUSED, job->version, &job->record, err);
}

static att_status log_refusal(training *t, att_error *err)
{
    const att_host *host = &t->engine->host;
    att_model_record record = {.act = ATT_MODEL_REFUSED,
        .log_seq = t->slice.cut_seq,
        .trained_ms = host->now_ms(host->user),
        .events = t->l.events,
        .preferences = t->slice.before.preferences,
        .began_from = t->report->incremental ? t->in_force : 0,
        .generation = t->report->incremental ? t->generation + 1 : 0,
        .trial = t->report->trial};
    if (t->judged) {
        record.dim = att_model_dim(t->judged);
        snprintf(record.kind, sizeof record.kind, "%s", att_model_kind_name(att_model_kind_of(t->judged)));
        snprintf(t->report->kind, sizeof t->report->kind, "%s", record.kind);
        t->report->dim = record.dim;
    }
    snprintf(record.why, sizeof record.why, "%s", t->report->why);
    refusal_write job = {.write.run = run_refusal, .version = t->version, .record = record};
    return att_engine_commit(t->engine, &job.write, err);
}

// --- All of it ------------------------------------------------------------------------------------------------------

static att_status run(training *t, const att_train_options *options, att_error *err)
{
    const att_host *host = &t->engine->host;
    att_status status = begin(t, options, err);
    if (!status)
        status = t->before && t->options.validated ? learn_validated(t, err) : learn_plainly(t, err);
    if (!status)
        status = t->model ? put_in_force(t, err) : log_refusal(t, err);
    t->report->version = t->version;
    t->report->seconds = (double)(host->now_ms(host->user) - t->start_ms) / 1000;
    return status;
}

static void end(training *t)
{
    const att_host *host = &t->engine->host;
    att_model_destroy(t->before);
    att_model_destroy(t->judged);
    att_model_destroy(t->model);
    att_slice_deinit(&t->slice, host);
    att_likings_deinit(&t->likings, host);
    if (t->l.engine)
        att_learning_end(&t->l);
}

att_status att_engine_train(
    att_engine *engine, const att_train_options *options, att_train_report *report, att_error *err)
{
    if (engine->options.read_only)
        return ATT_FAIL(err, ATT_READ_ONLY, "store %s was opened read-only", engine->path);
    att_status status = att_engine_refresh(engine, err);
    if (status)
        return status;
    att_train_report own = {0};
    training t = {.engine = engine, .report = &own, .start_ms = engine->host.now_ms(engine->host.user)};
    att_arena scratch;
    att_arena_init(&scratch, &engine->host, 0);
    int lock = -1;
    status = lock_training(engine, &scratch, &lock, err);
    if (!status) {
        status = run(&t, options, err);
        end(&t);
    } else {
        look_at_versions(&t); // for the story
    }
    if (lock >= 0)
        close(lock);
    att_arena_deinit(&scratch);
    if (report)
        *report = own;
    return att_while(err, status, "training model %llu", (unsigned long long)t.version);
}

// --- Is it time? ----------------------------------------------------------------------------------------------------

typedef struct standing {
    const att_model_entry *last; // NULL: nothing was ever trained
    uint64_t met, met_unknown;   // items that people met; those of them that came after the model
} standing;

static standing look_around(const att_engine *engine)
{
    standing s = {0};
    if (engine->models.count)
        s.last = &engine->models.items[engine->models.count - 1];
    const uint32_t known = engine->serving.model ? att_model_item_count(engine->serving.model) : 0;
    for (uint32_t i = 0; i < engine->catalogue.entries.count; i++) {
        const bool met = engine->catalogue.entries.items[i].events > 0;
        s.met += met;
        s.met_unknown += met && i >= known;
    }
    return s;
}

static void judge_need(att_train_need *need, const att_policy *policy, bool has_model)
{
    const double before = (double)ATT_MAX(need->preferences, 1);
    const double share = (double)need->new_preferences / before;
    const double item_share = (double)need->new_items / (double)ATT_MAX(need->items, 1);
    const bool enough = need->new_preferences >= policy->learning.new_least;
    const bool old = policy->learning.age_days > 0 && need->age_days >= policy->learning.age_days;
    const char *is = "no training: ";
    const unsigned long long fresh = need->new_preferences, least = policy->learning.new_least;
    need->needed = true;
    if (!has_model && enough)
        snprintf(need->why, sizeof need->why, "there is no model, and %llu preferences to learn from", fresh);
    else if (has_model && enough && share >= policy->learning.new_share)
        snprintf(need->why, sizeof need->why, "%llu new preferences, %.1f %% of %llu; %g %% start a training", fresh,
            100 * share, (unsigned long long)need->preferences, 100 * policy->learning.new_share);
    else if (has_model && need->new_preferences && item_share >= policy->learning.new_items_share)
        snprintf(need->why, sizeof need->why, "%llu items that the model does not know, %.1f %% of %llu; %g %% start a training",
            (unsigned long long)need->new_items, 100 * item_share, (unsigned long long)need->items,
            100 * policy->learning.new_items_share);
    else if (has_model && need->new_preferences && old)
        snprintf(need->why, sizeof need->why, "%llu new preferences, and the last training was %.1f days ago; %g start one",
            fresh, need->age_days, policy->learning.age_days);
    else
        need->needed = false;
    if (need->needed)
        return;
    if (!enough)
        snprintf(need->why, sizeof need->why, "%s%llu new preferences, at least %llu are asked for", is, fresh, least);
    else
        snprintf(need->why, sizeof need->why, "%s%llu new preferences, %.1f %% of %llu; %g %% are asked for", is, fresh,
            100 * share, (unsigned long long)need->preferences, 100 * policy->learning.new_share);
}

// Counted since the last training, kept or refused, or the last change by hand: what was refused, or rolled back, is not
// tried again on the same evidence.
static void find_need(const att_engine *engine, att_train_need *need, uint64_t *generation)
{
    const standing s = look_around(engine);
    const uint64_t now = att_count_preferences(engine->people);
    const int64_t now_ms = engine->host.now_ms(engine->host.user);
    const att_model_entry *in_force = att_model_log_in_force(&engine->models);
    need->preferences = s.last ? s.last->r.preferences_now : 0;
    need->new_preferences = now > need->preferences ? now - need->preferences : 0;
    need->items = s.met;
    need->new_items = s.met_unknown;
    need->age_days = s.last ? (double)ATT_MAX(now_ms - s.last->at_ms, 0) / 86400000 : 0;
    judge_need(need, &engine->policy, in_force != NULL);
    *generation = in_force ? in_force->r.generation : 0;
}

static att_status look_for_need(
    att_engine *engine, att_train_need *need, uint64_t *generation, att_error *err)
{
    *need = (att_train_need){0};
    att_status status = att_engine_refresh(engine, err);
    if (status)
        return status;
    pthread_rwlock_rdlock(&engine->state_lock);
    status = att_engine_state_check(engine, err);
    if (!status)
        find_need(engine, need, generation);
    pthread_rwlock_unlock(&engine->state_lock);
    return status;
}

att_status att_engine_train_need(att_engine *engine, att_train_need *out, att_error *err)
{
    uint64_t generation;
    return look_for_need(engine, out, &generation, err);
}

att_status att_engine_train_if_needed(att_engine *engine, const att_train_options *options,
    att_train_need *need, att_train_report *report, att_error *err)
{
    att_train_need own;
    uint64_t generation = 0;
    if (report)
        *report = (att_train_report){0};
    const att_status status = look_for_need(engine, &own, &generation, err);
    if (need)
        *need = own;
    if (status || !own.needed)
        return status;
    att_train_options chosen = options ? *options : (att_train_options){0};
    chosen.validated = true;
    chosen.incremental = generation + 1 < att_engine_policy(engine).learning.choose_every;
    return att_engine_train(engine, &chosen, report, err);
}
