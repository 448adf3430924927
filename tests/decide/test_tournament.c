// SPDX-License-Identifier: Apache-2.0
// The leader of a tournament is whom a look at everybody finds.
#include "check.h"

#include "base/rng.h"
#include "decide/tournament.h"

#include <math.h>

static size_t plain_leader(const double *scores, size_t count)
{
    size_t best = count;
    for (size_t i = 0; i < count; i++)
        if (!isnan(scores[i]) && (best == count || scores[i] > scores[best]))
            best = i;
    return best;
}

// Few different scores, so that ties are many.
static double draw_score(att_rng *rng)
{
    static const double scores[] = {-INFINITY, -2.5, -0.0, 0.0, 1e-300, 0.5, 0.5000000000000001, 7};
    return scores[att_rng_below(rng, ATT_COUNT_OF(scores))];
}

static void check_leaders(size_t count, uint64_t seed, att_arena *scratch)
{
    double scores[200];
    att_rng rng = att_rng_seed(seed);
    att_tournament t;
    CHECK(att_tournament_init(&t, count, scratch));
    for (size_t i = 0; i < count; i++)
        att_tournament_seat(&t, i, scores[i] = draw_score(&rng));
    att_tournament_play(&t);
    for (int turn = 0; turn < 300; turn++) {
        const att_match leader = att_tournament_leader(&t);
        const size_t wanted = plain_leader(scores, count);
        if (wanted == count) {
            CHECK_EQ(leader.rank, ATT_RANK_OUT);
        } else {
            CHECK_EQ(leader.leaf, wanted);
            CHECK_EQ(leader.rank, att_rank_of_score(scores[wanted]));
        }
        const size_t changed = (size_t)att_rng_below(&rng, count);
        const bool out = att_rng_below(&rng, 3) == 0;
        scores[changed] = out ? NAN : draw_score(&rng);
        att_tournament_change(&t, changed, out ? ATT_RANK_OUT : att_rank_of_score(scores[changed]));
    }
}

CHECK_TEST(the_leader_is_the_best_and_ties_go_to_the_lower_leaf)
{
    CHECK_BEGIN();
    att_host host = att_host_default();
    att_arena scratch;
    att_arena_init(&scratch, &host, 0);
    for (size_t count = 1; count <= 200; count += count < 20 ? 1 : 45)
        check_leaders(count, 100 + count, &scratch);
    att_arena_deinit(&scratch);
}

CHECK_TEST(ranks_sort_as_scores_do)
{
    CHECK_BEGIN();
    static const double rising[] = {-INFINITY, -1e300, -1, -1e-310, 0, 1e-310, 0.1, 1, 1e300, INFINITY};
    CHECK(att_rank_of_score(rising[0]) > ATT_RANK_OUT);
    for (size_t i = 1; i < ATT_COUNT_OF(rising); i++)
        CHECK(att_rank_of_score(rising[i]) > att_rank_of_score(rising[i - 1]));
    CHECK_EQ(att_rank_of_score(-0.0), att_rank_of_score(0.0));
}

CHECK_MAIN(CHECK_CASE(the_leader_is_the_best_and_ties_go_to_the_lower_leaf), CHECK_CASE(ranks_sort_as_scores_do))
