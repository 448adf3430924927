// SPDX-License-Identifier: Apache-2.0
// httpd/routes_text.c - one text through the store's filter: verdict, scores, what was seen; kept only where it is asked to be held.
#include "routes.h"

#include <math.h>
#include <stdio.h>

typedef struct checking {
    httpd_exchange *x;
    att_text text;
    att_filter_verdict verdict;
    char reason[400], matched[ATT_CASE_MATCHED_SIZE_MAX + 1];
    double score;
} checking;

static att_text piece_of(const checking *c, const att_filter_match *m)
{
    return (att_text){c->text.data + m->begin, m->end - m->begin};
}

static void write_match(checking *c, const att_filter *filter, const att_filter_match *m)
{
    httpd_out *o = &c->x->answer;
    char seen[160];
    out_item(o);
    out_open(o, '{');
    out_key_string(o, "category", att_filter_category(filter, m->category));
    out_key_text(o, "matched", piece_of(c, m));
    out_key_whole(o, "begin", m->begin);
    out_key_whole(o, "end", m->end);
    out_key_number(o, "score", m->score);
    out_key_text_or_null(o, "phrase", m->phrase);
    out_key_string(o, "seen_through", att_seen_through_text(m->seen, seen, sizeof seen));
    out_close(o, '}');
}

static void write_scores(httpd_out *o, const att_filter *filter, const att_filter_result *r)
{
    out_key(o, "scores");
    out_open(o, '{');
    for (size_t i = 0; r->scored && i < att_filter_categories(filter); i++)
        out_key_number(o, att_filter_category(filter, (uint32_t)i), r->scores[i]);
    out_close(o, '}');
}

// What a moderator will be told, should it be held: as long as the filter is there.
static void keep_reason(checking *c, const att_filter *filter, const att_filter_result *r)
{
    const att_filter_match *best = NULL;
    for (size_t i = 0; i < r->match_count; i++)
        if (r->matches[i].category == r->category && (!best || r->matches[i].score > best->score))
            best = &r->matches[i];
    c->score = r->scored ? r->scores[r->category] : best ? best->score : NAN;
    snprintf(c->reason, sizeof c->reason, "%s: %s", att_filter_verdict_name(r->verdict), att_filter_category(filter, r->category));
    att_text matched = best ? piece_of(c, best) : (att_text){"", 0};
    if (matched.size > ATT_CASE_MATCHED_SIZE_MAX) // between characters
        for (matched.size = ATT_CASE_MATCHED_SIZE_MAX; matched.size && ((unsigned char)matched.data[matched.size] & 0xC0) == 0x80;)
            matched.size--;
    snprintf(c->matched, sizeof c->matched, "%.*s", (int)matched.size, matched.data);
}

static void write_result(void *user, const att_filter *filter, const att_filter_result *r)
{
    checking *c = user;
    httpd_out *o = &c->x->answer;
    const bool allowed = r->verdict == ATT_FILTER_ALLOW;
    c->verdict = r->verdict;
    if (!allowed)
        keep_reason(c, filter, r);
    out_open(o, '{');
    out_key_string(o, "verdict", att_filter_verdict_name(r->verdict));
    out_key_text_or_null(o, "category", allowed ? (att_text){0} : att_text_of(att_filter_category(filter, r->category)));
    write_scores(o, filter, r);
    out_key(o, "matches");
    out_open(o, '[');
    for (size_t i = 0; i < r->match_count; i++)
        write_match(c, filter, &r->matches[i]);
    out_close(o, ']');
    out_key_whole(o, "found", r->match_total);
}

void httpd_text_check(httpd_exchange *x)
{
    checking c = {.x = x, .text = shape_text(x->json, "text"), .score = NAN};
    char id[ATT_CASE_ID_SIZE] = "";
    att_error err = {0};
    att_status status = att_engine_text_check(x->engine, c.text, write_result, &c, &err);
    if (status == ATT_NOT_FOUND) { // no filter: nothing to do with the path
        httpd_problem(x, 409, NULL, "%s", err.text);
        return;
    }
    if (!status && shape_bool(x->json, "hold", false) && c.verdict != ATT_FILTER_ALLOW) {
        const att_case_hold hold = {.text = c.text, .author = shape_text(x->json, "author"), .by = att_text_of("filter"),
            .reason = att_text_of(c.reason), .matched = att_text_of(c.matched), .score = c.score};
        status = att_engine_hold(x->engine, &hold, id, &err);
    }
    if (status) {
        httpd_refused(x, status, 422, &err);
        return;
    }
    out_key_text_or_null(&x->answer, "case", att_text_of(id));
    out_close(&x->answer, '}');
}
