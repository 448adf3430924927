// SPDX-License-Identifier: Apache-2.0
// apps/say/experiment.c - experiments and their readouts as JSON.
#include "say.h"

unsigned say_arm_number(const att_experiment *e, size_t variation)
{
    return e->number * 256 + (unsigned)variation;
}

json_t *say_experiment(const att_experiment *e)
{
    json_t *variations = json_array();
    for (size_t v = 0; v < e->variation_count; v++)
        json_array_append_new(variations,
            json_pack("{s:o,s:I,s:f,s:o}", "key", say_text(e->variations[v].key), "arm",
                (json_int_t)say_arm_number(e, v), "weight", e->variations[v].weight, "policy",
                say_text(e->variations[v].policy)));
    return json_pack("{s:I,s:o,s:s,s:o,s:o,s:I,s:f,s:I,s:I,s:I,s:o}", "number", (json_int_t)e->number, "key",
        say_text(e->key), "status", att_experiment_status_name(e->status), "note", say_text(e->note), "seed",
        say_text(e->seed), "hash_version", (json_int_t)e->hash_version, "coverage", e->coverage, "created",
        (json_int_t)e->created_ms, "started", (json_int_t)e->started_ms, "stopped", (json_int_t)e->stopped_ms, "variations",
        variations);
}

json_t *say_readout_line(const att_readout *r, const att_readout_line *l)
{
    json_t *out = json_pack("{s:s,s:s,s:s,s:b,s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:I}", "metric", l->metric->name, "role",
        att_metric_role_name(l->role), "arm", r->arms[l->variation].key, "known", l->known, "control", l->control, "value",
        l->value, "difference", l->difference, "p", l->p, "p_holm", l->p_holm, "fixed_p", l->fixed_p, "variance_cut",
        l->variance_cut, "verdict", (json_int_t)l->verdict);
    json_object_set_new(out, "low", say_number(l->low));
    json_object_set_new(out, "high", say_number(l->high));
    json_object_set_new(out, "fixed_low", say_number(l->fixed_low));
    json_object_set_new(out, "fixed_high", say_number(l->fixed_high));
    return out;
}

json_t *say_readout(const att_readout *r)
{
    json_t *arms = json_array(), *lines = json_array();
    for (size_t v = 0; v < r->arm_count; v++)
        json_array_append_new(arms,
            json_pack("{s:s,s:f,s:I,s:I,s:I,s:I,s:I,s:I}", "key", r->arms[v].key, "weight", r->arms[v].weight, "assigned",
                (json_int_t)r->arms[v].assigned, "exposed", (json_int_t)r->arms[v].exposed, "bots",
                (json_int_t)r->arms[v].bots, "people", (json_int_t)r->arms[v].people, "decisions",
                (json_int_t)r->arms[v].decisions, "displayed", (json_int_t)r->arms[v].displayed));
    for (size_t i = 0; i < r->line_count; i++)
        json_array_append_new(lines, say_readout_line(r, &r->lines[i]));
    return json_pack("{s:s,s:s,s:I,s:f,s:f,s:I,s:I,s:f,s:f,s:f,s:b,s:o,s:o}", "experiment", r->key, "status",
        att_experiment_status_name(r->status), "started", (json_int_t)r->started_ms, "days", r->days, "alpha", r->alpha,
        "before_days", (json_int_t)r->before_days, "set_aside", (json_int_t)r->set_aside, "sample_ratio_p", r->ratio_p,
        "sample_ratio_p_any_day", r->ratio_p_anytime, "assigned_ratio_p", r->assigned_ratio_p, "sample_ratio_alarm",
        r->ratio_alarm, "arms", arms, "metrics", lines);
}
