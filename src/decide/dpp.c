// SPDX-License-Identifier: Apache-2.0
// decide/dpp.c - the inverse Cholesky factor of the chosen, and the row of one candidate brought up to date (redundancy.h).
#include "decide/redundancy.h"

#include <math.h>

enum { STEP = 8 }; // numbers of a row that grow side by side

bool att_dpp_basis_init(att_dpp_basis *basis, size_t most, att_arena *scratch)
{
    const size_t stride = most + STEP;
    *basis = (att_dpp_basis){.inverse = ATT_NEW(scratch, double, most *stride),
        .grown = ATT_NEW_RAW(scratch, double, stride),
        .stride = stride};
    return basis->inverse && basis->grown;
}

// Numbers `from` to `until` - 1 of a row, from its kernel, some at a time. What a step writes behind them is not looked at.
static void grow_row(const att_dpp_basis *basis, const double *kernel, size_t from, size_t until)
{
    for (size_t t = from; t < until; t += STEP) {
        double sums[STEP] = {0};
        const double *column = basis->inverse + t;
        for (size_t s = 0; s < ATT_MIN(until, t + STEP); s++, column += basis->stride) // then all are 0
            for (size_t i = 0; i < STEP; i++)
                sums[i] += kernel[s] * column[i];
        memcpy(basis->grown + t, sums, sizeof sums);
    }
}

void att_dpp_basis_grow(att_dpp_basis *basis, const double *kernel, double variance)
{
    const size_t above = basis->count++;
    if (!(variance > 0))
        return;
    const double root = 1 / sqrt(variance);
    grow_row(basis, kernel, 0, above);
    for (size_t s = 0; s < above; s++) {
        double *const column = basis->inverse + s * basis->stride;
        double sum = 0;
        for (size_t t = s; t < above; t++)
            sum += basis->grown[t] * column[t];
        column[above] = -root * sum;
    }
    basis->inverse[above * basis->stride + above] = root;
}

bool att_dpp_update(att_redundancy *redundancy, uint32_t candidate)
{
    att_likeness_row *row = &redundancy->rows[candidate];
    const size_t from = row->level, chosen = redundancy->chosen;
    if (from == chosen)
        return true;
    if (!row->kernel) {
        row->kernel = ATT_NEW_RAW(redundancy->scratch, double, redundancy->most);
        if (!row->kernel)
            return false;
    }
    att_redundancy_cosines(redundancy, candidate, from);
    for (size_t t = from; t < chosen; t++)
        row->kernel[t] = att_dpp_kernel(redundancy->cosines[t]);
    grow_row(&redundancy->basis, row->kernel, from, chosen);
    const double *const grown = redundancy->basis.grown;
    double value = row->value;
    for (size_t t = from; t < chosen; t++)
        value -= grown[t] * grown[t];
    // Rounding of float cosines must not carry it below what the kernel guarantees.
    row->value = ATT_MAX(value, ATT_DPP_JITTER);
    row->level = (uint32_t)chosen;
    return true;
}
