// SPDX-License-Identifier: Apache-2.0
// measure/judge.c - lists and their metrics, person by person.
#include "measure/judge.h"
#include "base/rng.h"
#include "embed/blas.h"
#include "embed/parallel.h"

#include <math.h>
#include <stdlib.h>

// --- Ranking -----------------------------------------------------------------------------------

static int by_rank(const void *a, const void *b)
{
    const att_scored *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    if (x->tie != y->tie)
        return x->tie < y->tie ? -1 : 1;
    return (x->item > y->item) - (x->item < y->item);
}

static att_scored scored(const float *scores, uint32_t item, uint64_t tie_seed)
{
    const float score = isnan(scores[item]) ? -HUGE_VALF : scores[item];
    return (att_scored){score, item, att_mix64(tie_seed ^ item)};
}

// heap[0] is the worst of those kept.
static void sift_down(att_scored *heap, size_t count, size_t at)
{
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && by_rank(&heap[child], &heap[child + 1]) < 0)
            child++;
        if (by_rank(&heap[at], &heap[child]) >= 0)
            return;
        const att_scored swap = heap[at];
        heap[at] = heap[child];
        heap[child] = swap;
    }
}

static void make_heap(att_scored *heap, size_t count)
{
    for (size_t i = count / 2; i > 0; i--)
        sift_down(heap, count, i - 1);
}

size_t att_rank_top(const float *scores, uint32_t items, const uint8_t *ranked,
    const uint32_t *exclude, size_t exclude_count, uint64_t tie_seed, att_scored *heap, size_t most)
{
    size_t count = 0, next = 0;
    for (uint32_t i = 0; most > 0 && i < items; i++) {
        if (next < exclude_count && exclude[next] == i) {
            next++;
            continue;
        }
        if (ranked && !ranked[i])
            continue;
        if (count < most) {
            heap[count++] = scored(scores, i, tie_seed);
            if (count == most)
                make_heap(heap, count);
            continue;
        }
        if (scores[i] < heap[0].score)
            continue;
        const att_scored one = scored(scores, i, tie_seed);
        if (by_rank(&one, &heap[0]) < 0) {
            heap[0] = one;
            sift_down(heap, count, 0);
        }
    }
    qsort(heap, count, sizeof *heap, by_rank);
    return count;
}

// --- One thread's memory -----------------------------------------------------------------------

typedef struct worker {
    att_fold *fold;
    float *scores;       // (items)
    att_scored *heap;    // (depth or negatives and targets)
    uint32_t *expected;  // (depth): popularity list, best first
    uint32_t *ascending; // (depth)
    double *scratch;     // (2 * tag_count)
    uint64_t *shown;     // (spread_count, items): for metrics over all lists
    att_status status;
    att_error err;
} worker;

typedef struct judge {
    att_judgement *out;
    const att_contender *contender;
    const void *model;
    const att_split *split;
    const uint32_t *negatives;
    uint32_t negative_count;
    const att_evaluate_options *options;
    att_measure_world world;
    uint32_t *popular;                 // (items): most popular first
    size_t spread_count;               // columns of metrics over all lists
    size_t spread_at[ATT_COLUMNS_MAX]; // (column_count): their place among those
    size_t heap_size;
    uint32_t threads;
    worker *workers;
    const att_host *host;
} judge;

static size_t rank_candidates(judge *j, worker *w, uint32_t c)
{
    const att_split *split = j->split;
    const uint32_t *targets = split->targets + split->target_start[c];
    const uint32_t target_count = split->target_start[c + 1] - split->target_start[c];
    const uint32_t *negatives = j->negatives + (size_t)c * j->negative_count;
    size_t count = 0;
    for (uint32_t i = 0; i < target_count; i++)
        w->heap[count++] = scored(w->scores, targets[i], j->options->seed);
    for (uint32_t i = 0; i < j->negative_count; i++)
        w->heap[count++] = scored(w->scores, negatives[i], j->options->seed);
    qsort(w->heap, count, sizeof *w->heap, by_rank);
    return ATT_MIN(count, j->out->depth);
}

static uint32_t rank(judge *j, worker *w, uint32_t c)
{
    const att_split *split = j->split;
    const uint32_t start = split->history_start[c];
    const size_t count =
        j->negatives
            ? rank_candidates(j, w, c)
            : att_rank_top(w->scores, split->table->items, split->ranked, split->history + start,
                  split->history_start[c + 1] - start, j->options->seed, w->heap, j->out->depth);
    uint32_t *list = j->out->lists + (size_t)c * j->out->depth;
    for (size_t i = 0; i < count; i++)
        list[i] = w->heap[i].item;
    j->out->list_count[c] = (uint32_t)count;
    return (uint32_t)count;
}

// What a popularity list would show this person: the first that are ranked and not in the history.
static size_t expect(const judge *j, worker *w, uint32_t c)
{
    const att_split *split = j->split;
    size_t count = 0;
    const uint32_t start = split->history_start[c], end = split->history_start[c + 1];
    for (uint32_t i = 0; i < split->table->items && count < j->out->depth; i++) {
        const uint32_t item = j->popular[i];
        uint32_t low = start, high = end;
        while (low < high) {
            const uint32_t middle = low + (high - low) / 2;
            if (split->history[middle] < item)
                low = middle + 1;
            else
                high = middle;
        }
        if (split->ranked[item] && !(low < end && split->history[low] == item))
            w->expected[count++] = item;
    }
    return count;
}

static void expect_first(worker *w, size_t count, att_ranking *ranking)
{
    memcpy(w->ascending, w->expected, count * sizeof *w->ascending);
    qsort(w->ascending, count, sizeof *w->ascending, att_order_u32);
    ranking->expected = w->ascending;
    ranking->expected_count = count;
}

static void measure(judge *j, worker *w, uint32_t c, uint32_t count)
{
    const att_split *split = j->split;
    // Among sampled negatives a list is the protocol's making, not the model's.
    const bool all = !j->negatives, popular = all && split->protocol != ATT_PROTOCOL_COLD;
    att_ranking ranking = {.items = j->out->lists + (size_t)c * j->out->depth,
        .count = count,
        .relevant = split->targets + split->target_start[c],
        .relevant_count = split->target_start[c + 1] - split->target_start[c],
        .history = split->history + split->history_start[c],
        .history_count = split->history_start[c + 1] - split->history_start[c],
        .world = all ? &j->world : NULL,
        .scratch = w->scratch};
    const size_t expected = popular ? expect(j, w, c) : 0;
    for (size_t column = 0; column < j->options->column_count; column++) {
        const att_column *one = &j->options->columns[column];
        if (popular && one->metric->value == att_serendipity)
            expect_first(w, ATT_MIN(one->k, expected), &ranking);
        if (one->metric->value)
            j->out->values[column * split->cases + c] = one->metric->value(&ranking, one->k);
        else
            for (uint32_t i = 0; i < count && i < one->k; i++)
                w->shown[j->spread_at[column] * split->table->items + ranking.items[i]]++;
    }
}

// By the clock everybody is asked at the end of training; else people live in their own days, and what they came to like last
// tells which.
static int64_t asked_ms(const att_split *split, uint32_t c)
{
    int64_t newest = 0;
    if (split->protocol == ATT_PROTOCOL_TIME || split->protocol == ATT_PROTOCOL_ROLLING || !split->timed)
        return 0;
    for (uint32_t i = split->history_start[c]; i < split->history_start[c + 1]; i++)
        newest = ATT_MAX(newest, split->history_at_ms[i]);
    return newest;
}

static void judge_people(void *context, uint32_t thread, size_t begin, size_t end)
{
    judge *j = context;
    worker *w = &j->workers[thread];
    const att_split *split = j->split;
    for (size_t c = begin; !w->status && c < end; c++) {
        const uint32_t start = split->history_start[c];
        const att_history history = {.items = split->history + start,
            .weights = split->history_weight + start,
            .order = split->history_order + start,
            .at_ms = split->timed ? split->history_at_ms + start : NULL,
            .asked_ms = asked_ms(split, c),
            .situation = split->history_situation ? split->history_situation + start : NULL,
            .asked = split->asked ? split->asked[c] : 0,
            .count = split->history_start[c + 1] - start};
        w->status =
            att_contender_score(j->contender, j->model, w->fold, &history, w->scores, &w->err);
        if (!w->status)
            measure(j, w, (uint32_t)c, rank(j, w, (uint32_t)c));
    }
}

// --- The whole ---------------------------------------------------------------------------------

static att_status make_worker(judge *j, worker *w, att_arena *life, att_error *err)
{
    const att_table *table = j->split->table;
    w->scores = ATT_NEW(life, float, table->items);
    w->heap = ATT_NEW(life, att_scored, j->heap_size);
    w->expected = ATT_NEW(life, uint32_t, j->out->depth);
    w->ascending = ATT_NEW(life, uint32_t, j->out->depth);
    w->scratch = ATT_NEW(life, double, 2 * (size_t)table->tag_count + 1);
    w->shown = ATT_NEW(life, uint64_t, j->spread_count * table->items + 1);
    if (!w->scores || !w->heap || !w->expected || !w->ascending || !w->scratch || !w->shown)
        return att_no_memory(err, table->items, "scores");
    return att_fold_create(&w->fold, j->host, err);
}

typedef struct counted {
    uint32_t count, item;
    uint64_t tie;
} counted;

static int by_popularity(const void *a, const void *b)
{
    const counted *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return (x->tie > y->tie) - (x->tie < y->tie);
}

static att_status make_world(judge *j, att_arena *life, att_error *err)
{
    const att_split *split = j->split;
    const att_table *table = split->table;
    const double people = split->train.rows;
    double *share = ATT_NEW(life, double, table->items);
    counted *order = ATT_NEW(life, counted, table->items);
    j->popular = ATT_NEW(life, uint32_t, table->items);
    if (!share || !order || !j->popular)
        return att_no_memory(err, table->items, "items");
    for (uint32_t i = 0; i < table->items; i++) {
        share[i] = split->train_count[i] / people;
        order[i] = (counted){split->train_count[i], i, att_mix64(j->options->seed ^ i)};
    }
    qsort(order, table->items, sizeof *order, by_popularity);
    for (uint32_t i = 0; i < table->items; i++)
        j->popular[i] = order[i].item;
    // Hidden items have no popularity to be novel by.
    const bool cold = split->protocol == ATT_PROTOCOL_COLD;
    j->world = (att_measure_world){table->items, cold ? NULL : share, 1.0 / people,
        table->tag_count ? table->tag_start : NULL, table->tags, table->tag_count};
    return ATT_OK;
}

static uint32_t most_targets(const att_split *split)
{
    uint32_t most = 0;
    for (uint32_t c = 0; c < split->cases; c++)
        most = ATT_MAX(most, split->target_start[c + 1] - split->target_start[c]);
    return most;
}

static att_status make_room(judge *j, att_arena *life, att_error *err)
{
    const size_t columns = j->options->column_count, cases = j->split->cases;
    att_judgement *out = j->out;
    for (size_t i = 0; i < columns; i++) {
        out->depth = ATT_MAX(out->depth, j->options->columns[i].k);
        j->spread_at[i] = j->spread_count;
        j->spread_count += j->options->columns[i].metric->spread != NULL;
    }
    j->heap_size = ATT_MAX(out->depth, j->negative_count + (size_t)most_targets(j->split));
    out->values = ATT_NEW(life, double, columns *cases);
    out->spread = ATT_NEW(life, double, columns);
    out->lists = ATT_NEW(life, uint32_t, cases * out->depth);
    out->list_count = ATT_NEW(life, uint32_t, cases);
    j->workers = ATT_NEW(life, worker, j->threads);
    if (!out->values || !out->spread || !out->lists || !out->list_count || !j->workers)
        return att_no_memory(err, cases, "people");
    att_status status = make_world(j, life, err);
    for (uint32_t t = 0; !status && t < j->threads; t++)
        status = make_worker(j, &j->workers[t], life, err);
    return status;
}

// shown of all threads becomes that of the first, then the ranked items alone.
static void measure_spread(judge *j)
{
    const uint32_t items = j->split->table->items;
    for (size_t column = 0; column < j->options->column_count; column++) {
        const att_metric *metric = j->options->columns[column].metric;
        const size_t start = j->spread_at[column] * items;
        uint64_t *shown = j->workers[0].shown + start;
        j->out->spread[column] = (double)NAN;
        if (!metric->spread || j->negatives)
            continue;
        for (uint32_t t = 1; t < j->threads; t++)
            for (uint32_t i = 0; i < items; i++)
                shown[i] += j->workers[t].shown[start + i];
        uint32_t kept = 0;
        for (uint32_t i = 0; i < items; i++)
            if (j->split->ranked[i])
                shown[kept++] = shown[i];
        j->out->spread[column] = metric->spread(shown, kept);
    }
}

att_status att_judge(att_judgement *out, const att_contender *contender, const void *model,
    const att_split *split, const uint32_t *negatives, uint32_t negative_count,
    const att_evaluate_options *options, const att_host *host, att_arena *life, att_error *err)
{
    *out = (att_judgement){0};
    judge j = {.out = out,
        .contender = contender,
        .model = model,
        .split = split,
        .negatives = negatives,
        .negative_count = negatives ? negative_count : 0,
        .options = options,
        .threads = att_parallel_threads(options->threads),
        .host = host};
    att_status status = make_room(&j, life, err);
    if (!status) {
        const int before = att_blas_hold(); // threads are ours
        att_parallel_for(j.threads, split->cases, 8, judge_people, &j);
        att_blas_release(before);
    }
    for (uint32_t t = 0; j.workers && t < j.threads; t++) {
        if (!status && j.workers[t].status) {
            status = j.workers[t].status;
            if (err)
                *err = j.workers[t].err;
        }
        att_fold_destroy(j.workers[t].fold);
    }
    if (!status)
        measure_spread(&j);
    return status;
}
