// SPDX-License-Identifier: Apache-2.0
// embed/als_rows.c - solving the rows of one side, each by the cheapest exact way.
//
// With the fixed side turned to the principal axes of unobserved * G, what all rows share is diagonal: M = diag(m).
// The panel P holds sqrt(c) x for the row's n preferences, s its roots sqrt(c).
//   many preferences: (M + P^T P) w = P^T s, dim unknowns
//   few preferences:  w = M^-1 P^T t with (I + P M^-1 P^T) t = s, n unknowns (the same w, by the push-through
//                     identity); n^2 dim + n^3 / 3 operations instead of n dim^2 + dim^3 / 3
//   blocks (iALS++):  for some coordinates at a time, the Newton step on the loss with the others fixed
#include "embed/als_rows.h"
#include "embed/parallel.h"

#include <math.h>

#define GRAIN 32 // rows handed out at a time
#define AHEAD 32 // preferences

double att_als_penalty(const att_als_side *s, uint64_t count)
{
    if (s->shared_penalty >= 0)
        return s->shared_penalty;
    return s->reg * pow((double)count + s->unobserved * s->matrix->cols, s->reg_power);
}

// Vectors lie anywhere: those of the next preferences, this row's and then the next rows', are asked for a little
// before they are needed. A thread's rows mostly follow each other.
static void fetch_ahead(const att_als_side *s, att_als_work *w, uint64_t at)
{
    const uint64_t to = ATT_MIN(at + AHEAD, s->matrix->row_start[s->matrix->rows]);
    uint64_t k = w->fetched < at || w->fetched > to ? at : w->fetched;
    for (; k < to; k++) {
        const float *x = s->other + (size_t)s->matrix->col[k] * s->stride;
        for (size_t j = 0; j < s->stride; j += 16)
            __builtin_prefetch(x + j);
    }
    w->fetched = to;
}

// --- Many preferences ----------------------------------------------------------------------------

static bool solve_whole(const att_als_side *s, att_als_work *w, uint32_t row)
{
    const uint64_t first = s->matrix->row_start[row], last = s->matrix->row_start[row + 1];
    const size_t stride = s->stride;
    const float penalty = (float)att_als_penalty(s, last - first);
    memset(w->a, 0, stride * stride * sizeof *w->a);
    memset(w->b, 0, stride * sizeof *w->b);
    for (size_t j = 0; j < stride; j++)
        w->a[j * stride + j] = j < s->dim ? s->axes[j] + penalty : 1;
    for (uint64_t at = first; at < last; at += ATT_ALS_PANEL_ROWS) {
        const size_t count = (size_t)ATT_MIN(last - at, ATT_ALS_PANEL_ROWS);
        for (size_t k = 0; k < count; k++) {
            const float root = sqrtf(s->matrix->value[at + k]);
            float *to = w->panel + k * stride;
            fetch_ahead(s, w, at + k + 1);
            s->normal->pack(to, s->other + (size_t)s->matrix->col[at + k] * stride, stride, root);
            s->kernels->axpy_f32(w->b, root, to, stride);
        }
        s->normal->add_products(w->a, stride, w->panel, stride, count, stride);
    }
    if (!s->normal->factor(w->a, stride, stride))
        return false;
    s->normal->solve(w->a, stride, stride, w->b);
    memcpy(s->own + (size_t)row * stride, w->b, stride * sizeof *w->b);
    return true;
}

// --- Few preferences -----------------------------------------------------------------------------

static bool solve_few(const att_als_side *s, att_als_work *w, uint32_t row)
{
    const uint64_t first = s->matrix->row_start[row];
    const size_t count = (size_t)(s->matrix->row_start[row + 1] - first);
    const size_t size = att_normal_pad(count), stride = s->stride;
    const uint32_t *picks = s->matrix->col + first;
    const float penalty = (float)att_als_penalty(s, count);
    if (penalty != w->scale_penalty)
        for (size_t j = 0; j < stride; j++)
            w->scale[j] = j < s->dim ? 1 / sqrtf(s->axes[j] + penalty) : 0;
    w->scale_penalty = penalty;
    fetch_ahead(s, w, first + count);
    for (size_t k = 0; k < size; k++)
        w->b[k] = w->roots[k] = k < count ? sqrtf(s->matrix->value[first + k]) : 0;
    s->normal->pack_columns(
        w->panel, size, s->other, stride, picks, w->roots, count, w->scale, stride);
    memset(w->a, 0, size * size * sizeof *w->a);
    if (count <= 8) // half the people have no more: half of one tile
        s->normal->cross(w->a, size, w->panel, size, w->panel, size, stride, 8, size);
    else
        s->normal->add_products(w->a, size, w->panel, size, stride, size);
    for (size_t k = 0; k < size; k++)
        w->a[k * size + k] += 1;
    if (size == 16) {
        if (!s->normal->solve_tiny(w->a, count, w->b))
            return false;
    } else {
        if (!s->normal->factor(w->a, size, size))
            return false;
        s->normal->solve(w->a, size, size, w->b);
    }
    for (size_t k = 0; k < count; k++)
        w->b[k] *= w->roots[k];
    s->normal->combine(
        s->own + (size_t)row * stride, s->other, stride, picks, w->b, count, w->scale, stride);
    return true;
}

// --- Blocks --------------------------------------------------------------------------------------

// The Newton step for coordinates [at, at + width) with the others fixed.
static bool solve_block(const att_als_side *s, att_als_work *w, float *own, size_t count,
    float penalty, size_t at, size_t width)
{
    const size_t stride = s->stride;
    float *b = w->b;
    memset(w->a, 0, width * width * sizeof *w->a);
    for (size_t r = 0; r < width; r++) {
        const float shared = at + r < s->dim ? s->axes[at + r] + penalty : 1;
        w->a[r * width + r] = shared;
        b[r] = -shared * own[at + r];
    }
    for (size_t k = 0; k < count; k++)
        s->kernels->axpy_f32(b, w->roots[k], w->panel + k * stride + at, width);
    s->normal->add_products(w->a, width, w->panel + at, stride, count, width);
    if (!s->normal->factor(w->a, width, width))
        return false;
    s->normal->solve(w->a, width, width, b);
    for (size_t r = 0; r < width; r++)
        own[at + r] += b[r];
    for (size_t k = 0; k < count; k++)
        w->roots[k] -= s->kernels->dot_f32(w->panel + k * stride + at, b, width);
    return true;
}

// Here roots[k] is what is still missing: sqrt(c) (1 - x.w).
static bool solve_blocks(const att_als_side *s, att_als_work *w, uint32_t row)
{
    const uint64_t first = s->matrix->row_start[row];
    const size_t count = (size_t)(s->matrix->row_start[row + 1] - first), stride = s->stride;
    const float penalty = (float)att_als_penalty(s, count);
    float *own = s->own + (size_t)row * stride;
    for (size_t k = 0; k < count; k++) {
        const float root = sqrtf(s->matrix->value[first + k]);
        float *to = w->panel + k * stride;
        s->normal->pack(to, s->other + (size_t)s->matrix->col[first + k] * stride, stride, root);
        w->roots[k] = root - s->kernels->dot_f32(to, own, stride);
    }
    for (size_t at = 0; at < stride; at += s->block)
        if (!solve_block(s, w, own, count, penalty, at, ATT_MIN(s->block, stride - at)))
            return false;
    return true;
}

// --- Rows ----------------------------------------------------------------------------------------

bool att_als_is_few(const att_als_side *s, uint64_t count)
{
    return !s->block && att_normal_pad((size_t)count) * 2 <= s->stride;
}

static bool solve_row(const att_als_side *s, att_als_work *w, uint32_t row)
{
    const uint64_t count = s->matrix->row_start[row + 1] - s->matrix->row_start[row];
    float *own = s->own + (size_t)row * s->stride;
    if (count == 0) {
        memset(own, 0, s->stride * sizeof *own);
        return true;
    }
    if (s->block)
        return solve_blocks(s, w, row);
    return att_als_is_few(s, count) ? solve_few(s, w, row) : solve_whole(s, w, row);
}

static void solve_rows(void *context, uint32_t thread, size_t begin, size_t end)
{
    att_als_side *s = context;
    for (size_t r = begin; r < end && !s->failed[thread]; r++) {
        s->failed[thread] = !solve_row(s, &s->work[thread], (uint32_t)r);
    }
}

bool att_als_solve_rows(att_als_side *s, uint32_t threads)
{
    for (uint32_t t = 0; t < threads; t++) {
        s->work[t].fetched = 0;
        s->work[t].scale_penalty = -1;
    }
    att_parallel_for(threads, s->matrix->rows, GRAIN, solve_rows, s);
    for (uint32_t t = 0; t < threads; t++)
        if (s->failed[t])
            return false;
    return true;
}

void att_als_count_flops(const att_als_side *s, double *done, double *textbook)
{
    const double d = s->dim, block = s->block ? s->block : d, blocks = d / block;
    const double shared =
        (double)s->matrix->cols * (d * (d + 1) + 2 * d * d); // products and turning
    *done += shared;
    *textbook += (double)s->matrix->cols * d * (d + 1);
    for (uint32_t r = 0; r < s->matrix->rows; r++) {
        const double n = (double)(s->matrix->row_start[r + 1] - s->matrix->row_start[r]);
        const double whole = n * d * (d + 1) + 3 * n * d + d * d * d / 3 + 2 * d * d;
        const double few = n * (n + 1) * d + 4 * n * d + n * n * n / 3 + 2 * n * n;
        const double in_blocks =
            blocks * (n * block * (block + 1) + block * block * (block / 3 + 2)) + 7 * n * d;
        *textbook += whole;
        if (n > 0)
            *done += s->block ? in_blocks : att_als_is_few(s, (uint64_t)n) ? few : whole;
    }
}
