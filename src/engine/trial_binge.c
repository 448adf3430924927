// SPDX-License-Identifier: Apache-2.0
// engine/trial_binge.c - a late night of one theme, and what it leaves in the slates of the days after.
//
// The theme is "ambient", the calmest of the simulated catalogue, played to the end from eleven at night on by people among
// whose hundred best things it hardly comes up. Slates are looked at in the afternoon: that of the evening's day, the next, and a week
// later, with nothing else happening in between: time alone must not be what brings their own mix back.
#include "engine/trial.h"

#include <math.h>
#include <string.h>

#define ROUNDS 8        // of slates at each look
#define HARDLY 3        // of a hundred at most

static const char theme[] = "ambient";

typedef struct play_sink {
    att_engine *engine;
    int64_t last_ms;
} play_sink;

static att_status play(void *user, const att_event *event, att_error *err)
{
    play_sink *sink = user;
    sink->last_ms = event->at_ms;
    return att_engine_event(sink->engine, event, NULL, err);
}

typedef struct looks {
    double *mix[ATT_TRIAL_TIMES], *halves[2]; // (tags)
    double *row;
    uint32_t tag;
} looks;

static att_status look(att_trial_stage *stage, size_t person, int64_t at_ms, int time, looks *l, att_error *err)
{
    att_trial_seen seen = {.mix = l->mix[time], .tag = l->tag, .judge = SIZE_MAX};
    const att_status status = att_trial_look(stage, person, at_ms, ROUNDS, &seen, err);
    l->row[time] = seen.slots > 0 ? seen.with_tag / seen.slots : 0;
    return status;
}

// How far two halves of the same slates are from each other: what the distances would be if nothing had changed.
static att_status look_twice(att_trial_stage *stage, size_t person, int64_t at_ms, looks *l, att_error *err)
{
    for (int half = 0; half < 2; half++) { // an hour apart: the draws of the second are others by the time in them
        att_trial_seen seen = {.mix = l->halves[half], .tag = ATT_NO_INDEX, .judge = SIZE_MAX};
        const att_status status =
            att_trial_look(stage, person, at_ms + half * TRIAL_HOUR_MS, ROUNDS, &seen, err);
        if (status)
            return status;
    }
    l->row[ATT_TRIAL_TIMES] = att_trial_divergence(l->halves[0], l->halves[1], stage->tags->names.count);
    return ATT_OK;
}

static att_status one_person(att_trial_stage *stage, size_t person, looks *l, bool *counts, att_error *err)
{
    const int64_t afternoon = att_trial_local(stage->world, person, att_trial_end_ms(stage->world), 15);
    *counts = false;
    att_status status = look(stage, person, afternoon, ATT_TRIAL_BEFORE, l, err);
    if (!status)
        status = look_twice(stage, person, afternoon, l, err);
    play_sink sink = {.engine = stage->engine};
    if (!status)
        status = att_world_binge(stage->world, person, att_text_of(theme), afternoon + 8 * TRIAL_HOUR_MS,
            stage->options->binge_plays, play, &sink, err);
    if (status == ATT_NOT_FOUND)
        return ATT_OK; // nothing of the kind may be shown to them
    if (!status)
        status = look(stage, person, sink.last_ms + 60000, ATT_TRIAL_RIGHT_AFTER, l, err);
    if (!status)
        status = look(stage, person, afternoon + TRIAL_DAY_MS, ATT_TRIAL_NEXT_DAY, l, err);
    if (!status)
        status = look(stage, person, afternoon + 7 * TRIAL_DAY_MS, ATT_TRIAL_WEEK_LATER, l, err);
    for (int time = 1; time < ATT_TRIAL_TIMES; time++)
        l->row[ATT_TRIAL_TIMES + time] = att_trial_divergence(
            l->mix[time], l->mix[ATT_TRIAL_BEFORE], stage->tags->names.count);
    *counts = !status;
    return status;
}

static bool is_theirs(const att_trial_stage *stage, size_t person, uint32_t tag)
{
    uint32_t best[100];
    size_t with_tag = 0;
    const size_t count =
        att_trial_best(stage->world, person, att_trial_end_ms(stage->world), best, ATT_COUNT_OF(best));
    for (size_t i = 0; i < count; i++)
        for (const uint16_t *t = stage->tags->of_item + best[i] * TRIAL_TAGS_EACH; *t; t++)
            with_tag += *t == tag + 1;
    return with_tag > HARDLY;
}

att_status att_trial_binge_run(att_trial_stage *stage, att_trial_rows *rows, att_error *err)
{
    att_arena scratch;
    att_arena_init(&scratch, stage->host, 0);
    const size_t tags = stage->tags->names.count;
    att_status status = ATT_OK;
    for (size_t person = 0; person < att_world_person_count(stage->world) && !status; person++) {
        const uint32_t tag = att_names_find(&stage->tags->names, att_text_of(theme));
        if (!att_trial_is_known(stage, person) || is_theirs(stage, person, tag))
            continue;
        att_arena_reset(&scratch);
        looks l = {.row = ATT_NEW(&scratch, double, TRIAL_BINGE_COLUMNS), .tag = tag};
        for (int time = 0; time < ATT_TRIAL_TIMES; time++)
            l.mix[time] = ATT_NEW(&scratch, double, tags);
        for (int half = 0; half < 2; half++)
            l.halves[half] = ATT_NEW(&scratch, double, tags);
        bool counts = false;
        status = l.row && l.halves[1] ? one_person(stage, person, &l, &counts, err) : att_no_memory(err, tags, "tags");
        if (!status && counts && !att_trial_rows_add(rows, l.row))
            status = att_no_memory(err, 1, "figures");
    }
    att_arena_deinit(&scratch);
    return status;
}
