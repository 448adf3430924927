// SPDX-License-Identifier: Apache-2.0
// Whatever a helper program writes, it is read as sound of the shape that its head tells, or refused with a story.
#include "music/wire.h"

#include "attune/audio.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct bytes {
    const uint8_t *data;
    size_t size;
} bytes;

static att_status pull(void *source, void *out, size_t size, size_t *got, att_error *err)
{
    bytes *b = source;
    (void)err;
    *got = ATT_MIN(size, b->size);
    memcpy(out, b->data, *got);
    b->data += *got;
    b->size -= *got;
    return ATT_OK;
}

static void need(bool condition)
{
    if (!condition)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bytes source = {data, size};
    att_wire wire;
    att_error err = {0};
    float samples[64];
    if (att_wire_open(&wire, pull, &source, &err)) {
        need(err.text[0] != 0);
        return 0;
    }
    need(wire.head.channels >= 1 && wire.head.channels <= ATT_AUDIO_CHANNELS_MAX && wire.head.rate_hz > 0);
    size_t got, all = 0, wanted = 64 / wire.head.channels * wire.head.channels;
    att_status status;
    do {
        status = att_wire_read(&wire, samples, wanted, &got, &err);
        need(got <= wanted);
        all += got;
    } while (!status && got == wanted);
    need(all * sizeof(float) <= size && (status ? err.text[0] != 0 : wire.ended && got % wire.head.channels == 0));
    return 0;
}
