// SPDX-License-Identifier: Apache-2.0
// engine/learn.c - what a training learns from, and the files it leaves, while decisions go on.
//
// Preferences come from people's state (graded, merged, bots and opted-out people left out), decayed to the newest event
// by the policy's half-life. Contexts come from one pass over the log.
#include "engine/learn.h"

#include <math.h>

#define CONTEXT_SMOOTHING 20 // events; see decide/context.h
#define CONTEXT_LEAST 10
#define REACH_PEOPLE 256 // whose vectors are asked for, and how many of the nearest, when the index learns its reach
#define REACH_NEAREST 600
#define INDEX_STEP 4096 // items that are added at once

// --- Items and their tags -----------------------------------------------------------------------------------------

static const char *licence_of(const att_item *item)
{
    return !item || !item->rights_known ? "not given" : item->licence_count ? "its own terms" : "none";
}

static att_text kept(att_learning *l, att_text text)
{
    const att_text copy = text.size ? att_arena_text(&l->bodies, text) : (att_text){"", 0};
    if (!copy.data)
        l->status = att_no_memory(l->err, text.size, "bytes of an item");
    return copy;
}

// What will be told of where the model comes from, and whether the item may be learned from at all.
static void note_input(att_learning *l, uint32_t index, att_text id, const att_item *item)
{
    att_learning_input *input = &l->inputs[index];
    size_t size = 0;
    input->id = kept(l, id);
    input->licence = kept(l, item && item->licence_name.size ? item->licence_name : att_text_of(licence_of(item)));
    if (!item || l->status)
        return;
    input->medium = kept(l, item->medium);
    input->is_opted_out = l->opted_out[index] = item->opt_outs & ATT_USE_TRAIN;
    input->opt_out = input->is_opted_out ? ATT_LIT("train") : ATT_LIT("");
    const att_arena_mark mark = att_arena_save(&l->bodies);
    unsigned char *body = att_item_body_size(item, &size, NULL) ? NULL : ATT_NEW_RAW(&l->bodies, unsigned char, size);
    if (body) {
        att_item_body_encode(item, body);
        att_hash_of(body, size, &input->content);
    }
    att_arena_rewind(&l->bodies, mark);
}

static bool keep_body(void *user, uint32_t index, att_text id, const att_item *item)
{
    att_learning *l = user;
    if (index >= l->item_count)
        return true;
    note_input(l, index, id, item);
    if (!item || l->opted_out[index] || l->status)
        return l->status == ATT_OK;
    l->items[index] = att_item_copy(&l->bodies, item);
    if (!l->items[index])
        l->status = att_no_memory(l->err, index, "items' texts");
    return l->status == ATT_OK;
}

const att_item *att_learning_item(void *learning, uint32_t item)
{
    const att_learning *l = learning;
    return item < l->item_count ? l->items[item] : NULL;
}

// A tag named twice counts once.
static att_status number_item_tags(att_learning *l, const att_item *item, size_t first, att_error *err)
{
    const att_host *host = &l->engine->host;
    for (size_t t = 0; t < item->tag_count; t++) {
        const uint32_t tag = att_names_add(&l->tags, item->tags[t]);
        if (tag == ATT_NO_INDEX)
            return att_no_memory(err, l->tags.count, "tags");
        if (tag > UINT16_MAX) // the catalogue takes no more either
            continue;
        bool known = false;
        for (size_t k = first; k < l->tag_list.count; k++)
            known |= l->tag_list.items[k] == tag;
        if (!known && !ATT_VEC_PUSH(host, &l->tag_list, (uint16_t)tag))
            return att_no_memory(err, l->tag_list.count, "tags");
    }
    return ATT_OK;
}

// Numbers of their own: those of the catalogue are given anew whenever the store is read anew.
static att_status number_tags(att_learning *l, att_error *err)
{
    att_status status = ATT_OK;
    l->tags_at = ATT_NEW(&l->bodies, uint32_t, (size_t)l->item_count + 1);
    if (!l->tags_at)
        return att_no_memory(err, l->item_count, "items");
    for (uint32_t i = 0; i < l->item_count && !status; i++) {
        l->tags_at[i] = (uint32_t)l->tag_list.count;
        if (l->items[i])
            status = number_item_tags(l, l->items[i], l->tag_list.count, err);
    }
    l->tags_at[l->item_count] = (uint32_t)l->tag_list.count;
    return status;
}

static att_status look_at_state(att_learning *l, att_error *err)
{
    att_engine *engine = l->engine;
    pthread_rwlock_rdlock(&engine->state_lock);
    const att_status status = att_engine_state_check(engine, err);
    if (!status) {
        l->policy = engine->policy;
        l->log_seq = engine->last_seq;
        l->events = att_people_total(engine->people).events;
        l->item_count = (uint32_t)engine->catalogue.entries.count;
        l->people_count = att_people_count(engine->people);
    }
    pthread_rwlock_unlock(&engine->state_lock);
    return status;
}

att_status att_learning_begin(att_learning *l, att_engine *engine, att_error *err)
{
    *l = (att_learning){.engine = engine, .err = err};
    att_arena_init(&l->bodies, &engine->host, (size_t)1 << 20);
    att_names_init(&l->tags, &engine->host);
    const att_store_options reader = {.read_only = true, .busy_timeout_ms = engine->options.wait_ms};
    att_status status = look_at_state(l, err);
    if (!status)
        status = att_store_open(&l->reader, engine->path, &reader, &engine->host, err);
    if (status)
        return status;
    l->items = ATT_NEW(&l->bodies, const att_item *, (size_t)l->item_count + 1);
    l->inputs = ATT_NEW(&l->bodies, att_learning_input, (size_t)l->item_count + 1);
    l->opted_out = ATT_NEW(&l->bodies, bool, (size_t)l->item_count + 1);
    status = l->items && l->inputs && l->opted_out ? att_store_items_each(l->reader, 0, keep_body, l, err)
                      : att_no_memory(err, l->item_count, "items");
    if (!status)
        status = l->status;
    return status ? status : number_tags(l, err);
}

void att_learning_end(att_learning *l)
{
    ATT_VEC_FREE(&l->engine->host, &l->tag_list);
    att_names_deinit(&l->tags);
    att_arena_deinit(&l->bodies);
    att_store_close(l->reader);
    *l = (att_learning){0};
}

// --- Likings --------------------------------------------------------------------------------------------------------

typedef struct moment {
    uint32_t at_s;
    uint16_t situation;
} moment;

typedef struct gathering {
    const att_host *host;
    ATT_VEC(att_triplet) triplets;
    ATT_VEC(moment) moments; // one a triplet
} gathering;

static att_status take_person(gathering *g, att_likings *out, uint32_t u, const att_person_state *person,
    double half_life_s, uint32_t item_count, const bool *opted_out, att_error *err)
{
    for (uint32_t p = 0; p < person->preference_count; p++) {
        const att_preference *preference = &person->preferences[p];
        if (preference->item >= item_count)
            continue;
        out->preferences++;
        if (!(preference->grade > 0) || (opted_out && opted_out[preference->item]))
            continue;
        const double age_s = (double)out->last_ms / 1000 - preference->at_s;
        const double decay = half_life_s > 0 ? exp2(-fmax(0, age_s) / half_life_s) : 1;
        const att_triplet t = {u, preference->item, (float)(preference->grade * decay)};
        const moment when = {preference->at_s, preference->situation};
        if (!ATT_VEC_PUSH(g->host, &g->triplets, t) || !ATT_VEC_PUSH(g->host, &g->moments, when))
            return att_no_memory(err, g->triplets.count, "preferences");
    }
    return ATT_OK;
}

static att_status take_everybody(gathering *g, att_likings *out, const att_people *people,
    const att_policy *policy, uint32_t item_count, const bool *opted_out, att_error *err)
{
    const double half_life_s = policy->signals.half_life_days * 86400;
    const uint32_t count = att_people_count(people);
    att_status status = ATT_OK;
    *out = (att_likings){.last_ms = att_people_total(people).last_ms};
    for (uint32_t u = 0; u < count && !status; u++) {
        const att_person_state *person = att_people_get(people, u);
        if (person && att_person_is_learned_from(person))
            status = take_person(g, out, u, person, half_life_s, item_count, opted_out, err);
    }
    return status;
}

// The place of a column in its row, which is there.
static uint64_t place_in_row(const att_matrix *matrix, uint32_t row, uint32_t col)
{
    uint64_t low = matrix->row_start[row], high = matrix->row_start[row + 1];
    while (low + 1 < high) {
        const uint64_t middle = (low + high) / 2;
        if (matrix->col[middle] <= col)
            low = middle;
        else
            high = middle;
    }
    return low;
}

// A person's items are distinct, so every triplet has its own place: values and moments are put there by hand.
static att_status lay_out(
    gathering *g, att_likings *out, uint32_t people, uint32_t items, att_error *err)
{
    out->at_count = g->triplets.count + 1;
    out->at_ms = ATT_NEW_ARRAY(g->host, int64_t, out->at_count);
    out->situation = ATT_NEW_ARRAY(g->host, uint16_t, out->at_count);
    if (!out->at_ms || !out->situation)
        return att_no_memory(err, g->triplets.count, "times");
    const att_status status =
        att_matrix_build(&out->matrix, people, items, g->triplets.items, g->triplets.count, g->host, err);
    for (size_t i = 0; i < g->triplets.count && !status; i++) {
        const att_triplet *t = &g->triplets.items[i];
        const uint64_t place = place_in_row(&out->matrix, t->row, t->col);
        out->at_ms[place] = (int64_t)g->moments.items[i].at_s * 1000;
        out->situation[place] = g->moments.items[i].situation;
    }
    return status;
}

static void end_gathering(gathering *g)
{
    ATT_VEC_FREE(g->host, &g->triplets);
    ATT_VEC_FREE(g->host, &g->moments);
}

att_status att_likings_gather(att_likings *out, const att_people *people, const att_policy *policy,
    uint32_t item_count, const bool *opted_out, const att_host *host, att_error *err)
{
    gathering g = {.host = host};
    att_status status = take_everybody(&g, out, people, policy, item_count, opted_out, err);
    if (!status)
        status = lay_out(&g, out, att_people_count(people), item_count, err);
    end_gathering(&g);
    if (status)
        att_likings_deinit(out, host);
    return status;
}

// Copied out of the state first, so that the lock is held briefly.
att_status att_learning_gather(att_learning *l, att_likings *out, att_error *err)
{
    att_engine *engine = l->engine;
    gathering g = {.host = &engine->host};
    uint32_t people = 0;
    *out = (att_likings){0};
    pthread_rwlock_rdlock(&engine->state_lock);
    att_status status = att_engine_state_check(engine, err);
    if (!status) {
        people = att_people_count(engine->people);
        l->log_seq = engine->last_seq;
        l->events = att_people_total(engine->people).events;
        status = take_everybody(&g, out, engine->people, &l->policy, l->item_count, l->opted_out, err);
    }
    pthread_rwlock_unlock(&engine->state_lock);
    if (!status)
        status = lay_out(&g, out, people, l->item_count, err);
    end_gathering(&g);
    if (status)
        att_likings_deinit(out, &engine->host);
    return status;
}

void att_likings_deinit(att_likings *likings, const att_host *host)
{
    ATT_FREE_ARRAY(host, likings->at_ms, likings->at_count);
    ATT_FREE_ARRAY(host, likings->situation, likings->at_count);
    att_matrix_deinit(&likings->matrix, host);
    *likings = (att_likings){0};
}

uint64_t att_count_preferences(const att_people *people)
{
    uint64_t count = 0;
    for (uint32_t u = 0; u < att_people_count(people); u++) {
        const att_person_state *person = att_people_get(people, u);
        count += person && att_person_is_learned_from(person) ? person->preference_count : 0;
    }
    return count;
}

// --- Context ------------------------------------------------------------------------------------------------

typedef struct context_pass {
    att_learning *l;
    att_context_builder *builder;
    att_skips_builder *skips;
} context_pass;

// Whether something was begun, and left early or not.
static bool is_begun(const att_record *record)
{
    return (record->signal == ATT_SIGNAL_PLAY || record->signal == ATT_SIGNAL_SKIP) && record->user != ATT_NO_INDEX;
}

static bool learn_context(void *user, const att_record *record)
{
    context_pass *pass = user;
    att_learning *l = pass->l;
    if (record->seq > l->log_seq)
        return false;
    if ((record->seq & 0xFFFF) == 0 &&
        !att_progress_tell(&l->engine->host, "contexts", record->seq, l->log_seq, "records")) {
        l->status = ATT_FAIL(l->err, ATT_CANCELLED, "training was cancelled");
        return false;
    }
    if (record->kind != ATT_RECORD_EVENT || record->set_aside || record->item >= l->item_count)
        return true;
    const att_item *item = l->items[record->item];
    const uint32_t first = l->tags_at[record->item];
    const size_t count = l->tags_at[record->item + 1] - first;
    if (!item || !count)
        return true;
    const att_grade grade = att_grade_event(&l->policy, record, item->duration_ms);
    if (grade.grade > 0)
        att_context_builder_add(pass->builder, &record->context, record->at_ms, l->tag_list.items + first,
            count, (double)grade.grade);
    if (is_begun(record))
        l->status = att_skips_builder_add(pass->skips, record->user, record->item, record->context.activity, l->tag_list.items + first, count,
            grade.skip == ATT_SKIP_EARLY || grade.skip == ATT_SKIP_SOFT, l->err);
    return l->status == ATT_OK;
}

static att_status write_context(att_learning *l, const char *path, att_error *err)
{
    const att_host *host = &l->engine->host;
    context_pass pass = {.l = l};
    att_context_model *model = NULL;
    att_skips *skips = NULL;
    const size_t tags = ATT_MIN(l->tags.count, (uint32_t)UINT16_MAX + 1);
    att_status status = att_context_builder_create(&pass.builder, tags, host, err);
    if (!status)
        status = att_skips_builder_create(&pass.skips, l->item_count, (uint32_t)tags, l->people_count, host, err);
    if (!status)
        status = att_store_log_each(l->reader, 1, learn_context, &pass, err);
    if (!status)
        status = l->status;
    if (!status)
        status = att_context_finish(&model, pass.builder, CONTEXT_SMOOTHING, CONTEXT_LEAST, host, err);
    if (!status)
        status = att_skips_finish(&skips, pass.skips, host, err);
    if (!status)
        status = att_context_file_save(model, skips, &l->tags, path, host, err);
    att_skips_destroy(skips);
    att_skips_builder_destroy(pass.skips);
    att_context_model_destroy(model);
    att_context_builder_destroy(pass.builder);
    return status;
}

// --- Files ----------------------------------------------------------------------------------------------------

// The vectors of people spread over all who are learned from. Returns how many.
static att_status fold_some(const att_model *model, const att_matrix *matrix, float *vectors, size_t *count,
    const att_host *host, att_error *err)
{
    const size_t step = matrix->rows / REACH_PEOPLE + 1;
    att_fold_item items[256];
    att_fold *fold = NULL;
    att_status status = att_fold_create(&fold, host, err);
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

static att_status learn_reach(
    const att_model *model, const att_matrix *matrix, att_index *index, const att_host *host, att_error *err)
{
    const size_t room = (size_t)REACH_PEOPLE * att_model_dim(model);
    float *vectors = ATT_NEW_ARRAY(host, float, room);
    size_t count = 0;
    att_status status = vectors ? fold_some(model, matrix, vectors, &count, host, err) : att_no_memory(err, room, "vectors");
    if (!status)
        status = att_index_learn_reach(index, vectors, count, REACH_NEAREST, err);
    ATT_FREE_ARRAY(host, vectors, room);
    return status;
}

att_status att_model_make_index(const att_model *model, const att_matrix *people, att_index **out, uint64_t seed,
    uint32_t threads, const att_host *host, att_error *err)
{
    const uint32_t dim = att_model_dim(model), items = att_model_item_count(model);
    const att_index_options options = {.dim = dim, .form = ATT_INDEX_I8, .capacity = items, .seed = seed};
    uint32_t *ids = ATT_NEW_ARRAY(host, uint32_t, items);
    float *vectors = ATT_NEW_ARRAY(host, float, (size_t)items * dim);
    uint32_t *order = ATT_NEW_ARRAY(host, uint32_t, items), *step_ids = ATT_NEW_ARRAY(host, uint32_t, INDEX_STEP);
    float *step_vectors = ATT_NEW_ARRAY(host, float, (size_t)INDEX_STEP * dim);
    *out = NULL;
    att_status status = att_index_create(out, &options, host, err);
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
        status = att_index_add(*out, step_ids, step_vectors, step, threads, err);
        at += step;
        if (!status && !att_progress_tell(host, "index", at, count, "items"))
            status = ATT_FAIL(err, ATT_CANCELLED, "training was cancelled");
    }
    if (!status && people)
        status = learn_reach(model, people, *out, host, err);
    ATT_FREE_ARRAY(host, order, items);
    ATT_FREE_ARRAY(host, step_ids, INDEX_STEP);
    ATT_FREE_ARRAY(host, step_vectors, (size_t)INDEX_STEP * dim);
    ATT_FREE_ARRAY(host, ids, items);
    ATT_FREE_ARRAY(host, vectors, (size_t)items * dim);
    if (status) {
        att_index_destroy(*out);
        *out = NULL;
    }
    return status;
}

static att_status write_index(const att_model *model, const att_matrix *people, uint64_t seed, uint32_t threads,
    const char *path, const att_host *host, att_error *err)
{
    att_index *index = NULL;
    att_status status = att_model_make_index(model, people, &index, seed, threads, host, err);
    if (!status)
        status = att_index_save(index, path, err);
    att_index_destroy(index);
    return status;
}

att_status att_learning_write(att_learning *l, const att_likings *likings, const att_model *model,
    uint64_t version, uint64_t seed, uint32_t threads, att_error *err)
{
    const att_engine *engine = l->engine;
    const char *index = att_model_path(engine, &l->bodies, version, "index");
    const char *context = att_model_path(engine, &l->bodies, version, "context");
    const char *path = att_model_path(engine, &l->bodies, version, "model");
    if (!index || !context || !path)
        return att_no_memory(err, 3, "paths");
    att_status status = write_context(l, context, err);
    if (!status && att_model_dim(model) > 0)
        status = write_index(model, &likings->matrix, seed, threads, index, &engine->host, err);
    if (!status)
        status = att_model_save(model, version, path, err);
    return status;
}
