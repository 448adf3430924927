// SPDX-License-Identifier: Apache-2.0
// engine/filter.c - the texts of items pass the text filter before they are put, where the policy says so.
//
// With moderation.filter_items the filter is PATH-filter.txt (a list of phrases), PATH-filter.model (what `attune filter train`
// wrote), or both; one of them must be there. They are read at the first item and again when one has changed. An item whose
// title, text or tag is held or denied is put all the same, with a case in the queue that bars it: held, or denied by "filter",
// with what was matched, the score and the reason. The same finding is told once: what people decided about it stands when the item
// comes again.
#include "attune/filter.h"
#include "base/file_state.h"
#include "engine/internal.h"
#include "store/case_record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct att_item_filter {
    pthread_rwlock_t lock; // for writing while it is read anew
    att_filter *filter;    // NULL: not read
    att_file_state phrases, model;
};

enum { PATH_SIZE = 4200 };

att_status att_item_filter_create(att_item_filter **out, const att_host *host, att_error *err)
{
    *out = ATT_NEW_ARRAY(host, att_item_filter, 1);
    if (!*out)
        return att_no_memory(err, 1, "filter of items");
    pthread_rwlock_init(&(*out)->lock, NULL);
    return ATT_OK;
}

void att_item_filter_destroy(att_item_filter *f, const att_host *host)
{
    if (!f)
        return;
    att_filter_destroy(f->filter);
    pthread_rwlock_destroy(&f->lock);
    ATT_FREE_ARRAY(host, f, 1);
}

// --- The files ------------------------------------------------------------------------------------------------

typedef struct filter_paths {
    char list[PATH_SIZE], trained[PATH_SIZE];
} filter_paths;

static void fill_paths(const att_engine *engine, filter_paths *out)
{
    snprintf(out->list, sizeof out->list, "%s-filter.txt", engine->path);
    snprintf(out->trained, sizeof out->trained, "%s-filter.model", engine->path);
}

static void look_at_files(const att_engine *engine, att_file_state *phrases, att_file_state *model)
{
    filter_paths paths;
    fill_paths(engine, &paths);
    *phrases = att_file_state_of(paths.list);
    *model = att_file_state_of(paths.trained);
}

static att_status open_files(att_engine *engine, att_filter **out, att_file_state *phrases, att_file_state *model, att_error *err)
{
    filter_paths paths;
    fill_paths(engine, &paths);
    look_at_files(engine, phrases, model); // before they are read: what changes meanwhile is read again
    if (!phrases->there && !model->there)
        return ATT_FAIL(err, ATT_NOT_FOUND, "the policy says moderation.filter_items, and there is neither %s nor %s", paths.list, paths.trained);
    const att_filter_options options = {.phrases = phrases->there ? paths.list : NULL, .model = model->there ? paths.trained : NULL};
    return att_while(err, att_filter_create(out, &options, &engine->host, err), "the filter of items");
}

// A policy that asks for the filter is refused while it cannot be read.
att_status att_engine_filter_ready(att_engine *engine, const att_policy *policy, att_error *err)
{
    att_filter *filter = NULL;
    att_file_state phrases, model;
    if (!policy->moderation.filter_items)
        return ATT_OK;
    const att_status status = open_files(engine, &filter, &phrases, &model, err);
    att_filter_destroy(filter);
    return status;
}

// Its lock held.
static bool is_fresh(const att_engine *engine, const att_item_filter *f)
{
    att_file_state phrases, model;
    look_at_files(engine, &phrases, &model);
    return f->filter && att_file_state_same(&phrases, &f->phrases) && att_file_state_same(&model, &f->model);
}

// Its lock held for writing.
static att_status read_anew(att_engine *engine, att_item_filter *f, att_error *err)
{
    att_filter *fresh = NULL;
    att_file_state phrases, model;
    const att_status status = open_files(engine, &fresh, &phrases, &model, err);
    if (status)
        return status;
    att_filter_destroy(f->filter);
    f->filter = fresh;
    f->phrases = phrases;
    f->model = model;
    return ATT_OK;
}

// Leaves the lock held for reading when it succeeds.
static att_status begin(att_engine *engine, att_item_filter *f, att_error *err)
{
    for (;;) {
        pthread_rwlock_rdlock(&f->lock);
        if (is_fresh(engine, f))
            return ATT_OK;
        pthread_rwlock_unlock(&f->lock);
        pthread_rwlock_wrlock(&f->lock);
        // Of several that wait to read it anew, the first does.
        const att_status status = is_fresh(engine, f) ? ATT_OK : read_anew(engine, f, err);
        pthread_rwlock_unlock(&f->lock);
        if (status)
            return status;
    }
}

// --- One item -------------------------------------------------------------------------------------------------

// At most `most` bytes, cut between characters.
static att_text cut(att_text text, size_t most)
{
    if (text.size <= most)
        return text;
    size_t size = most;
    while (size > 0 && ((unsigned char)text.data[size] & 0xC0) == 0x80)
        size--;
    return (att_text){text.data, size};
}

// What is told of the category that decided: the surest phrase, else the first word; NULL: neither.
static const att_filter_match *telling(const att_filter_result *r)
{
    const att_filter_match *best = NULL;
    for (size_t i = 0; i < r->match_count; i++) {
        const att_filter_match *m = &r->matches[i];
        if (m->category == r->category && (!best || (m->phrase.size && m->score > best->score)))
            best = m;
    }
    return best;
}

static void tell(const att_filter *filter, const char *field, att_text text, const att_filter_result *r, att_filtered *out)
{
    char seen[160];
    const att_filter_match *m = telling(r);
    const char *name = att_filter_category(filter, r->category);
    const att_text matched = m ? cut((att_text){text.data + m->begin, m->end - m->begin}, ATT_CASE_MATCHED_SIZE_MAX) : (att_text){0};
    if (matched.size)
        memcpy(out->matched, matched.data, matched.size);
    out->matched_size = (uint16_t)matched.size;
    out->denied = r->verdict == ATT_FILTER_DENY;
    att_seen_through_text(m ? m->seen : 0, seen, sizeof seen);
    if (m && m->phrase.size) {
        out->score = (float)m->score;
        snprintf(out->reason, sizeof out->reason, "%s: the phrase \"%.*s\" of %s%s%s", field, (int)cut(m->phrase, 200).size, m->phrase.data,
            name, seen[0] ? ", through " : "", seen);
    } else {
        out->score = (float)r->scores[r->category];
        snprintf(out->reason, sizeof out->reason, "%s: scored as %s%s%s", field, name, seen[0] ? ", through " : "", seen);
    }
}

static att_status check_field(const att_filter *filter, const char *field, att_text text, att_filter_verdict *worst, att_filtered *out,
    att_error *err)
{
    att_filter_result result;
    if (!text.size || *worst == ATT_FILTER_DENY)
        return ATT_OK;
    const att_status status = att_filter_check(filter, text, &result, err);
    if (status)
        return att_while(err, status, "%s", field);
    if (result.verdict > *worst) {
        *worst = result.verdict;
        tell(filter, field, text, &result, out);
    }
    return ATT_OK;
}

static att_status check_item(const att_filter *filter, const att_item *item, att_filter_verdict *worst, att_filtered *out, att_error *err)
{
    *worst = ATT_FILTER_ALLOW;
    att_status status = check_field(filter, "title", item->title, worst, out, err);
    if (!status)
        status = check_field(filter, "text", item->text, worst, out, err);
    for (size_t i = 0; !status && i < item->tag_count; i++)
        status = check_field(filter, "tag", item->tags[i], worst, out, err);
    return status;
}

att_status att_engine_filter_items(att_engine *engine, const att_item *items, size_t count, att_filtered_list *out, att_error *err)
{
    const att_policy policy = att_engine_policy(engine);
    *out = (att_filtered_list){0};
    if (!policy.moderation.filter_items)
        return ATT_OK;
    att_item_filter *f = engine->item_filter;
    att_status status = begin(engine, f, err);
    if (status)
        return status;
    for (size_t i = 0; !status && i < count; i++) {
        att_filtered one = {.item = i};
        att_filter_verdict worst;
        status = check_item(f->filter, &items[i], &worst, &one, err);
        if (!status && worst != ATT_FILTER_ALLOW && !ATT_VEC_PUSH(&engine->host, out, one))
            status = att_no_memory(err, out->count, "items that the filter holds");
        if (status)
            status = att_while(err, status, "filtering item %.*s", ATT_TEXT_ARGS(items[i].id));
    }
    pthread_rwlock_unlock(&f->lock);
    if (status)
        ATT_VEC_FREE(&engine->host, out);
    return status;
}

// --- One text -------------------------------------------------------------------------------------------------

att_status att_engine_text_check(att_engine *engine, att_text text, att_text_check_seer *see, void *user, att_error *err)
{
    att_item_filter *f = engine->item_filter;
    att_filter_result result;
    att_file_state phrases, model;
    look_at_files(engine, &phrases, &model);
    if (!phrases.there && !model.there)
        return ATT_FAIL(err, ATT_NOT_FOUND, "the store has no filter: neither %s-filter.txt nor %s-filter.model is there", engine->path, engine->path);
    att_status status = begin(engine, f, err);
    if (status)
        return status;
    status = att_filter_check(f->filter, text, &result, err);
    if (!status)
        see(user, f->filter, &result);
    pthread_rwlock_unlock(&f->lock);
    return status;
}

// --- Into the log ---------------------------------------------------------------------------------------------

static bool is_known(const att_queue_case *c, const att_case_record *said)
{
    for (size_t i = 0; c && i < c->history.count; i++) {
        const att_queue_entry *e = &c->history.items[i];
        if (e->act == said->act && e->score == said->score && att_text_equal(att_queue_by(e), said->by) &&
            att_text_equal(att_queue_matched(e), said->matched) && att_text_equal(att_queue_reason(e), said->reason))
            return true;
    }
    return false;
}

att_status att_engine_put_filtered(att_engine *engine, const att_filtered *filtered, uint32_t item, att_error *err)
{
    const att_case_record said = {.act = filtered->denied ? ATT_CASE_DENY : ATT_CASE_HELD, .score = filtered->score,
        .by = ATT_LIT("filter"), .reason = att_text_of(filtered->reason), .matched = {filtered->matched, filtered->matched_size}};
    if (is_known(att_queue_of_item(engine->queue, item), &said))
        return ATT_OK;
    return att_engine_append_case(engine, filtered->denied ? ATT_RECORD_VERDICT : ATT_RECORD_CASE, &said, item, err);
}
