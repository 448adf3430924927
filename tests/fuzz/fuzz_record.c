// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes, the body of a log record decodes or ends in a story; what decodes, encodes to a body that
// decodes the same.
#include "store/codec.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    att_record record = {0}, again = {0};
    att_error err = {0};
    if (att_record_body_decode(data, size, &record, &err) != ATT_OK) {
        expect(err.text[0] != 0);
        return 0;
    }
    const size_t encoded = att_record_body_size(&record);
    unsigned char *body = malloc(encoded);
    if (!body)
        return 0;
    att_record_body_encode(&record, body);
    expect(att_record_body_decode(body, encoded, &again, &err) == ATT_OK);
    expect(again.at_ms == record.at_ms && again.item == record.item);
    expect(att_text_equal(again.id, record.id) && again.payload_size == record.payload_size);
    expect(
        again.payload_size == 0 || memcmp(again.payload, record.payload, again.payload_size) == 0);
    expect(att_record_body_size(&again) == encoded);
    free(body);
    return 0;
}
