// SPDX-License-Identifier: Apache-2.0
// measure/compare.h - two arms, one metric: the difference, how sure it is, and whether it may be looked at every day.
//
// A metric is a ratio of sums over people, R = sum(top) / sum(bottom); bottom is 1 for a mean over people. People are the
// unit of everything, since they are what was randomized. docs/experiments.md derives what follows.
#ifndef ATT_MEASURE_COMPARE_H
#define ATT_MEASURE_COMPARE_H

#include "base/base.h"

// Sums over the people of one arm. `before` is what is known of a person from before the experiment (CUPED's covariate).
typedef struct att_arm_sums {
    double people;
    double top, bottom, before;
    double top_top, top_bottom, bottom_bottom, top_before, bottom_before, before_before;
    double with_top; // people whose top is not 0
} att_arm_sums;

static inline void att_arm_sums_add(att_arm_sums *sums, double top, double bottom, double before)
{
    sums->people += 1;
    sums->top += top;
    sums->bottom += bottom;
    sums->before += before;
    sums->top_top += top * top;
    sums->top_bottom += top * bottom;
    sums->bottom_bottom += bottom * bottom;
    sums->top_before += top * before;
    sums->bottom_before += bottom * before;
    sums->before_before += before * before;
    sums->with_top += top != 0;
}

// How far a comparison has come when it was first worth a look: sum of squared deviations of the people's tops from what
// their bottoms let expect. Both 0: it was not yet.
typedef struct att_information {
    double plain, adjusted; // adjusted: after CUPED
} att_information;

typedef struct att_estimate {
    double difference; // treatment - control
    double error;      // its standard error
    double df;         // Welch's degrees of freedom
} att_estimate;

typedef struct att_comparison {
    double control, treatment; // R of each
    att_estimate plain, adjusted;
    double theta;        // CUPED's coefficient
    double variance_cut; // 1 - adjusted variance / plain variance
    att_information information;
    bool known; // both arms have people, bottoms and a spread; else nothing above means anything
} att_comparison;

att_comparison att_compare(const att_arm_sums *control, const att_arm_sums *treatment);

// Whether there is enough to begin looking: at least 50 people an arm, and 20 of all with something to count.
bool att_compare_is_ready(const att_arm_sums *control, const att_arm_sums *treatment);

// --- Read once, at the end that was planned -----------------------------------------------------------
typedef struct att_verdict {
    double low, high; // interval of level 1 - alpha for the difference
    double p;
} att_verdict;
att_verdict att_fixed_verdict(const att_estimate *estimate, double alpha); // Welch 1947

// --- Read every day -----------------------------------------------------------------------------------
// `information` is that of the estimate now, `first` that of the first look worth one (the same at every later look).
// Without `first` the interval is endless and p is 1.
#define ATT_INFORMATION_TARGET 30.0 // the interval is narrowest at so many times the first information
att_verdict att_anytime_verdict(const att_estimate *estimate, double information, double first, double alpha);

// --- Several at once ----------------------------------------------------------------------------------
// Holm 1979: adjusted[i] <= alpha keeps the chance of any false alarm below alpha. At most 256.
void att_holm(const double *p, size_t count, double *adjusted);

// --- Did the arms get the people they should? ---------------------------------------------------------
#define ATT_SAMPLE_RATIO_ALARM 0.001
typedef struct att_sample_ratio {
    double chi_square, p; // Pearson; alarm below ATT_SAMPLE_RATIO_ALARM
    double p_anytime;     // Lindon and Malek 2022: holds however often it is read
} att_sample_ratio;
// Weights need not sum to 1. Fewer than one person expected in an arm: p is 1.
att_sample_ratio att_sample_ratio_check(const double *counts, const double *weights, size_t arms);

#endif
