// SPDX-License-Identifier: Apache-2.0
// What people like of late: the figure, what it does to a score, its place in the file, people held out by the clock, and
// the choice.
#include "check.h"
#include "embed/choose_clock.h"
#include "embed/holdout.h"
#include "embed/model_parts.h"
#include "world.h"

#include <math.h>

#define DAY_MS ((int64_t)86400000)
#define START_MS (20000 * DAY_MS)

static void spread_times(int64_t *at_ms, const att_matrix *m, int64_t span_ms, uint64_t seed)
{
    att_rng rng = att_rng_seed(seed);
    for (uint64_t k = 0; k < att_matrix_nonzeros(m); k++)
        at_ms[k] = START_MS + (int64_t)(att_rng_unit(&rng) * (double)span_ms);
}

// Item 0: now and ten days ago, 1.5 with a half-life of ten days; item 1: ten days ago, 0.5; item 2 by nobody;
// item 3: so long ago that nothing is left of it.
CHECK_TEST(a_trend_worked_out_by_hand)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    const att_triplet triplets[] = {{0, 0, 1}, {1, 0, 1}, {1, 1, 1}, {2, 3, 1}};
    const int64_t at_ms[] = {START_MS, START_MS - 10 * DAY_MS, START_MS - 10 * DAY_MS, START_MS - 19000 * DAY_MS};
    att_matrix m;
    CHECK_OK(att_matrix_build(&m, 3, 4, triplets, 4, &host, NULL));
    float values[4];
    CHECK(att_trend_measure(values, &m, at_ms, 10) == START_MS);
    const double a = log(2.5), b = log(1.5), mean = (a + b) / 3;
    const double deviation = sqrt((a * a + b * b) / 3 - mean * mean);
    CHECK_NEAR((double)values[0], (a - mean) / deviation, 1e-5);
    CHECK_NEAR((double)values[1], (b - mean) / deviation, 1e-5);
    CHECK_NEAR((double)values[2], 0, 0);
    CHECK_NEAR((double)values[3], -mean / deviation, 1e-5);
    const att_trend trend = {.values = values, .half_life_days = 10, .at_ms = START_MS};
    CHECK_NEAR(att_trend_fade(&trend, START_MS), 1, 0);
    CHECK_NEAR(att_trend_fade(&trend, START_MS + 10 * DAY_MS), 0.5, 1e-12);
    CHECK_NEAR(att_trend_fade(&trend, START_MS - 20 * DAY_MS), 0.25, 1e-12);
    att_matrix_deinit(&m, &host);
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

static const att_fold_item history[] = {{3, 0.9f, NULL}, {7, 0.5f, NULL}, {12, 1.0f, NULL}, {20, -0.6f, NULL}};
static const uint32_t targets[] = {0, 5, 11, 19, 44};
enum { HISTORY = 4, TARGETS = 5 };

static void score(const att_model *model, att_fold *fold, size_t left_out, int64_t asked_ms, float *scores)
{
    att_fold_item items[HISTORY];
    size_t count = 0;
    for (size_t i = 0; i < HISTORY; i++)
        if (i != left_out)
            items[count++] = history[i];
    CHECK_OK(att_model_fold(model, fold, items, count, NULL, NULL));
    if (asked_ms && left_out == SIZE_MAX)
        att_model_ask(model, fold, asked_ms, 0);
    else if (asked_ms)
        att_model_ask_again(model, fold);
    CHECK_OK(att_model_score(model, fold, targets, NULL, TARGETS, scores, NULL));
}

// The plain twin of how far a person's scores reach: their root mean square, score by score.
static double root_mean_square(const att_model *model, const att_fold *fold)
{
    double squares = 0, count = 0;
    for (uint32_t j = 0; j < model->item_count; j++) {
        float score;
        CHECK_OK(att_model_score(model, (att_fold *)(uintptr_t)fold, &j, NULL, 1, &score, NULL));
        squares += model->touched[j] ? (double)score * (double)score : 0;
        count += model->touched[j] > 0;
    }
    return sqrt(squares / count);
}

// The trend is added to each score, fades with the time asked for, is as loud as the person's scores reach where it is asked for, and no event of the person did it.
static void check_kind(att_model_kind kind)
{
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    att_matrix m = world_matrix(120, 60, 4, 15, 5, &host);
    int64_t at_ms[2000];
    spread_times(at_ms, &m, 100 * DAY_MS, 2);
    const att_recipe recipe = small_recipe(kind);
    att_model *model = NULL, *loaded = NULL;
    att_fold *fold = NULL;
    CHECK_OK(att_model_build(&model, &m, &recipe, 1, &host, NULL, NULL));
    CHECK_OK(att_fold_create(&fold, &host, NULL));
    float plain[TARGETS], now[TARGETS], later[TARGETS], without[TARGETS], effects[HISTORY * TARGETS];
    score(model, fold, SIZE_MAX, 0, plain);
    const double reach = root_mean_square(model, fold);
    CHECK_OK(att_model_add_trend(model, &m, at_ms, 20, 0.5, NULL));
    CHECK_NEAR(att_model_trend_weight(model), 0.5, 0);
    score(model, fold, SIZE_MAX, 0, now);
    const int64_t asked_ms = model->trend.at_ms + 20 * DAY_MS;
    score(model, fold, SIZE_MAX, asked_ms, later);
    for (size_t j = 0; j < TARGETS; j++) {
        const double term = model->trend.scale * (double)att_model_trend(model, targets[j]);
        CHECK_NEAR((double)(now[j] - plain[j]), term, 1e-5);
        CHECK_NEAR((double)(later[j] - plain[j]), fold->day.trend * (double)att_model_trend(model, targets[j]), 1e-5);
    }
    CHECK(fabsf(now[0] - plain[0]) > 1e-3f);
    if (kind == ATT_MODEL_BLEND) // of two parts that are not quite alike the sum reaches a little less far
        CHECK(fold->day.trend >= 0.25 * reach && fold->day.trend < 0.5 * reach);
    else
        CHECK_NEAR(fold->day.trend, 0.25 * reach, 1e-5); // a weight of 0.5, faded to a half
    CHECK_OK(att_model_effects(model, fold, targets, NULL, TARGETS, effects, NULL));
    for (size_t i = 0; i < HISTORY; i++) {
        score(model, fold, i, asked_ms, without);
        for (size_t j = 0; j < TARGETS; j++)
            CHECK_NEAR((double)effects[j * HISTORY + i], (double)(later[j] - without[j]), 3e-5);
    }
    const char *path = check_path("trend.model");
    CHECK_OK(att_model_save(model, 1, path, NULL));
    CHECK_OK(att_model_load(&loaded, path, &host, NULL));
    score(loaded, fold, SIZE_MAX, asked_ms, without); // of a fold that was another model's
    CHECK(memcmp(without, later, sizeof later) == 0);
    att_model_destroy(loaded);
    model->trend.half_life_days = -1;
    CHECK_OK(att_model_save(model, 1, path, NULL));
    att_error err = {0};
    CHECK_FAILS(att_model_load(&loaded, path, &host, &err), ATT_CORRUPT);
    CHECK_HOLDS(err.text, "TRNH");
    att_model_destroy(model);
    att_fold_destroy(fold);
    att_matrix_deinit(&m, &host);
    CHECK_EQ(heap.bytes_live, 0);
}

CHECK_TEST(a_trend_adds_to_scores_fades_leaves_effects_exact_and_is_kept)
{
    CHECK_BEGIN();
    check_kind(ATT_MODEL_ALS);
    check_kind(ATT_MODEL_EASE);
    check_kind(ATT_MODEL_BLEND);
}

static bool holds(const att_matrix *m, uint32_t row, uint32_t col)
{
    for (uint64_t k = m->row_start[row]; k < m->row_start[row + 1]; k++)
        if (m->col[k] == col)
            return true;
    return false;
}

CHECK_TEST(people_held_out_by_the_clock_have_both_sides_and_nothing_is_learned_from_later)
{
    CHECK_BEGIN();
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    att_matrix m = world_matrix(60, 80, 4, 12, 3, &host);
    int64_t at_ms[1000];
    spread_times(at_ms, &m, 100 * DAY_MS, 4);
    const int64_t from_ms = START_MS + 40 * DAY_MS, until_ms = START_MS + 70 * DAY_MS;
    att_holdout held;
    const att_holdout_options options = {.seed = 1};
    CHECK_OK(att_holdout_make_forward(&held, &m, at_ms, from_ms, until_ms, &options, &host, NULL));
    uint64_t before = 0;
    for (uint64_t k = 0; k < att_matrix_nonzeros(&m); k++)
        before += at_ms[k] < from_ms;
    CHECK_EQ(att_matrix_nonzeros(&held.train), before);
    for (uint64_t k = 0; k < before; k++)
        CHECK(held.train_at_ms[k] < from_ms);
    CHECK(held.history.rows > 20 && held.history.rows == held.targets.rows);
    uint8_t known[80] = {0};
    for (uint64_t k = 0; k < before; k++)
        known[held.train.col[k]] = 1;
    for (uint32_t p = 0; p < held.history.rows; p++) {
        CHECK(held.history.row_start[p + 1] > held.history.row_start[p]);
        CHECK(held.targets.row_start[p + 1] > held.targets.row_start[p]);
        for (uint64_t k = held.targets.row_start[p]; k < held.targets.row_start[p + 1]; k++) {
            CHECK(known[held.targets.col[k]]);
            CHECK(!holds(&held.history, p, held.targets.col[k]));
        }
    }
    att_holdout few;
    const att_holdout_options thinned = {.seed = 1, .held = 7, .train_most = 30};
    CHECK_OK(att_holdout_make_forward(&few, &m, at_ms, from_ms, until_ms, &thinned, &host, NULL));
    CHECK_EQ(few.history.rows, 7);
    CHECK_EQ(few.train.rows, 30);
    att_holdout_deinit(&few, &host);
    att_holdout_deinit(&held, &host);
    att_matrix_deinit(&m, &host);
    CHECK_EQ(heap.bytes_live, 0);
}

// Whatever a person's kind, what is liked moves through the catalogue with the days: item i around day i. What was liked
// on the whole says little of tomorrow, what was liked of late much.
static att_matrix moving_world(int64_t *at_ms, uint32_t people, const att_host *host)
{
    enum { ITEMS = 200, EACH = 12 };
    att_rng rng = att_rng_seed(9);
    att_triplet triplets[200 * EACH];
    size_t count = 0;
    for (uint32_t u = 0; u < people; u++)
        for (uint32_t k = 0; k < EACH; k++) {
            const uint32_t item = (uint32_t)(att_rng_unit(&rng) * ITEMS);
            triplets[count++] = (att_triplet){u, item, 1};
        }
    att_matrix m;
    CHECK_OK(att_matrix_build(&m, people, ITEMS, triplets, count, host, NULL));
    for (uint64_t k = 0; k < att_matrix_nonzeros(&m); k++)
        at_ms[k] = START_MS + (int64_t)((m.col[k] + 20 * att_rng_unit(&rng)) * (double)DAY_MS);
    return m;
}

CHECK_TEST(where_liking_moves_on_a_trend_is_found_and_where_nobody_comes_back_it_is_said)
{
    CHECK_BEGIN();
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    static int64_t at_ms[200 * 12];
    att_matrix m = moving_world(at_ms, 200, &host);
    const att_recipe recipe = small_recipe(ATT_MODEL_BLEND);
    const att_model_input input = {.preferences = &m, .last_at_ms = at_ms};
    const att_train_options options = {.seed = 1, .threads = 1};
    att_train_report report = {0};
    att_model *model = NULL;
    CHECK_OK(att_model_build(&model, &m, &recipe, 1, &host, NULL, NULL));
    CHECK_OK(att_choose_by_clock(model, &recipe, &input, &options, &report, NULL));
    CHECK_NOTE("%s", report.trend);
    CHECK(report.trend_weight > 0 && att_model_trend_weight(model) == report.trend_weight);
    CHECK_HOLDS(report.trend, "it helps");
    CHECK(att_model_trend(model, 195) > att_model_trend(model, 20)); // of the last days, of the first
    att_model_destroy(model);

    for (uint32_t u = 0; u < m.rows; u++) // everybody comes once, within an hour
        for (uint64_t k = m.row_start[u]; k < m.row_start[u + 1]; k++)
            at_ms[k] = START_MS + u * DAY_MS + (int64_t)(k - m.row_start[u]) * 60000;
    report = (att_train_report){0};
    CHECK_OK(att_model_build(&model, &m, &recipe, 1, &host, NULL, NULL));
    CHECK_OK(att_choose_by_clock(model, &recipe, &input, &options, &report, NULL));
    CHECK_HOLDS(report.trend, "people came back");
    CHECK(report.trend_weight == 0 && att_model_trend_weight(model) == 0);
    att_model_destroy(model);
    att_matrix_deinit(&m, &host);
    CHECK_EQ(heap.bytes_live, 0);
}

CHECK_TEST(without_times_or_with_their_order_alone_there_is_no_trend)
{
    CHECK_BEGIN();
    const att_host host = att_host_default();
    static int64_t at_ms[200 * 12];
    att_matrix m = moving_world(at_ms, 200, &host);
    const att_recipe recipe = small_recipe(ATT_MODEL_BLEND);
    const att_model_input unknown = {.preferences = &m}, order = {.preferences = &m, .last_at_ms = at_ms, .untimed = true};
    const att_train_options options = {.seed = 1, .threads = 1};
    att_model *model = NULL;
    CHECK_OK(att_model_build(&model, &m, &recipe, 1, &host, NULL, NULL));
    for (int which = 0; which < 2; which++) {
        att_train_report report = {0};
        CHECK_OK(att_choose_by_clock(model, &recipe, which ? &order : &unknown, &options, &report, NULL));
        CHECK_HOLDS(report.trend, "none");
        CHECK(report.trend_weight == 0 && att_model_trend_weight(model) == 0);
    }
    att_model_destroy(model);
    att_matrix_deinit(&m, &host);
}

static bool stop(void *user, const att_progress *progress)
{
    (void)user;
    return strcmp(progress->task, "choose a trend") != 0 || progress->done < 20;
}

CHECK_TEST(the_choice_of_a_trend_can_be_stopped)
{
    CHECK_BEGIN();
    check_heap heap = {0};
    att_host host = check_host(&heap);
    static int64_t at_ms[200 * 12];
    att_matrix m = moving_world(at_ms, 200, &host);
    const att_recipe recipe = small_recipe(ATT_MODEL_BLEND);
    const att_model_input input = {.preferences = &m, .last_at_ms = at_ms};
    const att_train_options options = {.seed = 1, .threads = 1};
    att_train_report report = {0};
    att_model *model = NULL;
    host.progress = stop;
    CHECK_OK(att_model_build(&model, &m, &recipe, 1, &host, NULL, NULL));
    CHECK_FAILS(att_choose_by_clock(model, &recipe, &input, &options, &report, NULL), ATT_CANCELLED);
    att_model_destroy(model);
    att_matrix_deinit(&m, &host);
    CHECK_EQ(heap.bytes_live, 0);
}

CHECK_MAIN(CHECK_CASE(a_trend_worked_out_by_hand),
    CHECK_CASE(a_trend_adds_to_scores_fades_leaves_effects_exact_and_is_kept),
    CHECK_CASE(people_held_out_by_the_clock_have_both_sides_and_nothing_is_learned_from_later),
    CHECK_CASE(where_liking_moves_on_a_trend_is_found_and_where_nobody_comes_back_it_is_said),
    CHECK_CASE(without_times_or_with_their_order_alone_there_is_no_trend),
    CHECK_CASE(the_choice_of_a_trend_can_be_stopped))
