// SPDX-License-Identifier: Apache-2.0
// ingest/fault.h - what is wrong with a line from outside: which field, what was found, what was
// expected.
#ifndef ATT_INGEST_FAULT_H
#define ATT_INGEST_FAULT_H

#include "base/base.h"

typedef struct att_fault {
    char field[96]; // "context.device"; "" when the line as a whole is at fault
    char reason[376];
} att_fault;

// Always false, so that a reader can `return att_fault_set(…)`. `fault` may be NULL.
bool att_fault_set(att_fault *fault, const char *field, const char *format, ...) ATT_PRINTF(3, 4);

// `FILE:LINE: field "x": reason`, cut at `size`.
void att_fault_story(
    const att_fault *fault, const char *file, uint64_t line, char *out, size_t size);

// Outside bytes made fit for a message: at most 40 bytes, cut between characters, anything that
// does not print or is not UTF-8 shown as '?'.
typedef struct att_excerpt {
    char text[48];
} att_excerpt;
att_excerpt att_excerpt_of(att_text text);

// Appends: did you mean "NEAR"? or the whole list, as `expected … ` words. `names` is (count).
void att_suggest(char *out, size_t size, att_text found, const char *const *names, size_t count);

#endif
