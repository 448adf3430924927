// SPDX-License-Identifier: Apache-2.0
// signals/people_digest.c - one number for the whole state: equal digests, equal bits.
//
// XXH3-128 over a stream of 8-byte little-endian words: totals, then each known person in order of number, rings
// from oldest to newest, tags by name; then the ids seen, as sums of mixed keys that do not depend on their
// order. Capacities and memory layout are left out.
#include "signals/fold.h"
#include "signals/policy.h"

#include "base/rng.h"

#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

typedef struct hasher {
    XXH3_state_t state;
    uint64_t words[256];
    size_t count;
} hasher;

static void flush(hasher *to)
{
    XXH3_128bits_update(&to->state, to->words, to->count * sizeof *to->words);
    to->count = 0;
}

static void put(hasher *to, uint64_t word)
{
    if (to->count == ATT_COUNT_OF(to->words))
        flush(to);
    to->words[to->count++] = word;
}

static uint64_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static uint64_t context_of(const att_context *context)
{
    return (uint64_t)context->device | (uint64_t)context->place << 8 |
           (uint64_t)context->activity << 16 | (uint64_t)context->noise << 24 |
           (uint64_t)(uint16_t)context->utc_offset_min << 32;
}

static void put_totals(hasher *to, const att_people *people)
{
    const att_people_totals *totals = &people->totals;
    const uint64_t words[] = {people->last_seq, people->count, totals->events, totals->bot_events,
        totals->decisions, totals->impressions, totals->explored, totals->users,
        (uint64_t)totals->first_ms, (uint64_t)totals->last_ms, people->seen.seed,
        att_policy_signals_hash(&people->policy)};
    for (size_t i = 0; i < ATT_COUNT_OF(words); i++)
        put(to, words[i]);
}

static void put_preference(hasher *to, const att_preference *preference)
{
    uint32_t basis;
    memcpy(&basis, &preference->basis, sizeof basis);
    put(to, preference->item | bits_of(preference->grade) << 32);
    put(to, preference->at_s | (uint64_t)basis << 32);
    put(to, preference->signal | (uint64_t)preference->count << 8 |
                (uint64_t)preference->session << 16 | (uint64_t)preference->situation << 32 |
                (uint64_t)preference->days << 48);
}

static void put_list(hasher *to, const uint32_t *items, size_t count)
{
    put(to, count);
    for (size_t i = 0; i < count; i++)
        put(to, items[i]);
}

static void put_controls(hasher *to, const att_people *people, const att_person_controls *rare)
{
    put(to, bits_of(rare->energy) | bits_of(rare->novelty) << 32);
    put(to, (uint64_t)rare->reset_ms);
    put(to, rare->life_event_s);
    put_list(to, rare->blocked_items, rare->blocked_item_count);
    put_list(to, rare->less_like_items, rare->less_like_count);
    put(to, rare->blocked_tag_count);
    for (size_t i = 0; i < rare->blocked_tag_count; i++) {
        const att_text tag = att_names_get(&people->tags, rare->blocked_tags[i]);
        put(to, XXH3_64bits(tag.data, tag.size));
    }
}

static void put_counters(hasher *to, const att_person_state *person)
{
    const uint64_t words[] = {(uint64_t)person->first_ms, (uint64_t)person->last_ms,
        (uint64_t)person->session_start_ms, context_of(&person->last_context),
        person->events | (uint64_t)person->sessions << 32,
        person->bot_events | (uint64_t)person->decisions << 32,
        person->impressions | (uint64_t)person->explored << 32,
        person->rate_minute | (uint64_t)person->rate_count << 32,
        person->last_played | (uint64_t)person->last_played_s << 32,
        person->last_bot_s | (uint64_t)person->last_complete << 32 |
            (uint64_t)person->session_ended << 33 | (uint64_t)person->opted_out << 34 |
            (uint64_t)person->bot << 35};
    for (size_t i = 0; i < ATT_COUNT_OF(words); i++)
        put(to, words[i]);
}

static void put_person(hasher *to, const att_people *people, uint32_t user)
{
    const att_person_state *person = att_people_get(people, user);
    if (!person)
        return;
    put(to, user);
    put_counters(to, person);
    put(to, person->preference_count | (uint64_t)person->shown_count << 16);
    for (size_t i = 0; i < person->preference_count; i++)
        put_preference(to, &person->preferences[i]);
    for (size_t i = 0; i < person->shown_count; i++) {
        const att_shown_mark mark = att_person_shown_at(person, i);
        put(to, mark.item | (uint64_t)mark.at_s << 32);
    }
    put_controls(to, people, att_person_controls_of(person));
}

static bool add_seen(void *user, const att_seen_key *keys, size_t count)
{
    uint64_t *sums = user;
    for (size_t i = 0; i < count; i++) {
        const uint64_t one = att_mix64(keys[i].low ^ att_mix64(keys[i].high | (uint64_t)keys[i].user_plus_1 << 32));
        sums[0] += one;
        sums[1] += att_mix64(one);
    }
    return true;
}

static void put_seen(hasher *to, const att_seen *seen)
{
    uint64_t sums[2] = {0};
    (void)att_seen_walk(seen, add_seen, sums); // what could not be read is missing, and the digest another
    put(to, att_seen_count(seen));
    put(to, sums[0]);
    put(to, sums[1]);
}

void att_people_digest(const att_people *people, uint8_t out[16])
{
    hasher whole;
    whole.count = 0;
    XXH3_128bits_reset(&whole.state);
    put_totals(&whole, people);
    for (uint32_t user = 0; user < people->count; user++)
        put_person(&whole, people, user);
    put_seen(&whole, &people->seen);
    flush(&whole);
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(&whole.state));
    memcpy(out, canonical.digest, 16);
}
