// SPDX-License-Identifier: Apache-2.0
// bench/bench_index_others.h - other libraries' graph indexes behind one face, for bench_index.
#ifndef ATT_BENCH_INDEX_OTHERS_H
#define ATT_BENCH_INDEX_OTHERS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Inner product, one thread, 16 links, construction width 200.
typedef struct bench_other {
    const char *name;
    void *(*build)(const float *vectors, size_t count, size_t dim);
    void (*top)(void *index, const float *query, size_t count, uint32_t width, uint32_t *ids);
    void (*destroy)(void *index);
} bench_other;

size_t bench_others(const bench_other **out);

#ifdef __cplusplus
}
#endif
#endif
