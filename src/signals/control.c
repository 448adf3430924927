// SPDX-License-Identifier: Apache-2.0
// signals/control.c - what people ask for, folded: sliders, blocks, less-like, reset, opt-out, life events.
#include "signals/event.h"
#include "signals/fold.h"

#include <math.h>

#define TAG_PREFIX "tag:"
#define DAY_MS INT64_C(86400000)

static bool list_has(const uint32_t *items, uint16_t count, uint32_t value)
{
    for (size_t i = 0; i < count; i++)
        if (items[i] == value)
            return true;
    return false;
}

static void list_remove(uint32_t *items, uint16_t *count, uint32_t value)
{
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++)
        if (items[i] != value)
            items[kept++] = items[i];
    *count = (uint16_t)kept;
}

// Room was reserved. A full list loses its oldest.
static void list_add(uint32_t *items, uint16_t *count, uint32_t value)
{
    if (list_has(items, *count, value))
        return;
    if (*count == ATT_CONTROLS_MAX) {
        memmove(items, items + 1, (ATT_CONTROLS_MAX - 1) * sizeof *items);
        --*count;
    }
    items[(*count)++] = value;
}

static bool is_tag(const att_record *record)
{
    return record->item == ATT_NO_INDEX && record->payload_size > 0;
}

static att_status tag_of(const att_record *record, att_text *tag, att_error *err)
{
    const size_t prefix = sizeof TAG_PREFIX - 1;
    const char *text = record->payload;
    size_t bad;
    if (record->payload_size <= prefix || record->payload_size > prefix + ATT_TAG_SIZE_MAX ||
        memcmp(text, TAG_PREFIX, prefix) != 0)
        return ATT_FAIL(err, ATT_CORRUPT, "record %llu: a control's payload is not \"tag:NAME\"",
            (unsigned long long)record->seq);
    *tag = (att_text){text + prefix, record->payload_size - prefix};
    if (!att_text_is_clean(*tag, &bad))
        return ATT_FAIL(err, ATT_CORRUPT, "record %llu: byte %zu of the tag is not clean UTF-8",
            (unsigned long long)record->seq, bad);
    return ATT_OK;
}

static float slider(float value)
{
    return value > 1 ? 1 : value >= -1 ? value : value < -1 ? -1 : 0; // NaN gives 0
}

// Interning comes last: it is the only step left that can fail, and it fails without a trace.
static att_status tag_control(
    att_people *people, att_person_controls *rare, const att_record *record, att_error *err)
{
    att_text tag;
    att_status status = tag_of(record, &tag, err);
    if (status)
        return status;
    if (record->signal == ATT_CONTROL_UNBLOCK) {
        const uint32_t known = att_names_find(&people->tags, tag);
        if (known != ATT_NO_INDEX)
            list_remove(rare->blocked_tags, &rare->blocked_tag_count, known);
        return ATT_OK;
    }
    if (record->signal != ATT_CONTROL_BLOCK)
        return ATT_FAIL(err, ATT_CORRUPT, "record %llu: only block and unblock take a tag",
            (unsigned long long)record->seq);
    if (!att_person_reserve_list(
            people, &rare->blocked_tags, &rare->blocked_tag_capacity, rare->blocked_tag_count, 1))
        return att_no_memory(err, 1, "blocked tags");
    const uint32_t index = att_names_add(&people->tags, tag);
    if (index == ATT_NO_INDEX)
        return att_no_memory(err, 1, "tag names");
    list_add(rare->blocked_tags, &rare->blocked_tag_count, index);
    return ATT_OK;
}

static att_status item_control(
    att_people *people, att_person_controls *rare, const att_record *record, att_error *err)
{
    const uint32_t item = record->item;
    if (item == ATT_NO_INDEX)
        return ATT_FAIL(err, ATT_CORRUPT, "record %llu: control %u names no item",
            (unsigned long long)record->seq, record->signal);
    if (record->signal == ATT_CONTROL_UNBLOCK) {
        list_remove(rare->blocked_items, &rare->blocked_item_count, item);
        list_remove(rare->less_like_items, &rare->less_like_count, item);
        return ATT_OK;
    }
    const bool block = record->signal == ATT_CONTROL_BLOCK;
    uint32_t **items = block ? &rare->blocked_items : &rare->less_like_items;
    uint16_t *count = block ? &rare->blocked_item_count : &rare->less_like_count;
    uint16_t *capacity = block ? &rare->blocked_item_capacity : &rare->less_like_capacity;
    if (!att_person_reserve_list(people, items, capacity, *count, 1))
        return att_no_memory(err, 1, "controls");
    list_add(*items, count, item);
    return ATT_OK;
}

// Taste is forgotten, what was asked for stays: blocks and sliders.
static void reset(att_people *people, att_person_state *person, int64_t at_ms)
{
    att_person_drop_preferences(people, person);
    person->rare->less_like_count = 0;
    person->rare->reset_ms = ATT_MAX(person->rare->reset_ms, at_ms);
    person->last_played = ATT_NO_INDEX;
    person->last_played_s = 0;
    person->last_complete = false;
}

// The value is the day (since 1970-01-01, UTC) from which on the old life is over; 0 or none: the moment it was said;
// below 0: it is taken back. Nothing is forgotten: how much the past still counts is asked when it is read.
static uint32_t life_event_at(const att_record *record)
{
    if (record->value < 0)
        return 0;
    if (!(record->value >= 1))
        return att_seconds_of(record->at_ms);
    return att_seconds_of((int64_t)fmin((double)record->value, 1e6) * DAY_MS);
}

static att_status apply_kind(
    att_people *people, att_person_state *person, const att_record *record, att_error *err)
{
    att_person_controls *rare = person->rare;
    switch (record->signal) {
    case ATT_CONTROL_ENERGY:
        rare->energy = slider(record->value);
        return ATT_OK;
    case ATT_CONTROL_NOVELTY:
        rare->novelty = slider(record->value);
        return ATT_OK;
    case ATT_CONTROL_LESS_LIKE:
    case ATT_CONTROL_BLOCK:
    case ATT_CONTROL_UNBLOCK:
        return is_tag(record) ? tag_control(people, rare, record, err)
                              : item_control(people, rare, record, err);
    case ATT_CONTROL_RESET:
        reset(people, person, record->at_ms);
        return ATT_OK;
    case ATT_CONTROL_OPT_OUT:
        person->opted_out = record->value != 0;
        return ATT_OK;
    case ATT_CONTROL_LIFE_EVENT:
        rare->life_event_s = life_event_at(record);
        return ATT_OK;
    default:
        return ATT_FAIL(err, ATT_CORRUPT, "record %llu: unknown control %u",
            (unsigned long long)record->seq, record->signal);
    }
}

att_status att_control_apply(att_people *people, const att_record *record, att_error *err)
{
    att_person_state *person = att_person_place(people, record->user);
    if (!person || !att_person_reserve_rare(people, person))
        return att_no_memory(err, 1, "people");
    const att_status status = apply_kind(people, person, record, err);
    if (status == ATT_OK)
        att_person_begin(people, person, record->user);
    return status;
}
