// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes, reading them as lifts of contexts ends in a status; what loads is saved to the same bytes and
// gives fits within their range.
#include "decide/context.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool condition)
{
    if (!condition)
        abort();
}

static void use(const att_context_model *model)
{
    const att_context context = {1, 1, 1, 1, 60};
    const uint16_t tags[] = {0, 1, UINT16_MAX};
    const float fit = att_context_lookup(model, &context, 1700000000000, tags, 3);
    need(fit >= -1 && fit <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    att_context_model *model = NULL;
    att_error err = {0};
    if (att_context_load(&model, data, size, NULL, &err) != ATT_OK) {
        need(err.text[0] != 0 && model == NULL);
        return 0;
    }
    unsigned char *again = malloc(size);
    need(att_context_size(model) == size);
    if (again) {
        att_context_save(model, again);
        need(memcmp(again, data, size) == 0);
    }
    use(model);
    free(again);
    att_context_model_destroy(model);
    return 0;
}
