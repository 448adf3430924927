// SPDX-License-Identifier: Apache-2.0
// measure/longrun.c - options in, report out.
#include "measure/longrun.h"

#include <math.h>

typedef struct longrun_memory {
    att_longrun report; // first: the caller's pointer is ours
    att_host host;
    att_arena life; // everything the report points to
} longrun_memory;

att_longrun_options att_longrun_options_default(void)
{
    return (att_longrun_options){.by = ATT_BY_WEEK,
        .churn_days = 28,
        .early_session_ms = 30000,
        .join_ms = LONGRUN_DAY_MS,
        .confidence = 0.95,
        .alarm = 0.05,
        .people_min = 100,
        .answers_min = 100,
        .split_seed = 1};
}

att_status att_longrun_options_check(const att_longrun_options *o, att_error *err)
{
    if (o->from_ms < 0 || o->to_ms < 0 || (o->to_ms && o->to_ms <= o->from_ms))
        return ATT_FAIL(err, ATT_INVALID, "the report's time ends before it begins");
    if (o->churn_days < 2 || o->churn_days > 365)
        return ATT_FAIL(
            err, ATT_INVALID, "churn is a silence of %u days, expected 2 to 365", o->churn_days);
    if (o->early_session_ms < 0 || o->join_ms < 0)
        return ATT_FAIL(err, ATT_INVALID, "a length of time is negative");
    if (!(o->confidence > 0 && o->confidence < 1) || !(o->alarm > 0 && o->alarm < 1))
        return ATT_FAIL(err, ATT_INVALID,
            "confidence is %g and alarm %g, expected both between 0 and 1", o->confidence,
            o->alarm);
    if (o->compare > ATT_COMPARE_PEOPLE || o->by > ATT_BY_DAY)
        return ATT_FAIL(err, ATT_INVALID, "there is no such comparison or span");
    if (o->compare == ATT_COMPARE_TIME &&
        (o->at_ms <= o->from_ms || (o->to_ms && o->at_ms >= o->to_ms)))
        return ATT_FAIL(
            err, ATT_INVALID, "before and after are parted outside of the report's time");
    if (o->compare == ATT_COMPARE_ARMS && (o->arms[0].experiment != o->arms[1].experiment ||
                                              o->arms[0].variation == o->arms[1].variation))
        return ATT_FAIL(err, ATT_INVALID,
            "two different arms of one experiment can be compared, not %u of %u and %u of %u",
            o->arms[0].variation, o->arms[0].experiment, o->arms[1].variation,
            o->arms[1].experiment);
    if (o->compare == ATT_COMPARE_PEOPLE && !o->group_of)
        return ATT_FAIL(
            err, ATT_INVALID, "people are to be compared, but nothing tells who is in which group");
    return ATT_OK;
}

// --- Spans -------------------------------------------------------------------------------------

int64_t att_longrun_span_end(const att_longrun_fold *fold, int side, const longrun_span *span)
{
    const int32_t day = att_longrun_day(span->start_ms);
    const int32_t next =
        fold->options.by == ATT_BY_DAY ? day + 1 : (att_longrun_week(day) + 1) * 7 - 3;
    int64_t end_ms = (int64_t)next * LONGRUN_DAY_MS;
    if (fold->options.compare == ATT_COMPARE_TIME && side == 0)
        end_ms = ATT_MIN(end_ms, fold->at_day_ms);
    return fold->options.to_ms ? ATT_MIN(end_ms, fold->options.to_ms) : end_ms;
}

bool att_longrun_span_is_partial(const att_longrun_fold *fold, int side, const longrun_span *span)
{
    const int64_t whole_ms = LONGRUN_DAY_MS * (fold->options.by == ATT_BY_DAY ? 1 : 7);
    const int64_t end_ms = att_longrun_span_end(fold, side, span);
    const int64_t first_ms = (int64_t)att_longrun_day(fold->first_ms) * LONGRUN_DAY_MS;
    return end_ms - span->start_ms < whole_ms || span->start_ms < first_ms ||
           end_ms > (int64_t)(att_longrun_last_day(fold, side) + 1) * LONGRUN_DAY_MS;
}

static uint64_t sum_of(const double *sums, longrun_sum sum)
{
    double whole = 0;
    for (size_t g = 0; g < LONGRUN_GROUPS; g++)
        whole += sums[(size_t)sum * LONGRUN_GROUPS + g];
    return (uint64_t)whole;
}

static att_longrun_span span_view(const att_longrun_fold *fold, int side, const longrun_span *span)
{
    att_longrun_span view = {.start_ms = span->start_ms,
        .end_ms = att_longrun_span_end(fold, side, span),
        .partial = att_longrun_span_is_partial(fold, side, span),
        .people =
            sum_of(span->sums, fold->options.by == ATT_BY_DAY ? SUM_PERSON_DAYS : SUM_PERSON_WEEKS),
        .events = span->events,
        .decisions = span->decisions,
        .items_shown = span->items_shown};
    for (int f = 0; f < ATT_FIGURE_COUNT; f++)
        view.figures[f] = att_longrun_value(span->sums, (att_figure)f, fold->options.confidence);
    for (size_t n = 0; n < ATT_RETENTION_COUNT; n++)
        view.cohort[n] = att_longrun_retention(&span->cohort[n], n, fold->options.confidence);
    return view;
}

// --- Groups ------------------------------------------------------------------------------------

static uint64_t people_in(const att_longrun_fold *fold, int side)
{
    uint64_t people = 0;
    const int64_t first_ms =
        (int64_t)ATT_MAX(att_longrun_first_day(fold, side), -1) * LONGRUN_DAY_MS;
    for (uint32_t user = 0; user < fold->people.count; user++) {
        const longrun_person *person = &fold->people.items[user];
        if (!person->met)
            continue;
        for (uint32_t bit = 0; bit < person->day_bytes * 8; bit++) {
            const int64_t at_ms = (int64_t)(person->first_day + (int32_t)bit) * LONGRUN_DAY_MS;
            if ((person->days[bit / 8] >> bit % 8 & 1) && at_ms >= first_ms &&
                att_longrun_side_at(fold, user, at_ms) == side) {
                people++;
                break;
            }
        }
    }
    return people;
}

static void add_back(longrun_back *to, const longrun_back *back)
{
    to->people += back->people;
    to->classic += back->classic;
    to->rolling += back->rolling;
    to->too_young += back->too_young;
}

// whole is (LONGRUN_SUM_COUNT, LONGRUN_GROUPS), cleared.
static att_longrun_span whole_of(const att_longrun_fold *fold, int side, double *whole)
{
    const longrun_side *s = &fold->sides[side];
    longrun_span all = {.sums = whole};
    att_longrun_span view = {.start_ms = s->spans.count ? s->spans.items[0].start_ms : 0,
        .end_ms = s->spans.count
                      ? att_longrun_span_end(fold, side, &s->spans.items[s->spans.count - 1])
                      : 0,
        .people = people_in(fold, side)};
    for (size_t i = 0; i < s->spans.count; i++) {
        for (size_t k = 0; k < (size_t)LONGRUN_SUM_COUNT * LONGRUN_GROUPS; k++)
            whole[k] += s->spans.items[i].sums[k];
        all.events += s->spans.items[i].events;
        all.decisions += s->spans.items[i].decisions;
        for (size_t n = 0; n < ATT_RETENTION_COUNT; n++)
            add_back(&all.cohort[n], &s->spans.items[i].cohort[n]);
    }
    for (size_t n = 0; n < ATT_RETENTION_COUNT; n++)
        view.cohort[n] = att_longrun_retention(&all.cohort[n], n, fold->options.confidence);
    view.events = all.events;
    view.decisions = all.decisions;
    for (size_t i = 0; i < fold->in.item_count; i++)
        view.items_shown += s->shown[i] > 0;
    for (int f = 0; f < ATT_FIGURE_COUNT; f++)
        view.figures[f] = att_longrun_value(whole, (att_figure)f, fold->options.confidence);
    return view;
}

static const char *name_of(const att_longrun_options *o, int side, att_arena *life)
{
    static const char *const names[][2] = {[ATT_COMPARE_NONE] = {"everybody", ""},
        [ATT_COMPARE_TIME] = {"before", "after"},
        [ATT_COMPARE_HALVES] = {"first half", "second half"},
        [ATT_COMPARE_PEOPLE] = {"first group", "second group"}};
    if (o->group_names[side])
        return att_arena_text(life, att_text_of(o->group_names[side])).data;
    if (o->compare == ATT_COMPARE_ARMS)
        return o->arms[side].variation == ATT_ARM_REST
                   ? "the rest"
                   : att_arena_printf(life, "arm %u", o->arms[side].variation);
    return names[o->compare][side];
}

static att_status make_group(att_longrun_fold *fold, int side, double *whole,
    att_longrun_group *out, att_arena *life, att_error *err)
{
    const longrun_side *s = &fold->sides[side];
    const att_status status = att_longrun_cohorts(fold, side, out, life, err);
    if (status)
        return status;
    att_longrun_span *spans = ATT_NEW(life, att_longrun_span, s->spans.count);
    out->name = name_of(&fold->options, side, life);
    if (!spans || !out->name)
        return att_no_memory(err, s->spans.count, "spans of a report");
    for (size_t i = 0; i < s->spans.count; i++)
        spans[out->span_count++] = span_view(fold, side, &s->spans.items[i]);
    out->spans = spans;
    out->all = whole_of(fold, side, whole);
    const bool shown = out->all.items_shown > 0;
    out->coverage = shown ? att_coverage(s->shown, fold->in.item_count) : (double)NAN;
    out->gini =
        shown ? att_gini(s->shown, fold->in.item_count) : (double)NAN; // sorts: last use of it
    return ATT_OK;
}

// --- The report --------------------------------------------------------------------------------

static size_t bytes_of(const att_longrun_fold *fold)
{
    size_t bytes = sizeof *fold + fold->people.capacity * sizeof *fold->people.items +
                   fold->slates.capacity * sizeof *fold->slates.items +
                   fold->slots.capacity * sizeof *fold->slots.items;
    for (size_t p = 0; p < fold->people.count; p++) {
        const longrun_person *person = &fold->people.items[p];
        bytes += person->day_bytes + person->known_capacity * sizeof *person->known +
                 (person->tags ? fold->tag_words * sizeof *person->tags : 0) +
                 person->mix_capacity * sizeof *person->mix;
    }
    for (size_t s = 0; s < fold->side_count; s++)
        bytes += fold->sides[s].spans.count * (size_t)LONGRUN_SUM_COUNT * LONGRUN_GROUPS *
                     sizeof(double) +
                 fold->in.item_count * (sizeof(uint64_t) + sizeof(int64_t));
    return bytes;
}

static void count_people(const att_longrun_fold *fold, att_longrun *report)
{
    for (uint32_t user = 0; user < fold->in.people_count && fold->in.standing; user++) {
        report->bots += fold->in.standing[user] == LONGRUN_BOT;
        report->opted_out += fold->in.standing[user] == LONGRUN_OPTED_OUT;
    }
    for (uint32_t user = 0; user < fold->people.count; user++) {
        const longrun_person *person = &fold->people.items[user];
        const bool nowhere = fold->options.compare == ATT_COMPARE_ARMS ? person->arm == -1
                             : fold->options.compare == ATT_COMPARE_PEOPLE
                                 ? user >= fold->in.people_count || fold->in.groups[user] < 0
                                 : false;
        report->people += person->met;
        report->in_neither += person->met && nowhere;
    }
}

static att_status compare(att_longrun *report, const att_longrun_options *options,
    const double *const whole[2], att_longrun_warning *warnings, att_arena *life, att_error *err)
{
    att_longrun_difference *differences = ATT_NEW(life, att_longrun_difference, ATT_FIGURE_COUNT);
    if (!differences)
        return att_no_memory(err, ATT_FIGURE_COUNT, "differences");
    const uint64_t fewest = ATT_MIN(report->groups[0].all.people, report->groups[1].all.people);
    for (int f = 0; f < ATT_FIGURE_COUNT; f++) {
        differences[f] = att_longrun_difference_of(whole[0], whole[1], (att_figure)f, options);
        differences[f].judged = differences[f].judged && fewest >= options->people_min;
    }
    report->differences = differences;
    return att_longrun_judge_comparison(report, options, warnings, life, err);
}

static att_status make_report(
    att_longrun_fold *fold, double *const whole[2], longrun_memory *memory, att_error *err)
{
    att_longrun *report = &memory->report;
    att_arena *life = &memory->life;
    att_longrun_group *groups = ATT_NEW(life, att_longrun_group, fold->side_count);
    att_longrun_warning *warnings = ATT_NEW(life, att_longrun_warning, fold->side_count + 1);
    if (!groups || !warnings)
        return att_no_memory(err, fold->side_count, "groups of a report");
    report->groups = groups;
    report->group_count = fold->side_count;
    report->warnings = warnings;
    att_status status = ATT_OK;
    for (size_t s = 0; s < fold->side_count && !status; s++)
        status = make_group(fold, (int)s, whole[s], &groups[s], life, err);
    if (!status && fold->side_count == 2)
        status = compare(report, &fold->options, (const double *const *)whole, warnings, life, err);
    for (size_t s = 0; s < fold->side_count && !status; s++)
        if (groups[s].all.people >= fold->options.people_min)
            status = att_longrun_judge_trend(fold, (int)s, report, warnings, life, err);
    return status;
}

att_status att_longrun_fold_finish(att_longrun_fold *fold, att_longrun **out, att_error *err)
{
    *out = NULL;
    const size_t size = (size_t)LONGRUN_SUM_COUNT * LONGRUN_GROUPS;
    att_status status = att_longrun_fold_settle(fold, err);
    if (status)
        return status;
    longrun_memory *memory = ATT_NEW_ARRAY(&fold->host, longrun_memory, 1);
    double *whole[2] = {
        ATT_NEW_ARRAY(&fold->host, double, size), ATT_NEW_ARRAY(&fold->host, double, size)};
    if (memory && whole[0] && whole[1]) {
        memory->host = fold->host;
        att_arena_init(&memory->life, &memory->host, 0);
        memory->report = fold->totals;
        memory->report.from_ms = fold->first_ms;
        memory->report.to_ms = fold->last_ms;
        memory->report.by = fold->options.by;
        memory->report.churn_days = fold->options.churn_days;
        memory->report.early_session_ms = fold->options.early_session_ms;
        memory->report.confidence = fold->options.confidence;
        memory->report.alarm = fold->options.alarm;
        memory->report.exploration_share = fold->in.policy->exploration.share;
        memory->report.memory_bytes = bytes_of(fold);
        count_people(fold, &memory->report);
        status = make_report(fold, whole, memory, err);
    } else {
        status = att_no_memory(err, size, "sums of a report");
    }
    ATT_FREE_ARRAY(&fold->host, whole[0], size);
    ATT_FREE_ARRAY(&fold->host, whole[1], size);
    if (!status) {
        *out = &memory->report;
        return ATT_OK;
    }
    if (memory && memory->host.resize)
        att_arena_deinit(&memory->life);
    ATT_FREE_ARRAY(&fold->host, memory, 1);
    return status;
}

void att_longrun_destroy(att_longrun *report)
{
    if (!report)
        return;
    longrun_memory *memory = (longrun_memory *)report;
    const att_host host = memory->host;
    att_arena_deinit(&memory->life);
    att_free(&host, memory, 1, sizeof *memory);
}
