// SPDX-License-Identifier: Apache-2.0
// embed/newness.c - when items came, and how new that makes them to somebody.
#include "embed/newness.h"

#include <math.h>

#define MS_A_DAY 86400000.0
#define AWAY_HALF_DAYS 1.0 // after a day half of what is new counts, after a week nearly all

int64_t att_newness_measure(float *born_days, const att_model_input *input)
{
    const att_matrix *m = input->preferences;
    const uint64_t count = att_matrix_nonzeros(m);
    int64_t newest = count ? input->last_at_ms[0] : 0;
    for (uint32_t j = 0; j < m->cols; j++)
        born_days[j] = INFINITY;
    for (uint64_t k = 0; k < count; k++) {
        const int64_t at_ms = input->last_at_ms[k];
        float *born = &born_days[m->col[k]];
        *born = fminf(*born, (float)((double)at_ms / MS_A_DAY));
        newest = ATT_MAX(newest, at_ms);
    }
    for (uint32_t j = 0; j < m->cols; j++) {
        const att_item *item = input->item_of ? input->item_of(input->item_user, j) : NULL;
        if (item && item->published_at_ms)
            born_days[j] = fminf(born_days[j], (float)((double)item->published_at_ms / MS_A_DAY));
        if (!isfinite(born_days[j]))
            born_days[j] = 0;
    }
    return newest;
}

att_newness_moment att_newness_ask(const att_newness *newness, int64_t asked_ms, int64_t since_ms)
{
    if (!newness->born_days || !since_ms)
        return (att_newness_moment){0};
    const double asked_days = (double)(asked_ms ? asked_ms : newness->at_ms) / MS_A_DAY;
    const double since_days = (double)since_ms / MS_A_DAY;
    const double away = ATT_MAX(asked_days - since_days, 0);
    return (att_newness_moment){1 - exp2(-away / AWAY_HALF_DAYS), (float)since_days, (float)asked_days};
}

double att_newness_of(const att_newness *newness, const att_newness_moment *moment, uint32_t item)
{
    const float born_days = newness->born_days[item];
    if (!(moment->share > 0) || born_days > moment->asked_days)
        return 0;
    const float there_days = fmaxf(moment->since_days - born_days, 0);
    return moment->share * (double)exp2f(-there_days / (float)newness->half_life_days);
}
