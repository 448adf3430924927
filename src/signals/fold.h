// SPDX-License-Identifier: Apache-2.0
// signals/fold.h - the inside of att_people, shared by the files that make, read, hash and store it.
//
// Every record is applied in two steps: first all memory that it may need is reserved, then the state
// is changed by code that cannot fail. So a record is applied as a whole or not at all.
#ifndef ATT_SIGNALS_FOLD_H
#define ATT_SIGNALS_FOLD_H

#include "signals/grade.h"
#include "signals/people.h"
#include "signals/seen.h"
#include "store/decision.h"

#define ATT_PEOPLE_CHUNK                                                                           \
    1024 // persons; chunks never move, so growth copies only the table of chunks

struct att_people {
    att_host host;
    att_policy policy;
    float strength[ATT_SIGNAL_COUNT]; // of each signal's rule, with its sign; names the strongest
    att_person_state **chunks;        // (chunk_count), NULL where nobody is known
    size_t chunk_count;
    uint32_t count; // 1 + greatest known user
    uint64_t last_seq;
    att_people_totals totals; // `bytes` is filled on reading
    size_t bytes;             // of chunks and persons' arrays
    att_seen seen;
    att_names tags;
    att_decided_slot slots[ATT_SLATE_MAX]; // scratch of one decision
};

static inline uint32_t att_seconds_of(int64_t at_ms)
{
    const int64_t at_s = at_ms / 1000;
    return at_ms < 0 ? 0 : at_s > UINT32_MAX ? UINT32_MAX : (uint32_t)at_s;
}

// Back to nothing folded; the policy and the seed stay.
void att_people_empty(att_people *people);

// --- person.c: memory of one person ---------------------------------------------------------------------

// The person's place, made if needed; not yet `known`. NULL: out of memory.
att_person_state *att_person_place(att_people *people, uint32_t user);
// From now on somebody is known here.
void att_person_begin(att_people *people, att_person_state *person, uint32_t user);
// Frees everything and clears the place.
void att_person_clear(att_people *people, att_person_state *person);
// Room for one more (at most ATT_PREFERENCES_MAX, ATT_SHOWN_MAX); false: out of memory, nothing changed.
bool att_person_reserve_preferences(att_people *people, att_person_state *person, size_t needed);
bool att_person_reserve_shown(att_people *people, att_person_state *person, size_t more);
// `rare` is there and has room for one more in each list.
bool att_person_reserve_rare(att_people *people, att_person_state *person);
bool att_person_reserve_list(
    att_people *people, uint32_t **items, uint16_t *capacity, uint16_t count, size_t more);
void att_person_drop_preferences(att_people *people, att_person_state *person);
// Room was reserved.
void att_person_show(att_person_state *person, uint32_t item, uint32_t at_s);
// The shown mark number i, oldest first.
att_shown_mark att_person_shown_at(const att_person_state *person, size_t i);

// --- taste.c: how an event changes a preference ---------------------------------------------------------

typedef struct att_opinion {
    uint32_t item;
    uint32_t at_s;
    float grade;
    uint8_t signal;
    uint16_t session;
    uint16_t situation;
    bool is_explicit;
    bool in_session; // of the newest session
} att_opinion;

// What the event says about its item. False: nothing.
bool att_opinion_of(const att_record *event, att_grade grade, att_opinion *out);
// One byte of each preference's item, behind the preferences in the same block: a search reads these first, so it
// touches one line of memory where it would touch ten.
static inline uint8_t *att_taste_marks(const att_person_state *person)
{
    return (uint8_t *)(person->preferences + person->preference_capacity);
}
static inline uint8_t att_taste_mark(uint32_t item)
{
    return (uint8_t)(item * 2654435761u >> 24);
}
#define ATT_TASTE_ENTRY (sizeof(att_preference) + 1)
#define ATT_TASTE_WEIGHT_MAX 4.0 // of the running mean: some six completes, then old habits give way
// Index, or preference_count.
size_t att_taste_find(const att_person_state *person, uint32_t item);
// Room for one more preference was reserved.
void att_taste_learn(
    const att_people *people, att_person_state *person, const att_opinion *opinion);

// --- session.c: which session an event belongs to -------------------------------------------------------

typedef enum att_session_place {
    ATT_SESSION_EARLIER,
    ATT_SESSION_NEWEST,
    ATT_SESSION_AFTER
} att_session_place;
// Moves the person's sessions on. AFTER: a quit that came too late for the newest session; it opens none.
att_session_place att_session_step(
    const att_people *people, att_person_state *person, const att_record *event);
// The item that a quit speaks about; ATT_NO_INDEX: none.
uint32_t att_session_quit_item(
    const att_person_state *person, const att_record *event, att_session_place place);
// Notes what is played, after learning.
void att_session_note(
    att_person_state *person, const att_record *event, att_session_place place, bool is_complete);

// --- control.c ------------------------------------------------------------------------------------------
att_status att_control_apply(att_people *people, const att_record *record, att_error *err);

#endif
