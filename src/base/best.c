// SPDX-License-Identifier: Apache-2.0
// base/best.c - dropping the worse half, and sorting keys.
#include "base/best.h"

enum { FEW = 48, SPARE = 2048 };

static void swap(uint64_t *a, uint64_t *b)
{
    const uint64_t held = *a;
    *a = *b;
    *b = held;
}

// Those above the last key come first. Returns their number, which is where the last key now is. The keys differ from each other.
static size_t partition(const att_kernels *kernels, uint64_t *keys, size_t count)
{
    uint64_t spare[SPARE + 8];
    const uint64_t pivot = keys[count - 1];
    size_t above = 0;
    if (count <= SPARE) {
        above = kernels->split_u64(keys, count - 1, pivot, spare);
    } else {
        for (size_t i = 0; i + 1 < count; i++) { // without a branch on what a key is (Lomuto's scheme)
            const uint64_t key = keys[i];
            keys[i] = keys[above];
            keys[above] = key;
            above += key > pivot;
        }
    }
    swap(&keys[above], &keys[count - 1]);
    return above;
}

static uint64_t median_of_three(uint64_t a, uint64_t b, uint64_t c)
{
    if (a < b)
        return b < c ? b : ATT_MAX(a, c);
    return a < c ? a : ATT_MAX(b, c);
}

// Hoare's selection (1961): afterwards the `keep` largest come first.
static void select_largest(uint64_t *keys, size_t count, size_t keep)
{
    const att_kernels *kernels = att_kernels_best();
    while (count > 1 && keep > 0 && keep < count) {
        uint64_t *const middle = &keys[count / 2], *const last = &keys[count - 1];
        const uint64_t pivot = median_of_three(keys[0], *middle, *last);
        swap(last, pivot == keys[0] ? keys : pivot == *middle ? middle : last);
        const size_t above = partition(kernels, keys, count);
        if (keep <= above) {
            count = above;
        } else {
            keys += above + 1;
            count -= above + 1;
            keep -= above + 1;
        }
    }
}

static uint64_t least(const uint64_t *keys, size_t count)
{
    uint64_t found = keys[0];
    for (size_t i = 1; i < count; i++)
        found = ATT_MIN(found, keys[i]);
    return found;
}

void att_best_cut(att_best *top)
{
    if (top->count < top->keep || top->keep == 0)
        return;
    if (top->count > top->keep)
        select_largest(top->keys, top->count, top->keep);
    top->count = top->keep;
    top->bar = least(top->keys, top->keep);
}

static void insertion_sort(uint64_t *keys, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const uint64_t key = keys[i];
        size_t j = i;
        for (; j > 0 && keys[j - 1] < key; j--)
            keys[j] = keys[j - 1];
        keys[j] = key;
    }
}

static void radix_pass(uint64_t *out, const uint64_t *in, size_t count, unsigned shift)
{
    size_t starts[256] = {0};
    for (size_t i = 0; i < count; i++)
        starts[255 - (in[i] >> shift & 255)]++;
    size_t sum = 0;
    for (size_t b = 0; b < 256; b++) {
        const size_t here = starts[b];
        starts[b] = sum;
        sum += here;
    }
    for (size_t i = 0; i < count; i++)
        out[starts[255 - (in[i] >> shift & 255)]++] = in[i];
}

// Bytes `from` … `to` - 1 of the keys, the lowest first; those that are the same in all keys are passed over.
static void radix_sort(uint64_t *keys, size_t count, uint64_t *spare, unsigned from, unsigned to)
{
    uint64_t all_or = 0, all_and = ~0ull;
    for (size_t i = 0; i < count; i++) {
        all_or |= keys[i];
        all_and &= keys[i];
    }
    const uint64_t varying = all_or ^ all_and;
    uint64_t *in = keys, *out = spare;
    for (unsigned shift = from * 8; shift < to * 8; shift += 8) {
        if (!(varying >> shift & 255))
            continue;
        radix_pass(out, in, count, shift);
        uint64_t *const held = in;
        in = out;
        out = held;
    }
    if (in != keys)
        memcpy(keys, in, count * sizeof *keys);
}

void att_rank_sort(uint64_t *keys, size_t count, uint64_t *spare)
{
    if (count <= FEW) {
        insertion_sort(keys, count);
        return;
    }
    radix_sort(keys, count, spare, 4, 8); // by score; then ties, which are few as a rule
    for (size_t i = 0; i < count;) {
        size_t end = i + 1;
        while (end < count && keys[end] >> 32 == keys[i] >> 32)
            end++;
        if (end - i > FEW)
            radix_sort(keys + i, end - i, spare, 0, 4);
        else if (end - i > 1)
            insertion_sort(keys + i, end - i);
        i = end;
    }
}

size_t att_best_finish(att_best *top, uint64_t *spare)
{
    if (top->count > top->keep)
        att_best_cut(top);
    att_rank_sort(top->keys, top->count, spare);
    return top->count;
}
