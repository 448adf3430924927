// SPDX-License-Identifier: Apache-2.0
// engine/situations.c - what a situation wants of an item, told wish by wish for whoever asks why.
//
// The slate adds up fits that were computed when items arrived (decide/wishes.h). The values themselves stay in the store and are read
// here, outside of the request, from the item as it is now.
#include "engine/internal.h"

typedef struct telling {
    const att_engine *engine;
    const att_context *context;
    att_wish_met *out;
    size_t capacity, count;
    bool seen;
} telling;

static bool holds(const att_context *context, const att_wish *wish)
{
    return att_facet_class_of(context, (att_facet)wish->facet) == wish->which && wish->weight > 0;
}

static bool tell(void *user, uint32_t index, att_text id, const att_item *item)
{
    telling *t = user;
    (void)index, (void)id;
    t->seen = item != NULL;
    for (size_t e = 0; item && e < t->engine->wishes.entries.count && t->count < t->capacity; e++) {
        const att_wish_entry *entry = &t->engine->wishes.entries.items[e];
        if (!holds(t->context, &entry->wish) || (entry->medium && !att_text_equal(item->medium, att_text_of(entry->medium))))
            continue;
        att_wish_met *met = &t->out[t->count++];
        *met = (att_wish_met){.wish = entry->wish};
        for (size_t f = 0; f < item->feature_count && !met->is_known; f++)
            if (att_text_equal(item->features[f].name, att_text_of(entry->wish.feature))) {
                met->is_known = true;
                met->value = item->features[f].value;
                met->fit = att_wish_fit(&entry->wish, met->value);
            }
    }
    return true;
}

att_status att_engine_wishes_see(
    att_engine *engine, const att_context *context, att_text item, att_wish_met *out, size_t capacity, size_t *count, att_error *err)
{
    telling t = {.engine = engine, .context = context, .out = out, .capacity = capacity};
    *count = 0;
    att_status status = att_engine_refresh(engine, err);
    if (status)
        return status;
    pthread_mutex_lock(&engine->store_lock);
    pthread_rwlock_rdlock(&engine->state_lock);
    const uint32_t index = att_names_find(&engine->catalogue.ids, item);
    status = att_engine_state_check(engine, err);
    if (!status && index != ATT_NO_INDEX)
        status = att_store_item_see(engine->store, index, tell, &t, err);
    pthread_rwlock_unlock(&engine->state_lock);
    pthread_mutex_unlock(&engine->store_lock);
    if (!status && !t.seen)
        return ATT_FAIL(err, ATT_NOT_FOUND, "item \"%.*s\" is not in the catalogue", ATT_TEXT_ARGS(item));
    *count = t.count;
    return status;
}
