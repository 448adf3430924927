// SPDX-License-Identifier: Apache-2.0
// ingest/wire.h - single values as they stand in files: signals, context classes, times, decisions,
// territories.
//
// Each reader takes text and says in words what was expected, so that NDJSON and CSV speak with one
// voice.
#ifndef ATT_INGEST_WIRE_H
#define ATT_INGEST_WIRE_H

#include "attune/items.h"
#include "attune/signals.h"
#include "ingest/fault.h"

bool att_wire_signal(att_text text, att_signal *out, const char *field, att_fault *fault);
// One class of the context: its wire name into the byte that belongs to it.
typedef enum att_wire_class {
    ATT_WIRE_DEVICE,
    ATT_WIRE_PLACE,
    ATT_WIRE_ACTIVITY,
    ATT_WIRE_NOISE
} att_wire_class;
bool att_wire_context(
    att_wire_class which, att_text text, att_context *out, const char *field, att_fault *fault);
// Sixteen hexadecimal digits, as the command line prints a decision.
bool att_wire_decision(att_text text, uint64_t *out, const char *field, att_fault *fault);
// Text into a point in time; dates alone only where `date_allowed`.
bool att_wire_when(
    att_text text, bool date_allowed, int64_t *out_ms, const char *field, att_fault *fault);
bool att_wire_territory(att_text text, att_territory *out, const char *field, att_fault *fault);
bool att_wire_use(att_text text, uint32_t *bit, const char *field, att_fault *fault);
// Wire names, static; NULL for "none", "unknown" and what is out of range.
const char *att_wire_signal_name(att_signal signal);
const char *att_wire_context_name(att_wire_class which, unsigned value);
const char *att_wire_use_name(uint32_t bit);
// A whole number within [low, high], `unit` as in "milliseconds".
bool att_wire_range(int64_t value, int64_t low, int64_t high, const char *unit, const char *field,
    att_fault *fault);

#endif
