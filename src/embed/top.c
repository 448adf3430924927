// SPDX-License-Identifier: Apache-2.0
// embed/top.c - a heap over two arrays.
#include "embed/top.h"

static bool worse(const att_top *t, size_t x, size_t y)
{
    return t->scores[x] < t->scores[y] ||
           (t->scores[x] == t->scores[y] && t->items[x] > t->items[y]);
}

static void swap(att_top *t, size_t x, size_t y)
{
    const uint32_t item = t->items[x];
    const float score = t->scores[x];
    t->items[x] = t->items[y];
    t->scores[x] = t->scores[y];
    t->items[y] = item;
    t->scores[y] = score;
}

static void sink(att_top *t, size_t at, size_t count)
{
    for (;;) {
        size_t worst = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < count; child++)
            if (worse(t, child, worst))
                worst = child;
        if (worst == at)
            return;
        swap(t, at, worst);
        at = worst;
    }
}

static void rise(att_top *t, size_t at)
{
    while (at > 0 && worse(t, at, (at - 1) / 2)) {
        swap(t, at, (at - 1) / 2);
        at = (at - 1) / 2;
    }
}

void att_top_offer(att_top *top, uint32_t item, float score)
{
    if (top->count < top->capacity) {
        top->items[top->count] = item;
        top->scores[top->count] = score;
        rise(top, top->count++);
    } else if (top->capacity && score > top->scores[0]) {
        top->items[0] = item;
        top->scores[0] = score;
        sink(top, 0, top->capacity);
    }
}

void att_top_sort(att_top *top)
{
    for (size_t left = top->count; left > 1; left--) {
        swap(top, 0, left - 1);
        sink(top, 0, left - 1);
    }
}
