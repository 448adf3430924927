// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes, decoding ends in a status; what decodes, encodes to something that decodes
// the same.
#include "store/decision.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
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
