// SPDX-License-Identifier: Apache-2.0
// decide/bandit.h - choosing one of a few options, and learning from the reward of the chosen one.
//
// One interface for all algorithms: `choose` gives the whole distribution and draws from it; `learn` takes what was asked, what was
// taken, with which probability, and what came of it, whenever that is known. An algorithm is a const descriptor: models
// (decide/bandit_model.h) that predict, and a rule (`spread`) that turns predictions into a distribution at a level of
// exploration. Nobody sets the level: four levels run side by side, and a master mixes them,
//   p(a) = sum_j rho_j pi_j(a),
// where rho follows exponential weights on each level's loss, estimated doubly robustly from the logged probability,
//   l_j = sum_a pi_j(a) (1 - q(a)) + pi_j(chosen) / p(chosen) * (q(chosen) - r),
// with a least weight a level (Auer et al. 2002, EXP4; Agarwal et al. 2017, CORRAL; Dudik et al. 2011, DR). Then the floor: p(a) <- (1 - f) p(a)
// + f / K. What is returned is what is drawn from: no step comes after it.
//
// State is a function of the calls of `learn` in their order: no clock, no hidden randomness. `choose` changes nothing.
#ifndef ATT_DECIDE_BANDIT_H
#define ATT_DECIDE_BANDIT_H

#include "attune/choose.h"
#include "base/rng.h"
#include "decide/bandit_model.h"

#define ATT_BANDIT_LEVELS 4
#define ATT_BANDIT_MODELS_MAX 8
#define ATT_BANDIT_QUANTILES 4096

typedef struct att_bandit_algorithm att_bandit_algorithm;

typedef struct att_bandit_options {
    const att_bandit_algorithm *algorithm; // NULL: the default
    uint32_t bits;  // at most 2^bits weights a table, 10 … 24; 0: 20
    double floor;   // probability spread evenly over all options, 0 … 1
    uint64_t seed;
} att_bandit_options;

typedef struct att_bandit {
    const att_bandit_algorithm *algorithm;
    const att_host *host;
    att_bandit_options options;
    att_bandit_space space;
    att_bandit_model models[ATT_BANDIT_MODELS_MAX]; // (algorithm->models)
    double rho[ATT_BANDIT_LEVELS];
    uint64_t rounds; // rewards learned from
} att_bandit;

// What one thread needs to ask a bandit. Grows with the largest question; then nothing is allocated.
typedef struct att_bandit_memory {
    const att_host *host;
    att_bandit_view view;
    att_bandit_forecast forecasts[ATT_BANDIT_MODELS_MAX];
    ATT_VEC(float) levels; // (levels, count)
    ATT_VEC(float) mean;   // (count): expected reward of each option, over the models
    ATT_VEC(float) work;   // (count, 2)
    float quantiles[ATT_BANDIT_QUANTILES]; // of the standard normal distribution, at (i + 1/2) / ATT_BANDIT_QUANTILES
} att_bandit_memory;

// What an algorithm's rule sees.
typedef struct att_bandit_outlook {
    uint32_t count;
    uint64_t rounds, seed;
    const float *mean, *sigma; // (count); sigma of the log-odds, or of the value where models are linear
    bool is_linear;
    uint32_t models;
    const att_bandit_forecast *forecasts; // (models)
    const float *quantiles; // (ATT_BANDIT_QUANTILES)
    float *work; // (count, 2)
} att_bandit_outlook;

struct att_bandit_algorithm {
    att_bandit_about about; // name, title, story, paper
    uint32_t learners;      // of model 0, and of the others unless `teach` says otherwise
    uint32_t other_learners;
    uint32_t models, first_voter; // models[first_voter …] vote
    bool sigma;      // needs deviations
    bool corrects;   // models 1 … say what to add to model 0
    double levels[ATT_BANDIT_LEVELS];
    // Fills the distribution of each level: out is (levels, count).
    void (*spread)(const att_bandit_outlook *outlook, const att_bandit_algorithm *algorithm, float *out);
    // NULL: model 0 learns the reward. `probability` is the logged one.
    void (*teach)(att_bandit *bandit, att_bandit_memory *memory, uint32_t chosen, float probability, float reward, float weight);
};

const att_bandit_algorithm *att_bandit_algorithms(size_t *count); // the first is the default
const att_bandit_algorithm *att_bandit_algorithm_named(att_text name); // NULL: none

att_status att_bandit_init(att_bandit *bandit, const att_bandit_options *options, const att_host *host, att_error *err);
void att_bandit_deinit(att_bandit *bandit);
void att_bandit_memory_init(att_bandit_memory *memory, const att_host *host);
void att_bandit_memory_deinit(att_bandit_memory *memory);

// Counts and finite values; a question that passes is never refused later.
att_status att_bandit_question_check(const att_bandit_question *question, att_error *err);

// The distribution over the options for this question and seed: (count), each at least floor / count, summing to 1
// within rounding. *greedy: the option of the greatest expected reward, the lowest index among equals. Reads only.
att_status att_bandit_distribution(const att_bandit *bandit, const att_bandit_question *question, uint64_t seed,
    att_bandit_memory *memory, float *probabilities, uint32_t *greedy, att_error *err);
// Draws from a distribution; the index is the same whenever seed and distribution are.
uint32_t att_bandit_draw(const float *probabilities, uint32_t count, uint64_t seed);
// Reward in 0 … 1 of option `chosen`, that had `probability`; counted `weight` times.
att_status att_bandit_learn(att_bandit *bandit, const att_bandit_question *question, uint32_t chosen,
    double probability, double reward, double weight, att_bandit_memory *memory, att_error *err);

// The whole state as bytes, for checkpoints and digests: calls `see` with piece after piece in a fixed order.
typedef bool att_bandit_piece_seer(void *user, const void *data, size_t size);
bool att_bandit_write(const att_bandit *bandit, att_bandit_piece_seer *see, void *user);
// Into a bandit that was initialized with the same options. `in` must end exactly; on failure the bandit is as new.
att_status att_bandit_read(att_bandit *bandit, const void *data, size_t size, att_error *err);

#endif
