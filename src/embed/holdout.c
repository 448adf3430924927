// SPDX-License-Identifier: Apache-2.0
// embed/holdout.c - splitting people off, and ranking what they did next.
#include "embed/holdout.h"
#include "embed/model_parts.h"
#include "embed/parallel.h"
#include "embed/top.h"
#include "base/rng.h"

#include <math.h>

#define DEPTH 100 // of the ranking
#define RECALL_DEPTH 20

// --- Splitting -----------------------------------------------------------------------------------

// People in random order, those who may be held out first.
static uint32_t order_people(uint32_t *order, const att_matrix *m, uint32_t least, att_rng *rng)
{
    for (uint32_t u = 0; u < m->rows; u++)
        order[u] = u;
    att_rng_shuffle_u32(rng, order, m->rows);
    uint32_t eligible = 0;
    for (uint32_t i = 0; i < m->rows; i++) {
        const uint32_t u = order[i];
        if (m->row_start[u + 1] - m->row_start[u] < least)
            continue;
        order[i] = order[eligible];
        order[eligible++] = u;
    }
    return eligible;
}

// Marks the fifth of person u's preferences that must be found. `pick` has room for them all.
static void mark_targets(uint8_t *is_target, uint32_t *pick, const att_matrix *m,
    const int64_t *last_at_ms, uint32_t u, att_rng *rng)
{
    const uint64_t first = m->row_start[u];
    const uint32_t count = (uint32_t)(m->row_start[u + 1] - first);
    const uint32_t wanted = ATT_MAX(count / 5, 1);
    for (uint32_t k = 0; k < count; k++)
        pick[k] = k;
    att_rng_shuffle_u32(rng, pick, count);
    for (uint32_t i = 0; i < wanted; i++) {
        for (uint32_t k = i + 1; last_at_ms && k < count; k++) {
            if (last_at_ms[first + pick[k]] <= last_at_ms[first + pick[i]])
                continue;
            const uint32_t newer = pick[k];
            pick[k] = pick[i];
            pick[i] = newer;
        }
        is_target[first + pick[i]] = 1;
    }
}

// The held-out people's preferences with this mark.
static att_status take_marked(att_matrix *out, const att_matrix *m, const uint32_t *people,
    uint32_t count, const uint8_t *is_target, uint8_t mark, const att_host *host, att_error *err)
{
    uint64_t nonzeros = 0;
    for (uint32_t i = 0; i < count; i++)
        for (uint64_t k = m->row_start[people[i]]; k < m->row_start[people[i] + 1]; k++)
            nonzeros += is_target[k] == mark;
    const att_status status = att_matrix_init(out, count, m->cols, nonzeros, host, err);
    if (status)
        return status;
    uint64_t to = 0;
    for (uint32_t i = 0; i < count; i++) {
        out->row_start[i] = to;
        for (uint64_t k = m->row_start[people[i]]; k < m->row_start[people[i] + 1]; k++) {
            if (is_target[k] != mark)
                continue;
            out->col[to] = m->col[k];
            out->value[to++] = m->value[k];
        }
    }
    return ATT_OK;
}

// Which preferences of `m` are taken over: those of `people` with this mark (is_target NULL: all of theirs).
typedef struct taking {
    const att_matrix *m;
    const uint32_t *people;
    uint32_t count;
    const uint8_t *is_target;
    uint8_t mark;
    const int64_t *at_ms;      // beside m->col; NULL: not known
    const uint16_t *situation; // likewise
} taking;

// Times and situations beside the columns of `out`, the matrix of what is taken.
static att_status take_moments(int64_t **at_ms, uint16_t **situation, uint64_t *room, const att_matrix *out,
    const taking *from, const att_host *host, att_error *err)
{
    const att_matrix *m = from->m;
    *room = att_matrix_nonzeros(out) + 1;
    *at_ms = from->at_ms ? ATT_NEW_ARRAY(host, int64_t, *room) : NULL;
    *situation = from->situation ? ATT_NEW_ARRAY(host, uint16_t, *room) : NULL;
    if ((from->at_ms && !*at_ms) || (from->situation && !*situation))
        return att_no_memory(err, *room, "times");
    uint64_t to = 0;
    for (uint32_t i = 0; i < from->count; i++)
        for (uint64_t k = m->row_start[from->people[i]]; k < m->row_start[from->people[i] + 1]; k++) {
            if (from->is_target && from->is_target[k] != from->mark)
                continue;
            if (*at_ms)
                (*at_ms)[to] = from->at_ms[k];
            if (*situation)
                (*situation)[to] = from->situation[k];
            to++;
        }
    return ATT_OK;
}

// Of each held-out person the situation of the earliest target.
static att_status ask_first(
    att_holdout *out, const taking *shown, const att_host *host, att_error *err)
{
    const att_matrix *m = shown->m;
    if (!shown->situation || !shown->at_ms)
        return ATT_OK;
    out->asked = ATT_NEW_ARRAY(host, uint16_t, shown->count);
    if (!out->asked)
        return att_no_memory(err, shown->count, "situations");
    for (uint32_t i = 0; i < shown->count; i++) {
        int64_t first_ms = INT64_MAX;
        for (uint64_t k = m->row_start[shown->people[i]]; k < m->row_start[shown->people[i] + 1]; k++)
            if (shown->is_target[k] != shown->mark && shown->at_ms[k] < first_ms) {
                first_ms = shown->at_ms[k];
                out->asked[i] = shown->situation[k];
            }
    }
    return ATT_OK;
}

static uint32_t longest(const att_matrix *m)
{
    uint64_t most = 0;
    for (uint32_t r = 0; r < m->rows; r++)
        most = ATT_MAX(most, m->row_start[r + 1] - m->row_start[r]);
    return (uint32_t)most;
}

static att_status split(att_holdout *out, const att_matrix *m, const int64_t *last_at_ms,
    const att_holdout_options *o, att_arena *scratch, const att_host *host, att_error *err)
{
    const size_t nonzeros = (size_t)att_matrix_nonzeros(m);
    uint32_t *order = ATT_NEW(scratch, uint32_t, (size_t)m->rows + 1);
    uint32_t *pick = ATT_NEW(scratch, uint32_t, (size_t)longest(m) + 1);
    uint8_t *is_target = ATT_NEW(scratch, uint8_t, nonzeros + 1);
    if (!order || !pick || !is_target)
        return att_no_memory(err, nonzeros, "preferences to split");
    att_rng rng = att_rng_stream(o->seed, 1);
    const uint32_t held = ATT_MIN(order_people(order, m, o->least, &rng), o->held);
    if (!held || held == m->rows)
        return ATT_FAIL(
            err, ATT_INVALID, "%u of %u people can be held out to choose by", held, m->rows);
    for (uint32_t i = 0; i < held; i++)
        mark_targets(is_target, pick, m, last_at_ms, order[i], &rng);
    uint32_t others = m->rows - held;
    if (o->train_most)
        others = ATT_MIN(others, o->train_most);
    att_status status = att_matrix_pick_rows(&out->train, m, order + held, others, host, err);
    if (!status)
        status = take_marked(&out->history, m, order, held, is_target, 0, host, err);
    if (!status)
        status = take_marked(&out->targets, m, order, held, is_target, 1, host, err);
    const taking trained = {m, order + held, others, NULL, 0, last_at_ms, o->situation};
    const taking shown = {m, order, held, is_target, 0, last_at_ms, o->situation};
    if (!status)
        status = take_moments(
            &out->train_at_ms, &out->train_situation, &out->train_count, &out->train, &trained, host, err);
    if (!status)
        status = take_moments(&out->history_at_ms, &out->history_situation, &out->history_count, &out->history,
            &shown, host, err);
    return status ? status : ask_first(out, &shown, host, err);
}

att_status att_holdout_make(att_holdout *out, const att_matrix *preferences,
    const int64_t *last_at_ms, const att_holdout_options *options, const att_host *host,
    att_error *err)
{
    *out = (att_holdout){.untimed = options->untimed};
    att_arena scratch;
    att_arena_init(&scratch, host, 0);
    const att_status status = split(out, preferences, last_at_ms, options, &scratch, host, err);
    att_arena_deinit(&scratch);
    if (status)
        att_holdout_deinit(out, host);
    return status;
}

att_status att_holdout_take_moments(att_holdout *holdout, const att_matrix *matrix, const int64_t *at_ms,
    const uint16_t *situation, const uint32_t *rows, const att_host *host, att_error *err)
{
    const taking shown = {matrix, rows, holdout->history.rows, NULL, 0, at_ms, situation};
    return take_moments(&holdout->history_at_ms, &holdout->history_situation, &holdout->history_count,
        &holdout->history, &shown, host, err);
}

void att_holdout_deinit(att_holdout *holdout, const att_host *host)
{
    ATT_FREE_ARRAY(host, holdout->asked, holdout->history.rows);
    holdout->asked = NULL;
    att_matrix_deinit(&holdout->train, host);
    att_matrix_deinit(&holdout->history, host);
    att_matrix_deinit(&holdout->targets, host);
    ATT_FREE_ARRAY(host, holdout->train_at_ms, holdout->train_count);
    ATT_FREE_ARRAY(host, holdout->history_at_ms, holdout->history_count);
    ATT_FREE_ARRAY(host, holdout->train_situation, holdout->train_count);
    ATT_FREE_ARRAY(host, holdout->history_situation, holdout->history_count);
    holdout->train_at_ms = holdout->history_at_ms = NULL;
    holdout->train_situation = holdout->history_situation = NULL;
}

// --- Measuring -----------------------------------------------------------------------------------

static bool is_among(uint32_t item, const uint32_t *sorted, size_t count)
{
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (sorted[middle] < item)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && sorted[low] == item;
}

att_quality att_quality_of(
    const uint32_t *ranked, size_t ranked_count, const uint32_t *targets, size_t target_count)
{
    double gained = 0, ideal = 0, found = 0;
    for (size_t r = 0; r < ATT_MIN(ranked_count, DEPTH); r++) {
        if (!is_among(ranked[r], targets, target_count))
            continue;
        gained += 1 / log2((double)r + 2);
        found += r < RECALL_DEPTH;
    }
    for (size_t r = 0; r < ATT_MIN(target_count, DEPTH); r++)
        ideal += 1 / log2((double)r + 2);
    return (att_quality){ideal > 0 ? gained / ideal : 0,
        target_count ? found / (double)ATT_MIN(target_count, RECALL_DEPTH) : 0, 1};
}

typedef struct measuring {
    const att_holdout *holdout;
    const att_model *model;
    const float *const *placed; // (items); NULL: none
    att_fold *folds[ATT_THREADS_MAX];
    float *scores;           // (threads, items)
    att_fold_item *folded;   // (threads, longest)
    att_model_event *events; // (threads, longest)
    size_t longest;          // history
    att_quality *people;     // (held)
    att_status status[ATT_THREADS_MAX];
} measuring;

static att_status read_history(const measuring *m, uint32_t thread, size_t person)
{
    const att_matrix *history = &m->holdout->history;
    const uint64_t first = history->row_start[person];
    const size_t count = (size_t)(history->row_start[person + 1] - first);
    att_model_event *events = m->events + (size_t)thread * m->longest;
    const uint16_t *situation = m->holdout->history_situation;
    const int64_t unit = m->holdout->untimed ? 1 : 1000;
    for (size_t k = 0; k < count; k++)
        events[k] = (att_model_event){history->col[first + k],
            (uint32_t)(m->holdout->history_at_ms[first + k] / unit), situation ? situation[first + k] : 0};
    const uint32_t asked = m->holdout->asked ? m->holdout->asked[person] : 0;
    return att_model_read(m->model, m->folds[thread], events, count, asked, 0, NULL);
}

static int64_t newest_of(const att_holdout *holdout, size_t person)
{
    int64_t newest = 0;
    for (uint64_t k = holdout->history.row_start[person]; k < holdout->history.row_start[person + 1]; k++)
        newest = ATT_MAX(newest, holdout->history_at_ms[k]);
    return newest;
}

// Scores of all items for this person; those that the model does not know by their placed vectors, or 0.
static att_status score_person(const measuring *m, uint32_t thread, size_t person, float *scores)
{
    const att_matrix *history = &m->holdout->history;
    const uint64_t first = history->row_start[person];
    const size_t count = (size_t)(history->row_start[person + 1] - first);
    att_fold *fold = m->folds[thread];
    att_fold_item *events = m->folded + thread * m->longest;
    for (size_t k = 0; k < count; k++) {
        const uint32_t item = history->col[first + k];
        events[k] = (att_fold_item){item, history->value[first + k], m->placed ? m->placed[item] : NULL};
    }
    att_status status = att_model_fold(m->model, fold, events, count, NULL, NULL);
    if (status)
        return status;
    if (m->holdout->by_clock)
        att_model_ask(m->model, fold, 0, newest_of(m->holdout, person));
    if (m->holdout->history_at_ms && m->model->seq)
        status = read_history(m, thread, person);
    if (status)
        return status;
    const uint32_t known = ATT_MIN(m->model->item_count, history->cols);
    att_model_score_all(m->model, fold, scores);
    memset(scores + known, 0, (history->cols - known) * sizeof *scores);
    for (uint32_t j = 0; m->placed && j < history->cols && !status; j++)
        if (m->placed[j])
            status = att_model_score(m->model, fold, &j, &m->placed[j], 1, &scores[j], NULL);
    return status;
}

static att_status measure_one(measuring *m, uint32_t thread, size_t person)
{
    const att_matrix *history = &m->holdout->history, *targets = &m->holdout->targets;
    const uint64_t first = history->row_start[person];
    const size_t count = (size_t)(history->row_start[person + 1] - first);
    float *scores = m->scores + (size_t)thread * ATT_MAX(history->cols, m->model->item_count);
    const att_status status = score_person(m, thread, person, scores);
    if (status)
        return status;
    for (size_t k = 0; k < count; k++)
        scores[history->col[first + k]] = -INFINITY;
    for (uint32_t j = 0; m->holdout->by_clock && j < m->model->item_count; j++)
        if (!m->model->touched[j])
            scores[j] = -INFINITY; // cannot be sought, and must not stand above what is scored below 0
    uint32_t items[DEPTH];
    float best[DEPTH];
    att_top top = {items, best, 0, DEPTH};
    for (uint32_t j = 0; j < history->cols; j++)
        if (scores[j] > -INFINITY)
            att_top_offer(&top, j, scores[j]);
    att_top_sort(&top);
    const uint64_t at = targets->row_start[person];
    m->people[person] = att_quality_of(
        items, top.count, targets->col + at, (size_t)(targets->row_start[person + 1] - at));
    return ATT_OK;
}

static void measure_rows(void *context, uint32_t thread, size_t begin, size_t end)
{
    measuring *m = context;
    for (size_t p = begin; p < end && !m->status[thread]; p++)
        m->status[thread] = measure_one(m, thread, p);
}

static att_status start_measuring(
    measuring *m, uint32_t threads, att_arena *scratch, const att_host *host, att_error *err)
{
    const size_t held = m->holdout->history.rows, items = m->holdout->history.cols;
    m->longest = (size_t)longest(&m->holdout->history) + 1;
    m->scores = ATT_NEW(scratch, float, threads *ATT_MAX(items, m->model->item_count));
    m->folded = ATT_NEW(scratch, att_fold_item, threads *m->longest);
    m->events = ATT_NEW(scratch, att_model_event, threads *m->longest);
    if (!m->people)
        m->people = ATT_NEW(scratch, att_quality, held);
    if (!m->scores || !m->folded || !m->events || !m->people)
        return att_no_memory(err, threads * items, "scores");
    att_status status = ATT_OK;
    for (uint32_t t = 0; t < threads && !status; t++)
        status = att_fold_create(&m->folds[t], host, err);
    return status;
}

static att_status check_measuring(const measuring *m, uint32_t threads, att_error *err)
{
    for (uint32_t t = 0; t < threads; t++)
        if (m->status[t])
            return ATT_FAIL(err, m->status[t], "measuring on people held out: %s",
                att_status_text(m->status[t]));
    return ATT_OK;
}

static void mean_of_people(const measuring *m, att_quality *out)
{
    *out = (att_quality){.people = m->holdout->history.rows};
    for (uint32_t p = 0; p < out->people; p++) {
        out->ndcg_100 += m->people[p].ndcg_100 / out->people;
        out->recall_20 += m->people[p].recall_20 / out->people;
    }
}

// m->scores may be wider than a row of items is long where the model knows items that the holdout does not.
static att_status measure(measuring *m, uint32_t threads, att_arena *scratch, att_quality *mean,
    const att_host *host, att_error *err)
{
    att_status status = start_measuring(m, threads, scratch, host, err);
    if (!status) {
        att_parallel_for(threads, m->holdout->history.rows, 4, measure_rows, m);
        status = check_measuring(m, threads, err);
    }
    if (!status && mean)
        mean_of_people(m, mean);
    for (uint32_t t = 0; t < threads; t++)
        att_fold_destroy(m->folds[t]);
    return status;
}

att_status att_holdout_measure(att_quality *out, const att_holdout *holdout, const att_model *model,
    uint32_t threads, const att_host *host, att_error *err)
{
    measuring m = {.holdout = holdout, .model = model};
    att_arena scratch;
    att_arena_init(&scratch, host, 0);
    const att_status status = measure(&m, att_parallel_threads(threads), &scratch, out, host, err);
    att_arena_deinit(&scratch);
    return status;
}

att_status att_holdout_measure_people(att_quality *people, const att_holdout *holdout,
    const att_model *model, const float *const *placed, uint32_t threads, const att_host *host,
    att_error *err)
{
    measuring m = {.holdout = holdout, .model = model, .placed = placed, .people = people};
    att_arena scratch;
    att_arena_init(&scratch, host, 0);
    const att_status status = measure(&m, att_parallel_threads(threads), &scratch, NULL, host, err);
    att_arena_deinit(&scratch);
    return status;
}
