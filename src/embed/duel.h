// SPDX-License-Identifier: Apache-2.0
// embed/duel.h - two models before the same people: is the new one not worse?
//
// Both fold the same histories and rank the same items; per person p the difference d_p = q_new - q_old of
// q = (NDCG@100 + recall@20) / 2 is taken (holdout.h), so what makes a person hard drops out. The new model is not worse when
//
//   mean(d) - z * sd(d) / sqrt(people) >= -margin * mean(q_old),     z: the normal quantile of `confidence`
//
// a test of non-inferiority with a margin stated beforehand (Wellek 2010, "Testing Statistical Hypotheses of Equivalence
// and Noninferiority"): what is not known to be nearly as good is not swapped in. An item that a model does not
// know is placed by that model's content, as serving does it.
#ifndef ATT_EMBED_DUEL_H
#define ATT_EMBED_DUEL_H

#include "embed/holdout.h"

typedef struct att_duel_options {
    double margin;     // share of the old model's quality that may be lost, 0 … 1
    double confidence; // one-sided, 0.5 … 0.9999
    uint32_t threads;
} att_duel_options;

// `holdout->train` is not looked at. item_of as in att_model_input. ATT_INVALID when nobody is there to judge by.
att_status att_duel_run(att_duel *out, const att_holdout *holdout, const att_model *old_model,
    const att_model *new_model, const att_item *(*item_of)(void *user, uint32_t item), void *item_user,
    const att_duel_options *options, const att_host *host, att_error *err);
// The verdict over differences and old qualities (count) alone.
att_duel att_duel_judge(
    const att_quality *before, const att_quality *after, size_t count, const att_duel_options *options);

#endif
