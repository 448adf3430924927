// SPDX-License-Identifier: Apache-2.0
// measure/sim_ope.c - do the intervals hold? Many logs of simulated people, a policy whose value is known, and a count.
//
// Each slate shows three of the options, without repetition. A person reads down: slot k is examined with probability
// k^-power (their own), a thing examined is clicked by its lure (sim_taste.c), and a click ends the reading. A reward is a
// click. So position matters, and a slot's reward depends on what stands above it.
//
// Both policies draw the next item in proportion to exp(score / temperature) among those left; the scores are two noisy
// views of the truth. With people and options so few the values are sums, not samples:
//   slots:  mean over k of  E_{above by the log's policy} E_{item k by the target} [r_k], what row-wise weights estimate
//   slates: E_{all by the target} [r_1 + r_2 + r_3]
#include "measure/sim_world.h"

#include "attune/ope.h"

#include <math.h>
#include <stdio.h>

enum { SLOTS = 3, OPTIONS = 14, FEATURES = 2, VALUES_MAX = 48 };

typedef struct reader { // one person, as the two policies and the truth have it
    double lure[OPTIONS];              // probability of a click, once examined
    double examine[SLOTS];
    double logged[OPTIONS], target[OPTIONS]; // exp(score / temperature)
    float features[OPTIONS][FEATURES]; // what a reward model may know
} reader;

typedef struct trial_world {
    reader *readers; // (people)
    uint32_t people;
    double slots_value, slates_value;
    double per_slot[SLOTS];
} trial_world;

typedef struct odds {
    double logged[OPTIONS], target[OPTIONS];
} odds;

// --- The world ---------------------------------------------------------------------------------

static void make_reader(reader *r, const att_world *world, uint32_t person, att_rng *rng)
{
    sim_moment moment;
    const sim_person *p = &world->people[person];
    const att_context context = att_context_unknown();
    att_sim_moment_init(&moment, world, p, &context, world->end_ms, NULL);
    for (uint32_t a = 0; a < OPTIONS; a++) {
        const uint32_t item = (uint32_t)((uint64_t)a * world->item_count / OPTIONS);
        const double lure = att_sim_lure(&moment, item);
        r->lure[a] = att_sim_sigmoid(lure);
        r->logged[a] = exp(0.35 * lure + 0.35 * att_rng_normal(rng));
        r->target[a] = exp(0.9 * lure + 0.35 * att_rng_normal(rng));
        r->features[a][0] = (float)(lure + att_rng_normal(rng));
        r->features[a][1] = world->items[item].quality;
    }
    for (uint32_t k = 0; k < SLOTS; k++)
        r->examine[k] = pow((double)k + 1, -(double)p->examine_power);
}

// Probabilities of the next item when `taken` stand above.
static void odds_of(const reader *r, const bool *taken, odds *out)
{
    double logged = 0, target = 0;
    for (uint32_t a = 0; a < OPTIONS; a++) {
        logged += taken[a] ? 0 : r->logged[a];
        target += taken[a] ? 0 : r->target[a];
    }
    for (uint32_t a = 0; a < OPTIONS; a++) {
        out->logged[a] = taken[a] ? 0 : r->logged[a] / logged;
        out->target[a] = taken[a] ? 0 : r->target[a] / target;
    }
}

// Adds what slots from `slot` on are worth: `logged` and `target` are the odds of the slots above under each policy,
// `reading` that nobody has clicked yet.
static void sum_values(trial_world *w, const reader *r, uint32_t slot, bool *taken, double logged, double target, double reading)
{
    odds o;
    odds_of(r, taken, &o);
    for (uint32_t a = 0; a < OPTIONS; a++) {
        if (taken[a])
            continue;
        const double click = reading * r->examine[slot] * r->lure[a];
        w->per_slot[slot] += logged * o.target[a] * click / w->people;
        w->slates_value += target * o.target[a] * click / w->people;
        if (slot + 1 == SLOTS)
            continue;
        taken[a] = true;
        sum_values(w, r, slot + 1, taken, logged * o.logged[a], target * o.target[a], reading - click);
        taken[a] = false;
    }
}

static att_status make_world(trial_world *w, const att_ope_coverage_options *o, const att_host *host, att_error *err)
{
    att_world_options options = att_world_options_default();
    options.people = o->people + o->people / 50 + 2; // bots are not asked
    options.items = 200;
    options.days = 1;
    options.events = o->people;
    options.seed = o->seed;
    att_world *world = NULL;
    att_status status = att_world_create(&world, &options, host, err);
    if (status)
        return status;
    w->people = ATT_MIN(o->people, world->person_count - world->bot_count);
    w->readers = ATT_NEW_ARRAY(host, reader, o->people);
    if (!w->readers)
        status = att_no_memory(err, o->people, "simulated people");
    for (uint32_t i = 0; i < w->people && !status; i++) {
        bool taken[OPTIONS] = {false};
        att_rng rng = att_rng_stream(o->seed, i);
        make_reader(&w->readers[i], world, i, &rng);
        sum_values(w, &w->readers[i], 0, taken, 1, 1, 1);
    }
    for (uint32_t k = 0; k < SLOTS; k++)
        w->slots_value += w->per_slot[k] / SLOTS;
    att_world_destroy(world);
    return status;
}

// --- One log -----------------------------------------------------------------------------------

static uint32_t draw(const double *p, att_rng *rng)
{
    double left = att_rng_unit(rng);
    uint32_t last = 0;
    for (uint32_t a = 0; a < OPTIONS; a++) {
        if (!(p[a] > 0))
            continue;
        last = a;
        left -= p[a];
        if (left < 0)
            break;
    }
    return last;
}

static att_status add_row(att_ope_log *log, const reader *r, const odds *o, uint32_t chosen, att_ope_row row, att_error *err)
{
    att_ope_choice choices[OPTIONS];
    float features[OPTIONS][FEATURES];
    uint32_t count = 0;
    for (uint32_t a = 0; a < OPTIONS; a++) {
        if (!(o->logged[a] > 0))
            continue;
        if (a == chosen)
            row.chosen = count;
        memcpy(features[count], r->features[a], sizeof features[count]);
        choices[count++] = (att_ope_choice){a, o->target[a], o->logged[a]};
    }
    row.propensity = o->logged[chosen];
    const att_status status = att_ope_log_menu(log, choices, count, &features[0][0], &row.menu, err);
    return status ? status : att_ope_log_add(log, &row, err);
}

static att_status add_slate(const trial_world *w, att_ope_log *log, uint64_t number, att_rng *rng, att_error *err)
{
    const uint32_t person = (uint32_t)att_rng_below(rng, w->people);
    const reader *r = &w->readers[person];
    bool taken[OPTIONS] = {false}, reading = true;
    att_status status = ATT_OK;
    for (uint32_t k = 0; k < SLOTS && !status; k++) {
        odds o;
        odds_of(r, taken, &o);
        const uint32_t chosen = draw(o.logged, rng);
        const bool click = att_rng_unit(rng) < r->examine[k] && att_rng_unit(rng) < r->lure[chosen] && reading;
        taken[chosen] = true;
        reading = reading && !click;
        status = add_row(log, r, &o, chosen,
            (att_ope_row){.reward = click, .slot = k, .slate = number, .person = person}, err);
    }
    return status;
}

static att_status make_log(const trial_world *w, const att_ope_coverage_options *o, uint32_t run, const att_host *host,
    att_ope_log **out, att_error *err)
{
    const att_ope_log_options options = {.name = "simulated", .reward_high = 1, .actions = OPTIONS, .choice_features = FEATURES};
    att_rng rng = att_rng_stream(o->seed ^ 0xC0FE, run);
    att_status status = att_ope_log_create(out, &options, host, err);
    for (uint32_t i = 0; i < o->slates && !status; i++)
        status = add_slate(w, *out, i, &rng, err);
    return status;
}

// --- Counting ----------------------------------------------------------------------------------

static bool holds(const att_interval *interval, double truth)
{
    return interval->low <= truth && truth <= interval->high;
}

static void count_one(att_ope_coverage *c, double value, const att_interval *interval, const att_interval *anytime)
{
    const double error = value - c->truth;
    c->runs++;
    c->value += value;
    c->rmse += error * error;
    c->covered += holds(interval, c->truth);
    c->width += interval->high - interval->low;
    if (anytime) {
        c->covered_anytime += holds(anytime, c->truth);
        c->width_anytime += anytime->high - anytime->low;
    }
}

static void name_it(att_ope_coverage *c, const char *name, double level)
{
    if (level > 0)
        snprintf(c->name, sizeof c->name, "%s@%g", name, level);
    else
        snprintf(c->name, sizeof c->name, "%s", name);
}

static void count_report(const trial_world *w, const att_ope_report *report, att_ope_coverage_report *out)
{
    const att_ope_part *all = &report->parts[0];
    size_t at = 0;
    for (size_t i = 0; i < all->value_count && at < VALUES_MAX; i++, at++) {
        const att_ope_value *v = &all->values[i];
        att_ope_coverage *c = &out->rows[at];
        name_it(c, v->pick.estimator->name, v->pick.estimator->has_level ? v->pick.level : 0);
        c->biased = v->pick.estimator->biased;
        c->truth = w->slots_value;
        c->has_anytime = true;
        count_one(c, v->value, &v->interval, &v->anytime);
    }
    for (size_t i = 0; i < report->slate_count && at < VALUES_MAX; i++, at++) {
        const att_ope_slate_value *v = &report->slates[i];
        att_ope_coverage *c = &out->rows[at];
        snprintf(c->name, sizeof c->name, "slate %s%s", v->estimator->name, v->normalized ? ", norm." : "");
        c->biased = i < 2; // what it assumes does not hold: a click ends the reading
        c->truth = w->slates_value;
        if (!v->answer)
            count_one(c, v->value, &v->interval, NULL);
    }
    out->row_count = at;
}

static void finish(att_ope_coverage_report *out)
{
    for (size_t i = 0; i < out->row_count; i++) {
        att_ope_coverage *c = &out->rows[i];
        const double runs = c->runs ? (double)c->runs : 1;
        c->value /= runs;
        c->rmse = sqrt(c->rmse / runs);
        c->width /= runs;
        c->width_anytime /= runs;
    }
}

static att_status one_run(const trial_world *w, const att_ope_coverage_options *o, uint32_t run, const att_host *host,
    att_ope_coverage_report *out, att_error *err)
{
    att_ope_log *log = NULL;
    att_ope_report *report = NULL;
    att_ope_options options = att_ope_options_default();
    options.model = o->model;
    att_host quiet = *host;
    quiet.progress = NULL; // told here, run by run
    att_status status = make_log(w, o, run, &quiet, &log, err);
    if (!status)
        status = att_ope_evaluate(log, &options, &quiet, &report, err);
    if (!status)
        count_report(w, report, out);
    out->refused += status == ATT_INSUFFICIENT;
    att_ope_report_destroy(report);
    att_ope_log_destroy(log);
    return status == ATT_INSUFFICIENT ? ATT_OK : status;
}

att_ope_coverage_options att_ope_coverage_options_default(void)
{
    return (att_ope_coverage_options){.runs = 200, .slates = 2000, .people = 500, .seed = 1};
}

att_status att_ope_coverage_run(const att_ope_coverage_options *options, const att_host *host,
    att_ope_coverage_report *out, att_error *err)
{
    const att_host full = att_host_complete(host);
    *out = (att_ope_coverage_report){0};
    if (options->runs < 1 || options->runs > 100000 || options->slates < 10 || options->slates > 1000000 ||
        options->people < 10 || options->people > 100000)
        return ATT_FAIL(err, ATT_INVALID, "%u runs of %u slates by %u people; expected 1 to 100000, 10 to 1000000, 10 to 100000",
            options->runs, options->slates, options->people);
    trial_world w = {0};
    att_status status = make_world(&w, options, &full, err);
    for (uint32_t run = 0; run < options->runs && !status; run++) {
        if (!att_progress_tell(&full, "simulated logs", run, options->runs, "logs"))
            status = ATT_FAIL(err, ATT_CANCELLED, "cancelled after %u logs", run);
        if (!status)
            status = one_run(&w, options, run, &full, out, err);
    }
    ATT_FREE_ARRAY(&full, w.readers, options->people);
    finish(out);
    return status;
}
