// SPDX-License-Identifier: Apache-2.0
// measure/ope_parts.h - what the files of off-policy evaluation know of each other.
#ifndef ATT_MEASURE_OPE_PARTS_H
#define ATT_MEASURE_OPE_PARTS_H

#include "measure/ope_log.h"

#define OPE_PICKS_MAX 32
#define OPE_SLOTS_MAX 256

// Every row as the estimators see it. w = target / propensity of the chosen; base = sum_a pi(a) q(a); q of the chosen.
// by_person is rows in order of person: rows of one person are neighbours.
typedef struct ope_rows {
    const att_ope_log *log;
    size_t count;
    double *w, *base, *q; // (count)
    uint32_t *by_person;  // (count)
} ope_rows;

att_status att_ope_rows_make(ope_rows *rows, const att_ope_log *log, const att_ope_model *model,
    void *state, const att_host *host, att_error *err);
void att_ope_rows_free(ope_rows *rows, const att_host *host);
bool att_ope_rows_in(const ope_rows *rows, size_t row, uint32_t slot); // UINT32_MAX: all slots

// Standard error of sum of `influence` over rows / rows, people as the unit: what rows outside the slot add must be 0.
// *people: how many there are. `used` says which rows are in.
double att_ope_spread(const ope_rows *rows, const double *influence, uint32_t slot, size_t *people);
double att_ope_z(double confidence); // two-sided quantile of the normal distribution

// Support, and whether it is enough.
void att_ope_support_of(const ope_rows *rows, uint32_t slot, bool *seen, att_ope_support *out);
att_status att_ope_support_judge(
    const att_ope_support *support, const ope_rows *rows, uint32_t slot, const att_ope_options *options, att_error *err);

// Confidence sequences of all picks: anytime is (part_count, pick_count), parts as in the report.
att_status att_ope_anytime(const ope_rows *rows, const att_ope_model *model, void *state,
    const att_ope_options *options, size_t part_count, const uint32_t *slots, att_interval *anytime,
    const att_host *host, att_error *err);

// Values of whole slates, in the order of att_ope_slate_estimators, plain and normalized in turn.
att_status att_ope_slates(const ope_rows *rows, const att_ope_options *options, att_arena *life,
    att_ope_report *report, const att_host *host, att_error *err);

#endif
