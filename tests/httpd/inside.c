// SPDX-License-Identifier: Apache-2.0
// tests/httpd/inside.c - httpd_run with a host of the test's own.
#include "inside.h"

#include <signal.h>
#include <time.h>

static int64_t now_ms(void *user)
{
    return inside_now_ms(user);
}

int64_t inside_now_ms(inside *in)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    pthread_mutex_lock(&in->lock);
    const int64_t ahead_ms = in->ahead_ms;
    pthread_mutex_unlock(&in->lock);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + ahead_ms;
}

void inside_clock(inside *in, int64_t ahead_ms)
{
    pthread_mutex_lock(&in->lock);
    in->ahead_ms = ahead_ms;
    pthread_mutex_unlock(&in->lock);
}

static void keep_log(void *user, att_log_level level, const char *message)
{
    (void)level;
    inside *in = user;
    const size_t size = strlen(message);
    pthread_mutex_lock(&in->lock);
    char *log = realloc(in->log, in->log_size + size + 2);
    if (log) {
        memcpy(log + in->log_size, message, size);
        in->log = log;
        in->log_size += size;
        in->log[in->log_size++] = '\n';
        in->log[in->log_size] = 0;
    }
    pthread_mutex_unlock(&in->lock);
}

static void on_ready(void *user, const char *address, uint16_t port, int64_t took_ms, uint64_t events)
{
    (void)address, (void)took_ms, (void)events;
    inside *in = user;
    pthread_mutex_lock(&in->lock);
    in->s->port = port;
    in->ready = true;
    pthread_cond_signal(&in->moved);
    pthread_mutex_unlock(&in->lock);
}

// Signals are for the thread of the service: the others must not be woken from what they wait for.
static void mask(int how)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(how, &signals, NULL);
}

static void *run(void *user)
{
    inside *in = user;
    mask(SIG_UNBLOCK);
    att_host host = att_host_default();
    host.now_ms = now_ms;
    host.log = keep_log;
    host.user = in;
    att_error err = {0};
    in->status = httpd_run(NULL, &in->options, &host, &err);
    if (in->status)
        CHECK_NOTE("httpd_run: %s", err.text);
    return NULL;
}

void inside_init(inside *in, service *s)
{
    *in = (inside){.s = s, .store = {"default", s->store}, .options = httpd_options_default()};
    pthread_mutex_init(&in->lock, NULL);
    pthread_cond_init(&in->moved, NULL);
    in->options.port = 0;
    in->options.stores = &in->store;
    in->options.store_count = 1;
    in->options.keys_path = s->keys;
    in->options.ready = on_ready;
    in->options.ready_user = in;
}

void inside_start(inside *in)
{
    in->ready = false;
    mask(SIG_BLOCK);
    CHECK_EQ(pthread_create(&in->thread, NULL, run, in), 0);
    pthread_mutex_lock(&in->lock);
    while (!in->ready)
        pthread_cond_wait(&in->moved, &in->lock);
    pthread_mutex_unlock(&in->lock);
}

// To that thread: ThreadSanitizer holds a signal back until the thread that got it does something, and some never do.
void inside_signal(inside *in, int signal)
{
    pthread_kill(in->thread, signal);
}

void inside_stop(inside *in)
{
    inside_signal(in, SIGTERM);
    pthread_join(in->thread, NULL);
    CHECK_EQ(in->status, ATT_OK);
}
