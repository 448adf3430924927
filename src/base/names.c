// SPDX-License-Identifier: Apache-2.0
// base/names.c - the table behind names.h.
#include "base/names.h"

#include <xxhash.h>

void att_names_init(att_names *names, const att_host *host)
{
    *names = (att_names){.host = host};
}

void att_names_deinit(att_names *names)
{
    ATT_FREE_ARRAY(names->host, names->slots, names->slot_count);
    ATT_FREE_ARRAY(names->host, names->offsets, names->offset_capacity);
    ATT_FREE_ARRAY(names->host, names->pool, names->pool_capacity);
    *names = (att_names){.host = names->host};
}

att_text att_names_get(const att_names *names, uint32_t index)
{
    if (index >= names->count)
        return (att_text){"", 0};
    const uint64_t start = names->offsets[index], size = names->offsets[index + 1] - start;
    if (size && !names->pool[start]) // erased: ids never hold a zero byte
        return (att_text){"", 0};
    return (att_text){names->pool + start, (size_t)size};
}

static uint64_t hash_of(att_text name)
{
    return XXH3_64bits(name.data, name.size);
}

void att_names_prefetch(const att_names *names, att_text name, int step)
{
    if (!names->slot_count)
        return;
    const uint32_t *slot = &names->slots[(size_t)hash_of(name) & (names->slot_count - 1)];
    if (step == 0)
        __builtin_prefetch(slot);
    else if (*slot && step == 1)
        __builtin_prefetch(&names->offsets[*slot - 1]);
    else if (*slot)
        __builtin_prefetch(names->pool + names->offsets[*slot - 1]);
}

void att_names_prefetch_get(const att_names *names, uint32_t index, int step)
{
    if (index < names->count)
        __builtin_prefetch(step ? (const void *)(names->pool + names->offsets[index])
                                : (const void *)&names->offsets[index]);
}

uint32_t att_names_find(const att_names *names, att_text name)
{
    if (!names->slot_count || !name.size)
        return ATT_NO_INDEX;
    const size_t mask = names->slot_count - 1;
    for (size_t slot = (size_t)hash_of(name) & mask; names->slots[slot]; slot = (slot + 1) & mask)
        if (att_text_equal(att_names_get(names, names->slots[slot] - 1), name))
            return names->slots[slot] - 1;
    return ATT_NO_INDEX;
}

static void place(uint32_t *slots, size_t slot_count, uint64_t hash, uint32_t value)
{
    size_t slot = (size_t)hash & (slot_count - 1);
    while (slots[slot])
        slot = (slot + 1) & (slot_count - 1);
    slots[slot] = value;
}

static bool grow_slots(att_names *names)
{
    const size_t grown = names->slot_count ? names->slot_count * 2 : 64;
    uint32_t *slots = ATT_NEW_ARRAY(names->host, uint32_t, grown);
    if (!slots)
        return false;
    for (uint32_t i = 0; i < names->count; i++) {
        const att_text name = att_names_get(names, i);
        if (name.size)
            place(slots, grown, hash_of(name), i + 1);
    }
    ATT_FREE_ARRAY(names->host, names->slots, names->slot_count);
    names->slots = slots;
    names->slot_count = grown;
    return true;
}

static uint32_t append(att_names *names, att_text name)
{
    if (names->count >= UINT32_MAX - 1)
        return ATT_NO_INDEX;
    if (((size_t)names->count + 1) * 10 > names->slot_count * 7 && !grow_slots(names))
        return ATT_NO_INDEX;
    if (!att_vec_grow(names->host, (void **)&names->offsets, &names->offset_capacity,
            (size_t)names->count + 2, sizeof *names->offsets))
        return ATT_NO_INDEX;
    if (names->count == 0)
        names->offsets[0] = 0;
    const uint64_t start = names->offsets[names->count];
    if (!att_vec_grow(names->host, (void **)&names->pool, &names->pool_capacity,
            (size_t)start + name.size + 1, 1))
        return ATT_NO_INDEX;
    if (name.size)
        memcpy(names->pool + start, name.data, name.size);
    names->offsets[names->count + 1] = start + name.size;
    if (name.size)
        place(names->slots, names->slot_count, hash_of(name), names->count + 1);
    return names->count++;
}

uint32_t att_names_add(att_names *names, att_text name)
{
    const uint32_t found = att_names_find(names, name);
    return found != ATT_NO_INDEX ? found : append(names, name);
}

uint32_t att_names_add_blank(att_names *names)
{
    return append(names, (att_text){"", 0});
}

// Linear probing: the slots behind the freed one move up when their home lies at or before it.
static void free_slot(att_names *names, size_t slot)
{
    const size_t mask = names->slot_count - 1;
    size_t next = slot;
    for (;;) {
        names->slots[slot] = 0;
        for (;;) {
            next = (next + 1) & mask;
            if (!names->slots[next])
                return;
            const size_t home = (size_t)hash_of(att_names_get(names, names->slots[next] - 1)) & mask;
            const bool home_between =
                slot <= next ? (home > slot && home <= next) : (home > slot || home <= next);
            if (!home_between)
                break;
        }
        names->slots[slot] = names->slots[next];
        slot = next;
    }
}

void att_names_erase(att_names *names, uint32_t index)
{
    const att_text name = att_names_get(names, index);
    if (!name.size)
        return;
    const size_t mask = names->slot_count - 1;
    size_t slot = (size_t)hash_of(name) & mask;
    while (names->slots[slot] != index + 1)
        slot = (slot + 1) & mask;
    free_slot(names, slot);
    // Neighbours find their bytes by these offsets, so the run stays and is filled with zeros.
    memset(names->pool + names->offsets[index], 0, name.size);
}

void att_names_truncate(att_names *names, uint32_t count)
{
    while (names->count > count) {
        att_names_erase(names, names->count - 1);
        names->count--;
    }
}

size_t att_names_bytes(const att_names *names)
{
    return names->slot_count * sizeof *names->slots + names->offset_capacity * sizeof *names->offsets +
           names->pool_capacity;
}
