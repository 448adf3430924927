// SPDX-License-Identifier: Apache-2.0
// measure/dataset.c - preferences and items, one at a time.
#include "measure/dataset.h"

#include <math.h>

#define OBSERVATIONS_MAX ((size_t)UINT32_MAX - 1)

att_status att_dataset_create(
    att_dataset **out, const char *name, const att_host *host, att_error *err)
{
    *out = NULL;
    const att_host full = att_host_complete(host);
    att_dataset *dataset = ATT_NEW_ARRAY(&full, att_dataset, 1);
    if (!dataset)
        return att_no_memory(err, 1, "dataset");
    dataset->host = full;
    att_arena_init(&dataset->life, &dataset->host, 0);
    att_names_init(&dataset->users, &dataset->host);
    att_names_init(&dataset->items, &dataset->host);
    dataset->name = att_arena_printf(&dataset->life, "%s", name);
    if (!dataset->name) {
        att_dataset_destroy(dataset);
        return att_no_memory(err, 1, "dataset");
    }
    *out = dataset;
    return ATT_OK;
}

void att_dataset_destroy(att_dataset *dataset)
{
    if (!dataset)
        return;
    const att_host host = dataset->host;
    ATT_VEC_FREE(&host, &dataset->seen);
    ATT_VEC_FREE(&host, &dataset->bodies);
    att_names_deinit(&dataset->users);
    att_names_deinit(&dataset->items);
    att_arena_deinit(&dataset->life);
    ATT_FREE_ARRAY(&host, dataset, 1);
}

static att_status check_id(att_text id, const char *field, att_error *err)
{
    if (id.size == 0 || id.size > 255)
        return ATT_FAIL(
            err, ATT_INVALID, "field \"%s\" has %zu bytes, expected 1 to 255", field, id.size);
    return ATT_OK;
}

static att_status check_observation(att_text user, att_text item, double weight, att_error *err)
{
    att_status status = check_id(user, "user", err);
    if (!status)
        status = check_id(item, "item", err);
    if (!status && !(weight > 0.0 && isfinite((float)weight)))
        status =
            ATT_FAIL(err, ATT_INVALID, "field \"weight\" is %g, expected a number above 0", weight);
    return status;
}

att_status att_dataset_add(att_dataset *dataset, att_text user, att_text item, int64_t at_ms,
    double weight, att_error *err)
{
    return att_dataset_add_in(dataset, user, item, at_ms, weight, 0, err);
}

att_status att_dataset_add_in(att_dataset *dataset, att_text user, att_text item, int64_t at_ms,
    double weight, uint16_t situation, att_error *err)
{
    const att_status status = check_observation(user, item, weight, err);
    if (status)
        return status;
    if (dataset->seen.count >= OBSERVATIONS_MAX)
        return ATT_FAIL(
            err, ATT_LIMIT, "a dataset holds at most %zu preferences", OBSERVATIONS_MAX);
    const uint32_t user_index = att_names_add(&dataset->users, user);
    const uint32_t item_index = att_names_add(&dataset->items, item);
    const att_observation one = {
        at_ms, user_index, item_index, (float)weight, situation, (uint32_t)dataset->seen.count};
    if (user_index == ATT_NO_INDEX || item_index == ATT_NO_INDEX ||
        !ATT_VEC_PUSH(&dataset->host, &dataset->seen, one))
        return att_no_memory(err, dataset->seen.count + 1, "preferences");
    dataset->situated |= situation != 0;
    const bool first = dataset->seen.count == 1;
    dataset->first_ms = first ? at_ms : ATT_MIN(dataset->first_ms, at_ms);
    dataset->last_ms = first ? at_ms : ATT_MAX(dataset->last_ms, at_ms);
    return ATT_OK;
}

// False: out of memory.
static bool copy_text(att_arena *life, att_text *text)
{
    if (text->size == 0)
        return true;
    *text = att_arena_text(life, *text);
    return text->data != NULL;
}

static bool copy_bytes(att_arena *life, const void **data, size_t count, size_t item_size)
{
    if (count == 0) {
        *data = NULL;
        return true;
    }
    void *copy = att_arena_alloc(life, count, item_size);
    if (copy)
        memcpy(copy, *data, count * item_size);
    *data = copy;
    return copy != NULL;
}

static bool copy_tags(att_arena *life, att_item *item)
{
    if (!copy_bytes(life, (const void **)&item->tags, item->tag_count, sizeof *item->tags))
        return false;
    att_text *tags = (att_text *)item->tags;
    for (size_t i = 0; i < item->tag_count; i++)
        if (!copy_text(life, &tags[i]))
            return false;
    return true;
}

static bool copy_features(att_arena *life, att_item *item)
{
    if (!copy_bytes(
            life, (const void **)&item->features, item->feature_count, sizeof *item->features))
        return false;
    att_feature *features = (att_feature *)item->features;
    for (size_t i = 0; i < item->feature_count; i++)
        if (!copy_text(life, &features[i].name))
            return false;
    return true;
}

// Licences do not matter to what is measured here and are not kept.
static const att_item *copy_item(att_arena *life, const att_item *item)
{
    att_item *copy = ATT_NEW(life, att_item, 1);
    if (!copy)
        return NULL;
    *copy = *item;
    copy->licences = NULL;
    copy->licence_count = 0;
    const bool whole =
        copy_text(life, &copy->id) && copy_text(life, &copy->title) &&
        copy_text(life, &copy->medium) && copy_text(life, &copy->text) && copy_tags(life, copy) &&
        copy_features(life, copy) &&
        copy_bytes(life, (const void **)&copy->vector, copy->vector_dim, sizeof *copy->vector);
    return whole ? copy : NULL;
}

att_status att_dataset_item(att_dataset *dataset, const att_item *item, att_error *err)
{
    const att_status status = check_id(item->id, "id", err);
    if (status)
        return status;
    const uint32_t index = att_names_add(&dataset->items, item->id);
    if (index == ATT_NO_INDEX ||
        !ATT_VEC_RESERVE(&dataset->host, &dataset->bodies, (size_t)index + 1))
        return att_no_memory(err, (size_t)dataset->items.count + 1, "items");
    while (dataset->bodies.count <= index)
        dataset->bodies.items[dataset->bodies.count++] = NULL;
    const att_item *copy = copy_item(&dataset->life, item);
    if (!copy)
        return att_no_memory(err, 1, "item");
    dataset->described += dataset->bodies.items[index] == NULL;
    dataset->bodies.items[index] = copy;
    return ATT_OK;
}

void att_dataset_info_get(const att_dataset *dataset, att_dataset_info *out)
{
    *out = (att_dataset_info){.name = dataset->name,
        .preferences = dataset->seen.count,
        .users = dataset->users.count,
        .items = dataset->items.count,
        .described = dataset->described,
        .first_ms = dataset->first_ms,
        .last_ms = dataset->last_ms,
        .untimed = dataset->untimed};
}
