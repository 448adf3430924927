// SPDX-License-Identifier: Apache-2.0
// signals/person.c - the memory of one person: preferences, shown marks, rare controls.
//
// Arrays grow by a quarter (at least four entries, the first time eight), so that a million people waste little.
#include "signals/fold.h"

static bool resize(
    att_people *people, void **memory, size_t old_count, size_t count, size_t item_size)
{
    void *grown = att_realloc(&people->host, *memory, old_count, count, item_size);
    if (!grown)
        return false;
    *memory = grown;
    people->bytes += (count - old_count) * item_size;
    return true;
}

static void release(att_people *people, void *memory, size_t count, size_t item_size)
{
    att_free(&people->host, memory, count, item_size);
    people->bytes -= count * item_size;
}

static bool reserve_chunk_table(att_people *people, size_t chunk)
{
    if (chunk < people->chunk_count)
        return true;
    const size_t count = ATT_MAX(chunk + 1, people->chunk_count + people->chunk_count / 2);
    void *table = people->chunks;
    if (!resize(people, &table, people->chunk_count, count, sizeof *people->chunks))
        return false;
    people->chunks = table;
    for (size_t i = people->chunk_count; i < count; i++)
        people->chunks[i] = NULL;
    people->chunk_count = count;
    return true;
}

att_person_state *att_person_place(att_people *people, uint32_t user)
{
    const size_t chunk = user / ATT_PEOPLE_CHUNK;
    if (!reserve_chunk_table(people, chunk))
        return NULL;
    if (!people->chunks[chunk]) {
        people->chunks[chunk] = ATT_NEW_ARRAY(&people->host, att_person_state, ATT_PEOPLE_CHUNK);
        if (!people->chunks[chunk])
            return NULL;
        people->bytes += ATT_PEOPLE_CHUNK * sizeof(att_person_state);
    }
    return &people->chunks[chunk][user % ATT_PEOPLE_CHUNK];
}

void att_person_begin(att_people *people, att_person_state *person, uint32_t user)
{
    if (person->known)
        return;
    person->known = true;
    person->last_played = ATT_NO_INDEX;
    person->last_context = att_context_unknown();
    people->totals.users++;
    people->count = ATT_MAX(people->count, user + 1);
}

static void drop_rare(att_people *people, att_person_state *person)
{
    att_person_controls *rare = person->rare;
    if (!rare)
        return;
    release(people, rare->blocked_items, rare->blocked_item_capacity, sizeof *rare->blocked_items);
    release(people, rare->less_like_items, rare->less_like_capacity, sizeof *rare->less_like_items);
    release(people, rare->blocked_tags, rare->blocked_tag_capacity, sizeof *rare->blocked_tags);
    release(people, rare, 1, sizeof *rare);
    person->rare = NULL;
}

void att_person_drop_preferences(att_people *people, att_person_state *person)
{
    release(people, person->preferences, person->preference_capacity, ATT_TASTE_ENTRY);
    person->preferences = NULL;
    person->preference_count = person->preference_capacity = 0;
}

void att_person_clear(att_people *people, att_person_state *person)
{
    att_person_drop_preferences(people, person);
    release(people, person->shown, person->shown_capacity, sizeof *person->shown);
    drop_rare(people, person);
    *person = (att_person_state){0};
}

static size_t grown(size_t capacity, size_t needed, size_t most)
{
    const size_t by_quarter = capacity ? (capacity + ATT_MAX(capacity / 4, 4)) & ~(size_t)3 : 8;
    return ATT_MIN(ATT_MAX(by_quarter, needed), most);
}

bool att_person_reserve_preferences(att_people *people, att_person_state *person, size_t needed)
{
    needed = ATT_MIN(needed, ATT_PREFERENCES_MAX);
    if (needed <= person->preference_capacity)
        return true;
    const size_t capacity = grown(person->preference_capacity, needed, ATT_PREFERENCES_MAX);
    const size_t marks_at = person->preference_capacity * sizeof *person->preferences;
    void *memory = person->preferences;
    if (!resize(people, &memory, person->preference_capacity, capacity, ATT_TASTE_ENTRY))
        return false;
    person->preferences = memory;
    person->preference_capacity = (uint16_t)capacity;
    if (person->preference_count)
        memmove(att_taste_marks(person), (char *)memory + marks_at, person->preference_count);
    return true;
}

// The ring goes round only at its full size, so growing never has to turn it.
bool att_person_reserve_shown(att_people *people, att_person_state *person, size_t more)
{
    const size_t needed = ATT_MIN(person->shown_count + more, ATT_SHOWN_MAX);
    if (needed <= person->shown_capacity)
        return true;
    const size_t capacity = grown(person->shown_capacity, needed, ATT_SHOWN_MAX);
    void *memory = person->shown;
    if (!resize(people, &memory, person->shown_capacity, capacity, sizeof *person->shown))
        return false;
    person->shown = memory;
    person->shown_capacity = (uint16_t)capacity;
    return true;
}

bool att_person_reserve_list(
    att_people *people, uint32_t **items, uint16_t *capacity, uint16_t count, size_t more)
{
    const size_t needed = ATT_MIN(count + more, ATT_CONTROLS_MAX);
    if (needed <= *capacity)
        return true;
    const size_t wanted = grown(*capacity, needed, ATT_CONTROLS_MAX);
    void *memory = *items;
    if (!resize(people, &memory, *capacity, wanted, sizeof **items))
        return false;
    *items = memory;
    *capacity = (uint16_t)wanted;
    return true;
}

bool att_person_reserve_rare(att_people *people, att_person_state *person)
{
    if (person->rare)
        return true;
    person->rare = ATT_NEW_ARRAY(&people->host, att_person_controls, 1);
    if (!person->rare)
        return false;
    people->bytes += sizeof *person->rare;
    person->rare->reset_ms = INT64_MIN;
    return true;
}

const att_person_controls *att_person_controls_of(const att_person_state *person)
{
    static const att_person_controls none = {.reset_ms = INT64_MIN};
    return person->rare ? person->rare : &none;
}

void att_person_show(att_person_state *person, uint32_t item, uint32_t at_s)
{
    const size_t next = person->shown_next % ATT_SHOWN_MAX;
    person->shown[next] = (att_shown_mark){item, at_s};
    person->shown_next = (uint16_t)((next + 1) % ATT_SHOWN_MAX);
    if (person->shown_count < ATT_SHOWN_MAX)
        person->shown_count++;
}

att_shown_mark att_person_shown_at(const att_person_state *person, size_t i)
{
    const size_t oldest = person->shown_count < ATT_SHOWN_MAX ? 0 : person->shown_next;
    return person->shown[(oldest + i) % ATT_SHOWN_MAX];
}
