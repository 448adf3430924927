// SPDX-License-Identifier: Apache-2.0
// httpd/jobs.c - a table of jobs under one lock, two threads, and the way that progress takes to the job it belongs to.
//
// The library tells progress on the thread that called it, so the job is found by the thread (a thread-local pointer).
#include "jobs.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define JOB_THREADS 2

struct httpd_job {
    httpd_job *next; // newer first
    att_engine *engine;
    json_t *request;
    httpd_out result;
    httpd_job_view view; // as it is now
};

struct httpd_jobs {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    att_host host;
    httpd_job *first;
    size_t live, kept;
    uint64_t last_number;
    bool stopping;
    pthread_t threads[JOB_THREADS];
    size_t thread_count;
};

// What this thread is at: of a job, or of an answer (then `job` is NULL).
typedef struct at_work {
    httpd_jobs *jobs;
    httpd_job *job;
} at_work;
static _Thread_local at_work now_at;

const char *httpd_job_state_name(unsigned state)
{
    static const char *const names[] = {
#define X(name, wire) wire,
        HTTPD_JOB_STATE_LIST(X)
#undef X
    };
    return state < HTTPD_JOB_STATE_COUNT ? names[state] : "?";
}

static bool has_ended(const httpd_job *job)
{
    return job->view.state > HTTPD_JOB_RUNNING;
}

bool httpd_progress(void *user, const att_progress *progress)
{
    (void)user;
    httpd_jobs *jobs = now_at.jobs;
    httpd_job *job = now_at.job;
    if (!jobs)
        return true; // a request's own thread
    pthread_mutex_lock(&jobs->lock);
    const bool go_on = !jobs->stopping && !(job && job->view.cancelling);
    if (job) {
        snprintf(job->view.task, sizeof job->view.task, "%s", progress->task);
        snprintf(job->view.unit, sizeof job->view.unit, "%s", progress->unit ? progress->unit : "");
        job->view.done = progress->done;
        job->view.total = progress->total;
        job->view.change++;
    }
    pthread_mutex_unlock(&jobs->lock);
    return go_on;
}

// --- The table --------------------------------------------------------------------------------------------------

static void free_job(httpd_job *job)
{
    json_decref(job->request);
    out_free(&job->result);
    free(job);
}

// Under the lock, before one more ends: when as many are kept as may be, the one goes that ended first.
static void make_room(httpd_jobs *jobs)
{
    httpd_job **oldest = NULL;
    if (jobs->kept < HTTPD_JOBS_KEPT_MAX)
        return;
    for (httpd_job **at = &jobs->first; *at; at = &(*at)->next)
        if (has_ended(*at) && (!oldest || (*at)->view.ended_ms <= (*oldest)->view.ended_ms))
            oldest = at;
    httpd_job *job = *oldest;
    *oldest = job->next;
    jobs->kept--;
    free_job(job);
}

static void end_job(httpd_jobs *jobs, httpd_job *job, httpd_job_state state, const char *problem)
{
    make_room(jobs);
    job->view.state = state;
    job->view.ended_ms = jobs->host.now_ms(jobs->host.user);
    job->view.change++;
    snprintf(job->view.problem, sizeof job->view.problem, "%s", problem);
    jobs->live--;
    jobs->kept++;
}

static httpd_job *find(const httpd_jobs *jobs, const att_engine *engine, const char *id)
{
    httpd_job *job = jobs->first;
    while (job && (job->engine != engine || strcmp(job->view.id, id) != 0))
        job = job->next;
    return job;
}

static httpd_job *find_key(const httpd_jobs *jobs, const att_engine *engine, const httpd_job_kind *kind, att_text key)
{
    httpd_job *job = key.size ? jobs->first : NULL;
    while (job && (job->engine != engine || job->view.kind != kind || !att_text_equal(att_text_of(job->view.key), key)))
        job = job->next;
    return job;
}

static att_status say_no(att_error *err, att_status status, const char *format, ...) ATT_PRINTF(3, 4);
static att_status say_no(att_error *err, att_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    err->status = status;
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return status;
}

static att_status add_job(httpd_jobs *jobs, att_engine *engine, const httpd_job_kind *kind, att_text key, json_t *request,
    httpd_job **out, att_error *err)
{
    if (jobs->stopping)
        return say_no(err, ATT_BUSY, "the service is stopping");
    if (jobs->live >= HTTPD_JOBS_LIVE_MAX)
        return say_no(err, ATT_BUSY, "%d jobs wait or run, the most there may be", HTTPD_JOBS_LIVE_MAX);
    httpd_job *job = *out = calloc(1, sizeof *job);
    if (!job)
        return say_no(err, ATT_NO_MEMORY, "memory ran out for a job");
    job->engine = engine;
    job->request = json_incref(request);
    job->next = jobs->first;
    jobs->first = job;
    jobs->live++;
    job->view.kind = kind;
    job->view.created_ms = jobs->host.now_ms(jobs->host.user);
    job->view.change = 1;
    snprintf(job->view.key, sizeof job->view.key, "%.*s", (int)key.size, key.data ? key.data : "");
    // With the time in it, so that one of before a restart is not taken for one of after.
    snprintf(job->view.id, sizeof job->view.id, "%llx-%llu", (unsigned long long)job->view.created_ms,
        (unsigned long long)++jobs->last_number);
    pthread_cond_broadcast(&jobs->moved);
    return ATT_OK;
}

att_status httpd_job_start(httpd_jobs *jobs, att_engine *engine, const httpd_job_kind *kind, att_text key, json_t *request,
    httpd_job_view *out, att_error *err)
{
    pthread_mutex_lock(&jobs->lock);
    httpd_job *job = find_key(jobs, engine, kind, key);
    const att_status status = job ? ATT_OK : add_job(jobs, engine, kind, key, request, &job, err);
    if (!status)
        *out = job->view;
    pthread_mutex_unlock(&jobs->lock);
    return status;
}

bool httpd_job_get(httpd_jobs *jobs, const att_engine *engine, const char *id, httpd_job_view *out, httpd_out *result)
{
    pthread_mutex_lock(&jobs->lock);
    const httpd_job *job = find(jobs, engine, id);
    if (job)
        *out = job->view;
    if (job && result && has_ended(job))
        out_raw(result, job->result.data, job->result.size);
    pthread_mutex_unlock(&jobs->lock);
    return job != NULL;
}

void httpd_jobs_each(httpd_jobs *jobs, const att_engine *engine, httpd_job_seer *see, void *user)
{
    pthread_mutex_lock(&jobs->lock);
    for (const httpd_job *job = jobs->first; job; job = job->next)
        if (job->engine == engine && !see(user, &job->view))
            break;
    pthread_mutex_unlock(&jobs->lock);
}

static bool holds(const json_t *value, const char *text)
{
    const char *key;
    json_t *inner;
    size_t i;
    if (json_is_string(value))
        return strcasecmp(json_string_value(value), text) == 0; // a hash is one in either case
    json_array_foreach((json_t *)value, i, inner) if (holds(inner, text)) return true;
    json_object_foreach((json_t *)value, key, inner) if (holds(inner, text)) return true;
    return false;
}

bool httpd_job_naming(httpd_jobs *jobs, const att_engine *engine, const char *text, httpd_job_view *out)
{
    pthread_mutex_lock(&jobs->lock);
    httpd_job *job = jobs->first;
    while (job && (job->engine != engine || has_ended(job) || !holds(job->request, text)))
        job = job->next;
    if (job)
        *out = job->view;
    pthread_mutex_unlock(&jobs->lock);
    return job != NULL;
}

bool httpd_job_cancel(httpd_jobs *jobs, const att_engine *engine, const char *id, httpd_job_view *out)
{
    pthread_mutex_lock(&jobs->lock);
    httpd_job *job = find(jobs, engine, id);
    if (job)
        *out = job->view;
    if (job && !has_ended(job) && !job->view.cancelling) {
        job->view.cancelling = true;
        job->view.change++;
        if (job->view.state == HTTPD_JOB_WAITING)
            end_job(jobs, job, HTTPD_JOB_CANCELLED, "");
        *out = job->view;
    }
    pthread_mutex_unlock(&jobs->lock);
    return job != NULL;
}

// --- Threads ----------------------------------------------------------------------------------------------------

static bool runs_alone(const httpd_jobs *jobs, const httpd_job *waiting)
{
    for (const httpd_job *job = jobs->first; job && waiting->view.kind->alone; job = job->next)
        if (job->view.state == HTTPD_JOB_RUNNING && job->view.kind == waiting->view.kind)
            return false;
    return true;
}

// The oldest that may run now.
static httpd_job *next_job(const httpd_jobs *jobs)
{
    httpd_job *oldest = NULL;
    for (httpd_job *job = jobs->first; job; job = job->next)
        if (job->view.state == HTTPD_JOB_WAITING && runs_alone(jobs, job))
            oldest = job;
    return oldest;
}

// Under the lock, which it gives up while it works.
static void run_job(httpd_jobs *jobs, httpd_job *job)
{
    att_error err = {0};
    httpd_out result = {0};
    job->view.state = HTTPD_JOB_RUNNING;
    job->view.started_ms = jobs->host.now_ms(jobs->host.user);
    job->view.change++;
    pthread_mutex_unlock(&jobs->lock);
    now_at = (at_work){jobs, job};
    att_status status = job->view.kind->work(job->engine, &jobs->host, job->request, &result, &err);
    now_at = (at_work){0};
    if (!status && result.failed)
        status = say_no(&err, ATT_NO_MEMORY, "memory ran out for the result");
    pthread_mutex_lock(&jobs->lock);
    job->result = result;
    end_job(jobs, job, !status ? HTTPD_JOB_DONE : status == ATT_CANCELLED ? HTTPD_JOB_CANCELLED : HTTPD_JOB_FAILED,
        status && status != ATT_CANCELLED ? (err.text[0] ? err.text : att_status_text(status)) : "");
    pthread_cond_broadcast(&jobs->moved); // one that may not run beside it
}

static void *run_jobs(void *user)
{
    httpd_jobs *jobs = user;
    pthread_mutex_lock(&jobs->lock);
    while (!jobs->stopping) {
        httpd_job *job = next_job(jobs);
        if (job)
            run_job(jobs, job);
        else
            pthread_cond_wait(&jobs->moved, &jobs->lock);
    }
    pthread_mutex_unlock(&jobs->lock);
    return NULL;
}

void httpd_later(httpd_exchange *x, void (*work)(httpd_exchange *x))
{
    x->later = work;
    httpd_queue(x, HTTPD_WAIT_SLOW);
}

void httpd_later_now(httpd_exchange *x)
{
    now_at = (at_work){x->worker->server->jobs, NULL};
    x->later(x);
    now_at = (at_work){0};
}

// --- Open and close ---------------------------------------------------------------------------------------------

att_status httpd_jobs_open(httpd_jobs **out, const att_host *host, att_error *err)
{
    httpd_jobs *jobs = *out = calloc(1, sizeof *jobs);
    if (!jobs)
        return say_no(err, ATT_NO_MEMORY, "memory ran out for jobs");
    jobs->host = *host;
    jobs->host.progress = httpd_progress;
    pthread_mutex_init(&jobs->lock, NULL);
    pthread_cond_init(&jobs->moved, NULL);
    for (; jobs->thread_count < JOB_THREADS; jobs->thread_count++)
        if (pthread_create(&jobs->threads[jobs->thread_count], NULL, run_jobs, jobs) != 0)
            return say_no(err, ATT_IO, "starting a thread for jobs failed");
    return ATT_OK;
}

void httpd_jobs_stop(httpd_jobs *jobs)
{
    if (!jobs)
        return;
    pthread_mutex_lock(&jobs->lock);
    jobs->stopping = true;
    for (httpd_job *job = jobs->first; job; job = job->next)
        job->view.cancelling |= !has_ended(job);
    pthread_cond_broadcast(&jobs->moved);
    pthread_mutex_unlock(&jobs->lock);
}

void httpd_jobs_close(httpd_jobs *jobs)
{
    if (!jobs)
        return;
    httpd_jobs_stop(jobs);
    for (size_t i = 0; i < jobs->thread_count; i++)
        pthread_join(jobs->threads[i], NULL);
    for (httpd_job *job = jobs->first, *next; job; job = next) {
        next = job->next;
        free_job(job);
    }
    pthread_cond_destroy(&jobs->moved);
    pthread_mutex_destroy(&jobs->lock);
    free(jobs);
}
