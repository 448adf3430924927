// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes, decoding ends in a status; what decodes, encodes to the bytes it came from.
#include "store/model_record.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    att_model_record record, again;
    att_error err;
    unsigned char bytes[ATT_MODEL_RECORD_SIZE_MAX];
    if (att_model_record_decode(data, size, &record, &err) != ATT_OK) {
        expect(err.status != ATT_OK && err.text[0] != 0);
        return 0;
    }
    expect(memchr(record.kind, 0, sizeof record.kind) != NULL && memchr(record.why, 0, sizeof record.why) != NULL);
    const size_t encoded = att_model_record_encode(&record, bytes);
    expect(encoded <= sizeof bytes && (size == 0 || encoded <= size)); // shorter where a reason held a zero
    expect(att_model_record_decode(bytes, encoded, &again, &err) == ATT_OK);
    expect(again.act == record.act && again.log_seq == record.log_seq && again.trial.people == record.trial.people);
    return 0;
}
