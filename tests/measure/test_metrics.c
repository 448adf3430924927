// SPDX-License-Identifier: Apache-2.0
// Metrics against values worked by hand, and what must hold for every list.
#include "attune/attune.h"
#include "base/rng.h"
#include "check.h"

#include <math.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

// Places 1 and 4 of five are relevant; one more relevant item was not shown.
static const uint32_t shown[] = {7, 3, 9, 2, 5};
static const uint32_t wanted[] = {2, 7, 11};
static const double grades[] = {3, 1, 2};

static att_ranking hand(void)
{
    return (att_ranking){
        .items = shown, .count = COUNT(shown), .relevant = wanted, .relevant_count = COUNT(wanted)};
}

CHECK_TEST(accuracy_by_hand)
{
    CHECK_BEGIN();
    const att_ranking r = hand();
    // gained 1/log2(2) + 1/log2(5); ideal 1 + 1/log2(3) + 1/log2(4)
    CHECK_NEAR(att_ndcg_binary(&r, 5), 1.4306765580733931 / 2.1309297535714573, 1e-12);
    CHECK_NEAR(
        att_ndcg_binary(&r, 2), 1.0 / 1.6309297535714573, 1e-12); // the ideal is cut at k too
    CHECK_NEAR(att_ndcg_binary(&r, 1), 1.0, 0);
    CHECK_NEAR(att_recall(&r, 5), 2.0 / 3, 1e-15);
    CHECK_NEAR(att_recall(&r, 1), 1.0 / 3, 1e-15);
    CHECK_NEAR(att_recall_capped(&r, 1), 1.0, 0);
    CHECK_NEAR(att_recall_capped(&r, 2), 1.0 / 2, 0);
    CHECK_NEAR(att_recall_capped(&r, 5), 2.0 / 3, 1e-15);
    CHECK_NEAR(att_precision(&r, 5), 2.0 / 5, 1e-15);
    CHECK_NEAR(att_precision(&r, 10), 2.0 / 10, 1e-15); // places not filled hold nothing
    CHECK_NEAR(att_average_precision(&r, 0), (1.0 + 2.0 / 4) / 3, 1e-15);
    CHECK_NEAR(att_average_precision(&r, 3), 1.0 / 3, 1e-15);
    CHECK_NEAR(att_reciprocal_rank(&r, 5), 1.0, 0);
    CHECK_NEAR(att_hit_rate(&r, 5), 1.0, 0);
    CHECK_NEAR(att_r_precision(&r, 0), 1.0 / 3, 1e-15);
}

CHECK_TEST(graded_gains_by_hand)
{
    CHECK_BEGIN();
    att_ranking r = hand();
    r.grades = grades; // item 2: 3, item 7: 1, item 11: 2
    const double gained = 1.0 / log2(2) + 3.0 / log2(5);
    const double best = 3.0 / log2(2) + 2.0 / log2(3) + 1.0 / log2(4);
    CHECK_NEAR(att_ndcg(&r, 0), gained / best, 1e-12);
    CHECK_NEAR(att_ndcg(&r, 1), 1.0 / 3.0, 1e-12);
    const att_ranking plain = hand();
    CHECK_NEAR(att_ndcg_binary(&r, 5), att_ndcg(&plain, 5), 0);
}

CHECK_TEST(first_relevant_at_rank_four_has_reciprocal_rank_a_quarter)
{
    CHECK_BEGIN();
    const uint32_t only[] = {2};
    att_ranking r = hand();
    r.relevant = only;
    r.relevant_count = 1;
    CHECK_NEAR(att_reciprocal_rank(&r, 0), 0.25, 0);
    CHECK_NEAR(att_reciprocal_rank(&r, 3), 0.0, 0);
    CHECK_NEAR(att_hit_rate(&r, 3), 0.0, 0);
}

CHECK_TEST(nothing_relevant_or_nothing_shown_is_zero)
{
    CHECK_BEGIN();
    size_t count;
    const att_metric *metrics = att_metrics(&count);
    att_ranking nothing_wanted = hand(), nothing_shown = hand();
    nothing_wanted.relevant_count = 0;
    nothing_shown.count = 0;
    for (size_t i = 0; i < count; i++)
        if (metrics[i].accuracy && metrics[i].value != att_serendipity)
            for (size_t k = 0; k < 8; k++) {
                CHECK_NEAR(metrics[i].value(&nothing_wanted, k), 0.0, 0);
                CHECK_NEAR(metrics[i].value(&nothing_shown, k), 0.0, 0);
            }
}

CHECK_TEST(variety_novelty_surprise_and_calibration_by_hand)
{
    CHECK_BEGIN();
    // Items 0 … 3 have tags {0,1} {0} {1,2} {}.
    const uint32_t start[] = {0, 2, 3, 5, 5}, tags[] = {0, 1, 0, 1, 2};
    const double share[] = {0.5, 0.25, 0.125, 0.0};
    const att_measure_world world = {4, share, 1.0 / 16, start, tags, 3};
    const uint32_t list[] = {0, 1, 2, 3}, relevant[] = {1, 2}, expected[] = {0, 1},
                   history[] = {0, 1};
    double scratch[6];
    const att_ranking r = {.items = list,
        .count = 4,
        .relevant = relevant,
        .relevant_count = 2,
        .history = history,
        .history_count = 2,
        .expected = expected,
        .expected_count = 2,
        .world = &world,
        .scratch = scratch};
    // cosines: 0-1 1/sqrt2, 0-2 1/2, 1-2 0; item 3 has no tags
    CHECK_NEAR(att_list_diversity(&r, 4), (3.0 - sqrt(0.5) - 0.5) / 3, 1e-12);
    CHECK_NEAR(att_novelty(&r, 3), (1.0 + 2.0 + 3.0) / 3, 1e-12);
    CHECK_NEAR(att_novelty(&r, 4), (1.0 + 2.0 + 3.0 + 4.0) / 4, 1e-12); // the floor
    CHECK_NEAR(att_serendipity(&r, 4), 1.0 / 4, 1e-12);                 // item 2 only
    // wanted mix 3/4, 1/4, 0. The first two places have the same mix; the third is 0, 1/2, 1/2.
    CHECK_NEAR(att_calibration(&r, 2), 0.0, 1e-12);
    att_ranking other = r;
    other.items = list + 2;
    other.count = 1;
    const double p0 = 0.75, p1 = 0.25;
    CHECK_NEAR(att_calibration(&other, 1),
        p0 * log(p0 / (0.01 * p0)) + p1 * log(p1 / (0.99 * 0.5 + 0.01 * p1)), 1e-12);
}

CHECK_TEST(what_cannot_be_said_is_not_a_number)
{
    CHECK_BEGIN();
    const att_ranking r = hand();
    CHECK(isnan(att_list_diversity(&r, 5)) && isnan(att_novelty(&r, 5)) &&
          isnan(att_serendipity(&r, 5)) && isnan(att_calibration(&r, 5)));
}

CHECK_TEST(coverage_and_gini_by_hand)
{
    CHECK_BEGIN();
    uint64_t one_takes_all[] = {0, 8, 0, 0}, alike[] = {3, 3, 3}, some[] = {1, 0, 3};
    CHECK_NEAR(att_coverage(one_takes_all, 4), 0.25, 0);
    CHECK_NEAR(att_gini(one_takes_all, 4), 0.75, 1e-15); // (n - 1) / n
    CHECK_NEAR(att_gini(alike, 3), 0.0, 1e-15);
    CHECK_NEAR(att_gini(some, 3), (0.0 * -2 + 1.0 * 0 + 3.0 * 2) / (3 * 4.0), 1e-15);
    CHECK(isnan(att_gini(alike, 0)));
}

// Sixty random lists with relevant items: what holds for all of them.
typedef struct sample {
    uint32_t items[40], relevant[12];
    att_ranking ranking;
} sample;

static void draw(sample *out, att_rng *rng)
{
    uint32_t pool[60];
    for (uint32_t i = 0; i < 60; i++)
        pool[i] = i;
    att_rng_shuffle_u32(rng, pool, 60);
    memcpy(out->items, pool, sizeof out->items);
    uint32_t count = 0;
    const uint32_t most = 1 + (uint32_t)att_rng_below(rng, 12);
    for (uint32_t i = 0; i < 60 && count < most; i++)
        if (att_rng_below(rng, 5) == 0)
            out->relevant[count++] = i;
    out->relevant[count ? 0 : count++] = out->relevant[0] < 60 ? out->relevant[0] : 0;
    out->ranking = (att_ranking){
        .items = out->items, .count = 40, .relevant = out->relevant, .relevant_count = count};
}

CHECK_TEST(a_perfect_list_scores_one_and_no_list_scores_more)
{
    CHECK_BEGIN();
    att_rng rng = att_rng_seed(3);
    for (int trial = 0; trial < 60; trial++) {
        sample s = {0};
        draw(&s, &rng);
        att_ranking perfect = s.ranking;
        perfect.items = s.relevant;
        perfect.count = s.ranking.relevant_count;
        double (*const scores[])(const att_ranking *, size_t) = {
            att_ndcg, att_ndcg_binary, att_recall_capped};
        for (size_t k = 0; k <= 40; k++)
            for (size_t f = 0; f < COUNT(scores); f++) {
                CHECK_NEAR(scores[f](&perfect, k), 1.0, 1e-12);
                CHECK(scores[f](&s.ranking, k) <= 1.0 + 1e-12 && scores[f](&s.ranking, k) >= 0.0);
            }
        CHECK_NEAR(att_average_precision(&perfect, 0), 1.0, 1e-12);
        CHECK_NEAR(att_r_precision(&perfect, 0), 1.0, 1e-12);
    }
}

CHECK_TEST(moving_a_relevant_item_up_never_lowers_a_score)
{
    CHECK_BEGIN();
    size_t count;
    const att_metric *metrics = att_metrics(&count);
    att_rng rng = att_rng_seed(4);
    for (int trial = 0; trial < 200; trial++) {
        sample s = {0};
        draw(&s, &rng);
        sample better = s;
        better.ranking.items = better.items;
        better.ranking.relevant = better.relevant;
        for (size_t i = 1; i < 40; i++) {
            const att_ranking upper = {.items = &s.items[i - 1],
                .count = 1,
                .relevant = s.relevant,
                .relevant_count = s.ranking.relevant_count};
            const att_ranking lower = {.items = &s.items[i],
                .count = 1,
                .relevant = s.relevant,
                .relevant_count = s.ranking.relevant_count};
            if (att_hit_rate(&upper, 1) == 0.0 && att_hit_rate(&lower, 1) == 1.0) {
                better.items[i - 1] = s.items[i];
                better.items[i] = s.items[i - 1];
                break;
            }
        }
        for (size_t m = 0; m < count; m++)
            for (size_t k = 1;
                 metrics[m].accuracy && metrics[m].value != att_serendipity && k <= 40; k++)
                CHECK(metrics[m].value(&better.ranking, k) >=
                      metrics[m].value(&s.ranking, k) - 1e-15);
    }
}

CHECK_TEST(metrics_are_found_by_name_and_say_where_they_come_from)
{
    CHECK_BEGIN();
    size_t count;
    const att_metric *metrics = att_metrics(&count);
    for (size_t i = 0; i < count; i++) {
        CHECK(att_metric_find(att_text_of(metrics[i].name)) == &metrics[i]);
        CHECK(metrics[i].meaning[0] && metrics[i].source[0] && metrics[i].low < metrics[i].high);
        CHECK(!metrics[i].value != !metrics[i].spread);
    }
    CHECK(att_metric_find(att_text_of("ndgc")) == NULL);
}

CHECK_MAIN(CHECK_CASE(accuracy_by_hand), CHECK_CASE(graded_gains_by_hand),
    CHECK_CASE(first_relevant_at_rank_four_has_reciprocal_rank_a_quarter),
    CHECK_CASE(nothing_relevant_or_nothing_shown_is_zero),
    CHECK_CASE(variety_novelty_surprise_and_calibration_by_hand),
    CHECK_CASE(what_cannot_be_said_is_not_a_number), CHECK_CASE(coverage_and_gini_by_hand),
    CHECK_CASE(a_perfect_list_scores_one_and_no_list_scores_more),
    CHECK_CASE(moving_a_relevant_item_up_never_lowers_a_score),
    CHECK_CASE(metrics_are_found_by_name_and_say_where_they_come_from))
