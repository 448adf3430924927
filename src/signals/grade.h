// SPDX-License-Identifier: Apache-2.0
// signals/grade.h - what an event says about taste, and what a decision earned by it.
#ifndef ATT_SIGNALS_GRADE_H
#define ATT_SIGNALS_GRADE_H

#include "attune/policy.h"
#include "store/store.h"

typedef enum att_skip_class { ATT_SKIP_NONE, ATT_SKIP_EARLY, ATT_SKIP_SOFT, ATT_SKIP_LATE } att_skip_class;

typedef struct att_grade {
    float grade;  // -1 … 1; 0: says nothing
    float reward; // -1 … 1
    uint8_t skip; // att_skip_class
} att_grade;

// Pure. `length_ms` is the catalogue's length where the event has none; 0: not known.
att_grade att_grade_event(const att_policy *policy, const att_record *event, int64_t length_ms);

#endif
