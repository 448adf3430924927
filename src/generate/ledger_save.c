// SPDX-License-Identifier: Apache-2.0
// generate/ledger_save.c - the checkpoint of the ledger: where its records lie in the log, so that opening a store reads these and no others.
//
// Kind "MADE". One section "STAT", little-endian: 8 seed of the store, 8 last seq, 8 how many records; then 8 each, the seq, rising.
// A record that is not there any more was of somebody who is forgotten.
#include "generate/ledger.h"

#include "store/bytes.h"
#include "store/snapshot.h"

#define KIND ATT_TAG4('M', 'A', 'D', 'E')
#define SECTION ATT_TAG4('S', 'T', 'A', 'T')
enum { VERSION = 1 };

att_status att_ledger_save(const att_ledger *ledger, uint64_t seed, const char *path, att_error *err)
{
    const size_t size = 24 + 8 * ledger->seqs.count;
    unsigned char *bytes = att_alloc(&ledger->host, size, 1);
    att_snapshot_writer *writer = NULL;
    if (!bytes)
        return att_no_memory(err, size, "bytes of a checkpoint");
    att_byte_writer out = {bytes};
    att_put_u64(&out, seed);
    att_put_u64(&out, ledger->last_seq);
    att_put_u64(&out, ledger->seqs.count);
    att_put(&out, ledger->seqs.items, 8 * ledger->seqs.count);
    att_status status = att_snapshot_writer_create(&writer, KIND, VERSION, &ledger->host, err);
    if (!status)
        status = att_snapshot_add(writer, SECTION, bytes, size, err);
    if (!status)
        status = att_snapshot_finish(writer, path, err);
    att_snapshot_writer_destroy(writer);
    att_free(&ledger->host, bytes, size, 1);
    return status;
}

att_status att_ledger_read(att_ledger_checkpoint *out, uint64_t seed, const void *data, size_t size, const att_host *host, att_error *err)
{
    att_byte_reader in = {.at = data, .left = size};
    const uint64_t of_store = att_take_u64(&in);
    out->last_seq = att_take_u64(&in);
    const uint64_t count = att_take_u64(&in);
    if (in.bad || in.left % 8 || count != in.left / 8)
        return ATT_FAIL(err, ATT_CORRUPT, "checkpoint of what was made: %zu bytes for %llu records", size, (unsigned long long)count);
    if (of_store != seed)
        return ATT_FAIL(err, ATT_VERSION, "checkpoint of what was made: of another store");
    if (!ATT_VEC_RESERVE(host, &out->seqs, (size_t)count))
        return att_no_memory(err, (size_t)count, "records of a checkpoint");
    for (out->seqs.count = 0; out->seqs.count < count; out->seqs.count++) {
        const uint64_t seq = att_take_u64(&in), before = out->seqs.count ? out->seqs.items[out->seqs.count - 1] : 0;
        if (seq <= before || seq > out->last_seq)
            return ATT_FAIL(err, ATT_CORRUPT, "checkpoint of what was made: record %llu is out of order", (unsigned long long)seq);
        out->seqs.items[out->seqs.count] = seq;
    }
    return ATT_OK;
}

att_status att_ledger_load(att_ledger_checkpoint *out, uint64_t seed, const char *path, const att_host *host, att_error *err)
{
    att_snapshot *snapshot = NULL;
    uint32_t version;
    size_t size = 0;
    *out = (att_ledger_checkpoint){0};
    att_status status = att_snapshot_open(&snapshot, path, KIND, &version, host, err);
    if (!status && version != VERSION)
        status = ATT_FAIL(err, ATT_VERSION, "checkpoint of what was made: version %u, this build reads %d", version, VERSION);
    const void *data = status ? NULL : att_snapshot_section(snapshot, SECTION, &size);
    if (!status && !data)
        status = ATT_FAIL(err, ATT_CORRUPT, "checkpoint of what was made: it has no state");
    if (!status)
        status = att_ledger_read(out, seed, data, size, host, err);
    att_snapshot_close(snapshot);
    return status;
}
