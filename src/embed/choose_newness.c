// SPDX-License-Identifier: Apache-2.0
// embed/choose_newness.c - does it help to know what came since somebody was last here, and how much should it count?
//
// By the clock (choose_clock.h), after the trend was chosen and beside it.
#include "embed/choose_clock.h"

#include <stdio.h>

#define ERRORS 2.5 // the best of twelve is above one by chance every other time

static const double half_lives_days[ATT_CLOCK_HALF_LIVES] = {30, 90, 365};
static const double weights[ATT_CLOCK_WEIGHTS] = {0.5, 1, 2, 4};

att_status att_model_add_newness(
    att_model *model, const att_model_input *input, double half_life_days, double weight, att_error *err)
{
    model->newness = (att_newness){0};
    float *born_days = ATT_NEW(&model->life, float, model->item_count);
    if (!born_days)
        return att_no_memory(err, model->item_count, "dates");
    model->newness = (att_newness){.born_days = born_days,
        .weight = weight,
        .half_life_days = half_life_days,
        .at_ms = att_newness_measure(born_days, input)};
    return ATT_OK;
}

// When items came is known of all of the log: what somebody liked before a moment was first liked before it.
static att_status try_moment(
    att_clock *c, uint32_t moment, const float *born_days, att_clock_gains *gains, att_error *err)
{
    att_model *model = c->at[moment].model;
    att_status status = ATT_OK;
    for (size_t k = 0; k < ATT_CLOCK_CANDIDATES && model && !status; k++) {
        model->newness = (att_newness){.born_days = born_days,
            .weight = weights[k % ATT_CLOCK_WEIGHTS],
            .half_life_days = half_lives_days[k / ATT_CLOCK_WEIGHTS],
            .at_ms = c->cuts_ms[moment]};
        status = att_clock_try(c, moment, k, "choose what is new", gains, err);
    }
    if (model)
        model->newness = (att_newness){0};
    return status;
}

static att_status try_all(att_clock *c, att_clock_gains *gains, att_error *err)
{
    const uint32_t items = c->input->preferences->cols;
    float *born_days = ATT_NEW_ARRAY(c->host, float, items);
    if (!born_days)
        return att_no_memory(err, items, "dates");
    att_newness_measure(born_days, c->input);
    att_status status = att_clock_measure_before(c, err);
    for (uint32_t k = 0; k < c->moments && !status; k++)
        status = try_moment(c, k, born_days, gains, err);
    ATT_FREE_ARRAY(c->host, born_days, items);
    return status;
}

att_status att_choose_newness(att_clock *clock, att_model *model, att_train_report *report, att_error *err)
{
    att_clock_gains gains = {0};
    const att_status status = try_all(clock, &gains, err);
    if (status)
        return status;
    const size_t best = att_clock_best(clock, &gains, ERRORS);
    const double before = clock->before / clock->cases;
    if (best == SIZE_MAX) {
        snprintf(report->newness, sizeof report->newness, "it does not help: %.4f without, for %u people at %u moments",
            before, clock->cases, clock->moments);
        return ATT_OK;
    }
    const double half_life = half_lives_days[best / ATT_CLOCK_WEIGHTS], weight = weights[best % ATT_CLOCK_WEIGHTS];
    snprintf(report->newness, sizeof report->newness,
        "it helps: %.4f without, %.4f with a weight of %g and a half-life of %g days, for %u people at %u moments", before,
        before + gains.sum[best] / clock->cases, weight, half_life, clock->cases, clock->moments);
    report->newness_weight = weight;
    return att_model_add_newness(model, clock->input, half_life, weight, err);
}
