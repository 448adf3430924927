// SPDX-License-Identifier: Apache-2.0
// The penalties of DPP and MMR against their definitions: determinants by elimination, cosines one
// by one.
#include "candidates.h"

#include "decide/redundancy_all.h"

static double cosine_of(const world *w, size_t i, size_t j)
{
    double sum = 0;
    for (size_t k = 0; k < world_dim; k++)
        sum += (double)w->vectors[i][k] * (double)w->vectors[j][k];
    return sum;
}

static double kernel_of(const world *w, size_t i, size_t j)
{
    if (i == j)
        return 1;
    if (!w->candidates[i].vector || !w->candidates[j].vector)
        return 0;
    return (1 - ATT_DPP_JITTER) * (1 + cosine_of(w, i, j)) / 2;
}

// log of the determinant of the kernel over `set`, by elimination with pivots.
static double log_determinant(const world *w, const uint32_t *set, size_t count)
{
    static double m[64][64];
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            m[i][j] = kernel_of(w, set[i], set[j]);
    for (size_t k = 0; k < count; k++) {
        size_t pivot = k;
        for (size_t i = k + 1; i < count; i++)
            if (fabs(m[i][k]) > fabs(m[pivot][k]))
                pivot = i;
        for (size_t j = 0; j < count; j++) {
            const double swap = m[k][j];
            m[k][j] = m[pivot][j];
            m[pivot][j] = swap;
        }
        sum += log(fabs(m[k][k]));
        for (size_t i = k + 1; i < count; i++)
            for (size_t j = count; j-- > k;)
                m[i][j] -= m[i][k] / m[k][k] * m[k][j];
    }
    return sum;
}

static void check_against_definition(att_diversity method, uint64_t seed)
{
    static world w;
    att_rng rng = att_rng_seed(seed);
    world_make(&w, 60, 20, method, &rng);
    att_host host = att_host_default();
    att_arena scratch;
    att_arena_init(&scratch, &host, 0);
    att_redundancy r;
    CHECK_OK(att_redundancy_init(&r, &w.input, 20, &scratch, NULL));
    uint32_t set[21];
    for (size_t s = 0; s < 20; s++) {
        // Only some candidates are asked for at each level, so rows catch up by different strides.
        for (uint32_t i = (uint32_t)s; i < 60; i += 1 + (uint32_t)att_rng_below(&rng, 3)) {
            double term, wanted = 0;
            CHECK(att_redundancy_term(&r, i, &term));
            set[s] = i;
            if (method == ATT_DIVERSITY_DPP)
                wanted = 0.25 * (log_determinant(&w, set, s + 1) - log_determinant(&w, set, s));
            else if (w.candidates[i].vector)
                for (size_t t = 0; t < s; t++)
                    if (w.candidates[set[t]].vector)
                        wanted = ATT_MIN(wanted, -0.5 * cosine_of(&w, i, set[t]));
            if (i >= 20) // below lie the chosen
                CHECK_NEAR(term, wanted, 1e-5);
        }
        double term;
        CHECK(att_redundancy_term(&r, (uint32_t)s, &term));
        set[s] = (uint32_t)s;
        att_redundancy_choose(&r, (uint32_t)s);
    }
    att_arena_deinit(&scratch);
}

CHECK_TEST(dpp_terms_are_half_the_change_of_the_log_determinant)
{
    CHECK_BEGIN();
    for (uint64_t seed = 1; seed <= 10; seed++)
        check_against_definition(ATT_DIVERSITY_DPP, seed);
}

CHECK_TEST(mmr_terms_are_the_nearest_cosine)
{
    CHECK_BEGIN();
    for (uint64_t seed = 1; seed <= 10; seed++)
        check_against_definition(ATT_DIVERSITY_MMR, seed);
}

CHECK_TEST(a_copy_of_what_is_above_has_the_greatest_penalty_and_it_is_finite)
{
    CHECK_BEGIN();
    static world w;
    att_rng rng = att_rng_seed(3);
    world_make(&w, 8, 8, ATT_DIVERSITY_DPP, &rng);
    for (size_t i = 0; i < 8; i++)
        w.candidates[i].vector = w.vectors[0];
    att_host host = att_host_default();
    att_arena scratch;
    att_arena_init(&scratch, &host, 0);
    att_redundancy r;
    CHECK_OK(att_redundancy_init(&r, &w.input, 8, &scratch, NULL));
    double term = 1;
    for (uint32_t i = 0; i < 8; i++) {
        CHECK(att_redundancy_term(&r, i, &term));
        CHECK(isfinite(term) && term <= 0 && term >= 0.25 * log(ATT_DPP_JITTER));
        att_redundancy_choose(&r, i);
    }
    CHECK(term < 0.24 * log(ATT_DPP_JITTER * 2));
    att_arena_deinit(&scratch);
}

// The lazy rows are asked for at every slot too, as the eager ones are.
static void check_all_at_once(att_diversity method, uint64_t seed)
{
    static world w;
    att_rng rng = att_rng_seed(seed);
    world_make(&w, 90, 20, method, &rng);
    for (size_t i = 0; i < 90; i++)
        w.candidates[i].length = 0.5F + (float)att_rng_unit(&rng);
    att_host host = att_host_default();
    att_arena scratch;
    att_arena_init(&scratch, &host, 0);
    att_redundancy lazy;
    att_redundancy_all all;
    CHECK_OK(att_redundancy_init(&lazy, &w.input, 20, &scratch, NULL));
    CHECK_OK(att_redundancy_all_init(&all, &w.input, 20, &scratch, NULL));
    bool differ = false;
    for (size_t s = 0; s < 20; s++) {
        for (uint32_t i = 0; i < 90; i++) {
            double term;
            CHECK(att_redundancy_term(&lazy, i, &term));
            const double other = att_redundancy_all_term(&all, i);
            CHECK(memcmp(&term, &other, sizeof term) == 0);
            differ |= term != 0;
        }
        const uint32_t chosen = (uint32_t)att_rng_below(&rng, 90);
        att_redundancy_choose(&lazy, chosen);
        att_redundancy_all_choose(&all, chosen);
    }
    CHECK(differ == (method != ATT_DIVERSITY_NONE));
    att_arena_deinit(&scratch);
}

CHECK_TEST(all_at_once_are_the_same_to_the_bit)
{
    CHECK_BEGIN();
    for (uint64_t seed = 1; seed <= 10; seed++) {
        check_all_at_once(ATT_DIVERSITY_DPP, seed);
        check_all_at_once(ATT_DIVERSITY_MMR, seed);
    }
    check_all_at_once(ATT_DIVERSITY_NONE, 1);
}

CHECK_MAIN(CHECK_CASE(dpp_terms_are_half_the_change_of_the_log_determinant),
    CHECK_CASE(mmr_terms_are_the_nearest_cosine),
    CHECK_CASE(a_copy_of_what_is_above_has_the_greatest_penalty_and_it_is_finite),
    CHECK_CASE(all_at_once_are_the_same_to_the_bit))
