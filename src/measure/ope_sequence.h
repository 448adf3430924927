// SPDX-License-Identifier: Apache-2.0
// measure/ope_sequence.h - a confidence sequence: a one-sided bound of a mean that holds at every length of the log.
//
// Given x_i with E[x_i | past] = m_i and x_i >= known low, and guesses g_i made from the past, the process
//   exp( sum l_i (x_i - m_i) / s  -  sum psi(l_i) ((x_i - g_i) / s)^2 ),     psi(l) = -log(1 - l) - l,  0 <= l < 1
// is a nonnegative supermartingale when (x_i - g_i) / s >= -1 (Fan, Grama and Liu 2015; Howard et al. 2021), so by
// Ville's inequality, with probability 1 - alpha, at all n at once
//   weighted mean of m  >=  sum l x / sum l  -  s (log(1 / alpha) + sum psi(l_i) ((x_i - g_i) / s)^2) / sum l.
// The bets l_i follow the variance v seen so far, l = sqrt(2 log(1 / alpha) / (v (i + 1000) log(e + i / 1000))): "predictable plug-in empirical Bernstein", Waudby-Smith and Ramdas 2023,
// for off-policy values in Waudby-Smith, Wu, Ramdas, Karampatziakis and Mineiro 2022. An upper bound is a lower bound
// of -x.
#ifndef ATT_MEASURE_OPE_SEQUENCE_H
#define ATT_MEASURE_OPE_SEQUENCE_H

#include "base/base.h"

typedef struct att_ope_sequence {
    double scale;         // s: at least (largest guess) - (smallest x)
    double low, high;     // guesses are kept between, in units of x
    double log_inverse_alpha;
    double count, sum, spread; // of what was seen, for guesses and bets
    double bets, bet_sum, toll;
} att_ope_sequence;

// `alpha` of this side. Every x >= low_x, every mean of x in mean_low … mean_high.
void att_ope_sequence_init(
    att_ope_sequence *sequence, double low_x, double mean_low, double mean_high, double alpha);
void att_ope_sequence_add(att_ope_sequence *sequence, double x);
double att_ope_sequence_bound(const att_ope_sequence *sequence); // at least mean_low

#endif
