// SPDX-License-Identifier: Apache-2.0
// signals/people_save.c - the fold as a checkpoint file.
//
// The rows are gathered in memory first: saving needs about as much again as the state has, but for the ids seen.
#include "signals/checkpoint.h"
#include "signals/policy.h"

typedef struct part {
    uint32_t id;
    size_t item_size, count, room;
    unsigned char *bytes;
} part;

enum { PEOPLE, PREFERENCES, SHOWN, RARE, LISTS, TAG_SIZES, TAG_NAMES, PART_COUNT };

typedef struct gathering {
    const att_people *people;
    part parts[PART_COUNT];
} gathering;

static void measure_person(gathering *to, const att_person_state *person)
{
    const att_person_controls *rare = person->rare;
    to->parts[PEOPLE].room++;
    to->parts[PREFERENCES].room += person->preference_count;
    to->parts[SHOWN].room += person->shown_count;
    to->parts[RARE].room += rare != NULL;
    if (rare)
        to->parts[LISTS].room +=
            (size_t)rare->blocked_item_count + rare->less_like_count + rare->blocked_tag_count;
}

static void measure(gathering *to)
{
    const att_people *people = to->people;
    for (uint32_t user = 0; user < people->count; user++) {
        const att_person_state *person = att_people_get(people, user);
        if (person)
            measure_person(to, person);
    }
    to->parts[TAG_SIZES].room = people->tags.count;
    for (uint32_t tag = 0; tag < people->tags.count; tag++)
        to->parts[TAG_NAMES].room += att_names_get(&people->tags, tag).size;
}

static void add(part *to, const void *rows, size_t count)
{
    if (count)
        memcpy(to->bytes + to->count * to->item_size, rows, count * to->item_size);
    to->count += count;
}

static void add_person(gathering *to, uint32_t user, const att_person_state *person)
{
    const att_fold_person row = {
        .first_ms = person->first_ms,
        .last_ms = person->last_ms,
        .session_start_ms = person->session_start_ms,
        .user = user,
        .events = person->events,
        .sessions = person->sessions,
        .bot_events = person->bot_events,
        .decisions = person->decisions,
        .impressions = person->impressions,
        .explored = person->explored,
        .rate_minute = person->rate_minute,
        .rate_count = person->rate_count,
        .last_played = person->last_played,
        .last_played_s = person->last_played_s,
        .last_bot_s = person->last_bot_s,
        .preference_count = person->preference_count,
        .shown_count = person->shown_count,
        .device = person->last_context.device,
        .place = person->last_context.place,
        .activity = person->last_context.activity,
        .noise = person->last_context.noise,
        .utc_offset_min = person->last_context.utc_offset_min,
        .flags = (uint16_t)(person->last_complete | person->session_ended << 1 |
                            person->opted_out << 2 | person->bot << 3),
    };
    add(&to->parts[PEOPLE], &row, 1);
    add(&to->parts[PREFERENCES], person->preferences, person->preference_count);
    for (size_t i = 0; i < person->shown_count; i++) {
        const att_shown_mark mark = att_person_shown_at(person, i);
        add(&to->parts[SHOWN], &mark, 1);
    }
}

static void add_rare(gathering *to, uint32_t user, const att_person_controls *rare)
{
    const att_fold_rare row = {
        .reset_ms = rare->reset_ms,
        .user = user,
        .energy = rare->energy,
        .novelty = rare->novelty,
        .blocked_items = rare->blocked_item_count,
        .less_like = rare->less_like_count,
        .blocked_tags = rare->blocked_tag_count,
        .life_event_s = rare->life_event_s,
    };
    add(&to->parts[RARE], &row, 1);
    add(&to->parts[LISTS], rare->blocked_items, rare->blocked_item_count);
    add(&to->parts[LISTS], rare->less_like_items, rare->less_like_count);
    add(&to->parts[LISTS], rare->blocked_tags, rare->blocked_tag_count);
}

static void gather(gathering *to)
{
    const att_people *people = to->people;
    for (uint32_t user = 0; user < people->count; user++) {
        const att_person_state *person = att_people_get(people, user);
        if (person)
            add_person(to, user, person);
        if (person && person->rare)
            add_rare(to, user, person->rare);
    }
    for (uint32_t tag = 0; tag < people->tags.count; tag++) {
        const att_text name = att_names_get(&people->tags, tag);
        const uint16_t size = (uint16_t)name.size;
        add(&to->parts[TAG_SIZES], &size, 1);
        add(&to->parts[TAG_NAMES], name.data, name.size);
    }
}

static att_fold_head head_of(const att_people *people)
{
    const att_people_totals *totals = &people->totals;
    return (att_fold_head){
        .seed = people->seen.seed,
        .signals_hash = att_policy_signals_hash(&people->policy),
        .last_seq = people->last_seq,
        .events = totals->events,
        .bot_events = totals->bot_events,
        .decisions = totals->decisions,
        .impressions = totals->impressions,
        .explored = totals->explored,
        .users = totals->users,
        .first_ms = totals->first_ms,
        .last_ms = totals->last_ms,
        .count = people->count,
    };
}

typedef struct giving {
    att_snapshot_taker take;
    void *user;
} giving;

static bool give_keys(void *user, const att_seen_key *keys, size_t count)
{
    giving *g = user;
    return g->take(g->user, keys, count * sizeof *keys);
}

// att_snapshot_giver: of the ids seen.
static bool give_seen(void *source, att_snapshot_taker take, void *user)
{
    giving g = {take, user};
    return att_seen_walk(source, give_keys, &g);
}

static att_status write_parts(const gathering *from, const char *path, att_error *err)
{
    const att_fold_head head = head_of(from->people);
    att_snapshot_writer *writer = NULL;
    att_status status = att_snapshot_writer_create(
        &writer, ATT_FOLD_KIND, ATT_FOLD_VERSION, &from->people->host, err);
    if (!status)
        status = att_snapshot_add(writer, ATT_FOLD_HEAD, &head, sizeof head, err);
    for (size_t i = 0; !status && i < PART_COUNT; i++)
        status = att_snapshot_add(writer, from->parts[i].id, from->parts[i].bytes,
            from->parts[i].count * from->parts[i].item_size, err);
    if (!status)
        status = att_snapshot_add_given(writer, ATT_FOLD_SEEN, give_seen, (void *)(uintptr_t)&from->people->seen,
            att_seen_count(&from->people->seen) * sizeof(att_seen_key), err);
    if (!status)
        status = att_snapshot_finish(writer, path, err);
    att_snapshot_writer_destroy(writer);
    return status;
}

att_status att_people_save(const att_people *people, const char *path, att_error *err)
{
    gathering all = {.people = people,
        .parts = {
            [PEOPLE] = {.id = ATT_FOLD_PEOPLE, .item_size = sizeof(att_fold_person)},
            [PREFERENCES] = {.id = ATT_FOLD_PREFERENCES, .item_size = sizeof(att_preference)},
            [SHOWN] = {.id = ATT_FOLD_SHOWN, .item_size = sizeof(att_shown_mark)},
            [RARE] = {.id = ATT_FOLD_RARE, .item_size = sizeof(att_fold_rare)},
            [LISTS] = {.id = ATT_FOLD_LISTS, .item_size = sizeof(uint32_t)},
            [TAG_SIZES] = {.id = ATT_FOLD_TAG_SIZES, .item_size = sizeof(uint16_t)},
            [TAG_NAMES] = {.id = ATT_FOLD_TAG_NAMES, .item_size = 1},
        }};
    measure(&all);
    att_status status = ATT_OK;
    for (size_t i = 0; !status && i < PART_COUNT; i++) {
        all.parts[i].bytes =
            att_alloc(&people->host, all.parts[i].room + 1, all.parts[i].item_size);
        if (!all.parts[i].bytes)
            status = att_no_memory(err, all.parts[i].room, "rows of a checkpoint");
    }
    if (!status) {
        gather(&all);
        status = write_parts(&all, path, err);
    }
    for (size_t i = 0; i < PART_COUNT; i++)
        att_free(&people->host, all.parts[i].bytes, all.parts[i].room + 1, all.parts[i].item_size);
    return status;
}
