// SPDX-License-Identifier: Apache-2.0
// apps/cli/serve_demo.c - the service with simulated people who use it: `attune serve --demo`, and the end of `attune demo --serve`.
#include "serve_demo.h"

#include <unistd.h>

#ifdef ATT_HTTPD
#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define DAY_MS INT64_C(86400000)
#define CHECK_S 20 // at most, until enough was seen

// --- Serving ------------------------------------------------------------------------------------------------

typedef struct demo_service {
    cli *c;
    live *l;
    char key[HTTPD_KEY_SIZE]; // empty: none is needed, or the person has one
    uint16_t port;
    bool check; // nobody is looking: ask once, tell, and end
    bool checker_started, maker_started, fine;
    pthread_t checker, maker;
} demo_service;

// The body of a GET of this machine's service, zero-terminated; NULL: no answer, or another status than 200.
static char *fetch(const demo_service *s, const char *path)
{
    char head[400], *text = NULL;
    const struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(s->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval limit = {.tv_sec = 5};
    const int socket_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket_fd < 0)
        return NULL;
    setsockopt(socket_fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    const int size = snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer %s\r\n\r\n",
        path, s->key);
    size_t used = 0;
    if (connect(socket_fd, (const struct sockaddr *)&to, sizeof to) == 0 && send(socket_fd, head, (size_t)size, MSG_NOSIGNAL) == size &&
        (text = calloc(1, (size_t)1 << 20))) {
        ssize_t got;
        while (used < ((size_t)1 << 20) - 1 && (got = recv(socket_fd, text + used, ((size_t)1 << 20) - 1 - used, 0)) > 0)
            used += (size_t)got;
    }
    close(socket_fd);
    char *body = text && strncmp(text, "HTTP/1.1 200", 12) == 0 ? strstr(text, "\r\n\r\n") : NULL;
    body = body ? strdup(body + 4) : NULL;
    free(text);
    return body;
}

static json_t *fetch_json(const demo_service *s, const char *path)
{
    char *text = fetch(s, path);
    json_t *value = text ? json_loads(text, 0, NULL) : NULL;
    free(text);
    return value;
}

// Until the people have asked for some slates; then what was seen is told, and the service ends.
static void *check_service(void *user)
{
    demo_service *s = user;
    char *ready = fetch(s, "/ready"), *page = fetch(s, "/");
    json_t *demo = NULL;
    json_int_t visits = 0;
    for (int i = 0; i < CHECK_S * 10 && ready && visits < 200; i++) {
        const struct timespec pause = {.tv_nsec = 100000000};
        nanosleep(&pause, NULL);
        json_decref(demo);
        demo = fetch_json(s, "/v1/demo");
        visits = json_integer_value(json_object_get(json_object_get(demo, "all"), "visits"));
    }
    s->fine = ready && visits > 0;
    const json_t *all = json_object_get(demo, "all");
    if (s->fine)
        printf("  It answers: ready, %s. Until now %lld slates were asked for by simulated people, and %lld events came back; what they were\n"
               "  shown is worth %.3f to them on average, random slates %.3f, the best possible %.3f (the simulated people's own truth).\n"
               "  Nobody is at a terminal, so it stops here.\n",
            page ? "and the console loads" : "and without a console in this build", (long long)visits,
            (long long)json_integer_value(json_object_get(demo, "events")), json_real_value(json_object_get(all, "engine")),
            json_real_value(json_object_get(all, "random")), json_real_value(json_object_get(all, "best")));
    else
        fprintf(stderr, "attune %s: the service on port %u did not answer as it should\n", s->c->command->name, s->port);
    fflush(stdout);
    json_decref(demo);
    free(page);
    free(ready);
    kill(getpid(), SIGTERM);
    return NULL;
}

static void on_ready(void *user, const char *address, uint16_t port, int64_t took_ms, uint64_t events)
{
    (void)took_ms, (void)events;
    demo_service *s = user;
    const bool v6 = strchr(address, ':') != NULL;
    char url[300];
    snprintf(url, sizeof url, "http://%s%s%s:%u/%s%s", v6 ? "[" : "", address, v6 ? "]" : "", port, s->key[0] ? "#key=" : "", s->key);
    s->port = port;
    if (s->c->json)
        printf("{\"simulated\":true,\"url\":\"%s\"}\n", url);
    else
        printf("%s%s%s\n  Simulated people use it now; a day of theirs takes %g s. %s\n", cli_paint(s->c, "bold"), url, cli_paint(s->c, "reset"),
            s->l->options.day_s, s->check ? "" : "Ctrl-C ends it.");
    fflush(stdout);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    s->checker_started = s->check && pthread_create(&s->checker, NULL, check_service, s) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static att_status make_key(demo_service *s, httpd_options *options, char *path, size_t size, const char *store, att_error *err)
{
    if (options->open || options->keys_path)
        return ATT_OK;
    snprintf(path, size, "%s-keys", store);
    unlink(path); // of the demo before
    options->keys_path = path;
    return httpd_key_create(path, "demo", "default", "all", 0, 0, s->key, err);
}

// The pieces of `attune demo`, beside the people who live on. It waits for the first model, since before it nobody's taste is known.
static void *run_making(void *user)
{
    demo_service *s = user;
    live *l = s->l;
    demo_maker maker = {.c = s->c, .engine = l->engine, .quiet = true};
    att_text people[5];
    size_t count = 0;
    att_error err = {0};
    while (!live_trained(l))
        if (!live_wait(l, 100))
            return NULL;
    for (size_t i = 0; i < att_world_person_count(l->world) && count < 5; i++)
        if (!att_world_person_at(l->world, i).bot)
            people[count++] = att_world_person_at(l->world, i).id;
    att_status status = att_slate_memory_create(&maker.memory, &s->c->host, &err);
    if (!status)
        status = cli_demo_make(&maker, people, count, &err);
    if (status && status != ATT_CANCELLED)
        s->c->host.log(s->c->host.user, ATT_LOG_WARNING, err.text);
    att_slate_memory_destroy(maker.memory);
    return NULL;
}

static void start_making(demo_service *s)
{
    sigset_t all, before; // signals are for the thread that serves
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    s->maker_started = pthread_create(&s->maker, NULL, run_making, s) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int cli_serve_live(cli *c, live *l, const char *store, att_engine *engine, const att_world *world, int64_t begin_ms, httpd_options options,
    bool any_port, bool check)
{
    demo_service s = {.c = c, .l = l, .check = check};
    att_error err = {0};
    char keys[4200], label[200];
    snprintf(label, sizeof label, "Nobody here is real: a made-up catalogue, made-up people, and a clock on which a day takes %g s.", l->options.day_s);
    options.demo = label;
    options.live = live_json;
    options.live_user = l;
    options.quiet = true;
    options.ready = on_ready;
    options.ready_user = &s;
    l->told = httpd_progress;
    att_status status = make_key(&s, &options, keys, sizeof keys, store, &err);
    if (!status)
        status = live_start(l, engine, world, begin_ms, &err);
    const att_host host = live_host(l);
    if (!status && l->options.pieces)
        start_making(&s);
    if (!status)
        status = httpd_run(engine, &options, &host, &err);
    if (status == ATT_BUSY && any_port) { // somebody else has the usual one
        options.port = 0;
        status = httpd_run(engine, &options, &host, &err);
    }
    live_stop(l);
    if (s.maker_started)
        pthread_join(s.maker, NULL);
    if (s.checker_started)
        pthread_join(s.checker, NULL);
    if (status)
        return cli_fail(c, status, &err);
    return check && !s.fine ? 74 : 0;
}

// --- serve --demo -------------------------------------------------------------------------------------------

static bool world_options(const cli *c, att_world_options *o, live_options *l)
{
    uint64_t people = 1000, items = 2000, days = 60;
    if (!cli_must_whole(c, "people", 20, 100000, &people) || !cli_must_whole(c, "items", 60, 1000000, &items) ||
        !cli_must_whole(c, "days", 1, 1000, &days) || !cli_must_number(c, "day", 0.1, 86400, &l->day_s) ||
        !cli_must_whole(c, "seed", 1, UINT64_MAX, &o->seed))
        return false;
    o->people = (uint32_t)people;
    o->items = (uint32_t)items;
    o->days = (uint32_t)days;
    o->events = 5 * people * days;
    o->ahead_days = 1000;
    if (l->newcomers > people / 8)
        l->newcomers = (uint32_t)(people / 8);
    return true;
}

// By the ordinary path, in groups: the world is written as files beside the store, and imported.
static att_status fill(const att_world *world, att_engine *engine, const char *store, att_error *err)
{
    static const char *const files[] = {"items.ndjson", "events.ndjson"};
    char folder[4096], path[4200];
    snprintf(folder, sizeof folder, "%s-world", store);
    att_status status = att_world_write(world, folder, err);
    for (int i = 0; i < 2 && !status; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        status = att_import(engine, path, NULL, NULL, err);
    }
    return status;
}

int cli_serve_demo(cli *c, httpd_options options)
{
    const char *named = cli_get(c, "store"), *store = named ? named : "demo-live.attune";
    live_options lively = live_options_default();
    lively.pieces = true;
    att_world_options made = att_world_options_default();
    if (!world_options(c, &made, &lively))
        return 64;
    if (named && access(store, F_OK) == 0)
        return cli_usage(c, "%s exists, and the demo makes its own store", store);
    cli_demo_remove(store);
    live l;
    att_world *world = NULL;
    att_engine *engine = NULL;
    att_error err = {0};
    const int64_t now_ms = c->host.now_ms(c->host.user);
    made.start_ms = (now_ms / DAY_MS - made.days) * DAY_MS; // the history ends as today begins
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const att_open_options open = {.create = true, .seed = made.seed, .threads = cores > 0 && cores < 64 ? (uint32_t)cores : 1};
    att_status status = live_init(&l, c, &lively, &err);
    const att_host host = live_host(&l);
    cli_progress_start(c);
    if (!status)
        status = att_world_create(&world, &made, &host, &err);
    if (!status)
        status = att_engine_open(&engine, store, &open, &host, &err);
    if (!status)
        status = fill(world, engine, store, &err);
    cli_progress_end();
    const int code = status ? cli_fail(c, status, &err)
                            : cli_serve_live(c, &l, store, engine, world, 0, options, !cli_get(c, "port"), false);
    att_engine_close(engine);
    att_world_destroy(world);
    live_deinit(&l);
    return code;
}
#endif

void cli_demo_remove(const char *store)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-fold", "-choices", "-queue", "-made", "-keys", "-keys.lock"};
    static const char *const files[] = {"model", "index", "context"};
    char path[4200];
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        snprintf(path, sizeof path, "%s%s", store, suffixes[i]);
        unlink(path);
    }
    for (int version = 1; version < 1000; version++)
        for (int f = 0; f < 3; f++) {
            snprintf(path, sizeof path, "%s-models/%08d.%s", store, version, files[f]);
            unlink(path);
        }
}
