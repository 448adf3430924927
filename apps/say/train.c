// SPDX-License-Identifier: Apache-2.0
// apps/say/train.c - what became of a training, and versions of the model, as JSON.
#include "say.h"

static json_t *trial_json(const att_duel *t)
{
    if (!t->people)
        return json_null();
    return json_pack("{s:i,s:b,s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:f}", "people", (int)t->people, "not_worse",
        (int)t->not_worse, "before_ndcg_100", t->before_ndcg_100, "before_recall_20", t->before_recall_20,
        "after_ndcg_100", t->after_ndcg_100, "after_recall_20", t->after_recall_20, "difference", t->difference, "low",
        t->low, "high", t->high, "least", t->least, "margin", t->margin, "confidence", t->confidence);
}

json_t *say_training(const att_train_report *r)
{
    json_t *tried = json_array();
    for (size_t i = 0; i < r->tried_count; i++)
        json_array_append_new(tried, json_pack("{s:s,s:f,s:f,s:f,s:b}", "name", r->tried[i].name, "ndcg_100",
            r->tried[i].ndcg_100, "recall_20", r->tried[i].recall_20, "seconds", r->tried[i].seconds, "chosen",
            (int)(i == r->chosen)));
    return json_pack("{s:I,s:s,s:i,s:I,s:I,s:I,s:f,s:f,s:o,s:f,s:s,s:f,s:s,s:f,s:s,s:b,s:b,s:s,s:o,s:f}", "version", (json_int_t)r->version,
        "kind", r->kind, "dim", (int)r->dim, "users", (json_int_t)r->users, "items", (json_int_t)r->items,
        "preferences", (json_int_t)r->preferences, "seconds", r->seconds, "gflops", r->flops_per_s / 1e9, "tried", tried,
        "sequence_share", r->sequence_share, "sequence", r->sequence, "trend_weight", r->trend_weight,
        "trend", r->trend, "newness_weight", r->newness_weight, "newness", r->newness, "incremental", (int)r->incremental, "swapped", (int)r->swapped, "why", r->why, "trial", trial_json(&r->trial),
        "trial_seconds", r->trial_seconds);
}

json_t *say_model(const att_model_state *m)
{
    return json_pack("{s:I,s:b,s:b,s:s,s:s,s:i,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:s,s:o}", "version", (json_int_t)m->version,
        "active", (int)m->active, "on_disk", (int)m->on_disk, "act", att_model_act_name(m->act), "kind", m->kind, "dim",
        (int)m->dim, "acted", (json_int_t)m->acted_ms, "trained", (json_int_t)m->trained_ms, "log_seq",
        (json_int_t)m->log_seq, "events", (json_int_t)m->events, "preferences", (json_int_t)m->preferences, "began_from",
        (json_int_t)m->began_from, "generation", (json_int_t)m->generation, "why", m->why, "trial", trial_json(&m->trial));
}
