// SPDX-License-Identifier: Apache-2.0
// engine/catalogue.h - what deciding needs to know of every item, in memory: title, medium, tags, a few numbers.
//
// The whole item stays in the store. Replaced titles and tag lists leave their old bytes in the pools until these
// are the greater part; then the pools are written anew. One writer; readers while nobody writes. Texts and tag lists
// are good until the next put.
#ifndef ATT_ENGINE_CATALOGUE_H
#define ATT_ENGINE_CATALOGUE_H

#include "attune/items.h"
#include "base/arena.h"
#include "base/names.h"

typedef struct att_entry {
    uint32_t title_at, tags_at; // into the pools
    uint16_t title_size, tag_count, medium;
    uint8_t has_body, taken_down;
    float energy;   // 0 … 1; NaN: not given
    float boost;
    uint32_t events; // that named it
    int64_t published_at_ms, duration_ms;
} att_entry;

#define ATT_FRESH_MAX 512

typedef ATT_VEC(uint32_t) att_u32_vec;

typedef struct att_catalogue {
    const att_host *host;
    att_names ids, tags, media;
    ATT_VEC(att_entry) entries; // one per id
    ATT_VEC(char) titles;
    ATT_VEC(uint16_t) tag_lists;
    size_t dead_title_bytes, dead_tags; // in the pools, of items that were replaced
    ATT_VEC(att_u32_vec) tagged; // items of each tag, in order of arrival
    uint32_t fresh[ATT_FRESH_MAX]; // newest published first
    size_t fresh_count;
    size_t body_count, taken_down_count;
    uint64_t tag_changes; // how often an item got other tags, or lost them
} att_catalogue;

void att_catalogue_init(att_catalogue *catalogue, const att_host *host);
void att_catalogue_deinit(att_catalogue *catalogue);
// Brings what id and title of an item are read from towards the caches, in two steps: 0, then 1.
void att_catalogue_prefetch(const att_catalogue *catalogue, uint32_t index, int step);
// Finds or adds an id. ATT_NO_INDEX: out of memory.
uint32_t att_catalogue_id(att_catalogue *catalogue, att_text id);
att_status att_catalogue_put(att_catalogue *catalogue, uint32_t index, const att_item *item, att_error *err);
void att_catalogue_take_down(att_catalogue *catalogue, uint32_t index, bool down);
// The body goes, the id and how often it was met stay.
void att_catalogue_drop(att_catalogue *catalogue, uint32_t index);
// Nothing for an index that is not there.
att_text att_catalogue_title(const att_catalogue *catalogue, uint32_t index); // the id when it has none
// Towards the caches, in two steps: 0, then 1.
static inline void att_catalogue_prefetch_tags(const att_catalogue *catalogue, uint32_t index, int step)
{
    if (index >= catalogue->entries.count)
        return;
    const att_entry *entry = &catalogue->entries.items[index];
    if (step == 0)
        __builtin_prefetch(entry);
    else if (entry->tag_count)
        __builtin_prefetch(catalogue->tag_lists.items + entry->tags_at);
}
const uint16_t *att_catalogue_tags(const att_catalogue *catalogue, uint32_t index, size_t *count);
size_t att_catalogue_bytes(const att_catalogue *catalogue);

// A deep copy in the arena; NULL: out of memory.
att_item *att_item_copy(att_arena *arena, const att_item *item);

#endif
