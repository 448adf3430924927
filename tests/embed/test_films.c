// SPDX-License-Identifier: Apache-2.0
// The order of the baselines on real preferences: MovieLens, when it is there.
#include "check.h"
#include "embed/holdout.h"
#include "embed/model_parts.h"
#include "embed/scorer.h"
#include "embed/top.h"

#include <math.h>

enum { PEOPLE_MAX = 1000, FILMS_MAX = 200000, RATINGS_MAX = 110000 };

// Ratings of 4 and above; people and films numbered as they come.
static att_matrix read_films(const char *folder, const att_host *host)
{
    char path[512];
    snprintf(path, sizeof path, "%s/ratings.csv", folder);
    char *text = check_read_file(path, NULL);
    att_triplet *triplets = calloc(RATINGS_MAX, sizeof *triplets);
    uint32_t *numbers = calloc(FILMS_MAX, sizeof *numbers), films = 0, people = 0;
    size_t count = 0;
    for (char *line = strchr(text, '\n'); line && line[1] && count < RATINGS_MAX;
         line = strchr(line + 1, '\n')) {
        unsigned user, film;
        double rating;
        if (sscanf(line + 1, "%u,%u,%lf", &user, &film, &rating) != 3 || rating < 4 ||
            film >= FILMS_MAX)
            continue;
        if (!numbers[film])
            numbers[film] = ++films;
        triplets[count++] = (att_triplet){user - 1, numbers[film] - 1, 1};
        people = ATT_MAX(people, user);
    }
    att_matrix m;
    CHECK_OK(att_matrix_build(&m, people, films, triplets, count, host, NULL));
    free(numbers);
    free(triplets);
    free(text);
    return m;
}

static double ndcg_of(
    const att_scorer *scorer, const att_holdout *h, att_fold *memory, const att_host *host)
{
    const att_scorer_params params = {.seed = 1, .threads = 2};
    const att_scorer_input input = {.matrix = &h->train};
    void *model = NULL;
    CHECK_OK(scorer->train(&model, &input, &params, host, NULL));
    float *scores = calloc(h->train.cols, sizeof *scores), best[100];
    uint32_t items[100];
    double sum = 0;
    for (uint32_t p = 0; p < h->history.rows; p++) {
        const uint64_t first = h->history.row_start[p], at = h->targets.row_start[p];
        const size_t count = (size_t)(h->history.row_start[p + 1] - first);
        const att_history history = {
            .items = h->history.col + first, .weights = h->history.value + first, .count = count};
        CHECK_OK(scorer->score_all(model, memory, &history, scores, NULL));
        for (size_t k = 0; k < count; k++)
            scores[h->history.col[first + k]] = -INFINITY;
        att_top top = {items, best, 0, 100};
        for (uint32_t j = 0; j < h->train.cols; j++)
            att_top_offer(&top, j, scores[j]);
        att_top_sort(&top);
        sum += att_quality_of(
            items, top.count, h->targets.col + at, (size_t)(h->targets.row_start[p + 1] - at))
                   .ndcg_100;
    }
    free(scores);
    scorer->destroy(model);
    return sum / h->history.rows;
}

CHECK_TEST(blend_beats_ease_beats_neighbours_beats_popularity_beats_chance)
{
    const char *folder = check_shared("movielens-small");
    if (!folder)
        CHECK_SKIP("no films here");
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_matrix m = read_films(folder, &host);
    const att_holdout_options options = {.seed = 1, .held = 120, .least = 5};
    att_holdout h;
    att_fold *memory = NULL;
    CHECK_OK(att_holdout_make(&h, &m, NULL, &options, &host, NULL));
    CHECK_OK(att_fold_create(&memory, &host, NULL));
    const att_scorer *const order[] = {&att_scorer_random, &att_scorer_popularity,
        &att_scorer_item_knn, &att_scorer_ease, &att_scorer_blend};
    double last = 0;
    for (size_t s = 0; s < ATT_COUNT_OF(order); s++) {
        const double ndcg = ndcg_of(order[s], &h, memory, &host);
        print_message("# %s: NDCG@100 %.4f\n", order[s]->name, ndcg);
        CHECK(ndcg > last * (s < 3 ? 1.05 : 1)); // those that learn pairs lie close together
        last = ndcg;
    }
    att_fold_destroy(memory);
    att_holdout_deinit(&h, &host);
    att_matrix_deinit(&m, &host);
}

CHECK_MAIN(CHECK_CASE(blend_beats_ease_beats_neighbours_beats_popularity_beats_chance))
