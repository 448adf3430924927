// SPDX-License-Identifier: Apache-2.0
// decide/explore.h - the distribution that exploration draws from.
//
// Each explorable candidate has the weight exp((m - 1) / T), T = 1/4, m = (score + uncertainty) /
// 2, where score (without the terms that depend on the slate) is scaled to 0 … 1 over the
// explorable candidates and uncertainty is divided by its greatest. Weights lie in [e^-4, 1]:
// nobody is out of reach, and nobody is more than 55 times as likely as another. They are kept as
// whole numbers (times 2^24), so that sums are exact however often a candidate leaves, and the
// probability that is logged is the probability that is drawn from.
#ifndef ATT_DECIDE_EXPLORE_H
#define ATT_DECIDE_EXPLORE_H

#include "base/rng.h"
#include "decide/slate.h"

// weights[i] for candidate i; 0 where it is not explorable. `scores` and `weights` are (count).
void att_explore_weights(
    const att_candidate *candidates, const double *scores, size_t count, uint32_t *weights);

#endif
