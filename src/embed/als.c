// SPDX-License-Identifier: Apache-2.0
// embed/als.c - the passes: one side fixed, every row of the other a small least squares problem.
//
// Products of vectors do not change when both sides are turned alike. So before a side is solved, the other is
// turned to the principal axes of its common product G, and G becomes diagonal: see als_rows.c.
#include "embed/als.h"
#include "embed/als_rows.h"
#include "embed/blas.h"
#include "embed/parallel.h"
#include "base/rng.h"

#include <math.h>

#define STRIPES 32
#define GRAM_ROWS 128u // of a stripe at a time: they stay in the second cache

att_als_options att_als_options_default(void)
{
    return (att_als_options){.dim = 64,
        .passes = 16,
        .unobserved = 0.3,
        .reg = 0.004,
        .reg_power = 1,
        .init = 0.1,
        .threads = 1};
}

// --- The common product --------------------------------------------------------------------------

typedef struct gram_work {
    const att_normal *normal;
    const float *x;
    float *partial; // (STRIPES, stride, stride)
    size_t count, stride;
} gram_work;

static void gram_stripes(void *context, uint32_t thread, size_t begin, size_t end)
{
    (void)thread;
    const gram_work *g = context;
    for (size_t s = begin; s < end; s++) {
        const size_t first = g->count * s / STRIPES, last = g->count * (s + 1) / STRIPES;
        float *out = g->partial + s * g->stride * g->stride;
        for (size_t at = first; at < last; at += GRAM_ROWS)
            g->normal->add_products(out, g->stride, g->x + at * g->stride, g->stride,
                ATT_MIN(last - at, GRAM_ROWS), g->stride);
    }
}

att_status att_gram(float *out, const float *x, size_t count, size_t stride, uint32_t threads,
    const att_normal *normal, att_arena *scratch, att_error *err)
{
    const att_arena_mark mark = att_arena_save(scratch);
    gram_work g = {.normal = normal, .x = x, .count = count, .stride = stride};
    g.partial = ATT_NEW(scratch, float, STRIPES *stride *stride);
    if (!g.partial)
        return att_no_memory(err, STRIPES * stride * stride, "partial products");
    att_parallel_for(threads, STRIPES, 1, gram_stripes, &g);
    for (size_t r = 0; r < stride; r++) {
        for (size_t c = r; c < stride; c++) {
            double sum = 0;
            for (size_t s = 0; s < STRIPES; s++)
                sum += g.partial[(s * stride + r) * stride + c];
            out[r * stride + c] = out[c * stride + r] = (float)sum;
        }
    }
    att_arena_rewind(scratch, mark);
    return ATT_OK;
}

// --- Principal axes ------------------------------------------------------------------------------

typedef struct training {
    att_als *als;
    const att_als_options *options;
    att_matrix by_item;
    att_als_side people, items;
    uint32_t threads;
    const att_host *host;
    att_arena scratch;
    double *square;                 // (dim, dim) G, then its vectors as rows
    double *values;                 // (dim)
    float *turn;                    // (stride, stride) X := X turn
    float *axes;                    // (stride)
    float *product;                 // (stride, stride)
    float *turned[ATT_THREADS_MAX]; // (TURN_ROWS, stride) twice
} training;

#define TURN_ROWS 64u

typedef struct turning {
    const training *t;
    float *x; // (count, stride)
} turning;

static void turn_rows(void *context, uint32_t thread, size_t begin, size_t end)
{
    const turning *w = context;
    const size_t stride = w->t->als->stride, count = end - begin;
    float *in = w->t->turned[thread], *out = in + TURN_ROWS * stride;
    memcpy(in, w->x + begin * stride, count * stride * sizeof *in);
    memset(in + count * stride, 0, (TURN_ROWS - count) * stride * sizeof *in);
    w->t->people.normal->multiply(
        out, stride, in, stride, w->t->turn, stride, (count + 7) / 8 * 8, stride);
    memcpy(w->x + begin * stride, out, count * stride * sizeof *out);
}

static void turn(const training *t, float *x, size_t count)
{
    turning w = {t, x};
    att_parallel_for(t->threads, count, TURN_ROWS, turn_rows, &w);
}

// Finds the axes of the product of x (count, stride), and the diagonal that unobserved * G has along them.
static att_status find_axes(training *t, const float *x, size_t count, att_error *err)
{
    const size_t stride = t->als->stride, dim = t->als->dim;
    att_status status =
        att_gram(t->product, x, count, stride, t->threads, t->people.normal, &t->scratch, err);
    if (status)
        return status;
    for (size_t r = 0; r < dim; r++)
        for (size_t c = 0; c < dim; c++)
            t->square[r * dim + c] = t->product[r * stride + c];
    status = att_blas_axes(t->square, t->values, (uint32_t)dim, &t->scratch, err);
    if (status)
        return status;
    for (size_t k = 0; k < dim; k++) {
        t->axes[k] = (float)(t->options->unobserved * ATT_MAX(t->values[k], 0));
        for (size_t c = 0; c < dim; c++)
            t->turn[c * stride + k] = (float)t->square[k * dim + c];
    }
    return ATT_OK;
}

// Blocks start from the vectors as they are, so those are turned along.
static att_status solve_side(
    training *t, att_als_side *s, float *other, const char *who, att_error *err)
{
    const att_status status = find_axes(t, other, s->matrix->cols, err);
    if (status)
        return status;
    turn(t, other, s->matrix->cols);
    if (s->block)
        turn(t, s->own, s->matrix->rows);
    if (att_als_solve_rows(s, t->threads))
        return ATT_OK;
    return ATT_FAIL(err, ATT_INVALID,
        "the equations of one of the %s are not positive definite: raise reg (it is %g) or check "
        "the preferences for huge values",
        who, s->reg);
}

// --- Training ------------------------------------------------------------------------------------

static att_status check_options(const att_als_options *o, const att_matrix *m, att_error *err)
{
    if (o->dim < 1 || o->dim > ATT_ALS_DIM_MAX)
        return ATT_FAIL(
            err, ATT_INVALID, "als: dim is %u, must be 1 to %d", o->dim, ATT_ALS_DIM_MAX);
    if (o->passes < 1 || o->passes > 1000)
        return ATT_FAIL(err, ATT_INVALID, "als: passes is %u, must be 1 to 1000", o->passes);
    if (o->block % 16)
        return ATT_FAIL(err, ATT_INVALID, "als: block is %u, must be a multiple of 16", o->block);
    if (!(o->reg > 0) || !(o->unobserved > 0) || !(o->init > 0) || !isfinite(o->reg) ||
        !isfinite(o->unobserved) || !isfinite(o->init))
        return ATT_FAIL(err, ATT_INVALID,
            "als: reg %g, unobserved %g and init %g must all be above 0 and finite", o->reg,
            o->unobserved, o->init);
    if (!(o->reg_power >= 0 && o->reg_power <= 1))
        return ATT_FAIL(err, ATT_INVALID, "als: reg_power is %g, must be 0 to 1", o->reg_power);
    const uint64_t nonzeros = att_matrix_nonzeros(m);
    if (!nonzeros)
        return ATT_FAIL(err, ATT_INVALID, "als: there is no preference to learn from");
    for (uint64_t k = 0; k < nonzeros; k++)
        if (!(m->value[k] > 0) || !isfinite(m->value[k]))
            return ATT_FAIL(err, ATT_INVALID,
                "als: preference %llu is %g, must be above 0 and finite", (unsigned long long)k,
                m->value[k]);
    return ATT_OK;
}

static att_status make_workspaces(training *t, att_error *err)
{
    att_status status = ATT_OK;
    for (uint32_t k = 0; !status && k < t->threads; k++) {
        t->turned[k] = ATT_NEW(&t->scratch, float, 2 * TURN_ROWS * t->als->stride);
        if (!t->turned[k])
            return att_no_memory(err, 2 * TURN_ROWS * t->als->stride, "turned entries");
        status = att_als_make_work(&t->people.work[k], &t->people, &t->scratch, err);
        if (!status)
            status = att_als_make_work(&t->items.work[k], &t->items, &t->scratch, err);
    }
    return status;
}

static att_status make_vectors(training *t, const att_matrix *m, att_error *err)
{
    att_als *als = t->als;
    const size_t stride = als->stride, dim = als->dim;
    als->people = ATT_NEW(&als->life, float, m->rows *stride);
    als->items = ATT_NEW(&als->life, float, m->cols *stride);
    t->product = ATT_NEW(&t->scratch, float, stride *stride);
    t->turn = ATT_NEW(&t->scratch, float, stride *stride);
    t->axes = ATT_NEW(&t->scratch, float, stride);
    t->square = ATT_NEW(&t->scratch, double, dim *dim);
    t->values = ATT_NEW(&t->scratch, double, dim);
    if (als->people && als->items && t->product && t->turn && t->axes && t->square && t->values)
        return ATT_OK;
    return att_no_memory(err, ((size_t)m->rows + m->cols) * stride, "vector entries");
}

static att_status prepare(training *t, const att_matrix *m, att_error *err)
{
    const att_als_options *o = t->options;
    att_als *als = t->als;
    att_status status = make_vectors(t, m, err);
    if (status)
        return status;
    t->people = (att_als_side){.axes = t->axes,
        .normal = o->normal ? o->normal : att_normal_best(),
        .kernels = att_kernels_best(),
        .stride = als->stride,
        .dim = o->dim,
        .block = o->block < o->dim ? o->block : 0,
        .reg = o->reg,
        .reg_power = o->reg_power,
        .unobserved = o->unobserved,
        .shared_penalty = -1};
    t->items = t->people;
    t->people.matrix = m;
    t->people.own = als->people;
    t->people.other = als->items;
    t->items.matrix = &t->by_item;
    t->items.own = als->items;
    t->items.other = als->people;
    const double mean = (double)att_matrix_nonzeros(m) / m->rows;
    als->person_reg = o->reg * pow(mean + o->unobserved * m->cols, o->reg_power);
    if (!o->scale_people)
        t->people.shared_penalty = als->person_reg;
    status = att_als_order_rows(&t->people, &t->scratch, err);
    if (!status)
        status = att_als_order_rows(&t->items, &t->scratch, err);
    return status ? status : make_workspaces(t, err);
}

static bool is_drawn(const float *row, size_t dim)
{
    for (size_t j = 0; j < dim; j++)
        if (row[j] != 0)
            return false;
    return true;
}

// Every item's numbers are drawn, whether they are needed or not: who starts warm draws the same for the others.
static void start_items(const training *t)
{
    const att_als *als = t->als;
    const float *given = t->options->start;
    att_rng rng = att_rng_stream(t->options->seed, 0);
    const double scale = t->options->init / sqrt(als->dim);
    for (uint32_t i = 0; i < als->item_count; i++) {
        float *row = als->items + (size_t)i * als->stride;
        for (uint32_t j = 0; j < als->dim; j++)
            row[j] = (float)(scale * att_rng_normal(&rng));
        if (given && !is_drawn(given + (size_t)i * als->stride, als->dim))
            memcpy(row, given + (size_t)i * als->stride, als->dim * sizeof *row);
    }
}

static att_status run_passes(training *t, att_error *err)
{
    att_als *als = t->als;
    double done = 0, textbook = 0;
    att_als_count_flops(&t->people, &done, &textbook);
    att_als_count_flops(&t->items, &done, &textbook);
    const int64_t start_ms = t->host->now_ms(t->host->user);
    for (uint32_t pass = 0; pass < t->options->passes; pass++) {
        if (!att_progress_tell(t->host, "factorize", pass, t->options->passes, "passes"))
            return ATT_FAIL(
                err, ATT_CANCELLED, "cancelled in pass %u of %u", pass + 1, t->options->passes);
        att_status status = solve_side(t, &t->people, als->items, "people", err);
        if (!status)
            status = solve_side(t, &t->items, als->people, "items", err);
        if (status)
            return status;
        als->flops += done;
        als->textbook_flops += textbook;
    }
    als->seconds = (double)(t->host->now_ms(t->host->user) - start_ms) / 1000;
    return ATT_OK;
}

att_status att_als_train(att_als *out, const att_matrix *preferences,
    const att_als_options *options, const att_host *host, att_error *err)
{
    *out = (att_als){.people_count = preferences->rows,
        .item_count = preferences->cols,
        .dim = options->dim,
        .stride = (uint32_t)att_normal_pad(options->dim),
        .unobserved = options->unobserved};
    att_arena_init(&out->life, host, 0);
    training t = {.als = out,
        .options = options,
        .threads = att_parallel_threads(options->threads),
        .host = host};
    att_arena_init(&t.scratch, host, 0);
    att_status status = check_options(options, preferences, err);
    if (!status)
        status = att_matrix_transpose(&t.by_item, preferences, host, err);
    if (!status)
        status = prepare(&t, preferences, err);
    if (!status) {
        start_items(&t);
        status = run_passes(&t, err);
    }
    att_matrix_deinit(&t.by_item, host);
    att_arena_deinit(&t.scratch);
    if (status)
        att_als_deinit(out);
    return status;
}

void att_als_deinit(att_als *als)
{
    att_arena_deinit(&als->life);
    *als = (att_als){0};
}

// --- The loss ------------------------------------------------------------------------------------

static double dot_double(const float *a, const float *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)a[i] * b[i];
    return sum;
}

// Sum over all pairs of (w.h)^2.
static double all_pairs(const att_als *als)
{
    double sum = 0;
    for (uint32_t r = 0; r < als->dim; r++) {
        for (uint32_t c = 0; c < als->dim; c++) {
            double people = 0, items = 0;
            for (uint32_t u = 0; u < als->people_count; u++)
                people += (double)als->people[(size_t)u * als->stride + r] *
                          als->people[(size_t)u * als->stride + c];
            for (uint32_t i = 0; i < als->item_count; i++)
                items += (double)als->items[(size_t)i * als->stride + r] *
                         als->items[(size_t)i * als->stride + c];
            sum += people * items;
        }
    }
    return sum;
}

double att_als_loss(const att_als *als, const att_matrix *m, const att_als_options *o)
{
    double loss = o->unobserved * all_pairs(als);
    for (uint32_t u = 0; u < m->rows; u++) {
        const float *w = als->people + (size_t)u * als->stride;
        const double count = (double)(m->row_start[u + 1] - m->row_start[u]);
        const double reg = o->scale_people
                               ? o->reg * pow(count + o->unobserved * m->cols, o->reg_power)
                               : als->person_reg;
        loss += reg * dot_double(w, w, als->dim);
        for (uint64_t k = m->row_start[u]; k < m->row_start[u + 1]; k++) {
            const float *h = als->items + (size_t)m->col[k] * als->stride;
            const double miss = 1 - dot_double(w, h, als->dim);
            loss += m->value[k] * miss * miss;
        }
    }
    for (uint32_t i = 0; i < m->cols; i++) {
        double count = 0;
        for (uint64_t k = 0; k < att_matrix_nonzeros(m); k++)
            count += m->col[k] == i;
        const float *h = als->items + (size_t)i * als->stride;
        loss += o->reg * pow(count + o->unobserved * m->rows, o->reg_power) *
                dot_double(h, h, als->dim);
    }
    return loss;
}
