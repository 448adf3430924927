// SPDX-License-Identifier: Apache-2.0
// Off-policy estimates: by hand on three rows, in expectation on all that can happen, refused where the log is silent.
#include "base/rng.h"
#include "check.h"
#include "measure/ope_log.h"

#include <math.h>

static att_ope_log *log_of(uint32_t actions, double low, double high)
{
    att_ope_log *log;
    att_ope_log_options options = att_ope_log_options_default();
    options.actions = actions;
    options.reward_low = low;
    options.reward_high = high;
    CHECK_OK(att_ope_log_create(&log, &options, NULL, NULL));
    return log;
}

static uint32_t menu_of(att_ope_log *log, const double *target, const double *logged, size_t count)
{
    att_ope_choice choices[16];
    uint32_t menu;
    att_error err = {0};
    for (size_t i = 0; i < count; i++)
        choices[i] = (att_ope_choice){(uint32_t)i, target[i], logged[i]};
    CHECK_OK_ERR(att_ope_log_menu(log, choices, count, NULL, &menu, &err), &err);
    return menu;
}

static void add(att_ope_log *log, uint32_t menu, uint32_t chosen, double reward, uint64_t slate, uint32_t slot)
{
    att_error err = {0};
    const double logged = log->menus.items[menu].choices[chosen].logged;
    const att_ope_row row = {.menu = menu, .chosen = chosen, .propensity = logged, .reward = reward, .slate = slate,
        .slot = slot, .person = slate};
    CHECK_OK_ERR(att_ope_log_add(log, &row, &err), &err);
}

static const att_ope_value *value_at(const att_ope_report *report, const char *name)
{
    att_ope_pick pick;
    CHECK(att_ope_pick_parse(att_text_of(name), &pick));
    for (size_t i = 0; i < report->parts[0].value_count; i++) {
        const att_ope_value *v = &report->parts[0].values[i];
        if (v->pick.estimator == pick.estimator && v->pick.level == pick.level)
            return v;
    }
    CHECK(!"the estimator is in the report");
    return NULL;
}

// Weights 1.5, 0.5, 0.5, 1.5; rewards 1, 0, 1, 0.
CHECK_TEST(four_rows_by_hand)
{
    CHECK_BEGIN();
    att_ope_log *log = log_of(2, 0, 1);
    const double target[] = {0.75, 0.25}, logged[] = {0.5, 0.5};
    const uint32_t menu = menu_of(log, target, logged, 2);
    add(log, menu, 0, 1, 0, 0);
    add(log, menu, 1, 0, 1, 0);
    add(log, menu, 1, 1, 2, 0);
    add(log, menu, 0, 0, 3, 0);
    att_ope_options options = att_ope_options_default();
    options.effective_min = 2;
    att_ope_report *report;
    CHECK_OK(att_ope_evaluate(log, &options, NULL, &report, NULL));
    CHECK_NEAR(value_at(report, "ips")->value, 2.0 / 4, 1e-15);
    CHECK_NEAR(value_at(report, "snips")->value, 2.0 / 4, 1e-15);
    const double q = (1.0 + 1) / (2 + 100); // of both actions
    CHECK_NEAR(value_at(report, "dm")->value, q, 1e-15);
    CHECK_NEAR(value_at(report, "dr")->value, q + (1.5 * (1 - q) - 0.5 * q + 0.5 * (1 - q) - 1.5 * q) / 4, 1e-15);
    CHECK_NEAR(value_at(report, "dros@10")->value,
        q + (15 / 12.25 * (1 - q) - 5 / 10.25 * q + 5 / 10.25 * (1 - q) - 15 / 12.25 * q) / 4, 1e-15);
    CHECK_NEAR(report->parts[0].support.effective, 16.0 / 5, 1e-12);
    CHECK_NEAR(report->parts[0].support.weight_largest, 1.5, 0);
    CHECK_NEAR(report->parts[0].logged.mean, 0.5, 1e-15);
    // w r is 1.5, 0, 0.5, 0 about 0.5: squares 1, 0.25, 0, 0.25, so the error is sqrt(1.5 * 4 / 3) / 4.
    CHECK_NEAR(value_at(report, "ips")->error, sqrt(2.0) / 4, 1e-12);
    CHECK_NEAR(value_at(report, "ips")->interval.high, 0.5 + 1.959963984540054 * sqrt(2.0) / 4, 1e-9);
    att_ope_report_destroy(report);
    att_ope_log_destroy(log);
}

// Every log of two rows that can happen, weighted by its odds: the mean of IPS is the value exactly.
CHECK_TEST(ips_and_dr_with_a_fixed_model_are_unbiased)
{
    CHECK_BEGIN();
    const double target[] = {0.1, 0.6, 0.3}, logged[] = {0.5, 0.2, 0.3}, rate[] = {0.9, 0.3, 0.5};
    double truth = 0, ips = 0, clipped = 0;
    for (int a = 0; a < 3; a++)
        truth += target[a] * rate[a];
    for (uint32_t a = 0; a < 3; a++)
        for (uint32_t b = 0; b < 3; b++)
            for (int rewards = 0; rewards < 4; rewards++) {
                att_ope_log *log = log_of(3, 0, 1);
                const uint32_t menu = menu_of(log, target, logged, 3);
                const double first = rewards & 1, second = rewards >> 1;
                add(log, menu, a, first, 0, 0);
                add(log, menu, b, second, 1, 0);
                const double odds = logged[a] * logged[b] * (first ? rate[a] : 1 - rate[a]) * (second ? rate[b] : 1 - rate[b]);
                ips += odds * (target[a] / logged[a] * first + target[b] / logged[b] * second) / 2;
                att_ope_options options = att_ope_options_default();
                options.effective_min = 2;
                options.gap_max = 1;
                att_ope_report *report;
                att_ope_pick picks[2];
                CHECK(att_ope_pick_parse(att_text_of("ips"), &picks[0]) && att_ope_pick_parse(att_text_of("clipped-ips@2"), &picks[1]));
                options.picks = picks;
                options.pick_count = 2;
                const att_status status = att_ope_evaluate(log, &options, NULL, &report, NULL);
                if (status == ATT_OK) {
                    CHECK_NEAR(report->parts[0].values[0].value,
                        (target[a] / logged[a] * first + target[b] / logged[b] * second) / 2, 1e-15);
                    CHECK(report->parts[0].values[1].value <= report->parts[0].values[0].value);
                    clipped += 1;
                } else
                    CHECK_EQ(status, ATT_INSUFFICIENT);
                att_ope_report_destroy(report);
                att_ope_log_destroy(log);
            }
    CHECK_NEAR(ips, truth, 1e-12);
    CHECK(clipped > 0);
}

static const char *refusal(att_ope_log *log, att_error *err)
{
    att_ope_report *report;
    CHECK_FAILS(att_ope_evaluate(log, NULL, NULL, &report, err), ATT_INSUFFICIENT);
    CHECK(report && report->parts[0].value_count == 0);
    CHECK_STR(report->parts[0].why, err->text);
    CHECK_EQ(report->parts[0].answer, ATT_INSUFFICIENT);
    att_ope_report_destroy(report);
    att_ope_log_destroy(log);
    return err->text;
}

CHECK_TEST(a_log_that_cannot_answer_says_so_with_numbers)
{
    CHECK_BEGIN();
    att_error err = {0};
    att_ope_report *report;
    att_ope_log *log = log_of(2, 0, 1);
    CHECK_FAILS(att_ope_evaluate(log, NULL, NULL, &report, &err), ATT_INSUFFICIENT);
    CHECK_HOLDS(err.text, "insufficient support: log log has no rows");
    CHECK(!report);
    att_ope_log_destroy(log);

    const double sure[] = {1, 0}, other[] = {0.8, 0.2}, rare[] = {0.001, 0.999}, wanted[] = {1, 0};
    log = log_of(2, 0, 1);
    for (uint64_t i = 0; i < 200; i++)
        add(log, i == 0 ? menu_of(log, other, sure, 2) : 0, 0, 1, i, 0);
    CHECK_HOLDS(refusal(log, &err), "insufficient support: 20.0 % of what the target would choose was never chosen");

    log = log_of(2, 0, 1);
    for (uint64_t i = 0; i < 1000; i++)
        add(log, i == 0 ? menu_of(log, wanted, rare, 2) : 0, i == 500 ? 0 : 1, 1, i, 0);
    CHECK_HOLDS(refusal(log, &err), "insufficient support: 1000 rows weigh like 1.0, at least 30 are needed (largest weight 1000.0)");

    // 0.1 was logged, but the action came half of the time: somebody changed the odds after they were written down.
    const double wrong[] = {0.1, 0.9};
    log = log_of(2, 0, 1);
    for (uint64_t i = 0; i < 1000; i++)
        add(log, i == 0 ? menu_of(log, wanted, wrong, 2) : 0, i % 2 == 0 ? 0 : 1, 1, i, 0);
    CHECK_HOLDS(refusal(log, &err), "weights average 5.000 (standard error 0.158) where 1.000 belongs");
}

CHECK_TEST(wrong_numbers_do_not_enter)
{
    CHECK_BEGIN();
    att_ope_log *log = log_of(2, 0, 1);
    uint32_t menu;
    att_error err = {0};
    const att_ope_choice far = {2, 1, 1}, negative = {0, -0.1, 1}, twice[] = {{0, 1, 0.5}, {1, 1, 0.5}};
    CHECK_FAILS(att_ope_log_menu(log, &far, 1, NULL, &menu, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "choice 0 names action 2, there are 2");
    CHECK_FAILS(att_ope_log_menu(log, &negative, 1, NULL, &menu, &err), ATT_INVALID);
    CHECK_FAILS(att_ope_log_menu(log, twice, 2, NULL, &menu, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "sum to 2 (target)");
    CHECK_FAILS(att_ope_log_menu(log, twice, 0, NULL, &menu, &err), ATT_LIMIT);
    const double half[] = {0.5, 0.5};
    menu = menu_of(log, half, half, 2);
    att_ope_row row = {.menu = menu, .chosen = 0, .propensity = 0, .reward = 1};
    CHECK_FAILS(att_ope_log_add(log, &row, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "the propensity is 0, expected more than 0");
    row.propensity = 0.4;
    CHECK_FAILS(att_ope_log_add(log, &row, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "the menu says 0.5");
    row.propensity = 0.5;
    row.reward = NAN;
    CHECK_FAILS(att_ope_log_add(log, &row, &err), ATT_INVALID);
    row.reward = 1;
    row.chosen = 2;
    CHECK_FAILS(att_ope_log_add(log, &row, &err), ATT_INVALID);
    att_ope_pick pick;
    CHECK(!att_ope_pick_parse(ATT_LIT("ips@10"), &pick) && !att_ope_pick_parse(ATT_LIT("dros@0"), &pick) &&
          !att_ope_pick_parse(ATT_LIT("dros@"), &pick) && !att_ope_pick_parse(ATT_LIT(""), &pick));
    att_ope_log_destroy(log);
}

// Two slots: weights 2 and 0.5 in turn, so that all three products differ.
CHECK_TEST(slates_multiply_weights_as_they_say)
{
    CHECK_BEGIN();
    att_ope_log *log = log_of(2, 0, 1);
    const double target[] = {0.8, 0.2}, logged[] = {0.4, 0.6};
    const uint32_t menu = menu_of(log, target, logged, 2);
    double independent = 0, cascade = 0, whole = 0;
    for (uint64_t s = 0; s < 40; s++) {
        const uint32_t first = s % 5 < 2 ? 0 : 1, second = s % 10 < 4 ? 0 : 1;
        const double r1 = s % 3 == 0, r2 = s % 4 == 0;
        add(log, menu, first, r1, s, 0);
        add(log, menu, second, r2, s, 1);
        const double w1 = target[first] / logged[first], w2 = target[second] / logged[second];
        independent += (w1 * r1 + w2 * r2) / 40;
        cascade += (w1 * r1 + w1 * w2 * r2) / 40;
        whole += w1 * w2 * (r1 + r2) / 40;
    }
    att_ope_report *report;
    att_ope_options options = att_ope_options_default();
    options.effective_min = 2;
    CHECK_OK(att_ope_evaluate(log, &options, NULL, &report, NULL));
    CHECK_EQ(report->slate_count, 6);
    CHECK_NEAR(report->slates[0].value, independent, 1e-12);
    CHECK_NEAR(report->slates[2].value, cascade, 1e-12);
    CHECK_NEAR(report->slates[4].value, whole, 1e-12);
    CHECK(report->slates[1].normalized && report->slates[1].interval.low < report->slates[1].value);
    CHECK_EQ(report->part_count, 3);
    CHECK_EQ(report->parts[2].support.rows, 40);
    att_ope_report_destroy(report);
    att_ope_log_destroy(log);
}

// A pool that names 90 % of the target's mass: the bound widens by what the rest may hide, and by nothing else.
CHECK_TEST(a_gap_widens_the_anytime_bounds_and_clipping_too)
{
    CHECK_BEGIN();
    const double full[] = {0.5, 0.5}, most[] = {0.5, 0.4}, logged[] = {0.5, 0.5};
    att_interval seen[2], clipped;
    for (int gap = 0; gap < 2; gap++) {
        att_ope_log *log = log_of(2, 0, 1);
        const uint32_t menu = menu_of(log, gap ? most : full, logged, 2);
        for (uint64_t i = 0; i < 4000; i++)
            add(log, menu, (uint32_t)(i % 2), i % 8 < 4, i, 0);
        att_ope_options options = att_ope_options_default();
        att_ope_pick picks[2];
        CHECK(att_ope_pick_parse(att_text_of("dr"), &picks[0]) && att_ope_pick_parse(att_text_of("clipped-ips@0.5"), &picks[1]));
        options.picks = picks;
        options.pick_count = 2;
        options.gap_max = 0.5;
        att_ope_report *report;
        CHECK_OK(att_ope_evaluate(log, &options, NULL, &report, NULL));
        seen[gap] = report->parts[0].values[0].anytime;
        clipped = report->parts[0].values[1].anytime;
        CHECK_NEAR(report->parts[0].support.gap, gap * 0.1, 1e-12);
        att_ope_report_destroy(report);
        att_ope_log_destroy(log);
    }
    CHECK(seen[0].low > 0.4 && seen[0].high < 0.6 && seen[0].low < 0.5 && seen[0].high > 0.5);
    CHECK(seen[1].high - seen[1].low > seen[0].high - seen[0].low + 0.09);
    CHECK(clipped.low < 0.3 && clipped.high > 0.7); // half of the mass is clipped away
}

// Each log can be scored by a model of the host's own.
static att_status know_fit(void **state, const att_ope_log *log, const att_host *host, att_error *err)
{
    (void)log, (void)host, (void)err;
    *state = NULL;
    return ATT_OK;
}

static void know(void *state, const att_ope_log *log, size_t row, bool before, double *predicted)
{
    size_t count;
    (void)state, (void)before;
    const att_ope_choice *choices = att_ope_log_choices(log, att_ope_log_row(log, row).menu, &count, NULL);
    for (size_t i = 0; i < count; i++)
        predicted[i] = choices[i].action == 0 ? 0.7 : 0.1;
}

CHECK_TEST(a_host_brings_its_own_model)
{
    CHECK_BEGIN();
    const att_ope_model model = {"known", "the truth", "this test", know_fit, know, NULL};
    const double target[] = {1, 0}, logged[] = {0.5, 0.5};
    att_ope_log *log = log_of(2, 0, 1);
    const uint32_t menu = menu_of(log, target, logged, 2);
    for (uint64_t i = 0; i < 200; i++)
        add(log, menu, (uint32_t)(i % 2), i % 20 < 14, i, 0);
    att_ope_options options = att_ope_options_default();
    options.model = &model;
    att_ope_report *report;
    CHECK_OK(att_ope_evaluate(log, &options, NULL, &report, NULL));
    CHECK_NEAR(value_at(report, "dm")->value, 0.7, 1e-12);
    CHECK_STR(report->model, "known");
    att_ope_report_destroy(report);
    att_ope_log_destroy(log);
}

// r = 0.2 + 0.5 x(choice) - 0.3 y(moment), no noise: the ridge finds it, up to its penalty.
CHECK_TEST(ridge_learns_what_is_linear_and_looks_only_back)
{
    CHECK_BEGIN();
    att_ope_log *log;
    att_ope_log_options o = att_ope_log_options_default();
    o.actions = 1000; // too many for a column each
    o.choice_features = o.row_features = 1;
    CHECK_OK(att_ope_log_create(&log, &o, NULL, NULL));
    att_rng rng = att_rng_seed(9);
    for (uint64_t i = 0; i < 4000; i++) {
        const float x[2] = {(float)att_rng_unit(&rng), (float)att_rng_unit(&rng)}, y = (float)att_rng_unit(&rng);
        const att_ope_choice choices[] = {{(uint32_t)att_rng_below(&rng, 1000), 0.5, 0.5}, {(uint32_t)att_rng_below(&rng, 1000), 0.5, 0.5}};
        uint32_t menu;
        CHECK_OK(att_ope_log_menu(log, choices, 2, x, &menu, NULL));
        const uint32_t chosen = (uint32_t)att_rng_below(&rng, 2);
        const double reward = 0.4 + 0.5 * (double)x[chosen] - 0.3 * (double)y;
        const att_ope_row row = {.menu = menu, .chosen = chosen, .propensity = 0.5, .reward = reward, .slate = i, .person = i, .features = &y};
        CHECK_OK(att_ope_log_add(log, &row, NULL));
    }
    const att_ope_model *ridge = att_ope_model_find(ATT_LIT("ridge"));
    const att_host host = att_host_default();
    void *state;
    CHECK_OK(ridge->fit(&state, log, &host, NULL));
    double crossed[2], before[2], first[2];
    ridge->predict(state, log, 0, true, first);
    CHECK_NEAR(first[0], first[1], 0); // it has seen nothing
    for (size_t i = 1; i < 4000; i++) {
        ridge->predict(state, log, i, true, before);
        if (i % 100 != 0 || i < 1000)
            continue;
        ridge->predict(state, log, i, false, crossed);
        const att_ope_row row = att_ope_log_row(log, i);
        CHECK_NEAR(crossed[row.chosen], row.reward, 0.02);
        CHECK_NEAR(before[row.chosen], row.reward, 0.03);
    }
    ridge->forget(state, &host);
    att_ope_log_destroy(log);
}

CHECK_TEST(memory_may_run_out_anywhere)
{
    CHECK_BEGIN();
    att_ope_log *log = log_of(2, 0, 1);
    const double half[] = {0.5, 0.5};
    const uint32_t menu = menu_of(log, half, half, 2);
    for (uint64_t i = 0; i < 100; i++)
        add(log, menu, (uint32_t)(i % 2), i % 3 == 0, i / 2, (uint32_t)(i % 2));
    for (int model = 0; model < 2; model++) {
        att_status status = ATT_NO_MEMORY;
        uint64_t fail_at = 1;
        for (; status == ATT_NO_MEMORY && fail_at < 100; fail_at++) {
            check_heap heap = {.fail_at = fail_at};
            const att_host host = check_host(&heap);
            att_ope_options options = att_ope_options_default();
            options.model = model ? att_ope_model_find(ATT_LIT("ridge")) : NULL;
            att_ope_report *report;
            status = att_ope_evaluate(log, &options, &host, &report, NULL);
            att_ope_report_destroy(report);
            CHECK_EQ(heap.bytes_live, 0);
        }
        CHECK_EQ(status, ATT_OK);
        CHECK(fail_at > 8);
    }
    att_ope_log_destroy(log);
}

CHECK_MAIN(CHECK_CASE(four_rows_by_hand), CHECK_CASE(ips_and_dr_with_a_fixed_model_are_unbiased),
    CHECK_CASE(a_log_that_cannot_answer_says_so_with_numbers), CHECK_CASE(wrong_numbers_do_not_enter),
    CHECK_CASE(slates_multiply_weights_as_they_say), CHECK_CASE(a_gap_widens_the_anytime_bounds_and_clipping_too),
    CHECK_CASE(a_host_brings_its_own_model), CHECK_CASE(ridge_learns_what_is_linear_and_looks_only_back),
    CHECK_CASE(memory_may_run_out_anywhere))
