// SPDX-License-Identifier: Apache-2.0
// retrieve/index.h - what an index is made of; for this room only.
//
// A vector lives in a slot (0, 1, 2 …, all arrays below are by slot); the caller's id is mapped to
// it by a directory of pages, so ids may have gaps.
#ifndef ATT_RETRIEVE_INDEX_H
#define ATT_RETRIEVE_INDEX_H

#include "attune/retrieve.h"
#include "base/base.h"
#include "base/kernels.h"
#include "retrieve/top.h"

#define ATT_SLOT_NONE UINT32_MAX // also the id of a slot without a live vector
#define ATT_INDEX_ID_MAX 0x7FFFFFFFu
#define ATT_INDEX_DIM_MAX 2048
#define ATT_PAGE_BITS 12
#define ATT_PAGE_SIZE (1u << ATT_PAGE_BITS)

// Memory whose use begins at a cache line.
typedef struct att_lines {
    void *raw;
    size_t size; // bytes asked from the host
    void *data;  // 64-byte aligned
} att_lines;

struct att_index {
    att_host host;
    const att_kernels *kernels;
    att_index_options options; // completed
    size_t vector_stride;      // floats
    size_t code_stride;        // bytes

    uint32_t capacity;   // slots there is room for
    uint32_t slot_count; // slots ever used
    uint32_t live_count;

    float *vectors; // (capacity, vector_stride), zero behind dim
    int8_t *codes;  // (capacity, code_stride); vector ~ code * scale. NULL in the f32 form
    float *scales;  // (capacity)
    uint32_t *ids;  // (capacity); ATT_SLOT_NONE where nothing lives
    att_lines vector_lines, code_lines;

    uint32_t **pages; // id >> ATT_PAGE_BITS -> ATT_PAGE_SIZE slots, NULL where no id lives
    uint32_t page_count;
};

struct att_search {
    att_host host;
    uint64_t *keys;  // three times key_room: candidates and a spare third
    size_t key_room; // in units of `keep`
};

bool att_lines_resize(att_lines *lines, const att_host *host, size_t used, size_t size);
void att_lines_free(att_lines *lines, const att_host *host);

static inline uint32_t att_index_slot(const att_index *index, uint32_t id)
{
    const uint32_t page = id >> ATT_PAGE_BITS;
    if (page >= index->page_count || !index->pages[page])
        return ATT_SLOT_NONE;
    return index->pages[page][id & (ATT_PAGE_SIZE - 1)];
}

// Codes of `vector`, zero behind dim; returns the scale.
float att_quantize(int8_t *codes, size_t code_stride, const float *vector, size_t dim);

att_status att_query_check(const att_index *index, const float *query, att_error *err);

// Room for the candidates of a search that keeps `keep`.
att_status att_search_reserve(att_search *search, size_t keep, att_error *err);

static inline bool att_filter_bit(const att_filter *filter, uint32_t id)
{
    return !filter->bits || (id < filter->bit_count && (filter->bits[id / 64] >> (id % 64) & 1));
}
bool att_filter_excludes(const att_filter *filter, uint32_t id);
static inline bool att_filter_allows(const att_filter *filter, uint32_t id)
{
    return !filter || (att_filter_bit(filter, id) && !att_filter_excludes(filter, id));
}

#endif
