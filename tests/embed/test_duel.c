// SPDX-License-Identifier: Apache-2.0
#include "check.h"
#include "embed/model_parts.h"
#include "embed/duel.h"
#include "world.h"

#include <math.h>

static att_quality quality(double ndcg, double recall)
{
    return (att_quality){ndcg, recall, 1};
}

static const att_duel_options usual = {.margin = 0.05, .confidence = 0.95, .threads = 1};

CHECK_TEST(the_verdict_is_as_worked_by_hand)
{
    CHECK_BEGIN();
    // q before .30 .40 .50 .20, after .32 .40 .46 .26: differences .02 0 -.04 .06, mean .01, sd sqrt(.0052 / 3).
    const att_quality before[] = {quality(.3, .3), quality(.5, .3), quality(.5, .5), quality(.2, .2)};
    const att_quality after[] = {quality(.34, .3), quality(.4, .4), quality(.46, .46), quality(.26, .26)};
    const double error = sqrt(.0052 / 3 / 4);
    const att_duel t = att_duel_judge(before, after, 4, &usual);
    CHECK_EQ(t.people, 4);
    CHECK_NEAR(t.before_ndcg_100, .375, 1e-12);
    CHECK_NEAR(t.after_recall_20, .355, 1e-12);
    CHECK_NEAR(t.difference, .01, 1e-12);
    CHECK_NEAR(t.low, .01 - 1.6448536269514722 * error, 1e-9);
    CHECK_NEAR(t.high, .01 + 1.6448536269514722 * error, 1e-9);
    CHECK_NEAR(t.least, -.05 * .35, 1e-12);
    CHECK(!t.not_worse); // -0.0242 is below -0.0175: four people show too little
    att_duel_options patient = usual;
    patient.margin = .1;
    CHECK(att_duel_judge(before, after, 4, &patient).not_worse);
}

CHECK_TEST(equal_models_pass_and_one_person_shows_nothing)
{
    CHECK_BEGIN();
    const att_quality same[] = {quality(.3, .3), quality(.5, .3)};
    CHECK(att_duel_judge(same, same, 2, &usual).not_worse);
    CHECK(!att_duel_judge(same, same, 1, &usual).not_worse);
    CHECK(!att_duel_judge(same, same, 0, &usual).not_worse);
}

// Of models that are equal at the edge of the margin, at most about one in twenty is let in.
CHECK_TEST(a_model_that_is_worse_by_the_margin_passes_as_rarely_as_was_said)
{
    CHECK_BEGIN();
    enum { ROUNDS = 2000, PEOPLE = 60 };
    att_rng rng = att_rng_seed(5);
    int passed = 0;
    for (int round = 0; round < ROUNDS; round++) {
        att_quality before[PEOPLE], after[PEOPLE];
        for (int p = 0; p < PEOPLE; p++) {
            const double q = .3 + .1 * (att_rng_unit(&rng) - .5);
            const double worse = .015 + .08 * att_rng_normal(&rng); // the margin: 5 % of .3
            before[p] = quality(q, q);
            after[p] = quality(q - worse, q - worse);
        }
        passed += att_duel_judge(before, after, PEOPLE, &usual).not_worse;
    }
    CHECK_NOTE("%d of %d models that are worse by the margin passed", passed, ROUNDS);
    CHECK(passed < ROUNDS * 7 / 100);
    CHECK(passed > ROUNDS * 3 / 100);
}

static att_model *trained(const att_matrix *m, uint32_t dim, uint64_t seed, const att_host *host)
{
    att_recipe recipe = att_recipe_default();
    recipe.als.dim = dim;
    recipe.als.seed = seed;
    att_model *model = NULL;
    CHECK_OK(att_model_build(&model, m, &recipe, 1, host, NULL, NULL));
    return model;
}

CHECK_TEST(a_model_that_learned_nothing_is_refused_and_a_good_one_in_its_place_is_not)
{
    CHECK_BEGIN();
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    att_matrix m = world_matrix(200, 60, 4, 14, 3, &host), noise = world_matrix(200, 60, 1, 14, 8, &host);
    const att_holdout_options options = {.seed = 4, .held = 80, .least = 5};
    att_holdout h;
    CHECK_OK(att_holdout_make(&h, &m, NULL, &options, &host, NULL));
    att_model *good = trained(&h.train, 16, 1, &host), *bad = trained(&noise, 16, 1, &host);
    att_duel t;
    att_error err;
    CHECK_OK_ERR(att_duel_run(&t, &h, good, bad, NULL, NULL, &usual, &host, &err), &err);
    CHECK_EQ(t.people, 80);
    CHECK(t.difference < 0);
    CHECK(!t.not_worse);
    CHECK_OK_ERR(att_duel_run(&t, &h, bad, good, NULL, NULL, &usual, &host, &err), &err);
    CHECK(t.difference > 0);
    CHECK(t.not_worse);
    // The means are those that the holdout gives by itself.
    att_quality mean;
    CHECK_OK_ERR(att_holdout_measure(&mean, &h, good, 2, &host, &err), &err);
    CHECK_NEAR(t.after_ndcg_100, mean.ndcg_100, 1e-12);
    CHECK_NEAR(t.after_recall_20, mean.recall_20, 1e-12);
    att_model_destroy(good);
    att_model_destroy(bad);
    att_holdout_deinit(&h, &host);
    att_matrix_deinit(&m, &host);
    att_matrix_deinit(&noise, &host);
    CHECK_EQ(heap.bytes_live, 0);
}

static const att_item *tagged(void *user, uint32_t item)
{
    static const att_text tags[] = {{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}};
    att_item *body = user;
    *body = (att_item){.tags = tags + item % 4, .tag_count = 1, .title = ATT_LIT("some words here")};
    return body;
}

// A model that was trained before the last 20 items came: they are ranked by where their content places them.
CHECK_TEST(items_that_a_model_does_not_know_are_placed_by_their_content)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_matrix m = world_matrix(300, 60, 4, 16, 3, &host);
    att_matrix early = m;
    att_triplet *kept = ATT_NEW_ARRAY(&host, att_triplet, att_matrix_nonzeros(&m));
    size_t count = 0;
    for (uint32_t u = 0; u < m.rows; u++)
        for (uint64_t k = m.row_start[u]; k < m.row_start[u + 1]; k++)
            if (m.col[k] < 40)
                kept[count++] = (att_triplet){u, m.col[k], m.value[k]};
    CHECK_OK(att_matrix_build(&early, m.rows, 40, kept, count, &host, NULL));
    att_item body;
    const att_model_input input = {.preferences = &early, .item_of = tagged, .item_user = &body};
    const att_train_options train = {.seed = 5, .threads = 1, .kind = "als", .dim = 16};
    att_train_report report;
    att_model *model = NULL;
    CHECK_OK(att_model_train(&model, &input, &train, &report, &host, NULL));
    // Sought are the new items alone.
    att_holdout h = {0};
    ATT_VEC(att_triplet) told = {0}, sought = {0};
    for (uint32_t u = 0; u < m.rows; u++)
        for (uint64_t k = m.row_start[u]; k < m.row_start[u + 1]; k++) {
            const att_triplet t = {u, m.col[k], m.value[k]};
            CHECK(m.col[k] < 40 ? ATT_VEC_PUSH(&host, &told, t) : ATT_VEC_PUSH(&host, &sought, t));
        }
    CHECK_OK(att_matrix_build(&h.history, m.rows, 60, told.items, told.count, &host, NULL));
    CHECK_OK(att_matrix_build(&h.targets, m.rows, 60, sought.items, sought.count, &host, NULL));
    att_duel with, without;
    CHECK_OK(att_duel_run(&with, &h, model, model, tagged, &body, &usual, &host, NULL));
    CHECK_OK(att_duel_run(&without, &h, model, model, NULL, NULL, &usual, &host, NULL));
    CHECK_NOTE("NDCG@100 on new items: %.3f placed, %.3f not", with.before_ndcg_100, without.before_ndcg_100);
    CHECK(with.before_ndcg_100 > without.before_ndcg_100 * 1.1);
    ATT_VEC_FREE(&host, &told);
    ATT_VEC_FREE(&host, &sought);
    ATT_FREE_ARRAY(&host, kept, att_matrix_nonzeros(&m));
    att_holdout_deinit(&h, &host);
    att_model_destroy(model);
    att_matrix_deinit(&early, &host);
    att_matrix_deinit(&m, &host);
}

CHECK_TEST(running_out_of_memory_leaves_nothing_behind)
{
    CHECK_BEGIN();
    const att_host plain = att_host_default();
    att_matrix m = world_matrix(60, 30, 3, 8, 2, &plain);
    const att_holdout_options options = {.seed = 4, .held = 20, .least = 3};
    att_holdout h;
    CHECK_OK(att_holdout_make(&h, &m, NULL, &options, &plain, NULL));
    att_model *model = trained(&h.train, 16, 1, &plain);
    for (uint64_t fail_at = 1;; fail_at++) {
        check_heap heap = {.fail_at = fail_at};
        const att_host host = check_host(&heap);
        att_item body;
        att_duel t;
        const att_status status = att_duel_run(&t, &h, model, model, tagged, &body, &usual, &host, NULL);
        CHECK_EQ(heap.bytes_live, 0);
        if (status == ATT_OK)
            break;
        CHECK_EQ(status, ATT_NO_MEMORY);
    }
    att_model_destroy(model);
    att_holdout_deinit(&h, &plain);
    att_matrix_deinit(&m, &plain);
}

CHECK_MAIN(CHECK_CASE(the_verdict_is_as_worked_by_hand),
    CHECK_CASE(equal_models_pass_and_one_person_shows_nothing),
    CHECK_CASE(a_model_that_is_worse_by_the_margin_passes_as_rarely_as_was_said),
    CHECK_CASE(a_model_that_learned_nothing_is_refused_and_a_good_one_in_its_place_is_not),
    CHECK_CASE(items_that_a_model_does_not_know_are_placed_by_their_content),
    CHECK_CASE(running_out_of_memory_leaves_nothing_behind))
