// SPDX-License-Identifier: Apache-2.0
#include "check.h"
#include "embed/ease.h"
#include "world.h"

#include <math.h>

#define ITEMS 30

// P = (X^T X + reg I)^-1 by Gauss-Jordan in double; B from it. The plain twin.
static void twin(double b[ITEMS][ITEMS], const att_matrix *m, double reg, bool binary)
{
    static double a[ITEMS][2 * ITEMS];
    memset(a, 0, sizeof a);
    for (uint32_t u = 0; u < m->rows; u++)
        for (uint64_t p = m->row_start[u]; p < m->row_start[u + 1]; p++)
            for (uint64_t q = m->row_start[u]; q < m->row_start[u + 1]; q++)
                a[m->col[p]][m->col[q]] += binary ? 1 : (double)m->value[p] * m->value[q];
    for (size_t k = 0; k < ITEMS; k++) {
        a[k][k] += reg;
        a[k][ITEMS + k] = 1;
    }
    for (size_t k = 0; k < ITEMS; k++) {
        const double pivot = a[k][k];
        for (size_t c = 0; c < 2 * ITEMS; c++)
            a[k][c] /= pivot;
        for (size_t r = 0; r < ITEMS; r++) {
            const double by = a[r][k];
            for (size_t c = 0; r != k && c < 2 * ITEMS; c++)
                a[r][c] -= by * a[k][c];
        }
    }
    for (size_t i = 0; i < ITEMS; i++)
        for (size_t j = 0; j < ITEMS; j++)
            b[i][j] = i == j ? 0 : -a[i][ITEMS + j] / a[j][ITEMS + j];
}

// 300 people: by items. 12 people: by Woodbury.
static void equals_the_twin(uint32_t people, bool binary)
{
    const att_host host = att_host_default();
    static double wanted[ITEMS][ITEMS];
    att_matrix m = world_matrix(people, ITEMS, 3, 8, 4, &host);
    att_ease_options options = {.reg = 5, .binary = binary, .threads = 2};
    att_item_item b;
    CHECK_OK(att_ease_train(&b, &m, &options, &host, NULL));
    twin(wanted, &m, 5, binary);
    CHECK(b.dense != NULL);
    for (uint32_t i = 0; i < ITEMS; i++)
        for (uint32_t j = 0; j < ITEMS; j++)
            CHECK_NEAR(att_item_item_at(&b, i, j), wanted[i][j], 1e-5);
    att_item_item_deinit(&b, &host);
    att_matrix_deinit(&m, &host);
}

CHECK_TEST(weights_equal_the_direct_inverse_in_double)
{
    CHECK_BEGIN();
    equals_the_twin(300, true);
    equals_the_twin(300, false);
    equals_the_twin(12, true);
    equals_the_twin(12, false);
}

static bool is_kept(
    const att_item_item *pruned, const att_item_item *whole, uint32_t i, uint32_t j, uint32_t keep)
{
    uint32_t stronger = 0;
    for (uint32_t k = 0; k < ITEMS; k++)
        stronger += fabsf(att_item_item_at(whole, k, j)) > fabsf(att_item_item_at(whole, i, j));
    const float kept = att_item_item_at(pruned, i, j);
    return stronger < keep ? kept == att_item_item_at(whole, i, j) : kept == 0;
}

CHECK_TEST(pruning_keeps_the_strongest_sources_of_each_target)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_matrix m = world_matrix(300, ITEMS, 3, 8, 4, &host);
    att_ease_options options = {.reg = 5, .binary = true, .threads = 1};
    att_item_item whole, pruned;
    CHECK_OK(att_ease_train(&whole, &m, &options, &host, NULL));
    options.keep = 7;
    CHECK_OK(att_ease_train(&pruned, &m, &options, &host, NULL));
    CHECK(pruned.dense == NULL);
    CHECK_EQ(att_matrix_nonzeros(&pruned.by_source), 7 * ITEMS);
    for (uint32_t i = 0; i < ITEMS; i++)
        for (uint32_t j = 0; j < ITEMS; j++)
            CHECK(is_kept(&pruned, &whole, i, j, 7));
    att_item_item_deinit(&whole, &host);
    att_item_item_deinit(&pruned, &host);
    att_matrix_deinit(&m, &host);
}

CHECK_TEST(adding_a_source_adds_its_row)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_matrix m = world_matrix(300, ITEMS, 3, 8, 4, &host);
    for (uint32_t keep = 0; keep < 8; keep += 7) {
        att_ease_options options = {.reg = 5, .binary = true, .threads = 1, .keep = keep};
        att_item_item b;
        float scores[ITEMS] = {0};
        CHECK_OK(att_ease_train(&b, &m, &options, &host, NULL));
        att_item_item_add(&b, att_kernels_best(), 3, 0.5f, scores);
        att_item_item_add(&b, att_kernels_best(), 999, 0.5f, scores);
        for (uint32_t j = 0; j < ITEMS; j++)
            CHECK_NEAR(scores[j], 0.5 * att_item_item_at(&b, 3, j), 1e-7);
        att_item_item_deinit(&b, &host);
    }
    att_matrix_deinit(&m, &host);
}

CHECK_TEST(items_nobody_touched_have_no_weights)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    const att_triplet triplets[] = {{0, 1, 1}, {0, 3, 1}, {1, 3, 1}};
    att_matrix m;
    CHECK_OK(att_matrix_build(&m, 2, 5, triplets, 3, &host, NULL));
    att_ease_options options = {.reg = 1, .binary = true, .threads = 1};
    att_item_item b;
    CHECK_OK(att_ease_train(&b, &m, &options, &host, NULL));
    CHECK_EQ(b.item_count, 5);
    // X^T X + I over items 1 and 3 is (2 1; 1 3): P = (3 -1; -1 2) / 5, so B_13 = 1/2 and B_31 = 1/3.
    CHECK_NEAR(att_item_item_at(&b, 1, 3), 0.5, 1e-6);
    CHECK_NEAR(att_item_item_at(&b, 3, 1), 1.0 / 3, 1e-6);
    CHECK_NEAR(att_item_item_at(&b, 0, 1), 0, 0);
    CHECK_NEAR(att_item_item_at(&b, 3, 4), 0, 0);
    att_item_item_deinit(&b, &host);
    att_matrix_deinit(&m, &host);
}

CHECK_TEST(too_many_items_and_bad_options_are_refused)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    const uint32_t many = ATT_EASE_ITEMS_MAX + 1;
    att_triplet *triplets = calloc(many, sizeof *triplets);
    for (uint32_t i = 0; i < many; i++)
        triplets[i] = (att_triplet){0, i, 1};
    att_matrix m;
    att_item_item b;
    att_error err = {0};
    CHECK_OK(att_matrix_build(&m, 1, many, triplets, many, &host, NULL));
    att_ease_options options = att_ease_options_default();
    CHECK_FAILS(att_ease_train(&b, &m, &options, &host, &err), ATT_LIMIT);
    CHECK_HOLDS(err.text, "20001 items");
    options.reg = 0;
    CHECK_FAILS(att_ease_train(&b, &m, &options, &host, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "reg is 0");
    free(triplets);
    att_matrix_deinit(&m, &host);
}

CHECK_TEST(running_out_of_memory_leaves_nothing_behind)
{
    CHECK_BEGIN();
    const att_host plain = att_host_default();
    att_matrix m = world_matrix(60, ITEMS, 3, 8, 4, &plain);
    for (uint32_t keep = 0; keep < 8; keep += 7) {
        for (uint64_t fail_at = 1;; fail_at++) {
            check_heap heap = {.fail_at = fail_at};
            const att_host host = check_host(&heap);
            att_ease_options options = {.reg = 5, .binary = true, .threads = 1, .keep = keep};
            att_item_item b;
            const att_status status = att_ease_train(&b, &m, &options, &host, NULL);
            att_item_item_deinit(&b, &host);
            CHECK_EQ(heap.bytes_live, 0);
            if (status == ATT_OK)
                break;
            CHECK_EQ(status, ATT_NO_MEMORY);
            CHECK(fail_at < 1000);
        }
    }
    att_matrix_deinit(&m, &plain);
}

CHECK_MAIN(CHECK_CASE(weights_equal_the_direct_inverse_in_double),
    CHECK_CASE(pruning_keeps_the_strongest_sources_of_each_target),
    CHECK_CASE(adding_a_source_adds_its_row), CHECK_CASE(items_nobody_touched_have_no_weights),
    CHECK_CASE(too_many_items_and_bad_options_are_refused),
    CHECK_CASE(running_out_of_memory_leaves_nothing_behind))
