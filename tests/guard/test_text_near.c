// SPDX-License-Identifier: Apache-2.0
// A text is found again through what people do to it; a signature estimates what it stands for; the longest run in common is
// what comparing every pair of places says.
#include "check.h"

#include "base/rng.h"
#include "guard/text_near.h"

#include <math.h>
#include <stdlib.h>

static const char song[] = "When the evening comes down on the harbour and the lamps are lit along the quay, we sit on the wall with our feet "
                           "above the water and count the boats that come home late from the sea.";
static const char other[] = "A train leaves the station every morning at six, and the people on it read their newspapers, drink coffee from paper "
                            "cups, and look out at fields that nobody has walked across since the summer.";

static void view(att_arena *scratch, const att_folding *folding, const char *text, att_near_view *out)
{
    CHECK(att_near_view_of(folding, att_text_of(text), scratch, out));
}

CHECK_TEST(a_text_is_found_through_what_was_done_to_it)
{
    CHECK_BEGIN();
    att_near *near;
    att_near_match found[ATT_NEAR_FOUND_MAX];
    size_t count;
    static const char *const again[] = {song,
        "WHEN THE EVENING COMES DOWN ON THE HARBOUR AND THE LAMPS ARE LIT ALONG THE QUAY! WE SIT ON THE WALL WITH OUR FEET ABOVE THE WATER AND "
        "COUNT THE BOATS THAT COME HOME LATE FROM THE SEA",
        "Wh3n the 3v3ning c0mes down on the h\u0430rbour and the lamps @re lit along the quay, we s.i.t on the wall with our feeeet above the "
        "w\u200Bater and count the boats that come home late from the sea.",
        "we sit on the wall with our feet above the water and count the boats that come home late from the sea. When the evening comes down on the "
        "harbour and the lamps are lit along the quay,",
        "Somebody wrote this once: we sit on the wall with our feet above the water and count the boats. I liked it."};
    CHECK_OK(att_near_create(&near, NULL, NULL, NULL));
    CHECK_OK(att_near_add(near, 7, att_text_of(song), NULL));
    CHECK_OK(att_near_add(near, 8, att_text_of(other), NULL));
    CHECK_OK(att_near_add(near, 9, ATT_LIT("hm"), NULL)); // too short to be anything's copy
    CHECK_EQ(att_near_count(near), 2);
    for (size_t i = 0; i < sizeof again / sizeof again[0]; i++) {
        CHECK_OK(att_near_find(near, att_text_of(again[i]), found, &count, NULL));
        CHECK_EQ(count, 1);
        CHECK_EQ(found[0].id, 7);
    }
    CHECK_OK(att_near_find(near, ATT_LIT("The harbour has lamps, and there are boats on the sea in the evening."), found, &count, NULL));
    CHECK_EQ(count, 0);
    att_near_destroy(near);
}

CHECK_TEST(a_signature_estimates_the_share_in_common)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_arena scratch;
    att_folding *folding;
    att_arena_init(&scratch, &host, 0);
    CHECK_OK(att_folding_create(&folding, false, &host, NULL));
    double error = 0;
    enum { PAIRS = 200 };
    for (uint64_t run = 0; run < PAIRS; run++) {
        att_rng rng = att_rng_stream(4, run);
        char a[1200], b[1200];
        const size_t shared = 50 + att_rng_below(&rng, 500), size = 600;
        for (size_t i = 0; i < size; i++) {
            a[i] = (char)('a' + att_rng_below(&rng, 26));
            b[i] = i < shared ? a[i] : (char)('a' + att_rng_below(&rng, 26));
        }
        a[size] = b[size] = 0;
        att_near_view x, y;
        view(&scratch, folding, a, &x);
        view(&scratch, folding, b, &y);
        const double is = att_near_jaccard(&x, &y), says = att_near_estimate(x.signature, y.signature);
        CHECK_NEAR(says, is, 5 * sqrt(is * (1 - is) / ATT_NEAR_HASHES) + 0.02);
        error += says - is;
        att_arena_reset(&scratch);
    }
    CHECK_NEAR(error / PAIRS, 0, 0.01); // without bias
    att_folding_destroy(folding);
    att_arena_deinit(&scratch);
}

CHECK_TEST(the_longest_run_is_what_the_plain_twin_finds)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_arena scratch;
    att_folding *folding;
    att_arena_init(&scratch, &host, 0);
    CHECK_OK(att_folding_create(&folding, false, &host, NULL));
    for (uint64_t run = 0; run < 500; run++) {
        att_rng rng = att_rng_stream(5, run);
        char a[200], b[200];
        const uint64_t letters = 2 + att_rng_below(&rng, 4);
        for (int which = 0; which < 2; which++) {
            char *text = which ? b : a;
            const size_t size = att_rng_below(&rng, 150);
            for (size_t i = 0; i < size; i++)
                text[i] = "aceho"[att_rng_below(&rng, letters)];
            text[size] = 0;
        }
        att_near_view x, y;
        view(&scratch, folding, a, &x);
        view(&scratch, folding, b, &y);
        const att_near_runs *runs = att_near_runs_of(&x, &scratch);
        CHECK(runs != NULL);
        CHECK_EQ(att_near_longest(runs, &y), att_near_longest_plain(&x, &y));
        att_arena_reset(&scratch);
    }
    att_folding_destroy(folding);
    att_arena_deinit(&scratch);
}

// Any 40 letters in common are found, wherever they stand in whatever else.
CHECK_TEST(a_long_run_in_common_is_always_found)
{
    CHECK_BEGIN();
    for (uint64_t run = 0; run < 200; run++) {
        att_rng rng = att_rng_stream(6, run);
        att_near *near;
        att_near_match found[ATT_NEAR_FOUND_MAX];
        size_t count;
        char a[1200], b[1200];
        for (size_t i = 0; i < 1000; i++) { // no letter twice in a row: runs count once
            a[i] = (char)('c' + (i % 2) * 8 + att_rng_below(&rng, 5));
            b[i] = (char)('c' + (i % 2) * 8 + att_rng_below(&rng, 5));
        }
        memcpy(b + 2 * att_rng_below(&rng, 470), a + 2 * att_rng_below(&rng, 470), 50);
        CHECK_OK(att_near_create(&near, NULL, NULL, NULL));
        CHECK_OK(att_near_add(near, 1, (att_text){a, 1000}, NULL));
        CHECK_OK(att_near_find(near, (att_text){b, 1000}, found, &count, NULL));
        CHECK_EQ(count, 1);
        CHECK(found[0].run >= 40);
        att_near_destroy(near);
    }
}

// A key that more than 512 texts have is not followed; one text that says the same 600 times is one.
CHECK_TEST(a_text_that_repeats_itself_is_found_by_what_it_repeats)
{
    CHECK_BEGIN();
    enum { TIMES = 600, SIZE = 50 };
    att_near *near;
    att_near_match found[ATT_NEAR_FOUND_MAX];
    size_t count;
    char one[SIZE], *text = malloc(TIMES * SIZE);
    CHECK(text != NULL);
    att_rng rng = att_rng_seed(7);
    for (size_t i = 0; i < SIZE; i++)
        one[i] = (char)('c' + (i % 2) * 8 + att_rng_below(&rng, 5));
    for (size_t i = 0; i < TIMES; i++)
        memcpy(text + i * SIZE, one, SIZE);
    CHECK_OK(att_near_create(&near, NULL, NULL, NULL));
    CHECK_OK(att_near_add(near, 3, (att_text){text, TIMES * SIZE}, NULL));
    char around[40 * SIZE]; // hardly alike
    for (size_t i = 0; i < sizeof around; i++)
        around[i] = (char)('c' + (i % 2) * 8 + att_rng_below(&rng, 5));
    memcpy(around + SIZE, one, SIZE);
    CHECK_OK(att_near_find(near, (att_text){around, sizeof around}, found, &count, NULL));
    CHECK_EQ(count, 1);
    CHECK(found[0].id == 3 && found[0].run >= SIZE);
    att_near_destroy(near);
    free(text);
}

CHECK_TEST(options_out_of_range_are_refused)
{
    CHECK_BEGIN();
    att_near *near;
    att_error err = {0};
    const att_near_options low = {.likeness = 0.01}, short_run = {.run_least = 5};
    CHECK_FAILS(att_near_create(&near, &low, NULL, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "likeness 0.01");
    CHECK_FAILS(att_near_create(&near, &short_run, NULL, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "run_least 5");
}

CHECK_MAIN(CHECK_CASE(a_text_is_found_through_what_was_done_to_it), CHECK_CASE(a_signature_estimates_the_share_in_common),
    CHECK_CASE(the_longest_run_is_what_the_plain_twin_finds), CHECK_CASE(a_long_run_in_common_is_always_found),
    CHECK_CASE(a_text_that_repeats_itself_is_found_by_what_it_repeats), CHECK_CASE(options_out_of_range_are_refused))
