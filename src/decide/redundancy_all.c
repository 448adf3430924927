// SPDX-License-Identifier: Apache-2.0
// decide/redundancy_all.c - one chosen item more, for all candidates.
#include "decide/redundancy_all.h"

#include <math.h>

static att_status allocate(att_redundancy_all *all, size_t most, att_arena *scratch, att_error *err)
{
    const size_t count = all->count;
    all->vectors = ATT_NEW(scratch, float, count * all->dim);
    all->inverses = ATT_NEW_RAW(scratch, float, count);
    all->value = ATT_NEW(scratch, double, count);
    const size_t rows = all->method == ATT_DIVERSITY_DPP ? most : 0;
    all->kernels_with = ATT_NEW_RAW(scratch, double, rows * count);
    all->kernel = ATT_NEW_RAW(scratch, double, most);
    all->grown = ATT_NEW_RAW(scratch, double, count);
    all->cosines = ATT_NEW_RAW(scratch, float, count);
    all->chosen_vector = ATT_NEW(scratch, float, all->dim);
    if (!all->vectors || !all->inverses || !all->value || !all->kernels_with || !all->kernel || !all->grown ||
        !all->cosines || !all->chosen_vector || !att_dpp_basis_init(&all->basis, most, scratch))
        return att_no_memory(err, count, "candidates' likeness");
    return ATT_OK;
}

att_status att_redundancy_all_init(att_redundancy_all *all, const att_slate_input *input, size_t most,
    att_arena *scratch, att_error *err)
{
    *all = (att_redundancy_all){.method = input->policy->objective.method,
        .strength = input->policy->objective.diversity,
        .kernels = att_kernels_best(),
        .candidates = input->candidates,
        .count = input->count,
        .dim = input->dim};
    if (all->strength <= 0 || all->dim == 0)
        all->method = ATT_DIVERSITY_NONE;
    if (all->method == ATT_DIVERSITY_NONE)
        return ATT_OK;
    const att_status status = allocate(all, most, scratch, err);
    for (size_t i = 0; i < all->count && !status; i++) {
        const att_candidate *c = &all->candidates[i];
        if (c->vector)
            memcpy(all->vectors + i * all->dim, c->vector, all->dim * sizeof *c->vector);
        all->inverses[i] = att_inverse_length(c);
        all->value[i] = all->method == ATT_DIVERSITY_DPP ? 1 : 0;
    }
    return status;
}

double att_redundancy_all_term(const att_redundancy_all *all, size_t candidate)
{
    if (all->method == ATT_DIVERSITY_NONE || !all->candidates[candidate].vector || all->chosen == 0)
        return 0;
    if (all->method == ATT_DIVERSITY_MMR)
        return -all->strength * all->value[candidate];
    return all->strength * 0.5 * log(all->value[candidate]);
}

// Number t of every candidate's row, t the item that was just chosen.
static void grow_rows(att_redundancy_all *all, uint32_t candidate)
{
    const size_t count = all->count, chosen = all->chosen;
    double *const restrict grown = all->grown, *const restrict value = all->value;
    for (size_t s = 0; s < chosen; s++)
        all->kernel[s] = all->kernels_with[s * count + candidate];
    att_dpp_basis_grow(&all->basis, all->kernel, value[candidate]);
    for (size_t i = 0; i < count; i++) {
        all->kernels_with[chosen * count + i] = att_dpp_kernel(all->cosines[i]);
        grown[i] = 0;
    }
    for (size_t s = 0; s <= chosen; s++) {
        const double *const restrict kernel = all->kernels_with + s * count;
        const double inverse = all->basis.inverse[s * all->basis.stride + chosen];
        for (size_t i = 0; i < count; i++)
            grown[i] += kernel[i] * inverse;
    }
    for (size_t i = 0; i < count; i++)
        value[i] = ATT_MAX(value[i] - grown[i] * grown[i], ATT_DPP_JITTER); // what the kernel guarantees
}

static void take_nearest(att_redundancy_all *all)
{
    for (size_t i = 0; i < all->count; i++)
        all->value[i] = ATT_MAX(all->value[i], ATT_MIN((double)all->cosines[i], 1));
}

void att_redundancy_all_choose(att_redundancy_all *all, uint32_t candidate)
{
    if (all->method == ATT_DIVERSITY_NONE)
        return;
    const float *vector = all->candidates[candidate].vector;
    if (!vector) { // like nothing
        if (all->method == ATT_DIVERSITY_DPP) {
            memset(all->kernels_with + all->chosen * all->count, 0, all->count * sizeof *all->kernels_with);
            att_dpp_basis_grow(&all->basis, NULL, 0);
        }
        all->chosen++;
        return;
    }
    for (size_t k = 0; k < all->dim; k++)
        all->chosen_vector[k] = all->inverses[candidate] * vector[k];
    all->kernels->rows_dot_f32(all->cosines, all->vectors, all->count, all->dim, all->chosen_vector, all->dim);
    for (size_t i = 0; i < all->count; i++)
        all->cosines[i] *= all->inverses[i];
    if (all->method == ATT_DIVERSITY_DPP)
        grow_rows(all, candidate);
    else
        take_nearest(all);
    all->chosen++;
}
