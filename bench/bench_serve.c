// SPDX-License-Identifier: Apache-2.0
// bench/bench_serve.c - requests a second over loopback: a bare hello of libmicrohttpd, then events and decisions of the service, with as many
// threads, asked by the same client, in one run.
//
//   bench_serve [--items N] [--people N] [--events N] [--seconds S] [--connections C] [--workers W] [--store PATH] [--minutes M] [--ready] [--only hello|events|decisions]
//               100000      20000       1000000      5             256               2
//
// The client is one thread with epoll and C connections that are kept open; each sends its next request when its answer is
// whole. Every event has an id of its own and is on disk before it is acknowledged, and so is every decision (20 items with reasons). Then
// each is asked at half of its rate, at times that are set beforehand: latency counts from the set time, so that waiting in line is not left
// out. Processor time is the server's, from /proc, and the client's own. --minutes: a mixed load at half rate, with the memory of the service along
// the way. --ready: how long from exec until /ready, with a checkpoint of the fold and without one. With --store the store is kept, and used again;
// that of bench_decide fits (bench_decide 100000 20000 50 2000 32 PATH).
#include "attune/attune.h"
#include "base/base.h"
#include "base/rng.h"
#include "httpd/serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KINDS 40
#define ROUNDS 5

typedef struct settings {
    uint64_t items, people, events, connections, workers;
    double seconds, minutes;
    const char *store, *only;
    bool ready;
} settings;

static settings set = {.items = 100000, .people = 20000, .events = 1000000, .connections = 256, .workers = 2, .seconds = 5};
static att_error err;

static void must(att_status status)
{
    if (status) {
        fprintf(stderr, "bench_serve: %s\n", err.text);
        exit(1);
    }
}

static void die(const char *what)
{
    fprintf(stderr, "bench_serve: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

// --- The store ----------------------------------------------------------------------------------------------

// Items belong to kinds; a person likes three kinds and now and then anything.
static void fill(att_engine *engine, int64_t now_ms)
{
    enum { batch = 1000 };
    static att_item items[batch];
    static att_event events[batch];
    static char ids[batch][24], users[batch][24], named[batch][24], tag_names[KINDS][16];
    static att_text tags[batch];
    att_rng rng = att_rng_seed(5);
    for (int t = 0; t < KINDS; t++)
        snprintf(tag_names[t], sizeof tag_names[t], "tag-%d", t);
    size_t filled = 0;
    for (uint64_t i = 0; i < set.items; i++) {
        snprintf(ids[filled], sizeof ids[0], "i%llu", (unsigned long long)i);
        tags[filled] = att_text_of(tag_names[i % KINDS]);
        items[filled] = (att_item){.id = att_text_of(ids[filled]), .title = att_text_of(ids[filled]), .medium = att_text_of("music"),
            .tags = &tags[filled], .tag_count = 1, .duration_ms = 200000, .published_at_ms = now_ms - (int64_t)(i % 400) * 86400000};
        if (++filled == batch || i + 1 == set.items) {
            must(att_engine_items_put(engine, items, filled, &err));
            filled = 0;
        }
    }
    for (uint64_t e = 0; e < set.events; e++) {
        const uint64_t person = e % set.people;
        const uint64_t kind = att_rng_unit(&rng) < 0.85 ? (att_mix64(person) >> (8 * att_rng_below(&rng, 3))) % KINDS : att_rng_below(&rng, KINDS);
        const double u = att_rng_unit(&rng);
        snprintf(ids[filled], sizeof ids[0], "e%llu", (unsigned long long)e);
        snprintf(users[filled], sizeof users[0], "u%llu", (unsigned long long)person);
        snprintf(named[filled], sizeof named[0], "i%llu", (unsigned long long)(((uint64_t)(u * u * u * (double)(set.items / KINDS)) * KINDS + kind) % set.items));
        events[filled] = att_event_empty();
        events[filled].id = att_text_of(ids[filled]);
        events[filled].user = att_text_of(users[filled]);
        events[filled].item = att_text_of(named[filled]);
        events[filled].signal = att_rng_unit(&rng) < 0.2 ? ATT_SIGNAL_LIKE : ATT_SIGNAL_COMPLETE;
        events[filled].at_ms = now_ms - INT64_C(86400000) * 30 + (int64_t)(e * 29 * 86400000 / set.events);
        if (++filled == batch || e + 1 == set.events) {
            must(att_engine_events(engine, events, filled, NULL, &err));
            filled = 0;
        }
    }
}

static void make_store(const char *path)
{
    struct stat there;
    if (stat(path, &there) == 0)
        return;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    att_engine *engine;
    const att_open_options open = {.create = true, .seed = 1, .threads = 2};
    must(att_engine_open(&engine, path, &open, NULL, &err));
    fill(engine, (int64_t)now.tv_sec * 1000);
    const att_train_options train = {.seed = 1, .threads = 2, .kind = "als", .dim = set.items > 10000 ? 64 : 16};
    must(att_engine_train(engine, &train, NULL, &err));
    att_engine_close(engine);
}

// --- The servers, each a process of its own --------------------------------------------------------------------

typedef struct server {
    pid_t pid;
    int port;
    double ready_s;
} server;

static enum MHD_Result say_hello(void *user, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
    const char *data, size_t *size, void **state)
{
    (void)user, (void)url, (void)method, (void)version, (void)data;
    static int seen;
    if (!*state) {
        *state = &seen;
        return MHD_YES;
    }
    if (*size) {
        *size = 0;
        return MHD_YES;
    }
    static const char body[] = "{\"hello\":\"world\"}";
    struct MHD_Response *response = MHD_create_response_from_buffer(sizeof body - 1, (void *)(uintptr_t)body, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(response, "Content-Type", "application/json");
    const enum MHD_Result queued = MHD_queue_response(connection, 200, response);
    MHD_destroy_response(response);
    return queued;
}

static int listen_on(int *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)*port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    const int one = 1, s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(s, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    if (s < 0 || bind(s, (struct sockaddr *)&at, size) != 0 || listen(s, 1024) != 0 || getsockname(s, (struct sockaddr *)&at, &size) != 0)
        die("listening");
    *port = ntohs(at.sin_port);
    return s;
}

static void *run_hello(void *user)
{
    for (;;)
        MHD_run_wait(user, 250);
    return NULL;
}

static void serve_hello(int told)
{
    int port = 0;
    for (uint64_t w = 0; w < set.workers; w++) {
        struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, say_hello, NULL, MHD_OPTION_LISTEN_SOCKET, listen_on(&port),
            MHD_OPTION_CONNECTION_LIMIT, 16384u, MHD_OPTION_END);
        pthread_t thread;
        if (!daemon || pthread_create(&thread, NULL, run_hello, daemon) != 0)
            die("starting hello");
    }
    if (write(told, &port, sizeof port) != sizeof port)
        die("telling the port");
    for (;;)
        pause();
}

static void on_ready(void *user, const char *address, uint16_t port, int64_t took_ms, uint64_t events)
{
    (void)address, (void)took_ms, (void)events;
    const int number = port;
    if (write(*(const int *)user, &number, sizeof number) != sizeof number)
        die("telling the port");
}

static void drop_log(void *user, att_log_level level, const char *message)
{
    (void)user;
    if (level >= ATT_LOG_WARNING)
        fprintf(stderr, "bench_serve: %s\n", message);
}

static void serve_attune(int told)
{
    const httpd_store store = {"default", set.store};
    char keys[600];
    snprintf(keys, sizeof keys, "%s-keys", set.store);
    httpd_options options = httpd_options_default();
    options.port = 0;
    options.workers = (unsigned)set.workers;
    options.stores = &store;
    options.store_count = 1;
    options.keys_path = keys;
    options.quiet = true;
    options.ready = on_ready;
    options.ready_user = &told;
    att_host host = att_host_default();
    host.log = drop_log;
    must(httpd_run(NULL, &options, &host, &err));
}

static server start(void (*serve)(int told))
{
    int ends[2];
    server s = {0};
    const double begun = now_s();
    fflush(NULL);
    if (pipe(ends) != 0 || (s.pid = fork()) < 0)
        die("starting a server");
    if (s.pid == 0) {
        close(ends[0]);
        serve(ends[1]);
        _exit(0);
    }
    close(ends[1]);
    if (read(ends[0], &s.port, sizeof s.port) != sizeof s.port)
        die("the server did not start");
    close(ends[0]);
    s.ready_s = now_s() - begun;
    return s;
}

static void stop(const server *s, int signal)
{
    int status;
    kill(s->pid, signal);
    waitpid(s->pid, &status, 0);
}

static double cpu_of(pid_t pid)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    const size_t size = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file)
        fclose(file);
    text[size] = 0;
    unsigned long user = 0, kernel = 0;
    const char *end = strrchr(text, ')');
    if (end)
        sscanf(end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel);
    return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

static double memory_of(pid_t pid)
{
    char path[64];
    unsigned long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", pid);
    FILE *file = fopen(path, "r");
    if (file) {
        if (fscanf(file, "%*u %lu", &pages) != 1)
            pages = 0;
        fclose(file);
    }
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

// --- The client -------------------------------------------------------------------------------------------------

typedef enum ask { ASK_HELLO, ASK_EVENT, ASK_DECISION, ASK_MIXED } ask;

typedef struct line { // a connection
    int socket;
    double due_s;  // when its request was to be sent
    bool busy;
    char *in;
    size_t in_size, in_capacity;
} line;

typedef struct load {
    ask what;
    double rate; // 0: as fast as answers come
    double seconds;
    server at;
    // results
    uint64_t done, failed, bytes;
    float *latencies_s;
    size_t latency_count;
    double took_s, client_cpu_s, server_cpu_s;
} load;

static char key[HTTPD_KEY_SIZE];
static uint64_t event_number, asked;
static att_rng client_rng;

static size_t write_request(ask what, char *out, size_t size)
{
    char body[400];
    unsigned long long person = att_rng_below(&client_rng, set.people), item = att_rng_below(&client_rng, set.items);
    if (what == ASK_MIXED) { // what is known of people grows with what they meet: here they soon have met it all
        what = asked++ % 11 == 0 ? ASK_DECISION : ASK_EVENT;
        person %= 2000;
        item %= 20;
    }
    if (what == ASK_HELLO)
        return (size_t)snprintf(out, size, "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const int length =
        what == ASK_EVENT
            ? snprintf(body, sizeof body, "{\"id\":\"b%d-%llu\",\"user\":\"u%llu\",\"item\":\"i%llu\",\"signal\":\"play\",\"position_ms\":150000,\"length_ms\":200000}",
                  (int)getpid(), (unsigned long long)++event_number, person, item)
            : snprintf(body, sizeof body, "{\"user\":\"u%llu\",\"count\":20}", person);
    return (size_t)snprintf(out, size, "POST /v1/%s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s",
        what == ASK_EVENT ? "events" : "decisions", key, length, body);
}

static void send_next(load *l, line *c, double due_s)
{
    char text[1024];
    const size_t size = write_request(l->what, text, sizeof text);
    c->due_s = due_s;
    c->busy = true;
    c->in_size = 0;
    if (send(c->socket, text, size, MSG_NOSIGNAL) != (ssize_t)size) // it fits a socket's buffer
        die("sending");
}

// True: the answer is whole.
static bool receive(load *l, line *c)
{
    for (;;) {
        if (c->in_capacity - c->in_size < 4096) {
            c->in_capacity = c->in_capacity ? 2 * c->in_capacity : 65536;
            c->in = realloc(c->in, c->in_capacity);
        }
        const ssize_t got = recv(c->socket, c->in + c->in_size, c->in_capacity - c->in_size - 1, MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return false;
        if (got <= 0)
            die("the server closed a connection");
        c->in_size += (size_t)got;
        l->bytes += (size_t)got;
        c->in[c->in_size] = 0;
        const char *end = strstr(c->in, "\r\n\r\n"), *length = end ? strstr(c->in, "Content-Length: ") : NULL;
        if (end && length && c->in_size >= (size_t)(end + 4 - c->in) + strtoul(length + 16, NULL, 10)) {
            l->failed += strncmp(c->in + 9, "200", 3) != 0;
            return true;
        }
    }
}

static double own_cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static line *connect_all(const server *at, int poll)
{
    line *lines = calloc(set.connections, sizeof *lines);
    const struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)at->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int one = 1;
    for (uint64_t i = 0; i < set.connections; i++) {
        lines[i].socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (lines[i].socket < 0 || connect(lines[i].socket, (const struct sockaddr *)&to, sizeof to) != 0)
            die("connecting");
        setsockopt(lines[i].socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &lines[i]};
        epoll_ctl(poll, EPOLL_CTL_ADD, lines[i].socket, &event);
    }
    return lines;
}

static void run_load(load *l)
{
    const int poll = epoll_create1(EPOLL_CLOEXEC);
    line *lines = connect_all(&l->at, poll);
    const size_t room = 1 << 22;
    if (!l->latencies_s)
        l->latencies_s = malloc(room * sizeof *l->latencies_s);
    const double cpu_before = own_cpu_s(), server_before = cpu_of(l->at.pid), begun = now_s(), end = begun + l->seconds;
    double next_due = begun;
    line **idle = calloc(set.connections, sizeof(line *)); // a ring, so that each has its turn: nobody may be silent for long
    size_t idle_first = 0, idle_count = 0, busy = 0;
    for (uint64_t i = 0; i < set.connections; i++)
        idle[idle_count++] = &lines[i];
    for (;;) {
        double now = now_s();
        while (idle_count && now < end && (l->rate == 0 || next_due <= now)) {
            send_next(l, idle[idle_first], l->rate > 0 ? next_due : now);
            idle_first = (idle_first + 1) % set.connections;
            idle_count--;
            busy++;
            if (l->rate > 0)
                next_due += 1 / l->rate;
        }
        if (now >= end && !busy)
            break;
        struct epoll_event events[512];
        const double wait_s = l->rate > 0 && idle_count && now < end ? next_due - now : 0.1;
        const struct timespec wait = {.tv_sec = 0, .tv_nsec = wait_s > 0 ? (long)(ATT_MIN(wait_s, 0.1) * 1e9) : 0};
        int count = epoll_pwait2(poll, events, 512, &wait, NULL);
        if (count < 0 && errno == ENOSYS) // an older kernel, or a tool between us and it: to the millisecond then
            count = epoll_wait(poll, events, 512, (int)(wait.tv_nsec / 1000000));
        now = now_s();
        for (int i = 0; i < count; i++) {
            line *c = events[i].data.ptr;
            if (!c->busy || !receive(l, c))
                continue;
            l->done++;
            if (l->latency_count < room)
                l->latencies_s[l->latency_count++] = (float)(now - c->due_s);
            c->busy = false;
            busy--;
            idle[(idle_first + idle_count++) % set.connections] = c;
        }
    }
    l->took_s += now_s() - begun;
    l->client_cpu_s += own_cpu_s() - cpu_before;
    l->server_cpu_s += cpu_of(l->at.pid) - server_before;
    for (uint64_t i = 0; i < set.connections; i++) {
        close(lines[i].socket);
        free(lines[i].in);
    }
    free(lines);
    free(idle);
    close(poll);
}

static int by_size(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return x < y ? -1 : x > y;
}

static double quantile_ms(const load *l, double share)
{
    return l->latency_count ? 1e3 * (double)l->latencies_s[(size_t)(share * (double)(l->latency_count - 1))] : 0;
}

static const char *const names[] = {"hello", "events", "decisions", "mixed"};

// Prints what all rounds of a load came to; requests a second.
static double tell(load *done, double hello)
{
    const ask what = done->what;
    const double rate = done->rate;
    load l = *done;
    qsort(l.latencies_s, l.latency_count, sizeof *l.latencies_s, by_size);
    const double reached = (double)l.done / l.took_s;
    printf("%-10s %-5s %9.0f /s", names[what], rate > 0 ? "half" : "full", reached);
    if (hello > 0)
        printf("  %5.1f %% of hello", 100 * reached / hello);
    else
        printf("  %16s", "");
    printf("  p50 %7.2f ms  p99 %7.2f ms  server %6.1f us  client %5.1f us of processor each, %5.0f bytes  %llu failed\n", quantile_ms(&l, 0.5),
        quantile_ms(&l, 0.99), 1e6 * l.server_cpu_s / (double)ATT_MAX(l.done, 1), 1e6 * l.client_cpu_s / (double)ATT_MAX(l.done, 1),
        (double)l.bytes / (double)ATT_MAX(l.done, 1), (unsigned long long)l.failed);
    fflush(stdout);
    free(l.latencies_s);
    if (l.failed || !l.done) {
        fprintf(stderr, "bench_serve: %llu of %llu requests failed\n", (unsigned long long)l.failed, (unsigned long long)l.done);
        exit(1);
    }
    return reached;
}

// A figure of /metrics, which is told on this machine without a key.
static double metric_of(const server *at, const char *name)
{
    static char text[1 << 20];
    const struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)at->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const char request[] = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    const int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    size_t size = 0;
    if (s < 0 || connect(s, (const struct sockaddr *)&to, sizeof to) != 0 || send(s, request, sizeof request - 1, MSG_NOSIGNAL) < 0)
        die("asking for figures");
    for (ssize_t got; size + 1 < sizeof text && (got = recv(s, text + size, sizeof text - 1 - size, 0)) > 0;)
        size += (size_t)got;
    close(s);
    text[size] = 0;
    char row[100];
    snprintf(row, sizeof row, "\n%s{tenant=\"default\"} ", name);
    const char *found = strstr(text, row);
    return found ? strtod(found + strlen(row), NULL) : 0;
}

static void watch_memory(const server *at, double rate)
{
    const double parts = 20;
    double first = 0, last = 0, events = 0, people = 0, ids = 0;
    for (int part = 0; part < (int)parts; part++) {
        load l = {.what = ASK_MIXED, .rate = rate, .seconds = set.minutes * 60 / parts, .at = *at};
        run_load(&l);
        free(l.latencies_s);
        last = memory_of(at->pid);
        if (part == (int)parts * 2 / 5) { // everybody has met everything
            first = last;
            events = metric_of(at, "attune_store_events");
            people = metric_of(at, "attune_memory_people_bytes");
            ids = metric_of(at, "attune_memory_event_ids_bytes");
        }
        printf("memory     %5.1f min  %8.1f MB  %llu requests, %llu failed\n", set.minutes * (part + 1) / parts, last, (unsigned long long)l.done,
            (unsigned long long)l.failed);
        fflush(stdout);
    }
    events = metric_of(at, "attune_store_events") - events;
    people = (metric_of(at, "attune_memory_people_bytes") - people) / 1e6;
    ids = (metric_of(at, "attune_memory_event_ids_bytes") - ids) / 1e6;
    printf("memory     %+.1f MB in the last three fifths of the time, with %.0f new events: %+.1f MB the ids of events (%.1f bytes each), %+.1f MB "
           "people's states, %+.1f MB all else\n",
        last - first, events, ids, events > 0 ? ids * 1e6 / events : 0, people - ids, last - first - people);
}

static void measure_ready(void)
{
    server s = start(serve_attune);
    printf("ready      %.2f s with what the last stop left\n", s.ready_s);
    stop(&s, SIGTERM);
    s = start(serve_attune);
    printf("ready      %.2f s after a stop by SIGTERM\n", s.ready_s);
    stop(&s, SIGKILL);
    s = start(serve_attune);
    printf("ready      %.2f s after kill -9\n", s.ready_s);
    stop(&s, SIGTERM);
    char fold[600];
    snprintf(fold, sizeof fold, "%s-fold", set.store);
    unlink(fold);
    s = start(serve_attune);
    printf("ready      %.2f s without a checkpoint of the fold: the whole log is read\n", s.ready_s);
    stop(&s, SIGTERM);
}

static bool read_whole(const char *text, uint64_t *out)
{
    char *end;
    *out = strtoull(text, &end, 10);
    return *text && !*end && *out > 0;
}

static void read_settings(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i], *value = i + 1 < argc ? argv[i + 1] : "";
        bool good = true;
        if (strcmp(name, "--ready") == 0) {
            set.ready = true;
            continue;
        }
        if (strcmp(name, "--items") == 0)
            good = read_whole(value, &set.items);
        else if (strcmp(name, "--people") == 0)
            good = read_whole(value, &set.people);
        else if (strcmp(name, "--events") == 0)
            good = read_whole(value, &set.events);
        else if (strcmp(name, "--connections") == 0)
            good = read_whole(value, &set.connections);
        else if (strcmp(name, "--workers") == 0)
            good = read_whole(value, &set.workers);
        else if (strcmp(name, "--seconds") == 0)
            good = (set.seconds = atof(value)) > 0;
        else if (strcmp(name, "--minutes") == 0)
            good = (set.minutes = atof(value)) > 0;
        else if (strcmp(name, "--only") == 0)
            good = (set.only = value)[0] != 0;
        else if (strcmp(name, "--store") == 0)
            good = (set.store = value)[0] != 0;
        else
            good = false;
        if (!good) {
            fprintf(stderr, "bench_serve: %s %s is not understood; see the top of bench/bench_serve.c\n", name, value);
            exit(64);
        }
        i++;
    }
}

int main(int argc, char **argv)
{
    char folder[] = "/tmp/bench_serve.XXXXXX", path[64], keys[600], command[128];
    read_settings(argc, argv);
    const bool own = !set.store;
    if (own) {
        if (!mkdtemp(folder))
            die("making a folder");
        snprintf(path, sizeof path, "%s/load.attune", folder);
        set.store = path;
    }
    client_rng = att_rng_seed(7);
    make_store(set.store);
    snprintf(keys, sizeof keys, "%s-keys", set.store);
    unlink(keys);
    must(httpd_key_create(keys, "load", "default", "all", 0, 0, key, &err));
    printf("%llu items, %llu people, %llu events before; %llu workers, %llu connections\n", (unsigned long long)set.items,
        (unsigned long long)set.people, (unsigned long long)set.events, (unsigned long long)set.workers, (unsigned long long)set.connections);
    if (set.ready) {
        measure_ready();
    } else if (set.only) { // to look at one of them with a profiler
        const server s = start(strcmp(set.only, "hello") == 0 ? serve_hello : serve_attune);
        fprintf(stderr, "bench_serve: the server is process %d\n", s.pid);
        load l = {.what = strcmp(set.only, "hello") == 0 ? ASK_HELLO : strcmp(set.only, "events") == 0 ? ASK_EVENT : ASK_DECISION,
            .seconds = set.seconds, .at = s};
        run_load(&l);
        tell(&l, 0);
        stop(&s, SIGTERM);
    } else {
        const server hello = start(serve_hello), attune = start(serve_attune);
        double full[3] = {0};
        for (int half = 0; half < 2; half++) {
            load loads[3];
            for (int i = 0; i < 3; i++)
                loads[i] = (load){.what = (ask)i, .rate = half ? full[i] / 2 : 0, .seconds = set.seconds / ROUNDS, .at = i ? attune : hello};
            for (int round = 0; round < ROUNDS; round++) // in turn, so that a busy machine slows all alike
                for (int i = 0; i < 3; i++)
                    run_load(&loads[i]);
            for (int i = 0; i < 3; i++) {
                const double reached = tell(&loads[i], half || !i ? 0 : full[0]);
                if (!half)
                    full[i] = reached;
            }
        }
        if (set.minutes > 0)
            watch_memory(&attune, full[ASK_DECISION] / 2);
        stop(&hello, SIGKILL);
        stop(&attune, SIGTERM);
    }
    if (own) {
        snprintf(command, sizeof command, "rm -rf %s", folder);
        return system(command) != 0;
    }
    return 0;
}
