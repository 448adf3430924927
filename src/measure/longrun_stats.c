// SPDX-License-Identifier: Apache-2.0
// measure/longrun_stats.c - the numbers behind the intervals: Student's t, Wilson, jackknife, Kaplan-Meier.
//
//   Student    P(T <= t) = 1 - I_x(df/2, 1/2) / 2 for t >= 0, x = df / (df + t^2); I by Lentz's continued fraction
//              (DLMF 8.17.22)
//   Wilson     (p + z^2/2n ± z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)                          Wilson 1927
//   jackknife  var = (G-1)/G sum_g (theta_(g) - mean theta_(.))^2, G - 1 degrees of freedom       Tukey 1958, Kott 2001
//   S(t)       prod over d <= t of (1 - churned_d / at_risk_d)                                    Kaplan and Meier 1958
//   its error  S^2 sum churned_d / (at_risk_d (at_risk_d - churned_d))                            Greenwood 1926
//              taken on log(-log S), so that the interval stays inside 0 … 1       Kalbfleisch and Prentice 1980
#include "measure/longrun.h"

#include <math.h>

// --- Distributions -----------------------------------------------------------------------------

static double away_from_zero(double x)
{
    return fabs(x) < 1e-300 ? 1e-300 : x;
}

static double beta_fraction(double a, double b, double x)
{
    double c = 1, d = 1 / away_from_zero(1 - (a + b) * x / (a + 1)), value = d;
    for (int m = 1; m <= 300; m++) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / away_from_zero(1 + even * d);
        c = away_from_zero(1 + even / c);
        value *= d * c;
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / away_from_zero(1 + odd * d);
        c = away_from_zero(1 + odd / c);
        value *= d * c;
        if (fabs(d * c - 1) < 1e-15)
            break;
    }
    return value;
}

// The regularized incomplete beta function.
static double beta_share(double a, double b, double x)
{
    if (!(x > 0))
        return 0;
    if (x >= 1)
        return 1;
    const double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    return x < (a + 1) / (a + b + 2) ? front * beta_fraction(a, b, x) / a
                                     : 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double att_student_cdf(double t, double df)
{
    if (isnan(t) || !(df > 0))
        return (double)NAN;
    const double tail = 0.5 * beta_share(df / 2, 0.5, df / (df + t * t));
    return t > 0 ? 1 - tail : tail;
}

double att_student_quantile(double probability, double df)
{
    double low = -1e6, high = 1e6;
    for (int i = 0; i < 200 && high - low > 1e-12 * fmax(1, fabs(low)); i++) {
        const double middle = 0.5 * (low + high);
        if (att_student_cdf(middle, df) < probability)
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}

double att_normal_quantile(double probability)
{
    double low = -40, high = 40;
    for (int i = 0; i < 100; i++) {
        const double middle = 0.5 * (low + high);
        if (0.5 * erfc(-middle / sqrt(2)) < probability)
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}

// --- Intervals ---------------------------------------------------------------------------------

att_interval att_wilson(double hits, double trials, double confidence)
{
    const double none = (double)NAN;
    if (!(trials > 0))
        return (att_interval){none, none, none};
    const double z = att_normal_quantile(0.5 + confidence / 2), p = hits / trials, z2 = z * z / trials;
    const double centre = (p + z2 / 2) / (1 + z2);
    const double half = z * sqrt(p * (1 - p) / trials + z2 / (4 * trials)) / (1 + z2);
    return (att_interval){p, fmax(0, centre - half), fmin(1, centre + half)};
}

longrun_jackknife att_jackknife(double whole, const double without[LONGRUN_GROUPS])
{
    double sum = 0, squares = 0, count = 0;
    for (size_t g = 0; g < LONGRUN_GROUPS; g++)
        if (!isnan(without[g])) {
            sum += without[g];
            count++;
        }
    for (size_t g = 0; g < LONGRUN_GROUPS; g++)
        if (!isnan(without[g]))
            squares += (without[g] - sum / count) * (without[g] - sum / count);
    const bool enough = count >= 2;
    return (longrun_jackknife){whole, enough ? sqrt(squares * (count - 1) / count) : (double)NAN, count - 1};
}

att_interval att_jackknife_interval(longrun_jackknife j, double confidence)
{
    if (isnan(j.error))
        return (att_interval){j.whole, (double)NAN, (double)NAN};
    const double half = att_student_quantile(0.5 + confidence / 2, j.df) * j.error;
    return (att_interval){j.whole, j.whole - half, j.whole + half};
}

// --- Survival ----------------------------------------------------------------------------------

static att_interval alive_interval(double alive, double greenwood, double confidence)
{
    if (!(alive > 0 && alive < 1))
        return (att_interval){alive, alive, alive}; // nobody churned, or everybody: the formula says nothing
    const double theta = att_normal_quantile(0.5 + confidence / 2) * sqrt(greenwood) / log(alive);
    return (att_interval){alive, pow(alive, exp(-theta)), pow(alive, exp(theta))};
}

void att_kaplan_meier(const uint64_t *churned, const uint64_t *censored, size_t days, double confidence,
    att_survival_step *steps, size_t *count)
{
    uint64_t at_risk = 0;
    double alive = 1, greenwood = 0;
    *count = 0;
    for (size_t d = 0; d < days; d++)
        at_risk += churned[d] + censored[d];
    uint64_t gone = 0; // censored since the last step
    for (size_t d = 0; d < days; d++) {
        const double n = (double)at_risk, c = (double)churned[d];
        gone += censored[d];
        if (churned[d] || d == 0) {
            alive *= n > 0 ? 1 - c / n : 1;
            greenwood += n > c ? c / (n * (n - c)) : 0;
            steps[(*count)++] = (att_survival_step){.day = (uint32_t)d,
                .at_risk = at_risk,
                .churned = churned[d],
                .censored = gone,
                .alive = alive_interval(alive, greenwood, confidence)};
            gone = 0;
        }
        at_risk -= churned[d] + censored[d];
    }
}
