// SPDX-License-Identifier: Apache-2.0
// base/best.h - the best k of a stream, in one comparison each.
//
// A candidate is one number (att_rank_key, base/kernels.h): the score's bits, turned so that they sort as unsigned, above the
// inverted tail (an id or a slot). So larger is better and a tie goes to the lower tail. Up to 2k
// candidates gather; then the worse half is dropped and the bar rises (amortized constant time per
// candidate).
#ifndef ATT_BASE_BEST_H
#define ATT_BASE_BEST_H

#include "base/kernels.h"

static inline uint32_t att_rank_tail(uint64_t key)
{
    return ~(uint32_t)key;
}

static inline float att_rank_score(uint64_t key)
{
    uint32_t bits = (uint32_t)(key >> 32);
    bits = bits & 0x80000000u ? bits & 0x7FFFFFFFu : ~bits;
    float score;
    memcpy(&score, &bits, sizeof score);
    return score;
}

typedef struct att_best {
    uint64_t *keys; // room for 2 * keep, borrowed
    size_t keep, count;
    uint64_t bar; // a key must be above it
} att_best;

static inline att_best att_best_begin(uint64_t *keys, size_t keep)
{
    return (att_best){.keys = keys, .keep = keep};
}

// Drops all but the best `keep`.
void att_best_cut(att_best *top);

static inline void att_best_push(att_best *top, uint64_t key)
{
    if (key <= top->bar)
        return;
    top->keys[top->count++] = key;
    if (top->count == 2 * top->keep)
        att_best_cut(top);
}

// Cuts and sorts, best first. `spare` has room for `keep`. Returns how many there are.
size_t att_best_finish(att_best *top, uint64_t *spare);

// Descending, by digits; `spare` has room for `count`.
void att_rank_sort(uint64_t *keys, size_t count, uint64_t *spare);

#endif
