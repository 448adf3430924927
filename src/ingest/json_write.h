// SPDX-License-Identifier: Apache-2.0
// ingest/json_write.h - events and items as one line of NDJSON, which ingest/line.h reads back to
// the same.
//
// Appends to `out` (grown through the host; the caller frees it with ATT_VEC_FREE), with a line
// end. What is "not given" is left out. A line that could not be finished is not begun: on failure
// `out` is as it was.
#ifndef ATT_INGEST_JSON_WRITE_H
#define ATT_INGEST_JSON_WRITE_H

#include "attune/items.h"
#include "attune/signals.h"
#include "store/store.h"

// ATT_NO_MEMORY is the only way to fail.
att_status att_event_write_json(
    const att_host *host, att_bytes *out, const att_event *event, att_error *err);
// `taken_down` is a state of the store and no part of the line.
att_status att_item_write_json(
    const att_host *host, att_bytes *out, const att_item *item, att_error *err);

// Pieces for other lines. False: out of memory.
bool att_json_put(const att_host *host, att_bytes *out, const char *raw, size_t size);
// In quotes. Bytes that are not UTF-8 become U+FFFD.
bool att_json_put_text(const att_host *host, att_bytes *out, att_text text);
bool att_json_put_integer(const att_host *host, att_bytes *out, int64_t value);
// The fewest digits that read back to the same double, or float. `value` is finite.
bool att_json_put_double(const att_host *host, att_bytes *out, double value);
bool att_json_put_float(const att_host *host, att_bytes *out, float value);

#endif
