// SPDX-License-Identifier: Apache-2.0
// A pool tells the odds that drew the slate, and the odds of a policy that did not.
#include "candidates.h"

#include "decide/replay.h"

static world w;

// Terms at weight 1; terms of the candidates under the policy's weights.
static float raw[ATT_TERM_COUNT * world_most];

static double weight_of(const att_policy *policy, int term)
{
    const double weights[ATT_TERM_COUNT] = {policy->objective.relevance, policy->objective.context, policy->objective.novelty,
        policy->objective.freshness, policy->objective.business, policy->objective.control,
        [ATT_TERM_SITUATION] = policy->objective.situation,
        [ATT_TERM_SKIP] = policy->objective.early_skip};
    return weights[term];
}

static void weigh(size_t count, const att_policy *policy)
{
    for (size_t i = 0; i < count; i++)
        for (int t = 0; t < ATT_TERM_COUNT; t++)
            w.candidates[i].terms[t] = weight_of(policy, t) * (double)raw[(size_t)t * count + i];
    w.policy = *policy;
}

static void set_out(size_t count, size_t wanted, att_diversity method, att_rng *rng)
{
    world_make(&w, count, wanted, method, rng);
    for (size_t i = 0; i < count; i++)
        for (int t = 0; t < ATT_TERM_COUNT; t++)
            raw[(size_t)t * count + i] = t == ATT_TERM_CALIBRATION || t == ATT_TERM_REDUNDANCY || t == ATT_TERM_FRESHNESS
                                             ? 0
                                             : (float)w.candidates[i].terms[t];
}

static att_policy policy_of(double relevance, double novelty, double diversity, double calibration, att_diversity method)
{
    att_policy policy = att_policy_default();
    policy.objective.relevance = relevance;
    policy.objective.novelty = novelty;
    policy.objective.diversity = diversity;
    policy.objective.calibration = calibration;
    policy.objective.method = method;
    return policy;
}

static void check_one(att_arena *scratch, att_arena *keep, att_diversity method, uint64_t seed)
{
    enum { COUNT = 60, WANTED = 8 };
    att_rng rng = att_rng_stream(11, seed);
    att_slot slots[WANTED];
    size_t filled;
    att_decision_pool pool, under;
    att_replay replay, replay_under;
    double odds[COUNT], expected[COUNT];
    const att_policy logged = policy_of(1, 0.5, 0.4, 0.3, method), target = policy_of(0.7, 1.5, 0.8, 0.6, method);
    set_out(COUNT, WANTED, method, &rng);
    weigh(COUNT, &logged);
    w.input.allowance = (att_allowance){.slots_max = 2, .probability = 0.3};
    CHECK_OK(att_slate_build(&w.input, &rng, scratch, slots, &filled, NULL));
    CHECK_OK(att_slate_pool(&w.input, slots, filled, raw, 0, scratch, keep, &pool, NULL));
    CHECK_EQ(pool.columns, (0x3f | 1 << ATT_TERM_SITUATION | 1 << ATT_TERM_SKIP) & ~(1 << ATT_TERM_FRESHNESS));
    CHECK(att_pool_is_of(&pool, &logged) && !att_pool_is_of(&pool, &target));
    CHECK_OK(att_replay_init(&replay, &pool, keep, NULL));
    for (int own = 0; own < 2; own++) {
        att_replay_policy(&replay, own ? &logged : NULL);
        for (size_t s = 0; s < filled; s++) {
            double sum = 0;
            att_replay_odds(&replay, s, odds);
            for (size_t i = 0; i < COUNT; i++)
                sum += odds[i];
            CHECK_NEAR(sum, 1, 1e-9);
            CHECK_NEAR(odds[slots[s].candidate] / slots[s].propensity, 1, 1e-5);
            if (slots[s].kind != ATT_SLOT_EXPLORE)
                CHECK_EQ(pool.slots[s].best, slots[s].candidate);
        }
    }
    // The same slate, as if the target had been asked what it could have chosen at each slot.
    weigh(COUNT, &target);
    CHECK_OK(att_slate_pool(&w.input, slots, filled, raw, 0, scratch, keep, &under, NULL));
    CHECK_OK(att_replay_init(&replay_under, &under, keep, NULL));
    att_replay_policy(&replay_under, NULL);
    att_replay_policy(&replay, &target);
    for (size_t s = 0; s < filled; s++) {
        att_replay_odds(&replay_under, s, expected);
        att_replay_odds(&replay, s, odds);
        for (size_t i = 0; i < COUNT; i++)
            CHECK_NEAR(odds[i], expected[i], 1e-5);
    }
}

CHECK_TEST(the_log_s_odds_and_another_policy_s_follow_from_the_pool)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_arena scratch, keep;
    att_arena_init(&scratch, &host, 0);
    att_arena_init(&keep, &host, 0);
    for (uint64_t seed = 0; seed < 60; seed++) {
        check_one(&scratch, &keep, (att_diversity)(seed % 3), seed);
        att_arena_reset(&keep);
    }
    att_arena_deinit(&keep);
    att_arena_deinit(&scratch);
}

CHECK_TEST(a_larger_share_explores_more)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_arena scratch, keep;
    att_arena_init(&scratch, &host, 0);
    att_arena_init(&keep, &host, 0);
    att_rng rng = att_rng_seed(5);
    att_slot slot;
    size_t filled;
    att_decision_pool pool;
    att_replay replay;
    double odds[20];
    att_policy policy = policy_of(1, 0, 0, 0, ATT_DIVERSITY_NONE);
    set_out(20, 1, ATT_DIVERSITY_NONE, &rng);
    weigh(20, &policy);
    w.input.allowance = (att_allowance){.slots_max = 1, .probability = 0.2};
    CHECK_OK(att_slate_build(&w.input, &rng, &scratch, &slot, &filled, NULL));
    CHECK_OK(att_slate_pool(&w.input, &slot, filled, raw, 0, &scratch, &keep, &pool, NULL));
    CHECK_OK(att_replay_init(&replay, &pool, &keep, NULL));
    double best[2];
    for (int i = 0; i < 2; i++) {
        policy.exploration.share = i ? 0.05 : 0.1; // it was 0.1
        att_replay_policy(&replay, &policy);
        att_replay_odds(&replay, 0, odds);
        best[i] = odds[pool.slots[0].best];
    }
    CHECK_NEAR((1 - best[1]) / (1 - best[0]), 0.5, 1e-5);
    att_arena_deinit(&keep);
    att_arena_deinit(&scratch);
}

CHECK_MAIN(CHECK_CASE(the_log_s_odds_and_another_policy_s_follow_from_the_pool), CHECK_CASE(a_larger_share_explores_more))
