// SPDX-License-Identifier: Apache-2.0
// apps/cli/live_figures.c - what the demo's life comes to: worth of slates over time and by a newcomer's visit, trainings, what
// happened last.
#include "live.h"

#include <string.h>

#define HOUR_MS INT64_C(3600000)

void live_figures_init(live_figures *f, int64_t first_ms)
{
    *f = (live_figures){.first_hour_ms = first_ms, .hour_ms = HOUR_MS};
}

static void add(live_sums *s, double engine, double random, double best)
{
    s->visits++;
    s->engine += engine;
    s->random += random;
    if (best >= 0) {
        s->best += best;
        s->best_count++;
    }
}

static void merge(live_sums *into, const live_sums *from)
{
    into->visits += from->visits;
    into->best_count += from->best_count;
    into->engine += from->engine;
    into->random += from->random;
    into->best += from->best;
}

// Twice as long, half as many.
static void widen(live_figures *f)
{
    for (size_t i = 0; i < LIVE_HOURS_MAX; i++) {
        const live_sums moved = f->hours[i];
        f->hours[i] = (live_sums){0};
        merge(&f->hours[i / 2], &moved);
    }
    f->hour_ms *= 2;
}

void live_figures_visit(live_figures *f, int64_t at_ms, live_newcomer *n, double engine, double random, double best)
{
    while ((at_ms - f->first_hour_ms) / f->hour_ms >= LIVE_HOURS_MAX)
        widen(f);
    const int64_t hour = at_ms > f->first_hour_ms ? (at_ms - f->first_hour_ms) / f->hour_ms : 0;
    add(&f->hours[hour], engine, random, best);
    add(&f->all, engine, random, best);
    if (!n || n->visits == LIVE_VISITS_MAX)
        return;
    add(&f->by_visit[n->visits], engine, random, best);
    n->engine[n->visits] = engine;
    n->random[n->visits] = random;
    n->visits++;
}

static bool worth_telling(att_signal signal)
{
    static const att_signal told[] = {ATT_SIGNAL_LIKE, ATT_SIGNAL_DISLIKE, ATT_SIGNAL_SAVE, ATT_SIGNAL_RATING, ATT_SIGNAL_SKIP,
        ATT_SIGNAL_COMPLETE, ATT_SIGNAL_REPLAY, ATT_SIGNAL_PURCHASE, ATT_SIGNAL_REPORT, ATT_SIGNAL_SURVEY};
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
        if (told[i] == signal)
            return true;
    return false;
}

void live_figures_event(live_figures *f, const att_event *event, const att_item *item)
{
    f->events++;
    if (!item || !worth_telling(event->signal))
        return;
    live_recent *r = &f->recent[f->recent_count++ % LIVE_RECENT_MAX];
    *r = (live_recent){.at_ms = event->at_ms, .signal = event->signal};
    snprintf(r->user, sizeof r->user, "%.*s", (int)event->user.size, event->user.data);
    snprintf(r->item, sizeof r->item, "%.*s", (int)item->id.size, item->id.data);
    snprintf(r->title, sizeof r->title, "%.*s", (int)item->title.size, item->title.data);
}

void live_figures_made(live_figures *f, att_signal signal)
{
    f->made.finished += signal == ATT_SIGNAL_COMPLETE;
    f->made.liked += signal == ATT_SIGNAL_LIKE || signal == ATT_SIGNAL_SAVE;
    f->made.skipped += signal == ATT_SIGNAL_SKIP;
}

// --- As JSON --------------------------------------------------------------------------------------------------

static json_t *mean(double sum, uint64_t count)
{
    return count ? json_real(sum / (double)count) : json_null();
}

static json_t *sums_json(const live_sums *s)
{
    return json_pack("{s:I,s:o,s:o,s:o}", "visits", (json_int_t)s->visits, "engine", mean(s->engine, s->visits), "random",
        mean(s->random, s->visits), "best", mean(s->best, s->best_count));
}

static json_t *hours_json(const live_figures *f)
{
    json_t *list = json_array();
    for (size_t i = 0; i < LIVE_HOURS_MAX; i++) {
        if (!f->hours[i].visits)
            continue;
        json_t *one = sums_json(&f->hours[i]);
        json_object_set_new(one, "at_ms", json_integer((json_int_t)(f->first_hour_ms + (int64_t)i * f->hour_ms)));
        json_array_append_new(list, one);
    }
    return list;
}

static json_t *by_visit_json(const live_figures *f)
{
    json_t *list = json_array();
    for (size_t i = 0; i < LIVE_VISITS_MAX && f->by_visit[i].visits; i++) {
        json_t *one = sums_json(&f->by_visit[i]);
        json_object_set_new(one, "visit", json_integer((json_int_t)i + 1));
        json_array_append_new(list, one);
    }
    return list;
}

// Those who came at least once, with their own curve.
static json_t *newcomers_json(const live_figures *f)
{
    json_t *list = json_array();
    for (size_t i = 0; i < f->newcomer_count; i++) {
        const live_newcomer *n = &f->newcomers[i];
        if (!n->visits)
            continue;
        json_t *engine = json_array(), *random = json_array();
        for (size_t v = 0; v < n->visits; v++) {
            json_array_append_new(engine, json_real(n->engine[v]));
            json_array_append_new(random, json_real(n->random[v]));
        }
        json_array_append_new(list, json_pack("{s:s,s:I,s:I,s:o,s:o}", "user", n->id, "since_ms", (json_int_t)n->since_ms, "visits",
            (json_int_t)n->visits, "engine", engine, "random", random));
    }
    return list;
}

static json_t *trainings_json(const live_figures *f)
{
    json_t *list = json_array();
    const size_t first = f->training_count > LIVE_TRAININGS_MAX ? f->training_count - LIVE_TRAININGS_MAX : 0;
    for (size_t i = first; i < f->training_count; i++) {
        const live_training *t = &f->trainings[i % LIVE_TRAININGS_MAX];
        json_array_append_new(list, json_pack("{s:I,s:I,s:s,s:b,s:f,s:s}", "at_ms", (json_int_t)t->at_ms, "version", (json_int_t)t->version,
            "kind", t->kind, "swapped", t->swapped, "seconds", t->seconds, "why", t->why));
    }
    return list;
}

// Newest first.
static json_t *recent_json(const live_figures *f)
{
    json_t *list = json_array();
    for (size_t i = 0; i < f->recent_count && i < LIVE_RECENT_MAX; i++) {
        const live_recent *r = &f->recent[(f->recent_count - 1 - i) % LIVE_RECENT_MAX];
        json_t *one = json_pack("{s:I,s:s,s:s}", "at_ms", (json_int_t)r->at_ms, "user", r->user, "signal", att_signal_name(r->signal));
        json_object_set_new(one, "item", cli_json_text(att_text_of(r->item)));
        json_object_set_new(one, "title", cli_json_text(att_text_of(r->title)));
        json_array_append_new(list, one);
    }
    return list;
}

json_t *live_figures_json(const live_figures *f)
{
    json_t *made = json_pack("{s:I,s:I,s:I,s:I}", "shown", (json_int_t)f->made.shown, "finished", (json_int_t)f->made.finished, "liked",
        (json_int_t)f->made.liked, "skipped", (json_int_t)f->made.skipped);
    return json_pack("{s:I,s:I,s:I,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "events", (json_int_t)f->events, "newcomers_ever", (json_int_t)f->newcomers_ever,
        "newcomers_through", (json_int_t)f->newcomers_before, "all", sums_json(&f->all), "hours", hours_json(f), "by_visit", by_visit_json(f),
        "newcomers", newcomers_json(f), "trainings", trainings_json(f), "recent", recent_json(f), "made", made);
}
