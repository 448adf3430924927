// SPDX-License-Identifier: Apache-2.0
// retrieve/index.c - an index's life, and which slot an id lives in.
#include "retrieve/index.h"

#include <math.h>

bool att_lines_resize(att_lines *lines, const att_host *host, size_t used, size_t size)
{
    size_t padded;
    if (__builtin_add_overflow(size, 64, &padded))
        return false;
    char *raw = att_alloc(host, padded, 1);
    if (!raw)
        return false;
    char *data = raw + (64 - (uintptr_t)raw % 64) % 64;
    if (used)
        memcpy(data, lines->data, used);
    att_lines_free(lines, host);
    *lines = (att_lines){.raw = raw, .size = padded, .data = data};
    return true;
}

void att_lines_free(att_lines *lines, const att_host *host)
{
    att_free(host, lines->raw, lines->size, 1);
    *lines = (att_lines){0};
}

static att_status check_options(const att_index_options *options, att_error *err)
{
    if (options->dim < 1 || options->dim > ATT_INDEX_DIM_MAX)
        return ATT_FAIL(err, ATT_INVALID, "an index of dim %u: 1 to %d wanted", options->dim,
            ATT_INDEX_DIM_MAX);
    if (options->form != ATT_INDEX_F32 && options->form != ATT_INDEX_I8)
        return ATT_FAIL(err, ATT_INVALID, "unknown index form %d", (int)options->form);
    if (options->links && (options->links < 4 || options->links > 64))
        return ATT_FAIL(
            err, ATT_INVALID, "%u links per node: 4 to 64 wanted, 0 for 16", options->links);
    if (options->build_width && (options->build_width < 8 || options->build_width > 1000))
        return ATT_FAIL(
            err, ATT_INVALID, "build width %u: 8 to 1000 wanted, 0 for 200", options->build_width);
    return ATT_OK;
}

static att_status reserve_slots(att_index *index, size_t wanted, att_error *err)
{
    if (wanted <= index->capacity)
        return ATT_OK;
    if (wanted > ATT_INDEX_ID_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "an index holds at most %u vectors", ATT_INDEX_ID_MAX);
    size_t grown = ATT_MAX(wanted, (size_t)index->capacity + index->capacity / 2);
    grown = ATT_MIN(ATT_MAX(grown, 64), (size_t)ATT_INDEX_ID_MAX);
    const size_t row = index->vector_stride * sizeof(float), used = index->slot_count;
    if (!att_lines_resize(&index->vector_lines, &index->host, used * row, grown * row))
        return att_no_memory(err, grown, "vectors");
    index->vectors = index->vector_lines.data;
    if (index->options.form == ATT_INDEX_I8) {
        const size_t code_row = index->code_stride;
        if (!att_lines_resize(&index->code_lines, &index->host, used * code_row, grown * code_row))
            return att_no_memory(err, grown, "vector codes");
        index->codes = index->code_lines.data;
    }
    // Each of these may have grown already in a call that failed later: then it only grows again.
    uint32_t *ids = att_alloc(&index->host, grown, sizeof *ids);
    float *scales = att_alloc(&index->host, grown, sizeof *scales);
    if (!ids || !scales) {
        ATT_FREE_ARRAY(&index->host, ids, grown);
        ATT_FREE_ARRAY(&index->host, scales, grown);
        return att_no_memory(err, grown, "slots");
    }
    if (used) {
        memcpy(ids, index->ids, used * sizeof *ids);
        memcpy(scales, index->scales, used * sizeof *scales);
    }
    ATT_FREE_ARRAY(&index->host, index->ids, index->capacity);
    ATT_FREE_ARRAY(&index->host, index->scales, index->capacity);
    index->ids = ids;
    index->scales = scales;
    index->capacity = (uint32_t)grown;
    return ATT_OK;
}

static att_status reserve_page(att_index *index, uint32_t id, att_error *err)
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

att_status att_index_create(
    att_index **out, const att_index_options *options, const att_host *host, att_error *err)
{
    *out = NULL;
    att_status status = check_options(options, err);
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
    status = reserve_slots(index, options->capacity, err);
    if (status) {
        att_index_destroy(index);
        return status;
    }
    *out = index;
    return ATT_OK;
}

void att_index_destroy(att_index *index)
{
    if (!index)
        return;
    const att_host host = index->host;
    for (uint32_t p = 0; p < index->page_count; p++)
        ATT_FREE_ARRAY(&host, index->pages[p], ATT_PAGE_SIZE);
    ATT_FREE_ARRAY(&host, index->pages, index->page_count);
    ATT_FREE_ARRAY(&host, index->ids, index->capacity);
    ATT_FREE_ARRAY(&host, index->scales, index->capacity);
    att_lines_free(&index->vector_lines, &host);
    att_lines_free(&index->code_lines, &host);
    ATT_FREE_ARRAY(&host, index, 1);
}

static att_status check_vectors(
    const att_index *index, const uint32_t *ids, const float *vectors, size_t count, att_error *err)
{
    const size_t dim = index->options.dim;
    for (size_t i = 0; i < count; i++) {
        if (ids[i] > ATT_INDEX_ID_MAX)
            return ATT_FAIL(err, ATT_INVALID, "id %u of vector %zu: at most %u wanted", ids[i], i,
                ATT_INDEX_ID_MAX);
        for (size_t d = 0; d < dim; d++)
            if (!isfinite(vectors[i * dim + d]))
                return ATT_FAIL(err, ATT_INVALID,
                    "component %zu of the vector with id %u is not finite", d, ids[i]);
    }
    return ATT_OK;
}

static void store_vector(att_index *index, uint32_t slot, const float *vector)
{
    float *row = index->vectors + slot * index->vector_stride;
    memset(row, 0, index->vector_stride * sizeof *row);
    memcpy(row, vector, index->options.dim * sizeof *row);
    if (index->codes)
        index->scales[slot] = att_quantize(
            index->codes + slot * index->code_stride, index->code_stride, row, index->options.dim);
}

att_status att_index_add(att_index *index, const uint32_t *ids, const float *vectors, size_t count,
    uint32_t threads, att_error *err)
{
    (void)threads;
    att_status status = check_vectors(index, ids, vectors, count, err);
    if (!status)
        status = reserve_slots(index, (size_t)index->slot_count + count, err);
    for (size_t i = 0; !status && i < count; i++)
        status = reserve_page(index, ids[i], err);
    if (status)
        return status;
    for (size_t i = 0; i < count; i++) {
        uint32_t *place = &index->pages[ids[i] >> ATT_PAGE_BITS][ids[i] & (ATT_PAGE_SIZE - 1)];
        if (*place == ATT_SLOT_NONE) {
            *place = index->slot_count++;
            index->live_count++;
        }
        index->ids[*place] = ids[i];
        store_vector(index, *place, vectors + i * index->options.dim);
    }
    return ATT_OK;
}

// The last slot's vector moves into the hole.
att_status att_index_remove(att_index *index, uint32_t id, att_error *err)
{
    const uint32_t slot = id <= ATT_INDEX_ID_MAX ? att_index_slot(index, id) : ATT_SLOT_NONE;
    if (slot == ATT_SLOT_NONE)
        return ATT_FAIL(err, ATT_NOT_FOUND, "id %u is not in the index", id);
    const uint32_t last = --index->slot_count, moved = index->ids[last];
    index->live_count--;
    index->pages[moved >> ATT_PAGE_BITS][moved & (ATT_PAGE_SIZE - 1)] = slot;
    index->ids[slot] = moved;
    index->pages[id >> ATT_PAGE_BITS][id & (ATT_PAGE_SIZE - 1)] = ATT_SLOT_NONE;
    if (slot != last)
        store_vector(index, slot, index->vectors + last * index->vector_stride);
    return ATT_OK;
}

size_t att_index_count(const att_index *index)
{
    return index->live_count;
}

size_t att_index_bytes(const att_index *index)
{
    size_t pages = 0;
    for (uint32_t p = 0; p < index->page_count; p++)
        pages += index->pages[p] != NULL;
    return sizeof *index + index->vector_lines.size + index->code_lines.size +
           index->capacity * (sizeof *index->ids + sizeof *index->scales) +
           index->page_count * sizeof *index->pages + pages * ATT_PAGE_SIZE * sizeof(uint32_t);
}
