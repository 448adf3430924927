// SPDX-License-Identifier: Apache-2.0
// The long run: figures worked by hand, and against a plain twin that keeps every event; what is left out.
#include "longrun_log.h"
#include "measure/chance.h"

// --- Worked by hand ----------------------------------------------------------------------------

CHECK_TEST(weeks_begin_on_monday)
{
    CHECK_BEGIN();
    CHECK_EQ(att_longrun_week(0), att_longrun_week(3)); // Thursday and Sunday
    CHECK_EQ(att_longrun_week(4), att_longrun_week(3) + 1);
    CHECK_EQ(att_longrun_week(-4), att_longrun_week(-3) - 1);
    CHECK_EQ(att_longrun_day(-1), -1);
    CHECK_EQ(att_longrun_week(att_longrun_day(MONDAY)),
        att_longrun_week(att_longrun_day(MONDAY - 1)) + 1);
}

// Ann is there on days 0, 1, 7 and 8, Bob on day 0 alone, Cy on days 6 and 8; the log ends with day 9.
static void three_people(memory_log *log)
{
    static const struct {
        uint32_t user, day;
    } there[] = {{0, 0}, {1, 0}, {0, 1}, {2, 6}, {0, 7}, {0, 8}, {2, 8}};
    for (size_t i = 0; i < sizeof there / sizeof there[0]; i++)
        log_played(log, there[i].user, ATT_SIGNAL_PLAY, 3, MONDAY + there[i].day * DAY + 12 * HOUR,
            180, 200);
    log_push(log, ATT_RECORD_ITEM, ATT_NO_INDEX, MONDAY + 10 * DAY - 1);
    log_event(
        log, 3, ATT_SIGNAL_CLICK, 1, MONDAY + 10 * DAY - 1); // Di comes in the last millisecond
}

CHECK_TEST(retention_by_hand)
{
    CHECK_BEGIN();
    memory_log log;
    log_open(&log);
    three_people(&log);
    att_longrun_options options = att_longrun_options_default();
    options.churn_days = 3;
    att_longrun *report = log_report(&log, &options);
    const att_longrun_group *group = &report->groups[0];
    // Day 1: Ann came, Bob and Cy did not, Di's is not over. Day 7: Ann came, Bob not; Cy's would be day 13.
    CHECK_EQ(group->all.cohort[0].people, 3);
    CHECK_NEAR(group->all.cohort[0].classic.mean, 1.0 / 3, 1e-12);
    CHECK_NEAR(group->all.cohort[0].rolling.mean, 2.0 / 3, 1e-12);
    CHECK_EQ(group->all.cohort[0].too_young, 1);
    CHECK_EQ(group->all.cohort[1].people, 2);
    CHECK_NEAR(group->all.cohort[1].classic.mean, 0.5, 1e-12);
    CHECK_EQ(group->all.cohort[2].people, 0);
    CHECK(isnan(group->all.cohort[2].classic.mean));
    // By week: Ann, Bob and Cy came in the first, Di in the second, too late for anything.
    CHECK_EQ(group->spans[0].cohort[0].people, 3);
    CHECK_NEAR(group->spans[0].cohort[1].classic.mean, 0.5, 1e-12);
    CHECK_EQ(group->spans[1].cohort[0].people, 0);
    CHECK_EQ(group->spans[1].cohort[0].too_young, 1);
    // Every active day is an origin: of eight days, seven have a day after within the log (days 0, 0, 1, 6, 7, 8, 8), and
    // Ann's 0 and 7 are followed by one.
    CHECK_NEAR(figure(report, 0, ATT_FIGURE_RETURN_1), 2.0 / 7, 1e-12);
    // A week later: Ann 0 -> 7 and 1 -> 8 came, Bob did not; all other origins reach over the end.
    CHECK_NEAR(figure(report, 0, ATT_FIGURE_RETURN_7), 2.0 / 3, 1e-12);
    // Silent for 3 days, known up to day 6: Ann is gone on day 2, Bob on day 1; Cy, who came on day 6, is back on day 8 and
    // stays; Di came too late to tell.
    CHECK_EQ(group->survival_people, 3);
    CHECK_EQ(group->survival_left_out, 1);
    CHECK_EQ(group->survival_count, 3);
    CHECK_EQ(group->survival[1].day, 1);
    CHECK_EQ(group->survival[1].at_risk, 3);
    CHECK_NEAR(group->survival[1].alive.mean, 2.0 / 3, 1e-12);
    CHECK_EQ(group->survival[2].day, 2);
    CHECK_EQ(group->survival[2].at_risk, 1); // Cy is censored on day 1
    CHECK_NEAR(group->survival[2].alive.mean, 0, 0);
    // Two weeks: Ann, Bob, Cy in the first; Ann, Cy and Di in the second, which is not over.
    CHECK_EQ(group->span_count, 2);
    CHECK_EQ(group->spans[0].people, 3);
    CHECK_EQ(group->spans[1].people, 3);
    CHECK(!group->spans[0].partial && group->spans[1].partial);
    CHECK_NEAR(figure(report, 0, ATT_FIGURE_DAYS), 8.0 / 6, 1e-12);
    att_longrun_destroy(report);
    log_close(&log);
}

// One evening: a slate, a skip after 3 s, one after 7 s, a film of two hours, a like; silence; a click alone.
CHECK_TEST(an_evening_by_hand)
{
    CHECK_BEGIN();
    memory_log log;
    log_open(&log);
    const int64_t t = MONDAY + 18 * HOUR;
    static const uint32_t items[] = {4, 5, 6, 7};
    const uint64_t decision = log_decision(&log, 0, t, items, 4, 1, 0);
    log_played(&log, 0, ATT_SIGNAL_SKIP, 4, t + 10000, 3, 200)->decision = decision;
    log_played(&log, 0, ATT_SIGNAL_SKIP, 5, t + 20000, 7, 200)->decision = decision;
    log_played(&log, 0, ATT_SIGNAL_PLAY, 6, t + 30000 + 2 * HOUR, 7200, 7200)->decision = decision;
    log_event(&log, 0, ATT_SIGNAL_LIKE, 6, t + 40000 + 2 * HOUR)->decision = decision;
    log_event(&log, 0, ATT_SIGNAL_REPORT, 4, t + 50000 + 2 * HOUR);
    log_event(&log, 0, ATT_SIGNAL_CLICK, 9, t + 3 * HOUR)->decision = decision; // not in the slate
    att_longrun *report = log_report(&log, NULL);
    CHECK_NEAR(report->groups[0].all.figures[ATT_FIGURE_PLAYS].cases, 2,
        0); // the film did not break the session
    CHECK_NEAR(figure(report, 0, ATT_FIGURE_PLAYS), 1.5, 1e-12);
    CHECK_NEAR(figure(report, 0, ATT_FIGURE_SESSION_MINUTES), (120 + 50.0 / 60) / 2, 1e-9);
    CHECK_NEAR(figure(report, 0, ATT_FIGURE_SESSIONS_LEFT), 0.5, 1e-12);
    CHECK_NEAR(figure(report, 0, ATT_FIGURE_EARLY_SKIPS_5S), 1.0 / 3, 1e-12);
    CHECK_NEAR(figure(report, 0, ATT_FIGURE_EARLY_SKIPS_10S), 2.0 / 3, 1e-12);
    CHECK_NEAR(figure(report, 0, ATT_FIGURE_KEPT_10S), 1.0 / 3, 1e-12);
    CHECK_NEAR(figure(report, 0, ATT_FIGURE_COMPLETED), 1.0 / 3, 1e-12);
    CHECK_NEAR(figure(report, 0, ATT_FIGURE_LIKED), 1, 0);
    CHECK_NEAR(figure(report, 0, ATT_FIGURE_COMPLAINTS), 0.5, 1e-12);
    CHECK_NEAR(figure(report, 0, ATT_FIGURE_REPORTS), 1.0 / 3, 1e-12);
    CHECK_NEAR(figure(report, 0, ATT_FIGURE_NEW_ITEMS), 1, 0);
    // Only the third slot earned anything: 1 / log2(4) of the best order.
    CHECK_NEAR(figure(report, 0, ATT_FIGURE_NDCG), 0.5, 1e-12);
    CHECK_NEAR(figure(report, 0, ATT_FIGURE_UPTAKE), 1, 0);
    CHECK_NEAR(figure(report, 0, ATT_FIGURE_EXPLORED), 0.25, 1e-12);
    CHECK_EQ(report->joined, 4);
    CHECK_EQ(report->unjoined, 1);
    CHECK_NEAR(report->groups[0].coverage, 4.0 / LOG_ITEMS, 1e-12);
    CHECK(isnan(
        report->groups[0].all.figures[ATT_FIGURE_PLAYS].value.low)); // one person has no interval
    att_longrun_destroy(report);
    log_close(&log);
}

// --- The twin ----------------------------------------------------------------------------------

// Everything again, the slow and plain way: loops over all records, for one person at a time.
typedef struct twin {
    double above[ATT_FIGURE_COUNT][64], below[ATT_FIGURE_COUNT][64]; // by person
} twin;

static bool was_there(const memory_log *log, uint32_t user, int64_t day)
{
    for (size_t i = 0; i < log->count; i++)
        if (log->records[i].user == user && log->records[i].at_ms / DAY == day)
            return true;
    return false;
}

static void twin_days(const memory_log *log, twin *t, uint32_t user, int64_t first, int64_t last)
{
    static const int later[] = {1, 7, 28};
    static const att_figure returns[] = {
        ATT_FIGURE_RETURN_1, ATT_FIGURE_RETURN_7, ATT_FIGURE_RETURN_28};
    int64_t week = -1;
    for (int64_t day = first; day <= last; day++) {
        if (!was_there(log, user, day))
            continue;
        t->below[ATT_FIGURE_SESSIONS][user]++;
        t->above[ATT_FIGURE_DAYS][user]++;
        t->below[ATT_FIGURE_DAYS][user] += (day - first) / 7 != week;
        week = (day - first) / 7;
        for (int n = 0; n < 3; n++)
            if (day + later[n] <= last - 1) {
                t->below[returns[n]][user]++;
                t->above[returns[n]][user] += was_there(log, user, day + later[n]);
            }
    }
}

static void twin_sessions(const memory_log *log, twin *t, uint32_t user)
{
    int64_t start = 0, end = 0;
    bool open = false;
    for (size_t i = 0; i <= log->count; i++) {
        const att_record *r = &log->records[i];
        if (i < log->count && (r->user != user || r->kind == ATT_RECORD_ITEM))
            continue;
        const int64_t begin =
            i < log->count ? r->at_ms - (r->position_ms > 0 ? r->position_ms : 0) : INT64_MAX;
        if (open && begin - end > 30 * MINUTE) {
            t->above[ATT_FIGURE_SESSIONS][user]++;
            t->below[ATT_FIGURE_PLAYS][user]++;
            t->above[ATT_FIGURE_SESSION_MINUTES][user] += (double)(end - start) / 60000;
            t->above[ATT_FIGURE_SESSIONS_LEFT][user] += end - start < 30000;
            open = false;
        }
        if (i == log->count)
            break;
        start = open ? ATT_MIN(start, begin) : begin;
        end = r->at_ms;
        open = true;
    }
    t->below[ATT_FIGURE_SESSION_MINUTES][user] = t->below[ATT_FIGURE_SESSIONS_LEFT][user] =
        t->below[ATT_FIGURE_PLAYS][user];
}

static void twin_events(const memory_log *log, twin *t, uint32_t user)
{
    for (size_t i = 0; i < log->count; i++) {
        const att_record *r = &log->records[i];
        if (r->user != user || r->kind != ATT_RECORD_EVENT)
            continue;
        const bool skip = r->signal == ATT_SIGNAL_SKIP;
        if (skip || r->signal == ATT_SIGNAL_PLAY) {
            bool known = false;
            for (size_t k = 0; k < i; k++)
                known |= log->records[k].user == user && log->records[k].item == r->item &&
                         (log->records[k].signal == ATT_SIGNAL_SKIP ||
                             log->records[k].signal == ATT_SIGNAL_PLAY);
            t->above[ATT_FIGURE_PLAYS][user]++;
            t->below[ATT_FIGURE_EARLY_SKIPS_10S][user]++;
            t->above[ATT_FIGURE_EARLY_SKIPS_10S][user] += skip && r->position_ms < 10000;
            t->below[ATT_FIGURE_NEW_ITEMS][user]++;
            t->above[ATT_FIGURE_NEW_ITEMS][user] += !known;
        }
        t->below[ATT_FIGURE_SURVEY][user] += r->signal == ATT_SIGNAL_SURVEY;
        t->above[ATT_FIGURE_SURVEY][user] += r->signal == ATT_SIGNAL_SURVEY ? (double)r->value : 0;
        t->below[ATT_FIGURE_LIKED][user] +=
            r->signal == ATT_SIGNAL_LIKE || r->signal == ATT_SIGNAL_DISLIKE;
        t->above[ATT_FIGURE_LIKED][user] += r->signal == ATT_SIGNAL_LIKE;
    }
}

static void twin_slates(const memory_log *log, twin *t, uint32_t user)
{
    for (size_t i = 0; i < log->count; i++) {
        if (log->records[i].user != user || log->records[i].kind != ATT_RECORD_DECISION)
            continue;
        const log_slate *slate = &log->slates[i];
        double earned = 0, best = 0, gains[10] = {0};
        for (size_t s = 0; s < slate->count; s++) {
            bool first = true; // an item that stands twice is paid where it stands first
            for (size_t k = 0; k < s; k++)
                first &= slate->items[k] != slate->items[s];
            for (size_t e = 0; e < log->count && first; e++)
                if (log->records[e].kind == ATT_RECORD_EVENT &&
                    log->records[e].decision == log->records[i].seq &&
                    log->records[e].item == slate->items[s])
                    gains[s] += (double)att_grade_event(&log->policy, &log->records[e], 0).reward;
            gains[s] = fmin(1, fmax(0, gains[s]));
            earned += gains[s] / log2((double)s + 2);
        }
        for (size_t rank = 0; rank < slate->count; rank++) { // takes out the greatest each time
            size_t most = 0;
            for (size_t s = 1; s < slate->count; s++)
                most = gains[s] > gains[most] ? s : most;
            best += gains[most] / log2((double)rank + 2);
            gains[most] = -1e-300;
        }
        if (best > 1e-200) {
            t->above[ATT_FIGURE_NDCG][user] += earned / best;
            t->below[ATT_FIGURE_NDCG][user]++;
        }
    }
}

static double twin_value(const twin *t, int figure_number, int without)
{
    double above = 0, below = 0;
    for (int u = 0; u < 64; u++) {
        above += u == without ? 0 : t->above[figure_number][u];
        below += u == without ? 0 : t->below[figure_number][u];
    }
    return above / below;
}

// With at most 64 people the groups of the jackknife are the people.
static double twin_error(const twin *t, int figure_number)
{
    double sum = 0, squares = 0, n = 0;
    for (int u = 0; u < 64; u++)
        if (t->below[figure_number][u] > 0 || t->above[figure_number][u] > 0) {
            sum += twin_value(t, figure_number, u);
            n++;
        }
    for (int u = 0; u < 64; u++)
        if (t->below[figure_number][u] > 0 || t->above[figure_number][u] > 0)
            squares += pow(twin_value(t, figure_number, u) - sum / n, 2);
    return sqrt(squares * (n - 1) / n) * att_student_quantile_two_sided(0.05, n - 1);
}

CHECK_TEST(one_pass_says_what_loops_over_all_events_say)
{
    CHECK_BEGIN();
    static const att_figure figures[] = {ATT_FIGURE_SESSIONS, ATT_FIGURE_SESSION_MINUTES,
        ATT_FIGURE_PLAYS, ATT_FIGURE_SESSIONS_LEFT, ATT_FIGURE_EARLY_SKIPS_10S,
        ATT_FIGURE_NEW_ITEMS, ATT_FIGURE_SURVEY, ATT_FIGURE_LIKED, ATT_FIGURE_NDCG, ATT_FIGURE_DAYS,
        ATT_FIGURE_RETURN_1, ATT_FIGURE_RETURN_7, ATT_FIGURE_RETURN_28};
    for (uint64_t seed = 1; seed <= 3; seed++) {
        memory_log log;
        log_open(&log);
        log_fill(&log, 40, 45, seed);
        const int64_t first = MONDAY / DAY, last = log.records[log.count - 1].at_ms / DAY;
        att_longrun *report = log_report(&log, NULL);
        static twin t;
        memset(&t, 0, sizeof t);
        for (uint32_t u = 0; u < log.people; u++) {
            // The last day is over: something happened in its last hour or it does not count.
            twin_days(&log, &t, u, first,
                log.records[log.count - 1].at_ms % DAY >= 23 * HOUR ? last + 1 : last);
            twin_sessions(&log, &t, u);
            twin_events(&log, &t, u);
            twin_slates(&log, &t, u);
        }
        for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
            const att_interval *v = &report->groups[0].all.figures[figures[i]].value;
            CHECK_NEAR(v->mean, twin_value(&t, figures[i], -1), 1e-9);
            const double half = twin_error(&t, figures[i]);
            CHECK_NEAR(v->low, fmax(0, v->mean - half), 1e-9);
        }
        CHECK(report->groups[0].all.figures[ATT_FIGURE_RETURN_28].cases > 100);
        att_longrun_destroy(report);
        log_close(&log);
    }
}

// --- What is left out --------------------------------------------------------------------------

CHECK_TEST(an_empty_log_has_a_report_without_figures)
{
    CHECK_BEGIN();
    memory_log log;
    log_open(&log);
    att_longrun *report = log_report(&log, NULL);
    CHECK_EQ(report->people, 0);
    CHECK_EQ(report->group_count, 1);
    CHECK_EQ(report->groups[0].span_count, 0);
    CHECK_EQ(report->warning_count, 0);
    for (int f = 0; f < ATT_FIGURE_COUNT; f++)
        CHECK(isnan(figure(report, 0, (att_figure)f)));
    att_longrun_destroy(report);
    log_push(&log, ATT_RECORD_FORGET, 5, MONDAY); // of somebody who is no more
    report = log_report(&log, NULL);
    CHECK_EQ(report->people, 0);
    att_longrun_destroy(report);
    log_close(&log);
}

CHECK_TEST(bots_and_those_who_opted_out_change_nothing)
{
    CHECK_BEGIN();
    memory_log log, more;
    log_open(&log);
    log_fill(&log, 20, 20, 5);
    log_open(&more);
    log_fill(&more, 20, 20, 5);
    for (uint32_t i = 0; i < 500; i++) { // at the end, so that nobody else's number changes
        log_event(&more, 30, ATT_SIGNAL_LIKE, 1, MONDAY + 5 * DAY + i);
        log_event(&more, 31, ATT_SIGNAL_REPORT, 1, MONDAY + 6 * DAY + i);
        log_event(&more, 2, ATT_SIGNAL_REPORT, 1, MONDAY + 7 * DAY + i)->set_aside = 1;
    }
    more.standing[30] = LONGRUN_BOT;
    more.standing[31] = LONGRUN_OPTED_OUT;
    att_longrun *a = log_report(&log, NULL), *b = log_report(&more, NULL);
    CHECK_EQ(b->bots, 1);
    CHECK_EQ(b->opted_out, 1);
    CHECK_EQ(b->set_aside_events, 500);
    CHECK_EQ(a->people, b->people);
    CHECK_EQ(a->events, b->events);
    for (int f = 0; f < ATT_FIGURE_COUNT; f++)
        CHECK(figure(a, 0, (att_figure)f) == figure(b, 0, (att_figure)f) ||
              isnan(figure(a, 0, (att_figure)f)));
    att_longrun_destroy(a);
    att_longrun_destroy(b);
    log_close(&log);
    log_close(&more);
}

CHECK_TEST(late_events_count_on_their_own_day)
{
    CHECK_BEGIN();
    memory_log log;
    log_open(&log);
    log_event(&log, 0, ATT_SIGNAL_LIKE, 1, MONDAY + 9 * DAY);
    log_event(&log, 0, ATT_SIGNAL_LIKE, 2, MONDAY + 2 * DAY); // a week late
    log_event(&log, 0, ATT_SIGNAL_DISLIKE, 3, MONDAY + 9 * DAY + MINUTE);
    log_event(&log, 0, ATT_SIGNAL_CLICK, 3, MONDAY + 10 * DAY);
    att_longrun *report = log_report(&log, NULL);
    CHECK_EQ(report->late_events, 1);
    CHECK_EQ(report->groups[0].span_count, 2);
    CHECK_NEAR(report->groups[0].spans[0].figures[ATT_FIGURE_LIKED].value.mean, 1, 0);
    CHECK_NEAR(report->groups[0].spans[1].figures[ATT_FIGURE_LIKED].value.mean, 0.5, 0);
    CHECK_EQ(report->groups[0].spans[0].people, 1);
    CHECK_NEAR(
        figure(report, 0, ATT_FIGURE_SESSIONS), 2.0 / 3, 1e-12); // no session for the late one
    CHECK_NEAR(figure(report, 0, ATT_FIGURE_RETURN_7), 1, 0);
    att_longrun_destroy(report);
    log_close(&log);
}

CHECK_TEST(from_and_to_cut_at_midnight)
{
    CHECK_BEGIN();
    memory_log log;
    log_open(&log);
    log_fill(&log, 30, 40, 9);
    att_longrun_options options = att_longrun_options_default();
    options.from_ms = MONDAY + 10 * DAY + 5 * HOUR; // that day counts
    options.to_ms = MONDAY + 24 * DAY;
    att_longrun *report = log_report(&log, &options);
    const att_longrun_group *group = &report->groups[0];
    uint64_t events = 0;
    for (size_t i = 0; i < log.count; i++)
        events += log.records[i].kind == ATT_RECORD_EVENT &&
                  log.records[i].at_ms >= MONDAY + 10 * DAY && log.records[i].at_ms < options.to_ms;
    CHECK_EQ(report->events, events);
    CHECK_EQ(group->span_count, 3);
    CHECK(group->spans[0].partial && !group->spans[1].partial && group->spans[2].partial);
    CHECK_EQ(group->spans[0].start_ms, MONDAY + 10 * DAY);
    CHECK_EQ(group->spans[2].end_ms, options.to_ms);
    att_longrun_destroy(report);
    options.to_ms = MONDAY;
    att_error err = {0};
    CHECK_FAILS(att_longrun_options_check(&options, &err), ATT_INVALID);
    log_close(&log);
}

// Each span's sums add up to those of the whole, by week and by day, whatever the order of the log.
CHECK_TEST(days_and_weeks_add_up)
{
    CHECK_BEGIN();
    memory_log log;
    log_open(&log);
    log_fill(&log, 50, 30, 11);
    att_longrun_options options = att_longrun_options_default();
    att_longrun *week = log_report(&log, &options);
    options.by = ATT_BY_DAY;
    att_longrun *day = log_report(&log, &options);
    for (int f = 0; f < ATT_FIGURE_COUNT; f++) {
        double cases[2] = {0, 0};
        for (size_t i = 0; i < week->groups[0].span_count; i++)
            cases[0] += week->groups[0].spans[i].figures[f].cases;
        for (size_t i = 0; i < day->groups[0].span_count; i++)
            cases[1] += day->groups[0].spans[i].figures[f].cases;
        CHECK_NEAR(cases[0], week->groups[0].all.figures[f].cases, 1e-9);
        CHECK_NEAR(cases[1], cases[0], 1e-9);
        CHECK(figure(week, 0, (att_figure)f) == figure(day, 0, (att_figure)f) ||
              isnan(figure(day, 0, (att_figure)f)) ||
              fabs(figure(week, 0, (att_figure)f) / figure(day, 0, (att_figure)f) - 1) < 1e-12);
    }
    att_longrun_destroy(week);
    att_longrun_destroy(day);
    log_close(&log);
}

CHECK_TEST(memory_that_runs_out_is_told_and_given_back)
{
    CHECK_BEGIN();
    memory_log log;
    log_open(&log);
    log_fill(&log, 6, 5, 3);
    const att_longrun_options options = att_longrun_options_default();
    for (uint64_t fail_at = 1;; fail_at++) {
        check_heap heap = {.fail_at = fail_at};
        const att_host host = check_host(&heap);
        att_longrun *report;
        att_error err = {0};
        const att_status status = log_try(&log, &options, &host, &report, &err);
        att_longrun_destroy(report);
        CHECK_EQ(heap.bytes_live, 0);
        if (status == ATT_OK) {
            CHECK(fail_at > 30);
            break;
        }
        CHECK_FAILS(status, ATT_NO_MEMORY);
    }
    log_close(&log);
}

CHECK_MAIN(CHECK_CASE(weeks_begin_on_monday), CHECK_CASE(retention_by_hand),
    CHECK_CASE(an_evening_by_hand), CHECK_CASE(one_pass_says_what_loops_over_all_events_say),
    CHECK_CASE(an_empty_log_has_a_report_without_figures),
    CHECK_CASE(bots_and_those_who_opted_out_change_nothing),
    CHECK_CASE(late_events_count_on_their_own_day), CHECK_CASE(from_and_to_cut_at_midnight),
    CHECK_CASE(days_and_weeks_add_up), CHECK_CASE(memory_that_runs_out_is_told_and_given_back))
