// SPDX-License-Identifier: Apache-2.0
// httpd/routes_policies.c - versions of the policy: stage, look, put in force, take back; and the shapes of it.
#include "routes.h"

#include <errno.h>
#include <stdlib.h>

// --- Shapes -----------------------------------------------------------------------------------------------------

static const char *act_of(unsigned act)
{
    return act < ATT_POLICY_ACT_COUNT ? att_policy_act_name((att_policy_act)act) : NULL;
}

static const shape_field query_fields[] = {{"reason", SHAPE_TEXT, "why; kept in the log", 1, ATT_POLICY_REASON_SIZE_MAX}, {0}};
const shape httpd_shape_policy_query = {"PolicyQuery", "", query_fields};
static const shape_field reason_fields[] = {{"reason", SHAPE_TEXT, "why; kept in the log", 1, ATT_POLICY_REASON_SIZE_MAX, .required = true},
    {"by", SHAPE_TEXT, "who; the key's name when left out", 1, ATT_POLICY_BY_SIZE_MAX}, {0}};
const shape httpd_shape_policy_reason = {"PolicyReason", "Why", reason_fields};
static const shape_field version_fields[] = {{"version", SHAPE_WHOLE, "number of the record that holds it", .required = true},
    {"active", SHAPE_BOOL, "in force", .required = true}, {"staged", SHAPE_BOOL, "waits to be put in force", .required = true},
    {"discarded", SHAPE_BOOL, "of no more use", .required = true},
    {"act", SHAPE_TEXT, "what was done with it last", .name_of = act_of, .required = true},
    {"made_at", SHAPE_TIME, "when it came", .required = true, .nullable = true},
    {"acted_at", SHAPE_TIME, "when that was done", .required = true, .nullable = true},
    {"by", SHAPE_TEXT, "who did it; empty: nobody said", .required = true}, {"reason", SHAPE_TEXT, "why; may be empty", .required = true}, {0}};
static const shape shape_version = {"PolicyVersion", "One version of the policy", version_fields};
static const shape_field policies_fields[] = {{"active", SHAPE_WHOLE, "version in force; 0: none was ever set", .required = true},
    {"policies", SHAPE_LIST, "newest first", .of = SHAPE_OBJECT, .shape = &shape_version, .required = true}, {0}};
const shape httpd_shape_policies = {"Policies", "Versions of the policy", policies_fields};
static const shape_field made_fields[] = {{"version", SHAPE_WHOLE, "its number", .required = true}, {0}};
const shape httpd_shape_policy_made = {"PolicyMade", "Which version it was", made_fields};

// --- Routes -----------------------------------------------------------------------------------------------------

typedef struct policy_list {
    httpd_out rows;
    uint64_t active;
} policy_list;

static bool write_version(void *user, const att_policy_version *v)
{
    policy_list *list = user;
    httpd_out *o = &list->rows;
    if (v->active)
        list->active = v->version;
    out_item(o);
    out_open(o, '{');
    out_key_whole(o, "version", v->version);
    out_key_bool(o, "active", v->active);
    out_key_bool(o, "staged", v->staged);
    out_key_bool(o, "discarded", v->discarded);
    out_key_string(o, "act", att_policy_act_name(v->act));
    out_key_time(o, "made_at", v->made_ms);
    out_key_time(o, "acted_at", v->acted_ms);
    out_key_text(o, "by", v->by);
    out_key_text(o, "reason", v->reason);
    out_close(o, '}');
    return !o->failed;
}

void httpd_policies_get(httpd_exchange *x)
{
    policy_list list = {0};
    att_error err = {0};
    httpd_out *o = &x->answer;
    const att_status status = att_engine_policies_each(x->engine, write_version, &list, &err);
    out_open(o, '{');
    out_key_whole(o, "active", list.active);
    out_key_list(o, "policies", &list.rows);
    out_close(o, '}');
    if (status)
        httpd_failed(x, status, &err);
}

bool httpd_read_version(httpd_exchange *x, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(x->params[0], &end, 10);
    if (x->params[0][0] < '0' || x->params[0][0] > '9' || *end || errno || !*out)
        return httpd_problem(x, 404, "version", "there is no version \"%.40s\"", x->params[0]), false;
    return true;
}

void httpd_policy_version_get(httpd_exchange *x)
{
    uint64_t version;
    att_policy policy;
    att_error err = {0};
    if (!httpd_read_version(x, &version))
        return;
    const att_status status = att_engine_policy_of(x->engine, version, &policy, &err);
    if (status)
        httpd_failed(x, status, &err);
    else
        httpd_write_policy(x, &policy);
}

static void answer_version(httpd_exchange *x, att_status status, uint64_t version, const att_error *err)
{
    if (status) {
        httpd_refused(x, status, 422, err);
        return;
    }
    out_open(&x->answer, '{');
    out_key_whole(&x->answer, "version", version);
    out_close(&x->answer, '}');
}

att_text httpd_by_of(const httpd_exchange *x)
{
    const att_text by = shape_text(x->json, "by");
    return by.size ? by : att_text_of(x->by);
}

void httpd_policy_stage(httpd_exchange *x)
{
    att_policy policy;
    att_error err = {0};
    uint64_t version = 0;
    att_status status = httpd_parse_policy(x, &policy, &err);
    if (!status)
        status = att_engine_policy_stage(x->engine, &policy, att_text_of(x->by), shape_text(x->query, "reason"), &version, &err);
    answer_version(x, status, version, &err);
}

void httpd_policy_activate(httpd_exchange *x)
{
    uint64_t version;
    att_error err = {0};
    if (httpd_read_version(x, &version))
        answer_version(x, att_engine_policy_activate(x->engine, version, httpd_by_of(x), shape_text(x->json, "reason"), &err), version, &err);
}

void httpd_policy_discard(httpd_exchange *x)
{
    uint64_t version;
    att_error err = {0};
    if (httpd_read_version(x, &version))
        answer_version(x, att_engine_policy_discard(x->engine, version, httpd_by_of(x), shape_text(x->json, "reason"), &err), version, &err);
}

void httpd_policy_rollback(httpd_exchange *x)
{
    uint64_t version = 0;
    att_error err = {0};
    const att_status status = att_engine_policy_rollback(x->engine, httpd_by_of(x), shape_text(x->json, "reason"), &version, &err);
    answer_version(x, status, version, &err);
}
