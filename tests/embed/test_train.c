// SPDX-License-Identifier: Apache-2.0
#include "check.h"
#include "embed/choose.h"
#include "embed/holdout.h"
#include "embed/model_parts.h"
#include "world.h"

#include <math.h>

static att_status train(att_model **model, const att_matrix *m, const char *kind, uint32_t dim,
    att_train_report *report, const att_host *host, att_error *err)
{
    const att_model_input input = {.preferences = m};
    const att_train_options options = {.seed = 5, .threads = 1, .kind = kind, .dim = dim};
    return att_model_train(model, &input, &options, report, host, err);
}

CHECK_TEST(the_same_seed_chooses_the_same_and_says_what_was_tried)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_matrix m = world_matrix(150, 60, 4, 12, 2, &host);
    att_train_report reports[2];
    att_model *models[2];
    for (int i = 0; i < 2; i++)
        CHECK_OK(train(&models[i], &m, NULL, 0, &reports[i], &host, NULL));
    CHECK_EQ(reports[0].tried_count, reports[1].tried_count);
    CHECK(reports[0].tried_count >= 8 && reports[0].tried_count <= 16);
    CHECK_EQ(reports[0].chosen, reports[1].chosen);
    for (size_t k = 0; k < reports[0].tried_count; k++) {
        CHECK_STR(reports[0].tried[k].name, reports[1].tried[k].name);
        CHECK(reports[0].tried[k].ndcg_100 == reports[1].tried[k].ndcg_100);
        CHECK(reports[0].tried[k].ndcg_100 > 0 && reports[0].tried[k].ndcg_100 <= 1);
    }
    CHECK_EQ(reports[0].users, 150);
    CHECK_EQ(reports[0].preferences, att_matrix_nonzeros(&m));
    const float *a = att_model_item_vector(models[0], 7), *b = att_model_item_vector(models[1], 7);
    CHECK(memcmp(a, b, att_model_dim(models[0]) * sizeof *a) == 0);
    att_model_destroy(models[0]);
    att_model_destroy(models[1]);
    att_matrix_deinit(&m, &host);
}

CHECK_TEST(kind_and_dim_narrow_the_search)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_matrix m = world_matrix(150, 60, 4, 12, 2, &host);
    const char *const kinds[] = {"als", "ease", "blend"};
    for (size_t k = 0; k < 3; k++) {
        att_train_report report;
        att_model *model = NULL;
        CHECK_OK(train(&model, &m, kinds[k], 24, &report, &host, NULL));
        CHECK_STR(report.kind, kinds[k]);
        CHECK_STR(att_model_kind_name(att_model_kind_of(model)), kinds[k]);
        CHECK_EQ(att_model_dim(model), 24);
        CHECK(strncmp(report.tried[report.chosen].name, kinds[k], strlen(kinds[k])) == 0);
        CHECK(att_model_item_vector(model, 0) != NULL); // vectors are there whatever the kind
        att_model_destroy(model);
    }
    att_train_report report;
    att_model *model;
    att_error err;
    CHECK_FAILS(train(&model, &m, "magic", 0, &report, &host, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "magic");
    CHECK(model == NULL);
    att_matrix_deinit(&m, &host);
}

CHECK_TEST(few_people_or_none_still_give_a_model)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_train_report report;
    att_model *model = NULL;
    att_matrix m = world_matrix(6, 20, 4, 6, 2, &host);
    CHECK_OK(train(&model, &m, NULL, 16, &report, &host, NULL));
    CHECK_EQ(report.tried_count, 0);
    CHECK(att_model_item_vector(model, m.col[0]) != NULL);
    att_model_destroy(model);
    att_matrix_deinit(&m, &host);
    CHECK_OK(att_matrix_build(&m, 0, 20, NULL, 0, &host, NULL));
    CHECK_OK(train(&model, &m, NULL, 0, &report, &host, NULL));
    CHECK_STR(report.kind, "popularity");
    CHECK_EQ(att_model_dim(model), 0);
    CHECK(att_model_item_vector(model, 0) == NULL);
    att_fold *fold = NULL;
    const att_fold_item history[] = {{1, 1, NULL}};
    const uint32_t items[] = {3};
    float score = 1, effect = 1;
    CHECK_OK(att_fold_create(&fold, &host, NULL));
    CHECK_OK(att_model_fold(model, fold, history, 1, NULL, NULL));
    CHECK_OK(att_model_score(model, fold, items, NULL, 1, &score, NULL));
    CHECK_OK(att_model_effects(model, fold, items, NULL, 1, &effect, NULL));
    CHECK_NEAR(score, 0, 0);
    CHECK_NEAR(effect, 0, 0);
    att_fold_destroy(fold);
    att_model_destroy(model);
    att_matrix_deinit(&m, &host);
}

static const att_item *tagged(void *user, uint32_t item)
{
    static const att_text tags[] = {{"a", 1}, {"b", 1}, {"c", 1}};
    att_item *body = user;
    *body =
        (att_item){.tags = tags + item % 3, .tag_count = 1, .title = ATT_LIT("some words here")};
    return body;
}

CHECK_TEST(running_out_of_memory_leaves_nothing_behind)
{
    CHECK_BEGIN();
    const att_host plain = att_host_default();
    att_matrix m = world_matrix(24, 30, 3, 8, 2, &plain);
    for (uint64_t fail_at = 1;; fail_at += fail_at < 200 ? 1 : 1 + fail_at / 10) {
        check_heap heap = {.fail_at = fail_at};
        const att_host host = check_host(&heap);
        att_item body;
        const att_model_input input = {.preferences = &m, .item_of = tagged, .item_user = &body};
        const att_train_options options = {.seed = 5, .threads = 1, .dim = 16};
        att_train_report report;
        att_model *model = NULL;
        const att_status status = att_model_train(&model, &input, &options, &report, &host, NULL);
        CHECK(status == ATT_OK || model == NULL);
        att_model_destroy(model);
        CHECK_EQ(heap.bytes_live, 0);
        if (status == ATT_OK)
            break;
        CHECK_EQ(status, ATT_NO_MEMORY);
    }
    att_matrix_deinit(&m, &plain);
}

static bool stop(void *user, const att_progress *progress)
{
    (void)user;
    return strcmp(progress->task, "choose a model") != 0 || progress->done < 2;
}

CHECK_TEST(the_host_can_cancel_the_search)
{
    CHECK_BEGIN();
    check_heap heap = {0};
    att_host host = check_host(&heap);
    host.progress = stop;
    att_matrix m = world_matrix(150, 60, 4, 12, 2, &host);
    att_train_report report;
    att_model *model = NULL;
    CHECK_FAILS(train(&model, &m, NULL, 0, &report, &host, NULL), ATT_CANCELLED);
    att_matrix_deinit(&m, &host);
    CHECK_EQ(heap.bytes_live, 0);
}

static double quality_of(const att_holdout *h, const att_model *model, const att_host *host)
{
    att_quality q;
    CHECK_OK(att_holdout_measure(&q, h, model, 1, host, NULL));
    return (q.ndcg_100 + q.recall_20) / 2;
}

// The model before saw four fifths of the people: four passes from it are worth sixteen from noise.
CHECK_TEST(a_warm_start_keeps_the_recipe_and_is_as_good_in_a_quarter_of_the_passes)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_matrix m = world_matrix(500, 80, 4, 16, 2, &host), early = {0};
    const att_holdout_options split = {.seed = 4, .held = 150, .least = 5};
    const att_train_options options = {.seed = 5, .threads = 1, .kind = "als", .dim = 24};
    att_holdout h;
    CHECK_OK(att_holdout_make(&h, &m, NULL, &split, &host, NULL));
    uint32_t keep[280];
    for (uint32_t i = 0; i < 280; i++)
        keep[i] = i;
    CHECK_OK(att_matrix_pick_rows(&early, &h.train, keep, 280, &host, NULL));
    att_train_report report;
    att_model *before = NULL, *cold = NULL, *warm = NULL, *short_cold = NULL;
    const att_model_input first = {.preferences = &early}, all = {.preferences = &h.train};
    CHECK_OK(att_model_train(&before, &first, &options, &report, &host, NULL));
    CHECK(!report.incremental && report.tried_count > 0);
    CHECK_OK(att_model_train(&cold, &all, &options, &report, &host, NULL));
    const att_model_input again = {.preferences = &h.train, .before = before, .warm_passes = 4};
    CHECK_OK(att_model_train(&warm, &again, &options, &report, &host, NULL));
    CHECK(report.incremental);
    CHECK_EQ(report.tried_count, 0);
    CHECK_EQ(warm->recipe.als.passes, 4);
    CHECK_NEAR(warm->recipe.als.reg, before->recipe.als.reg, 0);
    CHECK_NEAR(warm->recipe.als.unobserved, before->recipe.als.unobserved, 0);
    att_recipe hasty = before->recipe;
    hasty.als.passes = 1;
    CHECK_OK(att_model_build(&short_cold, &h.train, &hasty, 1, &host, NULL, NULL));
    const double q = quality_of(&h, cold, &host), w = quality_of(&h, warm, &host), s = quality_of(&h, short_cold, &host);
    CHECK_NOTE("quality %.4f cold in 16 passes, %.4f warm in 4, %.4f cold in 1", q, w, s);
    CHECK(w > 0.97 * q);
    // Another kind, or another size, is chosen anew.
    const att_train_options other[] = {
        {.seed = 5, .threads = 1, .kind = "ease"}, {.seed = 5, .threads = 1, .kind = "als", .dim = 16}};
    for (size_t i = 0; i < ATT_COUNT_OF(other); i++) {
        att_model *model = NULL;
        CHECK_OK(att_model_train(&model, &again, &other[i], &report, &host, NULL));
        CHECK(!report.incremental);
        att_model_destroy(model);
    }
    att_model_destroy(before);
    att_model_destroy(cold);
    att_model_destroy(warm);
    att_model_destroy(short_cold);
    att_matrix_deinit(&early, &host);
    att_holdout_deinit(&h, &host);
    att_matrix_deinit(&m, &host);
}

CHECK_TEST(recipe_and_origin_come_back_from_the_file_and_items_that_came_since_start_too)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_matrix m = world_matrix(100, 40, 4, 12, 2, &host), wider = world_matrix(100, 55, 4, 12, 2, &host);
    const att_train_options options = {.seed = 5, .threads = 1, .kind = "blend", .dim = 16};
    const att_model_input input = {.preferences = &m};
    const att_model_origin origin = {.store_seed = 7, .log_seq = 99, .trained_ms = 5, .events = 3, .preferences = 2,
        .began_from = 1, .generation = 4};
    att_train_report report;
    att_model *model = NULL, *loaded = NULL, *next = NULL;
    CHECK_OK(att_model_train(&model, &input, &options, &report, &host, NULL));
    att_model_set_origin(model, &origin);
    CHECK_OK(att_model_save(model, 3, check_path("m.model"), NULL));
    CHECK_OK(att_model_load(&loaded, check_path("m.model"), &host, NULL));
    CHECK(memcmp(att_model_origin_of(loaded), &origin, sizeof origin) == 0);
    CHECK(loaded->has_recipe);
    CHECK_EQ(loaded->recipe.kind, ATT_MODEL_BLEND);
    CHECK_EQ(loaded->recipe.als.dim, 16);
    CHECK_EQ(loaded->recipe.als.passes, model->recipe.als.passes);
    CHECK_NEAR(loaded->recipe.ease.reg, model->recipe.ease.reg, 0);
    CHECK_NEAR(loaded->recipe.mix, model->recipe.mix, 0);
    unsigned char print[16], none[16] = {0};
    att_model_fingerprint(loaded, print);
    CHECK(memcmp(print, none, 16) != 0);
    att_model_fingerprint(model, print);
    CHECK(memcmp(print, none, 16) == 0);
    const att_model_input again = {.preferences = &wider, .before = loaded};
    CHECK_OK(att_model_train(&next, &again, &options, &report, &host, NULL));
    CHECK(report.incremental);
    CHECK_EQ(att_model_item_count(next), 55);
    CHECK_EQ(next->recipe.als.passes, ATT_WARM_PASSES);
    att_model_destroy(model);
    att_model_destroy(loaded);
    att_model_destroy(next);
    att_matrix_deinit(&m, &host);
    att_matrix_deinit(&wider, &host);
}

// The sequence part is tried on models of other people, which are built by the same recipe after the warm one.
CHECK_TEST(a_warm_start_lends_its_vectors_to_no_other_model)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_matrix m = world_matrix(280, 40, 4, 14, 2, &host);
    const size_t count = (size_t)att_matrix_nonzeros(&m);
    int64_t *at_ms = calloc(count, sizeof *at_ms);
    for (size_t k = 0; k < count; k++)
        at_ms[k] = 1700000000000 + (int64_t)(k * 7919 % count) * 60000;
    const att_train_options options = {.seed = 5, .threads = 1, .kind = "als", .dim = 16};
    att_model_input input = {.preferences = &m, .last_at_ms = at_ms};
    att_train_report report;
    att_model *before = NULL, *warm = NULL;
    att_error err;
    CHECK_OK_ERR(att_model_train(&before, &input, &options, &report, &host, &err), &err);
    input.before = before;
    CHECK_OK_ERR(att_model_train(&warm, &input, &options, &report, &host, &err), &err);
    CHECK(report.incremental);
    CHECK(report.sequence[0] != 0);
    CHECK_NOTE("%zu preferences; sequence part: %s", count, report.sequence);
    CHECK(strncmp(report.sequence, "none: fewer", 11) != 0); // it was tried
    att_model_destroy(before);
    att_model_destroy(warm);
    free(at_ms);
    att_matrix_deinit(&m, &host);
}

CHECK_MAIN(CHECK_CASE(a_warm_start_lends_its_vectors_to_no_other_model),
    CHECK_CASE(the_same_seed_chooses_the_same_and_says_what_was_tried),
    CHECK_CASE(kind_and_dim_narrow_the_search), CHECK_CASE(few_people_or_none_still_give_a_model),
    CHECK_CASE(running_out_of_memory_leaves_nothing_behind),
    CHECK_CASE(the_host_can_cancel_the_search),
    CHECK_CASE(a_warm_start_keeps_the_recipe_and_is_as_good_in_a_quarter_of_the_passes),
    CHECK_CASE(recipe_and_origin_come_back_from_the_file_and_items_that_came_since_start_too))
