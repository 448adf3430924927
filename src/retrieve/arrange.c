// SPDX-License-Identifier: Apache-2.0
// retrieve/arrange.c - an order in which vectors that lie together come together, block by block.
//
// Lloyd's k-means (1982) on a sample, then each vector goes to its nearest centre, and within a cluster the longest come first.
// What fills a block of the index (ATT_BLOCK_SLOTS) is then tight, which is what reach.c lives on. The blocks themselves
// are dealt out with a stride, so that the graph does not grow cluster by cluster.
#include "base/rng.h"
#include "retrieve/index.h"

#include <stdlib.h>

enum { ROUNDS = 6, SAMPLE_EACH = 48, EACH = 1000, CLUSTERS_MAX = 256 };

typedef struct arranging {
    const att_kernels *kernels;
    const float *vectors; // (count, dim)
    size_t count;
    uint32_t dim, clusters;
    float *centres; // (clusters, dim)
    float *halves;  // (clusters): half the square of a centre's length
    float *scores;  // (clusters)
} arranging;

static void measure_centres(arranging *a)
{
    for (uint32_t c = 0; c < a->clusters; c++) {
        const float *centre = a->centres + (size_t)c * a->dim;
        a->halves[c] = a->kernels->dot_f32(centre, centre, a->dim) / 2;
    }
}

// |x - c|^2 is least where x c - |c|^2 / 2 is greatest.
static uint32_t nearest(const arranging *a, const float *x)
{
    a->kernels->rows_dot_f32(a->scores, a->centres, a->clusters, a->dim, x, a->dim);
    uint32_t best = 0;
    for (uint32_t c = 1; c < a->clusters; c++)
        if (a->scores[c] - a->halves[c] > a->scores[best] - a->halves[best])
            best = c;
    return best;
}

static void move_centres(arranging *a, const uint32_t *sample, size_t sampled, float *sums, uint32_t *counts)
{
    memset(sums, 0, (size_t)a->clusters * a->dim * sizeof *sums);
    memset(counts, 0, a->clusters * sizeof *counts);
    for (size_t i = 0; i < sampled; i++) {
        const float *x = a->vectors + (size_t)sample[i] * a->dim;
        const uint32_t c = nearest(a, x);
        a->kernels->axpy_f32(sums + (size_t)c * a->dim, 1, x, a->dim);
        counts[c]++;
    }
    for (uint32_t c = 0; c < a->clusters; c++)
        for (uint32_t d = 0; d < a->dim && counts[c]; d++) // an empty one stays where it is
            a->centres[(size_t)c * a->dim + d] = sums[(size_t)c * a->dim + d] / (float)counts[c];
    measure_centres(a);
}

static att_status find_centres(arranging *a, uint64_t seed, const att_host *host, att_error *err)
{
    const size_t sampled = ATT_MIN(a->count, (size_t)a->clusters * SAMPLE_EACH);
    uint32_t *sample = ATT_NEW_ARRAY(host, uint32_t, sampled);
    uint32_t *counts = ATT_NEW_ARRAY(host, uint32_t, a->clusters);
    float *sums = ATT_NEW_ARRAY(host, float, (size_t)a->clusters * a->dim);
    att_status status = sample && counts && sums ? ATT_OK : att_no_memory(err, sampled, "a sample of vectors");
    att_rng rng = att_rng_seed(seed);
    for (size_t i = 0; i < sampled && !status; i++)
        sample[i] = (uint32_t)att_rng_below(&rng, a->count);
    for (uint32_t c = 0; c < a->clusters && !status; c++)
        memcpy(a->centres + (size_t)c * a->dim, a->vectors + (size_t)sample[c] * a->dim, a->dim * sizeof *a->centres);
    if (!status)
        measure_centres(a);
    for (int round = 0; round < ROUNDS && !status; round++)
        move_centres(a, sample, sampled, sums, counts);
    ATT_FREE_ARRAY(host, sample, sampled);
    ATT_FREE_ARRAY(host, counts, a->clusters);
    ATT_FREE_ARRAY(host, sums, (size_t)a->clusters * a->dim);
    return status;
}

typedef struct placed {
    uint32_t cluster, vector;
    float square;
} placed;

static int together(const void *a, const void *b)
{
    const placed *x = a, *y = b;
    if (x->cluster != y->cluster)
        return x->cluster < y->cluster ? -1 : 1;
    if (x->square != y->square)
        return x->square < y->square ? 1 : -1;
    return x->vector < y->vector ? -1 : 1;
}

static size_t common_divisor(size_t a, size_t b)
{
    return b ? common_divisor(b, a % b) : a;
}

// Whole blocks in an order that jumps about; what is left over comes last.
static void deal_out(const placed *list, size_t count, uint32_t *order)
{
    const size_t blocks = count / ATT_BLOCK_SLOTS;
    size_t stride = blocks * 618 / 1000 + 1, written = 0;
    while (blocks && common_divisor(stride, blocks) != 1)
        stride++;
    for (size_t b = 0; b < blocks; b++)
        for (size_t i = 0; i < ATT_BLOCK_SLOTS; i++)
            order[written++] = list[b * stride % blocks * ATT_BLOCK_SLOTS + i].vector;
    for (; written < count; written++)
        order[written] = list[written].vector;
}

att_status att_index_arrange(const float *vectors, size_t count, uint32_t dim, uint64_t seed, uint32_t *order,
    const att_host *given, att_error *err)
{
    const att_host full = att_host_complete(given), *const host = &full;
    arranging a = {.kernels = att_kernels_best(), .vectors = vectors, .count = count, .dim = dim};
    a.clusters = (uint32_t)ATT_MIN(ATT_MAX(count / EACH, 1), CLUSTERS_MAX);
    if (!count)
        return ATT_OK;
    a.centres = ATT_NEW_ARRAY(host, float, (size_t)a.clusters * dim);
    a.halves = ATT_NEW_ARRAY(host, float, a.clusters);
    a.scores = ATT_NEW_ARRAY(host, float, a.clusters);
    placed *list = ATT_NEW_ARRAY(host, placed, count);
    att_status status = ATT_OK;
    if (!a.centres || !a.halves || !a.scores || !list)
        status = att_no_memory(err, count, "an arrangement of vectors");
    if (!status)
        status = find_centres(&a, seed, host, err);
    for (size_t i = 0; i < count && !status; i++) {
        const float *x = vectors + i * dim;
        list[i] = (placed){nearest(&a, x), (uint32_t)i, a.kernels->dot_f32(x, x, dim)};
    }
    if (!status) {
        qsort(list, count, sizeof *list, together);
        deal_out(list, count, order);
    }
    ATT_FREE_ARRAY(host, a.centres, (size_t)a.clusters * dim);
    ATT_FREE_ARRAY(host, a.halves, a.clusters);
    ATT_FREE_ARRAY(host, a.scores, a.clusters);
    ATT_FREE_ARRAY(host, list, count);
    return status;
}
