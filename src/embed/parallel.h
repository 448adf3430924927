// SPDX-License-Identifier: Apache-2.0
// embed/parallel.h - a loop over independent rows on a given number of threads.
//
// Threads live for one loop; the caller is one of them. Which thread takes which rows depends on timing, so a task
// must give the same bits for a row whoever runs it.
#ifndef ATT_EMBED_PARALLEL_H
#define ATT_EMBED_PARALLEL_H

#include "base/base.h"

#define ATT_THREADS_MAX 64

// Rows begin … end-1 by thread 0 … threads-1 (each number is one thread for the whole loop).
typedef void att_parallel_task(void *context, uint32_t thread, size_t begin, size_t end);

// Hands out `grain` rows at a time. Cannot fail: when the system refuses a thread, those there are do it all.
void att_parallel_for(
    uint32_t threads, size_t count, size_t grain, att_parallel_task *task, void *context);
// 1 … ATT_THREADS_MAX; 0 counts as 1.
uint32_t att_parallel_threads(uint32_t wanted);

#endif
