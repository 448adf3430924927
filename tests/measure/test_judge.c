// SPDX-License-Identifier: Apache-2.0
// Lists out of scores: the best first, nothing from the history, ties in an order that numbering
// cannot bend.
#include "measure/judge.h"
#include "world.h"

#include <math.h>

CHECK_TEST(the_top_equals_a_full_sort)
{
    CHECK_BEGIN();
    enum { ITEMS = 300 };
    att_rng rng = att_rng_seed(21);
    for (int trial = 0; trial < 100; trial++) {
        float scores[ITEMS];
        uint8_t ranked[ITEMS];
        uint32_t exclude[ITEMS], excluded = 0;
        for (uint32_t i = 0; i < ITEMS; i++) {
            scores[i] = (float)att_rng_below(&rng, 40); // many ties
            ranked[i] = att_rng_below(&rng, 5) > 0;
            if (att_rng_below(&rng, 6) == 0)
                exclude[excluded++] = i;
        }
        att_scored all[ITEMS], top[ITEMS];
        const size_t most = 1 + att_rng_below(&rng, 60);
        const size_t total = att_rank_top(scores, ITEMS, ranked, exclude, excluded, 7, all, ITEMS);
        const size_t count = att_rank_top(scores, ITEMS, ranked, exclude, excluded, 7, top, most);
        CHECK_EQ(count, ATT_MIN(most, total));
        for (size_t i = 0; i < count; i++)
            CHECK_EQ(top[i].item, all[i].item);
        for (size_t i = 1; i < total; i++)
            CHECK(all[i - 1].score >= all[i].score);
        for (size_t i = 0; i < total; i++) {
            CHECK(ranked[all[i].item]);
            for (uint32_t e = 0; e < excluded; e++)
                CHECK(exclude[e] != all[i].item);
        }
    }
}

CHECK_TEST(equal_scores_favour_no_number)
{
    CHECK_BEGIN();
    enum { ITEMS = 100, SEEDS = 400 };
    const float scores[ITEMS] = {0};
    double mean_number = 0.0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        att_scored first;
        CHECK_EQ(att_rank_top(scores, ITEMS, NULL, NULL, 0, seed, &first, 1), 1);
        mean_number += (double)first.item / SEEDS;
    }
    CHECK_NEAR(mean_number, (ITEMS - 1) / 2.0, 6.0); // four deviations of 28.9 / sqrt(400)
}

CHECK_TEST(what_is_not_a_number_comes_last)
{
    CHECK_BEGIN();
    const float scores[] = {(float)NAN, 1, -HUGE_VALF, 3, (float)NAN};
    att_scored top[5];
    CHECK_EQ(att_rank_top(scores, 5, NULL, NULL, 0, 1, top, 5), 5);
    CHECK_EQ(top[0].item, 3);
    CHECK_EQ(top[1].item, 1);
    CHECK_EQ(att_rank_top(scores, 5, NULL, NULL, 0, 1, top, 2), 2);
    CHECK_EQ(top[1].item, 1);
    CHECK_EQ(att_rank_top(scores, 5, NULL, NULL, 0, 1, top, 0), 0);
}

// A contender that knows the answer: targets are marked in its model.
typedef struct seer {
    const att_split *split;
    bool backwards;
} seer;

static att_status see(const void *model, att_fold *memory, const att_history *history,
    float *scores, att_error *err)
{
    (void)memory, (void)err;
    const seer *s = model;
    const att_split *split = s->split;
    memset(scores, 0, split->table->items * sizeof *scores);
    for (uint32_t c = 0; c < split->cases; c++)
        if (split->history + split->history_start[c] == history->items)
            for (uint32_t t = split->target_start[c]; t < split->target_start[c + 1]; t++)
                scores[split->targets[t]] = s->backwards ? -1.0f : 1.0f;
    return ATT_OK;
}

static att_status sleep_on(const void *model, att_fold *memory, const att_history *history,
    float *scores, att_error *err)
{
    (void)model, (void)memory, (void)history, (void)scores;
    return ATT_FAIL(err, ATT_NO_MEMORY, "the seer is asleep");
}

CHECK_TEST(who_knows_the_answer_scores_one_on_any_number_of_threads)
{
    CHECK_BEGIN();
    att_dataset *dataset = world();
    const att_host host = att_host_default();
    att_arena life;
    att_table table;
    att_split split;
    att_column columns[2] = {0};
    CHECK(att_column_parse(att_text_of("ndcg-binary@10"), &columns[0]));
    CHECK(att_column_parse(att_text_of("coverage@10"), &columns[1]));
    att_evaluate_options options = att_evaluate_options_default();
    options.columns = columns;
    options.column_count = 2;
    att_arena_init(&life, &host, 0);
    CHECK_OK(att_table_build(&table, dataset, 5, &life, NULL));
    CHECK_OK(att_split_build(
        &split, &table, ATT_PROTOCOL_LEAVE_ONE_OUT, 0, &options, &host, &life, NULL));
    for (options.threads = 1; options.threads <= 3; options.threads++)
        for (int backwards = 0; backwards < 2; backwards++) {
            const seer model = {&split, backwards};
            const att_contender contender = {.name = "seer", .score = see};
            att_judgement j;
            CHECK_OK(
                att_judge(&j, &contender, &model, &split, NULL, 0, &options, &host, &life, NULL));
            for (uint32_t c = 0; c < split.cases; c++)
                CHECK_NEAR(j.values[c], backwards ? 0.0 : 1.0, 0);
            CHECK(isnan(j.spread[0]) && j.spread[1] > 0.2 && j.spread[1] <= 1.0);
        }
    const att_contender broken = {.name = "broken", .score = sleep_on};
    att_judgement j;
    att_error err;
    CHECK_FAILS(
        att_judge(&j, &broken, NULL, &split, NULL, 0, &options, &host, &life, &err), ATT_NO_MEMORY);
    CHECK_HOLDS(err.text, "asleep");
    att_split_deinit(&split);
    att_arena_deinit(&life);
    att_dataset_destroy(dataset);
}

CHECK_MAIN(CHECK_CASE(the_top_equals_a_full_sort), CHECK_CASE(equal_scores_favour_no_number),
    CHECK_CASE(what_is_not_a_number_comes_last),
    CHECK_CASE(who_knows_the_answer_scores_one_on_any_number_of_threads))
