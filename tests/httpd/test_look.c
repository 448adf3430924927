// SPDX-License-Identifier: Apache-2.0
// tests/httpd/test_look.c - what pages look at: neighbours, decisions that showed an item, histories, the map.
#include "client.h"

#include <signal.h>

static service town;

static reply get(const char *path)
{
    reply r = client_ask(&town, "GET", path, town.key, NULL);
    if (r.status != 200)
        CHECK_NOTE("%s: %d %s", path, r.status, r.body ? r.body : "");
    CHECK_EQ(r.status, 200);
    return r;
}

static void refuses(const char *path, int status, const char *field)
{
    client_refused(&town, "GET", path, NULL, status, field);
}

CHECK_TEST(a_history_is_read_page_by_page)
{
    CHECK_BEGIN();
    char path[120] = "/v1/people/u4/history?limit=5";
    size_t events = 0, pages = 0;
    for (;;) {
        reply r = get(path);
        const char *next = json_string_value(json_object_get(r.json, "next"));
        events += json_array_size(json_object_get(r.json, "events"));
        if (next)
            snprintf(path, sizeof path, "/v1/people/u4/history?limit=5&before=%s", next);
        const bool more = next != NULL;
        client_free(&r);
        if (!more || ++pages > 10)
            break;
    }
    CHECK_EQ(events, 12);
}

CHECK_TEST(a_decision_is_found_by_what_it_showed)
{
    CHECK_BEGIN();
    reply made = client_ask(&town, "POST", "/v1/decisions", town.key, "{\"user\":\"u5\",\"count\":3}");
    const json_t *shown = json_array_get(json_object_get(made.json, "shown"), 2);
    char path[120];
    snprintf(path, sizeof path, "/v1/items/%s/decisions", json_string_value(json_object_get(shown, "item")));
    reply r = get(path);
    const json_t *first = json_array_get(json_object_get(r.json, "decisions"), 0);
    CHECK(json_equal(json_object_get(first, "decision"), json_object_get(made.json, "decision")));
    CHECK_EQ(json_integer_value(json_object_get(first, "place")), 2);
    CHECK_NEAR(json_number_value(json_object_get(first, "score")), json_number_value(json_object_get(shown, "score")), 1e-5);
    client_free(&r);
    client_free(&made);
}

CHECK_TEST(what_is_not_there_is_refused)
{
    CHECK_BEGIN();
    refuses("/v1/items/nothing/neighbours", 404, NULL);
    refuses("/v1/items/m1/neighbours?limit=0", 400, "limit");
    refuses("/v1/items/nothing/decisions", 404, NULL);
    refuses("/v1/items/m1/decisions?before=12", 400, "before");
    refuses("/v1/items/m1/decisions?before=zzzzzzzzzzzzzzzz", 400, "before");
    refuses("/v1/people/nobody/history", 404, NULL);
    refuses("/v1/people/nobody/taste", 404, NULL);
    refuses("/v1/people/u1/taste?device=toaster", 400, "device");
    refuses("/v1/map?limit=100000", 400, "limit");
}

static int begin(void **state)
{
    (void)state;
    service_make(&town, "look.attune");
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
    const struct CMUnitTest tests[] = {CHECK_CASE(a_history_is_read_page_by_page), CHECK_CASE(a_decision_is_found_by_what_it_showed),
        CHECK_CASE(what_is_not_there_is_refused)};
    return cmocka_run_group_tests_name(__FILE__, tests, begin, end);
}
