// SPDX-License-Identifier: Apache-2.0
// httpd/routes.c - every path of the service, and the OpenAPI document that is made of the same table.
#include "routes.h"

#include <string.h>

const char *httpd_scope_name(unsigned scope)
{
    static const char *const names[] = {"none",
#define X(name, wire, text) wire,
        HTTPD_SCOPE_LIST(X)
#undef X
    };
    return scope < sizeof names / sizeof names[0] ? names[scope] : "?";
}

#define SCOPE(name) HTTPD_SCOPE_BIT_##name

const httpd_route httpd_routes[] = {
    {"GET", "/health", "health", "Whether the process answers", .answer = &httpd_shape_health, .status = 200,
        .handle = httpd_health},
    {"GET", "/ready", "ready", "Whether the store is open and its state is whole; 503 when not", .answer = &httpd_shape_ready,
        .status = 200, .handle = httpd_ready},
    {"GET", "/metrics", "metrics", "Counters for Prometheus", .status = 200, .answer_type = "text/plain; version=0.0.4",
        .handle = httpd_metrics},
    {"GET", "/openapi.json", "openapi", "This document", .status = 200, .answer_type = "application/json",
        .handle = httpd_document},
    {"GET", "/v1/status", "getStatus", "What the store holds, and how the service does", SCOPE(READ),
        .answer = &httpd_shape_status, .status = 200, .handle = httpd_status},
    {"GET", "/v1/demo", "getDemo", "How simulated people fare with the engine's slates; 404 unless it is a demo", SCOPE(READ),
        .answer = &httpd_shape_demo, .status = 200, .handle = httpd_demo},

    {"POST", "/v1/events", "addEvent", "One event; its id counts once, however often it is sent", SCOPE(EVENTS),
        .body = &httpd_shape_event, .raw = true, .queued = true, .answer = &httpd_shape_added, .status = 200, .handle = httpd_event_post},
    {"POST", "/v1/events/batch", "addEvents", "Events, one JSON object a line: all or none", SCOPE(EVENTS),
        .body = &httpd_shape_event, .raw = true, .lines = true, .answer = &httpd_shape_ingested, .status = 200,
        .handle = httpd_events_batch},

    {"POST", "/v1/decisions", "decide", "A slate for a person, here and now", SCOPE(DECIDE), .body = &httpd_shape_request,
        .queued = true, .answer = &httpd_shape_slate, .status = 200, .handle = httpd_decision_post},
    {"POST", "/v1/explanations", "explain", "Why an item has the score that it has for a person", SCOPE(DECIDE),
        .body = &httpd_shape_explain, .answer = &httpd_shape_explanation, .status = 200, .handle = httpd_explain},

    {"POST", "/v1/choices", "choose", "One of a few options: which to show, and the odds it was drawn with", SCOPE(DECIDE),
        .body = &httpd_shape_choice_request, .answer = &httpd_shape_choice, .status = 200, .handle = httpd_choice_post},
    {"GET", "/v1/choices", "listChoices", "What each choice and each place of a slate has spent and earned, and the algorithms", SCOPE(READ),
        .answer = &httpd_shape_choices, .status = 200, .handle = httpd_choices_get},
    {"POST", "/v1/rewards", "addReward", "What came of a choice; its id counts once, however often it is sent", SCOPE(EVENTS),
        .body = &httpd_shape_reward, .answer = &httpd_shape_rewarded, .status = 200, .handle = httpd_reward_post},
    {"POST", "/v1/rewards/batch", "addRewards", "Rewards, one JSON object a line: all or none", SCOPE(EVENTS),
        .body = &httpd_shape_reward, .raw = true, .lines = true, .answer = &httpd_shape_rewarded, .status = 200,
        .handle = httpd_rewards_batch},
    {"POST", "/v1/displays", "addDisplay", "The option of an awaited choice was really seen", SCOPE(EVENTS),
        .body = &httpd_shape_display, .answer = &httpd_shape_displayed, .status = 200, .handle = httpd_display_post},

    {"GET", "/v1/models", "listModels", "Versions of the model, newest first, with what spoke for and against them", SCOPE(READ),
        .answer = &httpd_shape_models, .status = 200, .handle = httpd_models_get},
    {"POST", "/v1/models/{version}/activate", "activateModel", "Puts a version in force again", SCOPE(ADMIN),
        .body = &httpd_shape_model_reason, .answer = &httpd_shape_model_in_force, .status = 200, .handle = httpd_model_activate},
    {"POST", "/v1/models/rollback", "rollBackModel", "Puts the version in force that was so before the present one", SCOPE(ADMIN),
        .body = &httpd_shape_model_reason, .answer = &httpd_shape_model_in_force, .status = 200, .handle = httpd_model_rollback},

    {"GET", "/v1/experiments", "listExperiments", "All experiments, and the holdout", SCOPE(READ), .answer = &httpd_shape_experiments,
        .status = 200, .handle = httpd_experiments_get},
    {"POST", "/v1/experiments", "createExperiment", "Adds a draft, or replaces one: YAML as attune experiment create reads it", SCOPE(ADMIN),
        .plain = true, .answer = &httpd_shape_experiment, .status = 200, .handle = httpd_experiment_post},
    {"GET", "/v1/experiments/{experiment}", "getExperiment", "One experiment", SCOPE(READ), .answer = &httpd_shape_experiment,
        .status = 200, .handle = httpd_experiment_get},
    {"POST", "/v1/experiments/{experiment}/start", "startExperiment", "From now on people are in it", SCOPE(ADMIN),
        .answer = &httpd_shape_experiment, .status = 200, .handle = httpd_experiment_start},
    {"POST", "/v1/experiments/{experiment}/stop", "stopExperiment", "Nobody is in it any more, for good", SCOPE(ADMIN),
        .answer = &httpd_shape_experiment, .status = 200, .handle = httpd_experiment_stop},
    {"GET", "/v1/experiments/{experiment}/readout", "readExperiment",
        "Arms, sample ratio, each metric with an interval that may be read any day; \"holdout\" reads the holdout", SCOPE(READ),
        .query = &httpd_shape_readout_query, .answer = &httpd_shape_readout, .status = 200, .handle = httpd_experiment_readout},
    {"GET", "/v1/experiments/{experiment}/timeline", "getExperimentTimeline", "The same intervals over time", SCOPE(READ),
        .query = &httpd_shape_timeline_query, .answer = &httpd_shape_timeline, .status = 200, .handle = httpd_experiment_timeline},
    {"POST", "/v1/holdout/restart", "restartHoldout", "The policy in force becomes the holdout's baseline", SCOPE(ADMIN),
        .answer = &httpd_shape_experiments, .status = 200, .handle = httpd_holdout_restart},
    {"GET", "/v1/people/{user}/arms", "getPersonArms", "The arms that a decision for this person would have now", SCOPE(READ),
        .answer = &httpd_shape_assignment, .status = 200, .handle = httpd_person_arms},
    {"POST", "/v1/exposures", "addExposure", "Somebody saw an arm; for hosts that send no events with decisions", SCOPE(EVENTS),
        .body = &httpd_shape_exposure, .answer = &httpd_shape_exposed, .status = 200, .handle = httpd_exposure_post},
    {"GET", "/v1/reports/longrun", "getReport", "How people fare over the long run, and a warning when clicks hide harm", SCOPE(READ),
        .query = &httpd_shape_longrun_query, .answer = &httpd_shape_longrun, .status = 200, .handle = httpd_report_get},

    {"GET", "/v1/queue", "listCases", "What waits for people: reported and held items, held texts", SCOPE(MODERATE),
        .query = &httpd_shape_case_query, .answer = &httpd_shape_cases, .status = 200, .handle = httpd_queue_get},
    {"GET", "/v1/queue/{case}", "getCase", "One case with its whole history", SCOPE(MODERATE), .answer = &httpd_shape_case, .status = 200,
        .handle = httpd_case_get},
    {"POST", "/v1/queue/{case}/decisions", "decideCase",
        "Acts on a case, each with its reason: what is held or denied is not shown from the next decision on", SCOPE(MODERATE),
        .body = &httpd_shape_case_decision, .answer = &httpd_shape_case, .status = 200, .handle = httpd_case_decide},
    {"POST", "/v1/queue/{case}/appeals", "appealCase", "Asks to look again at what is not shown", SCOPE(EVENTS),
        .body = &httpd_shape_case_appeal, .answer = &httpd_shape_case_appealed, .status = 200, .handle = httpd_case_appeal},
    {"POST", "/v1/queue/reports", "reportItem", "A person complains about an item, with a reason", SCOPE(EVENTS),
        .body = &httpd_shape_case_report, .answer = &httpd_shape_case_reported, .status = 200, .handle = httpd_case_report},
    {"POST", "/v1/text-checks", "checkText", "One text through the store's filter; kept only where it is asked to be held", SCOPE(MODERATE),
        .body = &httpd_shape_text_check, .answer = &httpd_shape_text_checked, .status = 200, .handle = httpd_text_check},
    {"POST", "/v1/queue/holds", "holdItem", "Holds an item or a text until somebody has looked at it", SCOPE(MODERATE),
        .body = &httpd_shape_case_hold, .answer = &httpd_shape_case_held, .status = 200, .handle = httpd_case_hold},

    {"POST", "/v1/generations", "generate", "Makes items from a brief, as a job; answers before it is done", SCOPE(ADMIN),
        .body = &httpd_shape_brief_request, .answer = &httpd_shape_job_summary, .status = 202, .handle = httpd_generation_post},
    {"GET", "/v1/generations", "listGenerations", "Briefs that were asked for, newest first", SCOPE(READ), .query = &httpd_shape_generation_query,
        .answer = &httpd_shape_generations, .status = 200, .handle = httpd_generations_get},
    {"GET", "/v1/generations/{brief}", "getGeneration", "One brief with its candidates, and why they are held or denied", SCOPE(READ),
        .slow = true, .answer = &httpd_shape_generation, .status = 200, .handle = httpd_generation_get},
    {"GET", "/v1/items/{item}/making", "getMaking", "How an item was made, and what the check found", SCOPE(READ), .slow = true,
        .answer = &httpd_shape_candidate, .status = 200, .handle = httpd_item_making},
    {"GET", "/v1/items/{item}/asset", "getAsset", "The bytes of an item that was made", SCOPE(READ), .slow = true, .status = 200,
        .answer_type = "application/octet-stream", .handle = httpd_item_asset},
    {"GET", "/v1/items/{item}/plan", "getPlan", "How its maker built it", SCOPE(READ), .slow = true, .status = 200, .answer_type = "application/json",
        .handle = httpd_item_plan},
    {"GET", "/v1/items/{item}/analysis", "getAnalysis", "What the analyser found in it, in full", SCOPE(READ), .slow = true, .status = 200,
        .answer_type = "application/json", .handle = httpd_item_analysis},
    {"GET", "/v1/making", "reportMaking", "What was made, what it cost, what it brought, and when to make it", SCOPE(READ), .slow = true,
        .answer = &httpd_shape_making_report, .status = 200, .handle = httpd_making_report},
#ifdef ATT_MUSIC
    {"POST", "/v1/sounds", "addSound", "Keeps a sound file: WAV, FLAC, Ogg, MP3 …; the same bytes again are the same sound", SCOPE(CATALOGUE),
        .bytes = true, .slow = true, .answer = &httpd_shape_sound, .status = 200, .handle = httpd_sound_post},
    {"GET", "/v1/sounds/{sound}", "getSound", "What kind of sound it is", SCOPE(READ), .slow = true, .answer = &httpd_shape_sound, .status = 200,
        .handle = httpd_sound_get},
    {"DELETE", "/v1/sounds/{sound}", "deleteSound", "Deletes a sound; what was made of it stays", SCOPE(CATALOGUE), .slow = true,
        .answer = &httpd_shape_sound_deleted, .status = 200, .handle = httpd_sound_delete},
    {"GET", "/v1/sounds/{sound}/content", "getSoundContent", "The bytes of a sound", SCOPE(READ), .slow = true, .status = 200,
        .answer_type = "application/octet-stream", .handle = httpd_sound_content},
    {"POST", "/v1/sounds/{sound}/jobs", "startSoundJob", "Analyses, changes or checks a sound, as a job; answers before it is done", SCOPE(ADMIN),
        .body = &httpd_shape_sound_task, .answer = &httpd_shape_job_summary, .status = 202, .handle = httpd_sound_job_post},
#endif
    {"POST", "/v1/jobs", "startJob", "Starts a training or a report; answers before it is done", SCOPE(ADMIN),
        .body = &httpd_shape_job_request, .answer = &httpd_shape_job_summary, .status = 202, .handle = httpd_job_post},
    {"GET", "/v1/jobs", "listJobs", "Jobs since the service was started, newest first", SCOPE(ADMIN), .answer = &httpd_shape_jobs,
        .status = 200, .handle = httpd_jobs_get},
    {"GET", "/v1/jobs/{job}", "getJob", "One job, and what it came to", SCOPE(ADMIN), .answer = &httpd_shape_job, .status = 200,
        .handle = httpd_job_show},
    {"POST", "/v1/jobs/{job}/cancel", "cancelJob", "Asks a job to stop at its next safe point", SCOPE(ADMIN),
        .answer = &httpd_shape_job_summary, .status = 200, .handle = httpd_job_cancel_post},
    {"GET", "/v1/jobs/{job}/events", "listenToJob",
        "Progress as server-sent events, until the job ends; each is named by the state and holds the summary", SCOPE(ADMIN), .status = 200,
        .answer_type = "text/event-stream", .handle = httpd_job_events},

    {"GET", "/v1/people/{user}", "getPerson", "What is known about a person", SCOPE(READ), .answer = &httpd_shape_person,
        .status = 200, .handle = httpd_person_get},
    {"POST", "/v1/people/{user}/controls", "control", "Sliders, less like this, blocks, reset, opt-out: for the very next slate",
        SCOPE(PEOPLE), .body = &httpd_shape_control, .answer = &httpd_shape_controlled, .status = 200,
        .handle = httpd_person_control},
    {"GET", "/v1/people/{user}/export", "exportPerson", "All that is kept about a person, one JSON object a line", SCOPE(PEOPLE),
        .slow = true, .status = 200, .answer_type = "application/x-ndjson", .handle = httpd_person_export},
    {"DELETE", "/v1/people/{user}", "forgetPerson", "Deletes all that is kept about a person", SCOPE(PEOPLE),
        .answer = &httpd_shape_forgotten, .status = 200, .handle = httpd_person_forget},

    {"GET", "/v1/items", "listItems", "Items in order of arrival, those that hold all words of q", SCOPE(READ),
        .query = &httpd_shape_item_query, .slow = true, .answer = &httpd_shape_items, .status = 200, .handle = httpd_items_get},
    {"GET", "/v1/items/{item}", "getItem", "One item", SCOPE(READ), .answer = &httpd_shape_item, .status = 200,
        .handle = httpd_item_get},
    {"PUT", "/v1/items/{item}", "putItem", "Adds or replaces an item", SCOPE(CATALOGUE), .body = &httpd_shape_item, .raw = true,
        .answer = &httpd_shape_item, .status = 200, .handle = httpd_item_put},
    {"POST", "/v1/items/batch", "putItems", "Adds or replaces items, one JSON object a line: all or none", SCOPE(CATALOGUE),
        .body = &httpd_shape_item, .raw = true, .lines = true, .answer = &httpd_shape_ingested, .status = 200,
        .handle = httpd_items_batch},
    {"DELETE", "/v1/items/{item}", "deleteItem", "Takes an item out of the catalogue; decisions that showed it stay", SCOPE(CATALOGUE),
        .query = &httpd_shape_delete_query, .answer = &httpd_shape_deleted, .status = 200, .handle = httpd_item_delete},
    {"POST", "/v1/items/{item}/takedown", "takeDown", "Out of every slate from this moment on", SCOPE(CATALOGUE),
        .body = &httpd_shape_takedown, .answer = &httpd_shape_taken, .status = 200, .handle = httpd_item_takedown},

    {"GET", "/v1/items/{item}/neighbours", "getNeighbours", "What is near an item in taste space", SCOPE(READ),
        .query = &httpd_shape_limit_query, .slow = true, .answer = &httpd_shape_neighbours, .status = 200, .handle = httpd_item_neighbours},
    {"GET", "/v1/items/{item}/decisions", "getItemDecisions", "Where an item was shown and why, newest first", SCOPE(READ),
        .query = &httpd_shape_back_query, .slow = true, .answer = &httpd_shape_shown_page, .status = 200, .handle = httpd_item_shown},
    {"GET", "/v1/people/{user}/history", "getHistory", "What a person did, newest first", SCOPE(READ), .query = &httpd_shape_back_query,
        .slow = true, .answer = &httpd_shape_past_page, .status = 200, .handle = httpd_person_history},
    {"GET", "/v1/people/{user}/taste", "getTaste", "Where a person stands on the map of taste space, over the time scales", SCOPE(READ),
        .query = &httpd_shape_taste_query, .slow = true, .answer = &httpd_shape_taste, .status = 200, .handle = httpd_person_taste},
    {"GET", "/v1/map", "getMap", "The items that people met most, on the map of taste space", SCOPE(READ), .query = &httpd_shape_map_query,
        .slow = true, .answer = &httpd_shape_map, .status = 200, .handle = httpd_map_get},

    {"GET", "/v1/policy", "getPolicy", "The policy in force, as commented YAML", SCOPE(READ), .status = 200,
        .answer_type = "application/yaml", .handle = httpd_policy_get},
    {"PUT", "/v1/policy", "putPolicy", "Puts a policy in force: only the keys that change need be given", SCOPE(ADMIN),
        .query = &httpd_shape_policy_query, .plain = true, .answer = &httpd_shape_policy, .status = 200, .handle = httpd_policy_put},
    {"POST", "/v1/policy/check", "checkPolicy", "Whether a policy could be put in force, and what is wrong with it", SCOPE(READ),
        .plain = true, .answer = &httpd_shape_policy_checked, .status = 200, .handle = httpd_policy_check},
    {"GET", "/v1/policies", "listPolicies", "Versions of the policy, newest first, with who did what and why", SCOPE(READ),
        .answer = &httpd_shape_policies, .slow = true, .status = 200, .handle = httpd_policies_get},
    {"POST", "/v1/policies", "stagePolicy", "Keeps a policy to be put in force later: only the keys that change need be given", SCOPE(ADMIN),
        .query = &httpd_shape_policy_query, .plain = true, .answer = &httpd_shape_policy_made, .status = 200, .handle = httpd_policy_stage},
    {"GET", "/v1/policies/{version}", "getPolicyVersion", "One version, as commented YAML", SCOPE(READ), .slow = true, .status = 200,
        .answer_type = "application/yaml", .handle = httpd_policy_version_get},
    {"POST", "/v1/policies/{version}/activate", "activatePolicy", "Puts a version in force", SCOPE(ADMIN),
        .body = &httpd_shape_policy_reason, .answer = &httpd_shape_policy_made, .status = 200, .handle = httpd_policy_activate},
    {"POST", "/v1/policies/{version}/discard", "discardPolicy", "Marks a version as of no more use", SCOPE(ADMIN),
        .body = &httpd_shape_policy_reason, .answer = &httpd_shape_policy_made, .status = 200, .handle = httpd_policy_discard},
    {"POST", "/v1/policies/rollback", "rollBackPolicy", "Puts the version in force that was so before the present one", SCOPE(ADMIN),
        .body = &httpd_shape_policy_reason, .answer = &httpd_shape_policy_made, .status = 200, .handle = httpd_policy_rollback},
    {0}};

// --- OpenAPI ----------------------------------------------------------------------------------------------------

typedef struct seen_shapes {
    const shape *shapes[256];
    size_t count;
} seen_shapes;

static void note(void *user, const shape *s)
{
    seen_shapes *seen = user;
    for (size_t i = 0; i < seen->count; i++)
        if (seen->shapes[i] == s)
            return;
    if (seen->count < sizeof seen->shapes / sizeof seen->shapes[0])
        seen->shapes[seen->count++] = s;
}

static void put_content(httpd_out *o, const char *type, const shape *s)
{
    out_key(o, "content");
    out_open(o, '{');
    out_key(o, type);
    out_open(o, '{');
    out_key(o, "schema");
    if (s)
        out_printf(o, "{\"$ref\":\"#/components/schemas/%s\"}", s->name);
    else
        out_string(o, "{\"type\":\"string\"}");
    out_close(o, '}');
    out_close(o, '}');
}

static void put_parameters(httpd_out *o, const httpd_route *route)
{
    out_key(o, "parameters");
    out_open(o, '[');
    for (const char *at = strchr(route->path, '{'); at; at = strchr(at + 1, '{')) {
        const size_t size = (size_t)(strchr(at, '}') - at - 1);
        out_item(o);
        out_open(o, '{');
        out_key_text(o, "name", (att_text){at + 1, size});
        out_key_string(o, "in", "path");
        out_key_bool(o, "required", true);
        out_key(o, "schema");
        out_string(o, "{\"type\":\"string\"}");
        out_close(o, '}');
    }
    for (const shape_field *f = route->query ? route->query->fields : NULL; f && f->name; f++) {
        out_item(o);
        out_open(o, '{');
        out_key_string(o, "name", f->name);
        out_key_string(o, "in", "query");
        out_key_bool(o, "required", f->required);
        out_key_string(o, "description", f->text ? f->text : "");
        out_key(o, "schema");
        shape_field_schema(f, o);
        out_close(o, '}');
    }
    out_close(o, ']');
}

// "/v1/people/{user}" is told under people, what has no such part under service.
static att_text tag_of(const httpd_route *route)
{
    const char *at = strncmp(route->path, "/v1/", 4) == 0 ? route->path + 4 : NULL;
    return !at || strcmp(at, "status") == 0 ? att_text_of("service") : (att_text){at, strcspn(at, "/")};
}

static void put_responses(httpd_out *o, const httpd_route *route)
{
    out_key(o, "responses");
    out_open(o, '{');
    out_item(o);
    out_printf(o, "\"%d\":", route->status);
    out_open(o, '{');
    out_key_string(o, "description", "It worked");
    put_content(o, route->answer ? "application/json" : route->answer_type, route->answer);
    out_close(o, '}');
    if (route->answer_type && strcmp(route->answer_type, "application/octet-stream") == 0) {
        out_key(o, "206");
        out_open(o, '{');
        out_key_string(o, "description", "The part that the header Range asks for");
        put_content(o, route->answer_type, NULL);
        out_close(o, '}');
    }
    out_key(o, "4XX");
    out_string(o, "{\"$ref\":\"#/components/responses/Problem\"}");
    out_key(o, "default");
    out_string(o, "{\"$ref\":\"#/components/responses/Problem\"}");
    out_close(o, '}');
}

// A body of one object, of text, or of lines with an object in each.
static void put_body(httpd_out *o, const httpd_route *route)
{
    out_key(o, "requestBody");
    out_open(o, '{');
    out_key_bool(o, "required", true);
    if (route->lines) {
        out_key(o, "content");
        out_printf(o,
            "{\"application/x-ndjson\":{\"schema\":{\"type\":\"string\",\"description\":\"one %s a line\",\"contentMediaType\":"
            "\"application/x-ndjson\",\"contentSchema\":{\"$ref\":\"#/components/schemas/%s\"}}}}",
            route->body->name, route->body->name);
    } else if (route->bytes) {
        out_key(o, "content");
        out_string(o, "{\"application/octet-stream\":{\"schema\":{\"type\":\"string\",\"contentMediaType\":\"application/octet-stream\"}}}");
    } else {
        put_content(o, route->plain ? "application/yaml" : "application/json", route->body);
    }
    out_close(o, '}');
}

static void put_operation(httpd_out *o, const httpd_route *route)
{
    static const struct {
        const char *upper, *lower;
    } methods[] = {{"GET", "get"}, {"PUT", "put"}, {"POST", "post"}, {"DELETE", "delete"}};
    for (size_t i = 0; i < 4; i++)
        if (strcmp(methods[i].upper, route->method) == 0)
            out_key(o, methods[i].lower);
    out_open(o, '{');
    out_key_string(o, "operationId", route->id);
    out_key_string(o, "summary", route->summary);
    out_key(o, "tags");
    out_open(o, '[');
    out_item(o);
    out_text(o, tag_of(route));
    out_close(o, ']');
    out_key(o, "security");
    out_string(o, route->scope == HTTPD_SCOPE_NONE ? "[]" : "[{\"key\":[]}]");
    if (route->scope != HTTPD_SCOPE_NONE)
        out_key_string(o, "x-scope", httpd_scope_name(route->scope));
    put_parameters(o, route);
    if (route->body || route->plain || route->bytes)
        put_body(o, route);
    put_responses(o, route);
    out_close(o, '}');
}

void httpd_openapi(httpd_out *o)
{
    seen_shapes seen = {0};
    size_t asked = 0; // of these, the first ones occur in what arrives
    out_open(o, '{');
    out_key_string(o, "openapi", "3.1.0");
    out_key(o, "info");
    out_open(o, '{');
    out_key_string(o, "title", "Attune");
    out_key_string(o, "version", att_version());
    out_key_string(o, "summary", "Personalization for entertainment: events in, slates with terms, odds and reasons out");
    out_key(o, "license");
    out_string(o, "{\"name\":\"Apache-2.0\",\"identifier\":\"Apache-2.0\"}");
    out_close(o, '}');
    out_key(o, "servers");
    out_string(o, "[{\"url\":\"/\"}]");
    out_key(o, "paths");
    out_open(o, '{');
    for (const httpd_route *route = httpd_routes; route->method; route++) {
        bool before = false;
        for (const httpd_route *other = httpd_routes; other != route; other++)
            before |= strcmp(other->path, route->path) == 0;
        if (before)
            continue;
        out_key(o, route->path);
        out_open(o, '{');
        for (const httpd_route *other = route; other->method; other++)
            if (strcmp(other->path, route->path) == 0)
                put_operation(o, other);
        out_close(o, '}');
    }
    out_close(o, '}');
    out_key(o, "components");
    out_open(o, '{');
    out_key(o, "securitySchemes");
    out_string(o, "{\"key\":{\"type\":\"http\",\"scheme\":\"bearer\"}}");
    out_key(o, "responses");
    out_open(o, '{');
    out_key(o, "Problem");
    out_open(o, '{');
    out_key_string(o, "description", "Problem details, RFC 9457");
    put_content(o, "application/problem+json", &httpd_shape_problem);
    out_close(o, '}');
    out_close(o, '}');
    out_key(o, "schemas");
    out_open(o, '{');
    for (const httpd_route *route = httpd_routes; route->method; route++)
        if (route->body)
            shape_each(route->body, note, &seen);
    asked = seen.count;
    shape_each(&httpd_shape_problem, note, &seen);
    for (const httpd_route *route = httpd_routes; route->method; route++)
        if (route->answer)
            shape_each(route->answer, note, &seen);
    for (size_t i = 0; i < seen.count; i++) {
        out_key(o, seen.shapes[i]->name);
        shape_schema(seen.shapes[i], i < asked, o);
    }
    out_close(o, '}');
    out_close(o, '}');
    out_close(o, '}');
}
