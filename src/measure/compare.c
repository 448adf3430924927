// SPDX-License-Identifier: Apache-2.0
// measure/compare.c - delta method, CUPED, Welch, an anytime-valid mixture, Holm, and the sample-ratio check.
//
//   u_i = (top_i - R bottom_i) / mean bottom         R is about the mean of u: delta method (Deng, Knoblich, Lu 2018)
//   R' = R - theta (mean before in the arm - mean before in both), theta = cov(u, before) / var(before), both within arms:
//        CUPED (Deng, Xu, Kohavi, Walker 2013)
//   D = R'_treatment - R'_control, v = sum over arms of var(u - theta before) / n
//   anytime: E = exp(z^2 k / (2 (1 + k))) / sqrt(1 + k), z = D / sqrt(v), k = rho^2 V; p = 1 / E; |D| <= sqrt(v)
//        sqrt((1 + k) / k (2 ln(1 / alpha) + ln(1 + k))): the normal mixture of Robbins (1970), mSPRT of Johari et al. (2017),
//        asymptotic confidence sequence of Waudby-Smith et al. (2021), with V, the variance of the sum, as its clock
#include "measure/compare.h"

#include "measure/chance.h"

#include <math.h>
#include <stdlib.h>

#define PEOPLE_LEAST 50
#define WITH_TOP_LEAST 20

// --- One arm ----------------------------------------------------------------------------------------------------

typedef struct arm_moments {
    double people, ratio, mean_bottom, mean_before;
    double var_u, cov_u_before, var_before; // of one person
} arm_moments;

static bool moments_of(const att_arm_sums *s, arm_moments *m)
{
    if (!(s->people >= 2) || !(s->bottom > 0))
        return false;
    const double n = s->people, ratio = s->top / s->bottom;
    const double squares = s->top_top - 2 * ratio * s->top_bottom + ratio * ratio * s->bottom_bottom; // sum of u^2; mean 0
    const double products = s->top_before - ratio * s->bottom_before;
    *m = (arm_moments){.people = n, .ratio = ratio, .mean_bottom = s->bottom / n, .mean_before = s->before / n};
    m->var_u = ATT_MAX(0, squares) / (n - 1) / (m->mean_bottom * m->mean_bottom);
    m->cov_u_before = products / (n - 1) / m->mean_bottom;
    m->var_before = ATT_MAX(0, s->before_before - s->before * s->before / n) / (n - 1);
    return true;
}

static double adjusted_variance(const arm_moments *m, double theta)
{
    return ATT_MAX(0, m->var_u - 2 * theta * m->cov_u_before + theta * theta * m->var_before);
}

static att_estimate estimate_of(double difference, double var_c, double n_c, double var_t, double n_t)
{
    const double a = var_c / n_c, b = var_t / n_t, sum = a + b;
    return (att_estimate){.difference = difference,
        .error = sqrt(sum),
        .df = sum > 0 ? sum * sum / (a * a / (n_c - 1) + b * b / (n_t - 1)) : 1};
}

att_comparison att_compare(const att_arm_sums *control, const att_arm_sums *treatment)
{
    att_comparison out = {0};
    arm_moments c, t;
    if (!moments_of(control, &c) || !moments_of(treatment, &t))
        return out;
    out.control = c.ratio;
    out.treatment = t.ratio;
    const double spread = (c.people - 1) * c.var_before + (t.people - 1) * t.var_before;
    const double shared = (c.people - 1) * c.cov_u_before + (t.people - 1) * t.cov_u_before;
    const double scale = fabs(c.mean_before) + fabs(t.mean_before);
    out.theta = spread > 1e-12 * scale * scale * (c.people + t.people) && spread > 0 ? shared / spread : 0;
    const double mean_before = (control->before + treatment->before) / (c.people + t.people);
    const double cv_c = adjusted_variance(&c, out.theta), cv_t = adjusted_variance(&t, out.theta);
    out.plain = estimate_of(t.ratio - c.ratio, c.var_u, c.people, t.var_u, t.people);
    out.adjusted = estimate_of((t.ratio - out.theta * (t.mean_before - mean_before)) -
                                   (c.ratio - out.theta * (c.mean_before - mean_before)),
        cv_c, c.people, cv_t, t.people);
    const double square_c = c.people * c.mean_bottom * c.mean_bottom, square_t = t.people * t.mean_bottom * t.mean_bottom;
    out.information.plain = square_c * c.var_u + square_t * t.var_u;
    out.information.adjusted = square_c * cv_c + square_t * cv_t;
    out.known = out.plain.error > 0 && out.adjusted.error > 0;
    if (out.plain.error > 0)
        out.variance_cut = 1 - out.adjusted.error * out.adjusted.error / (out.plain.error * out.plain.error);
    return out;
}

bool att_compare_is_ready(const att_arm_sums *control, const att_arm_sums *treatment)
{
    return control->people >= PEOPLE_LEAST && treatment->people >= PEOPLE_LEAST &&
           control->with_top + treatment->with_top >= WITH_TOP_LEAST;
}

// --- Verdicts ---------------------------------------------------------------------------------------------------

att_verdict att_fixed_verdict(const att_estimate *e, double alpha)
{
    if (!(e->error > 0))
        return (att_verdict){-INFINITY, INFINITY, 1};
    const double width = att_student_quantile_two_sided(alpha, e->df) * e->error;
    return (att_verdict){e->difference - width, e->difference + width,
        att_student_two_sided(e->difference / e->error, e->df)};
}

// k = rho^2 V, with rho such that the interval is narrowest when V is ATT_INFORMATION_TARGET times the first one
// (Waudby-Smith et al. 2021, appendix B.2: rho^2 V = -2 ln alpha + ln(1 - 2 ln alpha) there).
static double clock_of(double information, double first, double alpha)
{
    const double best = -2 * log(alpha) + log(1 - 2 * log(alpha));
    return best * information / (first * ATT_INFORMATION_TARGET);
}

att_verdict att_anytime_verdict(const att_estimate *e, double information, double first, double alpha)
{
    if (!(e->error > 0) || !(first > 0) || !(information > 0))
        return (att_verdict){-INFINITY, INFINITY, 1};
    const double k = clock_of(information, first, alpha), z = e->difference / e->error;
    const double width = e->error * sqrt((1 + k) / k * (2 * log(1 / alpha) + log1p(k)));
    const double log_e = z * z * k / (2 * (1 + k)) - 0.5 * log1p(k);
    return (att_verdict){e->difference - width, e->difference + width, log_e > 0 ? exp(-log_e) : 1};
}

// --- Several at once --------------------------------------------------------------------------------------------

void att_holm(const double *p, size_t count, double *adjusted)
{
    size_t order[256];
    assert(count <= ATT_COUNT_OF(order));
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        for (; at > 0 && p[order[at - 1]] > p[i]; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    double least = 0;
    for (size_t i = 0; i < count; i++) {
        least = ATT_MAX(least, ATT_MIN(1, (double)(count - i) * p[order[i]]));
        adjusted[order[i]] = least;
    }
}

// --- Sample ratio -----------------------------------------------------------------------------------------------

// Log of the Bayes factor of "some other shares", Dirichlet about the intended ones with the weight of 1,000 people, over
// the intended shares: a martingale when the intended ones hold, so Ville's inequality makes 1 / its value a p.
static double log_bayes_factor(const double *counts, const double *weights, size_t arms, double sum, double total)
{
    const double concentration = 1000;
    double log_factor = lgamma(concentration) - lgamma(concentration + total);
    for (size_t a = 0; a < arms; a++) {
        const double share = weights[a] / sum, alpha = concentration * share;
        log_factor += lgamma(alpha + counts[a]) - lgamma(alpha) - counts[a] * log(share);
    }
    return log_factor;
}

att_sample_ratio att_sample_ratio_check(const double *counts, const double *weights, size_t arms)
{
    att_sample_ratio out = {.p = 1, .p_anytime = 1};
    double sum = 0, total = 0, least = INFINITY;
    for (size_t a = 0; a < arms; a++) {
        sum += weights[a];
        total += counts[a];
    }
    for (size_t a = 0; a < arms; a++)
        least = ATT_MIN(least, total * weights[a] / sum);
    if (arms < 2 || !(least >= 1))
        return out;
    for (size_t a = 0; a < arms; a++) {
        const double expected = total * weights[a] / sum, off = counts[a] - expected;
        out.chi_square += off * off / expected;
    }
    out.p = att_chi_square_tail(out.chi_square, (double)arms - 1);
    out.p_anytime = exp(-ATT_MAX(0, log_bayes_factor(counts, weights, arms, sum, total)));
    return out;
}
