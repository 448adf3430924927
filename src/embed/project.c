// SPDX-License-Identifier: Apache-2.0
// embed/project.c - principal components (Pearson 1901; Hotelling 1933) by power iteration.
//
//   u_i = v_i / |v_i|,   m = mean of u,   C = sum (u_i - m)(u_i - m)'          (dim, dim)
//   a <- C a / |C a|  until it turns by less than 1e-9, at most 500 times, from a fixed start; the second axis the same with the
//   first one taken out of a in each step. The sign of an axis makes its greatest component positive, so that the map does not
//   flip. Where two variances are nearly equal their axes may turn in their plane; the result is a function of the vectors all the same.
#include "embed/project.h"

#include <math.h>

enum { STEPS_MAX = 500 };

static bool direction_of(const float *vector, uint32_t dim, double *out)
{
    double size = 0;
    for (uint32_t d = 0; d < dim; d++)
        size += (double)vector[d] * (double)vector[d];
    if (!(size > 0) || !isfinite(size))
        return false;
    size = sqrt(size);
    for (uint32_t d = 0; d < dim; d++)
        out[d] = (double)vector[d] / size;
    return true;
}

static double dot(const double *a, const double *b, uint32_t dim)
{
    double sum = 0;
    for (uint32_t d = 0; d < dim; d++)
        sum += a[d] * b[d];
    return sum;
}

static void take_out(double *a, const double *axis, uint32_t dim)
{
    const double part = dot(a, axis, dim);
    for (uint32_t d = 0; d < dim; d++)
        a[d] -= part * axis[d];
}

// False: nothing is left of it.
static bool to_length_1(double *a, uint32_t dim)
{
    const double size = sqrt(dot(a, a, dim));
    for (uint32_t d = 0; d < dim && size > 1e-12; d++)
        a[d] /= size;
    return size > 1e-12;
}

// covariance is (dim, dim). The variance on the axis.
static double find_axis(const double *covariance, uint32_t dim, const double *before, double *axis, double *next)
{
    for (uint32_t d = 0; d < dim; d++)
        axis[d] = 1 + 0.37 * (double)(d % 7) - 0.11 * (double)(d % 3); // along no axis
    if (before)
        take_out(axis, before, dim);
    bool found = to_length_1(axis, dim);
    double variance = 0;
    for (int step = 0; step < STEPS_MAX && found; step++) {
        for (uint32_t r = 0; r < dim; r++)
            next[r] = dot(covariance + (size_t)r * dim, axis, dim);
        if (before)
            take_out(next, before, dim);
        variance = dot(next, axis, dim);
        found = to_length_1(next, dim);
        double turned = 0;
        for (uint32_t d = 0; d < dim && found; d++) {
            turned += fabs(next[d] - axis[d]);
            axis[d] = next[d];
        }
        if (turned < 1e-9)
            break;
    }
    uint32_t greatest = 0;
    for (uint32_t d = 1; d < dim; d++)
        if (fabs(axis[d]) > fabs(axis[greatest]) + 1e-9)
            greatest = d;
    for (uint32_t d = 0; d < dim && axis[greatest] < 0; d++)
        next[d] = -axis[d];
    if (axis[greatest] < 0)
        memcpy(axis, next, dim * sizeof *axis);
    return found ? variance : 0;
}

static void plain_axis(double *axis, uint32_t dim, uint32_t which)
{
    for (uint32_t d = 0; d < dim; d++)
        axis[d] = d == which;
}

att_status att_projection_fit(att_projection *out, const float *const *vectors, size_t count, uint32_t dim, att_arena *life,
    att_arena *scratch, att_error *err)
{
    *out = (att_projection){.dim = dim,
        .mean = ATT_NEW(life, double, dim),
        .axis = {ATT_NEW(life, double, dim), ATT_NEW(life, double, dim)}};
    double *covariance = ATT_NEW(scratch, double, (size_t)dim * dim), *u = ATT_NEW(scratch, double, dim);
    if (!out->mean || !out->axis[0] || !out->axis[1] || !covariance || !u)
        return att_no_memory(err, (size_t)dim * dim, "numbers of a covariance");
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        if (direction_of(vectors[i], dim, u)) {
            used++;
            for (uint32_t d = 0; d < dim; d++)
                out->mean[d] += u[d];
        }
    for (uint32_t d = 0; d < dim && used; d++)
        out->mean[d] /= (double)used;
    for (size_t i = 0; i < count; i++) {
        if (!direction_of(vectors[i], dim, u))
            continue;
        for (uint32_t d = 0; d < dim; d++)
            u[d] -= out->mean[d];
        for (uint32_t r = 0; r < dim; r++)
            for (uint32_t c = 0; c < dim; c++)
                covariance[(size_t)r * dim + c] += u[r] * u[c];
    }
    double all = 0;
    for (uint32_t d = 0; d < dim; d++)
        all += covariance[(size_t)d * dim + d];
    const double first = find_axis(covariance, dim, NULL, out->axis[0], u);
    if (!(first > 0))
        plain_axis(out->axis[0], dim, 0);
    const double second = dim > 1 ? find_axis(covariance, dim, out->axis[0], out->axis[1], u) : 0;
    if (!(second > 0)) {
        plain_axis(out->axis[1], dim, dim > 1);
        take_out(out->axis[1], out->axis[0], dim);
        if (!to_length_1(out->axis[1], dim))
            plain_axis(out->axis[1], dim, 0);
    }
    out->shares[0] = all > 0 ? first / all : 0;
    out->shares[1] = all > 0 ? second / all : 0;
    return ATT_OK;
}

void att_projection_point(const att_projection *projection, const float *vector, double *x, double *y)
{
    double size = 0, on[2] = {0, 0}, mean[2] = {0, 0};
    for (uint32_t d = 0; d < projection->dim; d++) {
        size += (double)vector[d] * (double)vector[d];
        for (int a = 0; a < 2; a++) {
            on[a] += (double)vector[d] * projection->axis[a][d];
            mean[a] += projection->mean[d] * projection->axis[a][d];
        }
    }
    const double scale = size > 0 ? 1 / sqrt(size) : 0;
    *x = on[0] * scale - mean[0];
    *y = on[1] * scale - mean[1];
}
