// SPDX-License-Identifier: Apache-2.0
// measure/sim_trials.c - thousands of simulated experiments, to see how often the reading cries wolf and how soon it hears one.
//
// A person: plays an active day ~ Poisson(m), m log-normal with sigma 1 and mean 4; active on a day with a chance between 0.05
// and 0.9; after each day gone for good with a chance of 2 %; likes a play with a chance of their own; one person in 40 is
// prone to report. They enter on a day of their own, more of them early. Six of ten were there for 28 days before: CUPED's
// covariate. Arms come from the same hash as in the engine.
#include "attune/experiment.h"
#include "base/rng.h"
#include "measure/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define DAYS_BEFORE 28
#define STAYS 0.98

enum { PLAYS, LIKES, REPORTS };
static const char *const metric_names[ATT_TRIAL_METRICS] = {"plays per person", "likes per play", "reports per person"};

typedef struct tally {
    double plays, likes, reports;
} tally;

typedef struct person {
    double plays_a_day, activity, liking, reporting;
    uint32_t entered, arm;
    bool was_known, is_gone;
    tally before, during;
} person;

typedef struct called {
    bool anytime, plain, at_end, peeking;
    uint32_t day;
} called;

typedef struct trial {
    const att_trials_options *options;
    person *people; // (options->people)
    att_rng rng;
    att_information first[ATT_TRIAL_METRICS];
    called calls[ATT_TRIAL_METRICS];
    att_comparison last[ATT_TRIAL_METRICS];
    bool any, ratio_daily, ratio_anytime, ratio_at_end;
} trial;

att_trials_options att_trials_options_default(void)
{
    return (att_trials_options){.experiments = 1000, .people = 2000, .days = 60, .share = 0.5, .alpha = 0.05, .seed = 1};
}

// --- People -----------------------------------------------------------------------------------------------------

static person make_person(att_rng *rng, uint32_t days)
{
    person p = {.plays_a_day = 4 * exp(att_rng_normal(rng) - 0.5)};
    p.activity = 0.05 + 0.85 * att_rng_unit(rng) * att_rng_unit(rng);
    p.liking = 0.02 + 0.3 * att_rng_unit(rng) * att_rng_unit(rng);
    p.reporting = att_rng_unit(rng) < 0.025 ? 0.02 : 0.0002;
    const double late = att_rng_exponential(rng) * 0.35 * days;
    p.entered = (uint32_t)ATT_MIN(late, days - 1.0);
    p.was_known = att_rng_unit(rng) < 0.6;
    return p;
}

static uint64_t some_of(att_rng *rng, uint64_t count, double chance)
{
    if (count > 60)
        return ATT_MIN(count, att_rng_poisson(rng, chance * (double)count));
    uint64_t hits = 0;
    for (uint64_t i = 0; i < count; i++)
        hits += att_rng_unit(rng) < chance;
    return hits;
}

static void live_a_day(att_rng *rng, const person *p, double lift, tally *out)
{
    if (att_rng_unit(rng) >= p->activity)
        return;
    const uint64_t plays = att_rng_poisson(rng, p->plays_a_day * lift);
    out->plays += (double)plays;
    out->likes += (double)some_of(rng, plays, p->liking);
    out->reports += att_rng_unit(rng) < p->reporting;
}

static void gather_people(trial *t, uint64_t number)
{
    const att_trials_options *o = t->options;
    char seed[40], id[24];
    snprintf(seed, sizeof seed, "trial-%llu-%llu", (unsigned long long)o->seed, (unsigned long long)number);
    for (uint32_t i = 0; i < o->people; i++) {
        person *p = &t->people[i];
        *p = make_person(&t->rng, o->days);
        snprintf(id, sizeof id, "p%u", i);
        p->arm = att_assign_hash(att_text_of(seed), att_text_of(id), 2) >= 1 - o->share;
        for (uint32_t day = 0; day < DAYS_BEFORE && p->was_known; day++)
            live_a_day(&t->rng, p, 1, &p->before);
    }
}

// --- A look -----------------------------------------------------------------------------------------------------

// A person as one metric sees them. The covariate of a ratio is how far they were from the common ratio before.
static void see(const person *p, int metric, double ratio_before, double *top, double *bottom, double *before)
{
    *bottom = metric == LIKES ? p->during.plays : 1;
    *top = metric == PLAYS ? p->during.plays : metric == LIKES ? p->during.likes : p->during.reports;
    *before = metric == PLAYS   ? p->before.plays
              : metric == LIKES ? p->before.likes - ratio_before * p->before.plays
                                : p->before.reports;
}

static double likes_before(const trial *t)
{
    double likes = 0, plays = 0;
    for (uint32_t i = 0; i < t->options->people; i++) {
        likes += t->people[i].before.likes;
        plays += t->people[i].before.plays;
    }
    return plays > 0 ? likes / plays : 0;
}

static void sum_up(const trial *t, uint32_t day, double ratio_before, att_arm_sums sums[ATT_TRIAL_METRICS][2])
{
    memset(sums, 0, ATT_TRIAL_METRICS * sizeof *sums);
    for (uint32_t i = 0; i < t->options->people; i++) {
        const person *p = &t->people[i];
        if (p->entered > day)
            continue;
        for (int m = 0; m < ATT_TRIAL_METRICS; m++) {
            double top, bottom, before;
            see(p, m, ratio_before, &top, &bottom, &before);
            att_arm_sums_add(&sums[m][p->arm], top, bottom, before);
        }
    }
}

static void look_at(trial *t, int m, const att_arm_sums sums[2], uint32_t day, double *p)
{
    const double alpha = t->options->alpha;
    const att_comparison now = t->last[m] = att_compare(&sums[0], &sums[1]);
    called *call = &t->calls[m];
    *p = 1;
    if (!now.known)
        return;
    if (!(t->first[m].plain > 0) && att_compare_is_ready(&sums[0], &sums[1]))
        t->first[m] = now.information;
    *p = att_anytime_verdict(&now.adjusted, now.information.adjusted, t->first[m].adjusted, alpha).p;
    const double plain = att_anytime_verdict(&now.plain, now.information.plain, t->first[m].plain, alpha).p;
    const double fixed = att_fixed_verdict(&now.plain, alpha).p;
    if (*p <= alpha && !call->anytime) {
        call->anytime = true;
        call->day = day + 1;
    }
    call->plain |= plain <= alpha;
    call->peeking |= fixed <= alpha;
    call->at_end = fixed <= alpha;
}

static void look(trial *t, uint32_t day, double ratio_before)
{
    att_arm_sums sums[ATT_TRIAL_METRICS][2];
    double p[ATT_TRIAL_METRICS], adjusted[ATT_TRIAL_METRICS];
    sum_up(t, day, ratio_before, sums);
    for (int m = 0; m < ATT_TRIAL_METRICS; m++)
        look_at(t, m, sums[m], day, &p[m]);
    att_holm(p, ATT_TRIAL_METRICS, adjusted);
    for (int m = 0; m < ATT_TRIAL_METRICS; m++)
        t->any |= adjusted[m] <= t->options->alpha;
    const double counts[] = {sums[0][0].people, sums[0][1].people};
    const double weights[] = {1 - t->options->share, t->options->share};
    const att_sample_ratio ratio = att_sample_ratio_check(counts, weights, 2);
    t->ratio_at_end = ratio.p < ATT_SAMPLE_RATIO_ALARM;
    t->ratio_daily |= t->ratio_at_end;
    t->ratio_anytime |= ratio.p_anytime < ATT_SAMPLE_RATIO_ALARM;
}

static void run_trial(trial *t, uint64_t number)
{
    const att_trials_options *o = t->options;
    person *people = t->people;
    *t = (trial){.options = o, .people = people, .rng = att_rng_stream(o->seed, number)};
    gather_people(t, number);
    const double ratio_before = likes_before(t);
    for (uint32_t day = 0; day < o->days; day++) {
        for (uint32_t i = 0; i < o->people; i++) {
            person *p = &people[i];
            if (p->entered > day || p->is_gone)
                continue;
            live_a_day(&t->rng, p, p->arm ? 1 + o->effect : 1, &p->during);
            p->is_gone = att_rng_unit(&t->rng) >= STAYS;
        }
        look(t, day, ratio_before);
    }
}

// --- All of them ------------------------------------------------------------------------------------------------

typedef struct sums_of_trials {
    double anytime, plain, at_end, peeking, days, cut, square_plain, square_adjusted;
} sums_of_trials;

static void add_trial(const trial *t, int m, sums_of_trials *s)
{
    const called *call = &t->calls[m];
    s->anytime += call->anytime;
    s->plain += call->plain;
    s->at_end += call->at_end;
    s->peeking += call->peeking;
    s->days += call->day;
    s->cut += t->last[m].variance_cut;
    s->square_plain += t->last[m].plain.difference * t->last[m].plain.difference;
    s->square_adjusted += t->last[m].adjusted.difference * t->last[m].adjusted.difference;
}

static int order_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void conclude(const att_trials_options *o, const sums_of_trials *s, double *growth, int m, att_trials_metric *out)
{
    const double n = o->experiments;
    qsort(growth, o->experiments, sizeof *growth, order_doubles);
    *out = (att_trials_metric){.name = metric_names[m],
        .anytime = s->anytime / n,
        .anytime_plain = s->plain / n,
        .at_end = s->at_end / n,
        .peeking = s->peeking / n,
        .first_day = s->anytime > 0 ? s->days / s->anytime : 0,
        .variance_cut = s->cut / n,
        .error_cut = o->effect == 0 && s->square_plain > 0 ? 1 - s->square_adjusted / s->square_plain : NAN,
        .growth = growth[o->experiments / 2]};
}

static att_status check_options(const att_trials_options *o, att_error *err)
{
    if (o->experiments < 1 || o->experiments > 100000)
        return ATT_FAIL(err, ATT_INVALID, "%u experiments, 1 to 100000 expected", o->experiments);
    if (o->people < 200 || o->people > 1000000)
        return ATT_FAIL(err, ATT_INVALID, "%u people, 200 to 1000000 expected", o->people);
    if (o->days < 1 || o->days > 365)
        return ATT_FAIL(err, ATT_INVALID, "%u days, 1 to 365 expected", o->days);
    if (!(o->effect >= -0.9 && o->effect <= 10))
        return ATT_FAIL(err, ATT_INVALID, "effect is %g, -0.9 to 10 expected", o->effect);
    if (!(o->share >= 0.01 && o->share <= 0.99))
        return ATT_FAIL(err, ATT_INVALID, "share is %g, 0.01 to 0.99 expected", o->share);
    if (!(o->alpha > 0 && o->alpha < 0.5))
        return ATT_FAIL(err, ATT_INVALID, "alpha is %g, above 0 and below 0.5 expected", o->alpha);
    return ATT_OK;
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

att_status att_experiment_trials(
    const att_trials_options *options, const att_host *host, att_trials_report *out, att_error *err)
{
    *out = (att_trials_report){0};
    const att_host full = att_host_complete(host);
    att_status status = check_options(options, err);
    if (status)
        return status;
    const double began = seconds_now(), n = options->experiments;
    sums_of_trials sums[ATT_TRIAL_METRICS] = {{0}};
    trial t = {.options = options, .people = ATT_NEW_ARRAY(&full, person, options->people)};
    double *growth = ATT_NEW_ARRAY(&full, double, (size_t)options->experiments * ATT_TRIAL_METRICS);
    if (!t.people || !growth)
        status = att_no_memory(err, options->people, "simulated people");
    for (uint32_t e = 0; e < options->experiments && !status; e++) {
        if (!att_progress_tell(&full, "experiments", e, options->experiments, "experiments")) {
            status = ATT_FAIL(err, ATT_CANCELLED, "simulating experiments was cancelled");
            break;
        }
        run_trial(&t, e);
        for (int m = 0; m < ATT_TRIAL_METRICS; m++) {
            add_trial(&t, m, &sums[m]);
            growth[(size_t)m * options->experiments + e] =
                t.first[m].plain > 0 ? t.last[m].information.plain / t.first[m].plain : 0;
        }
        out->any_metric += t.any / n;
        out->ratio_at_end += t.ratio_at_end / n;
        out->ratio_daily += t.ratio_daily / n;
        out->ratio_anytime += t.ratio_anytime / n;
    }
    for (int m = 0; m < ATT_TRIAL_METRICS && !status; m++)
        conclude(options, &sums[m], growth + (size_t)m * options->experiments, m, &out->metrics[m]);
    out->seconds = seconds_now() - began;
    ATT_FREE_ARRAY(&full, t.people, options->people);
    ATT_FREE_ARRAY(&full, growth, (size_t)options->experiments * ATT_TRIAL_METRICS);
    return status;
}
