// SPDX-License-Identifier: Apache-2.0
// embed/content.h - from what an item is to where it lies: ridge regression of item vectors on features.
//
//   B = argmin sum over items with preferences s_i |h_i - x_i B|^2 + ridge |B|^2,  s_i = n_i / (n_i + 5)
//
// h_i is the factor of item i, n_i how many people prefer it, x_i its features. The constant is not penalized.
// The penalty is chosen on hidden items: a tenth of those with preferences is left out, people are folded without
// them, and what counts is how well x_i B ranks the hidden ones for the people who prefer them.
// After Gantner et al. 2010 ("Learning Attribute-to-Feature Mappings for Cold-Start Recommendations").
#ifndef ATT_EMBED_CONTENT_H
#define ATT_EMBED_CONTENT_H

#include "base/kernels.h"
#include "embed/features.h"
#include "embed/matrix.h"

#define ATT_CONTENT_TEACHES 5 // preferences at which an item teaches half as much as it ever will
#define ATT_CONTENT_TRUST 1 // preferences at which an item's own factor and its content weigh alike

typedef struct att_content {
    att_features features;
    const float *weights; // (features, stride) B; NULL: there is no content
    double ridge;
} att_content;

// False: nothing is known of the item. `vector` is (dim).
bool att_content_place(const att_content *content, const att_kernels *kernels, const att_item *item,
    size_t dim, size_t stride, float *vector, att_arena *scratch);

#endif
