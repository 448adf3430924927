// SPDX-License-Identifier: Apache-2.0
// httpd/worker.c - one thread with its listening socket and its event loop; all of them together are the service.
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
        worker->counts.connections++;
        *context = peer;
    } else if (*context) {
        httpd_peer *peer = *context;
        if (peer->next)
            peer->next->before = peer->before;
        if (peer->before)
            peer->before->next = peer->next;
        else
            worker->peers = peer->next;
        worker->counts.connections--;
        free(peer);
        *context = NULL;
    }
}

// Whoever drips a request is ended; libmicrohttpd's own time limit only sees silence.
static void end_drippers(httpd_worker *worker, int64_t now_ns)
{
    const int64_t limit_ns = (int64_t)worker->server->options.header_s * 1000000000;
    for (httpd_peer *peer = worker->peers; peer; peer = peer->next)
        if (peer->since_ns && !peer->ended && now_ns - peer->since_ns > limit_ns) {
            peer->ended = true;
            shutdown(peer->socket, SHUT_RDWR);
        }
}

// --- Workers ----------------------------------------------------------------------------------------------------

static void flush(httpd_worker *worker)
{
    httpd_exchange *events = worker->events, *decisions = worker->decisions;
    worker->events = worker->events_last = worker->decisions = worker->decisions_last = NULL;
    if (events)
        httpd_flush_events(worker, events);
    if (decisions)
        httpd_flush_decisions(worker, decisions);
    for (httpd_exchange *x = events, *next; x; x = next) {
        next = x->next;
        MHD_resume_connection(x->connection);
    }
    for (httpd_exchange *x = decisions, *next; x; x = next) {
        next = x->next;
        MHD_resume_connection(x->connection);
    }
}

static void *run_worker(void *user)
{
    httpd_worker *worker = user;
    httpd *server = worker->server;
    int64_t swept_ns = httpd_now_ns(), told_ns = 0;
    bool quiesced = false;
    for (;;) {
        const bool stopping = __atomic_load_n(&server->stopping, __ATOMIC_ACQUIRE);
        MHD_run_wait(worker->daemon, stopping ? 20 : 250);
        flush(worker);
        const int64_t now_ns = httpd_now_ns();
        if (now_ns - swept_ns > 1000000000) {
            end_drippers(worker, now_ns);
            swept_ns = now_ns;
        }
        httpd_streams_turn(worker, now_ns, stopping);
        if (!stopping)
            continue;
        if (!quiesced) {
            quiesced = true;
            told_ns = now_ns;
            const MHD_socket listening = MHD_quiesce_daemon(worker->daemon);
            if (listening != MHD_INVALID_SOCKET)
                close(listening);
        }
        const bool over = now_ns - told_ns > (int64_t)server->options.drain_s * 1000000000;
        // A connection in another thread's hands must come back before it can be closed.
        if (worker->in_flight == 0 || (over && __atomic_load_n(&worker->later, __ATOMIC_ACQUIRE) == 0))
            break;
    }
    MHD_stop_daemon(worker->daemon);
    worker->daemon = NULL;
    while (worker->free) {
        httpd_exchange *x = worker->free;
        worker->free = x->next;
        httpd_exchange_free(x);
    }
    return NULL;
}

void httpd_counts_sum(const httpd *server, httpd_counts *out)
{
    *out = (httpd_counts){0};
    for (unsigned w = 0; w < server->worker_count; w++) {
        const uint64_t *from = (const uint64_t *)&server->workers[w].counts;
        uint64_t *to = (uint64_t *)out;
        for (size_t i = 0; i < sizeof *out / sizeof *to; i++)
            to[i] += __atomic_load_n(&from[i], __ATOMIC_RELAXED);
    }
}

// --- Sockets ----------------------------------------------------------------------------------------------------

static att_status listen_on(const char *address, uint16_t *port, int *out, att_error *err)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(*port)};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(*port)};
    const bool is_v6 = inet_pton(AF_INET6, address, &v6.sin6_addr) == 1;
    if (!is_v6 && inet_pton(AF_INET, address, &v4.sin_addr) != 1)
        return httpd_fail(err, ATT_INVALID, "\"%s\" is not an IPv4 or IPv6 address", address);
    const int one = 1;
    const int s = *out = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s < 0)
        return httpd_fail(err, ATT_IO, "opening a socket: %s", strerror(errno));
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(s, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    const struct sockaddr *at = is_v6 ? (const struct sockaddr *)&v6 : (const struct sockaddr *)&v4;
    socklen_t size = is_v6 ? sizeof v6 : sizeof v4;
    if (bind(s, at, size) != 0 || listen(s, 1024) != 0)
        return httpd_fail(err, errno == EADDRINUSE ? ATT_BUSY : ATT_IO, "listening on %s port %u: %s", address, *port, strerror(errno));
    struct sockaddr_storage bound;
    size = sizeof bound;
    if (getsockname(s, (struct sockaddr *)&bound, &size) == 0)
        *port = ntohs(is_v6 ? ((struct sockaddr_in6 *)&bound)->sin6_port : ((struct sockaddr_in *)&bound)->sin_port);
    return ATT_OK;
}

// Somebody else's service on the same port would share our requests: SO_REUSEPORT lets it. So we look first.
att_status httpd_port_is_free(const char *address, uint16_t port, att_error *err)
{
    if (!port)
        return ATT_OK;
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    const bool is_v6 = inet_pton(AF_INET6, address, &v6.sin6_addr) == 1;
    if (!is_v6 && inet_pton(AF_INET, address, &v4.sin_addr) != 1)
        return httpd_fail(err, ATT_INVALID, "\"%s\" is not an IPv4 or IPv6 address", address);
    const int one = 1;
    const int s = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s < 0)
        return httpd_fail(err, ATT_IO, "opening a socket: %s", strerror(errno));
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    const int bad = bind(s, is_v6 ? (const struct sockaddr *)&v6 : (const struct sockaddr *)&v4, is_v6 ? sizeof v6 : sizeof v4);
    const int why = errno;
    close(s);
    return bad ? httpd_fail(err, why == EADDRINUSE ? ATT_BUSY : ATT_IO, "listening on %s port %u: %s", address, port, strerror(why))
               : ATT_OK;
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

att_status httpd_worker_start(httpd *server, unsigned number, const char *certificate, const char *private_key, att_error *err)
{
    httpd_worker *worker = &server->workers[number];
    const httpd_options *options = &server->options;
    *worker = (httpd_worker){.server = server, .number = number, .socket = -1};
    att_status status = listen_on(options->address, &server->port, &worker->socket, err);
    if (status)
        return status;
    const unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | (certificate ? MHD_USE_TLS : 0);
    struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)private_key}, {MHD_OPTION_END, 0, NULL}};
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    worker->daemon = MHD_start_daemon(flags, 0, NULL, NULL, httpd_on_request, worker, MHD_OPTION_EXTERNAL_LOGGER, mhd_log, server,
        MHD_OPTION_LISTEN_SOCKET, worker->socket, MHD_OPTION_CONNECTION_LIMIT,
        options->connections_max / server->worker_count + 1, MHD_OPTION_CONNECTION_TIMEOUT, options->idle_s,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)24 << 10, MHD_OPTION_URI_LOG_CALLBACK, httpd_on_uri, worker,
        MHD_OPTION_NOTIFY_COMPLETED, httpd_on_end, worker, MHD_OPTION_NOTIFY_CONNECTION, on_connection, worker,
        MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_ARRAY,
        certificate ? tls : none, MHD_OPTION_END);
    if (!worker->daemon)
        return httpd_fail(err, ATT_IO, "starting the HTTP service on %s port %u%s", options->address, server->port,
            certificate ? "; are certificate and key a pair of PEM files?" : "");
    worker->started = pthread_create(&worker->thread, NULL, run_worker, worker) == 0;
    if (!worker->started)
        return httpd_fail(err, ATT_IO, "starting a thread: %s", strerror(errno));
    return ATT_OK;
}

void httpd_workers_stop(httpd *server)
{
    __atomic_store_n(&server->stopping, true, __ATOMIC_RELEASE);
    for (unsigned w = 0; w < server->worker_count; w++) {
        httpd_worker *worker = &server->workers[w];
        if (worker->started)
            pthread_join(worker->thread, NULL);
        else if (worker->daemon)
            MHD_stop_daemon(worker->daemon);
        else if (worker->server && worker->socket >= 0)
            close(worker->socket);
    }
}
