// SPDX-License-Identifier: Apache-2.0
// measure/bandit_run.c - a bandit over a file in Vowpal Wabbit's text, progressively: every line is predicted, counted, and only
// then learned from.
//
// Labelled lines are made into a bandit: the option is drawn, its cost alone is told (vw --cbify), and the loss is the mean
// cost of what was drawn. Logged lines cannot be answered differently than they were; the loss of the policy pi_t that has
// learned the lines before is estimated from the logged (a, c, p) by
//   ips  pi_t(a) / p * c,     dr  sum_b pi_t(b) q(b) + pi_t(a) / p * (c - q(a)),   q: the cost that the learner expects.
// Costs are learned as 1 - (c - least) / (greatest - least) of the file, which a first reading finds along with the number
// of options: that is all that is known beforehand.
#include "attune/choose.h"
#include "decide/bandit.h"
#include "ingest/vw.h"
#include "ingest/text_file.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

#define FILE_MOST ((size_t)4 << 30)

typedef struct run {
    const att_host *host;
    const char *path;
    const att_bandit_run_options *options;
    att_bandit_run_report *report;
    att_vw_reader reader;
    att_arena arena;
    att_bandit bandit;
    att_bandit_memory memory;
    uint32_t classes;       // greatest number of options
    double least, greatest; // costs
    char (*ids)[12];           // (classes): "1", "2" …
    att_choice_option *named; // (classes)
    float *probabilities;                   // (classes)
    uint64_t rounds;
    double cost, ips, logged;
    bool has_bandit;
} run;

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void note_costs(run *r, const att_vw_example *example)
{
    r->classes = ATT_MAX(r->classes, (uint32_t)example->option_count);
    for (size_t l = 0; l < example->label_count; l++) {
        r->classes = ATT_MAX(r->classes, example->labels[l].option + 1);
        if (isnan(example->labels[l].cost))
            continue;
        r->least = fmin(r->least, example->labels[l].cost);
        r->greatest = fmax(r->greatest, example->labels[l].cost);
    }
}

static att_status first_reading(run *r, att_text text, att_error *err)
{
    r->least = INFINITY;
    r->greatest = -INFINITY;
    att_status status = att_vw_reader_init(&r->reader, text, r->path, err);
    bool found = true;
    while (!status && found) {
        att_vw_example example;
        att_arena_reset(&r->arena);
        status = att_vw_next(&r->reader, &r->arena, &example, &found, err);
        if (!status && found)
            note_costs(r, &example);
    }
    att_vw_reader_deinit(&r->reader);
    if (!status && !r->classes)
        status = ATT_FAIL(err, ATT_INVALID, "%s: no line has a label, so there is nothing to choose from", r->path);
    if (r->reader.form == ATT_VW_MULTICLASS || !(r->greatest >= r->least)) {
        r->least = 0;
        r->greatest = 1;
    }
    if (r->greatest == r->least)
        r->greatest = r->least + 1;
    return status;
}

static double reward_of(const run *r, double cost)
{
    const double reward = 1 - (cost - r->least) / (r->greatest - r->least);
    return reward < 0 ? 0 : reward > 1 ? 1 : reward;
}

static double cost_of(const run *r, double reward)
{
    return r->least + (1 - reward) * (r->greatest - r->least);
}

static att_status name_options(run *r, att_error *err)
{
    r->named = ATT_NEW_ARRAY(r->host, att_choice_option, r->classes);
    r->probabilities = ATT_NEW_ARRAY(r->host, float, r->classes);
    r->ids = att_alloc_zero(r->host, r->classes, sizeof *r->ids);
    if (!r->named || !r->probabilities || !r->ids)
        return att_no_memory(err, r->classes, "options");
    for (uint32_t a = 0; a < r->classes; a++) {
        snprintf(r->ids[a], sizeof r->ids[a], "%u", a + 1);
        r->named[a].id = att_text_of(r->ids[a]);
    }
    return ATT_OK;
}

static const att_vw_label *known_label(const att_vw_example *example, uint32_t option)
{
    for (size_t l = 0; l < example->label_count; l++)
        if (example->labels[l].option == option)
            return &example->labels[l];
    return NULL;
}

// The line of a logged file that says what was taken; NULL: it says nothing.
static const att_vw_label *taken_label(const att_vw_example *example)
{
    for (size_t l = 0; l < example->label_count; l++)
        if (!isnan(example->labels[l].cost))
            return &example->labels[l];
    return NULL;
}

static att_status labelled_round(run *r, const att_vw_example *example, const att_bandit_question *question, uint64_t seed, att_error *err)
{
    const uint32_t chosen = att_bandit_draw(r->probabilities, question->count, seed);
    const att_vw_label *label = r->reader.form == ATT_VW_MULTICLASS ? &example->labels[0] : known_label(example, chosen);
    double cost = NAN;
    if (r->reader.form == ATT_VW_MULTICLASS)
        cost = label->option != chosen;
    else if (label)
        cost = label->cost;
    if (isnan(cost))
        return ATT_FAIL(err, ATT_INVALID, "%s:%llu: label: option %u has no cost, expected one for every option", r->path,
            (unsigned long long)example->line, chosen + 1);
    r->cost += cost;
    r->rounds++;
    return att_bandit_learn(&r->bandit, question, chosen, (double)r->probabilities[chosen], reward_of(r, cost),
        example->weight, &r->memory, err);
}

static att_status logged_round(run *r, const att_vw_example *example, const att_bandit_question *question, att_error *err)
{
    const att_vw_label *taken = taken_label(example);
    if (!taken)
        return ATT_OK;
    double expected = 0;
    for (uint32_t a = 0; a < question->count; a++)
        expected += (double)r->probabilities[a] * cost_of(r, (double)r->memory.mean.items[a]);
    const double ratio = (double)r->probabilities[taken->option] / taken->probability;
    r->ips += ratio * taken->cost;
    r->cost += expected + ratio * (taken->cost - cost_of(r, (double)r->memory.mean.items[taken->option]));
    r->logged += taken->cost;
    r->rounds++;
    return att_bandit_learn(&r->bandit, question, taken->option, taken->probability, reward_of(r, taken->cost),
        example->weight, &r->memory, err);
}

static att_status hash_features(const att_choice_feature *features, size_t count, size_t more, att_arena *arena,
    att_bandit_feature **out, att_error *err)
{
    *out = ATT_NEW_RAW(arena, att_bandit_feature, count + more);
    if (!*out)
        return att_no_memory(err, count, "features");
    for (size_t i = 0; i < count; i++)
        (*out)[more + i] = (att_bandit_feature){att_bandit_key(features[i].name_space, features[i].name), (float)features[i].value};
    return ATT_OK;
}

// The options of a block are what their features are; in the other forms an option is its number.
static att_status question_of(run *r, const att_vw_example *example, att_bandit_question *out, att_error *err)
{
    const bool adf = r->reader.form == ATT_VW_ADF;
    const uint32_t count = adf ? (uint32_t)example->option_count : r->classes;
    att_bandit_features *list = ATT_NEW_RAW(&r->arena, att_bandit_features, count);
    att_bandit_feature *context;
    att_status status = list ? hash_features(example->features, example->feature_count, 0, &r->arena, &context, err)
                             : att_no_memory(err, count, "options");
    for (uint32_t a = 0; a < count && !status; a++) {
        const att_choice_option *option = adf ? &example->options[a] : &r->named[a];
        const bool alone = option->feature_count == 0;
        att_bandit_feature *own;
        status = hash_features(option->features, option->feature_count, alone, &r->arena, &own, err);
        if (!status && alone)
            own[0] = (att_bandit_feature){att_bandit_key(ATT_LIT("option"), option->id), 1};
        if (!status)
            list[a] = (att_bandit_features){own, option->feature_count + alone};
    }
    if (!status)
        *out = (att_bandit_question){{context, example->feature_count}, list, count};
    return status;
}

static att_status one_round(run *r, const att_vw_example *example, att_error *err)
{
    att_bandit_question question;
    uint32_t greedy;
    if (!example->label_count && r->reader.form != ATT_VW_ADF)
        return ATT_OK;
    att_status status = question_of(r, example, &question, err);
    const uint64_t seed = att_mix64(r->bandit.options.seed * UINT64_C(0x9e3779b97f4a7c15) + r->rounds);
    if (!status)
        status = att_bandit_distribution(&r->bandit, &question, seed, &r->memory, r->probabilities, &greedy, err);
    if (status)
        return status;
    return r->reader.form == ATT_VW_MULTICLASS || r->reader.form == ATT_VW_COSTS
               ? labelled_round(r, example, &question, seed, err)
               : logged_round(r, example, &question, err);
}

static att_status second_reading(run *r, att_text text, att_error *err)
{
    att_status status = att_vw_reader_init(&r->reader, text, r->path, err);
    bool found = true;
    while (!status && found && !(r->options->rounds_max && r->rounds >= r->options->rounds_max)) {
        att_vw_example example;
        att_arena_reset(&r->arena);
        status = att_vw_next(&r->reader, &r->arena, &example, &found, err);
        if (!status && found)
            status = one_round(r, &example, err);
        if (!status && r->rounds % 1024 == 0 && !att_progress_tell(r->host, "bandit", (uint64_t)(r->reader.at - text.data), text.size, "bytes"))
            status = ATT_FAIL(err, ATT_CANCELLED, "the run over %s was cancelled", r->path);
    }
    att_vw_reader_deinit(&r->reader);
    return status;
}

static att_status start_bandit(run *r, att_error *err)
{
    const char *name = r->options->algorithm;
    const att_bandit_options options = {.algorithm = name ? att_bandit_algorithm_named(att_text_of(name)) : NULL,
        .floor = r->options->floor,
        .seed = r->options->seed ? r->options->seed : 1};
    if (name && !options.algorithm)
        return ATT_FAIL(err, ATT_INVALID, "algorithm \"%s\" is unknown: regcb, epsilon, linucb, thompson, squarecb, cover or bagging expected", name);
    att_bandit_memory_init(&r->memory, r->host);
    r->has_bandit = true;
    return att_bandit_init(&r->bandit, &options, r->host, err);
}

static void fill_report(run *r, double started_s)
{
    att_bandit_run_report *out = r->report;
    const double rounds = r->rounds ? (double)r->rounds : 1;
    const bool is_logged = r->reader.form == ATT_VW_CB || r->reader.form == ATT_VW_ADF;
    snprintf(out->algorithm, sizeof out->algorithm, "%s", r->bandit.algorithm->about.name);
    snprintf(out->form, sizeof out->form, "%s", att_vw_form_name(r->reader.form));
    out->rounds = r->rounds;
    out->options = r->classes;
    out->loss = r->cost / rounds;
    out->loss_ips = is_logged ? r->ips / rounds : NAN;
    out->loss_logged = is_logged ? r->logged / rounds : NAN;
    out->seconds = now_s() - started_s;
}

att_status att_bandit_run(const char *path, const att_bandit_run_options *options, const att_host *host,
    att_bandit_run_report *out, att_error *err)
{
    const att_host full = att_host_complete(host);
    const double started_s = now_s();
    run r = {.host = &full, .path = path, .options = options, .report = out};
    char *text = NULL;
    size_t size = 0;
    *out = (att_bandit_run_report){0};
    att_arena_init(&r.arena, &full, 0);
    att_status status = att_text_file_load(path, FILE_MOST, &full, &text, &size, err);
    if (!status)
        status = first_reading(&r, (att_text){text, size}, err);
    if (!status)
        status = name_options(&r, err);
    if (!status)
        status = start_bandit(&r, err);
    if (!status)
        status = second_reading(&r, (att_text){text, size}, err);
    if (!status)
        fill_report(&r, started_s);
    if (r.has_bandit) {
        att_bandit_memory_deinit(&r.memory);
        att_bandit_deinit(&r.bandit);
    }
    att_free(&full, r.ids, r.classes, sizeof *r.ids);
    ATT_FREE_ARRAY(&full, r.named, r.classes);
    ATT_FREE_ARRAY(&full, r.probabilities, r.classes);
    att_arena_deinit(&r.arena);
    att_free(&full, text, size, 1);
    return status;
}
