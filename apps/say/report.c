// SPDX-License-Identifier: Apache-2.0
// apps/say/report.c - the long run as JSON.
#include "say.h"

static json_t *interval_json(const att_interval *v)
{
    return json_pack(
        "{s:o,s:o,s:o}", "value", say_number(v->mean), "low", say_number(v->low), "high", say_number(v->high));
}

static json_t *retention_json(const att_retention *r)
{
    return json_pack("{s:I,s:I,s:I,s:o,s:o}", "day", (json_int_t)r->day, "people",
        (json_int_t)r->people, "too_young", (json_int_t)r->too_young, "classic",
        interval_json(&r->classic), "rolling", interval_json(&r->rolling));
}

static json_t *span_json(const att_longrun_span *span)
{
    json_t *figures = json_object(), *cohort = json_array();
    for (int n = 0; n < ATT_RETENTION_COUNT; n++)
        json_array_append_new(cohort, retention_json(&span->cohort[n]));
    for (int f = 0; f < ATT_FIGURE_COUNT; f++) {
        json_t *one = interval_json(&span->figures[f].value);
        json_object_set_new(one, "cases", say_number(span->figures[f].cases));
        json_object_set_new(figures, att_figure_get((att_figure)f)->name, one);
    }
    return json_pack("{s:I,s:I,s:b,s:I,s:I,s:I,s:I,s:o,s:o}", "start", (json_int_t)span->start_ms,
        "end", (json_int_t)span->end_ms, "partial", span->partial, "people",
        (json_int_t)span->people, "events", (json_int_t)span->events, "decisions",
        (json_int_t)span->decisions, "items_shown", (json_int_t)span->items_shown, "cohort", cohort,
        "figures", figures);
}

static json_t *group_json(const att_longrun_group *group)
{
    json_t *spans = json_array(), *survival = json_array();
    for (size_t i = 0; i < group->span_count; i++)
        json_array_append_new(spans, span_json(&group->spans[i]));
    for (size_t i = 0; i < group->survival_count; i++) {
        const att_survival_step *s = &group->survival[i];
        json_array_append_new(
            survival, json_pack("{s:I,s:I,s:I,s:I,s:o}", "day", (json_int_t)s->day, "at_risk",
                          (json_int_t)s->at_risk, "churned", (json_int_t)s->churned, "censored",
                          (json_int_t)s->censored, "alive", interval_json(&s->alive)));
    }
    return json_pack("{s:s,s:o,s:o,s:o,s:o,s:I,s:I,s:o}", "name", group->name, "all",
        span_json(&group->all), "coverage", say_number(group->coverage), "gini", say_number(group->gini),
        "survival", survival, "survival_people", (json_int_t)group->survival_people,
        "survival_left_out", (json_int_t)group->survival_left_out, "spans", spans);
}

static json_t *bits_json(uint64_t bits)
{
    json_t *list = json_array();
    for (int f = 0; f < ATT_FIGURE_COUNT; f++)
        if (bits >> f & 1)
            json_array_append_new(list, json_string(att_figure_get((att_figure)f)->name));
    return list;
}

static json_t *warnings_json(const att_longrun *report)
{
    static const char *const kinds[] = {"guardrail", "harm", "trend"};
    json_t *list = json_array();
    for (size_t i = 0; i < report->warning_count; i++) {
        const att_longrun_warning *w = &report->warnings[i];
        json_array_append_new(
            list, json_pack("{s:s,s:s,s:o,s:o}", "kind", kinds[w->kind], "text", w->text, "risen",
                      bits_json(w->risen), "hurt", bits_json(w->hurt)));
    }
    return list;
}

static json_t *differences_json(const att_longrun *report)
{
    json_t *out = json_object();
    for (int f = 0; f < ATT_FIGURE_COUNT && report->differences; f++) {
        const att_longrun_difference *d = &report->differences[f];
        json_t *one = interval_json(&d->value);
        json_object_set_new(one, "relative", say_number(d->relative));
        json_object_set_new(one, "p_rise", say_number(d->p_rise));
        json_object_set_new(one, "p_fall", say_number(d->p_fall));
        json_object_set_new(one, "judged", json_boolean(d->judged));
        json_object_set_new(out, att_figure_get((att_figure)f)->name, one);
    }
    return out;
}

json_t *say_longrun(const att_longrun *r)
{
    json_t *groups = json_array();
    for (size_t g = 0; g < r->group_count; g++)
        json_array_append_new(groups, group_json(&r->groups[g]));
    return json_pack("{s:I,s:I,s:I,s:s,s:I,s:I,s:f,s:f,s:f,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,"
                     "s:I,s:I,s:o,s:o,s:o}",
        "report", (json_int_t)1, "from", (json_int_t)r->from_ms, "to", (json_int_t)r->to_ms, "by",
        r->by == ATT_BY_DAY ? "day" : "week", "churn_days", (json_int_t)r->churn_days,
        "early_session_ms", (json_int_t)r->early_session_ms, "confidence", r->confidence, "alarm",
        r->alarm, "exploration_budget", r->exploration_share, "people", (json_int_t)r->people,
        "events", (json_int_t)r->events, "decisions", (json_int_t)r->decisions, "bots",
        (json_int_t)r->bots, "opted_out", (json_int_t)r->opted_out, "set_aside_events",
        (json_int_t)r->set_aside_events, "late_events", (json_int_t)r->late_events, "joined",
        (json_int_t)r->joined, "unjoined", (json_int_t)r->unjoined, "in_both",
        (json_int_t)r->in_both, "in_neither", (json_int_t)r->in_neither, "memory_bytes",
        (json_int_t)r->memory_bytes, "groups", groups, "differences", differences_json(r),
        "warnings", warnings_json(r));
}
