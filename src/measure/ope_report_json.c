// SPDX-License-Identifier: Apache-2.0
// measure/ope_report_json.c - an off-policy report as JSON; the shape is in docs/off-policy.md.
#include "attune/ope.h"
#include "base/base.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>

// Every json_*_new below takes over what it is given; a NULL anywhere ends in NULL at the top.

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *interval(const att_interval *value)
{
    return json_pack("{s:o, s:o, s:o}", "mean", number(value->mean), "low", number(value->low), "high", number(value->high));
}

static json_t *support(const att_ope_support *s)
{
    return json_pack("{s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "rows", (json_int_t)s->rows, "slates", (json_int_t)s->slates,
        "people", (json_int_t)s->people, "effective", number(s->effective), "weight_mean", number(s->weight_mean),
        "weight_largest", number(s->weight_largest), "gap", number(s->gap), "gap_unseen", number(s->gap_unseen));
}

static json_t *value(const att_ope_value *v)
{
    const att_ope_estimator *e = v->pick.estimator;
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:s, s:s}", "estimator", e->name, "level",
        e->has_level ? number(v->pick.level) : json_null(), "value", number(v->value), "error", number(v->error), "interval",
        interval(&v->interval), "anytime", interval(&v->anytime), "difference", interval(&v->difference), "effective",
        number(v->effective), "weight_largest", number(v->weight_largest), "biased", e->biased, "formula", e->formula, "paper",
        e->paper);
}

// An array of what `one` makes. Takes nothing.
#define FILL(list, count, item)                                                                    \
    for (size_t i = 0; (list) && i < (count); i++)                                                 \
        if (json_array_append_new((list), (item)) != 0) {                                          \
            json_decref(list);                                                                     \
            (list) = NULL;                                                                         \
        }

static json_t *part(const att_ope_part *p)
{
    json_t *values = json_array();
    FILL(values, p->value_count, value(&p->values[i]));
    return json_pack("{s:s, s:o, s:o, s:o, s:s, s:s?, s:o}", "name", p->name, "slot",
        p->slot == UINT32_MAX ? json_null() : json_integer(p->slot + 1), "support", support(&p->support), "logged",
        interval(&p->logged), "answer", p->answer ? "insufficient support" : "yes", "why", p->answer ? p->why : NULL, "values",
        values);
}

static json_t *slate(const att_ope_slate_value *v)
{
    return json_pack("{s:s, s:b, s:s, s:s?, s:o, s:o, s:o, s:o, s:s, s:s, s:s}", "estimator", v->estimator->name, "normalized",
        v->normalized, "answer", v->answer ? "insufficient support" : "yes", "why", v->answer ? v->why : NULL, "value",
        v->answer ? json_null() : number(v->value), "interval", v->answer ? json_null() : interval(&v->interval), "effective",
        number(v->effective), "weight_largest", number(v->weight_largest), "formula", v->estimator->formula, "assumes",
        v->estimator->assumes, "paper", v->estimator->paper);
}

static json_t *whole_report(const att_ope_report *r)
{
    json_t *parts = json_array(), *slates = json_array();
    FILL(parts, r->part_count, part(&r->parts[i]));
    FILL(slates, r->slate_count, slate(&r->slates[i]));
    return json_pack("{s:i, s:s, s:s, s:s, s:f, s:f, s:f, s:o, s:o, s:o}", "off_policy", 1, "log", r->log, "target", r->target,
        "model", r->model, "confidence", r->confidence, "reward_low", r->reward_low, "reward_high", r->reward_high, "parts",
        parts, "slates", slates, "slate_logged", r->slate_count ? interval(&r->slate_logged) : json_null());
}

typedef struct dumper {
    att_report_sink *sink;
    void *user;
} dumper;

static int pass_on(const char *bytes, size_t size, void *opaque)
{
    const dumper *d = opaque;
    return d->sink(d->user, (att_text){bytes, size}) ? 0 : -1;
}

att_status att_ope_report_json(
    const att_ope_report *report, att_report_sink *sink, void *user, att_error *err)
{
    json_t *root = whole_report(report);
    if (!root)
        return ATT_FAIL(err, ATT_NO_MEMORY, "out of memory for the report, or a name in it is not UTF-8");
    dumper d = {sink, user};
    const int failed = json_dump_callback(root, pass_on, &d, JSON_INDENT(1) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(12));
    json_decref(root);
    return failed ? ATT_FAIL(err, ATT_CANCELLED, "the report was stopped") : ATT_OK;
}
