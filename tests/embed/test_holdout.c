// SPDX-License-Identifier: Apache-2.0
#include "check.h"
#include "embed/holdout.h"
#include "embed/model_parts.h"
#include "embed/top.h"
#include "world.h"

#include <math.h>

CHECK_TEST(quality_is_as_worked_by_hand)
{
    CHECK_BEGIN();
    const uint32_t ranked[] = {9, 4, 7, 2}, targets[] = {2, 4, 5};
    // Found at ranks 2 and 4: 1 / log2 3 + 1 / log2 5, of 1 + 1 / log2 3 + 1 / log2 4.
    const att_quality q = att_quality_of(ranked, 4, targets, 3);
    const double ideal = 1 + 1 / log2(3) + 0.5;
    CHECK_NEAR(q.ndcg_100, (1 / log2(3) + 1 / log2(5)) / ideal, 1e-12);
    CHECK_NEAR(q.recall_20, 2.0 / 3, 1e-12);
    CHECK_NEAR(att_quality_of(ranked, 0, targets, 3).ndcg_100, 0, 0);
}

CHECK_TEST(the_best_come_first_and_ties_go_to_the_lower_number)
{
    CHECK_BEGIN();
    uint32_t items[3];
    float scores[3];
    att_top top = {items, scores, 0, 3};
    const float offered[] = {1, 5, 5, 0, 5, 2};
    for (uint32_t i = 0; i < 6; i++)
        att_top_offer(&top, i, offered[i]);
    att_top_sort(&top);
    CHECK_EQ(top.count, 3);
    CHECK_EQ(items[0], 1);
    CHECK_EQ(items[1], 2);
    CHECK_EQ(items[2], 4);
}

static bool has(const att_matrix *m, uint32_t row, uint32_t col)
{
    for (uint64_t k = m->row_start[row]; k < m->row_start[row + 1]; k++)
        if (m->col[k] == col)
            return true;
    return false;
}

CHECK_TEST(a_fifth_is_sought_and_nothing_is_lost_or_told_twice)
{
    CHECK_BEGIN();
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    att_matrix m = world_matrix(100, 40, 4, 15, 3, &host);
    const att_holdout_options options = {.seed = 4, .held = 20, .least = 5};
    att_holdout h;
    CHECK_OK(att_holdout_make(&h, &m, NULL, &options, &host, NULL));
    CHECK_EQ(h.train.rows, 80);
    CHECK_EQ(h.history.rows, 20);
    CHECK_EQ(att_matrix_nonzeros(&h.train) + att_matrix_nonzeros(&h.history) +
                 att_matrix_nonzeros(&h.targets),
        att_matrix_nonzeros(&m));
    for (uint32_t p = 0; p < 20; p++) {
        const uint64_t told = h.history.row_start[p + 1] - h.history.row_start[p];
        const uint64_t sought = h.targets.row_start[p + 1] - h.targets.row_start[p];
        CHECK_EQ(sought, ATT_MAX((told + sought) / 5, 1));
        for (uint64_t k = h.targets.row_start[p]; k < h.targets.row_start[p + 1]; k++)
            CHECK(!has(&h.history, p, h.targets.col[k]));
    }
    att_holdout_deinit(&h, &host);
    att_matrix_deinit(&m, &host);
    CHECK_EQ(heap.bytes_live, 0);
}

CHECK_TEST(with_times_the_newest_are_sought)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_matrix m = world_matrix(60, 40, 4, 15, 3, &host);
    const size_t count = (size_t)att_matrix_nonzeros(&m);
    int64_t *at_ms = calloc(count, sizeof *at_ms);
    for (size_t k = 0; k < count; k++) // the higher the item, the later
        at_ms[k] = 1000 + m.col[k];
    const att_holdout_options options = {.seed = 4, .held = 10, .least = 5};
    att_holdout h;
    CHECK_OK(att_holdout_make(&h, &m, at_ms, &options, &host, NULL));
    for (uint32_t p = 0; p < 10; p++)
        for (uint64_t k = h.targets.row_start[p]; k < h.targets.row_start[p + 1]; k++)
            CHECK(h.targets.col[k] > h.history.col[h.history.row_start[p + 1] - 1]);
    free(at_ms);
    att_holdout_deinit(&h, &host);
    att_matrix_deinit(&m, &host);
}

// A preference's situation is told by its row and column, so that each can be known again.
CHECK_TEST(situations_go_where_their_preferences_go_and_the_oldest_sought_is_asked_in_its_own)
{
    CHECK_BEGIN();
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    att_matrix m = world_matrix(60, 40, 4, 15, 3, &host);
    const size_t count = (size_t)att_matrix_nonzeros(&m);
    int64_t *at_ms = calloc(count, sizeof *at_ms);
    uint16_t *situation = calloc(count, sizeof *situation);
    for (uint32_t u = 0; u < m.rows; u++)
        for (uint64_t k = m.row_start[u]; k < m.row_start[u + 1]; k++) {
            at_ms[k] = 1000 + m.col[k];
            situation[k] = (uint16_t)(u * 100 + m.col[k]);
        }
    const att_holdout_options options = {.seed = 4, .held = 10, .least = 5, .situation = situation};
    att_holdout h;
    CHECK_OK(att_holdout_make(&h, &m, at_ms, &options, &host, NULL));
    for (uint32_t p = 0; p < 10; p++) {
        const uint32_t person = h.asked[p] / 100;
        CHECK_EQ(h.asked[p] % 100, h.targets.col[h.targets.row_start[p]]); // the lower the item, the older
        for (uint64_t k = h.history.row_start[p]; k < h.history.row_start[p + 1]; k++)
            CHECK_EQ(h.history_situation[k], person * 100 + h.history.col[k]);
    }
    for (uint32_t r = 0; r < h.train.rows; r++)
        for (uint64_t k = h.train.row_start[r]; k < h.train.row_start[r + 1]; k++) {
            CHECK_EQ(h.train_situation[k] % 100, h.train.col[k]);
            CHECK_EQ(h.train_situation[k] / 100, h.train_situation[h.train.row_start[r]] / 100);
        }
    free(at_ms);
    free(situation);
    att_holdout_deinit(&h, &host);
    att_matrix_deinit(&m, &host);
    CHECK_EQ(heap.bytes_live, 0);
}

CHECK_TEST(threads_do_not_change_what_is_measured)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_matrix m = world_matrix(200, 60, 4, 15, 3, &host);
    const att_holdout_options options = {.seed = 4, .held = 50, .least = 5};
    att_recipe recipe = att_recipe_default();
    recipe.als.dim = 16;
    att_holdout h;
    att_model *model = NULL;
    att_quality one, four;
    CHECK_OK(att_holdout_make(&h, &m, NULL, &options, &host, NULL));
    CHECK_OK(att_model_build(&model, &h.train, &recipe, 1, &host, NULL, NULL));
    CHECK_OK(att_holdout_measure(&one, &h, model, 1, &host, NULL));
    CHECK_OK(att_holdout_measure(&four, &h, model, 4, &host, NULL));
    CHECK(one.ndcg_100 == four.ndcg_100 && one.recall_20 == four.recall_20);
    CHECK(one.ndcg_100 > 0.2);
    att_model_destroy(model);
    att_holdout_deinit(&h, &host);
    att_matrix_deinit(&m, &host);
}

CHECK_TEST(nobody_left_is_refused)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_matrix m = world_matrix(10, 40, 4, 15, 3, &host);
    att_holdout h;
    att_error err;
    const att_holdout_options all = {.seed = 4, .held = 10, .least = 2};
    CHECK_FAILS(att_holdout_make(&h, &m, NULL, &all, &host, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "10 of 10 people");
    const att_holdout_options none = {.seed = 4, .held = 3, .least = 100};
    CHECK_FAILS(att_holdout_make(&h, &m, NULL, &none, &host, &err), ATT_INVALID);
    att_matrix_deinit(&m, &host);
}

CHECK_MAIN(CHECK_CASE(quality_is_as_worked_by_hand),
    CHECK_CASE(the_best_come_first_and_ties_go_to_the_lower_number),
    CHECK_CASE(a_fifth_is_sought_and_nothing_is_lost_or_told_twice),
    CHECK_CASE(with_times_the_newest_are_sought),
    CHECK_CASE(situations_go_where_their_preferences_go_and_the_oldest_sought_is_asked_in_its_own),
    CHECK_CASE(threads_do_not_change_what_is_measured), CHECK_CASE(nobody_left_is_refused))
