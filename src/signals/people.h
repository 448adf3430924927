// SPDX-License-Identifier: Apache-2.0
// signals/people.h - every person's state: a fold over the log.
//
// att_people_apply is the whole truth of how the log becomes state: pure, in order of seq, no clock, no
// randomness. The state is a function of the log and the policy's section "signals"; replaying gives the
// same bits (att_people_digest). What depends on the time (decay) is computed when it is read, from at_s.
// When a new policy changes that section, the caller makes a new fold under it and replays the log.
//
// What the fold reads of an event stands in its record: before append the caller sets `set_aside`
// (att_people_is_bot_rate) and fills `length_ms` from the catalogue where the event has none.
//
// Memory: 112 bytes a person, 25 a preference, 8 a shown mark, about 22 an event for the ids seen (1 where they are spilled).
#ifndef ATT_SIGNALS_PEOPLE_H
#define ATT_SIGNALS_PEOPLE_H

#include "attune/policy.h"
#include "signals/situation.h"
#include "store/snapshot.h"
#include "store/store.h"

// One item in a person's taste: contradictory and repeated signals are already one grade (docs/signals.md).
typedef struct att_preference {
    uint32_t item;
    float grade;   // -1 … 1, undecayed; 0 only where the person said so
    uint32_t at_s; // of the newest event that speaks for it, Unix seconds; decay counts from here
    union {
        float weight;           // implicit: sum of |grade| in the running mean, bounded
        uint32_t explicit_at_s; // explicit: when it was said
    } basis;
    uint8_t signal;   // the explicit signal in force, else the strongest implicit one
    uint8_t count;    // events, saturating
    uint16_t session; // low bits of the session number it was last touched in
    uint16_t situation; // signals/situation.h: where it was last chosen, as far as it is known
    uint8_t days;       // separate UTC days on which events spoke for it, saturating; 1 after a change of mind
    uint8_t zero;
} att_preference;

// Shown by a decision, really seen (an impression without a decision), or finished.
typedef struct att_shown_mark {
    uint32_t item;
    uint32_t at_s;
} att_shown_mark;

#define ATT_PREFERENCES_MAX 512 // per person; the oldest of the weakest goes first
#define ATT_SHOWN_MAX 256       // per person; a ring
#define ATT_CONTROLS_MAX 1024   // per person and list; the oldest entry goes first

// What a person asked for. Few have any, so it lies apart. In order of asking; tags are att_people_tags.
typedef struct att_person_controls {
    uint32_t *blocked_items, *less_like_items, *blocked_tags;
    uint16_t blocked_item_count, less_like_count, blocked_tag_count;
    uint16_t blocked_item_capacity, less_like_capacity, blocked_tag_capacity;
    float energy, novelty; // sliders, -1 … 1
    int64_t reset_ms;      // events before it shape no preference; INT64_MIN: never reset
    uint32_t life_event_s; // what was liked before it counts little (policy: taste.life_event_keep); 0: never
} att_person_controls;

typedef struct att_person_state {
    att_preference *preferences; // in order of first appearance
    att_shown_mark *shown;       // ring, newest at (shown_next - 1)
    att_person_controls *rare;   // NULL: never any; read it by att_person_controls_of
    int64_t first_ms, last_ms;   // of events, by event time
    int64_t session_start_ms;    // of the newest session
    uint16_t preference_count, preference_capacity;
    uint16_t shown_count, shown_next, shown_capacity;
    att_context last_context; // of the newest event
    uint32_t events, sessions, bot_events, decisions;
    uint32_t impressions, explored;      // decided slots, and those of kind EXPLORE
    uint32_t rate_minute, rate_count;    // bot rule: events in the running minute of event time
    uint32_t last_played, last_played_s; // in the newest session; ATT_NO_INDEX: nothing
    uint32_t last_bot_s;
    bool last_complete : 1; // last_played was heard or seen to the end
    bool session_ended : 1; // by a quit
    bool opted_out : 1;
    bool bot : 1; // sticky: some of the events were set aside
    bool known : 1;
} att_person_state;

// Never NULL: stands for "none" where a person has none. Borrowed until the next apply.
const att_person_controls *att_person_controls_of(const att_person_state *person);
// Touched in the newest session.
static inline bool att_preference_is_in_session(
    const att_person_state *person, const att_preference *preference)
{
    return preference->session == (uint16_t)person->sessions &&
           ((int64_t)preference->at_s + 1) * 1000 > person->session_start_ms;
}
// Whether models may learn from this person: not opted out, and not mostly a bot.
static inline bool att_person_is_learned_from(const att_person_state *person)
{
    return !person->opted_out && !(person->bot && person->bot_events >= person->events);
}

typedef struct att_people att_people;

// `seed` is the store's: it keys the hash of event ids.
att_status att_people_create(att_people **out, const att_policy *policy, uint64_t seed,
    const att_host *host, att_error *err);
void att_people_destroy(att_people *people);
// From now on memory holds at most some ids_max (0: 2^21) ids of events, whatever their number; the rest lies in a file in `folder` that has
// no name and ends with the process. Of an empty fold, once. What cannot be written stays in memory, and is
// said to the log sink. ATT_NO_MEMORY.
att_status att_people_spill(att_people *people, const char *folder, size_t ids_max, att_error *err);

// Whether this event id was folded already (96 bits of XXH3-128 under the seed).
bool att_people_seen(const att_people *people, att_text event_id);
// Would the bot rule set this event aside? Called before append, so that the record keeps the verdict.
bool att_people_is_bot_rate(const att_people *people, uint32_t user, int64_t at_ms);
// One record in order of seq. ATT_NO_MEMORY, and ATT_CORRUPT (undecodable payload, a seq that is not newer).
// On failure nothing was applied: the state is as before and the same record may be applied again.
att_status att_people_apply(att_people *people, const att_record *record, att_error *err);
// The same, one after the other; stops at the first failure. *applied (may be NULL) counts those that went in.
// Twice as fast as one by one when the state is larger than the caches: what the next records need is fetched
// while this one is applied.
att_status att_people_apply_many(
    att_people *people, const att_record *records, size_t count, size_t *applied, att_error *err);
// Brings what an event will need towards the caches; call it some ten events ahead of att_people_seen.
void att_people_prefetch(const att_people *people, att_text event_id, uint32_t user);
// What hangs on the person; some five events ahead, after the former had its time.
void att_people_prefetch_taste(const att_people *people, uint32_t user);

uint64_t att_people_last_seq(const att_people *people);
uint32_t att_people_count(const att_people *people); // 1 + the greatest user number with a state
// NULL: nothing known. Borrowed until the next apply.
const att_person_state *att_people_get(const att_people *people, uint32_t user);
// Names of blocked tags are interned here.
const att_names *att_people_tags(const att_people *people);
// Totals over all people and records. A forgotten person's share is taken out.
typedef struct att_people_totals {
    uint64_t events;     // learned from or not, without bots' and duplicates
    uint64_t bot_events; // set aside
    uint64_t decisions, impressions, explored, users;
    uint64_t bytes, ids_bytes; // memory held, and what of it keeps the ids of events
    int64_t first_ms, last_ms; // of events, by event time; 0: none
} att_people_totals;
att_people_totals att_people_total(const att_people *people);
// XXH3-128 over a canonical form of the whole state.
void att_people_digest(const att_people *people, uint8_t out[16]);

// A checkpoint makes restart fast: state up to last_seq as a "FOLD" snapshot. Load wants a fresh fold; it refuses
// a checkpoint made under other signal rules, or from another store (seed), with ATT_VERSION; the caller then
// replays from empty. After any failure the fold is empty.
att_status att_people_save(const att_people *people, const char *path, att_error *err);
att_status att_people_load(att_people *people, const char *path, att_error *err);

#endif
