// SPDX-License-Identifier: Apache-2.0
// music/section_cells.c - the grid of cells, their features, and the likeness of all pairs.
#include "music/section_cells.h"

#include <math.h>

static const double UNEVEN_S = 0.5, NARROW = 0.5, HARMONY_SHARE = 0.3;

// --- The grid ---------------------------------------------------------------------------------------------

// Beats, and before the first and after the last of them steps of the mean beat, as far as there is sound. edges may be NULL: only counted.
static size_t lay_beats(const att_heard *h, const att_beats *b, size_t together, double *edges)
{
    const double step = (b->items[b->count - 1].at_s - b->items[0].at_s) / (double)(b->count - 1);
    const size_t before = (size_t)fmax(0, floor(b->items[0].at_s / step + 0.5)), after = (size_t)fmax(0, floor((h->seconds - b->items[b->count - 1].at_s) / step - 0.3));
    size_t count = 0, first = 0;
    while (first < b->count && b->items[first].in_bar != 1)
        first++;
    const size_t phase = together > 1 ? (before + first) % together : 0; // cells of bars begin with them
    for (size_t i = 0; i < before + b->count + after; i++) {
        const double at = i < before ? b->items[0].at_s - step * (double)(before - i)
                          : i < before + b->count ? b->items[i - before].at_s : b->items[b->count - 1].at_s + step * (double)(i - before - b->count + 1);
        if (i % together != phase)
            continue;
        if (edges)
            edges[count] = fmax(0, at);
        count++;
    }
    return count;
}

static size_t lay_even(const att_heard *h, double step_s, double *edges)
{
    const size_t count = (size_t)fmax(1, floor(h->seconds / step_s));
    for (size_t i = 0; edges && i < count; i++)
        edges[i] = step_s * (double)i;
    return count;
}

static size_t lay(const att_heard *h, const att_beats *b, size_t together, double *edges)
{
    return b->count >= 8 ? lay_beats(h, b, together, edges) : lay_even(h, UNEVEN_S * (double)together, edges);
}

// --- Features ---------------------------------------------------------------------------------------------

static void frames_of(const att_cells *c, size_t cell, double frames_hz, size_t count, size_t *from, size_t *to)
{
    *from = (size_t)ATT_MIN((double)(count - 1), fmax(0, round(c->edges_s[cell] * frames_hz)));
    *to = (size_t)ATT_MIN((double)count, fmax((double)(*from + 1), round(c->edges_s[cell + 1] * frames_hz)));
}

static void take_harmony(att_cells *c, const att_heard *h)
{
    for (size_t i = 0; i < c->count && h->chroma_count; i++) {
        float *out = c->harmony + i * ATT_CELL_HARMONY;
        double classes[ATT_CELL_HARMONY] = {0}, sum = 0;
        size_t from, to;
        frames_of(c, i, h->chroma_hz, h->chroma_count, &from, &to);
        for (size_t f = from; f < to; f++)
            for (size_t k = 0; k < ATT_CELL_HARMONY; k++) {
                classes[k] += (double)h->chroma[f * ATT_CELL_HARMONY + k];
                sum += (double)h->chroma[f * ATT_CELL_HARMONY + k];
            }
        for (size_t k = 0; k < ATT_CELL_HARMONY && sum > 1e-9; k++)
            out[k] = (float)sqrt(classes[k] / sum);
    }
}

static void take_colour(att_cells *c, const att_heard *h)
{
    size_t from, to;
    for (size_t i = 0; i < c->count; i++) {
        float *out = c->colour + i * ATT_CELL_COLOUR;
        if (h->timbre_count) {
            frames_of(c, i, h->timbre_hz, h->timbre_count, &from, &to);
            for (size_t f = from; f < to; f++)
                for (size_t k = 0; k < ATT_CEPSTRA; k++)
                    out[k] += h->timbre[f * ATT_CEPSTRA + k] / (float)(to - from);
        }
        frames_of(c, i, h->frames_hz, h->count, &from, &to);
        for (size_t f = from; f < to; f++)
            for (size_t k = 0; k < ATT_REGISTERS; k++)
                out[ATT_CEPSTRA + k] += log1pf(h->onset[f * ATT_REGISTERS + k]) / (float)(to - from);
    }
}

// Each figure in its standard deviations over the piece.
static void scale_colour(att_cells *c)
{
    const double n = (double)c->count;
    for (size_t k = 0; k < ATT_CELL_COLOUR; k++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < c->count; i++)
            sum += (double)c->colour[i * ATT_CELL_COLOUR + k];
        for (size_t i = 0; i < c->count; i++) {
            const double off = (double)c->colour[i * ATT_CELL_COLOUR + k] - sum / n;
            squares += off * off;
        }
        const double spread = sqrt(squares / n) + 1e-6;
        for (size_t i = 0; i < c->count; i++) {
            float *at = &c->colour[i * ATT_CELL_COLOUR + k];
            *at = (float)fmax(-3, fmin(3, ((double)*at - sum / n) / spread));
        }
    }
}

// Over all pairs: twice the mean square less the square of the mean.
static double mean_distance(const float *rows, size_t count, size_t width)
{
    double squares = 0, of_means = 0;
    for (size_t k = 0; k < width; k++) {
        double sum = 0;
        for (size_t i = 0; i < count; i++) {
            sum += (double)rows[i * width + k];
            squares += (double)(rows[i * width + k] * rows[i * width + k]) / (double)count;
        }
        of_means += sum / (double)count * sum / (double)count;
    }
    return fmax(1e-9, 2 * (squares - of_means));
}

// --- Likeness ---------------------------------------------------------------------------------------------

static float distance(const float *rows, size_t width, size_t i, size_t j)
{
    const float *a = rows + i * width, *b = rows + j * width;
    float sum = 0;
    for (size_t k = 0; k < width; k++)
        sum += (a[k] - b[k]) * (a[k] - b[k]);
    return sum;
}

static double likeness(const att_cells *c, double harmony, double colour)
{
    return HARMONY_SHARE * exp(-harmony / (NARROW * c->harmony_mean)) + (1 - HARMONY_SHARE) * exp(-colour / (NARROW * c->colour_mean));
}

double att_cells_alone(const att_cells *c, size_t i, size_t j)
{
    return likeness(c, (double)distance(c->harmony, ATT_CELL_HARMONY, i, j), (double)distance(c->colour, ATT_CELL_COLOUR, i, j));
}

// Along each lag the distances of single cells, of which the last four are summed; beyond the end the last pair stays.
static void compare(att_cells *c)
{
    const size_t n = c->count;
    for (size_t lag = 0; lag < n; lag++) {
        float *row = c->like + lag * (2 * n - lag + 1) / 2, harmony[ATT_CELL_STACK] = {0}, colour[ATT_CELL_STACK] = {0};
        for (size_t i = n - lag; i-- > 0;) {
            const float h = distance(c->harmony, ATT_CELL_HARMONY, i, i + lag), t = distance(c->colour, ATT_CELL_COLOUR, i, i + lag);
            double sum_h = 0, sum_t = 0;
            for (size_t q = 0; q < ATT_CELL_STACK; q++) {
                if (q == i % ATT_CELL_STACK || i == n - lag - 1) {
                    harmony[q] = h;
                    colour[q] = t;
                }
                sum_h += (double)harmony[q] / ATT_CELL_STACK;
                sum_t += (double)colour[q] / ATT_CELL_STACK;
            }
            row[i] = (float)likeness(c, sum_h, sum_t);
        }
    }
}

// --- Making it --------------------------------------------------------------------------------------------

void att_cells_deinit(att_cells *c)
{
    const size_t n = c->count;
    if (!n)
        return;
    ATT_FREE_ARRAY(&c->host, c->edges_s, n + 1);
    ATT_FREE_ARRAY(&c->host, c->harmony, n * ATT_CELL_HARMONY);
    ATT_FREE_ARRAY(&c->host, c->colour, n * ATT_CELL_COLOUR);
    ATT_FREE_ARRAY(&c->host, c->like, n * (n + 1) / 2);
    *c = (att_cells){0};
}

att_status att_cells_make(att_cells *out, const att_heard *heard, const att_beats *beats, const att_host *host, att_error *err)
{
    const bool has_beats = beats->count >= 8;
    size_t together = 1;
    *out = (att_cells){.per_bar = has_beats ? beats->per_bar : 4, .host = att_host_complete(host)};
    if (has_beats && lay(heard, beats, together, NULL) > ATT_CELLS_MAX)
        together = beats->per_bar;
    while ((out->count = lay(heard, beats, together, NULL)) > ATT_CELLS_MAX)
        together *= 2;
    out->per_bar = together == 1 ? out->per_bar : 1;
    const size_t n = out->count;
    out->edges_s = ATT_NEW_ARRAY(&out->host, double, n + 1);
    out->harmony = ATT_NEW_ARRAY(&out->host, float, n * ATT_CELL_HARMONY);
    out->colour = ATT_NEW_ARRAY(&out->host, float, n * ATT_CELL_COLOUR);
    out->like = ATT_NEW_ARRAY(&out->host, float, n * (n + 1) / 2);
    if (!out->edges_s || !out->harmony || !out->colour || !out->like) {
        att_cells_deinit(out);
        return att_no_memory(err, n, "cells of a piece");
    }
    lay(heard, beats, together, out->edges_s);
    out->edges_s[n] = heard->seconds;
    take_harmony(out, heard);
    take_colour(out, heard);
    scale_colour(out);
    out->harmony_mean = mean_distance(out->harmony, n, ATT_CELL_HARMONY);
    out->colour_mean = mean_distance(out->colour, n, ATT_CELL_COLOUR);
    compare(out);
    return ATT_OK;
}
