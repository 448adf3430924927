// SPDX-License-Identifier: Apache-2.0
// tests/httpd/test_trouble.c - what the world does to a service: clocks jump, disks fill, others hold the store, ids come twice, ten thousand
// connections say nothing. The right status each time, the service alive, nothing lost, and no word of anybody in the log.
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static service town;
static inside in;

static int status_of(const char *method, const char *path, const char *body)
{
    reply r = client_ask(&town, method, path, town.key, body);
    const int status = r.status;
    client_free(&r);
    return status;
}

// Whether the event was new; its answer must be 200.
static bool is_new(const char *id)
{
    char body[200];
    snprintf(body, sizeof body, "{\"id\":\"%s\",\"user\":\"t-%s\",\"item\":\"m1\",\"signal\":\"like\"}", id, id);
    reply r = client_ask(&town, "POST", "/v1/events", town.key, body);
    if (r.status != 200)
        CHECK_NOTE("event %s: %d %s", id, r.status, r.body ? r.body : "");
    CHECK_EQ(r.status, 200);
    const bool added = json_is_true(json_object_get(r.json, "added"));
    client_free(&r);
    return added;
}

CHECK_TEST(clocks_that_jump_lose_nothing)
{
    CHECK_BEGIN();
    inside_start(&in);
    CHECK(is_new("clock-0"));
    const int64_t now_ms = inside_now_ms(&in), day_ms = 86400000;
    const int64_t jumps[] = {day_ms, -2 * day_ms, 365 * day_ms, 100000 - now_ms, 200 * 365 * day_ms, -3600000, 1};
    for (size_t i = 0; i < sizeof jumps / sizeof jumps[0]; i++) {
        inside_clock(&in, jumps[i]);
        char id[32], body[200];
        snprintf(id, sizeof id, "jump-%zu", i);
        CHECK(is_new(id)); // it happened when the clock says that it is
        CHECK(!is_new(id));
        CHECK(!is_new("clock-0"));
        const int slate = status_of("POST", "/v1/decisions", "{\"user\":\"u1\",\"count\":5}");
        CHECK(slate == 200 || slate == 400);
        snprintf(body, sizeof body, "{\"id\":\"far-%zu\",\"user\":\"u1\",\"item\":\"m1\",\"signal\":\"like\",\"at\":\"2500-01-01T00:00:00Z\"}", i);
        CHECK_EQ(status_of("POST", "/v1/events", body), 400); // later than the clock allows
        CHECK_EQ(status_of("GET", "/health", NULL), 200);
        CHECK_EQ(status_of("GET", "/v1/people/u1", NULL), 200);
    }
    inside_clock(&in, 0);
    CHECK_EQ(status_of("POST", "/v1/decisions", "{\"user\":\"u1\",\"count\":5}"), 200);
    inside_stop(&in);
    inside_start(&in); // and the log replays
    for (size_t i = 0; i < sizeof jumps / sizeof jumps[0]; i++) {
        char id[32];
        snprintf(id, sizeof id, "jump-%zu", i);
        CHECK(!is_new(id));
    }
    inside_stop(&in);
}

static atomic_uint added, answered;

static void *replay(void *user)
{
    (void)user;
    const int file = client_connect(&town);
    for (int i = 0; i < 40; i++) {
        char body[200];
        snprintf(body, sizeof body, "{\"id\":\"replay-%d\",\"user\":\"r%d\",\"item\":\"m2\",\"signal\":\"like\"}", i, i);
        reply r = client_on(file, "POST", "/v1/events", town.key, body);
        answered += r.status == 200;
        added += json_is_true(json_object_get(r.json, "added"));
        client_free(&r);
    }
    close(file);
    return NULL;
}

CHECK_TEST(an_id_that_eight_send_at_once_counts_once)
{
    CHECK_BEGIN();
    enum { senders = 8 };
    pthread_t threads[senders];
    inside_start(&in);
    for (int t = 0; t < senders; t++)
        CHECK_EQ(pthread_create(&threads[t], NULL, replay, NULL), 0);
    for (int t = 0; t < senders; t++)
        pthread_join(threads[t], NULL);
    CHECK_EQ(answered, senders * 40);
    CHECK_EQ(added, 40);
    inside_stop(&in);
}

CHECK_TEST(while_somebody_holds_the_store_writers_are_told_to_come_again)
{
    CHECK_BEGIN();
    in.options.open_stores.wait_ms = 200;
    inside_start(&in);
    in.options.open_stores.wait_ms = 0;
    CHECK(is_new("held-0"));
    sqlite3 *db;
    CHECK_EQ(sqlite3_open(town.store, &db), SQLITE_OK);
    CHECK_EQ(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    reply r = client_ask(&town, "POST", "/v1/events", town.key, "{\"id\":\"held-1\",\"user\":\"h\",\"item\":\"m1\",\"signal\":\"like\"}");
    CHECK_EQ(r.status, 503);
    CHECK_HOLDS(r.head, "Retry-After:");
    CHECK_STR(r.type, "application/problem+json");
    client_free(&r);
    CHECK_EQ(status_of("POST", "/v1/decisions", "{\"user\":\"u1\",\"count\":5}"), 503);
    CHECK_EQ(status_of("PUT", "/v1/items/held", "{\"title\":\"Held\"}"), 503);
    CHECK_EQ(status_of("GET", "/health", NULL), 200);
    CHECK_EQ(status_of("GET", "/v1/people/u1", NULL), 200);
    CHECK_EQ(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    CHECK_EQ(sqlite3_close(db), SQLITE_OK);
    CHECK(is_new("held-1")); // what was not acknowledged was not counted
    CHECK(!is_new("held-0"));
    CHECK_EQ(status_of("POST", "/v1/decisions", "{\"user\":\"u1\",\"count\":5}"), 200);
    inside_stop(&in);
}

// --- Ten thousand silent connections ----------------------------------------------------------------------------

CHECK_TEST(ten_thousand_idle_connections_keep_nobody_out)
{
    CHECK_BEGIN();
    enum { wanted = 10000 };
    static int files[wanted];
    struct rlimit limit;
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const struct rlimit before = limit;
    limit.rlim_cur = limit.rlim_max;
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
    service_start(&town, NULL); // a process of its own: as many descriptors again
    int count = 0;
    while (count < wanted && (files[count] = client_connect(&town)) >= 0)
        count++;
    if (count < wanted)
        CHECK_NOTE("%d idle connections: this system allows no more", count);
    CHECK(count >= wanted || (uint64_t)limit.rlim_max < wanted + 200);
    for (int i = 0; i < 20; i++)
        CHECK_EQ(status_of("GET", "/health", NULL), 200);
    CHECK(is_new("idle-0"));
    reply r = client_ask(&town, "GET", "/metrics", NULL, NULL);
    const char *figure = r.body ? strstr(r.body, "\nattune_connections ") : NULL;
    CHECK(figure && atoi(figure + 20) >= count);
    client_free(&r);
    for (int i = 0; i < count; i++)
        close(files[i]);
    CHECK(!is_new("idle-0"));
    CHECK_EQ(service_stop(&town, SIGTERM), 0);
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

// --- No word of anybody -----------------------------------------------------------------------------------------

CHECK_TEST(the_log_names_requests_and_never_people)
{
    CHECK_BEGIN();
    free(in.log);
    in.log = NULL;
    in.log_size = 0;
    inside_start(&in);
    static const struct {
        const char *method, *path, *body;
    } calls[] = {{"POST", "/v1/events", "{\"id\":\"zelda-event\",\"user\":\"zelda-person\",\"item\":\"zelda-item\",\"signal\":\"like\"}"},
        {"POST", "/v1/events", "{\"id\":\"zelda-event\",\"user\":\"zelda-person\",\"signal\":\"zelda-signal\"}"},
        {"POST", "/v1/events/batch", "{\"user\":\"zelda-person\",\"signal\":\"quit\"}\n{\"user\":\"zelda-person\"\n"},
        {"POST", "/v1/decisions", "{\"user\":\"zelda-person\",\"count\":3}"}, {"POST", "/v1/decisions", "{\"user\":\"zelda-person\",\"zelda-field\":3}"},
        {"POST", "/v1/explanations", "{\"user\":\"zelda-person\",\"item\":\"zelda-item\"}"}, {"GET", "/v1/people/zelda-person", NULL},
        {"GET", "/v1/people/zelda-person?zelda=1", NULL}, {"POST", "/v1/people/zelda-person/controls", "{\"control\":\"block\",\"item\":\"zelda-item\"}"},
        {"GET", "/v1/people/zelda-person/export", NULL}, {"DELETE", "/v1/people/zelda-person", NULL}, {"GET", "/v1/items?q=zelda-words", NULL},
        {"GET", "/zelda-path", NULL}, {"ZELDA", "/v1/status", NULL}, {"PUT", "/v1/policy", "zelda-policy: 1\n"}};
    enum { count = sizeof calls / sizeof calls[0] };
    char ids[count][80];
    for (size_t i = 0; i < count; i++) {
        reply r = client_ask(&town, calls[i].method, calls[i].path, town.key, calls[i].body);
        CHECK(r.status >= 200 && r.status < 500);
        const char *id = strstr(r.head, "X-Request-Id: ");
        CHECK(id && sscanf(id + 14, "%79[^\r\n]", ids[i]) == 1);
        if (r.status >= 400)
            CHECK_HOLDS(r.body, ids[i]); // the problem names it too
        client_free(&r);
    }
    reply r = client_ask(&town, "GET", "/v1/status", "att_zelda-key", NULL);
    CHECK_EQ(r.status, 401);
    client_free(&r);
    inside_stop(&in);
    CHECK(in.log != NULL);
    CHECK(!strcasestr(in.log, "zelda"));
    CHECK(!strstr(in.log, town.key + 4));
    for (size_t i = 0; i < count; i++) {
        char wanted[1300];
        snprintf(wanted, sizeof wanted, "\"request\":\"%s\"", ids[i]);
        CHECK_HOLDS(in.log, wanted);
    }
    // Each line of a request is JSON of its own.
    size_t lines = 0;
    for (char *rest = in.log, *line; (line = strsep(&rest, "\n"));) {
        if (line[0] != '{')
            continue;
        json_t *read = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        CHECK(read && json_is_string(json_object_get(read, "request")) && json_is_string(json_object_get(read, "route")) &&
              json_is_integer(json_object_get(read, "status")) && json_is_integer(json_object_get(read, "us")));
        json_decref(read);
        lines++;
    }
    CHECK_EQ(lines, count + 1);
}

// --- A disk that is full ----------------------------------------------------------------------------------------

static bool write_text(const char *path, const char *text)
{
    const int file = open(path, O_WRONLY | O_CLOEXEC);
    const bool good = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);
    if (file >= 0)
        close(file);
    return good;
}

// A small file system in a mount table of our own; as root at once, otherwise through a user namespace.
static bool mount_small(const char *folder)
{
    char map[64];
    const unsigned uid = getuid(), gid = getgid();
    bool can = unshare(CLONE_NEWNS) == 0;
    if (!can && unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) {
        snprintf(map, sizeof map, "0 %u 1", uid);
        can = write_text("/proc/self/setgroups", "deny") && write_text("/proc/self/uid_map", map);
        snprintf(map, sizeof map, "0 %u 1", gid);
        can = can && write_text("/proc/self/gid_map", map);
    }
    return can && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 && mkdir(folder, 0755) == 0 &&
           mount("attune-test", folder, "tmpfs", 0, "size=24m") == 0;
}

static void fill_disk(const char *path)
{
    const int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CHECK(file >= 0);
    static const char block[4096] = {1};
    while (write(file, block, sizeof block) == (ssize_t)sizeof block)
        ;
    close(file);
}

CHECK_TEST(a_full_disk_is_told_and_nothing_acknowledged_is_lost)
{
    CHECK_BEGIN();
    char folder[600], command[5000], filler[700];
    snprintf(folder, sizeof folder, "%s-disk", town.store);
    if (!mount_small(folder))
        CHECK_SKIP("no file system can be mounted here");
    const service kept = town;
    snprintf(command, sizeof command, "cp -r '%s' '%s'/s.attune && cp -r '%s-models' '%s'/s.attune-models && cp '%s-keys' '%s'/s.attune-keys", town.store,
        folder, town.store, folder, town.store, folder);
    CHECK_EQ(system(command), 0);
    snprintf(town.store, sizeof town.store, "%.480s/s.attune", folder);
    snprintf(filler, sizeof filler, "%s/filler", folder);
    service_start(&town, NULL);
    int acknowledged = 0;
    char id[32];
    for (; acknowledged < 50; acknowledged++) {
        snprintf(id, sizeof id, "full-%d", acknowledged);
        CHECK(is_new(id));
    }
    fill_disk(filler);
    bool full = false;
    for (int tries = 0; tries < 3000 && !full; tries++) { // what the log had room for goes first
        char body[300];
        snprintf(body, sizeof body, "{\"id\":\"full-%d\",\"user\":\"t-full-%d\",\"item\":\"m1\",\"signal\":\"like\"}", acknowledged, acknowledged);
        reply r = client_ask(&town, "POST", "/v1/events", town.key, body);
        CHECK(r.status == 200 || r.status == 507);
        full = r.status == 507;
        acknowledged += r.status == 200;
        client_free(&r);
    }
    CHECK(full);
    CHECK_EQ(status_of("POST", "/v1/decisions", "{\"user\":\"u1\",\"count\":5}"), 507);
    CHECK_EQ(status_of("GET", "/health", NULL), 200);
    CHECK_EQ(status_of("GET", "/v1/people/u1", NULL), 200);
    CHECK_EQ(unlink(filler), 0);
    for (int i = 0; i < acknowledged; i++) {
        snprintf(id, sizeof id, "full-%d", i);
        CHECK(!is_new(id));
    }
    snprintf(id, sizeof id, "full-%d", acknowledged);
    CHECK(is_new(id));
    CHECK_EQ(status_of("POST", "/v1/decisions", "{\"user\":\"u1\",\"count\":5}"), 200);
    CHECK_EQ(service_stop(&town, SIGTERM), 0);
    service_start(&town, NULL);
    for (int i = 0; i <= acknowledged; i++) {
        snprintf(id, sizeof id, "full-%d", i);
        CHECK(!is_new(id));
    }
    CHECK_EQ(service_stop(&town, SIGTERM), 0);
    town = kept;
    CHECK_EQ(umount(folder), 0);
}

static int begin(void **state)
{
    (void)state;
    service_make(&town, "trouble.attune");
    inside_init(&in, &town);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {CHECK_CASE(clocks_that_jump_lose_nothing), CHECK_CASE(an_id_that_eight_send_at_once_counts_once),
        CHECK_CASE(while_somebody_holds_the_store_writers_are_told_to_come_again), CHECK_CASE(ten_thousand_idle_connections_keep_nobody_out),
        CHECK_CASE(the_log_names_requests_and_never_people), CHECK_CASE(a_full_disk_is_told_and_nothing_acknowledged_is_lost)};
    return cmocka_run_group_tests_name(__FILE__, tests, begin, NULL);
}
