// SPDX-License-Identifier: Apache-2.0
// How likely something is left early: rates worked by hand, planted causes found and told in true odds, nothing learned from noise.
#include "check.h"

#include "base/rng.h"
#include "decide/skips.h"

#include <math.h>
#include <stdlib.h>

enum { ITEMS = 60, TAGS = 6, PEOPLE = 40, EVENTS = 12000 };

static double sigmoid(double z)
{
    return 1 / (1 + exp(-z));
}

// Items differ by quality, people dislike one tag each, and a workout does not go with tag 0. strength 0: all the same.
static double truth(int person, int item, uint8_t activity, const uint16_t tags[2], double strength)
{
    double z = -1.6 + strength * ((item % 5) - 2) * 0.5;
    for (int t = 0; t < 2; t++)
        z += strength * (1.2 * (tags[t] == person % TAGS) + 0.8 * (activity == ATT_ACTIVITY_WORKOUT && tags[t] == 0));
    return sigmoid(z);
}

static void tags_of(int item, uint16_t tags[2])
{
    tags[0] = (uint16_t)(item % TAGS);
    tags[1] = (uint16_t)((item + 1 + item / TAGS % 2) % TAGS);
}

static att_skips *learn(double strength, int events, att_rng *rng)
{
    att_skips_builder *builder;
    att_skips *skips;
    att_error err = {0};
    CHECK_OK_ERR(att_skips_builder_create(&builder, ITEMS, TAGS, PEOPLE, NULL, &err), &err);
    for (int i = 0; i < events; i++) {
        const int person = (int)att_rng_below(rng, PEOPLE), item = (int)att_rng_below(rng, ITEMS);
        const uint8_t activity = att_rng_below(rng, 2) ? ATT_ACTIVITY_WORKOUT : ATT_ACTIVITY_RELAX;
        uint16_t tags[2];
        tags_of(item, tags);
        const bool early = att_rng_unit(rng) < truth(person, item, activity, tags, strength);
        CHECK_OK(att_skips_builder_add(builder, (uint32_t)person, (uint32_t)item, activity, tags, 2, early, &err));
    }
    CHECK_OK_ERR(att_skips_finish(&skips, builder, NULL, &err), &err);
    att_skips_builder_destroy(builder);
    return skips;
}

CHECK_TEST(a_rate_is_smoothed_towards_that_of_all)
{
    CHECK_BEGIN();
    const att_skips skips = {.base = 0.2, .b = {0}};
    CHECK_NEAR(att_skips_rate(&skips, 0, 0), 0, 0);
    const double p = (5 + ATT_SKIP_SMOOTHING * 0.2) / (10 + ATT_SKIP_SMOOTHING);
    CHECK_NEAR(att_skips_rate(&skips, 5, 10), log(p / (1 - p)) - log(0.2 / 0.8), 1e-12);
    CHECK_NEAR((double)att_skips_chance(&skips, 3, 0), 0.5, 1e-7);
}

CHECK_TEST(planted_causes_are_found_and_told_in_true_odds)
{
    CHECK_BEGIN();
    att_rng rng = att_rng_seed(9);
    att_skips *skips = learn(1, EVENTS, &rng);
    CHECK(skips != NULL);
    CHECK(skips->loss < skips->loss_of_base - 0.01);
    CHECK(skips->b[1] > 0.5 && skips->b[2] > 0.5 && skips->b[3] > 0.2);
    CHECK(skips->items[4] > skips->items[2] && skips->items[2] > skips->items[0]);
    CHECK(skips->activities[ATT_ACTIVITY_WORKOUT * TAGS] > skips->activities[ATT_ACTIVITY_RELAX * TAGS]);
    CHECK_NEAR((double)skips->activities[0], 0, 0); // an unknown activity
    // For somebody of whom nothing is known, who relaxes: within a few points of the mean over all people.
    for (int item = 0; item < 5; item++) {
        uint16_t tags[2];
        double mean = 0, doing = 0;
        tags_of(item, tags);
        for (int person = 0; person < PEOPLE; person++)
            mean += truth(person, item, ATT_ACTIVITY_RELAX, tags, 1) / PEOPLE;
        for (int t = 0; t < 2; t++)
            doing += skips->b[3] * (double)skips->activities[ATT_ACTIVITY_RELAX * TAGS + tags[t]] / 2;
        CHECK_NEAR((double)att_skips_chance(skips, skips->items[item], (float)doing), mean, 0.07);
    }
    att_skips_destroy(skips);
}

CHECK_TEST(nothing_is_learned_from_little_and_next_to_nothing_from_noise)
{
    CHECK_BEGIN();
    att_rng rng = att_rng_seed(4);
    CHECK(learn(1, 100, &rng) == NULL);
    att_skips *noise = learn(0, EVENTS, &rng); // whether it seems better than the base rate is luck; that it says little is not
    for (int item = 0; noise && item < ITEMS; item++)
        CHECK_NEAR((double)att_skips_chance(noise, noise->items[item], 0), noise->base, 0.03);
    att_skips_destroy(noise);
}

CHECK_TEST(bytes_come_back_the_same_or_are_refused)
{
    CHECK_BEGIN();
    att_rng rng = att_rng_seed(9);
    att_skips *skips = learn(1, 3000, &rng), *back;
    att_error err = {0};
    const size_t size = att_skips_size(skips);
    unsigned char *bytes = malloc(size), *again = malloc(size);
    att_skips_save(skips, bytes);
    CHECK_OK_ERR(att_skips_load(&back, bytes, size, NULL, &err), &err);
    att_skips_save(back, again);
    CHECK_EQ(memcmp(bytes, again, size), 0);
    CHECK(back->loss == skips->loss && back->b[3] == skips->b[3]);
    att_skips_destroy(back);
    for (size_t cut = 0; cut < size; cut++)
        CHECK_FAILS(att_skips_load(&back, bytes, cut, NULL, NULL), ATT_CORRUPT);
    static const struct {
        size_t at;
        unsigned char value;
        att_status wanted;
    } damages[] = {{0, 'B', ATT_CORRUPT}, {4, 2, ATT_VERSION}, {8, 1, ATT_CORRUPT}, {15, 9, ATT_CORRUPT}, {16, 3, ATT_VERSION}};
    for (size_t i = 0; i < ATT_COUNT_OF(damages); i++) {
        memcpy(again, bytes, size);
        again[damages[i].at] = damages[i].value;
        CHECK_FAILS(att_skips_load(&back, again, size, NULL, &err), damages[i].wanted);
        CHECK(back == NULL && err.text[0]);
    }
    memcpy(again, bytes, size);
    memset(again + size - 4, 0xFF, 4);
    CHECK_FAILS(att_skips_load(&back, again, size, NULL, &err), ATT_CORRUPT);
    const double endless = 1e300; // finite, and beyond what a chance can be computed from
    memcpy(again, bytes, size);
    memcpy(again + 28, &endless, sizeof endless); // b0
    CHECK_FAILS(att_skips_load(&back, again, size, NULL, &err), ATT_CORRUPT);
    free(bytes);
    free(again);
    att_skips_destroy(skips);
}

CHECK_MAIN(CHECK_CASE(a_rate_is_smoothed_towards_that_of_all), CHECK_CASE(planted_causes_are_found_and_told_in_true_odds),
    CHECK_CASE(nothing_is_learned_from_little_and_next_to_nothing_from_noise), CHECK_CASE(bytes_come_back_the_same_or_are_refused))
