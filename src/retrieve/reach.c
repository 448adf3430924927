// SPDX-License-Identifier: Apache-2.0
// retrieve/reach.c - how great a product of a block of vectors can be, and how great it is in practice.
//
// For a query q and the vectors x of a block with centre c and reach r (Cauchy and Schwarz):
//
//   q x = q c + q (x - c) <= q c + |q| r
//
// A scan passes over blocks whose bound is below the bar (scan.c). In many dimensions the second part is rarely used up:
// for an x that is among the best of q, the last of which has the product s, r could have been smaller by the factor
//
//   need(q, x) = (s - q c) / (|q| r)
//
// without x being lost. `doubt` is 1 less a high quantile of need over the best of typical queries.
#include "retrieve/graph.h"

#include <math.h>
#include <stdlib.h>

#define LOST_SHARE 0.02
#define MARGIN 1.02f
#define ROUNDING 1.001f // more than it can amount to in a length and a product

// --- Blocks -----------------------------------------------------------------------------------------------------

typedef struct block_columns {
    float *reaches, *centres, *scales;
    int8_t *codes;
    att_lines panels;
} block_columns;

static bool wants_panels(const att_index *index)
{
    return index->options.form == ATT_INDEX_I8 && index->kernels->panel_scaled_i8 && index->code_stride % 4 == 0;
}

static block_columns blocks_of(const att_index *index)
{
    return (block_columns){index->reaches, index->centres, index->centre_scales, index->centre_codes, index->panel_lines};
}

static void free_blocks(const att_index *index, block_columns *b, size_t room)
{
    ATT_FREE_ARRAY(&index->host, b->reaches, room);
    ATT_FREE_ARRAY(&index->host, b->centres, room * index->vector_stride);
    ATT_FREE_ARRAY(&index->host, b->scales, room);
    ATT_FREE_ARRAY(&index->host, b->codes, room * index->code_stride);
    att_lines_free(&b->panels, &index->host);
}

// Zeros are what slots that were never used hold.
static bool make_panels(const att_index *index, att_lines *panels, size_t room)
{
    const size_t size = room * ATT_BLOCK_SLOTS * index->code_stride;
    if (!wants_panels(index))
        return true;
    if (!att_lines_create(panels, &index->host, size))
        return false;
    memset(panels->data, 0, size);
    return true;
}

static void put_in_panel(att_index *index, size_t slot)
{
    uint8_t *const row = index->panels + slot / 16 * 16 * index->code_stride + slot % 16 * 4;
    const int8_t *const code = index->codes + slot * index->code_stride;
    for (size_t i = 0; i < index->code_stride; i++)
        row[i / 4 * 64 + i % 4] = (uint8_t)(code[i] + 128);
}

att_status att_index_reserve_reaches(att_index *index, size_t slots, att_error *err)
{
    const size_t room = att_blocks_of(slots), before = index->reach_room;
    if (room <= before)
        return ATT_OK;
    block_columns old = blocks_of(index);
    block_columns new = {.reaches = ATT_NEW_ARRAY(&index->host, float, room),
        .centres = ATT_NEW_ARRAY(&index->host, float, room * index->vector_stride),
        .scales = ATT_NEW_ARRAY(&index->host, float, room),
        .codes = ATT_NEW_ARRAY(&index->host, int8_t, room * index->code_stride)};
    if (!new.reaches || !new.centres || !new.scales || !new.codes || !make_panels(index, &new.panels, room)) {
        free_blocks(index, &new, room);
        return att_no_memory(err, room, "blocks of an index");
    }
    if (before) {
        memcpy(new.reaches, old.reaches, before * sizeof *old.reaches);
        memcpy(new.centres, old.centres, before * index->vector_stride * sizeof *old.centres);
        memcpy(new.scales, old.scales, before * sizeof *old.scales);
        memcpy(new.codes, old.codes, before * index->code_stride);
        if (new.panels.data)
            memcpy(new.panels.data, old.panels.data, before * ATT_BLOCK_SLOTS * index->code_stride);
    }
    free_blocks(index, &old, before);
    index->reaches = new.reaches;
    index->centres = new.centres;
    index->centre_scales = new.scales;
    index->centre_codes = new.codes;
    index->panel_lines = new.panels;
    index->panels = new.panels.data;
    index->reach_room = room;
    return ATT_OK;
}

void att_index_widen_reach(att_index *index, uint32_t slot)
{
    const size_t block = slot / ATT_BLOCK_SLOTS, stride = index->vector_stride;
    const float *x = index->vectors + slot * stride, *centre = index->centres + block * stride;
    double square = 0;
    for (size_t d = 0; d < stride; d++)
        square += ((double)x[d] - (double)centre[d]) * ((double)x[d] - (double)centre[d]);
    index->reaches[block] = ATT_MAX(index->reaches[block], (float)sqrt(square) * ROUNDING);
    if (index->panels)
        put_in_panel(index, slot);
}

void att_index_settle_reaches(att_index *index)
{
    const size_t stride = index->vector_stride;
    for (uint32_t first = 0; first < index->slot_count; first += ATT_BLOCK_SLOTS) {
        const uint32_t end = ATT_MIN(first + ATT_BLOCK_SLOTS, index->slot_count);
        float *centre = index->centres + first / ATT_BLOCK_SLOTS * stride;
        memset(centre, 0, stride * sizeof *centre);
        for (uint32_t slot = first; slot < end; slot++)
            index->kernels->axpy_f32(centre, 1 / (float)(end - first), index->vectors + slot * stride, stride);
        index->centre_scales[first / ATT_BLOCK_SLOTS] = att_quantize(
            index->centre_codes + first / ATT_BLOCK_SLOTS * index->code_stride, index->code_stride, centre, index->options.dim);
        index->reaches[first / ATT_BLOCK_SLOTS] = 0;
        for (uint32_t slot = first; slot < end; slot++)
            att_index_widen_reach(index, slot);
    }
}

// --- What is needed of a reach ------------------------------------------------------------------------------------

static int rising(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return x < y ? -1 : x > y;
}

typedef struct lesson {
    att_index *index;
    const float *queries;
    size_t count, top;
    att_hit *hits;  // (top)
    float *lasts;   // (count): the last product that counts
    float *needs;   // (count, top)
    size_t listed;
} lesson;

static float length_of(const att_index *index, const float *query)
{
    return sqrtf(index->kernels->dot_f32(query, query, index->options.dim));
}

static att_status list_needs(lesson *l, att_search *search, att_error *err)
{
    const att_index *index = l->index;
    const uint32_t dim = index->options.dim;
    for (size_t q = 0; q < l->count; q++) {
        const float *query = l->queries + q * dim;
        size_t found;
        const att_status status = att_index_top_exact(index, search, query, NULL, l->top, l->hits, &found, err);
        if (status)
            return status;
        const float length = length_of(index, query), last = l->lasts[q] = l->hits[found - 1].score;
        for (size_t i = 0; i < found; i++) {
            const size_t block = att_index_slot(index, l->hits[i].id) / ATT_BLOCK_SLOTS;
            const float centred = index->kernels->dot_f32(query, index->centres + block * index->vector_stride, dim);
            const float most = length * index->reaches[block];
            l->needs[l->listed++] = most > 0 ? (last - centred) / most : 0;
        }
    }
    return ATT_OK;
}

static float share_within_reach(const lesson *l)
{
    const att_index *index = l->index;
    const size_t blocks = att_blocks_of(index->slot_count);
    size_t within = 0;
    for (size_t q = 0; q < l->count; q++) {
        const float *query = l->queries + q * index->options.dim;
        const float length = length_of(index, query) * (1 - index->doubt);
        for (size_t b = 0; b < blocks; b++)
            within += index->kernels->dot_f32(query, index->centres + b * index->vector_stride, index->options.dim) +
                          length * index->reaches[b] >= l->lasts[q];
    }
    return (float)within / (float)(blocks * l->count);
}

att_status att_index_learn_reach(
    att_index *index, const float *queries, size_t count, size_t top, att_error *err)
{
    lesson l = {.index = index, .queries = queries, .count = count, .top = ATT_MIN(top, index->live_count)};
    index->doubt = 0;
    index->share = 1;
    if (!l.count || !l.top)
        return ATT_OK;
    att_search *search = NULL;
    l.hits = ATT_NEW_ARRAY(&index->host, att_hit, l.top);
    l.lasts = ATT_NEW_ARRAY(&index->host, float, count);
    l.needs = ATT_NEW_ARRAY(&index->host, float, count * l.top);
    att_status status = att_search_create(&search, &index->host, err);
    if (!status && (!l.hits || !l.lasts || !l.needs))
        status = att_no_memory(err, count * l.top, "products");
    if (!status) {
        att_index_settle_reaches(index);
        status = list_needs(&l, search, err);
    }
    if (!status) {
        qsort(l.needs, l.listed, sizeof *l.needs, rising);
        const float most = l.needs[(size_t)((double)(l.listed - 1) * (1 - LOST_SHARE))] * MARGIN;
        index->doubt = ATT_MAX(0, 1 - ATT_MAX(most, 0));
        index->share = share_within_reach(&l);
    }
    att_search_destroy(search);
    ATT_FREE_ARRAY(&index->host, l.hits, l.top);
    ATT_FREE_ARRAY(&index->host, l.lasts, count);
    ATT_FREE_ARRAY(&index->host, l.needs, count * l.top);
    return status;
}
