// SPDX-License-Identifier: Apache-2.0
// generate/judge.h - the closed loop: what the analyser found in a candidate, held against its brief.
#ifndef ATT_GENERATE_JUDGE_H
#define ATT_GENERATE_JUDGE_H

#include "attune/policy.h"
#include "generate/ledger.h"

// Every need of the brief, and novelty against what was made before; `novelty` is what att_ledger_novelty says. A need that the analyser
// could not measure is a miss.
void att_judge_brief(const att_brief *brief, const att_medium *world, const att_analysis *analysis, double novelty, const char *nearest,
    const att_policy *policy, att_judgement *out);

#endif
