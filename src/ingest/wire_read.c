// SPDX-License-Identifier: Apache-2.0
// ingest/wire_read.c - attune/wire.h: the readers and writers of lines, for programs outside.
#include "attune/wire.h"

#include "ingest/json_write.h"
#include "ingest/line.h"

static_assert(sizeof(att_wire_fault) == sizeof(att_fault), "one is the other's public face");

struct att_wire_memory {
    att_host host;
    att_arena scratch;
    att_bytes line;
};

att_status att_wire_memory_create(att_wire_memory **out, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    att_wire_memory *memory = *out = ATT_NEW_ARRAY(&full, att_wire_memory, 1);
    if (!memory)
        return att_no_memory(err, 1, "wire memory");
    memory->host = full;
    att_arena_init(&memory->scratch, &memory->host, 0);
    return ATT_OK;
}

void att_wire_memory_destroy(att_wire_memory *memory)
{
    if (!memory)
        return;
    const att_host host = memory->host;
    att_arena_deinit(&memory->scratch);
    ATT_VEC_FREE(&host, &memory->line);
    att_free(&host, memory, 1, sizeof *memory);
}

void att_wire_memory_reset(att_wire_memory *memory)
{
    att_arena_reset(&memory->scratch);
}

static att_status refuse(const att_fault *fault, att_wire_fault *out, att_error *err)
{
    if (out) {
        memcpy(out->field, fault->field, sizeof out->field);
        memcpy(out->reason, fault->reason, sizeof out->reason);
    }
    return fault->field[0] ? ATT_FAIL(err, ATT_INVALID, "field \"%s\": %s", fault->field, fault->reason)
                           : ATT_FAIL(err, ATT_INVALID, "%s", fault->reason);
}

static bool begins_object(att_scan *scan, att_fault *fault)
{
    return att_scan_peek(scan) == '{' || att_line_expected(scan, "an object in braces", "", fault);
}

att_status att_wire_read_event(att_wire_memory *memory, att_text json, int64_t now_ms, att_event *event,
    att_wire_fault *fault, att_error *err)
{
    att_fault found = {0};
    att_scan scan = att_scan_of(json);
    if (json.size > ATT_EVENT_LINE_MAX) {
        att_fault_set(&found, "", "the event has %zu bytes, expected at most %zu", json.size, ATT_EVENT_LINE_MAX);
        return refuse(&found, fault, err);
    }
    if (!begins_object(&scan, &found))
        return refuse(&found, fault, err);
    switch (att_event_line(&scan, &memory->scratch, now_ms, event, &found)) {
    case ATT_LINE_EVENT:
        return ATT_OK;
    case ATT_LINE_NO_MEMORY:
        return att_no_memory(err, json.size, "bytes of an event");
    case ATT_LINE_ITEM:
        att_fault_set(&found, "user", "not given, expected the id of a person");
        return refuse(&found, fault, err);
    default:
        return refuse(&found, fault, err);
    }
}

att_status att_wire_read_item(att_wire_memory *memory, att_text json, att_text id, att_item *item,
    att_wire_fault *fault, att_error *err)
{
    att_fault found = {0};
    att_scan scan = att_scan_of(json);
    if (json.size > ATT_ITEM_LINE_MAX) {
        att_fault_set(&found, "", "the item has %zu bytes, expected at most %zu", json.size, ATT_ITEM_LINE_MAX);
        return refuse(&found, fault, err);
    }
    if (!begins_object(&scan, &found))
        return refuse(&found, fault, err);
    switch (att_item_line(&scan, &memory->scratch, id, item, &found)) {
    case ATT_LINE_ITEM:
        return ATT_OK;
    case ATT_LINE_NO_MEMORY:
        return att_no_memory(err, json.size, "bytes of an item");
    default:
        return refuse(&found, fault, err);
    }
}

att_status att_wire_write_item(att_wire_memory *memory, const att_item *item, att_text *json, att_error *err)
{
    memory->line.count = 0;
    const att_status status = att_item_write_json(&memory->host, &memory->line, item, err);
    if (status)
        return status;
    const att_text line = {memory->line.items, memory->line.count - 1}; // without its line end
    *json = att_arena_text(&memory->scratch, line);
    return json->data ? ATT_OK : att_no_memory(err, line.size, "bytes of an item");
}
