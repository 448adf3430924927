// SPDX-License-Identifier: Apache-2.0
// A choice's record reads back to what was written, and anything else is refused with a story.
#include "check.h"

#include "store/choice.h"

static att_error err;

static size_t make(unsigned char *bytes)
{
    static const att_choice_feature hour = {{"hour", 4}, {"late", 4}, 1}, bright = {{"", 0}, {"bright", 6}, 0.5};
    static const att_choice_option options[] = {{{"a", 1}, &bright, 1}, {{"b", 1}, NULL, 0}, {{"c", 1}, NULL, 0}};
    static const float p[] = {0.5f, 0.25f, 0.25f};
    const att_choice_record choice = {.seed = 9, .rounds = 4, .policy = 2, .chosen = 1, .shown = 2, .greedy = 0, .apprentice = true,
        .awaits_display = true, .weight = 2, .arms = {7, 8}, .arm_count = 2, .name = att_text_of("thumbnail"), .features = &hour,
        .feature_count = 1, .options = options, .probabilities = p, .option_count = 3};
    att_choice_encode(&choice, bytes);
    return att_choice_size(&choice);
}

static att_status decode(const unsigned char *bytes, size_t size, att_arena *arena, att_choice_record *out)
{
    return att_choice_decode(bytes, size, arena, out, &err);
}

CHECK_TEST(a_choice_reads_back_to_what_was_written)
{
    CHECK_BEGIN();
    unsigned char bytes[512];
    const size_t size = make(bytes);
    const att_host host = att_host_default();
    att_arena arena;
    att_choice_record got;
    att_arena_init(&arena, &host, 0);
    CHECK_OK_ERR(decode(bytes, size, &arena, &got), &err);
    CHECK_TEXT(got.name, "thumbnail");
    CHECK_EQ(got.seed, 9);
    CHECK_EQ(got.rounds, 4);
    CHECK(got.apprentice && got.awaits_display);
    CHECK_EQ(got.arms[1], 8);
    CHECK_EQ(got.shown, 2);
    CHECK_TEXT(got.features[0].name, "late");
    CHECK_TEXT(got.options[0].features[0].name, "bright");
    CHECK_NEAR(got.options[0].features[0].value, 0.5, 0);
    CHECK_NEAR((double)got.probabilities[0], 0.5, 0);
    CHECK_NEAR((double)got.weight, 2, 0);
    att_arena_deinit(&arena);
}

CHECK_TEST(every_cut_and_what_disagrees_is_refused)
{
    CHECK_BEGIN();
    unsigned char bytes[512];
    const size_t size = make(bytes);
    const att_host host = att_host_default();
    att_arena arena;
    att_choice_record got;
    att_arena_init(&arena, &host, 0);
    for (size_t cut = 0; cut < size; cut++)
        CHECK_FAILS(decode(bytes, cut, &arena, &got), ATT_CORRUPT);
    CHECK_FAILS(decode(bytes, size + 1, &arena, &got), ATT_CORRUPT);
    bytes[0] = 2;
    CHECK_FAILS(decode(bytes, size, &arena, &got), ATT_VERSION);
    CHECK_HOLDS(err.text, "version 2");
    make(bytes);
    bytes[10] = 3; // shown
    CHECK_FAILS(decode(bytes, size, &arena, &got), ATT_CORRUPT);
    CHECK_HOLDS(err.text, "shows option 3");
    make(bytes);
    bytes[3] = 9; // arms
    CHECK_FAILS(decode(bytes, size, &arena, &got), ATT_CORRUPT);
    att_arena_deinit(&arena);
}

CHECK_MAIN(CHECK_CASE(a_choice_reads_back_to_what_was_written), CHECK_CASE(every_cut_and_what_disagrees_is_refused))
