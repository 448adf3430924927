// SPDX-License-Identifier: Apache-2.0
// embed/parallel.c - threads that take the next rows from one counter.
#include "embed/parallel.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct loop {
    atomic_size_t next;
    size_t count, grain;
    att_parallel_task *task;
    void *context;
} loop;

typedef struct worker {
    loop *loop;
    uint32_t thread;
    pthread_t handle;
} worker;

static void take_rows(loop *l, uint32_t thread)
{
    for (;;) {
        const size_t begin = atomic_fetch_add_explicit(&l->next, l->grain, memory_order_relaxed);
        if (begin >= l->count)
            return;
        l->task(l->context, thread, begin, ATT_MIN(l->count, begin + l->grain));
    }
}

static void *worker_main(void *argument)
{
    const worker *w = argument;
    take_rows(w->loop, w->thread);
    return NULL;
}

uint32_t att_parallel_threads(uint32_t wanted)
{
    return wanted < 1 ? 1 : ATT_MIN(wanted, ATT_THREADS_MAX);
}

void att_parallel_for(
    uint32_t threads, size_t count, size_t grain, att_parallel_task *task, void *context)
{
    loop l = {.count = count, .grain = ATT_MAX(grain, 1), .task = task, .context = context};
    worker workers[ATT_THREADS_MAX];
    uint32_t started = 0;
    threads = att_parallel_threads(threads);
    while (started + 1 < threads && (started + 1) * l.grain < count) {
        worker *w = &workers[started];
        *w = (worker){.loop = &l, .thread = started + 1};
        if (pthread_create(&w->handle, NULL, worker_main, w) != 0)
            break;
        started++;
    }
    take_rows(&l, 0);
    for (uint32_t i = 0; i < started; i++)
        pthread_join(workers[i].handle, NULL);
}
