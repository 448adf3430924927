// SPDX-License-Identifier: Apache-2.0
// embed/item_item.h - weights from item to item: a person's score is the sum over their history.
//
//   score_j = sum over history i of w_i * B_ij
//
// Small catalogues are kept dense; others keep the strongest `keep` sources of every target.
#ifndef ATT_EMBED_ITEM_ITEM_H
#define ATT_EMBED_ITEM_ITEM_H

#include "base/kernels.h"
#include "embed/matrix.h"

#define ATT_ITEM_ITEM_DENSE_MAX 4096 // items; 64 MiB

// Either dense or by_source is set. Empty (item_count 0) scores nothing.
typedef struct att_item_item {
    uint32_t item_count;
    float *dense;         // (item_count, item_count), row = source; owned
    att_matrix by_source; // rows = sources, columns = targets
} att_item_item;

// Lists of sources for each of `target_count` targets, ascending (NULL: all items). counts is (target_count); sources
// and weights are (target_count, keep), sources ascending.
typedef struct att_target_lists {
    uint32_t target_count, keep;
    const uint32_t *targets, *counts, *sources;
    const float *weights;
} att_target_lists;
att_status att_item_item_from_targets(att_item_item *out, uint32_t items,
    const att_target_lists *lists, const att_host *host, att_error *err);
void att_item_item_deinit(att_item_item *weights, const att_host *host);
// scores[j] += scale * sum of w_i B_ij; scores is (item_count). Sources that are not known are passed over.
void att_item_item_add(const att_item_item *weights, const att_kernels *kernels, uint32_t source,
    float scale, float *scores);
// B_ij; 0 where it was not kept.
float att_item_item_at(const att_item_item *weights, uint32_t source, uint32_t target);

// Writes the indexes of the `keep` entries of `row` (count) that are largest by absolute value and not zero, in
// ascending order of index; equal ones by lower index. Returns how many. `heap` has room for keep.
uint32_t att_keep_strongest(const float *row, uint32_t count, uint32_t keep, uint32_t *heap);

#endif
