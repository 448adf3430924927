// SPDX-License-Identifier: Apache-2.0
// httpd/lines.c - where requests wait for the disk, or for a thread that has time for them.
//
// Each tenant has four lines: events (one thread, since a store has one writer), decisions (twice as many as there are workers, and two:
// a group waits for the disk about as long as it computes, and meanwhile others do), care (two: whatever else writes), and slow (one: what reads
// for long). A thread takes its share of all that waits and has it answered as a group (batch.c); meanwhile the next
// group gathers. Nothing waits for a timer.
//
// An exchange belongs to whoever holds it: its worker, then a line, then its worker again.
#include "server.h"
#include "jobs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct httpd_line {
    httpd_tenant *tenant;
    httpd_wait wait;
    pthread_mutex_t lock; // guards what follows, but for `threads`
    pthread_cond_t arrived;
    httpd_exchange *first, *last;
    size_t count;
    bool over;
    pthread_t threads[2 * HTTPD_WORKERS_MAX + 2];
    unsigned thread_count;
};

// False: too many wait.
static bool stand_in(httpd_line *line, httpd_exchange *x)
{
    pthread_mutex_lock(&line->lock);
    const bool room = line->count < line->tenant->server->options.waiting_max;
    if (room) {
        x->next = NULL;
        if (line->first)
            line->last->next = x;
        else
            line->first = x;
        line->last = x;
        if (line->count++ == 0 || line->thread_count > 1)
            pthread_cond_signal(&line->arrived);
    }
    pthread_mutex_unlock(&line->lock);
    return room;
}

void httpd_queue(httpd_exchange *x, httpd_wait wait)
{
    x->wait = wait;
    if (!x->connection)
        return; // a test, which does itself what a line would
    MHD_suspend_connection(x->connection); // before: from here on a thread of the line may have it
    x->worker->waiting++;
    if (stand_in(x->tenant->lines[wait], x))
        return;
    x->worker->waiting--;
    MHD_resume_connection(x->connection);
    x->retry_after_s = 1;
    httpd_problem(x, 503, NULL, "too many requests wait for the store of this tenant");
}

// Its share of what waits, so that the other threads have theirs. 0: it is over.
static size_t take(httpd_line *line, httpd_exchange **out)
{
    pthread_mutex_lock(&line->lock);
    while (!line->first && !line->over)
        pthread_cond_wait(&line->arrived, &line->lock);
    const size_t most = line->wait == HTTPD_WAIT_EVENT ? HTTPD_EVENTS_MAX : line->wait == HTTPD_WAIT_DECISION ? HTTPD_DECISIONS_MAX : 1;
    const size_t share = (line->count + line->thread_count - 1) / line->thread_count;
    size_t count = 0;
    while (line->first && count < share && count < most) {
        out[count++] = line->first;
        line->first = line->first->next;
        line->count--;
    }
    pthread_mutex_unlock(&line->lock);
    return count;
}

// To their workers, each of which is woken once.
static void hand_back(const httpd *server, httpd_exchange *const *group, size_t count)
{
    httpd_exchange *first[HTTPD_WORKERS_MAX] = {0}, *last[HTTPD_WORKERS_MAX];
    for (size_t i = count; i-- > 0;) {
        const unsigned w = group[i]->worker->number;
        group[i]->next = first[w];
        if (!first[w])
            last[w] = group[i];
        first[w] = group[i];
    }
    for (unsigned w = 0; w < server->worker_count; w++) {
        if (!first[w])
            continue;
        httpd_worker *worker = &server->workers[w];
        httpd_exchange *before = __atomic_load_n(&worker->back, __ATOMIC_RELAXED);
        do
            last[w]->next = before;
        while (!__atomic_compare_exchange_n(&worker->back, &before, first[w], true, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
        const uint64_t one = 1;
        const ssize_t told = before ? 0 : write(worker->wake, &one, sizeof one); // it looks already when there are some
        (void)told;
    }
}

static void *run_line(void *user)
{
    httpd_line *line = user;
    httpd *server = line->tenant->server;
    httpd_hands hands = {.host = &server->host};
    httpd_exchange *group[HTTPD_EVENTS_MAX];
    for (size_t count; (count = take(line, group)) > 0;) {
        if (line->wait == HTTPD_WAIT_EVENT)
            httpd_answer_events(group, count);
        else if (line->wait == HTTPD_WAIT_DECISION)
            httpd_answer_decisions(&hands, group, count);
        else if (group[0]->later)
            httpd_later_now(group[0]);
        else
            group[0]->route->handle(group[0]);
        hand_back(server, group, count);
    }
    httpd_hands_free(&hands);
    return NULL;
}

static att_status start_line(httpd_tenant *tenant, httpd_wait wait, unsigned threads, att_error *err)
{
    httpd_line *line = tenant->lines[wait] = calloc(1, sizeof *line);
    if (!line)
        return httpd_fail(err, ATT_NO_MEMORY, "out of memory for tenant %s", tenant->name);
    line->tenant = tenant;
    line->wait = wait;
    pthread_mutex_init(&line->lock, NULL);
    pthread_cond_init(&line->arrived, NULL);
    pthread_mutex_lock(&line->lock); // threads read their number
    att_status status = ATT_OK;
    for (unsigned t = 0; t < threads && !status; t++) {
        const int bad = pthread_create(&line->threads[t], NULL, run_line, line);
        if (bad)
            status = httpd_fail(err, ATT_IO, "starting a thread: %s", strerror(bad));
        else
            line->thread_count++;
    }
    pthread_mutex_unlock(&line->lock);
    return status;
}

att_status httpd_lines_start(httpd_tenant *tenant, att_error *err)
{
    const unsigned workers = tenant->server->worker_count;
    att_status status = start_line(tenant, HTTPD_WAIT_EVENT, 1, err);
    if (!status)
        status = start_line(tenant, HTTPD_WAIT_DECISION, 2 * workers + 2, err);
    if (!status)
        status = start_line(tenant, HTTPD_WAIT_CARE, 2, err);
    if (!status)
        status = start_line(tenant, HTTPD_WAIT_SLOW, 1, err);
    return status;
}

void httpd_lines_stop(httpd_tenant *tenant)
{
    for (int wait = 0; wait < HTTPD_WAIT_COUNT; wait++) {
        httpd_line *line = tenant->lines[wait];
        if (!line)
            continue;
        pthread_mutex_lock(&line->lock);
        line->over = true;
        pthread_cond_broadcast(&line->arrived);
        pthread_mutex_unlock(&line->lock);
        for (unsigned t = 0; t < line->thread_count; t++)
            pthread_join(line->threads[t], NULL);
        pthread_cond_destroy(&line->arrived);
        pthread_mutex_destroy(&line->lock);
        free(line);
        tenant->lines[wait] = NULL;
    }
}
