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

// --- Metrics over one ranked list --------------------------------------------------------------

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
double att_hit_rate(const att_ranking *ranking, size_t k); // 1 if any of the first k is relevant
double att_r_precision(
    const att_ranking *ranking, size_t k); // precision at relevant_count; k is not used
// Beyond accuracy. NaN where the list or the world does not say enough.
double att_list_diversity(
    const att_ranking *ranking, size_t k);                // mean pairwise 1 - cosine of tag sets
double att_novelty(const att_ranking *ranking, size_t k); // mean -log2 share, bits
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

// --- Intervals ---------------------------------------------------------------------------------

typedef struct att_interval {
    double mean, low, high;
} att_interval;

// Percentile bootstrap (Efron 1979) of the mean: `resamples` times as many values are drawn with
// replacement, low and high are the quantiles of their means. NaN values are "not defined for this
// person" and left out. Pass differences for a paired comparison. The same seed and count draw the
// same people.
att_status att_bootstrap(const double *values, size_t count, uint32_t resamples, double confidence,
    uint64_t seed, const att_host *host, att_interval *out, att_error *err);

// --- trec_eval: its files, its measures, its digits --------------------------------------------

typedef struct att_trec_options {
    bool complete;  // -c: average over every query of the qrels; those not in the run count as 0
    bool per_query; // -q: each query before the summary
    bool double_scores; // as release 10: scores tie when equal as doubles; else as 9: when equal as floats
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

// --- Data to measure on ------------------------------------------------------------------------

// Who preferred what, and when; and what the things are. Nothing is measured on what is not added
// here. Owned by the caller; one thread at a time.
typedef struct att_dataset att_dataset;
att_status att_dataset_create(
    att_dataset **out, const char *name, const att_host *host, att_error *err);
void att_dataset_destroy(att_dataset *dataset); // NULL is fine
// One preference: weight > 0, finite. The same user and item again: the later one (by time, then by
// order) counts.
att_status att_dataset_add(att_dataset *dataset, att_text user, att_text item, int64_t at_ms,
    double weight, att_error *err);
// What an item is, copied; for tags in metrics and for cold start. Replaces an earlier one of the
// same id.
att_status att_dataset_item(att_dataset *dataset, const att_item *item, att_error *err);
// A MovieLens folder: ratings.csv (userId,movieId,rating,timestamp) of at least min_rating count as
// preferences of weight 1; movies.csv (movieId,title,genres) gives titles, years and genres as
// tags. tags.csv is not read: who writes a tag has watched the film, so on hidden items it would
// tell of their popularity.
att_status att_dataset_movielens(
    att_dataset **out, const char *folder, double min_rating, const att_host *host, att_error *err);

// A file of lines "user item" in the order in which things happened, "user item time", "user item rating time", parted by spaces,
// tabs, commas or "::"; with a head line the fields may stand in any order. Every line of at least min_rating
// counts as a preference of weight 1. `columns` ("item,user,rating,time") names the fields where there is no head; NULL: as above.
att_status att_dataset_events(att_dataset **out, const char *path, double min_rating,
    const char *columns, const att_host *host, att_error *err);

typedef struct att_dataset_info {
    const char *name;
    uint64_t preferences;      // as added, before doubles are merged
    uint32_t users, items;     // that were named
    uint32_t described;        // items with a body
    int64_t first_ms, last_ms; // of preferences; 0: none
    bool untimed;              // only the order is known
} att_dataset_info;
void att_dataset_info_get(const att_dataset *dataset, att_dataset_info *out);

// --- Protocols ---------------------------------------------------------------------------------

// Bits. Columns: name, bit, wire name, title.
#define ATT_PROTOCOL_LIST(X)                                                                       \
    X(LEAVE_ONE_OUT, 1, "leave-one-out", "Leave one out, full ranking")                            \
    X(LEAVE_ONE_OUT_SAMPLED, 2, "leave-one-out-sampled",                                           \
        "Leave one out, SAMPLED: ranked among 100 random negatives")                               \
    X(STRONG, 4, "strong", "Strong generalization: people held out")                               \
    X(TIME, 8, "time", "Global time split")                                                        \
    X(COLD, 16, "cold", "Cold start: items hidden from training")                                  \
    X(ROLLING, 32, "rolling", "Rolling time split: several moments, people pooled")

typedef enum att_protocol {
    ATT_PROTOCOL_NONE,
#define X(name, bit, wire, title) ATT_PROTOCOL_##name = bit,
    ATT_PROTOCOL_LIST(X)
#undef X
} att_protocol;
const char *att_protocol_name(uint32_t bit); // "?" when it is not one
bool att_protocol_parse(att_text wire_name, uint32_t *bit);

typedef struct att_column {
    const att_metric *metric;
    size_t k; // 1 … 1000
} att_column;
bool att_column_parse(att_text text, att_column *out); // "ndcg-binary@100"

#define ATT_COLUMNS_MAX 64
#define ATT_CONTENDERS_MAX 16

typedef struct att_evaluate_options {
    uint32_t protocols;        // bits
    const char *const *models; // (model_count); NULL: all of the protocol
    size_t model_count;
    const att_column *columns; // (column_count), at most ATT_COLUMNS_MAX; NULL: the usual ones
    size_t column_count;
    const char *baseline; // differences are taken to it; NULL: "popularity", where it takes part
    uint64_t seed;
    uint32_t threads;   // 0: 1
    uint32_t resamples; // of the bootstrap
    double confidence;
    uint32_t min_preferences; // people with fewer are left out
    uint32_t folds;           // strong: disjoint groups of test people, judged in turn; 1 … 20
    double test_share;        // strong: of people
    double validation_share;  // strong: of people, set aside and not trained on
    double fold_in_share;     // strong: of a test person's preferences
    bool fold_in_earliest;    // strong: the earliest fold in; false: drawn at random
    int64_t split_ms;   // time: training is what lies before; 0: at train_share of all preferences
    double train_share; // time
    double half_life_days; // of a preference in training and history, from the newest of training back; 0: no decay
    uint32_t moments;   // rolling: how many; the data is parted into one more piece than that, 1 … 50
    double cold_share;  // cold: of items, hidden
    uint32_t negatives; // leave-one-out-sampled
    const char *resume_folder; // long trainings keep their state there, and go on from it when they were stopped; NULL: none
    const char *trec_folder; // writes PROTOCOL.qrels and PROTOCOL.MODEL.run there; NULL: none
} att_evaluate_options;
// strong (one fold) and time, all models, 1000 resamples at 0.95, at least 5 preferences, shares
// 0.1, 0.1, 0.8, 0.8 and 0.1, 8 moments, 100 negatives.
att_evaluate_options att_evaluate_options_default(void);

// --- Reports -----------------------------------------------------------------------------------

typedef struct att_measured {
    att_interval value;      // low and high are NaN for metrics over all lists (coverage, gini)
    att_interval difference; // to the baseline on the same people and resamples; NaN without one
} att_measured;

typedef struct att_report_row {
    const char *model, *story;
    double train_s, score_s;
    const att_measured *values; // (column_count)
} att_report_row;

typedef struct att_report_part {
    uint32_t protocol;                // one bit
    const char *name, *title, *about; // about: how it was split, with every count
    bool sampled;
    uint32_t judged;      // people
    uint32_t ranked;      // items that could stand in a list
    const char *baseline; // NULL: none took part
    const att_column *columns;
    size_t column_count;
    const att_report_row *rows;
    size_t row_count;
} att_report_part;

typedef struct att_report {
    const char *dataset;
    uint64_t preferences;  // after doubles were merged and short histories left out
    uint32_t users, items; // likewise
    uint64_t seed;
    uint32_t resamples;
    double confidence;
    const att_report_part *parts;
    size_t part_count;
} att_report;

// Runs the protocols. Progress and cancelling through the host. *out is the caller's.
att_status att_evaluate(const att_dataset *dataset, const att_evaluate_options *options,
    const att_host *host, att_report **out, att_error *err);
void att_report_destroy(att_report *report); // NULL is fine

// Lines without their ends; false stops with ATT_CANCELLED.
typedef bool att_report_sink(void *user, att_text line);
att_status att_report_text(
    const att_report *report, att_report_sink *sink, void *user, att_error *err);
// The whole report as JSON, docs/evaluation.md; the pieces are parts of one text, to be put
// together.
att_status att_report_json(
    const att_report *report, att_report_sink *sink, void *user, att_error *err);

ATT_END
#endif
