// SPDX-License-Identifier: Apache-2.0
// embed/choose.h - kind and parameters by validation.
#ifndef ATT_EMBED_CHOOSE_H
#define ATT_EMBED_CHOOSE_H

#include "embed/model_parts.h"

// Fills *recipe, and tried, tried_count and chosen of the report. Searches one parameter after the other around a good start
// (docs/embed.md); how far is decided by counting operations, never by the clock, so that the same seed chooses
// the same recipe on any machine. Too few people to hold any out: *recipe is the default and nothing is tried.
att_status att_choose(att_recipe *recipe, const att_model_input *input,
    const att_train_options *options, att_train_report *report, const att_host *host,
    att_error *err);

// Operations of so many passes of als.
double att_als_cost(const att_matrix *m, double dim, double passes);

#endif
