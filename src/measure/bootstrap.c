// SPDX-License-Identifier: Apache-2.0
// measure/bootstrap.c - percentile bootstrap over people (Efron 1979; Efron and Tibshirani 1993,
// chapter 13).
//
// A resample is written down as how often each person was drawn, so that one draw serves every
// column as two plain sums. Quantiles interpolate linearly between order statistics (Hyndman and
// Fan 1996, definition 7).
#include "measure/bootstrap.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>

static double mean_of(const double *values, size_t count)
{
    double sum = 0.0;
    size_t defined = 0;
    for (size_t i = 0; i < count; i++)
        if (!isnan(values[i])) {
            sum += values[i];
            defined++;
        }
    return defined > 0 ? sum / (double)defined : (double)NAN;
}

static double mean_drawn(const double *values, const double *drawn, size_t count)
{
    double sum = 0.0, weight = 0.0;
    for (size_t i = 0; i < count; i++) {
        const bool defined = !isnan(values[i]);
        sum += defined ? drawn[i] * values[i] : 0.0;
        weight += defined ? drawn[i] : 0.0;
    }
    return weight > 0.0 ? sum / weight : (double)NAN;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// `sorted` is ascending.
static double quantile(const double *sorted, size_t count, double q)
{
    const double at = q * (double)(count - 1);
    const size_t below = (size_t)at;
    const size_t above = ATT_MIN(below + 1, count - 1);
    return sorted[below] + (at - (double)below) * (sorted[above] - sorted[below]);
}

static att_interval interval_of(double mean, double *means, size_t count, double confidence)
{
    size_t defined = 0;
    for (size_t i = 0; i < count; i++)
        if (!isnan(means[i]))
            means[defined++] = means[i];
    if (defined == 0)
        return (att_interval){mean, (double)NAN, (double)NAN};
    qsort(means, defined, sizeof *means, by_value);
    const double tail = (1.0 - confidence) / 2.0;
    return (att_interval){
        mean, quantile(means, defined, tail), quantile(means, defined, 1.0 - tail)};
}

static void draw(double *drawn, size_t people, uint64_t seed, uint32_t resample)
{
    att_rng rng = att_rng_stream(seed, resample);
    memset(drawn, 0, people * sizeof *drawn);
    for (size_t i = 0; i < people; i++)
        drawn[att_rng_below(&rng, people)] += 1.0;
}

static att_status check(uint32_t resamples, double confidence, att_error *err)
{
    if (resamples < 1 || resamples > ATT_RESAMPLES_MAX)
        return ATT_FAIL(
            err, ATT_INVALID, "resamples is %u, expected 1 to %d", resamples, ATT_RESAMPLES_MAX);
    if (!(confidence > 0.0 && confidence < 1.0))
        return ATT_FAIL(
            err, ATT_INVALID, "confidence is %g, expected a number between 0 and 1", confidence);
    return ATT_OK;
}

att_status att_bootstrap_columns(const double *values, size_t columns, size_t people,
    uint32_t resamples, double confidence, uint64_t seed, const att_host *host, att_interval *out,
    att_error *err)
{
    const att_status status = check(resamples, confidence, err);
    for (size_t c = 0; !status && people == 0 && c < columns; c++)
        out[c] = (att_interval){(double)NAN, (double)NAN, (double)NAN};
    if (status || people == 0)
        return status;
    // means is (columns, resamples)
    const size_t means_count = columns * (size_t)resamples;
    double *drawn = ATT_NEW_ARRAY(host, double, people);
    double *means = ATT_NEW_ARRAY(host, double, means_count + 1);
    if (drawn && means) {
        for (uint32_t r = 0; r < resamples; r++) {
            draw(drawn, people, seed, r);
            for (size_t c = 0; c < columns; c++)
                means[c * resamples + r] = mean_drawn(values + c * people, drawn, people);
        }
        for (size_t c = 0; c < columns; c++)
            out[c] = interval_of(
                mean_of(values + c * people, people), means + c * resamples, resamples, confidence);
    }
    const bool enough = drawn && means;
    ATT_FREE_ARRAY(host, drawn, people);
    ATT_FREE_ARRAY(host, means, means_count + 1);
    return enough ? ATT_OK : att_no_memory(err, means_count, "bootstrap means");
}

att_status att_bootstrap(const double *values, size_t count, uint32_t resamples, double confidence,
    uint64_t seed, const att_host *host, att_interval *out, att_error *err)
{
    const att_host full = att_host_complete(host);
    return att_bootstrap_columns(values, 1, count, resamples, confidence, seed, &full, out, err);
}
