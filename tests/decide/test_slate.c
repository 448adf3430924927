// SPDX-License-Identifier: Apache-2.0
// Slates against a plain greedy search over everything; and the promises that hold for all of them.
#include "candidates.h"

#include "decide/calibrate.h"
#include "decide/redundancy.h"

static att_host host;
static att_arena scratch;
static world w;

static void open_scratch(void)
{
    host = att_host_default();
    att_arena_init(&scratch, &host, (size_t)512 << 10);
}

static size_t build(uint64_t seed, att_slot *slots)
{
    att_rng rng = att_rng_seed(seed);
    size_t filled = 99;
    att_error err = {0};
    CHECK_OK_ERR(att_slate_build(&w.input, &rng, &scratch, slots, &filled, &err), &err);
    return filled;
}

// The plain twin: every candidate's row is computed anew at each slot, and all are looked at.
static uint32_t plain_best(const att_slot *above, size_t filled, bool outside, double *terms)
{
    att_redundancy r;
    att_calibration c;
    CHECK_OK(att_redundancy_init(&r, &w.input, w.input.wanted, &scratch, NULL));
    CHECK_OK(att_calibration_init(
        &c, w.mix, world_tags, w.policy.objective.calibration, &scratch, NULL));
    bool taken[world_most] = {false};
    for (size_t s = 0; s < filled; s++) {
        const att_candidate *x = &w.candidates[above[s].candidate];
        double term;
        CHECK(att_redundancy_term(&r, above[s].candidate, &term));
        att_redundancy_choose(&r, above[s].candidate);
        att_calibration_choose(&c, x->tags, x->tag_count);
        taken[above[s].candidate] = true;
    }
    uint32_t best = ATT_NO_CANDIDATE;
    double best_score = 0;
    for (uint32_t i = 0; i < w.input.count; i++) {
        const att_candidate *x = &w.candidates[i];
        if (taken[i] || (outside && !x->out_of_distribution))
            continue;
        double term, score = 0;
        CHECK(att_redundancy_term(&r, i, &term));
        const double calibration =
            att_calibration_toll(&c) + att_calibration_gain(&c, x->tags, x->tag_count);
        for (int t = 0; t < ATT_TERM_COUNT; t++)
            score += t == ATT_TERM_CALIBRATION || t == ATT_TERM_REDUNDANCY ? 0 : x->terms[t];
        score += calibration + term;
        if (best == ATT_NO_CANDIDATE || score > best_score) {
            best = i;
            best_score = score;
            terms[0] = calibration;
            terms[1] = term;
        }
    }
    return best;
}

static void check_against_plain(att_diversity method, uint64_t seed)
{
    att_rng rng = att_rng_seed(seed);
    world_make(&w, 60 + att_rng_below(&rng, 200), 20, method, &rng);
    att_slot slots[20];
    CHECK_EQ(build(1, slots), 20);
    for (size_t s = 0; s < 20; s++) {
        double terms[2] = {0};
        const bool outside = slots[s].kind == ATT_SLOT_OUT_OF_DISTRIBUTION;
        CHECK_EQ(slots[s].candidate, plain_best(slots, s, outside, terms));
        CHECK_NEAR(slots[s].terms[ATT_TERM_CALIBRATION], terms[0], 1e-9);
        CHECK_NEAR(slots[s].terms[ATT_TERM_REDUNDANCY], terms[1], 1e-9);
        CHECK_NEAR(slots[s].propensity, 1, 0);
        att_arena_reset(&scratch);
    }
}

CHECK_TEST(the_lazy_search_finds_what_the_plain_search_finds)
{
    CHECK_BEGIN();
    open_scratch();
    for (uint64_t seed = 1; seed <= 40; seed++)
        check_against_plain((att_diversity)(seed % 3), seed);
    att_arena_deinit(&scratch);
}

CHECK_TEST(scores_are_the_sums_of_their_terms_to_the_bit)
{
    CHECK_BEGIN();
    open_scratch();
    att_rng rng = att_rng_seed(8);
    world_make(&w, 300, 50, ATT_DIVERSITY_DPP, &rng);
    w.input.allowance = (att_allowance){5, 0.2};
    att_slot slots[50];
    CHECK_EQ(build(2, slots), 50);
    for (size_t s = 0; s < 50; s++) {
        double sum = 0;
        for (int t = 0; t < ATT_TERM_COUNT; t++)
            sum += slots[s].terms[t];
        CHECK(sum == slots[s].score);
        for (int t = 0; t < ATT_TERM_COUNT; t++)
            CHECK(t == ATT_TERM_CALIBRATION || t == ATT_TERM_REDUNDANCY || slots[s].terms[t] == w.candidates[slots[s].candidate].terms[t]);
    }
    att_arena_deinit(&scratch);
}

CHECK_TEST(every_slate_is_full_without_doubles_and_holds_what_lies_outside_the_usual)
{
    CHECK_BEGIN();
    open_scratch();
    att_rng rng = att_rng_seed(9);
    static att_slot slots[ATT_SLATE_MAX];
    for (int round = 0; round < 400; round++) {
        const size_t count = att_rng_below(&rng, 120);
        const size_t wanted = att_rng_below(&rng, 60);
        world_make(&w, count, wanted, (att_diversity)(round % 3), &rng);
        const uint32_t due = (uint32_t)att_rng_below(&rng, 6);
        w.policy.objective.out_of_distribution = due;
        w.input.allowance = (att_allowance){(uint32_t)att_rng_below(&rng, 4), att_rng_unit(&rng)};
        const size_t filled = build((uint64_t)round, slots);
        CHECK_EQ(filled, ATT_MIN(wanted, count));
        bool seen[world_most] = {false};
        size_t outside = 0, available = 0, explored = 0;
        for (size_t i = 0; i < count; i++)
            available += w.candidates[i].out_of_distribution;
        for (size_t s = 0; s < filled; s++) {
            const att_candidate *c = &w.candidates[slots[s].candidate];
            CHECK(!seen[slots[s].candidate]);
            seen[slots[s].candidate] = true;
            outside += c->out_of_distribution;
            explored += slots[s].kind == ATT_SLOT_EXPLORE;
            CHECK(slots[s].kind != ATT_SLOT_EXPLORE || c->explorable);
            CHECK(slots[s].kind != ATT_SLOT_OUT_OF_DISTRIBUTION || c->out_of_distribution);
            CHECK(slots[s].propensity > 0 && slots[s].propensity <= 1);
        }
        CHECK(explored <= w.input.allowance.slots_max);
        CHECK(filled == 0 || outside >= ATT_MIN(ATT_MIN(due, available), filled - 1));
    }
    att_arena_deinit(&scratch);
}

CHECK_TEST(the_constraint_works_in_the_middle_and_only_when_it_must)
{
    CHECK_BEGIN();
    open_scratch();
    att_rng rng = att_rng_seed(10);
    world_make(&w, 40, 20, ATT_DIVERSITY_NONE, &rng);
    w.policy.objective.calibration = 0;
    w.policy.objective.out_of_distribution = 2;
    for (size_t i = 0; i < 40; i++) {
        memset(w.candidates[i].terms, 0, sizeof w.candidates[i].terms);
        w.candidates[i].terms[0] = 1 - 0.01 * (double)i;
        w.candidates[i].out_of_distribution = i >= 37;
    }
    att_slot slots[20];
    CHECK_EQ(build(1, slots), 20);
    for (size_t s = 0; s < 20; s++)
        CHECK_EQ(slots[s].kind, s == 6 || s == 13 ? ATT_SLOT_OUT_OF_DISTRIBUTION : ATT_SLOT_BEST);
    CHECK_EQ(slots[6].candidate, 37);
    CHECK_EQ(slots[7].candidate, 6);
    // One that comes by itself stands for the first of the two.
    w.candidates[3].out_of_distribution = true;
    CHECK_EQ(build(1, slots), 20);
    CHECK_EQ(slots[6].kind, ATT_SLOT_BEST);
    CHECK_EQ(slots[13].kind, ATT_SLOT_OUT_OF_DISTRIBUTION);
    // A slate of one is not given to the unusual.
    w.input.wanted = 1;
    CHECK_EQ(build(1, slots), 1);
    CHECK_EQ(slots[0].candidate, 0);
    att_arena_deinit(&scratch);
}

CHECK_TEST(a_seed_gives_the_same_slate_again)
{
    CHECK_BEGIN();
    open_scratch();
    att_rng rng = att_rng_seed(12);
    world_make(&w, 200, 30, ATT_DIVERSITY_DPP, &rng);
    w.input.allowance = (att_allowance){6, 0.3};
    att_slot first[30], second[30];
    size_t differences = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        CHECK_EQ(build(seed, first), 30);
        CHECK_EQ(build(seed, second), 30);
        for (size_t s = 0; s < 30; s++) {
            CHECK_EQ(first[s].candidate, second[s].candidate);
            CHECK(first[s].score == second[s].score && first[s].propensity == second[s].propensity);
        }
        CHECK_EQ(build(seed + 1000, second), 30);
        for (size_t s = 0; s < 30; s++)
            differences += first[s].candidate != second[s].candidate;
    }
    CHECK(differences > 0);
    att_arena_deinit(&scratch);
}

// A person who loves the first centre: mean cosine between the ten shown.
static double mean_likeness(att_diversity method)
{
    att_rng rng = att_rng_seed(13);
    double sum = 0;
    world_make(&w, 300, 10, method, &rng);
    w.policy.objective.calibration = 0;
    for (size_t i = 0; i < 300; i++) {
        w.candidates[i].vector = w.vectors[i];
        for (size_t k = 0; k < 4; k++)
            w.candidates[i].terms[0] += 0.3 * (double)w.vectors[i][k];
    }
    att_slot slots[10];
    CHECK_EQ(build(1, slots), 10);
    for (size_t i = 0; i < 10; i++)
        for (size_t j = 0; j < i; j++)
            for (size_t k = 0; k < world_dim; k++)
                sum += (double)w.vectors[slots[i].candidate][k] *
                       (double)w.vectors[slots[j].candidate][k];
    return sum / 45;
}

CHECK_TEST(diversity_spreads)
{
    CHECK_BEGIN();
    open_scratch();
    const double plain = mean_likeness(ATT_DIVERSITY_NONE);
    CHECK(mean_likeness(ATT_DIVERSITY_DPP) < plain - 0.1);
    CHECK(mean_likeness(ATT_DIVERSITY_MMR) < plain - 0.1);
    att_arena_deinit(&scratch);
}

CHECK_TEST(every_allocation_may_fail)
{
    CHECK_BEGIN();
    att_rng rng = att_rng_seed(14);
    world_make(&w, 100, 20, ATT_DIVERSITY_DPP, &rng);
    w.input.allowance = (att_allowance){3, 0.2};
    att_slot slots[20];
    att_status status = ATT_NO_MEMORY;
    for (uint64_t fail_at = 1; status; fail_at++) {
        check_heap heap = {.fail_at = fail_at};
        att_host counting = check_host(&heap);
        att_arena small;
        att_arena_init(&small, &counting, 512); // many blocks, so that many places can fail
        size_t filled = 7;
        att_error err = {0};
        rng = att_rng_seed(1);
        status = att_slate_build(&w.input, &rng, &small, slots, &filled, &err);
        CHECK_EQ(filled, status ? 0 : 20);
        if (status) {
            CHECK_EQ(status, ATT_NO_MEMORY);
            CHECK_HOLDS(err.text, "out of memory for");
        }
        att_arena_deinit(&small);
        CHECK_EQ(heap.bytes_live, 0);
        CHECK(fail_at < 10000);
    }
}

CHECK_MAIN(CHECK_CASE(the_lazy_search_finds_what_the_plain_search_finds),
    CHECK_CASE(scores_are_the_sums_of_their_terms_to_the_bit),
    CHECK_CASE(every_slate_is_full_without_doubles_and_holds_what_lies_outside_the_usual),
    CHECK_CASE(the_constraint_works_in_the_middle_and_only_when_it_must),
    CHECK_CASE(a_seed_gives_the_same_slate_again), CHECK_CASE(diversity_spreads),
    CHECK_CASE(every_allocation_may_fail))
