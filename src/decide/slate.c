// SPDX-License-Identifier: Apache-2.0
// decide/slate.c - the slate by score alone.
#include "decide/slate.h"

static double sum_terms(const double *terms)
{
    double sum = 0;
    for (int t = 0; t < ATT_TERM_COUNT; t++)
        sum += terms[t];
    return sum;
}

att_status att_slate_build(const att_slate_input *input, att_rng *rng, att_arena *scratch,
    att_slot *slots, size_t *filled, att_error *err)
{
    (void)rng;
    *filled = 0;
    bool *taken = ATT_NEW(scratch, bool, input->count);
    if (!taken)
        return att_no_memory(err, input->count, "candidates");
    const size_t wanted = ATT_MIN(input->wanted, input->count);
    for (size_t s = 0; s < wanted; s++) {
        size_t best = input->count;
        double best_score = 0;
        for (size_t c = 0; c < input->count; c++) {
            const double score = sum_terms(input->candidates[c].terms);
            if (!taken[c] && (best == input->count || score > best_score)) {
                best = c;
                best_score = score;
            }
        }
        taken[best] = true;
        slots[s] = (att_slot){.candidate = (uint32_t)best,
            .kind = ATT_SLOT_BEST,
            .score = best_score,
            .propensity = 1};
        memcpy(slots[s].terms, input->candidates[best].terms, sizeof slots[s].terms);
    }
    *filled = wanted;
    return ATT_OK;
}
