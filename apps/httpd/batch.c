// SPDX-License-Identifier: Apache-2.0
// httpd/batch.c - group commit: all events, or all decisions, that one turn of the loop has read.
//
// A group is all or nothing. When it fails, each request of it is tried alone, so that one bad request never speaks for
// the others; after a failure of the disk this tells each of them so.
#include "httpd.h"
#include "routes.h"

#include <stdlib.h>

#define GROUP_MAX 256

static size_t take_group(httpd_exchange **next, httpd_exchange **out)
{
    size_t count = 0;
    while (*next && count < GROUP_MAX) {
        out[count++] = *next;
        *next = (*next)->next;
    }
    return count;
}

// --- Events -----------------------------------------------------------------------------------------------------

static void answer_event(httpd_exchange *x, att_status status, const att_error *err)
{
    if (status) {
        httpd_failed(x, status, err);
        return;
    }
    x->worker->counts.events += x->added;
    x->worker->counts.duplicates += !x->added;
    out_open(&x->answer, '{');
    out_key_bool(&x->answer, "added", x->added);
    out_close(&x->answer, '}');
    x->answered = true;
}

static void write_events(httpd_exchange *const *group, size_t count)
{
    att_event events[GROUP_MAX] = {0};
    bool added[GROUP_MAX];
    for (size_t i = 0; i < count; i++)
        events[i] = group[i]->event;
    att_error err = {0};
    const att_status status = att_engine_events_each(group[0]->engine, events, count, added, &err);
    if (!status || count == 1) {
        for (size_t i = 0; i < count; i++) {
            group[i]->added = added[i];
            answer_event(group[i], status, &err);
        }
        return;
    }
    for (size_t i = 0; i < count; i++) {
        err = (att_error){0};
        const att_status alone = att_engine_events_each(group[i]->engine, &group[i]->event, 1, &group[i]->added, &err);
        answer_event(group[i], alone, &err);
    }
}

void httpd_flush_events(httpd_worker *worker, httpd_exchange *first)
{
    (void)worker;
    httpd_exchange *group[GROUP_MAX], *next = first;
    for (size_t count; (count = take_group(&next, group)) > 0;)
        write_events(group, count);
}

// --- Decisions --------------------------------------------------------------------------------------------------

static void answer_decision(httpd_exchange *x, att_status status, const att_error *err)
{
    if (status) {
        httpd_failed(x, status, err);
        return;
    }
    x->worker->counts.decisions++;
    httpd_write_slate(&x->answer, &x->slate);
    x->answered = true;
}

static void decide_alone(httpd_exchange *x)
{
    att_error err = {0};
    const att_status status = att_engine_decide(x->engine, &x->request, x->slate_memory, &x->slate, &err);
    answer_decision(x, status, &err);
}

static void decide_group(httpd_exchange *const *group, size_t count)
{
    att_request requests[GROUP_MAX];
    att_slate_memory *memories[GROUP_MAX];
    att_slate *slates = malloc(count * sizeof *slates);
    for (size_t i = 0; i < count; i++) {
        requests[i] = group[i]->request;
        memories[i] = group[i]->slate_memory;
    }
    att_error err = {0};
    const att_status status = !slates || count == 1
                                  ? ATT_BUSY
                                  : att_engine_decide_many(group[0]->engine, requests, count, memories, slates, &err);
    for (size_t i = 0; i < count; i++) {
        if (status) {
            decide_alone(group[i]);
            continue;
        }
        group[i]->slate = slates[i];
        answer_decision(group[i], ATT_OK, NULL);
    }
    free(slates);
}

// Dry requests cannot share a call with real ones, and have nothing to commit: each goes alone.
void httpd_flush_decisions(httpd_worker *worker, httpd_exchange *first)
{
    (void)worker;
    httpd_exchange *group[GROUP_MAX], *next = first;
    for (size_t count; (count = take_group(&next, group)) > 0;) {
        size_t real = 0;
        for (size_t i = 0; i < count; i++) {
            if (group[i]->request.dry)
                decide_alone(group[i]);
            else
                group[real++] = group[i];
        }
        if (real)
            decide_group(group, real);
    }
}
