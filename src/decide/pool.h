// SPDX-License-Identifier: Apache-2.0
// decide/pool.h - which candidates lie outside a person's usual taste.
//
// A candidate with tags is outside when its tags hold less than ATT_OUTSIDE_MASS of the person's
// mix and the person does not dislike it. Where broad tags leave fewer than `least` such
// candidates, those with the least mass follow, as long as it is less than half of the candidates'
// mean: for this person, among these, they are the unusual.
#ifndef ATT_DECIDE_POOL_H
#define ATT_DECIDE_POOL_H

#include "decide/slate.h"

#define ATT_OUTSIDE_MASS 0.05

// Writes out_of_distribution of all; returns how many are. mix NULL: a stranger, for whom nothing
// is unusual. `disliked` is (count) or NULL. O(count * (tags + least)).
size_t att_pool_flag_outside(att_candidate *candidates, size_t count, const double *mix,
    size_t tag_total, const bool *disliked, size_t least);

#endif
