// SPDX-License-Identifier: Apache-2.0
// embed/top.h - the best few of many scores, in the caller's arrays.
//
// A heap with the worst of the best in front. Equal scores go to the lower item number.
#ifndef ATT_EMBED_TOP_H
#define ATT_EMBED_TOP_H

#include "base/base.h"

typedef struct att_top {
    uint32_t *items; // (capacity)
    float *scores;   // (capacity)
    size_t count, capacity;
} att_top;

// Offer items in ascending order of number.
void att_top_offer(att_top *top, uint32_t item, float score);
// Best first. No more offers after it.
void att_top_sort(att_top *top);

#endif
