// SPDX-License-Identifier: Apache-2.0
// bench/bench_als.c - how much of the machine's arithmetic the factorization gets to use.
//
//   bench_als [people items events passes threads]
//
// A world of power laws: few items have most of the events, few people have many. Printed for 64 and 128 coordinates:
// operations a second of the training loop, as done and as a textbook would do it (every row by a factorization with dim
// unknowns), beside sgemm on as many threads in the same run. OpenBLAS takes new processors for old ones, so
// the bench tries its core types first and starts itself again with the fastest that computes right.
#include "base/rng.h"
#include "embed/als.h"
#include "embed/blas.h"
#include "embed/model_parts.h"

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

#define GEMM_SIZE 1536

static double clock_s(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double now_s(void)
{
    return clock_s(CLOCK_MONOTONIC);
}

// Of all threads together.
static double cores_s(void)
{
    return clock_s(CLOCK_PROCESS_CPUTIME_ID);
}

// --- What the machine can do ---------------------------------------------------------------------

typedef struct peak {
    double by_clock, by_core; // GFLOP/s of all threads, GFLOP per second of a core
} peak;

// Best of some runs.
static peak sgemm_peak(int threads, int size, int runs)
{
    const size_t count = (size_t)size * (size_t)size;
    float *a = malloc(count * sizeof *a), *b = malloc(count * sizeof *b);
    float *c = calloc(count, sizeof *c);
    peak best = {0};
    if (a && b && c) {
        for (size_t i = 0; i < count; i++)
            a[i] = b[i] = (float)(i % 17) / 17;
        openblas_set_num_threads(threads);
        for (int run = 0; run < runs; run++) {
            const double start = now_s(), spent = cores_s(), work = 2e-9 * size * (double)count;
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, size, size, size, 1, a, size, b,
                size, 0, c, size);
            best.by_clock = fmax(best.by_clock, work / (now_s() - start));
            best.by_core = fmax(best.by_core, work / (cores_s() - spent));
        }
        openblas_set_num_threads(1);
    }
    free(a);
    free(b);
    free(c);
    return best;
}

// For a child of ours: print this core type's speed, or 0 when it computes wrong.
static int probe(int threads)
{
    att_host host = att_host_default();
    att_error err;
    const bool right = att_blas_check(&host, &err) == ATT_OK;
    printf("%g\n", right ? sgemm_peak(threads, GEMM_SIZE, 3).by_clock : 0);
    return 0;
}

static double ask_child(const char *self, const char *core, int threads)
{
    char command[4200];
    snprintf(command, sizeof command, "OPENBLAS_CORETYPE=%s ATTUNE_BENCH_PROBE=%d '%s' 2>/dev/null",
        core, threads, self);
    FILE *child = popen(command, "r");
    double speed = 0;
    if (child) {
        if (fscanf(child, "%lf", &speed) != 1)
            speed = 0;
        pclose(child);
    }
    return speed;
}

// Starts this program again under the fastest core type, once.
static void use_best_core(char **argv, int threads)
{
    static const char *const cores[] = {"Haswell", "Zen", "SkylakeX", "Cooperlake"};
    char self[4096];
    const ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    if (getenv("OPENBLAS_CORETYPE") || size <= 0)
        return;
    self[size] = 0;
    const char *best = NULL;
    double fastest = 0;
    for (size_t i = 0; i < ATT_COUNT_OF(cores); i++) {
        if (i >= 2 && !__builtin_cpu_supports("avx512f"))
            break;
        const double speed = ask_child(self, cores[i], threads);
        printf("bench_als core %s %.1f GFLOP/s\n", cores[i], speed);
        if (speed > fastest) {
            fastest = speed;
            best = cores[i];
        }
    }
    fflush(stdout);
    if (best && setenv("OPENBLAS_CORETYPE", best, 1) == 0)
        execv(self, argv);
}

// --- The world -----------------------------------------------------------------------------------

// Item of rank r with probability falling as 1 / (r + 20)^0.9; people's activity is log-normal.
static att_matrix make_world(uint32_t people, uint32_t items, size_t events, const att_host *host)
{
    att_rng rng = att_rng_seed(7);
    double *activity = calloc(people, sizeof *activity), total = 0;
    att_triplet *triplets = calloc(events + people, sizeof *triplets);
    att_matrix m = {0};
    const double low = pow(20, 0.1), high = pow(items + 20.0, 0.1);
    size_t count = 0;
    for (uint32_t u = 0; activity && u < people; u++)
        total += activity[u] = exp(att_rng_normal(&rng));
    for (uint32_t u = 0; activity && triplets && u < people; u++) {
        const size_t wanted = (size_t)ceil(activity[u] / total * (double)events);
        for (size_t k = 0; k < wanted && count < events + people; k++) {
            const double rank = pow(low + att_rng_unit(&rng) * (high - low), 10) - 20;
            const uint32_t item = (uint32_t)fmin(fmax(rank, 0), items - 1.0);
            triplets[count++] = (att_triplet){u, item, (float)(0.25 + 0.75 * att_rng_unit(&rng))};
        }
    }
    if (att_matrix_build(&m, people, items, triplets, count, host, NULL))
        m = (att_matrix){0};
    free(activity);
    free(triplets);
    return m;
}

// --- The run -------------------------------------------------------------------------------------

static int run(const att_matrix *m, uint32_t dim, uint32_t passes, uint32_t threads, peak sgemm,
    const att_host *host)
{
    att_als_options options = att_als_options_default();
    options.dim = dim;
    options.passes = passes;
    options.threads = threads;
    options.seed = 1;
    att_als als;
    att_error err;
    const double start = cores_s();
    if (att_als_train(&als, m, &options, host, &err)) {
        fprintf(stderr, "bench_als: %s\n", err.text);
        return 1;
    }
    const double spent = cores_s() - start, seconds = fmax(als.seconds, 1e-3);
    const double done = 1e-9 * als.flops, textbook = 1e-9 * als.textbook_flops;
    const uint64_t hash =
        XXH3_64bits(als.items, (size_t)als.item_count * als.stride * sizeof(float));
    printf("bench_als dim %u people %u items %u preferences %llu passes %u threads %u kernels %s: "
           "%.3f s, %.3f core s, "
           "done %.1f GFLOP/s = %.0f %% of sgemm (%.0f %% by core time), textbook %.1f GFLOP/s = "
           "%.0f %% (%.0f %%), "
           "sgemm %.1f GFLOP/s (%s), hash %016llx\n",
        dim, m->rows, m->cols, (unsigned long long)att_matrix_nonzeros(m), passes, threads,
        att_normal_best()->name, als.seconds, spent, done / seconds,
        100 * done / seconds / sgemm.by_clock, 100 * done / spent / sgemm.by_core,
        textbook / seconds, 100 * textbook / seconds / sgemm.by_clock,
        100 * textbook / spent / sgemm.by_core, sgemm.by_clock, att_blas_core(),
        (unsigned long long)hash);
    att_als_deinit(&als);
    return 0;
}

// One person of 100 events folded, scored on 500 items and explained on 20, microseconds each.
static int fold_people(const att_matrix *m, uint32_t dim, uint32_t rounds, const att_host *host)
{
    enum { EVENTS = 100, CANDIDATES = 500, TARGETS = 20 };
    att_recipe recipe = att_recipe_default();
    recipe.als.dim = dim;
    recipe.als.passes = 1;
    att_model *model = NULL;
    att_fold *fold = NULL;
    uint32_t items[EVENTS], candidates[CANDIDATES];
    float weights[EVENTS], scores[CANDIDATES];
    static float effects[EVENTS * TARGETS];
    att_rng rng = att_rng_seed(3);
    for (uint32_t k = 0; k < EVENTS; k++) {
        items[k] = (uint32_t)att_rng_below(&rng, m->cols);
        weights[k] = 0.5f;
    }
    for (uint32_t k = 0; k < CANDIDATES; k++)
        candidates[k] = (uint32_t)att_rng_below(&rng, m->cols);
    int failed = att_model_build(&model, m, &recipe, 1, host, NULL, NULL) != ATT_OK ||
                 att_fold_create(&fold, host, NULL) != ATT_OK;
    double spent[3] = {0};
    for (uint32_t round = 0; round < rounds && !failed; round++) {
        const double start = now_s();
        failed |= att_model_fold_arrays(model, fold, items, weights, EVENTS, NULL) != ATT_OK;
        const double folded = now_s();
        failed |=
            att_model_score(model, fold, candidates, NULL, CANDIDATES, scores, NULL) != ATT_OK;
        const double scored = now_s();
        failed |=
            att_model_effects(model, fold, candidates, NULL, TARGETS, effects, NULL) != ATT_OK;
        spent[0] += folded - start;
        spent[1] += scored - folded;
        spent[2] += now_s() - scored;
    }
    if (!failed)
        printf("bench_als fold dim %u: %d events %.1f us, scores of %d items %.1f us, effects on "
               "%d items %.1f us\n",
            dim, EVENTS, 1e6 * spent[0] / rounds, CANDIDATES, 1e6 * spent[1] / rounds, TARGETS,
            1e6 * spent[2] / rounds);
    att_fold_destroy(fold);
    att_model_destroy(model);
    return failed;
}

int main(int argc, char **argv)
{
    if (getenv("ATTUNE_BENCH_PROBE"))
        return probe(atoi(getenv("ATTUNE_BENCH_PROBE")));
    const uint32_t people = argc > 1 ? (uint32_t)atoi(argv[1]) : 100000;
    const uint32_t items = argc > 2 ? (uint32_t)atoi(argv[2]) : 20000;
    const size_t events = argc > 3 ? (size_t)atoll(argv[3]) : 1000000;
    const uint32_t passes = argc > 4 ? (uint32_t)atoi(argv[4]) : 4;
    const uint32_t threads = argc > 5 ? (uint32_t)atoi(argv[5]) : 2;
    const bool large = events >= 100000;
    if (large)
        use_best_core(argv, (int)threads);
    att_host host = att_host_default();
    att_error err;
    if (att_blas_check(&host, &err)) {
        fprintf(stderr, "bench_als: %s\n", err.text);
        return 1;
    }
    att_matrix m = make_world(people, items, events, &host);
    int failed = att_matrix_nonzeros(&m) == 0;
    for (uint32_t dim = 64; dim <= 128 && !failed; dim *= 2)
        failed = run(
            &m, dim, passes, threads, sgemm_peak((int)threads, large ? GEMM_SIZE : 128, 3), &host);
    for (uint32_t dim = 64; dim <= 128 && !failed; dim *= 2)
        failed = fold_people(&m, dim, large ? 5000 : 10, &host);
    att_matrix_deinit(&m, &host);
    return failed;
}
