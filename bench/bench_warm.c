// SPDX-License-Identifier: Apache-2.0
// bench/bench_warm.c - how soon a factorization that starts warm is as good as one that starts cold.
//
//   bench_warm [people items each dim]      a made world
//   bench_warm FOLDER|FILE [dim]            a MovieLens folder (ratings of 4 and above), or lines "user item", each
//                                           person's in order of time
//
// The model before learned from the first 80 % of each person's preferences. The cold and the warm start learn from the
// first 90 %; the rest is sought (NDCG@100 and recall@20 among all items that the person did not prefer before). One line a start: passes, quality, processor seconds, share of the cold start's; means over
// five seeds, each with a model before of its own. Printed last: the least time in which a warm start was as good as the
// cold one, within one percent.
#include "attune/measure.h"
#include "base/rng.h"
#include "embed/holdout.h"
#include "embed/model_parts.h"
#include "measure/dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define COLD_PASSES 16
#define SEEDS 5

typedef struct pair {
    int64_t at;
    uint32_t user, item;
} pair;

typedef struct world {
    pair *pairs; // (count) in order of time, each person and item once
    size_t count;
    uint32_t users, items;
} world;

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void need(att_status status, const att_error *err)
{
    if (!status)
        return;
    fprintf(stderr, "bench_warm: %s\n", err ? err->text : att_status_text(status));
    exit(1);
}

static void add(world *w, uint32_t user, uint32_t item, int64_t at)
{
    if ((w->count & (w->count - 1)) == 0)
        w->pairs = realloc(w->pairs, 2 * (w->count + 1) * sizeof *w->pairs);
    if (!w->pairs)
        need(ATT_NO_MEMORY, NULL);
    w->pairs[w->count++] = (pair){at, user, item};
    w->users = ATT_MAX(w->users, user + 1);
    w->items = ATT_MAX(w->items, item + 1);
}

// People love one of 12 kinds and meet others; the first numbers of a kind are popular, and new items come with time.
static void make_world(world *w, uint32_t people, uint32_t items, uint32_t each)
{
    enum { kinds = 12 };
    att_rng rng = att_rng_seed(3);
    const uint32_t count = people * each;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t user = (uint32_t)att_rng_below(&rng, people);
        const double known = 0.7 + 0.3 * i / count, draw = att_rng_unit(&rng);
        uint32_t item = (uint32_t)(draw * draw * known * items);
        if (att_rng_unit(&rng) < 0.75)
            item = item / kinds * kinds + user % kinds;
        if (item < items)
            add(w, user, item, i);
    }
}

static void read_lines(world *w, const char *path)
{
    FILE *file = fopen(path, "r");
    unsigned user, item;
    if (!file)
        need(ATT_NOT_FOUND, &(att_error){.text = "there is no such file"});
    for (int64_t at = 0; fscanf(file, "%u %u", &user, &item) == 2; at++)
        add(w, user, item, at);
    fclose(file);
}

static void read_films(world *w, const char *folder)
{
    att_dataset *films = NULL;
    att_error err;
    need(att_dataset_movielens(&films, folder, 4, NULL, &err), &err);
    for (size_t i = 0; i < films->seen.count; i++) {
        const att_observation *o = &films->seen.items[i];
        if (o->weight > 0)
            add(w, o->user, o->item, o->at_ms);
    }
    att_dataset_destroy(films);
}

static int by_pair(const void *a, const void *b)
{
    const pair *x = a, *y = b;
    if (x->user != y->user)
        return x->user < y->user ? -1 : 1;
    if (x->item != y->item)
        return x->item < y->item ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

static int by_time(const void *a, const void *b)
{
    const pair *x = a, *y = b;
    return x->at != y->at ? (x->at > y->at) - (x->at < y->at) : by_pair(a, b);
}

static int by_person(const void *a, const void *b)
{
    const pair *x = a, *y = b;
    return x->user != y->user ? (x->user > y->user) - (x->user < y->user) : by_time(a, b);
}

// `at` becomes how far the person's own history had come, in millionths.
static void take_progress(world *w)
{
    qsort(w->pairs, w->count, sizeof *w->pairs, by_person);
    for (size_t first = 0, end; first < w->count; first = end) {
        for (end = first; end < w->count && w->pairs[end].user == w->pairs[first].user;)
            end++;
        for (size_t i = first; i < end; i++)
            w->pairs[i].at = (int64_t)(1000000 * (i - first) / (end - first));
    }
}

static size_t until(const world *w, int64_t at)
{
    size_t count = 0;
    while (count < w->count && w->pairs[count].at < at)
        count++;
    return count;
}

static void order(world *w)
{
    size_t kept = 0;
    qsort(w->pairs, w->count, sizeof *w->pairs, by_pair);
    for (size_t i = 0; i < w->count; i++)
        if (!kept || w->pairs[kept - 1].user != w->pairs[i].user || w->pairs[kept - 1].item != w->pairs[i].item)
            w->pairs[kept++] = w->pairs[i];
    w->count = kept;
    take_progress(w);
    qsort(w->pairs, w->count, sizeof *w->pairs, by_time);
}

static att_matrix matrix_of(const world *w, size_t from, size_t to, const att_host *host)
{
    att_triplet *triplets = malloc((to - from + 1) * sizeof *triplets);
    att_matrix m;
    att_error err;
    if (!triplets)
        need(ATT_NO_MEMORY, NULL);
    for (size_t i = from; i < to; i++)
        triplets[i - from] = (att_triplet){w->pairs[i].user, w->pairs[i].item, 1};
    need(att_matrix_build(&m, w->users, w->items, triplets, to - from, host, &err), &err);
    free(triplets);
    return m;
}

static att_holdout slice_of(const att_matrix *before, const att_matrix *after, const att_host *host)
{
    att_holdout h = {0};
    att_error err;
    uint32_t *keep = malloc((before->rows + 1) * sizeof *keep), count = 0;
    if (!keep)
        need(ATT_NO_MEMORY, NULL);
    for (uint32_t u = 0; u < before->rows; u++)
        if (before->row_start[u + 1] > before->row_start[u] && after->row_start[u + 1] > after->row_start[u])
            keep[count++] = u;
    need(att_matrix_pick_rows(&h.history, before, keep, count, host, &err), &err);
    need(att_matrix_pick_rows(&h.targets, after, keep, count, host, &err), &err);
    free(keep);
    return h;
}

typedef struct result {
    double quality, seconds;
} result;

// `before` (SEEDS) NULL: a cold start. `keep` (SEEDS) takes the models.
static result run(const att_matrix *m, const att_holdout *h, att_model *const *before, uint32_t dim, uint32_t passes,
    const att_host *host, att_model **keep)
{
    result mean = {0, 0};
    att_error err;
    for (uint32_t i = 0; i < SEEDS; i++) {
        att_recipe recipe = att_recipe_default();
        att_model *model = NULL;
        recipe.als.dim = dim;
        recipe.als.seed = 5 + i;
        recipe.als.passes = passes;
        recipe.als.start = before ? before[i]->items : NULL; // rows of zeros, of items that came since, are drawn
        const double start = cpu_s();
        need(att_model_build(&model, m, &recipe, 1, host, NULL, &err), &err);
        mean.seconds += (cpu_s() - start) / SEEDS;
        att_quality q;
        need(att_holdout_measure(&q, h, model, 1, host, &err), &err);
        mean.quality += (q.ndcg_100 + q.recall_20) / 2 / SEEDS;
        if (keep)
            keep[i] = model;
        else
            att_model_destroy(model);
    }
    return mean;
}

static void tell(const char *start, uint32_t passes, result r, result cold)
{
    printf("warm,%s,%u,%.5f,%.4f,%.3f\n", start, passes, r.quality, r.seconds, r.seconds / cold.seconds);
}

int main(int argc, char **argv)
{
    const att_host host = att_host_default();
    world w = {0};
    uint32_t dim = 64;
    const bool is_made = argc < 2 || (argv[1][0] >= '0' && argv[1][0] <= '9');
    const size_t name_size = argc > 1 ? strlen(argv[1]) : 0;
    if (is_made) {
        make_world(&w, argc > 1 ? (uint32_t)atoi(argv[1]) : 20000, argc > 2 ? (uint32_t)atoi(argv[2]) : 5000,
            argc > 3 ? (uint32_t)atoi(argv[3]) : 40);
        dim = argc > 4 ? (uint32_t)atoi(argv[4]) : dim;
    } else {
        dim = argc > 2 ? (uint32_t)atoi(argv[2]) : dim;
        if (name_size > 4 && strcmp(argv[1] + name_size - 4, ".txt") == 0)
            read_lines(&w, argv[1]);
        else
            read_films(&w, argv[1]);
    }
    order(&w);
    const size_t early = until(&w, 800000), late = until(&w, 900000);
    att_matrix before = matrix_of(&w, 0, early, &host), all = matrix_of(&w, 0, late, &host),
               after = matrix_of(&w, late, w.count, &host);
    att_holdout h = slice_of(&all, &after, &host);
    printf("# %zu preferences of %u people for %u items, %u people judge, dim %u\n", w.count, w.users, w.items,
        h.history.rows, dim);
    printf("bench,start,passes,quality,cpu_s,share_of_cold\n");
    att_model *models[SEEDS];
    const result old = run(&before, &h, NULL, dim, COLD_PASSES, &host, models);
    const result cold = run(&all, &h, NULL, dim, COLD_PASSES, &host, NULL);
    tell("before", COLD_PASSES, old, cold);
    tell("cold", COLD_PASSES, cold, cold);
    double least = 0;
    static const uint32_t passes[] = {1, 2, 3, 4, 6, 8};
    for (size_t p = 0; p < ATT_COUNT_OF(passes); p++) {
        const result c = run(&all, &h, NULL, dim, passes[p], &host, NULL);
        const result r = run(&all, &h, models, dim, passes[p], &host, NULL);
        tell("cold", passes[p], c, cold);
        tell("warm", passes[p], r, cold);
        if (!least && r.quality >= cold.quality * 0.99)
            least = r.seconds / cold.seconds;
    }
    if (least)
        printf("# a warm start is as good as the cold one in %.0f %% of its time\n", 100 * least);
    else
        printf("# no warm start of up to 8 passes was as good as the cold one\n");
    for (int i = 0; i < SEEDS; i++)
        att_model_destroy(models[i]);
    att_matrix_deinit(&before, &host);
    att_matrix_deinit(&all, &host);
    att_matrix_deinit(&after, &host);
    att_holdout_deinit(&h, &host);
    free(w.pairs);
    return 0;
}
