// SPDX-License-Identifier: Apache-2.0
// Whatever a list of phrases says, it is read or refused with a story; whatever the text, both searches find the same in it, and
// every match lies within it. The list ends at the first zero byte (or is the whole input), the text is what follows.
#include "guard/text_match.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool condition)
{
    if (!condition)
        abort();
}

static void search(const att_rules *rules, const att_folded *text, size_t size, att_arena *scratch, bool plain, att_phrase_match **out,
    size_t *count)
{
    const att_host host = att_host_default();
    att_matcher *matcher;
    need(att_matcher_create(&matcher, rules, NULL, plain, &host, NULL) == ATT_OK);
    need(att_matcher_find(matcher, text, scratch, out, count));
    for (size_t i = 0; i < *count; i++)
        need((*out)[i].begin < (*out)[i].end && (*out)[i].end <= size && (*out)[i].phrase < rules->phrases.count);
    att_matcher_destroy(matcher);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static att_folding *folding;
    const att_host host = att_host_default();
    att_rules rules;
    att_error err = {0};
    att_arena scratch;
    att_folded folded;
    if (size == 0 || size > 2048)
        return 0;
    if (!folding)
        need(att_folding_create(&folding, false, &host, NULL) == ATT_OK);
    const char *bytes = (const char *)data, *zero = memchr(bytes, 0, size);
    const size_t list = zero ? (size_t)(zero - bytes) : size, begin = zero ? list + 1 : size;
    if (att_rules_parse(&rules, "list", (att_text){bytes, list}, folding, &host, &err)) {
        need(err.text[0] != 0);
        return 0;
    }
    att_arena_init(&scratch, &host, 0);
    need(att_folding_text(folding, (att_text){bytes + begin, size - begin}, &scratch, &folded));
    att_phrase_match *fast, *plain;
    size_t fast_count, plain_count;
    search(&rules, &folded, size - begin, &scratch, false, &fast, &fast_count);
    search(&rules, &folded, size - begin, &scratch, true, &plain, &plain_count);
    need(fast_count == plain_count);
    for (size_t i = 0; i < fast_count; i++) // by field: between them lies padding
        need(fast[i].phrase == plain[i].phrase && fast[i].begin == plain[i].begin && fast[i].end == plain[i].end &&
             fast[i].how == plain[i].how && memcmp(&fast[i].score, &plain[i].score, sizeof fast[i].score) == 0);
    att_arena_deinit(&scratch);
    att_rules_deinit(&rules);
    return 0;
}
