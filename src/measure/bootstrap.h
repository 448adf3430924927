// SPDX-License-Identifier: Apache-2.0
// measure/bootstrap.h - intervals for many columns at once, all from the same resamples of people.
#ifndef ATT_MEASURE_BOOTSTRAP_H
#define ATT_MEASURE_BOOTSTRAP_H

#include "attune/measure.h"
#include "base/base.h"

#define ATT_RESAMPLES_MAX 100000

// values is (columns, people), NaN where not defined; out is (columns). Column c's interval is what
// att_bootstrap gives for it alone with the same seed.
att_status att_bootstrap_columns(const double *values, size_t columns, size_t people,
    uint32_t resamples, double confidence, uint64_t seed, const att_host *host, att_interval *out,
    att_error *err);

#endif
