// SPDX-License-Identifier: Apache-2.0
// measure/longrun_stats.c - the numbers behind the intervals: Wilson, jackknife, Kaplan-Meier.
//
//   Wilson     (p + z^2/2n ± z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)                          Wilson 1927
//   jackknife  var = (G-1)/G sum_g (theta_(g) - mean theta_(.))^2, G - 1 degrees of freedom       Tukey 1958, Kott 2001
//   S(t)       prod over d <= t of (1 - churned_d / at_risk_d)                                    Kaplan and Meier 1958
//   its error  S^2 sum churned_d / (at_risk_d (at_risk_d - churned_d))                            Greenwood 1926
//              taken on log(-log S), so that the interval stays inside 0 … 1       Kalbfleisch and Prentice 1980
#include "measure/chance.h"
#include "measure/longrun.h"

#include <math.h>

// --- Distributions -----------------------------------------------------------------------------

double att_student_cdf(double t, double df)
{
    if (isnan(t) || !(df > 0))
        return (double)NAN;
    const double tail = att_student_two_sided(t, df) / 2;
    return t > 0 ? 1 - tail : tail;
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
    const double z = att_normal_quantile(0.5 + confidence / 2), p = hits / trials,
                 z2 = z * z / trials;
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
    return (longrun_jackknife){
        whole, enough ? sqrt(squares * (count - 1) / count) : (double)NAN, count - 1};
}

att_interval att_jackknife_interval(longrun_jackknife j, double confidence)
{
    if (isnan(j.error))
        return (att_interval){j.whole, (double)NAN, (double)NAN};
    const double half = att_student_quantile_two_sided(1 - confidence, j.df) * j.error;
    return (att_interval){j.whole, j.whole - half, j.whole + half};
}

// --- Survival ----------------------------------------------------------------------------------

static att_interval alive_interval(double alive, double greenwood, double confidence)
{
    if (!(alive > 0 && alive < 1))
        return (att_interval){
            alive, alive, alive}; // nobody churned, or everybody: the formula says nothing
    const double theta = att_normal_quantile(0.5 + confidence / 2) * sqrt(greenwood) / log(alive);
    return (att_interval){alive, pow(alive, exp(-theta)), pow(alive, exp(theta))};
}

void att_kaplan_meier(const uint64_t *churned, const uint64_t *censored, size_t days,
    double confidence, att_survival_step *steps, size_t *count)
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
