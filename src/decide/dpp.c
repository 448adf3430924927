// SPDX-License-Identifier: Apache-2.0
// decide/dpp.c - the Cholesky row of one candidate, brought up to date (redundancy.h).
#include "decide/redundancy.h"

#include <math.h>

// Four lanes, so that the additions do not wait for each other.
static double dot_f64(const double *a, const double *b, size_t count)
{
    double lanes[4] = {0};
    size_t i = 0;
    for (; i + 4 <= count; i += 4)
        for (size_t lane = 0; lane < 4; lane++)
            lanes[lane] += a[i + lane] * b[i + lane];
    for (; i < count; i++)
        lanes[0] += a[i] * b[i];
    return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

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
    for (size_t t = row->level; t < redundancy->chosen; t++) {
        if (!redundancy->placed[t]) {
            row->cholesky[t] = 0; // like nothing
            continue;
        }
        // The first one chosen has an empty row, which is never read.
        const double known = t ? dot_f64(row->cholesky, redundancy->cholesky[t], t) : 0;
        const double e = (kernel_of(redundancy->cosines[t]) - known) / redundancy->root[t];
        row->cholesky[t] = e;
        row->value -= e * e;
    }
    // Rounding of float cosines must not carry it below what the kernel guarantees.
    row->value = ATT_MAX(row->value, ATT_DPP_JITTER);
    row->level = (uint32_t)redundancy->chosen;
    return true;
}
