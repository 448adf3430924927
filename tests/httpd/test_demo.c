// SPDX-License-Identifier: Apache-2.0
// tests/httpd/test_demo.c - the demo's simulated people ask, react and are learned from, and nobody takes them for real.
#include "client.h"

#include <signal.h>
#include <unistd.h>

static service world;

static json_t *ask(const char *path)
{
    reply r = client_ask(&world, "GET", path, NULL, NULL);
    json_t *value = r.status == 200 ? json_incref(r.json) : NULL;
    client_free(&r);
    return value;
}

static json_int_t whole(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

// The demo's figures once there were so many visits and a training; NULL when that takes minutes.
static json_t *after_visits(json_int_t visits)
{
    for (int tries = 0; tries < 1800; tries++) {
        json_t *demo = ask("/v1/demo");
        if (demo && whole(json_object_get(demo, "all"), "visits") >= visits && json_array_size(json_object_get(demo, "trainings")))
            return demo;
        json_decref(demo);
        usleep(100000);
    }
    return NULL;
}

CHECK_TEST(it_says_on_every_status_that_nobody_is_real)
{
    CHECK_BEGIN();
    json_t *status = ask("/v1/status");
    CHECK(json_is_string(json_object_get(status, "simulated")));
    CHECK(strstr(json_string_value(json_object_get(status, "simulated")), "Nobody here is real") != NULL);
    json_decref(status);
}

CHECK_TEST(people_ask_and_react_and_the_figures_add_up)
{
    CHECK_BEGIN();
    json_t *demo = after_visits(300), *hour, *newcomer;
    CHECK(demo != NULL);
    json_int_t visits = 0;
    size_t i;
    json_array_foreach(json_object_get(demo, "hours"), i, hour) visits += whole(hour, "visits");
    CHECK_EQ(visits, whole(json_object_get(demo, "all"), "visits"));
    CHECK(whole(demo, "events") > visits / 2);
    json_array_foreach(json_object_get(demo, "newcomers"), i, newcomer)
        CHECK_EQ(json_array_size(json_object_get(newcomer, "engine")), (size_t)whole(newcomer, "visits"));
    json_decref(demo);
    json_t *status = ask("/v1/status"); // the slates are ordinary decisions of the store
    CHECK(whole(status, "decisions") >= visits);
    json_decref(status);
}

CHECK_TEST(what_the_engine_shows_is_worth_more_than_random_and_no_more_than_the_best)
{
    CHECK_BEGIN();
    json_t *demo = after_visits(600);
    CHECK(demo != NULL);
    const json_t *all = json_object_get(demo, "all");
    const double engine = json_real_value(json_object_get(all, "engine")), random = json_real_value(json_object_get(all, "random")),
                 best = json_real_value(json_object_get(all, "best"));
    CHECK(engine > random);
    CHECK(best > engine);
    CHECK(json_is_null(json_object_get(demo, "fault")));
    json_decref(demo);
}

CHECK_TEST(a_newcomer_is_a_person_of_the_store_like_any_other)
{
    CHECK_BEGIN();
    json_t *demo = after_visits(300), *newcomer;
    size_t i;
    char path[100];
    json_int_t events = -1;
    json_array_foreach(json_object_get(demo, "newcomers"), i, newcomer) if (events <= 0)
    {
        snprintf(path, sizeof path, "/v1/people/%s", json_string_value(json_object_get(newcomer, "user")));
        json_t *person = ask(path);
        events = whole(person, "events");
        json_decref(person);
    }
    CHECK(events > 0);
    json_decref(demo);
}

// Starts a training, asks it to stop as soon as it runs, and tells how it ended.
static void cancel_training(char state[16])
{
    char path[100], cancel[120];
    json_t *job = NULL;
    reply r = client_ask(&world, "POST", "/v1/jobs", world.key, "{\"kind\":\"train\"}");
    CHECK_EQ(r.status, 202);
    snprintf(path, sizeof path, "/v1/jobs/%s", json_string_value(json_object_get(r.json, "id")));
    snprintf(cancel, sizeof cancel, "%s/cancel", path);
    client_free(&r);
    for (bool asked = false; !job || json_is_null(json_object_get(job, "ended_at")); usleep(1000)) {
        r = client_ask(&world, "GET", path, world.key, NULL);
        CHECK_EQ(r.status, 200);
        json_decref(job);
        job = json_incref(r.json);
        client_free(&r);
        if (asked || json_is_null(json_object_get(job, "started_at")))
            continue;
        r = client_ask(&world, "POST", cancel, world.key, NULL);
        client_free(&r);
        asked = true;
    }
    snprintf(state, 16, "%s", json_string_value(json_object_get(job, "state")));
    json_decref(job);
}

CHECK_TEST(a_job_can_be_cancelled_in_a_demo_too)
{
    CHECK_BEGIN();
    char state[16] = "";
    for (int tries = 0; tries < 20 && strcmp(state, "cancelled") != 0; tries++) // one may be at its end already
        cancel_training(state);
    CHECK_STR(state, "cancelled");
}

static bool is_anything_made(void)
{
    json_t *briefs = ask("/v1/generations");
    const bool made = json_array_size(json_object_get(briefs, "briefs")) > 0;
    json_decref(briefs);
    return made;
}

// Pieces are made once there is a model, and composing takes a while.
CHECK_TEST(people_meet_what_was_made_and_their_events_are_about_it)
{
    CHECK_BEGIN();
    json_int_t shown = 0, done = 0;
    for (int tries = 0; tries < 1200 && !(shown > 0 && done > 0); tries++) {
        json_t *demo = ask("/v1/demo"), *made = json_object_get(demo, "made");
        CHECK(json_is_object(made));
        shown = whole(made, "shown");
        done = whole(made, "finished") + whole(made, "liked") + whole(made, "skipped");
        json_decref(demo);
        if (tries > 300 && !is_anything_made())
            CHECK_SKIP("nothing is made in this build");
        usleep(100000);
    }
    CHECK(shown > 0);
    CHECK(done > 0);
    CHECK(done <= 3 * shown);
}

CHECK_TEST(its_clock_runs_ahead_of_ours_and_it_stops_when_told_to)
{
    CHECK_BEGIN();
    json_t *demo = ask("/v1/demo"), *later;
    usleep(1200000);
    later = ask("/v1/demo");
    CHECK(whole(later, "at_ms") - whole(demo, "at_ms") > 60000); // more than a minute in little more than a second
    json_decref(demo);
    json_decref(later);
    CHECK_EQ(service_stop(&world, SIGTERM), 0);
    CHECK_EQ(client_run(NULL, 0, (const char *const[]){"doctor", "-s", world.store, NULL}), 0);
}

static int begin(void **state)
{
    (void)state;
    snprintf(world.store, sizeof world.store, "%s", check_path("demo-world.attune"));
    snprintf(world.keys, sizeof world.keys, "%s", check_path("demo-keys"));
    CHECK_EQ(client_run(world.key, sizeof world.key, (const char *const[]){"key", "create", "tests", "--scopes", "all", "--keys", world.keys, "-q", NULL}), 0);
    world.key[strcspn(world.key, "\n")] = 0;
    service_start(&world, (const char *const[]){"--demo", "--open", "--keys", world.keys, "--people", "100", "--items", "200", "--days", "14", "--day", "4", NULL});
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {CHECK_CASE(it_says_on_every_status_that_nobody_is_real),
        CHECK_CASE(people_ask_and_react_and_the_figures_add_up),
        CHECK_CASE(what_the_engine_shows_is_worth_more_than_random_and_no_more_than_the_best),
        CHECK_CASE(a_newcomer_is_a_person_of_the_store_like_any_other),
        CHECK_CASE(a_job_can_be_cancelled_in_a_demo_too),
        CHECK_CASE(people_meet_what_was_made_and_their_events_are_about_it),
        CHECK_CASE(its_clock_runs_ahead_of_ours_and_it_stops_when_told_to)};
    return cmocka_run_group_tests_name(__FILE__, tests, begin, NULL);
}
