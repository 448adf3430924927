// SPDX-License-Identifier: Apache-2.0
// measure/options.h - options checked and completed.
#ifndef ATT_MEASURE_OPTIONS_H
#define ATT_MEASURE_OPTIONS_H

#include "attune/measure.h"
#include "base/arena.h"

#define ATT_FOLDS_MAX 20
#define ATT_MOMENTS_MAX 50

// The protocols in the order of reports: ATT_PROTOCOL_NONE behind the last.
uint32_t att_protocol_at(size_t index);
const char *att_protocol_title(uint32_t bit);

// How often a protocol splits and trains.
uint32_t att_folds_of(const att_evaluate_options *options, uint32_t bit);

att_status att_options_check(const att_evaluate_options *options, att_error *err);
// Columns are kept with the report, for the caller's may go; the usual ones where none are given.
att_status att_options_keep_columns(att_evaluate_options *options, att_arena *life, att_error *err);

#endif
