// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes, decoding a choice ends in a status; what decodes, encodes to the same bytes.
#include "store/choice.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const att_host host = att_host_default();
    att_arena arena;
    att_choice_record choice;
    att_error err = {0};
    att_arena_init(&arena, &host, 0);
    if (att_choice_decode(data, size, &arena, &choice, &err) != ATT_OK) {
        expect(err.status != ATT_OK && err.text[0] != 0);
    } else {
        expect(att_choice_size(&choice) == size && choice.shown < choice.option_count);
        unsigned char *bytes = malloc(size);
        if (bytes) {
            att_choice_encode(&choice, bytes);
            expect(memcmp(bytes, data, size) == 0);
        }
        free(bytes);
    }
    att_arena_deinit(&arena);
    return 0;
}
