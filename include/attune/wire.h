// SPDX-License-Identifier: Apache-2.0
// attune/wire.h - events and items as JSON text, for programs that take them from outside.
//
// The same strict reader that imports files (docs/import.md lists the keys): a key that is not known, a number
// out of range, a byte that is not UTF-8 is refused, and the fault names the field. Texts of at most 64 KiB for an
// event and 1 MiB for an item.
#ifndef ATT_WIRE_H
#define ATT_WIRE_H

#include "attune/host.h"
#include "attune/items.h"
#include "attune/signals.h"

ATT_BEGIN

// What is wrong with a text from outside.
typedef struct att_wire_fault {
    char field[96]; // "context.device"; "" when the text as a whole is at fault
    char reason[376];
} att_wire_fault;

// Where texts with escapes and lists of an item are kept. One thread at a time.
typedef struct att_wire_memory att_wire_memory;
att_status att_wire_memory_create(att_wire_memory **out, const att_host *host, att_error *err);
void att_wire_memory_destroy(att_wire_memory *memory); // NULL is fine
// Everything read so far is void; the memory is kept.
void att_wire_memory_reset(att_wire_memory *memory);

// Fills *event; its texts point into `json` or into `memory`. An event without "at" gets `now_ms`.
// ATT_INVALID with the fault set; ATT_NO_MEMORY. What only the policy can judge is left to att_event_check.
att_status att_wire_read_event(att_wire_memory *memory, att_text json, int64_t now_ms, att_event *event,
    att_wire_fault *fault, att_error *err);
// The same for an item; att_item_check has the last word. An item whose text has no "id" gets `id`; one that has another
// is refused. Empty: the text must have one.
att_status att_wire_read_item(att_wire_memory *memory, att_text json, att_text id, att_item *item,
    att_wire_fault *fault, att_error *err);
// One line of JSON without its end; belongs to `memory`.
att_status att_wire_write_item(att_wire_memory *memory, const att_item *item, att_text *json, att_error *err);

ATT_END
#endif
