// SPDX-License-Identifier: Apache-2.0
// httpd/worker.c - one thread with its listening socket and its event loop; all of them together are the service.
#include "server.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

// --- Connections ------------------------------------------------------------------------------------------------

httpd_peer *httpd_peer_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static void on_connection(void *user, struct MHD_Connection *connection, void **context, enum MHD_ConnectionNotificationCode code)
{
    httpd_worker *worker = user;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        httpd_peer *peer = calloc(1, sizeof *peer);
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        if (!peer || !info) {
            free(peer);
            return;
        }
        peer->socket = info->connect_fd;
        peer->since_ns = httpd_now_ns();
        peer->next = worker->peers;
        if (peer->next)
            peer->next->before = peer;
        worker->peers = peer;
        (void)__atomic_fetch_add(&worker->counts[HTTPD_TENANTS_MAX].connections, 1, __ATOMIC_RELAXED);
        *context = peer;
    } else if (*context) {
        httpd_peer *peer = *context;
        if (peer->next)
            peer->next->before = peer->before;
        if (peer->before)
            peer->before->next = peer->next;
        else
            worker->peers = peer->next;
        (void)__atomic_fetch_sub(&worker->counts[HTTPD_TENANTS_MAX].connections, 1, __ATOMIC_RELAXED);
        free(peer);
        *context = NULL;
    }
}

// Whoever drips a request is ended; libmicrohttpd's own time limit only sees silence.
static void end_drippers(httpd_worker *worker, int64_t now_ns)
{
    const httpd_options *options = &worker->server->options;
    for (httpd_peer *peer = worker->peers; peer; peer = peer->next) {
        const int64_t limit_s = (int64_t)options->header_s + (peer->between ? options->idle_s : 0);
        if (peer->since_ns && !peer->ended && now_ns - peer->since_ns > limit_s * 1000000000) {
            peer->ended = true;
            shutdown(peer->socket, SHUT_RDWR);
        }
    }
}

// --- Workers ----------------------------------------------------------------------------------------------------

// What the lines have answered goes on its way.
static void take_back(httpd_worker *worker)
{
    uint64_t times;
    const ssize_t got = read(worker->wake, &times, sizeof times); // before the list is taken, so that nothing is missed
    (void)got;
    for (httpd_exchange *x = __atomic_exchange_n(&worker->back, NULL, __ATOMIC_ACQUIRE), *next; x; x = next) {
        next = x->next;
        worker->waiting--;
        MHD_resume_connection(x->connection);
    }
}

static bool watch(httpd_worker *worker, int file)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = file};
    return worker->poll >= 0 && file >= 0 && epoll_ctl(worker->poll, EPOLL_CTL_ADD, file, &event) == 0;
}

// One turn of the loop: waits until something arrives or comes back, at most `most_ms`.
static void turn(httpd_worker *worker, int most_ms)
{
    MHD_UNSIGNED_LONG_LONG wanted_ms;
    for (unsigned d = 0; d < worker->daemon_count; d++)
        if (MHD_get_timeout(worker->daemons[d], &wanted_ms) == MHD_YES && wanted_ms < (unsigned)most_ms)
            most_ms = (int)wanted_ms;
    struct epoll_event events[2 + HTTPD_DAEMONS_MAX];
    const int count = epoll_wait(worker->poll, events, 2 + HTTPD_DAEMONS_MAX, most_ms);
    for (int i = 0; i < count; i++)
        if (events[i].data.fd == worker->wake)
            take_back(worker);
    for (unsigned d = 0; d < worker->daemon_count; d++)
        MHD_run(worker->daemons[d]);
}

// libmicrohttpd wants a function to unescape with; ours leaves text as it came.
static size_t unescape(void *user, struct MHD_Connection *connection, char *text)
{
    (void)user, (void)connection;
    return strlen(text);
}

static void mhd_log(void *user, const char *format, va_list args)
{
    char text[400];
    vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\n")] = 0;
    httpd_say(user, ATT_LOG_DEBUG, "http: %s", text);
}

// The newest daemon, in place 0.
static att_status start_daemon(httpd_worker *worker, att_error *err)
{
    httpd *server = worker->server;
    const httpd_options *options = &server->options;
    pthread_mutex_lock(&server->tls_lock);
    const char *certificate = server->certificate;
    const unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | (certificate ? MHD_USE_TLS : 0);
    struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, server->certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, server->private_key}, {MHD_OPTION_END, 0, NULL}};
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    struct MHD_Daemon *daemon = MHD_start_daemon(flags, 0, NULL, NULL, httpd_on_request, worker, MHD_OPTION_EXTERNAL_LOGGER, mhd_log, server,
        MHD_OPTION_LISTEN_SOCKET, worker->socket, MHD_OPTION_CONNECTION_LIMIT,
        options->connections_max / server->worker_count + 1, MHD_OPTION_CONNECTION_TIMEOUT, options->idle_s,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)16 << 10, MHD_OPTION_URI_LOG_CALLBACK, httpd_on_uri, worker,
        MHD_OPTION_NOTIFY_COMPLETED, httpd_on_end, worker, MHD_OPTION_NOTIFY_CONNECTION, on_connection, worker,
        MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_ARRAY,
        certificate ? tls : none, MHD_OPTION_END);
    pthread_mutex_unlock(&server->tls_lock);
    if (!daemon)
        return httpd_fail(err, ATT_IO, "starting the HTTP service on %s port %u%s", options->address, server->port,
            certificate ? "; are certificate and key a pair of PEM files?" : "");
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (!info || !watch(worker, info->epoll_fd)) {
        MHD_quiesce_daemon(daemon); // the socket stays the worker's
        MHD_stop_daemon(daemon);
        return httpd_fail(err, ATT_IO, "preparing to wait for requests: %s", strerror(errno));
    }
    worker->daemons[0] = daemon;
    return ATT_OK;
}

// With another certificate a new daemon takes over the listening socket, in one step; connections of the ones before it go on
// with theirs until they end. So nobody notices but who connects anew.
static void renew(httpd_worker *worker)
{
    httpd *server = worker->server;
    const unsigned wanted = __atomic_load_n(&server->certified, __ATOMIC_ACQUIRE);
    for (unsigned d = 1; d < worker->daemon_count;) {
        const union MHD_DaemonInfo *info = MHD_get_daemon_info(worker->daemons[d], MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
        if (info && info->num_connections) {
            d++;
            continue;
        }
        MHD_stop_daemon(worker->daemons[d]);
        worker->daemons[d] = worker->daemons[--worker->daemon_count];
    }
    if (worker->certified == wanted || worker->daemon_count == HTTPD_DAEMONS_MAX) // too often: when one of them has ended
        return;
    att_error err = {0};
    struct MHD_Daemon *before = worker->daemons[0];
    if (start_daemon(worker, &err)) {
        httpd_say(server, ATT_LOG_ERROR, "the certificate stays as it was: %s", err.text);
    } else {
        worker->daemons[worker->daemon_count++] = before;
        MHD_quiesce_daemon(before);
    }
    worker->certified = wanted;
}

static void *run_worker(void *user)
{
    httpd_worker *worker = user;
    httpd *server = worker->server;
    int64_t swept_ns = httpd_now_ns(), told_ns = 0;
    bool quiesced = false;
    for (;;) {
        const bool stopping = __atomic_load_n(&server->stopping, __ATOMIC_ACQUIRE);
        turn(worker, stopping ? 20 : 250);
        const int64_t now_ns = httpd_now_ns();
        if (now_ns - swept_ns > 1000000000) {
            end_drippers(worker, now_ns);
            swept_ns = now_ns;
        }
        httpd_streams_turn(worker, now_ns, stopping);
        if (!stopping) {
            if (worker->daemon_count > 1 || worker->certified != __atomic_load_n(&server->certified, __ATOMIC_RELAXED))
                renew(worker);
            continue;
        }
        if (!quiesced) {
            quiesced = true;
            told_ns = now_ns;
            const MHD_socket listening = MHD_quiesce_daemon(worker->daemons[0]);
            if (listening != MHD_INVALID_SOCKET)
                close(listening);
        }
        const bool late = now_ns - told_ns > (int64_t)server->options.drain_s * 1000000000;
        if (worker->in_flight == 0 || (late && !worker->waiting)) // what waits in a line is never left there
            break;
    }
    for (unsigned d = 0; d < worker->daemon_count; d++)
        MHD_stop_daemon(worker->daemons[d]);
    close(worker->wake);
    close(worker->poll);
    while (worker->free) {
        httpd_exchange *x = worker->free;
        worker->free = x->next;
        httpd_exchange_free(x);
    }
    return NULL;
}

httpd_counts *httpd_counts_of(const httpd_exchange *x)
{
    return &x->worker->counts[x->tenant ? x->tenant->number : HTTPD_TENANTS_MAX];
}

void httpd_counts_sum(const httpd *server, unsigned tenant, httpd_counts *out)
{
    *out = (httpd_counts){0};
    for (unsigned w = 0; w < server->worker_count; w++) {
        const uint64_t *from = (const uint64_t *)&server->workers[w].counts[tenant];
        uint64_t *to = (uint64_t *)out;
        for (size_t i = 0; i < sizeof *out / sizeof *to; i++)
            to[i] += __atomic_load_n(&from[i], __ATOMIC_RELAXED);
    }
}

// --- Starting and stopping --------------------------------------------------------------------------------------

att_status httpd_worker_start(httpd *server, unsigned number, att_error *err)
{
    httpd_worker *worker = &server->workers[number];
    *worker = (httpd_worker){.server = server, .number = number, .socket = -1, .certified = server->certified};
    worker->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    worker->poll = epoll_create1(EPOLL_CLOEXEC);
    if (!watch(worker, worker->wake))
        return httpd_fail(err, ATT_IO, "preparing to wait for requests: %s", strerror(errno));
    att_status status = httpd_listen(server->options.address, &server->port, &worker->socket, err);
    if (!status)
        status = start_daemon(worker, err);
    if (status)
        return status;
    worker->daemon_count = 1;
    const int bad = pthread_create(&worker->thread, NULL, run_worker, worker);
    worker->started = !bad;
    return bad ? httpd_fail(err, ATT_IO, "starting a thread: %s", strerror(bad)) : ATT_OK;
}

void httpd_workers_stop(httpd *server)
{
    __atomic_store_n(&server->stopping, true, __ATOMIC_RELEASE);
    for (unsigned w = 0; server->workers && w < server->worker_count; w++) {
        httpd_worker *worker = &server->workers[w];
        if (worker->started)
            pthread_join(worker->thread, NULL);
        else if (worker->daemon_count)
            MHD_stop_daemon(worker->daemons[0]);
        else if (worker->server && worker->socket >= 0)
            close(worker->socket);
    }
}
