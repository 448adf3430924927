// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes, reading them as a file of events ends in a status; what is read has ids within their limits. The
// first byte picks whether columns are told.
#include "measure/events_file.h"

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
    static const char *const columns[] = {NULL, "item,user,time", "user,item,-,rating"};
    if (size == 0)
        return 0;
    att_dataset *dataset = NULL;
    att_error err = {0};
    if (att_dataset_create(&dataset, "fuzz", NULL, NULL) != ATT_OK)
        return 0;
    const att_status status = att_events_parse(dataset, "fuzz", (const char *)data + 1, size - 1, 0,
        columns[data[0] % ATT_COUNT_OF(columns)], &err);
    expect(status == ATT_OK || err.text[0] != 0);
    for (size_t i = 0; i < dataset->seen.count; i++) {
        const att_observation *one = &dataset->seen.items[i];
        expect(one->user < dataset->users.count && one->item < dataset->items.count);
        expect(one->at_ms >= 0 && one->weight == 1);
    }
    att_dataset_destroy(dataset);
    return 0;
}
