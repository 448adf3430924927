// SPDX-License-Identifier: Apache-2.0
// decide/redundancy.c - what DPP and MMR have in common: the chosen vectors side by side, and lazy
// rows.
#include "decide/redundancy.h"

#include <math.h>

static att_status allocate(att_redundancy *redundancy, size_t count, att_error *err)
{
    const size_t most = redundancy->most;
    redundancy->rows = ATT_NEW(redundancy->scratch, att_likeness_row, count);
    redundancy->vectors = ATT_NEW(redundancy->scratch, float, most * redundancy->dim);
    redundancy->placed = ATT_NEW(redundancy->scratch, bool, most);
    redundancy->cosines = ATT_NEW(redundancy->scratch, float, most);
    if (!redundancy->rows || !redundancy->vectors || !redundancy->placed || !redundancy->cosines ||
        !att_dpp_basis_init(&redundancy->basis, most, redundancy->scratch))
        return att_no_memory(err, count, "candidates' likeness");
    return ATT_OK;
}

att_status att_redundancy_init(att_redundancy *redundancy, const att_slate_input *input,
    size_t most, att_arena *scratch, att_error *err)
{
    *redundancy = (att_redundancy){.method = input->policy->objective.method,
        .strength = input->policy->objective.diversity,
        .kernels = att_kernels_best(),
        .scratch = scratch,
        .candidates = input->candidates,
        .dim = input->dim,
        .most = most};
    if (redundancy->strength <= 0 || input->dim == 0)
        redundancy->method = ATT_DIVERSITY_NONE;
    if (redundancy->method == ATT_DIVERSITY_NONE)
        return ATT_OK;
    const att_status status = allocate(redundancy, input->count, err);
    if (!status && redundancy->method == ATT_DIVERSITY_DPP)
        for (size_t i = 0; i < input->count; i++)
            redundancy->rows[i].value = 1;
    return status;
}

void att_redundancy_cosines(att_redundancy *redundancy, uint32_t candidate, size_t level)
{
    const size_t dim = redundancy->dim;
    redundancy->kernels->rows_dot_f32(redundancy->cosines + level,
        redundancy->vectors + level * dim, redundancy->chosen - level, dim,
        redundancy->candidates[candidate].vector, dim);
    const float inverse = att_inverse_length(&redundancy->candidates[candidate]);
    for (size_t t = level; t < redundancy->chosen; t++)
        redundancy->cosines[t] *= inverse;
}

bool att_redundancy_term(att_redundancy *redundancy, uint32_t candidate, double *term)
{
    *term = 0;
    if (redundancy->method == ATT_DIVERSITY_NONE || !redundancy->candidates[candidate].vector ||
        redundancy->chosen == 0)
        return true;
    if (redundancy->method == ATT_DIVERSITY_MMR) {
        att_mmr_update(redundancy, candidate);
        *term = -redundancy->strength * redundancy->rows[candidate].value;
        return true;
    }
    if (!att_dpp_update(redundancy, candidate))
        return false;
    *term = redundancy->strength * 0.5 * log(redundancy->rows[candidate].value);
    return true;
}

void att_redundancy_choose(att_redundancy *redundancy, uint32_t candidate)
{
    if (redundancy->method == ATT_DIVERSITY_NONE)
        return;
    const float *vector = redundancy->candidates[candidate].vector;
    const att_likeness_row *row = &redundancy->rows[candidate];
    const size_t at = redundancy->chosen++;
    redundancy->placed[at] = vector != NULL;
    if (redundancy->method == ATT_DIVERSITY_DPP)
        att_dpp_basis_grow(&redundancy->basis, row->kernel, vector ? row->value : 0);
    const float inverse = att_inverse_length(&redundancy->candidates[candidate]);
    for (size_t k = 0; vector && k < redundancy->dim; k++)
        redundancy->vectors[at * redundancy->dim + k] = inverse * vector[k];
}
