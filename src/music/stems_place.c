// SPDX-License-Identifier: Apache-2.0
// music/stems_place.c - covariances of left and right, and the Wiener filter that they make.
#include "music/stems_place.h"

#include <math.h>

enum { J = ATT_STEM_COUNT };

static void add_outer(att_stems_place *to, float by, float complex left, float complex right)
{
    const float a = crealf(left), b = cimagf(left), c = crealf(right), d = cimagf(right);
    to->left += by * (a * a + b * b);
    to->right += by * (c * c + d * d);
    to->re += by * (a * c + b * d); // left times conj right
    to->im += by * (b * c - a * d);
}

void att_stems_places(const att_stems_chunk *c, att_stems_place *out)
{
    memset(out, 0, J * c->bins * sizeof *out);
    for (size_t t = 0; t < c->frames; t++) {
        const float complex *left = c->spectra + t * c->bins, *right = c->spectra + (c->frames + t) * c->bins;
        const float *masks = c->masks + t * J * c->bins;
        for (size_t k = 0; k < c->bins; k++)
            for (size_t j = 0; j < J; j++) {
                const float square = masks[j * c->bins + k] * masks[j * c->bins + k];
                add_outer(&out[k * J + j], square * square, left[k], right[k]);
            }
    }
    for (size_t i = 0; i < J * c->bins; i++) {
        att_stems_place *p = &out[i];
        const float trace = p->left + p->right, by = trace > 0 ? (1 - ATT_STEMS_ALIKE) / trace : 0;
        *p = (att_stems_place){p->left * by + ATT_STEMS_ALIKE / 2, p->right * by + ATT_STEMS_ALIKE / 2, p->re * by, p->im * by};
    }
}

void att_stems_placed(const att_stems_chunk *c, const att_stems_place *places, size_t t, float complex *out)
{
    const size_t bins = c->bins;
    const float complex *x = c->spectra + t * bins, *y = c->spectra + (c->frames + t) * bins;
    const float *masks = c->masks + t * J * bins;
    for (size_t k = 0; k < bins; k++) {
        const att_stems_place *p = places + k * J;
        att_stems_place s = {0};
        for (size_t j = 0; j < J; j++) {
            const float m = masks[j * bins + k];
            s = (att_stems_place){s.left + m * p[j].left, s.right + m * p[j].right, s.re + m * p[j].re, s.im + m * p[j].im};
        }
        // q = s^-1 x
        const float by = 1 / (s.left * s.right - s.re * s.re - s.im * s.im);
        const float a = crealf(x[k]), b = cimagf(x[k]), e = crealf(y[k]), f = cimagf(y[k]);
        const float ur = by * (s.right * a - (s.re * e - s.im * f)), ui = by * (s.right * b - (s.re * f + s.im * e));
        const float vr = by * (s.left * e - (s.re * a + s.im * b)), vi = by * (s.left * f - (s.re * b - s.im * a));
        for (size_t j = 0; j < J; j++) {
            const float m = masks[j * bins + k];
            const att_stems_place r = p[j];
            float *left = (float *)&out[2 * j * bins + k], *right = (float *)&out[(2 * j + 1) * bins + k];
            left[0] = m * (r.left * ur + r.re * vr - r.im * vi);
            left[1] = m * (r.left * ui + r.re * vi + r.im * vr);
            right[0] = m * (r.right * vr + r.re * ur + r.im * ui);
            right[1] = m * (r.right * vi + r.re * ui - r.im * ur);
        }
    }
}
