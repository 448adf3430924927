// SPDX-License-Identifier: Apache-2.0
// engine/models.c - the fold over records about models, and what is asked of it.
#include "engine/models.h"

typedef struct reading {
    att_model_log *log;
    const att_host *host;
    uint64_t wanted; // seq; 0: every record
    att_status status;
    att_error *err;
} reading;

static bool is_about_models(const att_record *record)
{
    return record->kind == ATT_RECORD_MODEL || record->kind == ATT_RECORD_MODEL_REFUSED;
}

const att_model_entry *att_model_log_in_force(const att_model_log *log)
{
    for (size_t i = log->count; i-- > 0;)
        if (!log->items[i].refused)
            return &log->items[i];
    return NULL;
}

const att_model_entry *att_model_log_of(const att_model_log *log, uint64_t version)
{
    for (size_t i = log->count; i-- > 0;)
        if (log->items[i].version == version)
            return &log->items[i];
    return NULL;
}

// Going back twice must not lead forth again: so it is the one before the first time, not before the last.
uint64_t att_model_log_before(const att_model_log *log)
{
    const att_model_entry *now = att_model_log_in_force(log);
    uint64_t before = 0;
    for (size_t i = 0; now && i < log->count; i++) {
        const att_model_entry *entry = &log->items[i];
        if (entry->refused)
            continue;
        if (entry->version == now->version)
            return before;
        before = entry->version;
    }
    return 0;
}

static bool is_among(const uint64_t *versions, size_t count, uint64_t version)
{
    for (size_t i = 0; i < count; i++)
        if (versions[i] == version)
            return true;
    return false;
}

size_t att_model_log_tried(const att_model_log *log, uint64_t *out, size_t capacity)
{
    size_t count = 0;
    for (size_t i = log->count; i-- > 0 && count < capacity;)
        if (!log->items[i].refused && !is_among(out, count, log->items[i].version))
            out[count++] = log->items[i].version;
    return count;
}

uint64_t att_model_log_newest(const att_model_log *log)
{
    uint64_t newest = 0;
    for (size_t i = 0; i < log->count; i++)
        newest = ATT_MAX(newest, log->items[i].version);
    return newest;
}

// Makes room for one: what is in force, what was before it, and the newest, stay.
static void drop_oldest(att_model_log *log)
{
    const att_model_entry *now = att_model_log_in_force(log);
    const uint64_t keep = now ? now->version : 0, before = att_model_log_before(log);
    for (size_t i = 0; i + 1 < log->count; i++) {
        const att_model_entry *entry = &log->items[i];
        if (!entry->refused && (entry->version == keep || entry->version == before))
            continue;
        memmove(log->items + i, log->items + i + 1, (log->count - i - 1) * sizeof *log->items);
        log->count--;
        return;
    }
}

att_status att_model_log_note(
    att_model_log *log, const att_record *record, const att_host *host, att_error *err)
{
    if (!is_about_models(record) || (log->count && record->seq <= log->items[log->count - 1].seq))
        return ATT_OK;
    att_model_entry entry = {.seq = record->seq,
        .at_ms = record->at_ms,
        .version = record->decision,
        .refused = record->kind == ATT_RECORD_MODEL_REFUSED};
    const att_status status =
        att_model_record_decode(record->payload, record->payload_size, &entry.r, err);
    if (status)
        return att_while(err, status, "log record %llu", (unsigned long long)record->seq);
    if (log->count >= ATT_MODEL_LOG_MAX)
        drop_oldest(log);
    if (!ATT_VEC_PUSH(host, log, entry))
        return att_no_memory(err, log->count, "versions of the model");
    return ATT_OK;
}

static bool note_one(void *user, const att_record *record)
{
    reading *r = user;
    if (r->wanted && record->seq != r->wanted)
        return false; // it is not there
    r->status = att_model_log_note(r->log, record, r->host, r->err);
    return !r->wanted && r->status == ATT_OK;
}

static att_status read_listed(reading *r, att_store *store, const att_bytes *seqs, att_error *err)
{
    att_status status = ATT_OK;
    for (size_t at = 0; at + sizeof r->wanted <= seqs->count && !status; at += sizeof r->wanted) {
        memcpy(&r->wanted, seqs->items + at, sizeof r->wanted);
        status = att_store_log_each(store, r->wanted, note_one, r, err);
        if (!status)
            status = r->status;
    }
    return status;
}

att_status att_model_log_read(
    att_model_log *log, att_store *store, bool has_files, const att_host *host, att_error *err)
{
    log->count = 0;
    reading r = {.log = log, .host = host, .err = err};
    att_bytes seqs = {0};
    att_status status = att_store_meta_get(store, ATT_MODELS_META, &seqs, err);
    if (status == ATT_OK) {
        status = read_listed(&r, store, &seqs, err);
    } else if (status == ATT_NOT_FOUND) {
        status = has_files ? att_store_log_each(store, 1, note_one, &r, err) : ATT_OK;
        if (!status)
            status = r.status;
    }
    ATT_VEC_FREE(host, &seqs);
    return status;
}

uint64_t *att_model_log_seqs(const att_model_log *log, const att_host *host, size_t *size)
{
    *size = log->count * sizeof(uint64_t);
    uint64_t *seqs = ATT_NEW_ARRAY(host, uint64_t, log->count);
    for (size_t i = 0; seqs && i < log->count; i++)
        seqs[i] = log->items[i].seq;
    return seqs;
}
