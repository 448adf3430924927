// SPDX-License-Identifier: Apache-2.0
// store/doctor.c - looks at everything in a store, and says what is wrong and what helps.
//
// First SQLite's own check of its pages, then ours, through the same interface as everybody: people
// and items are numbered without holes and named once; bodies and decisions decode; what a record
// points to exists; event ids occur once (a set of 128-bit hashes); of a forgotten person nothing
// is left.
#include "store/case_record.h"
#include "store/choice.h"
#include "store/decision.h"
#include "store/driver.h"
#include "store/hash_set.h"
#include "store/made_record.h"
#include "store/policy_record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define RESTORE "keep the file as it is, and bring back the newest backup"
#define REPORT "please report it: attune should never write this; a backup from before helps"

enum { FINDINGS_PER_KIND = 5 };
static const int64_t year_9999_ms = 253402300799999;

typedef struct examination {
    att_host host;
    att_store *store;
    att_finding_sink *sink;
    void *user;
    size_t damage;
    att_names users, items;
    att_hash_set event_ids;
    uint64_t *last_seen; // per person: seq of the newest record
    size_t last_seen_count;
    uint64_t records, kinds[ATT_RECORD_KIND_COUNT], holes, next_seq;
    ATT_VEC(uint64_t) choices; // seqs, rising
    uint64_t blanks, bodiless;
    uint32_t next_index;
    size_t told; // damage told in this part
    bool in_log, no_memory, cancelled;
} examination;

static void tell(examination *x, att_finding_kind kind, const char *advice, const char *format, ...)
    ATT_PRINTF(4, 5);
static void tell(examination *x, att_finding_kind kind, const char *advice, const char *format, ...)
{
    if (kind == ATT_FINDING_DAMAGE) {
        x->damage++;
        if (++x->told > FINDINGS_PER_KIND)
            return;
    }
    char what[600];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    x->sink(x->user, kind, what, advice);
}

// Ends one part: how much more there was, or that it is fine.
static void conclude(examination *x, const char *part)
{
    if (x->told == 0)
        tell(x, ATT_FINDING_FINE, "", "%s", part);
    else if (x->told > FINDINGS_PER_KIND)
        tell(x, ATT_FINDING_WARNING, RESTORE, "and %zu more of this part",
            x->told - FINDINGS_PER_KIND);
    x->told = 0;
}

// A part that could not be read to its end.
static void tell_failure(examination *x, att_status status, const att_error *err)
{
    x->no_memory |= status == ATT_NO_MEMORY;
    if (status)
        tell(x, ATT_FINDING_DAMAGE, RESTORE, "%s", err->text);
}

static void see_seq(examination *x, uint64_t seq)
{
    x->records++;
    x->holes += seq - x->next_seq;
    x->next_seq = seq + 1;
}

// --- People and items ---------------------------------------------------------------------------

static void check_name(
    examination *x, att_names *names, const char *whose, uint32_t index, att_text id)
{
    if (index != x->next_index)
        tell(x, ATT_FINDING_DAMAGE, REPORT, "%s %u follows %s %u: numbers are missing", whose,
            index, whose, x->next_index - 1);
    while (names->count < index && !x->no_memory)
        x->no_memory = att_names_add_blank(names) == ATT_NO_INDEX;
    x->next_index = index + 1;
    if (x->no_memory)
        return;
    const bool twice = id.size && att_names_find(names, id) != ATT_NO_INDEX;
    if (twice)
        tell(x, ATT_FINDING_DAMAGE, REPORT, "%s %u has the id of %s %u", whose, index, whose,
            att_names_find(names, id));
    const uint32_t added =
        id.size && !twice ? att_names_add(names, id) : att_names_add_blank(names);
    x->no_memory = added == ATT_NO_INDEX;
}

static bool see_user(void *user, uint32_t index, att_text id)
{
    examination *x = user;
    x->blanks += id.size == 0;
    check_name(x, &x->users, "person", index, id);
    return !x->no_memory;
}

static bool see_item(void *user, uint32_t index, att_text id, const att_item *item)
{
    examination *x = user;
    x->bodiless += item == NULL;
    if (id.size == 0)
        tell(x, ATT_FINDING_DAMAGE, REPORT, "item %u has no id", index);
    check_name(x, &x->items, "item", index, id);
    return !x->no_memory;
}

static void check_people(examination *x)
{
    att_error err;
    x->next_index = 0;
    tell_failure(x, att_store_users_each(x->store, 0, see_user, x, &err), &err);
    char part[128];
    snprintf(part, sizeof part, "%u people, %llu of them forgotten", x->users.count,
        (unsigned long long)x->blanks);
    conclude(x, part);
}

// The number of an item or record whose body does not decode: it counts as being there.
static void see_undecodable(void *user, uint64_t number, const char *story)
{
    examination *x = user;
    tell(x, ATT_FINDING_DAMAGE, RESTORE, "%s", story);
    if (x->in_log)
        see_seq(x, number);
    else
        check_name(x, &x->items, "item", (uint32_t)number, (att_text){NULL, 0});
}

static void check_items(examination *x)
{
    att_error err;
    x->next_index = 0;
    tell_failure(x, att_store_items_each(x->store, 0, see_item, x, &err), &err);
    char part[128];
    snprintf(part, sizeof part, "%u items, %llu of them only named by events so far",
        x->items.count, (unsigned long long)x->bodiless);
    conclude(x, part);
    if (x->bodiless && x->bodiless == x->items.count)
        tell(x, ATT_FINDING_NOTE, "import the catalogue: nothing is known of any item but its id",
            "no item has a description");
}

// --- The log ------------------------------------------------------------------------------------

static void record_damage(examination *x, const att_record *record, const char *format, ...)
    ATT_PRINTF(3, 4);
static void record_damage(examination *x, const att_record *record, const char *format, ...)
{
    char what[300];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    tell(
        x, ATT_FINDING_DAMAGE, REPORT, "log record %llu %s", (unsigned long long)record->seq, what);
}

static void check_event(examination *x, const att_record *record)
{
    if (record->signal == ATT_SIGNAL_NONE || record->signal >= ATT_SIGNAL_COUNT)
        record_damage(x, record, "has unknown signal %u", record->signal);
    if (record->user == ATT_NO_INDEX)
        record_damage(x, record, "is an event of nobody");
    if (record->id.size == 0) {
        record_damage(x, record, "is an event without an id");
        return;
    }
    bool added;
    if (!att_hash_set_add(&x->event_ids, record->id, &added))
        x->no_memory = true;
    else if (!added)
        record_damage(x, record, "repeats the event id %.*s", ATT_TEXT_ARGS(record->id));
}

static void check_decision(examination *x, const att_record *record)
{
    att_decided_slot slots[ATT_SLATE_MAX];
    att_decision_record decision;
    att_error err;
    if (att_decision_decode(record->payload, record->payload_size, &decision, slots, ATT_SLATE_MAX,
            &err) != ATT_OK) {
        record_damage(x, record, "is not readable: %s", err.text);
        return;
    }
    for (size_t i = 0; i < decision.count; i++)
        if (slots[i].item >= x->items.count)
            record_damage(x, record, "shows item %u, there are %u", slots[i].item, x->items.count);
}

static void check_choice(examination *x, const att_record *record)
{
    att_choice_record choice;
    att_arena scratch;
    att_error err;
    att_arena_init(&scratch, &x->host, 0);
    const att_status status = att_choice_decode(record->payload, record->payload_size, &scratch, &choice, &err);
    if (status == ATT_NO_MEMORY)
        x->no_memory = true;
    else if (status)
        record_damage(x, record, "is not readable: %s", err.text);
    else if (!ATT_VEC_PUSH(&x->host, &x->choices, record->seq))
        x->no_memory = true;
    att_arena_deinit(&scratch);
}

static void check_case(examination *x, const att_record *record)
{
    att_case_record said;
    att_error err;
    if (att_case_record_decode(record->payload, record->payload_size, &said, &err) != ATT_OK)
        record_damage(x, record, "is not readable: %s", err.text);
}

static void check_policy_act(examination *x, const att_record *record)
{
    att_policy_record said;
    att_error err;
    if (att_policy_record_decode(record->payload, record->payload_size, &said, &err) != ATT_OK)
        record_damage(x, record, "is not readable: %s", err.text);
}

static void check_made(examination *x, const att_record *record)
{
    att_brief_record brief;
    att_candidate_record candidate;
    att_judged_record judged;
    att_error err = {0};
    att_status status = ATT_OK;
    if (record->kind == ATT_RECORD_BRIEF)
        status = att_brief_record_decode(record->payload, record->payload_size, &brief, &err);
    else if (record->kind == ATT_RECORD_CANDIDATE)
        status = att_candidate_record_decode(record->payload, record->payload_size, &candidate, &err);
    else if (record->kind == ATT_RECORD_JUDGED)
        status = att_judged_record_decode(record->payload, record->payload_size, &judged, &err);
    if (status)
        record_damage(x, record, "is not readable: %s", err.text);
}

// Rewards and confirmations speak of a choice that stands before them.
static void check_reward(examination *x, const att_record *record)
{
    const bool known = bsearch(&record->decision, x->choices.items, x->choices.count, sizeof *x->choices.items, att_order_u64);
    if (!known)
        record_damage(x, record, "speaks of decision %llu, which is not a choice before it",
            (unsigned long long)record->decision);
    if (record->kind == ATT_RECORD_REWARD && ((record->signal & 0x7F) >= ATT_REWARD_PART_COUNT || isnan(record->value)))
        record_damage(x, record, "is a reward of unknown part %u, or without a value", record->signal & 0x7Fu);
}

// Of the person nothing earlier may be left, and no name.
static void check_forgotten(examination *x, const att_record *record)
{
    if (record->user >= x->users.count)
        return;
    if (x->last_seen[record->user])
        record_damage(x, record, "forgets person %u, of whom record %llu is still there",
            record->user, (unsigned long long)x->last_seen[record->user]);
    if (att_names_get(&x->users, record->user).size)
        record_damage(x, record, "forgets person %u, whose id is still there", record->user);
}

static void check_references(examination *x, const att_record *record)
{
    if (record->user != ATT_NO_INDEX && record->user >= x->users.count)
        record_damage(x, record, "names person %u, there are %u", record->user, x->users.count);
    if (record->item != ATT_NO_INDEX && record->item >= x->items.count)
        record_damage(x, record, "names item %u, there are %u", record->item, x->items.count);
}

static void check_numbers(examination *x, const att_record *record)
{
    if (record->at_ms < 0 || record->at_ms > year_9999_ms || record->logged_ms < 0 ||
        record->logged_ms > year_9999_ms)
        record_damage(x, record, "has a time outside the years 1970 to 9999");
    if (isinf(record->value))
        record_damage(x, record, "has an infinite value");
    if (record->position_ms < -1 || record->length_ms < -1 || record->dwell_ms < -1)
        record_damage(x, record, "has a negative duration");
}

static bool see_record(void *user, const att_record *record)
{
    examination *x = user;
    see_seq(x, record->seq);
    if (record->kind == ATT_RECORD_NONE || record->kind >= ATT_RECORD_KIND_COUNT) {
        record_damage(x, record, "has unknown kind %u", record->kind);
        return true;
    }
    x->kinds[record->kind]++;
    check_references(x, record);
    check_numbers(x, record);
    if (record->kind == ATT_RECORD_EVENT)
        check_event(x, record);
    if (record->kind == ATT_RECORD_DECISION)
        check_decision(x, record);
    if (record->kind == ATT_RECORD_EXPOSURE && record->payload_size != (record->decision ? 0 : 4))
        record_damage(x, record, "names neither a decision nor an arm");
    if (record->kind == ATT_RECORD_CASE || record->kind == ATT_RECORD_VERDICT)
        check_case(x, record);
    if (record->kind == ATT_RECORD_POLICY_ACT)
        check_policy_act(x, record);
    check_made(x, record);
    if (record->kind == ATT_RECORD_CHOICE)
        check_choice(x, record);
    if (record->kind == ATT_RECORD_REWARD || record->kind == ATT_RECORD_DISPLAYED)
        check_reward(x, record);
    if (record->kind == ATT_RECORD_FORGET)
        check_forgotten(x, record);
    else if (record->user < x->last_seen_count)
        x->last_seen[record->user] = record->seq;
    if (x->records % 65536 == 0)
        x->cancelled = !att_progress_tell(&x->host, "doctor", x->records, 0, "records");
    return !x->no_memory && !x->cancelled;
}

static void check_log(examination *x)
{
    att_error err;
    x->last_seen_count = x->users.count;
    x->last_seen = ATT_NEW_ARRAY(&x->host, uint64_t, x->last_seen_count + 1);
    if (!x->last_seen) {
        x->no_memory = true;
        return;
    }
    x->in_log = true;
    x->next_seq = 1;
    tell_failure(x, att_store_log_each(x->store, 1, see_record, x, &err), &err);
    char part[160];
    snprintf(part, sizeof part, "%llu log records in order: %llu events, %llu decisions",
        (unsigned long long)x->records, (unsigned long long)x->kinds[ATT_RECORD_EVENT],
        (unsigned long long)x->kinds[ATT_RECORD_DECISION]);
    conclude(x, part);
    if (x->holes && x->kinds[ATT_RECORD_FORGET] == 0)
        tell(x, ATT_FINDING_DAMAGE, RESTORE,
            "%llu log records are missing and nobody was forgotten", (unsigned long long)x->holes);
    x->told = 0;
}

// --- All of it ----------------------------------------------------------------------------------

static void see_own_finding(void *user, const char *what)
{
    tell(user, ATT_FINDING_DAMAGE, RESTORE, "%s", what);
}

static void check_engine(examination *x)
{
    att_error err;
    tell_failure(x, x->store->driver->check(x->store, see_own_finding, x, &err), &err);
    conclude(x, "the pages of the file are sound, every asset matches its hash");
}

static att_status examine(examination *x, att_error *err)
{
    att_names_init(&x->users, &x->host);
    att_names_init(&x->items, &x->host);
    att_hash_set_init(&x->event_ids, &x->host);
    x->store->pass_over = see_undecodable;
    x->store->pass_over_user = x;
    check_engine(x);
    check_people(x);
    check_items(x);
    if (!x->no_memory)
        check_log(x);
    ATT_FREE_ARRAY(&x->host, x->last_seen, x->last_seen_count + 1);
    ATT_VEC_FREE(&x->host, &x->choices);
    att_hash_set_deinit(&x->event_ids);
    att_names_deinit(&x->items);
    att_names_deinit(&x->users);
    if (x->no_memory)
        return ATT_FAIL(err, ATT_NO_MEMORY, "examining the store: out of memory");
    return x->cancelled ? ATT_FAIL(err, ATT_CANCELLED, "examining the store: cancelled") : ATT_OK;
}

att_status att_store_doctor(const char *path, const att_host *host, att_finding_sink *sink,
    void *user, size_t *damage, att_error *err)
{
    examination x = {.host = att_host_complete(host), .sink = sink, .user = user};
    *damage = 0;
    att_error story;
    const att_store_options options = {.read_only = true};
    att_status status = att_store_open(&x.store, path, &options, &x.host, &story);
    if (status == ATT_CORRUPT) {
        tell(&x, ATT_FINDING_DAMAGE, RESTORE, "%s", story.text);
        *damage = x.damage;
        return ATT_OK;
    }
    if (status) {
        if (err)
            *err = story;
        return status;
    }
    status = examine(&x, err);
    att_store_close(x.store);
    *damage = x.damage;
    return status;
}
