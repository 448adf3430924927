// SPDX-License-Identifier: Apache-2.0
// measure/contender.h - who takes part in a protocol: the scorers, the engine's own choice, and
// those of cold start.
#ifndef ATT_MEASURE_CONTENDER_H
#define ATT_MEASURE_CONTENDER_H

#include "embed/scorer.h"
#include "measure/split.h"

#define ATT_CONTENDER_STORY_SIZE 280

typedef struct att_contender {
    const char *name;
    const char *story;
    const att_scorer *scorer; // trained on the matrix alone; NULL: the functions below
    // `story` may be rewritten with what was learned in training.
    att_status (*train)(void **model, const att_split *split, const att_evaluate_options *options,
        const att_host *host, char story[ATT_CONTENDER_STORY_SIZE], att_error *err);
    // scores is (table->items); only those of ranked items are looked at.
    att_status (*score)(const void *model, att_fold *memory, const att_history *history,
        float *scores, att_error *err);
    void (*destroy)(void *model);
} att_contender;

// Those of a protocol in the order of tables; returns how many.
size_t att_contenders(uint32_t protocol, att_contender out[ATT_CONTENDERS_MAX]);
att_status att_contender_train(const att_contender *contender, void **model, const att_split *split,
    const att_evaluate_options *options, const att_host *host, char story[ATT_CONTENDER_STORY_SIZE],
    att_error *err);
att_status att_contender_score(const att_contender *contender, const void *model, att_fold *memory,
    const att_history *history, float *scores, att_error *err);
void att_contender_destroy(const att_contender *contender, void *model);

extern const att_contender att_contender_chosen;
// Cold start (cold.c).
extern const att_contender att_contender_cold_random;
extern const att_contender att_contender_cold_popularity;
extern const att_contender att_contender_cold_oracle;
extern const att_contender att_contender_content;

#endif
