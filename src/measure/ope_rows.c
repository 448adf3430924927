// SPDX-License-Identifier: Apache-2.0
// measure/ope_rows.c - rows as estimators see them, and how far their sums stray.
//
// The spread is that of sums over people (Liang and Zeger 1986): what one person does in many rows is one observation.
#include "measure/ope_parts.h"

#include <math.h>
#include <stdlib.h>

// --- Rows in order of person -------------------------------------------------------------------

typedef struct person_row {
    uint64_t person;
    uint32_t row;
} person_row;

static int by_person(const void *a, const void *b)
{
    const person_row *x = a, *y = b;
    if (x->person != y->person)
        return x->person < y->person ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static bool order_rows(ope_rows *rows, const att_host *host)
{
    person_row *keys = ATT_NEW_ARRAY(host, person_row, rows->count);
    if (!keys)
        return false;
    for (size_t i = 0; i < rows->count; i++)
        keys[i] = (person_row){rows->log->rows.items[i].person, (uint32_t)i};
    qsort(keys, rows->count, sizeof *keys, by_person);
    for (size_t i = 0; i < rows->count; i++)
        rows->by_person[i] = keys[i].row;
    ATT_FREE_ARRAY(host, keys, rows->count);
    return true;
}

// --- Making them -------------------------------------------------------------------------------

static void make_row(ope_rows *rows, size_t i, const double *predicted)
{
    const att_ope_row *row = &rows->log->rows.items[i];
    const ope_menu *menu = &rows->log->menus.items[row->menu];
    double base = 0;
    for (size_t a = 0; a < menu->count; a++)
        base += menu->choices[a].target * predicted[a];
    rows->base[i] = base;
    rows->q[i] = predicted[row->chosen];
    rows->w[i] = menu->choices[row->chosen].target / row->propensity;
}

static size_t longest_menu(const att_ope_log *log)
{
    size_t most = 1;
    for (size_t i = 0; i < log->menus.count; i++)
        most = ATT_MAX(most, log->menus.items[i].count);
    return most;
}

att_status att_ope_rows_make(ope_rows *rows, const att_ope_log *log, const att_ope_model *model,
    void *state, const att_host *host, att_error *err)
{
    const size_t count = log->rows.count, most = longest_menu(log);
    *rows = (ope_rows){.log = log, .count = count};
    rows->w = ATT_NEW_ARRAY(host, double, count);
    rows->base = ATT_NEW_ARRAY(host, double, count);
    rows->q = ATT_NEW_ARRAY(host, double, count);
    rows->by_person = ATT_NEW_ARRAY(host, uint32_t, count);
    double *predicted = ATT_NEW_ARRAY(host, double, most);
    const bool fine = rows->w && rows->base && rows->q && rows->by_person && predicted && order_rows(rows, host);
    for (size_t i = 0; fine && i < count; i++) {
        model->predict(state, log, i, false, predicted);
        make_row(rows, i, predicted);
    }
    ATT_FREE_ARRAY(host, predicted, most);
    return fine ? ATT_OK : att_no_memory(err, count, "rows of an estimate");
}

void att_ope_rows_free(ope_rows *rows, const att_host *host)
{
    ATT_FREE_ARRAY(host, rows->w, rows->count);
    ATT_FREE_ARRAY(host, rows->base, rows->count);
    ATT_FREE_ARRAY(host, rows->q, rows->count);
    ATT_FREE_ARRAY(host, rows->by_person, rows->count);
}

bool att_ope_rows_in(const ope_rows *rows, size_t row, uint32_t slot)
{
    return slot == UINT32_MAX || rows->log->rows.items[row].slot == slot;
}

// --- Spread ------------------------------------------------------------------------------------

double att_ope_spread(const ope_rows *rows, const double *influence, uint32_t slot, size_t *people)
{
    double squares = 0, used = 0, groups = 0;
    for (size_t i = 0; i < rows->count;) {
        const uint64_t person = rows->log->rows.items[rows->by_person[i]].person;
        double sum = 0;
        bool any = false;
        for (; i < rows->count && rows->log->rows.items[rows->by_person[i]].person == person; i++) {
            const uint32_t row = rows->by_person[i];
            if (!att_ope_rows_in(rows, row, slot))
                continue;
            sum += influence[row];
            used += 1;
            any = true;
        }
        squares += sum * sum;
        groups += any;
    }
    if (people)
        *people = (size_t)groups;
    return groups > 1 ? sqrt(squares * groups / (groups - 1)) / used : INFINITY;
}

double att_ope_z(double confidence)
{
    double low = 0, high = 40;
    for (int i = 0; i < 100; i++) {
        const double middle = (low + high) / 2;
        *(erf(middle / sqrt(2)) < confidence ? &low : &high) = middle;
    }
    return (low + high) / 2;
}
