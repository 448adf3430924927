// SPDX-License-Identifier: Apache-2.0
// Whatever the sections of a text model hold, it is refused with a story, or it scores a text without harm. They are put into a
// right container first (rebuilt.h): changed bytes would never pass its checksums.
#include "guard/text_model.h"

#include "rebuilt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void score(const att_text_model *model)
{
    static att_folding *folding;
    const att_host host = att_host_default();
    double scores[ATT_MODEL_TARGETS_MAX];
    att_arena scratch;
    att_folded folded;
    att_reading reading;
    if (!folding && att_folding_create(&folding, false, &host, NULL))
        abort();
    att_arena_init(&scratch, &host, 0);
    if (!att_folding_text(folding, ATT_LIT("you n1twit, w.e play music"), &scratch, &folded) ||
        !att_read_text(model->vocabulary, &folded, &scratch, &reading) || !att_text_model_score(model, &reading, &scratch, scores))
        abort();
    for (size_t i = 0; i <= model->category_count; i++)
        if (!(scores[i] >= 0 && scores[i] <= 1))
            abort();
    if (att_text_model_class(model, scores) > model->category_count)
        abort();
    att_arena_deinit(&scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    att_text_model model;
    att_error err = {0};
    size_t file_size;
    if (size < 2)
        return 0;
    unsigned char *file = rebuilt_container(data, size, ATT_TAG4('T', 'X', 'T', 'F'), NULL, 0, &file_size);
    if (!file)
        return 0;
    if (att_text_model_load_memory(&model, file, file_size, NULL, &err) == ATT_OK) {
        score(&model);
        att_text_model_deinit(&model);
    } else if (!err.text[0]) {
        abort();
    }
    free(file);
    return 0;
}
