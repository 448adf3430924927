// SPDX-License-Identifier: Apache-2.0
// measure/readout.h - a log, record by record, becomes the readout of one experiment.
//
// States of a person: unknown -> assigned (a decision names an arm) -> exposed (something of it was displayed) -> measured
// until the experiment stops. Whoever is seen in a second arm, and bots, leave the figures and are counted.
//
// The readout is a pure function of the log's beginning up to now: what was read yesterday is what reading yesterday's log
// gives today. So the first look worth one, which the anytime-valid intervals count from, is found again at every read.
#ifndef ATT_MEASURE_READOUT_H
#define ATT_MEASURE_READOUT_H

#include "attune/experiment.h"
#include "store/store.h"

typedef struct att_gather att_gather;

// `experiment`: NULL reads the universal holdout, which began at since_ms and has this share. Both are copied. `policy` says what
// events are worth.
att_status att_gather_create(att_gather **out, const att_experiment *experiment, int64_t since_ms, double holdout_share,
    const att_policy *policy, const att_readout_options *options, const att_host *host, att_error *err);
void att_gather_destroy(att_gather *gather);
// Every record of the log, in order of seq.
att_status att_gather_see(att_gather *gather, const att_record *record, att_error *err);
att_status att_gather_finish(att_gather *gather, att_readout **out, att_error *err);

// The measured people, in order of first appearance. False: no more.
typedef struct att_gathered {
    uint32_t user, variation;
    int64_t exposed_ms;
    const att_person_tally *during, *before;
} att_gathered;
bool att_gather_person(const att_gather *gather, size_t *at, att_gathered *out);

#endif
