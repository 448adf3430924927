// SPDX-License-Identifier: Apache-2.0
// measure/ope_estimators.c - every off-policy estimator by name: one formula, seven weights.
//
//   value = mean over rows of   sum_a pi(a) q(a)  +  u(w) (r - q(chosen)),     w = pi(chosen) / propensity
//
// pi is the policy that is asked about, q a model of the reward (0 for the first three), u a weight of at most w.
// A normalized estimator divides the second part by the mean of u instead of by 1.
#include "attune/ope.h"
#include "base/base.h"

#include <math.h>
#include <stdlib.h>

static double whole(double w, double level)
{
    (void)level;
    return w;
}

static double none(double w, double level)
{
    (void)w;
    (void)level;
    return 0;
}

static double clipped(double w, double level)
{
    return w < level ? w : level;
}

static double switched(double w, double level)
{
    return w <= level ? w : 0;
}

// Minimizes a bound of w^2 (error of q)^2 / n + bias^2 over weights; tends to w for a high level, to 0 for a low one.
static double shrunk(double w, double level)
{
    return level * w / (w * w + level);
}

static const att_ope_estimator estimators[] = {
    {.name = "ips", .formula = "mean w r", .paper = "Horvitz and Thompson 1952; Precup, Sutton and Singh 2000",
        .note = "unbiased; wide where weights are large", .weight = whole},
    {.name = "clipped-ips", .formula = "mean min(w, L) r", .paper = "Ionides 2008; Bottou et al. 2013",
        .note = "too low where weights above L carry reward", .has_level = true, .biased = true, .level = 10,
        .weight = clipped},
    {.name = "snips", .formula = "sum w r / sum w", .paper = "Swaminathan and Joachims 2015",
        .note = "bias of order 1/n; does not move when a constant is added to all rewards", .normalized = true,
        .weight = whole},
    {.name = "dm", .formula = "mean sum_a pi(a) q(a)", .paper = "Dudik, Erhan, Langford and Li 2014",
        .note = "as good as its model", .uses_model = true, .biased = true, .weight = none},
    {.name = "dr", .formula = "mean [sum_a pi(a) q(a) + w (r - q)]", .paper = "Dudik, Erhan, Langford and Li 2014",
        .note = "unbiased whatever the model; narrower the better it is", .uses_model = true, .weight = whole},
    {.name = "sndr", .formula = "mean sum_a pi(a) q(a) + sum w (r - q) / sum w",
        .paper = "Thomas and Brunskill 2016 (weighted DR)", .note = "DR with normalized weights; bias of order 1/n",
        .uses_model = true, .normalized = true, .weight = whole},
    {.name = "switch-dr", .formula = "mean [sum_a pi(a) q(a) + w 1{w <= L} (r - q)]",
        .paper = "Wang, Agarwal and Dudik 2017", .note = "trusts the model where weights exceed L", .uses_model = true,
        .has_level = true, .biased = true, .level = 10, .weight = switched},
    {.name = "dros", .formula = "mean [sum_a pi(a) q(a) + L w / (w^2 + L) (r - q)]",
        .paper = "Su, Dimakopoulou, Krishnamurthy and Dudik 2020", .note = "trusts the model more, the larger the weight",
        .uses_model = true, .has_level = true, .biased = true, .level = 100, .weight = shrunk},
};

const att_ope_estimator *att_ope_estimators(size_t *count)
{
    *count = ATT_COUNT_OF(estimators);
    return estimators;
}

static bool level_of(att_text text, double *out)
{
    char copy[32], *end;
    if (text.size == 0 || text.size >= sizeof copy || text.data[0] < '0' || text.data[0] > '9')
        return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = 0;
    *out = strtod(copy, &end);
    return *end == 0 && *out > 0 && *out <= 1e12;
}

bool att_ope_pick_parse(att_text text, att_ope_pick *out)
{
    const char *at = text.size ? memchr(text.data, '@', text.size) : NULL;
    const size_t size = at ? (size_t)(at - text.data) : text.size;
    for (size_t i = 0; i < ATT_COUNT_OF(estimators); i++) {
        if (!att_text_equal((att_text){text.data, size}, att_text_of(estimators[i].name)))
            continue;
        *out = (att_ope_pick){&estimators[i], estimators[i].level};
        if (!at)
            return true;
        return estimators[i].has_level && level_of((att_text){at + 1, text.size - size - 1}, &out->level);
    }
    return false;
}

static const att_ope_slate_estimator slate_estimators[] = {
    {"independent", "mean of sum_k w_k r_k", "that a slot's reward depends on the item in that slot alone (item-position model)",
        "Li, Abbasi-Yadkori, Kveton, Muthukrishnan, Vinay and Wen 2018"},
    {"cascade", "mean of sum_k (w_1 ... w_k) r_k", "that a slot's reward depends on its item and on those above it",
        "McInerney, Brost, Chandar, Mehrotra and Carterette 2020 (RIPS)"},
    {"whole", "mean of (w_1 ... w_K) sum_k r_k", "nothing: a slot's reward may depend on the whole slate",
        "Horvitz and Thompson 1952; Precup, Sutton and Singh 2000"},
};

const att_ope_slate_estimator *att_ope_slate_estimators(size_t *count)
{
    *count = ATT_COUNT_OF(slate_estimators);
    return slate_estimators;
}
