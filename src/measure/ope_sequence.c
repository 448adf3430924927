// SPDX-License-Identifier: Apache-2.0
// measure/ope_sequence.c - one addition a row, no memory of rows.
#include "measure/ope_sequence.h"

#include <math.h>

#define BET_MOST 0.75 // keeps psi small: Waudby-Smith and Ramdas 2023, section 3
#define PRIOR 100.0
#define WARM 1000.0 // rows: bets hold back until about here, where a bound becomes narrow enough to be read

void att_ope_sequence_init(
    att_ope_sequence *sequence, double low_x, double mean_low, double mean_high, double alpha)
{
    assert(low_x <= mean_high && mean_low <= mean_high && alpha > 0 && alpha < 1);
    *sequence = (att_ope_sequence){.scale = mean_high - low_x,
        .low = mean_low,
        .high = mean_high,
        .log_inverse_alpha = -log(alpha)};
}

static double psi(double bet)
{
    return -log1p(-bet) - bet;
}

// Half an observation in the middle of the range stands in for what is not known yet.
static double guess(const att_ope_sequence *s)
{
    const double mean = (0.5 * (s->low + s->high) + s->sum) / (s->count + 1);
    return ATT_MIN(ATT_MAX(mean, s->low), s->high);
}

// So do PRIOR rows of the largest variance that values within the range of means can have: before the first click all
// rows look alike, and a bet on that would be paid for when it comes.
static double bet(const att_ope_sequence *s)
{
    const double range = (s->high - s->low) / s->scale;
    const double variance = (PRIOR * 0.25 * range * range + s->spread) / (s->count + PRIOR);
    const double wanted = sqrt(2 * s->log_inverse_alpha / (variance * (s->count + WARM) * log(exp(1) + s->count / WARM)));
    return wanted < BET_MOST ? wanted : BET_MOST; // a variance of 0 gives infinity
}

void att_ope_sequence_add(att_ope_sequence *s, double x)
{
    const double l = bet(s), off = (x - guess(s)) / s->scale;
    s->bets += l;
    s->bet_sum += l * x;
    s->toll += psi(l) * off * off;
    s->count += 1;
    s->sum += x;
    const double now = (x - guess(s)) / s->scale;
    s->spread += now * now;
}

double att_ope_sequence_bound(const att_ope_sequence *s)
{
    if (s->count == 0)
        return s->low;
    const double bound = (s->bet_sum - s->scale * (s->log_inverse_alpha + s->toll)) / s->bets;
    return ATT_MAX(bound, s->low);
}
