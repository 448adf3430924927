// SPDX-License-Identifier: Apache-2.0
// The identity of a brief: one form however it is written, read back to the same, and a hash that all fields move.
#include "check.h"
#include "generate/brief.h"

#include <locale.h>

static att_error err;
static att_host host;

static att_status never(const att_medium *world, const att_brief *brief, uint64_t seed, att_made *out, const att_host *h, att_error *e)
{
    (void)world, (void)brief, (void)seed, (void)out, (void)h;
    return att_fail(e, ATT_UNSUPPORTED, "never");
}

static att_status nothing(const att_medium *world, const void *data, size_t size, const char *type, att_analysis *out, const att_host *h, att_error *e)
{
    (void)world, (void)data, (void)size, (void)type, (void)out, (void)h;
    return att_fail(e, ATT_UNSUPPORTED, "never");
}

static const char *const kinds[] = {"loop", "song", NULL}, *const types[] = {"audio/wav", NULL};
static const att_measure measures[] = {{.name = "tempo_bpm"}, {.name = "key"}};
static const att_medium world = {.name = "music", .version = 3, .kinds = kinds, .media_types = types, .measures = measures, .measure_count = 2,
    .make = never, .analyse = nothing};

static att_brief full(void)
{
    static const att_need needs[] = {{{"tempo_bpm", 9}, 118, 122.5}, {{"key", 3}, -0.0, 9}};
    static const att_feature taste[] = {{{"warmth", 6}, 0.3}, {{"energy", 6}, 0.75}};
    att_brief b = att_brief_default();
    b.medium = att_text_of("music");
    b.prompt = att_text_of(" calm\n  piano ");
    b.needs = needs;
    b.need_count = 2;
    b.taste = taste;
    b.taste_count = 2;
    b.context.activity = ATT_ACTIVITY_FOCUS;
    b.seed = UINT64_MAX;
    b.person = att_text_of("ann");
    return b;
}

CHECK_TEST(the_form_is_the_one_that_the_file_describes)
{
    CHECK_BEGIN();
    att_arena arena;
    att_text form;
    att_arena_init(&arena, &host, 0);
    const att_brief b = full();
    CHECK_OK_ERR(att_brief_check(&b, &world, &err), &err);
    CHECK_OK_ERR(att_brief_form(&b, &world, &arena, &form, &err), &err);
    char expected[400];
    snprintf(expected, sizeof expected, "attune-brief 1\nworld music 3\nkind loop\nprompt calm piano\nneed key 0 9\nneed tempo_bpm 118 122.5\n"
        "taste energy 0.75\ntaste warmth 0.3125\ncontext 0 0 %d 0\nseed 18446744073709551615\n", ATT_ACTIVITY_FOCUS);
    CHECK_TEXT(form, expected);
    att_arena_deinit(&arena);
}

CHECK_TEST(the_form_does_not_depend_on_the_language)
{
    if (!setlocale(LC_NUMERIC, "de_DE.UTF-8") && !setlocale(LC_NUMERIC, "fr_FR.UTF-8"))
        CHECK_SKIP("no locale with a decimal comma here");
    (void)check_state;
    att_arena arena;
    att_text form;
    att_brief back;
    uint32_t version;
    att_arena_init(&arena, &host, 0);
    const att_brief b = full();
    CHECK_OK_ERR(att_brief_form(&b, &world, &arena, &form, &err), &err);
    CHECK_OK_ERR(att_brief_read(form, &arena, &back, &version, &err), &err);
    setlocale(LC_NUMERIC, "C");
    CHECK(memmem(form.data, form.size, "118 122.5\n", 10) != NULL);
    CHECK_EQ(back.needs[1].most, 122.5);
    att_arena_deinit(&arena);
}

CHECK_TEST(what_is_read_back_has_the_same_form)
{
    CHECK_BEGIN();
    att_arena arena;
    att_text form, again;
    att_brief read;
    uint32_t version;
    att_arena_init(&arena, &host, 0);
    const att_brief b = full();
    CHECK_OK(att_brief_form(&b, &world, &arena, &form, &err));
    CHECK_OK_ERR(att_brief_read(form, &arena, &read, &version, &err), &err);
    CHECK_EQ(version, 3);
    CHECK_EQ(read.need_count, 2);
    CHECK_EQ(read.context.activity, ATT_ACTIVITY_FOCUS);
    CHECK_OK(att_brief_form(&read, &world, &arena, &again, &err));
    CHECK(att_text_equal(form, again));
    for (size_t cut = 0; cut < form.size; cut++) // never trusted further than it goes
        if (att_brief_read((att_text){form.data, cut}, &arena, &read, &version, &err) == ATT_OK)
            CHECK(cut == 0 || form.data[cut - 1] == '\n');
    att_arena_deinit(&arena);
}

CHECK_TEST(every_field_but_person_and_latency_is_its_identity)
{
    CHECK_BEGIN();
    att_arena arena;
    att_arena_init(&arena, &host, 0);
    att_medium newer = world;
    newer.version++;
    static const att_need other[] = {{{"tempo_bpm", 9}, 118, 122.5}, {{"key", 3}, 0, 9.5}};
    att_brief variants[9];
    for (int i = 0; i < 9; i++)
        variants[i] = full();
    variants[1].kind = att_text_of("song");
    variants[2].prompt = att_text_of("calm guitar");
    variants[3].needs = other;
    variants[4].taste_count = 1;
    variants[5].context.activity = ATT_ACTIVITY_SLEEP;
    variants[6].seed = 1;
    variants[7].person = att_text_of("ben");
    variants[8].latency = ATT_LATENCY_REAL_TIME;
    att_brief_hash hashes[10];
    for (int i = 0; i < 10; i++) {
        att_text form;
        CHECK_OK(att_brief_form(&variants[i % 9], i == 9 ? &newer : &world, &arena, &form, &err));
        hashes[i] = att_brief_hash_of(form);
    }
    for (int i = 1; i < 10; i++)
        CHECK_EQ(memcmp(&hashes[0], &hashes[i], 32) == 0, i == 7 || i == 8);
    CHECK(att_brief_seed(&hashes[0], 1, 0) != att_brief_seed(&hashes[0], 1, 1));
    CHECK(att_brief_seed(&hashes[0], 1, 0) != att_brief_seed(&hashes[1], 1, 0));
    att_arena_deinit(&arena);
}

CHECK_TEST(hashes_are_read_from_sixty_four_digits_and_no_other)
{
    CHECK_BEGIN();
    uint8_t hash[32], again[32];
    char hex[65];
    for (int i = 0; i < 32; i++)
        hash[i] = (uint8_t)(i * 7);
    att_hash_hex(hash, hex);
    CHECK(att_hash_read(att_text_of(hex), again) && memcmp(hash, again, 32) == 0);
    CHECK(!att_hash_read((att_text){hex, 63}, again));
    hex[10] = 'g';
    CHECK(!att_hash_read(att_text_of(hex), again));
}

int main(void)
{
    const struct CMUnitTest tests[] = {CHECK_CASE(the_form_is_the_one_that_the_file_describes), CHECK_CASE(the_form_does_not_depend_on_the_language), CHECK_CASE(what_is_read_back_has_the_same_form),
        CHECK_CASE(every_field_but_person_and_latency_is_its_identity), CHECK_CASE(hashes_are_read_from_sixty_four_digits_and_no_other)};
    host = att_host_complete(NULL);
    return cmocka_run_group_tests_name(__FILE__, tests, NULL, NULL);
}
