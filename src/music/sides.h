// SPDX-License-Identifier: Apache-2.0
// music/sides.h - what two channels have in common and what they have not: where one of them is upside down, most of the music hides in their mean.
#ifndef ATT_MUSIC_SIDES_H
#define ATT_MUSIC_SIDES_H

#include "attune/audio.h"
#include "base/base.h"

// Powers as they add up.
typedef struct att_sides {
    double mean, difference;
} att_sides;

static inline void att_sides_add(att_sides *to, float left, float right)
{
    const double l = (double)left, r = (double)right;
    to->mean += (l + r) * (l + r);
    to->difference += (l - r) * (l - r);
}

static inline bool att_sides_cancel(const att_sides *sides)
{
    return sides->difference > 2 * sides->mean;
}

#endif
