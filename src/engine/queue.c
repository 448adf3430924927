// SPDX-License-Identifier: Apache-2.0
// engine/queue.c - the queue in a store: reports, holds, verdicts and appeals are written here, and what they bar is told to
// the rights, which both the search and the moment of serving obey.
#include "engine/made.h"

#include "signals/event.h"
#include "store/case_record.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

// --- Folding ------------------------------------------------------------------------------------------------------

void att_engine_bar_item(att_engine *engine, uint32_t item)
{
    const att_queue_case *c = engine->queue ? att_queue_of_item(engine->queue, item) : NULL;
    const att_made_bar made = att_engine_made_bar(engine, item, c);
    const bool barred = (c && att_queue_barred(engine->queue, c)) || made != ATT_MADE_FREE;
    const bool denied = made == ATT_MADE_DENIED || (barred && c && c->verdict == ATT_VERDICT_DENY);
    att_rights_bar(engine->rights, item, barred && !denied, denied);
}

static void bar_all(att_engine *engine)
{
    for (size_t i = 0; i < engine->queue->cases.count; i++)
        if (engine->queue->cases.items[i].item != ATT_NO_INDEX)
            att_engine_bar_item(engine, engine->queue->cases.items[i].item);
}

// Whoever is forgotten may leave a case without entries: its item is looked up before the case is gone.
static att_status fold_forget(att_engine *engine, const att_record *record, att_error *err)
{
    att_queue *queue = engine->queue;
    ATT_VEC(uint32_t) items = {0};
    att_status status = ATT_OK;
    uint32_t item;
    for (size_t i = 0; i < queue->cases.count && !status; i++)
        if (queue->cases.items[i].item != ATT_NO_INDEX && !ATT_VEC_PUSH(&engine->host, &items, queue->cases.items[i].item))
            status = att_no_memory(err, queue->cases.count, "cases");
    if (!status)
        status = att_queue_apply(queue, record, &item, err);
    for (size_t i = 0; i < items.count && !status; i++)
        att_engine_bar_item(engine, items.items[i]);
    ATT_VEC_FREE(&engine->host, &items);
    return status;
}

att_status att_engine_fold_queue(att_engine *engine, const att_record *record, att_error *err)
{
    uint32_t item;
    if (record->seq <= engine->queue->last_seq) // its own checkpoint was ahead of the people's
        return ATT_OK;
    if (record->kind == ATT_RECORD_FORGET)
        return fold_forget(engine, record, err);
    const att_status status = att_queue_apply(engine->queue, record, &item, err);
    if (!status && item != ATT_NO_INDEX)
        att_engine_bar_item(engine, item);
    return status;
}

// --- Reading from checkpoint and log ------------------------------------------------------------------------------

static att_status apply_to_queue(void *fold, const att_record *record, uint32_t *item, att_error *err)
{
    return att_queue_apply(fold, record, item, err);
}

static bool queue_path(const att_engine *engine, char out[4200])
{
    return (size_t)snprintf(out, 4200, "%s-queue", engine->path) < 4200;
}

static att_status load(att_engine *engine, att_queue *queue)
{
    char path[4200];
    att_error why = {0};
    if (!engine->last_seq || !queue_path(engine, path))
        return ATT_NOT_FOUND;
    att_status status = att_queue_load(queue, att_store_seed(engine->store), path, &why);
    if (!status && queue->last_seq > engine->last_seq)
        status = ATT_FAIL(&why, ATT_VERSION, "checkpoint of the queue: it is ahead");
    if (status && status != ATT_NOT_FOUND)
        att_logf(&engine->host, ATT_LOG_INFO, "replaying the log for the queue: %s", why.text);
    return status;
}

att_status att_engine_read_queue(att_engine *engine, att_error *err)
{
    const uint32_t hold_reports = engine->policy.moderation.hold_reports;
    att_queue *queue = NULL;
    att_status status = att_queue_create(&queue, hold_reports, &engine->host, err);
    if (!status && load(engine, queue)) {
        att_queue_destroy(queue);
        status = att_queue_create(&queue, hold_reports, &engine->host, err);
    }
    if (!status)
        status = att_engine_replay(engine, queue->last_seq, apply_to_queue, queue, err);
    if (status) {
        att_queue_destroy(queue);
        return status;
    }
    queue->last_seq = engine->last_seq;
    att_queue_destroy(engine->queue);
    engine->queue = queue;
    bar_all(engine);
    return ATT_OK;
}

void att_engine_save_queue(att_engine *engine)
{
    char path[4200];
    att_error err = {0};
    if (queue_path(engine, path) && att_queue_save(engine->queue, att_store_seed(engine->store), path, &err))
        att_logf(&engine->host, ATT_LOG_WARNING, "no checkpoint of the queue was written: %s", err.text);
}

// --- Looking ------------------------------------------------------------------------------------------------------

att_case_filter att_case_filter_default(void)
{
    return (att_case_filter){.verdict = -1};
}

static uint64_t changed_seq(const att_queue_case *c)
{
    return c->history.items[c->history.count - 1].seq;
}

static void fill_case(const att_engine *engine, const att_queue_case *c, char id[ATT_CASE_ID_SIZE], att_case *out)
{
    const att_queue *queue = engine->queue;
    const bool is_item = c->item != ATT_NO_INDEX;
    att_queue_id(c, id);
    *out = (att_case){.id = att_text_of(id),
        .item = is_item ? att_names_get(&engine->catalogue.ids, c->item) : (att_text){0},
        .title = is_item ? att_catalogue_title(&engine->catalogue, c->item) : (att_text){0},
        .text = {c->text, c->text_size},
        .author = c->author != ATT_NO_INDEX ? att_names_get(&engine->users, c->author) : (att_text){0},
        .verdict = c->verdict,
        .waiting = att_queue_waiting(c),
        .barred = att_queue_barred(queue, c),
        .automatic = att_queue_automatic(queue, c),
        .appealed = c->appealed,
        .taken_down = is_item && c->item < engine->catalogue.entries.count && engine->catalogue.entries.items[c->item].taken_down,
        .reports = c->reports,
        .reporters = c->reporters,
        .opened_ms = c->history.items[0].at_ms,
        .changed_ms = c->history.items[c->history.count - 1].at_ms};
}

static bool fits(const att_case_filter *f, const att_case *c)
{
    return (!f->waiting || c->waiting) && (!f->barred || c->barred) && (!f->appealed || c->appealed) &&
           (f->verdict < 0 || (int)c->verdict == f->verdict) &&
           (f->subject == ATT_SUBJECT_ANY || (f->subject == ATT_SUBJECT_ITEM) == (c->item.size > 0));
}

static int newest_first(const void *a, const void *b)
{
    const uint64_t x = changed_seq(*(const att_queue_case *const *)a), y = changed_seq(*(const att_queue_case *const *)b);
    return (x < y) - (x > y);
}

static att_status see_sorted(const att_engine *engine, const att_case_filter *filter, att_case_seer *see, void *user, size_t *total, att_error *err)
{
    const att_queue *queue = engine->queue;
    const att_queue_case **sorted = att_alloc(&engine->host, queue->cases.count + 1, sizeof *sorted);
    if (!sorted)
        return att_no_memory(err, queue->cases.count, "cases");
    for (size_t i = 0; i < queue->cases.count; i++)
        sorted[i] = &queue->cases.items[i];
    qsort(sorted, queue->cases.count, sizeof *sorted, newest_first);
    bool going = true;
    for (size_t i = 0; i < queue->cases.count && (going || total); i++) {
        char id[ATT_CASE_ID_SIZE];
        att_case found;
        fill_case(engine, sorted[i], id, &found);
        if (!fits(filter, &found))
            continue;
        if (total)
            ++*total;
        going = going && see(user, &found);
    }
    att_free(&engine->host, sorted, queue->cases.count + 1, sizeof *sorted);
    return ATT_OK;
}

att_status att_engine_cases_each(
    att_engine *engine, const att_case_filter *filter, att_case_seer *see, void *user, size_t *total, att_error *err)
{
    const att_case_filter all = att_case_filter_default();
    if (total)
        *total = 0;
    att_status status = att_engine_refresh(engine, err);
    if (status)
        return status;
    pthread_rwlock_rdlock(&engine->state_lock);
    status = att_engine_state_check(engine, err);
    if (!status)
        status = see_sorted(engine, filter ? filter : &all, see, user, total, err);
    pthread_rwlock_unlock(&engine->state_lock);
    return status;
}

static att_status no_case(att_text id, att_error *err)
{
    return ATT_FAIL(err, ATT_NOT_FOUND, "there is no case \"%.*s\" in the queue", ATT_TEXT_ARGS(id));
}

static att_status see_history(const att_engine *engine, const att_queue_case *c, att_case_seer *see, void *user, att_error *err)
{
    att_case_event *history = att_alloc(&engine->host, c->history.count, sizeof *history);
    if (!history)
        return att_no_memory(err, c->history.count, "entries of a case");
    for (size_t i = 0; i < c->history.count; i++) {
        const att_queue_entry *e = &c->history.items[i];
        const bool by_person = e->user != ATT_NO_INDEX && e->act != ATT_CASE_HELD;
        history[i] = (att_case_event){.seq = e->seq,
            .at_ms = e->at_ms,
            .act = (att_case_act)e->act,
            .by_person = by_person,
            .by = by_person ? att_names_get(&engine->users, e->user) : att_queue_by(e),
            .reason = att_queue_reason(e),
            .matched = att_queue_matched(e),
            .score = (double)e->score};
    }
    char id[ATT_CASE_ID_SIZE];
    att_case found;
    fill_case(engine, c, id, &found);
    found.history = history;
    found.history_count = c->history.count;
    see(user, &found);
    att_free(&engine->host, history, c->history.count, sizeof *history);
    return ATT_OK;
}

att_status att_engine_case_see(att_engine *engine, att_text id, att_case_seer *see, void *user, att_error *err)
{
    att_status status = att_engine_refresh(engine, err);
    if (status)
        return status;
    pthread_rwlock_rdlock(&engine->state_lock);
    status = att_engine_state_check(engine, err);
    const att_queue_case *c = status ? NULL : att_queue_find(engine->queue, id);
    if (!status)
        status = c ? see_history(engine, c, see, user, err) : no_case(id, err);
    pthread_rwlock_unlock(&engine->state_lock);
    return status;
}

// --- Writing ------------------------------------------------------------------------------------------------------

typedef struct case_write {
    att_write write;
    att_record_kind kind;
    att_text id;   // of the case; empty: of `item`, or a new text's
    att_text item, user;
    const att_case_record *said; // (count)
    size_t count;
    char *made; // the case's id is written here; NULL: nobody asks
    bool added;
} case_write;

// Always false: what was asked for may not be.
static bool refuse(att_write *write, att_status status, const char *format, att_text what)
{
    write->refused = ATT_FAIL(&write->error, status, format, ATT_TEXT_ARGS(what));
    return false;
}

// Whether it may be done now, when what other processes wrote is known. False: refused.
static bool may_be(att_engine *engine, case_write *job, const att_queue_case *c, uint32_t item)
{
    att_write *write = &job->write;
    const att_case_record *first = &job->said[0];
    if (job->id.size && !c)
        return refuse(write, ATT_NOT_FOUND, "there is no case \"%.*s\" in the queue", job->id);
    if (job->item.size && item == ATT_NO_INDEX)
        return refuse(write, ATT_NOT_FOUND, "item \"%.*s\" is not in the catalogue", job->item);
    if (first->act == ATT_CASE_APPEALED && !att_queue_barred(engine->queue, c))
        return refuse(write, ATT_INVALID, "case \"%.*s\" bars nothing: there is nothing to appeal", job->id);
    if (first->act == ATT_CASE_APPEALED && c->appealed)
        return refuse(write, ATT_EXISTS, "an appeal in case \"%.*s\" waits already", job->id);
    for (size_t i = 0; i < job->count; i++)
        if (job->said[i].act == ATT_CASE_TAKEDOWN && c->item == ATT_NO_INDEX)
            return refuse(write, ATT_INVALID, "act: case \"%.*s\" is about a text, which cannot be taken down: deny it", job->id);
    return true;
}

static att_status append_one(att_engine *engine, const case_write *job, const att_case_record *said, uint32_t item, uint64_t text_seq,
    uint32_t user, uint64_t *seq, att_error *err)
{
    att_record record = att_record_blank(engine, job->kind);
    const size_t size = att_case_record_size(said);
    unsigned char *payload = att_alloc(&engine->host, size, 1);
    if (!payload)
        return att_no_memory(err, size, "bytes of a case");
    att_case_record_encode(said, payload);
    record.user = user;
    record.item = item;
    record.decision = text_seq;
    record.signal = said->act;
    record.payload = payload;
    record.payload_size = size;
    att_status status = att_engine_append(engine, &record, 1, err);
    *seq = record.seq;
    if (!status && said->act == ATT_CASE_TAKEDOWN) {
        att_record down = att_record_blank(engine, ATT_RECORD_TAKEDOWN);
        down.item = item;
        down.payload = said->reason.data;
        down.payload_size = said->reason.size;
        status = att_store_taken_down(engine->store, item, true, err);
        if (!status)
            status = att_engine_append(engine, &down, 1, err);
    }
    ATT_FREE_ARRAY(&engine->host, payload, size);
    return status;
}

att_status att_engine_append_case(
    att_engine *engine, att_record_kind kind, const att_case_record *said, uint32_t item, att_error *err)
{
    const case_write job = {.kind = kind};
    uint64_t seq;
    return append_one(engine, &job, said, item, 0, ATT_NO_INDEX, &seq, err);
}

static att_status run_case(att_engine *engine, att_write *write, att_error *err)
{
    case_write *job = (case_write *)write;
    uint32_t item = job->item.size ? att_names_find(&engine->catalogue.ids, job->item) : ATT_NO_INDEX, user = ATT_NO_INDEX;
    const att_queue_case *c = job->id.size ? att_queue_find(engine->queue, job->id)
                              : item != ATT_NO_INDEX ? att_queue_of_item(engine->queue, item) : NULL;
    job->added = false;
    if (!may_be(engine, job, c, item))
        return ATT_OK;
    if (c)
        item = c->item;
    uint64_t text_seq = c ? c->seq : 0, seq = 0;
    att_status status = job->user.size ? att_engine_user_number(engine, job->user, &user, err) : ATT_OK;
    const bool again = !status && job->said[0].act == ATT_CASE_REPORTED && c && att_queue_has_reported(c, user, job->said[0].reason);
    for (size_t i = 0; i < job->count && !status && !again; i++)
        status = append_one(engine, job, &job->said[i], item, text_seq, user, &seq, err);
    job->added = !status && !again;
    if (!status && job->made && item != ATT_NO_INDEX)
        snprintf(job->made, ATT_CASE_ID_SIZE, "item-%u", item);
    else if (!status && job->made)
        snprintf(job->made, ATT_CASE_ID_SIZE, "text-%llu", (unsigned long long)seq);
    return status;
}

static att_status check_text(const char *field, att_text text, size_t least, size_t most, att_error *err)
{
    if (text.size < least || text.size > most)
        return ATT_FAIL(err, ATT_INVALID, "%s: found %zu bytes, expected %zu to %zu", field, text.size, least, most);
    return text.size && memchr(text.data, 0, text.size) ? ATT_FAIL(err, ATT_INVALID, "%s: it holds a zero byte", field) : ATT_OK;
}

att_status att_engine_report(att_engine *engine, att_text user, att_text item, att_text reason, char id[ATT_CASE_ID_SIZE],
    bool *added, att_error *err)
{
    const att_case_record said = {.act = ATT_CASE_REPORTED, .score = NAN, .reason = reason};
    case_write job = {.write.run = run_case, .kind = ATT_RECORD_CASE, .item = item, .user = user, .said = &said, .count = 1, .made = id};
    att_status status = check_text("reason", reason, 0, ATT_CASE_REASON_SIZE_MAX, err);
    if (!status && (att_id_check(user, false, "user", err) || att_id_check(item, false, "item", err)))
        status = ATT_INVALID;
    if (!status)
        status = att_engine_commit(engine, &job.write, err);
    if (added)
        *added = !status && job.added;
    return status;
}

att_status att_engine_hold(att_engine *engine, const att_case_hold *hold, char id[ATT_CASE_ID_SIZE], att_error *err)
{
    const att_case_record said = {.act = ATT_CASE_HELD,
        .score = (float)hold->score,
        .by = hold->by,
        .reason = hold->reason,
        .matched = hold->matched,
        .text = hold->text};
    case_write job = {.write.run = run_case, .kind = ATT_RECORD_CASE, .item = hold->item, .said = &said, .count = 1, .made = id};
    if (!hold->item.size == !hold->text.size)
        return ATT_FAIL(err, ATT_INVALID, "text: expected either an item or a text");
    if (fabs(hold->score) > (double)FLT_MAX) // NaN is not
        return ATT_FAIL(err, ATT_INVALID, "score: found %g, expected at most %g either way", hold->score, (double)FLT_MAX);
    if (hold->text.size) // an item has no author here
        job.user = hold->author;
    att_status status = check_text("by", hold->by, 1, ATT_CASE_BY_SIZE_MAX, err);
    if (!status)
        status = check_text("reason", hold->reason, 0, ATT_CASE_REASON_SIZE_MAX, err);
    if (!status)
        status = check_text("matched", hold->matched, 0, ATT_CASE_MATCHED_SIZE_MAX, err);
    if (!status)
        status = check_text("text", hold->text, 0, ATT_CASE_TEXT_SIZE_MAX, err);
    if (!status && (att_id_check(hold->author, true, "author", err) || att_id_check(hold->item, true, "item", err)))
        status = ATT_INVALID;
    return status ? status : att_engine_commit(engine, &job.write, err);
}

att_status att_engine_case_decide(att_engine *engine, att_text id, att_text by, const att_case_decision *acts, size_t count, att_error *err)
{
    att_case_record said[ATT_CASE_ACTS_MAX];
    if (count < 1 || count > ATT_CASE_ACTS_MAX)
        return ATT_FAIL(err, ATT_INVALID, "acts: found %zu, expected 1 to %d", count, ATT_CASE_ACTS_MAX);
    if (!id.size)
        return no_case(id, err);
    att_status status = check_text("by", by, 1, ATT_CASE_BY_SIZE_MAX, err);
    for (size_t i = 0; i < count && !status; i++) {
        att_case_act parsed;
        if (!att_case_act_parse(att_text_of(att_case_act_name(acts[i].act)), &parsed))
            return ATT_FAIL(err, ATT_INVALID, "act: \"%s\" is none that decides", att_case_act_name(acts[i].act));
        said[i] = (att_case_record){.act = (uint8_t)acts[i].act, .score = NAN, .by = by, .reason = acts[i].reason};
        status = check_text("reason", acts[i].reason, 1, ATT_CASE_REASON_SIZE_MAX, err);
    }
    case_write job = {.write.run = run_case, .kind = ATT_RECORD_VERDICT, .id = id, .said = said, .count = count};
    return status ? status : att_engine_commit(engine, &job.write, err);
}

att_status att_engine_case_appeal(att_engine *engine, att_text id, att_text person, att_text by, att_text reason, att_error *err)
{
    const att_case_record said = {.act = ATT_CASE_APPEALED, .score = NAN, .by = person.size ? (att_text){0} : by, .reason = reason};
    case_write job = {.write.run = run_case, .kind = ATT_RECORD_CASE, .id = id, .user = person, .said = &said, .count = 1};
    if (!id.size)
        return no_case(id, err);
    att_status status = check_text("reason", reason, 1, ATT_CASE_REASON_SIZE_MAX, err);
    if (!status && !person.size)
        status = check_text("by", by, 1, ATT_CASE_BY_SIZE_MAX, err);
    if (!status && att_id_check(person, true, "person", err))
        status = ATT_INVALID;
    return status ? status : att_engine_commit(engine, &job.write, err);
}
