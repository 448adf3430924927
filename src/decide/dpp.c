// SPDX-License-Identifier: Apache-2.0
// decide/dpp.c - the Cholesky row of one candidate, brought up to date (redundancy.h).
#include "decide/redundancy.h"

#include <math.h>

static double kernel_of(float cosine)
{
    const double bounded = ATT_MAX(-1.0, ATT_MIN(1.0, (double)cosine));
    return (1 - ATT_DPP_JITTER) * (1 + bounded) / 2;
}

bool att_dpp_update(att_redundancy *redundancy, uint32_t candidate)
{
    att_likeness_row *row = &redundancy->rows[candidate];
    if (row->level == redundancy->chosen)
        return true;
    if (!row->cholesky) {
        row->cholesky = ATT_NEW(redundancy->scratch, double, redundancy->most);
        if (!row->cholesky)
            return false;
    }
    att_redundancy_cosines(redundancy, candidate, row->level);
    const size_t from = row->level, chosen = redundancy->chosen;
    double *const left = redundancy->left;
    for (size_t t = from; t < chosen; t++)
        left[t] = kernel_of(redundancy->cosines[t]);
    // By columns: each number of the row, once it is known, is taken off all that come after it, which do not wait
    // for each other. The numbers before `from` are known from earlier.
    for (size_t t = 0; t < chosen; t++) {
        if (t >= from) {
            row->cholesky[t] = left[t] * redundancy->inverse_root[t]; // 0 of what has no vector: like nothing
            row->value -= row->cholesky[t] * row->cholesky[t];
        }
        const double e = row->cholesky[t], *const column = redundancy->columns + t * redundancy->most;
        for (size_t s = ATT_MAX(t + 1, from); s < chosen; s++)
            left[s] -= e * column[s];
    }
    // Rounding of float cosines must not carry it below what the kernel guarantees.
    row->value = ATT_MAX(row->value, ATT_DPP_JITTER);
    row->level = (uint32_t)redundancy->chosen;
    return true;
}
