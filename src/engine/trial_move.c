// SPDX-License-Identifier: Apache-2.0
// engine/trial_move.c - a person whose taste truly moves, and how soon the slates go with them.
//
// From one evening on all that a person plays is drawn from the best things of another person of the same world, the one of a
// few whose worth of things has least to do with theirs: five plays to the end every evening. At noon of the next day slates
// are looked at and judged by the truth of the other person.
#include "engine/trial.h"

#include <math.h>
#include <stdio.h>

enum { ROUNDS = 4, ASKED = 16, PLAYS = 5, BEST = 80 };
#define APART 0.2 // in worth to the other: their forty best things less one's own forty best; less is no move

static double mean_worth(const att_trial_seen *seen)
{
    return seen->slots > 0 ? seen->worth / seen->slots : 0;
}

static double likeness(const att_world *world, size_t a, size_t b, int64_t at_ms)
{
    const size_t items = att_world_item_count(world);
    double sa = 0, sb = 0, saa = 0, sbb = 0, sab = 0;
    for (size_t i = 0; i < items; i++) {
        const double x = att_world_utility(world, a, i, NULL, at_ms), y = att_world_utility(world, b, i, NULL, at_ms);
        sa += x;
        sb += y;
        saa += x * x;
        sbb += y * y;
        sab += x * y;
    }
    const double n = (double)items;
    return (sab - sa * sb / n) / sqrt((saa - sa * sa / n) * (sbb - sb * sb / n));
}

// Of some people who are known too, the least like this one; SIZE_MAX: nobody.
static size_t choose_other(att_trial_stage *stage, size_t person, att_rng *rng)
{
    size_t other = SIZE_MAX;
    double least = 2;
    for (int k = 0; k < ASKED; k++) {
        const size_t asked = (size_t)att_rng_below(rng, att_world_person_count(stage->world));
        if (asked == person || !att_trial_is_known(stage, asked))
            continue;
        const double like = likeness(stage->world, person, asked, att_trial_end_ms(stage->world));
        if (like < least) {
            least = like;
            other = asked;
        }
    }
    return other;
}

static att_status play_evening(att_trial_stage *stage, size_t person, const uint32_t *best, size_t best_count,
    int64_t at_ms, att_rng *rng, att_error *err)
{
    for (int i = 0; i < PLAYS; i++) {
        const size_t item = best[att_rng_below(rng, best_count)];
        const att_item *thing = att_world_item(stage->world, item);
        const att_world_person who = att_world_person_at(stage->world, person);
        char id[64];
        at_ms += ATT_MIN(thing->duration_ms, 20 * INT64_C(60000)) + 60000;
        snprintf(id, sizeof id, "move-%zu-%lld", person, (long long)at_ms);
        att_event event = att_event_empty();
        event.id = att_text_of(id);
        event.user = who.id;
        event.item = thing->id;
        event.signal = ATT_SIGNAL_COMPLETE;
        event.at_ms = at_ms;
        event.context = (att_context){
            ATT_DEVICE_PHONE, ATT_PLACE_HOME, ATT_ACTIVITY_RELAX, ATT_NOISE_UNKNOWN, who.utc_offset_min};
        const att_status status = att_engine_event(stage->engine, &event, NULL, err);
        if (status)
            return status;
    }
    return ATT_OK;
}

static double worth_of_best(const att_world *world, size_t of, size_t to, int64_t at_ms)
{
    uint32_t best[40];
    double sum = 0;
    const size_t count = att_trial_best(world, of, at_ms, best, ATT_COUNT_OF(best));
    for (size_t i = 0; i < count; i++)
        sum += att_world_utility(world, to, best[i], NULL, at_ms) / (double)count;
    return sum;
}

// By the truth alone, so that both arms ask the same people.
static bool are_apart(const att_world *world, size_t person, size_t other)
{
    const int64_t at_ms = att_trial_end_ms(world);
    return worth_of_best(world, other, other, at_ms) - worth_of_best(world, person, other, at_ms) >= APART;
}

// Columns: noticed before, noticed at all, the way to go, how far it is gone at each look.
static att_status one_person(
    att_trial_stage *stage, size_t person, size_t other, double *row, att_rng *rng, att_error *err)
{
    const int64_t noon = att_trial_local(stage->world, person, att_trial_end_ms(stage->world), 12);
    att_trial_seen before = {.tag = ATT_NO_INDEX, .judge = other}, aim = before;
    uint32_t best[BEST];
    const size_t best_count = att_trial_best(stage->world, other, noon, best, BEST);
    if (!best_count)
        return ATT_OK; // nothing moved: the row says so
    att_status status = att_trial_look(stage, person, noon, ROUNDS, &before, err);
    if (!status)
        status = att_trial_look(stage, other, noon, ROUNDS, &aim, err);
    row[0] = (before.changes & ATT_CHANGE_MOVE) != 0;
    row[2] = mean_worth(&aim) - mean_worth(&before);
    for (uint32_t day = 0; day < stage->options->move_days && !status; day++) {
        att_trial_seen now = {.tag = ATT_NO_INDEX, .judge = other};
        status = play_evening(
            stage, person, best, best_count, noon + day * TRIAL_DAY_MS + 7 * TRIAL_HOUR_MS, rng, err);
        if (!status)
            status = att_trial_look(stage, person, noon + (day + 1) * TRIAL_DAY_MS, ROUNDS, &now, err);
        row[1] = fmax(row[1], (now.changes & ATT_CHANGE_MOVE) != 0);
        row[3 + day] = mean_worth(&now) - mean_worth(&before);
    }
    return status;
}

att_status att_trial_move_run(att_trial_stage *stage, att_trial_rows *rows, att_error *err)
{
    att_rng rng = att_rng_stream(att_world_options_of(stage->world).seed, 77);
    att_status status = ATT_OK;
    for (size_t person = 0; person < att_world_person_count(stage->world) && !status; person += 2) {
        double row[3 + ATT_TRIAL_MOVE_DAYS_MAX] = {0};
        const size_t other = att_trial_is_known(stage, person) ? choose_other(stage, person, &rng) : SIZE_MAX;
        if (other == SIZE_MAX || !are_apart(stage->world, person, other))
            continue;
        status = one_person(stage, person, other, row, &rng, err);
        if (!status && !att_trial_rows_add(rows, row))
            status = att_no_memory(err, 1, "figures");
    }
    return status;
}
