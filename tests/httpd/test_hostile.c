// SPDX-License-Identifier: Apache-2.0
// tests/httpd/test_hostile.c - what strangers send: the right status each time, and the service goes on.
#include "client.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static service town;

static void expect(const char *method, const char *path, const char *key, const char *body, int status, const char *held)
{
    reply r = client_ask(&town, method, path, key, body);
    if (r.status != status)
        CHECK_NOTE("%s %s: %d instead of %d: %s", method, path, r.status, status, r.body ? r.body : "");
    CHECK_EQ(r.status, status);
    if (status >= 400)
        CHECK_STR(r.type, "application/problem+json");
    if (held)
        CHECK_HOLDS(r.body ? r.body : "", held);
    client_free(&r);
}

static void is_alive(void)
{
    expect("GET", "/health", NULL, NULL, 200, "ok");
}

CHECK_TEST(json_that_is_none_is_told_with_its_place)
{
    CHECK_BEGIN();
    expect("POST", "/v1/decisions", town.key, "{\"user\":", 400, "line 1");
    expect("POST", "/v1/decisions", town.key, "", 400, "JSON");
    expect("POST", "/v1/decisions", town.key, "[]", 400, "expected an object");
    expect("POST", "/v1/decisions", town.key, "{\"user\":\"a\",\"user\":\"b\"}", 400, "duplicate");
    expect("POST", "/v1/events", town.key, "{\"user\":\"a\"", 400, NULL);
    expect("POST", "/v1/events", town.key, "\xff\xfe", 400, NULL);
    is_alive();
}

CHECK_TEST(a_field_at_fault_is_named)
{
    CHECK_BEGIN();
    expect("POST", "/v1/decisions", town.key, "{\"count\":3}", 400, "\"field\":\"user\"");
    expect("POST", "/v1/decisions", town.key, "{\"user\":7}", 400, "\"field\":\"user\"");
    expect("POST", "/v1/decisions", town.key, "{\"user\":\"a\",\"count\":201}", 400, "\"field\":\"count\"");
    expect("POST", "/v1/decisions", town.key, "{\"user\":\"a\",\"coutn\":3}", 400, "\"field\":\"coutn\"");
    expect("POST", "/v1/decisions", town.key, "{\"user\":\"a\",\"context\":{\"device\":\"fridge\"}}", 400, "\"field\":\"context.device\"");
    expect("POST", "/v1/decisions", town.key, "{\"user\":\"a\",\"at\":\"yesterday\"}", 400, "\"field\":\"at\"");
    expect("POST", "/v1/decisions", town.key, "{\"user\":\"a\",\"territory\":\"D1\"}", 400, "\"field\":\"territory\"");
    expect("POST", "/v1/events", town.key, "{\"user\":\"a\",\"signal\":\"liek\",\"item\":\"x\"}", 400, "\"field\":\"signal\"");
    expect("POST", "/v1/events", town.key, "{\"user\":\"a\",\"signal\":\"like\"}", 400, "item");
    expect("POST", "/v1/events/batch", town.key, "{\"user\":\"a\",\"signal\":\"quit\"}\n{\"user\":1}\n", 400, "line 2");
    expect("GET", "/v1/items?limit=0", town.key, NULL, 400, "\"field\":\"limit\"");
    expect("GET", "/v1/items?limit=ten", town.key, NULL, 400, "\"field\":\"limit\"");
    expect("GET", "/v1/items?lim=1", town.key, NULL, 400, "\"field\":\"lim\"");
    expect("PUT", "/v1/items/x", town.key, "{\"id\":\"y\"}", 400, "\"field\":\"id\"");
    expect("POST", "/v1/people/a/controls", town.key, "{\"control\":\"louder\"}", 400, "\"field\":\"control\"");
}

CHECK_TEST(a_field_that_is_none_is_told_with_what_was_meant)
{
    CHECK_BEGIN();
    expect("POST", "/v1/decisions", town.key, "{\"user\":\"a\",\"coutn\":3}", 400, "coutn: is not a field of DecisionRequest, did you mean \\\"count\\\"?");
    expect("POST", "/v1/decisions", town.key, "{\"user\":\"a\",\"terr\":\"DE\"}", 400, "did you mean \\\"territory\\\"?");
    expect("POST", "/v1/decisions", town.key, "{\"user\":\"a\",\"device\":\"tv\"}", 400, "did you mean \\\"context.device\\\"?");
    expect("POST", "/v1/generations", town.key, "{\"medium\":\"music\",\"variations\":3}", 400, "variations: is not a field of Brief, expected one of medium, ");
    expect("POST", "/v1/jobs", town.key, "{\"kind\":\"train\",\"train\":{\"thread\":2}}", 400, "train.thread: is not a field of TrainOptions, did you mean \\\"threads\\\"?");
    expect("POST", "/v1/jobs", town.key, "{\"kind\":\"train\",\"seed\":2}", 400, "did you mean \\\"train.seed\\\"?");
    expect("GET", "/v1/items?lim=1", town.key, NULL, 400, "lim: is not a parameter of this route, did you mean \\\"limit\\\"?");
    expect("GET", "/v1/items?page=1", town.key, NULL, 400, "page: is not a parameter of this route, expected one of q, limit, offset");
    expect("GET", "/v1/items?limit=1&limit=2", town.key, NULL, 400, "limit: it is given twice");
    expect("GET", "/v1/status?limit=1", town.key, NULL, 400, "limit: this route takes no parameters");
}

CHECK_TEST(what_was_found_and_expected_is_told_by_field)
{
    CHECK_BEGIN();
    expect("POST", "/v1/decisions", town.key, "", 400, "the body is empty, expected a JSON object: DecisionRequest");
    expect("POST", "/v1/decisions", town.key, "[1]", 400, "the body: found a list, expected an object: DecisionRequest");
    expect("POST", "/v1/rewards/batch", town.key, "[1]", 400, "line 1: found a list, expected an object: Reward");
    expect("POST", "/v1/rewards", town.key, "{\"decision\":\"1\",\"value\":1}", 400, "decision: has 1 bytes, expected exactly 16");
    client_refused(&town, "POST", "/v1/events", "{\"user\":\"a\",\"signal\":\"like\"}", 400, "item");
    client_refused(&town, "POST", "/v1/events", "{\"user\":\"a\",\"item\":\"x\",\"signal\":\"rating\"}", 400, "value");
    client_refused(&town, "POST", "/v1/events/batch", "{\"user\":\"a\",\"signal\":\"like\"}", 400, "item");
    client_refused(&town, "POST", "/v1/people/a/controls", "{\"control\":\"block\"}", 400, "item");
    client_refused(&town, "POST", "/v1/people/a/controls", "{\"control\":\"novelty\"}", 400, "value");
}

// Left out, the value would be 0: back in.
CHECK_TEST(an_opt_out_without_a_value_opts_nobody_in)
{
    CHECK_BEGIN();
    expect("POST", "/v1/people/u3/controls", town.key, "{\"control\":\"opt-out\",\"value\":1}", 200, NULL);
    expect("POST", "/v1/people/u3/controls", town.key, "{\"control\":\"opt-out\"}", 400, "value: is missing");
    expect("GET", "/v1/people/u3", town.key, NULL, 200, "\"opted_out\":true");
    expect("POST", "/v1/people/u3/controls", town.key, "{\"control\":\"opt-out\",\"value\":0}", 200, NULL);
}

CHECK_TEST(who_may_not_is_told_so)
{
    CHECK_BEGIN();
    char reader[80];
    CHECK_EQ(client_run(reader, sizeof reader, (const char *const[]){"key", "create", "reader", "--scopes", "read", "-s", town.store, "-q", NULL}), 0);
    reader[strcspn(reader, "\n")] = 0;
    expect("GET", "/v1/status", reader, NULL, 401, "not known"); // not yet read
    kill(town.pid, SIGHUP);
    for (int tries = 0; tries < 100; tries++) {
        reply r = client_ask(&town, "GET", "/v1/status", reader, NULL);
        const int status = r.status;
        client_free(&r);
        if (status == 200)
            break;
        usleep(20000);
    }
    expect("GET", "/v1/status", reader, NULL, 200, NULL);
    expect("POST", "/v1/events", reader, "{\"user\":\"a\",\"signal\":\"quit\"}", 403, "scope events");
    expect("PUT", "/v1/policy", reader, "", 403, "scope admin");
    expect("GET", "/v1/status", NULL, NULL, 401, "Authorization");
    expect("GET", "/v1/status", "att_0000", NULL, 401, NULL);
    CHECK_EQ(client_run(NULL, 0, (const char *const[]){"key", "revoke", "reader", "-s", town.store, NULL}), 0);
    kill(town.pid, SIGHUP);
    for (int tries = 0; tries < 100; tries++) {
        reply r = client_ask(&town, "GET", "/v1/status", reader, NULL);
        const int status = r.status;
        client_free(&r);
        if (status == 401)
            break;
        usleep(20000);
    }
    expect("GET", "/v1/status", reader, NULL, 401, NULL);
}

// What X-Request-Id is answered with when this was sent.
static void id_answered(const char *sent, char *out, size_t size)
{
    char text[600];
    const int length = snprintf(text, sizeof text, "GET /v1/nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Request-Id: %s\r\n\r\n", sent);
    reply r = client_raw(&town, text, (size_t)length, 5000);
    CHECK_EQ(r.status, 404);
    const char *header = strstr(r.head, "X-Request-Id: ");
    CHECK(header != NULL);
    snprintf(out, size, "%.*s", (int)strcspn(header + 14, "\r"), header + 14);
    CHECK_STR(json_string_value(json_object_get(r.json, "request_id")), out);
    client_free(&r);
}

CHECK_TEST(a_proxys_request_id_is_kept_when_it_can_be_no_name)
{
    CHECK_BEGIN();
    static const char *const kept[] = {"7f3c9a52b1d04e6688aa01ff3b5c7d9e", "123e4567-e89b-12d3-a456-426614174000", "0"};
    static const char *const passed_over[] = {"ann@example.org", "bad id", "\"}", "12345678901234567890123456789012345678901234567890123456789012345"};
    char id[200];
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        id_answered(kept[i], id, sizeof id);
        CHECK_STR(id, kept[i]);
    }
    for (size_t i = 0; i < sizeof passed_over / sizeof passed_over[0]; i++) {
        id_answered(passed_over[i], id, sizeof id);
        CHECK(strcmp(id, passed_over[i]) != 0 && strlen(id) < 24);
    }
}

CHECK_TEST(paths_and_methods_that_are_not_there)
{
    CHECK_BEGIN();
    expect("GET", "/v2/status", town.key, NULL, 404, NULL);
    expect("GET", "/console.jsx", town.key, NULL, 404, NULL);
    expect("DELETE", "/v1/status", town.key, NULL, 405, "GET");
    expect("GET", "/v1/people/", town.key, NULL, 404, NULL);
    expect("GET", "/v1/people/%zz", town.key, NULL, 400, "encoded");
    expect("GET", "/v1/people/a%00b", town.key, NULL, 400, "encoded");
    expect("GET", "/v1/people/nobody", town.key, NULL, 404, NULL);
    expect("GET", "/v1/items/..%2f..%2fetc%2fpasswd", town.key, NULL, 404, NULL);
    expect("GET", "/../../etc/passwd", town.key, NULL, 404, NULL);
    char path[3000] = "/v1/people/";
    memset(path + 11, 'a', 2000);
    expect("GET", path, town.key, NULL, 414, NULL);
    is_alive();
}

CHECK_TEST(what_is_too_large_is_refused_before_it_is_read)
{
    CHECK_BEGIN();
    char head[300];
    snprintf(head, sizeof head, "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Length: 99999999999\r\n\r\n{", town.key);
    reply r = client_raw(&town, head, strlen(head), 5000);
    CHECK_EQ(r.status, 413);
    client_free(&r);
    const size_t size = (size_t)6 << 20;
    char *body = malloc(size + 1);
    memset(body, ' ', size);
    body[size] = 0;
    expect("POST", "/v1/events", town.key, body, 413, NULL);
    body[100000] = 0;
    expect("POST", "/v1/events", town.key, body, 400, NULL);
    memset(body, '[', 100000);
    expect("POST", "/v1/decisions", town.key, body, 400, NULL); // deep nesting
    free(body);
    char *many = malloc(70000);
    size_t at = (size_t)sprintf(many, "GET /health HTTP/1.1\r\nHost: localhost\r\n");
    while (at < 60000)
        at += (size_t)sprintf(many + at, "X-%zu: 0123456789012345678901234567890123456789\r\n", at);
    at += (size_t)sprintf(many + at, "\r\n");
    r = client_raw(&town, many, at, 5000);
    CHECK(r.status >= 400 && r.status < 500);
    client_free(&r);
    free(many);
    is_alive();
}

CHECK_TEST(bytes_that_are_no_http_close_the_connection)
{
    CHECK_BEGIN();
    static const char *const junk[] = {"\r\n\r\n\r\n", "GET\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "GET / HTTP/9.9\r\n\r\n",
        "POST /v1/events HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "GET /health HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n"};
    for (size_t i = 0; i < sizeof junk / sizeof junk[0]; i++) {
        reply r = client_raw(&town, junk[i], strlen(junk[i]), 300);
        CHECK(r.status == 0 || r.status >= 400);
        client_free(&r);
    }
    is_alive();
}

CHECK_TEST(who_drips_a_request_is_ended)
{
    CHECK_BEGIN();
    service slow = town;
    service_start(&slow, (const char *const[]){"--header-time", "1", NULL});
    const int file = client_connect(&slow);
    CHECK(file >= 0);
    const char *head = "GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
    CHECK(write(file, head, strlen(head)) > 0);
    signal(SIGPIPE, SIG_IGN);
    bool ended = false;
    for (int i = 0; i < 100 && !ended; i++) {
        usleep(100000);
        ended = write(file, "a", 1) != 1;
    }
    CHECK(ended);
    close(file);
    CHECK_EQ(service_stop(&slow, SIGTERM), 0);
}

CHECK_TEST(many_idle_connections_do_not_keep_others_out)
{
    CHECK_BEGIN();
    enum { idle = 900 };
    static int files[idle];
    for (int i = 0; i < idle; i++)
        CHECK((files[i] = client_connect(&town)) >= 0);
    is_alive();
    for (int i = 0; i < idle; i++)
        close(files[i]);
    is_alive();
}

CHECK_TEST(it_refuses_to_be_open_to_the_world)
{
    CHECK_BEGIN();
    CHECK_EQ(client_run(NULL, 0, (const char *const[]){"serve", "--port", "0", "--open", "--address", "0.0.0.0", "-s", town.store, NULL}), 77);
    CHECK_EQ(client_run(NULL, 0, (const char *const[]){"serve", "--port", "0", "--address", "0.0.0.0", "-s", town.store, NULL}), 77);
    CHECK_EQ(client_run(NULL, 0, (const char *const[]){"serve", "--port", "0", "--keys", "/nonexistent", "-s", town.store, NULL}), 66);
    char port[16];
    snprintf(port, sizeof port, "%d", town.port);
    CHECK_EQ(client_run(NULL, 0, (const char *const[]){"serve", "--port", port, "-s", town.store, NULL}), 75); // taken
}

CHECK_TEST(without_keys_only_this_machine_and_no_admin)
{
    CHECK_BEGIN();
    service open = town;
    service_start(&open, (const char *const[]){"--open", NULL});
    const service kept = town;
    town = open;
    expect("GET", "/v1/status", NULL, NULL, 200, NULL);
    expect("PUT", "/v1/policy", NULL, "exploration:\n  share: 0.1\n", 401, "admin");
    const char *rebound = "GET /v1/status HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    reply r = client_raw(&town, rebound, strlen(rebound), 5000);
    CHECK_EQ(r.status, 421);
    client_free(&r);
    CHECK_EQ(service_stop(&town, SIGTERM), 0);
    town = kept;
}

CHECK_TEST(a_killed_service_keeps_what_it_acknowledged)
{
    CHECK_BEGIN();
    char body[200];
    int sent = 0;
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 20; i++, sent++) {
            snprintf(body, sizeof body, "{\"id\":\"kill-%d\",\"user\":\"k%d\",\"item\":\"i%d\",\"signal\":\"like\"}", sent, sent % 7, sent % 11);
            expect("POST", "/v1/events", town.key, body, 200, "true");
        }
        CHECK_EQ(service_stop(&town, SIGKILL), 128 + SIGKILL);
        service_start(&town, NULL);
    }
    for (int i = 0; i < sent; i++) {
        snprintf(body, sizeof body, "{\"id\":\"kill-%d\",\"user\":\"k%d\",\"item\":\"i%d\",\"signal\":\"like\"}", i, i % 7, i % 11);
        expect("POST", "/v1/events", town.key, body, 200, "false");
    }
}

static int begin(void **state)
{
    (void)state;
    service_make(&town, "hostile.attune");
    service_start(&town, NULL);
    return 0;
}

static int end(void **state)
{
    (void)state;
    return service_stop(&town, SIGTERM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {CHECK_CASE(json_that_is_none_is_told_with_its_place), CHECK_CASE(a_field_at_fault_is_named),
        CHECK_CASE(a_field_that_is_none_is_told_with_what_was_meant), CHECK_CASE(what_was_found_and_expected_is_told_by_field),
        CHECK_CASE(an_opt_out_without_a_value_opts_nobody_in),
        CHECK_CASE(who_may_not_is_told_so), CHECK_CASE(a_proxys_request_id_is_kept_when_it_can_be_no_name),
        CHECK_CASE(paths_and_methods_that_are_not_there),
        CHECK_CASE(what_is_too_large_is_refused_before_it_is_read), CHECK_CASE(bytes_that_are_no_http_close_the_connection),
        CHECK_CASE(who_drips_a_request_is_ended), CHECK_CASE(many_idle_connections_do_not_keep_others_out),
        CHECK_CASE(it_refuses_to_be_open_to_the_world), CHECK_CASE(without_keys_only_this_machine_and_no_admin),
        CHECK_CASE(a_killed_service_keeps_what_it_acknowledged)};
    return cmocka_run_group_tests_name(__FILE__, tests, begin, end);
}
