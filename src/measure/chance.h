// SPDX-License-Identifier: Apache-2.0
// measure/chance.h - tails of the distributions that tests need: twelve digits, nine with a million
// degrees of freedom.
#ifndef ATT_MEASURE_CHANCE_H
#define ATT_MEASURE_CHANCE_H

// Regularized upper incomplete gamma function Q(a, x), a > 0, x >= 0.
double att_gamma_upper(double a, double x);
// Regularized incomplete beta function I_x(a, b), a and b > 0, 0 <= x <= 1.
double att_beta_lower(double a, double b, double x);

// P(chi-square of `df` degrees >= x).
double att_chi_square_tail(double x, double df);
// P(|t| >= |x|), Student's t of `df` degrees.
double att_student_two_sided(double x, double df);
// P(|z| >= |x|), standard normal.
double att_normal_two_sided(double x);
// x with P(|t| >= x) = p, 0 < p < 1.
double att_student_quantile_two_sided(double p, double df);

#endif
