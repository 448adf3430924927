// SPDX-License-Identifier: Apache-2.0
// guard/queue_save.c - the checkpoint of the queue: its entries in the order of the log, folded again when it is read.
//
// Kind "QUEU". One section "STAT", little-endian: 8 seed of the store, 8 last seq, 8 how many entries; then each:
//   8 seq, 8 at_ms, 8 decision (of which text; 0: of an item, or it opens a text's case), 4 person, 4 item, 4 bytes that
//   follow: a case record (store/case_record.c)
#include "guard/queue.h"

#include "store/bytes.h"
#include "store/case_record.h"
#include "store/snapshot.h"

#include <math.h>
#include <stdlib.h>

#define KIND ATT_TAG4('Q', 'U', 'E', 'U')
#define SECTION ATT_TAG4('S', 'T', 'A', 'T')
enum { VERSION = 1, ENTRY_SIZE = 36 };

typedef struct placed {
    const att_queue_case *c;
    const att_queue_entry *e;
} placed;

static int by_seq(const void *a, const void *b)
{
    const uint64_t x = ((const placed *)a)->e->seq, y = ((const placed *)b)->e->seq;
    return (x > y) - (x < y);
}

static att_case_record record_of(const placed *p)
{
    const bool opens = p->c->item == ATT_NO_INDEX && p->e->seq == p->c->seq;
    return (att_case_record){.act = p->e->act,
        .score = p->e->score,
        .by = att_queue_by(p->e),
        .reason = att_queue_reason(p->e),
        .matched = att_queue_matched(p->e),
        .text = opens ? (att_text){p->c->text, p->c->text_size} : (att_text){0}};
}

static att_status write_entries(const att_queue *queue, uint64_t seed, const placed *entries, size_t count, att_bytes *out, att_error *err)
{
    size_t size = 24;
    for (size_t i = 0; i < count; i++) {
        const att_case_record record = record_of(&entries[i]);
        size += ENTRY_SIZE + att_case_record_size(&record);
    }
    if (!ATT_VEC_RESERVE(&queue->host, out, size))
        return att_no_memory(err, size, "bytes of the queue");
    att_byte_writer writer = {(unsigned char *)out->items};
    att_put_u64(&writer, seed);
    att_put_u64(&writer, queue->last_seq);
    att_put_u64(&writer, count);
    for (size_t i = 0; i < count; i++) {
        const placed *p = &entries[i];
        const att_case_record record = record_of(p);
        const size_t payload = att_case_record_size(&record);
        att_put_u64(&writer, p->e->seq);
        att_put_u64(&writer, (uint64_t)p->e->at_ms);
        att_put_u64(&writer, p->e->seq == p->c->seq ? 0 : p->c->seq);
        att_put_u32(&writer, p->e->user);
        att_put_u32(&writer, p->c->item);
        att_put_u32(&writer, (uint32_t)payload);
        att_case_record_encode(&record, writer.at);
        writer.at += payload;
    }
    out->count = size;
    return ATT_OK;
}

att_status att_queue_save(const att_queue *queue, uint64_t seed, const char *path, att_error *err)
{
    size_t count = 0;
    for (size_t i = 0; i < queue->cases.count; i++)
        count += queue->cases.items[i].history.count;
    placed *entries = ATT_NEW_ARRAY(&queue->host, placed, count + 1);
    att_bytes bytes = {0};
    att_snapshot_writer *writer = NULL;
    att_status status = entries ? ATT_OK : att_no_memory(err, count, "entries of the queue");
    if (!status) {
        size_t at = 0;
        for (size_t i = 0; i < queue->cases.count; i++)
            for (size_t k = 0; k < queue->cases.items[i].history.count; k++)
                entries[at++] = (placed){&queue->cases.items[i], &queue->cases.items[i].history.items[k]};
        qsort(entries, count, sizeof *entries, by_seq);
        status = write_entries(queue, seed, entries, count, &bytes, err);
    }
    if (!status)
        status = att_snapshot_writer_create(&writer, KIND, VERSION, &queue->host, err);
    if (!status)
        status = att_snapshot_add(writer, SECTION, bytes.items, bytes.count, err);
    if (!status)
        status = att_snapshot_finish(writer, path, err);
    att_snapshot_writer_destroy(writer);
    ATT_VEC_FREE(&queue->host, &bytes);
    ATT_FREE_ARRAY(&queue->host, entries, count + 1);
    return status;
}

static att_status read_entry(att_queue *queue, att_byte_reader *in, att_error *err)
{
    att_record record = {.kind = ATT_RECORD_CASE, .value = NAN};
    record.seq = att_take_u64(in);
    record.at_ms = (int64_t)att_take_u64(in);
    record.decision = att_take_u64(in);
    record.user = att_take_u32(in);
    record.item = att_take_u32(in);
    record.payload_size = att_take_u32(in);
    record.payload = att_take(in, record.payload_size);
    if (in->bad || record.seq <= queue->last_seq)
        return ATT_FAIL(err, ATT_CORRUPT, "checkpoint of the queue: an entry behind record %llu is cut off or out of order",
            (unsigned long long)queue->last_seq);
    uint32_t item;
    return att_queue_apply(queue, &record, &item, err);
}

att_status att_queue_read(att_queue *queue, uint64_t seed, const void *data, size_t size, att_error *err)
{
    att_byte_reader in = {.at = data, .left = size};
    const uint64_t of_store = att_take_u64(&in), last_seq = att_take_u64(&in), count = att_take_u64(&in);
    if (in.bad || count > in.left / ENTRY_SIZE)
        return ATT_FAIL(err, ATT_CORRUPT, "checkpoint of the queue: %zu bytes for %llu entries", size, (unsigned long long)count);
    if (of_store != seed)
        return ATT_FAIL(err, ATT_VERSION, "checkpoint of the queue: of another store");
    att_status status = ATT_OK;
    for (uint64_t i = 0; i < count && !status; i++)
        status = read_entry(queue, &in, err);
    if (!status && (in.left || queue->last_seq > last_seq))
        status = ATT_FAIL(err, ATT_CORRUPT, "checkpoint of the queue: %zu bytes behind its end", in.left);
    queue->last_seq = last_seq;
    return status;
}

att_status att_queue_load(att_queue *queue, uint64_t seed, const char *path, att_error *err)
{
    att_snapshot *snapshot = NULL;
    uint32_t version;
    size_t size = 0;
    att_status status = att_snapshot_open(&snapshot, path, KIND, &version, &queue->host, err);
    if (!status && version != VERSION)
        status = ATT_FAIL(err, ATT_VERSION, "checkpoint of the queue: version %u, this build reads %d", version, VERSION);
    const void *data = status ? NULL : att_snapshot_section(snapshot, SECTION, &size);
    if (!status && !data)
        status = ATT_FAIL(err, ATT_CORRUPT, "checkpoint of the queue: it has no state");
    if (!status)
        status = att_queue_read(queue, seed, data, size, err);
    att_snapshot_close(snapshot);
    return status;
}
