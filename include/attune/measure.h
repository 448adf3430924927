// SPDX-License-Identifier: Apache-2.0
// attune/measure.h - were people better off? Metrics over ranked lists, protocols, intervals,
// reports.
//
// Every formula, its variant and its source stand in docs/evaluation.md.
#ifndef ATT_MEASURE_H
#define ATT_MEASURE_H

#include "attune/host.h"
#include "attune/items.h"

ATT_BEGIN

// --- Metrics over one ranked list
// ---------------------------------------------------------------------

// What is known of the catalogue. A part that is NULL is not known, and metrics that need it give
// NaN.
typedef struct att_measure_world {
    uint32_t items;
    const double
        *share; // (items): share of people who prefer it, 0 … 1, for novelty; 0 counts as the floor
    double share_floor; // > 0: usually 1 / people
    const uint32_t
        *tag_start;       // (items + 1): tags of item i are tags[tag_start[i] … tag_start[i + 1])
    const uint32_t *tags; // ascending within an item, < tag_count
    uint32_t tag_count;
} att_measure_world;

// One person's list and what we know that they wanted. Everything is borrowed.
typedef struct att_ranking {
    const uint32_t *items; // (count): best first, none twice
    size_t count;
    const uint32_t *relevant; // (relevant_count): ascending, none twice
    const double *grades;     // (relevant_count): gain of each, > 0. NULL: 1 each
    size_t relevant_count;
    const uint32_t
        *history; // (history_count): what they were known to prefer before; for calibration
    size_t history_count;
    const uint32_t
        *expected; // (expected_count): ascending; what a popularity list of the same length would
    size_t expected_count;          // have shown them; for serendipity. NULL: not known
    const att_measure_world *world; // may be NULL
    double *scratch;                // (2 * world->tag_count): for calibration. NULL: it gives NaN
} att_ranking;

// Only the first k places count; k = 0 means the whole list. Places that a short list does not fill
// hold nothing relevant. With nothing relevant the value is 0. O(k log relevant_count), no
// allocation.
double att_ndcg(const att_ranking *ranking, size_t k); // gain = grade, discount log2(rank + 1)
double att_ndcg_binary(const att_ranking *ranking, size_t k);   // gain = 1
double att_recall(const att_ranking *ranking, size_t k);        // hits / relevant
double att_recall_capped(const att_ranking *ranking, size_t k); // hits / min(k, relevant)
double att_precision(const att_ranking *ranking, size_t k);     // hits / k
double att_average_precision(const att_ranking *ranking, size_t k);
double att_reciprocal_rank(const att_ranking *ranking, size_t k);
double att_hit(const att_ranking *ranking, size_t k); // 1 if any of the first k is relevant
double att_r_precision(
    const att_ranking *ranking, size_t k); // precision at relevant_count; k is not used
// Beyond accuracy. NaN where the list or the world does not say enough.
double att_diversity(const att_ranking *ranking, size_t k); // mean pairwise 1 - cosine of tag sets
double att_novelty(const att_ranking *ranking, size_t k);   // mean -log2 share, bits
double att_serendipity(const att_ranking *ranking, size_t k); // relevant and not expected, / k
double att_calibration(
    const att_ranking *ranking, size_t k); // Kullback-Leibler divergence, nats; 0 is best
// Over all lists together: shown[i] says how often item i stood in one. Gini sorts `shown`.
double att_coverage(uint64_t *shown, size_t items);
double att_gini(uint64_t *shown, size_t items);

// A metric as a thing: for tables, for help texts, for choosing by name.
typedef struct att_metric {
    const char *name;  // "ndcg-binary"
    const char *title; // "NDCG", as a column head
    const char *meaning;
    const char *source;
    double low, high; // the range; high may be infinite
    bool lower_is_better;
    bool accuracy; // false: beyond accuracy
    double (*value)(
        const att_ranking *ranking, size_t k); // of one list; the mean over people is reported
    double (*spread)(uint64_t *shown, size_t items); // of all lists; exactly one of the two is set
} att_metric;

// Static, in the order of docs/evaluation.md.
const att_metric *att_metrics(size_t *count);
const att_metric *att_metric_find(att_text name); // NULL: no such metric

// --- Intervals
// ------------------------------------------------------------------------------------------

typedef struct att_interval {
    double mean, low, high;
} att_interval;

// Percentile bootstrap (Efron 1979) of the mean: `resamples` times as many values are drawn with
// replacement, low and high are the quantiles of their means. NaN values are "not defined for this
// person" and left out. Pass differences for a paired comparison. The same seed and count draw the
// same people.
att_status att_bootstrap(const double *values, size_t count, uint32_t resamples, double confidence,
    uint64_t seed, const att_host *host, att_interval *out, att_error *err);

// --- trec_eval: its files, its measures, its digits
// -------------------------------------------------------

typedef struct att_trec_options {
    bool complete;  // -c: average over every query of the qrels; those not in the run count as 0
    bool per_query; // -q: each query before the summary
} att_trec_options;

typedef struct att_trec_line {
    const char *measure; // "ndcg_cut_10"
    att_text query;      // "all" in the summary
    bool summary;
    double value;     // whole for the counts num_q, num_ret, num_rel, num_rel_ret
    const char *text; // the line as trec_eval prints it, without its end
} att_trec_line;
// Texts are valid during the call. False stops with ATT_CANCELLED.
typedef bool att_trec_sink(void *user, const att_trec_line *line);

// Reads a run ("query Q0 item rank score tag") and qrels ("query 0 item grade") and gives runid,
// num_q, num_ret, num_rel, num_rel_ret, map, Rprec, recip_rank, P, recall, ndcg, ndcg_cut and
// success as trec_eval 9 computes them. Files of at most 1 GiB; a malformed line is ATT_INVALID
// with its number.
att_status att_trec_eval(const char *run_path, const char *qrels_path,
    const att_trec_options *options, att_trec_sink *sink, void *user, const att_host *host,
    att_error *err);

// Writes either file, one line at a time. Bytes that the format cannot carry (white space, control
// characters, '%', a leading '#') become %XX. The file is complete only when close returned ATT_OK.
typedef struct att_trec_writer att_trec_writer;
att_status att_trec_writer_create(
    att_trec_writer **out, const char *path, const att_host *host, att_error *err);
att_status att_trec_write_run(att_trec_writer *writer, att_text query, att_text item, size_t rank,
    double score, const char *tag, att_error *err);
att_status att_trec_write_qrel(
    att_trec_writer *writer, att_text query, att_text item, int grade, att_error *err);
att_status att_trec_writer_close(
    att_trec_writer *writer, att_error *err); // also frees it; NULL is fine

ATT_END
#endif
