// SPDX-License-Identifier: Apache-2.0
// bench_slate [candidates] [dim] [wanted] [repeats] - a slate, stage by stage, and by each method.
//
// Candidates are unit vectors round 20 centres with three of 60 tags each; relevance follows the
// likeness to a person's vector, so that the best candidates are much alike. The plain DPP computes
// every determinant anew by Cholesky; it must find the same slate. "level" scores are nearly equal,
// so that diversity decides everything: the lazy search's worst case.
#include "decide/calibrate.h"
#include "decide/context.h"
#include "decide/pool.h"
#include "decide/redundancy.h"
#include "decide/taste.h"
#include "decide/terms.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { tag_total = 60, centre_count = 20 };
#define NOW_MS INT64_C(1760000000000)

typedef struct world {
    size_t count, dim, wanted, repeats;
    att_candidate *candidates;
    float *vectors, *relevance, *novelty, *boost, *energy, *less_like, *fit;
    uint16_t (*tags)[3];
    int64_t *published_at_ms;
    double mix[tag_total];
    float row[tag_total];
    att_policy policy;
    att_slate_input input;
    att_arena scratch;
} world;

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void *get(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    if (!memory) {
        fprintf(stderr, "bench_slate: out of memory\n");
        exit(1);
    }
    return memory;
}

static void unit(float *vector, size_t dim)
{
    double norm = 0;
    for (size_t k = 0; k < dim; k++)
        norm += (double)vector[k] * (double)vector[k];
    for (size_t k = 0; k < dim; k++)
        vector[k] = (float)((double)vector[k] / sqrt(norm));
}

static void make_vectors(world *w, att_rng *rng)
{
    float *centres = get(centre_count * w->dim, sizeof *centres),
          *person = get(w->dim, sizeof *person);
    for (size_t i = 0; i < centre_count * w->dim; i++)
        centres[i] = (float)att_rng_normal(rng);
    for (size_t k = 0; k < w->dim; k++)
        person[k] = centres[k] + 0.7F * centres[w->dim + k] + (float)att_rng_normal(rng);
    unit(person, w->dim);
    for (size_t i = 0; i < w->count; i++) {
        const float *centre = centres + att_rng_below(rng, centre_count) * w->dim;
        float *vector = w->vectors + i * w->dim;
        for (size_t k = 0; k < w->dim; k++)
            vector[k] = centre[k] + 0.8F * (float)att_rng_normal(rng);
        unit(vector, w->dim);
        w->relevance[i] = 0.1F * (float)att_rng_normal(rng);
        for (size_t k = 0; k < w->dim; k++)
            w->relevance[i] += vector[k] * person[k];
    }
    free(centres);
    free(person);
}

static void make_rest(world *w, att_rng *rng)
{
    for (size_t g = 0; g < tag_total; g++) {
        w->mix[g] = att_rng_below(rng, 3) ? att_rng_exponential(rng) : 0;
        w->row[g] = 0.3F * (float)att_rng_normal(rng);
    }
    (void)att_taste_mix_finish(w->mix, tag_total);
    for (size_t i = 0; i < w->count; i++) {
        for (size_t t = 0; t < 3; t++)
            w->tags[i][t] = (uint16_t)(20 * t + att_rng_below(rng, 20));
        w->novelty[i] = (float)att_rng_unit(rng);
        w->boost[i] = att_rng_below(rng, 20) ? 0 : 0.5F;
        w->energy[i] = (float)att_rng_unit(rng);
        w->published_at_ms[i] = NOW_MS - (int64_t)(att_rng_exponential(rng) * 86400e3 * 200);
        w->candidates[i] = (att_candidate){.item = (uint32_t)i,
            .vector = w->vectors + i * w->dim,
            .tags = w->tags[i],
            .tag_count = 3,
            .explorable = att_rng_below(rng, 4) != 0,
            .uncertainty = (float)att_rng_unit(rng)};
    }
}

static void make(world *w, const att_host *host)
{
    att_rng rng = att_rng_seed(42);
    const size_t n = w->count;
    w->candidates = get(n, sizeof *w->candidates);
    w->vectors = get(n * w->dim, sizeof *w->vectors);
    w->tags = get(n, sizeof *w->tags);
    w->published_at_ms = get(n, sizeof *w->published_at_ms);
    float **const arrays[] = {
        &w->relevance, &w->novelty, &w->boost, &w->energy, &w->less_like, &w->fit};
    for (size_t i = 0; i < ATT_COUNT_OF(arrays); i++)
        *arrays[i] = get(n, sizeof(float));
    make_vectors(w, &rng);
    make_rest(w, &rng);
    w->policy = att_policy_default();
    w->input = (att_slate_input){.candidates = w->candidates,
        .count = n,
        .dim = w->dim,
        .taste_mix = w->mix,
        .tag_total = tag_total,
        .wanted = w->wanted,
        .policy = &w->policy,
        .allowance = {2, 0.1}};
    att_arena_init(&w->scratch, host, (size_t)512 << 10);
}

static void drop(world *w)
{
    void *const all[] = {w->candidates, w->vectors, w->tags, w->published_at_ms, w->relevance,
        w->novelty, w->boost, w->energy, w->less_like, w->fit};
    for (size_t i = 0; i < ATT_COUNT_OF(all); i++)
        free(all[i]);
    att_arena_deinit(&w->scratch);
}

// --- The stages --------------------------------------------------------------------------------

static void stage_context(world *w)
{
    for (size_t i = 0; i < w->count; i++)
        w->fit[i] = att_context_fit(w->row, tag_total, w->tags[i], 3);
}

static void stage_less(world *w)
{
    const att_less less[] = {{w->vectors, w->tags[0], 3}, {w->vectors + w->dim, w->tags[1], 3}};
    att_less_like(w->candidates, w->count, w->dim, less, 2, w->less_like);
}

static void stage_terms(world *w)
{
    const att_raw_terms raw = {
        w->relevance, w->fit, NULL, w->novelty, w->published_at_ms, w->boost, w->energy, w->less_like};
    const att_term_settings settings = {
        &w->policy, att_relevance_scale(w->relevance, w->count), 0.5, 0.25, NOW_MS};
    att_terms_fill(w->candidates, w->count, &raw, &settings);
}

static void stage_pool(world *w)
{
    (void)att_pool_flag_outside(w->candidates, w->count, w->mix, tag_total, NULL, 10);
}

static void build(world *w, att_slot *slots, uint64_t seed)
{
    att_rng rng = att_rng_seed(seed);
    size_t filled;
    att_error err;
    if (att_slate_build(&w->input, &rng, &w->scratch, slots, &filled, &err) != ATT_OK) {
        fprintf(stderr, "bench_slate: %s\n", err.text);
        exit(1);
    }
}

static double time_stage(world *w, void (*stage)(world *))
{
    const double start = now_us();
    for (size_t r = 0; r < w->repeats; r++)
        stage(w);
    return (now_us() - start) / (double)w->repeats;
}

static double time_build(world *w, att_diversity method, uint64_t *hash)
{
    att_slot slots[ATT_SLATE_MAX];
    w->policy.objective.method = method;
    build(w, slots, 0);
    const double start = now_us();
    for (size_t r = 0; r < w->repeats; r++) {
        build(w, slots, r);
        for (size_t s = 0; s < ATT_MIN(w->wanted, w->count); s++)
            *hash = att_mix64(*hash ^ slots[s].candidate);
    }
    return (now_us() - start) / (double)w->repeats;
}

// --- The plain DPP -----------------------------------------------------------------------------

static double kernel_of(const world *w, uint32_t i, uint32_t j)
{
    const float *a = w->candidates[i].vector, *b = w->candidates[j].vector;
    const double cosine = (double)att_kernels_scalar()->dot_f32(a, b, w->dim);
    return i == j ? 1 : (1 - ATT_DPP_JITTER) * (1 + ATT_MAX(-1, ATT_MIN(cosine, 1))) / 2;
}

// log of the conditional variance of the last of `set`: the last pivot of a Cholesky factorization
// from scratch.
static double last_pivot(const world *w, const uint32_t *set, size_t count, double *l)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = kernel_of(w, set[i], set[j]);
            for (size_t k = 0; k < j; k++)
                sum -= l[i * ATT_SLATE_MAX + k] * l[j * ATT_SLATE_MAX + k];
            l[i * ATT_SLATE_MAX + j] =
                i == j ? sqrt(ATT_MAX(sum, ATT_DPP_JITTER)) : sum / l[j * ATT_SLATE_MAX + j];
        }
    return 2 * log(l[(count - 1) * (ATT_SLATE_MAX + 1)]);
}

static double plain_score(
    const world *w, att_calibration *c, uint32_t *set, size_t at, uint32_t candidate, double *l)
{
    const att_candidate *x = &w->candidates[candidate];
    double score = att_calibration_gain(c, x->tags, x->tag_count);
    for (int t = 0; t < ATT_TERM_CALIBRATION; t++)
        score += x->terms[t];
    set[at] = candidate;
    return score + w->policy.objective.diversity * 0.5 * last_pivot(w, set, at + 1, l);
}

// Greedy over all; without out-of-distribution slots and exploration.
static bool plain_agrees(world *w, const att_slot *slots)
{
    att_calibration c;
    uint32_t set[ATT_SLATE_MAX];
    double *l = get((size_t)ATT_SLATE_MAX * ATT_SLATE_MAX, sizeof *l);
    bool *taken = get(w->count, sizeof *taken), agrees = true;
    if (att_calibration_init(
            &c, w->mix, tag_total, w->policy.objective.calibration, &w->scratch, NULL) != ATT_OK)
        exit(1);
    for (size_t s = 0; s < ATT_MIN(w->wanted, w->count); s++) {
        uint32_t best = ATT_NO_CANDIDATE;
        double best_score = 0;
        for (uint32_t i = 0; i < w->count; i++) {
            const double score = taken[i] ? 0 : plain_score(w, &c, set, s, i, l);
            if (!taken[i] && (best == ATT_NO_CANDIDATE || score > best_score)) {
                best = i;
                best_score = score;
            }
        }
        agrees = agrees && best == slots[s].candidate;
        taken[best] = true;
        set[s] = best;
        att_calibration_choose(&c, w->candidates[best].tags, 3);
    }
    free(l);
    free(taken);
    return agrees;
}

static bool compare_plain(world *w, double *plain_us, double *lazy_us)
{
    att_slot slots[ATT_SLATE_MAX];
    w->policy.objective.method = ATT_DIVERSITY_DPP;
    w->policy.objective.out_of_distribution = 0;
    w->input.allowance = (att_allowance){0, 0};
    const double start = now_us();
    build(w, slots, 1);
    const double between = now_us();
    const bool agrees = plain_agrees(w, slots);
    *plain_us = now_us() - between;
    *lazy_us = between - start;
    return agrees;
}

static size_t argument(int count, char **arguments, int at, size_t otherwise)
{
    return count > at ? (size_t)strtoull(arguments[at], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    world w = {.count = argument(argc, argv, 1, 500),
        .dim = argument(argc, argv, 2, 64),
        .wanted = argument(argc, argv, 3, 20),
        .repeats = argument(argc, argv, 4, 2000)};
    const att_host host = att_host_default();
    uint64_t hash = 0;
    if (!w.count || !w.dim || !w.wanted || w.wanted > ATT_SLATE_MAX || !w.repeats) {
        fprintf(stderr, "usage: bench_slate [candidates] [dim] [wanted, 1 to %d] [repeats]\n",
            ATT_SLATE_MAX);
        return 2;
    }
    make(&w, &host);
    printf("slate of %zu of %zu candidates, d = %zu, kernels %s, us each\n", w.wanted, w.count,
        w.dim, att_kernels_best()->name);
    const double context = time_stage(&w, stage_context), less = time_stage(&w, stage_less);
    const double terms = time_stage(&w, stage_terms), pool = time_stage(&w, stage_pool);
    printf(
        "  context %.1f  less-like(2) %.1f  terms %.1f  pool %.1f\n", context, less, terms, pool);
    const double dpp = time_build(&w, ATT_DIVERSITY_DPP, &hash);
    const double mmr = time_build(&w, ATT_DIVERSITY_MMR, &hash);
    const double none = time_build(&w, ATT_DIVERSITY_NONE, &hash);
    printf("  build: dpp %.1f  mmr %.1f  none %.1f\n", dpp, mmr, none);
    double plain, lazy;
    bool agrees = compare_plain(&w, &plain, &lazy);
    for (size_t i = 0; i < w.count; i++)
        for (int t = 0; t < ATT_TERM_COUNT; t++)
            w.candidates[i].terms[t] *= 0.01;
    const double level = time_build(&w, ATT_DIVERSITY_DPP, &hash);
    double level_plain;
    agrees = compare_plain(&w, &level_plain, &lazy) && agrees;
    printf("  build: dpp of level scores %.1f\n", level);
    printf("  plain dpp %.0f (%.0f times), same slates: %s\n", plain, plain / dpp,
        agrees ? "yes" : "NO");
    printf("  hash %016llx\n", (unsigned long long)hash);
    drop(&w);
    return agrees ? 0 : 1;
}
