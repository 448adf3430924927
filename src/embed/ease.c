// SPDX-License-Identifier: Apache-2.0
// embed/ease.c - products of items over people, one inverse, and what is kept of it.
#include "embed/ease.h"
#include "embed/blas.h"
#include "embed/parallel.h"

#include <math.h>

#define KEEP_DEFAULT 500

typedef struct ease_work {
    const att_matrix *by_person; // columns are numbers among the active
    att_matrix by_item;          // rows are active items
    uint32_t *active;            // (active_count) item of a number
    uint32_t active_count, item_count;
    float *g;                // (active_count, active_count); X^T X + reg I, then its inverse
    float *k;                // (people, people); X X^T + reg I
    uint32_t *kept, *counts; // (active_count, keep), (active_count)
    float *weights;          // (active_count, keep)
    float *dense;            // (item_count, item_count) or NULL
    uint32_t keep, threads;
    bool binary;
    double reg;
} ease_work;

att_ease_options att_ease_options_default(void)
{
    return (att_ease_options){.reg = 200, .binary = true, .threads = 1};
}

// Row i of X^T X: people who touched i, then what else they touched.
static void gram_rows(void *context, uint32_t thread, size_t begin, size_t end)
{
    (void)thread;
    ease_work *e = context;
    const att_matrix *p = e->by_person, *t = &e->by_item;
    for (size_t i = begin; i < end; i++) {
        float *row = e->g + i * e->active_count;
        row[i] = (float)e->reg;
        for (uint64_t a = t->row_start[i]; a < t->row_start[i + 1]; a++) {
            const float x = e->binary ? 1 : t->value[a];
            for (uint64_t b = p->row_start[t->col[a]]; b < p->row_start[t->col[a] + 1]; b++)
                row[p->col[b]] += x * (e->binary ? 1 : p->value[b]);
        }
    }
}

// Row j of the inverse becomes the weights of target j.
static void keep_rows(void *context, uint32_t thread, size_t begin, size_t end)
{
    (void)thread;
    ease_work *e = context;
    for (size_t j = begin; j < end; j++) {
        float *row = e->g + j * e->active_count;
        const float pivot = row[j];
        row[j] = 0;
        for (uint32_t i = 0; i < e->active_count; i++)
            row[i] = -row[i] / pivot;
        uint32_t *kept = e->kept + j * e->keep;
        e->counts[j] = att_keep_strongest(row, e->active_count, e->keep, kept);
        for (uint32_t k = 0; k < e->counts[j]; k++) {
            e->weights[j * e->keep + k] = row[kept[k]];
            kept[k] = e->active[kept[k]];
        }
    }
}

static void spread_rows(void *context, uint32_t thread, size_t begin, size_t end)
{
    (void)thread;
    ease_work *e = context;
    for (size_t j = begin; j < end; j++) {
        const float *row = e->g + j * e->active_count;
        for (uint32_t i = 0; i < e->active_count; i++)
            if (i != j)
                e->dense[(size_t)e->active[i] * e->item_count + e->active[j]] = -row[i] / row[j];
    }
}

// Numbers the active items and renames the columns to their numbers.
static att_status number_active(ease_work *e, att_matrix *renamed, const att_matrix *m,
    att_arena *scratch, const att_host *host, att_error *err)
{
    const uint64_t nonzeros = att_matrix_nonzeros(m);
    uint32_t *number = ATT_NEW(scratch, uint32_t, (size_t)m->cols + 1);
    e->active = ATT_NEW(scratch, uint32_t, (size_t)m->cols + 1);
    if (!number || !e->active)
        return att_no_memory(err, m->cols, "item numbers");
    for (uint64_t k = 0; k < nonzeros; k++)
        number[m->col[k]] = 1;
    for (uint32_t i = 0; i < m->cols; i++) {
        if (!number[i])
            continue;
        e->active[e->active_count] = i;
        number[i] = e->active_count++;
    }
    if (e->active_count > ATT_EASE_ITEMS_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "ease: %u items were touched, it takes at most %d",
            e->active_count, ATT_EASE_ITEMS_MAX);
    if (!e->active_count)
        return ATT_FAIL(err, ATT_INVALID, "ease: there is no preference to learn from");
    const att_status status =
        att_matrix_init(renamed, m->rows, e->active_count, nonzeros, host, err);
    if (status)
        return status;
    memcpy(renamed->row_start, m->row_start, ((size_t)m->rows + 1) * sizeof *m->row_start);
    memcpy(renamed->value, m->value, (size_t)nonzeros * sizeof *m->value);
    for (uint64_t k = 0; k < nonzeros; k++)
        renamed->col[k] = number[m->col[k]];
    e->by_person = renamed;
    return att_matrix_transpose(&e->by_item, renamed, host, err);
}

// X X^T + reg I, (people, people).
static void person_products(void *context, uint32_t thread, size_t begin, size_t end)
{
    (void)thread;
    ease_work *e = context;
    const att_matrix *p = e->by_person, *t = &e->by_item;
    for (size_t u = begin; u < end; u++) {
        float *row = e->k + u * p->rows;
        row[u] = (float)e->reg;
        for (uint64_t a = p->row_start[u]; a < p->row_start[u + 1]; a++) {
            const float x = e->binary ? 1 : p->value[a];
            const uint32_t i = p->col[a];
            for (uint64_t b = t->row_start[i]; b < t->row_start[i + 1]; b++)
                row[t->col[b]] += x * (e->binary ? 1 : t->value[b]);
        }
    }
}

static att_status invert_by_people(ease_work *e, att_arena *scratch, att_error *err)
{
    const att_matrix *p = e->by_person;
    const size_t people = p->rows, items = e->active_count;
    e->k = ATT_NEW(scratch, float, people *people);
    float *x = ATT_NEW(scratch, float, people *items);
    if (!e->k || !x)
        return att_no_memory(err, people * items, "dense preferences");
    att_parallel_for(e->threads, people, 16, person_products, e);
    for (size_t u = 0; u < people; u++)
        for (uint64_t a = p->row_start[u]; a < p->row_start[u + 1]; a++)
            x[u * items + p->col[a]] = e->binary ? 1 : p->value[a];
    const att_status status = att_blas_whiten(
        e->k, p->rows, x, e->active_count, e->threads, "ease: the product of people", err);
    if (status)
        return status;
    att_blas_gram(e->g, x, p->rows, e->active_count, (float)(-1 / e->reg), e->threads);
    for (size_t i = 0; i < items; i++)
        e->g[i * items + i] += (float)(1 / e->reg);
    return ATT_OK;
}

static bool people_are_fewer(double people, double active)
{
    return people * (people + active) < active * active;
}

static att_status invert(ease_work *e, att_arena *scratch, att_error *err)
{
    e->g = ATT_NEW(scratch, float, (size_t)e->active_count * e->active_count);
    if (!e->g)
        return att_no_memory(err, (size_t)e->active_count * e->active_count, "item products");
    if (people_are_fewer(e->by_person->rows, e->active_count))
        return invert_by_people(e, scratch, err);
    att_parallel_for(e->threads, e->active_count, 16, gram_rows, e);
    return att_blas_invert(e->g, e->active_count, e->threads, "ease: the product of items", err);
}

double att_ease_cost(const att_matrix *m, const uint32_t *touched)
{
    double active = 0, by_person = 0, by_item = 0;
    for (uint32_t i = 0; i < m->cols; i++) {
        active += touched[i] > 0;
        by_item += (double)touched[i] * touched[i];
    }
    for (uint32_t u = 0; u < m->rows; u++)
        by_person += pow((double)(m->row_start[u + 1] - m->row_start[u]), 2);
    if (active > ATT_EASE_ITEMS_MAX)
        return INFINITY;
    const double keeping = 20 * active * active;
    if (people_are_fewer(m->rows, active))
        return keeping + 4 * by_item + active * m->rows * (active + m->rows);
    return keeping + 4 * by_person + active * active * active;
}

static att_status collect(
    ease_work *e, att_item_item *out, att_arena *scratch, const att_host *host, att_error *err)
{
    const size_t items = e->item_count;
    if (e->keep >= e->active_count && items <= ATT_ITEM_ITEM_DENSE_MAX) {
        *out = (att_item_item){.item_count = e->item_count};
        out->dense = e->dense = att_alloc_zero(host, items * items, sizeof *e->dense);
        if (!e->dense)
            return att_no_memory(err, items * items, "item weights");
        att_parallel_for(e->threads, e->active_count, 16, spread_rows, e);
        return ATT_OK;
    }
    const size_t active = e->active_count;
    e->keep = ATT_MIN(e->keep, e->active_count);
    e->kept = ATT_NEW(scratch, uint32_t, active * e->keep);
    e->counts = ATT_NEW(scratch, uint32_t, active);
    e->weights = ATT_NEW(scratch, float, active * e->keep);
    if (!e->kept || !e->counts || !e->weights)
        return att_no_memory(err, active * e->keep, "item weights");
    att_parallel_for(e->threads, active, 16, keep_rows, e);
    const att_target_lists lists = {
        e->active_count, e->keep, e->active, e->counts, e->kept, e->weights};
    return att_item_item_from_targets(out, e->item_count, &lists, host, err);
}

att_status att_ease_train(att_item_item *out, const att_matrix *preferences,
    const att_ease_options *options, const att_host *host, att_error *err)
{
    *out = (att_item_item){0};
    if (!(options->reg > 0) || !isfinite(options->reg))
        return ATT_FAIL(err, ATT_INVALID, "ease: reg is %g, must be above 0", options->reg);
    const bool fits = preferences->cols <= ATT_ITEM_ITEM_DENSE_MAX;
    ease_work e = {.item_count = preferences->cols,
        .binary = options->binary,
        .reg = options->reg,
        .threads = att_parallel_threads(options->threads),
        .keep = options->keep ? options->keep
                : fits        ? UINT32_MAX
                              : KEEP_DEFAULT};
    att_arena scratch;
    att_arena_init(&scratch, host, 0);
    att_matrix renamed = {0};
    att_status status = number_active(&e, &renamed, preferences, &scratch, host, err);
    if (!status)
        status = invert(&e, &scratch, err);
    if (!status)
        status = collect(&e, out, &scratch, host, err);
    att_matrix_deinit(&renamed, host);
    att_matrix_deinit(&e.by_item, host);
    att_arena_deinit(&scratch);
    if (status)
        att_item_item_deinit(out, host);
    return status;
}
