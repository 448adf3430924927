// SPDX-License-Identifier: Apache-2.0
// tests/httpd/test_learn.c - what the service learns by: choices with their rewards, and versions of the model.
#include "client.h"

#include <math.h>
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

static long long whole(const reply *r, const char *name)
{
    return json_integer_value(json_object_get(r->json, name));
}

static const char *text(const reply *r, const char *name)
{
    const char *value = json_string_value(json_object_get(r->json, name));
    return value ? value : "";
}

// One cover for somebody; the decision's id is written to `decision`.
static bool shows_face(int person, char decision[24])
{
    char body[300];
    snprintf(body, sizeof body,
        "{\"choice\":\"cover\",\"user\":\"p%d\",\"options\":[{\"id\":\"face\"},{\"id\":\"scene\"}]}", person);
    reply r = ask("POST", "/v1/choices", body);
    CHECK_EQ(r.status, 200);
    snprintf(decision, 24, "%s", text(&r, "decision"));
    CHECK_EQ(strlen(decision), 16);
    double sum = 0;
    size_t i;
    json_t *option;
    json_array_foreach(json_object_get(r.json, "options"), i, option) sum += json_number_value(json_object_get(option, "probability"));
    CHECK_NEAR(sum, 1, 1e-5);
    const bool face = strcmp(text(&r, "show"), "face") == 0;
    client_free(&r);
    return face;
}

CHECK_TEST(what_is_rewarded_is_chosen_more_often)
{
    CHECK_BEGIN();
    int faces = 0;
    for (int person = 0; person < 150; person++) {
        char decision[24], body[200];
        const bool face = shows_face(person, decision);
        snprintf(body, sizeof body, "{\"decision\":\"%s\",\"value\":%d}", decision, face);
        reply r = ask("POST", "/v1/rewards", body);
        CHECK_EQ(r.status, 200);
        CHECK_EQ(whole(&r, "added"), 1);
        client_free(&r);
        faces += person >= 100 && face;
    }
    CHECK(faces > 35); // of 50
    reply r = ask("GET", "/v1/choices", NULL);
    const json_t *first = json_array_get(json_object_get(r.json, "choices"), 0);
    CHECK_EQ(json_integer_value(json_object_get(first, "decisions")), 150);
    CHECK_EQ(json_integer_value(json_object_get(first, "rewarded")), 150);
    client_free(&r);
}

CHECK_TEST(a_reward_sent_twice_counts_once_and_a_display_is_known_once)
{
    CHECK_BEGIN();
    char body[200];
    reply r = ask("POST", "/v1/choices",
        "{\"choice\":\"line\",\"await_display\":true,\"host_option\":\"b\",\"options\":[{\"id\":\"a\"},{\"id\":\"b\"}]}");
    CHECK_EQ(r.status, 200);
    CHECK(strcmp(text(&r, "show"), "b") == 0);
    char decision[24];
    snprintf(decision, sizeof decision, "%s", text(&r, "decision"));
    client_free(&r);
    snprintf(body, sizeof body, "{\"decision\":\"%s\"}", decision);
    for (int i = 0; i < 2; i++) {
        r = ask("POST", "/v1/displays", body);
        CHECK_EQ(r.status, 200);
        CHECK_EQ(json_is_true(json_object_get(r.json, "added")), i == 0);
        client_free(&r);
    }
    snprintf(body, sizeof body, "{\"decision\":\"%s\",\"value\":0.5,\"id\":\"once\"}", decision);
    for (int i = 0; i < 2; i++) {
        r = ask("POST", "/v1/rewards", body);
        CHECK_EQ(r.status, 200);
        CHECK_EQ(whole(&r, "added"), i == 0);
        CHECK_EQ(whole(&r, "duplicates"), i == 1);
        client_free(&r);
    }
    snprintf(body, sizeof body, "{\"decision\":\"%s\",\"value\":1,\"id\":\"after\"}", decision);
    r = ask("POST", "/v1/rewards", body);
    CHECK_EQ(whole(&r, "late"), 1); // the first one said that no more would come
    client_free(&r);
}

CHECK_TEST(a_dry_choice_leaves_nothing)
{
    CHECK_BEGIN();
    const char *body = "{\"choice\":\"dry\",\"dry\":true,\"seed\":7,\"options\":[{\"id\":\"a\"},{\"id\":\"b\"}]}";
    reply first = ask("POST", "/v1/choices", body), second = ask("POST", "/v1/choices", body);
    CHECK_EQ(first.status, 200);
    CHECK(json_is_null(json_object_get(first.json, "decision")));
    CHECK(json_equal(first.json, second.json));
    reply r = ask("GET", "/v1/choices", NULL);
    CHECK(strstr(r.body, "\"dry\"") == NULL);
    client_free(&first);
    client_free(&second);
    client_free(&r);
}

CHECK_TEST(choices_and_rewards_that_make_no_sense_are_refused)
{
    CHECK_BEGIN();
    refuses("POST", "/v1/choices", "{\"choice\":\"x\",\"options\":[]}", 400, "options");
    refuses("POST", "/v1/choices", "{\"options\":[{\"id\":\"a\"}]}", 400, "choice");
    refuses("POST", "/v1/choices", "{\"choice\":\"x\",\"options\":[{\"id\":\"a\",\"features\":{\"n\":true}}]}", 400, "options[0].features.n");
    refuses("POST", "/v1/choices", "{\"choice\":\"x\",\"options\":[{\"id\":\"a\"},{\"id\":\"a\"}]}", 422, NULL);
    refuses("POST", "/v1/choices", "{\"choice\":\"x\",\"host_option\":\"c\",\"options\":[{\"id\":\"a\"}]}", 422, "host_option");
    refuses("POST", "/v1/rewards", "{\"decision\":\"00000000ffffffff\",\"value\":1}", 404, "decision");
    refuses("POST", "/v1/rewards", "{\"decision\":\"zzzzzzzzzzzzzzzz\",\"value\":1}", 400, "decision");
    refuses("POST", "/v1/rewards", "{\"decision\":\"00000000ffffffff\",\"value\":\"much\"}", 400, "value");
    refuses("POST", "/v1/rewards", "{\"decision\":\"00000000ffffffff\",\"value\":1,\"part\":\"smile\"}", 400, "part");
    refuses("POST", "/v1/rewards/batch", "{\"decision\":\"00000000ffffffff\",\"value\":1}\n{\"value\":1}\n", 400, "decision");
    refuses("POST", "/v1/displays", "{\"decision\":\"00000000ffffffff\"}", 404, "decision");
}

CHECK_TEST(a_model_goes_back_and_forth_and_the_reason_is_told)
{
    CHECK_BEGIN();
    CHECK_EQ(client_run(NULL, 0, (const char *const[]){"train", "--kind", "ease", "-s", town.store, "-q", NULL}), 0);
    reply r = ask("POST", "/v1/models/rollback", "{\"reason\":\"worse by ear\"}");
    CHECK_EQ(r.status, 200);
    CHECK_EQ(whole(&r, "version"), 1);
    client_free(&r);
    r = ask("GET", "/v1/models", NULL);
    CHECK_EQ(whole(&r, "in_use"), 1);
    size_t i, active = 0;
    json_t *model;
    json_array_foreach(json_object_get(r.json, "models"), i, model) if (json_is_true(json_object_get(model, "active"))) {
        active++;
        CHECK_EQ(json_integer_value(json_object_get(model, "version")), 1);
        CHECK(strcmp(json_string_value(json_object_get(model, "why")), "worse by ear") == 0);
    }
    CHECK_EQ(active, 1);
    client_free(&r);
    r = ask("POST", "/v1/models/2/activate", "{\"reason\":\"better after all\"}");
    CHECK_EQ(r.status, 200);
    client_free(&r);
    refuses("POST", "/v1/models/99/activate", "{\"reason\":\"x\"}", 404, NULL);
    refuses("POST", "/v1/models/latest/activate", "{\"reason\":\"x\"}", 404, "version");
    refuses("POST", "/v1/models/1/activate", "{}", 400, "reason");
}

static double share_in_force(void)
{
    reply r = ask("GET", "/v1/status", NULL);
    const double share = json_number_value(json_object_get(r.json, "exploration_share"));
    client_free(&r);
    return share;
}

CHECK_TEST(a_policy_is_staged_activated_and_taken_back)
{
    CHECK_BEGIN();
    reply r = ask("PUT", "/v1/policy?reason=first", "exploration:\n  share: 0.06\n");
    CHECK_EQ(r.status, 200);
    client_free(&r);
    r = ask("POST", "/v1/policies?reason=bolder", "exploration:\n  share: 0.13\n");
    CHECK_EQ(r.status, 200);
    const long long version = whole(&r, "version");
    client_free(&r);
    CHECK_NEAR(share_in_force(), 0.06, 1e-9);
    char path[100];
    snprintf(path, sizeof path, "/v1/policies/%lld/activate", version);
    r = ask("POST", path, "{\"reason\":\"go\",\"by\":\"mara\"}");
    CHECK_EQ(r.status, 200);
    client_free(&r);
    CHECK_NEAR(share_in_force(), 0.13, 1e-9);
    refuses("POST", path, "{\"reason\":\"again\"}", 409, NULL);
    r = ask("POST", "/v1/policies/rollback", "{\"reason\":\"no lift\"}");
    CHECK_EQ(r.status, 200);
    client_free(&r);
    CHECK_NEAR(share_in_force(), 0.06, 1e-9);
    r = ask("GET", "/v1/policies", NULL);
    const json_t *first = json_array_get(json_object_get(r.json, "policies"), 0);
    CHECK_EQ(json_integer_value(json_object_get(first, "version")), version);
    CHECK(strcmp(json_string_value(json_object_get(first, "by")), "mara") == 0);
    const json_t *second = json_array_get(json_object_get(r.json, "policies"), 1);
    CHECK(strcmp(json_string_value(json_object_get(second, "by")), "tests") == 0); // the key's name
    CHECK(strcmp(json_string_value(json_object_get(second, "act")), "rolled back") == 0);
    client_free(&r);
    refuses("POST", "/v1/policies?reason=x", "exploration:\n  share: 0.9\n", 422, "exploration.share");
    refuses("POST", "/v1/policies?reason=x", "explor: {}\n", 422, NULL);
    refuses("PUT", "/v1/policy", "exploration:\n  share: 0.9\n", 400, "exploration.share");
    refuses("POST", "/v1/policies/99999/activate", "{\"reason\":\"x\"}", 404, NULL);
    refuses("POST", "/v1/policies/none/discard", "{\"reason\":\"x\"}", 404, "version");
    refuses("POST", "/v1/policies/rollback", "{}", 400, "reason");
}

static int begin(void **state)
{
    (void)state;
    service_make(&town, "learn.attune");
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
    const struct CMUnitTest tests[] = {CHECK_CASE(what_is_rewarded_is_chosen_more_often),
        CHECK_CASE(a_reward_sent_twice_counts_once_and_a_display_is_known_once), CHECK_CASE(a_dry_choice_leaves_nothing),
        CHECK_CASE(choices_and_rewards_that_make_no_sense_are_refused),
        CHECK_CASE(a_model_goes_back_and_forth_and_the_reason_is_told), CHECK_CASE(a_policy_is_staged_activated_and_taken_back)};
    return cmocka_run_group_tests_name(__FILE__, tests, begin, end);
}
