// SPDX-License-Identifier: Apache-2.0
// embed/choose_trend.c - does what people like of late help, over which half-life, and how much should it count?
//
// By the clock (choose_clock.h). The smallest sufficient weight matters here: where people are asked about other days than
// the newest, a loud trend costs more than it brings.
#include "embed/choose_clock.h"

#include <stdio.h>

static const double half_lives_days[ATT_CLOCK_HALF_LIVES] = {30, 90, 365};
static const double weights[ATT_CLOCK_WEIGHTS] = {0.125, 0.25, 0.5, 1};

att_status att_model_add_trend(att_model *model, const att_matrix *m, const int64_t *at_ms,
    double half_life_days, double weight, att_error *err)
{
    double spread;
    model->trend = (att_trend){0};
    float *values = ATT_NEW(&model->life, float, model->item_count);
    if (!values)
        return att_no_memory(err, model->item_count, "trend");
    const att_status status = att_clock_spread(model, m, &spread, err);
    if (status || !(spread > 0))
        return status;
    model->trend = (att_trend){.values = values,
        .weight = weight,
        .scale = weight * spread,
        .half_life_days = half_life_days,
        .at_ms = att_trend_measure(values, m, at_ms, half_life_days)};
    return ATT_OK;
}

static att_status try_moment(att_clock *c, uint32_t moment, att_clock_gains *gains, att_error *err)
{
    att_clock_moment *at = &c->at[moment];
    att_status status = ATT_OK;
    for (size_t k = 0; k < ATT_CLOCK_CANDIDATES && at->model && !status; k++) {
        const double half_life = half_lives_days[k / ATT_CLOCK_WEIGHTS];
        if (k % ATT_CLOCK_WEIGHTS == 0)
            att_trend_measure(at->values, &at->held.train, at->held.train_at_ms, half_life);
        const double weight = weights[k % ATT_CLOCK_WEIGHTS];
        at->model->trend = (att_trend){at->values, weight, weight * at->spread, half_life, c->cuts_ms[moment]};
        status = att_clock_try(c, moment, k, "choose a trend", gains, err);
    }
    if (at->model)
        at->model->trend = (att_trend){0};
    return status;
}

static att_status take(att_clock *c, size_t best, att_model *model, att_train_report *report, att_error *err)
{
    const double half_life = half_lives_days[best / ATT_CLOCK_WEIGHTS], weight = weights[best % ATT_CLOCK_WEIGHTS];
    report->trend_weight = weight;
    att_status status = att_model_add_trend(
        model, c->input->preferences, c->input->last_at_ms, half_life, weight, err);
    for (uint32_t k = 0; k < c->moments && !status; k++)
        if (c->at[k].model)
            status = att_model_add_trend(
                c->at[k].model, &c->at[k].held.train, c->at[k].held.train_at_ms, half_life, weight, err);
    return status;
}

att_status att_choose_trend(att_clock *clock, att_model *model, att_train_report *report, att_error *err)
{
    att_clock_gains gains = {0};
    att_status status = att_clock_measure_before(clock, err);
    for (uint32_t k = 0; k < clock->moments && !status; k++)
        status = try_moment(clock, k, &gains, err);
    if (status)
        return status;
    const size_t best = att_clock_best(clock, &gains, 1);
    const double before = clock->before / clock->cases;
    if (best == SIZE_MAX) {
        snprintf(report->trend, sizeof report->trend, "it does not help: %.4f without, for %u people at %u moments", before,
            clock->cases, clock->moments);
        return ATT_OK;
    }
    snprintf(report->trend, sizeof report->trend,
        "it helps: %.4f without, %.4f with a weight of %g and a half-life of %g days, for %u people at %u moments", before,
        before + gains.sum[best] / clock->cases, weights[best % ATT_CLOCK_WEIGHTS],
        half_lives_days[best / ATT_CLOCK_WEIGHTS], clock->cases, clock->moments);
    return take(clock, best, model, report, err);
}
