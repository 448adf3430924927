// SPDX-License-Identifier: Apache-2.0
// embed/scorer_model.c - als, blend, and what validation chooses, behind the scorers' face.
#include "embed/scorer.h"
#include "embed/model_parts.h"

static void model_destroy(void *model)
{
    att_model_destroy(model);
}

// The sequence part, where the model has one and at least the order is known.
static att_status read_sequence(
    const att_model *model, att_fold *memory, const att_history *history, att_error *err)
{
    if (att_model_sequence_share(model) <= 0 || (!history->at_ms && !history->order))
        return ATT_OK;
    if (!ATT_VEC_RESERVE(&memory->host, &memory->events, history->count + 1))
        return att_no_memory(err, history->count, "events");
    for (size_t k = 0; k < history->count; k++)
        memory->events.items[k] =
            (att_model_event){history->items[k],
                history->at_ms ? (uint32_t)(history->at_ms[k] / 1000) : history->order[k],
                history->situation ? history->situation[k] : 0};
    return att_model_read(
        model, memory, memory->events.items, history->count, history->asked, 0, err);
}

// Times that tell the order alone are none.
static int64_t newest_of(const att_history *history)
{
    int64_t newest = 0;
    for (size_t k = 0; history->at_ms && k < history->count; k++)
        newest = ATT_MAX(newest, history->at_ms[k]);
    return newest;
}

static att_status score_model(const void *model, att_fold *memory, const att_history *history,
    float *scores, att_error *err)
{
    att_status status = att_model_fold_arrays(
        model, memory, history->items, history->weights, history->count, err);
    if (!status)
        att_model_ask(model, memory, history->asked_ms, newest_of(history));
    if (!status)
        status = read_sequence(model, memory, history, err);
    if (!status)
        att_model_score_all(model, memory, scores);
    return status;
}

static att_recipe recipe_of(const att_scorer_params *p, att_model_kind kind)
{
    att_recipe recipe = att_recipe_default();
    recipe.kind = kind;
    recipe.als.seed = p->seed;
    recipe.als.dim = p->dim ? p->dim : recipe.als.dim;
    recipe.als.passes = p->passes ? p->passes : recipe.als.passes;
    recipe.als.reg = p->reg > 0 ? p->reg : recipe.als.reg;
    recipe.als.unobserved = p->unobserved > 0 ? p->unobserved : recipe.als.unobserved;
    recipe.ease.reg = p->ease_reg > 0 ? p->ease_reg : recipe.ease.reg;
    recipe.ease.keep = p->ease_keep;
    recipe.mix = p->mix > 0 ? p->mix : recipe.mix;
    return recipe;
}

static att_status build(void **out, const att_matrix *matrix, const att_scorer_params *params,
    att_model_kind kind, const att_host *host, att_error *err)
{
    const att_recipe recipe = recipe_of(params, kind);
    att_model *model = NULL;
    const att_status status =
        att_model_build(&model, matrix, &recipe, params->threads, host, NULL, err);
    *out = model;
    return status;
}

static att_status als_train(void **out, const att_scorer_input *input, const att_scorer_params *params,
    const att_host *host, att_error *err)
{
    return build(out, input->matrix, params, ATT_MODEL_ALS, host, err);
}

static att_status blend_train(void **out, const att_scorer_input *input, const att_scorer_params *params,
    const att_host *host, att_error *err)
{
    return build(out, input->matrix, params, ATT_MODEL_BLEND, host, err);
}

static att_status chosen_train(void **out, const att_scorer_input *input,
    const att_scorer_params *params, const att_host *host, att_error *err)
{
    const att_model_input own = {
        .preferences = input->matrix, .last_at_ms = input->at_ms, .situation = input->situation};
    const att_train_options options = {
        .seed = params->seed, .threads = params->threads, .dim = params->dim};
    att_train_report report;
    att_model *model = NULL;
    const att_status status = att_model_train(&model, &own, &options, &report, host, err);
    *out = model;
    return status;
}

const att_scorer att_scorer_als = {"als",
    "people and items as vectors whose product is preference: implicit alternating least squares",
    "Hu, Koren, Volinsky 2008; Rendle, Krichene, Zhang, Koren 2021", als_train, score_model,
    model_destroy};

const att_scorer att_scorer_blend = {"blend", "a weighted sum of als and ease on one scale",
    "Rendle et al. 2021; Steck 2019", blend_train, score_model, model_destroy};

const att_scorer att_scorer_chosen = {"chosen",
    "what the engine uses: kind and parameters chosen on a validation split", "", chosen_train,
    score_model, model_destroy};
