// SPDX-License-Identifier: Apache-2.0
// Whatever a file says it is, it is verified to an end, and read or refused with a story; what is read without a fault gives proofs
// that hold, and entries that read back to their own bytes or are told. The sums of the head are made right first, so that the
// fuzzer gets behind them.
#include "guard/prov_entry.h"
#include "guard/prov_file.h"
#include "store/bytes.h"

#include <stdlib.h>
#include <xxhash.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool condition)
{
    if (!condition)
        abort();
}

static void count(void *user, const att_provenance_fault *fault)
{
    need(fault->kind > ATT_PROVENANCE_FAULT_NONE && fault->kind < ATT_PROVENANCE_FAULT_COUNT && fault->text[0]);
    ++*(uint64_t *)user;
}

static void mend(unsigned char *bytes, size_t size)
{
    if (size < ATT_PROV_RECORDS_AT)
        return;
    uint64_t sum = XXH3_64bits(bytes, 120);
    memcpy(bytes + 120, &sum, sizeof sum);
    for (int slot = 0; slot < 2; slot++) {
        unsigned char *at = bytes + ATT_PROV_SLOT_AT + slot * ATT_PROV_SLOT_SIZE;
        sum = XXH3_64bits(at, ATT_PROV_SLOT_SIZE - 8);
        memcpy(at + ATT_PROV_SLOT_SIZE - 8, &sum, sizeof sum);
    }
    for (size_t at = ATT_PROV_RECORDS_AT; at + ATT_PROV_FRAME_SIZE <= size;) {
        unsigned char frame[14];
        memcpy(frame, bytes + at, 6);
        memcpy(frame + 6, bytes + at + 8, 8);
        const uint16_t low = (uint16_t)XXH3_64bits(frame, sizeof frame);
        memcpy(bytes + at + 6, &low, sizeof low);
        const uint32_t step = att_load_u32(bytes + at);
        if (step < ATT_PROV_FRAME_SIZE || step > size - at)
            break;
        at += step;
    }
}

static void read_entries(const att_prov_view *view, const att_host *host)
{
    att_arena arena;
    att_arena_init(&arena, host, 0);
    for (uint64_t i = 0; i < view->entries.count; i++) {
        att_prov_record record;
        att_provenance_entry entry;
        att_error err = {0};
        att_bytes line = {0};
        att_prov_view_entry(view, i, &record);
        if (att_prov_entry_read(record.body, &arena, &entry, &err)) {
            need(err.text[0] != 0);
            continue;
        }
        need(att_prov_entry_write(host, &line, &entry, NULL) == ATT_OK);
        need(line.count == record.body.size && memcmp(line.items, record.body.data, line.count) == 0);
        ATT_VEC_FREE(host, &line);
    }
    att_arena_deinit(&arena);
}

static void prove(att_prov_view *view)
{
    const uint64_t size = view->entries.count;
    att_hash root, leaf, hashes[ATT_PROOF_HASHES_MAX];
    size_t found;
    need(att_tree_root_of(att_prov_view_node, view, size, &root));
    for (uint64_t i = 0; i < size; i++) {
        need(att_prov_view_node(view, 0, i, &leaf) && att_tree_path(att_prov_view_node, view, i, size, hashes, &found));
        need(att_tree_path_holds(&leaf, i, size, hashes, found, &root));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const att_host host = att_host_default();
    att_provenance_verdict verdict;
    att_prov_view view;
    att_error err = {0};
    uint64_t told = 0;
    if (size > 16384)
        return 0;
    unsigned char *bytes = malloc(size + 1);
    need(bytes != NULL);
    memcpy(bytes, data, size);
    mend(bytes, size);
    const att_status verified = att_prov_verify_memory(bytes, size, NULL, &host, count, &told, &verdict, &err);
    need(verified == ATT_OK || verified == ATT_VERSION);
    need(told == ATT_MIN(verdict.faults, (uint64_t)100));
    err.text[0] = 0;
    if (att_prov_view_init(&view, bytes, size, &host, &err)) {
        need(err.text[0] != 0);
    } else {
        read_entries(&view, &host);
        if (!verdict.faults)
            prove(&view);
        att_prov_view_deinit(&view);
    }
    free(bytes);
    return 0;
}
