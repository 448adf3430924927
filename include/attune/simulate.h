// SPDX-License-Identifier: Apache-2.0
// attune/simulate.h - a made-up world: a catalogue, people with a taste of their own, and what they
// do.
//
// For trying policies before people meet them, and for filling an empty store. Nothing here is a
// person. The people follow another model than the engine's (docs/simulator.md), and everything is
// drawn from one seed: the same options give the same bytes.
#ifndef ATT_SIMULATE_H
#define ATT_SIMULATE_H

#include "attune/host.h"
#include "attune/items.h"
#include "attune/signals.h"

ATT_BEGIN

typedef struct att_world att_world; // does not change once made; any number of threads may use it

typedef struct att_world_options {
    uint32_t people;     // 1 … 1000000, bots among them; default 1000
    uint32_t items;      // 60 … 1000000; default 2000
    uint32_t days;       // of history, 1 … 1000; default 60
    uint32_t ahead_days; // that att_world_run may go on for after the history, 0 … 1000; default 30
    uint64_t events;     // wanted in the history; met within some percent; default 300000
    uint64_t seed;       // default 1
    int64_t start_ms;    // first moment of the history; default 2026-01-01T00:00:00Z
    double impression_share; // of what was seen and not taken, share that is told as events, 0 … 1;
                             // default 0.02
} att_world_options;

att_world_options att_world_options_default(void);

// Owned by the caller. Draws the catalogue and the people, and tries the history a few times to
// meet options->events.
att_status att_world_create(
    att_world **out, const att_world_options *options, const att_host *host, att_error *err);
void att_world_destroy(att_world *world); // NULL is fine

att_world_options att_world_options_of(const att_world *world);
size_t att_world_item_count(const att_world *world);
// Borrowed as long as the world lives. Items are in order of id, not of publication.
const att_item *att_world_item(const att_world *world, size_t item);
size_t att_world_item_find(const att_world *world, att_text id); // SIZE_MAX: not there

typedef struct att_world_person {
    att_text id;
    att_territory territory;
    int age;                // years
    int16_t utc_offset_min; // of home
    bool bot;               // fills the log with nonsense
} att_world_person;

size_t att_world_person_count(const att_world *world);
att_world_person att_world_person_at(const att_world *world, size_t person);
size_t att_world_person_find(const att_world *world, att_text id); // SIZE_MAX: not there

// --- History -----------------------------------------------------------------------------------

// Anything but ATT_OK stops, and is passed on. The event is valid during the call.
typedef att_status att_world_sink(void *user, const att_event *event, att_error *err);

// All events in order of arrival, which is the order of at_ms but for a few that come late (below
// 0.5 %).
att_status att_world_history(
    const att_world *world, att_world_sink *sink, void *user, att_error *err);

// Writes items.ndjson, events.ndjson, people.csv and README.txt into `folder`, which is made when
// it is not there.
att_status att_world_write(const att_world *world, const char *folder, att_error *err);

// A late-night session: `count` plays to the end, one after the other, of items that carry `tag`
// and may be shown to this person, from `at_ms` on. ATT_NOT_FOUND: no such item. Ids begin with
// "binge-". The person's taste is as before.
att_status att_world_binge(const att_world *world, size_t person, att_text tag, int64_t at_ms,
    uint32_t count, att_world_sink *sink, void *user, att_error *err);

// --- The truth ---------------------------------------------------------------------------------

// How satisfied this person would be on average with the item in this context at this time, 0 … 1,
// when neither bored nor having had it before. A context that is not known counts as plain
// relaxing. An engine never sees this.
double att_world_utility(
    const att_world *world, size_t person, size_t item, const att_context *context, int64_t at_ms);
// Published, licensed for streaming, and old enough. Another reading of the rules than the
// engine's.
bool att_world_eligible(
    const att_world *world, size_t item, att_territory territory, int age, int64_t at_ms);
// The truth about an item that no honest catalogue tells.
bool att_world_is_clickbait(const att_world *world, size_t item);

// --- A policy meets the people -----------------------------------------------------------------

#define ATT_WORLD_SLATE_MAX 50

// Somebody came and wants something.
typedef struct att_world_visit {
    att_text user;
    size_t person;
    att_context context; // as the app sees it: parts may be unknown
    att_territory territory;
    int age;
    int64_t at_ms;
    size_t wanted; // slots
    att_text medium; // what they want to see now, alone; empty: anything
} att_world_visit;

typedef enum att_world_builtin {
    ATT_WORLD_NONE,       // the callbacks below
    ATT_WORLD_RANDOM,     // any eligible items
    ATT_WORLD_POPULARITY, // most played so far, without what this person was shown lately
    ATT_WORLD_ORACLE      // best by the truth, boredom and context included
} att_world_builtin;

typedef struct att_world_policy {
    att_world_builtin builtin;
    // Writes at most visit->wanted item numbers of this world, best first, and how many. *decision
    // is passed back with the events. Items that are not eligible are counted and taken out.
    att_status (*choose)(void *user, const att_world_visit *visit, uint32_t *items, size_t *count,
        uint64_t *decision, att_error *err);
    // What happened since the last choice, in order of time; called before the next choice. May be
    // NULL.
    att_status (*feedback)(void *user, const att_event *events, size_t count, att_error *err);
    // After each day, numbered from 0: a place to train. May be NULL.
    att_status (*day_over)(void *user, uint32_t day, int64_t at_ms, att_error *err);
    void *user;
} att_world_policy;

typedef struct att_world_run_options {
    uint32_t days;     // 1 … ahead_days; default 14
    size_t slots;      // of each slate, 1 … ATT_WORLD_SLATE_MAX; default 10
    uint64_t seed;     // of the built-in policies and of the people's luck; 0: the world's
    const char *label; // in event ids, so that runs into one store do not meet; NULL: "run"; at
                       // most 24 bytes
    const char *medium; // "music", "film" or "game": each visit asks for this medium alone, and the yardsticks choose
                        // from it; NULL: any
    bool cold;         // true: people come fresh, without what they saw in the history
    bool impressions;  // tell everything that was seen as impression events
    uint32_t
        regret_every; // visits between two looks at the best possible slate; 0: never; default 5
} att_world_run_options;

att_world_run_options att_world_run_options_default(void);

typedef struct att_world_day {
    uint64_t sessions, visits, plays, people;
    double satisfaction;    // mean over plays, by the truth
    double early_skip_rate; // below 10 s
    double regret;
} att_world_day;

typedef struct att_world_report {
    uint64_t sessions, visits, shown, clicks; // visits: slates asked for
    uint64_t people;                          // who came at least once
    uint64_t plays;                           // things begun
    double skip_5s_rate, skip_10s_rate;       // of plays, left before 5 s and before 10 s
    double completion_rate;                   // of plays, at least 90 % of the length
    double satisfaction;                      // mean over plays, by the truth
    double satisfaction_error;                // standard error of it, people as the unit
    double satisfaction_per_visit;            // a visit without a click counts 0
    double plays_per_session;
    double return_day_1,
        return_day_7; // of people on a day, share that came again exactly 1 and 7 days later
    double variety;   // mean entropy of the tags that one person played, bits
    double coverage;  // share of the catalogue that was shown
    double regret;    // mean of (best possible slate - this one) in satisfaction, slots weighted by
                      // examination
    uint64_t ineligible; // slots thrown away because the item may not be shown
    uint64_t shown_at[ATT_WORLD_SLATE_MAX], clicks_at[ATT_WORLD_SLATE_MAX]; // by slot
} att_world_report;

// People come for `options->days` days after the history, are shown what the policy chooses, and
// act. `days` is NULL or (options->days). Bots stay away. One call, one thread.
att_status att_world_run(const att_world *world, const att_world_policy *policy,
    const att_world_run_options *options, att_world_report *report, att_world_day *days,
    att_error *err);

// --- Bandits meet the people -----------------------------------------------------------------------

// People choose by a film's thumbnail; every algorithm of attune/choose.h picks which one they see (measure/sim_choices.c
// tells the model). Regret is against the best fixed policy, in expected clicks.
#define ATT_WORLD_CHOICES_POINTS 5
#define ATT_WORLD_CHOICES_OPTIONS_MAX 14
#define ATT_WORLD_CHOICES_RUNS_MAX 64
#define ATT_WORLD_CURVES_MAX 16

typedef struct att_world_choices_options {
    uint32_t rounds;  // 100 … 10000000; default 20000
    uint32_t options; // thumbnails, 2 … 14; default 8
    uint32_t runs;    // with other thumbnails, visitors and luck each, 1 … 64; default 5
    uint32_t delay;   // rounds until a reward is told; default 50
    uint64_t seed;    // default 1
} att_world_choices_options;
att_world_choices_options att_world_choices_options_default(void);

typedef struct att_world_curve {
    char name[24];                                // of the algorithm, or "best fixed option", "uniform"
    uint64_t at[ATT_WORLD_CHOICES_POINTS];        // rounds
    double regret[ATT_WORLD_CHOICES_POINTS];      // cumulative until then, mean over runs
    double half_width[ATT_WORLD_CHOICES_POINTS];  // of the 95 % interval over runs
    double reward;                                // mean probability of a click over all rounds
} att_world_curve;

// `curves` has room for ATT_WORLD_CURVES_MAX.
att_status att_world_choices(const att_world *world, const att_world_choices_options *options, att_world_curve *curves,
    size_t *count, att_error *err);

ATT_END
#endif
