// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes, a line is judged as the twin over jansson judges it, with the same values;
// what was taken is written and read back to the same; what was not has a story.
#include "../ingest/line_twin.h"

#include "ingest/json_write.h"
#include "ingest/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool condition)
{
    if (!condition)
        abort();
}

static void check_read_back(const att_host *host, att_arena *scratch, att_line_kind kind,
    const att_event *event, const att_item *item)
{
    att_bytes bytes = {0};
    att_event event_back;
    att_item item_back;
    att_fault fault;
    if (kind == ATT_LINE_EVENT)
        need(att_event_write_json(host, &bytes, event, NULL) == ATT_OK);
    else
        need(att_item_write_json(host, &bytes, item, NULL) == ATT_OK);
    need(att_line_read((att_text){bytes.items, bytes.count - 1}, scratch, &event_back, &item_back,
             &fault) == kind);
    need(kind == ATT_LINE_EVENT ? twin_same_event(event, &event_back)
                                : twin_same_item(item, &item_back));
    ATT_VEC_FREE(host, &bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static line_twin twin;
    const att_host host = att_host_default();
    att_arena scratch;
    att_arena_init(&scratch, &host, 0);
    att_event event;
    att_item item;
    att_fault fault = {0};
    const char *line = size ? (const char *)data : "";
    const att_line_kind kind =
        att_line_read((att_text){line, size}, &scratch, &event, &item, &fault);
    twin_read(&twin, line, size);
    need(kind == twin.kind);
    need(kind != ATT_LINE_EVENT || twin_same_event(&event, &twin.event));
    need(kind != ATT_LINE_ITEM || twin_same_item(&item, &twin.item));
    if (kind == ATT_LINE_BAD)
        need(fault.reason[0] != 0);
    // An empty user is the checker's to refuse; it is not written, so it cannot come back.
    const bool whole = kind == ATT_LINE_ITEM || (kind == ATT_LINE_EVENT && event.user.size);
    if (whole && size < ATT_EVENT_LINE_MAX / 8)
        check_read_back(&host, &scratch, kind, &event, &item);
    twin_free(&twin);
    att_arena_deinit(&scratch);
    return 0;
}
