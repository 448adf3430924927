// SPDX-License-Identifier: Apache-2.0
// decide/bandit.c - the interface: predict, spread, mix, draw; and the master that weighs the levels.
#include "decide/bandit.h"
#include "decide/bandit_math.h"

#include <math.h>

#define LEVEL_LEAST 0.05 // of the master's weight
#define WARM_UP 100.0    // rounds by which the master's step is slower at first
#define RATIO_MOST 20.0  // pi_j / p in an estimate

static uint32_t bits_of(const att_bandit_options *options, const att_bandit_algorithm *algorithm)
{
    const uint32_t bits = options->bits ? options->bits : 20;
    return algorithm->models > 1 ? ATT_MAX(bits - 3, 10u) : bits; // several models share the memory of one
}

att_status att_bandit_init(att_bandit *bandit, const att_bandit_options *options, const att_host *host, att_error *err)
{
    size_t known;
    *bandit = (att_bandit){.host = host, .options = *options};
    bandit->algorithm = options->algorithm ? options->algorithm : att_bandit_algorithms(&known);
    if (options->bits && (options->bits < 10 || options->bits > 24))
        return ATT_FAIL(err, ATT_INVALID, "bandit: %u bits, 10 to 24 expected", options->bits);
    if (!(options->floor >= 0 && options->floor <= 1))
        return ATT_FAIL(err, ATT_INVALID, "bandit: the floor is %g, 0 to 1 expected", options->floor);
    const uint32_t bits = bits_of(options, bandit->algorithm);
    for (uint32_t m = 0; m < bandit->algorithm->models; m++)
        att_bandit_model_init(&bandit->models[m],
            m ? bandit->algorithm->other_learners : bandit->algorithm->learners, bits, host);
    for (int j = 0; j < ATT_BANDIT_LEVELS; j++)
        bandit->rho[j] = 1.0 / ATT_BANDIT_LEVELS;
    return att_bandit_space_init(&bandit->space, bits, host, err);
}

void att_bandit_deinit(att_bandit *bandit)
{
    for (uint32_t m = 0; bandit->algorithm && m < bandit->algorithm->models; m++)
        att_bandit_model_deinit(&bandit->models[m]);
    att_bandit_space_deinit(&bandit->space);
    *bandit = (att_bandit){0};
}

// Acklam's rational approximation of the inverse of the normal distribution, relative error under 2e-9 in doubles; here in floats.
static float normal_quantile(double p)
{
    static const double a[] = {-3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02, 1.383577518672690e+02,
        -3.066479806614716e+01, 2.506628277459239e+00};
    static const double b[] = {-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01,
        -1.328068155288572e+01};
    static const double c[] = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
        -2.549732539343734e+00, 4.374664141464968e+00, 2.938163982698783e+00};
    static const double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00};
    if (p > 0.5)
        return -normal_quantile(1 - p);
    if (p < 0.02425) {
        const double q = sqrt(-2 * (double)att_log_f32((float)p));
        return (float)((((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
                       ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1));
    }
    const double q = p - 0.5, r = q * q;
    return (float)((((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
                   (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1));
}

void att_bandit_memory_init(att_bandit_memory *memory, const att_host *host)
{
    *memory = (att_bandit_memory){.host = host};
    for (int i = 0; i < ATT_BANDIT_QUANTILES; i++)
        memory->quantiles[i] = normal_quantile((i + 0.5) / ATT_BANDIT_QUANTILES);
    att_bandit_view_init(&memory->view, host);
    for (int m = 0; m < ATT_BANDIT_MODELS_MAX; m++)
        att_bandit_forecast_init(&memory->forecasts[m], host);
}

void att_bandit_memory_deinit(att_bandit_memory *memory)
{
    if (!memory->host)
        return;
    att_bandit_view_deinit(&memory->view);
    for (int m = 0; m < ATT_BANDIT_MODELS_MAX; m++)
        att_bandit_forecast_deinit(&memory->forecasts[m]);
    ATT_VEC_FREE(memory->host, &memory->levels);
    ATT_VEC_FREE(memory->host, &memory->mean);
    ATT_VEC_FREE(memory->host, &memory->work);
}

static att_status check_features(const att_bandit_features *features, const char *whose, uint32_t index, att_error *err)
{
    if (features->count > ATT_BANDIT_FEATURES_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "%s %u has %zu features, %d at most", whose, index, features->count,
            ATT_BANDIT_FEATURES_MAX);
    for (size_t i = 0; i < features->count; i++)
        if (!isfinite(features->items[i].value))
            return ATT_FAIL(err, ATT_INVALID, "%s %u: feature %zu is not a finite number", whose, index, i);
    return ATT_OK;
}

att_status att_bandit_question_check(const att_bandit_question *question, att_error *err)
{
    if (question->count < 1 || question->count > ATT_BANDIT_OPTIONS_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "%u options, 1 to %d expected", question->count, ATT_BANDIT_OPTIONS_MAX);
    att_status status = check_features(&question->context, "context", 0, err);
    for (uint32_t a = 0; a < question->count && !status; a++)
        status = check_features(&question->options[a], "option", a, err);
    return status;
}

// --- Choosing ---------------------------------------------------------------------------------------------------

// Fills view, forecasts, means and the distribution of every level. The view's space is as it is.
static att_status look(const att_bandit *bandit, const att_bandit_question *question, uint64_t seed,
    att_bandit_memory *memory, att_error *err)
{
    const att_bandit_algorithm *algorithm = bandit->algorithm;
    const uint32_t count = question->count;
    if (!ATT_VEC_RESERVE(memory->host, &memory->levels, (size_t)count * ATT_BANDIT_LEVELS) ||
        !ATT_VEC_RESERVE(memory->host, &memory->mean, count) ||
        !ATT_VEC_RESERVE(memory->host, &memory->work, (size_t)count * 2))
        return att_no_memory(err, count, "options of a question");
    att_status status = att_bandit_view_fill(&memory->view, &bandit->space, question, err);
    for (uint32_t m = 0; m < algorithm->models && !status; m++)
        status = att_bandit_model_predict(
            &bandit->models[m], &memory->view, algorithm->sigma && m == 0, &memory->forecasts[m], err);
    if (status)
        return status;
    for (uint32_t m = 1; m < algorithm->models && algorithm->corrects; m++)
        for (uint32_t a = 0; a < count; a++)
            memory->forecasts[m].reward.items[a] += memory->forecasts[0].reward.items[a];
    float *mean = memory->mean.items;
    memcpy(mean, memory->forecasts[0].reward.items, count * sizeof *mean);
    const bool averaged = algorithm->models > 1 && algorithm->first_voter == 0;
    for (uint32_t a = 0; averaged && a < count; a++) {
        for (uint32_t m = 1; m < algorithm->models; m++)
            mean[a] += memory->forecasts[m].reward.items[a];
        mean[a] /= (float)algorithm->models;
    }
    const att_bandit_outlook outlook = {.count = count,
        .rounds = bandit->rounds,
        .seed = seed,
        .mean = mean,
        .sigma = memory->forecasts[0].sigma.items,
        .is_linear = algorithm->learners == ATT_BANDIT_RIDGE,
        .models = algorithm->models,
        .forecasts = memory->forecasts,
        .quantiles = memory->quantiles,
        .work = memory->work.items};
    algorithm->spread(&outlook, algorithm, memory->levels.items);
    return ATT_OK;
}

static uint32_t greatest(const float *values, uint32_t count)
{
    uint32_t best = 0;
    for (uint32_t a = 1; a < count; a++)
        if (values[a] > values[best])
            best = a;
    return best;
}

att_status att_bandit_distribution(const att_bandit *bandit, const att_bandit_question *question, uint64_t seed,
    att_bandit_memory *memory, float *probabilities, uint32_t *greedy, att_error *err)
{
    const att_status status = look(bandit, question, seed, memory, err);
    if (status)
        return status;
    const uint32_t count = question->count;
    const double floor = bandit->options.floor;
    for (uint32_t a = 0; a < count; a++) {
        double p = 0;
        for (int j = 0; j < ATT_BANDIT_LEVELS; j++)
            p += bandit->rho[j] * (double)memory->levels.items[(size_t)j * count + a];
        probabilities[a] = (float)((1 - floor) * p + floor / count);
    }
    *greedy = greatest(memory->mean.items, count);
    return ATT_OK;
}

// The probabilities are floats and their sum is 1 only within rounding: the draw is over their sum as it is.
uint32_t att_bandit_draw(const float *probabilities, uint32_t count, uint64_t seed)
{
    att_rng rng = att_rng_stream(seed, 4);
    double total = 0;
    for (uint32_t a = 0; a < count; a++)
        total += (double)probabilities[a];
    double left = att_rng_unit(&rng) * total;
    uint32_t last = 0;
    for (uint32_t a = 0; a < count; a++) {
        if (!(probabilities[a] > 0))
            continue;
        last = a;
        left -= (double)probabilities[a];
        if (left < 0)
            break;
    }
    return last;
}

// --- Learning ---------------------------------------------------------------------------------------------------

static double unit(float value)
{
    return value < 0 ? 0 : value > 1 ? 1 : (double)value;
}

// The master's step: each level's loss on this round, estimated before anybody learns from it.
static void weigh_levels(att_bandit *bandit, const att_bandit_memory *memory, uint32_t count, uint32_t chosen,
    double probability, double reward, double weight)
{
    const float *mean = memory->mean.items;
    const double step =
        sqrt(log((double)ATT_BANDIT_LEVELS) / (ATT_BANDIT_LEVELS * ((double)bandit->rounds + WARM_UP)));
    double total = 0, kept = 0;
    for (int j = 0; j < ATT_BANDIT_LEVELS; j++) {
        const float *level = memory->levels.items + (size_t)j * count;
        double loss = 0;
        for (uint32_t a = 0; a < count; a++)
            loss += (double)level[a] * (1 - unit(mean[a]));
        loss += ATT_MIN((double)level[chosen] / probability, RATIO_MOST) * (unit(mean[chosen]) - reward);
        bandit->rho[j] *= exp(-step * ATT_MIN(weight, 1) * loss);
        total += bandit->rho[j];
    }
    for (int j = 0; j < ATT_BANDIT_LEVELS; j++)
        kept += bandit->rho[j] = ATT_MAX(bandit->rho[j] / total, LEVEL_LEAST);
    for (int j = 0; j < ATT_BANDIT_LEVELS; j++)
        bandit->rho[j] /= kept;
}

att_status att_bandit_learn(att_bandit *bandit, const att_bandit_question *question, uint32_t chosen,
    double probability, double reward, double weight, att_bandit_memory *memory, att_error *err)
{
    assert(chosen < question->count);
    if (!(probability > 0 && probability <= 1))
        return ATT_FAIL(err, ATT_INVALID, "the probability is %g, over 0 and at most 1 expected", probability);
    if (!(reward >= 0 && reward <= 1))
        return ATT_FAIL(err, ATT_INVALID, "the reward is %g, 0 to 1 expected", reward);
    if (!(weight >= 0 && weight <= 1e6))
        return ATT_FAIL(err, ATT_INVALID, "the weight is %g, 0 to 1e6 expected", weight);
    bool turned;
    att_status status = att_bandit_space_add(&bandit->space, question, &turned, err);
    for (uint32_t m = 0; m < bandit->algorithm->models && !status; m++)
        status = att_bandit_model_fit(&bandit->models[m], &bandit->space, err);
    if (!status)
        status = look(bandit, question, att_mix64(bandit->options.seed ^ bandit->rounds), memory, err);
    if (status)
        return status;
    weigh_levels(bandit, memory, question->count, chosen, probability, reward, weight);
    if (bandit->algorithm->teach)
        bandit->algorithm->teach(bandit, memory, chosen, (float)probability, (float)reward, (float)weight);
    else
        att_bandit_model_learn(
            &bandit->models[0], &memory->view, &memory->forecasts[0], chosen, (float)reward, (float)weight);
    bandit->rounds++;
    return ATT_OK;
}
