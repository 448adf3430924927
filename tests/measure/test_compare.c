// SPDX-License-Identifier: Apache-2.0
// Two arms, one metric: held against R 4.2's distributions and tests, against plain sums, and against chance itself.
#include "check.h"

#include "base/rng.h"
#include "measure/chance.h"
#include "measure/compare.h"

#include <math.h>

static void near_ratio(double got, double expected)
{
    CHECK_NEAR(got / expected, 1, 1e-12);
}

CHECK_TEST(tails_are_those_of_r)
{
    CHECK_BEGIN();
    near_ratio(att_chi_square_tail(0.5, 1), 4.7950012218695348e-01);
    near_ratio(att_chi_square_tail(10.827566170662733, 1), 1.0000000000000011e-03);
    near_ratio(att_chi_square_tail(40, 3), 1.0655090334255863e-08);
    near_ratio(att_chi_square_tail(250, 200), 9.3791316688260976e-03);
    near_ratio(att_gamma_upper(0.5, 0.1), 0.654720846018576941);
    near_ratio(att_gamma_upper(3, 3), 0.423190081126843476);
    near_ratio(att_gamma_upper(180, 200), 0.071672126222529178);
    near_ratio(att_beta_lower(2, 5, 0.3), 0.57982500000000015);
    near_ratio(att_beta_lower(0.5, 3, 0.99), 0.99999968632104452);
    near_ratio(att_beta_lower(50, 60, 0.5), 0.83090729390166929);
    near_ratio(att_student_two_sided(1, 1), 0.5);
    near_ratio(att_student_two_sided(2.5, 7.3), 3.9650234665600456e-02);
    near_ratio(att_student_two_sided(40, 12), 3.8512295807720369e-14);
    near_ratio(att_student_quantile_two_sided(0.05, 5), 2.5705818356363137);
    CHECK_NEAR(att_student_quantile_two_sided(0.05, 1e6), 1.9599663568141066, 1e-9);
    CHECK_NEAR(att_chi_square_tail(0, 3), 1, 0);
}

static att_arm_sums sums_of(const double *top, const double *bottom, const double *before, size_t count)
{
    att_arm_sums sums = {0};
    for (size_t i = 0; i < count; i++)
        att_arm_sums_add(&sums, top[i], bottom ? bottom[i] : 1, before ? before[i] : 0);
    return sums;
}

CHECK_TEST(a_mean_is_compared_as_by_rs_t_test)
{
    CHECK_BEGIN();
    const att_arm_sums x = sums_of((double[]){3, 5, 4, 7, 9, 2, 6}, NULL, NULL, 7);
    const att_arm_sums y = sums_of((double[]){8, 6, 9, 12, 7, 10}, NULL, NULL, 6);
    const att_comparison c = att_compare(&x, &y);
    const att_verdict v = att_fixed_verdict(&c.plain, 0.05);
    CHECK(c.known);
    CHECK_NEAR(c.treatment, 8.6666666666666661, 1e-12);
    CHECK_NEAR(c.plain.difference / c.plain.error, 2.77912833489811, 1e-12);
    CHECK_NEAR(c.plain.df, 10.962211977547, 1e-10);
    CHECK_NEAR(v.p, 0.017984444250648, 1e-13);
    CHECK_NEAR(v.low, 0.73188534595403654, 1e-10);
    CHECK_NEAR(v.high, 6.31573370166500858, 1e-10);
    CHECK_NEAR(c.variance_cut, 0, 0); // nothing was known before
}

CHECK_TEST(an_empty_or_constant_arm_says_nothing)
{
    CHECK_BEGIN();
    const att_arm_sums none = {0}, same = sums_of((double[]){2, 2, 2}, NULL, NULL, 3);
    const att_arm_sums without = sums_of((double[]){0, 0, 0}, (double[]){0, 0, 0}, NULL, 3);
    CHECK(!att_compare(&none, &same).known);
    CHECK(!att_compare(&same, &same).known);
    CHECK(!att_compare(&same, &without).known);
    const att_comparison c = att_compare(&same, &same);
    CHECK_NEAR(att_anytime_verdict(&c.plain, c.information.plain, 1, 0.05).p, 1, 0);
    CHECK(isinf(att_anytime_verdict(&c.plain, c.information.plain, 1, 0.05).low));
}

// The plain twin: residuals person by person, theta by least squares within arms.
static void twin(const double *top, const double *bottom, const double *before, const int *arm, size_t count, double *difference,
    double *error)
{
    double n[2] = {0}, t[2] = {0}, b[2] = {0}, x[2] = {0}, all = 0;
    for (size_t i = 0; i < count; i++) {
        n[arm[i]]++;
        t[arm[i]] += top[i];
        b[arm[i]] += bottom[i];
        x[arm[i]] += before[i];
        all += before[i];
    }
    double xy = 0, xx = 0;
    for (size_t i = 0; i < count; i++) {
        const int a = arm[i];
        const double u = (top[i] - t[a] / b[a] * bottom[i]) / (b[a] / n[a]), w = before[i] - x[a] / n[a];
        xy += u * w;
        xx += w * w;
    }
    const double theta = xy / xx;
    double square[2] = {0};
    for (size_t i = 0; i < count; i++) {
        const int a = arm[i];
        const double u = (top[i] - t[a] / b[a] * bottom[i]) / (b[a] / n[a]) - theta * (before[i] - x[a] / n[a]);
        square[a] += u * u;
    }
    double ratio[2];
    for (int a = 0; a < 2; a++)
        ratio[a] = t[a] / b[a] - theta * (x[a] / n[a] - all / (double)count);
    *difference = ratio[1] - ratio[0];
    *error = sqrt(square[0] / (n[0] - 1) / n[0] + square[1] / (n[1] - 1) / n[1]);
}

CHECK_TEST(sums_give_what_residuals_give)
{
    CHECK_BEGIN();
    enum { PEOPLE = 500 };
    double top[PEOPLE], bottom[PEOPLE], before[PEOPLE];
    int arm[PEOPLE];
    att_arm_sums sums[2] = {{0}};
    att_rng rng = att_rng_seed(5);
    for (int i = 0; i < PEOPLE; i++) {
        const double keenness = exp(att_rng_normal(&rng));
        arm[i] = att_rng_unit(&rng) < 0.3;
        bottom[i] = 1 + (double)att_rng_poisson(&rng, 5 * keenness);
        top[i] = bottom[i] * 0.3 * keenness + att_rng_normal(&rng);
        before[i] = keenness + 0.3 * att_rng_normal(&rng);
        att_arm_sums_add(&sums[arm[i]], top[i], bottom[i], before[i]);
    }
    double difference, error;
    twin(top, bottom, before, arm, PEOPLE, &difference, &error);
    const att_comparison c = att_compare(&sums[0], &sums[1]);
    CHECK_NEAR(c.adjusted.difference, difference, 1e-10);
    CHECK_NEAR(c.adjusted.error, error, 1e-10);
    CHECK(c.variance_cut > 0.2);
}

// A thousand pairs of arms without a difference: the ratio's error is the true one, and CUPED's is smaller and true too.
CHECK_TEST(errors_are_as_large_as_they_say)
{
    CHECK_BEGIN();
    enum { PAIRS = 1000, PEOPLE = 300 };
    double plain = 0, adjusted = 0, plain_error = 0, adjusted_error = 0;
    att_rng rng = att_rng_seed(9);
    for (int pair = 0; pair < PAIRS; pair++) {
        att_arm_sums sums[2] = {{0}};
        for (int i = 0; i < PEOPLE; i++) {
            const double taste = att_rng_unit(&rng);
            const double bottom = 1 + (double)att_rng_poisson(&rng, 6 * att_rng_exponential(&rng));
            const double top = (double)att_rng_poisson(&rng, bottom * taste);
            att_arm_sums_add(&sums[att_rng_below(&rng, 2)], top, bottom, taste + 0.1 * att_rng_normal(&rng));
        }
        const att_comparison c = att_compare(&sums[0], &sums[1]);
        plain += c.plain.difference * c.plain.difference / PAIRS;
        adjusted += c.adjusted.difference * c.adjusted.difference / PAIRS;
        plain_error += c.plain.error * c.plain.error / PAIRS;
        adjusted_error += c.adjusted.error * c.adjusted.error / PAIRS;
    }
    CHECK_NEAR(plain / plain_error, 1, 0.15);
    CHECK_NEAR(adjusted / adjusted_error, 1, 0.15);
    CHECK(adjusted < 0.75 * plain);
}

CHECK_TEST(an_anytime_interval_holds_zero_as_long_as_its_p_is_above_alpha)
{
    CHECK_BEGIN();
    for (double z = 0; z < 6; z += 0.01)
        for (double information = 1; information < 1e5; information *= 7) {
            const att_estimate e = {.difference = z * 0.3, .error = 0.3, .df = 100};
            const att_verdict v = att_anytime_verdict(&e, information, 1, 0.05);
            CHECK((v.low > 0) == (v.p < 0.05));
            CHECK(v.p > att_normal_two_sided(z) || z < 1.5); // it never claims more than a single test does
        }
}

// Random walks of 2,000 steps from zero, looked at after every step: by hand, P(ever outside) <= alpha.
CHECK_TEST(a_walk_without_drift_is_rarely_called_however_often_it_is_read)
{
    CHECK_BEGIN();
    enum { WALKS = 2000, STEPS = 2000 };
    int called = 0, peeked = 0;
    att_rng rng = att_rng_seed(3);
    for (int w = 0; w < WALKS; w++) {
        double sum = 0;
        bool out = false, peek = false;
        for (int n = 1; n <= STEPS; n++) {
            sum += att_rng_normal(&rng);
            const att_estimate e = {.difference = sum / n, .error = 1 / sqrt(n), .df = 1e9};
            out |= att_anytime_verdict(&e, n, 10, 0.05).p <= 0.05;
            peek |= fabs(sum) / sqrt(n) > 1.96;
        }
        called += out;
        peeked += peek;
    }
    CHECK_NOTE("called %.2f %% of walks; 1.96 at every step calls %.1f %%", 100.0 * called / WALKS, 100.0 * peeked / WALKS);
    CHECK(called <= 0.05 * WALKS);
    CHECK(called > 0.005 * WALKS); // it is not merely silent
    CHECK(peeked > 0.3 * WALKS);
}

CHECK_TEST(holm_is_rs)
{
    CHECK_BEGIN();
    double adjusted[4];
    att_holm((double[]){0.01, 0.04, 0.03, 0.005}, 4, adjusted);
    CHECK_NEAR(adjusted[0], 0.03, 1e-15);
    CHECK_NEAR(adjusted[1], 0.06, 1e-15);
    CHECK_NEAR(adjusted[2], 0.06, 1e-15);
    CHECK_NEAR(adjusted[3], 0.02, 1e-15);
    att_holm((double[]){0.6, 0.9}, 2, adjusted);
    CHECK_NEAR(adjusted[0], 1, 0);
}

CHECK_TEST(the_sample_ratio_check_is_pearsons)
{
    CHECK_BEGIN();
    att_sample_ratio r = att_sample_ratio_check((double[]){5200, 4800}, (double[]){0.5, 0.5}, 2);
    near_ratio(r.p, 6.3342483666239808e-05);
    CHECK(r.p < ATT_SAMPLE_RATIO_ALARM);
    r = att_sample_ratio_check((double[]){4800, 3000, 2200}, (double[]){5, 3, 2}, 3);
    CHECK_NEAR(r.chi_square, 28, 1e-12);
    near_ratio(r.p, 8.3152871910357e-07);
    CHECK(r.p_anytime < 0.001 && r.p_anytime > r.p);
    r = att_sample_ratio_check((double[]){5000, 5000}, (double[]){1, 1}, 2);
    CHECK_NEAR(r.p, 1, 0);
    CHECK_NEAR(r.p_anytime, 1, 0);
    r = att_sample_ratio_check((double[]){1, 0}, (double[]){1, 1}, 2); // too few to say
    CHECK_NEAR(r.p, 1, 0);
}

CHECK_MAIN(CHECK_CASE(tails_are_those_of_r), CHECK_CASE(a_mean_is_compared_as_by_rs_t_test),
    CHECK_CASE(an_empty_or_constant_arm_says_nothing), CHECK_CASE(sums_give_what_residuals_give),
    CHECK_CASE(errors_are_as_large_as_they_say),
    CHECK_CASE(an_anytime_interval_holds_zero_as_long_as_its_p_is_above_alpha),
    CHECK_CASE(a_walk_without_drift_is_rarely_called_however_often_it_is_read), CHECK_CASE(holm_is_rs),
    CHECK_CASE(the_sample_ratio_check_is_pearsons))
