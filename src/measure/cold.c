// SPDX-License-Identifier: Apache-2.0
// measure/cold.c - who may rank items that nobody has touched.
//
// A hidden item has no popularity. "popularity" therefore is what can be known of it: for each of
// its tags the mean count of people in training over the items with that tag, and the mean of those
// over its tags. The oracle knows the hidden counts themselves; no system could, it stands there as
// a mark to look at.
#include "measure/contender.h"
#include "base/rng.h"
#include "embed/model.h"

#include <float.h>
#include <stdio.h>

// --- Fixed scores: popularity, oracle ----------------------------------------------------------

typedef struct fixed {
    att_host host;
    uint32_t items;
    float *scores; // (items)
} fixed;

static void fixed_destroy(void *opaque)
{
    fixed *model = opaque;
    if (!model)
        return;
    const att_host host = model->host;
    ATT_FREE_ARRAY(&host, model->scores, model->items);
    ATT_FREE_ARRAY(&host, model, 1);
}

static fixed *fixed_create(const att_split *split, const att_host *host)
{
    fixed *model = ATT_NEW_ARRAY(host, fixed, 1);
    if (!model)
        return NULL;
    *model = (fixed){*host, split->table->items, ATT_NEW_ARRAY(host, float, split->table->items)};
    if (model->scores)
        return model;
    fixed_destroy(model);
    return NULL;
}

static att_status fixed_score(const void *opaque, att_fold *memory, const att_history *history,
    float *scores, att_error *err)
{
    const fixed *model = opaque;
    (void)memory, (void)history, (void)err;
    memcpy(scores, model->scores, model->items * sizeof *scores);
    return ATT_OK;
}

static att_status oracle_train(void **out, const att_split *split,
    const att_evaluate_options *options, const att_host *host, char story[ATT_CONTENDER_STORY_SIZE],
    att_error *err)
{
    (void)options, (void)story;
    fixed *model = *out = fixed_create(split, host);
    if (!model)
        return att_no_memory(err, split->table->items, "counts");
    for (uint32_t i = 0; i < split->table->count; i++)
        model->scores[split->table->item[i]] += 1.0f;
    return ATT_OK;
}

// mean is (tag_count): mean count over the trained items with the tag; returns the mean over all
// trained items.
static double tag_means(const att_split *split, double *mean, double *with_tag)
{
    const att_table *table = split->table;
    double all = 0.0, known = 0.0;
    for (uint32_t i = 0; i < table->items; i++) {
        if (split->ranked[i])
            continue; // hidden
        all += split->train_count[i];
        known += 1.0;
        for (uint32_t t = table->tag_start[i]; t < table->tag_start[i + 1]; t++) {
            mean[table->tags[t]] += split->train_count[i];
            with_tag[table->tags[t]] += 1.0;
        }
    }
    all = known > 0.0 ? all / known : 0.0;
    for (uint32_t t = 0; t < table->tag_count; t++)
        mean[t] = with_tag[t] > 0.0 ? mean[t] / with_tag[t] : all;
    return all;
}

static att_status popularity_train(void **out, const att_split *split,
    const att_evaluate_options *options, const att_host *host, char story[ATT_CONTENDER_STORY_SIZE],
    att_error *err)
{
    (void)options, (void)story;
    const att_table *table = split->table;
    const size_t size = 2 * (size_t)table->tag_count + 1;
    fixed *model = *out = fixed_create(split, host);
    double *mean = ATT_NEW_ARRAY(host, double, size);
    if (model && mean) {
        const double all = tag_means(split, mean, mean + table->tag_count);
        for (uint32_t i = 0; i < table->items; i++) {
            const uint32_t start = table->tag_start[i], end = table->tag_start[i + 1];
            double sum = 0.0;
            for (uint32_t t = start; t < end; t++)
                sum += mean[table->tags[t]];
            model->scores[i] = (float)(end > start ? sum / (end - start) : all);
        }
    }
    const bool enough = model && mean;
    ATT_FREE_ARRAY(host, mean, size);
    if (enough)
        return ATT_OK;
    fixed_destroy(model);
    *out = NULL;
    return att_no_memory(err, table->items, "scores");
}

const att_contender att_contender_cold_popularity = {.name = "popularity",
    .story = "mean popularity of the known items that share its tags",
    .train = popularity_train,
    .score = fixed_score,
    .destroy = fixed_destroy};

const att_contender att_contender_cold_oracle = {.name = "popularity-oracle",
    .story = "the hidden popularity itself, which no system can know: a mark to look at",
    .train = oracle_train,
    .score = fixed_score,
    .destroy = fixed_destroy};

// --- Random: another order for every person ----------------------------------------------------

typedef struct chance {
    att_host host;
    uint64_t seed;
    uint32_t items;
} chance;

static att_status chance_train(void **out, const att_split *split,
    const att_evaluate_options *options, const att_host *host, char story[ATT_CONTENDER_STORY_SIZE],
    att_error *err)
{
    (void)story;
    chance *model = *out = ATT_NEW_ARRAY(host, chance, 1);
    if (!model)
        return att_no_memory(err, 1, "random scorer");
    *model = (chance){*host, options->seed, split->table->items};
    return ATT_OK;
}

static att_status chance_score(const void *opaque, att_fold *memory, const att_history *history,
    float *scores, att_error *err)
{
    const chance *model = opaque;
    (void)memory, (void)err;
    uint64_t key = att_mix64(model->seed);
    for (size_t i = 0; i < history->count; i++)
        key = att_mix64(key ^ history->items[i]);
    for (uint32_t i = 0; i < model->items; i++)
        scores[i] = (float)(att_mix64(key ^ i) >> 40);
    return ATT_OK;
}

static void chance_destroy(void *opaque)
{
    chance *model = opaque;
    const att_host host = model ? model->host : att_host_default();
    ATT_FREE_ARRAY(&host, model, 1);
}

const att_contender att_contender_cold_random = {.name = "random",
    .story = "any order",
    .train = chance_train,
    .score = chance_score,
    .destroy = chance_destroy};

// --- Content: the engine's model, hidden items placed by what they are -------------------------

typedef struct content {
    att_host host;
    att_model *model;
    uint32_t items, hidden, dim;
    uint32_t *ids;             // (hidden)
    float *vectors;            // (hidden, dim)
    const float **vector_list; // (hidden): rows of vectors
    uint8_t *placed;           // (hidden)
} content;

static void content_destroy(void *opaque)
{
    content *model = opaque;
    if (!model)
        return;
    const att_host host = model->host;
    att_model_destroy(model->model);
    ATT_FREE_ARRAY(&host, model->ids, model->hidden);
    att_free(&host, model->vectors, (size_t)model->hidden * (model->dim + 1), sizeof(float));
    ATT_FREE_ARRAY(&host, model->vector_list, model->hidden);
    ATT_FREE_ARRAY(&host, model->placed, model->hidden);
    ATT_FREE_ARRAY(&host, model, 1);
}

// Training does not even see the bodies of hidden items.
static const att_item *known_body(void *user, uint32_t item)
{
    const att_split *split = user;
    return split->ranked[item] ? NULL : att_table_body(split->table, item);
}

static att_status learn(content *model, const att_split *split, const att_evaluate_options *options,
    char story[ATT_CONTENDER_STORY_SIZE], att_error *err)
{
    const att_model_input input = {.preferences = &split->train,
        .last_at_ms = split->train_at_ms,
        .untimed = !split->timed,
        .situation = split->train_situation,
        .item_of = known_body,
        .item_user = (void *)split};
    const att_train_options train = {.seed = options->seed, .threads = options->threads};
    att_train_report report = {0};
    const att_status status =
        att_model_train(&model->model, &input, &train, &report, &model->host, err);
    if (!status)
        snprintf(story, ATT_CONTENDER_STORY_SIZE,
            "the engine's model (%s), items placed by their content", report.kind);
    return status;
}

static att_status place(content *model, const att_split *split, att_error *err)
{
    model->dim = att_model_dim(model->model);
    model->hidden = split->ranked_count;
    model->ids = ATT_NEW_ARRAY(&model->host, uint32_t, model->hidden);
    model->vectors = ATT_NEW_ARRAY(&model->host, float, (size_t)model->hidden *(model->dim + 1));
    model->vector_list = ATT_NEW_ARRAY(&model->host, const float *, model->hidden);
    model->placed = ATT_NEW_ARRAY(&model->host, uint8_t, model->hidden);
    if (!model->ids || !model->vectors || !model->vector_list || !model->placed)
        return att_no_memory(err, model->hidden, "hidden items");
    att_arena scratch;
    att_arena_init(&scratch, &model->host, 0);
    for (uint32_t i = 0, at = 0; i < model->items; i++) {
        if (!split->ranked[i])
            continue;
        float *vector = model->vectors + (size_t)at * (model->dim + 1);
        model->ids[at] = i;
        model->vector_list[at] = vector;
        model->placed[at++] =
            model->dim > 0 &&
            att_model_place(model->model, att_table_body(split->table, i), vector, &scratch);
        att_arena_reset(&scratch);
    }
    att_arena_deinit(&scratch);
    return ATT_OK;
}

static att_status content_train(void **out, const att_split *split,
    const att_evaluate_options *options, const att_host *host, char story[ATT_CONTENDER_STORY_SIZE],
    att_error *err)
{
    content *model = ATT_NEW_ARRAY(host, content, 1);
    if (!model)
        return att_no_memory(err, 1, "content model");
    model->host = *host;
    model->items = split->table->items;
    att_status status = learn(model, split, options, story, err);
    if (!status)
        status = place(model, split, err);
    if (status) {
        content_destroy(model);
        return status;
    }
    *out = model;
    return ATT_OK;
}

static att_status score_placed(
    const content *model, att_fold *memory, float *packed, float *scores, att_error *err)
{
    const att_status status = att_model_score(
        model->model, memory, model->ids, model->vector_list, model->hidden, packed, err);
    for (uint32_t i = 0; !status && i < model->hidden; i++)
        scores[model->ids[i]] = model->placed[i] ? packed[i] : -FLT_MAX;
    return status;
}

static att_status content_score(const void *opaque, att_fold *memory, const att_history *history,
    float *scores, att_error *err)
{
    const content *model = opaque;
    const size_t count = history->count;
    att_fold_item *folded = ATT_NEW_ARRAY(&model->host, att_fold_item, count + 1);
    float *vector = ATT_NEW_ARRAY(&model->host, float, (size_t)model->dim + 1);
    float *packed = ATT_NEW_ARRAY(&model->host, float, model->hidden);
    att_status status = ATT_OK;
    if (!folded || !vector || !packed)
        status = att_no_memory(err, count, "folded items");
    for (size_t i = 0; !status && i < count; i++)
        folded[i] = (att_fold_item){history->items[i], history->weights[i], NULL};
    if (!status)
        status = att_model_fold(model->model, memory, folded, count, vector, err);
    if (!status)
        status = score_placed(model, memory, packed, scores, err);
    ATT_FREE_ARRAY(&model->host, folded, count + 1);
    ATT_FREE_ARRAY(&model->host, vector, (size_t)model->dim + 1);
    ATT_FREE_ARRAY(&model->host, packed, model->hidden);
    return status;
}

const att_contender att_contender_content = {.name = "content",
    .story = "the engine's model, items placed by their content",
    .train = content_train,
    .score = content_score,
    .destroy = content_destroy};
