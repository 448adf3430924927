// SPDX-License-Identifier: Apache-2.0
// decide/redundancy_all.h - the redundancy of all candidates at once, where each is wanted at every slot (redundancy.h).
//
// The eager form: as soon as an item is chosen, every candidate takes in what that changes. Candidates stand side by side, so
// one number more of all rows is a few passes over arrays. In the same order of operations as the lazy form: the
// terms are the same to the bit.
#ifndef ATT_DECIDE_REDUNDANCY_ALL_H
#define ATT_DECIDE_REDUNDANCY_ALL_H

#include "decide/redundancy.h"

typedef struct att_redundancy_all {
    att_diversity method;
    double strength;
    const att_kernels *kernels;
    const att_candidate *candidates;
    size_t count, dim;
    float *vectors;   // (count, dim), zeros where a candidate has none
    float *inverses;  // (count) 1 / length
    double *value;    // (count) DPP: conditional variance. MMR: greatest cosine so far, at least 0
    att_dpp_basis basis;  // DPP
    double *kernels_with; // (most, count) of every candidate with the chosen, DPP
    double *kernel;       // (most), scratch
    double *grown;        // (count), scratch
    float *cosines;   // (count), scratch
    float *chosen_vector; // (dim), scratch
    size_t chosen;
} att_redundancy_all;

// As att_redundancy_init; memory from scratch.
att_status att_redundancy_all_init(att_redundancy_all *all, const att_slate_input *input, size_t most,
    att_arena *scratch, att_error *err);
// The term of a candidate over all chosen so far, <= 0.
double att_redundancy_all_term(const att_redundancy_all *all, size_t candidate);
// O(count * (dim + chosen)).
void att_redundancy_all_choose(att_redundancy_all *all, uint32_t candidate);

#endif
