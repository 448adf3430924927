// SPDX-License-Identifier: Apache-2.0
// A file in Vowpal Wabbit's text is run progressively; estimates on logged files are those of the formulas; simulated people
// are better served by any bandit than by chance.
#include "check.h"

#include "attune/choose.h"
#include "attune/simulate.h"
#include "base/rng.h"

#include <math.h>

static att_error err;

static att_bandit_run_report run(const char *text, const char *algorithm, double floor)
{
    att_bandit_run_report report;
    const att_bandit_run_options options = {.algorithm = algorithm, .floor = floor, .seed = 3};
    check_write_file(check_path("run.vw"), text, strlen(text));
    CHECK_OK_ERR(att_bandit_run(check_path("run.vw"), &options, NULL, &report, &err), &err);
    return report;
}

CHECK_TEST(a_multiclass_file_is_learned_as_a_bandit)
{
    CHECK_BEGIN();
    att_rng rng = att_rng_seed(1);
    char *text = malloc(1 << 20);
    size_t size = 0;
    for (int i = 0; i < 1500; i++) {
        const double x = att_rng_normal(&rng), y = att_rng_normal(&rng);
        const int label = x > 0 ? 1 : y > 0 ? 2 : 3;
        size += (size_t)snprintf(text + size, 200, "%d |n x:%.4f y:%.4f\n", label, x, y);
    }
    const att_bandit_run_report report = run(text, NULL, 0);
    CHECK_STR(report.form, "multiclass");
    CHECK_STR(report.algorithm, "regcb");
    CHECK_EQ(report.rounds, 1500);
    CHECK_EQ(report.options, 3);
    CHECK_NOTE("progressive loss %.3f; uniform choice has 0.667", report.loss);
    CHECK(report.loss < 0.25);
    CHECK(isnan(report.loss_ips));
    free(text);
}

// Uniform policy (floor 1) on three logged lines: IPS = mean(0.5 / p * c), by hand.
CHECK_TEST(inverse_propensities_are_counted_by_hand)
{
    CHECK_BEGIN();
    const att_bandit_run_report report = run("1:1:0.5 2 | a\n2:0:0.25 | a\n1:2:1 | b\n", "epsilon", 1);
    CHECK_STR(report.form, "cb");
    CHECK_NEAR(report.loss_ips, (0.5 / 0.5 * 1 + 0.5 / 0.25 * 0 + 0.5 / 1 * 2) / 3, 1e-6);
    CHECK_NEAR(report.loss_logged, 1, 1e-9);
}

CHECK_TEST(costs_of_every_option_are_needed_and_a_bad_line_is_named)
{
    CHECK_BEGIN();
    att_bandit_run_report report;
    const att_bandit_run_options options = {0};
    check_write_file(check_path("bad.vw"), "1:0 3:1 | a\n", 12);
    att_status status = ATT_OK;
    for (int seed = 1; seed < 20 && !status; seed++) { // until option 2, which has no cost, is drawn
        const att_bandit_run_options seeded = {.seed = (uint64_t)seed, .floor = 1};
        status = att_bandit_run(check_path("bad.vw"), &seeded, NULL, &report, &err);
    }
    CHECK_EQ(status, ATT_INVALID);
    CHECK_HOLDS(err.text, "bad.vw:1: label: option 2 has no cost");
    CHECK_FAILS(att_bandit_run(check_path("none.vw"), &options, NULL, &report, &err), ATT_NOT_FOUND);
}

CHECK_TEST(simulated_people_are_served_better_than_by_chance_and_the_same_by_the_same_seed)
{
    CHECK_BEGIN();
    att_world *world = NULL;
    att_world_options options = att_world_options_default();
    options.people = 200;
    options.items = 60;
    options.events = 3000;
    CHECK_OK_ERR(att_world_create(&world, &options, NULL, &err), &err);
    att_world_choices_options choices = att_world_choices_options_default();
    choices.rounds = 3000;
    choices.runs = 2;
    att_world_curve curves[ATT_WORLD_CURVES_MAX], again[ATT_WORLD_CURVES_MAX];
    size_t count;
    CHECK_OK_ERR(att_world_choices(world, &choices, curves, &count, &err), &err);
    CHECK_EQ(count, 9);
    CHECK_STR(curves[8].name, "uniform");
    for (size_t a = 0; a < 7; a++) {
        CHECK_NOTE("%s: regret %.0f, uniform %.0f", curves[a].name, curves[a].regret[ATT_WORLD_CHOICES_POINTS - 1],
            curves[8].regret[ATT_WORLD_CHOICES_POINTS - 1]);
        CHECK(curves[a].regret[ATT_WORLD_CHOICES_POINTS - 1] < 0.85 * curves[8].regret[ATT_WORLD_CHOICES_POINTS - 1]);
    }
    choices.runs = 1;
    CHECK_OK_ERR(att_world_choices(world, &choices, curves, &count, &err), &err);
    CHECK_OK_ERR(att_world_choices(world, &choices, again, &count, &err), &err);
    CHECK(memcmp(curves, again, count * sizeof *curves) == 0);
    choices.options = 1;
    CHECK_FAILS(att_world_choices(world, &choices, curves, &count, &err), ATT_INVALID);
    att_world_destroy(world);
}

CHECK_MAIN(CHECK_CASE(a_multiclass_file_is_learned_as_a_bandit), CHECK_CASE(inverse_propensities_are_counted_by_hand),
    CHECK_CASE(costs_of_every_option_are_needed_and_a_bad_line_is_named),
    CHECK_CASE(simulated_people_are_served_better_than_by_chance_and_the_same_by_the_same_seed))
