// SPDX-License-Identifier: Apache-2.0
// decide/terms.c - the terms of a score, candidate by candidate.
#include "decide/terms.h"

#include <math.h>

#define DAY_MS 86400000.0

float att_novelty_of(float popularity, float least)
{
    assert(least > 0 && least < 1);
    return att_novelty_of_log(logf(popularity), logf(least));
}

float att_novelty_of_log(float log_popularity, float log_least)
{
    return ATT_MIN(ATT_MAX(log_popularity, log_least), 0.0F) / log_least;
}

double att_relevance_scale(const float *relevance, size_t count)
{
    enum { most = 10 };
    float top[most];
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == most && !(relevance[i] > top[most - 1]))
            continue;
        size_t at = kept < most ? kept++ : most - 1;
        for (; at > 0 && relevance[i] > top[at - 1]; at--)
            top[at] = top[at - 1];
        top[at] = relevance[i];
    }
    double sum = 0;
    for (size_t i = 0; i < kept; i++)
        sum += (double)top[i];
    return 1 / ATT_MAX(0.25, kept ? sum / (double)kept : 0);
}

static double freshness_of(int64_t published_at_ms, int64_t at_ms, double half_life_days)
{
    if (published_at_ms == 0 || half_life_days <= 0)
        return 0;
    const double age_days = ((double)at_ms - (double)published_at_ms) / DAY_MS;
    if (age_days <= 0)
        return 1;
    const double halvings = age_days / half_life_days;
    return halvings < 64 ? exp2(-halvings) : 0;
}

static double control_of(const att_raw_terms *raw, size_t i, double slider)
{
    double control = 0;
    if (raw->energy && slider != 0 && !isnan(raw->energy[i]))
        control += slider * (2 * (double)raw->energy[i] - 1);
    if (raw->less_like)
        control -= (double)raw->less_like[i];
    return control;
}

double att_novelty_weight(double weight, double slider)
{
    return weight + 2 * slider * ATT_MAX(weight, 0.25);
}

void att_terms_fill(att_candidate *candidates, size_t count, const att_raw_terms *raw,
    const att_term_settings *settings)
{
    const att_policy *policy = settings->policy;
    const double relevance = policy->objective.relevance * settings->relevance_scale;
    const double novelty = att_novelty_weight(policy->objective.novelty, settings->novelty);
    const double half_life_days = policy->objective.freshness_half_life_days;
    const bool fresh = raw->published_at_ms && policy->objective.freshness > 0;
    for (size_t i = 0; i < count; i++) {
        double *terms = candidates[i].terms;
        memset(terms, 0, sizeof candidates[i].terms);
        if (raw->relevance)
            terms[ATT_TERM_RELEVANCE] = relevance * (double)raw->relevance[i];
        if (raw->context)
            terms[ATT_TERM_CONTEXT] = policy->objective.context * (double)raw->context[i];
        if (raw->situation)
            terms[ATT_TERM_SITUATION] = policy->objective.situation * (double)raw->situation[i];
        if (raw->skip)
            terms[ATT_TERM_SKIP] = policy->objective.early_skip * (double)raw->skip[i];
        if (raw->novelty)
            terms[ATT_TERM_NOVELTY] = novelty * (double)raw->novelty[i];
        if (fresh)
            terms[ATT_TERM_FRESHNESS] =
                policy->objective.freshness *
                freshness_of(raw->published_at_ms[i], settings->at_ms, half_life_days);
        if (raw->boost)
            terms[ATT_TERM_BUSINESS] = policy->objective.business * (double)raw->boost[i];
        terms[ATT_TERM_CONTROL] = policy->objective.control * control_of(raw, i, settings->energy);
    }
}

static float common_tags(const att_candidate *candidate, const att_less *less)
{
    size_t common = 0;
    for (size_t i = 0; i < candidate->tag_count; i++)
        for (size_t j = 0; j < less->tag_count; j++)
            common += candidate->tags[i] == less->tags[j];
    const size_t all = (size_t)candidate->tag_count + less->tag_count - common;
    return all ? (float)common / (float)all : 0;
}

void att_less_like(const att_candidate *candidates, size_t count, size_t dim, const att_less *less,
    size_t less_count, float *out)
{
    const att_kernels *kernels = att_kernels_best();
    for (size_t i = 0; i < count; i++) {
        float most = 0;
        for (size_t j = 0; j < less_count; j++) {
            most = ATT_MAX(most, common_tags(&candidates[i], &less[j]));
            if (dim && candidates[i].vector && less[j].vector)
                most = ATT_MAX(most, kernels->dot_f32(candidates[i].vector, less[j].vector, dim) /
                                         (candidates[i].length > 0 ? candidates[i].length : 1));
        }
        out[i] = ATT_MIN(most, 1.0F);
    }
}
