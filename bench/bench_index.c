// SPDX-License-Identifier: Apache-2.0
// bench_index [vectors] [dim] [clusters] [queries] [length-spread] - how fast the index finds how much.
//
// Vectors are a mixture of Gaussians: a centre with N(0, 1) in every component, plus N(0, 1); with a length
// spread s each is stretched by exp(N(0, s)). Queries are drawn alike. All times are processor time of one
// thread. The widths of each index are swept, and its speed at recall@10 = 0.97 is read off between
// the two neighbouring points. Beside it hnswlib and faiss, where the build found them.
#include "attune/retrieve.h"
#include "base/rng.h"
#include "bench_index_others.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TOP = 10, WIDE = 500 };
#define WANTED_RECALL 0.97

static const uint32_t widths[] = {10, 12, 16, 20, 25, 32, 40, 50, 64, 80, 100, 140, 200, 300, 500};
enum { WIDTH_COUNT = sizeof widths / sizeof *widths };

typedef struct world {
    size_t count, dim, clusters, queries;
    double spread;
    float *centres, *vectors, *asked; // (clusters, dim), (count, dim), (queries, dim)
    uint32_t *truth;                  // (queries, TOP)
} world;

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void *get(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    if (!memory) {
        fprintf(stderr, "bench_index: out of memory\n");
        exit(1);
    }
    return memory;
}

static void must(att_status status, const att_error *err)
{
    if (status == ATT_OK)
        return;
    fprintf(stderr, "bench_index: %s\n", err->text);
    exit(1);
}

static void draw(const world *w, att_rng *rng, float *out, double spread)
{
    const float *centre = w->centres + att_rng_below(rng, w->clusters) * w->dim;
    const double stretch = exp(spread * att_rng_normal(rng));
    for (size_t d = 0; d < w->dim; d++)
        out[d] = (float)((centre[d] + att_rng_normal(rng)) * stretch);
}

static void make_world(world *w)
{
    att_rng rng = att_rng_seed(1);
    w->centres = get(w->clusters * w->dim, sizeof(float));
    w->vectors = get(w->count * w->dim, sizeof(float));
    w->asked = get(w->queries * w->dim, sizeof(float));
    w->truth = get(w->queries * TOP, sizeof(uint32_t));
    for (size_t i = 0; i < w->clusters * w->dim; i++)
        w->centres[i] = (float)att_rng_normal(&rng);
    for (size_t i = 0; i < w->count; i++)
        draw(w, &rng, w->vectors + i * w->dim, w->spread);
    for (size_t i = 0; i < w->queries; i++)
        draw(w, &rng, w->asked + i * w->dim, 0);
}

static att_index *build(const world *w, size_t count, att_index_form form, double *seconds)
{
    att_index *index = NULL;
    att_error err;
    const att_index_options options = {
        .dim = (uint32_t)w->dim, .form = form, .capacity = (uint32_t)count, .seed = 1};
    uint32_t *ids = get(count, sizeof *ids);
    for (size_t i = 0; i < count; i++)
        ids[i] = (uint32_t)i;
    const double start = now_s();
    must(att_index_create(&index, &options, NULL, &err), &err);
    must(att_index_add(index, ids, w->vectors, count, 1, &err), &err);
    *seconds = now_s() - start;
    free(ids);
    return index;
}

static size_t in_common(const uint32_t *a, const uint32_t *b, size_t count)
{
    size_t same = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            same += a[i] == b[j];
    return same;
}

// One index under test: ours, or another's.
typedef struct contender {
    const char *name;
    const bench_other *other;
    void *other_index;
    const att_index *index;
    att_search *search;
} contender;

static void ask(const contender *c, const world *w, size_t q, uint32_t width, uint32_t *ids)
{
    const float *query = w->asked + q * w->dim;
    if (c->other) {
        c->other->top(c->other_index, query, TOP, width, ids);
        return;
    }
    att_hit hits[TOP];
    size_t found = 0;
    att_error err;
    must(att_index_top(c->index, c->search, query, NULL, TOP, width, hits, &found, &err), &err);
    for (size_t i = 0; i < TOP; i++)
        ids[i] = i < found ? hits[i].id : UINT32_MAX;
}

typedef struct point {
    double recall, per_second;
} point;

static point measure(const contender *c, const world *w, uint32_t width)
{
    uint32_t *ids = get(w->queries * TOP, sizeof *ids);
    double best = 1e30;
    for (int round = 0; round < 3; round++) {
        const double start = now_s();
        for (size_t q = 0; q < w->queries; q++)
            ask(c, w, q, width, ids + q * TOP);
        best = fmin(best, now_s() - start);
    }
    size_t right = 0;
    for (size_t q = 0; q < w->queries; q++)
        right += in_common(ids + q * TOP, w->truth + q * TOP, TOP);
    free(ids);
    return (point){(double)right / (double)(w->queries * TOP), (double)w->queries / best};
}

// Between two points the time of a query is taken as linear in log(1 - recall).
static double between(point a, point b)
{
    const double from = log(1 - a.recall), to = log(fmax(1 - b.recall, 1e-6));
    const double share = (log(1 - WANTED_RECALL) - from) / (to - from);
    return 1 / (1 / a.per_second + share * (1 / b.per_second - 1 / a.per_second));
}

// Queries a second at the wanted recall; 0 when it is not reached.
static double sweep(const contender *c, const world *w)
{
    point before = {0};
    for (size_t i = 0; i < WIDTH_COUNT; i++) {
        const point here = measure(c, w, widths[i]);
        printf("  %-8s width %3u  recall@10 %.4f  %8.0f q/s\n", c->name, widths[i], here.recall,
            here.per_second);
        if (here.recall >= WANTED_RECALL)
            return i && before.recall < WANTED_RECALL ? between(before, here) : here.per_second;
        before = here;
    }
    return 0;
}

static void find_truth(const world *w, const contender *ours, double *per_second)
{
    const double start = now_s();
    for (size_t q = 0; q < w->queries; q++) {
        att_hit hits[TOP];
        size_t found;
        att_error err;
        must(att_index_top_exact(
                 ours->index, ours->search, w->asked + q * w->dim, NULL, TOP, hits, &found, &err),
            &err);
        for (size_t i = 0; i < TOP; i++)
            w->truth[q * TOP + i] = i < found ? hits[i].id : UINT32_MAX;
    }
    *per_second = (double)w->queries / (now_s() - start);
}

static void compare_others(const world *w, double ours, double our_build)
{
    const bench_other *others = NULL;
    const size_t count = bench_others(&others);
    if (count == 0)
        printf("hnswlib and faiss are not in this build: ours runs alone\n");
    for (size_t i = 0; i < count; i++) {
        contender c = {.name = others[i].name, .other = &others[i]};
        const double start = now_s();
        c.other_index = others[i].build(w->vectors, w->count, w->dim);
        const double seconds = now_s() - start;
        printf("%s build %.2f s\n", c.name, seconds);
        const double speed = sweep(&c, w);
        printf("%s at recall %.2f: %.0f q/s; ours is %.2f times as fast, its build takes %.2f of "
               "the time\n",
            c.name, WANTED_RECALL, speed, speed > 0 ? ours / speed : 0, our_build / seconds);
        others[i].destroy(c.other_index);
    }
}

typedef struct filtered {
    double walked_s, exact_s, recall;
    size_t least_found;
} filtered;

static filtered ask_filtered(const contender *ours, const world *w, const att_filter *filter)
{
    filtered sum = {.least_found = SIZE_MAX};
    att_hit *exact = get(w->queries * TOP, sizeof *exact),
            *walked = get(w->queries * TOP, sizeof *walked);
    size_t *exact_count = get(w->queries, sizeof(size_t)),
           *walked_count = get(w->queries, sizeof(size_t));
    att_error err;
    double start = now_s();
    for (size_t q = 0; q < w->queries; q++)
        must(att_index_top_exact(ours->index, ours->search, w->asked + q * w->dim, filter, TOP,
                 exact + q * TOP, &exact_count[q], &err),
            &err);
    sum.exact_s = now_s() - start;
    start = now_s();
    for (size_t q = 0; q < w->queries; q++)
        must(att_index_top(ours->index, ours->search, w->asked + q * w->dim, filter, TOP, 0,
                 walked + q * TOP, &walked_count[q], &err),
            &err);
    sum.walked_s = now_s() - start;
    size_t right = 0, wanted = 0;
    for (size_t q = 0; q < w->queries; q++) {
        wanted += exact_count[q];
        sum.least_found = walked_count[q] < sum.least_found ? walked_count[q] : sum.least_found;
        for (size_t a = 0; a < exact_count[q]; a++)
            for (size_t b = 0; b < walked_count[q]; b++)
                right += exact[q * TOP + a].id == walked[q * TOP + b].id;
    }
    sum.recall = wanted ? (double)right / (double)wanted : 1;
    free(exact);
    free(walked);
    free(exact_count);
    free(walked_count);
    return sum;
}

static void filter_table(const contender *ours, const world *w)
{
    static const double shares[] = {1, 0.5, 0.3, 0.2, 0.1, 0.05, 0.01, 0.001};
    uint64_t *bits = get(w->count / 64 + 1, sizeof *bits);
    printf("filter  eligible  recall@10  least found       q/s  exact scan q/s  ratio\n");
    for (size_t s = 0; s < sizeof shares / sizeof *shares; s++) {
        att_rng rng = att_rng_seed(7);
        size_t eligible = 0;
        memset(bits, 0, (w->count / 64 + 1) * sizeof *bits);
        for (size_t i = 0; i < w->count; i++)
            if (att_rng_unit(&rng) < shares[s]) {
                bits[i / 64] |= 1ull << (i % 64);
                eligible++;
            }
        const att_filter filter = {bits, w->count, eligible, NULL, 0};
        const filtered f = ask_filtered(ours, w, &filter);
        printf("%5.1f %%  %8zu     %.4f     %8zu  %8.0f        %8.0f  %5.1f\n", shares[s] * 100,
            eligible, f.recall, f.least_found, (double)w->queries / f.walked_s,
            (double)w->queries / f.exact_s, f.exact_s / f.walked_s);
    }
    free(bits);
}

// One vector in ten is replaced by another, one call each; then as many removed, and put back.
static void churn(const contender *ours, att_index *index, const world *w)
{
    const size_t count = w->count / 10;
    att_rng rng = att_rng_seed(9);
    att_error err;
    double times[3] = {0};
    for (int kind = 0; kind < 3; kind++) {
        for (size_t i = 0; i < count; i++) {
            const uint32_t id = (uint32_t)(i * 10);
            if (kind == 0)
                draw(w, &rng, w->vectors + id * w->dim, w->spread);
            const double start = now_s();
            if (kind == 1)
                must(att_index_remove(index, id, &err), &err);
            else
                must(att_index_add(index, &id, w->vectors + id * w->dim, 1, 1, &err), &err);
            times[kind] += now_s() - start;
        }
    }
    double unused;
    find_truth(w, ours, &unused);
    const point after = measure(ours, w, 64);
    printf("churn: replace %.0f us, remove %.0f us, add %.0f us each; then recall@10 %.4f and %.0f "
           "q/s at width 64\n",
        times[0] * 1e6 / (double)count, times[1] * 1e6 / (double)count,
        times[2] * 1e6 / (double)count, after.recall, after.per_second);
}

static void file_times(const att_index *index)
{
    static const char path[] = "bench_index.tmp";
    att_error err;
    att_index *loaded = NULL;
    const double start = now_s();
    must(att_index_save(index, path, &err), &err);
    const double saved = now_s();
    must(att_index_load(&loaded, path, NULL, &err), &err);
    printf("file: saved in %.3f s, loaded and checked in %.3f s\n", saved - start, now_s() - saved);
    att_index_destroy(loaded);
    remove(path);
}

// Many candidates for one slate.
static void wide(const world *w)
{
    const size_t count = w->count / 2;
    double seconds;
    att_index *index = build(w, count, ATT_INDEX_I8, &seconds);
    att_search *search = NULL;
    att_error err;
    must(att_search_create(&search, NULL, &err), &err);
    static att_hit hits[WIDE], exact[WIDE];
    size_t found, exact_found, right = 0, wanted = 0;
    double spent = 0;
    for (size_t q = 0; q < w->queries; q++) {
        const float *query = w->asked + q * w->dim;
        const double start = now_s();
        must(att_index_top(index, search, query, NULL, WIDE, 0, hits, &found, &err), &err);
        spent += now_s() - start;
        if (q % 16)
            continue;
        must(
            att_index_top_exact(index, search, query, NULL, WIDE, exact, &exact_found, &err), &err);
        wanted += exact_found;
        for (size_t a = 0; a < exact_found; a++)
            for (size_t b = 0; b < found; b++)
                right += exact[a].id == hits[b].id;
    }
    printf("top %d of %zu: %.1f us, recall %.4f\n", WIDE, count, spent * 1e6 / (double)w->queries,
        (double)right / (double)wanted);
    att_search_destroy(search);
    att_index_destroy(index);
}

static void churn_world(const world *w)
{
    double seconds;
    att_error err;
    att_index *index = build(w, w->count, ATT_INDEX_I8, &seconds);
    contender ours = {.name = "i8", .index = index};
    must(att_search_create(&ours.search, NULL, &err), &err);
    churn(&ours, index, w);
    att_search_destroy(ours.search);
    att_index_destroy(index);
}

static size_t argument(int argc, char **argv, int i, size_t otherwise)
{
    return argc > i ? strtoull(argv[i], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    world w = {.count = argument(argc, argv, 1, 200000),
        .dim = argument(argc, argv, 2, 64),
        .clusters = argument(argc, argv, 3, 100),
        .queries = argument(argc, argv, 4, 2000),
        .spread = argc > 5 ? atof(argv[5]) : 0};
    make_world(&w);
    static const char *const names[] = {"f32", "i8"};
    double speed = 0, seconds = 0, exact = 0;
    for (int form = ATT_INDEX_F32; form <= ATT_INDEX_I8; form++) {
        att_index *index = build(&w, w.count, (att_index_form)form, &seconds);
        contender ours = {.name = names[form], .index = index};
        att_error err;
        must(att_search_create(&ours.search, NULL, &err), &err);
        find_truth(&w, &ours, &exact);
        printf("ours %s: %zu x %zu, build %.2f s, %.0f bytes an item, exact scan %.0f q/s\n",
            names[form], w.count, w.dim, seconds, (double)att_index_bytes(index) / (double)w.count,
            exact);
        speed = sweep(&ours, &w);
        printf("ours %s at recall %.2f: %.0f q/s\n", names[form], WANTED_RECALL, speed);
        if (form == ATT_INDEX_I8) {
            filter_table(&ours, &w);
            file_times(index);
        }
        att_search_destroy(ours.search);
        att_index_destroy(index);
    }
    wide(&w);
    compare_others(&w, speed, seconds);
    churn_world(&w);
    free(w.centres);
    free(w.vectors);
    free(w.asked);
    free(w.truth);
    return 0;
}
