// SPDX-License-Identifier: Apache-2.0
// engine/trial_bubble.c - people live with the engine for weeks: how varied, and how much their own, is what they are shown?
#include "engine/trial.h"

#include <math.h>

enum { BEST = 40, SLOTS_LEAST = 30, TRAIN_EVERY_DAYS = 14 };

typedef struct loop {
    att_trial_stage *stage;
    double *shown; // (windows, people, tags)
    double *slots; // (windows, people)
    size_t people, tags;
    uint32_t windows;
    int64_t start_ms;
} loop;

static att_status choose(void *user, const att_world_visit *visit, uint32_t *items, size_t *count, uint64_t *decision,
    att_error *err)
{
    loop *l = user;
    att_request request = att_request_default();
    request.user = visit->user;
    request.context = visit->context;
    request.territory = visit->territory;
    request.age = visit->age;
    request.at_ms = visit->at_ms;
    request.count = (uint32_t)visit->wanted;
    att_slate slate;
    const att_status status = att_engine_decide(l->stage->engine, &request, l->stage->memory, &slate, err);
    *count = 0;
    *decision = status ? 0 : slate.decision;
    const int64_t window = (visit->at_ms - l->start_ms) / (ATT_TRIAL_WINDOW_DAYS * TRIAL_DAY_MS);
    const size_t place = (size_t)ATT_MIN(ATT_MAX(window, 0), (int64_t)l->windows - 1) * l->people + visit->person;
    for (size_t s = 0; s < slate.count && !status; s++) {
        const size_t item = att_world_item_find(l->stage->world, slate.shown[s].item);
        if (item == SIZE_MAX)
            continue;
        items[(*count)++] = (uint32_t)item;
        const uint16_t *tags = l->stage->tags->of_item + item * TRIAL_TAGS_EACH;
        size_t carried = 0;
        while (tags[carried])
            carried++;
        for (size_t t = 0; t < carried; t++)
            l->shown[place * l->tags + tags[t] - 1] += 1 / (double)carried;
        l->slots[place]++;
    }
    return status;
}

static att_status feedback(void *user, const att_event *events, size_t count, att_error *err)
{
    const loop *l = user;
    return att_engine_events(l->stage->engine, events, count, NULL, err);
}

static att_status day_over(void *user, uint32_t day, int64_t at_ms, att_error *err)
{
    const loop *l = user;
    (void)at_ms;
    const att_train_options train = {.seed = 1, .kind = "als", .dim = 32};
    return (day + 1) % TRAIN_EVERY_DAYS ? ATT_OK : att_engine_train(l->stage->engine, &train, NULL, err);
}

static double entropy_bits(const double *mass, size_t count)
{
    double sum = 0, bits = 0;
    for (size_t g = 0; g < count; g++)
        sum += mass[g];
    for (size_t g = 0; g < count && sum > 0; g++)
        bits -= mass[g] > 0 ? mass[g] / sum * log2(mass[g] / sum) : 0;
    return bits;
}

// Tags of what is truly best for them in the middle of the window.
static void true_mix(const loop *l, size_t person, uint32_t window, double *mix)
{
    uint32_t best[BEST];
    const int64_t middle_ms = l->start_ms + (2 * window + 1) * ATT_TRIAL_WINDOW_DAYS * TRIAL_DAY_MS / 2;
    const size_t count = att_trial_best(l->stage->world, person, middle_ms, best, BEST);
    for (size_t i = 0; i < count; i++) {
        const uint16_t *tags = l->stage->tags->of_item + best[i] * TRIAL_TAGS_EACH;
        size_t carried = 0;
        while (tags[carried])
            carried++;
        for (size_t t = 0; t < carried; t++)
            mix[tags[t] - 1] += 1 / (double)carried;
    }
}

// Over what is defined; NaN: nothing is.
static void mean_of(const double *values, size_t count, double *out)
{
    double sum = 0, defined = 0;
    for (size_t i = 0; i < count; i++)
        if (isfinite(values[i])) {
            sum += values[i];
            defined++;
        }
    *out = defined > 0 ? sum / defined : (double)NAN;
}

// One row a person; windows in which they hardly came are not defined.
static att_status add_rows(const loop *l, att_trial_rows *rows, att_error *err)
{
    double row[2 * ATT_TRIAL_WINDOWS_MAX + 2];
    double *mix = ATT_NEW_ARRAY(l->stage->host, double, l->tags + 1);
    if (!mix)
        return att_no_memory(err, l->tags, "tags");
    bool good = true;
    for (size_t person = 0; person < l->people && good; person++) {
        if (att_world_person_at(l->stage->world, person).bot)
            continue;
        for (uint32_t w = 0; w < l->windows; w++) {
            const size_t place = w * l->people + person;
            const double *shown = l->shown + place * l->tags;
            for (size_t g = 0; g < l->tags; g++)
                mix[g] = 0;
            true_mix(l, person, w, mix);
            const bool enough = l->slots[place] >= SLOTS_LEAST;
            row[w] = enough ? entropy_bits(shown, l->tags) : (double)NAN;
            row[l->windows + w] = enough ? att_trial_divergence(mix, shown, l->tags) : (double)NAN;
        }
        mean_of(row, l->windows, &row[2 * l->windows]);
        mean_of(row + l->windows, l->windows, &row[2 * l->windows + 1]);
        good = att_trial_rows_add(rows, row);
    }
    ATT_FREE_ARRAY(l->stage->host, mix, l->tags + 1);
    return good ? ATT_OK : att_no_memory(err, 1, "figures");
}

att_status att_trial_bubble_run(
    att_trial_stage *stage, att_trial_rows *rows, att_world_report *report, double *explored, att_error *err)
{
    const uint32_t days = stage->options->bubble_days;
    loop l = {.stage = stage,
        .people = att_world_person_count(stage->world),
        .tags = stage->tags->names.count,
        .windows = (days + ATT_TRIAL_WINDOW_DAYS - 1) / ATT_TRIAL_WINDOW_DAYS,
        .start_ms = att_trial_end_ms(stage->world)};
    const size_t places = l.windows * l.people;
    l.shown = ATT_NEW_ARRAY(stage->host, double, places *l.tags);
    l.slots = ATT_NEW_ARRAY(stage->host, double, places);
    const att_world_policy policy = {.choose = choose, .feedback = feedback, .day_over = day_over, .user = &l};
    att_world_run_options run = att_world_run_options_default();
    run.days = days;
    run.regret_every = 0;
    att_status status =
        l.shown && l.slots ? att_world_run(stage->world, &policy, &run, report, NULL, err) : att_no_memory(err, places, "windows");
    if (!status)
        status = add_rows(&l, rows, err);
    att_engine_info info;
    att_engine_info_get(stage->engine, &info);
    *explored = info.impressions ? (double)info.explored_impressions / (double)info.impressions : 0;
    ATT_FREE_ARRAY(stage->host, l.shown, l.shown ? places * l.tags : 0);
    ATT_FREE_ARRAY(stage->host, l.slots, l.slots ? places : 0);
    return status;
}
