// SPDX-License-Identifier: Apache-2.0
// embed/als.h - implicit alternating least squares: people and items as vectors whose product is preference.
//
//   loss = sum over observed c (1 - w.h)^2 + unobserved * sum over all pairs (w.h)^2
//        + sum of reg_u |w_u|^2 + sum of reg_i |h_i|^2
//   reg_i = reg * (count_i + unobserved * people)^reg_power, and likewise for people with items
//
// after Hu, Koren, Volinsky 2008, with the penalty of Rendle, Krichene, Zhang, Koren 2021 ("Revisiting the
// Performance of iALS on Item Recommendation Benchmarks"). c is the matrix value (graded, decayed).
// People all share the penalty of the mean history unless scale_people is set: then leaving one event out
// changes a person's equations by exactly rank one, so that explanations are exact (docs/embed.md has what it costs).
//
// block < dim solves for `block` coordinates at a time, the others fixed: iALS++ (Rendle et al. 2021,
// "iALS++: Speeding up Matrix Factorization with Subspace Optimization").
#ifndef ATT_EMBED_ALS_H
#define ATT_EMBED_ALS_H

#include "embed/matrix.h"
#include "embed/normal.h"

#define ATT_ALS_DIM_MAX 512

typedef struct att_als_options {
    uint32_t dim;      // 1 … ATT_ALS_DIM_MAX
    uint32_t passes;   // 1 … 1000; each solves for all people, then all items
    uint32_t block;    // coordinates solved together, a multiple of 16; 0 or >= dim: all
    double unobserved; // > 0
    double reg;        // > 0
    double reg_power;  // 0 … 1; 1: the paper's frequency scaling
    double init;       // items start as N(0, init / sqrt(dim))
    bool scale_people; // penalty of a person by the length of their own history
    // (items, att_normal_pad(dim)) where items start: the vectors of an earlier training. A row of zeros is drawn, as
    // all are when this is NULL. Borrowed.
    const float *start;
    uint64_t seed;
    uint32_t threads;         // the same bits for any number
    const att_normal *normal; // NULL: att_normal_best()
} att_als_options;

att_als_options att_als_options_default(void);

// Vectors are (count, stride) with zeros from dim to stride = att_normal_pad(dim).
typedef struct att_als {
    att_arena life;
    uint32_t people_count, item_count, dim, stride;
    float *people, *items;
    double person_reg; // the people's common penalty
    double unobserved;
    double
        flops; // done in the passes: multiplications and additions of the equations actually solved
    double textbook_flops; // had every row been solved with dim unknowns
    double seconds;        // by the host's clock
} att_als;

att_status att_als_train(att_als *out, const att_matrix *preferences,
    const att_als_options *options, const att_host *host, att_error *err);
void att_als_deinit(att_als *als);
// The loss above, in double, the slow way. For tests and for watching it fall.
double att_als_loss(
    const att_als *als, const att_matrix *preferences, const att_als_options *options);

// out = X^T X, (stride, stride), symmetric; X is (count, stride). Fixed stripes: the same bits for any number of threads.
att_status att_gram(float *out, const float *x, size_t count, size_t stride, uint32_t threads,
    const att_normal *normal, att_arena *scratch, att_error *err);

#endif
