// SPDX-License-Identifier: Apache-2.0
// httpd/routes_models.c - versions of the model: which there are, which is in force, and back again.
#include "routes.h"

void httpd_write_trial(httpd_out *o, const char *key, const att_duel *trial)
{
    out_key(o, key);
    if (!trial->people) {
        out_string(o, "null");
        return;
    }
    out_open(o, '{');
    out_key_whole(o, "people", trial->people);
    out_key_bool(o, "not_worse", trial->not_worse);
    out_key_number(o, "before_ndcg_100", trial->before_ndcg_100);
    out_key_number(o, "before_recall_20", trial->before_recall_20);
    out_key_number(o, "after_ndcg_100", trial->after_ndcg_100);
    out_key_number(o, "after_recall_20", trial->after_recall_20);
    out_key_number(o, "difference", trial->difference);
    out_key_number(o, "low", trial->low);
    out_key_number(o, "high", trial->high);
    out_key_number(o, "least", trial->least);
    out_key_number(o, "margin", trial->margin);
    out_key_number(o, "confidence", trial->confidence);
    out_close(o, '}');
}

static bool write_model(void *user, const att_model_state *m)
{
    httpd_out *o = user;
    out_item(o);
    out_open(o, '{');
    out_key_whole(o, "version", m->version);
    out_key_bool(o, "active", m->active);
    out_key_bool(o, "on_disk", m->on_disk);
    out_key_string(o, "act", att_model_act_name(m->act));
    out_key_time(o, "acted_at", m->acted_ms);
    out_key_time(o, "trained_at", m->trained_ms);
    out_key_string(o, "kind", m->kind);
    out_key_whole(o, "dim", m->dim);
    out_key_whole(o, "log_seq", m->log_seq);
    out_key_whole(o, "events", m->events);
    out_key_whole(o, "preferences", m->preferences);
    out_key_whole(o, "began_from", m->began_from);
    out_key_whole(o, "generation", m->generation);
    httpd_write_trial(o, "trial", &m->trial);
    out_key_string(o, "why", m->why);
    out_close(o, '}');
    return !o->failed;
}

static void write_need(httpd_out *o, const att_train_need *need)
{
    out_key(o, "need");
    out_open(o, '{');
    out_key_bool(o, "needed", need->needed);
    out_key_whole(o, "new_preferences", need->new_preferences);
    out_key_whole(o, "preferences", need->preferences);
    out_key_whole(o, "new_items", need->new_items);
    out_key_whole(o, "items", need->items);
    out_key_number(o, "age_days", need->age_days);
    out_key_string(o, "why", need->why);
    out_close(o, '}');
}

void httpd_models_get(httpd_exchange *x)
{
    att_engine_info info;
    att_train_need need = {0};
    att_error err = {0};
    att_engine_info_get(x->engine, &info);
    httpd_out *o = &x->answer;
    out_open(o, '{');
    out_key_whole(o, "in_use", info.model);
    att_status status = att_engine_train_need(x->engine, &need, &err);
    if (!status) {
        write_need(o, &need);
        out_key(o, "models");
        out_open(o, '[');
        status = att_engine_models_each(x->engine, write_model, o, &err);
        out_close(o, ']');
    }
    out_close(o, '}');
    if (status)
        httpd_failed(x, status, &err);
}

static void answer_version(httpd_exchange *x, att_status status, uint64_t version, const att_error *err)
{
    if (status == ATT_CORRUPT) { // the one in force stays
        httpd_problem(x, 409, NULL, "%s", err->text);
        return;
    }
    if (status) {
        httpd_failed(x, status, err);
        return;
    }
    out_open(&x->answer, '{');
    out_key_whole(&x->answer, "version", version);
    out_close(&x->answer, '}');
}

void httpd_model_activate(httpd_exchange *x)
{
    uint64_t version;
    att_error err = {0};
    if (!httpd_read_version(x, &version))
        return;
    const att_status status = att_engine_model_activate(x->engine, version, shape_text(x->json, "reason"), &err);
    answer_version(x, status, version, &err);
}

void httpd_model_rollback(httpd_exchange *x)
{
    uint64_t version = 0;
    att_error err = {0};
    const att_status status = att_engine_model_rollback(x->engine, shape_text(x->json, "reason"), &version, &err);
    answer_version(x, status, version, &err);
}
