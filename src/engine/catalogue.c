// SPDX-License-Identifier: Apache-2.0
// engine/catalogue.c - pools of titles and tags, and lists of the items behind each tag.
#include "engine/catalogue.h"

#include <math.h>

#define POOL_DEAD_LEAST 65536 // bytes, or tags, that replaced items may leave before the pools are swept

void att_catalogue_init(att_catalogue *catalogue, const att_host *host)
{
    *catalogue = (att_catalogue){.host = host};
    att_names_init(&catalogue->ids, host);
    att_names_init(&catalogue->tags, host);
    att_names_init(&catalogue->media, host);
}

void att_catalogue_deinit(att_catalogue *catalogue)
{
    const att_host *host = catalogue->host;
    att_names_deinit(&catalogue->ids);
    att_names_deinit(&catalogue->tags);
    att_names_deinit(&catalogue->media);
    for (size_t t = 0; t < catalogue->tagged.count; t++)
        ATT_VEC_FREE(host, &catalogue->tagged.items[t]);
    ATT_VEC_FREE(host, &catalogue->entries);
    ATT_VEC_FREE(host, &catalogue->titles);
    ATT_VEC_FREE(host, &catalogue->tag_lists);
    ATT_VEC_FREE(host, &catalogue->tagged);
}

uint32_t att_catalogue_id(att_catalogue *catalogue, att_text id)
{
    const uint32_t found = att_names_find(&catalogue->ids, id);
    if (found != ATT_NO_INDEX)
        return found;
    const att_entry blank = {.energy = NAN};
    if (!ATT_VEC_PUSH(catalogue->host, &catalogue->entries, blank))
        return ATT_NO_INDEX;
    const uint32_t index = att_names_add(&catalogue->ids, id);
    if (index == ATT_NO_INDEX)
        catalogue->entries.count--;
    return index;
}

static void untag(att_catalogue *catalogue, uint32_t index, const att_entry *entry)
{
    for (size_t t = 0; t < entry->tag_count; t++) {
        att_u32_vec *list = &catalogue->tagged.items[catalogue->tag_lists.items[entry->tags_at + t]];
        size_t kept = 0;
        for (size_t i = 0; i < list->count; i++)
            if (list->items[i] != index)
                list->items[kept++] = list->items[i];
        list->count = kept;
    }
}

static void unfresh(att_catalogue *catalogue, uint32_t index)
{
    size_t kept = 0;
    for (size_t i = 0; i < catalogue->fresh_count; i++)
        if (catalogue->fresh[i] != index)
            catalogue->fresh[kept++] = catalogue->fresh[i];
    catalogue->fresh_count = kept;
}

static void enfresh(att_catalogue *catalogue, uint32_t index)
{
    const int64_t published = catalogue->entries.items[index].published_at_ms;
    if (published <= 0)
        return;
    size_t at = catalogue->fresh_count;
    while (at > 0 && catalogue->entries.items[catalogue->fresh[at - 1]].published_at_ms < published)
        at--;
    if (at >= ATT_FRESH_MAX)
        return;
    if (catalogue->fresh_count < ATT_FRESH_MAX)
        catalogue->fresh_count++;
    memmove(catalogue->fresh + at + 1, catalogue->fresh + at,
        (catalogue->fresh_count - at - 1) * sizeof *catalogue->fresh);
    catalogue->fresh[at] = index;
}

static uint32_t tag_number(att_catalogue *catalogue, att_text tag)
{
    const uint32_t number = att_names_add(&catalogue->tags, tag);
    if (number == ATT_NO_INDEX || number > UINT16_MAX)
        return ATT_NO_INDEX;
    while (catalogue->tagged.count <= number) {
        const att_u32_vec none = {0};
        if (!ATT_VEC_PUSH(catalogue->host, &catalogue->tagged, none))
            return ATT_NO_INDEX;
    }
    return number;
}

static bool same_tags(
    const att_catalogue *catalogue, const att_entry *entry, const uint16_t *tags, size_t count)
{
    return entry->tag_count == count &&
           (count == 0 || memcmp(catalogue->tag_lists.items + entry->tags_at, tags, count * sizeof *tags) == 0);
}

// The pools written anew without what replaced items left behind. Without the memory for it, all stays as it is.
static void sweep_pools(att_catalogue *catalogue)
{
    const att_host *host = catalogue->host;
    ATT_VEC(char) titles = {0};
    ATT_VEC(uint16_t) lists = {0};
    if (!ATT_VEC_RESERVE(host, &titles, catalogue->titles.count - catalogue->dead_title_bytes) ||
        !ATT_VEC_RESERVE(host, &lists, catalogue->tag_lists.count - catalogue->dead_tags)) {
        ATT_VEC_FREE(host, &titles);
        ATT_VEC_FREE(host, &lists);
        return;
    }
    for (size_t i = 0; i < catalogue->entries.count; i++) {
        att_entry *entry = &catalogue->entries.items[i];
        if (entry->title_size)
            memcpy(titles.items + titles.count, catalogue->titles.items + entry->title_at, entry->title_size);
        if (entry->tag_count)
            memcpy(lists.items + lists.count, catalogue->tag_lists.items + entry->tags_at,
                entry->tag_count * sizeof *lists.items);
        entry->title_at = (uint32_t)titles.count;
        entry->tags_at = (uint32_t)lists.count;
        titles.count += entry->title_size;
        lists.count += entry->tag_count;
    }
    ATT_VEC_FREE(host, &catalogue->titles);
    ATT_VEC_FREE(host, &catalogue->tag_lists);
    memcpy(&catalogue->titles, &titles, sizeof titles);
    memcpy(&catalogue->tag_lists, &lists, sizeof lists);
    catalogue->dead_title_bytes = catalogue->dead_tags = 0;
}

// Room for one more item; what is dead goes first when it is the greater part.
static att_status reserve_pools(att_catalogue *catalogue, const att_item *item, att_error *err)
{
    if ((catalogue->dead_title_bytes > POOL_DEAD_LEAST &&
            catalogue->dead_title_bytes > catalogue->titles.count / 2) ||
        (catalogue->dead_tags > POOL_DEAD_LEAST && catalogue->dead_tags > catalogue->tag_lists.count / 2))
        sweep_pools(catalogue);
    if (catalogue->titles.count + item->title.size > UINT32_MAX ||
        catalogue->tag_lists.count + item->tag_count > UINT32_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "item \"%.*s\": titles pass 4 GiB, or items 4294967295 tags",
            ATT_TEXT_ARGS(item->id));
    if (!ATT_VEC_RESERVE(catalogue->host, &catalogue->titles, catalogue->titles.count + item->title.size) ||
        !ATT_VEC_RESERVE(catalogue->host, &catalogue->tag_lists, catalogue->tag_lists.count + item->tag_count))
        return att_no_memory(err, item->title.size, "bytes of title");
    return ATT_OK;
}

static float energy_of(const att_item *item)
{
    for (size_t f = 0; f < item->feature_count; f++)
        if (att_text_equal(item->features[f].name, ATT_LIT("energy")))
            return (float)fmin(1, fmax(0, item->features[f].value));
    return NAN;
}

att_status att_catalogue_put(
    att_catalogue *catalogue, uint32_t index, const att_item *item, att_error *err)
{
    const att_host *host = catalogue->host;
    assert(index < catalogue->entries.count);
    const att_status status = reserve_pools(catalogue, item, err);
    if (status)
        return status;
    const uint32_t medium = item->medium.size ? att_names_add(&catalogue->media, item->medium)
                                              : att_names_add(&catalogue->media, ATT_LIT("-"));
    if (medium > UINT16_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "item \"%.*s\": more than 65535 media in the catalogue",
            ATT_TEXT_ARGS(item->id));
    uint16_t tags[ATT_TAGS_MAX];
    size_t tag_count = 0; // a tag named twice counts once
    for (size_t t = 0; t < item->tag_count; t++) {
        const uint32_t number = tag_number(catalogue, item->tags[t]);
        if (number == ATT_NO_INDEX)
            return ATT_FAIL(err, ATT_LIMIT,
                "item \"%.*s\": tag \"%.*s\": out of memory, or more than 65535 tags in the catalogue",
                ATT_TEXT_ARGS(item->id), ATT_TEXT_ARGS(item->tags[t]));
        bool known = false;
        for (size_t k = 0; k < tag_count; k++)
            known |= tags[k] == number;
        if (known)
            continue;
        tags[tag_count++] = (uint16_t)number;
        att_u32_vec *list = &catalogue->tagged.items[number];
        if (!ATT_VEC_RESERVE(host, list, list->count + 1))
            return att_no_memory(err, list->count + 1, "items of a tag");
    }
    // From here on nothing fails.
    att_entry *entry = &catalogue->entries.items[index];
    const att_entry old = *entry;
    const bool retagged = !old.has_body || !same_tags(catalogue, &old, tags, tag_count);
    const bool retitled =
        old.title_size != item->title.size ||
        (old.title_size && memcmp(catalogue->titles.items + old.title_at, item->title.data, old.title_size) != 0);
    if (old.has_body) {
        if (retagged)
            untag(catalogue, index, &old);
        unfresh(catalogue, index);
    } else {
        catalogue->body_count++;
    }
    catalogue->taken_down_count -= old.taken_down;
    catalogue->taken_down_count += item->taken_down;
    *entry = (att_entry){.title_at = retitled ? (uint32_t)catalogue->titles.count : old.title_at,
        .title_size = (uint16_t)item->title.size,
        .tags_at = retagged ? (uint32_t)catalogue->tag_lists.count : old.tags_at,
        .tag_count = (uint16_t)tag_count,
        .medium = (uint16_t)medium,
        .has_body = 1,
        .taken_down = item->taken_down,
        .energy = energy_of(item),
        .boost = (float)item->boost,
        .events = old.events,
        .published_at_ms = item->published_at_ms,
        .duration_ms = item->duration_ms};
    if (retitled) {
        if (item->title.size)
            memcpy(catalogue->titles.items + catalogue->titles.count, item->title.data, item->title.size);
        catalogue->titles.count += item->title.size;
        catalogue->dead_title_bytes += old.title_size;
    }
    catalogue->tag_changes += retagged;
    if (retagged)
        catalogue->dead_tags += old.tag_count;
    for (size_t t = 0; t < tag_count && retagged; t++) {
        catalogue->tag_lists.items[catalogue->tag_lists.count++] = tags[t];
        att_u32_vec *list = &catalogue->tagged.items[tags[t]];
        list->items[list->count++] = index;
    }
    enfresh(catalogue, index);
    return ATT_OK;
}

void att_catalogue_drop(att_catalogue *catalogue, uint32_t index)
{
    if (index >= catalogue->entries.count || !catalogue->entries.items[index].has_body)
        return;
    att_entry *entry = &catalogue->entries.items[index];
    untag(catalogue, index, entry);
    unfresh(catalogue, index);
    catalogue->body_count--;
    catalogue->taken_down_count -= entry->taken_down;
    catalogue->dead_title_bytes += entry->title_size;
    catalogue->dead_tags += entry->tag_count;
    catalogue->tag_changes++;
    *entry = (att_entry){.energy = NAN, .events = entry->events, .duration_ms = entry->duration_ms};
}

void att_catalogue_take_down(att_catalogue *catalogue, uint32_t index, bool down)
{
    if (index >= catalogue->entries.count)
        return;
    att_entry *entry = &catalogue->entries.items[index];
    catalogue->taken_down_count += (size_t)down - entry->taken_down;
    entry->taken_down = down;
}

void att_catalogue_prefetch(const att_catalogue *catalogue, uint32_t index, int step)
{
    if (index >= catalogue->entries.count)
        return;
    const att_entry *entry = &catalogue->entries.items[index];
    att_names_prefetch_get(&catalogue->ids, index, step);
    if (step == 0)
        __builtin_prefetch(entry);
    else if (entry->title_size)
        __builtin_prefetch(catalogue->titles.items + entry->title_at);
}

att_text att_catalogue_title(const att_catalogue *catalogue, uint32_t index)
{
    if (index >= catalogue->entries.count)
        return (att_text){"", 0};
    const att_entry *entry = &catalogue->entries.items[index];
    if (!entry->title_size)
        return att_names_get(&catalogue->ids, index);
    return (att_text){catalogue->titles.items + entry->title_at, entry->title_size};
}

const uint16_t *att_catalogue_tags(const att_catalogue *catalogue, uint32_t index, size_t *count)
{
    *count = 0;
    if (index >= catalogue->entries.count)
        return NULL;
    const att_entry *entry = &catalogue->entries.items[index];
    *count = entry->tag_count;
    return entry->tag_count ? catalogue->tag_lists.items + entry->tags_at : NULL;
}

size_t att_catalogue_bytes(const att_catalogue *catalogue)
{
    size_t bytes = att_names_bytes(&catalogue->ids) + att_names_bytes(&catalogue->tags) +
                   att_names_bytes(&catalogue->media) +
                   catalogue->entries.capacity * sizeof(att_entry) + catalogue->titles.capacity +
                   catalogue->tag_lists.capacity * sizeof(uint16_t);
    for (size_t t = 0; t < catalogue->tagged.count; t++)
        bytes += catalogue->tagged.items[t].capacity * sizeof(uint32_t);
    return bytes;
}

static void *copy_array(att_arena *arena, const void *items, size_t count, size_t item_size, bool *good)
{
    if (!count)
        return NULL;
    void *copy = att_arena_alloc(arena, count, item_size);
    if (copy)
        memcpy(copy, items, count * item_size);
    else
        *good = false;
    return copy;
}

static att_text copy_text(att_arena *arena, att_text text, bool *good)
{
    const att_text copy = att_arena_text(arena, text);
    if (!copy.data)
        *good = false;
    return copy;
}

att_item *att_item_copy(att_arena *arena, const att_item *item)
{
    bool good = true;
    att_item *copy = ATT_NEW(arena, att_item, 1);
    if (!copy)
        return NULL;
    *copy = *item;
    copy->id = copy_text(arena, item->id, &good);
    copy->title = copy_text(arena, item->title, &good);
    copy->medium = copy_text(arena, item->medium, &good);
    copy->text = copy_text(arena, item->text, &good);
    att_text *tags = copy_array(arena, item->tags, item->tag_count, sizeof *tags, &good);
    for (size_t t = 0; good && t < item->tag_count; t++)
        tags[t] = copy_text(arena, item->tags[t], &good);
    copy->tags = tags;
    att_feature *features =
        copy_array(arena, item->features, item->feature_count, sizeof *features, &good);
    for (size_t f = 0; good && f < item->feature_count; f++)
        features[f].name = copy_text(arena, item->features[f].name, &good);
    copy->features = features;
    copy->vector = copy_array(arena, item->vector, item->vector_dim, sizeof *item->vector, &good);
    att_licence *licences =
        copy_array(arena, item->licences, item->licence_count, sizeof *licences, &good);
    for (size_t l = 0; good && l < item->licence_count; l++) {
        licences[l].include = copy_array(
            arena, item->licences[l].include, item->licences[l].include_count, sizeof(att_territory), &good);
        licences[l].exclude = copy_array(
            arena, item->licences[l].exclude, item->licences[l].exclude_count, sizeof(att_territory), &good);
    }
    copy->licences = licences;
    copy->licence_name = copy_text(arena, item->licence_name, &good);
    return good ? copy : NULL;
}
