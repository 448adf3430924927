// SPDX-License-Identifier: Apache-2.0
// embed/choose_clock.h - choosing by the clock what people held out whole cannot tell.
//
// Their tastes of the same days, and of later ones, are in the training. So the log is cut at some moments of its second
// half: a model of the chosen kind is trained on what came before a moment, and what those it knows came to like until the next
// must be found, as serving will have to. Candidates are judged by the mean of NDCG@100 and recall@20 over everybody at every
// moment, against what the models were without. When the best gain is above so many of its standard errors, the smallest weight within one
// error of the best is taken (the one-standard-error rule of Breiman et al. 1984): people are also asked in other ways than here.
#ifndef ATT_EMBED_CHOOSE_CLOCK_H
#define ATT_EMBED_CHOOSE_CLOCK_H

#include "embed/holdout.h"
#include "embed/model_parts.h"

#define ATT_CLOCK_MOMENTS 4
#define ATT_CLOCK_HALF_LIVES 3
#define ATT_CLOCK_WEIGHTS 4
#define ATT_CLOCK_CANDIDATES (ATT_CLOCK_HALF_LIVES * ATT_CLOCK_WEIGHTS)

typedef struct att_clock_moment {
    att_holdout held;
    att_model *model;    // trained on what came before; NULL: nobody came back
    double spread;       // of its scores over the items, without what is chosen here
    att_quality *before; // (held) what it reaches without the candidates
    att_quality *people; // (held)
    float *values;       // (items) for a candidate to lie in
} att_clock_moment;

// Over what the models reached before: one for each half-life and weight, the weights of a half-life side by side.
typedef struct att_clock_gains {
    double sum[ATT_CLOCK_CANDIDATES], squares[ATT_CLOCK_CANDIDATES];
} att_clock_gains;

typedef struct att_clock {
    const att_host *host;
    const att_recipe *recipe;
    const att_model_input *input;
    const att_train_options *options;
    int64_t cuts_ms[ATT_CLOCK_MOMENTS + 1]; // the last: after everything
    uint32_t moments, train_most, held_most;
    att_clock_moment at[ATT_CLOCK_MOMENTS];
    uint32_t cases; // people at moments
    double before;  // sum of what they were judged at
} att_clock;

// `why_not` says why there is nothing to choose by (then `out` is empty), or is an empty text. `model` was trained on all of
// input->preferences by `recipe`.
att_status att_clock_init(att_clock *out, const att_model *model, const att_recipe *recipe, const att_model_input *input,
    const att_train_options *options, char why_not[160], att_error *err);
void att_clock_deinit(att_clock *clock);
// What the models reach as they are becomes what candidates are compared with.
att_status att_clock_measure_before(att_clock *clock, att_error *err);
// A candidate is in the model of this moment: adds what it gains. `task` is what progress is told of.
att_status att_clock_try(
    att_clock *clock, uint32_t moment, size_t candidate, const char *task, att_clock_gains *gains, att_error *err);
// SIZE_MAX: the best is not better than nothing by more than `errors` standard errors.
size_t att_clock_best(const att_clock *clock, const att_clock_gains *gains, double errors);
// How far a model's scores spread over the items it knows people to like, the mean of some people.
att_status att_clock_spread(const att_model *model, const att_matrix *m, double *out, att_error *err);

// Whether it helps, over which half-life and how much; the report says what came of it. What is chosen becomes a part of
// `model`, and of the models of the moments.
att_status att_choose_trend(att_clock *clock, att_model *model, att_train_report *report, att_error *err);
att_status att_choose_newness(att_clock *clock, att_model *model, att_train_report *report, att_error *err);
// Both in turn: the trend first, what is new beside it. `model` was trained on all of input->preferences by `recipe`.
att_status att_choose_by_clock(att_model *model, const att_recipe *recipe, const att_model_input *input,
    const att_train_options *options, att_train_report *report, att_error *err);

#endif
