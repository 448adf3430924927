// SPDX-License-Identifier: Apache-2.0
// Whatever the rows of a checkpoint, loading them ends in a status; what loads can be hashed, read, and
// goes on folding. Seed and rules in the head are set right, so that the rows are reached.
#include "rebuilt.h"

#include "signals/checkpoint.h"
#include "signals/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEED = 42 };

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
    const uint64_t head[2] = {SEED, att_policy_signals_hash(&policy)};
    size_t file_size = 0;
    unsigned char *file =
        rebuilt_container(data, size, ATT_FOLD_KIND, head, sizeof head, &file_size);
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
