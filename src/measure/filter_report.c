// SPDX-License-Identifier: Apache-2.0
// measure/filter_report.c - how a text filter does on labelled texts, plain and disguised.
//
// Macro-F1 is the mean of the F1 of every class that the test has, "none" among them. AUC is the probability that a text of
// any category has a lower score for "none" than a text of no category (ties count half). Intervals: percentile
// bootstrap over the texts (Efron 1979), the same resamples for every figure.
#include "base/rng.h"
#include "guard/text_filter.h"
#include "measure/disguise.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

enum { CLASSES_MAX = ATT_MODEL_TARGETS_MAX, COLUMNS = CLASSES_MAX + 2, RESAMPLES = 1000 };

typedef struct scored {
    double none;
    uint32_t row;
} scored;

typedef struct measurer {
    att_host host;
    const att_filter_evaluate_options *o;
    const att_text_model *model;
    const att_folding *folding;
    const att_labelled *data;
    const uint32_t *rows; // of the test, (count)
    size_t count;
    uint8_t *is, *says; // (count): classes
    scored *order;      // (count): rising by the score of none
    double *drawn;      // (count)
    double *resampled;  // (resamples, COLUMNS)
    uint32_t resamples;
    att_error *err;
} measurer;

static size_t class_of(const measurer *m, uint32_t truth)
{
    for (size_t c = 0; c < m->model->category_count; c++)
        if (truth >> c & 1)
            return c;
    return m->model->category_count;
}

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool score_row(measurer *m, size_t i, att_text text, att_arena *scratch)
{
    att_folded folded;
    att_reading reading;
    double scores[CLASSES_MAX];
    if (!att_folding_text(m->folding, text, scratch, &folded) || !att_read_text(m->model->vocabulary, &folded, scratch, &reading) ||
        !att_text_model_score(m->model, &reading, scratch, scores))
        return false;
    m->says[i] = (uint8_t)att_text_model_class(m->model, scores);
    m->order[i] = (scored){scores[m->model->category_count], (uint32_t)i};
    return true;
}

static int by_none(const void *left, const void *right)
{
    const scored *a = left, *b = right;
    if (a->none != b->none)
        return a->none < b->none ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

static att_status score_all(measurer *m, att_disguise disguise, double *texts_per_s)
{
    att_arena scratch;
    double spent = 0;
    att_status status = ATT_OK;
    att_arena_init(&scratch, &m->host, 0);
    for (size_t i = 0; !status && i < m->count; i++) {
        const att_labelled_row *row = &m->data->rows.items[m->rows[i]];
        att_rng rng = att_rng_stream(m->o->seed + (uint64_t)disguise, m->rows[i]);
        att_arena_reset(&scratch);
        const att_text text = att_disguise_text(disguise, m->o->share, row->text, &rng, &scratch);
        const double start = cpu_s();
        if (!text.data || !score_row(m, i, text, &scratch))
            status = att_no_memory(m->err, row->text.size, "bytes of a text");
        spent += cpu_s() - start;
        m->is[i] = (uint8_t)class_of(m, row->truth);
        if (!status && i % 256 == 0 && !att_progress_tell(&m->host, att_disguise_name(disguise), i, m->count, "texts"))
            status = ATT_FAIL(m->err, ATT_CANCELLED, "measuring was cancelled");
    }
    att_arena_deinit(&scratch);
    qsort(m->order, m->count, sizeof *m->order, by_none);
    *texts_per_s = spent > 0 ? (double)m->count / spent : 0;
    return status;
}

// --- Figures of one weighting of the texts ----------------------------------------------------------

static double auc_of(const measurer *m)
{
    double none_below = 0, pairs = 0, any = 0, none = 0;
    for (size_t i = 0; i < m->count;) {
        double any_here = 0, none_here = 0;
        const double score = m->order[i].none;
        for (; i < m->count && m->order[i].none == score; i++) {
            const double weight = m->drawn[m->order[i].row];
            *(m->is[m->order[i].row] == m->model->category_count ? &none_here : &any_here) += weight;
        }
        pairs += any_here * (none_below + none_here / 2);
        none_below += none_here;
        any += any_here;
        none += none_here;
    }
    return any > 0 && none > 0 ? 1 - pairs / (any * none) : (double)NAN;
}

// out: macro-F1, AUC, F1 of each class.
static void figures_of(const measurer *m, double out[COLUMNS])
{
    double hits[CLASSES_MAX] = {0}, said[CLASSES_MAX] = {0}, is[CLASSES_MAX] = {0}, sum = 0;
    size_t classes = 0;
    for (size_t i = 0; i < m->count; i++) {
        hits[m->is[i]] += m->is[i] == m->says[i] ? m->drawn[i] : 0;
        said[m->says[i]] += m->drawn[i];
        is[m->is[i]] += m->drawn[i];
    }
    for (size_t c = 0; c <= m->model->category_count; c++) {
        out[2 + c] = said[c] + is[c] > 0 ? 2 * hits[c] / (said[c] + is[c]) : (double)NAN;
        if (is[c] > 0) {
            sum += out[2 + c];
            classes++;
        }
    }
    out[0] = sum / (double)classes;
    out[1] = auc_of(m);
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static att_interval interval_of(measurer *m, double mean, size_t column, double *room)
{
    size_t defined = 0;
    for (uint32_t r = 0; r < m->resamples; r++)
        if (!isnan(m->resampled[r * COLUMNS + column]))
            room[defined++] = m->resampled[r * COLUMNS + column];
    if (!defined)
        return (att_interval){mean, (double)NAN, (double)NAN};
    qsort(room, defined, sizeof *room, by_value);
    return (att_interval){mean, room[(size_t)(0.025 * (double)(defined - 1))], room[(size_t)(0.975 * (double)(defined - 1) + 0.5)]};
}

static att_status figure(measurer *m, att_disguise disguise, att_filter_figures *out)
{
    double whole[COLUMNS] = {0};
    *out = (att_filter_figures){.disguise = disguise};
    att_status status = score_all(m, disguise, &out->texts_per_s);
    double *room = ATT_NEW_ARRAY(&m->host, double, m->resamples);
    if (!status && !room)
        status = att_no_memory(m->err, m->resamples, "resamples");
    if (!status) {
        att_rng rng = att_rng_seed(m->o->seed);
        for (size_t i = 0; i < m->count; i++)
            m->drawn[i] = 1;
        figures_of(m, whole);
        for (uint32_t r = 0; r < m->resamples; r++) {
            memset(m->drawn, 0, m->count * sizeof *m->drawn);
            for (size_t i = 0; i < m->count; i++)
                m->drawn[att_rng_below(&rng, m->count)]++;
            figures_of(m, m->resampled + r * COLUMNS);
        }
        out->macro_f1 = interval_of(m, whole[0], 0, room);
        out->auc = interval_of(m, whole[1], 1, room);
        for (size_t c = 0; c <= m->model->category_count; c++)
            out->f1[c] = interval_of(m, whole[2 + c], 2 + c, room);
    }
    ATT_FREE_ARRAY(&m->host, room, m->resamples);
    return status;
}

static att_status measure(measurer *m, att_filter_report *out)
{
    m->is = ATT_NEW_ARRAY(&m->host, uint8_t, m->count);
    m->says = ATT_NEW_ARRAY(&m->host, uint8_t, m->count);
    m->order = ATT_NEW_ARRAY(&m->host, scored, m->count);
    m->drawn = ATT_NEW_ARRAY(&m->host, double, m->count);
    m->resampled = ATT_NEW_ARRAY(&m->host, double, (size_t)m->resamples * COLUMNS);
    att_status status = m->is && m->says && m->order && m->drawn && m->resampled ? ATT_OK : att_no_memory(m->err, m->count, "texts");
    for (int d = 0; !status && d < ATT_DISGUISE_COUNT; d++)
        status = figure(m, (att_disguise)d, &out->figures[d]);
    ATT_FREE_ARRAY(&m->host, m->is, m->count);
    ATT_FREE_ARRAY(&m->host, m->says, m->count);
    ATT_FREE_ARRAY(&m->host, m->order, m->count);
    ATT_FREE_ARRAY(&m->host, m->drawn, m->count);
    ATT_FREE_ARRAY(&m->host, m->resampled, (size_t)m->resamples * COLUMNS);
    return status;
}

// --- The whole --------------------------------------------------------------------------------------

static att_status same_categories(const att_text_model *model, const att_labelled *data, att_error *err)
{
    for (size_t c = 0; c < data->category_count; c++)
        if (c >= model->category_count || strcmp(model->categories[c], data->categories[c]) != 0)
            return ATT_FAIL(err, ATT_INVALID, "the file has the category \"%s\" where the model has \"%s\": map them alike",
                data->categories[c], c < model->category_count ? model->categories[c] : "");
    return ATT_OK;
}

static att_status get_model(att_text_model *model, const att_folding *folding, const att_labelled *data, const att_text_split *split,
    const att_filter_evaluate_options *o, const att_host *host, att_error *err)
{
    att_text_train_options how = att_text_train_options_default();
    how.seed = o->seed;
    how.threads = o->threads;
    if (!o->model)
        return att_text_model_train(model, folding, data, split->train, split->train_count, &how, host, err);
    const att_status status = att_text_model_load(model, o->model, host, err);
    return status ? status : same_categories(model, data, err);
}

static void describe(const att_text_model *m, size_t tested, att_filter_report *out)
{
    out->trained_rows = m->rows;
    out->test_rows = tested;
    out->words = att_vocabulary_size(m->vocabulary);
    out->features = m->features.count;
    out->category_count = m->category_count;
    out->trained_macro_f1 = m->trained_macro_f1;
    memcpy(out->categories, m->categories, sizeof out->categories);
    memcpy(out->thresholds, m->thresholds, sizeof out->thresholds);
}

att_status att_filter_evaluate(const char *csv, const att_filter_evaluate_options *options, const att_host *host,
    att_filter_report *out, att_error *err)
{
    const att_host full = att_host_complete(host);
    att_filter_evaluate_options o = *options;
    o.seed = o.seed ? o.seed : 1;
    o.share = o.share > 0 ? o.share : 1;
    o.threads = o.threads ? o.threads : 1;
    att_labelled data = {0};
    att_text_split split = {0};
    att_folding *folding = NULL;
    att_text_model model = {0};
    *out = (att_filter_report){0};
    if (!o.model && !o.test_every)
        return ATT_FAIL(err, ATT_INVALID, "without a model, some rows must be kept from training for the test");
    att_status status = att_labelled_load(&data, csv, o.mapping, &full, err);
    if (!status)
        status = att_text_split_make(&split, &data, o.test_every, &full, err);
    if (!status)
        status = att_folding_create(&folding, false, &full, err);
    if (!status)
        status = get_model(&model, folding, &data, &split, &o, &full, err);
    const bool all = !o.test_every;
    measurer m = {.host = full, .o = &o, .model = &model, .folding = folding, .data = &data, .rows = all ? split.train : split.test,
        .count = all ? split.train_count : split.test_count, .resamples = o.resamples ? o.resamples : RESAMPLES, .err = err};
    if (!status && m.count == 0)
        status = ATT_FAIL(err, ATT_INSUFFICIENT, "%s has no row for the test", csv);
    if (!status)
        status = measure(&m, out);
    if (!status)
        describe(&model, m.count, out);
    att_text_model_deinit(&model);
    att_folding_destroy(folding);
    att_text_split_deinit(&split, &data, &full);
    att_labelled_deinit(&data);
    return status;
}
