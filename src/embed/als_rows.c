// SPDX-License-Identifier: Apache-2.0
// embed/als_rows.c - solving the rows of one side, each by the cheapest exact way.
//
// With the fixed side turned to the principal axes of unobserved * G, what all rows share is diagonal: M = diag(m).
// The panel P holds sqrt(c) x for the row's n preferences, s its roots sqrt(c).
//   many preferences: (M + P^T P) w = P^T s, dim unknowns
//   few preferences:  w = M^-1 P^T t with (I + P M^-1 P^T) t = s, n unknowns (the same w, by the push-through
//                     identity); n^2 dim + n^3 / 3 operations instead of n dim^2 + dim^3 / 3. Rows of one length are
//                     solved side by side (normal_abreast.h), which makes these small systems as quick as large ones
//   blocks (iALS++):  for some coordinates at a time, the Newton step on the loss with the others fixed
#include "embed/als_rows.h"
#include "embed/parallel.h"

#include <math.h>

#define GRAIN 8 // batches, or rows, handed out at a time

double att_als_penalty(const att_als_side *s, uint64_t count)
{
    if (s->shared_penalty >= 0)
        return s->shared_penalty;
    return s->reg * pow((double)count + s->unobserved * s->matrix->cols, s->reg_power);
}

// Vectors lie anywhere: those of preferences [from, to) are asked for before they are needed.
static void fetch(const att_als_side *s, uint64_t from, uint64_t to)
{
    for (uint64_t k = from; k < to; k++) {
        const float *x = s->other + (size_t)s->matrix->col[k] * s->stride;
        for (size_t j = 0; j < s->stride; j += 16)
            __builtin_prefetch(x + j);
    }
}

static uint64_t count_of(const att_als_side *s, uint32_t row)
{
    return s->matrix->row_start[row + 1] - s->matrix->row_start[row];
}

static void set_scale(const att_als_side *s, att_als_work *w, uint64_t count)
{
    const float penalty = (float)att_als_penalty(s, count);
    if (penalty != w->scale_penalty)
        for (size_t j = 0; j < s->stride; j++)
            w->scale[j] = j < s->dim ? 1 / sqrtf(s->axes[j] + penalty) : 0;
    w->scale_penalty = penalty;
}

// --- Memory --------------------------------------------------------------------------------------

static size_t longest_row(const att_matrix *m)
{
    uint64_t longest = 0;
    for (uint32_t r = 0; r < m->rows; r++)
        longest = ATT_MAX(longest, m->row_start[r + 1] - m->row_start[r]);
    return (size_t)longest;
}

att_status att_als_make_work(
    att_als_work *w, const att_als_side *s, att_arena *life, att_error *err)
{
    const size_t stride = s->stride, lanes = s->normal->lanes;
    const size_t abreast = ATT_MIN(stride, ATT_ALS_ABREAST_MAX);
    const size_t longest = s->block ? longest_row(s->matrix) : 0;
    const size_t panel_rows = ATT_MAX(ATT_MAX(ATT_ALS_PANEL_ROWS, stride), longest);
    *w = (att_als_work){
        .a = ATT_NEW(life, float, ATT_MAX(stride * stride, abreast * abreast * lanes)),
        .panel = ATT_NEW(life, float, ATT_MAX(panel_rows * stride, abreast * lanes * lanes)),
        .b = ATT_NEW(life, float, stride),
        .roots = ATT_NEW(life, float, ATT_MAX(stride, longest)),
        .scale = ATT_NEW(life, float, stride),
        .from = ATT_NEW(life, size_t, abreast * lanes),
        .next = ATT_NEW(life, size_t, abreast * lanes),
        .t = ATT_NEW(life, float, abreast *lanes),
        .lane_roots = ATT_NEW(life, float, abreast *lanes)};
    if (w->a && w->panel && w->b && w->roots && w->scale && w->from && w->next && w->t &&
        w->lane_roots)
        return ATT_OK;
    return att_no_memory(err, panel_rows * stride, "panel entries");
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
            const uint64_t ahead = at + k + ATT_ALS_PANEL_ROWS;
            fetch(s, ahead, ATT_MIN(ahead + 1, last));
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
    const size_t count = (size_t)count_of(s, row), size = att_normal_pad(count), stride = s->stride;
    const uint32_t *picks = s->matrix->col + first;
    set_scale(s, w, count);
    for (size_t k = 0; k < size; k++)
        w->b[k] = w->roots[k] = k < count ? sqrtf(s->matrix->value[first + k]) : 0;
    s->normal->pack_columns(
        w->panel, size, s->other, stride, picks, w->roots, count, w->scale, stride);
    memset(w->a, 0, size * size * sizeof *w->a);
    s->normal->add_products(w->a, size, w->panel, size, stride, size);
    for (size_t k = 0; k < size; k++)
        w->a[k * size + k] += 1;
    if (!s->normal->factor(w->a, size, size))
        return false;
    s->normal->solve(w->a, size, size, w->b);
    for (size_t k = 0; k < count; k++)
        w->b[k] *= w->roots[k];
    s->normal->combine(
        s->own + (size_t)row * stride, s->other, stride, picks, w->b, count, w->scale, stride);
    return true;
}

// --- Few preferences, side by side ---------------------------------------------------------------

static bool goes_abreast(const att_als_side *s, uint64_t count)
{
    return !s->block && count > 0 && count <= ATT_MIN(s->stride, ATT_ALS_ABREAST_MAX);
}

// Where the vectors of a batch lie.
static size_t place(const att_als_side *s, size_t batch, size_t *from)
{
    const size_t lanes = s->normal->lanes, begin = s->batch_start[batch];
    const size_t used = s->batch_start[batch + 1] - begin;
    const size_t count = (size_t)count_of(s, s->order[begin]);
    for (size_t l = 0; l < lanes; l++) {
        const uint32_t *picks = s->matrix->col + s->matrix->row_start[s->order[begin + l % used]];
        for (size_t k = 0; k < count; k++)
            from[k * lanes + l] = picks[k] * s->stride;
    }
    return count;
}

static void prepare_lanes(const att_als_side *s, att_als_work *w, size_t batch)
{
    if (w->ready == batch) {
        size_t *placed = w->next;
        w->next = w->from;
        w->from = placed;
    } else {
        place(s, batch, w->from);
    }
    const size_t lanes = s->normal->lanes, begin = s->batch_start[batch];
    const size_t used = s->batch_start[batch + 1] - begin;
    const size_t count = (size_t)count_of(s, s->order[begin]);
    memset(w->lane_roots, 0, att_normal_pad_abreast(count) * lanes * sizeof *w->lane_roots);
    for (size_t l = 0; l < used; l++) {
        const float *value = s->matrix->value + s->matrix->row_start[s->order[begin + l]];
        for (size_t k = 0; k < count; k++)
            w->lane_roots[k * lanes + l] = sqrtf(value[k]);
    }
}

static bool solve_batch(const att_als_side *s, att_als_work *w, size_t batch)
{
    const size_t lanes = s->normal->lanes, begin = s->batch_start[batch], stride = s->stride;
    prepare_lanes(s, w, batch);
    att_normal_abreast systems = {.rows = s->other,
        .from = w->from,
        .next = w->next,
        .roots = w->lane_roots,
        .scale = w->scale,
        .panel = w->panel,
        .a = w->a,
        .t = w->t,
        .count = (size_t)count_of(s, s->order[begin]),
        .dim = stride};
    w->ready = batch + 1;
    if (w->ready < s->batch_count)
        systems.next_count = place(s, w->ready, w->next);
    set_scale(s, w, systems.count);
    if (!s->normal->solve_abreast(&systems))
        return false;
    for (size_t l = 0; begin + l < s->batch_start[batch + 1]; l++) {
        const uint32_t row = s->order[begin + l];
        for (size_t k = 0; k < systems.count; k++)
            w->b[k] = w->t[k * lanes + l] * w->lane_roots[k * lanes + l];
        s->normal->combine(s->own + (size_t)row * stride, s->other, stride,
            s->matrix->col + s->matrix->row_start[row], w->b, systems.count, w->scale, stride);
    }
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

// Counting sort by length of the rows that go abreast; the others follow in their order.
att_status att_als_order_rows(att_als_side *s, att_arena *life, att_error *err)
{
    uint32_t rows_of[ATT_ALS_ABREAST_MAX + 2] = {0};
    const size_t lanes = s->normal->lanes;
    for (uint32_t r = 0; r < s->matrix->rows; r++) {
        const uint64_t count = count_of(s, r);
        rows_of[goes_abreast(s, count) ? count : ATT_ALS_ABREAST_MAX + 1]++;
    }
    for (size_t n = 1; n <= ATT_ALS_ABREAST_MAX; n++)
        s->batch_count += (rows_of[n] + lanes - 1) / lanes;
    s->order = ATT_NEW(life, uint32_t, s->matrix->rows);
    s->batch_start = ATT_NEW(life, uint32_t, s->batch_count + 1);
    if (!s->order || !s->batch_start)
        return att_no_memory(err, s->matrix->rows + s->batch_count, "rows in order");
    uint32_t next[ATT_ALS_ABREAST_MAX + 2], at = 0;
    size_t batch = 0;
    for (size_t n = 1; n < ATT_COUNT_OF(next); n++) {
        next[n] = at;
        for (size_t k = 0; n <= ATT_ALS_ABREAST_MAX && k < rows_of[n]; k += lanes)
            s->batch_start[batch++] = at + (uint32_t)k;
        at += rows_of[n];
    }
    s->batch_start[batch] = next[ATT_ALS_ABREAST_MAX + 1];
    for (uint32_t r = 0; r < s->matrix->rows; r++) {
        const uint64_t count = count_of(s, r);
        s->order[next[goes_abreast(s, count) ? count : ATT_ALS_ABREAST_MAX + 1]++] = r;
    }
    return ATT_OK;
}

bool att_als_is_few(const att_als_side *s, uint64_t count)
{
    return goes_abreast(s, count) || (!s->block && att_normal_pad((size_t)count) * 2 <= s->stride);
}

static bool solve_row(const att_als_side *s, att_als_work *w, uint32_t row)
{
    const uint64_t count = count_of(s, row);
    float *own = s->own + (size_t)row * s->stride;
    if (count == 0) {
        memset(own, 0, s->stride * sizeof *own);
        return true;
    }
    if (s->block)
        return solve_blocks(s, w, row);
    return att_als_is_few(s, count) ? solve_few(s, w, row) : solve_whole(s, w, row);
}

static void solve_batches(void *context, uint32_t thread, size_t begin, size_t end)
{
    att_als_side *s = context;
    for (size_t b = begin; b < end && !s->failed[thread]; b++)
        s->failed[thread] = !solve_batch(s, &s->work[thread], b);
}

static void solve_rows(void *context, uint32_t thread, size_t begin, size_t end)
{
    att_als_side *s = context;
    const uint32_t *rows = s->order + s->batch_start[s->batch_count];
    for (size_t r = begin; r < end && !s->failed[thread]; r++)
        s->failed[thread] = !solve_row(s, &s->work[thread], rows[r]);
}

bool att_als_solve_rows(att_als_side *s, uint32_t threads)
{
    for (uint32_t t = 0; t < threads; t++) {
        s->work[t].ready = SIZE_MAX;
        s->work[t].scale_penalty = -1;
    }
    att_parallel_for(threads, s->batch_count, GRAIN, solve_batches, s);
    att_parallel_for(
        threads, s->matrix->rows - s->batch_start[s->batch_count], GRAIN, solve_rows, s);
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
