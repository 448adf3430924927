// SPDX-License-Identifier: Apache-2.0
// httpd/stream.c - an answer that goes on: server-sent events (WHATWG HTML, section 9.2).
//
//   read_stream   libmicrohttpd wants bytes: what is left, then what `feed` appends; when there is nothing, the connection is
//                 suspended and the exchange listed in its worker
//   turn          after each turn of the loop the worker resumes those that have news, those that were silent for long (they
//                 get a comment, which also finds out whether anybody still listens), and all when the service stops
//
// So a listener costs nothing while nothing happens, and sees news within a turn (250 ms at most).
#include "server.h"

#include <string.h>

#define SILENCE_NS 10000000000
#define STREAMS_MAX 64 // of one worker

bool httpd_stream_start(httpd_exchange *x, bool (*feed)(httpd_exchange *x), bool (*has_news)(const httpd_exchange *x))
{
    if (x->worker->stream_count >= STREAMS_MAX) {
        x->retry_after_s = 5;
        return httpd_problem(x, 503, NULL, "too many listen already"), false;
    }
    x->worker->stream_count++;
    x->feed = feed;
    x->has_news = has_news;
    x->fed_ns = httpd_now_ns();
    return true;
}

static ssize_t read_stream(void *user, uint64_t at, char *out, size_t size)
{
    httpd_exchange *x = user;
    (void)at;
    if (x->sent == x->answer.size) {
        out_clear(&x->answer);
        x->sent = 0;
        const bool stopping = __atomic_load_n(&x->worker->server->stopping, __ATOMIC_ACQUIRE);
        const bool more = !x->stream_ended && !stopping;
        if (more && !x->feed(x))
            x->stream_ended = true;
        if (more && !x->answer.size && !x->stream_ended && httpd_now_ns() - x->fed_ns >= SILENCE_NS)
            out_string(&x->answer, ":\n\n");
        if (!more || x->answer.failed)
            return MHD_CONTENT_READER_END_OF_STREAM;
    }
    const size_t left = x->answer.size - x->sent, taken = left < size ? left : size;
    if (!taken && x->stream_ended)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (!taken) {
        x->next = x->worker->streams;
        x->worker->streams = x;
        MHD_suspend_connection(x->connection);
        return 0;
    }
    memcpy(out, x->answer.data + x->sent, taken);
    x->sent += taken;
    x->fed_ns = httpd_now_ns();
    return (ssize_t)taken;
}

struct MHD_Response *httpd_stream_response(httpd_exchange *x)
{
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, read_stream, x, NULL);
}

void httpd_stream_end(httpd_exchange *x)
{
    if (x->feed)
        x->worker->stream_count--;
}

void httpd_streams_turn(httpd_worker *worker, int64_t now_ns, bool stopping)
{
    httpd_exchange *all = worker->streams;
    worker->streams = NULL;
    for (httpd_exchange *x = all, *next; x; x = next) {
        next = x->next;
        if (stopping || x->has_news(x) || now_ns - x->fed_ns >= SILENCE_NS) {
            x->next = NULL;
            MHD_resume_connection(x->connection);
        } else {
            x->next = worker->streams;
            worker->streams = x;
        }
    }
}
