// SPDX-License-Identifier: Apache-2.0
// Terms worked by hand.
#include "check.h"

#include "decide/terms.h"

#include <math.h>

#define DAY_MS INT64_C(86400000)

static att_policy policy_of_weights(void)
{
    att_policy policy = {0};
    policy.objective.relevance = 2;
    policy.objective.context = 0.5;
    policy.objective.novelty = 0.5;
    policy.objective.freshness = 0.25;
    policy.objective.freshness_half_life_days = 10;
    policy.objective.business = 0.1;
    policy.objective.control = 3;
    policy.objective.situation = 0.25;
    policy.objective.early_skip = 2;
    return policy;
}

CHECK_TEST(each_term_is_its_weight_times_its_quantity)
{
    CHECK_BEGIN();
    const att_policy policy = policy_of_weights();
    const float relevance[] = {0.5F, -0.25F}, context[] = {-1, 0.5F}, situation[] = {1, -0.5F}, novelty[] = {0.5F, 1};
    const float boost[] = {-1, 0.5F}, energy[] = {0.75F, NAN}, less[] = {0, 0.5F}, skip[] = {0.125F, -0.25F};
    const int64_t published[] = {1000 * DAY_MS - 20 * DAY_MS, 0};
    const att_raw_terms raw = {relevance, context, situation, novelty, published, boost, energy, less, skip};
    const att_term_settings settings = {&policy, 0.5, 0.5, 0, 1000 * DAY_MS};
    att_candidate c[2];
    memset(c, 0x7F, sizeof c);
    att_terms_fill(c, 2, &raw, &settings);
    static const double first[ATT_TERM_COUNT] = {0.5, -0.5, 0.25, 0.0625, -0.1, 0.75, 0, 0, 0.25, 0.25};
    static const double second[ATT_TERM_COUNT] = {-0.25, 0.25, 0.5, 0, 0.05, -1.5, 0, 0, -0.125, -0.5};
    for (int t = 0; t < ATT_TERM_COUNT; t++) {
        CHECK_NEAR(c[0].terms[t], first[t], 1e-12);
        CHECK_NEAR(c[1].terms[t], second[t], 1e-12);
    }
}

CHECK_TEST(the_novelty_slider_turns_the_bonus_round_and_triples_it)
{
    CHECK_BEGIN();
    att_policy policy = policy_of_weights();
    const float novelty[] = {1};
    const att_raw_terms raw = {.novelty = novelty};
    att_candidate c[1];
    static const double sliders[] = {-1, 0, 1}, wanted[] = {-0.5, 0.5, 1.5};
    for (int i = 0; i < 3; i++) {
        att_terms_fill(c, 1, &raw, &(att_term_settings){&policy, 1, 0, sliders[i], 0});
        CHECK_NEAR(c[0].terms[ATT_TERM_NOVELTY], wanted[i], 1e-12);
    }
    policy.objective.novelty = 0; // the person's slider works where the policy has no bonus
    att_terms_fill(c, 1, &raw, &(att_term_settings){&policy, 1, 0, 1, 0});
    CHECK_NEAR(c[0].terms[ATT_TERM_NOVELTY], 0.5, 1e-12);
}

CHECK_TEST(nothing_given_is_nothing_gained)
{
    CHECK_BEGIN();
    const att_policy policy = policy_of_weights();
    const att_raw_terms raw = {0};
    att_candidate c[1];
    att_terms_fill(c, 1, &raw, &(att_term_settings){&policy, 1, 1, 1, 5});
    for (int t = 0; t < ATT_TERM_COUNT; t++)
        CHECK_NEAR(c[0].terms[t], 0, 0);
}

CHECK_TEST(novelty_is_self_information)
{
    CHECK_BEGIN();
    CHECK_NEAR((double)att_novelty_of(1, 0.0001F), 0, 1e-6);
    CHECK_NEAR((double)att_novelty_of(0.01F, 0.0001F), 0.5, 1e-6);
    CHECK_NEAR((double)att_novelty_of(0, 0.0001F), 1, 1e-6);
    CHECK_NEAR((double)att_novelty_of(2, 0.0001F), 0, 1e-6);
}

CHECK_TEST(relevance_is_scaled_by_the_ten_best)
{
    CHECK_BEGIN();
    float scores[30];
    for (int i = 0; i < 30; i++)
        scores[i] = 0.02F * (float)((i * 7) % 30); // 0 … 0.58; the ten best average 0.49
    CHECK_NEAR(att_relevance_scale(scores, 30), 1 / 0.49, 1e-5);
    CHECK_NEAR(att_relevance_scale(scores, 1), 4, 0); // little is known: no more than fourfold
    CHECK_NEAR(att_relevance_scale(NULL, 0), 4, 0);
}

CHECK_TEST(less_like_sees_vectors_and_tags)
{
    CHECK_BEGIN();
    const float x[] = {1, 0}, y[] = {0.6F, 0.8F}, away[] = {-1, 0};
    const uint16_t tags[] = {1, 2, 3, 4};
    const att_candidate c[] = {{.vector = x, .tags = tags, .tag_count = 1},
        {.vector = away, .tags = tags, .tag_count = 4}, {.tags = tags + 3, .tag_count = 1}};
    const att_less less[] = {{y, tags, 2}, {NULL, tags + 2, 1}};
    float out[3];
    att_less_like(c, 3, 2, less, 2, out);
    CHECK_NEAR((double)out[0], 0.6, 1e-6); // cosine 0.6 beats one of two tags
    CHECK_NEAR((double)out[1], 0.5, 1e-6); // two of four tags; the cosine is below 0
    CHECK_NEAR((double)out[2], 0, 0);
    att_less_like(c, 3, 2, less, 0, out);
    CHECK_NEAR((double)out[0], 0, 0);
}

CHECK_MAIN(CHECK_CASE(each_term_is_its_weight_times_its_quantity),
    CHECK_CASE(the_novelty_slider_turns_the_bonus_round_and_triples_it),
    CHECK_CASE(nothing_given_is_nothing_gained), CHECK_CASE(novelty_is_self_information),
    CHECK_CASE(relevance_is_scaled_by_the_ten_best), CHECK_CASE(less_like_sees_vectors_and_tags))
