// SPDX-License-Identifier: Apache-2.0
// decide/taste.c - decay, session share, tag shares.
#include "decide/taste.h"

#include "signals/grade.h"

#include <math.h>

static double long_of(const att_policy *policy, int64_t now_ms, const att_taste_item *item)
{
    if (item->grade <= 0)
        return 0;
    return item->grade * att_decay(policy, item->at_s, now_ms);
}

static double short_of(const att_policy *policy, const att_taste_item *item)
{
    const double half_life = policy->signals.session_half_life_events;
    if (item->grade <= 0 || item->session_rank == ATT_NOT_IN_SESSION)
        return 0;
    return item->grade * (half_life > 0 ? exp2(-(double)item->session_rank / half_life) : 1);
}

void att_taste_weights(const att_policy *policy, int64_t now_ms, const att_taste_item *items,
    size_t count, float *weights)
{
    double long_sum = 0, short_sum = 0;
    for (size_t i = 0; i < count; i++) {
        long_sum += long_of(policy, now_ms, &items[i]);
        short_sum += short_of(policy, &items[i]);
    }
    const double share = short_sum > 0 ? policy->objective.session_mix : 0;
    const double lift = short_sum > 0 ? share * long_sum / short_sum : 0;
    for (size_t i = 0; i < count; i++)
        weights[i] = (float)((1 - share) * long_of(policy, now_ms, &items[i]) +
                             lift * short_of(policy, &items[i]));
}

void att_taste_mix_add(
    double *mix, size_t tag_total, const uint16_t *tags, size_t tag_count, double weight)
{
    if (!(weight > 0))
        return;
    for (size_t i = 0; i < tag_count; i++)
        if (tags[i] < tag_total)
            mix[tags[i]] += weight / (double)tag_count;
}

bool att_taste_mix_finish(double *mix, size_t tag_total)
{
    double sum = 0;
    for (size_t g = 0; g < tag_total; g++)
        sum += mix[g];
    if (!(sum > 0))
        return false;
    for (size_t g = 0; g < tag_total; g++)
        mix[g] /= sum;
    return true;
}

double att_taste_mass(const double *mix, size_t tag_total, const uint16_t *tags, size_t tag_count)
{
    double mass = 0;
    for (size_t i = 0; i < tag_count; i++)
        if (tags[i] < tag_total)
            mass += mix[tags[i]];
    return ATT_MIN(mass, 1);
}
