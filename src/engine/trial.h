// SPDX-License-Identifier: Apache-2.0
// engine/trial.h - what the three questions of a trial share: a world, a store filled with its history, slates.
#ifndef ATT_ENGINE_TRIAL_H
#define ATT_ENGINE_TRIAL_H

#include "attune/trial.h"
#include "base/arena.h"
#include "base/names.h"
#include "base/rng.h"

enum { TRIAL_SLOTS = 10, TRIAL_TAGS_EACH = 8 };
#define TRIAL_DAY_MS INT64_C(86400000)
#define TRIAL_HOUR_MS INT64_C(3600000)

// Tags of a world's items as numbers.
typedef struct att_trial_tags {
    att_names names;
    uint16_t *of_item; // (items, TRIAL_TAGS_EACH) number + 1, 0 ends
} att_trial_tags;

typedef struct att_trial_stage {
    const att_trial_options *options;
    const att_host *host;
    const att_world *world;
    const att_trial_tags *tags;
    att_engine *engine;
    att_slate_memory *memory;
    int arm; // ATT_TRIAL_WITH, WITHOUT or BARE
} att_trial_stage;

// What some slates showed.
typedef struct att_trial_seen {
    double *mix; // (tags) added to: of a slot, 1 evenly over its tags
    double slots, with_tag, worth;
    uint32_t tag;        // with_tag counts its slots; ATT_NO_INDEX: none
    size_t judge;        // worth: sum of utility to this person of the world; SIZE_MAX: nobody
    uint32_t changes;    // bits of att_change, of the last slate
    const att_context *context; // of the request; NULL: at home, relaxing, on the phone
    const att_context *judged_in[2]; // worth and worth_too are judged in these; NULL: in none
    double worth_too;
    unsigned char *shown; // (items) set to 1; NULL: not wanted
} att_trial_seen;

// No bot, and with a history of thirty events at least.
bool att_trial_is_known(att_trial_stage *stage, size_t person);
// `rounds` dry slates for a person at a time.
att_status att_trial_look(
    att_trial_stage *stage, size_t person, int64_t at_ms, uint32_t rounds, att_trial_seen *seen, att_error *err);
// The first moment from `from_ms` on at which it is `hour` o'clock where the person lives.
int64_t att_trial_local(const att_world *world, size_t person, int64_t from_ms, int hour);
int64_t att_trial_end_ms(const att_world *world); // of the history
// The best things for a person by the truth, that may be shown to them: at most `capacity`, best first. Returns how many.
size_t att_trial_best(const att_world *world, size_t person, int64_t at_ms, uint32_t *items, size_t capacity);
// KL(p || q) in nats of two masses over tags, each with a hundredth of an even mix in it; 0 where one is empty.
double att_trial_divergence(const double *p, const double *q, size_t tags);

// Values by person, and what they say. Rows of all worlds behind each other.
typedef struct att_trial_rows {
    const att_host *host;
    size_t columns;
    ATT_VEC(double) values; // (rows, columns)
} att_trial_rows;
bool att_trial_rows_add(att_trial_rows *rows, const double *row);
att_status att_trial_rows_mean(const att_trial_rows *rows, size_t column, size_t less, att_interval *out,
    att_error *err); // of column minus `less` (SIZE_MAX: nothing)

// Each adds a row a person to `rows`, on a stage of its own; with and without run over the same people in the same order.
enum { TRIAL_BINGE_COLUMNS = 2 * ATT_TRIAL_TIMES };
att_status att_trial_binge_run(att_trial_stage *stage, att_trial_rows *rows, att_error *err);
// Columns: noticed before, noticed at all, worth between old and new slates, then worth gained at each look.
att_status att_trial_move_run(att_trial_stage *stage, att_trial_rows *rows, att_error *err);
// Columns: what a slate's own situation gains it, overlap of two slates, worth where it belongs.
enum { TRIAL_SITUATION_COLUMNS = 3 };
att_status att_trial_situation_run(att_trial_stage *stage, att_trial_rows *rows, att_error *err);
// Columns: entropy by window, calibration by window, and the mean of each over the windows.
att_status att_trial_bubble_run(att_trial_stage *stage, att_trial_rows *rows, att_world_report *report, double *explored,
    att_error *err);

#endif
