// SPDX-License-Identifier: Apache-2.0
// measure/table.c - what was added, made dense: doubles merged, short histories left out.
#include "measure/dataset.h"

#include <stdlib.h>

static int by_pair(const void *a, const void *b)
{
    const att_observation *x = a, *y = b;
    if (x->user != y->user)
        return x->user < y->user ? -1 : 1;
    if (x->item != y->item)
        return x->item < y->item ? -1 : 1;
    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static int by_time(const void *a, const void *b)
{
    const att_observation *x = a, *y = b;
    if (x->user != y->user)
        return x->user < y->user ? -1 : 1;
    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

// The last of each pair stays.
static size_t merge_doubles(att_observation *seen, size_t count)
{
    size_t kept = 0;
    qsort(seen, count, sizeof *seen, by_pair);
    for (size_t i = 0; i < count; i++)
        if (i + 1 == count || seen[i].user != seen[i + 1].user || seen[i].item != seen[i + 1].item)
            seen[kept++] = seen[i];
    return kept;
}

static size_t drop_short(att_observation *seen, size_t count, uint32_t least, uint32_t *users_short)
{
    size_t kept = 0;
    for (size_t start = 0, end; start < count; start = end) {
        for (end = start; end < count && seen[end].user == seen[start].user; end++)
            ;
        if (end - start < least) {
            ++*users_short;
            continue;
        }
        memmove(seen + kept, seen + start, (end - start) * sizeof *seen);
        kept += end - start;
    }
    return kept;
}

// item_of[id] is the dense number of an item that is left, ATT_NO_INDEX of others.
static bool number_items(att_table *table, const att_observation *seen, uint32_t *item_of,
    uint32_t names, att_arena *life)
{
    for (uint32_t i = 0; i < names; i++)
        item_of[i] = ATT_NO_INDEX;
    for (uint32_t i = 0; i < table->count; i++)
        item_of[seen[i].item] = 0;
    for (uint32_t i = 0; i < names; i++)
        if (item_of[i] == 0)
            item_of[i] = table->items++;
    table->item_id = ATT_NEW(life, uint32_t, table->items + 1);
    for (uint32_t i = 0; table->item_id && i < names; i++)
        if (item_of[i] != ATT_NO_INDEX)
            table->item_id[item_of[i]] = i;
    return table->item_id != NULL;
}

static bool fill(
    att_table *table, const att_observation *seen, const uint32_t *item_of, att_arena *life)
{
    for (uint32_t i = 0; i < table->count; i++)
        table->users += i == 0 || seen[i].user != seen[i - 1].user;
    table->user_start = ATT_NEW(life, uint32_t, table->users + 1);
    table->user_id = ATT_NEW(life, uint32_t, table->users + 1);
    table->item = ATT_NEW(life, uint32_t, table->count + 1);
    table->at_ms = ATT_NEW(life, int64_t, table->count + 1);
    table->weight = ATT_NEW(life, float, table->count + 1);
    const bool situated = table->dataset->situated;
    table->situation = situated ? ATT_NEW(life, uint16_t, table->count + 1) : NULL;
    if (!table->user_start || !table->user_id || !table->item || !table->at_ms || !table->weight ||
        (situated && !table->situation))
        return false;
    uint32_t user = 0;
    for (uint32_t i = 0; i < table->count; i++) {
        if (i == 0 || seen[i].user != seen[i - 1].user) {
            table->user_start[user] = i;
            table->user_id[user++] = seen[i].user;
        }
        table->item[i] = item_of[seen[i].item];
        table->at_ms[i] = seen[i].at_ms;
        table->weight[i] = seen[i].weight;
        if (situated)
            table->situation[i] = seen[i].situation;
    }
    table->user_start[table->users] = table->count;
    return true;
}

static bool add_tags(att_table *table, att_names *names, uint32_t item)
{
    const att_item *body = att_table_body(table, item);
    uint32_t *own = table->tags + table->tag_start[item], count = 0;
    for (size_t t = 0; body && t < body->tag_count; t++) {
        own[count] = att_names_add(names, body->tags[t]);
        if (own[count++] == ATT_NO_INDEX)
            return false;
    }
    qsort(own, count, sizeof *own, att_order_u32);
    uint32_t distinct = 0;
    for (uint32_t t = 0; t < count; t++)
        if (t == 0 || own[t] != own[t - 1])
            own[distinct++] = own[t];
    table->tag_start[item + 1] = table->tag_start[item] + distinct;
    return true;
}

static bool number_tags(att_table *table, att_arena *life)
{
    size_t most = 0;
    for (uint32_t i = 0; i < table->items; i++) {
        const att_item *body = att_table_body(table, i);
        most += body ? body->tag_count : 0;
    }
    table->tag_start = ATT_NEW(life, uint32_t, table->items + 1);
    table->tags = most < UINT32_MAX ? ATT_NEW(life, uint32_t, most + 1) : NULL;
    if (!table->tag_start || !table->tags)
        return false;
    att_names names;
    att_names_init(&names, &table->dataset->host);
    bool whole = true;
    for (uint32_t i = 0; whole && i < table->items; i++)
        whole = add_tags(table, &names, i);
    table->tag_count = names.count;
    att_names_deinit(&names);
    return whole;
}

att_status att_table_build(att_table *out, const att_dataset *dataset, uint32_t min_preferences,
    att_arena *life, att_error *err)
{
    const size_t count = dataset->seen.count;
    const uint32_t names = dataset->items.count;
    const att_host *host = &dataset->host;
    *out = (att_table){.dataset = dataset};
    if (count == 0)
        return ATT_FAIL(err, ATT_INVALID, "dataset %s holds no preferences", dataset->name);
    att_observation *seen = ATT_NEW_ARRAY(host, att_observation, count);
    uint32_t *item_of = ATT_NEW_ARRAY(host, uint32_t, names);
    bool whole = seen && item_of;
    if (whole) {
        memcpy(seen, dataset->seen.items, count * sizeof *seen);
        out->count = (uint32_t)drop_short(
            seen, merge_doubles(seen, count), min_preferences, &out->users_short);
        qsort(seen, out->count, sizeof *seen, by_time);
        whole = number_items(out, seen, item_of, names, life) && fill(out, seen, item_of, life) &&
                number_tags(out, life);
    }
    ATT_FREE_ARRAY(host, seen, count);
    ATT_FREE_ARRAY(host, item_of, names);
    if (!whole)
        return att_no_memory(err, count, "preferences");
    if (out->count == 0)
        return ATT_FAIL(err, ATT_INVALID, "nobody in dataset %s has %u preferences; ask for fewer",
            dataset->name, min_preferences);
    return ATT_OK;
}

const att_item *att_table_body(const att_table *table, uint32_t item)
{
    const uint32_t id = table->item_id[item];
    return id < table->dataset->bodies.count ? table->dataset->bodies.items[id] : NULL;
}

att_text att_table_user_name(const att_table *table, uint32_t user)
{
    return att_names_get(&table->dataset->users, table->user_id[user]);
}

att_text att_table_item_name(const att_table *table, uint32_t item)
{
    return att_names_get(&table->dataset->items, table->item_id[item]);
}
