// SPDX-License-Identifier: Apache-2.0
// measure/longrun_fold.c - one record after the other becomes sums.
//
// Sessions: as in docs/signals.md, but that what was played is dated at its end in the log, so silence is counted
// up to its beginning (at_ms - position_ms), and that asking for a slate counts as being there. A session belongs
// to the span in which it began.
#include "measure/longrun.h"

#include "base/rng.h"
#include "decide/experiments.h"
#include "signals/grade.h"

#include <math.h>

#define MIX_PLAYS_MIN 5 // a week with fewer says nothing about variety

// --- Create and destroy ------------------------------------------------------------------------

static int64_t midnight(int64_t at_ms)
{
    return (int64_t)att_longrun_day(at_ms) * LONGRUN_DAY_MS;
}

att_status att_longrun_fold_create(att_longrun_fold **out, const att_longrun_options *options,
    const att_longrun_input *input, const att_host *host, att_error *err)
{
    *out = NULL;
    att_longrun_fold *fold = ATT_NEW_ARRAY(host, att_longrun_fold, 1);
    if (!fold)
        return att_no_memory(err, 1, "fold of a report");
    fold->host = *host;
    fold->options = *options;
    fold->in = *input;
    fold->at_day_ms = midnight(options->at_ms);
    fold->options.from_ms = midnight(options->from_ms);
    fold->options.to_ms = midnight(options->to_ms + LONGRUN_DAY_MS - 1);
    fold->side_count = options->compare == ATT_COMPARE_NONE ? 1 : 2;
    fold->tag_words = (input->tag_count + 63) / 64;
    fold->totals.items = input->item_count;
    bool good = true;
    for (size_t s = 0; s < fold->side_count && input->item_count > 0; s++) {
        fold->sides[s].shown = ATT_NEW_ARRAY(host, uint64_t, input->item_count);
        fold->sides[s].shown_span = ATT_NEW_ARRAY(host, int64_t, input->item_count);
        good = good && fold->sides[s].shown && fold->sides[s].shown_span;
    }
    if (!good) {
        att_longrun_fold_destroy(fold);
        return att_no_memory(err, input->item_count, "items of a report");
    }
    *out = fold;
    return ATT_OK;
}

static void drop_person(const att_longrun_fold *fold, longrun_person *person)
{
    ATT_FREE_ARRAY(&fold->host, person->tags, person->tags ? fold->tag_words : 0);
    ATT_FREE_ARRAY(&fold->host, person->known, person->known_capacity);
    ATT_FREE_ARRAY(&fold->host, person->days, person->day_bytes);
    ATT_FREE_ARRAY(&fold->host, person->mix, person->mix_capacity);
}

void att_longrun_fold_destroy(att_longrun_fold *fold)
{
    if (!fold)
        return;
    const att_host host = fold->host;
    for (size_t p = 0; p < fold->people.count; p++)
        drop_person(fold, &fold->people.items[p]);
    ATT_VEC_FREE(&host, &fold->people);
    ATT_VEC_FREE(&host, &fold->slates);
    ATT_VEC_FREE(&host, &fold->slots);
    for (size_t s = 0; s < fold->side_count; s++) {
        longrun_side *side = &fold->sides[s];
        for (size_t i = 0; i < side->spans.count; i++)
            ATT_FREE_ARRAY(
                &host, side->spans.items[i].sums, (size_t)LONGRUN_SUM_COUNT * LONGRUN_GROUPS);
        ATT_VEC_FREE(&host, &side->spans);
        ATT_FREE_ARRAY(&host, side->shown, fold->in.item_count);
        ATT_FREE_ARRAY(&host, side->shown_span, fold->in.item_count);
    }
    att_free(&host, fold, 1, sizeof *fold);
}

// --- Who, and when -----------------------------------------------------------------------------

static uint8_t standing_of(const att_longrun_fold *fold, uint32_t user)
{
    return user < fold->in.people_count && fold->in.standing ? fold->in.standing[user] : LONGRUN_IN;
}

int att_longrun_side_at(const att_longrun_fold *fold, uint32_t user, int64_t at_ms)
{
    const att_longrun_options *o = &fold->options;
    if ((o->from_ms && at_ms < o->from_ms) || (o->to_ms && at_ms >= o->to_ms))
        return -1;
    switch (o->compare) {
    case ATT_COMPARE_TIME:
        return at_ms >= fold->at_day_ms;
    case ATT_COMPARE_HALVES:
        return (int)(att_mix64(o->split_seed + att_mix64(user + 1)) >> 63);
    case ATT_COMPARE_PEOPLE:
        return user < fold->in.people_count ? fold->in.groups[user] : -1;
    case ATT_COMPARE_ARMS:
        return fold->people.items[user].arm >= 0 &&
                       att_longrun_day(at_ms) >= fold->people.items[user].joined_day
                   ? fold->people.items[user].arm
                   : -1;
    default:
        return 0;
    }
}

static int64_t span_start(const att_longrun_fold *fold, int side, int64_t at_ms)
{
    const int32_t day = att_longrun_day(at_ms);
    const int32_t first = fold->options.by == ATT_BY_DAY ? day : att_longrun_week(day) * 7 - 3;
    return (int64_t)ATT_MAX(first, att_longrun_first_day(fold, side)) * LONGRUN_DAY_MS;
}

longrun_span *att_longrun_span_at(att_longrun_fold *fold, int side, int64_t at_ms)
{
    longrun_side *s = &fold->sides[side];
    const int64_t start_ms = span_start(fold, side, at_ms);
    if (s->latest < s->spans.count && s->spans.items[s->latest].start_ms == start_ms)
        return &s->spans.items[s->latest];
    size_t low = 0, high = s->spans.count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (s->spans.items[middle].start_ms < start_ms)
            low = middle + 1;
        else
            high = middle;
    }
    s->latest = low;
    if (low < s->spans.count && s->spans.items[low].start_ms == start_ms)
        return &s->spans.items[low];
    longrun_span span = {.start_ms = start_ms};
    span.sums = ATT_NEW_ARRAY(&fold->host, double, (size_t)LONGRUN_SUM_COUNT *LONGRUN_GROUPS);
    if (!span.sums)
        return NULL;
    if (!ATT_VEC_PUSH(&fold->host, &s->spans, span)) {
        ATT_FREE_ARRAY(&fold->host, span.sums, (size_t)LONGRUN_SUM_COUNT * LONGRUN_GROUPS);
        return NULL;
    }
    memmove(
        &s->spans.items[low + 1], &s->spans.items[low], (s->spans.count - 1 - low) * sizeof span);
    s->spans.items[low] = span;
    return &s->spans.items[low];
}

static longrun_person *person_of(att_longrun_fold *fold, uint32_t user)
{
    if (user >= fold->people.count) {
        const size_t before = fold->people.count;
        if (!ATT_VEC_RESERVE(&fold->host, &fold->people, (size_t)user + 1))
            return NULL;
        memset(&fold->people.items[before], 0, (user + 1 - before) * sizeof *fold->people.items);
        fold->people.count = (size_t)user + 1;
    }
    longrun_person *person = &fold->people.items[user];
    if (!person->met) {
        person->met = true;
        person->arm = -1;
        person->week = INT32_MIN;
        person->group = (uint8_t)(fold->met++ % LONGRUN_GROUPS);
    }
    return person;
}

// --- Days --------------------------------------------------------------------------------------

// Whether this is the first day of its week on which the person is seen in this group.
static bool is_first_of_week(
    const att_longrun_fold *fold, const longrun_person *person, int side, int32_t day)
{
    const int32_t monday = att_longrun_week(day) * 7 - 3;
    int32_t first = ATT_MAX(monday, att_longrun_first_day(fold, side)), last = monday + 6;
    if (fold->options.compare == ATT_COMPARE_TIME && side == 0)
        last = ATT_MIN(last, att_longrun_day(fold->at_day_ms) - 1);
    if (fold->options.compare == ATT_COMPARE_ARMS)
        first = ATT_MAX(first, person->joined_day);
    for (int32_t d = first; d <= last; d++)
        if (d != day && att_longrun_day_is(person, d))
            return false;
    return true;
}

static att_status be_there(
    att_longrun_fold *fold, longrun_person *person, int side, int64_t at_ms, att_error *err)
{
    bool fresh;
    const int32_t day = att_longrun_day(at_ms);
    if (!att_longrun_day_mark(fold, person, day, &fresh))
        return att_no_memory(err, 1, "days of a person");
    if (!fresh || side < 0)
        return ATT_OK;
    longrun_span *span = att_longrun_span_at(fold, side, at_ms);
    if (!span)
        return att_no_memory(err, 1, "spans of a report");
    att_longrun_count(span, person->group, SUM_PERSON_DAYS, 1);
    att_longrun_count(
        span, person->group, SUM_PERSON_WEEKS, is_first_of_week(fold, person, side, day));
    return ATT_OK;
}

// --- Sessions ----------------------------------------------------------------------------------

static att_status session_end(
    att_longrun_fold *fold, uint32_t user, longrun_person *person, att_error *err)
{
    const int side =
        person->in_session ? att_longrun_side_at(fold, user, person->session_start_ms) : -1;
    person->in_session = false;
    if (side < 0)
        return ATT_OK;
    longrun_span *span = att_longrun_span_at(fold, side, person->session_start_ms);
    if (!span)
        return att_no_memory(err, 1, "spans of a report");
    const int64_t length_ms = person->session_last_ms - person->session_start_ms;
    att_longrun_count(span, person->group, SUM_SESSIONS, 1);
    att_longrun_count(span, person->group, SUM_SESSION_MIN, (double)length_ms / 60000);
    att_longrun_count(
        span, person->group, SUM_SESSIONS_LEFT, length_ms < fold->options.early_session_ms);
    return ATT_OK;
}

// What lasted from start_ms to at_ms. *late: it is older than the running session, and in none.
static att_status session_step(att_longrun_fold *fold, uint32_t user, longrun_person *person,
    int64_t start_ms, int64_t at_ms, bool *late, att_error *err)
{
    const int64_t gap_ms = fold->in.policy->signals.session_gap_ms;
    *late = person->in_session && person->session_start_ms - at_ms > gap_ms;
    if (*late)
        return ATT_OK;
    const bool silent = start_ms - person->session_last_ms > gap_ms;
    const bool ended = person->session_ended && at_ms > person->session_last_ms;
    if (person->in_session && (silent || ended)) {
        const att_status status = session_end(fold, user, person, err);
        if (status)
            return status;
    }
    if (!person->in_session) {
        person->in_session = true;
        person->session_ended = false;
        person->last_played = 0;
        person->session_start_ms = start_ms;
        person->session_last_ms = at_ms;
        return ATT_OK;
    }
    person->session_start_ms = ATT_MIN(person->session_start_ms, start_ms);
    person->session_last_ms = ATT_MAX(person->session_last_ms, at_ms);
    return ATT_OK;
}

// --- What is new to a person -------------------------------------------------------------------

static bool known_grow(const att_host *host, longrun_person *person)
{
    const uint32_t capacity = person->known_capacity ? person->known_capacity * 2 : 16;
    uint32_t *known = ATT_NEW_ARRAY(host, uint32_t, capacity);
    if (!known)
        return false;
    for (uint32_t i = 0; i < person->known_capacity; i++)
        if (person->known[i]) {
            uint32_t at = (uint32_t)att_mix64(person->known[i]) & (capacity - 1);
            while (known[at])
                at = (at + 1) & (capacity - 1);
            known[at] = person->known[i];
        }
    ATT_FREE_ARRAY(host, person->known, person->known_capacity);
    person->known = known;
    person->known_capacity = capacity;
    return true;
}

// *is_new: never begun before. A person who knows too much forgets everything and leaves the figure.
static bool know_item(const att_host *host, longrun_person *person, uint32_t item, bool *is_new)
{
    if (person->known_count * 10 >= person->known_capacity * 7 && !known_grow(host, person))
        return false;
    const uint32_t mask = person->known_capacity - 1;
    uint32_t at = (uint32_t)att_mix64(item + 1) & mask;
    while (person->known[at] && person->known[at] != item + 1)
        at = (at + 1) & mask;
    *is_new = person->known[at] == 0;
    if (!*is_new)
        return true;
    person->known[at] = item + 1;
    if (++person->known_count <= LONGRUN_KNOWN_MAX)
        return true;
    person->forgets = true;
    ATT_FREE_ARRAY(host, person->known, person->known_capacity);
    person->known = NULL;
    person->known_count = person->known_capacity = 0;
    return true;
}

static const uint16_t *tags_of(const att_longrun_fold *fold, uint32_t item, size_t *count)
{
    *count =
        item < fold->in.item_count ? fold->in.tag_start[item + 1] - fold->in.tag_start[item] : 0;
    return *count ? fold->in.tags + fold->in.tag_start[item] : NULL;
}

static bool know_tags(att_longrun_fold *fold, longrun_person *person, const uint16_t *tags,
    size_t count, bool *is_new)
{
    *is_new = false;
    if (!person->tags && !(person->tags = ATT_NEW_ARRAY(&fold->host, uint64_t, fold->tag_words)))
        return false;
    for (size_t t = 0; t < count; t++) {
        const uint64_t bit = UINT64_C(1) << tags[t] % 64;
        *is_new |= !(person->tags[tags[t] / 64] & bit);
        person->tags[tags[t] / 64] |= bit;
    }
    return true;
}

// --- The mix of a week -------------------------------------------------------------------------

static double entropy_bits(const longrun_tag *mix, size_t count)
{
    double total = 0, sum = 0;
    for (size_t i = 0; i < count; i++)
        total += mix[i].count;
    for (size_t i = 0; i < count; i++)
        sum -= mix[i].count / total * log2(mix[i].count / total);
    return sum > 0 ? sum : 0;
}

// A week counts in the span of the last thing begun in it.
static att_status mix_end(
    att_longrun_fold *fold, uint32_t user, longrun_person *person, att_error *err)
{
    const int side = person->mix_plays >= MIX_PLAYS_MIN && person->mix_count > 0
                         ? att_longrun_side_at(fold, user, person->week_last_ms)
                         : -1;
    if (side >= 0) {
        longrun_span *span = att_longrun_span_at(fold, side, person->week_last_ms);
        if (!span)
            return att_no_memory(err, 1, "spans of a report");
        att_longrun_count(span, person->group, SUM_MIXED_WEEKS, 1);
        att_longrun_count(
            span, person->group, SUM_ENTROPY, entropy_bits(person->mix, person->mix_count));
    }
    person->mix_count = person->mix_plays = 0;
    return ATT_OK;
}

static bool mix_add(const att_host *host, longrun_person *person, uint16_t tag)
{
    for (size_t i = 0; i < person->mix_count; i++)
        if (person->mix[i].tag == tag) {
            person->mix[i].count += person->mix[i].count < UINT16_MAX;
            return true;
        }
    if (person->mix_count == person->mix_capacity) {
        const uint16_t capacity = (uint16_t)ATT_MIN(person->mix_capacity * 2 + 8, UINT16_MAX);
        longrun_tag *mix =
            att_realloc(host, person->mix, person->mix_capacity, capacity, sizeof *mix);
        if (!mix || capacity == person->mix_capacity)
            return false;
        person->mix = mix;
        person->mix_capacity = capacity;
    }
    person->mix[person->mix_count++] = (longrun_tag){tag, 1};
    return true;
}

static att_status mix_step(att_longrun_fold *fold, uint32_t user, longrun_person *person,
    const att_record *event, const uint16_t *tags, size_t count, att_error *err)
{
    const int32_t week = att_longrun_week(att_longrun_day(event->at_ms));
    if (week < person->week) // late: that week is over
        return ATT_OK;
    att_status status = week > person->week ? mix_end(fold, user, person, err) : ATT_OK;
    person->week = week;
    person->week_last_ms = event->at_ms;
    person->mix_plays += person->mix_plays < UINT16_MAX;
    for (size_t t = 0; t < count && !status; t++)
        if (!mix_add(&fold->host, person, tags[t]))
            status = att_no_memory(err, count, "tags of a week");
    return status;
}

// --- Events ------------------------------------------------------------------------------------

static bool is_played(const att_record *event)
{
    return (event->signal == ATT_SIGNAL_PLAY || event->signal == ATT_SIGNAL_SKIP) &&
           event->item != ATT_NO_INDEX;
}

// Something was begun: it was played or skipped, or completed where nothing told of the playing. The first complete
// after a play belongs to it.
static bool begins(longrun_person *person, const att_record *event)
{
    if (is_played(event)) {
        person->last_played = event->item + 1;
        return true;
    }
    if (event->signal != ATT_SIGNAL_COMPLETE)
        return false;
    const bool told = person->last_played == event->item + 1;
    person->last_played = told ? 0 : person->last_played;
    return !told;
}

typedef struct counting {
    longrun_span *span; // NULL: nothing is counted at this time
    uint8_t group;
} counting;

static void add(const counting *c, longrun_sum sum, double by)
{
    if (c->span)
        att_longrun_count(c->span, c->group, sum, by);
}

static void count_begun(const att_record *event, att_grade grade, const counting *c)
{
    const bool early = grade.skip == ATT_SKIP_EARLY;
    add(c, SUM_BEGUN, 1);
    add(c, SUM_EARLY_5S, early);
    add(c, SUM_EARLY_10S, early || grade.skip == ATT_SKIP_SOFT);
    add(c, SUM_COMPLETED, grade.is_complete);
    if (event->position_ms < 0 && !grade.is_complete)
        return;
    add(c, SUM_PLAY_MIN, ATT_MAX(event->position_ms, 0) / 60000.0);
    add(c, SUM_KNOWN_POSITION, 1);
    add(c, SUM_KEPT, event->position_ms >= 10000 || grade.is_complete);
}

// What the memory of this person says about the thing; the memory grows outside of from and to as well.
static att_status count_discovery(att_longrun_fold *fold, uint32_t user, longrun_person *person,
    const att_record *event, const counting *c, att_error *err)
{
    bool is_new;
    size_t count;
    const uint16_t *tags = tags_of(fold, event->item, &count);
    if (!person->forgets) {
        if (!know_item(&fold->host, person, event->item, &is_new))
            return att_no_memory(err, person->known_count, "things that a person knows");
        add(c, SUM_REMEMBERED, 1);
        add(c, SUM_NEW_ITEMS, is_new);
    }
    if (count == 0)
        return ATT_OK;
    if (!know_tags(fold, person, tags, count, &is_new))
        return att_no_memory(err, fold->tag_words, "tags that a person knows");
    add(c, SUM_TAGGED, 1);
    add(c, SUM_NEW_TAGS, is_new);
    return mix_step(fold, user, person, event, tags, count, err);
}

static void count_word(const att_record *event, const counting *c)
{
    switch (event->signal) {
    case ATT_SIGNAL_CLICK:
        add(c, SUM_CLICKS, 1);
        break;
    case ATT_SIGNAL_REPLAY:
        add(c, SUM_REPLAYS, 1);
        break;
    case ATT_SIGNAL_REPORT:
        add(c, SUM_REPORTS, 1);
        break;
    case ATT_SIGNAL_RAGE_QUIT:
        add(c, SUM_RAGE_QUITS, 1);
        break;
    case ATT_SIGNAL_LIKE:
        add(c, SUM_LIKES, 1);
        add(c, SUM_OPINIONS, 1);
        break;
    case ATT_SIGNAL_DISLIKE:
        add(c, SUM_OPINIONS, 1);
        break;
    case ATT_SIGNAL_SURVEY:
        if (!isnan(event->value)) {
            add(c, SUM_SURVEYS, 1);
            add(c, SUM_SURVEY, (double)event->value);
        }
        break;
    case ATT_SIGNAL_RATING:
        if (!isnan(event->value)) {
            add(c, SUM_RATINGS, 1);
            add(c, SUM_RATING, (double)event->value);
        }
        break;
    default:
        break;
    }
}

static void note_time(att_longrun_fold *fold, int64_t at_ms)
{
    fold->first_ms = fold->any ? ATT_MIN(fold->first_ms, at_ms) : at_ms;
    fold->last_ms = fold->any ? ATT_MAX(fold->last_ms, at_ms) : at_ms;
    fold->any = true;
}

static att_status add_event(att_longrun_fold *fold, const att_record *event, att_error *err)
{
    if (event->set_aside) {
        fold->totals.set_aside_events++;
        return ATT_OK;
    }
    longrun_person *person = person_of(fold, event->user);
    if (!person)
        return att_no_memory(err, event->user, "people of a report");
    note_time(fold, event->at_ms);
    const att_grade grade = att_grade_event(fold->in.policy, event, 0);
    const int side = att_longrun_side_at(fold, event->user, event->at_ms);
    const bool quit = event->signal == ATT_SIGNAL_QUIT || event->signal == ATT_SIGNAL_RAGE_QUIT;
    const int64_t played_ms = is_played(event) && event->position_ms > 0 ? event->position_ms : 0;
    bool late;
    att_status status = be_there(fold, person, side, event->at_ms, err);
    if (!status)
        status = session_step(
            fold, event->user, person, event->at_ms - played_ms, event->at_ms, &late, err);
    if (status)
        return status;
    fold->totals.late_events += late && side >= 0;
    person->session_ended =
        person->session_ended || (quit && !late && event->at_ms == person->session_last_ms);
    counting c = {.group = person->group};
    if (side >= 0 && !(c.span = att_longrun_span_at(fold, side, event->at_ms)))
        return att_no_memory(err, 1, "spans of a report");
    if (c.span)
        c.span->events++;
    fold->totals.events += side >= 0;
    count_word(event, &c);
    att_longrun_join_event(fold, event, (double)grade.reward);
    if (!begins(person, event))
        return ATT_OK;
    count_begun(event, grade, &c);
    return count_discovery(fold, event->user, person, event, &c, err);
}

// --- Decisions ---------------------------------------------------------------------------------

// Whether the decision was made in this arm.
static bool is_in_arm(
    const att_longrun_options *options, const att_decision_record *decision, int side)
{
    const att_arm arm = options->arms[side];
    bool in_experiment = false, in_arm = false;
    for (size_t i = 0; i < decision->arm_count; i++) {
        const att_arm own = att_arm_of(decision->arms[i]);
        in_experiment |= own.experiment == arm.experiment;
        in_arm |= own.experiment == arm.experiment && own.variation == arm.variation;
    }
    return arm.variation == ATT_ARM_REST ? !in_experiment : in_arm;
}

static void meet_arm(att_longrun_fold *fold, longrun_person *person, const att_record *record,
    const att_decision_record *decision)
{
    const att_longrun_options *o = &fold->options;
    if ((o->from_ms && record->at_ms < o->from_ms) || (o->to_ms && record->at_ms >= o->to_ms))
        return;
    for (int8_t side = 0; side < 2; side++) {
        if (person->arm == side || person->arm == -2 || !is_in_arm(o, decision, side))
            continue;
        if (person->arm >= 0) {
            fold->totals.in_both++;
            person->arm = -2;
            continue;
        }
        person->arm = side;
        person->joined_day = att_longrun_day(record->at_ms);
        att_longrun_day_clear(person, person->joined_day); // it is counted anew, in the arm
    }
}

static void count_shown(
    att_longrun_fold *fold, int side, longrun_span *span, const att_decision_record *decision)
{
    longrun_side *s = &fold->sides[side];
    for (size_t i = 0; i < decision->count; i++) {
        const uint32_t item = decision->slots[i].item;
        if (item >= fold->in.item_count)
            continue;
        s->shown[item]++;
        span->items_shown += s->shown_span[item] != span->start_ms + 1;
        s->shown_span[item] = span->start_ms + 1;
    }
}

static att_status add_decision(att_longrun_fold *fold, const att_record *record, att_error *err)
{
    att_decision_record decision;
    att_status status = att_decision_decode(
        record->payload, record->payload_size, &decision, fold->decided, ATT_SLATE_MAX, err);
    if (status)
        return att_while(err, status, "record %llu", (unsigned long long)record->seq);
    decision.slots = fold->decided;
    longrun_person *person = person_of(fold, record->user);
    if (!person)
        return att_no_memory(err, record->user, "people of a report");
    note_time(fold, record->at_ms);
    if (fold->options.compare == ATT_COMPARE_ARMS)
        meet_arm(fold, person, record, &decision);
    const int side = att_longrun_side_at(fold, record->user, record->at_ms);
    bool late;
    status = be_there(fold, person, side, record->at_ms, err);
    if (!status)
        status = session_step(fold, record->user, person, record->at_ms, record->at_ms, &late, err);
    if (!status)
        status = att_longrun_join_decision(fold, record, &decision, err);
    if (status || side < 0)
        return status;
    longrun_span *span = att_longrun_span_at(fold, side, record->at_ms);
    if (!span)
        return att_no_memory(err, 1, "spans of a report");
    size_t explored = 0;
    for (size_t i = 0; i < decision.count; i++)
        explored += decision.slots[i].kind == ATT_SLOT_EXPLORE;
    span->decisions++;
    fold->totals.decisions++;
    att_longrun_count(span, person->group, SUM_SLOTS, decision.count);
    att_longrun_count(span, person->group, SUM_EXPLORED, (double)explored);
    count_shown(fold, side, span, &decision);
    return ATT_OK;
}

att_status att_longrun_fold_add(att_longrun_fold *fold, const att_record *record, att_error *err)
{
    fold->totals.records++;
    const bool counts = (record->kind == ATT_RECORD_EVENT || record->kind == ATT_RECORD_DECISION) &&
                        record->user != ATT_NO_INDEX &&
                        standing_of(fold, record->user) == LONGRUN_IN;
    if (!counts)
        return ATT_OK;
    return record->kind == ATT_RECORD_EVENT ? add_event(fold, record, err)
                                            : add_decision(fold, record, err);
}

// --- The end of the log ------------------------------------------------------------------------

att_status att_longrun_fold_settle(att_longrun_fold *fold, att_error *err)
{
    att_status status = att_longrun_join_end(fold, err);
    for (uint32_t user = 0; user < fold->people.count && !status; user++) {
        longrun_person *person = &fold->people.items[user];
        if (!person->met)
            continue;
        status = session_end(fold, user, person, err);
        if (!status)
            status = mix_end(fold, user, person, err);
    }
    return status ? status : att_longrun_returns(fold, err);
}
