// SPDX-License-Identifier: Apache-2.0
// signals/people_load.c - a checkpoint file becomes a fold again, every number checked.
//
// Checksums keep out damage; the checks here keep out files that were made to do harm: nothing read from a
// file is used as a size or an index before it was held against what is there.
#include "signals/checkpoint.h"
#include "signals/event.h"
#include "signals/policy.h"

typedef struct sections {
    const att_fold_head *head;
    const att_fold_person *people;
    const att_preference *preferences;
    const att_shown_mark *shown;
    const att_fold_rare *rare;
    const uint32_t *lists;
    const uint16_t *tag_sizes;
    const char *tag_names;
    const att_seen_key *seen;
    size_t head_count, people_count, preference_count, shown_count, rare_count, list_count,
        tag_count, tag_bytes, seen_count;
} sections;

static att_status find_sections(const att_snapshot *snapshot, sections *in, att_error *err)
{
    const struct {
        uint32_t id;
        size_t item_size, *count;
        const void **rows;
    } wanted[] = {
        {ATT_FOLD_HEAD, sizeof *in->head, &in->head_count, (const void **)&in->head},
        {ATT_FOLD_PEOPLE, sizeof *in->people, &in->people_count, (const void **)&in->people},
        {ATT_FOLD_PREFERENCES, sizeof *in->preferences, &in->preference_count,
            (const void **)&in->preferences},
        {ATT_FOLD_SHOWN, sizeof *in->shown, &in->shown_count, (const void **)&in->shown},
        {ATT_FOLD_RARE, sizeof *in->rare, &in->rare_count, (const void **)&in->rare},
        {ATT_FOLD_LISTS, sizeof *in->lists, &in->list_count, (const void **)&in->lists},
        {ATT_FOLD_TAG_SIZES, sizeof *in->tag_sizes, &in->tag_count, (const void **)&in->tag_sizes},
        {ATT_FOLD_TAG_NAMES, 1, &in->tag_bytes, (const void **)&in->tag_names},
        {ATT_FOLD_SEEN, sizeof *in->seen, &in->seen_count, (const void **)&in->seen},
    };
    for (size_t i = 0; i < ATT_COUNT_OF(wanted); i++) {
        const att_status status = att_snapshot_need(
            snapshot, wanted[i].id, wanted[i].item_size, wanted[i].count, wanted[i].rows, err);
        if (status)
            return status;
    }
    if (in->head_count != 1)
        return ATT_FAIL(
            err, ATT_CORRUPT, "section HEAD has %zu rows, 1 belongs there", in->head_count);
    return ATT_OK;
}

static att_status check_head(const att_people *people, const sections *in, att_error *err)
{
    const att_fold_head *head = in->head;
    if (head->seed != people->seen.seed)
        return ATT_FAIL(err, ATT_VERSION, "the checkpoint is of another store; replay the log");
    if (head->signals_hash != att_policy_signals_hash(&people->policy))
        return ATT_FAIL(
            err, ATT_VERSION, "the checkpoint was made under other signal rules; replay the log");
    if (head->users != in->people_count || head->zero)
        return ATT_FAIL(err, ATT_CORRUPT, "section PEOP has %zu rows, the head says %llu",
            in->people_count, (unsigned long long)head->users);
    return ATT_OK;
}

static bool unit(float value)
{
    return value >= -1 && value <= 1; // NaN is not
}

static bool is_preference(const att_preference *row)
{
    if (row->item == ATT_NO_INDEX || !unit(row->grade) || row->count == 0 || row->days == 0 ||
        row->zero != 0 || !att_situation_is_valid(row->situation) ||
        row->signal == ATT_SIGNAL_NONE || row->signal >= ATT_SIGNAL_COUNT)
        return false;
    return att_signal_is_explicit((att_signal)row->signal) ||
           (row->basis.weight >= 0 && (double)row->basis.weight <= ATT_TASTE_WEIGHT_MAX);
}

static bool is_person(const att_fold_person *row)
{
    const int offset = row->utc_offset_min;
    return row->preference_count <= ATT_PREFERENCES_MAX && row->shown_count <= ATT_SHOWN_MAX &&
           row->device < ATT_DEVICE_COUNT && row->place < ATT_PLACE_COUNT &&
           row->activity < ATT_ACTIVITY_COUNT && row->noise < ATT_NOISE_COUNT &&
           (offset == ATT_OFFSET_UNKNOWN || (offset >= -840 && offset <= 840)) && row->flags < 16 &&
           row->zero == 0 && (row->sessions > 0) == (row->events > 0) &&
           row->first_ms <= row->last_ms;
}

static bool is_rare(const att_fold_rare *row)
{
    return row->blocked_items <= ATT_CONTROLS_MAX && row->less_like <= ATT_CONTROLS_MAX &&
           row->blocked_tags <= ATT_CONTROLS_MAX && unit(row->energy) && unit(row->novelty) &&
           row->zero == 0;
}

static void copy_person(att_person_state *person, const att_fold_person *row)
{
    person->first_ms = row->first_ms;
    person->last_ms = row->last_ms;
    person->session_start_ms = row->session_start_ms;
    person->last_context =
        (att_context){row->device, row->place, row->activity, row->noise, row->utc_offset_min};
    person->events = row->events;
    person->sessions = row->sessions;
    person->bot_events = row->bot_events;
    person->decisions = row->decisions;
    person->impressions = row->impressions;
    person->explored = row->explored;
    person->rate_minute = row->rate_minute;
    person->rate_count = row->rate_count;
    person->last_played = row->last_played;
    person->last_played_s = row->last_played_s;
    person->last_bot_s = row->last_bot_s;
    person->last_complete = row->flags & 1;
    person->session_ended = row->flags >> 1 & 1;
    person->opted_out = row->flags >> 2 & 1;
    person->bot = row->flags >> 3 & 1;
}

static att_status load_person(
    att_people *people, sections *in, const att_fold_person *row, att_error *err)
{
    if (!is_person(row) || row->user >= in->head->count)
        return ATT_FAIL(
            err, ATT_CORRUPT, "section PEOP: the row of person %u is not valid", row->user);
    if (row->preference_count > in->preference_count || row->shown_count > in->shown_count)
        return ATT_FAIL(
            err, ATT_CORRUPT, "person %u has more rows than PREF or SHWN holds", row->user);
    for (size_t i = 0; i < row->preference_count; i++)
        if (!is_preference(&in->preferences[i]))
            return ATT_FAIL(
                err, ATT_CORRUPT, "section PREF: row %zu of person %u is not valid", i, row->user);
    att_person_state *person = att_person_place(people, row->user);
    if (!person || !att_person_reserve_preferences(people, person, row->preference_count) ||
        !att_person_reserve_shown(people, person, row->shown_count))
        return att_no_memory(err, 1, "people");
    att_person_begin(people, person, row->user);
    copy_person(person, row);
    if (row->preference_count)
        memcpy(
            person->preferences, in->preferences, row->preference_count * sizeof *in->preferences);
    person->preference_count = row->preference_count;
    for (size_t i = 0; i < row->preference_count; i++)
        att_taste_marks(person)[i] = att_taste_mark(person->preferences[i].item);
    for (size_t i = 0; i < row->shown_count; i++)
        att_person_show(person, in->shown[i].item, in->shown[i].at_s);
    in->preferences += row->preference_count;
    in->preference_count -= row->preference_count;
    in->shown += row->shown_count;
    in->shown_count -= row->shown_count;
    return ATT_OK;
}

static att_status load_people(att_people *people, sections *in, att_error *err)
{
    att_people_totals sums = {0};
    for (size_t i = 0; i < in->people_count; i++) {
        const att_fold_person *row = &in->people[i];
        if (i > 0 && row->user <= row[-1].user)
            return ATT_FAIL(err, ATT_CORRUPT, "section PEOP: person %u is out of order", row->user);
        const att_status status = load_person(people, in, row, err);
        if (status)
            return status;
        sums.events += row->events;
        sums.bot_events += row->bot_events;
        sums.decisions += row->decisions;
        sums.impressions += row->impressions;
        sums.explored += row->explored;
    }
    const att_fold_head *head = in->head;
    if (in->preference_count || in->shown_count || people->count != head->count ||
        sums.events != head->events || sums.bot_events != head->bot_events ||
        sums.decisions > head->decisions || sums.impressions > head->impressions ||
        sums.explored > head->explored)
        return ATT_FAIL(err, ATT_CORRUPT, "the people of the checkpoint do not add up to its head");
    return ATT_OK;
}

static att_status load_tags(att_people *people, const sections *in, att_error *err)
{
    const char *at = in->tag_names;
    size_t left = in->tag_bytes;
    for (size_t i = 0; i < in->tag_count; i++) {
        const att_text name = {at, in->tag_sizes[i]};
        size_t bad;
        if (name.size == 0 || name.size > ATT_TAG_SIZE_MAX || name.size > left ||
            !att_text_is_clean(name, &bad) || att_names_find(&people->tags, name) != ATT_NO_INDEX)
            return ATT_FAIL(err, ATT_CORRUPT, "section TAGN: tag %zu is not valid", i);
        if (att_names_add(&people->tags, name) == ATT_NO_INDEX)
            return att_no_memory(err, in->tag_count, "tags");
        at += name.size;
        left -= name.size;
    }
    return left ? ATT_FAIL(err, ATT_CORRUPT, "section TAGN has %zu bytes too many", left) : ATT_OK;
}

static att_status take_list(att_people *people, sections *in, size_t count, uint32_t below,
    uint32_t **items, uint16_t *item_count, uint16_t *capacity, att_error *err)
{
    if (count > in->list_count)
        return ATT_FAIL(err, ATT_CORRUPT, "section LIST is too short");
    for (size_t i = 0; i < count; i++)
        if (in->lists[i] >= below)
            return ATT_FAIL(
                err, ATT_CORRUPT, "section LIST: entry %u is out of range", in->lists[i]);
    if (!att_person_reserve_list(people, items, capacity, 0, count))
        return att_no_memory(err, count, "controls");
    if (count)
        memcpy(*items, in->lists, count * sizeof *in->lists);
    *item_count = (uint16_t)count;
    in->lists += count;
    in->list_count -= count;
    return ATT_OK;
}

static att_status load_rare(
    att_people *people, sections *in, const att_fold_rare *row, att_error *err)
{
    if (!is_rare(row) || !att_people_get(people, row->user))
        return ATT_FAIL(
            err, ATT_CORRUPT, "section RARE: the row of person %u is not valid", row->user);
    att_person_state *person = att_person_place(people, row->user);
    if (person->rare || !att_person_reserve_rare(people, person))
        return person->rare
                   ? ATT_FAIL(err, ATT_CORRUPT, "section RARE: person %u stands twice", row->user)
                   : att_no_memory(err, 1, "controls");
    att_person_controls *rare = person->rare;
    rare->energy = row->energy;
    rare->novelty = row->novelty;
    rare->reset_ms = row->reset_ms;
    rare->life_event_s = row->life_event_s;
    att_status status = take_list(people, in, row->blocked_items, ATT_NO_INDEX,
        &rare->blocked_items, &rare->blocked_item_count, &rare->blocked_item_capacity, err);
    if (!status)
        status = take_list(people, in, row->less_like, ATT_NO_INDEX, &rare->less_like_items,
            &rare->less_like_count, &rare->less_like_capacity, err);
    if (!status)
        status = take_list(people, in, row->blocked_tags, people->tags.count, &rare->blocked_tags,
            &rare->blocked_tag_count, &rare->blocked_tag_capacity, err);
    return status;
}

static att_status load_controls(att_people *people, sections *in, att_error *err)
{
    for (size_t i = 0; i < in->rare_count; i++) {
        const att_status status = load_rare(people, in, &in->rare[i], err);
        if (status)
            return status;
    }
    return in->list_count
               ? ATT_FAIL(err, ATT_CORRUPT, "section LIST has %zu rows too many", in->list_count)
               : ATT_OK;
}

static att_status load_seen(att_people *people, const sections *in, att_error *err)
{
    size_t bad = 0;
    for (size_t i = 0; i < in->seen_count; i++)
        if (!in->seen[i].user_plus_1 || in->seen[i].user_plus_1 > people->count)
            return ATT_FAIL(err, ATT_CORRUPT, "section SEEN: row %zu is not valid", i);
    const att_status status = att_seen_load(&people->seen, in->seen, in->seen_count, &bad, err);
    return att_while(err, status, "section SEEN: row %zu", bad);
}

static att_status load_parts(att_people *people, const att_snapshot *snapshot, att_error *err)
{
    sections in;
    att_status status = find_sections(snapshot, &in, err);
    if (!status)
        status = check_head(people, &in, err);
    if (!status)
        status = load_people(people, &in, err);
    if (!status)
        status = load_tags(people, &in, err);
    if (!status)
        status = load_controls(people, &in, err);
    if (!status)
        status = load_seen(people, &in, err);
    if (status)
        return status;
    people->last_seq = in.head->last_seq;
    people->totals = (att_people_totals){
        .events = in.head->events,
        .bot_events = in.head->bot_events,
        .decisions = in.head->decisions,
        .impressions = in.head->impressions,
        .explored = in.head->explored,
        .users = in.head->users,
        .first_ms = in.head->first_ms,
        .last_ms = in.head->last_ms,
    };
    return ATT_OK;
}

att_status att_people_load_from(att_people *people, const att_snapshot *snapshot, att_error *err)
{
    att_people_empty(people);
    const att_status status = load_parts(people, snapshot, err);
    if (status)
        att_people_empty(people);
    return status;
}

att_status att_people_load(att_people *people, const char *path, att_error *err)
{
    att_snapshot *snapshot = NULL;
    uint32_t version = 0;
    att_status status =
        att_snapshot_open(&snapshot, path, ATT_FOLD_KIND, &version, &people->host, err);
    if (!status && version != ATT_FOLD_VERSION)
        status = ATT_FAIL(
            err, ATT_VERSION, "checkpoints of version %u are not read by this build", version);
    if (!status)
        status = att_people_load_from(people, snapshot, err);
    else
        att_people_empty(people);
    att_snapshot_close(snapshot);
    return status ? att_while(err, status, "loading checkpoint %s", path) : ATT_OK;
}
