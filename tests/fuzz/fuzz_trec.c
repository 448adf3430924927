// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes, reading them as a run or qrels ends in a status; what is read is sorted and
// without doubles. The first byte picks the kind of file.
#include "measure/trec.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const att_host host = att_host_default();
    att_trec_file file;
    att_error err = {0};
    const att_trec_kind kind = data[0] & 1 ? ATT_TREC_QRELS : ATT_TREC_RUN;
    if (att_trec_parse(&file, kind, (const char *)data + 1, size - 1, "fuzz", &host, &err) !=
        ATT_OK) {
        expect(err.status != ATT_OK && err.text[0] != 0);
        return 0;
    }
    expect(file.count > 0);
    for (size_t i = 0; i < file.count; i++) {
        const att_trec_row *row = &file.rows[i];
        expect(row->query.size > 0 && row->item.size > 0 && isfinite(row->score));
        expect(i == 0 || att_text_order(row[-1].query, row->query) < 0 ||
               att_text_order(row[-1].item, row->item) < 0);
    }
    att_trec_file_deinit(&file, &host);
    return 0;
}
