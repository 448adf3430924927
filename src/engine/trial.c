// SPDX-License-Identifier: Apache-2.0
// engine/trial.c - worlds are made and lived twice; what the people met becomes means with intervals.
#include "engine/trial.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RESAMPLES 1000
#define BATCH 256
#define HISTORY_LEAST 30

att_trial_options att_trial_options_default(void)
{
    return (att_trial_options){.people = 80,
        .items = 800,
        .days = 60,
        .events = 30000,
        .worlds = 2,
        .seed = 1,
        .situations = true,
        .binge_plays = 20,
        .move_days = 12,
        .bubble_days = 60};
}

// --- Tags --------------------------------------------------------------------------------------------------------

static void tags_deinit(att_trial_tags *tags, const att_world *world, const att_host *host)
{
    att_names_deinit(&tags->names);
    ATT_FREE_ARRAY(host, tags->of_item, att_world_item_count(world) * TRIAL_TAGS_EACH);
    tags->of_item = NULL;
}

static att_status tags_init(att_trial_tags *tags, const att_world *world, const att_host *host, att_error *err)
{
    const size_t items = att_world_item_count(world);
    att_names_init(&tags->names, host);
    tags->of_item = ATT_NEW_ARRAY(host, uint16_t, items * TRIAL_TAGS_EACH);
    for (size_t i = 0; i < items && tags->of_item; i++) {
        const att_item *item = att_world_item(world, i);
        for (size_t t = 0; t < ATT_MIN(item->tag_count, (size_t)TRIAL_TAGS_EACH - 1); t++) {
            const uint32_t number = att_names_add(&tags->names, item->tags[t]);
            if (number >= UINT16_MAX)
                return att_no_memory(err, items, "tags");
            tags->of_item[i * TRIAL_TAGS_EACH + t] = (uint16_t)(number + 1);
        }
    }
    return tags->of_item ? ATT_OK : att_no_memory(err, items, "items");
}

// --- Moments and slates ------------------------------------------------------------------------------------------

int64_t att_trial_end_ms(const att_world *world)
{
    const att_world_options o = att_world_options_of(world);
    return o.start_ms + o.days * TRIAL_DAY_MS;
}

int64_t att_trial_local(const att_world *world, size_t person, int64_t from_ms, int hour)
{
    const int64_t offset_ms = att_world_person_at(world, person).utc_offset_min * INT64_C(60000);
    const int64_t local = from_ms + offset_ms, midnight = local - local % TRIAL_DAY_MS;
    const int64_t at_ms = midnight + hour * TRIAL_HOUR_MS - offset_ms;
    return at_ms < from_ms ? at_ms + TRIAL_DAY_MS : at_ms;
}

bool att_trial_is_known(att_trial_stage *stage, size_t person)
{
    att_person known;
    const att_world_person who = att_world_person_at(stage->world, person);
    return !who.bot && att_engine_person(stage->engine, who.id, stage->memory, &known, NULL) == ATT_OK &&
           known.events >= HISTORY_LEAST;
}

static void see(const att_trial_stage *stage, size_t item, int64_t at_ms, att_trial_seen *seen)
{
    const uint16_t *tags = stage->tags->of_item + item * TRIAL_TAGS_EACH;
    size_t count = 0;
    bool has = false;
    for (; tags[count]; count++)
        has |= tags[count] == seen->tag + 1u;
    for (size_t t = 0; t < count && seen->mix; t++)
        seen->mix[tags[t] - 1] += 1 / (double)count;
    seen->slots++;
    seen->with_tag += has;
    if (seen->shown)
        seen->shown[item] = 1;
    if (seen->judge == SIZE_MAX)
        return;
    seen->worth += att_world_utility(stage->world, seen->judge, item, seen->judged_in[0], at_ms);
    if (seen->judged_in[1])
        seen->worth_too += att_world_utility(stage->world, seen->judge, item, seen->judged_in[1], at_ms);
}

att_status att_trial_look(
    att_trial_stage *stage, size_t person, int64_t at_ms, uint32_t rounds, att_trial_seen *seen, att_error *err)
{
    const att_world_person who = att_world_person_at(stage->world, person);
    att_request request = att_request_default();
    request.user = who.id;
    request.territory = who.territory;
    request.age = who.age;
    request.context = (att_context){
        ATT_DEVICE_PHONE, ATT_PLACE_HOME, ATT_ACTIVITY_RELAX, ATT_NOISE_UNKNOWN, who.utc_offset_min};
    if (seen->context) {
        request.context = *seen->context;
        request.context.utc_offset_min = who.utc_offset_min;
    }
    request.at_ms = at_ms;
    request.count = TRIAL_SLOTS;
    request.dry = true;
    for (uint32_t r = 0; r < rounds; r++) {
        att_slate slate;
        request.seed = 1 + r;
        const att_status status = att_engine_decide(stage->engine, &request, stage->memory, &slate, err);
        if (status)
            return status;
        seen->changes = slate.changes;
        for (size_t s = 0; s < slate.count; s++) {
            const size_t item = att_world_item_find(stage->world, slate.shown[s].item);
            if (item != SIZE_MAX)
                see(stage, item, at_ms, seen);
        }
    }
    return ATT_OK;
}

// By insertion: capacity is small.
size_t att_trial_best(const att_world *world, size_t person, int64_t at_ms, uint32_t *items, size_t capacity)
{
    double worth[128];
    size_t count = 0;
    const att_world_person who = att_world_person_at(world, person);
    assert(capacity <= ATT_COUNT_OF(worth));
    for (size_t i = 0; i < att_world_item_count(world); i++) {
        if (!att_world_eligible(world, i, who.territory, who.age, at_ms))
            continue;
        const double value = att_world_utility(world, person, i, NULL, at_ms);
        if (count == capacity && value <= worth[count - 1])
            continue;
        size_t at = count < capacity ? count++ : count - 1;
        for (; at > 0 && worth[at - 1] < value; at--) {
            worth[at] = worth[at - 1];
            items[at] = items[at - 1];
        }
        worth[at] = value;
        items[at] = (uint32_t)i;
    }
    return count;
}

double att_trial_divergence(const double *p, const double *q, size_t tags)
{
    double p_sum = 0, q_sum = 0, sum = 0;
    for (size_t g = 0; g < tags; g++) {
        p_sum += p[g];
        q_sum += q[g];
    }
    if (!(p_sum > 0) || !(q_sum > 0))
        return 0;
    for (size_t g = 0; g < tags; g++) {
        const double even = 0.01 / (double)tags;
        const double a = 0.99 * p[g] / p_sum + even, b = 0.99 * q[g] / q_sum + even;
        sum += a * log(a / b);
    }
    return sum;
}

// --- Rows --------------------------------------------------------------------------------------------------------

bool att_trial_rows_add(att_trial_rows *rows, const double *row)
{
    for (size_t c = 0; c < rows->columns; c++)
        if (!ATT_VEC_PUSH(rows->host, &rows->values, row[c]))
            return false;
    return true;
}

att_status att_trial_rows_mean(
    const att_trial_rows *rows, size_t column, size_t less, att_interval *out, att_error *err)
{
    const size_t count = rows->values.count / rows->columns;
    double *values = ATT_NEW_ARRAY(rows->host, double, count + 1);
    if (!values)
        return att_no_memory(err, count, "figures");
    for (size_t i = 0; i < count; i++) {
        const double *row = rows->values.items + i * rows->columns;
        values[i] = row[column] - (less == SIZE_MAX ? 0 : row[less]);
    }
    const att_status status = att_bootstrap(values, count, RESAMPLES, 0.95, 1, rows->host, out, err);
    ATT_FREE_ARRAY(rows->host, values, count + 1);
    return status;
}

// Rows of the arm without behind the columns of the arm with: one row a person.
static att_status side_by_side(
    const att_trial_rows arms[ATT_TRIAL_ARMS], att_trial_rows *out, att_error *err)
{
    const size_t columns = arms[0].columns;
    assert(arms[0].values.count == arms[1].values.count && columns == arms[1].columns);
    out->host = arms[0].host;
    out->columns = 2 * columns;
    for (size_t at = 0; at < arms[0].values.count; at += columns)
        for (int arm = 0; arm < ATT_TRIAL_ARMS; arm++)
            for (size_t c = 0; c < columns; c++)
                if (!ATT_VEC_PUSH(out->host, &out->values, arms[arm].values.items[at + c]))
                    return att_no_memory(err, columns, "figures");
    return ATT_OK;
}

// --- A store with the history ------------------------------------------------------------------------------------

typedef struct filling {
    att_engine *engine;
    att_event events[BATCH];
    char texts[BATCH][3][64]; // id, user, item: what the world lends only during the call
    size_t count;
} filling;

static att_text lend(char out[64], att_text text)
{
    const size_t size = ATT_MIN(text.size, 64);
    if (size)
        memcpy(out, text.data, size);
    return (att_text){out, size};
}

static att_status flush(filling *f, att_error *err)
{
    const size_t count = f->count;
    f->count = 0;
    return count ? att_engine_events(f->engine, f->events, count, NULL, err) : ATT_OK;
}

static att_status take(void *user, const att_event *event, att_error *err)
{
    filling *f = user;
    att_event *to = &f->events[f->count];
    *to = *event;
    to->id = lend(f->texts[f->count][0], event->id);
    to->user = lend(f->texts[f->count][1], event->user);
    to->item = lend(f->texts[f->count][2], event->item);
    return ++f->count == BATCH ? flush(f, err) : ATT_OK;
}

static att_status fill(att_engine *engine, const att_world *world, const att_host *host, att_error *err)
{
    att_status status = ATT_OK;
    for (size_t i = 0; i < att_world_item_count(world) && !status; i += BATCH) {
        att_item items[BATCH];
        const size_t count = ATT_MIN((size_t)BATCH, att_world_item_count(world) - i);
        for (size_t k = 0; k < count; k++)
            items[k] = *att_world_item(world, i + k);
        status = att_engine_items_put(engine, items, count, err);
    }
    filling *f = status ? NULL : ATT_NEW_ARRAY(host, filling, 1);
    if (!f)
        return status ? status : att_no_memory(err, 1, "events");
    f->engine = engine;
    status = att_world_history(world, take, f, err);
    if (!status)
        status = flush(f, err);
    ATT_FREE_ARRAY(host, f, 1);
    return status;
}

static void stage_close(att_trial_stage *stage)
{
    att_slate_memory_destroy(stage->memory);
    att_engine_close(stage->engine);
    stage->memory = NULL;
    stage->engine = NULL;
}

static att_policy policy_of(int arm)
{
    att_policy policy = att_policy_default();
    policy.taste.scales = arm == ATT_TRIAL_WITH;
    policy.objective.situation = policy.objective.early_skip = 0; // what is compared are vectors of taste, nothing beside them
    if (arm == ATT_TRIAL_BARE) {
        policy.exploration.share = 0;
        policy.objective.method = ATT_DIVERSITY_NONE;
        policy.objective.diversity = policy.objective.calibration = policy.objective.novelty = 0;
        policy.objective.out_of_distribution = 0;
    }
    return policy;
}

static att_status stage_open(att_trial_stage *stage, const char *path, att_error *err)
{
    const att_open_options open = {.create = true, .exclusive = true, .seed = 1, .threads = 1};
    const att_policy policy = policy_of(stage->arm);
    const att_train_options train = {.seed = 1, .kind = "als", .dim = 32};
    att_status status = att_engine_open(&stage->engine, path, &open, stage->host, err);
    if (!status)
        status = att_engine_policy_set(stage->engine, &policy, err);
    if (!status)
        status = fill(stage->engine, stage->world, stage->host, err);
    if (!status)
        status = att_engine_train(stage->engine, &train, NULL, err);
    if (!status)
        status = att_slate_memory_create(&stage->memory, stage->host, err);
    if (status)
        stage_close(stage);
    return status;
}

// --- The three questions -----------------------------------------------------------------------------------------

typedef struct trial {
    const att_trial_options *options;
    att_host host;
    const char *folder;
    att_trial_rows situation[ATT_TRIAL_ARMS], binge[ATT_TRIAL_ARMS], move[ATT_TRIAL_ARMS], bubble[ATT_TRIAL_LOOPS];
    att_trial_report *report;
    uint64_t done, total;
} trial;

typedef enum question { SITUATION, BINGE, MOVE, BUBBLE, QUESTIONS } question;

static bool is_asked(const att_trial_options *o, question q)
{
    if (q == SITUATION)
        return o->situations;
    return q == BINGE ? o->binge_plays > 0 : q == MOVE ? o->move_days > 0 : o->bubble_days > 0;
}

static int arms_of(question q)
{
    return q == BUBBLE ? ATT_TRIAL_LOOPS : ATT_TRIAL_ARMS;
}

static att_status ask(trial *t, att_trial_stage *stage, question q, att_error *err)
{
    const int arm = stage->arm;
    if (q == SITUATION)
        return att_trial_situation_run(stage, &t->situation[arm], err);
    if (q == BINGE)
        return att_trial_binge_run(stage, &t->binge[arm], err);
    if (q == MOVE)
        return att_trial_move_run(stage, &t->move[arm], err);
    att_world_report seen;
    double explored = 0;
    const att_status status = att_trial_bubble_run(stage, &t->bubble[arm], &seen, &explored, err);
    att_trial_bubble *bubble = &t->report->bubble;
    const double part = 1 / (double)t->options->worlds;
    bubble->satisfaction[arm] += part * seen.satisfaction;
    bubble->per_visit[arm] += part * seen.satisfaction_per_visit;
    bubble->satisfaction_error[arm] += part * part * seen.satisfaction_error * seen.satisfaction_error;
    bubble->explored[arm] += part * explored;
    bubble->decisions[arm] += seen.visits;
    return status;
}

static att_status ask_all(
    trial *t, const att_world *world, const att_trial_tags *tags, uint32_t number, att_error *err)
{
    static const char *const names[QUESTIONS] = {"situation", "binge", "move", "bubble"};
    for (int q = 0; q < QUESTIONS; q++)
        for (int arm = 0; arm < arms_of((question)q) && is_asked(t->options, (question)q); arm++) {
            static const char *const lives[] = {"with", "without", "bare"};
            char path[4200];
            const int size = snprintf(path, sizeof path, "%s/%s-%u-%s.attune", t->folder, names[q], (unsigned)number,
                lives[arm]);
            if (size < 0 || (size_t)size >= sizeof path)
                return ATT_FAIL(err, ATT_LIMIT, "the folder %s has too long a name", t->folder);
            att_trial_stage stage = {.options = t->options, .host = &t->host, .world = world, .tags = tags, .arm = arm};
            att_status status = stage_open(&stage, path, err);
            if (!status)
                status = ask(t, &stage, (question)q, err);
            stage_close(&stage);
            if (status)
                return att_while(err, status, "trying the %s in world %u", names[q], (unsigned)number);
            if (!att_progress_tell(&t->host, "trial", ++t->done, t->total, "lives"))
                return ATT_FAIL(err, ATT_CANCELLED, "cancelled after %llu of %llu lives", (unsigned long long)t->done,
                    (unsigned long long)t->total);
        }
    return ATT_OK;
}

static att_status live_one_world(trial *t, uint32_t number, att_error *err)
{
    att_world_options o = att_world_options_default();
    o.people = t->options->people;
    o.items = t->options->items;
    o.days = t->options->days;
    o.events = t->options->events;
    o.seed = t->options->seed + number;
    o.start_ms = INT64_C(1735689600000); // 2025-01-01: all of it has happened
    o.ahead_days = ATT_MAX(ATT_MAX(t->options->bubble_days, t->options->move_days + 2), 10);
    att_world *world = NULL;
    att_trial_tags tags = {0};
    att_status status = att_world_create(&world, &o, &t->host, err);
    if (!status)
        status = tags_init(&tags, world, &t->host, err);
    if (!status)
        status = ask_all(t, world, &tags, number, err);
    if (world)
        tags_deinit(&tags, world, &t->host);
    att_world_destroy(world);
    return status;
}

// --- What they say -----------------------------------------------------------------------------------------------

static att_status sum_up_situations(trial *t, att_error *err)
{
    att_trial_situations *out = &t->report->situations;
    att_trial_rows both = {0};
    att_status status = side_by_side(t->situation, &both, err);
    out->people = both.columns ? both.values.count / both.columns : 0;
    for (size_t arm = 0; arm < ATT_TRIAL_ARMS && !status; arm++) {
        att_interval *const to[TRIAL_SITUATION_COLUMNS] = {&out->gain[arm], &out->overlap[arm], &out->worth[arm]};
        for (size_t c = 0; c < TRIAL_SITUATION_COLUMNS && !status; c++)
            status = att_trial_rows_mean(&both, arm * TRIAL_SITUATION_COLUMNS + c, SIZE_MAX, to[c], err);
    }
    if (!status)
        status = att_trial_rows_mean(&both, 2, TRIAL_SITUATION_COLUMNS + 2, &out->worth_gain, err);
    ATT_VEC_FREE(&t->host, &both.values);
    return status;
}

static att_status sum_up_binge(trial *t, att_error *err)
{
    att_trial_rows both = {0};
    att_trial_binge *out = &t->report->binge;
    att_status status = side_by_side(t->binge, &both, err);
    out->people = both.values.count / both.columns;
    for (size_t at = 0; at < ATT_TRIAL_TIMES && !status; at++) {
        for (size_t arm = 0; arm < ATT_TRIAL_ARMS && !status; arm++) {
            const size_t first = arm * TRIAL_BINGE_COLUMNS;
            status = att_trial_rows_mean(&both, first + at, SIZE_MAX, &out->share[arm][at], err);
            if (!status)
                status =
                    att_trial_rows_mean(&both, first + ATT_TRIAL_TIMES + at, SIZE_MAX, &out->distance[arm][at], err);
        }
        if (!status)
            status = att_trial_rows_mean(&both, TRIAL_BINGE_COLUMNS + at, at, &out->less[at], err);
    }
    ATT_VEC_FREE(&t->host, &both.values);
    return status;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

// The first look at which, and at the one behind it, half the way is gone; INFINITY: none.
static double followed_at(const double *gone, double way, size_t looks, uint32_t events_each)
{
    for (size_t l = 0; l < looks; l++)
        if (gone[l] >= way / 2 && (l + 1 == looks || gone[l + 1] >= way / 2))
            return (double)((l + 1) * events_each);
    return INFINITY;
}

static att_status sum_up_move(trial *t, att_error *err)
{
    att_trial_move *out = &t->report->move;
    att_status status = ATT_OK;
    for (size_t arm = 0; arm < ATT_TRIAL_ARMS && !status; arm++) {
        const att_trial_rows *rows = &t->move[arm];
        out->people = rows->values.count / rows->columns;
        out->looks = rows->columns - 3;
        double way = 0;
        double *events = ATT_NEW_ARRAY(&t->host, double, out->people + 1);
        if (!events)
            return att_no_memory(err, out->people, "people");
        for (size_t i = 0; i < out->people; i++) {
            const double *row = rows->values.items + i * rows->columns;
            out->noticed_before[arm] += row[0] / (double)out->people;
            out->noticed[arm] += row[1] / (double)out->people;
            events[i] = followed_at(row + 3, row[2], out->looks, out->events_each);
            way += row[2] / (double)out->people;
            out->followed[arm] += isfinite(events[i]) / (double)out->people;
        }
        qsort(events, out->people, sizeof *events, by_value);
        out->half_events[arm] = out->people ? events[(out->people - 1) / 2] : INFINITY;
        out->most_events[arm] = out->people ? events[(out->people - 1) * 9 / 10] : INFINITY;
        ATT_FREE_ARRAY(&t->host, events, out->people + 1);
        for (size_t l = 0; l < out->looks && !status; l++) {
            att_interval *progress = &out->progress[arm][l];
            status = att_trial_rows_mean(rows, 3 + l, SIZE_MAX, progress, err);
            *progress = (att_interval){progress->mean / way, progress->low / way, progress->high / way};
        }
    }
    return status;
}

static att_status sum_up_bubble(trial *t, att_error *err)
{
    att_trial_bubble *out = &t->report->bubble;
    att_status status = ATT_OK;
    const size_t columns = t->bubble[0].columns;
    for (size_t arm = 0; arm < ATT_TRIAL_LOOPS && !status; arm++) {
        const att_trial_rows *rows = &t->bubble[arm];
        out->people = rows->values.count / columns;
        out->windows = (columns - 2) / 2;
        out->satisfaction_error[arm] = sqrt(out->satisfaction_error[arm]);
        for (size_t w = 0; w < out->windows && !status; w++) {
            status = att_trial_rows_mean(rows, w, SIZE_MAX, &out->entropy[arm][w], err);
            if (!status)
                status = att_trial_rows_mean(rows, out->windows + w, SIZE_MAX, &out->calibration[arm][w], err);
        }
    }
    att_trial_rows both = {0};
    if (!status)
        status = side_by_side(t->bubble, &both, err);
    if (!status) // the last two columns are the means over windows
        status = att_trial_rows_mean(&both, columns - 2, 2 * columns - 2, &out->entropy_gain, err);
    if (!status)
        status = att_trial_rows_mean(&both, columns - 1, 2 * columns - 1, &out->calibration_gain, err);
    ATT_VEC_FREE(&t->host, &both.values);
    return status;
}

static att_status check(const att_trial_options *o, att_error *err)
{
    if (o->worlds < 1 || o->worlds > 100)
        return ATT_FAIL(err, ATT_INVALID, "%u worlds, 1 to 100 expected", o->worlds);
    if (o->people < 2 || o->people > 10000)
        return ATT_FAIL(err, ATT_INVALID, "%u people, 2 to 10000 expected", o->people);
    if (o->move_days > ATT_TRIAL_MOVE_DAYS_MAX)
        return ATT_FAIL(err, ATT_INVALID, "%u days of another taste, at most %d expected", o->move_days,
            ATT_TRIAL_MOVE_DAYS_MAX);
    if (o->bubble_days > ATT_TRIAL_WINDOW_DAYS * ATT_TRIAL_WINDOWS_MAX)
        return ATT_FAIL(err, ATT_INVALID, "%u days of a closed loop, at most %d expected", o->bubble_days,
            ATT_TRIAL_WINDOW_DAYS * ATT_TRIAL_WINDOWS_MAX);
    return ATT_OK;
}

att_status att_trial_run(const char *folder, const att_trial_options *options, const att_host *host,
    att_trial_report *report, att_error *err)
{
    *report = (att_trial_report){0};
    att_status status = check(options, err);
    if (status)
        return status;
    trial t = {.options = options, .host = att_host_complete(host), .folder = folder, .report = report};
    const size_t windows = (options->bubble_days + ATT_TRIAL_WINDOW_DAYS - 1) / ATT_TRIAL_WINDOW_DAYS;
    for (int arm = 0; arm < ATT_TRIAL_ARMS; arm++) {
        t.situation[arm] = (att_trial_rows){.host = &t.host, .columns = TRIAL_SITUATION_COLUMNS};
        t.binge[arm] = (att_trial_rows){.host = &t.host, .columns = TRIAL_BINGE_COLUMNS};
        t.move[arm] = (att_trial_rows){.host = &t.host, .columns = 3 + options->move_days};
    }
    for (int arm = 0; arm < ATT_TRIAL_LOOPS; arm++)
        t.bubble[arm] = (att_trial_rows){.host = &t.host, .columns = 2 * windows + 2};
    report->move.events_each = 5;
    for (int q = 0; q < QUESTIONS; q++)
        t.total += is_asked(options, (question)q) ? (uint64_t)arms_of((question)q) * options->worlds : 0;
    for (uint32_t w = 0; w < options->worlds && !status; w++)
        status = live_one_world(&t, w, err);
    if (!status && options->situations)
        status = sum_up_situations(&t, err);
    if (!status && options->binge_plays)
        status = sum_up_binge(&t, err);
    if (!status && options->move_days)
        status = sum_up_move(&t, err);
    if (!status && options->bubble_days)
        status = sum_up_bubble(&t, err);
    for (int arm = 0; arm < ATT_TRIAL_ARMS; arm++) {
        ATT_VEC_FREE(&t.host, &t.situation[arm].values);
        ATT_VEC_FREE(&t.host, &t.binge[arm].values);
        ATT_VEC_FREE(&t.host, &t.move[arm].values);
    }
    for (int arm = 0; arm < ATT_TRIAL_LOOPS; arm++)
        ATT_VEC_FREE(&t.host, &t.bubble[arm].values);
    return status;
}
