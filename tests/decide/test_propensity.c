// SPDX-License-Identifier: Apache-2.0
// What is logged as a propensity is how often it happens: 200,000 seeded slates against the numbers
// in them.
//
// For each slate above a slot (items and kinds), the candidates that followed are counted and
// compared with the probability that was logged for them there. Under the promise the count is
// binomial.
#include "candidates.h"

#include "decide/explore.h"

enum { most_items = 6, most_slots = 3, paths = 1 << 16, seeds = 200000 };

static world w;

typedef struct tally {
    uint32_t seen;                 // slates that came this far
    uint32_t followed[most_items]; // by candidate
    double propensity[most_items]; // as logged; 0: never seen
} tally;

static tally tallies[paths];

// A path is the candidates and kinds above, 4 bits and 2 bits each, after a leading 1.
static size_t step(size_t path, const att_slot *slot)
{
    return (path * 8 + slot->candidate) * 3 + slot->kind;
}

static void count_slates(att_arena *scratch)
{
    memset(tallies, 0, sizeof tallies);
    for (uint64_t seed = 0; seed < seeds; seed++) {
        att_rng rng = att_rng_seed(seed);
        att_slot slots[most_slots];
        size_t filled, path = 1;
        CHECK_OK(att_slate_build(&w.input, &rng, scratch, slots, &filled, NULL));
        for (size_t s = 0; s < filled; s++) {
            CHECK(path < paths);
            tally *t = &tallies[path];
            const uint32_t c = slots[s].candidate;
            CHECK(t->propensity[c] == 0 || t->propensity[c] == slots[s].propensity);
            t->propensity[c] = slots[s].propensity;
            t->followed[c]++;
            t->seen++;
            path = step(path, &slots[s]);
        }
    }
}

static size_t check_tallies(void)
{
    size_t compared = 0;
    double squares = 0;
    for (size_t path = 0; path < paths; path++) {
        const tally *t = &tallies[path];
        if (t->seen < 2000)
            continue;
        double sum = 0;
        for (size_t c = 0; c < most_items; c++) {
            const double p = t->propensity[c], n = t->seen;
            sum += p;
            if (p > 0 && p < 1) {
                const double z = (t->followed[c] - n * p) / sqrt(n * p * (1 - p));
                CHECK(fabs(z) < 5);
                squares += z * z;
                compared++;
            }
        }
        CHECK_NEAR(sum, 1, 1e-9);
    }
    // The squares of z average 1; over all of them within five standard errors.
    if (compared)
        CHECK(squares / (double)compared < 1 + 5 * sqrt(2.0 / (double)compared));
    return compared;
}

static size_t check_mode(
    att_diversity method, uint32_t outside, att_allowance allowance, uint64_t seed)
{
    att_host host = att_host_default();
    att_arena scratch;
    att_arena_init(&scratch, &host, (size_t)64 << 10);
    att_rng rng = att_rng_seed(seed);
    world_make(&w, most_items, most_slots, method, &rng);
    w.policy.objective.out_of_distribution = outside;
    w.candidates[1].out_of_distribution = w.candidates[4].out_of_distribution = true;
    w.candidates[0].explorable = w.candidates[3].explorable = w.candidates[4].explorable = true;
    w.input.allowance = allowance;
    count_slates(&scratch);
    const size_t compared = check_tallies();
    att_arena_deinit(&scratch);
    return compared;
}

CHECK_TEST(dpp_with_constraint_and_budget)
{
    CHECK_BEGIN();
    CHECK(check_mode(ATT_DIVERSITY_DPP, 1, (att_allowance){1, 0.3}, 1) > 5);
}

CHECK_TEST(mmr_with_constraint_and_a_wide_budget)
{
    CHECK_BEGIN();
    CHECK(check_mode(ATT_DIVERSITY_MMR, 2, (att_allowance){3, 0.5}, 2) > 5);
}

CHECK_TEST(score_alone)
{
    CHECK_BEGIN();
    CHECK(check_mode(ATT_DIVERSITY_NONE, 0, (att_allowance){2, 0.15}, 3) > 5);
}

CHECK_TEST(without_a_budget_all_is_certain)
{
    CHECK_BEGIN();
    CHECK_EQ(check_mode(ATT_DIVERSITY_DPP, 1, (att_allowance){0, 0.5}, 4), 0);
    CHECK_EQ(check_mode(ATT_DIVERSITY_DPP, 1, (att_allowance){3, 0}, 4), 0);
}

CHECK_TEST(nobody_explorable_is_out_of_reach)
{
    CHECK_BEGIN();
    att_rng rng = att_rng_seed(5);
    double scores[100];
    uint32_t weights[100];
    world_make(&w, 100, 10, ATT_DIVERSITY_NONE, &rng);
    for (size_t i = 0; i < 100; i++)
        scores[i] = w.candidates[i].terms[0];
    att_explore_weights(w.candidates, scores, 100, weights);
    uint32_t least = UINT32_MAX, most = 0;
    for (size_t i = 0; i < 100; i++) {
        CHECK_EQ(weights[i] > 0, w.candidates[i].explorable);
        if (weights[i]) {
            least = ATT_MIN(least, weights[i]);
            most = ATT_MAX(most, weights[i]);
        }
    }
    CHECK(most / least < 55);
    // Between two that differ in one of score and uncertainty, the greater weighs more.
    for (size_t i = 0; i < 100; i++)
        w.candidates[i].explorable = i < 3, w.candidates[i].uncertainty = i == 1 ? 2 : 1;
    scores[0] = scores[1] = 1;
    scores[2] = 2;
    att_explore_weights(w.candidates, scores, 100, weights);
    CHECK(weights[1] > weights[0] && weights[2] > weights[0]);
}

CHECK_MAIN(CHECK_CASE(dpp_with_constraint_and_budget),
    CHECK_CASE(mmr_with_constraint_and_a_wide_budget), CHECK_CASE(score_alone),
    CHECK_CASE(without_a_budget_all_is_certain), CHECK_CASE(nobody_explorable_is_out_of_reach))
