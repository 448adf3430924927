// SPDX-License-Identifier: Apache-2.0
// guard/release_trace.c - what a file was made from, as the provenance log tells.
//
// The file's entry is the newest output with its content (SHA-256). What went into it is looked up by content: inputs bring their licence
// and what they opt out of; what was made here itself brings its own parents instead, up to eight readings of the log deep. What the log
// does not know has no licence. Of the model that made it, what it learned from stands by licence. A log that does not hold is refused.
#include "attune/release.h"

#include "base/arena.h"

#include <stdio.h>

enum { TRACED_MAX = 4096, DEPTH_MAX = 8 };

typedef struct traced {
    att_hash content;
    bool known, made_here;
    att_release_input input;
} traced;

struct att_release_trace {
    att_host host;
    att_arena life;
    ATT_VEC(traced) traced;
    ATT_VEC(att_release_input) inputs;
    att_hash content;
    const char *model; // NULL: none
    bool found, no_memory, too_many;
};

static const char *keep(att_release_trace *t, att_text text)
{
    const att_text copy = att_arena_text(&t->life, text);
    t->no_memory |= !copy.data;
    return copy.data;
}

static void want(att_release_trace *t, const att_hash *contents, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        while (at < t->traced.count && memcmp(&t->traced.items[at].content, &contents[i], sizeof *contents) != 0)
            at++;
        if (at < t->traced.count)
            continue;
        t->too_many |= at == TRACED_MAX;
        if (at < TRACED_MAX)
            t->no_memory |= !ATT_VEC_PUSH(&t->host, &t->traced, ((traced){.content = contents[i]}));
    }
}

static bool see_output(void *user, const att_provenance_entry *e, att_text line)
{
    att_release_trace *t = user;
    (void)line;
    if (e->kind != ATT_PROVENANCE_OUTPUT || memcmp(&e->content, &t->content, sizeof t->content) != 0)
        return true;
    t->found = true;
    t->traced.count = 0;
    want(t, e->parents, e->parent_count);
    t->model = e->model.size ? keep(t, e->model) : NULL;
    return !t->no_memory;
}

static bool see_parent(void *user, const att_provenance_entry *e, att_text line)
{
    att_release_trace *t = user;
    (void)line;
    if (e->kind != ATT_PROVENANCE_INPUT && e->kind != ATT_PROVENANCE_OUTPUT)
        return true;
    for (size_t i = 0; i < t->traced.count; i++) {
        traced *p = &t->traced.items[i];
        if (memcmp(&p->content, &e->content, sizeof e->content) != 0)
            continue;
        p->known = true;
        p->made_here = e->kind == ATT_PROVENANCE_OUTPUT;
        if (p->made_here)
            want(t, e->parents, e->parent_count); // may move `traced`
        else
            p->input = (att_release_input){keep(t, e->subject), keep(t, e->licence), e->opt_out.size > 0};
        break;
    }
    return !t->no_memory;
}

static bool see_model(void *user, const att_provenance_entry *e, att_text line)
{
    att_release_trace *t = user;
    (void)line;
    if (e->kind != ATT_PROVENANCE_MODEL || e->subject.size != strlen(t->model) || memcmp(e->subject.data, t->model, e->subject.size) != 0)
        return true;
    for (size_t i = 0; i < e->count_count; i++) {
        const char *name = att_arena_printf(&t->life, "%llu inputs of the model %s", (unsigned long long)e->counts[i].count, t->model);
        const att_release_input input = {name, keep(t, e->counts[i].name), false};
        t->no_memory |= !name || !ATT_VEC_PUSH(&t->host, &t->inputs, input);
    }
    return !t->no_memory;
}

static bool list_inputs(att_release_trace *t)
{
    char hex[2 * ATT_HASH_SIZE + 1];
    for (size_t i = 0; i < t->traced.count; i++) {
        traced *p = &t->traced.items[i];
        att_hash_text(&p->content, hex);
        if (!p->known)
            p->input = (att_release_input){keep(t, att_text_of(hex)), NULL, false};
        if (!p->made_here && !ATT_VEC_PUSH(&t->host, &t->inputs, p->input))
            return false;
    }
    return !t->no_memory;
}

static att_status trace(att_release_trace *t, const char *log, att_error *err)
{
    att_status status = att_provenance_each(log, NULL, 0, &t->host, see_output, t, err);
    size_t before = SIZE_MAX;
    for (int depth = 0; !status && depth < DEPTH_MAX && before != t->traced.count; depth++) {
        before = t->traced.count;
        status = before ? att_provenance_each(log, NULL, 0, &t->host, see_parent, t, err) : ATT_OK;
    }
    if (!status && t->model)
        status = att_provenance_each(log, NULL, 0, &t->host, see_model, t, err);
    if (!status && t->too_many)
        status = ATT_FAIL(err, ATT_LIMIT, "more than %d things went into it", TRACED_MAX);
    return !status && (t->no_memory || !list_inputs(t)) ? att_no_memory(err, t->traced.count, "inputs") : status;
}

typedef struct first_fault {
    char text[400];
} first_fault;

static void on_fault(void *user, const att_provenance_fault *fault)
{
    first_fault *first = user;
    if (!first->text[0])
        snprintf(first->text, sizeof first->text, "%s", fault->text);
}

static att_status check_log(const char *log, const att_host *host, att_error *err)
{
    att_provenance_verdict verdict;
    first_fault first = {0};
    const att_status status = att_provenance_verify(log, NULL, host, on_fault, &first, &verdict, err);
    return status || !verdict.faults ? status : ATT_FAIL(err, ATT_CORRUPT, "the log does not hold: %s", first.text);
}

att_status att_release_trace_create(att_release_trace **out, const char *log, const char *file, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    att_release_trace *t = ATT_NEW_ARRAY(&full, att_release_trace, 1);
    *out = NULL;
    if (!t)
        return att_no_memory(err, 1, "trace");
    t->host = full;
    att_arena_init(&t->life, &t->host, 0);
    att_status status = att_hash_file(file, &t->content, err);
    if (!status)
        status = att_while(err, check_log(log, &full, err), "provenance %s", log);
    if (!status)
        status = att_while(err, trace(t, log, err), "provenance %s", log);
    if (status)
        att_release_trace_destroy(t);
    else
        *out = t;
    return status;
}

void att_release_trace_destroy(att_release_trace *trace)
{
    if (!trace)
        return;
    const att_host host = trace->host;
    att_arena_deinit(&trace->life);
    ATT_VEC_FREE(&host, &trace->traced);
    ATT_VEC_FREE(&host, &trace->inputs);
    ATT_FREE_ARRAY(&host, trace, 1);
}

bool att_release_trace_known(const att_release_trace *trace)
{
    return trace->found;
}

const att_release_input *att_release_trace_inputs(const att_release_trace *trace, size_t *count)
{
    *count = trace->inputs.count;
    return trace->inputs.items;
}
