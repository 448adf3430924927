// SPDX-License-Identifier: Apache-2.0
// Random candidates for the tests of this folder: unit vectors round a few centres, tags, uneven
// terms.
#ifndef ATT_TESTS_DECIDE_CANDIDATES_H
#define ATT_TESTS_DECIDE_CANDIDATES_H

#include "check.h"

#include "decide/slate.h"

#include <math.h>

enum { world_most = 600, world_dim = 16, world_tags = 12 };

typedef struct world {
    att_candidate candidates[world_most];
    float vectors[world_most][world_dim];
    uint16_t tags[world_most][4];
    double mix[world_tags];
    att_policy policy;
    att_slate_input input;
} world;

static void world_vector(float *vector, att_rng *rng)
{
    double norm = 0;
    const uint64_t centre = att_rng_below(rng, 4);
    for (size_t k = 0; k < world_dim; k++) {
        vector[k] = (float)(att_rng_normal(rng) * 0.4 + (k / 4 == centre));
        norm += (double)vector[k] * (double)vector[k];
    }
    for (size_t k = 0; k < world_dim; k++)
        vector[k] = (float)(vector[k] / sqrt(norm));
}

static void world_make(world *w, size_t count, size_t wanted, att_diversity method, att_rng *rng)
{
    memset(w, 0, sizeof *w);
    double sum = 0;
    for (size_t g = 0; g < world_tags; g++)
        sum += w->mix[g] = g % 4 == 3 ? 0 : att_rng_unit(rng);
    for (size_t g = 0; g < world_tags; g++)
        w->mix[g] /= sum;
    for (size_t i = 0; i < count; i++) {
        att_candidate *c = &w->candidates[i];
        world_vector(w->vectors[i], rng);
        *c = (att_candidate){.item = (uint32_t)i,
            .vector = att_rng_below(rng, 20) ? w->vectors[i] : NULL,
            .tags = w->tags[i],
            .tag_count = (uint16_t)att_rng_below(rng, 5),
            .out_of_distribution = att_rng_below(rng, 10) == 0,
            .explorable = att_rng_below(rng, 3) != 0,
            .uncertainty = (float)att_rng_unit(rng)};
        for (uint16_t t = 0; t < c->tag_count; t++)
            w->tags[i][t] = (uint16_t)(t * 3 + att_rng_below(rng, 3)); // distinct
        for (int t = 0; t < ATT_TERM_COUNT; t++)
            c->terms[t] = t ? 0.1 * att_rng_normal(rng) : att_rng_unit(rng);
    }
    w->policy.objective.diversity = 0.5;
    w->policy.objective.calibration = 0.4;
    w->policy.objective.method = method;
    w->policy.objective.out_of_distribution = 1;
    w->input = (att_slate_input){.candidates = w->candidates,
        .count = count,
        .dim = world_dim,
        .taste_mix = w->mix,
        .tag_total = world_tags,
        .wanted = wanted,
        .policy = &w->policy};
}

#endif
