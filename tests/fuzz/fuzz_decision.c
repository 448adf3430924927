// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes, decoding ends in a status; what decodes, encodes to something that decodes
// the same. So does a pool behind the slots, and its numbers are in range.
#include "store/decision.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static void check_pool(const att_decision_record *decision)
{
    const att_host host = att_host_default();
    att_arena keep;
    att_decision_pool pool;
    att_error err = {0};
    att_arena_init(&keep, &host, 0);
    if (att_decision_pool_decode(decision->pool_data, decision->pool_size, decision->count, decision->terms, &keep, &pool, &err))
        expect(err.text[0] != 0);
    else {
        expect(pool.count > 0 && pool.slot_count == decision->count && att_decision_pool_size(&pool) == decision->pool_size);
        for (size_t s = 0; s < pool.slot_count; s++)
            expect(pool.slots[s].best < pool.count && pool.slots[s].chosen < pool.count && pool.slots[s].probability <= 1);
        unsigned char *bytes = malloc(decision->pool_size);
        if (bytes) {
            att_decision_pool_encode(&pool, bytes);
            expect(memcmp(bytes, decision->pool_data, decision->pool_size) == 0);
        }
        free(bytes);
    }
    att_arena_deinit(&keep);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    att_decided_slot slots[ATT_SLATE_MAX], again_slots[ATT_SLATE_MAX];
    att_decision_record decision, again;
    att_error err;
    if (att_decision_decode(data, size, &decision, slots, ATT_SLATE_MAX, &err) != ATT_OK) {
        expect(err.status != ATT_OK && err.text[0] != 0 && decision.count == 0);
        return 0;
    }
    if (decision.pool_size)
        check_pool(&decision);
    const size_t encoded = att_decision_size(&decision);
    unsigned char *bytes = malloc(encoded);
    if (!bytes)
        return 0;
    att_decision_encode(&decision, bytes);
    expect(att_decision_decode(bytes, encoded, &again, again_slots, ATT_SLATE_MAX, &err) == ATT_OK);
    expect(again.count == decision.count && again.seed == decision.seed);
    if (decision.count)
        expect(memcmp(slots, again_slots, decision.count * sizeof slots[0]) == 0);
    free(bytes);
    return 0;
}
