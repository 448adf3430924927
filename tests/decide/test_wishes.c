// SPDX-License-Identifier: Apache-2.0
// What situations want: fits worked by hand, a prior that fades, the policy before the worlds, sets that agree with the fits.
#include "check.h"

#include "base/rng.h"
#include "decide/wishes.h"

#include <math.h>
#include <stdlib.h>

static const att_wish lively[] = {{"tempo", ATT_FACET_ACTIVITY, ATT_ACTIVITY_WORKOUT, 120, 140, 10, 2},
    {"energy", ATT_FACET_ACTIVITY, ATT_ACTIVITY_WORKOUT, 0.6, HUGE_VAL, 0.2, 1},
    {"range", ATT_FACET_NOISE, ATT_NOISE_LOUD, -HUGE_VAL, 6, 3, 1}};

static att_wishes wishes_of(const att_host *host, const att_wish *policy, size_t count)
{
    att_wishes wishes;
    att_wishes_init(&wishes, host);
    CHECK_OK(att_wishes_add(&wishes, NULL, policy, count, NULL));
    CHECK_OK(att_wishes_add(&wishes, "music", lively, ATT_COUNT_OF(lively), NULL));
    return wishes;
}

static void put(att_wishes *wishes, uint32_t item, const char *medium, double tempo, double energy, double range)
{
    const att_feature features[] = {{ATT_LIT("tempo"), tempo}, {ATT_LIT("energy"), energy}, {ATT_LIT("range"), range}};
    CHECK_OK(att_wishes_put(wishes, item, att_text_of(medium), features, isnan(range) ? 2 : 3, NULL));
}

static double fit(const att_wishes *wishes, uint8_t activity, uint8_t noise, uint32_t item)
{
    const att_context context = {.activity = activity, .noise = noise, .utc_offset_min = ATT_OFFSET_UNKNOWN};
    att_wishes_now now;
    att_wishes_now_of(wishes, &context, NULL, 100, &now);
    return (double)att_wishes_fit(wishes, &now, item);
}

CHECK_TEST(a_fit_is_one_within_nothing_at_the_tolerance_and_less_beyond)
{
    CHECK_BEGIN();
    CHECK_NEAR(att_wish_fit(&lively[0], 120), 1, 0);
    CHECK_NEAR(att_wish_fit(&lively[0], 140), 1, 0);
    CHECK_NEAR(att_wish_fit(&lively[0], 150), 0, 1e-12);
    CHECK_NEAR(att_wish_fit(&lively[0], 100), 2 / 5.0 - 1, 1e-12);
    CHECK_NEAR(att_wish_fit(&lively[1], 9), 1, 0); // open above
    CHECK_NEAR(att_wish_fit(&lively[2], -9), 1, 0);
}

CHECK_TEST(classes_weigh_as_much_as_their_wishes)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_wishes wishes = wishes_of(&host, NULL, 0);
    put(&wishes, 70, "music", 130, 0.4, 6);   // tempo 1, energy 0, range 1
    put(&wishes, 3, "music", 130, 0.7, NAN);  // range is not known
    put(&wishes, 4, "film", 130, 0.7, 6);     // another medium
    CHECK_NEAR(fit(&wishes, ATT_ACTIVITY_WORKOUT, 0, 70), 2 / 3.0, 1 / 127.0);
    CHECK_NEAR(fit(&wishes, ATT_ACTIVITY_WORKOUT, ATT_NOISE_LOUD, 70), (3 * 2 / 3.0 + 1) / 4, 1 / 127.0);
    CHECK_NEAR(fit(&wishes, ATT_ACTIVITY_WORKOUT, ATT_NOISE_LOUD, 3), 3 / 4.0, 1 / 127.0);
    CHECK_NEAR(fit(&wishes, ATT_ACTIVITY_WORKOUT, 0, 4), 0, 0);
    CHECK_NEAR(fit(&wishes, ATT_ACTIVITY_WORKOUT, 0, 5), 0, 0);         // never put
    CHECK_NEAR(fit(&wishes, ATT_ACTIVITY_WORKOUT, 0, 1000000), 0, 0);   // not there
    CHECK_NEAR(fit(&wishes, ATT_ACTIVITY_SLEEP, ATT_NOISE_QUIET, 70), 0, 0); // nothing is wanted
    put(&wishes, 70, "music", 90, 0.4, 6); // it has changed
    CHECK_NEAR(fit(&wishes, ATT_ACTIVITY_WORKOUT, 0, 70), 2 * (2 / 10.0 - 1) / 3, 1 / 127.0);
    att_wishes_drop(&wishes, 70);
    CHECK_NEAR(fit(&wishes, ATT_ACTIVITY_WORKOUT, 0, 70), 0, 0);
    att_wishes_deinit(&wishes);
}

CHECK_TEST(the_policy_comes_before_the_worlds_and_can_turn_a_wish_off)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    const att_wish own[] = {{"tempo", ATT_FACET_ACTIVITY, ATT_ACTIVITY_WORKOUT, 160, 180, 10, 1},
        {"range", ATT_FACET_NOISE, ATT_NOISE_LOUD, -HUGE_VAL, 6, 3, 0}};
    att_wishes wishes = wishes_of(&host, own, ATT_COUNT_OF(own));
    put(&wishes, 0, "music", 170, 0.4, 6);
    put(&wishes, 1, "film", 170, 0.4, 6); // the policy's are for every item
    CHECK_NEAR(fit(&wishes, ATT_ACTIVITY_WORKOUT, 0, 0), 1 / 2.0, 1 / 127.0);
    CHECK_NEAR(fit(&wishes, ATT_ACTIVITY_WORKOUT, 0, 1), 1, 1 / 127.0);
    CHECK_NEAR(fit(&wishes, 0, ATT_NOISE_LOUD, 0), 0, 0);
    CHECK_NEAR(fit(&wishes, ATT_ACTIVITY_WORKOUT, ATT_NOISE_LOUD, 0), 1 / 2.0, 1 / 127.0);
    att_wishes_deinit(&wishes);
}

CHECK_TEST(a_prior_fades_as_events_of_its_situation_are_learned_from)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_wishes wishes = wishes_of(&host, NULL, 0);
    const att_context gym = {.activity = ATT_ACTIVITY_WORKOUT, .utc_offset_min = ATT_OFFSET_UNKNOWN};
    const uint16_t tag = 0;
    att_context_builder *builder;
    att_context_model *learned;
    att_wishes_now now;
    put(&wishes, 0, "music", 130, 0.7, 6);
    CHECK_OK(att_context_builder_create(&builder, 1, NULL, NULL));
    for (int i = 0; i < 300; i++)
        att_context_builder_add(builder, &gym, 0, &tag, 1, 1);
    CHECK_OK(att_context_finish(&learned, builder, 20, 10, NULL, NULL));
    CHECK_NEAR(att_context_seen(learned, ATT_FACET_ACTIVITY, ATT_ACTIVITY_WORKOUT), 300, 0);
    CHECK_NEAR(att_context_seen(learned, ATT_FACET_ACTIVITY, ATT_ACTIVITY_SLEEP), 0, 0);
    CHECK_NEAR(att_context_seen(learned, ATT_FACET_NOISE, 99), 0, 0);
    att_wishes_now_of(&wishes, &gym, learned, 100, &now);
    CHECK_NEAR((double)att_wishes_fit(&wishes, &now, 0), 100 / 400.0, 1e-6);
    att_wishes_now_of(&wishes, &gym, learned, 0, &now);
    CHECK_NEAR((double)att_wishes_fit(&wishes, &now, 0), 1, 1e-6);
    att_context_model_destroy(learned);
    att_context_builder_destroy(builder);
    att_wishes_deinit(&wishes);
}

CHECK_TEST(the_sets_of_what_fits_agree_with_the_fits)
{
    CHECK_BEGIN();
    enum { ITEMS = 1000, BITS = 900, WORDS = (BITS + 63) / 64 };
    const att_host host = att_host_default();
    att_wishes wishes = wishes_of(&host, NULL, 0);
    att_rng rng = att_rng_seed(11);
    for (uint32_t i = 0; i < ITEMS; i++)
        put(&wishes, i, "music", 60 + 120 * att_rng_unit(&rng), att_rng_unit(&rng), 12 * att_rng_unit(&rng));
    const att_context context = {.activity = ATT_ACTIVITY_WORKOUT, .noise = ATT_NOISE_LOUD};
    uint64_t open[WORDS], fitting[WORDS];
    att_wishes_now now;
    for (size_t w = 0; w < WORDS; w++)
        open[w] = att_mix64(w + 1) & (w + 1 < WORDS ? UINT64_MAX : (UINT64_C(1) << BITS % 64) - 1);
    att_wishes_now_of(&wishes, &context, NULL, 0, &now);
    CHECK_EQ(now.count, 2);
    const size_t both = att_wishes_fitting(&wishes, &now, open, BITS, 1, fitting);
    size_t found = 0;
    for (uint32_t i = 0; i < BITS; i++) {
        const bool fits = fit(&wishes, ATT_ACTIVITY_WORKOUT, 0, i) > 0.5 && fit(&wishes, 0, ATT_NOISE_LOUD, i) > 0.5;
        CHECK_EQ(fitting[i / 64] >> i % 64 & 1, fits && (open[i / 64] >> i % 64 & 1));
        found += fitting[i / 64] >> i % 64 & 1;
    }
    CHECK(found == both && both > 20);
    const size_t heaviest = att_wishes_fitting(&wishes, &now, open, BITS, both + 1, fitting);
    CHECK(heaviest > both);
    for (uint32_t i = 0; i < BITS; i++)
        CHECK_EQ(fitting[i / 64] >> i % 64 & 1, fit(&wishes, ATT_ACTIVITY_WORKOUT, 0, i) > 0.5 && (open[i / 64] >> i % 64 & 1));
    att_wishes_deinit(&wishes);
}

CHECK_MAIN(CHECK_CASE(a_fit_is_one_within_nothing_at_the_tolerance_and_less_beyond), CHECK_CASE(classes_weigh_as_much_as_their_wishes),
    CHECK_CASE(the_policy_comes_before_the_worlds_and_can_turn_a_wish_off), CHECK_CASE(a_prior_fades_as_events_of_its_situation_are_learned_from),
    CHECK_CASE(the_sets_of_what_fits_agree_with_the_fits))
