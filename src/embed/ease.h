// SPDX-License-Identifier: Apache-2.0
// embed/ease.h - EASE: item-to-item weights in closed form.
//
//   B = argmin |X - X B|^2 + reg |B|^2, diag(B) = 0;   P = (X^T X + reg I)^-1,  B_ij = -P_ij / P_jj
//
// Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data". Only items that somebody touched take
// part. With fewer people than items the same P comes cheaper by Woodbury's identity,
//   P = (I - X^T (X X^T + reg I)^-1 X) / reg
// Memory while training is 4 bytes * active^2 (1.5 GiB at the limit), and 4 bytes * people * active for the second form; time
// O(active^3), about 8e12 operations at the limit, or O(active * people * (active + people)).
#ifndef ATT_EMBED_EASE_H
#define ATT_EMBED_EASE_H

#include "embed/item_item.h"

#define ATT_EASE_ITEMS_MAX 20000 // with interactions

typedef struct att_ease_options {
    double reg; // > 0; 100 to 1000 is usual
    uint32_t
        keep; // weights kept per target; 0: all where the catalogue is dense (ATT_ITEM_ITEM_DENSE_MAX), else 500
    bool binary; // X is 0 or 1; false: the matrix values
    uint32_t threads;
} att_ease_options;

att_ease_options att_ease_options_default(void);
// Operations that training takes, to plan with; INFINITY above ATT_EASE_ITEMS_MAX. `touched` counts people per item.
double att_ease_cost(const att_matrix *preferences, const uint32_t *touched);
// ATT_LIMIT above ATT_EASE_ITEMS_MAX active items.
att_status att_ease_train(att_item_item *out, const att_matrix *preferences,
    const att_ease_options *options, const att_host *host, att_error *err);

#endif
