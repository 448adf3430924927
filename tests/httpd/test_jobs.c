// SPDX-License-Identifier: Apache-2.0
// tests/httpd/test_jobs.c - work that takes longer: jobs with their progress, experiments and reports; and that the service
// says of them what the command line says.
#include "client.h"
#include "httpd/jobs.h"

#include <signal.h>
#include <unistd.h>

static service town;

static reply ask(const char *method, const char *path, const char *body)
{
    return client_ask(&town, method, path, town.key, body);
}

static void refuses(const char *method, const char *path, const char *body, int status, const char *field)
{
    client_refused(&town, method, path, body, status, field);
}

// Starts one, and returns its id in a buffer of the caller's.
static int start(const char *body, char id[40])
{
    reply r = ask("POST", "/v1/jobs", body);
    snprintf(id, 40, "%s", client_text(r.json, "id"));
    const int status = r.status;
    client_free(&r);
    return status;
}

static reply show(const char *id)
{
    char path[100];
    snprintf(path, sizeof path, "/v1/jobs/%s", id);
    return ask("GET", path, NULL);
}

static reply wait_for(const char *id)
{
    for (int tries = 0;; tries++) {
        reply r = show(id);
        CHECK_EQ(r.status, 200);
        const char *state = client_text(r.json, "state");
        if ((strcmp(state, "waiting") != 0 && strcmp(state, "running") != 0) || tries > 600)
            return r;
        client_free(&r);
        usleep(50000);
    }
}

static json_t *of_command_line(const char *const *arguments)
{
    static char out[1 << 20];
    CHECK_EQ(client_run(out, sizeof out, arguments), 0);
    json_t *value = json_loads(out, 0, NULL);
    CHECK(value != NULL);
    return value;
}

CHECK_TEST(a_report_says_what_the_command_line_says)
{
    CHECK_BEGIN();
    char id[40];
    json_t *wanted = of_command_line((const char *const[]){"report", "--by", "day", "--compare", "halves:3", "--least", "5", "--json", "-q", "-s", town.store, NULL});
    reply r = ask("GET", "/v1/reports/longrun?by=day&compare=halves&seed=3&least=5", NULL);
    CHECK_EQ(r.status, 200);
    CHECK(json_equal(wanted, r.json));
    CHECK_EQ(start("{\"kind\":\"report\",\"report\":{\"by\":\"day\",\"compare\":\"halves\",\"seed\":3,\"least\":5}}", id), 202);
    reply job = wait_for(id);
    CHECK(strcmp(client_text(job.json, "state"), "done") == 0);
    CHECK(json_equal(wanted, json_object_get(job.json, "report")));
    CHECK(json_is_null(json_object_get(job.json, "training")));
    const json_int_t all_events = json_integer_value(json_object_get(wanted, "events"));
    json_decref(wanted);
    client_free(&r);
    client_free(&job);
    r = ask("GET", "/v1/reports/longrun?to=2025-10-20T00:00:00Z", NULL); // a time is a text or milliseconds, as the document says
    reply same = ask("GET", "/v1/reports/longrun?to=1760918400000", NULL);
    CHECK_EQ(r.status, 200);
    CHECK(json_integer_value(json_object_get(r.json, "events")) < all_events);
    CHECK(json_equal(r.json, same.json));
    client_free(&r);
    client_free(&same);
}

CHECK_TEST(a_readout_says_what_the_command_line_says)
{
    CHECK_BEGIN();
    reply r = ask("POST", "/v1/experiments", "key: mix\nnote: bolder\nvariations: [{key: a}, {key: b, policy: {objective: {novelty: 0.4}}}]\n");
    CHECK_EQ(r.status, 200);
    CHECK(strcmp(client_text(r.json, "status"), "draft") == 0);
    client_free(&r);
    refuses("GET", "/v1/experiments/mix/readout", NULL, 409, NULL);
    r = ask("POST", "/v1/experiments/mix/start", NULL);
    CHECK_EQ(r.status, 200);
    client_free(&r);
    refuses("POST", "/v1/experiments/mix/start", NULL, 409, NULL);
    for (int u = 1; u <= 30; u++) { // everybody is shown one slate and likes what stands first
        char body[300];
        snprintf(body, sizeof body, "{\"user\":\"u%d\",\"count\":2}", u);
        reply slate = ask("POST", "/v1/decisions", body);
        CHECK_EQ(slate.status, 200);
        snprintf(body, sizeof body, "{\"user\":\"u%d\",\"item\":\"%s\",\"signal\":\"like\",\"decision\":\"%s\"}", u,
            client_text(json_array_get(json_object_get(slate.json, "shown"), 0), "item"), client_text(slate.json, "decision"));
        client_free(&slate);
        reply event = ask("POST", "/v1/events", body);
        CHECK_EQ(event.status, 200);
        client_free(&event);
    }
    r = ask("POST", "/v1/experiments/mix/stop", NULL); // from here on its days do not grow
    CHECK_EQ(r.status, 200);
    client_free(&r);
    json_t *wanted = of_command_line((const char *const[]){"experiment", "report", "mix", "--json", "-q", "-s", town.store, NULL});
    r = ask("GET", "/v1/experiments/mix/readout", NULL);
    CHECK_EQ(r.status, 200);
    CHECK(json_equal(wanted, r.json));
    size_t i;
    json_t *arm;
    json_int_t people = 0;
    json_array_foreach(json_object_get(r.json, "arms"), i, arm) people += json_integer_value(json_object_get(arm, "people"));
    CHECK_EQ(people, 30);
    json_decref(wanted);
    client_free(&r);
    r = ask("GET", "/v1/experiments/mix/timeline?points=3", NULL);
    CHECK_EQ(json_array_size(json_object_get(r.json, "points")), 3);
    client_free(&r);
}

CHECK_TEST(progress_comes_as_events_and_the_stream_ends_with_the_job)
{
    CHECK_BEGIN();
    char id[40], path[100], request[600];
    CHECK_EQ(start("{\"kind\":\"train\",\"train\":{\"kind\":\"als\"}}", id), 202);
    snprintf(path, sizeof path, "/v1/jobs/%s/events", id);
    reply r = ask("GET", path, NULL); // reads until the other side closes
    CHECK_EQ(r.status, 200);
    CHECK(strcmp(r.type, "text/event-stream") == 0);
    CHECK(strstr(r.body, "retry: 2000") != NULL);
    CHECK(strstr(r.body, "\nevent: done\ndata: {\"id\":") != NULL);
    unsigned long long last = 0, before = 0; // numbers grow
    for (const char *at = r.body; (at = strstr(at, "id: ")) != NULL; at += 4, before = last) {
        last = strtoull(at + 4, NULL, 10);
        CHECK(last > before);
    }
    client_free(&r);
    // Whoever knows the end is told that nothing follows; whoever knows less gets it.
    snprintf(request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer %s\r\nLast-Event-ID: %llu\r\n\r\n", path, town.key, last);
    r = client_raw(&town, request, strlen(request), 5000);
    CHECK_EQ(r.status, 204);
    client_free(&r);
    snprintf(request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer %s\r\nLast-Event-ID: 1\r\n\r\n", path, town.key);
    r = client_raw(&town, request, strlen(request), 5000);
    CHECK(strstr(r.body, "event: done") != NULL);
    client_free(&r);
    // How long somebody listens is no latency: the histogram counts those alone that are in its buckets.
    r = ask("GET", "/metrics", NULL);
    const char *most = strstr(r.body, "attune_request_seconds_bucket{le=\"8.38861\",tenant=\"default\"} ");
    const char *all = strstr(r.body, "attune_request_seconds_bucket{le=\"+Inf\",tenant=\"default\"} ");
    const char *count = strstr(r.body, "attune_request_seconds_count{tenant=\"default\"} ");
    CHECK(most && all && count);
    CHECK_EQ(atol(strchr(all, ' ')), atol(strchr(most, ' ')));
    CHECK_EQ(atol(strchr(count, ' ')), atol(strchr(most, ' ')));
    client_free(&r);
}

CHECK_TEST(jobs_are_bounded_found_by_their_key_and_cancelled)
{
    CHECK_BEGIN();
    char first[40], again[40], ids[20][40];
    CHECK_EQ(start("{\"kind\":\"train\",\"key\":\"nightly\"}", first), 202);
    CHECK_EQ(start("{\"kind\":\"train\",\"key\":\"nightly\"}", again), 202);
    CHECK(strcmp(first, again) == 0);
    int taken = 0, refused = 0;
    for (int i = 0; i < 20; i++) {
        const int status = start("{\"kind\":\"train\"}", ids[taken]);
        taken += status == 202;
        refused += status == 503;
    }
    CHECK(taken >= 14);
    CHECK(refused > 0);
    CHECK_EQ(taken + refused, 20);
    int cancelled = 0;
    for (int i = taken; i-- > 0;) {
        char path[100];
        snprintf(path, sizeof path, "/v1/jobs/%s/cancel", ids[i]);
        reply r = ask("POST", path, NULL);
        CHECK(r.status == 200 || r.status == 409);
        client_free(&r);
        r = wait_for(ids[i]);
        cancelled += strcmp(client_text(r.json, "state"), "cancelled") == 0;
        client_free(&r);
    }
    CHECK(cancelled >= taken - 3); // those that wait are gone at once; one or two may have come to their end
    reply r = wait_for(first);
    CHECK(strcmp(client_text(r.json, "state"), "done") == 0);
    client_free(&r);
    r = ask("GET", "/v1/jobs", NULL);
    CHECK(json_array_size(json_object_get(r.json, "jobs")) >= (size_t)taken);
    client_free(&r);
}

CHECK_TEST(what_makes_no_sense_is_refused_with_the_field)
{
    CHECK_BEGIN();
    refuses("POST", "/v1/jobs", "{\"kind\":\"dance\"}", 400, "kind");
    refuses("POST", "/v1/jobs", "{\"kind\":\"train\",\"train\":{\"dim\":3}}", 400, "train.dim");
    refuses("POST", "/v1/jobs", "{\"kind\":\"train\",\"report\":{}}", 422, "report");
    refuses("GET", "/v1/jobs/none", NULL, 404, "job");
    refuses("GET", "/v1/jobs/none/events", NULL, 404, "job");
    refuses("POST", "/v1/jobs/none/cancel", NULL, 404, "job");
    refuses("GET", "/v1/reports/longrun?compare=experiment", NULL, 422, "experiment");
    refuses("GET", "/v1/reports/longrun?compare=experiment&experiment=none", NULL, 404, NULL);
    refuses("GET", "/v1/reports/longrun?compare=time", NULL, 422, "at");
    refuses("GET", "/v1/reports/longrun?churn_days=1", NULL, 400, "churn_days");
    refuses("GET", "/v1/reports/longrun?from=yesterday", NULL, 400, "from");
    refuses("POST", "/v1/experiments", "key: x\nvariations: 3\n", 422, "variations");
    refuses("POST", "/v1/experiments", "key: x\ncolour: red\nvariations: [{key: a}, {key: b}]\n", 422, "colour");
    refuses("GET", "/v1/experiments/none", NULL, 404, NULL);
    refuses("GET", "/v1/experiments/none/readout", NULL, 404, NULL);
    refuses("GET", "/v1/experiments/none/timeline", NULL, 404, NULL);
    refuses("POST", "/v1/exposures", "{\"user\":\"u1\"}", 422, "experiment");
    refuses("POST", "/v1/exposures", "{\"user\":\"u1\",\"experiment\":\"none\",\"variation\":\"a\"}", 404, NULL);
}

CHECK_TEST(a_failed_job_says_why)
{
    CHECK_BEGIN();
    char id[40];
    CHECK_EQ(start("{\"kind\":\"report\",\"report\":{\"compare\":\"experiment\",\"experiment\":\"none\"}}", id), 202);
    reply r = wait_for(id);
    CHECK(strcmp(client_text(r.json, "state"), "failed") == 0);
    CHECK(strstr(client_text(r.json, "problem"), "none") != NULL);
    client_free(&r);
}

// --- The table itself, with work of the test's own ---------------------------------------------------------------

static bool let_go; // atomic

static att_status wait_to_be_let_go(att_engine *engine, const att_host *host, const json_t *request, httpd_out *result, att_error *err)
{
    (void)engine, (void)host, (void)request, (void)result, (void)err;
    while (!__atomic_load_n(&let_go, __ATOMIC_ACQUIRE))
        usleep(1000);
    return ATT_OK;
}

static att_status do_nothing(att_engine *engine, const att_host *host, const json_t *request, httpd_out *result, att_error *err)
{
    (void)engine, (void)host, (void)request, (void)result, (void)err;
    return ATT_OK;
}

static const httpd_job_kind long_kind = {"long", true, wait_to_be_let_go}, short_kind = {"short", false, do_nothing};

static httpd_job_state state_when_ended(httpd_jobs *jobs, const att_engine *engine, const char *id)
{
    httpd_job_view view = {0};
    for (int tries = 0; tries < 20000; tries++) {
        CHECK(httpd_job_get(jobs, engine, id, &view, NULL));
        if (view.state > HTTPD_JOB_RUNNING)
            break;
        usleep(500);
    }
    return view.state;
}

CHECK_TEST(what_ends_last_is_kept_however_early_it_was_asked_for)
{
    CHECK_BEGIN();
    static char nobody;
    att_engine *engine = (att_engine *)(void *)&nobody; // only compared
    httpd_jobs *jobs;
    httpd_job_view running, waiting, one, found;
    att_error err = {0};
    const att_host host = att_host_default();
    CHECK_EQ(httpd_jobs_open(&jobs, &host, &err), ATT_OK);
    CHECK_EQ(httpd_job_start(jobs, engine, &long_kind, (att_text){0}, NULL, &running, &err), ATT_OK);
    CHECK_EQ(httpd_job_start(jobs, engine, &long_kind, (att_text){0}, NULL, &waiting, &err), ATT_OK); // never two at once
    char first[32] = "";
    for (int i = 0; i < HTTPD_JOBS_KEPT_MAX + 2; i++) {
        CHECK_EQ(httpd_job_start(jobs, engine, &short_kind, (att_text){0}, NULL, &one, &err), ATT_OK);
        CHECK_EQ(state_when_ended(jobs, engine, one.id), HTTPD_JOB_DONE);
        if (!first[0])
            snprintf(first, sizeof first, "%s", one.id);
    }
    CHECK(!httpd_job_get(jobs, engine, first, &found, NULL));
    CHECK(httpd_job_cancel(jobs, engine, waiting.id, &found));
    CHECK_EQ(found.state, HTTPD_JOB_CANCELLED);
    CHECK(httpd_job_get(jobs, engine, waiting.id, &found, NULL));
    __atomic_store_n(&let_go, true, __ATOMIC_RELEASE);
    CHECK_EQ(state_when_ended(jobs, engine, running.id), HTTPD_JOB_DONE);
    CHECK(httpd_job_get(jobs, engine, one.id, &found, NULL));
    httpd_jobs_close(jobs);
}

CHECK_TEST(it_stops_gracefully_with_jobs_running_and_listeners_waiting)
{
    CHECK_BEGIN();
    char id[40], request[600];
    for (int i = 0; i < 5; i++)
        CHECK_EQ(start("{\"kind\":\"train\"}", id), 202);
    snprintf(request, sizeof request, "GET /v1/jobs/%s/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n", id, town.key);
    const int listener = client_connect(&town); // to the last of five: it has nothing to hear for a while
    CHECK(listener >= 0);
    CHECK_EQ(write(listener, request, strlen(request)), (ssize_t)strlen(request));
    usleep(300000);
    CHECK_EQ(service_stop(&town, SIGTERM), 0);
    close(listener);
    CHECK_EQ(client_run(NULL, 0, (const char *const[]){"doctor", "-s", town.store, NULL}), 0);
    service_start(&town, NULL);
    reply r = show(id); // kept in memory alone
    CHECK_EQ(r.status, 404);
    client_free(&r);
}

static int begin(void **state)
{
    (void)state;
    service_make(&town, "jobs.attune");
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
    const struct CMUnitTest tests[] = {CHECK_CASE(a_report_says_what_the_command_line_says),
        CHECK_CASE(a_readout_says_what_the_command_line_says), CHECK_CASE(progress_comes_as_events_and_the_stream_ends_with_the_job),
        CHECK_CASE(jobs_are_bounded_found_by_their_key_and_cancelled), CHECK_CASE(what_makes_no_sense_is_refused_with_the_field),
        CHECK_CASE(a_failed_job_says_why), CHECK_CASE(what_ends_last_is_kept_however_early_it_was_asked_for),
        CHECK_CASE(it_stops_gracefully_with_jobs_running_and_listeners_waiting)};
    return cmocka_run_group_tests_name(__FILE__, tests, begin, end);
}
