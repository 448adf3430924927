// SPDX-License-Identifier: Apache-2.0
// tests/retrieve/world.h - vectors to search in: a mixture of Gaussians, some of them long.
#ifndef ATT_TESTS_RETRIEVE_WORLD_H
#define ATT_TESTS_RETRIEVE_WORLD_H

#include "check.h"

#include "attune/retrieve.h"
#include "base/rng.h"

#include <math.h>

typedef struct world {
    uint32_t dim, clusters;
    double length_spread; // of the logarithm; 0: lengths of the mixture itself
    float *centres;       // (clusters, dim)
    att_rng rng;
} world;

static inline world world_create(
    uint32_t dim, uint32_t clusters, double length_spread, uint64_t seed)
{
    world w = {
        dim, clusters, length_spread, malloc(sizeof(float) * dim * clusters), att_rng_seed(seed)};
    for (size_t i = 0; i < (size_t)dim * clusters; i++)
        w.centres[i] = (float)att_rng_normal(&w.rng);
    return w;
}

static inline void world_draw(world *w, float *out)
{
    const float *centre = w->centres + att_rng_below(&w->rng, w->clusters) * w->dim;
    const double length = exp(w->length_spread * att_rng_normal(&w->rng));
    for (uint32_t d = 0; d < w->dim; d++)
        out[d] = (float)((centre[d] + 0.7 * att_rng_normal(&w->rng)) * length);
}

// (count, dim); the test frees it.
static inline float *world_draw_many(world *w, size_t count)
{
    float *out = malloc(count * w->dim * sizeof *out);
    for (size_t i = 0; i < count; i++)
        world_draw(w, out + i * w->dim);
    return out;
}

#endif
