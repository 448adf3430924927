// SPDX-License-Identifier: Apache-2.0
// signals/grade.c - one event, one grade and one reward, by the policy's rules.
//
// Only + - * / on doubles and one rounding to float: the same bits on every machine.
#include "signals/grade.h"

#include <math.h>

bool att_signal_is_explicit(att_signal signal)
{
    const uint32_t explicit_signals = 1u << ATT_SIGNAL_LIKE | 1u << ATT_SIGNAL_DISLIKE |
                                      1u << ATT_SIGNAL_SAVE | 1u << ATT_SIGNAL_RATING |
                                      1u << ATT_SIGNAL_SURVEY | 1u << ATT_SIGNAL_PURCHASE |
                                      1u << ATT_SIGNAL_REPORT;
    return (unsigned)signal < 32 && (explicit_signals >> signal & 1);
}

// Share played, 0 … 1; -1: not known.
static double share_of(const att_record *event, int64_t length_ms)
{
    const double length = event->length_ms > 0 ? event->length_ms : (double)length_ms;
    if (event->position_ms < 0 || !(length > 0))
        return -1;
    const double share = event->position_ms / length;
    return share < 1 ? share : 1;
}

static att_grade scaled(att_rule rule, double by)
{
    return (att_grade){.grade = (float)(rule.grade * by), .reward = (float)(rule.reward * by)};
}

static att_grade complete(const att_policy *policy)
{
    att_grade grade = scaled(policy->signals.rule[ATT_SIGNAL_COMPLETE], 1);
    grade.is_complete = true;
    return grade;
}

static att_grade grade_play(const att_policy *policy, double share)
{
    if (share >= policy->signals.complete_share)
        return complete(policy);
    return scaled(policy->signals.rule[ATT_SIGNAL_PLAY], share < 0 ? 0.5 : share);
}

// A skip after the soft limit says something between "no" and "had enough": by share played.
static att_grade grade_late_skip(const att_policy *policy, double share)
{
    const att_rule skip = policy->signals.rule[ATT_SIGNAL_SKIP];
    const att_rule play = policy->signals.rule[ATT_SIGNAL_PLAY];
    const double s = share < 0 ? 0 : share;
    return (att_grade){
        .grade = (float)(skip.grade * (1 - s) + play.grade * s),
        .reward = (float)(skip.reward * (1 - s) + play.reward * s),
        .skip = ATT_SKIP_LATE,
    };
}

static att_grade grade_skip(const att_policy *policy, int32_t position_ms, double share)
{
    if (share >= policy->signals.complete_share)
        return complete(policy);
    // Half of a very short thing is no early skip, however few seconds it took.
    if (position_ms < 0 || share >= 0.5 || position_ms >= policy->signals.late_skip_ms)
        return grade_late_skip(policy, share);
    if (position_ms < policy->signals.early_skip_ms)
        return (att_grade){.grade = (float)policy->signals.early_skip_grade,
            .reward = (float)policy->signals.early_skip_reward,
            .skip = ATT_SKIP_EARLY};
    return (att_grade){.grade = (float)policy->signals.soft_skip_grade,
        .reward = (float)policy->signals.soft_skip_reward,
        .skip = ATT_SKIP_SOFT};
}

// -1 … 1, 0 at neutral; the two sides of the scale need not be equally long.
static double rating_of(const att_policy *policy, double value)
{
    const double neutral = policy->signals.rating_neutral;
    const double side = value >= neutral ? policy->signals.rating_max - neutral
                                         : neutral - policy->signals.rating_min;
    const double scaled_value = side > 0 ? (value - neutral) / side : 0;
    return scaled_value > 1 ? 1 : scaled_value >= -1 ? scaled_value : scaled_value < -1 ? -1 : 0;
}

static double survey_of(double value)
{
    return value >= 0 && value <= 1 ? 2 * value - 1 : 0; // NaN gives 0
}

static double dwell_of(const att_policy *policy, int32_t dwell_ms)
{
    if (dwell_ms <= 0)
        return 0;
    const double share = (double)dwell_ms / policy->signals.dwell_full_ms;
    return share < 1 ? share : 1;
}

att_grade att_grade_event(const att_policy *policy, const att_record *event, int64_t length_ms)
{
    const att_signal signal = (att_signal)event->signal;
    if ((unsigned)signal >= ATT_SIGNAL_COUNT || signal == ATT_SIGNAL_NONE)
        return (att_grade){0};
    const att_rule rule = policy->signals.rule[signal];
    att_grade grade;
    switch (signal) {
    case ATT_SIGNAL_RATING:
        grade = scaled(rule, rating_of(policy, (double)event->value));
        break;
    case ATT_SIGNAL_SURVEY:
        grade = scaled(rule, survey_of((double)event->value));
        break;
    case ATT_SIGNAL_PLAY:
        return grade_play(policy, share_of(event, length_ms));
    case ATT_SIGNAL_SKIP:
        return grade_skip(policy, event->position_ms, share_of(event, length_ms));
    case ATT_SIGNAL_COMPLETE:
        return complete(policy);
    case ATT_SIGNAL_DWELL:
        grade = scaled(rule, dwell_of(policy, event->dwell_ms));
        break;
    default:
        grade = scaled(rule, 1);
    }
    grade.is_explicit = att_signal_is_explicit(signal);
    return grade;
}

double att_decay(const att_policy *policy, uint32_t at_s, int64_t now_ms)
{
    return att_decay_of(policy->signals.half_life_days * 86400, (double)now_ms / 1000 - at_s);
}
