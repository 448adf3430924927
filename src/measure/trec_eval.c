// SPDX-License-Identifier: Apache-2.0
// measure/trec_eval.c - what trec_eval 9 prints for a run and its qrels, to the digit.
//
// As there: items of a query are ranked by falling score, ties by falling item
// name; the rank column is not used. A query is evaluated when it has both judgements and retrieved
// items; one without anything relevant counts as 0 in every mean. With -c means are over all
// queries of the qrels and num_rel counts what is relevant in all of them, while num_ret and
// num_rel_ret stay sums over those evaluated.
#include "attune/measure.h"
#include "measure/trec.h"

#include <stdio.h>
#include <stdlib.h>

#define MEASURE_LIST(X)                                                                            \
    X("map", att_average_precision, 0)                                                             \
    X("Rprec", att_r_precision, 0)                                                                 \
    X("recip_rank", att_reciprocal_rank, 0)                                                        \
    X("P_5", att_precision, 5)                                                                     \
    X("P_10", att_precision, 10)                                                                   \
    X("P_15", att_precision, 15)                                                                   \
    X("P_20", att_precision, 20)                                                                   \
    X("P_30", att_precision, 30)                                                                   \
    X("P_100", att_precision, 100)                                                                 \
    X("P_200", att_precision, 200)                                                                 \
    X("P_500", att_precision, 500)                                                                 \
    X("P_1000", att_precision, 1000)                                                               \
    X("recall_5", att_recall, 5)                                                                   \
    X("recall_10", att_recall, 10)                                                                 \
    X("recall_15", att_recall, 15)                                                                 \
    X("recall_20", att_recall, 20)                                                                 \
    X("recall_30", att_recall, 30)                                                                 \
    X("recall_100", att_recall, 100)                                                               \
    X("recall_200", att_recall, 200)                                                               \
    X("recall_500", att_recall, 500)                                                               \
    X("recall_1000", att_recall, 1000)                                                             \
    X("ndcg", att_ndcg, 0)                                                                         \
    X("ndcg_cut_5", att_ndcg, 5)                                                                   \
    X("ndcg_cut_10", att_ndcg, 10)                                                                 \
    X("ndcg_cut_15", att_ndcg, 15)                                                                 \
    X("ndcg_cut_20", att_ndcg, 20)                                                                 \
    X("ndcg_cut_30", att_ndcg, 30)                                                                 \
    X("ndcg_cut_100", att_ndcg, 100)                                                               \
    X("ndcg_cut_200", att_ndcg, 200)                                                               \
    X("ndcg_cut_500", att_ndcg, 500)                                                               \
    X("ndcg_cut_1000", att_ndcg, 1000)                                                             \
    X("success_1", att_hit_rate, 1)                                                                \
    X("success_5", att_hit_rate, 5)                                                                \
    X("success_10", att_hit_rate, 10)

static const struct {
    const char *name;
    double (*value)(const att_ranking *ranking, size_t k);
    size_t k;
} measures[] = {
#define X(name, function, k) {name, function, k},
    MEASURE_LIST(X)
#undef X
};
#define MEASURE_COUNT ATT_COUNT_OF(measures)

typedef struct totals {
    size_t queries, retrieved, relevant, relevant_retrieved;
    double values[MEASURE_COUNT]; // sums over queries
} totals;

typedef struct judged {
    const att_trec_row *row; // of the run
    uint32_t item;           // its place among the query's judgements, or behind them
} judged;

typedef struct evaluation {
    att_trec_file run, qrels;
    judged *order;      // as many as the largest query retrieved
    uint32_t *items;    // the same
    uint32_t *relevant; // as many as the largest query has judgements
    double *grades;
    size_t run_most, qrels_most;
    att_trec_sink *sink;
    void *user;
    const att_host *host;
} evaluation;

// Rows [start, end) have one query.
static size_t query_end(const att_trec_file *file, size_t start)
{
    size_t end = start + 1;
    while (end < file->count && att_text_equal(file->rows[end].query, file->rows[start].query))
        end++;
    return end;
}

static size_t largest_query(const att_trec_file *file, size_t *queries)
{
    size_t most = 0;
    *queries = 0;
    for (size_t start = 0, end; start < file->count; start = end) {
        end = query_end(file, start);
        most = ATT_MAX(most, end - start);
        ++*queries;
    }
    return most;
}

// Releases 9 keep the score as a float, which makes more of them tie; 10 keeps the double.
static void round_scores(att_trec_file *run)
{
    for (size_t i = 0; i < run->count; i++)
        run->rows[i].score = (double)(float)run->rows[i].score;
}

static int by_score(const void *a, const void *b)
{
    const att_trec_row *x = ((const judged *)a)->row, *y = ((const judged *)b)->row;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return att_text_order(y->item, x->item);
}

// Both sides are sorted by item, so one walk gives every retrieved item its judgement.
static void judge(evaluation *eval, const att_trec_row *run, size_t run_count,
    const att_trec_row *qrels, size_t qrels_count)
{
    size_t at = 0;
    for (size_t i = 0; i < run_count; i++) {
        while (at < qrels_count && att_text_order(qrels[at].item, run[i].item) < 0)
            at++;
        const bool known = at < qrels_count && att_text_equal(qrels[at].item, run[i].item);
        eval->order[i] = (judged){&run[i], (uint32_t)(known ? at : qrels_count + i)};
    }
    qsort(eval->order, run_count, sizeof *eval->order, by_score);
    for (size_t i = 0; i < run_count; i++)
        eval->items[i] = eval->order[i].item;
}

static att_ranking ranking_of(
    evaluation *eval, size_t run_count, const att_trec_row *qrels, size_t qrels_count)
{
    size_t relevant = 0;
    for (size_t i = 0; i < qrels_count; i++)
        if (qrels[i].grade > 0) {
            eval->relevant[relevant] = (uint32_t)i;
            eval->grades[relevant++] = qrels[i].grade;
        }
    return (att_ranking){.items = eval->items,
        .count = run_count,
        .relevant = eval->relevant,
        .grades = eval->grades,
        .relevant_count = relevant};
}

static totals measure(const att_ranking *ranking)
{
    totals out = {.queries = 1, .retrieved = ranking->count, .relevant = ranking->relevant_count};
    for (size_t i = 0; i < MEASURE_COUNT; i++)
        out.values[i] = measures[i].value(ranking, measures[i].k);
    out.relevant_retrieved =
        (size_t)(att_recall(ranking, 0) * (double)ranking->relevant_count + 0.5);
    return out;
}

static void add(totals *sum, const totals *one)
{
    sum->queries += one->queries;
    sum->retrieved += one->retrieved;
    sum->relevant += one->relevant;
    sum->relevant_retrieved += one->relevant_retrieved;
    for (size_t i = 0; i < MEASURE_COUNT; i++)
        sum->values[i] += one->values[i];
}

static bool tell_count(
    const evaluation *eval, const char *name, att_text query, bool summary, size_t value)
{
    char text[ATT_TREC_ID_SIZE_MAX + 128];
    snprintf(text, sizeof text, "%-22s\t%.*s\t%zu", name, ATT_TEXT_ARGS(query), value);
    const att_trec_line line = {name, query, summary, (double)value, text};
    return eval->sink(eval->user, &line);
}

static bool tell_value(
    const evaluation *eval, const char *name, att_text query, bool summary, double value)
{
    char text[ATT_TREC_ID_SIZE_MAX + 128];
    snprintf(text, sizeof text, "%-22s\t%.*s\t%6.4f", name, ATT_TEXT_ARGS(query), value);
    const att_trec_line line = {name, query, summary, value, text};
    return eval->sink(eval->user, &line);
}

static bool tell(const evaluation *eval, att_text query, bool summary, const totals *what)
{
    bool go = tell_count(eval, "num_ret", query, summary, what->retrieved) &&
              tell_count(eval, "num_rel", query, summary, what->relevant) &&
              tell_count(eval, "num_rel_ret", query, summary, what->relevant_retrieved);
    for (size_t i = 0; go && i < MEASURE_COUNT; i++)
        go = tell_value(eval, measures[i].name, query, summary, what->values[i]);
    return go;
}

static bool tell_summary(const evaluation *eval, totals *sum, size_t over)
{
    const att_text all = ATT_LIT("all");
    char text[ATT_TREC_ID_SIZE_MAX + 128];
    const att_text tag = eval->run.tag;
    snprintf(text, sizeof text, "%-22s\tall\t%.*s", "runid",
        (int)ATT_MIN(tag.size, ATT_TREC_ID_SIZE_MAX), tag.data);
    const att_trec_line line = {"runid", all, true, 0.0, text};
    for (size_t i = 0; i < MEASURE_COUNT; i++)
        sum->values[i] /= (double)over;
    return eval->sink(eval->user, &line) && tell_count(eval, "num_q", all, true, over) &&
           tell(eval, all, true, sum);
}

static att_status cancelled(att_error *err)
{
    return ATT_FAIL(err, ATT_CANCELLED, "the evaluation was stopped");
}

// Queries of both files in byte order, as one walk.
static att_status evaluate_queries(evaluation *eval, bool per_query, totals *sum, att_error *err)
{
    const att_trec_file *run = &eval->run, *qrels = &eval->qrels;
    for (size_t r = 0, q = 0; r < run->count && q < qrels->count;) {
        const int order = att_text_order(run->rows[r].query, qrels->rows[q].query);
        const size_t r_end = query_end(run, r), q_end = query_end(qrels, q);
        if (order == 0) {
            judge(eval, run->rows + r, r_end - r, qrels->rows + q, q_end - q);
            const att_ranking ranking = ranking_of(eval, r_end - r, qrels->rows + q, q_end - q);
            const totals one = measure(&ranking);
            if (per_query && !tell(eval, run->rows[r].query, false, &one))
                return cancelled(err);
            add(sum, &one);
        }
        r = order <= 0 ? r_end : r;
        q = order >= 0 ? q_end : q;
    }
    return ATT_OK;
}

static att_status make_room(evaluation *eval, size_t *queries, att_error *err)
{
    size_t run_queries;
    eval->run_most = largest_query(&eval->run, &run_queries);
    eval->qrels_most = largest_query(&eval->qrels, queries);
    eval->order = ATT_NEW_ARRAY(eval->host, judged, eval->run_most);
    eval->items = ATT_NEW_ARRAY(eval->host, uint32_t, eval->run_most);
    eval->relevant = ATT_NEW_ARRAY(eval->host, uint32_t, eval->qrels_most);
    eval->grades = ATT_NEW_ARRAY(eval->host, double, eval->qrels_most);
    if (!eval->order || !eval->items || !eval->relevant || !eval->grades)
        return att_no_memory(err, eval->run_most, "retrieved items");
    return ATT_OK;
}

static void clear(evaluation *eval)
{
    ATT_FREE_ARRAY(eval->host, eval->order, eval->run_most);
    ATT_FREE_ARRAY(eval->host, eval->items, eval->run_most);
    ATT_FREE_ARRAY(eval->host, eval->relevant, eval->qrels_most);
    ATT_FREE_ARRAY(eval->host, eval->grades, eval->qrels_most);
    att_trec_file_deinit(&eval->run, eval->host);
    att_trec_file_deinit(&eval->qrels, eval->host);
}

static size_t relevant_in_all(const att_trec_file *qrels)
{
    size_t relevant = 0;
    for (size_t i = 0; i < qrels->count; i++)
        relevant += qrels->rows[i].grade > 0;
    return relevant;
}

static att_status evaluate(evaluation *eval, const att_trec_options *options, att_error *err)
{
    totals sum = {0};
    size_t queries;
    att_status status = make_room(eval, &queries, err);
    if (!status)
        status = evaluate_queries(eval, options->per_query, &sum, err);
    if (!status && sum.queries == 0)
        return ATT_FAIL(err, ATT_INVALID,
            "no query is in both files: the run begins with \"%.*s\", the qrels with \"%.*s\"",
            ATT_TEXT_ARGS(eval->run.rows[0].query), ATT_TEXT_ARGS(eval->qrels.rows[0].query));
    if (options->complete)
        sum.relevant = relevant_in_all(&eval->qrels);
    if (!status && !tell_summary(eval, &sum, options->complete ? queries : sum.queries))
        return cancelled(err);
    return status;
}

att_status att_trec_eval(const char *run_path, const char *qrels_path,
    const att_trec_options *options, att_trec_sink *sink, void *user, const att_host *host,
    att_error *err)
{
    static const att_trec_options plain = {0};
    const att_host full = att_host_complete(host);
    evaluation eval = {.sink = sink, .user = user, .host = &full};
    att_status status = att_trec_load(&eval.qrels, ATT_TREC_QRELS, qrels_path, &full, err);
    if (!status)
        status = att_trec_load(&eval.run, ATT_TREC_RUN, run_path, &full, err);
    if (!status && !(options && options->double_scores))
        round_scores(&eval.run);
    if (!status)
        status = evaluate(&eval, options ? options : &plain, err);
    clear(&eval);
    return status;
}
