// SPDX-License-Identifier: Apache-2.0
// Whatever the rows of a checkpoint, loading them ends in a status; what loads can be hashed, read, and
// goes on folding. The input is cut into sections; head, seed and rules are set right, so that the rows are reached.
#include "signals/checkpoint.h"
#include "signals/policy.h"

#include <stdlib.h>
#include <xxhash.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 64, ENTRY = 48, SECTIONS = 9, SEED = 42 };

static const uint32_t ids[SECTIONS] = {ATT_FOLD_HEAD, ATT_FOLD_PEOPLE, ATT_FOLD_PREFERENCES,
    ATT_FOLD_SHOWN, ATT_FOLD_RARE, ATT_FOLD_LISTS, ATT_FOLD_TAG_SIZES, ATT_FOLD_TAG_NAMES,
    ATT_FOLD_SEEN};

static void put_hash(unsigned char *at, XXH128_hash_t hash)
{
    memcpy(at, &hash.low64, 8);
    memcpy(at + 8, &hash.high64, 8);
}

// A file of nine sections; the first bytes of the input say how long each is.
static unsigned char *build(const uint8_t *data, size_t size, size_t *file_size)
{
    size_t lengths[SECTIONS], total = 0;
    for (size_t i = 0; i < SECTIONS; i++) {
        lengths[i] = i == 0     ? sizeof(att_fold_head)
                     : size > 2 ? (size_t)data[0] * 4 + data[1] % 4
                                : 0;
        if (i && size > 2) {
            data += 2;
            size -= 2;
        }
        total += (lengths[i] + 63) / 64 * 64;
    }
    const size_t first = (HEAD + ENTRY * SECTIONS + 63) / 64 * 64;
    unsigned char *file = aligned_alloc(64, first + total + 64);
    if (!file)
        return NULL;
    memset(file, 0, first + total + 64);
    memcpy(file, "ATTSNAP\n\1\0\0\0FOLD\1\0\0\0\11\0\0\0", 24);
    size_t at = first;
    for (size_t i = 0; i < SECTIONS; i++) {
        const size_t take = ATT_MIN(lengths[i], size);
        memcpy(file + at, data, take);
        data += take;
        size -= take;
        if (i == 0) {
            att_policy policy = att_policy_default();
            const uint64_t seed = SEED, hash = att_policy_signals_hash(&policy);
            memcpy(file + at, &seed, 8);
            memcpy(file + at + 8, &hash, 8);
        }
        unsigned char *entry = file + HEAD + ENTRY * i;
        const uint64_t offset = at, length = lengths[i];
        memcpy(entry, &ids[i], 4);
        memcpy(entry + 8, &offset, 8);
        memcpy(entry + 16, &length, 8);
        put_hash(entry + 24, XXH3_128bits(file + at, lengths[i]));
        *file_size = at + lengths[i];
        at = (*file_size + 63) / 64 * 64;
    }
    const uint64_t whole = *file_size;
    memcpy(file + 24, &whole, 8);
    put_hash(file + 32, XXH3_128bits(file, HEAD + ENTRY * SECTIONS));
    return file;
}

static void go_on(att_people *people)
{
    uint8_t digest[16];
    att_people_digest(people, digest);
    for (uint32_t user = 0; user < 3; user++) {
        att_record record = {.kind = ATT_RECORD_EVENT,
            .seq = att_people_last_seq(people) + 1,
            .at_ms = 1700000000000,
            .signal = ATT_SIGNAL_COMPLETE,
            .user = user,
            .item = user,
            .id = {"x", 1}};
        if (record.seq && att_people_apply(people, &record, NULL) != ATT_OK)
            return;
    }
    const att_record forget = {
        .kind = ATT_RECORD_FORGET, .seq = att_people_last_seq(people) + 1, .user = 1};
    if (forget.seq && att_people_apply(people, &forget, NULL) != ATT_OK)
        return;
    att_people_digest(people, digest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const att_policy policy = att_policy_default();
    size_t file_size = 0;
    unsigned char *file = build(data, size, &file_size);
    att_people *people = NULL;
    att_snapshot *snapshot = NULL;
    uint32_t version;
    att_error err;
    if (file && att_people_create(&people, &policy, SEED, NULL, &err) == ATT_OK &&
        att_snapshot_open_memory(&snapshot, file, file_size, ATT_FOLD_KIND, &version, NULL, &err) ==
            ATT_OK &&
        att_people_load_from(people, snapshot, &err) == ATT_OK)
        go_on(people);
    att_snapshot_close(snapshot);
    att_people_destroy(people);
    free(file);
    return 0;
}
