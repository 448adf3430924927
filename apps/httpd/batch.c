// SPDX-License-Identifier: Apache-2.0
// httpd/batch.c - group commit: the events, or the decisions, that waited in a line are written at once.
//
// A group is all or nothing. When it fails, each request of it is tried alone, so that one bad request never speaks for
// the others; after a failure of the disk this tells each of them so.
#include "server.h"
#include "routes.h"

// --- Events -----------------------------------------------------------------------------------------------------

static void answer_event(httpd_exchange *x, bool added, att_status status, const att_error *err)
{
    if (status) {
        httpd_failed(x, status, err);
        return;
    }
    HTTPD_COUNT(x, events, added);
    HTTPD_COUNT(x, duplicates, !added);
    out_open(&x->answer, '{');
    out_key_bool(&x->answer, "added", added);
    out_close(&x->answer, '}');
    x->answered = true;
}

void httpd_answer_events(httpd_exchange *const *group, size_t count)
{
    att_event events[HTTPD_EVENTS_MAX] = {0};
    bool added[HTTPD_EVENTS_MAX];
    for (size_t i = 0; i < count; i++)
        events[i] = group[i]->event;
    att_error err = {0};
    const att_status status = att_engine_events_each(group[0]->engine, events, count, added, &err);
    for (size_t i = 0; i < count; i++) {
        if (!status || count == 1) {
            answer_event(group[i], added[i], status, &err);
            continue;
        }
        err = (att_error){0};
        const att_status alone = att_engine_events_each(group[i]->engine, &group[i]->event, 1, added, &err);
        answer_event(group[i], added[0], alone, &err);
    }
}

// --- Decisions --------------------------------------------------------------------------------------------------

void httpd_hands_free(httpd_hands *hands)
{
    for (size_t i = 0; i < HTTPD_DECISIONS_MAX; i++)
        att_slate_memory_destroy(hands->memories[i]);
}

static void answer_decision(httpd_exchange *x, const att_slate *slate, att_status status, const att_error *err)
{
    if (status) {
        httpd_failed(x, status, err);
        return;
    }
    HTTPD_COUNT(x, decisions, 1);
    httpd_write_slate(&x->answer, slate);
    x->answered = true;
}

static void decide_alone(httpd_hands *hands, httpd_exchange *x)
{
    att_error err = {0};
    att_slate slate;
    const att_status status = att_engine_decide(x->engine, &x->request, hands->memories[0], &slate, &err);
    answer_decision(x, &slate, status, &err);
}

static void decide_group(httpd_hands *hands, httpd_exchange *const *group, size_t count)
{
    att_request requests[HTTPD_DECISIONS_MAX];
    att_slate slates[HTTPD_DECISIONS_MAX];
    for (size_t i = 0; i < count; i++)
        requests[i] = group[i]->request;
    att_error err = {0};
    const att_status status =
        count == 1 ? ATT_BUSY : att_engine_decide_many(group[0]->engine, requests, count, hands->memories, slates, &err);
    for (size_t i = 0; i < count; i++) {
        if (status)
            decide_alone(hands, group[i]);
        else
            answer_decision(group[i], &slates[i], ATT_OK, NULL);
    }
}

// Dry requests cannot share a call with real ones, and have nothing to commit: each goes alone.
void httpd_answer_decisions(httpd_hands *hands, httpd_exchange *const *group, size_t count)
{
    httpd_exchange *real[HTTPD_DECISIONS_MAX];
    size_t real_count = 0;
    for (size_t i = 0; i < count; i++) {
        att_error err = {0};
        if (!hands->memories[i] && att_slate_memory_create(&hands->memories[i], hands->host, &err)) {
            for (size_t k = 0; k < count; k++)
                httpd_failed(group[k], ATT_NO_MEMORY, &err);
            return;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (group[i]->request.dry)
            decide_alone(hands, group[i]);
        else
            real[real_count++] = group[i];
    }
    if (real_count)
        decide_group(hands, real, real_count);
}
