// SPDX-License-Identifier: Apache-2.0
// measure/readout.c - who was assigned, who saw it, what they did before and after, and what that says.
#include "measure/readout.h"

#include "decide/experiments.h"
#include "measure/compare.h"
#include "signals/grade.h"
#include "store/decision.h"

#include <math.h>
#include <stdio.h>

#define DAY_MS INT64_C(86400000)
#define NO_ARM UINT8_MAX
#define METRICS_MAX 16

// A tally while it is counted.
typedef struct running_tally {
    att_person_tally sums;
    int64_t last_ms, last_day; // INT64_MIN: no event yet
} running_tally;

typedef struct row {
    uint32_t user;
    uint8_t assigned, exposed; // the first arm of each; NO_ARM: none
    bool two_arms, bot;
    int64_t exposed_ms;
    running_tally during, before;
} row;

typedef struct decided {
    uint64_t seq;
    uint32_t row;
    uint16_t slots;
    uint8_t arm; // NO_ARM: of another experiment, or of none
    bool displayed;
} decided;

struct att_gather {
    att_host host;
    att_experiment *experiment; // NULL: the holdout
    att_policy policy;
    att_readout_options options;
    int64_t since_ms, stop_ms;
    att_readout_arm arms[ATT_VARIATIONS_MAX];
    size_t arm_count;
    ATT_VEC(uint32_t) place; // by user: row + 1, 0: none
    ATT_VEC(row) rows;
    ATT_VEC(decided) decisions; // in order of seq
    att_decided_slot slots[ATT_SLATE_MAX];
    int64_t origin_ms, look_ms; // first moment of the experiment, and the next end of a day; 0: no decision yet
    int64_t last_ms;           // newest moment of the log that was looked at
    att_information first[METRICS_MAX][ATT_VARIATIONS_MAX];
};

att_readout_options att_readout_options_default(void)
{
    return (att_readout_options){.alpha = 0.05, .before_days = 28};
}

static void name_arm(att_readout_arm *arm, att_text key, double weight)
{
    arm->weight = weight;
    snprintf(arm->key, sizeof arm->key, "%.*s", ATT_TEXT_ARGS(key));
}

att_status att_gather_create(att_gather **out, const att_experiment *experiment, int64_t since_ms, double holdout_share,
    const att_policy *policy, const att_readout_options *options, const att_host *host, att_error *err)
{
    *out = NULL;
    const att_host full = att_host_complete(host);
    if (!(options->alpha > 0 && options->alpha < 0.5))
        return ATT_FAIL(err, ATT_INVALID, "alpha is %g, above 0 and below 0.5 expected", options->alpha);
    if (options->before_days > 365)
        return ATT_FAIL(err, ATT_INVALID, "before_days is %u, 0 to 365 expected", options->before_days);
    att_gather *g = ATT_NEW_ARRAY(&full, att_gather, 1);
    if (!g)
        return att_no_memory(err, 1, "readouts");
    *g = (att_gather){.host = full, .policy = *policy, .options = *options, .since_ms = since_ms, .stop_ms = INT64_MAX};
    att_status status = ATT_OK;
    if (experiment) {
        status = att_experiment_copy(&g->experiment, experiment, &g->host, err);
        g->since_ms = experiment->started_ms;
        g->stop_ms = experiment->stopped_ms ? experiment->stopped_ms : INT64_MAX;
        for (; !status && g->arm_count < experiment->variation_count; g->arm_count++)
            name_arm(&g->arms[g->arm_count], experiment->variations[g->arm_count].key,
                experiment->variations[g->arm_count].weight);
    } else {
        g->arm_count = 2;
        name_arm(&g->arms[0], ATT_LIT("held-out"), holdout_share);
        name_arm(&g->arms[1], ATT_LIT("all"), 1 - holdout_share);
    }
    if (status)
        att_gather_destroy(g);
    else
        *out = g;
    return status;
}

void att_gather_destroy(att_gather *g)
{
    if (!g)
        return;
    const att_host host = g->host;
    att_experiment_destroy(g->experiment);
    ATT_VEC_FREE(&host, &g->place);
    ATT_VEC_FREE(&host, &g->rows);
    ATT_VEC_FREE(&host, &g->decisions);
    att_free(&host, g, 1, sizeof *g);
}

// --- Counting ---------------------------------------------------------------------------------------------------

static void count_time(running_tally *t, int64_t at_ms, int64_t gap_ms)
{
    const int64_t day = at_ms / DAY_MS;
    t->sums.days += day > t->last_day;
    t->last_day = ATT_MAX(t->last_day, day);
    if (at_ms <= t->last_ms)
        return; // late: it belongs to a session that is counted
    if (t->last_ms == INT64_MIN || at_ms - t->last_ms > gap_ms)
        t->sums.sessions++;
    else
        t->sums.session_ms += (double)(at_ms - t->last_ms);
    t->last_ms = at_ms;
}

static void count_event(const att_gather *g, running_tally *t, const att_record *event)
{
    att_person_tally *sums = &t->sums;
    const att_grade grade = att_grade_event(&g->policy, event, 0);
    count_time(t, event->at_ms, g->policy.signals.session_gap_ms);
    sums->reward += (double)grade.reward;
    sums->clicks += event->signal == ATT_SIGNAL_CLICK;
    sums->starts += event->signal == ATT_SIGNAL_PLAY || event->signal == ATT_SIGNAL_SKIP ||
                    event->signal == ATT_SIGNAL_COMPLETE || event->signal == ATT_SIGNAL_REPLAY;
    sums->completes += grade.is_complete;
    sums->early_skips += grade.skip == ATT_SKIP_EARLY;
    sums->likes += event->signal == ATT_SIGNAL_LIKE;
    sums->reports += event->signal == ATT_SIGNAL_REPORT;
    sums->rage_quits += event->signal == ATT_SIGNAL_RAGE_QUIT;
    if (event->signal == ATT_SIGNAL_SURVEY && event->value >= 0) {
        sums->surveys++;
        sums->survey_sum += (double)event->value;
    }
}

// --- People -----------------------------------------------------------------------------------------------------

static row *row_of(att_gather *g, uint32_t user)
{
    while (g->place.count <= user)
        if (!ATT_VEC_PUSH(&g->host, &g->place, 0))
            return NULL;
    if (!g->place.items[user]) {
        const running_tally none = {.last_ms = INT64_MIN, .last_day = INT64_MIN};
        const row fresh = {.user = user, .assigned = NO_ARM, .exposed = NO_ARM, .during = none, .before = none};
        if (!ATT_VEC_PUSH(&g->host, &g->rows, fresh))
            return NULL;
        g->place.items[user] = (uint32_t)g->rows.count;
    }
    return &g->rows.items[g->place.items[user] - 1];
}

static void assign(row *r, uint8_t arm)
{
    r->two_arms |= r->assigned != NO_ARM && r->assigned != arm;
    if (r->assigned == NO_ARM)
        r->assigned = arm;
}

static void expose(row *r, uint8_t arm, int64_t at_ms)
{
    assign(r, arm);
    if (r->exposed != NO_ARM)
        return;
    r->exposed = arm;
    r->exposed_ms = at_ms;
}

static bool is_measured(const row *r)
{
    return r->exposed != NO_ARM && !r->two_arms && !r->bot;
}

// --- The first look worth one -----------------------------------------------------------------------------------

static double ratio_before(const att_gather *g, const att_person_metric *metric)
{
    double top = 0, bottom = 0;
    for (size_t i = 0; i < g->rows.count; i++)
        if (is_measured(&g->rows.items[i])) {
            top += metric->top(&g->rows.items[i].before.sums);
            bottom += metric->bottom(&g->rows.items[i].before.sums);
        }
    return bottom > 0 ? top / bottom : 0;
}

// A mean's covariate is the same count before; a ratio's how far the person was from the common ratio before.
static void sum_metric(const att_gather *g, const att_person_metric *metric, att_arm_sums *sums)
{
    const double common = metric->bottom(&(att_person_tally){0}) == 1 ? 0 : ratio_before(g, metric);
    memset(sums, 0, g->arm_count * sizeof *sums);
    for (size_t i = 0; i < g->rows.count; i++) {
        const row *r = &g->rows.items[i];
        if (!is_measured(r))
            continue;
        const att_person_tally *before = &r->before.sums;
        att_arm_sums_add(&sums[r->exposed], metric->top(&r->during.sums), metric->bottom(&r->during.sums),
            metric->top(before) - common * metric->bottom(before));
    }
}

static void look(att_gather *g)
{
    size_t count;
    const att_person_metric *metrics = att_person_metrics(&count);
    assert(count <= METRICS_MAX);
    for (size_t m = 0; m < count; m++) {
        att_arm_sums sums[ATT_VARIATIONS_MAX];
        bool missing = false;
        for (size_t v = 1; v < g->arm_count; v++)
            missing |= !(g->first[m][v].plain > 0);
        if (!missing)
            continue;
        sum_metric(g, &metrics[m], sums);
        for (size_t v = 1; v < g->arm_count; v++) {
            const att_comparison now = att_compare(&sums[0], &sums[v]);
            if (!(g->first[m][v].plain > 0) && now.known && att_compare_is_ready(&sums[0], &sums[v]))
                g->first[m][v] = now.information;
        }
    }
}

static void advance(att_gather *g, int64_t at_ms)
{
    if (!g->look_ms) {
        g->origin_ms = at_ms;
        g->look_ms = at_ms + DAY_MS;
    }
    if (at_ms >= g->look_ms) {
        look(g); // with what came before this record
        g->look_ms += (at_ms - g->look_ms) / DAY_MS * DAY_MS + DAY_MS;
    }
}

// --- Records ----------------------------------------------------------------------------------------------------

static decided *find_decision(att_gather *g, uint64_t seq)
{
    size_t low = 0, high = g->decisions.count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (g->decisions.items[middle].seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low < g->decisions.count && g->decisions.items[low].seq == seq ? &g->decisions.items[low] : NULL;
}

// Something of a decision was seen by its person: that is the exposure to its arm.
static void display(att_gather *g, row *r, uint64_t seq, int64_t at_ms)
{
    decided *d = find_decision(g, seq);
    if (!d || &g->rows.items[d->row] != r)
        return;
    if (d->arm != NO_ARM) {
        if (r->exposed == NO_ARM)
            advance(g, at_ms);
        expose(r, d->arm, at_ms);
    }
    if (d->displayed)
        return;
    d->displayed = true;
    if (d->arm != NO_ARM) {
        g->arms[d->arm].displayed++;
        r->during.sums.slots += d->slots;
    } else if (at_ms < g->since_ms) {
        r->before.sums.slots += d->slots;
    }
}

static att_status see_event(att_gather *g, const att_record *event, att_error *err)
{
    const bool is_before = event->at_ms < g->since_ms && event->at_ms >= g->since_ms - g->options.before_days * DAY_MS;
    const bool known = event->user < g->place.count && g->place.items[event->user];
    if (!is_before && !known)
        return ATT_OK;
    row *r = row_of(g, event->user);
    if (!r)
        return att_no_memory(err, g->rows.count, "people of an experiment");
    if (event->set_aside) {
        r->bot = true;
        return ATT_OK;
    }
    if (event->decision)
        display(g, r, event->decision, event->at_ms);
    if (r->exposed != NO_ARM && event->at_ms >= r->exposed_ms)
        count_event(g, &r->during, event);
    else if (is_before)
        count_event(g, &r->before, event);
    return ATT_OK;
}

// The person's arm of this experiment; NO_ARM: none.
static uint8_t arm_of(const att_gather *g, const att_decision_record *decision)
{
    for (size_t a = 0; a < decision->arm_count; a++) {
        const att_arm arm = att_arm_of(decision->arms[a]);
        if (!g->experiment && arm.experiment == 0)
            return 0;
        if (g->experiment && arm.experiment == g->experiment->number && arm.variation < g->arm_count)
            return (uint8_t)arm.variation;
    }
    return g->experiment ? NO_ARM : 1;
}

static att_status see_decision(att_gather *g, const att_record *record, att_error *err)
{
    att_decision_record decision;
    const att_status status = att_decision_decode(
        record->payload, record->payload_size, &decision, g->slots, ATT_SLATE_MAX, err);
    if (status || record->user == ATT_NO_INDEX)
        return att_while(err, status, "record %llu", (unsigned long long)record->seq);
    const uint8_t arm = g->experiment || record->at_ms >= g->since_ms ? arm_of(g, &decision) : NO_ARM;
    if (arm == NO_ARM && record->at_ms < g->since_ms - g->options.before_days * DAY_MS)
        return ATT_OK;
    row *r = row_of(g, record->user);
    const decided d = {.seq = record->seq, .arm = arm, .slots = decision.count, .row = r ? (uint32_t)(r - g->rows.items) : 0};
    if (!r || !ATT_VEC_PUSH(&g->host, &g->decisions, d))
        return att_no_memory(err, g->decisions.count, "decisions of an experiment");
    if (arm == NO_ARM)
        return ATT_OK;
    advance(g, record->at_ms);
    assign(r, arm);
    g->arms[arm].decisions++;
    return ATT_OK;
}

static att_status see_exposure(att_gather *g, const att_record *record, att_error *err)
{
    uint32_t code;
    row *r = row_of(g, record->user);
    if (!r)
        return att_no_memory(err, g->rows.count, "people of an experiment");
    if (record->decision) {
        display(g, r, record->decision, record->at_ms);
        return ATT_OK;
    }
    if (record->payload_size != sizeof code || !g->experiment)
        return ATT_OK;
    memcpy(&code, record->payload, sizeof code);
    const att_arm arm = att_arm_of(code);
    if (arm.experiment == g->experiment->number && arm.variation < g->arm_count) {
        advance(g, record->at_ms);
        expose(r, (uint8_t)arm.variation, record->at_ms);
    }
    return ATT_OK;
}

att_status att_gather_see(att_gather *g, const att_record *record, att_error *err)
{
    if ((g->options.until_ms && record->at_ms > g->options.until_ms) || record->at_ms > g->stop_ms)
        return ATT_OK;
    g->last_ms = ATT_MAX(g->last_ms, record->at_ms);
    switch (record->kind) {
    case ATT_RECORD_EVENT:
        return see_event(g, record, err);
    case ATT_RECORD_DECISION:
        return see_decision(g, record, err);
    case ATT_RECORD_EXPOSURE:
        return record->user == ATT_NO_INDEX ? ATT_OK : see_exposure(g, record, err);
    default:
        return ATT_OK;
    }
}

bool att_gather_person(const att_gather *g, size_t *at, att_gathered *out)
{
    while (*at < g->rows.count) {
        const row *r = &g->rows.items[(*at)++];
        if (!is_measured(r))
            continue;
        *out = (att_gathered){.user = r->user,
            .variation = r->exposed,
            .exposed_ms = r->exposed_ms,
            .during = &r->during.sums,
            .before = &r->before.sums};
        return true;
    }
    return false;
}

// --- What it says -----------------------------------------------------------------------------------------------

typedef struct owned_readout {
    att_readout readout; // first: what callers hold
    att_host host;
    att_readout_line *lines; // (line_capacity)
    size_t line_capacity;
} owned_readout;

void att_readout_destroy(att_readout *readout)
{
    if (!readout)
        return;
    owned_readout *memory = (owned_readout *)readout;
    const att_host host = memory->host;
    ATT_FREE_ARRAY(&host, memory->lines, memory->line_capacity);
    att_free(&host, memory, 1, sizeof *memory);
}

static void count_people(const att_gather *g, att_readout *out)
{
    for (size_t i = 0; i < g->rows.count; i++) {
        const row *r = &g->rows.items[i];
        if (r->assigned == NO_ARM)
            continue;
        out->set_aside += r->two_arms;
        if (r->two_arms)
            continue;
        att_readout_arm *arm = &out->arms[r->assigned];
        arm->assigned++;
        arm->exposed += r->exposed != NO_ARM;
        arm->bots += r->bot;
        arm->people += is_measured(r);
    }
}

static void check_ratio(att_readout *out)
{
    double exposed[ATT_VARIATIONS_MAX], assigned[ATT_VARIATIONS_MAX], weights[ATT_VARIATIONS_MAX];
    for (size_t v = 0; v < out->arm_count; v++) {
        exposed[v] = (double)out->arms[v].exposed;
        assigned[v] = (double)out->arms[v].assigned;
        weights[v] = out->arms[v].weight;
    }
    const att_sample_ratio ratio = att_sample_ratio_check(exposed, weights, out->arm_count);
    out->ratio_p = ratio.p;
    out->ratio_p_anytime = ratio.p_anytime;
    out->assigned_ratio_p = att_sample_ratio_check(assigned, weights, out->arm_count).p;
    out->ratio_alarm = out->ratio_p < ATT_SAMPLE_RATIO_ALARM;
}

static att_metric_role role_of(const att_gather *g, const att_person_metric *metric)
{
    const att_experiment *e = g->experiment;
    for (size_t m = 0; e && m < e->metric_count; m++)
        if (att_text_equal(e->metrics[m], att_text_of(metric->name)))
            return ATT_ROLE_GOAL;
    if ((!e || e->metric_count == 0) && strcmp(metric->name, "reward") == 0)
        return ATT_ROLE_GOAL;
    return metric->guardrail ? ATT_ROLE_GUARDRAIL : ATT_ROLE_OTHER;
}

static att_readout_line make_line(
    const att_gather *g, size_t m, const att_person_metric *metric, const att_arm_sums *sums, size_t v)
{
    const double alpha = g->options.alpha;
    const att_comparison c = att_compare(&sums[0], &sums[v]);
    const att_verdict daily =
        att_anytime_verdict(&c.adjusted, c.information.adjusted, g->first[m][v].adjusted, alpha);
    const att_verdict once = att_fixed_verdict(&c.adjusted, alpha);
    return (att_readout_line){.metric = metric,
        .role = role_of(g, metric),
        .variation = (uint32_t)v,
        .known = c.known,
        .control = c.control,
        .value = c.treatment,
        .difference = c.adjusted.difference,
        .low = daily.low,
        .high = daily.high,
        .p = daily.p,
        .fixed_low = once.low,
        .fixed_high = once.high,
        .fixed_p = once.p,
        .variance_cut = c.variance_cut};
}

// Goals share one alpha, and so do the others; a guardrail keeps its own: one alarm too many is better than one too few.
static void correct(att_readout_line *lines, size_t count, double alpha)
{
    double p[METRICS_MAX * ATT_VARIATIONS_MAX], adjusted[METRICS_MAX * ATT_VARIATIONS_MAX];
    for (int role = ATT_ROLE_GOAL; role <= ATT_ROLE_OTHER; role++) {
        size_t taken = 0;
        for (size_t i = 0; i < count; i++)
            if ((int)lines[i].role == role)
                p[taken++] = lines[i].p;
        att_holm(p, taken, adjusted);
        taken = 0;
        for (size_t i = 0; i < count; i++)
            if ((int)lines[i].role == role)
                lines[i].p_holm = adjusted[taken++];
    }
    for (size_t i = 0; i < count; i++) {
        if (lines[i].role == ATT_ROLE_GUARDRAIL)
            lines[i].p_holm = lines[i].p;
        if (lines[i].known && lines[i].p_holm <= alpha)
            lines[i].verdict = (lines[i].difference > 0 ? 1 : -1) * lines[i].metric->better;
    }
}

static void fill_lines(const att_gather *g, owned_readout *out)
{
    size_t count;
    const att_person_metric *metrics = att_person_metrics(&count);
    for (int role = ATT_ROLE_GOAL; role <= ATT_ROLE_GUARDRAIL; role++)
        for (size_t m = 0; m < count; m++) {
            att_arm_sums sums[ATT_VARIATIONS_MAX];
            if ((int)role_of(g, &metrics[m]) != role)
                continue;
            sum_metric(g, &metrics[m], sums);
            for (size_t v = 1; v < g->arm_count; v++)
                out->lines[out->readout.line_count++] = make_line(g, m, &metrics[m], sums, v);
        }
    correct(out->lines, out->readout.line_count, g->options.alpha);
}

att_status att_gather_finish(att_gather *g, att_readout **out, att_error *err)
{
    size_t count;
    att_person_metrics(&count);
    *out = NULL;
    owned_readout *made = ATT_NEW_ARRAY(&g->host, owned_readout, 1);
    if (!made)
        return att_no_memory(err, 1, "readouts");
    made->host = g->host;
    made->line_capacity = count * g->arm_count;
    made->lines = ATT_NEW_ARRAY(&g->host, att_readout_line, made->line_capacity);
    if (!made->lines) {
        att_readout_destroy(&made->readout);
        return att_no_memory(err, made->line_capacity, "lines of a readout");
    }
    att_readout *r = &made->readout;
    r->number = g->experiment ? g->experiment->number : 0;
    r->status = g->experiment ? g->experiment->status : ATT_EXPERIMENT_RUNNING;
    snprintf(r->key, sizeof r->key, "%.*s", g->experiment ? (int)g->experiment->key.size : 7,
        g->experiment ? g->experiment->key.data : "holdout");
    r->started_ms = g->since_ms;
    r->until_ms = g->last_ms;
    r->days = g->look_ms ? (double)(g->last_ms - g->origin_ms) / (double)DAY_MS : 0;
    r->alpha = g->options.alpha;
    r->before_days = g->options.before_days;
    r->arm_count = g->arm_count;
    memcpy(r->arms, g->arms, sizeof r->arms);
    r->lines = made->lines;
    count_people(g, r);
    check_ratio(r);
    fill_lines(g, made);
    *out = r;
    return ATT_OK;
}
