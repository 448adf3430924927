// SPDX-License-Identifier: Apache-2.0
// tests/httpd/test_tenants.c - one service, several stores: a key opens its own tenant's, and nothing of another's.
#include "client.h"

#include <ctype.h>
#include <signal.h>
#include <unistd.h>

static service town;
static char shop_key[80], lost_key[80];

static void make_key(const char *name, const char *tenant, char out[80])
{
    CHECK_EQ(client_run(out, 80, (const char *const[]){"key", "create", name, "--scopes", "all", "--tenant", tenant, "-s", town.store, "-q", NULL}), 0);
    out[strcspn(out, "\n")] = 0;
}

static int status_of(const char *method, const char *path, const char *key, const char *body)
{
    reply r = client_ask(&town, method, path, key, body);
    const int status = r.status;
    client_free(&r);
    return status;
}

static void expect(const char *method, const char *path, const char *key, const char *body, int status)
{
    const int got = status_of(method, path, key, body);
    if (got != status)
        CHECK_NOTE("%s %s: %d instead of %d", method, path, got, status);
    CHECK_EQ(got, status);
}

static bool holds(const char *method, const char *path, const char *key, const char *body, const char *text)
{
    reply r = client_ask(&town, method, path, key, body);
    const bool found = r.body && strstr(r.body, text);
    client_free(&r);
    return found;
}

CHECK_TEST(each_tenant_has_people_and_items_of_its_own)
{
    CHECK_BEGIN();
    expect("PUT", "/v1/items/hat", shop_key, "{\"title\":\"A hat\"}", 200);
    expect("GET", "/v1/items/hat", shop_key, NULL, 200);
    expect("GET", "/v1/items/hat", town.key, NULL, 404);
    CHECK(!holds("GET", "/v1/items?q=hat", town.key, NULL, "A hat"));
    expect("POST", "/v1/events", shop_key, "{\"id\":\"one\",\"user\":\"cleo\",\"item\":\"hat\",\"signal\":\"like\"}", 200);
    expect("GET", "/v1/people/cleo", shop_key, NULL, 200);
    expect("GET", "/v1/people/cleo", town.key, NULL, 404);
    // The same id of an event and of a person means another thing in the other store.
    CHECK(holds("POST", "/v1/events", town.key, "{\"id\":\"one\",\"user\":\"cleo\",\"item\":\"i1\",\"signal\":\"like\"}", "true"));
    expect("DELETE", "/v1/people/cleo", town.key, NULL, 200);
    expect("GET", "/v1/people/cleo", town.key, NULL, 404);
    expect("GET", "/v1/people/cleo", shop_key, NULL, 200);
    CHECK(holds("POST", "/v1/decisions", shop_key, "{\"user\":\"cleo\",\"count\":5}", "\"hat\""));
    CHECK(!holds("POST", "/v1/decisions", town.key, "{\"user\":\"cleo\",\"count\":200}", "\"hat\""));
    expect("POST", "/v1/items/hat/takedown", town.key, "{\"reason\":\"not ours\"}", 404);
    expect("POST", "/v1/items/hat/takedown", shop_key, "{\"reason\":\"ours\"}", 200);
}

CHECK_TEST(a_policy_is_its_tenants)
{
    CHECK_BEGIN();
    expect("PUT", "/v1/policy", shop_key, "exploration:\n  share: 0.137\n", 200);
    CHECK(holds("GET", "/v1/policy", shop_key, NULL, "0.137"));
    CHECK(!holds("GET", "/v1/policy", town.key, NULL, "0.137"));
}

// Calls `see` for each operation of the document that needs a key, its path's parameters replaced by `id`.
static void each_route(const char *id, void (*see)(const char *method, const char *path))
{
    reply r = client_ask(&town, "GET", "/openapi.json", NULL, NULL);
    CHECK(r.json != NULL);
    const char *pattern, *verb;
    json_t *verbs, *operation;
    size_t count = 0;
    json_object_foreach(json_object_get(r.json, "paths"), pattern, verbs)
        json_object_foreach(verbs, verb, operation) {
            if (!json_array_size(json_object_get(operation, "security")))
                continue;
            char path[400], method[8] = "";
            size_t at = 0;
            for (const char *from = pattern; *from; from++) {
                if (*from == '{') {
                    at += (size_t)snprintf(path + at, sizeof path - at, "%s", id);
                    from = strchr(from, '}');
                } else {
                    path[at++] = *from;
                }
            }
            path[at] = 0;
            for (size_t i = 0; verb[i] && i < 7; i++)
                method[i] = (char)toupper(verb[i]);
            see(method, path);
            count++;
        }
    CHECK(count >= 14); // the table was walked
    client_free(&r);
}

static void is_refused(const char *method, const char *path)
{
    const char *body = strcmp(method, "GET") == 0 || strcmp(method, "DELETE") == 0 ? NULL : "{}";
    expect(method, path, lost_key, body, 403);
    expect(method, path, NULL, body, 401);
}

CHECK_TEST(a_key_of_a_tenant_that_is_not_served_is_refused_on_every_route)
{
    CHECK_BEGIN();
    each_route("i1", is_refused);
}

// What the other tenant has planted is never in an answer, whatever is asked.
static void tells_nothing(const char *method, const char *path)
{
    static const char *const bodies[] = {"{}", "{\"user\":\"planted\"}", "{\"user\":\"planted\",\"item\":\"planted\"}", "{\"item\":\"planted\"}",
        "{\"control\":\"reset\"}", "{\"reason\":\"asked\"}", "{\"case\":\"planted\"}", "{\"id\":\"planted\",\"user\":\"planted\",\"item\":\"planted\",\"signal\":\"report\"}"};
    const bool bare = strcmp(method, "GET") == 0 || strcmp(method, "DELETE") == 0;
    for (size_t i = 0; i < (bare ? 1 : sizeof bodies / sizeof bodies[0]); i++) {
        reply r = client_ask(&town, method, path, shop_key, bare ? NULL : bodies[i]);
        if (r.status == 0 || (r.body && strstr(r.body, "XYZZY")))
            CHECK_NOTE("%s %s: %d: %s", method, path, r.status, r.body ? r.body : "no answer");
        CHECK(r.status != 0 && r.status != 500 && !(r.body && strstr(r.body, "XYZZY")));
        client_free(&r);
    }
}

CHECK_TEST(no_route_shows_or_changes_what_is_another_tenants)
{
    CHECK_BEGIN();
    expect("PUT", "/v1/items/planted", town.key, "{\"title\":\"XYZZY of the town\",\"tags\":[\"XYZZY\"]}", 200);
    expect("POST", "/v1/events", town.key, "{\"id\":\"planted\",\"user\":\"planted\",\"item\":\"planted\",\"signal\":\"like\"}", 200);
    CHECK(holds("GET", "/v1/people/planted", town.key, NULL, "XYZZY"));
    each_route("planted", tells_nothing);
    CHECK(holds("GET", "/v1/items/planted", town.key, NULL, "XYZZY of the town"));
    CHECK(holds("GET", "/v1/people/planted", town.key, NULL, "XYZZY"));
    CHECK(holds("POST", "/v1/explanations", town.key, "{\"user\":\"planted\",\"item\":\"planted\"}", "XYZZY"));
    CHECK(!holds("POST", "/v1/explanations", town.key, "{\"user\":\"planted\",\"item\":\"planted\"}", "taken"));
}

CHECK_TEST(figures_are_labelled_and_a_key_sees_its_own)
{
    CHECK_BEGIN();
    CHECK(holds("GET", "/metrics", NULL, NULL, "attune_store_items{tenant=\"shop\"}"));
    CHECK(holds("GET", "/metrics", NULL, NULL, "attune_store_items{tenant=\"default\"}"));
    CHECK(holds("GET", "/metrics", NULL, NULL, "attune_memory_event_ids_bytes{tenant=\"default\"} "));
    CHECK(!holds("GET", "/metrics", NULL, NULL, "attune_memory_people_bytes{tenant=\"default\"} 0\n"));
    CHECK(holds("GET", "/metrics", shop_key, NULL, "tenant=\"shop\""));
    CHECK(!holds("GET", "/metrics", shop_key, NULL, "tenant=\"default\""));
    CHECK(!holds("GET", "/v1/status", shop_key, NULL, "\"items\":16,"));
}

CHECK_TEST(a_tenant_that_has_used_up_its_rate_does_not_take_anothers)
{
    CHECK_BEGIN();
    const service kept = town;
    char stores[700];
    snprintf(stores, sizeof stores, "shop=%s-second", town.store);
    service_start(&town, (const char *const[]){"--tenants", stores, "--tenant-rate", "3", NULL});
    int limited = 0;
    for (int i = 0; i < 10; i++)
        limited += status_of("GET", "/v1/status", shop_key, NULL) == 429;
    CHECK(limited > 0);
    expect("GET", "/v1/status", town.key, NULL, 200);
    CHECK_EQ(service_stop(&town, SIGTERM), 0);
    town = kept;
}

CHECK_TEST(stores_that_clash_or_are_not_there_are_told_at_once)
{
    CHECK_BEGIN();
    char same[700], twice[1400];
    snprintf(same, sizeof same, "shop=%s", town.store);
    CHECK_EQ(client_run(NULL, 0, (const char *const[]){"serve", "--port", "0", "--tenants", same, "-s", town.store, NULL}), 65);
    snprintf(twice, sizeof twice, "default=%s-second", town.store);
    CHECK_EQ(client_run(NULL, 0, (const char *const[]){"serve", "--port", "0", "--tenants", twice, "-s", town.store, NULL}), 65);
    CHECK_EQ(client_run(NULL, 0, (const char *const[]){"serve", "--port", "0", "--tenants", "shop=/nonexistent", "-s", town.store, NULL}), 66);
    CHECK_EQ(client_run(NULL, 0, (const char *const[]){"serve", "--port", "0", "--tenants", "shop", "-s", town.store, NULL}), 64);
}

static int begin(void **state)
{
    (void)state;
    service_make(&town, "tenants.attune");
    char second[600], stores[700];
    snprintf(second, sizeof second, "%s-second", town.store);
    snprintf(stores, sizeof stores, "shop=%s", second);
    if (client_run(NULL, 0, (const char *const[]){"init", "-s", second, "-q", NULL}))
        return 1;
    make_key("shop-app", "shop", shop_key);
    make_key("lost-app", "nowhere", lost_key);
    service_start(&town, (const char *const[]){"--tenants", stores, NULL});
    return 0;
}

static int end(void **state)
{
    (void)state;
    return service_stop(&town, SIGTERM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {CHECK_CASE(each_tenant_has_people_and_items_of_its_own), CHECK_CASE(a_policy_is_its_tenants),
        CHECK_CASE(a_key_of_a_tenant_that_is_not_served_is_refused_on_every_route),
        CHECK_CASE(no_route_shows_or_changes_what_is_another_tenants), CHECK_CASE(figures_are_labelled_and_a_key_sees_its_own),
        CHECK_CASE(a_tenant_that_has_used_up_its_rate_does_not_take_anothers),
        CHECK_CASE(stores_that_clash_or_are_not_there_are_told_at_once)};
    return cmocka_run_group_tests_name(__FILE__, tests, begin, end);
}
