// SPDX-License-Identifier: Apache-2.0
// tests/httpd/test_reload.c - keys, certificate and policy change while requests go on, and none of them fails; who may call from where.
#include "client.h"
#include "httpd/httpd.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

static service town;

// --- Under load -------------------------------------------------------------------------------------------------

static atomic_bool over;
static atomic_uint sent, failed;

// One connection that is kept open, one request after the other: an event, a decision, a look.
static void *drive(void *user)
{
    const int number = *(const int *)user;
    const int file = client_connect(&town);
    char body[200];
    for (unsigned i = 0; !over; i++) {
        reply r;
        if (i % 3 == 0) {
            snprintf(body, sizeof body, "{\"id\":\"drive-%d-%u\",\"user\":\"u%u\",\"item\":\"i%u\",\"signal\":\"like\"}", number, i, i % 17, i % 11);
            r = client_on(file, "POST", "/v1/events", town.key, body);
        } else if (i % 3 == 1) {
            snprintf(body, sizeof body, "{\"user\":\"u%u\",\"count\":5}", i % 17);
            r = client_on(file, "POST", "/v1/decisions", town.key, body);
        } else {
            r = client_on(file, "GET", "/v1/status", town.key, NULL);
        }
        sent++;
        if (r.status != 200) {
            failed++;
            CHECK_NOTE("request %u of %d: %d: %s", i, number, r.status, r.body ? r.body : "no answer");
        }
        const bool gone = r.status == 0;
        client_free(&r);
        if (gone)
            break;
    }
    close(file);
    return NULL;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

static bool answers(const char *path, const char *key, int status, const char *held)
{
    for (int tries = 0; tries < 1500; tries++) {
        reply r = client_ask(&town, "GET", path, key, NULL);
        const bool good = r.status == status && (!held || (r.body && strstr(r.body, held)));
        client_free(&r);
        if (good)
            return true;
        usleep(20000);
    }
    return false;
}

CHECK_TEST(keys_and_policy_change_under_load_and_no_request_fails)
{
    CHECK_BEGIN();
    char policy[600], shares[64];
    snprintf(policy, sizeof policy, "%s-policy.yaml", town.store);
    write_file(policy, "exploration:\n  share: 0.1\n");
    service_start(&town, (const char *const[]){"--policy", policy, NULL});
    pthread_t threads[6];
    int numbers[6];
    over = false;
    for (int t = 0; t < 6; t++) {
        numbers[t] = t;
        CHECK_EQ(pthread_create(&threads[t], NULL, drive, &numbers[t]), 0);
    }
    for (int round = 0; round < 8; round++) {
        char name[32], key[80];
        snprintf(name, sizeof name, "round-%d", round);
        CHECK_EQ(client_run(key, sizeof key, (const char *const[]){"key", "create", name, "-s", town.store, "-q", NULL}), 0);
        key[strcspn(key, "\n")] = 0;
        snprintf(shares, sizeof shares, "exploration:\n  share: 0.%d\n", 101 + round);
        char beside[640];
        snprintf(beside, sizeof beside, "%s.new", policy);
        write_file(beside, shares);
        CHECK_EQ(rename(beside, policy), 0);
        kill(town.pid, SIGHUP);
        snprintf(shares, sizeof shares, "0.%d", 101 + round);
        CHECK(answers("/v1/status", key, 200, shares)); // both are in force
        CHECK_EQ(client_run(NULL, 0, (const char *const[]){"key", "revoke", name, "-s", town.store, "-q", NULL}), 0);
    }
    write_file(policy, "exploration:\n  share: much\n"); // what cannot be read changes nothing
    kill(town.pid, SIGHUP);
    usleep(200000);
    CHECK(answers("/v1/status", town.key, 200, "0.108"));
    over = true;
    for (int t = 0; t < 6; t++)
        pthread_join(threads[t], NULL);
    CHECK(sent > 100);
    CHECK_EQ(failed, 0);
    CHECK_EQ(service_stop(&town, SIGTERM), 0);
}

CHECK_TEST(it_stops_under_load_with_answers_to_all_that_it_began)
{
    CHECK_BEGIN();
    service_start(&town, NULL);
    // Whole requests are there before it is told to stop; each is answered, and what was acknowledged is kept.
    enum { count = 40 };
    int files[count], acknowledged = 0;
    char text[600], body[200];
    for (int i = 0; i < count; i++) {
        CHECK((files[i] = client_connect(&town)) >= 0);
        snprintf(body, sizeof body, "{\"id\":\"last-%d\",\"user\":\"u%d\",\"item\":\"i1\",\"signal\":\"like\"}", i, i % 7);
        const int size = snprintf(text, sizeof text, "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Length: %zu\r\n\r\n%s",
            town.key, strlen(body), body);
        CHECK_EQ(write(files[i], text, (size_t)size), size);
    }
    kill(town.pid, SIGTERM);
    bool answered[count] = {0};
    for (int i = 0; i < count; i++) {
        const ssize_t got = read(files[i], text, sizeof text - 1);
        text[got > 0 ? got : 0] = 0;
        answered[i] = strstr(text, " 200 OK") != NULL;
        acknowledged += answered[i];
        close(files[i]);
    }
    int status;
    CHECK_EQ(waitpid(town.pid, &status, 0), town.pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(acknowledged > 0);
    service_start(&town, NULL);
    for (int i = 0; i < count; i++) {
        snprintf(body, sizeof body, "{\"id\":\"last-%d\",\"user\":\"u%d\",\"item\":\"i1\",\"signal\":\"like\"}", i, i % 7);
        reply r = client_ask(&town, "POST", "/v1/events", town.key, body);
        CHECK(!answered[i] || strstr(r.body, "false"));
        client_free(&r);
    }
    CHECK_EQ(service_stop(&town, SIGTERM), 0);
}

// --- Certificates -----------------------------------------------------------------------------------------------

static bool have_tools(void)
{
    return system("command -v curl >/dev/null && command -v openssl >/dev/null") == 0;
}

static void make_certificate(const char *certificate, const char *private_key)
{
    char command[5000];
    snprintf(command, sizeof command,
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 "
        "-keyout '%s.new' -out '%s.new' 2>/dev/null && mv '%s.new' '%s' && mv '%s.new' '%s'",
        private_key, certificate, private_key, private_key, certificate, certificate);
    CHECK_EQ(system(command), 0);
}

// curl's exit code; 60: the certificate is not one that it was told to believe.
static int curl(const char *certificate, const char *more)
{
    char command[5000];
    snprintf(command, sizeof command, "curl -sS -m 20 --cacert '%s' -H 'Authorization: Bearer %s' %s 2>/dev/null", certificate, town.key, more);
    const int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

CHECK_TEST(a_new_certificate_is_used_and_old_connections_go_on)
{
    CHECK_BEGIN();
    if (!have_tools())
        CHECK_SKIP("curl or openssl is not there");
    char certificate[600], private_key[600], old[600], more[1600], out[640], other[600];
    snprintf(certificate, sizeof certificate, "%s.crt", town.store);
    snprintf(private_key, sizeof private_key, "%s.key", town.store);
    snprintf(old, sizeof old, "%s-old.crt", town.store);
    snprintf(other, sizeof other, "%s-other.key", town.store);
    snprintf(out, sizeof out, "%s-codes", town.store);
    make_certificate(certificate, private_key);
    service_start(&town, (const char *const[]){"--tls-certificate", certificate, "--tls-key", private_key, NULL});
    snprintf(more, sizeof more, "-f -o /dev/null https://localhost:%d/v1/status", town.port);
    CHECK_EQ(curl(certificate, more), 0);
    // One connection, 120 requests, while the certificate changes three times.
    char command[5000];
    snprintf(command, sizeof command,
        "curl -sS -m 120 --cacert '%s' -H 'Authorization: Bearer %s' --rate 1200/m -o /dev/null -w '%%{http_code} %%{num_connects}\\n' "
        "'https://localhost:%d/v1/items?limit=[1-120]' >'%s' 2>&1 &", certificate, town.key, town.port, out);
    CHECK_EQ(system(command), 0);
    usleep(300000);
    for (int round = 0; round < 3; round++) {
        snprintf(command, sizeof command, "cp '%s' '%s'", certificate, old);
        CHECK_EQ(system(command), 0);
        make_certificate(certificate, private_key);
        kill(town.pid, SIGHUP);
        // Each worker changes by itself: until none shows the one before, which then nobody new sees.
        int good = 0;
        for (int tries = 0; tries < 600 && good < 8; tries++) {
            good = curl(certificate, more) == 0 && curl(old, more) == 60 ? good + 1 : 0;
            usleep(good ? 1000 : 50000);
        }
        CHECK_EQ(good, 8);
    }
    // A key that is not the certificate's: what was there stays.
    snprintf(command, sizeof command, "cp '%s' '%s' && openssl ecparam -genkey -name prime256v1 -noout -out '%s'", private_key, other, private_key);
    CHECK_EQ(system(command), 0);
    kill(town.pid, SIGHUP);
    usleep(400000);
    CHECK_EQ(curl(certificate, more), 0);
    int good = 0, lines = 0, connects = 0;
    for (int tries = 0; tries < 1200 && lines < 120; tries++) {
        FILE *file = fopen(out, "r");
        int code, connected;
        good = lines = connects = 0;
        while (file && fscanf(file, "%d %d", &code, &connected) == 2) {
            lines++;
            good += code == 200;
            connects += connected;
        }
        if (file)
            fclose(file);
        usleep(50000);
    }
    CHECK_EQ(lines, 120);
    CHECK_EQ(good, 120);
    CHECK_EQ(connects, 1); // the same connection all along
    CHECK_EQ(service_stop(&town, SIGTERM), 0);
}

CHECK_TEST(elsewhere_than_on_loopback_it_needs_a_certificate_and_keys)
{
    CHECK_BEGIN();
    char certificate[600], private_key[600];
    snprintf(certificate, sizeof certificate, "%s.crt", town.store);
    snprintf(private_key, sizeof private_key, "%s.key", town.store);
    CHECK_EQ(client_run(NULL, 0, (const char *const[]){"serve", "--port", "0", "--address", "0.0.0.0", "-s", town.store, NULL}), 77);
    CHECK_EQ(client_run(NULL, 0, (const char *const[]){"serve", "--port", "0", "--address", "::", "-s", town.store, NULL}), 77);
    CHECK_EQ(client_run(NULL, 0, (const char *const[]){"serve", "--port", "0", "--address", "0.0.0.0", "--open", "-s", town.store, NULL}), 77);
    CHECK_EQ(client_run(NULL, 0, (const char *const[]){"serve", "--port", "0", "--tls-certificate", certificate, "-s", town.store, NULL}), 65);
    write_file(certificate, "no certificate\n");
    write_file(private_key, "no key\n");
    CHECK_EQ(client_run(NULL, 0, (const char *const[]){"serve", "--port", "0", "--tls-certificate", certificate, "--tls-key", private_key, "-s", town.store, NULL}), 65);
    if (!have_tools())
        return;
    make_certificate(certificate, private_key);
    CHECK_EQ(client_run(NULL, 0, (const char *const[]){"serve", "--port", "0", "--address", "0.0.0.0", "--open", "--tls-certificate", certificate, "--tls-key",
                 private_key, "-s", town.store, NULL}), 77); // keys are needed too
    service_start(&town, (const char *const[]){"--address", "0.0.0.0", "--tls-certificate", certificate, "--tls-key", private_key, NULL});
    char more[200];
    snprintf(more, sizeof more, "-f -o /dev/null https://localhost:%d/v1/status", town.port);
    CHECK_EQ(curl(certificate, more), 0);
    char command[1000];
    snprintf(command, sizeof command, "curl -sS -m 20 -f -o /dev/null --cacert '%s' https://localhost:%d/metrics 2>/dev/null", certificate, town.port);
    CHECK_EQ(WEXITSTATUS(system(command)), 22); // figures are for keys here
    CHECK_EQ(service_stop(&town, SIGTERM), 0);
}

// --- Browsers ---------------------------------------------------------------------------------------------------

static reply ask_from(const char *method, const char *path, const char *origin, const char *more)
{
    char text[1000];
    const int size = snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nOrigin: %s\r\nAuthorization: Bearer %s\r\n%s\r\n",
        method, path, origin, town.key, more);
    return client_raw(&town, text, (size_t)size, 5000);
}

static const char *const preflight = "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization\r\n";

CHECK_TEST(pages_of_other_origins_may_call_only_when_they_are_named)
{
    CHECK_BEGIN();
    service_start(&town, NULL);
    reply r = ask_from("GET", "/v1/status", "https://app.example", "");
    CHECK_EQ(r.status, 200);
    CHECK(!strstr(r.head, "Access-Control"));
    client_free(&r);
    r = ask_from("OPTIONS", "/v1/events", "https://app.example", preflight);
    CHECK_EQ(r.status, 405);
    CHECK(!strstr(r.head, "Access-Control"));
    client_free(&r);
    CHECK_EQ(service_stop(&town, SIGTERM), 0);

    service_start(&town, (const char *const[]){"--cors", "https://app.example,https://two.example:8443", NULL});
    r = ask_from("GET", "/v1/status", "https://app.example", "");
    CHECK_HOLDS(r.head, "Access-Control-Allow-Origin: https://app.example");
    CHECK_HOLDS(r.head, "Vary: Origin");
    client_free(&r);
    r = ask_from("OPTIONS", "/v1/events", "https://two.example:8443", preflight);
    CHECK_EQ(r.status, 204);
    CHECK_HOLDS(r.head, "Access-Control-Allow-Origin: https://two.example:8443");
    CHECK_HOLDS(r.head, "Access-Control-Allow-Methods: POST");
    CHECK_HOLDS(r.head, "Access-Control-Allow-Headers: Authorization, Content-Type");
    client_free(&r);
    static const char *const others[] = {"https://evil.example", "https://app.example.evil.example", "https://app.exampl", "null", "http://app.example",
        "https://two.example"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        r = ask_from("GET", "/v1/status", others[i], "");
        CHECK(!strstr(r.head, "Access-Control"));
        client_free(&r);
        r = ask_from("OPTIONS", "/v1/events", others[i], preflight);
        CHECK(r.status == 405 && !strstr(r.head, "Access-Control"));
        client_free(&r);
    }
    r = ask_from("OPTIONS", "/v1/nothing", "https://app.example", preflight);
    CHECK_EQ(r.status, 404);
    client_free(&r);
    CHECK_EQ(service_stop(&town, SIGTERM), 0);
}

// --- The file of keys -------------------------------------------------------------------------------------------

static bool count_key(void *user, const char *name, const char *tenant, const char *scopes, double per_second, int64_t created_ms)
{
    (void)name, (void)tenant, (void)scopes, (void)per_second, (void)created_ms;
    ++*(size_t *)user;
    return true;
}

CHECK_TEST(no_key_is_made_that_the_service_would_not_read)
{
    CHECK_BEGIN();
    enum { most = 10000 };
    char path[600], made[HTTPD_KEY_SIZE], name[32];
    att_error err = {0};
    size_t count = 0;
    snprintf(path, sizeof path, "%s", check_path("many-keys"));
    CHECK_EQ(httpd_key_create(path, "first", "default", "read", 0, 0, made, &err), ATT_OK);
    json_t *root = json_load_file(path, 0, NULL), *keys = json_object_get(root, "keys");
    for (int i = 1; i < most - 1; i++) {
        json_t *one = json_deep_copy(json_array_get(keys, 0));
        snprintf(name, sizeof name, "copy-%d", i);
        json_object_set_new(one, "name", json_string(name));
        json_array_append_new(keys, one);
    }
    CHECK_EQ(json_dump_file(root, path, 0), 0);
    json_decref(root);
    CHECK_EQ(httpd_key_create(path, "last", "default", "read", 0, 0, made, &err), ATT_OK);
    CHECK_EQ(httpd_key_create(path, "too-many", "default", "read", 0, 0, made, &err), ATT_LIMIT);
    CHECK_HOLDS(err.text, "10000");
    CHECK_EQ(httpd_key_each(path, count_key, &count, &err), ATT_OK);
    CHECK_EQ(count, most);
    CHECK_EQ(httpd_key_revoke(path, "last", &err), ATT_OK);
    CHECK_EQ(httpd_key_create(path, "again", "default", "read", 0, 0, made, &err), ATT_OK);
}

CHECK_TEST(a_rate_lets_its_burst_through_and_then_one_at_a_time)
{
    CHECK_BEGIN();
    int64_t idle_ns = 0, now_ns = 1000000000;
    for (int i = 0; i < 5; i++)
        CHECK_EQ(httpd_rate_spend(&idle_ns, 10, 5, now_ns), 0);
    CHECK(httpd_rate_spend(&idle_ns, 10, 5, now_ns) > 0);
    now_ns += 100000000;
    CHECK_EQ(httpd_rate_spend(&idle_ns, 10, 5, now_ns), 0);
    CHECK(httpd_rate_spend(&idle_ns, 10, 5, now_ns) > 0);
    // Also where rate and burst are as small and as large as they may be.
    const double rates[] = {1e-300, 1e-9, 0.01, 1e9}, bursts[] = {0, 1, 1e9};
    for (size_t r = 0; r < 4; r++)
        for (size_t b = 0; b < 3; b++) {
            idle_ns = 0;
            CHECK_EQ(httpd_rate_spend(&idle_ns, rates[r], bursts[b], now_ns), 0);
            const int64_t wait_ms = httpd_rate_spend(&idle_ns, rates[r], bursts[b], now_ns);
            CHECK(bursts[b] > 1 && r > 1 ? wait_ms == 0 : wait_ms > 0);
        }
}

static int begin(void **state)
{
    (void)state;
    service_make(&town, "reload.attune");
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {CHECK_CASE(keys_and_policy_change_under_load_and_no_request_fails),
        CHECK_CASE(it_stops_under_load_with_answers_to_all_that_it_began), CHECK_CASE(a_new_certificate_is_used_and_old_connections_go_on),
        CHECK_CASE(elsewhere_than_on_loopback_it_needs_a_certificate_and_keys), CHECK_CASE(pages_of_other_origins_may_call_only_when_they_are_named),
        CHECK_CASE(no_key_is_made_that_the_service_would_not_read),
        CHECK_CASE(a_rate_lets_its_burst_through_and_then_one_at_a_time)};
    return cmocka_run_group_tests_name(__FILE__, tests, begin, NULL);
}
