// SPDX-License-Identifier: Apache-2.0
// embed/item_item.c - item-to-item weights by source, so that a history adds up rows.
#include "embed/item_item.h"

#include <math.h>

static void fill_by_target(att_matrix *by_target, const att_target_lists *l)
{
    uint64_t at = 0;
    uint32_t next = 0;
    for (uint32_t t = 0; t < l->target_count; t++) {
        const uint32_t target = l->targets ? l->targets[t] : t;
        while (next <= target)
            by_target->row_start[next++] = at;
        const size_t from = (size_t)t * l->keep;
        memcpy(by_target->col + at, l->sources + from, l->counts[t] * sizeof *l->sources);
        memcpy(by_target->value + at, l->weights + from, l->counts[t] * sizeof *l->weights);
        at += l->counts[t];
    }
    while (next <= by_target->rows)
        by_target->row_start[next++] = at;
}

att_status att_item_item_from_targets(att_item_item *out, uint32_t items,
    const att_target_lists *lists, const att_host *host, att_error *err)
{
    *out = (att_item_item){.item_count = items};
    uint64_t total = 0;
    for (uint32_t t = 0; t < lists->target_count; t++)
        total += lists->counts[t];
    att_matrix by_target;
    att_status status = att_matrix_init(&by_target, items, items, total, host, err);
    if (status)
        return status;
    fill_by_target(&by_target, lists);
    status = att_matrix_transpose(&out->by_source, &by_target, host, err);
    att_matrix_deinit(&by_target, host);
    return status;
}

void att_item_item_deinit(att_item_item *weights, const att_host *host)
{
    att_free(host, weights->dense, (size_t)weights->item_count * weights->item_count,
        sizeof *weights->dense);
    att_matrix_deinit(&weights->by_source, host);
    *weights = (att_item_item){0};
}

void att_item_item_add(const att_item_item *weights, const att_kernels *kernels, uint32_t source,
    float scale, float *scores)
{
    if (source >= weights->item_count)
        return;
    if (weights->dense) {
        const float *row = weights->dense + (size_t)source * weights->item_count;
        kernels->axpy_f32(scores, scale, row, weights->item_count);
        return;
    }
    const att_matrix *m = &weights->by_source;
    for (uint64_t k = m->row_start[source]; k < m->row_start[source + 1]; k++)
        scores[m->col[k]] = fmaf(scale, m->value[k], scores[m->col[k]]);
}

float att_item_item_at(const att_item_item *weights, uint32_t source, uint32_t target)
{
    if (source >= weights->item_count || target >= weights->item_count)
        return 0;
    if (weights->dense)
        return weights->dense[(size_t)source * weights->item_count + target];
    const att_matrix *m = &weights->by_source;
    uint64_t low = m->row_start[source], high = m->row_start[source + 1];
    while (low < high) {
        const uint64_t middle = low + (high - low) / 2;
        if (m->col[middle] == target)
            return m->value[middle];
        if (m->col[middle] < target)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

// --- The strongest of a row ----------------------------------------------------------------------

static bool weaker(const float *row, uint32_t a, uint32_t b)
{
    const float x = fabsf(row[a]), y = fabsf(row[b]);
    return x < y || (x == y && a > b);
}

// The weakest kept entry stands at heap[0].
static void sift_down(const float *row, uint32_t *heap, uint32_t count, uint32_t at)
{
    for (;;) {
        uint32_t least = at;
        for (uint32_t child = 2 * at + 1; child <= 2 * at + 2 && child < count; child++)
            if (weaker(row, heap[child], heap[least]))
                least = child;
        if (least == at)
            return;
        const uint32_t swap = heap[at];
        heap[at] = heap[least];
        heap[least] = swap;
        at = least;
    }
}

uint32_t att_keep_strongest(const float *row, uint32_t count, uint32_t keep, uint32_t *heap)
{
    uint32_t kept = 0, i = 0;
    for (; i < count && kept < keep; i++)
        if (row[i] != 0)
            heap[kept++] = i;
    if (i == count || kept == 0)
        return kept;
    for (uint32_t at = kept / 2; at-- > 0;)
        sift_down(row, heap, kept, at);
    for (; i < count; i++) {
        if (row[i] != 0 && weaker(row, heap[0], i)) {
            heap[0] = i;
            sift_down(row, heap, kept, 0);
        }
    }
    // All entries not weaker than the weakest kept, in order of index: ties go to the lower index as above.
    const uint32_t last = heap[0];
    uint32_t to = 0;
    for (i = 0; i < count; i++)
        if (row[i] != 0 && !weaker(row, i, last))
            heap[to++] = i;
    return to;
}
