// SPDX-License-Identifier: Apache-2.0
// Weights by age and session, the mix of tags, and what is unusual for a person.
#include "check.h"

#include "decide/pool.h"
#include "decide/taste.h"
#include "signals/situation.h"

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

static att_taste_item liked(double grade, double day, uint32_t session_rank)
{
    return (att_taste_item){.grade = grade,
        .at_s = (uint32_t)(day * day_s),
        .session_rank = session_rank,
        .days = 1,
        .kept = 1};
}

static att_taste_sum weigh(const att_policy *policy, double day, uint16_t situation, const att_taste_item *items,
    size_t count, float *weights)
{
    float scales[ATT_TASTE_SCALES * 64];
    const att_taste_moment moment = {
        .policy = policy, .now_ms = (int64_t)(day * day_s) * 1000, .situation = situation};
    att_taste_sum sum;
    CHECK(count <= 64);
    att_taste_weights(&moment, items, count, weights, scales, &sum);
    return sum;
}

CHECK_TEST(a_session_has_its_share_and_no_more)
{
    CHECK_BEGIN();
    const att_policy policy = policy_of_decay();
    const att_taste_item items[] = {
        liked(1, 90, ATT_NOT_IN_SESSION), liked(0.5, 100, 1), liked(1, 100, 0), liked(-1, 100, 2)};
    float w[4];
    weigh(&policy, 100, 0, items, 4, w);
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
        items[i] = liked(1, 99, i < 30 ? ATT_NOT_IN_SESSION : 39 - i);
    weigh(&policy, 99, 0, items, 40, w);
    double during = 0, after = 0, all = 0;
    for (int i = 30; i < 40; i++)
        during += (double)w[i] / 40;
    for (int i = 30; i < 40; i++)
        items[i].session_rank = ATT_NOT_IN_SESSION;
    weigh(&policy, 106, 0, items, 40, w);
    for (int i = 0; i < 40; i++)
        all += (double)w[i];
    for (int i = 30; i < 40; i++)
        after += (double)w[i] / all;
    CHECK_NEAR(during, 0.75 * 0.25 + 0.25, 1e-5);
    CHECK_NEAR(after, 0.25, 1e-5);
}

static att_policy policy_of_scales(void)
{
    att_policy policy = {0};
    policy.signals.session_half_life_events = 1;
    policy.objective.session_mix = 0.2;
    policy.taste.scales = true;
    policy.taste.recent_half_life_days = 10;
    policy.taste.recent_share = 0.25;
    policy.taste.consolidation_days = 1;
    policy.taste.context_share = 0.5;
    policy.taste.context_evidence = 3;
    policy.taste.season_boost = 1;
    policy.taste.season_days = 30;
    policy.taste.life_event_keep = 0.1;
    return policy;
}

CHECK_TEST(recent_taste_moves_into_the_long_term_one)
{
    CHECK_BEGIN();
    const att_policy policy = policy_of_scales();
    // Ten days old: half has moved. Old: all of it. On two separate days: half of the rest at once.
    att_taste_item items[] = {liked(1, 90, ATT_NOT_IN_SESSION), liked(1, 0, ATT_NOT_IN_SESSION),
        liked(1, 100, ATT_NOT_IN_SESSION)};
    items[2].days = 2;
    float w[3];
    const att_taste_sum sum = weigh(&policy, 100.2, 0, items, 3, w);
    // recent: 0.5, about 0.001, 0.5 (sum R); long: 0.5, 0.999, 0.5 (sum L); no evidence is asked for: 0.25 and 0.75.
    const double old = exp2(-10), r = 1 + old, l = 2 - old;
    CHECK_NEAR(sum.share[ATT_TASTE_RECENT], 0.25, 1e-12);
    CHECK_NEAR(sum.share[ATT_TASTE_LONG], 0.75, 1e-12);
    CHECK_NEAR((double)w[0], 3 * (0.75 * 0.5 / l + 0.25 * 0.5 / r), 1e-6);
    CHECK_NEAR((double)w[1], 3 * (0.75 * (1 - old) / l + 0.25 * old / r), 1e-6);
    CHECK_NEAR((double)w[2], (double)w[0], 1e-6);
    // Within one period nothing moves, at its end all moves at once.
    float before[3], after[3];
    weigh(&policy, 100.9, 0, items, 3, before);
    weigh(&policy, 101.1, 0, items, 3, after);
    CHECK_NEAR((double)before[0], (double)w[0], 0);
    CHECK(after[0] != before[0]);
}

CHECK_TEST(a_newcomers_taste_is_all_new_and_an_old_ones_at_most_a_share)
{
    CHECK_BEGIN();
    att_policy policy = policy_of_scales();
    policy.taste.recent_evidence = 5;
    att_taste_item items[60];
    float w[60];
    for (int i = 0; i < 60; i++)
        items[i] = liked(1, 100, ATT_NOT_IN_SESSION);
    CHECK_NEAR(weigh(&policy, 100, 0, items, 60, w).share[ATT_TASTE_RECENT], 1, 1e-12);
    for (int i = 0; i < 30; i++)
        items[i].at_s = 0; // c = 2^-10
    const double share = weigh(&policy, 100, 0, items, 60, w).share[ATT_TASTE_RECENT];
    CHECK_NEAR(share, 0.25, 0.005);
    items[30].session_rank = 0;
    const att_taste_sum sum = weigh(&policy, 100, 0, items, 60, w);
    CHECK_NEAR(sum.share[ATT_TASTE_SESSION], 0.2, 1e-12);
    CHECK_NEAR(sum.share[ATT_TASTE_LONG] + sum.share[ATT_TASTE_RECENT], 0.8, 1e-12);
    double all = 0;
    for (int i = 0; i < 60; i++)
        all += (double)w[i];
    CHECK_NEAR(all, 60, 1e-3);
}

CHECK_TEST(the_same_season_weighs_more_and_the_life_before_an_event_less)
{
    CHECK_BEGIN();
    att_policy policy = policy_of_scales();
    policy.taste.recent_share = 0;
    // A year ago to the day; a year ago and 15 days off; half a year and a bit ago.
    const att_taste_item items[] = {liked(1, 1000 - 365.2425, ATT_NOT_IN_SESSION),
        liked(1, 1000 - 380.2425, ATT_NOT_IN_SESSION), liked(1, 1000 - 200, ATT_NOT_IN_SESSION),
        liked(1, 1000 - 100, ATT_NOT_IN_SESSION)};
    float w[4];
    weigh(&policy, 1000, 0, items, 4, w);
    CHECK_NEAR((double)(w[0] / w[2]), 2, 1e-3);
    CHECK_NEAR((double)(w[1] / w[2]), 1.5, 1e-3);
    CHECK_NEAR((double)(w[3] / w[2]), 1, 2e-3); // a thousandth of it is still recent
    float scales[ATT_TASTE_SCALES * 4];
    att_taste_sum sum;
    const att_taste_moment moment = {.policy = &policy, .now_ms = INT64_C(1000) * day_s * 1000, .life_event_s = 850 * day_s};
    att_taste_weights(&moment, items, 4, w, scales, &sum);
    CHECK_NEAR((double)(w[2] / w[3]), 0.1, 1e-3);
    CHECK_NEAR((double)(w[0] / w[3]), 0.2, 1e-3);
}

CHECK_TEST(a_situation_bends_the_taste_by_its_evidence)
{
    CHECK_BEGIN();
    const att_policy policy = policy_of_scales();
    const att_context night = {.device = ATT_DEVICE_SPEAKER, .activity = ATT_ACTIVITY_SLEEP, .utc_offset_min = ATT_OFFSET_UNKNOWN};
    const att_context gym = {.device = ATT_DEVICE_WATCH, .activity = ATT_ACTIVITY_WORKOUT, .utc_offset_min = ATT_OFFSET_UNKNOWN};
    const uint16_t here = att_situation_of(&night, 0), there = att_situation_of(&gym, 0);
    att_taste_item items[12];
    float w[12];
    for (int i = 0; i < 12; i++) {
        items[i] = liked(1, 0, ATT_NOT_IN_SESSION);
        items[i].situation = i < 6 ? here : there;
    }
    const att_taste_sum sum = weigh(&policy, 1000, here, items, 12, w);
    // k: 1 and 0.7 * 0.35 = 0.245; evidence 6, b = 6 / 9; phi = 1/3 + 2/3 k / 0.6225.
    CHECK_NEAR(sum.own_context, 2.0 / 3, 1e-6);
    const double like = 0.5 + 0.5 * (1.0 / 3 + 2.0 / 3 / 0.6225), unlike = 0.5 + 0.5 * (1.0 / 3 + 2.0 / 3 * 0.245 / 0.6225);
    CHECK_NEAR((double)(w[0] / w[11]), like / unlike, 1e-5);
    CHECK_NEAR((double)w[0] + (double)w[11], 2, 1e-5);
    // Elsewhere the other half leads; where nothing is known of the situation nobody does.
    weigh(&policy, 1000, there, items, 12, w);
    CHECK_NEAR((double)(w[11] / w[0]), like / unlike, 1e-5);
    weigh(&policy, 1000, 0, items, 12, w);
    CHECK_NEAR((double)w[0], (double)w[11], 0);
    // A single thing of one's own says little: everybody's habits count.
    items[0].situation = here;
    for (int i = 1; i < 12; i++)
        items[i].situation = there;
    items[5].lift = 0.5f;
    const att_taste_sum one = weigh(&policy, 1000, here, items, 12, w);
    CHECK_NEAR(one.own_context, 0.25, 1e-6);
    CHECK(w[5] > w[6] * 1.15f);
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
    CHECK_CASE(a_binge_of_last_night_is_only_history),
    CHECK_CASE(recent_taste_moves_into_the_long_term_one),
    CHECK_CASE(a_newcomers_taste_is_all_new_and_an_old_ones_at_most_a_share),
    CHECK_CASE(the_same_season_weighs_more_and_the_life_before_an_event_less),
    CHECK_CASE(a_situation_bends_the_taste_by_its_evidence), CHECK_CASE(the_mix_sums_to_one),
    CHECK_CASE(the_unusual_is_flagged_and_the_disliked_is_not))
