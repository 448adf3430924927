// SPDX-License-Identifier: Apache-2.0
// decide/terms.h - from raw quantities to the terms of a score that do not depend on the slate.
//
// With w the policy's weight of the term (docs/objective.md):
//   relevance  w * scale * model score
//              (scale brings the person's best candidates to about 1, see att_relevance_scale)
//
//   context    w * fit, fit in -1 … 1 from decide/context.h
//
//   situation  w * fit, fit in -1 … 1 from decide/wishes.h
//
//   skip       w * (p - P), P the chance that it is left early (decide/skips.h), p that of all
//
//   novelty    w' * novelty, w' = w + 2 * slider * max(w, 1/4)
//              (the slider at -1 turns the bonus round, at 1 it triples it)
//
//   freshness  w * 2^(-age / half life)
//              (0 where the date is not known, w where it lies ahead)
//
//   business   w * boost
//
//   control    w * (slider * (2 * energy - 1) - likeness to what the person wants less of)
#ifndef ATT_DECIDE_TERMS_H
#define ATT_DECIDE_TERMS_H

#include "decide/slate.h"

// (count) each, in the order of the candidates; NULL: that term, or part of it, is 0.
typedef struct att_raw_terms {
    const float *relevance;         // the model's score
    const float *context;           // fit, -1 … 1
    const float *situation;         // fit, -1 … 1
    const float *novelty;           // att_novelty_of of the item's popularity, 0 … 1
    const int64_t *published_at_ms; // 0: not known
    const float *boost;             // -1 … 1
    const float *energy;            // 0 … 1; NaN: not known
    const float *less_like;         // att_less_like, 0 … 1
    const float *skip;              // p - P
} att_raw_terms;

typedef struct att_term_settings {
    const att_policy *policy;
    double relevance_scale;
    double energy, novelty; // the person's sliders, -1 … 1
    int64_t at_ms;
} att_term_settings;

// Writes all terms of all candidates; CALIBRATION and REDUNDANCY become 0.
void att_terms_fill(att_candidate *candidates, size_t count, const att_raw_terms *raw,
    const att_term_settings *settings);

// What novelty counts for a person who set the slider (-1 … 1).
double att_novelty_weight(double weight, double slider);

// Self-information of the share of people who know it, 0 (everybody) … 1 (at most `least`):
// log(max(popularity, least)) / log(least). `least` is 1 / people, in (0, 1). For an item it
// changes with the model only.
float att_novelty_of(float popularity, float least);
// The same from natural logarithms; -INFINITY is fine for a popularity of 0.
float att_novelty_of_log(float log_popularity, float log_least);

// 1 / max(1/4, mean of the ten highest scores): a person with a clear taste has candidates of
// relevance about 1, and a person of whom little is known, whose scores are all small, is not
// pretended to have one.
double att_relevance_scale(const float *relevance, size_t count);

// What the person wants less of.
typedef struct att_less {
    const float *vector; // (dim), unit length; NULL: none
    const uint16_t *tags;
    uint16_t tag_count;
} att_less;
// out[i]: greatest likeness of candidate i to one of `less`: the greater of cosine (at least 0) and
// the share of common tags (intersection over union). O(count * less_count * dim).
void att_less_like(const att_candidate *candidates, size_t count, size_t dim, const att_less *less,
    size_t less_count, float *out);

#endif
