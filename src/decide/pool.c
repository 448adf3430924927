// SPDX-License-Identifier: Apache-2.0
// decide/pool.c - flags what lies outside the usual.
#include "decide/pool.h"

#include "decide/taste.h"

static double mass_of(const att_candidate *candidate, const double *mix, size_t tag_total)
{
    return att_taste_mass(mix, tag_total, candidate->tags, candidate->tag_count);
}

static bool may_be_outside(const att_candidate *candidates, size_t i, const bool *disliked)
{
    return candidates[i].tag_count && !(disliked && disliked[i]);
}

static double mean_mass(
    const att_candidate *candidates, size_t count, const double *mix, size_t tag_total)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += mass_of(&candidates[i], mix, tag_total);
    return sum / (double)count;
}

// Flags the one of least mass below `below` that is not flagged yet. Ties go to the lower index.
static bool flag_least(att_candidate *candidates, size_t count, const double *mix, size_t tag_total,
    const bool *disliked, double below)
{
    size_t best = count;
    for (size_t i = 0; i < count; i++) {
        if (candidates[i].out_of_distribution || !may_be_outside(candidates, i, disliked))
            continue;
        const double mass = mass_of(&candidates[i], mix, tag_total);
        if (mass < below) {
            best = i;
            below = mass;
        }
    }
    if (best == count)
        return false;
    return candidates[best].out_of_distribution = true;
}

size_t att_pool_flag_outside(att_candidate *candidates, size_t count, const double *mix,
    size_t tag_total, const bool *disliked, size_t least)
{
    size_t flagged = 0;
    for (size_t i = 0; i < count; i++) {
        candidates[i].out_of_distribution =
            mix && may_be_outside(candidates, i, disliked) &&
            mass_of(&candidates[i], mix, tag_total) < ATT_OUTSIDE_MASS;
        flagged += candidates[i].out_of_distribution;
    }
    if (!mix || flagged >= least)
        return flagged;
    const double below = mean_mass(candidates, count, mix, tag_total) / 2;
    while (flagged < least && flag_least(candidates, count, mix, tag_total, disliked, below))
        flagged++;
    return flagged;
}
