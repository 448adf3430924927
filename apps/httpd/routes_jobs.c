// SPDX-License-Identifier: Apache-2.0
// httpd/routes_jobs.c - jobs: start, look, listen, cancel; and the training.
#include "jobs.h"
#include "routes.h"

#include "say/say.h"

#include <stdlib.h>
#include <string.h>

void httpd_write_json(httpd_out *o, json_t *value)
{
    char *text = value ? json_dumps(value, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_ENCODE_ANY | JSON_REAL_PRECISION(9)) : NULL;
    json_decref(value);
    if (text)
        out_string(o, text);
    else
        o->failed = true;
    free(text);
}

// --- What jobs do -----------------------------------------------------------------------------------------------

static att_status train(att_engine *engine, const att_host *host, const json_t *request, httpd_out *result, att_error *err)
{
    (void)host;
    const json_t *o = json_object_get(request, "train");
    char kind[16] = "auto";
    if (shape_text(o, "kind").size)
        snprintf(kind, sizeof kind, "%.*s", (int)shape_text(o, "kind").size, shape_text(o, "kind").data);
    const att_train_options options = {.kind = kind,
        .dim = (uint32_t)shape_whole(o, "dim", 0),
        .threads = (uint32_t)shape_whole(o, "threads", 0),
        .seed = (uint64_t)shape_whole(o, "seed", 0),
        .incremental = shape_bool(o, "incremental", false),
        .validated = shape_bool(o, "validated", false)};
    att_train_report report = {0};
    att_train_need need = {.needed = true};
    const att_status status = shape_bool(o, "if_needed", false)
                                  ? att_engine_train_if_needed(engine, &options, &need, &report, err)
                                  : att_engine_train(engine, &options, &report, err);
    if (!status)
        httpd_write_json(result, need.needed ? say_training(&report) : json_null());
    return status;
}

// In the order of kind_of in shapes_jobs.c.
static const httpd_job_kind kinds[] = {{"train", true, train}, {"report", false, httpd_report_work}, {"generate", false, httpd_generate_work},
#ifdef ATT_MUSIC
    {"sound", false, httpd_sound_work}, {"compose", false, httpd_compose_work},
#endif
};

// --- Routes -----------------------------------------------------------------------------------------------------

static void write_summary(httpd_out *o, const httpd_job_view *job)
{
    out_key_string(o, "id", job->id);
    out_key_string(o, "kind", job->kind->name);
    out_key_text_or_null(o, "key", att_text_of(job->key));
    out_key_string(o, "state", httpd_job_state_name(job->state));
    out_key_bool(o, "cancelling", job->cancelling);
    out_key_time(o, "created_at", job->created_ms);
    out_key_time(o, "started_at", job->started_ms);
    out_key_time(o, "ended_at", job->ended_ms);
    out_key_string(o, "task", job->task);
    out_key_whole(o, "done", job->done);
    out_key_whole(o, "total", job->total);
    out_key_string(o, "unit", job->unit);
    out_key_text_or_null(o, "problem", att_text_of(job->problem));
}

static bool write_row(void *user, const httpd_job_view *job)
{
    httpd_out *o = user;
    out_item(o);
    out_open(o, '{');
    write_summary(o, job);
    out_close(o, '}');
    return !o->failed;
}

static void answer_summary(httpd_exchange *x, const httpd_job_view *job)
{
    out_open(&x->answer, '{');
    write_summary(&x->answer, job);
    out_close(&x->answer, '}');
}

static void no_job(httpd_exchange *x)
{
    httpd_problem(x, 404, "job", "there is no job \"%.40s\"; jobs end with the service", x->params[0]);
}

static void start_job(httpd_exchange *x, const httpd_job_kind *kind, json_t *request)
{
    httpd_job_view job;
    att_error err = {0};
    const att_status status = httpd_job_start(x->worker->server->jobs, x->engine, kind, shape_text(request, "key"), request, &job, &err);
    if (status) {
        httpd_failed(x, status, &err);
        return;
    }
    snprintf(x->location, sizeof x->location, "/v1/jobs/%s", job.id);
    answer_summary(x, &job);
}

// The same as a job of the kind "generate".
void httpd_generation_post(httpd_exchange *x)
{
    json_t *request = json_pack("{s:s,s:O}", "kind", "generate", "generate", x->json);
    const att_text medium = shape_text(x->json, "medium");
    if (!request)
        httpd_problem(x, 503, NULL, "memory ran out for a job");
    else if (!att_engine_world_named(x->engine, medium))
        httpd_problem(x, 422, "medium", "medium: this service makes no \"%.*s\"", (int)medium.size, medium.data);
    else
        start_job(x, &kinds[2], request);
    json_decref(request);
}

#ifdef ATT_MUSIC
static bool task_is_whole(httpd_exchange *x, const json_t *task, const char *(*fault)(const json_t *task, char text[200]))
{
    char text[200];
    const char *field = fault(task, text);
    if (field)
        httpd_problem(x, 422, field, "%s: %s", field, text);
    return !field;
}

// The same as a job of the kind "sound".
void httpd_sound_job_post(httpd_exchange *x)
{
    if (!task_is_whole(x, x->json, httpd_sound_task_fault) || !httpd_sound_there(x))
        return;
    json_t *task = json_copy(x->json), *key = json_object_get(x->json, "key");
    json_object_set_new(task, "sound", json_string(x->params[0]));
    json_object_del(task, "key");
    json_t *request = json_pack("{s:s,s:o,s:O*}", "kind", "sound", "sound", task, "key", key);
    if (request)
        start_job(x, &kinds[3], request);
    else
        httpd_problem(x, 503, NULL, "memory ran out for a job");
    json_decref(request);
}
#endif

void httpd_job_post(httpd_exchange *x)
{
    const att_text name = shape_text(x->json, "kind");
    const httpd_job_kind *kind = &kinds[0];
    while (!att_text_equal(att_text_of(kind->name), name))
        kind++; // the shape has looked
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (&kinds[i] != kind && json_object_get(x->json, kinds[i].name)) {
            httpd_problem(x, 422, kinds[i].name, "%s: belongs to another kind of job than %s", kinds[i].name, kind->name);
            return;
        }
    if (kind >= &kinds[2] && !json_object_get(x->json, kind->name)) {
        httpd_problem(x, 422, kind->name, "%s: expected, with what is to be made", kind->name);
        return;
    }
#ifdef ATT_MUSIC
    if (kind >= &kinds[3] && !task_is_whole(x, json_object_get(x->json, kind->name), kind == &kinds[3] ? httpd_sound_task_fault : httpd_compose_fault))
        return;
#endif
    start_job(x, kind, x->json);
}

void httpd_jobs_get(httpd_exchange *x)
{
    out_open(&x->answer, '{');
    out_key(&x->answer, "jobs");
    out_open(&x->answer, '[');
    httpd_jobs_each(x->worker->server->jobs, x->engine, write_row, &x->answer);
    out_close(&x->answer, ']');
    out_close(&x->answer, '}');
}

void httpd_job_show(httpd_exchange *x)
{
    httpd_job_view job;
    httpd_out result = {0}, *o = &x->answer;
    if (!httpd_job_get(x->worker->server->jobs, x->engine, x->params[0], &job, &result)) {
        no_job(x);
        return;
    }
    out_open(o, '{');
    write_summary(o, &job);
    const char *const keys[] = {"training", "report", "generated",
#ifdef ATT_MUSIC
        "sound", "composed",
#endif
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        out_key(o, keys[i]);
        if (job.kind == &kinds[i] && result.size)
            out_raw(o, result.data, result.size);
        else
            out_string(o, "null");
    }
    out_close(o, '}');
    o->failed |= result.failed;
    out_free(&result);
}

void httpd_job_cancel_post(httpd_exchange *x)
{
    httpd_job_view job;
    if (!httpd_job_cancel(x->worker->server->jobs, x->engine, x->params[0], &job))
        no_job(x);
    else if (job.state == HTTPD_JOB_DONE || job.state == HTTPD_JOB_FAILED)
        httpd_problem(x, 409, "job", "the job has ended: %s", httpd_job_state_name(job.state));
    else
        answer_summary(x, &job);
}

// --- Listening --------------------------------------------------------------------------------------------------

static bool has_ended(const httpd_job_view *job)
{
    return job->state > HTTPD_JOB_RUNNING;
}

static bool job_has_news(const httpd_exchange *x)
{
    httpd_job_view job;
    return !httpd_job_get(x->worker->server->jobs, x->engine, x->params[0], &job, NULL) || job.change != x->fed;
}

// One event: its name is the job's state, its id the number of the change, its data the summary.
static bool feed_job(httpd_exchange *x)
{
    httpd_job_view job;
    httpd_out *o = &x->answer;
    if (!httpd_job_get(x->worker->server->jobs, x->engine, x->params[0], &job, NULL))
        return false;
    if (job.change == x->fed)
        return !has_ended(&job);
    x->fed = job.change;
    out_printf(o, "id: %llu\nevent: %s\ndata: {", (unsigned long long)job.change, httpd_job_state_name(job.state));
    o->comma = false;
    write_summary(o, &job);
    out_string(o, "}\n\n");
    return !has_ended(&job);
}

// Who comes back with the number of the last change and the job has ended is told by 204 that nothing will follow: a
// browser's EventSource then stops asking.
void httpd_job_events(httpd_exchange *x)
{
    httpd_job_view job;
    if (!httpd_job_get(x->worker->server->jobs, x->engine, x->params[0], &job, NULL)) {
        no_job(x);
        return;
    }
    const char *last = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Last-Event-ID");
    const uint64_t known = last ? strtoull(last, NULL, 10) : 0;
    if (has_ended(&job) && known >= job.change) {
        x->status = 204;
        return;
    }
    if (!httpd_stream_start(x, feed_job, job_has_news))
        return;
    x->fed = known;
    out_string(&x->answer, "retry: 2000\n\n");
}
