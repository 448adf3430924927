// SPDX-License-Identifier: Apache-2.0
// tests/httpd/test_threads.c - all at once: several workers with events, decisions, people who are forgotten, items, policies, checkpoints, keys
// read anew. Also run under ThreadSanitizer.
#include "inside.h"

#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

static service town;
static inside in;
static atomic_bool over;
static atomic_uint asked, failed;

// Answers with 4xx are fine where others may have taken the thing away; anything from 500 on is not, nor is silence.
static void ask(int file, const char *method, const char *path, const char *body)
{
    reply r = client_on(file, method, path, town.key, body);
    asked++;
    if (r.status == 0 || r.status >= 500) {
        failed++;
        CHECK_NOTE("%s %s: %d %s", method, path, r.status, r.body ? r.body : "");
    }
    client_free(&r);
}

static void *send_events(void *user)
{
    const int number = *(const int *)user, file = client_connect(&town);
    char body[200];
    for (unsigned i = 0; !over; i++) {
        snprintf(body, sizeof body, "{\"id\":\"t%d-%u\",\"user\":\"w%u\",\"item\":\"i%u\",\"signal\":\"like\"}", number, i / 2, i % 41, i % 13);
        ask(file, "POST", "/v1/events", body);
    }
    close(file);
    return NULL;
}

static void *ask_slates(void *user)
{
    (void)user;
    const int file = client_connect(&town);
    char body[200];
    for (unsigned i = 0; !over; i++) {
        snprintf(body, sizeof body, "{\"user\":\"w%u\",\"count\":4,\"dry\":%s}", i % 41, i % 7 ? "false" : "true");
        ask(file, "POST", "/v1/decisions", body);
        if (i % 9 == 0)
            ask(file, "POST", "/v1/explanations", "{\"user\":\"w3\",\"item\":\"i1\"}");
    }
    close(file);
    return NULL;
}

static void *care(void *user)
{
    (void)user;
    const int file = client_connect(&town);
    char path[80], body[200];
    for (unsigned i = 0; !over; i++) {
        snprintf(path, sizeof path, "/v1/people/w%u", i % 41);
        ask(file, i % 4 ? "GET" : "DELETE", path, NULL);
        snprintf(path, sizeof path, "/v1/people/w%u/controls", i % 41);
        ask(file, "POST", path, i % 2 ? "{\"control\":\"energy\",\"value\":0.5}" : "{\"control\":\"block\",\"item\":\"i1\"}");
        snprintf(path, sizeof path, "/v1/items/extra-%u", i % 5);
        ask(file, "PUT", path, "{\"title\":\"Extra\",\"tags\":[\"odd\"]}");
        snprintf(path, sizeof path, "/v1/items/extra-%u/takedown", i % 5);
        ask(file, "POST", path, "{\"reason\":\"test\"}");
        snprintf(body, sizeof body, "{\"user\":\"w1\",\"item\":\"i2\",\"signal\":\"save\"}\n{\"user\":\"w2\",\"item\":\"i%u\",\"signal\":\"like\"}\n", i % 9);
        ask(file, "POST", "/v1/events/batch", body);
        ask(file, "GET", "/v1/people/w2/export", NULL);
        ask(file, "GET", "/v1/items?q=extra", NULL);
    }
    close(file);
    return NULL;
}

static void *rule(void *user)
{
    (void)user;
    const int file = client_connect(&town);
    char body[80];
    for (unsigned i = 0; !over; i++) {
        snprintf(body, sizeof body, "exploration:\n  share: 0.%u\n", 10 + i % 5);
        ask(file, "PUT", "/v1/policy", body);
        ask(file, "GET", "/metrics", NULL);
        ask(file, "GET", "/v1/status", NULL);
        ask(file, "GET", "/ready", NULL);
        inside_signal(&in, SIGHUP);
        usleep(20000);
    }
    close(file);
    return NULL;
}

CHECK_TEST(everything_at_once)
{
    CHECK_BEGIN();
    void *(*const does[])(void *) = {send_events, send_events, ask_slates, ask_slates, care, rule};
    enum { count = sizeof does / sizeof does[0] };
    pthread_t threads[count];
    int numbers[count];
    in.options.workers = 3;
    in.options.checkpoint_s = 1; // and checkpoints among it
    in.options.open_stores.checkpoint_records = 50;
    inside_start(&in);
    for (int t = 0; t < count; t++) {
        numbers[t] = t;
        CHECK_EQ(pthread_create(&threads[t], NULL, does[t], &numbers[t]), 0);
    }
    sleep(2);
    over = true;
    for (int t = 0; t < count; t++)
        pthread_join(threads[t], NULL);
    CHECK_EQ(failed, 0);
    CHECK(asked > 100);
    inside_stop(&in);
    // What is on disk says the same to whoever opens it next.
    inside_start(&in);
    reply r = client_ask(&town, "POST", "/v1/events", town.key, "{\"id\":\"t0-0\",\"user\":\"w0\",\"item\":\"i0\",\"signal\":\"like\"}");
    CHECK_EQ(r.status, 200);
    client_free(&r);
    inside_stop(&in);
}

static int begin(void **state)
{
    (void)state;
    service_make(&town, "threads.attune");
    inside_init(&in, &town);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {CHECK_CASE(everything_at_once)};
    return cmocka_run_group_tests_name(__FILE__, tests, begin, NULL);
}
