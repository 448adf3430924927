// SPDX-License-Identifier: Apache-2.0
// decide/bandit_model.h - what reward to expect of each option, learned online without anything to tune.
//
// A model is a small portfolio of learners that see the same rounds. Each says for every option the chance q_a that its
// reward (scaled to 0 … 1) comes, and the portfolio says p_a = sum_m w_m q_m,a. After a round with option a and reward r,
//   w_m <- w_m * q^r (1 - q)^(1 - r)   (q = q_m,a as said before learning: progressive validation), then
//   w_m <- (1 - share) w_m + share / M,
// which is Vovk's aggregating algorithm for logarithmic loss with the fixed share of Herbster and Warmuth 1998: it loses at
// most ln(M) nats against the best learner in hindsight, and follows when another becomes the best. So step sizes, priors,
// and the very form of the model are chosen by how well each predicted; no learner sees a reward before it has spoken.
//
// The learners (all second order, so that none has a learning rate):
//   rows    one Bayesian logistic regression a slot with its full covariance, by the extended Kalman filter (Bishop 2006,
//           section 4.5, done online): S <- S - v v' / (1 / c + x'v), w <- w + v (r - p) / c / (1 / c + x'v), v = S x, c = p (1 - p)
//   plain   the same with a diagonal covariance: any width
//   rivals  one softmax over the options asked about, for rewards of which one option has all; learned from the one
//           reward that was seen (ascent on r log p_a + (1 - r) log(1 - p_a)), diagonal Fisher information
//   pairs   plain, on all products of two columns (up to ATT_BANDIT_PAIR_COLUMNS of them)
//   shy     plain, with a prior fifty times tighter: for rewards that are mostly luck
//   means   plain, on the constant alone: each option's own mean, whatever the context
//   linear  rows with the identity for a link: ridge regression, exactly, as LinUCB and linear Thompson sampling want it
//   costs   plain with the identity for a link, for learning several options' values at once (online cover)
// A learner whose tables would pass 2^bits weights is retired, and the others share its weight.
#ifndef ATT_DECIDE_BANDIT_MODEL_H
#define ATT_DECIDE_BANDIT_MODEL_H

#include "decide/bandit_space.h"

typedef enum att_bandit_learner {
    ATT_BANDIT_ROWS,
    ATT_BANDIT_PLAIN,
    ATT_BANDIT_RIVALS,
    ATT_BANDIT_PAIRS,
    ATT_BANDIT_SHY,
    ATT_BANDIT_MEANS,
    ATT_BANDIT_LINEAR,
    ATT_BANDIT_COSTS,
    ATT_BANDIT_LEARNER_COUNT
} att_bandit_learner;

#define ATT_BANDIT_ROW_COLUMNS 160 // more columns: no full covariance
#define ATT_BANDIT_PAIR_COLUMNS 48
#define ATT_BANDIT_PORTFOLIO                                                                       \
    ((1u << ATT_BANDIT_ROWS) | (1u << ATT_BANDIT_PLAIN) | (1u << ATT_BANDIT_RIVALS) | (1u << ATT_BANDIT_PAIRS) |          \
        (1u << ATT_BANDIT_SHY) | (1u << ATT_BANDIT_MEANS))
#define ATT_BANDIT_RIDGE ((1u << ATT_BANDIT_LINEAR) | (1u << ATT_BANDIT_COSTS)) // the second stands in when it is too wide

#define ATT_BANDIT_EXPERTS_MAX 6

typedef struct att_bandit_expert {
    uint8_t learner; // att_bandit_learner
    bool alive;
    uint32_t width;  // narrow: floats a slot in `weights`
    float *weights;  // narrow: (slot_capacity, width); wide: (2^bits)
    float *spread;   // variances, as weights; rows and linear: (slot_capacity, width (width + 1) / 2), the covariance's
                     // lower triangle row by row
    size_t weight_count, spread_count;
    double share;    // in the portfolio
    double loss;     // sum of progressive logarithmic losses, for reports
} att_bandit_expert;

typedef struct att_bandit_model {
    const att_host *host;
    uint32_t bits;
    bool wide;
    uint32_t slot_capacity, column_capacity;
    uint32_t expert_count;
    att_bandit_expert experts[ATT_BANDIT_EXPERTS_MAX];
    uint64_t rounds;
} att_bandit_model;

// What a model says about a view; arrays are (count) and grow like those of a view.
typedef struct att_bandit_forecast {
    const att_host *host;
    ATT_VEC(float) reward;  // p_a
    ATT_VEC(float) sigma;   // deviation of the log-odds of p_a (of the value, for linear and costs)
    ATT_VEC(float) score;   // work: (experts, count) raw scores
    ATT_VEC(float) chance;  // (experts, count): q_m,a
    ATT_VEC(float) variance; // work: of one learner
    ATT_VEC(float) slots;   // work: by slot
    ATT_VEC(float) row;     // work: one row or one pair expansion
    ATT_VEC(float) pairs;   // the pairs of columns and their squares
    ATT_VEC(float) square;  // x x' as a lower triangle, what is off the diagonal doubled: x' S x is one dot product
} att_bandit_forecast;

void att_bandit_forecast_init(att_bandit_forecast *forecast, const att_host *host);
void att_bandit_forecast_deinit(att_bandit_forecast *forecast);

// `learners`: bits 1 << att_bandit_learner, at most ATT_BANDIT_EXPERTS_MAX.
void att_bandit_model_init(att_bandit_model *model, uint32_t learners, uint32_t bits, const att_host *host);
void att_bandit_model_deinit(att_bandit_model *model);
// Makes room for what the space numbers; retires what became too large; moves to wide tables when the space did.
// Call it after each att_bandit_space_add and before the space forgets its numbers.
att_status att_bandit_model_fit(att_bandit_model *model, const att_bandit_space *space, att_error *err);

// With `sigma` false the deviations are not computed. No allocation once the forecast has met a question as large.
att_status att_bandit_model_predict(const att_bandit_model *model, const att_bandit_view *view, bool sigma,
    att_bandit_forecast *out, att_error *err);
// Reward in 0 … 1 of option `chosen`, counted `weight` times. `said` is what the model predicted of this view just before.
void att_bandit_model_learn(att_bandit_model *model, const att_bandit_view *view, att_bandit_forecast *said,
    uint32_t chosen, float reward, float weight);
// For `costs` alone: the value of every option.
void att_bandit_model_learn_all(
    att_bandit_model *model, const att_bandit_view *view, att_bandit_forecast *said, const float *values);

#endif
