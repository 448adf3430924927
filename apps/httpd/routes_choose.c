// SPDX-License-Identifier: Apache-2.0
// httpd/routes_choose.c - one of a few options, what came of it, and whether it was seen.
#include "routes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool httpd_read_decision(httpd_exchange *x, const json_t *body, const char *name, uint64_t *out)
{
    const att_text text = shape_text(body, name);
    *out = 0;
    for (size_t i = 0; i < text.size; i++) {
        const char *digits = "0123456789abcdef", *at = strchr(digits, text.data[i] | 0x20);
        if (!at || text.data[i] < '0' || i >= 16) // a control character with that bit is none
            return httpd_problem(x, 400, name, "%s: expected 16 hexadecimal digits", name), false;
        *out = *out << 4 | (uint64_t)(at - digits);
    }
    return true;
}

// --- Choosing ---------------------------------------------------------------------------------------------------

// All lists of one request: options, and the features of the moment and of each option, one behind the other.
typedef struct choosing {
    att_choice_option *options;
    att_choice_feature *features;
    float *probabilities;
    size_t feature_count;
} choosing;

static void drop(choosing *c)
{
    free(c->options);
    free(c->features);
    free(c->probabilities);
}

// A text is a class {name, text, 1}, a number {"", name, number}. The shape has looked at the types.
static size_t read_features(choosing *c, const json_t *map)
{
    const size_t before = c->feature_count;
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)map, name, value) {
        att_choice_feature *f = &c->features[c->feature_count++];
        if (json_is_string(value))
            *f = (att_choice_feature){att_text_of(name), {json_string_value(value), json_string_length(value)}, 1};
        else
            *f = (att_choice_feature){{"", 0}, att_text_of(name), json_number_value(value)};
    }
    return c->feature_count - before;
}

static bool read_options(httpd_exchange *x, choosing *c, att_choice_request *request)
{
    const json_t *list = json_object_get(x->json, "options"), *moment = json_object_get(x->json, "features");
    size_t features = json_object_size(moment), i;
    json_t *option;
    json_array_foreach(list, i, option) features += json_object_size(json_object_get(option, "features"));
    const size_t count = json_array_size(list);
    *c = (choosing){.options = calloc(count, sizeof *c->options),
        .features = calloc(features + 1, sizeof *c->features),
        .probabilities = calloc(count, sizeof *c->probabilities)};
    if (!c->options || !c->features || !c->probabilities)
        return httpd_problem(x, 503, NULL, "memory ran out for %zu options", count), false;
    request->features = c->features;
    request->feature_count = read_features(c, moment);
    json_array_foreach(list, i, option) {
        c->options[i].id = shape_text(option, "id");
        c->options[i].features = c->features + c->feature_count;
        c->options[i].feature_count = read_features(c, json_object_get(option, "features"));
    }
    request->options = c->options;
    request->option_count = count;
    return true;
}

static bool read_choice(httpd_exchange *x, choosing *c, att_choice_request *request)
{
    const json_t *body = x->json;
    *request = att_choice_request_default();
    request->user = shape_text(body, "user");
    request->choice = shape_text(body, "choice");
    request->await_display = shape_bool(body, "await_display", false);
    request->weight = shape_number(body, "weight", request->weight);
    request->seed = (uint64_t)shape_whole(body, "seed", 0);
    request->dry = shape_bool(body, "dry", false);
    httpd_read_context(body, &request->context);
    if (!read_options(x, c, request))
        return false;
    const att_text host = shape_text(body, "host_option");
    for (size_t i = 0; host.size && i < request->option_count && request->host_option < 0; i++)
        if (att_text_equal(request->options[i].id, host))
            request->host_option = (int)i;
    if (host.size && request->host_option < 0)
        return httpd_problem(x, 422, "host_option", "host_option: found \"%.*s\", expected the id of one of the options",
                   (int)host.size, host.data),
               false;
    return true;
}

static void write_choice(httpd_out *o, const att_choice_request *request, const att_choice *choice, const float *probabilities)
{
    out_open(o, '{');
    out_key_id(o, "decision", choice->decision);
    out_key_text(o, "choice", request->choice);
    out_key_text(o, "show", request->options[choice->shown].id);
    out_key_text(o, "chosen", request->options[choice->chosen].id);
    out_key_text(o, "best", request->options[choice->greedy].id);
    out_key_bool(o, "explored", choice->explored);
    out_key(o, "options");
    out_open(o, '[');
    for (size_t i = 0; i < request->option_count; i++) {
        out_item(o);
        out_open(o, '{');
        out_key_text(o, "option", request->options[i].id);
        out_key_number(o, "probability", (double)probabilities[i]);
        out_close(o, '}');
    }
    out_close(o, ']');
    out_close(o, '}');
}

void httpd_choice_post(httpd_exchange *x)
{
    choosing c = {0};
    att_choice_request request;
    att_choice choice;
    att_error err = {0};
    if (read_choice(x, &c, &request)) {
        const att_status status = att_engine_choose(x->engine, &request, c.probabilities, &choice, &err);
        if (status)
            httpd_refused(x, status, 422, &err);
        else
            write_choice(&x->answer, &request, &choice, c.probabilities);
    }
    drop(&c);
}

// --- How they do ------------------------------------------------------------------------------------------------

static bool write_count(void *user, const att_choice_count *count)
{
    httpd_out *o = user;
    out_item(o);
    out_open(o, '{');
    out_key_text(o, "name", count->name);
    out_key_whole(o, "decisions", count->decisions);
    out_key_whole(o, "displayed", count->displayed);
    out_key_whole(o, "apprentice", count->apprentice);
    out_key_whole(o, "impressions", count->impressions);
    out_key_whole(o, "explored", count->explored);
    out_key_whole(o, "pending", count->pending);
    out_key_whole(o, "rewarded", count->rewarded);
    out_key_whole(o, "defaulted", count->defaulted);
    out_key_whole(o, "undisplayed", count->undisplayed);
    out_key_whole(o, "late_rewards", count->late_rewards);
    out_key_number(o, "reward", count->reward);
    out_close(o, '}');
    return !o->failed;
}

static void write_algorithms(httpd_out *o, att_choice_algorithm used)
{
    const att_bandit_about *about;
    out_key(o, "algorithms");
    out_open(o, '[');
    for (size_t i = 0; (about = att_bandit_about_at(i)); i++) {
        out_item(o);
        out_open(o, '{');
        out_key_string(o, "name", about->name);
        out_key_string(o, "title", about->title);
        out_key_string(o, "story", about->story);
        out_key_string(o, "paper", about->paper);
        out_key_bool(o, "used", i == (size_t)used);
        out_close(o, '}');
    }
    out_close(o, ']');
}

static void write_places(httpd_exchange *x)
{
    httpd_out *o = &x->answer;
    uint64_t impressions, explored;
    out_key(o, "places");
    out_open(o, '[');
    for (uint32_t place = 0; place < ATT_SLATE_MAX; place++)
        if (att_engine_slate_place(x->engine, place, &impressions, &explored)) {
            out_item(o);
            out_open(o, '{');
            out_key_whole(o, "place", place);
            out_key_whole(o, "impressions", impressions);
            out_key_whole(o, "explored", explored);
            out_close(o, '}');
        }
    out_close(o, ']');
}

void httpd_choices_get(httpd_exchange *x)
{
    const att_policy policy = att_engine_policy(x->engine);
    att_error err = {0};
    out_open(&x->answer, '{');
    out_key(&x->answer, "choices");
    out_open(&x->answer, '[');
    const att_status status = att_engine_choices_each(x->engine, write_count, &x->answer, &err);
    if (status) {
        httpd_failed(x, status, &err);
        return;
    }
    out_close(&x->answer, ']');
    out_key_number(&x->answer, "share", policy.choices.share);
    write_algorithms(&x->answer, policy.choices.algorithm);
    write_places(x);
    out_close(&x->answer, '}');
}

// --- Rewards and displays ---------------------------------------------------------------------------------------

static bool read_reward(httpd_exchange *x, const json_t *body, att_reward *reward)
{
    *reward = (att_reward){.id = shape_text(body, "id"),
        .part = shape_text(body, "part"),
        .value = shape_number(body, "value", NAN),
        .more = shape_bool(body, "more", false)};
    if (!httpd_read_decision(x, body, "decision", &reward->decision))
        return false;
    return shape_time(body, "at", &reward->at_ms) || (httpd_problem(x, 400, "at", "at: expected a time"), false);
}

static void put_rewards(httpd_exchange *x, const att_reward *rewards, size_t count)
{
    att_reward_result result;
    att_error err = {0};
    const att_status status = att_engine_reward(x->engine, rewards, count, &result, &err);
    if (status == ATT_NOT_FOUND)
        httpd_problem(x, 404, "decision", "%s", err.text);
    else if (status)
        httpd_refused(x, status, 422, &err);
    if (status)
        return;
    out_open(&x->answer, '{');
    out_key_whole(&x->answer, "added", result.added);
    out_key_whole(&x->answer, "duplicates", result.duplicates);
    out_key_whole(&x->answer, "late", result.late);
    out_close(&x->answer, '}');
}

void httpd_reward_post(httpd_exchange *x)
{
    att_reward reward;
    if (read_reward(x, x->json, &reward))
        put_rewards(x, &reward, 1);
}

// The JSON values stay until the batch is written: rewards point into them.
static bool read_line(httpd_exchange *x, json_t *kept, att_text line, size_t number, att_reward *reward)
{
    json_error_t error;
    shape_fault fault;
    json_t *value = json_loadb(line.data, line.size, JSON_REJECT_DUPLICATES, &error);
    if (!value)
        return httpd_problem(x, 400, NULL, "line %zu is not JSON: column %d: %s", number, error.column, error.text), false;
    if (json_array_append_new(kept, value))
        return httpd_problem(x, 503, NULL, "memory ran out at line %zu", number), false;
    if (!shape_check(x->route->body, value, &fault))
        return httpd_problem(x, 400, fault.field, "line %zu%s%s: %s", number, fault.field[0] ? ": " : "", fault.field, fault.reason), false;
    return read_reward(x, value, reward);
}

void httpd_rewards_batch(httpd_exchange *x)
{
    size_t count, number = 0, at = 0;
    att_reward *rewards = httpd_need_batch(x, sizeof *rewards, &count);
    json_t *kept = json_array();
    att_text rest = {x->body.data, x->body.size}, line;
    bool good = rewards && kept;
    if (rewards && !kept)
        httpd_problem(x, 503, NULL, "memory ran out");
    while (good && at < count && httpd_next_line(&rest, &line, &number))
        good = read_line(x, kept, line, number, &rewards[at++]);
    if (good)
        put_rewards(x, rewards, count);
    json_decref(kept);
    free(rewards);
}

void httpd_display_post(httpd_exchange *x)
{
    uint64_t decision;
    bool added = false;
    att_error err = {0};
    if (!httpd_read_decision(x, x->json, "decision", &decision))
        return;
    const att_status status = att_engine_displayed(x->engine, decision, &added, &err);
    if (status == ATT_NOT_FOUND)
        httpd_problem(x, 404, "decision", "%s", err.text);
    else if (status)
        httpd_failed(x, status, &err);
    if (status)
        return;
    out_open(&x->answer, '{');
    out_key_bool(&x->answer, "added", added);
    out_close(&x->answer, '}');
}
