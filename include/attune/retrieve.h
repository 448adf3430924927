// SPDX-License-Identifier: Apache-2.0
// attune/retrieve.h - approximate nearest neighbours by inner product, filters inside the search.
#ifndef ATT_RETRIEVE_H
#define ATT_RETRIEVE_H

#include "attune/host.h"

ATT_BEGIN

typedef struct att_index att_index;

typedef enum att_index_form { ATT_INDEX_F32, ATT_INDEX_I8 } att_index_form;

typedef struct att_index_options {
    uint32_t dim;         // 1 … 2048
    att_index_form form;  // I8 walks the graph on quantized vectors and ranks the finalists in f32
    uint32_t links;       // per node and layer, 4 … 64; 0: 16 (twice that on the ground layer)
    uint32_t build_width; // candidates kept while inserting, 8 … 1000; 0: 200
    uint32_t capacity;    // hint
    uint64_t seed;
} att_index_options;

// Ids are the caller's numbers 0 … 2^31 - 1. One writer at a time; searches may run beside each other but
// not beside a writer, unless said otherwise.
att_status att_index_create(att_index **out, const att_index_options *options, const att_host *host, att_error *err);
void att_index_destroy(att_index *index);
// (count, dim) vectors. An id that is there already is replaced.
att_status att_index_add(att_index *index, const uint32_t *ids, const float *vectors, size_t count,
    uint32_t threads, att_error *err);
att_status att_index_remove(att_index *index, uint32_t id, att_error *err); // ATT_NOT_FOUND
size_t att_index_count(const att_index *index);
// (dim), valid until the next change; NULL: no such id.
const float *att_index_vector(const att_index *index, uint32_t id);
size_t att_index_bytes(const att_index *index);

// What may come back. An id is eligible when its bit is set (bits == NULL: all) and it is not in `exclude`. Or exclude is NULL, and
// exclude_count ids, which may be among the best, are not set in `bits`: that is asked for less.
typedef struct att_filter {
    const uint64_t *bits;
    size_t bit_count;
    size_t eligible;         // bits set; SIZE_MAX: not known, then counted when needed
    const uint32_t *exclude; // ascending
    size_t exclude_count;
} att_filter;

typedef struct att_hit {
    uint32_t id;
    float score; // inner product in f32
} att_hit;

// Memory of one searching thread; grows to fit, then allocates nothing.
typedef struct att_search att_search;
att_status att_search_create(att_search **out, const att_host *host, att_error *err);
void att_search_destroy(att_search *search);

// The `count` best by inner product among the eligible, best first, ties by lower id. *found = count whenever that many
// eligible vectors exist. `width` (0: chosen) trades time for recall. `filter` may be NULL.
att_status att_index_top(const att_index *index, att_search *search, const float *query, const att_filter *filter,
    size_t count, uint32_t width, att_hit *hits, size_t *found, att_error *err);
// The plain twin: looks at every eligible vector.
att_status att_index_top_exact(const att_index *index, att_search *search, const float *query,
    const att_filter *filter, size_t count, att_hit *hits, size_t *found, att_error *err);

// An order in which to add `count` vectors so that answers of 100 and more, which are scans as a rule, can pass over most of
// them: what lies together comes together. order is (count).
att_status att_index_arrange(const float *vectors, size_t count, uint32_t dim, uint64_t seed, uint32_t *order,
    const att_host *host, att_error *err);
// After the last of them was added: learns from typical queries (count, dim) how far below the greatest possible product the
// `top` best of them stay. Long answers then miss about 2 in 1,000 of what they should hold and look at less. Kept in the file.
att_status att_index_learn_reach(att_index *index, const float *queries, size_t count, size_t top, att_error *err);

// Immutable file, mapped: docs/formats.md. A loaded index can be added to and removed from (memory, not the file).
att_status att_index_save(const att_index *index, const char *path, att_error *err);
att_status att_index_load(att_index **out, const char *path, const att_host *host, att_error *err);

ATT_END
#endif
