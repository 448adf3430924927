// SPDX-License-Identifier: Apache-2.0
// embed/train.c - the choice of kind and parameters, then training on everything.
//
// A warm start leaves the choice out: it keeps the recipe of the model before and begins the passes from its item
// vectors. Alternating least squares solves people from items first, so the item vectors are all that it needs; each
// half pass is exact, so the loss falls from where it stands and a few passes do what many did from noise
// (Hu, Koren, Volinsky 2008; the loss is in als.h). Item-item sums have a closed form and are computed anew.
#include "embed/model_parts.h"
#include "embed/blas.h"
#include "embed/choose.h"
#include "embed/choose_clock.h"

#include <stdio.h>

// Whether the model before can be begun from, and is of the kind and size that is asked for.
static bool can_begin_from(const att_model *before, const att_train_options *options)
{
    if (!before || !before->has_recipe)
        return false;
    const bool any = !options->kind || strcmp(options->kind, "auto") == 0;
    return (any || strcmp(options->kind, att_model_kind_name(before->recipe.kind)) == 0) &&
           (!options->dim || options->dim == before->recipe.als.dim);
}

// (items, stride): known vectors, then what content places, then zeros, which are drawn.
static void start_from(const att_model_input *input, float *start, att_arena *scratch)
{
    const att_model *before = input->before;
    const size_t stride = before->stride;
    for (uint32_t i = 0; i < input->preferences->cols; i++) {
        const float *known = att_model_item_vector(before, i);
        const att_item *item = known || !input->item_of ? NULL : input->item_of(input->item_user, i);
        if (known)
            memcpy(start + i * stride, known, before->dim * sizeof *known);
        else if (item && !att_model_place(before, item, start + i * stride, scratch))
            memset(start + i * stride, 0, stride * sizeof *start);
    }
}

static att_status build(att_model **out, const att_model_input *input, att_recipe *recipe, bool warm,
    const att_train_options *options, att_train_report *report, const att_host *host, att_error *err)
{
    att_arena scratch;
    att_arena_init(&scratch, host, 0);
    att_status status = ATT_OK;
    if (warm && input->before->stride) {
        const size_t size = (size_t)input->preferences->cols * input->before->stride;
        float *start = ATT_NEW(&scratch, float, size);
        if (start)
            start_from(input, start, &scratch);
        else
            status = att_no_memory(err, size, "starting vectors");
        recipe->als.start = start;
    }
    if (!status)
        status = att_model_build(out, input->preferences, recipe, options->threads, host, report, err);
    recipe->als.start = NULL; // whoever builds by this recipe on other people begins cold, and makes all passes
    recipe->als.passes = att_als_options_default().passes;
    att_arena_deinit(&scratch);
    return status;
}

// A warm start keeps what was chosen before and measures it anew.
static att_status keep_days(att_model *model, const att_model_input *input, att_train_report *report, att_error *err)
{
    const att_trend *trend = &input->before->trend;
    const att_newness *newness = &input->before->newness;
    att_status status = ATT_OK;
    if (!input->last_at_ms || input->untimed)
        return ATT_OK;
    if (trend->values) {
        snprintf(report->trend, sizeof report->trend, "kept: a weight of %g and a half-life of %g days", trend->weight,
            trend->half_life_days);
        report->trend_weight = trend->weight;
        status = att_model_add_trend(
            model, input->preferences, input->last_at_ms, trend->half_life_days, trend->weight, err);
    }
    if (newness->born_days && !status) {
        snprintf(report->newness, sizeof report->newness, "kept: a weight of %g and a half-life of %g days",
            newness->weight, newness->half_life_days);
        report->newness_weight = newness->weight;
        status = att_model_add_newness(model, input, newness->half_life_days, newness->weight, err);
    }
    return status;
}

att_status att_choose_by_clock(att_model *model, const att_recipe *recipe, const att_model_input *input,
    const att_train_options *options, att_train_report *report, att_error *err)
{
    att_clock clock;
    att_status status = att_clock_init(&clock, model, recipe, input, options, report->trend, err);
    snprintf(report->newness, sizeof report->newness, "%s", report->trend);
    if (status || report->trend[0])
        return status;
    status = att_choose_trend(&clock, model, report, err);
    if (!status)
        status = att_choose_newness(&clock, model, report, err);
    att_clock_deinit(&clock);
    return status;
}

att_status att_model_train(att_model **out, const att_model_input *input,
    const att_train_options *options, att_train_report *report, const att_host *host,
    att_error *err)
{
    *out = NULL;
    *report = (att_train_report){0};
    att_recipe recipe = att_recipe_default();
    const int64_t start_ms = host->now_ms(host->user);
    const bool warm = can_begin_from(input->before, options);
    att_status status = att_blas_check(host, err);
    if (!status && warm) {
        recipe = input->before->recipe;
        recipe.als.passes = input->warm_passes ? input->warm_passes : ATT_WARM_PASSES;
    } else if (!status) {
        status = att_choose(&recipe, input, options, report, host, err);
    }
    if (!status)
        status = build(out, input, &recipe, warm, options, report, host, err);
    if (!status)
        status = att_content_learn(*out, input, options->seed, options->threads, err);
    if (!status && !options->plain)
        status = att_choose_sequence(*out, &recipe, input, options, report, err);
    if (!status && !options->plain)
        status = warm ? keep_days(*out, input, report, err)
                      : att_choose_by_clock(*out, &recipe, input, options, report, err);
    if (status) {
        att_model_destroy(*out);
        *out = NULL;
    }
    if (status)
        return status;
    snprintf(report->kind, sizeof report->kind, "%s", att_model_kind_name((*out)->kind));
    report->incremental = warm;
    report->users = input->preferences->rows;
    report->items = input->preferences->cols;
    report->preferences = att_matrix_nonzeros(input->preferences);
    report->seconds = (double)(host->now_ms(host->user) - start_ms) / 1000;
    return ATT_OK;
}
