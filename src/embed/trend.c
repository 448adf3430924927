// SPDX-License-Identifier: Apache-2.0
// embed/trend.c - popularity counted with decay, standardized.
#include "embed/trend.h"

#include <math.h>

#define MS_A_DAY 86400000.0

#define NOT_MET (-1.0f) // in place of a sum of decayed ones, which is at least 0

// Those not met get 0, what all that are do on average.
static void standardize(float *values, uint32_t count)
{
    double sum = 0, squares = 0, met = 0;
    for (uint32_t j = 0; j < count; j++) {
        const double value = values[j] == NOT_MET ? 0 : (double)values[j];
        sum += value;
        squares += value * value;
        met += values[j] != NOT_MET;
    }
    const double mean = met > 0 ? sum / met : 0;
    const double deviation = met > 0 ? sqrt(ATT_MAX(squares / met - mean * mean, 0)) : 0;
    for (uint32_t j = 0; j < count; j++) {
        const bool says = values[j] != NOT_MET && deviation > 0;
        values[j] = says ? (float)(((double)values[j] - mean) / deviation) : 0;
    }
}

int64_t att_trend_measure(
    float *values, const att_matrix *m, const int64_t *at_ms, double half_life_days)
{
    const uint64_t count = att_matrix_nonzeros(m);
    int64_t newest = count ? at_ms[0] : 0;
    for (uint64_t k = 1; k < count; k++)
        newest = ATT_MAX(newest, at_ms[k]);
    for (uint32_t j = 0; j < m->cols; j++)
        values[j] = NOT_MET;
    for (uint64_t k = 0; k < count; k++) {
        float *value = &values[m->col[k]];
        *value = ATT_MAX(*value, 0) +
                 (float)exp2((double)(at_ms[k] - newest) / MS_A_DAY / half_life_days);
    }
    for (uint32_t j = 0; j < m->cols; j++)
        if (values[j] != NOT_MET)
            values[j] = log1pf(values[j]);
    standardize(values, m->cols);
    return newest;
}

double att_trend_fade(const att_trend *trend, int64_t asked_ms)
{
    const double distance_days = fabs((double)asked_ms - (double)trend->at_ms) / MS_A_DAY;
    return exp2(-distance_days / trend->half_life_days);
}
