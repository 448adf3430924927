// SPDX-License-Identifier: Apache-2.0
// guard/text_train.c - vocabulary, features, members fold by fold, the stack, the thresholds.
//
// Rows of fold f are those whose mixed number modulo 5 is f. The members of each fold are trained on the others and score
// these; then once more on all rows, and these members are folded into the model. What is learned without labels
// (vocabulary, document frequencies) is learned once on all rows. The same seed gives the same bits on any number of threads: a
// thread trains one member for one target.
#include "base/rng.h"
#include "embed/parallel.h"
#include "guard/text_linear.h"
#include "guard/text_model.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { FOLDS = 5, PASSES = 30, WORDS_LEAST = 2, TEXTS_LEAST = 2, THRESHOLDS = 49 };
static const double tolerance = 1e-3;

typedef struct trainer {
    att_host host;
    att_text_model *model;
    const att_folding *folding;
    const att_labelled *data;
    const uint32_t *rows; // (count)
    size_t count;
    const att_text_train_options *options;
    att_error *err;
    size_t targets; // categories and none
    // (count) rows, in the order of `rows`
    ATT_VEC(uint32_t) index;
    ATT_VEC(float) value;
    size_t *starts;
    att_sparse x;
    float *target; // (targets, count)
    float *cost;   // (count)
    float *oof;    // (count, members * targets + 1 for nothing): the members' scores out of fold
    uint32_t *part; // (count): rows of a fold's training
    size_t part_count;
    float *weights; // (members, targets, features + 1)
    float *stack;   // (targets, members * targets + 1)
    float *scores;  // (count, targets): the stack's, out of fold
    atomic_bool no_memory;
} trainer;

static uint32_t fold_of(const trainer *t, size_t i)
{
    return (uint32_t)(att_mix64(t->options->seed * 0x9E3779B97F4A7C15u + i) % FOLDS);
}

// --- Words and features ---------------------------------------------------------------------------

typedef att_status per_text(trainer *t, const att_folded *folded, att_arena *scratch, void *user);

static att_status each_text(trainer *t, const char *task, per_text *tell, void *user)
{
    att_arena scratch;
    att_status status = ATT_OK;
    att_arena_init(&scratch, &t->host, 0);
    for (size_t i = 0; !status && i < t->count; i++) {
        att_folded folded;
        att_arena_reset(&scratch);
        const att_text text = t->data->rows.items[t->rows[i]].text;
        if (text.size > ATT_FOLD_TEXT_MAX)
            status = ATT_FAIL(t->err, ATT_LIMIT, "row %u has a text of %zu bytes, at most %zu", t->rows[i], text.size, ATT_FOLD_TEXT_MAX);
        else if (!att_folding_text(t->folding, text, &scratch, &folded))
            status = att_no_memory(t->err, text.size, "bytes of a text");
        else
            status = tell(t, &folded, &scratch, user);
        if (!status && i % 1024 == 0 && !att_progress_tell(&t->host, task, i, t->count, "texts"))
            status = ATT_FAIL(t->err, ATT_CANCELLED, "training was cancelled");
    }
    att_arena_deinit(&scratch);
    return status;
}

static att_status count_words(trainer *t, const att_folded *folded, att_arena *scratch, void *user)
{
    (void)scratch;
    (void)user;
    return att_vocabulary_count(t->model->vocabulary, folded, t->err);
}

static att_status count_features(trainer *t, const att_folded *folded, att_arena *scratch, void *user)
{
    att_reading reading;
    if (!att_read_text(t->model->vocabulary, folded, scratch, &reading))
        return att_no_memory(t->err, folded->count, "symbols");
    return att_feature_count_add(user, &reading, scratch, t->err);
}

static att_status take_features(trainer *t, const att_folded *folded, att_arena *scratch, void *user)
{
    att_reading reading;
    att_feature_value *values;
    size_t count, *row = user;
    if (!att_read_text(t->model->vocabulary, folded, scratch, &reading) ||
        !att_features_of(&t->model->features, &reading, scratch, &values, &count) ||
        !ATT_VEC_RESERVE(&t->host, &t->index, t->index.count + count) || !ATT_VEC_RESERVE(&t->host, &t->value, t->value.count + count))
        return att_no_memory(t->err, folded->count, "features of a text");
    for (size_t i = 0; i < count; i++) {
        t->index.items[t->index.count++] = values[i].index;
        t->value.items[t->value.count++] = values[i].value;
    }
    t->starts[++*row] = t->index.count;
    return ATT_OK;
}

static att_status prepare(trainer *t)
{
    att_feature_count *counts = NULL;
    size_t row = 0;
    att_status status = att_vocabulary_create(&t->model->vocabulary, &t->host, t->err);
    if (!status)
        status = each_text(t, "words", count_words, NULL);
    if (!status)
        status = att_vocabulary_close(t->model->vocabulary, WORDS_LEAST, t->err);
    if (!status)
        status = att_feature_count_create(&counts, &t->host, t->err);
    if (!status)
        status = each_text(t, "count n-grams", count_features, counts);
    if (!status)
        status = att_feature_table_build(&t->model->features, counts, TEXTS_LEAST, &t->host, t->err);
    att_feature_count_destroy(counts);
    if (!status)
        status = each_text(t, "n-grams", take_features, &row);
    t->x = (att_sparse){t->starts, t->index.items, t->value.items, t->model->features.count};
    return status;
}

// --- Targets --------------------------------------------------------------------------------------

// The class of a row, for balancing: its first category, or none.
static size_t class_of(const trainer *t, size_t i)
{
    const uint32_t truth = t->data->rows.items[t->rows[i]].truth;
    for (size_t c = 0; c + 1 < t->targets; c++)
        if (truth >> c & 1)
            return c;
    return t->targets - 1;
}

static void set_targets(trainer *t)
{
    double counts[ATT_MODEL_TARGETS_MAX] = {0};
    size_t classes = 0;
    for (size_t i = 0; i < t->count; i++)
        counts[class_of(t, i)]++;
    for (size_t c = 0; c < t->targets; c++)
        classes += counts[c] > 0;
    for (size_t i = 0; i < t->count; i++) {
        const att_labelled_row *row = &t->data->rows.items[t->rows[i]];
        double sum = 0, most = 0;
        for (size_t c = 0; c + 1 < t->targets; c++) {
            t->target[c * t->count + i] = row->targets[c];
            sum += row->targets[c];
            most = fmax(most, row->targets[c]);
        }
        const double none = 1 - (t->data->exclusive ? sum : most);
        t->target[(t->targets - 1) * t->count + i] = none < 1e-6 ? 0 : (float)none;
        t->cost[i] = (float)(t->options->cost *
                             pow((double)t->count / ((double)classes * counts[class_of(t, i)]), t->options->balance));
    }
}

// --- Members --------------------------------------------------------------------------------------

// |log(share of the target's texts with it / share of the others')|, smoothed by one.
static void log_count_ratios(const trainer *t, size_t target, bool words, double *with, float *out)
{
    const size_t n = t->x.features;
    double *without = with + n, all_with = 0, all_without = 0;
    memset(with, 0, 2 * n * sizeof *with);
    for (size_t k = 0; k < t->part_count; k++) {
        const uint32_t row = t->part[k];
        const double share = t->target[target * t->count + row];
        for (size_t at = t->starts[row]; at < t->starts[row + 1]; at++) {
            with[t->x.index[at]] += share;
            without[t->x.index[at]] += 1 - share;
        }
        all_with += share;
        all_without += 1 - share;
    }
    for (size_t i = 0; i < n; i++) {
        const bool counts = !words || t->model->features.group[i] == 0;
        out[i] = counts ? (float)fabs(log((with[i] + 1) / (all_with + 2)) - log((without[i] + 1) / (all_without + 2))) : 0;
    }
}

static bool train_member(trainer *t, size_t member, size_t target)
{
    const size_t n = t->x.features;
    float *scale = member ? ATT_NEW_ARRAY(&t->host, float, n + 1) : NULL;
    double *room = member ? ATT_NEW_ARRAY(&t->host, double, 2 * n + 1) : NULL;
    bool fine = !member || (scale && room);
    if (fine && member)
        log_count_ratios(t, target, member == 2, room, scale);
    ATT_FREE_ARRAY(&t->host, room, 2 * n + 1);
    const att_linear_options options = {.rows = t->part, .count = t->part_count, .targets = t->target + target * t->count,
        .costs = t->cost, .scale = scale, .passes = PASSES, .tolerance = tolerance, .seed = t->options->seed};
    if (fine)
        fine = att_linear_train(&t->x, &options, t->weights + (member * t->targets + target) * (n + 1), &t->host, NULL) == ATT_OK;
    ATT_FREE_ARRAY(&t->host, scale, n + 1);
    return fine;
}

static void train_some(void *context, uint32_t thread, size_t begin, size_t end)
{
    trainer *t = context;
    (void)thread;
    for (size_t i = begin; i < end; i++)
        if (!train_member(t, i / t->targets, i % t->targets))
            atomic_store(&t->no_memory, true);
}

static size_t stack_size(const trainer *t)
{
    return ATT_MODEL_MEMBERS * t->targets;
}

static void score_fold(trainer *t, uint32_t fold)
{
    const size_t width = stack_size(t);
    for (size_t i = 0; i < t->count; i++)
        for (size_t k = 0; fold_of(t, i) == fold && k < width; k++)
            t->oof[i * width + k] = (float)att_linear_score(&t->x, i, t->weights + k * (t->x.features + 1));
}

// Fold FOLDS is all rows.
static att_status train_fold(trainer *t, uint32_t fold)
{
    if (!att_progress_tell(&t->host, "train", fold, FOLDS + 1, "folds"))
        return ATT_FAIL(t->err, ATT_CANCELLED, "training was cancelled");
    t->part_count = 0;
    for (size_t i = 0; i < t->count; i++)
        if (fold == FOLDS || fold_of(t, i) != fold)
            t->part[t->part_count++] = (uint32_t)i;
    att_parallel_for(t->options->threads, stack_size(t), 1, train_some, t);
    if (atomic_load(&t->no_memory))
        return att_no_memory(t->err, t->x.features, "weights");
    if (fold < FOLDS)
        score_fold(t, fold);
    return ATT_OK;
}

// --- The stack ------------------------------------------------------------------------------------

static att_status train_stack(trainer *t)
{
    const size_t width = stack_size(t);
    size_t *starts = ATT_NEW_ARRAY(&t->host, size_t, t->count + 1);
    uint32_t *index = ATT_NEW_ARRAY(&t->host, uint32_t, t->count * width);
    float *cost = ATT_NEW_ARRAY(&t->host, float, t->count);
    att_status status = starts && index && cost ? ATT_OK : att_no_memory(t->err, t->count, "rows of the stack");
    for (size_t i = 0; !status && i < t->count; i++) {
        starts[i + 1] = (i + 1) * width;
        t->part[i] = (uint32_t)i;
        cost[i] = 1;
        for (size_t k = 0; k < width; k++)
            index[i * width + k] = (uint32_t)k;
    }
    const att_sparse x = {starts, index, t->oof, width};
    for (size_t target = 0; !status && target < t->targets; target++) {
        const att_linear_options options = {.rows = t->part, .count = t->count, .targets = t->target + target * t->count,
            .costs = cost, .passes = PASSES, .tolerance = tolerance, .seed = t->options->seed};
        status = att_linear_train(&x, &options, t->stack + target * (width + 1), &t->host, t->err);
        for (size_t i = 0; !status && i < t->count; i++)
            t->scores[i * t->targets + target] =
                (float)(1 / (1 + exp(-att_linear_score(&x, i, t->stack + target * (width + 1)))));
    }
    for (size_t i = 0; !status && t->data->exclusive && i < t->count; i++) {
        double sum = 0;
        for (size_t k = 0; k < t->targets; k++)
            sum += t->scores[i * t->targets + k];
        for (size_t k = 0; k < t->targets; k++)
            t->scores[i * t->targets + k] = (float)(t->scores[i * t->targets + k] / sum);
    }
    ATT_FREE_ARRAY(&t->host, starts, t->count + 1);
    ATT_FREE_ARRAY(&t->host, index, t->count * width);
    ATT_FREE_ARRAY(&t->host, cost, t->count);
    return status;
}

// One weight vector a target, from the members on all rows.
static void fold_members(trainer *t)
{
    const size_t n = t->x.features + 1, width = stack_size(t);
    for (size_t target = 0; target < t->targets; target++) {
        const float *stack = t->stack + target * (width + 1);
        for (size_t i = 0; i < n; i++) {
            double sum = i + 1 == n ? stack[width] : 0;
            for (size_t k = 0; k < width; k++)
                sum += (double)stack[k] * t->weights[k * n + i];
            t->model->weights[target * n + i] = (float)sum;
        }
    }
}

// --- Thresholds -----------------------------------------------------------------------------------

static double macro_f1(const trainer *t)
{
    double hits[ATT_MODEL_TARGETS_MAX] = {0}, said[ATT_MODEL_TARGETS_MAX] = {0}, true_of[ATT_MODEL_TARGETS_MAX] = {0}, sum = 0;
    size_t classes = 0;
    for (size_t i = 0; i < t->count; i++) {
        double scores[ATT_MODEL_TARGETS_MAX];
        for (size_t k = 0; k < t->targets; k++)
            scores[k] = t->scores[i * t->targets + k];
        const size_t is = class_of(t, i), says = att_text_model_class(t->model, scores);
        hits[is] += is == says;
        said[says]++;
        true_of[is]++;
    }
    for (size_t c = 0; c < t->targets; c++) {
        classes += true_of[c] > 0;
        sum += true_of[c] > 0 ? 2 * hits[c] / (said[c] + true_of[c]) : 0;
    }
    return sum / (double)classes;
}

// F1 of one category by itself, where a row may be of several.
static double f1_of(const trainer *t, size_t c, double threshold)
{
    double hits = 0, said = 0, true_of = 0;
    for (size_t i = 0; i < t->count; i++) {
        const bool is = t->data->rows.items[t->rows[i]].truth >> c & 1, says = t->scores[i * t->targets + c] >= threshold;
        hits += is && says;
        said += says;
        true_of += is;
    }
    return said + true_of > 0 ? 2 * hits / (said + true_of) : 0;
}

static double threshold_at(int step)
{
    return 0.02 * (step + 1);
}

// One category after the other, twice over: enough for a few categories whose thresholds hardly depend on each other.
static void seek_thresholds(trainer *t)
{
    att_text_model *m = t->model;
    for (size_t c = 0; c < m->category_count; c++)
        m->thresholds[c] = 0.5;
    for (int round = 0; round < (m->exclusive ? 3 : 1); round++)
        for (size_t c = 0; c < m->category_count; c++) {
            double best = -1;
            int first = 0, last = 0; // of the steps that are as good as the best
            for (int step = 0; step < THRESHOLDS; step++) {
                m->thresholds[c] = threshold_at(step);
                const double f1 = m->exclusive ? macro_f1(t) : f1_of(t, c, m->thresholds[c]);
                if (f1 > best) {
                    best = f1;
                    first = last = step;
                } else if (f1 == best && last + 1 == step) {
                    last = step;
                }
            }
            m->thresholds[c] = threshold_at((first + last) / 2);
        }
    double sum = 0;
    for (size_t c = 0; !m->exclusive && c < m->category_count; c++)
        sum += f1_of(t, c, m->thresholds[c]);
    m->trained_macro_f1 = m->exclusive ? macro_f1(t) : sum / (double)m->category_count;
}

// --- All of it ------------------------------------------------------------------------------------

static att_status reserve(trainer *t)
{
    t->starts = ATT_NEW_ARRAY(&t->host, size_t, t->count + 1);
    t->target = ATT_NEW_ARRAY(&t->host, float, t->targets * t->count);
    t->cost = ATT_NEW_ARRAY(&t->host, float, t->count);
    t->oof = ATT_NEW_ARRAY(&t->host, float, t->count * stack_size(t));
    t->part = ATT_NEW_ARRAY(&t->host, uint32_t, t->count);
    t->stack = ATT_NEW_ARRAY(&t->host, float, t->targets * (stack_size(t) + 1));
    t->scores = ATT_NEW_ARRAY(&t->host, float, t->count * t->targets);
    return t->starts && t->target && t->cost && t->oof && t->part && t->stack && t->scores
               ? ATT_OK
               : att_no_memory(t->err, t->count, "labelled texts");
}

static att_status reserve_weights(trainer *t)
{
    const size_t all = t->targets * (t->x.features + 1);
    t->weights = ATT_NEW_ARRAY(&t->host, float, ATT_MODEL_MEMBERS * all);
    t->model->weights = ATT_NEW_ARRAY(&t->host, float, all);
    return t->weights && t->model->weights ? ATT_OK : att_no_memory(t->err, ATT_MODEL_MEMBERS * all, "weights");
}

static void release(trainer *t)
{
    ATT_FREE_ARRAY(&t->host, t->starts, t->count + 1);
    ATT_FREE_ARRAY(&t->host, t->target, t->targets * t->count);
    ATT_FREE_ARRAY(&t->host, t->cost, t->count);
    ATT_FREE_ARRAY(&t->host, t->oof, t->count * stack_size(t));
    ATT_FREE_ARRAY(&t->host, t->part, t->count);
    ATT_FREE_ARRAY(&t->host, t->stack, t->targets * (stack_size(t) + 1));
    ATT_FREE_ARRAY(&t->host, t->scores, t->count * t->targets);
    ATT_FREE_ARRAY(&t->host, t->weights, ATT_MODEL_MEMBERS * t->targets * (t->x.features + 1));
    ATT_VEC_FREE(&t->host, &t->index);
    ATT_VEC_FREE(&t->host, &t->value);
}

static att_status enough(const trainer *t)
{
    for (size_t c = 0; c < t->model->category_count; c++) {
        size_t in = 0;
        for (size_t i = 0; i < t->count; i++)
            in += t->data->rows.items[t->rows[i]].truth >> c & 1;
        if (in < 2 * FOLDS)
            return ATT_FAIL(t->err, ATT_INSUFFICIENT, "%zu rows of %zu are of category \"%s\", expected at least %d", in, t->count,
                t->model->categories[c], 2 * FOLDS);
    }
    return ATT_OK;
}

att_status att_text_model_train(att_text_model *out, const att_folding *folding, const att_labelled *data, const uint32_t *rows,
    size_t count, const att_text_train_options *options, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    *out = (att_text_model){.host = full, .category_count = data->category_count, .exclusive = data->exclusive, .seed = options->seed,
        .rows = count};
    memcpy(out->categories, data->categories, sizeof out->categories);
    trainer t = {.host = full, .model = out, .folding = folding, .data = data, .rows = rows, .count = count, .options = options,
        .err = err, .targets = data->category_count + 1};
    att_status status = enough(&t);
    if (!status)
        status = reserve(&t);
    if (!status)
        status = prepare(&t);
    if (!status)
        status = reserve_weights(&t);
    if (!status)
        set_targets(&t);
    for (uint32_t fold = 0; !status && fold <= FOLDS; fold++)
        status = train_fold(&t, fold);
    if (!status)
        status = train_stack(&t);
    if (!status) {
        fold_members(&t);
        seek_thresholds(&t);
    }
    release(&t);
    if (status)
        att_text_model_deinit(out);
    return status;
}
