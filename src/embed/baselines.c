// SPDX-License-Identifier: Apache-2.0
// embed/baselines.c - cosine neighbours, counted row by row, and plain counts.
#include "embed/baselines.h"
#include "embed/parallel.h"

#include <math.h>

typedef struct knn_work {
    const att_matrix *by_person;
    att_matrix by_item;
    float *norms;      // (items)
    float *rows;       // (threads, items)
    uint32_t *counts;  // (items)
    uint32_t *sources; // (items, keep)
    float *weights;    // (items, keep)
    uint32_t items, keep, threads;
    double shrinkage;
} knn_work;

att_knn_options att_knn_options_default(void)
{
    return (att_knn_options){.neighbours = 100, .shrinkage = 10, .threads = 1};
}

void att_count_people(uint32_t *counts, const att_matrix *preferences)
{
    memset(counts, 0, preferences->cols * sizeof *counts);
    for (uint64_t k = 0; k < att_matrix_nonzeros(preferences); k++)
        counts[preferences->col[k]]++;
}

static void one_target(knn_work *w, float *row, uint32_t j)
{
    const att_matrix *t = &w->by_item, *p = w->by_person;
    memset(row, 0, w->items * sizeof *row);
    for (uint64_t a = t->row_start[j]; a < t->row_start[j + 1]; a++)
        for (uint64_t b = p->row_start[t->col[a]]; b < p->row_start[t->col[a] + 1]; b++)
            row[p->col[b]] += t->value[a] * p->value[b];
    row[j] = 0;
    for (uint32_t i = 0; i < w->items; i++)
        if (row[i] != 0)
            row[i] /= w->norms[i] * w->norms[j] + (float)w->shrinkage;
    uint32_t *sources = w->sources + (size_t)j * w->keep;
    w->counts[j] = att_keep_strongest(row, w->items, w->keep, sources);
    for (uint32_t k = 0; k < w->counts[j]; k++)
        w->weights[(size_t)j * w->keep + k] = row[sources[k]];
}

static void targets(void *context, uint32_t thread, size_t begin, size_t end)
{
    knn_work *w = context;
    for (size_t j = begin; j < end; j++)
        one_target(w, w->rows + (size_t)thread * w->items, (uint32_t)j);
}

static void measure_norms(knn_work *w)
{
    for (uint32_t i = 0; i < w->items; i++) {
        double sum = 0;
        for (uint64_t k = w->by_item.row_start[i]; k < w->by_item.row_start[i + 1]; k++)
            sum += (double)w->by_item.value[k] * w->by_item.value[k];
        w->norms[i] = (float)sqrt(sum);
    }
}

static att_status make_room(knn_work *w, att_arena *scratch, att_error *err)
{
    const size_t items = w->items;
    w->norms = ATT_NEW(scratch, float, items);
    w->rows = ATT_NEW(scratch, float, items * w->threads);
    w->counts = ATT_NEW(scratch, uint32_t, items);
    w->sources = ATT_NEW(scratch, uint32_t, items * w->keep);
    w->weights = ATT_NEW(scratch, float, items * w->keep);
    if (w->norms && w->rows && w->counts && w->sources && w->weights)
        return ATT_OK;
    return att_no_memory(err, items * w->keep, "neighbours");
}

att_status att_knn_train(att_item_item *out, const att_matrix *preferences,
    const att_knn_options *options, const att_host *host, att_error *err)
{
    *out = (att_item_item){0};
    if (options->neighbours < 1 || !(options->shrinkage >= 0) || !preferences->cols)
        return ATT_FAIL(err, ATT_INVALID,
            "item-knn: %u neighbours, shrinkage %g and %u items; wanted at least 1, 0 and 1",
            options->neighbours, options->shrinkage, preferences->cols);
    knn_work w = {.by_person = preferences,
        .items = preferences->cols,
        .keep = ATT_MIN(options->neighbours, preferences->cols),
        .threads = att_parallel_threads(options->threads),
        .shrinkage = options->shrinkage};
    att_arena scratch;
    att_arena_init(&scratch, host, 0);
    att_status status = att_matrix_transpose(&w.by_item, preferences, host, err);
    if (!status)
        status = make_room(&w, &scratch, err);
    if (!status) {
        measure_norms(&w);
        att_parallel_for(w.threads, w.items, 16, targets, &w);
        const att_target_lists lists = {w.items, w.keep, NULL, w.counts, w.sources, w.weights};
        status = att_item_item_from_targets(out, w.items, &lists, host, err);
    }
    att_matrix_deinit(&w.by_item, host);
    att_arena_deinit(&scratch);
    return status;
}
