// SPDX-License-Identifier: Apache-2.0
// decide/redundancy.h - how much a candidate repeats what stands above it.
//
// DPP (Kulesza and Taskar 2012; fast greedy MAP of Chen, Zhang and Zhou 2018). The kernel over unit
// vectors is positive definite, as a sum of Gram matrices and jitter * I:
//
//   L_ii = 1,   L_ij = (1 - jitter) (1 + cos_ij) / 2,   0 where an item has no vector
//
// The marginal of candidate i over the chosen set Y is the logarithm of its conditional variance:
//
//   log det L_{Y + i} - log det L_Y = log(v_i)
//   v_i = L_ii - L_iY L_YY^-1 L_Yi, in [jitter, 1]
//
// and the term is strength * 0.5 * log(v_i) <= 0. With L_YY = C C^T, the Cholesky factor of the chosen in the order of
// choice, v_i follows from the candidate's row, which grows by one number for each chosen item t:
//
//   c_it = sum over s <= t of (C^-1)_ts L_is,   v_i -= c_it^2
//
// The inverse of C is kept, which grows by a row when y is chosen, so that the numbers of a row do not wait for each other:
//
//   (C^-1)_ys = -(sum over t of c_yt (C^-1)_ts) / sqrt(v_y),   (C^-1)_yy = 1 / sqrt(v_y)
//
// MMR (Carbonell and Goldstein 1998): the term is -strength * max(0, greatest cosine to a chosen
// item).
//
// Both only fall as the slate fills, so a term computed earlier is an upper bound now. A
// candidate's row is therefore brought up to date only when somebody asks for it: same numbers, a
// fraction of the work.
#ifndef ATT_DECIDE_REDUNDANCY_H
#define ATT_DECIDE_REDUNDANCY_H

#include "decide/slate.h"

#define ATT_DPP_JITTER 1e-3

static inline double att_dpp_kernel(float cosine)
{
    const double bounded = ATT_MAX(-1.0, ATT_MIN(1.0, (double)cosine));
    return (1 - ATT_DPP_JITTER) * (1 + bounded) / 2;
}

static inline float att_inverse_length(const att_candidate *candidate)
{
    return candidate->length > 0 ? 1 / candidate->length : 1;
}

// The inverse Cholesky factor of the chosen (dpp.c).
typedef struct att_dpp_basis {
    double *inverse; // (most, stride) by columns: number t of column s is (C^-1)_ts, 0 where t < s; a row of what has no vector is 0
    double *grown;   // (stride), scratch
    size_t stride, count;
} att_dpp_basis;

typedef struct att_likeness_row {
    double *kernel;   // (most) L_is of the chosen s, DPP; NULL until first needed
    double value;     // DPP: conditional variance. MMR: greatest cosine so far, at least 0
    uint32_t level;   // chosen items that are counted in
} att_likeness_row;

typedef struct att_redundancy {
    att_diversity method;
    double strength;
    const att_kernels *kernels;
    att_arena *scratch;
    const att_candidate *candidates;
    size_t dim, most;       // most: slots of the slate
    att_likeness_row *rows; // (candidates)
    // Of the chosen, in order of choice:
    float *vectors;    // (most, dim)
    bool *placed;      // (most): has a vector
    att_dpp_basis basis; // DPP
    float *cosines;    // (most), scratch of one update
    size_t chosen;
} att_redundancy;

// `strength` 0 or dim 0 act as ATT_DIVERSITY_NONE. Candidates are borrowed.
att_status att_redundancy_init(att_redundancy *redundancy, const att_slate_input *input,
    size_t most, att_arena *scratch, att_error *err);
// The term of a candidate over all chosen so far, <= 0. False: out of memory.
bool att_redundancy_term(att_redundancy *redundancy, uint32_t candidate, double *term);
// The candidate now stands in the slate; its term was asked for just before.
void att_redundancy_choose(att_redundancy *redundancy, uint32_t candidate);

// False: out of memory.
bool att_dpp_basis_init(att_dpp_basis *basis, size_t most, att_arena *scratch);
// Takes in an item whose kernel with those above it is `kernel` (count). variance 0: it has no vector.
void att_dpp_basis_grow(att_dpp_basis *basis, const double *kernel, double variance);

// The two methods: bring the row up to date. In dpp.c and mmr.c.
bool att_dpp_update(att_redundancy *redundancy, uint32_t candidate);
void att_mmr_update(att_redundancy *redundancy, uint32_t candidate);
// Cosines of a placed candidate to the chosen from `level` on, into redundancy->cosines[level …].
void att_redundancy_cosines(att_redundancy *redundancy, uint32_t candidate, size_t level);

#endif
