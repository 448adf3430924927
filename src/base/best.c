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

enum { DIGIT = 8, DIGITS = 1 << DIGIT };

// Where each digit's keys begin, the largest digit first.
static void begin_digits(uint32_t counts[DIGITS])
{
    uint32_t sum = 0;
    for (size_t d = DIGITS; d-- > 0;) {
        const uint32_t here = counts[d];
        counts[d] = sum;
        sum += here;
    }
}

static void move_by_digit(uint64_t *out, const uint64_t *in, size_t count, unsigned shift, uint32_t starts[DIGITS])
{
    for (size_t i = 0; i < count; i++)
        out[starts[in[i] >> shift & (DIGITS - 1)]++] = in[i];
}

// By two digits from bit `shift` on.
static void sort_two_digits(uint64_t *keys, size_t count, uint64_t *spare, unsigned shift)
{
    uint32_t low[DIGITS] = {0}, high[DIGITS] = {0};
    for (size_t i = 0; i < count; i++) {
        const uint64_t digits = keys[i] >> shift;
        low[digits & (DIGITS - 1)]++;
        high[digits >> DIGIT & (DIGITS - 1)]++;
    }
    begin_digits(low);
    begin_digits(high);
    move_by_digit(spare, keys, count, shift, low);
    move_by_digit(keys, spare, count, shift + DIGIT, high);
}

static uint64_t varying(const uint64_t *keys, size_t count)
{
    uint64_t all_or = 0, all_and = ~0ull;
    for (size_t i = 0; i < count; i++) {
        all_or |= keys[i];
        all_and &= keys[i];
    }
    return all_or ^ all_and;
}

// By the sixteen highest bits in which any two differ. They tell nearly all of so few apart; those that they do not are sorted by what is left.
void att_rank_sort(uint64_t *keys, size_t count, uint64_t *spare)
{
    if (count <= FEW) {
        insertion_sort(keys, count);
        return;
    }
    const uint64_t bits = varying(keys, count);
    if (!bits)
        return;
    const unsigned top = 64 - (unsigned)__builtin_clzll(bits), shift = top > 2 * DIGIT ? top - 2 * DIGIT : 0;
    sort_two_digits(keys, count, spare, shift);
    for (size_t i = 0; i < count && shift;) {
        size_t end = i + 1;
        while (end < count && keys[end] >> shift == keys[i] >> shift)
            end++;
        if (end - i > 1)
            att_rank_sort(keys + i, end - i, spare); // they differ below `shift` only
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
