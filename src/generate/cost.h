// SPDX-License-Identifier: Apache-2.0
// generate/cost.h - what making costs, in the policy's prices.
#ifndef ATT_GENERATE_COST_H
#define ATT_GENERATE_COST_H

#include "attune/policy.h"

double att_cost_of_making(const att_policy *policy, double cpu_s, double gpu_s);
double att_cost_of_looking(const att_policy *policy, double looks);
double att_cost_of_keeping(const att_policy *policy, double bytes, double days);
double att_cost_of_sending(const att_policy *policy, double bytes);

#endif
