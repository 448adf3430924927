// SPDX-License-Identifier: Apache-2.0
// music/sections.c - the best way to cut a piece.
#include "music/sections.h"

#include <math.h>

enum { LAGS = 15, BARS_LEAST = 4, BARS_MOST = 36, LONG_BARS = 16 };
static const double COST = 3, BONUS = 0.5;

typedef struct desk {
    const att_cells *cells;
    double mean, spread; // of likenesses of cells whole bars apart
    double *sums;        // (LAGS, count + 1): running sums of likenesses at each lag
    double *bonus;       // (count + 1), for a boundary before a cell
    double *best;        // (count + 1), of all that is before a cell
    size_t *from;        // (count + 1): where its last section begins
} desk;

static void sum_lags(desk *d)
{
    const size_t n = d->cells->count, bar = d->cells->per_bar;
    double sum = 0, squares = 0, values = 0;
    for (size_t k = 1; k <= LAGS; k++) {
        double *sums = d->sums + (k - 1) * (n + 1);
        const size_t pairs = k * bar < n ? n - k * bar : 0;
        for (size_t i = 0; i < n; i++) {
            const double like = i < pairs ? (double)att_cells_lag(d->cells, k * bar)[i] : 0;
            sums[i + 1] = sums[i] + like;
            sum += like;
            squares += like * like;
        }
        values += (double)pairs;
    }
    d->mean = values > 0 ? sum / values : 0;
    d->spread = values > 0 ? sqrt(fmax(0, squares / values - d->mean * d->mean)) : 0;
}

// How much more alike the bar before a cell and the bar from it on are each in itself than with each other.
static double checkerboard(const att_cells *c, size_t at, size_t reach)
{
    double same = 0, other = 0, same_weight = 0, other_weight = 0;
    const size_t from = at > reach ? at - reach : 0, to = ATT_MIN(c->count, at + reach);
    for (size_t i = from; i < to; i++)
        for (size_t j = from; j < to; j++) {
            const double x = ((double)i - (double)at + 0.5) / (0.5 * (double)reach), y = ((double)j - (double)at + 0.5) / (0.5 * (double)reach);
            const double weight = exp(-0.5 * (x * x + y * y)), like = att_cells_alone(c, i, j);
            *((i < at) == (j < at) ? &same : &other) += weight * like;
            *((i < at) == (j < at) ? &same_weight : &other_weight) += weight;
        }
    return same_weight > 0 && other_weight > 0 ? 2 * (same / same_weight - other / other_weight) : 0;
}

static void set_bonus(desk *d)
{
    const size_t n = d->cells->count;
    double sum = 0, squares = 0;
    for (size_t i = 1; i < n; i++) {
        d->bonus[i] = checkerboard(d->cells, i, ATT_MAX(d->cells->per_bar, (size_t)2));
        sum += d->bonus[i];
        squares += d->bonus[i] * d->bonus[i];
    }
    const double mean = sum / (double)n, spread = sqrt(fmax(0, squares / (double)n - mean * mean));
    for (size_t i = 1; i < n; i++)
        d->bonus[i] = spread > 0 ? BONUS * d->spread * fmin(3, fmax(0, (d->bonus[i] - mean) / spread)) : 0;
}

// What a length of so many cells costs beyond the usual. At the ends of the piece sections are often cut.
static double unusual(size_t cells, size_t bar, bool at_end)
{
    const size_t bars = cells / bar;
    const double length = cells % bar ? 2.5 : bars % 8 == 0 ? 0 : bars % 4 == 0 ? 0.1 : bars % 2 == 0 ? 0.5 : 1;
    return (at_end ? fmin(0.5, length) : length) + fmax(0, ((double)bars - LONG_BARS) / LONG_BARS);
}

static double worth(const desk *d, size_t from, size_t cells)
{
    const size_t n = d->cells->count, bar = d->cells->per_bar;
    double sum = 0, count = 0;
    for (size_t k = 1; k <= LAGS && cells >= bar * (k + 1); k++) { // the last pair's second cell is a whole bar from the end
        const size_t pairs = cells - bar * (k + 1) + 1;
        const double *sums = d->sums + (k - 1) * (n + 1);
        sum += sums[from + pairs] - sums[from];
        count += (double)pairs;
    }
    return count > 0 ? (double)cells / (double)bar * (sum / count - d->mean) : 0;
}

// A section is four bars at least; before the first and behind the last one there may be up to a bar of other things.
static void cut(desk *d)
{
    const size_t n = d->cells->count, bar = d->cells->per_bar;
    for (size_t end = 1; end <= n; end++) {
        d->best[end] = -HUGE_VAL;
        for (size_t cells = ATT_MIN(bar, end); cells <= BARS_MOST * bar && cells <= end; cells++) {
            const size_t from = end - cells;
            const bool at_end = from == 0 || end == n;
            if (cells < BARS_LEAST * bar && !(at_end && cells <= bar))
                continue;
            const double all = d->best[from] + worth(d, from, cells) + d->bonus[from] - COST * d->spread * (1 + unusual(cells, bar, at_end));
            if (all > d->best[end]) {
                d->best[end] = all;
                d->from[end] = from;
            }
        }
    }
}

// Where sections begin, rising, then the end; what is no more than a bar at either end goes with its neighbour.
static size_t trace(const desk *d, size_t *firsts)
{
    const size_t n = d->cells->count, bar = d->cells->per_bar;
    size_t count = 0;
    for (size_t at = d->from[n]; at > 0; at = d->from[at])
        if (at > bar && at + bar < n)
            firsts[count++] = at;
    firsts[count++] = 0;
    for (size_t i = 0; i < count / 2; i++) {
        const size_t other = firsts[i];
        firsts[i] = firsts[count - 1 - i];
        firsts[count - 1 - i] = other;
    }
    firsts[count] = n;
    return count;
}

static att_status name_all(
    const att_cells *cells, const size_t *firsts, size_t sections, att_music_section **out, size_t *count, const att_host *host, att_error *err)
{
    uint32_t *labels = ATT_NEW_ARRAY(host, uint32_t, sections);
    att_music_section *list = ATT_NEW_ARRAY(host, att_music_section, sections);
    att_status status = labels && list ? att_sections_label(cells, firsts, sections, labels, host, err) : att_no_memory(err, sections, "sections");
    for (size_t i = 0; !status && i < sections; i++)
        list[i] = (att_music_section){i ? cells->edges_s[firsts[i]] : 0, cells->edges_s[firsts[i + 1]], labels[i]};
    ATT_FREE_ARRAY(host, labels, sections);
    if (status) {
        ATT_FREE_ARRAY(host, list, sections);
        return status;
    }
    *out = list;
    *count = sections;
    return ATT_OK;
}

static att_status cut_and_name(const att_cells *cells, att_music_section **out, size_t *count, const att_host *host, att_error *err)
{
    const size_t n = cells->count;
    desk d = {.cells = cells, .sums = ATT_NEW_ARRAY(host, double, LAGS *(n + 1)), .bonus = ATT_NEW_ARRAY(host, double, n + 1),
        .best = ATT_NEW_ARRAY(host, double, n + 1), .from = ATT_NEW_ARRAY(host, size_t, n + 1)};
    size_t *firsts = ATT_NEW_ARRAY(host, size_t, n + 2);
    att_status status = d.sums && d.bonus && d.best && d.from && firsts ? ATT_OK : att_no_memory(err, n, "cells of a piece");
    if (!status) {
        if (n >= 2 * BARS_LEAST * cells->per_bar) { // otherwise it is one
            sum_lags(&d);
            set_bonus(&d);
            cut(&d);
        }
        status = name_all(cells, firsts, trace(&d, firsts), out, count, host, err);
    }
    ATT_FREE_ARRAY(host, d.sums, LAGS * (n + 1));
    ATT_FREE_ARRAY(host, d.bonus, n + 1);
    ATT_FREE_ARRAY(host, d.best, n + 1);
    ATT_FREE_ARRAY(host, d.from, n + 1);
    ATT_FREE_ARRAY(host, firsts, n + 2);
    return status;
}

att_status att_sections_find(
    const att_heard *heard, const att_beats *beats, att_music_section **out, size_t *count, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    att_cells cells;
    *out = NULL;
    *count = 0;
    if (!heard->count || heard->mean_square <= 0)
        return ATT_OK;
    att_status status = att_cells_make(&cells, heard, beats, &full, err);
    if (!status)
        status = cut_and_name(&cells, out, count, &full, err);
    att_cells_deinit(&cells);
    return status;
}
