// SPDX-License-Identifier: Apache-2.0
#include "check.h"
#include "embed/model_parts.h"
#include "world.h"

#include <math.h>

static att_recipe small_recipe(att_model_kind kind)
{
    att_recipe recipe = att_recipe_default();
    recipe.kind = kind;
    recipe.als.dim = 24; // not a multiple of sixteen on purpose
    recipe.als.passes = 6;
    recipe.als.seed = 11;
    recipe.ease.reg = 20;
    return recipe;
}

static att_model *build(att_model_kind kind, uint32_t keep, const att_host *host)
{
    att_matrix m = world_matrix(120, 60, 4, 15, 5, host);
    att_recipe recipe = small_recipe(kind);
    recipe.ease.keep = keep;
    att_model *model = NULL;
    att_error err = {0};
    CHECK_OK_ERR(att_model_build(&model, &m, &recipe, 2, host, NULL, &err), &err);
    att_matrix_deinit(&m, host);
    return model;
}

static const att_fold_item history[] = {
    {3, 0.9f, NULL}, {7, 0.5f, NULL}, {12, 1.0f, NULL}, {20, -0.6f, NULL}, {31, 0.2f, NULL}, {999, 1.0f, NULL}};
static const uint32_t targets[] = {0, 5, 11, 19, 44};

// Removing an event and folding again is what effects promise.
static void effects_equal_removal(att_model_kind kind, uint32_t keep)
{
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    att_model *model = build(kind, keep, &host);
    att_fold *fold = NULL, *again = NULL;
    CHECK_OK(att_fold_create(&fold, &host, NULL));
    CHECK_OK(att_fold_create(&again, &host, NULL));
    float with[5], without[5], effects[6 * 5];
    CHECK_OK(att_model_fold(model, fold, history, 6, NULL, NULL));
    CHECK_OK(att_model_score(model, fold, targets, NULL, 5, with, NULL));
    CHECK_OK(att_model_effects(model, fold, targets, NULL, 5, effects, NULL));
    for (size_t i = 0; i < 6; i++) {
        att_fold_item rest[5];
        size_t count = 0;
        for (size_t k = 0; k < 6; k++)
            if (k != i)
                rest[count++] = history[k];
        CHECK_OK(att_model_fold(model, again, rest, count, NULL, NULL));
        CHECK_OK(att_model_score(model, again, targets, NULL, 5, without, NULL));
        for (size_t j = 0; j < 5; j++)
            CHECK_NEAR(effects[i * 5 + j], (double)with[j] - without[j], 2e-5);
    }
    CHECK(fabsf(effects[0]) > 1e-4f);
    CHECK(effects[5 * 5] == 0);
    att_fold_destroy(fold);
    att_fold_destroy(again);
    att_model_destroy(model);
    CHECK_EQ(heap.bytes_live, 0);
}

// More events than the equations take at once.
CHECK_TEST(effects_of_a_long_history_are_what_removal_gives)
{
    enum { events = 57 };
    CHECK_BEGIN();
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    att_model *model = build(ATT_MODEL_ALS, 0, &host);
    att_fold *fold = NULL, *again = NULL;
    CHECK_OK(att_fold_create(&fold, &host, NULL));
    CHECK_OK(att_fold_create(&again, &host, NULL));
    att_fold_item all[events];
    static float effects[events * 5];
    float with[5], without[5];
    for (uint32_t i = 0; i < events; i++) // number 40 is not known
        all[i] = (att_fold_item){i == 40 ? 999 : i, 0.3f + 0.01f * (float)i, NULL};
    CHECK_OK(att_model_fold(model, fold, all, events, NULL, NULL));
    CHECK_OK(att_model_score(model, fold, targets, NULL, 5, with, NULL));
    CHECK_OK(att_model_effects(model, fold, targets, NULL, 5, effects, NULL));
    for (size_t i = 0; i < events; i++) {
        att_fold_item rest[events];
        memcpy(rest, all, sizeof rest);
        rest[i].weight = 0;
        CHECK_OK(att_model_fold(model, again, rest, events, NULL, NULL));
        CHECK_OK(att_model_score(model, again, targets, NULL, 5, without, NULL));
        for (size_t j = 0; j < 5; j++)
            CHECK_NEAR(effects[i * 5 + j], (double)with[j] - without[j], 5e-5);
    }
    CHECK(fabsf(effects[50 * 5]) > 1e-4f);
    CHECK(effects[40 * 5] == 0);
    att_fold_destroy(fold);
    att_fold_destroy(again);
    att_model_destroy(model);
    CHECK_EQ(heap.bytes_live, 0);
}

CHECK_TEST(effects_are_what_removal_and_refolding_give)
{
    CHECK_BEGIN();
    effects_equal_removal(ATT_MODEL_ALS, 0);
    effects_equal_removal(ATT_MODEL_EASE, 0);
    effects_equal_removal(ATT_MODEL_BLEND, 0);
    effects_equal_removal(ATT_MODEL_BLEND, 7);
}

static void scores_of(const att_model *model, const att_host *host, float scores[60])
{
    att_fold *fold = NULL;
    CHECK_OK(att_fold_create(&fold, host, NULL));
    CHECK_OK(att_model_fold(model, fold, history, 6, NULL, NULL));
    att_model_score_all(model, fold, scores);
    att_fold_destroy(fold);
}

static void comes_back(att_model_kind kind, uint32_t keep)
{
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    att_model *model = build(kind, keep, &host), *loaded = NULL;
    att_error err = {0};
    const char *path = check_path("model.snap");
    CHECK_OK_ERR(att_model_save(model, 42, path, &err), &err);
    CHECK_OK_ERR(att_model_load(&loaded, path, &host, &err), &err);
    CHECK_EQ(att_model_version(loaded), 42);
    CHECK_EQ(att_model_kind_of(loaded), kind);
    CHECK_EQ(att_model_dim(loaded), att_model_dim(model));
    float before[60], after[60];
    scores_of(model, &host, before);
    scores_of(loaded, &host, after);
    CHECK(memcmp(before, after, sizeof before) == 0);
    att_model_destroy(model);
    att_model_destroy(loaded);
    CHECK_EQ(heap.bytes_live, 0);
}

CHECK_TEST(a_saved_model_scores_the_same_after_loading)
{
    CHECK_BEGIN();
    comes_back(ATT_MODEL_POPULARITY, 0);
    comes_back(ATT_MODEL_ALS, 0);
    comes_back(ATT_MODEL_EASE, 0);
    comes_back(ATT_MODEL_BLEND, 5);
}

CHECK_MAIN(CHECK_CASE(effects_of_a_long_history_are_what_removal_gives),
    CHECK_CASE(effects_are_what_removal_and_refolding_give),
    CHECK_CASE(a_saved_model_scores_the_same_after_loading))
