// SPDX-License-Identifier: Apache-2.0
#include "check.h"
#include "embed/matrix.h"

#include <math.h>

// Row 0: column 1 (2 + 3), column 3; row 1: nothing; row 2: column 0.
static const att_triplet hand[] = {{2, 0, 1}, {0, 3, 4}, {0, 1, 2}, {0, 1, 3}};

CHECK_TEST(rows_are_sorted_and_doubles_added)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_matrix m;
    CHECK_OK(att_matrix_build(&m, 3, 4, hand, 4, &host, NULL));
    const uint64_t starts[] = {0, 2, 2, 3};
    const uint32_t cols[] = {1, 3, 0};
    const float values[] = {5, 4, 1};
    CHECK(memcmp(m.row_start, starts, sizeof starts) == 0);
    CHECK(memcmp(m.col, cols, sizeof cols) == 0);
    CHECK(memcmp(m.value, values, sizeof values) == 0);
    att_matrix_deinit(&m, &host);
}

CHECK_TEST(transposing_twice_gives_the_same)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_matrix m, t, back;
    CHECK_OK(att_matrix_build(&m, 3, 4, hand, 4, &host, NULL));
    CHECK_OK(att_matrix_transpose(&t, &m, &host, NULL));
    CHECK_EQ(t.rows, 4);
    CHECK_EQ(t.row_start[2] - t.row_start[1], 1);
    CHECK_EQ(t.col[1], 0);
    CHECK_NEAR(t.value[1], 5, 0);
    CHECK_OK(att_matrix_transpose(&back, &t, &host, NULL));
    CHECK(memcmp(back.row_start, m.row_start, 4 * sizeof *m.row_start) == 0);
    CHECK(memcmp(back.col, m.col, 3 * sizeof *m.col) == 0);
    CHECK(memcmp(back.value, m.value, 3 * sizeof *m.value) == 0);
    att_matrix_deinit(&m, &host);
    att_matrix_deinit(&t, &host);
    att_matrix_deinit(&back, &host);
}

CHECK_TEST(rows_can_be_picked_in_any_order)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_matrix m, picked;
    const uint32_t keep[] = {2, 1, 0};
    CHECK_OK(att_matrix_build(&m, 3, 4, hand, 4, &host, NULL));
    CHECK_OK(att_matrix_pick_rows(&picked, &m, keep, 3, &host, NULL));
    const uint64_t starts[] = {0, 1, 1, 3};
    const uint32_t cols[] = {0, 1, 3};
    CHECK(memcmp(picked.row_start, starts, sizeof starts) == 0);
    CHECK(memcmp(picked.col, cols, sizeof cols) == 0);
    att_matrix_deinit(&m, &host);
    att_matrix_deinit(&picked, &host);
}

CHECK_TEST(what_lies_outside_is_refused_by_number)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_matrix m;
    att_error err;
    const att_triplet outside[] = {{0, 0, 1}, {3, 0, 1}};
    CHECK_FAILS(att_matrix_build(&m, 3, 4, outside, 2, &host, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "triplet 1");
    const att_triplet infinite[] = {{0, 0, INFINITY}};
    CHECK_FAILS(att_matrix_build(&m, 3, 4, infinite, 1, &host, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "not finite");
    CHECK(m.row_start == NULL);
}

CHECK_TEST(an_empty_matrix_is_fine)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_matrix m, t;
    CHECK_OK(att_matrix_build(&m, 0, 0, NULL, 0, &host, NULL));
    CHECK_EQ(att_matrix_nonzeros(&m), 0);
    CHECK_OK(att_matrix_transpose(&t, &m, &host, NULL));
    att_matrix_deinit(&m, &host);
    att_matrix_deinit(&t, &host);
    att_matrix_deinit(&t, &host);
}

CHECK_TEST(running_out_of_memory_leaves_nothing_behind)
{
    CHECK_BEGIN();
    for (uint64_t fail_at = 1;; fail_at++) {
        check_heap heap = {.fail_at = fail_at};
        const att_host host = check_host(&heap);
        att_matrix m;
        const att_status status = att_matrix_build(&m, 3, 4, hand, 4, &host, NULL);
        att_matrix_deinit(&m, &host);
        CHECK_EQ(heap.bytes_live, 0);
        if (status == ATT_OK)
            break;
        CHECK_EQ(status, ATT_NO_MEMORY);
        CHECK(fail_at < 100);
    }
}

CHECK_MAIN(CHECK_CASE(rows_are_sorted_and_doubles_added),
    CHECK_CASE(transposing_twice_gives_the_same), CHECK_CASE(rows_can_be_picked_in_any_order),
    CHECK_CASE(what_lies_outside_is_refused_by_number), CHECK_CASE(an_empty_matrix_is_fine),
    CHECK_CASE(running_out_of_memory_leaves_nothing_behind))
