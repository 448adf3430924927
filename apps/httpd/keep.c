// SPDX-License-Identifier: Apache-2.0
// httpd/keep.c - now and then each tenant's checkpoint is written, so that a service that was killed is ready soon.
//
// On the thread that opened the stores, which has nothing else to do any more. The engine says whether one is due, and holds up nothing
// while it writes.
#include "server.h"

#include <time.h>

void httpd_keep_begin(httpd *server)
{
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_mutex_init(&server->keep_lock, NULL);
    pthread_cond_init(&server->keep_moved, &clock);
    pthread_condattr_destroy(&clock);
}

void httpd_keep_end(httpd *server)
{
    pthread_cond_destroy(&server->keep_moved);
    pthread_mutex_destroy(&server->keep_lock);
}

void httpd_keep_stop(httpd *server)
{
    pthread_mutex_lock(&server->keep_lock);
    __atomic_store_n(&server->stopping, true, __ATOMIC_RELEASE);
    pthread_cond_broadcast(&server->keep_moved);
    pthread_mutex_unlock(&server->keep_lock);
}

// False: it is to stop.
static bool wait(httpd *server)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += server->options.checkpoint_s;
    pthread_mutex_lock(&server->keep_lock);
    int bad = 0;
    while (!bad && !__atomic_load_n(&server->stopping, __ATOMIC_ACQUIRE))
        bad = pthread_cond_timedwait(&server->keep_moved, &server->keep_lock, &until);
    pthread_mutex_unlock(&server->keep_lock);
    return !__atomic_load_n(&server->stopping, __ATOMIC_ACQUIRE);
}

void httpd_keep(httpd *server)
{
    while (server->options.checkpoint_s && wait(server))
        for (unsigned t = 0; t < server->tenant_count; t++) {
            bool written = false;
            att_error err = {0};
            const int64_t begun_ns = httpd_now_ns();
            if (att_engine_checkpoint(server->tenants[t].engine, &written, &err))
                httpd_say(server, ATT_LOG_WARNING, "tenant %s: %s", server->tenants[t].name, err.text);
            else if (written)
                httpd_say(server, ATT_LOG_INFO, "tenant %s: a checkpoint was written in %lld ms", server->tenants[t].name,
                    (long long)((httpd_now_ns() - begun_ns) / 1000000));
        }
}
