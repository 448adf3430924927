// SPDX-License-Identifier: Apache-2.0
// Who is in which arm, held against the cases that GrowthBook publishes with its JavaScript SDK
// (github.com/growthbook/growthbook, packages/sdk-js/test/cases.json, specVersion 0.5.4): names "hash", "getBucketRange",
// "run".
#include "check.h"

#include "attune/experiment.h"
#include "base/base.h"

CHECK_TEST(hashes_are_growthbooks)
{
    CHECK_BEGIN();
    static const struct {
        const char *seed, *value;
        uint32_t version;
        double expected;
    } cases[] = {{"", "a", 1, 0.22}, {"", "b", 1, 0.077}, {"b", "a", 1, 0.946}, {"ef", "d", 1, 0.652},
        {"asdf", "8952klfjas09ujk", 1, 0.549}, {"", "123", 1, 0.011}, {"", "___)((*\":&", 1, 0.563},
        {"seed", "a", 2, 0.0505}, {"seed", "b", 2, 0.2696}, {"foo", "ab", 2, 0.2575}, {"foo", "def", 2, 0.2019},
        {"89123klj", "8952klfjas09ujkasdf", 2, 0.124}, {"90850943850283058242805", "123", 2, 0.7516},
        {"()**(%$##$%#$#", "___)((*\":&", 2, 0.0128}, {"abc", "def", 99, -1}};
    for (size_t i = 0; i < ATT_COUNT_OF(cases); i++)
        CHECK_NEAR(att_assign_hash(att_text_of(cases[i].seed), att_text_of(cases[i].value), cases[i].version),
            cases[i].expected, 0);
}

CHECK_TEST(outside_ascii_the_hash_takes_utf16_units)
{
    CHECK_BEGIN();
    // fnv32a of the units 0xE9, then 0xD83D 0xDE00, by hand.
    uint32_t h = 0x811C9DC5u;
    h = (h ^ 0xE9u) * 0x01000193u;
    CHECK_NEAR(att_assign_hash(ATT_LIT(""), ATT_LIT("\xC3\xA9"), 1), h % 1000 / 1000.0, 0);
    h = (0x811C9DC5u ^ 0xD83Du) * 0x01000193u;
    h = (h ^ 0xDE00u) * 0x01000193u;
    CHECK_NEAR(att_assign_hash(ATT_LIT(""), ATT_LIT("\xF0\x9F\x98\x80"), 1), h % 1000 / 1000.0, 0);
    // A byte that begins no character stands for itself, and nothing is read behind the end.
    h = (0x811C9DC5u ^ 0xE2u) * 0x01000193u;
    CHECK_NEAR(att_assign_hash(ATT_LIT(""), ATT_LIT("\xE2"), 1), h % 1000 / 1000.0, 0);
}

static void check_ranges(const double *weights, size_t count, double coverage, const double *expected)
{
    att_hash_range ranges[4];
    att_assign_ranges(weights, count, coverage, ranges);
    for (size_t i = 0; i < count; i++) {
        CHECK_NEAR(ranges[i].from, expected[2 * i], 1e-12);
        CHECK_NEAR(ranges[i].to, expected[2 * i + 1], 1e-12);
    }
}

CHECK_TEST(ranges_are_growthbooks)
{
    CHECK_BEGIN();
    check_ranges(NULL, 2, 1, (double[]){0, 0.5, 0.5, 1});
    check_ranges(NULL, 2, 0.5, (double[]){0, 0.25, 0.5, 0.75});
    check_ranges(NULL, 2, 0, (double[]){0, 0, 0.5, 0.5});
    check_ranges(NULL, 4, 1, (double[]){0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75, 1});
    check_ranges((double[]){0.4, 0.6}, 2, 1, (double[]){0, 0.4, 0.4, 1});
    check_ranges((double[]){0.2, 0.3, 0.5}, 3, 1, (double[]){0, 0.2, 0.2, 0.5, 0.5, 1});
    check_ranges((double[]){0.2, 0.3, 0.5}, 3, 0.2, (double[]){0, 0.04, 0.2, 0.26, 0.5, 0.6});
    check_ranges(NULL, 2, -0.2, (double[]){0, 0, 0.5, 0.5});
    check_ranges(NULL, 2, 1.5, (double[]){0, 0.5, 0.5, 1});
    check_ranges((double[]){0.4, 0.1}, 2, 1, (double[]){0, 0.5, 0.5, 1});
    check_ranges((double[]){0.7, 0.6}, 2, 1, (double[]){0, 0.5, 0.5, 1});
    check_ranges((double[]){0.4, 0.5999}, 2, 1, (double[]){0, 0.4, 0.4, 0.9999});
}

static int arm_of(const char *key, size_t count, const double *weights, double coverage, const char *person)
{
    att_variation variations[3] = {{.key = {"0", 1}}, {.key = {"1", 1}}, {.key = {"2", 1}}};
    for (size_t v = 0; v < count; v++)
        variations[v].weight = weights ? weights[v] : 1 / (double)count;
    const att_experiment experiment = {.key = att_text_of(key),
        .hash_version = 1,
        .coverage = coverage,
        .variations = variations,
        .variation_count = count};
    return att_experiment_assign(&experiment, att_text_of(person));
}

// "run": people "1" … "9", version 1, which those cases use.
CHECK_TEST(people_are_in_the_arms_that_growthbook_says)
{
    CHECK_BEGIN();
    static const int half[] = {1, 0, 0, 1, 1, 1, 0, 1, 0}, tenth[] = {1, 1, 0, 1, 1, 1, 0, 1, 1},
                     covered[] = {-1, 0, 0, -1, 1, -1, 0, 1, -1}, three[] = {2, 0, 0, 2, 1, 2, 0, 1, 0};
    const double uneven[] = {0.1, 0.9};
    for (int p = 1; p <= 9; p++) {
        const char person[] = {(char)('0' + p), 0};
        CHECK_EQ(arm_of("my-test", 2, NULL, 1, person), half[p - 1]);
        CHECK_EQ(arm_of("my-test", 2, uneven, 1, person), tenth[p - 1]);
        CHECK_EQ(arm_of("my-test", 2, NULL, 0.4, person), covered[p - 1]);
        CHECK_EQ(arm_of("my-test", 3, NULL, 1, person), three[p - 1]);
    }
    CHECK_EQ(arm_of("my-test-3", 2, NULL, 1, "1"), 0);
    CHECK_EQ(arm_of("my-test", 2, NULL, 1, ""), -1); // nobody
}

CHECK_TEST(a_namespace_part_is_a_range_of_its_own_hash)
{
    CHECK_BEGIN();
    for (int p = 0; p < 200; p++) {
        char person[16];
        snprintf(person, sizeof person, "%d", p);
        const double point = att_assign_hash(ATT_LIT("__home"), att_text_of(person), 1);
        const att_hash_range low = {0, 0.4}, high = {0.4, 1};
        CHECK_EQ(att_assign_in_space(att_text_of(person), ATT_LIT("home"), low), point < 0.4);
        CHECK(att_assign_in_space(att_text_of(person), ATT_LIT("home"), low) !=
              att_assign_in_space(att_text_of(person), ATT_LIT("home"), high));
    }
}

CHECK_TEST(shares_come_out_as_weighted_and_seeds_are_independent)
{
    CHECK_BEGIN();
    enum { PEOPLE = 40000 };
    int first[2] = {0}, both[2][2] = {{0}};
    for (int p = 0; p < PEOPLE; p++) {
        char person[24];
        snprintf(person, sizeof person, "listener-%d", p);
        const int a = att_assign_hash(ATT_LIT("one"), att_text_of(person), 2) < 0.3;
        const int b = att_assign_hash(ATT_LIT("two"), att_text_of(person), 2) < 0.3;
        first[a]++;
        both[a][b]++;
    }
    const double share = (double)first[1] / PEOPLE, joint = (double)both[1][1] / PEOPLE;
    CHECK_NEAR(share, 0.3, 4 * 0.0023);
    CHECK_NEAR(joint, 0.09, 4 * 0.00143);
}

CHECK_MAIN(CHECK_CASE(hashes_are_growthbooks), CHECK_CASE(outside_ascii_the_hash_takes_utf16_units),
    CHECK_CASE(ranges_are_growthbooks), CHECK_CASE(people_are_in_the_arms_that_growthbook_says),
    CHECK_CASE(a_namespace_part_is_a_range_of_its_own_hash),
    CHECK_CASE(shares_come_out_as_weighted_and_seeds_are_independent))
