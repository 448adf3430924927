// SPDX-License-Identifier: Apache-2.0
// retrieve/index.c - an index's life, its columns, and which slot an id lives in.
#include "retrieve/graph.h"

bool att_lines_create(att_lines *lines, const att_host *host, size_t size)
{
    size_t padded;
    if (__builtin_add_overflow(size, 64, &padded))
        return false;
    char *raw = att_alloc(host, padded, 1);
    if (!raw)
        return false;
    att_want_large_pages(raw, padded); // walks jump about in these columns
    *lines = (att_lines){raw, padded, raw + (64 - (uintptr_t)raw % 64) % 64};
    return true;
}

void att_lines_free(att_lines *lines, const att_host *host)
{
    if (lines->raw)
        att_free(host, lines->raw, lines->size, 1);
    *lines = (att_lines){0};
}

size_t att_column_row(const att_index *index, att_column column)
{
    const bool bytes = index->options.form == ATT_INDEX_I8;
    switch (column) {
    case ATT_COLUMN_VECTOR:
        return index->vector_stride * sizeof(float);
    case ATT_COLUMN_CODE:
        return bytes ? index->code_stride : 0;
    case ATT_COLUMN_SCALE:
        return bytes ? sizeof(float) : 0;
    case ATT_COLUMN_LINK:
        return index->ground_links * sizeof(uint32_t);
    default:
        return sizeof(uint32_t);
    }
}

void att_columns_bind(att_index *index)
{
    index->vectors = index->columns[ATT_COLUMN_VECTOR].data;
    index->codes = index->columns[ATT_COLUMN_CODE].data;
    index->scales = index->columns[ATT_COLUMN_SCALE].data;
    index->inverses = index->columns[ATT_COLUMN_INVERSE].data;
    index->ids = index->columns[ATT_COLUMN_ID].data;
    index->links = index->columns[ATT_COLUMN_LINK].data;
    index->uppers = index->columns[ATT_COLUMN_UPPER].data;
}

// Copies every column into memory for `capacity` slots.
static att_status move_columns(att_index *index, size_t capacity, att_error *err)
{
    att_lines moved[ATT_COLUMN_COUNT] = {0};
    const att_status status = att_index_reserve_reaches(index, capacity, err);
    if (status)
        return status;
    for (att_column c = 0; c < ATT_COLUMN_COUNT; c++) {
        const size_t row = att_column_row(index, c);
        if (row && !att_lines_create(&moved[c], &index->host, capacity * row)) {
            while (c-- > 0)
                att_lines_free(&moved[c], &index->host);
            return att_no_memory(err, capacity, "vectors of an index");
        }
    }
    for (att_column c = 0; c < ATT_COLUMN_COUNT; c++) {
        const size_t row = att_column_row(index, c);
        if (row && index->slot_count)
            memcpy(moved[c].data, index->columns[c].data, index->slot_count * row);
        att_lines_free(&index->columns[c], &index->host);
        index->columns[c] = moved[c];
    }
    att_columns_bind(index);
    index->capacity = (uint32_t)capacity;
    return ATT_OK;
}

att_status att_index_reserve(att_index *index, size_t wanted, att_error *err)
{
    if (wanted <= index->capacity)
        return ATT_OK;
    if (wanted > ATT_INDEX_ID_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "an index holds at most %u vectors", ATT_INDEX_ID_MAX);
    const size_t grown = ATT_MAX(wanted, (size_t)index->capacity + index->capacity / 2);
    return move_columns(index, ATT_MIN(grown, ATT_INDEX_ID_MAX), err);
}

att_status att_index_own(att_index *index, att_error *err)
{
    if (!index->snapshot)
        return ATT_OK;
    const size_t word_count = ATT_MAX(index->upper_count, 1);
    uint32_t *words = att_alloc(&index->host, word_count, sizeof *words);
    if (!words)
        return att_no_memory(err, index->upper_count, "links");
    const att_status status = move_columns(index, ATT_MAX(index->slot_count, 1), err);
    if (status) {
        ATT_FREE_ARRAY(&index->host, words, word_count);
        return status;
    }
    if (index->upper_count)
        memcpy(words, index->upper_words, index->upper_count * sizeof *words);
    index->upper_words = words;
    index->upper_capacity = word_count;
    att_snapshot_close(index->snapshot);
    index->snapshot = NULL;
    return ATT_OK;
}

att_status att_index_reserve_page(att_index *index, uint32_t id, att_error *err)
{
    const uint32_t page = id >> ATT_PAGE_BITS;
    if (page >= index->page_count) {
        const uint32_t grown = ATT_MAX(page + 1, index->page_count + index->page_count / 2);
        uint32_t **pages =
            att_realloc(&index->host, index->pages, index->page_count, grown, sizeof *pages);
        if (!pages)
            return att_no_memory(err, grown, "pages of ids");
        memset(pages + index->page_count, 0, (grown - index->page_count) * sizeof *pages);
        index->pages = pages;
        index->page_count = grown;
    }
    if (!index->pages[page]) {
        index->pages[page] = att_alloc(&index->host, ATT_PAGE_SIZE, sizeof(uint32_t));
        if (!index->pages[page])
            return att_no_memory(err, ATT_PAGE_SIZE, "ids");
        memset(index->pages[page], 0xFF, ATT_PAGE_SIZE * sizeof(uint32_t));
    }
    return ATT_OK;
}

static att_status check_options(const att_index_options *options, att_error *err)
{
    if (options->dim < 1 || options->dim > ATT_INDEX_DIM_MAX)
        return ATT_FAIL(err, ATT_INVALID, "an index of dim %u: 1 to %d wanted", options->dim,
            ATT_INDEX_DIM_MAX);
    if (options->form != ATT_INDEX_F32 && options->form != ATT_INDEX_I8)
        return ATT_FAIL(err, ATT_INVALID, "unknown index form %d", (int)options->form);
    if (options->links && (options->links < 4 || options->links > ATT_LINKS_MAX))
        return ATT_FAIL(err, ATT_INVALID, "%u links per node: 4 to %d wanted, 0 for 16",
            options->links, ATT_LINKS_MAX);
    if (options->build_width && (options->build_width < 8 || options->build_width > 1000))
        return ATT_FAIL(
            err, ATT_INVALID, "build width %u: 8 to 1000 wanted, 0 for 200", options->build_width);
    return ATT_OK;
}

att_status att_index_begin(
    att_index **out, const att_index_options *options, const att_host *host, att_error *err)
{
    *out = NULL;
    const att_status status = check_options(options, err);
    if (status)
        return status;
    const att_host full = att_host_complete(host);
    att_index *index = ATT_NEW_ARRAY(&full, att_index, 1);
    if (!index)
        return att_no_memory(err, 1, "index");
    index->host = full;
    index->kernels = att_kernels_best();
    index->options = *options;
    index->options.links = options->links ? options->links : 16;
    index->options.build_width = options->build_width ? options->build_width : 200;
    index->vector_stride = (options->dim + 15) / 16 * 16;
    index->code_stride = (options->dim + 63) / 64 * 64;
    index->ground_links = index->options.links * 2;
    index->angle_links = index->ground_links / 4;
    index->entry = ATT_ENTRY_NONE;
    index->share = 1;
    memset(index->upper_free, 0xFF, sizeof index->upper_free);
    *out = index;
    return ATT_OK;
}

att_status att_index_create(
    att_index **out, const att_index_options *options, const att_host *host, att_error *err)
{
    att_index *index = NULL;
    *out = NULL;
    att_status status = att_index_begin(&index, options, host, err);
    if (!status)
        status = att_index_reserve(index, ATT_MAX(options->capacity, 1), err);
    if (status)
        att_index_destroy(index);
    else
        *out = index;
    return status;
}

void att_index_destroy(att_index *index)
{
    if (!index)
        return;
    const att_host host = index->host;
    for (uint32_t p = 0; p < index->page_count; p++)
        att_free(&host, index->pages[p], ATT_PAGE_SIZE, sizeof(uint32_t));
    ATT_FREE_ARRAY(&host, index->pages, index->page_count);
    for (att_column c = 0; c < ATT_COLUMN_COUNT; c++)
        att_lines_free(&index->columns[c], &host);
    ATT_FREE_ARRAY(&host, index->reaches, index->reach_room);
    ATT_FREE_ARRAY(&host, index->centres, index->reach_room * index->vector_stride);
    ATT_FREE_ARRAY(&host, index->centre_codes, index->reach_room * index->code_stride);
    ATT_FREE_ARRAY(&host, index->centre_scales, index->reach_room);
    att_lines_free(&index->panel_lines, &host);
    if (!index->snapshot)
        ATT_FREE_ARRAY(&host, index->upper_words, index->upper_capacity);
    ATT_VEC_FREE(&host, &index->limbo);
    ATT_VEC_FREE(&host, &index->free_slots);
    att_search_destroy(index->writer);
    att_snapshot_close(index->snapshot);
    ATT_FREE_ARRAY(&host, index, 1);
}

size_t att_index_count(const att_index *index)
{
    return index->live_count;
}

const float *att_index_vector(const att_index *index, uint32_t id)
{
    const uint32_t slot = att_index_slot(index, id);
    return slot == ATT_SLOT_NONE ? NULL : index->vectors + slot * index->vector_stride;
}

size_t att_index_bytes(const att_index *index)
{
    size_t bytes = sizeof *index + index->page_count * sizeof *index->pages;
    for (uint32_t p = 0; p < index->page_count; p++)
        bytes += index->pages[p] ? ATT_PAGE_SIZE * sizeof(uint32_t) : 0;
    for (att_column c = 0; c < ATT_COLUMN_COUNT; c++)
        bytes += index->capacity * att_column_row(index, c);
    bytes += index->reach_room * ((2 + index->vector_stride) * sizeof(float) + index->code_stride) + index->panel_lines.size;
    return bytes + ATT_MAX(index->upper_capacity, index->upper_count) * sizeof *index->upper_words +
           index->limbo.capacity * sizeof *index->limbo.items +
           index->free_slots.capacity * sizeof *index->free_slots.items +
           att_search_bytes(index->writer);
}
