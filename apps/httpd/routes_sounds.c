// SPDX-License-Identifier: Apache-2.0
// httpd/routes_sounds.c - sound files: kept by the hash of their bytes, told of, given back. What is done with them is a job (sound_work.c).
#include "jobs.h"
#include "server.h"
#include "sounds.h"

#include <string.h>

// Decoding ends when the service is told to stop.
static att_host host_of(const httpd_exchange *x)
{
    att_host host = x->worker->server->host;
    host.progress = httpd_progress;
    return host;
}

static void run(httpd_exchange *x, void (*work)(httpd_exchange *x))
{
    x->later = work;
    httpd_later_now(x);
    x->later = NULL;
}

static void answer_sound(httpd_exchange *x, const sound_about *about)
{
    out_open(&x->answer, '{');
    httpd_write_sound(&x->answer, about);
    out_close(&x->answer, '}');
}

static void take_sound(httpd_exchange *x)
{
    const att_host host = host_of(x);
    sound_about about;
    att_error err = {0};
    if (!x->body.size) {
        httpd_problem(x, 400, NULL, "the body is empty, expected a sound file");
        return;
    }
    att_status status = httpd_sound_measure(&about, x->body.data, x->body.size, &host, &err);
    if (status == ATT_INVALID || status == ATT_CORRUPT) {
        httpd_problem(x, 415, NULL, "the body is no sound that can be read: %s", err.text);
        return;
    }
    if (!status)
        status = att_engine_asset_add(x->engine, x->body.data, x->body.size, att_text_of(about.type), about.hash, &err);
    if (status)
        httpd_failed(x, status, &err);
    else
        answer_sound(x, &about);
}

void httpd_sound_post(httpd_exchange *x)
{
    run(x, take_sound);
}

static void no_sound(httpd_exchange *x)
{
    httpd_problem(x, 404, "sound", "there is no sound \"%.64s\"", x->params[0]);
}

typedef struct measuring {
    const att_host *host;
    sound_about about;
    att_status status;
    att_error err;
} measuring;

static void measure(void *user, const void *data, size_t size)
{
    measuring *m = user;
    m->status = httpd_sound_measure(&m->about, data, size, m->host, &m->err);
}

// Other bytes of the store, such as the plan of something that was made, are no sounds.
static void tell_sound(httpd_exchange *x)
{
    const att_host host = host_of(x);
    measuring m = {.host = &host};
    att_status status = att_engine_asset_see(x->engine, att_text_of(x->params[0]), measure, &m, &m.err);
    if (!status)
        status = m.status;
    if (status == ATT_NOT_FOUND || status == ATT_INVALID) {
        no_sound(x);
    } else if (status) {
        httpd_failed(x, status, &m.err);
    } else {
        snprintf(m.about.hash, sizeof m.about.hash, "%s", x->params[0]);
        answer_sound(x, &m.about);
    }
}

void httpd_sound_get(httpd_exchange *x)
{
    run(x, tell_sound);
}

static void put_bytes(void *user, const void *data, size_t size)
{
    out_raw(user, data, size);
}

void httpd_sound_content(httpd_exchange *x)
{
    att_error err = {0};
    const att_status status = att_engine_asset_see(x->engine, att_text_of(x->params[0]), put_bytes, &x->answer, &err);
    if (status == ATT_NOT_FOUND || status == ATT_INVALID)
        no_sound(x);
    else if (status)
        httpd_failed(x, status, &err);
}

static void look_away(void *user, const void *data, size_t size)
{
    (void)user, (void)data, (void)size;
}

bool httpd_sound_there(httpd_exchange *x)
{
    att_error err = {0};
    const att_status status = att_engine_asset_see(x->engine, att_text_of(x->params[0]), look_away, NULL, &err);
    if (status == ATT_NOT_FOUND || status == ATT_INVALID)
        no_sound(x);
    else if (status)
        httpd_failed(x, status, &err);
    return !status;
}

// A sound, or notes: what is told by the first bytes alone.
static void measure_any(void *user, const void *data, size_t size)
{
    measuring *m = user;
    m->status = strcmp(httpd_sound_type(data, size), "audio/midi") == 0 ? ATT_OK
                                                                        : httpd_sound_measure(&m->about, data, size, m->host, &m->err);
}

// What a job still needs stays, and so does what was made as an item: its bytes are what the log judges.
static void drop_sound(httpd_exchange *x)
{
    const att_host host = host_of(x);
    measuring m = {.host = &host};
    httpd_job_view job;
    const att_text hash = att_text_of(x->params[0]);
    att_status status = att_engine_asset_see(x->engine, hash, measure_any, &m, &m.err);
    if (!status)
        status = m.status;
    if (!status && httpd_job_naming(x->worker->server->jobs, x->engine, x->params[0], &job)) {
        httpd_problem(x, 409, "sound", "job %s uses it and %s: wait for it, or cancel it", job.id,
            job.state == HTTPD_JOB_WAITING ? "waits" : "runs");
        return;
    }
    if (!status)
        status = att_engine_asset_delete(x->engine, hash, &m.err);
    if (status == ATT_NOT_FOUND || status == ATT_INVALID) {
        no_sound(x);
    } else if (status) {
        httpd_failed(x, status, &m.err);
    } else {
        out_open(&x->answer, '{');
        out_key_string(&x->answer, "sound", x->params[0]);
        out_close(&x->answer, '}');
    }
}

void httpd_sound_delete(httpd_exchange *x)
{
    run(x, drop_sound);
}
