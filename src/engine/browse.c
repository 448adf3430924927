// SPDX-License-Identifier: Apache-2.0
// engine/browse.c - walking the catalogue.
#include "engine/internal.h"

#include <ctype.h>

#define WORDS_MAX 16

typedef struct browsing {
    att_text words[WORDS_MAX];
    size_t word_count;
    att_item_seer *see;
    void *user;
    bool seen;
} browsing;

static bool holds_word(att_text text, att_text word)
{
    for (size_t at = 0; at + word.size <= text.size; at++) {
        size_t i = 0;
        while (i < word.size && tolower((unsigned char)text.data[at + i]) == tolower((unsigned char)word.data[i]))
            i++;
        if (i == word.size)
            return true;
    }
    return false;
}

static bool item_holds(const att_item *item, att_text word)
{
    bool held = holds_word(item->id, word) || holds_word(item->title, word) || holds_word(item->medium, word);
    for (size_t t = 0; t < item->tag_count && !held; t++)
        held = holds_word(item->tags[t], word);
    return held;
}

static bool see_fitting(void *user, uint32_t index, att_text id, const att_item *item)
{
    browsing *b = user;
    (void)index;
    (void)id;
    if (!item)
        return true;
    for (size_t w = 0; w < b->word_count; w++)
        if (!item_holds(item, b->words[w]))
            return true;
    b->seen = true;
    return b->see(b->user, item);
}

static void split_words(browsing *b, att_text query)
{
    size_t at = 0;
    while (at < query.size && b->word_count < WORDS_MAX) {
        while (at < query.size && query.data[at] == ' ')
            at++;
        const size_t start = at;
        while (at < query.size && query.data[at] != ' ')
            at++;
        if (at > start)
            b->words[b->word_count++] = (att_text){query.data + start, at - start};
    }
}

att_status att_engine_items_each(
    att_engine *engine, att_text query, att_item_seer *see, void *user, att_error *err)
{
    att_status status = att_engine_refresh(engine, err);
    if (status)
        return status;
    browsing b = {.see = see, .user = user};
    split_words(&b, query);
    pthread_mutex_lock(&engine->store_lock);
    status = att_store_items_each(engine->store, 0, see_fitting, &b, err);
    pthread_mutex_unlock(&engine->store_lock);
    return status;
}

att_status att_engine_item_see(
    att_engine *engine, att_text id, att_item_seer *see, void *user, att_error *err)
{
    att_status status = att_engine_refresh(engine, err);
    if (status)
        return status;
    browsing b = {.see = see, .user = user};
    pthread_mutex_lock(&engine->store_lock);
    const uint32_t index = att_names_find(&engine->catalogue.ids, id);
    if (index != ATT_NO_INDEX)
        status = att_store_item_see(engine->store, index, see_fitting, &b, err);
    pthread_mutex_unlock(&engine->store_lock);
    if (!status && !b.seen)
        return ATT_FAIL(err, ATT_NOT_FOUND, "item \"%.*s\" is not in the catalogue", ATT_TEXT_ARGS(id));
    return status;
}
