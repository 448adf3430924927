// SPDX-License-Identifier: Apache-2.0
// signals/grade.h - what an event says about taste, and what a decision earned by it.
//
// The rules with their reasons and sources: docs/signals.md.
#ifndef ATT_SIGNALS_GRADE_H
#define ATT_SIGNALS_GRADE_H

#include "attune/policy.h"
#include "store/store.h"

#include <math.h>

typedef enum att_skip_class {
    ATT_SKIP_NONE,
    ATT_SKIP_EARLY,
    ATT_SKIP_SOFT,
    ATT_SKIP_LATE
} att_skip_class;

typedef struct att_grade {
    float grade; // -1 … 1; 0: says nothing, unless `is_explicit`: then neither liked nor disliked
    float reward;     // -1 … 1
    uint8_t skip;     // att_skip_class
    bool is_complete; // it was heard or seen to the end, whatever signal said so
    bool is_explicit; // the person said it; beats what only their behaviour says
} att_grade;

// Pure. `length_ms` is the catalogue's length where the event has none; 0: not known.
// A quit is graded here as if it were about its item; the fold finds the item (people.h).
att_grade att_grade_event(const att_policy *policy, const att_record *event, int64_t length_ms);

// Said, not done: like, dislike, save, rating, survey, purchase, report.
bool att_signal_is_explicit(att_signal signal);

// What is left of a preference of `at_s` at the time now_ms: 2^(-age / half-life), 1 for the future or
// without a half-life. Computed on reading: nothing in the state ages by itself.
double att_decay(const att_policy *policy, uint32_t at_s, int64_t now_ms);

// The same of an age, for whoever asks for many at one time; both in seconds.
static inline double att_decay_of(double half_life_s, double age_s)
{
    return half_life_s > 0 && age_s > 0 ? exp2(-age_s / half_life_s) : 1;
}

#endif
