// SPDX-License-Identifier: Apache-2.0
// engine/pool.c - what a slate was chosen from goes into some decisions' records, so that another policy can be evaluated
// on them (off_policy.c).
//
// Which decisions, a hash of their seed says: no outcome has a hand in it. All others cost nothing.
#include "decide/replay.h"
#include "engine/serve.h"

bool att_view_keeps_pool(const att_view *view)
{
    const double share = view->engine->policy.exploration.pool_log_share;
    return share > 0 && (double)(att_mix64(view->seed ^ 0x9001) >> 11) < share * 0x1p53;
}

att_status att_view_keep_raw(att_view *view, const att_raw_terms *raw, const att_term_settings *settings, att_error *err)
{
    const size_t count = view->candidate_count;
    att_policy unit = *settings->policy;
    unit.objective.relevance = unit.objective.context = unit.objective.novelty = 1;
    unit.objective.freshness = unit.objective.business = unit.objective.control = unit.objective.situation = unit.objective.early_skip = 1;
    att_term_settings at_one = *settings;
    at_one.policy = &unit;
    at_one.novelty = 0;
    float *out = ATT_NEW_RAW(&view->memory->scratch, float, count *ATT_TERM_COUNT);
    if (!out)
        return att_no_memory(err, count, "candidates of a pool");
    att_terms_fill(view->candidates, count, raw, &at_one);
    for (size_t i = 0; i < count; i++)
        for (int t = 0; t < ATT_TERM_COUNT; t++)
            out[(size_t)t * count + i] = (float)view->candidates[i].terms[t];
    view->raw = out;
    return ATT_OK;
}

att_status att_view_pool(const att_view *view, const att_slate_input *input, const att_slot *slots, size_t filled,
    const att_decision_pool **out, att_error *err)
{
    *out = NULL;
    if (filled == 0 || view->candidate_count * (49 + 9 * filled) > ATT_POOL_SIZE_MAX)
        return ATT_OK;
    att_decision_pool *pool = ATT_NEW(view->answer, att_decision_pool, 1);
    if (!pool)
        return att_no_memory(err, 1, "pool");
    const att_status status = att_slate_pool(input, slots, filled, view->raw, (double)view->controls->novelty,
        &view->memory->scratch, view->answer, pool, err);
    if (!status)
        *out = pool;
    return status;
}
