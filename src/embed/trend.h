// SPDX-License-Identifier: Apache-2.0
// embed/trend.h - what people have come to like of late: a term of the score that belongs to the item and the day alone.
//
//   t_j = log(1 + sum over who prefers j of 2^(-age / half-life)), age from the newest preference back,
//
// less its mean over the items anybody prefers, over its deviation; 0 for all others. Factorization and item-item weights know how often
// items go together in all of the log, and so how popular they were on the whole; what is new and rising they rank too low.
// Popularity counted with decay is a much better baseline than popularity (Ji, Sun, Zhang, Li 2020, "A Re-visit of the
// Popularity Baseline in Recommender Systems"), and errs elsewhere than they do.
//
// A trend speaks of its own days. Asked for another time it counts 2^(-distance / half-life) as much.
#ifndef ATT_EMBED_TREND_H
#define ATT_EMBED_TREND_H

#include "embed/matrix.h"

typedef struct att_trend {
    const float *values; // (items); NULL: there is none
    double weight;       // of a deviation of the trend, by how far a person's other scores reach; > 0
    double scale;        // where that is not known: weight times how far they spread on the average
    double half_life_days;
    int64_t at_ms; // the newest preference
} att_trend;

// values is (m->cols); at_ms stands beside m->col. Returns the newest moment. O(nonzeros).
int64_t att_trend_measure(
    float *values, const att_matrix *m, const int64_t *at_ms, double half_life_days);
// 2^(-distance / half-life), 1 at its own time.
double att_trend_fade(const att_trend *trend, int64_t asked_ms);

#endif
