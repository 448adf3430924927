// SPDX-License-Identifier: Apache-2.0
// generate/judge.c - a need least … most is met by x where
//
//   least - tolerance(least) <= x <= most + tolerance(most),   tolerance(b) = tolerance + tolerance_share |b|
//
// of the world's measure: the analyser's own error is no miss. Novelty has no tolerance: more of it is never a miss unless the brief says so.
#include "generate/judge.h"

#include <math.h>
#include <stdio.h>

void att_made_judge(att_judgement *judgement, att_made_verdict verdict, const char *format, ...)
{
    if (verdict > judgement->verdict)
        judgement->verdict = verdict;
    if (judgement->reason_count == ATT_MADE_REASONS_MAX)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(judgement->reasons[judgement->reason_count++], ATT_MADE_REASON_SIZE, format, args);
    va_end(args);
}

static const att_measure *measure_named(const att_medium *world, att_text name)
{
    for (size_t i = 0; i < world->measure_count; i++)
        if (att_text_equal(name, att_text_of(world->measures[i].name)))
            return &world->measures[i];
    return NULL;
}

static double tolerance_at(const att_measure *m, double bound)
{
    return m ? m->tolerance + m->tolerance_share * fabs(bound) : 0;
}

static bool is_met(const att_need *need, const att_measure *m, double x)
{
    return x >= need->least - tolerance_at(m, need->least) && x <= need->most + tolerance_at(m, need->most);
}

static void judge_need(const att_need *need, const att_medium *world, const att_analysis *analysis, att_judgement *out)
{
    const att_measure *m = measure_named(world, need->name);
    const char *unit = m && m->unit ? m->unit : "";
    double x;
    for (size_t i = 0; i < analysis->measure_count; i++) // any reading will do
        if (att_text_equal(need->name, att_text_of(analysis->measures[i].name)) && is_met(need, m, analysis->measures[i].value))
            return;
    if (!att_analysis_get(analysis, need->name, &x)) {
        att_made_judge(out, ATT_MADE_DENY, "%.*s: the analyser could not tell, the brief asks for %.6g to %.6g %s", ATT_TEXT_ARGS(need->name),
            need->least, need->most, unit);
        return;
    }
    att_made_judge(out, ATT_MADE_DENY, "%.*s: measured %.6g, the brief asks for %.6g to %.6g %s", ATT_TEXT_ARGS(need->name), x, need->least,
        need->most, unit);
}

static void judge_novelty(const att_brief *brief, double novelty, const char *nearest, const att_policy *policy, att_judgement *out)
{
    double least = policy->generation.novelty, most = HUGE_VAL;
    for (size_t i = 0; i < brief->need_count; i++)
        if (att_text_equal(brief->needs[i].name, ATT_LIT("novelty"))) {
            least = fmax(least, brief->needs[i].least);
            most = brief->needs[i].most;
        }
    if (novelty < least)
        att_made_judge(out, ATT_MADE_DENY, "novelty: measured %.4f, at least %.4f is asked for; nearest is %s", novelty, least, nearest);
    if (novelty > most)
        att_made_judge(out, ATT_MADE_DENY, "novelty: measured %.4f, the brief asks for at most %.4f", novelty, most);
}

void att_judge_brief(const att_brief *brief, const att_medium *world, const att_analysis *analysis, double novelty, const char *nearest,
    const att_policy *policy, att_judgement *out)
{
    out->verdict = ATT_MADE_ALLOW;
    for (size_t i = 0; i < brief->need_count; i++)
        if (!att_text_equal(brief->needs[i].name, ATT_LIT("novelty")))
            judge_need(&brief->needs[i], world, analysis, out);
    if (analysis->dim)
        judge_novelty(brief, novelty, nearest, policy, out);
    if (policy->generation.review && out->verdict == ATT_MADE_ALLOW)
        att_made_judge(out, ATT_MADE_HOLD, "the policy has people look at all that is made");
}
