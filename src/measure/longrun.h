// SPDX-License-Identifier: Apache-2.0
// measure/longrun.h - the long run, from inside: one record after the other becomes sums, and sums become figures.
//
// Every figure is num / den of two sums. Sums are kept apart in LONGRUN_GROUPS groups of people (person i of the report
// belongs to group i mod 64): leaving out one group at a time gives the interval (delete-a-group jackknife; Kott
// 2001), whatever the ratio is, for differences and slopes too, and no person needs a place of their own in every
// week. With at most 64 people each one is a group, and it is Quenouille's and Tukey's jackknife over people.
//
// What is held: a state per person (two cache lines, a bit per day between the first and the last, a bit per tag, the
// things begun, at most LONGRUN_KNOWN_MAX), 64 x LONGRUN_SUM_COUNT doubles per span, and the slates of the last
// join_ms.
#ifndef ATT_MEASURE_LONGRUN_H
#define ATT_MEASURE_LONGRUN_H

#include "attune/report.h"
#include "base/arena.h"
#include "base/names.h"
#include "store/decision.h"
#include "store/store.h"

#define LONGRUN_GROUPS 64
#define LONGRUN_KNOWN_MAX                                                                          \
    1024 // things begun that are remembered of a person; who has more leaves the figure
#define LONGRUN_OPEN_SLOTS_MAX                                                                     \
    4000000 // of slates that wait for events; above, the oldest are closed early
#define LONGRUN_DAY_MS INT64_C(86400000)

// Returns: in the order of ATT_RETENTION_COUNT.
static const uint32_t longrun_return_days[ATT_RETENTION_COUNT] = {1, 7, 28};

typedef enum longrun_sum {
    SUM_PERSON_DAYS,
    SUM_PERSON_WEEKS,
    SUM_SESSIONS,
    SUM_SESSION_MIN,
    SUM_SESSIONS_LEFT,
    SUM_BEGUN,
    SUM_PLAY_MIN,
    SUM_CLICKS,
    SUM_SLATES,
    SUM_SLATES_TAKEN,
    SUM_SLATES_RANKED,
    SUM_NDCG,
    SUM_SLOTS,
    SUM_EXPLORED,
    SUM_EARLY_5S,
    SUM_EARLY_10S,
    SUM_KNOWN_POSITION,
    SUM_KEPT,
    SUM_COMPLETED,
    SUM_RAGE_QUITS,
    SUM_SURVEYS,
    SUM_SURVEY,
    SUM_RATINGS,
    SUM_RATING,
    SUM_OPINIONS,
    SUM_LIKES,
    SUM_REPORTS,
    SUM_REPLAYS,
    SUM_REMEMBERED, // things begun while all before are remembered
    SUM_NEW_ITEMS,
    SUM_TAGGED,
    SUM_NEW_TAGS,
    SUM_MIXED_WEEKS,
    SUM_ENTROPY,
    SUM_RETURN_1_OF,
    SUM_RETURN_7_OF,
    SUM_RETURN_28_OF,
    SUM_RETURN_1,
    SUM_RETURN_7,
    SUM_RETURN_28,
    LONGRUN_SUM_COUNT
} longrun_sum;

// What a figure is the ratio of.
typedef struct longrun_ratio {
    uint8_t above, below; // longrun_sum
} longrun_ratio;
longrun_ratio att_longrun_ratio(att_figure figure);

// --- What is given -----------------------------------------------------------------------------

enum { LONGRUN_IN, LONGRUN_BOT, LONGRUN_OPTED_OUT };

// Borrowed while the fold lives. A person or item beyond the counts is in, and has no tags.
typedef struct att_longrun_input {
    const att_policy *policy;
    const uint8_t *standing; // (people_count) LONGRUN_IN …
    const int8_t *groups;    // (people_count) 0, 1, -1: for ATT_COMPARE_PEOPLE; else NULL
    uint32_t people_count;
    const uint32_t *tag_start; // (item_count + 1)
    const uint16_t *tags;
    uint32_t item_count, tag_count;
} att_longrun_input;

// --- The fold ----------------------------------------------------------------------------------

// Of people whose first day lies in a span: how many came back.
typedef struct longrun_back {
    uint64_t people, classic, rolling, too_young;
} longrun_back;

typedef struct longrun_span {
    int64_t start_ms;
    double *sums; // (LONGRUN_SUM_COUNT, LONGRUN_GROUPS)
    uint64_t events, decisions, items_shown;
    longrun_back cohort[ATT_RETENTION_COUNT];
} longrun_span;

typedef struct longrun_tag {
    uint16_t tag, count;
} longrun_tag;

typedef struct longrun_person {
    int64_t session_start_ms, session_last_ms;
    int64_t week_last_ms; // of what is counted in `mix`
    uint64_t *tags;       // (tag_words) bits: met before; NULL: none
    uint32_t *known;      // (known_capacity) item + 1, open addressing; 0: free
    uint8_t *days;        // bits from first_day on
    longrun_tag *mix;     // (mix_count) of the running week
    uint32_t known_count, known_capacity;
    int32_t first_day, week; // week: of `mix`
    int32_t joined_day;      // ARMS: of the first decision with an arm
    uint32_t day_bytes;
    uint32_t last_played; // item + 1, in the running session; 0: none
    uint16_t mix_count, mix_capacity;
    uint16_t mix_plays;
    int8_t arm;                                   // ARMS: 0, 1; -1: not yet; -2: in both
    uint8_t group;                                // of the jackknife
    bool met, in_session, session_ended, forgets; // forgets: too many things to remember
} longrun_person;

typedef struct longrun_slate {
    uint64_t seq;
    int64_t at_ms;
    uint64_t slots_at; // number of its first slot since the beginning
    uint32_t user;
    uint16_t count;
    int8_t side; // group that is compared; -1: none
    bool taken;
} longrun_slate;

typedef struct longrun_slot {
    uint32_t item;
    float gain;
} longrun_slot;

typedef struct longrun_side {    // one of the groups that are compared
    ATT_VEC(longrun_span) spans; // ascending
    size_t latest;               // where the last look-up ended
    uint64_t *shown;             // (item_count)
    int64_t *shown_span;         // (item_count) start of the span it was last counted in, plus 1
} longrun_side;

struct att_longrun_fold {
    att_host host;
    att_longrun_options options;
    att_longrun_input in;
    int64_t at_day_ms; // TIME: the switch, at midnight
    size_t side_count, tag_words;
    longrun_side sides[2];
    ATT_VEC(longrun_person) people;
    ATT_VEC(longrun_slate) slates; // from slates_first on they are open
    ATT_VEC(longrun_slot) slots;   // number slots_base is at 0
    size_t slates_first;
    uint64_t slots_base;
    int64_t first_ms, last_ms, last_decision_ms; // of what counts, outside of from and to also
    uint32_t met;                                // people so far
    bool any;
    att_longrun totals;
    att_decided_slot decided[ATT_SLATE_MAX];
};
typedef struct att_longrun_fold att_longrun_fold;

att_status att_longrun_fold_create(att_longrun_fold **out, const att_longrun_options *options,
    const att_longrun_input *input, const att_host *host, att_error *err);
void att_longrun_fold_destroy(att_longrun_fold *fold); // NULL is fine
// What can be wrong with them; from and to are taken at midnight.
att_status att_longrun_options_check(const att_longrun_options *options, att_error *err);
// In the order of the log. Only ATT_NO_MEMORY and ATT_CORRUPT; the fold is then only good for destroying.
att_status att_longrun_fold_add(att_longrun_fold *fold, const att_record *record, att_error *err);
// Ends open sessions and slates, and makes the report. Once.
att_status att_longrun_fold_finish(att_longrun_fold *fold, att_longrun **out, att_error *err);

// --- Between its files -------------------------------------------------------------------------

int32_t att_longrun_day(int64_t at_ms); // since 1970-01-01, floored
int32_t att_longrun_week(int32_t day);  // Mondays
// Which of the compared groups this person is in at this time; -1: none, or outside of from and to.
int att_longrun_side_at(const att_longrun_fold *fold, uint32_t user, int64_t at_ms);
// The span of this time, made when it is not there; NULL: out of memory. Valid until the next call.
longrun_span *att_longrun_span_at(att_longrun_fold *fold, int side, int64_t at_ms);
static inline void att_longrun_count(longrun_span *span, uint8_t group, longrun_sum sum, double by)
{
    span->sums[(size_t)sum * LONGRUN_GROUPS + group] += by;
}
// Slates (longrun_join.c).
att_status att_longrun_join_decision(att_longrun_fold *fold, const att_record *record,
    const att_decision_record *decision, att_error *err);
void att_longrun_join_event(att_longrun_fold *fold, const att_record *event, double reward);
att_status att_longrun_join_end(att_longrun_fold *fold, att_error *err); // closes all that are open
// Days (longrun_days.c). False: out of memory.
bool att_longrun_day_mark(att_longrun_fold *fold, longrun_person *person, int32_t day, bool *fresh);
void att_longrun_day_clear(longrun_person *person, int32_t day);
bool att_longrun_day_is(const longrun_person *person, int32_t day);
att_status att_longrun_returns(att_longrun_fold *fold, att_error *err); // fills SUM_RETURN_…
att_status att_longrun_cohorts(att_longrun_fold *fold, int side, att_longrun_group *out,
    att_arena *life, att_error *err); // the spans' cohorts, and survival
att_retention att_longrun_retention(
    const longrun_back *back, size_t n, double confidence); // of day n's number
// The last day that was over when the log ended, of this group.
int32_t att_longrun_last_day(const att_longrun_fold *fold, int side);
int32_t att_longrun_first_day(const att_longrun_fold *fold, int side); // INT32_MIN: no bound

// --- Numbers (longrun_stats.c) -----------------------------------------------------------------

double att_student_cdf(double t, double df); // P(T <= t)
double att_normal_quantile(double probability);
// Wilson's interval for `hits` of `trials`; NaN without trials.
att_interval att_wilson(double hits, double trials, double confidence);
// A statistic over all groups and without each one. NaN in `without` means that leaving this one out changes nothing
// (it is empty). error is NaN with fewer than two.
typedef struct longrun_jackknife {
    double whole, error, df;
} longrun_jackknife;
longrun_jackknife att_jackknife(double whole, const double without[LONGRUN_GROUPS]);
att_interval att_jackknife_interval(longrun_jackknife j, double confidence);
// Kaplan-Meier from counts per day: churned[d], censored[d], d < days. Writes one step for each day with churned people
// and day 0; *count of them.
void att_kaplan_meier(const uint64_t *churned, const uint64_t *censored, size_t days,
    double confidence, att_survival_step *steps, size_t *count);

// --- Verdicts (longrun_judge.c) ----------------------------------------------------------------

// `sums` are (LONGRUN_SUM_COUNT, LONGRUN_GROUPS), of a span or of all of them.
att_figure_value att_longrun_value(const double *sums, att_figure figure, double confidence);
att_longrun_difference att_longrun_difference_of(const double *before, const double *after,
    att_figure figure, const att_longrun_options *options);
// Each adds at most one warning to report->warnings, which has room for it; texts in `life`.
att_status att_longrun_judge_comparison(att_longrun *report, const att_longrun_options *options,
    att_longrun_warning *warnings, att_arena *life, att_error *err);
att_status att_longrun_judge_trend(const att_longrun_fold *fold, int side, att_longrun *report,
    att_longrun_warning *warnings, att_arena *life, att_error *err);

// Ends open sessions, weeks and slates, and counts returns (longrun_fold.c).
att_status att_longrun_fold_settle(att_longrun_fold *fold, att_error *err);
// Whether the log, or the time asked for, begins or ends inside this span.
bool att_longrun_span_is_partial(const att_longrun_fold *fold, int side, const longrun_span *span);
int64_t att_longrun_span_end(const att_longrun_fold *fold, int side, const longrun_span *span);

#endif
