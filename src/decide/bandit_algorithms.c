// SPDX-License-Identifier: Apache-2.0
// decide/bandit_algorithms.c - the algorithms, each a descriptor: its models, its levels, its rule.
#include "decide/bandit.h"
#include "decide/bandit_math.h"

#include <math.h>

#define DRAWS 32 // of the posterior, for Thompson sampling: shares of votes are multiples of 1/32
#define COVER_POLICIES 4
#define COVER_LEAST 0.1f // probabilities in an estimate count as no less
#define COVER_BONUS 0.1 // psi; the value that did best in the bake-off of Bietti et al. 2021
#define BAGS 8

static uint32_t greatest(const float *values, uint32_t count)
{
    uint32_t best = 0;
    for (uint32_t a = 1; a < count; a++)
        if (values[a] > values[best])
            best = a;
    return best;
}

static void only(float *out, uint32_t count, uint32_t option)
{
    memset(out, 0, count * sizeof *out);
    out[option] = 1;
}

static float log_odds(float p)
{
    const float q = p < 1e-7f ? 1e-7f : p > 1 - 1e-6f ? 1 - 1e-6f : p;
    return att_log_f32(q) - att_log_f32(1 - q);
}

// pi(best) = 1 - eps + eps / K, pi(other) = eps / K.
static void spread_epsilon(const att_bandit_outlook *o, const att_bandit_algorithm *algorithm, float *out)
{
    const uint32_t best = greatest(o->mean, o->count);
    for (int j = 0; j < ATT_BANDIT_LEVELS; j++, out += o->count) {
        const float each = (float)(algorithm->levels[j] / o->count);
        for (uint32_t a = 0; a < o->count; a++)
            out[a] = each;
        out[best] += (float)(1 - algorithm->levels[j]);
    }
}

// argmax of mean + level * deviation, on the scale on which the deviation was computed.
static void spread_optimistic(const att_bandit_outlook *o, const att_bandit_algorithm *algorithm, float *out)
{
    float *middle = o->work, *upper = o->work + o->count;
    for (uint32_t a = 0; a < o->count; a++)
        middle[a] = o->is_linear ? o->mean[a] : log_odds(o->mean[a]);
    for (int j = 0; j < ATT_BANDIT_LEVELS; j++, out += o->count) {
        const float level = (float)algorithm->levels[j];
        for (uint32_t a = 0; a < o->count; a++)
            upper[a] = middle[a] + level * o->sigma[a];
        only(out, o->count, greatest(upper, o->count));
    }
}

// Draws of the posterior from the decision's own seed, each value at one of 4,096 equally likely quantiles; each draw votes for
// its best option. All levels see the same draws.
static void spread_thompson(const att_bandit_outlook *o, const att_bandit_algorithm *algorithm, float *out)
{
    att_rng rng = att_rng_stream(o->seed, 3);
    memset(out, 0, o->count * ATT_BANDIT_LEVELS * sizeof *out);
    for (uint32_t d = 0; d < DRAWS; d++) {
        float most[ATT_BANDIT_LEVELS];
        uint32_t best[ATT_BANDIT_LEVELS] = {0};
        uint64_t bits = 0;
        for (uint32_t a = 0; a < o->count; a++, bits >>= 12) {
            if (a % 5 == 0)
                bits = att_rng_u64(&rng);
            const float away = o->quantiles[bits % ATT_BANDIT_QUANTILES] * o->sigma[a];
            for (int j = 0; j < ATT_BANDIT_LEVELS; j++) {
                const float value = o->mean[a] + (float)algorithm->levels[j] * away;
                if (a == 0 || value > most[j]) {
                    most[j] = value;
                    best[j] = a;
                }
            }
        }
        for (int j = 0; j < ATT_BANDIT_LEVELS; j++)
            out[(size_t)j * o->count + best[j]] += 1.0f / DRAWS;
    }
}

// Inverse gap weighting: pi(a) = 1 / (K + gamma (q_best - q_a)), the best takes the rest; gamma = level sqrt(K t).
static void spread_square(const att_bandit_outlook *o, const att_bandit_algorithm *algorithm, float *out)
{
    const uint32_t best = greatest(o->mean, o->count);
    for (int j = 0; j < ATT_BANDIT_LEVELS; j++, out += o->count) {
        const double gamma = algorithm->levels[j] * sqrt((double)o->count * (double)(o->rounds + 1));
        double rest = 1;
        for (uint32_t a = 0; a < o->count; a++) {
            out[a] = (float)(1 / ((double)o->count + gamma * (double)(o->mean[best] - o->mean[a])));
            rest -= a == best ? 0 : (double)out[a];
        }
        out[best] = (float)rest;
    }
}

static void count_votes(const att_bandit_outlook *o, const att_bandit_algorithm *algorithm, float *out)
{
    const uint32_t voters = o->models - algorithm->first_voter;
    memset(out, 0, o->count * sizeof *out);
    for (uint32_t m = algorithm->first_voter; m < o->models; m++)
        out[greatest(o->forecasts[m].reward.items, o->count)] += 1.0f / (float)voters;
}

static double cover_epsilon(uint32_t count, uint64_t rounds)
{
    return ATT_MIN(1.0 / count, 1 / sqrt((double)count * (double)(rounds + 1)));
}

// Shares of the policies' votes over a little of everything: eps = level min(1/K, 1/sqrt(K t)).
static void spread_cover(const att_bandit_outlook *o, const att_bandit_algorithm *algorithm, float *out)
{
    float *votes = o->work;
    count_votes(o, algorithm, votes);
    for (int j = 0; j < ATT_BANDIT_LEVELS; j++, out += o->count) {
        const double each = algorithm->levels[j] * cover_epsilon(o->count, o->rounds);
        for (uint32_t a = 0; a < o->count; a++)
            out[a] = (float)(each + (1 - each * o->count) * (double)votes[a]);
    }
}

// The votes of the bags with share `level`, the best by their mean with the rest.
static void spread_bags(const att_bandit_outlook *o, const att_bandit_algorithm *algorithm, float *out)
{
    float *votes = o->work;
    const uint32_t best = greatest(o->mean, o->count);
    count_votes(o, algorithm, votes);
    for (int j = 0; j < ATT_BANDIT_LEVELS; j++, out += o->count) {
        for (uint32_t a = 0; a < o->count; a++)
            out[a] = votes[a] * (float)algorithm->levels[j];
        out[best] += (float)(1 - algorithm->levels[j]);
    }
}

// Agarwal et al. 2014, algorithm "Online Cover": each policy learns costs that were made doubly robust, minus a bonus where those
// before it leave little probability: psi eps / p_i(a). A policy is the portfolio plus a linear correction, so what it learns
// is the rest: (r - q(chosen)) / p of the chosen option, and the bonuses.
static void teach_cover(att_bandit *bandit, att_bandit_memory *memory, uint32_t chosen, float probability, float reward, float weight)
{
    const uint32_t count = memory->view.count;
    const float *mean = memory->forecasts[0].reward.items;
    float *votes = memory->work.items, *values = votes + count;
    const double eps = cover_epsilon(count, bandit->rounds);
    const float robust = (reward - mean[chosen]) / ATT_MAX(probability, COVER_LEAST);
    memset(votes, 0, count * sizeof *votes);
    for (uint32_t m = 1; m < bandit->algorithm->models; m++) {
        for (uint32_t a = 0; a < count; a++) {
            const double before = m > 1 ? (double)votes[a] / (m - 1) : 1;
            const double p = eps + (1 - eps * count) * before;
            values[a] = (a == chosen ? robust : 0) + (m > 1 ? (float)(COVER_BONUS * eps / p) : 0);
        }
        votes[greatest(memory->forecasts[m].reward.items, count)] += 1;
        att_bandit_model_learn_all(&bandit->models[m], &memory->view, &memory->forecasts[m], values);
    }
    att_bandit_model_learn(&bandit->models[0], &memory->view, &memory->forecasts[0], chosen, reward, weight);
}

// Each bag meets the round as often as Poisson(1) says: the online bootstrap of Oza and Russell 2001.
static void teach_bags(att_bandit *bandit, att_bandit_memory *memory, uint32_t chosen, float probability, float reward, float weight)
{
    (void)probability;
    att_rng rng = att_rng_stream(bandit->options.seed, bandit->rounds);
    for (uint32_t m = 0; m < bandit->algorithm->models; m++)
        att_bandit_model_learn(&bandit->models[m], &memory->view, &memory->forecasts[m], chosen, reward,
            weight * (float)att_rng_poisson(&rng, 1));
}

static const att_bandit_algorithm algorithms[] = {
    {.about = {"regcb", "optimistic regression (RegCB)",
         "Takes the option whose reward could plausibly be the greatest: expected log-odds plus a level of its deviation.",
         "Foster, Agarwal, Dudik, Luo, Schapire: Practical contextual bandits with regression oracles, ICML 2018"},
        .learners = ATT_BANDIT_PORTFOLIO, .models = 1, .sigma = true,
        .levels = {0, 0.5, 1, 2}, .spread = spread_optimistic},
    {.about = {"epsilon", "epsilon-greedy", "Takes the best as far as is known, and now and then any option alike.",
         "Langford, Zhang: The epoch-greedy algorithm for contextual multi-armed bandits, NIPS 2007"},
        .learners = ATT_BANDIT_PORTFOLIO, .models = 1, .levels = {0, 0.02, 0.05, 0.1}, .spread = spread_epsilon},
    {.about = {"linucb", "LinUCB, disjoint models", "Ridge regression for each option, and the upper end of its confidence interval.",
         "Li, Chu, Langford, Schapire: A contextual-bandit approach to personalized news article recommendation, WWW 2010"},
        .learners = ATT_BANDIT_RIDGE, .models = 1, .sigma = true,
        .levels = {0, 0.25, 0.5, 1}, .spread = spread_optimistic},
    {.about = {"thompson", "linear Thompson sampling",
         "Draws 32 times what the rewards could be; an option's probability is its share of the draws that it wins.",
         "Agrawal, Goyal: Thompson sampling for contextual bandits with linear payoffs, ICML 2013"},
        .learners = ATT_BANDIT_RIDGE, .models = 1, .sigma = true,
        .levels = {0.05, 0.1, 0.25, 0.5}, .spread = spread_thompson},
    {.about = {"squarecb", "inverse gap weighting (SquareCB)",
         "An option's probability falls with its distance from the best, the faster the more was learned.",
         "Foster, Rakhlin: Beyond UCB: optimal and efficient contextual bandits with regression oracles, ICML 2020"},
        .learners = ATT_BANDIT_PORTFOLIO, .models = 1, .levels = {1, 4, 16, 64}, .spread = spread_square},
    {.about = {"cover", "online cover", "Four policies, each drawn to what those before it neglect; their votes are the distribution.",
         "Agarwal, Hsu, Kale, Langford, Li, Schapire: Taming the monster, ICML 2014"},
        .learners = ATT_BANDIT_PORTFOLIO, .other_learners = 1u << ATT_BANDIT_COSTS,
        .models = 1 + COVER_POLICIES, .first_voter = 1, .corrects = true,
        .levels = {0, 0.25, 0.5, 1}, .spread = spread_cover, .teach = teach_cover},
    {.about = {"bagging", "online bagging", "Eight portfolios, each taught by its own bootstrap sample of the rounds, vote.",
         "Bietti, Agarwal, Langford: A contextual bandit bake-off, JMLR 2021; Oza, Russell: Online bagging and boosting, AISTATS 2001"},
        .learners = ATT_BANDIT_PORTFOLIO, .other_learners = ATT_BANDIT_PORTFOLIO, .models = BAGS,
        .levels = {0, 0.25, 0.5, 1}, .spread = spread_bags, .teach = teach_bags},
};

const att_bandit_algorithm *att_bandit_algorithms(size_t *count)
{
    *count = ATT_COUNT_OF(algorithms);
    return algorithms;
}

const att_bandit_algorithm *att_bandit_algorithm_named(att_text name)
{
    for (size_t i = 0; i < ATT_COUNT_OF(algorithms); i++)
        if (att_text_equal(name, att_text_of(algorithms[i].about.name)))
            return &algorithms[i];
    return NULL;
}

const att_bandit_about *att_bandit_about_at(size_t index)
{
    return index < ATT_COUNT_OF(algorithms) ? &algorithms[index].about : NULL;
}
