// SPDX-License-Identifier: Apache-2.0
// Weights by age and session, the mix of tags, and what is unusual for a person.
#include "check.h"

#include "decide/pool.h"
#include "decide/taste.h"

#include <math.h>

enum { day_s = 86400 };

static att_policy policy_of_decay(void)
{
    att_policy policy = {0};
    policy.signals.half_life_days = 10;
    policy.signals.session_half_life_events = 1;
    policy.objective.session_mix = 0.25;
    return policy;
}

CHECK_TEST(a_session_has_its_share_and_no_more)
{
    CHECK_BEGIN();
    const att_policy policy = policy_of_decay();
    const int64_t now_ms = INT64_C(100) * day_s * 1000;
    const att_taste_item items[] = {{1, 90 * day_s, ATT_NOT_IN_SESSION}, {0.5, 100 * day_s, 1},
        {1, 100 * day_s, 0}, {-1, 100 * day_s, 2}};
    float w[4];
    att_taste_weights(&policy, now_ms, items, 4, w);
    // long: 0.5, 0.5, 1, 0 (sum 2); short: 0, 0.25, 1, 0 (sum 1.25); lift 0.25 * 2 / 1.25 = 0.4.
    CHECK_NEAR((double)w[0], 0.375, 1e-6);
    CHECK_NEAR((double)w[1], 0.375 + 0.1, 1e-6);
    CHECK_NEAR((double)w[2], 0.75 + 0.4, 1e-6);
    CHECK_NEAR((double)w[3], 0, 0);
    CHECK_NEAR((double)w[0] + (double)w[1] + (double)w[2], 2, 1e-6);
}

CHECK_TEST(a_binge_of_last_night_is_only_history)
{
    CHECK_BEGIN();
    const att_policy policy = policy_of_decay();
    att_taste_item items[40];
    float w[40];
    for (uint32_t i = 0; i < 40; i++) // 30 old loves, 10 of the binge
        items[i] = (att_taste_item){1, 99 * day_s, i < 30 ? ATT_NOT_IN_SESSION : 39 - i};
    att_taste_weights(&policy, INT64_C(99) * day_s * 1000, items, 40, w);
    double during = 0, after = 0, all = 0;
    for (int i = 30; i < 40; i++)
        during += (double)w[i] / 40;
    for (int i = 30; i < 40; i++)
        items[i].session_rank = ATT_NOT_IN_SESSION;
    att_taste_weights(&policy, INT64_C(106) * day_s * 1000, items, 40, w);
    for (int i = 0; i < 40; i++)
        all += (double)w[i];
    for (int i = 30; i < 40; i++)
        after += (double)w[i] / all;
    CHECK_NEAR(during, 0.75 * 0.25 + 0.25, 1e-5);
    CHECK_NEAR(after, 0.25, 1e-5);
}

CHECK_TEST(the_mix_sums_to_one)
{
    CHECK_BEGIN();
    double mix[4] = {0};
    const uint16_t tags[] = {0, 2, 9};
    CHECK(!att_taste_mix_finish(mix, 4));
    att_taste_mix_add(mix, 4, tags, 2, 1);
    att_taste_mix_add(mix, 4, tags, 1, 0.5);
    att_taste_mix_add(mix, 4, tags, 1, -1);
    att_taste_mix_add(mix, 4, tags + 2, 1, 5);
    CHECK(att_taste_mix_finish(mix, 4));
    CHECK_NEAR(mix[0], 1 / 1.5, 1e-12);
    CHECK_NEAR(mix[2], 0.5 / 1.5, 1e-12);
    CHECK_NEAR(att_taste_mass(mix, 4, tags, 3), 1, 1e-12);
    CHECK_NEAR(att_taste_mass(mix, 4, tags + 1, 1), 0.5 / 1.5, 1e-12);
}

CHECK_TEST(the_unusual_is_flagged_and_the_disliked_is_not)
{
    CHECK_BEGIN();
    const double mix[] = {0.9, 0.04, 0.06, 0};
    const uint16_t tags[] = {0, 1, 2, 3};
    const bool disliked[] = {false, false, false, true, false};
    att_candidate c[] = {{.tags = tags, .tag_count = 1}, {.tags = tags + 1, .tag_count = 1},
        {.tags = tags + 2, .tag_count = 1}, {.tags = tags + 3, .tag_count = 1}, {.tag_count = 0}};
    CHECK_EQ(att_pool_flag_outside(c, 5, mix, 4, disliked, 1), 1);
    CHECK(c[1].out_of_distribution && !c[0].out_of_distribution && !c[3].out_of_distribution);
    // Two are wanted: 0.06 is below half the mean of (0.9 + 0.04 + 0.06 + 0 + 0) / 5.
    CHECK_EQ(att_pool_flag_outside(c, 5, mix, 4, disliked, 4), 2);
    CHECK(c[1].out_of_distribution && c[2].out_of_distribution);
    CHECK_EQ(att_pool_flag_outside(c, 5, mix, 4, NULL, 0), 2);
    CHECK_EQ(att_pool_flag_outside(c, 5, NULL, 4, NULL, 3), 0);
}

CHECK_MAIN(CHECK_CASE(a_session_has_its_share_and_no_more),
    CHECK_CASE(a_binge_of_last_night_is_only_history), CHECK_CASE(the_mix_sums_to_one),
    CHECK_CASE(the_unusual_is_flagged_and_the_disliked_is_not))
