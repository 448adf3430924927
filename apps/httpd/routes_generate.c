// SPDX-License-Identifier: Apache-2.0
// httpd/routes_generate.c - making: a brief becomes a job; briefs, candidates, their bytes, and what it cost.
#include "jobs.h"
#include "routes.h"

#include <math.h>
#include <string.h>

// --- The job ----------------------------------------------------------------------------------------------------

typedef struct brief_asked {
    att_brief brief;
    att_need needs[ATT_BRIEF_NEEDS_MAX];
    att_feature taste[ATT_BRIEF_TASTE_MAX];
} brief_asked;

static void take_brief(const json_t *o, brief_asked *out)
{
    const json_t *list = json_object_get(o, "needs"), *need;
    json_t *taste = json_object_get(o, "taste"), *value;
    const char *name;
    size_t i;
    *out = (brief_asked){.brief = att_brief_default()};
    att_brief *b = &out->brief;
    b->medium = shape_text(o, "medium");
    b->kind = shape_text(o, "kind");
    b->prompt = shape_text(o, "prompt");
    b->person = shape_text(o, "person");
    b->seed = (uint64_t)shape_whole(o, "seed", 1);
    (void)att_latency_parse(shape_text(o, "latency"), &b->latency); // the shape has looked
    httpd_read_context(o, &b->context);
    b->needs = out->needs;
    b->taste = out->taste;
    json_array_foreach(list, i, need)
    {
        const double least = shape_number(need, "least", 0);
        if (b->need_count < ATT_BRIEF_NEEDS_MAX)
            out->needs[b->need_count++] = (att_need){shape_text(need, "name"), least, shape_number(need, "most", least)};
    }
    json_object_foreach(taste, name, value)
        if (b->taste_count < ATT_BRIEF_TASTE_MAX)
            out->taste[b->taste_count++] = (att_feature){att_text_of(name), json_number_value(value)};
}

// The taste of the person, where the brief has none.
static att_status take_taste(att_engine *engine, const att_host *host, brief_asked *asked, att_slate_memory **memory, att_error *err)
{
    att_request request = att_request_default();
    request.user = asked->brief.person;
    request.context = asked->brief.context;
    request.count = 1;
    const att_status status = att_slate_memory_create(memory, host, err);
    return status ? status
                  : att_engine_taste_features(engine, &request, *memory, asked->taste, ATT_BRIEF_TASTE_MAX, &asked->brief.taste_count, err);
}

static void write_generated(httpd_out *o, const att_generated *g)
{
    out_open(o, '{');
    out_key_string(o, "brief", g->brief);
    out_key_whole(o, "made", g->made);
    out_key_whole(o, "candidates", g->candidates);
    out_key_whole(o, "allowed", g->allowed);
    out_key_whole(o, "held", g->held);
    out_key_whole(o, "denied", g->denied);
    out_key_number(o, "seconds", g->seconds);
    out_key_number(o, "cpu_s", g->cpu_s);
    out_key_number(o, "gpu_s", g->gpu_s);
    out_close(o, '}');
}

att_status httpd_generate_work(att_engine *engine, const att_host *host, const json_t *request, httpd_out *result, att_error *err)
{
    const json_t *o = json_object_get(request, "generate");
    brief_asked asked;
    att_slate_memory *memory = NULL;
    att_generated out;
    const att_generate_options options = {.candidates = (uint32_t)shape_whole(o, "candidates", 0)};
    take_brief(o, &asked);
    att_status status = ATT_OK;
    if (asked.brief.person.size && !asked.brief.taste_count)
        status = take_taste(engine, host, &asked, &memory, err);
    if (!status)
        status = att_engine_generate(engine, &asked.brief, &options, &out, err);
    att_slate_memory_destroy(memory);
    if (!status)
        write_generated(result, &out);
    return status;
}

// --- Briefs and candidates ----------------------------------------------------------------------------------------

static void write_brief(httpd_out *o, const att_brief_about *b)
{
    out_key_string(o, "id", b->id);
    out_key_text_or_null(o, "form", b->form);
    out_key_text_or_null(o, "medium", b->medium);
    out_key_text_or_null(o, "kind", b->kind);
    out_key_string(o, "state", att_brief_state_name(b->state));
    out_key_whole(o, "asked", b->asked);
    out_key_whole(o, "count", b->candidates);
    out_key_whole(o, "allowed", b->allowed);
    out_key_whole(o, "held", b->held);
    out_key_whole(o, "denied", b->denied);
    out_key_time(o, "last_asked_at", b->last_ms);
}

typedef struct brief_page {
    httpd_out *o;
    httpd_page rows;
} brief_page;

static bool write_row(void *user, const att_brief_about *b)
{
    brief_page *page = user;
    if (!httpd_page_takes(&page->rows))
        return !page->rows.more;
    out_item(page->o);
    out_open(page->o, '{');
    write_brief(page->o, b);
    out_close(page->o, '}');
    return !page->o->failed;
}

void httpd_generations_get(httpd_exchange *x)
{
    brief_page page = {.o = &x->answer, .rows = httpd_page_of(x)};
    att_error err = {0};
    out_open(page.o, '{');
    out_key(page.o, "briefs");
    out_open(page.o, '[');
    const att_status status = att_engine_briefs_each(x->engine, write_row, &page, &err);
    if (status) {
        httpd_failed(x, status, &err);
        return;
    }
    out_close(page.o, ']');
    out_key_bool(page.o, "more", page.rows.more);
    out_close(page.o, '}');
}

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

// Of several readings of a measure, the first is told.
static bool is_another_reading(const att_candidate_about *a, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (att_text_equal(a->measures[i].name, a->measures[at].name))
            return true;
    return false;
}

static void write_candidate_fields(httpd_out *o, const att_candidate_about *a)
{
    out_key_text(o, "item", a->item);
    out_key_whole(o, "index", a->index);
    out_key_string(o, "verdict", att_made_verdict_name(a->verdict));
    out_key_bool(o, "shown", a->shown);
    out_key_text(o, "title", a->title);
    out_key_text(o, "media_type", a->media_type);
    out_key_text(o, "maker", a->maker);
    out_key_string(o, "asset", a->asset);
    out_key_bool(o, "has_plan", a->made_detail[0]);
    out_key_bool(o, "has_analysis", a->analysis[0]);
    out_key_whole(o, "size", a->size);
    out_key_number(o, "cpu_s", a->cpu_s);
    out_key_number(o, "gpu_s", a->gpu_s);
    out_key_number(o, "wall_s", a->wall_s);
    out_key_time(o, "made_at", a->at_ms);
    write_texts(o, "reasons", a->reasons, a->reason_count);
    write_texts(o, "sources", a->sources, a->source_count);
    out_key(o, "measures");
    out_open(o, '{');
    for (size_t i = 0; i < a->measure_count; i++) {
        char name[ATT_TAG_SIZE_MAX + 1];
        if (is_another_reading(a, i))
            continue;
        snprintf(name, sizeof name, "%.*s", (int)a->measures[i].name.size, a->measures[i].name.data);
        out_key_number(o, name, a->measures[i].value);
    }
    out_close(o, '}');
}

static bool write_whole(void *user, const att_brief_about *b)
{
    httpd_out *o = user;
    out_open(o, '{');
    write_brief(o, b);
    out_key(o, "candidates");
    out_open(o, '[');
    return true;
}

static bool write_candidate(void *user, const att_candidate_about *a)
{
    httpd_out *o = user;
    out_item(o);
    out_open(o, '{');
    write_candidate_fields(o, a);
    out_close(o, '}');
    return !o->failed;
}

void httpd_generation_get(httpd_exchange *x)
{
    att_error err = {0};
    const att_status status =
        att_engine_brief_see(x->engine, att_text_of(x->params[0]), write_whole, write_candidate, &x->answer, &err);
    if (status) {
        httpd_failed(x, status == ATT_INVALID ? ATT_NOT_FOUND : status, &err);
        return;
    }
    out_close(&x->answer, ']');
    out_close(&x->answer, '}');
}

// --- Of one item --------------------------------------------------------------------------------------------------

static bool write_alone(void *user, const att_candidate_about *a)
{
    httpd_out *o = user;
    out_open(o, '{');
    write_candidate_fields(o, a);
    out_close(o, '}');
    return false;
}

void httpd_item_making(httpd_exchange *x)
{
    att_error err = {0};
    const att_status status = att_engine_candidate_see(x->engine, att_text_of(x->params[0]), write_alone, &x->answer, &err);
    if (status)
        httpd_failed(x, status, &err);
}

typedef struct sought {
    char asset[65], plan[65], analysis[65], media_type[64];
} sought;

static bool note_hashes(void *user, const att_candidate_about *a)
{
    sought *s = user;
    memcpy(s->asset, a->asset, sizeof s->asset);
    memcpy(s->plan, a->made_detail, sizeof s->plan);
    memcpy(s->analysis, a->analysis, sizeof s->analysis);
    snprintf(s->media_type, sizeof s->media_type, "%.*s", (int)a->media_type.size, a->media_type.data);
    return false;
}

static void put_bytes(void *user, const void *data, size_t size)
{
    out_raw(user, data, size);
}

// Types that a browser may be told: no page, no script.
static const char *safe_type(const char *type)
{
    static const char *const known[] = {"audio/wav", "audio/flac", "audio/ogg", "audio/mpeg", "image/png", "image/jpeg", "video/mp4", "video/webm"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i], type) == 0)
            return known[i];
    return "application/octet-stream";
}

static bool seek(httpd_exchange *x, sought *out)
{
    att_error err = {0};
    const att_status status = att_engine_candidate_see(x->engine, att_text_of(x->params[0]), note_hashes, out, &err);
    if (status)
        httpd_failed(x, status, &err);
    return !status;
}

static void answer_asset(httpd_exchange *x, const char *hash, const char *what)
{
    att_error err = {0};
    if (!hash[0]) {
        httpd_problem(x, 404, "item", "item \"%.100s\" has no %s", x->params[0], what);
        return;
    }
    const att_status status = att_engine_asset_see(x->engine, att_text_of(hash), put_bytes, &x->answer, &err);
    if (status)
        httpd_failed(x, status, &err);
}

void httpd_item_asset(httpd_exchange *x)
{
    sought s = {0};
    if (!seek(x, &s))
        return;
    answer_asset(x, s.asset, "asset");
    if (x->status < 300)
        x->type = safe_type(s.media_type);
}

void httpd_item_plan(httpd_exchange *x)
{
    sought s = {0};
    if (seek(x, &s))
        answer_asset(x, s.plan, "plan");
}

void httpd_item_analysis(httpd_exchange *x)
{
    sought s = {0};
    if (seek(x, &s))
        answer_asset(x, s.analysis, "analysis");
}

// --- Cost ---------------------------------------------------------------------------------------------------------

static void write_class(httpd_out *o, const att_made_class *c, bool planned)
{
    out_open(o, '{');
    out_key_string(o, "medium", c->medium);
    out_key_string(o, "kind", c->kind);
    out_key_whole(o, "briefs", c->briefs);
    out_key_whole(o, "asked", c->asked);
    out_key_whole(o, "candidates", c->candidates);
    out_key_whole(o, "allowed", c->allowed);
    out_key_whole(o, "held", c->held);
    out_key_whole(o, "denied", c->denied);
    out_key_whole(o, "looks", c->looks);
    out_key_number(o, "cpu_s", c->cpu_s);
    out_key_number(o, "gpu_s", c->gpu_s);
    out_key_number(o, "making", c->making);
    out_key_number(o, "looking", c->looking);
    out_key_number(o, "keeping", c->keeping);
    out_key_number(o, "sending", c->sending);
    out_key_number(o, "cost", c->cost);
    out_key_whole(o, "impressions", c->impressions);
    out_key_whole(o, "successes", c->successes);
    out_key_number(o, "cost_per_success", c->cost_per_success);
    out_key_number(o, "expected", c->expected);
    out_key_number(o, "lift", c->lift);
    out_key_number(o, "lift_low", c->lift_low);
    out_key_number(o, "lift_high", c->lift_high);
    out_key_number(o, "lift_per_cost", c->lift_per_cost);
    out_key_text_or_null(o, "make", planned ? att_text_of(c->plan.ahead ? "ahead" : "real-time") : (att_text){0});
    out_key_text_or_null(o, "why", att_text_of(c->plan.why));
    out_close(o, '}');
}

void httpd_making_report(httpd_exchange *x)
{
    att_made_report report;
    att_error err = {0};
    httpd_out *o = &x->answer;
    const att_status status = att_engine_made_report(x->engine, &report, &err);
    if (status) {
        httpd_failed(x, status, &err);
        return;
    }
    out_open(o, '{');
    out_key_time(o, "from", report.from_ms);
    out_key_time(o, "until", report.until_ms);
    out_key_whole(o, "catalogue_impressions", report.catalogue_impressions);
    out_key_whole(o, "catalogue_successes", report.catalogue_successes);
    out_key(o, "all");
    write_class(o, &report.all, false);
    out_key(o, "classes");
    out_open(o, '[');
    for (size_t i = 0; i < report.count; i++) {
        out_item(o);
        write_class(o, &report.classes[i], true);
    }
    out_close(o, ']');
    out_close(o, '}');
}
