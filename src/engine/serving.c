// SPDX-License-Identifier: Apache-2.0
// engine/serving.c - a trained model in memory: vectors, index, popular list, context fit.
//
// Version 7 of the store PATH is PATH-models/00000007.model, .index and .context; files never change once written, but
// that an index which cannot be used is built again from the model. Which version is in force is said by the log.
// Items that the model has not seen are placed by their content when the model is loaded and when they arrive.
#include "engine/learn.h"
#include "retrieve/kept.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define POPULAR_MAX 2000
#define VERSIONS_MAX 64
#define NEAR_BYTES ((size_t)64 << 20)

char *att_model_path(
    const att_engine *engine, att_arena *arena, uint64_t version, const char *suffix)
{
    return att_arena_printf(
        arena, "%s-models/%08llu.%s", engine->path, (unsigned long long)version, suffix);
}

static int newest_first(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

size_t att_model_versions(const char *store_path, uint64_t *out, size_t capacity)
{
    char folder[4096];
    if ((size_t)snprintf(folder, sizeof folder, "%s-models", store_path) >= sizeof folder)
        return 0;
    DIR *dir = opendir(folder);
    if (!dir)
        return 0;
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        char *end;
        const unsigned long long version = strtoull(entry->d_name, &end, 10);
        if (end == entry->d_name + 8 && strcmp(end, ".model") == 0 && version > 0) {
            if (count == capacity) { // full: the least makes room
                qsort(out, count, sizeof *out, newest_first);
                if (out[count - 1] >= version)
                    continue;
                count--;
            }
            out[count++] = version;
        }
    }
    closedir(dir);
    qsort(out, count, sizeof *out, newest_first);
    return count;
}

void att_serving_deinit(att_serving *serving, const att_host *host)
{
    att_model_destroy(serving->model);
    att_kept_destroy(serving->kept);
    att_index_destroy(serving->index);
    att_context_model_destroy(serving->context);
    att_skips_destroy(serving->skips);
    ATT_FREE_ARRAY(host, serving->context_tag, serving->context_tag_count);
    ATT_FREE_ARRAY(host, serving->popular, serving->popular_count);
    ATT_FREE_ARRAY(host, serving->facts, serving->fact_count);
    ATT_VEC_FREE(host, &serving->placed);
    ATT_VEC_FREE(host, &serving->placed_row);
    *serving = (att_serving){0};
}

const float *att_serving_vector(const att_serving *serving, uint32_t item)
{
    if (!serving->model)
        return NULL;
    const float *known = att_model_item_vector(serving->model, item);
    if (known)
        return known;
    if (item >= serving->placed_row.count || serving->placed_row.items[item] == ATT_NO_INDEX)
        return NULL;
    return serving->placed.items + (size_t)serving->placed_row.items[item] * att_model_dim(serving->model);
}

// Gives an unseen item a row, and its place in the index.
static att_status place_item(const att_host *host, att_serving *serving, uint32_t index,
    const att_item *item, att_error *err)
{
    const size_t dim = att_model_dim(serving->model);
    if (dim == 0 || att_model_item_vector(serving->model, index))
        return ATT_OK;
    if (!ATT_VEC_RESERVE(host, &serving->placed_row, (size_t)index + 1) ||
        !ATT_VEC_RESERVE(host, &serving->placed, (serving->placed_count + 1) * dim))
        return att_no_memory(err, index, "placed items");
    while (serving->placed_row.count <= index)
        serving->placed_row.items[serving->placed_row.count++] = ATT_NO_INDEX;
    uint32_t row = serving->placed_row.items[index];
    if (row == ATT_NO_INDEX)
        row = serving->placed_count;
    float *vector = serving->placed.items + row * dim;
    att_arena scratch;
    att_arena_init(&scratch, host, 0);
    const bool placed = att_model_place(serving->model, item, vector, &scratch);
    att_arena_deinit(&scratch);
    if (!placed)
        return ATT_OK;
    serving->placed_row.items[index] = row;
    if (row == serving->placed_count) {
        serving->placed_count++;
        serving->placed.count = serving->placed_count * dim;
    }
    return serving->index ? att_index_add(serving->index, &index, vector, 1, 1, err) : ATT_OK;
}

att_status att_serving_item(att_engine *engine, uint32_t index, const att_item *item, att_error *err)
{
    if (!engine->serving.model)
        return ATT_OK;
    return place_item(&engine->host, &engine->serving, index, item, err);
}

typedef struct popular_entry {
    float popularity;
    uint32_t item;
} popular_entry;

static int more_popular(const void *a, const void *b)
{
    const popular_entry *x = a, *y = b;
    if (x->popularity != y->popularity)
        return x->popularity < y->popularity ? 1 : -1;
    return x->item < y->item ? -1 : 1;
}

// Where a trend counts in the score, what it lifts must be among the candidates: the list goes by what people like of late.
static float popularity_of(const att_engine *engine, const att_serving *serving, uint32_t item)
{
    const att_model *model = serving->model;
    if (!model)
        return (float)engine->catalogue.entries.items[item].events;
    return att_model_trend_weight(model) > 0 ? att_model_trend(model, item) : att_model_popularity(model, item);
}

static att_status list_popular(att_engine *engine, att_serving *serving, att_error *err)
{
    const size_t items = engine->catalogue.entries.count;
    popular_entry *all = ATT_NEW_ARRAY(&engine->host, popular_entry, items);
    if (!all)
        return att_no_memory(err, items, "popular items");
    for (uint32_t i = 0; i < items; i++) {
        all[i] = (popular_entry){popularity_of(engine, serving, i), i};
    }
    qsort(all, items, sizeof *all, more_popular);
    const size_t count = ATT_MIN(items, POPULAR_MAX);
    serving->popular = ATT_NEW_ARRAY(&engine->host, uint32_t, count);
    att_status status = serving->popular ? ATT_OK : att_no_memory(err, count, "popular items");
    if (!status)
        serving->popular_count = count;
    for (size_t i = 0; i < count && !status; i++)
        serving->popular[i] = all[i].item;
    ATT_FREE_ARRAY(&engine->host, all, items);
    return status;
}

typedef struct placing {
    att_engine *engine;
    att_serving *serving;
    att_status status;
    att_error *err;
} placing;

static bool place_one(void *user, uint32_t index, att_text id, const att_item *item)
{
    placing *p = user;
    (void)id;
    if (item)
        p->status = place_item(&p->engine->host, p->serving, index, item, p->err);
    return p->status == ATT_OK;
}

static att_status place_unseen(att_engine *engine, att_serving *serving, att_error *err)
{
    placing p = {.engine = engine, .serving = serving, .err = err};
    att_status status = ATT_OK;
    for (uint32_t i = 0; i < engine->catalogue.entries.count && !status && !p.status; i++)
        if (engine->catalogue.entries.items[i].has_body && !att_model_item_vector(serving->model, i))
            status = att_store_item_see(engine->store, i, place_one, &p, err);
    return status ? status : p.status;
}

static att_status gather_facts(att_serving *serving, const att_host *host, att_error *err)
{
    const size_t count = att_model_item_count(serving->model);
    const uint32_t dim = att_model_dim(serving->model);
    const att_kernels *kernels = att_kernels_best();
    serving->facts = ATT_NEW_ARRAY(host, att_item_facts, count);
    if (!serving->facts)
        return att_no_memory(err, count, "items' popularity");
    serving->fact_count = count;
    for (uint32_t i = 0; i < count; i++) {
        const float *vector = att_model_item_vector(serving->model, i);
        serving->facts[i] = (att_item_facts){.log_popularity = logf(att_model_popularity(serving->model, i)),
            .length = vector ? sqrtf(kernels->dot_f32(vector, vector, dim)) : 0};
    }
    return ATT_OK;
}

// The name says a number; whether the file is what was numbered so is said by what stands in it and in the log.
static att_status check_identity(
    const att_engine *engine, uint64_t version, const att_model *model, att_error *err)
{
    static const unsigned char none[16];
    const att_model_origin *origin = att_model_origin_of(model);
    const att_model_entry *entry = att_model_log_of(&engine->models, version);
    if (origin->store_seed && origin->store_seed != att_store_seed(engine->store))
        return ATT_FAIL(err, ATT_CORRUPT, "its .model file was made for another store");
    if (att_model_version(model) != version)
        return ATT_FAIL(err, ATT_CORRUPT, "its .model file is version %llu under another name",
            (unsigned long long)att_model_version(model));
    unsigned char found[16];
    att_model_fingerprint(model, found);
    if (entry && memcmp(entry->r.fingerprint, none, sizeof none) != 0 &&
        memcmp(entry->r.fingerprint, found, sizeof found) != 0)
        return ATT_FAIL(err, ATT_CORRUPT, "its .model file is not the one that the log speaks of");
    return ATT_OK;
}

static att_status load_model(
    att_engine *engine, uint64_t version, att_model **out, att_arena *scratch, att_error *err)
{
    const char *path = att_model_path(engine, scratch, version, "model");
    if (!path)
        return att_no_memory(err, 1, "path");
    att_status status = att_model_load(out, path, &engine->host, err);
    if (!status)
        status = check_identity(engine, version, *out, err);
    if (status) {
        att_model_destroy(*out);
        *out = NULL;
    }
    return status;
}

att_status att_model_load_version(
    att_engine *engine, uint64_t version, att_model **out, att_error *err)
{
    att_arena scratch;
    att_arena_init(&scratch, &engine->host, 0);
    const att_status status = load_model(engine, version, out, &scratch, err);
    att_arena_deinit(&scratch);
    return att_while(err, status, "model %llu of %s", (unsigned long long)version, engine->path);
}

// An index holds nothing that the model does not: one that is damaged, missing or of an older form is built again.
static att_status load_index(
    att_engine *engine, uint64_t version, att_serving *out, const char *path, att_error *err)
{
    att_error story = {0};
    att_status status = att_index_load(&out->index, path, &engine->host, &story);
    if (!status || status == ATT_NO_MEMORY)
        return status ? ATT_FAIL(err, status, "%s", story.text) : ATT_OK;
    att_logf(&engine->host, ATT_LOG_WARNING, "the index of model %llu is built again: %s",
        (unsigned long long)version, story.text);
    status = att_model_make_index(out->model, NULL, &out->index, att_mix64(att_store_seed(engine->store) + version),
        engine->options.threads, &engine->host, err);
    if (!status && !engine->options.read_only && att_index_save(out->index, path, &story))
        att_logf(&engine->host, ATT_LOG_WARNING, "it is used, and not kept: %s", story.text);
    return status;
}

static att_status load_files(
    att_engine *engine, uint64_t version, att_serving *out, att_arena *scratch, att_error *err)
{
    const char *index = att_model_path(engine, scratch, version, "index");
    const char *context = att_model_path(engine, scratch, version, "context");
    if (!index || !context)
        return att_no_memory(err, 2, "paths");
    att_status status = load_model(engine, version, &out->model, scratch, err);
    if (!status && att_model_dim(out->model) > 0)
        status = load_index(engine, version, out, index, err);
    if (!status)
        status = att_context_file_load(out, context, &engine->catalogue.tags, &engine->host, err);
    return status;
}

att_status att_serving_load(
    att_engine *engine, uint64_t version, att_serving *out, att_error *err)
{
    att_arena scratch;
    att_arena_init(&scratch, &engine->host, 0);
    *out = (att_serving){.version = version};
    att_status status = load_files(engine, version, out, &scratch, err);
    if (!status)
        status = gather_facts(out, &engine->host, err);
    if (!status)
        status = place_unseen(engine, out, err);
    if (!status)
        status = list_popular(engine, out, err);
    if (!status && out->index && engine->options.near_bytes_max != 1)
        status = att_kept_create(&out->kept, engine->options.near_bytes_max ? engine->options.near_bytes_max : NEAR_BYTES, &engine->host, err);
    att_arena_deinit(&scratch);
    if (status)
        att_serving_deinit(out, &engine->host);
    return att_while(err, status, "model %llu of %s", (unsigned long long)version, engine->path);
}

// Old versions are deleted in time, so one that is not there is worth a word only when it should be in force.
att_status att_serving_load_in_force(att_engine *engine, att_serving *out, att_error *err)
{
    uint64_t versions[VERSIONS_MAX];
    const size_t count = att_model_log_tried(&engine->models, versions, VERSIONS_MAX);
    for (size_t i = 0; i < count; i++) {
        att_error story = {0};
        const att_status status = att_serving_load(engine, versions[i], out, &story);
        if (!status)
            return ATT_OK;
        if (status == ATT_NO_MEMORY)
            return ATT_FAIL(err, status, "%s", story.text);
        if (i == 0 || status != ATT_NOT_FOUND)
            att_logf(&engine->host, ATT_LOG_WARNING, "passed over: %s", story.text);
    }
    *out = (att_serving){0};
    return list_popular(engine, out, err);
}
