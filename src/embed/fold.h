// SPDX-License-Identifier: Apache-2.0
// embed/fold.h - a person made from a history: vector, equations, item-item sums. A thread's reusable memory.
#ifndef ATT_EMBED_FOLD_H
#define ATT_EMBED_FOLD_H

#include "base/kernels.h"
#include "embed/normal.h"

typedef struct att_fold att_fold; // one thread; grows to fit, then allocates nothing

att_status att_fold_create(att_fold **out, const att_host *host, att_error *err);
void att_fold_destroy(att_fold *fold);

#endif
