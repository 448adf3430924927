// SPDX-License-Identifier: Apache-2.0
// music/section_labels.c - which sections are alike.
#include "music/sections.h"

#include <math.h>
#include <stdio.h>

static const double ALIKE = 0.35;

typedef struct stretch {
    size_t from, count; // cells
} stretch;

static double like_of(const att_cells *c, size_t i, size_t j)
{
    return (double)(i < j ? att_cells_lag(c, j - i)[i] : att_cells_lag(c, i - j)[j]);
}

// The shorter laid on the longer, a cell further each time: the best mean of cells that then lie on each other.
static double best_place(const att_cells *c, stretch shorter, stretch longer)
{
    double best = 0;
    for (size_t off = 0; off + shorter.count <= longer.count; off++) {
        double sum = 0;
        for (size_t i = 0; i < shorter.count; i++)
            sum += like_of(c, shorter.from + i, longer.from + off + i);
        best = fmax(best, sum / (double)shorter.count);
    }
    return best;
}

static double all_on_all(const att_cells *c, stretch a, stretch b)
{
    double sum = 0;
    for (size_t i = 0; i < a.count; i++)
        for (size_t j = 0; j < b.count; j++)
            sum += like_of(c, a.from + i, b.from + j);
    return sum / ((double)a.count * (double)b.count);
}

static double mean_of(const att_cells *c)
{
    const double n = (double)c->count;
    double sum = 0;
    for (size_t lag = 0; lag < c->count; lag++)
        for (size_t i = 0; i + lag < c->count; i++)
            sum += (lag ? 2 : 1) * (double)att_cells_lag(c, lag)[i];
    return sum / (n * n);
}

// likes is (count, count): how far each pair is from the piece's mean towards identity.
static void compare(const att_cells *c, const size_t *firsts, size_t count, double *likes)
{
    const double mean = mean_of(c);
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++) {
            const stretch a = {firsts[i], firsts[i + 1] - firsts[i]}, b = {firsts[j], firsts[j + 1] - firsts[j]};
            const double placed = a.count < b.count ? best_place(c, a, b) : best_place(c, b, a);
            likes[i * count + j] = likes[j * count + i] = mean < 1 ? (0.5 * (placed + all_on_all(c, a, b)) - mean) / (1 - mean) : 1;
        }
}

// Joins the two groups that are most alike; a group is known by its first section, and has `sizes` sections, 0 once it is in another.
// Its likeness to others is then the mean over all of its sections. False: none are alike enough.
static bool join(double *likes, size_t *sizes, uint32_t *labels, size_t count)
{
    double best = ALIKE;
    size_t to = 0, from = 0;
    for (size_t a = 0; a < count; a++)
        for (size_t b = a + 1; sizes[a] && b < count; b++)
            if (sizes[b] && likes[a * count + b] > best) {
                best = likes[a * count + b];
                to = a;
                from = b;
            }
    if (!from)
        return false;
    const double here = (double)sizes[to], there = (double)sizes[from];
    for (size_t i = 0; i < count; i++) {
        likes[to * count + i] = likes[i * count + to] = (here * likes[to * count + i] + there * likes[from * count + i]) / (here + there);
        labels[i] = labels[i] == from ? (uint32_t)to : labels[i];
    }
    sizes[to] += sizes[from];
    sizes[from] = 0;
    return true;
}

// Labels are the first section of each group: numbered anew without gaps.
static void number(uint32_t *labels, size_t count)
{
    uint32_t next = 0;
    for (size_t i = 0; i < count; i++) {
        const uint32_t old = labels[i];
        if (old < next)
            continue; // has been
        for (size_t j = i; j < count; j++)
            labels[j] = labels[j] == old ? next : labels[j];
        next++;
    }
}

att_status att_sections_label(const att_cells *cells, const size_t *firsts, size_t count, uint32_t *labels, const att_host *host, att_error *err)
{
    double *likes = ATT_NEW_ARRAY(host, double, count *count);
    size_t *sizes = ATT_NEW_ARRAY(host, size_t, count);
    const att_status status = likes && sizes ? ATT_OK : att_no_memory(err, count, "sections");
    if (!status) {
        compare(cells, firsts, count, likes);
        for (size_t i = 0; i < count; i++) {
            labels[i] = (uint32_t)i;
            sizes[i] = 1;
        }
        while (join(likes, sizes, labels, count))
            ;
        number(labels, count);
    }
    ATT_FREE_ARRAY(host, likes, count * count);
    ATT_FREE_ARRAY(host, sizes, count);
    return status;
}

void att_section_label(uint32_t label, char out[8])
{
    if (label < 26)
        snprintf(out, 8, "%c", 'A' + (int)label);
    else
        snprintf(out, 8, "%c%u", 'A' + (int)(label % 26), label / 26 + 1 < 99999 ? label / 26 + 1 : 99999);
}
