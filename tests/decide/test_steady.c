// SPDX-License-Identifier: Apache-2.0
// Who was found the same is known again, until another takes the place.
#include "check.h"

#include "base/rng.h"
#include "decide/steady.h"

CHECK_TEST(a_key_is_known_from_when_it_was_added_until_another_takes_its_place)
{
    CHECK_BEGIN();
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    att_steady *steady = NULL;
    CHECK_OK(att_steady_create(&steady, &host, NULL));
    const uint64_t key = 0x123456789abcdef1, same_place = key + ATT_STEADY_PLACES;
    CHECK(!att_steady_has(steady, key) && !att_steady_has(steady, 0));
    att_steady_add(steady, key);
    CHECK(att_steady_has(steady, key) && !att_steady_has(steady, same_place) && !att_steady_has(steady, key + 1));
    att_steady_add(steady, key + 1);
    CHECK(att_steady_has(steady, key) && att_steady_has(steady, key + 1));
    att_steady_add(steady, same_place);
    CHECK(!att_steady_has(steady, key) && att_steady_has(steady, same_place));
    att_steady_add(steady, 0); // is no key
    CHECK(!att_steady_has(steady, 0));
    att_steady_destroy(steady);
    att_steady_destroy(NULL);
    CHECK_EQ(heap.bytes_live, 0);
}

CHECK_TEST(most_of_as_many_people_as_a_third_of_the_places_are_known_again)
{
    CHECK_BEGIN();
    att_steady *steady = NULL;
    CHECK_OK(att_steady_create(&steady, NULL, NULL));
    const uint32_t people = ATT_STEADY_PLACES / 3;
    uint32_t known = 0;
    for (uint32_t p = 0; p < people; p++)
        att_steady_add(steady, att_mix64(p + 1));
    for (uint32_t p = 0; p < people; p++)
        known += att_steady_has(steady, att_mix64(p + 1));
    CHECK(known > people * 8 / 10 && known < people); // e^(-1/3) and more of the places were taken once at most
    for (uint32_t p = 0; p < people; p++)
        CHECK(!att_steady_has(steady, att_mix64(people + p + 1)));
    att_steady_destroy(steady);
}

CHECK_TEST(without_memory_there_is_no_table)
{
    CHECK_BEGIN();
    check_heap heap = {.fail_at = 1};
    const att_host host = check_host(&heap);
    att_steady *steady = NULL;
    CHECK_FAILS(att_steady_create(&steady, &host, NULL), ATT_NO_MEMORY);
    CHECK(!steady);
}

CHECK_MAIN(CHECK_CASE(a_key_is_known_from_when_it_was_added_until_another_takes_its_place),
    CHECK_CASE(most_of_as_many_people_as_a_third_of_the_places_are_known_again), CHECK_CASE(without_memory_there_is_no_table))
