// SPDX-License-Identifier: Apache-2.0
// embed/seq_data.c - rows of a matrix, sorted by when.
#include "embed/seq_data.h"

#include <stdlib.h>

static int by_order(const void *a, const void *b)
{
    const att_seq_place *x = a, *y = b;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    return (x->item > y->item) - (x->item < y->item);
}

void att_seq_places_sort(att_seq_place *places, size_t count)
{
    qsort(places, count, sizeof *places, by_order);
}

static void sort_row(att_seq_histories *out, const att_matrix *m, const uint32_t *order,
    const int64_t *at_ms, const uint16_t *situation, uint32_t row, att_seq_place *places)
{
    const uint64_t first = m->row_start[row];
    const size_t count = (size_t)(m->row_start[row + 1] - first);
    for (size_t k = 0; k < count; k++)
        places[k] = (att_seq_place){
            order[first + k], m->col[first + k], situation ? situation[first + k] : 0,
            at_ms ? at_ms[first + k] / 1000 : 0};
    att_seq_places_sort(places, count);
    for (size_t k = 0; k < count; k++) {
        out->item[first + k] = places[k].item;
        if (out->at_s)
            out->at_s[first + k] = places[k].at_s;
        if (out->context)
            att_seq_context_of(places[k].situation, out->context + (first + k) * ATT_SEQ_FIELDS);
    }
}

att_status att_seq_histories_build(att_seq_histories *out, const att_matrix *m,
    const uint32_t *order, const int64_t *at_ms, const uint16_t *situation, const att_host *host,
    att_error *err)
{
    const uint64_t count = att_matrix_nonzeros(m);
    uint64_t most = 0;
    for (uint32_t r = 0; r < m->rows; r++)
        most = ATT_MAX(most, m->row_start[r + 1] - m->row_start[r]);
    *out = (att_seq_histories){.count = count + 1};
    out->start = ATT_NEW_ARRAY(host, uint64_t, (size_t)m->rows + 1);
    out->item = ATT_NEW_ARRAY(host, uint32_t, (size_t)count + 1);
    out->at_s = at_ms ? ATT_NEW_ARRAY(host, int64_t, (size_t)count + 1) : NULL;
    out->context = situation ? ATT_NEW_ARRAY(host, uint8_t, ((size_t)count + 1) * ATT_SEQ_FIELDS) : NULL;
    att_seq_place *places = ATT_NEW_ARRAY(host, att_seq_place, (size_t)most + 1);
    out->data = (att_seq_data){m->rows, m->cols, out->start, out->item, out->at_s, out->context};
    const bool whole = out->start && out->item && (out->at_s || !at_ms) && (out->context || !situation) && places;
    if (whole) {
        memcpy(out->start, m->row_start, ((size_t)m->rows + 1) * sizeof *out->start);
        for (uint32_t r = 0; r < m->rows; r++)
            sort_row(out, m, order, at_ms, situation, r, places);
    }
    ATT_FREE_ARRAY(host, places, (size_t)most + 1);
    if (whole)
        return ATT_OK;
    att_seq_histories_deinit(out, host);
    return att_no_memory(err, count, "events in order");
}

void att_seq_histories_deinit(att_seq_histories *h, const att_host *host)
{
    ATT_FREE_ARRAY(host, h->start, (size_t)h->data.people + 1);
    ATT_FREE_ARRAY(host, h->item, h->count);
    ATT_FREE_ARRAY(host, h->at_s, h->count);
    ATT_FREE_ARRAY(host, h->context, h->count * ATT_SEQ_FIELDS);
    *h = (att_seq_histories){0};
}
