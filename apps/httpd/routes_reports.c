// SPDX-License-Identifier: Apache-2.0
// httpd/routes_reports.c - the long run: asked for and waited for, or as a job.
#include "jobs.h"
#include "routes.h"

#include "say/say.h"

#include <string.h>

typedef struct arms_sought {
    att_longrun_options *options;
    att_text names[2]; // empty: the first two
    char group_names[2][80];
    att_status status;
    att_error *err;
} arms_sought;

static att_status no(att_error *err, const char *format, att_text text)
{
    err->status = ATT_INVALID;
    snprintf(err->text, sizeof err->text, format, (int)text.size, text.data ? text.data : "");
    return ATT_INVALID;
}

static bool see_experiment(void *user, const att_experiment *e)
{
    arms_sought *s = user;
    if (!e->started_ms) {
        s->status = no(s->err, "experiment: \"%.*s\" was not started yet", e->key);
        return false;
    }
    for (int side = 0; side < 2 && !s->status; side++) {
        size_t v = s->names[side].size ? 0 : (size_t)side;
        while (s->names[side].size && v < e->variation_count && !att_text_equal(e->variations[v].key, s->names[side]))
            v++;
        if (v >= e->variation_count) {
            s->status = no(s->err, "arms: there is no variation \"%.*s\"", s->names[side]);
            break;
        }
        s->options->arms[side] = (att_arm){e->number, (uint32_t)v};
        snprintf(s->group_names[side], sizeof s->group_names[side], "%.*s", (int)e->variations[v].key.size, e->variations[v].key.data);
        s->options->group_names[side] = s->group_names[side];
    }
    return false;
}

static att_status find_arms(att_engine *engine, const json_t *query, arms_sought *s)
{
    const att_text arms = shape_text(query, "arms"), key = shape_text(query, "experiment");
    const char *comma = arms.size ? memchr(arms.data, ',', arms.size) : NULL;
    if (!key.size)
        return no(s->err, "experiment: compare=experiment needs its key%.*s", (att_text){0});
    if (arms.size && !comma)
        return no(s->err, "arms: found \"%.*s\", expected two names with a comma between", arms);
    if (comma) {
        s->names[0] = (att_text){arms.data, (size_t)(comma - arms.data)};
        s->names[1] = (att_text){comma + 1, (size_t)(arms.data + arms.size - comma - 1)};
    }
    s->options->compare = ATT_COMPARE_ARMS;
    const att_status status = att_engine_experiment_see(engine, key, see_experiment, s, s->err);
    return status ? status : s->status;
}

static att_status find_holdout(att_engine *engine, arms_sought *s)
{
    att_policy policy;
    int64_t since_ms = 0;
    const att_status status = att_engine_holdout_policy(engine, &policy, &since_ms, s->err);
    if (!status && !since_ms)
        return no(s->err, "compare: there is no holdout yet: it begins with the first experiment%.*s", (att_text){0});
    s->options->compare = ATT_COMPARE_ARMS;
    s->options->arms[1].variation = ATT_ARM_REST;
    s->options->group_names[0] = "the holdout";
    s->options->group_names[1] = "all others";
    return status;
}

static att_status read_options(att_engine *engine, const json_t *query, arms_sought *s)
{
    att_longrun_options *o = s->options;
    const att_text by = shape_text(query, "by"), compare = shape_text(query, "compare");
    o->by = by.size && by.data[0] == 'd' ? ATT_BY_DAY : ATT_BY_WEEK;
    o->churn_days = (uint32_t)shape_whole(query, "churn_days", o->churn_days);
    o->early_session_ms = (int64_t)(1000 * shape_number(query, "left_s", (double)o->early_session_ms / 1000));
    o->alarm = shape_number(query, "alarm", o->alarm);
    o->people_min = o->answers_min = (uint32_t)shape_whole(query, "least", o->people_min);
    (void)shape_time(query, "from", &o->from_ms); // the shape has looked
    (void)shape_time(query, "to", &o->to_ms);
    (void)shape_time(query, "at", &o->at_ms);
    o->split_seed = (uint64_t)shape_whole(query, "seed", 1);
    unsigned which = 0;
    while (compare.size && httpd_compare_name(which) && !att_text_equal(compare, att_text_of(httpd_compare_name(which))))
        which++;
    switch (which) {
    case 1:
        o->compare = ATT_COMPARE_TIME;
        return o->at_ms ? ATT_OK : no(s->err, "at: compare=time needs the moment%.*s", (att_text){0});
    case 2: o->compare = ATT_COMPARE_HALVES; return ATT_OK;
    case 3: return find_arms(engine, query, s);
    case 4: return find_holdout(engine, s);
    default: return ATT_OK;
    }
}

static att_status report(att_engine *engine, const json_t *query, httpd_out *result, att_error *err)
{
    att_longrun_options options = att_longrun_options_default();
    arms_sought s = {.options = &options, .err = err};
    att_longrun *made = NULL;
    att_status status = read_options(engine, query, &s);
    if (!status)
        status = att_engine_longrun(engine, &options, &made, err);
    if (!status)
        httpd_write_json(result, say_longrun(made));
    att_longrun_destroy(made);
    return status;
}

att_status httpd_report_work(att_engine *engine, const att_host *host, const json_t *request, httpd_out *result, att_error *err)
{
    (void)host;
    return report(engine, json_object_get(request, "report"), result, err);
}

static void make_report(httpd_exchange *x)
{
    att_error err = {0};
    httpd_refused(x, report(x->engine, x->query, &x->answer, &err), 422, &err);
}

void httpd_report_get(httpd_exchange *x)
{
    httpd_later(x, make_report);
}
