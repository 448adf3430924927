// SPDX-License-Identifier: Apache-2.0
// music/stems_fine.c - convolutions over bands and frames.
#include "music/stems_fine.h"
#include "embed/blas.h"

enum {
    B = ATT_STEMS_BANDS,
    G = ATT_STEMS_GROUPS,
    PLANES = ATT_STEMS_PLANES,
    E = ATT_STEMS_EYES,
    U = ATT_STEMS_SIGNS,
    EDGE = 2,           // empty bands at each end
    STEP = 3,           // frames between what u hears of e, each of which sees three: nine in a row
    ROW = B + 2 * EDGE, // bands of a row
    LOOK = 5 * PLANES,  // numbers around a band
    HEAR = 3 * E
};

struct att_stems_fine {
    size_t frames_max;
    float *planes;        // (STEP + frames + STEP, ROW, PLANES), zeros around
    float *before, *eyes; // (STEP + frames + STEP, ROW, E), before silu and after, zeros around
    float *faint, *signs; // (frames, B, U), before silu and after; without training one frame
    float *deyes;         // as eyes
    float *dsigns;       // (B, U)
    bool training;
};

att_stems_fine *att_stems_fine_new(size_t frames_max, bool training, att_arena *life)
{
    att_stems_fine *f = ATT_NEW(life, att_stems_fine, 1);
    if (!f)
        return NULL;
    const size_t rows = (frames_max + 2 * STEP) * ROW, kept = training ? frames_max : 1;
    *f = (att_stems_fine){.frames_max = frames_max, .training = training};
    f->planes = ATT_NEW(life, float, rows *PLANES);
    f->before = ATT_NEW(life, float, rows *E);
    f->eyes = training ? ATT_NEW(life, float, rows *E) : f->before;
    f->faint = ATT_NEW_RAW(life, float, kept *B *U);
    f->signs = ATT_NEW_RAW(life, float, kept *B *U);
    bool whole = f->planes && f->before && f->eyes && f->faint && f->signs;
    if (training) {
        f->deyes = ATT_NEW_RAW(life, float, rows *E);
        f->dsigns = ATT_NEW_RAW(life, float, B *U);
        whole = whole && f->deyes && f->dsigns;
    }
    return whole ? f : NULL;
}

// --- A frame's convolution over bands ---------------------------------------------------------------------------
//
// What is around a band overlaps with what is around the next, and BLAS takes no rows that overlap. But what is around every k-th band does
// not, so that k products, each of every k-th band, do without a copy.

static size_t every(size_t taps, size_t first)
{
    return (B - first + taps - 1) / taps;
}

// out[b] += (in[b] ... in[b + taps - 1]) w, w (taps, channels, to).
static void convolve(const float *in, size_t taps, size_t channels, const float *w, size_t to, float *out)
{
    const size_t around = taps * channels;
    for (size_t j = 0; j < taps; j++)
        att_blas_product(false, false, every(taps, j), to, around, 1, in + j * channels, around, w, to, 1, out + j * to, taps * to);
}

static void convolve_gradient(const float *in, size_t taps, size_t channels, const float *dout, size_t to, float *dw)
{
    const size_t around = taps * channels;
    for (size_t j = 0; j < taps; j++)
        att_blas_product(true, false, around, to, every(taps, j), 1, in + j * channels, around, dout + j * to, taps * to, 1, dw, to);
}

static void convolve_back(float *din, size_t taps, size_t channels, const float *w, const float *dout, size_t to)
{
    const size_t around = taps * channels;
    for (size_t j = 0; j < taps; j++)
        att_blas_product(false, true, every(taps, j), around, to, 1, dout + j * to, taps * to, w, to, 1, din + j * channels, around);
}

// Where the row of frame t begins, -STEP <= t < frames + STEP, of rows with so many channels.
static float *row_of(float *rows, ptrdiff_t t, size_t channels)
{
    return rows + (size_t)(t + STEP) * ROW * channels;
}

static void put_planes(att_stems_fine *f, const float *features, size_t frames)
{
    memset(row_of(f->planes, (ptrdiff_t)frames, PLANES), 0, ROW * PLANES * sizeof *f->planes);
    for (size_t t = 0; t < frames; t++) {
        float *to = row_of(f->planes, (ptrdiff_t)t, PLANES) + EDGE * PLANES;
        const float *level = features + t * ATT_STEMS_FEATURES, *cues = level + ATT_STEMS_INPUTS;
        for (size_t b = 0; b < B; b++) {
            to[b * PLANES] = level[b];
            for (size_t c = 0; c < ATT_STEMS_CUES; c++)
                to[b * PLANES + 1 + c] = cues[c * B + b];
        }
    }
}

static void pool(const float *row, float *pooled)
{
    for (size_t g = 0; g < G; g++) {
        float sum[E] = {0};
        for (size_t k = 0; k < ATT_STEMS_GROUP; k++)
            for (size_t c = 0; c < E; c++)
                sum[c] += row[(g * ATT_STEMS_GROUP + k) * E + c];
        for (size_t c = 0; c < E; c++)
            pooled[g * E + c] = sum[c] / ATT_STEMS_GROUP;
    }
}

void att_stems_fine_look(att_stems_fine *f, const att_seq_ops *ops, const float *features, size_t frames, const float *eye, const float *bias, float *pooled)
{
    assert(frames <= f->frames_max);
    put_planes(f, features, frames);
    memset(row_of(f->eyes, (ptrdiff_t)frames, E), 0, STEP * ROW * E * sizeof *f->eyes);
    for (ptrdiff_t t = 0; t < (ptrdiff_t)frames; t++) {
        float *to = row_of(f->before, t, E) + EDGE * E, *its = row_of(f->eyes, t, E) + EDGE * E;
        memcpy(to, bias, B * E * sizeof *to);
        for (int tap = 0; tap < 3; tap++)
            convolve(row_of(f->planes, t + tap - 1, PLANES), 5, PLANES, eye + (size_t)tap * LOOK * E, E, to);
        ops->silu(its, to, B * E);
        pool(its, pooled + (size_t)t * ATT_STEMS_POOLED);
    }
}

void att_stems_fine_vote(att_stems_fine *f, const att_seq_ops *ops, size_t frames, const float *hints, const float *sign, const float *vote, float *z)
{
    for (size_t t = 0; t < frames; t++) {
        float *to = f->faint + (f->training ? t * B * U : 0), *its = f->signs + (f->training ? t * B * U : 0);
        for (size_t b = 0; b < B; b++)
            memcpy(to + b * U, hints + t * ATT_STEMS_HINTS + b / ATT_STEMS_GROUP * U, U * sizeof *to);
        for (size_t tap = 0; tap < 3; tap++)
            convolve(row_of(f->eyes, (ptrdiff_t)(t + tap * STEP) - STEP, E) + (EDGE - 1) * E, 3, E, sign + tap * HEAR * U, U, to);
        ops->silu(its, to, B * U);
        att_blas_product(true, true, ATT_STEM_COUNT, B, U, 1, vote, ATT_STEM_COUNT, its, U, 1, z + t * ATT_STEMS_MASKS, B);
    }
}

// --- Back -----------------------------------------------------------------------------------------------------

static void sum_hints(const float *dsigns, float *dhints)
{
    for (size_t g = 0; g < G; g++) {
        float sum[U] = {0};
        for (size_t k = 0; k < ATT_STEMS_GROUP; k++)
            for (size_t c = 0; c < U; c++)
                sum[c] += dsigns[(g * ATT_STEMS_GROUP + k) * U + c];
        memcpy(dhints + g * U, sum, sizeof sum);
    }
}

void att_stems_fine_vote_back(att_stems_fine *f, const att_seq_ops *ops, size_t frames, const float *sign, const float *vote, const float *dz, float *dhints,
    float *dsign, float *dvote)
{
    float *d = f->dsigns;
    assert(f->training);
    memset(f->deyes, 0, (frames + 2 * STEP) * ROW * E * sizeof *f->deyes);
    for (size_t t = 0; t < frames; t++) {
        const float *its = dz + t * ATT_STEMS_MASKS;
        att_blas_product(true, true, U, ATT_STEM_COUNT, B, 1, f->signs + t * B * U, U, its, B, 1, dvote, ATT_STEM_COUNT);
        att_blas_product(true, true, B, U, ATT_STEM_COUNT, 1, its, B, vote, ATT_STEM_COUNT, 0, d, U);
        ops->silu_back(d, f->faint + t * B * U, B * U);
        sum_hints(d, dhints + t * ATT_STEMS_HINTS);
        for (size_t tap = 0; tap < 3; tap++) {
            const size_t at = ((t + tap * STEP) * ROW + EDGE - 1) * E;
            convolve_gradient(f->eyes + at, 3, E, d, U, dsign + tap * HEAR * U);
            convolve_back(f->deyes + at, 3, E, sign + tap * HEAR * U, d, U);
        }
    }
}

void att_stems_fine_look_back(att_stems_fine *f, const att_seq_ops *ops, size_t frames, const float *dpooled, float *deye, float *dbias)
{
    for (ptrdiff_t t = 0; t < (ptrdiff_t)frames; t++) {
        float *d = row_of(f->deyes, t, E) + EDGE * E;
        const float *pooled = dpooled + (size_t)t * ATT_STEMS_POOLED;
        for (size_t b = 0; b < B; b++)
            for (size_t c = 0; c < E; c++)
                d[b * E + c] += pooled[b / ATT_STEMS_GROUP * E + c] / ATT_STEMS_GROUP;
        ops->silu_back(d, row_of(f->before, t, E) + EDGE * E, B * E);
        ops->add(dbias, d, B * E);
        for (int tap = 0; tap < 3; tap++)
            convolve_gradient(row_of(f->planes, t + tap - 1, PLANES), 5, PLANES, d, E, deye + (size_t)tap * LOOK * E);
    }
}
