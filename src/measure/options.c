// SPDX-License-Identifier: Apache-2.0
// measure/options.c - names of protocols and columns, and what an evaluation may be asked for.
#include "measure/options.h"
#include "measure/bootstrap.h"
#include "measure/contender.h"

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

const char *att_protocol_title(uint32_t bit)
{
    for (size_t i = 0; i < PROTOCOL_COUNT; i++)
        if (protocols[i].bit == bit)
            return protocols[i].title;
    return "?";
}

uint32_t att_protocol_at(size_t index)
{
    return index < PROTOCOL_COUNT ? protocols[index].bit : (uint32_t)ATT_PROTOCOL_NONE;
}

uint32_t att_folds_of(const att_evaluate_options *options, uint32_t bit)
{
    return bit == ATT_PROTOCOL_STRONG ? options->folds : bit == ATT_PROTOCOL_ROLLING ? options->moments : 1;
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
        .folds = 1,
        .test_share = 0.1,
        .validation_share = 0.1,
        .fold_in_share = 0.8,
        .train_share = 0.8,
        .cold_share = 0.1,
        .moments = 8,
        .negatives = 100};
}

static const struct {
    const char *metric;
    size_t k;
} usual[] = {{"ndcg-binary", 100}, {"recall-capped", 20}, {"recall-capped", 50},
    {"ndcg-binary", 10}, {"hit-rate", 10}, {"precision", 10}, {"map", 100}, {"mrr", 100},
    {"coverage", 10}, {"gini", 10}, {"novelty", 10}, {"diversity", 10}, {"serendipity", 10},
    {"calibration", 10}};

// --- Options -----------------------------------------------------------------------------------

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

att_status att_options_check(const att_evaluate_options *options, att_error *err)
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
    if (options->folds < 1 || options->folds > ATT_FOLDS_MAX)
        return ATT_FAIL(err, ATT_INVALID, "option \"folds\" is %u, expected 1 to %d",
            options->folds, ATT_FOLDS_MAX);
    if (!(options->half_life_days >= 0.0 && options->half_life_days <= 36500.0))
        return ATT_FAIL(err, ATT_INVALID, "option \"half_life_days\" is %g, expected 0 to 36500",
            options->half_life_days);
    if (options->moments < 1 || options->moments > ATT_MOMENTS_MAX)
        return ATT_FAIL(err, ATT_INVALID, "option \"moments\" is %u, expected 1 to %d",
            options->moments, ATT_MOMENTS_MAX);
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

// Columns are kept with the report: the caller's may go.
att_status att_options_keep_columns(att_evaluate_options *options, att_arena *life, att_error *err)
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
