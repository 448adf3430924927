// SPDX-License-Identifier: Apache-2.0
// measure/report_json.c - a report as JSON; the shape is in docs/evaluation.md. What is not defined
// is null.
#include "attune/measure.h"
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
    return json_pack("{s:o, s:o, s:o}", "mean", number(value->mean), "low", number(value->low),
        "high", number(value->high));
}

// False: out of memory. Takes `value`.
static bool put(json_t *object, const char *key, json_t *value)
{
    return object && json_object_set_new(object, key, value) == 0;
}

static json_t *measured(const att_report_part *part, const att_report_row *row)
{
    json_t *values = json_object();
    bool whole = values != NULL;
    for (size_t i = 0; whole && i < part->column_count; i++) {
        char key[64];
        snprintf(key, sizeof key, "%s@%zu", part->columns[i].metric->name, part->columns[i].k);
        json_t *one = interval(&row->values[i].value);
        whole = put(values, key, one) &&
                (!part->baseline || put(one, "difference", interval(&row->values[i].difference)));
    }
    if (whole)
        return values;
    json_decref(values);
    return NULL;
}

static json_t *model(const att_report_part *part, const att_report_row *row)
{
    return json_pack("{s:s, s:s, s:f, s:f, s:o}", "name", row->model, "story", row->story,
        "train_s", row->train_s, "score_s", row->score_s, "values", measured(part, row));
}

static json_t *protocol(const att_report_part *part)
{
    json_t *models = json_array();
    bool whole = models != NULL;
    for (size_t r = 0; whole && r < part->row_count; r++)
        whole = json_array_append_new(models, model(part, &part->rows[r])) == 0;
    if (!whole) {
        json_decref(models);
        return NULL;
    }
    return json_pack("{s:s, s:s, s:s, s:b, s:I, s:I, s:s?, s:o}", "name", part->name, "title",
        part->title, "about", part->about, "sampled", part->sampled, "people",
        (json_int_t)part->judged, "ranked_items", (json_int_t)part->ranked, "baseline",
        part->baseline, "models", models);
}

static json_t *metrics(const att_report *report)
{
    json_t *out = json_object();
    bool whole = out != NULL;
    for (size_t i = 0; whole && report->part_count > 0 && i < report->parts[0].column_count; i++) {
        const att_metric *metric = report->parts[0].columns[i].metric;
        whole = put(out, metric->name,
            json_pack("{s:s, s:s, s:b}", "meaning", metric->meaning, "source", metric->source,
                "lower_is_better", metric->lower_is_better));
    }
    if (whole)
        return out;
    json_decref(out);
    return NULL;
}

static json_t *whole_report(const att_report *report)
{
    json_t *parts = json_array();
    bool whole = parts != NULL;
    for (size_t i = 0; whole && i < report->part_count; i++)
        whole = json_array_append_new(parts, protocol(&report->parts[i])) == 0;
    if (!whole) {
        json_decref(parts);
        return NULL;
    }
    return json_pack("{s:i, s:{s:s, s:I, s:I, s:I}, s:I, s:I, s:f, s:o, s:o}", "report", 1,
        "dataset", "name", report->dataset, "preferences", (json_int_t)report->preferences, "users",
        (json_int_t)report->users, "items", (json_int_t)report->items, "seed",
        (json_int_t)report->seed, "resamples", (json_int_t)report->resamples, "confidence",
        report->confidence, "metrics", metrics(report), "protocols", parts);
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

att_status att_report_json(
    const att_report *report, att_report_sink *sink, void *user, att_error *err)
{
    json_t *root = whole_report(report);
    if (!root)
        return ATT_FAIL(
            err, ATT_NO_MEMORY, "out of memory for the report, or a name in it is not UTF-8");
    dumper d = {sink, user};
    const int failed = json_dump_callback(
        root, pass_on, &d, JSON_INDENT(1) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(9));
    json_decref(root);
    return failed ? ATT_FAIL(err, ATT_CANCELLED, "the report was stopped") : ATT_OK;
}
