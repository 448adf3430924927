// SPDX-License-Identifier: Apache-2.0
// retrieve/index.h - what an index is made of; for this room only.
//
// A vector lives in a slot (0, 1, 2 …); every column below is an array by slot. The caller's id is
// mapped to its slot by a directory of pages, so ids may have gaps. A slot whose vector was removed
// or replaced is dead: walks still pass through it until sweep.c has taken it out of all lists,
// then it is used again.
#ifndef ATT_RETRIEVE_INDEX_H
#define ATT_RETRIEVE_INDEX_H

#include "attune/retrieve.h"
#include "base/base.h"
#include "base/kernels.h"
#include "base/best.h"
#include "store/snapshot.h"

#define ATT_SLOT_NONE UINT32_MAX // also the id of a dead slot
#define ATT_INDEX_ID_MAX 0x7FFFFFFFu
#define ATT_INDEX_DIM_MAX 2048
#define ATT_PAGE_BITS 12
#define ATT_PAGE_SIZE (1u << ATT_PAGE_BITS)

enum { ATT_LEVEL_MAX = 15, ATT_LINKS_MAX = 64 };

// Memory whose use begins at a cache line. raw == NULL: borrowed (mapped from a file).
typedef struct att_lines {
    void *raw;
    size_t size; // bytes asked from the host
    void *data;
} att_lines;

typedef enum att_column {
    ATT_COLUMN_VECTOR,
    ATT_COLUMN_CODE,
    ATT_COLUMN_SCALE,
    ATT_COLUMN_INVERSE,
    ATT_COLUMN_ID,
    ATT_COLUMN_LINK,
    ATT_COLUMN_UPPER,
    ATT_COLUMN_COUNT
} att_column;

// Slots that a scan scores together, or passes over together.
#define ATT_BLOCK_SLOTS 64u

static inline size_t att_blocks_of(size_t slots)
{
    return (slots + ATT_BLOCK_SLOTS - 1) / ATT_BLOCK_SLOTS;
}

// A dead slot waits until every list has been looked at since.
typedef struct att_limbo {
    uint32_t slot;
    uint64_t swept; // index->swept when it died
} att_limbo;

struct att_index {
    att_host host;
    const att_kernels *kernels;
    att_index_options options; // completed
    size_t vector_stride;      // floats
    size_t code_stride;        // bytes
    uint32_t ground_links;     // per node on the ground layer: 2 * options.links
    uint32_t angle_links;      // of these, the last ones are by angle, the others by product

    uint32_t capacity;   // slots there is room for
    size_t reach_room;   // blocks
    uint32_t slot_count; // slots ever used
    uint32_t live_count;

    att_lines columns[ATT_COLUMN_COUNT];
    float *vectors;  // (capacity, vector_stride), zero behind dim
    int8_t *codes;   // (capacity, code_stride), zero behind dim; vector ~ code * scale. NULL in the
                     // f32 form
    float *scales;   // (capacity), in the I8 form
    float *inverses; // (capacity) 1 / length; 0 for the zero vector
    uint32_t *ids;   // (capacity); ATT_SLOT_NONE: dead or free
    uint32_t *links; // (capacity, ground_links); ATT_SLOT_NONE: unused
    // By block of ATT_BLOCK_SLOTS slots, not in the file: a point, and not less than its distance to any vector of the block.
    float *centres; // (reach_room, vector_stride)
    float *reaches; // (reach_room)
    int8_t *centre_codes; // (reach_room, code_stride) and their scales, which are enough where there is a doubt
    float *centre_scales;
    att_lines panel_lines;
    uint8_t *panels; // (reach_room * ATT_BLOCK_SLOTS, code_stride) the codes once more, as panels (base/kernels.h); NULL: they would not pay
    float doubt;    // share of a reach that the best are known not to use; 0: nothing is known
    float share;    // of all blocks that a long scan looks at; 1: nothing is known
    double longest; // no vector that ever had a slot is longer
    uint64_t reused; // slots that were given to another vector than the one they had first
    uint32_t
        *uppers; // (capacity) where its block begins in upper_words, ATT_SLOT_NONE: ground only

    // Blocks of 1 + level * links words: the level, then the links on layers 1 … level.
    uint32_t *upper_words;
    size_t upper_count, upper_capacity;
    uint32_t
        upper_free[ATT_LEVEL_MAX + 1]; // first free block of a level, its word 1 leads to the next
    uint64_t entry; // level << 32 | slot of the highest node, or ATT_ENTRY_NONE; atomic while
                    // threads add

    ATT_VEC(att_limbo) limbo; // oldest first from limbo_first on
    size_t limbo_first;
    ATT_VEC(uint32_t) free_slots;
    uint64_t swept; // lists looked at since the beginning
    uint32_t sweep_at;

    uint32_t **pages; // id >> ATT_PAGE_BITS -> ATT_PAGE_SIZE slots, NULL where no id lives
    uint32_t page_count;

    att_search *writer;     // memory of the walks of whoever adds; NULL before the first
    att_snapshot *snapshot; // the file that the columns are mapped from, until the first change
};

// What a long scan found by codes before it was asked what of it may be shown: nothing that it left out has a key above `bar`.
typedef struct att_long_list {
    uint64_t *keys; // (count), of slots, in no order
    size_t count;
    uint64_t bar;   // 0: nothing was left out
} att_long_list;

struct att_search {
    att_host host;
    uint64_t *keys; // (key_room)
    size_t key_room;
    uint8_t *seen; // (seen_room), by slot: met in this walk when it equals `turn`
    size_t seen_room;
    uint8_t turn;
    int8_t *code; // the query's, (code_room)
    size_t code_room;
    uint32_t *excluded; // (excluded_mask + 1) open addressing over the filter's excluded ids plus one; 0 is free
    size_t excluded_room;
    uint64_t *blocks; // (block_room): keys of blocks, for scans by reach
    float *centred;   // (block_room)
    size_t block_room;
    uint32_t excluded_mask;
    att_long_list list; // (list_room) of the last long scan, where somebody wants it; count 0: it left none
    size_t list_room;
    bool wants_list;
};

// False: out of memory.
bool att_lines_create(att_lines *lines, const att_host *host, size_t size);
void att_lines_free(att_lines *lines, const att_host *host);

// Bytes of one slot in a column; 0: the form has no such column.
size_t att_column_row(const att_index *index, att_column column);
void att_columns_bind(att_index *index);
// Memory for `wanted` slots that is the index's own. All or nothing.
att_status att_index_reserve(att_index *index, size_t wanted, att_error *err);
// The index that a loaded file shows becomes memory of its own.
att_status att_index_own(att_index *index, att_error *err);
// Derives strides and the like from the completed options.
att_status att_index_begin(
    att_index **out, const att_index_options *options, const att_host *host, att_error *err);
att_status att_index_reserve_page(att_index *index, uint32_t id, att_error *err);

static inline uint32_t *att_index_place(const att_index *index, uint32_t id)
{
    return &index->pages[id >> ATT_PAGE_BITS][id & (ATT_PAGE_SIZE - 1)];
}

static inline uint32_t att_index_slot(const att_index *index, uint32_t id)
{
    const uint32_t page = id >> ATT_PAGE_BITS;
    if (page >= index->page_count || !index->pages[page])
        return ATT_SLOT_NONE;
    return index->pages[page][id & (ATT_PAGE_SIZE - 1)];
}

static inline uint32_t att_entry_slot(uint64_t entry)
{
    return (uint32_t)entry;
}

static inline uint32_t att_entry_level(uint64_t entry)
{
    return (uint32_t)(entry >> 32);
}

// reach.c. Room for the blocks of `slots`; a new one's centre is the origin and its reach 0.
att_status att_index_reserve_reaches(att_index *index, size_t slots, att_error *err);
void att_index_widen_reach(att_index *index, uint32_t slot); // its vector and code are new
void att_index_settle_reaches(att_index *index);             // puts the centres where the vectors are

// Codes of `vector`, zero behind dim; returns the scale.
float att_quantize(int8_t *codes, size_t code_stride, const float *vector, size_t dim);

size_t att_search_bytes(const att_search *search); // NULL: 0
att_status att_query_check(const att_index *index, const float *query, att_error *err);
att_status att_search_reserve_keys(att_search *search, size_t count, att_error *err);
att_status att_search_reserve_walk(const att_index *index, att_search *search, att_error *err);

// Puts the filter's exclusions where att_filter_excludes finds them.
att_status att_search_take_exclusions(att_search *search, const att_filter *filter, att_error *err);

static inline uint32_t att_excluded_place(const att_search *search, uint32_t id)
{
    return (id * 0x9E3779B1u >> 7) & search->excluded_mask;
}

static inline bool att_filter_excludes(const att_search *search, const att_filter *filter, uint32_t id)
{
    if (!filter || !filter->exclude || !filter->exclude_count)
        return false;
    uint32_t at = att_excluded_place(search, id);
    while (search->excluded[at] && search->excluded[at] != id + 1)
        at = (at + 1) & search->excluded_mask;
    return search->excluded[at];
}

static inline bool att_filter_allows(const att_search *search, const att_filter *filter, uint32_t id)
{
    if (!filter)
        return true;
    if (filter->bits && (id >= filter->bit_count || !(filter->bits[id / 64] >> (id % 64) & 1)))
        return false;
    return !att_filter_excludes(search, filter, id);
}

#endif
