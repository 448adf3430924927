// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes, reading them as a file of an Open Bandit folder ends in a status; what is read is in range. The
// first byte picks the kind of file.
#include "measure/ope_open_bandit.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static void check_rows(att_text text, const att_host *host)
{
    obd_rows rows;
    att_error err = {0};
    const att_status status = att_obd_rows_parse(&rows, text, "fuzz", 2, host, &err);
    expect(status ? err.text[0] != 0 : rows.list.count > 0);
    for (size_t i = 0; i < rows.list.count; i++) {
        const obd_row *row = &rows.list.items[i];
        expect(row->item < 2 && row->position < OBD_POSITIONS_MAX && row->click <= 1 && row->propensity > 0 && row->propensity <= 1);
    }
    att_obd_rows_free(&rows, host);
}

static void check_items(att_text text, const att_host *host)
{
    obd_items items;
    att_error err = {0};
    const att_status status = att_obd_items_parse(&items, text, "fuzz", host, &err);
    expect(status ? err.text[0] != 0 : items.count > 0 && items.count <= items.room);
    for (size_t i = 0; i < items.count * (size_t)(1 + OBD_ITEM_PARTS * OBD_BUCKETS); i++)
        expect(isfinite(items.features[i]));
    att_obd_items_free(&items, host);
}

static void check_matrix(att_text text, const att_host *host)
{
    obd_matrix matrix;
    att_error err = {0};
    const att_status status = att_obd_matrix_parse(&matrix, text, "fuzz", 2, host, &err);
    expect(!status || err.text[0] != 0);
    for (size_t i = 0; !status && i < (size_t)matrix.items * matrix.positions; i++)
        expect(matrix.p[i] >= 0 && matrix.p[i] <= 1);
    att_obd_matrix_free(&matrix, host);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const att_host host = att_host_default();
    if (size == 0)
        return 0;
    const att_text text = {(const char *)data + 1, size - 1};
    switch (data[0] % 3) {
    case 0:
        check_rows(text, &host);
        break;
    case 1:
        check_items(text, &host);
        break;
    default:
        check_matrix(text, &host);
    }
    return 0;
}
