// SPDX-License-Identifier: Apache-2.0
// guard/text_filter.h - what measuring needs of a filter beyond attune/filter.h.
#ifndef ATT_GUARD_TEXT_FILTER_H
#define ATT_GUARD_TEXT_FILTER_H

#include "attune/filter.h"
#include "guard/text_model.h"

// Rows for training and for the test, by id; each is (data->rows.count), `train` then in front.
typedef struct att_text_split {
    uint32_t *train, *test;
    size_t train_count, test_count;
} att_text_split;
att_status att_text_split_make(att_text_split *out, const att_labelled *data, uint64_t test_every, const att_host *host, att_error *err);
void att_text_split_deinit(att_text_split *split, const att_labelled *data, const att_host *host);

att_text_train_options att_text_train_options_default(void);

#endif
