// SPDX-License-Identifier: Apache-2.0
// guard/text_linear.h - logistic regression with an L2 penalty on sparse rows.
//
//   min over w:  1/2 |w|^2 + sum over i of  c_i ( t_i log(1 + exp(-s_i)) + (1 - t_i) log(1 + exp(s_i)) ),  s_i = w x_i
//
// t_i in 0 … 1: a share of votes counts as what it is, two examples with opposite answers and parts of the weight. The
// last weight is that of a constant 1. Solved in the dual, one example at a time in a random order (Yu, Huang and Lin 2011);
// each step's one-dimensional problem is solved for the logit of the dual variable, where Newton's method cannot leave
// the interval.
#ifndef ATT_GUARD_TEXT_LINEAR_H
#define ATT_GUARD_TEXT_LINEAR_H

#include "base/base.h"

// Rows of (index, value): row i is [starts[i], starts[i + 1]).
typedef struct att_sparse {
    const size_t *starts;
    const uint32_t *index;
    const float *value;
    size_t features;
} att_sparse;

typedef struct att_linear_options {
    const uint32_t *rows; // which rows of x, (count)
    size_t count;
    const float *targets; // by row of x
    const float *costs;   // c_i by row of x
    const float *scale;   // (features): values are multiplied by it; NULL: 1
    uint32_t passes;      // at most
    double tolerance;     // ends when no dual variable moved more than this share of its range in a pass
    uint64_t seed;
} att_linear_options;

// w is (features + 1), written; folded with `scale`, so that it is for the values as they are in x.
att_status att_linear_train(const att_sparse *x, const att_linear_options *options, float *w, const att_host *host, att_error *err);
double att_linear_score(const att_sparse *x, size_t row, const float *w);

#endif
