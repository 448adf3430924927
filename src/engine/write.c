// SPDX-License-Identifier: Apache-2.0
// engine/write.c - everything that changes a store goes through one queue.
//
// Group commit by leader and followers: a thread that finds nobody leading takes all that waits, runs each
// write inside one transaction, commits (one fsync), and wakes the others. Memory is folded while the
// transaction runs; when it cannot be committed, memory is read again from the disk, so that what people see is never
// ahead of the log for longer than a failed commit.
#include "engine/internal.h"
#include "engine/made.h"
#include "signals/event.h"

#include <math.h>
#include <stdio.h>

#define WRITES_MAX 256 // in one commit

att_record att_record_blank(const att_engine *engine, att_record_kind kind)
{
    const int64_t now_ms = engine->host.now_ms(engine->host.user);
    return (att_record){.kind = (uint8_t)kind,
        .at_ms = now_ms,
        .logged_ms = now_ms,
        .user = ATT_NO_INDEX,
        .item = ATT_NO_INDEX,
        .value = NAN,
        .position_ms = -1,
        .length_ms = -1,
        .dwell_ms = -1,
        .context = att_context_unknown()};
}

att_status att_engine_append(att_engine *engine, att_record *records, size_t count, att_error *err)
{
    att_status status = att_store_append(engine->store, records, count, err);
    if (status)
        return status;
    pthread_rwlock_wrlock(&engine->state_lock);
    for (size_t i = 0; i < count && !status; i++)
        status = att_engine_fold(engine, &records[i], err);
    pthread_rwlock_unlock(&engine->state_lock);
    return status;
}

// One transaction around all writes of the group. A write that fails by itself takes the group with it, so each
// checks its input before it queues; what fails here is the disk, memory, or another process.
static att_status run_group(att_engine *engine, att_write *group, att_error *err)
{
    uint64_t last_seq;
    pthread_mutex_lock(&engine->store_lock);
    att_status status = att_store_begin(engine->store, &last_seq, err);
    if (status) {
        pthread_mutex_unlock(&engine->store_lock);
        return status;
    }
    if (engine->stale)
        status = att_engine_reload(engine, err);
    else if (last_seq != engine->last_seq)
        status = att_engine_catch_up(engine, err);
    bool touched = false;
    for (att_write *write = group; write && !status; write = write->next) {
        touched = true;
        write->refused = ATT_OK;
        status = write->run(engine, write, err);
    }
    if (!status)
        status = att_store_commit(engine->store, err);
    if (status) {
        att_store_rollback(engine->store);
        att_error again;
        if (touched && att_engine_reload(engine, &again))
            att_logf(&engine->host, ATT_LOG_ERROR, "after a failed write, to be tried again: %s", again.text);
    }
    pthread_mutex_unlock(&engine->store_lock);
    return status;
}

static att_write *take_group(att_engine *engine)
{
    att_write *first = engine->queue_first, *last = first;
    for (int taken = 1; last && last->next && taken < WRITES_MAX; taken++)
        last = last->next;
    if (last) {
        engine->queue_first = last->next;
        if (!engine->queue_first)
            engine->queue_last = NULL;
        last->next = NULL;
    }
    return first;
}

// When a group fails, each write is tried alone: one bad one must not speak for the others.
static void settle_group(att_engine *engine, att_write *group)
{
    att_error err = {0};
    att_status status = run_group(engine, group, &err);
    const bool alone = group->next == NULL;
    for (att_write *write = group, *next; write; write = next) {
        next = write->next;
        if (status && !alone) {
            write->next = NULL;
            write->status = run_group(engine, write, &write->error);
            write->next = next;
        } else {
            write->status = status;
            if (status || !write->refused) // a refusal has told its own story
                write->error = err;
        }
        if (!write->status && write->refused) {
            write->status = write->refused;
        }
    }
}

att_status att_engine_commit(att_engine *engine, att_write *write, att_error *err)
{
    if (engine->options.read_only)
        return ATT_FAIL(err, ATT_READ_ONLY, "store %s was opened read-only", engine->path);
    write->next = NULL;
    write->done = false;
    pthread_mutex_lock(&engine->queue_lock);
    if (engine->queue_last)
        engine->queue_last->next = write;
    else
        engine->queue_first = write;
    engine->queue_last = write;
    while (!write->done) {
        if (engine->queue_led) {
            pthread_cond_wait(&engine->queue_moved, &engine->queue_lock);
            continue;
        }
        engine->queue_led = true;
        att_write *group = take_group(engine);
        pthread_mutex_unlock(&engine->queue_lock);
        settle_group(engine, group);
        pthread_mutex_lock(&engine->queue_lock);
        for (att_write *each = group, *next; each; each = next) {
            next = each->next; // its owner may be gone once done is set and the lock is free
            each->done = true;
        }
        engine->queue_led = false;
        pthread_cond_broadcast(&engine->queue_moved);
    }
    pthread_mutex_unlock(&engine->queue_lock);
    if (write->status && err)
        *err = write->error;
    return write->status;
}

// --- Names ----------------------------------------------------------------------------------------------

att_status att_engine_user_number(att_engine *engine, att_text id, uint32_t *out, att_error *err)
{
    *out = att_names_find(&engine->users, id);
    if (*out != ATT_NO_INDEX)
        return ATT_OK;
    pthread_rwlock_wrlock(&engine->state_lock);
    *out = att_names_add(&engine->users, id);
    pthread_rwlock_unlock(&engine->state_lock);
    if (*out == ATT_NO_INDEX)
        return att_no_memory(err, engine->users.count, "people");
    return att_store_user_add(engine->store, *out, id, err);
}

att_status att_engine_item_number(att_engine *engine, att_text id, uint32_t *out, att_error *err)
{
    *out = att_names_find(&engine->catalogue.ids, id);
    if (*out != ATT_NO_INDEX)
        return ATT_OK;
    pthread_rwlock_wrlock(&engine->state_lock);
    *out = att_catalogue_id(&engine->catalogue, id);
    pthread_rwlock_unlock(&engine->state_lock);
    if (*out == ATT_NO_INDEX)
        return att_no_memory(err, engine->catalogue.ids.count, "items");
    return att_store_item_put(engine->store, *out, id, NULL, err);
}

// --- Events -----------------------------------------------------------------------------------------------

typedef struct events_write {
    att_write write;
    const att_event *events;
    size_t count;
    const char *key; // meta to put in the same commit; NULL: none
    const void *value;
    size_t value_size;
    bool *added; // (count): which were new; NULL: nobody asks
    att_ingest_result result;
} events_write;

#define EVENT_CHUNK 512

// An event without an id gets one from all its other fields, so that sending it again is known.
static att_text made_id(const att_event *event, char *out, size_t size)
{
    uint64_t hash = att_mix64((uint64_t)event->at_ms);
    hash = att_mix64(hash ^ (uint64_t)event->signal);
    for (size_t i = 0; i < event->user.size; i++)
        hash = att_mix64(hash ^ (unsigned char)event->user.data[i]);
    for (size_t i = 0; i < event->item.size; i++)
        hash = att_mix64(hash ^ (unsigned char)event->item.data[i] ^ 0x100);
    uint32_t value_bits;
    memcpy(&value_bits, &event->value, sizeof value_bits);
    hash = att_mix64(hash ^ value_bits);
    hash = att_mix64(hash ^ (uint32_t)event->position_ms);
    hash = att_mix64(hash ^ (uint32_t)event->length_ms ^ (uint64_t)(uint32_t)event->dwell_ms << 32);
    hash = att_mix64(hash ^ event->decision);
    snprintf(out, size, "auto-%llx-%016llx", (unsigned long long)event->at_ms, (unsigned long long)hash);
    return att_text_of(out);
}

static att_status record_of_event(
    att_engine *engine, const att_event *event, att_text id, att_record *record, att_error *err)
{
    record->at_ms = event->at_ms;
    record->signal = (uint8_t)event->signal;
    record->value = event->value;
    record->position_ms = event->position_ms;
    record->length_ms = event->length_ms;
    record->dwell_ms = event->dwell_ms;
    record->decision = event->decision;
    record->context = event->context;
    record->id = id;
    att_status status = att_engine_user_number(engine, event->user, &record->user, err);
    if (!status && event->item.size)
        status = att_engine_item_number(engine, event->item, &record->item, err);
    // What grading needs stands in the record, so that a replay does not depend on the catalogue of the day.
    if (!status && record->length_ms < 0 && record->item != ATT_NO_INDEX) {
        const int64_t length_ms = engine->catalogue.entries.items[record->item].duration_ms;
        if (length_ms > 0 && length_ms <= INT32_MAX)
            record->length_ms = (int32_t)length_ms;
    }
    return status;
}

struct att_event_chunk {
    att_record records[EVENT_CHUNK];
    char ids[EVENT_CHUNK][48];
    size_t places[EVENT_CHUNK]; // of the record's event among those given
    size_t count;
};

static void prefetch_filling(const att_engine *engine, const att_event *events, size_t count, size_t at)
{
    enum { apart = 4 };
    if (at + 2 * apart < count)
        att_people_prefetch(engine->people, events[at + 2 * apart].id, ATT_NO_INDEX);
    for (int step = 0; step < 3; step++) {
        const size_t ahead = at + (size_t)(3 - step) * apart;
        if (ahead >= count)
            continue;
        att_names_prefetch(&engine->users, events[ahead].user, step);
        att_names_prefetch(&engine->catalogue.ids, events[ahead].item, step);
    }
}

// The next events with their numbers; those that were folded before are passed over. Returns how many it looked at.
static att_status fill_chunk(att_engine *engine, const att_event *events, size_t count, att_event_chunk *chunk,
    size_t *taken, att_error *err)
{
    const att_record blank = att_record_blank(engine, ATT_RECORD_EVENT);
    att_status status = ATT_OK;
    chunk->count = *taken = 0;
    for (; *taken < count && chunk->count < EVENT_CHUNK && !status; ++*taken) {
        const att_event *event = &events[*taken];
        char *made = chunk->ids[chunk->count];
        const att_text id = event->id.size ? event->id : made_id(event, made, sizeof chunk->ids[0]);
        prefetch_filling(engine, events, count, *taken);
        if (att_people_seen(engine->people, id))
            continue;
        chunk->places[chunk->count] = *taken;
        chunk->records[chunk->count] = blank;
        status = record_of_event(engine, event, id, &chunk->records[chunk->count++], err);
    }
    return status;
}

static void prefetch_folding(const att_engine *engine, const att_event_chunk *chunk, size_t at)
{
    enum { far = 12, near = 5 };
    if (at + far < chunk->count) {
        const att_record *record = &chunk->records[at + far];
        att_people_prefetch(engine->people, (att_text){0}, record->user); // its id was looked up before
        if (record->item < engine->catalogue.entries.count)
            __builtin_prefetch(&engine->catalogue.entries.items[record->item]);
    }
    if (at + near < chunk->count)
        att_people_prefetch_taste(engine->people, chunk->records[at + near].user);
}

// One by one, since an id may come twice in one batch. The log's numbers are foretold here.
static att_status fold_chunk(att_engine *engine, att_event_chunk *chunk, att_error *err)
{
    enum { locked = 64 }; // events while readers wait
    const size_t count = chunk->count;
    const uint64_t first_seq = engine->last_seq + 1;
    att_status status = ATT_OK;
    size_t kept = 0;
    for (size_t from = 0; from < count && !status; from += locked) {
        pthread_rwlock_wrlock(&engine->state_lock);
        for (size_t i = from; i < ATT_MIN(from + locked, count) && !status; i++) {
            att_record *record = &chunk->records[i];
            prefetch_folding(engine, chunk, i);
            if (att_people_seen(engine->people, record->id))
                continue;
            record->set_aside = att_people_is_bot_rate(engine->people, record->user, record->at_ms);
            record->seq = first_seq + kept;
            status = att_engine_fold(engine, record, err);
            if (kept != i)
                chunk->records[kept] = *record;
            chunk->places[kept++] = chunk->places[i];
        }
        pthread_rwlock_unlock(&engine->state_lock);
    }
    chunk->count = kept;
    return status;
}

static att_status run_events(att_engine *engine, att_write *write, att_error *err)
{
    events_write *job = (events_write *)write;
    job->result = (att_ingest_result){0};
    if (job->added) // a group that failed is run again
        memset(job->added, 0, job->count * sizeof *job->added);
    // Kept for the next commit: a hundred kilobytes that come and go make malloc tidy up each time.
    if (!engine->event_chunk)
        engine->event_chunk = att_alloc(&engine->host, 1, sizeof *engine->event_chunk);
    att_event_chunk *chunk = engine->event_chunk;
    att_status status = chunk ? ATT_OK : att_no_memory(err, EVENT_CHUNK, "records");
    size_t taken;
    for (size_t next = 0; !status && next < job->count; next += taken) {
        const uint64_t first_seq = engine->last_seq + 1;
        status = fill_chunk(engine, job->events + next, job->count - next, chunk, &taken, err);
        if (!status)
            status = fold_chunk(engine, chunk, err);
        if (status)
            break;
        if (chunk->count)
            status = att_store_append(engine->store, chunk->records, chunk->count, err);
        assert(status || !chunk->count || chunk->records[0].seq == first_seq);
        for (size_t i = 0; i < chunk->count && !status && engine->ledger->candidates.count; i++)
            status = att_engine_reward_made(engine, &chunk->records[i], err);
        (void)first_seq;
        for (size_t i = 0; job->added && i < chunk->count; i++)
            job->added[next + chunk->places[i]] = true;
        job->result.added += chunk->count;
        job->result.duplicates += taken - chunk->count;
    }
    if (!status && job->key)
        status = att_store_meta_put(engine->store, job->key, job->value, job->value_size, err);
    return status;
}

void att_engine_free_event_chunk(att_engine *engine)
{
    att_free(&engine->host, engine->event_chunk, 1, sizeof *engine->event_chunk);
}

att_status att_engine_events_with_meta(att_engine *engine, const att_event *events, size_t count,
    const char *key, const void *value, size_t size, att_ingest_result *result, att_error *err)
{
    events_write job = {.write.run = run_events,
        .events = events,
        .count = count,
        .key = key,
        .value = value,
        .value_size = size};
    const att_status status = att_engine_commit(engine, &job.write, err);
    if (!status)
        __atomic_add_fetch(&engine->duplicates, job.result.duplicates, __ATOMIC_RELAXED);
    if (result)
        *result = status ? (att_ingest_result){0} : job.result;
    return status;
}

att_status att_engine_events(att_engine *engine, const att_event *events, size_t count,
    att_ingest_result *result, att_error *err)
{
    const int64_t now_ms = engine->host.now_ms(engine->host.user);
    const att_policy policy = att_engine_policy(engine);
    for (size_t i = 0; i < count; i++) {
        const att_status status = att_event_check(&events[i], &policy, now_ms, err);
        if (status) {
            if (result)
                *result = (att_ingest_result){.refused = 1, .first_refused = i};
            return count == 1 ? status : att_while(err, status, "event %zu of %zu", i + 1, count);
        }
    }
    return att_engine_events_with_meta(engine, events, count, NULL, NULL, 0, result, err);
}

att_status att_engine_events_each(
    att_engine *engine, const att_event *events, size_t count, bool *added, att_error *err)
{
    events_write job = {.write.run = run_events, .events = events, .count = count, .added = added};
    const int64_t now_ms = engine->host.now_ms(engine->host.user);
    const att_policy policy = att_engine_policy(engine);
    for (size_t i = 0; i < count; i++) {
        const att_status status = att_event_check(&events[i], &policy, now_ms, err);
        if (status)
            return count == 1 ? status : att_while(err, status, "event %zu of %zu", i + 1, count);
    }
    memset(added, 0, count * sizeof *added);
    const att_status status = att_engine_commit(engine, &job.write, err);
    if (status)
        memset(added, 0, count * sizeof *added);
    else
        __atomic_add_fetch(&engine->duplicates, job.result.duplicates, __ATOMIC_RELAXED);
    return status;
}

att_status att_engine_event(att_engine *engine, const att_event *event, bool *added, att_error *err)
{
    att_ingest_result result;
    const att_status status = att_engine_events(engine, event, 1, &result, err);
    if (added)
        *added = !status && result.added == 1;
    return status;
}

// --- Items --------------------------------------------------------------------------------------------------

typedef struct items_write {
    att_write write;
    const att_item *items;
    size_t count;
    att_filtered_list filtered; // in the order of the items
    const char *key;
    const void *value;
    size_t value_size;
} items_write;

att_status att_engine_put_body(att_engine *engine, const att_item *item, uint32_t *index, att_error *err)
{
    *index = att_names_find(&engine->catalogue.ids, item->id);
    if (*index == ATT_NO_INDEX) {
        pthread_rwlock_wrlock(&engine->state_lock);
        *index = att_catalogue_id(&engine->catalogue, item->id);
        pthread_rwlock_unlock(&engine->state_lock);
        if (*index == ATT_NO_INDEX)
            return att_no_memory(err, engine->catalogue.ids.count, "items");
    }
    att_status status = att_store_item_put(engine->store, *index, item->id, item, err);
    if (status)
        return status;
    pthread_rwlock_wrlock(&engine->state_lock);
    status = att_engine_fold_item(engine, *index, item, err);
    pthread_rwlock_unlock(&engine->state_lock);
    if (status)
        return status;
    att_record record = att_record_blank(engine, ATT_RECORD_ITEM);
    record.item = *index;
    return att_engine_append(engine, &record, 1, err);
}

static att_status run_items(att_engine *engine, att_write *write, att_error *err)
{
    const items_write *job = (const items_write *)write;
    size_t filtered = 0;
    for (size_t i = 0; i < job->count; i++) {
        uint32_t index;
        att_status status = att_engine_put_body(engine, &job->items[i], &index, err);
        if (!status && filtered < job->filtered.count && job->filtered.items[filtered].item == i)
            status = att_engine_put_filtered(engine, &job->filtered.items[filtered++], index, err);
        if (status)
            return status;
    }
    return job->key ? att_store_meta_put(engine->store, job->key, job->value, job->value_size, err)
                    : ATT_OK;
}

att_status att_engine_items_put_with_meta(att_engine *engine, const att_item *items, size_t count,
    const char *key, const void *value, size_t size, att_error *err)
{
    for (size_t i = 0; i < count; i++) {
        const att_status status = att_item_check(&items[i], err);
        if (status)
            return count == 1 ? status : att_while(err, status, "item %zu of %zu", i + 1, count);
    }
    items_write job = {.write.run = run_items,
        .items = items,
        .count = count,
        .key = key,
        .value = value,
        .value_size = size};
    att_status status = att_engine_filter_items(engine, items, count, &job.filtered, err);
    if (status)
        return status;
    status = att_engine_commit(engine, &job.write, err);
    ATT_VEC_FREE(&engine->host, &job.filtered);
    return status;
}

att_status att_engine_items_put(
    att_engine *engine, const att_item *items, size_t count, att_error *err)
{
    return att_engine_items_put_with_meta(engine, items, count, NULL, NULL, 0, err);
}

// Said when it is this write's turn, when what other processes added is known. Nothing was appended, so the group
// and the memory stay as they are.
static att_status refuse_item(att_write *write, att_text item)
{
    write->refused = ATT_FAIL(
        &write->error, ATT_NOT_FOUND, "item \"%.*s\" is not in the catalogue", ATT_TEXT_ARGS(item));
    return ATT_OK;
}

typedef struct takedown_write {
    att_write write;
    att_text item, reason;
} takedown_write;

static att_status run_takedown(att_engine *engine, att_write *write, att_error *err)
{
    const takedown_write *job = (const takedown_write *)write;
    const uint32_t index = att_names_find(&engine->catalogue.ids, job->item);
    if (index == ATT_NO_INDEX)
        return refuse_item(write, job->item);
    const att_status status = att_store_taken_down(engine->store, index, true, err);
    if (status)
        return status;
    att_record record = att_record_blank(engine, ATT_RECORD_TAKEDOWN);
    record.item = index;
    record.payload = job->reason.data;
    record.payload_size = job->reason.size;
    return att_engine_append(engine, &record, 1, err);
}

att_status att_engine_takedown(att_engine *engine, att_text item, att_text reason, att_error *err)
{
    if (reason.size > 4096)
        return ATT_FAIL(err, ATT_LIMIT, "the reason has %zu bytes, 4096 at most", reason.size);
    takedown_write job = {.write.run = run_takedown, .item = item, .reason = reason};
    return att_engine_commit(engine, &job.write, err);
}

static att_status run_delete(att_engine *engine, att_write *write, att_error *err)
{
    const takedown_write *job = (const takedown_write *)write;
    const uint32_t index = att_names_find(&engine->catalogue.ids, job->item);
    if (index == ATT_NO_INDEX || !engine->catalogue.entries.items[index].has_body)
        return refuse_item(write, job->item);
    const att_status status = att_store_item_drop(engine->store, index, err);
    if (status)
        return status;
    att_record record = att_record_blank(engine, ATT_RECORD_ITEM);
    record.signal = ATT_ITEM_DELETED;
    record.item = index;
    record.payload = job->reason.data;
    record.payload_size = job->reason.size;
    return att_engine_append(engine, &record, 1, err);
}

att_status att_engine_item_delete(att_engine *engine, att_text item, att_text reason, att_error *err)
{
    if (reason.size > 4096)
        return ATT_FAIL(err, ATT_LIMIT, "the reason has %zu bytes, 4096 at most", reason.size);
    takedown_write job = {.write.run = run_delete, .item = item, .reason = reason};
    return att_engine_commit(engine, &job.write, err);
}

// --- Controls and policy ------------------------------------------------------------------------------------

typedef struct control_write {
    att_write write;
    att_text user;
    const att_control *control;
} control_write;

static bool is_tag(att_text text)
{
    return text.size > 4 && memcmp(text.data, "tag:", 4) == 0;
}

static bool names_item(const att_control *control)
{
    return control->kind == ATT_CONTROL_LESS_LIKE || control->kind == ATT_CONTROL_BLOCK ||
           control->kind == ATT_CONTROL_UNBLOCK;
}

#define LIFE_EVENT_DAY_MAX 49710 // the last day that Unix seconds of 32 bits reach, in 2106

static att_status check_control(att_text user, const att_control *control, att_error *err)
{
    if (user.size == 0 || user.size > ATT_ID_SIZE_MAX)
        return ATT_FAIL(err, ATT_INVALID, "the user id has %zu bytes, 1 to 255 expected", user.size);
    if (att_id_check(user, false, "user", err))
        return ATT_INVALID;
    const double least[] = {[ATT_CONTROL_ENERGY] = -1, [ATT_CONTROL_NOVELTY] = -1, [ATT_CONTROL_OPT_OUT] = 0};
    const char *name = att_control_kind_name(control->kind);
    switch (control->kind) {
    case ATT_CONTROL_ENERGY:
    case ATT_CONTROL_NOVELTY:
    case ATT_CONTROL_OPT_OUT:
        if (!(control->value >= least[control->kind] && control->value <= 1))
            return ATT_FAIL(err, ATT_INVALID, "%s is %g, %g to 1 expected", name, control->value,
                least[control->kind]);
        return ATT_OK;
    case ATT_CONTROL_LESS_LIKE:
    case ATT_CONTROL_BLOCK:
    case ATT_CONTROL_UNBLOCK:
        if (control->item.size == 0 || control->item.size > ATT_ID_SIZE_MAX)
            return ATT_FAIL(err, ATT_INVALID, "%s needs an item%s", name,
                control->kind == ATT_CONTROL_LESS_LIKE ? "" : " or tag:NAME");
        if (att_id_check(control->item, false, "item", err))
            return ATT_INVALID;
        if (is_tag(control->item) && control->item.size > 4 + ATT_TAG_SIZE_MAX)
            return ATT_FAIL(err, ATT_INVALID, "the tag has %zu bytes, %d at most", control->item.size - 4,
                ATT_TAG_SIZE_MAX);
        if (is_tag(control->item) && control->kind == ATT_CONTROL_LESS_LIKE)
            return ATT_FAIL(err, ATT_INVALID, "less-like takes an item, not a tag: use block for \"%.*s\"",
                ATT_TEXT_ARGS(control->item));
        return ATT_OK;
    case ATT_CONTROL_RESET:
        return ATT_OK;
    case ATT_CONTROL_LIFE_EVENT:
        if (!(control->value >= -1 && control->value <= LIFE_EVENT_DAY_MAX) || control->value != floor(control->value))
            return ATT_FAIL(err, ATT_INVALID,
                "%s is %g, expected a whole day since 1970-01-01 up to %d, 0 for now, -1 to take it back", name,
                control->value, LIFE_EVENT_DAY_MAX);
        return ATT_OK;
    default:
        return ATT_FAIL(err, ATT_INVALID, "unknown control %d", (int)control->kind);
    }
}

static att_status run_control(att_engine *engine, att_write *write, att_error *err)
{
    const control_write *job = (const control_write *)write;
    att_record record = att_record_blank(engine, ATT_RECORD_CONTROL);
    record.signal = (uint8_t)job->control->kind;
    record.value = (float)job->control->value;
    att_status status = ATT_OK;
    if (names_item(job->control) && is_tag(job->control->item)) {
        record.payload = job->control->item.data;
        record.payload_size = job->control->item.size;
    } else if (names_item(job->control)) {
        record.item = att_names_find(&engine->catalogue.ids, job->control->item);
        if (record.item == ATT_NO_INDEX)
            return refuse_item(write, job->control->item);
    }
    status = att_engine_user_number(engine, job->user, &record.user, err);
    return status ? status : att_engine_append(engine, &record, 1, err);
}

att_status att_engine_control(
    att_engine *engine, att_text user, const att_control *control, att_error *err)
{
    const att_status status = check_control(user, control, err);
    if (status)
        return status;
    control_write job = {.write.run = run_control, .user = user, .control = control};
    return att_engine_commit(engine, &job.write, err);
}

att_policy att_engine_policy(att_engine *engine)
{
    pthread_rwlock_rdlock(&engine->state_lock);
    const att_policy policy = engine->policy;
    pthread_rwlock_unlock(&engine->state_lock);
    return policy;
}

att_status att_engine_meta_get(att_engine *engine, const char *key, att_bytes *out, att_error *err)
{
    pthread_mutex_lock(&engine->store_lock);
    const att_status status = att_store_meta_get(engine->store, key, out, err);
    pthread_mutex_unlock(&engine->store_lock);
    return status;
}
