// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes: as a text they fold, are read, and compare with themselves as the same; as a labelled file they are read or
// refused with a story. The first line of the file is the mapping.
#include "guard/text_near.h"
#include "guard/text_read.h"
#include "guard/text_rows.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool condition)
{
    if (!condition)
        abort();
}

static void check_text(const att_folding *folding, att_text text, att_arena *scratch)
{
    const att_host host = att_host_default();
    att_folded folded;
    att_reading reading;
    att_vocabulary *words;
    att_near_view view;
    need(att_folding_text(folding, text, scratch, &folded));
    for (size_t i = 0; i < folded.count; i++)
        need(folded.symbols[i].begin < folded.symbols[i].end && folded.symbols[i].end <= text.size);
    need(att_vocabulary_create(&words, &host, NULL) == ATT_OK && att_vocabulary_count(words, &folded, NULL) == ATT_OK &&
         att_vocabulary_close(words, 1, NULL) == ATT_OK);
    need(att_read_text(words, &folded, scratch, &reading));
    for (size_t i = 0; i < reading.count; i++)
        need(reading.tokens[i].begin < reading.tokens[i].end && reading.tokens[i].end <= text.size && reading.tokens[i].word.size > 0);
    att_vocabulary_destroy(words);
    need(att_near_view_of(folding, text, scratch, &view));
    const att_near_runs *runs = att_near_runs_of(&view, scratch);
    need(runs && att_near_longest(runs, &view) == view.letter_count);
    need(view.shingle_count == 0 || att_near_jaccard(&view, &view) == 1);
}

static void check_rows(const char *bytes, size_t size, att_arena *scratch)
{
    att_labelled rows;
    att_error err = {0};
    const char *end = memchr(bytes, '\n', size);
    const size_t first = end ? (size_t)(end - bytes) : size, body = end ? first + 1 : size;
    const char *mapping = att_arena_printf(scratch, "%.*s", (int)first, bytes);
    need(mapping != NULL);
    if (att_labelled_parse(&rows, "file", (att_text){bytes + body, size - body}, mapping, NULL, &err))
        need(err.text[0] != 0);
    else
        att_labelled_deinit(&rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static att_folding *folding[2];
    const att_host host = att_host_default();
    att_arena scratch;
    if (size == 0 || size > 2048)
        return 0;
    for (int plain = 0; plain < 2; plain++) {
        if (!folding[plain])
            need(att_folding_create(&folding[plain], plain, &host, NULL) == ATT_OK);
        att_arena_init(&scratch, &host, 0);
        check_text(folding[plain], (att_text){(const char *)data, size}, &scratch);
        att_arena_deinit(&scratch);
    }
    att_arena_init(&scratch, &host, 0);
    check_rows((const char *)data, size, &scratch);
    att_arena_deinit(&scratch);
    return 0;
}
