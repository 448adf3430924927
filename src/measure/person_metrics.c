// SPDX-License-Identifier: Apache-2.0
// measure/person_metrics.c - what an experiment looks at, one descriptor each.
//
// Ratios have sums over people on both sides: their noise is that of people, whatever the bottom counts.
#include "attune/experiment.h"
#include "base/base.h"

const char *att_metric_role_name(att_metric_role role)
{
    static const char *const names[] = {"goal", "other", "guardrail"};
    return (unsigned)role < ATT_COUNT_OF(names) ? names[role] : "?";
}

#define PICK(field)                                                                                \
    static double field##_of(const att_person_tally *t)                                            \
    {                                                                                              \
        return t->field;                                                                           \
    }
PICK(reward)
PICK(slots)
PICK(clicks)
PICK(starts)
PICK(completes)
PICK(early_skips)
PICK(likes)
PICK(surveys)
PICK(survey_sum)
PICK(reports)
PICK(rage_quits)
PICK(sessions)
PICK(session_ms)
PICK(days)

static double one_of(const att_person_tally *t)
{
    (void)t;
    return 1;
}

static const att_person_metric metrics[] = {
    {"reward", "reward for each slot displayed", 1, false, 1, "", reward_of, slots_of},
    {"plays", "things begun by a person", 1, false, 1, "", starts_of, one_of},
    {"clicks", "clicks for each slot displayed", 1, false, 100, "%", clicks_of, slots_of},
    {"completion", "share of things begun that were finished", 1, false, 100, "%", completes_of, starts_of},
    {"likes", "likes for each thing begun", 1, false, 100, "%", likes_of, starts_of},
    {"sessions", "sessions of a person", 1, false, 1, "", sessions_of, one_of},
    {"session-minutes", "length of a session", 1, false, 1.0 / 60000, "min", session_ms_of, sessions_of},
    {"days-active", "days on which a person came", 1, true, 1, "", days_of, one_of},
    {"satisfaction", "mean survey answer, 0 to 1", 1, true, 1, "", survey_sum_of, surveys_of},
    {"early-skips", "share of things begun that were left at once", -1, true, 100, "%", early_skips_of, starts_of},
    {"complaints", "reports for each thousand things begun", -1, true, 1000, "‰", reports_of, starts_of},
    {"rage-quits", "rage-quits for each hundred sessions", -1, true, 100, "%", rage_quits_of, sessions_of},
};

const att_person_metric *att_person_metrics(size_t *count)
{
    *count = ATT_COUNT_OF(metrics);
    return metrics;
}

const att_person_metric *att_person_metric_find(att_text name)
{
    for (size_t i = 0; i < ATT_COUNT_OF(metrics); i++)
        if (att_text_equal(name, att_text_of(metrics[i].name)))
            return &metrics[i];
    return NULL;
}
