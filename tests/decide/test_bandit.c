// SPDX-License-Identifier: Apache-2.0
// A bandit returns the distribution that it draws from, learns what pays, and is a function of what it was taught.
#include "check.h"

#include "base/rng.h"
#include "decide/bandit.h"
#include "decide/bandit_math.h"

#include <math.h>

enum { DIM = 6, OPTIONS = 5 };

typedef struct world {
    att_host host;
    att_bandit_feature context[DIM], names[OPTIONS];
    att_bandit_features options[OPTIONS];
    double weights[OPTIONS][DIM];
    att_rng rng;
} world;

static uint64_t key_of(const char *space, uint32_t number)
{
    char name[16];
    snprintf(name, sizeof name, "%u", number);
    return att_bandit_key(att_text_of(space), att_text_of(name));
}

static void make_world(world *w, uint64_t seed)
{
    *w = (world){.host = att_host_default(), .rng = att_rng_seed(seed)};
    for (uint32_t a = 0; a < OPTIONS; a++) {
        w->names[a] = (att_bandit_feature){key_of("option", a), 1};
        w->options[a] = (att_bandit_features){&w->names[a], 1};
        for (uint32_t c = 0; c < DIM; c++)
            w->weights[a][c] = att_rng_normal(&w->rng);
    }
}

static att_bandit_question next_question(world *w)
{
    for (uint32_t c = 0; c < DIM; c++)
        w->context[c] = (att_bandit_feature){key_of("x", c), (float)att_rng_normal(&w->rng)};
    return (att_bandit_question){{w->context, DIM}, w->options, OPTIONS};
}

static uint32_t best_of(const world *w)
{
    uint32_t best = 0;
    double most = -INFINITY;
    for (uint32_t a = 0; a < OPTIONS; a++) {
        double sum = 0;
        for (uint32_t c = 0; c < DIM; c++)
            sum += w->weights[a][c] * (double)w->context[c].value;
        if (sum > most) {
            most = sum;
            best = a;
        }
    }
    return best;
}

static void start(att_bandit *bandit, att_bandit_memory *memory, const world *w, const att_bandit_algorithm *algorithm, double floor)
{
    att_error err;
    const att_bandit_options options = {.algorithm = algorithm, .seed = 5, .floor = floor, .bits = 14};
    CHECK_OK_ERR(att_bandit_init(bandit, &options, &w->host, &err), &err);
    att_bandit_memory_init(memory, &w->host);
}

static void stop(att_bandit *bandit, att_bandit_memory *memory)
{
    att_bandit_memory_deinit(memory);
    att_bandit_deinit(bandit);
}

// Share of rounds without reward, of the last half.
static double play(att_bandit *bandit, att_bandit_memory *memory, world *w, uint32_t rounds)
{
    att_error err;
    float p[OPTIONS];
    uint32_t lost = 0, greedy;
    for (uint32_t r = 0; r < rounds; r++) {
        const att_bandit_question question = next_question(w);
        CHECK_OK_ERR(att_bandit_distribution(bandit, &question, r + 1, memory, p, &greedy, &err), &err);
        double total = 0;
        for (uint32_t a = 0; a < OPTIONS; a++) {
            CHECK((double)p[a] >= bandit->options.floor / OPTIONS * (1 - 1e-6));
            total += (double)p[a];
        }
        CHECK_NEAR(total, 1, 1e-5);
        const uint32_t chosen = att_bandit_draw(p, OPTIONS, r + 1);
        CHECK(p[chosen] > 0 && greedy < OPTIONS);
        const bool right = chosen == best_of(w);
        lost += r >= rounds / 2 && !right;
        CHECK_OK_ERR(att_bandit_learn(bandit, &question, chosen, (double)p[chosen], right, 1, memory, &err), &err);
    }
    return 2.0 * lost / rounds;
}

CHECK_TEST(every_algorithm_learns_what_pays_and_keeps_its_floor)
{
    CHECK_BEGIN();
    size_t count;
    const att_bandit_algorithm *algorithms = att_bandit_algorithms(&count);
    CHECK_EQ(count, 7);
    for (size_t i = 0; i < count; i++) {
        world w;
        att_bandit bandit;
        att_bandit_memory memory;
        make_world(&w, 3);
        start(&bandit, &memory, &w, &algorithms[i], 0.01);
        const double lost = play(&bandit, &memory, &w, 4000);
        CHECK_NOTE("%s: %.3f of the last 2,000 rounds without reward; uniform choice has 0.8", algorithms[i].about.name, lost);
        CHECK(lost < 0.3);
        CHECK(att_bandit_algorithm_named(att_text_of(algorithms[i].about.name)) == &algorithms[i]);
        CHECK(strlen(algorithms[i].about.paper) > 20 && strlen(algorithms[i].about.story) > 20);
        stop(&bandit, &memory);
    }
    CHECK(att_bandit_algorithm_named(ATT_LIT("softmax")) == NULL);
}

// Ann's three thumbnails, before anything was learned: no option is better, so the optimistic rule takes the first; with a
// floor of 0.3 each has 0.1 of it, and the first the other 0.7.
CHECK_TEST(the_floor_is_spread_over_all_options_by_hand)
{
    CHECK_BEGIN();
    world w;
    att_bandit bandit;
    att_bandit_memory memory;
    float p[3];
    uint32_t greedy;
    att_error err;
    make_world(&w, 1);
    start(&bandit, &memory, &w, NULL, 0.3);
    const att_bandit_question question = {{NULL, 0}, w.options, 3};
    CHECK_OK_ERR(att_bandit_distribution(&bandit, &question, 1, &memory, p, &greedy, &err), &err);
    CHECK_NEAR((double)p[0], 0.8, 1e-6);
    CHECK_NEAR((double)p[1], 0.1, 1e-6);
    CHECK_NEAR((double)p[2], 0.1, 1e-6);
    CHECK_EQ(greedy, 0);
    stop(&bandit, &memory);
}

CHECK_TEST(draws_come_as_often_as_the_distribution_says)
{
    CHECK_BEGIN();
    const float p[4] = {0.5f, 0, 0.3f, 0.2f};
    uint32_t seen[4] = {0};
    for (uint64_t seed = 1; seed <= 40000; seed++)
        seen[att_bandit_draw(p, 4, seed)]++;
    CHECK_EQ(seen[1], 0);
    for (int a = 0; a < 4; a++) // five standard deviations
        CHECK_NEAR(seen[a] / 40000.0, (double)p[a], 5 * sqrt((double)p[a] * (1 - (double)p[a]) / 40000) + 1e-9);
}

typedef struct bytes {
    unsigned char *data;
    size_t size;
} bytes;

static bool keep(void *user, const void *data, size_t size)
{
    bytes *b = user;
    b->data = realloc(b->data, b->size + size);
    memcpy(b->data + b->size, data, size);
    b->size += size;
    return true;
}

CHECK_TEST(the_state_is_a_function_of_what_was_taught_and_survives_writing)
{
    CHECK_BEGIN();
    size_t count;
    att_error err;
    const att_bandit_algorithm *algorithms = att_bandit_algorithms(&count);
    for (size_t i = 0; i < count; i++) {
        bytes states[3] = {{0}};
        for (int run = 0; run < 2; run++) {
            world w;
            att_bandit bandit, again;
            att_bandit_memory memory, memory_2;
            make_world(&w, 11);
            start(&bandit, &memory, &w, &algorithms[i], 0);
            play(&bandit, &memory, &w, 300);
            CHECK(att_bandit_write(&bandit, keep, &states[run]));
            if (run == 1) {
                start(&again, &memory_2, &w, &algorithms[i], 0);
                CHECK_OK_ERR(att_bandit_read(&again, states[1].data, states[1].size, &err), &err);
                CHECK(att_bandit_write(&again, keep, &states[2]));
                world ahead = w;
                CHECK_NEAR(play(&bandit, &memory, &w, 100), play(&again, &memory_2, &ahead, 100), 0);
                CHECK_FAILS(att_bandit_read(&again, states[1].data, states[1].size - 1, &err), ATT_CORRUPT);
                CHECK_EQ(again.rounds, 0);
                stop(&again, &memory_2);
            }
            stop(&bandit, &memory);
        }
        for (int s = 1; s < 3; s++)
            CHECK(states[s].size == states[0].size && memcmp(states[s].data, states[0].data, states[0].size) == 0);
        for (int s = 0; s < 3; s++)
            free(states[s].data);
    }
}

CHECK_TEST(a_question_too_wide_for_rows_is_learned_by_hashing)
{
    CHECK_BEGIN();
    world w;
    att_bandit bandit;
    att_bandit_memory memory;
    att_error err;
    make_world(&w, 4);
    start(&bandit, &memory, &w, NULL, 0); // 2^14 weights
    att_rng rng = att_rng_seed(9);
    float p[2];
    uint32_t greedy, lost = 0;
    for (uint32_t r = 0; r < 3000; r++) {
        // One word of thirty says which of two options pays; ten of 20,000 others say nothing.
        att_bandit_feature words[11];
        const uint32_t telling = (uint32_t)att_rng_below(&rng, 30);
        words[0] = (att_bandit_feature){key_of("word", telling), 1};
        for (int i = 1; i < 11; i++)
            words[i] = (att_bandit_feature){key_of("word", 100 + (uint32_t)att_rng_below(&rng, 20000)), 1};
        const att_bandit_question question = {{words, 11}, w.options, 2};
        CHECK_OK_ERR(att_bandit_distribution(&bandit, &question, r + 1, &memory, p, &greedy, &err), &err);
        const uint32_t chosen = att_bandit_draw(p, 2, r + 1);
        lost += r >= 2000 && chosen != telling % 2;
        CHECK_OK_ERR(att_bandit_learn(&bandit, &question, chosen, (double)p[chosen], chosen == telling % 2, 1, &memory, &err), &err);
    }
    CHECK(bandit.space.wide);
    CHECK_NOTE("%u of the last 1,000 lost", lost);
    CHECK(lost < 100);
    stop(&bandit, &memory);
}

CHECK_TEST(options_share_what_is_learned_of_their_features)
{
    CHECK_BEGIN();
    world w;
    att_bandit bandit;
    att_bandit_memory memory;
    att_error err;
    float p[2];
    uint32_t greedy, lost = 0;
    make_world(&w, 4);
    start(&bandit, &memory, &w, NULL, 0);
    att_rng rng = att_rng_seed(9);
    for (uint32_t r = 0; r < 400; r++) {
        // Every option is new; a bright one pays by day and a dark one by night.
        const bool day = att_rng_unit(&rng) < 0.5, first_is_bright = att_rng_unit(&rng) < 0.5;
        const att_bandit_feature when = {key_of("day", day), 1};
        const att_bandit_feature first[2] = {{key_of("name", 2 * r), 1}, {key_of("bright", first_is_bright), 1}};
        const att_bandit_feature second[2] = {{key_of("name", 2 * r + 1), 1}, {key_of("bright", !first_is_bright), 1}};
        const att_bandit_features options[2] = {{first, 2}, {second, 2}};
        const att_bandit_question question = {{&when, 1}, options, 2};
        CHECK_OK_ERR(att_bandit_distribution(&bandit, &question, r + 1, &memory, p, &greedy, &err), &err);
        const uint32_t chosen = att_bandit_draw(p, 2, r + 1);
        const bool right = (chosen == 0) == (day == first_is_bright);
        lost += r >= 200 && !right;
        CHECK_OK_ERR(att_bandit_learn(&bandit, &question, chosen, (double)p[chosen], right, 1, &memory, &err), &err);
    }
    CHECK_NOTE("%u of the last 200 lost", lost);
    CHECK(lost < 10);
    stop(&bandit, &memory);
}

// A reward counted twice moves the state as far as one reward of weight 2 does (for the ridge regression exactly).
CHECK_TEST(an_importance_weight_counts_like_repetition)
{
    CHECK_BEGIN();
    world w;
    att_bandit twice, heavy;
    att_bandit_memory memory;
    att_error err;
    make_world(&w, 8);
    start(&twice, &memory, &w, att_bandit_algorithm_named(ATT_LIT("linucb")), 0);
    att_bandit_memory_deinit(&memory);
    start(&heavy, &memory, &w, att_bandit_algorithm_named(ATT_LIT("linucb")), 0);
    const att_bandit_question question = {{NULL, 0}, w.options, 2};
    CHECK_OK(att_bandit_learn(&twice, &question, 0, 1, 1, 1, &memory, &err));
    CHECK_OK(att_bandit_learn(&twice, &question, 0, 1, 1, 1, &memory, &err));
    CHECK_OK(att_bandit_learn(&heavy, &question, 0, 1, 1, 2, &memory, &err));
    // Two rewards of 1 under a prior of variance 1: the mean is 2 / 3.
    CHECK_NEAR((double)twice.models[0].experts[0].weights[0], 2.0 / 3, 1e-6);
    CHECK_NEAR((double)heavy.models[0].experts[0].weights[0], 2.0 / 3, 1e-6);
    att_bandit_deinit(&twice);
    stop(&heavy, &memory);
}

// Recursive least squares against the normal equations solved from scratch: the plain twin of the triangle's updates.
CHECK_TEST(ridge_regression_agrees_with_the_normal_equations)
{
    CHECK_BEGIN();
    enum { ROUNDS = 60, N = DIM + 1 };
    world w;
    att_bandit_space space;
    att_bandit_model model;
    att_bandit_view view;
    att_bandit_forecast said;
    att_error err;
    make_world(&w, 21);
    CHECK_OK(att_bandit_space_init(&space, 14, &w.host, &err));
    att_bandit_model_init(&model, 1u << ATT_BANDIT_LINEAR, 14, &w.host);
    att_bandit_view_init(&view, &w.host);
    att_bandit_forecast_init(&said, &w.host);
    double a[N][N] = {{0}}, b[N] = {0};
    for (int i = 0; i < N; i++)
        a[i][i] = 1;
    for (int r = 0; r < ROUNDS; r++) {
        const att_bandit_question question = next_question(&w);
        bool turned;
        CHECK_OK(att_bandit_space_add(&space, &question, &turned, &err));
        CHECK_OK(att_bandit_model_fit(&model, &space, &err));
        CHECK_OK(att_bandit_view_fill(&view, &space, &question, &err));
        CHECK_OK(att_bandit_model_predict(&model, &view, true, &said, &err));
        const float reward = (float)att_rng_unit(&w.rng);
        att_bandit_model_learn(&model, &view, &said, 2, reward, 1);
        for (int i = 0; i < N; i++) {
            b[i] += (double)(view.x.items[i] * reward);
            for (int j = 0; j < N; j++)
                a[i][j] += (double)view.x.items[i] * (double)view.x.items[j];
        }
    }
    double full[N][N], right[N], x_right[N];
    memcpy(full, a, sizeof full);
    for (int i = 0; i < N; i++)
        right[i] = b[i], x_right[i] = (double)view.x.items[i];
    for (int p = 0; p < N; p++) // Gauss, both right sides at once
        for (int i = 0; i < N; i++) {
            if (i == p)
                continue;
            const double f = full[i][p] / full[p][p];
            for (int j = 0; j < N; j++)
                full[i][j] -= f * full[p][j];
            right[i] -= f * right[p];
            x_right[i] -= f * x_right[p];
        }
    double variance = 0;
    for (int i = 0; i < N; i++) {
        CHECK_NEAR((double)model.experts[0].weights[2 * model.experts[0].width + (size_t)i], right[i] / full[i][i], 1e-4);
        variance += (double)view.x.items[i] * x_right[i] / full[i][i];
    }
    const att_bandit_question same = {{w.context, DIM}, w.options, OPTIONS};
    CHECK_OK(att_bandit_view_fill(&view, &space, &same, &err));
    CHECK_OK(att_bandit_model_predict(&model, &view, true, &said, &err));
    CHECK_NEAR((double)said.sigma.items[2], sqrt(variance), 1e-4);
    att_bandit_forecast_deinit(&said);
    att_bandit_view_deinit(&view);
    att_bandit_model_deinit(&model);
    att_bandit_space_deinit(&space);
}

CHECK_TEST(own_exponential_and_logarithm_agree_with_the_library)
{
    CHECK_BEGIN();
    for (double x = -80; x < 80; x += 0.37)
        CHECK_NEAR((double)att_exp_f32((float)x) / exp((double)(float)x), 1, 1e-5);
    for (double x = 1e-7; x < 1e7; x *= 1.37)
        CHECK_NEAR((double)att_log_f32((float)x), log((double)(float)x), 1e-6 * (1 + fabs(log(x))));
}

CHECK_TEST(bad_questions_and_rewards_are_refused_with_a_reason)
{
    CHECK_BEGIN();
    world w;
    att_bandit bandit;
    att_bandit_memory memory;
    att_error err;
    make_world(&w, 1);
    start(&bandit, &memory, &w, NULL, 0);
    const att_bandit_question question = {{NULL, 0}, w.options, 2};
    CHECK_FAILS(att_bandit_learn(&bandit, &question, 0, 0, 1, 1, &memory, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "probability");
    CHECK_FAILS(att_bandit_learn(&bandit, &question, 0, 1, 1.5, 1, &memory, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "reward is 1.5");
    CHECK_FAILS(att_bandit_learn(&bandit, &question, 0, 1, 1, NAN, &memory, &err), ATT_INVALID);
    const att_bandit_question none = {{NULL, 0}, w.options, 0};
    CHECK_FAILS(att_bandit_question_check(&none, &err), ATT_LIMIT);
    const att_bandit_feature bad = {7, NAN};
    const att_bandit_question not_finite = {{&bad, 1}, w.options, 2};
    CHECK_FAILS(att_bandit_question_check(&not_finite, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "context 0");
    const att_bandit_options large = {.bits = 40};
    att_bandit other;
    CHECK_FAILS(att_bandit_init(&other, &large, &w.host, &err), ATT_INVALID);
    stop(&bandit, &memory);
}

CHECK_TEST(no_memory_is_told_and_nothing_leaks)
{
    CHECK_BEGIN();
    world w;
    make_world(&w, 2);
    for (uint64_t fail_at = 0; fail_at < 60; fail_at++) {
        check_heap heap = {0};
        w.host = check_host(&heap);
        att_bandit bandit;
        att_bandit_memory memory;
        att_error err = {0};
        const att_bandit_options options = {.bits = 12};
        heap.fail_at = fail_at;
        att_status status = att_bandit_init(&bandit, &options, &w.host, &err);
        att_bandit_memory_init(&memory, &w.host);
        const att_bandit_question question = next_question(&w);
        if (!status)
            status = att_bandit_learn(&bandit, &question, 1, 0.5, 1, 1, &memory, &err);
        CHECK(status == ATT_OK || status == ATT_NO_MEMORY);
        CHECK(fail_at || !status);
        stop(&bandit, &memory);
        CHECK_EQ(heap.bytes_live, 0);
    }
}

CHECK_TEST(choosing_again_allocates_nothing)
{
    CHECK_BEGIN();
    world w;
    check_heap heap = {0};
    make_world(&w, 6);
    w.host = check_host(&heap);
    size_t count;
    const att_bandit_algorithm *algorithms = att_bandit_algorithms(&count);
    for (size_t i = 0; i < count; i++) {
        att_bandit bandit;
        att_bandit_memory memory;
        start(&bandit, &memory, &w, &algorithms[i], 0);
        play(&bandit, &memory, &w, 50);
        const uint64_t before = heap.allocations;
        play(&bandit, &memory, &w, 50);
        CHECK_EQ(heap.allocations, before);
        stop(&bandit, &memory);
    }
    CHECK_EQ(heap.bytes_live, 0);
}

CHECK_MAIN(CHECK_CASE(every_algorithm_learns_what_pays_and_keeps_its_floor),
    CHECK_CASE(the_floor_is_spread_over_all_options_by_hand), CHECK_CASE(draws_come_as_often_as_the_distribution_says),
    CHECK_CASE(the_state_is_a_function_of_what_was_taught_and_survives_writing),
    CHECK_CASE(a_question_too_wide_for_rows_is_learned_by_hashing),
    CHECK_CASE(options_share_what_is_learned_of_their_features), CHECK_CASE(an_importance_weight_counts_like_repetition),
    CHECK_CASE(ridge_regression_agrees_with_the_normal_equations),
    CHECK_CASE(own_exponential_and_logarithm_agree_with_the_library),
    CHECK_CASE(bad_questions_and_rewards_are_refused_with_a_reason), CHECK_CASE(no_memory_is_told_and_nothing_leaks),
    CHECK_CASE(choosing_again_allocates_nothing))
