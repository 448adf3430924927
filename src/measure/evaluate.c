// SPDX-License-Identifier: Apache-2.0
// measure/evaluate.c - protocols times contenders: train, judge, put intervals on it, write it
// down.
//
// Within a protocol all contenders meet the same people, and all intervals come from the same
// resamples of them, so differences are paired. Folds of strong generalization judge disjoint
// people, whose values are put side by side before any interval is drawn. Moments of a rolling split
// may meet a person again: then the mean of a person's values counts once, so that people are what is resampled.
#include "measure/bootstrap.h"
#include "measure/judge.h"
#include "measure/options.h"
#include "measure/report.h"

#include <math.h>
#include <stdio.h>

typedef struct contest {
    const att_evaluate_options *options;
    const att_host *host;
    const att_table *table;
    att_arena *life;    // the report's
    att_arena *scratch; // the protocol's, then each fold's, then each contender's
    att_contender contenders[ATT_CONTENDERS_MAX];
    size_t count;
    uint64_t done, total; // trainings, for progress
    uint32_t bits[2];     // protocols that share a split
    size_t bit_count;
    uint32_t fold, folds;
    att_split split;         // of this fold
    att_split_counts counts; // of all folds
    uint32_t *negatives;     // (split.cases, options->negatives); NULL: not sampled
    uint32_t judged;         // people so far
    uint32_t *place;         // (table->users): of a person among the judged; UINT32_MAX: not judged yet
    att_report_part *parts[2];
    att_report_row *rows[2]; // (count)
    // (count, column_count, table->users), the first `judged` of each in use: sums over the folds, in the end the means, and
    // how many values they are of
    double *values[2];
    uint8_t *times[2];
    double *spread[2]; // (count, column_count)
} contest;

// --- Who takes part ----------------------------------------------------------------------------

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

// Its number among the contenders; count: it does not take part.
static size_t baseline_of(const contest *c)
{
    const char *wanted = c->options->baseline ? c->options->baseline : "popularity";
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->contenders[i].name, wanted) == 0)
            return i;
    return c->count;
}

static bool is_sampled(uint32_t bit)
{
    return bit == ATT_PROTOCOL_LEAVE_ONE_OUT_SAMPLED;
}

// --- Files for trec_eval -----------------------------------------------------------------------

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

// "strong.ease.run"; with folds "strong-2.ease.run".
static att_status write_trec(
    contest *c, size_t p, const att_judgement *j, const char *model, att_error *err)
{
    char fold[16] = "";
    if (c->folds > 1)
        snprintf(fold, sizeof fold, "-%u", c->fold + 1);
    const char *folder = c->options->trec_folder, *protocol = att_protocol_name(c->bits[p]);
    const char *run = att_arena_printf(c->scratch, "%s/%s%s.%s.run", folder, protocol, fold, model);
    const char *qrels = att_arena_printf(c->scratch, "%s/%s%s.qrels", folder, protocol, fold);
    if (!run || !qrels)
        return att_no_memory(err, 1, "path");
    const att_status status = write_qrels(c, qrels, err);
    return status ? status : write_lists(c, j, run, model, err);
}

// --- One contender on one fold -----------------------------------------------------------------

static double seconds_since(const contest *c, int64_t start_ms)
{
    return (double)(c->host->now_ms(c->host->user) - start_ms) / 1000.0;
}

static void keep_values(contest *c, size_t p, size_t which, const att_judgement *judgement)
{
    const size_t columns = c->options->column_count, cases = c->split.cases;
    for (size_t i = 0; i < columns; i++) {
        const size_t row = (which * columns + i) * c->table->users;
        for (size_t person = 0; person < cases; person++) {
            const double value = judgement->values[i * cases + person];
            const size_t at = row + c->place[c->split.user[person]];
            if (isnan(value)) // not defined for this person
                continue;
            c->values[p][at] += value;
            c->times[p][at]++;
        }
        c->spread[p][which * columns + i] += judgement->spread[i] / c->folds;
    }
}

static att_status judge_part(contest *c, size_t p, size_t which, const void *model, att_error *err)
{
    const att_contender *contender = &c->contenders[which];
    const bool sampled = is_sampled(c->bits[p]);
    const int64_t start_ms = c->host->now_ms(c->host->user);
    att_judgement judgement;
    const att_status status = att_judge(&judgement, contender, model, &c->split,
        sampled ? c->negatives : NULL, c->options->negatives, c->options, c->host, c->scratch, err);
    if (status)
        return status;
    c->rows[p][which].score_s += seconds_since(c, start_ms);
    keep_values(c, p, which, &judgement);
    return c->options->trec_folder ? write_trec(c, p, &judgement, contender->name, err) : ATT_OK;
}

static att_status train(contest *c, size_t which, void **model, att_error *err)
{
    char story[ATT_CONTENDER_STORY_SIZE];
    const int64_t start_ms = c->host->now_ms(c->host->user);
    const att_status status = att_contender_train(
        &c->contenders[which], model, &c->split, c->options, c->host, story, err);
    const char *kept = status ? NULL : att_arena_printf(c->life, "%s", story);
    if (!status && !kept)
        return att_no_memory(err, 1, "name");
    for (size_t p = 0; !status && p < c->bit_count; p++) {
        c->rows[p][which].model = c->contenders[which].name;
        c->rows[p][which].story = kept;
        c->rows[p][which].train_s += seconds_since(c, start_ms);
    }
    return status;
}

static att_status run_contender(contest *c, size_t which, att_error *err)
{
    const char *name = c->contenders[which].name;
    const char *task =
        att_arena_printf(c->scratch, "evaluate %s: %s", att_protocol_name(c->bits[0]), name);
    if (!task)
        return att_no_memory(err, 1, "name");
    if (!att_progress_tell(c->host, task, c->done++, c->total, "models"))
        return ATT_FAIL(err, ATT_CANCELLED, "the evaluation was stopped");
    void *model = NULL;
    att_status status = train(c, which, &model, err);
    for (size_t p = 0; !status && p < c->bit_count; p++)
        status = judge_part(c, p, which, model, err);
    att_contender_destroy(&c->contenders[which], model);
    return status ? att_while(err, status, "model %s", name) : ATT_OK;
}

static void add_counts(att_split_counts *sum, const att_split_counts *one)
{
    sum->judged += one->judged;
    sum->sought += one->sought;
    sum->trained_people += one->trained_people;
    sum->trained_preferences += one->trained_preferences;
    sum->ranked += one->ranked;
    sum->strangers += one->strangers;
    sum->without_target += one->without_target;
    sum->unknown_dropped += one->unknown_dropped;
    sum->unknown_sought += one->unknown_sought;
}

static void place_people(contest *c)
{
    for (uint32_t person = 0; person < c->split.cases; person++) {
        uint32_t *place = &c->place[c->split.user[person]];
        if (*place == UINT32_MAX)
            *place = c->judged++;
    }
}

static void take_means(contest *c)
{
    const size_t rows = c->count * c->options->column_count;
    for (size_t p = 0; p < c->bit_count; p++)
        for (size_t i = 0; i < rows * c->table->users; i++)
            c->values[p][i] = c->times[p][i] ? c->values[p][i] / c->times[p][i] : (double)NAN;
}

static att_status run_fold(contest *c, att_error *err)
{
    att_status status = att_split_build(
        &c->split, c->table, c->bits[0], c->fold, c->options, c->host, c->scratch, err);
    if (status)
        return status;
    c->negatives = NULL;
    for (size_t p = 0; !status && p < c->bit_count; p++)
        if (is_sampled(c->bits[p]))
            status = att_split_negatives(
                &c->split, c->options->negatives, c->options->seed, c->scratch, &c->negatives, err);
    place_people(c);
    const att_arena_mark mark = att_arena_save(c->scratch);
    for (size_t which = 0; !status && which < c->count && c->split.cases; which++) {
        status = run_contender(c, which, err);
        att_arena_rewind(c->scratch, mark);
    }
    add_counts(&c->counts, &c->split.counts);
    att_split_deinit(&c->split);
    return status;
}

// --- One protocol ------------------------------------------------------------------------------

static att_status make_room(contest *c, att_error *err)
{
    const size_t all = c->count * c->options->column_count;
    for (size_t p = 0; p < c->bit_count; p++) {
        c->rows[p] = ATT_NEW(c->life, att_report_row, c->count);
        c->values[p] = ATT_NEW(c->scratch, double, all * c->table->users);
        c->times[p] = ATT_NEW(c->scratch, uint8_t, all * c->table->users);
        c->spread[p] = ATT_NEW(c->scratch, double, all);
        if (!c->rows[p] || !c->values[p] || !c->times[p] || !c->spread[p])
            return att_no_memory(err, all * c->table->users, "measured values");
    }
    c->place = ATT_NEW(c->scratch, uint32_t, c->table->users);
    if (!c->place)
        return att_no_memory(err, c->table->users, "people");
    memset(c->place, 0xFF, c->table->users * sizeof *c->place);
    return ATT_OK;
}

static att_status fill_part(contest *c, size_t p, att_error *err)
{
    const size_t base = baseline_of(c);
    const uint32_t bit = c->bits[p];
    const char *about =
        att_split_describe(c->table, bit, &c->counts, c->options, is_sampled(bit), c->life);
    if (!about)
        return att_no_memory(err, 1, "description");
    *c->parts[p] = (att_report_part){.protocol = bit,
        .name = att_protocol_name(bit),
        .title = att_protocol_title(bit),
        .about = about,
        .sampled = is_sampled(bit),
        .judged = c->judged,
        .ranked =
            is_sampled(bit) ? c->options->negatives + 1 : (uint32_t)(c->counts.ranked / c->folds),
        .baseline = base < c->count ? c->contenders[base].name : NULL,
        .columns = c->options->columns,
        .column_count = c->options->column_count,
        .rows = c->rows[p],
        .row_count = c->count};
    return ATT_OK;
}

// table is (2 * count * columns, judged): values, then their differences to the baseline.
static void fill_table(const contest *c, size_t p, double *table)
{
    const size_t columns = c->options->column_count, all = c->count * columns, judged = c->judged;
    const size_t base = baseline_of(c);
    for (size_t row = 0; row < all; row++) {
        const double *own = c->values[p] + row * c->table->users;
        const double *other = c->values[p] + (base * columns + row % columns) * c->table->users;
        memcpy(table + row * judged, own, judged * sizeof *table);
        for (size_t i = 0; i < judged; i++)
            table[(all + row) * judged + i] = base < c->count ? own[i] - other[i] : (double)NAN;
    }
}

static att_measured measured(
    const contest *c, size_t p, size_t which, size_t column, const att_interval *intervals)
{
    const size_t columns = c->options->column_count, row = which * columns + column;
    if (!c->options->columns[column].metric->spread)
        return (att_measured){intervals[row], intervals[c->count * columns + row]};
    const double nothing = (double)NAN, own = c->spread[p][row];
    const size_t base = baseline_of(c);
    const double other = base < c->count ? c->spread[p][base * columns + column] : nothing;
    return (att_measured){{own, nothing, nothing}, {own - other, nothing, nothing}};
}

static att_status add_intervals(contest *c, size_t p, att_error *err)
{
    const size_t columns = c->options->column_count, all = c->count * columns;
    double *table = ATT_NEW(c->scratch, double, 2 * all * c->judged);
    att_interval *intervals = ATT_NEW(c->scratch, att_interval, 2 * all);
    if (!table || !intervals)
        return att_no_memory(err, 2 * all * c->judged, "measured values");
    fill_table(c, p, table);
    const att_status status = att_bootstrap_columns(table, 2 * all, c->judged,
        c->options->resamples, c->options->confidence, c->options->seed, c->host, intervals, err);
    for (size_t which = 0; !status && which < c->count; which++) {
        att_measured *values = ATT_NEW(c->life, att_measured, columns);
        if (!values)
            return att_no_memory(err, columns, "measured values");
        for (size_t i = 0; i < columns; i++)
            values[i] = measured(c, p, which, i, intervals);
        c->rows[p][which].values = values;
    }
    return status;
}

static att_status run_protocol(contest *c, att_error *err)
{
    choose_contenders(c);
    if (c->count == 0)
        return ATT_FAIL(err, ATT_INVALID, "none of the chosen models takes part");
    c->folds = att_folds_of(c->options, c->bits[0]);
    c->judged = 0;
    c->counts = (att_split_counts){0};
    att_status status = make_room(c, err);
    const att_arena_mark mark = att_arena_save(c->scratch);
    for (c->fold = 0; !status && c->fold < c->folds; c->fold++) {
        status = run_fold(c, err);
        att_arena_rewind(c->scratch, mark);
    }
    if (!status && c->judged == 0)
        status = ATT_FAIL(err, ATT_INVALID, "the splits leave nobody to judge: no one has preferences on both sides of a moment");
    if (!status)
        take_means(c);
    c->counts.judged = c->judged;
    for (size_t p = 0; !status && p < c->bit_count; p++) {
        status = fill_part(c, p, err);
        if (!status)
            status = add_intervals(c, p, err);
    }
    return status;
}

// --- All ---------------------------------------------------------------------------------------

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

static size_t count_work(contest *c)
{
    size_t protocols = 0;
    for (uint32_t bit; (bit = att_protocol_at(protocols)) != ATT_PROTOCOL_NONE; protocols++)
        if (bits_of(c->options->protocols, bit, c->bits) > 0) {
            choose_contenders(c);
            c->total += c->count * att_folds_of(c->options, bit);
        }
    return protocols;
}

static att_status run_protocols(contest *c, att_report *report, att_error *err)
{
    const size_t count = count_work(c);
    att_report_part *parts = ATT_NEW(c->life, att_report_part, count);
    if (!parts)
        return att_no_memory(err, count, "protocols");
    report->parts = parts;
    for (size_t i = 0; i < count; i++) {
        c->bit_count = bits_of(c->options->protocols, att_protocol_at(i), c->bits);
        for (size_t p = 0; p < c->bit_count; p++)
            c->parts[p] = &parts[report->part_count++];
        const att_arena_mark mark = att_arena_save(c->scratch);
        const att_status status = c->bit_count > 0 ? run_protocol(c, err) : ATT_OK;
        att_arena_rewind(c->scratch, mark);
        if (status)
            return att_while(err, status, "protocol %s", att_protocol_name(c->bits[0]));
    }
    return att_progress_tell(c->host, "evaluate", c->total, c->total, "models")
               ? ATT_OK
               : ATT_FAIL(err, ATT_CANCELLED, "the evaluation was stopped");
}

static att_status evaluate_table(att_report_memory *memory, contest *c, att_error *err)
{
    const char *name = att_arena_printf(&memory->life, "%s", c->table->dataset->name);
    if (!name)
        return att_no_memory(err, 1, "name");
    memory->report = (att_report){.dataset = name,
        .preferences = c->table->count,
        .users = c->table->users,
        .items = c->table->items,
        .seed = c->options->seed,
        .resamples = c->options->resamples,
        .confidence = c->options->confidence};
    return run_protocols(c, &memory->report, err);
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
    att_status status = att_options_keep_columns(options, &memory->life, err);
    if (!status)
        status = att_table_build(&table, dataset, options->min_preferences, &scratch, err);
    if (!status)
        status = evaluate_table(memory, c, err);
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
    att_status status = att_options_check(&own, err);
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
