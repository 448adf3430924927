// SPDX-License-Identifier: Apache-2.0
// measure/ope_evaluate.c - all estimators on one log: values, errors, bounds, or why there are none.
#include "measure/ope_parts.h"

#include <math.h>
#include <stdio.h>

typedef struct report_memory {
    att_ope_report report; // first: the caller's pointer is ours
    att_host host;
    att_arena life;
} report_memory;

static const char *const usual[] = {"ips", "clipped-ips@10", "snips", "dm", "dr", "sndr", "switch-dr@2", "switch-dr@10",
    "dros@10", "dros@100"};

att_ope_options att_ope_options_default(void)
{
    return (att_ope_options){.target = "the target", .confidence = 0.95, .effective_min = 30, .gap_max = 0.05};
}

static att_status check_options(const att_ope_options *o, att_error *err)
{
    if (!(o->confidence > 0 && o->confidence < 1))
        return ATT_FAIL(err, ATT_INVALID, "confidence is %g, expected a number between 0 and 1", o->confidence);
    if (!(o->effective_min >= 2 && o->effective_min <= 1e12))
        return ATT_FAIL(err, ATT_INVALID, "at least %g effective rows, expected 2 or more", o->effective_min);
    if (!(o->gap_max >= 0 && o->gap_max <= 1))
        return ATT_FAIL(err, ATT_INVALID, "a support gap of at most %g, expected 0 to 1", o->gap_max);
    if (o->pick_count > OPE_PICKS_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "%zu estimators, at most %d", o->pick_count, OPE_PICKS_MAX);
    for (size_t i = 0; i < o->pick_count; i++)
        if (!o->picks[i].estimator || (o->picks[i].estimator->has_level && !(o->picks[i].level > 0)))
            return ATT_FAIL(err, ATT_INVALID, "estimator %zu needs a name and, where it has one, a level above 0", i + 1);
    return ATT_OK;
}

// --- One estimator on one part -----------------------------------------------------------------

typedef struct workings {
    const ope_rows *rows;
    const att_ope_options *options;
    double *influence, *difference; // (rows)
    bool *seen;                     // (actions)
} workings;

typedef struct sums {
    double rows, weights, squares, weighted, base, reward, largest;
} sums;

static double weight_in(const workings *work, const att_ope_pick *pick, size_t row)
{
    return pick->estimator->weight(work->rows->w[row], pick->level);
}

static double base_in(const workings *work, const att_ope_pick *pick, size_t row)
{
    return pick->estimator->uses_model ? work->rows->base[row] : 0;
}

static double residual_in(const workings *work, const att_ope_pick *pick, size_t row)
{
    return work->rows->log->rows.items[row].reward - (pick->estimator->uses_model ? work->rows->q[row] : 0);
}

static sums add_up(const workings *work, const att_ope_pick *pick, uint32_t slot)
{
    sums s = {0};
    for (size_t i = 0; i < work->rows->count; i++) {
        if (!att_ope_rows_in(work->rows, i, slot))
            continue;
        const double u = weight_in(work, pick, i);
        s.rows += 1;
        s.weights += u;
        s.squares += u * u;
        s.weighted += u * residual_in(work, pick, i);
        s.base += base_in(work, pick, i);
        s.reward += work->rows->log->rows.items[i].reward;
        s.largest = ATT_MAX(s.largest, u);
    }
    return s;
}

static att_interval around(double value, double error, double z)
{
    return (att_interval){value, value - z * error, value + z * error};
}

static double whole_weight(double w, double level)
{
    (void)level;
    return w;
}

static void value_of(const workings *work, const att_ope_pick *pick, uint32_t slot, att_ope_value *out);

// A biased estimator strays little about the wrong place. So its intervals reach to where those of its unbiased sibling
// end, which has the same model and whole weights: they hold the value as often as that one's do.
static void reach_to_sibling(const workings *work, uint32_t slot, att_ope_value *out)
{
    att_ope_estimator whole = *out->pick.estimator;
    att_ope_value sibling;
    whole.biased = false;
    whole.weight = whole_weight;
    const att_ope_pick pick = {&whole, out->pick.level};
    value_of(work, &pick, slot, &sibling);
    out->interval.low = ATT_MIN(out->interval.low, sibling.interval.low);
    out->interval.high = ATT_MAX(out->interval.high, sibling.interval.high);
    out->difference.low = ATT_MIN(out->difference.low, sibling.difference.low);
    out->difference.high = ATT_MAX(out->difference.high, sibling.difference.high);
}

// A normalized estimator is a ratio: its influence is that of the ratio's first-order expansion (delta method).
static void value_of(const workings *work, const att_ope_pick *pick, uint32_t slot, att_ope_value *out)
{
    const sums s = add_up(work, pick, slot);
    const bool normalized = pick->estimator->normalized && s.weights > 0;
    const double ratio = normalized ? s.weighted / s.weights : s.weighted / s.rows;
    const double base = s.base / s.rows, reward = s.reward / s.rows, z = att_ope_z(work->options->confidence);
    out->pick = *pick;
    out->value = base + ratio;
    for (size_t i = 0; i < work->rows->count; i++) {
        if (!att_ope_rows_in(work->rows, i, slot))
            continue;
        const double u = weight_in(work, pick, i), residual = residual_in(work, pick, i);
        const double part = normalized ? u * (residual - ratio) * s.rows / s.weights : u * residual - ratio;
        work->influence[i] = base_in(work, pick, i) - base + part;
        work->difference[i] = work->influence[i] - (work->rows->log->rows.items[i].reward - reward);
    }
    out->error = att_ope_spread(work->rows, work->influence, slot, NULL);
    out->interval = around(out->value, out->error, z);
    out->difference = around(out->value - reward, att_ope_spread(work->rows, work->difference, slot, NULL), z);
    out->effective = s.squares > 0 ? s.weights * s.weights / s.squares : 0;
    out->weight_largest = s.largest;
    if (pick->estimator->biased)
        reach_to_sibling(work, slot, out);
}

static att_interval logged_of(const workings *work, uint32_t slot)
{
    double sum = 0, rows = 0;
    for (size_t i = 0; i < work->rows->count; i++)
        if (att_ope_rows_in(work->rows, i, slot)) {
            sum += work->rows->log->rows.items[i].reward;
            rows += 1;
        }
    for (size_t i = 0; i < work->rows->count; i++)
        work->influence[i] = work->rows->log->rows.items[i].reward - sum / rows;
    const double error = att_ope_spread(work->rows, work->influence, slot, NULL);
    return around(sum / rows, error, att_ope_z(work->options->confidence));
}

// --- Parts -------------------------------------------------------------------------------------

// slots[0] is all; each slot follows where there are several. Returns how many.
static size_t list_slots(const att_ope_log *log, uint32_t slots[OPE_SLOTS_MAX + 1])
{
    bool there[OPE_SLOTS_MAX] = {false};
    size_t count = 1;
    for (size_t i = 0; i < log->rows.count; i++)
        there[log->rows.items[i].slot] = true;
    slots[0] = UINT32_MAX;
    for (uint32_t k = 0; k < OPE_SLOTS_MAX; k++)
        if (there[k])
            slots[count++] = k;
    return count == 2 ? 1 : count;
}

static size_t people_in(const workings *work, uint32_t slot)
{
    size_t people = 0;
    memset(work->influence, 0, work->rows->count * sizeof *work->influence);
    att_ope_spread(work->rows, work->influence, slot, &people);
    return people;
}

static att_status fill_part(const workings *work, att_ope_part *part, att_arena *life, const att_interval *anytime, att_error *err)
{
    const size_t picks = work->options->pick_count;
    att_ope_value *values = ATT_NEW(life, att_ope_value, picks);
    part->name = part->slot == UINT32_MAX ? "all slots" : att_arena_printf(life, "slot %u", part->slot + 1);
    if (!values || !part->name)
        return att_no_memory(err, picks, "values of a report");
    att_error why = {0};
    att_ope_support_of(work->rows, part->slot, work->seen, &part->support);
    part->support.people = people_in(work, part->slot);
    part->answer = att_ope_support_judge(&part->support, work->rows, part->slot, work->options, &why);
    memcpy(part->why, why.text, sizeof part->why);
    if (part->support.rows > 0)
        part->logged = logged_of(work, part->slot);
    if (part->answer)
        return ATT_OK;
    for (size_t p = 0; p < picks; p++) {
        value_of(work, &work->options->picks[p], part->slot, &values[p]);
        values[p].anytime = anytime[p];
        values[p].anytime.mean = values[p].value;
    }
    part->values = values;
    part->value_count = picks;
    return ATT_OK;
}

static att_status fill_parts(const workings *work, report_memory *memory, const att_ope_model *model, void *state, att_error *err)
{
    uint32_t slots[OPE_SLOTS_MAX + 1];
    const size_t count = list_slots(work->rows->log, slots), picks = work->options->pick_count;
    att_ope_part *parts = ATT_NEW(&memory->life, att_ope_part, count);
    att_interval *anytime = ATT_NEW_ARRAY(&memory->host, att_interval, count * picks);
    att_status status = ATT_OK;
    if (!parts || !anytime)
        status = att_no_memory(err, count * picks, "values of a report");
    if (!status)
        status = att_ope_anytime(work->rows, model, state, work->options, count, slots, anytime, &memory->host, err);
    for (size_t i = 0; i < count && !status; i++) {
        parts[i].slot = slots[i];
        status = fill_part(work, &parts[i], &memory->life, anytime + i * picks, err);
    }
    ATT_FREE_ARRAY(&memory->host, anytime, count * picks);
    memory->report.parts = parts;
    memory->report.part_count = status ? 0 : count;
    return status;
}

// --- The call ----------------------------------------------------------------------------------

static att_status with_model(const att_ope_log *log, const att_ope_options *options, const att_ope_model *model,
    void *state, report_memory *memory, att_error *err)
{
    const att_host *host = &memory->host;
    ope_rows rows;
    workings work = {.rows = &rows, .options = options};
    att_status status = att_ope_rows_make(&rows, log, model, state, host, err);
    work.influence = ATT_NEW_ARRAY(host, double, log->rows.count);
    work.difference = ATT_NEW_ARRAY(host, double, log->rows.count);
    work.seen = ATT_NEW_ARRAY(host, bool, log->options.actions);
    if (!status && (!work.influence || !work.difference || !work.seen))
        status = att_no_memory(err, log->rows.count, "rows of an estimate");
    if (!status)
        status = fill_parts(&work, memory, model, state, err);
    if (!status && memory->report.parts[0].support.people > 1)
        status = att_ope_slates(&rows, options, &memory->life, &memory->report, host, err);
    ATT_FREE_ARRAY(host, work.influence, log->rows.count);
    ATT_FREE_ARRAY(host, work.difference, log->rows.count);
    ATT_FREE_ARRAY(host, work.seen, log->options.actions);
    att_ope_rows_free(&rows, host);
    return status;
}

static att_status fill_report(
    const att_ope_log *log, const att_ope_options *options, report_memory *memory, att_error *err)
{
    const att_ope_model *model = options->model ? options->model : att_ope_model_find(ATT_LIT("rate"));
    att_ope_report *report = &memory->report;
    report->log = att_arena_text(&memory->life, att_text_of(log->options.name)).data;
    report->target = att_arena_text(&memory->life, att_text_of(options->target)).data;
    report->model = model->name;
    report->confidence = options->confidence;
    report->reward_low = log->options.reward_low;
    report->reward_high = log->options.reward_high;
    if (!report->log || !report->target)
        return att_no_memory(err, 1, "report");
    void *state = NULL;
    att_status status = model->fit(&state, log, &memory->host, err);
    if (!status)
        status = with_model(log, options, model, state, memory, err);
    if (state)
        model->forget(state, &memory->host);
    return status;
}

static att_status complete(att_ope_options *o, att_ope_pick picks[OPE_PICKS_MAX], att_error *err)
{
    if (!o->picks) {
        o->pick_count = ATT_COUNT_OF(usual);
        for (size_t i = 0; i < o->pick_count; i++)
            if (!att_ope_pick_parse(att_text_of(usual[i]), &picks[i]))
                return ATT_FAIL(err, ATT_INVALID, "there is no estimator %s", usual[i]);
        o->picks = picks;
    }
    if (!o->target)
        o->target = "the target";
    return check_options(o, err);
}

att_status att_ope_evaluate(const att_ope_log *log, const att_ope_options *options,
    const att_host *host, att_ope_report **out, att_error *err)
{
    att_ope_options o = options ? *options : att_ope_options_default();
    att_ope_pick picks[OPE_PICKS_MAX];
    *out = NULL;
    att_status status = complete(&o, picks, err);
    if (status)
        return status;
    if (log->rows.count == 0)
        return ATT_FAIL(err, ATT_INSUFFICIENT, "insufficient support: log %s has no rows", log->options.name);
    const att_host full = att_host_complete(host);
    report_memory *memory = ATT_NEW_ARRAY(&full, report_memory, 1);
    if (!memory)
        return att_no_memory(err, 1, "report");
    memory->host = full;
    att_arena_init(&memory->life, &memory->host, 0);
    status = fill_report(log, &o, memory, err);
    if (status) {
        att_ope_report_destroy(&memory->report);
        return status;
    }
    *out = &memory->report;
    const att_ope_part *all = &memory->report.parts[0];
    return all->answer ? ATT_FAIL(err, all->answer, "%s", all->why) : ATT_OK;
}

void att_ope_report_destroy(att_ope_report *report)
{
    if (!report)
        return;
    report_memory *memory = (report_memory *)report;
    const att_host host = memory->host;
    att_arena_deinit(&memory->life);
    ATT_FREE_ARRAY(&host, memory, 1);
}
