// SPDX-License-Identifier: Apache-2.0
// music/protected.c - music that is made passes the release check (attune/release.h) with what lies beside the store.
//
// PATH-protected.prints holds recordings of which no part may be in it, PATH-styles the works of artists from whom it must keep its
// distance; either may be missing, and then nothing is claimed about it. They are read at the first sound and again when one has changed.
// A file that is there and cannot be read fails the check: without a verdict nothing is shown.
#include "music/protected.h"

#include "attune/release.h"
#include "base/base.h"
#include "base/file_state.h"
#include "ingest/utf8.h"

#include <pthread.h>
#include <stdio.h>

struct att_protected {
    att_host host;
    char *recordings_path, *styles_path; // (path_size)
    size_t path_size;
    pthread_rwlock_t lock; // for writing while they are read anew; all below
    att_prints *prints;    // NULL: there are none, or they are not read
    att_styles *styles;
    att_file_state recordings_read, styles_read;
    bool is_read;
};

att_status att_protected_create(att_protected **out, const char *store, const att_host *host, att_error *err)
{
    att_protected *p = ATT_NEW_ARRAY(host, att_protected, 1);
    *out = NULL;
    if (!p)
        return att_no_memory(err, 1, "lists of what is protected");
    p->host = *host;
    p->path_size = strlen(store) + sizeof ATT_PROTECTED_SUFFIX + sizeof ATT_STYLES_SUFFIX;
    p->recordings_path = ATT_NEW_ARRAY(host, char, p->path_size);
    p->styles_path = ATT_NEW_ARRAY(host, char, p->path_size);
    pthread_rwlock_init(&p->lock, NULL);
    if (!p->recordings_path || !p->styles_path) {
        const size_t size = p->path_size;
        att_protected_destroy(p);
        return att_no_memory(err, size, "bytes of a path");
    }
    snprintf(p->recordings_path, p->path_size, "%s%s", store, ATT_PROTECTED_SUFFIX);
    snprintf(p->styles_path, p->path_size, "%s%s", store, ATT_STYLES_SUFFIX);
    *out = p;
    return ATT_OK;
}

void att_protected_destroy(att_protected *p)
{
    if (!p)
        return;
    const att_host host = p->host;
    att_prints_destroy(p->prints);
    att_styles_destroy(p->styles);
    pthread_rwlock_destroy(&p->lock);
    ATT_FREE_ARRAY(&host, p->recordings_path, p->path_size);
    ATT_FREE_ARRAY(&host, p->styles_path, p->path_size);
    ATT_FREE_ARRAY(&host, p, 1);
}

// --- The files ------------------------------------------------------------------------------------------------

bool att_protected_is_there(const att_protected *p)
{
    return att_file_state_of(p->recordings_path).there || att_file_state_of(p->styles_path).there;
}

// Its lock held.
static bool is_fresh(const att_protected *p)
{
    const att_file_state recordings = att_file_state_of(p->recordings_path), styles = att_file_state_of(p->styles_path);
    return p->is_read && att_file_state_same(&recordings, &p->recordings_read) && att_file_state_same(&styles, &p->styles_read);
}

static att_status load_styles(const att_protected *p, att_styles **out, att_error *err)
{
    const att_status status = att_styles_load(out, p->styles_path, &p->host, err);
    if (status || att_styles_dim(*out) == ATT_STYLE_DIM)
        return status;
    const size_t dim = att_styles_dim(*out);
    att_styles_destroy(*out);
    *out = NULL;
    return ATT_FAIL(err, ATT_UNSUPPORTED, "%s: its embeddings have %zu numbers, this build makes %d", p->styles_path, dim, ATT_STYLE_DIM);
}

// Its lock held for writing. On failure what was read before is kept, and not used: it is no longer fresh.
static att_status read_anew(att_protected *p, att_error *err)
{
    const att_file_state recordings = att_file_state_of(p->recordings_path), styles_now = att_file_state_of(p->styles_path);
    att_prints *prints = NULL;
    att_styles *styles = NULL;
    att_status status = recordings.there ? att_prints_load(&prints, p->recordings_path, &p->host, err) : ATT_OK;
    if (!status && styles_now.there)
        status = load_styles(p, &styles, err);
    if (status) {
        att_prints_destroy(prints);
        return att_while(err, status, "reading what is protected");
    }
    att_prints_destroy(p->prints);
    att_styles_destroy(p->styles);
    p->prints = prints;
    p->styles = styles;
    p->recordings_read = recordings;
    p->styles_read = styles_now;
    p->is_read = true;
    return ATT_OK;
}

// Leaves the lock held for reading when it succeeds.
static att_status begin(att_protected *p, att_error *err)
{
    for (;;) {
        pthread_rwlock_rdlock(&p->lock);
        if (is_fresh(p))
            return ATT_OK;
        pthread_rwlock_unlock(&p->lock);
        pthread_rwlock_wrlock(&p->lock);
        // Of several that wait to read it anew, the first does.
        const att_status status = is_fresh(p) ? ATT_OK : read_anew(p, err);
        pthread_rwlock_unlock(&p->lock);
        if (status)
            return status;
    }
}

// --- One sound ------------------------------------------------------------------------------------------------

enum { SHOWN_NAME_SIZE = 96 };

// A name as it stands in a reason: of a long one the end, which tells recordings apart; what is no text is "?".
static void show_name(const char *name, char out[SHOWN_NAME_SIZE])
{
    const size_t size = strlen(name), most = SHOWN_NAME_SIZE - sizeof "…";
    size_t from = size > most ? size - most : 0, at = 0;
    while (from > 0 && ((unsigned char)name[from] & 0xC0) == 0x80)
        from++;
    if (from > 0)
        at = (size_t)snprintf(out, SHOWN_NAME_SIZE, "…");
    for (size_t step; from < size; from += step) {
        step = att_utf8_length(name + from, size - from);
        const bool is_text = step > 0 && (unsigned char)name[from] >= ' ' && name[from] != 0x7F;
        step = ATT_MAX(step, (size_t)1);
        if (is_text)
            memcpy(out + at, name + from, step);
        else
            out[at] = '?';
        at += is_text ? step : 1;
    }
    out[at] = 0;
}

// Its lock held.
static void tell(const att_protected *p, const att_release_reason *r, att_judgement *out)
{
    const att_made_verdict verdict = r->verdict == ATT_RELEASE_DENY ? ATT_MADE_DENY : ATT_MADE_HOLD;
    const att_print_match *m = &r->match;
    char name[SHOWN_NAME_SIZE];
    show_name(r->rule == ATT_RELEASE_COPY ? att_prints_get(p->prints, m->index).name.data : r->name, name); // a report cuts it at the end
    if (r->rule == ATT_RELEASE_COPY)
        att_made_judge(out, verdict, "%.1f to %.1f s are %.1f to %.1f s of %s, which is protected: score %.1f, a copy from %.1f", m->from_s, m->to_s,
            m->there_from_s, m->there_to_s, name, r->value, r->limit);
    else if (r->rule == ATT_RELEASE_STYLE)
        att_made_judge(out, verdict, "it sounds like %s: distance %.2f, the floor is %.2f", name, r->value, r->limit);
    else
        att_made_judge(out, verdict, "there is too little sound in it to be held against what is protected");
}

att_status att_protected_judge(att_protected *p, att_sound sound, att_judgement *out, att_error *err)
{
    att_release_report *report = ATT_NEW_ARRAY(&p->host, att_release_report, 1);
    if (!report)
        return att_no_memory(err, 1, "report of a check");
    att_status status = begin(p, err);
    if (!status) {
        const att_release_rules rules = {.prints = p->prints, .styles = p->styles};
        const att_release_work work = {.sound = sound};
        if (p->prints || p->styles)
            status = att_release_check(&rules, &work, &p->host, report, err);
        for (size_t i = 0; !status && i < report->reason_count; i++)
            tell(p, &report->reasons[i], out);
        pthread_rwlock_unlock(&p->lock);
    }
    ATT_FREE_ARRAY(&p->host, report, 1);
    return status;
}
