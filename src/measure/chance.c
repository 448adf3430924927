// SPDX-License-Identifier: Apache-2.0
// measure/chance.c - incomplete gamma and beta functions by series and continued fractions.
//
// P(a, x) = x^a e^-x / Gamma(a + 1) * sum of x^n / ((a+1) … (a+n))      for x < a + 1
// Q(a, x) = x^a e^-x / Gamma(a) * 1/(x+1-a- 1(1-a)/(x+3-a- …))          else; both: DLMF 8.11.4, 8.9.2
// I_x(a, b) by the continued fraction of DLMF 8.17.22. Fractions are evaluated by Lentz's method (1976).
#include "measure/chance.h"

#include <float.h>
#include <math.h>

#define TERMS_MAX 100000 // the fractions need about sqrt(a) terms
#define TINY 1e-300

static double gamma_head(double a, double x)
{
    return exp(a * log(x) - x - lgamma(a));
}

static double gamma_series(double a, double x)
{
    double term = 1 / a, sum = term;
    for (int n = 1; n < TERMS_MAX && fabs(term) > fabs(sum) * DBL_EPSILON; n++) {
        term *= x / (a + n);
        sum += term;
    }
    return sum * gamma_head(a, x);
}

static double not_zero(double value)
{
    return fabs(value) < TINY ? TINY : value;
}

static double gamma_fraction(double a, double x)
{
    double b = x + 1 - a, c = 1 / TINY, d = 1 / not_zero(b), h = d;
    for (int i = 1; i < TERMS_MAX; i++) {
        const double step = -i * (i - a);
        b += 2;
        d = 1 / not_zero(step * d + b);
        c = not_zero(b + step / c);
        const double change = d * c;
        h *= change;
        if (fabs(change - 1) <= 4 * DBL_EPSILON)
            break;
    }
    return h * gamma_head(a, x);
}

double att_gamma_upper(double a, double x)
{
    if (!(x > 0))
        return 1;
    return x < a + 1 ? 1 - gamma_series(a, x) : gamma_fraction(a, x);
}

static double beta_fraction(double a, double b, double x)
{
    double c = 1, d = 1 / not_zero(1 - (a + b) * x / (a + 1)), h = d;
    for (int m = 1; m < TERMS_MAX; m++) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / not_zero(1 + even * d);
        c = not_zero(1 + even / c);
        h *= d * c;
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / not_zero(1 + odd * d);
        c = not_zero(1 + odd / c);
        const double change = d * c;
        h *= change;
        if (fabs(change - 1) <= 4 * DBL_EPSILON)
            break;
    }
    return h;
}

double att_beta_lower(double a, double b, double x)
{
    if (!(x > 0))
        return 0;
    if (x >= 1)
        return 1;
    const double head = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    return x < (a + 1) / (a + b + 2) ? head * beta_fraction(a, b, x) / a : 1 - head * beta_fraction(b, a, 1 - x) / b;
}

double att_chi_square_tail(double x, double df)
{
    return att_gamma_upper(df / 2, x / 2);
}

double att_student_two_sided(double x, double df)
{
    return att_beta_lower(df / 2, 0.5, df / (df + x * x));
}

double att_normal_two_sided(double x)
{
    return erfc(fabs(x) / sqrt(2));
}

double att_student_quantile_two_sided(double p, double df)
{
    double low = 0, high = 1;
    while (att_student_two_sided(high, df) > p && high < 1e12)
        high *= 2;
    for (int i = 0; i < 200 && high - low > 1e-13 * high; i++) {
        const double middle = (low + high) / 2;
        if (att_student_two_sided(middle, df) > p)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}
