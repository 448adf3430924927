// SPDX-License-Identifier: Apache-2.0
// engine/tune.c - other weights of the objective, searched for in the log, and judged on people the search never saw.
//
// People are split in halves by a hash of their id. All looking is done on the first half: a weight at a time, then the
// promising ones together, then a finer step; what is sought is the greatest of (DR difference to what the log earned) -
// (its standard error), so that a lucky guess with few rows behind it does not win. Then the winner, and it alone, is
// estimated once on the second half: its interval is that of one question, however many were asked before. Only decisions
// of the policy in force count, so that what the log earned is what that policy earns.
//
// Relevance stays as it is (only ratios of weights matter), and so does control: what people asked for is not for sale.
#include "attune/ope.h"
#include "engine/internal.h"
#include "measure/ope_parts.h"

#include <math.h>
#include <stdio.h>

enum { SEARCH_HALF = 1, JUDGE_HALF = 2 };

typedef struct dial {
    const char *key;
    size_t offset;
    bool silent; // changing it changes nothing in this log
    double best; // value that promised most; NaN: none did better than the current
    double promise;
} dial;

typedef struct tuner {
    att_engine *engine;
    const att_tune_options *options;
    att_tune_report *report;
    att_ope_pick pick;
    dial dials[ATT_TUNE_DIALS];
    att_policy best;
    double promise; // of `best`
} tuner;

static const struct {
    const char *key;
    size_t offset;
} dials[ATT_TUNE_DIALS] = {{"context", offsetof(att_policy, objective.context)}, {"novelty", offsetof(att_policy, objective.novelty)},
    {"freshness", offsetof(att_policy, objective.freshness)}, {"business", offsetof(att_policy, objective.business)},
    {"diversity", offsetof(att_policy, objective.diversity)}, {"calibration", offsetof(att_policy, objective.calibration)}};

static double get(const att_policy *policy, size_t offset)
{
    return *(const double *)(const void *)((const char *)policy + offset);
}

static void put(att_policy *policy, size_t offset, double value)
{
    *(double *)(void *)((char *)policy + offset) = ATT_MIN(value, 10);
}

// --- One question --------------------------------------------------------------------------------------

// What the half says of this policy. ATT_INSUFFICIENT: nothing. *report is the caller's, also then.
static att_status ask(tuner *t, const att_policy *target, uint32_t half, att_ope_report **report, att_error *err)
{
    att_ope_store_options store = att_ope_store_options_default();
    att_ope_options how = att_ope_options_default();
    att_host quiet = t->engine->host;
    att_ope_log *log = NULL;
    att_ope_store_counts counts;
    quiet.progress = NULL;
    store.target = target;
    store.window_ms = t->options->window_ms;
    store.half = half;
    store.current_only = true;
    how.target = "the tuned policy";
    how.model = att_ope_model_find(ATT_LIT("ridge"));
    how.picks = &t->pick;
    how.pick_count = 1;
    how.confidence = t->options->confidence;
    how.effective_min = t->options->effective_min;
    how.gap_max = t->options->gap_max;
    *report = NULL;
    att_status status = att_engine_ope_log(t->engine, &store, &log, &counts, err);
    if (!status)
        status = att_ope_evaluate(log, &how, &quiet, report, err);
    t->report->decisions[half - 1] = counts.with_pool - counts.other_policy;
    att_ope_log_destroy(log);
    return status;
}

// The lower end of what is promised on the search half; -INFINITY where the log cannot say. *moved: some choice differs.
static att_status promise_of(tuner *t, const att_policy *target, double *out, bool *moved, att_error *err)
{
    att_ope_report *report = NULL;
    att_error why = {0};
    *out = -INFINITY;
    *moved = true;
    if (!att_progress_tell(&t->engine->host, "tuning", t->report->tried, 40, "policies"))
        return ATT_FAIL(err, ATT_CANCELLED, "cancelled after %u policies", t->report->tried);
    const att_status status = ask(t, target, SEARCH_HALF, &report, &why);
    t->report->tried++;
    if (!status) {
        const att_ope_part *all = &report->parts[0];
        const att_interval *difference = &all->values[0].difference;
        const double z = att_ope_z(t->options->confidence);
        *moved = all->support.effective < (double)all->support.rows * (1 - 1e-9); // some weight is not 1
        *out = difference->mean - (difference->mean - difference->low) / z;
    }
    t->report->refused += status == ATT_INSUFFICIENT;
    att_ope_report_destroy(report);
    if (status == ATT_INSUFFICIENT && t->report->tried == 1 && t->report->decisions[0] == 0)
        return ATT_FAIL(err, ATT_INSUFFICIENT, "%s", why.text); // there is no log to search
    return status && status != ATT_INSUFFICIENT ? ATT_FAIL(err, status, "%s", why.text) : ATT_OK;
}

static att_status try_it(tuner *t, const att_policy *target, bool *better, att_error *err)
{
    double promise;
    bool moved;
    const att_status status = promise_of(t, target, &promise, &moved, err);
    *better = !status && moved && promise > t->promise;
    if (*better) {
        t->best = *target;
        t->promise = promise;
    }
    return status;
}

// --- The search ----------------------------------------------------------------------------------------

static att_status turn_alone(tuner *t, dial *d, const att_policy *current, att_error *err)
{
    static const double factors[] = {2, 0.5, 0}, from_nothing[] = {0.1, 0.3, 1};
    const double now = get(current, d->offset);
    d->best = NAN;
    d->promise = 0;
    for (int i = 0; i < 3 && !d->silent; i++) {
        att_policy target = *current;
        double promise;
        bool moved;
        put(&target, d->offset, now > 0 ? now * factors[i] : from_nothing[i]);
        const att_status status = promise_of(t, &target, &promise, &moved, err);
        if (status)
            return status;
        d->silent = i == 0 && !moved;
        if (moved && promise > d->promise) {
            d->best = get(&target, d->offset);
            d->promise = promise;
        }
    }
    return ATT_OK;
}

// The best alone, then each other promising one with it, in order of promise.
static att_status turn_together(tuner *t, const att_policy *current, att_error *err)
{
    bool used[ATT_TUNE_DIALS] = {false};
    t->best = *current;
    t->promise = 0;
    for (;;) {
        dial *next = NULL;
        for (size_t i = 0; i < ATT_TUNE_DIALS; i++)
            if (!used[i] && !isnan(t->dials[i].best) && (!next || t->dials[i].promise > next->promise))
                next = &t->dials[i];
        if (!next)
            return ATT_OK;
        used[next - t->dials] = true;
        att_policy target = t->best;
        bool better;
        put(&target, next->offset, next->best);
        const att_status status = try_it(t, &target, &better, err);
        if (status)
            return status;
    }
}

static att_status turn_finely(tuner *t, const att_policy *current, att_error *err)
{
    static const double steps[] = {1.4, 0.7};
    for (size_t i = 0; i < ATT_TUNE_DIALS; i++) {
        const size_t offset = t->dials[i].offset;
        if (get(&t->best, offset) == get(current, offset))
            continue;
        for (int s = 0; s < 2; s++) {
            att_policy target = t->best;
            bool better;
            put(&target, offset, get(&t->best, offset) * steps[s]);
            const att_status status = try_it(t, &target, &better, err);
            if (status)
                return status;
        }
    }
    return ATT_OK;
}

static att_status search(tuner *t, const att_policy *current, att_error *err)
{
    att_status status = ATT_OK;
    for (size_t i = 0; i < ATT_TUNE_DIALS && !status; i++) {
        t->dials[i] = (dial){.key = dials[i].key, .offset = dials[i].offset};
        status = turn_alone(t, &t->dials[i], current, err);
    }
    if (!status)
        status = turn_together(t, current, err);
    if (!status)
        status = turn_finely(t, current, err);
    for (size_t i = 0; i < ATT_TUNE_DIALS; i++) {
        att_tune_dial *out = &t->report->dials[i];
        *out = (att_tune_dial){t->dials[i].key, get(current, t->dials[i].offset), get(&t->best, t->dials[i].offset), t->dials[i].silent};
    }
    t->report->policy = t->best;
    t->report->promise = t->promise;
    return status;
}

// --- The judgement ---------------------------------------------------------------------------------------

static att_status judge(tuner *t, att_error *err)
{
    att_tune_report *r = t->report;
    att_ope_report *report = NULL;
    const att_status status = ask(t, &t->best, JUDGE_HALF, &report, err);
    if (report) {
        const att_ope_part *all = &report->parts[0];
        r->support = all->support;
        r->logged = all->logged;
        if (!status) {
            r->value = all->values[0].interval;
            r->value.mean = all->values[0].value;
            r->anytime = all->values[0].anytime;
            r->difference = all->values[0].difference;
            r->verdict = r->difference.low > 0 ? ATT_TUNE_BETTER : r->difference.high < 0 ? ATT_TUNE_WORSE : ATT_TUNE_UNSURE;
        }
    }
    att_ope_report_destroy(report);
    return status ? att_while(err, status, "judging on the held-out half") : ATT_OK;
}

att_tune_options att_tune_options_default(void)
{
    const att_ope_options ope = att_ope_options_default();
    return (att_tune_options){.window_ms = att_ope_store_options_default().window_ms,
        .confidence = ope.confidence,
        .effective_min = ope.effective_min,
        .gap_max = ope.gap_max};
}

att_status att_engine_tune(att_engine *engine, const att_tune_options *options, att_tune_report *report, att_error *err)
{
    const att_tune_options usual = att_tune_options_default();
    *report = (att_tune_report){0};
    tuner t = {.engine = engine, .options = options ? options : &usual, .report = report};
    if (!att_ope_pick_parse(ATT_LIT("dr"), &t.pick))
        return ATT_FAIL(err, ATT_UNSUPPORTED, "there is no estimator dr");
    const att_policy current = att_engine_policy(engine);
    report->policy = current;
    att_status status = search(&t, &current, err);
    if (!status && report->refused == report->tried)
        status = ATT_FAIL(err, ATT_INSUFFICIENT,
            "insufficient support: on the search half (%llu decisions with a pool, by the policy in force) the log cannot speak of "
            "any of %u policies; log more of them (exploration.pool_log_share) or explore more",
            (unsigned long long)report->decisions[0], report->tried);
    if (!status && t.promise > 0)
        status = judge(&t, err);
    return status;
}
