// SPDX-License-Identifier: Apache-2.0
// embed/project.h - vectors on a plane: the two principal components of their directions.
#ifndef ATT_EMBED_PROJECT_H
#define ATT_EMBED_PROJECT_H

#include "base/arena.h"
#include "base/base.h"

typedef struct att_projection {
    uint32_t dim;
    double *mean, *axis[2]; // (dim) each; axes of length 1, at right angles
    double shares[2];       // of all variance
} att_projection;

// vectors is (count) pointers to (dim); each is brought to length 1 first, those of length 0 are passed over. With fewer than two
// different directions the axes are the first two coordinates' and the shares 0. All lives in `life`; `scratch` is the caller's.
att_status att_projection_fit(att_projection *out, const float *const *vectors, size_t count, uint32_t dim, att_arena *life,
    att_arena *scratch, att_error *err);
void att_projection_point(const att_projection *projection, const float *vector, double *x, double *y);

#endif
