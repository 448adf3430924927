// SPDX-License-Identifier: Apache-2.0
// embed/scorer.c - the simple scorers, and the list of all.
#include "embed/scorer.h"
#include "embed/baselines.h"
#include "embed/ease.h"
#include "base/rng.h"

// --- Random --------------------------------------------------------------------------------------

typedef struct random_model {
    att_host host;
    uint64_t seed;
    uint32_t items;
} random_model;

static att_status random_train(void **out, const att_scorer_input *input,
    const att_scorer_params *params, const att_host *host, att_error *err)
{
    random_model *model = *out = ATT_NEW_ARRAY(host, random_model, 1);
    if (!model)
        return att_no_memory(err, 1, "random scorer");
    *model = (random_model){.host = *host, .seed = params->seed, .items = input->matrix->cols};
    return ATT_OK;
}

static att_status random_score(const void *opaque, att_fold *memory, const att_history *history,
    float *scores, att_error *err)
{
    (void)memory, (void)err;
    const random_model *model = opaque;
    uint64_t key = att_mix64(model->seed);
    for (size_t i = 0; i < history->count; i++)
        key = att_mix64(key ^ history->items[i]);
    for (uint32_t j = 0; j < model->items; j++)
        scores[j] = (float)(att_mix64(key + j) >> 40) * 0x1p-24f;
    return ATT_OK;
}

static void random_destroy(void *opaque)
{
    random_model *model = opaque;
    if (!model)
        return;
    const att_host host = model->host;
    ATT_FREE_ARRAY(&host, model, 1);
}

const att_scorer att_scorer_random = {
    "random", "items in random order", "", random_train, random_score, random_destroy};

// --- Popularity ----------------------------------------------------------------------------------

typedef struct popularity_model {
    att_host host;
    uint32_t items;
    float *share; // (items) of people
} popularity_model;

static void popularity_destroy(void *opaque)
{
    popularity_model *model = opaque;
    if (!model)
        return;
    const att_host host = model->host;
    ATT_FREE_ARRAY(&host, model->share, model->items);
    ATT_FREE_ARRAY(&host, model, 1);
}

static att_status popularity_train(void **out, const att_scorer_input *input,
    const att_scorer_params *params, const att_host *host, att_error *err)
{
    (void)params;
    popularity_model *model = *out = ATT_NEW_ARRAY(host, popularity_model, 1);
    if (model)
        *model = (popularity_model){.host = *host, .items = input->matrix->cols};
    if (model)
        model->share = ATT_NEW_ARRAY(host, float, input->matrix->cols);
    if (!model || !model->share) {
        popularity_destroy(model);
        *out = NULL;
        return att_no_memory(err, input->matrix->cols, "counts");
    }
    for (uint64_t k = 0; k < att_matrix_nonzeros(input->matrix); k++)
        model->share[input->matrix->col[k]] += 1.0f / (float)ATT_MAX(input->matrix->rows, 1);
    return ATT_OK;
}

static att_status popularity_score(const void *opaque, att_fold *memory, const att_history *history,
    float *scores, att_error *err)
{
    (void)memory, (void)history, (void)err;
    const popularity_model *model = opaque;
    memcpy(scores, model->share, model->items * sizeof *scores);
    return ATT_OK;
}

const att_scorer att_scorer_popularity = {"popularity", "what most people prefer, for everybody",
    "", popularity_train, popularity_score, popularity_destroy};

// --- Item to item --------------------------------------------------------------------------------

typedef struct item_item_model {
    att_host host;
    att_item_item weights;
    const att_kernels *kernels;
} item_item_model;

static void item_item_destroy(void *opaque)
{
    item_item_model *model = opaque;
    if (!model)
        return;
    const att_host host = model->host;
    att_item_item_deinit(&model->weights, &host);
    ATT_FREE_ARRAY(&host, model, 1);
}

static item_item_model *item_item_create(const att_host *host)
{
    item_item_model *model = ATT_NEW_ARRAY(host, item_item_model, 1);
    if (model)
        *model = (item_item_model){.host = *host, .kernels = att_kernels_best()};
    return model;
}

static att_status item_item_score(const void *opaque, att_fold *memory, const att_history *history,
    float *scores, att_error *err)
{
    (void)memory, (void)err;
    const item_item_model *model = opaque;
    memset(scores, 0, model->weights.item_count * sizeof *scores);
    for (size_t i = 0; i < history->count; i++)
        att_item_item_add(&model->weights, model->kernels, history->items[i], history->weights[i], scores);
    return ATT_OK;
}

static att_status knn_train(void **out, const att_scorer_input *input, const att_scorer_params *params,
    const att_host *host, att_error *err)
{
    att_knn_options options = att_knn_options_default();
    options.threads = params->threads;
    if (params->neighbours)
        options.neighbours = params->neighbours;
    if (params->shrinkage > 0)
        options.shrinkage = params->shrinkage;
    item_item_model *model = *out = item_item_create(host);
    if (!model)
        return att_no_memory(err, 1, "item-knn scorer");
    const att_status status = att_knn_train(&model->weights, input->matrix, &options, host, err);
    if (status) {
        item_item_destroy(model);
        *out = NULL;
    }
    return status;
}

const att_scorer att_scorer_item_knn = {"item-knn",
    "items that the same people prefer as those in the history: cosine with shrinkage",
    "Sarwar, Karypis, Konstan, Riedl 2001; shrinkage after Bell, Koren 2007", knn_train,
    item_item_score, item_item_destroy};

static att_status ease_train(void **out, const att_scorer_input *input, const att_scorer_params *params,
    const att_host *host, att_error *err)
{
    att_ease_options options = att_ease_options_default();
    options.threads = params->threads;
    options.keep = params->ease_keep;
    if (params->ease_reg > 0)
        options.reg = params->ease_reg;
    item_item_model *model = *out = item_item_create(host);
    if (!model)
        return att_no_memory(err, 1, "ease scorer");
    const att_status status = att_ease_train(&model->weights, input->matrix, &options, host, err);
    if (status) {
        item_item_destroy(model);
        *out = NULL;
    }
    return status;
}

const att_scorer att_scorer_ease = {"ease",
    "item-to-item weights that best rebuild everybody's history, none of an item to itself",
    "Steck 2019, Embarrassingly Shallow Autoencoders for Sparse Data", ease_train, item_item_score,
    item_item_destroy};

// --- All of them ---------------------------------------------------------------------------------

static const att_scorer *const all[] = {&att_scorer_random, &att_scorer_popularity,
    &att_scorer_item_knn, &att_scorer_ease, &att_scorer_als, &att_scorer_blend,
    &att_scorer_sequence, &att_scorer_chosen};

const att_scorer *const *att_scorer_list(size_t *count)
{
    *count = ATT_COUNT_OF(all);
    return all;
}

const att_scorer *att_scorer_named(const char *name)
{
    for (size_t i = 0; i < ATT_COUNT_OF(all); i++)
        if (strcmp(all[i]->name, name) == 0)
            return all[i];
    return NULL;
}
