// SPDX-License-Identifier: Apache-2.0
// decide/explore.c - weights of the exploration draw.
#include "decide/explore.h"

#include <math.h>

enum { weight_one = 1 << 24 };

typedef struct range {
    double least, most, uncertainty;
} range;

static range range_of(const att_candidate *candidates, const double *scores, size_t count)
{
    range r = {.least = INFINITY, .most = -INFINITY};
    for (size_t i = 0; i < count; i++)
        if (candidates[i].explorable) {
            r.least = ATT_MIN(r.least, scores[i]);
            r.most = ATT_MAX(r.most, scores[i]);
            r.uncertainty = ATT_MAX(r.uncertainty, (double)candidates[i].uncertainty);
        }
    return r;
}

void att_explore_weights(
    const att_candidate *candidates, const double *scores, size_t count, uint32_t *weights)
{
    const range r = range_of(candidates, scores, count);
    const double score_unit = r.most > r.least ? 1 / (r.most - r.least) : 0;
    const double uncertainty_unit = r.uncertainty > 0 ? 1 / r.uncertainty : 0;
    for (size_t i = 0; i < count; i++) {
        weights[i] = 0;
        if (!candidates[i].explorable)
            continue;
        const double score = (scores[i] - r.least) * score_unit;
        const double uncertainty = (double)candidates[i].uncertainty * uncertainty_unit;
        weights[i] = (uint32_t)(weight_one * exp(((score + uncertainty) / 2 - 1) * 4));
    }
}
