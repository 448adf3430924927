// SPDX-License-Identifier: Apache-2.0
// tests/httpd/test_queue.c - the queue over HTTP: reported, held, decided, appealed; and the very next slate.
#include "client.h"

#include <signal.h>

static service town;

static reply ask(const char *method, const char *path, const char *body)
{
    return client_ask(&town, method, path, town.key, body);
}

static void refuses(const char *method, const char *path, const char *body, int status, const char *field)
{
    client_refused(&town, method, path, body, status, field);
}

static reply must(const char *method, const char *path, const char *body)
{
    reply r = ask(method, path, body);
    if (r.status != 200)
        CHECK_NOTE("%s %s: %s", method, path, r.body ? r.body : "");
    CHECK_EQ(r.status, 200);
    return r;
}

static bool shows(const char *item)
{
    reply r = must("POST", "/v1/decisions", "{\"user\":\"u9\",\"count\":30,\"dry\":true}");
    bool found = false;
    size_t i;
    json_t *shown;
    json_array_foreach(json_object_get(r.json, "shown"), i, shown) found |= strcmp(client_text(shown, "item"), item) == 0;
    client_free(&r);
    return found;
}

static void decide(const char *id, const char *act)
{
    char path[100], body[200];
    snprintf(path, sizeof path, "/v1/queue/%s/decisions", id);
    snprintf(body, sizeof body, "{\"acts\":[{\"act\":\"%s\",\"reason\":\"looked at it\"}]}", act);
    reply r = must("POST", path, body);
    client_free(&r);
}

CHECK_TEST(a_verdict_acts_on_the_very_next_slate)
{
    CHECK_BEGIN();
    char id[40];
    CHECK(shows("m5"));
    reply r = must("POST", "/v1/queue/reports", "{\"user\":\"u1\",\"item\":\"m5\",\"reason\":\"loud\"}");
    snprintf(id, sizeof id, "%s", client_text(r.json, "case"));
    CHECK(json_is_true(json_object_get(r.json, "added")));
    client_free(&r);
    r = must("POST", "/v1/queue/reports", "{\"user\":\"u1\",\"item\":\"m5\",\"reason\":\"loud\"}"); // sent again
    CHECK(json_is_false(json_object_get(r.json, "added")));
    client_free(&r);
    CHECK(shows("m5"));
    decide(id, "hold");
    CHECK(!shows("m5"));
    decide(id, "allow");
    CHECK(shows("m5"));
    decide(id, "deny");
    CHECK(!shows("m5"));
    char path[100];
    snprintf(path, sizeof path, "/v1/queue/%s/appeals", id);
    r = must("POST", path, "{\"user\":\"u2\",\"reason\":\"a song\"}");
    CHECK_STR(client_text(r.json, "case"), id);
    CHECK_EQ(json_object_size(r.json), 1); // who may appeal is not told who complained
    CHECK(!shows("m5"));
    client_free(&r);
    r = must("GET", "/v1/queue?appealed=true", NULL);
    CHECK_STR(client_text(json_array_get(json_object_get(r.json, "cases"), 0), "id"), id);
    client_free(&r);
    refuses("POST", path, "{\"user\":\"u3\",\"reason\":\"a song\"}", 409, NULL);
    decide(id, "allow");
    CHECK(shows("m5"));
    refuses("POST", path, "{\"user\":\"u3\",\"reason\":\"a song\"}", 409, NULL);
    snprintf(path, sizeof path, "/v1/queue/%s", id);
    r = must("GET", path, NULL);
    const json_t *history = json_object_get(r.json, "history");
    CHECK_EQ(json_array_size(history), 6);
    CHECK(strcmp(client_text(json_array_get(history, 0), "by"), "u1") == 0);
    CHECK(strcmp(client_text(json_array_get(history, 1), "by"), "tests") == 0); // the key's name
    CHECK(strcmp(client_text(json_array_get(history, 4), "act"), "appealed") == 0);
    client_free(&r);
}

CHECK_TEST(several_acts_go_in_together_or_not_at_all)
{
    CHECK_BEGIN();
    char id[40], path[100];
    reply r = must("POST", "/v1/queue/holds", "{\"text\":\"buy th1s\",\"by\":\"words\",\"reason\":\"advertising\",\"matched\":\"th1s\",\"score\":0.9}");
    snprintf(id, sizeof id, "%s", client_text(r.json, "case"));
    client_free(&r);
    snprintf(path, sizeof path, "/v1/queue/%s/decisions", id);
    refuses("POST", path, "{\"acts\":[{\"act\":\"deny\",\"reason\":\"a\"},{\"act\":\"takedown\",\"reason\":\"b\"}]}", 422, "act");
    snprintf(path, sizeof path, "/v1/queue/%s", id);
    r = must("GET", path, NULL);
    CHECK(strcmp(client_text(r.json, "verdict"), "none") == 0);
    CHECK(strcmp(client_text(r.json, "text"), "buy th1s") == 0);
    CHECK(strcmp(client_text(json_array_get(json_object_get(r.json, "history"), 0), "matched"), "th1s") == 0);
    client_free(&r);
    snprintf(path, sizeof path, "/v1/queue/%s/decisions", id);
    r = must("POST", path, "{\"by\":\"mara\",\"acts\":[{\"act\":\"note\",\"reason\":\"asked\"},{\"act\":\"allow\",\"reason\":\"fine\"}]}");
    CHECK_EQ(json_array_size(json_object_get(r.json, "history")), 3);
    CHECK(json_is_false(json_object_get(r.json, "barred")));
    client_free(&r);
}

CHECK_TEST(a_takedown_by_a_case_is_one_of_the_catalogue)
{
    CHECK_BEGIN();
    reply r = must("POST", "/v1/queue/holds", "{\"item\":\"m8\",\"reason\":\"claimed\"}");
    char id[40];
    snprintf(id, sizeof id, "%s", client_text(r.json, "case"));
    client_free(&r);
    CHECK(!shows("m8"));
    decide(id, "takedown");
    decide(id, "allow");
    CHECK(!shows("m8")); // the catalogue's flag stays until the item is put again
    r = must("PUT", "/v1/items/m8", "{\"title\":\"Song 8\",\"medium\":\"music\",\"rights\":[{}]}");
    client_free(&r);
    CHECK(shows("m8"));
}

CHECK_TEST(events_with_the_signal_report_open_cases_and_the_policy_may_hold)
{
    CHECK_BEGIN();
    reply r = ask("PUT", "/v1/policy", "moderation:\n  hold_reports: 2\n");
    CHECK_EQ(r.status, 200);
    client_free(&r);
    for (int u = 1; u <= 2; u++) {
        char body[200];
        CHECK(shows("m11"));
        snprintf(body, sizeof body, "{\"id\":\"rep%d\",\"user\":\"u%d\",\"item\":\"m11\",\"signal\":\"report\"}", u, u);
        r = must("POST", "/v1/events", body);
        client_free(&r);
    }
    CHECK(!shows("m11"));
    r = must("GET", "/v1/queue?waiting=true&barred=true&limit=1", NULL);
    const json_t *first = json_array_get(json_object_get(r.json, "cases"), 0);
    CHECK(strcmp(client_text(first, "item"), "m11") == 0);
    CHECK(json_is_true(json_object_get(first, "automatic")));
    CHECK_EQ(json_integer_value(json_object_get(first, "reporters")), 2);
    client_free(&r);
}

CHECK_TEST(pages_and_filters_agree_with_the_total)
{
    CHECK_BEGIN();
    reply all = must("GET", "/v1/queue?limit=500", NULL);
    const json_int_t total = json_integer_value(json_object_get(all.json, "total"));
    CHECK_EQ(json_array_size(json_object_get(all.json, "cases")), (size_t)total);
    CHECK(json_is_false(json_object_get(all.json, "more")));
    for (json_int_t i = 0; i < total; i++) {
        char path[100];
        snprintf(path, sizeof path, "/v1/queue?limit=1&offset=%d", (int)i);
        reply one = must("GET", path, NULL);
        CHECK(json_equal(json_array_get(json_object_get(one.json, "cases"), 0), json_array_get(json_object_get(all.json, "cases"), (size_t)i)));
        CHECK_EQ(json_is_true(json_object_get(one.json, "more")), i + 1 < total);
        client_free(&one);
    }
    client_free(&all);
}

CHECK_TEST(what_somebody_reported_is_exported_and_forgotten)
{
    CHECK_BEGIN();
    reply r = must("POST", "/v1/queue/reports", "{\"user\":\"zoe\",\"item\":\"m12\",\"reason\":\"my own words\"}");
    char path[100];
    snprintf(path, sizeof path, "/v1/queue/%s", client_text(r.json, "case"));
    client_free(&r);
    r = ask("GET", "/v1/people/zoe/export", NULL);
    CHECK(strstr(r.body, "my own words") != NULL);
    client_free(&r);
    r = must("DELETE", "/v1/people/zoe", NULL);
    client_free(&r);
    refuses("GET", path, NULL, 404, NULL); // nothing is left of the case
}

CHECK_TEST(what_makes_no_sense_is_refused)
{
    CHECK_BEGIN();
    refuses("GET", "/v1/queue/item-99999", NULL, 404, NULL);
    refuses("GET", "/v1/queue/nothing", NULL, 404, NULL);
    refuses("GET", "/v1/queue?verdict=maybe", NULL, 400, "verdict");
    refuses("POST", "/v1/queue/item-99999/decisions", "{\"acts\":[{\"act\":\"deny\",\"reason\":\"x\"}]}", 404, NULL);
    refuses("POST", "/v1/queue/item-4/decisions", "{\"acts\":[]}", 400, "acts");
    refuses("POST", "/v1/queue/item-4/decisions", "{\"acts\":[{\"act\":\"reported\",\"reason\":\"x\"}]}", 400, "acts[0].act");
    refuses("POST", "/v1/queue/item-4/decisions", "{\"acts\":[{\"act\":\"deny\"}]}", 400, "acts[0].reason");
    refuses("POST", "/v1/queue/reports", "{\"user\":\"u1\",\"item\":\"nothing\"}", 404, NULL);
    refuses("POST", "/v1/queue/holds", "{\"item\":\"m1\",\"text\":\"both\"}", 422, "text");
    refuses("POST", "/v1/queue/holds", "{\"reason\":\"neither\"}", 422, "text");
    reply r = client_ask(&town, "GET", "/v1/queue", NULL, NULL);
    CHECK_EQ(r.status, 401);
    client_free(&r);
}

CHECK_TEST(one_text_is_checked_and_kept_only_where_it_is_asked_for)
{
    CHECK_BEGIN();
    static const char list[] = "[threat]\nburn it all down\n";
    char path[600];
    refuses("POST", "/v1/text-checks", "{\"text\":\"hello\"}", 409, NULL); // the store has no filter
    snprintf(path, sizeof path, "%s-filter.txt", town.store);
    check_write_file(path, list, sizeof list - 1);
    reply r = must("POST", "/v1/text-checks", "{\"text\":\"a quiet evening\"}");
    CHECK_STR(client_text(r.json, "verdict"), "allow");
    CHECK(json_is_null(json_object_get(r.json, "category")));
    CHECK_EQ(json_array_size(json_object_get(r.json, "matches")), 0);
    client_free(&r);
    r = must("GET", "/v1/queue", NULL);
    const long long before = json_integer_value(json_object_get(r.json, "total"));
    client_free(&r);
    r = must("POST", "/v1/text-checks", "{\"text\":\"so: BURN 1t all down!\"}");
    CHECK_STR(client_text(r.json, "verdict"), "hold");
    CHECK_STR(client_text(r.json, "category"), "threat");
    const json_t *match = json_array_get(json_object_get(r.json, "matches"), 0);
    CHECK_STR(client_text(match, "matched"), "BURN 1t all down");
    CHECK_EQ(json_integer_value(json_object_get(match, "begin")), 4);
    CHECK_HOLDS(client_text(match, "seen_through"), "leet");
    CHECK(json_is_null(json_object_get(r.json, "case")));
    client_free(&r);
    r = must("GET", "/v1/queue", NULL);
    CHECK_EQ(json_integer_value(json_object_get(r.json, "total")), before); // nothing was kept
    client_free(&r);
    r = must("POST", "/v1/text-checks", "{\"text\":\"so: BURN 1t all down!\",\"hold\":true,\"author\":\"u3\"}");
    snprintf(path, sizeof path, "/v1/queue/%s", client_text(r.json, "case"));
    client_free(&r);
    r = must("GET", path, NULL);
    CHECK_STR(client_text(r.json, "text"), "so: BURN 1t all down!");
    CHECK_STR(client_text(r.json, "author"), "u3");
    const json_t *held = json_array_get(json_object_get(r.json, "history"), 0);
    CHECK_STR(client_text(held, "by"), "filter");
    CHECK_STR(client_text(held, "matched"), "BURN 1t all down");
    CHECK_STR(client_text(held, "reason"), "hold: threat");
    client_free(&r);
    refuses("POST", "/v1/text-checks", "{\"text\":\"\"}", 400, "text");
}

static int begin(void **state)
{
    (void)state;
    service_make(&town, "queue.attune");
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
    const struct CMUnitTest tests[] = {CHECK_CASE(a_verdict_acts_on_the_very_next_slate), CHECK_CASE(several_acts_go_in_together_or_not_at_all),
        CHECK_CASE(a_takedown_by_a_case_is_one_of_the_catalogue),
        CHECK_CASE(events_with_the_signal_report_open_cases_and_the_policy_may_hold), CHECK_CASE(pages_and_filters_agree_with_the_total),
        CHECK_CASE(what_somebody_reported_is_exported_and_forgotten), CHECK_CASE(what_makes_no_sense_is_refused),
        CHECK_CASE(one_text_is_checked_and_kept_only_where_it_is_asked_for)};
    return cmocka_run_group_tests_name(__FILE__, tests, begin, end);
}
