// SPDX-License-Identifier: Apache-2.0
// embed/baselines.h - item-kNN and popularity: what every other scorer must beat.
#ifndef ATT_EMBED_BASELINES_H
#define ATT_EMBED_BASELINES_H

#include "embed/item_item.h"

typedef struct att_knn_options {
    uint32_t neighbours; // kept per target, >= 1
    double shrinkage;    // >= 0
    uint32_t threads;
} att_knn_options;

att_knn_options att_knn_options_default(void);
// B_ij = x_i . x_j / (|x_i| |x_j| + shrinkage): cosine of the items' columns, damped where there is little
// evidence (Sarwar et al. 2001; shrinkage after Bell and Koren 2007). Any catalogue size: rows are sparse.
att_status att_knn_train(att_item_item *out, const att_matrix *preferences,
    const att_knn_options *options, const att_host *host, att_error *err);

// counts[i] = people who prefer item i; (preferences->cols).
void att_count_people(uint32_t *counts, const att_matrix *preferences);

#endif
