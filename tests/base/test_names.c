// SPDX-License-Identifier: Apache-2.0
// Outside ids become dense numbers and back.
#include "check.h"

#include "base/names.h"
#include "base/rng.h"

static att_text name_of(char *buffer, size_t size, unsigned i)
{
    snprintf(buffer, size, "person-%u", i * 7919u);
    return att_text_of(buffer);
}

CHECK_TEST(numbers_are_dense_and_in_order_of_first_appearance)
{
    CHECK_BEGIN();
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    att_names names;
    att_names_init(&names, &host);
    char buffer[64];
    for (unsigned i = 0; i < 5000; i++)
        CHECK_EQ(att_names_add(&names, name_of(buffer, sizeof buffer, i)), i);
    for (unsigned i = 0; i < 5000; i++) {
        CHECK_EQ(att_names_add(&names, name_of(buffer, sizeof buffer, i)), i);
        CHECK_TEXT(att_names_get(&names, i), buffer);
    }
    CHECK_EQ(att_names_find(&names, att_text_of("nobody")), ATT_NO_INDEX);
    att_names_deinit(&names);
    CHECK_EQ(heap.bytes_live, 0);
}

CHECK_TEST(an_erased_name_is_gone_and_all_others_stay)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_names names;
    att_names_init(&names, &host);
    char buffer[64];
    for (unsigned i = 0; i < 3000; i++)
        CHECK_EQ(att_names_add(&names, name_of(buffer, sizeof buffer, i)), i);
    att_rng rng = att_rng_seed(5);
    unsigned char erased[3000] = {0};
    for (int round = 0; round < 1500; round++) {
        const uint32_t i = (uint32_t)att_rng_below(&rng, 3000);
        att_names_erase(&names, i);
        erased[i] = 1;
    }
    for (unsigned i = 0; i < 3000; i++) {
        const uint32_t found = att_names_find(&names, name_of(buffer, sizeof buffer, i));
        CHECK_EQ(found, erased[i] ? ATT_NO_INDEX : i);
        CHECK_EQ(att_names_get(&names, i).size == 0, erased[i]);
    }
    CHECK_EQ(att_names_add_blank(&names), 3000);
    CHECK_EQ(att_names_add(&names, att_text_of("new")), 3001);
    att_names_truncate(&names, 3000);
    CHECK_EQ(names.count, 3000);
    CHECK_EQ(att_names_find(&names, att_text_of("new")), ATT_NO_INDEX);
    CHECK_EQ(att_names_add(&names, att_text_of("newer")), 3000);
    att_names_deinit(&names);
}

CHECK_TEST(growth_that_fails_changes_nothing)
{
    CHECK_BEGIN();
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    char buffer[64];
    for (uint64_t fail_at = 1; fail_at < 40; fail_at++) {
        att_names names;
        att_names_init(&names, &host);
        heap.fail_at = fail_at;
        unsigned added = 0;
        for (unsigned i = 0; i < 200; i++)
            if (att_names_add(&names, name_of(buffer, sizeof buffer, i)) != ATT_NO_INDEX)
                added++;
        CHECK_EQ(names.count, added);
        heap.fail_at = 0;
        for (unsigned i = 0; i < 200; i++)
            CHECK(att_names_add(&names, name_of(buffer, sizeof buffer, i)) != ATT_NO_INDEX);
        CHECK_EQ(names.count, 200);
        att_names_deinit(&names);
    }
    CHECK_EQ(heap.bytes_live, 0);
}

CHECK_MAIN(CHECK_CASE(numbers_are_dense_and_in_order_of_first_appearance),
    CHECK_CASE(an_erased_name_is_gone_and_all_others_stay), CHECK_CASE(growth_that_fails_changes_nothing))
