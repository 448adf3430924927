// SPDX-License-Identifier: Apache-2.0
// httpd/routes_queue.c - the queue: what waits for people, one case whole, and what is done about it.
#include "routes.h"

#include <math.h>
#include <string.h>

static void write_summary(httpd_out *o, const att_case *c)
{
    out_key_text(o, "id", c->id);
    out_key_text_or_null(o, "item", c->item);
    out_key_text_or_null(o, "title", c->title);
    out_key_text_or_null(o, "text", c->text);
    out_key_text_or_null(o, "author", c->author);
    out_key_string(o, "verdict", att_case_verdict_name(c->verdict));
    out_key_bool(o, "waiting", c->waiting);
    out_key_bool(o, "barred", c->barred);
    out_key_bool(o, "automatic", c->automatic);
    out_key_bool(o, "appealed", c->appealed);
    out_key_bool(o, "taken_down", c->taken_down);
    out_key_whole(o, "reports", c->reports);
    out_key_whole(o, "reporters", c->reporters);
    out_key_time(o, "opened_at", c->opened_ms);
    out_key_time(o, "changed_at", c->changed_ms);
}

static void write_event(httpd_out *o, const att_case_event *e)
{
    out_item(o);
    out_open(o, '{');
    out_key_time(o, "at", e->at_ms);
    out_key_string(o, "act", att_case_act_name(e->act));
    out_key_text(o, "by", e->by);
    out_key_bool(o, "by_person", e->by_person);
    out_key_text(o, "reason", e->reason);
    out_key_text(o, "matched", e->matched);
    out_key_number(o, "score", e->score);
    out_close(o, '}');
}

httpd_page httpd_page_of(const httpd_exchange *x)
{
    return (httpd_page){(size_t)shape_whole(x->query, "offset", 0), (size_t)shape_whole(x->query, "limit", 50), false};
}

bool httpd_page_takes(httpd_page *page)
{
    if (page->skip) {
        page->skip--;
        return false;
    }
    page->more = !page->left;
    page->left -= page->left > 0;
    return !page->more;
}

typedef struct case_page {
    httpd_out *o;
    httpd_page rows;
} case_page;

static bool write_row(void *user, const att_case *c)
{
    case_page *page = user;
    if (!httpd_page_takes(&page->rows))
        return !page->rows.more;
    out_item(page->o);
    out_open(page->o, '{');
    write_summary(page->o, c);
    out_close(page->o, '}');
    return !page->o->failed;
}

void httpd_queue_get(httpd_exchange *x)
{
    const json_t *query = x->query;
    case_page page = {.o = &x->answer, .rows = httpd_page_of(x)};
    att_case_filter filter = att_case_filter_default();
    att_case_verdict verdict;
    att_error err = {0};
    size_t total = 0;
    filter.waiting = shape_bool(query, "waiting", false);
    filter.barred = shape_bool(query, "barred", false);
    filter.appealed = shape_bool(query, "appealed", false);
    if (att_case_verdict_parse(shape_text(query, "verdict"), &verdict))
        filter.verdict = (int)verdict;
    for (unsigned s = 0; httpd_subject_name(s); s++)
        if (att_text_equal(shape_text(query, "subject"), att_text_of(httpd_subject_name(s))))
            filter.subject = (att_case_subject)s;
    out_open(page.o, '{');
    out_key(page.o, "cases");
    out_open(page.o, '[');
    const att_status status = att_engine_cases_each(x->engine, &filter, write_row, &page, &total, &err);
    if (status) {
        httpd_failed(x, status, &err);
        return;
    }
    out_close(page.o, ']');
    out_key_whole(page.o, "total", total);
    out_key_bool(page.o, "more", page.rows.more);
    out_close(page.o, '}');
}

static bool write_case(void *user, const att_case *c)
{
    httpd_out *o = user;
    out_open(o, '{');
    write_summary(o, c);
    out_key(o, "history");
    out_open(o, '[');
    for (size_t i = 0; i < c->history_count; i++)
        write_event(o, &c->history[i]);
    out_close(o, ']');
    out_close(o, '}');
    return false;
}

// The case as it is now, after what was done to it.
static void answer_case(httpd_exchange *x, att_status status, att_error *err)
{
    if (!status)
        status = att_engine_case_see(x->engine, att_text_of(x->params[0]), write_case, &x->answer, err);
    if (status)
        httpd_refused(x, status, 422, err);
}

void httpd_case_get(httpd_exchange *x)
{
    att_error err = {0};
    answer_case(x, ATT_OK, &err);
}

void httpd_case_decide(httpd_exchange *x)
{
    att_case_decision acts[ATT_CASE_ACTS_MAX];
    const json_t *list = json_object_get(x->json, "acts");
    att_error err = {0};
    size_t i, count = 0;
    json_t *act;
    json_array_foreach(list, i, act) { // the shape has looked: as many as there may be, and each a known one
        if (count < ATT_CASE_ACTS_MAX && att_case_act_parse(shape_text(act, "act"), &acts[count].act))
            acts[count++].reason = shape_text(act, "reason");
    }
    answer_case(x, att_engine_case_decide(x->engine, att_text_of(x->params[0]), httpd_by_of(x), acts, count, &err), &err);
}

// Answers with the id alone: a key that may appeal need not be one that may read who complained.
void httpd_case_appeal(httpd_exchange *x)
{
    att_error err = {0};
    const att_text user = shape_text(x->json, "user");
    const att_status status = att_engine_case_appeal(
        x->engine, att_text_of(x->params[0]), user, user.size ? (att_text){0} : httpd_by_of(x), shape_text(x->json, "reason"), &err);
    if (status == ATT_INVALID) { // nothing is barred by it
        httpd_problem(x, 409, NULL, "%s", err.text);
        return;
    }
    if (status) {
        httpd_failed(x, status, &err);
        return;
    }
    out_open(&x->answer, '{');
    out_key_string(&x->answer, "case", x->params[0]);
    out_close(&x->answer, '}');
}

void httpd_case_report(httpd_exchange *x)
{
    char id[ATT_CASE_ID_SIZE] = "";
    bool added = false;
    att_error err = {0};
    const att_status status = att_engine_report(
        x->engine, shape_text(x->json, "user"), shape_text(x->json, "item"), shape_text(x->json, "reason"), id, &added, &err);
    if (status) {
        httpd_refused(x, status, 422, &err);
        return;
    }
    out_open(&x->answer, '{');
    out_key_string(&x->answer, "case", id);
    out_key_bool(&x->answer, "added", added);
    out_close(&x->answer, '}');
}

void httpd_case_hold(httpd_exchange *x)
{
    char id[ATT_CASE_ID_SIZE] = "";
    att_error err = {0};
    const att_case_hold hold = {.item = shape_text(x->json, "item"),
        .text = shape_text(x->json, "text"),
        .author = shape_text(x->json, "author"),
        .by = httpd_by_of(x),
        .reason = shape_text(x->json, "reason"),
        .matched = shape_text(x->json, "matched"),
        .score = shape_number(x->json, "score", NAN)};
    const att_status status = att_engine_hold(x->engine, &hold, id, &err);
    if (status) {
        httpd_refused(x, status, 422, &err);
        return;
    }
    out_open(&x->answer, '{');
    out_key_string(&x->answer, "case", id);
    out_close(&x->answer, '}');
}
