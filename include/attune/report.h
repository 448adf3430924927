// SPDX-License-Identifier: Apache-2.0
// attune/report.h - the long run: how people fared week by week, read from the log, and a warning when engagement rises
// while satisfaction or retention falls.
//
// Every figure is a ratio of two sums over people, with an interval that takes people as the unit. Formulas,
// sources and what is left out: docs/reports.md.
#ifndef ATT_REPORT_H
#define ATT_REPORT_H

#include "attune/experiment.h"
#include "attune/host.h"
#include "attune/measure.h"
#include "attune/policy.h"

ATT_BEGIN

// --- Figures -----------------------------------------------------------------------------------

typedef enum att_figure_family {
    ATT_FAMILY_OTHER,        // shown, never judged
    ATT_FAMILY_ENGAGEMENT,   // how much people do
    ATT_FAMILY_SATISFACTION, // how they liked it
    ATT_FAMILY_RETENTION     // whether they come back
} att_figure_family;

// Columns: name, wire name, title, family, which way is good for people (1 up, -1 down, 0 neither), unit, what it is.
#define ATT_FIGURE_LIST(X)                                                                         \
    X(SESSIONS, "sessions", "sessions a day", ENGAGEMENT, 0, "", "sessions per person and day active")             \
    X(SESSION_MINUTES, "session-minutes", "session length", ENGAGEMENT, 0, "min", "mean time from a session's first moment to its last") \
    X(PLAYS, "plays", "plays a session", ENGAGEMENT, 0, "", "things begun per session")                            \
    X(PLAY_MINUTES, "play-minutes", "play time a day", ENGAGEMENT, 0, "min", "time played per person and day active")   \
    X(CLICKS, "clicks", "clicks a session", ENGAGEMENT, 0, "", "click events per session")                         \
    X(UPTAKE, "uptake", "slates taken up", ENGAGEMENT, 0, "%", "slates from which something was opened or begun")  \
    X(NDCG, "ndcg", "NDCG of slates", OTHER, 1, "", "order of each slate by the rewards it earned, over its best order") \
    X(EARLY_SKIPS_5S, "early-skips-5s", "skips below 5 s", SATISFACTION, -1, "%", "of things begun, left before the policy's early mark") \
    X(EARLY_SKIPS_10S, "early-skips-10s", "skips below 10 s", SATISFACTION, -1, "%", "of things begun, left before the policy's late mark") \
    X(KEPT_10S, "kept-10s", "kept 10 seconds", SATISFACTION, 1, "%", "of things begun with a known position, played 10 s or to the end") \
    X(COMPLETED, "completed", "played to the end", SATISFACTION, 1, "%", "of things begun, played to the policy's complete share")  \
    X(SESSIONS_LEFT, "sessions-left", "sessions left early", SATISFACTION, -1, "%", "sessions shorter than the stated time")         \
    X(RAGE_QUITS, "rage-quits", "rage-quits", SATISFACTION, -1, "%", "rage-quits per session")                     \
    X(SURVEY, "survey", "survey answer", SATISFACTION, 1, "", "mean answer, 0 to 1")                               \
    X(RATING, "rating", "rating", SATISFACTION, 1, "", "mean rating, on the policy's scale")                       \
    X(LIKED, "liked", "likes of opinions", SATISFACTION, 1, "%", "likes, of likes and dislikes")                   \
    X(COMPLAINTS, "complaints", "complaints", SATISFACTION, -1, "%", "reports per session")                        \
    X(REPORTS, "reports", "reports of plays", SATISFACTION, -1, "%", "reports per thing begun")                    \
    X(RETURN_1, "return-1", "back after 1 day", RETENTION, 1, "%", "of people on a day, active again exactly 1 day later")   \
    X(RETURN_7, "return-7", "back after 7 days", RETENTION, 1, "%", "of people on a day, active again exactly 7 days later") \
    X(RETURN_28, "return-28", "back after 28 days", RETENTION, 1, "%", "of people on a day, active again exactly 28 days later") \
    X(DAYS, "days", "days a week", RETENTION, 1, "", "days active, per person and week active")                    \
    X(REPLAYS, "replays", "replays", OTHER, 0, "%", "replays per thing begun")                                     \
    X(NEW_ITEMS, "new-items", "things new to them", OTHER, 0, "%", "of things begun, never begun by this person before")     \
    X(NEW_TAGS, "new-tags", "tags new to them", OTHER, 0, "%", "of things begun, with a tag that this person never met before") \
    X(VARIETY, "variety", "variety of tags", OTHER, 0, "bits", "entropy of the tags that a person played in a week") \
    X(EXPLORED, "explored", "exploration", OTHER, 0, "%", "of slots decided, spent on exploration")

typedef enum att_figure {
#define X(name, wire, title, family, good, unit, text) ATT_FIGURE_##name,
    ATT_FIGURE_LIST(X)
#undef X
    ATT_FIGURE_COUNT
} att_figure;

typedef struct att_figure_info {
    const char *name, *title, *unit, *meaning;
    att_figure_family family;
    int good;       // 1: more is better for people, -1: less, 0: neither
    double scale;   // what value * scale is in `unit`: 100 for %
} att_figure_info;
const att_figure_info *att_figure_get(att_figure figure); // static; NULL out of range
bool att_figure_parse(att_text name, att_figure *out);

// --- Options -----------------------------------------------------------------------------------

typedef enum att_longrun_by { ATT_BY_WEEK, ATT_BY_DAY } att_longrun_by; // weeks begin on Monday, all in UTC

typedef enum att_longrun_compare {
    ATT_COMPARE_NONE,
    ATT_COMPARE_TIME,   // before `at_ms` and from it on
    ATT_COMPARE_HALVES, // two halves of the people, drawn by `split_seed`: nothing should differ
    ATT_COMPARE_ARMS,   // by the arms in the records of decisions: `arms`; a person counts from the first one on
    ATT_COMPARE_PEOPLE  // as `group_of` says
} att_longrun_compare;

#define ATT_ARM_REST UINT32_MAX

typedef struct att_longrun_options {
    int64_t from_ms, to_ms;   // figures of this time alone, to_ms not in it; 0: as far as the log goes
    att_longrun_by by;
    uint32_t churn_days;      // a silence this long is churn; 2 … 365
    int64_t early_session_ms; // a session shorter than this was left early
    int64_t join_ms;          // an event counts for the slate that showed its item for this long
    double confidence;        // of the intervals
    double alarm;             // probability of a false warning, at most
    uint32_t people_min;      // a figure of fewer people in either group is not judged
    uint32_t answers_min;     // nor one with fewer cases (answers, sessions, plays …)
    att_longrun_compare compare;
    int64_t at_ms;
    uint64_t split_seed;
    att_arm arms[2]; // of one experiment; variation ATT_ARM_REST: whoever has a decision outside of arms[0]'s experiment
    int (*group_of)(void *user, att_text person); // 0, 1; anything else: in neither
    void *group_user;
    const char *group_names[2]; // NULL: "before", "after" and the like
} att_longrun_options;

// Weeks, churn after 28 days, sessions below 30 s, a join of 24 h, 0.95, 0.05, 100 people, 100 cases.
att_longrun_options att_longrun_options_default(void);

// --- The report --------------------------------------------------------------------------------

typedef struct att_figure_value {
    att_interval value; // NaN: nothing to measure; low and high are NaN with fewer than two people
    double cases;       // the sum below the line: sessions, plays, answers …
} att_figure_value;

// Of people by their first day: active again on day n exactly (classic), on day n or later (rolling).
typedef struct att_retention {
    uint32_t day;            // n
    uint64_t people;         // whose day n was over when the log ended
    uint64_t too_young;      // whose day n was not: in no figure
    att_interval classic, rolling; // Wilson's
} att_retention;

#define ATT_RETENTION_COUNT 3 // days 1, 7, 28

typedef struct att_longrun_span { // a day, a week, or all of it
    int64_t start_ms, end_ms;
    bool partial;         // the log began or ended within it
    uint64_t people, events, decisions;
    uint64_t items_shown; // different ones
    att_retention cohort[ATT_RETENTION_COUNT]; // of people whose first day lies in it
    att_figure_value figures[ATT_FIGURE_COUNT];
} att_longrun_span;

typedef struct att_survival_step {
    uint32_t day;        // since the first one
    uint64_t at_risk, churned, censored; // on that day
    att_interval alive;  // Kaplan-Meier; Greenwood's, on log(-log)
} att_survival_step;

typedef struct att_longrun_group {
    const char *name;
    att_longrun_span all;
    const att_longrun_span *spans; // (span_count), in order of time; those in which nothing happened are absent
    size_t span_count;
    double coverage, gini;  // of what was shown, over the catalogue
    const att_survival_step *survival; // (survival_count); empty when nobody was there long enough
    size_t survival_count;
    uint64_t survival_people, survival_left_out; // who came within the last churn_days
    uint32_t survival_days; // of the longest life that can be told
} att_longrun_group;

typedef struct att_longrun_difference { // second group minus first
    att_interval value;
    double relative;        // of the first group's figure; NaN when that is 0
    double p_rise, p_fall;  // one-sided
    bool judged;            // enough people and cases in both
} att_longrun_difference;

typedef enum att_longrun_warning_kind {
    ATT_WARNING_GUARDRAIL, // engagement rose and satisfaction or retention fell
    ATT_WARNING_HARM,      // these fell without it
    ATT_WARNING_TREND      // engagement rises and these fall, week after week, in one group
} att_longrun_warning_kind;

typedef struct att_longrun_warning {
    att_longrun_warning_kind kind;
    const char *text;     // one paragraph: which figures, by how much
    uint64_t risen, hurt; // bits by att_figure
} att_longrun_warning;

typedef struct att_longrun {
    int64_t from_ms, to_ms; // of what was read
    att_longrun_by by;
    uint32_t churn_days;
    int64_t early_session_ms;
    double confidence, alarm;
    double exploration_share; // the budget of the policy in force
    uint64_t records, events, decisions; // that count
    uint64_t people;
    uint64_t bots, opted_out;     // people who are left out
    uint64_t set_aside_events;    // of people who are not
    uint64_t late_events;         // older than the session before: in sums, in no session
    uint64_t joined, unjoined;    // events that name a decision, and fit it or not
    uint64_t in_both, in_neither; // people: seen in both arms, and from then on left out; in neither group
    uint64_t items;               // of the catalogue
    size_t memory_bytes;          // held at the end of the pass
    const att_longrun_group *groups;
    size_t group_count;           // 1, or 2 when compared
    const att_longrun_difference *differences; // (ATT_FIGURE_COUNT), NULL when not compared
    const att_longrun_warning *warnings;
    size_t warning_count;
} att_longrun;
void att_longrun_destroy(att_longrun *report); // NULL is fine

// One pass over the log. Holds some hundred bytes a person, and the slates of the last join_ms; other calls on the engine go
// on meanwhile. Progress and cancelling through the host. *out is the caller's.
att_status att_engine_longrun(att_engine *engine, const att_longrun_options *options,
    att_longrun **out, att_error *err);

// --- Music ---------------------------------------------------------------------------------------

// What the log says of music, where items carry what an analyser found (attune music items): docs/reports.md defines each figure.
#define ATT_MUSIC_MOODS 3
const char *att_music_mood_name(unsigned mood); // "valence", "arousal", "energy": features, and human_… what people rated

typedef struct att_music_report_options {
    int64_t from_ms, to_ms;  // of this time alone, to_ms not in it; 0: as far as the log goes
    double workout_bpm;      // the target
    double within_bpm;
    int64_t window_ms;
    double near;             // cosine of vectors from which two tracks are near-identical
    uint32_t near_most;      // of near-identical ones in a window
} att_music_report_options;
att_music_report_options att_music_report_options_default(void); // 130, 10, 30 min, 0.98, 2

typedef struct att_music_alignment {
    uint64_t items;             // that people rated and an analyser looked at
    double pearson, spearman;   // NaN: too few, or all alike
    double distance;            // mean of |found - rated|
} att_music_alignment;

typedef struct att_music_report {
    uint64_t begun;             // plays, skips, completes and replays
    uint64_t workout_begun, workout_known, workout_within; // known: the item has a tempo
    uint64_t workout_within_octave;                        // half or twice the tempo counts too
    att_music_alignment moods[ATT_MUSIC_MOODS];
    uint64_t people, windows, crowded, crowded_people; // a window ends with each thing begun
    uint32_t near_greatest;     // most near-identical ones in one window
    uint64_t in_windows, distinct; // sums over windows: things begun; things that are not near-identical to an earlier one
    uint64_t left_early;        // of `begun`: before the policy's early mark
    uint64_t items_with_tempo;
} att_music_report;
struct att_engine;
att_status att_engine_music_report(struct att_engine *engine, const att_music_report_options *options, att_music_report *out, att_error *err);

ATT_END
#endif
