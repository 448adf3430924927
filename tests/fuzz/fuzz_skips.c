// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes, reading them as rates of early skips (section SKIP of a context file) ends in a status; what loads is saved to the
// same bytes and gives chances within their range.
#include "decide/skips.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool condition)
{
    if (!condition)
        abort();
}

static void use(const att_skips *skips)
{
    for (uint32_t item = 0; item < skips->item_count; item++) {
        const float chance = att_skips_chance(skips, skips->items[item], 0.5F);
        need(chance >= 0 && chance <= 1);
    }
    const size_t cells = (size_t)ATT_ACTIVITY_COUNT * skips->tag_count;
    for (size_t i = 0; i < cells; i++)
        need(skips->activities[i] >= -HUGE_VALF); // read to its end, and no NaN
    need(att_skips_rate(skips, 0, 0) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    att_skips *skips = NULL;
    att_error err = {0};
    if (att_skips_load(&skips, data, size, NULL, &err) != ATT_OK) {
        need(err.text[0] != 0 && skips == NULL);
        return 0;
    }
    need(att_skips_size(skips) == size);
    unsigned char *again = malloc(size);
    if (again) {
        att_skips_save(skips, again);
        need(memcmp(again, data, size) == 0);
    }
    use(skips);
    free(again);
    att_skips_destroy(skips);
    return 0;
}
