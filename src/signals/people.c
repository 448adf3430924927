// SPDX-License-Identifier: Apache-2.0
// signals/people.c - the fold: one record after the other becomes state.
#include "signals/fold.h"

#include <math.h>

#define BOT_QUARANTINE_S 86400
#define MINUTE_MS 60000

static void fill_strength(att_people *people)
{
    for (size_t i = 0; i < ATT_SIGNAL_COUNT; i++)
        people->strength[i] = (float)people->policy.signals.rule[i].grade;
    people->strength[ATT_SIGNAL_SKIP] = (float)people->policy.signals.early_skip_grade;
}

att_status att_people_create(
    att_people **out, const att_policy *policy, uint64_t seed, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    *out = NULL;
    att_people *people = ATT_NEW_ARRAY(&full, att_people, 1);
    if (!people)
        return att_no_memory(err, 1, "people");
    people->host = full;
    people->policy = *policy;
    fill_strength(people);
    att_seen_init(&people->seen, seed, &people->host);
    att_names_init(&people->tags, &people->host);
    *out = people;
    return ATT_OK;
}

void att_people_destroy(att_people *people)
{
    if (!people)
        return;
    att_people_empty(people);
    att_seen_deinit(&people->seen);
    const att_host host = people->host;
    att_free(&host, people, 1, sizeof *people);
}

void att_people_empty(att_people *people)
{
    for (size_t c = 0; c < people->chunk_count; c++) {
        for (size_t i = 0; people->chunks[c] && i < ATT_PEOPLE_CHUNK; i++)
            att_person_clear(people, &people->chunks[c][i]);
        ATT_FREE_ARRAY(&people->host, people->chunks[c], people->chunks[c] ? ATT_PEOPLE_CHUNK : 0);
    }
    ATT_FREE_ARRAY(&people->host, people->chunks, people->chunk_count);
    att_seen_clear(&people->seen);
    att_names_deinit(&people->tags);
    people->chunks = NULL;
    people->chunk_count = people->bytes = 0;
    people->count = 0;
    people->last_seq = 0;
    people->totals = (att_people_totals){0};
}

att_status att_people_spill(att_people *people, const char *folder, size_t ids_max, att_error *err)
{
    return att_seen_spill(&people->seen, folder, ids_max, err);
}

uint64_t att_people_last_seq(const att_people *people)
{
    return people->last_seq;
}

uint32_t att_people_count(const att_people *people)
{
    return people->count;
}

const att_person_state *att_people_get(const att_people *people, uint32_t user)
{
    if (user >= people->count || !people->chunks[user / ATT_PEOPLE_CHUNK])
        return NULL;
    const att_person_state *person =
        &people->chunks[user / ATT_PEOPLE_CHUNK][user % ATT_PEOPLE_CHUNK];
    return person->known ? person : NULL;
}

const att_names *att_people_tags(const att_people *people)
{
    return &people->tags;
}

att_people_totals att_people_total(const att_people *people)
{
    att_people_totals totals = people->totals;
    totals.ids_bytes = att_seen_bytes(&people->seen);
    totals.bytes =
        sizeof *people + people->bytes + totals.ids_bytes + att_names_bytes(&people->tags);
    return totals;
}

// --- Bots ---------------------------------------------------------------------------------------------

bool att_people_seen(const att_people *people, att_text event_id)
{
    const att_seen_key key = att_seen_key_of(&people->seen, event_id, 0);
    return event_id.size > 0 && att_seen_has(&people->seen, &key);
}

static uint32_t minute_of(int64_t at_ms)
{
    const int64_t minute = at_ms / MINUTE_MS;
    return at_ms < 0 ? 0 : minute > UINT32_MAX ? UINT32_MAX : (uint32_t)minute;
}

// How many events the minute of at_ms has with this one; 0 for minutes before the running one.
static uint32_t rate_with(const att_person_state *person, int64_t at_ms)
{
    const uint32_t minute = minute_of(at_ms);
    if (minute < person->rate_minute)
        return 0;
    return minute > person->rate_minute ? 1
                                        : person->rate_count + (person->rate_count < UINT32_MAX);
}

// A bot stays set aside until it was quiet for a day: the slow hours of a bot teach nothing either.
bool att_people_is_bot_rate(const att_people *people, uint32_t user, int64_t at_ms)
{
    const att_person_state *person = att_people_get(people, user);
    if (!person)
        return false;
    if (rate_with(person, at_ms) > people->policy.signals.bot_events_per_minute)
        return true;
    const int64_t since_s = (int64_t)att_seconds_of(at_ms) - (int64_t)person->last_bot_s;
    return person->bot && since_s < BOT_QUARANTINE_S && since_s > -BOT_QUARANTINE_S;
}

static void note_rate(att_person_state *person, const att_record *event)
{
    const uint32_t rate =
        event->signal == ATT_SIGNAL_IMPRESSION ? 0 : rate_with(person, event->at_ms);
    if (rate) {
        person->rate_minute = minute_of(event->at_ms);
        person->rate_count = rate;
    }
}

static void set_aside(att_people *people, att_person_state *person, const att_record *event)
{
    const uint32_t at_s = att_seconds_of(event->at_ms);
    person->last_bot_s = person->bot ? ATT_MAX(person->last_bot_s, at_s) : at_s;
    person->bot = true;
    person->bot_events++;
    people->totals.bot_events++;
}

// --- Events -------------------------------------------------------------------------------------------

static void count_event(att_people *people, att_person_state *person, const att_record *event)
{
    att_people_totals *totals = &people->totals;
    const bool is_first = totals->events == 0;
    totals->first_ms = is_first ? event->at_ms : ATT_MIN(totals->first_ms, event->at_ms);
    totals->last_ms = is_first ? event->at_ms : ATT_MAX(totals->last_ms, event->at_ms);
    totals->events++;
    person->events++;
}

static bool may_learn(const att_person_state *person, const att_record *event)
{
    return !person->opted_out && event->at_ms >= att_person_controls_of(person)->reset_ms;
}

static void learn(att_people *people, att_person_state *person, const att_record *event,
    att_grade grade, att_session_place place)
{
    att_record about = *event;
    if (event->signal == ATT_SIGNAL_QUIT || event->signal == ATT_SIGNAL_RAGE_QUIT)
        about.item = att_session_quit_item(person, event, place);
    att_opinion opinion;
    if (!att_opinion_of(&about, grade, &opinion))
        return;
    opinion.in_session = place == ATT_SESSION_NEWEST;
    opinion.session = (uint16_t)(person->sessions - !opinion.in_session);
    att_taste_learn(people, person, &opinion);
}

static bool leaves_mark(const att_record *event, att_grade grade)
{
    return event->item != ATT_NO_INDEX &&
           (grade.is_complete || (event->signal == ATT_SIGNAL_IMPRESSION && event->decision == 0));
}

static void fold_event(
    att_people *people, att_person_state *person, const att_record *event, att_grade grade)
{
    note_rate(person, event);
    if (event->set_aside) {
        set_aside(people, person, event);
        return;
    }
    count_event(people, person, event);
    const att_session_place place = att_session_step(people, person, event);
    if (!may_learn(person, event))
        return;
    if (event->at_ms == person->last_ms)
        person->last_context = event->context;
    learn(people, person, event, grade, place);
    att_session_note(person, event, place, grade.is_complete);
    if (leaves_mark(event, grade))
        att_person_show(person, event->item, att_seconds_of(event->at_ms));
}

static bool reserve_for_event(att_people *people, att_person_state *person, const att_record *event,
    att_grade grade, const att_seen_key *key)
{
    if (event->id.size && !att_seen_reserve(&people->seen, key))
        return false;
    if (event->set_aside || person->opted_out)
        return true;
    if ((grade.grade != 0 || grade.is_explicit) &&
        !att_person_reserve_preferences(people, person, (size_t)person->preference_count + 1))
        return false;
    return !leaves_mark(event, grade) || att_person_reserve_shown(people, person, 1);
}

static att_status apply_event(att_people *people, const att_record *event, att_error *err)
{
    const att_seen_key key = att_seen_key_of(&people->seen, event->id, event->user);
    if (event->id.size && att_seen_has(&people->seen, &key))
        return ATT_OK;
    if (att_seen_trouble(&people->seen)) // it may have been there
        return att_fail_errno(err, att_seen_trouble(&people->seen), "reading which events were there before");
    const att_grade grade = att_grade_event(&people->policy, event, 0);
    att_person_state *person = att_person_place(people, event->user);
    if (!person || !reserve_for_event(people, person, event, grade, &key))
        return att_no_memory(err, 1, "events of a person");
    if (event->id.size)
        att_seen_put(&people->seen, &key);
    att_person_begin(people, person, event->user);
    fold_event(people, person, event, grade);
    return ATT_OK;
}

// --- Decisions ----------------------------------------------------------------------------------------

static void fold_decision(att_people *people, att_person_state *person, const att_record *record,
    const att_decision_record *decision)
{
    uint32_t explored = 0;
    for (size_t i = 0; i < decision->count; i++) {
        explored += decision->slots[i].kind == ATT_SLOT_EXPLORE;
        if (person && !person->opted_out)
            att_person_show(person, decision->slots[i].item, att_seconds_of(record->at_ms));
    }
    people->totals.decisions++;
    people->totals.impressions += decision->count;
    people->totals.explored += explored;
    if (!person)
        return;
    person->decisions++;
    person->impressions += decision->count;
    person->explored += explored;
}

static att_status apply_decision(att_people *people, const att_record *record, att_error *err)
{
    att_decision_record decision;
    const att_status status = att_decision_decode(
        record->payload, record->payload_size, &decision, people->slots, ATT_SLATE_MAX, err);
    if (status)
        return att_while(err, status, "record %llu", (unsigned long long)record->seq);
    decision.slots = people->slots;
    att_person_state *person = NULL;
    if (record->user != ATT_NO_INDEX) {
        person = att_person_place(people, record->user);
        if (!person ||
            (!person->opted_out && !att_person_reserve_shown(people, person, decision.count)))
            return att_no_memory(err, decision.count, "shown marks");
        att_person_begin(people, person, record->user);
    }
    fold_decision(people, person, record, &decision);
    return ATT_OK;
}

// --- Forgetting ---------------------------------------------------------------------------------------

static void scan_times(att_people *people)
{
    bool any = false;
    people->totals.first_ms = people->totals.last_ms = 0;
    for (uint32_t user = 0; user < people->count; user++) {
        const att_person_state *person = att_people_get(people, user);
        if (!person || person->events == 0)
            continue;
        people->totals.first_ms =
            any ? ATT_MIN(people->totals.first_ms, person->first_ms) : person->first_ms;
        people->totals.last_ms =
            any ? ATT_MAX(people->totals.last_ms, person->last_ms) : person->last_ms;
        any = true;
    }
}

// As if this person had never been: a replay of what the log still holds gives the same state.
static att_status apply_forget(att_people *people, const att_record *record, att_error *err)
{
    if (!att_people_get(people, record->user))
        return ATT_OK;
    const att_status status = att_seen_forget(&people->seen, record->user, err);
    if (status)
        return status;
    att_person_state *person =
        &people->chunks[record->user / ATT_PEOPLE_CHUNK][record->user % ATT_PEOPLE_CHUNK];
    att_people_totals *totals = &people->totals;
    totals->events -= person->events;
    totals->bot_events -= person->bot_events;
    totals->decisions -= person->decisions;
    totals->impressions -= person->impressions;
    totals->explored -= person->explored;
    totals->users--;
    const bool at_edge = person->events && (person->first_ms == totals->first_ms ||
                                               person->last_ms == totals->last_ms);
    att_person_clear(people, person);
    while (people->count > 0 && !att_people_get(people, people->count - 1))
        people->count--;
    if (at_edge)
        scan_times(people);
    return ATT_OK;
}

// --- One record ---------------------------------------------------------------------------------------

static att_status apply_kind(att_people *people, const att_record *record, att_error *err)
{
    const bool needs_user = record->kind == ATT_RECORD_EVENT ||
                            record->kind == ATT_RECORD_CONTROL || record->kind == ATT_RECORD_FORGET;
    if (needs_user && record->user == ATT_NO_INDEX)
        return ATT_FAIL(err, ATT_CORRUPT, "record %llu: kind %u names no user",
            (unsigned long long)record->seq, record->kind);
    switch (record->kind) {
    case ATT_RECORD_EVENT:
        return apply_event(people, record, err);
    case ATT_RECORD_DECISION:
        return apply_decision(people, record, err);
    case ATT_RECORD_CONTROL:
        return att_control_apply(people, record, err);
    case ATT_RECORD_FORGET:
        return apply_forget(people, record, err);
    default:
        return ATT_OK; // items, takedowns, models, policies: others' folds
    }
}

att_status att_people_apply(att_people *people, const att_record *record, att_error *err)
{
    if (record->seq <= people->last_seq)
        return ATT_FAIL(err, ATT_CORRUPT,
            "record %llu comes after record %llu: the log is out of order",
            (unsigned long long)record->seq, (unsigned long long)people->last_seq);
    const att_status status = apply_kind(people, record, err);
    if (status == ATT_OK)
        people->last_seq = record->seq;
    return status;
}

// --- Many records -------------------------------------------------------------------------------------

// Distances, in records: first the id's slot and the person, then what hangs on the person.
enum { FAR_AHEAD = 12, NEAR_AHEAD = 5 };

static const att_person_state *peek(const att_people *people, uint32_t user)
{
    const size_t chunk = user / ATT_PEOPLE_CHUNK;
    if (chunk >= people->chunk_count || !people->chunks[chunk])
        return NULL;
    return &people->chunks[chunk][user % ATT_PEOPLE_CHUNK];
}

static void prefetch_run(const void *start, size_t size)
{
    for (size_t at = 0; at < size; at += 64)
        __builtin_prefetch((const char *)start + at);
}

void att_people_prefetch(const att_people *people, att_text event_id, uint32_t user)
{
    const att_person_state *person = peek(people, user);
    if (person)
        prefetch_run(person, sizeof *person + 63);
    if (!event_id.size)
        return;
    const att_seen_key key = att_seen_key_of(&people->seen, event_id, user);
    att_seen_prefetch(&people->seen, &key);
}

void att_people_prefetch_taste(const att_people *people, uint32_t user)
{
    const att_person_state *person = peek(people, user);
    if (!person)
        return;
    if (person->preferences) {
        prefetch_run(att_taste_marks(person), person->preference_count + 63u);
        __builtin_prefetch(person->preferences + person->preference_count);
    }
    if (person->shown)
        __builtin_prefetch(person->shown + person->shown_next % ATT_SHOWN_MAX);
}

att_status att_people_apply_many(
    att_people *people, const att_record *records, size_t count, size_t *applied, att_error *err)
{
    size_t done = 0;
    att_status status = ATT_OK;
    for (; done < count; done++) {
        if (count - done > FAR_AHEAD)
            att_people_prefetch(
                people, records[done + FAR_AHEAD].id, records[done + FAR_AHEAD].user);
        if (count - done > NEAR_AHEAD)
            att_people_prefetch_taste(people, records[done + NEAR_AHEAD].user);
        status = att_people_apply(people, &records[done], err);
        if (status)
            break;
    }
    if (applied)
        *applied = done;
    return status;
}
