// SPDX-License-Identifier: Apache-2.0
// measure/contender.c - one face for scorers and for the engine's own training.
#include "measure/contender.h"
#include "embed/model.h"

#include <stdio.h>

size_t att_contenders(uint32_t protocol, att_contender out[ATT_CONTENDERS_MAX])
{
    if (protocol == ATT_PROTOCOL_COLD) {
        const att_contender cold[] = {att_contender_cold_random, att_contender_cold_popularity,
            att_contender_cold_oracle, att_contender_content};
        memcpy(out, cold, sizeof cold);
        return ATT_COUNT_OF(cold);
    }
    size_t count, kept = 0;
    const att_scorer *const *scorers = att_scorer_list(&count);
    for (size_t i = 0; i < count && kept + 1 < ATT_CONTENDERS_MAX; i++)
        if (strcmp(scorers[i]->name, att_contender_chosen.name) != 0)
            out[kept++] = (att_contender){
                .name = scorers[i]->name, .story = scorers[i]->story, .scorer = scorers[i]};
    out[kept++] = att_contender_chosen;
    return kept;
}

att_status att_contender_train(const att_contender *contender, void **model, const att_split *split,
    const att_evaluate_options *options, const att_host *host, char story[ATT_CONTENDER_STORY_SIZE],
    att_error *err)
{
    *model = NULL;
    snprintf(story, ATT_CONTENDER_STORY_SIZE, "%s", contender->story);
    if (!contender->scorer)
        return contender->train(model, split, options, host, story, err);
    char checkpoint[1024];
    const bool resumes = options->resume_folder != NULL;
    if (resumes && snprintf(checkpoint, sizeof checkpoint, "%s/%s.%s.training", options->resume_folder,
                       att_protocol_name(split->protocol), contender->name) >= (int)sizeof checkpoint)
        return ATT_FAIL(err, ATT_LIMIT, "the path of folder %.60s… is too long", options->resume_folder);
    const att_scorer_params params = {.seed = options->seed,
        .threads = options->threads,
        .checkpoint = resumes ? checkpoint : NULL};
    const att_scorer_input input = {.matrix = &split->train,
        .order = split->train_order,
        .at_ms = split->timed ? split->train_at_ms : NULL,
        .situation = split->train_situation};
    return contender->scorer->train(model, &input, &params, host, err);
}

att_status att_contender_score(const att_contender *contender, const void *model, att_fold *memory,
    const att_history *history, float *scores, att_error *err)
{
    return contender->scorer ? contender->scorer->score_all(model, memory, history, scores, err)
                             : contender->score(model, memory, history, scores, err);
}

void att_contender_destroy(const att_contender *contender, void *model)
{
    if (contender->scorer)
        contender->scorer->destroy(model);
    else
        contender->destroy(model);
}

// --- The engine's choice: the same call that the engine makes, with times and contents ---------

static const att_item *body_of(void *user, uint32_t item)
{
    return att_table_body(user, item);
}

static att_status chosen_train(void **out, const att_split *split,
    const att_evaluate_options *options, const att_host *host, char story[ATT_CONTENDER_STORY_SIZE],
    att_error *err)
{
    const att_model_input input = {.preferences = &split->train,
        .last_at_ms = split->train_at_ms,
        .untimed = !split->timed,
        .situation = split->train_situation,
        .item_of = body_of,
        .item_user = (void *)split->table};
    const att_train_options train = {.seed = options->seed, .threads = options->threads};
    att_train_report report = {0};
    att_model *model = NULL;
    const att_status status = att_model_train(&model, &input, &train, &report, host, err);
    if (!status && report.tried_count > 0)
        snprintf(story, ATT_CONTENDER_STORY_SIZE, "the engine's choice: %s",
            report.tried[report.chosen].name);
    else if (!status)
        snprintf(story, ATT_CONTENDER_STORY_SIZE, "the engine's choice: %s", report.kind);
    if (!status && report.sequence_share > 0) {
        const size_t used = strlen(story);
        snprintf(story + used, ATT_CONTENDER_STORY_SIZE - used,
            ", with a share of %.2f for a sequence model", report.sequence_share);
    }
    if (!status && report.trend_weight > 0) {
        const size_t used = strlen(story);
        snprintf(story + used, ATT_CONTENDER_STORY_SIZE - used, ", and what is liked of late weighing %g",
            report.trend_weight);
    }
    if (!status && report.newness_weight > 0) {
        const size_t used = strlen(story);
        snprintf(story + used, ATT_CONTENDER_STORY_SIZE - used, ", and what is new since one's last visit weighing %g",
            report.newness_weight);
    }
    *out = model;
    return status;
}

static att_status chosen_score(const void *model, att_fold *memory, const att_history *history,
    float *scores, att_error *err)
{
    return att_scorer_chosen.score_all(model, memory, history, scores, err);
}

static void chosen_destroy(void *model)
{
    att_model_destroy(model);
}

const att_contender att_contender_chosen = {.name = "chosen",
    .story = "the engine's choice",
    .train = chosen_train,
    .score = chosen_score,
    .destroy = chosen_destroy};
