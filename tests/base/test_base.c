// SPDX-License-Identifier: Apache-2.0
// The words of base: stories that rise unmasked, memory that is counted.
#include "check.h"

#include "attune/version.h"
#include "base/arena.h"
#include "base/base.h"
#include "base/rng.h"

#include <errno.h>
#include <stdlib.h>

CHECK_TEST(a_story_names_every_level_it_rose_through)
{
    CHECK_BEGIN();
    att_error err;
    att_status status = ATT_FAIL(&err, ATT_CORRUPT, "section %u ends at %u", 3u, 9u);
    status = att_while(&err, status, "loading %s", "x");
    CHECK_EQ(status, ATT_CORRUPT);
    CHECK_STR(err.text, "loading x: section 3 ends at 9");
    CHECK_FAILS(att_while(&err, ATT_OK, "never"), ATT_OK);
    CHECK_STR(err.text, "loading x: section 3 ends at 9");
}

CHECK_TEST(a_cut_story_ends_on_a_whole_character)
{
    CHECK_BEGIN();
    att_error err;
    char long_text[600];
    for (size_t i = 0; i + 1 < sizeof long_text; i += 2)
        memcpy(long_text + i, "\xC3\xA9", 2); // é
    long_text[sizeof long_text - 2] = 0;
    CHECK_FAILS(ATT_FAIL(&err, ATT_INVALID, "%s", long_text), ATT_INVALID);
    const size_t length = strlen(err.text);
    CHECK_EQ(length % 2, 0);
    CHECK(length >= sizeof err.text - 3);
}

CHECK_TEST(errno_becomes_the_fitting_status)
{
    CHECK_BEGIN();
    att_error err;
    CHECK_FAILS(att_fail_errno(&err, ENOSPC, "writing %s", "a"), ATT_FULL);
    CHECK_STR(err.text, "writing a: No space left on device");
    CHECK_FAILS(att_fail_errno(NULL, EROFS, "x"), ATT_READ_ONLY);
    CHECK_FAILS(att_fail_errno(NULL, ENOENT, "x"), ATT_NOT_FOUND);
}

CHECK_TEST(every_status_has_a_name_a_text_and_an_exit_code)
{
    CHECK_BEGIN();
    for (int s = 0; s < ATT_STATUS_COUNT; s++) {
        CHECK(strncmp(att_status_name((att_status)s), "ATT_", 4) == 0);
        CHECK(att_status_text((att_status)s)[0] != 0);
        CHECK((s == ATT_OK) == (att_status_exit_code((att_status)s) == 0));
    }
}

CHECK_TEST(an_arena_gives_all_memory_back_and_rewinds)
{
    CHECK_BEGIN();
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    att_arena arena;
    att_arena_init(&arena, &host, 1024);
    unsigned char *first = ATT_NEW(&arena, unsigned char, 100);
    CHECK(first && (uintptr_t)first % 64 == 0);
    const att_arena_mark mark = att_arena_save(&arena);
    CHECK(ATT_NEW(&arena, unsigned char, 100000) != NULL);
    att_arena_rewind(&arena, mark);
    unsigned char *again = ATT_NEW(&arena, unsigned char, 100);
    CHECK(again > first && again < first + 1024);
    CHECK(att_arena_alloc(&arena, SIZE_MAX / 2, 4) == NULL);
    CHECK_STR(att_arena_printf(&arena, "%d-%s", 7, "x"), "7-x");
    att_arena_reset(&arena);
    const uint64_t before = heap.allocations;
    CHECK(ATT_NEW(&arena, unsigned char, 500) != NULL);
    CHECK_EQ(heap.allocations, before);
    att_arena_deinit(&arena);
    CHECK_EQ(heap.bytes_live, 0);
}

CHECK_TEST(a_failed_growth_leaves_the_array_as_it_was)
{
    CHECK_BEGIN();
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    ATT_VEC(int) numbers = {0};
    for (int i = 0; i < 8; i++)
        CHECK(ATT_VEC_PUSH(&host, &numbers, i));
    heap.fail_at = 1;
    CHECK(!ATT_VEC_PUSH(&host, &numbers, 8));
    CHECK_EQ(numbers.count, 8);
    CHECK_EQ(numbers.items[7], 7);
    ATT_VEC_FREE(&host, &numbers);
    CHECK_EQ(heap.bytes_live, 0);
}

CHECK_TEST(numbers_are_ordered_over_their_whole_range)
{
    CHECK_BEGIN();
    const uint32_t small[] = {0, 1, 0x7FFFFFFF, 0x80000000, UINT32_MAX};
    const uint64_t large[] = {0, UINT32_MAX, INT64_MAX, UINT64_C(1) << 63, UINT64_MAX};
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 5; j++) {
            CHECK_EQ(att_order_u32(&small[i], &small[j]), (i > j) - (i < j));
            CHECK_EQ(att_order_u64(&large[i], &large[j]), (i > j) - (i < j));
        }
}

CHECK_TEST(sorting_by_bytes_gives_what_sorting_by_comparison_gives)
{
    CHECK_BEGIN();
    enum { MOST = 700 };
    static uint32_t list[MOST], wanted[MOST], spare[MOST];
    att_rng rng = att_rng_seed(8);
    for (size_t count = 0; count <= MOST; count += count < 40 ? 1 : 60)
        for (int bits = 1; bits <= 32; bits += 5) { // few bits: many that are equal
            for (size_t i = 0; i < count; i++)
                wanted[i] = list[i] = (uint32_t)att_rng_below(&rng, UINT64_C(1) << bits) ^ (bits % 2 ? 0 : 0xA0000000u);
            qsort(wanted, count, sizeof *wanted, att_order_u32);
            att_sort_u32(list, count, spare);
            CHECK(memcmp(list, wanted, count * sizeof *list) == 0);
        }
}

CHECK_TEST(the_build_names_the_programs_that_it_starts)
{
    CHECK_BEGIN();
    att_part parts[32];
    const size_t count = att_parts(parts, ATT_COUNT_OF(parts));
    const char *synthesizer = NULL;
    CHECK(count > 5 && count <= ATT_COUNT_OF(parts));
    for (size_t i = 0; i < count; i++)
        if (strcmp(parts[i].name, "fluidsynth") == 0)
            synthesizer = parts[i].licence;
#ifdef ATT_SYNTH_VERSION
    CHECK(synthesizer != NULL);
    CHECK_STR(synthesizer, "LGPL-2.1-or-later");
#else
    CHECK(synthesizer == NULL);
#endif
}

CHECK_MAIN(CHECK_CASE(the_build_names_the_programs_that_it_starts), CHECK_CASE(sorting_by_bytes_gives_what_sorting_by_comparison_gives),
    CHECK_CASE(numbers_are_ordered_over_their_whole_range),
    CHECK_CASE(a_story_names_every_level_it_rose_through),
    CHECK_CASE(a_cut_story_ends_on_a_whole_character), CHECK_CASE(errno_becomes_the_fitting_status),
    CHECK_CASE(every_status_has_a_name_a_text_and_an_exit_code),
    CHECK_CASE(an_arena_gives_all_memory_back_and_rewinds),
    CHECK_CASE(a_failed_growth_leaves_the_array_as_it_was))
