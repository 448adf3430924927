// SPDX-License-Identifier: Apache-2.0
// embed/choose_seq.c - does a sequence part help, and how much of the score should be its own?
//
// A fifth of the people are held out, with the newest fifth of what they prefer to be found. The chosen factorization and a sequence
// model are trained on the others; the share of the sequence is the one that ranks the held-out people best (mean of NDCG@100 and
// recall@20) of the few that are better than the rest alone by more than chance, none where none is. Then a sequence
// model is trained on everybody, longer than in the trial. Both trainings end early where validation says so, and after a number of
// operations anyway.
#include "embed/choose.h"
#include "embed/holdout.h"
#include "embed/seq_parts.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#define PEOPLE_LEAST 100 // with EVENTS_LEAST or more
#define EVENTS_LEAST 5
#define ALL_EVENTS_LEAST 2000
#define LENGTH_MOST 64 // events read at serving: each costs a token when a person changed
#define TRIAL_EPOCHS_MOST 100      // sparse data begins slowly; dense data ends by patience before
#define TRIAL_OPERATIONS_MOST 1e13 // a few minutes of one processor
#define EPOCHS_MOST 150
#define OPERATIONS_MOST 2e13
#define EVENTS_SMALL 200000  // with fewer a narrow model learns as much
#define SCALE_PEOPLE 200    // whose scores are compared to put both on one scale
#define HELD_LEAST 50
#define HELD_MOST 2000       // with few preferences a person, it takes many to tell a gain from chance
#define Z_OF_CONFIDENCE 2.450 // 95 %, one-sided, of seven looks (Bonferroni)

typedef struct chooser {
    const att_host *host;
    const att_recipe *recipe;
    const att_model_input *input;
    const att_train_options *options;
    att_train_report *report;
    att_holdout split;
    att_seq_report trained;
    char checkpoint[2][1024]; // of the trial and of the training on everybody; empty: none
} chooser;

// --- The scale ---------------------------------------------------------------------------------------

typedef struct spread {
    double sum, squares, count;
} spread;

static void add_to(spread *s, double value)
{
    s->sum += value;
    s->squares += value * value;
    s->count++;
}

static double deviation(const spread *s)
{
    const double mean = s->count > 0 ? s->sum / s->count : 0;
    return s->count > 0 ? sqrt(ATT_MAX(s->squares / s->count - mean * mean, 0)) : 0;
}

// One person's scores by the other parts, then by the sequence.
static att_status compare_person(const att_model *model, att_fold *fold, const att_matrix *m,
    const uint32_t *at_s, const uint16_t *situation, uint32_t u, att_model_event *events, spread *rest,
    spread *sequence, att_error *err)
{
    const uint64_t first = m->row_start[u];
    const size_t count = (size_t)(m->row_start[u + 1] - first);
    att_status status = att_model_fold_arrays(
        model, fold, m->col + first, m->value + first, count, err);
    for (size_t k = 0; k < count; k++)
        events[k] = (att_model_event){
            m->col[first + k], at_s[first + k], situation ? situation[first + k] : 0};
    for (uint32_t j = 0; j < model->item_count && !status; j++) {
        float score;
        status = att_model_score(model, fold, &j, NULL, 1, &score, err);
        if (model->touched[j])
            add_to(rest, (double)score);
    }
    if (!status)
        status = att_model_read(
            model, fold, events, count, situation && count ? situation[first] : 0, 0, err);
    for (uint32_t j = 0; j < model->item_count && !status; j++)
        if (model->touched[j])
            add_to(sequence, att_fold_sequence_score(model, fold, j));
    return status;
}

static att_status match_scales(att_model *model, const att_matrix *m, const uint32_t *at_s,
    const uint16_t *situation, att_error *err)
{
    const att_host *host = &model->host;
    uint64_t longest = 0;
    for (uint32_t u = 0; u < m->rows; u++)
        longest = ATT_MAX(longest, m->row_start[u + 1] - m->row_start[u]);
    att_fold *fold = NULL;
    att_model_event *events = ATT_NEW_ARRAY(host, att_model_event, longest + 1);
    att_status status = events ? ATT_OK : att_no_memory(err, longest, "events");
    if (!status)
        status = att_fold_create(&fold, host, err);
    spread rest = {0}, sequence = {0};
    model->seq_scale = 1;
    const uint32_t step = ATT_MAX(m->rows / SCALE_PEOPLE, 1);
    for (uint32_t u = 0; u < m->rows && !status; u += step)
        if (m->row_start[u + 1] > m->row_start[u])
            status = compare_person(model, fold, m, at_s, situation, u, events, &rest, &sequence, err);
    const double wanted = deviation(&rest), is = deviation(&sequence);
    model->seq_scale = wanted > 0 && is > 0 ? wanted / is : 1;
    att_fold_destroy(fold);
    ATT_FREE_ARRAY(host, events, longest + 1);
    return status;
}

att_status att_model_add_sequence(att_model *model, att_seq *seq, double share, const att_matrix *m,
    const uint32_t *at_s, const uint16_t *situation, att_error *err)
{
    att_seq_destroy(model->seq);
    model->seq = seq;
    model->seq_share = share;
    return match_scales(model, m, at_s, situation, err);
}

// --- Training ----------------------------------------------------------------------------------------

static att_seq_options options_of(const chooser *c, const att_seq_data *data, uint64_t stream)
{
    const uint64_t events = data->start[data->people];
    const bool trial = stream == 1;
    att_seq_options o = {.seed = c->options->seed + stream,
        .threads = c->options->threads,
        .held = (uint32_t)ATT_MIN(ATT_MAX(data->people / 10, 50), 1000),
        .dim = events < EVENTS_SMALL ? 32 : 64,
        .negatives = events < EVENTS_SMALL ? 256 : 512,
        .patience = 8,
        .epochs = trial ? TRIAL_EPOCHS_MOST : EPOCHS_MOST,
        .flops_most = trial ? TRIAL_OPERATIONS_MOST : OPERATIONS_MOST};
    o = att_seq_options_for(&o, data);
    o.length = ATT_MIN(o.length, LENGTH_MOST);
    return o;
}

// One that cannot be gone on from (other data, other options, damaged) is as good as none.
static att_status train(
    chooser *c, att_seq **seq, const att_seq_data *data, uint64_t stream, att_error *err)
{
    att_seq_options options = options_of(c, data, stream);
    const char *path = c->checkpoint[stream - 1];
    options.checkpoint = path[0] ? path : NULL;
    att_error first;
    const att_status status = att_seq_train(seq, data, &options, &c->trained, c->host, &first);
    const bool again = (status == ATT_INVALID || status == ATT_CORRUPT || status == ATT_VERSION) &&
                       path[0] && unlink(path) == 0;
    if (again)
        return att_seq_train(seq, data, &options, &c->trained, c->host, err);
    if (status && err)
        *err = first;
    return status;
}

// Where times tell the order alone, two of one second are still two.
static void to_seconds(uint32_t *at_s, const int64_t *at_ms, uint64_t count, bool untimed)
{
    for (uint64_t k = 0; k < count; k++)
        at_s[k] = (uint32_t)ATT_MIN(ATT_MAX(at_ms[k] / (untimed ? 1 : 1000), 0), (int64_t)UINT32_MAX);
}

// Trains on `m` and makes it a part of `model` with share 1.
static att_status learn(chooser *c, att_model *model, const att_matrix *m, const int64_t *at_ms,
    const uint16_t *situation, uint64_t stream, att_error *err)
{
    const uint64_t count = att_matrix_nonzeros(m);
    att_seq_histories histories = {0};
    att_seq *seq = NULL;
    uint32_t *at_s = ATT_NEW_ARRAY(c->host, uint32_t, count + 1);
    att_status status = at_s ? ATT_OK : att_no_memory(err, count, "times");
    if (!status) {
        const bool untimed = c->input->untimed;
        to_seconds(at_s, at_ms, count, untimed);
        status = att_seq_histories_build(&histories, m, at_s, untimed ? NULL : at_ms, situation, c->host, err);
    }
    if (!status)
        status = train(c, &seq, &histories.data, stream, err);
    if (!status)
        status = att_model_add_sequence(model, seq, 1, m, at_s, situation, err);
    att_seq_histories_deinit(&histories, c->host);
    ATT_FREE_ARRAY(c->host, at_s, count + 1);
    return status;
}

// --- The share ---------------------------------------------------------------------------------------

typedef struct judged {
    double mean; // of q = (NDCG@100 + recall@20) / 2
    double least; // what the mean gain over the rest alone is at least, with that confidence
} judged;

// people is (held), overwritten; `alone` is (held), what the rest alone reached: NULL while that is measured.
static att_status measure(chooser *c, att_model *model, double share, const att_quality *alone,
    att_quality *people, judged *out, att_error *err)
{
    const uint32_t count = c->split.history.rows;
    model->seq_share = share;
    const att_status status = att_holdout_measure_people(
        people, &c->split, model, NULL, c->options->threads, c->host, err);
    double sum = 0, gain = 0, squares = 0;
    for (uint32_t p = 0; p < count && !status; p++) {
        const double q = (people[p].ndcg_100 + people[p].recall_20) / 2;
        const double d = alone ? q - (alone[p].ndcg_100 + alone[p].recall_20) / 2 : 0;
        sum += q;
        gain += d;
        squares += d * d;
    }
    const double n = ATT_MAX(count, 1), mean = gain / n;
    const double deviation = sqrt(ATT_MAX(squares / n - mean * mean, 0) * n / ATT_MAX(n - 1, 1));
    *out = (judged){sum / n, mean - Z_OF_CONFIDENCE * deviation / sqrt(n)};
    return status;
}

// The best of the shares that are better than none on the same people, by a paired test of each.
static att_status find_share(chooser *c, att_model *model, double *best, att_error *err)
{
    static const double shares[] = {0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95};
    const uint32_t count = c->split.history.rows;
    att_quality *alone = ATT_NEW_ARRAY(c->host, att_quality, count);
    att_quality *people = ATT_NEW_ARRAY(c->host, att_quality, count);
    judged without = {0}, top = {0}, kept = {0};
    double at = 0;
    *best = 0;
    att_status status = alone && people ? measure(c, model, 0, NULL, alone, &without, err)
                                        : att_no_memory(err, count, "people");
    for (size_t k = 0; k < ATT_COUNT_OF(shares) && !status; k++) {
        judged now;
        status = measure(c, model, shares[k], alone, people, &now, err);
        if (!status && now.mean > top.mean) {
            top = now;
            at = shares[k];
        }
        if (!status && now.least > 0 && now.mean > kept.mean) {
            kept = now;
            *best = shares[k];
        }
    }
    const bool helps = *best > 0;
    if (!status)
        snprintf(c->report->sequence, sizeof c->report->sequence,
            "%s: %.4f without, %.4f with a share of %.2f, on %u people held out",
            helps ? "it helps" : "it does not help enough", without.mean, helps ? kept.mean : top.mean,
            helps ? *best : at, count);
    ATT_FREE_ARRAY(c->host, alone, count);
    ATT_FREE_ARRAY(c->host, people, count);
    return status;
}

static att_status try_sequence(chooser *c, double *share, att_error *err)
{
    att_model *model = NULL;
    att_status status = att_model_build(
        &model, &c->split.train, c->recipe, c->options->threads, c->host, NULL, err);
    if (!status)
        status = learn(c, model, &c->split.train, c->split.train_at_ms, c->split.train_situation, 1, err);
    if (!status)
        status = find_share(c, model, share, err);
    att_model_destroy(model);
    return status;
}

// --- Whether -----------------------------------------------------------------------------------------

static uint32_t count_people(const att_matrix *m, uint64_t events)
{
    uint32_t count = 0;
    for (uint32_t u = 0; u < m->rows; u++)
        count += m->row_start[u + 1] - m->row_start[u] >= events;
    return count;
}

// NULL: there is enough to try.
static const char *reason_not_to(const chooser *c, const att_model *model, uint32_t people)
{
    const att_matrix *m = c->input->preferences;
    if (!c->input->last_at_ms)
        return "none: the order of events is not known";
    if (model->kind == ATT_MODEL_POPULARITY)
        return "none: there is nothing beside it";
    if (people < PEOPLE_LEAST || att_matrix_nonzeros(m) < ALL_EVENTS_LEAST)
        return "none: fewer than 100 people with 5 preferences, or fewer than 2,000 in all";
    return NULL;
}

att_status att_choose_sequence(att_model *model, const att_recipe *recipe,
    const att_model_input *input, const att_train_options *options, att_train_report *report,
    att_error *err)
{
    chooser c = {.host = &model->host,
        .recipe = recipe,
        .input = input,
        .options = options,
        .report = report};
    const uint32_t people = count_people(input->preferences, EVENTS_LEAST);
    const char *reason = reason_not_to(&c, model, people);
    if (reason) {
        snprintf(report->sequence, sizeof report->sequence, "%s", reason);
        return ATT_OK;
    }
    static const char *const names[2] = {"sequence-trial", "sequence"};
    for (size_t k = 0; k < 2 && options->checkpoints; k++)
        snprintf(c.checkpoint[k], sizeof c.checkpoint[k], "%s-%s", options->checkpoints, names[k]);
    const att_holdout_options held = {.seed = options->seed + 1000,
        .held = ATT_MIN(ATT_MAX(people / 5, HELD_LEAST), HELD_MOST),
        .least = EVENTS_LEAST,
        .untimed = input->untimed,
        .situation = input->situation};
    double share = 0;
    att_status status =
        att_holdout_make(&c.split, input->preferences, input->last_at_ms, &held, c.host, err);
    if (!status)
        status = try_sequence(&c, &share, err);
    att_holdout_deinit(&c.split, c.host);
    if (!status && share > 0) {
        status = learn(&c, model, input->preferences, input->last_at_ms, input->situation, 2, err);
        model->seq_share = share;
        report->sequence_share = share;
    }
    for (size_t k = 0; k < 2 && !status; k++)
        if (c.checkpoint[k][0])
            unlink(c.checkpoint[k]); // done: nothing to go on from
    return status;
}
