// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes, reading them as Vowpal Wabbit's text ends in a status that tells why; what is read is finite and within limits.
#include "ingest/vw.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static void expect_features(const att_choice_feature *features, size_t count)
{
    expect(count <= ATT_CHOICE_FEATURES_MAX);
    for (size_t i = 0; i < count; i++)
        expect(features[i].name.size <= 255 && features[i].name_space.size <= 255);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const att_host host = att_host_default();
    att_vw_reader reader;
    att_error err = {0};
    if (att_vw_reader_init(&reader, (att_text){(const char *)data, size}, "fuzz", &err)) {
        expect(err.text[0] != 0);
        return 0;
    }
    att_arena arena;
    att_arena_init(&arena, &host, 0);
    bool found = true;
    while (found) {
        att_vw_example example;
        att_arena_reset(&arena);
        if (att_vw_next(&reader, &arena, &example, &found, &err)) {
            expect(!found && err.text[0] != 0);
            break;
        }
        if (!found)
            break;
        expect(example.weight > 0 && example.option_count <= ATT_CHOICE_OPTIONS_MAX && example.line > 0);
        expect_features(example.features, example.feature_count);
        for (size_t a = 0; a < example.option_count; a++)
            expect_features(example.options[a].features, example.options[a].feature_count);
        for (size_t l = 0; l < example.label_count; l++)
            expect(example.labels[l].option < ATT_CHOICE_OPTIONS_MAX && !isinf(example.labels[l].cost));
    }
    att_arena_deinit(&arena);
    att_vw_reader_deinit(&reader);
    return 0;
}
