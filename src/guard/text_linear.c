// SPDX-License-Identifier: Apache-2.0
// guard/text_linear.c - dual coordinate descent.
//
// Example i with weight c and sign y has a dual variable a in (0, c); w = sum of a_i y_i x_i. The step minimizes
//   1/2 q (z - a)^2 + b (z - a) + z log z + (c - z) log(c - z),   q = |x|^2, b = y w x,
// whose derivative in u = logit(z / c) is q (c sigma(u) - a) + b + u: rising, with slope 1 + q c sigma (1 - sigma) >= 1.
#include "guard/text_linear.h"

#include "base/rng.h"

#include <math.h>

enum { NEWTON_MOST = 20 };

typedef struct dual {
    double alpha[2]; // for y = +1 with weight c t, and y = -1 with weight c (1 - t)
} dual;

typedef struct solver {
    const att_sparse *x;
    const att_linear_options *o;
    double *w; // (features + 1)
    float *square; // by example: |x|^2
    dual *duals;
    uint32_t *order;
} solver;

static double sigma(double u)
{
    return 1 / (1 + exp(-u));
}

static double scaled(const solver *s, size_t at)
{
    return s->o->scale ? (double)s->x->value[at] * s->o->scale[s->x->index[at]] : s->x->value[at];
}

static double score(const solver *s, uint32_t row)
{
    double sum = s->w[s->x->features];
    for (size_t at = s->x->starts[row]; at < s->x->starts[row + 1]; at++)
        sum += s->w[s->x->index[at]] * scaled(s, at);
    return sum;
}

static void move(solver *s, uint32_t row, double by)
{
    for (size_t at = s->x->starts[row]; at < s->x->starts[row + 1]; at++)
        s->w[s->x->index[at]] += by * scaled(s, at);
    s->w[s->x->features] += by;
}

static double step(double a, double c, double q, double b)
{
    double u = log(a / (c - a));
    for (int i = 0; i < NEWTON_MOST; i++) {
        const double p = sigma(u), slope = 1 + q * c * p * (1 - p), value = q * (c * p - a) + b + u;
        const double by = value / slope;
        u -= by;
        if (fabs(by) < 1e-6)
            break;
    }
    return fmin(fmax(c * sigma(u), c * 1e-12), c * (1 - 1e-7));
}

// How far the example's variables moved, as a share of their range.
static double visit(solver *s, uint32_t example)
{
    const uint32_t row = s->o->rows[example];
    const double cost = s->o->costs[row], target = s->o->targets[row];
    double moved = 0, wx = score(s, row), by = 0;
    for (int side = 0; side < 2; side++) {
        const double c = side ? cost * (1 - target) : cost * target, y = side ? -1 : 1;
        if (c <= 1e-12)
            continue;
        const double a = s->duals[example].alpha[side], q = s->square[example];
        const double z = step(a, c, q, y * (wx + by * q));
        s->duals[example].alpha[side] = z;
        const double taken = z - a;
        by += taken * y;
        moved = fmax(moved, fabs(taken) / c);
    }
    if (by != 0)
        move(s, row, by);
    return moved;
}

static void start(solver *s)
{
    for (uint32_t i = 0; i < s->o->count; i++) {
        const uint32_t row = s->o->rows[i];
        const double cost = s->o->costs[row], target = s->o->targets[row];
        double square = 1;
        for (size_t at = s->x->starts[row]; at < s->x->starts[row + 1]; at++)
            square += scaled(s, at) * scaled(s, at);
        s->square[i] = (float)square;
        s->order[i] = i;
        for (int side = 0; side < 2; side++) {
            const double c = side ? cost * (1 - target) : cost * target;
            s->duals[i].alpha[side] = fmin(1e-3 * c, 1e-8);
        }
        const double by = (cost * target > 1e-12 ? s->duals[i].alpha[0] : 0) - (cost * (1 - target) > 1e-12 ? s->duals[i].alpha[1] : 0);
        move(s, row, by);
    }
}

static void solve(solver *s)
{
    att_rng rng = att_rng_seed(s->o->seed);
    start(s);
    for (uint32_t pass = 0; pass < s->o->passes; pass++) {
        double moved = 0;
        att_rng_shuffle_u32(&rng, s->order, s->o->count);
        for (size_t i = 0; i < s->o->count; i++)
            moved = fmax(moved, visit(s, s->order[i]));
        if (moved < s->o->tolerance)
            break;
    }
}

att_status att_linear_train(const att_sparse *x, const att_linear_options *options, float *w, const att_host *host, att_error *err)
{
    const size_t n = options->count;
    solver s = {.x = x, .o = options};
    s.w = ATT_NEW_ARRAY(host, double, x->features + 1);
    s.square = ATT_NEW_ARRAY(host, float, n + 1);
    s.duals = ATT_NEW_ARRAY(host, dual, n + 1);
    s.order = ATT_NEW_ARRAY(host, uint32_t, n + 1);
    const bool fine = s.w && s.square && s.duals && s.order;
    if (fine) {
        solve(&s);
        for (size_t i = 0; i < x->features; i++)
            w[i] = (float)(s.w[i] * (options->scale ? options->scale[i] : 1));
        w[x->features] = (float)s.w[x->features];
    }
    ATT_FREE_ARRAY(host, s.w, x->features + 1);
    ATT_FREE_ARRAY(host, s.square, n + 1);
    ATT_FREE_ARRAY(host, s.duals, n + 1);
    ATT_FREE_ARRAY(host, s.order, n + 1);
    return fine ? ATT_OK : att_no_memory(err, x->features, "weights");
}

double att_linear_score(const att_sparse *x, size_t row, const float *w)
{
    double sum = w[x->features];
    for (size_t at = x->starts[row]; at < x->starts[row + 1]; at++)
        sum += (double)w[x->index[at]] * x->value[at];
    return sum;
}
