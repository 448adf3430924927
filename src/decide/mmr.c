// SPDX-License-Identifier: Apache-2.0
// decide/mmr.c - maximal marginal relevance: the nearest of those above (redundancy.h).
#include "decide/redundancy.h"

void att_mmr_update(att_redundancy *redundancy, uint32_t candidate)
{
    att_likeness_row *row = &redundancy->rows[candidate];
    if (row->level == redundancy->chosen)
        return;
    att_redundancy_cosines(redundancy, candidate, row->level);
    for (size_t t = row->level; t < redundancy->chosen; t++)
        if (redundancy->placed[t])
            row->value = ATT_MAX(row->value, ATT_MIN((double)redundancy->cosines[t], 1));
    row->level = (uint32_t)redundancy->chosen;
}
