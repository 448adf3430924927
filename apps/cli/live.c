// SPDX-License-Identifier: Apache-2.0
// apps/cli/live.c - the two threads of live.h: people who come, and trainings.
#include "live.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DAY_MS INT64_C(86400000)
#define SLOTS 10
#define BEST_EVERY 16      // visits between two looks at the best possible slate, which takes a look at every item
#define BEHIND_MS 600000   // of simulated time that may be caught up; what is more is let go

live_options live_options_default(void)
{
    return (live_options){.day_s = 30, .newcomers = 64, .seed = 1, .experiment = true};
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void pause_ms(double ms)
{
    const struct timespec time = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(fmod(ms, 1000) * 1e6)};
    nanosleep(&time, NULL);
}

static bool stopping(const live *l)
{
    return __atomic_load_n(&l->stopping, __ATOMIC_ACQUIRE);
}

// --- The clock ----------------------------------------------------------------------------------------------

static int64_t clock_ms(void *user)
{
    live *l = user;
    const int64_t at_ms = __atomic_load_n(&l->at_ms, __ATOMIC_ACQUIRE);
    return at_ms ? at_ms : l->c->host.now_ms(l->c->host.user);
}

static void clock_set(live *l, int64_t at_ms)
{
    if (at_ms > l->at_ms) // this thread alone writes it
        __atomic_store_n(&l->at_ms, at_ms, __ATOMIC_RELEASE);
}

// False: it is to end.
static bool wait_until(live *l, int64_t at_ms)
{
    if (at_ms <= l->begin_ms)
        return !stopping(l);
    if (l->from_ms == 0) { // from here on time goes on
        l->from_ms = l->begin_ms;
        l->from_s = now_s();
    }
    while (!stopping(l)) {
        const double ms_per_s = (double)DAY_MS / l->options.day_s;
        const int64_t now_ms = l->from_ms + (int64_t)((now_s() - l->from_s) * ms_per_s);
        if (now_ms >= at_ms) {
            if (now_ms - at_ms > BEHIND_MS) {
                l->from_ms = at_ms;
                l->from_s = now_s();
            }
            clock_set(l, at_ms);
            return true;
        }
        clock_set(l, now_ms);
        pause_ms(fmin(20, (double)(at_ms - now_ms) / ms_per_s * 1000 + 0.1));
    }
    return false;
}

// --- The host -----------------------------------------------------------------------------------------------

static void log_on(void *user, att_log_level level, const char *message)
{
    const live *l = user;
    l->c->host.log(l->c->host.user, level, message);
}

// While it serves no bar is drawn: jobs are told, and a training that is under way ends when the service does.
static bool progress_on(void *user, const att_progress *progress)
{
    live *l = user;
    if (l->engine)
        return !stopping(l) && (!l->told || l->told(NULL, progress));
    return !l->c->host.progress || l->c->host.progress(l->c->host.user, progress);
}

att_host live_host(live *l)
{
    return l->host;
}

att_status live_init(live *l, cli *c, const live_options *options, att_error *err)
{
    *l = (live){.c = c, .options = *options, .random = options->seed};
    l->host = c->host;
    l->host.now_ms = clock_ms;
    l->host.log = log_on;
    l->host.progress = progress_on;
    l->host.user = l;
    pthread_mutex_init(&l->lock, NULL);
    return att_slate_memory_create(&l->memory, &l->host, err);
}

// --- The truth ----------------------------------------------------------------------------------------------

// What a slate is worth: mean satisfaction by slot, weighted by the odds that a slot is looked at, which fall as rank^-0.75
// (the mean over the world's people).
static double weight_of(size_t slot)
{
    return pow((double)slot + 1, -0.75);
}

static double worth(const live *l, const att_world_visit *visit, const uint32_t *items, size_t count)
{
    double sum = 0, weights = 0;
    for (size_t i = 0; i < visit->wanted; i++) {
        weights += weight_of(i);
        if (i < count)
            sum += weight_of(i) * att_world_utility(l->world, visit->person, items[i], &visit->context, visit->at_ms);
    }
    return weights > 0 ? sum / weights : 0;
}

// splitmix64 (Steele, Lea, Flood 2014)
static uint64_t draw(live *l)
{
    uint64_t z = l->random += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static bool eligible(const live *l, const att_world_visit *visit, size_t item)
{
    return att_world_eligible(l->world, item, visit->territory, visit->age, visit->at_ms);
}

static double worth_of_random(live *l, const att_world_visit *visit)
{
    uint32_t items[SLOTS];
    size_t count = 0;
    for (size_t tries = 0; count < visit->wanted && tries < 50 * visit->wanted; tries++) {
        const uint32_t item = (uint32_t)(draw(l) % att_world_item_count(l->world));
        bool fine = eligible(l, visit, item);
        for (size_t i = 0; i < count && fine; i++)
            fine = items[i] != item;
        if (fine)
            items[count++] = item;
    }
    return worth(l, visit, items, count);
}

static double worth_of_best(const live *l, const att_world_visit *visit)
{
    double best[SLOTS], sum = 0, weights = 0;
    size_t count = 0;
    for (size_t item = 0; item < att_world_item_count(l->world); item++) {
        if (!eligible(l, visit, item))
            continue;
        const double value = att_world_utility(l->world, visit->person, item, &visit->context, visit->at_ms);
        if (count == visit->wanted && value <= best[count - 1])
            continue;
        size_t at = count < visit->wanted ? count++ : count - 1;
        for (; at > 0 && best[at - 1] < value; at--)
            best[at] = best[at - 1];
        best[at] = value;
    }
    for (size_t i = 0; i < visit->wanted; i++) {
        weights += weight_of(i);
        sum += i < count ? weight_of(i) * best[i] : 0;
    }
    return weights > 0 ? sum / weights : 0;
}

// --- People -------------------------------------------------------------------------------------------------

static live_newcomer *newcomer_of(live *l, size_t person)
{
    return l->newcomer_of[person] ? &l->figures.newcomers[l->newcomer_of[person] - 1] : NULL;
}

// Under the lock: the next one takes this place.
static void arrive(live *l, live_newcomer *n, size_t person, int64_t at_ms)
{
    *n = (live_newcomer){.person = person, .number = ++l->figures.newcomers_ever, .since_ms = at_ms};
    snprintf(n->id, sizeof n->id, "newcomer-%04u", n->number);
}

static att_status ask(live *l, const att_world_visit *visit, const live_newcomer *n, att_slate *slate, att_error *err)
{
    att_request request = att_request_default();
    request.user = n ? att_text_of(n->id) : visit->user;
    request.context = visit->context;
    request.territory = visit->territory;
    request.age = visit->age;
    request.at_ms = visit->at_ms;
    request.count = (uint32_t)visit->wanted;
    request.explain = false;
    return att_engine_decide(l->engine, &request, l->memory, slate, err);
}

static att_status stopped(att_error *err)
{
    err->status = ATT_CANCELLED;
    snprintf(err->text, sizeof err->text, "the demo was told to stop");
    return ATT_CANCELLED;
}

static bool is_among(const uint32_t *items, size_t count, size_t item)
{
    for (size_t i = 0; i < count; i++)
        if (items[i] == item)
            return true;
    return false;
}

// The slate as items of the world; how many of them stand for something that was made.
static size_t take_slate(live *l, const att_slate *slate, uint32_t *items, size_t *count)
{
    size_t made = 0;
    for (size_t i = 0; i < slate->count; i++) {
        const att_shown *shown = &slate->shown[i];
        size_t item = att_world_item_find(l->world, shown->item);
        const bool stands_in = item == SIZE_MAX && shown->made.size;
        if (stands_in)
            item = live_made_stand_in(l, shown->item, slate->decision);
        if (item == SIZE_MAX || is_among(items, *count, item))
            continue;
        items[(*count)++] = (uint32_t)item;
        made += stands_in;
    }
    return made;
}

static att_status choose(void *user, const att_world_visit *visit, uint32_t *items, size_t *count, uint64_t *decision, att_error *err)
{
    live *l = user;
    if (!wait_until(l, visit->at_ms))
        return stopped(err);
    live_newcomer *n = newcomer_of(l, visit->person);
    pthread_mutex_lock(&l->lock);
    if (n && n->visits == LIVE_VISITS_MAX) {
        l->figures.newcomers_before++;
        arrive(l, n, visit->person, visit->at_ms);
    }
    pthread_mutex_unlock(&l->lock);
    att_slate slate;
    const att_status status = ask(l, visit, n, &slate, err);
    *count = 0;
    if (status)
        return status;
    *decision = slate.decision;
    const size_t made = take_slate(l, &slate, items, count);
    const double engine = worth(l, visit, items, *count), random = worth_of_random(l, visit);
    const double best = n || l->looks++ % BEST_EVERY == 0 ? worth_of_best(l, visit) : -1;
    pthread_mutex_lock(&l->lock);
    l->figures.made.shown += made;
    live_figures_visit(&l->figures, visit->at_ms, n, engine, random, best);
    pthread_mutex_unlock(&l->lock);
    return ATT_OK;
}

static att_status feedback(void *user, const att_event *events, size_t count, att_error *err)
{
    live *l = user;
    if (!wait_until(l, events[count - 1].at_ms))
        return stopped(err);
    att_event *own = malloc(count * sizeof *own);
    if (!own) {
        err->status = ATT_NO_MEMORY;
        snprintf(err->text, sizeof err->text, "out of memory for %zu events", count);
        return ATT_NO_MEMORY;
    }
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < count; i++) {
        own[i] = events[i];
        const size_t person = att_world_person_find(l->world, events[i].user);
        const live_newcomer *n = person == SIZE_MAX ? NULL : newcomer_of(l, person);
        if (n)
            own[i].user = att_text_of(n->id);
        const size_t item = own[i].item.size ? att_world_item_find(l->world, own[i].item) : SIZE_MAX;
        const char *made = item == SIZE_MAX ? NULL : live_made_meant(l, own[i].decision, item);
        if (made) {
            own[i].item = att_text_of(made);
            live_figures_made(&l->figures, own[i].signal);
        }
        live_figures_event(&l->figures, &own[i], made || item == SIZE_MAX ? NULL : att_world_item(l->world, item));
    }
    pthread_mutex_unlock(&l->lock);
    const att_status status = att_engine_events(l->engine, own, count, NULL, err);
    free(own);
    return status;
}

static void *run_people(void *user)
{
    live *l = user;
    const att_world_policy policy = {.choose = choose, .feedback = feedback, .user = l};
    att_world_run_options options = att_world_run_options_default();
    options.days = att_world_options_of(l->world).ahead_days;
    options.slots = SLOTS;
    options.label = "live";
    options.regret_every = 0;
    att_world_report report;
    att_error err = {0};
    const att_status status = att_world_run(l->world, &policy, &options, &report, NULL, &err);
    pthread_mutex_lock(&l->lock);
    l->over = true;
    if (status && status != ATT_CANCELLED)
        snprintf(l->fault, sizeof l->fault, "%s", err.text);
    pthread_mutex_unlock(&l->lock);
    if (status && status != ATT_CANCELLED)
        log_on(l, ATT_LOG_ERROR, err.text);
    return NULL;
}

// --- Trainings ----------------------------------------------------------------------------------------------

static void *run_trainings(void *user)
{
    live *l = user;
    const att_train_options options = {.threads = 1}; // the other cores answer
    for (double next_s = now_s() + 2; !stopping(l); pause_ms(50)) {
        if (now_s() < next_s)
            continue;
        att_train_need need;
        att_train_report report;
        att_error err = {0};
        const double began_s = now_s(); // the report's own seconds are the engine's clock's
        const att_status status = att_engine_train_if_needed(l->engine, &options, &need, &report, &err);
        next_s = now_s() + 2;
        if (status || !report.version) {
            if (status && status != ATT_CANCELLED && status != ATT_INVALID && status != ATT_BUSY) // nothing to learn from yet; another trains
                log_on(l, ATT_LOG_WARNING, err.text);
            continue;
        }
        live_training t = {.at_ms = clock_ms(l), .version = report.version, .swapped = report.swapped, .seconds = now_s() - began_s};
        snprintf(t.kind, sizeof t.kind, "%s", report.kind);
        snprintf(t.why, sizeof t.why, "%s", report.why);
        pthread_mutex_lock(&l->lock);
        l->figures.trainings[l->figures.training_count++ % LIVE_TRAININGS_MAX] = t;
        pthread_mutex_unlock(&l->lock);
    }
    return NULL;
}

// --- Begin and end ------------------------------------------------------------------------------------------

static att_status begin_experiment(live *l, att_error *err)
{
    static const char yaml[] =
        "key: bolder-mix\nnote: simulated people are asked whether they like more surprise\nmetrics: [reward]\nvariations:\n"
        "  - key: as-it-is\n    weight: 0.5\n"
        "  - key: bolder\n    weight: 0.5\n    policy:\n      objective: {novelty: 0.4}\n";
    att_experiment *experiment = NULL;
    att_status status = att_experiment_parse(&experiment, att_text_of(yaml), "the demo's experiment", &l->host, err);
    if (!status)
        status = att_engine_experiment_create(l->engine, experiment, err);
    if (!status)
        status = att_engine_experiment_start(l->engine, att_text_of("bolder-mix"), err);
    att_experiment_destroy(experiment);
    return status;
}

// Every twelfth or so person who is no bot is new to the engine.
static att_status choose_newcomers(live *l, att_error *err)
{
    const size_t people = att_world_person_count(l->world);
    l->newcomer_of = calloc(people, sizeof *l->newcomer_of);
    if (!l->newcomer_of) {
        err->status = ATT_NO_MEMORY;
        snprintf(err->text, sizeof err->text, "out of memory for %zu people", people);
        return ATT_NO_MEMORY;
    }
    const size_t most = l->options.newcomers < LIVE_NEWCOMERS_MAX ? l->options.newcomers : LIVE_NEWCOMERS_MAX;
    const size_t step = most && people / most > 1 ? people / most : 2;
    for (size_t i = 1; i < people && l->figures.newcomer_count < most; i += step) {
        if (att_world_person_at(l->world, i).bot)
            continue;
        live_newcomer *n = &l->figures.newcomers[l->figures.newcomer_count++];
        arrive(l, n, i, l->figures.first_hour_ms);
        l->newcomer_of[i] = (uint32_t)l->figures.newcomer_count;
    }
    return ATT_OK;
}

att_status live_start(live *l, att_engine *engine, const att_world *world, int64_t begin_ms, att_error *err)
{
    const att_world_options o = att_world_options_of(world);
    const int64_t history_end_ms = o.start_ms + (int64_t)o.days * DAY_MS;
    l->world = world;
    live_figures_init(&l->figures, history_end_ms);
    l->engine = engine;
    l->begin_ms = begin_ms > history_end_ms ? begin_ms : history_end_ms;
    clock_set(l, l->begin_ms);
    att_status status = choose_newcomers(l, err);
    if (!status && l->options.experiment)
        status = begin_experiment(l, err);
    if (status)
        return status;
    sigset_t all, before; // signals are for the thread that serves
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int no_people = pthread_create(&l->people, NULL, run_people, l), no_training = pthread_create(&l->training, NULL, run_trainings, l);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    l->people_started = !no_people;
    l->training_started = !no_training;
    if (!no_people && !no_training)
        return ATT_OK;
    err->status = ATT_IO;
    snprintf(err->text, sizeof err->text, "starting a thread: %s", strerror(no_people ? no_people : no_training));
    return ATT_IO;
}

bool live_trained(live *l)
{
    pthread_mutex_lock(&l->lock);
    const bool trained = l->figures.training_count > 0;
    pthread_mutex_unlock(&l->lock);
    return trained;
}

bool live_wait(live *l, double ms)
{
    pause_ms(ms);
    return !stopping(l);
}

void live_stop(live *l)
{
    __atomic_store_n(&l->stopping, true, __ATOMIC_RELEASE);
    if (l->people_started)
        pthread_join(l->people, NULL);
    if (l->training_started)
        pthread_join(l->training, NULL);
    l->people_started = l->training_started = false;
}

void live_deinit(live *l)
{
    att_slate_memory_destroy(l->memory);
    free(l->newcomer_of);
    pthread_mutex_destroy(&l->lock);
}

char *live_json(void *user, size_t *size)
{
    live *l = user;
    pthread_mutex_lock(&l->lock);
    json_t *object = live_figures_json(&l->figures);
    if (object) {
        json_object_set_new(object, "at_ms", json_integer(clock_ms(l)));
        json_object_set_new(object, "day_s", json_real(l->options.day_s));
        json_object_set_new(object, "people", json_integer((json_int_t)att_world_person_count(l->world)));
        json_object_set_new(object, "over", json_boolean(l->over));
        json_object_set_new(object, "fault", l->fault[0] ? json_string(l->fault) : json_null());
    }
    pthread_mutex_unlock(&l->lock);
    char *text = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
    json_decref(object);
    *size = text ? strlen(text) : 0;
    return text;
}
