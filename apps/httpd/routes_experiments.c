// SPDX-License-Identifier: Apache-2.0
// httpd/routes_experiments.c - experiments: define, start, stop, who is in which arm, and what came of it.
#include "jobs.h"
#include "routes.h"

#include "say/say.h"

#include <string.h>

// --- Definitions ------------------------------------------------------------------------------------------------

typedef struct listing {
    httpd_out *o;
    const att_assignment *assignment; // only its arms, as who is in them; NULL: experiments
} listing;

static bool write_experiment(void *user, const att_experiment *e)
{
    const listing *l = user;
    if (!l->assignment) {
        out_item(l->o);
        httpd_write_json(l->o, say_experiment(e));
        return !l->o->failed;
    }
    for (size_t a = 0; a < l->assignment->count; a++) {
        const att_arm arm = l->assignment->arms[a];
        if (arm.experiment != e->number || arm.variation >= e->variation_count)
            continue;
        out_item(l->o);
        out_open(l->o, '{');
        out_key_text(l->o, "experiment", e->key);
        out_key_text(l->o, "variation", e->variations[arm.variation].key);
        out_key_whole(l->o, "index", arm.variation);
        out_close(l->o, '}');
    }
    return !l->o->failed;
}

void httpd_experiments_get(httpd_exchange *x)
{
    listing l = {.o = &x->answer};
    att_policy baseline;
    int64_t since_ms = 0;
    att_error err = {0};
    out_open(l.o, '{');
    out_key(l.o, "experiments");
    out_open(l.o, '[');
    att_status status = att_engine_experiments_each(x->engine, write_experiment, &l, &err);
    if (!status)
        status = att_engine_holdout_policy(x->engine, &baseline, &since_ms, &err);
    if (status) {
        httpd_failed(x, status, &err);
        return;
    }
    out_close(l.o, ']');
    out_key_number(l.o, "holdout_share", att_engine_policy(x->engine).experiments.holdout_share);
    out_key_time(l.o, "holdout_since", since_ms);
    out_close(l.o, '}');
}

static bool write_alone(void *user, const att_experiment *e)
{
    httpd_write_json(user, say_experiment(e));
    return false;
}

// What is there now, as the answer to a change of it.
static void answer_experiment(httpd_exchange *x, att_text key, att_status status, att_error *err)
{
    if (!status)
        status = att_engine_experiment_see(x->engine, key, write_alone, &x->answer, err);
    httpd_refused(x, status, 409, err);
}

void httpd_experiment_get(httpd_exchange *x)
{
    att_error err = {0};
    answer_experiment(x, att_text_of(x->params[0]), ATT_OK, &err);
}

void httpd_experiment_post(httpd_exchange *x)
{
    att_experiment *experiment = NULL;
    att_error err = {0};
    att_status status = att_experiment_parse(&experiment, (att_text){x->body.data ? x->body.data : "", x->body.size}, "experiment",
        &x->worker->server->host, &err);
    if (status) {
        httpd_refused(x, status, 422, &err);
    } else {
        status = att_engine_experiment_create(x->engine, experiment, &err);
        answer_experiment(x, experiment->key, status, &err);
    }
    att_experiment_destroy(experiment);
}

void httpd_experiment_start(httpd_exchange *x)
{
    att_error err = {0};
    const att_text key = att_text_of(x->params[0]);
    answer_experiment(x, key, att_engine_experiment_start(x->engine, key, &err), &err);
}

void httpd_experiment_stop(httpd_exchange *x)
{
    att_error err = {0};
    const att_text key = att_text_of(x->params[0]);
    answer_experiment(x, key, att_engine_experiment_stop(x->engine, key, &err), &err);
}

void httpd_holdout_restart(httpd_exchange *x)
{
    att_error err = {0};
    const att_status status = att_engine_holdout_restart(x->engine, &err);
    if (status)
        httpd_refused(x, status, 409, &err);
    else
        httpd_experiments_get(x);
}

// --- People in arms ---------------------------------------------------------------------------------------------

void httpd_person_arms(httpd_exchange *x)
{
    att_assignment assignment;
    listing l = {.o = &x->answer, .assignment = &assignment};
    att_error err = {0};
    att_status status = att_engine_assign(x->engine, att_text_of(x->params[0]), &assignment, &err);
    if (!status) {
        out_open(l.o, '{');
        out_key_string(l.o, "user", x->params[0]);
        out_key_bool(l.o, "held_out", assignment.held_out);
        out_key(l.o, "arms");
        out_open(l.o, '[');
        status = att_engine_experiments_each(x->engine, write_experiment, &l, &err);
        out_close(l.o, ']');
        out_close(l.o, '}');
    }
    if (status)
        httpd_failed(x, status, &err);
}

void httpd_exposure_post(httpd_exchange *x)
{
    const att_text user = shape_text(x->json, "user"), experiment = shape_text(x->json, "experiment"),
                   variation = shape_text(x->json, "variation");
    const bool by_decision = shape_text(x->json, "decision").size > 0;
    uint64_t decision;
    att_error err = {0};
    if (!httpd_read_decision(x, x->json, "decision", &decision))
        return;
    if (by_decision ? experiment.size || variation.size : !experiment.size || !variation.size) {
        httpd_problem(x, 422, by_decision ? "decision" : "experiment", "expected either decision, or experiment and variation");
        return;
    }
    const att_status status = by_decision ? att_engine_expose(x->engine, user, decision, &err)
                                          : att_engine_expose_arm(x->engine, user, experiment, variation, &err);
    if (status) {
        httpd_refused(x, status, 422, &err);
        return;
    }
    out_open(&x->answer, '{');
    out_key_text(&x->answer, "user", user);
    out_close(&x->answer, '}');
}

// --- Reading out ------------------------------------------------------------------------------------------------

static void make_readout(httpd_exchange *x)
{
    att_readout_options options = att_readout_options_default();
    att_readout *readout = NULL;
    att_error err = {0};
    options.alpha = shape_number(x->query, "alpha", options.alpha);
    options.before_days = (uint32_t)shape_whole(x->query, "before_days", options.before_days);
    (void)shape_time(x->query, "until", &options.until_ms); // the shape has looked
    const att_status status = att_engine_experiment_read(x->engine, att_text_of(x->params[0]), &options, &readout, &err);
    if (!status)
        httpd_write_json(&x->answer, say_readout(readout));
    att_readout_destroy(readout);
    httpd_refused(x, status, 409, &err);
}

void httpd_experiment_readout(httpd_exchange *x)
{
    httpd_later(x, make_readout);
}

static void write_point(httpd_out *o, const att_readout *r)
{
    out_item(o);
    out_open(o, '{');
    out_key_time(o, "until", r->until_ms);
    out_key_number(o, "days", r->days);
    out_key(o, "metrics");
    out_open(o, '[');
    for (size_t i = 0; i < r->line_count; i++) {
        out_item(o);
        httpd_write_json(o, say_readout_line(r, &r->lines[i]));
    }
    out_close(o, ']');
    out_close(o, '}');
}

static bool see_span(void *user, const att_experiment *e)
{
    int64_t *span_ms = user;
    span_ms[0] = e->started_ms;
    span_ms[1] = e->stopped_ms;
    return false;
}

// Read again and again, each time as it was at the end of another part of its life.
static void make_timeline(httpd_exchange *x)
{
    const att_text key = att_text_of(x->params[0]);
    const att_host *host = &x->worker->server->host;
    const int64_t points = shape_whole(x->query, "points", 10);
    int64_t span_ms[2] = {0, 0};
    att_readout_options options = att_readout_options_default();
    att_error err = {0};
    options.alpha = shape_number(x->query, "alpha", options.alpha);
    att_status status = att_engine_experiment_see(x->engine, key, see_span, span_ms, &err);
    if (!status && !span_ms[0]) {
        httpd_problem(x, 409, NULL, "the experiment has not been started");
        return;
    }
    if (!span_ms[1])
        span_ms[1] = host->now_ms(host->user);
    httpd_out *o = &x->answer;
    out_open(o, '{');
    out_key_text(o, "experiment", key);
    out_key(o, "points");
    out_open(o, '[');
    for (int64_t p = 1; p <= points && !status; p++) {
        att_readout *readout = NULL;
        options.until_ms = span_ms[0] + (span_ms[1] - span_ms[0]) * p / points;
        if (options.until_ms <= span_ms[0])
            options.until_ms = span_ms[0] + 1;
        status = att_engine_experiment_read(x->engine, key, &options, &readout, &err);
        if (!status)
            write_point(o, readout);
        att_readout_destroy(readout);
    }
    out_close(o, ']');
    out_close(o, '}');
    httpd_refused(x, status, 409, &err);
}

void httpd_experiment_timeline(httpd_exchange *x)
{
    httpd_later(x, make_timeline);
}
