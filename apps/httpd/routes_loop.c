// SPDX-License-Identifier: Apache-2.0
// httpd/routes_loop.c - the loop itself: events in, slates and their reasons out.
#include "routes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// --- Events -----------------------------------------------------------------------------------------------------

static bool read_event(httpd_exchange *x, att_text json, att_event *event, int64_t now_ms, const att_policy *policy, size_t line)
{
    att_wire_fault fault = {0};
    att_error err = {0};
    att_status status = att_wire_read_event(x->memory, json, now_ms, event, &fault, &err);
    if (!status)
        status = att_event_check(event, policy, now_ms, &err);
    if (!status)
        return true;
    if (status == ATT_NO_MEMORY)
        httpd_failed(x, status, &err);
    else
        httpd_wire_refused(x, line, &fault, &err);
    return false;
}

void httpd_event_post(httpd_exchange *x)
{
    const httpd *server = x->worker->server;
    const int64_t now_ms = server->host.now_ms(server->host.user);
    const att_policy policy = att_engine_policy(x->engine);
    const att_text json = {x->body.data ? x->body.data : "", x->body.size};
    if (read_event(x, json, &x->event, now_ms, &policy, 0))
        httpd_queue(x, HTTPD_WAIT_EVENT);
}

bool httpd_next_line(att_text *rest, att_text *line, size_t *number)
{
    while (rest->size) {
        const char *end = memchr(rest->data, '\n', rest->size);
        const size_t size = end ? (size_t)(end - rest->data) : rest->size;
        *line = (att_text){rest->data, size};
        rest->data += size + (end != NULL);
        rest->size -= size + (end != NULL);
        ++*number;
        for (size_t i = 0; i < size; i++)
            if (line->data[i] != ' ' && line->data[i] != '\t' && line->data[i] != '\r')
                return true;
    }
    return false;
}

static size_t count_lines(att_text rest)
{
    size_t count = 0, number = 0;
    for (att_text line; httpd_next_line(&rest, &line, &number);)
        count++;
    return count;
}

void *httpd_need_batch(httpd_exchange *x, size_t item_size, size_t *count)
{
    const size_t limit = x->worker->server->options.batch_max;
    *count = count_lines((att_text){x->body.data, x->body.size});
    if (*count == 0)
        return httpd_problem(x, 400, NULL, "the body has no lines, expected 1 to %zu", limit), NULL;
    if (*count > limit)
        return httpd_problem(x, 413, NULL, "the body has %zu lines, expected at most %zu", *count, limit), NULL;
    void *memory = calloc(*count, item_size);
    if (!memory)
        httpd_problem(x, 503, NULL, "memory ran out for %zu lines", *count);
    return memory;
}

static void answer_batch(httpd_exchange *x, uint64_t added, uint64_t duplicates)
{
    out_open(&x->answer, '{');
    out_key_whole(&x->answer, "added", added);
    out_key_whole(&x->answer, "duplicates", duplicates);
    out_close(&x->answer, '}');
}

void httpd_events_batch(httpd_exchange *x)
{
    size_t count, number = 0, at = 0;
    att_event *events = httpd_need_batch(x, sizeof *events, &count);
    if (!events)
        return;
    const httpd *server = x->worker->server;
    const int64_t now_ms = server->host.now_ms(server->host.user);
    const att_policy policy = att_engine_policy(x->engine);
    att_text rest = {x->body.data, x->body.size}, line;
    while (at < count && httpd_next_line(&rest, &line, &number))
        if (!read_event(x, line, &events[at++], now_ms, &policy, number)) {
            free(events);
            return;
        }
    att_ingest_result result;
    att_error err = {0};
    const att_status status = att_engine_events(x->engine, events, count, &result, &err);
    free(events);
    if (status) {
        httpd_failed(x, status, &err);
        return;
    }
    HTTPD_COUNT(x, events, result.added);
    HTTPD_COUNT(x, duplicates, result.duplicates);
    answer_batch(x, result.added, result.duplicates);
}

// --- Decisions --------------------------------------------------------------------------------------------------

bool httpd_need_slate_memory(httpd_exchange *x)
{
    att_error err = {0};
    if (!x->slate_memory && att_slate_memory_create(&x->slate_memory, &x->worker->server->host, &err))
        return httpd_failed(x, ATT_NO_MEMORY, &err), false;
    return true;
}

void httpd_read_context(const json_t *body, att_context *context)
{
    const json_t *object = json_object_get(body, "context");
    *context = att_context_unknown();
    if (!json_is_object(object))
        return;
    // Checked by the shape: each is one of the names.
    if (shape_text(object, "device").size)
        (void)att_device_parse(shape_text(object, "device"), &context->device);
    if (shape_text(object, "place").size)
        (void)att_place_parse(shape_text(object, "place"), &context->place);
    if (shape_text(object, "activity").size)
        (void)att_activity_parse(shape_text(object, "activity"), &context->activity);
    if (shape_text(object, "noise").size)
        (void)att_noise_parse(shape_text(object, "noise"), &context->noise);
    context->utc_offset_min = (int16_t)shape_whole(object, "utc_offset_min", ATT_OFFSET_UNKNOWN);
}

static bool read_request(httpd_exchange *x, att_request *request)
{
    const json_t *body = x->json;
    *request = att_request_default();
    request->user = shape_text(body, "user");
    request->count = (uint32_t)shape_whole(body, "count", 10);
    request->medium = shape_text(body, "medium");
    request->made = shape_bool(body, "made", false);
    request->age = (int)shape_whole(body, "age", -1);
    request->seed = (uint64_t)shape_whole(body, "seed", 0);
    request->explain = shape_bool(body, "explain", true);
    request->dry = shape_bool(body, "dry", false);
    httpd_read_context(body, &request->context);
    if (shape_text(body, "use").size)
        (void)att_use_parse(shape_text(body, "use"), &request->use);
    if (!att_territory_parse(shape_text(body, "territory"), &request->territory))
        return httpd_problem(x, 400, "territory", "territory: expected two capital letters such as DE"), false;
    if (!shape_time(body, "at", &request->at_ms))
        return httpd_problem(x, 400, "at", "at: expected a time"), false;
    return true;
}

void httpd_decision_post(httpd_exchange *x)
{
    if (read_request(x, &x->request))
        httpd_queue(x, HTTPD_WAIT_DECISION);
}

static void write_reasons(httpd_out *o, const att_reason *reasons, size_t count)
{
    out_key(o, "reasons");
    out_open(o, '[');
    for (size_t r = 0; r < count; r++) {
        out_item(o);
        out_open(o, '{');
        out_key_text(o, "item", reasons[r].item);
        out_key_text(o, "title", reasons[r].title);
        out_key_string(o, "signal", att_signal_name(reasons[r].signal));
        out_key_time(o, "at", reasons[r].at_ms);
        out_key_number(o, "effect", reasons[r].effect);
        out_close(o, '}');
    }
    out_close(o, ']');
}

static void write_shown(httpd_out *o, const att_shown *shown, const att_reason *reasons, size_t reason_count)
{
    out_open(o, '{');
    out_key_text(o, "item", shown->item);
    out_key_text(o, "title", shown->title);
    out_key_text(o, "medium", shown->medium);
    out_key_text_or_null(o, "made", shown->made);
    out_key_string(o, "slot", att_slot_kind_name(shown->kind));
    out_key_number(o, "score", shown->score);
    out_key_number(o, "propensity", shown->propensity);
    out_key(o, "terms");
    out_open(o, '{');
    for (int t = 0; t < ATT_TERM_COUNT; t++)
        if (shown->terms[t] != 0)
            out_key_number(o, att_term_name((att_term)t), shown->terms[t]);
    out_close(o, '}');
    write_reasons(o, reasons, reason_count);
    out_close(o, '}');
}

void httpd_write_slate(httpd_out *o, const att_slate *slate)
{
    out_open(o, '{');
    out_key_id(o, "decision", slate->decision);
    out_key_time(o, "at", slate->at_ms);
    out_key_whole(o, "model", slate->model);
    out_key_whole(o, "eligible", slate->eligible);
    out_key_whole(o, "candidates", slate->candidates);
    out_key_whole(o, "explored", slate->explored);
    out_key(o, "shown");
    out_open(o, '[');
    for (size_t i = 0; i < slate->count; i++) {
        out_item(o);
        write_shown(o, &slate->shown[i], slate->shown[i].reasons, slate->shown[i].reason_count);
    }
    out_close(o, ']');
    out_close(o, '}');
}

static void key_number_or_null(httpd_out *o, const char *key, double value, bool known)
{
    if (known)
        out_key_number(o, key, value);
    else
        out_key_text_or_null(o, key, (att_text){0});
}

// Wishes count in a slate of one medium alone.
static void write_wishes(httpd_out *o, att_engine *engine, const att_request *request, att_text item)
{
    att_wish_met met[ATT_WISHES_MET_MAX];
    size_t count = 0;
    if (request->medium.size && att_engine_wishes_see(engine, &request->context, item, met, ATT_WISHES_MET_MAX, &count, NULL))
        count = 0; // deleted meanwhile
    out_key(o, "wishes");
    out_open(o, '[');
    for (size_t i = 0; i < count; i++) {
        const att_wish *wish = &met[i].wish;
        out_item(o);
        out_open(o, '{');
        out_key_string(o, "situation", att_facet_class_name((att_facet)wish->facet, wish->which));
        out_key_string(o, "feature", wish->feature);
        key_number_or_null(o, "least", wish->least, isfinite(wish->least));
        key_number_or_null(o, "most", wish->most, isfinite(wish->most));
        out_key_number(o, "tolerance", wish->tolerance);
        out_key_number(o, "weight", wish->weight);
        key_number_or_null(o, "value", met[i].value, met[i].is_known);
        key_number_or_null(o, "fit", met[i].fit, met[i].is_known);
        out_close(o, '}');
    }
    out_close(o, ']');
}

void httpd_explain(httpd_exchange *x)
{
    att_request request;
    att_explanation e;
    att_error err = {0};
    if (!read_request(x, &request) || !httpd_need_slate_memory(x))
        return;
    const att_status status =
        att_engine_explain(x->engine, &request, shape_text(x->json, "item"), x->slate_memory, &e, &err);
    if (status) {
        httpd_failed(x, status, &err);
        return;
    }
    httpd_out *o = &x->answer;
    out_open(o, '{');
    out_key(o, "shown");
    write_shown(o, &e.shown, e.reasons, e.reason_count);
    out_key_bool(o, "eligible", e.eligible);
    out_key_text_or_null(o, "barred_by", e.eligible ? (att_text){0} : att_text_of(e.barred_by));
    out_key_number(o, "score_without_reasons", e.score_without_reasons);
    write_wishes(o, x->engine, &request, e.shown.item);
    out_close(o, '}');
}

// --- Items in batches -------------------------------------------------------------------------------------------

void httpd_items_batch(httpd_exchange *x)
{
    size_t count, number = 0, at = 0;
    att_item *items = httpd_need_batch(x, sizeof *items, &count);
    if (!items)
        return;
    att_error err = {0};
    att_status status = ATT_OK;
    att_text rest = {x->body.data, x->body.size}, line;
    while (at < count && !status && httpd_next_line(&rest, &line, &number)) {
        att_wire_fault fault = {0};
        status = att_wire_read_item(x->memory, line, (att_text){0}, &items[at], &fault, &err);
        if (!status)
            status = att_item_check(&items[at++], &err);
        if (status == ATT_INVALID || status == ATT_LIMIT)
            httpd_wire_refused(x, number, &fault, &err);
        else if (status)
            httpd_failed(x, status, &err);
    }
    if (!status) {
        status = att_engine_items_put(x->engine, items, count, &err);
        if (status)
            httpd_failed(x, status, &err);
        else
            answer_batch(x, count, 0);
    }
    free(items);
}
