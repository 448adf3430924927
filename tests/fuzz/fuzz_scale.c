// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes, reading them as Scala's files ends in a status that tells the line; what is read gives every key a pitch or none.
#include "attune/compose.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static void expect_keys(const att_scale *scale, const att_keymap *map)
{
    double cents[128];
    bool mapped[128];
    att_scale_keys(scale, map, 60, cents, mapped);
    for (int key = 0; key < 128; key++)
        expect(isfinite(cents[key]) && (!mapped[key] || (cents[key] > -6000 && cents[key] < 20000)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char fifth[] = "fifths\n2\n3/2\n2/1\n";
    const att_text text = {(const char *)data, size};
    att_scale scale, plain;
    att_keymap map;
    att_error err = {0};
    if (att_scale_parse(&scale, text, "fuzz", &err)) {
        expect(strncmp(err.text, "fuzz:", 5) == 0);
    } else {
        expect(scale.count > 0 && scale.count <= ATT_SCALE_DEGREES_MAX);
        expect_keys(&scale, NULL);
    }
    err = (att_error){0};
    if (att_keymap_parse(&map, text, "fuzz", &err))
        return expect(strncmp(err.text, "fuzz:", 5) == 0), 0;
    expect(att_scale_parse(&plain, (att_text){fifth, sizeof fifth - 1}, "fifth", NULL) == ATT_OK);
    expect_keys(&plain, &map);
    return 0;
}
