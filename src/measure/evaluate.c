// SPDX-License-Identifier: Apache-2.0
// measure/evaluate.c - protocols times contenders: train, judge, put intervals on it, write it
// down.
//
// Within a protocol all contenders meet the same people, and all intervals come from the same
// resamples of them, so differences are paired.
#include "measure/bootstrap.h"
#include "measure/judge.h"
#include "measure/report.h"

#include <math.h>
#include <stdio.h>

static const struct {
    uint32_t bit;
    const char *name, *title;
} protocols[] = {
#define X(name, bit, wire, title) {bit, wire, title},
    ATT_PROTOCOL_LIST(X)
#undef X
};
#define PROTOCOL_COUNT ATT_COUNT_OF(protocols)

const char *att_protocol_name(uint32_t bit)
{
    for (size_t i = 0; i < PROTOCOL_COUNT; i++)
        if (protocols[i].bit == bit)
            return protocols[i].name;
    return "?";
}

bool att_protocol_parse(att_text wire_name, uint32_t *bit)
{
    for (size_t i = 0; i < PROTOCOL_COUNT; i++)
        if (att_text_equal(wire_name, att_text_of(protocols[i].name))) {
            *bit = protocols[i].bit;
            return true;
        }
    return false;
}

bool att_column_parse(att_text text, att_column *out)
{
    const char *at = text.size > 0 ? memchr(text.data, '@', text.size) : NULL;
    if (!at)
        return false;
    const size_t name = (size_t)(at - text.data);
    size_t k = 0;
    for (size_t i = name + 1; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || k > 1000)
            return false;
        k = k * 10 + (size_t)(text.data[i] - '0');
    }
    *out = (att_column){att_metric_find((att_text){text.data, name}), k};
    return out->metric && k >= 1 && k <= 1000;
}

att_evaluate_options att_evaluate_options_default(void)
{
    return (att_evaluate_options){.protocols = ATT_PROTOCOL_STRONG | ATT_PROTOCOL_TIME,
        .seed = 1,
        .resamples = 1000,
        .confidence = 0.95,
        .min_preferences = 5,
        .test_share = 0.1,
        .validation_share = 0.1,
        .fold_in_share = 0.8,
        .train_share = 0.8,
        .cold_share = 0.1,
        .negatives = 100};
}

static const struct {
    const char *metric;
    size_t k;
} usual[] = {{"ndcg-binary", 100}, {"recall-capped", 20}, {"recall-capped", 50},
    {"ndcg-binary", 10}, {"hit-rate", 10}, {"precision", 10}, {"map", 100}, {"mrr", 100},
    {"coverage", 10}, {"gini", 10}, {"novelty", 10}, {"diversity", 10}, {"serendipity", 10},
    {"calibration", 10}};

// --- Options
// --------------------------------------------------------------------------------------------------------

static att_status check_share(double share, const char *name, att_error *err)
{
    if (share > 0.0 && share < 1.0)
        return ATT_OK;
    return ATT_FAIL(
        err, ATT_INVALID, "option \"%s\" is %g, expected a number between 0 and 1", name, share);
}

static att_status check_columns(const att_evaluate_options *options, att_error *err)
{
    if (options->column_count > ATT_COLUMNS_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "%zu columns are wanted, at most %d are measured",
            options->column_count, ATT_COLUMNS_MAX);
    for (size_t i = 0; i < options->column_count; i++)
        if (!options->columns[i].metric || options->columns[i].k < 1 ||
            options->columns[i].k > 1000)
            return ATT_FAIL(
                err, ATT_INVALID, "column %zu needs a metric and a k from 1 to 1000", i + 1);
    return ATT_OK;
}

static bool is_known_model(const char *name)
{
    static const uint32_t kinds[] = {ATT_PROTOCOL_STRONG, ATT_PROTOCOL_COLD};
    for (size_t k = 0; k < ATT_COUNT_OF(kinds); k++) {
        att_contender all[ATT_CONTENDERS_MAX];
        const size_t count = att_contenders(kinds[k], all);
        for (size_t i = 0; i < count; i++)
            if (strcmp(all[i].name, name) == 0)
                return true;
    }
    return false;
}

static att_status check_models(const att_evaluate_options *options, att_error *err)
{
    for (size_t i = 0; options->models && i < options->model_count; i++)
        if (!is_known_model(options->models[i]))
            return ATT_FAIL(err, ATT_INVALID,
                "there is no model \"%s\"; there are random, popularity, item-knn, als, ease, "
                "blend, chosen, "
                "and for cold start content and popularity-oracle",
                options->models[i]);
    return ATT_OK;
}

static att_status check_options(const att_evaluate_options *options, att_error *err)
{
    uint32_t known = 0;
    for (size_t i = 0; i < PROTOCOL_COUNT; i++)
        known |= protocols[i].bit;
    if (options->protocols == 0 || (options->protocols & ~known))
        return ATT_FAIL(err, ATT_INVALID, "option \"protocols\" is %u, expected some of %u",
            options->protocols, known);
    if (options->negatives < 1 || options->negatives > 100000)
        return ATT_FAIL(err, ATT_INVALID, "option \"negatives\" is %u, expected 1 to 100000",
            options->negatives);
    if (options->resamples < 1 || options->resamples > ATT_RESAMPLES_MAX)
        return ATT_FAIL(err, ATT_INVALID, "option \"resamples\" is %u, expected 1 to %d",
            options->resamples, ATT_RESAMPLES_MAX);
    if (!(options->validation_share >= 0.0 && options->validation_share < 1.0))
        return check_share(options->validation_share, "validation_share", err);
    att_status status = check_share(options->test_share, "test_share", err);
    if (!status)
        status = check_share(options->fold_in_share, "fold_in_share", err);
    if (!status)
        status = check_share(options->train_share, "train_share", err);
    if (!status)
        status = check_share(options->cold_share, "cold_share", err);
    if (!status)
        status = check_share(options->confidence, "confidence", err);
    if (!status)
        status = check_columns(options, err);
    return status ? status : check_models(options, err);
}

// --- One protocol
// -----------------------------------------------------------------------------------------------------

typedef struct contest {
    const att_evaluate_options *options;
    const att_host *host;
    const att_table *table;
    att_arena *life;    // the report's
    att_arena *scratch; // the split's, then each contender's
    att_contender contenders[ATT_CONTENDERS_MAX];
    size_t count;
    uint64_t done, total; // contenders, for progress
    att_split split;
    uint32_t bits[2]; // protocols on this split
    size_t bit_count;
    uint32_t *negatives;       // (cases, options->negatives); NULL: not sampled
    att_report_part *parts[2]; // one for each bit
    att_report_row *rows[2];   // (count)
    double *values[2];         // (count, column_count, cases)
    double *spread[2];         // (count, column_count)
} contest;

static void choose_contenders(contest *c)
{
    att_contender all[ATT_CONTENDERS_MAX];
    const size_t count = att_contenders(c->bits[0], all);
    c->count = 0;
    for (size_t i = 0; i < count; i++) {
        bool wanted = !c->options->models;
        for (size_t m = 0; c->options->models && m < c->options->model_count; m++)
            wanted |= strcmp(c->options->models[m], all[i].name) == 0;
        if (wanted)
            c->contenders[c->count++] = all[i];
    }
}

static const char *baseline_of(const contest *c)
{
    const char *wanted = c->options->baseline ? c->options->baseline : "popularity";
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->contenders[i].name, wanted) == 0)
            return c->contenders[i].name;
    return NULL;
}

static att_status make_part(contest *c, size_t p, att_error *err)
{
    att_report_part *part = c->parts[p];
    const size_t columns = c->options->column_count, cases = c->split.cases;
    const char *title = "";
    for (size_t i = 0; i < PROTOCOL_COUNT; i++)
        if (protocols[i].bit == c->bits[p])
            title = protocols[i].title;
    const bool sampled = c->bits[p] == ATT_PROTOCOL_LEAVE_ONE_OUT_SAMPLED;
    c->rows[p] = ATT_NEW(c->life, att_report_row, c->count);
    c->values[p] = ATT_NEW(c->scratch, double, c->count *columns *cases);
    c->spread[p] = ATT_NEW(c->scratch, double, c->count *columns);
    const char *about = att_split_describe(
        &c->split, c->options->min_preferences, sampled ? c->options->negatives : 0, c->life);
    if (!c->rows[p] || !c->values[p] || !c->spread[p] || !about)
        return att_no_memory(err, c->count * columns * cases, "measured values");
    *part = (att_report_part){.protocol = c->bits[p],
        .name = att_protocol_name(c->bits[p]),
        .title = title,
        .about = about,
        .sampled = sampled,
        .judged = c->split.cases,
        .ranked = sampled ? c->options->negatives + 1 : c->split.ranked_count,
        .baseline = baseline_of(c),
        .columns = c->options->columns,
        .column_count = columns,
        .rows = c->rows[p],
        .row_count = c->count};
    return ATT_OK;
}

// --- Files for trec_eval
// ------------------------------------------------------------------------------------------------

// Scores written are depth - rank: trec_eval sorts by score, with ties by name, and must see our
// order.
static att_status write_lists(
    const contest *c, const att_judgement *j, const char *path, const char *tag, att_error *err)
{
    att_trec_writer *writer;
    att_status status = att_trec_writer_create(&writer, path, c->host, err);
    for (uint32_t person = 0; !status && person < c->split.cases; person++) {
        const att_text query = att_table_user_name(c->table, c->split.user[person]);
        for (uint32_t i = 0; !status && i < j->list_count[person]; i++) {
            const uint32_t item = j->lists[(size_t)person * j->depth + i];
            status = att_trec_write_run(writer, query, att_table_item_name(c->table, item), i + 1,
                (double)(j->depth - i), tag, err);
        }
    }
    const att_status closed = att_trec_writer_close(writer, status ? NULL : err);
    return status ? status : closed;
}

static att_status write_qrels(const contest *c, const char *path, att_error *err)
{
    att_trec_writer *writer;
    att_status status = att_trec_writer_create(&writer, path, c->host, err);
    for (uint32_t person = 0; !status && person < c->split.cases; person++) {
        const att_text query = att_table_user_name(c->table, c->split.user[person]);
        const uint32_t end = c->split.target_start[person + 1];
        for (uint32_t i = c->split.target_start[person]; !status && i < end; i++)
            status = att_trec_write_qrel(
                writer, query, att_table_item_name(c->table, c->split.targets[i]), 1, err);
    }
    const att_status closed = att_trec_writer_close(writer, status ? NULL : err);
    return status ? status : closed;
}

static att_status write_trec(
    contest *c, size_t p, const att_judgement *j, const char *model, att_error *err)
{
    const char *folder = c->options->trec_folder, *protocol = att_protocol_name(c->bits[p]);
    const char *run = att_arena_printf(c->scratch, "%s/%s.%s.run", folder, protocol, model);
    const char *qrels = att_arena_printf(c->scratch, "%s/%s.qrels", folder, protocol);
    if (!run || !qrels)
        return att_no_memory(err, 1, "path");
    const att_status status = write_qrels(c, qrels, err);
    return status ? status : write_lists(c, j, run, model, err);
}

// --- One contender
// --------------------------------------------------------------------------------------------------------

static double seconds_since(const contest *c, int64_t start_ms)
{
    return (double)(c->host->now_ms(c->host->user) - start_ms) / 1000.0;
}

static att_status judge_part(contest *c, size_t p, size_t which, const void *model, att_error *err)
{
    const att_contender *contender = &c->contenders[which];
    const size_t columns = c->options->column_count, cases = c->split.cases;
    const bool sampled = c->parts[p]->sampled;
    const int64_t start_ms = c->host->now_ms(c->host->user);
    att_judgement judgement;
    att_status status = att_judge(&judgement, contender, model, &c->split,
        sampled ? c->negatives : NULL, c->options->negatives, c->options, c->host, c->scratch, err);
    if (status)
        return status;
    c->rows[p][which].score_s = seconds_since(c, start_ms);
    memcpy(
        c->values[p] + which * columns * cases, judgement.values, columns * cases * sizeof(double));
    memcpy(c->spread[p] + which * columns, judgement.spread, columns * sizeof(double));
    return c->options->trec_folder ? write_trec(c, p, &judgement, contender->name, err) : ATT_OK;
}

static att_status run_contender(contest *c, size_t which, att_error *err)
{
    const att_contender *contender = &c->contenders[which];
    const char *task =
        att_arena_printf(c->scratch, "evaluate %s: %s", c->parts[0]->name, contender->name);
    char story[ATT_CONTENDER_STORY_SIZE];
    if (!task)
        return att_no_memory(err, 1, "name");
    if (!att_progress_tell(c->host, task, c->done, c->total, "models"))
        return ATT_FAIL(err, ATT_CANCELLED, "the evaluation was stopped");
    const int64_t start_ms = c->host->now_ms(c->host->user);
    void *model = NULL;
    att_status status =
        att_contender_train(contender, &model, &c->split, c->options, c->host, story, err);
    const double train_s = seconds_since(c, start_ms);
    const char *kept = status ? NULL : att_arena_printf(c->life, "%s", story);
    if (!status && !kept)
        status = att_no_memory(err, 1, "name");
    for (size_t p = 0; !status && p < c->bit_count; p++) {
        c->rows[p][which] =
            (att_report_row){.model = contender->name, .story = kept, .train_s = train_s};
        status = judge_part(c, p, which, model, err);
    }
    att_contender_destroy(contender, model);
    c->done++;
    return status ? att_while(err, status, "model %s", contender->name) : ATT_OK;
}

// --- Intervals
// ------------------------------------------------------------------------------------------------------------

// Behind the (count * columns) value columns stand as many of differences to the baseline.
static att_status add_intervals(contest *c, size_t p, att_error *err)
{
    const size_t columns = c->options->column_count, cases = c->split.cases;
    const size_t all = c->count * columns;
    double *table = ATT_NEW(c->scratch, double, 2 * all * cases);
    att_interval *out = ATT_NEW(c->scratch, att_interval, 2 * all);
    if (!table || !out)
        return att_no_memory(err, 2 * all * cases, "measured values");
    memcpy(table, c->values[p], all * cases * sizeof *table);
    size_t base = c->count;
    for (size_t i = 0; c->parts[p]->baseline && i < c->count; i++)
        if (strcmp(c->contenders[i].name, c->parts[p]->baseline) == 0)
            base = i;
    for (size_t i = 0; i < all * cases; i++)
        table[all * cases + i] =
            base < c->count ? table[i] - table[base * columns * cases + i % (columns * cases)]
                            : (double)NAN;
    const att_status status = att_bootstrap_columns(table, 2 * all, cases, c->options->resamples,
        c->options->confidence, c->options->seed, c->host, out, err);
    for (size_t which = 0; !status && which < c->count; which++) {
        att_measured *values = ATT_NEW(c->life, att_measured, columns);
        if (!values)
            return att_no_memory(err, columns, "measured values");
        for (size_t i = 0; i < columns; i++) {
            const double spread = c->spread[p][which * columns + i], nothing = (double)NAN;
            values[i] = (att_measured){out[which * columns + i], out[all + which * columns + i]};
            if (c->options->columns[i].metric->spread) {
                const double other = base < c->count ? c->spread[p][base * columns + i] : nothing;
                values[i] =
                    (att_measured){{spread, nothing, nothing}, {spread - other, nothing, nothing}};
            }
        }
        c->rows[p][which].values = values;
    }
    return status;
}

static att_status run_split(contest *c, att_error *err)
{
    choose_contenders(c);
    if (c->count == 0)
        return ATT_FAIL(err, ATT_INVALID, "none of the chosen models takes part in protocol %s",
            att_protocol_name(c->bits[0]));
    att_status status =
        att_split_build(&c->split, c->table, c->bits[0], c->options, c->host, c->scratch, err);
    c->negatives = NULL;
    for (size_t p = 0; !status && p < c->bit_count; p++) {
        status = make_part(c, p, err);
        if (!status && c->parts[p]->sampled)
            status = att_split_negatives(
                &c->split, c->options->negatives, c->options->seed, c->scratch, &c->negatives, err);
    }
    const att_arena_mark mark = att_arena_save(c->scratch);
    for (size_t which = 0; !status && which < c->count; which++) {
        status = run_contender(c, which, err);
        att_arena_rewind(c->scratch, mark);
    }
    for (size_t p = 0; !status && p < c->bit_count; p++)
        status = add_intervals(c, p, err);
    att_split_deinit(&c->split);
    return status ? att_while(err, status, "protocol %s", att_protocol_name(c->bits[0])) : ATT_OK;
}

// --- All
// -------------------------------------------------------------------------------------------------------------------

// The bits that share the split of `bit`, itself first; none when an earlier bit takes it along.
static size_t bits_of(uint32_t wanted, uint32_t bit, uint32_t bits[2])
{
    const uint32_t full = ATT_PROTOCOL_LEAVE_ONE_OUT, sampled = ATT_PROTOCOL_LEAVE_ONE_OUT_SAMPLED;
    if (!(wanted & bit) || (bit == sampled && (wanted & full)))
        return 0;
    bits[0] = bit;
    bits[1] = sampled;
    return bit == full && (wanted & sampled) ? 2 : 1;
}

static att_status run_protocols(contest *c, att_report *report, att_error *err)
{
    att_report_part *parts = ATT_NEW(c->life, att_report_part, PROTOCOL_COUNT);
    if (!parts)
        return att_no_memory(err, PROTOCOL_COUNT, "protocols");
    report->parts = parts;
    for (size_t i = 0; i < PROTOCOL_COUNT; i++)
        if ((c->bit_count = bits_of(c->options->protocols, protocols[i].bit, c->bits)) > 0) {
            choose_contenders(c);
            c->total += c->count;
        }
    for (size_t i = 0; i < PROTOCOL_COUNT; i++) {
        c->bit_count = bits_of(c->options->protocols, protocols[i].bit, c->bits);
        for (size_t p = 0; p < c->bit_count; p++)
            c->parts[p] = &parts[report->part_count++];
        const att_arena_mark mark = att_arena_save(c->scratch);
        const att_status status = c->bit_count > 0 ? run_split(c, err) : ATT_OK;
        att_arena_rewind(c->scratch, mark);
        if (status)
            return status;
    }
    return att_progress_tell(c->host, "evaluate", c->total, c->total, "models")
               ? ATT_OK
               : ATT_FAIL(err, ATT_CANCELLED, "the evaluation was stopped");
}

// Columns are kept with the report: the caller's may go.
static att_status keep_columns(att_evaluate_options *options, att_arena *life, att_error *err)
{
    const size_t count = options->columns ? options->column_count : ATT_COUNT_OF(usual);
    att_column *columns = ATT_NEW(life, att_column, count);
    if (!columns)
        return att_no_memory(err, count, "columns");
    for (size_t i = 0; i < count; i++)
        columns[i] = options->columns
                         ? options->columns[i]
                         : (att_column){att_metric_find(att_text_of(usual[i].metric)), usual[i].k};
    options->columns = columns;
    options->column_count = count;
    return ATT_OK;
}

static att_status evaluate(att_report_memory *memory, const att_dataset *dataset,
    att_evaluate_options *options, att_error *err)
{
    att_arena scratch;
    att_table table;
    contest *c = ATT_NEW_ARRAY(&memory->host, contest, 1);
    if (!c)
        return att_no_memory(err, 1, "evaluation");
    att_arena_init(&scratch, &memory->host, 0);
    *c = (contest){.options = options,
        .host = &memory->host,
        .table = &table,
        .life = &memory->life,
        .scratch = &scratch};
    att_status status = keep_columns(options, &memory->life, err);
    if (!status)
        status = att_table_build(&table, dataset, options->min_preferences, &scratch, err);
    const char *name = status ? NULL : att_arena_printf(&memory->life, "%s", dataset->name);
    if (!status && !name)
        status = att_no_memory(err, 1, "name");
    if (!status) {
        memory->report = (att_report){.dataset = name,
            .preferences = table.count,
            .users = table.users,
            .items = table.items,
            .seed = options->seed,
            .resamples = options->resamples,
            .confidence = options->confidence};
        status = run_protocols(c, &memory->report, err);
    }
    att_arena_deinit(&scratch);
    ATT_FREE_ARRAY(&memory->host, c, 1);
    return status;
}

att_status att_evaluate(const att_dataset *dataset, const att_evaluate_options *options,
    const att_host *host, att_report **out, att_error *err)
{
    *out = NULL;
    att_evaluate_options own = options ? *options : att_evaluate_options_default();
    const att_host full = att_host_complete(host);
    att_status status = check_options(&own, err);
    if (status)
        return status;
    att_report_memory *memory = ATT_NEW_ARRAY(&full, att_report_memory, 1);
    if (!memory)
        return att_no_memory(err, 1, "report");
    memory->host = full;
    att_arena_init(&memory->life, &memory->host, 0);
    status = evaluate(memory, dataset, &own, err);
    if (status)
        att_report_destroy(&memory->report);
    else
        *out = &memory->report;
    return status;
}

void att_report_destroy(att_report *report)
{
    if (!report)
        return;
    att_report_memory *memory = (att_report_memory *)report;
    const att_host host = memory->host;
    att_arena_deinit(&memory->life);
    ATT_FREE_ARRAY(&host, memory, 1);
}
