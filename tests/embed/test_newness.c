// SPDX-License-Identifier: Apache-2.0
// What came since a person was last here: the formula, what it does to a score, its place in the file, and the choice.
#include "check.h"
#include "embed/choose_clock.h"
#include "embed/model_parts.h"
#include "world.h"

#include <math.h>

#define DAY_MS ((int64_t)86400000)
#define START_MS (20000 * DAY_MS)

static const att_item *item_of(void *user, uint32_t item)
{
    att_item *bodies = user;
    return &bodies[item];
}

// Item 0 was first liked on day 20; 1 on day 5, and published on day 2; 2 published after it was first liked, which cannot be: day 5; 3 is
// liked by nobody and tells nothing.
CHECK_TEST(an_item_came_when_it_was_published_or_first_liked)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    const att_triplet triplets[] = {{0, 0, 1}, {0, 1, 1}, {1, 0, 1}, {1, 2, 1}};
    const int64_t at_ms[] = {20 * DAY_MS, 5 * DAY_MS, 30 * DAY_MS, 5 * DAY_MS};
    att_item bodies[] = {{.published_at_ms = 0}, {.published_at_ms = 2 * DAY_MS}, {.published_at_ms = 9 * DAY_MS}, {.published_at_ms = 0}};
    att_matrix m;
    CHECK_OK(att_matrix_build(&m, 2, 4, triplets, 4, &host, NULL));
    const att_model_input input = {
        .preferences = &m, .last_at_ms = at_ms, .item_of = item_of, .item_user = bodies};
    float born[4];
    CHECK(att_newness_measure(born, &input) == 30 * DAY_MS);
    const float wanted[] = {20, 2, 5, 0};
    for (size_t j = 0; j < 4; j++)
        CHECK_NEAR((double)born[j], (double)wanted[j], 1e-4);
    att_matrix_deinit(&m, &host);
}

// Asked on day 100 by who was last here on day 99, with a half-life of ten days: a day away is half of all.
CHECK_TEST(what_is_new_worked_out_by_hand)
{
    CHECK_BEGIN();
    const float born[] = {99.5f, 99, 89, 79, 101};
    const double wanted[] = {0.5, 0.5, 0.25, 0.125, 0};
    const att_newness newness = {.born_days = born, .weight = 1, .half_life_days = 10, .at_ms = 100 * DAY_MS};
    const att_newness_moment moment = att_newness_ask(&newness, 0, 99 * DAY_MS);
    for (uint32_t j = 0; j < 5; j++)
        CHECK_NEAR(att_newness_of(&newness, &moment, j), wanted[j], 1e-6);
    const att_newness_moment here = att_newness_ask(&newness, 99 * DAY_MS, 99 * DAY_MS);
    const att_newness_moment unknown = att_newness_ask(&newness, 0, 0);
    const att_newness_moment later = att_newness_ask(&newness, 119 * DAY_MS, 99 * DAY_MS);
    for (uint32_t j = 0; j < 5; j++) {
        CHECK_NEAR(att_newness_of(&newness, &here, j), 0, 0); // nothing is new to who is still here
        CHECK_NEAR(att_newness_of(&newness, &unknown, j), 0, 0);
    }
    CHECK_NEAR(att_newness_of(&newness, &later, 4), 1, 1e-5);
}

static att_recipe small_recipe(att_model_kind kind)
{
    att_recipe recipe = att_recipe_default();
    recipe.kind = kind;
    recipe.als.dim = 16;
    recipe.als.passes = 6;
    recipe.ease.reg = 20;
    return recipe;
}

enum { HISTORY = 4, TARGETS = 5 };
static const att_fold_item history[HISTORY] = {{3, 0.9f, NULL}, {7, 0.5f, NULL}, {12, 1.0f, NULL}, {20, -0.6f, NULL}};
static const uint32_t targets[TARGETS] = {0, 5, 11, 19, 44};

static void fold_without(const att_model *model, att_fold *fold, size_t left_out)
{
    att_fold_item items[HISTORY];
    size_t count = 0;
    for (size_t i = 0; i < HISTORY; i++)
        if (i != left_out)
            items[count++] = history[i];
    CHECK_OK(att_model_fold(model, fold, items, count, NULL, NULL));
}

static void check_kind(att_model_kind kind)
{
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    att_matrix m = world_matrix(120, 60, 4, 15, 5, &host);
    int64_t at_ms[2000];
    for (uint64_t k = 0; k < att_matrix_nonzeros(&m); k++)
        at_ms[k] = START_MS + (int64_t)m.col[k] * DAY_MS;
    const att_recipe recipe = small_recipe(kind);
    const att_model_input input = {.preferences = &m, .last_at_ms = at_ms};
    att_model *model = NULL, *loaded = NULL;
    att_fold *fold = NULL;
    CHECK_OK(att_model_build(&model, &m, &recipe, 1, &host, NULL, NULL));
    CHECK_OK(att_fold_create(&fold, &host, NULL));
    float plain[TARGETS], now[TARGETS], without[TARGETS], effects[HISTORY * TARGETS];
    fold_without(model, fold, SIZE_MAX);
    CHECK_OK(att_model_score(model, fold, targets, NULL, TARGETS, plain, NULL));
    CHECK_OK(att_model_add_newness(model, &input, 20, 2, NULL));
    CHECK_NEAR(att_model_newness_weight(model), 2, 0);
    const int64_t asked_ms = START_MS + 90 * DAY_MS, since_ms = START_MS + 15 * DAY_MS;
    fold_without(model, fold, SIZE_MAX);
    att_model_ask(model, fold, asked_ms, since_ms);
    CHECK_OK(att_model_score(model, fold, targets, NULL, TARGETS, now, NULL));
    for (size_t j = 0; j < TARGETS; j++)
        CHECK_NEAR((double)(now[j] - plain[j]),
            fold->day.newness * att_newness_of(&model->newness, &fold->day.moment, targets[j]), 1e-5);
    CHECK_NEAR((double)(now[3] - plain[3]), (double)(now[4] - plain[4]), 1e-5); // both came after day 15
    CHECK(now[3] - plain[3] > 1e-2f && now[0] - plain[0] < 0.7f * (now[3] - plain[3]));
    CHECK(!att_model_is_product(model, fold));
    CHECK_OK(att_model_effects(model, fold, targets, NULL, TARGETS, effects, NULL));
    for (size_t i = 0; i < HISTORY; i++) {
        fold_without(model, fold, i);
        att_model_ask_again(model, fold);
        CHECK_OK(att_model_score(model, fold, targets, NULL, TARGETS, without, NULL));
        for (size_t j = 0; j < TARGETS; j++)
            CHECK_NEAR((double)effects[j * HISTORY + i], (double)(now[j] - without[j]), 3e-5);
    }
    fold_without(model, fold, SIZE_MAX); // nobody says since when
    CHECK_OK(att_model_score(model, fold, targets, NULL, TARGETS, without, NULL));
    CHECK(memcmp(without, plain, sizeof plain) == 0);
    const char *path = check_path("newness.model");
    CHECK_OK(att_model_save(model, 1, path, NULL));
    CHECK_OK(att_model_load(&loaded, path, &host, NULL));
    fold_without(loaded, fold, SIZE_MAX);
    att_model_ask(loaded, fold, asked_ms, since_ms);
    CHECK_OK(att_model_score(loaded, fold, targets, NULL, TARGETS, without, NULL));
    CHECK(memcmp(without, now, sizeof now) == 0);
    att_model_destroy(loaded);
    model->newness.half_life_days = 0;
    CHECK_OK(att_model_save(model, 1, path, NULL));
    att_error err = {0};
    CHECK_FAILS(att_model_load(&loaded, path, &host, &err), ATT_CORRUPT);
    CHECK_HOLDS(err.text, "NEWH");
    att_model_destroy(model);
    att_fold_destroy(fold);
    att_matrix_deinit(&m, &host);
    CHECK_EQ(heap.bytes_live, 0);
}

CHECK_TEST(what_is_new_adds_to_scores_leaves_effects_exact_and_is_kept)
{
    CHECK_BEGIN();
    check_kind(ATT_MODEL_ALS);
    check_kind(ATT_MODEL_EASE);
    check_kind(ATT_MODEL_BLEND);
}

// Items come one after the other, a day each. People visit for a day every now and then and take what came since the visit before, mostly;
// `faithful` false: all is there from the first day, and they take anything.
static att_matrix visits(int64_t *at_ms, bool faithful, const att_host *host)
{
    enum { PEOPLE = 150, ITEMS = 400, VISITS = 5, EACH = 6 };
    static att_triplet triplets[PEOPLE * VISITS * EACH];
    static int64_t first_ms[PEOPLE][ITEMS];
    att_rng rng = att_rng_seed(4);
    size_t count = 0;
    memset(first_ms, 0, sizeof first_ms);
    for (uint32_t u = 0; u < PEOPLE; u++) {
        double before = 0, day = 20 + 40 * att_rng_unit(&rng);
        for (uint32_t v = 0; v < VISITS; v++) {
            for (uint32_t k = 0; k < EACH; k++) {
                const double from = faithful ? before : 0, until = faithful ? day : 100;
                const uint32_t item = (uint32_t)(from + att_rng_unit(&rng) * (until - from));
                if (first_ms[u][item])
                    continue;
                first_ms[u][item] = START_MS + (int64_t)((day + att_rng_unit(&rng)) * (double)DAY_MS);
                triplets[count++] = (att_triplet){u, item, 1};
            }
            before = day;
            day += 30 + 40 * att_rng_unit(&rng);
        }
    }
    att_matrix m;
    CHECK_OK(att_matrix_build(&m, PEOPLE, ITEMS, triplets, count, host, NULL));
    for (uint32_t u = 0; u < PEOPLE; u++)
        for (uint64_t k = m.row_start[u]; k < m.row_start[u + 1]; k++)
            at_ms[k] = first_ms[u][m.col[k]];
    return m;
}

static void choose(bool faithful, att_train_report *report, double *weight, const att_host *host)
{
    static int64_t at_ms[150 * 30];
    att_matrix m = visits(at_ms, faithful, host);
    const att_recipe recipe = small_recipe(ATT_MODEL_BLEND);
    const att_model_input input = {.preferences = &m, .last_at_ms = at_ms};
    const att_train_options options = {.seed = 1, .threads = 1};
    att_model *model = NULL;
    *report = (att_train_report){0};
    CHECK_OK(att_model_build(&model, &m, &recipe, 1, host, NULL, NULL));
    CHECK_OK(att_choose_by_clock(model, &recipe, &input, &options, report, NULL));
    CHECK_NOTE("%s", report->newness);
    *weight = att_model_newness_weight(model);
    att_model_destroy(model);
    att_matrix_deinit(&m, host);
}

CHECK_TEST(where_people_take_what_came_since_it_is_found_and_where_they_take_anything_it_is_not)
{
    CHECK_BEGIN();
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    att_train_report report;
    double weight;
    choose(true, &report, &weight, &host);
    CHECK(weight > 0 && report.newness_weight == weight);
    CHECK_HOLDS(report.newness, "it helps");
    choose(false, &report, &weight, &host);
    CHECK(weight == 0 && report.newness_weight == 0);
    CHECK_HOLDS(report.newness, "it does not help");
    CHECK_EQ(heap.bytes_live, 0);
}

CHECK_MAIN(CHECK_CASE(an_item_came_when_it_was_published_or_first_liked), CHECK_CASE(what_is_new_worked_out_by_hand),
    CHECK_CASE(what_is_new_adds_to_scores_leaves_effects_exact_and_is_kept),
    CHECK_CASE(where_people_take_what_came_since_it_is_found_and_where_they_take_anything_it_is_not))
