// SPDX-License-Identifier: Apache-2.0
// Calibration, worked by hand, and against the divergence computed from its definition.
#include "candidates.h"

#include "decide/calibrate.h"

static att_host host;
static att_arena scratch;

static void open_scratch(void)
{
    host = att_host_default();
    att_arena_init(&scratch, &host, 0);
}

CHECK_TEST(two_slots_worked_by_hand)
{
    CHECK_BEGIN();
    open_scratch();
    // A person of 3/4 jazz (0) and 1/4 rock (1).
    const double mix[] = {0.75, 0.25};
    const uint16_t jazz[] = {0}, rock[] = {1}, both[] = {0, 1};
    att_calibration c;
    CHECK_OK(att_calibration_init(&c, mix, 2, 2.0, &scratch, NULL));
    // Empty slate: q = p. With a jazz item q = (1.75, 0.25) / 2; KL = 0.75 log(0.75 / 0.875) + 0.25
    // log(0.25 / 0.125).
    const double kl = 0.75 * log(0.75 / 0.875) + 0.25 * log(2.0);
    CHECK_NEAR(att_calibration_toll(&c) + att_calibration_gain(&c, jazz, 1), -2 * kl, 1e-12);
    // An item of both halves: q = (1.25, 0.75) / 2.
    const double kl_both = 0.75 * log(0.75 / 0.625) + 0.25 * log(0.25 / 0.375);
    CHECK_NEAR(att_calibration_toll(&c) + att_calibration_gain(&c, both, 2), -2 * kl_both, 1e-12);
    att_calibration_choose(&c, jazz, 1);
    // Then rock: q = (1.75, 1.25) / 3.
    const double after = 0.75 * log(0.75 * 3 / 1.75) + 0.25 * log(0.25 * 3 / 1.25);
    CHECK_NEAR(
        att_calibration_toll(&c) + att_calibration_gain(&c, rock, 1), -2 * (after - kl), 1e-12);
    // After three jazz items rock is due, after one jazz item jazz still is.
    att_calibration_choose(&c, jazz, 1);
    att_calibration_choose(&c, jazz, 1);
    CHECK(att_calibration_gain(&c, rock, 1) > att_calibration_gain(&c, jazz, 1));
    att_arena_deinit(&scratch);
}

static double divergence(const double *mix, const double *counts, size_t filled)
{
    double sum = 0;
    for (size_t g = 0; g < world_tags; g++)
        if (mix[g] > 0)
            sum += mix[g] * log(mix[g] * (double)(filled + 1) / (counts[g] + mix[g]));
    return sum;
}

CHECK_TEST(the_terms_of_all_slots_add_up_to_the_divergence)
{
    CHECK_BEGIN();
    open_scratch();
    att_rng rng = att_rng_seed(4);
    static world w;
    world_make(&w, 200, 30, ATT_DIVERSITY_NONE, &rng);
    double counts[world_tags] = {0}, sum = 0;
    att_calibration c;
    CHECK_OK(att_calibration_init(&c, w.mix, world_tags, 1, &scratch, NULL));
    for (size_t i = 0; i < 200; i++) {
        const att_candidate *x = &w.candidates[i];
        const double gain = att_calibration_gain(&c, x->tags, x->tag_count);
        CHECK_NEAR(gain, att_calibration_gain(&c, x->tags, x->tag_count), 0);
        sum += att_calibration_toll(&c) + gain;
        att_calibration_choose(&c, x->tags, x->tag_count);
        for (size_t t = 0; t < x->tag_count; t++)
            counts[x->tags[t]] += 1.0 / x->tag_count;
        CHECK_NEAR(sum, -divergence(w.mix, counts, i + 1), 1e-9);
    }
    att_arena_deinit(&scratch);
}

CHECK_TEST(without_a_mix_or_a_weight_it_is_silent)
{
    CHECK_BEGIN();
    open_scratch();
    const double mix[] = {1};
    const uint16_t tags[] = {0, 700};
    att_calibration c;
    CHECK_OK(att_calibration_init(&c, NULL, 0, 1, &scratch, NULL));
    CHECK_NEAR(att_calibration_toll(&c) + att_calibration_gain(&c, tags, 2), 0, 0);
    att_calibration_choose(&c, tags, 2);
    CHECK_OK(att_calibration_init(&c, mix, 1, 0, &scratch, NULL));
    CHECK_NEAR(att_calibration_toll(&c) + att_calibration_gain(&c, tags, 2), 0, 0);
    // A tag beyond the mix gains nothing.
    CHECK_OK(att_calibration_init(&c, mix, 1, 1, &scratch, NULL));
    CHECK_NEAR(att_calibration_gain(&c, tags + 1, 1), 0, 0);
    att_calibration_choose(&c, tags, 2);
    att_arena_deinit(&scratch);
}

CHECK_TEST(gains_of_many_are_those_of_each_to_the_bit)
{
    CHECK_BEGIN();
    open_scratch();
    att_rng rng = att_rng_seed(9);
    static world w;
    world_make(&w, 200, 30, ATT_DIVERSITY_NONE, &rng);
    att_calibration plain, of_list;
    att_gains gains;
    CHECK_OK(att_calibration_init(&plain, w.mix, world_tags, 0.7, &scratch, NULL));
    CHECK_OK(att_calibration_init(&of_list, w.mix, world_tags, 0.7, &scratch, NULL));
    CHECK_OK(att_gains_init(&gains, &of_list, 200, att_slate_tags(&w.input), &scratch, NULL));
    for (size_t i = 0; i < 200; i++)
        att_gains_add(&gains, w.candidates[i].tags, w.candidates[i].tag_count);
    for (int turn = 0; turn < 30; turn++) {
        for (size_t i = 0; i < 200; i++)
            CHECK_NEAR(att_gains_of(&gains, i), att_calibration_gain(&plain, w.candidates[i].tags, w.candidates[i].tag_count), 0);
        const att_candidate *chosen = &w.candidates[att_rng_below(&rng, 200)];
        att_calibration_choose(&plain, chosen->tags, chosen->tag_count);
        att_gains_choose(&gains, chosen->tags, chosen->tag_count);
        CHECK_NEAR(att_calibration_toll(&of_list), att_calibration_toll(&plain), 0);
    }
    att_arena_deinit(&scratch);
}

CHECK_MAIN(CHECK_CASE(gains_of_many_are_those_of_each_to_the_bit),
    CHECK_CASE(two_slots_worked_by_hand),
    CHECK_CASE(the_terms_of_all_slots_add_up_to_the_divergence),
    CHECK_CASE(without_a_mix_or_a_weight_it_is_silent))
