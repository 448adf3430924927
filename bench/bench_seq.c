// SPDX-License-Identifier: Apache-2.0
// bench/bench_seq.c - how fast the sequence model trains beside sgemm, and how long one new event takes to answer.
//
//   bench_seq [people items mean_events epochs threads table_items]
//
// People walk among neighbouring items of a popularity law. Printed: operations a second of the training's steps as a
// share of sgemm on as many threads in the same run (time on the wall and of the processor, for machines with other work);
// then, for a table of items at dim 64: one event through the layers, next-item scores of all items by bytes and by
// floats, the best hundred, and how many of them a scan of all floats would have found.
#include "base/rng.h"
#include "embed/blas.h"
#include "embed/seq_parts.h"
#include "embed/seq_serve.h"

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <xxhash.h>

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double cpu_s(void)
{
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
           1e-6 * (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

// GFLOP per second of processor time on one thread, best of some runs.
static double sgemm_speed(int size, int runs)
{
    const size_t count = (size_t)size * (size_t)size;
    float *a = malloc(count * sizeof *a), *b = malloc(count * sizeof *b);
    float *c = calloc(count, sizeof *c);
    double best = 0;
    for (size_t i = 0; a && b && c && i < count; i++)
        a[i] = b[i] = (float)(i % 17) / 17;
    openblas_set_num_threads(1);
    for (int run = 0; a && b && c && run < runs; run++) {
        const double start = cpu_s();
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, size, size, size, 1, a, size, b,
            size, 0, c, size);
        best = fmax(best, 2e-9 * size * (double)count / fmax(cpu_s() - start, 1e-6));
    }
    free(a);
    free(b);
    free(c);
    return best;
}

// --- Training ---------------------------------------------------------------------------------------

typedef struct world {
    att_seq_data data;
    uint64_t *start;
    uint32_t *item;
} world;

static bool make_world(world *w, uint32_t people, uint32_t items, double mean)
{
    att_rng rng = att_rng_seed(7);
    w->start = calloc((size_t)people + 1, sizeof *w->start);
    w->item = calloc((size_t)((double)people * (mean + 3) * 3) + 64, sizeof *w->item);
    uint64_t count = 0;
    for (uint32_t u = 0; w->start && w->item && u < people; u++) {
        const uint64_t events = 3 + (uint64_t)fmin(att_rng_exponential(&rng) * (mean - 3), 3 * mean);
        double at = (double)items * pow(att_rng_unit(&rng), 2);
        for (uint64_t k = 0; k < events; k++) {
            at = fmod(at + 1 + 5 * att_rng_unit(&rng), (double)items);
            w->item[count++] = (uint32_t)at;
        }
        w->start[u + 1] = count;
    }
    w->data = (att_seq_data){people, items, w->start, w->item, NULL, NULL};
    return w->start && w->item;
}

static int train(const world *w, uint32_t epochs, uint32_t threads, double peak)
{
    const att_seq_options options = {
        .seed = 1, .threads = threads, .epochs = epochs, .judged = 500, .patience = 1000};
    const att_seq_options full = att_seq_options_for(&options, &w->data);
    const att_host host = att_host_default();
    att_seq *seq;
    att_seq_report r;
    att_error err;
    const double start = cpu_s(), begin = now_s();
    if (att_seq_train(&seq, &w->data, &options, &r, &host, &err)) {
        fprintf(stderr, "bench_seq: %s\n", err.text);
        return 1;
    }
    const double cpu = cpu_s() - start, wall = now_s() - begin;
    // Validation is no part of the steps: its share of the wall is taken off the processor's time.
    const double steps = cpu * r.seconds / fmax(r.seconds + r.validation_s, 1e-9);
    const uint64_t hash = XXH3_64bits(
        seq->items, (size_t)seq->shape.items * seq->shape.dim * sizeof(float));
    printf("bench_seq train people %u items %u events %llu dim %u layers %u length %u negatives %u "
           "batch %u threads %u: %u epochs in %.2f s wall, %.2f s processor, %.1f GFLOP/s of a "
           "processor = %.0f %% of sgemm (%.1f, %s), %.3f s an epoch, hash %016llx\n",
        w->data.people, w->data.items, (unsigned long long)r.events, full.dim, full.layers,
        full.length, full.negatives, full.batch_tokens, threads, r.epochs, wall, cpu,
        1e-9 * r.flops / fmax(steps, 1e-9), 100e-9 * r.flops / fmax(steps, 1e-9) / peak, peak,
        att_blas_core(), r.seconds / r.epochs, (unsigned long long)hash);
    att_seq_destroy(seq);
    return 0;
}

// --- Serving ----------------------------------------------------------------------------------------

static att_seq *make_model(uint32_t items, const att_host *host)
{
    const att_seq_shape shape = {items, 50, 64, 2, 2, 128};
    const size_t weights = att_seq_weights(&shape), count = weights + (size_t)items * 64;
    float *numbers = malloc(count * sizeof *numbers);
    uint32_t *known = malloc(items * sizeof *known);
    att_seq *seq = NULL;
    att_rng rng = att_rng_seed(3);
    for (size_t k = 0; numbers && k < count; k++)
        numbers[k] = (float)(0.2 * att_rng_normal(&rng));
    for (uint32_t i = 0; known && i < items; i++)
        known[i] = 1;
    if (numbers && known &&
        att_seq_create(&seq, &shape, numbers, numbers + weights, known, host, NULL))
        seq = NULL;
    free(numbers);
    free(known);
    return seq;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Median, microseconds.
static double middle(double *seconds, size_t count)
{
    qsort(seconds, count, sizeof *seconds, by_value);
    return 1e6 * seconds[count / 2];
}

static int serve(uint32_t items, size_t rounds)
{
    enum { BEST = 100 };
    const att_host host = att_host_default();
    att_seq *seq = make_model(items, &host);
    att_seq_cache *cache = NULL;
    float *scores = malloc(items * sizeof *scores), *bytes = malloc(items * sizeof *bytes);
    double *spent[4];
    for (int k = 0; k < 4; k++)
        spent[k] = calloc(rounds, sizeof(double));
    if (!seq || !scores || !bytes || att_seq_cache_create(&cache, seq, &host, NULL))
        return 1;
    double found = 0;
    for (size_t round = 0; round < rounds; round++) {
        uint32_t best[BEST];
        float values[BEST], factor;
        int8_t query[64];
        const double start = now_s();
        const float *state =
            att_seq_push(cache, (uint32_t)(round * 7919 % items), true, (int64_t)round * 60, NULL);
        const double pushed = now_s();
        att_seq_quantize(query, &factor, state, 64);
        seq->kernels->rows_scaled_i8(
            bytes, seq->bytes, items, seq->byte_stride, query, 64, seq->scales, factor);
        const double scanned = now_s();
        const size_t count = att_seq_top(seq, state, NULL, items, BEST, best, values);
        const double topped = now_s();
        att_seq_score_all(seq, state, scores);
        const double scored = now_s();
        spent[0][round] = pushed - start;
        spent[1][round] = scanned - pushed;
        spent[2][round] = topped - scanned;
        spent[3][round] = scored - topped;
        size_t above = 0; // as good as the worst of the best, by floats
        for (uint32_t i = 0; i < items; i++)
            above += scores[i] >= values[count - 1];
        found += (double)count / (double)ATT_MAX(above, count) / (double)rounds;
    }
    const double push = middle(spent[0], rounds), scan = middle(spent[1], rounds);
    printf("bench_seq serve items %u dim 64 history 50 kernels %s: one event %.1f us, scores of all "
           "items by bytes %.1f us, together %.3f ms; best %d of all %.1f us (%.2f %% of them are "
           "those of floats); scores by floats %.1f us\n",
        items, seq->kernels->name, push, scan, 1e-3 * (push + scan), BEST,
        middle(spent[2], rounds), 100 * found, middle(spent[3], rounds));
    for (int k = 0; k < 4; k++)
        free(spent[k]);
    free(scores);
    free(bytes);
    att_seq_cache_destroy(cache);
    att_seq_destroy(seq);
    return 0;
}

int main(int argc, char **argv)
{
    const uint32_t people = argc > 1 ? (uint32_t)atoi(argv[1]) : 30000;
    const uint32_t items = argc > 2 ? (uint32_t)atoi(argv[2]) : 24000;
    const double mean = argc > 3 ? atof(argv[3]) : 9;
    const uint32_t epochs = argc > 4 ? (uint32_t)atoi(argv[4]) : 3;
    const uint32_t threads = argc > 5 ? (uint32_t)atoi(argv[5]) : 2;
    const uint32_t table = argc > 6 ? (uint32_t)atoi(argv[6]) : 100000;
    const bool large = people >= 10000;
    world w = {0};
    int failed = !make_world(&w, people, items, mean);
    const double peak = sgemm_speed(large ? 1536 : 256, 5);
    for (uint32_t t = 1; t <= threads && !failed; t++)
        failed = train(&w, epochs, t, peak);
    if (!failed)
        failed = serve(table, large ? 500 : 20);
    free(w.start);
    free(w.item);
    return failed;
}
