// SPDX-License-Identifier: Apache-2.0
// httpd/jobs.h - work that takes longer than a turn of the loop may: on threads of its own.
//
// Two kinds. A *job* is asked for, answered at once with its id, looked at, listened to and cancelled: trainings, reports, what is made, what is done with sounds.
// Jobs are kept in memory alone: a service that was restarted knows none. *Later* is an answer that is made on a thread of
// its tenant (lines.c) while its connection is suspended: the client waits, the worker does not.
//
// Threads: two for jobs (of which at most one trains). Who stops the service cancels all of
// them at their next safe point.
#ifndef ATT_HTTPD_JOBS_H
#define ATT_HTTPD_JOBS_H

#include "httpd.h"

#define HTTPD_JOBS_LIVE_MAX 16 // that wait or run
#define HTTPD_JOBS_KEPT_MAX 64 // that ended and can still be looked at

// Columns: name, wire name.
#define HTTPD_JOB_STATE_LIST(X) X(WAITING, "waiting") X(RUNNING, "running") X(DONE, "done") X(FAILED, "failed") X(CANCELLED, "cancelled")
typedef enum httpd_job_state {
#define X(name, wire) HTTPD_JOB_##name,
    HTTPD_JOB_STATE_LIST(X)
#undef X
    HTTPD_JOB_STATE_COUNT
} httpd_job_state;
const char *httpd_job_state_name(unsigned state); // "?" out of range

typedef struct httpd_job httpd_job;

// What a job does. `result` takes JSON. Runs on a job's thread, without a lock.
typedef att_status httpd_job_work(att_engine *engine, const att_host *host, const json_t *request, httpd_out *result, att_error *err);
typedef struct httpd_job_kind {
    const char *name; // "train"
    bool alone;       // never two of it at the same time
    httpd_job_work *work;
} httpd_job_kind;

// A job as it was at one moment; nothing in it belongs to the table.
typedef struct httpd_job_view {
    char id[32], key[65], task[96], unit[16], problem[504];
    const httpd_job_kind *kind;
    httpd_job_state state;
    bool cancelling;
    int64_t created_ms, started_ms, ended_ms;
    uint64_t done, total;
    uint64_t change; // grows with everything that happens to it
} httpd_job_view;

att_status httpd_jobs_open(httpd_jobs **out, const att_host *host, att_error *err);
// Cancels everything; nothing new is taken.
void httpd_jobs_stop(httpd_jobs *jobs);
void httpd_jobs_close(httpd_jobs *jobs); // waits for the threads; NULL is fine

// Takes `request` (a reference). A live or kept job of the same engine, kind and key (not "") is found instead of made. ATT_BUSY: too
// many wait.
att_status httpd_job_start(httpd_jobs *jobs, att_engine *engine, const httpd_job_kind *kind, att_text key, json_t *request,
    httpd_job_view *out, att_error *err);
// False: this engine has no such job. `result` (may be NULL) takes what it came to.
bool httpd_job_get(httpd_jobs *jobs, const att_engine *engine, const char *id, httpd_job_view *out, httpd_out *result);
// Newest first, until false.
typedef bool httpd_job_seer(void *user, const httpd_job_view *job);
void httpd_jobs_each(httpd_jobs *jobs, const att_engine *engine, httpd_job_seer *see, void *user);
// A job that waits or runs, and whose request holds this text anywhere. False: none.
bool httpd_job_naming(httpd_jobs *jobs, const att_engine *engine, const char *text, httpd_job_view *out);
// Asks it to stop. False: there is none; *out tells its state, which may be an end.
bool httpd_job_cancel(httpd_jobs *jobs, const att_engine *engine, const char *id, httpd_job_view *out);

// Called by a handler as its last act: `work` makes the answer on another thread.
void httpd_later(httpd_exchange *x, void (*work)(httpd_exchange *x));
void httpd_later_now(httpd_exchange *x); // the line's thread

#endif
