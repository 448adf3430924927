// SPDX-License-Identifier: Apache-2.0
#include "check.h"
#include "embed/choose.h"
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

CHECK_MAIN(CHECK_CASE(the_same_seed_chooses_the_same_and_says_what_was_tried),
    CHECK_CASE(kind_and_dim_narrow_the_search), CHECK_CASE(few_people_or_none_still_give_a_model),
    CHECK_CASE(running_out_of_memory_leaves_nothing_behind),
    CHECK_CASE(the_host_can_cancel_the_search))
