// SPDX-License-Identifier: Apache-2.0
// signals/people.h - every person's state: a fold over the log.
//
// att_people_apply is the whole truth of how the log becomes state: pure, in order of seq, no clock, no
// randomness. Replaying gives the same bits (att_people_digest). What is time-dependent (decay) is computed
// when it is read, from at_s.
#ifndef ATT_SIGNALS_PEOPLE_H
#define ATT_SIGNALS_PEOPLE_H

#include "attune/policy.h"
#include "store/snapshot.h"
#include "store/store.h"

// One item in a person's taste: contradictory and repeated signals are already one grade (docs/signals.md).
typedef struct att_preference {
    uint32_t item;
    float grade;     // -1 … 1, undecayed
    uint32_t at_s;   // of the newest event that shaped it, Unix seconds
    uint8_t signal;  // the strongest
    uint8_t count;   // events, saturating
    uint16_t session; // low bits of the session number it was last touched in
} att_preference;

typedef struct att_shown_mark {
    uint32_t item;
    uint32_t at_s;
} att_shown_mark;

#define ATT_PREFERENCES_MAX 512 // per person; the oldest of the weakest goes first
#define ATT_SHOWN_MAX 256       // per person; a ring

typedef struct att_person_state {
    att_preference *preferences; // in order of first appearance
    uint16_t preference_count, preference_capacity;
    att_shown_mark *shown; // ring, newest at (shown_next - 1)
    uint16_t shown_count, shown_next, shown_capacity;
    uint32_t *blocked_items, *less_like_items, *blocked_tags; // counted by the three below; tags are att_people.tags
    uint16_t blocked_item_count, less_like_count, blocked_tag_count;
    uint32_t events, sessions, bot_events;
    uint64_t impressions, explored; // decided slots, and those of kind EXPLORE
    int64_t first_ms, last_ms;      // by event time
    int64_t reset_ms;               // preferences before it are void for deciding
    float energy, novelty;          // sliders, -1 … 1
    uint8_t opted_out, bot;
    att_context last_context;
    uint32_t rate_minute, rate_count; // bot rule: events in the running minute
} att_person_state;

typedef struct att_people att_people;

// `lengths` gives the catalogue's length of an item in ms (0: not known); may be NULL.
typedef int64_t att_length_of(void *user, uint32_t item);
att_status att_people_create(att_people **out, const att_policy *policy, att_length_of *lengths,
    void *lengths_user, const att_host *host, att_error *err);
void att_people_destroy(att_people *people);

// Whether this event id was folded already (128-bit XXH3 with the store's seed).
bool att_people_seen(const att_people *people, att_text event_id);
// Would the bot rule set this event aside? Called before append, so that the record keeps the verdict.
bool att_people_is_bot_rate(const att_people *people, uint32_t user, int64_t at_ms);
// One record in order of seq. ATT_NO_MEMORY and ATT_CORRUPT (undecodable payload) only.
att_status att_people_apply(att_people *people, const att_record *record, att_error *err);

uint64_t att_people_last_seq(const att_people *people);
uint32_t att_people_count(const att_people *people);
// NULL: nothing known. Borrowed until the next apply.
const att_person_state *att_people_get(const att_people *people, uint32_t user);
// Names of blocked tags are interned here.
const att_names *att_people_tags(const att_people *people);
// Totals over all people and records.
typedef struct att_people_totals {
    uint64_t events, bot_events, decisions, impressions, explored, users, bytes;
    int64_t first_ms, last_ms;
} att_people_totals;
att_people_totals att_people_total(const att_people *people);
// XXH3-128 over a canonical form of the whole state.
void att_people_digest(const att_people *people, uint8_t out[16]);

// A checkpoint makes restart fast: state up to last_seq as a "FOLD" snapshot. Load refuses a checkpoint made
// under another policy, or from another store (seed), with ATT_VERSION; the caller then replays from empty.
att_status att_people_save(const att_people *people, uint64_t store_seed, const char *path, att_error *err);
att_status att_people_load(att_people *people, uint64_t store_seed, const char *path, att_error *err);

#endif
