// SPDX-License-Identifier: Apache-2.0
// httpd/routes_care.c - people, items, the policy, and how the service does.
#include "routes.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- The service ------------------------------------------------------------------------------------------------

void httpd_health(httpd_exchange *x)
{
    out_open(&x->answer, '{');
    out_key_string(&x->answer, "status", "ok");
    out_key_string(&x->answer, "version", att_version());
    out_close(&x->answer, '}');
}

void httpd_ready(httpd_exchange *x)
{
    const httpd *server = x->worker->server;
    if (!__atomic_load_n(&server->ready, __ATOMIC_ACQUIRE)) {
        x->retry_after_s = 1;
        uint64_t share = 0;
        for (unsigned t = 0; t < server->tenant_count; t++)
            share += __atomic_load_n(&server->tenants[t].served, __ATOMIC_ACQUIRE)
                         ? 1000
                         : __atomic_load_n(&server->tenants[t].read_share, __ATOMIC_RELAXED);
        httpd_problem(x, 503, NULL, "the service is starting or stopping: %llu %% of the stores are read",
            (unsigned long long)(share / 10 / server->tenant_count));
        return;
    }
    out_open(&x->answer, '{');
    out_key_bool(&x->answer, "ready", true);
    out_key_whole(&x->answer, "ready_ms", (uint64_t)server->ready_ms);
    out_close(&x->answer, '}');
}

void httpd_document(httpd_exchange *x)
{
    out_raw(&x->answer, x->worker->server->openapi, x->worker->server->openapi_size);
}

// Answers whose time was taken: all but those that go on (stream.c).
static uint64_t timed(const httpd_counts *counts)
{
    uint64_t sum = 0;
    for (int i = 0; i < 32; i++)
        sum += counts->buckets[i];
    return sum;
}

static uint64_t quantile_us(const httpd_counts *counts, double share)
{
    const uint64_t total = timed(counts);
    uint64_t below = 0;
    for (int i = 0; i < 32; i++) {
        below += counts->buckets[i];
        if (total && (double)below >= share * (double)total)
            return UINT64_C(1) << i;
    }
    return 0;
}

static uint64_t answered(const httpd_counts *counts)
{
    uint64_t sum = 0;
    for (int i = 0; i < 6; i++)
        sum += counts->requests[i];
    return sum;
}

// One row a tenant, or one without a label.
static void put_row(httpd_out *o, const char *name, const char *labels, const char *tenant, uint64_t value)
{
    out_printf(o, "attune_%s", name);
    if (labels[0] || tenant[0])
        out_printf(o, "{%s%s%s%s%s}", labels, labels[0] && tenant[0] ? "," : "", tenant[0] ? "tenant=\"" : "", tenant, tenant[0] ? "\"" : "");
    out_printf(o, " %llu\n", (unsigned long long)value);
}

static void put_head(httpd_out *o, const char *name, const char *type, const char *help)
{
    out_printf(o, "# HELP attune_%s %s\n# TYPE attune_%s %s\n", name, help, name, type);
}

static void put_latency(httpd_out *o, const char *tenant, const httpd_counts *counts)
{
    char label[40];
    uint64_t below = 0;
    for (int i = 4; i < 24; i++) {
        for (int k = i == 4 ? 0 : i; k <= i; k++)
            below += counts->buckets[k];
        snprintf(label, sizeof label, "le=\"%g\"", (double)(UINT64_C(1) << i) / 1e6);
        put_row(o, "request_seconds_bucket", label, tenant, below);
    }
    put_row(o, "request_seconds_bucket", "le=\"+Inf\"", tenant, timed(counts));
    out_printf(o, "attune_request_seconds_sum{tenant=\"%s\"} %g\n", tenant, (double)counts->latency_sum_us / 1e6);
    put_row(o, "request_seconds_count", "", tenant, timed(counts));
}

// What one tenant may be told of, or all of them.
typedef struct metered {
    const char *name;
    httpd_counts counts;
    att_engine_info info;
} metered;

static const struct {
    const char *name, *type, *help;
    size_t at; // in `metered`
} meters[] = {{"decisions_total", "counter", "Slates made by this process.", offsetof(metered, counts.decisions)},
    {"events_added_total", "counter", "Events that were new.", offsetof(metered, counts.events)},
    {"events_duplicate_total", "counter", "Events whose id was known.", offsetof(metered, counts.duplicates)},
    {"requests_denied_total", "counter", "Requests without a valid key or scope.", offsetof(metered, counts.denied)},
    {"requests_limited_total", "counter", "Requests above their key's or tenant's rate.", offsetof(metered, counts.limited)},
    {"store_events", "gauge", "Events in the store.", offsetof(metered, info.events)},
    {"store_records_since_checkpoint", "gauge", "Records that a start after a kill would fold again.", offsetof(metered, info.since_checkpoint)},
    {"store_items", "gauge", "Items in the catalogue.", offsetof(metered, info.items)},
    {"store_people", "gauge", "People in the store.", offsetof(metered, info.users)},
    {"store_impressions", "gauge", "Decided slots.", offsetof(metered, info.impressions)},
    {"store_impressions_explored", "gauge", "Decided slots spent on exploration.", offsetof(metered, info.explored_impressions)},
    {"memory_people_bytes", "gauge", "Memory that people's states take, with the ids of their events.", offsetof(metered, info.users_bytes)},
    {"memory_event_ids_bytes", "gauge", "Of it, what knows the ids of events, each of which counts once.", offsetof(metered, info.event_ids_bytes)},
    {"memory_items_bytes", "gauge", "Memory that the catalogue takes.", offsetof(metered, info.items_bytes)},
    {"memory_index_bytes", "gauge", "Memory that the index takes, mapped from its file as it may be, with the lists of what is near people.", offsetof(metered, info.index_bytes)},
    {"model_version", "gauge", "Model in use.", offsetof(metered, info.model)}};

static void put_metrics(httpd_out *o, const metered *rows, size_t count)
{
    put_head(o, "requests_total", "counter", "Answers by hundreds of their status.");
    for (size_t r = 0; r < count; r++)
        for (int i = 1; i < 6; i++) {
            char label[40];
            snprintf(label, sizeof label, "status=\"%dxx\"", i);
            put_row(o, "requests_total", label, rows[r].name, rows[r].counts.requests[i]);
        }
    put_head(o, "request_seconds", "histogram", "From the request line to the last byte sent.");
    for (size_t r = 0; r < count; r++)
        put_latency(o, rows[r].name, &rows[r].counts);
    for (size_t i = 0; i < sizeof meters / sizeof meters[0]; i++) {
        put_head(o, meters[i].name, meters[i].type, meters[i].help);
        for (size_t r = 0; r < count; r++)
            put_row(o, meters[i].name, "", rows[r].name, *(const uint64_t *)(const void *)((const char *)&rows[r] + meters[i].at));
    }
}

// On this machine without a key: all tenants, and what belongs to none (""). With a key: its tenant alone.
void httpd_metrics(httpd_exchange *x)
{
    const httpd *server = x->worker->server;
    if (!x->tenant && !x->is_operator) {
        httpd_problem(x, 401, NULL, "figures are shown to keys of a tenant, or on this machine without one");
        return;
    }
    metered *rows = calloc(server->tenant_count + 1, sizeof *rows);
    if (!rows) {
        httpd_problem(x, 503, NULL, "memory ran out");
        return;
    }
    size_t count = 0;
    for (unsigned t = 0; t < server->tenant_count; t++) {
        const httpd_tenant *tenant = &server->tenants[t];
        if (x->tenant && x->tenant != tenant)
            continue;
        rows[count].name = tenant->name;
        httpd_counts_sum(server, t, &rows[count].counts);
        if (__atomic_load_n(&tenant->served, __ATOMIC_ACQUIRE))
            att_engine_info_get(tenant->engine, &rows[count].info);
        count++;
    }
    if (x->is_operator) {
        rows[count].name = "";
        httpd_counts_sum(server, HTTPD_TENANTS_MAX, &rows[count++].counts);
    }
    put_metrics(&x->answer, rows, count);
    if (x->is_operator) {
        put_head(&x->answer, "connections", "gauge", "Open connections.");
        put_row(&x->answer, "connections", "", "", rows[count - 1].counts.connections);
        put_head(&x->answer, "ready_milliseconds", "gauge", "From the start until every store was whole.");
        put_row(&x->answer, "ready_milliseconds", "", "", (uint64_t)server->ready_ms);
    }
    free(rows);
}

void httpd_status(httpd_exchange *x)
{
    const httpd *server = x->worker->server;
    httpd_counts counts;
    att_engine_info info;
    httpd_counts_sum(server, x->tenant->number, &counts);
    att_engine_info_get(x->engine, &info);
    httpd_out *o = &x->answer;
    out_open(o, '{');
    out_key_string(o, "version", att_version());
    out_key_time(o, "started_at", server->started_ms);
    out_key_whole(o, "items", info.items);
    out_key_whole(o, "items_taken_down", info.items_taken_down);
    out_key_whole(o, "users", info.users);
    out_key_whole(o, "events", info.events);
    out_key_whole(o, "bot_events", info.bot_events);
    out_key_whole(o, "decisions", info.decisions);
    out_key_whole(o, "impressions", info.impressions);
    out_key_whole(o, "explored", info.explored_impressions);
    out_key_number(o, "exploration_share", att_engine_policy(x->engine).exploration.share);
    out_key_whole(o, "model", info.model);
    out_key_string(o, "model_kind", info.model_kind);
    out_key_time(o, "first_event_at", info.first_event_ms);
    out_key_time(o, "last_event_at", info.last_event_ms);
    out_key_whole(o, "requests", answered(&counts));
    out_key_whole(o, "p50_us", quantile_us(&counts, 0.5));
    out_key_whole(o, "p99_us", quantile_us(&counts, 0.99));
    out_key_text_or_null(o, "simulated", server->options.demo ? att_text_of(server->options.demo) : (att_text){0});
    out_close(o, '}');
}

// --- People -----------------------------------------------------------------------------------------------------

static void write_texts(httpd_out *o, const char *key, const att_text *texts, size_t count)
{
    out_key(o, key);
    out_open(o, '[');
    for (size_t i = 0; i < count; i++) {
        out_item(o);
        out_text(o, texts[i]);
    }
    out_close(o, ']');
}

static void write_person(httpd_out *o, att_text user, const att_person *p)
{
    out_open(o, '{');
    out_key_text(o, "user", user);
    out_key_whole(o, "events", p->events);
    out_key_whole(o, "sessions", p->sessions);
    out_key_whole(o, "impressions", p->impressions);
    out_key_whole(o, "explored", p->explored);
    out_key_time(o, "first_at", p->first_ms);
    out_key_time(o, "last_at", p->last_ms);
    out_key_number(o, "energy", p->energy);
    out_key_number(o, "novelty", p->novelty);
    out_key_bool(o, "opted_out", p->opted_out);
    out_key_bool(o, "bot", p->bot);
    out_key(o, "tags");
    out_open(o, '[');
    for (size_t i = 0; i < p->tag_count; i++) {
        out_item(o);
        out_open(o, '{');
        out_key_text(o, "tag", p->tags[i].tag);
        out_key_number(o, "share", p->tags[i].share);
        out_key_number(o, "long_term", p->scales[i].long_term);
        out_key_number(o, "recent", p->scales[i].recent);
        out_key_number(o, "session", p->scales[i].session);
        out_close(o, '}');
    }
    out_close(o, ']');
    write_texts(o, "changes", p->change_texts, p->change_count);
    out_key(o, "items");
    out_open(o, '[');
    for (size_t i = 0; i < p->item_count; i++) {
        out_item(o);
        out_open(o, '{');
        out_key_text(o, "item", p->items[i].item);
        out_key_text(o, "title", p->items[i].title);
        out_key_string(o, "signal", att_signal_name(p->items[i].signal));
        out_key_time(o, "at", p->items[i].at_ms);
        out_key_number(o, "grade", p->items[i].grade);
        out_close(o, '}');
    }
    out_close(o, ']');
    write_texts(o, "blocked", p->blocked, p->blocked_count);
    write_texts(o, "less_like", p->less_like, p->less_like_count);
    out_close(o, '}');
}

void httpd_person_get(httpd_exchange *x)
{
    att_person person;
    att_error err = {0};
    if (!httpd_need_slate_memory(x))
        return;
    const att_text user = att_text_of(x->params[0]);
    const att_status status = att_engine_person(x->engine, user, x->slate_memory, &person, &err);
    if (status)
        httpd_failed(x, status, &err);
    else
        write_person(&x->answer, user, &person);
}

// What a control cannot do without: left out it would be 0, and who opts out would be put back in.
static const char *control_lacks(const json_t *body, att_control_kind kind)
{
    const bool takes_item = kind == ATT_CONTROL_LESS_LIKE || kind == ATT_CONTROL_BLOCK || kind == ATT_CONTROL_UNBLOCK;
    if (takes_item && !shape_text(body, "item").size)
        return "item";
    const bool takes_value = kind == ATT_CONTROL_ENERGY || kind == ATT_CONTROL_NOVELTY || kind == ATT_CONTROL_OPT_OUT;
    return takes_value && !json_is_number(json_object_get(body, "value")) ? "value" : NULL;
}

void httpd_person_control(httpd_exchange *x)
{
    att_control control = {.value = shape_number(x->json, "value", 0), .item = shape_text(x->json, "item")};
    att_error err = {0};
    (void)att_control_kind_parse(shape_text(x->json, "control"), &control.kind); // the shape has looked
    const char *lacks = control_lacks(x->json, control.kind);
    if (lacks) {
        httpd_problem(x, 400, lacks, "%s: is missing, expected %s", lacks, lacks[0] == 'i' ? "an item, or tag:NAME to block" : "-1 to 1 of a slider, 1 or 0 of opt-out");
        return;
    }
    const att_status status = att_engine_control(x->engine, att_text_of(x->params[0]), &control, &err);
    if (status) {
        httpd_failed(x, status, &err);
        return;
    }
    out_open(&x->answer, '{');
    out_key_text(&x->answer, "control", shape_text(x->json, "control"));
    out_close(&x->answer, '}');
}

static bool put_line(void *user, att_text line)
{
    httpd_out *o = user;
    out_raw(o, line.data, line.size);
    if (!line.size || line.data[line.size - 1] != '\n')
        out_raw(o, "\n", 1);
    return !o->failed;
}

void httpd_person_export(httpd_exchange *x)
{
    att_error err = {0};
    const att_status status = att_engine_export(x->engine, att_text_of(x->params[0]), put_line, &x->answer, &err);
    if (status)
        httpd_failed(x, status, &err);
}

void httpd_person_forget(httpd_exchange *x)
{
    uint64_t rows = 0;
    att_error err = {0};
    const att_status status = att_engine_forget(x->engine, att_text_of(x->params[0]), &rows, &err);
    if (status) {
        httpd_failed(x, status, &err);
        return;
    }
    out_open(&x->answer, '{');
    out_key_whole(&x->answer, "rows", rows);
    out_close(&x->answer, '}');
}

// --- Items ------------------------------------------------------------------------------------------------------

typedef struct item_page {
    httpd_exchange *x;
    httpd_page rows;
    bool failed;
} item_page;

static bool write_item(void *user, const att_item *item)
{
    item_page *page = user;
    if (!httpd_page_takes(&page->rows))
        return !page->rows.more;
    att_text json;
    att_error err = {0};
    const att_status status = att_wire_write_item(page->x->memory, item, &json, &err);
    if (status) {
        httpd_failed(page->x, status, &err);
        page->failed = true;
        return false;
    }
    out_item(&page->x->answer);
    out_raw(&page->x->answer, json.data, json.size);
    att_wire_memory_reset(page->x->memory);
    return true;
}

void httpd_items_get(httpd_exchange *x)
{
    item_page page = {.x = x, .rows = httpd_page_of(x)};
    att_error err = {0};
    out_open(&x->answer, '{');
    out_key(&x->answer, "items");
    out_open(&x->answer, '[');
    const att_status status = att_engine_items_each(x->engine, shape_text(x->query, "q"), write_item, &page, &err);
    if (status)
        httpd_failed(x, status, &err);
    if (status || page.failed)
        return;
    out_close(&x->answer, ']');
    out_key_bool(&x->answer, "more", page.rows.more);
    out_close(&x->answer, '}');
}

static bool write_one_item(void *user, const att_item *item)
{
    item_page *page = user;
    att_text json;
    att_error err = {0};
    const att_status status = att_wire_write_item(page->x->memory, item, &json, &err);
    if (status)
        httpd_failed(page->x, status, &err);
    else
        out_raw(&page->x->answer, json.data, json.size);
    return false;
}

void httpd_item_get(httpd_exchange *x)
{
    item_page page = {.x = x};
    att_error err = {0};
    const att_status status = att_engine_item_see(x->engine, att_text_of(x->params[0]), write_one_item, &page, &err);
    if (status)
        httpd_failed(x, status, &err);
}

void httpd_item_put(httpd_exchange *x)
{
    att_item item;
    att_wire_fault fault = {0};
    att_error err = {0};
    const att_text json = {x->body.data ? x->body.data : "", x->body.size};
    att_status status = att_wire_read_item(x->memory, json, att_text_of(x->params[0]), &item, &fault, &err);
    if (!status)
        status = att_item_check(&item, &err);
    if (status == ATT_INVALID || status == ATT_LIMIT) {
        httpd_wire_refused(x, 0, &fault, &err);
        return;
    }
    if (!status)
        status = att_engine_items_put(x->engine, &item, 1, &err);
    item_page page = {.x = x};
    if (status)
        httpd_failed(x, status, &err);
    else
        write_one_item(&page, &item);
}

static void answer_gone(httpd_exchange *x, att_status status, const att_error *err)
{
    if (status) {
        httpd_failed(x, status, err);
        return;
    }
    out_open(&x->answer, '{');
    out_key_string(&x->answer, "item", x->params[0]);
    out_close(&x->answer, '}');
}

void httpd_item_takedown(httpd_exchange *x)
{
    att_error err = {0};
    answer_gone(x, att_engine_takedown(x->engine, att_text_of(x->params[0]), shape_text(x->json, "reason"), &err), &err);
}

void httpd_item_delete(httpd_exchange *x)
{
    att_error err = {0};
    answer_gone(x, att_engine_item_delete(x->engine, att_text_of(x->params[0]), shape_text(x->query, "reason"), &err), &err);
}

// --- Policy -----------------------------------------------------------------------------------------------------

void httpd_write_policy(httpd_exchange *x, const att_policy *policy)
{
    const size_t size = att_policy_write(policy, NULL, 0);
    char *text = malloc(size + 1);
    if (!text) {
        httpd_problem(x, 503, NULL, "memory ran out");
        return;
    }
    att_policy_write(policy, text, size + 1);
    out_raw(&x->answer, text, size);
    free(text);
}

void httpd_policy_get(httpd_exchange *x)
{
    const att_policy policy = att_engine_policy(x->engine);
    httpd_write_policy(x, &policy);
}

att_status httpd_parse_policy(httpd_exchange *x, att_policy *policy, att_error *err)
{
    *policy = att_engine_policy(x->engine);
    return att_policy_parse(policy, (att_text){x->body.data ? x->body.data : "", x->body.size}, "policy",
        &x->worker->server->host, err);
}

void httpd_policy_check(httpd_exchange *x)
{
    att_policy policy;
    att_error err = {0};
    const att_status status = httpd_parse_policy(x, &policy, &err);
    out_open(&x->answer, '{');
    out_key_bool(&x->answer, "valid", !status);
    out_key_text_or_null(&x->answer, "fault", status ? att_text_of(err.text) : (att_text){0});
    out_close(&x->answer, '}');
}

void httpd_policy_put(httpd_exchange *x)
{
    att_policy policy;
    att_error err = {0};
    att_status status = httpd_parse_policy(x, &policy, &err);
    if (!status)
        status = att_engine_policy_put(x->engine, &policy, att_text_of(x->by), shape_text(x->query, "reason"), NULL, &err);
    if (status) {
        httpd_refused(x, status, 400, &err);
        return;
    }
    out_open(&x->answer, '{');
    out_key_bool(&x->answer, "active", true);
    out_close(&x->answer, '}');
}
