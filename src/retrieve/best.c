// SPDX-License-Identifier: Apache-2.0
// retrieve/best.c - dropping the worse half, and sorting keys.
#include "retrieve/best.h"

static void swap(uint64_t *a, uint64_t *b)
{
    const uint64_t held = *a;
    *a = *b;
    *b = held;
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
    const ptrdiff_t wanted = (ptrdiff_t)keep - 1;
    ptrdiff_t low = 0, high = (ptrdiff_t)count - 1;
    while (low < high) {
        const uint64_t pivot = median_of_three(keys[low], keys[low + (high - low) / 2], keys[high]);
        ptrdiff_t i = low, j = high;
        while (i <= j) {
            while (keys[i] > pivot)
                i++;
            while (keys[j] < pivot)
                j--;
            if (i <= j)
                swap(&keys[i++], &keys[j--]);
        }
        if (wanted <= j)
            high = j;
        else if (wanted >= i)
            low = i;
        else
            return;
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

void att_rank_sort(uint64_t *keys, size_t count, uint64_t *spare)
{
    if (count <= 48) {
        insertion_sort(keys, count);
        return;
    }
    uint64_t all_or = 0, all_and = ~0ull;
    for (size_t i = 0; i < count; i++) {
        all_or |= keys[i];
        all_and &= keys[i];
    }
    const uint64_t varying = all_or ^ all_and;
    uint64_t *from = keys, *to = spare;
    for (unsigned shift = 0; shift < 64; shift += 8) {
        if (!(varying >> shift & 255))
            continue;
        radix_pass(to, from, count, shift);
        uint64_t *const held = from;
        from = to;
        to = held;
    }
    if (from != keys)
        memcpy(keys, from, count * sizeof *keys);
}

size_t att_best_finish(att_best *top, uint64_t *spare)
{
    if (top->count > top->keep)
        att_best_cut(top);
    att_rank_sort(top->keys, top->count, spare);
    return top->count;
}
