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

static const att_fold_item history[] = {{3, 0.9f, NULL}, {7, 0.5f, NULL}, {12, 1.0f, NULL},
    {20, -0.6f, NULL}, {31, 0.2f, NULL}, {999, 1.0f, NULL}};
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
            CHECK_NEAR(effects[j * 6 + i], (double)with[j] - without[j], 2e-5);
    }
    CHECK(fabsf(effects[0]) > 1e-4f);
    CHECK(effects[5] == 0); // nobody knows that item
    att_fold_destroy(fold);
    att_fold_destroy(again);
    att_model_destroy(model);
    CHECK_EQ(heap.bytes_live, 0);
}

// More events than the equations take at once.
CHECK_TEST(effects_of_a_long_history_are_what_removal_gives)
{
    enum { events = 131 };
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
    for (uint32_t i = 0; i < events; i++) // number 40 is not known, others come again
        all[i] = (att_fold_item){i == 40 ? 999 : i % 60, 0.3f + 0.004f * (float)i, NULL};
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
            CHECK_NEAR(effects[j * events + i], (double)with[j] - without[j], 5e-5);
    }
    CHECK(fabsf(effects[50]) > 1e-4f);
    CHECK(effects[40] == 0);
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

// The same model each time: what any test of damage starts from.
static char *saved_bytes(size_t *size, const att_host *host)
{
    att_model *model = build(ATT_MODEL_BLEND, 5, host);
    CHECK_OK(att_model_save(model, 42, check_path("whole.snap"), NULL));
    att_model_destroy(model);
    return check_read_file(check_path("whole.snap"), size);
}

CHECK_TEST(a_damaged_file_is_refused_and_leaks_nothing)
{
    CHECK_BEGIN();
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    size_t size;
    char *bytes = saved_bytes(&size, &host);
    att_rng rng = att_rng_seed(1);
    for (int trial = 0; trial < 200; trial++) {
        const size_t at = (size_t)att_rng_below(&rng, size);
        const size_t cut = trial % 4 ? size : at; // flipped, or cut off
        bytes[at] ^= (char)(1 << trial % 8);
        check_write_file(check_path("damaged.snap"), bytes, cut);
        att_model *model = NULL;
        att_error err = {0};
        const att_status status = att_model_load(&model, check_path("damaged.snap"), &host, &err);
        CHECK(status == ATT_CORRUPT || status == ATT_VERSION);
        CHECK_HOLDS(err.text, "damaged.snap");
        CHECK(model == NULL);
        bytes[at] ^= (char)(1 << trial % 8);
    }
    free(bytes);
    CHECK_EQ(heap.bytes_live, 0);
    att_model *model = NULL;
    CHECK_FAILS(att_model_load(&model, check_path("not there"), &host, NULL), ATT_NOT_FOUND);
}

CHECK_TEST(loading_and_folding_leave_nothing_behind_without_memory)
{
    CHECK_BEGIN();
    const att_host plain = att_host_default();
    size_t size;
    free(saved_bytes(&size, &plain));
    for (uint64_t fail_at = 1;; fail_at++) {
        check_heap heap = {.fail_at = fail_at};
        const att_host host = check_host(&heap);
        att_model *model = NULL;
        att_fold *fold = NULL;
        float effects[6 * 5];
        att_status status = att_model_load(&model, check_path("whole.snap"), &host, NULL);
        if (!status)
            status = att_fold_create(&fold, &host, NULL);
        if (!status)
            status = att_model_fold(model, fold, history, 6, NULL, NULL);
        if (!status)
            status = att_model_effects(model, fold, targets, NULL, 5, effects, NULL);
        att_fold_destroy(fold);
        att_model_destroy(model);
        CHECK_EQ(heap.bytes_live, 0);
        if (status == ATT_OK)
            break;
        CHECK_EQ(status, ATT_NO_MEMORY);
    }
}

CHECK_TEST(a_warm_fold_allocates_nothing)
{
    CHECK_BEGIN();
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    att_model *model = build(ATT_MODEL_BLEND, 5, &host);
    att_fold *fold = NULL;
    float effects[6 * 5], scores[5];
    CHECK_OK(att_fold_create(&fold, &host, NULL));
    uint64_t before = 0;
    for (int round = 0; round < 3; round++) {
        before = round == 1 ? heap.allocations : before;
        CHECK_OK(att_model_fold(model, fold, history, 6, NULL, NULL));
        CHECK_OK(att_model_score(model, fold, targets, NULL, 5, scores, NULL));
        CHECK_OK(att_model_effects(model, fold, targets, NULL, 5, effects, NULL));
    }
    CHECK_EQ(heap.allocations, before);
    att_fold_destroy(fold);
    att_model_destroy(model);
}

CHECK_TEST(given_vectors_stand_for_items_the_model_does_not_know)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_model *model = build(ATT_MODEL_BLEND, 5, &host);
    att_fold *fold = NULL;
    CHECK_OK(att_fold_create(&fold, &host, NULL));
    const float *seven = att_model_item_vector(model, 7);
    const att_fold_item known[] = {{7, 1, NULL}}, given[] = {{500, 1, seven}};
    float a[24], b[24], scores[2];
    CHECK_OK(att_model_fold(model, fold, known, 1, a, NULL));
    CHECK_OK(att_model_fold(model, fold, given, 1, b, NULL));
    CHECK(memcmp(a, b, sizeof a) == 0);
    // An unknown item scores by its vector alone.
    const uint32_t items[] = {600, 601};
    const float *const vectors[] = {seven, NULL};
    double dot = 0;
    for (size_t j = 0; j < 24; j++)
        dot += (double)b[j] * seven[j];
    CHECK_OK(att_model_score(model, fold, items, vectors, 2, scores, NULL));
    CHECK_NEAR(scores[0], dot, 1e-6);
    CHECK_NEAR(scores[1], 0, 0);
    att_fold_destroy(fold);
    att_model_destroy(model);
}

CHECK_TEST(the_item_item_best_are_those_of_a_full_look)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_model *model = build(ATT_MODEL_EASE, 0, &host);
    att_fold *fold = NULL;
    CHECK_OK(att_fold_create(&fold, &host, NULL));
    CHECK_OK(att_model_fold(model, fold, history, 6, NULL, NULL));
    const uint64_t bits[] = {0xAAAAAAAAAAAAAAAAu}; // odd items
    uint32_t items[8];
    float best[8], scores[60];
    att_model_score_all(model, fold, scores);
    CHECK_EQ(att_model_item_item_top(model, fold, bits, 60, 8, items, best), 8);
    for (uint32_t j = 1; j < 60; j += 2) {
        uint32_t better = 0;
        for (uint32_t k = 1; k < 60; k += 2)
            better += scores[k] > scores[j];
        if (better < 8) {
            CHECK_EQ(items[better], j);
            CHECK_NEAR(best[better], scores[j], 1e-6);
        }
    }
    att_fold_destroy(fold);
    att_model_destroy(model);
}

CHECK_TEST(asking_before_folding_is_refused)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    att_model *model = build(ATT_MODEL_ALS, 0, &host);
    att_fold *fold = NULL;
    float score;
    CHECK_OK(att_fold_create(&fold, &host, NULL));
    CHECK_FAILS(att_model_score(model, fold, targets, NULL, 1, &score, NULL), ATT_INVALID);
    CHECK_FAILS(att_model_effects(model, fold, targets, NULL, 1, &score, NULL), ATT_INVALID);
    CHECK_OK(att_model_fold(model, fold, NULL, 0, NULL, NULL)); // a stranger
    CHECK_OK(att_model_score(model, fold, targets, NULL, 1, &score, NULL));
    CHECK_NEAR(score, 0, 0);
    att_fold_destroy(fold);
    att_model_destroy(model);
}

CHECK_TEST(what_everybody_likes_has_the_share_one_also_where_one_person_is_everybody)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    // Person 1 alone likes anything; 0 and 2 have numbers and no liking.
    const att_triplet one[] = {{1, 0, 1}, {1, 2, 0.5f}};
    const att_triplet two[] = {{0, 0, 1}, {1, 0, 1}, {1, 2, 0.5f}};
    att_matrix m;
    att_model *model = NULL;
    att_recipe recipe = att_recipe_default();
    recipe.als.dim = 8;
    CHECK_OK(att_matrix_build(&m, 3, 4, one, 2, &host, NULL));
    CHECK_OK(att_model_build(&model, &m, &recipe, 1, &host, NULL, NULL));
    CHECK_NEAR(att_model_popularity(model, 0), 1, 0);
    CHECK_NEAR(att_model_popularity(model, 2), 1, 0);
    CHECK_NEAR(att_model_popularity(model, 1), 0, 0);
    att_model_destroy(model);
    att_matrix_deinit(&m, &host);
    CHECK_OK(att_matrix_build(&m, 3, 4, two, 3, &host, NULL));
    CHECK_OK(att_model_build(&model, &m, &recipe, 1, &host, NULL, NULL));
    CHECK_NEAR(att_model_popularity(model, 0), 1, 0);
    CHECK_NEAR(att_model_popularity(model, 2), 0.5, 0);
    att_model_destroy(model);
    att_matrix_deinit(&m, &host);
}

CHECK_MAIN(CHECK_CASE(what_everybody_likes_has_the_share_one_also_where_one_person_is_everybody),
    CHECK_CASE(effects_are_what_removal_and_refolding_give),
    CHECK_CASE(effects_of_a_long_history_are_what_removal_gives),
    CHECK_CASE(a_saved_model_scores_the_same_after_loading),
    CHECK_CASE(a_damaged_file_is_refused_and_leaks_nothing),
    CHECK_CASE(loading_and_folding_leave_nothing_behind_without_memory),
    CHECK_CASE(a_warm_fold_allocates_nothing),
    CHECK_CASE(given_vectors_stand_for_items_the_model_does_not_know),
    CHECK_CASE(the_item_item_best_are_those_of_a_full_look),
    CHECK_CASE(asking_before_folding_is_refused))
