// SPDX-License-Identifier: Apache-2.0
// decide/experiment.h - a definition from inside: its memory, what may not change, and what its arms override.
#ifndef ATT_DECIDE_EXPERIMENT_H
#define ATT_DECIDE_EXPERIMENT_H

#include "attune/experiment.h"
#include "base/arena.h"

#define ATT_EXPERIMENT_SIZE_MAX (64 * 1024) // bytes of YAML
#define ATT_EXPERIMENT_FILTERS_MAX 8
#define ATT_EXPERIMENT_RANGES_MAX 16
#define ATT_EXPERIMENT_METRICS_MAX 8
#define ATT_EXPERIMENT_NOTE_MAX 4096
#define ATT_OVERRIDES_MAX 192

// A policy key that an arm sets: the place in att_policy_fields, and the value.
typedef struct att_override {
    uint16_t field;
    double value;
} att_override;

// Reads an arm's part of a policy; only "objective", "exploration" and "taste" are allowed. `out` has room for
// ATT_OVERRIDES_MAX. Lines in the story count from the text's first.
att_status att_overrides_parse(
    att_text yaml, const char *name, att_override *out, size_t *count, att_error *err);
void att_overrides_apply(att_policy *policy, const att_override *overrides, size_t count);
// "{objective: {novelty: 0.4}}" with a closing zero; returns the length needed.
size_t att_overrides_write(const att_override *overrides, size_t count, char *out, size_t size);

// An empty definition that owns its memory, to be filled from *arena.
att_status att_experiment_new(att_experiment **out, att_arena **arena, const att_host *host, att_error *err);
att_status att_experiment_copy(
    att_experiment **out, const att_experiment *from, const att_host *host, att_error *err);
// False: they assign alike and do alike. True: `what` names the first thing that differs. Notes and metrics may change.
bool att_experiment_differs(
    const att_experiment *was, const att_experiment *is, char *what, size_t size);
// What is wrong with it, as "variations[1].weight" and why. False: nothing.
bool att_experiment_fault(const att_experiment *experiment, char *where, size_t where_size, char *why, size_t why_size);

#endif
