// SPDX-License-Identifier: Apache-2.0
// generate/cost.c - the arithmetic of cost, and whether to make ahead or while somebody waits.
//
//   cost = cpu_s/3600 cpu_hour + gpu_s/3600 gpu_hour + looks qa_minutes/60 labour_hour
//        + GB days/30 storage_gb_month + GB sent egress_gb                                GB = 10^9 bytes
//
// The plan of a class. What may be asked for is not known, only what was: with d different briefs, f1 of them asked for once and f2 twice,
//
//   S = d + f1 (f1 - 1) / (2 (f2 + 1))            Chao 1984, in the form that needs no f2 (Chao 2005)
//
// is a lower estimate of how many there may be. Made ahead, all S are made and kept; made in real time, the d that are asked for, by machines
// that stand ready and work the share `utilisation` of the time:
//
//   ahead = S (make + keep)        real time = d make / utilisation + d keep
//
// Before cost comes what cannot be bought: who would wait longer than realtime_ms is not made to wait, and where more than the share `risk` of the
// candidates needs people, they look before anybody waits.
#include "generate/cost.h"

#include "attune/generate.h"
#include "base/base.h"

#include <math.h>
#include <stdio.h>

double att_cost_of_making(const att_policy *policy, double cpu_s, double gpu_s)
{
    return cpu_s / 3600 * policy->generation.cpu_hour + gpu_s / 3600 * policy->generation.gpu_hour;
}

double att_cost_of_looking(const att_policy *policy, double looks)
{
    return looks * policy->generation.qa_minutes / 60 * policy->generation.labour_hour;
}

double att_cost_of_keeping(const att_policy *policy, double bytes, double days)
{
    return bytes * 1e-9 * days / 30 * policy->generation.storage_gb_month;
}

double att_cost_of_sending(const att_policy *policy, double bytes)
{
    return bytes * 1e-9 * policy->generation.egress_gb;
}

void att_plan_making(const att_plan_input *in, const att_policy *policy, att_made_plan *out)
{
    const double possible = in->distinct + in->once * fmax(0, in->once - 1) / (2 * (in->twice + 1));
    *out = (att_made_plan){.possible = possible,
        .ahead_cost = possible * (in->brief_cost + in->keep_cost),
        .realtime_cost = in->distinct * (in->brief_cost / policy->generation.utilisation + in->keep_cost)};
    if (in->risk > policy->generation.risk) {
        out->ahead = true;
        snprintf(out->why, sizeof out->why, "%.1f %% of it is held or denied, more than %.1f %%: people look before anybody waits", 100 * in->risk,
            100 * policy->generation.risk);
    } else if (in->latency_s * 1000 > policy->generation.realtime_ms) {
        out->ahead = true;
        snprintf(out->why, sizeof out->why, "it takes %.3g s, a person waits at most %.3g s", in->latency_s, policy->generation.realtime_ms / 1000.0);
    } else {
        out->ahead = out->ahead_cost <= out->realtime_cost;
        snprintf(out->why, sizeof out->why, "%.3g s are fast enough; %.0f briefs may be asked for, %.0f were: ahead costs %.4g, real time %.4g",
            in->latency_s, possible, in->distinct, out->ahead_cost, out->realtime_cost);
    }
}
