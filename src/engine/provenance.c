// SPDX-License-Identifier: Apache-2.0
// engine/provenance.c - what a training learned from, what was made, who was forgotten: into PATH-provenance.
//
// The log is opened with the first append and kept open; provenance_lock guards it, and is taken while no other lock is held.
#include "engine/provenance.h"

#include "guard/prov_counts.h"
#include "guard/prov_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { APPENDED_AT_ONCE = 4096 };

bool att_provenance_path(const char *store_path, const char *suffix, char *out, size_t room)
{
    return (size_t)snprintf(out, room, "%s%s%s", store_path, ATT_PROVENANCE_SUFFIX, suffix) < room;
}

void att_model_name(uint64_t version, char out[ATT_MODEL_NAME_SIZE])
{
    snprintf(out, ATT_MODEL_NAME_SIZE, "store/%llu", (unsigned long long)version);
}

// --- The log ----------------------------------------------------------------------------------------------------

static att_status path_of(const att_engine *engine, const char *suffix, char out[4200], att_error *err)
{
    return att_provenance_path(engine->path, suffix, out, 4200)
               ? ATT_OK
               : ATT_FAIL(err, ATT_LIMIT, "the path %s is too long", engine->path);
}

static att_status open_log(att_engine *engine, att_error *err)
{
    char path[4200];
    if (engine->provenance)
        return ATT_OK;
    if (engine->options.read_only)
        return ATT_FAIL(err, ATT_READ_ONLY, "store %s was opened read-only", engine->path);
    const att_status status = path_of(engine, "", path, err);
    const att_provenance_options options = {.create = true, .wait_ms = engine->options.wait_ms};
    return status ? status : att_provenance_open(&engine->provenance, path, &options, &engine->host, err);
}

void att_engine_provenance_close(att_engine *engine)
{
    att_provenance_close(engine->provenance);
    engine->provenance = NULL;
}

att_status att_engine_provenance_append(
    att_engine *engine, const att_provenance_entry *entries, size_t count, uint64_t *first, att_error *err)
{
    pthread_mutex_lock(&engine->provenance_lock);
    att_status status = open_log(engine, err);
    if (!status)
        status = att_provenance_append(engine->provenance, entries, count, first, err);
    pthread_mutex_unlock(&engine->provenance_lock);
    return status;
}

// A log without a key is as good a tree, only that nobody has signed it.
att_status att_engine_provenance_sign(att_engine *engine, att_error *err)
{
    char key[4200];
    att_status status = path_of(engine, "-key", key, err);
    if (status || access(key, F_OK) != 0)
        return status;
    pthread_mutex_lock(&engine->provenance_lock);
    status = open_log(engine, err);
    if (!status)
        status = att_provenance_checkpoint(engine->provenance, NULL, err);
    pthread_mutex_unlock(&engine->provenance_lock);
    return status;
}

// --- What a training learned from ---------------------------------------------------------------------------------

// The newest entry of each item that was logged as an input.
typedef struct logged {
    att_hash content, leaf;
    att_text licence, opt_out; // in `life`
} logged;
typedef struct inputs {
    att_engine *engine;
    const att_learning *l;
    att_arena life;
    att_names items;       // by id: row of `rows`
    ATT_VEC(logged) rows;
    att_prov_counts counts; // by licence, of those learned from
    att_tree tree;         // over the leaves of those learned from
    uint64_t opted_out;
    bool no_memory;
} inputs;

static bool see_logged(void *user, const att_provenance_entry *entry, att_text line)
{
    inputs *in = user;
    (void)line;
    if (entry->kind != ATT_PROVENANCE_INPUT)
        return true;
    const uint32_t row = att_names_add(&in->items, entry->subject);
    logged is = {entry->content, entry->leaf, att_arena_text(&in->life, entry->licence), att_arena_text(&in->life, entry->opt_out)};
    in->no_memory |= row == ATT_NO_INDEX || !is.licence.data || !is.opt_out.data;
    if (!in->no_memory && row == in->rows.count)
        in->no_memory = !ATT_VEC_PUSH(&in->engine->host, &in->rows, is);
    else if (!in->no_memory)
        in->rows.items[row] = is;
    return !in->no_memory;
}

static bool is_logged(const inputs *in, const att_learning_input *item)
{
    const uint32_t row = att_names_find(&in->items, item->id);
    if (row == ATT_NO_INDEX)
        return false;
    const logged *is = &in->rows.items[row];
    return att_hash_equal(&is->content, &item->content) && att_text_equal(is->licence, item->licence) &&
           att_text_equal(is->opt_out, item->opt_out);
}

static att_status read_logged(inputs *in, att_error *err)
{
    char path[4200];
    att_status status = path_of(in->engine, "", path, err);
    if (!status && access(path, F_OK) == 0)
        status = att_provenance_each(path, NULL, 0, &in->engine->host, see_logged, in, err);
    return !status && in->no_memory ? att_no_memory(err, in->rows.count, "inputs that were logged") : status;
}

static att_provenance_entry entry_of(const att_learning_input *item)
{
    return (att_provenance_entry){.kind = ATT_PROVENANCE_INPUT, .subject = item->id, .medium = item->medium, .content = item->content,
        .licence = item->licence, .opt_out = item->opt_out};
}

// Those that are new, or changed since they were logged.
static att_status log_new(inputs *in, att_error *err)
{
    att_provenance_entry *batch = ATT_NEW(&in->life, att_provenance_entry, APPENDED_AT_ONCE);
    if (!batch)
        return att_no_memory(err, APPENDED_AT_ONCE, "entries");
    att_status status = ATT_OK;
    size_t count = 0;
    for (uint32_t i = 0; i < in->l->item_count && !status; i++) {
        const att_learning_input *item = &in->l->inputs[i];
        if (item->id.size && !is_logged(in, item))
            batch[count++] = entry_of(item);
        if (count == APPENDED_AT_ONCE || (count && i + 1 == in->l->item_count)) {
            status = att_engine_provenance_append(in->engine, batch, count, NULL, err);
            count = 0;
        }
        if (!status && i % APPENDED_AT_ONCE == 0 && !att_progress_tell(&in->engine->host, "provenance", i, in->l->item_count, "items"))
            status = ATT_FAIL(err, ATT_CANCELLED, "training was cancelled");
    }
    return status;
}

static void sum_up(inputs *in)
{
    for (uint32_t i = 0; i < in->l->item_count; i++) {
        const att_learning_input *item = &in->l->inputs[i];
        const uint32_t row = att_names_find(&in->items, item->id);
        att_hash nodes[ATT_TREE_LEVELS];
        in->opted_out += item->is_opted_out;
        if (item->is_opted_out || row == ATT_NO_INDEX)
            continue;
        att_tree_add(&in->tree, &in->rows.items[row].leaf, nodes);
        att_prov_counts_add(&in->counts, item->licence);
    }
    att_prov_counts_end(&in->counts);
}

static att_status gather(inputs *in, att_error *err)
{
    att_status status = read_logged(in, err);
    if (!status)
        status = log_new(in, err);
    if (!status)
        status = read_logged(in, err); // now with the leaves of the new ones
    if (!status)
        sum_up(in);
    return status;
}

static void end_inputs(inputs *in)
{
    ATT_VEC_FREE(&in->engine->host, &in->rows);
    att_names_deinit(&in->items);
    att_arena_deinit(&in->life);
}

// --- The model ------------------------------------------------------------------------------------------------------

static void say_report(const att_train_report *r, char *out, size_t size)
{
    int at = snprintf(out, size, "%s with %u dimensions.", r->kind, r->dim);
    if (r->tried_count && r->chosen < r->tried_count && at > 0 && (size_t)at < size)
        at += snprintf(out + at, size - (size_t)at, " Chosen on held-out people: %s, NDCG@100 %.4f, recall@20 %.4f.", r->tried[r->chosen].name,
            r->tried[r->chosen].ndcg_100, r->tried[r->chosen].recall_20);
    if (r->sequence_share > 0 && at > 0 && (size_t)at < size)
        at += snprintf(out + at, size - (size_t)at, " A sequence model gives %.2f of its score.", r->sequence_share);
    if (at > 0 && (size_t)at < size)
        snprintf(out + at, size - (size_t)at, " Why it was put in force: %s.", r->why);
}

static att_status log_model(inputs *in, const att_likings *likings, uint64_t version, uint64_t seed, const att_train_report *report,
    const char *file, att_error *err)
{
    att_engine *engine = in->engine;
    char name[ATT_MODEL_NAME_SIZE], note[1024];
    att_provenance_learned learned = {.records = in->l->log_seq, .last_ms = ATT_MAX(likings->last_ms, 0), .events = in->l->events,
        .people = report->users, .items = report->items, .preferences = report->preferences, .inputs = in->tree.size, .opted_out = in->opted_out};
    att_provenance_entry entry = {.kind = ATT_PROVENANCE_MODEL, .medium = ATT_LIT("recommendation"), .learned = &learned, .counts = in->counts.counts,
        .count_count = in->counts.count, .seeded = true, .seed = seed};
    pthread_rwlock_rdlock(&engine->state_lock);
    learned.first_ms = ATT_MAX(att_people_total(engine->people).first_ms, 0);
    pthread_rwlock_unlock(&engine->state_lock);
    if (in->tree.size)
        att_tree_root(&in->tree, &learned.inputs_root);
    att_model_name(version, name);
    say_report(report, note, sizeof note);
    entry.subject = att_text_of(name);
    entry.note = att_text_of(note);
    const att_status status = att_hash_file(file, &entry.content, err);
    return status ? status : att_engine_provenance_append(engine, &entry, 1, NULL, err);
}

att_status att_engine_log_training(att_engine *engine, const att_learning *l, const att_likings *likings, uint64_t version, uint64_t seed,
    const att_train_report *report, const char *file, att_error *err)
{
    inputs in = {.engine = engine, .l = l};
    att_arena_init(&in.life, &engine->host, 0);
    att_names_init(&in.items, &engine->host);
    att_status status = gather(&in, err);
    if (!status)
        status = log_model(&in, likings, version, seed, report, file, err);
    if (!status)
        status = att_engine_provenance_sign(engine, err);
    end_inputs(&in);
    return att_while(err, status, "the provenance of model %llu", (unsigned long long)version);
}

// --- What was made --------------------------------------------------------------------------------------------------

// A source that is a hash is a parent; any other is told by its name, and a parent by the hash of that: "sound font TimGM6mb.sf2".
static void add_source(att_hash *parents, size_t *count, const char *source)
{
    const att_text text = att_text_of(source);
    if (!att_hash_parse(text, &parents[*count]))
        att_hash_of(text.data, text.size, &parents[*count]);
    ++*count;
}

att_status att_engine_log_output(att_engine *engine, const att_output *o, att_error *err)
{
    att_hash parents[ATT_MADE_SOURCES_MAX];
    char note[ATT_PROVENANCE_NOTE_SIZE_MAX];
    size_t count = 0;
    int at = snprintf(note, sizeof note, "%.*s", (int)ATT_MIN(o->verdict.size, (size_t)1800), o->verdict.data);
    for (size_t i = 0; i < ATT_MADE_SOURCES_MAX && o->made->sources[i][0]; i++) {
        add_source(parents, &count, o->made->sources[i]);
        at += snprintf(note + at, sizeof note - (size_t)at, "%s%s", i ? ", " : "; made from ", o->made->sources[i]);
    }
    att_provenance_entry entry = {.kind = ATT_PROVENANCE_OUTPUT, .subject = o->item, .medium = o->medium, .model = att_text_of(o->made->maker),
        .parents = parents, .parent_count = count, .seeded = true, .seed = o->seed, .person = o->person, .note = att_text_of(note)};
    memcpy(entry.brief.bytes, o->brief, ATT_HASH_SIZE);
    att_hash_of(o->made->data, o->made->size, &entry.content);
    return att_while(err, att_engine_provenance_append(engine, &entry, 1, NULL, err), "the provenance of %.*s", ATT_TEXT_ARGS(o->item));
}

// --- People -----------------------------------------------------------------------------------------------------------

att_status att_engine_provenance_forget(att_engine *engine, att_text user, att_error *err)
{
    char people[4200];
    att_status status = path_of(engine, "-people", people, err);
    if (status)
        return status;
    if (access(people, F_OK) != 0)
        return ATT_FAIL(err, ATT_NOT_FOUND, "no entry is about this person");
    pthread_mutex_lock(&engine->provenance_lock);
    status = open_log(engine, err);
    if (!status)
        status = att_provenance_forget(engine->provenance, user, NULL, err);
    pthread_mutex_unlock(&engine->provenance_lock);
    return status;
}

typedef struct telling {
    att_engine *engine;
    att_line_sink *sink;
    void *user;
    bool no_memory;
} telling;

// {"kind":"provenance","entry":{…}}
static bool tell_entry(void *user, const att_provenance_entry *entry, att_text line)
{
    static const char before[] = "{\"kind\":\"provenance\",\"entry\":";
    telling *t = user;
    (void)entry;
    const size_t size = sizeof before + line.size + 1;
    char *text = att_alloc(&t->engine->host, size, 1);
    t->no_memory = !text;
    if (!text)
        return false;
    snprintf(text, size, "%s%.*s}", before, ATT_TEXT_ARGS(line));
    const bool go_on = t->sink(t->user, (att_text){text, size - 1});
    att_free(&t->engine->host, text, size, 1);
    return go_on;
}

att_status att_engine_provenance_export(att_engine *engine, att_text user, att_line_sink *sink, void *sink_user, att_error *err)
{
    char path[4200], people[4200];
    telling t = {engine, sink, sink_user, false};
    att_status status = path_of(engine, "", path, err);
    if (!status)
        status = path_of(engine, "-people", people, err);
    if (status || access(path, F_OK) != 0 || access(people, F_OK) != 0)
        return status;
    att_error story;
    status = att_provenance_each_of(path, people, user, &engine->host, tell_entry, &t, &story);
    if (t.no_memory)
        return att_no_memory(err, 1, "line");
    return status == ATT_NOT_FOUND || !status ? ATT_OK : ATT_FAIL(err, status, "%s", story.text);
}
