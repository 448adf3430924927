// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes, the body of an item decodes or ends in a story; what decodes, encodes to the same bytes.
#include "store/codec.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static void check_round_trip(const att_item *item, const uint8_t *data, size_t size)
{
    size_t encoded = 0;
    expect(att_item_body_size(item, &encoded, NULL) == ATT_OK && encoded == size);
    unsigned char *body = malloc(encoded);
    if (!body)
        return;
    att_item_body_encode(item, body);
    expect(memcmp(body, data, size) == 0);
    free(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const att_host host = att_host_default();
    att_arena arena;
    att_arena_init(&arena, &host, 4096);
    att_item item = {0};
    att_error err = {0};
    if (att_item_body_decode(data, size, &arena, &item, &err) == ATT_OK)
        check_round_trip(&item, data, size);
    else
        expect(err.text[0] != 0);
    att_arena_deinit(&arena);
    return 0;
}
