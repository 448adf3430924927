// SPDX-License-Identifier: Apache-2.0
// embed/als.c - the passes: one side fixed, every row of the other a small least squares problem.
//
// A row's equations are (unobserved * G + reg_r I + P^T P) w = P^T 1', where the panel P holds sqrt(c) times the
// other side's vectors and G is their common product.
#include "embed/als.h"
#include "embed/parallel.h"
#include "base/kernels.h"
#include "base/rng.h"

#include <math.h>

#define PANEL_ROWS 128 // of gathered vectors; at 128 coordinates the panel is 64 KiB and stays in the second cache
#define STRIPES 32

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
        for (size_t at = first; at < last; at += PANEL_ROWS)
            g->normal->add_products(out, g->stride, g->x + at * g->stride, g->stride,
                ATT_MIN(last - at, PANEL_ROWS), g->stride);
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

// --- One side ------------------------------------------------------------------------------------

typedef struct workspace {
    float *a;     // (stride, stride)
    float *panel; // (panel_rows, stride)
    float *b;     // (stride)
    float *residual; // (panel_rows), blocks only
} workspace;

typedef struct side {
    const att_matrix *matrix; // rows are solved for
    const float *other;       // (matrix->cols, stride)
    float *own;               // (matrix->rows, stride)
    float *base;              // (stride, stride) unobserved * G
    const att_normal *normal;
    const att_kernels *kernels;
    workspace work[ATT_THREADS_MAX];
    size_t stride;
    uint32_t dim, block;
    double reg, reg_power, unobserved;
    double shared_penalty; // >= 0: of every row
    bool failed[ATT_THREADS_MAX];
} side;

static double penalty_of(const side *s, uint64_t count)
{
    if (s->shared_penalty >= 0)
        return s->shared_penalty;
    return s->reg * pow((double)count + s->unobserved * s->matrix->cols, s->reg_power);
}

// A := base + penalty on the diagonal; coordinates past dim get a one.
static void start_equations(const side *s, workspace *w, double penalty)
{
    memcpy(w->a, s->base, s->stride * s->stride * sizeof *w->a);
    for (size_t j = 0; j < s->stride; j++)
        w->a[j * s->stride + j] += j < s->dim ? (float)penalty : 1;
    memset(w->b, 0, s->stride * sizeof *w->b);
}

static bool solve_whole(const side *s, workspace *w, uint32_t row)
{
    const uint64_t first = s->matrix->row_start[row], last = s->matrix->row_start[row + 1];
    start_equations(s, w, penalty_of(s, last - first));
    for (uint64_t at = first; at < last; at += PANEL_ROWS) {
        const size_t count = (size_t)ATT_MIN(last - at, PANEL_ROWS);
        for (size_t k = 0; k < count; k++) {
            const float root = sqrtf(s->matrix->value[at + k]);
            float *to = w->panel + k * s->stride;
            s->normal->pack(to, s->other + (size_t)s->matrix->col[at + k] * s->stride, s->stride, root);
            s->kernels->axpy_f32(w->b, root, to, s->stride);
        }
        s->normal->add_products(w->a, s->stride, w->panel, s->stride, count, s->stride);
    }
    if (!s->normal->factor(w->a, s->stride, s->stride))
        return false;
    s->normal->solve(w->a, s->stride, s->stride, w->b);
    memcpy(s->own + (size_t)row * s->stride, w->b, s->stride * sizeof *w->b);
    return true;
}

static float plain_dot(const float *a, const float *b, size_t count)
{
    float sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

// The Newton step for coordinates [at, at + width) with the others fixed.
static bool solve_block(const side *s, workspace *w, float *own, size_t count, double penalty, size_t at, size_t width)
{
    const size_t stride = s->stride;
    float *b = w->b + at;
    for (size_t r = 0; r < width; r++) {
        memcpy(w->a + r * stride, s->base + (at + r) * stride + at, width * sizeof *w->a);
        w->a[r * stride + r] += at + r < s->dim ? (float)penalty : 1;
        b[r] = -plain_dot(s->base + (at + r) * stride, own, stride) - (float)penalty * own[at + r];
    }
    for (size_t k = 0; k < count; k++)
        for (size_t r = 0; r < width; r++)
            b[r] += w->residual[k] * w->panel[k * stride + at + r];
    s->normal->add_products(w->a, stride, w->panel + at, stride, count, width);
    if (!s->normal->factor(w->a, stride, width))
        return false;
    s->normal->solve(w->a, stride, width, b);
    for (size_t r = 0; r < width; r++)
        own[at + r] += b[r];
    for (size_t k = 0; k < count; k++)
        w->residual[k] -= plain_dot(w->panel + k * stride + at, b, width);
    return true;
}

static bool solve_blocks(const side *s, workspace *w, uint32_t row)
{
    const uint64_t first = s->matrix->row_start[row];
    const size_t count = (size_t)(s->matrix->row_start[row + 1] - first);
    const double penalty = penalty_of(s, count);
    float *own = s->own + (size_t)row * s->stride;
    for (size_t k = 0; k < count; k++) {
        const float root = sqrtf(s->matrix->value[first + k]);
        const float *x = s->other + (size_t)s->matrix->col[first + k] * s->stride;
        s->normal->pack(w->panel + k * s->stride, x, s->stride, root);
        w->residual[k] = root * (1 - plain_dot(x, own, s->stride));
    }
    for (size_t at = 0; at < s->stride; at += s->block)
        if (!solve_block(s, w, own, count, penalty, at, ATT_MIN(s->block, s->stride - at)))
            return false;
    return true;
}

static void solve_rows(void *context, uint32_t thread, size_t begin, size_t end)
{
    side *s = context;
    for (size_t r = begin; r < end && !s->failed[thread]; r++) {
        const bool whole = s->block >= s->stride;
        const bool ok = whole ? solve_whole(s, &s->work[thread], (uint32_t)r)
                              : solve_blocks(s, &s->work[thread], (uint32_t)r);
        if (!ok)
            s->failed[thread] = true;
    }
}

static att_status solve_side(
    side *s, uint32_t threads, att_arena *scratch, const char *who, att_error *err)
{
    const att_status status =
        att_gram(s->base, s->other, s->matrix->cols, s->stride, threads, s->normal, scratch, err);
    if (status)
        return status;
    for (size_t j = 0; j < s->stride * s->stride; j++)
        s->base[j] *= (float)s->unobserved;
    att_parallel_for(threads, s->matrix->rows, 32, solve_rows, s);
    for (uint32_t t = 0; t < threads; t++)
        if (s->failed[t])
            return ATT_FAIL(err, ATT_INVALID,
                "the equations of one of the %s are not positive definite: raise reg (it is %g) or "
                "check the preferences for huge values",
                who, s->reg);
    return ATT_OK;
}

// --- Training ------------------------------------------------------------------------------------

static att_status check_options(const att_als_options *o, const att_matrix *m, att_error *err)
{
    if (o->dim < 1 || o->dim > ATT_ALS_DIM_MAX)
        return ATT_FAIL(err, ATT_INVALID, "als: dim is %u, must be 1 to %d", o->dim, ATT_ALS_DIM_MAX);
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

static size_t longest_row(const att_matrix *m)
{
    uint64_t longest = 0;
    for (uint32_t r = 0; r < m->rows; r++)
        longest = ATT_MAX(longest, m->row_start[r + 1] - m->row_start[r]);
    return (size_t)longest;
}

static att_status make_workspaces(side *s, uint32_t threads, size_t panel_rows, att_arena *life, att_error *err)
{
    for (uint32_t t = 0; t < threads; t++) {
        workspace *w = &s->work[t];
        w->a = ATT_NEW(life, float, s->stride *s->stride);
        w->b = ATT_NEW(life, float, s->stride);
        w->panel = ATT_NEW(life, float, panel_rows *s->stride);
        w->residual = ATT_NEW(life, float, panel_rows);
        if (!w->a || !w->b || !w->panel || !w->residual)
            return att_no_memory(err, panel_rows * s->stride, "panel entries");
    }
    return ATT_OK;
}

static double flops_of_side(const att_matrix *m, double d, double block)
{
    const double nonzeros = (double)att_matrix_nonzeros(m), rows = m->rows;
    const double gram = (double)m->cols * d * (d + 1);
    const double blocks = d / block;
    const double products = nonzeros * blocks * block * (block + 1) + 4 * nonzeros * d;
    const double solves = rows * blocks * (block * block * block / 3 + 2 * block * block);
    return gram + products + solves + (blocks > 1 ? rows * 2 * d * d + 4 * nonzeros * d : 0);
}

typedef struct training {
    att_als *als;
    const att_als_options *options;
    att_matrix by_item;
    side people, items;
    uint32_t threads;
    const att_host *host;
    att_arena scratch;
} training;

static att_status prepare(training *t, const att_matrix *m, att_error *err)
{
    const att_als_options *o = t->options;
    att_als *als = t->als;
    const size_t stride = als->stride;
    als->people = ATT_NEW(&als->life, float, m->rows *stride);
    als->items = ATT_NEW(&als->life, float, m->cols *stride);
    als->gram = ATT_NEW(&als->life, float, stride *stride);
    float *base = ATT_NEW(&t->scratch, float, stride *stride);
    if (!als->people || !als->items || !als->gram || !base)
        return att_no_memory(err, ((size_t)m->rows + m->cols) * stride, "vector entries");
    const size_t rows = o->block && o->block < o->dim
        ? ATT_MAX(longest_row(m), longest_row(&t->by_item))
        : PANEL_ROWS;
    const side common = {.base = base,
        .normal = o->normal ? o->normal : att_normal_best(),
        .kernels = att_kernels_best(),
        .stride = stride,
        .dim = o->dim,
        .block = o->block && o->block < o->dim ? o->block : (uint32_t)stride,
        .reg = o->reg,
        .reg_power = o->reg_power,
        .unobserved = o->unobserved,
        .shared_penalty = -1};
    t->people = common;
    const att_status status = make_workspaces(&t->people, t->threads, rows, &t->scratch, err);
    if (status)
        return status;
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
    return ATT_OK;
}

static void start_items(const training *t)
{
    const att_als *als = t->als;
    att_rng rng = att_rng_stream(t->options->seed, 0);
    const double scale = t->options->init / sqrt(als->dim);
    for (uint32_t i = 0; i < als->item_count; i++)
        for (uint32_t j = 0; j < als->dim; j++)
            als->items[(size_t)i * als->stride + j] = (float)(scale * att_rng_normal(&rng));
}

static att_status run_passes(training *t, att_error *err)
{
    att_als *als = t->als;
    const double per_pass = flops_of_side(t->people.matrix, als->dim, ATT_MIN(t->people.block, als->dim)) +
        flops_of_side(t->items.matrix, als->dim, ATT_MIN(t->people.block, als->dim));
    const int64_t start_ms = t->host->now_ms(t->host->user);
    for (uint32_t pass = 0; pass < t->options->passes; pass++) {
        if (!att_progress_tell(t->host, "factorize", pass, t->options->passes, "passes"))
            return ATT_FAIL(err, ATT_CANCELLED, "cancelled in pass %u of %u", pass + 1, t->options->passes);
        att_status status = solve_side(&t->people, t->threads, &t->scratch, "people", err);
        if (!status)
            status = solve_side(&t->items, t->threads, &t->scratch, "items", err);
        if (status)
            return status;
        als->flops += per_pass;
    }
    als->seconds = (double)(t->host->now_ms(t->host->user) - start_ms) / 1000;
    return att_gram(als->gram, als->items, als->item_count, als->stride, t->threads,
        t->people.normal, &t->scratch, err);
}

att_status att_als_train(att_als *out, const att_matrix *preferences, const att_als_options *options,
    const att_host *host, att_error *err)
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
