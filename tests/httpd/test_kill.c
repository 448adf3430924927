// SPDX-License-Identifier: Apache-2.0
// tests/httpd/test_kill.c - the service is killed twenty times while it is written to: what was acknowledged is there, what was
// counted is counted once, and it says that it is ready only when it knows all of it again.
#include "client.h"
#include "base/rng.h"

#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 20, WRITERS = 4, EVENTS_MOST = 40000 };

static service town;

// What one writer did. Event n of writer w has the id "w-n"; `known` says that its answer was 200.
typedef struct writer {
    int number;
    unsigned sent, acknowledged, decided, asked, wrong;
    bool known[EVENTS_MOST];
    char decision[20], decided_for[24]; // the newest one that was answered
} writer;

static writer writers[WRITERS];
static atomic_bool over;

static void event_body(const writer *w, unsigned n, char *out, size_t size)
{
    // Many people, so that nobody is taken for a bot.
    snprintf(out, size, "{\"id\":\"%d-%u\",\"user\":\"p%u\",\"item\":\"i%u\",\"signal\":\"like\"}", w->number, n, (n * 4 + (unsigned)w->number) % 5003, n % 29);
}

// Until the connection breaks.
static void *write_on(void *user)
{
    writer *w = user;
    const int file = client_connect(&town);
    char body[200];
    while (!over && w->sent < EVENTS_MOST && file >= 0) {
        const unsigned n = w->sent++;
        event_body(w, n, body, sizeof body);
        reply r = client_on(file, "POST", "/v1/events", town.key, body);
        const bool gone = r.status == 0;
        if (r.status == 200) {
            w->known[n] = true;
            w->acknowledged++;
            w->wrong += !strstr(r.body, "true"); // it is new
        } else {
            w->wrong += !gone;
        }
        client_free(&r);
        if (gone)
            break;
        if (n % 5 == 0) {
            char person[24];
            snprintf(person, sizeof person, "d%d", w->number);
            snprintf(body, sizeof body, "{\"user\":\"%s\",\"count\":3}", person);
            w->asked++;
            r = client_on(file, "POST", "/v1/decisions", town.key, body);
            const char *id = json_string_value(json_object_get(r.json, "decision"));
            if (id) {
                w->decided++;
                snprintf(w->decision, sizeof w->decision, "%s", id);
                snprintf(w->decided_for, sizeof w->decided_for, "%s", person);
            }
            const bool broken = r.status == 0;
            client_free(&r);
            if (broken)
                break;
        }
    }
    if (file >= 0)
        close(file);
    return NULL;
}

static uint64_t status_of(const char *name)
{
    reply r = client_ask(&town, "GET", "/v1/status", town.key, NULL);
    CHECK_EQ(r.status, 200);
    const uint64_t value = (uint64_t)json_integer_value(json_object_get(r.json, name));
    client_free(&r);
    return value;
}

static uint64_t counted(void)
{
    return status_of("events") + status_of("bot_events");
}

// Each newest decision that was answered is in what is kept about its person.
static void decisions_are_there(void)
{
    for (int w = 0; w < WRITERS; w++) {
        if (!writers[w].decision[0])
            continue;
        char path[80];
        snprintf(path, sizeof path, "/v1/people/%s/export", writers[w].decided_for);
        reply r = client_ask(&town, "GET", path, town.key, NULL);
        CHECK_EQ(r.status, 200);
        CHECK_HOLDS(r.body, writers[w].decision);
        client_free(&r);
    }
}

// Sends a writer's events once more, those that were acknowledged or the others; returns how many were new.
static uint64_t send_again(const writer *w, bool known, uint64_t *count)
{
    enum { LINES = 2000 };
    uint64_t added = 0;
    char *text = malloc((size_t)LINES * 120);
    for (unsigned n = 0; n < w->sent;) {
        size_t at = 0;
        for (unsigned lines = 0; n < w->sent && lines < LINES; n++)
            if (w->known[n] == known) {
                event_body(w, n, text + at, 118);
                at += strlen(text + at);
                text[at++] = '\n';
                text[at] = 0;
                lines++;
                ++*count;
            }
        if (!at)
            break;
        reply r = client_ask(&town, "POST", "/v1/events/batch", town.key, text);
        CHECK_EQ(r.status, 200);
        added += (uint64_t)json_integer_value(json_object_get(r.json, "added"));
        client_free(&r);
    }
    free(text);
    return added;
}

CHECK_TEST(killed_twenty_times_nothing_acknowledged_is_lost_or_counted_twice)
{
    CHECK_BEGIN();
    att_rng rng = att_rng_seed(31);
    service_start(&town, NULL);
    const uint64_t before = counted(), decided_before = status_of("decisions");
    pthread_t threads[WRITERS];
    for (int round = 0; round < ROUNDS; round++) {
        over = false;
        for (int w = 0; w < WRITERS; w++) {
            writers[w].number = w;
            CHECK_EQ(pthread_create(&threads[w], NULL, write_on, &writers[w]), 0);
        }
        usleep((useconds_t)(40000 + att_rng_below(&rng, 160000)));
        CHECK_EQ(service_stop(&town, SIGKILL), 128 + SIGKILL);
        over = true;
        for (int w = 0; w < WRITERS; w++)
            pthread_join(threads[w], NULL);
        service_start(&town, NULL);
        // It is ready: everything that was acknowledged is known at once, and no more than was sent.
        uint64_t sent = 0, acknowledged = 0, decided = 0, asked = 0;
        for (int w = 0; w < WRITERS; w++) {
            sent += writers[w].sent;
            acknowledged += writers[w].acknowledged;
            decided += writers[w].decided;
            asked += writers[w].asked;
            CHECK_EQ(writers[w].wrong, 0);
        }
        const uint64_t now = counted() - before, decisions = status_of("decisions") - decided_before;
        CHECK(now >= acknowledged && now <= sent);
        CHECK(decisions >= decided && decisions <= asked);
        decisions_are_there();
    }
    uint64_t sent = 0, acknowledged = 0, others = 0;
    for (int w = 0; w < WRITERS; w++) {
        CHECK_EQ(send_again(&writers[w], true, &acknowledged), 0);
        (void)send_again(&writers[w], false, &others);
        sent += writers[w].sent;
    }
    CHECK(acknowledged > 200);
    CHECK_EQ(acknowledged + others, sent);
    CHECK_EQ(counted() - before, sent); // each id once, however often it was sent
    CHECK_NOTE("%llu events acknowledged, %llu whose answer was cut off", (unsigned long long)acknowledged, (unsigned long long)others);
    CHECK_EQ(service_stop(&town, SIGTERM), 0);
}

static uint64_t since_checkpoint(void)
{
    reply r = client_ask(&town, "GET", "/metrics", town.key, NULL);
    CHECK_EQ(r.status, 200);
    const char *at = r.body ? strstr(r.body, "\nattune_store_records_since_checkpoint{") : NULL;
    CHECK(at != NULL);
    const uint64_t count = strtoull(strchr(at, '}') + 1, NULL, 10);
    client_free(&r);
    return count;
}

enum { BATCHES = 3, BATCH_LINES = 8000 };

static void send_batch(unsigned number)
{
    char *text = malloc((size_t)BATCH_LINES * 120);
    size_t at = 0;
    for (unsigned n = 0; n < BATCH_LINES; n++)
        at += (size_t)sprintf(text + at, "{\"id\":\"b%u-%u\",\"user\":\"q%u\",\"item\":\"i%u\",\"signal\":\"like\"}\n", number, n, n % 4999, n % 29);
    reply r = client_ask(&town, "POST", "/v1/events/batch", town.key, text);
    CHECK_EQ(r.status, 200);
    client_free(&r);
    free(text);
}

CHECK_TEST(after_a_kill_it_reads_on_from_what_was_written_while_it_ran)
{
    CHECK_BEGIN();
    char line[600];
    const char *const often[] = {"--checkpoint", "1", NULL};
    service_start(&town, often);
    const uint64_t before = counted();
    for (unsigned i = 0; i < BATCHES; i++)
        send_batch(i);
    for (int tries = 0; tries < 300 && since_checkpoint() > 20; tries++)
        usleep(50000);
    CHECK(since_checkpoint() <= 20); // written without an end of the service
    for (unsigned i = 0; i < 10; i++) {
        snprintf(line, sizeof line, "{\"id\":\"tail-%u\",\"user\":\"q%u\",\"item\":\"i1\",\"signal\":\"like\"}", i, i);
        reply r = client_ask(&town, "POST", "/v1/events", town.key, line);
        CHECK_EQ(r.status, 200);
        client_free(&r);
    }
    const uint64_t behind = since_checkpoint();
    CHECK(behind >= 10 && behind <= 30);
    CHECK_EQ(service_stop(&town, SIGKILL), 128 + SIGKILL);
    service_start(&town, NULL);
    CHECK_EQ(since_checkpoint(), behind); // so many were folded, and no more
    CHECK_EQ(counted(), before + BATCHES * BATCH_LINES + 10);
    send_batch(1);
    CHECK_EQ(counted(), before + BATCHES * BATCH_LINES + 10);
    CHECK_EQ(service_stop(&town, SIGTERM), 0);
}

static int status_at(const char *path, const char *key)
{
    reply r = client_ask(&town, "GET", path, key, NULL);
    const int status = r.status;
    client_free(&r);
    return status;
}

CHECK_TEST(it_listens_before_it_is_ready_and_says_so)
{
    CHECK_BEGIN();
    // Somebody else holds the store, so that opening it takes as long as we like.
    sqlite3 *db;
    CHECK_EQ(sqlite3_open(town.store, &db), SQLITE_OK);
    CHECK_EQ(sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE held (x); DROP TABLE held; COMMIT", NULL, NULL, NULL), SQLITE_OK);
    town.port = client_free_port();
    setenv("ATTUNE_WAIT", "20", 1);
    const int told = service_spawn(&town, (const char *const[]){"-q", NULL});
    unsetenv("ATTUNE_WAIT");
    int file = -1;
    for (int tries = 0; tries < 500 && file < 0; tries++) {
        file = client_connect(&town);
        usleep(10000);
    }
    CHECK(file >= 0);
    close(file);
    CHECK_EQ(status_at("/health", NULL), 200);
    CHECK_EQ(status_at("/ready", NULL), 503);
    reply r = client_ask(&town, "GET", "/v1/status", town.key, NULL);
    CHECK_EQ(r.status, 503);
    CHECK_HOLDS(r.head, "Retry-After: 1");
    client_free(&r);
    r = client_ask(&town, "POST", "/v1/events", town.key, "{\"user\":\"a\",\"item\":\"i1\",\"signal\":\"like\"}");
    CHECK_EQ(r.status, 503);
    client_free(&r);
    CHECK_EQ(status_at("/v1/status", NULL), 401); // who may not is told so first
    CHECK_EQ(status_at("/metrics", NULL), 200);
    CHECK_EQ(sqlite3_close(db), SQLITE_OK);
    CHECK(service_wait(&town, told));
    r = client_ask(&town, "GET", "/ready", NULL, NULL);
    CHECK_EQ(r.status, 200);
    CHECK_HOLDS(r.body, "\"ready\":true");
    client_free(&r);
    CHECK_EQ(status_at("/v1/status", town.key), 200);
    CHECK_EQ(service_stop(&town, SIGTERM), 0);
}

CHECK_TEST(a_store_that_stays_held_ends_it)
{
    CHECK_BEGIN();
    sqlite3 *db;
    CHECK_EQ(sqlite3_open(town.store, &db), SQLITE_OK);
    CHECK_EQ(sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE held (x); DROP TABLE held; COMMIT", NULL, NULL, NULL), SQLITE_OK);
    town.port = client_free_port();
    setenv("ATTUNE_WAIT", "1", 1);
    const int told = service_spawn(&town, (const char *const[]){"-q", NULL});
    unsetenv("ATTUNE_WAIT");
    CHECK(!service_wait(&town, told)); // it gave up waiting
    int status;
    CHECK_EQ(waitpid(town.pid, &status, 0), town.pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 75);
    CHECK_EQ(sqlite3_close(db), SQLITE_OK);
}

static int begin(void **state)
{
    (void)state;
    service_make(&town, "kill.attune");
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {CHECK_CASE(killed_twenty_times_nothing_acknowledged_is_lost_or_counted_twice),
        CHECK_CASE(after_a_kill_it_reads_on_from_what_was_written_while_it_ran),
        CHECK_CASE(it_listens_before_it_is_ready_and_says_so), CHECK_CASE(a_store_that_stays_held_ends_it)};
    return cmocka_run_group_tests_name(__FILE__, tests, begin, NULL);
}
