// SPDX-License-Identifier: Apache-2.0
// measure/longrun_days.c - on which days a person was there: who came back, and for how long.
//
// One bit a day, so that the order of the log does not matter. A day counts with its date in UTC.
//
//   return on day n   of pairs (person, day active), those active again exactly n days later. Every active day is an
//                     origin, so it can be told of people who have been there for years.
//   retention day n   of people, by the first day on which they are seen in the group and time that the report is about:
//                     active on day n exactly (classic), on day n or later (rolling).
//   churn             the first silence of churn_days whole days; the person is gone from the day after the last
//                     active one. Whether a day is followed by such a silence is known for days up to
//                     last - churn_days alone: that is where everybody who is still there is censored,
//                     whatever they do, so censoring tells nothing of churn. Who came after that day is left out.
//
// In all of them only days that were over when the log ended are looked at (right-censoring), and what would reach over
// the end has neither numerator nor denominator.
#include "measure/longrun.h"

#include <math.h>

int32_t att_longrun_day(int64_t at_ms)
{
    const int64_t day = at_ms / LONGRUN_DAY_MS - (at_ms % LONGRUN_DAY_MS < 0);
    return (int32_t)ATT_MAX(ATT_MIN(day, (int64_t)INT32_MAX / 2), (int64_t)INT32_MIN / 2);
}

// Day 0 was a Thursday.
int32_t att_longrun_week(int32_t day)
{
    const int32_t since = day + 3;
    return since / 7 - (since % 7 < 0);
}

static int64_t day_ms(int32_t day)
{
    return (int64_t)day * LONGRUN_DAY_MS;
}

// --- Bits --------------------------------------------------------------------------------------

// Room for this day; the first byte begins at first_day, which is a multiple of 8.
static bool days_reserve(const att_host *host, longrun_person *person, int32_t day)
{
    const int32_t base = (day >> 3) * 8;
    if (!person->days)
        person->first_day = base;
    const int32_t first = ATT_MIN(person->first_day, base);
    const int32_t behind = ATT_MAX(person->first_day + (int32_t)person->day_bytes * 8, base + 8);
    const uint32_t bytes = (uint32_t)(behind - first) / 8;
    if (bytes <= person->day_bytes)
        return true;
    const uint32_t room =
        bytes + (first == person->first_day ? bytes / 4 : 0); // grows at the end as a rule
    uint8_t *days = att_alloc_zero(host, room, 1);
    if (!days)
        return false;
    if (person->days)
        memcpy(days + (person->first_day - first) / 8, person->days, person->day_bytes);
    ATT_FREE_ARRAY(host, person->days, person->day_bytes);
    person->days = days;
    person->day_bytes = room;
    person->first_day = first;
    return true;
}

bool att_longrun_day_mark(att_longrun_fold *fold, longrun_person *person, int32_t day, bool *fresh)
{
    *fresh = !att_longrun_day_is(person, day);
    if (!*fresh)
        return true;
    if (!days_reserve(&fold->host, person, day))
        return false;
    const uint32_t at = (uint32_t)(day - person->first_day);
    person->days[at / 8] |= (uint8_t)(1u << at % 8);
    return true;
}

bool att_longrun_day_is(const longrun_person *person, int32_t day)
{
    const int64_t at = (int64_t)day - person->first_day;
    return person->days && at >= 0 && at < (int64_t)person->day_bytes * 8 &&
           (person->days[at / 8] >> at % 8 & 1);
}

void att_longrun_day_clear(longrun_person *person, int32_t day)
{
    if (att_longrun_day_is(person, day))
        person->days[(day - person->first_day) / 8] &=
            (uint8_t) ~(1u << (day - person->first_day) % 8);
}

// The first active day in first … last; INT32_MAX: none.
static int32_t next_day(const longrun_person *person, int32_t first, int32_t last)
{
    const int32_t behind = person->first_day + (int32_t)person->day_bytes * 8;
    for (int32_t day = ATT_MAX(first, person->first_day); day <= last && day < behind; day++)
        if (att_longrun_day_is(person, day))
            return day;
    return INT32_MAX;
}

// --- What time a group has ---------------------------------------------------------------------

int32_t att_longrun_first_day(const att_longrun_fold *fold, int side)
{
    int32_t first = fold->options.from_ms ? att_longrun_day(fold->options.from_ms) : INT32_MIN;
    if (fold->options.compare == ATT_COMPARE_TIME && side == 1)
        first = ATT_MAX(first, att_longrun_day(fold->at_day_ms));
    return first;
}

// The log's last day counts as over when something was logged in its last hour.
int32_t att_longrun_last_day(const att_longrun_fold *fold, int side)
{
    int32_t last = att_longrun_day(fold->last_ms + LONGRUN_DAY_MS / 24) - 1;
    if (fold->options.to_ms)
        last = ATT_MIN(last, att_longrun_day(fold->options.to_ms) - 1);
    if (fold->options.compare == ATT_COMPARE_TIME && side == 0)
        last = ATT_MIN(last, att_longrun_day(fold->at_day_ms) - 1);
    return last;
}

// The first day on which the person is seen in this group; INT32_MAX: never.
static int32_t origin_of(const att_longrun_fold *fold, uint32_t user, int side, int32_t last)
{
    const longrun_person *person = &fold->people.items[user];
    int32_t first = att_longrun_first_day(fold, side);
    if (fold->options.compare == ATT_COMPARE_ARMS)
        first = ATT_MAX(first, person->joined_day);
    const int32_t day = next_day(person, first, last);
    const bool here = day != INT32_MAX &&
                      att_longrun_side_at(fold, user, day_ms(day) + LONGRUN_DAY_MS - 1) == side;
    return here ? day : INT32_MAX;
}

// --- Returns -----------------------------------------------------------------------------------

static att_status count_returns(att_longrun_fold *fold, uint32_t user, int side, att_error *err)
{
    const longrun_person *person = &fold->people.items[user];
    const int32_t last = att_longrun_last_day(fold, side);
    for (int32_t day = origin_of(fold, user, side, last); day <= last;
         day = next_day(person, day + 1, last)) {
        longrun_span *span = att_longrun_span_at(fold, side, day_ms(day));
        if (!span)
            return att_no_memory(err, 1, "spans of a report");
        for (int n = 0; n < ATT_RETENTION_COUNT; n++) {
            const int32_t later = day + (int32_t)longrun_return_days[n];
            if (later > last)
                continue;
            att_longrun_count(span, person->group, (longrun_sum)(SUM_RETURN_1_OF + n), 1);
            att_longrun_count(span, person->group, (longrun_sum)(SUM_RETURN_1 + n),
                att_longrun_day_is(person, later));
        }
    }
    return ATT_OK;
}

att_status att_longrun_returns(att_longrun_fold *fold, att_error *err)
{
    att_status status = ATT_OK;
    for (uint32_t user = 0; user < fold->people.count && !status; user++)
        for (int side = 0; side < (int)fold->side_count && !status; side++)
            if (fold->people.items[user].met)
                status = count_returns(fold, user, side, err);
    return status;
}

// --- Cohorts -----------------------------------------------------------------------------------

static void count_back(const longrun_person *person, int32_t origin, int32_t last,
    longrun_back back[ATT_RETENTION_COUNT])
{
    for (int n = 0; n < ATT_RETENTION_COUNT; n++) {
        const int32_t later = origin + (int32_t)longrun_return_days[n];
        if (later > last) {
            back[n].too_young++;
            continue;
        }
        back[n].people++;
        back[n].classic += att_longrun_day_is(person, later);
        back[n].rolling += next_day(person, later, last) != INT32_MAX;
    }
}

att_retention att_longrun_retention(const longrun_back *back, size_t n, double confidence)
{
    const double people = (double)back->people;
    return (att_retention){.day = longrun_return_days[n],
        .people = back->people,
        .too_young = back->too_young,
        .classic = att_wilson((double)back->classic, people, confidence),
        .rolling = att_wilson((double)back->rolling, people, confidence)};
}

// Days from the first to the last one before the first silence, or to where it is censored.
static int32_t lifetime_of(
    const longrun_person *person, int32_t origin, int32_t last, int32_t silence, bool *churned)
{
    const int32_t known = last - silence;
    int32_t day = origin;
    for (;;) {
        const int32_t next = next_day(person, day + 1, last);
        *churned = day <= known && (next == INT32_MAX || next - day > silence);
        if (*churned)
            return day - origin + 1;
        if (next == INT32_MAX || next > known)
            return known - origin +
                   1; // not gone on the day after `known`, the last that can be told
        day = next;
    }
}

typedef struct lifetimes {
    uint64_t *churned, *censored; // (days)
    size_t days;
} lifetimes;

static void count_lifetime(const att_longrun_fold *fold, const longrun_person *person,
    int32_t origin, int32_t last, const lifetimes *lives, att_longrun_group *out)
{
    const int32_t silence = (int32_t)fold->options.churn_days;
    if (origin > last - silence) {
        out->survival_left_out++;
        return;
    }
    bool churned;
    const int32_t days = lifetime_of(person, origin, last, silence, &churned);
    out->survival_people++;
    out->survival_days = (uint32_t)ATT_MAX((int32_t)out->survival_days, days);
    (churned ? lives->churned
             : lives->censored)[ATT_MIN((size_t)ATT_MAX(days, 0), lives->days - 1)]++;
}

static att_status finish_survival(const att_longrun_fold *fold, const lifetimes *lives,
    att_longrun_group *out, att_arena *life, att_error *err)
{
    if (out->survival_people == 0)
        return ATT_OK;
    size_t steps = 1;
    for (size_t d = 1; d < lives->days; d++)
        steps += lives->churned[d] > 0;
    att_survival_step *curve = ATT_NEW(life, att_survival_step, steps);
    if (!curve)
        return att_no_memory(err, steps, "steps of a survival curve");
    att_kaplan_meier(lives->churned, lives->censored, lives->days, fold->options.confidence, curve,
        &out->survival_count);
    out->survival = curve;
    return ATT_OK;
}

att_status att_longrun_cohorts(
    att_longrun_fold *fold, int side, att_longrun_group *out, att_arena *life, att_error *err)
{
    const int32_t last = att_longrun_last_day(fold, side);
    int32_t earliest = last;
    for (uint32_t user = 0; user < fold->people.count; user++)
        if (fold->people.items[user].met)
            earliest = ATT_MIN(earliest, origin_of(fold, user, side, last));
    lifetimes lives = {.days = (size_t)(last - earliest) + 2};
    lives.churned = ATT_NEW_ARRAY(&fold->host, uint64_t, lives.days);
    lives.censored = ATT_NEW_ARRAY(&fold->host, uint64_t, lives.days);
    att_status status =
        lives.churned && lives.censored ? ATT_OK : att_no_memory(err, lives.days, "days");
    for (uint32_t user = 0; user < fold->people.count && !status; user++) {
        const longrun_person *person = &fold->people.items[user];
        const int32_t origin = person->met ? origin_of(fold, user, side, last) : INT32_MAX;
        if (origin == INT32_MAX)
            continue;
        longrun_span *span = att_longrun_span_at(fold, side, day_ms(origin));
        if (!span) {
            status = att_no_memory(err, 1, "spans of a report");
            break;
        }
        count_back(person, origin, last, span->cohort);
        count_lifetime(fold, person, origin, last, &lives, out);
    }
    if (!status)
        status = finish_survival(fold, &lives, out, life, err);
    ATT_FREE_ARRAY(&fold->host, lives.churned, lives.days);
    ATT_FREE_ARRAY(&fold->host, lives.censored, lives.days);
    return status;
}
