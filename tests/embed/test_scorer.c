// SPDX-License-Identifier: Apache-2.0
#include "check.h"
#include "embed/baselines.h"
#include "embed/scorer.h"
#include "world.h"

#include <math.h>

// Three people: {0, 1}, {0, 1, 2}, {2}.
static att_matrix hand_matrix(const att_host *host)
{
    const att_triplet triplets[] = {
        {0, 0, 1}, {0, 1, 1}, {1, 0, 1}, {1, 1, 1}, {1, 2, 1}, {2, 2, 1}};
    att_matrix m;
    CHECK_OK(att_matrix_build(&m, 3, 4, triplets, 6, host, NULL));
    return m;
}

CHECK_TEST(neighbours_are_shrunk_cosines)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_matrix m = hand_matrix(&host);
    att_item_item b;
    att_knn_options options = {.neighbours = 4, .shrinkage = 2, .threads = 2};
    CHECK_OK(att_knn_train(&b, &m, &options, &host, NULL));
    // Items 0 and 1 share two people, norms sqrt 2: 2 / (2 + 2). Items 0 and 2 share one: 1 / (2 + 2).
    CHECK_NEAR(att_item_item_at(&b, 0, 1), 0.5, 1e-6);
    CHECK_NEAR(att_item_item_at(&b, 0, 2), 0.25, 1e-6);
    CHECK_NEAR(att_item_item_at(&b, 0, 0), 0, 0);
    CHECK_NEAR(att_item_item_at(&b, 0, 3), 0, 0);
    att_item_item_deinit(&b, &host);
    options.neighbours = 1;
    CHECK_OK(att_knn_train(&b, &m, &options, &host, NULL));
    CHECK_NEAR(att_item_item_at(&b, 2, 0), 0, 0); // 1 is nearer to 0
    CHECK_NEAR(
        att_item_item_at(&b, 0, 2), 0.25, 1e-6); // 0 and 1 are as near to 2: the lower number stays
    CHECK_NEAR(att_item_item_at(&b, 1, 2), 0, 0);
    att_item_item_deinit(&b, &host);
    options.neighbours = 0;
    CHECK_FAILS(att_knn_train(&b, &m, &options, &host, NULL), ATT_INVALID);
    att_matrix_deinit(&m, &host);
}

CHECK_TEST(popularity_is_the_share_of_people)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_matrix m = hand_matrix(&host);
    const att_scorer_params params = {.seed = 1};
    void *model = NULL;
    float scores[4];
    const att_scorer_input input = {.matrix = &m};
    const att_history nothing = {.count = 0};
    CHECK_OK(att_scorer_popularity.train(&model, &input, &params, &host, NULL));
    CHECK_OK(att_scorer_popularity.score_all(model, NULL, &nothing, scores, NULL));
    CHECK_NEAR(scores[0], 2.0 / 3, 1e-6);
    CHECK_NEAR(scores[3], 0, 0);
    att_scorer_popularity.destroy(model);
    att_matrix_deinit(&m, &host);
}

// As if everybody had preferred items in the order of a hash.
static uint32_t *order_of(const att_matrix *m, const att_host *host)
{
    uint32_t *order = ATT_NEW_ARRAY(host, uint32_t, att_matrix_nonzeros(m));
    for (uint64_t k = 0; k < att_matrix_nonzeros(m); k++)
        order[k] = (uint32_t)(att_mix64(k) >> 40);
    return order;
}

static void score(const att_scorer *scorer, const att_matrix *m, uint64_t seed,
    const uint32_t *items, size_t count, float *scores, const att_host *host)
{
    const float weights[] = {1, 1, 1, 1};
    const att_scorer_params params = {.seed = seed, .dim = 16, .passes = 4, .threads = 2};
    void *model = NULL;
    att_fold *memory = NULL;
    att_error err = {0};
    CHECK_OK(att_fold_create(&memory, host, NULL));
    uint32_t *order = order_of(m, host);
    const att_scorer_input input = {.matrix = m, .order = order};
    const att_history history = {.items = items, .weights = weights, .count = count};
    CHECK_OK_ERR(scorer->train(&model, &input, &params, host, &err), &err);
    CHECK_OK(scorer->score_all(model, memory, &history, scores, NULL));
    scorer->destroy(model);
    att_fold_destroy(memory);
    ATT_FREE_ARRAY(host, order, att_matrix_nonzeros(m));
}

CHECK_TEST(random_order_hangs_on_seed_and_history_alone)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_matrix m = hand_matrix(&host);
    const uint32_t history[] = {0, 2};
    float a[4], b[4];
    score(&att_scorer_random, &m, 5, history, 2, a, &host);
    score(&att_scorer_random, &m, 5, history, 2, b, &host);
    CHECK(memcmp(a, b, sizeof a) == 0);
    score(&att_scorer_random, &m, 6, history, 2, b, &host);
    CHECK(memcmp(a, b, sizeof a) != 0);
    score(&att_scorer_random, &m, 5, history, 1, b, &host);
    CHECK(memcmp(a, b, sizeof a) != 0);
    att_matrix_deinit(&m, &host);
}

// Whoever learns from people must see that kinds go together.
CHECK_TEST(all_that_learn_find_the_kind_of_the_history)
{
    CHECK_BEGIN();
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    att_matrix m = world_matrix(200, 60, 4, 15, 8, &host);
    const att_scorer *const learners[] = {&att_scorer_item_knn, &att_scorer_als, &att_scorer_ease,
        &att_scorer_blend, &att_scorer_sequence, &att_scorer_chosen};
    const uint32_t history[] = {1, 5, 9, 13};
    for (size_t s = 0; s < ATT_COUNT_OF(learners); s++) {
        float scores[60];
        double same = 0, other = 0;
        score(learners[s], &m, 3, history, 4, scores, &host);
        for (uint32_t i = 16; i < 60; i++)
            *(i % 4 == 1 ? &same : &other) += i % 4 == 1 ? scores[i] : scores[i] / 3;
        CHECK(same > 1.5 * other);
    }
    att_matrix_deinit(&m, &host);
    CHECK_EQ(heap.bytes_live, 0);
}

CHECK_TEST(each_scorer_is_found_by_its_name)
{
    CHECK_BEGIN();
    size_t count;
    const att_scorer *const *all = att_scorer_list(&count);
    CHECK_EQ(count, 8);
    for (size_t i = 0; i < count; i++) {
        CHECK(att_scorer_named(all[i]->name) == all[i]);
        CHECK(strlen(all[i]->story) > 10);
        all[i]->destroy(NULL);
    }
    CHECK(att_scorer_named("oracle") == NULL);
}

CHECK_TEST(running_out_of_memory_leaves_nothing_behind)
{
    CHECK_BEGIN();
    const att_host plain = att_host_default();
    att_matrix m = hand_matrix(&plain);
    size_t count;
    const att_scorer *const *all = att_scorer_list(&count);
    uint32_t *order = order_of(&m, &plain);
    const att_scorer_input input = {.matrix = &m, .order = order};
    for (size_t s = 0; s + 1 < count; s++) {
        for (uint64_t fail_at = 1;; fail_at++) {
            check_heap heap = {.fail_at = fail_at};
            const att_host host = check_host(&heap);
            const att_scorer_params params = {.seed = 1, .dim = 16, .passes = 2};
            void *model = NULL;
            const att_status status = all[s]->train(&model, &input, &params, &host, NULL);
            CHECK(status == ATT_OK || model == NULL);
            all[s]->destroy(model);
            CHECK_EQ(heap.bytes_live, 0);
            if (status == ATT_OK)
                break;
            CHECK_EQ(status, ATT_NO_MEMORY);
        }
    }
    ATT_FREE_ARRAY(&plain, order, att_matrix_nonzeros(&m));
    att_matrix_deinit(&m, &plain);
}

CHECK_MAIN(CHECK_CASE(neighbours_are_shrunk_cosines), CHECK_CASE(popularity_is_the_share_of_people),
    CHECK_CASE(random_order_hangs_on_seed_and_history_alone),
    CHECK_CASE(all_that_learn_find_the_kind_of_the_history),
    CHECK_CASE(each_scorer_is_found_by_its_name),
    CHECK_CASE(running_out_of_memory_leaves_nothing_behind))
